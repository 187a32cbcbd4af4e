// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/numbers.hpp"
#include "domain/order.hpp"

namespace tradewind {

/// How many positions of one instrument an account keeps.
enum class PositionMode : std::uint8_t {
    netting,  ///< one: what is bought and sold adds up
    hedging,  ///< two of each strategy, long and short side by side
};

/// How much of an instrument's legs asks for margin. The same where there is one alone.
enum class HedgedMargin : std::uint8_t {
    gross,   ///< both sides in full
    larger,  ///< the larger side, as MetaTrader 5's SYMBOL_MARGIN_HEDGED_USE_LEG
    net,     ///< what the sides differ by, as its hedged margin of 0
};

struct PositionSettings {
    PositionMode mode = PositionMode::netting;
    HedgedMargin margin = HedgedMargin::gross;

    [[nodiscard]] constexpr bool hedges() const { return mode == PositionMode::hedging; }
    friend bool operator==(const PositionSettings&, const PositionSettings&) = default;
};

/// What is held of an instrument on each side. Magnitudes.
struct Sides {
    Qty longs;
    Qty shorts;

    [[nodiscard]] constexpr Qty net() const { return longs - shorts; }
    [[nodiscard]] constexpr Qty gross() const { return longs + shorts; }
    friend bool operator==(const Sides&, const Sides&) = default;
};

/// The sides of a position that is one.
[[nodiscard]] constexpr Sides sides_of(Qty net) {
    return net.raw > 0 ? Sides{.longs = net, .shorts = {}} : Sides{.longs = {}, .shorts = -net};
}

/// How much of the sides asks for margin.
[[nodiscard]] constexpr Qty margined(const Sides& sides, HedgedMargin rule) {
    switch (rule) {
        case HedgedMargin::gross: return sides.gross();
        case HedgedMargin::larger: return sides.longs > sides.shorts ? sides.longs : sides.shorts;
        case HedgedMargin::net: return abs(sides.net());
    }
    __builtin_unreachable();
}

[[nodiscard]] std::string_view to_string(PositionMode value);
[[nodiscard]] std::string_view to_string(HedgedMargin value);
[[nodiscard]] std::optional<PositionMode> parse_position_mode(std::string_view text);
[[nodiscard]] std::optional<HedgedMargin> parse_hedged_margin(std::string_view text);

}  // namespace tradewind
