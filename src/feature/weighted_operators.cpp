// SPDX-License-Identifier: Apache-2.0
// Statistics with weights that fall from row to row, by span or by half-life: pandas'
// ewm(span=n, adjust=True, min_periods=n) and ewm(halflife=h, adjust=True). Variances and
// covariances are those of a sample, as there.
#include <array>
#include <cmath>

#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/decayed_moments.hpp"
#include "feature/operators.hpp"

namespace tradewind::feature {
namespace {

/// A figure of moments that are kept in step.
template <typename Moments, auto Figure>
class DecayedFigure {
public:
    DecayedFigure(Decay decay, std::size_t rows_min)
        : moments_(decay.keep), rows_(decay.rows > rows_min ? decay.rows : rows_min) {}

    [[nodiscard]] std::size_t lookback() const { return rows_ - 1; }
    template <bool Warm, typename... Doubles>
    double next(Doubles... values) {
        moments_.add(values...);
        return Warm || ++taken_ >= rows_ ? Figure(moments_, values...) : kNaN;
    }

private:
    Moments moments_;
    std::size_t rows_;
    std::size_t taken_ = 0;
};

/// A mean alone, of sums: a multiplication and an addition a row on which the next one hangs.
class DecayedMean {
public:
    explicit DecayedMean(Decay decay)
        : weights_(decay.keep), keep_(decay.keep), rows_(decay.rows) {}

    [[nodiscard]] std::size_t lookback() const { return rows_ - 1; }
    template <bool Warm>
    double next(double value) {
        weights_.add();
        sum_ = std::fma(sum_, keep_, value);
        return Warm || ++taken_ >= rows_ ? sum_ / weights_.sum() : kNaN;
    }

private:
    DecayedWeights weights_;
    double keep_;
    double sum_ = 0.0;
    std::size_t rows_;
    std::size_t taken_ = 0;
};

double variance(const DecayedMoments& moments, double /*newest*/) { return moments.variance(); }
double deviation(const DecayedMoments& moments, double /*newest*/) {
    return std::sqrt(moments.variance());
}
double z_score(const DecayedMoments& moments, double /*newest*/) {
    const double sample = moments.variance();
    return sample > 0.0 ? moments.off_mean() / std::sqrt(sample) : kNaN;
}
double covariance(const DecayedComoments& moments, double /*x*/, double /*y*/) {
    return moments.covariance();
}
double correlation(const DecayedComoments& moments, double /*x*/, double /*y*/) {
    return moments.correlation();
}

Decay decay_of(Args args) {
    return args[1] > 0.0 ? Decay::of_half_life(args[1]) : Decay::of_span(args[0]);
}

/// One row has no variance.
constexpr std::size_t kRowsMin = 2;

template <typename Moments, auto Figure, std::size_t Inputs>
std::unique_ptr<Indicator> decayed(Args args) {
    return indicator_of<Inputs>(DecayedFigure<Moments, Figure>{decay_of(args), kRowsMin});
}

constexpr ParamInfo kHalfLife =
    real_param("halflife", 0, 0, kPeriodMax, "rows; where it is above 0 it rules, not the span");
constexpr std::array kMeanParams{period_param(20, 1, "span"), kHalfLife};
constexpr std::array kParams{period_param(20, 2, "span"), kHalfLife};
constexpr std::string_view kSource =
    "D. H. D. West, Updating Mean and Variance Estimates, CACM 22:9 (1979)";

constexpr auto kOperators = std::to_array<IndicatorInfo>({
    {.name = "ewm_mean",
     .title = "exponentially weighted mean",
     .inputs = kReal,
     .params = kMeanParams,
     .outputs = kValue,
     .formula = "sum w x / sum w; w = 1, k, k^2, ... into the past, k = 1 - 2 / (span + 1) or "
                "2^(-1 / halflife)",
     .make = [](Args args) { return indicator_of<1>(DecayedMean{decay_of(args)}); }},
    {.name = "ewm_var",
     .title = "exponentially weighted variance of a sample",
     .inputs = kReal,
     .params = kParams,
     .outputs = kValue,
     .formula = "sum w (x - mean)^2 / (sum w - sum w^2 / sum w)",
     .source = kSource,
     .make = decayed<DecayedMoments, variance, 1>},
    {.name = "ewm_std",
     .title = "exponentially weighted deviation of a sample",
     .inputs = kReal,
     .params = kParams,
     .outputs = kValue,
     .formula = "sqrt(ewm_var)",
     .source = kSource,
     .make = decayed<DecayedMoments, deviation, 1>},
    {.name = "ewm_zscore",
     .title = "distance from the exponentially weighted mean in deviations",
     .inputs = kReal,
     .params = kParams,
     .outputs = kValue,
     .formula = "(x - ewm_mean) / ewm_std; missing where nothing varies",
     .source = kSource,
     .make = decayed<DecayedMoments, z_score, 1>},
    {.name = "ewm_cov",
     .title = "exponentially weighted covariance of two series",
     .inputs = kPair,
     .params = kParams,
     .outputs = kValue,
     .formula = "sum w (x - mean)(y - mean) / (sum w - sum w^2 / sum w)",
     .source = kSource,
     .make = decayed<DecayedComoments, covariance, 2>},
    {.name = "ewm_corr",
     .title = "exponentially weighted correlation of two series",
     .inputs = kPair,
     .params = kParams,
     .outputs = kValue,
     .formula = "ewm_cov / the product of the deviations; missing where one does not vary",
     .source = kSource,
     .make = decayed<DecayedComoments, correlation, 2>},
});

}  // namespace

std::span<const IndicatorInfo> weighted_operators() { return kOperators; }

}  // namespace tradewind::feature
