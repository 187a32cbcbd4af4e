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

/// What all members say of some rows, [rows, members, K].
class Said {
public:
    Said(std::span<const std::vector<float>* const> scores, std::size_t k)
        : members_(scores.size()), k_(k) {
        for (const std::vector<float>* one : scores)
            by_member_.push_back(probabilities_of(*one, k));
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

std::expected<ml::EnsembleCard, std::string> fit(const TrainingSet& set, const ModelPlan& plan,
                                                 const FoldModels& fold,
                                                 const ml::EnsembleSettings& settings) {
    const Rows& rows = set.all();
    const std::size_t k = plan.target.scores();
    Places known = fold.train;
    const std::vector<std::uint32_t> classes = classes_of(rows, plan.target, known);
    std::vector<const std::vector<float>*> scores;
    for (const auto& one : fold.held_out) scores.push_back(&one);
    const Said said{scores, k};
    std::vector<double> probabilities, returns;
    std::vector<std::uint32_t> truth, regimes;
    for (const std::size_t i : by_time(rows, known)) {
        const auto at = std::lower_bound(fold.train.begin(), fold.train.end(), known[i]);
        said.append(static_cast<std::size_t>(at - fold.train.begin()), probabilities);
        truth.push_back(classes[i]);
        returns.push_back(rows.outcome[known[i]]);
        const std::size_t columns = set.columns();
        const std::vector<double> row(
            rows.features.begin() + static_cast<std::ptrdiff_t>(known[i] * columns),
            rows.features.begin() + static_cast<std::ptrdiff_t>((known[i] + 1) * columns));
        regimes.push_back(settings.regime.of(row));
    }
    return ml::fit_ensemble(settings, {.votes = {.members = scores.size(),
                                                 .classes = k,
                                                 .probabilities = probabilities,
                                                 .truth = truth,
                                                 .regimes = regimes},
                                       .returns = returns});
}

/// The ensemble at the test rows: what becomes known on the way is learned before what comes after.
void predict(const TrainingSet& set, const ModelPlan& plan, const FoldModels& fold,
             FoldEnsemble& out) {
    const Rows& rows = set.all();
    const std::size_t k = plan.target.scores();
    out.test = fold.test;
    out.classes = classes_of(rows, plan.target, out.test);
    std::vector<const std::vector<float>*> scores;
    for (const std::size_t m : out.members) scores.push_back(&fold.tested[m]);
    const Said said{scores, k};
    const std::size_t n = out.test.size();
    out.probabilities.resize(n * k);
    out.abstains.resize(n);
    out.return_low.resize(n);
    out.return_high.resize(n);
    ml::Combiner combiner{out.card};
    std::vector<std::vector<double>> calibrated(n);
    std::vector<std::size_t> waiting(n);  // by when their label is known
    std::iota(waiting.begin(), waiting.end(), std::size_t{0});
    std::sort(waiting.begin(), waiting.end(), [&](std::size_t a, std::size_t b) {
        const std::int64_t at = rows.until[out.test[a]], other = rows.until[out.test[b]];
        return at != other ? at < other : a < b;
    });
    std::size_t learned = 0;
    for (const std::size_t i : by_time(rows, out.test)) {
        const std::size_t row = out.test[i];
        for (; learned < n && rows.until[out.test[waiting[learned]]] <= rows.known_at[row] &&
               !calibrated[waiting[learned]].empty();
             ++learned) {
            combiner.learn(calibrated[waiting[learned]], out.classes[waiting[learned]]);
        }
        std::vector<double> one;
        const auto at = std::lower_bound(fold.test.begin(), fold.test.end(), row);
        said.append(static_cast<std::size_t>(at - fold.test.begin()), one);
        const std::vector<double> values(
            rows.features.begin() + static_cast<std::ptrdiff_t>(row * set.columns()),
            rows.features.begin() + static_cast<std::ptrdiff_t>((row + 1) * set.columns()));
        const Prediction& prediction = combiner.combine(one, out.card.regime.of(values));
        std::copy(combiner.probabilities().begin(), combiner.probabilities().end(),
                  out.probabilities.begin() + static_cast<std::ptrdiff_t>(i * k));
        calibrated[i].assign(combiner.calibrated().begin(), combiner.calibrated().end());
        out.abstains[i] = prediction.abstains ? 1 : 0;
        out.return_low[i] = prediction.return_low;
        out.return_high[i] = prediction.return_high;
    }
}

}  // namespace

std::expected<FoldEnsemble, std::string> fit_fold(const TrainingSet& set, const ModelPlan& plan,
                                                  const FoldModels& fold,
                                                  const ml::EnsembleSettings& settings) {
    FoldEnsemble out;
    out.card = TRY(fit(set, plan, fold, settings));
    out.members = first_seeds(fold);
    for (std::size_t m = 0; m < out.members.size(); ++m) {
        out.card.members[m].address = fold.models[out.members[m]].address;
    }
    out.card.target = plan.target;
    out.card.origin = fold.models[out.members.front()].model.card.origin;
    out.bytes = ml::to_bytes(out.card);
    out.address = ml::address_of(out.bytes);
    predict(set, plan, fold, out);
    return out;
}

}  // namespace tradewind::research::models
