// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "domain/instrument.hpp"
#include "market/quality.hpp"
#include "market/session_quality.hpp"

namespace tradewind::market {

/// Columns of bars in the order of ports::BarColumns, all of one length: labels in nanoseconds,
/// prices and volumes in units of 1e-9.
struct BarRows {
    static constexpr std::size_t kOpen = 1, kHigh = 2, kLow = 3, kClose = 4, kVolume = 5;
    std::span<const std::int64_t> ts, open, high, low, close, volume;
};

/// All rules about one bar series. Rows go through once, in the order of the series; what is
/// around a row (30 bars on each side) decides whether a price is a spike, so findings come some
/// rows late. Memory does not grow with the series, but for a number a day. One thread.
///
/// A wick is a spike where it is longer than `wick_scale` median wicks of that side around it and
/// than `wick_floor`; an open or close where it leaves both the bars before and those after in one
/// direction by `spike_scale` median ranges, and the price next to it as well: a crash that stays
/// is none. Where the bar traded `volume_vouches` times
/// the median volume and the wick is not `beyond_belief`, the rule is `extreme`: real. Hampel's
/// idea (F. Hampel, "The influence curve and its role in robust estimation", JASA 69, 1974): a
/// median and a median deviation instead of mean and standard deviation.
class BarChecker {
public:
    struct Source {
        const Instrument* instrument = nullptr;  ///< must outlive the checker
        BarSpec spec;
        std::span<const std::int64_t> splits;  ///< known ones, their instants in order
    };
    BarChecker(const Source& source, const QualitySettings& settings, FindingSink sink);

    void feed(const BarRows& rows);
    void finish();
    [[nodiscard]] std::uint64_t rows() const { return first_row_ + ts_.size(); }

private:
    struct Day {
        std::int64_t date = 0;
        std::uint64_t row = 0;
        std::int64_t first_ts = 0;
        double volume = 0.0;
    };
    enum class Part : std::uint8_t { none, open, high, low, close };

    void append(const BarRows& rows, std::size_t from, std::size_t to);
    void check_row(std::size_t i);
    void check_prices(std::size_t i);
    void check_stale(std::size_t i);
    void check_volume(std::size_t i);
    void look_around(std::size_t i);
    void look_at_wicks(std::size_t i);
    void look_at_ends(std::size_t i);
    void look_at_jump(std::size_t i);
    void report_spike(std::size_t i, Part part, double size, double scale);
    [[nodiscard]] std::optional<double> split_of(std::size_t i, double jump, double scale) const;
    void report_jump(std::size_t i, double jump, double scale);
    void report_break(std::size_t i, double jump, double scale);
    void report_hole(std::size_t i, double jump, double scale);
    void trim();
    void check_days();

    [[nodiscard]] std::uint64_t row_of(std::size_t i) const { return first_row_ + i; }
    [[nodiscard]] std::size_t window_begin(std::size_t i) const;
    [[nodiscard]] std::size_t window_end(std::size_t i) const;
    template <typename Measure>
    [[nodiscard]] double median_around(std::size_t i, const Measure& measure) const;
    [[nodiscard]] double median_range(std::size_t i) const;
    [[nodiscard]] double median_wick(std::size_t i, bool up) const;
    [[nodiscard]] double volume_before(std::size_t i) const;
    [[nodiscard]] double median_volume(std::size_t i) const;
    [[nodiscard]] double return_deviation(std::size_t i) const;
    [[nodiscard]] double level(std::size_t begin, std::size_t end) const;
    [[nodiscard]] bool is_usable(std::size_t i) const;
    [[nodiscard]] bool split_is_known(std::int64_t from, std::int64_t to) const;

    const Instrument& instrument_;
    BarSpec spec_;
    std::vector<std::int64_t> splits_;
    QualitySettings settings_;
    FindingSink sink_;
    FindingRuns runs_;
    SessionChecker sessions_;
    bool is_timed_;

    std::vector<std::int64_t> ts_, open_, high_, low_, close_, volume_;  ///< the rows in reach
    std::uint64_t first_row_ = 0;     ///< number of the first of them
    std::size_t next_ = 0;            ///< the first that was not looked around from
    double wick_ratio_, jump_ratio_;  ///< of prices: exp of the floors
    std::int64_t newest_ts_ = INT64_MIN;
    std::uint64_t same_price_ = 0;    ///< rows in a row with one price
    std::vector<Finding> no_volume_;  ///< dropped where the series counts none
    bool counts_volume_ = false;
    std::vector<Day> days_;
    mutable std::vector<double> scratch_;
};

/// The two sides of quote bars, or the bid and the ask series of a catalog: rows of one instant
/// must not cross, and none should lack the other. Give either side in order, in any portions.
class SideChecker {
public:
    explicit SideChecker(FindingSink sink) : runs_(std::move(sink)) {}

    void feed_bid(const BarRows& rows) { take(bid_, rows); }
    void feed_ask(const BarRows& rows) { take(ask_, rows); }
    void finish();
    /// Which side stands further behind: the one to feed next.
    [[nodiscard]] bool bid_is_behind() const;

private:
    struct Row {
        std::int64_t ts = 0, open = 0, close = 0;
    };
    struct Side {
        std::vector<Row> waiting;
        std::size_t next = 0;
        std::uint64_t row = 0;  ///< number of waiting[next]
        std::int64_t newest = INT64_MIN;

        [[nodiscard]] bool empty() const { return next == waiting.size(); }
        [[nodiscard]] const Row& front() const { return waiting[next]; }
        void pop();
    };
    void take(Side& side, const BarRows& rows);
    void match();
    void compare(const Row& bid, const Row& ask);
    void alone(Side& side, bool is_bid);

    FindingRuns runs_;
    Side bid_, ask_;
};

}  // namespace tradewind::market
