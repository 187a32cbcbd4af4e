// SPDX-License-Identifier: Apache-2.0
#include "feature/operators.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/elementary.hpp"
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
double logarithm(double a) { return natural_log(a); }
double logarithm_of_more(double a) { return std::log1p(a); }
double gain(double now, double then) { return now / then - 1.0; }
double log_gain(double now, double then) { return natural_log(now / then); }

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

/// What is not chosen may be missing.
double choice(double condition, double yes, double no) {
    if (!std::isfinite(condition)) return kNaN;
    return value_or_missing(condition != 0 ? yes : no);
}
double is_missing(double value) { return truth(!std::isfinite(value)); }
/// The first where it is a value, else the second.
double filled(double value, double otherwise) { return std::isfinite(value) ? value : otherwise; }

/// Not written as a symbol or a word between its operands.
bool is_called(const IndicatorInfo& info) {
    constexpr std::array<std::string_view, 4> kWords{"and", "or", "not", "neg"};
    const char first = info.name.front();
    return first >= 'a' && first <= 'z' &&
           std::find(kWords.begin(), kWords.end(), info.name) == kWords.end();
}

constexpr std::array kRealsOfThree{Input::real, Input::second, Input::second};
constexpr std::array kLag{period_param(1, 1)};

constexpr auto kOperators = std::to_array<IndicatorInfo>({
    {.name = "+",
     .title = "sum",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "a + b",
     .make = pointwise<plus, 2>},
    {.name = "-",
     .title = "difference",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "a - b",
     .make = pointwise<minus, 2>},
    {.name = "*",
     .title = "product",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "a b",
     .make = pointwise<times, 2>},
    {.name = "/",
     .title = "quotient",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "a / b; missing where b is 0",
     .make = pointwise<over, 2>},
    {.name = "^",
     .title = "power",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "a to the power of b; missing where that is no real number",
     .make = pointwise<power, 2>},
    {.name = "<",
     .title = "less",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "1 or 0",
     .make = pointwise<is_less, 2>},
    {.name = "<=",
     .title = "at most",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "1 or 0",
     .make = pointwise<is_at_most, 2>},
    {.name = ">",
     .title = "greater",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "1 or 0",
     .make = pointwise<is_greater, 2>},
    {.name = ">=",
     .title = "at least",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "1 or 0",
     .make = pointwise<is_at_least, 2>},
    {.name = "==",
     .title = "equal",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "1 or 0",
     .make = pointwise<is_equal, 2>},
    {.name = "!=",
     .title = "unequal",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "1 or 0",
     .make = pointwise<is_unequal, 2>},
    {.name = "and",
     .title = "both",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "1 where neither is 0, else 0",
     .make = pointwise<both, 2>},
    {.name = "or",
     .title = "either",
     .inputs = kPair,
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
     .inputs = kPair,
     .outputs = kValue,
     .formula = "max(a, b)",
     .make = pointwise<larger, 2>},
    {.name = "less",
     .title = "the smaller of two",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "min(a, b)",
     .make = pointwise<smaller, 2>},
    {.name = "if",
     .title = "one or the other",
     .inputs = kRealsOfThree,
     .outputs = kValue,
     .formula = "b where a is not 0, else c; what is not chosen may be missing",
     .make = [](Args) { return sees_missing<3>(RowFunction{choice}); }},
    {.name = "is_missing",
     .title = "whether a value is missing",
     .inputs = kReal,
     .outputs = kValue,
     .formula = "1 or 0",
     .make = [](Args) { return sees_missing<1>(RowFunction{is_missing}); }},
    {.name = "fill",
     .title = "another value where one is missing",
     .inputs = kPair,
     .outputs = kValue,
     .formula = "a, or b where a is missing",
     .make = [](Args) { return sees_missing<2>(RowFunction{filled}); }},

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

/// As pandas, Qlib and WorldQuant's 101 formulaic alphas call them.
constexpr auto kAliases = std::to_array<Alias>({
    {.name = "correlation", .function = "corr"}, {.name = "covariance", .function = "cov"},
    {.name = "decay_linear", .function = "wma"}, {.name = "delay", .function = "ref"},
    {.name = "diff", .function = "delta"},       {.name = "mad", .function = "avgdev"},
    {.name = "mean", .function = "sma"},         {.name = "med", .function = "median"},
    {.name = "returns", .function = "ret"},      {.name = "shift", .function = "ref"},
    {.name = "ts_argmax", .function = "idxmax"}, {.name = "ts_argmin", .function = "idxmin"},
    {.name = "ts_max", .function = "max"},       {.name = "ts_mean", .function = "sma"},
    {.name = "ts_min", .function = "min"},       {.name = "ts_product", .function = "product"},
    {.name = "ts_rank", .function = "tsrank"},   {.name = "ts_std", .function = "std"},
    {.name = "ts_sum", .function = "sum"},
});

}  // namespace

std::span<const IndicatorInfo> operators() { return kOperators; }

std::span<const Alias> aliases() { return kAliases; }

std::span<const IndicatorInfo* const> expression_functions() {
    static const std::vector<const IndicatorInfo*> kAll = [] {
        std::vector<const IndicatorInfo*> out;
        for (const auto table : {operators(), rolling_operators(), weighted_operators(),
                                 conditional_operators(), calendar_operators()}) {
            for (const IndicatorInfo& info : table) {
                if (is_called(info)) out.push_back(&info);
            }
        }
        std::sort(out.begin(), out.end(),
                  [](const IndicatorInfo* a, const IndicatorInfo* b) { return a->name < b->name; });
        return out;
    }();
    return kAll;
}

const IndicatorInfo* find_function(std::string_view name) {
    const auto alias = std::find_if(kAliases.begin(), kAliases.end(),
                                    [&](const Alias& known) { return known.name == name; });
    if (alias != kAliases.end()) name = alias->function;
    if (const IndicatorInfo* indicator = find_indicator(name)) return indicator;
    const auto all = expression_functions();
    const auto found = std::lower_bound(
        all.begin(), all.end(), name,
        [](const IndicatorInfo* info, std::string_view wanted) { return info->name < wanted; });
    return found != all.end() && (*found)->name == name ? *found : nullptr;
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
    for (const IndicatorInfo* info : expression_functions()) names.push_back(info->name);
    for (const Alias& alias : kAliases) names.push_back(alias.name);
    return names;
}

}  // namespace tradewind::feature
