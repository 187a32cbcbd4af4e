// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain/calendar.hpp"
#include "domain/ids.hpp"
#include "domain/numbers.hpp"
#include "domain/time.hpp"

namespace tradewind {

enum class AssetClass : std::uint8_t {
    equity,
    etf,
    crypto_spot,
    crypto_perpetual,
    future,  ///< dated
    fx_pair,
};

[[nodiscard]] std::string_view to_string(AssetClass value);
[[nodiscard]] std::optional<AssetClass> parse_asset_class(std::string_view text);

/// What a venue charges for a fill: a rate on the notional by the side of liquidity, plus an amount
/// for each unit, held between a minimum an order and a maximum share of the notional.
struct FeeSchedule {
    Rate maker{};                   ///< of notional; negative is a rebate
    Rate taker{};                   ///< of notional
    Money per_unit{};               ///< for each share or contract
    Money minimum{};                ///< for each order that fills; 0: none
    std::optional<Rate> maximum{};  ///< of notional
    Currency currency{};            ///< unknown: the settlement currency

    friend bool operator==(const FeeSchedule&, const FeeSchedule&) = default;
};

/// Share of the notional that must be covered to open, and to keep, a position.
struct MarginRates {
    Rate initial{base::kDecimalOne};
    Rate maintenance{base::kDecimalOne};

    friend bool operator==(const MarginRates&, const MarginRates&) = default;
};

/// Everything fixed about one tradable thing on one venue.
struct Instrument {
    InstrumentId id{};   ///< its place in the table; set by InstrumentTable::add
    std::string symbol;  ///< "SPY.ARCA": ticker, dot, venue
    AssetClass asset_class = AssetClass::equity;
    Currency base{};   ///< what is bought (the coin, the pair's first currency); unknown for shares
    Currency quote{};  ///< what prices are in
    Currency settlement{};       ///< what profit and loss is paid in
    Price tick{10'000'000};      ///< smallest step of an order's price
    Qty lot{base::kDecimalOne};  ///< smallest step of an order's quantity
    Qty min_qty{};               ///< 0: one lot
    std::optional<Qty> max_qty{};
    Money min_notional{};
    std::optional<Money> max_notional{};
    Qty multiplier{
        base::kDecimalOne};  ///< units of the underlying in one contract; 1 except for futures
    FeeSchedule fees{};
    MarginRates margin;
    CalendarKind calendar = CalendarKind::always_open;
    std::optional<Timestamp> expiry{};  ///< dated futures

    [[nodiscard]] std::string_view ticker() const;
    [[nodiscard]] std::string_view venue() const;
    /// Profit and loss of a perpetual or a future flows as variation margin; buying a share, coin
    /// or currency exchanges cash for it.
    [[nodiscard]] bool is_derivative() const {
        return asset_class == AssetClass::crypto_perpetual || asset_class == AssetClass::future;
    }

    friend bool operator==(const Instrument&, const Instrument&) = default;
};

/// price x qty x multiplier in the quote currency; exact where the multiplier is 1.
[[nodiscard]] inline Money notional(Price price, Qty qty, const Instrument& instrument) {
    const Money plain = multiply(price, qty);
    if (instrument.multiplier.raw == base::kDecimalOne) [[likely]]
        return plain;
    return scale(plain, instrument.multiplier.raw, base::kDecimalOne);
}

/// What the fill costs by the schedule; `so_far` is what this order has paid for earlier fills, so
/// that the minimum is charged once an order.
struct FeeQuery {
    Price price{};
    Qty qty{};  ///< positive
    bool is_maker = false;
    Money paid_so_far{};      ///< by this order
    Money notional_so_far{};  ///< filled by this order before
    Qty qty_so_far{};         ///< filled by this order before
};
[[nodiscard]] Money fee_of(const FeeQuery& query, const Instrument& instrument);

/// The instrument a symbol's venue suggests, for data that comes without a definition: ARCA,
/// NASDAQ, NYSE, BATS -> US share in cents; BINANCE, COINBASE, KRAKEN, BYBIT, BITFINEX -> crypto;
/// OANDA, FXCM, FX -> currency pair; CME -> future. nullopt where the symbol has no dot or the
/// venue is not one of these.
[[nodiscard]] std::optional<Instrument> default_instrument(std::string_view symbol);

/// The run's instruments; ids are dense from 0 in the order of addition.
class InstrumentTable {
public:
    /// The id given; nullopt where the symbol is there already.
    std::optional<InstrumentId> add(Instrument instrument);
    [[nodiscard]] const Instrument& at(InstrumentId id) const {
        ASSERT(id.value < all_.size());
        return all_[id.value];
    }
    [[nodiscard]] const Instrument* find(std::string_view symbol) const;
    [[nodiscard]] const std::vector<Instrument>& all() const { return all_; }
    [[nodiscard]] std::size_t size() const { return all_.size(); }

private:
    std::vector<Instrument> all_;
};

}  // namespace tradewind
