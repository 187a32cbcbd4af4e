// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace tradewind::training {

/// Puts a file in place whole and durable, or leaves what is there as it was: writes another one
/// beside it (PATH.part), and renames that. The error is a line.
[[nodiscard]] std::expected<void, std::string> write_whole(const std::string& path,
                                                           std::string_view bytes);

}  // namespace tradewind::training
