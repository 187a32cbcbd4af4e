// SPDX-License-Identifier: Apache-2.0
#include "ml/meta.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "base/random.hpp"
#include "ml/ensemble.hpp"
#include "support/allocations.hpp"
#include "support/random_models.hpp"

namespace tradewind::ml {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kColumns = 3;
constexpr std::size_t kRows = 400;
const Target kTwo{.task = Task::classes, .levels = {-1, 1}};

struct Trained {
    Model model;
    std::string address;
};

Trained trained(const ModelCard& card, std::uint64_t seed) {
    Trained out{.model = support::random_model(card, seed), .address = {}};
    out.address = address_of(to_bytes(out.model));
    return out;
}

Trained member(std::uint64_t seed) {
    ModelCard card = support::card_of(Family::logistic, kTwo, 2, kColumns);
    card.origin.schema_hash = "schema";
    card.origin.label = "direction(1)";
    card.origin.label_hash = "label-hash";
    card.origin.horizon_rows = 1;
    return trained(card, seed);
}

/// An ensemble of two members, fitted on what was drawn.
EnsembleCard ensemble_of(const std::vector<Trained>& members) {
    base::Random random{9};
    std::vector<double> said, returns;
    std::vector<std::uint32_t> truth;
    for (std::size_t i = 0; i < kRows; ++i) {
        truth.push_back(static_cast<std::uint32_t>(random.below(2)));
        returns.push_back((truth[i] > 0 ? 0.01 : -0.01) * random.uniform());
        for (std::size_t m = 0; m < members.size(); ++m) {
            const double up = 0.3 + 0.3 * random.uniform() + (truth[i] > 0 ? 0.1 : 0.0);
            said.insert(said.end(), {1 - up, up});
        }
    }
    EnsembleCard out = fit_ensemble({}, {.votes = {.members = members.size(),
                                                   .classes = 2,
                                                   .probabilities = said,
                                                   .truth = truth},
                                         .returns = returns})
                           .value();
    for (std::size_t m = 0; m < members.size(); ++m) out.members[m].address = members[m].address;
    out.target = kTwo;
    out.origin = members[0].model.card.origin;
    return out;
}

ModelCard meta_card(Family family, const EnsembleCard& ensemble, double cost_bps) {
    ModelCard out = support::card_of(family, meta_target(), 1,
                                     kColumns + static_cast<std::uint32_t>(kSideColumns.size()));
    out.origin = ensemble.origin;
    out.origin.columns = meta_columns(ensemble.origin.columns);
    out.origin.label = meta_label(ensemble.origin.label, cost_bps);
    out.origin.label_hash = meta_label_hash(out.origin.label, address_without_meta(ensemble));
    return out;
}

MetaPart part_of(const Trained& meta) {
    return {
        .address = meta.address,
        .calibration = {.method = CalibrationMethod::temperature, .temperature = 1.5, .lines = {}},
        .cost_bps = 2};
}

std::vector<KnownModel> known(const std::vector<Trained>& all) {
    std::vector<KnownModel> out;
    for (const Trained& one : all) out.push_back({.address = one.address, .model = &one.model});
    return out;
}

/// Members and the meta model together.
struct Setting {
    explicit Setting(Family family)
        : members{member(1), member(2)},
          card{ensemble_of(members)},
          meta{trained(meta_card(family, card, 2), 3)},
          all{members} {
        card.meta = part_of(meta);
        all.push_back(meta);
    }
    std::vector<Trained> members;
    EnsembleCard card;
    Trained meta;
    std::vector<Trained> all;
};

std::vector<double> random_row(base::Random& random) {
    std::vector<double> out(kColumns);
    for (double& x : out) x = random.normal();
    return out;
}

TEST(TakenSide, is_the_sign_of_what_is_expected) {
    const std::vector<Vote> votes{{.member = 0, .up = 0.7, .down = 0.2, .weight = 0.6},
                                  {.member = 1, .up = 0.4, .down = 0.5, .weight = 0.3},
                                  {.member = 2, .up = 0.5, .down = 0.5, .weight = 0.1}};
    Prediction said{.up = 0.5, .down = 0.3, .expected_return = 0.01, .votes = votes};
    TakenSide taken = side_of(said);
    EXPECT_EQ(taken.side, 1);
    EXPECT_EQ(taken.chance, 0.5);
    EXPECT_EQ(taken.agreement, 0.6);
    EXPECT_NEAR(taken.entropy, -(0.5 * std::log(0.5) + 0.3 * std::log(0.3) + 0.2 * std::log(0.2)),
                1e-15);
    said.expected_return = -0.01;  // rarer losses may weigh more
    taken = side_of(said);
    EXPECT_EQ(taken.side, -1);
    EXPECT_EQ(taken.chance, 0.3);
    EXPECT_EQ(taken.agreement, 0.3);
    said.expected_return = 0;
    EXPECT_EQ(side_of(said), TakenSide{});
    said.expected_return = 0.01;
    said.abstains = Abstention::unsure;
    EXPECT_EQ(side_of(said), TakenSide{});
}

TEST(Meta, ensemble_says_what_its_meta_model_and_calibration_say) {
    for (const Family family : {Family::logistic, Family::xgboost}) {
        const Setting it{family};
        const auto ensemble = Ensemble::make(it.card, known(it.all), "schema", 1).value();
        EnsembleCard plain = it.card;
        plain.meta.reset();
        const auto without = Ensemble::make(plain, known(it.members), "schema", 1).value();
        const auto predictor = make_predictor(it.meta.model);
        base::Random random{5};
        for (std::size_t t = 0; t < 40; ++t) {
            const std::vector<double> row = random_row(random);
            ensemble->push(0, row);
            without->push(0, row);
            const Prediction& said = ensemble->predict(0, InstrumentId{0}, Timestamp{});
            const Prediction& bare = without->predict(0, InstrumentId{0}, Timestamp{});
            EXPECT_FALSE(bare.meta.has_value());
            EXPECT_EQ(said.expected_return, bare.expected_return);
            if (t == 0) {
                EXPECT_FALSE(said.meta.has_value()) << "it has no side before its window is full";
                continue;
            }
            const TakenSide taken = side_of(said);
            std::vector<float> read;
            for (const double x : row) read.push_back(static_cast<float>(x));
            for (const double x : {taken.side, taken.chance, taken.agreement, taken.entropy}) {
                read.push_back(static_cast<float>(x));
            }
            std::vector<float> scores(2);
            predictor->predict(read, scores);
            const double gap = static_cast<double>(scores[1]) - static_cast<double>(scores[0]);
            ASSERT_TRUE(said.meta.has_value());
            EXPECT_NEAR(*said.meta, 1 / (1 + std::exp(-gap / 1.5)), 1e-12);
        }
    }
}

TEST(Meta, survives_its_bytes_and_leaves_those_of_others_as_they_were) {
    const Setting it{Family::logistic};
    const std::string bytes = to_bytes(it.card);
    EXPECT_EQ(parse_ensemble(std::as_bytes(std::span{bytes})).value(), it.card);
    EnsembleCard plain = it.card;
    plain.meta.reset();
    EXPECT_EQ(address_without_meta(it.card), address_of(to_bytes(plain)));
    EXPECT_NE(address_of(bytes), address_of(to_bytes(plain)));
}

TEST(Meta, refuses_bytes_with_a_wrong_part) {
    const auto error = [](const std::function<void(MetaPart&)>& change) {
        Setting it{Family::logistic};
        change(*it.card.meta);
        const std::string bytes = to_bytes(it.card);
        const auto found = parse_ensemble(std::as_bytes(std::span{bytes}));
        return found ? std::string{} : found.error();
    };
    EXPECT_EQ(error([](MetaPart&) {}), "");
    EXPECT_THAT(error([](MetaPart& m) { m.address = "abc"; }), HasSubstr("meta: its address"));
    EXPECT_THAT(error([](MetaPart& m) { m.cost_bps = -1; }), HasSubstr("cost_bps"));
    EXPECT_THAT(error([](MetaPart& m) { m.calibration.classes = 3; }), HasSubstr("calibration"));
}

TEST(Meta, refuses_a_model_of_another_ensemble) {
    const Setting it{Family::logistic};
    const auto error = [&](const std::function<void(ModelCard&)>& change) {
        ModelCard card = meta_card(Family::logistic, it.card, 2);
        change(card);
        const Trained other = trained(card, 3);
        EnsembleCard ensemble = it.card;
        ensemble.meta = part_of(other);
        std::vector<Trained> all = it.members;
        all.push_back(other);
        const auto made = Ensemble::make(ensemble, known(all), "schema", 1);
        return made ? std::string{} : made.error();
    };
    EXPECT_EQ(error([](ModelCard&) {}), "");
    EXPECT_THAT(
        error([](ModelCard& c) { c.origin.label_hash = meta_label_hash(c.origin.label, "x"); }),
        HasSubstr("another ensemble"));
    EXPECT_THAT(error([](ModelCard& c) { c.origin.label = meta_label("direction(1)", 3); }),
                HasSubstr("another ensemble"));
    EXPECT_THAT(error([](ModelCard& c) { c.origin.schema_hash = "other"; }),
                HasSubstr("other features"));
    EXPECT_THAT(error([](ModelCard& c) { c.target = kTwo; }), HasSubstr("no meta model"));
    EnsembleCard lost = it.card;
    EXPECT_THAT(Ensemble::make(lost, known(it.members), "schema", 1).error(),
                HasSubstr("meta model " + it.meta.address.substr(0, 12)));
}

TEST(Meta, allocates_nothing_a_row) {
    const Setting it{Family::xgboost};
    const auto ensemble = Ensemble::make(it.card, known(it.all), "schema", 1).value();
    base::Random random{5};
    const std::vector<double> row = random_row(random);
    ensemble->push(0, row);
    const std::size_t before = support::allocations;
    for (std::size_t i = 0; i < 50; ++i) {
        ensemble->push(0, row);
        static_cast<void>(ensemble->predict(0, InstrumentId{0}, Timestamp{}));
    }
    EXPECT_EQ(support::allocations, before);
}

}  // namespace
}  // namespace tradewind::ml
