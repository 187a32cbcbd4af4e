// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include "feature/kernel_indicator.hpp"
#include "feature/kernels/window.hpp"

namespace tradewind::feature {

/// Simple moving average.
class Sma {
public:
    explicit Sma(std::size_t period) : sum_(period), divisor_(static_cast<double>(period)) {}

    [[nodiscard]] std::size_t lookback() const { return sum_.window().period() - 1; }
    template <bool Warm>
    double next(double value) {
        const double sum = sum_.add(value);
        return Warm || sum_.is_full() ? sum / divisor_ : kNaN;
    }

private:
    RollingSum sum_;
    double divisor_;
};

/// An average that starts from the mean of its first `period` values and then moves by `weight` of
/// the difference to each: TA-Lib's EMA (weight 2 / (period + 1)) and Wilder's smoothing (weight
/// 1 / period).
class Exponential {
public:
    /// The first `skip` values are not looked at: two averages then start on one row.
    Exponential(std::size_t period, double weight, std::size_t skip = 0)
        : weight_(weight), keep_(1.0 - weight), period_(period), skip_(skip) {}

    [[nodiscard]] std::size_t lookback() const { return skip_ + period_ - 1; }
    template <bool Warm>
    double next(double value) {
        if (!Warm && taken_ < skip_ + period_) return seed(value);
        value_ = std::fma(value_, keep_, value * weight_);
        return value_;
    }

private:
    [[gnu::always_inline]] double seed(double value) {
        if (++taken_ <= skip_) return kNaN;
        value_ += value;
        if (taken_ < skip_ + period_) return kNaN;
        value_ /= static_cast<double>(period_);
        return value_;
    }

    double weight_;
    double keep_;
    double value_ = 0.0;
    std::size_t period_;
    std::size_t skip_;
    std::size_t taken_ = 0;
};

[[nodiscard]] inline Exponential ema(std::size_t period, std::size_t skip = 0) {
    return {period, 2.0 / (static_cast<double>(period) + 1.0), skip};
}
/// Wilder's smoothing.
[[nodiscard]] inline Exponential rma(std::size_t period, std::size_t skip = 0) {
    return {period, 1.0 / static_cast<double>(period), skip};
}

/// Sum of a window in which the newest value weighs `period`, and each before it one less.
class WeightedSum {
public:
    explicit WeightedSum(std::size_t period) : window_(period) {
        period_ = static_cast<double>(period);
    }

    double add(double value) {
        weighted_ += period_ * value - sum_;
        sum_ += value - window_.push(value);
        count_ += 1.0;
        weighted_anew_ += count_ * value;
        sum_anew_ += value;
        if (window_.has_turned_now()) {
            weighted_ = std::exchange(weighted_anew_, 0.0);
            sum_ = std::exchange(sum_anew_, 0.0);
            count_ = 0.0;
            is_full_ = true;
        }
        return weighted_;
    }
    [[nodiscard]] std::size_t period() const { return window_.period(); }
    [[nodiscard]] bool is_full() const { return is_full_; }
    [[nodiscard]] double sum() const { return sum_; }  ///< all weights 1
    [[nodiscard]] double weights() const { return period_ * (period_ + 1.0) / 2.0; }

private:
    Window window_;
    double period_;
    double weighted_ = 0.0;
    double sum_ = 0.0;
    double weighted_anew_ = 0.0;  ///< as in RollingSum
    double sum_anew_ = 0.0;
    double count_ = 0.0;  ///< values since the window turned
    bool is_full_ = false;
};

/// Weighted moving average.
class Wma {
public:
    explicit Wma(std::size_t period) : sum_(period), divisor_(sum_.weights()) {}

    [[nodiscard]] std::size_t lookback() const { return sum_.period() - 1; }
    template <bool Warm>
    double next(double value) {
        const double sum = sum_.add(value);
        return Warm || sum_.is_full() ? sum / divisor_ : kNaN;
    }

private:
    WeightedSum sum_;
    double divisor_;
};

/// Triangular: the mean of a mean, together as long as the period.
class Trima {
public:
    explicit Trima(std::size_t period)
        : inner_((period + 1) / 2),
          outer_(period / 2 + 1),
          divisor_(static_cast<double>(inner_.window().period() * outer_.window().period())) {}

    [[nodiscard]] std::size_t lookback() const {
        return inner_.window().period() + outer_.window().period() - 2;
    }
    template <bool Warm>
    double next(double value) {
        const double inner = inner_.add(value);
        if (!Warm && !inner_.is_full()) return kNaN;
        const double outer = outer_.add(inner);
        return Warm || outer_.is_full() ? outer / divisor_ : kNaN;
    }

private:
    RollingSum inner_;
    RollingSum outer_;
    double divisor_;
};

/// Averages in a row, each of the one before. They are kept divided by powers of the weight: a
/// step of one is then a single fused multiplication.
template <std::size_t Length>
class EmaChain {
public:
    explicit EmaChain(std::size_t period)
        : period_(period),
          weight_(2.0 / (static_cast<double>(period) + 1.0)),
          keep_(1.0 - weight_) {}

    [[nodiscard]] std::size_t lookback() const { return Length * (period_ - 1); }
    /// The average of a place, from 0 on, is the value times the weight to the power of place + 1.
    /// NaN while it warms up.
    using Values = std::array<double, Length>;
    [[nodiscard]] double weight(std::size_t place) const {
        double out = weight_;
        for (std::size_t i = 0; i < place; ++i) out *= weight_;
        return out;
    }
    template <bool Warm>
    Values next(double value) {
        if (!Warm && taken_ <= lookback()) return seed(value);
        Values out;
        for (std::size_t i = 0; i < Length; ++i) {
            out[i] = value = averages_[i] = std::fma(averages_[i], keep_, value);
        }
        return out;
    }

private:
    /// Each starts from the mean of the first `period` values of the one before.
    [[gnu::always_inline]] Values seed(double value) {
        Values out;
        out.fill(kNaN);
        ++taken_;
        for (std::size_t i = 0; i < Length; ++i) {
            const std::size_t first = (i + 1) * (period_ - 1) + 1;
            double& average = averages_[i];
            if (taken_ > first) {
                average = std::fma(average, keep_, value);
            } else {
                average += value;
                if (taken_ < first) return out;
                average = average / static_cast<double>(period_) / weight_;
            }
            out[i] = value = average;
        }
        return out;
    }

    std::size_t period_;
    double weight_;
    double keep_;
    Values averages_{};
    std::size_t taken_ = 0;
};

/// Double exponential: what the average of the average lags is added back.
class Dema {
public:
    explicit Dema(std::size_t period)
        : averages_(period), c1_(2.0 * averages_.weight(0)), c2_(averages_.weight(1)) {}

    [[nodiscard]] std::size_t lookback() const { return averages_.lookback(); }
    template <bool Warm>
    double next(double value) {
        const auto [first, second] = averages_.next<Warm>(value);
        return c1_ * first - c2_ * second;
    }

private:
    EmaChain<2> averages_;
    double c1_, c2_;
};

/// Triple exponential.
class Tema {
public:
    explicit Tema(std::size_t period)
        : averages_(period),
          c1_(3.0 * averages_.weight(0)),
          c2_(3.0 * averages_.weight(1)),
          c3_(averages_.weight(2)) {}

    [[nodiscard]] std::size_t lookback() const { return averages_.lookback(); }
    template <bool Warm>
    double next(double value) {
        const auto [first, second, third] = averages_.next<Warm>(value);
        return c1_ * first - c2_ * second + c3_ * third;
    }

private:
    EmaChain<3> averages_;
    double c1_, c2_, c3_;
};

/// Tillson's: six averages in a row, weighted by powers of a factor.
class T3 {
public:
    T3(std::size_t period, double v)
        : averages_(period),
          c3_((1.0 + v) * (1.0 + v) * (1.0 + v) * averages_.weight(2)),
          c4_(-3.0 * v * (1.0 + v) * (1.0 + v) * averages_.weight(3)),
          c5_(3.0 * v * v * (1.0 + v) * averages_.weight(4)),
          c6_(-v * v * v * averages_.weight(5)) {}

    [[nodiscard]] std::size_t lookback() const { return averages_.lookback(); }
    template <bool Warm>
    double next(double value) {
        const auto averages = averages_.next<Warm>(value);
        return c6_ * averages[5] + c5_ * averages[4] + c4_ * averages[3] + c3_ * averages[2];
    }

private:
    EmaChain<6> averages_;
    double c3_, c4_, c5_, c6_;
};

/// Zero lag: of the value and how far it has come in half a period.
class Zlema {
public:
    explicit Zlema(std::size_t period) : delay_((period - 1) / 2), average_(ema(period)) {}

    [[nodiscard]] std::size_t lookback() const { return delay_.lookback() + average_.lookback(); }
    template <bool Warm>
    double next(double value) {
        return after<Warm>(average_, value + (value - delay_.next(value)));
    }

private:
    Delay delay_;
    Exponential average_;
};

/// Hull's: twice the average of half a period less that of a whole one, smoothed.
class Hma {
public:
    explicit Hma(std::size_t period)
        : half_(std::max<std::size_t>(period / 2, 1)),
          whole_(period),
          smooth_(root_of(period)),
          half_share_(2.0 / half_.weights() / smooth_.weights()),
          whole_share_(1.0 / whole_.weights() / smooth_.weights()) {}

    [[nodiscard]] std::size_t lookback() const { return whole_.period() + smooth_.period() - 2; }
    template <bool Warm>
    double next(double value) {
        const double half = half_.add(value), whole = whole_.add(value);
        if (!Warm && !whole_.is_full()) return kNaN;
        const double smooth = smooth_.add(half_share_ * half - whole_share_ * whole);
        return Warm || smooth_.is_full() ? smooth : kNaN;
    }

private:
    static std::size_t root_of(std::size_t period) {
        return static_cast<std::size_t>(std::sqrt(static_cast<double>(period)));
    }

    WeightedSum half_;
    WeightedSum whole_;
    WeightedSum smooth_;
    double half_share_;
    double whole_share_;
};

/// How much of the way that values went they are ahead: |change over n| / sum of |changes|; 1 where
/// nothing moves.
class Efficiency {
public:
    explicit Efficiency(std::size_t period) : window_(period, kNaN) {}

    [[nodiscard]] std::size_t lookback() const { return window_.period(); }
    template <bool Warm>
    double next(double value) {
        const double before = window_.push(value);
        const double step = length<Warm>(value - std::exchange(last_, value));
        const double old_step = length<Warm>(before - std::exchange(before_last_, before));
        zeros_ = is_zero(step) ? zeros_ + 1 : 0;
        way_ += step - old_step;
        way_anew_ += step;
        if (window_.has_turned_now()) way_ = std::exchange(way_anew_, 0.0);
        const double ahead = std::fabs(value - before);
        if (!Warm && ahead != ahead) return kNaN;
        const bool is_straight = ahead >= way_ || zeros_ >= window_.period();
        return is_straight ? 1.0 : ahead / way_;
    }

private:
    /// A step from nowhere is none.
    template <bool Warm>
    static double length(double step) {
        return Warm || step == step ? std::fabs(step) : 0.0;
    }

    Window window_;
    double last_ = kNaN;         ///< the value before
    double before_last_ = kNaN;  ///< the value before that which fell out
    double way_ = 0.0;
    double way_anew_ = 0.0;  ///< as in RollingSum
    std::size_t zeros_ = 0;  ///< steps since the last one that was none
};

/// Kaufman's adaptive average: the more efficient the way, the faster.
class Kama {
public:
    explicit Kama(std::size_t period) : efficiency_(period) {}

    [[nodiscard]] std::size_t lookback() const { return efficiency_.lookback(); }
    template <bool Warm>
    double next(double value) {
        constexpr double kSlowest = 2.0 / (30 + 1), kFastest = 2.0 / (2 + 1);
        const double efficiency = efficiency_.next<Warm>(value);
        if (!Warm && efficiency != efficiency) {
            value_ = value;
            return kNaN;
        }
        const double root = efficiency * (kFastest - kSlowest) + kSlowest;
        const double weight = root * root;
        value_ = std::fma(value_, 1.0 - weight, value * weight);
        return value_;
    }

private:
    Efficiency efficiency_;
    double value_ = 0.0;  ///< the value before, while it warms up
};

/// What an average over one row is.
class Same {
public:
    [[nodiscard]] static std::size_t lookback() { return 0; }
    template <bool Warm>
    double next(double value) {
        return value;
    }
};

/// A kernel to which the first `skip` values are not shown: two then start on one row.
template <typename Kernel>
class Late {
public:
    Late(Kernel kernel, std::size_t skip) : kernel_(std::move(kernel)), skip_(skip) {}

    [[nodiscard]] std::size_t lookback() const { return skip_ + kernel_.lookback(); }
    template <bool Warm>
    double next(double value) {
        if (!Warm && taken_ < skip_) {
            ++taken_;
            return kNaN;
        }
        return kernel_.template next<Warm>(value);
    }

private:
    Kernel kernel_;
    std::size_t skip_;
    std::size_t taken_ = 0;
};

}  // namespace tradewind::feature
