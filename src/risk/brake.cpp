// SPDX-License-Identifier: Apache-2.0
#include "risk/brake.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/try.hpp"
#include "domain/names.hpp"
#include "domain/words.hpp"

namespace tradewind::risk {
namespace {

constexpr auto kConditions =
    names<Condition>("drawdown", "loss", "pnl_jump", "stale", "clock_jump", "rejects", "denials",
                     "slippage", "closed_trades", "losing_trades", "trade_losses", "correlation");

enum class Window : std::uint8_t { none, optional, needed };

/// What may be said of a condition.
struct Form {
    BrakeUnit unit;
    Window window;
    bool by_part;  ///< of each instrument or strategy
};

Form form_of(Condition condition) {
    switch (condition) {
        case Condition::drawdown:
        case Condition::loss: return {BrakeUnit::share, Window::optional, false};
        case Condition::pnl_jump: return {BrakeUnit::share, Window::none, false};
        case Condition::stale: return {BrakeUnit::seconds, Window::none, true};
        case Condition::clock_jump: return {BrakeUnit::seconds, Window::none, false};
        case Condition::rejects:
        case Condition::denials:
        case Condition::closed_trades:
        case Condition::losing_trades: return {BrakeUnit::count, Window::needed, true};
        case Condition::slippage:
        case Condition::trade_losses: return {BrakeUnit::share, Window::needed, true};
        case Condition::correlation: return {BrakeUnit::share, Window::none, false};
    }
    __builtin_unreachable();
}

/// Which of its measure fires a brake again, where its user does not say.
constexpr int kRearmTenths = 8;

constexpr std::int64_t kShareMost = 10, kCountMost = 100'000;

Money seconds_of(Duration d) { return {base::Int128{d.ns} * base::kDecimalOne}; }

std::expected<Money, std::string> read_number(std::string_view text, BrakeUnit unit) {
    if (unit == BrakeUnit::seconds) {
        const auto length = parse_duration(text);
        if (length && length->ns > 0) return seconds_of(*length);
        return std::unexpected(fmt::format("'{}' is no length of time; say for example 10m", text));
    }
    const Amount amount = TRY(parse_amount(text));
    if (amount.is_percent != (unit == BrakeUnit::share)) {
        return std::unexpected(
            fmt::format("'{}': write {}", text,
                        unit == BrakeUnit::share ? "a share, such as 15%" : "a number, such as 5"));
    }
    if (unit == BrakeUnit::share) {
        if (amount.value.raw > 0 && amount.value <= whole_money(kShareMost)) return amount.value;
        return std::unexpected(
            fmt::format("'{}': should be above zero, and {}% at most", text, kShareMost * 100));
    }
    if (amount.value.raw < 0 || amount.value > whole_money(kCountMost)) {
        return std::unexpected(
            fmt::format("'{}': should be a number from 0 to {}", text, kCountMost));
    }
    return amount.value;
}

std::expected<Duration, std::string> read_duration(std::string_view text) {
    const auto length = parse_duration(text);
    if (length && length->ns > 0) return *length;
    return std::unexpected(fmt::format("'{}' is no length of time; say for example 1d", text));
}

std::expected<void, std::string> read_condition(std::string_view text, Brake& out) {
    Words words{text};
    const std::string_view word = words.next();
    const auto condition = kConditions.parse(word);
    if (!condition) {
        return std::unexpected(fmt::format("'{}' is nothing that a brake watches; there are {}",
                                           word, fmt::join(kConditions.text, ", ")));
    }
    out.condition = *condition;
    const Form form = form_of(*condition);
    out.unit = form.unit;
    if (!words.take(">")) {
        return std::unexpected(fmt::format("'{}': write it as \"{} > NUMBER: STATE\"", text, word));
    }
    out.at = TRY(read_number(words.next(), form.unit));
    out.rearm = {out.at.raw / 10 * kRearmTenths};
    if (words.take("per")) {
        out.window = TRY(read_duration(words.next()));
        if (form.window == Window::none) {
            return std::unexpected(fmt::format("{} is watched without per", word));
        }
        if (out.condition == Condition::loss && out.window != days(1)) {
            return std::unexpected("loss is counted from the end of the day before: per 1d");
        }
    } else if (form.window == Window::needed) {
        return std::unexpected(
            fmt::format("{} are counted in a window: write per 1h, per 1d", word));
    }
    if (out.condition == Condition::loss) out.window = days(1);
    if (words.take("of")) {
        const std::string_view scope = words.next();
        const bool is_part = scope == "instrument" || scope == "strategy";
        if (scope != "portfolio" && !(is_part && form.by_part)) {
            return std::unexpected(
                fmt::format("'{}': {} is watched of {}", scope, word,
                            form.by_part ? "portfolio, instrument or strategy" : "portfolio"));
        }
        if (scope == "instrument") out.scope = ScopeKind::instrument;
        if (scope == "strategy") out.scope = ScopeKind::strategy;
    }
    if (out.condition == Condition::stale) out.scope = ScopeKind::instrument;
    if (!words.done()) {
        return std::unexpected(
            fmt::format("'{}': nothing is expected from '{}' on", text, words.rest()));
    }
    return {};
}

std::expected<void, std::string> read_action(std::string_view text, Brake& out) {
    Words words{text};
    const std::string_view word = words.next();
    const auto state = parse_trading_state(word);
    if (!state || *state == TradingState::active) {
        return std::unexpected(fmt::format(
            "'{}': after the colon stands warn, reducing, close_only, flatten or halted", word));
    }
    out.state = *state;
    if (words.take("for")) {
        out.lasts = TRY(read_duration(words.next()));
        if (out.state == TradingState::halted || out.state == TradingState::flatten) {
            return std::unexpected(
                fmt::format("{} lasts until a person says otherwise: leave out for", word));
        }
    }
    if (words.take("rearm")) {
        out.rearm = TRY(read_number(words.next(), out.unit));
        if (out.rearm >= out.at) {
            return std::unexpected("rearm lies below the number that fires the brake");
        }
    }
    if (!words.done()) {
        return std::unexpected(
            fmt::format("'{}': nothing is expected from '{}' on", text, words.rest()));
    }
    return {};
}

std::string number_text(BrakeUnit unit, Money value) {
    switch (unit) {
        case BrakeUnit::share: return to_string(Money{value.raw * 100}) + "%";
        case BrakeUnit::seconds:
            return to_string(Duration{static_cast<std::int64_t>(value.raw / base::kDecimalOne)});
        case BrakeUnit::count: return to_string(value);
    }
    __builtin_unreachable();
}

}  // namespace

std::string_view to_string(Condition value) { return kConditions.of(value); }

std::expected<Brake, std::string> parse_brake(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        return std::unexpected(
            fmt::format("'{}': write it as \"CONDITION > NUMBER: STATE\"", text));
    }
    Brake out;
    TRY_VOID(read_condition(text.substr(0, colon), out));
    TRY_VOID(read_action(text.substr(colon + 1), out));
    return out;
}

std::string to_string(const Brake& brake) {
    return fmt::format("{} > {}{} of {}: {}{} rearm {}", to_string(brake.condition),
                       number_text(brake.unit, brake.at),
                       brake.window.ns > 0 ? " per " + to_string(brake.window) : "",
                       to_string(brake.scope), to_string(brake.state),
                       brake.lasts ? " for " + to_string(*brake.lasts) : "",
                       number_text(brake.unit, brake.rearm));
}

}  // namespace tradewind::risk
