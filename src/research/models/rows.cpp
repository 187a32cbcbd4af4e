// SPDX-License-Identifier: Apache-2.0
#include "research/models/rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/assert.hpp"
#include "base/random.hpp"
#include "research/labels/returns.hpp"

namespace tradewind::research::models {
namespace {

using labels::kNone;
using labels::Labels;
using labels::Places;

constexpr Between kAlways{.from = std::numeric_limits<std::int64_t>::min(),
                          .to = std::numeric_limits<std::int64_t>::max()};

/// Labels that could be known before `span.to`, of rows from `span.from` on.
Labels labels_in(const Labels& all, const FeatureBars& bars, const Between& span,
                 std::size_t rows) {
    Labels out{rows};
    for (std::size_t row = 0; row < rows; ++row) {
        if (!all.has(row) || bars.known_at[row] < span.from) continue;
        if (bars.known_at[all.last[row]] >= span.to) continue;
        out.set(row, all.value[row], all.last[row], all.weight[row]);
    }
    return out;
}

std::vector<double> weights_of(const RowsMeaning& meaning, const Labels& labels,
                               const feature::BarRows& bars) {
    std::vector<double> out = labels.weight;
    for (const labels::WeightDefinition& weight : meaning.weights) {
        const std::vector<double> factor = weight.compute(labels, bars);
        for (std::size_t row = 0; row < out.size(); ++row) out[row] *= factor[row];
    }
    return out;
}

double outcome_of(const feature::BarRows& bars, const Labels& labels, std::size_t row) {
    if (!labels.has(row)) return kNone;
    const auto close = labels::column(bars, feature::Field::close);
    return close[labels.last[row]] / labels::entry_price(bars, row, labels::Entry::next_open) - 1;
}

/// Of an instrument's rows from its first on.
struct Labelled {
    const Labels& labels;
    const std::vector<double>& weights;
    const std::vector<double>& outcomes;
};

void append(Rows& out, const SeriesRows& series, const Labelled& labelled) {
    const auto& [labels, weights, outcomes] = labelled;
    const std::size_t rows = labels.rows();
    const feature::BarRows bars = series.bars.view(0, rows);
    const std::vector<std::int64_t> until = labels::until(labels, bars);
    const auto known_at = series.bars.known_at.begin();
    out.known_at.insert(out.known_at.end(), known_at, known_at + static_cast<std::ptrdiff_t>(rows));
    out.until.insert(out.until.end(), until.begin(), until.end());
    out.label.insert(out.label.end(), labels.value.begin(), labels.value.end());
    for (const double weight : weights) out.weight.push_back(std::isnan(weight) ? 0 : weight);
    for (std::size_t row = 0; row < rows; ++row) {
        out.outcome.push_back(labels.has(row) ? outcomes[row] : kNone);
    }
    const std::size_t columns =
        series.features.size() / std::max<std::size_t>(1, series.bars.rows());
    out.features.insert(out.features.end(), series.features.begin(),
                        series.features.begin() + static_cast<std::ptrdiff_t>(rows * columns));
    out.starts.push_back(out.known_at.size());
}

}  // namespace

bool Rows::has_label(std::size_t row) const { return !std::isnan(label[row]); }

std::size_t Rows::series_of(std::size_t row) const {
    const auto after = std::upper_bound(starts.begin(), starts.end(), row);
    return static_cast<std::size_t>(after - starts.begin()) - 1;
}

TrainingSet::TrainingSet(RowsMeaning meaning, std::vector<SeriesRows> series)
    : meaning_(std::move(meaning)), series_(std::move(series)) {
    for (const SeriesRows& one : series_) {
        ASSERT(one.features.size() == one.bars.rows() * columns());
        const feature::BarRows bars = one.bars.view(0, one.bars.rows());
        labels_.push_back(meaning_.label.compute(bars));
        std::vector<double>& outcomes = outcomes_.emplace_back();
        for (std::size_t row = 0; row < one.bars.rows(); ++row) {
            outcomes.push_back(outcome_of(bars, labels_.back(), row));
        }
    }
    all_ = known(kAlways);
}

std::size_t TrainingSet::keep_labels(std::span<const double> levels) {
    std::size_t dropped = 0;
    for (Labels& labels : labels_) {
        for (std::size_t row = 0; row < labels.rows(); ++row) {
            if (!labels.has(row) ||
                std::find(levels.begin(), levels.end(), labels.value[row]) != levels.end()) {
                continue;
            }
            labels.set(row, kNone, row, kNone);
            ++dropped;
        }
    }
    all_ = known(kAlways);
    return dropped;
}

void TrainingSet::shuffle_labels(const Between& span, std::uint64_t seed) {
    struct Dealt {
        double value = 0;
        double weight = 0;
        double outcome = 0;
    };
    std::vector<std::pair<std::size_t, std::size_t>> places;  // instrument, row
    std::vector<Dealt> dealt;
    for (std::size_t i = 0; i < series_.size(); ++i) {
        for (std::size_t row = 0; row < labels_[i].rows(); ++row) {
            if (!labels_[i].has(row) || !span.has(series_[i].bars.known_at[row])) continue;
            places.emplace_back(i, row);
            dealt.push_back({labels_[i].value[row], labels_[i].weight[row], outcomes_[i][row]});
        }
    }
    base::Random random{seed};
    for (std::size_t left = dealt.size(); left > 1; --left) {  // Fisher and Yates
        std::swap(dealt[left - 1], dealt[random.below(left)]);
    }
    for (std::size_t at = 0; at < places.size(); ++at) {
        const auto [i, row] = places[at];
        labels_[i].set(row, dealt[at].value, labels_[i].last[row], dealt[at].weight);
        outcomes_[i][row] = dealt[at].outcome;
    }
    all_ = known(kAlways);
}

Rows TrainingSet::known(const Between& span) const {
    Rows out;
    for (std::size_t i = 0; i < series_.size(); ++i) {
        const FeatureBars& bars = series_[i].bars;
        const auto end = std::lower_bound(bars.known_at.begin(), bars.known_at.end(), span.to);
        const auto rows = static_cast<std::size_t>(end - bars.known_at.begin());
        const Labels labels = labels_in(labels_[i], bars, span, rows);
        append(out, series_[i],
               {.labels = labels,
                .weights = weights_of(meaning_, labels, bars.view(0, rows)),
                .outcomes = outcomes_[i]});
    }
    return out;
}

std::size_t TrainingSet::row_in_all(const Rows& known, std::size_t row) const {
    const std::size_t series = known.series_of(row);
    return all_.starts[series] + (row - known.starts[series]);
}

ml::TensorFile TrainingSet::arrays(const Rows& rows) const {
    nlohmann::ordered_json symbols = nlohmann::ordered_json::array();
    for (const SeriesRows& one : series_) symbols.push_back(one.symbol);
    const nlohmann::ordered_json description{{"kind", "rows"},
                                             {"schema_hash", meaning_.schema_hash},
                                             {"columns", meaning_.columns},
                                             {"label", meaning_.label.text()},
                                             {"label_hash", meaning_.label.hash()},
                                             {"horizon_rows", meaning_.label.rows_ahead()},
                                             {"symbols", std::move(symbols)},
                                             {"bars", meaning_.bars}};
    const std::vector<std::int64_t> starts(rows.starts.begin(), rows.starts.end());
    const std::size_t n = rows.size();
    return {.description = description.dump(),
            .tensors = {ml::tensor("features", {n, columns()}, rows.features),
                        ml::tensor("starts", {starts.size()}, starts),
                        ml::tensor("known_at", {n}, rows.known_at),
                        ml::tensor("until", {n}, rows.until), ml::tensor("label", {n}, rows.label),
                        ml::tensor("weight", {n}, rows.weight)}};
}

std::vector<std::pair<std::size_t, std::size_t>> ranges_of(std::span<const std::size_t> rows) {
    std::vector<std::pair<std::size_t, std::size_t>> out;
    for (const std::size_t row : rows) {
        if (!out.empty() && out.back().second == row) {
            ++out.back().second;
        } else {
            out.emplace_back(row, row + 1);
        }
    }
    return out;
}

std::vector<std::size_t> columns_without_value(const Rows& rows, std::size_t columns) {
    std::vector<bool> has_value(columns);
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (!rows.has_label(row)) continue;
        for (std::size_t c = 0; c < columns; ++c) {
            if (!std::isnan(rows.features[row * columns + c])) has_value[c] = true;
        }
    }
    std::vector<std::size_t> out;
    for (std::size_t c = 0; c < columns; ++c) {
        if (!has_value[c]) out.push_back(c);
    }
    return out;
}

Places usable_rows(const Rows& rows, std::size_t columns, const Usable& wanted) {
    Places out;
    const auto missing_max = wanted.missing_max * static_cast<double>(columns);
    for (std::size_t series = 0; series + 1 < rows.starts.size(); ++series) {
        for (std::size_t row = rows.starts[series]; row < rows.starts[series + 1]; ++row) {
            if (row - rows.starts[series] + 1 < wanted.window || !rows.has_label(row)) continue;
            const std::span one{rows.features.data() + row * columns, columns};
            const auto missing =
                std::count_if(one.begin(), one.end(), [](float x) { return std::isnan(x); });
            if (static_cast<double>(missing) <= missing_max) out.push_back(row);
        }
    }
    return out;
}

}  // namespace tradewind::research::models
