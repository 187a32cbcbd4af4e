// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Objectives and constraints as a person writes them: "sharpe - 0.5*max_drawdown", "fast < slow",
/// "trades.count >= 30 and max_drawdown < 0.3".
namespace tradewind::research {

enum class ExpressionType : std::uint8_t { number, condition };

/// A parsed expression over named numbers. It cannot loop, allocate without bound or touch
/// anything: its length is limited, and evaluating it costs one pass over its operations.
///
///     or  and  not                      conditions
///     <  <=  >  >=  ==  !=              numbers -> condition
///     +  -  *  /  ^                     numbers; ^ binds tightest, to the right
///     abs(x) sqrt(x) log(x) exp(x) min(x, y) max(x, y)
///
/// A name that has no value (an undefined metric), a division by 0, a root or logarithm outside its
/// domain make the result undefined, never 0. `false and undefined` is false, `true or undefined`
/// true.
class Expression {
public:
    /// `names` are those that may stand in it; values are given in their order. The error is one
    /// line with the column (from 1) and the nearest known name.
    [[nodiscard]] static std::expected<Expression, std::string> parse(
        std::string_view text, std::span<const std::string> names, ExpressionType wanted);

    /// nullopt where undefined. For type number.
    [[nodiscard]] std::optional<double> number(std::span<const double> values) const;
    /// nullopt where undefined. For type condition.
    [[nodiscard]] std::optional<bool> condition(std::span<const double> values) const;
    /// By how much a condition is missed: 0 where it holds, infinity where it is undefined. Of a
    /// comparison |left - right|, at least a tiny amount; of `and` the sum, of `or` the smaller; of
    /// anything else 1.
    [[nodiscard]] double violation(std::span<const double> values) const;

    /// Places in `names` of those that it uses, ascending.
    [[nodiscard]] std::span<const std::size_t> uses() const { return uses_; }
    [[nodiscard]] const std::string& text() const { return text_; }

    enum class Op : std::uint8_t {
        constant,
        name,
        negate,
        add,
        subtract,
        multiply,
        divide,
        power,
        abs,
        sqrt,
        log,
        exp,
        min,
        max,
        less,
        less_equal,
        greater,
        greater_equal,
        equal,
        not_equal,
        logical_and,
        logical_or,
        logical_not,
    };
    /// One operation; operands are earlier nodes.
    struct Node {
        Op op = Op::constant;
        std::uint32_t left = 0;
        std::uint32_t right = 0;
        double value = 0;  ///< of a constant
    };

private:
    [[nodiscard]] std::vector<double> evaluate(std::span<const double> values) const;

    std::string text_;
    std::vector<Node> nodes_;
    std::vector<std::size_t> uses_;
};

/// The name with the fewest edits (Levenshtein) to `name`; empty where there are none.
[[nodiscard]] std::string_view nearest_name(std::string_view name,
                                            std::span<const std::string> names);

}  // namespace tradewind::research
