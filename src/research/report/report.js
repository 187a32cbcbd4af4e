// SPDX-License-Identifier: Apache-2.0
// Draws the report from the JSON beside it. No library, no request; all text reaches the page as text nodes.
"use strict";
(() => {
const DATA = JSON.parse(document.getElementById("data").textContent);
const M = DATA.metrics;
const MINUS = "\u2212", DASH = "\u2013", TIMES = "\u00d7", DAY = 86400000;

// ---- small helpers -------------------------------------------------------------------------------
const byId = (id) => document.getElementById(id);
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
  return node;
}
function svg(tag, attributes, parent, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}
const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
/** First index with a[i] >= x. */
function lowerBound(a, x) {
  let low = 0, high = a.length;
  while (low < high) { const mid = (low + high) >> 1; if (a[mid] < x) low = mid + 1; else high = mid; }
  return low;
}
function nearest(a, x) {
  const i = lowerBound(a, x);
  if (i === 0) return 0;
  if (i === a.length) return i - 1;
  return x - a[i - 1] <= a[i] - x ? i - 1 : i;
}
function undelta(a) {
  const out = new Float64Array(a.length);
  let sum = 0;
  for (let i = 0; i < a.length; ++i) out[i] = sum += a[i];
  return out;
}

// ---- numbers and dates as text -------------------------------------------------------------------
const formats = new Map();
function plain(x, digits, least = digits) {
  const key = digits * 100 + least;
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat("en-US", { minimumFractionDigits: least, maximumFractionDigits: digits }));
  const text = formats.get(key).format(x);
  // A rounded zero has no sign.
  return /^-[0.,]*$/.test(text) ? text.slice(1) : text.replace("-", MINUS);
}
const known = (x) => x !== null && x !== undefined && Number.isFinite(x);
const number = (x, digits = 2) => (known(x) ? plain(x, digits) : DASH);
const percent = (x, digits = 2) => (known(x) ? plain(100 * x, digits) + "%" : DASH);
const signed = (text, x) => (known(x) && x > 0 ? "+" + text : text);
const money = (x, digits = 2) => (known(x) ? plain(x, digits) : DASH);
const price = (x) => (known(x) ? plain(x, Math.abs(x) < 1 ? 6 : Math.abs(x) < 10 ? 5 : 4, Math.abs(x) < 10 ? 4 : 2) : DASH);
const stepDigits = (step) => clamp(-Math.floor(Math.log10(step) + 1e-9), 0, 10);
const stepOf = (ticks) => (ticks.length > 1 ? ticks[1] - ticks[0] : Math.abs(ticks[0]) || 1);
/** One unit and one count of decimals for all labels of an axis. */
function moneyAxis(ticks) {
  const most = Math.max(...ticks.map(Math.abs)), least = Math.min(...ticks.slice(1).map((t, i) => t - ticks[i]), most);
  const [unit, mark] = most >= 1e10 ? [1e9, "B"] : most >= 2e6 ? [1e6, "M"] : most >= 1e4 ? [1e3, "k"] : [1, ""];
  const digits = stepDigits(least / unit);
  return (v) => (v === 0 ? "0" : plain(v / unit, digits) + mark);
}
const percentAxis = (ticks) => { const digits = stepDigits(stepOf(ticks) * 100); return (v) => plain(100 * v, digits) + "%"; };
const numberAxis = (ticks) => { const digits = stepDigits(stepOf(ticks)); return (v) => plain(v, digits); };
const tone = (x) => (!known(x) || x === 0 ? null : x > 0 ? "gain" : "loss");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (n) => String(n).padStart(2, "0");
const isoDate = (t) => new Date(t).toISOString().slice(0, 10);
const isoTime = (t) => {
  const text = new Date(t).toISOString();
  return t % DAY === 0 ? text.slice(0, 10) : text.slice(0, 10) + " " + text.slice(11, t % 60000 === 0 ? 16 : 19);
};
function days(n) {
  if (!known(n)) return DASH;
  if (n >= 730) return plain(n / 365.25, 1) + " years";
  if (n >= 1) return plain(n, n < 10 ? 1 : 0, 0) + (n === 1 ? " day" : " days");
  return span(n * 86400);
}
function span(seconds) {
  if (!known(seconds)) return DASH;
  if (seconds >= 86400) return plain(seconds / 86400, seconds < 864000 ? 1 : 0, 0) + " d";
  if (seconds >= 3600) return plain(seconds / 3600, 1, 0) + " h";
  if (seconds >= 60) return plain(seconds / 60, 1, 0) + " min";
  return plain(seconds, seconds < 1 ? 3 : 1, 0) + " s";
}

// ---- scales --------------------------------------------------------------------------------------
/** Round steps (1, 2, 5) that give about `count` ticks within [low, high]. */
function linearTicks(low, high, count) {
  if (!(high > low)) return [low];
  const raw = (high - low) / Math.max(1, count), power = 10 ** Math.floor(Math.log10(raw));
  const step = power * (raw / power < 1.45 ? 1 : raw / power < 3.2 ? 2 : raw / power < 7.1 ? 5 : 10);
  const out = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; ++k) out.push(Number((k * step).toPrecision(12)));
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
function timeTicks(from, to, count) {
  const length = (to - from) / Math.max(1, count), out = [];
  const date = new Date(from);
  if (length > 14 * DAY) {
    const months = [1, 3, 6, 12, 24, 60, 120, 240].find((m) => m * 30.4 * DAY >= length) || 600;
    let year = date.getUTCFullYear(), month = date.getUTCMonth();
    month = Math.floor(month / Math.min(months, 12)) * Math.min(months, 12);
    if (months >= 12) { year = Math.floor(year / (months / 12)) * (months / 12); month = 0; }
    for (let t = Date.UTC(year, month); t <= to; month += months, t = Date.UTC(year, month)) {
      if (t < from) continue;
      const d = new Date(t);
      out.push({ t, label: d.getUTCMonth() === 0 ? String(d.getUTCFullYear()) : MONTHS[d.getUTCMonth()] + (months >= 12 ? "" : out.length ? "" : " " + d.getUTCFullYear()) });
    }
    return out;
  }
  const steps = [1000, 5000, 15000, 60000, 300000, 900000, 1800000, 3600000, 3 * 3600000, 6 * 3600000, 12 * 3600000, DAY, 2 * DAY, 7 * DAY, 14 * DAY];
  const step = steps.find((s) => s >= length) || 28 * DAY;
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) out.push({ t, label: timeLabel(t, step) });
  return out;
}
function timeLabel(t, step) {
  const d = new Date(t);
  if (step >= DAY || t % DAY === 0) return d.getUTCDate() + " " + MONTHS[d.getUTCMonth()];
  return two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()) + (step < 60000 ? ":" + two(d.getUTCSeconds()) : "");
}

/** An SVG path through the points, at most four a pixel column: first, lowest, highest, last. */
function linePath(t, v, X, Y, width) {
  const n = t.length;
  let path = "", pen = false;
  const put = (i) => {
    path += (pen ? "L" : "M") + X(t[i]).toFixed(1) + " " + Y(v[i]).toFixed(1);
    pen = true;
  };
  if (n <= 3 * width) {
    for (let i = 0; i < n; ++i) { if (known(v[i])) put(i); else pen = false; }
    return path;
  }
  for (let i = 0; i < n;) {
    if (!known(v[i])) { pen = false; ++i; continue; }
    const column = Math.floor(X(t[i]));
    let j = i, low = i, high = i;
    for (; j < n && known(v[j]) && Math.floor(X(t[j])) === column; ++j) {
      if (v[j] < v[low]) low = j;
      if (v[j] > v[high]) high = j;
    }
    for (const k of [...new Set([i, Math.min(low, high), Math.max(low, high), j - 1])]) put(k);
    i = j;
  }
  return path;
}

// ---- what every chart has ------------------------------------------------------------------------
const charts = [];
/** Draws every chart, and each again whenever its width changes. */
function renderAll() {
  const widths = new Map(), observer = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const width = Math.round(contentRect.width);
      if (!width || widths.get(target) === width) continue;
      widths.set(target, width);
      // After this frame: drawing inside the observer would change the layout that it reports.
      requestAnimationFrame(() => charts.find((chart) => chart.plot === target).render());
    }
  });
  for (const chart of charts) { widths.set(chart.plot, Math.round(chart.plot.clientWidth)); chart.render(); observer.observe(chart.plot); }
}

function say(text) { byId("live").textContent = text; }
const tip = byId("tip");
function showTip(x, y, nodes) {
  tip.replaceChildren(...nodes);
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = clamp(x + 14 + box.width > innerWidth ? x - box.width - 14 : x + 14, 4, innerWidth - box.width - 4) + "px";
  tip.style.top = clamp(y - box.height - 10, 4, innerHeight - box.height - 4) + "px";
}
const hideTip = () => { tip.hidden = true; };
const tipTable = (rows) => el("table", {}, el("tbody", {}, rows.map(([k, v]) => el("tr", {}, el("td", { class: "muted" }, k), el("td", {}, v)))));

function frame(plot, height, label) {
  const width = Math.max(260, plot.clientWidth || 700);
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label, tabindex: 0 });
  return { root, width };
}
/** Horizontal grid lines with labels at the right, where the latest value is. */
function yAxis(root, ticks, Y, format, box) {
  for (const tick of ticks) {
    const y = Math.round(Y(tick)) + 0.5;
    svg("line", { class: tick === 0 ? "zero" : "grid", x1: box.left, x2: box.right, y1: y, y2: y }, root);
    svg("text", { x: box.right + 8, y: y + 3.5 }, root, format(tick));
  }
}
function xAxisLabels(root, marks, box) {
  svg("line", { class: "axis", x1: box.left, x2: box.right, y1: box.bottom + 0.5, y2: box.bottom + 0.5 }, root);
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
  if (!(high > low)) { const d = Math.abs(low) * 0.05 || 1; return [low - d, high + d]; }
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
    this.head = el("div", { class: "figure-head" }, options.title ? el("h3", {}, options.title) : null, this.legend, options.tools || null);
    figure.append(this.head, this.plot);
    this.index = null;
    charts.push(this);
    timeCharts.push(this);
  }
  render() {
    const o = this.o, series = (this.series = o.series());
    this.time = series[0].t;
    const height = o.height || 220, { root, width } = frame(this.plot, height, this.describe(series));
    const log = o.log ? o.log() : false;
    let low = Infinity, high = -Infinity;
    for (const s of series) for (const v of s.v) if (known(v) && (!log || v > 0)) { if (v < low) low = v; if (v > high) high = v; }
    if (!(high >= low)) { low = 0; high = 1; }
    if (o.zero) { low = Math.min(low, 0); high = Math.max(high, 0); }
    if (log) { const pad = (high / low) ** 0.04; low /= pad; high *= pad; }
    else { const p = padded(low, high, 0.05); low = o.zero && low === 0 ? 0 : p[0]; high = o.zero && high === 0 ? 0 : p[1]; }
    const many = Math.max(2, Math.round(height / 46));
    const ticks = log ? logTicks(low, high, many) : linearTicks(low, high, many);
    const axis = o.axis(ticks), labels = ticks.map(axis);
    const box = (this.box = { left: 0, right: width - (o.room || labelRoom(labels)), top: 6, bottom: height - 24 });
    const [t0, t1] = o.domain;
    this.X = (t) => box.left + ((t - t0) / (t1 - t0 || 1)) * (box.right - box.left);
    this.T = (x) => t0 + ((x - box.left) / (box.right - box.left)) * (t1 - t0);
    const f = log ? Math.log : (x) => x, base = f(low), range = f(high) - base || 1;
    const Y = (this.Y = (v) => box.bottom - ((f(log ? Math.max(v, low) : v) - base) / range) * (box.bottom - box.top));
    yAxis(root, ticks, Y, axis, box);
    xAxisLabels(root, timeTicks(t0, t1, (box.right - box.left) / 76).map((k) => ({ x: this.X(k.t), label: k.label })), box);
    // The first series is the strategy's: it lies on top.
    for (const s of [...series].reverse()) {
      const path = linePath(s.t, s.v, this.X, Y, box.right - box.left);
      if (s.fill && path) {
        const floor = Y(clamp(0, low, high)).toFixed(1);
        const from = s.v.findIndex(known);
        svg("path", { class: "area " + s.fill, d: `${path}L${this.X(s.t[s.t.length - 1]).toFixed(1)} ${floor}L${this.X(s.t[from]).toFixed(1)} ${floor}Z` }, root);
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
    return `${this.o.label}. ` + series.map((s) => `${s.name}: last ${this.o.format(s.v[s.v.length - 1])}`).join("; ") + ". Arrow keys read the values.";
  }
  listen(root) {
    root.addEventListener("pointermove", (e) => {
      const scale = root.viewBox.baseVal.width / root.getBoundingClientRect().width;
      hover(this.T((e.clientX - root.getBoundingClientRect().left) * scale));
    });
    root.addEventListener("pointerleave", () => hover(null));
    root.addEventListener("blur", () => hover(null));
    root.addEventListener("keydown", (e) => {
      const n = this.time.length, step = e.shiftKey ? Math.ceil(n / 40) : 1;
      const at = this.index === null ? n - 1 : this.index;
      const to = { ArrowLeft: at - step, ArrowRight: at + step, Home: 0, End: n - 1 }[e.key];
      if (e.key === "Escape") hover(null);
      if (to === undefined) return;
      e.preventDefault();
      hover(this.time[clamp(to, 0, n - 1)]);
      say(isoTime(this.time[this.index]) + ". " + this.series.map((s) => `${s.name} ${this.o.format(s.v[nearest(s.t, this.time[this.index])])}`).join(", "));
    });
  }
  hoverAt(t) {
    this.overlay.replaceChildren();
    if (t === null) { this.index = null; this.drawLegend(null); return; }
    this.index = nearest(this.time, t);
    const when = this.time[this.index], x = this.X(when);
    svg("line", { class: "cross", x1: x, x2: x, y1: this.box.top, y2: this.box.bottom }, this.overlay);
    for (const s of this.series) {
      const v = s.v[nearest(s.t, when)];
      if (known(v) && s.kind) svg("circle", { class: "dot fill-" + s.kind, cx: x, cy: this.Y(v), r: 3.5 }, this.overlay);
    }
    this.drawLegend(when);
  }
  drawLegend(when) {
    this.legend.replaceChildren(
      el("span", { class: "when" }, isoTime(when === null ? this.time[this.time.length - 1] : when)),
      ...this.series.map((s) => el("span", { class: "key" }, el("span", { class: "swatch " + (s.swatch || s.kind) }), s.name + " ",
        el("b", {}, this.o.format(s.v[when === null ? s.v.length - 1 : nearest(s.t, when)])))));
  }
}
let hoverFrame = 0;
function hover(t) {
  cancelAnimationFrame(hoverFrame);
  const draw = () => { for (const chart of timeCharts) if (chart.overlay) chart.hoverAt(t); };
  draw();
}

// ---- the page ------------------------------------------------------------------------------------
const main = byId("main"), nav = byId("nav");
function section(id, title, note) {
  const node = el("section", { id, "aria-labelledby": id + "-h" }, el("div", { class: "section-head" }, el("h2", { id: id + "-h" }, title), note ? el("span", { class: "muted" }, note) : null));
  main.append(node);
  nav.append(el("a", { href: "#" + id }, title));
  return node;
}
function segmented(label, choices, chosen, onChoose) {
  const group = el("span", { class: "segmented", role: "group", "aria-label": label });
  for (const [value, text] of choices) {
    group.append(el("button", { type: "button", "aria-pressed": String(value === chosen), onclick: (e) => {
      for (const b of group.children) b.setAttribute("aria-pressed", String(b === e.currentTarget));
      onChoose(value);
    } }, text));
  }
  return group;
}

const own = { t: undelta(DATA.equity.t), v: DATA.equity.v };
const bench = DATA.benchmark ? { t: undelta(DATA.benchmark.t), v: DATA.benchmark.v } : null;
const exposure = DATA.exposure ? { t: undelta(DATA.exposure.t), g: DATA.exposure.g, n: DATA.exposure.n } : null;
const hasCurve = own.t.length >= 2;
const domain = hasCurve ? [own.t[0], own.t[own.t.length - 1]] : [0, 1];
const benchName = bench ? DATA.benchmark.name || "Benchmark" : "";
const factor = "\u221a" + plain(M.sharpe_annualization, 2, 0);

function fillHead() {
  byId("subtitle").textContent = DATA.subtitle;
  if (hasCurve) byId("span").textContent = `${isoDate(domain[0])} to ${isoDate(domain[1])} \u00b7 ${plain(M.samples, 0)} samples \u00b7 ${DATA.currency}`;
}

function notices(summary) {
  const items = [...DATA.warnings, ...DATA.cut];
  if (!items.length) return;
  summary.append(el("div", { class: "notice", role: "note" }, items.length === 1 ? items[0] : el("ul", {}, items.map((w) => el("li", {}, w)))));
}

function cards(summary) {
  const T = M.trades, dd = M.max_drawdown;
  const list = [
    ["Total return", signed(percent(M.total_return, 1), M.total_return), bench ? `${benchName} ${signed(percent(M.benchmark_return, 1), M.benchmark_return)}` : `${money(M.start_equity, 0)} to ${money(M.final_equity, 0)}`, tone(M.total_return)],
    ["CAGR", signed(percent(M.cagr, 1), M.cagr), `volatility ${percent(M.volatility, 1)}`, tone(M.cagr)],
    ["Sharpe ratio", number(M.sharpe), known(M.sharpe) ? `95% ${number(M.sharpe_ci_low)} to ${number(M.sharpe_ci_high)}, ${factor}` : "not defined on this data", null],
    ["Sortino ratio", number(M.sortino), `Calmar ${number(M.calmar)}`, null],
    ["Max drawdown", known(dd) ? percent(-dd, 1) : DASH, M.max_drawdown_duration_days === null ? "never under water" : M.max_drawdown_recovery ? `${days(M.max_drawdown_duration_days)} to a new high` : `${days(M.max_drawdown_duration_days)}, still open`, known(dd) && dd > 0 ? "loss" : null],
    ["Trades", plain(T.count, 0), T.count ? `${percent(T.win_rate, 0)} won, profit factor ${number(T.profit_factor)}` : "none closed", null],
  ];
  summary.append(el("dl", { class: "cards" }, list.map(([label, value, sub, cls]) =>
    el("div", { class: "card" }, el("dt", {}, label), el("dd", { class: cls }, value), el("div", { class: "sub" }, sub)))));
}

function factTable(caption, rows, columns) {
  const shown = rows.filter(Boolean);
  return el("table", {}, el("caption", {}, caption),
    columns ? el("thead", {}, el("tr", {}, el("th", {}), columns.map((c) => el("th", { scope: "col" }, c)))) : null,
    el("tbody", {}, shown.map(([name, ...values]) => el("tr", {}, el("th", { scope: "row" }, name), values.map((v) => el("td", {}, v))))));
}
const hint = (text, why) => el("abbr", { title: why }, text);

function facts(summary) {
  const B = DATA.benchmark_metrics, T = M.trades;
  const pair = (name, f, key) => (B ? [name, f(M[key]), f(B[key])] : [name, f(M[key])]);
  const columns = B ? ["Strategy", benchName] : null;
  const risk = [
    pair("Total return", percent, "total_return"), pair("CAGR", percent, "cagr"), pair("Volatility, annual", percent, "volatility"),
    pair(hint("Sharpe, " + factor, "Mean excess return over its sample deviation, times the root of the annual factor"), number, "sharpe"),
    pair("Sortino, " + factor, number, "sortino"), pair("Calmar", number, "calmar"), pair("Omega", number, "omega"),
    pair("Max drawdown", (x) => percent(known(x) ? -x : x), "max_drawdown"), pair("Ulcer index", percent, "ulcer"),
    pair("Longest under water", days, "longest_underwater_days"), pair("Skew", number, "skew"),
    pair(hint("Kurtosis", "Raw: a normal distribution has 3"), number, "kurtosis"),
    pair("Best period", percent, "best_period"), pair("Worst period", percent, "worst_period"), pair("Positive periods", (x) => percent(x, 1), "positive_periods"),
  ];
  const trust = [
    [hint("Sharpe, 95% interval", "Lo 2002, independent returns"), known(M.sharpe) ? `${number(M.sharpe_ci_low)} to ${number(M.sharpe_ci_high)}` : DASH],
    [hint("Sharpe, autocorrelation-adjusted", "Lo 2002, equation 20; factor " + number(M.sharpe_adjusted_factor)), number(M.sharpe_adjusted)],
    [hint("its 95% interval", "Newey-West standard error"), known(M.sharpe_adjusted_ci_low) ? `${number(M.sharpe_adjusted_ci_low)} to ${number(M.sharpe_adjusted_ci_high)}` : DASH],
    [hint("Probabilistic Sharpe", "Probability that the true Sharpe ratio is above the threshold (0 unless set): Bailey and Lopez de Prado 2012"), percent(M.psr, 1)],
    M.trials === null ? null : [hint("Deflated Sharpe", "The same against the best of all trials: Bailey and Lopez de Prado 2014"), percent(M.dsr, 1)],
    M.trials === null ? null : ["Trials", plain(M.trials, 0)],
    ["Exposure, share of time", percent(M.exposure, 1)], ["Turnover, a year", known(M.turnover) ? number(M.turnover, 1) + TIMES : DASH],
  ];
  const tail = [
    ["Historical", percent(M.var_95), percent(M.es_95), percent(M.var_99), percent(M.es_99)],
    ["Normal", percent(M.var_normal_95), percent(M.es_normal_95), percent(M.var_normal_99), percent(M.es_normal_99)],
    [hint("Cornish-Fisher", "Undefined where skew and kurtosis leave the expansion's domain"), percent(M.var_cornish_fisher_95), percent(M.es_cornish_fisher_95), percent(M.var_cornish_fisher_99), percent(M.es_cornish_fisher_99)],
  ];
  const against = [
    [hint("Alpha, annualised", "Compounded mean residual"), percent(M.alpha)], ["Beta", number(M.beta)], ["Correlation", number(M.correlation)],
    ["Tracking error, annual", percent(M.tracking_error)], ["Information ratio", number(M.information_ratio)],
    ["Up capture", percent(M.up_capture, 0)], ["Down capture", percent(M.down_capture, 0)],
  ];
  const trades = [
    ["Trades", plain(T.count, 0)], ["Won, lost, even", `${plain(T.wins, 0)}, ${plain(T.losses, 0)}, ${plain(T.break_even, 0)}`],
    ["Profit factor", number(T.profit_factor)], ["Expectancy a trade", money(T.expectancy)],
    [hint("Expectancy ratio", "In units of the average loss"), number(T.expectancy_ratio)], [hint("SQN", "System quality number"), number(T.sqn)],
    ["Average win", money(T.average_win)], ["Average loss", money(T.average_loss)], ["Payoff ratio", number(T.payoff_ratio)],
    ["Best, worst", `${money(T.best)}, ${money(T.worst)}`], ["Average MAE, MFE", `${money(T.average_mae)}, ${money(T.average_mfe)}`],
    ["Longest streak won, lost", `${T.longest_win_streak}, ${T.longest_loss_streak}`],
    ["Held, median", span(T.duration_median)], ["Held, shortest to longest", `${span(T.duration_min)} to ${span(T.duration_max)}`],
    ["Ambiguous fills", plain(T.ambiguous, 0)],
  ];
  const costs = [["Gross profit", money(T.gross_pnl)], ["Fees", money(T.fees)], ["Slippage, within gross", money(T.slippage)], ["Net profit of trades", money(T.net_pnl)], ["Start equity", money(M.start_equity)], ["Final equity", money(M.final_equity)]];
  summary.append(el("div", { class: "facts" },
    el("div", {}, factTable("Return and risk", risk, columns)),
    el("div", {}, factTable("How sure is it", trust), el("div", { class: "gap-top" }, factTable("Loss of one period", tail, ["VaR 95", "ES 95", "VaR 99", "ES 99"])),
      bench ? el("div", { class: "gap-top" }, factTable("Against " + benchName, against)) : null),
    el("div", {}, T.count ? factTable("Trades", trades) : null, el("div", { class: T.count ? "gap-top" : null }, factTable(`Money, ${DATA.currency}`, costs)))));
}

// The right margin of the stacked charts, so that their time axes line up.
const ROOM = 62;

function equitySection() {
  const node = section("equity", "Equity"), figure = el("figure");
  node.append(figure);
  let log = false;
  const rebased = bench ? bench.v.map((v) => (v / bench.v[0]) * own.v[Math.max(0, lowerBound(own.t, bench.t[0]))]) : null;
  const positive = own.v.every((v) => v > 0);
  const chart = new TimeChart(figure, {
    label: "Equity over time", height: 320, domain, room: ROOM, log: () => log, format: (v) => money(v, 0), axis: moneyAxis,
    tools: positive ? el("div", { class: "tools" }, segmented("Scale", [[false, "Linear"], [true, "Log"]], false, (v) => { log = v; chart.render(); })) : null,
    series: () => [{ name: "Strategy", kind: "own", ...own }, ...(rebased ? [{ name: benchName, kind: "bench", t: bench.t, v: rebased }] : [])],
  });
}

function underwater(curve) {
  let peak = -Infinity;
  return curve.v.map((v) => { peak = Math.max(peak, v); return peak > 0 ? v / peak - 1 : null; });
}
function drawdownSection() {
  const node = section("drawdown", "Drawdown"), figure = el("figure");
  node.append(figure);
  const mine = underwater(own), theirs = bench ? underwater(bench) : null;
  new TimeChart(figure, {
    label: "Drawdown from the last peak", height: 190, domain, room: ROOM, zero: true, format: (v) => percent(v, 1), axis: percentAxis,
    series: () => [{ name: "Strategy", kind: "dd", fill: "dd", t: own.t, v: mine }, ...(theirs ? [{ name: benchName, kind: "bench", t: bench.t, v: theirs }] : [])],
  });
  if (!DATA.drawdowns.length) return;
  node.append(el("div", { class: "scroll-x gap-top" }, el("table", { class: "list" },
    el("thead", {}, el("tr", {}, ["Deepest", "Peak", "Trough", "Recovered", "Length"].map((h) => el("th", { scope: "col" }, h)))),
    el("tbody", {}, DATA.drawdowns.map(([depth, start, trough, recovery, length]) => el("tr", {}, el("td", { class: "loss" }, percent(-depth, 2)), el("td", {}, isoDate(start)), el("td", {}, isoDate(trough)), el("td", {}, recovery === null ? "not yet" : isoDate(recovery)), el("td", {}, days(length))))))));
}

function monthsSection() {
  const node = section("months", "Monthly returns", "Months that are not whole are in italics");
  const years = new Map();
  for (const [year, month, value, whole] of DATA.months) {
    if (!years.has(year)) years.set(year, []);
    years.get(year)[month - 1] = { value, whole };
  }
  const totals = new Map(DATA.years.map(([year, value, other]) => [year, { value, other }]));
  const scale = Math.max(0.02, [...DATA.months].map((m) => Math.abs(m[2])).sort((a, b) => a - b)[Math.floor(DATA.months.length * 0.95)] || 0);
  const cell = (value, cls, size) => {
    if (!known(value)) return el("td", { class: "empty" });
    const td = el("td", { class: cls }, plain(100 * value, 1));
    const strength = 0.06 + 0.5 * Math.min(1, Math.abs(value) / size);
    td.style.backgroundColor = value === 0 ? "" : `rgba(var(--${value > 0 ? "gain" : "loss"}-rgb), ${strength.toFixed(2)})`;
    return td;
  };
  const withBench = DATA.years.some((y) => known(y[2]));
  node.append(el("div", { class: "scroll-x" }, el("table", { class: "months" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "%"), MONTHS.map((m) => el("th", { scope: "col" }, m)), el("th", { scope: "col" }, "Year"), withBench ? el("th", { scope: "col" }, benchName) : null)),
    el("tbody", {}, [...years.keys()].sort((a, b) => a - b).map((year) => el("tr", {}, el("th", { scope: "row" }, String(year)),
      MONTHS.map((_, i) => {
        const month = years.get(year)[i], td = cell(month ? month.value : null, null, scale);
        if (month && !month.whole) td.style.fontStyle = "italic";
        return td;
      }),
      cell(totals.get(year).value, "year", scale * 2.5), withBench ? el("td", { class: "bench" }, known(totals.get(year).other) ? plain(100 * totals.get(year).other, 1) : DASH) : null))))));
}

// ---- rolling -------------------------------------------------------------------------------------
const returns = (v) => v.map((x, i) => (i === 0 || !(v[i - 1] > 0) ? null : x / v[i - 1] - 1));
function rollingSharpe(r, n, periods) {
  const out = new Array(r.length).fill(null);
  for (let i = n; i < r.length; ++i) {
    let sum = 0, squares = 0, ok = true;
    for (let j = i - n + 1; j <= i; ++j) { if (r[j] === null) { ok = false; break; } sum += r[j]; }
    if (!ok) continue;
    const mean = sum / n;
    for (let j = i - n + 1; j <= i; ++j) squares += (r[j] - mean) ** 2;
    const deviation = Math.sqrt(squares / (n - 1));
    if (deviation > 1e-12) out[i] = ((mean - DATA.risk_free_period * DATA.equity.stride) / deviation) * Math.sqrt(periods);
  }
  return out;
}
function rollingBeta(r, b, n) {
  const out = new Array(r.length).fill(null);
  for (let i = n; i < r.length; ++i) {
    let sr = 0, sb = 0, cov = 0, variance = 0, ok = true;
    for (let j = i - n + 1; j <= i; ++j) { if (r[j] === null || b[j] === null) { ok = false; break; } sr += r[j]; sb += b[j]; }
    if (!ok) continue;
    for (let j = i - n + 1; j <= i; ++j) { cov += (r[j] - sr / n) * (b[j] - sb / n); variance += (b[j] - sb / n) ** 2; }
    if (variance > 1e-18) out[i] = cov / variance;
  }
  return out;
}
function rollingSection() {
  const periods = M.annual_factor / DATA.equity.stride;
  const choices = [[0.25, "3 months"], [0.5, "6 months"], [1, "1 year"], [3, "3 years"]].map(([years, text]) => [Math.round(years * periods), text]).filter(([n]) => n >= 10 && n * 1.5 < own.t.length);
  if (!choices.length) return;
  let n = (choices.find((c) => c[1] === "6 months") || choices[choices.length - 1])[0];
  const node = section("rolling", "Rolling");
  node.firstChild.append(el("div", { class: "tools" }, segmented("Window", choices, n, (value) => { n = value; for (const c of mine) c.render(); })));
  const r = returns(own.v), mine = [];
  const joined = bench ? alignBenchmark() : null;
  const holder = el("div", { class: joined ? "pair" : "" });
  node.append(holder);
  const make = (title, series, format, zero) => {
    const figure = el("figure");
    holder.append(figure);
    mine.push(new TimeChart(figure, { title, label: title, height: 200, domain, format, axis: numberAxis, zero, series }));
  };
  make("Sharpe ratio, " + factor, () => [{ name: "", kind: "own", t: own.t, v: rollingSharpe(r, n, periods) }], (v) => number(v), true);
  if (joined) make("Beta to " + benchName, () => [{ name: "", kind: "own", t: own.t, v: rollingBeta(r, joined, n) }], (v) => number(v), true);
}
/** The benchmark's returns at the strategy's samples. */
function alignBenchmark() {
  const levels = Array.from(own.t, (t) => { const i = lowerBound(bench.t, t); return bench.t[i] === t ? bench.v[i] : null; });
  return levels.map((v, i) => (i && v > 0 && levels[i - 1] > 0 ? v / levels[i - 1] - 1 : null));
}

// ---- distribution --------------------------------------------------------------------------------
class Histogram {
  constructor(figure) {
    this.plot = el("div", { class: "plot" });
    figure.append(el("div", { class: "figure-head" }, el("h3", {}, "Returns of one period"),
      el("div", { class: "legend" }, el("span", { class: "key" }, el("span", { class: "swatch block loss" }), "beyond VaR 95"), el("span", { class: "key" }, el("span", { class: "swatch dashed" }), "normal"))), this.plot);
    charts.push(this);
  }
  render() {
    const { low, width: step, counts, unchanged } = DATA.histogram, total = counts.reduce((a, b) => a + b, 0);
    const height = 240, { root, width } = frame(this.plot, height + (unchanged ? 18 : 0), `Distribution of ${total} returns. VaR 95 ${percent(M.var_95)}, VaR 99 ${percent(M.var_99)}.`);
    const top = Math.max(...counts) * 1.16, ticks = linearTicks(0, top, 4);
    const box = { left: 0, right: width - labelRoom(ticks.map((t) => plain(t, 0))), top: 6, bottom: height - 24 };
    const high = low + step * counts.length;
    const X = (v) => box.left + ((v - low) / (high - low)) * (box.right - box.left), Y = (c) => box.bottom - (c / top) * (box.bottom - box.top);
    yAxis(root, ticks, Y, (v) => plain(v, 0), box);
    xAxisLabels(root, linearTicks(low, high, (box.right - box.left) / 80).map((v) => ({ x: X(v), label: plain(100 * v, 1, 0) + "%" })), box);
    counts.forEach((count, i) => {
      if (!count) return;
      const from = low + i * step, tail = known(M.var_95) && from + step / 2 < -M.var_95;
      const bar = svg("rect", { class: tail ? "bar tail" : "bar", x: X(from) + 0.5, y: Y(count), width: Math.max(0.5, X(from + step) - X(from) - 1), height: box.bottom - Y(count) }, root);
      const edge = (i === 0 ? "below " + percent(from + step) : i === counts.length - 1 ? "above " + percent(from) : `${percent(from)} to ${percent(from + step)}`);
      bar.addEventListener("pointermove", (e) => showTip(e.clientX, e.clientY, [el("div", { class: "muted" }, edge), el("b", {}, `${plain(count, 0)} of ${plain(total, 0)}`)]));
      bar.addEventListener("pointerleave", hideTip);
    });
    this.normal(root, X, Y, low, high, step * total);
    [[M.var_99, "VaR 99"], [M.var_95, "VaR 95"]].forEach(([loss, name], i) => {
      if (!known(loss) || -loss < low || -loss > high) return;
      const x = X(-loss), y = box.top + 12 + i * 15;
      svg("line", { class: "mark", x1: x, x2: x, y1: y - 8, y2: box.bottom }, root);
      svg("text", { class: "halo strong", x: x - 5, y, "text-anchor": "end" }, root, `${name} ${percent(-loss)}`);
    });
    if (unchanged) svg("text", { x: box.left, y: height + 12 }, root, `${plain(unchanged, 0)} periods without any change are left out.`);
    this.plot.replaceChildren(root);
  }
  normal(root, X, Y, low, high, weight) {
    const { mean, deviation } = DATA.histogram;
    let path = "";
    for (let i = 0; i <= 120; ++i) {
      const v = low + ((high - low) * i) / 120, z = (v - mean) / deviation;
      path += (i ? "L" : "M") + X(v).toFixed(1) + " " + Y((weight * Math.exp(-z * z / 2)) / (deviation * Math.sqrt(2 * Math.PI))).toFixed(1);
    }
    svg("path", { class: "line faint", d: path }, root);
  }
}
function distributionSection() {
  const both = exposure && exposure.t.length > 1;
  const node = section("distribution", both ? "Distribution and exposure" : "Distribution");
  const left = el("figure"), right = el("figure");
  node.append(el("div", { class: both ? "pair" : "" }, left, both ? right : null));
  new Histogram(left);
  if (!both) return;
  new TimeChart(right, {
    title: "Exposure", label: "Exposure as a share of equity", height: 240, domain, zero: true, format: (v) => percent(v, 0), axis: percentAxis,
    series: () => [{ name: "gross", fill: "gross", swatch: "gross", t: exposure.t, v: exposure.g }, { name: "net", kind: "thin", swatch: "net", t: exposure.t, v: exposure.n }],
  });
}

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
  return [el("b", {}, `${symbolOf(trades.i[i])} ${sideOf(i)} ${plain(trades.q[i], 8, 0)}`), tipTable([
    ["In", `${isoTime(trades.entry[i])}  ${price(trades.ep[i])}`], ["Out", `${isoTime(trades.exit[i])}  ${price(trades.xp[i])}`],
    ["Net", signed(money(trades.net[i]), trades.net[i])], ["Fees", money(trades.fees[i])], ...(trades.tag[i] ? [["Tag", trades.tag[i]]] : [])])];
}

const MARKERS_MOST = 400;
class PriceChart {
  constructor(node) {
    this.series = DATA.prices.map((p) => ({ id: p.i, symbol: symbolOf(p.i), t: undelta(p.t), o: p.o, h: p.h, l: p.l, c: p.c }));
    this.plot = el("div", { class: "plot price-plot" });
    this.legend = el("div", { class: "legend" });
    const pick = this.series.length > 1 ? el("label", {}, "Instrument ", el("select", { onchange: (e) => this.choose(Number(e.target.value)) }, this.series.map((s, i) => el("option", { value: i }, s.symbol)))) : null;
    this.select = pick ? pick.querySelector("select") : null;
    const button = (text, label, act) => el("button", { type: "button", "aria-label": label, onclick: () => { act(); this.render(); } }, text);
    node.append(el("figure", {}, el("div", { class: "figure-head" }, this.legend, el("div", { class: "tools" }, pick,
      button("\u2212", "Zoom out", () => this.zoom(1.6)), button("+", "Zoom in", () => this.zoom(1 / 1.6)), button("All", "Show everything", () => this.reset()))), this.plot));
    this.choose(0, true);
    charts.push(this);
  }
  choose(i, quiet) {
    this.s = this.series[i];
    if (this.select) this.select.value = String(i);
    this.mine = [];
    if (trades) for (let k = 0; k < trades.n; ++k) if (trades.i[k] === this.s.id) this.mine.push(k);
    // Bars are placed by index, so that closed markets leave no holes.
    const place = (t) => Math.max(0, lowerBound(this.s.t, t + 1) - 1);
    this.from = this.mine.map((k) => place(trades.entry[k]));
    this.to = this.mine.map((k) => place(trades.exit[k]));
    this.reset();
    if (!quiet) this.render();
  }
  reset() { this.a = -0.5; this.b = this.s.t.length - 0.5; }
  clampView() {
    const n = this.s.t.length, least = Math.min(12, n);
    const size = clamp(this.b - this.a, least, n);
    this.a = clamp(this.a, -0.5, n - 0.5 - size);
    this.b = this.a + size;
  }
  zoom(by, around = (this.a + this.b) / 2) { this.a = around - (around - this.a) * by; this.b = around + (this.b - around) * by; this.clampView(); }
  pan(bars) { this.a += bars; this.b += bars; this.clampView(); }
  focusTrade(k) {
    const which = this.series.findIndex((s) => s.id === trades.i[k]);
    if (which < 0) return false;
    this.choose(which, true);
    const j = this.mine.indexOf(k), middle = (this.from[j] + this.to[j]) / 2, size = Math.max(60, (this.to[j] - this.from[j]) * 2.5);
    this.a = middle - size / 2; this.b = middle + size / 2;
    this.clampView();
    this.render();
    return true;
  }
  render() {
    const s = this.s, height = 400, strip = 46, last = s.t.length - 1;
    const hadFocus = this.root && document.activeElement === this.root;
    const { root, width } = frame(this.plot, height, `Price of ${s.symbol} with ${this.mine.length} trades. Arrow keys move, plus and minus zoom, Home shows all.`);
    this.root = root;
    const i0 = clamp(Math.floor(this.a), 0, last), i1 = clamp(Math.ceil(this.b), 0, last);
    let low = Infinity, high = -Infinity;
    for (let i = i0; i <= i1; ++i) { if (s.l[i] < low) low = s.l[i]; if (s.h[i] > high) high = s.h[i]; }
    [low, high] = padded(low, high, 0.06);
    const ticks = linearTicks(low, high, 7), format = numberAxis(ticks);
    const box = (this.box = { left: 0, right: width - Math.max(ROOM, labelRoom(ticks.map(format))), top: 6, bottom: height - strip - 30 });
    const X = (this.X = (i) => box.left + ((i - this.a) / (this.b - this.a)) * (box.right - box.left));
    const Y = (this.Y = (v) => box.bottom - ((v - low) / (high - low)) * (box.bottom - box.top));
    this.I = (x) => this.a + ((x - box.left) / (box.right - box.left)) * (this.b - this.a);
    yAxis(root, ticks, Y, format, box);
    xAxisLabels(root, this.timeMarks(i0, i1), box);
    const clip = svg("clipPath", { id: "price-clip" }, root);
    svg("rect", { x: box.left, y: 0, width: box.right - box.left, height: box.bottom + 1 }, clip);
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
    const s = this.s, marks = [];
    for (const { t, label } of timeTicks(s.t[i0], s.t[i1], (this.box.right - this.box.left) / 76)) {
      const i = lowerBound(s.t, t);
      if (i <= i1) marks.push({ x: this.X(i), label });
    }
    return marks;
  }
  drawBars(g, i0, i1) {
    const s = this.s, { X, Y } = this, each = (this.box.right - this.box.left) / (this.b - this.a);
    if (each < 2.2) {
      const t = [], v = [];
      for (let i = i0; i <= i1; ++i) { t.push(i); v.push(s.c[i]); }
      svg("path", { class: "close", d: linePath(t, v, X, Y, this.box.right - this.box.left) }, g);
      return;
    }
    const half = Math.max(1, Math.floor(each * 0.32));
    let wicks = "", up = "", down = "";
    for (let i = i0; i <= i1; ++i) {
      const x = Math.round(X(i)) + 0.5, open = Y(s.o[i]), close = Y(s.c[i]), top = Math.min(open, close), deep = Math.max(1, Math.abs(open - close));
      wicks += `M${x} ${Y(s.h[i]).toFixed(1)}V${Y(s.l[i]).toFixed(1)}`;
      const rect = `M${x - half} ${top.toFixed(1)}h${2 * half}v${deep.toFixed(1)}h${-2 * half}Z`;
      if (s.c[i] >= s.o[i]) up += rect; else down += rect;
    }
    svg("path", { class: "wick", d: wicks }, g);
    if (up) svg("path", { class: "up", d: up }, g);
    if (down) svg("path", { class: "down", d: down }, g);
  }
  /** Too many trades to tell apart: how many entered where, along the bottom. */
  drawCrowd(g, i0, i1) {
    const column = 6, counts = new Array(Math.ceil((this.box.right - this.box.left) / column) + 1).fill(0);
    for (const i of this.from) if (i >= i0 && i <= i1) ++counts[clamp(Math.floor((this.X(i) - this.box.left) / column), 0, counts.length - 1)];
    const most = Math.max(...counts);
    let path = "";
    counts.forEach((count, k) => { if (count) path += `M${this.box.left + k * column} ${this.box.bottom}v${(-48 * count / most).toFixed(1)}h${column - 1}V${this.box.bottom}Z`; });
    svg("path", { class: "crowd", d: path }, g);
  }
  drawTrades(g, i0, i1) {
    const { X, Y } = this, spots = (this.spots = []);
    this.crowded = this.countIn(i0, i1) > MARKERS_MOST;
    if (this.crowded) { this.drawCrowd(g, i0, i1); return; }
    let won = "", lost = "", buys = "", sells = "";
    const size = clamp(75 / Math.sqrt(this.countIn(i0, i1) + 1), 3.4, 5.5), seen = new Set();
    for (let j = 0; j < this.mine.length; ++j) {
      if (this.to[j] < i0 || this.from[j] > i1) continue;
      const k = this.mine[j], x1 = X(this.from[j]), y1 = Y(trades.ep[k]), x2 = X(this.to[j]), y2 = Y(trades.xp[k]);
      const key = ((x1 | 0) >> 1) + ":" + ((y1 | 0) >> 1) + ":" + ((x2 | 0) >> 1) + ":" + ((y2 | 0) >> 1);
      if (seen.has(key)) continue;
      seen.add(key);
      const tie = `M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}`;
      if (trades.net[k] >= 0) won += tie; else lost += tie;
      const long = trades.s[k] === "b";
      const upward = (x, y) => `M${x.toFixed(1)} ${y.toFixed(1)}l${size} ${size * 1.7}h${-2 * size}Z`, downward = (x, y) => `M${x.toFixed(1)} ${y.toFixed(1)}l${size} ${-size * 1.7}h${-2 * size}Z`;
      if (long) { buys += upward(x1, y1); sells += downward(x2, y2); } else { sells += downward(x1, y1); buys += upward(x2, y2); }
      spots.push([x1, y1, k], [x2, y2, k]);
    }
    if (won) svg("path", { class: "tie-gain", d: won }, g);
    if (lost) svg("path", { class: "tie-loss", d: lost }, g);
    if (sells) svg("path", { class: "sell", d: sells }, g);
    if (buys) svg("path", { class: "buy", d: buys }, g);
  }
  countIn(i0, i1) { let n = 0; for (let j = 0; j < this.mine.length; ++j) if (this.to[j] >= i0 && this.from[j] <= i1) ++n; return n; }
  /** The whole series in small, with the part in view marked; drag it to move. */
  drawStrip(root, top, bottom) {
    const s = this.s, n = s.t.length, { left, right } = this.box;
    let low = Infinity, high = -Infinity;
    for (const c of s.c) { if (c < low) low = c; if (c > high) high = c; }
    const X = (i) => left + ((i + 0.5) / n) * (right - left), Y = (v) => bottom - 2 - ((v - low) / (high - low || 1)) * (bottom - top - 4);
    const index = Array.from({ length: n }, (_, i) => i);
    svg("path", { class: "line strip", d: linePath(index, s.c, X, Y, right - left) }, root);
    const view = svg("rect", { class: "view", x: X(this.a), y: top, width: Math.max(4, X(this.b) - X(this.a)), height: bottom - top, rx: 2 }, root);
    const jump = (e) => {
      const r = this.root.getBoundingClientRect();
      const at = ((e.clientX - r.left) / r.width * this.root.viewBox.baseVal.width - left) / (right - left) * n - 0.5;
      const size = this.b - this.a;
      this.a = at - size / 2; this.b = at + size / 2;
      this.clampView();
    };
    view.dataset.strip = "1";
    this.stripTop = top;
    this.jump = jump;
  }
  listen(root) {
    const at = (e) => { const r = root.getBoundingClientRect(), k = root.viewBox.baseVal.width / r.width; return [(e.clientX - r.left) * k, (e.clientY - r.top) * k]; };
    root.addEventListener("wheel", (e) => {
      // The page scrolls past the chart unless the chart was chosen by a click or the keyboard.
      if (document.activeElement !== root && !e.ctrlKey && !e.metaKey) return;
      e.preventDefault();
      if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) this.pan((e.deltaX / (this.box.right - this.box.left)) * (this.b - this.a));
      else this.zoom(Math.exp(clamp(e.deltaY, -120, 120) * 0.0022), this.I(at(e)[0]));
      this.schedule();
    }, { passive: false });
    root.addEventListener("pointerdown", (e) => { this.grab(e, at(e)); });
    root.addEventListener("pointermove", (e) => { if (!this.pointers || !this.pointers.size) this.point(e, ...at(e)); });
    root.addEventListener("pointerleave", () => { hideTip(); this.overlay.replaceChildren(); this.drawLegend(null); });
    root.addEventListener("keydown", (e) => {
      const step = (this.b - this.a) * (e.shiftKey ? 0.5 : 0.1);
      const act = { ArrowLeft: () => this.pan(-step), ArrowRight: () => this.pan(step), "+": () => this.zoom(1 / 1.3), "=": () => this.zoom(1 / 1.3), "-": () => this.zoom(1.3), "0": () => this.reset(), Home: () => this.reset() }[e.key];
      if (!act) return;
      e.preventDefault();
      act();
      this.render();
      const i0 = clamp(Math.ceil(this.a), 0, this.s.t.length - 1), i1 = clamp(Math.floor(this.b), 0, this.s.t.length - 1);
      say(`${isoTime(this.s.t[i0])} to ${isoTime(this.s.t[i1])}, ${this.countIn(i0, i1)} trades`);
    });
  }
  /** Drag with one pointer, pinch with two. The svg is redrawn meanwhile, so the plot listens. */
  grab(e, [x, y]) {
    this.root.focus({ preventScroll: true });
    this.pointers = this.pointers || new Map();
    this.pointers.set(e.pointerId, e.clientX);
    if (this.pointers.size > 1) return;
    const onStrip = y > this.stripTop;
    if (onStrip) { this.jump(e); this.schedule(); }
    this.plot.classList.add("dragging");
    hideTip();
    let before = e.clientX;
    const move = (m) => {
      if (!this.pointers.has(m.pointerId)) return;
      const unit = (this.b - this.a) / (this.box.right - this.box.left) * (this.root.viewBox.baseVal.width / this.root.getBoundingClientRect().width);
      if (this.pointers.size === 2) {
        const [p, q] = [...this.pointers.values()], was = Math.abs(p - q);
        this.pointers.set(m.pointerId, m.clientX);
        const [p2, q2] = [...this.pointers.values()], is = Math.abs(p2 - q2);
        if (was > 4 && is > 4) this.zoom(was / is);
      } else if (onStrip) this.jump(m);
      else { this.pan((before - m.clientX) * unit); this.pointers.set(m.pointerId, m.clientX); }
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
  schedule() { if (!this.pending) this.pending = requestAnimationFrame(() => { this.pending = 0; this.render(); }); }
  point(e, x, y) {
    if (y > this.box.bottom) { hideTip(); return; }
    const i = clamp(Math.round(this.I(x)), 0, this.s.t.length - 1);
    this.overlay.replaceChildren();
    const cx = Math.round(this.X(i)) + 0.5;
    svg("line", { class: "cross", x1: cx, x2: cx, y1: this.box.top, y2: this.box.bottom }, this.overlay);
    this.drawLegend(i);
    let best = null, distance = 14 * 14;
    for (const [sx, sy, k] of this.spots) { const d = (sx - x) ** 2 + (sy - y) ** 2; if (d < distance) { distance = d; best = k; } }
    if (best === null) hideTip(); else showTip(e.clientX, e.clientY, tradeTip(best));
  }
  drawLegend(i) {
    const s = this.s, at = i === null ? s.t.length - 1 : i;
    this.legend.replaceChildren(el("span", {}, el("b", {}, s.symbol)), el("span", { class: "when" }, isoTime(s.t[at])),
      this.crowded ? el("span", {}, "bars below: entries; zoom in to see each trade") : "",
      ...[["O", s.o], ["H", s.h], ["L", s.l], ["C", s.c]].map(([k, a]) => el("span", { class: "key" }, k + " ", el("b", {}, price(a[at])))));
  }
}

class Scatter {
  constructor(figure, options) {
    this.o = options;
    this.plot = el("div", { class: "plot" });
    figure.append(el("div", { class: "figure-head" }, el("h3", {}, options.title), el("div", { class: "legend" }, el("span", { class: "key" }, el("span", { class: "swatch block gain" }), "won"), el("span", { class: "key" }, el("span", { class: "swatch block loss" }), "lost"))), this.plot);
    charts.push(this);
  }
  render() {
    const { x, y } = this.o, height = 280, { root, width } = frame(this.plot, height, this.o.title);
    let xHigh = 0, low = 0, high = 0;
    for (let i = 0; i < x.length; ++i) { if (x[i] > xHigh) xHigh = x[i]; if (y[i] < low) low = y[i]; if (y[i] > high) high = y[i]; }
    xHigh = (xHigh || 1) * 1.04;
    [low, high] = padded(low, high, 0.05);
    const ticks = linearTicks(low, high, 6), axis = moneyAxis(ticks), box = { left: 0, right: width - labelRoom(ticks.map(axis)), top: 6, bottom: height - 38 };
    const X = (v) => box.left + 4 + (v / xHigh) * (box.right - box.left - 4), Y = (v) => box.bottom - ((v - low) / (high - low)) * (box.bottom - box.top);
    yAxis(root, ticks, Y, axis, box);
    const across = linearTicks(0, xHigh, (box.right - box.left) / 80), acrossLabel = moneyAxis(across);
    xAxisLabels(root, across.map((v) => ({ x: X(v), label: acrossLabel(v) })), box);
    svg("text", { x: box.right, y: height - 4, "text-anchor": "end" }, root, this.o.xLabel);
    const paths = { gain: "", loss: "" }, seen = new Set(), spots = [];
    for (let i = 0; i < x.length; ++i) {
      const px = X(x[i]), py = Y(y[i]), key = (px | 0) * 4096 + (py | 0);
      if (seen.has(key)) continue;
      seen.add(key);
      paths[trades.net[i] > 0 ? "gain" : "loss"] += `M${px.toFixed(1)} ${py.toFixed(1)}h0`;
      spots.push([px, py, i]);
    }
    for (const kind in paths) if (paths[kind]) svg("path", { class: "dots " + kind, d: paths[kind] }, root);
    root.addEventListener("pointermove", (e) => {
      const r = root.getBoundingClientRect(), k = width / r.width, ex = (e.clientX - r.left) * k, ey = (e.clientY - r.top) * k;
      let best = null, distance = 100;
      for (const [sx, sy, i] of spots) { const d = (sx - ex) ** 2 + (sy - ey) ** 2; if (d < distance) { distance = d; best = i; } }
      if (best === null) hideTip(); else showTip(e.clientX, e.clientY, tradeTip(best));
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
      ["#", (i) => i, (i) => plain(i + 1 + DATA.trades.skipped, 0), "text"], ["Instrument", (i) => symbolOf(trades.i[i]), (i) => symbolOf(trades.i[i]), "text"],
      ["Side", (i) => trades.s[i], sideOf, "text"], ["Quantity", (i) => trades.q[i], (i) => plain(trades.q[i], 8, 0)],
      ["Entry", (i) => trades.entry[i], (i) => isoTime(trades.entry[i])], ["Exit", (i) => trades.exit[i], (i) => isoTime(trades.exit[i])],
      ["Price in", (i) => trades.ep[i], (i) => price(trades.ep[i])], ["Price out", (i) => trades.xp[i], (i) => price(trades.xp[i])],
      ["Net", (i) => trades.net[i], (i) => signed(money(trades.net[i]), trades.net[i]), "", (i) => tone(trades.net[i])], ["Fees", (i) => trades.fees[i], (i) => money(trades.fees[i])],
      ["MAE", (i) => trades.mae[i], (i) => money(trades.mae[i])], ["MFE", (i) => trades.mfe[i], (i) => money(trades.mfe[i])],
      ["Held", (i) => T.dt[i], (i) => span(T.dt[i] / 1000)], ["Tag", (i) => trades.tag[i], (i) => (trades.amb.has(i) ? "\u26a0 " : "") + trades.tag[i], "text"],
    ];
    this.order = Uint32Array.from({ length: trades.n }, (_, i) => i);
    this.sorted = [0, 1];
    this.query = "";
    this.kind = "all";
    this.build(node);
    this.filter();
  }
  build(node) {
    const search = el("input", { type: "search", placeholder: "Instrument, date, tag", "aria-label": "Filter trades by instrument, date or tag", oninput: (e) => { this.query = e.target.value.trim().toLowerCase(); this.filter(); } });
    const kinds = el("select", { "aria-label": "Which trades", onchange: (e) => { this.kind = e.target.value; this.filter(); } },
      [["all", "All trades"], ["won", "Won"], ["lost", "Lost"], ["long", "Long"], ["short", "Short"], ["ambiguous", "Ambiguous"]].map(([v, t]) => el("option", { value: v }, t)));
    this.count = el("span", { class: "muted" });
    node.append(el("div", { class: "figure-head" }, el("div", { class: "tools" }, search, kinds, this.count), el("div", { class: "tools" }, el("button", { type: "button", onclick: () => this.download() }, "Download CSV"))));
    this.head = el("div", { class: "trade-row head", role: "row" }, this.columns.map(([name, , , kind], c) =>
      el("div", { role: "columnheader", "aria-sort": c === 0 ? "ascending" : "none", class: kind || null }, el("button", { type: "button", onclick: () => this.sortBy(c) }, name))));
    this.body = el("div", { class: "trade-body", role: "rowgroup" });
    this.grid = el("div", { class: "trade-grid", role: "table", "aria-label": "Trades", "aria-rowcount": trades.n + 1 }, this.head, this.body);
    this.box = el("div", { class: "trade-table", tabindex: 0, "aria-label": "Trades, scrollable" }, this.grid);
    this.box.addEventListener("scroll", () => { if (!this.pending) this.pending = requestAnimationFrame(() => { this.pending = 0; this.draw(); }); });
    node.append(this.box);
  }
  filter() {
    const q = this.query, kind = this.kind, keep = { all: () => true, won: (i) => trades.net[i] > 0, lost: (i) => trades.net[i] < 0, long: (i) => trades.s[i] === "b", short: (i) => trades.s[i] !== "b", ambiguous: (i) => trades.amb.has(i) }[kind];
    const matches = (i) => !q || symbolOf(trades.i[i]).toLowerCase().includes(q) || trades.tag[i].toLowerCase().includes(q) || isoTime(trades.entry[i]).startsWith(q) || isoTime(trades.exit[i]).startsWith(q);
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
    [...this.head.children].forEach((h, i) => h.setAttribute("aria-sort", i === c ? (this.sorted[1] > 0 ? "ascending" : "descending") : "none"));
    this.sort();
  }
  sort() {
    const [c, direction] = this.sorted, key = this.columns[c][1];
    this.rows.sort((a, b) => { const x = key(a), y = key(b); return (x < y ? -1 : x > y ? 1 : a - b) * (x === y ? 1 : direction); });
    this.box.scrollTop = 0;
    this.draw();
  }
  draw(all) {
    const height = all ? 20 : 30, view = this.box.clientHeight || 560;
    this.body.style.height = Math.max(1, this.rows.length) * height + "px";
    const first = all ? 0 : Math.max(0, Math.floor(this.box.scrollTop / height) - 8), end = Math.min(this.rows.length, all ? PRINTED_ROWS : first + Math.ceil(view / height) + 16);
    if (all) this.body.style.height = end * height + "px";
    const nodes = [];
    for (let r = first; r < end; ++r) {
      const i = this.rows[r];
      const row = el("div", { class: "trade-row", role: "row", tabindex: -1, "aria-rowindex": r + 2, onclick: () => this.onPick(i) }, this.columns.map(([, , text, kind, cls]) => el("div", { role: "cell", class: [kind, cls && cls(i)].filter(Boolean).join(" ") || null }, text(i))));
      row.style.top = r * height + "px";
      nodes.push(row);
    }
    if (!nodes.length) nodes.push(el("div", { class: "trade-row" }, el("div", { class: "text muted" }, "None")));
    this.body.replaceChildren(...nodes);
  }
  download() {
    const quote = (s) => (/[",\n]/.test(s) ? '"' + s.replaceAll('"', '""') + '"' : s);
    const lines = ["instrument,side,quantity,entry,exit,entry_price,exit_price,gross_pnl,fees,net_pnl,slippage,mae,mfe,bars,tag,ambiguous"];
    for (const i of this.rows) {
      // A text that a spreadsheet would take for a formula is held back by an apostrophe.
      const tag = /^[=+\-@\t]/.test(trades.tag[i]) ? "'" + trades.tag[i] : trades.tag[i];
      lines.push([quote(symbolOf(trades.i[i])), sideOf(i), trades.q[i], new Date(trades.entry[i]).toISOString(), new Date(trades.exit[i]).toISOString(), trades.ep[i], trades.xp[i], Number((trades.net[i] + trades.fees[i]).toFixed(8)), trades.fees[i], trades.net[i], trades.slip[i], trades.mae[i], trades.mfe[i], trades.bars[i], quote(tag), trades.amb.has(i)].join(","));
    }
    const link = el("a", { href: URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" })), download: "trades.csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
}

function tradeSections() {
  let priceChart = null;
  if (DATA.prices.length) priceChart = new PriceChart(section("prices", "Trades on the price", matchMedia("(pointer: coarse)").matches ? "Drag to move, pinch to zoom" : "Click the chart, then wheel to zoom and drag to move; or use the arrow, + and \u2212 keys"));
  if (!trades) return;
  const excursions = section("excursions", "Excursions", "How far each trade went against it and for it before it closed");
  const left = el("figure"), right = el("figure");
  excursions.append(el("div", { class: "pair" }, left, right));
  new Scatter(left, { title: "Net profit by worst open loss", xLabel: `maximum adverse excursion, ${DATA.currency}`, x: trades.mae.map((v) => -v), y: trades.net });
  new Scatter(right, { title: "Net profit by best open profit", xLabel: `maximum favourable excursion, ${DATA.currency}`, x: trades.mfe, y: trades.net });
  const list = section("trades", "Trade list");
  const table = new TradeTable(list, (i) => { if (priceChart && priceChart.focusTrade(i)) byId("prices").scrollIntoView(); });
  addEventListener("beforeprint", () => table.draw(true));
  addEventListener("afterprint", () => table.draw());
  if (trades.n > PRINTED_ROWS) list.append(el("p", { class: "muted print-only" }, `Printed: the first ${PRINTED_ROWS} rows; the page itself lists all.`));
}

function settingsSection() {
  const node = section("assumptions", "Assumptions and settings");
  const table = (rows) => el("table", {}, el("tbody", {}, rows.map(([k, v]) => el("tr", {}, el("th", { scope: "row" }, k), el("td", {}, v)))));
  const hashes = [["Settings hash", DATA.settings_hash], ["Journal hash", DATA.journal_hash]].filter((h) => h[1]).map(([k, v]) => [k, el("code", {}, v)]);
  node.append(el("div", { class: "kv" },
    el("div", {}, el("h3", {}, "How fills were simulated"), table(DATA.assumptions),
      DATA.not_modelled.length ? el("div", { class: "gap-top" }, el("h3", {}, "What the simulation leaves out"), el("ul", {}, DATA.not_modelled.map((s) => el("li", {}, s)))) : null),
    el("div", {}, el("h3", {}, "Settings of the run"), table([...DATA.settings, ...hashes]))));
}

// ---- theme, navigation, start --------------------------------------------------------------------
function theme() {
  const button = byId("theme"), dark = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => { try { return localStorage.getItem("tradewind-theme"); } catch { return null; } };
  const apply = (name) => { document.documentElement.dataset.theme = name; button.textContent = name === "dark" ? "Light" : "Dark"; };
  const fromSystem = () => apply(stored() || (dark.matches ? "dark" : "light"));
  fromSystem();
  dark.addEventListener("change", fromSystem);
  button.addEventListener("click", () => {
    const name = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try { localStorage.setItem("tradewind-theme", name); } catch { /* files may have no storage */ }
    apply(name);
  });
  byId("print").addEventListener("click", () => print());
  addEventListener("beforeprint", () => { document.documentElement.dataset.theme = "light"; });
  addEventListener("afterprint", fromSystem);
}
function spyNavigation() {
  const links = new Map([...nav.children].map((a) => [a.hash.slice(1), a]));
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) for (const [id, a] of links) a.setAttribute("aria-current", String(id === entry.target.id));
  }, { rootMargin: "-20% 0px -70% 0px" });
  for (const id of links.keys()) observer.observe(byId(id));
}

function start() {
  theme();
  fillHead();
  const summary = section("summary", "Summary");
  notices(summary);
  cards(summary);
  facts(summary);
  if (hasCurve) {
    equitySection();
    drawdownSection();
    if (DATA.months.length) monthsSection();
    rollingSection();
    if (DATA.histogram) distributionSection();
  }
  tradeSections();
  settingsSection();
  byId("foot").textContent = "Ratios carry their annual factor. A dash is a figure that this data cannot define. Times are UTC. Past simulated results say nothing certain about the future.";
  spyNavigation();
  renderAll();
  document.documentElement.dataset.ready = String(charts.length);
  document.documentElement.dataset.drawnMs = String(Math.round(performance.now()));
}
start();
})();
