// SPDX-License-Identifier: Apache-2.0
#include "research/models/fold_ensemble.hpp"

#include <algorithm>
#include <numeric>
#include <span>

#include "base/try.hpp"

namespace tradewind::research::models {
namespace {

using labels::Places;

/// Places in a list of rows, by the instant at which each row is known.
std::vector<std::size_t> by_time(const Rows& rows, const Places& places) {
    std::vector<std::size_t> out(places.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    std::sort(out.begin(), out.end(), [&](std::size_t a, std::size_t b) {
        const std::int64_t at = rows.known_at[places[a]], other = rows.known_at[places[b]];
        return at != other ? at < other : places[a] < places[b];
    });
    return out;
}

/// A row of features, in double precision.
std::vector<double> values_of(const TrainingSet& set, std::size_t row) {
    const std::size_t columns = set.columns();
    const float* first = set.all().features.data() + row * columns;
    return {first, first + columns};
}

/// What all members say of some rows, as an ensemble takes it, [rows, members, K].
class Said {
public:
    Said(std::span<const std::vector<float>* const> scores, const ml::Target& target)
        : members_(scores.size()), k_(target.scores()) {
        for (const std::vector<float>* one : scores) {
            by_member_.push_back(target.task == ml::Task::classes
                                     ? probabilities_of(*one, k_)
                                     : std::vector<double>{one->begin(), one->end()});
        }
    }
    void append(std::size_t row, std::vector<double>& out) const {
        for (std::size_t m = 0; m < members_; ++m) {
            const auto first = by_member_[m].begin() + static_cast<std::ptrdiff_t>(row * k_);
            out.insert(out.end(), first, first + static_cast<std::ptrdiff_t>(k_));
        }
    }

private:
    std::size_t members_;
    std::size_t k_;
    std::vector<std::vector<double>> by_member_;
};

/// Place of a row among others that ascend.
std::size_t place_among(const Places& rows, std::size_t row) {
    return static_cast<std::size_t>(std::lower_bound(rows.begin(), rows.end(), row) - rows.begin());
}

/// What the inner models said of rows that they had not seen, in the order of time.
struct HeldOut {
    Places rows;
    std::vector<std::uint32_t> classes;  ///< of a target of classes
    std::vector<double> said;
    std::vector<std::uint32_t> regimes;
};

/// `known`: some of the training rows, ascending.
HeldOut held_out_of(const TrainingSet& set, const ModelPlan& plan, const FoldModels& fold,
                    const ml::RegimeRule& regime, Places known) {
    std::vector<std::uint32_t> classes;
    if (plan.target.task == ml::Task::classes) {
        classes = classes_of(set.all(), plan.target, known);
    }
    std::vector<const std::vector<float>*> scores;
    for (const auto& one : fold.held_out) scores.push_back(&one);
    const Said said{scores, plan.target};
    HeldOut out;
    for (const std::size_t i : by_time(set.all(), known)) {
        out.rows.push_back(known[i]);
        if (!classes.empty()) out.classes.push_back(classes[i]);
        said.append(place_among(fold.train, known[i]), out.said);
        out.regimes.push_back(regime.of(values_of(set, known[i])));
    }
    return out;
}

std::expected<ml::EnsembleCard, std::string> fit(const TrainingSet& set, const ModelPlan& plan,
                                                 const FoldModels& fold,
                                                 const ml::EnsembleSettings& settings,
                                                 const Places& among) {
    const HeldOut held = held_out_of(set, plan, fold, settings.regime, among);
    const std::size_t members = fold.held_out.size();
    std::vector<double> came;
    if (plan.target.task == ml::Task::classes) {
        for (const std::size_t row : held.rows) came.push_back(set.all().outcome[row]);
        return ml::fit_ensemble(settings, {.votes = {.members = members,
                                                     .classes = plan.target.scores(),
                                                     .probabilities = held.said,
                                                     .truth = held.classes,
                                                     .regimes = held.regimes},
                                           .returns = came});
    }
    for (const std::size_t row : held.rows) came.push_back(set.all().label[row]);
    return ml::fit_number_ensemble(settings, {.members = members,
                                              .levels = plan.target.levels,
                                              .said = held.said,
                                              .truth = came,
                                              .regimes = held.regimes});
}

/// Goes through the test rows in the order of time: `predict(i, said, regime)` says of the row in
/// place i what the members think, calibrated; as its label becomes known, and before any later
/// row, `learn(i, calibrated)`.
template <typename Predict, typename Learn>
void go_through(const TrainingSet& set, const ml::Target& target, const FoldModels& fold,
                const FoldEnsemble& out, const Places& test, const Predict& predict,
                const Learn& learn) {
    const Rows& rows = set.all();
    const std::size_t n = test.size();
    std::vector<const std::vector<float>*> scores;
    for (const std::size_t m : out.members) scores.push_back(&fold.tested[m]);
    const Said said{scores, target};
    std::vector<std::vector<double>> calibrated(n);
    std::vector<std::size_t> waiting(n);  // by when their label is known
    std::iota(waiting.begin(), waiting.end(), std::size_t{0});
    std::sort(waiting.begin(), waiting.end(), [&](std::size_t a, std::size_t b) {
        const std::int64_t at = rows.until[test[a]], other = rows.until[test[b]];
        return at != other ? at < other : a < b;
    });
    std::size_t learned = 0;
    for (const std::size_t i : by_time(rows, test)) {
        for (; learned < n && rows.until[test[waiting[learned]]] <= rows.known_at[test[i]] &&
               !calibrated[waiting[learned]].empty();
             ++learned) {
            learn(waiting[learned], calibrated[waiting[learned]]);
        }
        std::vector<double> one;
        said.append(place_among(fold.test, test[i]), one);
        const auto voted = predict(i, one, out.card.regime.of(values_of(set, test[i])));
        calibrated[i].assign(voted.begin(), voted.end());
    }
}

void predict_classes(const TrainingSet& set, const ModelPlan& plan, const FoldModels& fold,
                     FoldEnsemble& out) {
    const std::size_t k = plan.target.scores();
    out.test = fold.test;
    out.classes = classes_of(set.all(), plan.target, out.test);
    const std::size_t n = out.test.size();
    out.probabilities.resize(n * k);
    out.abstains.resize(n);
    out.return_low.resize(n);
    out.return_high.resize(n);
    out.sides.resize(n);
    ml::Combiner combiner{out.card};
    const auto predict = [&](std::size_t i, std::span<const double> said, std::uint32_t regime) {
        const Prediction& prediction = combiner.combine(said, regime);
        std::copy(combiner.probabilities().begin(), combiner.probabilities().end(),
                  out.probabilities.begin() + static_cast<std::ptrdiff_t>(i * k));
        out.abstains[i] = prediction.abstains ? 1 : 0;
        out.return_low[i] = prediction.return_low;
        out.return_high[i] = prediction.return_high;
        out.sides[i] = ml::side_of(prediction);
        return combiner.calibrated();
    };
    go_through(set, plan.target, fold, out, out.test, predict,
               [&](std::size_t i, std::span<const double> calibrated) {
                   combiner.learn(calibrated, out.classes[i]);
               });
}

void predict_numbers(const TrainingSet& set, const ModelPlan& plan, const FoldModels& fold,
                     FoldEnsemble& out) {
    const std::size_t k = plan.target.scores(), n = fold.test.size();
    Forecasts& told = out.forecasts;
    told.places = fold.test;
    told.scores.resize(n * k);
    told.expected.resize(n);
    told.low.resize(n);
    told.high.resize(n);
    told.abstains.resize(n);
    told.nominal = 1 - out.card.interval_miss;
    set_base(set.all(), plan.target, fold.train, told);
    ml::NumberCombiner combiner{*out.card.numbers, out.card.origin.horizon_rows};
    const auto predict = [&](std::size_t i, std::span<const double> said, std::uint32_t regime) {
        told.abstains[i] = combiner.combine(said, regime).abstains ? 1 : 0;
        std::copy(combiner.scores().begin(), combiner.scores().end(),
                  told.scores.begin() + static_cast<std::ptrdiff_t>(i * k));
        told.expected[i] = combiner.expected();
        told.low[i] = combiner.low();
        told.high[i] = combiner.high();
        return combiner.calibrated();
    };
    go_through(set, plan.target, fold, out, told.places, predict,
               [&](std::size_t i, std::span<const double> calibrated) {
                   combiner.learn(calibrated, set.all().label[told.places[i]]);
               });
}

}  // namespace

std::expected<FoldEnsemble, std::string> fit_fold(const TrainingSet& set, const ModelPlan& plan,
                                                  const FoldModels& fold,
                                                  const ml::EnsembleSettings& settings) {
    FoldEnsemble out;
    out.card = TRY(fit(set, plan, fold, settings, fold.train));
    out.members = first_seeds(fold);
    for (std::size_t m = 0; m < out.members.size(); ++m) {
        out.card.members[m].address = fold.models[out.members[m]].address;
    }
    out.card.target = plan.target;
    out.card.origin = fold.models[out.members.front()].model.card.origin;
    out.bytes = ml::to_bytes(out.card);
    out.address = ml::address_of(out.bytes);
    if (out.card.numbers) {
        predict_numbers(set, plan, fold, out);
    } else {
        predict_classes(set, plan, fold, out);
    }
    return out;
}

std::expected<std::vector<ml::TakenSide>, std::string> out_of_fold_sides(
    const TrainingSet& set, const ModelPlan& plan, const FoldModels& fold,
    const ml::EnsembleSettings& settings) {
    std::vector<labels::Span> spans;
    for (const std::size_t row : fold.train) spans.push_back(set.all().span(row));
    std::vector<const std::vector<float>*> scores;
    for (const auto& one : fold.held_out) scores.push_back(&one);
    const Said said{scores, plan.target};
    std::vector<ml::TakenSide> out(fold.train.size());
    for (const Places& inner : fold.inner_test) {
        Places test, others, fitted;
        for (const std::size_t row : inner) test.push_back(place_among(fold.train, row));
        for (std::size_t i = 0; i < fold.train.size(); ++i) {
            if (!std::binary_search(test.begin(), test.end(), i)) others.push_back(i);
        }
        for (const std::size_t i : labels::purge(spans, others, test, plan.embargo)) {
            fitted.push_back(fold.train[i]);
        }
        std::sort(fitted.begin(), fitted.end());
        ml::EnsembleCard card = TRY(fit(set, plan, fold, settings, fitted));
        card.target = plan.target;
        ml::Combiner combiner{card};
        for (const std::size_t i : test) {
            std::vector<double> one;
            said.append(i, one);
            out[i] =
                ml::side_of(combiner.combine(one, card.regime.of(values_of(set, fold.train[i]))));
        }
    }
    return out;
}

ml::NumberSense sense_of(const labels::LabelDefinition& label) {
    switch (label.kind()) {
        case labels::LabelKind::simple_return: return ml::NumberSense::simple_return;
        case labels::LabelKind::log_return: return ml::NumberSense::log_return;
        case labels::LabelKind::classes:
        case labels::LabelKind::volatility: break;
    }
    return ml::NumberSense::plain;
}

Judgement judge_folds(const TrainingSet& set, const ml::Target& target,
                      std::span<const FoldEnsemble> folds) {
    if (target.task != ml::Task::classes) {
        Forecasts all;
        for (const FoldEnsemble& fold : folds) all.append(fold.forecasts);
        return judge_numbers(set.all(), set.meaning().label, target, all);
    }
    Places places;
    std::vector<std::uint32_t> classes;
    std::vector<double> probabilities;
    std::vector<std::uint8_t> abstains;
    const auto append = [](auto& to, const auto& from) {
        to.insert(to.end(), from.begin(), from.end());
    };
    for (const FoldEnsemble& fold : folds) {
        append(places, fold.test);
        append(classes, fold.classes);
        append(probabilities, fold.probabilities);
        append(abstains, fold.abstains);
    }
    return judge({.rows = set.all(),
                  .target = target,
                  .places = places,
                  .classes = classes,
                  .probabilities = probabilities,
                  .abstains = abstains,
                  .horizon_rows = set.meaning().label.rows_ahead()});
}

Judgement judge_model(const TrainingSet& set, const ml::Target& target, const FoldModels& fold,
                      std::size_t model) {
    const std::vector<float>& scores = fold.tested[model];
    if (target.task != ml::Task::classes) {
        Forecasts told{.places = fold.test,
                       .scores = {scores.begin(), scores.end()},
                       .expected = {},
                       .base_mean = {},
                       .base_scores = {}};
        const std::size_t k = target.scores();
        for (std::size_t i = 0; i < told.scores.size(); i += k) {
            told.expected.push_back(
                ml::centre_of(std::span{told.scores}.subspan(i, k), target.levels));
        }
        set_base(set.all(), target, fold.train, told);
        return judge_numbers(set.all(), set.meaning().label, target, told);
    }
    Places places = fold.test;
    const auto classes = classes_of(set.all(), target, places);
    const auto probabilities = probabilities_of(scores, target.scores());
    return judge({.rows = set.all(),
                  .target = target,
                  .places = places,
                  .classes = classes,
                  .probabilities = probabilities,
                  .horizon_rows = set.meaning().label.rows_ahead()});
}

}  // namespace tradewind::research::models
