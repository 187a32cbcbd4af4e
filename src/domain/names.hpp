// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace tradewind {

/// The names of an enum's values in their order: one table serves printing and parsing.
template <typename Enum, std::size_t N>
struct Names {
    std::array<std::string_view, N> text;

    [[nodiscard]] constexpr std::string_view of(Enum value) const {
        return text[static_cast<std::size_t>(value)];
    }
    [[nodiscard]] constexpr std::optional<Enum> parse(std::string_view name) const {
        for (std::size_t i = 0; i < N; ++i) {
            if (text[i] == name) return static_cast<Enum>(i);
        }
        return std::nullopt;
    }
};

template <typename Enum, typename... Texts>
constexpr Names<Enum, sizeof...(Texts)> names(Texts... texts) {
    return {{std::string_view{texts}...}};
}

}  // namespace tradewind
