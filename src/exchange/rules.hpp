// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "domain/instrument.hpp"
#include "exchange/order.hpp"

namespace tradewind::exchange {

/// Decimal places of every amount that the venue tells, and of every balance.
inline constexpr int kPlaces = 8;

/// The filters of one instrument (Binance, "Filters"). Tick x step is a whole number of 1e-8, so
/// that every notional, and with it every balance, has at most eight places.
struct Rules {
    Price tick{};
    Price price_min{};
    Price price_max{};
    Qty step{};
    Qty qty_min{};
    Qty qty_max{};
    Qty market_qty_max{};
    Money notional_min{};
    std::optional<Money> notional_max{};
    int average_minutes = 5;         ///< of the price that percentages refer to
    std::int64_t multiplier_up = 5;  ///< of that price, for both sides
    std::int64_t multiplier_down_inverse = 5;
    std::int64_t iceberg_parts_max = 100;
    std::int64_t orders_max = 200;
    std::int64_t algo_orders_max = 5;
    std::int64_t iceberg_orders_max = 10;
    std::int64_t lists_max = 20;
    std::int64_t trailing_bps_min = 10;
    std::int64_t trailing_bps_max = 2000;
    Rate maker_fee{};
    Rate taker_fee{};
};

/// From what the catalog knows of an instrument. A lot too fine for the tick is made coarser.
[[nodiscard]] Rules rules_of(const Instrument& instrument);

/// The fee of the part of a trade that is received, cut to eight places.
[[nodiscard]] Money fee_on(Money received, Rate rate);

/// `qty` as an amount of the base asset.
[[nodiscard]] constexpr Money as_money(Qty qty) {
    return {base::Int128{qty.raw} * base::Int128{base::kDecimalOne}};
}

/// What the filters say of the terms alone: no balance, no other order, no market.
[[nodiscard]] std::optional<Refusal> check_terms(const OrderTerms& terms, const Rules& rules);

/// PERCENT_PRICE_BY_SIDE.
[[nodiscard]] bool is_within_percent(Price price, Price average, const Rules& rules);
/// NOTIONAL.
[[nodiscard]] bool is_notional_allowed(Price price, Qty qty, const Rules& rules);

}  // namespace tradewind::exchange
