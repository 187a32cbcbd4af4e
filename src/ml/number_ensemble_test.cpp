// SPDX-License-Identifier: Apache-2.0
// Lines against scikit-learn (tests/reference/numbers_reference.py); the rest by hand and by
// drawing.
#include "ml/number_ensemble.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/random.hpp"
#include "ml/ensemble.hpp"
#include "ml/predictor.hpp"
#include "support/allocations.hpp"
#include "support/random_models.hpp"

namespace tradewind::ml {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

const std::vector<double> kLevels{0.05, 0.5, 0.95};

/// Two members that see the centre, the first too loudly and 0.5 too high, the second with noise of
/// its own; the truth is spread around it more where the state says so.
struct Market {
    Market(std::size_t n, bool of_quantiles, std::uint64_t seed, double unit = 1) {
        base::Random random{seed};
        for (std::size_t i = 0; i < n; ++i) {
            const double centre = random.normal(), spread = i % 2 == 0 ? 0.5 : 2;
            truth.push_back(unit * (centre + spread * random.normal()));
            const double first = 3 * centre + 0.5, second = centre + random.normal();
            for (const double value : {first, second}) {
                if (!of_quantiles) {
                    said.push_back(unit * value);
                    continue;
                }
                for (const double z : {-1.0, 0.0, 1.0}) said.push_back(unit * (value + z * spread));
            }
        }
        rows = {.members = 2, .said = said, .truth = truth};
        if (of_quantiles) rows.levels = kLevels;
    }
    [[nodiscard]] std::span<const double> row(std::size_t i) const {
        const std::size_t each = 2 * rows.scores();
        return std::span{said}.subspan(i * each, each);
    }
    std::vector<double> said, truth;
    NumberRows rows;
};

NumberSettings settings_of(VotingMethod method = VotingMethod::stacking) {
    NumberSettings out;
    out.voting.method = method;
    out.sense = NumberSense::simple_return;
    return out;
}

TEST(ShrunkLine, is_the_ridge_regression_of_scikit_learn) {
    std::ifstream file("tests/reference/numbers.json");
    const Json cases = Json::parse(file)["lines"];
    ASSERT_EQ(cases.size(), 3U);
    for (const Json& one : cases) {
        const auto x = one["x"].get<std::vector<double>>(), y = one["y"].get<std::vector<double>>();
        const Shift found = shrunk_line(x, y, one["prior_slope"], one["prior_rows"]);
        EXPECT_NEAR(found.slope, one["expected"]["slope"], 1e-9);
        EXPECT_NEAR(found.offsets[0], one["expected"]["offset"], 1e-9);
    }
}

TEST(ShrunkLine, never_falls_and_says_the_mean_where_nothing_rises) {
    const std::vector<double> x{1, 2, 3}, y{3, 2, 1}, same{2, 2, 2};
    EXPECT_EQ(shrunk_line(x, y, 0, 0), (Shift{.slope = 0, .offsets = {2}}));
    EXPECT_EQ(shrunk_line(same, y, 1, 50), (Shift{.slope = 0, .offsets = {2}}));
}

TEST(CentreOf, is_swansons_rule_and_a_value_itself) {
    EXPECT_NEAR(centre_of(std::vector{-1.0, 2.0, 4.0}, std::vector{0.1, 0.5, 0.9}),
                0.3 * -1 + 0.4 * 2 + 0.3 * 4, 1e-15);
    EXPECT_EQ(centre_of(std::vector{0.3}, {}), 0.3);
}

TEST(ResidualSpread, tells_ranks_among_the_residuals_and_is_never_sure) {
    const ResidualSpread spread{{3, 1, 2, 4}};
    EXPECT_NEAR(spread.below(2), 2.0 / 5, 1e-15);    // two of four, and the one to come
    EXPECT_NEAR(spread.below(2.5), 2.5 / 5, 1e-15);  // half way to the third
    EXPECT_NEAR(spread.below(-100), 0.5 / 5, 1e-15);
    EXPECT_NEAR(spread.below(100), 4.5 / 5, 1e-15);
    std::vector<double> many(10'000);
    std::iota(many.begin(), many.end(), 0.0);
    const ResidualSpread thinned{many};
    EXPECT_EQ(thinned.points().size(), ResidualSpread::kPointsMax);
    for (const double x : {100.0, 2500.0, 7777.0}) {
        EXPECT_NEAR(thinned.below(x), x / 10'000, 1e-3);
    }
    EXPECT_FALSE(ResidualSpread::of_points({2, 1}).has_value());
    EXPECT_FALSE(ResidualSpread::of_points({}).has_value());
}

TEST(FitNumbers, makes_values_that_are_calibrated_and_intervals_that_hold) {
    const Market fitted{4000, false, 1}, later{4000, false, 2};
    for (const VotingMethod method : {VotingMethod::equal, VotingMethod::weighted,
                                      VotingMethod::stacking, VotingMethod::online}) {
        const FittedNumbers found = fit_numbers(settings_of(method), fitted.rows).value();
        EXPECT_NEAR(found.parts.members[0].slope, 1.0 / 3, 0.03);
        EXPECT_NEAR(found.parts.members[1].slope, 0.5, 0.05);
        NumberCombiner combiner{found.parts, 5};
        double inside = 0, squares = 0, sum = 0, ups = 0, came_up = 0;
        for (std::size_t i = 0; i < later.truth.size(); ++i) {
            const Prediction& said = combiner.combine(later.row(i), 0);
            const double r = later.truth[i];
            inside += said.return_low <= r && r <= said.return_high ? 1 : 0;
            squares += (r - said.expected_return) * (r - said.expected_return);
            sum += r - said.expected_return;
            ups += said.up;
            came_up += r > 0 ? 1 : 0;
            combiner.learn(combiner.calibrated(), r);
        }
        EXPECT_NEAR(inside / 4000, 0.9, 0.02) << to_string(method);
        EXPECT_NEAR(sum / 4000, 0, 0.08);
        EXPECT_NEAR(ups / 4000, came_up / 4000, 0.03);
        // the noise alone has (0.25 + 4) / 2; who knows only the mean has 1 more
        EXPECT_LT(squares / 4000, 2.125 + 0.35) << to_string(method);
    }
    const FittedNumbers stacked = fit_numbers(settings_of(), fitted.rows).value();
    EXPECT_GT(stacked.parts.voting.weights()[0], 0.9);
}

TEST(FitNumbers, conformalizes_quantiles_so_that_each_holds_its_share_and_widths_follow_the_state) {
    const Market fitted{4000, true, 1}, later{4000, true, 2};
    const FittedNumbers found = fit_numbers(settings_of(), fitted.rows).value();
    EXPECT_NEAR(found.interval_miss, 0.1, 1e-12);
    NumberCombiner combiner{found.parts, 5};
    std::vector<double> below(3), wide(2);
    double inside = 0, sure_right = 0, sure = 0;
    for (std::size_t i = 0; i < 4000; ++i) {
        const Prediction& said = combiner.combine(later.row(i), 0);
        const double r = later.truth[i];
        for (std::size_t k = 0; k < 3; ++k) below[k] += r <= combiner.scores()[k] ? 1 : 0;
        inside += said.return_low <= r && r <= said.return_high ? 1 : 0;
        wide[i % 2] += said.return_high - said.return_low;
        if (std::max(said.up, said.down) > 0.9) {
            sure += 1;
            sure_right += (said.up > 0.5) == (r > 0) ? 1 : 0;
        }
        EXPECT_NEAR(said.up + said.down, 1, 1e-12);
    }
    EXPECT_NEAR(inside / 4000, 0.9, 0.02);
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(below[k] / 4000, kLevels[k], 0.03);
    EXPECT_GT(wide[1] / wide[0], 1.7);
    EXPECT_GT(sure, 200);
    EXPECT_GT(sure_right / sure, 0.88);
}

TEST(FitNumbers, quantiles_never_cross_whatever_members_say) {
    const Market fitted{500, true, 3};
    NumberCombiner combiner{fit_numbers(settings_of(), fitted.rows).value().parts, 1};
    base::Random random{4};
    for (int i = 0; i < 200; ++i) {
        std::vector<double> said(6);
        for (double& one : said) one = 10 * random.normal();
        static_cast<void>(combiner.combine(said, 0));
        EXPECT_TRUE(std::is_sorted(combiner.scores().begin(), combiner.scores().end()));
    }
}

TEST(FitNumbers, without_calibration_takes_members_as_they_are) {
    const Market fitted{500, false, 3};
    NumberSettings settings = settings_of(VotingMethod::equal);
    settings.calibrates = false;
    NumberCombiner combiner{fit_numbers(settings, fitted.rows).value().parts, 1};
    static_cast<void>(combiner.combine(std::vector{0.2, 0.6}, 0));
    EXPECT_NEAR(combiner.expected(), 0.4, 1e-15);
}

TEST(FitNumbers, abstains_where_the_interval_holds_no_gain_only) {
    const Market fitted{4000, false, 1}, later{2000, false, 2};
    NumberSettings settings = settings_of();
    settings.unsure_miss = 0.5;
    NumberCombiner combiner{fit_numbers(settings, fitted.rows).value().parts, 1};
    double spoke = 0, right = 0, right_of_all = 0;
    for (std::size_t i = 0; i < 2000; ++i) {
        const Prediction& said = combiner.combine(later.row(i), 0);
        const bool is_right = (combiner.expected() > 0) == (later.truth[i] > 0);
        right_of_all += is_right ? 1 : 0;
        EXPECT_EQ(said.votes.size(), 2U);
        if (said.abstains) {
            EXPECT_EQ(said.abstains, Abstention::unsure);
            EXPECT_EQ(said.expected_return, 0);
            EXPECT_GT(std::min(combiner.up(), 1 - combiner.up()), 0.25);
            continue;
        }
        spoke += 1;
        right += is_right ? 1 : 0;
    }
    EXPECT_GT(spoke, 400);
    EXPECT_LT(spoke, 1600);
    EXPECT_GT(right / spoke, right_of_all / 2000 + 0.05);
}

TEST(FitNumbers, a_log_return_is_told_as_a_simple_one) {
    const Market fitted{4000, false, 1, 0.1};
    NumberSettings settings = settings_of();
    settings.sense = NumberSense::log_return;
    const FittedNumbers found = fit_numbers(settings, fitted.rows).value();
    NumberCombiner combiner{found.parts, 1};
    const Prediction& said = combiner.combine(fitted.row(7), 0);
    EXPECT_NEAR(said.return_high, std::exp(combiner.high()) - 1, 1e-12);
    EXPECT_NEAR(said.return_low, std::exp(combiner.low()) - 1, 1e-12);
    // the mean of exp of the residuals, of a variance near 0.0225
    EXPECT_NEAR(found.parts.growth, 0.0225 / 2, 0.003);
    EXPECT_NEAR(said.expected_return, std::exp(combiner.expected() + found.parts.growth) - 1,
                1e-12);
}

TEST(FitNumbers, a_plain_number_has_no_side_and_no_forecast_below_any_label_if_all_are_above_0) {
    Market fitted{600, false, 1};
    for (double& one : fitted.truth) one = std::exp(one);
    NumberSettings settings = settings_of();
    settings.sense = NumberSense::plain;
    const FittedNumbers found = fit_numbers(settings, fitted.rows).value();
    NumberCombiner combiner{found.parts, 1};
    const Prediction& said = combiner.combine(std::vector{-1000.0, -1000.0}, 0);
    EXPECT_EQ(combiner.expected(), *std::min_element(fitted.truth.begin(), fitted.truth.end()));
    EXPECT_EQ(said.up, 0);
    EXPECT_EQ(said.expected_return, 0);
    EXPECT_FALSE(said.abstains.has_value());
}

TEST(FitNumbers, refuses_too_few_rows_and_one_quantile) {
    const Market few{6, false, 1};
    EXPECT_EQ(fit_numbers(settings_of(), few.rows).error(),
              "6 rows that the members have not seen are too few to fit an ensemble on");
    const Market some{100, false, 1};
    NumberRows one = some.rows;
    const std::vector<double> level{0.5};
    one.levels = level;
    EXPECT_EQ(fit_numbers(settings_of(), one).error(),
              "one quantile makes no interval: ask for two at least");
}

// --- cards and ensembles -------------------------------------------------------------------------

struct Trained {
    Model model;
    std::string address;
};

Target target_of(bool of_quantiles) {
    return of_quantiles ? Target{.task = Task::quantiles, .levels = kLevels}
                        : Target{.task = Task::value, .levels = {}};
}

std::vector<Trained> members_of(bool of_quantiles) {
    std::vector<Trained> out;
    std::uint64_t seed = 1;
    for (const auto& [family, window] : {std::pair{Family::logistic, 1U}, {Family::xgboost, 4U}}) {
        ModelCard card = support::card_of(family, target_of(of_quantiles), window, 3);
        card.origin.schema_hash = "schema";
        card.origin.label_hash = "label-hash";
        card.origin.label = "forward_return(5)";
        card.origin.horizon_rows = 5;
        out.push_back({.model = support::random_model(card, seed++), .address = {}});
        out.back().address = address_of(to_bytes(out.back().model));
    }
    return out;
}

EnsembleCard card_of(const std::vector<Trained>& members, const NumberSettings& numbers) {
    const Target& target = members[0].model.card.target;
    const Market market{600, target.task == Task::quantiles, 9, 0.01};
    EnsembleSettings settings;
    settings.numbers = numbers;
    settings.regime = {.column = 1, .edges = {0.0}};
    std::vector<std::uint32_t> regimes;
    for (std::uint32_t i = 0; i < 600; ++i) regimes.push_back(i / 5 % 2);
    NumberRows rows = market.rows;
    rows.regimes = regimes;
    EnsembleCard out = fit_number_ensemble(settings, rows).value();
    for (std::size_t m = 0; m < members.size(); ++m) out.members[m].address = members[m].address;
    out.target = target;
    out.origin = members[0].model.card.origin;
    return out;
}

std::unique_ptr<Ensemble> made(const EnsembleCard& card, const std::vector<Trained>& members) {
    std::vector<KnownModel> known;
    for (const Trained& one : members) {
        known.push_back({.address = one.address, .model = &one.model});
    }
    auto out = Ensemble::make(card, known, "schema", 1);
    EXPECT_TRUE(out.has_value()) << out.error();
    return std::move(*out);
}

std::vector<std::vector<double>> random_rows(std::size_t n) {
    base::Random random{3};
    std::vector<std::vector<double>> out(n, std::vector<double>(3));
    for (auto& row : out) {
        for (double& x : row) x = random.normal();
    }
    return out;
}

auto parsed(const std::string& bytes) { return parse_ensemble(std::as_bytes(std::span{bytes})); }

TEST(NumberEnsemble, says_what_its_members_and_its_combiner_say) {
    for (const bool of_quantiles : {false, true}) {
        const auto members = members_of(of_quantiles);
        const EnsembleCard card = card_of(members, settings_of(VotingMethod::regimes));
        const auto ensemble = made(card, members);
        NumberCombiner by_hand{*card.numbers, 5};
        const auto rows = random_rows(20);
        const std::size_t k = card.target.scores();
        for (std::size_t t = 0; t < rows.size(); ++t) {
            ensemble->push(0, rows[t]);
            const Prediction found = ensemble->predict(0, InstrumentId{7}, Timestamp{99});
            if (t < 3) {
                EXPECT_EQ(found.abstains, Abstention::warming_up);
                continue;
            }
            std::vector<double> said;
            for (const Trained& one : members) {
                std::vector<float> window, scores(k);
                for (std::size_t i = t + 1 - one.model.card.window; i <= t; ++i) {
                    for (const double x : rows[i]) window.push_back(static_cast<float>(x));
                }
                make_predictor(one.model)->predict(window, scores);
                said.insert(said.end(), scores.begin(), scores.end());
            }
            const Prediction& expected = by_hand.combine(said, rows[t][1] > 0 ? 1 : 0);
            EXPECT_EQ(found.expected_return, expected.expected_return);
            EXPECT_EQ(found.return_low, expected.return_low);
            EXPECT_EQ(found.up, expected.up);
            EXPECT_EQ(found.votes[1].weight, expected.votes[1].weight);
            EXPECT_EQ(found.horizon_rows, 5U);
            EXPECT_EQ(found.instrument, InstrumentId{7});
        }
    }
}

TEST(NumberEnsemble, learns_of_what_was_said_so_many_rows_ago_and_allocates_nothing) {
    for (const bool of_quantiles : {false, true}) {
        const auto members = members_of(of_quantiles);
        for (const VotingMethod method :
             {VotingMethod::equal, VotingMethod::weighted, VotingMethod::stacking,
              VotingMethod::online, VotingMethod::regimes}) {
            const EnsembleCard card = card_of(members, settings_of(method));
            const auto ensemble = made(card, members);
            const auto rows = random_rows(60);
            const std::size_t before = support::allocations;
            for (const auto& row : rows) {
                ensemble->push(0, row);
                static_cast<void>(ensemble->predict(0, {}, {}));
                ensemble->learn_number(0, 5, 0.05);
            }
            EXPECT_EQ(support::allocations, before) << to_string(method);
            EXPECT_EQ(ensemble->learns(), method == VotingMethod::online);
            EXPECT_EQ(ensemble->number_voting() == card.numbers->voting,
                      method != VotingMethod::online);
        }
    }
}

TEST(NumberEnsembleCard, comes_back_as_it_was) {
    for (const bool of_quantiles : {false, true}) {
        const auto members = members_of(of_quantiles);
        for (const VotingMethod method :
             {VotingMethod::equal, VotingMethod::online, VotingMethod::regimes}) {
            NumberSettings settings = settings_of(method);
            settings.unsure_miss = 0.4;
            const EnsembleCard card = card_of(members, settings);
            const auto back = parsed(to_bytes(card));
            ASSERT_TRUE(back.has_value()) << back.error();
            EXPECT_EQ(*back, card);
            EXPECT_EQ(to_bytes(*back), to_bytes(card));
        }
    }
}

TEST(NumberEnsembleCard, is_refused_by_the_field_that_is_wrong) {
    const auto members = members_of(true);
    const std::string bytes = to_bytes(card_of(members, settings_of()));
    const Json whole =
        Json::parse(parse_tensors(std::as_bytes(std::span{bytes})).value().description);
    const auto error = [&](const std::function<void(Json&)>& change) {
        Json bad = whole;
        change(bad);
        const auto out = parsed(to_bytes(TensorFile{.description = bad.dump(), .tensors = {}}));
        return out.has_value() ? std::string{"it was taken"} : out.error();
    };
    EXPECT_EQ(error([](Json&) {}), "it was taken");
    EXPECT_THAT(error([](Json& j) { j["task"] = "classes"; }), HasSubstr("task:"));
    EXPECT_THAT(error([](Json& j) { j["task"] = "value"; }), HasSubstr("levels:"));
    EXPECT_THAT(error([](Json& j) { j["levels"] = {0.05, 0.5, 0.9}; }), HasSubstr("numbers:"));
    EXPECT_THAT(error([](Json& j) { j["members"].erase(0); }), HasSubstr("numbers:"));
    EXPECT_THAT(error([](Json& j) { j["numbers"]["members"][0]["offsets"] = {1}; }),
                HasSubstr("offsets:"));
    EXPECT_THAT(error([](Json& j) { j["numbers"]["mean_line"]["slope"] = -1; }),
                HasSubstr("slope:"));
    EXPECT_THAT(error([](Json& j) { j["numbers"]["radius"] = 1e15; }), HasSubstr("radius:"));
    EXPECT_THAT(error([](Json& j) { j["numbers"]["residuals"] = {2, 1}; }),
                HasSubstr("residuals:"));
    EXPECT_THAT(error([](Json& j) { j["numbers"]["sense"] = "up"; }), HasSubstr("sense:"));
    EXPECT_THAT(error([](Json& j) { j["numbers"]["width_least"] = 0; }), HasSubstr("width_least:"));
    for (const auto& [key, value] : whole.items()) {
        const std::string field = key;
        EXPECT_NE(error([&](Json& j) { j.erase(field); }), "it was taken") << field;
    }
}

}  // namespace
}  // namespace tradewind::ml
