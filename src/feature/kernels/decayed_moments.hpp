// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>

#include "feature/kernel_indicator.hpp"

/// Statistics of all rows so far in which the newest weighs 1 and each before it less by one
/// factor: pandas' ewm(adjust=True).
namespace tradewind::feature {

/// How fast weights fall, and after how many rows there is a value.
struct Decay {
    double keep;  ///< what is left of a weight after one row
    std::size_t rows;

    /// Weights have the same mean age as those of a plain mean of `span` rows.
    [[nodiscard]] static Decay of_span(double span) {
        return {.keep = 1.0 - 2.0 / (span + 1.0),
                .rows = static_cast<std::size_t>(std::ceil(span))};
    }
    /// A weight halves in so many rows; the span that falls as fast says when there is a value.
    [[nodiscard]] static Decay of_half_life(double rows) {
        const double keep = std::exp2(-1.0 / rows);
        const double span = 2.0 / (1.0 - keep) - 1.0;
        return {.keep = keep, .rows = static_cast<std::size_t>(std::ceil(span))};
    }
};

/// The sum of the weights, and what makes a weighted variance that of a sample.
class DecayedWeights {
public:
    explicit DecayedWeights(double keep) : keep_(keep) {}

    void add() {
        pairs_ = keep_ * (keep_ * pairs_ + 2.0 * sum_);
        sum_ = keep_ * sum_ + 1.0;
    }
    [[nodiscard]] double sum() const { return sum_; }
    /// A sum of weighted squares, divided so that its mean over samples is the variance. NaN where
    /// one row has all the weight.
    [[nodiscard]] double sample(double squares) const {
        return pairs_ > 0.0 ? squares * sum_ / pairs_ : kNaN;
    }

private:
    double keep_;
    double sum_ = 0.0;
    double pairs_ = 0.0;  ///< sum of w[i] w[j] over i != j
};

/// Weighted mean, and squares of distances from it: West's recurrence (1979). The mean is kept as a
/// distance from the newest value, which is right to its last digits where prices stand still and
/// it vanishes.
class DecayedMoments {
public:
    explicit DecayedMoments(double keep) : weights_(keep), keep_(keep) {}

    void add(double value) {
        if (weights_.sum() == 0.0) [[unlikely]]
            last_ = value;
        const double before = weights_.sum();
        weights_.add();
        away_ = (value - last_) + off_;
        last_ = value;
        off_ = away_ * (keep_ * before / weights_.sum());
        squares_ = std::fma(squares_, keep_, away_ * off_);
    }
    [[nodiscard]] double mean() const { return last_ - off_; }
    /// Of the newest value from the mean.
    [[nodiscard]] double off_mean() const { return off_; }
    /// Of the newest value from the mean of all before it.
    [[nodiscard]] double off_mean_before() const { return away_; }
    [[nodiscard]] const DecayedWeights& weights() const { return weights_; }
    /// Weighted squares of distances from the mean.
    [[nodiscard]] double squares() const { return squares_; }
    [[nodiscard]] double variance() const { return weights_.sample(squares_); }

private:
    DecayedWeights weights_;
    double keep_;
    double last_ = 0.0;
    double off_ = 0.0;
    double away_ = 0.0;
    double squares_ = 0.0;
};

/// How two series vary together, by the same weights.
class DecayedComoments {
public:
    explicit DecayedComoments(double keep) : x_(keep), y_(keep), keep_(keep) {}

    void add(double x, double y) {
        x_.add(x);
        y_.add(y);
        products_ = std::fma(products_, keep_, x_.off_mean_before() * y_.off_mean());
    }
    [[nodiscard]] double covariance() const { return x_.weights().sample(products_); }
    /// NaN where one of the two does not vary.
    [[nodiscard]] double correlation() const {
        const double product = x_.squares() * y_.squares();
        if (product == 0.0) return kNaN;
        return smaller(larger(products_ / std::sqrt(product), -1.0), 1.0);
    }

private:
    DecayedMoments x_;
    DecayedMoments y_;
    double keep_;
    double products_ = 0.0;
};

}  // namespace tradewind::feature
