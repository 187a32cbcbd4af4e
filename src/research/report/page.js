// SPDX-License-Identifier: Apache-2.0
// The sections up to the distribution of returns.

// ---- the page ------------------------------------------------------------------------------------
function segmented(label, choices, chosen, onChoose) {
    const group = el("span", { class: "segmented", role: "group", "aria-label": label });
    for (const [value, text] of choices) {
        group.append(
            el(
                "button",
                {
                    type: "button",
                    "aria-pressed": String(value === chosen),
                    onclick: (e) => {
                        for (const b of group.children)
                            b.setAttribute("aria-pressed", String(b === e.currentTarget));
                        onChoose(value);
                    },
                },
                text,
            ),
        );
    }
    return group;
}

const own = { t: undelta(DATA.equity.t), v: DATA.equity.v };
const bench = DATA.benchmark ? { t: undelta(DATA.benchmark.t), v: DATA.benchmark.v } : null;
const exposure = DATA.exposure
    ? { t: undelta(DATA.exposure.t), g: DATA.exposure.g, n: DATA.exposure.n }
    : null;
const hasCurve = own.t.length >= 2;
const domain = hasCurve ? [own.t[0], own.t[own.t.length - 1]] : [0, 1];
const benchName = bench ? DATA.benchmark.name || "Benchmark" : "";
const factor = "\u221a" + plain(M.annual_factor, 2, 0);

function fillHead() {
    byId("subtitle").textContent = DATA.subtitle;
    if (hasCurve)
        byId("span").textContent =
            `${isoDate(domain[0])} to ${isoDate(domain[1])} \u00b7 ${plain(M.samples, 0)} samples \u00b7 ${DATA.currency}`;
}

function notices(summary) {
    const items = [...DATA.warnings, ...DATA.cut];
    if (!items.length) return;
    summary.append(
        el(
            "div",
            { class: "notice", role: "note" },
            items.length === 1
                ? items[0]
                : el(
                      "ul",
                      {},
                      items.map((w) => el("li", {}, w)),
                  ),
        ),
    );
}

function cards(summary) {
    const T = M.trades,
        dd = M.max_drawdown;
    const short = (x) => percent(x, known(x) && Math.abs(x) < 0.01 ? 2 : 1);
    const list = [
        [
            "Total return",
            signed(short(M.total_return), M.total_return),
            bench
                ? `${benchName} ${signed(short(M.benchmark_return), M.benchmark_return)}`
                : known(M.start_equity)
                  ? `${money(M.start_equity, 0)} to ${money(M.final_equity, 0)}`
                  : "no equity curve",
            tone(M.total_return),
        ],
        [
            "CAGR",
            signed(short(M.cagr), M.cagr),
            `volatility ${percent(M.volatility, 1)}`,
            tone(M.cagr),
        ],
        [
            "Sharpe ratio",
            number(M.sharpe),
            known(M.sharpe)
                ? `95% ${number(M.sharpe_ci_low)} to ${number(M.sharpe_ci_high)}, ${factor}`
                : "not defined on this data",
            null,
        ],
        ["Sortino ratio", number(M.sortino), `Calmar ${number(M.calmar)}`, null],
        [
            "Max drawdown",
            known(dd) ? short(-dd) : DASH,
            !known(dd)
                ? "not defined on this data"
                : M.max_drawdown_duration_days === null
                  ? "never under water"
                  : M.max_drawdown_recovery
                    ? `${days(M.max_drawdown_duration_days)} to a new high`
                    : `${days(M.max_drawdown_duration_days)}, still open`,
            known(dd) && dd > 0 ? "loss" : null,
        ],
        [
            "Trades",
            plain(T.count, 0),
            T.count
                ? `${percent(T.win_rate, 0)} won, profit factor ${number(T.profit_factor)}`
                : "none closed",
            null,
        ],
    ];
    summary.append(
        el(
            "dl",
            { class: "cards" },
            list.map(([label, value, sub, cls]) =>
                el(
                    "div",
                    { class: "card" },
                    el("dt", {}, label),
                    el("dd", { class: cls }, value),
                    el("div", { class: "sub" }, sub),
                ),
            ),
        ),
    );
}

function factTable(caption, rows, columns) {
    const shown = rows.filter(Boolean);
    return el(
        "table",
        {},
        el("caption", {}, caption),
        columns
            ? el(
                  "thead",
                  {},
                  el(
                      "tr",
                      {},
                      el("th", {}),
                      columns.map((c) => el("th", { scope: "col" }, c)),
                  ),
              )
            : null,
        el(
            "tbody",
            {},
            shown.map(([name, ...values]) =>
                el(
                    "tr",
                    {},
                    el("th", { scope: "row" }, name),
                    values.map((v) => el("td", {}, v)),
                ),
            ),
        ),
    );
}
const hint = (text, why) => el("abbr", { title: why }, text);

function facts(summary) {
    const B = DATA.benchmark_metrics,
        T = M.trades;
    const pair = (name, f, key) => (B ? [name, f(M[key]), f(B[key])] : [name, f(M[key])]);
    const columns = B ? ["Strategy", benchName] : null;
    const risk = [
        pair("Total return", percent, "total_return"),
        pair("CAGR", percent, "cagr"),
        pair("Volatility, annual", percent, "volatility"),
        pair(
            hint(
                "Sharpe, " + factor,
                "Mean excess return over its sample deviation, times the root of the annual factor",
            ),
            number,
            "sharpe",
        ),
        pair("Sortino, " + factor, number, "sortino"),
        pair("Calmar", number, "calmar"),
        pair("Omega", number, "omega"),
        pair("Max drawdown", (x) => percent(known(x) ? -x : x), "max_drawdown"),
        pair("Ulcer index", percent, "ulcer"),
        pair("Longest under water", days, "longest_underwater_days"),
        pair("Skew", number, "skew"),
        pair(hint("Kurtosis", "Raw: a normal distribution has 3"), number, "kurtosis"),
        pair("Best period", percent, "best_period"),
        pair("Worst period", percent, "worst_period"),
        pair("Positive periods", (x) => percent(x, 1), "positive_periods"),
    ];
    const trust = [
        [
            hint("Sharpe, 95% interval", "Lo 2002, independent returns"),
            known(M.sharpe) ? `${number(M.sharpe_ci_low)} to ${number(M.sharpe_ci_high)}` : DASH,
        ],
        [
            hint(
                "Sharpe, autocorrelation-adjusted",
                "Lo 2002, equation 20; factor " + number(M.sharpe_adjusted_factor),
            ),
            number(M.sharpe_adjusted),
        ],
        [
            hint("its 95% interval", "Newey-West standard error"),
            known(M.sharpe_adjusted_ci_low)
                ? `${number(M.sharpe_adjusted_ci_low)} to ${number(M.sharpe_adjusted_ci_high)}`
                : DASH,
        ],
        [
            hint(
                "Probabilistic Sharpe",
                "Probability that the true Sharpe ratio is above the threshold (0 unless set): Bailey and Lopez de Prado 2012",
            ),
            percent(M.psr, 1),
        ],
        M.trials === null
            ? null
            : [
                  hint(
                      "Deflated Sharpe",
                      "The same against the best of all trials: Bailey and Lopez de Prado 2014",
                  ),
                  percent(M.dsr, 1),
              ],
        M.trials === null ? null : ["Trials", plain(M.trials, 0)],
        ["Exposure, share of time", percent(M.exposure, 1)],
        ["Turnover, a year", known(M.turnover) ? number(M.turnover, 1) + TIMES : DASH],
    ];
    const tail = [
        ["Historical", percent(M.var_95), percent(M.es_95), percent(M.var_99), percent(M.es_99)],
        [
            "Normal",
            percent(M.var_normal_95),
            percent(M.es_normal_95),
            percent(M.var_normal_99),
            percent(M.es_normal_99),
        ],
        [
            hint(
                "Cornish-Fisher",
                "Undefined where skew and kurtosis leave the expansion's domain",
            ),
            percent(M.var_cornish_fisher_95),
            percent(M.es_cornish_fisher_95),
            percent(M.var_cornish_fisher_99),
            percent(M.es_cornish_fisher_99),
        ],
    ];
    const against = [
        [hint("Alpha, annualised", "Compounded mean residual"), percent(M.alpha)],
        ["Beta", number(M.beta)],
        ["Correlation", number(M.correlation)],
        ["Tracking error, annual", percent(M.tracking_error)],
        ["Information ratio", number(M.information_ratio)],
        ["Up capture", percent(M.up_capture, 0)],
        ["Down capture", percent(M.down_capture, 0)],
    ];
    const trades = [
        ["Trades", plain(T.count, 0)],
        [
            "Won, lost, even",
            `${plain(T.wins, 0)}, ${plain(T.losses, 0)}, ${plain(T.break_even, 0)}`,
        ],
        ["Profit factor", number(T.profit_factor)],
        ["Expectancy a trade", money(T.expectancy)],
        [hint("Expectancy ratio", "In units of the average loss"), number(T.expectancy_ratio)],
        [hint("SQN", "System quality number"), number(T.sqn)],
        ["Average win", money(T.average_win)],
        ["Average loss", money(T.average_loss)],
        ["Payoff ratio", number(T.payoff_ratio)],
        ["Best, worst", `${money(T.best)}, ${money(T.worst)}`],
        ["Average MAE, MFE", `${money(T.average_mae)}, ${money(T.average_mfe)}`],
        ["Longest streak won, lost", `${T.longest_win_streak}, ${T.longest_loss_streak}`],
        ["Held, median", span(T.duration_median)],
        ["Held, shortest to longest", `${span(T.duration_min)} to ${span(T.duration_max)}`],
        ["Ambiguous fills", plain(T.ambiguous, 0)],
    ];
    const costs = [
        ["Gross profit", money(T.gross_pnl)],
        ["Fees", money(T.fees)],
        ["Slippage, within gross", money(T.slippage)],
        ["Net profit of trades", money(T.net_pnl)],
        ["Start equity", money(M.start_equity)],
        ["Final equity", money(M.final_equity)],
    ];
    summary.append(
        el(
            "div",
            { class: "facts" },
            el("div", {}, factTable("Return and risk", risk, columns)),
            el(
                "div",
                {},
                factTable("How sure is it", trust),
                el(
                    "div",
                    { class: "gap-top" },
                    factTable("Loss of one period", tail, ["VaR 95", "ES 95", "VaR 99", "ES 99"]),
                ),
                bench
                    ? el("div", { class: "gap-top" }, factTable("Against " + benchName, against))
                    : null,
            ),
            el(
                "div",
                {},
                T.count ? factTable("Trades", trades) : null,
                el(
                    "div",
                    { class: T.count ? "gap-top" : null },
                    factTable(`Money, ${DATA.currency}`, costs),
                ),
            ),
        ),
    );
}

// The right margin of the stacked charts, so that their time axes line up.
const ROOM = 62;

function equitySection() {
    const node = section("equity", "Equity"),
        figure = el("figure");
    node.append(figure);
    let log = false;
    const rebased = bench
        ? bench.v.map((v) => (v / bench.v[0]) * own.v[Math.max(0, lowerBound(own.t, bench.t[0]))])
        : null;
    const positive = own.v.every((v) => v > 0);
    const chart = new TimeChart(figure, {
        label: "Equity over time",
        height: 320,
        domain,
        room: ROOM,
        log: () => log,
        format: (v) => money(v, 0),
        axis: moneyAxis,
        tools: positive
            ? el(
                  "div",
                  { class: "tools" },
                  segmented(
                      "Scale",
                      [
                          [false, "Linear"],
                          [true, "Log"],
                      ],
                      false,
                      (v) => {
                          log = v;
                          chart.render();
                      },
                  ),
              )
            : null,
        series: () => [
            { name: "Strategy", kind: "own", ...own },
            ...(rebased ? [{ name: benchName, kind: "bench", t: bench.t, v: rebased }] : []),
        ],
    });
}

function underwater(curve) {
    let peak = -Infinity;
    return curve.v.map((v) => {
        peak = Math.max(peak, v);
        return peak > 0 ? v / peak - 1 : null;
    });
}
function drawdownSection() {
    const node = section("drawdown", "Drawdown"),
        figure = el("figure");
    node.append(figure);
    const mine = underwater(own),
        theirs = bench ? underwater(bench) : null;
    new TimeChart(figure, {
        label: "Drawdown from the last peak",
        height: 190,
        domain,
        room: ROOM,
        zero: true,
        format: (v) => percent(v, 1),
        axis: percentAxis,
        series: () => [
            { name: "Strategy", kind: "dd", fill: "dd", t: own.t, v: mine },
            ...(theirs ? [{ name: benchName, kind: "bench", t: bench.t, v: theirs }] : []),
        ],
    });
    if (!DATA.drawdowns.length) return;
    node.append(
        el(
            "div",
            { class: "scroll-x gap-top" },
            el(
                "table",
                { class: "list" },
                el(
                    "thead",
                    {},
                    el(
                        "tr",
                        {},
                        ["Deepest", "Peak", "Trough", "Recovered", "Length"].map((h) =>
                            el("th", { scope: "col" }, h),
                        ),
                    ),
                ),
                el(
                    "tbody",
                    {},
                    DATA.drawdowns.map(([depth, start, trough, recovery, length]) =>
                        el(
                            "tr",
                            {},
                            el("td", { class: "loss" }, percent(-depth, 2)),
                            el("td", {}, isoDate(start)),
                            el("td", {}, isoDate(trough)),
                            el("td", {}, recovery === null ? "not yet" : isoDate(recovery)),
                            el("td", {}, days(length)),
                        ),
                    ),
                ),
            ),
        ),
    );
}

function monthsSection() {
    const node = section("months", "Monthly returns", "Months that are not whole are in italics");
    const years = new Map();
    for (const [year, month, value, whole] of DATA.months) {
        if (!years.has(year)) years.set(year, []);
        years.get(year)[month - 1] = { value, whole };
    }
    const totals = new Map(DATA.years.map(([year, value, other]) => [year, { value, other }]));
    const scale = Math.max(
        0.02,
        [...DATA.months].map((m) => Math.abs(m[2])).sort((a, b) => a - b)[
            Math.floor(DATA.months.length * 0.95)
        ] || 0,
    );
    const cell = (value, cls, size) => {
        if (!known(value)) return el("td", { class: "empty" });
        const td = el("td", { class: cls }, plain(100 * value, 1));
        const strength = 0.06 + 0.5 * Math.min(1, Math.abs(value) / size);
        td.style.backgroundColor =
            value === 0
                ? ""
                : `rgba(var(--${value > 0 ? "gain" : "loss"}-rgb), ${strength.toFixed(2)})`;
        return td;
    };
    const withBench = DATA.years.some((y) => known(y[2]));
    node.append(
        el(
            "div",
            { class: "scroll-x" },
            el(
                "table",
                { class: "months" },
                el(
                    "thead",
                    {},
                    el(
                        "tr",
                        {},
                        el("th", { scope: "col" }, "%"),
                        MONTHS.map((m) => el("th", { scope: "col" }, m)),
                        el("th", { scope: "col" }, "Year"),
                        withBench ? el("th", { scope: "col" }, benchName) : null,
                    ),
                ),
                el(
                    "tbody",
                    {},
                    [...years.keys()]
                        .sort((a, b) => a - b)
                        .map((year) =>
                            el(
                                "tr",
                                {},
                                el("th", { scope: "row" }, String(year)),
                                MONTHS.map((_, i) => {
                                    const month = years.get(year)[i],
                                        td = cell(month ? month.value : null, null, scale);
                                    if (month && !month.whole) td.style.fontStyle = "italic";
                                    return td;
                                }),
                                cell(totals.get(year).value, "year", scale * 2.5),
                                withBench
                                    ? el(
                                          "td",
                                          { class: "bench" },
                                          known(totals.get(year).other)
                                              ? plain(100 * totals.get(year).other, 1)
                                              : DASH,
                                      )
                                    : null,
                            ),
                        ),
                ),
            ),
        ),
    );
}

// ---- rolling -------------------------------------------------------------------------------------
const returns = (v) => v.map((x, i) => (i === 0 || !(v[i - 1] > 0) ? null : x / v[i - 1] - 1));
function rollingSharpe(r, n, periods) {
    const out = new Array(r.length).fill(null);
    for (let i = n; i < r.length; ++i) {
        let sum = 0,
            squares = 0,
            ok = true;
        for (let j = i - n + 1; j <= i; ++j) {
            if (r[j] === null) {
                ok = false;
                break;
            }
            sum += r[j];
        }
        if (!ok) continue;
        const mean = sum / n;
        for (let j = i - n + 1; j <= i; ++j) squares += (r[j] - mean) ** 2;
        const deviation = Math.sqrt(squares / (n - 1));
        if (deviation > 1e-12)
            out[i] =
                ((mean - DATA.risk_free_period * DATA.equity.stride) / deviation) *
                Math.sqrt(periods);
    }
    return out;
}
function rollingBeta(r, b, n) {
    const out = new Array(r.length).fill(null);
    for (let i = n; i < r.length; ++i) {
        let sr = 0,
            sb = 0,
            cov = 0,
            variance = 0,
            ok = true;
        for (let j = i - n + 1; j <= i; ++j) {
            if (r[j] === null || b[j] === null) {
                ok = false;
                break;
            }
            sr += r[j];
            sb += b[j];
        }
        if (!ok) continue;
        for (let j = i - n + 1; j <= i; ++j) {
            cov += (r[j] - sr / n) * (b[j] - sb / n);
            variance += (b[j] - sb / n) ** 2;
        }
        if (variance > 1e-18) out[i] = cov / variance;
    }
    return out;
}
function rollingSection() {
    const periods = M.annual_factor / DATA.equity.stride;
    const choices = [
        [0.25, "3 months"],
        [0.5, "6 months"],
        [1, "1 year"],
        [3, "3 years"],
    ]
        .map(([years, text]) => [Math.round(years * periods), text])
        .filter(([n]) => n >= 10 && n * 1.5 < own.t.length);
    if (!choices.length) return;
    let n = (choices.find((c) => c[1] === "6 months") || choices[choices.length - 1])[0];
    const node = section("rolling", "Rolling");
    node.firstChild.append(
        el(
            "div",
            { class: "tools" },
            segmented("Window", choices, n, (value) => {
                n = value;
                for (const c of mine) c.render();
            }),
        ),
    );
    const r = returns(own.v),
        mine = [];
    const joined = bench ? alignBenchmark() : null;
    const holder = el("div", { class: joined ? "pair" : "" });
    node.append(holder);
    const make = (title, series, format, zero) => {
        const figure = el("figure");
        holder.append(figure);
        mine.push(
            new TimeChart(figure, {
                title,
                label: title,
                height: 200,
                domain,
                format,
                axis: numberAxis,
                zero,
                series,
            }),
        );
    };
    make(
        "Sharpe ratio, " + factor,
        () => [{ name: "", kind: "own", t: own.t, v: rollingSharpe(r, n, periods) }],
        (v) => number(v),
        true,
    );
    if (joined)
        make(
            "Beta to " + benchName,
            () => [{ name: "", kind: "own", t: own.t, v: rollingBeta(r, joined, n) }],
            (v) => number(v),
            true,
        );
}
/** The benchmark's returns at the strategy's samples. */
function alignBenchmark() {
    const levels = Array.from(own.t, (t) => {
        const i = lowerBound(bench.t, t);
        return bench.t[i] === t ? bench.v[i] : null;
    });
    return levels.map((v, i) => (i && v > 0 && levels[i - 1] > 0 ? v / levels[i - 1] - 1 : null));
}

// ---- distribution --------------------------------------------------------------------------------
class Histogram {
    constructor(figure) {
        this.plot = el("div", { class: "plot" });
        figure.append(
            el(
                "div",
                { class: "figure-head" },
                el("h3", {}, "Returns of one period"),
                el(
                    "div",
                    { class: "legend" },
                    el(
                        "span",
                        { class: "key" },
                        el("span", { class: "swatch block loss" }),
                        "beyond VaR 95",
                    ),
                    el("span", { class: "key" }, el("span", { class: "swatch dashed" }), "normal"),
                ),
            ),
            this.plot,
        );
        charts.push(this);
    }
    render() {
        const { low, width: step, counts, unchanged } = DATA.histogram,
            total = counts.reduce((a, b) => a + b, 0);
        const height = 240,
            { root, width } = frame(
                this.plot,
                height + (unchanged ? 18 : 0),
                `Distribution of ${total} returns. VaR 95 ${percent(M.var_95)}, VaR 99 ${percent(M.var_99)}.`,
            );
        const top = Math.max(...counts) * 1.16,
            ticks = linearTicks(0, top, 4);
        const box = {
            left: 0,
            right: width - labelRoom(ticks.map((t) => plain(t, 0))),
            top: 6,
            bottom: height - 24,
        };
        const high = low + step * counts.length;
        const X = (v) => box.left + ((v - low) / (high - low)) * (box.right - box.left),
            Y = (c) => box.bottom - (c / top) * (box.bottom - box.top);
        yAxis(root, ticks, Y, (v) => plain(v, 0), box);
        xAxisLabels(
            root,
            linearTicks(low, high, (box.right - box.left) / 80).map((v) => ({
                x: X(v),
                label: plain(100 * v, 1, 0) + "%",
            })),
            box,
        );
        counts.forEach((count, i) => {
            if (!count) return;
            const from = low + i * step,
                tail = known(M.var_95) && from + step / 2 < -M.var_95;
            const bar = svg(
                "rect",
                {
                    class: tail ? "bar tail" : "bar",
                    x: X(from) + 0.5,
                    y: Y(count),
                    width: Math.max(0.5, X(from + step) - X(from) - 1),
                    height: box.bottom - Y(count),
                },
                root,
            );
            const edge =
                i === 0
                    ? "below " + percent(from + step)
                    : i === counts.length - 1
                      ? "above " + percent(from)
                      : `${percent(from)} to ${percent(from + step)}`;
            bar.addEventListener("pointermove", (e) =>
                showTip(e.clientX, e.clientY, [
                    el("div", { class: "muted" }, edge),
                    el("b", {}, `${plain(count, 0)} of ${plain(total, 0)}`),
                ]),
            );
            bar.addEventListener("pointerleave", hideTip);
        });
        this.normal(root, X, Y, low, high, step * total);
        [
            [M.var_99, "VaR 99"],
            [M.var_95, "VaR 95"],
        ].forEach(([loss, name], i) => {
            if (!known(loss) || -loss < low || -loss > high) return;
            const x = X(-loss),
                y = box.top + 12 + i * 15;
            svg("line", { class: "mark", x1: x, x2: x, y1: y - 8, y2: box.bottom }, root);
            svg(
                "text",
                { class: "halo strong", x: x - 5, y, "text-anchor": "end" },
                root,
                `${name} ${percent(-loss)}`,
            );
        });
        if (unchanged)
            svg(
                "text",
                { x: box.left, y: height + 12 },
                root,
                `${plain(unchanged, 0)} periods without any change are left out.`,
            );
        this.plot.replaceChildren(root);
    }
    normal(root, X, Y, low, high, weight) {
        const { mean, deviation } = DATA.histogram;
        let path = "";
        for (let i = 0; i <= 120; ++i) {
            const v = low + ((high - low) * i) / 120,
                z = (v - mean) / deviation;
            path +=
                (i ? "L" : "M") +
                X(v).toFixed(1) +
                " " +
                Y((weight * Math.exp((-z * z) / 2)) / (deviation * Math.sqrt(2 * Math.PI))).toFixed(
                    1,
                );
        }
        svg("path", { class: "line faint", d: path }, root);
    }
}
function distributionSection() {
    const both = exposure && exposure.t.length > 1;
    const node = section("distribution", both ? "Distribution and exposure" : "Distribution");
    const left = el("figure"),
        right = el("figure");
    node.append(el("div", { class: both ? "pair" : "" }, left, both ? right : null));
    new Histogram(left);
    if (!both) return;
    new TimeChart(right, {
        title: "Exposure",
        label: "Exposure as a share of equity",
        height: 240,
        domain,
        zero: true,
        format: (v) => percent(v, 0),
        axis: percentAxis,
        series: () => [
            { name: "gross", fill: "gross", swatch: "gross", t: exposure.t, v: exposure.g },
            { name: "net", kind: "thin", swatch: "net", t: exposure.t, v: exposure.n },
        ],
    });
}
