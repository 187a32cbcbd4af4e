// SPDX-License-Identifier: Apache-2.0
// What volume says about a move.
#include <algorithm>
#include <memory>
#include <utility>

#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/average_by_type.hpp"
#include "feature/kernels/averages.hpp"
#include "feature/kernels/cumulative_sum.hpp"
#include "feature/kernels/row_function.hpp"
#include "feature/kernels/window.hpp"

namespace tradewind::feature {
namespace {

/// A bar's volume by where it closed: all of it at the high, none in the middle, less all of it at
/// the low. A bar without a range counts for nothing.
[[gnu::always_inline]] inline double money_flow(double high, double low, double close,
                                                double volume) {
    const double range = high - low;
    const double place = ((close - low) - (high - close)) / range;
    return pick(range > 0.0, place * volume, 0.0);
}

/// Growth from the row before; 0 after a close of 0, from which nothing grows.
double growth(double before, double close) {
    return pick(before != 0.0, (close - before) / before, 0.0);
}

class AccumulationDistribution {
public:
    static constexpr std::size_t kPrepared = 1;
    static std::array<double, 1> prepare(double high, double low, double close, double volume) {
        return {money_flow(high, low, close, volume)};
    }

    [[nodiscard]] static std::size_t lookback() { return 0; }
    template <bool Warm>
    double next(double flow) {
        return line_.add(flow);
    }

private:
    CumulativeSum line_;
};

/// Difference of two averages of that line, both from its first value on.
class ChaikinOscillator {
public:
    ChaikinOscillator(std::size_t fast, std::size_t slow)
        : fast_(from_first(fast)), slow_(from_first(slow)), lookback_(std::max(fast, slow) - 1) {}

    [[nodiscard]] std::size_t lookback() const { return lookback_; }
    static constexpr std::size_t kPrepared = AccumulationDistribution::kPrepared;
    static std::array<double, 1> prepare(double high, double low, double close, double volume) {
        return AccumulationDistribution::prepare(high, low, close, volume);
    }
    template <bool Warm>
    double next(double flow) {
        const double line = line_.next<Warm>(flow);
        const double out = fast_.next<Warm>(line) - slow_.next<Warm>(line);
        return Warm || taken_++ >= lookback_ ? out : kNaN;
    }

private:
    static Exponential from_first(std::size_t period) {
        return {1, 2.0 / (static_cast<double>(period) + 1.0)};
    }

    AccumulationDistribution line_;
    Exponential fast_;
    Exponential slow_;
    std::size_t lookback_;
    std::size_t taken_ = 0;
};

class ChaikinMoneyFlow {
public:
    explicit ChaikinMoneyFlow(std::size_t period) : flow_(period), volume_(period) {}

    [[nodiscard]] std::size_t lookback() const { return flow_.window().period() - 1; }
    static constexpr std::size_t kPrepared = 2;
    static std::array<double, 2> prepare(double high, double low, double close, double volume) {
        return {money_flow(high, low, close, volume), volume};
    }
    template <bool Warm>
    double next(double money, double volume) {
        const double flow = flow_.add(money), sum = volume_.add(volume);
        const double ratio = flow / sum;
        if (!Warm && !flow_.is_full()) return kNaN;
        return sum > 0.0 ? ratio : 0.0;
    }

private:
    RollingSum flow_;
    RollingMagnitude volume_;
};

class ForceIndex {
public:
    explicit ForceIndex(std::size_t period) : average_(ema(period)) {}

    [[nodiscard]] std::size_t lookback() const { return 1 + average_.lookback(); }
    template <bool Warm>
    double next(double close, double volume) {
        return after<Warm>(average_, (close - std::exchange(close_, close)) * volume);
    }

private:
    Exponential average_;
    double close_ = kNaN;  ///< of the row before
};

/// Volume of rising closes less that of falling ones, from the first row's volume on.
class OnBalanceVolume {
public:
    [[nodiscard]] static std::size_t lookback() { return 0; }
    template <bool Warm>
    double next(double close, double volume) {
        const double before = std::exchange(close_, close);
        if (!Warm && before != before) return sum_.add(volume);
        const double signed_volume = pick(close > before, volume, -volume);
        return sum_.add(pick(close == before, 0.0, signed_volume));
    }

private:
    CumulativeSum sum_;
    double close_ = kNaN;
};

/// Grows with the close, but only on rows whose volume is less (`Sign` -1), or more (1), than that
/// of the row before.
template <int Sign>
class VolumeIndex {
public:
    [[nodiscard]] static std::size_t lookback() { return 0; }
    template <bool Warm>
    double next(double close, double volume) {
        const double before = std::exchange(close_, close);
        const double change = Sign * (volume - std::exchange(volume_, volume));
        if (!Warm && before != before) return index_;
        const bool counts = (change > 0.0) & (before != 0.0);
        index_ *= pick(counts, close / before, 1.0);
        return index_;
    }

private:
    double index_ = 1000.0;
    double close_ = kNaN;
    double volume_ = 0.0;
};

class PriceVolumeTrend {
public:
    static constexpr std::size_t kRowsTogether = 512;  // with what they need they stay near

    [[nodiscard]] static std::size_t lookback() { return 0; }
    template <bool Warm>
    double next(double close, double volume) {
        const double before = std::exchange(close_, close);
        if (!Warm && before != before) return 0.0;
        return sum_.add(growth(before, close) * volume);
    }
    [[gnu::always_inline]] void next_rows(const double* const* in, double* const* out,
                                          std::size_t rows) {
        std::array<double, kRowsTogether> flows;  // NOLINT(*-member-init): written before read
        flows[0] = growth(close_, in[0][0]) * in[1][0];
        for (std::size_t row = 1; row < rows; ++row) {
            flows[row] = growth(in[0][row - 1], in[0][row]) * in[1][row];
        }
        close_ = in[0][rows - 1];
        for (std::size_t row = 0; row < rows; ++row) out[0][row] = sum_.add(flows[row]);
    }

private:
    CumulativeSum sum_;
    double close_ = kNaN;
};

/// Volume by the mean of the rows before it.
class RelativeVolume {
public:
    explicit RelativeVolume(std::size_t period)
        : sum_(period), period_(static_cast<double>(period)) {}

    [[nodiscard]] std::size_t lookback() const { return sum_.window().period(); }
    template <bool Warm>
    double next(double volume) {
        const double sum = Warm || sum_.is_full() ? sum_.sum() : kNaN;
        sum_.add(volume);
        return volume * period_ / sum;
    }

private:
    RollingSum sum_;
    double period_;
};

/// How far one average of volume is from another, in per cent of that.
template <typename Average>
class VolumeOscillator {
public:
    VolumeOscillator(Average fast, Average slow) : fast_(std::move(fast)), slow_(std::move(slow)) {}

    [[nodiscard]] std::size_t lookback() const {
        return std::max(fast_.lookback(), slow_.lookback());
    }
    template <bool Warm>
    double next(double volume) {
        const double fast = fast_.template next<Warm>(volume);
        const double slow = slow_.template next<Warm>(volume);
        return pick(slow != 0.0, 100.0 * ((fast - slow) / slow), 0.0);
    }

private:
    Average fast_;
    Average slow_;
};

/// Of everything since the first row.
class VolumeWeightedPrice {
public:
    [[nodiscard]] static std::size_t lookback() { return 0; }
    double next(double high, double low, double close, double volume) {
        const double value = value_.add(typical_price(high, low, close) * volume);
        const double sum = volume_.add(volume);
        const double price = value / sum;
        return sum > 0.0 ? price : 0.0;
    }

private:
    CumulativeSum value_;
    CumulativeSum volume_;
};

constexpr std::array kHighLowVolume{Input::high, Input::low, Input::volume};
constexpr std::array kHighLowCloseVolume{Input::high, Input::low, Input::close, Input::volume};
constexpr std::array kCloseVolume{Input::close, Input::volume};
constexpr std::array kRealVolume{Input::real, Input::volume};
constexpr std::array kVolume{Input::volume};

constexpr std::array kPeriod13{period_param(13, 1)};
constexpr std::array kPeriod20{period_param(20, 1)};
constexpr std::array kPeriod20From2{period_param(20)};
constexpr std::array kChaikinParams{period_param(3, 2, "fast"), period_param(10, 2, "slow")};
constexpr std::array kOscillatorParams{period_param(12, 2, "fast"), period_param(26, 2, "slow"),
                                       average_param(1)};

constexpr IndicatorInfo kIndicators[] = {
    {.name = "ad",
     .talib = "AD",
     .title = "Chaikin's accumulation and distribution line",
     .inputs = kHighLowCloseVolume,
     .params = {},
     .outputs = kValue,
     .formula = "sum of volume ((close - low) - (high - close)) / (high - low)",
     .source = "TA-Lib, ta_AD",
     .make = [](Args) { return indicator_of<4>(AccumulationDistribution{}); }},
    {.name = "adosc",
     .talib = "ADOSC",
     .title = "Chaikin oscillator",
     .inputs = kHighLowCloseVolume,
     .params = kChaikinParams,
     .outputs = kValue,
     .formula = "ema(fast) - ema(slow) of ad, both from its first value",
     .source = "TA-Lib, ta_ADOSC",
     .make =
         [](Args args) {
             return indicator_of<4>(ChaikinOscillator{whole(args, 0), whole(args, 1)});
         }},
    {.name = "cmf",
     .talib = "CMF",
     .title = "Chaikin money flow",
     .inputs = kHighLowCloseVolume,
     .params = kPeriod20From2,
     .outputs = kValue,
     .formula = "sum of the last n of volume ((c - l) - (h - c)) / (h - l), by their volume; 0 "
                "without volume",
     .source = "M. Chaikin; the terms are those of ad",
     .make = [](Args args) { return indicator_of<4>(ChaikinMoneyFlow{whole(args, 0)}); }},
    {.name = "efi",
     .talib = "EFI",
     .title = "Elder's force index",
     .inputs = kCloseVolume,
     .params = kPeriod13,
     .outputs = kValue,
     .formula = "ema of (close - close before) volume",
     .source = "A. Elder, Trading for a Living (1993)",
     .make = [](Args args) { return indicator_of<2>(ForceIndex{whole(args, 0)}); }},
    {.name = "marketfi",
     .talib = "MARKETFI",
     .title = "market facilitation index",
     .inputs = kHighLowVolume,
     .params = {},
     .outputs = kValue,
     .formula = "(high - low) / volume; 0 without volume",
     .source = "B. Williams, Trading Chaos (1995)",
     .make =
         [](Args) {
             return indicator_of<3>(RowFunction{[](double high, double low, double volume) {
                 return pick(volume != 0.0, (high - low) / volume, 0.0);
             }});
         }},
    {.name = "nvi",
     .talib = "NVI",
     .title = "negative volume index",
     .inputs = kCloseVolume,
     .params = {},
     .outputs = kValue,
     .formula = "1000; times close / close before where volume fell",
     .source = "P. Dysart; N. Fosback, Stock Market Logic (1976)",
     .make = [](Args) { return indicator_of<2>(VolumeIndex<-1>{}); }},
    {.name = "obv",
     .talib = "OBV",
     .title = "on-balance volume",
     .inputs = kRealVolume,
     .params = {},
     .outputs = kValue,
     .formula = "first volume; + volume where the close rose, - volume where it fell",
     .source = "J. Granville, New Key to Stock Market Profits (1963)",
     .make = [](Args) { return indicator_of<2>(OnBalanceVolume{}); }},
    {.name = "pvi",
     .talib = "PVI",
     .title = "positive volume index",
     .inputs = kCloseVolume,
     .params = {},
     .outputs = kValue,
     .formula = "1000; times close / close before where volume rose",
     .source = "P. Dysart; N. Fosback, Stock Market Logic (1976)",
     .make = [](Args) { return indicator_of<2>(VolumeIndex<1>{}); }},
    {.name = "pvo",
     .talib = "PVO",
     .title = "percentage volume oscillator",
     .inputs = kVolume,
     .params = kOscillatorParams,
     .outputs = kValue,
     .formula = "100 (a(fast) / a(slow) - 1), a the average named; 0 where a(slow) is 0",
     .source = "any textbook",
     .make = [](Args args) -> std::unique_ptr<Indicator> {
         return with_averages(
             average_type(args, 2),
             [](auto fast, auto slow) {
                 return indicator_of<1>(VolumeOscillator{std::move(fast), std::move(slow)});
             },
             std::min(whole(args, 0), whole(args, 1)), std::max(whole(args, 0), whole(args, 1)));
     }},
    {.name = "pvt",
     .talib = "PVT",
     .title = "price volume trend",
     .inputs = kCloseVolume,
     .params = {},
     .outputs = kValue,
     .formula = "sum of volume (close - close before) / close before",
     .source = "any textbook",
     .make = [](Args) { return indicator_of<2>(PriceVolumeTrend{}); }},
    {.name = "rvol",
     .talib = "RVOL",
     .title = "relative volume",
     .inputs = kVolume,
     .params = kPeriod20,
     .outputs = kValue,
     .formula = "volume / mean volume of the n rows before; NaN, or infinite, where that is 0",
     .source = "TA-Lib, ta_RVOL",
     .make = [](Args args) { return indicator_of<1>(RelativeVolume{whole(args, 0)}); }},
    {.name = "vwap",
     .talib = "VWAP",
     .title = "volume-weighted average price since the first row",
     .inputs = kHighLowCloseVolume,
     .params = {},
     .outputs = kValue,
     .formula = "sum of volume (high + low + close) / 3, by the volume; 0 before there is any",
     .source = "TA-Lib, ta_VWAP",
     .make = [](Args) { return indicator_of<4>(VolumeWeightedPrice{}); }},
};

}  // namespace

std::span<const IndicatorInfo> volume_indicators() { return kIndicators; }

}  // namespace tradewind::feature
