// SPDX-License-Identifier: Apache-2.0
#include "construction/quadratic_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.hpp"

namespace tradewind::construction {
namespace {

using ::testing::UnorderedElementsAre;

/// P = the unit matrix times `curve`, no bounds, names x0, x1...
QuadraticProgram program_of(std::size_t n, double curve) {
    QuadraticProgram out{.variables = n, .curved = n};
    out.quadratic.assign(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) out.quadratic[i * n + i] = curve;
    out.linear.assign(n, 0.0);
    out.lower.assign(n, -kUnlimited);
    out.upper.assign(n, kUnlimited);
    for (std::size_t i = 0; i < n; ++i) out.names.push_back("x" + std::to_string(i));
    return out;
}

// Nocedal and Wright 2006, "Numerical Optimization", example 16.4 (page 475): x = (1.4, 1.7).
QuadraticProgram nocedal_and_wright() {
    QuadraticProgram out = program_of(2, 2);
    out.linear = {-2, -5};
    out.lower = {0, 0};
    out.rows = {{"a", {{0, 1}, {1, -2}}, -2, kUnlimited},
                {"b", {{0, -1}, {1, -2}}, -6, kUnlimited},
                {"c", {{0, -1}, {1, 2}}, -2, kUnlimited}};
    return out;
}

TEST(QuadraticProgram, solves_the_textbooks_example) {
    const auto solution = solve(nocedal_and_wright());
    ASSERT_TRUE(solution) << describe(solution.error());
    EXPECT_NEAR(solution->x[0], 1.4, 1e-10);
    EXPECT_NEAR(solution->x[1], 1.7, 1e-10);
    EXPECT_NEAR(solution->row_duals[0], -0.8, 1e-9);  // lower side: below 0
    EXPECT_NEAR(solution->row_duals[1], 0, 1e-9);
    EXPECT_NEAR(solution->objective, 1.4 * 1.4 + 1.7 * 1.7 - 2 * 1.4 - 5 * 1.7, 1e-9);
}

TEST(QuadraticProgram, solves_without_any_constraint) {
    QuadraticProgram program = program_of(2, 4);
    program.linear = {-8, 2};
    const auto solution = solve(program);
    ASSERT_TRUE(solution) << describe(solution.error());
    EXPECT_NEAR(solution->x[0], 2, 1e-12);
    EXPECT_NEAR(solution->x[1], -0.5, 1e-12);
}

TEST(QuadraticProgram, solves_a_linear_one) {
    QuadraticProgram program = program_of(2, 0);
    program.linear = {-3, -5};  // Hillier and Lieberman's Wyndor Glass: x = (2, 6)
    program.lower = {0, 0};
    program.upper = {4, kUnlimited};
    program.rows = {{"plant 2", {{1, 2}}, -kUnlimited, 12},
                    {"plant 3", {{0, 3}, {1, 2}}, -kUnlimited, 18}};
    const auto solution = solve(program);
    ASSERT_TRUE(solution) << describe(solution.error());
    EXPECT_NEAR(solution->x[0], 2, 1e-9);
    EXPECT_NEAR(solution->x[1], 6, 1e-9);
    EXPECT_NEAR(solution->row_duals[0], 1.5, 1e-8);  // the book's shadow prices
    EXPECT_NEAR(solution->row_duals[1], 1, 1e-8);
}

TEST(QuadraticProgram, takes_fixed_variables_out_and_gives_their_duals) {
    QuadraticProgram program = program_of(3, 1);
    program.lower[1] = program.upper[1] = 0.25;
    program.rows = {{"sum", {{0, 1}, {1, 1}, {2, 1}}, 1, 1}};
    const auto solution = solve(program);
    ASSERT_TRUE(solution) << describe(solution.error());
    EXPECT_DOUBLE_EQ(solution->x[1], 0.25);
    EXPECT_NEAR(solution->x[0], 0.375, 1e-12);
    EXPECT_NEAR(solution->bound_duals[1], 0.125, 1e-9);
}

TEST(QuadraticProgram, a_variable_at_its_bound_equals_it) {
    QuadraticProgram program = program_of(3, 1);
    program.linear = {-1, 0, 1};
    program.lower = {0, 0, 0};
    program.upper = {0.6, 1, 1};
    program.rows = {{"sum", {{0, 1}, {1, 1}, {2, 1}}, 1, 1}};
    const auto solution = solve(program);
    ASSERT_TRUE(solution) << describe(solution.error());
    EXPECT_EQ(solution->x[0], 0.6);
    EXPECT_EQ(solution->x[2], 0.0);
}

TEST(QuadraticProgram, names_the_rows_and_bounds_that_cannot_hold_together_and_no_others) {
    QuadraticProgram program = program_of(3, 1);
    program.lower.assign(3, 0.0);
    program.upper = {0.2, 0.3, kUnlimited};
    program.rows = {{"sum", {{0, 1}, {1, 1}, {2, 1}}, 1, 1},
                    {"loose", {{0, 1}, {1, 2}, {2, 3}, {0, 1}}, -kUnlimited, 50},
                    {"cap", {{2, 1}}, -kUnlimited, 0.4}};
    const auto solution = solve(program);
    ASSERT_FALSE(solution);
    EXPECT_EQ(solution.error().kind, ErrorKind::infeasible);
    EXPECT_THAT(solution.error().rows, UnorderedElementsAre("sum = 1", "cap at most 0.4",
                                                            "x0 at most 0.2", "x1 at most 0.3"));
}

TEST(QuadraticProgram, names_one_of_two_conflicts_whole) {
    QuadraticProgram program = program_of(4, 1);
    program.rows = {{"a", {{0, 1}, {1, 1}}, 1, 1},
                    {"b", {{0, 1}, {1, 1}}, 2, 2},
                    {"c", {{2, 1}, {3, 1}}, 1, kUnlimited},
                    {"d", {{2, 1}, {3, 1}}, -kUnlimited, 0}};
    const auto solution = solve(program);
    ASSERT_FALSE(solution);
    EXPECT_EQ(solution.error().rows.size(), 2U) << describe(solution.error());
}

TEST(QuadraticProgram, names_crossed_bounds_and_rows_of_fixed_variables) {
    QuadraticProgram program = program_of(2, 1);
    program.lower[0] = 2;
    program.upper[0] = 1;
    EXPECT_THAT(solve(program).error().rows, UnorderedElementsAre("x0 at least 2", "x0 at most 1"));
    program.upper[0] = 2;
    program.rows = {{"low", {{0, 1}}, -kUnlimited, 1}};
    EXPECT_THAT(solve(program).error().rows, UnorderedElementsAre("low", "x0 fixed at 2"));
}

TEST(QuadraticProgram, names_the_variables_of_an_endless_gain) {
    QuadraticProgram program = program_of(3, 0);
    program.quadratic[0] = 1;
    program.linear = {0, -1, 0};
    program.rows = {{"difference", {{1, 1}, {2, -1}}, 0, 0}};
    const auto solution = solve(program);
    ASSERT_FALSE(solution);
    EXPECT_EQ(solution.error().kind, ErrorKind::unbounded);
    EXPECT_THAT(solution.error().rows, UnorderedElementsAre("x1", "x2"));
}

TEST(QuadraticProgram, refuses_what_is_no_number) {
    QuadraticProgram program = program_of(2, 1);
    program.linear[1] = std::nan("");
    EXPECT_EQ(solve(program).error().kind, ErrorKind::bad_input);
    program.linear[1] = 0;
    program.rows = {{"r", {{2, 1}}, 0, 1}};
    EXPECT_EQ(solve(program).error().kind, ErrorKind::bad_input);
}

/// Semidefinite P of rank `rank`, q in its range, boxes and rows about a known point: feasible and
/// bounded.
QuadraticProgram random_program(base::Random& random) {
    const std::size_t n = 2 + random.below(12), rank = 1 + random.below(n), m = random.below(6);
    QuadraticProgram out = program_of(n, 0);
    std::vector<double> point(n);
    for (double& one : point) one = random.normal();
    for (std::size_t k = 0; k < rank; ++k) {
        std::vector<double> v(n);
        for (double& one : v) one = random.normal();
        const double push = random.normal();
        for (std::size_t i = 0; i < n; ++i) {
            out.linear[i] += push * v[i];
            for (std::size_t j = 0; j < n; ++j) out.quadratic[i * n + j] += v[i] * v[j];
        }
    }
    for (std::size_t i = 0; i < n; ++i) {
        if (random.uniform() < 0.6) out.lower[i] = point[i] - random.exponential();
        if (random.uniform() < 0.6) out.upper[i] = point[i] + random.exponential();
    }
    for (std::size_t k = 0; k < m; ++k) {
        Row row{.name = "r" + std::to_string(k)};
        double value = 0;
        for (std::size_t i = 0; i < n; ++i) {
            if (random.uniform() < 0.3) continue;
            row.entries.push_back({i, random.normal()});
            value += row.entries.back().value * point[i];
        }
        const double kind = random.uniform();
        if (kind < 0.7) row.lower = value - (kind < 0.2 ? 0 : random.exponential());
        if (kind > 0.4 || kind < 0.2) row.upper = value + (kind < 0.2 ? 0 : random.exponential());
        if (kind < 0.2) row.upper = row.lower;
        out.rows.push_back(row);
    }
    return out;
}

RC_GTEST_PROP(QuadraticProgramProperty, meets_the_conditions_of_optimality_on_any_bounded_program,
              ()) {
    base::Random random(*rc::gen::arbitrary<std::uint64_t>());
    const auto solution = solve(random_program(random));
    if (!solution) RC_FAIL(describe(solution.error()));
    RC_ASSERT(solution->residuals.largest() <= kKktTolerance);
}

// A program that a planted certificate of Farkas rules out is never solved, and where its variables
// are bounded, as weights are, the conflict is found.
RC_GTEST_PROP(QuadraticProgramProperty, finds_a_planted_conflict, ()) {
    base::Random random(*rc::gen::arbitrary<std::uint64_t>());
    QuadraticProgram program = random_program(random);
    const std::size_t n = program.variables;
    const bool is_bounded = random.uniform() < 0.7;
    program.lower.assign(n, is_bounded ? -10 : -kUnlimited);
    program.upper.assign(n, is_bounded ? 10 : kUnlimited);
    // The last of these is minus the others' sum, and their limits add up to less than 0.
    const std::size_t parts = 2 + random.below(4);
    Row last{.name = "part 0", .entries = {}};
    for (std::size_t i = 0; i < n; ++i) last.entries.push_back({i, 0});
    double sum = 0;
    for (std::size_t k = 1; k < parts; ++k) {
        Row row{.name = "part " + std::to_string(k)};
        for (std::size_t i = 0; i < n; ++i) {
            row.entries.push_back({i, random.normal()});
            last.entries[i].value -= row.entries[i].value;
        }
        row.upper = random.normal();
        sum += row.upper;
        program.rows.push_back(row);
    }
    last.upper = -sum - 0.1 - random.exponential();
    program.rows.push_back(last);
    const auto solution = solve(program);
    RC_ASSERT(!solution.has_value());
    if (!is_bounded) return;
    if (solution.error().kind != ErrorKind::infeasible) RC_FAIL(describe(solution.error()));
    RC_ASSERT(!solution.error().rows.empty());
}

}  // namespace
}  // namespace tradewind::construction
