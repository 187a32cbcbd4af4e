// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Named arrays and a description of them as one piece of bytes: what models, the data that they
/// are trained on and their checkpoints are kept in. Equal contents give equal bytes.
///
///     offset  bytes
///          0      8  "TWARRAY1"
///          8      8  length of the head, little endian, as all that follows
///         16      n  head, JSON: {"description": ..., "tensors": [{"name","type","shape"}...]}
///                    and then the arrays in that order, each from a multiple of 64 on, zeros
///                    between
///       last     32  SHA-256 of all before
namespace tradewind::ml {

/// Row-major, the last dimension the fastest.
struct Tensor {
    using Values = std::variant<std::vector<float>, std::vector<double>, std::vector<std::int64_t>>;

    std::string name;
    std::vector<std::size_t> shape;
    Values values;

    friend bool operator==(const Tensor&, const Tensor&) = default;
};

/// Makes one; the product of the shape has to be the number of values. The name is of at most 128
/// printable ASCII characters, without blanks.
[[nodiscard]] Tensor tensor(std::string name, std::vector<std::size_t> shape,
                            Tensor::Values values);

struct TensorFile {
    std::string description = "{}";  ///< JSON, an object
    std::vector<Tensor> tensors;

    [[nodiscard]] const Tensor* find(std::string_view name) const;
    /// The values of a tensor of that type; nullptr where there is none.
    template <typename T>
    [[nodiscard]] const std::vector<T>* values(std::string_view name) const {
        const Tensor* found = find(name);
        return found == nullptr ? nullptr : std::get_if<std::vector<T>>(&found->values);
    }

    friend bool operator==(const TensorFile&, const TensorFile&) = default;
};

[[nodiscard]] std::string to_bytes(const TensorFile& file);
/// Safe on any bytes. The error is a line that says what is wrong: that they are none of ours, were
/// cut short, do not fit their SHA-256.
[[nodiscard]] std::expected<TensorFile, std::string> parse_tensors(
    std::span<const std::byte> bytes);
/// The SHA-256 that ends the bytes, as 64 hexadecimal digits: the content's address.
[[nodiscard]] std::string address_of(std::string_view bytes);

}  // namespace tradewind::ml
