// SPDX-License-Identifier: Apache-2.0
#include "training/stored_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/try.hpp"
#include "training/job.hpp"

namespace tradewind::training {
namespace {

std::expected<std::vector<float>, std::string> take(const ml::Model& model, const std::string& name,
                                                    std::size_t size) {
    const std::vector<float>* values = model.arrays.values<float>(name);
    if (values == nullptr || values->size() != size) {
        return std::unexpected(fmt::format("its array {} is missing, or of another shape", name));
    }
    return *values;
}

}  // namespace

void StoredNetwork::scale(std::span<const float> window, const ml::ModelCard& card,
                          std::span<float> out) const {
    const std::size_t columns = card.origin.columns.size();
    for (std::size_t row = 0; row < plan.window; ++row) {
        scaling.apply(window.subspan(row * columns, columns), card.inputs,
                      out.subspan(row * plan.features, plan.features));
    }
}

std::expected<StoredNetwork, std::string> open_network(const ml::Model& model) {
    const ml::ModelCard& card = model.card;
    if (card.family == ml::Family::xgboost) {
        return std::unexpected("its family is xgboost, whose trees are no network");
    }
    TrainJob job;
    job.family = card.family;
    job.target = card.target;
    job.window = card.window;
    TRY_VOID(read_settings(card.settings, job));
    StoredNetwork out;
    const std::size_t features = card.inputs.size();
    out.plan = plan_of(job, features);
    out.plan.dropout = 0.0;  // it is not trained on
    out.scaling.centre = TRY(take(model, "centre", features));
    out.scaling.scale = TRY(take(model, "scale", features));
    out.scaling.clip = TRY(take(model, "clip", 1)).front();
    if (card.target.task != ml::Task::classes) {
        out.score_centre = static_cast<double>(TRY(take(model, "out.centre", 1)).front());
        out.score_scale = static_cast<double>(TRY(take(model, "out.scale", 1)).front());
    }
    out.network = make_torch_network(out.plan);
    for (const Parameter& one : parameters_of(out.plan)) {
        const auto values = TRY(take(model, one.name, one.size));
        std::copy(values.begin(), values.end(), out.network->weights() + one.begin);
    }
    return out;
}

}  // namespace tradewind::training
