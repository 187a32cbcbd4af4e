// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>

/// Moments and order statistics of arrays without NaN. An undefined result is nullopt.
namespace tradewind::measures {

/// Neumaier's sum: the error of each addition is carried beside the total.
class Sum {
public:
    void add(double value) {
        const double next = total_ + value;
        carry_ +=
            std::abs(total_) >= std::abs(value) ? (total_ - next) + value : (value - next) + total_;
        total_ = next;
    }
    [[nodiscard]] double value() const { return total_ + carry_; }

private:
    double total_ = 0;
    double carry_ = 0;
};

/// Constant series leave rounding noise where the deviation should be 0. Anything under a few units
/// in the last place of the values themselves is that noise. Not empty.
[[nodiscard]] bool is_constant(std::span<const double> values);
/// E[(x - mean)^power], divided by n. Not empty.
[[nodiscard]] double central_moment(std::span<const double> values, int power);

/// Arithmetic mean by compensated (Neumaier) summation; nullopt for an empty span.
[[nodiscard]] std::optional<double> mean(std::span<const double> values);
/// Sample standard deviation (n - 1); nullopt under two values.
[[nodiscard]] std::optional<double> sample_deviation(std::span<const double> values);
/// Third standardised moment, m3 / m2^1.5 with population moments; nullopt where the values are
/// constant.
[[nodiscard]] std::optional<double> skewness(std::span<const double> values);
/// Fourth standardised moment, m4 / m2^2, raw: 3 for a normal. nullopt where the values are
/// constant.
[[nodiscard]] std::optional<double> raw_kurtosis(std::span<const double> values);
/// Linear interpolation between order statistics, Hyndman and Fan (1996) type 7, as numpy's
/// default. `sorted` ascending and not empty, 0 <= p <= 1.
[[nodiscard]] double quantile_of_sorted(std::span<const double> sorted, double p);
/// Sample autocorrelation at `lag`, both moments divided by n; nullopt where the values are
/// constant or `lag` reaches their count.
[[nodiscard]] std::optional<double> autocorrelation(std::span<const double> values,
                                                    std::size_t lag);

}  // namespace tradewind::measures
