// SPDX-License-Identifier: Apache-2.0
#include "domain/position_mode.hpp"

#include "domain/names.hpp"

namespace tradewind {
namespace {

constexpr auto kModes = names<PositionMode>("netting", "hedging");
constexpr auto kMargins = names<HedgedMargin>("gross", "larger", "net");

}  // namespace

std::string_view to_string(PositionMode value) { return kModes.of(value); }
std::string_view to_string(HedgedMargin value) { return kMargins.of(value); }
std::optional<PositionMode> parse_position_mode(std::string_view text) {
    return kModes.parse(text);
}
std::optional<HedgedMargin> parse_hedged_margin(std::string_view text) {
    return kMargins.parse(text);
}

}  // namespace tradewind
