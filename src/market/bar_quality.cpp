// SPDX-License-Identifier: Apache-2.0
#include "market/bar_quality.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/assert.hpp"

namespace tradewind::market {
namespace {

/// Bars on each side of a row that say what is usual, and those that say where the price stands.
constexpr std::size_t kAround = 30;
constexpr std::size_t kNear = 3;
/// With fewer rows around nothing is usual.
constexpr std::size_t kFewest = 5;
constexpr std::size_t kBlockRows = 8192;
/// A jump stays where the level after it kept this much of it.
constexpr double kStays = 0.6;
/// A side whose wicks are shorter than this share of the range is judged by the range.
constexpr double kWickOfRange = 0.25;
/// Median absolute deviation to standard deviation of a normal distribution.
constexpr double kMadToSigma = 1.4826;
/// Deviations below this are those of prices that never moved.
constexpr double kSmallestDeviation = 1e-5;
constexpr std::size_t kDaysBefore = 5, kDaysAfter = 3;

/// Times the volume of the rows before, in new shares, above which a jump is news and no split.
constexpr double kCrashVolume = 4.0;
/// Ratios that shares split by. The small ones are no larger than a crash: they must be met
/// closely, and on next to the usual volume.
constexpr auto kSplitRatios =
    std::to_array<double>({2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 50, 100});
constexpr auto kSmallSplitRatios = std::to_array<double>({1.25, 4.0 / 3.0, 1.5});
constexpr double kSmallSplitTolerance = 0.02;
constexpr double kSmallSplitVolume = 2.0;

double log_ratio(std::int64_t a, std::int64_t b) {
    return std::log(static_cast<double>(a) / static_cast<double>(b));
}

std::string price_text(std::int64_t raw) { return to_string(Price{raw}); }

double nearest_of(std::span<const double> ratios, double jump) {
    return *std::min_element(ratios.begin(), ratios.end(), [&](double a, double b) {
        return std::abs(std::log(a) - std::abs(jump)) < std::abs(std::log(b) - std::abs(jump));
    });
}

bool is_share(const Instrument& instrument) {
    return instrument.asset_class == AssetClass::equity ||
           instrument.asset_class == AssetClass::etf;
}

double in_days(std::int64_t ns) {
    return static_cast<double>(ns) / static_cast<double>(days(1).ns);
}

std::string times(double factor) { return fmt::format("{:.1f} times", factor); }

}  // namespace

BarChecker::BarChecker(const Source& source, const QualitySettings& settings, FindingSink sink)
    : instrument_(*source.instrument),
      spec_(source.spec),
      splits_(source.splits.begin(), source.splits.end()),
      settings_(settings),
      sink_(sink),
      runs_(sink),
      sessions_(instrument_, Duration{spec_.unit == BarUnit::time ? spec_.step : 0}, settings,
                std::move(sink)),
      is_timed_(spec_.unit == BarUnit::time),
      wick_ratio_(std::exp(settings.wick_floor)),
      jump_ratio_(std::exp(std::min(settings.level_floor, settings.wick_floor))) {}

void BarChecker::feed(const BarRows& rows) {
    for (std::size_t at = 0; at < rows.ts.size(); at += kBlockRows) {
        append(rows, at, std::min(rows.ts.size(), at + kBlockRows));
        while (next_ + kAround < ts_.size()) look_around(next_++);
        trim();
    }
}

void BarChecker::finish() {
    while (next_ < ts_.size()) look_around(next_++);
    if (is_timed_) sessions_.finish();
    runs_.finish();
    if (counts_volume_) {
        for (Finding& one : no_volume_) sink_(std::move(one));
    }
    no_volume_.clear();
    check_days();
}

void BarChecker::append(const BarRows& rows, std::size_t from, std::size_t to) {
    const auto add = [&](std::vector<std::int64_t>& into, std::span<const std::int64_t> column) {
        into.insert(into.end(), column.begin() + static_cast<std::ptrdiff_t>(from),
                    column.begin() + static_cast<std::ptrdiff_t>(to));
    };
    const std::size_t begin = ts_.size();
    add(ts_, rows.ts);
    add(open_, rows.open);
    add(high_, rows.high);
    add(low_, rows.low);
    add(close_, rows.close);
    add(volume_, rows.volume);
    for (std::size_t i = begin; i < ts_.size(); ++i) check_row(i);
}

/// Keeps what later rows look back at.
void BarChecker::trim() {
    if (next_ <= kAround) return;
    const std::size_t drop = next_ - kAround;
    for (auto* column : {&ts_, &open_, &high_, &low_, &close_, &volume_}) {
        column->erase(column->begin(), column->begin() + static_cast<std::ptrdiff_t>(drop));
    }
    first_row_ += drop;
    next_ -= drop;
}

// --- a row and the one before it -----------------------------------------------------------------

void BarChecker::check_row(std::size_t i) {
    const Timestamp ts{ts_[i]};
    if (ts.ns > newest_ts_) [[likely]] {
        if (is_timed_) sessions_.row(row_of(i), ts);
        newest_ts_ = ts.ns;
    } else if (i > 0 && ts_[i - 1] == ts.ns) {
        runs_.flag(
            QualityRule::duplicate, Severity::error, row_of(i), ts,
            [&] { return fmt::format("{} comes twice", tradewind::to_string(ts)); }, Repair{});
    } else {
        runs_.flag(QualityRule::disorder, Severity::error, row_of(i), ts, [&] {
            return fmt::format("comes after {}",
                               tradewind::to_string(Timestamp{i > 0 ? ts_[i - 1] : newest_ts_}));
        });
    }
    check_prices(i);
    check_stale(i);
    check_volume(i);
}

void BarChecker::check_prices(std::size_t i) {
    const std::int64_t o = open_[i], h = high_[i], l = low_[i], c = close_[i];
    const Timestamp ts{ts_[i]};
    const std::int64_t lowest = std::min({o, h, l, c});
    if (lowest <= 0) [[unlikely]] {
        const bool may_be = instrument_.asset_class == AssetClass::future;
        runs_.flag(
            QualityRule::negative_price, may_be ? Severity::info : Severity::error, row_of(i), ts,
            [&] {
                return fmt::format("{} is not above 0{}", price_text(lowest),
                                   may_be ? ", which a future may be" : "");
            },
            may_be ? std::nullopt : std::optional{Repair{}});
    }
    const std::int64_t top = std::max(o, c), bottom = std::min(o, c);
    if (h >= top && l <= bottom && volume_[i] >= 0) [[likely]]
        return;
    Finding found{.rule = QualityRule::ohlc,
                  .severity = Severity::error,
                  .row = row_of(i),
                  .ts = ts,
                  .detail = {},
                  .repair = std::nullopt};
    if (h < top) {
        found.detail = fmt::format("{} {} is above the high {}", o > c ? "open" : "close",
                                   price_text(top), price_text(h));
        found.repair = Repair{Repair::Kind::set, BarRows::kHigh, std::max(top, l)};
    } else if (l > bottom) {
        found.detail = fmt::format("{} {} is below the low {}", o < c ? "open" : "close",
                                   price_text(bottom), price_text(l));
        found.repair = Repair{Repair::Kind::set, BarRows::kLow, bottom};
    } else {
        found.detail = fmt::format("volume {} is negative", price_text(volume_[i]));
        found.repair = Repair{Repair::Kind::set, BarRows::kVolume, 0};
    }
    sink_(std::move(found));
}

void BarChecker::check_stale(std::size_t i) {
    const bool flat = open_[i] == close_[i] && high_[i] == low_[i] && open_[i] == high_[i];
    const bool same = flat && i > 0 && close_[i - 1] == close_[i];
    if (!same) {
        same_price_ = 0;
        return;
    }
    ++same_price_;
    const auto limit = static_cast<std::uint64_t>(settings_.stale_rows);
    if (same_price_ < limit) return;
    // the first rows of the run count as well, once it is long enough
    const std::size_t back = same_price_ == limit ? std::min<std::size_t>(i, limit - 1) : 0;
    // a quote stands where nobody moves it; a trade at one price again and again is odder
    const bool is_side = spec_.source == PriceSource::bid || spec_.source == PriceSource::ask;
    for (std::size_t k = i - back; k <= i; ++k) {
        runs_.flag(QualityRule::stale, is_side ? Severity::info : Severity::warning, row_of(k),
                   Timestamp{ts_[k]},
                   [&] { return fmt::format("stands at {}", price_text(close_[k])); });
    }
}

void BarChecker::check_volume(std::size_t i) {
    const std::int64_t date = ts_[i] / days(1).ns;
    if (days_.empty() || days_.back().date != date) {
        days_.push_back({.date = date, .row = row_of(i), .first_ts = ts_[i], .volume = 0.0});
    }
    days_.back().volume += static_cast<double>(volume_[i]);
    if (volume_[i] != 0) {
        counts_volume_ = true;
        return;
    }
    if (!no_volume_.empty() && no_volume_.back().row + no_volume_.back().rows == row_of(i)) {
        ++no_volume_.back().rows;
        return;
    }
    constexpr std::size_t kRunsMax = 100'000;
    if (no_volume_.size() == kRunsMax) return;
    no_volume_.push_back({.rule = QualityRule::zero_volume,
                          .severity = Severity::warning,
                          .row = row_of(i),
                          .ts = Timestamp{ts_[i]},
                          .detail = fmt::format("nothing traded; the price of {} is carried over",
                                                price_text(close_[i])),
                          .repair = Repair{}});
}

// --- a row and what is around it
// -------------------------------------------------------------------

std::size_t BarChecker::window_begin(std::size_t i) const { return i > kAround ? i - kAround : 0; }
std::size_t BarChecker::window_end(std::size_t i) const {
    return std::min(ts_.size(), i + kAround + 1);
}

bool BarChecker::is_usable(std::size_t i) const {
    return std::min({open_[i], high_[i], low_[i], close_[i]}) > 0;
}

/// The median of what `measure` says of the rows around; 0 where they are too few.
template <typename Measure>
double BarChecker::median_around(std::size_t i, const Measure& measure) const {
    scratch_.clear();
    for (std::size_t k = window_begin(i); k < window_end(i); ++k) {
        if (k != i && is_usable(k)) scratch_.push_back(measure(k));
    }
    return scratch_.size() < kFewest ? 0.0 : upper_median(scratch_);
}

double BarChecker::median_range(std::size_t i) const {
    return median_around(i, [&](std::size_t k) { return log_ratio(high_[k], low_[k]); });
}

double BarChecker::median_wick(std::size_t i, bool up) const {
    return median_around(i, [&](std::size_t k) {
        return up ? log_ratio(high_[k], std::max(open_[k], close_[k]))
                  : log_ratio(std::min(open_[k], close_[k]), low_[k]);
    });
}

double BarChecker::median_volume(std::size_t i) const {
    scratch_.clear();
    for (std::size_t k = window_begin(i); k < window_end(i); ++k) {
        if (k != i) scratch_.push_back(static_cast<double>(volume_[k]));
    }
    return scratch_.empty() ? 0.0 : upper_median(scratch_);
}

double BarChecker::volume_before(std::size_t i) const {
    scratch_.clear();
    for (std::size_t k = window_begin(i); k < i; ++k) {
        scratch_.push_back(static_cast<double>(volume_[k]));
    }
    return scratch_.empty() ? 0.0 : upper_median(scratch_);
}

double BarChecker::return_deviation(std::size_t i) const {
    scratch_.clear();
    for (std::size_t k = window_begin(i) + 1; k < window_end(i); ++k) {
        if (k == i || !is_usable(k) || !is_usable(k - 1)) continue;
        scratch_.push_back(std::abs(log_ratio(close_[k], close_[k - 1])));
    }
    if (scratch_.size() < kFewest) return 0.0;
    return std::max(kSmallestDeviation, kMadToSigma * upper_median(scratch_));
}

/// Median close of [begin, end), which is not empty.
double BarChecker::level(std::size_t begin, std::size_t end) const {
    scratch_.clear();
    for (std::size_t k = begin; k < end; ++k) {
        scratch_.push_back(std::log(static_cast<double>(std::max<std::int64_t>(close_[k], 1))));
    }
    return upper_median(scratch_);
}

void BarChecker::look_around(std::size_t i) {
    if (!is_usable(i)) return;
    const auto o = static_cast<double>(open_[i]), c = static_cast<double>(close_[i]);
    const double top = std::max(o, c), bottom = std::min(o, c);
    if (static_cast<double>(high_[i]) > top * wick_ratio_ ||
        static_cast<double>(low_[i]) * wick_ratio_ < bottom) [[unlikely]] {
        look_at_wicks(i);
    }
    if (top > bottom * jump_ratio_) [[unlikely]]
        look_at_ends(i);
    if (i == 0) return;
    const auto before = static_cast<double>(close_[i - 1]);
    if (before <= 0) return;
    const bool jumps = std::max(o, before) > std::min(o, before) * jump_ratio_;
    if (jumps && !(top > bottom * jump_ratio_)) [[unlikely]]
        look_at_ends(i);
    const bool is_hole = in_days(ts_[i] - ts_[i - 1]) >= settings_.reuse_days;
    if (jumps || is_hole || std::max(c, before) > std::min(c, before) * jump_ratio_) [[unlikely]]
        look_at_jump(i);
}

void BarChecker::look_at_wicks(std::size_t i) {
    const double range = median_range(i);
    for (const bool up : {true, false}) {
        const double wick = up ? log_ratio(high_[i], std::max(open_[i], close_[i]))
                               : log_ratio(std::min(open_[i], close_[i]), low_[i]);
        if (wick <= settings_.wick_floor) continue;
        const double usual =
            std::max({median_wick(i, up), kWickOfRange * range, kSmallestDeviation});
        if (wick <= settings_.wick_scale * usual) continue;
        report_spike(i, up ? Part::high : Part::low, wick, usual);
    }
}

/// An open or a close that neither the bars before nor those after know, nor the bar's own other
/// end, nor the price next to it.
void BarChecker::look_at_ends(std::size_t i) {
    const std::size_t from = i > kNear ? i - kNear : 0;
    const std::size_t to = std::min(ts_.size(), i + 1 + kNear);
    if (to - from < kNear + 1) return;
    const double scale = std::max(median_range(i), kSmallestDeviation);
    const double threshold = std::max(settings_.wick_floor, settings_.spike_scale * scale);
    const auto away = [&](std::int64_t price) {
        const double at = std::log(static_cast<double>(price));
        const double after = to > i + 1 ? at - level(i + 1, to) : 0.0;
        const double before = i > 0 ? at - level(from, i) : after;
        const double there = to > i + 1 ? after : before;
        if ((before > 0) != (there > 0)) return 0.0;
        return std::min(std::abs(before), std::abs(there));
    };
    const double open_off = away(open_[i]), close_off = away(close_[i]);
    const bool open_jumps =
        i == 0 || !is_usable(i - 1) || std::abs(log_ratio(open_[i], close_[i - 1])) > open_off / 2;
    const bool close_jumps = i + 1 < ts_.size() && is_usable(i + 1) &&
                             std::abs(log_ratio(close_[i], open_[i + 1])) > close_off / 2;
    if (open_off > threshold && open_jumps && close_off < open_off / 2) {
        report_spike(i, Part::open, open_off, scale);
    } else if (close_off > threshold && close_jumps && open_off < close_off / 2 && i > 0) {
        report_spike(i, Part::close, close_off, scale);
    } else if (std::min(close_off, open_off) > threshold && open_jumps && close_jumps && i > 0) {
        report_spike(i, Part::none, std::min(open_off, close_off), scale);
    }
}

void BarChecker::report_spike(std::size_t i, Part part, double size, double scale) {
    const double usual = median_volume(i);
    const double volume = usual > 0 ? static_cast<double>(volume_[i]) / usual : 0.0;
    const bool vouched = volume >= settings_.volume_vouches && size < settings_.beyond_belief;
    const std::int64_t top = std::max(open_[i], close_[i]), bottom = std::min(open_[i], close_[i]);
    std::string what;
    Repair repair{.kind = Repair::Kind::set, .column = 0, .value = 0};
    const auto set = [&](std::string_view name, std::int64_t is, std::size_t column,
                         std::int64_t value) {
        what = fmt::format("{} {} against {}", name, price_text(is), price_text(value));
        repair.column = column;
        repair.value = value;
    };
    switch (part) {
        case Part::high: set("high", high_[i], BarRows::kHigh, top); break;
        case Part::low: set("low", low_[i], BarRows::kLow, bottom); break;
        case Part::open: set("open", open_[i], BarRows::kOpen, close_[i]); break;
        case Part::close: set("close", close_[i], BarRows::kClose, open_[i]); break;
        case Part::none:
            what = fmt::format("all of the bar at {}", price_text(close_[i]));
            repair = Repair{};
            break;
    }
    const std::string measure =
        fmt::format("{:.1f} % off, {} the usual {}", 100.0 * std::expm1(size), times(size / scale),
                    part == Part::high || part == Part::low ? "wick" : "range");
    const std::string trades =
        usual > 0 ? fmt::format(", on {} the usual volume", times(volume)) : std::string{};
    sink_({.rule = vouched ? QualityRule::extreme : QualityRule::spike,
           .severity = vouched ? Severity::warning : Severity::error,
           .row = row_of(i),
           .ts = Timestamp{ts_[i]},
           .detail = what + ": " + measure + trades,
           .repair = vouched ? std::nullopt : std::optional{repair}});
}

/// A jump between the last close and this bar that the bars after it confirm.
void BarChecker::look_at_jump(std::size_t i) {
    const std::size_t to = std::min(ts_.size(), i + kNear);
    if (ts_[i] <= ts_[i - 1] || !is_usable(i - 1)) return;
    const double scale = return_deviation(i);
    if (scale <= 0) return;
    const double jump = log_ratio(open_[i], close_[i - 1]);
    const double days_between = in_days(ts_[i] - ts_[i - 1]);
    if (days_between >= settings_.reuse_days) {
        report_hole(i, jump, scale);
        return;
    }
    const double kept = level(i, to) - level(i > kNear ? i - kNear : 0, i);
    if ((kept > 0) != (jump > 0) || std::abs(kept) < kStays * std::abs(jump)) return;
    const double steps =
        is_timed_ ? static_cast<double>(ts_[i] - ts_[i - 1]) / static_cast<double>(spec_.step) : 1;
    report_jump(i, jump, scale * std::sqrt(std::max(1.0, steps)));
}

/// The ratio of the split that a jump looks like.
std::optional<double> BarChecker::split_of(std::size_t i, double jump, double scale) const {
    const double size = std::abs(jump);
    // a split takes effect between two sessions
    const bool next_day = ts_[i] / days(1).ns != ts_[i - 1] / days(1).ns;
    if (!is_share(instrument_) || !next_day || size <= settings_.spike_scale * scale) {
        return std::nullopt;
    }
    const bool is_small = size < settings_.split_floor;
    const double ratio = nearest_of(is_small ? std::span<const double>{kSmallSplitRatios}
                                             : std::span<const double>{kSplitRatios},
                                    jump);
    if (is_small && std::abs(size - std::log(ratio)) > kSmallSplitTolerance) return std::nullopt;
    // a split leaves as much money to change hands as before; a crash does not
    const double usual = volume_before(i);
    if (usual <= 0) return is_small ? std::nullopt : std::optional{ratio};
    const double shares = jump < 0 ? ratio : 1.0;
    const double most = (is_small ? kSmallSplitVolume : kCrashVolume) * shares * usual;
    return static_cast<double>(volume_[i]) > most ? std::nullopt : std::optional{ratio};
}

void BarChecker::report_jump(std::size_t i, double jump, double scale) {
    const auto ratio = split_of(i, jump, scale);
    if (!ratio) {
        report_break(i, jump, scale);
        return;
    }
    if (split_is_known(ts_[i - 1], ts_[i])) return;
    sink_({.rule = QualityRule::split,
           .severity = Severity::error,
           .row = row_of(i),
           .ts = Timestamp{ts_[i]},
           .detail = fmt::format(
               "from {} to {} and stays: as a {} split, nearest {}", price_text(close_[i - 1]),
               price_text(open_[i]), jump < 0 ? "forward" : "reverse",
               jump < 0 ? fmt::format("{:.3g}:1", *ratio) : fmt::format("1:{:.3g}", *ratio)),
           .repair = std::nullopt});
}

void BarChecker::report_break(std::size_t i, double jump, double scale) {
    const double size = std::abs(jump);
    if (size < settings_.level_floor || size < settings_.level_scale * scale) return;
    const std::string from_to =
        fmt::format("from {} to {}", price_text(close_[i - 1]), price_text(open_[i]));
    const bool is_pair = instrument_.asset_class == AssetClass::fx_pair;
    sink_({.rule = QualityRule::level_break,
           .severity = Severity::warning,
           .row = row_of(i),
           .ts = Timestamp{ts_[i]},
           .detail =
               fmt::format("{} and stays, {} the usual deviation{}: real, not to be mended",
                           from_to, times(size / scale), is_pair ? ", as a peg that broke" : ""),
           .repair = std::nullopt});
}

void BarChecker::report_hole(std::size_t i, double jump, double scale) {
    if (!is_share(instrument_)) {
        report_jump(i, jump, scale);
        return;
    }
    constexpr double kTradingDays = 252.0 / 365.25;
    const double days_between = in_days(ts_[i] - ts_[i - 1]);
    const double step_days = is_timed_ ? in_days(spec_.step) : 1.0;
    // a bar of less than a day still has a day's worth of deviation in about seven hours
    constexpr double kSessionDays = 6.5 / 24.0;
    const double bars_a_day = step_days < kSessionDays ? kSessionDays / step_days : 1.0;
    const double explained = scale * std::sqrt(days_between * kTradingDays * bars_a_day);
    const bool is_far = std::abs(jump) > settings_.reuse_scale * explained;
    if (!is_far && days_between < settings_.rename_days) return;
    sink_({.rule = QualityRule::ticker_reuse,
           .severity = Severity::error,
           .row = row_of(i),
           .ts = Timestamp{ts_[i]},
           .detail = fmt::format(
               "after a hole of {:.0f} days the price goes from {} to {}, {} what that time "
               "explains: {}",
               days_between, price_text(close_[i - 1]), price_text(open_[i]),
               times(std::abs(jump) / explained),
               is_far ? "another company" : "a rename, or another company"),
           .repair = std::nullopt});
}

bool BarChecker::split_is_known(std::int64_t from, std::int64_t to) const {
    // the action takes effect before the first trade of the day that the bar is labelled with
    const auto found = std::upper_bound(splits_.begin(), splits_.end(), from - days(1).ns);
    return found != splits_.end() && *found <= to + days(1).ns;
}

/// Days before and after a change of what the feed counts differ by a factor, all of them.
void BarChecker::check_days() {
    if (!counts_volume_ || !is_timed_ || spec_.step >= days(1).ns) return;
    for (std::size_t i = 2; i + 2 < days_.size(); ++i) {
        const std::size_t from = i > kDaysBefore ? i - kDaysBefore : 0;
        const std::size_t to = std::min(days_.size(), i + kDaysAfter);
        double low_before = days_[i - 1].volume, high_before = low_before;
        double low_after = days_[i].volume, high_after = low_after;
        for (std::size_t k = i - std::min<std::size_t>(2, i - from); k < i; ++k) {
            low_before = std::min(low_before, days_[k].volume);
            high_before = std::max(high_before, days_[k].volume);
        }
        for (std::size_t k = i; k < to; ++k) {
            low_after = std::min(low_after, days_[k].volume);
            high_after = std::max(high_after, days_[k].volume);
        }
        const bool up = low_after > settings_.volume_factor * high_before && high_before > 0;
        const bool down = low_before > settings_.volume_factor * high_after && high_after > 0;
        if (!up && !down) continue;
        sink_({.rule = QualityRule::volume_shift,
               .severity = Severity::warning,
               .row = days_[i].row,
               .ts = Timestamp{days_[i].first_ts},
               .detail = fmt::format(
                   "a day's volume goes from {} to {} and stays: it counts something else",
                   price_text(static_cast<std::int64_t>(std::min(days_[i - 1].volume, 9.0e18))),
                   price_text(static_cast<std::int64_t>(std::min(days_[i].volume, 9.0e18)))),
               .repair = std::nullopt});
    }
}

// --- two sides -----------------------------------------------------------------------------------

void SideChecker::Side::pop() {
    ++next;
    ++row;
    if (next == waiting.size()) {
        waiting.clear();
        next = 0;
    }
}

bool SideChecker::bid_is_behind() const { return bid_.newest <= ask_.newest; }

void SideChecker::take(Side& side, const BarRows& rows) {
    if (side.next > 0) {
        side.waiting.erase(side.waiting.begin(),
                           side.waiting.begin() + static_cast<std::ptrdiff_t>(side.next));
        side.next = 0;
    }
    for (std::size_t i = 0; i < rows.ts.size(); ++i) {
        side.waiting.push_back({.ts = rows.ts[i], .open = rows.open[i], .close = rows.close[i]});
        side.newest = std::max(side.newest, rows.ts[i]);
    }
    match();
}

void SideChecker::match() {
    while (!bid_.empty() && !ask_.empty()) {
        const std::int64_t bid = bid_.front().ts, ask = ask_.front().ts;
        if (bid < ask) {
            alone(bid_, true);
        } else if (ask < bid) {
            alone(ask_, false);
        } else {
            compare(bid_.front(), ask_.front());
            bid_.pop();
            ask_.pop();
        }
    }
}

void SideChecker::compare(const Row& bid, const Row& ask) {
    const bool opens = bid.open > ask.open;
    if (!opens && bid.close <= ask.close) return;
    runs_.flag(QualityRule::crossed, Severity::error, bid_.row, Timestamp{bid.ts}, [&] {
        return fmt::format("at the {} the bid {} is above the ask {}", opens ? "open" : "close",
                           price_text(opens ? bid.open : bid.close),
                           price_text(opens ? ask.open : ask.close));
    });
}

void SideChecker::alone(Side& side, bool is_bid) {
    runs_.flag(QualityRule::one_sided, Severity::warning, side.row, Timestamp{side.front().ts},
               [&] {
                   return fmt::format("a {} without {}", is_bid ? "bid" : "ask",
                                      is_bid ? "an ask" : "a bid");
               });
    side.pop();
}

void SideChecker::finish() {
    match();
    while (!bid_.empty()) alone(bid_, true);
    while (!ask_.empty()) alone(ask_, false);
    runs_.finish();
}

}  // namespace tradewind::market
