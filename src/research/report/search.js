// SPDX-License-Identifier: Apache-2.0
// The page of a search or a walk-forward: stands on text.js, scales.js and frame.js.

let charts = 0;
const figure = (x) =>
    !known(x) ? DASH : Number.isInteger(x) ? plain(x, 0) : Math.abs(x) >= 1000 ? plain(x, 0) : plain(x, Math.abs(x) < 10 ? 3 : 1);

// ---- summary -------------------------------------------------------------------------------------
function summary() {
    const node = section("summary", "Summary");
    if (DATA.notices.length)
        node.append(
            el(
                "div",
                { class: "notice", role: "note" },
                el(
                    "ul",
                    {},
                    DATA.notices.map((text) => el("li", {}, text)),
                ),
            ),
        );
    node.append(
        el(
            "dl",
            { class: "cards" },
            DATA.cards.map(([label, value, sub]) =>
                el(
                    "div",
                    { class: "card" },
                    el("dt", {}, label),
                    el("dd", {}, typeof value === "string" ? value : figure(value)),
                    el("div", { class: "sub" }, sub),
                ),
            ),
        ),
    );
}
function table(node, head, rows) {
    node.append(
        el(
            "div",
            { class: "scroll-x" },
            el(
                "table",
                { class: "list" },
                el(
                    "thead",
                    {},
                    el(
                        "tr",
                        {},
                        head.map((text) => el("th", { scope: "col" }, text)),
                    ),
                ),
                el(
                    "tbody",
                    {},
                    rows.map((row) =>
                        el(
                            "tr",
                            {},
                            row.map((cell) =>
                                el("td", {}, typeof cell === "string" ? cell : figure(cell)),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    );
}
function meaning() {
    const node = section("luck", "How much of it is luck");
    for (const text of DATA.meaning) node.append(el("p", {}, text));
}

// ---- heat maps -----------------------------------------------------------------------------------
/** The values of a dimension that were tried, in order, and what each is called. */
function axisOf(d) {
    const values = [...new Set(DATA.points.map((point) => point[d]))].sort((a, b) => a - b);
    const dimension = DATA.dimensions[d];
    return {
        name: dimension.name,
        values,
        place: new Map(values.map((value, i) => [value, i])),
        text: (value) => (dimension.choices ? dimension.choices[value] : plain(value, 6, 0)),
    };
}
/** Shares of the trials that are no better, by value: colours by rank show outliers no favour. */
function ranks() {
    const sorted = DATA.values.filter(known).sort((a, b) => a - b);
    return (value) => (sorted.length < 2 ? 0.5 : lowerBound(sorted, value) / (sorted.length - 1));
}
const shade = (rank) =>
    rank >= 0.5
        ? `rgba(var(--gain-rgb), ${((rank - 0.5) * 1.9 + 0.03).toFixed(3)})`
        : `rgba(var(--loss-rgb), ${((0.5 - rank) * 1.5 + 0.03).toFixed(3)})`;

function cellsOf(a, b, pick) {
    const cells = new Map();
    DATA.points.forEach((point, i) => {
        const value = DATA.values[i];
        if (!known(value)) return;
        const key = point[a] + " " + point[b],
            cell = cells.get(key);
        if (!cell) cells.set(key, { x: point[a], y: point[b], best: value, sum: value, n: 1 });
        else {
            cell.best = Math.max(cell.best, value);
            cell.sum += value;
            ++cell.n;
        }
    });
    for (const cell of cells.values()) cell.value = pick === "best" ? cell.best : cell.sum / cell.n;
    return [...cells.values()];
}
function labelsOf(axis, most) {
    const every = Math.max(1, Math.ceil(axis.values.length / most));
    return axis.values.map((value, i) => ({ i, text: axis.text(value) })).filter((l) => l.i % every === 0);
}
function heatMap(node, a, b, rankOf) {
    const x = axisOf(a),
        y = axisOf(b);
    const width = 640,
        left = 64,
        top = 8,
        bottom = 44;
    const w = (width - left - 8) / x.values.length,
        h = Math.min(w, 420 / y.values.length);
    const height = top + h * y.values.length + bottom;
    const title = `${DATA.objective} by ${x.name} and ${y.name}`;
    const root = svg("svg", {
        viewBox: `0 0 ${width} ${height}`,
        role: "img",
        "aria-label": title,
        class: "heat",
    });
    const many = DATA.dimensions.length > 2 && DATA.points.length > x.values.length * y.values.length;
    for (const cell of cellsOf(a, b, many ? "mean" : "best")) {
        const rect = svg(
            "rect",
            {
                x: (left + w * x.place.get(cell.x)).toFixed(2),
                y: (top + h * (y.values.length - 1 - y.place.get(cell.y))).toFixed(2),
                width: (w + 0.3).toFixed(2),
                height: (h + 0.3).toFixed(2),
                fill: shade(rankOf(cell.value)),
            },
            root,
        );
        svg("title", {}, rect, `${x.name} ${x.text(cell.x)}, ${y.name} ${y.text(cell.y)}: ${figure(cell.value)}`);
    }
    if (DATA.best) {
        svg(
            "rect",
            {
                x: left + w * x.place.get(DATA.best[a]) - 1,
                y: top + h * (y.values.length - 1 - y.place.get(DATA.best[b])) - 1,
                width: w + 2,
                height: h + 2,
                fill: "none",
                stroke: "var(--ink)",
                "stroke-width": 2,
            },
            root,
        );
    }
    const text = { "font-size": 11, fill: "var(--muted)" };
    for (const label of labelsOf(x, 12))
        svg("text", { ...text, x: left + w * (label.i + 0.5), y: height - 28, "text-anchor": "middle" }, root, label.text);
    for (const label of labelsOf(y, 12))
        svg(
            "text",
            { ...text, x: left - 6, y: top + h * (y.values.length - 0.5 - label.i) + 4, "text-anchor": "end" },
            root,
            label.text,
        );
    svg("text", { ...text, x: left + (width - left) / 2, y: height - 8, "text-anchor": "middle" }, root, x.name);
    svg("text", { ...text, x: 12, y: top + 12 }, root, y.name);
    node.append(
        el(
            "figure",
            { class: "search-figure search-map" },
            el("figcaption", {}, title + (many ? ", mean over the others" : "")),
            root,
        ),
    );
    ++charts;
}

// ---- lines ---------------------------------------------------------------------------------------
function lineChart(node, caption, lines, xs, xText, bands = []) {
    // As wide as the page is now, so that texts keep their size.
    const width = Math.max(320, Math.min(1120, main.clientWidth)),
        height = 240,
        left = 64,
        bottom = 28,
        top = 10,
        right = 10;
    const all = lines.flatMap((line) => line.values.filter(known));
    if (!all.length) return;
    let low = Math.min(...all),
        high = Math.max(...all);
    if (!(high > low)) [low, high] = [low - 1, high + 1];
    const X = (i) => left + ((width - left - right) * i) / Math.max(1, xs.length - 1);
    const Y = (v) => top + (height - top - bottom) * (1 - (v - low) / (high - low));
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": caption });
    bands.forEach((band, k) => {
        if (k % 2 === 0)
            svg(
                "rect",
                { x: X(band[0]), y: top, width: X(band[1]) - X(band[0]), height: height - top - bottom, fill: "var(--grid)" },
                root,
            );
    });
    const text = { "font-size": 11, fill: "var(--muted)" };
    const ticks = linearTicks(low, high, 5),
        format = numberAxis(ticks);
    for (const tick of ticks) {
        svg("line", { x1: left, x2: width - right, y1: Y(tick), y2: Y(tick), stroke: "var(--rule)" }, root);
        svg("text", { ...text, x: left - 6, y: Y(tick) + 4, "text-anchor": "end" }, root, format(tick));
    }
    const every = Math.max(1, Math.ceil(xs.length / Math.min(8, width / 80)));
    xs.forEach((value, i) => {
        const anchor = X(i) > width - 30 ? "end" : "middle";
        if (i % every === 0)
            svg("text", { ...text, x: X(i), y: height - 8, "text-anchor": anchor }, root, xText(value));
    });
    for (const line of lines) {
        let d = "";
        line.values.forEach((v, i) => {
            if (known(v)) d += (d ? "L" : "M") + X(i).toFixed(1) + " " + Y(v).toFixed(1);
        });
        svg("path", { d, fill: "none", stroke: line.colour, "stroke-width": 1.6 }, root);
    }
    node.append(
        el(
            "figure",
            { class: "search-figure" },
            el(
                "figcaption",
                {},
                caption,
                lines.length > 1 ? ": " + lines.map((line) => `${line.name} (${line.key})`).join(", ") : "",
            ),
            root,
        ),
    );
    ++charts;
}
function slices(node) {
    DATA.dimensions.forEach((dimension, d) => {
        const axis = axisOf(d);
        if (axis.values.length < 2) return;
        const best = axis.values.map(() => null),
            sum = axis.values.map(() => 0),
            count = axis.values.map(() => 0);
        DATA.points.forEach((point, i) => {
            const value = DATA.values[i],
                at = axis.place.get(point[d]);
            if (!known(value)) return;
            best[at] = best[at] === null ? value : Math.max(best[at], value);
            sum[at] += value;
            ++count[at];
        });
        lineChart(
            node,
            `${DATA.objective} by ${dimension.name}`,
            [
                { name: "best", key: "blue", values: best, colour: "var(--accent)" },
                {
                    name: "mean",
                    key: "ochre",
                    values: sum.map((s, i) => (count[i] ? s / count[i] : null)),
                    colour: "var(--other)",
                },
            ],
            axis.values,
            axis.text,
        );
    });
}

// ---- start ---------------------------------------------------------------------------------------
function searchSections() {
    const wide = DATA.dimensions.map((_, d) => d).filter((d) => axisOf(d).values.length > 1);
    if (wide.length > 1) {
        const node = section("maps", "Heat maps", "green: the better half of the trials; framed: the best");
        const rankOf = ranks();
        for (let i = 0; i < wide.length && i < 4; ++i)
            for (let k = i + 1; k < wide.length && k < 4; ++k) heatMap(node, wide[i], wide[k], rankOf);
    }
    if (wide.length) slices(section("slices", "Sensitivity", "each parameter, over all values of the others"));
    if (DATA.regions.rows.length)
        table(
            section("regions", "Good regions", "neighbours that are all among the best tenth"),
            DATA.regions.head,
            DATA.regions.rows,
        );
    if (DATA.pruning.rows.length)
        table(
            section("pruning", "Pruned trials", "left behind by others before their end"),
            DATA.pruning.head,
            DATA.pruning.rows,
        );
    table(section("top", "Best trials"), DATA.top.head, DATA.top.rows);
}
function walkSections() {
    const node = section("equity", "Equity of the test windows", "one account; shaded: every other window");
    lineChart(
        node,
        "Equity after costs",
        [{ name: "equity", key: "blue", values: DATA.equity.v, colour: "var(--accent)" }],
        DATA.equity.t,
        (t) => t.slice(0, 7),
        DATA.equity.bands,
    );
    lineChart(
        node,
        `${DATA.objective} of each window`,
        [
            { name: "trained", key: "ochre", values: DATA.windows.in, colour: "var(--other)" },
            { name: "tested", key: "blue", values: DATA.windows.out, colour: "var(--accent)" },
        ],
        DATA.windows.from,
        (t) => t.slice(0, 7),
    );
    const chosen = section("chosen", "Chosen parameters", "from window to window");
    for (const one of DATA.chosen.filter((c) => new Set(c.values).size > 1))
        lineChart(
            chosen,
            one.name,
            [{ name: one.name, key: "blue", values: one.values, colour: "var(--accent)" }],
            DATA.windows.from,
            (t) => t.slice(0, 7),
        );
    table(chosen, DATA.stability.head, DATA.stability.rows);
    table(section("windows", "Windows"), DATA.folds.head, DATA.folds.rows);
}

theme();
byId("subtitle").textContent = DATA.subtitle;
byId("span").textContent = DATA.span;
summary();
if (DATA.kind === "search") searchSections();
else if (DATA.kind === "models") modelSections();
else walkSections();
meaning();
table(section("settings", "Settings"), ["Setting", "Value"], Object.entries(DATA.settings));
byId("foot").textContent =
    "A dash is a figure that this data cannot define. Times are UTC. Past simulated results say nothing certain about the future.";
document.documentElement.dataset.ready = String(charts);
