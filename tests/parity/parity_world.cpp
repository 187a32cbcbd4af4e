// SPDX-License-Identifier: Apache-2.0
// Plays a list of orders on daily bars through the simulated world and prints what the venue
// answered, one line a report: bar,order,kind,qty,price,reason. For test_backtrader_orders.py,
// which compares it with another engine.
//
//     parity_world BARS ORDERS key=value...      keys: mode cash tick fee_rate slip_bps slip_ticks
//     positions
//
// BARS: open,high,low,close,volume a line; bar i is day i. ORDERS, sorted by the bar after which
// they are sent:
// after,action,id,side,qty,type,trigger,limit,trail,trail_unit,trail_limit,tif,gtd_bar,parent,list,contingency
// and, where positions are hedged, strategy,leg,reduce; then what each leg holds is printed at the
// end: position,strategy,leg,qty,average price,profit of what was closed.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/assert.hpp"
#include "portfolio/portfolio.hpp"
#include "sim/memory_history.hpp"
#include "sim/world.hpp"

namespace tradewind {
namespace {

using Row = std::vector<std::string>;

std::vector<Row> rows_of(const char* path) {
    std::ifstream in{path};
    ASSERT(in.good());
    std::vector<Row> out;
    for (std::string line; std::getline(in, line);) {
        Row row;
        std::istringstream cells{line};
        for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
        if (line.ends_with(',')) row.emplace_back();
        out.push_back(std::move(row));
    }
    return out;
}

std::int64_t number(const std::string& text) { return *base::parse_decimal(text); }

std::optional<Price> price_of(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional{Price{number(text)}};
}

enum Column : std::size_t { kStrategy = 16, kLeg, kReduce, kColumns };
constexpr std::size_t kStrategies = 4;

StrategyId strategy_of(const Row& r) {
    const bool is_named = r.size() == kColumns && !r[kStrategy].empty();
    return StrategyId{static_cast<std::uint16_t>(is_named ? std::stoul(r[kStrategy]) : 0)};
}

OrderId id_of(const std::string& text, StrategyId strategy) {
    return OrderId::of(strategy, static_cast<std::uint64_t>(std::stoull(text)));
}

OrderIntent order_of(const Row& r) {
    OrderIntent out;
    OrderSpec& spec = out.spec;
    out.id = id_of(r[2], strategy_of(r));
    spec.side = *parse_side(r[3]);
    spec.qty = Qty{number(r[4])};
    spec.type = *parse_order_type(r[5]);
    spec.trigger_price = price_of(r[6]);
    spec.limit_price = price_of(r[7]);
    const auto unit = r[9] == "bps" ? OffsetUnit::basis_points : OffsetUnit::price;
    if (!r[8].empty()) spec.trailing = TrailingOffset{.unit = unit, .value = number(r[8])};
    if (!r[10].empty()) {
        spec.trailing_limit = TrailingOffset{.unit = OffsetUnit::price, .value = number(r[10])};
    }
    if (!r[11].empty()) spec.time_in_force = *parse_time_in_force(r[11]);
    if (!r[12].empty()) spec.expire_at = Timestamp{} + days(std::stoll(r[12]) + 1);
    if (!r[13].empty()) out.links.parent = id_of(r[13], strategy_of(r));
    if (!r[14].empty()) out.links.list = id_of(r[14], strategy_of(r));
    if (r.size() == kColumns) {
        spec.leg = parse_leg(r[kLeg]);
        spec.reduce_only = r[kReduce] == "1";
    }
    if (r[15] == "oco") out.links.contingency = Contingency::oco;
    if (r[15] == "oto") out.links.contingency = Contingency::oto;
    if (r[15] == "ouo") out.links.contingency = Contingency::ouo;
    return out;
}

Command command_of(const Row& r) {
    if (r[1] == "cancel") {
        return CancelOrder{.id = id_of(r[2], strategy_of(r)), .instrument = InstrumentId{0}};
    }
    return SubmitOrder{.order = order_of(r)};
}

std::string line_of(const Event& event, const OrderEvent& order) {
    const std::int64_t bar = event.ts.ns / days(1).ns - 1;
    std::string qty, price, reason;
    if (const auto* fill = std::get_if<Fill>(&order.detail)) {
        qty = to_string(fill->qty);
        price = to_string(fill->price);
    } else if (const auto* why = std::get_if<VenueReason>(&order.detail)) {
        reason = to_string(*why);
    }
    return fmt::format("{},{},{},{},{},{}", bar, order.order.sequence(), to_string(order.kind), qty,
                       price, reason);
}

void print_legs(const portfolio::Portfolio& books) {
    for (std::uint16_t s = 0; s < kStrategies; ++s) {
        for (const Leg leg : {Leg::long_leg, Leg::short_leg}) {
            const auto& own = books.position(StrategyId{s}, InstrumentId{0}, leg);
            const std::string average = own.is_flat() ? "0" : to_string(divide(own.cost, own.qty));
            fmt::print("position,{},{},{},{},{}\n", s, to_string(leg), to_string(own.qty), average,
                       to_string(own.realised));
        }
    }
}

int run(int argc, char** argv) {
    std::map<std::string, std::string> options{{"mode", "backtrader"}, {"cash", "100000"}};
    for (int i = 3; i < argc; ++i) {
        const std::string word = argv[i];
        options[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
    }
    sim::WorldSettings settings;
    settings.fills = *sim::parse_fill_mode(options.at("mode"));
    settings.account = sim::AccountKind::margin;
    settings.deposits = {{.currency = kUsd, .amount = *parse_money(options.at("cash"))}};
    if (options.contains("slip_bps")) {
        settings.slippage = {.kind = sim::SlippageKind::basis_points,
                             .value = number(options.at("slip_bps"))};
    }
    if (options.contains("slip_ticks")) {
        settings.slippage = {.kind = sim::SlippageKind::ticks,
                             .value = number(options.at("slip_ticks"))};
    }
    if (options.contains("positions")) {
        settings.positions.mode = *parse_position_mode(options.at("positions"));
    }
    Instrument instrument;
    instrument.symbol = "AAA.SIM";
    instrument.quote = instrument.settlement = kUsd;
    instrument.tick = {1'953'125};  // 2^-9: what binary and decimal fractions both have exactly
    if (options.contains("tick")) instrument.tick = {number(options.at("tick"))};
    if (options.contains("fee_rate")) {
        instrument.fees.maker = instrument.fees.taker = Rate{number(options.at("fee_rate"))};
    }
    InstrumentTable table;
    table.add(instrument);

    ports::Columns columns{ports::SeriesKind::bar};
    for (const Row& row : rows_of(argv[1])) {
        const auto day = static_cast<std::int64_t>(columns.rows());
        columns.columns[0].push_back(day * days(1).ns);
        for (std::size_t i = 0; i < row.size(); ++i)
            columns.columns[i + 1].push_back(number(row[i]));
    }
    sim::MemoryHistory history;
    history.add_series(
        {.symbol = "AAA.SIM", .kind = ports::SeriesKind::bar, .spec = time_bars(days(1))},
        std::move(columns));

    const std::vector<Row> orders = rows_of(argv[2]);
    const auto world = *sim::World::create(table, history, settings);
    portfolio::Portfolio books{table,
                               {.kind = portfolio::AccountKind::margin,
                                .strategies = kStrategies,
                                .positions = settings.positions}};
    Event event;
    std::size_t sent = 0;
    while (world->next(event) == ports::EventSource::Next::event) {
        if (const auto* order = std::get_if<OrderEvent>(&event.payload)) {
            fmt::print("{}\n", line_of(event, *order));
            if (const auto* fill = std::get_if<Fill>(&order->detail)) {
                books.apply_fill(order->order.strategy(), order->instrument, *fill);
            }
        } else if (std::holds_alternative<Bar>(event.payload)) {
            const std::int64_t bar = event.ts.ns / days(1).ns - 1;
            for (; sent < orders.size() && std::stoll(orders[sent][0]) <= bar; ++sent) {
                world->send(command_of(orders[sent]), event.ts);
            }
        }
    }
    if (settings.positions.hedges()) print_legs(books);
    return 0;
}

}  // namespace
}  // namespace tradewind

int main(int argc, char** argv) {
    if (argc < 3) {
        fmt::print(stderr, "usage: parity_world BARS ORDERS [key=value...]\n");
        return 2;
    }
    return tradewind::run(argc, argv);
}
