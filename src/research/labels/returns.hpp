// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "research/labels/label.hpp"

/// Labels of a fixed horizon (Lopez de Prado, Advances in Financial Machine Learning, 3.2).
namespace tradewind::research::labels {

/// At which price a row is entered: its own close, or the open of the bar after it, which is what a
/// strategy that saw the close can get.
enum class Entry : std::uint8_t { close, next_open };
enum class ReturnKind : std::uint8_t { simple, logarithmic };

struct ForwardReturn {
    std::size_t rows = 1;  ///< ahead, from 1
    ReturnKind kind = ReturnKind::simple;
    Entry entry = Entry::close;
};
/// close[i + n] / entry - 1, or its logarithm log(close[i + n] / entry). Missing where a price is
/// not above 0.
[[nodiscard]] Labels forward_return(const Bars& bars, const ForwardReturn& settings);

/// The price that row i enters at; NaN: none is there.
[[nodiscard]] double entry_price(const Bars& bars, std::size_t row, Entry entry);

/// 1 where the simple forward return is above threshold x unit[i], -1 where it is below its
/// negative, else 0. `unit`: a volatility that is known at the row; empty: 1 everywhere.
[[nodiscard]] Labels direction(const Bars& bars, const ForwardReturn& settings, double threshold,
                               std::span<const double> unit);

/// What a feature is `rows` rows later. Of the deviation of the last n returns: the volatility of
/// the n returns to come.
[[nodiscard]] Labels later_value(std::span<const double> feature, std::size_t rows);

struct QuantileClass {
    std::size_t classes = 5;
    std::size_t window = 0;  ///< returns that edges are made of; 0: all so far
    std::size_t least = 1;   ///< of all so far, fewer give no label
};
/// The class of a forward return, from 0 to classes - 1, among those that were known at the row:
/// of the rows whose own last row is not behind it. Edges are their quantiles 1/k, 2/k, ..., in
/// proportion between the nearest two (numpy's default); a return that is an edge belongs to the
/// class below. So the edges never look ahead.
[[nodiscard]] Labels quantile_class(const Labels& returns, const QuantileClass& settings);

}  // namespace tradewind::research::labels
