// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <source_location>

namespace tradewind::base {

/// Writes the broken invariant and its place to standard error, then aborts the process. A state
/// that is known to be wrong must not trade: the process restarts halted and reconciles.
[[noreturn]] void assertion_failed(const char* expression,
                                   std::source_location where = std::source_location::current());

}  // namespace tradewind::base

/// Checked in every build. For invariants only: bytes, disks, venues and users get `std::expected`.
#define ASSERT(condition) \
    (__builtin_expect(static_cast<bool>(condition), 1) \
         ? static_cast<void>(0) \
         : ::tradewind::base::assertion_failed(#condition))
