// SPDX-License-Identifier: Apache-2.0
#include "research/features/feature_check.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/assert.hpp"
#include "base/random.hpp"

namespace tradewind::research {
namespace {

using Table = std::vector<std::vector<double>>;

class GraphRun final : public FeatureRun {
public:
    GraphRun(std::shared_ptr<const feature::Graph> graph, std::size_t block)
        : stream_(std::move(graph), block) {}
    void run(const feature::FieldColumns& in, std::span<double* const> out) override {
        stream_.run(in, out);
    }

private:
    feature::FeatureStream stream_;
};

std::vector<double*> columns_from(Table& table, std::size_t row) {
    std::vector<double*> out;
    out.reserve(table.size());
    for (auto& column : table) out.push_back(column.data() + row);
    return out;
}

/// All rows in one portion.
Table all_at_once(const FeatureMaker& maker, const FeatureBars& bars) {
    Table out(maker.features, std::vector<double>(bars.rows()));
    maker.make(feature::FeatureStream::kBlock)
        ->run(bars.view(0, bars.rows()), columns_from(out, 0));
    return out;
}

/// As a live stream would: a row, and nothing known of the next.
Table row_by_row(const FeatureMaker& maker, const FeatureBars& bars) {
    Table out(maker.features, std::vector<double>(bars.rows()));
    const auto run = maker.make(1);
    std::vector<double*> columns = columns_from(out, 0);
    for (std::size_t row = 0; row < bars.rows(); ++row) {
        run->run(bars.view(row, row + 1), columns);
        for (double*& column : columns) ++column;
    }
    return out;
}

std::optional<FeatureDifference> first_difference(const Table& a, const Table& b,
                                                  std::size_t rows) {
    const auto same = [](double x, double y) {
        return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
    };
    std::optional<FeatureDifference> out;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto end = a[i].begin() + static_cast<std::ptrdiff_t>(out ? out->row : rows);
        const auto [x, y] = std::mismatch(a[i].begin(), end, b[i].begin(), same);
        if (x == end) continue;
        out = {.feature = i,
               .row = static_cast<std::size_t>(x - a[i].begin()),
               .here = *x,
               .there = *y};
    }
    return out;
}

/// A bar that could be: prices around the last known one, in order.
void put_bar(FeatureBars& bars, std::size_t row, double around, base::Random& random) {
    const double close = around * (0.5 + random.uniform());
    const double open = around * (0.5 + random.uniform());
    const double spread = around * 0.1 * random.uniform();
    bars.columns[static_cast<std::size_t>(feature::Field::open)][row] = open;
    bars.columns[static_cast<std::size_t>(feature::Field::high)][row] =
        std::max(open, close) + spread;
    bars.columns[static_cast<std::size_t>(feature::Field::low)][row] =
        std::min(open, close) - spread;
    bars.columns[static_cast<std::size_t>(feature::Field::close)][row] = close;
    bars.columns[static_cast<std::size_t>(feature::Field::volume)][row] =
        static_cast<double>(random.below(10'000'000));
    for (std::size_t i = feature::kBarFieldCount; i < feature::kFieldCount; ++i) {
        if (!bars.columns[i].empty()) bars.columns[i][row] = around * random.uniform();
    }
}

void insert_row(FeatureBars& bars, std::size_t at) {
    const auto twice = [at](auto& column) {
        if (column.empty()) return;
        const auto value = column[at - 1];
        column.insert(column.begin() + static_cast<std::ptrdiff_t>(at), value);
    };
    twice(bars.known_at);
    twice(bars.opened_at);
    for (auto& column : bars.columns) twice(column);
}

void drop_row(FeatureBars& bars, std::size_t at) {
    const auto drop = [at](auto& column) {
        if (column.empty()) return;
        column.erase(column.begin() + static_cast<std::ptrdiff_t>(at));
    };
    drop(bars.known_at);
    drop(bars.opened_at);
    for (auto& column : bars.columns) drop(column);
}

/// Rows after the cut that are looked at: what a function could peek at lies near, and a run over
/// them costs little.
constexpr std::size_t kFutureRows = 400;

FeatureBars corrupted(const FeatureBars& bars, std::size_t cut, Corruption how,
                      base::Random& random) {
    FeatureBars out = bars;
    out.cut(std::min(bars.rows(), cut + 1 + kFutureRows));
    const double around = bars.columns[static_cast<std::size_t>(feature::Field::close)][cut];
    const std::size_t after = cut + 1;
    switch (how) {
        case Corruption::values_changed:
            for (std::size_t row = after; row < out.rows(); ++row)
                put_bar(out, row, around, random);
            return out;
        case Corruption::rows_added:
            for (std::size_t i = 0; i < 1 + random.below(5); ++i) {
                insert_row(out, after);
                put_bar(out, after, around, random);
            }
            return out;
        case Corruption::rows_dropped:
            // the next one, which is nearest, and others, or all that follow
            if (random.below(3) == 0) {
                out.cut(after);
                return out;
            }
            for (std::size_t i = 0; i < 1 + random.below(5) && out.rows() > after; ++i) {
                drop_row(out, i == 0 ? after : after + random.below(out.rows() - after));
            }
            return out;
    }
    __builtin_unreachable();
}

/// The cuts: the first row, the last but one, and others anywhere between.
std::vector<std::size_t> cuts_of(std::size_t rows, std::size_t count, base::Random& random) {
    std::vector<std::size_t> out{0, rows - 1};
    if (rows > 1) out.push_back(rows - 2);
    while (out.size() < count) out.push_back(random.below(rows));
    out.resize(std::min(out.size(), count));
    return out;
}

}  // namespace

FeatureMaker maker_of(const std::shared_ptr<const feature::Graph>& graph) {
    return {.features = graph->outputs().size(), .make = [graph](std::size_t block) {
                return std::make_unique<GraphRun>(graph, block);
            }};
}

std::string_view to_string(Corruption corruption) {
    switch (corruption) {
        case Corruption::values_changed: return "values changed";
        case Corruption::rows_added: return "rows added";
        case Corruption::rows_dropped: return "rows dropped";
    }
    __builtin_unreachable();
}

FeatureCheck check_features(const FeatureMaker& maker, const FeatureBars& bars,
                            const CheckSettings& settings,
                            const std::function<void(std::size_t, std::size_t)>& progress) {
    ASSERT(bars.rows() > 0);
    constexpr std::array kHow{Corruption::values_changed, Corruption::rows_added,
                              Corruption::rows_dropped};
    FeatureCheck out{.rows = bars.rows(), .features = maker.features};
    base::Random random{settings.seed};
    const std::vector<std::size_t> cuts = cuts_of(bars.rows(), settings.cuts, random);
    const std::size_t runs = 2 + cuts.size() * kHow.size();
    std::size_t done = 0;
    const auto tell = [&] {
        if (progress) progress(++done, runs);
    };
    const Table table = all_at_once(maker, bars);
    tell();
    out.parity = first_difference(table, row_by_row(maker, bars), bars.rows());
    tell();
    for (const std::size_t cut : cuts) {
        for (const Corruption how : kHow) {
            const FeatureBars other = corrupted(bars, cut, how, random);
            const auto where = first_difference(table, all_at_once(maker, other), cut + 1);
            if (where && !out.leak) out.leak = {.corruption = how, .cut = cut, .where = *where};
            ++out.corruptions;
            tell();
        }
    }
    return out;
}

}  // namespace tradewind::research
