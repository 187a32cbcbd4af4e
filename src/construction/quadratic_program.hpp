// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <limits>
#include <string>
#include <vector>

#include "construction/error.hpp"

namespace tradewind::construction {

inline constexpr double kUnlimited = std::numeric_limits<double>::infinity();

struct Entry {
    std::size_t variable = 0;
    double value = 0;
};

/// lower <= sum of value * x[variable] <= upper; equal ends make an equation. A row without a name
/// defines a helping variable and is never named in a conflict.
struct Row {
    std::string name{};
    std::vector<Entry> entries{};
    double lower = -kUnlimited;
    double upper = kUnlimited;
};

/// minimise 1/2 x'Px + q'x  subject to  lower <= x <= upper  and the rows.
struct QuadraticProgram {
    std::size_t variables = 0;
    std::size_t curved = 0;            ///< P is over the first so many; the others are linear
    std::vector<double> quadratic{};   ///< P, [curved, curved], row-major, symmetric, semidefinite
    std::vector<double> linear{};      ///< q, [variables]
    std::vector<double> lower{};       ///< [variables]; -kUnlimited for none
    std::vector<double> upper{};       ///< [variables]; kUnlimited for none
    std::vector<std::string> names{};  ///< [variables], for errors; "" for a helping variable
    std::vector<Row> rows{};
};

/// How far a solution is from the conditions of Karush, Kuhn and Tucker, worked out on the problem
/// as it was given. The first and last are relative to the largest number of P and q, the second to
/// the largest of its row.
struct KktResiduals {
    double stationarity = 0;     ///< largest |Px + q + A'y + bound duals|
    double infeasibility = 0;    ///< largest distance by which a bound or a row is missed
    double complementarity = 0;  ///< largest |dual| times distance from the side that it belongs to

    [[nodiscard]] double largest() const;
};

struct QuadraticSolution {
    std::vector<double> x{};  ///< [variables]
    std::vector<double>
        row_duals{};  ///< [rows]: above 0 the upper side presses, below 0 the lower;
                      ///< -dual is what the optimum gains as that side moves up
    std::vector<double> bound_duals{};  ///< [variables], the same for the bounds
    double objective = 0;
    KktResiduals residuals{};
    std::size_t iterations = 0;
    bool polished = false;  ///< whether the last step solved for the active set exactly
};

/// Residuals above this are an error.
inline constexpr double kKktTolerance = 1e-7;

/// Primal-dual interior point on the homogeneous embedding (Goulart and Chen 2024, "Clarabel: an
/// interior-point solver for conic programs with quadratic objectives", section 3; Mehrotra's
/// predictor and corrector), then the equations of the active set (polishing: Stellato et al. 2020,
/// "OSQP", section 5.2). The Newton system is reduced to one dense matrix of size `curved` plus the
/// named rows, so that bounds and helping variables cost next to nothing. Deterministic.
///
/// Errors: bad_input; infeasible, with a set of named rows and bounds that cannot hold together,
/// none of whose rows can be left out (a certificate of Farkas, refined by deletion); unbounded,
/// with the variables of a direction of endless gain; no_convergence. Certificates hold for points
/// whose absolute values sum to less than a million, in units of each row's largest coefficient; a
/// conflict over variables without bounds may end as no_convergence, never as a solution.
/// tests/construction/test_construct.py holds it to cvxpy with Clarabel.
[[nodiscard]] std::expected<QuadraticSolution, Error> solve(const QuadraticProgram& program);

}  // namespace tradewind::construction
