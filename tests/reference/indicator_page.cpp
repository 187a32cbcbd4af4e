// SPDX-License-Identifier: Apache-2.0
// Prints docs/indicators.md from the tables of the indicators.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "feature/indicator.hpp"

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

}  // namespace

int main() {
    fmt::print("{}", kHead);
    for (const IndicatorInfo* info : indicators()) fmt::print("{}", row_of(*info));
    return 0;
}
