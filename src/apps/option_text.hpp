// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The parts of an option's value.
namespace tradewind::apps {

/// "'x' is not a duration".
inline std::unexpected<std::string> is_no(std::string_view value, std::string_view what) {
    return std::unexpected(fmt::format("'{}' is not {}", value, what));
}

/// At least one part, empty ones included.
inline std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> out;
    for (std::size_t from = 0; from <= text.size();) {
        const std::size_t cut = std::min(text.find(at, from), text.size());
        out.push_back(text.substr(from, cut - from));
        from = cut + 1;
    }
    return out;
}

inline std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return value;
}

}  // namespace tradewind::apps
