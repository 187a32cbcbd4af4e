// SPDX-License-Identifier: Apache-2.0
// Risk: limits and their use, VaR against what came, brakes; correlation, contributions and stress
// of the positions at the end and on the riskiest day.

const R = DATA.risk;
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const key = (cls, text) => el("span", { class: "key" }, el("span", { class: "swatch " + cls }), text);

// ---- what charts of rows over time share -----------------------------------------------------------
/** The cross-hair, and the arrow keys, of a chart that is no TimeChart. `read(t)` says a moment. */
function followTime(chart, root) {
    root.addEventListener("pointermove", (e) => {
        const box = root.getBoundingClientRect();
        hover(chart.T(((e.clientX - box.left) * root.viewBox.baseVal.width) / box.width));
    });
    root.addEventListener("pointerleave", () => hover(null));
    root.addEventListener("blur", () => hover(null));
    root.addEventListener("keydown", (e) => {
        const n = chart.time.length;
        if (!n) return;
        const step = e.shiftKey ? Math.ceil(n / 40) : 1;
        const at = chart.index === null ? n : chart.index;
        const to = { ArrowLeft: at - step, ArrowRight: at + step, Home: 0, End: n - 1 }[e.key];
        if (e.key === "Escape") hover(null);
        if (to === undefined) return;
        e.preventDefault();
        const index = clamp(to, 0, n - 1);
        hover(chart.time[index]);
        chart.index = index;
        say(chart.read(index));
    });
}

// ---- limits ----------------------------------------------------------------------------------------
/** Days of positions end with the session, which may be after the last sample. */
const within = (deltas) => undelta(deltas).map((t) => Math.min(t, domain[1]));
const limitDays = R ? within(R.days) : [];
/** A strip a limit: how much of it was used as each day ended. */
class LimitStrips {
    constructor(figure) {
        this.time = limitDays;
        this.index = null;
        this.plot = el("div", { class: "plot limit-table", role: "table", "aria-label": "Limits and their use" });
        this.when = el("span", { class: "when" });
        figure.append(
            el(
                "div",
                { class: "figure-head" },
                el("h3", {}, "Limits, and how much of each was used"),
                el(
                    "div",
                    { class: "legend" },
                    this.when,
                    key("block own-soft", "use as each day ended"),
                    key("block loss", "beyond the limit"),
                    key("dashed loss-line", "all of it"),
                ),
            ),
            this.plot,
        );
        const cell = (cls, text, role = "cell") => el("span", { class: cls, role }, text);
        const row = (cls, ...cells) => el("div", { class: "limit-row" + cls, role: "row" }, cells);
        this.plot.append(
            row(
                " head",
                cell("name", "Limit", "columnheader"),
                cell("strip", "Use through time", "columnheader"),
                cell("now", "Use", "columnheader"),
                cell("most", "Most", "columnheader"),
                cell("count", "Denied", "columnheader"),
                cell("count", "Smaller", "columnheader"),
            ),
        );
        this.rows = R.limits.map((limit) => {
            const one = { limit, strip: cell("strip", ""), now: cell("now", "") };
            const count = (n) => cell(n ? "count bites" : "count", n ? plain(n, 0) : DASH);
            this.plot.append(
                row(
                    "",
                    cell("name", limit.limit, "rowheader"),
                    one.strip,
                    one.now,
                    el(
                        "span",
                        { class: "most" + (limit.most > 1 ? " loss" : ""), role: "cell", title: limit.most_at ? "on " + isoDate(limit.most_at) : null },
                        percent(limit.most, 0),
                    ),
                    count(limit.denied),
                    count(limit.shrunk),
                ),
            );
            return one;
        });
        charts.push(this);
        timeCharts.push(this);
    }
    render() {
        const width = Math.max(160, this.rows[0].strip.clientWidth || 400),
            height = 30;
        this.width = width;
        this.X = (t) => ((t - domain[0]) / (domain[1] - domain[0] || 1)) * width;
        this.T = (x) => domain[0] + (x / width) * (domain[1] - domain[0]);
        this.overlays = this.rows.map((one, i) => this.strip(one, width, height, i));
        this.overlay = this.overlays[0];
        this.hoverAt(null);
    }
    strip(one, width, height, place) {
        const { limit } = one,
            use = limit.use;
        const beyond = use ? use.filter((u) => known(u) && u > 1).length : 0;
        const root = svg("svg", {
            viewBox: `0 0 ${width} ${height}`,
            width,
            height,
            role: "img",
            tabindex: place ? -1 : 0,
            "aria-label": use
                ? `${limit.limit}: used ${percent(limit.most, 0)} at most${limit.most_at ? " on " + isoDate(limit.most_at) : ""}, ${plain(beyond, 0)} days ended beyond it.`
                : `${limit.limit}: ${known(limit.most) ? `used ${percent(limit.most, 0)} at most, by an order on ${isoDate(limit.most_at)}` : "its use is not followed"}.`,
        });
        const top = clamp(known(limit.most) ? limit.most : 1, 1.08, 1.6),
            Y = (u) => height - 1 - (Math.min(u, top) / top) * (height - 3);
        svg("line", { class: "axis", x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5 }, root);
        if (use) {
            const bins = binned(this.time, use, this.X, width);
            svg("path", { class: "area own", d: steps(bins, Y, (u) => u) }, root);
            svg("path", { class: "line thin", d: ridge(bins, Y) }, root);
            svg("path", { class: "area beyond", d: steps(bins, Y, (u) => (u > 1 ? u : null)) }, root);
        } else if (known(limit.most)) {
            svg("circle", { class: "fill-own", cx: clamp(this.X(limit.most_at), 3, width - 3), cy: clamp(Y(limit.most), 3, height - 3), r: 2.6 }, root);
        }
        if (use || known(limit.most)) {
            const line = Math.round(Y(1)) + 0.5;
            svg("line", { class: "line limit", x1: 0, x2: width, y1: line, y2: line }, root);
        }
        if (!use) {
            const isLeft = known(limit.most) && this.X(limit.most_at) < width / 2;
            svg(
                "text",
                { x: isLeft ? width - 2 : 2, y: height - 9, "text-anchor": isLeft ? "end" : "start" },
                root,
                known(limit.most) ? "of each order; dot: the most" : "asked with each order",
            );
        }
        const overlay = svg("g", {}, root);
        followTime(this, root);
        one.strip.replaceChildren(root);
        return overlay;
    }
    hoverAt(t) {
        this.index = t === null || !this.time.length ? null : nearest(this.time, t);
        const at = this.index === null ? this.time.length - 1 : this.index;
        this.when.textContent = at < 0 ? "" : isoDate(this.time[at] - 1);
        this.rows.forEach((one, i) => {
            const use = one.limit.use ? one.limit.use[at] : null;
            one.now.textContent = one.limit.use ? percent(use, 0) : DASH;
            one.now.classList.toggle("loss", known(use) && use > 1);
            this.overlays[i].replaceChildren();
            if (this.index === null) return;
            const x = this.X(this.time[at]);
            svg("line", { class: "cross", x1: x, x2: x, y1: 0, y2: 30 }, this.overlays[i]);
        });
    }
    read(index) {
        return (
            isoDate(this.time[index] - 1) +
            ". " +
            R.limits
                .filter((limit) => limit.use && known(limit.use[index]))
                .map((limit) => `${limit.limit}: ${percent(limit.use[index], 0)}`)
                .join(", ")
        );
    }
}
/** The highest value of each pixel column: {x, v}, null where nothing is known. */
function binned(t, v, X, width) {
    const most = new Array(Math.ceil(width) + 1).fill(null);
    for (let i = 0; i < t.length; ++i) {
        if (!known(v[i])) continue;
        const from = clamp(Math.floor(i ? X(t[i - 1]) : X(t[i]) - 1) + 1, 0, most.length - 1),
            to = clamp(Math.floor(X(t[i])), 0, most.length - 1);
        for (let x = Math.min(from, to); x <= to; ++x)
            if (most[x] === null || v[i] > most[x]) most[x] = v[i];
    }
    return most;
}
function steps(bins, Y, pick) {
    let path = "";
    for (let x = 0; x < bins.length; ) {
        let u = bins[x] === null ? null : pick(bins[x]);
        if (u === null || u === 0) {
            ++x;
            continue;
        }
        path += `M${x} ${Y(0).toFixed(1)}`;
        for (; x < bins.length && u !== null && u !== 0; ++x, u = x >= bins.length || bins[x] === null ? null : pick(bins[x]))
            path += `V${Y(u).toFixed(1)}H${x + 1}`;
        path += `V${Y(0).toFixed(1)}Z`;
    }
    return path;
}
function ridge(bins, Y) {
    let path = "",
        pen = false;
    bins.forEach((u, x) => {
        if (u !== null) path += `${pen ? "L" : "M"}${x + 0.5} ${Y(u).toFixed(1)}`;
        pen = u !== null;
    });
    return path;
}

// ---- VaR -------------------------------------------------------------------------------------------
function varChart(node) {
    const V = R.var,
        t = within(V.t),
        name = `VaR ${plain(100 * R.confidence, 2, 0)}%`;
    const exceeded = V.pnl.map((_, i) => i).filter((i) => known(V.v[i]) && known(V.pnl[i]) && V.pnl[i] < -V.v[i] && V.v[i] > 0);
    const figure = el("figure");
    node.append(figure);
    new TimeChart(figure, {
        title: "Each day's VaR, and what came",
        label: `${name} of each day against the profit or loss of the positions it was of, ${exceeded.length} days beyond it`,
        height: 260,
        domain,
        room: ROOM,
        zero: true,
        format: (v) => money(v, 0),
        axis: moneyAxis,
        series: () => [
            { name, kind: "own", t, v: V.v.map((v) => (known(v) ? -v : null)) },
            { name: "Expected shortfall", kind: "faint", swatch: "dashed", t, v: V.es.map((v) => (known(v) ? -v : null)) },
            { name: "P&L", kind: null, swatch: "block pnl", t, v: V.pnl },
        ],
        extra: (root, chart) => {
            const zero = chart.Y(0).toFixed(1);
            let days = "";
            V.pnl.forEach((v, i) => {
                if (known(v) && v !== 0) days += `M${chart.X(t[i]).toFixed(1)} ${zero}V${chart.Y(v).toFixed(1)}`;
            });
            // behind the line of VaR
            root.insertBefore(svg("path", { class: "pnl-days", d: days }), root.querySelector(".line.own"));
            for (const i of exceeded) {
                const x = chart.X(t[i]);
                svg("line", { class: "exceeded", x1: x, x2: x, y1: zero, y2: chart.Y(V.pnl[i]) }, root);
                svg("circle", { class: "exceeded-dot", cx: x, cy: chart.Y(V.pnl[i]), r: 2.4 }, root);
            }
        },
    });
    const legend = figure.querySelector(".figure-head");
    legend.append(el("div", { class: "legend" }, key("block loss", `${plain(exceeded.length, 0)} days beyond VaR`)));
    if (R.tests.unknown)
        figure.append(
            el("p", { class: "note" }, `On ${plain(R.tests.unknown, 0)} days VaR was not known: something that was held had traded on too few of the days before.`),
        );
}
function riskCards(node) {
    const T = R.tests,
        last = R.views[0],
        share = last && known(last.var) && known(last.equity) && last.equity > 0 ? last.var / last.equity : null;
    const denied = R.limits.reduce((n, one) => n + one.denied, 0),
        shrunk = R.limits.reduce((n, one) => n + one.shrunk, 0);
    const list = [];
    if (T) {
        list.push(
            [
                `VaR ${plain(100 * R.confidence, 2, 0)}% at the end`,
                last ? money(last.var, 0) : DASH,
                known(share) ? `${percent(share)} of equity; shortfall ${money(last.es, 0)}` : "not known then",
                null,
            ],
            ["Days beyond VaR", plain(T.exceedances, 0), known(T.expected) ? `${plain(T.expected, 1)} expected in ${plain(T.days, 0)} days` : "no day was forecast", null],
            ["Kupiec p", number(T.kupiec_p), "exceeded as often as it should", known(T.kupiec_p) && T.kupiec_p < 0.05 ? "loss" : null],
            ["Christoffersen p", number(T.christoffersen_p), "exceedances do not come together", known(T.christoffersen_p) && T.christoffersen_p < 0.05 ? "loss" : null],
        );
    }
    if (R.limits.length)
        list.push(["Orders denied", plain(denied, 0), shrunk ? `${plain(shrunk, 0)} made smaller` : "none made smaller", null]);
    if (R.rules.length)
        list.push(["Brakes fired", plain(R.changes.filter((one) => one.to !== "active").length, 0), `of ${plain(R.rules.length, 0)} set`, null]);
    node.append(
        el(
            "dl",
            { class: "cards of-" + list.length },
            list.map(([label, value, sub, cls]) =>
                el("div", { class: "card" }, el("dt", {}, label), el("dd", { class: cls }, value), el("div", { class: "sub" }, sub)),
            ),
        ),
    );
}

// ---- brakes ----------------------------------------------------------------------------------------
const STATES = ["warn", "reducing", "close_only", "flatten", "halted"];
const stateText = (state) => state.replace("_", " ");
const SCOPES_MOST = 12,
    NAMED_MOST = 3;
const CHANGES_MOST = 100;
class BrakeTimeline {
    constructor(figure) {
        this.changes = R.changes;
        this.time = this.changes.map((one) => one.t);
        this.index = null;
        // one state a scope: the next change of it, or its end, ends a band
        const scopes = new Map([["Account", []]]);
        for (const one of this.changes) {
            const name = one.instrument || (one.strategy === null ? "Account" : "Strategy " + one.strategy);
            if (!scopes.has(name)) scopes.set(name, []);
            const before = scopes.get(name);
            if (before.length) before[before.length - 1].end = Math.min(before[before.length - 1].end, one.t);
            before.push({ ...one, scope: name, end: one.until === null ? domain[1] : Math.min(one.until, domain[1]) });
        }
        this.rows = [...scopes].slice(0, SCOPES_MOST);
        this.hidden = scopes.size - this.rows.length;
        this.plot = el("div", { class: "plot" });
        this.legend = el("div", { class: "legend band-legend" });
        const seen = STATES.filter((s) => this.changes.some((one) => one.to === s));
        figure.append(
            el(
                "div",
                { class: "figure-head" },
                el("h3", {}, "Brakes through time"),
                el(
                    "div",
                    { class: "legend" },
                    key("block state-active", "active"),
                    seen.map((s) => key("block state-" + s, stateText(s))),
                ),
            ),
            this.plot,
            this.legend,
        );
        charts.push(this);
        timeCharts.push(this);
    }
    render() {
        const tall = 24,
            height = this.rows.length * tall + 28;
        const { root, width } = frame(
            this.plot,
            height,
            `Brakes through time: ${this.changes.length} changes of state. ` +
                "Arrow keys read one after the other; the table below lists them.",
        );
        const narrow = width < 560,
            left = 0,
            right = width - (narrow ? 86 : 118),
            bottom = height - 24;
        this.X = (t) => left + ((t - domain[0]) / (domain[1] - domain[0] || 1)) * (right - left);
        this.T = (x) => domain[0] + ((x - left) / (right - left)) * (domain[1] - domain[0]);
        this.rows.forEach(([name, bands], i) => {
            const y = 4 + i * tall;
            svg("rect", { class: "state-active", x: left, y, width: right - left, height: tall - 6 }, root);
            svg("text", { x: right + 8, y: y + 13, class: i ? "" : "strong" }, root, name);
            for (const band of bands) {
                if (band.to === "active") continue;
                const x = this.X(band.t),
                    w = Math.max(1.5, this.X(band.end) - x);
                const box = svg("rect", { class: "state-" + band.to, x, y, width: w, height: tall - 6 }, root);
                svg("title", {}, box, this.told(band));
                const label = stateText(band.to);
                if (w > label.length * 6.4 + 10) svg("text", { class: "on-band on-" + band.to, x: x + 5, y: y + 13 }, root, label);
            }
        });
        xAxisLabels(
            root,
            timeTicks(domain[0], domain[1], (right - left) / 76, DAY).map((k) => ({ x: this.X(k.t), label: k.label })),
            { left, right, bottom },
        );
        this.overlay = svg("g", {}, root);
        this.bottom = bottom;
        followTime(this, root);
        this.plot.replaceChildren(root);
        this.hoverAt(null);
    }
    told(one) {
        return `${isoTime(one.t)} ${one.scope || ""}: ${stateText(one.to)} by "${brakeText(one.brake)}" at ${brakeNumber(one, one.actual)}${one.until === null ? "" : ", until " + isoTime(one.until)}`;
    }
    /** What holds at an instant, by scope. */
    hoverAt(t) {
        this.overlay.replaceChildren();
        this.index = null;
        const at = t === null ? domain[1] : t;
        if (t !== null) {
            const x = this.X(t);
            svg("line", { class: "cross", x1: x, x2: x, y1: 2, y2: this.bottom }, this.overlay);
        }
        const now = this.rows
            .map(([name, bands]) => [name, bands.find((one) => one.t <= at && (at < one.end || one.end === domain[1]) && one.to !== "active")])
            .filter(([, band]) => band);
        this.legend.replaceChildren(
            el("span", { class: "when" }, isoTime(at)),
            ...(now.length
                ? now.slice(0, NAMED_MOST).map(([name, band]) =>
                      el(
                          "span",
                          { class: "key" },
                          el("span", { class: "swatch block state-" + band.to }),
                          `${name} `,
                          el("b", {}, stateText(band.to)),
                          ` by ${brakeText(band.brake)}`,
                      ),
                  )
                : [el("span", {}, "everything active")]),
            now.length > NAMED_MOST ? `and ${now.length - NAMED_MOST} more` : "",
        );
    }
    read(index) {
        const one = this.changes[index];
        return this.told({ ...one, scope: one.instrument || (one.strategy === null ? "Account" : "Strategy " + one.strategy) });
    }
}
const brakeNumber = (one, x) => (one.unit === "share" ? percent(x, 1) : one.unit === "seconds" ? span(x) : plain(x, 3, 0));
/** Without what every brake has. */
const brakeText = (text) => text.replace(" of portfolio", "").replace(/ rearm .*/, "");
function changeTable(node) {
    const shown = R.changes.slice(-CHANGES_MOST);
    if (shown.length < R.changes.length)
        node.append(el("p", { class: "note" }, `The last ${shown.length} of ${plain(R.changes.length, 0)} changes.`));
    node.append(
        listTable(
            ["When", "Of", "Was", "Became", "By the brake", "At", "Limit", "Until"],
            shown.map((one) => [
                isoTime(one.t),
                one.instrument || (one.strategy === null ? "account" : "strategy " + one.strategy),
                stateText(one.from),
                el("span", { class: "state-text state-text-" + one.to }, stateText(one.to)),
                brakeText(one.brake),
                brakeNumber(one, one.actual),
                brakeNumber(one, one.limit),
                one.until === null ? DASH : isoTime(one.until),
            ]),
            { texts: [1, 2, 3, 4], tall: shown.length > 8 },
        ),
    );
}
/** A list under a head; beside the first the columns in `texts` are of text. */
function listTable(head, rows, { texts = [], tall = false } = {}) {
    const cls = (i) => (texts.includes(i) ? "text" : null);
    return el(
        "div",
        { class: "scroll-x gap-small" + (tall ? " tall" : ""), tabindex: tall ? 0 : null, role: tall ? "region" : null, "aria-label": tall ? "A list that scrolls" : null },
        el(
            "table",
            { class: "list" },
            el("thead", {}, el("tr", {}, head.map((h, i) => el("th", { scope: "col", class: cls(i) }, h)))),
            el("tbody", {}, rows.map((row) => el("tr", {}, row.map((value, i) => el("td", { class: cls(i) }, value))))),
        ),
    );
}

// ---- the positions of a day ------------------------------------------------------------------------
/** A bar from zero, which lies so that the lowest and the highest of `shares` have room. */
function bar(share, shares, cls) {
    const low = Math.min(0, ...shares),
        range = Math.max(0, ...shares) - low || 1,
        inner = el("span", { class: "fill " + cls }),
        zero = el("span", { class: "zero-mark" });
    const at = (v) => ((100 * (v - low)) / range).toFixed(2) + "%";
    inner.style.left = at(Math.min(share, 0));
    inner.style.width = ((100 * Math.abs(share)) / range).toFixed(2) + "%";
    zero.style.left = at(0);
    return el("span", { class: "bar-cell", "aria-hidden": "true" }, inner, zero);
}
function contributions(view) {
    const rows = view.contributions;
    const node = el("figure", {}, el("div", { class: "figure-head" }, el("h3", {}, "What each position adds to VaR")));
    if (!rows.length) {
        node.append(el("p", { class: "muted" }, "Nothing was held."));
        return node;
    }
    const shares = rows.map((one) => one.share || 0);
    node.append(
        listTable(
            ["Position", "Exposure", "VaR", "Shortfall", "Share of VaR", ""],
            [
                ...rows.map((one) => [
                    one.instrument,
                    money(one.exposure, 0),
                    money(one.component_var, 0),
                    money(one.component_es, 0),
                    percent(one.share, 1),
                    known(one.share) ? bar(one.share, shares, one.share < 0 ? "gain" : "own") : "",
                ]),
                ["All", money(rows.every((one) => known(one.exposure)) ? rows.reduce((sum, one) => sum + one.exposure, 0) : null, 0), money(view.var, 0), money(view.es, 0), "", ""],
            ],
        ),
    );
    node.lastChild.querySelector("tbody").lastChild.className = "total";
    const reason = rows.find((one) => one.reason);
    if (reason) node.append(el("p", { class: "note" }, "Not known: " + reason.reason + "."));
    return node;
}

/** Rows by cluster, the largest first: what moves together stands together. */
function byCluster(table) {
    const size = new Map();
    for (const c of table.clusters) size.set(c, (size.get(c) || 0) + 1);
    return table.instruments
        .map((_, i) => i)
        .sort((a, b) => {
            const p = table.clusters[a],
                q = table.clusters[b];
            return p === q ? a - b : size.get(q) - size.get(p) || p - q;
        });
}
const LABELLED_MOST = 14;
function heatMap(view) {
    const table = view.correlation;
    const node = el("figure", {}, el("div", { class: "figure-head" }, el("h3", {}, "Correlation of daily returns")));
    if (!table.matrix) {
        node.append(el("p", { class: "muted" }, "Not known: " + table.reason + "."));
        return node;
    }
    node.firstChild.append(
        el("div", { class: "legend" }, key("block heat-low", "against"), key("block heat-none", "apart"), key("block heat-high", "together")),
    );
    const order = byCluster(table),
        short = (i) => table.instruments[i].split(".")[0];
    const isEdge = (k) => k > 0 && table.clusters[order[k]] !== table.clusters[order[k - 1]];
    const cell = (i, j, k, m) => {
        const value = table.matrix[i][j];
        const td = el(
            "td",
            {
                class: (isEdge(k) ? "edge-top " : "") + (isEdge(m) ? "edge-left" : ""),
                title: `${table.instruments[i]}, ${table.instruments[j]}: ${plain(value, 3)}`,
            },
            el("span", { class: order.length > LABELLED_MOST ? "visually-hidden" : null }, plain(value, 2)),
        );
        if (i === j) td.classList.add("self");
        else td.style.backgroundColor = `rgba(var(--${value < 0 ? "other" : "accent"}-rgb), ${(0.6 * Math.abs(value)).toFixed(3)})`;
        return td;
    };
    node.append(
        el(
            "div",
            { class: "scroll-x gap-small" },
            el(
                "table",
                { class: "heat" + (order.length > LABELLED_MOST ? " dense" : "") },
                el("caption", { class: "visually-hidden" }, "Correlation of daily returns; rows and columns that move together stand together"),
                el("thead", {}, el("tr", {}, el("td"), order.map((i, m) => el("th", { scope: "col", class: isEdge(m) ? "edge-left" : null }, el("span", {}, short(i)))))),
                el(
                    "tbody",
                    {},
                    order.map((i, k) => el("tr", {}, el("th", { scope: "row", title: table.instruments[i], class: isEdge(k) ? "edge-top" : null }, short(i)), order.map((j, m) => cell(i, j, k, m)))),
                ),
            ),
        ),
        el(
            "p",
            { class: "note" },
            `Of the last ${plain(table.days, 0)} days. Lines part what does not move together.` +
                (table.left_out ? ` ${plain(table.left_out, 0)} more that were held are left out.` : ""),
        ),
    );
    return node;
}

const stressKinds = { shock: "shock", crisis: "crisis", history: "own data" };
function stressTable(view) {
    const node = el("figure", {}, el("div", { class: "figure-head" }, el("h3", {}, "Stress: what these positions would make of it")));
    const shown = view.stress.filter((one) => known(one.pnl)),
        missing = view.stress.filter((one) => !known(one.pnl));
    const shares = shown.map((one) => one.share_of_equity || 0);
    if (shown.length)
        node.append(
            listTable(
                ["Case", "P&L", "Of equity", "", "Worst day", "Kind", "Days"],
                shown.map((one) => [
                    one.estimated
                        ? el("abbr", { title: Object.entries(one.estimated).map(([k, v]) => `${k}: ${v}`).join("; ") }, one.name + " *")
                        : one.name,
                    el("span", { class: tone(one.pnl) }, signed(money(one.pnl, 0), one.pnl)),
                    signed(percent(one.share_of_equity, 1), one.share_of_equity),
                    known(one.share_of_equity) ? bar(one.share_of_equity, shares, one.share_of_equity < 0 ? "loss" : "gain") : "",
                    money(one.worst_day, 0),
                    stressKinds[one.kind],
                    one.from ? (one.from === one.to ? one.from : `${one.from} to ${one.to}`) : DASH,
                ]),
                { texts: [5, 6] },
            ),
        );
    const notes = [];
    const guessed = shown.filter((one) => one.estimated);
    if (guessed.length)
        notes.push(
            "* stood in for: " +
                [...new Set(guessed.flatMap((one) => Object.entries(one.estimated).map(([k, v]) => `${k} by ${v}`)))].join("; ") +
                ".",
        );
    const reasons = new Map();
    for (const one of missing) reasons.set(one.reason, [...(reasons.get(one.reason) || []), one.name]);
    for (const [reason, names] of reasons) notes.push(`${capital(names.join(", "))}: ${reason}.`);
    for (const note of notes) node.append(el("p", { class: "note" }, note));
    return node;
}

function riskViews(node) {
    const holder = el("div"),
        title = el("h3", {});
    const show = (i) => {
        const view = R.views[i];
        title.textContent = `Positions held on ${view.as_of}`;
        holder.replaceChildren(
            el("div", { class: "pair" }, contributions(view), heatMap(view)),
            el("div", { class: "gap-top" }, stressTable(view)),
        );
    };
    const names = R.views.map((_, i) => [i, i ? "Largest VaR" : "At the end"]);
    // what was held at the end may be nothing
    const first = R.views.length > 1 && !R.views[0].contributions.length ? 1 : 0;
    node.append(
        el(
            "div",
            { class: "figure-head gap-top" },
            title,
            R.views.length > 1 ? el("div", { class: "tools" }, segmented("Positions of", names, first, show)) : null,
        ),
        holder,
    );
    show(first);
}

function stopTable(node) {
    node.append(
        el(
            "figure",
            { class: "gap-top" },
            el("div", { class: "figure-head" }, el("h3", {}, "Stops")),
            listTable(
                ["Strategy", "Stop", "Positions closed"],
                R.stops.map((one) => [one.strategy, one.stop, plain(one.closed, 0)]),
                { texts: [1] },
            ),
        ),
    );
}

/** The section; nothing of it where the run set no risk. */
function riskSection() {
    if (!R || !hasCurve) return;
    const node = section("risk", "Risk");
    riskCards(node);
    const figure = () => {
        const out = el("figure", { class: "gap-top" });
        node.append(out);
        return out;
    };
    if (R.limits.length && limitDays.length) new LimitStrips(figure());
    if (R.var && R.var.t.length > 1) {
        const holder = el("div", { class: "gap-top" });
        node.append(holder);
        varChart(holder);
    }
    if (R.rules.length) {
        const holder = figure();
        if (R.changes.length) {
            new BrakeTimeline(holder);
            changeTable(holder);
        } else {
            holder.append(el("div", { class: "figure-head" }, el("h3", {}, "Brakes")), el("p", { class: "muted" }, `None of ${R.rules.length} fired: ${R.rules.map(brakeText).join("; ")}.`));
        }
    }
    if (R.views.length) riskViews(node);
    if (R.stops.length) stopTable(node);
}
