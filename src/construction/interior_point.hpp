// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "construction/quadratic_program.hpp"

namespace tradewind::construction {

enum class InteriorEnd : std::uint8_t {
    optimal,     ///< to the inner tolerance, or as near as the arithmetic allows
    infeasible,  ///< row_duals and bound_duals are a certificate of Farkas
    unbounded,   ///< x is a direction of endless gain
};

struct InteriorPoint {
    InteriorEnd end = InteriorEnd::optimal;
    std::vector<double> x{};
    std::vector<double> row_duals{};
    std::vector<double> bound_duals{};
    std::size_t iterations = 0;
    bool polished = false;
};

/// The iterations behind `solve`, for a checked program none of whose variables is fixed and none
/// of whose rows is empty.
[[nodiscard]] InteriorPoint interior_point(const QuadraticProgram& program);

}  // namespace tradewind::construction
