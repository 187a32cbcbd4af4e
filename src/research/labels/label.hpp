// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "feature/panel.hpp"

/// Labels: what came of a row, for a model to learn. A label looks ahead by nature, so none of this
/// is a function of expressions, and each says how far it looked.
namespace tradewind::research::labels {

/// Bars in their order; open, high, low and close are read. A price that is no number is missing.
using Bars = feature::BarRows;

[[nodiscard]] inline std::span<const double> column(const Bars& bars, feature::Field field) {
    return {bars.columns[static_cast<std::size_t>(field)], bars.rows()};
}

inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// A label for each row of the bars.
struct Labels {
    /// NaN: none, as the future is not there yet or something that is read is missing.
    std::vector<double> value;
    /// The last row that was looked at: nothing behind it changes the label. Of a row without a
    /// label the row itself.
    std::vector<std::size_t> last;
    /// The label's own weight: how sure it is, 1 where it does not say. NaN without a label.
    std::vector<double> weight;
    /// Rows whose two barriers were touched in one bar, where the order cannot be known.
    std::vector<std::size_t> both_touched;

    explicit Labels(std::size_t rows);
    [[nodiscard]] std::size_t rows() const { return value.size(); }
    [[nodiscard]] bool has(std::size_t row) const { return !std::isnan(value[row]); }
    void set(std::size_t row, double label, std::size_t last_row, double own_weight = 1) {
        value[row] = label;
        last[row] = last_row;
        weight[row] = own_weight;
    }
};

/// The instants of the last bars looked at. A label's span is from its row's own `known_at` to it.
[[nodiscard]] std::vector<std::int64_t> until(const Labels& labels, const Bars& bars);

}  // namespace tradewind::research::labels
