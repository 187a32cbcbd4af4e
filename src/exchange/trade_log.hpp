// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "domain/numbers.hpp"
#include "domain/order.hpp"
#include "domain/time.hpp"

/// What traded, as everybody sees it: single trades, aggregates, klines and rolling statistics.
namespace tradewind::exchange {

struct PublicTrade {
    std::uint64_t id = 0;
    Price price{};
    Qty qty{};
    Timestamp ts{};
    bool buyer_is_maker = false;

    friend bool operator==(const PublicTrade&, const PublicTrade&) = default;
};

/// Trades of one taker order at one price.
struct AggregateTrade {
    std::uint64_t id = 0;
    Price price{};
    Qty qty{};
    std::uint64_t first_trade = 0;
    std::uint64_t last_trade = 0;
    Timestamp ts{};
    bool buyer_is_maker = false;

    friend bool operator==(const AggregateTrade&, const AggregateTrade&) = default;
};

/// Intervals of klines, shortest first.
enum class Interval : std::uint8_t {
    s1,
    m1,
    m3,
    m5,
    m15,
    m30,
    h1,
    h2,
    h4,
    h6,
    h8,
    h12,
    d1,
    d3,
    w1,
    month,
};
inline constexpr std::size_t kIntervals = 16;
/// "1s", "1m", ... "1M".
[[nodiscard]] std::string_view to_string(Interval interval);
[[nodiscard]] std::optional<Interval> parse_interval(std::string_view text);
/// The start of the kline that holds `ts`: whole intervals since 1970 in UTC, weeks from Monday,
/// months by the calendar.
[[nodiscard]] Timestamp start_of(Interval interval, Timestamp ts);
/// The start of the next one.
[[nodiscard]] Timestamp end_of(Interval interval, Timestamp start);

struct Kline {
    Timestamp start{};
    Price open{};
    Price high{};
    Price low{};
    Price close{};
    Money volume{};  ///< of the base asset
    Money quote_volume{};
    Money taker_buy_volume{};
    Money taker_buy_quote_volume{};
    std::uint64_t trades = 0;
    std::uint64_t first_trade = 0;  ///< meaningless without trades
    std::uint64_t last_trade = 0;

    friend bool operator==(const Kline&, const Kline&) = default;
};

/// Statistics of the last 24 hours, in steps of a minute.
struct DayStatistics {
    Price open{};
    Price high{};
    Price low{};
    Price last{};
    Price close_before{};  ///< the last price before the window
    Qty last_qty{};
    Money volume{};
    Money quote_volume{};
    Timestamp open_ts{};
    Timestamp close_ts{};
    std::uint64_t trades = 0;
    std::uint64_t first_trade = 0;
    std::uint64_t last_trade = 0;
};

class TradeLog {
public:
    static constexpr std::size_t kTradesKept = 100'000;
    static constexpr std::size_t kKlinesKept = 100'000;  ///< of each interval

    struct Print {
        Price price{};
        Qty qty{};
        Timestamp ts{};
        bool buyer_is_maker = false;
        std::uint64_t taker = 0;  ///< prints of one taker at one price are one aggregate
    };
    /// Times never go back. Returns the trade.
    const PublicTrade& print(const Print& print);
    /// Ends the open aggregate and returns what has ended since the last call.
    std::vector<AggregateTrade> end_aggregates();
    /// Klines without trades up to the one that holds `now`; nothing before the first trade.
    void roll(Timestamp now);

    [[nodiscard]] const std::deque<PublicTrade>& trades() const { return trades_; }
    [[nodiscard]] const std::deque<AggregateTrade>& aggregates() const { return aggregates_; }
    [[nodiscard]] const std::deque<Kline>& klines(Interval interval) const {
        return klines_[static_cast<std::size_t>(interval)];
    }
    [[nodiscard]] std::optional<Price> last_price() const;
    /// Volume-weighted over the last `minutes`; the last price where nothing traded in them.
    [[nodiscard]] std::optional<Price> average(std::int64_t minutes, Timestamp now) const;
    /// nullopt before the first trade. `roll(now)` comes first.
    [[nodiscard]] std::optional<DayStatistics> day(Timestamp now) const;

private:
    void add_to_klines(const PublicTrade& trade);
    void roll_one(Interval interval, Timestamp now);

    std::deque<PublicTrade> trades_;
    std::deque<AggregateTrade> aggregates_;
    std::array<std::deque<Kline>, kIntervals> klines_;
    std::uint64_t last_trade_ = 0;
    std::uint64_t last_aggregate_ = 0;
    std::optional<AggregateTrade> open_;
    std::uint64_t open_taker_ = 0;
    std::vector<AggregateTrade> ended_;
};

}  // namespace tradewind::exchange
