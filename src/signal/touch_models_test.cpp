// SPDX-License-Identifier: Apache-2.0
#include "signal/touch_models.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace tradewind::signal {
namespace {

using Fields = std::vector<std::string>;

/// The rows of one kind of tests/reference/touch.csv, which numpy wrote from the papers' formulas.
std::vector<Fields> reference(const std::string& kind) {
    std::ifstream file("tests/reference/touch.csv");
    std::vector<Fields> out;
    for (std::string line; std::getline(file, line);) {
        Fields fields;
        std::istringstream text(line);
        for (std::string field; std::getline(text, field, ',');) fields.push_back(field);
        if (fields[0] == kind) out.emplace_back(fields.begin() + 1, fields.end());
    }
    return out;
}

void expect_close(double actual, const std::string& expected, std::size_t row) {
    const double value = std::stod(expected);
    EXPECT_NEAR(actual, value, 1e-11 * std::max(1.0, std::abs(value))) << "row " << row;
}

TEST(QuoteModel, gives_the_papers_reservation_price_and_spread) {
    const auto rows = reference("quotes");
    ASSERT_EQ(rows.size(), 60U);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto at = [&](std::size_t column) { return std::stod(rows[i][column]); };
        const QuoteModel model{.gamma = at(3), .kappa = at(4), .horizon_s = at(5)};
        expect_close(model.reservation_price(at(0), at(1), at(2)), rows[i][6], i);
        expect_close(model.spread(at(2)), rows[i][7], i);
    }
}

TEST(OrderFlowWindow, sums_what_numpy_sums) {
    const auto rows = reference("flow");
    ASSERT_EQ(rows.size(), 600U);
    OrderFlowWindow window(seconds(1));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto at = [&](std::size_t column) { return std::stoll(rows[i][column]); };
        window.add({at(0)}, {.instrument = {},
                             .bid = {at(1)},
                             .ask = {at(2)},
                             .bid_size = whole_qty(at(3)),
                             .ask_size = whole_qty(at(4))});
        expect_close(window.flow(), rows[i][5], i);
        expect_close(window.relative_flow(), rows[i][6], i);
        EXPECT_EQ(window.ready(), at(0) / 10'000'000 - std::stoll(rows[0][0]) / 10'000'000 >= 100);
    }
}

/// The cases of the paper's section 2, one after the other.
TEST(OrderFlow, counts_what_comes_to_the_bid_and_leaves_the_ask) {
    const Quote before{
        .instrument = {}, .bid = {10}, .ask = {12}, .bid_size = {5}, .ask_size = {7}};
    struct {
        Quote now;
        std::int64_t flow;
    } const cases[] = {
        {before, 0},
        {{{}, {10}, {12}, {8}, {7}}, 3},   // more bid
        {{{}, {10}, {12}, {1}, {7}}, -4},  // less bid
        {{{}, {10}, {12}, {5}, {9}}, -2},  // more offered
        {{{}, {11}, {12}, {2}, {7}}, 2},   // a better bid of 2
        {{{}, {9}, {12}, {6}, {7}}, -5},   // the bid of 5 is gone
        {{{}, {10}, {11}, {5}, {3}}, -3},  // a better ask of 3
        {{{}, {10}, {13}, {5}, {9}}, 7},   // the ask of 7 is gone
    };
    for (const auto& c : cases) {
        EXPECT_EQ(static_cast<std::int64_t>(market::order_flow(before, c.now)), c.flow);
    }
}

TEST(OrderFlowWindow, knows_no_relative_flow_where_no_size_is_told) {
    OrderFlowWindow window(seconds(1));
    window.add({1}, {.instrument = {}, .bid = {10}, .ask = {12}});
    window.add({2}, {.instrument = {}, .bid = {11}, .ask = {12}});
    EXPECT_EQ(window.relative_flow(), 0.0);
}

TEST(OrderFlowWindow, forgets_everything_over_a_long_silence) {
    OrderFlowWindow window(seconds(1));
    window.add({0}, {{}, {10}, {12}, {5}, {7}});
    window.add({1}, {{}, {10}, {12}, {9}, {7}});
    window.add({seconds(3600).ns}, {{}, {10}, {12}, {9}, {8}});
    EXPECT_DOUBLE_EQ(window.flow(), -1e-9);
    EXPECT_TRUE(window.ready());
}

TEST(SampledVariance, means_the_squares_of_whole_seconds) {
    const auto rows = reference("variance");
    ASSERT_EQ(rows.size(), 500U);
    SampledVariance variance(10);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        variance.add({std::stoll(rows[i][0])}, std::stod(rows[i][1]));
        ASSERT_EQ(variance.ready(), rows[i].size() == 3) << "row " << i;
        if (variance.ready()) expect_close(variance.per_second(), rows[i][2], i);
    }
}

}  // namespace
}  // namespace tradewind::signal
