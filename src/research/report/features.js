// SPDX-License-Identifier: Apache-2.0
// The page of features: the price, and each feature under it on the same time.

const figure = (x) => (known(x) ? (x !== 0 && (Math.abs(x) >= 1e7 || Math.abs(x) < 1e-4) ? x.toExponential(3) : plain(x, Math.abs(x) < 10 ? 4 : 2)) : DASH);
const figureAxis = (ticks) => {
    const most = Math.max(...ticks.map(Math.abs));
    return most >= 1e7 || (most > 0 && most < 1e-3) ? (v) => (v === 0 ? "0" : v.toExponential(1)) : numberAxis(ticks);
};
function chart(node, name, note, kind, height, t, v) {
    const box = el("figure");
    node.append(box);
    if (note) node.append(el("p", { class: "muted" }, note));
    new TimeChart(box, {
        title: name,
        label: name,
        height,
        domain: DATA.domain,
        room: 84,
        format: figure,
        axis: figureAxis,
        series: () => [{ name, kind, t, v }],
    });
}

theme();
byId("subtitle").textContent = DATA.subtitle;
byId("span").textContent = DATA.span;
const shown = section("features", "Features", "the value is known from the bar's close on");
chart(shown, DATA.price.name, null, "own", 260, DATA.t, DATA.price.v);
for (const one of DATA.features) chart(shown, one.name, one.expression, "bench", 150, DATA.t, one.v);
byId("foot").textContent = "A gap is a row without a value. Times are UTC. " + DATA.note;
renderAll();
document.documentElement.dataset.ready = String(charts.length);
