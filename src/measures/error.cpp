// SPDX-License-Identifier: Apache-2.0
#include "measures/error.hpp"

#include <fmt/format.h>

#include "base/assert.hpp"

namespace tradewind::measures {

std::string describe(const Error& error) {
    const auto& [kind, row, column, value] = error;
    switch (kind) {
        case ErrorKind::empty: return "there are no values";
        case ErrorKind::wrong_shape: return fmt::format("{} values where {} belong", row, value);
        case ErrorKind::not_finite:
            return fmt::format("the value in row {}, column {} is not a finite number", row,
                               column);
        case ErrorKind::missing_value:
            return fmt::format("the value in row {}, column {} is missing", row, column);
        case ErrorKind::too_few_rows:
            return fmt::format("{} rows are too few: {} are needed", row, value);
        case ErrorKind::too_few_shared:
            return fmt::format("columns {} and {} have {} rows in common: too few", row, column,
                               value);
        case ErrorKind::out_of_range: return fmt::format("{} is outside its range", value);
        case ErrorKind::constant: return fmt::format("the values of column {} do not vary", column);
        case ErrorKind::never_seen: return fmt::format("column {} has no value at all", column);
        case ErrorKind::not_symmetric:
            return fmt::format("the matrix is not symmetric at row {}, column {}", row, column);
        case ErrorKind::not_semidefinite:
            return fmt::format("the matrix is not positive semi-definite: it has eigenvalue {}",
                               value);
        case ErrorKind::singular:
            return fmt::format("the matrix is singular: row {} depends on those before it", row);
        case ErrorKind::no_convergence: return "the fit did not converge";
    }
    ASSERT(false);
}

}  // namespace tradewind::measures
