// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "feature/graph.hpp"
#include "feature/kernel_indicator.hpp"

namespace tradewind::feature {

[[nodiscard]] constexpr bool is_of_tape(Field field) {
    return static_cast<std::size_t>(field) >= kBarFieldCount;
}

/// The fields of ticks and books of one bar; NaN where there is no value.
class TapeRow {
public:
    TapeRow() { values_.fill(kNaN); }
    void put(Field field, double value) { values_[place(field)] = value; }
    [[nodiscard]] double at(Field field) const { return values_[place(field)]; }

private:
    static constexpr std::size_t place(Field field) {
        return static_cast<std::size_t>(field) - kBarFieldCount;
    }
    std::array<double, kFieldCount - kBarFieldCount> values_{};
};

}  // namespace tradewind::feature
