// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace tradewind::training {

/// For the benchmark: the training of a network with libtorch's own modules and optimiser, as its
/// documentation shows it.
struct LoopSize {
    std::size_t rows;
    std::size_t window;
    std::size_t features;
    std::size_t batch;
};

/// An epoch each; the mean loss.
double lstm_epoch_of_libtorch(LoopSize size);
double transformer_epoch_of_libtorch(LoopSize size);

}  // namespace tradewind::training
