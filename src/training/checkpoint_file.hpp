// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ml/tensor_file.hpp"

namespace tradewind::training {

/// `fingerprint`: of the job, its data and the code; what goes on from it has to have the same.
[[nodiscard]] std::string checkpoint_bytes(const std::string& fingerprint,
                                           std::vector<ml::Tensor> arrays);
/// nullopt where there is none, or it has another fingerprint. The error: it is damaged.
[[nodiscard]] std::expected<std::optional<ml::TensorFile>, std::string> open_checkpoint(
    const std::string& path, const std::string& fingerprint);

/// Bytes as an array, eight to a number, the first number how many there are.
[[nodiscard]] ml::Tensor bytes_array(std::string name, std::string_view bytes);
/// nullopt where there is no such array.
[[nodiscard]] std::optional<std::string> bytes_of(const ml::TensorFile& file,
                                                  std::string_view name);

}  // namespace tradewind::training
