// SPDX-License-Identifier: Apache-2.0
#include "monitor/overfitting.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/assert.hpp"
#include "measures/distributions.hpp"
#include "measures/moments.hpp"

namespace tradewind::monitor {
namespace {

/// A sum of squared deviations under this share of the sum of squares is rounding noise: the
/// returns are constant.
constexpr double kNoise = 1e-12;
/// Adding and taking away blocks leaves rounding behind; the sums are made afresh this often.
constexpr std::size_t kRefresh = 256;

using Mask = std::uint32_t;

/// Subsets of k of n elements in revolving-door order (Knuth, "The art of computer programming"
/// 4A, section 7.2.1.3): each differs from the one before by one element out and one in.
void revolving_door(unsigned n, unsigned k, Mask above, bool backwards, std::vector<Mask>& out) {
    if (k == 0 || k == n) {
        out.push_back(above | ((Mask{1} << k) - 1));
        return;
    }
    const Mask with_last = above | (Mask{1} << (n - 1));
    if (backwards) {
        revolving_door(n - 1, k - 1, with_last, false, out);
        revolving_door(n - 1, k, above, true, out);
    } else {
        revolving_door(n - 1, k, above, false, out);
        revolving_door(n - 1, k - 1, with_last, true, out);
    }
}

/// Half of the combinations: those with block 0. The complements are the other half.
std::vector<Mask> halves(std::size_t blocks) {
    std::vector<Mask> out;
    const auto n = static_cast<unsigned>(blocks);
    revolving_door(n - 1, n / 2 - 1, 0, false, out);
    for (Mask& mask : out) mask = (mask << 1U) | 1U;
    return out;
}

/// Sum and sum of squares of every trial over some blocks.
struct Sums {
    std::vector<double> sum;
    std::vector<double> squares;
};

/// A one-period Sharpe ratio's order: sum |sum| / (sum of squared deviations) rises with it and
/// needs no root. 0 where the returns are constant.
double order_of(double sum, double squares, double periods) {
    const double deviations = squares - sum * sum / periods;
    return deviations > kNoise * squares ? sum * std::abs(sum) / deviations : 0.0;
}

/// Back from the order to the ratio of a sample of so many periods.
double sharpe_of(double order, double periods) {
    // order = sum |sum| / deviations; sharpe = (sum / n) / sqrt(deviations / (n - 1)).
    return std::copysign(std::sqrt(std::abs(order) * (periods - 1)) / periods, order);
}

struct Place {
    double worse = 0;
    double equal = 0;  ///< itself included
};

Place place_among(std::span<const double> orders, double order) {
    std::size_t worse = 0;
    std::size_t equal = 0;
    for (const double one : orders) {
        worse += one < order ? 1U : 0U;
        equal += one == order ? 1U : 0U;
    }
    return {.worse = static_cast<double>(worse), .equal = static_cast<double>(equal)};
}

/// Least squares of y on x.
class Line {
public:
    Line(std::span<const double> x, std::span<const double> y) {
        const auto n = static_cast<double>(x.size());
        for (const double one : x) mean_x_ += one / n;
        for (const double one : y) mean_y_ += one / n;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double dx = x[i] - mean_x_;
            const double dy = y[i] - mean_y_;
            xx_ += dx * dx;
            xy_ += dx * dy;
            yy_ += dy * dy;
        }
    }
    void put_into(Overfitting& out) const {
        out.mean_in_sample = mean_x_;
        out.mean_out_of_sample = mean_y_;
        if (!(xx_ > 0)) return;
        out.degradation_slope = xy_ / xx_;
        out.degradation_intercept = mean_y_ - xy_ / xx_ * mean_x_;
        if (yy_ > 0) out.degradation_r2 = xy_ * xy_ / (xx_ * yy_);
    }

private:
    double mean_x_ = 0;
    double mean_y_ = 0;
    double xx_ = 0;
    double xy_ = 0;
    double yy_ = 0;
};

/// Walks the combinations with the trials' sums over the blocks in sample kept up to date.
class Walk {
public:
    /// `sums` and `squares` are [trial][block].
    Walk(std::span<const double> sums, std::span<const double> squares, std::size_t blocks,
         std::size_t block_periods)
        : trials_(sums.size() / blocks),
          blocks_(blocks),
          half_periods_(0.5 * static_cast<double>(blocks * block_periods)),
          by_block_{.sum = turned(sums), .squares = turned(squares)},
          in_{.sum = std::vector<double>(trials_), .squares = std::vector<double>(trials_)},
          all_(in_),
          order_in_(trials_),
          order_out_(trials_) {
        for (std::size_t block = 0; block < blocks_; ++block) add(all_, block, 1);
    }

    void run(Overfitting& out) {
        const std::vector<Mask> masks = halves(blocks_);
        for (std::size_t i = 0; i < masks.size(); ++i) {
            move_to(masks[i], i == 0 ? Mask{0} : masks[i - 1], i % kRefresh == 0);
            rate();
            choose(order_in_, order_out_, out);
            choose(order_out_, order_in_, out);
        }
    }

private:
    [[nodiscard]] std::vector<double> turned(std::span<const double> values) const {
        std::vector<double> out(values.size());
        for (std::size_t trial = 0; trial < trials_; ++trial) {
            for (std::size_t block = 0; block < blocks_; ++block) {
                out[block * trials_ + trial] = values[trial * blocks_ + block];
            }
        }
        return out;
    }

    void add(Sums& to, std::size_t block, double sign) const {
        const double* sum = by_block_.sum.data() + block * trials_;
        const double* squares = by_block_.squares.data() + block * trials_;
        for (std::size_t i = 0; i < trials_; ++i) to.sum[i] += sign * sum[i];
        for (std::size_t i = 0; i < trials_; ++i) to.squares[i] += sign * squares[i];
    }

    void move_to(Mask mask, Mask before, bool afresh) {
        if (afresh) {
            std::ranges::fill(in_.sum, 0.0);
            std::ranges::fill(in_.squares, 0.0);
            before = 0;
        }
        for (std::size_t block = 0; block < blocks_; ++block) {
            const Mask bit = Mask{1} << block;
            if ((mask & bit) == (before & bit)) continue;
            add(in_, block, (mask & bit) != 0 ? 1 : -1);
        }
    }

    void rate() {
        for (std::size_t i = 0; i < trials_; ++i) {
            order_in_[i] = order_of(in_.sum[i], in_.squares[i], half_periods_);
            order_out_[i] =
                order_of(all_.sum[i] - in_.sum[i], all_.squares[i] - in_.squares[i], half_periods_);
        }
    }

    void choose(std::span<const double> in, std::span<const double> out_of,
                Overfitting& out) const {
        const auto best = static_cast<std::size_t>(std::ranges::max_element(in) - in.begin());
        const Place place = place_among(out_of, out_of[best]);
        const double rank = 1 + place.worse + 0.5 * (place.equal - 1);
        const double relative = rank / static_cast<double>(trials_ + 1);
        out.logits.push_back(std::log(relative / (1 - relative)));
        out.in_sample.push_back(sharpe_of(in[best], half_periods_));
        out.out_of_sample.push_back(sharpe_of(out_of[best], half_periods_));
    }

    std::size_t trials_;
    std::size_t blocks_;
    double half_periods_;
    Sums by_block_;  ///< [block][trial]
    Sums in_;
    Sums all_;
    std::vector<double> order_in_;
    std::vector<double> order_out_;
};

double share(std::span<const double> values, bool (*holds)(double)) {
    return static_cast<double>(std::ranges::count_if(values, holds)) /
           static_cast<double>(values.size());
}

/// Eight running sums, so that the loop is one of vectors: the language fixes the order of a sum.
double dot(const double* a, const double* b, std::size_t n) {
    constexpr std::size_t kLanes = 8;
    std::array<double, kLanes> sums{};
    std::size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
    }
    double out = 0;
    for (; i < n; ++i) out += a[i] * b[i];
    for (const double sum : sums) out += sum;
    return out;
}

struct Rows {
    std::vector<double> values;
    std::size_t rows = 0;
    std::size_t columns = 0;
};

/// Rows of mean 0 and length 1; constant ones are left out.
Rows unit_rows(const ReturnMatrix& returns) {
    Rows out{.values = {}, .rows = 0, .columns = returns.periods};
    for (std::size_t trial = 0; trial < returns.trials; ++trial) {
        const auto row = returns.row(trial);
        const auto deviation = measures::sample_deviation(row);
        if (!deviation || *deviation == 0) continue;
        const double centre = *measures::mean(row);
        const double length = *deviation * std::sqrt(static_cast<double>(row.size() - 1));
        for (const double value : row) out.values.push_back((value - centre) / length);
        ++out.rows;
    }
    return out;
}

Rows turned(const Rows& in) {
    Rows out{
        .values = std::vector<double>(in.values.size()), .rows = in.columns, .columns = in.rows};
    for (std::size_t row = 0; row < in.rows; ++row) {
        for (std::size_t column = 0; column < in.columns; ++column) {
            out.values[column * in.rows + row] = in.values[row * in.columns + column];
        }
    }
    return out;
}

/// Sum of the squares of all products of two rows. That of the columns' is the same number, so the
/// smaller side is taken.
double sum_of_squared_products(const Rows& in) {
    constexpr std::size_t kTile = 16;  // rows that stay in the cache while the others pass
    double out = 0;
    for (std::size_t tile = 0; tile < in.rows; tile += kTile) {
        const std::size_t end = std::min(tile + kTile, in.rows);
        for (std::size_t j = tile; j < in.rows; ++j) {
            const double* other = in.values.data() + j * in.columns;
            for (std::size_t i = tile; i < std::min(end, j + 1); ++i) {
                const double product = dot(in.values.data() + i * in.columns, other, in.columns);
                out += (i == j ? 1 : 2) * product * product;
            }
        }
    }
    return out;
}

}  // namespace

CrossValidation::CrossValidation(std::size_t periods, std::size_t blocks)
    : periods_(periods), blocks_(blocks) {
    ASSERT(blocks >= 2 && blocks <= kBlocksMax && blocks % 2 == 0 && blocks <= periods);
}

void CrossValidation::add(std::span<const double> returns) {
    ASSERT(returns.size() == periods_);
    const std::size_t block_periods = periods_ / blocks_;
    returns = returns.last(block_periods * blocks_);
    for (std::size_t block = 0; block < blocks_; ++block) {
        const auto part = returns.subspan(block * block_periods, block_periods);
        double sum = 0;
        double squares = 0;
        for (const double one : part) {
            sum += one;
            squares += one * one;
        }
        sums_.push_back(sum);
        squares_.push_back(squares);
    }
    ++trials_;
}

std::optional<Overfitting> CrossValidation::evaluate() const {
    if (trials_ < 2) return std::nullopt;
    const std::size_t block_periods = periods_ / blocks_;
    Overfitting out{.trials = trials_, .blocks = blocks_, .periods = block_periods * blocks_};
    Walk{sums_, squares_, blocks_, block_periods}.run(out);
    out.combinations = out.logits.size();
    out.pbo = share(out.logits, [](double logit) { return logit <= 0; });
    out.probability_of_loss = share(out.out_of_sample, [](double sharpe) { return sharpe < 0; });
    Line{out.in_sample, out.out_of_sample}.put_into(out);
    return out;
}

std::optional<double> deflated_sharpe(const SharpeSample& sample, const Trials& trials) {
    const auto threshold = expected_maximum_sharpe(trials);
    return threshold ? probabilistic_sharpe(sample, *threshold) : std::nullopt;
}

std::optional<double> minimum_track_record(const SharpeSample& sample, double threshold,
                                           double confidence) {
    ASSERT(confidence > 0 && confidence < 1);
    const double above = sample.sharpe - threshold;
    const double variance =
        1 - sample.skew * sample.sharpe + (sample.kurtosis - 1) / 4 * sample.sharpe * sample.sharpe;
    if (!(above > 0) || !(variance > 0)) return std::nullopt;
    const double z = measures::normal_quantile(confidence) / above;
    return 1 + variance * z * z;
}

std::optional<double> minimum_backtest_years(std::uint64_t trials, double sharpe_annual) {
    const auto best = expected_maximum_sharpe({.count = trials, .sharpe_variance = 1});
    if (!best || !(sharpe_annual > 0)) return std::nullopt;
    return *best * *best / (sharpe_annual * sharpe_annual);
}

std::optional<EffectiveTrials> effective_trials(const ReturnMatrix& returns) {
    ASSERT(returns.values.size() == returns.trials * returns.periods);
    constexpr std::size_t kPeriodsMin = 4;
    if (returns.periods < kPeriodsMin) return std::nullopt;
    const Rows rows = unit_rows(returns);
    if (rows.rows < 2) return std::nullopt;
    const auto m = static_cast<double>(rows.rows);
    const double pairs = m * (m - 1);

    std::vector<double> total(rows.columns, 0.0);
    for (std::size_t i = 0; i < rows.values.size(); ++i) {
        total[i % rows.columns] += rows.values[i];
    }
    EffectiveTrials out{.trials = rows.rows};
    out.mean_correlation = (dot(total.data(), total.data(), total.size()) - m) / pairs;
    out.by_mean_correlation =
        std::clamp(out.mean_correlation + (1 - out.mean_correlation) * m, 1.0, m);

    const double squared =
        sum_of_squared_products(rows.rows > rows.columns ? turned(rows) : rows) - m;
    const double by_chance = (pairs - squared) / static_cast<double>(returns.periods - 2);
    out.by_eigenvalues = m * m / (m + std::max(squared - by_chance, 0.0));
    return out;
}

}  // namespace tradewind::monitor
