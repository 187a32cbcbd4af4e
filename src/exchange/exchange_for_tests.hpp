// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "exchange/exchange.hpp"

/// Small markets for the tests of this room.
namespace tradewind::exchange::testing {

inline constexpr Timestamp kStart{1'700'000'000'000'000'000};

/// The value; a refusal ends the test program.
template <typename T>
T done(std::expected<T, Refusal> result) {
    ASSERT(result.has_value());
    if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

inline Price price(std::string_view text) { return *parse_price(text); }
inline Qty qty(std::string_view text) { return *parse_qty(text); }
inline Money money(std::string_view text) { return *parse_money(text); }
inline Currency asset(std::string_view text) { return *Currency::parse(text); }

inline Instrument pair_of(std::string_view symbol, std::string_view base, std::string_view quote) {
    Instrument out;
    out.symbol = symbol;
    out.asset_class = AssetClass::crypto_spot;
    out.base = asset(base);
    out.quote = out.settlement = asset(quote);
    out.tick = price("0.01");
    out.lot = qty("0.00001");
    out.min_qty = qty("0.00001");
    out.min_notional = money("5");
    out.fees = {.maker = basis_points(10), .taker = basis_points(10)};
    return out;
}

/// BTCUSDT and ETHUSDT without a market; the test says what is shown.
inline std::vector<Instrument> pairs() {
    return {pair_of("BTCUSDT.BINANCE", "BTC", "USDT"), pair_of("ETHUSDT.BINANCE", "ETH", "USDT")};
}

inline constexpr InstrumentId kBtc{0};

/// A whole book of the market in one message.
inline void show(Exchange& exchange, const std::vector<market::Level>& bids,
                 const std::vector<market::Level>& asks, Timestamp now,
                 InstrumentId instrument = kBtc) {
    static constexpr std::uint64_t kNotTold = 0;
    std::vector<BookLevel> rows;
    for (const auto& [levels, side] : {std::pair{&bids, Side::buy}, std::pair{&asks, Side::sell}}) {
        for (const market::Level& level : *levels) {
            rows.push_back({.instrument = instrument,
                            .side = side,
                            .flags = {.snapshot = true, .last = false},
                            .price = level.price,
                            .size = level.size,
                            .first_update_id = kNotTold});
        }
    }
    rows.back().flags.last = true;
    for (const BookLevel& row : rows) {
        exchange.apply({.ts = now, .ts_event = now, .payload = row});
    }
}

inline void print(Exchange& exchange, std::string_view at, std::string_view size,
                  Aggressor aggressor, Timestamp now, InstrumentId instrument = kBtc) {
    exchange.apply({.ts = now,
                    .ts_event = now,
                    .payload = Trade{.instrument = instrument,
                                     .aggressor = aggressor,
                                     .price = price(at),
                                     .size = qty(size)}});
}

inline OrderTerms limit(AccountNumber account, Side side, std::string_view size,
                        std::string_view at) {
    return {.account = account,
            .instrument = kBtc,
            .side = side,
            .kind = OrderKind::limit,
            .qty = qty(size),
            .price = price(at)};
}

inline OrderTerms market_order(AccountNumber account, Side side, std::string_view size) {
    return {.account = account,
            .instrument = kBtc,
            .side = side,
            .kind = OrderKind::market,
            .qty = qty(size)};
}

}  // namespace tradewind::exchange::testing
