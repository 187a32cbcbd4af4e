// SPDX-License-Identifier: Apache-2.0
#include "apps/attribution_run.hpp"

#include <utility>

#include "apps/model_run.hpp"
#include "base/try.hpp"
#include "research/models/attribution.hpp"

namespace tradewind::apps {

std::expected<Attribution, std::string> attribute(const ml::Model& model,
                                                  std::span<const float> window, std::size_t score,
                                                  const std::string& folder) {
    const research::models::AttributionRequest request{
        .model = &model, .windows = {window.begin(), window.end()}, .score = score};
    auto found = TRY(research::models::attribute(
        {&request, 1}, {.program = trainer_program(), .folder = folder, .processes = 1}));
    research::models::Attribution& one = found.front();
    return Attribution{.method = std::move(one.method),
                       .values = std::move(one.values),
                       .base = one.base,
                       .error = one.errors.front()};
}

}  // namespace tradewind::apps
