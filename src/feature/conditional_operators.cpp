// SPDX-License-Identifier: Apache-2.0
// Functions of conditions (what is not 0 holds), and of all rows since an anchor changed.
#include <algorithm>
#include <array>
#include <cmath>

#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/cumulative_sum.hpp"
#include "feature/kernels/row_function.hpp"
#include "feature/operators.hpp"

namespace tradewind::feature {
namespace {

double clipped(double value, double low, double high) { return smaller(larger(value, low), high); }
double signed_power(double value, double power) {
    return std::copysign(std::pow(std::abs(value), power), value);
}

/// Rows since a condition last held.
class Since {
public:
    [[nodiscard]] static std::size_t lookback() { return 0; }
    double next(double condition) {
        rows_ = condition != 0.0 ? 0.0 : rows_ + 1.0;
        return rows_;
    }

private:
    double rows_ = kNaN;
};

/// Rows in a row on which a condition has held.
class Streak {
public:
    [[nodiscard]] static std::size_t lookback() { return 0; }
    double next(double condition) {
        rows_ = condition != 0.0 ? rows_ + 1.0 : 0.0;
        return rows_;
    }

private:
    double rows_ = 0.0;
};

/// A value of the row on which a condition last held.
class ValueWhen {
public:
    [[nodiscard]] static std::size_t lookback() { return 0; }
    double next(double condition, double value) {
        value_ = condition != 0.0 ? value : value_;
        return value_;
    }

private:
    double value_ = kNaN;
};

/// Whether one series has just gone to the other side of another.
template <typename Order>
class Cross {
public:
    [[nodiscard]] static std::size_t lookback() { return 1; }
    double next(double a, double b) {
        const bool crosses = Order{}(a, b) && !Order{}(a_, b_);
        const bool is_first = a_ != a_;
        a_ = a;
        b_ = b;
        return is_first ? kNaN : crosses ? 1.0 : 0.0;
    }

private:
    double a_ = kNaN, b_ = kNaN;
};

/// The last value that there was, if it is not too old.
class LastKnown {
public:
    /// 0: however old.
    explicit LastKnown(std::size_t rows_max) : rows_max_(rows_max) {}

    double next(double value) {
        if (std::isfinite(value)) {
            value_ = value;
            rows_ = 0;
        } else if (++rows_ > rows_max_ && rows_max_ > 0) {
            value_ = kNaN;
        }
        return value_;
    }

private:
    double value_ = kNaN;
    std::size_t rows_max_;
    std::size_t rows_ = 0;  ///< since it was known
};

// What is made of all values since an anchor changed.
class Total {
public:
    double add(double value) { return sum_.add(value); }

private:
    CumulativeSum sum_;
};
class Mean {
public:
    double add(double value) { return sum_.add(value) / ++rows_; }

private:
    CumulativeSum sum_;
    double rows_ = 0.0;
};
class Highest {
public:
    double add(double value) { return highest_ = larger(highest_, value); }

private:
    double highest_ = -std::numeric_limits<double>::infinity();
};
class Lowest {
public:
    double add(double value) { return lowest_ = smaller(lowest_, value); }

private:
    double lowest_ = std::numeric_limits<double>::infinity();
};
class First {
public:
    double add(double value) {
        first_ = first_ == first_ ? first_ : value;
        return first_;
    }

private:
    double first_ = kNaN;
};
class Rows {
public:
    double add(double /*value*/) { return ++rows_; }

private:
    double rows_ = 0.0;
};

template <typename Fold>
class SinceAnchor {
public:
    [[nodiscard]] static std::size_t lookback() { return 0; }
    double next(double value, double anchor) {
        if (anchor != anchor_) fold_ = Fold{};
        anchor_ = anchor;
        return value_or_missing(fold_.add(value));
    }

private:
    Fold fold_;
    double anchor_ = kNaN;
};

template <typename Fold>
std::unique_ptr<Indicator> since_anchor(Args /*none*/) {
    return indicator_of<2>(SinceAnchor<Fold>{});
}

template <typename Kernel, std::size_t Inputs>
std::unique_ptr<Indicator> plain(Args /*none*/) {
    return indicator_of<Inputs>(Kernel{});
}

constexpr std::array kClipInputs{Input::real, Input::second, Input::second};
constexpr std::array kCondition{Input::second};
constexpr std::array kConditionAndValue{Input::second, Input::real};
constexpr std::array kAnchored{Input::real, Input::anchor};
constexpr std::array kLimit{ParamInfo{.name = "limit",
                                      .kind = ParamKind::whole,
                                      .otherwise = 0,
                                      .low = 0,
                                      .high = kPeriodMax,
                                      .meaning = "rows that a value may be old; 0: any"}};

constexpr auto kOperators = std::to_array<IndicatorInfo>({
    {.name = "clip",
     .title = "kept between two bounds",
     .inputs = kClipInputs,
     .outputs = kValue,
     .formula = "min(max(x, low), high)",
     .make = pointwise<clipped, 3>},
    {.name = "signedpower",
     .title = "power that keeps the sign",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "sign(x) |x|^a; missing for 0 to a power below 0",
     .source = "Z. Kakushadze, 101 Formulaic Alphas (2016)",
     .make = pointwise<signed_power, 2>},
    {.name = "crosses_above",
     .title = "whether a series has just risen above another",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "1 where a > b and a row before a <= b, else 0",
     .make = plain<Cross<std::greater<>>, 2>},
    {.name = "crosses_below",
     .title = "whether a series has just fallen below another",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "1 where a < b and a row before a >= b, else 0",
     .make = plain<Cross<std::less<>>, 2>},
    {.name = "since",
     .title = "rows since a condition last held",
     .inputs = kCondition,
     .outputs = kValue,
     .formula = "0 on the row on which it holds; missing before the first",
     .make = plain<Since, 1>},
    {.name = "streak",
     .title = "rows in a row on which a condition has held",
     .inputs = kCondition,
     .outputs = kValue,
     .formula = "0 where it does not hold",
     .make = plain<Streak, 1>},
    {.name = "value_when",
     .title = "value of the row on which a condition last held",
     .inputs = kConditionAndValue,
     .outputs = kValue,
     .formula = "x of that row; missing before the first",
     .make = plain<ValueWhen, 2>},
    {.name = "ffill",
     .title = "the last value that there was",
     .inputs = kReal,
     .params = kLimit,
     .outputs = kValue,
     .formula = "x, or where it is missing the last that was not",
     .make = [](Args args) { return sees_missing<1>(LastKnown{whole(args, 0)}); }},
    {.name = "anchored_sum",
     .title = "sum since an anchor changed",
     .inputs = kAnchored,
     .outputs = kValue,
     .formula = "sum from the row on which the anchor is another than before",
     .make = since_anchor<Total>},
    {.name = "anchored_mean",
     .title = "mean since an anchor changed",
     .inputs = kAnchored,
     .outputs = kValue,
     .formula = "anchored_sum / anchored_count",
     .make = since_anchor<Mean>},
    {.name = "anchored_max",
     .title = "largest since an anchor changed",
     .inputs = kAnchored,
     .outputs = kValue,
     .formula = "of the high and the session: the session's high so far",
     .make = since_anchor<Highest>},
    {.name = "anchored_min",
     .title = "smallest since an anchor changed",
     .inputs = kAnchored,
     .outputs = kValue,
     .formula = "of the low and the session: the session's low so far",
     .make = since_anchor<Lowest>},
    {.name = "anchored_first",
     .title = "value of the row on which an anchor changed",
     .inputs = kAnchored,
     .outputs = kValue,
     .formula = "of the open and the session: the session's open",
     .make = since_anchor<First>},
    {.name = "anchored_count",
     .title = "rows since an anchor changed",
     .inputs = kAnchored,
     .outputs = kValue,
     .formula = "1 on the row on which it is another than before",
     .make = since_anchor<Rows>},
});

}  // namespace

std::span<const IndicatorInfo> conditional_operators() { return kOperators; }

}  // namespace tradewind::feature
