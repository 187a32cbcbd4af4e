// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/command.hpp"
#include "domain/event.hpp"

namespace tradewind::orders {

/// The venue's name for an order, kept inside the order. Cut at 39 characters.
struct VenueOrderId {
    std::array<char, 40> text{};

    constexpr VenueOrderId() = default;
    explicit constexpr VenueOrderId(std::string_view from) {
        std::copy_n(from.begin(), std::min(from.size(), text.size() - 1), text.begin());
    }
    [[nodiscard]] constexpr std::string_view view() const { return {text.data()}; }
    friend bool operator==(const VenueOrderId&, const VenueOrderId&) = default;
};

/// What was asked of the venue to make of an order, and is not answered yet: any of it may hold by
/// now. Forgotten once all of it is answered.
struct PendingChanges {
    std::uint32_t count = 0;
    Qty most{};  ///< total quantity, as terms name it
    /// Limit prices; none while the first is above the second.
    Price lowest{INT64_MAX};
    Price highest{INT64_MIN};
    std::optional<Price> highest_trigger{};

    void add(const OrderChange& change);
    void answer();
    [[nodiscard]] bool has_price() const { return lowest <= highest; }
    friend bool operator==(const PendingChanges&, const PendingChanges&) = default;
};

/// One order and all that has happened to it.
struct Order {
    OrderIntent intent{};  ///< as the strategy wanted it
    OrderTerms terms{};    ///< as it stands: changed by replace and by corporate actions
    PendingChanges pending{};
    OrderStatus status = OrderStatus::initialized;
    OrderStatus status_before_pending = OrderStatus::initialized;  ///< restored when a request ends
    Qty filled{};
    Money filled_notional{};  ///< sum of price x qty, without the multiplier
    Money fees{};             ///< in `fee_currency`
    Currency fee_currency{};
    VenueOrderId venue_order{};
    Timestamp created{};
    Timestamp last{};  ///< of the latest event
    std::optional<Timestamp> submitted{};
    std::optional<Timestamp> accepted{};
    std::uint32_t fills = 0;

    [[nodiscard]] OrderId id() const { return intent.id; }
    [[nodiscard]] StrategyId strategy() const { return intent.id.strategy(); }
    [[nodiscard]] InstrumentId instrument() const { return intent.spec.instrument; }
    [[nodiscard]] Side side() const { return intent.spec.side; }
    [[nodiscard]] bool is_open() const { return !is_final(status); }
    /// What may still fill; 0 once final.
    [[nodiscard]] Qty leaves() const {
        return is_open() ? Qty{std::max<std::int64_t>(0, terms.qty.raw - filled.raw)} : Qty{};
    }
    /// What may still fill if the venue has made any of the changes that are under way.
    [[nodiscard]] Qty most_leaves() const {
        const std::int64_t most = std::max(terms.qty.raw, pending.most.raw);
        return is_open() ? Qty{std::max<std::int64_t>(0, most - filled.raw)} : Qty{};
    }
    /// nullopt before the first fill.
    [[nodiscard]] std::optional<Price> average_price() const {
        if (filled.raw == 0) return std::nullopt;
        return divide(filled_notional, filled);
    }

    friend bool operator==(const Order&, const Order&) = default;
};

}  // namespace tradewind::orders
