// SPDX-License-Identifier: Apache-2.0
// The sections of a walk-forward of models: stands on text.js, scales.js, frame.js and, in the same
// scope, search.js.

const HUES = [
    ["blue", "var(--accent)"],
    ["ochre", "var(--other)"],
    ["green", "var(--gain)"],
    ["red", "var(--loss)"],
    ["grey", "var(--muted)"],
    ["black", "var(--ink)"],
];
/** One line a model. */
const linesOf = (valuesOf) =>
    DATA.names.map((name, i) => ({
        name,
        key: HUES[i % HUES.length][0],
        colour: HUES[i % HUES.length][1],
        values: valuesOf(i),
    }));

/** What was said beside what came, with the line on which both are alike. */
function calibrationChart(node, name, curve) {
    if (!curve.length) return;
    const width = 300,
        height = 260,
        left = 44,
        bottom = 34,
        top = 8,
        right = 8;
    const all = curve.flatMap((bin) => [bin.predicted, bin.realised]);
    const low = Math.min(...all),
        high = Math.max(...all, low + 1e-3);
    const X = (v) => left + ((width - left - right) * (v - low)) / (high - low);
    const Y = (v) => top + (height - top - bottom) * (1 - (v - low) / (high - low));
    const title = `${name}: probability said, and share that came`;
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
    const text = { "font-size": 11, fill: "var(--muted)" };
    const ticks = linearTicks(low, high, 4),
        format = numberAxis(ticks);
    for (const tick of ticks) {
        svg("line", { x1: left, x2: width - right, y1: Y(tick), y2: Y(tick), stroke: "var(--rule)" }, root);
        svg("text", { ...text, x: left - 6, y: Y(tick) + 4, "text-anchor": "end" }, root, format(tick));
        svg("text", { ...text, x: X(tick), y: height - 16, "text-anchor": "middle" }, root, format(tick));
    }
    svg("line", { x1: X(low), y1: Y(low), x2: X(high), y2: Y(high), stroke: "var(--muted)", "stroke-dasharray": "3 3" }, root);
    svg(
        "path",
        {
            d: curve.map((b, i) => (i ? "L" : "M") + X(b.predicted).toFixed(1) + " " + Y(b.realised).toFixed(1)).join(""),
            fill: "none",
            stroke: "var(--accent)",
            "stroke-width": 1.6,
        },
        root,
    );
    for (const bin of curve) {
        const dot = svg("circle", { cx: X(bin.predicted), cy: Y(bin.realised), r: 3, fill: "var(--accent)" }, root);
        svg("title", {}, dot, `said ${plain(bin.predicted, 3)}, came ${plain(bin.realised, 3)}, ${plain(bin.rows, 0)} rows`);
    }
    node.append(el("figure", { class: "search-figure calibration" }, el("figcaption", {}, name), root));
    ++charts;
}

function modelSections() {
    if (DATA.equity) {
        const equity = section("equity", "Equity of the test windows", "after costs; shaded: every other window");
        lineChart(equity, "Equity", linesOf((i) => DATA.equity.v[i]), DATA.equity.t, (t) => t.slice(0, 7), DATA.equity.bands);
    }
    table(section("quality", "Predictions", "of rows that no model had seen"), DATA.quality.head, DATA.quality.rows);
    if (DATA.meta) table(section("meta", "When to believe it", DATA.meta.note), DATA.meta.head, DATA.meta.rows);
    if (DATA.traded) table(section("traded", "Traded", "through the engine, after costs"), DATA.traded.head, DATA.traded.rows);
    const windows = section("windows", "From window to window");
    const month = (t) => t.slice(0, 7);
    for (const chart of DATA.windows.charts) lineChart(windows, chart.title, linesOf((i) => chart.lines[i]), DATA.windows.from, month);
    table(windows, DATA.folds.head, DATA.folds.rows);
    if (DATA.calibration.curves.some((curve) => curve.length)) {
        const calibration = section("calibration", DATA.calibration.title, DATA.calibration.note);
        const row = el("div", { class: "chart-row" });
        calibration.append(row);
        DATA.names.forEach((name, i) => calibrationChart(row, name, DATA.calibration.curves[i]));
    }
    const quantiles = section("quantiles", DATA.quantiles.title, DATA.quantiles.note);
    lineChart(quantiles, DATA.quantiles.axis, linesOf((i) => DATA.quantiles.lines[i]), DATA.quantiles.lines[0].map((_, q) => q + 1), (q) => "Q" + q);
    if (DATA.importance.rows.length)
        table(section("importance", "What the models look at", DATA.importance.note), DATA.importance.head, DATA.importance.rows);
}
