// SPDX-License-Identifier: Apache-2.0
// Scales, ticks and paths.

// ---- scales --------------------------------------------------------------------------------------
/** Round steps (1, 2, 5) that give about `count` ticks within [low, high]. */
function linearTicks(low, high, count) {
    if (!(high > low)) return [low];
    const raw = (high - low) / Math.max(1, count),
        power = 10 ** Math.floor(Math.log10(raw));
    const step =
        power * (raw / power < 1.45 ? 1 : raw / power < 3.2 ? 2 : raw / power < 7.1 ? 5 : 10);
    const out = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; ++k)
        out.push(Number((k * step).toPrecision(12)));
    return out;
}
function logTicks(low, high, count) {
    const out = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); ++power) {
        for (const m of [1, 1.5, 2, 3, 5, 7]) {
            const value = m * 10 ** power;
            if (value >= low && value <= high) out.push(value);
        }
    }
    return out.length >= 2 && out.length <= count * 2 ? out : linearTicks(low, high, count);
}
/** Ticks on whole years, quarters, months, days, hours or minutes. */
function timeTicks(from, to, count, least = 0) {
    const length = (to - from) / Math.max(1, count),
        out = [];
    const date = new Date(from);
    if (length > 14 * DAY) {
        const months = [1, 3, 6, 12, 24, 60, 120, 240].find((m) => m * 30.4 * DAY >= length) || 600;
        let year = date.getUTCFullYear(),
            month = date.getUTCMonth();
        month = Math.floor(month / Math.min(months, 12)) * Math.min(months, 12);
        if (months >= 12) {
            year = Math.floor(year / (months / 12)) * (months / 12);
            month = 0;
        }
        for (let t = Date.UTC(year, month); t <= to; month += months, t = Date.UTC(year, month)) {
            if (t < from) continue;
            const d = new Date(t);
            out.push({
                t,
                label:
                    d.getUTCMonth() === 0
                        ? String(d.getUTCFullYear())
                        : MONTHS[d.getUTCMonth()] +
                          (months >= 12 ? "" : out.length ? "" : " " + d.getUTCFullYear()),
            });
        }
        return out;
    }
    const steps = [
        1000,
        5000,
        15000,
        60000,
        300000,
        900000,
        1800000,
        3600000,
        3 * 3600000,
        6 * 3600000,
        12 * 3600000,
        DAY,
        2 * DAY,
        7 * DAY,
        14 * DAY,
    ];
    const step = steps.find((s) => s >= length && s >= least) || 28 * DAY;
    for (let t = Math.ceil(from / step) * step; t <= to; t += step)
        out.push({ t, label: timeLabel(t, step) });
    return out;
}
function timeLabel(t, step) {
    const d = new Date(t);
    if (step >= DAY || t % DAY === 0) return d.getUTCDate() + " " + MONTHS[d.getUTCMonth()];
    return (
        two(d.getUTCHours()) +
        ":" +
        two(d.getUTCMinutes()) +
        (step < 60000 ? ":" + two(d.getUTCSeconds()) : "")
    );
}

/** An SVG path through the points, at most four a pixel column: first, lowest, highest, last. */
function linePath(t, v, X, Y, width) {
    const n = t.length;
    let path = "",
        pen = false;
    const put = (i) => {
        path += (pen ? "L" : "M") + X(t[i]).toFixed(1) + " " + Y(v[i]).toFixed(1);
        pen = true;
    };
    if (n <= 3 * width) {
        for (let i = 0; i < n; ++i) {
            if (known(v[i])) put(i);
            else pen = false;
        }
        return path;
    }
    for (let i = 0; i < n;) {
        if (!known(v[i])) {
            pen = false;
            ++i;
            continue;
        }
        const column = Math.floor(X(t[i]));
        let j = i,
            low = i,
            high = i;
        for (; j < n && known(v[j]) && Math.floor(X(t[j])) === column; ++j) {
            if (v[j] < v[low]) low = j;
            if (v[j] > v[high]) high = j;
        }
        for (const k of [...new Set([i, Math.min(low, high), Math.max(low, high), j - 1])]) put(k);
        i = j;
    }
    return path;
}
