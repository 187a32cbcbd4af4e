// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "apps/data_common.hpp"

namespace tradewind::apps {

/// `data generate --market`: options with symbol and interval filled in. Returns the exit code.
[[nodiscard]] int run_data_planted(const DataGenerateOptions& options);

}  // namespace tradewind::apps
