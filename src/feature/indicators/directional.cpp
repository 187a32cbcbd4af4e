// SPDX-License-Identifier: Apache-2.0
// Which way prices go, and how surely.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "feature/indicators/families.hpp"
#include "feature/kernels/averages.hpp"
#include "feature/kernels/extremes.hpp"
#include "feature/kernels/flat_window.hpp"
#include "feature/kernels/true_range.hpp"
#include "feature/kernels/window.hpp"

namespace tradewind::feature {
namespace {

/// How far a bar goes beyond the one before, on the side where it goes farther.
struct Movement {
    double plus, minus;
};

class DirectionalMovement {
public:
    template <bool Warm>
    Movement next(double high, double low) {
        const double up = high - std::exchange(high_, high);
        const double down = std::exchange(low_, low) - low;
        if (!Warm && up != up) return {.plus = kNaN, .minus = kNaN};
        return {.plus = up > down ? larger(up, 0.0) : 0.0,
                .minus = down > up ? larger(down, 0.0) : 0.0};
    }

private:
    double high_ = kNaN;
    double low_ = kNaN;
};

/// Wilder's smoothed sum: the first n - 1 added up, then s += x - s / n.
class WilderSum {
public:
    explicit WilderSum(std::size_t period)
        : keep_(1.0 - 1.0 / static_cast<double>(period)),
          first_(std::max<std::size_t>(period - 1, 1)) {}

    [[nodiscard]] std::size_t lookback() const { return first_ - 1; }
    template <bool Warm>
    double next(double value) {
        if (!Warm && taken_ < first_) {
            sum_ += value;
            return ++taken_ < first_ ? kNaN : sum_;
        }
        sum_ = std::fma(sum_, keep_, value);
        return sum_;
    }

private:
    double keep_;
    double sum_ = 0.0;
    std::size_t first_;
    std::size_t taken_ = 0;
};

enum class Side : std::uint8_t { plus, minus };

template <Side side>
class SmoothedMovement {
public:
    explicit SmoothedMovement(std::size_t period) : sum_(period) {}

    [[nodiscard]] std::size_t lookback() const { return 1 + sum_.lookback(); }
    template <bool Warm>
    double next(double high, double low) {
        const auto [plus, minus] = movement_.next<Warm>(high, low);
        return after<Warm>(sum_, side == Side::plus ? plus : minus);
    }

private:
    DirectionalMovement movement_;
    WilderSum sum_;
};

/// Per cent of the range that goes one way; over one row a share, as in TA-Lib.
template <Side side>
class DirectionalIndicator {
public:
    explicit DirectionalIndicator(std::size_t period)
        : movement_(period),
          range_sum_(period),
          period_(period),
          scale_(period == 1 ? 1.0 : 100.0) {}

    [[nodiscard]] std::size_t lookback() const { return period_; }
    template <bool Warm>
    double next(double high, double low, double close) {
        const double movement = movement_.template next<Warm>(high, low);
        const double range = after<Warm>(range_sum_, range_.next<Warm>(high, low, close));
        if (!Warm && taken_++ < period_) return kNaN;
        return range != 0.0 ? scale_ * (movement / range) : 0.0;
    }

private:
    SmoothedMovement<side> movement_;
    TrueRange range_;
    WilderSum range_sum_;
    std::size_t period_;
    double scale_;
    std::size_t taken_ = 0;
};

/// |plus - minus| / (plus + minus) of the smoothed movements; the ranges by which both indicators
/// are divided cancel. None where nothing has moved.
class DirectionalRatio {
public:
    explicit DirectionalRatio(std::size_t period) : plus_(period), minus_(period) {}

    template <bool Warm>
    std::optional<double> next(double high, double low) {
        const auto [plus_now, minus_now] = movement_.next<Warm>(high, low);
        const double plus = after<Warm>(plus_, plus_now), minus = after<Warm>(minus_, minus_now);
        const double sum = plus + minus;
        if (sum == 0.0) [[unlikely]]
            return std::nullopt;
        return std::fabs(plus - minus) / sum;
    }

private:
    DirectionalMovement movement_;
    WilderSum plus_;
    WilderSum minus_;
};

class DirectionalIndex {
public:
    explicit DirectionalIndex(std::size_t period) : ratio_(period), period_(period) {}

    [[nodiscard]] std::size_t lookback() const { return period_; }
    template <bool Warm>
    double next(double high, double low, double /*close*/) {
        const auto ratio = ratio_.next<Warm>(high, low);
        if (!Warm && taken_++ < period_) return kNaN;
        if (ratio) index_ = 100.0 * *ratio;
        return index_;
    }

private:
    DirectionalRatio ratio_;
    std::size_t period_;
    double index_ = 0.0;
    std::size_t taken_ = 0;
};

/// The directional index smoothed by 1 / n. A row on which nothing has moved counts as 0 among the
/// first n, and not at all after them.
class AverageDirectionalIndex {
public:
    explicit AverageDirectionalIndex(std::size_t period)
        : ratio_(period),
          period_(period),
          keep_(1.0 - 1.0 / static_cast<double>(period)),
          weight_(100.0 / static_cast<double>(period)) {}

    [[nodiscard]] std::size_t lookback() const { return 2 * period_ - 1; }
    template <bool Warm>
    double next(double high, double low, double /*close*/) {
        const auto ratio = ratio_.next<Warm>(high, low);
        if (!Warm && taken_ < 2 * period_) {
            if (taken_++ < period_) return kNaN;
            value_ += ratio.value_or(0.0) * weight_;
            return taken_ < 2 * period_ ? kNaN : value_;
        }
        if (ratio) value_ = std::fma(value_, keep_, *ratio * weight_);
        return value_;
    }

private:
    DirectionalRatio ratio_;
    std::size_t period_;
    double keep_;
    double weight_;
    double value_ = 0.0;
    std::size_t taken_ = 0;
};

class DirectionalRating {
public:
    explicit DirectionalRating(std::size_t period) : index_(period), before_(period - 1) {}

    [[nodiscard]] std::size_t lookback() const { return index_.lookback() + before_.lookback(); }
    template <bool Warm>
    double next(double high, double low, double close) {
        const double index = index_.next<Warm>(high, low, close);
        return (index + before_.next(index)) / 2.0;
    }

private:
    AverageDirectionalIndex index_;
    Delay before_;
};

/// How lately the highest high and the lowest low of the last n + 1 rows came.
class AroonAges {
public:
    explicit AroonAges(std::size_t period)
        : highest_(period + 1),
          lowest_(period + 1),
          period_(static_cast<double>(period)),
          scale_(100.0 / period_) {}

    [[nodiscard]] std::size_t lookback() const { return highest_.lookback(); }
    struct Values {
        double up, down;
    };
    template <bool Warm>
    Values next(double high, double low) {
        const auto highest = highest_.add(high);
        const auto lowest = lowest_.add(low);
        if (!Warm && !highest_.is_full()) return {.up = kNaN, .down = kNaN};
        return {.up = scale_ * (period_ - static_cast<double>(highest.age)),
                .down = scale_ * (period_ - static_cast<double>(lowest.age))};
    }

private:
    RollingExtremeAge<Largest> highest_;
    RollingExtremeAge<Smallest> lowest_;
    double period_;
    double scale_;
};

class Aroon {
public:
    explicit Aroon(std::size_t period) : ages_(period) {}

    [[nodiscard]] std::size_t lookback() const { return ages_.lookback(); }
    template <bool Warm>
    std::array<double, 2> next(double high, double low) {
        const auto [up, down] = ages_.next<Warm>(high, low);
        return {down, up};
    }

private:
    AroonAges ages_;
};

class AroonOscillator {
public:
    explicit AroonOscillator(std::size_t period) : ages_(period) {}

    [[nodiscard]] std::size_t lookback() const { return ages_.lookback(); }
    template <bool Warm>
    double next(double high, double low) {
        const auto [up, down] = ages_.next<Warm>(high, low);
        return up - down;
    }

private:
    AroonAges ages_;
};

/// How far it is from low to next high and from high to next low, in parts of the ranges.
class Vortex {
public:
    explicit Vortex(std::size_t period) : plus_(period), minus_(period), ranges_(period) {}

    [[nodiscard]] std::size_t lookback() const { return plus_.window().period(); }
    template <bool Warm>
    std::array<double, 2> next(double high, double low, double close) {
        const double plus = std::fabs(high - std::exchange(low_, low));
        const double minus = std::fabs(low - std::exchange(high_, high));
        const double range = range_.next<Warm>(high, low, close);
        if (!Warm && range != range) return {kNaN, kNaN};
        const double plus_sum = plus_.add(plus), minus_sum = minus_.add(minus);
        const double sum = ranges_.add(range);
        if (!Warm && !ranges_.is_full()) return {kNaN, kNaN};
        if (sum == 0.0) [[unlikely]]
            return {0.0, 0.0};
        return {plus_sum / sum, minus_sum / sum};
    }

private:
    RollingSum plus_;
    RollingSum minus_;
    RollingMagnitude ranges_;
    TrueRange range_;
    double high_ = kNaN;  ///< of the row before
    double low_ = kNaN;
};

/// Whether the value of some rows ago stands above all before and after it.
template <typename Order>
class Swing {
public:
    Swing(std::size_t left, std::size_t right) : left_(left), candidate_(right), right_(right) {}

    [[nodiscard]] std::size_t lookback() const {
        return left_.lookback() + 1 + candidate_.lookback();
    }
    template <bool Warm>
    double next(double value) {
        const bool leads = !Order::goes_on(value, std::exchange(bound_, left_.add(value)));
        const double candidate = candidate_.next(leads ? value : Order::kNone);
        const double after_it = right_.add(value);
        if (!Warm && taken_ < lookback()) {
            ++taken_;
            return kNaN;
        }
        return Order::goes_on(candidate, after_it) ? 0.0 : 100.0;
    }

private:
    RollingExtreme<Order> left_;
    Delay candidate_;
    RollingExtreme<Order> right_;
    double bound_ = Order::kNone;  ///< what a new value must beat to lead
    std::size_t taken_ = 0;
};

class Fractal {
public:
    Fractal(std::size_t left, std::size_t right) : high_(left, right), low_(left, right) {}

    [[nodiscard]] std::size_t lookback() const { return high_.lookback(); }
    template <bool Warm>
    std::array<double, 2> next(double high, double low) {
        return {high_.next<Warm>(high), low_.next<Warm>(low)};
    }

private:
    Swing<Largest> high_;
    Swing<Smallest> low_;
};

/// The same where there are few rows to look at: all of them are.
class NearFractal {
public:
    static constexpr std::size_t kMost = 64;

    NearFractal(std::size_t left, std::size_t right)
        : high_(left + 1 + right), low_(left + 1 + right), left_(left) {}

    [[nodiscard]] std::size_t lookback() const { return high_.lookback(); }
    template <bool Warm>
    std::array<double, 2> next(double high, double low) {
        high_.add(high);
        low_.add(low);
        if (!Warm && !high_.is_full()) return {kNaN, kNaN};
        return {top(high_.now()), bottom(low_.now())};
    }
    [[gnu::always_inline]] void next_rows(const double* const* in, double* const* out,
                                          std::size_t rows) {
        high_.add_rows(in[0], out[0], rows, [this](const auto& window) { return top(window); });
        low_.add_rows(in[1], out[1], rows, [this](const auto& window) { return bottom(window); });
    }

private:
    template <typename Windows>
    [[nodiscard, gnu::always_inline]] typename Windows::Value top(const Windows& window) const {
        using T = typename Windows::Value;
        const T others = others_of<Largest>(window);
        return if_above(window[left_], others, T{100.0}, T{0.0});
    }
    template <typename Windows>
    [[nodiscard, gnu::always_inline]] typename Windows::Value bottom(const Windows& window) const {
        using T = typename Windows::Value;
        const T others = others_of<Smallest>(window);
        return if_above(others, window[left_], T{100.0}, T{0.0});
    }
    template <typename Order, typename Windows>
    [[nodiscard, gnu::always_inline]] typename Windows::Value others_of(
        const Windows& window) const {
        typename Windows::Value out{Order::kNone};
        for (std::size_t i = 0; i < left_; ++i) out = Order::of(out, window[i]);
        for (std::size_t i = left_ + 1; i < window.period(); ++i) out = Order::of(out, window[i]);
        return out;
    }

    FlatWindow high_;
    FlatWindow low_;
    std::size_t left_;
};

constexpr std::array kPeriod14{period_param(14, 2)};
constexpr std::array kPeriod14From1{period_param(14, 1)};
constexpr std::array kFractalParams{period_param(2, 1, "left"), period_param(2, 1, "right")};
constexpr std::array<std::string_view, 2> kAroonNames{"down", "up"};
constexpr std::array<std::string_view, 2> kVortexNames{"plus", "minus"};
constexpr std::array<std::string_view, 2> kFractalNames{"high", "low"};
constexpr std::string_view kWilder =
    "J. W. Wilder, New Concepts in Technical Trading Systems (1978), p. 35-47";

constexpr IndicatorInfo kIndicators[] = {
    {.name = "plus_dm",
     .talib = "PLUS_DM",
     .title = "upward movement",
     .inputs = kHighLow,
     .params = kPeriod14From1,
     .outputs = kValue,
     .formula = "s += m - s / n, m = high - high[1] if above 0 and above low[1] - low, else 0",
     .source = kWilder,
     .make =
         [](Args args) { return indicator_of<2>(SmoothedMovement<Side::plus>{whole(args, 0)}); }},
    {.name = "minus_dm",
     .talib = "MINUS_DM",
     .title = "downward movement",
     .inputs = kHighLow,
     .params = kPeriod14From1,
     .outputs = kValue,
     .formula = "s += m - s / n, m = low[1] - low if above 0 and above high - high[1], else 0",
     .source = kWilder,
     .make =
         [](Args args) { return indicator_of<2>(SmoothedMovement<Side::minus>{whole(args, 0)}); }},
    {.name = "plus_di",
     .talib = "PLUS_DI",
     .title = "upward indicator",
     .inputs = kHighLowClose,
     .params = kPeriod14From1,
     .outputs = kValue,
     .formula = "100 plus_dm / true range, smoothed as it; n = 1: without the 100",
     .source = kWilder,
     .make =
         [](Args args) {
             return indicator_of<3>(DirectionalIndicator<Side::plus>{whole(args, 0)});
         }},
    {.name = "minus_di",
     .talib = "MINUS_DI",
     .title = "downward indicator",
     .inputs = kHighLowClose,
     .params = kPeriod14From1,
     .outputs = kValue,
     .formula = "100 minus_dm / true range, smoothed as it; n = 1: without the 100",
     .source = kWilder,
     .make =
         [](Args args) {
             return indicator_of<3>(DirectionalIndicator<Side::minus>{whole(args, 0)});
         }},
    {.name = "dx",
     .talib = "DX",
     .title = "directional index",
     .inputs = kHighLowClose,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "100 |plus_dm - minus_dm| / (plus_dm + minus_dm), the one before if 0 / 0",
     .source = kWilder,
     .make = [](Args args) { return indicator_of<3>(DirectionalIndex{whole(args, 0)}); }},
    {.name = "adx",
     .talib = "ADX",
     .title = "average directional index",
     .inputs = kHighLowClose,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "dx smoothed by 1 / n from the mean of the first n",
     .source = kWilder,
     .make = [](Args args) { return indicator_of<3>(AverageDirectionalIndex{whole(args, 0)}); }},
    {.name = "adxr",
     .talib = "ADXR",
     .title = "average directional index rating",
     .inputs = kHighLowClose,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "(adx + adx[n - 1]) / 2",
     .source = kWilder,
     .make = [](Args args) { return indicator_of<3>(DirectionalRating{whole(args, 0)}); }},
    {.name = "aroon",
     .talib = "AROON",
     .title = "Aroon",
     .inputs = kHighLow,
     .params = kPeriod14,
     .outputs = kAroonNames,
     .formula = "100 (n - rows since the lowest low) / n, and the same of the highest high",
     .source = "T. Chande, A Time Price Oscillator, TASC 13:9 (1995)",
     .make = [](Args args) { return indicator_of<2, 2>(Aroon{whole(args, 0)}); }},
    {.name = "aroonosc",
     .talib = "AROONOSC",
     .title = "Aroon oscillator",
     .inputs = kHighLow,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "aroon up - aroon down",
     .source = "T. Chande, A Time Price Oscillator, TASC 13:9 (1995)",
     .make = [](Args args) { return indicator_of<2>(AroonOscillator{whole(args, 0)}); }},
    {.name = "vortex",
     .talib = "VORTEX",
     .title = "vortex",
     .inputs = kHighLowClose,
     .params = kPeriod14From1,
     .outputs = kVortexNames,
     .formula =
         "sums of |high - low[1]| and of |low - high[1]| by the sum of true ranges, 0 if 0 / 0",
     .source = "E. Botes and D. Siepman, The Vortex Indicator, TASC 28:1 (2010)",
     .make = [](Args args) { return indicator_of<3, 2>(Vortex{whole(args, 0)}); }},
    {.name = "fractal",
     .talib = "FRACTAL",
     .title = "Williams' fractal",
     .inputs = kHighLow,
     .params = kFractalParams,
     .outputs = kFractalNames,
     .formula =
         "100 where high[right] is above all of the left before and the right after it, else 0",
     .source = "B. Williams, Trading Chaos (1995)",
     .make = [](Args args) -> std::unique_ptr<Indicator> {
         const std::size_t left = whole(args, 0), right = whole(args, 1);
         if (left + right <= NearFractal::kMost) {
             return indicator_of<2, 2>(NearFractal{left, right});
         }
         return indicator_of<2, 2>(Fractal{left, right});
     }},
};

}  // namespace

std::span<const IndicatorInfo> directional_indicators() { return kIndicators; }

}  // namespace tradewind::feature
