// SPDX-License-Identifier: Apache-2.0
#include "ml/ensemble.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/random.hpp"
#include "ml/predictor.hpp"
#include "support/allocations.hpp"
#include "support/random_models.hpp"

namespace tradewind::ml {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

constexpr std::size_t kColumns = 3;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
const Target kTwo{.task = Task::classes, .levels = {-1, 1}};
const Target kThree{.task = Task::classes, .levels = {-1, 0, 1}};

struct Trained {
    Model model;
    std::string address;
};

Trained trained(Family family, const Target& target, std::uint32_t window, std::uint64_t seed) {
    ModelCard card = support::card_of(family, target, window, kColumns,
                                      family == Family::mlp ? R"({"hidden":[8]})" : "{}");
    card.origin.schema_hash = "schema-of-these-rows";
    card.origin.label_hash = "label-hash";
    card.origin.label = "direction(5)";
    card.origin.horizon_rows = 5;
    Trained out{.model = support::random_model(card, seed), .address = {}};
    out.address = address_of(to_bytes(out.model));
    return out;
}

/// Three members that need 1, 4 and 6 rows.
std::vector<Trained> members_of(const Target& target) {
    std::vector<Trained> out;
    out.push_back(trained(Family::logistic, target, 1, 1));
    out.push_back(trained(Family::mlp, target, 4, 2));
    out.push_back(trained(Family::xgboost, target, 6, 3));
    return out;
}

std::vector<KnownModel> known(const std::vector<Trained>& members) {
    std::vector<KnownModel> out;
    for (const Trained& one : members) out.push_back({.address = one.address, .model = &one.model});
    return out;
}

/// What members said of rows, a later one the better, and returns that follow the class.
struct Said {
    Said(std::size_t n, std::size_t classes, std::uint64_t seed) {
        base::Random random{seed};
        for (std::size_t i = 0; i < n; ++i) {
            truth.push_back(static_cast<std::uint32_t>(random.below(classes)));
            returns.push_back(
                0.01 * (static_cast<double>(truth[i]) - static_cast<double>(classes - 1) / 2) +
                0.02 * random.normal());
            regimes.push_back(static_cast<std::uint32_t>(i / 7 % 2));
            for (std::size_t m = 0; m < 3; ++m) {
                std::vector<double> p(classes);
                for (std::size_t c = 0; c < classes; ++c) {
                    const double pull = c == truth[i] ? 0.3 * static_cast<double>(m) : 0;
                    p[c] = std::exp(2 * (pull + random.normal()));  // too sure of itself
                }
                const double sum = std::accumulate(p.begin(), p.end(), 0.0);
                for (const double one : p) probabilities.push_back(one / sum);
            }
        }
        rows = {.votes = {.members = 3,
                          .classes = classes,
                          .probabilities = probabilities,
                          .truth = truth,
                          .regimes = regimes},
                .returns = returns};
    }
    [[nodiscard]] std::span<const double> row(std::size_t i) const {
        const std::size_t n = 3 * rows.votes.classes;
        return std::span{probabilities}.subspan(i * n, n);
    }
    std::vector<double> probabilities, returns;
    std::vector<std::uint32_t> truth, regimes;
    EnsembleRows rows;
};

EnsembleCard card_of(const std::vector<Trained>& members, const EnsembleSettings& settings) {
    const Target& target = members[0].model.card.target;
    const Said said{600, target.levels.size(), 9};
    EnsembleCard out = fit_ensemble(settings, said.rows).value();
    for (std::size_t m = 0; m < members.size(); ++m) out.members[m].address = members[m].address;
    out.target = target;
    out.origin = members[0].model.card.origin;
    return out;
}

EnsembleSettings with(VotingMethod method) {
    EnsembleSettings out;
    out.voting.method = method;
    return out;
}

std::vector<std::vector<double>> random_rows(std::size_t n, std::uint64_t seed) {
    base::Random random{seed};
    std::vector<std::vector<double>> out(n, std::vector<double>(kColumns));
    for (auto& row : out) {
        for (double& x : row) x = random.normal();
    }
    return out;
}

std::unique_ptr<Ensemble> made(const EnsembleCard& card, const std::vector<Trained>& members,
                               std::size_t slots = 1) {
    auto out = Ensemble::make(card, known(members), "schema-of-these-rows", slots);
    EXPECT_TRUE(out.has_value()) << out.error();
    return std::move(*out);
}

/// A member's probabilities of the rows up to `last`, by its predictor alone.
std::vector<double> said_by(const Model& model, const std::vector<std::vector<double>>& rows,
                            std::size_t last) {
    std::vector<float> window, scores(model.card.target.levels.size());
    for (std::size_t i = last + 1 - model.card.window; i <= last; ++i) {
        for (const double x : rows[i]) window.push_back(static_cast<float>(x));
    }
    make_predictor(model)->predict(window, scores);
    std::vector<double> out;
    double sum = 0;
    for (const float score : scores) sum += std::exp(static_cast<double>(score));
    for (const float score : scores) out.push_back(std::exp(static_cast<double>(score)) / sum);
    return out;
}

TEST(Ensemble, says_what_its_members_votes_and_calibrations_say) {
    for (const Target& target : {kTwo, kThree}) {
        const auto members = members_of(target);
        const std::size_t classes = target.levels.size();
        for (const VotingMethod method :
             {VotingMethod::equal, VotingMethod::stacking, VotingMethod::regimes}) {
            EnsembleSettings settings = with(method);
            settings.regime = {.column = 1, .edges = {0.0}};
            const EnsembleCard card = card_of(members, settings);
            const auto ensemble = made(card, members);
            const auto rows = random_rows(30, 4);
            for (std::size_t t = 0; t < rows.size(); ++t) {
                ensemble->push(0, rows[t]);
                const Prediction& found = ensemble->predict(0, InstrumentId{7}, Timestamp{99});
                if (t < 5) continue;
                std::vector<double> said, p(classes), counts(3);
                for (std::size_t m = 0; m < 3; ++m) {
                    auto one = said_by(members[m].model, rows, t);
                    card.members[m].calibration.apply(one);
                    said.insert(said.end(), one.begin(), one.end());
                    EXPECT_NEAR(found.votes[m].up, one.back(), 1e-6);
                    EXPECT_NEAR(found.votes[m].down, one.front(), 1e-6);
                }
                card.voting.vote(said, rows[t][1] > 0 ? 1 : 0, p, counts);
                card.final_calibration.apply(p);
                EXPECT_NEAR(found.up, p.back(), 1e-6);
                EXPECT_NEAR(found.down, p.front(), 1e-6);
                const double expected =
                    std::inner_product(p.begin(), p.end(), card.class_returns.begin(), 0.0);
                EXPECT_NEAR(found.expected_return, expected, 1e-8);
                EXPECT_NEAR(found.return_high - found.return_low, 2 * card.return_radius, 1e-12);
                EXPECT_NEAR(found.votes[1].weight, counts[1], 1e-12);
                EXPECT_EQ(found.instrument, InstrumentId{7});
                EXPECT_EQ(found.known_at, Timestamp{99});
                EXPECT_EQ(found.horizon_rows, 5U);
                EXPECT_FALSE(found.abstains.has_value());
            }
        }
    }
}

TEST(Ensemble, says_nothing_until_its_longest_window_is_full_in_each_slot) {
    const auto members = members_of(kTwo);
    const auto ensemble = made(card_of(members, {}), members, 2);
    EXPECT_EQ(ensemble->longest_window(), 6U);
    const auto rows = random_rows(7, 1);
    for (std::size_t t = 0; t < 7; ++t) {
        ensemble->push(1, rows[t]);
        const Prediction found = ensemble->predict(1, {}, {});
        EXPECT_EQ(found.abstains.has_value(), t < 5);
        if (t < 5) {
            EXPECT_EQ(found.abstains, Abstention::warming_up);
            EXPECT_TRUE(found.votes.empty());
            EXPECT_EQ(found.up, 0.0);
        }
    }
    ensemble->push(0, rows[0]);
    EXPECT_EQ(ensemble->predict(0, {}, {}).abstains, Abstention::warming_up);
}

TEST(Ensemble, says_nothing_where_too_many_features_are_missing) {
    const auto members = members_of(kTwo);
    EnsembleSettings settings;
    settings.missing_max = 0.4;
    const auto ensemble = made(card_of(members, settings), members);
    for (const auto& row : random_rows(6, 1)) ensemble->push(0, row);
    ensemble->push(0, std::vector{1.0, kNan, 1.0});
    EXPECT_FALSE(ensemble->predict(0, {}, {}).abstains.has_value());
    ensemble->push(0, std::vector{1.0, kNan, kNan});
    EXPECT_EQ(ensemble->predict(0, {}, {}).abstains, Abstention::missing);
    ensemble->push(0, std::vector{1.0, 1.0, 1.0});
    EXPECT_FALSE(ensemble->predict(0, {}, {}).abstains.has_value());
}

TEST(Ensemble, says_nothing_where_no_class_stands_out_but_keeps_its_votes) {
    for (const SetKind kind : {SetKind::lac, SetKind::aps}) {
        EnsembleSettings settings;
        settings.sets = kind;
        settings.set_miss = kind == SetKind::lac ? 0.2 : 0.4;
        const Said fitted{2000, 2, 1}, later{2000, 2, 2};
        EnsembleCard card = fit_ensemble(settings, fitted.rows).value();
        card.target = kTwo;
        Combiner combiner{card};
        double all = 0, spoke = 0, right = 0, right_of_all = 0;
        for (std::size_t i = 0; i < 2000; ++i) {
            const Prediction& found = combiner.combine(later.row(i), 0);
            const auto p = combiner.probabilities();
            const bool is_right = (p[1] > p[0]) == (later.truth[i] == 1);
            all += 1;
            right_of_all += is_right ? 1 : 0;
            EXPECT_EQ(found.votes.size(), 3U);
            if (found.abstains) {
                EXPECT_EQ(found.abstains, Abstention::unsure);
                EXPECT_EQ(found.up, 0.0);
                EXPECT_EQ(found.expected_return, 0.0);
                continue;
            }
            spoke += 1;
            right += is_right ? 1 : 0;
        }
        EXPECT_GT(spoke, 0.1 * all);
        EXPECT_LT(spoke, 0.9 * all);
        EXPECT_GT(right / spoke, right_of_all / all + 0.03);
    }
}

TEST(Ensemble, is_refused_with_a_line_where_something_does_not_fit) {
    auto members = members_of(kTwo);
    const EnsembleCard card = card_of(members, {});
    const auto error = [&](const std::vector<KnownModel>& models, const char* schema) {
        const auto out = Ensemble::make(card, models, schema, 1);
        EXPECT_FALSE(out.has_value());
        return out.has_value() ? std::string{} : out.error();
    };
    EXPECT_EQ(error(known(members), "another-schema"),
              "the ensemble reads features of schema schema-of-th, these are of another-sche: ask "
              "for the features that it was trained on, or train it anew");
    auto fewer = known(members);
    fewer.pop_back();
    EXPECT_EQ(error(fewer, "schema-of-these-rows"),
              "member " + members[2].address.substr(0, 12) + " of the ensemble is not there");
    const auto with_card = [&](const std::function<void(ModelCard&)>& change) {
        auto changed = members;
        change(changed[1].model.card);
        return error(known(changed), "schema-of-these-rows");
    };
    EXPECT_THAT(with_card([](ModelCard& c) { c.origin.schema_hash = "of old"; }),
                HasSubstr("has features of schema of old"));
    EXPECT_THAT(with_card([](ModelCard& c) { c.origin.label_hash = "other"; }),
                HasSubstr("has the label direction(5)"));
    EXPECT_THAT(with_card([](ModelCard& c) { c.target.levels = {0, 1}; }),
                HasSubstr("has classes"));
}

TEST(Ensemble, weights_follow_outcomes_in_the_order_in_which_they_become_known) {
    const auto members = members_of(kTwo);
    EnsembleSettings settings = with(VotingMethod::online);
    settings.voting.half_life = 10;
    const EnsembleCard card = card_of(members, settings);
    const auto rows = random_rows(200, 6);
    const auto run = [&](std::uint32_t came) {
        auto ensemble = made(card, members, 2);
        EXPECT_TRUE(ensemble->learns());
        for (std::size_t t = 0; t < rows.size(); ++t) {
            const std::size_t slot = t % 2;
            ensemble->push(slot, rows[t]);
            static_cast<void>(ensemble->predict(slot, {}, {}));
            ensemble->learn(slot, 5, came);
        }
        return ensemble->voting();
    };
    EXPECT_EQ(run(1), run(1));
    EXPECT_NE(run(1), run(0));
    EXPECT_NE(run(1), card.voting);

    // what was learned is what was said five rows before
    auto ensemble = made(card, members);
    Voting by_hand = card.voting;
    for (std::size_t t = 0; t < 40; ++t) {
        ensemble->push(0, rows[t]);
        static_cast<void>(ensemble->predict(0, {}, {}));
        ensemble->learn(0, 5, 1);
        if (t < 10) continue;
        std::vector<double> said;
        for (std::size_t m = 0; m < 3; ++m) {
            auto one = said_by(members[m].model, rows, t - 5);
            card.members[m].calibration.apply(one);
            said.insert(said.end(), one.begin(), one.end());
        }
        by_hand.learn(said, 1);
    }
    for (std::size_t m = 0; m < 3; ++m) {
        EXPECT_NEAR(ensemble->voting().weights()[m], by_hand.weights()[m], 1e-5);
    }
}

TEST(Ensemble, allocates_nothing_a_row) {
    const auto members = members_of(kThree);
    for (const VotingMethod method :
         {VotingMethod::equal, VotingMethod::weighted, VotingMethod::stacking, VotingMethod::online,
          VotingMethod::regimes}) {
        for (const auto calibration : {CalibrationMethod::temperature, CalibrationMethod::platt,
                                       CalibrationMethod::isotonic}) {
            EnsembleSettings settings = with(method);
            settings.member_calibration = settings.final_calibration = calibration;
            settings.sets = SetKind::aps;
            settings.regime = {.column = 0, .edges = {0.0}};
            const auto ensemble = made(card_of(members, settings), members);
            const auto rows = random_rows(50, 2);
            const std::size_t before = support::allocations;
            for (const auto& row : rows) {
                ensemble->push(0, row);
                static_cast<void>(ensemble->predict(0, {}, {}));
                ensemble->learn(0, 3, 1);
            }
            EXPECT_EQ(support::allocations, before) << to_string(method);
        }
    }
}

TEST(FitEnsemble, is_no_worse_than_its_best_member_on_later_rows_and_its_intervals_hold) {
    for (const std::size_t classes : {2U, 3U}) {
        const Said fitted{3000, classes, 1}, later{3000, classes, 2};
        for (const VotingMethod method :
             {VotingMethod::stacking, VotingMethod::online, VotingMethod::regimes}) {
            EnsembleCard card = fit_ensemble(with(method), fitted.rows).value();
            card.target = classes == 2 ? kTwo : kThree;
            Combiner combiner{card};
            double loss = 0, inside = 0;
            std::vector<double> of_member(3);
            for (std::size_t i = 0; i < 3000; ++i) {
                const Prediction& found = combiner.combine(later.row(i), later.regimes[i]);
                loss -= std::log(combiner.probabilities()[later.truth[i]]);
                for (std::size_t m = 0; m < 3; ++m) {
                    of_member[m] -= std::log(combiner.calibrated()[m * classes + later.truth[i]]);
                }
                const double r = later.returns[i];
                inside += found.return_low <= r && r <= found.return_high ? 1 : 0;
                combiner.learn(combiner.calibrated(), later.truth[i]);
            }
            const double best = *std::min_element(of_member.begin(), of_member.end());
            EXPECT_LT(loss, best + 0.005 * 3000) << to_string(method);
            EXPECT_NEAR(inside / 3000, 0.9, 0.03) << to_string(method);
        }
    }
}

TEST(FitEnsemble, expects_of_a_class_what_its_rows_returned) {
    const Said fitted{3000, 3, 1};
    const EnsembleCard card = fit_ensemble({}, fitted.rows).value();
    for (std::size_t c = 0; c < 3; ++c) {
        EXPECT_NEAR(card.class_returns[c], 0.01 * (static_cast<double>(c) - 1), 0.003);
    }
}

TEST(FitEnsemble, refuses_too_few_rows_and_returns_that_are_none) {
    const Said few{12, 2, 1};
    EXPECT_EQ(fit_ensemble({}, few.rows).error(),
              "12 rows that the members have not seen are too few to fit an ensemble on");
    Said bad{200, 2, 1};
    bad.returns[3] = kNan;
    EXPECT_EQ(fit_ensemble({}, bad.rows).error(),
              "row 3 of those to fit the ensemble on has no return");
}

TEST(FitEnsemble, leaves_probabilities_as_they_are_where_a_class_never_came) {
    Said some{300, 2, 1};
    std::fill(some.truth.begin(), some.truth.end(), 1U);
    const EnsembleCard card = fit_ensemble({}, some.rows).value();
    EXPECT_EQ(card.members[0].calibration.method, CalibrationMethod::none);
    EXPECT_EQ(card.final_calibration.method, CalibrationMethod::none);
}

auto parsed(const std::string& bytes) { return parse_ensemble(std::as_bytes(std::span{bytes})); }

TEST(EnsembleCard, comes_back_as_it_was) {
    for (const Target& target : {kTwo, kThree}) {
        const auto members = members_of(target);
        for (const VotingMethod method :
             {VotingMethod::equal, VotingMethod::weighted, VotingMethod::stacking,
              VotingMethod::online, VotingMethod::regimes}) {
            EnsembleSettings settings = with(method);
            settings.final_calibration = CalibrationMethod::isotonic;
            if (method == VotingMethod::online) settings.sets = SetKind::lac;
            settings.regime = {.column = 2, .edges = {-1, 0.1}};
            EnsembleCard card = card_of(members, settings);
            card.origin.from = std::numeric_limits<std::int64_t>::min();
            card.origin.rows = std::numeric_limits<std::uint64_t>::max();
            const auto back = parsed(to_bytes(card));
            ASSERT_TRUE(back.has_value()) << back.error();
            EXPECT_EQ(*back, card);
            EXPECT_EQ(to_bytes(*back), to_bytes(card));
        }
    }
}

TEST(EnsembleCard, is_refused_by_the_field_that_is_wrong) {
    const auto members = members_of(kTwo);
    const std::string bytes = to_bytes(card_of(members, {}));
    const Json whole =
        Json::parse(parse_tensors(std::as_bytes(std::span{bytes})).value().description);
    const auto error = [&](const std::function<void(Json&)>& change) {
        Json bad = whole;
        change(bad);
        const auto out = parsed(to_bytes(TensorFile{.description = bad.dump(), .tensors = {}}));
        return out.has_value() ? std::string{"it was taken"} : out.error();
    };
    EXPECT_EQ(error([](Json&) {}), "it was taken");
    EXPECT_THAT(error([](Json& j) { j["kind"] = "model"; }), HasSubstr("kind: it is no ensemble"));
    EXPECT_THAT(error([](Json& j) { j["version"] = 0; }), HasSubstr("version:"));
    EXPECT_THAT(error([](Json& j) { j["levels"] = {1, -1}; }), HasSubstr("levels:"));
    EXPECT_THAT(error([](Json& j) { j["members"].erase(0); }), HasSubstr("voting:"));
    EXPECT_THAT(error([](Json& j) { j["members"][0]["address"] = "up"; }), HasSubstr("members:"));
    EXPECT_THAT(error([](Json& j) { j["members"][0]["calibration"]["classes"] = 3; }),
                HasSubstr("calibration:"));
    EXPECT_THAT(error([](Json& j) { j["class_returns"].push_back(0); }),
                HasSubstr("class_returns:"));
    EXPECT_THAT(error([](Json& j) { j["regime"]["column"] = 3; }), HasSubstr("column:"));
    EXPECT_THAT(error([](Json& j) { j["origin"]["columns"] = Json::array(); }),
                HasSubstr("columns:"));
    EXPECT_THAT(error([](Json& j) { j["sets"] = {{"kind", "all"}}; }), HasSubstr("kind:"));
    for (const auto& [key, value] : whole.items()) {
        const std::string field = key;
        EXPECT_NE(error([&](Json& j) { j.erase(field); }), "it was taken") << field;
    }
    const std::string model = to_bytes(members[0].model);
    EXPECT_FALSE(parsed(model).has_value());
    EXPECT_FALSE(parsed(bytes.substr(0, bytes.size() - 1)).has_value());
}

}  // namespace
}  // namespace tradewind::ml
