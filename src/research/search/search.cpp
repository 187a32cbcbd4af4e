// SPDX-License-Identifier: Apache-2.0
#include "research/search/search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "domain/names.hpp"

namespace tradewind::research {
namespace {

constexpr auto kSamplerNames = names<SamplerKind>("grid", "random", "tpe", "cma-es");

using Count = std::expected<std::uint64_t, std::string>;

std::string grouped(std::uint64_t value) {
    std::string out = fmt::format("{}", value);
    for (auto at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > 0; at -= 3) {
        out.insert(static_cast<std::size_t>(at), ",");
    }
    return out;
}

/// Points of the grid as text, also where 64 bits do not hold them.
std::string size_of_grid(const SearchSpace& space) {
    if (const auto points = space.points()) return grouped(*points);
    double product = 1;
    for (const Dimension& one : space.dimensions()) {
        product *= static_cast<double>(one.count().value_or(1));
    }
    return fmt::format("{:.0e}", product);
}

Count allowed_points(const SearchSettings& settings, std::uint64_t points) {
    if (!settings.allowed) return points;
    std::uint64_t out = 0;
    for (std::uint64_t i = 0; i < points; ++i)
        out += settings.allowed(settings.space.at(i)) ? 1U : 0U;
    if (out > 0) return out;
    return std::unexpected(
        fmt::format("no point of the grid satisfies '{}': there is nothing to search; widen the "
                    "ranges or drop the constraint",
                    settings.allowed_text));
}

Count grid_trials(const SearchSettings& settings) {
    for (const Dimension& one : settings.space.dimensions()) {
        if (one.count()) continue;
        return std::unexpected(fmt::format(
            "parameter {}: a grid needs a step, for example {}={}:{}:{}; or say --sampler random",
            one.name, one.name, one.low, one.high, (one.high - one.low) / 10));
    }
    const auto points = settings.space.points();
    if (!points || *points > kTrialsMax) {
        return std::unexpected(fmt::format(
            "the grid has {} points, {} is the most; give steps (name=low:high:step) or smaller "
            "ranges, or draw from it with --sampler random --trials N",
            size_of_grid(settings.space), grouped(kTrialsMax)));
    }
    const std::uint64_t allowed = TRY(allowed_points(settings, *points));
    return std::min(allowed, settings.trials.value_or(allowed));
}

Count trials_of(const SearchSettings& settings) {
    if (settings.space.dimensions().empty()) {
        return std::unexpected(std::string{
            "no parameter is searched: there is nothing to do; say --param name=low:high"});
    }
    if (settings.trials == 0) {
        return std::unexpected(std::string{"--trials 0: a search needs at least one trial"});
    }
    if (settings.trials.value_or(0) > kTrialsMax) {
        return std::unexpected(fmt::format("--trials {}: {} is the most", grouped(*settings.trials),
                                           grouped(kTrialsMax)));
    }
    if (settings.batch == 0) return std::unexpected(std::string{"--batch 0: at least 1 is needed"});
    for (const Dimension& one : settings.space.dimensions()) {
        const bool chosen = one.kind == DimensionKind::list && one.choices.size() > 1;
        if (settings.sampler != SamplerKind::cma_es || !chosen || one.is_numeric()) continue;
        return std::unexpected(fmt::format(
            "parameter {}: cma-es searches numbers, not a list of words; say --sampler tpe",
            one.name));
    }
    if (settings.sampler == SamplerKind::grid) return grid_trials(settings);
    if (settings.trials) return *settings.trials;
    return std::unexpected(fmt::format("--sampler {} has no end of its own; say --trials N",
                                       to_string(settings.sampler)));
}

std::unique_ptr<Sampler> make_sampler(const SearchSettings& settings) {
    switch (settings.sampler) {
        case SamplerKind::grid: return make_grid_sampler(settings.space, settings.allowed);
        case SamplerKind::random:
            return make_random_sampler(settings.space, settings.allowed, settings.seed);
        case SamplerKind::tpe:
            return make_tpe_sampler(
                settings.space, settings.allowed,
                {.seed = settings.seed, .startup = settings.startup, .batch = settings.batch});
        case SamplerKind::cma_es:
            return make_cma_es_sampler(settings.space, settings.allowed, settings.seed);
    }
    __builtin_unreachable();
}

}  // namespace

std::string_view to_string(SamplerKind kind) { return kSamplerNames.of(kind); }

std::optional<SamplerKind> parse_sampler_kind(std::string_view text) {
    return kSamplerNames.parse(text);
}

bool is_better(const Outcome& a, const Outcome& b) {
    if (a.violation != b.violation) return a.violation < b.violation;
    if (a.rungs_left != b.rungs_left) return a.rungs_left < b.rungs_left;
    if (!a.value || !b.value) return a.value.has_value() && !b.value.has_value();
    return *a.value > *b.value;
}

std::vector<std::size_t> best_first(std::span<const Told> told) {
    std::vector<std::size_t> out(told.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    std::ranges::sort(out, [&](std::size_t a, std::size_t b) {
        if (is_better(told[a].outcome, told[b].outcome)) return true;
        return a < b && !is_better(told[b].outcome, told[a].outcome);
    });
    return out;
}

std::expected<Search, std::string> Search::create(SearchSettings settings) {
    const std::uint64_t total = TRY(trials_of(settings));
    auto kept = std::make_unique<SearchSettings>(std::move(settings));
    auto sampler = make_sampler(*kept);
    return Search{std::move(kept), std::move(sampler), total};
}

Search::Search(std::unique_ptr<SearchSettings> settings, std::unique_ptr<Sampler> sampler,
               std::uint64_t total)
    : settings_(std::move(settings)), sampler_(std::move(sampler)), total_(total) {}

void Search::refill() {
    if (exhausted_ || !waiting_.empty() || asked_ == total_ || batch_missing_ > 0) return;
    if (!batch_.empty()) sampler_->learn(batch_);
    batch_.clear();
    std::vector<Point> points = sampler_->propose();
    exhausted_ = points.empty();
    if (sampler_->needs_results()) {
        batch_first_ = asked_;
        batch_missing_ = points.size();
        batch_told_.assign(points.size(), false);
        for (const Point& point : points) batch_.push_back({.point = point, .outcome = {}});
    }
    std::ranges::move(points, std::back_inserter(waiting_));
}

std::optional<Trial> Search::ask() {
    refill();
    if (waiting_.empty() || asked_ == total_) return std::nullopt;
    Trial out{.number = asked_++, .point = std::move(waiting_.front())};
    waiting_.pop_front();
    return out;
}

void Search::tell(std::uint64_t number, const Outcome& outcome) {
    ASSERT(number < asked_);
    ++told_;
    if (!sampler_->needs_results()) return;
    const std::uint64_t place = number - batch_first_;
    ASSERT(place < batch_.size() && !batch_told_[place]);
    batch_told_[place] = true;
    batch_[place].outcome = outcome;
    --batch_missing_;
}

bool Search::finished() {
    refill();
    return told_ == asked_ && (asked_ == total_ || (exhausted_ && waiting_.empty()));
}

}  // namespace tradewind::research
