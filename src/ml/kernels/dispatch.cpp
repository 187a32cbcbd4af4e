// SPDX-License-Identifier: Apache-2.0
#include "ml/kernels/kernels.hpp"

namespace tradewind::ml::kernels {
namespace {

bool has_avx2() {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
#else
    return false;
#endif
}

bool has_avx512() {
#if defined(__x86_64__)
    return has_avx2() && __builtin_cpu_supports("avx512f") != 0 &&
           __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
           __builtin_cpu_supports("avx512vl") != 0;
#else
    return false;
#endif
}

}  // namespace

const Kernels* available(std::size_t i) {
    if (i == 0) return &plain;
    if (i == 1) return has_avx2() ? avx2 : nullptr;
    return i == 2 && has_avx512() ? avx512 : nullptr;
}

const Kernels& best() {
    if (const Kernels* const found = available(2)) return *found;
    if (const Kernels* const found = available(1)) return *found;
    return plain;
}

}  // namespace tradewind::ml::kernels
