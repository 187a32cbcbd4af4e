// SPDX-License-Identifier: Apache-2.0
// The risk gate: what a review costs with many limits over many positions.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "risk/gate.hpp"
#include "risk/statistics.hpp"

namespace tradewind {
namespace {

constexpr std::size_t kInstruments = 200;
constexpr std::size_t kDays = 500;
constexpr StrategyId kMe{0};

std::vector<risk::Limit> limits_of(const std::vector<std::string>& texts) {
    std::vector<risk::Limit> out;
    for (const std::string& text : texts) out.push_back(risk::parse_limit(text).value());
    return out;
}

/// Fifty limits that meet every order: of everything, of its instrument, its sector, its venue, its
/// strategy, and of itself.
std::vector<std::string> fifty() {
    std::vector<std::string> out;
    for (int i = 0; i < 8; ++i) {
        out.push_back("gross <= " + std::to_string(100'000'000 + i));
        out.push_back("net <= " + std::to_string(100'000'000 + i));
        out.push_back("gross of instrument <= " + std::to_string(100 + i) + "%");
        out.push_back("gross of sector <= " + std::to_string(1000 + i) + "%");
        out.push_back("notional <= " + std::to_string(10'000'000 + i));
        out.push_back("position <= " + std::to_string(1'000'000 + i));
    }
    out.emplace_back("price_band <= 10%");
    out.emplace_back("drawdown <= 90%");
    return out;
}

/// Two hundred positions, each share at 100, in ten sectors.
struct Desk {
    explicit Desk(const std::vector<std::string>& texts)
        : table(shares()),
          market(table),
          orders({.instruments = kInstruments, .strategies = 1}),
          portfolio(table, {.base = kUsd, .kind = portfolio::AccountKind::margin}),
          gate({table, market, orders, portfolio}, settings_of(texts), CalendarKind::always_open,
               1) {
        portfolio.apply(CashFlow{kUsd, whole_money(100'000'000), CashReason::deposit});
        for (const Instrument& one : table.all()) {
            const Price price{100'000'000'000};
            market.apply({}, Trade{.instrument = one.id, .price = price, .size = whole_qty(1)});
            portfolio.mark(one.id, price);
            portfolio.apply_fill(kMe, one.id,
                                 {.price = price,
                                  .qty = whole_qty(100 + one.id.value),
                                  .side = one.id.value % 3 == 0 ? Side::sell : Side::buy,
                                  .fee_currency = kUsd});
        }
    }
    static InstrumentTable shares() {
        InstrumentTable out;
        for (std::size_t i = 0; i < kInstruments; ++i) {
            out.add(default_instrument("S" + std::to_string(i) + ".NYSE").value());
        }
        return out;
    }
    risk::Settings settings_of(const std::vector<std::string>& texts) const {
        risk::Settings out;
        out.limits = limits_of(texts);
        for (std::size_t s = 0; s < 10; ++s) {
            risk::Sector sector{.name = "s" + std::to_string(s), .symbols = {}};
            for (std::size_t i = s; i < kInstruments; i += 10) {
                sector.symbols.push_back("S" + std::to_string(i) + ".NYSE");
            }
            out.sectors.push_back(std::move(sector));
        }
        return out;
    }
    OrderIntent intent(std::size_t i) {
        return {.id = OrderId::of(kMe, ++made),
                .spec = {.instrument = InstrumentId{static_cast<std::uint32_t>(i % kInstruments)},
                         .side = Side::buy,
                         .type = OrderType::limit,
                         .qty = whole_qty(1000),
                         .limit_price = Price{100'000'000'000}}};
    }

    InstrumentTable table;
    market::Market market;
    orders::Orders orders;
    portfolio::Portfolio portfolio;
    risk::Gate gate;
    std::uint64_t made = 0;
};

/// Each order after a price of its instrument, as it comes in a live market.
void review(benchmark::State& state, const std::vector<std::string>& texts) {
    Desk desk{texts};
    std::size_t i = 0;
    std::int64_t price = 100'000'000'000;
    for (auto _ : state) {
        const OrderIntent intent = desk.intent(i);
        price += i % 2 == 0 ? 10'000'000 : -10'000'000;
        desk.portfolio.mark(intent.spec.instrument, {price});
        const auto approved =
            desk.gate.review(intent, Timestamp{static_cast<std::int64_t>(i) * 1'000'000});
        if (!approved) state.SkipWithError("denied");
        benchmark::DoNotOptimize(approved);
        ++i;
    }
    state.SetItemsProcessed(state.iterations());
}
void review_without_limits(benchmark::State& state) { review(state, {}); }
BENCHMARK(review_without_limits);
void review_with_fifty_limits(benchmark::State& state) { review(state, fifty()); }
BENCHMARK(review_with_fifty_limits);

/// What of an order would still pass where it is denied: the search over all limits.
void deny_with_fifty_limits(benchmark::State& state) {
    std::vector<std::string> texts = fifty();
    texts.back() = "gross of strategy <= 1";
    Desk desk{texts};
    std::size_t i = 0;
    for (auto _ : state) {
        const auto approved = desk.gate.review(desk.intent(i++ * 3 + 1), Timestamp{1});
        if (approved) state.SkipWithError("approved");
        benchmark::DoNotOptimize(approved);
    }
}
BENCHMARK(deny_with_fifty_limits);

/// A limit of VaR: the order's incremental VaR over 200 positions and 500 scenarios.
void review_with_var(benchmark::State& state) {
    Desk desk{{"var <= 50%"}};
    risk::Statistics statistics{{desk.table, desk.market, desk.orders, desk.portfolio},
                                {.history = kDays}};
    desk.gate.limits().measure_by(&statistics);
    base::Random random(7);
    std::vector<double> at(kInstruments, 100.0);
    for (std::size_t day = 0; day < kDays + 1; ++day) {
        const Timestamp end{static_cast<std::int64_t>(day + 1) * days(1).ns};
        const double move = 0.01 * random.normal();
        for (std::size_t i = 0; i < kInstruments; ++i) {
            at[i] *= 1 + move + 0.01 * random.normal();
            const Price price = *round_to_tick(at[i], Price{10'000'000}, TickRounding::nearest);
            const InstrumentId id{static_cast<std::uint32_t>(i)};
            desk.market.apply(end, Trade{.instrument = id, .price = price, .size = whole_qty(1)});
            desk.portfolio.mark(id, price);
        }
        statistics.on_day_end(end);
    }
    const Timestamp now{static_cast<std::int64_t>(kDays + 2) * days(1).ns};
    std::size_t i = 0;
    for (auto _ : state) {
        OrderIntent intent = desk.intent(i++);
        intent.spec.type = OrderType::market;
        intent.spec.limit_price.reset();
        const auto approved = desk.gate.review(intent, now);
        if (!approved) state.SkipWithError("denied");
        benchmark::DoNotOptimize(approved);
    }
}
BENCHMARK(review_with_var);

}  // namespace
}  // namespace tradewind
