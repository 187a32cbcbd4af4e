// SPDX-License-Identifier: Apache-2.0
#include "ml/meta.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/assert.hpp"
#include "base/sha256.hpp"

namespace tradewind::ml {
namespace {

double entropy_of(double up, double down) {
    double out = 0;
    for (const double p : {up, down, 1 - up - down}) out -= p > 0 ? p * std::log(p) : 0;
    return out;
}

/// Two scores as probabilities, in double precision as members' are.
std::array<double, 2> chances_of(const std::array<float, 2>& scores) {
    const double gap = static_cast<double>(scores[0]) - static_cast<double>(scores[1]);
    const double right = 1 / (1 + std::exp(gap));
    return {1 - right, right};
}

}  // namespace

TakenSide side_of(const Prediction& prediction) {
    if (prediction.abstains || prediction.expected_return == 0) return {};
    TakenSide out{.side = prediction.expected_return > 0 ? 1.0 : -1.0};
    out.chance = out.side > 0 ? prediction.up : prediction.down;
    out.entropy = entropy_of(prediction.up, prediction.down);
    for (const Vote& vote : prediction.votes) {
        if ((vote.up - vote.down) * out.side > 0) out.agreement += vote.weight;
    }
    return out;
}

std::vector<std::string> meta_columns(std::span<const std::string> columns) {
    std::vector<std::string> out{columns.begin(), columns.end()};
    out.insert(out.end(), kSideColumns.begin(), kSideColumns.end());
    return out;
}

void fill_meta_row(std::span<const float> features, const TakenSide& taken, std::span<float> out) {
    ASSERT(out.size() == features.size() + kSideColumns.size());
    auto* next = std::copy(features.begin(), features.end(), out.data());
    for (const double x : {taken.side, taken.chance, taken.agreement, taken.entropy}) {
        *next++ = static_cast<float>(x);
    }
}

Target meta_target() { return {.task = Task::classes, .levels = {0, 1}}; }

std::string meta_label(std::string_view label, double cost_bps) {
    return fmt::format("meta({}, cost_bps={})", label, cost_bps);
}

std::string meta_label_hash(std::string_view meta_label, std::string_view ensemble_address) {
    const std::string all = fmt::format("{} of {}", meta_label, ensemble_address);
    return base::sha256_hex(std::as_bytes(std::span{all}));
}

MetaPredictor::MetaPredictor(Calibration calibration, std::unique_ptr<Predictor> predictor)
    : calibration_(std::move(calibration)),
      predictor_(std::move(predictor)),
      row_(predictor_->card().origin.columns.size()) {}

std::expected<MetaPredictor, std::string> MetaPredictor::make(const MetaPart& part,
                                                              const Model& model,
                                                              const RowsOrigin& origin,
                                                              std::string_view ensemble_address) {
    ASSERT(part.calibration.classes == 2);
    const auto refused = [&](std::string_view why) {
        return std::unexpected(
            fmt::format("meta model {} {}: train them anew", part.address.substr(0, 12), why));
    };
    const ModelCard& card = model.card;
    if (card.target != meta_target() || card.window != 1) return refused("is no meta model");
    if (card.origin.schema_hash != origin.schema_hash ||
        card.origin.columns != meta_columns(origin.columns)) {
        return refused("reads other features than its ensemble");
    }
    const std::string label = meta_label(origin.label, part.cost_bps);
    if (card.origin.label != label ||
        card.origin.label_hash != meta_label_hash(label, ensemble_address)) {
        return refused("was taught for another ensemble");
    }
    return MetaPredictor{part.calibration, make_predictor(model)};
}

double MetaPredictor::chance(std::span<const float> features, const TakenSide& taken) {
    ASSERT(taken.side != 0);
    fill_meta_row(features, taken, row_);
    std::array<float, 2> scores{};
    predictor_->predict(row_, scores);
    std::array<double, 2> chances = chances_of(scores);
    calibration_.apply(chances);
    return chances[1];
}

}  // namespace tradewind::ml
