// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "domain/event.hpp"
#include "domain/numbers.hpp"
#include "domain/time.hpp"
#include "risk/limit.hpp"

/// Brakes as their user writes them: "drawdown > 15%: reducing".
namespace tradewind::risk {

/// What a brake watches.
enum class Condition : std::uint8_t {
    drawdown,       ///< of marked equity from its peak; with `per`, from the peak of that time
    loss,           ///< since the day before ended, of the equity then
    pnl_jump,       ///< change of equity between two marks, either way, of the one before
    stale,          ///< age of the last price of what is held or worked in
    clock_jump,     ///< time between one event and the next
    rejects,        ///< orders that venues refused
    denials,        ///< orders that we refused ourselves
    slippage,       ///< cost of fills against their prices before it, of what was traded
    closed_trades,  ///< a cool-down after each
    losing_trades,  ///< a guard against a strategy that is stopped out again and again
    trade_losses,   ///< net loss of closed trades, of equity: instruments that do not pay
    correlation,    ///< mean correlation of the returns of all pairs
};
inline constexpr std::size_t kConditionCount = static_cast<std::size_t>(Condition::correlation) + 1;
[[nodiscard]] std::string_view to_string(Condition value);

/// What a brake's number counts.
enum class BrakeUnit : std::uint8_t { share, seconds, count };

/// One brake. It fires when its condition comes true, and again only after the measure was below
/// `rearm`, or, where what it does lapses, after that.
struct Brake {
    Condition condition = Condition::drawdown;
    ScopeKind scope = ScopeKind::portfolio;  ///< of it, or of each instrument or strategy
    BrakeUnit unit = BrakeUnit::share;
    Money at{};     ///< in units of 1e-18: 0.15 for 15%, seconds, a number
    Money rearm{};  ///< below `at`
    Duration window{};
    TradingState state = TradingState::warn;
    std::optional<Duration> lasts{};  ///< absent: until a person says otherwise

    friend bool operator==(const Brake&, const Brake&) = default;
};

/// `CONDITION > NUMBER [per DURATION] [of instrument|strategy]: STATE [for DURATION] [rearm
/// NUMBER]`, STATE one of warn, reducing, close_only, flatten, halted. The error says what is wrong
/// and what is right.
[[nodiscard]] std::expected<Brake, std::string> parse_brake(std::string_view text);
/// As it is parsed, with every part named.
[[nodiscard]] std::string to_string(const Brake& brake);

}  // namespace tradewind::risk
