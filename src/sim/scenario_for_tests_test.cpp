// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "domain/event.hpp"
#include "sim/scenario_for_tests.hpp"

namespace tradewind::sim::testing {
namespace {

const Timestamp kStart = *parse_timestamp("2024-01-01T00:00:00Z");

using Words = std::vector<std::string>;
using Done = std::expected<void, std::string>;
template <typename T>
using Read = std::expected<T, std::string>;

Words words_of(const std::string& line) {
    std::istringstream in{line};
    Words out;
    for (std::string word; in >> word;) out.push_back(word);
    return out;
}

std::unexpected<std::string> is_no(std::string_view text, std::string_view what) {
    return std::unexpected(fmt::format("'{}' is not {}", text, what));
}

Read<std::int64_t> number(std::string_view text) {
    const auto value = base::parse_decimal(text);
    if (!value) return is_no(text, "a number");
    return *value;
}

/// The word at a place of a line, where the line has so many.
Read<std::string> word_at(const Words& words, std::size_t place, std::string_view what) {
    if (place < words.size()) return words[place];
    return std::unexpected(fmt::format("ends where {} is due", what));
}

Read<Timestamp> time_of(std::string_view text) {
    const std::size_t colon = text.find(':');
    const std::string_view second = colon == std::string_view::npos ? "0" : text.substr(colon + 1);
    const auto minute = base::parse_decimal(text.substr(0, colon));
    const auto past = base::parse_decimal(second);
    if (!minute || !past || *minute % base::kDecimalOne != 0) {
        return is_no(text, "a time: minutes or minutes:seconds");
    }
    return kStart + minutes(*minute / base::kDecimalOne) + nanoseconds(*past);
}

std::string to_text(Timestamp t) {
    const std::int64_t ns = (t - kStart).ns;
    const std::int64_t rest = ns % minutes(1).ns;
    const std::string head = fmt::format("{}:{:02}", ns / minutes(1).ns, rest / seconds(1).ns);
    const std::int64_t below = rest % seconds(1).ns;
    return below == 0 ? head : head + fmt::format(".{:09}", below);
}

class Builder {
public:
    explicit Builder(const Scenario& scenario) : settings_(scenario.settings) {
        Instrument instrument;
        instrument.symbol = "AAA.SIM";
        instrument.quote = instrument.settlement = kUsd;
        instrument.calendar = scenario.calendar;
        if (scenario.instrument) scenario.instrument(instrument);
        ASSERT(table_.add(instrument).has_value());
        if (settings_.deposits.empty()) {
            settings_.deposits.push_back({.currency = kUsd, .amount = whole_money(1'000'000)});
        }
    }

    [[nodiscard]] Done build(const Scenario& scenario) {
        TRY_VOID(each_line(scenario.market, [&](const Words& words) { return add_row(words); }));
        for (auto& [key, columns] : columns_) {
            const bool is_inner = inner_.contains(key);
            (is_inner ? settings_.finer : settings_.series).push_back(key);
            history_.add_series(key, std::move(columns));
        }
        return each_line(scenario.orders, [&](const Words& words) { return add_command(words); });
    }

    [[nodiscard]] Outcome play() {
        auto made = World::create(table_, history_, settings_);
        if (!made) return {.reports = {made.error()}, .events = {}, .counts = {}, .finer = {}};
        World& world = **made;
        Outcome out;
        Event event;
        Timestamp last = kTimestampMin;
        std::size_t sent = 0;
        while (world.next(event) == ports::EventSource::Next::event) {
            ASSERT(event.ts >= last);
            last = event.ts;
            out.events.push_back(to_text(event.ts) + " " + std::string(kind_name(event.payload)));
            if (const auto* order = std::get_if<OrderEvent>(&event.payload)) {
                out.reports.push_back(describe(event, *order));
                continue;
            }
            if (std::string news = describe_account(event); !news.empty()) {
                out.reports.push_back(std::move(news));
            }
            const bool is_time = instrument_of(event.payload).has_value() ||
                                 std::holds_alternative<CashFlow>(event.payload);
            for (; is_time && sent < commands_.size() && commands_[sent].first <= event.ts;
                 ++sent) {
                world.send(commands_[sent].second, event.ts);
            }
        }
        out.counts = world.counts();
        out.finer.assign(world.finer().begin(), world.finer().end());
        return out;
    }

private:
    template <typename Take>
    static Done each_line(std::string_view text, const Take& take) {
        for (const Line& line : numbered_lines_of(text)) {
            const Done done = take(words_of(line.text));
            if (!done) return std::unexpected(fmt::format("{}: {}", line.number, done.error()));
        }
        return {};
    }

    /// What the account hears beside its orders' reports; empty for other events.
    static std::string describe_account(const Event& event) {
        const std::string at = to_text(event.ts);
        if (const auto* call = std::get_if<MarginCall>(&event.payload)) {
            const std::string whose =
                call->strategy && call->leg
                    ? fmt::format(" for {} {}", call->strategy->value, to_string(*call->leg))
                    : std::string{};
            return fmt::format("{} margin_call {} of {}{}", at, to_string(call->equity),
                               to_string(call->required), whose);
        }
        if (const auto* closed = std::get_if<Liquidation>(&event.payload)) {
            const Fill& fill = closed->fill;
            std::string text = fmt::format("{} liquidation {} {}@{}", at, to_string(fill.side),
                                           to_string(fill.qty), to_string(fill.price));
            if (closed->strategy) text += fmt::format(" of {}", closed->strategy->value);
            if (fill.leg) text += fmt::format(" {}", to_string(*fill.leg));
            if (fill.basis.reference != fill.price) {
                text += " from " + to_string(fill.basis.reference);
            }
            if (fill.fee.raw != 0) text += " fee " + to_string(fill.fee);
            return fill.basis.ambiguous ? text + " ambiguous" : text;
        }
        const auto* flow = std::get_if<CashFlow>(&event.payload);
        if (flow == nullptr || flow->reason == CashReason::deposit) return {};
        return fmt::format("{} {} {} {}", at, to_string(flow->reason), to_string(flow->amount),
                           to_string(flow->currency));
    }

    static std::string name_of(OrderId id) {
        if (id.strategy().value == 0) return fmt::format("{}", id.sequence());
        return fmt::format("{}/{}", id.strategy().value, id.sequence());
    }

    static std::string describe(const Event& event, const OrderEvent& order) {
        std::string text =
            fmt::format("{} {} {}", to_text(event.ts), name_of(order.order), to_string(order.kind));
        if (const auto* fill = std::get_if<Fill>(&order.detail)) {
            text += fmt::format(" {}@{} {}", to_string(fill->qty), to_string(fill->price),
                                to_string(fill->liquidity));
            if (fill->leg) text += fmt::format(" {}", to_string(*fill->leg));
            if (fill->basis.reference != fill->price) {
                text += " from " + to_string(fill->basis.reference);
            }
            if (fill->fee.raw != 0) text += " fee " + to_string(fill->fee);
            if (fill->basis.ambiguous) text += " ambiguous";
        } else if (const auto* reason = std::get_if<VenueReason>(&order.detail)) {
            text += fmt::format(" {}", to_string(*reason));
        } else if (const auto* terms = std::get_if<OrderTerms>(&order.detail)) {
            text += " qty=" + to_string(terms->qty);
            if (terms->limit_price) text += " limit=" + to_string(*terms->limit_price);
            if (terms->trigger_price) text += " trigger=" + to_string(*terms->trigger_price);
        }
        return text;
    }

    static ports::SeriesKey key_of(ports::SeriesKind kind, const BarSpec& spec = {}) {
        return {.symbol = "AAA.SIM", .kind = kind, .spec = spec};
    }
    ports::Columns& series(ports::SeriesKind kind, const BarSpec& spec = {}) {
        return columns_.try_emplace(key_of(kind, spec), ports::Columns::widest(kind)).first->second;
    }

    void put(ports::Columns& out, Timestamp at, const std::vector<std::int64_t>& cells) {
        out.columns[0].push_back(at.ns);
        for (std::size_t i = 1; i < out.columns.size(); ++i) {
            out.columns[i].push_back(i - 1 < cells.size() ? cells[i - 1] : 0);
        }
    }

    static BarSpec minute_bars(std::string_view kind) {
        const PriceSource source = kind == "bid"   ? PriceSource::bid
                                   : kind == "ask" ? PriceSource::ask
                                                   : PriceSource::last;
        return time_bars(minutes(1), source);
    }

    /// Takes "exch=TIME" off the end.
    static Read<std::int64_t> exchange_time(Words& words) {
        constexpr std::string_view kName = "exch=";
        if (!words.back().starts_with(kName)) return 0;
        const Timestamp at = TRY(time_of(words.back().substr(kName.size())));
        words.pop_back();
        return at.ns;
    }

    /// "bid 99 5 ask 101 7": the rows of one message.
    Done add_levels(const Words& words, Timestamp at, std::int64_t exchange, bool is_snapshot) {
        using C = ports::BookLevelColumns;
        auto& columns = series(ports::SeriesKind::book_level).columns;
        if (words.size() < 5 || (words.size() - 2) % 3 != 0) {
            return std::unexpected("a book needs levels: bid or ask, price, size");
        }
        for (std::size_t i = 2; i < words.size(); i += 3) {
            const bool is_bid = words[i] == "bid";
            if (!is_bid && words[i] != "ask") return is_no(words[i], "bid or ask");
            const bool is_last = i + 3 == words.size();
            std::array<std::int64_t, C::count> row{};
            row[C::ts] = at.ns;
            row[C::ts_exch] = exchange;
            row[C::flags] = (is_snapshot ? ports::BookRowFlags::snapshot : 0) |
                            (is_last ? ports::BookRowFlags::last : 0);
            row[C::side] = static_cast<std::int64_t>(is_bid ? Side::buy : Side::sell);
            row[C::price] = TRY(number(words[i + 1]));
            row[C::size] = TRY(number(words[i + 2]));
            for (std::size_t c = 0; c < row.size(); ++c) columns[c].push_back(row[c]);
        }
        return {};
    }

    /// "add bid 7 99 5": action, side, the order's number, price, size; a message of its own.
    Done add_order_row(const Words& words, Timestamp at, std::int64_t exchange) {
        using C = ports::BookOrderColumns;
        const std::string& action = words[0];
        if (words.size() != 6) {
            return std::unexpected(action + " needs a side, a number, a price and a size");
        }
        const bool is_buy = words[2] == "bid" || words[2] == "buy";
        const auto action_of = [&] {
            if (action == "add") return BookAction::add;
            if (action == "modify") return BookAction::modify;
            return action == "remove" ? BookAction::remove : BookAction::trade;
        };
        std::array<std::int64_t, C::count> row{};
        row[C::ts] = at.ns;
        row[C::ts_exch] = exchange;
        row[C::flags] = ports::BookRowFlags::last;
        row[C::side] = static_cast<std::int64_t>(is_buy ? Side::buy : Side::sell);
        row[C::order] = TRY(number(words[3])) / base::kDecimalOne;
        row[C::price] = TRY(number(words[4]));
        row[C::size] = TRY(number(words[5]));
        row[C::action] = static_cast<std::int64_t>(action_of());
        auto& columns = series(ports::SeriesKind::book_order).columns;
        for (std::size_t c = 0; c < row.size(); ++c) columns[c].push_back(row[c]);
        return {};
    }

    Done add_trade(Words words, Timestamp at, std::int64_t exchange) {
        Aggressor aggressor = Aggressor::unknown;
        if (const auto side = parse_side(words.back())) {
            aggressor = *side == Side::buy ? Aggressor::buyer : Aggressor::seller;
            words.pop_back();
        }
        if (words.size() < 4) return std::unexpected("trade needs a price and a size");
        put(series(ports::SeriesKind::trade), at,
            {TRY(number(words[2])), TRY(number(words[3])), static_cast<std::int64_t>(aggressor),
             exchange});
        return {};
    }

    /// "cross 2310 open 100.5 5000": the print of an auction.
    Done add_auction(const Words& words, Timestamp at) {
        const auto kind = parse_auction_kind(TRY(word_at(words, 2, "open or close")));
        if (!kind) return is_no(words[2], "open or close");
        settings_.auctions.prints.push_back(
            {.at = at,
             .instrument = InstrumentId{0},
             .kind = *kind,
             .price = Price{TRY(number(TRY(word_at(words, 3, "a price"))))},
             .volume = Qty{TRY(number(TRY(word_at(words, 4, "a volume"))))}});
        return {};
    }

    static bool is_order_row(std::string_view kind) {
        return kind == "add" || kind == "modify" || kind == "remove" || kind == "print";
    }

    Done add_row(Words words) {
        const std::string kind = words[0];
        const Timestamp at = TRY(time_of(TRY(word_at(words, 1, "a time"))));
        const std::int64_t exchange = TRY(exchange_time(words));
        if (kind == "book" || kind == "levels") {
            return add_levels(words, at, exchange, kind == "book");
        }
        if (kind == "cross") return add_auction(words, at);
        if (is_order_row(kind)) return add_order_row(words, at, exchange);
        if (kind == "trade" || kind == "inner_trade") {
            if (kind == "inner_trade") inner_.insert(key_of(ports::SeriesKind::trade));
            return add_trade(words, at, exchange);
        }
        std::vector<std::int64_t> cells;
        for (std::size_t i = 2; i < words.size(); ++i) cells.push_back(TRY(number(words[i])));
        const auto needs = [&](std::size_t count, std::string_view what) -> Done {
            if (cells.size() >= count) return {};
            return std::unexpected(fmt::format("{} needs {}", kind, what));
        };
        const auto action = [&](CorporateActionKind what,
                                const std::vector<std::int64_t>& rest) -> Done {
            std::vector<std::int64_t> all{static_cast<std::int64_t>(what)};
            all.insert(all.end(), rest.begin(), rest.end());
            put(series(ports::SeriesKind::corporate_action), at, all);
            return {};
        };
        if (kind == "bar" || kind == "bid" || kind == "ask") {
            TRY_VOID(needs(4, "open, high, low and close"));
            put(series(ports::SeriesKind::bar, minute_bars(kind)), at, cells);
        } else if (kind == "inner") {
            TRY_VOID(needs(4, "open, high, low and close"));
            const BarSpec spec = time_bars(seconds(15));
            inner_.insert(key_of(ports::SeriesKind::bar, spec));
            put(series(ports::SeriesKind::bar, spec), at, cells);
        } else if (kind == "quote") {
            TRY_VOID(needs(4, "bid, ask, bid size and ask size"));
            put(series(ports::SeriesKind::quote), at, cells);
        } else if (kind == "split") {
            TRY_VOID(needs(2, "new and old shares"));
            return action(CorporateActionKind::split,
                          {cells[0] / base::kDecimalOne, cells[1] / base::kDecimalOne, 0});
        } else if (kind == "dividend") {
            TRY_VOID(needs(1, "an amount a share"));
            return action(CorporateActionKind::cash_dividend, {1, 1, cells[0]});
        } else if (kind == "funding") {
            TRY_VOID(needs(1, "a rate"));
            put(series(ports::SeriesKind::funding), at, {cells[0]});
        } else if (kind == "delist") {
            TRY_VOID(needs(1, "an amount a share"));
            return action(CorporateActionKind::delisting, {1, 1, cells[0]});
        } else if (kind == "halt" || kind == "resume" || parse_market_state(kind)) {
            const MarketState state = kind == "halt"     ? MarketState::halted
                                      : kind == "resume" ? MarketState::open
                                                         : *parse_market_state(kind);
            settings_.statuses.push_back(
                {.at = at, .status = {.instrument = InstrumentId{0}, .state = state}});
        } else {
            return is_no(
                kind,
                "a row: bar, bid, ask, inner, inner_trade, quote, trade, book, levels, "
                "add, modify, remove, print, cross, split, dividend, funding, delist, halt, "
                "resume or a status");
        }
        return {};
    }

    /// "3", or "1/3": the third of strategy 1.
    static Read<OrderId> id_of(std::string_view text) {
        const std::size_t slash = text.find('/');
        const bool is_first = slash == std::string_view::npos;
        const std::int64_t strategy =
            is_first ? 0 : TRY(number(text.substr(0, slash))) / base::kDecimalOne;
        const std::int64_t value = TRY(number(text.substr(is_first ? 0 : slash + 1)));
        if (value <= 0 || value % base::kDecimalOne != 0 || strategy < 0 || strategy > UINT16_MAX) {
            return is_no(text, "an order's number");
        }
        return OrderId::of(StrategyId{static_cast<std::uint16_t>(strategy)},
                           static_cast<std::uint64_t>(value / base::kDecimalOne));
    }

    static Read<Price> price_at(const Words& words, std::size_t place, std::string_view what) {
        return Price{TRY(number(TRY(word_at(words, place, what))))};
    }

    static Read<TrailingOffset> offset_of(std::string text) {
        const auto cut = [&](std::string_view unit) {
            if (!text.ends_with(unit)) return false;
            text.resize(text.size() - unit.size());
            return true;
        };
        OffsetUnit unit = OffsetUnit::price;
        if (cut("bps")) unit = OffsetUnit::basis_points;
        if (cut("ticks")) unit = OffsetUnit::ticks;
        return TrailingOffset{.unit = unit, .value = TRY(number(text))};
    }

    static Done add_option(const std::string& word, OrderIntent& order) {
        const std::size_t equals = word.find('=');
        const std::string name = word.substr(0, equals);
        const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
        OrderSpec& spec = order.spec;
        if (const auto tif = parse_time_in_force(name)) {
            spec.time_in_force = *tif;
            if (*tif == TimeInForce::gtd) spec.expire_at = TRY(time_of(value));
        } else if (name == "post") {
            spec.post_only = true;
        } else if (name == "reduce") {
            spec.reduce_only = true;
        } else if (name == "leg") {
            spec.leg = parse_leg(value);
            if (!spec.leg) return is_no(value, "a leg: long or short");
        } else if (name == "display") {
            spec.display_qty = Qty{TRY(number(value))};
        } else if (name == "start") {
            spec.trigger_price = Price{TRY(number(value))};
        } else if (name == "parent") {
            order.links.parent = TRY(id_of(value));
        } else if (name == "list") {
            order.links.list = TRY(id_of(value));
        } else if (name == "oto") {
            order.links.contingency = Contingency::oto;
        } else if (name == "oco") {
            order.links.contingency = Contingency::oco;
        } else if (name == "ouo") {
            order.links.contingency = Contingency::ouo;
        } else {
            return is_no(
                word,
                "an option: day, gtd=TIME, ioc, fok, at_open, at_close, post, reduce, "
                "leg=long, leg=short, display=N, start=PRICE, parent=N, list=N, oto, oco or ouo");
        }
        return {};
    }

    static Read<OrderIntent> order_of(const Words& words) {
        OrderIntent order;
        OrderSpec& spec = order.spec;
        const auto side = parse_side(words[1]);
        if (!side) return is_no(words[1], "buy, sell, cancel or replace");
        spec.side = *side;
        order.id = TRY(id_of(TRY(word_at(words, 2, "the order's number"))));
        spec.qty = Qty{TRY(number(TRY(word_at(words, 3, "a quantity"))))};
        const std::string type_name = TRY(word_at(words, 4, "an order type"));
        const auto type = parse_order_type(type_name);
        if (!type) return is_no(type_name, "an order type, such as limit or stop_market");
        spec.type = *type;
        std::size_t i = 5;
        if (is_trailing(spec.type)) {
            spec.trailing = TRY(offset_of(TRY(word_at(words, i++, "an offset"))));
            if (has_limit(spec.type)) {
                spec.trailing_limit = TRY(offset_of(TRY(word_at(words, i++, "a limit's offset"))));
            }
        } else {
            if (has_trigger(spec.type)) {
                spec.trigger_price = TRY(price_at(words, i++, "a trigger price"));
            }
            if (has_limit(spec.type)) spec.limit_price = TRY(price_at(words, i++, "a limit price"));
        }
        for (; i < words.size(); ++i) TRY_VOID(add_option(words[i], order));
        return order;
    }

    static Read<OrderChange> change_of(const Words& words) {
        OrderChange change;
        for (std::size_t i = 3; i < words.size(); ++i) {
            const std::size_t equals = words[i].find('=');
            const std::string name = words[i].substr(0, equals);
            if (equals == std::string::npos) return is_no(words[i], "a change, such as qty=50");
            const std::int64_t value = TRY(number(words[i].substr(equals + 1)));
            if (name == "qty") {
                change.qty = Qty{value};
            } else if (name == "limit") {
                change.limit_price = Price{value};
            } else if (name == "trigger") {
                change.trigger_price = Price{value};
            } else {
                return is_no(name, "a term that can be replaced: qty, limit or trigger");
            }
        }
        return change;
    }

    static Read<Command> command_of(const Words& words) {
        if (words[1] != "cancel" && words[1] != "replace") {
            return SubmitOrder{.order = TRY(order_of(words))};
        }
        const OrderId id = TRY(id_of(TRY(word_at(words, 2, "the order's number"))));
        if (words[1] == "cancel") return CancelOrder{.id = id, .instrument = InstrumentId{0}};
        return ReplaceOrder{
            .id = id, .instrument = InstrumentId{0}, .change = TRY(change_of(words))};
    }

    Done add_command(const Words& words) {
        const Timestamp at = TRY(time_of(words[0]));
        TRY(word_at(words, 1, "buy, sell, cancel or replace"));
        commands_.emplace_back(at, TRY(command_of(words)));
        return {};
    }

    WorldSettings settings_;
    InstrumentTable table_;
    MemoryHistory history_;
    std::map<ports::SeriesKey, ports::Columns> columns_;
    std::set<ports::SeriesKey> inner_;  ///< of those: finer data
    std::vector<std::pair<Timestamp, Command>> commands_;
};

}  // namespace

std::vector<Line> numbered_lines_of(std::string_view text) {
    std::vector<Line> out;
    std::istringstream in{std::string{text}};
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        line.resize(std::min(line.size(), line.find('#')));
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first == std::string::npos) continue;
        out.push_back({.number = number,
                       .text = line.substr(first, line.find_last_not_of(" \t\r") - first + 1)});
    }
    return out;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> out;
    for (Line& line : numbered_lines_of(text)) out.push_back(std::move(line.text));
    return out;
}

std::expected<Outcome, std::string> try_play(const Scenario& scenario) {
    Builder builder{scenario};
    TRY_VOID(builder.build(scenario));
    return builder.play();
}

Outcome play(const Scenario& scenario) {
    auto outcome = try_play(scenario);
    ASSERT(outcome.has_value());
    return *std::move(outcome);
}

}  // namespace tradewind::sim::testing
