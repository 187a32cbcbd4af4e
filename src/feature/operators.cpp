// SPDX-License-Identifier: Apache-2.0
#include "feature/operators.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/row_function.hpp"
#include "feature/kernels/window.hpp"

namespace tradewind::feature {
namespace {

constexpr double truth(bool value) { return value ? 1.0 : 0.0; }

// What is done to one row.
double plus(double a, double b) { return a + b; }
double minus(double a, double b) { return a - b; }
double times(double a, double b) { return a * b; }
double over(double a, double b) { return a / b; }
double power(double a, double b) { return std::pow(a, b); }
double is_less(double a, double b) { return truth(a < b); }
double is_at_most(double a, double b) { return truth(a <= b); }
double is_greater(double a, double b) { return truth(a > b); }
double is_at_least(double a, double b) { return truth(a >= b); }
double is_equal(double a, double b) { return truth(a == b); }
double is_unequal(double a, double b) { return truth(a != b); }
double both(double a, double b) { return truth(a != 0 && b != 0); }
double either(double a, double b) { return truth(a != 0 || b != 0); }
double negation(double a) { return truth(a == 0); }
double negative(double a) { return -a; }
double size(double a) { return std::abs(a); }
double sign(double a) { return a > 0 ? 1.0 : a < 0 ? -1.0 : 0.0; }
double logarithm(double a) { return std::log(a); }
double logarithm_of_more(double a) { return std::log1p(a); }
double choice(double a, double b, double c) { return a != 0 ? b : c; }
double gain(double now, double then) { return now / then - 1.0; }
double log_gain(double now, double then) { return std::log(now / then); }

double value_or_missing(double value) { return std::isfinite(value) ? value : kNaN; }

/// A function of one row. What is not finite is no value.
template <auto Function, std::size_t Inputs>
std::unique_ptr<Indicator> pointwise(Args /*none*/) {
    return indicator_of<Inputs>(
        RowFunction{[](auto... values) { return value_or_missing(Function(values...)); }});
}

/// A function of a value and the one n rows before it.
template <auto Function>
class Change {
public:
    explicit Change(std::size_t rows) : before_(rows) {}

    [[nodiscard]] std::size_t lookback() const { return before_.lookback(); }
    double next(double value) { return value_or_missing(Function(value, before_.next(value))); }

private:
    Delay before_;
};

template <auto Function>
std::unique_ptr<Indicator> change(Args args) {
    return indicator_of<1>(Change<Function>{whole(args, 0)});
}

/// Says where values are missing; a NaN comes in, and does not make it start anew.
class Missing final : public Indicator {
public:
    void run(std::span<const double* const> in, std::span<double* const> out,
             std::size_t rows) override {
        for (std::size_t i = 0; i < rows; ++i) out[0][i] = truth(!std::isfinite(in[0][i]));
    }
    void restart() override {}
    [[nodiscard]] std::size_t lookback() const override { return 0; }
    [[nodiscard]] std::unique_ptr<Indicator> clone() const override {
        return std::make_unique<Missing>();
    }
};

/// The first where it is a value, else the second.
class FillWith final : public Indicator {
public:
    void run(std::span<const double* const> in, std::span<double* const> out,
             std::size_t rows) override {
        for (std::size_t i = 0; i < rows; ++i) {
            out[0][i] = std::isfinite(in[0][i]) ? in[0][i] : in[1][i];
        }
    }
    void restart() override {}
    [[nodiscard]] std::size_t lookback() const override { return 0; }
    [[nodiscard]] std::unique_ptr<Indicator> clone() const override {
        return std::make_unique<FillWith>();
    }
};

/// Not written as a symbol or a word between its operands.
bool is_called(const IndicatorInfo& info) {
    constexpr std::array<std::string_view, 4> kWords{"and", "or", "not", "neg"};
    const char first = info.name.front();
    return first >= 'a' && first <= 'z' &&
           std::find(kWords.begin(), kWords.end(), info.name) == kWords.end();
}

constexpr std::array kReals{Input::real, Input::second};
constexpr std::array kRealsOfThree{Input::real, Input::second, Input::second};
constexpr std::array kLag{period_param(1, 1)};

constexpr auto kOperators = std::to_array<IndicatorInfo>({
    {.name = "+",
     .title = "sum",
     .inputs = kReals,
     .outputs = kValue,
     .formula = "a + b",
     .make = pointwise<plus, 2>},
    {.name = "-",
     .title = "difference",
     .inputs = kReals,
     .outputs = kValue,
     .formula = "a - b",
     .make = pointwise<minus, 2>},
    {.name = "*",
     .title = "product",
     .inputs = kReals,
     .outputs = kValue,
     .formula = "a b",
     .make = pointwise<times, 2>},
    {.name = "/",
     .title = "quotient",
     .inputs = kReals,
     .outputs = kValue,
     .formula = "a / b; missing where b is 0",
     .make = pointwise<over, 2>},
    {.name = "^",
     .title = "power",
     .inputs = kReals,
     .outputs = kValue,
     .formula = "a to the power of b; missing where that is no real number",
     .make = pointwise<power, 2>},
    {.name = "<",
     .title = "less",
     .inputs = kReals,
     .outputs = kValue,
     .formula = "1 or 0",
     .make = pointwise<is_less, 2>},
    {.name = "<=",
     .title = "at most",
     .inputs = kReals,
     .outputs = kValue,
     .formula = "1 or 0",
     .make = pointwise<is_at_most, 2>},
    {.name = ">",
     .title = "greater",
     .inputs = kReals,
     .outputs = kValue,
     .formula = "1 or 0",
     .make = pointwise<is_greater, 2>},
    {.name = ">=",
     .title = "at least",
     .inputs = kReals,
     .outputs = kValue,
     .formula = "1 or 0",
     .make = pointwise<is_at_least, 2>},
    {.name = "==",
     .title = "equal",
     .inputs = kReals,
     .outputs = kValue,
     .formula = "1 or 0",
     .make = pointwise<is_equal, 2>},
    {.name = "!=",
     .title = "unequal",
     .inputs = kReals,
     .outputs = kValue,
     .formula = "1 or 0",
     .make = pointwise<is_unequal, 2>},
    {.name = "and",
     .title = "both",
     .inputs = kReals,
     .outputs = kValue,
     .formula = "1 where neither is 0, else 0",
     .make = pointwise<both, 2>},
    {.name = "or",
     .title = "either",
     .inputs = kReals,
     .outputs = kValue,
     .formula = "1 where one is not 0, else 0",
     .make = pointwise<either, 2>},
    {.name = "not",
     .title = "negation",
     .inputs = kReal,
     .outputs = kValue,
     .formula = "1 where it is 0, else 0",
     .make = pointwise<negation, 1>},
    {.name = "neg",
     .title = "the other sign",
     .inputs = kReal,
     .outputs = kValue,
     .formula = "-a",
     .make = pointwise<negative, 1>},

    {.name = "abs",
     .title = "size",
     .inputs = kReal,
     .outputs = kValue,
     .formula = "|a|",
     .make = pointwise<size, 1>},
    {.name = "sign",
     .title = "sign",
     .inputs = kReal,
     .outputs = kValue,
     .formula = "-1, 0 or 1",
     .make = pointwise<sign, 1>},
    {.name = "log",
     .title = "natural logarithm",
     .inputs = kReal,
     .outputs = kValue,
     .formula = "ln a; missing from 0 down",
     .make = pointwise<logarithm, 1>},
    {.name = "log1p",
     .title = "logarithm of one more",
     .inputs = kReal,
     .outputs = kValue,
     .formula = "ln(1 + a)",
     .make = pointwise<logarithm_of_more, 1>},
    {.name = "greater",
     .title = "the larger of two",
     .inputs = kReals,
     .outputs = kValue,
     .formula = "max(a, b)",
     .make = pointwise<larger, 2>},
    {.name = "less",
     .title = "the smaller of two",
     .inputs = kReals,
     .outputs = kValue,
     .formula = "min(a, b)",
     .make = pointwise<smaller, 2>},
    {.name = "if",
     .title = "one or the other",
     .inputs = kRealsOfThree,
     .outputs = kValue,
     .formula = "b where a is not 0, else c",
     .make = pointwise<choice, 3>},
    {.name = "is_missing",
     .title = "whether a value is missing",
     .inputs = kReal,
     .outputs = kValue,
     .formula = "1 or 0",
     .make = [](Args) -> std::unique_ptr<Indicator> { return std::make_unique<Missing>(); }},
    {.name = "fill",
     .title = "another value where one is missing",
     .inputs = kReals,
     .outputs = kValue,
     .formula = "a, or b where a is missing",
     .make = [](Args) -> std::unique_ptr<Indicator> { return std::make_unique<FillWith>(); }},

    {.name = "ref",
     .title = "the value of an earlier row",
     .inputs = kReal,
     .params = kLag,
     .outputs = kValue,
     .formula = "x, n rows ago",
     .make = [](Args args) { return indicator_of<1>(Delay{whole(args, 0)}); }},
    {.name = "delta",
     .title = "change",
     .inputs = kReal,
     .params = kLag,
     .outputs = kValue,
     .formula = "x - ref(x, n)",
     .make = change<minus>},
    {.name = "ret",
     .title = "return",
     .inputs = kReal,
     .params = kLag,
     .outputs = kValue,
     .formula = "x / ref(x, n) - 1",
     .make = change<gain>},
    {.name = "logret",
     .title = "logarithmic return",
     .inputs = kReal,
     .params = kLag,
     .outputs = kValue,
     .formula = "ln(x / ref(x, n))",
     .make = change<log_gain>},
});

}  // namespace

std::span<const IndicatorInfo> operators() { return kOperators; }

const IndicatorInfo* find_function(std::string_view name) {
    if (const IndicatorInfo* indicator = find_indicator(name)) return indicator;
    for (const auto table : {operators(), rolling_operators()}) {
        for (const IndicatorInfo& info : table) {
            if (info.name == name && is_called(info)) return &info;
        }
    }
    return nullptr;
}

const IndicatorInfo* find_symbol(std::string_view symbol, std::size_t operands) {
    const std::string_view wanted = symbol == "-" && operands == 1 ? "neg" : symbol;
    const auto found =
        std::find_if(kOperators.begin(), kOperators.end(), [&](const IndicatorInfo& info) {
            return info.name == wanted && info.inputs.size() == operands;
        });
    return found == kOperators.end() ? nullptr : &*found;
}

std::vector<std::string_view> function_names() {
    std::vector<std::string_view> names;
    for (const IndicatorInfo* info : indicators()) names.push_back(info->name);
    for (const auto table : {operators(), rolling_operators()}) {
        for (const IndicatorInfo& info : table) {
            if (is_called(info)) names.push_back(info.name);
        }
    }
    return names;
}

}  // namespace tradewind::feature
