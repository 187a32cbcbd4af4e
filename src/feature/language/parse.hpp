// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "domain/time.hpp"

namespace tradewind::feature {

/// What is wrong with an expression, and where.
struct ExpressionError {
    std::size_t column = 0;  ///< from 1
    std::string text;        ///< one line, without the column

    friend bool operator==(const ExpressionError&, const ExpressionError&) = default;
};
/// "column 7: ..."
[[nodiscard]] std::string describe(const ExpressionError& error);

/// A term of an expression. Terms stand in a list in which each comes after those that it is made
/// of, so that whoever walks it needs no recursion, however long a sum is.
struct Term {
    enum class Kind : std::uint8_t {
        number,    ///< 2.5
        duration,  ///< 6h
        text,      ///< "SPY.ARCA"
        name,      ///< close
        unary,     ///< -x, not x: `text` is the operator
        binary,    ///< a + b
        call,      ///< f(a, b, n=3)
        member,    ///< f(a).signal: `text` is the member
    };
    struct Argument {
        std::uint32_t term = 0;
        std::string_view name{};  ///< empty: by place
    };

    Kind kind = Kind::number;
    std::size_t column = 0;  ///< where it begins; of an operator, where that stands
    std::string_view text{};
    double number = 0;
    Duration duration{};
    std::vector<Argument> arguments{};
};

/// Longer texts, and deeper nesting, are refused.
inline constexpr std::size_t kExpressionLengthMax = std::size_t{1} << 20U;
inline constexpr std::size_t kExpressionDepthMax = 200;

/// The last term is the whole expression. Views point into `text`.
///
///     or < and < not < comparisons < + - < * / < unary - < ^ (to the right) < calls and members
[[nodiscard]] std::expected<std::vector<Term>, ExpressionError> parse_expression(
    std::string_view text);

}  // namespace tradewind::feature
