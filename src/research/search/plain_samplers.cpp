// SPDX-License-Identifier: Apache-2.0
// The samplers that learn nothing: grid and random.
#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "research/search/draw.hpp"
#include "research/search/sampler.hpp"

namespace tradewind::research {
namespace {

/// Points handed out at a time: enough to keep every core busy, few enough to cost no memory.
constexpr std::size_t kBatch = 256;

class GridSampler final : public Sampler {
public:
    GridSampler(const SearchSpace& space, Allowed allowed)
        : space_(space), allowed_(std::move(allowed)), points_(space.points().value_or(0)) {}

    std::vector<Point> propose() override {
        std::vector<Point> out;
        while (next_ < points_ && out.size() < kBatch) {
            Point point = space_.at(next_++);
            if (!allowed_ || allowed_(point)) out.push_back(std::move(point));
        }
        return out;
    }
    void learn(std::span<const Told> /*batch*/) override {}
    [[nodiscard]] bool needs_results() const override { return false; }

private:
    const SearchSpace& space_;
    Allowed allowed_;
    std::uint64_t points_;
    std::uint64_t next_ = 0;
};

class RandomSampler final : public Sampler {
public:
    RandomSampler(const SearchSpace& space, Allowed allowed, std::uint64_t seed)
        : space_(space), allowed_(std::move(allowed)), random_(seed) {}

    std::vector<Point> propose() override {
        std::vector<Point> out;
        while (out.size() < kBatch) {
            auto point = draw_allowed(allowed_, [&] { return draw_uniform(space_, random_); });
            if (!point) return out;
            out.push_back(std::move(*point));
        }
        return out;
    }
    void learn(std::span<const Told> /*batch*/) override {}
    [[nodiscard]] bool needs_results() const override { return false; }

private:
    const SearchSpace& space_;
    Allowed allowed_;
    base::Random random_;
};

}  // namespace

Point draw_uniform(const SearchSpace& space, base::Random& random) {
    Point out;
    for (const Dimension& one : space.dimensions()) out.push_back(one.from_unit(random.uniform()));
    return out;
}

std::unique_ptr<Sampler> make_grid_sampler(const SearchSpace& space, Allowed allowed) {
    return std::make_unique<GridSampler>(space, std::move(allowed));
}

std::unique_ptr<Sampler> make_random_sampler(const SearchSpace& space, Allowed allowed,
                                             std::uint64_t seed) {
    return std::make_unique<RandomSampler>(space, std::move(allowed), seed);
}

}  // namespace tradewind::research
