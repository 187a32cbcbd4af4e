// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// How the probabilities of several models become one. Fitted on rows that none of them was taught
/// on, in the order of time.
namespace tradewind::ml {

enum class VotingMethod : std::uint8_t {
    equal,     ///< soft voting: the mean of the probabilities
    weighted,  ///< the mean weighted by 1 / log loss
    stacking,  ///< logistic regression on the members' log odds: a weighted product, so to say
    online,    ///< the mean weighted by recent log loss; goes on learning
    regimes,   ///< the mean with weights of the regime that the row is in
};
[[nodiscard]] std::string_view to_string(VotingMethod method);
[[nodiscard]] std::optional<VotingMethod> parse_voting_method(std::string_view text);

struct VotingSettings {
    VotingMethod method = VotingMethod::equal;
    /// stacking: the penalty, half of it times the squared distance of the weights from 1 /
    /// members; in units of the summed log loss. Above 0, or as good as it.
    double l2 = 1;
    bool nonnegative = true;  ///< stacking: no weight below 0
    /// online: a weight is multiplied by p^rate of what came; 0 < rate <= 1.
    double rate = 1;
    /// online: outcomes after which a log loss counts half; 0: it always counts whole.
    double half_life = 0;
    /// regimes: equal weights count as so many rows of each regime.
    double prior_rows = 50;

    friend bool operator==(const VotingSettings&, const VotingSettings&) = default;
};
/// Whole: what comes back is the same. The error names the field.
[[nodiscard]] std::string to_json(const VotingSettings& settings);
[[nodiscard]] std::expected<VotingSettings, std::string> parse_voting_settings(
    std::string_view json);

/// What members said of rows, and what came.
struct VoteRows {
    std::size_t members = 0;
    std::size_t classes = 2;
    std::span<const double> probabilities;     ///< [rows, members, classes]
    std::span<const std::uint32_t> truth;      ///< [rows]
    std::span<const double> weights{};         ///< [rows]; empty: all 1
    std::span<const std::uint32_t> regimes{};  ///< [rows], from 0; needed by `regimes` alone
};

/// Each method, with p_m the probabilities of member m (held to [2^-52, 1 - 2^-52]) and c a class:
///
/// - equal, weighted, regimes, online: sum over m of w_m p_m(c). The weights are at least 0 and sum
///   to 1. Those of a regime minimise the log loss of the mean over its rows (the optimal linear
///   opinion pool, by expectation and maximisation); a regime that was never seen has those of all.
/// - online: w_m is in proportion to exp(-rate L_m), with L_m the log loss of m so far, by
/// half-lives
///   (the weighted majority, or Hedge; with the log loss it is the exponentiated gradient algorithm
///   of Kivinen and Warmuth, "Exponentiated gradient versus gradient descent for linear
///   predictors", Information and Computation 132 (1997), of Bayes at rate 1). Without half-life
///   its log loss is never above that of the best member by more than ln(members) / rate (Vovk
///   1990).
/// - stacking (Wolpert 1992): softmax over c of sum over m of w_m ln p_m(c) + b_c, b_0 = 0, of two
///   classes the same as logistic regression on log odds. Weights minimise the summed log loss and
///   the penalty (projected Newton, Bertsekas 1982). They need not sum to 1.
class Voting {
public:
    Voting() = default;
    /// No fit: members alike.
    Voting(std::size_t members, std::size_t classes);
    /// The error: no rows, or no regimes where they are needed.
    [[nodiscard]] static std::expected<Voting, std::string> fit(const VotingSettings& settings,
                                                                const VoteRows& rows);

    [[nodiscard]] std::size_t members() const { return members_; }
    [[nodiscard]] std::size_t classes() const { return classes_; }
    [[nodiscard]] const VotingSettings& settings() const { return settings_; }

    /// `probabilities` [members, classes] of one row -> `out` [classes], and into `weights`
    /// [members] what each member counts for: |w_m| over their sum. Allocates nothing.
    void vote(std::span<const double> probabilities, std::uint32_t regime, std::span<double> out,
              std::span<double> weights) const;
    /// What came of a row of which the members said this; of `online` alone, others pass it over.
    void learn(std::span<const double> probabilities, std::uint32_t truth);

    /// Weights as they stand, of a regime; of stacking as fitted, sign and all.
    [[nodiscard]] std::span<const double> weights(std::uint32_t regime = 0) const;
    [[nodiscard]] std::span<const double> biases() const { return biases_; }

    /// With what it learned so far; what comes back votes to the bit as before. The error of
    /// parsing names the field.
    [[nodiscard]] std::string to_json() const;
    [[nodiscard]] static std::expected<Voting, std::string> parse(std::string_view json);

    friend bool operator==(const Voting&, const Voting&) = default;

private:
    void fit_online(const VoteRows& rows);
    void fit_regimes(const VoteRows& rows);
    void fit_stacking(const VoteRows& rows);
    void set_online_weights();

    VotingSettings settings_;
    std::size_t members_ = 0;
    std::size_t classes_ = 2;
    std::vector<double> weights_;  // [regimes or 1, members]
    std::vector<double> overall_;  // regimes: of all rows, for those never seen
    std::vector<double> biases_;   // stacking: [classes]
    std::vector<double> losses_;   // online: [members], log loss so far, by half-lives
};

}  // namespace tradewind::ml
