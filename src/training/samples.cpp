// SPDX-License-Identifier: Apache-2.0
#include "training/samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/assert.hpp"
#include "base/try.hpp"

namespace tradewind::training {
namespace {

using Failure = std::unexpected<std::string>;

std::expected<std::vector<std::size_t>, std::string> chosen_rows(
    const Dataset& data, const TrainJob& job, const std::vector<RowRange>& ranges,
    const char* name) {
    std::vector<std::size_t> out;
    for (const RowRange& one : ranges) {
        if (one.end > data.rows) {
            return Failure(
                fmt::format("{}: row {} is past the end of the dataset, which has {} "
                            "rows",
                            name, one.end - 1, data.rows));
        }
        for (std::size_t row = one.begin; row < one.end; ++row) {
            const bool usable = !std::isnan(data.label[row]) && data.weight[row] > 0.0 &&
                                data.whole_window(row, job.window);
            if (usable) out.push_back(row);
        }
    }
    return out;
}

/// A label's class; the number of classes where it is none.
std::size_t class_of(double label, const std::vector<double>& levels) {
    const auto found = std::find(levels.begin(), levels.end(), label);
    return static_cast<std::size_t>(found - levels.begin());
}

std::expected<void, std::string> label_classes(const Dataset& data, const TrainJob& job,
                                               Samples& samples) {
    for (const std::size_t row : samples.rows) {
        const std::size_t place = class_of(data.label[row], job.target.levels);
        if (place == job.target.levels.size()) {
            return Failure(
                fmt::format("target.levels: row {} of the dataset has the label {}, "
                            "which is none of them",
                            row, data.label[row]));
        }
        samples.labels.push_back(static_cast<float>(place));
        samples.weights.push_back(static_cast<float>(data.weight[row]));
    }
    return {};
}

std::vector<double> class_totals(const Samples& samples, std::size_t classes) {
    std::vector<double> out(classes, 0.0);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        out[static_cast<std::size_t>(samples.labels[i])] += static_cast<double>(samples.weights[i]);
    }
    return out;
}

void weigh_classes(Samples& samples, const std::vector<double>& by_class) {
    for (std::size_t i = 0; i < samples.size(); ++i) {
        samples.weights[i] *=
            static_cast<float>(by_class[static_cast<std::size_t>(samples.labels[i])]);
    }
}

/// Each class that is there then weighs the same in the whole.
std::vector<double> balance(const std::vector<double>& totals) {
    const double all = std::accumulate(totals.begin(), totals.end(), 0.0);
    const auto there = static_cast<double>(
        std::count_if(totals.begin(), totals.end(), [](double one) { return one > 0.0; }));
    std::vector<double> out;
    out.reserve(totals.size());
    for (const double one : totals) out.push_back(one > 0.0 ? all / (there * one) : 1.0);
    return out;
}

std::expected<void, std::string> fit_classes(const Dataset& data, const TrainJob& job,
                                             Selection& out) {
    TRY_VOID(label_classes(data, job, out.train));
    TRY_VOID(label_classes(data, job, out.validation));
    const auto totals = class_totals(out.train, job.target.levels.size());
    const auto there =
        std::count_if(totals.begin(), totals.end(), [](double one) { return one > 0.0; });
    if (there < 2) {
        return Failure(
            fmt::format("train: all of its {} labels are {}; classes are told apart "
                        "where there are two at least",
                        out.train.size(), data.label[out.train.rows.front()]));
    }
    if (job.balanced) {
        const auto by_class = balance(totals);
        weigh_classes(out.train, by_class);
        weigh_classes(out.validation, by_class);
    }
    return {};
}

void label_values(const Dataset& data, const Selection& selection, Samples& samples) {
    for (const std::size_t row : samples.rows) {
        const double scaled = (data.label[row] - selection.label_centre) / selection.label_scale;
        samples.labels.push_back(static_cast<float>(scaled));
        samples.weights.push_back(static_cast<float>(data.weight[row]));
    }
}

std::expected<void, std::string> fit_values(const Dataset& data, Selection& out) {
    double weight = 0.0;
    double mean = 0.0;
    double square = 0.0;
    for (const std::size_t row : out.train.rows) {  // West 1979
        weight += data.weight[row];
        const double step = data.label[row] - mean;
        mean += step * data.weight[row] / weight;
        square += data.weight[row] * step * (data.label[row] - mean);
    }
    const double deviation = std::sqrt(square / weight);
    const auto scale = static_cast<float>(deviation);
    if (!(scale > 0.0F) || !std::isfinite(scale)) {
        return Failure(fmt::format("train: all of its {} labels are {}; there is nothing to learn",
                                   out.train.size(), data.label[out.train.rows.front()]));
    }
    // what the model keeps, so that training and serving scale by the same numbers
    out.label_centre = static_cast<double>(static_cast<float>(mean));
    out.label_scale = static_cast<double>(scale);
    label_values(data, out, out.train);
    label_values(data, out, out.validation);
    return {};
}

/// [known values of a column over the train rows]
std::vector<float> known_values(const Dataset& data, const Selection& selection,
                                std::uint32_t column) {
    std::vector<float> out;
    for (const std::size_t row : selection.train.rows) {
        const float value = data.features[row * data.columns + column];
        if (std::isfinite(value)) out.push_back(value);
    }
    return out;
}

/// Linear between the two values around it, as numpy's default.
double quantile(std::vector<float>& values, double level) {
    const double at = level * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(below);
    std::nth_element(values.begin(), place, values.end());
    const auto low = static_cast<double>(*place);
    const double rest = at - static_cast<double>(below);
    if (rest == 0.0) return low;
    return low + rest * (static_cast<double>(*std::min_element(place + 1, values.end())) - low);
}

struct CentreScale {
    double centre = 0.0;
    double scale = 0.0;
};

CentreScale moments_of(const std::vector<float>& values) {
    const auto n = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double square = 0.0;
    for (const float one : values) {
        const double off = static_cast<double>(one) - mean;
        square += off * off;
    }
    return {.centre = mean, .scale = std::sqrt(n / square)};
}

CentreScale fit_column(std::vector<float>& values) {
    constexpr double kQuartilesOfNormal = 1.3489795003921634;
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    if (*low == *high) return {.centre = static_cast<double>(*low), .scale = 0.0};
    const double between = quantile(values, 0.75) - quantile(values, 0.25);
    if (between > 0.0) {
        return {.centre = quantile(values, 0.5), .scale = kQuartilesOfNormal / between};
    }
    return moments_of(values);
}

}  // namespace

std::expected<Selection, std::string> select_samples(const Dataset& data, const TrainJob& job) {
    Selection out;
    if (job.inputs) {
        out.inputs = *job.inputs;
        if (out.inputs.back() >= data.columns) {
            return Failure(fmt::format("inputs: {} is none of the dataset's {} columns",
                                       out.inputs.back(), data.columns));
        }
    } else {
        out.inputs.resize(data.columns);
        std::iota(out.inputs.begin(), out.inputs.end(), 0U);
    }
    out.train.rows = TRY(chosen_rows(data, job, job.train, "train"));
    out.validation.rows = TRY(chosen_rows(data, job, job.validation, "validation"));
    if (out.train.size() < 2) {
        return Failure(
            fmt::format("train: {} of its rows have a label and a window of {} rows "
                        "before them; at least 2 are needed",
                        out.train.size(), job.window));
    }
    if (!job.validation.empty() && out.validation.size() == 0) {
        return Failure(
            fmt::format("validation: none of its rows has a label and a window of {} "
                        "rows before it",
                        job.window));
    }
    if (job.target.task == ml::Task::classes) {
        TRY_VOID(fit_classes(data, job, out));
    } else {
        TRY_VOID(fit_values(data, out));
    }
    return out;
}

void Scaling::apply(std::span<const float> row, std::span<const std::uint32_t> inputs,
                    std::span<float> out) const {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const float value = (row[inputs[i]] - centre[i]) * scale[i];
        out[i] = std::isnan(value) ? 0.0F : std::clamp(value, -clip, clip);
    }
}

std::expected<FittedScaling, std::string> fit_scaling(const Dataset& data,
                                                      const Selection& selection, float clip) {
    FittedScaling out;
    out.scaling.clip = clip;
    for (const std::uint32_t column : selection.inputs) {
        const std::string& name = data.origin.columns[column];
        std::vector<float> values = known_values(data, selection, column);
        if (values.empty()) {
            return Failure(
                fmt::format("inputs: column {} ({}) has no value in any of the {} train "
                            "rows; leave it out, or train on more rows",
                            column, name, selection.train.size()));
        }
        const CentreScale fitted = fit_column(values);
        const auto scale = static_cast<float>(fitted.scale);
        // a difference too small for a float's inverse is none
        const bool constant = !(scale > 0.0F) || !std::isfinite(scale);
        if (constant) out.constant.push_back(name);
        out.scaling.centre.push_back(static_cast<float>(fitted.centre));
        out.scaling.scale.push_back(constant ? 0.0F : scale);
    }
    return out;
}

ScaledRows::ScaledRows(const Dataset& data, std::span<const std::uint32_t> inputs,
                       const Scaling& scaling)
    : features_(inputs.size()), values_(data.rows * inputs.size()) {
    const std::span<const float> from{data.features};
    const std::span<float> to{values_};
    for (std::size_t row = 0; row < data.rows; ++row) {
        scaling.apply(from.subspan(row * data.columns, data.columns), inputs,
                      to.subspan(row * features_, features_));
    }
}

void ScaledRows::gather(std::span<const std::size_t> rows, std::size_t window,
                        std::vector<float>& out) const {
    const std::size_t each = window * features_;
    out.resize(rows.size() * each);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        ASSERT(rows[i] + 1 >= window);
        // a window's rows lie one after another
        const float* from = values_.data() + (rows[i] + 1 - window) * features_;
        std::copy_n(from, each, out.data() + i * each);
    }
}

std::vector<float> raw_windows(const Dataset& data, std::span<const std::uint32_t> inputs,
                               std::span<const std::size_t> rows, std::size_t window) {
    std::vector<float> out;
    out.reserve(rows.size() * window * inputs.size());
    for (const std::size_t last : rows) {
        for (std::size_t row = last + 1 - window; row <= last; ++row) {
            for (const std::uint32_t column : inputs) {
                out.push_back(data.features[row * data.columns + column]);
            }
        }
    }
    return out;
}

}  // namespace tradewind::training
