// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace tradewind::feature {

/// Of some names those that may have been meant by one that is not among them: the nearest, three
/// at most where several are equally near, none that differs in more than half of it.
[[nodiscard]] std::vector<std::string_view> nearest_names(std::string_view name,
                                                          std::span<const std::string_view> names);

}  // namespace tradewind::feature
