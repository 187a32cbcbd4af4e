// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "signal/registry.hpp"
#include "support/books.hpp"
#include "support/must.hpp"

namespace tradewind::signal {
namespace {

using test::kFirst;
using test::must;
using test::price;
using test::qty;

constexpr StrategyId kMe{0};

class NoOrders final : public WorkingOrders {
public:
    void plain(StrategyId, InstrumentId, std::vector<WorkingOrder>& out) const override {
        out.clear();
    }
};

using Words = std::vector<std::string>;

/// One strategy on one share in cents; every touch comes a second after the one before it.
class Desk {
public:
    Desk(std::string_view name, const std::vector<std::string>& params)
        : params_(must(parse_params(params))), books_(test::table_of({test::share("A.NYSE")})) {
        traded_.push_back(kFirst);
        strategy_ = must(make_built_in(name, {books_.instruments, traded_, params_}));
        books_.deposit(whole_money(1'000'000));
    }

    /// What it asks for on a quote.
    Words quote(std::string_view bid, std::string_view ask, std::int64_t bid_units = 100,
                std::int64_t ask_units = 100) {
        pass_second();
        const Quote quote{.instrument = kFirst,
                          .bid = price(bid),
                          .ask = price(ask),
                          .bid_size = whole_qty(bid_units),
                          .ask_size = whole_qty(ask_units)};
        books_.market.apply(now_, quote);
        strategy_->on_quote(context_, quote);
        return wishes();
    }
    /// The same on the last row of a message of a book.
    Words row(Side side, std::string_view at, std::int64_t units, BookFlags flags,
              std::uint64_t id) {
        pass_second();
        const BookLevel row{.instrument = kFirst,
                            .side = side,
                            .flags = flags,
                            .price = price(at),
                            .size = whole_qty(units),
                            .first_update_id = id,
                            .last_update_id = id};
        const bool is_whole = books_.market.apply(now_, row);
        strategy_->on_book_level(context_, row);
        if (is_whole) strategy_->on_book(context_, kFirst);
        return wishes();
    }
    Words answer(std::uint64_t order, OrderEventKind kind) {
        strategy_->on_order(context_, {.kind = kind, .instrument = kFirst, .order = id(order)});
        return wishes();
    }
    Words fill(std::uint64_t order, Side side, std::string_view units, std::string_view at,
               OrderEventKind kind = OrderEventKind::filled) {
        books_.fill(kMe, kFirst, side, qty(units), price(at));
        return answer(order, kind);
    }
    void refuse(std::uint64_t order, DenialReason reason) {
        strategy_->on_refusal(context_, {.id = id(order),
                                         .instrument = kFirst,
                                         .new_order = true,
                                         .denial = Denial{.reason = reason}});
    }

private:
    static OrderId id(std::uint64_t n) { return OrderId::of(kMe, n); }
    void pass_second() {
        now_ = now_ + seconds(1);
        context_.begin(now_);
    }
    Words wishes() {
        Words out;
        while (const auto wish = context_.take_next()) {
            out.push_back(text(*wish));
            fill_if_market(*wish);
        }
        return out;
    }
    void fill_if_market(const Intent& wish) {
        const auto* order = std::get_if<OrderIntent>(&wish);
        if (order == nullptr || order->spec.type != OrderType::market) return;
        books_.fill(kMe, kFirst, order->spec.side, order->spec.qty, *books_.market.mark(kFirst));
    }
    static std::string text(const Intent& wish) {
        if (const auto* order = std::get_if<OrderIntent>(&wish)) {
            const OrderSpec& spec = order->spec;
            const std::string at = spec.limit_price ? " at " + to_string(*spec.limit_price) : "";
            return fmt::format("{} {} {}{}{}", order->id.sequence(), to_string(spec.side),
                               to_string(spec.qty), at, spec.post_only ? " post-only" : "");
        }
        if (const auto* change = std::get_if<ReplaceIntent>(&wish)) {
            return fmt::format("{} to {}", change->id.sequence(),
                               to_string(*change->change.limit_price));
        }
        return fmt::format("cancel {}", std::get<CancelIntent>(wish).id.sequence());
    }

    Params params_;
    test::Books books_;
    NoOrders no_orders_;
    std::vector<InstrumentId> traded_;
    std::unique_ptr<Strategy> strategy_;
    Context context_{kMe, {books_.instruments, books_.market, books_.portfolio, no_orders_}};
    Timestamp now_{};
};

// --- avellaneda-stoikov -------------------------------------------------------------------------

/// gamma 0.1, kappa 20, two seconds of variance, ten of horizon: without moves the spread is
/// 20 ln(1.005), 9.975 cents.
Desk maker(const std::vector<std::string>& more = {}, const std::string& kappa = "20") {
    std::vector<std::string> params{"gamma=0.1", "kappa=" + kappa, "window=2", "horizon=10",
                                    "size=10"};
    params.insert(params.end(), more.begin(), more.end());
    return {"avellaneda-stoikov", params};
}

TEST(MarketMaker, quotes_both_sides_once_its_variance_is_known) {
    Desk desk = maker();
    EXPECT_EQ(desk.quote("100", "100.20"), Words{});
    EXPECT_EQ(desk.quote("100", "100.20"), Words{});
    // 100.10 less and plus 4.99 cents, outward to the cent.
    EXPECT_EQ(desk.quote("100", "100.20"),
              (Words{"1 buy 10 at 100.05 post-only", "2 sell 10 at 100.15 post-only"}));
    EXPECT_EQ(desk.quote("100", "100.20"), Words{}) << "it has asked";
}

/// Variance a second: (0.04^2 + 0) / 2 = 0.0008; the spread grows by 0.1 x 0.0008 x 10 to 10.05
/// cents, and the reservation price falls by 0.08 cents for each `size` held.
TEST(MarketMaker, moves_with_the_middle_and_its_inventory) {
    Desk desk = maker();
    for (int i = 0; i < 3; ++i) desk.quote("100", "100.20");
    desk.answer(1, OrderEventKind::accepted);
    desk.answer(2, OrderEventKind::accepted);
    EXPECT_EQ(desk.quote("100.04", "100.24"), (Words{"1 to 100.08", "2 to 100.2"}));
    EXPECT_EQ(desk.quote("100.30", "100.50"), Words{}) << "one change at a time";
    desk.answer(1, OrderEventKind::replaced);
    desk.answer(2, OrderEventKind::replace_rejected);
    EXPECT_EQ(desk.quote("100.04", "100.24").size(), 2U);
}

TEST(MarketMaker, lowers_both_quotes_when_it_is_long) {
    Desk desk = maker();
    desk.quote("100", "100.20");
    desk.quote("100.10", "100.30");
    // sigma^2 = 0.01: r = s, spread 0.01 + 0.09975 = 0.10975.
    EXPECT_EQ(desk.quote("100", "100.20"),
              (Words{"1 buy 10 at 100.04 post-only", "2 sell 10 at 100.16 post-only"}));
    // Long one size: r = 100.10 - 1 x 0.1 x 0.01 x 10 = 100.09; bid 100.035, ask 100.145.
    EXPECT_EQ(desk.fill(1, Side::buy, "10", "100.04"), (Words{"3 buy 10 at 100.03 post-only"}));
    desk.answer(2, OrderEventKind::accepted);
    EXPECT_EQ(desk.fill(3, Side::buy, "4", "100.03", OrderEventKind::partially_filled),
              (Words{"2 to 100.15"}));
}

TEST(MarketMaker, leaves_quotes_that_are_near_enough) {
    Desk desk = maker({"requote=5"});
    for (int i = 0; i < 3; ++i) desk.quote("100", "100.20");
    desk.answer(1, OrderEventKind::accepted);
    desk.answer(2, OrderEventKind::accepted);
    EXPECT_EQ(desk.quote("100.04", "100.24"), (Words{"2 to 100.2"})) << "3 ticks and 5";
}

TEST(MarketMaker, keeps_its_least_spread_and_never_takes) {
    Desk wide = maker({"min-spread=50"});
    for (int i = 0; i < 2; ++i) wide.quote("100", "100.20");
    EXPECT_EQ(wide.quote("100", "100.20"),
              (Words{"1 buy 10 at 99.85 post-only", "2 sell 10 at 100.35 post-only"}));
    Desk narrow = maker({}, "100000");  // a spread of nearly nothing
    for (int i = 0; i < 2; ++i) narrow.quote("100", "100.20");
    EXPECT_EQ(narrow.quote("100", "100.20"),
              (Words{"1 buy 10 at 100.09 post-only", "2 sell 10 at 100.11 post-only"}));
}

TEST(MarketMaker, stops_quoting_the_side_that_would_pass_its_limit) {
    Desk desk = maker({"limit=10"});
    for (int i = 0; i < 3; ++i) desk.quote("100", "100.20");
    desk.answer(2, OrderEventKind::accepted);
    EXPECT_EQ(desk.fill(1, Side::buy, "10", "100.05"), Words{});
    EXPECT_EQ(desk.fill(2, Side::sell, "10", "100.15").size(), 2U) << "flat again";
}

TEST(MarketMaker, does_not_repeat_what_was_refused_until_it_would_ask_for_something_else) {
    Desk desk = maker();
    for (int i = 0; i < 3; ++i) desk.quote("100", "100.20");
    desk.answer(2, OrderEventKind::accepted);
    desk.refuse(1, DenialReason::above_max_notional);
    EXPECT_EQ(desk.quote("100", "100.20"), Words{});
    EXPECT_EQ(desk.quote("99.9", "100.1"), (Words{"3 buy 10 at 99.94 post-only", "2 to 100.06"}));
}

TEST(MarketMaker, does_not_quote_what_the_account_cannot_carry_until_it_has_traded) {
    Desk desk = maker();
    for (int i = 0; i < 3; ++i) desk.quote("100", "100.20");
    desk.answer(1, OrderEventKind::accepted);
    desk.refuse(2, DenialReason::short_not_allowed);
    EXPECT_EQ(desk.quote("99.9", "100.1"), (Words{"1 to 99.94"}));
    // sigma^2 = 0.005: r = 100 - 0.005, spread 0.10475; bid 99.943, ask 100.047.
    EXPECT_EQ(desk.fill(1, Side::buy, "10", "99.94"),
              (Words{"3 buy 10 at 99.94 post-only", "4 sell 10 at 100.05 post-only"}));
}

TEST(MarketMaker, asks_again_after_the_venue_has_rejected) {
    Desk desk = maker();
    for (int i = 0; i < 3; ++i) desk.quote("100", "100.20");
    desk.answer(1, OrderEventKind::rejected);
    EXPECT_EQ(desk.quote("100", "100.20"), (Words{"3 buy 10 at 100.05 post-only"}));
}

TEST(MarketMaker, works_on_a_book_and_withdraws_when_the_book_has_a_gap) {
    Desk desk = maker();
    const BookFlags last{.snapshot = false, .last = true};
    desk.row(Side::buy, "100", 5, {.snapshot = true, .last = false}, 1);
    desk.row(Side::sell, "100.20", 5, {.snapshot = true, .last = true}, 1);
    desk.row(Side::buy, "99", 5, last, 2);
    EXPECT_EQ(desk.row(Side::buy, "98", 5, last, 3),
              (Words{"1 buy 10 at 100.05 post-only", "2 sell 10 at 100.15 post-only"}));
    desk.answer(1, OrderEventKind::accepted);
    desk.answer(2, OrderEventKind::accepted);
    EXPECT_EQ(desk.row(Side::buy, "97", 5, last, 5), (Words{"cancel 1", "cancel 2"}));
    EXPECT_EQ(desk.row(Side::buy, "97", 5, last, 6), Words{}) << "under way";
}

TEST(MarketMaker, refuses_parameters_that_cannot_work) {
    const InstrumentTable table = test::table_of({test::share("A.NYSE")});
    const std::vector<InstrumentId> traded{kFirst};
    const std::pair<std::string, std::string> cases[] = {
        {"size=0", "size"}, {"size=0.5", "lot"}, {"limit=0.5", "limit"}, {"gamma=0", "gamma"}};
    for (const auto& [given, named] : cases) {
        const Params params = must(parse_params({given}));
        const auto made = make_built_in("avellaneda-stoikov", {table, traded, params});
        ASSERT_FALSE(made) << given;
        EXPECT_NE(made.error().find(named), std::string::npos) << made.error();
    }
}

// --- order-flow-imbalance -----------------------------------------------------------------------

/// Ten seconds of window, in by one depth of flow.
Desk follower(const std::vector<std::string>& more = {}) {
    std::vector<std::string> params{"window-ms=10000", "enter=1", "exit=0.5", "size=10"};
    params.insert(params.end(), more.begin(), more.end());
    return {"order-flow-imbalance", params};
}

TEST(FlowFollower, goes_with_the_flow_once_its_window_is_full) {
    Desk desk = follower();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(desk.quote("100", "100.20"), Words{});
    EXPECT_EQ(desk.quote("100", "100.20"), Words{});
    // +300 against a mean depth of (9 x 100 + 250) / 10 = 115.
    EXPECT_EQ(desk.quote("100", "100.20", 400, 100), (Words{"1 buy 10"}));
    EXPECT_EQ(desk.quote("100", "100.20", 400, 100), Words{});
    // -250: 50 are left against 175 or so.
    EXPECT_EQ(desk.quote("100", "100.20", 150, 100), (Words{"2 sell 10"}));
}

TEST(FlowFollower, goes_short_where_that_is_asked_for) {
    for (const bool shorts : {false, true}) {
        Desk desk = follower({shorts ? "short=1" : "short=0"});
        for (int i = 0; i < 11; ++i) desk.quote("100", "100.20");
        EXPECT_EQ(desk.quote("100", "100.20", 100, 400), shorts ? Words{"1 sell 10"} : Words{});
    }
}

TEST(FlowFollower, refuses_an_exit_above_the_entry) {
    const InstrumentTable table = test::table_of({test::share("A.NYSE")});
    const std::vector<InstrumentId> traded{kFirst};
    const Params params = must(parse_params({"enter=1", "exit=2"}));
    const auto made = make_built_in("order-flow-imbalance", {table, traded, params});
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().find("exit must not be above enter"), std::string::npos);
}

}  // namespace
}  // namespace tradewind::signal
