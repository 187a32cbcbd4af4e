// SPDX-License-Identifier: Apache-2.0
// How long a series remembers: fractional differences, and Hurst's exponent.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/elementary.hpp"
#include "feature/kernels/extremes.hpp"
#include "feature/kernels/last_values.hpp"

namespace tradewind::feature {
namespace {

// --- fractional differences ----------------------------------------------------------------------

/// Of the binomial series of (1 - lag)^d: newest first, as many as `rows`, or, where that is 0, as
/// are at least `threshold`. Empty: more than a window may have.
std::vector<double> difference_weights(double d, std::size_t rows, double threshold) {
    constexpr auto kMost = static_cast<std::size_t>(kPeriodMax);
    std::vector<double> out;
    double weight = 1.0;
    while (rows > 0 ? out.size() < rows : std::abs(weight) >= threshold) {
        if (out.size() == kMost) return {};
        out.push_back(weight);
        const auto k = static_cast<double>(out.size());
        weight *= (k - 1.0 - d) / k;
    }
    return out;
}

class FractionalDifference {
public:
    /// Newest first.
    explicit FractionalDifference(std::vector<double> weights)
        : weights_(std::move(weights)), values_(weights_.size()) {
        std::reverse(weights_.begin(), weights_.end());
    }

    [[nodiscard]] std::size_t lookback() const { return weights_.size() - 1; }
    template <bool Warm>
    double next(double value) {
        values_.push(value);
        return Warm || ++taken_ >= weights_.size() ? sum_of_products() : kNaN;
    }

private:
    /// In eight sums that do not wait for each other.
    [[nodiscard]] double sum_of_products() const {
        constexpr std::size_t kSums = 8;
        std::array<double, kSums> sums{};
        const double* values = values_.all().data();
        const std::size_t count = weights_.size(), whole = count - count % kSums;
        for (std::size_t from = 0; from < whole; from += kSums) {
            for (std::size_t i = 0; i < kSums; ++i) {
                sums[i] += weights_[from + i] * values[from + i];
            }
        }
        for (std::size_t i = whole; i < count; ++i) sums[i - whole] += weights_[i] * values[i];
        return ((sums[0] + sums[4]) + (sums[2] + sums[6])) +
               ((sums[1] + sums[5]) + (sums[3] + sums[7]));
    }

    std::vector<double> weights_;  ///< oldest first
    LastValues values_;
    std::size_t taken_ = 0;
};

std::vector<double> weights_of(Args args) {
    return difference_weights(args[0], whole(args, 1), args[2]);
}
std::optional<std::string_view> too_many_rows(Args args) {
    if (!weights_of(args).empty()) return std::nullopt;
    return "more than 100000 rows have a weight of at least the threshold; say the window";
}

// --- Hurst's exponent ----------------------------------------------------------------------------

/// The slope of logarithms against those of scales that are fixed.
class LogSlope {
public:
    explicit LogSlope(const std::vector<std::size_t>& scales) {
        for (const std::size_t scale : scales) {
            shares_.push_back(natural_log(static_cast<double>(scale)));
        }
        const double mean = std::accumulate(shares_.begin(), shares_.end(), 0.0) /
                            static_cast<double>(shares_.size());
        double squares = 0.0;
        for (double& share : shares_) {
            share -= mean;
            squares += share * share;
        }
        for (double& share : shares_) share /= squares;
    }
    /// What each scale's logarithm counts in the slope.
    [[nodiscard]] double share(std::size_t scale) const { return shares_[scale]; }

private:
    std::vector<double> shares_;
};

/// Van Herk's blocks add up what is in the window and take nothing away: no leap stays in a sum
/// once it has left, and one of zeros is 0.
struct Sum {
    static constexpr double kNone = 0.0;
    template <typename T>
    [[gnu::always_inline]] static T of(const T& a, const T& b) {
        return a + b;
    }
};

/// By how mean squared changes grow with the rows that they span: as these to the power of 2 H.
class HurstOfVariances {
public:
    explicit HurstOfVariances(std::size_t period)
        : lags_(lags_of(period)), slope_(lags_), values_(lags_.back() + 1), period_(period) {
        for (const std::size_t lag : lags_) sums_.emplace_back(period + 1 - lag);
    }

    [[nodiscard]] std::size_t lookback() const { return period_; }
    template <bool Warm>
    double next(double value) {
        values_.push(value);
        double slope = 0.0;
        for (std::size_t i = 0; i < lags_.size(); ++i) {
            const std::size_t lag = lags_[i];
            if (!Warm && taken_ < lag) break;
            const double change = value - values_.back(lag);
            const double sum = sums_[i].add(change * change);
            if (!Warm && taken_ < period_) continue;
            const double mean = sum / static_cast<double>(period_ + 1 - lag);
            slope += slope_.share(i) * natural_log(mean);
        }
        if (!Warm && taken_++ < period_) return kNaN;
        return detail::is_finite(slope) ? 0.5 * slope : kNaN;
    }

private:
    /// 1, 2, 4, ... up to a quarter of the period.
    static std::vector<std::size_t> lags_of(std::size_t period) {
        std::vector<std::size_t> out;
        for (std::size_t lag = 1; lag <= period / 4; lag *= 2) out.push_back(lag);
        return out;
    }

    std::vector<std::size_t> lags_;
    LogSlope slope_;
    LastValues values_;
    std::vector<RollingExtreme<Sum>> sums_;
    std::size_t period_;
    std::size_t taken_ = 0;
};

/// The range of the running sum of distances from the mean, by the deviation; 0 where nothing
/// varies.
double rescaled_range(std::span<const double> changes) {
    const auto n = static_cast<double>(changes.size());
    double sum = 0.0, smallest = changes[0], largest = changes[0];
    for (const double change : changes) {
        sum += change;
        smallest = smaller(smallest, change);
        largest = larger(largest, change);
    }
    if (smallest == largest) return 0.0;
    const double mean = sum / n;
    double way = 0.0, highest = 0.0, lowest = 0.0, squares = 0.0;
    for (const double change : changes) {
        const double distance = change - mean;
        squares += distance * distance;
        way += distance;
        highest = larger(highest, way);
        lowest = smaller(lowest, way);
    }
    return (highest - lowest) / std::sqrt(squares / n);
}

/// What it is in the mean where changes are independent: Anis and Lloyd's, with Peters' factor.
double expected_rescaled_range(std::size_t size) {
    const auto n = static_cast<double>(size);
    // Gamma((k - 1) / 2) / Gamma(k / 2), from k = 2 or 3 up in steps of 2.
    const bool is_even = size % 2 == 0;
    const double root = std::sqrt(std::numbers::pi);
    double ratio = is_even ? root : 2.0 / root;
    for (double k = is_even ? 2.0 : 3.0; k < n; k += 2.0) ratio *= (k - 1.0) / k;
    double sum = 0.0;
    for (double i = 1.0; i < n; i += 1.0) sum += std::sqrt((n - i) / i);
    return (n - 0.5) / n * ratio / root * sum;
}

/// By how the rescaled range grows with the rows that it is of: as these to the power of H.
class HurstOfRanges {
public:
    HurstOfRanges(std::size_t period, bool is_corrected)
        : sizes_(sizes_of(period)), slope_(sizes_), changes_(period), period_(period) {
        for (std::size_t i = 0; i < sizes_.size(); ++i) {
            ranges_.emplace_back(period - sizes_[i] + 1);
            // A part of the slope that is the same in each row.
            if (is_corrected) {
                start_ -= slope_.share(i) * natural_log(expected_rescaled_range(sizes_[i]));
            }
        }
        if (is_corrected) start_ += 0.5;
    }

    [[nodiscard]] std::size_t lookback() const { return period_; }
    template <bool Warm>
    double next(double value) {
        const double change = value - last_;
        last_ = value;
        if (!Warm && taken_++ == 0) return kNaN;
        changes_.push(change);
        double slope = start_;
        for (std::size_t i = 0; i < sizes_.size(); ++i) {
            ranges_[i].push(rescaled_range(changes_.all().last(sizes_[i])));
            slope += slope_.share(i) * natural_log(mean_range(i));
        }
        return (Warm || taken_ > period_) && detail::is_finite(slope) ? slope : kNaN;
    }

private:
    static constexpr std::size_t kSmallest = 8;

    /// The period, its half, quarter, ...
    static std::vector<std::size_t> sizes_of(std::size_t period) {
        std::vector<std::size_t> out;
        for (std::size_t size = period; size >= kSmallest; size /= 2) out.push_back(size);
        return out;
    }
    /// Of the blocks that lie one before another, the newest ending now; those in which nothing
    /// varies have none.
    [[nodiscard]] double mean_range(std::size_t i) const {
        double sum = 0.0, blocks = 0.0;
        for (std::size_t ago = 0; ago + sizes_[i] <= period_; ago += sizes_[i]) {
            const double range = ranges_[i].back(ago);
            sum += range;
            blocks += range > 0.0 ? 1.0 : 0.0;
        }
        return sum / blocks;
    }

    std::vector<std::size_t> sizes_;
    LogSlope slope_;
    LastValues changes_;
    std::vector<LastValues> ranges_;  ///< of each size, ending at each of the last rows
    std::size_t period_;
    double start_ = 0.0;
    double last_ = 0.0;
    std::size_t taken_ = 0;
};

constexpr std::array kDifferenceParams{
    real_param("d", 0.4, 0, 10, "order of the difference"),
    ParamInfo{.name = "window",
              .kind = ParamKind::whole,
              .otherwise = 0,
              .low = 0,
              .high = kPeriodMax,
              .meaning = "rows; 0: those whose weight is at least the threshold"},
    real_param("threshold", 1e-4, 1e-9, 1, "of a weight's size")};
constexpr std::array kHurstParams{period_param(256, 16)};
constexpr std::array kRangeParams{
    period_param(256, 16),
    ParamInfo{.name = "corrected",
              .kind = ParamKind::whole,
              .otherwise = 1,
              .low = 0,
              .high = 1,
              .meaning = "1: less what chance gives windows of this length"}};

constexpr IndicatorInfo kIndicators[] = {
    {.name = "fracdiff",
     .talib = "",
     .title = "fractional difference",
     .inputs = kReal,
     .params = kDifferenceParams,
     .outputs = kValue,
     .formula = "sum w[k] x[k], w[0] = 1, w[k] = w[k - 1] (k - 1 - d) / k; O(n)",
     .source = "M. Lopez de Prado, Advances in Financial Machine Learning (2018), 5.5",
     .make = [](Args args) { return indicator_of<1>(FractionalDifference{weights_of(args)}); },
     .fault = too_many_rows},
    {.name = "hurst",
     .talib = "",
     .title = "Hurst's exponent by the variance of differences",
     .inputs = kReal,
     .params = kHurstParams,
     .outputs = kValue,
     .formula = "half the slope of ln mean (x - x[lag])^2 against ln lag, lag = 1, 2, 4, ..., n / "
                "4, over the last n + 1; of prices take the logarithm",
     .source = "T. Di Matteo, Quantitative Finance 7 (2007), p. 21-36, q = 2",
     .make = [](Args args) { return indicator_of<1>(HurstOfVariances{whole(args, 0)}); }},
    {.name = "hurst_rs",
     .talib = "",
     .title = "Hurst's exponent by the rescaled range",
     .inputs = kReal,
     .params = kRangeParams,
     .outputs = kValue,
     .formula =
         "slope of ln mean R / S of blocks of the last n changes against ln size, size = n, n "
         "/ 2, ..., 8 at least; corrected: 0.5 and the slope of ln (R / S by that of chance); "
         "O(n)",
     .source =
         "H. E. Hurst (1951); A. Anis, E. Lloyd, Biometrika 63 (1976); R. Weron, Physica A 312 "
         "(2002), p. 285-299",
     .make =
         [](Args args) { return indicator_of<1>(HurstOfRanges{whole(args, 0), args[1] != 0.0}); }},
};

}  // namespace

std::span<const IndicatorInfo> memory_indicators() { return kIndicators; }

}  // namespace tradewind::feature
