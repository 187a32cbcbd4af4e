// SPDX-License-Identifier: Apache-2.0
// Any text as features, one a line, is refused with a column, or gives the same bytes instant by
// instant as all at once.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "feature/panel.hpp"

namespace {

using namespace tradewind;           // NOLINT(google-build-using-namespace): a program of one file
using namespace tradewind::feature;  // NOLINT(google-build-using-namespace)

constexpr std::size_t kTextMost = 400;
constexpr std::size_t kRows = 40;
constexpr std::int64_t kMinute = 60'000'000'000;

std::vector<FeatureText> features_in(std::string_view text) {
    std::vector<FeatureText> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out.push_back({.name = "f" + std::to_string(out.size()),
                       .expression = std::string{text.substr(0, end)}});
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

/// Bars of one feed: the fields of each row, and when it was known.
struct Bars {
    std::vector<std::int64_t> known_at;
    std::array<std::vector<double>, kFieldCount> columns;

    explicit Bars(std::size_t seed) {
        for (std::size_t row = 0; row < kRows; ++row) {
            const auto minute = static_cast<std::int64_t>(row * (1 + seed % 3) + seed % 2);
            known_at.push_back(kMinute * (minute + 1));
            for (std::size_t i = 0; i < kFieldCount; ++i) {
                const double step = static_cast<double>((row * 7 + i * 3 + seed) % 11);
                columns[i].push_back(row == 20 ? std::numeric_limits<double>::quiet_NaN()
                                               : 100 + step * (row % 5 == 0 ? -1 : 1));
            }
        }
    }
    [[nodiscard]] BarRows view(std::size_t from, std::size_t end) const {
        BarRows out{.known_at = std::span{known_at}.subspan(from, end - from)};
        for (std::size_t i = 0; i < kFieldCount; ++i) out.columns[i] = columns[i].data() + from;
        return out;
    }
};

std::vector<Fact> facts_of(std::size_t seed) {
    std::vector<Fact> out;
    for (std::int64_t i = 0; i < 12; ++i) {
        const auto minute = i * 9 + static_cast<std::int64_t>(seed % 4);
        out.push_back({.known_at = minute * kMinute,
                       .at = (minute + 5) * kMinute,
                       .kind = i % 3 == 0 ? FactKind::schedule : FactKind::value,
                       .value = static_cast<double>(i % 3) - 1,
                       .forecast = i % 4 == 0 ? std::nan("") : 0.5,
                       .previous = 1});
    }
    return out;
}

using Table = std::vector<std::vector<std::uint64_t>>;

Table run(const std::shared_ptr<const Graph>& graph, bool by_instant) {
    std::vector<std::uint32_t> groups(graph->surroundings().groups.size());
    const std::vector<std::uint32_t> others(groups.size(), 1);
    Panel panel{graph,
                {{.symbol = "A", .groups = groups},
                 {.symbol = "B", .groups = others},
                 {.symbol = "C", .groups = groups}},
                by_instant ? 1U : Panel::kBlock};
    std::vector<Bars> bars;
    std::vector<std::vector<Fact>> facts;
    for (std::size_t i = 0; i < panel.bar_feeds().size(); ++i) bars.emplace_back(i);
    for (std::size_t i = 0; i < panel.fact_feeds().size(); ++i) facts.push_back(facts_of(i));
    std::vector<std::size_t> bars_at(bars.size()), facts_at(facts.size());
    Table out(3 * graph->outputs().size());
    const std::int64_t step = by_instant ? kMinute : 1000 * kMinute;
    for (std::int64_t now = 0; now <= 1000 * kMinute; now += step) {
        if (!by_instant) now = 1000 * kMinute;
        std::vector<BarRows> rows;
        std::vector<std::span<const Fact>> told;
        for (std::size_t i = 0; i < bars.size(); ++i) {
            const auto& known = bars[i].known_at;
            const auto end = static_cast<std::size_t>(
                std::upper_bound(known.begin(), known.end(), now) - known.begin());
            rows.push_back(bars[i].view(bars_at[i], end));
            bars_at[i] = end;
        }
        for (std::size_t i = 0; i < facts.size(); ++i) {
            const auto rest = std::span{facts[i]}.subspan(facts_at[i]);
            const auto end = std::find_if(rest.begin(), rest.end(),
                                          [&](const Fact& fact) { return fact.known_at > now; });
            told.push_back(rest.first(static_cast<std::size_t>(end - rest.begin())));
            facts_at[i] += told.back().size();
        }
        panel.run({.bars = rows, .facts = told}, [&](const Panel::Rows& got) {
            for (std::size_t i = 0; i < got.columns.size(); ++i) {
                auto& column = out[got.member * got.columns.size() + i];
                for (std::size_t row = 0; row < got.rows; ++row) {
                    column.push_back(std::bit_cast<std::uint64_t>(got.columns[i][row]));
                }
            }
            return true;
        });
        if (now > 200 * kMinute) break;
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > kTextMost) return 0;
    const auto features =
        features_in({reinterpret_cast<const char*>(data), size});  // NOLINT(*-reinterpret-cast)
    const Surroundings around{.sources = {{"news", SourceKind::news, true},
                                          {"fomc", SourceKind::calendar, false},
                                          {"vix", SourceKind::series, false}},
                              .groups = {"sector"}};
    auto compiled = Graph::compile(features, around);
    if (!compiled) {
        ASSERT(compiled.error().error.column >= 1 && !compiled.error().error.text.empty());
        ASSERT(compiled.error().error.text.find('\n') == std::string::npos);
        return 0;
    }
    const auto graph = std::make_shared<const Graph>(std::move(*compiled));
    ASSERT(run(graph, false) == run(graph, true));
    return 0;
}
