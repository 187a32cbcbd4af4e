// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/instruments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/try.hpp"

namespace tradewind::binance {
namespace {

using Failed = std::unexpected<SymbolFault>;

const Filter* find(const SymbolInfo& info, FilterType type) {
    const auto at = std::find_if(info.filters.begin(), info.filters.end(),
                                 [&](const Filter& filter) { return filter.type == type; });
    return at == info.filters.end() ? nullptr : &*at;
}

/// Units of 1e-9 of an amount in units of 1e-18; nullopt where it does not fit or has more places.
std::optional<std::int64_t> narrow(const std::optional<Money>& amount) {
    const base::Int128 one{base::kDecimalOne};
    if (!amount || amount->raw % one != 0) return std::nullopt;
    const base::Int128 units = amount->raw / one;
    if (units > base::Int128{INT64_MAX}) return std::nullopt;
    return static_cast<std::int64_t>(units);
}

std::expected<std::int64_t, SymbolFault> step_of(const std::optional<Money>& amount) {
    const auto units = narrow(amount);
    if (!units || *units <= 0) return Failed(SymbolFault::out_of_range);
    return *units;
}

template <typename T>
std::optional<T> bound_of(const std::optional<Money>& amount) {
    const auto units = narrow(amount);
    return units && *units > 0 ? std::optional{T{*units}} : std::nullopt;
}

std::expected<Currency, SymbolFault> currency_of(std::string_view asset) {
    const auto out = Currency::parse(asset);
    if (!out) return Failed(SymbolFault::unknown_asset);
    return *out;
}

std::optional<PriceBand> band_of(const std::optional<Rate>& up, const std::optional<Rate>& down) {
    if (!up || !down) return std::nullopt;
    return PriceBand{.up = *up, .down = *down};
}

Rate share_of(Rate percent) { return {percent.raw / 100}; }

std::expected<void, SymbolFault> add_contract(const SymbolInfo& info, Instrument& out) {
    if (info.contract_type == "PERPETUAL") {
        out.asset_class = AssetClass::crypto_perpetual;
        out.symbol = fmt::format("{}-PERP.BINANCE", info.symbol);
    } else if (info.contract_type == "CURRENT_QUARTER" || info.contract_type == "NEXT_QUARTER") {
        out.asset_class = AssetClass::future;
        out.symbol = fmt::format("{}.BINANCE", info.symbol);
        out.expiry = info.delivery;
    } else {
        return Failed(SymbolFault::not_linear);
    }
    out.settlement = TRY(currency_of(info.margin_asset));
    if (info.required_margin_percent) out.margin.initial = share_of(*info.required_margin_percent);
    if (info.maint_margin_percent) out.margin.maintenance = share_of(*info.maint_margin_percent);
    return {};
}

std::expected<void, SymbolFault> add_grid(const SymbolInfo& info, SymbolRules& out) {
    const Filter* prices = find(info, FilterType::price);
    const Filter* lots = find(info, FilterType::lot_size);
    if (prices == nullptr || lots == nullptr) return Failed(SymbolFault::missing_filter);
    out.instrument.tick = {TRY(step_of(prices->tick_size))};
    out.instrument.lot = {TRY(step_of(lots->step_size))};
    out.instrument.min_qty = bound_of<Qty>(lots->min_qty).value_or(Qty{});
    out.instrument.max_qty = bound_of<Qty>(lots->max_qty);
    out.min_price = bound_of<Price>(prices->min_price);
    out.max_price = bound_of<Price>(prices->max_price);
    return {};
}

void add_rest(const SymbolInfo& info, SymbolRules& out) {
    if (const Filter* market = find(info, FilterType::market_lot_size)) {
        out.market_max_qty = bound_of<Qty>(market->max_qty);
    }
    for (const FilterType type : {FilterType::min_notional, FilterType::notional}) {
        const Filter* filter = find(info, type);
        if (filter == nullptr) continue;
        if (filter->min_notional) out.instrument.min_notional = *filter->min_notional;
        if (filter->max_notional && filter->max_notional->raw > 0) {
            out.instrument.max_notional = filter->max_notional;
        }
    }
    if (const Filter* band = find(info, FilterType::percent_price)) {
        out.bid_band = out.ask_band = band_of(band->multiplier_up, band->multiplier_down);
    }
    if (const Filter* band = find(info, FilterType::percent_price_by_side)) {
        out.bid_band = band_of(band->bid_multiplier_up, band->bid_multiplier_down);
        out.ask_band = band_of(band->ask_multiplier_up, band->ask_multiplier_down);
    }
}

}  // namespace

std::expected<SymbolRules, SymbolFault> to_rules(const SymbolInfo& info, Segment segment) {
    SymbolRules out;
    Instrument& instrument = out.instrument;
    instrument.base = TRY(currency_of(info.base_asset));
    instrument.quote = TRY(currency_of(info.quote_asset));
    if (segment == Segment::spot) {
        instrument.asset_class = AssetClass::crypto_spot;
        instrument.symbol = fmt::format("{}.BINANCE", info.symbol);
        instrument.settlement = instrument.quote;
    } else {
        TRY_VOID(add_contract(info, instrument));
    }
    if (const auto usual = default_instrument(instrument.symbol)) instrument.fees = usual->fees;
    TRY_VOID(add_grid(info, out));
    add_rest(info, out);
    out.is_trading = info.status == "TRADING";
    return out;
}

std::optional<Trade> to_trade(const TradePrint& print, InstrumentId instrument) {
    const bool is_of_market = print.kind.empty() || print.kind == "MARKET";
    if (!is_of_market || print.price.raw <= 0 || print.qty.raw <= 0) return std::nullopt;
    return Trade{.instrument = instrument,
                 .aggressor = print.buyer_is_maker ? Aggressor::seller : Aggressor::buyer,
                 .price = print.price,
                 .size = print.qty};
}

std::optional<Quote> to_quote(const BookTicker& ticker, InstrumentId instrument) {
    if (ticker.bid.raw <= 0 || ticker.ask.raw <= 0) return std::nullopt;
    return Quote{.instrument = instrument,
                 .bid = ticker.bid,
                 .ask = ticker.ask,
                 .bid_size = ticker.bid_size,
                 .ask_size = ticker.ask_size};
}

std::optional<Duration> interval_of(std::string_view text) {
    if (text.ends_with('M')) return std::nullopt;
    return parse_duration(text);
}

std::optional<Bar> to_bar(const KlineUpdate& update, InstrumentId instrument) {
    const auto interval = interval_of(update.interval);
    if (!update.is_closed || !interval) return std::nullopt;
    const Kline& kline = update.kline;
    return Bar{.instrument = instrument,
               .spec = time_bars(*interval),
               .open_ts = kline.open_ts,
               .open = kline.open,
               .high = kline.high,
               .low = kline.low,
               .close = kline.close,
               .volume = kline.volume};
}

}  // namespace tradewind::binance
