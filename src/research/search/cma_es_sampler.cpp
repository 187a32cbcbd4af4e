// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

#include "research/search/cma_es.hpp"
#include "research/search/draw.hpp"
#include "research/search/sampler.hpp"

namespace tradewind::research {
namespace {

constexpr double kSigma = 0.3;  ///< of the unit interval, at each start
/// Smallest deviation of a coordinate on a grid, in steps: one draw in ten leaves the value that
/// the mean stands on.
constexpr double kGridDeviation = 0.3;
/// Draws that fall outside the bounds are drawn again so often, then moved to the nearest bound.
constexpr int kBoundTries = 20;
/// Draws until one is allowed by the constraints; then an even draw over all that is allowed.
constexpr int kAllowedTries = 1000;
constexpr std::size_t kLambdaMax = 1024;
/// A run whose best values differ by less than this (relative) has come to rest.
constexpr double kFlat = 1e-12;

/// CMA-ES on the unit intervals of the dimensions that have more than one value. When a run comes
/// to rest another one starts elsewhere with twice the population: Auger and Hansen, "A restart CMA
/// evolution strategy with increasing population size", CEC (2005).
class CmaEsSampler final : public Sampler {
public:
    CmaEsSampler(const SearchSpace& space, Allowed allowed, std::uint64_t seed)
        : space_(space), allowed_(std::move(allowed)), random_(seed) {
        for (std::size_t i = 0; i < space.dimensions().size(); ++i) {
            if (space.dimensions()[i].count() != 1) searched_.push_back(i);
        }
    }

    std::vector<Point> propose() override {
        if (searched_.empty()) return one_point();
        if (!run_) start(0, std::vector<double>(searched_.size(), 0.5));
        std::vector<Point> out;
        drawn_.clear();
        while (out.size() < run_->lambda()) {
            auto point = draw();
            if (!point) return {};
            out.push_back(std::move(*point));
        }
        return out;
    }

    void learn(std::span<const Told> batch) override {
        if (searched_.empty() || batch.size() != run_->lambda()) return;
        const std::vector<std::size_t> order = best_first(batch);
        std::vector<std::vector<double>> sorted;
        for (const std::size_t i : order) sorted.push_back(drawn_[i]);
        run_->update(sorted);
        best_.push_back(batch[order.front()].outcome);
        const bool flat = is_flat(batch[order.front()].outcome, batch[order.back()].outcome);
        if (run_->is_spent() || flat) restart();
    }

    [[nodiscard]] bool needs_results() const override { return true; }

private:
    void start(std::size_t lambda, std::vector<double> mean) {
        CmaEs::Start settings{.mean = std::move(mean), .sigma = kSigma, .lambda = lambda};
        for (const std::size_t i : searched_) {
            const auto count = space_.dimensions()[i].count();
            settings.floors.push_back(count ? kGridDeviation / static_cast<double>(*count) : 0);
        }
        run_.emplace(std::move(settings));
        best_.clear();
    }

    void restart() {
        std::vector<double> mean;
        for (std::size_t i = 0; i < searched_.size(); ++i) mean.push_back(random_.uniform());
        start(std::min(2 * run_->lambda(), kLambdaMax), std::move(mean));
    }

    /// A space of one point: nothing to learn, nothing to choose.
    std::vector<Point> one_point() {
        if (std::exchange(one_point_given_, true)) return {};
        return {space_.at(0)};
    }

    [[nodiscard]] Point to_point(std::span<const double> unit) const {
        Point out;
        for (const Dimension& one : space_.dimensions()) out.push_back(one.from_unit(0.5));
        for (std::size_t i = 0; i < searched_.size(); ++i) {
            out[searched_[i]] = space_.dimensions()[searched_[i]].from_unit(unit[i]);
        }
        return out;
    }

    std::vector<double> draw_within_bounds() {
        std::vector<double> unit;
        for (int i = 0; i < kBoundTries; ++i) {
            unit = run_->draw(random_);
            if (std::ranges::all_of(unit, [](double x) { return x >= 0 && x <= 1; })) return unit;
        }
        for (double& x : unit) x = std::clamp(x, 0.0, 1.0);
        return unit;
    }

    std::optional<Point> draw() {
        for (int i = 0; i < kAllowedTries; ++i) {
            std::vector<double> unit = draw_within_bounds();
            Point point = to_point(unit);
            if (allowed_ && !allowed_(point)) continue;
            drawn_.push_back(std::move(unit));
            return point;
        }
        auto point = draw_allowed(allowed_, [&] { return draw_uniform(space_, random_); });
        if (!point) return std::nullopt;
        std::vector<double> unit;
        for (const std::size_t i : searched_) {
            unit.push_back(space_.dimensions()[i].to_unit((*point)[i]));
        }
        drawn_.push_back(std::move(unit));
        return point;
    }

    /// Whether neither this generation nor the best of the last ones differ: 10 + 30 n / lambda
    /// generations (Hansen's tutorial, appendix B.3, TolFun).
    [[nodiscard]] bool is_flat(const Outcome& best, const Outcome& worst) {
        const std::size_t span = 10 + 30 * searched_.size() / run_->lambda();
        if (best_.size() > span) best_.pop_front();
        if (best_.size() < span || !same(best, worst)) return false;
        return std::ranges::all_of(best_, [&](const Outcome& one) { return same(one, best); });
    }

    static bool same(const Outcome& a, const Outcome& b) {
        if (a.violation != b.violation || a.value.has_value() != b.value.has_value()) return false;
        return !a.value || std::abs(*a.value - *b.value) <=
                               kFlat * std::max({1e-12, std::abs(*a.value), std::abs(*b.value)});
    }

    const SearchSpace& space_;
    Allowed allowed_;
    base::Random random_;
    std::vector<std::size_t> searched_;
    std::optional<CmaEs> run_;
    std::vector<std::vector<double>> drawn_;  ///< of the batch, before rounding to a grid
    std::deque<Outcome> best_;                ///< of each of the last generations
    bool one_point_given_ = false;
};

}  // namespace

std::unique_ptr<Sampler> make_cma_es_sampler(const SearchSpace& space, Allowed allowed,
                                             std::uint64_t seed) {
    return std::make_unique<CmaEsSampler>(space, std::move(allowed), seed);
}

}  // namespace tradewind::research
