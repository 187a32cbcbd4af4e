// SPDX-License-Identifier: Apache-2.0
#include "domain/instrument.hpp"

#include <algorithm>
#include <array>

#include "domain/names.hpp"

namespace tradewind {
namespace {

constexpr auto kAssetClasses =
    names<AssetClass>("equity", "etf", "crypto_spot", "crypto_perpetual", "future", "fx_pair");
constexpr auto kShareVenues = std::to_array<std::string_view>(
    {"ARCA", "NASDAQ", "NYSE", "BATS", "AMEX", "IEX", "XNAS", "XNYS", "ARCX", "US"});
constexpr auto kCryptoVenues = std::to_array<std::string_view>(
    {"BINANCE", "COINBASE", "KRAKEN", "BYBIT", "BITFINEX", "BITSTAMP", "OKX", "SIM"});
constexpr auto kFxVenues =
    std::to_array<std::string_view>({"OANDA", "FXCM", "FX", "TRUEFX", "MT5", "IDEALPRO"});
constexpr auto kFutureVenues =
    std::to_array<std::string_view>({"CME", "GLBX", "CBOT", "NYMEX", "COMEX", "ICE"});
/// Longest first, so that BTCUSDT is not BTCUSD plus a T.
constexpr auto kQuoteCurrencies = std::to_array<std::string_view>(
    {"USDT", "USDC", "BUSD", "TUSD", "USD", "EUR", "GBP", "JPY", "BTC", "ETH", "BNB"});
constexpr std::string_view kPerpetualSuffix = "-PERP";

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& all, std::string_view text) {
    return std::find(all.begin(), all.end(), text) != all.end();
}

Instrument share(std::string_view symbol) {
    Instrument out;
    out.symbol = symbol;
    out.quote = out.settlement = kUsd;
    out.calendar = CalendarKind::us_equity;
    out.margin = {.initial = {base::kDecimalOne / 2}, .maintenance = {base::kDecimalOne / 4}};
    return out;
}

std::optional<Instrument> crypto(std::string_view symbol, std::string_view pair) {
    Instrument out;
    out.symbol = symbol;
    out.asset_class = AssetClass::crypto_spot;
    if (pair.ends_with(kPerpetualSuffix)) {
        out.asset_class = AssetClass::crypto_perpetual;
        out.margin = {.initial = {base::kDecimalOne / 10}, .maintenance = {base::kDecimalOne / 20}};
        pair.remove_suffix(kPerpetualSuffix.size());
    }
    for (const std::string_view quote : kQuoteCurrencies) {
        if (pair.size() <= quote.size() || !pair.ends_with(quote)) continue;
        const auto base = Currency::parse(pair.substr(0, pair.size() - quote.size()));
        if (!base) return std::nullopt;
        out.base = *base;
        out.quote = out.settlement = *Currency::parse(quote);
        break;
    }
    if (!out.quote.known()) {
        const auto base = Currency::parse(pair);
        if (!base) return std::nullopt;
        out.base = *base;
        out.quote = out.settlement = kUsd;
    }
    out.tick = {100'000};  // 0.0001
    out.lot = {10};        // 0.00000001
    return out;
}

std::optional<Instrument> pair_of(std::string_view symbol, std::string_view pair) {
    if (pair.size() != 6) return std::nullopt;
    const auto base = Currency::parse(pair.substr(0, 3)), quote = Currency::parse(pair.substr(3));
    if (!base || !quote) return std::nullopt;
    Instrument out;
    out.symbol = symbol;
    out.asset_class = AssetClass::fx_pair;
    out.base = *base;
    out.quote = out.settlement = *quote;
    const bool coarse = pair.ends_with("JPY") || pair.starts_with("XAU");
    out.tick = {coarse ? 1'000'000 : 10'000};  // a tenth of a pip
    out.calendar = CalendarKind::fx_week;
    out.margin = {.initial = {base::kDecimalOne / 30}, .maintenance = {base::kDecimalOne / 60}};
    return out;
}

Instrument future(std::string_view symbol) {
    Instrument out;
    out.symbol = symbol;
    out.asset_class = AssetClass::future;
    out.quote = out.settlement = kUsd;
    out.tick = {base::kDecimalOne / 4};
    out.margin = {.initial = {base::kDecimalOne / 10}, .maintenance = {base::kDecimalOne / 11}};
    return out;
}

}  // namespace

std::string_view to_string(AssetClass value) { return kAssetClasses.of(value); }
std::optional<AssetClass> parse_asset_class(std::string_view text) {
    return kAssetClasses.parse(text);
}

std::string_view Instrument::ticker() const {
    return std::string_view{symbol}.substr(0, symbol.rfind('.'));
}

std::string_view Instrument::venue() const {
    const std::size_t dot = symbol.rfind('.');
    return dot == std::string::npos ? std::string_view{} : std::string_view{symbol}.substr(dot + 1);
}

Money fee_of(const FeeQuery& query, const Instrument& instrument) {
    const FeeSchedule& fees = instrument.fees;
    const Money filled = abs(notional(query.price, query.qty, instrument));
    const Rate rate = query.is_maker ? fees.maker : fees.taker;
    if (rate.raw == 0 && fees.per_unit.raw == 0 && fees.minimum.raw == 0) return {};

    const auto plain = [&](Money amount, Qty qty) {
        return multiply(amount, rate) + scale(fees.per_unit, qty.raw, base::kDecimalOne);
    };
    // A minimum or maximum holds for the order, however many fills it comes in. What the fills
    // before would have cost without them is what they did cost, unless one of the two held; then
    // it is worked out again, as if their liquidity had been this fill's.
    Money total = query.paid_so_far;
    const bool at_minimum = fees.minimum.raw > 0 && query.paid_so_far <= fees.minimum;
    const bool at_maximum =
        fees.maximum && query.paid_so_far >= multiply(query.notional_so_far, *fees.maximum);
    if (at_minimum || at_maximum) total = plain(query.notional_so_far, query.qty_so_far);
    total += plain(filled, query.qty);
    if (fees.minimum.raw > 0) total = std::max(total, fees.minimum);
    if (fees.maximum)
        total = std::min(total, multiply(query.notional_so_far + filled, *fees.maximum));
    return total - query.paid_so_far;
}

std::optional<Instrument> default_instrument(std::string_view symbol) {
    const std::size_t dot = symbol.rfind('.');
    if (dot == std::string_view::npos || dot == 0) return std::nullopt;
    const std::string_view ticker = symbol.substr(0, dot), venue = symbol.substr(dot + 1);
    if (contains(kShareVenues, venue)) return share(symbol);
    if (contains(kCryptoVenues, venue)) return crypto(symbol, ticker);
    if (contains(kFxVenues, venue)) return pair_of(symbol, ticker);
    if (contains(kFutureVenues, venue)) return future(symbol);
    return std::nullopt;
}

std::optional<InstrumentId> InstrumentTable::add(Instrument instrument) {
    if (find(instrument.symbol) != nullptr) return std::nullopt;
    instrument.id = InstrumentId{static_cast<std::uint32_t>(all_.size())};
    all_.push_back(std::move(instrument));
    return all_.back().id;
}

const Instrument* InstrumentTable::find(std::string_view symbol) const {
    const auto at = std::find_if(all_.begin(), all_.end(),
                                 [&](const Instrument& i) { return i.symbol == symbol; });
    return at == all_.end() ? nullptr : &*at;
}

}  // namespace tradewind
