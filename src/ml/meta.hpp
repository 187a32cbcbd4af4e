// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/prediction.hpp"
#include "ml/calibration.hpp"
#include "ml/model.hpp"
#include "ml/predictor.hpp"

/// Meta-labelling with a second model (Lopez de Prado, Advances in Financial Machine Learning,
/// 2018, 3.6): the ensemble says which side to take, the meta model how likely acting on it is
/// right.
namespace tradewind::ml {

/// How an ensemble took its side, as a meta model reads it.
struct TakenSide {
    double side = 0;       ///< 1, -1: the sign of the expected return; 0: none is taken
    double chance = 0;     ///< the ensemble's probability of that side
    double agreement = 0;  ///< weight of the members that lean there, 0 to 1
    double entropy = 0;    ///< of up, down and neither, in nats

    friend bool operator==(const TakenSide&, const TakenSide&) = default;
};
/// None of a prediction that abstains or expects just 0.
[[nodiscard]] TakenSide side_of(const Prediction& prediction);

inline constexpr std::array<std::string_view, 4> kSideColumns{
    "ensemble.side", "ensemble.chance", "ensemble.agreement", "ensemble.entropy"};
/// What a meta model reads of a row: the ensemble's columns, and behind them those of its side.
[[nodiscard]] std::vector<std::string> meta_columns(std::span<const std::string> columns);
/// `out` [columns of `features` + side].
void fill_meta_row(std::span<const float> features, const TakenSide& taken, std::span<float> out);

/// The classes of a meta model: acting is wrong, acting is right.
[[nodiscard]] Target meta_target();

/// What an ensemble has beside its members where it has a meta model.
struct MetaPart {
    std::string address;      ///< of the model's bytes
    Calibration calibration;  ///< of its two classes
    double cost_bps = 0;      ///< that the return had to be above for acting to be right

    friend bool operator==(const MetaPart&, const MetaPart&) = default;
};

/// What a meta model is taught to say: "meta(direction(1), cost_bps=2)".
[[nodiscard]] std::string meta_label(std::string_view label, double cost_bps);
/// Of that label and of the one ensemble that it is about: a meta model serves no other.
[[nodiscard]] std::string meta_label_hash(std::string_view meta_label,
                                          std::string_view ensemble_address);

/// A meta model at work. Allocates nothing once made; belongs to one thread.
class MetaPredictor {
public:
    /// `origin` and `ensemble_address`: of the ensemble as it is without its meta model. The error
    /// is one line: the model was taught for another ensemble, or is no meta model.
    [[nodiscard]] static std::expected<MetaPredictor, std::string> make(
        const MetaPart& part, const Model& model, const RowsOrigin& origin,
        std::string_view ensemble_address);

    /// The probability, calibrated, that acting on this side (not none: ASSERT) is right.
    /// `features`: the newest row.
    [[nodiscard]] double chance(std::span<const float> features, const TakenSide& taken);

private:
    MetaPredictor(Calibration calibration, std::unique_ptr<Predictor> predictor);

    Calibration calibration_;
    std::unique_ptr<Predictor> predictor_;
    std::vector<float> row_;
};

}  // namespace tradewind::ml
