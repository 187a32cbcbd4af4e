// SPDX-License-Identifier: Apache-2.0
// Navigation; draws the page.

// ---- navigation, start ---------------------------------------------------------------------------
function spyNavigation() {
    const links = new Map([...nav.children].map((a) => [a.hash.slice(1), a]));
    const observer = new IntersectionObserver(
        (entries) => {
            for (const entry of entries)
                if (entry.isIntersecting)
                    for (const [id, a] of links)
                        a.setAttribute("aria-current", String(id === entry.target.id));
        },
        { rootMargin: "-20% 0px -70% 0px" },
    );
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
    riskSection();
    tradeSections();
    settingsSection();
    byId("foot").textContent =
        "Ratios carry their annual factor. A dash is a figure that this data cannot define. Times are UTC. Past simulated results say nothing certain about the future.";
    spyNavigation();
    renderAll();
    document.documentElement.dataset.ready = String(charts.length);
    document.documentElement.dataset.drawnMs = String(Math.round(performance.now()));
}
start();
