// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "domain/instrument.hpp"
#include "market/quality.hpp"
#include "market/session_quality.hpp"

namespace tradewind::market {

/// Finds ticks whose price neither those before nor those after know: the deviation from the median
/// on each side (30 ticks), the smaller of the two where both point one way, against the median
/// absolute deviation of both sides together.
class PrintWindow {
public:
    struct Tick {
        std::uint64_t row = 0;
        std::int64_t ts = 0;
        std::int64_t price = 0;
    };
    PrintWindow(const QualitySettings& settings, FindingSink sink);
    void add(const Tick& tick);
    void finish();

private:
    void look(std::size_t i);
    void report(std::size_t i, double off, double scale);

    QualitySettings settings_;
    FindingSink sink_;
    double ratio_;
    std::vector<Tick> ticks_;
    std::size_t next_ = 0;
    std::vector<bool> jumps_;                ///< which of them left the one before
    std::size_t since_jump_ = SIZE_MAX / 2;  ///< ticks looked at since one did
    std::vector<double> scratch_;
};

/// What stamps tell about the recorder.
class StampChecker {
public:
    explicit StampChecker(FindingSink sink) : sink_(std::move(sink)) {}
    void add(std::int64_t ts, std::uint64_t row);
    void finish();

private:
    FindingSink sink_;
    std::uint64_t rows_ = 0, whole_milliseconds_ = 0, noisy_ = 0, whole_seconds_ = 0, shared_ = 0;
    std::int64_t last_ts_ = INT64_MIN;
    std::uint64_t first_noisy_row_ = 0;
    std::int64_t first_noisy_ts_ = 0;
};

/// All rules about quotes, or about trades: rows go through once, in order, in constant memory.
/// Columns are those of ports::QuoteColumns (ts, bid, ask, bid_size, ask_size) or of
/// ports::TradeColumns (ts, price, size, aggressor).
class TickChecker {
public:
    enum class Kind : std::uint8_t { quote, trade };
    static constexpr std::size_t kColumnsMax = 5;
    using Rows = std::array<std::span<const std::int64_t>, kColumnsMax>;

    /// `instrument` must outlive the checker.
    TickChecker(Kind kind, const Instrument& instrument, const QualitySettings& settings,
                FindingSink sink);

    void feed(const Rows& rows);
    void finish();
    [[nodiscard]] std::uint64_t rows() const { return row_; }

private:
    using Row = std::array<std::int64_t, kColumnsMax>;

    void check_time(const Row& row);
    void check_repeat(const Row& row);
    void check_quote(const Row& row);
    void check_trade(const Row& row);

    Kind kind_;
    const Instrument& instrument_;
    FindingRuns runs_;
    SessionChecker sessions_;
    PrintWindow prints_;
    StampChecker stamps_;
    std::uint64_t row_ = 0;
    std::int64_t newest_ts_ = INT64_MIN;
    std::int64_t last_ts_ = INT64_MIN;
    std::vector<Row> instant_;  ///< rows of the newest instant
};

/// The nearest whole millisecond where a stamp misses it by what a double cannot hold, else the
/// stamp itself.
[[nodiscard]] std::int64_t without_stamp_noise(std::int64_t ts);

}  // namespace tradewind::market
