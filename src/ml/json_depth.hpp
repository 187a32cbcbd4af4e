// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace tradewind::ml {

/// No text of ours nests deeper; writing JSON takes a stack frame a level.
constexpr std::size_t kJsonDepthMax = 64;

/// How deep objects and lists stand in each other. Safe on any text, JSON or not.
[[nodiscard]] std::size_t json_depth(std::string_view text);

}  // namespace tradewind::ml
