// SPDX-License-Identifier: Apache-2.0
// Prints docs/indicators.md from the tables of the indicators, or, asked for "functions" or
// "technical", docs/functions.md from those of expressions and docs/technical.md from the set.
#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "feature/across.hpp"
#include "feature/graph.hpp"
#include "feature/indicator.hpp"
#include "feature/operators.hpp"
#include "feature/sets.hpp"

namespace {

using namespace tradewind::feature;  // NOLINT(google-build-using-namespace): a program of one file

constexpr std::string_view kHead = R"(# Indicators

Every indicator of the room `feature`. This page is printed from the tables of the program by
`build/release/tests/indicator_page > docs/indicators.md`; a test holds it to them.

- Inputs are columns of bars; `real` and `second` are any series, the close, or high and low, where nothing else is said.
- Parameters are given in this order, with what stands where none is given and the bounds.
- Lookback: the rows before the first value, for the parameters given here. A value is NaN in them, and after a row with an
  input that is NaN or infinite they begin anew.
- Candlestick patterns are 100 where one ends that promises a rise, -100 for a fall, else 0; where a pattern says nothing of the
  direction, 100 is white and -100 is black. A body is long, or short, beside the average body of the ten bars before; a doji's
  body and a shadow that counts as none are at most a tenth of the average range of these; near, far and equal are 0.2, 0.6 and
  0.05 of the average range of the five bars before.
- TA-Lib: its function of the same values, to 1e-9 and better (`tests/parity/`).

| name | what it is | inputs | parameters | outputs | lookback | formula | TA-Lib | source |
|---|---|---|---|---|---|---|---|---|
)";

std::string_view name_of(Input input) {
    switch (input) {
        case Input::open: return "open";
        case Input::high: return "high";
        case Input::low: return "low";
        case Input::close: return "close";
        case Input::volume: return "volume";
        case Input::real: return "real";
        case Input::second: return "second";
        case Input::periods: return "periods";
        case Input::anchor: return "anchor";
    }
    return {};
}

std::string described(const ParamInfo& param) {
    const std::string meaning =
        param.meaning.empty() ? std::string{} : fmt::format(", {}", param.meaning);
    return fmt::format("{} = {} ({} to {}{})", param.name, param.otherwise, param.low, param.high,
                       meaning);
}

/// A bar would end the cell.
std::string cell(std::string text) {
    for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
        text.insert(at, 1, '\\');
    }
    return text;
}

std::string joined(const auto& parts, auto text_of) {
    std::vector<std::string> out;
    for (const auto& part : parts) out.emplace_back(text_of(part));
    return cell(fmt::format("{}", fmt::join(out, ", ")));
}

std::string row_of(const IndicatorInfo& info) {
    const auto same = [](std::string_view text) { return std::string{text}; };
    return fmt::format("| `{}` | {} | {} | {} | {} | {} | {} | {} | {} |\n", info.name,
                       cell(std::string{info.title}), joined(info.inputs, name_of),
                       joined(info.params, described), joined(info.outputs, same),
                       info.make(*complete_params(info, {}))->lookback(),
                       cell(std::string{info.formula}), info.talib, cell(std::string{info.source}));
}

constexpr std::string_view kFunctionsHead = R"(# Functions of expressions

What an [expression](features.md) has beside the [indicators](indicators.md), which are functions too: `rsi(close, 14)`. This
page is printed from the tables of the program by `build/release/tests/indicator_page functions > docs/functions.md`; a test
holds it to them.

- Series come first, then parameters, by place or by name: `ewm_std(close, halflife=10)`. Numbers may stand for series.
- A parameter is given here with what stands where none is given and its bounds. Windows count rows, the newest among them.
- Lookback: the rows before the first value, for the parameters given here. A window that is longer than the data has no value.
- A row with an input that is missing (NaN) or infinite has no value, and after it a function begins anew: a window has a
  value again when it is full of rows that are known. `is_missing`, `fill` and `ffill` are there for what is missing, and go on.
- What would be infinite, or is not defined (x / 0, the logarithm of 0, a correlation with what does not vary), is missing in
  that row alone.
- Conditions are numbers: what is not 0 holds. Comparisons give 1 or 0.
- Variances, deviations and covariances are those of a sample, divided by n - 1.
- Nothing reads a later row. `tests/parity/test_expressions.py` holds them to pandas, numpy, scipy and statsmodels, to 1e-9.
)";

struct Theme {
    std::string_view title;
    std::span<const IndicatorInfo> (*functions)();
    std::string_view note{};
};
constexpr std::array kThemes{
    Theme{
        .title = "Arithmetic, comparisons, earlier rows",
        .functions = operators,
        .note =
            "Symbols stand between their operands; `ln` among the indicators is TA-Lib's and minus "
            "infinity at 0, where `log` has no value."},
    Theme{.title = "Windows",
          .functions = rolling_operators,
          .note = "Of equal values all is exact: what does not vary has a variance of exactly 0. "
                  "Among the indicators are `sum`, `max`, `min`, `sma`, `wma`, `avgdev`, "
                  "`percentile`, `percentrank`."},
    Theme{.title = "Weights that fall from row to row",
          .functions = weighted_operators,
          .note =
              "As pandas' `ewm(span=n, adjust=True, min_periods=n)`, and `ewm(halflife=h)` with a "
              "value as soon as the span has rows whose weights fall as fast."},
    Theme{.title = "Conditions and anchors",
          .functions = conditional_operators,
          .note = "An anchor is a number that changes on the row on which something begins: "
                  "`anchored_max(high, session_open)` is the session's high so far."},
    Theme{.title = "Time",
          .functions = calendar_operators,
          .note =
              "Of seconds since 1970, in UTC: `hour(time)`; in New York: "
              "`hour(new_york_time(time))`. A bar's `time` is its close: that of a day that "
              "ends at midnight is the next day, and `day_of_week(time - 1)` the day on which it "
              "traded. `(time - session_open) / 60` are the minutes since the session opened, "
              "`(session_close - time) / 60` those that it still has; `time_sin(day_of_week(time), "
              "7)` puts the week on a circle."},
};

/// How many, and whether an anchor is among them.
std::string series_of(const IndicatorInfo& info) {
    const bool is_anchored = !info.inputs.empty() && info.inputs.back() == Input::anchor;
    return fmt::format("{}{}", info.inputs.size() - (is_anchored ? 1 : 0),
                       is_anchored ? " and the anchor" : "");
}

std::string function_row(const IndicatorInfo& info) {
    return fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n", cell(std::string{info.name}),
                       cell(std::string{info.title}), series_of(info),
                       joined(info.params, described),
                       info.make(*complete_params(info, {}))->lookback(),
                       cell(std::string{info.formula}), cell(std::string{info.source}));
}

void print_across() {
    fmt::print(
        "\n## Across instruments\n\nOf one row of all instruments that have one at the instant "
        "([how](features.md#read-more-than-the-bar)); a group may follow as the last series.\n\n"
        "| name | what it is | series | parameters | formula | source "
        "|\n|---|---|---|---|---|---|\n");
    for (const AcrossFunction& function : across_functions()) {
        fmt::print("| `{}` | {} | {} | {} | {} | {} |\n", function.name,
                   cell(std::string{function.title}),
                   function.inputs_max == 1 ? "1" : fmt::format("1 to {}", function.inputs_max),
                   joined(function.params, described), cell(std::string{function.formula}),
                   cell(std::string{function.source}));
    }
}

void print_functions() {
    fmt::print("{}", kFunctionsHead);
    for (const Theme& theme : kThemes) {
        fmt::print("\n## {}\n\n{}\n\n", theme.title, theme.note);
        fmt::print("| name | what it is | series | parameters | lookback | formula | source |\n");
        fmt::print("|---|---|---|---|---|---|---|\n");
        for (const IndicatorInfo& info : theme.functions()) fmt::print("{}", function_row(info));
    }
    print_across();
    fmt::print(
        "\n## Other names\n\nAs pandas, Qlib and WorldQuant's alphas call them: one function, "
        "two names.\n\n| name | function |\n|---|---|\n");
    for (const Alias& alias : aliases())
        fmt::print("| `{}` | `{}` |\n", alias.name, alias.function);
}

constexpr std::string_view kTechnicalHead = R"(# The set `technical`

`--set technical`: usual indicators of price and volume as ratios, places in a range and scores. None hangs on the size of prices
or volumes, so that one model may read several instruments (`tests/parity/test_technical.py` shows it, and holds each to TA-Lib,
pandas or numpy). This page is printed by `build/release/tests/indicator_page technical > docs/technical.md`; a test holds it to
the program.

Lookback: rows before the first value. A feature is missing where what divides it is 0: scores and correlations of what does not
vary, and what hangs on volume where none is traded in its window. What hangs on the return reads prices above 0.

| name | expression | lookback |
|---|---|---|
)";

int print_technical() {
    const auto features = *feature_set("technical");
    const auto graph = Graph::compile(features);
    if (!graph) {
        fmt::print(stderr, "{}\n", describe(graph.error()));
        return 1;
    }
    fmt::print("{}", kTechnicalHead);
    for (const Graph::Output& output : graph->outputs()) {
        fmt::print("| `{}` | `{}` | {} |\n", output.name, output.expression, output.lookback);
    }
    return 0;
}

void print_indicators() {
    fmt::print("{}", kHead);
    for (const IndicatorInfo* info : indicators()) fmt::print("{}", row_of(*info));
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view page = argc == 2 ? argv[1] : "indicators";
    if (page == "technical") return print_technical();
    if (page == "functions") {
        print_functions();
    } else {
        print_indicators();
    }
    return 0;
}
