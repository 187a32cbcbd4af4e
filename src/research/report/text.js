// SPDX-License-Identifier: Apache-2.0
// Small helpers; numbers and dates as text.

const DATA = JSON.parse(document.getElementById("data").textContent);
const M = DATA.metrics;
const MINUS = "\u2212",
    DASH = "\u2013",
    TIMES = "\u00d7",
    DAY = 86400000;

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
    for (const child of children.flat())
        if (child !== null && child !== undefined) node.append(child);
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
    let low = 0,
        high = a.length;
    while (low < high) {
        const mid = (low + high) >> 1;
        if (a[mid] < x) low = mid + 1;
        else high = mid;
    }
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
    if (!formats.has(key))
        formats.set(
            key,
            new Intl.NumberFormat("en-US", {
                minimumFractionDigits: least,
                maximumFractionDigits: digits,
            }),
        );
    const text = formats.get(key).format(x);
    // A rounded zero has no sign.
    return /^-[0.,]*$/.test(text) ? text.slice(1) : text.replace("-", MINUS);
}
const known = (x) => x !== null && x !== undefined && Number.isFinite(x);
const number = (x, digits = 2) => (known(x) ? plain(x, digits) : DASH);
const percent = (x, digits = 2) => (known(x) ? plain(100 * x, digits) + "%" : DASH);
const signed = (text, x) => (known(x) && x > 0 ? "+" + text : text);
const money = (x, digits = 2) => (known(x) ? plain(x, digits) : DASH);
const price = (x) =>
    known(x)
        ? plain(
              x,
              Math.abs(x) < 1 ? 6 : Math.abs(x) < 10 ? 5 : 4,
              Math.abs(x) < 1 ? 6 : Math.abs(x) < 10 ? 5 : 2,
          )
        : DASH;
const stepDigits = (step) => clamp(-Math.floor(Math.log10(step) + 1e-9), 0, 10);
const stepOf = (ticks) => (ticks.length > 1 ? ticks[1] - ticks[0] : Math.abs(ticks[0]) || 1);
/** One unit and one count of decimals for all labels of an axis. */
function moneyAxis(ticks) {
    const most = Math.max(...ticks.map(Math.abs)),
        least = Math.min(...ticks.slice(1).map((t, i) => t - ticks[i]), most);
    const [unit, mark] =
        most >= 1e10 ? [1e9, "B"] : most >= 2e6 ? [1e6, "M"] : most >= 1e4 ? [1e3, "k"] : [1, ""];
    // "9.97k" is harder to read than "9,970".
    if (stepDigits(least / unit) > 1) return (v) => plain(v, stepDigits(least));
    return (v) => (v === 0 ? "0" : plain(v / unit, stepDigits(least / unit)) + mark);
}
const percentAxis = (ticks) => {
    const digits = stepDigits(stepOf(ticks) * 100);
    return (v) => plain(100 * v, digits) + "%";
};
const numberAxis = (ticks) => {
    const digits = stepDigits(stepOf(ticks));
    return (v) => plain(v, digits);
};
const tone = (x) => (!known(x) || x === 0 ? null : x > 0 ? "gain" : "loss");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (n) => String(n).padStart(2, "0");
const isoDate = (t) => new Date(t).toISOString().slice(0, 10);
const isoTime = (t) => {
    const text = new Date(t).toISOString();
    return t % DAY === 0
        ? text.slice(0, 10)
        : text.slice(0, 10) + " " + text.slice(11, t % 60000 === 0 ? 16 : 19);
};
const isoMinute = (t) => new Date(t).toISOString().slice(0, 16).replace("T", " ");
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
