// SPDX-License-Identifier: Apache-2.0
#include "training/cells.hpp"

#include "training/cells_of.hpp"

namespace tradewind::training {

const Cells& cells() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) {
        return cells_avx512();
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return cells_avx2();
#endif
    return cells_plain();
}

}  // namespace tradewind::training
