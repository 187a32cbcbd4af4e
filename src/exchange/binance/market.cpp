// SPDX-License-Identifier: Apache-2.0
// The routes that tell of the market.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/decimal.hpp"
#include "base/try.hpp"
#include "exchange/binance/api.hpp"
#include "exchange/binance/market_json.hpp"

namespace tradewind::exchange::binance {
namespace {

constexpr std::size_t kRowsDefault = 500;
constexpr std::size_t kRowsMax = 1'000;
constexpr std::size_t kDepthDefault = 100;
constexpr std::size_t kDepthMax = 5'000;
constexpr std::array<std::pair<std::string_view, bool>, 3> kStatuses{
    {{"TRADING", true}, {"HALT", false}, {"BREAK", false}}};

std::string plain(base::Int128 units, int places) { return base::format_decimal(units, places); }

void write_limit(JsonText& json, std::string_view type, std::string_view interval,
                 std::int64_t number, std::int64_t limit) {
    json.begin_object()
        .text("rateLimitType", type)
        .text("interval", interval)
        .number("intervalNum", number)
        .number("limit", limit)
        .end_object();
}

void write_filters(JsonText& json, const Rules& rules) {
    const auto filter = [&](std::string_view type) -> JsonText& {
        return json.begin_object().text("filterType", type);
    };
    json.key("filters").begin_array();
    filter("PRICE_FILTER")
        .decimal("minPrice", rules.price_min)
        .decimal("maxPrice", rules.price_max)
        .decimal("tickSize", rules.tick)
        .end_object();
    filter("LOT_SIZE")
        .decimal("minQty", rules.qty_min)
        .decimal("maxQty", rules.qty_max)
        .decimal("stepSize", rules.step)
        .end_object();
    filter("ICEBERG_PARTS").number("limit", rules.iceberg_parts_max).end_object();
    filter("MARKET_LOT_SIZE")
        .decimal("minQty", Qty{})
        .decimal("maxQty", rules.market_qty_max)
        .decimal("stepSize", Qty{})
        .end_object();
    filter("TRAILING_DELTA")
        .number("minTrailingAboveDelta", rules.trailing_bps_min)
        .number("maxTrailingAboveDelta", rules.trailing_bps_max)
        .number("minTrailingBelowDelta", rules.trailing_bps_min)
        .number("maxTrailingBelowDelta", rules.trailing_bps_max)
        .end_object();
    filter("PERCENT_PRICE_BY_SIDE")
        .text("bidMultiplierUp", std::to_string(rules.multiplier_up))
        .text("bidMultiplierDown",
              plain(base::kDecimalOne / rules.multiplier_down_inverse, base::kDecimals))
        .text("askMultiplierUp", std::to_string(rules.multiplier_up))
        .text("askMultiplierDown",
              plain(base::kDecimalOne / rules.multiplier_down_inverse, base::kDecimals))
        .number("avgPriceMins", std::int64_t{rules.average_minutes})
        .end_object();
    filter("NOTIONAL")
        .decimal("minNotional", rules.notional_min)
        .boolean("applyMinToMarket", true)
        .decimal("maxNotional", rules.notional_max.value_or(whole_money(9'000'000)))
        .boolean("applyMaxToMarket", false)
        .number("avgPriceMins", std::int64_t{rules.average_minutes})
        .end_object();
    filter("MAX_NUM_ORDERS").number("maxNumOrders", rules.orders_max).end_object();
    filter("MAX_NUM_ORDER_LISTS").number("maxNumOrderLists", rules.lists_max).end_object();
    filter("MAX_NUM_ALGO_ORDERS").number("maxNumAlgoOrders", rules.algo_orders_max).end_object();
    filter("MAX_NUM_ICEBERG_ORDERS")
        .number("maxNumIcebergOrders", rules.iceberg_orders_max)
        .end_object();
    json.end_array();
}

void write_words(JsonText& json, std::string_view name,
                 std::initializer_list<std::string_view> words) {
    json.key(name).begin_array();
    for (const std::string_view word : words) json.text(word);
    json.end_array();
}

void write_symbol(JsonText& json, const Listing& listing, bool with_sets) {
    json.begin_object()
        .text("symbol", listing.symbol)
        .text("status", listing.is_open ? "TRADING" : "HALT")
        .text("baseAsset", to_string(listing.instrument.base))
        .number("baseAssetPrecision", std::int64_t{kPlaces})
        .text("quoteAsset", to_string(listing.instrument.quote))
        .number("quotePrecision", std::int64_t{kPlaces})
        .number("quoteAssetPrecision", std::int64_t{kPlaces})
        .number("baseCommissionPrecision", std::int64_t{kPlaces})
        .number("quoteCommissionPrecision", std::int64_t{kPlaces});
    write_words(json, "orderTypes",
                {"LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT",
                 "TAKE_PROFIT_LIMIT"});
    json.boolean("icebergAllowed", true)
        .boolean("ocoAllowed", true)
        .boolean("otoAllowed", false)
        .boolean("opoAllowed", false)
        .boolean("quoteOrderQtyMarketAllowed", true)
        .boolean("allowTrailingStop", true)
        .boolean("cancelReplaceAllowed", true)
        .boolean("amendAllowed", false)
        .boolean("pegInstructionsAllowed", false)
        .boolean("isSpotTradingAllowed", true)
        .boolean("isMarginTradingAllowed", false);
    write_filters(json, listing.rules);
    write_words(json, "permissions", {});
    json.key("permissionSets").begin_array();
    if (with_sets) json.begin_array().text("SPOT").end_array();
    json.end_array().text("defaultSelfTradePreventionMode", "EXPIRE_MAKER");
    write_words(json, "allowedSelfTradePreventionModes",
                {"NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"});
    json.end_object();
}

/// The rows that a request with optional instants wants: with a start the oldest from there, else
/// the latest.
template <typename Rows>
std::pair<std::size_t, std::size_t> window(const Rows& rows, std::optional<Timestamp> from,
                                           std::optional<Timestamp> to, std::size_t limit,
                                           auto time_of) {
    const auto before = [&](const auto& row, Timestamp ts) { return time_of(row) < ts; };
    const auto after = [&](Timestamp ts, const auto& row) { return ts < time_of(row); };
    auto first = rows.begin();
    auto last = rows.end();
    if (from) first = std::lower_bound(rows.begin(), rows.end(), *from, before);
    if (to) last = std::upper_bound(rows.begin(), rows.end(), *to, after);
    if (last < first) last = first;
    const auto size = static_cast<std::size_t>(last - first);
    const auto at = static_cast<std::size_t>(first - rows.begin());
    if (size <= limit) return {at, at + size};
    return from ? std::pair{at, at + limit} : std::pair{at + size - limit, at + size};
}

void write_trade(JsonText& json, const PublicTrade& trade, std::int64_t time) {
    json.begin_object()
        .number("id", trade.id)
        .decimal("price", trade.price)
        .decimal("qty", trade.qty)
        .decimal("quoteQty", multiply(trade.price, trade.qty))
        .number("time", time)
        .boolean("isBuyerMaker", trade.buyer_is_maker)
        .boolean("isBestMatch", true)
        .end_object();
}

}  // namespace

void write_levels(JsonText& json, std::span<const market::Level> levels) {
    json.begin_array();
    for (const market::Level& level : levels) {
        json.begin_array().decimal(level.price).decimal(level.size).end_array();
    }
    json.end_array();
}

std::string percent_change(Price from, Price to) {
    if (from.raw == 0) return "0.000";
    const auto thousandths =
        base::mul_div((to - from).raw, 100'000, from.raw, base::Rounding::half_even);
    return base::format_decimal_fixed(*thousandths, 3, 3);
}

Price weighted_average(const DayStatistics& day) {
    const base::Int128 volume = day.volume.raw / base::kDecimalOne;
    if (volume == 0) return {};
    return {static_cast<std::int64_t>(
        *base::checked_div(day.quote_volume.raw, volume, base::Rounding::half_even))};
}

std::expected<const Listing*, Fault> Api::must_listing(Call& call) const {
    const std::string* const given = call.params.peek("symbol");
    if (given == nullptr || given->empty()) return std::unexpected(mandatory_missing("symbol"));
    const auto symbol = TRY(call.params.symbol());
    const Listing* const listing = exchange_.find_listing(*symbol);
    if (listing == nullptr) return std::unexpected(invalid_symbol());
    return listing;
}

std::expected<Api::Chosen, Fault> Api::choose(Call& call) const {
    const auto one = TRY(call.params.symbol());
    const auto many = TRY(call.params.symbols());
    if (one && many) {
        return std::unexpected(
            Fault{.code = -1128, .message = "Combination of optional parameters invalid."});
    }
    const auto open = TRY(call.params.one_of(
        "symbolStatus", kStatuses, Fault{.code = -1122, .message = "Invalid symbolStatus."}));
    Chosen out{.listings = {}, .is_one = one.has_value()};
    const auto add = [&](const std::string& symbol) {
        const Listing* const listing = exchange_.find_listing(symbol);
        if (listing != nullptr) out.listings.push_back(listing);
        return listing != nullptr;
    };
    if (one) {
        if (!add(*one)) return std::unexpected(invalid_symbol());
    } else if (many) {
        for (const std::string& symbol : *many) {
            if (!add(symbol)) return std::unexpected(invalid_symbol());
        }
    } else {
        for (const Listing& listing : exchange_.listings()) out.listings.push_back(&listing);
    }
    if (open) {
        std::erase_if(out.listings, [&](const Listing* l) { return l->is_open != *open; });
        if (one && out.listings.empty()) {
            return std::unexpected(
                Fault{.code = -1220,
                      .message = "The symbol's status does not match the requested symbolStatus."});
        }
    }
    return out;
}

template <typename Write>
Api::Result Api::write_chosen(Call& call, const Chosen& chosen, Write write) const {
    TRY_VOID(call.params.done());
    JsonText json;
    if (!chosen.is_one) json.begin_array();
    for (const Listing* const listing : chosen.listings) write(json, *listing);
    if (!chosen.is_one) json.end_array();
    return json.take();
}

Api::Result Api::ping(Call& call) {
    TRY_VOID(call.params.done());
    return "{}";
}

Api::Result Api::time(Call& call) {
    TRY_VOID(call.params.done());
    return JsonText{}.begin_object().number("serverTime", call.time(call.now)).end_object().take();
}

Api::Result Api::exchange_info(Call& call) {
    const bool with_sets = TRY(call.params.boolean("showPermissionSets")).value_or(true);
    const auto permissions = TRY(call.params.text("permissions"));
    Chosen chosen = TRY(choose(call));
    if (permissions && permissions->find("SPOT") == std::string::npos) chosen.listings.clear();
    TRY_VOID(call.params.done());
    JsonText json;
    json.begin_object()
        .text("timezone", "UTC")
        .number("serverTime", call.time(call.now))
        .key("rateLimits")
        .begin_array();
    const LimitSettings& limits = settings_.limits;
    write_limit(json, "REQUEST_WEIGHT", "MINUTE", 1, limits.weight_a_minute);
    write_limit(json, "ORDERS", "SECOND", 10, limits.orders_in_10_s);
    write_limit(json, "ORDERS", "DAY", 1, limits.orders_a_day);
    write_limit(json, "RAW_REQUESTS", "MINUTE", 5, limits.requests_in_5_minutes);
    json.end_array().key("exchangeFilters").begin_array().end_array();
    json.key("symbols").begin_array();
    for (const Listing* const listing : chosen.listings) write_symbol(json, *listing, with_sets);
    json.end_array().end_object();
    return json.take();
}

Api::Result Api::depth(Call& call) {
    const Listing* const listing = TRY(must_listing(call));
    const std::size_t limit = TRY(call.params.limit(kDepthDefault, kDepthMax));
    TRY_VOID(call.params.done());
    JsonText json;
    json.begin_object().number("lastUpdateId", listing->book.last_update_id()).key("bids");
    write_levels(json, listing->book.top(Side::buy, limit));
    json.key("asks");
    write_levels(json, listing->book.top(Side::sell, limit));
    return json.end_object().take();
}

Api::Result Api::trades(Call& call) {
    const Listing* const listing = TRY(must_listing(call));
    const std::size_t limit = TRY(call.params.limit(kRowsDefault, kRowsMax));
    TRY_VOID(call.params.done());
    const auto& all = listing->log.trades();
    JsonText json;
    json.begin_array();
    for (std::size_t i = all.size() - std::min(limit, all.size()); i < all.size(); ++i) {
        write_trade(json, all[i], call.time(all[i].ts));
    }
    return json.end_array().take();
}

Api::Result Api::historical_trades(Call& call) {
    const Listing* const listing = TRY(must_listing(call));
    const std::size_t limit = TRY(call.params.limit(kRowsDefault, kRowsMax));
    const auto from = TRY(call.params.whole("fromId"));
    TRY_VOID(call.params.done());
    const auto& all = listing->log.trades();
    std::size_t first = all.size() - std::min(limit, all.size());
    if (from) {
        const auto at = std::lower_bound(
            all.begin(), all.end(), static_cast<std::uint64_t>(*from),
            [](const PublicTrade& trade, std::uint64_t id) { return trade.id < id; });
        first = static_cast<std::size_t>(at - all.begin());
    }
    JsonText json;
    json.begin_array();
    for (std::size_t i = first; i < std::min(first + limit, all.size()); ++i) {
        write_trade(json, all[i], call.time(all[i].ts));
    }
    return json.end_array().take();
}

Api::Result Api::aggregate_trades(Call& call) {
    const Listing* const listing = TRY(must_listing(call));
    const auto id = TRY(call.params.whole("fromId"));
    const auto from = TRY(call.params.instant("startTime"));
    const auto to = TRY(call.params.instant("endTime"));
    const std::size_t limit = TRY(call.params.limit(kRowsDefault, kRowsMax));
    TRY_VOID(call.params.done());
    if (id && (from || to)) {
        return std::unexpected(
            Fault{.code = -1128, .message = "Combination of optional parameters invalid."});
    }
    const auto& all = listing->log.aggregates();
    auto [first, last] =
        window(all, from, to, limit, [](const AggregateTrade& trade) { return trade.ts; });
    if (id) {
        const auto at = std::lower_bound(
            all.begin(), all.end(), static_cast<std::uint64_t>(*id),
            [](const AggregateTrade& trade, std::uint64_t wanted) { return trade.id < wanted; });
        first = static_cast<std::size_t>(at - all.begin());
        last = std::min(first + limit, all.size());
    }
    JsonText json;
    json.begin_array();
    for (std::size_t i = first; i < last; ++i) {
        const AggregateTrade& trade = all[i];
        json.begin_object()
            .number("a", trade.id)
            .decimal("p", trade.price)
            .decimal("q", trade.qty)
            .number("f", trade.first_trade)
            .number("l", trade.last_trade)
            .number("T", call.time(trade.ts))
            .boolean("m", trade.buyer_is_maker)
            .boolean("M", true)
            .end_object();
    }
    return json.end_array().take();
}

Api::Result Api::klines(Call& call) {
    const Listing* const listing = TRY(must_listing(call));
    const std::string name = TRY(call.params.must_text("interval"));
    const auto interval = parse_interval(name);
    if (!interval) {
        return std::unexpected(Fault{.code = -1120, .message = "Invalid interval."});
    }
    const auto from = TRY(call.params.instant("startTime"));
    const auto to = TRY(call.params.instant("endTime"));
    const auto zone = TRY(call.params.text("timeZone"));
    if (zone && *zone != "0" && *zone != "00:00") return std::unexpected(invalid_data("timeZone"));
    const std::size_t limit = TRY(call.params.limit(kRowsDefault, kRowsMax));
    TRY_VOID(call.params.done());
    exchange_.roll(listing->instrument.id, call.now);
    const auto& all = listing->log.klines(*interval);
    const auto [first, last] =
        window(all, from, to, limit, [](const Kline& kline) { return kline.start; });
    JsonText json;
    json.begin_array();
    for (std::size_t i = first; i < last; ++i) {
        const Kline& kline = all[i];
        json.begin_array()
            .number(call.time(kline.start))
            .decimal(kline.open)
            .decimal(kline.high)
            .decimal(kline.low)
            .decimal(kline.close)
            .decimal(kline.volume)
            .number(call.time(end_of(*interval, kline.start)) - 1)
            .decimal(kline.quote_volume)
            .number(static_cast<std::int64_t>(kline.trades))
            .decimal(kline.taker_buy_volume)
            .decimal(kline.taker_buy_quote_volume)
            .text("0")
            .end_array();
    }
    return json.end_array().take();
}

Api::Result Api::average_price(Call& call) {
    const Listing* const listing = TRY(must_listing(call));
    TRY_VOID(call.params.done());
    const auto& trades = listing->log.trades();
    return JsonText{}
        .begin_object()
        .number("mins", std::int64_t{listing->rules.average_minutes})
        .decimal("price", exchange_.average_price(*listing, call.now).value_or(Price{}))
        .number("closeTime", trades.empty() ? 0 : call.time(trades.back().ts))
        .end_object()
        .take();
}

Api::Result Api::ticker_24h(Call& call) {
    constexpr std::array<std::pair<std::string_view, bool>, 2> kTypes{
        {{"FULL", true}, {"MINI", false}}};
    const bool full =
        TRY(call.params.one_of("type", kTypes,
                               Fault{.code = -1139, .message = "Invalid ticker type."}))
            .value_or(true);
    const Chosen chosen = TRY(choose(call));
    return write_chosen(call, chosen, [&](JsonText& json, const Listing& listing) {
        exchange_.roll(listing.instrument.id, call.now);
        const DayStatistics day = listing.log.day(call.now).value_or(
            DayStatistics{.open_ts = call.now - days(1), .close_ts = call.now});
        json.begin_object().text("symbol", listing.symbol);
        if (full) {
            json.decimal("priceChange", Price{(day.last - day.open).raw})
                .text("priceChangePercent", percent_change(day.open, day.last))
                .decimal("weightedAvgPrice", weighted_average(day))
                .decimal("prevClosePrice", day.close_before)
                .decimal("lastPrice", day.last)
                .decimal("lastQty", day.last_qty)
                .decimal("bidPrice", listing.best_bid.value_or(Price{}))
                .decimal("bidQty", listing.best_bid_size)
                .decimal("askPrice", listing.best_ask.value_or(Price{}))
                .decimal("askQty", listing.best_ask_size);
        }
        json.decimal("openPrice", day.open)
            .decimal("highPrice", day.high)
            .decimal("lowPrice", day.low);
        if (!full) json.decimal("lastPrice", day.last);
        json.decimal("volume", day.volume)
            .decimal("quoteVolume", day.quote_volume)
            .number("openTime", call.time(day.open_ts))
            .number("closeTime", call.time(day.close_ts))
            .number("firstId", day.trades == 0 ? -1 : static_cast<std::int64_t>(day.first_trade))
            .number("lastId", day.trades == 0 ? -1 : static_cast<std::int64_t>(day.last_trade))
            .number("count", day.trades)
            .end_object();
    });
}

Api::Result Api::ticker_price(Call& call) {
    const Chosen chosen = TRY(choose(call));
    return write_chosen(call, chosen, [](JsonText& json, const Listing& listing) {
        json.begin_object()
            .text("symbol", listing.symbol)
            .decimal("price", listing.log.last_price().value_or(Price{}))
            .end_object();
    });
}

Api::Result Api::ticker_book(Call& call) {
    const Chosen chosen = TRY(choose(call));
    return write_chosen(call, chosen, [](JsonText& json, const Listing& listing) {
        json.begin_object()
            .text("symbol", listing.symbol)
            .decimal("bidPrice", listing.best_bid.value_or(Price{}))
            .decimal("bidQty", listing.best_bid_size)
            .decimal("askPrice", listing.best_ask.value_or(Price{}))
            .decimal("askQty", listing.best_ask_size)
            .end_object();
    });
}

}  // namespace tradewind::exchange::binance
