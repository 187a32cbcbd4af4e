// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "domain/time.hpp"
#include "ml/model.hpp"
#include "research/features/feature_bars.hpp"
#include "research/labels/definition.hpp"
#include "research/labels/purge.hpp"

/// What models learn from: features, and what came of each row.
namespace tradewind::research::models {

/// One instrument: its bars and, of each, the features.
struct SeriesRows {
    std::string symbol;
    FeatureBars bars;
    std::vector<float> features;  ///< [bars, columns], row-major; NaN: no value
};

/// What the rows are, beside their values.
struct RowsMeaning {
    std::string schema_hash;
    std::vector<std::string> columns;
    std::string bars;  ///< "1d"
    labels::LabelDefinition label;
    std::vector<labels::WeightDefinition> weights{};  ///< multiplied
};

/// Rows of several instruments, one instrument after another, each in its order: a window of rows
/// is one piece of memory. A row is known at `known_at` and its label at `until`.
struct Rows {
    std::vector<std::size_t> starts{0};  ///< of each instrument, and the end
    std::vector<std::int64_t> known_at;
    std::vector<std::int64_t> until;  ///< without a label: known_at
    std::vector<double> label;        ///< NaN: none
    std::vector<double> weight;       ///< of the label; 0 without one
    /// The return from the open of the next bar, which is what a strategy that saw the row can get,
    /// to the close of the last bar that the label looked at, a fraction; NaN without a label.
    std::vector<double> outcome;
    std::vector<float> features;  ///< [rows, columns]

    [[nodiscard]] std::size_t size() const { return known_at.size(); }
    [[nodiscard]] bool has_label(std::size_t row) const;
    [[nodiscard]] labels::Span span(std::size_t row) const { return {known_at[row], until[row]}; }
    /// Which instrument a row is of.
    [[nodiscard]] std::size_t series_of(std::size_t row) const;
    /// Rows of its instrument up to it, it included: whether a window that ends there is full.
    [[nodiscard]] std::size_t depth(std::size_t row) const {
        return row - starts[series_of(row)] + 1;
    }
};

/// An instant range, the end out.
struct Between {
    std::int64_t from = 0;
    std::int64_t to = 0;

    [[nodiscard]] bool has(std::int64_t at) const { return at >= from && at < to; }
};

/// Instruments with features and bars, from which rows are cut.
class TrainingSet {
public:
    TrainingSet(RowsMeaning meaning, std::vector<SeriesRows> series);

    [[nodiscard]] const RowsMeaning& meaning() const { return meaning_; }
    [[nodiscard]] std::span<const SeriesRows> series() const { return series_; }
    [[nodiscard]] std::size_t columns() const { return meaning_.columns.size(); }
    /// Every row with its label; what predictions are measured against.
    [[nodiscard]] const Rows& all() const { return all_; }
    /// Takes all labels but these for none: classes so rare that they teach nothing. How many rows.
    std::size_t keep_labels(std::span<const double> levels);
    /// A control: deals the labels of the rows in `span` out among these rows anew, each with its
    /// own weight and outcome; every permutation is as likely, and one seed gives one. Spans and
    /// weights by span stay with their rows, so that purging drops what it did. Features then know
    /// nothing of labels: whoever still finds something has seen test rows while training.
    void shuffle_labels(const Between& span, std::uint64_t seed);
    /// What could be known before `span.to`: the rows before it, and the labels whose whole span
    /// ends before it; rows before `span.from` without a label. Weights are of these labels alone.
    /// So nothing behind `span.to` is in it, whatever is done with it.
    [[nodiscard]] Rows known(const Between& span) const;
    /// Row `i` of `known(...)` of instrument s is row all().starts[s] + i here.
    [[nodiscard]] std::size_t row_in_all(const Rows& known, std::size_t row) const;
    /// As the trainer reads it.
    [[nodiscard]] ml::TensorFile arrays(const Rows& rows) const;

private:
    RowsMeaning meaning_;
    std::vector<SeriesRows> series_;
    std::vector<labels::Labels> labels_;         ///< by instrument
    std::vector<std::vector<double>> outcomes_;  ///< by instrument, of its rows
    Rows all_;
};

/// The trainer's ranges [begin, end) of ascending rows.
[[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> ranges_of(
    std::span<const std::size_t> rows);

/// Columns that are missing in every labelled row.
[[nodiscard]] std::vector<std::size_t> columns_without_value(const Rows& rows, std::size_t columns);

/// Labelled rows with a full window whose newest features are there: at most `missing_max` of the
/// columns without a value.
struct Usable {
    std::size_t window = 1;
    double missing_max = 0.1;
};
[[nodiscard]] labels::Places usable_rows(const Rows& rows, std::size_t columns,
                                         const Usable& wanted);

}  // namespace tradewind::research::models
