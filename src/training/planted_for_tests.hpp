// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/random.hpp"
#include "ml/predictor.hpp"
#include "training/forest_training.hpp"
#include "training/network_training.hpp"

/// Data whose rule is known, and trainings on it, for tests.
namespace tradewind::training {

/// A window's rows, `lag` rows before the newest: column `c`.
using At = std::function<double(std::size_t lag, std::size_t c)>;
using Rule = std::function<double(const At&)>;

/// One series of normal values; the label of each row is the rule's of its window.
inline Dataset planted(std::size_t rows, std::size_t columns, std::size_t window,
                       const Rule& rule) {
    base::Random random{11};
    Dataset out;
    out.rows = rows;
    out.columns = columns;
    for (std::size_t c = 0; c < columns; ++c) out.origin.columns.push_back(fmt::format("c{}", c));
    out.origin.schema_hash = "schema";
    out.origin.label = "rule";
    out.origin.label_hash = "rule";
    out.origin.symbols = {"A"};
    out.origin.bars = "1d";
    out.origin.data_hash = "data";
    for (std::size_t i = 0; i < rows * columns; ++i) {
        out.features.push_back(static_cast<float>(random.normal()));
    }
    out.first.assign(rows, 0);
    out.weight.assign(rows, 1.0);
    for (std::size_t row = 0; row < rows; ++row) {
        out.known_at.push_back(static_cast<std::int64_t>(row));
        const At at = [&](std::size_t lag, std::size_t c) {
            return static_cast<double>(out.features[(row - lag) * columns + c]);
        };
        const bool whole = row + 1 >= window;
        out.label.push_back(whole ? rule(at) : std::numeric_limits<double>::quiet_NaN());
    }
    return out;
}

/// The job of a text of JSON, with the paths that a test has no use for.
inline TrainJob job_of(const std::string& fields) {
    const auto job =
        parse_job(fmt::format(R"({{"kind":"train","dataset":"-","model":"-",{}}})", fields));
    ASSERT(job.has_value());
    return std::get<TrainJob>(*job);
}

inline Trained train(const TrainJob& job, const Dataset& data, const Control& control = {}) {
    const auto selection = select_samples(data, job);
    if (!selection) return std::unexpected(selection.error());
    return job.family == ml::Family::xgboost ? train_forest(job, data, *selection, control)
                                             : train_network(job, data, *selection, control);
}

/// Scores of the window that ends at a row, [K].
inline std::vector<float> scores_at(ml::Predictor& predictor, const Dataset& data,
                                    std::size_t row) {
    const std::size_t window = predictor.card().window;
    std::vector<float> scores(predictor.card().target.scores());
    const std::span<const float> features{data.features};
    predictor.predict(features.subspan((row + 1 - window) * data.columns, window * data.columns),
                      scores);
    return scores;
}

/// The share of rows [begin, end) whose class is that of the highest score.
inline double accuracy(const ml::Model& model, const Dataset& data, RowRange rows) {
    const auto predictor = ml::make_predictor(model);
    std::size_t right = 0;
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
        const auto scores = scores_at(*predictor, data, row);
        const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
        const double found = model.card.target.levels[static_cast<std::size_t>(best)];
        right += found == data.label[row] ? 1U : 0U;
    }
    return static_cast<double>(right) / static_cast<double>(rows.end - rows.begin);
}

}  // namespace tradewind::training
