// SPDX-License-Identifier: Apache-2.0
#include "research/search/expression.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/must.hpp"

namespace tradewind::research {
namespace {

const std::vector<std::string> kNames{"fast", "slow", "sharpe", "max_drawdown", "trades.count"};
const std::vector<double> kValues{10, 30, 1.5, 0.25, 40};
const double kNone = std::numeric_limits<double>::quiet_NaN();

Expression number(std::string_view text) {
    return test::must(Expression::parse(text, kNames, ExpressionType::number));
}
Expression condition(std::string_view text) {
    return test::must(Expression::parse(text, kNames, ExpressionType::condition));
}
std::string error_of(std::string_view text, ExpressionType type = ExpressionType::number) {
    const auto out = Expression::parse(text, kNames, type);
    return out ? "" : out.error();
}

TEST(Expression, computes_with_the_usual_precedence) {
    const std::vector<std::pair<std::string_view, double>> table{
        {"1 + 2*3", 7},
        {"(1 + 2)*3", 9},
        {"2^3^2", 512},
        {"-2^2", -4},
        {"2^-1", 0.5},
        {"10 - 4 - 3", 3},
        {"24/4/2", 3},
        {"--3", 3},
        {"sharpe - 0.5*max_drawdown", 1.375},
        {"min(fast, slow) + max(1, 2)", 12},
        {"abs(-3) + sqrt(16) + exp(0) + log(1)", 8},
        {"1e2", 100},
        {"trades.count/slow*3", 4},
    };
    for (const auto& [text, expected] : table) {
        EXPECT_DOUBLE_EQ(number(text).number(kValues).value(), expected) << text;
    }
}

TEST(Expression, decides_conditions) {
    const std::vector<std::pair<std::string_view, bool>> table{
        {"fast < slow", true},
        {"fast >= slow", false},
        {"fast == 10 and slow != 10", true},
        {"not fast < slow", false},
        {"fast > slow or trades.count >= 30", true},
        {"not (fast > slow) and max_drawdown < 0.3", true},
        {"fast + 5 <= slow - 5*3", true},
        {"fast > slow and fast > slow or fast < slow", true},
    };
    for (const auto& [text, expected] : table) {
        EXPECT_EQ(condition(text).condition(kValues), expected) << text;
    }
}

TEST(Expression, is_undefined_where_a_part_is) {
    const std::vector<double> values{10, 30, kNone, 0.25, 40};
    EXPECT_FALSE(number("sharpe + 1").number(values).has_value());
    EXPECT_FALSE(number("min(sharpe, 1)").number(values).has_value());
    EXPECT_FALSE(number("1/(fast - 10)").number(values).has_value());
    EXPECT_FALSE(number("sqrt(0 - fast)").number(values).has_value());
    EXPECT_FALSE(number("log(0)").number(values).has_value());
    EXPECT_FALSE(number("exp(1000)").number(values).has_value());
    EXPECT_FALSE(condition("sharpe > 1").condition(values).has_value());
    EXPECT_FALSE(condition("not sharpe > 1").condition(values).has_value());
    EXPECT_FALSE(condition("sharpe > 1 and fast < slow").condition(values).has_value());
    EXPECT_EQ(condition("sharpe > 1 and fast > slow").condition(values), false);
    EXPECT_EQ(condition("sharpe > 1 or fast < slow").condition(values), true);
}

TEST(Expression, measures_by_how_much_a_condition_is_missed) {
    EXPECT_EQ(condition("fast < slow").violation(kValues), 0);
    EXPECT_DOUBLE_EQ(condition("fast > slow").violation(kValues), 20);
    EXPECT_GT(condition("fast < 10").violation(kValues), 0);
    EXPECT_DOUBLE_EQ(condition("fast > slow and max_drawdown < 0.2").violation(kValues), 20.05);
    EXPECT_DOUBLE_EQ(condition("fast > slow or max_drawdown < 0.2").violation(kValues), 0.05);
    EXPECT_DOUBLE_EQ(condition("not fast < slow").violation(kValues), 1);
    EXPECT_TRUE(std::isinf(condition("sharpe > 1").violation({{10, 30, kNone, 0.25, 40}})));
}

TEST(Expression, points_at_the_column_and_suggests_the_nearest_name) {
    EXPECT_EQ(error_of("sharp - 1"),
              "'sharp - 1', column 1: there is no sharp; did you mean sharpe?");
    EXPECT_EQ(error_of("1 + trade.count"),
              "'1 + trade.count', column 5: there is no trade.count; did you mean trades.count?");
    EXPECT_EQ(error_of("1 + "), "'1 + ', column 5: a number, a name or a bracket is missing");
    EXPECT_EQ(error_of("(1 + 2"), "'(1 + 2', column 7: the bracket of column 1 is not closed");
    EXPECT_EQ(error_of("1 2"), "'1 2', column 3: '2' is not expected here");
    EXPECT_EQ(error_of("fast = 1", ExpressionType::condition),
              "'fast = 1', column 6: '=' compares nothing; write '=='");
    EXPECT_EQ(error_of("fast < 1 < 2", ExpressionType::condition),
              "'fast < 1 < 2', column 10: '< 2' is not expected here");
    EXPECT_EQ(error_of("sin(fast)"),
              "'sin(fast)', column 1: there is no function sin; there are "
              "abs, sqrt, log, exp, min, max");
    EXPECT_EQ(error_of("min(1)"), "'min(1)', column 6: min takes two numbers");
    EXPECT_EQ(error_of("abs(1, 2)"),
              "'abs(1, 2)', column 6: abs takes one number and a closing bracket");
    EXPECT_EQ(error_of("1 + $"), "'1 + $', column 5: '$' is not a number, a name or a bracket");
    EXPECT_EQ(error_of(""), "'', column 1: a number, a name or a bracket is missing");
}

TEST(Expression, keeps_numbers_and_conditions_apart) {
    EXPECT_EQ(error_of("fast < slow"),
              "'fast < slow', column 1: a number is needed here, this is a condition");
    EXPECT_EQ(error_of("fast + slow", ExpressionType::condition),
              "'fast + slow', column 1: a condition is needed here, for example x < 1");
    EXPECT_EQ(error_of("1 + (fast < slow)"),
              "'1 + (fast < slow)', column 5: a number is needed here, this is a condition");
    EXPECT_EQ(error_of("fast and slow", ExpressionType::condition),
              "'fast and slow', column 1: a condition is needed here, for example x < 1");
}

TEST(Expression, bounds_its_depth_and_length) {
    EXPECT_NE(error_of(std::string(100, '(') + "1" + std::string(100, ')')).find("too many"),
              std::string::npos);
    EXPECT_NE(error_of(std::string(5000, ' ') + "1").find("too long"), std::string::npos);
    EXPECT_NE(error_of(std::string(200, '-') + "1").find("too many"), std::string::npos);
}

TEST(Expression, knows_which_names_it_uses) {
    const Expression one = number("max_drawdown + fast + fast");
    EXPECT_EQ((std::vector<std::size_t>{one.uses().begin(), one.uses().end()}),
              (std::vector<std::size_t>{0, 3}));
}

}  // namespace
}  // namespace tradewind::research
