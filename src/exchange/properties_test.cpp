// SPDX-License-Identifier: Apache-2.0
// What holds over any orders of several accounts and any market.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "base/random.hpp"
#include "exchange/exchange.hpp"
#include "exchange/exchange_for_tests.hpp"

namespace tradewind::exchange {
namespace {

using namespace testing;

/// Random orders, cancellations and market data from one seed, checked after every step.
class Play {
public:
    explicit Play(std::uint64_t seed) : random_(seed), exchange_(pairs(), {.seed = seed}) {
        for (int i = 0; i < 3; ++i) {
            accounts_.push_back(exchange_.open_account(std::to_string(i)));
            deposit(accounts_.back(), "USDT", "20000");
            deposit(accounts_.back(), "BTC", "50");
        }
        print(exchange_, "100", "1", Aggressor::buyer, now_);
        collect();
    }

    void step() {
        now_ = now_ + milliseconds(static_cast<std::int64_t>(random_.below(300)));
        switch (random_.below(6)) {
            case 0: market(); break;
            case 1: cancel(); break;
            case 2: place_list(); break;
            default: place();
        }
        collect();
        check();
    }

    void close_all() {
        for (const AccountNumber account : accounts_) {
            const auto& open = exchange_.listing(kBtc).open_orders;
            const auto at = open.find(account);
            if (at == open.end()) continue;
            const std::vector<std::uint64_t> ids{at->second.begin(), at->second.end()};
            for (const std::uint64_t id : ids) {
                static_cast<void>(exchange_.cancel(kBtc, id, "", now_));
            }
        }
        collect();
        check();
        for (const Order& order : exchange_.listing(kBtc).orders) {
            RC_ASSERT(!is_open(order.status));
            RC_ASSERT(finals_[order.id] == 1);
        }
        for (const Account& account : exchange_.accounts()) {
            for (const auto& [of, balance] : account.balances) {
                RC_ASSERT(balance.locked == Money{});
            }
        }
    }

    [[nodiscard]] const std::map<std::string, int>& seen() const { return seen_; }

private:
    void deposit(AccountNumber account, std::string_view of, std::string_view amount) {
        RC_ASSERT(exchange_.deposit(account, asset(of), money(amount), now_));
        deposited_[asset(of)] += money(amount);
    }
    Price near() {
        return {price("99").raw +
                static_cast<std::int64_t>(random_.below(200)) * price("0.01").raw};
    }
    Qty size() {
        return {static_cast<std::int64_t>(random_.below(400'000) + 10'000) * qty("0.00001").raw};
    }
    Side side() { return random_.below(2) == 0 ? Side::buy : Side::sell; }

    void market() {
        if (books_ && random_.below(2) == 0) {
            const Price bid = near();
            show(exchange_, {{bid, size()}, {Price{bid.raw - price("0.05").raw}, size()}},
                 {{Price{bid.raw + price("0.02").raw}, size()},
                  {Price{bid.raw + price("0.09").raw}, size()}},
                 now_);
        } else {
            exchange_.apply({.ts = now_,
                             .ts_event = now_,
                             .payload = Trade{.instrument = kBtc,
                                              .aggressor = static_cast<Aggressor>(random_.below(3)),
                                              .price = near(),
                                              .size = size()}});
        }
        books_ = books_ || random_.below(20) == 0;
    }
    OrderTerms terms() {
        OrderTerms out{.account = accounts_[random_.below(accounts_.size())],
                       .instrument = kBtc,
                       .side = side(),
                       .kind = static_cast<OrderKind>(random_.below(7)),
                       .prevention = static_cast<Prevention>(random_.below(5))};
        if (out.kind == OrderKind::market && random_.below(3) == 0) {
            out.quote_qty = Money{money("0.01").raw * static_cast<int>(random_.below(90'000))};
        } else {
            out.qty = size();
        }
        if (has_price(out.kind)) out.price = near();
        if (has_trigger(out.kind)) {
            if (random_.below(4) != 0) out.stop = near();
            if (!out.stop || random_.below(4) == 0) {
                out.trailing_bps = static_cast<std::int64_t>(random_.below(100));
            }
        }
        if (out.kind == OrderKind::limit) {
            constexpr std::array kAll{TimeInForce::gtc, TimeInForce::ioc, TimeInForce::fok};
            out.time_in_force = kAll[random_.below(3)];
        }
        if (out.price && out.time_in_force == TimeInForce::gtc && random_.below(4) == 0) {
            out.iceberg = Qty{out.qty->raw / 3 / qty("0.00001").raw * qty("0.00001").raw};
        }
        return out;
    }
    void place() {
        const OrderTerms wanted = terms();
        const auto before = exchange_.listing(kBtc).orders.size();
        const auto id = exchange_.place(wanted, now_);
        ++seen_[id ? "placed" : "refused"];
        RC_ASSERT(exchange_.listing(kBtc).orders.size() == before + (id ? 1 : 0));
    }
    void place_list() {
        ListTerms list{.above = terms(), .below = {}, .client_id = ""};
        list.above.kind = OrderKind::limit_maker;
        list.above.qty = size();
        list.above.quote_qty.reset();
        list.above.time_in_force = TimeInForce::gtc;
        list.above.iceberg.reset();
        list.above.stop.reset();
        list.above.trailing_bps.reset();
        list.below = list.above;
        OrderTerms& stop = list.above.side == Side::sell ? list.below : list.above;
        list.above.price = near();
        list.below.price = near();
        stop.kind = random_.below(2) == 0 ? OrderKind::stop_loss : OrderKind::stop_loss_limit;
        stop.stop = near();
        if (stop.kind == OrderKind::stop_loss) stop.price.reset();
        seen_["lists"] += exchange_.place_list(list, now_) ? 1 : 0;
    }
    void cancel() {
        const auto& orders = exchange_.listing(kBtc).orders;
        if (orders.empty()) return;
        const Order& order = orders[random_.below(orders.size())];
        const bool open = is_open(order.status);
        RC_ASSERT(exchange_.cancel(kBtc, order.id, "", now_).has_value() == open);
    }

    /// Replays what the exchange tells.
    void collect() {
        for (const Happening& happening : exchange_.take_happenings()) {
            if (const auto* book = std::get_if<BookHappened>(&happening)) {
                RC_ASSERT(book->first_id == last_update_ + 1);
                RC_ASSERT(book->last_id == last_update_ + book->changes.size());
                last_update_ = book->last_id;
                for (const LevelChange& change : book->changes) {
                    auto& side = replayed_[change.side];
                    if (change.size.raw == 0) {
                        RC_ASSERT(side.erase(change.price) == 1U);
                    } else {
                        side[change.price] = change.size;
                    }
                }
            } else if (const auto* told = std::get_if<OrderHappened>(&happening)) {
                RC_ASSERT(finals_[told->order.id] == 0);
                if (!is_open(told->order.status)) ++finals_[told->order.id];
                if (told->trade) traded_[told->order.id] += told->trade->qty;
            } else if (const auto* trade = std::get_if<TradeHappened>(&happening)) {
                RC_ASSERT(trade->trade.id == ++last_trade_);
                printed_ += trade->trade.qty;
            } else if (const auto* aggregate = std::get_if<AggregateHappened>(&happening)) {
                RC_ASSERT(aggregate->aggregate.first_trade == last_aggregated_ + 1);
                last_aggregated_ = aggregate->aggregate.last_trade;
                aggregated_ += aggregate->aggregate.qty;
            }
        }
        RC_ASSERT(last_aggregated_ == last_trade_);
        RC_ASSERT(printed_ == aggregated_);
    }

    void check() {
        const Listing& listing = exchange_.listing(kBtc);
        std::map<Currency, Money> sums;
        std::map<std::pair<AccountNumber, Currency>, Money> locked;
        for (const auto& [of, amount] : exchange_.market_account()) sums[of] += amount;
        for (const auto& [of, amount] : exchange_.fees()) sums[of] += amount;
        for (const Account& account : exchange_.accounts()) {
            for (const auto& [of, balance] : account.balances) {
                RC_ASSERT(balance.free >= Money{});
                RC_ASSERT(balance.locked >= Money{});
                sums[of] += balance.free + balance.locked;
            }
        }
        for (const auto& [of, amount] : deposited_) RC_ASSERT(sums[of] == amount);
        // What is locked is what open orders and lists say they lock.
        for (const Order& order : listing.orders) {
            RC_ASSERT(order.filled.raw >= 0);
            RC_ASSERT(order.leaves().raw >= 0);
            RC_ASSERT(order.filled == traded_[order.id]);
            const bool done = order.status == Status::filled;
            RC_ASSERT(done == (order.leaves().raw == 0 && order.prevented.raw == 0) ||
                      order.prevented.raw > 0);
            if (!is_open(order.status)) RC_ASSERT(order.locked == Money{});
            locked[{order.terms.account,
                    order.terms.side == Side::buy ? asset("USDT") : asset("BTC")}] += order.locked;
        }
        for (const OrderList& list : exchange_.lists()) {
            const Order& first = *listing.find(list.orders.front());
            locked[{list.account, first.terms.side == Side::buy ? asset("USDT") : asset("BTC")}] +=
                list.locked;
        }
        for (const AccountNumber account : accounts_) {
            for (const auto& [of, balance] : exchange_.account(account).balances) {
                RC_ASSERT((balance.locked == locked[{account, of}]));
            }
        }
        // Diffs replayed are the snapshot, which is never crossed.
        for (const Side side : {Side::buy, Side::sell}) {
            const auto top = listing.book.top(side, 1'000'000);
            RC_ASSERT(top.size() == replayed_[side].size());
            for (const market::Level& level : top) {
                RC_ASSERT(replayed_[side].at(level.price) == level.size);
            }
        }
        if (listing.best_bid && listing.best_ask) RC_ASSERT(*listing.best_bid < *listing.best_ask);
    }

    base::Random random_;
    Exchange exchange_;
    std::vector<AccountNumber> accounts_;
    Timestamp now_ = kStart;
    bool books_ = false;
    std::map<Currency, Money> deposited_;
    std::map<Side, std::map<Price, Qty>> replayed_;
    std::map<std::uint64_t, int> finals_;
    std::map<std::uint64_t, Qty> traded_;
    std::uint64_t last_update_ = 0;
    std::uint64_t last_trade_ = 0;
    std::uint64_t last_aggregated_ = 0;
    Qty printed_{};
    Qty aggregated_{};
    std::map<std::string, int> seen_;
};

RC_GTEST_PROP(ExchangeProperties, money_is_conserved_and_diffs_are_the_book, (std::uint64_t seed)) {
    Play play(seed);
    for (int i = 0; i < 120; ++i) play.step();
    play.close_all();
}

// The property above means something only where much of what it plays is not refused.
TEST(ExchangeProperties, plays_what_it_says) {
    std::map<std::string, int> sums;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Play play(seed);
        for (int i = 0; i < 100; ++i) play.step();
        for (const auto& [name, count] : play.seen()) sums[name] += count;
    }
    EXPECT_GT(sums["placed"], 300);
    EXPECT_GT(sums["refused"], 50);
    EXPECT_GT(sums["lists"], 20);
}

}  // namespace
}  // namespace tradewind::exchange
