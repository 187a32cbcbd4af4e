// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace tradewind::construction {

enum class ErrorKind : std::uint8_t {
    bad_input,         ///< a size, a number or a setting that is not usable; `subject` is the field
    not_a_covariance,  ///< not symmetric, or with a variance or an eigenvalue below 0
    singular,    ///< the covariance has no inverse to working precision; `value` is its smallest
                 ///< eigenvalue over the largest, or 0
    infeasible,  ///< no portfolio obeys all constraints; `rows` are those in conflict
    unbounded,   ///< the objective has no end: some direction gains for ever; `rows` are the
                 ///< variables that grow
    no_convergence,  ///< the solver ended with KKT residuals above its tolerance; `value` is the
                     ///< largest
};

/// Why there is no result. Nothing falls back on a default.
struct Error {
    ErrorKind kind = ErrorKind::bad_input;
    std::string subject{};            ///< the field, in the words of the struct that holds it
    std::string problem{};            ///< what is wrong with it, and the mend
    std::vector<std::string> rows{};  ///< names of constraints or variables
    double value = 0;
};

/// One line.
[[nodiscard]] std::string describe(const Error& error);

/// "field: problem", as an error that can be returned.
[[nodiscard]] std::unexpected<Error> bad_input(std::string field, std::string problem);

}  // namespace tradewind::construction
