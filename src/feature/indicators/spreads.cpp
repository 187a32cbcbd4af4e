// SPDX-License-Identifier: Apache-2.0
// What a trade costs, guessed from bars where nobody recorded quotes.
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/comoments.hpp"
#include "feature/kernels/known_rows.hpp"
#include "feature/kernels/window.hpp"

namespace tradewind::feature {
namespace {

/// Prices that bounce between bid and ask turn back: their changes go against those before them.
class RollSpread {
public:
    explicit RollSpread(std::size_t period) : changes_(period) {}

    [[nodiscard]] std::size_t lookback() const { return changes_.lookback() + 2; }
    template <bool Warm>
    double next(double price) {
        const double change = price - std::exchange(price_, price);
        const double before = std::exchange(change_, change);
        if (!Warm && before != before) return kNaN;
        changes_.add(before, change);
        if (!Warm && !changes_.is_full()) return kNaN;
        return 2.0 * std::sqrt(larger(-changes_.now().sample_covariance(), 0.0));
    }

private:
    RollingComoments changes_;
    double price_ = kNaN;   ///< of the row before
    double change_ = kNaN;  ///< of the row before
};

/// Highs are mostly at the ask and lows at the bid: the range of two rows holds two rows' variance
/// but one spread.
class CorwinSchultz {
public:
    explicit CorwinSchultz(std::size_t period)
        : spreads_(period), known_(period), share_(1.0 / static_cast<double>(period)) {}

    [[nodiscard]] std::size_t lookback() const { return known_.period(); }
    template <bool Warm>
    double next(double high, double low) {
        const double high_before = std::exchange(high_, high);
        const double low_before = std::exchange(low_, low);
        if (!Warm && high_before != high_before) return kNaN;
        const double spread = of_two_rows(high, low, high_before, low_before);
        const double sum = spreads_.add(larger(known_.take(spread), 0.0));
        return known_.all() ? sum * share_ : kNaN;
    }

private:
    static double squared(double x) { return x * x; }
    static double of_two_rows(double high, double low, double high_before, double low_before) {
        constexpr double kPart = 3.0 - 2.0 * std::numbers::sqrt2;
        const double beta =
            squared(std::log(high / low)) + squared(std::log(high_before / low_before));
        const double gamma =
            squared(std::log(larger(high, high_before) / smaller(low, low_before)));
        const double alpha =
            (std::numbers::sqrt2 - 1.0) * std::sqrt(beta) / kPart - std::sqrt(gamma / kPart);
        return 2.0 * std::tanh(0.5 * alpha);  // 2 (e^a - 1) / (e^a + 1)
    }

    RollingMagnitude spreads_;
    KnownRows known_;
    double share_;
    double high_ = kNaN;
    double low_ = kNaN;
};

/// A close lies half a spread from the middle; the middles of the ranges about it do not know on
/// which side.
class AbdiRanaldo {
public:
    explicit AbdiRanaldo(std::size_t period)
        : products_(period), known_(period), share_(1.0 / static_cast<double>(period)) {}

    [[nodiscard]] std::size_t lookback() const { return known_.period(); }
    template <bool Warm>
    double next(double high, double low, double close) {
        const double middle = 0.5 * (std::log(high) + std::log(low));
        const double middle_before = std::exchange(middle_, middle);
        const double close_before = std::exchange(close_, std::log(close));
        if (!Warm && middle_before != middle_before) return kNaN;
        const double product = (close_before - middle_before) * (close_before - middle);
        const double sum = products_.add(known_.take(product));
        if (!known_.all()) return kNaN;
        return 2.0 * std::sqrt(larger(sum * share_, 0.0));
    }

private:
    RollingSum products_;
    KnownRows known_;
    double share_;
    double middle_ = kNaN;  ///< of the row before, logarithms
    double close_ = kNaN;
};

constexpr std::array kPeriod20{period_param(20)};

constexpr IndicatorInfo kIndicators[] = {
    {.name = "roll_spread",
     .talib = "",
     .title = "Roll's effective spread",
     .inputs = kReal,
     .params = kPeriod20,
     .outputs = kValue,
     .formula =
         "2 sqrt(-c), c the covariance of the last n changes with those before them; 0 where "
         "c is not below 0",
     .source = "R. Roll, Journal of Finance 39 (1984), p. 1127-1139",
     .make = [](Args args) { return indicator_of<1>(RollSpread{whole(args, 0)}); }},
    {.name = "corwin_schultz",
     .talib = "",
     .title = "Corwin and Schultz's spread, relative",
     .inputs = kHighLow,
     .params = kPeriod20,
     .outputs = kValue,
     .formula =
         "mean of the last n of 2 (e^a - 1) / (e^a + 1), not below 0; a = (sqrt(2 b) - "
         "sqrt(b)) / k - sqrt(g / k), k = 3 - 2 sqrt 2, b the sum of ln(high / low)^2 of two "
         "rows, g that of their common range",
     .source = "S. Corwin, P. Schultz, Journal of Finance 67 (2012), p. 719-760, eq. 14 and 18",
     .make = [](Args args) { return indicator_of<2>(CorwinSchultz{whole(args, 0)}); }},
    {.name = "abdi_ranaldo",
     .talib = "",
     .title = "Abdi and Ranaldo's spread, relative",
     .inputs = kHighLowClose,
     .params = kPeriod20,
     .outputs = kValue,
     .formula = "2 sqrt(mean of the last n of (c - m)(c - m after)), 0 where it is below 0; c the "
                "logarithm of a row's close, m the middle of those of its high and low",
     .source = "F. Abdi, A. Ranaldo, Review of Financial Studies 30 (2017), p. 4437-4480, eq. 11",
     .make = [](Args args) { return indicator_of<3>(AbdiRanaldo{whole(args, 0)}); }},
};

}  // namespace

std::span<const IndicatorInfo> spread_indicators() { return kIndicators; }

}  // namespace tradewind::feature
