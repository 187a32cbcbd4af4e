// SPDX-License-Identifier: Apache-2.0
// Streams: who listens to what, and what they are told ("WebSocket Streams for Binance", "User Data
// Streams for Binance").
#include "exchange/binance/streams.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "exchange/binance/market_json.hpp"
#include "exchange/binance/words.hpp"

namespace tradewind::exchange::binance {
namespace {

constexpr std::size_t kListenKeyParts = 3;
constexpr std::array<std::size_t, 3> kPartialDepths{5, 10, 20};
/// Klines that have closed since the last second, at most.
constexpr std::size_t kClosedKlinesMax = 100;

/// The parameter of a target's query; empty where it is not there.
std::string_view query_value(std::string_view target, std::string_view name) {
    std::size_t at = target.find('?');
    while (at != std::string_view::npos) {
        const std::string_view rest = target.substr(at + 1);
        const std::string_view part = rest.substr(0, rest.find('&'));
        if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=') {
            return part.substr(name.size() + 1);
        }
        at = target.find('&', at + 1);
    }
    return {};
}

std::vector<std::string> split(std::string_view names) {
    std::vector<std::string> out;
    while (!names.empty()) {
        const std::size_t end = std::min(names.find('/'), names.size());
        const auto name = percent_decode(names.substr(0, end));
        if (name && !name->empty()) out.push_back(*name);
        names.remove_prefix(std::min(end + 1, names.size()));
    }
    return out;
}

}  // namespace

std::string lower_case(std::string_view symbol) {
    std::string out{symbol};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

// --- subscriptions ------------------------------------------------------------------------------

void Api::Streams::subscribe(Connection& connection, const std::string& stream) {
    auto& mine = connection.streams;
    if (std::find(mine.begin(), mine.end(), stream) != mine.end()) return;
    mine.push_back(stream);
    subscribers[stream].insert(connection.id);
}

void Api::Streams::unsubscribe(Connection& connection, const std::string& stream) {
    if (std::erase(connection.streams, stream) == 0) return;
    const auto at = subscribers.find(stream);
    at->second.erase(connection.id);
    if (at->second.empty()) subscribers.erase(at);
}

std::string Api::Streams::listen_key(AccountNumber account, Timestamp until, Exchange& exchange) {
    for (auto& [key, listen_key] : keys) {
        if (listen_key.account != account) continue;
        listen_key.until = until;
        return key;
    }
    std::string key;
    for (std::size_t i = 0; i < kListenKeyParts; ++i) key += exchange.make_client_id();
    keys[key] = {.account = account, .until = until};
    return key;
}

bool Api::Streams::keep(std::string_view key, AccountNumber account, Timestamp until) {
    const auto at = keys.find(key);
    if (at == keys.end() || at->second.account != account) return false;
    at->second.until = until;
    return true;
}

bool Api::Streams::drop(std::string_view key, AccountNumber account) {
    const auto at = keys.find(key);
    if (at == keys.end() || at->second.account != account) return false;
    keys.erase(at);
    return true;
}

bool Api::open(ConnectionId id, std::string_view target, std::string_view address, Timestamp now) {
    advance(now);
    if (streams_->connections.contains(id)) return false;
    const std::string_view path = target.substr(0, target.find('?'));
    Connection connection{.id = id, .address = std::string{address}};
    const std::string_view unit = query_value(target, "timeUnit");
    connection.micros = unit == "MICROSECOND" || unit == "microsecond";
    connection.tells_limits = query_value(target, "returnRateLimits") != "false";
    std::vector<std::string> names;
    constexpr std::string_view kRaw = "/ws/";
    if (path == "/ws-api/v3" || path == "/ws-api/v3/") {
        connection.is_api = true;
    } else if (path == "/stream" || path == "/stream/") {
        connection.combined = true;
        names = split(query_value(target, "streams"));
    } else if (path == "/ws" || path.starts_with(kRaw)) {
        if (path.size() > kRaw.size()) names = split(path.substr(kRaw.size()));
    } else {
        return false;
    }
    if (names.size() > kStreamsMax) return false;
    Connection& kept = streams_->connections.emplace(id, std::move(connection)).first->second;
    for (const std::string& name : names) streams_->subscribe(kept, name);
    return true;
}

void Api::close(ConnectionId id) {
    const auto at = streams_->connections.find(id);
    if (at == streams_->connections.end()) return;
    const std::vector<std::string> names = at->second.streams;
    for (const std::string& name : names) streams_->unsubscribe(at->second, name);
    streams_->connections.erase(at);
}

void Api::receive(ConnectionId id, std::string_view text, Timestamp now) {
    advance(now);
    const auto at = streams_->connections.find(id);
    if (at == streams_->connections.end()) return;
    Connection& connection = at->second;
    if (text.size() > kMessageBytesMax) {
        close(id);
        sink_.hang_up(id, "message too long");
        return;
    }
    if (connection.is_api) {
        receive_call(connection, text);
        publish();
        return;
    }
    const std::int64_t second = now_.ns / kSlowTick.ns;
    if (std::exchange(connection.second, second) != second) connection.messages = 0;
    if (++connection.messages > kMessagesASecond) {
        close(id);
        sink_.hang_up(id, "too many messages");
        return;
    }
    receive_control(connection, text);
}

void Api::receive_control(Connection& connection, std::string_view text) {
    using Json = nlohmann::ordered_json;
    const auto refuse = [&](int code, std::string_view message, const Json* id = nullptr) {
        JsonText json;
        json.begin_object().number("code", std::int64_t{code}).text("msg", message);
        if (id != nullptr) {
            json.key("id").raw(id->dump(-1, ' ', false, Json::error_handler_t::replace));
        }
        sink_.push(connection.id, json.end_object().str());
    };
    const Json message = Json::parse(text, nullptr, false);
    if (message.is_discarded()) return refuse(3, "Invalid JSON: expected value at line 1 column 1");
    if (!message.is_object()) return refuse(2, "Invalid request: expected an object");
    const auto id_at = message.find("id");
    constexpr std::size_t kIdMax = 36;
    const bool id_ok =
        id_at == message.end() || id_at->is_null() || id_at->is_number_integer() ||
        (id_at->is_string() && id_at->get_ref<const std::string&>().size() <= kIdMax);
    if (!id_ok) return refuse(2, "Invalid request: request ID must be an unsigned integer");
    const Json id = id_at == message.end() ? Json{} : *id_at;
    const auto method_at = message.find("method");
    if (method_at == message.end() || !method_at->is_string()) {
        return refuse(2, "Invalid request: missing field `method` at line 1 column 1", &id);
    }
    const auto answer = [&](const std::string& result) {
        JsonText json;
        json.begin_object().key("result").raw(result).key("id").raw(
            id.dump(-1, ' ', false, Json::error_handler_t::replace));
        sink_.push(connection.id, json.end_object().str());
    };
    const std::string& method = method_at->get_ref<const std::string&>();
    const auto params_at = message.find("params");
    const Json params = params_at == message.end() ? Json::array() : *params_at;
    if (!params.is_array()) return refuse(2, "Invalid request: params must be an array", &id);
    if (method == "SUBSCRIBE" || method == "UNSUBSCRIBE") {
        for (const Json& name : params) {
            if (!name.is_string() || name.get_ref<const std::string&>().size() > kStreamNameMax) {
                return refuse(2, "Invalid request: stream name must be a string", &id);
            }
        }
        if (method == "SUBSCRIBE" && connection.streams.size() + params.size() > kStreamsMax) {
            return refuse(2, "Invalid request: too many parameters", &id);
        }
        for (const Json& name : params) {
            const auto& stream = name.get_ref<const std::string&>();
            if (method == "SUBSCRIBE") {
                streams_->subscribe(connection, stream);
            } else {
                streams_->unsubscribe(connection, stream);
            }
        }
        return answer("null");
    }
    if (method == "LIST_SUBSCRIPTIONS") {
        JsonText list;
        list.begin_array();
        for (const std::string& stream : connection.streams) list.text(stream);
        return answer(list.end_array().take());
    }
    if (method != "SET_PROPERTY" && method != "GET_PROPERTY") {
        return refuse(2,
                      fmt::format("Invalid request: unknown variant {}, expected one of "
                                  "`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, "
                                  "`SET_PROPERTY`, `GET_PROPERTY` at line 1 column 28",
                                  method),
                      &id);
    }
    if (params.empty() || !params[0].is_string()) {
        return refuse(2, "Invalid request: property name must be a string", &id);
    }
    if (params[0].get_ref<const std::string&>() != "combined") {
        return refuse(0, "Unknown property", &id);
    }
    if (method == "GET_PROPERTY") return answer(connection.combined ? "true" : "false");
    if (params.size() < 2 || !params[1].is_boolean()) {
        return refuse(1, "Invalid value type: expected Boolean", &id);
    }
    connection.combined = params[1].get<bool>();
    answer("null");
}

// --- time ---------------------------------------------------------------------------------------

std::optional<Timestamp> Api::next_due() {
    auto next = exchange_.next_event();
    const auto& tick = streams_->next_tick;
    if (tick && (!next || *tick < *next)) next = tick;
    return next;
}

void Api::advance(Timestamp now) {
    publish();
    if (now < now_) return;
    if (!streams_->next_tick) {
        streams_->next_tick = Timestamp{(now.ns / kFastTick.ns + 1) * kFastTick.ns};
    }
    for (;;) {
        const Timestamp tick_at = *streams_->next_tick;
        const auto event = exchange_.next_event();
        if (event && *event <= now && *event <= tick_at) {
            now_ = std::max(now_, *event);
            exchange_.advance(*event);
            publish();
        } else if (tick_at <= now) {
            now_ = std::max(now_, tick_at);
            *streams_->next_tick = tick_at + kFastTick;
            tick(tick_at);
        } else {
            break;
        }
    }
    now_ = now;
}

void Api::tick(Timestamp at) {
    const bool slow = at.ns % kSlowTick.ns == 0;
    if (!streams_->subscribers.empty()) {
        publish_depth(at, false);
        if (slow) {
            publish_depth(at, true);
            publish_tickers(at);
            publish_klines(at);
        }
    } else {
        // Nobody listens: what changed meanwhile is told to nobody.
        for (Streams::OfListing& of : streams_->of_listing) {
            of.fast = {};
            if (slow) of = {};
        }
    }
    if (slow) end_listen_keys(at);
}

void Api::publish() {
    for (const Happening& happening : exchange_.take_happenings()) {
        std::visit([this](const auto& happened) { on(happened); }, happening);
    }
}

// --- market data --------------------------------------------------------------------------------

void Api::on(const TradeHappened& happened) {
    const Listing& listing = exchange_.listing(happened.instrument);
    streams_->of_listing[happened.instrument.value].ticker = true;
    const PublicTrade& trade = happened.trade;
    streams_->send(sink_, lower_case(listing.symbol) + "@trade", [&](JsonText& json, bool micros) {
        json.begin_object()
            .text("e", "trade")
            .number("E", time_of(now_, micros))
            .text("s", listing.symbol)
            .number("t", trade.id)
            .decimal("p", trade.price)
            .decimal("q", trade.qty)
            .number("T", time_of(trade.ts, micros))
            .boolean("m", trade.buyer_is_maker)
            .boolean("M", true)
            .end_object();
    });
}

void Api::on(const AggregateHappened& happened) {
    const Listing& listing = exchange_.listing(happened.instrument);
    const AggregateTrade& trade = happened.aggregate;
    streams_->send(sink_, lower_case(listing.symbol) + "@aggTrade",
                   [&](JsonText& json, bool micros) {
                       json.begin_object()
                           .text("e", "aggTrade")
                           .number("E", time_of(now_, micros))
                           .text("s", listing.symbol)
                           .number("a", trade.id)
                           .decimal("p", trade.price)
                           .decimal("q", trade.qty)
                           .number("f", trade.first_trade)
                           .number("l", trade.last_trade)
                           .number("T", time_of(trade.ts, micros))
                           .boolean("m", trade.buyer_is_maker)
                           .boolean("M", true)
                           .end_object();
                   });
}

void Api::on(const BookHappened& happened) {
    Streams::OfListing& of = streams_->of_listing[happened.instrument.value];
    for (Streams::Pending* pending : {&of.fast, &of.slow}) {
        if (pending->first_id == 0) pending->first_id = happened.first_id;
        pending->last_id = happened.last_id;
        for (const LevelChange& change : happened.changes) {
            pending->levels[{change.side, Book::key_of(change.side, change.price)}] = change.size;
        }
    }
    of.partial_fast = of.partial_slow = true;
    if (!happened.touch_moved) return;
    of.ticker = true;
    const Listing& listing = exchange_.listing(happened.instrument);
    streams_->send(sink_, lower_case(listing.symbol) + "@bookTicker", [&](JsonText& json, bool) {
        json.begin_object()
            .number("u", happened.last_id)
            .text("s", listing.symbol)
            .decimal("b", listing.best_bid.value_or(Price{}))
            .decimal("B", listing.best_bid_size)
            .decimal("a", listing.best_ask.value_or(Price{}))
            .decimal("A", listing.best_ask_size)
            .end_object();
    });
}

void Api::publish_depth(Timestamp at, bool slow) {
    for (std::size_t i = 0; i < streams_->of_listing.size(); ++i) {
        Streams::OfListing& of = streams_->of_listing[i];
        const Listing& listing = exchange_.listings()[i];
        const std::string symbol = lower_case(listing.symbol);
        Streams::Pending& pending = slow ? of.slow : of.fast;
        if (pending.first_id != 0) {
            const auto write = [&](JsonText& json, bool micros) {
                json.begin_object()
                    .text("e", "depthUpdate")
                    .number("E", time_of(at, micros))
                    .text("s", listing.symbol)
                    .number("U", pending.first_id)
                    .number("u", pending.last_id);
                for (const Side side : {Side::buy, Side::sell}) {
                    json.key(side == Side::buy ? "b" : "a").begin_array();
                    for (const auto& [level, size] : pending.levels) {
                        if (level.first != side) continue;
                        json.begin_array()
                            .decimal(Book::price_of(side, level.second))
                            .decimal(size)
                            .end_array();
                    }
                    json.end_array();
                }
                json.end_object();
            };
            streams_->send(sink_, symbol + (slow ? "@depth" : "@depth@100ms"), write);
            if (slow) streams_->send(sink_, symbol + "@depth@1000ms", write);
            pending = {};
        }
        bool& changed = slow ? of.partial_slow : of.partial_fast;
        if (!std::exchange(changed, false)) continue;
        for (const std::size_t depth : kPartialDepths) {
            const auto write = [&](JsonText& json, bool) {
                json.begin_object()
                    .number("lastUpdateId", listing.book.last_update_id())
                    .key("bids");
                write_levels(json, listing.book.top(Side::buy, depth));
                json.key("asks");
                write_levels(json, listing.book.top(Side::sell, depth));
                json.end_object();
            };
            const std::string name = fmt::format("{}@depth{}", symbol, depth);
            streams_->send(sink_, name + (slow ? "" : "@100ms"), write);
            if (slow) streams_->send(sink_, name + "@1000ms", write);
        }
    }
}

void Api::publish_tickers(Timestamp at) {
    JsonText minis;
    JsonText fulls;
    bool any = false;
    minis.begin_array();
    fulls.begin_array();
    const bool wants_all = streams_->wants("!miniTicker@arr") || streams_->wants("!ticker@arr");
    for (std::size_t i = 0; i < streams_->of_listing.size(); ++i) {
        Streams::OfListing& of = streams_->of_listing[i];
        if (!std::exchange(of.ticker, false)) continue;
        const Listing& listing = exchange_.listings()[i];
        const std::string symbol = lower_case(listing.symbol);
        if (!wants_all && !streams_->wants(symbol + "@ticker") &&
            !streams_->wants(symbol + "@miniTicker")) {
            continue;
        }
        exchange_.roll(listing.instrument.id, at);
        const auto day = listing.log.day(at);
        if (!day) continue;
        any = true;
        const auto write_mini = [&](JsonText& json, bool micros) {
            json.begin_object()
                .text("e", "24hrMiniTicker")
                .number("E", time_of(at, micros))
                .text("s", listing.symbol)
                .decimal("c", day->last)
                .decimal("o", day->open)
                .decimal("h", day->high)
                .decimal("l", day->low)
                .decimal("v", day->volume)
                .decimal("q", day->quote_volume)
                .end_object();
        };
        const auto write_full = [&](JsonText& json, bool micros) {
            json.begin_object()
                .text("e", "24hrTicker")
                .number("E", time_of(at, micros))
                .text("s", listing.symbol)
                .decimal("p", Price{(day->last - day->open).raw})
                .text("P", percent_change(day->open, day->last))
                .decimal("w", weighted_average(*day))
                .decimal("x", day->close_before)
                .decimal("c", day->last)
                .decimal("Q", day->last_qty)
                .decimal("b", listing.best_bid.value_or(Price{}))
                .decimal("B", listing.best_bid_size)
                .decimal("a", listing.best_ask.value_or(Price{}))
                .decimal("A", listing.best_ask_size)
                .decimal("o", day->open)
                .decimal("h", day->high)
                .decimal("l", day->low)
                .decimal("v", day->volume)
                .decimal("q", day->quote_volume)
                .number("O", time_of(day->open_ts, micros))
                .number("C", time_of(day->close_ts, micros))
                .number("F", day->trades == 0 ? -1 : static_cast<std::int64_t>(day->first_trade))
                .number("L", day->trades == 0 ? -1 : static_cast<std::int64_t>(day->last_trade))
                .number("n", day->trades)
                .end_object();
        };
        streams_->send(sink_, symbol + "@miniTicker", write_mini);
        streams_->send(sink_, symbol + "@ticker", write_full);
        write_mini(minis, false);
        write_full(fulls, false);
    }
    if (!any) return;
    minis.end_array();
    fulls.end_array();
    streams_->send(sink_, "!miniTicker@arr", [&](JsonText& json, bool) { json.raw(minis.str()); });
    streams_->send(sink_, "!ticker@arr", [&](JsonText& json, bool) { json.raw(fulls.str()); });
}

void Api::publish_klines(Timestamp at) {
    const bool even_second = at.ns / kSlowTick.ns % 2 == 0;
    for (std::size_t i = 0; i < streams_->of_listing.size(); ++i) {
        const Listing& listing = exchange_.listings()[i];
        const std::string symbol = lower_case(listing.symbol);
        for (std::size_t n = 0; n < kIntervals; ++n) {
            const auto interval = static_cast<Interval>(n);
            auto& sent = streams_->of_listing[i].klines[n];
            const std::string name = fmt::format("{}@kline_{}", symbol, to_string(interval));
            if (!streams_->wants(name)) {
                sent.reset();
                continue;
            }
            exchange_.roll(listing.instrument.id, at);
            const std::deque<Kline>& klines = listing.log.klines(interval);
            if (klines.empty()) continue;
            const auto send = [&](const Kline& kline, bool closed) {
                streams_->send(sink_, name, [&](JsonText& json, bool micros) {
                    const bool any = kline.trades > 0;
                    json.begin_object()
                        .text("e", "kline")
                        .number("E", time_of(at, micros))
                        .text("s", listing.symbol)
                        .key("k")
                        .begin_object()
                        .number("t", time_of(kline.start, micros))
                        .number("T", time_of(end_of(interval, kline.start), micros) - 1)
                        .text("s", listing.symbol)
                        .text("i", to_string(interval))
                        .number("f", any ? static_cast<std::int64_t>(kline.first_trade) : -1)
                        .number("L", any ? static_cast<std::int64_t>(kline.last_trade) : -1)
                        .decimal("o", kline.open)
                        .decimal("c", kline.close)
                        .decimal("h", kline.high)
                        .decimal("l", kline.low)
                        .decimal("v", kline.volume)
                        .number("n", kline.trades)
                        .boolean("x", closed)
                        .decimal("q", kline.quote_volume)
                        .decimal("V", kline.taker_buy_volume)
                        .decimal("Q", kline.taker_buy_quote_volume)
                        .text("B", "0")
                        .end_object()
                        .end_object();
                });
            };
            const Kline& current = klines.back();
            bool any_closed = false;
            if (sent && sent->start < current.start) {
                any_closed = true;
                std::size_t first = klines.size() - 1;
                while (first > 0 && klines[first - 1].start >= sent->start &&
                       klines.size() - first <= kClosedKlinesMax) {
                    --first;
                }
                for (std::size_t k = first; k + 1 < klines.size(); ++k) send(klines[k], true);
            }
            const bool changed = !sent || any_closed || sent->trades != current.trades;
            const bool due = interval == Interval::s1 || even_second || any_closed || !sent;
            if (!changed || !due) continue;
            send(current, false);
            sent = Streams::KlineSent{.start = current.start, .trades = current.trades};
        }
    }
}

// --- user data ----------------------------------------------------------------------------------

void Api::send_user(AccountNumber account, const auto& write) {
    for (const auto& [key, listen_key] : streams_->keys) {
        if (listen_key.account == account) streams_->send(sink_, key, write);
    }
    for (const auto& [id, connection] : streams_->connections) {
        for (const auto& [subscription, owner] : connection.subscriptions) {
            if (owner != account) continue;
            JsonText json;
            json.begin_object().number("subscriptionId", subscription).key("event");
            write(json, connection.micros);
            sink_.push(id, json.end_object().str());
        }
    }
}

void Api::on(const OrderHappened& happened) {
    const Order& order = happened.order;
    const OrderTerms& terms = order.terms;
    const auto& trade = happened.trade;
    if (trade && order.filled == trade->qty) limits_.count_first_fill(terms.account, now_);
    const Listing& listing = listing_of(order);
    const bool canceled = happened.execution == Execution::canceled;
    const Status status = happened.execution == Execution::accepted ? Status::fresh : order.status;
    send_user(terms.account, [&](JsonText& json, bool micros) {
        json.begin_object()
            .text("e", "executionReport")
            .number("E", time_of(now_, micros))
            .text("s", listing.symbol)
            .text("c", canceled ? order.cancel_id : terms.client_id)
            .text("S", word_of(kSides, terms.side))
            .text("o", word_of(kKinds, terms.kind))
            .text("f", time_in_force_of(terms))
            .decimal("q", order.qty)
            .decimal("p", terms.price.value_or(Price{}))
            .decimal("P", terms.stop.value_or(Price{}))
            .decimal("F", terms.iceberg.value_or(Qty{}))
            .number("g", order.list ? static_cast<std::int64_t>(*order.list) : -1)
            .text("C", canceled ? terms.client_id : "")
            .text("x", word_of(kExecutions, happened.execution))
            .text("X", word_of(kStatuses, status))
            .text("r", "NONE")
            .number("i", order.id)
            .decimal("l", trade ? trade->qty : Qty{})
            .decimal("z", order.filled)
            .decimal("L", trade ? trade->price : Price{});
        if (trade) {
            json.decimal("n", trade->fee).text("N", to_string(trade->fee_currency));
        } else {
            json.text("n", "0").key("N").null();
        }
        json.number("T", time_of(order.updated, micros))
            .number("t", trade ? static_cast<std::int64_t>(trade->trade) : std::int64_t{-1});
        if (order.prevented_match) json.number("v", *order.prevented_match);
        json.number("I", happened.execution_id)
            .boolean("w", is_open(status) && order.working_since.has_value())
            .boolean("m", trade && trade->is_maker)
            .boolean("M", false)
            .number("O", time_of(order.created, micros))
            .decimal("Z", order.quote_filled)
            .decimal("Y", trade ? multiply(trade->price, trade->qty) : Money{})
            .decimal("Q", terms.quote_qty.value_or(Money{}));
        if (order.working_since) json.number("W", time_of(*order.working_since, micros));
        json.text("V", word_of(kPreventions, terms.prevention));
        if (terms.trailing_bps) {
            json.number("d", *terms.trailing_bps)
                .number("D", order.trailing_since ? time_of(*order.trailing_since, micros)
                                                  : std::int64_t{-1});
        }
        if (terms.strategy_id) json.number("j", *terms.strategy_id);
        if (terms.strategy_type) json.number("J", *terms.strategy_type);
        if (happened.execution == Execution::prevented) {
            json.decimal("A", order.prevented)
                .decimal("B", happened.prevented_now)
                .number("u", std::int64_t{-1})
                .number("U", happened.counter_order)
                .text("Cs", listing.symbol);
        }
        if (order.expiry != Expiry::none) json.text("eR", word_of(kExpiries, order.expiry));
        json.end_object();
    });
}

void Api::on(const ListHappened& happened) {
    const OrderList& list = happened.list;
    const Listing& listing = exchange_.listing(list.instrument);
    send_user(list.account, [&](JsonText& json, bool micros) {
        json.begin_object()
            .text("e", "listStatus")
            .number("E", time_of(now_, micros))
            .text("s", listing.symbol)
            .number("g", list.id)
            .text("c", "OCO")
            .text("l", list.is_open ? "EXEC_STARTED" : "ALL_DONE")
            .text("L", list.is_open ? "EXECUTING" : "ALL_DONE")
            .text("r", "NONE")
            .text("C", list.client_id)
            .number("T", time_of(list.updated, micros))
            .key("O")
            .begin_array();
        for (const std::uint64_t id : list.orders) {
            const Order* const order = listing.find(id);
            if (order == nullptr) continue;
            json.begin_object()
                .text("s", listing.symbol)
                .number("i", id)
                .text("c", order->terms.client_id)
                .end_object();
        }
        json.end_array().end_object();
    });
}

void Api::on(const BalancesHappened& happened) {
    const Account& account = exchange_.account(happened.account);
    send_user(happened.account, [&](JsonText& json, bool micros) {
        json.begin_object()
            .text("e", "outboundAccountPosition")
            .number("E", time_of(now_, micros))
            .number("u", time_of(account.updated, micros))
            .key("B")
            .begin_array();
        for (const Currency asset : happened.assets) {
            const auto at = account.balances.find(asset);
            const Balance balance = at == account.balances.end() ? Balance{} : at->second;
            json.begin_object()
                .text("a", to_string(asset))
                .decimal("f", balance.free)
                .decimal("l", balance.locked)
                .end_object();
        }
        json.end_array().end_object();
    });
}

void Api::on(const DepositHappened& happened) {
    send_user(happened.account, [&](JsonText& json, bool micros) {
        json.begin_object()
            .text("e", "balanceUpdate")
            .number("E", time_of(now_, micros))
            .text("a", to_string(happened.asset))
            .decimal("d", happened.amount)
            .number("T", time_of(now_, micros))
            .end_object();
    });
}

void Api::end_listen_keys(Timestamp at) {
    for (auto key = streams_->keys.begin(); key != streams_->keys.end();) {
        if (key->second.until > at) {
            ++key;
            continue;
        }
        streams_->send(sink_, key->first, [&](JsonText& json, bool micros) {
            json.begin_object()
                .text("e", "listenKeyExpired")
                .number("E", time_of(at, micros))
                .text("listenKey", key->first)
                .end_object();
        });
        key = streams_->keys.erase(key);
    }
}

}  // namespace tradewind::exchange::binance
