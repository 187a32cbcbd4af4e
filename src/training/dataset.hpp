// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "ml/model.hpp"
#include "training/job.hpp"

namespace tradewind::training {

/// What a job trains on: rows of features of some series, one series after another.
struct Dataset {
    ml::RowsOrigin origin;  ///< less from, until and rows, which the job's rows give
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::vector<float> features;         ///< [rows, columns]
    std::vector<std::size_t> first;      ///< [rows]: the first row of each row's series
    std::vector<std::int64_t> known_at;  ///< [rows]
    std::vector<double> label;           ///< [rows], NaN: none
    std::vector<double> weight;          ///< [rows]

    /// The window that ends at `row` lies in its series.
    [[nodiscard]] bool whole_window(std::size_t row, std::size_t window) const {
        return row + 1 >= first[row] + window;
    }
};

/// From a file of arrays; README.md has the format. The error names the file and what is wrong.
[[nodiscard]] std::expected<Dataset, std::string> read_dataset(const std::string& path);

}  // namespace tradewind::training
