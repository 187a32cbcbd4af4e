// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "ml/model.hpp"
#include "training/dataset.hpp"
#include "training/job.hpp"

namespace tradewind::training {

/// Some rows with what a loss needs of them.
struct Samples {
    std::vector<std::size_t> rows;  ///< of the dataset, ascending; each ends a whole window
    std::vector<float> labels;      ///< a class's place, or the label less centre, over scale
    std::vector<float> weights;     ///< the row's times its class's

    [[nodiscard]] std::size_t size() const { return rows.size(); }
};

/// What of a dataset a job learns from, with labels as networks and trees see them.
struct Selection {
    std::vector<std::uint32_t> inputs;
    Samples train;
    Samples validation;
    double label_centre = 0.0;  ///< weighted mean and deviation over the train rows;
    double label_scale = 1.0;   ///< 0 and 1 for classes
};

/// Rows without a label, of weight 0, or with fewer than a window's rows before them in their
/// series are passed over. The error names the field of the job or the row of the dataset.
[[nodiscard]] std::expected<Selection, std::string> select_samples(const Dataset& data,
                                                                   const TrainJob& job);

/// x = clamp((raw - centre) x scale, -clip, clip), NaN becomes 0: what networks read.
struct Scaling {
    std::vector<float> centre;  ///< [F]
    std::vector<float> scale;   ///< [F]
    float clip = 5.0F;

    /// `row` [columns], `out` [F].
    void apply(std::span<const float> row, std::span<const std::uint32_t> inputs,
               std::span<float> out) const;
};

struct FittedScaling {
    Scaling scaling;
    std::vector<std::string> constant;  ///< columns that never change: their scale is 0
};

/// Of the train rows alone: the median, and 1.349 over the distance of the quartiles (the
/// deviation's inverse for normal values), which outliers do not move. Where the quartiles are
/// equal, as of a flag that is rarely set, mean and deviation. A column that never changes gets
/// the scale 0, and so says nothing. The error names a column without any value.
[[nodiscard]] std::expected<FittedScaling, std::string> fit_scaling(const Dataset& data,
                                                                    const Selection& selection,
                                                                    float clip);

/// Every row of a dataset scaled, once; windows are then pieces of it.
class ScaledRows {
public:
    ScaledRows(const Dataset& data, std::span<const std::uint32_t> inputs, const Scaling& scaling);
    /// The windows of `window` rows that end at `rows`: [rows, window, F].
    void gather(std::span<const std::size_t> rows, std::size_t window,
                std::vector<float>& out) const;

private:
    std::size_t features_;
    std::vector<float> values_;
};

/// Raw windows of `window` rows that end at `rows`: [rows, window F], NaN where missing.
[[nodiscard]] std::vector<float> raw_windows(const Dataset& data,
                                             std::span<const std::uint32_t> inputs,
                                             std::span<const std::size_t> rows, std::size_t window);

}  // namespace tradewind::training
