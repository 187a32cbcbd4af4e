// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "signal/registry.hpp"
#include "support/books.hpp"
#include "support/must.hpp"

namespace tradewind::signal {
namespace {

using test::kFirst;
using test::kSecond;
using test::must;

constexpr StrategyId kMe{0};

class NoOrders final : public WorkingOrders {
public:
    void plain(StrategyId, InstrumentId, std::vector<WorkingOrder>& out) const override {
        out.clear();
    }
};

/// Runs one strategy over hand-made bars, a day each; every order is filled at once at the mark.
class Desk {
public:
    Desk(std::string_view name, const std::vector<std::string>& params, std::size_t instruments = 1)
        : params_(must(parse_params(params))), books_(table(instruments)) {
        for (const Instrument& instrument : books_.instruments.all()) {
            traded_.push_back(instrument.id);
        }
        strategy_ = must(make_built_in(name, {books_.instruments, traded_, params_}));
        books_.deposit(whole_money(100'000));
    }

    struct Range {
        double high, low, close;
    };
    /// Units held after a bar of the first instrument.
    double bar(const Range& range) {
        now_ = now_ + days(1);
        bar_of(kFirst, range);
        return to_double(context_.position(kFirst));
    }
    double close(double value) { return bar({value, value, value}); }
    std::vector<double> closes(const std::vector<double>& values) {
        std::vector<double> held;
        for (const double value : values) held.push_back(close(value));
        return held;
    }
    /// Units held of each instrument after a bar of each, and after the timers set for that moment.
    std::vector<double> closes_of_all(const std::vector<double>& values) {
        now_ = now_ + days(1);
        for (std::uint32_t i = 0; i < values.size(); ++i) {
            if (std::isnan(values[i])) continue;  // no bar of it today
            bar_of(InstrumentId{i}, {values[i], values[i], values[i]});
        }
        for (const Timer& timer : std::exchange(timers_, {})) {
            strategy_->on_timer(context_, timer.timer);
            fill_all();
        }
        std::vector<double> held;
        for (const InstrumentId id : traded_) held.push_back(to_double(context_.position(id)));
        return held;
    }
    [[nodiscard]] int orders() const { return orders_; }

private:
    static InstrumentTable table(std::size_t count) {
        InstrumentTable out;
        for (std::size_t i = 0; i < count; ++i) out.add(test::share("S" + std::to_string(i)));
        return out;
    }
    static Price price_of(double value) {
        return *round_to_tick(value, Price{10'000'000}, TickRounding::nearest);
    }
    void bar_of(InstrumentId id, const Range& range) {
        const Bar bar{.instrument = id,
                      .spec = time_bars(days(1)),
                      .open_ts = now_ - days(1),
                      .open = price_of(range.close),
                      .high = price_of(range.high),
                      .low = price_of(range.low),
                      .close = price_of(range.close)};
        books_.market.apply(now_, bar);
        books_.portfolio.mark(id, bar.close);
        context_.begin(now_);
        strategy_->on_bar(context_, bar);
        fill_all();
    }
    void fill_all() {
        while (const Intent* wish = context_.take_next()) {
            if (const auto* timer = std::get_if<TimerIntent>(&*wish)) {
                timers_.push_back(timer->timer);
                EXPECT_EQ(timer->at, now_);
                continue;
            }
            const OrderSpec& spec = std::get<OrderIntent>(*wish).spec;
            EXPECT_EQ(spec.type, OrderType::market);
            books_.fill(kMe, spec.instrument, spec.side, spec.qty,
                        *books_.market.mark(spec.instrument));
            ++orders_;
        }
    }

    Params params_;
    test::Books books_;
    NoOrders no_orders_;
    std::vector<InstrumentId> traded_;
    std::unique_ptr<Strategy> strategy_;
    Context context_{kMe, {books_.instruments, books_.market, books_.portfolio, no_orders_}};
    std::vector<Timer> timers_;
    Timestamp now_{};
    int orders_ = 0;
};

using Held = std::vector<double>;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// --- averages -----------------------------------------------------------------------------------

// Averages of 2 and 4:      -   -   -   10    11.5/10.75  13.5/11.75  12/11.75  9/11.25 ...
const std::vector<double> kHill{10, 10, 10, 10, 13, 14, 10, 8, 8, 8, 8};

TEST(SmaCross, is_long_while_the_fast_average_is_above_and_flat_otherwise) {
    Desk desk{"sma-cross", {"fast=2", "slow=4", "size=100"}};
    EXPECT_EQ(desk.closes(kHill), (Held{0, 0, 0, 0, 100, 100, 100, 0, 0, 0, 0}));
    EXPECT_EQ(desk.orders(), 2);
}

TEST(SmaCross, is_short_below_where_that_is_asked_for) {
    Desk desk{"sma-cross", {"fast=2", "slow=4", "size=100", "short=1"}};
    EXPECT_EQ(desk.closes(kHill), (Held{0, 0, 0, -100, 100, 100, 100, -100, -100, -100, -100}));
    EXPECT_EQ(desk.orders(), 3);
}

TEST(SmaCross, sends_nothing_before_the_slow_average_is_known) {
    Desk desk{"sma-cross", {"fast=1", "slow=5"}};
    EXPECT_EQ(desk.closes({1, 2, 3, 4, 5}), (Held{0, 0, 0, 0, 1}));
}

TEST(SmaCross, sizes_by_share_of_equity_at_the_signal) {
    Desk desk{"sma-cross", {"fast=1", "slow=2", "share=0.5"}};
    // 50,000 at 30 is 1666 shares; the position is not touched while the stance stays.
    EXPECT_EQ(desk.closes({20, 30, 40, 35}), (Held{0, 1666, 1666, 0}));
}

/// Each bar's averages by hand: fast alpha 2/3 from the mean of 2, slow alpha 1/2 from that of 3:
/// 3: 12 / 12 -> flat; 16: 14.67 / 14; 12: 12.89 / 13 -> flat; 13: 12.96 / 13; 16: 14.99 / 14.5.
TEST(EmaCross, is_long_while_the_fast_average_is_above) {
    Desk desk{"ema-cross", {"fast=2", "slow=3", "size=7"}};
    EXPECT_EQ(desk.closes({12, 12, 12, 16, 12, 13, 16}), (Held{0, 0, 0, 7, 0, 0, 7}));
}

// --- RSI ----------------------------------------------------------------------------------------

/// RSI(2) by hand: gains and losses are averaged over 2, then smoothed by half.
/// 10 9 8: 0; 9: gain .5 loss .5 -> 50; 7: .25/1.25 -> 16.7; 12: 2.625/.625 -> 80.8.
TEST(RsiReversion, buys_the_oversold_and_leaves_at_the_exit) {
    Desk desk{"rsi-reversion", {"period=2", "oversold=20", "exit=60", "size=3"}};
    EXPECT_EQ(desk.closes({10, 9, 8, 9, 7, 12, 12}), (Held{0, 0, 3, 3, 3, 0, 0}));
}

TEST(RsiReversion, mirrors_above_the_overbought_where_shorts_are_asked_for) {
    Desk desk{"rsi-reversion",
              {"period=2", "oversold=20", "exit=50", "overbought=80", "size=3", "short=1"}};
    EXPECT_EQ(desk.closes({10, 11, 12, 11, 13, 8}), (Held{0, 0, -3, 0, -3, 3}));
}

TEST(RsiReversion, waits_while_nothing_moves) {
    Desk desk{"rsi-reversion", {"period=2"}};
    EXPECT_EQ(desk.closes({10, 10, 10, 10, 10}), (Held{0, 0, 0, 0, 0}));
}

// --- Donchian -----------------------------------------------------------------------------------

TEST(DonchianBreakout, enters_above_the_bars_before_and_leaves_under_them) {
    Desk desk{"donchian-breakout", {"entry=3", "exit=2", "size=5"}};
    EXPECT_EQ(desk.bar({11, 9, 10}), 0);
    EXPECT_EQ(desk.bar({12, 9, 11}), 0);
    EXPECT_EQ(desk.bar({11, 8, 10}), 0);
    EXPECT_EQ(desk.bar({13, 9, 12}), 0);   // at the high of 12, not above; its own high counts not
    EXPECT_EQ(desk.bar({14, 11, 14}), 5);  // above 13
    EXPECT_EQ(desk.bar({14, 9, 9}), 5);    // at the low of the two before (9 and 11), not under
    EXPECT_EQ(desk.bar({10, 8, 8.5}), 0);  // under 9
}

TEST(DonchianBreakout, turns_around_where_shorts_are_asked_for) {
    Desk desk{"donchian-breakout", {"entry=2", "exit=1", "size=5", "short=1"}};
    EXPECT_EQ(desk.closes({10, 10, 9, 8, 8.5, 12}), (Held{0, 0, -5, -5, 0, 5}));
}

// --- momentum -----------------------------------------------------------------------------------

TEST(Momentum, holds_the_best_in_equal_parts) {
    Desk desk{"momentum", {"lookback=1", "skip=0", "every=1", "top=1", "gross=1"}, 3};
    EXPECT_EQ(desk.closes_of_all({10, 10, 10}), (Held{0, 0, 0}));
    EXPECT_EQ(desk.closes_of_all({10, 20, 12}), (Held{0, 5000, 0}));
    // The leader goes on; what it made is put to work at the next rebalancing: 150,000 at 30.
    EXPECT_EQ(desk.closes_of_all({10, 30, 12}), (Held{0, 5000, 0}));
    EXPECT_EQ(desk.closes_of_all({10, 20, 24}), (Held{0, 0, 4166}));
}

TEST(Momentum, leaves_the_latest_bars_out_where_told_to_skip) {
    Desk desk{"momentum", {"lookback=1", "skip=1", "every=1", "top=1", "gross=1"}, 2};
    desk.closes_of_all({10, 10});
    desk.closes_of_all({20, 10});
    EXPECT_EQ(desk.closes_of_all({10, 40}), (Held{10'000, 0}));  // ranks 10->20 before 10->10
}

TEST(Momentum, rebalances_every_so_many_bars) {
    Desk desk{"momentum", {"lookback=1", "skip=0", "every=2", "top=1", "gross=1"}, 2};
    desk.closes_of_all({10, 10});                              // 0: ranks, knows nothing yet
    EXPECT_EQ(desk.closes_of_all({20, 10}), (Held{0, 0}));     // 1: does not rank
    EXPECT_EQ(desk.closes_of_all({20, 20}), (Held{0, 5000}));  // 2: ranks
    EXPECT_EQ(desk.closes_of_all({40, 20}), (Held{0, 5000}));  // 3
}

TEST(Momentum, passes_over_what_has_no_bar_now) {
    Desk desk{"momentum", {"lookback=1", "skip=0", "every=1", "top=1", "gross=1"}, 2};
    desk.closes_of_all({10, 10});
    desk.closes_of_all({11, 20});
    EXPECT_EQ(desk.closes_of_all({12, kNone}), (Held{8333, 0}));
}

TEST(Momentum, stays_out_of_what_fell_where_only_absolute_gains_count) {
    const std::vector<std::string> params{"lookback=1", "skip=0", "every=1", "top=1", "gross=1"};
    Desk relative{"momentum", params, 2};
    relative.closes_of_all({10, 10});
    EXPECT_EQ(relative.closes_of_all({8, 5}), (Held{12'500, 0}));
    auto absolute_params = params;
    absolute_params.push_back("absolute=1");
    Desk absolute{"momentum", absolute_params, 2};
    absolute.closes_of_all({10, 10});
    EXPECT_EQ(absolute.closes_of_all({8, 5}), (Held{0, 0}));
}

// --- buy and hold -------------------------------------------------------------------------------

TEST(BuyAndHold, buys_once) {
    Desk desk{"buy-and-hold", {"size=10"}};
    EXPECT_EQ(desk.closes({10, 5, 20}), (Held{10, 10, 10}));
    EXPECT_EQ(desk.orders(), 1);
}

TEST(BuyAndHold, buys_a_share_of_the_equity) {
    Desk desk{"buy-and-hold", {"share=1"}};
    EXPECT_EQ(desk.closes({30, 5}), (Held{3333, 3333}));
}

// --- pairs
// ---------------------------------------------------------------------------------------

/// Two prices that hang together: the first is 20 and half the second, and swings about it.
std::vector<double> pair_at(int i, double swing) {
    const double x = 100.0 + 3.0 * std::sin(0.7 * i) + 0.05 * i;
    return {20.0 + 0.5 * x + swing, x};
}

/// Small swings that the window learns; none of them is an entry at z = 3.
double small_swing(int i) { return 0.1 * std::sin(2.4 * i); }

const std::vector<std::string> kPairParams{
    "formation=60", "lags=0", "size=100", "delta=0.000000001", "entry=3", "exit=0.5", "stop=50"};

TEST(PairsKalman, sells_the_first_and_buys_the_second_where_the_spread_is_wide_and_comes_back) {
    Desk desk{"pairs-kalman", kPairParams, 2};
    for (int i = 0; i < 80; ++i) {
        ASSERT_EQ(desk.closes_of_all(pair_at(i, small_swing(i))), (Held{0, 0})) << i;
    }
    const Held held = desk.closes_of_all(pair_at(80, 1.5));
    EXPECT_EQ(held[0], -100);
    EXPECT_NEAR(held[1], 50, 5);
    EXPECT_EQ(desk.closes_of_all(pair_at(81, 0.0)), (Held{0, 0}));
    EXPECT_EQ(desk.closes_of_all(pair_at(82, -1.5))[0], 100);
}

TEST(PairsKalman, stops_once_and_waits_for_the_spread_to_come_back) {
    auto params = kPairParams;
    params.back() = "stop=8";
    Desk desk{"pairs-kalman", params, 2};
    for (int i = 0; i < 80; ++i) desk.closes_of_all(pair_at(i, small_swing(i)));
    EXPECT_EQ(desk.closes_of_all(pair_at(80, 0.35))[0], -100);
    EXPECT_EQ(desk.closes_of_all(pair_at(81, 6.0)), (Held{0, 0}));
    EXPECT_EQ(desk.closes_of_all(pair_at(82, 6.0)), (Held{0, 0}));
}

TEST(PairsKalman, opens_nothing_where_the_prices_do_not_hang_together) {
    Desk desk{"pairs-kalman", {"formation=60", "retest=1", "level=1", "entry=0.5"}, 2};
    double apart = 0.0;
    for (int i = 0; i < 200; ++i) {
        apart += 0.3 + 0.2 * std::sin(1.1 * i) + 0.01 * i;  // the spread runs away
        ASSERT_EQ(desk.closes_of_all(pair_at(i, apart)), (Held{0, 0})) << i;
    }
}

TEST(PairsKalman, waits_for_both_bars_of_an_instant) {
    Desk desk{"pairs-kalman", kPairParams, 2};
    for (int i = 0; i < 80; ++i) desk.closes_of_all(pair_at(i, small_swing(i)));
    EXPECT_EQ(desk.closes_of_all({pair_at(80, 1.5)[0], kNone}), (Held{0, 0}));
}

TEST(PairsKalman, says_what_it_cannot_use) {
    const auto error_of = [](const std::vector<std::string>& words, std::size_t count) {
        InstrumentTable table;
        std::vector<InstrumentId> traded;
        for (std::size_t i = 0; i < count; ++i) {
            traded.push_back(*table.add(test::share("S" + std::to_string(i))));
        }
        const Params params = must(parse_params(words));
        const auto made = make_built_in("pairs-kalman", {table, traded, params});
        return made ? std::string{} : made.error();
    };
    EXPECT_TRUE(error_of({}, 1).contains("needs two instruments"));
    EXPECT_TRUE(error_of({"level=7"}, 2).contains("level must be 1, 5 or 10"));
    EXPECT_TRUE(error_of({"entry=1", "exit=2"}, 2).contains("must rise"));
}

}  // namespace
}  // namespace tradewind::signal
