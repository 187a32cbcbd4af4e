// SPDX-License-Identifier: Apache-2.0
#include "research/features/feature_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "base/random.hpp"
#include "feature/sets.hpp"

namespace tradewind::research {
namespace {

FeatureBars walk(std::size_t rows) {
    base::Random random{11};
    FeatureBars out;
    double price = 100;
    for (std::size_t row = 0; row < rows; ++row) {
        const double open = price;
        price *= 0.98 + 0.04 * random.uniform();
        out.opened_at.push_back(60'000'000'000 * static_cast<std::int64_t>(row));
        out.known_at.push_back(60'000'000'000 * static_cast<std::int64_t>(row + 1));
        const double values[] = {open,
                                 std::max(open, price) * 1.001,
                                 std::min(open, price) * 0.999,
                                 price,
                                 100 + static_cast<double>(random.below(900)),
                                 60.0 * static_cast<double>(row + 1),
                                 0.0,
                                 86'400.0};
        static_assert(std::size(values) == feature::kBarFieldCount);
        for (std::size_t i = 0; i < feature::kFieldCount; ++i) {
            const bool is_of_bar = i < feature::kBarFieldCount;
            out.columns[i].push_back(is_of_bar ? values[i] : price * (0.5 + random.uniform()));
        }
    }
    return out;
}

FeatureMaker maker(const std::vector<feature::FeatureText>& features) {
    auto graph = feature::Graph::compile(features);
    EXPECT_TRUE(graph.has_value());
    return maker_of(std::make_shared<const feature::Graph>(std::move(*graph)));
}

/// The close some rows ahead, where it is in the portion: what must never be.
class LooksAhead final : public FeatureRun {
public:
    explicit LooksAhead(std::size_t rows) : rows_(rows) {}
    void run(const feature::FieldColumns& in, std::span<double* const> out) override {
        const double* close = in.columns[static_cast<std::size_t>(feature::Field::close)];
        for (std::size_t row = 0; row < in.rows; ++row) {
            out[0][row] = 1;
            out[1][row] = close[std::min(in.rows - 1, row + rows_)];
        }
    }

private:
    std::size_t rows_;
};

FeatureMaker leaky(std::size_t rows) {
    return {.features = 2,
            .make = [rows](std::size_t) { return std::make_unique<LooksAhead>(rows); }};
}

TEST(FeatureCheck, every_ready_set_is_the_same_row_by_row_and_blind_to_the_future) {
    const FeatureBars bars = walk(600);
    for (const std::string_view name : feature::feature_set_names()) {
        const FeatureCheck check =
            check_features(maker(*feature::feature_set(name)), bars, {.cuts = 4});
        EXPECT_FALSE(check.parity.has_value()) << name;
        EXPECT_FALSE(check.leak.has_value()) << name;
        EXPECT_TRUE(check.is_clean());
        EXPECT_EQ(check.rows, 600U);
        EXPECT_EQ(check.corruptions, 12U);
    }
}

TEST(FeatureCheck, catches_a_function_that_looks_a_row_ahead) {
    const FeatureBars bars = walk(300);
    const FeatureCheck check = check_features(leaky(1), bars, {});
    EXPECT_FALSE(check.is_clean());
    ASSERT_TRUE(check.parity.has_value());
    EXPECT_EQ(check.parity->feature, 1U);
    EXPECT_EQ(check.parity->row, 0U);
    ASSERT_TRUE(check.leak.has_value());
    EXPECT_EQ(check.leak->where.feature, 1U);
    EXPECT_EQ(check.leak->where.row, check.leak->cut);
}

TEST(FeatureCheck, catches_a_leak_of_any_length_by_each_corruption_alone) {
    const FeatureBars bars = walk(400);
    for (const std::size_t ahead : {1UL, 3UL, 40UL}) {
        const FeatureCheck check = check_features(leaky(ahead), bars, {.cuts = 20, .seed = ahead});
        ASSERT_TRUE(check.leak.has_value()) << ahead;
        EXPECT_LE(check.leak->where.row, check.leak->cut);
        EXPECT_GE(check.leak->where.row + ahead, check.leak->cut);
    }
}

TEST(FeatureCheck, holds_for_a_single_row) {
    EXPECT_TRUE(check_features(maker({{"x", "ret(1)"}}), walk(1), {}).is_clean());
}

TEST(FeatureBarsTest, features_are_the_same_whatever_the_portions) {
    const FeatureBars bars = walk(1300);
    auto graph = std::make_shared<const feature::Graph>(
        std::move(*feature::Graph::compile(*feature::feature_set("alpha158"))));
    std::vector<std::vector<double>> all(graph->outputs().size(), std::vector<double>(bars.rows()));
    std::vector<double*> columns;
    for (auto& column : all) columns.push_back(column.data());
    feature::FeatureStream{graph}.run(bars.view(0, bars.rows()), columns);
    std::size_t row = 0;
    const auto done = compute_features(
        graph, bars, [&](const ports::FeatureRows& rows) -> std::expected<void, std::string> {
            for (std::size_t i = 0; i < rows.rows(); ++i, ++row) {
                EXPECT_EQ(rows.known_at[i], bars.known_at[row]);
                for (std::size_t k = 0; k < all.size(); ++k) {
                    EXPECT_EQ(std::bit_cast<std::uint64_t>(rows.columns[k][i]),
                              std::bit_cast<std::uint64_t>(all[k][row]));
                }
            }
            return {};
        });
    EXPECT_TRUE(done.has_value());
    EXPECT_EQ(row, bars.rows());
}

}  // namespace
}  // namespace tradewind::research
