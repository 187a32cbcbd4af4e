// SPDX-License-Identifier: Apache-2.0
// Tree-structured Parzen estimators: Bergstra, Bardenet, Bengio and Kegl, "Algorithms for
// hyper-parameter optimization", NIPS 24 (2011), section 4. The density is that of parzen.hpp.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "base/random.hpp"
#include "research/search/draw.hpp"
#include "research/search/parzen.hpp"
#include "research/search/sampler.hpp"

namespace tradewind::research {
namespace {

/// Candidates drawn from the good ones' density; the one where good / bad is largest is taken.
constexpr int kCandidates = 24;
constexpr int kCandidateDraws = 20 * kCandidates;  ///< with those that are not allowed
/// Tries for a point of a grid that was not tried before.
constexpr int kFreshTries = 16;
/// Points of a grid that may be walked through for one that was not tried.
constexpr std::uint64_t kWalkMax = 100'000;
constexpr double kGoodShare = 0.1;  ///< gamma of the paper, and no more than
constexpr double kGoodMax = 25;

class TpeSampler final : public Sampler {
public:
    TpeSampler(const SearchSpace& space, Allowed allowed, const TpeSettings& settings)
        : space_(space),
          allowed_(std::move(allowed)),
          settings_(settings),
          random_(settings.seed) {}

    std::vector<Point> propose() override {
        if (told_.empty()) return several(settings_.startup, [&] { return uniform(); });
        const Estimates estimates = estimate();
        return several(settings_.batch, [&] { return fresh(estimates); });
    }

    void learn(std::span<const Told> batch) override {
        told_.insert(told_.end(), batch.begin(), batch.end());
    }

    [[nodiscard]] bool needs_results() const override { return true; }

private:
    struct Estimates {
        Parzen good;
        Parzen bad;
    };

    template <typename Draw>
    std::vector<Point> several(std::size_t count, const Draw& draw) {
        std::vector<Point> out;
        while (out.size() < count) {
            std::optional<Point> point = draw();
            if (!point) return out;
            tried_.insert(*point);
            out.push_back(std::move(*point));
        }
        return out;
    }

    std::optional<Point> uniform() {
        return draw_fresh(
            [&] { return draw_allowed(allowed_, [&] { return draw_uniform(space_, random_); }); });
    }
    std::optional<Point> fresh(const Estimates& estimates) {
        return draw_fresh([&] { return most_promising(estimates); });
    }

    /// A point that was not tried before: where a few tries find none, the first one of the grid;
    /// of a grid too large to walk, and of a continuum, the last draw.
    template <typename Draw>
    std::optional<Point> draw_fresh(const Draw& draw) {
        std::optional<Point> out;
        for (int i = 0; i < kFreshTries; ++i) {
            out = draw();
            if (!out || !tried_.contains(*out)) return out;
        }
        if (const auto points = space_.points(); points && *points <= kWalkMax) {
            return first_untried(*points);
        }
        return out;
    }

    [[nodiscard]] std::optional<Point> first_untried(std::uint64_t points) const {
        for (std::uint64_t i = 0; i < points; ++i) {
            Point point = space_.at(i);
            if (!tried_.contains(point) && (!allowed_ || allowed_(point))) return point;
        }
        return std::nullopt;
    }

    [[nodiscard]] Estimates estimate() const {
        std::vector<std::size_t> order = best_first(told_);
        const auto good = static_cast<std::size_t>(
            std::min(std::ceil(kGoodShare * static_cast<double>(told_.size())), kGoodMax));
        // In the order in which they were observed: the estimator weighs the latest most.
        std::ranges::sort(std::span{order}.first(good));
        std::ranges::sort(std::span{order}.subspan(good));
        return {.good = Parzen{space_, points(std::span{order}.first(good))},
                .bad = Parzen{space_, points(std::span{order}.subspan(good))}};
    }

    [[nodiscard]] std::vector<Point> points(std::span<const std::size_t> which) const {
        std::vector<Point> out;
        for (const std::size_t i : which) out.push_back(told_[i].point);
        return out;
    }

    /// Of the candidates that the constraints allow; where they allow none, an even draw.
    std::optional<Point> most_promising(const Estimates& estimates) {
        std::optional<Point> best;
        double best_gain = -std::numeric_limits<double>::infinity();
        int candidates = 0;
        for (int i = 0; i < kCandidateDraws && candidates < kCandidates; ++i) {
            Point point = estimates.good.draw(random_);
            if (allowed_ && !allowed_(point)) continue;
            ++candidates;
            const double gain =
                estimates.good.log_density(point) - estimates.bad.log_density(point);
            if (gain <= best_gain) continue;
            best = std::move(point);
            best_gain = gain;
        }
        if (best) return best;
        return draw_allowed(allowed_, [&] { return draw_uniform(space_, random_); });
    }

    const SearchSpace& space_;
    Allowed allowed_;
    TpeSettings settings_;
    base::Random random_;
    std::vector<Told> told_;
    std::set<Point> tried_;
};

}  // namespace

std::unique_ptr<Sampler> make_tpe_sampler(const SearchSpace& space, Allowed allowed,
                                          const TpeSettings& settings) {
    return std::make_unique<TpeSampler>(space, std::move(allowed), settings);
}

}  // namespace tradewind::research
