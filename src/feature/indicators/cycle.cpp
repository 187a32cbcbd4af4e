// SPDX-License-Identifier: Apache-2.0
// The cycle that prices go through, and what follows it.
#include <array>
#include <cmath>
#include <numbers>

#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/adaptive_average.hpp"
#include "feature/kernels/dominant_cycle.hpp"
#include "feature/kernels/last_values.hpp"

namespace tradewind::feature {
namespace {

constexpr std::size_t kCycleMax = 50;  ///< rows
// The same of what looks at a whole cycle.
constexpr std::size_t kLongStart = 37, kLongLookback = 63;

/// Sines and cosines of one turn in `rows` steps, for each number of rows that a cycle may have.
struct Turns {
    std::array<std::array<double, kCycleMax>, kCycleMax + 1> sine{}, cosine{};

    Turns() {
        for (std::size_t rows = 1; rows <= kCycleMax; ++rows) {
            for (std::size_t i = 0; i < rows; ++i) {
                const double angle =
                    static_cast<double>(i) * (2.0 * std::numbers::pi) / static_cast<double>(rows);
                sine[rows][i] = std::sin(angle);
                cosine[rows][i] = std::cos(angle);
            }
        }
    }
};
const Turns& turns() {
    static const Turns kTurns;
    return kTurns;
}

std::size_t whole_period(const DominantCycle& cycle) {
    return static_cast<std::size_t>(std::floor(cycle.smooth_period() + 0.5));
}

class CyclePeriod {
public:
    [[nodiscard]] static std::size_t lookback() { return kCycleLookback; }
    template <bool Warm>
    double next(double price) {
        cycle_.take<Warm>(price);
        return Warm || rows_++ >= kCycleLookback ? cycle_.smooth_period() : kNaN;
    }

private:
    DominantCycle cycle_{kCycleStart};
    std::size_t rows_ = 0;
};

class Phasor {
public:
    [[nodiscard]] static std::size_t lookback() { return kCycleLookback; }
    template <bool Warm>
    std::array<double, 2> next(double price) {
        cycle_.take<Warm>(price);
        if (!Warm && rows_++ < kCycleLookback) return {kNaN, kNaN};
        return {cycle_.in_phase(), cycle_.quadrature()};
    }

private:
    DominantCycle cycle_{kCycleStart};
    std::size_t rows_ = 0;
};

/// Where in the cycle prices are: the angle of their Fourier coefficient over one period.
class Phase {
public:
    void take(const DominantCycle& cycle) {
        smooths_.push(cycle.smooth());
        const std::size_t rows = whole_period(cycle);
        const auto& sine = turns_->sine[rows];
        const auto& cosine = turns_->cosine[rows];
        double real = 0.0, imaginary = 0.0;
        for (std::size_t i = 0; i < rows; ++i) {
            real += sine[i] * smooths_.back(i);
            imaginary += cosine[i] * smooths_.back(i);
        }
        if (imaginary != 0.0) {
            degrees_ = std::atan(real / imaginary) * kDegreesPerRadian;
        } else if (real != 0.0) {
            degrees_ += real > 0.0 ? 90.0 : -90.0;
        }
        // The smoother lags by one row.
        degrees_ += 90.0 + 360.0 / cycle.smooth_period();
        if (imaginary < 0.0) degrees_ += 180.0;
        if (degrees_ > 315.0) degrees_ -= 360.0;
    }
    [[nodiscard]] double degrees() const { return degrees_; }
    [[nodiscard]] double sine() const { return std::sin(degrees_ / kDegreesPerRadian); }
    /// Ahead by an eighth of a turn.
    [[nodiscard]] double lead() const { return std::sin((degrees_ + 45.0) / kDegreesPerRadian); }

private:
    const Turns* turns_ = &turns();
    LastValues smooths_{kCycleMax};
    double degrees_ = 0.0;
};

class CyclePhase {
public:
    [[nodiscard]] static std::size_t lookback() { return kLongLookback; }
    template <bool Warm>
    double next(double price) {
        if (cycle_.take<Warm>(price)) phase_.take(cycle_);
        return Warm || rows_++ >= kLongLookback ? phase_.degrees() : kNaN;
    }

private:
    DominantCycle cycle_{kLongStart};
    Phase phase_;
    std::size_t rows_ = 0;
};

class SineWave {
public:
    [[nodiscard]] static std::size_t lookback() { return kLongLookback; }
    template <bool Warm>
    std::array<double, 2> next(double price) {
        if (cycle_.take<Warm>(price)) phase_.take(cycle_);
        if (!Warm && rows_++ < kLongLookback) return {kNaN, kNaN};
        return {phase_.sine(), phase_.lead()};
    }

private:
    DominantCycle cycle_{kLongStart};
    Phase phase_;
    std::size_t rows_ = 0;
};

/// Means of one period of prices, smoothed by weights 4, 3, 2 and 1.
class Trendline {
public:
    void see(double price) { prices_.push(price); }
    void take(const DominantCycle& cycle) {
        const std::size_t rows = whole_period(cycle);
        double mean = 0.0;
        for (std::size_t i = 0; i < rows; ++i) mean += prices_.back(i);
        if (rows > 0) mean /= static_cast<double>(rows);
        value_ = (4.0 * mean + 3.0 * means_[0] + 2.0 * means_[1] + means_[2]) / 10.0;
        means_ = {mean, means_[0], means_[1]};
    }
    [[nodiscard]] double value() const { return value_; }

private:
    LastValues prices_{kCycleMax};
    std::array<double, 3> means_{};  ///< newest first
    double value_ = 0.0;
};

class CycleTrendline {
public:
    [[nodiscard]] static std::size_t lookback() { return kLongLookback; }
    template <bool Warm>
    double next(double price) {
        trendline_.see(price);
        if (cycle_.take<Warm>(price)) trendline_.take(cycle_);
        return Warm || rows_++ >= kLongLookback ? trendline_.value() : kNaN;
    }

private:
    DominantCycle cycle_{kLongStart};
    Trendline trendline_;
    std::size_t rows_ = 0;
};

/// 1 while prices trend, 0 while they cycle.
class TrendMode {
public:
    [[nodiscard]] static std::size_t lookback() { return kLongLookback; }
    template <bool Warm>
    double next(double price) {
        trendline_.see(price);
        const bool trends = cycle_.take<Warm>(price) && decide();
        return Warm || rows_++ >= kLongLookback ? (trends ? 1.0 : 0.0) : kNaN;
    }

private:
    bool decide() {
        const double before = phase_.degrees();
        phase_.take(cycle_);
        trendline_.take(cycle_);
        bool trends = !has_crossed();
        if (!trends) since_crossed_ = 0.0;
        since_crossed_ += 1.0;
        const double period = cycle_.smooth_period();
        if (since_crossed_ < 0.5 * period) trends = false;
        // A phase that advances as that of a cycle does.
        const double turned = phase_.degrees() - before, expected = 360.0 / period;
        if (turned > 0.67 * expected && turned < 1.5 * expected) trends = false;
        const double line = trendline_.value();
        constexpr double kFar = 0.015;
        return trends || (line != 0.0 && std::fabs((cycle_.smooth() - line) / line) >= kFar);
    }
    bool has_crossed() {
        const double sine = phase_.sine(), lead = phase_.lead();
        const bool crossed = (sine > lead && sine_ <= lead_) || (sine < lead && sine_ >= lead_);
        sine_ = sine;
        lead_ = lead;
        return crossed;
    }

    DominantCycle cycle_{kLongStart};
    Phase phase_;
    Trendline trendline_;
    double sine_ = 0.0, lead_ = 0.0;
    double since_crossed_ = 0.0;  ///< rows
    std::size_t rows_ = 0;
};

constexpr std::array<std::string_view, 2> kPhasorNames{"in_phase", "quadrature"};
constexpr std::array<std::string_view, 2> kSineNames{"sine", "lead"};
constexpr std::array<std::string_view, 2> kAdaptiveNames{"mama", "fama"};
constexpr std::array kAdaptiveParams{
    real_param("fast_limit", 0.5, 0.01, 0.99, "weight of the newest price at most"),
    real_param("slow_limit", 0.05, 0.01, 0.99, "and at least")};
constexpr std::string_view kEhlers = "J. F. Ehlers, Rocket Science for Traders (2001)";

constexpr IndicatorInfo kIndicators[] = {
    {.name = "ht_dcperiod",
     .talib = "HT_DCPERIOD",
     .title = "period of the dominant cycle",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "360 / turn of the phasor from one row to the next, from 6 to 50 rows, smoothed",
     .source = kEhlers,
     .make = [](Args) { return indicator_of<1>(CyclePeriod{}); }},
    {.name = "ht_dcphase",
     .talib = "HT_DCPHASE",
     .title = "phase of the dominant cycle",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "angle of the Fourier coefficient over one period, degrees, from -45 to 315",
     .source = kEhlers,
     .make = [](Args) { return indicator_of<1>(CyclePhase{}); }},
    {.name = "ht_phasor",
     .talib = "HT_PHASOR",
     .title = "phasor of the dominant cycle",
     .inputs = kReal,
     .params = {},
     .outputs = kPhasorNames,
     .formula = "detrended price of three rows ago, and its Hilbert transform",
     .source = kEhlers,
     .make = [](Args) { return indicator_of<1, 2>(Phasor{}); }},
    {.name = "ht_sine",
     .talib = "HT_SINE",
     .title = "sine of the dominant cycle's phase",
     .inputs = kReal,
     .params = {},
     .outputs = kSineNames,
     .formula = "sin of the phase, and of the phase + 45 degrees",
     .source = kEhlers,
     .make = [](Args) { return indicator_of<1, 2>(SineWave{}); }},
    {.name = "ht_trendline",
     .talib = "HT_TRENDLINE",
     .title = "instantaneous trendline",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "mean of one cycle of prices, smoothed over four rows by weights 4, 3, 2, 1",
     .source = kEhlers,
     .make = [](Args) { return indicator_of<1>(CycleTrendline{}); }},
    {.name = "ht_trendmode",
     .talib = "HT_TRENDMODE",
     .title = "whether prices trend",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "0 for half a period after the sines cross and while the phase turns as a cycle's; "
                "else, and 1.5 % off the trendline, 1",
     .source = kEhlers,
     .make = [](Args) { return indicator_of<1>(TrendMode{}); }},
    {.name = "mama",
     .talib = "MAMA",
     .title = "MESA adaptive moving average",
     .inputs = kReal,
     .params = kAdaptiveParams,
     .outputs = kAdaptiveNames,
     .formula = "average of weight fast / degrees that the phase turned, slow at least; and one of "
                "half that weight that follows it",
     .source = "J. F. Ehlers, MESA Adaptive Moving Averages, Stocks & Commodities 19:10 (2001)",
     .make = [](Args args) { return indicator_of<1, 2>(AdaptiveAverage{args[0], args[1]}); }},
};

}  // namespace

std::span<const IndicatorInfo> cycle_indicators() { return kIndicators; }

}  // namespace tradewind::feature
