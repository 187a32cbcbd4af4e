// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sim/liquidator.hpp"
#include "sim/order_desk.hpp"
#include "sim/venue_book.hpp"

namespace tradewind::sim {

/// Which orders a bar series fills.
enum class Serves : std::uint8_t { nobody, everyone, buyers, sellers };

/// A bar as the venue meets it.
struct BarMeeting {
    InstrumentId instrument;
    Serves serves = Serves::everyone;
    BarView bar;
    bool capped = false;  ///< its volume is what was traded: a share of it bounds our fills
    bool halted = false;  ///< nothing was traded
    Timestamp before;     ///< when the bar before closed; of the first, when it opens
    Timestamp ends;       ///< when it closed, or when a halt inside it began
    Moment opens;         ///< the place of its open in the order of events
};

[[nodiscard]] constexpr bool is_for_auction(TimeInForce tif) {
    return tif == TimeInForce::at_open || tif == TimeInForce::at_close;
}

/// The share of `volume` that we may fill, in whole lots.
[[nodiscard]] Qty share_of(Qty volume, Rate share, Qty lot);

/// Prices among which a bar does nothing to any order that works: between them, both out.
struct Calm {
    Price low{INT64_MAX};  ///< as it stands here: no price is calm
    Price high{INT64_MIN};

    [[nodiscard]] bool holds(Price open, Price lowest, Price highest) const {
        return lowest > low && highest < high && open > low && open < high;
    }
};

/// A venue that meets bars as they open and as they close, quotes and prints as they come, and
/// keeps the links between orders. It fills what the data prove; where they do not, what is worse
/// for us.
///
/// Of one bar an order meets: all of it, where it worked before the bar opened; its inside, where
/// it came as the bar opened, after the open; the close alone, where it came inside; nothing, where
/// it came later.
class StrictVenue {
public:
    StrictVenue(OrderDesk& desk, const FillRules& rules);

    void submit(const OrderIntent& intent);
    void replace(const ReplaceOrder& command);
    void cancel(const CancelOrder& command);

    void meet_open(const BarMeeting& meeting);
    void meet_close(const BarMeeting& meeting);
    void meet(const Quote& quote);
    void meet(const Trade& trade);
    /// Rows of a book as the venue sees them: orders meet it at the end of each message.
    void meet(const BookLevel& row);
    void meet(const BookOrder& row);
    /// What is met until told otherwise stands in for a part of this bar, which is what is counted
    /// by; nullptr: it stands for itself. The bar must live so long.
    void resolve(const BarMeeting* whole) { whole_ = whole; }
    void meet(const TradingStatus& status);
    void meet(const AuctionPrint& print);
    /// An order for an auction whose print may yet come.
    [[nodiscard]] bool awaits_print() const;
    void meet(const CorporateAction& action);
    /// Ends the orders whose time is over at the desk's now.
    void expire();
    void end_of_data();

    [[nodiscard]] Timestamp next_expiry() const {
        return expiries_.empty() ? kTimestampMax : expiries_.front().at;
    }
    /// Not 0: the instrument's market data must pass through `meet`. The address stays.
    [[nodiscard]] const std::uint32_t* busy(InstrumentId instrument) const {
        return &markets_[instrument.value].busy;
    }
    /// Bars that it holds need not pass through `meet`. The address stays.
    [[nodiscard]] const Calm* calm(InstrumentId instrument) const {
        return &markets_[instrument.value].calm;
    }
    /// The last price that buyers met, where it is not the account's mark: of the ask side.
    [[nodiscard]] Price& ask_mark(InstrumentId instrument) {
        return markets_[instrument.value].ask_mark;
    }
    /// Tells whether an instrument has quotes to take from.
    void declare(InstrumentId instrument, bool has_quotes);
    /// The instrument's orders meet its book, and of other data prints only.
    void open_book(InstrumentId instrument);
    /// What was odd about the books, over all of them.
    struct BookOddities {
        std::uint64_t gaps = 0;
        std::uint64_t faults = 0;   ///< other faults: negative sizes, messages cut short, ...
        std::uint64_t crossed = 0;  ///< messages after which a book was crossed or locked
        std::uint64_t blind = 0;    ///< books that were never fit to be met
    };
    [[nodiscard]] BookOddities book_oddities() const;
    /// Instruments of which orders began to work since the last `forget_woken`.
    [[nodiscard]] std::span<const InstrumentId> woken() const { return woken_; }
    void forget_woken() { woken_.clear(); }

private:
    /// Size at the best bid or offer: what is shown, and what of it we have not taken.
    struct Level {
        Price price;
        Qty shown;
        Qty left;
        bool taken = false;
    };
    struct Market {
        std::uint32_t busy = 0;  ///< working orders, and levels that we took from
        Calm calm;
        Price ask_mark;  ///< 0: there is no ask side, or it is not known yet
        std::uint32_t working = 0;
        bool watched = false;  ///< market data may liquidate what is held
        /// Inside the bar that is met: where the account was liquidated, and the price went on
        /// from.
        std::optional<Price> turned_at;
        bool has_quotes = false;
        bool has_auctions = false;  ///< orders for auctions fill at their prints alone
        bool halted = false;        ///< nothing trades now
        bool is_shut = false;       ///< and it may be that no order is taken
        bool delisted = false;
        bool ragged = false;  ///< `live` holds orders that have ended
        std::optional<Quote> quote;
        std::optional<Trade> print;
        std::uint64_t quote_tick = 0;  ///< the desk's count of ticks when it came
        std::uint64_t print_tick = 0;
        Level bid;
        Level ask;
        Timestamp halted_since = kTimestampMax;  ///< the latest halt ...
        Timestamp halted_until = kTimestampMax;  ///< ... and its end, where that came
        Moment open_missed{-1, 0};               ///< of a bar that opened in a halt
        Moment budget_of{-1, 0};                 ///< the bar that `left` and `used` count for
        Qty left;
        Qty used;
        std::vector<OrderSlot> live;      ///< in the order of arrival
        std::unique_ptr<VenueBook> book;  ///< null: the instrument has none
        std::optional<PriceBand> band;    ///< absent: no price is beyond it
        std::optional<PriceRange> range;  ///< what of the band holds for what is being met
    };
    /// How much a piece of data has to give.
    struct Supply {
        bool limited = false;
        bool by_level = false;   ///< an iceberg shows only a part to it
        bool is_shown = false;   ///< somebody offers it at its price: no lock
        bool is_enough = false;  ///< more will follow: an order that wants all of it gets all
        Qty left{};
        Qty used{};
        Qty volume{};  ///< what slippage measures against; 0: unknown
    };
    struct Expiry {
        Timestamp at;
        std::uint64_t number = 0;  ///< of its making: the order among equals
        OrderSlot slot = 0;
        OrderId id;
        friend bool operator>(const Expiry& a, const Expiry& b) {
            return a.at != b.at ? a.at > b.at : a.number > b.number;
        }
    };
    struct Linked {
        OrderSlot slot = 0;
        OrderId id;
    };
    /// A child that woke inside the bar that is being met.
    struct WokenInside {
        OrderSlot slot = 0;
        Price at;                 ///< where the parent filled
        bool on_the_way = false;  ///< the parent filled as the price moved its way, not against it
    };

    /// How likely the better of two outcomes is: `good` to `bad`.
    struct Chances {
        std::uint64_t good = 1;
        std::uint64_t bad = 1;
    };

    [[nodiscard]] Market& market_of(const VenueOrder& order) {
        return markets_[order.spec.instrument.value];
    }
    [[nodiscard]] VenueReason refusal_of(const OrderIntent& intent);
    [[nodiscard]] bool would_take(const OrderSpec& spec);
    [[nodiscard]] bool has_to_sell(const OrderIntent& intent);
    void schedule_expiry(VenueOrder& order, OrderSlot slot);
    void start_working(VenueOrder& order, std::optional<Price> market);
    [[nodiscard]] std::optional<Price> last_price(const VenueOrder& order);
    void tidy(Market& market);
    void calm_down(Market& market);
    static void refresh(Market& market);
    template <typename Visit>
    void for_each_working(const Market& market, const Visit& visit);
    template <typename Visit>
    void for_each_linked(const Visit& visit);

    [[nodiscard]] Supply budget(Market& market, const BarMeeting& meeting);
    static void keep(Market& market, const Supply& supply);
    [[nodiscard]] Hit look_inside(const VenueOrder& order, const BarMeeting& meeting) const;
    void meet_rest(Market& market, const BarMeeting& meeting);
    void meet_inside(VenueOrder& order, const BarMeeting& meeting, Supply& supply);
    void meet_woken(const BarMeeting& meeting, Supply& supply);
    void meet_woken_stop(const WokenInside& woken, const BarMeeting& meeting, Supply& supply);
    void meet_woken_target(const WokenInside& woken, const BarMeeting& meeting, Supply& supply);
    [[nodiscard]] bool is_lenient() const;
    [[nodiscard]] bool falls_well(const VenueOrder& order, const BarMeeting& meeting,
                                  const Chances& chances) const;
    [[nodiscard]] bool target_comes_first(const VenueOrder& stop, const BarMeeting& meeting);
    void meet_price(VenueOrder& order, Price price, Supply& supply);
    void follow(VenueOrder& order, const Hit& hit, Price market);
    [[nodiscard]] const VenueOrder* rival_in_range(const VenueOrder& order,
                                                   const BarMeeting& meeting);
    void meet_quote(VenueOrder& order, Market& market);
    void meet_print(VenueOrder& order, const Market& market, Supply& supply);
    void last_look(VenueOrder& order);
    // strict_venue_limits.cpp
    void watch_bands();
    static void hold_band(Market& market, Timestamp at);
    static void saw(Market& market, const Quote& quote, Timestamp now);
    [[nodiscard]] bool is_beyond_band(const OrderSpec& spec);
    [[nodiscard]] static bool allows(const Market& market, const VenueOrder& order, Price price,
                                     bool is_shown);
    // strict_venue_auctions.cpp
    void open_auctions();
    void assign_auction(VenueOrder& order);
    [[nodiscard]] static bool waits_for_print(const Market& market, const VenueOrder& order);
    [[nodiscard]] bool is_past_cutoff(TimeInForce tif, Timestamp auction) const;
    [[nodiscard]] bool comes_too_late(const OrderSpec& spec) const;
    // strict_venue_halts.cpp
    [[nodiscard]] bool refuses_orders(const Market& market) const;
    [[nodiscard]] bool missed_the_open(const VenueOrder& order, const BarMeeting& meeting) const;
    // strict_venue_book.cpp
    void meet_book(Market& market, InstrumentId instrument);
    void arrive_at_book(VenueOrder& order);
    void move_in_book(VenueOrder& order, const OrderSpec& before);
    void meet_book(VenueOrder& order, Market& market);
    void trigger_on_book(VenueOrder& order, Market& market);
    void take_from_book(VenueOrder& order, Market& market);
    void rest_in_book(VenueOrder& order, Market& market);
    void meet_print_on_book(Market& market, const Trade& trade);
    void fill_by_print(Market& market, const Trade& trade, Side resting);

    template <typename PathOf>
    void liquidate(InstrumentId instrument, const PathOf& path_of, bool ambiguous);
    void liquidate_account(const Holding& first, Price at, bool ambiguous);
    void liquidate_on(const BarMeeting& meeting, Price lowest, Price highest, bool ambiguous);
    void liquidate_at_open(const BarMeeting& meeting);
    void liquidate_inside(const BarMeeting& meeting, bool ambiguous);
    void liquidate_at_once(InstrumentId instrument, Price to_sell, Price to_buy);
    void cancel_for_liquidation(const Holding& of);
    void watch(InstrumentId instrument);
    [[nodiscard]] bool is_open_question(const VenueOrder& order);
    void act(VenueOrder& order, const Hit& hit, Supply& supply);
    void fill(VenueOrder& order, const Hit& hit, Supply& supply);
    [[nodiscard]] Qty reducible(const VenueOrder& order);
    void settle(VenueOrder& order, Qty filled, const Hit& hit);
    void wake_children(const VenueOrder& parent, const Hit& hit);
    void reduce_siblings(const VenueOrder& order, Qty filled);
    void cancel_order(VenueOrder& order, VenueReason reason,
                      OrderEventKind kind = OrderEventKind::canceled);
    void cancel_siblings(const VenueOrder& order);
    void finish(VenueOrder& order);

    OrderDesk& desk_;
    const FillRules& rules_;
    Liquidator liquidator_;
    std::vector<Market> markets_;
    std::vector<Linked> linked_;
    std::vector<Expiry> expiries_;  ///< a heap, earliest first
    std::vector<InstrumentId> woken_;
    std::vector<WokenInside> woken_inside_;
    bool is_inside_ = false;  ///< a bar's inside is being met
    const BarMeeting* whole_ = nullptr;
    std::uint64_t scheduled_ = 0;
    static constexpr std::size_t kExpiriesKept = 256;
    std::size_t expiries_kept_ =
        kExpiriesKept;  ///< so many, and the heap is searched for dead ones
};

/// Orders at work when the walk begins. What a visit ends is passed over; nothing is added
/// meanwhile.
template <typename Visit>
void StrictVenue::for_each_working(const Market& market, const Visit& visit) {
    for (std::size_t i = 0; i < market.live.size(); ++i) {
        VenueOrder& order = desk_.at(market.live[i]);
        if (!order.ended && !order.sleeping) visit(order);
    }
}

}  // namespace tradewind::sim
