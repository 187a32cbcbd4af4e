// SPDX-License-Identifier: Apache-2.0
#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace tradewind::base {

void assertion_failed(const char* expression, std::source_location where) {
    std::fprintf(stderr, "tradewind: broken invariant `%s` in %s at %s:%u\n", expression,
                 where.function_name(), where.file_name(), where.line());
    std::abort();
}

}  // namespace tradewind::base
