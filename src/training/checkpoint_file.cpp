// SPDX-License-Identifier: Apache-2.0
#include "training/checkpoint_file.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "base/try.hpp"
#include "disk/files.hpp"

namespace tradewind::training {
namespace {

constexpr std::size_t kBytesMax = std::size_t{1} << 36U;

std::string description_of(const std::string& fingerprint) {
    return nlohmann::ordered_json{{"kind", "training checkpoint"}, {"fingerprint", fingerprint}}
        .dump();
}

}  // namespace

std::string checkpoint_bytes(const std::string& fingerprint, std::vector<ml::Tensor> arrays) {
    return ml::to_bytes(
        ml::TensorFile{.description = description_of(fingerprint), .tensors = std::move(arrays)});
}

std::expected<std::optional<ml::TensorFile>, std::string> open_checkpoint(
    const std::string& path, const std::string& fingerprint) {
    if (path.empty()) return std::nullopt;
    const auto bytes = disk::read_file(path, kBytesMax);
    if (!bytes) return std::unexpected(bytes.error().text);
    if (!*bytes) return std::nullopt;
    auto file = ml::parse_tensors(std::as_bytes(std::span{**bytes}));
    if (!file) {
        return std::unexpected(fmt::format(
            "{}: {}; remove this checkpoint to train from the beginning", path, file.error()));
    }
    if (file->description != description_of(fingerprint)) return std::nullopt;
    return std::move(*file);
}

ml::Tensor bytes_array(std::string name, std::string_view bytes) {
    std::vector<std::int64_t> values(1 + (bytes.size() + 7) / 8, 0);
    values[0] = static_cast<std::int64_t>(bytes.size());
    if (!bytes.empty()) std::memcpy(values.data() + 1, bytes.data(), bytes.size());
    const std::size_t size = values.size();
    return ml::tensor(std::move(name), {size}, std::move(values));
}

std::optional<std::string> bytes_of(const ml::TensorFile& file, std::string_view name) {
    const auto* values = file.values<std::int64_t>(name);
    if (values == nullptr || values->empty() || values->front() < 0) return std::nullopt;
    const auto size = static_cast<std::size_t>(values->front());
    if (size > (values->size() - 1) * sizeof(std::int64_t)) return std::nullopt;
    std::string out(size, '\0');
    if (size > 0) std::memcpy(out.data(), values->data() + 1, size);
    return out;
}

}  // namespace tradewind::training
