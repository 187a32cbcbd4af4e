// SPDX-License-Identifier: Apache-2.0
#include "ml/tensor_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/assert.hpp"
#include "base/sha256.hpp"
#include "base/try.hpp"
#include "ml/json_depth.hpp"

namespace tradewind::ml {
namespace {

using Json = nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "TWARRAY1";
constexpr std::size_t kHeadAt = 16;
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kTensorsMax = 4096;
constexpr std::size_t kDimensionsMax = 4;
constexpr std::size_t kNameMax = 128;
constexpr std::array<std::string_view, 3> kTypes{"f32", "f64", "i64"};
constexpr std::array<std::size_t, 3> kValueBytes{4, 8, 8};

constexpr std::size_t aligned(std::size_t at) {
    return (at + kAlignment - 1) / kAlignment * kAlignment;
}

/// nullopt: more than there could be.
std::optional<std::size_t> product(std::span<const std::size_t> shape) {
    std::size_t out = 1;
    for (const std::size_t n : shape) {
        if (__builtin_mul_overflow(out, n, &out)) return std::nullopt;
    }
    return out;
}

std::size_t count(const Tensor& tensor) {
    return std::visit([](const auto& values) { return values.size(); }, tensor.values);
}

std::array<std::uint8_t, kDigestBytes> digest_of(std::span<const std::byte> bytes) {
    const std::string hex = base::sha256_hex(bytes);
    std::array<std::uint8_t, kDigestBytes> out{};
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<std::uint8_t>(digit(hex[2 * i]) * 16 + digit(hex[2 * i + 1]));
    }
    return out;
}

std::unexpected<std::string> fail(std::string text) { return std::unexpected(std::move(text)); }

std::string head_of(const TensorFile& file) {
    Json tensors = Json::array();
    for (const Tensor& one : file.tensors) {
        tensors.push_back(
            {{"name", one.name}, {"type", kTypes[one.values.index()]}, {"shape", one.shape}});
    }
    return Json{{"description", Json::parse(file.description)}, {"tensors", std::move(tensors)}}
        .dump();
}

template <typename T>
Tensor::Values copied(const std::byte* from, std::size_t n) {
    std::vector<T> out(n);
    if (n > 0) std::memcpy(out.data(), from, n * sizeof(T));
    return out;
}

/// Names are printed in errors, which are a line.
bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= kNameMax &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

/// One entry of the head; its array begins at `at`, which goes on behind it.
std::expected<Tensor, std::string> read_tensor(const Json& entry, std::span<const std::byte> bytes,
                                               std::size_t& at) {
    if (!entry.is_object() || !entry.contains("name") || !entry["name"].is_string() ||
        !entry.contains("type") || !entry["type"].is_string() || !entry.contains("shape") ||
        !entry["shape"].is_array() || entry["shape"].size() > kDimensionsMax) {
        return fail("the head names a tensor without name, type or shape");
    }
    Tensor out{.name = entry["name"].get<std::string>(), .shape = {}, .values = {}};
    if (!is_name(out.name)) return fail("the head names a tensor with what is no name");
    for (const Json& n : entry["shape"]) {
        if (!n.is_number_unsigned()) return fail(fmt::format("{}: its shape is none", out.name));
        out.shape.push_back(n.get<std::size_t>());
    }
    const auto type = std::find(kTypes.begin(), kTypes.end(), entry["type"].get<std::string>());
    if (type == kTypes.end()) return fail(fmt::format("{}: its type is none of ours", out.name));
    const auto index = static_cast<std::size_t>(type - kTypes.begin());
    const auto n = product(out.shape);
    at = aligned(at);
    const std::size_t room = at > bytes.size() ? 0 : bytes.size() - at;
    if (!n || *n > room / kValueBytes[index]) {
        return fail(fmt::format("{}: the file ends before its values do", out.name));
    }
    const std::byte* from = bytes.data() + std::min(at, bytes.size());
    out.values = index == 0   ? copied<float>(from, *n)
                 : index == 1 ? copied<double>(from, *n)
                              : copied<std::int64_t>(from, *n);
    at += *n * kValueBytes[index];
    return out;
}

std::expected<TensorFile, std::string> read_arrays(const Json& head,
                                                   std::span<const std::byte> bytes,
                                                   std::size_t at) {
    if (!head.is_object() || !head.contains("description") || !head["description"].is_object() ||
        !head.contains("tensors") || !head["tensors"].is_array() ||
        head["tensors"].size() > kTensorsMax) {
        return fail("its head has no description or no list of tensors");
    }
    TensorFile out{.description = head["description"].dump(), .tensors = {}};
    for (const Json& entry : head["tensors"]) {
        out.tensors.push_back(TRY(read_tensor(entry, bytes, at)));
        for (std::size_t i = 0; i + 1 < out.tensors.size(); ++i) {
            if (out.tensors[i].name == out.tensors.back().name)
                return fail(fmt::format("it has {} twice", out.tensors[i].name));
        }
    }
    if (at != bytes.size()) return fail("it has bytes behind its last array");
    return out;
}

}  // namespace

Tensor tensor(std::string name, std::vector<std::size_t> shape, Tensor::Values values) {
    Tensor out{.name = std::move(name), .shape = std::move(shape), .values = std::move(values)};
    ASSERT(product(out.shape) == count(out));
    return out;
}

const Tensor* TensorFile::find(std::string_view name) const {
    const auto found = std::find_if(tensors.begin(), tensors.end(),
                                    [name](const Tensor& one) { return one.name == name; });
    return found == tensors.end() ? nullptr : &*found;
}

std::string to_bytes(const TensorFile& file) {
    const std::string head = head_of(file);
    const std::uint64_t head_bytes = head.size();
    std::string out{kMagic};
    out.append(reinterpret_cast<const char*>(&head_bytes), sizeof head_bytes);
    out += head;
    for (const Tensor& one : file.tensors) {
        out.resize(aligned(out.size()), '\0');
        std::visit(
            [&](const auto& values) {
                out.append(reinterpret_cast<const char*>(values.data()),
                           values.size() * sizeof(values[0]));
            },
            one.values);
    }
    const auto digest = digest_of(std::as_bytes(std::span{out}));
    out.append(reinterpret_cast<const char*>(digest.data()), digest.size());
    return out;
}

std::expected<TensorFile, std::string> parse_tensors(std::span<const std::byte> bytes) {
    const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    if (!text.starts_with(kMagic))
        return fail("it does not begin with TWARRAY1, so is none of ours");
    if (bytes.size() < kHeadAt + kDigestBytes) return fail("it was cut short");
    const auto body = bytes.first(bytes.size() - kDigestBytes);
    const auto digest = digest_of(body);
    if (std::memcmp(digest.data(), bytes.data() + body.size(), kDigestBytes) != 0) {
        return fail("its bytes do not fit its SHA-256: it was cut short, or changed");
    }
    std::uint64_t head_bytes = 0;
    std::memcpy(&head_bytes, bytes.data() + kMagic.size(), sizeof head_bytes);
    if (head_bytes > body.size() - kHeadAt) return fail("its head is longer than itself");
    const std::string_view head_text = text.substr(kHeadAt, head_bytes);
    if (json_depth(head_text) > kJsonDepthMax) return fail("its head nests too deep");
    const Json head = Json::parse(head_text, nullptr, false);
    if (head.is_discarded()) return fail("its head is no JSON");
    return read_arrays(head, body, kHeadAt + head_bytes);
}

std::string address_of(std::string_view bytes) {
    ASSERT(bytes.size() > kDigestBytes);
    std::string out;
    for (const char c : bytes.substr(bytes.size() - kDigestBytes)) {
        out += fmt::format("{:02x}", static_cast<unsigned char>(c));
    }
    return out;
}

}  // namespace tradewind::ml
