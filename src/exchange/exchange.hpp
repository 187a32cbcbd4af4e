// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/random.hpp"
#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "exchange/book.hpp"
#include "exchange/happenings.hpp"
#include "exchange/order.hpp"
#include "exchange/rules.hpp"
#include "exchange/trade_log.hpp"
#include "market/level_book.hpp"
#include "ports/event_source.hpp"

/// A simulated exchange for any number of accounts, without sockets, clock or threads: market data
/// are its liquidity, and accounts trade with the market and with one another.
///
/// How orders meet the market data. Assumptions, all of them:
///
///   a quote or book message   sets what the market shows. Where it comes to a price at which
///                             accounts wait on the other side, they fill at their price, up to
///                             what it shows; that much of it is gone then.
///   a trade                   is an order of the market within its price: accounts with better
///                             prices fill first at theirs, then the queue at its price, the
///                             market's own size there included; then accounts on the other side
///                             strictly beyond the price. What is left of it is printed. It prints
///                             its size, no more and no less.
///   a bar                     is four trades: open, the extreme nearer to it, the other, close,
///                             all at the time of the event. See `MarketPlayer` for bars that are
///                             played over their span.
///   an instrument without     has a ladder of prices around its last trade, renewed at every one.
///   quotes or books
///   triggers                  follow the last trade, single trades of accounts included.
///
/// Fees are taken from what is received. Checks come before the first change: what is refused
/// leaves no trace.
namespace tradewind::exchange {

/// The prices shown for an instrument that has trades or bars only.
struct Ladder {
    std::size_t levels = 40;                 ///< of each side, a tick apart
    Money notional = {whole_money(20'000)};  ///< of a level, on average
    std::int64_t spread_ticks = 1;
};

struct Settings {
    std::uint64_t seed = 1;
    Ladder ladder{};
    std::size_t orders_kept = 200'000;  ///< of each instrument; the oldest closed ones go first
    std::size_t account_trades_kept = 200'000;  ///< of each account
};

struct Balance {
    Money free{};
    Money locked{};

    friend bool operator==(const Balance&, const Balance&) = default;
};

struct Account {
    std::string name{};
    std::map<Currency, Balance> balances{};
    std::deque<AccountTrade> trades{};
    Timestamp updated{};
};

/// An instrument that is traded, with all that belongs to it.
struct Listing {
    Instrument instrument;
    std::string symbol;  ///< "BTCUSDT"
    Rules rules;
    Book book;
    TradeLog log;
    bool is_open = true;
    std::optional<Price> best_bid{};  ///< as of the last publication
    std::optional<Price> best_ask{};
    Qty best_bid_size{};
    Qty best_ask_size{};

    std::deque<Order> orders;  ///< the first has the id `first_order`
    std::uint64_t first_order = 1;
    std::set<std::uint64_t> triggers;  ///< orders that wait for a price
    std::vector<std::uint64_t> due;    ///< whose price has come
    std::map<std::pair<AccountNumber, std::string>, std::uint64_t> by_client_id;  ///< the latest
    std::map<AccountNumber, std::set<std::uint64_t>> open_orders;
    std::uint64_t prevented_matches = 0;

    market::LevelBook recorded;                                ///< the fold of the book's rows
    std::set<std::pair<Side, std::int64_t>> recorded_touched;  ///< side and price
    bool resync = false;                                       ///< a snapshot came
    bool has_depth = false;                                    ///< quotes or books come
    std::uint64_t takers = 0;
    std::optional<Price> printed{};  ///< the market's last trade
    bool last_up = true;             ///< and whether it was bought
    std::optional<Quote> quoted{};   ///< the last one of history

    [[nodiscard]] const Order* find(std::uint64_t id) const {
        if (id < first_order || id - first_order >= orders.size()) return nullptr;
        return &orders[id - first_order];
    }
};

/// What a market order would get now.
struct Preview {
    Qty qty{};
    Money cost{};
    bool is_complete = false;  ///< there was enough
};

struct ListTerms {
    OrderTerms above;
    OrderTerms below;
    std::string client_id;
};

class Exchange {
public:
    /// `instruments` in the order of their ids; each symbol once. The part before the dot is its
    /// symbol here.
    Exchange(std::span<const Instrument> instruments, const Settings& settings);
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    // --- accounts ---

    AccountNumber open_account(std::string name);
    /// A positive amount comes, a negative one goes; false where the free balance does not cover
    /// it.
    bool deposit(AccountNumber account, Currency asset, Money amount, Timestamp now);

    // --- market ---

    /// One event of the market; other kinds change nothing. Times never go back.
    void apply(const Event& event);
    /// Events come from here from now on; it outlives the exchange.
    void follow(ports::EventSource& source) { source_ = &source; }
    /// When the next event of the source comes; nullopt at its end.
    [[nodiscard]] std::optional<Timestamp> next_event();
    /// Applies every event up to and including `now`.
    void advance(Timestamp now);
    /// The same for history from before the doors open, while there is no order: the trade log and
    /// the recorded books hear of it, and what the market shows is shown once, at the end.
    void catch_up(Timestamp now);
    /// Empty while the source is well.
    [[nodiscard]] std::string source_error() const;

    // --- orders ---

    [[nodiscard]] std::optional<Refusal> check(const OrderTerms& terms, Timestamp now) const;
    /// The order's id.
    std::expected<std::uint64_t, Refusal> place(const OrderTerms& terms, Timestamp now);
    std::expected<void, Refusal> cancel(InstrumentId instrument, std::uint64_t id,
                                        std::string_view cancel_id, Timestamp now);
    /// The list's id.
    std::expected<std::uint64_t, Refusal> place_list(const ListTerms& terms, Timestamp now);
    std::expected<void, Refusal> cancel_list(std::uint64_t list, std::string_view cancel_id,
                                             Timestamp now);

    // --- what is there ---

    [[nodiscard]] const std::vector<Listing>& listings() const { return listings_; }
    [[nodiscard]] const Listing* find_listing(std::string_view symbol) const;
    [[nodiscard]] const Listing& listing(InstrumentId id) const {
        ASSERT(id.value < listings_.size());
        return listings_[id.value];
    }
    [[nodiscard]] const std::vector<Account>& accounts() const { return accounts_; }
    [[nodiscard]] const Account& account(AccountNumber number) const {
        ASSERT(number.value < accounts_.size());
        return accounts_[number.value];
    }
    [[nodiscard]] const std::vector<OrderList>& lists() const { return lists_; }
    /// What the market gained or lost against the accounts, by asset: with the fees and the
    /// accounts' balances it sums to what was deposited.
    [[nodiscard]] const std::map<Currency, Money>& market_account() const {
        return market_account_;
    }
    [[nodiscard]] const std::map<Currency, Money>& fees() const { return fees_; }
    [[nodiscard]] Preview preview(const Listing& listing, const OrderTerms& terms) const;
    /// What orders refer to where no price is given: the five minutes' average.
    [[nodiscard]] std::optional<Price> average_price(const Listing& listing, Timestamp now) const {
        return listing.log.average(listing.rules.average_minutes, now);
    }
    /// Klines without trades up to now.
    void roll(InstrumentId id, Timestamp now) { listings_[id.value].log.roll(now); }
    [[nodiscard]] std::string make_client_id();

    /// What has happened since the last call.
    [[nodiscard]] std::vector<Happening> take_happenings() {
        return std::exchange(happenings_, {});
    }

private:
    struct Fill {
        Price price{};
        Qty qty{};
        Side taker_side = Side::buy;
        std::uint64_t maker = 0;  ///< 0: the market
        std::uint64_t taker = 0;
        std::uint64_t taker_key = 0;  ///< of the aggregates
    };

    /// The market as a taker.
    struct Taking {
        Side side = Side::buy;
        Price limit{};
        bool strictly = false;  ///< leaves alone what is at the limit itself
    };

    [[nodiscard]] static Order& order(Listing& listing, std::uint64_t id);
    [[nodiscard]] static Currency spent(const Listing& listing, Side side);
    /// What a unit of the order locks, where it is a buy.
    [[nodiscard]] static Price reserve_of(const Listing& listing, const OrderTerms& terms);
    [[nodiscard]] static Money need_of(const OrderTerms& terms, Price reserve, Qty leaves);
    [[nodiscard]] static Money need_of(const Order& order) {
        return need_of(order.terms, order.reserve, order.leaves());
    }
    [[nodiscard]] std::optional<Refusal> check_limits(const Listing& listing,
                                                      const OrderTerms& terms,
                                                      std::size_t coming) const;
    [[nodiscard]] std::optional<Refusal> check_prices(const Listing& listing,
                                                      const OrderTerms& terms, Timestamp now) const;
    [[nodiscard]] std::optional<Refusal> check_funds(const Listing& listing,
                                                     const OrderTerms& terms) const;
    /// All but funds.
    [[nodiscard]] std::optional<Refusal> check_leg(const Listing& listing, const OrderTerms& terms,
                                                   std::size_t coming, Timestamp now) const;
    [[nodiscard]] static std::optional<Refusal> check_oco_prices(const Listing& listing,
                                                                 const ListTerms& terms);
    [[nodiscard]] static bool crosses(const Listing& listing, Side side, Price price);

    Order& enter(Listing& listing, const OrderTerms& terms, Timestamp now);
    void work(Listing& listing, Order& order, Timestamp now);
    void match(Listing& listing, Order& taker, Timestamp now);
    /// False where the taker is done.
    bool prevent(Listing& listing, Order& taker, Order& maker, Timestamp now);
    void fill(Listing& listing, const Fill& fill, Timestamp now);
    void settle(Listing& listing, Order& order, const Fill& fill, const PublicTrade& trade);
    void settle_market(const Listing& listing, const Fill& fill, bool is_maker);
    static void rest(Listing& listing, Order& order);
    void close(Listing& listing, Order& order, Status status, Timestamp now);
    /// The order works or has ended: the other one of its list ends, too.
    void decide_list(Listing& listing, Order& keeps, Timestamp now);
    void lock(const Listing& listing, Order& order, Money amount);
    void unlock(const Listing& listing, Order& order);
    void change(AccountNumber account, Currency asset, Money free, Money locked);
    void run_triggers(Listing& listing, Timestamp now);
    void report(Execution execution, const Order& order);
    void finish(Listing& listing, Timestamp now);
    void prune(Listing& listing);

    void remember(const Event& event);
    void apply_quote(Listing& listing, const Quote& quote, Timestamp now);
    void apply_level(Listing& listing, const BookLevel& row, Timestamp now);
    void market_trade(Listing& listing, const Trade& trade, Timestamp now);
    void meet_market(Listing& listing, Timestamp now);
    void show_recorded(Listing& listing, Timestamp now);
    void show_ladder(Listing& listing, Side bought, Timestamp now);
    void renew_ladder(Listing& listing, const Quote& touch, bool from_scratch);
    [[nodiscard]] Qty ladder_size(const Listing& listing, Price price) const;
    [[nodiscard]] static Side taker_side_of(const Listing& listing, const Trade& trade);
    /// What accounts trade of it; `left` loses that and what the market itself had before them.
    Qty market_takes(Listing& listing, const Taking& taking, Qty& left, Timestamp now);
    void print(Listing& listing, const TradeLog::Print& print, std::optional<std::uint64_t> buyer,
               std::optional<std::uint64_t> seller);
    static void note_price(Listing& listing, Price price, Timestamp now);

    Settings settings_;
    std::vector<Listing> listings_;
    std::vector<Account> accounts_;
    std::vector<OrderList> lists_;
    std::map<Currency, Money> market_account_;
    std::map<Currency, Money> fees_;
    std::map<AccountNumber, std::set<Currency>> changed_;
    std::vector<Happening> happenings_;
    base::Random random_;
    std::uint64_t executions_ = 0;
    ports::EventSource* source_ = nullptr;
    std::optional<Event> head_;
    bool source_ended_ = false;
    bool source_failed_ = false;
};

/// Open, the extreme nearer to it, the other, close: the trades that stand for a bar, whose sizes
/// sum to its volume. Prices that repeat are one trade; none where nothing was traded.
[[nodiscard]] std::vector<Trade> trades_of(const Bar& bar);

}  // namespace tradewind::exchange
