// SPDX-License-Identifier: Apache-2.0
// Trades: on the price, as excursions, as a list.

// ---- trades --------------------------------------------------------------------------------------
const T = DATA.trades;
const trades = T && T.et.length ? { n: T.et.length, entry: undelta(T.et), exit: null, ...T } : null;
if (trades) {
    trades.exit = trades.entry.map((t, i) => t + T.dt[i]);
    trades.tag = T.tag.map((k) => T.tags[k]);
    trades.amb = new Set(T.amb);
}
const symbolOf = (i) => DATA.symbols[i] || "#" + i;
const sideOf = (i) => (trades.s[i] === "b" ? "long" : "short");

function tradeTip(i) {
    return [
        el("b", {}, `${symbolOf(trades.i[i])} ${sideOf(i)} ${plain(trades.q[i], 8, 0)}`),
        tipTable([
            ["In", `${isoTime(trades.entry[i])}  ${price(trades.ep[i])}`],
            ["Out", `${isoTime(trades.exit[i])}  ${price(trades.xp[i])}`],
            ["Net", signed(money(trades.net[i]), trades.net[i])],
            ["Fees", money(trades.fees[i])],
            ...(trades.tag[i] ? [["Tag", trades.tag[i]]] : []),
        ]),
    ];
}

const MARKERS_MOST = 400;
class PriceChart {
    constructor(node) {
        this.series = DATA.prices.map((p) => ({
            id: p.i,
            symbol: symbolOf(p.i),
            t: undelta(p.t),
            o: p.o,
            h: p.h,
            l: p.l,
            c: p.c,
        }));
        this.plot = el("div", { class: "plot price-plot" });
        this.legend = el("div", { class: "legend" });
        const pick =
            this.series.length > 1
                ? el(
                      "label",
                      {},
                      "Instrument ",
                      el(
                          "select",
                          { onchange: (e) => this.choose(Number(e.target.value)) },
                          this.series.map((s, i) => el("option", { value: i }, s.symbol)),
                      ),
                  )
                : null;
        this.select = pick ? pick.querySelector("select") : null;
        const button = (text, label, act) =>
            el(
                "button",
                {
                    type: "button",
                    "aria-label": label,
                    onclick: () => {
                        act();
                        this.render();
                    },
                },
                text,
            );
        node.append(
            el(
                "figure",
                {},
                el(
                    "div",
                    { class: "figure-head" },
                    this.legend,
                    el(
                        "div",
                        { class: "tools" },
                        pick,
                        button("\u2212", "Zoom out", () => this.zoom(1.6)),
                        button("+", "Zoom in", () => this.zoom(1 / 1.6)),
                        button("All", "Show everything", () => this.reset()),
                    ),
                ),
                this.plot,
            ),
        );
        this.choose(0, true);
        charts.push(this);
    }
    choose(i, quiet) {
        this.s = this.series[i];
        if (this.select) this.select.value = String(i);
        this.mine = [];
        if (trades)
            for (let k = 0; k < trades.n; ++k) if (trades.i[k] === this.s.id) this.mine.push(k);
        // Bars are placed by index, so that closed markets leave no holes.
        const place = (t) => Math.max(0, lowerBound(this.s.t, t + 1) - 1);
        this.from = this.mine.map((k) => place(trades.entry[k]));
        this.to = this.mine.map((k) => place(trades.exit[k]));
        this.reset();
        if (!quiet) this.render();
    }
    reset() {
        this.a = -0.5;
        this.b = this.s.t.length - 0.5;
    }
    clampView() {
        const n = this.s.t.length,
            least = Math.min(12, n);
        const size = clamp(this.b - this.a, least, n);
        this.a = clamp(this.a, -0.5, n - 0.5 - size);
        this.b = this.a + size;
    }
    zoom(by, around = (this.a + this.b) / 2) {
        this.a = around - (around - this.a) * by;
        this.b = around + (this.b - around) * by;
        this.clampView();
    }
    pan(bars) {
        this.a += bars;
        this.b += bars;
        this.clampView();
    }
    focusTrade(k) {
        const which = this.series.findIndex((s) => s.id === trades.i[k]);
        if (which < 0) return false;
        this.choose(which, true);
        const j = this.mine.indexOf(k),
            middle = (this.from[j] + this.to[j]) / 2,
            size = Math.max(60, (this.to[j] - this.from[j]) * 2.5);
        this.a = middle - size / 2;
        this.b = middle + size / 2;
        this.clampView();
        this.render();
        return true;
    }
    render() {
        const s = this.s,
            height = 400,
            strip = 46,
            last = s.t.length - 1;
        const hadFocus = this.root && document.activeElement === this.root;
        const { root, width } = frame(
            this.plot,
            height,
            `Price of ${s.symbol} with ${this.mine.length} trades. Arrow keys move, plus and minus zoom, Home shows all.`,
        );
        this.root = root;
        const i0 = clamp(Math.floor(this.a), 0, last),
            i1 = clamp(Math.ceil(this.b), 0, last);
        let low = Infinity,
            high = -Infinity;
        for (let i = i0; i <= i1; ++i) {
            if (s.l[i] < low) low = s.l[i];
            if (s.h[i] > high) high = s.h[i];
        }
        [low, high] = padded(low, high, 0.06);
        const ticks = linearTicks(low, high, 7),
            format = numberAxis(ticks);
        const box = (this.box = {
            left: 0,
            right: width - Math.max(ROOM, labelRoom(ticks.map(format))),
            top: 6,
            bottom: height - strip - 30,
        });
        const X = (this.X = (i) =>
            box.left + ((i - this.a) / (this.b - this.a)) * (box.right - box.left));
        const Y = (this.Y = (v) =>
            box.bottom - ((v - low) / (high - low)) * (box.bottom - box.top));
        this.I = (x) => this.a + ((x - box.left) / (box.right - box.left)) * (this.b - this.a);
        yAxis(root, ticks, Y, format, box);
        xAxisLabels(root, this.timeMarks(i0, i1), box);
        const clip = svg("clipPath", { id: "price-clip" }, root);
        svg(
            "rect",
            { x: box.left, y: 0, width: box.right - box.left, height: box.bottom + 1 },
            clip,
        );
        const body = svg("g", { "clip-path": "url(#price-clip)" }, root);
        this.drawBars(body, i0, i1);
        this.drawTrades(body, i0, i1);
        this.overlay = svg("g", {}, root);
        this.drawStrip(root, height - strip + 2, height - 2);
        this.listen(root);
        this.plot.replaceChildren(root);
        if (hadFocus) root.focus({ preventScroll: true });
        this.drawLegend(null);
    }
    timeMarks(i0, i1) {
        const s = this.s,
            marks = [];
        for (const { t, label } of timeTicks(
            s.t[i0],
            s.t[i1],
            (this.box.right - this.box.left) / 76,
        )) {
            const i = lowerBound(s.t, t);
            if (i <= i1) marks.push({ x: this.X(i), label });
        }
        return marks;
    }
    drawBars(g, i0, i1) {
        const s = this.s,
            { X, Y } = this,
            each = (this.box.right - this.box.left) / (this.b - this.a);
        if (each < 2.2) {
            const t = [],
                v = [];
            for (let i = i0; i <= i1; ++i) {
                t.push(i);
                v.push(s.c[i]);
            }
            svg(
                "path",
                { class: "close", d: linePath(t, v, X, Y, this.box.right - this.box.left) },
                g,
            );
            return;
        }
        const half = Math.max(1, Math.floor(each * 0.32));
        let wicks = "",
            up = "",
            down = "";
        for (let i = i0; i <= i1; ++i) {
            const x = Math.round(X(i)) + 0.5,
                open = Y(s.o[i]),
                close = Y(s.c[i]),
                top = Math.min(open, close),
                deep = Math.max(1, Math.abs(open - close));
            wicks += `M${x} ${Y(s.h[i]).toFixed(1)}V${Y(s.l[i]).toFixed(1)}`;
            const rect = `M${x - half} ${top.toFixed(1)}h${2 * half}v${deep.toFixed(1)}h${-2 * half}Z`;
            if (s.c[i] >= s.o[i]) up += rect;
            else down += rect;
        }
        svg("path", { class: "wick", d: wicks }, g);
        if (up) svg("path", { class: "up", d: up }, g);
        if (down) svg("path", { class: "down", d: down }, g);
    }
    /** Too many trades to tell apart: how many entered where, along the bottom. */
    drawCrowd(g, i0, i1) {
        const column = 6,
            counts = new Array(Math.ceil((this.box.right - this.box.left) / column) + 1).fill(0);
        for (const i of this.from)
            if (i >= i0 && i <= i1)
                ++counts[
                    clamp(Math.floor((this.X(i) - this.box.left) / column), 0, counts.length - 1)
                ];
        const most = Math.max(...counts);
        let path = "";
        counts.forEach((count, k) => {
            if (count)
                path += `M${this.box.left + k * column} ${this.box.bottom}v${((-48 * count) / most).toFixed(1)}h${column - 1}V${this.box.bottom}Z`;
        });
        svg("path", { class: "crowd", d: path }, g);
    }
    drawTrades(g, i0, i1) {
        const { X, Y } = this,
            spots = (this.spots = []);
        this.crowded = this.countIn(i0, i1) > MARKERS_MOST;
        if (this.crowded) {
            this.drawCrowd(g, i0, i1);
            return;
        }
        let won = "",
            lost = "",
            buys = "",
            sells = "";
        const size = clamp(75 / Math.sqrt(this.countIn(i0, i1) + 1), 3.4, 5.5),
            seen = new Set();
        for (let j = 0; j < this.mine.length; ++j) {
            if (this.to[j] < i0 || this.from[j] > i1) continue;
            const k = this.mine[j],
                x1 = X(this.from[j]),
                y1 = Y(trades.ep[k]),
                x2 = X(this.to[j]),
                y2 = Y(trades.xp[k]);
            const key =
                ((x1 | 0) >> 1) +
                ":" +
                ((y1 | 0) >> 1) +
                ":" +
                ((x2 | 0) >> 1) +
                ":" +
                ((y2 | 0) >> 1);
            if (seen.has(key)) continue;
            seen.add(key);
            const tie = `M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}`;
            if (trades.net[k] >= 0) won += tie;
            else lost += tie;
            const long = trades.s[k] === "b";
            const upward = (x, y) =>
                    `M${x.toFixed(1)} ${y.toFixed(1)}l${size} ${size * 1.7}h${-2 * size}Z`,
                downward = (x, y) =>
                    `M${x.toFixed(1)} ${y.toFixed(1)}l${size} ${-size * 1.7}h${-2 * size}Z`;
            if (long) {
                buys += upward(x1, y1);
                sells += downward(x2, y2);
            } else {
                sells += downward(x1, y1);
                buys += upward(x2, y2);
            }
            spots.push([x1, y1, k], [x2, y2, k]);
        }
        if (won) svg("path", { class: "tie-gain", d: won }, g);
        if (lost) svg("path", { class: "tie-loss", d: lost }, g);
        if (sells) svg("path", { class: "sell", d: sells }, g);
        if (buys) svg("path", { class: "buy", d: buys }, g);
    }
    countIn(i0, i1) {
        let n = 0;
        for (let j = 0; j < this.mine.length; ++j) if (this.to[j] >= i0 && this.from[j] <= i1) ++n;
        return n;
    }
    /** The whole series in small, with the part in view marked; drag it to move. */
    drawStrip(root, top, bottom) {
        const s = this.s,
            n = s.t.length,
            { left, right } = this.box;
        let low = Infinity,
            high = -Infinity;
        for (const c of s.c) {
            if (c < low) low = c;
            if (c > high) high = c;
        }
        const X = (i) => left + ((i + 0.5) / n) * (right - left),
            Y = (v) => bottom - 2 - ((v - low) / (high - low || 1)) * (bottom - top - 4);
        const index = Array.from({ length: n }, (_, i) => i);
        svg("path", { class: "line strip", d: linePath(index, s.c, X, Y, right - left) }, root);
        const view = svg(
            "rect",
            {
                class: "view",
                x: X(this.a),
                y: top,
                width: Math.max(4, X(this.b) - X(this.a)),
                height: bottom - top,
                rx: 2,
            },
            root,
        );
        const jump = (e) => {
            const r = this.root.getBoundingClientRect();
            const at =
                ((((e.clientX - r.left) / r.width) * this.root.viewBox.baseVal.width - left) /
                    (right - left)) *
                    n -
                0.5;
            const size = this.b - this.a;
            this.a = at - size / 2;
            this.b = at + size / 2;
            this.clampView();
        };
        view.dataset.strip = "1";
        this.stripTop = top;
        this.jump = jump;
    }
    listen(root) {
        const at = (e) => {
            const r = root.getBoundingClientRect(),
                k = root.viewBox.baseVal.width / r.width;
            return [(e.clientX - r.left) * k, (e.clientY - r.top) * k];
        };
        root.addEventListener(
            "wheel",
            (e) => {
                // The page scrolls past the chart unless the chart was chosen by a click or the keyboard.
                if (document.activeElement !== root && !e.ctrlKey && !e.metaKey) return;
                e.preventDefault();
                if (Math.abs(e.deltaX) > Math.abs(e.deltaY))
                    this.pan((e.deltaX / (this.box.right - this.box.left)) * (this.b - this.a));
                else this.zoom(Math.exp(clamp(e.deltaY, -120, 120) * 0.0022), this.I(at(e)[0]));
                this.schedule();
            },
            { passive: false },
        );
        root.addEventListener("pointerdown", (e) => {
            this.grab(e, at(e));
        });
        root.addEventListener("pointermove", (e) => {
            if (!this.pointers || !this.pointers.size) this.point(e, ...at(e));
        });
        root.addEventListener("pointerleave", () => {
            hideTip();
            this.overlay.replaceChildren();
            this.drawLegend(null);
        });
        root.addEventListener("keydown", (e) => {
            const step = (this.b - this.a) * (e.shiftKey ? 0.5 : 0.1);
            const act = {
                ArrowLeft: () => this.pan(-step),
                ArrowRight: () => this.pan(step),
                "+": () => this.zoom(1 / 1.3),
                "=": () => this.zoom(1 / 1.3),
                "-": () => this.zoom(1.3),
                0: () => this.reset(),
                Home: () => this.reset(),
            }[e.key];
            if (!act) return;
            e.preventDefault();
            act();
            this.render();
            const i0 = clamp(Math.ceil(this.a), 0, this.s.t.length - 1),
                i1 = clamp(Math.floor(this.b), 0, this.s.t.length - 1);
            say(
                `${isoTime(this.s.t[i0])} to ${isoTime(this.s.t[i1])}, ${this.countIn(i0, i1)} trades`,
            );
        });
    }
    /** Drag with one pointer, pinch with two. The svg is redrawn meanwhile, so the plot listens. */
    grab(e, [x, y]) {
        this.root.focus({ preventScroll: true });
        this.pointers = this.pointers || new Map();
        this.pointers.set(e.pointerId, e.clientX);
        if (this.pointers.size > 1) return;
        const onStrip = y > this.stripTop;
        if (onStrip) {
            this.jump(e);
            this.schedule();
        }
        this.plot.classList.add("dragging");
        hideTip();
        let before = e.clientX;
        const move = (m) => {
            if (!this.pointers.has(m.pointerId)) return;
            const unit =
                ((this.b - this.a) / (this.box.right - this.box.left)) *
                (this.root.viewBox.baseVal.width / this.root.getBoundingClientRect().width);
            if (this.pointers.size === 2) {
                const [p, q] = [...this.pointers.values()],
                    was = Math.abs(p - q);
                this.pointers.set(m.pointerId, m.clientX);
                const [p2, q2] = [...this.pointers.values()],
                    is = Math.abs(p2 - q2);
                if (was > 4 && is > 4) this.zoom(was / is);
            } else if (onStrip) this.jump(m);
            else {
                this.pan((before - m.clientX) * unit);
                this.pointers.set(m.pointerId, m.clientX);
            }
            before = m.clientX;
            this.schedule();
        };
        const up = (u) => {
            this.pointers.delete(u.pointerId);
            if (this.pointers.size) return;
            this.plot.classList.remove("dragging");
            removeEventListener("pointermove", move);
            removeEventListener("pointerup", up);
            removeEventListener("pointercancel", up);
        };
        addEventListener("pointermove", move);
        addEventListener("pointerup", up);
        addEventListener("pointercancel", up);
    }
    schedule() {
        if (!this.pending)
            this.pending = requestAnimationFrame(() => {
                this.pending = 0;
                this.render();
            });
    }
    point(e, x, y) {
        if (y > this.box.bottom) {
            hideTip();
            return;
        }
        const i = clamp(Math.round(this.I(x)), 0, this.s.t.length - 1);
        this.overlay.replaceChildren();
        const cx = Math.round(this.X(i)) + 0.5;
        svg(
            "line",
            { class: "cross", x1: cx, x2: cx, y1: this.box.top, y2: this.box.bottom },
            this.overlay,
        );
        this.drawLegend(i);
        let best = null,
            distance = 14 * 14;
        for (const [sx, sy, k] of this.spots) {
            const d = (sx - x) ** 2 + (sy - y) ** 2;
            if (d < distance) {
                distance = d;
                best = k;
            }
        }
        if (best === null) hideTip();
        else showTip(e.clientX, e.clientY, tradeTip(best));
    }
    drawLegend(i) {
        const s = this.s,
            at = i === null ? s.t.length - 1 : i;
        this.legend.replaceChildren(
            el("span", {}, el("b", {}, s.symbol)),
            el("span", { class: "when" }, isoTime(s.t[at])),
            this.crowded ? el("span", {}, "bars below: entries; zoom in to see each trade") : "",
            ...[
                ["O", s.o],
                ["H", s.h],
                ["L", s.l],
                ["C", s.c],
            ].map(([k, a]) => el("span", { class: "key" }, k + " ", el("b", {}, price(a[at])))),
        );
    }
}

class Scatter {
    constructor(figure, options) {
        this.o = options;
        this.plot = el("div", { class: "plot" });
        figure.append(
            el(
                "div",
                { class: "figure-head" },
                el("h3", {}, options.title),
                el(
                    "div",
                    { class: "legend" },
                    el("span", { class: "key" }, el("span", { class: "swatch block gain" }), "won"),
                    el(
                        "span",
                        { class: "key" },
                        el("span", { class: "swatch block loss" }),
                        "lost",
                    ),
                ),
            ),
            this.plot,
        );
        charts.push(this);
    }
    render() {
        const { x, y } = this.o,
            height = 280,
            { root, width } = frame(this.plot, height, this.o.title);
        let xHigh = 0,
            low = 0,
            high = 0;
        for (let i = 0; i < x.length; ++i) {
            if (x[i] > xHigh) xHigh = x[i];
            if (y[i] < low) low = y[i];
            if (y[i] > high) high = y[i];
        }
        xHigh = (xHigh || 1) * 1.04;
        [low, high] = padded(low, high, 0.05);
        const ticks = linearTicks(low, high, 6),
            axis = moneyAxis(ticks),
            box = {
                left: 0,
                right: width - labelRoom(ticks.map(axis)),
                top: 6,
                bottom: height - 38,
            };
        const X = (v) => box.left + 4 + (v / xHigh) * (box.right - box.left - 4),
            Y = (v) => box.bottom - ((v - low) / (high - low)) * (box.bottom - box.top);
        yAxis(root, ticks, Y, axis, box);
        const across = linearTicks(0, xHigh, (box.right - box.left) / 80),
            acrossLabel = moneyAxis(across);
        xAxisLabels(
            root,
            across.map((v) => ({ x: X(v), label: acrossLabel(v) })),
            box,
        );
        svg("text", { x: box.right, y: height - 4, "text-anchor": "end" }, root, this.o.xLabel);
        const paths = { gain: "", loss: "" },
            seen = new Set(),
            spots = [];
        for (let i = 0; i < x.length; ++i) {
            const px = X(x[i]),
                py = Y(y[i]),
                key = (px | 0) * 4096 + (py | 0);
            if (seen.has(key)) continue;
            seen.add(key);
            paths[trades.net[i] > 0 ? "gain" : "loss"] += `M${px.toFixed(1)} ${py.toFixed(1)}h0`;
            spots.push([px, py, i]);
        }
        for (const kind in paths)
            if (paths[kind]) svg("path", { class: "dots " + kind, d: paths[kind] }, root);
        root.addEventListener("pointermove", (e) => {
            const r = root.getBoundingClientRect(),
                k = width / r.width,
                ex = (e.clientX - r.left) * k,
                ey = (e.clientY - r.top) * k;
            let best = null,
                distance = 100;
            for (const [sx, sy, i] of spots) {
                const d = (sx - ex) ** 2 + (sy - ey) ** 2;
                if (d < distance) {
                    distance = d;
                    best = i;
                }
            }
            if (best === null) hideTip();
            else showTip(e.clientX, e.clientY, tradeTip(best));
        });
        root.addEventListener("pointerleave", hideTip);
        this.plot.replaceChildren(root);
    }
}

const PRINTED_ROWS = 60;
class TradeTable {
    constructor(node, onPick) {
        this.onPick = onPick;
        this.columns = [
            ["#", (i) => i, (i) => plain(i + 1 + DATA.trades.skipped, 0), "text"],
            ["Instrument", (i) => symbolOf(trades.i[i]), (i) => symbolOf(trades.i[i]), "text"],
            ["Side", (i) => trades.s[i], sideOf, "text"],
            ["Quantity", (i) => trades.q[i], (i) => plain(trades.q[i], 8, 0)],
            ["Entry", (i) => trades.entry[i], (i) => isoMinute(trades.entry[i])],
            ["Exit", (i) => trades.exit[i], (i) => isoMinute(trades.exit[i])],
            ["Price in", (i) => trades.ep[i], (i) => price(trades.ep[i])],
            ["Price out", (i) => trades.xp[i], (i) => price(trades.xp[i])],
            [
                "Net",
                (i) => trades.net[i],
                (i) => signed(money(trades.net[i]), trades.net[i]),
                "",
                (i) => tone(trades.net[i]),
            ],
            ["Fees", (i) => trades.fees[i], (i) => money(trades.fees[i])],
            ["MAE", (i) => trades.mae[i], (i) => money(trades.mae[i])],
            ["MFE", (i) => trades.mfe[i], (i) => money(trades.mfe[i])],
            ["Held", (i) => T.dt[i], (i) => span(T.dt[i] / 1000)],
            [
                "Tag",
                (i) => trades.tag[i],
                (i) => (trades.amb.has(i) ? "\u26a0 " : "") + trades.tag[i],
                "text",
            ],
        ];
        this.order = Uint32Array.from({ length: trades.n }, (_, i) => i);
        this.sorted = [0, 1];
        this.query = "";
        this.kind = "all";
        this.build(node);
        this.filter();
    }
    build(node) {
        const search = el("input", {
            type: "search",
            placeholder: "Instrument, date, tag",
            "aria-label": "Filter trades by instrument, date or tag",
            oninput: (e) => {
                this.query = e.target.value.trim().toLowerCase();
                this.filter();
            },
        });
        const kinds = el(
            "select",
            {
                "aria-label": "Which trades",
                onchange: (e) => {
                    this.kind = e.target.value;
                    this.filter();
                },
            },
            [
                ["all", "All trades"],
                ["won", "Won"],
                ["lost", "Lost"],
                ["long", "Long"],
                ["short", "Short"],
                ["ambiguous", "Ambiguous"],
            ].map(([v, t]) => el("option", { value: v }, t)),
        );
        this.count = el("span", { class: "muted" });
        node.append(
            el(
                "div",
                { class: "figure-head" },
                el("div", { class: "tools" }, search, kinds, this.count),
                el(
                    "div",
                    { class: "tools" },
                    el(
                        "button",
                        { type: "button", onclick: () => this.download() },
                        "Download CSV",
                    ),
                ),
            ),
        );
        this.head = el(
            "div",
            { class: "trade-row head", role: "row" },
            this.columns.map(([name, , , kind], c) =>
                el(
                    "div",
                    {
                        role: "columnheader",
                        "aria-sort": c === 0 ? "ascending" : "none",
                        class: kind || null,
                    },
                    el("button", { type: "button", onclick: () => this.sortBy(c) }, name),
                ),
            ),
        );
        this.body = el("div", { class: "trade-body", role: "rowgroup" });
        this.grid = el(
            "div",
            {
                class: "trade-grid",
                role: "table",
                "aria-label": "Trades",
                "aria-rowcount": trades.n + 1,
            },
            this.head,
            this.body,
        );
        this.box = el(
            "div",
            { class: "trade-table", tabindex: 0, "aria-label": "Trades, scrollable" },
            this.grid,
        );
        this.box.addEventListener("scroll", () => {
            if (!this.pending)
                this.pending = requestAnimationFrame(() => {
                    this.pending = 0;
                    this.draw();
                });
        });
        node.append(this.box);
    }
    filter() {
        const q = this.query,
            kind = this.kind,
            keep = {
                all: () => true,
                won: (i) => trades.net[i] > 0,
                lost: (i) => trades.net[i] < 0,
                long: (i) => trades.s[i] === "b",
                short: (i) => trades.s[i] !== "b",
                ambiguous: (i) => trades.amb.has(i),
            }[kind];
        const matches = (i) =>
            !q ||
            symbolOf(trades.i[i]).toLowerCase().includes(q) ||
            trades.tag[i].toLowerCase().includes(q) ||
            isoTime(trades.entry[i]).startsWith(q) ||
            isoTime(trades.exit[i]).startsWith(q);
        const kept = [];
        for (let i = 0; i < trades.n; ++i) if (keep(i) && matches(i)) kept.push(i);
        this.rows = kept;
        this.sort();
        let net = 0;
        for (const i of kept) net += trades.net[i];
        this.count.textContent = `${plain(kept.length, 0)} of ${plain(trades.n, 0)} shown, net ${money(net)}`;
    }
    sortBy(c) {
        this.sorted = [c, this.sorted[0] === c ? -this.sorted[1] : 1];
        [...this.head.children].forEach((h, i) =>
            h.setAttribute(
                "aria-sort",
                i === c ? (this.sorted[1] > 0 ? "ascending" : "descending") : "none",
            ),
        );
        this.sort();
    }
    sort() {
        const [c, direction] = this.sorted,
            key = this.columns[c][1];
        this.rows.sort((a, b) => {
            const x = key(a),
                y = key(b);
            return (x < y ? -1 : x > y ? 1 : a - b) * (x === y ? 1 : direction);
        });
        this.box.scrollTop = 0;
        this.draw();
    }
    draw(all) {
        const height = all ? 20 : 30,
            view = this.box.clientHeight || 560;
        this.body.style.height = Math.max(1, this.rows.length) * height + "px";
        const first = all ? 0 : Math.max(0, Math.floor(this.box.scrollTop / height) - 8),
            end = Math.min(
                this.rows.length,
                all ? PRINTED_ROWS : first + Math.ceil(view / height) + 16,
            );
        if (all) this.body.style.height = end * height + "px";
        const nodes = [];
        for (let r = first; r < end; ++r) {
            const i = this.rows[r];
            const row = el(
                "div",
                {
                    class: "trade-row",
                    role: "row",
                    tabindex: -1,
                    "aria-rowindex": r + 2,
                    onclick: () => this.onPick(i),
                },
                this.columns.map(([, , text, kind, cls]) =>
                    el(
                        "div",
                        {
                            role: "cell",
                            class: [kind, cls && cls(i)].filter(Boolean).join(" ") || null,
                            title: kind ? text(i) : null,
                        },
                        text(i),
                    ),
                ),
            );
            row.style.top = r * height + "px";
            nodes.push(row);
        }
        if (!nodes.length)
            nodes.push(
                el("div", { class: "trade-row" }, el("div", { class: "text muted" }, "None")),
            );
        this.body.replaceChildren(...nodes);
    }
    download() {
        const quote = (s) => (/[",\n]/.test(s) ? '"' + s.replaceAll('"', '""') + '"' : s);
        const lines = [
            "instrument,side,quantity,entry,exit,entry_price,exit_price,gross_pnl,fees,net_pnl,slippage,mae,mfe,bars,tag,ambiguous",
        ];
        for (const i of this.rows) {
            // A text that a spreadsheet would take for a formula is held back by an apostrophe.
            const tag = /^[=+\-@\t]/.test(trades.tag[i]) ? "'" + trades.tag[i] : trades.tag[i];
            lines.push(
                [
                    quote(symbolOf(trades.i[i])),
                    sideOf(i),
                    trades.q[i],
                    new Date(trades.entry[i]).toISOString(),
                    new Date(trades.exit[i]).toISOString(),
                    trades.ep[i],
                    trades.xp[i],
                    Number((trades.net[i] + trades.fees[i]).toFixed(8)),
                    trades.fees[i],
                    trades.net[i],
                    trades.slip[i],
                    trades.mae[i],
                    trades.mfe[i],
                    trades.bars[i],
                    quote(tag),
                    trades.amb.has(i),
                ].join(","),
            );
        }
        const link = el("a", {
            href: URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" })),
            download: "trades.csv",
        });
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    }
}

function tradeSections() {
    let priceChart = null;
    if (DATA.prices.length)
        priceChart = new PriceChart(
            section(
                "prices",
                "Trades on the price",
                matchMedia("(pointer: coarse)").matches
                    ? "Drag to move, pinch to zoom"
                    : "Click the chart, then wheel to zoom and drag to move; or use the arrow, + and \u2212 keys",
            ),
        );
    if (!trades) return;
    const excursions = section(
        "excursions",
        "Excursions",
        "How far each trade went against it and for it before it closed",
    );
    const left = el("figure"),
        right = el("figure");
    excursions.append(el("div", { class: "pair" }, left, right));
    new Scatter(left, {
        title: "Net profit by worst open loss",
        xLabel: `maximum adverse excursion, ${DATA.currency}`,
        x: trades.mae.map((v) => -v),
        y: trades.net,
    });
    new Scatter(right, {
        title: "Net profit by best open profit",
        xLabel: `maximum favourable excursion, ${DATA.currency}`,
        x: trades.mfe,
        y: trades.net,
    });
    const list = section("trades", "Trade list");
    const table = new TradeTable(list, (i) => {
        if (priceChart && priceChart.focusTrade(i)) byId("prices").scrollIntoView();
    });
    addEventListener("beforeprint", () => table.draw(true));
    addEventListener("afterprint", () => table.draw());
    if (trades.n > PRINTED_ROWS)
        list.append(
            el(
                "p",
                { class: "muted print-only" },
                `Printed: the first ${PRINTED_ROWS} rows; the page itself lists all.`,
            ),
        );
}

function settingsSection() {
    const node = section("assumptions", "Assumptions and settings");
    const table = (rows) =>
        el(
            "table",
            {},
            el(
                "tbody",
                {},
                rows.map(([k, v]) => el("tr", {}, el("th", { scope: "row" }, k), el("td", {}, v))),
            ),
        );
    const hashes = [
        ["Settings hash", DATA.settings_hash],
        ["Journal hash", DATA.journal_hash],
    ]
        .filter((h) => h[1])
        .map(([k, v]) => [k, el("code", {}, v)]);
    node.append(
        el(
            "div",
            { class: "kv" },
            el(
                "div",
                {},
                DATA.assumptions.length
                    ? [el("h3", {}, "How fills were simulated"), table(DATA.assumptions)]
                    : null,
                DATA.not_modelled.length
                    ? el(
                          "div",
                          { class: "gap-top" },
                          el("h3", {}, "What the simulation leaves out"),
                          el(
                              "ul",
                              {},
                              DATA.not_modelled.map((s) => el("li", {}, s)),
                          ),
                      )
                    : null,
            ),
            DATA.settings.length + hashes.length
                ? el(
                      "div",
                      {},
                      el("h3", {}, "Settings of the run"),
                      table([...DATA.settings, ...hashes]),
                  )
                : null,
        ),
    );
}
