// SPDX-License-Identifier: Apache-2.0
#include "sim/fee_tiers.hpp"

#include <gtest/gtest.h>

#include <string>

#include "sim/fee_meter.hpp"
#include "sim/order_desk.hpp"
#include "sim/scenario_for_tests.hpp"

namespace tradewind::sim {
namespace {

using testing::lines_of;
using testing::play;
using testing::Scenario;

Currency currency(std::string_view code) { return Currency::parse(code).value(); }
Timestamp day(std::int64_t number) { return Timestamp{} + days(number); }

FeeTier tier(std::int64_t volume, std::int64_t maker_bps, std::int64_t taker_bps) {
    return {.volume = whole_money(volume),
            .maker = basis_points(maker_bps),
            .taker = basis_points(taker_bps)};
}

// --- the window ---------------------------------------------------------------------------------

TEST(RollingVolume, counts_the_whole_days_before_and_forgets_older_ones) {
    RollingVolume volume{2};
    EXPECT_EQ(volume.before(day(0)), Money{});
    volume.add(day(0) + hours(23), whole_money(5));
    volume.add(day(1), whole_money(7));
    EXPECT_EQ(volume.before(day(1) + hours(23)), whole_money(5));
    EXPECT_EQ(volume.before(day(2)), whole_money(12));
    EXPECT_EQ(volume.before(day(3)), whole_money(7));
    EXPECT_EQ(volume.before(day(4)), Money{});
}

TEST(RollingVolume, counts_days_before_the_epoch_as_whole_days_too) {
    RollingVolume volume{1};
    volume.add(day(-1) + hours(1), whole_money(5));
    EXPECT_EQ(volume.before(day(-1) + hours(2)), Money{});
    EXPECT_EQ(volume.before(day(0)), whole_money(5));
}

// --- tiers --------------------------------------------------------------------------------------

/// 1,000 USD on the first day reach the second tier on the next, until they leave the window.
TEST(FeeTiers, follow_the_volume_of_the_days_before) {
    Scenario scenario{.market = R"(
        trade 1 100 1000
        trade 2 100 1000
        trade 1441 100 1000
        trade 1442 100 1000
        trade 4321 100 1000
        trade 4322 100 1000)",
                      .orders = R"(
        1 buy 1 10 market
        1441 buy 2 1 market
        1441 sell 3 1 limit 99.99
        4321 buy 4 1 market)"};
    scenario.settings.fee_terms = {.tiers = {tier(0, 10, 20), tier(1000, 5, 8)},
                                   .volume_currency = {},
                                   .window_days = 2,
                                   .discount = {}};
    EXPECT_EQ(play(scenario).reports, lines_of(R"(
        1:00 1 accepted
        1:00 1 filled 10@100 taker fee 2
        1441:00 2 accepted
        1441:00 3 accepted
        1442:00 2 filled 1@100 taker fee 0.08
        1442:00 3 filled 1@100 taker fee 0.08
        4321:00 4 accepted
        4322:00 4 filled 1@100 taker fee 0.2)"));
}

TEST(FeeTiers, say_what_is_wrong_with_them) {
    const auto fault = [](std::vector<FeeTier> tiers, std::int64_t days = 30) {
        return fault_of(FeeTerms{
            .tiers = std::move(tiers), .volume_currency = {}, .window_days = days, .discount = {}});
    };
    EXPECT_FALSE(fault({}));
    EXPECT_FALSE(fault({tier(0, 1, 2), tier(5, 1, 1)}));
    EXPECT_EQ(fault({tier(1, 1, 2)}), "the first fee tier begins at 1, not at 0");
    EXPECT_EQ(fault({tier(0, 1, 2), tier(5, 1, 2), tier(5, 0, 1)}),
              "fee tiers come by rising volume: 5 does not come after 5");
    EXPECT_EQ(fault({}, 0), "the fees' window of 0 days is not between 1 and 3650");
}

// --- another currency ---------------------------------------------------------------------------

/// BTCUSDT with its fees in BNB, and the pair that prices them.
struct Exchange {
    InstrumentTable table;
    InstrumentId btc;
    InstrumentId bnb;

    Exchange() {
        Instrument traded = *default_instrument("BTCUSDT.BINANCE");
        traded.fees.taker = basis_points(10);
        traded.fees.maker = basis_points(10);
        traded.fees.currency = currency("BNB");
        btc = table.add(traded).value();
        bnb = table.add(*default_instrument("BNBUSDT.BINANCE")).value();
    }
    [[nodiscard]] WorldSettings settings(FeeTerms terms = {}) const {
        WorldSettings out;
        out.fee_terms = std::move(terms);
        return out;
    }
};

/// Buys one coin at 50,000 (a fee of 50 USDT) and shows what was taken.
std::string charged(OrderDesk& desk, InstrumentId btc) {
    static std::uint64_t number = 0;
    OrderIntent intent;
    intent.id = OrderId::of(StrategyId{0}, ++number);
    intent.spec.instrument = btc;
    intent.spec.qty = whole_qty(1);
    VenueOrder& order = desk.at(desk.add(intent));
    const Price price{50'000 * base::kDecimalOne};
    desk.execute(order, {.price = price,
                         .qty = whole_qty(1),
                         .fee = desk.fee(order, price, whole_qty(1), Liquidity::taker)});
    const auto fill = std::get<Fill>(desk.reports().front().event.detail);
    desk.reports().drop_front();
    return to_string(fill.fee) + " " + to_string(fill.fee_currency);
}

TEST(FeeCurrency, takes_the_fee_in_the_coin_that_the_schedule_names) {
    const Exchange exchange;
    OrderDesk desk{exchange.table, exchange.settings({.discount = Rate{base::kDecimalOne / 4}})};
    desk.account().add(currency("USDT"), whole_money(100'000));
    desk.account().add(currency("BNB"), whole_money(1));
    desk.account().mark(exchange.bnb) = Price{500 * base::kDecimalOne};
    EXPECT_EQ(charged(desk, exchange.btc), "0.075 BNB");  // 50 less a quarter, at 500
    EXPECT_EQ(to_string(desk.account().cash(currency("BNB"))), "0.925");
    EXPECT_EQ(to_string(desk.account().cash(currency("USDT"))), "50000");
}

TEST(FeeCurrency, is_the_quote_currency_where_the_rate_is_unknown) {
    const Exchange exchange;
    OrderDesk desk{exchange.table, exchange.settings({.discount = Rate{base::kDecimalOne / 4}})};
    desk.account().add(currency("BNB"), whole_money(1));
    EXPECT_EQ(charged(desk, exchange.btc), "50 USDT");
    EXPECT_EQ(to_string(desk.account().cash(currency("USDT"))), "-50050");
}

TEST(FeeCurrency, is_the_quote_currency_where_the_balance_is_short) {
    const Exchange exchange;
    OrderDesk desk{exchange.table, exchange.settings()};
    desk.account().mark(exchange.bnb) = Price{500 * base::kDecimalOne};
    desk.account().add(currency("BNB"), Money{kMoneyOne / 10});
    EXPECT_EQ(charged(desk, exchange.btc), "0.1 BNB");
    EXPECT_EQ(charged(desk, exchange.btc), "50 USDT");
}

/// Coins that were bought are a position in their pair; they pay fees as a deposit does.
TEST(FeeCurrency, is_paid_from_a_position_in_the_coin) {
    const Exchange exchange;
    OrderDesk desk{exchange.table, exchange.settings()};
    desk.account().mark(exchange.bnb) = Price{500 * base::kDecimalOne};
    desk.account().apply({.instrument = exchange.bnb,
                          .side = Side::buy,
                          .price = Price{500 * base::kDecimalOne},
                          .qty = whole_qty(1),
                          .fee = {}});
    EXPECT_EQ(charged(desk, exchange.btc), "0.1 BNB");
}

TEST(FeeTiers, count_quantity_where_the_volume_is_in_the_base_currency) {
    Exchange exchange;
    OrderDesk desk{exchange.table, exchange.settings({.tiers = {tier(0, 10, 10), tier(2, 1, 1)},
                                                      .volume_currency = currency("BTC")})};
    desk.set_now({.ts = day(5).ns, .place = 0});
    EXPECT_EQ(charged(desk, exchange.btc), "50 USDT");
    EXPECT_EQ(charged(desk, exchange.btc), "50 USDT");
    desk.set_now({.ts = day(6).ns, .place = 0});
    EXPECT_EQ(charged(desk, exchange.btc), "5 USDT");
}

TEST(FeeTiers, count_nothing_at_an_unknown_rate) {
    Exchange exchange;
    OrderDesk desk{exchange.table, exchange.settings({.tiers = {tier(0, 10, 10), tier(2, 1, 1)},
                                                      .volume_currency = currency("EUR")})};
    EXPECT_EQ(charged(desk, exchange.btc), "50 USDT");
    desk.set_now({.ts = day(1).ns, .place = 0});
    EXPECT_EQ(charged(desk, exchange.btc), "50 USDT");
}

}  // namespace
}  // namespace tradewind::sim
