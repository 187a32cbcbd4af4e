// SPDX-License-Identifier: Apache-2.0
#include "ml/voting.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "ml/json_fields.hpp"
#include "ml/softmin.hpp"

namespace tradewind::ml {
namespace {

constexpr std::array<std::string_view, 5> kNames{"equal", "weighted", "stacking", "online",
                                                 "regimes"};
constexpr double kProbabilityMin = std::numeric_limits<double>::epsilon();
constexpr std::size_t kMembersMax = 1024;
constexpr std::size_t kRegimesMax = 4096;
constexpr double kWeightMax = 1e9;

double held(double p) { return std::clamp(p, kProbabilityMin, 1 - kProbabilityMin); }

std::span<const double> row_of(const VoteRows& rows, std::size_t i) {
    const std::size_t n = rows.members * rows.classes;
    return rows.probabilities.subspan(i * n, n);
}

double weight_at(const VoteRows& rows, std::size_t i) {
    return rows.weights.empty() ? 1.0 : rows.weights[i];
}

double p_of(const VoteRows& rows, std::size_t i, std::size_t member) {
    return held(row_of(rows, i)[member * rows.classes + rows.truth[i]]);
}

std::vector<double> equal_weights(std::size_t members) {
    return std::vector<double>(members, 1.0 / static_cast<double>(members));
}

/// In proportion to 1 / log loss.
std::vector<double> inverse_losses(const VoteRows& rows) {
    std::vector<double> out(rows.members);
    for (std::size_t m = 0; m < rows.members; ++m) {
        double loss = 0, weight = 0;
        for (std::size_t i = 0; i < rows.truth.size(); ++i) {
            loss -= weight_at(rows, i) * std::log(p_of(rows, i, m));
            weight += weight_at(rows, i);
        }
        out[m] = 1 / std::max(loss / weight, kProbabilityMin);
    }
    const double sum = std::accumulate(out.begin(), out.end(), 0.0);
    for (double& w : out) w /= sum;
    return out;
}

/// Weights of the mean with the least log loss over some rows; equal ones count as `prior` rows.
std::vector<double> pooled(const VoteRows& rows, std::span<const std::size_t> which, double prior) {
    constexpr int kRoundsMax = 500;
    std::vector<double> out = equal_weights(rows.members);
    std::vector<double> next(rows.members);
    for (int round = 0; round < kRoundsMax; ++round) {
        std::fill(next.begin(), next.end(), prior / static_cast<double>(rows.members));
        double total = prior;
        for (const std::size_t i : which) {
            double mean = 0;
            for (std::size_t m = 0; m < rows.members; ++m) mean += out[m] * p_of(rows, i, m);
            const double w = weight_at(rows, i);
            for (std::size_t m = 0; m < rows.members; ++m) {
                next[m] += w * out[m] * p_of(rows, i, m) / mean;
            }
            total += w;
        }
        double moved = 0;
        for (std::size_t m = 0; m < rows.members; ++m) {
            next[m] = total > 0 ? next[m] / total : out[m];
            moved = std::max(moved, std::abs(next[m] - out[m]));
        }
        std::swap(out, next);
        if (moved < 1e-12) break;
    }
    return out;
}

/// The stacking problem: parameters are the members' weights, then the biases of classes from 1 on.
class Stacking {
public:
    Stacking(const VoteRows& rows, const VotingSettings& settings)
        : rows_(rows), settings_(settings), size_(rows.members + rows.classes - 1) {
        for (std::size_t i = 0; i < rows.truth.size(); ++i) {
            for (const double p : row_of(rows, i)) logs_.push_back(std::log(held(p)));
        }
    }

    [[nodiscard]] std::vector<double> solve() {
        std::vector<double> at(size_);
        std::fill_n(at.begin(), rows_.members, 1.0 / static_cast<double>(rows_.members));
        constexpr int kStepsMax = 200;
        double loss = look(at);
        for (int i = 0; i < kStepsMax && step(at, loss); ++i) loss = look(at);
        return at;
    }

private:
    [[nodiscard]] double log_at(std::size_t row, std::size_t member, std::size_t c) const {
        return logs_[(row * rows_.members + member) * rows_.classes + c];
    }
    /// Into `chances`: the probabilities of a row. Returns the log loss.
    double chances_of(std::span<const double> at, std::size_t row,
                      std::span<double> chances) const {
        for (std::size_t c = 0; c < rows_.classes; ++c) {
            chances[c] = c == 0 ? 0 : at[rows_.members + c - 1];
            for (std::size_t m = 0; m < rows_.members; ++m) chances[c] += at[m] * log_at(row, m, c);
        }
        const double top = *std::max_element(chances.begin(), chances.end());
        const double came = chances[rows_.truth[row]];
        double sum = 0;
        for (double& z : chances) sum += z = std::exp(z - top);
        for (double& z : chances) z /= sum;
        return std::log(sum) + top - came;
    }
    [[nodiscard]] double penalty(std::span<const double> at) const {
        double out = 0;
        for (std::size_t m = 0; m < rows_.members; ++m) {
            const double off = at[m] - 1.0 / static_cast<double>(rows_.members);
            out += settings_.l2 / 2 * off * off;
        }
        return out;
    }
    [[nodiscard]] double loss_at(std::span<const double> at) const {
        std::vector<double> chances(rows_.classes);
        double out = penalty(at);
        for (std::size_t i = 0; i < rows_.truth.size(); ++i) {
            out += weight_at(rows_, i) * chances_of(at, i, chances);
        }
        return out;
    }
    /// What of the row's class moves with parameter k.
    [[nodiscard]] double moves(std::size_t row, std::size_t k, std::size_t c) const {
        if (k < rows_.members) return log_at(row, k, c);
        return k - rows_.members + 1 == c ? 1 : 0;
    }

    /// Loss, gradient and curvature.
    double look(std::span<const double> at) {
        gradient_.assign(size_, 0);
        curvature_.assign(size_ * size_, 0);
        double loss = penalty(at);
        for (std::size_t m = 0; m < rows_.members; ++m) {
            gradient_[m] = settings_.l2 * (at[m] - 1.0 / static_cast<double>(rows_.members));
            curvature_[m * size_ + m] = settings_.l2;
        }
        std::vector<double> chances(rows_.classes), mean(size_);
        for (std::size_t i = 0; i < rows_.truth.size(); ++i) {
            loss += weight_at(rows_, i) * chances_of(at, i, chances);
            add_row(i, chances, mean);
        }
        // where nothing curves, as of members that are the same
        for (std::size_t k = 0; k < size_; ++k) curvature_[k * size_ + k] += 1e-9;
        return loss;
    }
    void add_row(std::size_t row, std::span<const double> chances, std::span<double> mean) {
        const double w = weight_at(rows_, row);
        std::fill(mean.begin(), mean.end(), 0.0);
        for (std::size_t k = 0; k < size_; ++k) {
            for (std::size_t c = 0; c < rows_.classes; ++c)
                mean[k] += chances[c] * moves(row, k, c);
            gradient_[k] += w * (mean[k] - moves(row, k, rows_.truth[row]));
        }
        for (std::size_t c = 0; c < rows_.classes; ++c) {
            for (std::size_t k = 0; k < size_; ++k) {
                const double off = w * chances[c] * (moves(row, k, c) - mean[k]);
                for (std::size_t j = 0; j <= k; ++j) {
                    curvature_[k * size_ + j] += off * (moves(row, j, c) - mean[j]);
                }
            }
        }
    }
    [[nodiscard]] bool is_stuck(std::span<const double> at, std::size_t k) const {
        return settings_.nonnegative && k < rows_.members && at[k] <= 0 && gradient_[k] > 0;
    }
    void project(std::span<double> at) const {
        if (!settings_.nonnegative) return;
        for (std::size_t m = 0; m < rows_.members; ++m) at[m] = std::max(at[m], 0.0);
    }

    /// One projected Newton step; false where there is no way down any more.
    [[nodiscard]] bool step(std::vector<double>& at, double loss) {
        std::vector<std::size_t> free;
        double steepest = 0;
        for (std::size_t k = 0; k < size_; ++k) {
            if (is_stuck(at, k)) continue;
            free.push_back(k);
            steepest = std::max(steepest, std::abs(gradient_[k]));
        }
        if (steepest < 1e-11 * static_cast<double>(rows_.truth.size())) return false;
        const std::vector<double> direction = newton(free);
        for (double length = 1; length > 1e-12; length /= 2) {
            std::vector<double> next = at;
            double falls = 0;
            for (std::size_t k = 0; k < size_; ++k) next[k] -= length * direction[k];
            project(next);
            for (std::size_t k = 0; k < size_; ++k) falls += gradient_[k] * (at[k] - next[k]);
            constexpr double kArmijo = 1e-4;
            if (!(falls > 0) || loss_at(next) > loss - kArmijo * falls) continue;
            at = std::move(next);
            return true;
        }
        return false;
    }
    /// Solves for the free parameters by Cholesky; 0 for the others.
    [[nodiscard]] std::vector<double> newton(std::span<const std::size_t> free) const {
        const std::size_t n = free.size();
        std::vector<double> l(n * n), x(n), out(size_);
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j <= i; ++j) {
                double sum = curvature_[free[i] * size_ + free[j]];
                for (std::size_t k = 0; k < j; ++k) sum -= l[i * n + k] * l[j * n + k];
                l[i * n + j] = i == j ? std::sqrt(std::max(sum, 1e-12)) : sum / l[j * n + j];
            }
        }
        for (std::size_t i = 0; i < n; ++i) {
            x[i] = gradient_[free[i]];
            for (std::size_t k = 0; k < i; ++k) x[i] -= l[i * n + k] * x[k];
            x[i] /= l[i * n + i];
        }
        for (std::size_t i = n; i-- > 0;) {
            for (std::size_t k = i + 1; k < n; ++k) x[i] -= l[k * n + i] * x[k];
            x[i] /= l[i * n + i];
            out[free[i]] = x[i];
        }
        return out;
    }

    const VoteRows& rows_;
    const VotingSettings& settings_;
    std::size_t size_;
    std::vector<double> logs_;                  // [rows, members, classes]
    std::vector<double> gradient_, curvature_;  // the lower half
};

std::expected<void, std::string> check(const VotingSettings& s, const VoteRows& rows) {
    const std::size_t n = rows.truth.size();
    ASSERT(rows.members > 0 && rows.classes >= 2);
    ASSERT(rows.probabilities.size() == n * rows.members * rows.classes);
    ASSERT(rows.weights.empty() || rows.weights.size() == n);
    ASSERT(rows.regimes.empty() || rows.regimes.size() == n);
    if (n == 0 && s.method != VotingMethod::equal) {
        return std::unexpected("there are no rows to fit votes on");
    }
    const auto is_number = [](double x) { return std::isfinite(x); };
    if (!std::all_of(rows.probabilities.begin(), rows.probabilities.end(), is_number)) {
        return std::unexpected("a member's probability is no number");
    }
    if (s.method != VotingMethod::regimes) return {};
    if (rows.regimes.empty()) return std::unexpected("votes by regime need the rows' regimes");
    if (*std::max_element(rows.regimes.begin(), rows.regimes.end()) >= kRegimesMax) {
        return std::unexpected("there are more regimes than votes can have");
    }
    return {};
}

Json json_of(const VotingSettings& settings) {
    return {{"method", to_string(settings.method)}, {"l2", settings.l2},
            {"nonnegative", settings.nonnegative},  {"rate", settings.rate},
            {"half_life", settings.half_life},      {"prior_rows", settings.prior_rows}};
}

std::expected<VotingSettings, std::string> read_settings(const Json& from) {
    VotingSettings out;
    const auto method = parse_voting_method(TRY(text_field(from, "method")));
    if (!method) return std::unexpected("method: it is no way to vote");
    out.method = *method;
    out.l2 = TRY(number_field(from, "l2"));
    out.nonnegative = TRY(flag_field(from, "nonnegative"));
    out.rate = TRY(number_field(from, "rate"));
    out.half_life = TRY(number_field(from, "half_life"));
    out.prior_rows = TRY(number_field(from, "prior_rows"));
    if (!(out.rate > 0 && out.rate <= 1)) return std::unexpected("rate: should be in (0, 1]");
    if (out.l2 < 0 || out.half_life < 0 || out.prior_rows < 0) {
        return std::unexpected("l2, half_life, prior_rows: should be 0 at least");
    }
    return out;
}

}  // namespace

std::string to_json(const VotingSettings& settings) { return json_of(settings).dump(); }

std::expected<VotingSettings, std::string> parse_voting_settings(std::string_view json) {
    return read_settings(TRY(parse_object(json)));
}

std::string_view to_string(VotingMethod method) { return kNames[static_cast<std::size_t>(method)]; }

std::optional<VotingMethod> parse_voting_method(std::string_view text) {
    const auto found = std::find(kNames.begin(), kNames.end(), text);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<VotingMethod>(found - kNames.begin());
}

Voting::Voting(std::size_t members, std::size_t classes)
    : members_(members), classes_(classes), weights_(equal_weights(members)) {
    ASSERT(members > 0 && classes >= 2);
}

std::expected<Voting, std::string> Voting::fit(const VotingSettings& settings,
                                               const VoteRows& rows) {
    TRY_VOID(check(settings, rows));
    Voting out{rows.members, rows.classes};
    out.settings_ = settings;
    switch (settings.method) {
        case VotingMethod::equal: break;
        case VotingMethod::weighted: out.weights_ = inverse_losses(rows); break;
        case VotingMethod::stacking: out.fit_stacking(rows); break;
        case VotingMethod::online: out.fit_online(rows); break;
        case VotingMethod::regimes: out.fit_regimes(rows); break;
    }
    return out;
}

void Voting::fit_stacking(const VoteRows& rows) {
    const std::vector<double> found = Stacking{rows, settings_}.solve();
    std::copy_n(found.begin(), members_, weights_.begin());
    biases_.assign(classes_, 0);
    std::copy(found.begin() + static_cast<std::ptrdiff_t>(members_), found.end(),
              biases_.begin() + 1);
}

void Voting::fit_online(const VoteRows& rows) {
    losses_.assign(members_, 0);
    for (std::size_t i = 0; i < rows.truth.size(); ++i) learn(row_of(rows, i), rows.truth[i]);
}

void Voting::fit_regimes(const VoteRows& rows) {
    std::vector<std::size_t> all(rows.truth.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    overall_ = pooled(rows, all, settings_.prior_rows);
    const std::size_t regimes = *std::max_element(rows.regimes.begin(), rows.regimes.end()) + 1;
    weights_.clear();
    for (std::size_t r = 0; r < regimes; ++r) {
        std::vector<std::size_t> which;
        std::copy_if(all.begin(), all.end(), std::back_inserter(which),
                     [&](std::size_t i) { return rows.regimes[i] == r; });
        const auto found = which.empty() ? overall_ : pooled(rows, which, settings_.prior_rows);
        weights_.insert(weights_.end(), found.begin(), found.end());
    }
}

std::span<const double> Voting::weights(std::uint32_t regime) const {
    if (settings_.method != VotingMethod::regimes) return weights_;
    const std::size_t at = regime * members_;
    return at < weights_.size() ? std::span{weights_}.subspan(at, members_) : std::span{overall_};
}

void Voting::vote(std::span<const double> probabilities, std::uint32_t regime,
                  std::span<double> out, std::span<double> counts) const {
    ASSERT(probabilities.size() == members_ * classes_ && out.size() == classes_ &&
           counts.size() == members_);
    const bool stacks = settings_.method == VotingMethod::stacking;
    const std::span<const double> w = weights(regime);
    double total = 0, sum = 0;
    for (const double one : w) total += std::abs(one);
    for (std::size_t m = 0; m < members_; ++m) {
        counts[m] = total > 0 ? std::abs(w[m]) / total : 1 / static_cast<double>(members_);
    }
    for (std::size_t c = 0; c < classes_; ++c) {
        out[c] = stacks ? biases_[c] : 0;
        for (std::size_t m = 0; m < members_; ++m) {
            const double p = probabilities[m * classes_ + c];
            out[c] += w[m] * (stacks ? std::log(held(p)) : p);
        }
    }
    if (stacks) {
        const double top = *std::max_element(out.begin(), out.end());
        for (double& z : out) z = std::exp(z - top);
    }
    for (const double p : out) sum += p;
    for (double& p : out) p = sum > 0 ? p / sum : 1 / static_cast<double>(classes_);
}

void Voting::learn(std::span<const double> probabilities, std::uint32_t truth) {
    ASSERT(probabilities.size() == members_ * classes_ && truth < classes_);
    if (settings_.method != VotingMethod::online) return;
    const double kept = settings_.half_life > 0 ? std::exp2(-1 / settings_.half_life) : 1;
    for (std::size_t m = 0; m < members_; ++m) {
        losses_[m] = kept * losses_[m] - std::log(held(probabilities[m * classes_ + truth]));
    }
    set_online_weights();
}

void Voting::set_online_weights() { softmin(losses_, settings_.rate, weights_); }

std::string Voting::to_json() const {
    Json out = json_of(settings_);
    out["members"] = members_;
    out["classes"] = classes_;
    out["weights"] = weights_;
    out["overall"] = overall_;
    out["biases"] = biases_;
    out["losses"] = losses_;
    return out.dump();
}

std::expected<Voting, std::string> Voting::parse(std::string_view json) {
    const Json from = TRY(parse_object(json));
    Voting out;
    out.settings_ = TRY(read_settings(from));
    out.members_ = TRY(count_field(from, "members", kMembersMax));
    out.classes_ = TRY(count_field(from, "classes", kClassesMax));
    if (out.members_ == 0) return std::unexpected("members: there are none");
    if (out.classes_ < 2) return std::unexpected("classes: should be 2 at least");
    out.weights_ = TRY(numbers_field(from, "weights"));
    out.overall_ = TRY(numbers_field(from, "overall"));
    out.biases_ = TRY(numbers_field(from, "biases"));
    out.losses_ = TRY(numbers_field(from, "losses"));
    const VotingMethod method = out.settings_.method;
    const bool by_regime = method == VotingMethod::regimes;
    const std::size_t n = out.weights_.size();
    if (by_regime ? n == 0 || n % out.members_ != 0 || n > out.members_ * kRegimesMax
                  : n != out.members_) {
        return std::unexpected("weights: not one a member");
    }
    const auto is_wrong = [&](double w) {
        return std::abs(w) > kWeightMax || (w < 0 && method != VotingMethod::stacking);
    };
    for (const auto* all : {&out.weights_, &out.overall_, &out.biases_}) {
        if (std::any_of(all->begin(), all->end(), is_wrong)) {
            return std::unexpected("weights: one is below 0, or beyond any that could be fitted");
        }
    }
    if (out.overall_.size() != (by_regime ? out.members_ : 0)) {
        return std::unexpected("overall: not one a member");
    }
    if (out.biases_.size() != (method == VotingMethod::stacking ? out.classes_ : 0)) {
        return std::unexpected("biases: not one a class");
    }
    if (out.losses_.size() != (method == VotingMethod::online ? out.members_ : 0)) {
        return std::unexpected("losses: not one a member");
    }
    return out;
}

}  // namespace tradewind::ml
