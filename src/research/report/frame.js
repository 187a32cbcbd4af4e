// SPDX-License-Identifier: Apache-2.0
// What every page has: sections with their navigation, light and dark.

const main = byId("main"),
    nav = byId("nav");
function section(id, title, note) {
    const node = el(
        "section",
        { id, "aria-labelledby": id + "-h" },
        el(
            "div",
            { class: "section-head" },
            el("h2", { id: id + "-h" }, title),
            note ? el("span", { class: "muted" }, note) : null,
        ),
    );
    main.append(node);
    nav.append(el("a", { href: "#" + id }, title));
    return node;
}

function theme() {
    const button = byId("theme"),
        dark = matchMedia("(prefers-color-scheme: dark)");
    const stored = () => {
        try {
            return localStorage.getItem("tradewind-theme");
        } catch {
            return null;
        }
    };
    const apply = (name) => {
        document.documentElement.dataset.theme = name;
        button.textContent = name === "dark" ? "Light" : "Dark";
    };
    const fromSystem = () => apply(stored() || (dark.matches ? "dark" : "light"));
    fromSystem();
    dark.addEventListener("change", fromSystem);
    button.addEventListener("click", () => {
        const name = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
        try {
            localStorage.setItem("tradewind-theme", name);
        } catch {
            /* files may have no storage */
        }
        apply(name);
    });
    byId("print").addEventListener("click", () => print());
    addEventListener("beforeprint", () => {
        document.documentElement.dataset.theme = "light";
    });
    addEventListener("afterprint", fromSystem);
}
