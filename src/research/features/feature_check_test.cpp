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

PanelPlan plan_of(const std::vector<feature::FeatureText>& features) {
    auto graph = feature::Graph::compile(features);
    EXPECT_TRUE(graph.has_value());
    return {.graph = std::make_shared<const feature::Graph>(std::move(*graph)),
            .members = {{.symbol = "X"}}};
}
FeatureMaker maker(const std::vector<feature::FeatureText>& features) {
    return maker_of(plan_of(features));
}
FeatureData alone(FeatureBars bars) { return {.bars = {std::move(bars)}, .facts = {}}; }

/// The close some rows ahead, where it is in the portion: what must never be.
class LooksAhead final : public FeatureRun {
public:
    explicit LooksAhead(std::size_t rows) : rows_(rows) {}
    void run(const feature::Panel::Input& in, const feature::Panel::Sink& sink) override {
        const std::size_t rows = in.bars[0].rows();
        const double* close = in.bars[0].columns[static_cast<std::size_t>(feature::Field::close)];
        std::vector<double> one(rows, 1), ahead(rows);
        for (std::size_t row = 0; row < rows; ++row) {
            ahead[row] = close[std::min(rows - 1, row + rows_)];
        }
        const std::array<const double*, 2> columns{one.data(), ahead.data()};
        sink({.member = 0, .first = 0, .rows = rows, .columns = columns});
    }

private:
    std::size_t rows_;
};

FeatureMaker leaky(std::size_t rows) {
    return {.features = 2,
            .make = [rows](std::size_t) { return std::make_unique<LooksAhead>(rows); }};
}

TEST(FeatureCheck, every_ready_set_is_the_same_row_by_row_and_blind_to_the_future) {
    const FeatureData bars = alone(walk(600));
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
    const FeatureData bars = alone(walk(300));
    const FeatureCheck check = check_features(leaky(1), bars, {});
    EXPECT_FALSE(check.is_clean());
    ASSERT_TRUE(check.parity.has_value());
    EXPECT_EQ(check.parity->feature, 1U);
    EXPECT_EQ(check.parity->row, 0U);
    ASSERT_TRUE(check.leak.has_value());
    EXPECT_EQ(check.leak->where.feature, 1U);
    EXPECT_EQ(bars.bars[0].known_at[check.leak->where.row], check.leak->cut);
}

TEST(FeatureCheck, catches_a_leak_of_any_length_by_each_corruption_alone) {
    const FeatureData bars = alone(walk(400));
    for (const std::size_t ahead : {1UL, 3UL, 40UL}) {
        const FeatureCheck check = check_features(leaky(ahead), bars, {.cuts = 20, .seed = ahead});
        ASSERT_TRUE(check.leak.has_value()) << ahead;
        const auto& known = bars.bars[0].known_at;
        const auto row = static_cast<std::ptrdiff_t>(check.leak->where.row);
        const auto cut = std::find(known.begin(), known.end(), check.leak->cut) - known.begin();
        EXPECT_LE(row, cut);
        EXPECT_GE(row + static_cast<std::ptrdiff_t>(ahead), cut);
    }
}

TEST(FeatureCheck, holds_for_a_single_row) {
    EXPECT_TRUE(check_features(maker({{"x", "ret(1)"}}), alone(walk(1)), {}).is_clean());
}

TEST(FeatureBarsTest, features_are_the_same_whatever_the_portions) {
    const FeatureData data = alone(walk(1300));
    const PanelPlan plan = plan_of(*feature::feature_set("alpha158"));
    std::vector<std::vector<double>> all(plan.graph->outputs().size());
    const auto bars = data.bars[0].view(0, 1300);
    plan.make(1300).run({.bars = {&bars, 1}}, [&](const feature::Panel::Rows& got) {
        EXPECT_EQ(got.rows, 1300U);
        for (std::size_t i = 0; i < all.size(); ++i) {
            all[i].assign(got.columns[i], got.columns[i] + got.rows);
        }
        return true;
    });
    std::size_t row = 0;
    const auto done = compute_features(
        plan, data,
        [&](std::size_t, const ports::FeatureRows& rows) -> std::expected<void, std::string> {
            for (std::size_t i = 0; i < rows.rows(); ++i, ++row) {
                EXPECT_EQ(rows.known_at[i], data.bars[0].known_at[row]);
                for (std::size_t k = 0; k < all.size(); ++k) {
                    EXPECT_EQ(std::bit_cast<std::uint64_t>(rows.columns[k][i]),
                              std::bit_cast<std::uint64_t>(all[k][row]));
                }
            }
            return {};
        });
    EXPECT_TRUE(done.has_value());
    EXPECT_EQ(row, data.bars[0].rows());
}

}  // namespace
}  // namespace tradewind::research
