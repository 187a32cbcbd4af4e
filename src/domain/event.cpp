// SPDX-License-Identifier: Apache-2.0
#include "domain/event.hpp"

#include <fmt/format.h>

#include <array>

#include "domain/names.hpp"

namespace tradewind {
namespace {

constexpr auto kAggressors = names<Aggressor>("unknown", "buyer", "seller");
constexpr auto kSources = names<PriceSource>("last", "bid", "ask", "mid");
/// What stands behind the dash of a bar's name.
constexpr auto kBarUnits =
    names<BarUnit>("time", "ticks", "volume", "value", "tick-imbalance", "volume-imbalance",
                   "value-imbalance", "tick-run", "volume-run", "value-run", "renko", "range");
static_assert(kBarUnits.text.size() == static_cast<std::size_t>(kLastBarUnit) + 1);
constexpr auto kLiquidity = names<Liquidity>("maker", "taker");
constexpr auto kVenueReasons = names<VenueReason>(
    "none", "requested", "time_in_force", "contingency", "insufficient_funds", "would_take",
    "would_not_reduce", "no_liquidity", "unknown_order", "bad_order", "market_closed", "delisted",
    "end_of_data", "other", "liquidation", "price_limit");
constexpr auto kCashReasons =
    names<CashReason>("deposit", "withdrawal", "interest", "borrow_cost", "correction", "rollover");
constexpr auto kTradingStates =
    names<TradingState>("active", "reducing", "halted", "warn", "close_only", "flatten");
constexpr auto kCorporateActions =
    names<CorporateActionKind>("split", "cash_dividend", "symbol_change", "delisting");
constexpr auto kKindNames = std::to_array<std::string_view>(
    {"bar", "quote", "trade", "book_level", "book_order", "order", "timer", "cash_flow",
     "trading_status", "funding", "corporate_action", "news", "sentiment", "economic_release",
     "override", "model_promoted", "end_of_data", "margin_call", "liquidation"});
static_assert(kKindNames.size() == std::variant_size_v<Payload>);

struct InstrumentVisitor {
    template <typename T>
    std::optional<InstrumentId> operator()(const T& value) const {
        if constexpr (requires { value.instrument; }) {
            return value.instrument;
        } else {
            return std::nullopt;
        }
    }
};

/// Whether a unit's step counts trades; else it is a decimal in units of 1e-9.
constexpr bool counts_trades(BarUnit unit) {
    switch (unit) {
        case BarUnit::tick:
        case BarUnit::tick_imbalance:
        case BarUnit::volume_imbalance:
        case BarUnit::value_imbalance:
        case BarUnit::tick_run:
        case BarUnit::volume_run:
        case BarUnit::value_run: return true;
        case BarUnit::time:
        case BarUnit::volume:
        case BarUnit::value:
        case BarUnit::renko:
        case BarUnit::range: return false;
    }
    __builtin_unreachable();
}

/// Splits "100-ticks" or "100 ticks" into its count and unit.
std::optional<BarSpec> parse_counted(std::string_view text) {
    const std::size_t cut = text.find_first_of("- ");
    if (cut == std::string_view::npos) return std::nullopt;
    const auto count = base::parse_decimal(text.substr(0, cut));
    const auto unit = kBarUnits.parse(text.substr(cut + 1));
    if (!count || *count <= 0 || !unit || *unit == BarUnit::time) return std::nullopt;
    if (!counts_trades(*unit)) return BarSpec{.unit = *unit, .step = *count};
    if (*count % base::kDecimalOne != 0) return std::nullopt;
    return BarSpec{.unit = *unit, .step = *count / base::kDecimalOne};
}

}  // namespace

std::optional<InstrumentId> instrument_of(const Payload& payload) {
    return std::visit(InstrumentVisitor{}, payload);
}

std::string_view kind_name(const Payload& payload) { return kKindNames[payload.index()]; }

std::string_view to_string(Aggressor value) { return kAggressors.of(value); }
std::string_view to_string(PriceSource value) { return kSources.of(value); }
std::string_view to_string(Liquidity value) { return kLiquidity.of(value); }
std::string_view to_string(VenueReason value) { return kVenueReasons.of(value); }
std::string_view to_string(CashReason value) { return kCashReasons.of(value); }
std::string_view to_string(TradingState value) { return kTradingStates.of(value); }
std::optional<TradingState> parse_trading_state(std::string_view text) {
    return kTradingStates.parse(text);
}
std::string_view to_string(CorporateActionKind value) { return kCorporateActions.of(value); }

std::string to_string(const BarSpec& spec) {
    std::string text;
    if (spec.unit == BarUnit::time) {
        text = to_string(Duration{spec.step});
    } else {
        text = counts_trades(spec.unit) ? fmt::format("{}", spec.step)
                                        : base::format_decimal(spec.step, base::kDecimals);
        text += fmt::format("-{}", kBarUnits.of(spec.unit));
    }
    if (spec.source == PriceSource::last) return text;
    return fmt::format("{}/{}", text, to_string(spec.source));
}

std::optional<BarSpec> parse_bar_spec(std::string_view text) {
    PriceSource source = PriceSource::last;
    if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
        const auto named = kSources.parse(text.substr(slash + 1));
        if (!named) return std::nullopt;
        source = *named;
        text = text.substr(0, slash);
    }
    if (const auto interval = parse_duration(text)) return time_bars(*interval, source);
    auto counted = parse_counted(text);
    if (counted) counted->source = source;
    return counted;
}

}  // namespace tradewind
