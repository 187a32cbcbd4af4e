// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tradewind::measures {

enum class ErrorKind : std::uint8_t {
    empty,             ///< no instrument, or no value at all
    wrong_shape,       ///< sizes that do not belong together; `value` is the one expected
    not_finite,        ///< NaN or infinite where a number is needed
    missing_value,     ///< NaN where the rule for missing ones is to refuse
    too_few_rows,      ///< fewer rows than the figure needs; `row` is how many there are
    too_few_shared,    ///< two instruments with too few rows in common; `value` is how many
    out_of_range,      ///< a setting outside its bounds; `value` is it
    constant,          ///< no deviation where one is divided by
    never_seen,        ///< an instrument without any value
    not_symmetric,     ///< a matrix that differs from its transpose
    not_semidefinite,  ///< a covariance with an eigenvalue below 0; `value` is it
    singular,          ///< a matrix that cannot be inverted; `row` is the first dependent one
    no_convergence,    ///< a fit that came to no end
};

/// What made a measure undefined. `row` counts periods or scenarios, `column` instruments, from 0.
struct Error {
    ErrorKind kind = ErrorKind::empty;
    std::size_t row = 0;
    std::size_t column = 0;
    double value = 0;

    friend bool operator==(const Error&, const Error&) = default;
};

/// One clause that says what is wrong and where, without the name of the measure.
[[nodiscard]] std::string describe(const Error& error);

}  // namespace tradewind::measures
