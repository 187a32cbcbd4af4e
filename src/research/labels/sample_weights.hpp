// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "domain/time.hpp"
#include "research/labels/label.hpp"

/// Weights of labels whose spans overlap (Lopez de Prado, Advances in Financial Machine Learning,
/// chapter 4). A number for each row, NaN without a label. They hang on all labels that are given:
/// for a model that is trained on some, blank the others out first.
namespace tradewind::research::labels {

/// How many labels hang on the return into each bar: those with row < bar <= last. By the text of
/// 4.3; its snippet 4.1 counts the label's own bar too, whose return the label does not look at.
[[nodiscard]] std::vector<std::uint32_t> concurrency(const Labels& labels);

/// The mean of 1 / concurrency over the bars of a label's span (4.4, snippet 4.2), in (0, 1].
[[nodiscard]] std::vector<double> average_uniqueness(const Labels& labels);

/// The amount of the sum of log returns / concurrency over the span (4.6, snippet 4.10), scaled so
/// that the mean over labels is 1. Where a close is missing on the way there is none.
[[nodiscard]] std::vector<double> return_attribution(const Labels& labels, const Bars& bars);

/// A factor that falls on a line from 1 at the newest label, by uniqueness passed (4.7, snippet
/// 4.11): to `oldest` at the start where that is 0 or more; a negative one, above -1, is the part
/// of all uniqueness, from the start on, that has a factor of 0.
[[nodiscard]] std::vector<double> time_decay(const Labels& labels, double oldest);

/// A factor that is 1 at the newest label's row and halves with every `half_life` before it.
[[nodiscard]] std::vector<double> recency(const Labels& labels, const Bars& bars,
                                          Duration half_life);

}  // namespace tradewind::research::labels
