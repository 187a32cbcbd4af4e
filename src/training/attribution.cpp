// SPDX-License-Identifier: Apache-2.0
#include "training/attribution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/try.hpp"
#include "disk/files.hpp"
#include "ml/tensor_file.hpp"
#include "training/loss.hpp"
#include "training/stored_network.hpp"
#include "training/whole_file.hpp"

namespace tradewind::training {
namespace {

using Failure = std::unexpected<std::string>;

/// One score of a network at points between two windows.
class Path {
public:
    Path(StoredNetwork& stored, ml::Task task, std::size_t score)
        : stored_(stored), task_(task), score_(score), scores_(stored.plan.scores) {}

    /// Of `points` [n, W F]: the score at each.
    std::vector<double> scores(const std::vector<float>& points, std::size_t n) {
        std::vector<double> out;
        raw_.resize(n * scores_);
        stored_.network->predict(points.data(), n, raw_.data());
        for (std::size_t i = 0; i < n; ++i) {
            std::vector<double> row = raw_row(i);
            if (task_ == ml::Task::quantiles) to_quantiles(row);
            out.push_back(row[score_] * stored_.score_scale);
        }
        return out;
    }

    /// The score's gradient at each, [n, W F].
    const std::vector<float>& gradients(const std::vector<float>& points, std::size_t n) {
        raw_.resize(n * scores_);
        seeds_.assign(n * scores_, 0.0F);
        // only a sum of softplus makes the score's gradient by the raw scores depend on these
        if (task_ == ml::Task::quantiles) {
            stored_.network->predict(points.data(), n, raw_.data());
        }
        for (std::size_t i = 0; i < n; ++i) {
            std::vector<double> gradient(scores_, 0.0);
            gradient[score_] = stored_.score_scale;
            if (task_ == ml::Task::quantiles) back_from_quantiles(raw_row(i), gradient);
            std::copy(gradient.begin(), gradient.end(),
                      seeds_.begin() + static_cast<std::ptrdiff_t>(i * scores_));
        }
        gradients_.resize(points.size());
        stored_.network->input_gradient(points.data(), n, seeds_.data(), gradients_.data());
        return gradients_;
    }

private:
    [[nodiscard]] std::vector<double> raw_row(std::size_t i) const {
        const auto from = raw_.begin() + static_cast<std::ptrdiff_t>(i * scores_);
        return {from, from + static_cast<std::ptrdiff_t>(scores_)};
    }

    StoredNetwork& stored_;
    ml::Task task_;
    std::size_t score_;
    std::size_t scores_;
    std::vector<float> raw_;
    std::vector<float> seeds_;
    std::vector<float> gradients_;
};

float between(float from, float to, double at) {
    return from + static_cast<float>(at) * (to - from);
}

/// The mean gradient between two windows, at the middles of pieces; a piece of the steps at once.
std::vector<double> mean_gradient(Path& path, std::span<const float> from,
                                  std::span<const float> to, std::size_t steps) {
    constexpr std::size_t kAtOnce = 64;
    const std::size_t each = from.size();
    std::vector<double> out(each, 0.0);
    std::vector<float> points;
    for (std::size_t first = 0; first < steps; first += kAtOnce) {
        const std::size_t n = std::min(kAtOnce, steps - first);
        points.resize(n * each);
        for (std::size_t step = 0; step < n; ++step) {
            const double at =
                (static_cast<double>(first + step) + 0.5) / static_cast<double>(steps);
            for (std::size_t i = 0; i < each; ++i) {
                points[step * each + i] = between(from[i], to[i], at);
            }
        }
        const std::vector<float>& gradients = path.gradients(points, n);
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            out[i % each] += static_cast<double>(gradients[i]);
        }
    }
    for (double& one : out) one /= static_cast<double>(steps);
    return out;
}

struct AttributionArrays {
    std::vector<float> windows;
    std::vector<float> baseline;
    std::size_t n = 0;
};

std::expected<AttributionArrays, std::string> read_windows(const std::string& path,
                                                           const ml::ModelCard& card) {
    const auto mapped = disk::Mapping::open(path);
    if (!mapped) return Failure(mapped.error().text);
    const auto file = ml::parse_tensors(mapped->bytes());
    if (!file) return Failure(fmt::format("{}: {}", path, file.error()));
    const std::size_t window = card.window;
    const std::size_t columns = card.origin.columns.size();
    const ml::Tensor* windows = file->find("windows");
    const ml::Tensor* baseline = file->find("baseline");
    const bool fits = windows != nullptr && file->values<float>("windows") != nullptr &&
                      windows->shape.size() == 3 && windows->shape[1] == window &&
                      windows->shape[2] == columns && baseline != nullptr &&
                      file->values<float>("baseline") != nullptr &&
                      baseline->shape == std::vector<std::size_t>{window, columns};
    if (!fits) {
        return Failure(
            fmt::format("{}: give f32 arrays windows [n, {}, {}] and baseline [{}, {}], "
                        "as the model reads them",
                        path, window, columns, window, columns));
    }
    return AttributionArrays{.windows = *file->values<float>("windows"),
                             .baseline = *file->values<float>("baseline"),
                             .n = windows->shape[0]};
}

std::expected<ml::Model, std::string> read_model(const std::string& path) {
    const auto mapped = disk::Mapping::open(path);
    if (!mapped) return Failure(mapped.error().text);
    auto model = ml::parse_model(mapped->bytes());
    if (!model) return Failure(fmt::format("{}: {}", path, model.error()));
    return std::move(*model);
}

}  // namespace

std::expected<Attributions, std::string> attribute(const ml::Model& model,
                                                   const AttributionInput& input) {
    StoredNetwork stored = TRY(open_network(model));
    if (input.score >= stored.plan.scores) {
        return Failure(fmt::format("class: {} is none of the model's {} scores", input.score,
                                   stored.plan.scores));
    }
    const std::size_t each = stored.plan.window * stored.plan.features;
    Path path{stored, model.card.target.task, input.score};
    std::vector<float> ends(2 * each);
    const std::span<float> from = std::span{ends}.first(each);
    const std::span<float> to = std::span{ends}.subspan(each);
    stored.scale(input.baseline, model.card, from);
    Attributions out;
    const std::size_t raw = input.baseline.size();
    for (std::size_t at = 0; at < input.windows.size(); at += raw) {
        stored.scale(input.windows.subspan(at, raw), model.card, to);
        const auto mean = mean_gradient(path, from, to, input.steps);
        double sum = 0.0;
        for (std::size_t i = 0; i < each; ++i) {
            const double value =
                mean[i] * (static_cast<double>(to[i]) - static_cast<double>(from[i]));
            out.values.push_back(value);
            sum += value;
        }
        const auto scores = path.scores(ends, 2);
        out.completeness.push_back(sum - (scores[1] - scores[0]));
    }
    return out;
}

std::expected<std::string, std::string> run_attribution(const AttributeJob& job) {
    const ml::Model model = TRY(read_model(job.trained));
    const AttributionArrays arrays = TRY(read_windows(job.windows, model.card));
    const Attributions found = TRY(attribute(model, {.windows = arrays.windows,
                                                     .baseline = arrays.baseline,
                                                     .score = job.score,
                                                     .steps = job.steps}));
    const std::size_t features = model.card.inputs.size();
    const ml::TensorFile file{
        .description = R"({"kind":"attributions"})",
        .tensors = {
            ml::tensor("attributions", {arrays.n, model.card.window, features}, found.values),
            ml::tensor("completeness", {arrays.n}, found.completeness)}};
    const std::string bytes = ml::to_bytes(file);
    TRY_VOID(write_whole(job.attributions, bytes));
    return ml::address_of(bytes);
}

}  // namespace tradewind::training
