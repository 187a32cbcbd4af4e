// SPDX-License-Identifier: Apache-2.0
// Arithmetic on series. What a function has no value for is NaN, or infinite, in that row alone.
#include <cmath>

#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/cumulative_sum.hpp"
#include "feature/kernels/elementary.hpp"
#include "feature/kernels/extremes.hpp"
#include "feature/kernels/row_function.hpp"
#include "feature/kernels/window.hpp"

namespace tradewind::feature {
namespace {

class Cumulative {
public:
    [[nodiscard]] static std::size_t lookback() { return 0; }
    double next(double value) { return sum_.add(value); }

private:
    CumulativeSum sum_;
};

class SumOfWindow {
public:
    explicit SumOfWindow(std::size_t period) : sum_(period) {}

    [[nodiscard]] std::size_t lookback() const { return sum_.window().period() - 1; }
    template <bool Warm>
    double next(double value) {
        const double sum = sum_.add(value);
        return Warm || sum_.is_full() ? sum : kNaN;
    }

private:
    RollingSum sum_;
};

constexpr std::array kPeriod30{period_param(30, 1)};

constexpr IndicatorInfo kIndicators[] = {
    {.name = "add",
     .talib = "ADD",
     .title = "sum of two series",
     .inputs = kPair,
     .params = {},
     .outputs = kValue,
     .formula = "a + b",
     .source = "arithmetic",
     .make =
         [](Args) {
             return indicator_of<2>(RowFunction{[](double a, double b) { return a + b; }});
         }},
    {.name = "sub",
     .talib = "SUB",
     .title = "difference of two series",
     .inputs = kPair,
     .params = {},
     .outputs = kValue,
     .formula = "a - b",
     .source = "arithmetic",
     .make =
         [](Args) {
             return indicator_of<2>(RowFunction{[](double a, double b) { return a - b; }});
         }},
    {.name = "mult",
     .talib = "MULT",
     .title = "product of two series",
     .inputs = kPair,
     .params = {},
     .outputs = kValue,
     .formula = "a b",
     .source = "arithmetic",
     .make =
         [](Args) {
             return indicator_of<2>(RowFunction{[](double a, double b) { return a * b; }});
         }},
    {.name = "div",
     .talib = "DIV",
     .title = "quotient of two series",
     .inputs = kPair,
     .params = {},
     .outputs = kValue,
     .formula = "a / b; infinite, or NaN, where b is 0",
     .source = "arithmetic",
     .make =
         [](Args) {
             return indicator_of<2>(RowFunction{[](double a, double b) { return a / b; }});
         }},
    {.name = "acos",
     .talib = "ACOS",
     .title = "arc cosine",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "acos x; NaN beyond -1 and 1",
     .source = "kernels/elementary.hpp",
     .make =
         [](Args) { return indicator_of<1>(RowFunction{[](double x) { return arc_cosine(x); }}); }},
    {.name = "asin",
     .talib = "ASIN",
     .title = "arc sine",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "asin x; NaN beyond -1 and 1",
     .source = "kernels/elementary.hpp",
     .make =
         [](Args) { return indicator_of<1>(RowFunction{[](double x) { return arc_sine(x); }}); }},
    {.name = "atan",
     .talib = "ATAN",
     .title = "arc tangent",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "atan x",
     .source = "the C library",
     .make =
         [](Args) { return indicator_of<1>(RowFunction{[](double x) { return std::atan(x); }}); }},
    {.name = "ceil",
     .talib = "CEIL",
     .title = "rounded up",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "smallest whole number from x on",
     .source = "the C library",
     .make =
         [](Args) { return indicator_of<1>(RowFunction{[](double x) { return std::ceil(x); }}); }},
    {.name = "cos",
     .talib = "COS",
     .title = "cosine",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "cos x",
     .source = "the C library",
     .make =
         [](Args) { return indicator_of<1>(RowFunction{[](double x) { return std::cos(x); }}); }},
    {.name = "cosh",
     .talib = "COSH",
     .title = "hyperbolic cosine",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "cosh x",
     .source = "kernels/elementary.hpp",
     .make =
         [](Args) {
             return indicator_of<1>(RowFunction{[](double x) { return hyperbolic_cosine(x); }});
         }},
    {.name = "exp",
     .talib = "EXP",
     .title = "exponential",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "e^x; infinite where it overflows",
     .source = "kernels/elementary.hpp",
     .make =
         [](Args) {
             return indicator_of<1>(RowFunction{[](double x) { return exponential(x); }});
         }},
    {.name = "floor",
     .talib = "FLOOR",
     .title = "rounded down",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "largest whole number up to x",
     .source = "the C library",
     .make =
         [](Args) { return indicator_of<1>(RowFunction{[](double x) { return std::floor(x); }}); }},
    {.name = "ln",
     .talib = "LN",
     .title = "natural logarithm",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "ln x; NaN below 0, -infinite at 0",
     .source = "kernels/elementary.hpp",
     .make =
         [](Args) {
             return indicator_of<1>(RowFunction{[](double x) { return natural_log(x); }});
         }},
    {.name = "log10",
     .talib = "LOG10",
     .title = "decimal logarithm",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "log10 x; NaN below 0, -infinite at 0",
     .source = "kernels/elementary.hpp",
     .make =
         [](Args) {
             return indicator_of<1>(RowFunction{[](double x) { return decimal_log(x); }});
         }},
    {.name = "sin",
     .talib = "SIN",
     .title = "sine",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "sin x",
     .source = "the C library",
     .make =
         [](Args) { return indicator_of<1>(RowFunction{[](double x) { return std::sin(x); }}); }},
    {.name = "sinh",
     .talib = "SINH",
     .title = "hyperbolic sine",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "sinh x",
     .source = "kernels/elementary.hpp",
     .make =
         [](Args) {
             return indicator_of<1>(RowFunction{[](double x) { return hyperbolic_sine(x); }});
         }},
    {.name = "sqrt",
     .talib = "SQRT",
     .title = "square root",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "sqrt x; NaN below 0",
     .source = "the C library",
     .make =
         [](Args) { return indicator_of<1>(RowFunction{[](double x) { return std::sqrt(x); }}); }},
    {.name = "tan",
     .talib = "TAN",
     .title = "tangent",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "tan x",
     .source = "the C library",
     .make =
         [](Args) { return indicator_of<1>(RowFunction{[](double x) { return std::tan(x); }}); }},
    {.name = "tanh",
     .talib = "TANH",
     .title = "hyperbolic tangent",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "tanh x",
     .source = "kernels/elementary.hpp",
     .make =
         [](Args) {
             return indicator_of<1>(RowFunction{[](double x) { return hyperbolic_tangent(x); }});
         }},
    {.name = "cumsum",
     .talib = "CUMSUM",
     .title = "cumulative sum",
     .inputs = kReal,
     .params = {},
     .outputs = kValue,
     .formula = "sum of all values so far",
     .source = "arithmetic",
     .make = [](Args) { return indicator_of<1>(Cumulative{}); }},
    {.name = "sum",
     .talib = "SUM",
     .title = "sum of a window",
     .inputs = kReal,
     .params = kPeriod30,
     .outputs = kValue,
     .formula = "sum of the last n",
     .source = "arithmetic",
     .make = [](Args args) { return indicator_of<1>(SumOfWindow{whole(args, 0)}); }},
    {.name = "max",
     .talib = "MAX",
     .title = "largest of a window",
     .inputs = kReal,
     .params = kPeriod30,
     .outputs = kValue,
     .formula = "the largest of the last n",
     .source = "van Herk, Pattern Recognition Letters 13 (1992), p. 517",
     .make = [](Args args) { return indicator_of<1>(RollingMax{whole(args, 0)}); }},
    {.name = "min",
     .talib = "MIN",
     .title = "smallest of a window",
     .inputs = kReal,
     .params = kPeriod30,
     .outputs = kValue,
     .formula = "the smallest of the last n",
     .source = "van Herk, Pattern Recognition Letters 13 (1992), p. 517",
     .make = [](Args args) { return indicator_of<1>(RollingMin{whole(args, 0)}); }},
};

}  // namespace

std::span<const IndicatorInfo> math_indicators() { return kIndicators; }

}  // namespace tradewind::feature
