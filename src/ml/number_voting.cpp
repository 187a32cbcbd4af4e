// SPDX-License-Identifier: Apache-2.0
#include "ml/number_voting.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "ml/json_fields.hpp"
#include "ml/softmin.hpp"

namespace tradewind::ml {
namespace {

constexpr std::size_t kMembersMax = 1024;
constexpr std::size_t kRegimesMax = 4096;
constexpr double kGradientMax = 10;
constexpr double kScaleLeast = 1e-300;

std::vector<double> alike(std::size_t members) {
    return std::vector<double>(members, 1.0 / static_cast<double>(members));
}

double pinball(double level, double error) { return std::max(level * error, (level - 1) * error); }

/// Of one row: the squared error, or the mean pinball loss; `forecast(k)` is that of level k.
template <typename Forecast>
double loss_of(std::span<const double> levels, double truth, const Forecast& forecast) {
    if (levels.empty()) return (truth - forecast(0)) * (truth - forecast(0));
    double out = 0;
    for (std::size_t k = 0; k < levels.size(); ++k) {
        out += pinball(levels[k], truth - forecast(k));
    }
    return out / static_cast<double>(levels.size());
}

double said_by(const NumberRows& rows, std::size_t row, std::size_t member, std::size_t k) {
    return rows.said[(row * rows.members + member) * rows.scores() + k];
}

double mean_of_members(const NumberRows& rows, std::size_t row, std::size_t k) {
    double out = 0;
    for (std::size_t m = 0; m < rows.members; ++m) out += said_by(rows, row, m, k);
    return out / static_cast<double>(rows.members);
}

/// The mean loss of equal weights.
double scale_of(const NumberRows& rows) {
    double out = 0;
    for (std::size_t i = 0; i < rows.truth.size(); ++i) {
        out += loss_of(rows.levels, rows.truth[i],
                       [&](std::size_t k) { return mean_of_members(rows, i, k); });
    }
    return std::max(out / static_cast<double>(rows.truth.size()), kScaleLeast);
}

std::vector<double> inverse_losses(const NumberRows& rows, double scale) {
    constexpr double kShareLeast = 1e-9;  // of a member that is never wrong
    std::vector<double> out(rows.members);
    for (std::size_t m = 0; m < rows.members; ++m) {
        double loss = 0;
        for (std::size_t i = 0; i < rows.truth.size(); ++i) {
            loss += loss_of(rows.levels, rows.truth[i],
                            [&](std::size_t k) { return said_by(rows, i, m, k); });
        }
        out[m] = 1 / std::max(loss / scale, kShareLeast);
    }
    const double sum = std::accumulate(out.begin(), out.end(), 0.0);
    for (double& w : out) w /= sum;
    return out;
}

/// A sum of squares in the members' weights: w'Aw / 2 - b'w.
struct Squares {
    std::vector<double> a;  ///< [members, members]
    std::vector<double> b;

    explicit Squares(std::size_t members) : a(members * members), b(members) {}
    /// weight / 2 x (target - sum of w_m forecast_m)^2 - pull x sum of w_m forecast_m
    void add(double weight, double target, double pull, std::span<const double> forecast) {
        const std::size_t n = b.size();
        for (std::size_t i = 0; i < n; ++i) {
            b[i] += (weight * target + pull) * forecast[i];
            for (std::size_t j = 0; j < n; ++j) {
                a[i * n + j] += weight * forecast[i] * forecast[j];
            }
        }
    }
    void add_pull_to_alike(double strength) {
        const std::size_t n = b.size();
        for (std::size_t i = 0; i < n; ++i) {
            a[i * n + i] += strength;
            b[i] += strength / static_cast<double>(n);
        }
    }
    [[nodiscard]] double slope(std::span<const double> at, std::size_t i) const {
        double out = -b[i];
        for (std::size_t j = 0; j < b.size(); ++j) out += a[i * b.size() + j] * at[j];
        return out;
    }
    /// Moves weight from j to i as far as it pays. How far.
    [[nodiscard]] double exchange(std::span<double> at, std::size_t i, std::size_t j) const {
        const std::size_t n = b.size();
        const double curvature = a[i * n + i] + a[j * n + j] - 2 * a[i * n + j];
        if (!(curvature > 0)) return 0;  // members that are the same
        const double step = std::clamp((slope(at, j) - slope(at, i)) / curvature, -at[i], at[j]);
        at[i] = std::max(0.0, at[i] + step);
        at[j] = std::max(0.0, at[j] - step);
        return std::abs(step);
    }
    /// The least over weights of 0 at least that sum to 1, two of them at a time.
    [[nodiscard]] std::vector<double> least() const {
        constexpr int kSweepsMax = 2000;
        std::vector<double> at = alike(b.size());
        for (int sweep = 0; sweep < kSweepsMax; ++sweep) {
            double moved = 0;
            for (std::size_t i = 1; i < at.size(); ++i) {
                for (std::size_t j = 0; j < i; ++j) moved = std::max(moved, exchange(at, i, j));
            }
            if (moved < 1e-12) break;
        }
        return at;
    }
};

/// The rows less the mean of the members, which any weights that sum to 1 leave as it is.
class Stacking {
public:
    Stacking(const NumberRows& rows, double scale) : rows_(rows), scale_(scale) {
        const std::size_t k = rows.scores();
        for (std::size_t i = 0; i < rows.truth.size() * k; ++i) {
            const double mean = mean_of_members(rows, i / k, i % k);
            target_.push_back(rows.truth[i / k] - mean);
            for (std::size_t m = 0; m < rows.members; ++m) {
                forecast_.push_back(said_by(rows, i / k, m, i % k) - mean);
            }
        }
    }

    /// `strength`: of the pull to equal weights.
    [[nodiscard]] std::vector<double> solve(std::span<const std::size_t> which,
                                            double strength) const {
        if (rows_.levels.empty()) {
            Squares squares{rows_.members};
            for (const std::size_t i : which) {
                squares.add(1 / scale_, target_[i], 0, forecast_of(i));
            }
            squares.add_pull_to_alike(strength);
            return squares.least();
        }
        constexpr int kRoundsMax = 200;
        std::vector<double> at = alike(rows_.members);
        for (int round = 0; round < kRoundsMax; ++round) {
            const std::vector<double> next = majorised(which, strength, at).least();
            double moved = 0;
            for (std::size_t m = 0; m < at.size(); ++m) {
                moved = std::max(moved, std::abs(next[m] - at[m]));
            }
            at = next;
            if (moved < 1e-9) break;
        }
        return at;
    }
    /// Mean over rows and members of what equal weights curve by, beside the pull.
    [[nodiscard]] double curvature() const {
        double out = 0;
        for (const double x : forecast_) out += x * x;
        const double n = static_cast<double>(std::max<std::size_t>(1, forecast_.size()));
        return out / n / (rows_.levels.empty() ? scale_ : scale_ * scale_);
    }

private:
    [[nodiscard]] std::span<const double> forecast_of(std::size_t i) const {
        return std::span{forecast_}.subspan(i * rows_.members, rows_.members);
    }
    /// Squares that touch the pinball loss at these weights and are nowhere below it, but for
    /// errors of less than a thousandth of the scale.
    [[nodiscard]] Squares majorised(std::span<const std::size_t> which, double strength,
                                    std::span<const double> at) const {
        const std::size_t levels = rows_.levels.size();
        const double each = 1 / (scale_ * static_cast<double>(levels));
        Squares out{rows_.members};
        for (const std::size_t row : which) {
            for (std::size_t k = 0; k < levels; ++k) {
                const std::size_t i = row * levels + k;
                const auto forecast = forecast_of(i);
                const double error =
                    target_[i] -
                    std::inner_product(forecast.begin(), forecast.end(), at.begin(), 0.0);
                const double weight = 0.5 / (1e-3 * scale_ + std::abs(error));
                out.add(each * weight, target_[i], each * (rows_.levels[k] - 0.5), forecast);
            }
        }
        out.add_pull_to_alike(strength);
        return out;
    }

    const NumberRows& rows_;
    double scale_;
    std::vector<double> target_;    // [rows, scores]
    std::vector<double> forecast_;  // [rows, scores, members]
};

std::vector<std::size_t> all_of(const NumberRows& rows) {
    std::vector<std::size_t> out(rows.truth.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    return out;
}

std::expected<void, std::string> check(const VotingSettings& s, const NumberRows& rows) {
    const std::size_t n = rows.truth.size();
    ASSERT(rows.members > 0 && rows.said.size() == n * rows.members * rows.scores());
    ASSERT(rows.regimes.empty() || rows.regimes.size() == n);
    if (n == 0 && s.method != VotingMethod::equal) {
        return std::unexpected("there are no rows to fit votes on");
    }
    const auto is_number = [](double x) { return std::isfinite(x); };
    if (!std::all_of(rows.said.begin(), rows.said.end(), is_number) ||
        !std::all_of(rows.truth.begin(), rows.truth.end(), is_number)) {
        return std::unexpected("a member's forecast, or what came, is no number");
    }
    if (s.method != VotingMethod::regimes) return {};
    if (rows.regimes.empty()) return std::unexpected("votes by regime need the rows' regimes");
    if (*std::max_element(rows.regimes.begin(), rows.regimes.end()) >= kRegimesMax) {
        return std::unexpected("there are more regimes than votes can have");
    }
    return {};
}

}  // namespace

NumberVoting::NumberVoting(std::size_t members, std::vector<double> levels)
    : members_(members), levels_(std::move(levels)), weights_(alike(members)) {
    ASSERT(members > 0);
}

std::expected<NumberVoting, std::string> NumberVoting::fit(const VotingSettings& settings,
                                                           const NumberRows& rows) {
    TRY_VOID(check(settings, rows));
    NumberVoting out{rows.members, {rows.levels.begin(), rows.levels.end()}};
    out.settings_ = settings;
    if (!rows.truth.empty()) out.scale_ = scale_of(rows);
    switch (settings.method) {
        case VotingMethod::equal: break;
        case VotingMethod::weighted: out.weights_ = inverse_losses(rows, out.scale_); break;
        case VotingMethod::stacking:
            out.weights_ = Stacking{rows, out.scale_}.solve(all_of(rows), settings.l2);
            break;
        case VotingMethod::regimes: out.fit_regimes(rows); break;
        case VotingMethod::online: {
            out.gradients_.assign(rows.members, 0);
            const std::size_t each = rows.members * rows.scores();
            for (std::size_t i = 0; i < rows.truth.size(); ++i) {
                out.learn(rows.said.subspan(i * each, each), rows.truth[i]);
            }
            break;
        }
    }
    return out;
}

void NumberVoting::fit_regimes(const NumberRows& rows) {
    const std::vector<std::size_t> all = all_of(rows);
    const Stacking stacking{rows, scale_};
    const double strength =
        settings_.prior_rows * stacking.curvature() + std::numeric_limits<double>::epsilon();
    overall_ = stacking.solve(all, strength);
    const std::size_t regimes = *std::max_element(rows.regimes.begin(), rows.regimes.end()) + 1;
    weights_.clear();
    for (std::size_t r = 0; r < regimes; ++r) {
        std::vector<std::size_t> which;
        std::copy_if(all.begin(), all.end(), std::back_inserter(which),
                     [&](std::size_t i) { return rows.regimes[i] == r; });
        const auto found = which.empty() ? overall_ : stacking.solve(which, strength);
        weights_.insert(weights_.end(), found.begin(), found.end());
    }
}

std::span<const double> NumberVoting::weights(std::uint32_t regime) const {
    if (settings_.method != VotingMethod::regimes) return weights_;
    const std::size_t at = regime * members_;
    return at < weights_.size() ? std::span{weights_}.subspan(at, members_) : std::span{overall_};
}

void NumberVoting::vote(std::span<const double> said, std::uint32_t regime,
                        std::span<double> out) const {
    const std::size_t k = scores();
    ASSERT(said.size() == members_ * k && out.size() == k);
    const std::span<const double> w = weights(regime);
    std::fill(out.begin(), out.end(), 0.0);
    for (std::size_t m = 0; m < members_; ++m) {
        for (std::size_t i = 0; i < k; ++i) out[i] += w[m] * said[m * k + i];
    }
}

void NumberVoting::learn(std::span<const double> said, double truth) {
    const std::size_t k = scores();
    ASSERT(said.size() == members_ * k);
    if (settings_.method != VotingMethod::online) return;
    const double kept = settings_.half_life > 0 ? std::exp2(-1 / settings_.half_life) : 1;
    for (double& g : gradients_) g *= kept;
    for (std::size_t i = 0; i < k; ++i) {
        double voted = 0;
        for (std::size_t m = 0; m < members_; ++m) voted += weights_[m] * said[m * k + i];
        // of half the squared error, or of the pinball loss
        const double slope =
            levels_.empty() ? voted - truth
                            : ((truth < voted ? 1.0 : 0.0) - levels_[i]) / static_cast<double>(k);
        for (std::size_t m = 0; m < members_; ++m) {
            const double gradient = slope * (said[m * k + i] - voted) / scale_;
            if (!std::isnan(gradient)) {
                gradients_[m] += std::clamp(gradient, -kGradientMax, kGradientMax);
            }
        }
    }
    softmin(gradients_, settings_.rate, weights_);
}

std::string NumberVoting::to_json() const {
    Json out = Json::parse(ml::to_json(settings_));
    out["members"] = members_;
    out["levels"] = levels_;
    out["weights"] = weights_;
    out["overall"] = overall_;
    out["gradients"] = gradients_;
    out["scale"] = scale_;
    return out.dump();
}

std::expected<NumberVoting, std::string> NumberVoting::parse(std::string_view json) {
    const Json from = TRY(parse_object(json));
    NumberVoting out;
    out.settings_ = TRY(parse_voting_settings(json));
    out.members_ = TRY(count_field(from, "members", kMembersMax));
    if (out.members_ == 0) return std::unexpected("members: there are none");
    out.levels_ = TRY(numbers_field(from, "levels"));
    if (out.levels_.size() > kClassesMax) return std::unexpected("levels: there are too many");
    out.weights_ = TRY(numbers_field(from, "weights"));
    out.overall_ = TRY(numbers_field(from, "overall"));
    out.gradients_ = TRY(numbers_field(from, "gradients"));
    out.scale_ = TRY(number_field(from, "scale"));
    const bool by_regime = out.settings_.method == VotingMethod::regimes;
    const std::size_t n = out.weights_.size();
    if (by_regime ? n == 0 || n % out.members_ != 0 || n > out.members_ * kRegimesMax
                  : n != out.members_) {
        return std::unexpected("weights: not one a member");
    }
    for (const auto* all : {&out.weights_, &out.overall_}) {
        if (std::any_of(all->begin(), all->end(), [](double w) { return w < 0 || w > 1; })) {
            return std::unexpected("weights: should be from 0 to 1");
        }
    }
    if (out.overall_.size() != (by_regime ? out.members_ : 0)) {
        return std::unexpected("overall: not one a member");
    }
    if (out.gradients_.size() !=
        (out.settings_.method == VotingMethod::online ? out.members_ : 0)) {
        return std::unexpected("gradients: not one a member");
    }
    if (!(out.scale_ > 0)) return std::unexpected("scale: should be above 0");
    return out;
}

}  // namespace tradewind::ml
