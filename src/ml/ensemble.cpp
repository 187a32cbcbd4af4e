// SPDX-License-Identifier: Apache-2.0
#include "ml/ensemble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "ml/predictor.hpp"

namespace tradewind::ml {
namespace {

/// Where a class never came there is nothing to hold its probabilities to.
Calibration calibration_or_none(CalibrationMethod method, const ClassRows& rows) {
    auto found = fit_calibration(method, rows);
    if (found) return std::move(*found);
    return Calibration{.method = CalibrationMethod::none, .classes = rows.classes, .lines = {}};
}

/// The rows [first, last) of an ensemble's.
VoteRows part_of(const VoteRows& rows, std::size_t first, std::size_t last) {
    const std::size_t each = rows.members * rows.classes, n = last - first;
    VoteRows out = rows;
    out.probabilities = rows.probabilities.subspan(first * each, n * each);
    out.truth = rows.truth.subspan(first, n);
    if (!rows.weights.empty()) out.weights = rows.weights.subspan(first, n);
    if (!rows.regimes.empty()) out.regimes = rows.regimes.subspan(first, n);
    return out;
}

Calibration calibrate_member(CalibrationMethod method, const VoteRows& rows, std::size_t member) {
    std::vector<double> p;
    for (std::size_t i = 0; i < rows.truth.size(); ++i) {
        const auto one =
            rows.probabilities.subspan((i * rows.members + member) * rows.classes, rows.classes);
        p.insert(p.end(), one.begin(), one.end());
    }
    return calibration_or_none(method, {.classes = rows.classes,
                                        .probabilities = p,
                                        .truth = rows.truth,
                                        .weights = rows.weights});
}

/// Mean return of each class; of one that never came, that of all rows.
std::vector<double> returns_by_class(const EnsembleRows& rows) {
    std::vector<double> sums(rows.votes.classes), weights(rows.votes.classes);
    for (std::size_t i = 0; i < rows.votes.truth.size(); ++i) {
        const double w = rows.votes.weights.empty() ? 1.0 : rows.votes.weights[i];
        sums[rows.votes.truth[i]] += w * rows.returns[i];
        weights[rows.votes.truth[i]] += w;
    }
    const double all = std::accumulate(sums.begin(), sums.end(), 0.0) /
                       std::accumulate(weights.begin(), weights.end(), 0.0);
    for (std::size_t c = 0; c < sums.size(); ++c) {
        sums[c] = weights[c] > 0 ? sums[c] / weights[c] : all;
    }
    return sums;
}

/// What the votes say of the rows to come, learning from each after it was said.
std::vector<double> votes_on(const EnsembleCard& card, const VoteRows& rows, Voting& voting) {
    std::vector<double> out(rows.truth.size() * rows.classes), counts(rows.members);
    std::vector<double> said(rows.members * rows.classes);
    for (std::size_t i = 0; i < rows.truth.size(); ++i) {
        const auto from = rows.probabilities.subspan(i * said.size(), said.size());
        std::copy(from.begin(), from.end(), said.begin());
        for (std::size_t m = 0; m < rows.members; ++m) {
            card.members[m].calibration.apply(
                std::span{said}.subspan(m * rows.classes, rows.classes));
        }
        voting.vote(said, rows.regimes.empty() ? 0 : rows.regimes[i],
                    std::span{out}.subspan(i * rows.classes, rows.classes), counts);
        voting.learn(said, rows.truth[i]);
    }
    return out;
}

/// The older rows with their members calibrated.
std::vector<double> calibrated_by(const EnsembleCard& card, const VoteRows& rows) {
    std::vector<double> out{rows.probabilities.begin(), rows.probabilities.end()};
    for (std::size_t i = 0; i < out.size(); i += rows.classes) {
        card.members[i / rows.classes % rows.members].calibration.apply(
            std::span{out}.subspan(i, rows.classes));
    }
    return out;
}

std::expected<void, std::string> check_rows(const EnsembleSettings& s, const EnsembleRows& rows) {
    const std::size_t n = rows.votes.truth.size();
    ASSERT(rows.votes.members > 0 && rows.votes.classes >= 2 && rows.returns.size() == n);
    ASSERT(rows.votes.probabilities.size() == n * rows.votes.members * rows.votes.classes);
    ASSERT(s.fit_share > 0 && s.fit_share < 1);
    for (std::size_t i = 0; i < n; ++i) {
        if (std::isfinite(rows.returns[i])) continue;
        return std::unexpected(
            fmt::format("row {} of those to fit the ensemble on has no return", i));
    }
    return {};
}

std::string short_of(std::string_view hash) { return std::string{hash.substr(0, 12)}; }

/// A line where the model was taught something else than the ensemble.
std::expected<void, std::string> check_member(const EnsembleCard& card, std::string_view address,
                                              const ModelCard& model) {
    const auto differs = [&](std::string_view what, std::string_view theirs,
                             std::string_view ours) {
        return std::unexpected(fmt::format("member {} has {} {}, its ensemble {}: train them anew",
                                           short_of(address), what, theirs, ours));
    };
    const RowsOrigin &theirs = model.origin, &ours = card.origin;
    if (theirs.schema_hash != ours.schema_hash) {
        return differs("features of schema", short_of(theirs.schema_hash),
                       short_of(ours.schema_hash));
    }
    if (theirs.columns != ours.columns) return differs("columns", "of its own", "has others");
    if (theirs.label_hash != ours.label_hash) {
        return differs("the label", theirs.label, ours.label);
    }
    if (model.target != card.target) {
        const bool of_classes = card.target.task == Task::classes;
        return differs(of_classes ? "classes" : "a target", "of its own", "has others");
    }
    return {};
}

std::expected<const Model*, std::string> known_model(std::span<const KnownModel> models,
                                                     std::string_view what,
                                                     std::string_view address) {
    const auto found = std::find_if(models.begin(), models.end(),
                                    [&](const KnownModel& one) { return one.address == address; });
    if (found != models.end()) return found->model;
    return std::unexpected(
        fmt::format("{} {} of the ensemble is not there", what, short_of(address)));
}

}  // namespace

std::uint32_t RegimeRule::of(std::span<const double> row) const {
    if (edges.empty()) return 0;
    const double value = row[column];
    if (std::isnan(value)) return static_cast<std::uint32_t>(edges.size()) + 1;
    return static_cast<std::uint32_t>(std::lower_bound(edges.begin(), edges.end(), value) -
                                      edges.begin());
}

std::expected<EnsembleCard, std::string> fit_ensemble(const EnsembleSettings& settings,
                                                      const EnsembleRows& rows) {
    TRY_VOID(check_rows(settings, rows));
    const std::size_t n = rows.votes.truth.size();
    const auto older = static_cast<std::size_t>(static_cast<double>(n) * settings.fit_share);
    const VoteRows first = part_of(rows.votes, 0, older), rest = part_of(rows.votes, older, n);
    EnsembleCard out;
    for (std::size_t m = 0; m < first.members; ++m) {
        out.members.push_back(
            {.address = {},
             .calibration = calibrate_member(settings.member_calibration, first, m)});
    }
    const std::vector<double> calibrated = calibrated_by(out, first);
    VoteRows fitted = first;
    fitted.probabilities = calibrated;
    out.voting = TRY(Voting::fit(settings.voting, fitted));
    std::vector<double> voted = votes_on(out, rest, out.voting);
    const ClassRows judged{.classes = rest.classes,
                           .probabilities = voted,
                           .truth = rest.truth,
                           .weights = rest.weights};
    out.final_calibration = calibration_or_none(settings.final_calibration, judged);
    out.class_returns = returns_by_class(rows);
    std::vector<double> expected(rest.truth.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto p = std::span{voted}.subspan(i * rest.classes, rest.classes);
        out.final_calibration.apply(p);
        expected[i] = std::inner_product(p.begin(), p.end(), out.class_returns.begin(), 0.0);
    }
    const auto radius =
        residual_radius(expected, rows.returns.subspan(older), settings.interval_miss);
    if (settings.sets) out.sets = fit_class_sets(*settings.sets, judged, settings.set_miss);
    if (!radius || out.sets.has_value() != settings.sets.has_value()) {
        return std::unexpected(fmt::format(
            "{} rows that the members have not seen are too few to fit an ensemble on", n));
    }
    out.return_radius = *radius;
    out.interval_miss = settings.interval_miss;
    out.missing_max = settings.missing_max;
    out.regime = settings.regime;
    return out;
}

std::expected<EnsembleCard, std::string> fit_number_ensemble(const EnsembleSettings& settings,
                                                             const NumberRows& rows) {
    FittedNumbers fitted = TRY(fit_numbers(settings.numbers, rows));
    EnsembleCard out;
    out.members.resize(rows.members);
    out.numbers = std::move(fitted.parts);
    out.interval_miss = fitted.interval_miss;
    out.missing_max = settings.missing_max;
    out.regime = settings.regime;
    return out;
}

VotingMethod voting_method(const EnsembleCard& card) {
    return card.numbers ? card.numbers->voting.settings().method : card.voting.settings().method;
}

std::string address_without_meta(const EnsembleCard& card) {
    EnsembleCard primary = card;
    primary.meta.reset();
    return address_of(to_bytes(primary));
}

std::span<const double> member_weights(const EnsembleCard& card) {
    return card.numbers ? card.numbers->voting.weights() : card.voting.weights();
}

Combiner::Combiner(const EnsembleCard& card)
    : card_(card),
      calibrated_(card.members.size() * card.target.levels.size()),
      probabilities_(card.target.levels.size()),
      counts_(card.members.size()),
      votes_(card.members.size()) {
    const std::size_t classes = card_.target.levels.size();
    ASSERT(card_.target.task == Task::classes && classes >= 2);
    ASSERT(card_.voting.members() == card_.members.size() && card_.voting.classes() == classes);
    ASSERT(card_.class_returns.size() == classes && card_.final_calibration.classes == classes);
}

double Combiner::up_of(std::span<const double> probabilities) const {
    double out = 0;
    for (std::size_t c = 0; c < probabilities.size(); ++c) {
        if (card_.target.levels[c] > 0) out += probabilities[c];
    }
    return out;
}

double Combiner::down_of(std::span<const double> probabilities) const {
    double out = 0;
    for (std::size_t c = 0; c < probabilities.size(); ++c) {
        if (card_.target.levels[c] < 0) out += probabilities[c];
    }
    return out;
}

/// One or more classes stand out where the set has some, and not all.
bool Combiner::is_unsure() const {
    if (!card_.sets) return false;
    const std::uint64_t set = card_.sets->of(probabilities_);
    const std::uint64_t all = ~std::uint64_t{0} >> (64 - probabilities_.size());
    return set == 0 || set == all;
}

const Prediction& Combiner::combine(std::span<const double> said, std::uint32_t regime) {
    ASSERT(said.size() == calibrated_.size());
    const std::size_t classes = probabilities_.size();
    std::copy(said.begin(), said.end(), calibrated_.begin());
    for (std::size_t m = 0; m < votes_.size(); ++m) {
        card_.members[m].calibration.apply(std::span{calibrated_}.subspan(m * classes, classes));
    }
    card_.voting.vote(calibrated_, regime, probabilities_, counts_);
    card_.final_calibration.apply(probabilities_);
    for (std::size_t m = 0; m < votes_.size(); ++m) {
        const auto one = std::span<const double>{calibrated_}.subspan(m * classes, classes);
        votes_[m] = {.member = static_cast<std::uint32_t>(m),
                     .up = up_of(one),
                     .down = down_of(one),
                     .weight = counts_[m]};
    }
    prediction_ = Prediction{.horizon_rows = card_.origin.horizon_rows, .votes = votes_};
    if (is_unsure()) {
        prediction_.abstains = Abstention::unsure;
        return prediction_;
    }
    prediction_.up = up_of(probabilities_);
    prediction_.down = down_of(probabilities_);
    prediction_.expected_return = std::inner_product(probabilities_.begin(), probabilities_.end(),
                                                     card_.class_returns.begin(), 0.0);
    prediction_.return_low = prediction_.expected_return - card_.return_radius;
    prediction_.return_high = prediction_.expected_return + card_.return_radius;
    return prediction_;
}

void Combiner::learn(std::span<const double> calibrated, std::uint32_t came) {
    card_.voting.learn(calibrated, came);
}

class Ensemble::State {
public:
    /// The newest rows of an instrument, twice over, so that any window of them is in one piece;
    /// and what members said after the last rows, for outcomes that are still to come.
    struct Slot {
        std::vector<float> rows;   // [2 x window, columns]
        std::vector<double> said;  // [kept, members, scores], calibrated
        std::vector<std::uint8_t> has_said;
        std::uint64_t pushed = 0;
        std::uint32_t regime = 0;
        bool is_missing = false;
    };

    State(const EnsembleCard& card, std::vector<std::unique_ptr<Predictor>> predictors,
          std::optional<MetaPredictor> meta, std::size_t slots)
        : card_(card),
          predictors_(std::move(predictors)),
          meta_(std::move(meta)),
          columns_(card.origin.columns.size()),
          each_(card.target.scores()),
          is_read_(columns_),
          kept_(learns() ? card.origin.horizon_rows + std::size_t{1} : 1),
          scores_(each_),
          raw_(card.members.size() * each_) {
        if (card.numbers) {
            numbers_.emplace(*card.numbers, card.origin.horizon_rows);
        } else {
            classes_.emplace(card);
        }
        for (const auto& one : predictors_) {
            window_ = std::max(window_, one->card().window);
            for (const std::uint32_t input : one->card().inputs) is_read_[input] = 1;
        }
        read_ = static_cast<std::size_t>(std::count(is_read_.begin(), is_read_.end(), 1));
        slots_.resize(slots);
        for (Slot& slot : slots_) {
            slot.rows.resize(std::size_t{2} * window_ * columns_);
            slot.has_said.resize(kept_);
            slot.said.resize(kept_ * raw_.size());
        }
    }

    void push(Slot& slot, std::span<const double> row) {
        ASSERT(row.size() == columns_);
        const std::size_t at = slot.pushed % window_;
        std::size_t missing = 0;
        for (std::size_t c = 0; c < columns_; ++c) {
            const auto value = static_cast<float>(row[c]);
            slot.rows[at * columns_ + c] = value;
            slot.rows[(at + window_) * columns_ + c] = value;
            missing += is_read_[c] != 0 && !std::isfinite(row[c]) ? 1U : 0U;
        }
        slot.is_missing =
            static_cast<double>(missing) > card_.missing_max * static_cast<double>(read_);
        slot.regime = card_.regime.of(row);
        slot.has_said[slot.pushed % kept_] = 0;
        ++slot.pushed;
    }

    const Prediction& predict(Slot& slot, InstrumentId instrument, Timestamp known_at) {
        if (slot.pushed < window_) {
            told_ = silent(Abstention::warming_up);
        } else if (slot.is_missing) {
            told_ = silent(Abstention::missing);
        } else {
            ask(slot);
            told_ = classes_ ? classes_->combine(raw_, slot.regime)
                             : numbers_->combine(raw_, slot.regime);
            keep(slot);
            doubt(slot);
        }
        told_.instrument = instrument;
        told_.known_at = known_at;
        return told_;
    }

    void learn(Slot& slot, std::uint32_t rows_ago, std::uint32_t came) {
        ASSERT(classes_.has_value() && came < each_);
        if (const auto said = said_of(slot, rows_ago); !said.empty()) classes_->learn(said, came);
    }
    void learn_number(Slot& slot, std::uint32_t rows_ago, double came) {
        ASSERT(numbers_.has_value());
        if (const auto said = said_of(slot, rows_ago); !said.empty()) numbers_->learn(said, came);
    }

    Slot& slot(std::size_t place) {
        ASSERT(place < slots_.size());
        return slots_[place];
    }
    [[nodiscard]] const EnsembleCard& card() const { return card_; }
    [[nodiscard]] const Combiner& of_classes() const {
        ASSERT(classes_.has_value());
        return *classes_;
    }
    [[nodiscard]] const NumberCombiner& of_numbers() const {
        ASSERT(numbers_.has_value());
        return *numbers_;
    }
    [[nodiscard]] std::uint32_t window() const { return window_; }
    [[nodiscard]] bool learns() const { return voting_method(card_) == VotingMethod::online; }

private:
    /// What was said after the row so long ago; empty: nothing, or nobody learns.
    [[nodiscard]] std::span<const double> said_of(const Slot& slot, std::uint32_t rows_ago) const {
        ASSERT(rows_ago <= card_.origin.horizon_rows);
        if (!learns() || rows_ago >= slot.pushed) return {};
        const std::size_t at = (slot.pushed - 1 - rows_ago) % kept_;
        if (slot.has_said[at] == 0) return {};
        return std::span{slot.said}.subspan(at * raw_.size(), raw_.size());
    }
    /// Scores of classes as probabilities.
    void tell_chances(std::span<double> p) const {
        const double top = static_cast<double>(*std::max_element(scores_.begin(), scores_.end()));
        double sum = 0;
        for (std::size_t c = 0; c < each_; ++c) {
            sum += p[c] = std::exp(static_cast<double>(scores_[c]) - top);
        }
        for (double& one : p) one /= sum;
    }
    /// What the members make of the newest rows, as the combiner takes it, into `raw_`.
    void ask(const Slot& slot) {
        const std::size_t end = (slot.pushed - 1) % window_ + window_ + 1;  // behind the newest
        for (std::size_t m = 0; m < predictors_.size(); ++m) {
            const std::size_t rows = predictors_[m]->card().window;
            const auto window =
                std::span{slot.rows}.subspan((end - rows) * columns_, rows * columns_);
            predictors_[m]->predict(window, scores_);
            const std::span<double> own = std::span{raw_}.subspan(m * each_, each_);
            if (classes_) {
                tell_chances(own);
            } else {
                std::copy(scores_.begin(), scores_.end(), own.begin());
            }
        }
    }
    /// For the outcome that is still to come.
    void keep(Slot& slot) const {
        if (!learns()) return;
        const std::size_t at = (slot.pushed - 1) % kept_;
        const auto said = classes_ ? classes_->calibrated() : numbers_->calibrated();
        std::copy(said.begin(), said.end(),
                  slot.said.begin() + static_cast<std::ptrdiff_t>(at * raw_.size()));
        slot.has_said[at] = 1;
    }
    /// Asks the meta model, where there is one and a side to ask about.
    void doubt(const Slot& slot) {
        if (!meta_) return;
        const TakenSide taken = side_of(told_);
        if (taken.side == 0) return;
        const std::size_t newest = (slot.pushed - 1) % window_;
        told_.meta =
            meta_->chance(std::span{slot.rows}.subspan(newest * columns_, columns_), taken);
    }
    [[nodiscard]] Prediction silent(Abstention why) const {
        return {.horizon_rows = card_.origin.horizon_rows, .abstains = why};
    }

    EnsembleCard card_;
    std::vector<std::unique_ptr<Predictor>> predictors_;
    std::optional<MetaPredictor> meta_;
    std::optional<Combiner> classes_;  // one of the two
    std::optional<NumberCombiner> numbers_;
    std::size_t columns_, each_;  // scores of a member
    std::vector<std::uint8_t> is_read_;
    std::size_t read_ = 0;
    std::size_t kept_;
    std::uint32_t window_ = 1;
    std::vector<float> scores_;
    std::vector<double> raw_;
    std::vector<Slot> slots_;
    Prediction told_{};
};

Ensemble::Ensemble(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ensemble::~Ensemble() = default;

std::expected<std::unique_ptr<Ensemble>, std::string> Ensemble::make(
    const EnsembleCard& card, std::span<const KnownModel> models, std::string_view schema_hash,
    std::size_t slots) {
    if (card.origin.schema_hash != schema_hash) {
        return std::unexpected(fmt::format(
            "the ensemble reads features of schema {}, these are of {}: ask for the features that "
            "it was trained on, or train it anew",
            short_of(card.origin.schema_hash), short_of(schema_hash)));
    }
    if (card.members.empty()) return std::unexpected("the ensemble has no members");
    ASSERT(card.numbers.has_value() == (card.target.task != Task::classes));
    ASSERT(!card.numbers || !card.meta);
    std::vector<std::unique_ptr<Predictor>> predictors;
    for (const EnsembleMember& member : card.members) {
        const Model& model = *TRY(known_model(models, "member", member.address));
        TRY_VOID(check_member(card, member.address, model.card));
        predictors.push_back(make_predictor(model));
    }
    std::optional<MetaPredictor> meta;
    if (card.meta) {
        const Model& model = *TRY(known_model(models, "meta model", card.meta->address));
        meta = TRY(MetaPredictor::make(*card.meta, model, card.origin, address_without_meta(card)));
    }
    return std::unique_ptr<Ensemble>(
        new Ensemble{std::make_unique<State>(card, std::move(predictors), std::move(meta), slots)});
}

void Ensemble::push(std::size_t slot, std::span<const double> row) {
    state_->push(state_->slot(slot), row);
}

const Prediction& Ensemble::predict(std::size_t slot, InstrumentId instrument, Timestamp known_at) {
    return state_->predict(state_->slot(slot), instrument, known_at);
}

void Ensemble::learn(std::size_t slot, std::uint32_t rows_ago, std::uint32_t came) {
    state_->learn(state_->slot(slot), rows_ago, came);
}

void Ensemble::learn_number(std::size_t slot, std::uint32_t rows_ago, double came) {
    state_->learn_number(state_->slot(slot), rows_ago, came);
}

const EnsembleCard& Ensemble::card() const { return state_->card(); }
std::uint32_t Ensemble::longest_window() const { return state_->window(); }
bool Ensemble::learns() const { return state_->learns(); }
const Voting& Ensemble::voting() const { return state_->of_classes().voting(); }
const NumberVoting& Ensemble::number_voting() const { return state_->of_numbers().voting(); }

}  // namespace tradewind::ml
