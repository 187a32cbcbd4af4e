// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "adapters/binance/messages.hpp"
#include "domain/event.hpp"
#include "domain/instrument.hpp"

namespace tradewind::binance {

enum class SymbolFault : std::uint8_t {
    unknown_asset,   ///< a name that does not fit Currency
    missing_filter,  ///< PRICE_FILTER or LOT_SIZE, without which nothing can be rounded
    out_of_range,    ///< a tick, lot or minimum that does not fit
    not_linear,      ///< a contract that is neither perpetual nor dated
};

/// The bounds of a price around the venue's average, as shares of it: PERCENT_PRICE and
/// PERCENT_PRICE_BY_SIDE.
struct PriceBand {
    Rate up{};
    Rate down{};

    friend bool operator==(const PriceBand&, const PriceBand&) = default;
};

/// What exchangeInfo says about one symbol.
struct SymbolRules {
    Instrument
        instrument;  ///< fees are the default ones of the venue: an account's stand elsewhere
    bool is_trading = false;
    std::optional<Price> min_price{};
    std::optional<Price> max_price{};
    std::optional<Qty> market_max_qty{};  ///< of market orders
    std::optional<PriceBand> bid_band{};
    std::optional<PriceBand> ask_band{};
};

/// "BTCUSDT.BINANCE" on spot, "BTCUSDT-PERP.BINANCE" for perpetuals, "BTCUSDT_250627.BINANCE" for
/// dated futures. USD-M contracts are linear: one contract is one coin. Upper bounds that are 0 or
/// above what fits are none.
[[nodiscard]] std::expected<SymbolRules, SymbolFault> to_rules(const SymbolInfo& info,
                                                               Segment segment);

// --- market data as events --------------------------------------------------------------------

/// nullopt for what was not traded on the market (insurance fund, auto-deleveraging).
[[nodiscard]] std::optional<Trade> to_trade(const TradePrint& print, InstrumentId instrument);
/// nullopt while a side of the book is empty.
[[nodiscard]] std::optional<Quote> to_quote(const BookTicker& ticker, InstrumentId instrument);
/// "1m", "4h", "1d", "1w"; nullopt for months, which have no fixed length, and for what is none.
[[nodiscard]] std::optional<Duration> interval_of(std::string_view text);
/// nullopt while the kline is open, and for months, which have no fixed length.
[[nodiscard]] std::optional<Bar> to_bar(const KlineUpdate& update, InstrumentId instrument);

}  // namespace tradewind::binance
