// SPDX-License-Identifier: Apache-2.0
#include "market/tick_quality.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tradewind::market {
namespace {

constexpr std::size_t kAround = 30;
constexpr std::size_t kFewest = 5;
constexpr std::size_t kKeptTicks = 4096;
constexpr double kMadToSigma = 1.4826;
/// Deviations below this are those of prices that never moved.
constexpr double kSmallestDeviation = 1e-5;
/// Rows of one instant that are compared with each other.
constexpr std::size_t kInstantRowsMax = 64;
/// A double holds nanoseconds since 1970 in steps of 256.
constexpr std::int64_t kNoiseNs = 256;
constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;
/// Share of stamps that tells how a recorder writes them.
constexpr double kMost = 0.99;

std::string price_text(std::int64_t raw) { return to_string(Price{raw}); }

std::int64_t past_multiple(std::int64_t value, std::int64_t unit) {
    const std::int64_t rest = value % unit;
    return rest < 0 ? rest + unit : rest;
}

bool is_noisy(std::int64_t ts) {
    const std::int64_t past = past_multiple(ts, kMillisecond);
    return past != 0 && (past <= kNoiseNs || past >= kMillisecond - kNoiseNs);
}

}  // namespace

std::int64_t without_stamp_noise(std::int64_t ts) {
    if (!is_noisy(ts)) return ts;
    const std::int64_t past = past_multiple(ts, kMillisecond);
    return past <= kNoiseNs ? ts - past : ts + (kMillisecond - past);
}

// --- prints --------------------------------------------------------------------------------------

PrintWindow::PrintWindow(const QualitySettings& settings, FindingSink sink)
    : settings_(settings), sink_(std::move(sink)), ratio_(std::exp(settings.print_floor / 2)) {}

void PrintWindow::add(const Tick& tick) {
    bool jumped = false;
    if (!ticks_.empty()) {
        const auto a = static_cast<double>(ticks_.back().price),
                   b = static_cast<double>(tick.price);
        if (std::max(a, b) > std::min(a, b) * ratio_) [[unlikely]] {
            jumped = true;
        }
    }
    ticks_.push_back(tick);
    jumps_.push_back(jumped);
    if (ticks_.size() < kKeptTicks) return;
    while (next_ + kAround < ticks_.size()) look(next_++);
    const std::size_t drop = next_ - kAround;
    ticks_.erase(ticks_.begin(), ticks_.begin() + static_cast<std::ptrdiff_t>(drop));
    jumps_.erase(jumps_.begin(), jumps_.begin() + static_cast<std::ptrdiff_t>(drop));
    next_ -= drop;
}

void PrintWindow::finish() {
    while (next_ < ticks_.size()) look(next_++);
}

void PrintWindow::look(std::size_t i) {
    since_jump_ = jumps_[i] ? 0 : since_jump_ + 1;
    if (since_jump_ > kAround) return;  // most of the time
    const auto side = [&](std::size_t from, std::size_t to) {
        scratch_.clear();
        for (std::size_t k = from; k < to; ++k) {
            scratch_.push_back(std::log(static_cast<double>(ticks_[k].price)));
        }
    };
    const std::size_t from = i > kAround ? i - kAround : 0;
    const std::size_t to = std::min(ticks_.size(), i + 1 + kAround);
    if (i - from < kFewest || to - i - 1 < kFewest) return;
    const double at = std::log(static_cast<double>(ticks_[i].price));
    side(from, i);
    const double before = at - upper_median(scratch_);
    if (std::abs(before) < settings_.print_floor) return;
    side(i + 1, to);
    const double after = at - upper_median(scratch_);
    if ((before > 0) != (after > 0)) return;
    const double off = std::min(std::abs(before), std::abs(after));
    side(from, to);
    const double middle = upper_median(scratch_);
    for (double& one : scratch_) one = std::abs(one - middle);
    const double scale = std::max(kSmallestDeviation, kMadToSigma * upper_median(scratch_));
    if (off < settings_.print_floor || off < settings_.print_scale * scale) return;
    report(i, off, scale);
}

void PrintWindow::report(std::size_t i, double off, double scale) {
    sink_({.rule = QualityRule::spike,
           .severity = Severity::error,
           .row = ticks_[i].row,
           .ts = Timestamp{ticks_[i].ts},
           .detail = fmt::format("{} is {:.1f} % off the ticks before and after, {:.1f} times the "
                                 "usual deviation",
                                 price_text(ticks_[i].price), 100.0 * std::expm1(off), off / scale),
           .repair = Repair{}});
}

// --- stamps --------------------------------------------------------------------------------------

void StampChecker::add(std::int64_t ts, std::uint64_t row) {
    ++rows_;
    if (ts == last_ts_) ++shared_;
    last_ts_ = ts;
    if (past_multiple(ts, kMillisecond) == 0) {
        ++whole_milliseconds_;
        if (past_multiple(ts, kSecond) == 0) ++whole_seconds_;
        return;
    }
    if (!is_noisy(ts)) return;
    if (noisy_++ == 0) {
        first_noisy_row_ = row;
        first_noisy_ts_ = ts;
    }
}

void StampChecker::finish() {
    const auto all = static_cast<double>(rows_);
    if (noisy_ > 0 && static_cast<double>(noisy_ + whole_milliseconds_) >= kMost * all) {
        sink_({.rule = QualityRule::stamp_noise,
               .severity = Severity::info,
               .row = first_noisy_row_,
               .ts = Timestamp{first_noisy_ts_},
               .detail = fmt::format("{} of {} stamps miss a whole millisecond by at most {} ns: "
                                     "they went through a double",
                                     noisy_, rows_, kNoiseNs),
               .repair = std::nullopt});
    }
    if (shared_ > 0 && whole_seconds_ == rows_) {
        sink_({.rule = QualityRule::coarse_stamps,
               .severity = Severity::info,
               .row = 0,
               .ts = Timestamp{last_ts_},
               .detail = fmt::format("all stamps are whole seconds, and {} of {} rows share the "
                                     "one before: their order within it is the file's",
                                     shared_, rows_),
               .repair = std::nullopt});
    }
}

// --- quotes and trades ---------------------------------------------------------------------------

TickChecker::TickChecker(Kind kind, const Instrument& instrument, const QualitySettings& settings,
                         FindingSink sink)
    : kind_(kind),
      instrument_(instrument),
      runs_(sink),
      sessions_(instrument, {}, settings, sink),
      prints_(settings, sink),
      stamps_(std::move(sink)) {}

void TickChecker::feed(const Rows& rows) {
    const std::size_t columns = kind_ == Kind::quote ? 5 : 4;
    for (std::size_t i = 0; i < rows[0].size(); ++i) {
        Row row{};
        for (std::size_t k = 0; k < columns; ++k) row[k] = rows[k][i];
        check_time(row);
        check_repeat(row);
        kind_ == Kind::quote ? check_quote(row) : check_trade(row);
        stamps_.add(row[0], row_);
        ++row_;
    }
}

void TickChecker::check_time(const Row& row) {
    const Timestamp ts{row[0]};
    if (ts.ns >= newest_ts_) [[likely]] {
        sessions_.row(row_, ts);
        newest_ts_ = ts.ns;
    } else {
        runs_.flag(QualityRule::disorder, Severity::error, row_, ts, [&] {
            return fmt::format("comes after {}", tradewind::to_string(Timestamp{last_ts_}));
        });
    }
    last_ts_ = ts.ns;
}

/// The tape may hold two equal fills: worth knowing, no more.
void TickChecker::check_repeat(const Row& row) {
    if (instant_.empty() || instant_.front()[0] != row[0]) {
        instant_.assign(1, row);
        return;
    }
    if (std::find(instant_.begin(), instant_.end(), row) != instant_.end()) {
        runs_.flag(
            QualityRule::duplicate, Severity::info, row_, Timestamp{row[0]},
            [&] {
                return fmt::format("repeats a row of {} in every column: a duplicate, or {}",
                                   tradewind::to_string(Timestamp{row[0]}),
                                   kind_ == Kind::trade ? "an equal fill" : "the same quote again");
            },
            Repair{});
        return;
    }
    if (instant_.size() < kInstantRowsMax) instant_.push_back(row);
}

void TickChecker::check_quote(const Row& row) {
    const std::int64_t bid = row[1], ask = row[2];
    const Timestamp ts{row[0]};
    const bool may_be_negative = instrument_.asset_class == AssetClass::future;
    if (std::min(bid, ask) <= 0 && !may_be_negative) [[unlikely]] {
        runs_.flag(
            QualityRule::negative_price, Severity::error, row_, ts,
            [&] { return fmt::format("{} is not above 0", price_text(std::min(bid, ask))); },
            Repair{});
        return;
    }
    if (bid > ask) [[unlikely]] {
        runs_.flag(
            QualityRule::crossed, Severity::error, row_, ts,
            [&] { return fmt::format("bid {} is above ask {}", price_text(bid), price_text(ask)); },
            Repair{});
    }
    if (std::min(bid, ask) > 0) {
        prints_.add({.row = row_, .ts = ts.ns, .price = bid + (ask - bid) / 2});
    }
}

void TickChecker::check_trade(const Row& row) {
    const std::int64_t price = row[1], size = row[2];
    const Timestamp ts{row[0]};
    const bool may_be_negative = instrument_.asset_class == AssetClass::future;
    if (price <= 0 && !may_be_negative) [[unlikely]] {
        runs_.flag(
            QualityRule::negative_price, Severity::error, row_, ts,
            [&] { return fmt::format("{} is not above 0", price_text(price)); }, Repair{});
        return;
    }
    if (size <= 0) [[unlikely]] {
        runs_.flag(
            QualityRule::zero_volume, Severity::error, row_, ts,
            [&] { return fmt::format("a trade of {}", price_text(size)); }, Repair{});
    }
    if (price > 0) prints_.add({.row = row_, .ts = ts.ns, .price = price});
}

void TickChecker::finish() {
    sessions_.finish();
    prints_.finish();
    stamps_.finish();
    runs_.finish();
}

}  // namespace tradewind::market
