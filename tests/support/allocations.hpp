// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace tradewind::support {

/// How often memory was asked for; counted in test programs that replace operator new.
extern std::size_t allocations;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

}  // namespace tradewind::support
