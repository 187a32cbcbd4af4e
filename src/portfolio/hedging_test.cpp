// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string_view>

#include "portfolio/portfolio.hpp"

namespace tradewind::portfolio {
namespace {

Price price(std::string_view text) { return parse_price(text).value(); }
Qty qty(std::string_view text) { return parse_qty(text).value(); }
Money money(std::string_view text) { return parse_money(text).value(); }

constexpr StrategyId kOne{0}, kTwo{1};

Fill fill(Side side, std::string_view units, std::string_view at, std::string_view fee = "0") {
    Fill out;
    out.side = side;
    out.qty = qty(units);
    out.price = price(at);
    out.fee = money(fee);
    return out;
}
Fill of_leg(Leg leg, Fill fill) {
    fill.leg = leg;
    return fill;
}
Fill buy_long(std::string_view units, std::string_view at, std::string_view fee = "0") {
    return of_leg(Leg::long_leg, fill(Side::buy, units, at, fee));
}
Fill sell_long(std::string_view units, std::string_view at, std::string_view fee = "0") {
    return of_leg(Leg::long_leg, fill(Side::sell, units, at, fee));
}
Fill sell_short(std::string_view units, std::string_view at, std::string_view fee = "0") {
    return of_leg(Leg::short_leg, fill(Side::sell, units, at, fee));
}
Fill buy_short(std::string_view units, std::string_view at, std::string_view fee = "0") {
    return of_leg(Leg::short_leg, fill(Side::buy, units, at, fee));
}

Settings hedging(HedgedMargin margin = HedgedMargin::gross) {
    return {.kind = AccountKind::margin,
            .strategies = 2,
            .positions = {.mode = PositionMode::hedging, .margin = margin}};
}

/// A share and a perpetual, each with its id.
struct Desk {
    InstrumentTable table;
    InstrumentId share = table.add(default_instrument("SPY.ARCA").value()).value();
    InstrumentId perpetual = table.add(default_instrument("ETHUSD-PERP.BYBIT").value()).value();

    [[nodiscard]] Portfolio open(const Settings& settings = hedging()) const {
        Portfolio out{table, settings};
        out.apply(CashFlow{.currency = kUsd, .amount = money("1000")});
        return out;
    }
};

/// By hand. Long: 2 at 100 and 1 at 104 cost 304, sold for 315: +11, fees 0.31. Short: 3 at 101,
/// one bought back at 99: +2, fees 0.20; two are open at 101 with the mark at 106: -10.
void expect_the_table(Portfolio& books, InstrumentId id, StrategyId longs, StrategyId shorts) {
    books.apply_fill(longs, id, buy_long("2", "100", "0.10"));
    books.apply_fill(shorts, id, sell_short("3", "101", "0.15"));
    EXPECT_EQ(books.position(longs, id, Leg::long_leg).qty, qty("2"));
    EXPECT_EQ(books.position(shorts, id, Leg::short_leg).qty, qty("-3"));
    EXPECT_EQ(books.position(id).qty, qty("-1"));
    books.apply_fill(longs, id, buy_long("1", "104", "0.05"));
    EXPECT_EQ(books.apply_fill(shorts, id, buy_short("1", "99", "0.05")).realised, money("2"));
    EXPECT_EQ(books.apply_fill(longs, id, sell_long("3", "105", "0.16")).realised, money("11"));
    books.mark(id, price("106"));
    EXPECT_EQ(books.position(longs, id, Leg::long_leg), (Position{.qty = {},
                                                                  .cost = {},
                                                                  .realised = money("11"),
                                                                  .fees = money("0.31"),
                                                                  .dividends = {},
                                                                  .funding = {}}));
    EXPECT_EQ(books.position(shorts, id, Leg::short_leg), (Position{.qty = qty("-2"),
                                                                    .cost = money("-202"),
                                                                    .realised = money("2"),
                                                                    .fees = money("0.20"),
                                                                    .dividends = {},
                                                                    .funding = {}}));
    EXPECT_EQ(books.equity(), money("1002.49"));
    EXPECT_EQ(books.exposure()->gross, money("212"));
}

TEST(Hedging, keeps_one_strategys_long_and_anothers_short) {
    const Desk desk;
    for (const InstrumentId id : {desk.share, desk.perpetual}) {
        Portfolio books = desk.open();
        expect_the_table(books, id, kOne, kTwo);
        EXPECT_EQ(books.pnl(kOne), money("10.69"));
        EXPECT_EQ(books.pnl(kTwo), money("-8.20"));
    }
}

TEST(Hedging, keeps_both_legs_of_one_strategy) {
    const Desk desk;
    for (const InstrumentId id : {desk.share, desk.perpetual}) {
        Portfolio books = desk.open();
        expect_the_table(books, id, kTwo, kTwo);
        EXPECT_EQ(books.pnl(kTwo), money("2.49"));
        EXPECT_EQ(books.position(kTwo, id).fees, money("0.51"));
    }
}

TEST(Hedging, fill_without_a_leg_opens_that_of_its_side) {
    const Desk desk;
    Portfolio books = desk.open();
    books.apply_fill(kOne, desk.share, fill(Side::buy, "2", "100"));
    books.apply_fill(kOne, desk.share, fill(Side::sell, "2", "100"));
    EXPECT_EQ(books.sides(desk.share), (Sides{.longs = qty("2"), .shorts = qty("2")}));
    EXPECT_EQ(books.position(desk.share).qty, Qty{});
    EXPECT_EQ(books.holdings(desk.share).size(), 2U);
    EXPECT_EQ(books.held().size(), 1U);
}

TEST(Hedging, locked_legs_count_in_exposure_at_every_mark) {
    const Desk desk;
    Portfolio books = desk.open();
    books.apply_fill(kOne, desk.share, buy_long("2", "100"));
    books.apply_fill(kTwo, desk.share, sell_short("2", "100"));
    books.mark(desk.share, price("150"));
    EXPECT_EQ(books.exposure()->gross, money("600"));
    EXPECT_EQ(books.exposure()->net, Money{});
    EXPECT_EQ(books.equity(), money("1000"));
    books.apply_fill(kTwo, desk.share, buy_short("2", "150"));
    EXPECT_EQ(books.exposure()->gross, money("300"));
    EXPECT_EQ(books.equity(), money("1000"));
}

TEST(Hedging, margin_is_asked_for_as_the_rule_says) {
    const Desk desk;
    const auto initial = [&](HedgedMargin rule) {
        Portfolio books = desk.open(hedging(rule));
        books.apply_fill(kOne, desk.share, buy_long("4", "100"));
        books.apply_fill(kTwo, desk.share, sell_short("3", "100"));
        return books.margin_use()->initial;  // a half of the notional
    };
    EXPECT_EQ(initial(HedgedMargin::gross), money("350"));
    EXPECT_EQ(initial(HedgedMargin::larger), money("200"));
    EXPECT_EQ(initial(HedgedMargin::net), money("50"));
}

TEST(Hedging, funding_dividends_and_delisting_go_to_each_leg) {
    const Desk desk;
    Portfolio books = desk.open();
    books.apply_fill(kOne, desk.share, buy_long("4", "100"));
    books.apply_fill(kOne, desk.share, sell_short("1", "100"));
    books.apply(Funding{.instrument = desk.share, .rate = {1'000'000}, .mark = price("100")});
    const auto leg = [&](Leg of) { return books.position(kOne, desk.share, of); };
    EXPECT_EQ(leg(Leg::long_leg).funding, money("-0.4"));
    EXPECT_EQ(leg(Leg::short_leg).funding, money("0.1"));
    books.apply(CorporateAction{.instrument = desk.share,
                                .kind = CorporateActionKind::cash_dividend,
                                .amount = price("0.5"),
                                .new_symbol = {}});
    EXPECT_EQ(leg(Leg::long_leg).dividends, money("2"));
    EXPECT_EQ(leg(Leg::short_leg).dividends, money("-0.5"));
    books.apply(CorporateAction{
        .instrument = desk.share, .new_shares = 3, .old_shares = 1, .new_symbol = {}});
    EXPECT_EQ(books.sides(desk.share), (Sides{.longs = qty("12"), .shorts = qty("3")}));
    books.apply(CorporateAction{.instrument = desk.share,
                                .kind = CorporateActionKind::delisting,
                                .amount = price("30"),
                                .new_symbol = {}});
    EXPECT_EQ(leg(Leg::long_leg).realised, money("-40"));
    EXPECT_EQ(leg(Leg::short_leg).realised, money("10"));
    EXPECT_TRUE(books.held().empty());
    EXPECT_EQ(books.equity(), money("971.2"));
}

TEST(Hedging, liquidation_that_names_nobody_falls_on_the_legs_that_it_closes) {
    const Desk desk;
    Portfolio books = desk.open();
    books.apply_fill(kOne, desk.share, buy_long("4", "100"));
    books.apply_fill(kOne, desk.share, sell_short("9", "100"));
    books.apply_fill(kTwo, desk.share, buy_long("6", "100"));
    const auto parts = books.shares_of(
        {.instrument = desk.share, .strategy = std::nullopt, .fill = fill(Side::sell, "7", "90")});
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_EQ(parts[0].strategy, kOne);
    EXPECT_EQ(parts[0].fill.leg, Leg::long_leg);
    EXPECT_EQ(parts[0].fill.qty, qty("4"));
    EXPECT_EQ(parts[1].strategy, kTwo);
    EXPECT_EQ(parts[1].fill.qty, qty("3"));
}

// --- properties ---------------------------------------------------------------------------------

struct Step {
    StrategyId strategy;
    InstrumentId instrument;
    Fill fill;
};

Step any_fill(const Desk& desk) {
    Step out{.strategy = StrategyId{*rc::gen::inRange<std::uint16_t>(0, 2)},
             .instrument = *rc::gen::element(desk.share, desk.perpetual),
             .fill = {}};
    const Instrument& of = desk.table.at(out.instrument);
    out.fill.side = *rc::gen::element(Side::buy, Side::sell);
    out.fill.leg = *rc::gen::element(std::optional<Leg>{}, std::optional{Leg::long_leg},
                                     std::optional{Leg::short_leg});
    out.fill.qty = {*rc::gen::inRange<std::int64_t>(1, 1000) * of.lot.raw};
    out.fill.price = {*rc::gen::inRange<std::int64_t>(1, 5'000'000) * 1'000'003};
    out.fill.fee = {base::Int128{*rc::gen::inRange<std::int64_t>(-1000, 100'000)} * 1'000'001};
    out.fill.fee_currency = kUsd;
    return out;
}

Position sum_of(const Position& a, const Position& b) {
    return {.qty = a.qty + b.qty,
            .cost = a.cost + b.cost,
            .realised = a.realised + b.realised,
            .fees = a.fees + b.fees,
            .dividends = a.dividends + b.dividends,
            .funding = a.funding + b.funding};
}

/// The legs make the strategy's position, the strategies' make the account's, and exposure is what
/// the legs say one by one.
void check_sums(const Portfolio& books, const Desk& desk) {
    Money gross, net;
    for (const InstrumentId id : {desk.share, desk.perpetual}) {
        Position account;
        Sides sides;
        for (const StrategyId strategy : {kOne, kTwo}) {
            Position own;
            for (const Leg leg : {Leg::long_leg, Leg::short_leg}) {
                const Position& part = books.position(strategy, id, leg);
                RC_ASSERT(!part.is_flat() || part.cost.raw == 0);
                own = sum_of(own, part);
                sides.longs += std::max(part.qty, Qty{});
                sides.shorts += std::max(-part.qty, Qty{});
                const Money value =
                    notional(books.mark_of(id).value_or(Price{}), part.qty, desk.table.at(id));
                gross += abs(value);
                net += value;
            }
            RC_ASSERT((own == books.position(strategy, id)));
            account = sum_of(account, own);
        }
        RC_ASSERT((account == books.position(id)));
        RC_ASSERT((sides == books.sides(id)));
        const bool listed = std::ranges::count(books.held(), id) == 1;
        RC_ASSERT(listed == (sides.gross().raw != 0));
    }
    RC_ASSERT((books.exposure()->gross == gross));
    RC_ASSERT((books.exposure()->net == net));
    for (CurrencyIndex i = 0; i < books.ledger().size(); ++i) {
        RC_ASSERT(books.ledger().sum(i).raw == 0);
    }
}

/// The same fills, whatever leg they name: what is held, what it is worth, and of a share the cash
/// (a contract's profit is cash once it is realised, which legs do later).
void check_against_netted(const Portfolio& books, const Portfolio& netted, const Desk& desk) {
    RC_ASSERT((books.equity() == netted.equity()));
    for (const InstrumentId id : {desk.share, desk.perpetual}) {
        RC_ASSERT((books.position(id).qty == netted.position(id).qty));
        RC_ASSERT((books.position(id).fees == netted.position(id).fees));
        for (const StrategyId strategy : {kOne, kTwo}) {
            RC_ASSERT((books.position(strategy, id).qty == netted.position(strategy, id).qty));
        }
    }
    for (const StrategyId strategy : {kOne, kTwo}) {
        RC_ASSERT((books.pnl(strategy) == netted.pnl(strategy)));
    }
}

RC_GTEST_PROP(Hedging, legs_are_worth_what_the_netted_positions_are, ()) {
    const Desk desk;
    Portfolio books = desk.open();
    Portfolio netted = desk.open({.kind = AccountKind::margin, .strategies = 2});
    const int steps = *rc::gen::inRange(1, 60);
    for (int i = 0; i < steps; ++i) {
        const Step step = any_fill(desk);
        books.apply_fill(step.strategy, step.instrument, step.fill);
        netted.apply_fill(step.strategy, step.instrument, step.fill);
        if (*rc::gen::inRange(0, 3) == 0) {
            const Step other = any_fill(desk);
            books.mark(other.instrument, other.fill.price);
            netted.mark(other.instrument, other.fill.price);
        }
        check_sums(books, desk);
        check_against_netted(books, netted, desk);
    }
}

RC_GTEST_PROP(Hedging, cash_of_shares_is_that_of_the_netted_positions, ()) {
    const Desk desk;
    Portfolio books = desk.open();
    Portfolio netted = desk.open({.kind = AccountKind::margin, .strategies = 2});
    const int steps = *rc::gen::inRange(1, 60);
    for (int i = 0; i < steps; ++i) {
        const Step step = any_fill(desk);
        books.apply_fill(step.strategy, desk.share, step.fill);
        netted.apply_fill(step.strategy, desk.share, step.fill);
        RC_ASSERT((books.cash(kUsd) == netted.cash(kUsd)));
    }
}

/// One side at a time is what netting does too.
RC_GTEST_PROP(Hedging, fill_of_one_leg_at_a_time_is_the_netted_position, ()) {
    const Desk desk;
    Portfolio books = desk.open();
    Portfolio netted = desk.open({.kind = AccountKind::margin, .strategies = 2});
    const int steps = *rc::gen::inRange(1, 40);
    for (int i = 0; i < steps; ++i) {
        Step step = any_fill(desk);
        const Qty held = netted.position(step.strategy, step.instrument).qty;
        const bool closes = held.raw != 0 && (held.raw > 0) == (step.fill.side == Side::sell);
        step.fill.leg = closes ? leg_closed_by(step.fill.side) : leg_opened_by(step.fill.side);
        if (closes) step.fill.qty = std::min(step.fill.qty, abs(held));
        books.apply_fill(step.strategy, step.instrument, step.fill);
        netted.apply_fill(step.strategy, step.instrument, step.fill);
        RC_ASSERT((books.position(step.strategy, step.instrument) ==
                   netted.position(step.strategy, step.instrument)));
        RC_ASSERT((books.cash(kUsd) == netted.cash(kUsd)));
    }
}

}  // namespace
}  // namespace tradewind::portfolio
