// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "training/network.hpp"

/// Networks by libtorch's own layers and nothing of ours, for tests and benchmarks. C++17.
namespace tradewind::support {

class TorchReference {
public:
    TorchReference() = default;
    TorchReference(const TorchReference&) = delete;
    TorchReference& operator=(const TorchReference&) = delete;
    virtual ~TorchReference() = default;
    /// `window` [W, F] scaled, `scores` [K] raw.
    virtual void predict(const float* window, float* scores) = 0;
};

/// `weights` as `training::parameters_of` lays them out; they are copied.
std::unique_ptr<TorchReference> make_torch_reference(const training::NetworkPlan& plan,
                                                     const float* weights);

}  // namespace tradewind::support
