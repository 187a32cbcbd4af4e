// SPDX-License-Identifier: Apache-2.0
#include "apps/finer_choice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace tradewind::apps {
namespace {

using Kind = FinerWish::Kind;
using ports::SeriesKind;

bool is_time_bar(const ports::SeriesKey& key) {
    return key.kind == SeriesKind::bar && key.spec.unit == BarUnit::time;
}

bool is_finer_bar(const ports::SeriesKey& key, const ports::SeriesKey& coarse) {
    return is_time_bar(key) && key.symbol == coarse.symbol &&
           key.spec.source == coarse.spec.source && key.spec.step < coarse.spec.step;
}

const ports::Series* finer_for(const FinerWish& wish, const ports::SeriesKey& coarse,
                               const ports::History& history) {
    const ports::Series* shortest = nullptr;
    const ports::Series* trades = nullptr;
    for (const ports::Series& series : history.series()) {
        const ports::SeriesKey& key = series.key;
        if (key.symbol != coarse.symbol) continue;
        if (key.kind == SeriesKind::trade && coarse.spec.source == PriceSource::last) {
            trades = &series;
        }
        const bool is_wanted = wish.kind == Kind::automatic ||
                               (wish.kind == Kind::bars && key.spec.step == wish.bars.step);
        if (!is_wanted || !is_finer_bar(key, coarse)) continue;
        if (shortest == nullptr || key.spec.step < shortest->key.spec.step) shortest = &series;
    }
    switch (wish.kind) {
        case Kind::off: return nullptr;
        case Kind::automatic: return shortest != nullptr ? shortest : trades;
        case Kind::bars: return shortest;
        case Kind::trades: return trades;
    }
    __builtin_unreachable();
}

/// What could be wished for instead.
std::string names_of_finer(const ports::SeriesKey& coarse, const ports::History& history) {
    std::vector<std::string> names;
    for (const ports::Series& series : history.series()) {
        const ports::SeriesKey& key = series.key;
        if (is_finer_bar(key, coarse)) names.push_back(to_string(key.spec));
        const bool are_trades = key.kind == SeriesKind::trade && key.symbol == coarse.symbol &&
                                coarse.spec.source == PriceSource::last;
        if (are_trades) names.emplace_back("trades");
    }
    return names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::optional<FinerWish> parse_finer_wish(std::string_view text) {
    if (text == "off") return FinerWish{};
    if (text == "auto") return FinerWish{.kind = Kind::automatic};
    if (text == "trades") return FinerWish{.kind = Kind::trades};
    const auto spec = parse_bar_spec(text);
    if (!spec || *spec != time_bars(Duration{spec->step})) return std::nullopt;
    return FinerWish{.kind = Kind::bars, .bars = *spec};
}

std::vector<ports::Series> finer_series(const FinerWish& wish,
                                        const std::vector<ports::Series>& played,
                                        const ports::History& history) {
    std::vector<ports::Series> out;
    for (const ports::Series& coarse : played) {
        if (!is_time_bar(coarse.key)) continue;
        const ports::Series* found = finer_for(wish, coarse.key, history);
        if (found != nullptr) out.push_back(*found);
    }
    return out;
}

std::expected<std::vector<ports::Series>, std::string> choose_finer(
    const FinerWish& wish, const std::vector<ports::Series>& played,
    const ports::History& history) {
    if (wish.kind == Kind::off) return std::vector<ports::Series>{};
    const auto first = std::ranges::find_if(
        played, [](const ports::Series& series) { return is_time_bar(series.key); });
    if (first == played.end()) {
        return std::unexpected(fmt::format(
            "--finer: resolves the inside of bars of time; the run plays {}: leave it off",
            to_string(played.front().key)));
    }
    auto out = finer_series(wish, played, history);
    if (out.empty() && wish.kind != Kind::automatic) {
        return std::unexpected(fmt::format(
            "--finer: the catalog has no such data for {}; it has {} that could resolve its bars",
            to_string(first->key), names_of_finer(first->key, history)));
    }
    return out;
}

}  // namespace tradewind::apps
