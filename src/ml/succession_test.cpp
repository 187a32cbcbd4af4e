// SPDX-License-Identifier: Apache-2.0
#include "ml/succession.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <span>

#include "base/random.hpp"
#include "support/allocations.hpp"
#include "support/random_models.hpp"

namespace tradewind::ml {
namespace {

constexpr std::size_t kColumns = 2;
const Target kTwo{.task = Task::classes, .levels = {-1, 1}};

Model logistic(std::uint32_t window, std::uint64_t seed) {
    ModelCard card = support::card_of(Family::logistic, kTwo, window, kColumns);
    card.origin.schema_hash = "schema";
    card.origin.label_hash = "label-hash";
    card.origin.label = "direction(3)";
    card.origin.horizon_rows = 3;
    return support::random_model(card, seed);
}

/// An ensemble of two models, taught on nothing.
std::unique_ptr<Ensemble> ensemble_of(std::uint64_t seed, VotingMethod voting) {
    const Model first = logistic(1, seed), second = logistic(4, seed + 1);
    base::Random random{seed};
    std::vector<double> probabilities, returns;
    std::vector<std::uint32_t> truth;
    for (std::size_t row = 0; row < 200; ++row) {
        truth.push_back(static_cast<std::uint32_t>(random.below(2)));
        returns.push_back(truth.back() == 1 ? 0.01 : -0.01);
        for (int m = 0; m < 2; ++m) {
            const double up = 0.3 + 0.4 * random.uniform();
            probabilities.push_back(1 - up);
            probabilities.push_back(up);
        }
    }
    EnsembleSettings settings;
    settings.voting.method = voting;
    auto card = fit_ensemble(
        settings,
        {.votes = {.members = 2, .classes = 2, .probabilities = probabilities, .truth = truth},
         .returns = returns});
    EXPECT_TRUE(card.has_value());
    card->target = kTwo;
    card->origin = first.card.origin;
    const std::string one = address_of(to_bytes(first)), two = address_of(to_bytes(second));
    card->members[0].address = one;
    card->members[1].address = two;
    const std::vector<KnownModel> known{{.address = one, .model = &first},
                                        {.address = two, .model = &second}};
    auto made = Ensemble::make(*card, known, "schema", 2);
    EXPECT_TRUE(made.has_value()) << made.error();
    return std::move(*made);
}

std::vector<Succession::Reign> reigns_of(std::initializer_list<std::int64_t> from,
                                         VotingMethod voting = VotingMethod::equal) {
    std::vector<Succession::Reign> out;
    std::uint64_t seed = 1;
    for (const std::int64_t at : from) {
        out.push_back({.from = {at}, .ensemble = ensemble_of(seed += 10, voting)});
    }
    return out;
}

/// Row i of instrument 1, known at i.
struct MadeRow {
    std::vector<double> values;
    ForecastRow row;

    explicit MadeRow(std::int64_t i)
        : values{std::sin(static_cast<double>(i)), std::cos(static_cast<double>(2 * i))},
          row{.instrument = InstrumentId{1},
              .known_at = {i},
              .values = values,
              .close = 100 + std::sin(static_cast<double>(i))} {}
};

TEST(Succession, each_ensemble_predicts_in_its_own_time_with_full_windows) {
    Succession both{reigns_of({10, 20}), 2};
    Succession first{reigns_of({10}), 2};
    auto second_alone = reigns_of({10, 20});
    second_alone.erase(second_alone.begin());
    Succession second{std::move(second_alone), 2};
    for (std::int64_t i = 0; i < 30; ++i) {
        const MadeRow made{i};
        const Prediction one = both.take(made.row), a = first.take(made.row),
                         b = second.take(made.row);
        EXPECT_EQ(one.abstains.has_value(), i < 10) << i;
        EXPECT_EQ(one.up, i < 20 ? a.up : b.up) << i;  // from its first row on
        EXPECT_EQ(one.known_at.ns, i);
        EXPECT_EQ(one.instrument, InstrumentId{1});
    }
}

TEST(Succession, one_that_goes_on_learning_replays_the_same) {
    std::vector<double> runs[2];
    for (auto& run : runs) {
        Succession learning{reigns_of({0}, VotingMethod::online), 2};
        for (std::int64_t i = 0; i < 300; ++i) run.push_back(learning.take(MadeRow{i}.row).up);
    }
    EXPECT_EQ(runs[0], runs[1]);
    Succession learning{reigns_of({0}, VotingMethod::online), 2};
    std::vector<double> weights;
    for (std::int64_t i = 0; i < 300; ++i) {
        const Prediction& said = learning.take(MadeRow{i}.row);
        if (!said.votes.empty()) weights.push_back(said.votes[0].weight);
    }
    EXPECT_NE(weights.front(), weights.back());
}

TEST(Succession, allocates_nothing_a_row) {
    Succession succession{reigns_of({0, 50}), 2};
    for (std::int64_t i = 0; i < 10; ++i) (void)succession.take(MadeRow{i}.row);
    std::vector<MadeRow> rows;
    rows.reserve(100);
    for (std::int64_t i = 10; i < 110; ++i) rows.emplace_back(i);
    const std::size_t before = support::allocations;
    for (MadeRow& made : rows) {
        made.row.values = made.values;
        (void)succession.take(made.row);
    }
    EXPECT_EQ(support::allocations, before);
}

/// Of values: the first model's forecasts are those of the return, the second's are not.
std::unique_ptr<Ensemble> number_ensemble(NumberSense sense) {
    const Target value{.task = Task::value, .levels = {}};
    std::vector<Model> models;
    for (const std::uint64_t seed : {1U, 2U}) {
        ModelCard card = support::card_of(Family::logistic, value, 1, kColumns);
        card.origin.schema_hash = "schema";
        card.origin.label_hash = "label-hash";
        card.origin.horizon_rows = 3;
        models.push_back(support::random_model(card, seed));
    }
    base::Random random{5};
    std::vector<double> said, truth;
    for (std::size_t row = 0; row < 200; ++row) {
        for (int m = 0; m < 2; ++m) said.push_back(0.01 * random.normal());
        truth.push_back(said[2 * row] + said[2 * row + 1] + 0.01 * random.normal());
    }
    EnsembleSettings settings;
    settings.numbers.voting.method = VotingMethod::online;
    settings.numbers.sense = sense;
    auto card = fit_number_ensemble(settings, {.members = 2, .said = said, .truth = truth});
    EXPECT_TRUE(card.has_value());
    card->target = value;
    card->origin = models[0].card.origin;
    std::vector<KnownModel> known;
    std::vector<std::string> addresses;
    for (const Model& model : models) addresses.push_back(address_of(to_bytes(model)));
    for (std::size_t m = 0; m < 2; ++m) {
        card->members[m].address = addresses[m];
        known.push_back({.address = addresses[m], .model = &models[m]});
    }
    auto made = Ensemble::make(*card, known, "schema", 2);
    EXPECT_TRUE(made.has_value()) << made.error();
    return std::move(*made);
}

TEST(Succession, votes_on_returns_learn_the_return_from_close_to_close_over_the_horizon) {
    for (const NumberSense sense : {NumberSense::simple_return, NumberSense::log_return}) {
        const auto by_hand = number_ensemble(sense);
        std::vector<Succession::Reign> reigns;
        reigns.push_back({.from = {0}, .ensemble = number_ensemble(sense)});
        Succession succession{std::move(reigns), 2};
        std::vector<double> closes;
        for (std::int64_t i = 0; i < 60; ++i) {
            const MadeRow made{i};
            closes.push_back(made.row.close);
            const Prediction& found = succession.take(made.row);
            by_hand->push(1, made.row.values);
            if (i >= 3) {
                const double ratio = closes.back() / closes[closes.size() - 4];
                by_hand->learn_number(
                    1, 3, sense == NumberSense::log_return ? std::log(ratio) : ratio - 1);
            }
            const Prediction& expected =
                by_hand->predict(1, made.row.instrument, made.row.known_at);
            EXPECT_EQ(found.expected_return, expected.expected_return);
            EXPECT_EQ(found.votes[0].weight, expected.votes[0].weight);
        }
        EXPECT_NE(by_hand->number_voting(), by_hand->card().numbers->voting);
    }
}

SuccessionCard example() {
    return {.features = {{"a", "close"}, {"b", "volume"}},
            .schema_hash = "schema",
            .bars = "1d",
            .reigns = {{.from = -5, .ensemble = "one"}, {.from = 7, .ensemble = "two"}}};
}

auto parsed(const std::string& bytes) { return parse_succession(std::as_bytes(std::span{bytes})); }

TEST(Succession, a_card_comes_back_as_it_was) {
    const auto back = parsed(to_bytes(example()));
    ASSERT_TRUE(back.has_value()) << back.error();
    EXPECT_EQ(*back, example());
}

TEST(Succession, cards_out_of_order_or_of_another_kind_are_refused) {
    SuccessionCard backwards = example();
    std::swap(backwards.reigns[0], backwards.reigns[1]);
    EXPECT_FALSE(parsed(to_bytes(backwards)).has_value());
    SuccessionCard empty = example();
    empty.reigns.clear();
    EXPECT_FALSE(parsed(to_bytes(empty)).has_value());
    for (
        const char* description :
        {"{}", R"({"kind":"ensemble"})", R"({"kind":"succession","features":[1]})",
         R"({"kind":"succession","features":[],"schema_hash":"s","bars":"1d","reigns":[{"from":"a","ensemble":"b"}]})"}) {
        EXPECT_FALSE(
            parsed(to_bytes(TensorFile{.description = description, .tensors = {}})).has_value())
            << description;
    }
}

}  // namespace
}  // namespace tradewind::ml
