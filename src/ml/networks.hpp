// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "ml/kernels/kernels.hpp"
#include "ml/predictor.hpp"

/// The predictors of each family. The model has been checked; the kernels are those of the
/// processor, or slower ones that a test asks for.
namespace tradewind::ml {

[[nodiscard]] std::unique_ptr<Predictor> make_dense(const Model& model,
                                                    const kernels::Kernels& kernels);
[[nodiscard]] std::unique_ptr<Predictor> make_lstm(const Model& model,
                                                   const kernels::Kernels& kernels);
[[nodiscard]] std::unique_ptr<Predictor> make_transformer(const Model& model,
                                                          const kernels::Kernels& kernels);
[[nodiscard]] std::unique_ptr<Predictor> make_forest(const Model& model,
                                                     const kernels::Kernels& kernels);
[[nodiscard]] std::unique_ptr<Predictor> make_predictor(const Model& model,
                                                        const kernels::Kernels& kernels);

}  // namespace tradewind::ml
