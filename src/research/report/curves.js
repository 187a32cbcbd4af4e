// SPDX-License-Identifier: Apache-2.0
// What every chart has, and curves over time with one cross-hair.

// ---- what every chart has ------------------------------------------------------------------------
const charts = [];
/** Draws every chart, and each again whenever its width changes. */
function renderAll() {
    const widths = new Map(),
        observer = new ResizeObserver((entries) => {
            for (const { target, contentRect } of entries) {
                const width = Math.round(contentRect.width);
                if (!width || widths.get(target) === width) continue;
                widths.set(target, width);
                // After this frame: drawing inside the observer would change the layout that it reports.
                requestAnimationFrame(() => charts.find((chart) => chart.plot === target).render());
            }
        });
    for (const chart of charts) {
        widths.set(chart.plot, Math.round(chart.plot.clientWidth));
        chart.render();
        observer.observe(chart.plot);
    }
}

function say(text) {
    byId("live").textContent = text;
}
const tip = byId("tip");
function showTip(x, y, nodes) {
    tip.replaceChildren(...nodes);
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    tip.style.left =
        clamp(
            x + 14 + box.width > innerWidth ? x - box.width - 14 : x + 14,
            4,
            innerWidth - box.width - 4,
        ) + "px";
    tip.style.top = clamp(y - box.height - 10, 4, innerHeight - box.height - 4) + "px";
}
const hideTip = () => {
    tip.hidden = true;
};
const tipTable = (rows) =>
    el(
        "table",
        {},
        el(
            "tbody",
            {},
            rows.map(([k, v]) => el("tr", {}, el("td", { class: "muted" }, k), el("td", {}, v))),
        ),
    );

function frame(plot, height, label) {
    const width = Math.max(260, plot.clientWidth || 700);
    const root = svg("svg", {
        viewBox: `0 0 ${width} ${height}`,
        width,
        height,
        role: "img",
        "aria-label": label,
        tabindex: 0,
    });
    return { root, width };
}
/** Horizontal grid lines with labels at the right, where the latest value is. */
function yAxis(root, ticks, Y, format, box) {
    for (const tick of ticks) {
        const y = Math.round(Y(tick)) + 0.5;
        svg(
            "line",
            { class: tick === 0 ? "zero" : "grid", x1: box.left, x2: box.right, y1: y, y2: y },
            root,
        );
        svg("text", { x: box.right + 8, y: y + 3.5 }, root, format(tick));
    }
}
function xAxisLabels(root, marks, box) {
    svg(
        "line",
        {
            class: "axis",
            x1: box.left,
            x2: box.right,
            y1: box.bottom + 0.5,
            y2: box.bottom + 0.5,
        },
        root,
    );
    let last = -1e9;
    for (const { x, label } of marks) {
        const half = label.length * 3.1;
        if (x - half < box.left - 4 || x + half > box.right + 12 || x - half < last + 10) continue;
        svg("text", { x, y: box.bottom + 16, "text-anchor": "middle" }, root, label);
        last = x + half;
    }
}
const labelRoom = (labels) => 14 + 6.4 * Math.max(...labels.map((l) => l.length), 3);
function padded(low, high, share) {
    if (!(high > low)) {
        const d = Math.abs(low) * 0.05 || 1;
        return [low - d, high + d];
    }
    const d = (high - low) * share;
    return [low - d, high + d];
}

// ---- curves over time ----------------------------------------------------------------------------
const timeCharts = [];
class TimeChart {
    /** options: label, height, series() -> [{name, t, v, kind, fill, text}], format, log(), zero, domain */
    constructor(figure, options) {
        this.o = options;
        this.plot = el("div", { class: "plot" });
        this.legend = el("div", { class: "legend" });
        this.head = el(
            "div",
            { class: "figure-head" },
            options.title ? el("h3", {}, options.title) : null,
            this.legend,
            options.tools || null,
        );
        figure.append(this.head, this.plot);
        this.index = null;
        charts.push(this);
        timeCharts.push(this);
    }
    render() {
        const o = this.o,
            series = (this.series = o.series());
        this.time = series[0].t;
        const height = o.height || 220,
            { root, width } = frame(this.plot, height, this.describe(series));
        const log = o.log ? o.log() : false;
        let low = Infinity,
            high = -Infinity;
        for (const s of series)
            for (const v of s.v)
                if (known(v) && (!log || v > 0)) {
                    if (v < low) low = v;
                    if (v > high) high = v;
                }
        if (!(high >= low)) {
            low = 0;
            high = 1;
        }
        if (o.zero) {
            low = Math.min(low, 0);
            high = Math.max(high, 0);
        }
        if (log) {
            const pad = (high / low) ** 0.04;
            low /= pad;
            high *= pad;
        } else {
            const p = padded(low, high, 0.05);
            low = o.zero && low === 0 ? 0 : p[0];
            high = o.zero && high === 0 ? 0 : p[1];
        }
        const many = Math.max(2, Math.round(height / 46));
        const ticks = log ? logTicks(low, high, many) : linearTicks(low, high, many);
        const axis = o.axis(ticks),
            labels = ticks.map(axis);
        const box = (this.box = {
            left: 0,
            right: width - (o.room || labelRoom(labels)),
            top: 6,
            bottom: height - 24,
        });
        const [t0, t1] = o.domain;
        this.X = (t) => box.left + ((t - t0) / (t1 - t0 || 1)) * (box.right - box.left);
        this.T = (x) => t0 + ((x - box.left) / (box.right - box.left)) * (t1 - t0);
        const f = log ? Math.log : (x) => x,
            base = f(low),
            range = f(high) - base || 1;
        const Y = (this.Y = (v) =>
            box.bottom - ((f(log ? Math.max(v, low) : v) - base) / range) * (box.bottom - box.top));
        yAxis(root, ticks, Y, axis, box);
        xAxisLabels(
            root,
            timeTicks(t0, t1, (box.right - box.left) / 76, DAY).map((k) => ({
                x: this.X(k.t),
                label: k.label,
            })),
            box,
        );
        // The first series is the strategy's: it lies on top.
        for (const s of [...series].reverse()) {
            const path = linePath(s.t, s.v, this.X, Y, box.right - box.left);
            if (s.fill && path) {
                const floor = Y(clamp(0, low, high)).toFixed(1);
                const from = s.v.findIndex(known);
                svg(
                    "path",
                    {
                        class: "area " + s.fill,
                        d: `${path}L${this.X(s.t[s.t.length - 1]).toFixed(1)} ${floor}L${this.X(s.t[from]).toFixed(1)} ${floor}Z`,
                    },
                    root,
                );
            }
            if (s.kind) svg("path", { class: "line " + s.kind, d: path }, root);
        }
        if (o.extra) o.extra(root, this);
        this.overlay = svg("g", {}, root);
        this.listen(root);
        this.plot.replaceChildren(root);
        this.drawLegend(null);
    }
    describe(series) {
        return (
            `${this.o.label}. ` +
            series.map((s) => `${s.name}: last ${this.o.format(s.v[s.v.length - 1])}`).join("; ") +
            ". Arrow keys read the values."
        );
    }
    listen(root) {
        root.addEventListener("pointermove", (e) => {
            const scale = root.viewBox.baseVal.width / root.getBoundingClientRect().width;
            hover(this.T((e.clientX - root.getBoundingClientRect().left) * scale));
        });
        root.addEventListener("pointerleave", () => hover(null));
        root.addEventListener("blur", () => hover(null));
        root.addEventListener("keydown", (e) => {
            const n = this.time.length,
                step = e.shiftKey ? Math.ceil(n / 40) : 1;
            const at = this.index === null ? n - 1 : this.index;
            const to = { ArrowLeft: at - step, ArrowRight: at + step, Home: 0, End: n - 1 }[e.key];
            if (e.key === "Escape") hover(null);
            if (to === undefined) return;
            e.preventDefault();
            hover(this.time[clamp(to, 0, n - 1)]);
            say(
                isoTime(this.time[this.index]) +
                    ". " +
                    this.series
                        .map(
                            (s) =>
                                `${s.name} ${this.o.format(s.v[nearest(s.t, this.time[this.index])])}`,
                        )
                        .join(", "),
            );
        });
    }
    hoverAt(t) {
        this.overlay.replaceChildren();
        if (t === null) {
            this.index = null;
            this.drawLegend(null);
            return;
        }
        this.index = nearest(this.time, t);
        const when = this.time[this.index],
            x = this.X(when);
        svg(
            "line",
            { class: "cross", x1: x, x2: x, y1: this.box.top, y2: this.box.bottom },
            this.overlay,
        );
        for (const s of this.series) {
            const v = s.v[nearest(s.t, when)];
            if (known(v) && s.kind)
                svg(
                    "circle",
                    { class: "dot fill-" + s.kind, cx: x, cy: this.Y(v), r: 3.5 },
                    this.overlay,
                );
        }
        this.drawLegend(when);
    }
    drawLegend(when) {
        this.legend.replaceChildren(
            el(
                "span",
                { class: "when" },
                isoTime(when === null ? this.time[this.time.length - 1] : when),
            ),
            ...this.series.map((s) =>
                el(
                    "span",
                    { class: "key" },
                    el("span", { class: "swatch " + (s.swatch || s.kind) }),
                    s.name + " ",
                    el(
                        "b",
                        {},
                        this.o.format(s.v[when === null ? s.v.length - 1 : nearest(s.t, when)]),
                    ),
                ),
            ),
        );
    }
}
let hoverFrame = 0;
function hover(t) {
    cancelAnimationFrame(hoverFrame);
    const draw = () => {
        for (const chart of timeCharts) if (chart.overlay) chart.hoverAt(t);
    };
    draw();
}
