// SPDX-License-Identifier: Apache-2.0
#include "monitor/reality_check.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/assert.hpp"
#include "base/random.hpp"
#include "measures/moments.hpp"

namespace tradewind::monitor {
namespace {

/// Resamples that are computed beside each other: their counts stay in the
/// cache, their sums in registers.
constexpr std::size_t kLanes = 16;
/// What is known of a trial before it is resampled.
struct Sample {
    std::size_t trial = 0;
    double mean = 0;
    double error = 0;  ///< standard error of sqrt(n) x mean, Hansen's omega
};

/// Hansen's omega: the standard error of sqrt(n) x mean under the stationary bootstrap, whose
/// variance weighs the autocovariance at lag i with (1 - i/n) a^i + i/n a^(n-i), a = 1 - 1 / mean
/// block (Politis and Romano 1994, lemma 1). The two terms are one sum of (1 - i/n) a^i over lags
/// that go round the end, and that sum follows from one period to the next.
double long_run_error(std::span<const double> row, double centre, double mean_block) {
    const auto n = static_cast<double>(row.size());
    const double a = 1 - 1 / mean_block;
    const double round = std::pow(a, n);
    double plain = 0;   // sum of a^i x[t - i], i from 1 to n - 1, at t = 0
    double by_lag = 0;  // sum of i a^i x[t - i]
    double power = 1;
    for (std::size_t i = 1; i < row.size(); ++i) {
        power *= a;
        plain += power * (row[row.size() - i] - centre);
        by_lag += static_cast<double>(i) * power * (row[row.size() - i] - centre);
    }
    double variance = 0;
    for (std::size_t t = 0; t < row.size(); ++t) {
        const double x = row[t] - centre;
        variance += x * (x + 2 * (plain - by_lag / n));
        // One period on: every lag grows by one, x enters at lag 1, and what reaches lag n leaves.
        // That is the value at t + 1 - n, the next one of the row; it is taken off as it comes.
        by_lag = a * (by_lag + plain + x);
        plain = a * (plain + x);
        const double leaving = row[(t + 1) % row.size()] - centre;
        by_lag -= n * round * leaving;
        plain -= round * leaving;
    }
    return std::sqrt(std::max(variance, 0.0) / n);
}

std::vector<Sample> samples_of(const ReturnMatrix& excess, double mean_block) {
    std::vector<Sample> out;
    for (std::size_t trial = 0; trial < excess.trials; ++trial) {
        const auto row = excess.row(trial);
        const auto deviation = measures::sample_deviation(row);
        if (!deviation || *deviation == 0) continue;  // it never differs from the benchmark
        const double centre = *measures::mean(row);
        const double error = long_run_error(row, centre, mean_block);
        if (error > 0) out.push_back({.trial = trial, .mean = centre, .error = error});
    }
    return out;
}

/// The four statistics of one (re)sample: the largest over the trials so far, and never below the 0
/// of the benchmark itself.
struct Largest {
    double white = 0;
    double lower = 0;
    double consistent = 0;
    double upper = 0;
};

/// How far below the benchmark a mean may lie and still be taken for as good as it: Hansen (2005),
/// section 2.2.
double threshold(const Sample& sample, double periods) {
    return -sample.error / std::sqrt(periods) * std::sqrt(2 * std::log(std::log(periods)));
}

void include(Largest& largest, const Sample& sample, double drawn_mean, double periods) {
    const double root = std::sqrt(periods);
    const double from_mean = root * (drawn_mean - sample.mean);
    const double plain = root * drawn_mean;
    const bool is_near = sample.mean >= threshold(sample, periods);
    largest.white = std::max(largest.white, from_mean);
    largest.upper = std::max(largest.upper, from_mean / sample.error);
    largest.consistent = std::max(largest.consistent, (is_near ? from_mean : plain) / sample.error);
    largest.lower = std::max(largest.lower, (sample.mean >= 0 ? from_mean : plain) / sample.error);
}

/// Counts of some resamples, [period][lane]: what one pass over a trial's returns reads in order.
std::vector<double> lanes_of(const Resamples& resamples, std::size_t first, std::size_t lanes) {
    std::vector<double> out(resamples.periods * kLanes, 0.0);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        const std::uint16_t* counts = resamples.counts.data() + (first + lane) * resamples.periods;
        for (std::size_t t = 0; t < resamples.periods; ++t) out[t * kLanes + lane] = counts[t];
    }
    return out;
}

std::array<double, kLanes> sums_of(std::span<const double> row, const std::vector<double>& lanes) {
    std::array<double, kLanes> sums{};
    const double* counts = lanes.data();
    for (const double value : row) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += value * counts[lane];
        counts += kLanes;
    }
    return sums;
}

std::vector<Largest> resample(const ReturnMatrix& excess, std::span<const Sample> samples,
                              const Resamples& resamples) {
    const auto n = static_cast<double>(excess.periods);
    std::vector<Largest> out(resamples.resamples);
    for (std::size_t first = 0; first < out.size(); first += kLanes) {
        const std::size_t lanes = std::min(kLanes, out.size() - first);
        const std::vector<double> counts = lanes_of(resamples, first, lanes);
        for (const Sample& sample : samples) {
            const auto sums = sums_of(excess.row(sample.trial), counts);
            for (std::size_t lane = 0; lane < lanes; ++lane) {
                include(out[first + lane], sample, sums[lane] / n, n);
            }
        }
    }
    return out;
}

}  // namespace

Resamples stationary_bootstrap(std::size_t periods, const BootstrapSettings& settings) {
    constexpr std::size_t kPeriodsMax = 65'535;
    ASSERT(periods >= 2 && periods <= kPeriodsMax);
    ASSERT(settings.mean_block == 0 || settings.mean_block >= 1);
    Resamples out{.resamples = settings.resamples,
                  .periods = periods,
                  .mean_block = settings.mean_block == 0
                                    ? std::floor(std::sqrt(static_cast<double>(periods)))
                                    : settings.mean_block};
    out.counts.assign(out.resamples * periods, 0);
    base::Random random(settings.seed);
    for (std::size_t i = 0; i < out.resamples; ++i) {
        std::uint16_t* counts = out.counts.data() + i * periods;
        std::size_t at = 0;
        for (std::size_t drawn = 0; drawn < periods; ++drawn) {
            const bool begins = drawn == 0 || random.uniform() * out.mean_block < 1;
            at = begins ? static_cast<std::size_t>(random.below(periods)) : (at + 1) % periods;
            ++counts[at];
        }
    }
    return out;
}

std::optional<RealityCheck> reality_check(const ReturnMatrix& excess, const Resamples& resamples) {
    ASSERT(excess.values.size() == excess.trials * excess.periods);
    ASSERT(resamples.periods == excess.periods && resamples.resamples > 0);
    const std::vector<Sample> samples = samples_of(excess, resamples.mean_block);
    if (samples.empty()) return std::nullopt;
    const auto n = static_cast<double>(excess.periods);
    double steadiest = 0;
    for (const Sample& one : samples) {
        steadiest = std::max(steadiest, std::sqrt(n) * one.mean / one.error);
    }
    const Sample& best = *std::ranges::max_element(samples, {}, &Sample::mean);

    const std::vector<Largest> drawn = resample(excess, samples, resamples);
    const auto share = [&](double actual, double Largest::* statistic) {
        const auto above = std::ranges::count_if(
            drawn, [&](const Largest& one) { return one.*statistic > actual; });
        return static_cast<double>(above) / static_cast<double>(drawn.size());
    };
    return RealityCheck{.best = best.trial,
                        .best_mean = best.mean,
                        .resamples = resamples.resamples,
                        .mean_block = resamples.mean_block,
                        .white = share(std::max(std::sqrt(n) * best.mean, 0.0), &Largest::white),
                        .spa_lower = share(steadiest, &Largest::lower),
                        .spa_consistent = share(steadiest, &Largest::consistent),
                        .spa_upper = share(steadiest, &Largest::upper)};
}

}  // namespace tradewind::monitor
