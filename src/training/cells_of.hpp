// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/cells.hpp"

namespace tradewind::training {

/// For any processor of the build, for AVX2 with FMA, and for AVX-512.
[[nodiscard]] const Cells& cells_plain();
[[nodiscard]] const Cells& cells_avx2();
[[nodiscard]] const Cells& cells_avx512();

}  // namespace tradewind::training
