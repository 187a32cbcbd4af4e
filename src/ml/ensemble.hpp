// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/prediction.hpp"
#include "ml/calibration.hpp"
#include "ml/conformal.hpp"
#include "ml/meta.hpp"
#include "ml/model.hpp"
#include "ml/number_ensemble.hpp"
#include "ml/voting.hpp"

/// Several models as one: calibrated each, voting, calibrated together, with an interval around the
/// return that they expect and a rule for saying nothing.
namespace tradewind::ml {

/// Which regime a row is in, by one of its features.
struct RegimeRule {
    std::uint32_t column = 0;
    std::vector<double> edges{};  ///< ascending; the regime is how many of them the value is above.
                                  ///< Empty: there is but regime 0

    /// A value that is missing is in the regime behind the last, which nobody has seen.
    [[nodiscard]] std::uint32_t of(std::span<const double> row) const;
    friend bool operator==(const RegimeRule&, const RegimeRule&) = default;
};

struct EnsembleMember {
    std::string address;      ///< of the model's bytes
    Calibration calibration;  ///< of classes
    friend bool operator==(const EnsembleMember&, const EnsembleMember&) = default;
};

/// All that an ensemble is but its members' weights. Of classes, or, where it has `numbers`, of a
/// value or of quantiles: what is of classes alone is then as made.
struct EnsembleCard {
    std::vector<EnsembleMember> members;
    Target target;
    RowsOrigin origin;  ///< the rows that it was fitted on, of features and label as the members'
    std::optional<NumberParts> numbers{};
    Voting voting;  ///< of classes
    RegimeRule regime{};
    Calibration final_calibration;      ///< of classes
    std::vector<double> class_returns;  ///< of classes: mean return of each
    double return_radius = 0;           ///< of classes: half the conformal interval of the return
    double interval_miss = 0.1;         ///< share of what comes that may lie outside the interval
    std::optional<ClassSets> sets{};    ///< abstains where none or all classes are in the set
    double missing_max = 0.1;           ///< abstains where a larger share of the newest row's
                                        ///< features, of those that a member reads, has no value
    std::optional<MetaPart> meta{};     ///< of classes: the model that says when to believe it

    friend bool operator==(const EnsembleCard&, const EnsembleCard&) = default;
};

/// How it votes, and its members' weights as fitted.
[[nodiscard]] VotingMethod voting_method(const EnsembleCard& card);
[[nodiscard]] std::span<const double> member_weights(const EnsembleCard& card);

/// In the format of `TensorFile`, description alone: kind "ensemble", version 1 of classes, 2 of
/// numbers, 3 of classes with a meta model. Its end is its address.
[[nodiscard]] std::string to_bytes(const EnsembleCard& card);
/// Safe on any bytes. The error is a line that names the field.
[[nodiscard]] std::expected<EnsembleCard, std::string> parse_ensemble(
    std::span<const std::byte> bytes);

/// The address that the ensemble has without its meta model.
[[nodiscard]] std::string address_without_meta(const EnsembleCard& card);

/// What members said of rows that they were not taught on, in the order of time, and what came.
struct EnsembleRows {
    VoteRows votes;                   ///< as the members say it, not calibrated
    std::span<const double> returns;  ///< [rows], over the label's horizon
};

struct EnsembleSettings {
    CalibrationMethod member_calibration = CalibrationMethod::temperature;
    VotingSettings voting{};
    CalibrationMethod final_calibration = CalibrationMethod::temperature;
    /// The older rows, on which members are calibrated and votes fitted. The newer rest, on which
    /// votes go on learning, says how to calibrate them and how wide intervals have to be.
    double fit_share = 0.6;
    double interval_miss = 0.1;
    std::optional<SetKind> sets{};  ///< none: never unsure
    double set_miss = 0.45;
    double missing_max = 0.1;
    RegimeRule regime{};
    NumberSettings numbers{};  ///< of an ensemble of numbers, which reads of the above
                               ///< `missing_max` and `regime` alone
};

/// A card without addresses, target and origin. Where a class never came in its rows, a calibration
/// is none. The error: too few rows.
[[nodiscard]] std::expected<EnsembleCard, std::string> fit_ensemble(
    const EnsembleSettings& settings, const EnsembleRows& rows);
/// The same of numbers; see `fit_numbers`.
[[nodiscard]] std::expected<EnsembleCard, std::string> fit_number_ensemble(
    const EnsembleSettings& settings, const NumberRows& rows);

/// What a card of classes makes of what its members say. Allocates nothing once made.
class Combiner {
public:
    /// A card whose parts fit each other, as `parse_ensemble` and `fit_ensemble` give (ASSERT).
    explicit Combiner(const EnsembleCard& card);

    /// `said` [members, classes], not calibrated -> all of a prediction but whose it is and when.
    /// Valid until the next call.
    [[nodiscard]] const Prediction& combine(std::span<const double> said, std::uint32_t regime);
    /// [classes] of the last call; an unsure one has them too.
    [[nodiscard]] std::span<const double> probabilities() const { return probabilities_; }
    /// [members, classes] of the last call.
    [[nodiscard]] std::span<const double> calibrated() const { return calibrated_; }
    /// What came of a row for which `calibrated` was this. Votes by `online` learn from it, others
    /// do not change.
    void learn(std::span<const double> calibrated, std::uint32_t came);
    [[nodiscard]] const Voting& voting() const { return card_.voting; }

private:
    [[nodiscard]] double up_of(std::span<const double> probabilities) const;
    [[nodiscard]] double down_of(std::span<const double> probabilities) const;
    [[nodiscard]] bool is_unsure() const;

    EnsembleCard card_;
    std::vector<double> calibrated_;
    std::vector<double> probabilities_;
    std::vector<double> counts_;
    std::vector<Vote> votes_;
    Prediction prediction_{};
};

/// A model that an ensemble may have as a member.
struct KnownModel {
    std::string_view address;
    const Model* model = nullptr;
};

/// An ensemble at work on some instruments, each in a slot of its own. What it says depends on the
/// rows pushed and the outcomes learned, in their order, alone. Allocates nothing once made;
/// belongs to one thread.
class Ensemble {
public:
    /// `models` in any order, more than are needed are fine; they may go once it is made.
    /// `schema_hash` names the features of the rows to come. The error is one line: a member that
    /// is not there or was taught something else, features of another schema.
    [[nodiscard]] static std::expected<std::unique_ptr<Ensemble>, std::string> make(
        const EnsembleCard& card, std::span<const KnownModel> models, std::string_view schema_hash,
        std::size_t slots);
    Ensemble(const Ensemble&) = delete;
    Ensemble& operator=(const Ensemble&) = delete;
    ~Ensemble();

    /// A row [columns] of the instrument in `slot`, NaN where a feature has no value.
    void push(std::size_t slot, std::span<const double> row);
    /// What is expected after the newest row. Valid until the next call.
    [[nodiscard]] const Prediction& predict(std::size_t slot, InstrumentId instrument,
                                            Timestamp known_at);
    /// The class of the row that was the newest `rows_ago` pushes of this slot ago, at most the
    /// label's horizon, has become known. Rows of which nothing was predicted are passed over.
    void learn(std::size_t slot, std::uint32_t rows_ago, std::uint32_t came);
    /// The same of an ensemble of numbers: the row's label.
    void learn_number(std::size_t slot, std::uint32_t rows_ago, double came);

    [[nodiscard]] const EnsembleCard& card() const;
    [[nodiscard]] std::uint32_t longest_window() const;
    /// Whether outcomes change anything.
    [[nodiscard]] bool learns() const;
    /// Of classes, and of numbers (ASSERT).
    [[nodiscard]] const Voting& voting() const;
    [[nodiscard]] const NumberVoting& number_voting() const;

private:
    class State;
    explicit Ensemble(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace tradewind::ml
