// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

/// Reads the fields of objects that somebody else may have written: the error is a line that begins
/// with the field's name.
namespace tradewind::ml {

using Json = nlohmann::ordered_json;

/// More classes than any label of ours has; sets of them are bits of one number.
inline constexpr std::size_t kClassesMax = 64;

template <typename T>
using Field = std::expected<T, std::string>;

[[nodiscard]] Field<Json> parse_object(std::string_view text);
/// Finite.
[[nodiscard]] Field<double> number_field(const Json& from, std::string_view name);
[[nodiscard]] Field<std::uint64_t> count_field(const Json& from, std::string_view name,
                                               std::uint64_t most);
[[nodiscard]] Field<bool> flag_field(const Json& from, std::string_view name);
[[nodiscard]] Field<std::string> text_field(const Json& from, std::string_view name);
[[nodiscard]] Field<Json> object_field(const Json& from, std::string_view name);
[[nodiscard]] Field<Json> list_field(const Json& from, std::string_view name);
[[nodiscard]] Field<std::vector<double>> numbers_field(const Json& from, std::string_view name);
[[nodiscard]] Field<std::vector<std::string>> texts_field(const Json& from, std::string_view name);

}  // namespace tradewind::ml
