// SPDX-License-Identifier: Apache-2.0
// What holds in every world, whatever the market does and whatever is sent.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "base/random.hpp"
#include "domain/order_status.hpp"
#include "sim/memory_history.hpp"
#include "sim/paper_world.hpp"
#include "sim/venue_order.hpp"
#include "sim/world.hpp"

namespace tradewind::sim {
namespace {

enum class Kind : std::uint8_t { bars, both_sides, quotes, trades, quotes_and_trades };

constexpr std::int64_t kCent = 10'000'000;
constexpr std::size_t kRows = 80;

struct World1 {
    InstrumentTable table;
    MemoryHistory history;
    WorldSettings settings;
};

struct SentCommand {
    std::size_t after = 0;  ///< of the market events
    Command command;
};

/// Everything made from one seed, by our own generator: the same everywhere.
class Maker {
public:
    explicit Maker(std::uint64_t seed) : random_(seed) {}

    std::int64_t from(std::int64_t low, std::int64_t high) {
        return low +
               static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(high - low + 1)));
    }
    bool chance(int percent) { return from(1, 100) <= percent; }

    /// Rows from `changed` on differ from those of the same seed without it.
    void market(World1& world, Kind kind, std::size_t changed = SIZE_MAX) {
        Instrument instrument;
        instrument.symbol = "AAA.SIM";
        instrument.quote = instrument.settlement = kUsd;
        world.table.add(instrument);
        switch (kind) {
            case Kind::bars: bars(world, PriceSource::last, 0, changed); break;
            case Kind::both_sides: {
                const base::Random start = random_;
                bars(world, PriceSource::bid, 0, changed);
                random_ = start;  // the same walk, five cents higher
                bars(world, PriceSource::ask, 5, changed);
                break;
            }
            case Kind::quotes: quotes(world, changed); break;
            case Kind::trades: trades(world, changed); break;
            case Kind::quotes_and_trades:
                quotes(world, changed);
                trades(world, changed);
                break;
        }
    }

    std::vector<SentCommand> commands() {
        std::vector<SentCommand> out;
        std::uint64_t number = 0;
        for (std::size_t after = 0; after < kRows; ++after) {
            if (!chance(50)) continue;
            if (number > 0 && chance(20)) {
                out.push_back({after, cancel_or_replace(number)});
                continue;
            }
            if (chance(25)) {
                bracket(out, after, number);
            } else {
                out.push_back({after, SubmitOrder{single(++number)}});
            }
        }
        return out;
    }

    Price price() { return {from(9'000, 11'000) * kCent}; }

private:
    Duration pause() { return seconds(from(1, 59)); }

    void bars(World1& world, PriceSource source, std::int64_t above, std::size_t changed) {
        ports::Columns out{ports::SeriesKind::bar};
        std::int64_t last = 10'000;
        for (std::size_t i = 0; i < kRows; ++i) {
            const std::int64_t shift = i >= changed ? 700 : 0;
            const std::int64_t open = last + from(-60, 60) + shift, close = open + from(-120, 120);
            const std::int64_t high = std::max(open, close) + from(0, 80);
            const std::int64_t low = std::min(open, close) - from(0, 80);
            const std::int64_t volume = chance(10) ? 0 : from(1, 3000);
            const std::int64_t cells[] = {minutes(static_cast<std::int64_t>(i)).ns,
                                          (open + above) * kCent,
                                          (high + above) * kCent,
                                          (low + above) * kCent,
                                          (close + above) * kCent,
                                          volume * base::kDecimalOne};
            for (std::size_t c = 0; c < out.columns.size(); ++c) out.columns[c].push_back(cells[c]);
            last = close - shift;
        }
        world.history.add_series({.symbol = "AAA.SIM",
                                  .kind = ports::SeriesKind::bar,
                                  .spec = time_bars(minutes(1), source)},
                                 std::move(out));
    }

    void quotes(World1& world, std::size_t changed) {
        ports::Columns out{ports::SeriesKind::quote};
        std::int64_t middle = 10'000;
        for (std::size_t i = 0; i < kRows; ++i) {
            if (chance(60)) middle += from(-40, 40);
            const std::int64_t shift = i >= changed ? 700 : 0, half = from(1, 3);
            const std::int64_t cells[] = {
                minutes(static_cast<std::int64_t>(i)).ns, (middle - half + shift) * kCent,
                (middle + half + shift) * kCent, from(1, 60) * base::kDecimalOne,
                from(1, 60) * base::kDecimalOne};
            for (std::size_t c = 0; c < out.columns.size(); ++c) out.columns[c].push_back(cells[c]);
        }
        world.history.add_series(
            {.symbol = "AAA.SIM", .kind = ports::SeriesKind::quote, .spec = {}}, std::move(out));
    }

    void trades(World1& world, std::size_t changed) {
        ports::Columns out{ports::SeriesKind::trade};
        std::int64_t price = 10'000;
        for (std::size_t i = 0; i < kRows; ++i) {
            price += from(-40, 40);
            const std::int64_t shift = i >= changed ? 700 : 0;
            const Timestamp at = Timestamp{} + minutes(static_cast<std::int64_t>(i)) + pause();
            const std::int64_t cells[] = {at.ns, (price + shift) * kCent,
                                          from(1, 300) * base::kDecimalOne, 0};
            for (std::size_t c = 0; c < out.columns.size(); ++c) out.columns[c].push_back(cells[c]);
        }
        world.history.add_series(
            {.symbol = "AAA.SIM", .kind = ports::SeriesKind::trade, .spec = {}}, std::move(out));
    }

    void price_it(OrderSpec& spec, OrderType type) {
        spec.type = type;
        if (is_trailing(type)) {
            spec.trailing =
                TrailingOffset{.unit = OffsetUnit::price, .value = from(20, 200) * kCent};
            if (has_limit(type)) {
                spec.trailing_limit = TrailingOffset{.unit = OffsetUnit::ticks,
                                                     .value = from(0, 50) * base::kDecimalOne};
            }
            return;
        }
        if (has_trigger(type)) spec.trigger_price = price();
        if (has_limit(type)) spec.limit_price = price();
    }

    OrderIntent plain(std::uint64_t number, OrderType type) {
        OrderIntent order;
        order.id = OrderId::of(StrategyId{0}, number);
        order.spec.side = chance(50) ? Side::buy : Side::sell;
        order.spec.qty = whole_qty(from(1, 120));
        price_it(order.spec, type);
        return order;
    }

    OrderIntent single(std::uint64_t number) {
        OrderIntent order = plain(number, static_cast<OrderType>(from(0, 7)));
        OrderSpec& spec = order.spec;
        const auto tif = static_cast<TimeInForce>(from(0, 6));
        const bool at_once =
            tif != TimeInForce::gtc && tif != TimeInForce::day && tif != TimeInForce::gtd;
        if (!(at_once && has_trigger(spec.type))) spec.time_in_force = tif;
        if (spec.time_in_force == TimeInForce::gtd) {
            spec.expire_at = Timestamp{} + minutes(from(1, kRows));
        }
        if (has_limit(spec.type) && !at_once && chance(20)) spec.post_only = true;
        if (has_limit(spec.type) && chance(20))
            spec.display_qty = whole_qty(from(1, spec.qty.raw / base::kDecimalOne));
        if (chance(15)) spec.reduce_only = true;
        return order;
    }

    void bracket(std::vector<SentCommand>& out, std::size_t after, std::uint64_t& number) {
        static constexpr OrderType kEntries[] = {OrderType::market, OrderType::limit,
                                                 OrderType::stop_market};
        OrderIntent entry = plain(++number, kEntries[from(0, 2)]);
        entry.links = {.list = entry.id, .parent = {}, .contingency = Contingency::oto};
        out.push_back({after, SubmitOrder{entry}});
        const auto how = chance(50) ? Contingency::oco : Contingency::ouo;
        for (const OrderType type : {OrderType::stop_market, OrderType::limit}) {
            OrderIntent child = plain(++number, type);
            child.spec.side = opposite(entry.spec.side);
            child.spec.qty = entry.spec.qty;
            child.links = {.list = entry.id, .parent = entry.id, .contingency = how};
            out.push_back({after, SubmitOrder{child}});
        }
    }

    Command cancel_or_replace(std::uint64_t number) {
        const OrderId id = OrderId::of(
            StrategyId{0}, static_cast<std::uint64_t>(from(1, static_cast<std::int64_t>(number))));
        if (chance(50)) return CancelOrder{.id = id, .instrument = InstrumentId{0}};
        OrderChange change;
        if (chance(50)) change.qty = whole_qty(from(1, 120));
        if (chance(50)) change.limit_price = price();
        return ReplaceOrder{.id = id, .instrument = InstrumentId{0}, .change = change};
    }

    base::Random random_;
};

std::vector<Event> run(const World1& made, const std::vector<SentCommand>& commands) {
    const auto world = std::move(*World::create(made.table, made.history, made.settings));
    std::vector<Event> out;
    Event event;
    std::size_t seen = 0, sent = 0;
    while (world->next(event) == ports::EventSource::Next::event) {
        out.push_back(event);
        const bool is_market = std::holds_alternative<Bar>(event.payload) ||
                               std::holds_alternative<Quote>(event.payload) ||
                               std::holds_alternative<Trade>(event.payload);
        if (!is_market) continue;
        for (; sent < commands.size() && commands[sent].after <= seen; ++sent) {
            world->send(commands[sent].command, event.ts);
        }
        ++seen;
    }
    return out;
}

World1 make(std::uint64_t seed, Kind kind, FillMode mode, std::vector<SentCommand>& commands,
            std::size_t changed = SIZE_MAX) {
    World1 out;
    Maker maker{seed};
    maker.market(out, kind, changed);
    commands = Maker{seed + 1}.commands();
    Maker rest{seed + 2};
    out.settings.fills = mode;
    out.settings.account = rest.chance(50) ? AccountKind::cash : AccountKind::margin;
    out.settings.deposits = {
        {.currency = kUsd, .amount = whole_money(rest.chance(50) ? 8'000 : 10'000'000)}};
    if (mode == FillMode::strict && rest.chance(50)) {
        out.settings.latencies = {.insert = milliseconds(rest.from(0, 40'000)),
                                  .replace = milliseconds(rest.from(0, 40'000)),
                                  .cancel = milliseconds(rest.from(0, 40'000)),
                                  .report = milliseconds(rest.from(0, 90'000))};
    }
    if (rest.chance(50)) {
        out.settings.slippage = {.kind = SlippageKind::ticks,
                                 .value = rest.from(0, 9) * base::kDecimalOne};
    }
    return out;
}

rc::Gen<FillMode> any_mode() {
    const auto all = all_fill_modes();
    return rc::gen::elementOf(std::vector<FillMode>(all.begin(), all.end()));
}

/// Whether a limit is never passed. backtrader lets slippage carry a stop-limit beyond its limit on
/// the bar that sets it free; NautilusTrader has what is larger than the size on display pay a tick
/// more, whatever the limit; freqtrade's stop-limits are stops.
bool keeps_limits(FillMode mode, bool slips) {
    switch (mode) {
        case FillMode::strict:
        case FillMode::lean_equity:
        case FillMode::lean_base:
        case FillMode::vectorbt: return true;
        case FillMode::backtrader: return !slips;
        case FillMode::nautilus:
        case FillMode::freqtrade: return false;
    }
    __builtin_unreachable();
}

Kind any_kind(FillMode mode) {
    return mode != FillMode::strict ? *rc::gen::element(Kind::bars, Kind::both_sides)
                                    : *rc::gen::element(Kind::bars, Kind::both_sides, Kind::quotes,
                                                        Kind::trades, Kind::quotes_and_trades);
}

struct Followed {
    OrderSpec spec;
    Timestamp sent;
    OrderStatus status = OrderStatus::submitted;
    Qty filled;
};

/// The orders as an order book on our side would follow them.
std::map<OrderId, Followed> submitted(const std::vector<SentCommand>& commands) {
    std::map<OrderId, Followed> out;
    for (const SentCommand& c : commands) {
        if (const auto* submit = std::get_if<SubmitOrder>(&c.command)) {
            out[submit->order.id].spec = submit->order.spec;
        }
    }
    return out;
}

RC_GTEST_PROP(WorldProperties, orders_live_by_the_table_and_never_fill_more_or_worse_than_told,
              ()) {
    const FillMode mode = *any_mode();
    const Kind kind = any_kind(mode);
    std::vector<SentCommand> commands;
    const World1 world = make(*rc::gen::arbitrary<std::uint64_t>(), kind, mode, commands);
    auto orders = submitted(commands);
    Timestamp last = kTimestampMin;
    std::uint64_t trades = 0;
    for (const Event& event : run(world, commands)) {
        RC_ASSERT(event.ts >= last);
        RC_ASSERT(event.ts_event <= event.ts);
        last = event.ts;
        const auto* report = std::get_if<OrderEvent>(&event.payload);
        if (report == nullptr) continue;
        Followed& order = orders.at(report->order);
        const auto next = transition(order.status, report->kind);
        RC_ASSERT(next.has_value() || report->kind == OrderEventKind::replace_rejected ||
                  report->kind == OrderEventKind::cancel_rejected);
        if (next) order.status = next->next;
        if (const auto* terms = std::get_if<OrderTerms>(&report->detail)) {
            order.spec.qty = terms->qty;
            order.spec.limit_price = terms->limit_price;
        }
        const auto* fill = std::get_if<Fill>(&report->detail);
        if (fill == nullptr) continue;
        RC_ASSERT(fill->trade_number == ++trades);
        RC_ASSERT(fill->qty.raw > 0 && fill->qty.raw % base::kDecimalOne == 0);
        order.filled += fill->qty;
        RC_ASSERT(order.filled <= order.spec.qty);
        RC_ASSERT((order.filled == order.spec.qty) == (report->kind == OrderEventKind::filled));
        const bool is_held = keeps_limits(mode, world.settings.slippage.value != 0);
        const bool is_fixed =
            is_held && has_limit(order.spec.type) && !is_trailing(order.spec.type);
        if (is_fixed)
            RC_ASSERT(at_or_better(order.spec.side, fill->price, *order.spec.limit_price));
        // Slippage costs, it never pays.
        RC_ASSERT(at_or_better(order.spec.side, fill->basis.reference, fill->price));
    }
    for (const auto& [id, order] : orders) {
        RC_ASSERT(is_final(order.status) || order.status == OrderStatus::submitted);
    }
}

RC_GTEST_PROP(WorldProperties, data_that_is_yet_to_come_changes_nothing, ()) {
    const FillMode mode = *any_mode();
    const Kind kind = any_kind(mode);
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    const auto changed = *rc::gen::inRange<std::size_t>(1, kRows);
    std::vector<SentCommand> commands;
    const std::vector<Event> as_it_was = run(make(seed, kind, mode, commands), commands);
    const std::vector<Event> otherwise = run(make(seed, kind, mode, commands, changed), commands);
    const Timestamp then = Timestamp{} + minutes(static_cast<std::int64_t>(changed));
    std::size_t i = 0;
    for (; i < as_it_was.size() && as_it_was[i].ts < then; ++i) {
        RC_ASSERT(i < otherwise.size());
        RC_ASSERT(as_it_was[i] == otherwise[i]);
    }
}

RC_GTEST_PROP(WorldProperties, the_same_world_tells_the_same_twice, ()) {
    const FillMode mode = *any_mode();
    const Kind kind = any_kind(mode);
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    std::vector<SentCommand> commands;
    const World1 world = make(seed, kind, mode, commands);
    const bool same = run(world, commands) == run(world, commands);
    RC_ASSERT(same);
}

bool is_market(const Event& event) {
    return std::holds_alternative<Quote>(event.payload) ||
           std::holds_alternative<Trade>(event.payload);
}

/// Sends what a test has for the facts, and answers reports at once: each fill with an order the
/// other way, and a timer.
class Answers {
public:
    explicit Answers(const std::vector<SentCommand>& commands) : commands_(commands) {}

    void to(const Event& event, ports::Venue& venue) {
        if (const auto* report = std::get_if<OrderEvent>(&event.payload))
            return to(*report, event, venue);
        if (!is_market(event)) return;
        for (; sent_ < commands_.size() && commands_[sent_].after <= seen_; ++sent_) {
            venue.send(commands_[sent_].command, event.ts);
        }
        ++seen_;
    }

private:
    void to(const OrderEvent& report, const Event& event, ports::Venue& venue) {
        const auto* fill = std::get_if<Fill>(&report.detail);
        if (fill == nullptr || report.order.strategy() != StrategyId{0}) return;
        OrderIntent order;
        order.id = OrderId::of(StrategyId{1}, ++answers_);
        order.spec.side = opposite(fill->side);
        order.spec.qty = fill->qty;
        venue.send(SubmitOrder{order}, event.ts);
        venue.send(SetTimer{.timer = {.strategy = StrategyId{1}, .timer = TimerId{answers_}},
                            .at = event.ts + seconds(static_cast<std::int64_t>(answers_ % 7))},
                   event.ts);
    }

    const std::vector<SentCommand>& commands_;
    std::size_t sent_ = 0, seen_ = 0;
    std::uint32_t answers_ = 0;
};

std::vector<Event> run_on_history(const World1& made, const std::vector<SentCommand>& commands) {
    const auto world = std::move(*World::create(made.table, made.history, made.settings));
    Answers answers{commands};
    std::vector<Event> out;
    Event event;
    while (world->next(event) == ports::EventSource::Next::event) {
        out.push_back(event);
        answers.to(event, *world);
    }
    return out;
}

/// The same before a venue that does not know what comes, asked now and then what is due.
std::vector<Event> run_on_paper(const World1& made, Kind kind,
                                const std::vector<SentCommand>& commands, std::uint64_t seed) {
    const PaperMarket market{.instrument = InstrumentId{0},
                             .quotes = kind != Kind::trades,
                             .trades = kind != Kind::quotes};
    const auto paper = std::move(*PaperWorld::create(made.table, made.settings, {&market, 1}));
    Maker clock{seed};
    Answers answers{commands};
    std::vector<Event> out;
    const auto tell = [&](Timestamp until) {
        Event event;
        while (paper->next(until, event)) {
            out.push_back(event);
            answers.to(event, *paper);
        }
    };
    for (const Event& fact : run(made, {})) {
        if (std::holds_alternative<CashFlow>(fact.payload)) paper->begin(fact.ts);
        if (!is_market(fact)) continue;
        if (!out.empty() && clock.chance(50)) {
            const std::int64_t last = out.back().ts.ns;
            tell({last + clock.from(0, std::max<std::int64_t>(0, fact.ts.ns - last - 1))});
        }
        paper->offer(fact);
        tell(fact.ts);
    }
    return out;
}

/// Paper and a backtest over what paper saw agree to the last byte, to the end of the data.
RC_GTEST_PROP(WorldProperties, paper_tells_what_the_same_rows_tell_as_history, ()) {
    const Kind kind = *rc::gen::element(Kind::quotes, Kind::trades, Kind::quotes_and_trades);
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    std::vector<SentCommand> commands;
    const World1 world = make(seed, kind, FillMode::strict, commands);
    std::vector<Event> history = run_on_history(world, commands);
    std::vector<Event> paper = run_on_paper(world, kind, commands, seed + 3);
    // what is due at the very end is told there when the data end
    const auto is_last = [&](const Event& event) { return event.ts >= history.back().ts; };
    std::erase_if(paper, is_last);
    RC_ASSERT(paper.size() <= history.size());
    history.resize(paper.size());
    const auto differs = std::mismatch(paper.begin(), paper.end(), history.begin()).first;
    RC_ASSERT(differs == paper.end());
    std::size_t reports = 0;
    for (const Event& event : paper) reports += is_market(event) ? 0U : 1U;
    RC_CLASSIFY(reports > 20, "more than twenty reports");
}

RC_GTEST_PROP(WorldProperties, orders_change_nothing_in_what_the_market_tells, ()) {
    const FillMode mode = *any_mode();
    const Kind kind = any_kind(mode);
    std::vector<SentCommand> commands;
    const World1 world = make(*rc::gen::arbitrary<std::uint64_t>(), kind, mode, commands);
    const auto market_alone = [](std::vector<Event> events) {
        std::erase_if(events, [](const Event& e) {
            return std::holds_alternative<OrderEvent>(e.payload) ||
                   std::holds_alternative<EndOfData>(e.payload);
        });
        return events;
    };
    const bool same = market_alone(run(world, commands)) == market_alone(run(world, {}));
    RC_ASSERT(same);
}

/// The venue passes over bars that can do nothing to the orders that wait. An order that follows
/// the market, too far away to fill, keeps it from doing so.
RC_GTEST_PROP(WorldProperties, bars_that_are_passed_over_would_have_done_nothing, ()) {
    const Kind kind = *rc::gen::element(Kind::bars, Kind::both_sides);
    std::vector<SentCommand> commands;
    World1 world = make(*rc::gen::arbitrary<std::uint64_t>(), kind, FillMode::strict, commands);
    world.settings.account = AccountKind::margin;  // where the watcher ties up nothing
    OrderIntent watcher;
    watcher.id = OrderId::of(StrategyId{9}, 1);
    watcher.spec.instrument = InstrumentId{0};
    watcher.spec.type = OrderType::trailing_stop_market;
    watcher.spec.qty = whole_qty(1);
    watcher.spec.trailing = TrailingOffset{.unit = OffsetUnit::price, .value = 100'000 * kCent};
    std::vector<SentCommand> watched = commands;
    watched.insert(watched.begin(), {0, SubmitOrder{watcher}});
    const auto without_watcher = [&](std::vector<Event> events) {
        std::erase_if(events, [&](const Event& e) {
            const auto* report = std::get_if<OrderEvent>(&e.payload);
            const bool is_watchers = report != nullptr && report->order == watcher.id;
            return is_watchers || std::holds_alternative<EndOfData>(e.payload);
        });
        return events;
    };
    const bool same = without_watcher(run(world, commands)) == without_watcher(run(world, watched));
    RC_ASSERT(same);
}

RC_GTEST_PROP(WorldProperties, nothing_trades_beyond_a_price_band, ()) {
    const Kind kind = any_kind(FillMode::strict);
    std::vector<SentCommand> commands;
    World1 world = make(*rc::gen::arbitrary<std::uint64_t>(), kind, FillMode::strict, commands);
    world.settings.latencies = {};
    world.settings.price_limits = {*parse_price_limit("*:2%:100")};
    const auto orders = submitted(commands);
    for (const Event& event : run(world, commands)) {
        const auto* report = std::get_if<OrderEvent>(&event.payload);
        if (report == nullptr) continue;
        const auto is_inside = [](Price price) {
            return 9'800 * kCent <= price.raw && price.raw <= 10'200 * kCent;
        };
        const OrderSpec& spec = orders.at(report->order).spec;
        if (const auto* fill = std::get_if<Fill>(&report->detail)) {
            RC_ASSERT(is_inside(fill->price));
            RC_ASSERT(is_inside(fill->basis.reference));
        }
        if (report->kind == OrderEventKind::accepted) {
            const bool is_within = !spec.limit_price || is_inside(*spec.limit_price);
            RC_ASSERT(is_within);  // by itself: in the macro both sides of || are evaluated
        }
        const auto* reason = std::get_if<VenueReason>(&report->detail);
        if (report->kind == OrderEventKind::rejected && reason != nullptr &&
            *reason == VenueReason::price_limit) {
            const bool is_beyond = spec.limit_price && !is_inside(*spec.limit_price);
            RC_ASSERT(is_beyond);
        }
    }
}

/// It keeps its instrument busy, and does nothing else.
RC_GTEST_PROP(WorldProperties, a_price_band_that_nothing_reaches_changes_nothing, ()) {
    const Kind kind = any_kind(FillMode::strict);
    std::vector<SentCommand> commands;
    World1 world = make(*rc::gen::arbitrary<std::uint64_t>(), kind, FillMode::strict, commands);
    const std::vector<Event> without = run(world, commands);
    world.settings.price_limits = {*parse_price_limit("*:90%:last")};
    const bool same = without == run(world, commands);
    RC_ASSERT(same);
}

RC_GTEST_PROP(WorldProperties, nothing_fills_before_it_arrives, ()) {
    const Kind kind = any_kind(FillMode::strict);
    std::vector<SentCommand> commands;
    const World1 world =
        make(*rc::gen::arbitrary<std::uint64_t>(), kind, FillMode::strict, commands);
    const Latencies& latencies = world.settings.latencies;
    std::map<OrderId, Timestamp> accepted;
    for (const Event& event : run(world, commands)) {
        const auto* report = std::get_if<OrderEvent>(&event.payload);
        if (report == nullptr) continue;
        RC_ASSERT(event.ts == event.ts_event + latencies.report.first);
        if (report->kind == OrderEventKind::accepted) accepted[report->order] = event.ts_event;
        if (std::holds_alternative<Fill>(report->detail)) {
            RC_ASSERT(accepted.contains(report->order));
            RC_ASSERT(event.ts_event >= accepted[report->order]);
        }
    }
}

/// What is taken from a level of the book, and what it showed while it stood.
struct Taken {
    std::optional<Price> price;
    Qty last_shown, shown, taken;

    void see(Price at, Qty size, Qty took) {
        if (price != at) {
            price = at;
            shown = size;
            taken = {};
        } else {
            shown += std::max(size - last_shown, Qty{});
        }
        last_shown = size;
        taken += took;
        RC_ASSERT(taken <= shown);
    }
};

RC_GTEST_PROP(WorldProperties, no_size_is_taken_twice, ()) {
    const Kind kind = *rc::gen::element(Kind::bars, Kind::quotes, Kind::trades);
    std::vector<SentCommand> commands;
    World1 world = make(*rc::gen::arbitrary<std::uint64_t>(), kind, FillMode::strict, commands);
    world.settings.latencies = {};
    Qty bought, sold;  // since the last market event: fills are told before what they were made on
    bool seen_volume = false;
    Taken ask, bid;
    for (const Event& event : run(world, commands)) {
        const Qty both = bought + sold;
        if (const auto* report = std::get_if<OrderEvent>(&event.payload)) {
            const auto* fill = std::get_if<Fill>(&report->detail);
            if (fill != nullptr) (fill->side == Side::buy ? bought : sold) += fill->qty;
            continue;
        }
        if (const auto* bar = std::get_if<Bar>(&event.payload)) {
            if (bar->volume.raw > 0) RC_ASSERT(both.raw * 10 <= bar->volume.raw);
            if (bar->volume.raw == 0 && seen_volume) RC_ASSERT(both.raw == 0);
            seen_volume |= bar->volume.raw > 0;
        } else if (const auto* trade = std::get_if<Trade>(&event.payload)) {
            RC_ASSERT(both.raw * 10 <= trade->size.raw);
        } else if (const auto* quote = std::get_if<Quote>(&event.payload)) {
            ask.see(quote->ask, quote->ask_size, bought);
            bid.see(quote->bid, quote->bid_size, sold);
        }
        bought = sold = {};
    }
}

// --- finer data
// ----------------------------------------------------------------------------------

constexpr std::size_t kJoined = 5;  // minutes of a coarse bar

ports::Columns rows_of(const MemoryHistory& history, const ports::SeriesKey& key) {
    ports::Columns out{key.kind};
    const auto reader = std::move(*history.read(key, kTimestampMin, kTimestampMax));
    while (const auto chunk = *reader->next()) out.append(*chunk);
    return out;
}

/// Bars of five minutes out of what there is by the minute: bars, or prints as bars of one price.
/// What tells no volume after others have told some is not counted.
ports::Columns joined(const ports::Columns& finer, bool are_bars) {
    using B = ports::BarColumns;
    using T = ports::TradeColumns;
    ports::Columns out{ports::SeriesKind::bar};
    const std::int64_t span = minutes(kJoined).ns;
    bool tells_volume = false, is_open = false;
    for (std::size_t i = 0; i < finer.rows(); ++i) {
        const auto cell = [&](std::size_t bar, std::size_t print) {
            return finer.columns[are_bars ? bar : print][i];
        };
        const std::int64_t label = cell(B::ts, T::ts) / span * span;
        const std::int64_t volume = cell(B::volume, T::size);
        tells_volume |= volume != 0;
        if (out.rows() == 0 || out.columns[B::ts].back() != label) {
            for (std::size_t c = 0; c < out.columns.size(); ++c) {
                const std::int64_t start[] = {label,
                                              cell(B::close, T::price),
                                              cell(B::close, T::price),
                                              cell(B::close, T::price),
                                              cell(B::close, T::price),
                                              0};
                out.columns[c].push_back(start[c]);
            }
            is_open = false;
        }
        if (volume == 0 && tells_volume) continue;
        const std::int64_t open = cell(B::open, T::price), high = cell(B::high, T::price),
                           low = cell(B::low, T::price);
        if (!is_open) {
            out.columns[B::open].back() = open;
            out.columns[B::high].back() = high;
            out.columns[B::low].back() = low;
        }
        is_open = true;
        out.columns[B::high].back() = std::max(out.columns[B::high].back(), high);
        out.columns[B::low].back() = std::min(out.columns[B::low].back(), low);
        out.columns[B::close].back() = cell(B::close, T::price);
        out.columns[B::volume].back() += volume;
    }
    return out;
}

/// The coarse bars of every series of minutes or prints beside it: the finer series come first.
std::vector<ports::SeriesKey> add_joined(World1& world) {
    std::vector<ports::SeriesKey> finer, out;
    for (const ports::Series& series : world.history.series()) finer.push_back(series.key);
    for (const ports::SeriesKey& key : finer) {
        const bool are_bars = key.kind == ports::SeriesKind::bar;
        const PriceSource source = are_bars ? key.spec.source : PriceSource::last;
        out.push_back({.symbol = key.symbol,
                       .kind = ports::SeriesKind::bar,
                       .spec = time_bars(minutes(kJoined), source)});
        world.history.add_series(out.back(), joined(rows_of(world.history, key), are_bars));
    }
    world.settings.series = out;
    world.settings.finer = finer;
    return out;
}

struct Told {
    std::vector<Event> events;  ///< but what finer data tell
    WorldCounts counts;
    std::vector<FinerUse> finer;
};

/// Commands are sent on coarse bars alone; some fills are answered with another order, which comes
/// inside the bar.
Told run_on_coarse(const World1& made, const std::vector<SentCommand>& commands,
                   Timestamp begins = kTimestampMin) {
    const auto world = std::move(*World::create(made.table, made.history, made.settings));
    Told out;
    Event event;
    std::size_t seen = 0, sent = 0;
    while (world->next(event) == ports::EventSource::Next::event) {
        const auto* bar = std::get_if<Bar>(&event.payload);
        const bool is_coarse = bar != nullptr && bar->spec.step == minutes(kJoined).ns;
        if ((bar != nullptr && !is_coarse) || std::holds_alternative<Trade>(event.payload))
            continue;
        out.events.push_back(event);
        if (const auto* report = std::get_if<OrderEvent>(&event.payload)) {
            const auto* fill = std::get_if<Fill>(&report->detail);
            if (fill == nullptr || report->order.sequence() % 3 != 0) continue;
            OrderIntent answer;
            answer.id = OrderId::of(StrategyId{1}, out.events.size());
            answer.spec.instrument = report->instrument;
            answer.spec.side = opposite(fill->side);
            answer.spec.qty = fill->qty;
            answer.spec.type =
                report->order.sequence() % 2 == 0 ? OrderType::market : OrderType::stop_market;
            if (has_trigger(answer.spec.type)) answer.spec.trigger_price = fill->price;
            world->send(SubmitOrder{answer}, event.ts);
        }
        if (!is_coarse) continue;
        for (;
             event.ts >= begins && sent < commands.size() && commands[sent].after <= seen * kJoined;
             ++sent) {
            world->send(commands[sent].command, event.ts);
        }
        ++seen;
    }
    out.counts = world->counts();
    out.finer.assign(world->finer().begin(), world->finer().end());
    return out;
}

/// What is compared are two ways of playing the same data: the venue meets the finer data, and we
/// are told the coarse bars alone; or both are played, and we listen to the coarse ones alone.
RC_GTEST_PROP(WorldProperties, finer_data_fill_as_if_they_had_been_played, ()) {
    const Kind kind = *rc::gen::element(Kind::bars, Kind::both_sides, Kind::trades);
    std::vector<SentCommand> commands;
    World1 world = make(*rc::gen::arbitrary<std::uint64_t>(), kind, FillMode::strict, commands);
    if (*rc::gen::arbitrary<bool>()) world.settings.latencies = {};
    if (*rc::gen::arbitrary<bool>()) {
        const auto how = *rc::gen::element(Ambiguity::optimistic, Ambiguity::drawn);
        world.settings.ambiguity = {.kind = how, .seed = 7};
    }
    world.settings.latencies.market_data = milliseconds(*rc::gen::element(0, 0, 700, 90'000));
    if (*rc::gen::arbitrary<bool>()) {
        world.settings.account = AccountKind::margin;
        world.settings.margin.liquidates =
            *rc::gen::element(Liquidates::cross, Liquidates::isolated);
        world.settings.deposits[0].amount = whole_money(4'000);
    }
    if (*rc::gen::arbitrary<bool>()) {
        world.settings.price_limits = {*parse_price_limit(
            *rc::gen::element<std::string>("*:3%:100", "*:1%:last", "*:2%:close"))};
    }
    const std::vector<ports::SeriesKey> coarse = add_joined(world);
    Told resolved = run_on_coarse(world, commands);
    World1 played = world;
    played.settings.series = world.settings.finer;
    played.settings.series.insert(played.settings.series.end(), coarse.begin(), coarse.end());
    played.settings.finer.clear();
    Told direct = run_on_coarse(played, commands);

    RC_ASSERT(resolved.finer.size() == coarse.size());
    for (const FinerUse& use : resolved.finer) {
        RC_ASSERT(use.bars > 0U);
        RC_ASSERT(use.resolved == use.bars);
    }
    RC_ASSERT(resolved.events.size() == direct.events.size());
    for (std::size_t i = 0; i < direct.events.size(); ++i) {
        RC_ASSERT(resolved.events[i] == direct.events[i]);
    }
    direct.counts.market_events = resolved.counts.market_events;
    direct.counts.settled_fills = resolved.counts.settled_fills;
    // Five minutes without a trade are one bar without a trade.
    direct.counts.halted_bars = resolved.counts.halted_bars;
    RC_ASSERT(resolved.counts == direct.counts);
    std::size_t fills = 0;
    for (const Event& event : direct.events) {
        const auto* report = std::get_if<OrderEvent>(&event.payload);
        fills += report != nullptr && std::holds_alternative<Fill>(report->detail) ? 1U : 0U;
    }
    RC_CLASSIFY(fills > 0, "with fills");
    RC_CLASSIFY(resolved.counts.settled_fills > 0, "with settled fills");
    RC_CLASSIFY(resolved.counts.liquidations > 0, "with liquidations");
    RC_CLASSIFY(resolved.counts.beyond_limits > 0, "with prices beyond a band");
}

/// The world with coarse bars that contradict their minutes by what they say of the high: those of
/// number `first` to `end`.
World1 contradicted(const World1& world, std::size_t first, std::size_t end) {
    World1 out{.table = world.table, .history = {}, .settings = world.settings};
    for (const ports::SeriesKey& key : world.settings.finer) {
        out.history.add_series(key, rows_of(world.history, key));
    }
    for (const ports::SeriesKey& key : world.settings.series) {
        ports::Columns rows = rows_of(world.history, key);
        for (std::size_t i = first; i < std::min(end, rows.rows()); ++i) {
            rows.columns[ports::BarColumns::high][i] += 2 * kCent;
        }
        out.history.add_series(key, std::move(rows));
    }
    return out;
}

/// Where the finer data are contradicted by every bar, it is as if they were not there.
RC_GTEST_PROP(WorldProperties, finer_data_that_disagree_change_nothing, ()) {
    const Kind kind = *rc::gen::element(Kind::bars, Kind::both_sides, Kind::trades);
    std::vector<SentCommand> commands;
    World1 world = make(*rc::gen::arbitrary<std::uint64_t>(), kind, FillMode::strict, commands);
    add_joined(world);
    World1 other = contradicted(world, 0, SIZE_MAX);
    const Told told = run_on_coarse(other, commands);
    for (const FinerUse& use : told.finer) RC_ASSERT(use.disagreeing == use.bars);
    other.settings.finer.clear();
    const bool same = told.events == run_on_coarse(other, commands).events;
    RC_ASSERT(same);
}

/// The world where something was traded in every minute: the close of one without a trade is not
/// that of its coarse bar.
World1 always_traded(const World1& world) {
    World1 out{.table = world.table, .history = {}, .settings = world.settings};
    for (const ports::Series& series : world.history.series()) {
        ports::Columns rows = rows_of(world.history, series.key);
        for (std::int64_t& volume : rows.columns[ports::BarColumns::volume]) {
            volume = std::max(volume, base::kDecimalOne);
        }
        out.history.add_series(series.key, std::move(rows));
    }
    return out;
}

/// Bars that stand for themselves have no part in what their neighbours do.
RC_GTEST_PROP(WorldProperties, finer_data_fill_their_bars_whatever_stands_beside_them, ()) {
    std::vector<SentCommand> commands;
    World1 world = always_traded(
        make(*rc::gen::arbitrary<std::uint64_t>(), Kind::bars, FillMode::strict, commands));
    add_joined(world);
    const std::size_t bars = kRows / kJoined;
    const auto at = *rc::gen::inRange<std::size_t>(1, bars);
    const Timestamp then = Timestamp{} + minutes(static_cast<std::int64_t>(at * kJoined));

    // Later ones: all is as it was until they open.
    const Told whole = run_on_coarse(world, commands);
    const Told until = run_on_coarse(contradicted(world, at, SIZE_MAX), commands);
    for (std::size_t i = 0; i < whole.events.size() && whole.events[i].ts < then; ++i) {
        RC_ASSERT(i < until.events.size());
        RC_ASSERT(whole.events[i] == until.events[i]);
    }
    // Earlier ones, where nobody trades yet: all is as it will be.
    const Told late = run_on_coarse(world, commands, then);
    const Told from = run_on_coarse(contradicted(world, 0, at), commands, then);
    const auto reports = [](const Told& told) {
        std::vector<Event> out = told.events;
        std::erase_if(
            out, [](const Event& e) { return !std::holds_alternative<OrderEvent>(e.payload); });
        return out;
    };
    const bool same = reports(late) == reports(from);
    RC_ASSERT(same);
    RC_ASSERT(from.counts.settled_fills == late.counts.settled_fills);
}

}  // namespace
}  // namespace tradewind::sim
