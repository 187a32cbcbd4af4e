// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "apps/model_config.hpp"
#include "apps/model_data.hpp"
#include "ml/model.hpp"

/// What models are taught to say of a label.
namespace tradewind::apps {

/// "classes", "value" or "quantiles(0.1, 0.5, 0.9)"; of classes the levels are settled by the data.
/// The error is a line.
[[nodiscard]] std::expected<ml::Target, std::string> parse_target(std::string_view text);

/// What `models.target` says; unless it does, classes where the labels in the span have at most 20
/// values, else a value. Finds out which classes there are, and takes those that come in less than
/// one row of a hundred for no label (a close that is exactly the one before). The error: one class
/// only, a number where classes are asked for, or a setting that does not go with the target.
[[nodiscard]] std::expected<ml::Target, std::string> settle_target(ModelData& data,
                                                                   const ModelConfig& models);

/// Why what models say of the label is not traded; nullopt: it is.
[[nodiscard]] std::optional<std::string> reason_not_to_trade(const ModelConfig& models);

}  // namespace tradewind::apps
