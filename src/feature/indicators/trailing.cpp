// SPDX-License-Identifier: Apache-2.0
// Stops that follow the price and change sides when it crosses them.
#include <cmath>
#include <utility>

#include "feature/indicators/families.hpp"
#include "feature/kernels/averages.hpp"
#include "feature/kernels/true_range.hpp"

namespace tradewind::feature {
namespace {

/// How a stop gains speed on one side.
struct Acceleration {
    double start, step, most;

    [[nodiscard]] Acceleration within() const {
        return {.start = smaller(start, most), .step = smaller(step, most), .most = most};
    }
};

struct SarOptions {
    double start = 0.0;   ///< the first stop: above 0 long, below 0 short, 0 as prices say
    double offset = 0.0;  ///< a part of the price, added on a reversal
    Acceleration up;
    Acceleration down;
    bool is_signed = false;  ///< stops of a short side are written below 0
};

/// Wilder's parabolic stop and reverse. A short side is computed as a long one of negated prices.
class ParabolicSar {
public:
    explicit ParabolicSar(const SarOptions& options) : options_(options) {
        options_.up = options_.up.within();
        options_.down = options_.down.within();
    }

    [[nodiscard]] static std::size_t lookback() { return 1; }
    template <bool Warm>
    double next(double high, double low) {
        const double high_before = std::exchange(high_, high);
        const double low_before = std::exchange(low_, low);
        if (!Warm && !is_begun_) {
            if (high_before != high_before) return kNaN;
            begin(high_before, low_before);
            return step(high, low, high, low);
        }
        return step(high, low, high_before, low_before);
    }

private:
    void begin(double high_before, double low_before) {
        const double up = high_ - high_before, down = low_before - low_;
        const bool is_short =
            options_.start == 0.0 ? down > 0.0 && up < down : options_.start < 0.0;
        const double first = is_short ? high_before : low_before;
        side_ = is_short ? -1.0 : 1.0;
        stop_ = side_ * (options_.start == 0.0 ? first : std::fabs(options_.start));
        extreme_ = is_short ? -low_ : high_;
        turn_to(side_);
        is_begun_ = true;
    }
    void turn_to(double side) {
        side_ = side;
        acceleration_ = side > 0.0 ? options_.up : options_.down;
        speed_ = acceleration_.start;
    }
    [[gnu::always_inline]] double step(double high, double low, double high_before,
                                       double low_before) {
        const bool is_long = side_ > 0.0;
        double best = is_long ? high : -low, worst = is_long ? low : -high;
        double worst_before = is_long ? low_before : -high_before;
        double out = side_ * stop_;
        const bool is_crossed = worst <= stop_;
        if (is_crossed) {
            const double best_before = is_long ? high_before : -low_before;
            const double reached = larger(larger(extreme_, best_before), best);
            out = side_ * reached;
            out += side_ * out * options_.offset;
            turn_to(-side_);
            stop_ = side_ * out;
            worst_before = -best_before;
            std::swap(best, worst);
            best = -best;
            worst = -worst;
            extreme_ = best;
        } else {
            // Without a branch: a new extreme cannot be predicted.
            speed_ = smaller(speed_ + pick(best > extreme_, acceleration_.step, 0.0),
                             acceleration_.most);
            extreme_ = larger(best, extreme_);
        }
        const double written = options_.is_signed ? out * side_ : out;
        const double bound = smaller(worst_before, worst);
        stop_ = smaller(std::fma(speed_, extreme_ - stop_, stop_), bound);
        return written;
    }

    SarOptions options_;
    Acceleration acceleration_{};  ///< of the side
    double side_ = 1.0;            ///< 1 long, -1 short
    double stop_ = 0.0;            ///< times the side
    double extreme_ = 0.0;         ///< the best price of the side, times the side
    double speed_ = 0.0;
    double high_ = kNaN;  ///< of the row before
    double low_ = kNaN;
    bool is_begun_ = false;
};

/// Seban's: bands of average ranges around the middle of the bar, of which the one against the
/// trend only comes nearer.
class SuperTrend {
public:
    SuperTrend(std::size_t period, double width) : range_(period), width_(width) {}

    [[nodiscard]] std::size_t lookback() const { return range_.lookback(); }
    template <bool Warm>
    std::array<double, 2> next(double high, double low, double close) {
        const double before = std::exchange(close_, close);
        const double swing = width_ * range_.next<Warm>(high, low, close);
        if (!Warm && swing != swing) return {kNaN, kNaN};
        const double middle = (high + low) / 2.0;
        const double upper = middle + swing, lower = middle - swing;
        if (!Warm && upper_ != upper_) {
            upper_ = upper;
            lower_ = lower;
        } else {
            upper_ = before > upper_ ? upper : smaller(upper, upper_);
            lower_ = before < lower_ ? lower : larger(lower, lower_);
            const double edge = is_up_ ? lower_ : upper_;
            is_up_ = is_up_ ? !(close < edge) : close > edge;
        }
        return {is_up_ ? lower_ : upper_, is_up_ ? 1.0 : -1.0};
    }

private:
    AverageTrueRange range_;
    double width_;
    double upper_ = kNaN;
    double lower_ = kNaN;
    double close_ = kNaN;  ///< of the row before
    bool is_up_ = true;
};

constexpr double kMost = 3e37;
constexpr std::array kSarParams{real_param("acceleration", 0.02, 0, kMost),
                                real_param("maximum", 0.2, 0, kMost)};
constexpr std::array kSarextParams{real_param("start", 0, -kMost, kMost, "price"),
                                   real_param("offset", 0, 0, kMost, "part of the price"),
                                   real_param("long_start", 0.02, 0, kMost),
                                   real_param("long_step", 0.02, 0, kMost),
                                   real_param("long_maximum", 0.2, 0, kMost),
                                   real_param("short_start", 0.02, 0, kMost),
                                   real_param("short_step", 0.02, 0, kMost),
                                   real_param("short_maximum", 0.2, 0, kMost)};
constexpr std::array kSuperTrendParams{period_param(10, 2),
                                       real_param("width", 3, 0, kMost, "ranges")};
constexpr std::array<std::string_view, 2> kSuperTrendNames{"stop", "trend"};

constexpr IndicatorInfo kIndicators[] = {
    {.name = "sar",
     .talib = "SAR",
     .title = "parabolic stop and reverse",
     .inputs = kHighLow,
     .params = kSarParams,
     .outputs = kValue,
     .formula = "s += a (extreme - s), a grows with each new extreme; reverses when crossed",
     .source = "J. W. Wilder, New Concepts in Technical Trading Systems (1978), p. 9-22",
     .make =
         [](Args args) {
             const Acceleration both{.start = args[0], .step = args[0], .most = args[1]};
             return indicator_of<2>(ParabolicSar{{.up = both, .down = both}});
         }},
    {.name = "sarext",
     .talib = "SAREXT",
     .title = "parabolic stop and reverse, each side by itself",
     .inputs = kHighLow,
     .params = kSarextParams,
     .outputs = kValue,
     .formula = "as sar; below 0 where the side is short",
     .source = "TA-Lib, ta_SAREXT",
     .make =
         [](Args args) {
             return indicator_of<2>(
                 ParabolicSar{{.start = args[0],
                               .offset = args[1],
                               .up = {.start = args[2], .step = args[3], .most = args[4]},
                               .down = {.start = args[5], .step = args[6], .most = args[7]},
                               .is_signed = true}});
         }},
    {.name = "supertrend",
     .talib = "SUPERTREND",
     .title = "supertrend",
     .inputs = kHighLowClose,
     .params = kSuperTrendParams,
     .outputs = kSuperTrendNames,
     .formula = "(high + low) / 2 -+ w atr, never away from the price; trend 1 or -1, by the close",
     .source = "O. Seban, Tout le monde merite d'etre riche (2009)",
     .make = [](Args args) { return indicator_of<3, 2>(SuperTrend{whole(args, 0), args[1]}); }},
};

}  // namespace

std::span<const IndicatorInfo> trailing_indicators() { return kIndicators; }

}  // namespace tradewind::feature
