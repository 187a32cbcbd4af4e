// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/random.hpp"
#include "measures/returns_table.hpp"
#include "measures/square_matrix.hpp"

namespace tradewind::measures {

/// A section of tests/reference/measures.json, which numpy, scipy, pandas, scikit-learn and arch
/// computed (tests/reference/measures_reference.py).
inline nlohmann::json reference(const char* section) {
    std::ifstream file("tests/reference/measures.json");
    return nlohmann::json::parse(file)[section];
}

/// Numbers of nested lists one after the other; null is NaN.
inline std::vector<double> numbers_of(const nlohmann::json& value) {
    std::vector<double> out;
    if (!value.is_array()) {
        out.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                      : value.get<double>());
        return out;
    }
    for (const nlohmann::json& one : value) {
        for (const double x : numbers_of(one)) out.push_back(x);
    }
    return out;
}

struct OwnedTable {
    std::vector<double> values{};
    std::size_t columns = 0;

    [[nodiscard]] ReturnsTable view() const { return {.values = values, .columns = columns}; }
};

inline OwnedTable table_of(const nlohmann::json& rows) {
    return {.values = numbers_of(rows), .columns = rows[0].size()};
}

/// Returns with a market in them, normal.
inline OwnedTable random_returns(std::uint64_t seed, std::size_t rows, std::size_t columns) {
    base::Random random(seed);
    OwnedTable out{.columns = columns};
    for (std::size_t i = 0; i < rows; ++i) {
        const double market = 0.01 * random.normal();
        for (std::size_t c = 0; c < columns; ++c) {
            const double beta = 0.3 + 0.2 * static_cast<double>(c % 7);
            out.values.push_back(beta * market + 0.01 * random.normal());
        }
    }
    return out;
}

inline void expect_equal(std::span<const double> ours, const nlohmann::json& theirs,
                         double relative) {
    const auto expected = numbers_of(theirs);
    ASSERT_EQ(ours.size(), expected.size());
    double scale = 0;
    for (const double one : expected) scale = std::max(scale, std::abs(one));
    for (std::size_t i = 0; i < ours.size(); ++i) {
        EXPECT_NEAR(ours[i], expected[i], relative * scale) << "value " << i;
    }
}

}  // namespace tradewind::measures
