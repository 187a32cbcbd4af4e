// SPDX-License-Identifier: Apache-2.0
// The account as the venue keeps it and as our books have it: a whole run, whose equity is worked
// out by hand.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/option_text.hpp"
#include "research/backtest.hpp"
#include "signal/strategy.hpp"
#include "sim/memory_history.hpp"
#include "support/must.hpp"
#include "wire/csv.hpp"
#include "wire/text_file.hpp"

namespace tradewind::apps {
namespace {

using ports::SeriesKind;
using test::must;

const Timestamp kStart = *parse_timestamp("2024-01-01T00:00:00Z");

/// Sends a market order in answer to the `at`-th print that it sees.
class BuysOnce final : public signal::Strategy {
public:
    BuysOnce(std::size_t at, Qty qty) : at_(at), qty_(qty) {}
    void on_trade(signal::Context& context, const Trade& trade) override {
        if (++seen_ != at_) return;
        context.target(trade.instrument, qty_);
    }

private:
    std::size_t at_;
    std::size_t seen_ = 0;
    Qty qty_;
};

/// A perpetual's prints and funding.
struct Market {
    InstrumentTable table;
    sim::MemoryHistory history;
    ports::Columns trades{SeriesKind::trade};
    ports::Columns funding{SeriesKind::funding};

    void print(Timestamp at, std::int64_t price_raw) {
        put(trades, {at.ns, price_raw, 1'000'000 * base::kDecimalOne, 0});
    }
    void fund(Timestamp at, std::int64_t rate_raw) { put(funding, {at.ns, rate_raw, 0, 0}); }

    /// Runs the strategy with 10,000 in cash.
    [[nodiscard]] research::BacktestResult run(std::unique_ptr<signal::Strategy> strategy,
                                               sim::WorldSettings world = {}) {
        Instrument of = *default_instrument("XRPUSDT-PERP.BINANCE");
        of.fees = {};
        of.margin = {.initial = {base::kDecimalOne / 10}, .maintenance = {base::kDecimalOne / 20}};
        const InstrumentId id = table.add(of).value();
        history.add_instrument(of);
        history.add_series({.symbol = of.symbol, .kind = SeriesKind::trade, .spec = {}}, trades);
        if (!funding.columns[0].empty()) {
            history.add_series({.symbol = of.symbol, .kind = SeriesKind::funding, .spec = {}},
                               funding);
        }
        world.account = sim::AccountKind::margin;
        world.deposits = {{.currency = of.quote, .amount = whole_money(10'000)}};
        std::vector<engine::StrategySlot> slots;
        slots.push_back({.name = "buys-once",
                         .strategy = std::move(strategy),
                         .instruments = {id},
                         .bars = std::nullopt});
        return must(research::run_backtest(
            {.instruments = table,
             .history = history,
             .world = std::move(world),
             .engine = {.base = of.quote, .account = portfolio::AccountKind::margin},
             .strategies = std::move(slots)}));
    }

private:
    static void put(ports::Columns& out, const std::vector<std::int64_t>& cells) {
        for (std::size_t i = 0; i < out.columns.size(); ++i) out.columns[i].push_back(cells.at(i));
    }
};

constexpr std::int64_t kHundred = 100 * base::kDecimalOne;

std::string final_equity(const research::BacktestResult& result) {
    EXPECT_EQ(result.anomalies, 0U);
    return result.final_equity ? to_string(*result.final_equity) : "unknown";
}

// --- funding ------------------------------------------------------------------------------------

/// Prints every second; funding of 0.1 % at 10 s; an order in answer to the print at `second`.
research::BacktestResult funded(std::size_t second, sim::Latencies latencies = {}) {
    Market market;
    for (std::int64_t s = 1; s <= 20; ++s) market.print(kStart + seconds(s), kHundred);
    market.fund(kStart + seconds(10), base::kDecimalOne / 1000);
    sim::WorldSettings world;
    world.latencies = std::move(latencies);
    return market.run(std::make_unique<BuysOnce>(second, whole_qty(10)), std::move(world));
}

/// SEMANTICS, scenario 20: at the boundary flat becomes long. 10 x 100 x 0.001 = 1.
TEST(Funding, is_paid_by_who_holds_at_its_instant_and_not_by_who_buys_in_it) {
    EXPECT_EQ(final_equity(funded(8)), "9999");   // filled at 9 s
    EXPECT_EQ(final_equity(funded(9)), "10000");  // filled on the print at 10 s, after the funding
    EXPECT_EQ(final_equity(funded(10)), "10000");
}

/// The fill before the boundary is reported after it: we pay all the same, as the venue charged.
TEST(Funding, finds_our_position_as_the_venues_stood_however_late_reports_are) {
    const auto late = funded(8, {.report = milliseconds(1500)});
    EXPECT_EQ(final_equity(late), "9999");
    const auto fill_after = funded(9, {.report = milliseconds(1500)});
    EXPECT_EQ(final_equity(fill_after), "10000");
    const auto late_data =
        funded(7, {.report = milliseconds(10), .market_data = milliseconds(1500)});
    EXPECT_EQ(final_equity(late_data), "9999");
}

std::filesystem::path data_folder() {
    const char* named = std::getenv("TRADEWIND_DATA");
    return named != nullptr ? named : "../shared/data";
}

/// Holding 1,000 units worth 1 each through every recorded rate of Binance costs their sum.
TEST(Funding, of_recorded_weeks_costs_a_holder_the_sum_of_its_rates) {
    const auto path = data_folder() / "crypto/funding/XRPUSDT-PERP.binance.csv.gz";
    if (!std::filesystem::exists(path)) {
        GTEST_SKIP() << "no market data at " << data_folder() << " (TRADEWIND_DATA)";
    }
    auto file = wire::open_text(path.string());
    ASSERT_TRUE(file.has_value());
    auto csv = wire::CsvReader::open(std::move(*file));
    ASSERT_TRUE(csv.has_value());
    wire::CsvFields fields;
    const auto next = [&] {
        const auto more = csv->next(fields);
        return more.has_value() && *more;
    };
    ASSERT_TRUE(next());
    Market market;
    Money sum;
    while (next()) {
        const Timestamp at{whole_number(fields[0]).value()};
        const Rate rate = parse_rate(fields[1]).value();
        if (market.trades.columns[0].empty()) {
            for (int i = 3; i > 0; --i) market.print(at - seconds(i), base::kDecimalOne);
        }
        market.fund(at, rate.raw);
        sum += multiply(whole_money(1000), rate);
    }
    const std::size_t rows = market.funding.columns[0].size();
    ASSERT_GT(rows, 80U);
    market.print(Timestamp{market.funding.columns[0].back()} + seconds(1), base::kDecimalOne);
    const auto result = market.run(std::make_unique<BuysOnce>(1, whole_qty(1000)));
    EXPECT_EQ(final_equity(result), to_string(whole_money(10'000) - sum)) << rows;
}

// --- liquidation --------------------------------------------------------------------------------

/// 900 units at 100 on 10,000: equity 10,000 + 900 (p - 100) against 45 p at p < 80000 / 855, that
/// is 93.567...; the print at 93 closes them with 10,000 - 6,300 - 0.5 % of 83,700.
TEST(Liquidation, leaves_our_books_where_the_venues_are) {
    Market market;
    for (std::int64_t s = 1; s <= 3; ++s) market.print(kStart + seconds(s), kHundred);
    market.print(kStart + seconds(4), 94 * base::kDecimalOne);
    market.print(kStart + seconds(5), 93 * base::kDecimalOne);
    market.print(kStart + seconds(6), 50 * base::kDecimalOne);
    sim::WorldSettings world;
    world.margin = {.liquidates = sim::Liquidates::cross,
                    .liquidation_fee = {base::kDecimalOne / 200}};
    const auto result = market.run(std::make_unique<BuysOnce>(1, whole_qty(900)), world);
    EXPECT_EQ(final_equity(result), "3281.5");
    EXPECT_EQ(result.world.liquidations, 1U);
    EXPECT_EQ(result.world.margin_calls, 1U);
    ASSERT_EQ(result.trades.size(), 1U);
    EXPECT_EQ(result.trades[0].tag.view(), "liquidation");
    EXPECT_TRUE(result.open.empty());
}

}  // namespace
}  // namespace tradewind::apps
