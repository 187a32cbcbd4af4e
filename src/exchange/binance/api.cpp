// SPDX-License-Identifier: Apache-2.0
#include "exchange/binance/api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/try.hpp"
#include "exchange/binance/streams.hpp"

namespace tradewind::exchange::binance {
namespace {

/// "Timing security" of the venue's REST document.
constexpr Duration kAheadMax = seconds(1);
constexpr Money kWindowDefault = whole_money(5'000);
constexpr Money kWindowMax = whole_money(60'000);
constexpr std::size_t kWindowPlaces = 3;
constexpr std::size_t kTargetMax = 16'384;
constexpr std::size_t kBodyMax = 65'536;

template <std::int64_t kWeight>
std::int64_t weight(const Params&) {
    return kWeight;
}
std::int64_t depth_weight(const Params& params) {
    const std::string* const limit = params.peek("limit");
    Params copy;
    if (limit != nullptr) copy.add("limit", *limit);
    const auto value = copy.limit(100, 5'000);
    if (!value || *value <= 100) return 5;
    if (*value <= 500) return 25;
    return *value <= 1'000 ? 50 : 250;
}
std::int64_t count_of_symbols(const Params& params) {
    const std::string* const symbols = params.peek("symbols");
    if (symbols == nullptr) return 0;
    return std::count(symbols->begin(), symbols->end(), ',') + 1;
}
std::int64_t ticker_weight(const Params& params) {
    return params.peek("symbol") != nullptr ? 2 : 4;
}
std::int64_t day_weight(const Params& params) {
    if (params.peek("symbol") != nullptr) return 2;
    const std::int64_t symbols = count_of_symbols(params);
    if (symbols == 0 || symbols > 100) return 80;
    return symbols <= 20 ? 2 : 40;
}
std::int64_t open_orders_weight(const Params& params) {
    return params.peek("symbol") != nullptr ? 6 : 80;
}
std::int64_t my_trades_weight(const Params& params) {
    return params.peek("orderId") != nullptr ? 5 : 20;
}
std::int64_t test_weight(const Params& params) {
    return params.peek("computeCommissionRates") != nullptr ? 20 : 1;
}

std::string_view header_of(const Request& request, std::string_view name) {
    const auto same = [](char a, char b) {
        const auto lower = [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        };
        return lower(a) == lower(b);
    };
    for (const Header& header : request.headers) {
        if (header.name.size() == name.size() &&
            std::equal(name.begin(), name.end(), header.name.begin(), same)) {
            return header.value;
        }
    }
    return {};
}

/// The text as it was signed: without its "signature=..." part.
std::string without_signature(std::string_view encoded) {
    std::string out;
    while (!encoded.empty()) {
        const std::size_t end = std::min(encoded.find('&'), encoded.size());
        const std::string_view part = encoded.substr(0, end);
        encoded.remove_prefix(std::min(end + 1, encoded.size()));
        if (part.starts_with("signature=")) continue;
        if (!out.empty()) out += '&';
        out += part;
    }
    return out;
}

Response refuse(const Fault& fault) {
    Response out{.status = fault.status, .headers = {}, .body = body_of(fault)};
    if (fault.retry_after_s > 0) {
        out.headers.emplace_back("Retry-After", std::to_string(fault.retry_after_s));
    }
    return out;
}

}  // namespace

Api::Api(Exchange& exchange, PushSink& sink, const ApiSettings& settings)
    : exchange_(exchange),
      sink_(sink),
      settings_(settings),
      limits_(settings.limits),
      streams_(std::make_unique<Streams>(exchange.listings().size())) {}

Api::~Api() = default;

bool Api::add_key(const ApiKey& key) { return keys_.emplace(key.key, key).second; }

std::span<const Api::Route> Api::routes() {
    using enum Security;
    static constexpr std::array kRoutes{
        Route{"GET", "/api/v3/ping", "ping", none, weight<1>, &Api::ping},
        Route{"GET", "/api/v3/time", "time", none, weight<1>, &Api::time},
        Route{"GET", "/api/v3/exchangeInfo", "exchangeInfo", none, weight<20>, &Api::exchange_info},
        Route{"GET", "/api/v3/depth", "depth", none, depth_weight, &Api::depth},
        Route{"GET", "/api/v3/trades", "trades.recent", none, weight<25>, &Api::trades},
        Route{"GET", "/api/v3/historicalTrades", "trades.historical", none, weight<25>,
              &Api::historical_trades},
        Route{"GET", "/api/v3/aggTrades", "trades.aggregate", none, weight<4>,
              &Api::aggregate_trades},
        Route{"GET", "/api/v3/klines", "klines", none, weight<2>, &Api::klines},
        Route{"GET", "/api/v3/uiKlines", "uiKlines", none, weight<2>, &Api::klines},
        Route{"GET", "/api/v3/avgPrice", "avgPrice", none, weight<2>, &Api::average_price},
        Route{"GET", "/api/v3/ticker/24hr", "ticker.24hr", none, day_weight, &Api::ticker_24h},
        Route{"GET", "/api/v3/ticker/price", "ticker.price", none, ticker_weight,
              &Api::ticker_price},
        Route{"GET", "/api/v3/ticker/bookTicker", "ticker.book", none, ticker_weight,
              &Api::ticker_book},
        Route{"POST", "/api/v3/order", "order.place", trade, weight<1>, &Api::new_order},
        Route{"POST", "/api/v3/order/test", "order.test", trade, test_weight, &Api::test_order},
        Route{"DELETE", "/api/v3/order", "order.cancel", trade, weight<1>, &Api::cancel_order},
        Route{"GET", "/api/v3/order", "order.status", signed_, weight<4>, &Api::query_order},
        Route{"POST", "/api/v3/order/cancelReplace", "order.cancelReplace", trade, weight<1>,
              &Api::cancel_replace},
        Route{"GET", "/api/v3/openOrders", "openOrders.status", signed_, open_orders_weight,
              &Api::open_orders},
        Route{"DELETE", "/api/v3/openOrders", "openOrders.cancelAll", trade, weight<1>,
              &Api::cancel_all},
        Route{"GET", "/api/v3/allOrders", "allOrders", signed_, weight<20>, &Api::all_orders},
        Route{"POST", "/api/v3/orderList/oco", "orderList.place.oco", trade, weight<1>,
              &Api::new_oco},
        Route{"DELETE", "/api/v3/orderList", "orderList.cancel", trade, weight<1>,
              &Api::cancel_list},
        Route{"GET", "/api/v3/orderList", "orderList.status", signed_, weight<4>, &Api::query_list},
        Route{"GET", "/api/v3/openOrderList", "openOrderLists.status", signed_, weight<6>,
              &Api::open_lists},
        Route{"GET", "/api/v3/allOrderList", "allOrderLists", signed_, weight<20>, &Api::all_lists},
        Route{"GET", "/api/v3/account", "account.status", signed_, weight<20>, &Api::account},
        Route{"GET", "/api/v3/myTrades", "myTrades", signed_, my_trades_weight, &Api::my_trades},
        Route{"GET", "/api/v3/rateLimit/order", "account.rateLimits.orders", signed_, weight<40>,
              &Api::order_counts},
        Route{"GET", "/api/v3/account/commission", "account.commission", signed_, weight<20>,
              &Api::commission},
        Route{"POST", "/api/v3/userDataStream", "", key, weight<2>, &Api::start_user_stream},
        Route{"PUT", "/api/v3/userDataStream", "", key, weight<2>, &Api::keep_user_stream},
        Route{"DELETE", "/api/v3/userDataStream", "", key, weight<2>, &Api::close_user_stream},
        Route{"GET", "/sapi/v1/capital/config/getall", "", signed_, weight<10>, &Api::all_coins},
        Route{"GET", "/sapi/v1/asset/tradeFee", "", signed_, weight<1>, &Api::trade_fees},
        Route{"GET", "/sapi/v1/margin/allPairs", "", signed_, weight<1>, &Api::margin_pairs},
        Route{"GET", "/sapi/v1/margin/isolated/allPairs", "", signed_, weight<10>,
              &Api::margin_pairs},
    };
    return kRoutes;
}

Response Api::handle(const Request& request, Timestamp now) {
    advance(now);
    if (request.target.size() > kTargetMax || request.body.size() > kBodyMax) {
        return refuse({.code = -1100, .message = "Request too long.", .status = 413});
    }
    const std::size_t mark = std::min(request.target.find('?'), request.target.size());
    const std::string_view path = request.target.substr(0, mark);
    const std::string_view query = request.target.substr(std::min(mark + 1, request.target.size()));
    const auto all = routes();
    const auto at = std::find_if(all.begin(), all.end(), [&](const Route& route) {
        return route.path == path && route.method == request.method;
    });
    if (at != all.end()) {
        Response out = run(*at, request, query);
        publish();
        return out;
    }
    const bool is_path =
        std::any_of(all.begin(), all.end(), [&](const Route& route) { return route.path == path; });
    return refuse({.code = -1020,
                   .message = "This operation is not supported.",
                   .status = is_path ? 405 : 404});
}

Response Api::run(const Route& route, const Request& request, std::string_view query) {
    Call call{.now = now_};
    auto params = Params::parse(query, request.body);
    if (params) call.params = std::move(*params);
    const auto charged = limits_.charge(request.address, route.weight(call.params), now_);
    const std::string used = std::to_string(charged.used);
    const auto finished = [&](Response response) {
        response.headers.emplace_back("Content-Type", "application/json;charset=UTF-8");
        response.headers.emplace_back("X-MBX-USED-WEIGHT", used);
        response.headers.emplace_back("X-MBX-USED-WEIGHT-1M", used);
        return response;
    };
    if (charged.verdict != Limits::Verdict::pass) {
        return finished(refuse(fault_of_limits(charged, settings_.limits, now_)));
    }
    if (!params) return finished(refuse(params.error()));
    const std::string_view unit = header_of(request, "X-MBX-TIME-UNIT");
    call.micros = unit == "MICROSECOND" || unit == "microsecond";
    if (!unit.empty() && !call.micros && unit != "MILLISECOND" && unit != "millisecond") {
        return finished(refuse(
            {.code = -1194,
             .message =
                 "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."}));
    }
    const std::string payload = without_signature(query) + without_signature(request.body);
    if (const auto allowed = authorize(route, call, header_of(request, "X-MBX-APIKEY"), payload);
        !allowed) {
        return finished(refuse(allowed.error()));
    }
    Result result = (this->*route.handler)(call);
    Response out = result ? Response{.status = call.status, .headers = {}, .body = *result}
                          : refuse(result.error());
    for (auto& header : call.headers) out.headers.push_back(std::move(header));
    return finished(std::move(out));
}

std::expected<void, Fault> Api::authorize(const Route& route, Call& call, std::string_view api_key,
                                          std::string_view payload) const {
    if (route.security == Security::none) return {};
    const auto well_formed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    };
    if (api_key.empty() || !std::all_of(api_key.begin(), api_key.end(), well_formed)) {
        return std::unexpected(
            Fault{.code = -2014, .message = "API-key format invalid.", .status = 401});
    }
    const auto at = keys_.find(api_key);
    if (at == keys_.end()) {
        return std::unexpected(Fault{.code = -2015,
                                     .message = "Invalid API-key, IP, or permissions for action.",
                                     .status = 401});
    }
    call.key = &at->second;
    if (route.security == Security::key) return {};
    const std::string signature = TRY(call.params.must_text("signature"));
    TRY_VOID(check_time(call));
    if (!is_signed(payload, signature, *call.key)) {
        return std::unexpected(
            Fault{.code = -1022, .message = "Signature for this request is not valid."});
    }
    if (route.security == Security::trade && !call.key->may_trade) {
        return std::unexpected(Fault{.code = -2015,
                                     .message = "Invalid API-key, IP, or permissions for action.",
                                     .status = 401});
    }
    return {};
}

std::expected<void, Fault> Api::check_time(Call& call) const {
    const Timestamp sent = TRY(must(call.params.instant("timestamp"), "timestamp"));
    const Money window = TRY(call.params.money("recvWindow")).value_or(kWindowDefault);
    if (window > kWindowMax) {
        return std::unexpected(greater_than_allowed("recvWindow", "60000"));
    }
    // The window is in milliseconds, units of 1e-18: nanoseconds are 1e-6 of it.
    const Duration allowed{static_cast<std::int64_t>(window.raw / 1'000'000'000'000)};
    if (window.raw % 1'000'000'000'000'000 != 0) {
        return std::unexpected(too_precise("recvWindow"));
    }
    static_assert(kWindowPlaces == 3);
    if (sent >= call.now + kAheadMax) {
        return std::unexpected(
            Fault{.code = -1021,
                  .message = "Timestamp for this request was 1000ms ahead of the server's time."});
    }
    if (call.now - sent > allowed) {
        return std::unexpected(Fault{
            .code = -1021, .message = "Timestamp for this request is outside of the recvWindow."});
    }
    return {};
}

Fault Api::fault_of_limits(const Limits::Answer& answer, const LimitSettings& settings,
                           Timestamp now) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    Fault out{.code = -1003};
    out.retry_after_s = static_cast<int>((answer.until.ns - now.ns + kSecond - 1) / kSecond);
    if (answer.verdict == Limits::Verdict::banned) {
        out.status = 418;
        out.message = fmt::format(
            "Way too much request weight used; IP banned until {}. Please use WebSocket Streams "
            "for live updates to avoid bans.",
            answer.until.ns / 1'000'000);
    } else {
        out.status = 429;
        out.message = fmt::format(
            "Too much request weight used; current limit is {} request weight per 1 MINUTE. Please "
            "use WebSocket Streams for live updates to avoid polling the API.",
            settings.weight_a_minute);
    }
    return out;
}

std::expected<void, Fault> Api::count_orders(Call& call, std::int64_t count) {
    const Duration window = limits_.exceeded(call.account(), count, call.now);
    if (window.ns > 0) {
        constexpr std::int64_t kSecond = 1'000'000'000;
        const bool day = window >= days(1);
        Fault fault{.code = -1015,
                    .message = fmt::format(
                        "Too many new orders; current limit is {} orders per {}.",
                        day ? settings_.limits.orders_a_day : settings_.limits.orders_in_10_s,
                        day ? "DAY" : "10 SECOND"),
                    .status = 429};
        const std::int64_t left = window.ns - call.now.ns % window.ns;
        fault.retry_after_s = static_cast<int>((left + kSecond - 1) / kSecond);
        return std::unexpected(std::move(fault));
    }
    limits_.count_orders(call.account(), count, call.now);
    return {};
}

void Api::tell_order_counts(Call& call) const {
    const Limits::Orders orders = limits_.orders(call.account(), call.now);
    call.headers.emplace_back("X-MBX-ORDER-COUNT-10S", std::to_string(orders.in_10_s));
    call.headers.emplace_back("X-MBX-ORDER-COUNT-1D", std::to_string(orders.in_day));
}

}  // namespace tradewind::exchange::binance
