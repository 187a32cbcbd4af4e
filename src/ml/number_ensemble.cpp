// SPDX-License-Identifier: Apache-2.0
#include "ml/number_ensemble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "ml/conformal.hpp"

namespace tradewind::ml {
namespace {

constexpr std::array<std::string_view, 3> kSenses{"plain", "simple_return", "log_return"};
constexpr double kPriorRows = 50;
/// Widths below this share of the middle one count as it.
constexpr double kWidthShareLeast = 0.05;

/// The rows [first, last).
NumberRows part_of(const NumberRows& rows, std::size_t first, std::size_t last) {
    const std::size_t each = rows.members * rows.scores(), n = last - first;
    NumberRows out = rows;
    out.said = rows.said.subspan(first * each, n * each);
    out.truth = rows.truth.subspan(first, n);
    if (!rows.regimes.empty()) out.regimes = rows.regimes.subspan(first, n);
    return out;
}

/// Level `k` of each row of [rows, scores].
std::vector<double> column_of(std::span<const double> scores, std::size_t each, std::size_t k) {
    std::vector<double> out;
    for (std::size_t i = k; i < scores.size(); i += each) out.push_back(scores[i]);
    return out;
}

std::vector<double> residuals_of(std::span<const double> truth, std::span<const double> said) {
    std::vector<double> out;
    for (std::size_t i = 0; i < truth.size(); ++i) out.push_back(truth[i] - said[i]);
    return out;
}

void make_ascend(std::span<double> quantiles) {
    for (std::size_t k = 1; k < quantiles.size(); ++k) {
        quantiles[k] = std::max(quantiles[k], quantiles[k - 1]);
    }
}

Shift as_it_is(std::size_t scores) { return {.slope = 1, .offsets = std::vector<double>(scores)}; }

Shift calibrate_member(const NumberSettings& settings, const NumberRows& rows, std::size_t member) {
    const std::size_t k = rows.scores();
    Shift out = as_it_is(k);
    if (!settings.calibrates) return out;
    std::vector<double> own;
    for (std::size_t i = 0; i < rows.truth.size(); ++i) {
        const auto one = rows.said.subspan((i * rows.members + member) * k, k);
        own.insert(own.end(), one.begin(), one.end());
    }
    if (rows.levels.empty()) {
        return shrunk_line(own, rows.truth, 0, kPriorRows * static_cast<double>(settings.overlap));
    }
    for (std::size_t level = 0; level < k; ++level) {
        out.offsets[level] =
            quantile_of(residuals_of(rows.truth, column_of(own, k, level)), rows.levels[level]);
    }
    return out;
}

void apply_members(const NumberParts& parts, std::span<double> said) {
    const std::size_t k = parts.voting.scores();
    for (std::size_t m = 0; m < parts.members.size(); ++m) {
        const std::span<double> one = said.subspan(m * k, k);
        parts.members[m].apply(one);
        make_ascend(one);
    }
}

std::vector<double> calibrated_by(const NumberParts& parts, const NumberRows& rows) {
    std::vector<double> out{rows.said.begin(), rows.said.end()};
    const std::size_t each = rows.members * rows.scores();
    for (std::size_t i = 0; i < out.size(); i += each) {
        for (std::size_t m = 0; m < rows.members; ++m) {
            const auto one = std::span{out}.subspan(i + m * rows.scores(), rows.scores());
            parts.members[m].apply(one);
            make_ascend(one);
        }
    }
    return out;
}

/// What the votes say of the rows to come, [rows, scores], learning from each after it was said.
std::vector<double> votes_on(NumberParts& parts, const NumberRows& rows) {
    const std::vector<double> said = calibrated_by(parts, rows);
    const std::size_t k = rows.scores(), each = rows.members * k;
    std::vector<double> out(rows.truth.size() * k);
    for (std::size_t i = 0; i < rows.truth.size(); ++i) {
        const auto row = std::span{said}.subspan(i * each, each);
        parts.voting.vote(row, rows.regimes.empty() ? 0 : rows.regimes[i],
                          std::span{out}.subspan(i * k, k));
        parts.voting.learn(row, rows.truth[i]);
    }
    return out;
}

/// Moves each level and its mirror apart, or together, until so many labels lie between them; the
/// middle one until its share lies below. false: too few rows.
bool conformalize(const NumberRows& rows, std::span<const double> voted, Shift& out) {
    const std::size_t k = rows.levels.size();
    for (std::size_t low = 0, high = k - 1; low < high; ++low, --high) {
        const auto radius = quantile_radius({.low = column_of(voted, k, low),
                                             .high = column_of(voted, k, high),
                                             .truth = rows.truth},
                                            1 - (rows.levels[high] - rows.levels[low]));
        if (!radius) return false;
        out.offsets[low] = -*radius;
        out.offsets[high] = *radius;
    }
    if (k % 2 == 0) return true;
    const auto middle = column_of(voted, k, k / 2);
    out.offsets[k / 2] = quantile_of(residuals_of(rows.truth, middle), rows.levels[k / 2]);
    return true;
}

double width_of(std::span<const double> quantiles) { return quantiles.back() - quantiles.front(); }

/// All that the newer rows say of the votes.
bool fit_whole(const NumberSettings& settings, const NumberRows& rows, std::vector<double> voted,
               double interval_miss, NumberParts& out) {
    const std::size_t k = rows.scores(), n = rows.truth.size();
    const double prior = kPriorRows * static_cast<double>(settings.overlap);
    out.final_shift = as_it_is(k);
    if (!rows.levels.empty()) {
        if (!conformalize(rows, voted, out.final_shift)) return false;
    } else if (settings.calibrates) {
        out.final_shift = shrunk_line(voted, rows.truth, 1, prior);
    }
    std::vector<double> centres, widths;
    for (std::size_t i = 0; i < n; ++i) {
        const auto one = std::span{voted}.subspan(i * k, k);
        out.final_shift.apply(one);
        make_ascend(one);
        centres.push_back(centre_of(one, rows.levels));
        widths.push_back(rows.levels.empty() ? 1 : width_of(one));
    }
    if (!rows.levels.empty()) {
        out.mean_line = shrunk_line(centres, rows.truth, 1, prior);
        out.width_least = std::max(kWidthShareLeast * quantile_of(widths, 0.5), 1e-12);
    }
    std::vector<double> expected = centres, spread;
    double growth = 0;
    for (std::size_t i = 0; i < n; ++i) {
        out.mean_line.apply({&expected[i], 1});
        const double residual = rows.truth[i] - expected[i];
        growth += std::exp(residual) / static_cast<double>(n);
        spread.push_back(residual / std::max(widths[i], out.width_least));
    }
    if (settings.sense == NumberSense::log_return) out.growth = std::log(growth);
    if (rows.levels.empty()) {
        const auto radius = residual_radius(expected, rows.truth, interval_miss);
        if (!radius) return false;
        out.radius = *radius;
    }
    out.spread = ResidualSpread{std::move(spread)};
    return true;
}

}  // namespace

std::string_view to_string(NumberSense sense) { return kSenses[static_cast<std::size_t>(sense)]; }

std::optional<NumberSense> parse_number_sense(std::string_view text) {
    const auto found = std::find(kSenses.begin(), kSenses.end(), text);
    if (found == kSenses.end()) return std::nullopt;
    return static_cast<NumberSense>(found - kSenses.begin());
}

void Shift::apply(std::span<double> scores) const {
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = slope * scores[i] + offsets[i];
}

Shift shrunk_line(std::span<const double> x, std::span<const double> y, double prior_slope,
                  double prior_rows) {
    ASSERT(!x.empty() && x.size() == y.size());
    const auto n = static_cast<double>(x.size());
    const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
    const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
    double xx = 0, xy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    const double prior = xx * prior_rows / n;
    const double slope = xx > 0 ? std::max(0.0, (xy + prior * prior_slope) / (xx + prior)) : 0;
    return {.slope = slope, .offsets = {mean_y - slope * mean_x}};
}

double quantile_of(std::vector<double> values, double q) {
    ASSERT(!values.empty() && q >= 0 && q <= 1);
    std::sort(values.begin(), values.end());
    const double place = q * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

double centre_of(std::span<const double> scores, std::span<const double> levels) {
    if (levels.empty()) return scores.front();
    double out = 0, from = 0;
    for (std::size_t k = 0; k < levels.size(); ++k) {
        const double to = k + 1 < levels.size() ? (levels[k] + levels[k + 1]) / 2 : 1;
        out += (to - from) * scores[k];
        from = to;
    }
    return out;
}

ResidualSpread::ResidualSpread(std::vector<double> residuals) : points_(std::move(residuals)) {
    std::sort(points_.begin(), points_.end());
    if (points_.size() <= kPointsMax) return;
    std::vector<double> thinned;
    for (std::size_t i = 1; i <= kPointsMax; ++i) {
        thinned.push_back(quantile_of(points_, static_cast<double>(i) / (kPointsMax + 1.0)));
    }
    points_ = std::move(thinned);
}

std::optional<ResidualSpread> ResidualSpread::of_points(std::vector<double> points) {
    const bool fits = !points.empty() && points.size() <= kPointsMax &&
                      std::is_sorted(points.begin(), points.end());
    if (!fits) return std::nullopt;
    ResidualSpread out;
    out.points_ = std::move(points);
    return out;
}

double ResidualSpread::below(double x) const {
    const auto above = std::upper_bound(points_.begin(), points_.end(), x);
    const auto rank = static_cast<double>(above - points_.begin());
    const auto n = static_cast<double>(points_.size());
    if (above == points_.begin()) return 0.5 / (n + 1);
    if (above == points_.end()) return (n + 0.5) / (n + 1);
    const double low = *(above - 1), high = *above;
    return (rank + (x - low) / (high - low)) / (n + 1);
}

std::expected<FittedNumbers, std::string> fit_numbers(const NumberSettings& settings,
                                                      const NumberRows& rows) {
    const std::size_t n = rows.truth.size();
    ASSERT(rows.members > 0 && rows.said.size() == n * rows.members * rows.scores());
    ASSERT(settings.fit_share > 0 && settings.fit_share < 1);
    if (rows.levels.size() == 1) {
        return std::unexpected("one quantile makes no interval: ask for two at least");
    }
    const auto too_few = [&] {
        return std::unexpected(fmt::format(
            "{} rows that the members have not seen are too few to fit an ensemble on", n));
    };
    const auto older = static_cast<std::size_t>(static_cast<double>(n) * settings.fit_share);
    if (older < 2 || n - older < 2) return too_few();
    const NumberRows first = part_of(rows, 0, older), rest = part_of(rows, older, n);
    FittedNumbers out;
    out.interval_miss = rows.levels.empty() ? settings.interval_miss
                                            : 1 - (rows.levels.back() - rows.levels.front());
    out.parts.sense = settings.sense;
    out.parts.unsure_miss = settings.unsure_miss;
    for (std::size_t m = 0; m < rows.members; ++m) {
        out.parts.members.push_back(calibrate_member(settings, first, m));
    }
    NumberRows fitted = first;
    const std::vector<double> calibrated = calibrated_by(out.parts, first);
    fitted.said = calibrated;
    out.parts.voting = TRY(NumberVoting::fit(settings.voting, fitted));
    const std::vector<double> voted = votes_on(out.parts, rest);
    if (!fit_whole(settings, rest, voted, out.interval_miss, out.parts)) return too_few();
    const double least = *std::min_element(rows.truth.begin(), rows.truth.end());
    if (settings.sense == NumberSense::plain && least > 0) out.parts.least = least;
    return out;
}

NumberCombiner::NumberCombiner(const NumberParts& parts, std::uint32_t horizon_rows)
    : parts_(parts),
      calibrated_(parts.members.size() * parts.voting.scores()),
      scores_(parts.voting.scores()),
      votes_(parts.members.size()) {
    const std::size_t k = scores_.size();
    ASSERT(!parts_.members.empty() && parts_.voting.members() == parts_.members.size());
    ASSERT(parts_.final_shift.offsets.size() == k && parts_.mean_line.offsets.size() == 1);
    for (const Shift& one : parts_.members) ASSERT(one.offsets.size() == k);
    ASSERT(!parts_.spread.points().empty());
    prediction_.horizon_rows = horizon_rows;
}

double NumberCombiner::width() const {
    return parts_.voting.levels().empty() ? 1 : std::max(width_of(scores_), parts_.width_least);
}

double NumberCombiner::low() const {
    return parts_.voting.levels().empty() ? expected_ - parts_.radius : scores_.front();
}

double NumberCombiner::high() const {
    return parts_.voting.levels().empty() ? expected_ + parts_.radius : scores_.back();
}

double NumberCombiner::as_return(double label) const {
    return parts_.sense == NumberSense::log_return ? std::expm1(label) : label;
}

/// A member's up and down: what it forecasts, spread as the ensemble's residuals are.
void NumberCombiner::tell_votes(std::uint32_t regime) {
    const std::size_t k = scores_.size();
    const auto weights = parts_.voting.weights(regime);
    const double each = width();
    for (std::size_t m = 0; m < votes_.size(); ++m) {
        votes_[m] = {.member = static_cast<std::uint32_t>(m), .weight = weights[m]};
        if (parts_.sense == NumberSense::plain) continue;
        const double centre = centre_of(std::span<const double>{calibrated_}.subspan(m * k, k),
                                        parts_.voting.levels());
        votes_[m].down = parts_.spread.below(-centre / each);
        votes_[m].up = 1 - votes_[m].down;
    }
}

const Prediction& NumberCombiner::combine(std::span<const double> said, std::uint32_t regime) {
    ASSERT(said.size() == calibrated_.size());
    std::copy(said.begin(), said.end(), calibrated_.begin());
    apply_members(parts_, calibrated_);
    parts_.voting.vote(calibrated_, regime, scores_);
    parts_.final_shift.apply(scores_);
    if (parts_.least) {
        for (double& one : scores_) one = std::max(one, *parts_.least);
    }
    make_ascend(scores_);
    expected_ = centre_of(scores_, parts_.voting.levels());
    parts_.mean_line.apply({&expected_, 1});
    if (parts_.least) expected_ = std::max(expected_, *parts_.least);
    tell_votes(regime);
    const double down = parts_.spread.below(-expected_ / width());
    up_ = 1 - down;
    prediction_ = Prediction{.horizon_rows = prediction_.horizon_rows, .votes = votes_};
    if (parts_.sense == NumberSense::plain) return prediction_;
    if (parts_.unsure_miss && std::min(up_, down) > *parts_.unsure_miss / 2) {
        prediction_.abstains = Abstention::unsure;
        return prediction_;
    }
    prediction_.up = up_;
    prediction_.down = down;
    prediction_.expected_return = as_return(expected_ + parts_.growth);
    prediction_.return_low = as_return(low());
    prediction_.return_high = as_return(high());
    return prediction_;
}

void NumberCombiner::learn(std::span<const double> calibrated, double came) {
    parts_.voting.learn(calibrated, came);
}

}  // namespace tradewind::ml
