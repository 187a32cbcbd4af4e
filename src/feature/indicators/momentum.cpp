// SPDX-License-Identifier: Apache-2.0
// How fast and how far prices go.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "feature/indicators/families.hpp"
#include "feature/kernels/average_by_type.hpp"
#include "feature/kernels/averages.hpp"
#include "feature/kernels/cumulative_sum.hpp"
#include "feature/kernels/extremes.hpp"
#include "feature/kernels/flat_window.hpp"
#include "feature/kernels/row_function.hpp"
#include "feature/kernels/strength.hpp"
#include "feature/kernels/sums.hpp"
#include "feature/kernels/true_range.hpp"
#include "feature/kernels/window.hpp"

namespace tradewind::feature {
namespace {

/// a / b, and 0 where that is nothing.
double ratio(double a, double b) { return b != 0.0 ? a / b : 0.0; }

/// The same where both are reckoned anyway: several rows are then taken at once.
double quotient(double a, double b) { return pick(b != 0.0, a / b, 0.0); }

/// A function of a value and of the one of some rows ago.
template <typename Function>
class Since {
public:
    Since(std::size_t ago, Function function) : before_(ago, kNaN), function_(function) {}

    static constexpr std::size_t kRowsTogether = 512;  // no more than the nearest cache holds

    [[nodiscard]] std::size_t lookback() const { return before_.period(); }
    template <bool Warm>
    double next(double value) {
        const double before = before_.push(value);
        if (!Warm && before != before) return kNaN;
        return function_(value, before);
    }
    [[gnu::always_inline]] void next_rows(const double* const* in, double* const* out,
                                          std::size_t rows) {
        const double* __restrict values = in[0];
        double* __restrict to = out[0];
        before_.push_rows(values, to, rows);
        for (std::size_t row = 0; row < rows; ++row) to[row] = function_(values[row], to[row]);
    }

private:
    Window before_;
    [[no_unique_address]] Function function_;
};

double rate_of_change(double value, double before) {
    return pick(before != 0.0, (value / before - 1.0) * 100.0, 0.0);
}

/// Chande's momentum oscillator.
class Cmo {
public:
    explicit Cmo(std::size_t period) : gains_(period) {}

    [[nodiscard]] std::size_t lookback() const { return gains_.lookback(); }
    template <bool Warm>
    double next(double value) {
        const auto [gain, loss] = gains_.next<Warm>(value);
        return ratio(100.0 * (gain - loss), gain + loss);
    }

private:
    SmoothedGains gains_;
};

/// Sums of gains and of losses over a window.
class WindowedGains {
public:
    explicit WindowedGains(std::size_t period) : gain_(period), loss_(period) {}

    GainLoss add(double change) {
        return {.gain = gain_.add(larger(change, 0.0)), .loss = loss_.add(larger(-change, 0.0))};
    }
    [[nodiscard]] bool is_full() const { return gain_.is_full(); }

private:
    RollingMagnitude gain_;
    RollingMagnitude loss_;
};

/// As Chande wrote it: sums, no smoothing.
class UnsmoothedCmo {
public:
    explicit UnsmoothedCmo(std::size_t period) : gains_(period), period_(period) {}

    [[nodiscard]] std::size_t lookback() const { return period_; }
    template <bool Warm>
    double next(double value) {
        const double change = value - std::exchange(last_, value);
        if (!Warm && change != change) return kNaN;
        const auto [gain, loss] = gains_.add(change);
        if (!Warm && !gains_.is_full()) return kNaN;
        return ratio(100.0 * (gain - loss), gain + loss);
    }

private:
    WindowedGains gains_;
    std::size_t period_;
    double last_ = kNaN;
};

/// Gains and losses within bars; 50 where there are none.
class IntradayMomentum {
public:
    explicit IntradayMomentum(std::size_t period) : gains_(period), period_(period) {}

    [[nodiscard]] std::size_t lookback() const { return period_ - 1; }
    template <bool Warm>
    double next(double open, double close) {
        const auto [gain, loss] = gains_.add(close - open);
        if (!Warm && !gains_.is_full()) return kNaN;
        const double sum = gain + loss;
        return sum != 0.0 ? 100.0 * (gain / sum) : 50.0;
    }

private:
    WindowedGains gains_;
    std::size_t period_;
};

/// Difference of two averages, its own average, and the difference of these.
template <typename Fast, typename Slow, typename Signal>
class Macd {
public:
    Macd(Fast fast, Slow slow, Signal signal)
        : fast_(std::move(fast)), slow_(std::move(slow)), signal_(std::move(signal)) {}

    [[nodiscard]] std::size_t lookback() const {
        return std::max(fast_.lookback(), slow_.lookback()) + signal_.lookback();
    }
    template <bool Warm>
    std::array<double, 3> next(double value) {
        const double fast = fast_.template next<Warm>(value);
        const double macd = fast - slow_.template next<Warm>(value);
        const double signal = after<Warm>(signal_, macd);
        if (!Warm && signal != signal) return {kNaN, kNaN, kNaN};
        return {macd, signal, macd - signal};
    }

private:
    Fast fast_;
    Slow slow_;
    Signal signal_;
};

/// The difference of two averages, and the same in per cent of the slow one.
template <typename Average>
class AbsoluteDifference {
public:
    AbsoluteDifference(Average fast, Average slow)
        : fast_(std::move(fast)), slow_(std::move(slow)) {}

    [[nodiscard]] std::size_t lookback() const {
        return std::max(fast_.lookback(), slow_.lookback());
    }
    template <bool Warm>
    double next(double value) {
        const double fast = fast_.template next<Warm>(value);
        return fast - slow_.template next<Warm>(value);
    }

private:
    Average fast_;
    Average slow_;
};

template <typename Average>
class RelativeDifference {
public:
    RelativeDifference(Average fast, Average slow)
        : fast_(std::move(fast)), slow_(std::move(slow)) {}

    [[nodiscard]] std::size_t lookback() const {
        return std::max(fast_.lookback(), slow_.lookback());
    }
    template <bool Warm>
    double next(double value) {
        const double fast = fast_.template next<Warm>(value);
        const double slow = slow_.template next<Warm>(value);
        return 100.0 * ratio(fast - slow, slow);
    }

private:
    Average fast_;
    Average slow_;
};

/// Change from row to row of an average of an average of an average, in per cent.
class Trix {
public:
    explicit Trix(std::size_t period) : averages_(period) {}

    [[nodiscard]] std::size_t lookback() const { return averages_.lookback() + 1; }
    template <bool Warm>
    double next(double value) {
        const double average = averages_.next<Warm>(value)[2];
        const double before = std::exchange(before_, average);
        if (!Warm && before != before) return kNaN;
        return rate_of_change(average, before);
    }

private:
    EmaChain<3> averages_;
    double before_ = kNaN;
};

/// Williams' awesome oscillator: difference of two means of the middles of bars.
class AwesomeOscillator {
public:
    static constexpr std::size_t kRowsTogether = 512;  // with what they need they stay near

    AwesomeOscillator(std::size_t fast, std::size_t slow)
        : fast_(fast), slow_(slow), fast_share_(share_of(fast)), slow_share_(share_of(slow)) {}

    [[nodiscard]] std::size_t lookback() const {
        return std::max(fast_.lookback(), slow_.lookback());
    }
    template <bool Warm>
    double next(double high, double low) {
        const double middle = middle_of(high, low);
        fast_.add({middle});
        slow_.add({middle});
        if (!Warm && !(fast_.is_full() && slow_.is_full())) return kNaN;
        return fast_.now()[0] * fast_share_ - slow_.now()[0] * slow_share_;
    }
    [[gnu::always_inline]] void next_rows(const double* const* in, double* const* out,
                                          std::size_t rows) {
        std::array<double, kRowsTogether> middles, fast;  // NOLINT(*-member-init): written first
        for (std::size_t row = 0; row < rows; ++row) {
            middles[row] = middle_of(in[0][row], in[1][row]);
        }
        double* to = fast.data();
        fast_.add_rows({middles.data()}, &to, rows,
                       [share = fast_share_](const auto& sums, const auto& /*row*/) {
                           return sums[0] * share;
                       });
        slow_.add_rows({middles.data()}, out, rows,
                       [share = slow_share_](const auto& sums, const auto& /*row*/) {
                           return sums[0] * share;
                       });
        for (std::size_t row = 0; row < rows; ++row) out[0][row] = fast[row] - out[0][row];
    }

private:
    static double share_of(std::size_t period) { return 1.0 / static_cast<double>(period); }
    static double middle_of(double high, double low) { return (high + low) * 0.5; }

    RollingSums<1> fast_;
    RollingSums<1> slow_;
    double fast_share_;
    double slow_share_;
};

/// How far the awesome oscillator is from its mean.
class Accelerator {
public:
    static constexpr std::size_t kRowsTogether = AwesomeOscillator::kRowsTogether;

    Accelerator(std::size_t fast, std::size_t slow, std::size_t signal)
        : oscillator_(fast, slow), sum_(signal), share_(1.0 / static_cast<double>(signal)) {}

    [[nodiscard]] std::size_t lookback() const { return oscillator_.lookback() + sum_.lookback(); }
    template <bool Warm>
    double next(double high, double low) {
        const double value = oscillator_.next<Warm>(high, low);
        if (!Warm && value != value) return kNaN;
        sum_.add({value});
        return Warm || sum_.is_full() ? value - sum_.now()[0] * share_ : kNaN;
    }
    [[gnu::always_inline]] void next_rows(const double* const* in, double* const* out,
                                          std::size_t rows) {
        std::array<double, kRowsTogether> values;  // NOLINT(*-member-init): written before read
        double* to = values.data();
        oscillator_.next_rows(in, &to, rows);
        sum_.add_rows({values.data()}, out, rows,
                      [share = share_](const auto& sums, const auto& row) {
                          return row[0] - sums[0] * share;
                      });
    }

private:
    AwesomeOscillator oscillator_;
    RollingSums<1> sum_;
    double share_;
};

/// Distance from the mean, by the mean distance of the window from it: O(period) a row, for each
/// row has another mean. All is reckoned from the newest value, so that equal ones differ by 0.
class CommodityChannel {
public:
    static constexpr std::size_t kRowsTogether = 512;  // with what they need they stay near

    explicit CommodityChannel(std::size_t period)
        : window_(period), count_(static_cast<double>(period)) {}

    [[nodiscard]] std::size_t lookback() const { return window_.lookback(); }
    template <bool Warm>
    double next(double high, double low, double close) {
        window_.add(typical_price(high, low, close));
        return Warm || window_.is_full() ? index(window_.now()) : kNaN;
    }
    [[gnu::always_inline]] void next_rows(const double* const* in, double* const* out,
                                          std::size_t rows) {
        std::array<double, kRowsTogether> prices;  // NOLINT(*-member-init): written before read
        for (std::size_t row = 0; row < rows; ++row) {
            prices[row] = typical_price(in[0][row], in[1][row], in[2][row]);
        }
        window_.add_rows(prices.data(), out[0], rows,
                         [this](const auto& window) { return index(window); });
    }

private:
    template <typename Windows>
    [[nodiscard, gnu::always_inline]] typename Windows::Value index(const Windows& window) const {
        using T = typename Windows::Value;
        const std::size_t period = window.period();
        const T value = window[period - 1];
        const T distance =
            T{0.0} - window.sum(period, [&](const auto& x) { return x - value; }) / count_;
        const T sizes =
            window.sum(period, [&](const auto& x) { return magnitude(x - value + distance); });
        const T unit = sizes / count_ * 0.015;
        const T out = if_above(unit, T{0.0}, distance / unit, T{0.0});
        return if_above(magnitude(distance), magnitude(value) * kTypicalPriceNoise, out, T{0.0});
    }

    FlatWindow window_;
    double count_;
};

/// Weighted average of the sum of two rates of change.
class Coppock {
public:
    static constexpr std::size_t kRowsTogether = 512;  // with what they need they stay near

    Coppock(std::size_t period, std::size_t first, std::size_t second)
        : first_(first, kNaN), second_(second, kNaN), average_(period) {}

    [[nodiscard]] std::size_t lookback() const {
        return std::max(first_.period(), second_.period()) + average_.lookback();
    }
    template <bool Warm>
    double next(double value) {
        const double first = first_.push(value), second = second_.push(value);
        if (!Warm && !(first == first && second == second)) return kNaN;
        return average_.next<Warm>(rate_of_change(value, first) + rate_of_change(value, second));
    }
    [[gnu::always_inline]] void next_rows(const double* const* in, double* const* out,
                                          std::size_t rows) {
        std::array<double, kRowsTogether> first, second;  // NOLINT(*-member-init): written first
        first_.push_rows(in[0], first.data(), rows);
        second_.push_rows(in[0], second.data(), rows);
        for (std::size_t row = 0; row < rows; ++row) {
            first[row] =
                rate_of_change(in[0][row], first[row]) + rate_of_change(in[0][row], second[row]);
        }
        for (std::size_t row = 0; row < rows; ++row) out[0][row] = average_.next<true>(first[row]);
    }

private:
    Window first_;
    Window second_;
    Wma average_;
};

/// The value of half a period ago less the mean.
class Detrended {
public:
    explicit Detrended(std::size_t period) : before_(period / 2 + 1), mean_(period) {}

    [[nodiscard]] std::size_t lookback() const {
        return std::max(before_.lookback(), mean_.lookback());
    }
    template <bool Warm>
    double next(double value) {
        return before_.next(value) - mean_.next<Warm>(value);
    }

private:
    Delay before_;
    Sma mean_;
};

/// High and low from the average of closes.
class ElderRay {
public:
    explicit ElderRay(std::size_t period) : average_(ema(period)) {}

    [[nodiscard]] std::size_t lookback() const { return average_.lookback(); }
    template <bool Warm>
    std::array<double, 2> next(double high, double low, double close) {
        const double average = average_.next<Warm>(close);
        return {high - average, low - average};
    }

private:
    Exponential average_;
};

/// How far the value is from where the straight line through the n before it leads, in per cent.
class ForecastOscillator {
public:
    explicit ForecastOscillator(std::size_t period)
        : values_(period),
          by_weight_(6.0 / (static_cast<double>(period) * (static_cast<double>(period) - 1.0))),
          by_sum_(-by_weight_ * (static_cast<double>(period) + 2.0) / 3.0) {}

    [[nodiscard]] std::size_t lookback() const { return values_.period(); }
    template <bool Warm>
    double next(double value) {
        const double expected = std::exchange(forecast_, forecast<Warm>(value));
        if (!Warm && expected != expected) return kNaN;
        return 100.0 * ratio(value - expected, value);
    }

private:
    template <bool Warm>
    [[gnu::always_inline]] double forecast(double value) {
        const double weighted = values_.add(value);
        if (!Warm && !values_.is_full()) return kNaN;
        return by_weight_ * weighted + by_sum_ * values_.sum();
    }

    WeightedSum values_;
    double by_weight_;
    double by_sum_;
    double forecast_ = kNaN;
};

/// Per cent of the flow of money that went in when the typical price rose.
class MoneyFlow {
public:
    static constexpr std::size_t kRowsTogether = 512;  // with what they need they stay near

    explicit MoneyFlow(std::size_t period) : sums_(period) {}

    [[nodiscard]] std::size_t lookback() const { return sums_.lookback() + 1; }
    template <bool Warm>
    double next(double high, double low, double close, double volume) {
        const double price = typical_price(high, low, close);
        const double before = std::exchange(price_, price);
        if (!Warm && before != before) return kNaN;
        sums_.add(flows(price, before, volume));
        return Warm || sums_.is_full() ? share(sums_.now()) : kNaN;
    }
    [[gnu::always_inline]] void next_rows(const double* const* in, double* const* out,
                                          std::size_t rows) {
        std::array<double, kRowsTogether> ins, outs;  // NOLINT(*-member-init): written before read
        for (std::size_t row = 0; row < rows; ++row) {
            const double price = typical_price(in[0][row], in[1][row], in[2][row]);
            const auto flow = flows(price, std::exchange(price_, price), in[3][row]);
            ins[row] = flow[0];
            outs[row] = flow[1];
        }
        sums_.add_rows({ins.data(), outs.data()}, out, rows,
                       [](const auto& sums, const auto& /*row*/) { return share(sums); });
    }

private:
    [[gnu::always_inline]] static std::array<double, 2> flows(double price, double before,
                                                              double volume) {
        const double flow = price * volume;
        const double rise = price - before, noise = kTypicalPriceNoise * std::fabs(price);
        return {pick(rise > noise, flow, 0.0), pick(-rise > noise, flow, 0.0)};
    }
    template <typename T>
    [[gnu::always_inline]] static T share(const std::array<T, 2>& sums) {
        const T all = sums[0] + sums[1];
        return if_above(magnitude(all), T{0.0}, sums[0] / all, T{0.0}) * 100.0;
    }

    RollingSums<2> sums_;  ///< in and out
    double price_ = kNaN;  ///< of the row before
};

class Qstick {
public:
    explicit Qstick(std::size_t period) : mean_(period) {}

    [[nodiscard]] std::size_t lookback() const { return mean_.lookback(); }
    template <bool Warm>
    double next(double open, double close) {
        return mean_.next<Warm>(close - open);
    }

private:
    Sma mean_;
};

/// Blau's: the change smoothed twice, in per cent of its size smoothed as often.
class TrueStrength {
public:
    TrueStrength(std::size_t first, std::size_t second)
        : change_(ema(first)),
          change_again_(ema(second)),
          size_(ema(first)),
          size_again_(ema(second)) {}

    [[nodiscard]] std::size_t lookback() const {
        return 1 + change_.lookback() + change_again_.lookback();
    }
    template <bool Warm>
    double next(double value) {
        const double step = value - std::exchange(last_, value);
        if (!Warm && step != step) return kNaN;
        const double change = after<Warm>(change_again_, change_.next<Warm>(step));
        const double size = after<Warm>(size_again_, size_.next<Warm>(std::fabs(step)));
        return 100.0 * ratio(change, size);
    }

private:
    Exponential change_;
    Exponential change_again_;
    Exponential size_;
    Exponential size_again_;
    double last_ = kNaN;
};

/// Pressure of buyers in parts of the true range over three periods, the shorter the weightier.
class UltimateOscillator {
public:
    explicit UltimateOscillator(std::array<std::size_t, 3> periods)
        : UltimateOscillator(sorted(periods), 0) {}

    [[nodiscard]] std::size_t lookback() const { return longest_.lookback() + 1; }
    template <bool Warm>
    double next(double high, double low, double close) {
        const double before = std::exchange(close_, close);
        if (!Warm && before != before) return kNaN;
        const auto row = flow(high, low, close, before);
        for (RollingSums<2>* sums : {&shortest_, &middle_, &longest_}) sums->add(row);
        if (!Warm && !longest_.is_full()) return kNaN;
        return weighed(share(shortest_.now()), share(middle_.now()), share(longest_.now()));
    }
    [[gnu::always_inline]] void next_rows(const double* const* in, double* const* out,
                                          std::size_t rows) {
        using Column = std::array<double, kRowsAtOnce>;
        Column pressure, range, shortest, middle, longest;  // NOLINT(*-member-init): written first
        for (std::size_t row = 0; row < rows; ++row) {
            const double before = row == 0 ? close_ : in[2][row - 1];
            const auto now = flow(in[0][row], in[1][row], in[2][row], before);
            pressure[row] = now[0];
            range[row] = now[1];
        }
        close_ = in[2][rows - 1];
        const std::array<const double*, 2> flows{pressure.data(), range.data()};
        const auto share_of = [](const auto& sums, const auto& /*row*/) { return share(sums); };
        const auto add = [&](RollingSums<2>& sums, Column& shares) {
            double* to = shares.data();
            sums.add_rows(flows, &to, rows, share_of);
        };
        add(shortest_, shortest);
        add(middle_, middle);
        add(longest_, longest);
        for (std::size_t row = 0; row < rows; ++row) {
            out[0][row] = weighed(shortest[row], middle[row], longest[row]);
        }
    }

private:
    [[gnu::always_inline]] static std::array<double, 2> flow(double high, double low, double close,
                                                             double before) {
        const double bottom = smaller(low, before);
        return {close - bottom, larger(high, before) - bottom};
    }
    /// Of the pressure in the range.
    template <typename T>
    [[gnu::always_inline]] static T share(const std::array<T, 2>& sums) {
        return if_above(sums[1], T{0.0}, sums[0] / sums[1], T{0.0});
    }
    [[gnu::always_inline]] static double weighed(double shortest, double middle, double longest) {
        return (4.0 * shortest + 2.0 * middle + longest) * (100.0 / 7.0);
    }
    static std::array<std::size_t, 3> sorted(std::array<std::size_t, 3> periods) {
        std::sort(periods.begin(), periods.end());
        return periods;
    }
    UltimateOscillator(const std::array<std::size_t, 3>& periods, int /*sorted*/)
        : shortest_(periods[0]), middle_(periods[1]), longest_(periods[2]) {}

    RollingSums<2> shortest_;
    RollingSums<2> middle_;
    RollingSums<2> longest_;
    double close_ = kNaN;  ///< of the row before
};

/// The range of the closes by the way that they went.
class VerticalHorizontal {
public:
    explicit VerticalHorizontal(std::size_t period) : range_(period), way_(period) {}

    [[nodiscard]] std::size_t lookback() const { return range_.lookback() + 1; }
    template <bool Warm>
    double next(double value) {
        const double step = std::fabs(value - std::exchange(last_, value));
        const auto [highest, lowest] = range_.add(value, value);
        if (!Warm && step != step) return kNaN;
        const double way = way_.add(step);
        return Warm || way_.is_full() ? ratio(highest - lowest, way) : kNaN;
    }

private:
    RollingRange range_;
    RollingMagnitude way_;
    double last_ = kNaN;
};

/// Williams' accumulation and distribution: what a close gains on the true low or loses on the
/// true high, added up.
class WilliamsAccumulation {
public:
    [[nodiscard]] static std::size_t lookback() { return 0; }
    template <bool Warm>
    double next(double high, double low, double close) {
        const double before = std::exchange(close_, close);
        const double loss = pick(close < before, close - larger(high, before), 0.0);
        return sum_.add(pick(close > before, close - smaller(low, before), loss));
    }

private:
    CumulativeSum sum_;
    double close_ = kNaN;  ///< of the row before; nothing is above or below it
};

constexpr std::array kOpenClose{Input::open, Input::close};
constexpr std::array kHighLowCloseVolume{Input::high, Input::low, Input::close, Input::volume};
constexpr std::array kPeriod14{period_param(14)};
constexpr std::array kPeriod28{period_param(28)};
constexpr std::array kPeriod20{period_param(20)};
constexpr std::array kPeriod10{period_param(10)};
constexpr std::array kPeriod5{period_param(5)};
constexpr std::array kPeriod10From1{period_param(10, 1)};
constexpr std::array kPeriod13From1{period_param(13, 1)};
constexpr std::array kPeriod30From1{period_param(30, 1)};
constexpr std::array kMacdParams{period_param(12, 2, "fast"), period_param(26, 2, "slow"),
                                 period_param(9, 1, "signal")};
constexpr std::array kMacdfixParams{period_param(9, 1, "signal")};
constexpr std::array kMacdextParams{
    period_param(12, 2, "fast"),  average_param(0, "fast_average"),
    period_param(26, 2, "slow"),  average_param(0, "slow_average"),
    period_param(9, 1, "signal"), average_param(0, "signal_average")};
constexpr std::array kDifferenceParams{period_param(12, 2, "fast"), period_param(26, 2, "slow"),
                                       average_param(1)};
constexpr std::array kAoParams{period_param(5, 2, "fast"), period_param(34, 2, "slow")};
constexpr std::array kAcParams{period_param(5, 2, "fast"), period_param(34, 2, "slow"),
                               period_param(5, 2, "signal")};
constexpr std::array kCoppockParams{period_param(10, 1, "period"), period_param(11, 1, "first"),
                                    period_param(14, 1, "second")};
constexpr std::array kTsiParams{period_param(25, 2, "first"), period_param(13, 2, "second")};
constexpr std::array kUltoscParams{period_param(7, 1, "first"), period_param(14, 1, "second"),
                                   period_param(28, 1, "third")};
constexpr std::array<std::string_view, 3> kMacdNames{"macd", "signal", "histogram"};
constexpr std::array<std::string_view, 2> kElderNames{"bull", "bear"};

/// TA-Lib takes the two periods in any order.
struct FastSlow {
    std::size_t fast;
    std::size_t slow;
};
FastSlow fast_slow(Args args) {
    return {.fast = std::min(whole(args, 0), whole(args, 1)),
            .slow = std::max(whole(args, 0), whole(args, 1))};
}

std::unique_ptr<Indicator> make_macdext(Args args) {
    AverageChoice fast = average_choice(args, 1, 0), slow = average_choice(args, 3, 2);
    const AverageChoice signal = average_choice(args, 5, 4);
    if (slow.period < fast.period) std::swap(fast, slow);
    if (fast.is_simple() && slow.is_simple() && signal.is_simple()) {
        return indicator_of<1, 3>(Macd{Sma{fast.period}, Sma{slow.period}, Sma{signal.period}});
    }
    const std::size_t start = std::max(fast.any().lookback(), slow.any().lookback());
    const auto late = [&](const AverageChoice& choice) {
        return Late{choice.any(), start - choice.any().lookback()};
    };
    return indicator_of<1, 3>(Macd{late(fast), late(slow), signal.any()});
}

template <template <typename> typename Difference>
std::unique_ptr<Indicator> make_difference(Args args) {
    const FastSlow periods = fast_slow(args);
    return with_averages(
        average_type(args, 2),
        [](auto fast, auto slow) -> std::unique_ptr<Indicator> {
            return indicator_of<1>(Difference{std::move(fast), std::move(slow)});
        },
        periods.fast, periods.slow);
}

template <typename Function>
std::unique_ptr<Indicator> make_since(Args args, Function function) {
    return indicator_of<1>(Since{whole(args, 0), function});
}

constexpr IndicatorInfo kIndicators[] = {
    {.name = "mom",
     .talib = "MOM",
     .title = "momentum",
     .inputs = kReal,
     .params = kPeriod10From1,
     .outputs = kValue,
     .formula = "x - x[n]",
     .source = "any textbook",
     .make =
         [](Args args) {
             return make_since(args, [](double x, double before) { return x - before; });
         }},
    {.name = "roc",
     .talib = "ROC",
     .title = "rate of change",
     .inputs = kReal,
     .params = kPeriod10From1,
     .outputs = kValue,
     .formula = "100 (x / x[n] - 1), 0 if x[n] is",
     .source = "any textbook",
     .make =
         [](Args args) {
             return make_since(args,
                               [](double x, double before) { return rate_of_change(x, before); });
         }},
    {.name = "rocp",
     .talib = "ROCP",
     .title = "rate of change as a part",
     .inputs = kReal,
     .params = kPeriod10From1,
     .outputs = kValue,
     .formula = "(x - x[n]) / x[n], 0 if x[n] is",
     .source = "any textbook",
     .make =
         [](Args args) {
             return make_since(
                 args, [](double x, double before) { return quotient(x - before, before); });
         }},
    {.name = "rocr",
     .talib = "ROCR",
     .title = "ratio of change",
     .inputs = kReal,
     .params = kPeriod10From1,
     .outputs = kValue,
     .formula = "x / x[n], 0 if x[n] is",
     .source = "any textbook",
     .make =
         [](Args args) {
             return make_since(args, [](double x, double before) { return quotient(x, before); });
         }},
    {.name = "rocr100",
     .talib = "ROCR100",
     .title = "ratio of change in per cent",
     .inputs = kReal,
     .params = kPeriod10From1,
     .outputs = kValue,
     .formula = "100 x / x[n], 0 if x[n] is",
     .source = "any textbook",
     .make =
         [](Args args) {
             return make_since(args,
                               [](double x, double before) { return 100.0 * quotient(x, before); });
         }},
    {.name = "rsi",
     .talib = "RSI",
     .title = "relative strength index",
     .inputs = kReal,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "100 gain / (gain + loss), each smoothed by 1 / n from the mean of the first n",
     .source = "J. W. Wilder, New Concepts in Technical Trading Systems (1978), p. 63-70",
     .make = [](Args args) { return indicator_of<1>(Rsi{whole(args, 0)}); }},
    {.name = "cmo",
     .talib = "CMO",
     .title = "Chande's momentum oscillator",
     .inputs = kReal,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "100 (gain - loss) / (gain + loss), smoothed as in rsi",
     .source = "T. Chande and S. Kroll, The New Technical Trader (1994)",
     .make = [](Args args) { return indicator_of<1>(Cmo{whole(args, 0)}); }},
    {.name = "cmou",
     .talib = "CMOU",
     .title = "Chande's momentum oscillator, not smoothed",
     .inputs = kReal,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "100 (gains - losses) / (gains + losses), sums of the last n",
     .source = "T. Chande and S. Kroll, The New Technical Trader (1994)",
     .make = [](Args args) { return indicator_of<1>(UnsmoothedCmo{whole(args, 0)}); }},
    {.name = "imi",
     .talib = "IMI",
     .title = "intraday momentum index",
     .inputs = kOpenClose,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "100 gains / (gains + losses), sums of close - open over n; 50 if 0 / 0",
     .source = "T. Chande and S. Kroll, The New Technical Trader (1994)",
     .make = [](Args args) { return indicator_of<2>(IntradayMomentum{whole(args, 0)}); }},
    {.name = "macd",
     .talib = "MACD",
     .title = "moving average convergence and divergence",
     .inputs = kReal,
     .params = kMacdParams,
     .outputs = kMacdNames,
     .formula = "ema(fast) - ema(slow), both from one row on; its ema(signal); their difference",
     .source = "G. Appel, The Moving Average Convergence-Divergence Trading Method (1979)",
     .make =
         [](Args args) {
             const FastSlow p = fast_slow(args);
             return indicator_of<1, 3>(
                 Macd{ema(p.fast, p.slow - p.fast), ema(p.slow), ema(whole(args, 2))});
         }},
    {.name = "macdfix",
     .talib = "MACDFIX",
     .title = "moving average convergence and divergence, 12 and 26",
     .inputs = kReal,
     .params = kMacdfixParams,
     .outputs = kMacdNames,
     .formula = "as macd, with weights 0.15 and 0.075",
     .source = "G. Appel, The Moving Average Convergence-Divergence Trading Method (1979)",
     .make =
         [](Args args) {
             constexpr std::size_t kFast = 12, kSlow = 26;
             return indicator_of<1, 3>(Macd{Exponential{kFast, 0.15, kSlow - kFast},
                                            Exponential{kSlow, 0.075}, ema(whole(args, 0))});
         }},
    {.name = "macdext",
     .talib = "MACDEXT",
     .title = "moving average convergence and divergence of any averages",
     .inputs = kReal,
     .params = kMacdextParams,
     .outputs = kMacdNames,
     .formula = "as macd, with the averages named",
     .source = "TA-Lib, ta_MACDEXT",
     .make = make_macdext},
    {.name = "apo",
     .talib = "APO",
     .title = "absolute price oscillator",
     .inputs = kReal,
     .params = kDifferenceParams,
     .outputs = kValue,
     .formula = "fast average - slow average",
     .source = "TA-Lib, ta_APO",
     .make = make_difference<AbsoluteDifference>},
    {.name = "ppo",
     .talib = "PPO",
     .title = "percentage price oscillator",
     .inputs = kReal,
     .params = kDifferenceParams,
     .outputs = kValue,
     .formula = "100 (fast average - slow average) / slow average",
     .source = "TA-Lib, ta_PPO",
     .make = make_difference<RelativeDifference>},
    {.name = "trix",
     .talib = "TRIX",
     .title = "change of a triple average",
     .inputs = kReal,
     .params = kPeriod30From1,
     .outputs = kValue,
     .formula = "roc(ema(ema(ema(x))), 1)",
     .source = "J. Hutson, Good Trix, TASC 1:5 (1983)",
     .make = [](Args args) { return indicator_of<1>(Trix{whole(args, 0)}); }},
    {.name = "ao",
     .talib = "AO",
     .title = "awesome oscillator",
     .inputs = kHighLow,
     .params = kAoParams,
     .outputs = kValue,
     .formula = "sma((high + low) / 2, fast) - sma((high + low) / 2, slow)",
     .source = "B. Williams, New Trading Dimensions (1998)",
     .make =
         [](Args args) {
             return indicator_of<2>(AwesomeOscillator{whole(args, 0), whole(args, 1)});
         }},
    {.name = "ac",
     .talib = "AC",
     .title = "accelerator oscillator",
     .inputs = kHighLow,
     .params = kAcParams,
     .outputs = kValue,
     .formula = "ao - sma(ao, signal)",
     .source = "B. Williams, New Trading Dimensions (1998)",
     .make =
         [](Args args) {
             return indicator_of<2>(Accelerator{whole(args, 0), whole(args, 1), whole(args, 2)});
         }},
    {.name = "bop",
     .talib = "BOP",
     .title = "balance of power",
     .inputs = kOpenHighLowClose,
     .params = {},
     .outputs = kValue,
     .formula = "(close - open) / (high - low), 0 if there is no range",
     .source = "I. Livshin, Balance of Power, TASC 19:8 (2001)",
     .make =
         [](Args) {
             return indicator_of<4>(
                 RowFunction{[](double open, double high, double low, double close) {
                     return pick(high > low, (close - open) / (high - low), 0.0);
                 }});
         }},
    {.name = "cci",
     .talib = "CCI",
     .title = "commodity channel index",
     .inputs = kHighLowClose,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "(t - mean) / (0.015 mean |t - mean|), t = (high + low + close) / 3, 0 if 0 / 0",
     .source = "D. Lambert, Commodity Channel Index, Commodities (1980)",
     .make = [](Args args) { return indicator_of<3>(CommodityChannel{whole(args, 0)}); }},
    {.name = "coppock",
     .talib = "COPPOCK",
     .title = "Coppock curve",
     .inputs = kReal,
     .params = kCoppockParams,
     .outputs = kValue,
     .formula = "wma(roc(first) + roc(second), period)",
     .source = "E. Coppock, Barron's (15 October 1962)",
     .make =
         [](Args args) {
             return indicator_of<1>(Coppock{whole(args, 0), whole(args, 1), whole(args, 2)});
         }},
    {.name = "dpo",
     .talib = "DPO",
     .title = "detrended price oscillator",
     .inputs = kReal,
     .params = kPeriod20,
     .outputs = kValue,
     .formula = "x[n / 2 + 1] - sma(x, n)",
     .source = "any textbook",
     .make = [](Args args) { return indicator_of<1>(Detrended{whole(args, 0)}); }},
    {.name = "er",
     .talib = "ER",
     .title = "Kaufman's efficiency ratio",
     .inputs = kReal,
     .params = kPeriod10,
     .outputs = kValue,
     .formula = "|x - x[n]| / sum of |x - x[1]|, 1 if 0 / 0",
     .source = "P. Kaufman, Smarter Trading (1995), p. 129-153",
     .make = [](Args args) { return indicator_of<1>(Efficiency{whole(args, 0)}); }},
    {.name = "eri",
     .talib = "ERI",
     .title = "Elder ray",
     .inputs = kHighLowClose,
     .params = kPeriod13From1,
     .outputs = kElderNames,
     .formula = "high - ema(close), low - ema(close)",
     .source = "A. Elder, Trading for a Living (1993)",
     .make = [](Args args) { return indicator_of<3, 2>(ElderRay{whole(args, 0)}); }},
    {.name = "fosc",
     .talib = "FOSC",
     .title = "forecast oscillator",
     .inputs = kReal,
     .params = kPeriod5,
     .outputs = kValue,
     .formula = "100 (x - forecast) / x, on the straight line through the n rows before",
     .source = "T. Chande and S. Kroll, The New Technical Trader (1994)",
     .make = [](Args args) { return indicator_of<1>(ForecastOscillator{whole(args, 0)}); }},
    {.name = "mfi",
     .talib = "MFI",
     .title = "money flow index",
     .inputs = kHighLowCloseVolume,
     .params = kPeriod14,
     .outputs = kValue,
     .formula = "100 in / (in + out), sums of typical price times volume on rises and on falls; 0 "
                "if 0 / 0",
     .source = "G. Quong and A. Soudack, Volume-Weighted RSI: Money Flow, TASC 7:3 (1989)",
     .make = [](Args args) { return indicator_of<4>(MoneyFlow{whole(args, 0)}); }},
    {.name = "qstick",
     .talib = "QSTICK",
     .title = "Qstick",
     .inputs = kOpenClose,
     .params = kPeriod10From1,
     .outputs = kValue,
     .formula = "sma(close - open)",
     .source = "T. Chande and S. Kroll, The New Technical Trader (1994)",
     .make = [](Args args) { return indicator_of<2>(Qstick{whole(args, 0)}); }},
    {.name = "tsi",
     .talib = "TSI",
     .title = "true strength index",
     .inputs = kReal,
     .params = kTsiParams,
     .outputs = kValue,
     .formula = "100 e(x - x[1]) / e(|x - x[1]|), e = ema(ema(., first), second); 0 if 0 / 0",
     .source = "W. Blau, True Strength Index, TASC 9:11 (1991)",
     .make =
         [](Args args) { return indicator_of<1>(TrueStrength{whole(args, 0), whole(args, 1)}); }},
    {.name = "ultosc",
     .talib = "ULTOSC",
     .title = "ultimate oscillator",
     .inputs = kHighLowClose,
     .params = kUltoscParams,
     .outputs = kValue,
     .formula =
         "100 (4 s + 2 m + l) / 7, each: close - true low, by true range, sums over a period",
     .source = "L. Williams, The Ultimate Oscillator, TASC 3:4 (1985)",
     .make =
         [](Args args) {
             return indicator_of<3>(
                 UltimateOscillator{{whole(args, 0), whole(args, 1), whole(args, 2)}});
         }},
    {.name = "vhf",
     .talib = "VHF",
     .title = "vertical horizontal filter",
     .inputs = kReal,
     .params = kPeriod28,
     .outputs = kValue,
     .formula = "(max - min of the last n) / sum of |x - x[1]|, 0 if 0 / 0",
     .source = "A. White, The Vertical Horizontal Filter, Futures (1991)",
     .make = [](Args args) { return indicator_of<1>(VerticalHorizontal{whole(args, 0)}); }},
    {.name = "wad",
     .talib = "WAD",
     .title = "Williams' accumulation and distribution",
     .inputs = kHighLowClose,
     .params = {},
     .outputs = kValue,
     .formula =
         "sum of close - min(low, close[1]) on rises and close - max(high, close[1]) on falls",
     .source = "L. Williams, How I Made One Million Dollars (1973)",
     .make = [](Args) { return indicator_of<3>(WilliamsAccumulation{}); }},
};

}  // namespace

std::span<const IndicatorInfo> momentum_indicators() { return kIndicators; }

}  // namespace tradewind::feature
