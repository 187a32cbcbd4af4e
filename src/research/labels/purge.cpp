// SPDX-License-Identifier: Apache-2.0
#include "research/labels/purge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/try.hpp"

namespace tradewind::research::labels {
namespace {

/// Spans of the test, joined where they overlap, by time. Each end once with the embargo behind it.
class Closed {
public:
    Closed(std::span<const Span> spans, std::span<const std::size_t> test, Duration embargo)
        : embargo_(embargo) {
        std::vector<Span> all;
        for (const std::size_t place : test) all.push_back(spans[place]);
        std::sort(all.begin(), all.end(),
                  [](const Span& a, const Span& b) { return a.from < b.from; });
        for (const Span& span : all) {
            if (joined_.empty() || span.from > joined_.back().until) joined_.push_back(span);
            joined_.back().until = std::max(joined_.back().until, span.until);
        }
    }
    [[nodiscard]] bool keeps(const Span& span) const {
        // the first of the test that begins behind the span; the one before is the last that counts
        const auto next = std::upper_bound(
            joined_.begin(), joined_.end(), span.until,
            [](std::int64_t until, const Span& test) { return until < test.from; });
        if (next == joined_.begin()) return true;
        const Span& before = *(next - 1);
        if (before.until >= span.from) return false;
        return span.from - before.until > embargo_.ns;
    }

private:
    Duration embargo_;
    std::vector<Span> joined_;
};

/// Places by the instant at which they begin.
Places in_order(std::span<const Span> spans) {
    Places out(spans.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    std::sort(out.begin(), out.end(), [&](std::size_t a, std::size_t b) {
        return spans[a].from != spans[b].from ? spans[a].from < spans[b].from : a < b;
    });
    return out;
}

/// The first place at or behind `at` that begins at another instant than the one before it.
std::size_t edge(std::span<const Span> spans, const Places& order, std::size_t at) {
    while (at > 0 && at < order.size() && spans[order[at]].from == spans[order[at - 1]].from) ++at;
    return std::min(at, order.size());
}

using Edges = std::expected<std::vector<std::size_t>, std::string>;

Edges fold_edges(std::span<const Span> spans, const Places& order, std::size_t folds) {
    if (folds < 2) return std::unexpected("there must be two folds or more");
    std::vector<std::size_t> out{0};
    for (std::size_t fold = 1; fold <= folds; ++fold) {
        out.push_back(edge(spans, order, order.size() * fold / folds));
        if (out[fold] > out[fold - 1]) continue;
        return std::unexpected(
            fmt::format("{} rows are too few for {} folds", order.size(), folds));
    }
    return out;
}

Places part(const Places& order, std::size_t from, std::size_t end) {
    return {order.begin() + static_cast<std::ptrdiff_t>(from),
            order.begin() + static_cast<std::ptrdiff_t>(end)};
}

/// Goes to the next choice of some of `folds`; false after the last.
bool advance(std::vector<std::size_t>& chosen, std::size_t folds) {
    const std::size_t count = chosen.size();
    for (std::size_t i = count; i-- > 0;) {
        if (chosen[i] + (count - i) >= folds) continue;
        ++chosen[i];
        for (std::size_t j = i + 1; j < count; ++j) chosen[j] = chosen[j - 1] + 1;
        return true;
    }
    return false;
}

}  // namespace

Places purge(std::span<const Span> spans, std::span<const std::size_t> train,
             std::span<const std::size_t> test, Duration embargo) {
    const Closed closed{spans, test, embargo};
    Places out;
    std::copy_if(train.begin(), train.end(), std::back_inserter(out),
                 [&](std::size_t place) { return closed.keeps(spans[place]); });
    return out;
}

std::expected<std::vector<Places>, std::string> parts_by_time(std::span<const Span> spans,
                                                              std::size_t folds) {
    const Places order = in_order(spans);
    const std::vector<std::size_t> edges = TRY(fold_edges(spans, order, folds));
    std::vector<Places> out;
    for (std::size_t fold = 0; fold < folds; ++fold) {
        out.push_back(part(order, edges[fold], edges[fold + 1]));
    }
    return out;
}

std::vector<std::vector<std::size_t>> backtest_paths(std::span<const Split> splits,
                                                     std::size_t folds) {
    std::vector<std::vector<std::size_t>> out;
    std::vector<std::size_t> tested(folds);  // how often so far: the next test is of another path
    for (std::size_t split = 0; split < splits.size(); ++split) {
        for (const std::size_t fold : splits[split].folds) {
            const std::size_t path = tested[fold]++;
            if (path == out.size()) out.emplace_back(folds);
            out[path][fold] = split;
        }
    }
    return out;
}

std::expected<std::vector<Split>, std::string> combinatorial_purged(std::span<const Span> spans,
                                                                    const Combinations& settings) {
    const auto [folds, test_folds, embargo] = settings;
    const std::vector<Places> parts = TRY(parts_by_time(spans, folds));
    if (test_folds == 0 || test_folds >= folds) {
        return std::unexpected(
            fmt::format("of {} folds 1 to {} can be the test", folds, folds - 1));
    }
    std::vector<Split> out;
    std::vector<std::size_t> chosen(test_folds);
    std::iota(chosen.begin(), chosen.end(), std::size_t{0});
    do {
        if (out.size() == kSplitsMax) {
            return std::unexpected(fmt::format("there are more than {} splits", kSplitsMax));
        }
        Split split;
        for (std::size_t fold = 0; fold < folds; ++fold) {
            const bool is_test = std::find(chosen.begin(), chosen.end(), fold) != chosen.end();
            Places& into = is_test ? split.test : split.train;
            into.insert(into.end(), parts[fold].begin(), parts[fold].end());
        }
        split.folds = chosen;
        split.train = purge(spans, split.train, split.test, embargo);
        out.push_back(std::move(split));
    } while (advance(chosen, folds));
    return out;
}

std::expected<std::vector<Split>, std::string> purged_k_fold(std::span<const Span> spans,
                                                             std::size_t folds, Duration embargo) {
    return combinatorial_purged(spans, {.folds = folds, .test_folds = 1, .embargo = embargo});
}

std::expected<std::vector<Split>, std::string> walk_forward(std::span<const Span> spans,
                                                            const WalkForward& settings) {
    const Places order = in_order(spans);
    if (settings.test_rows == 0) return std::unexpected("a test has one row or more");
    std::vector<Split> out;
    std::size_t at = edge(spans, order, std::max<std::size_t>(1, settings.least_rows));
    while (at < order.size()) {
        if (out.size() == kSplitsMax) {
            return std::unexpected(fmt::format("there are more than {} splits", kSplitsMax));
        }
        const std::size_t end = edge(spans, order, std::min(at + settings.test_rows, order.size()));
        const bool has_all = settings.train_rows == 0 || settings.train_rows >= at;
        Split split{.train = part(order, has_all ? 0 : at - settings.train_rows, at),
                    .test = part(order, at, end)};
        split.train = purge(spans, split.train, split.test, Duration{});
        out.push_back(std::move(split));
        at = end;
    }
    if (out.empty()) {
        return std::unexpected(fmt::format("{} rows are too few for {} to train on and a test",
                                           order.size(), settings.least_rows));
    }
    return out;
}

}  // namespace tradewind::research::labels
