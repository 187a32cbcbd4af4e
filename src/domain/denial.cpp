// SPDX-License-Identifier: Apache-2.0
#include "domain/denial.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "domain/instrument.hpp"
#include "domain/names.hpp"

namespace tradewind {
namespace {

constexpr auto kReasons = names<DenialReason>(
    "malformed", "unknown_instrument", "unknown_price", "unknown_order", "off_tick", "off_lot",
    "below_min_qty", "above_max_qty", "below_min_notional", "above_max_notional",
    "insufficient_cash", "insufficient_margin", "reduce_only", "position_limit", "notional_limit",
    "order_rate", "trading_halted", "would_cross_post_only", "expired", "short_not_allowed",
    "unknown_leg", "risk_limit", "restricted", "self_trade", "duplicate", "unknown_risk");

bool is_time_bound(TimeInForce tif) {
    return tif == TimeInForce::ioc || tif == TimeInForce::fok || tif == TimeInForce::at_open ||
           tif == TimeInForce::at_close;
}

/// Every field that the type needs is there, and none that it cannot have.
bool is_complete(const OrderSpec& s) {
    if (s.qty.raw <= 0) return false;
    const bool trailing_limit = s.type == OrderType::trailing_stop_limit;
    // A trailing limit comes from its offset once the market is known; a fixed one is needed
    // elsewhere.
    if (has_limit(s.type) && !trailing_limit && !s.limit_price) return false;
    if (!has_limit(s.type) && s.limit_price) return false;
    if (has_trigger(s.type) && !is_trailing(s.type) && !s.trigger_price) return false;
    if (!has_trigger(s.type) && s.trigger_price) return false;
    if (is_trailing(s.type) != s.trailing.has_value()) return false;
    if (trailing_limit != s.trailing_limit.has_value()) return false;
    if (s.trailing && s.trailing->value <= 0) return false;
    if ((s.time_in_force == TimeInForce::gtd) != s.expire_at.has_value()) return false;
    if (has_trigger(s.type) && is_time_bound(s.time_in_force)) return false;
    // What opens a leg cannot only reduce.
    if (s.reduce_only && s.leg && *s.leg == leg_opened_by(s.side)) return false;
    if (s.post_only && (!has_limit(s.type) || is_time_bound(s.time_in_force))) return false;
    if (s.display_qty &&
        (!has_limit(s.type) || s.display_qty->raw <= 0 || *s.display_qty > s.qty)) {
        return false;
    }
    return true;
}

std::optional<Denial> check_tick(Price price, const Instrument& instrument) {
    if (price.raw % instrument.tick.raw == 0) return std::nullopt;
    return Denial{.reason = DenialReason::off_tick,
                  .limit = as_amount(instrument.tick),
                  .actual = as_amount(price),
                  .would_pass = std::nullopt};
}

std::optional<Denial> check_qty(Qty qty, const Instrument& instrument) {
    const Qty whole_lots{qty.raw - qty.raw % instrument.lot.raw};
    if (whole_lots != qty) {
        return Denial{.reason = DenialReason::off_lot,
                      .limit = as_amount(instrument.lot),
                      .actual = as_amount(qty),
                      .would_pass = whole_lots};
    }
    if (qty < instrument.min_qty) {
        return Denial{.reason = DenialReason::below_min_qty,
                      .limit = as_amount(instrument.min_qty),
                      .actual = as_amount(qty),
                      .would_pass = std::nullopt};
    }
    if (instrument.max_qty && qty > *instrument.max_qty) {
        return Denial{.reason = DenialReason::above_max_qty,
                      .limit = as_amount(*instrument.max_qty),
                      .actual = as_amount(qty),
                      .would_pass = instrument.max_qty};
    }
    return std::nullopt;
}

std::optional<Denial> check_notional(Price price, Qty qty, const Instrument& instrument) {
    const Money amount = abs(notional(price, qty, instrument));
    if (amount < instrument.min_notional) {
        return Denial{.reason = DenialReason::below_min_notional,
                      .limit = instrument.min_notional,
                      .actual = amount,
                      .would_pass = std::nullopt};
    }
    if (instrument.max_notional && amount > *instrument.max_notional) {
        return Denial{.reason = DenialReason::above_max_notional,
                      .limit = *instrument.max_notional,
                      .actual = amount,
                      .would_pass = std::nullopt};
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(DenialReason value) { return kReasons.of(value); }

std::string describe(const Denial& denial) {
    std::string text = fmt::format("{}: limit {}, actual {}", to_string(denial.reason),
                                   to_string(denial.limit), to_string(denial.actual));
    if (denial.would_pass) text += fmt::format("; {} would pass", to_string(*denial.would_pass));
    return text;
}

std::optional<Denial> validate(const OrderSpec& spec, const Instrument& instrument) {
    if (!is_complete(spec)) return Denial{};
    if (auto denial = check_qty(spec.qty, instrument)) return denial;
    for (const std::optional<Price>& price : {spec.limit_price, spec.trigger_price}) {
        if (!price) continue;
        if (auto denial = check_tick(*price, instrument)) return denial;
    }
    const std::optional<Price> named = spec.limit_price ? spec.limit_price : spec.trigger_price;
    return named ? check_notional(*named, spec.qty, instrument) : std::nullopt;
}

}  // namespace tradewind
