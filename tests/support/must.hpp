// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "domain/numbers.hpp"
#include "domain/time.hpp"

/// Values out of text, for tests: what cannot be read ends the test program.
namespace tradewind::test {

/// The value, or the end of the test program with the error.
template <typename T>
T must(std::expected<T, std::string> result) {
    if (!result) {
        std::fprintf(stderr, "must: %s\n", result.error().c_str());
        std::abort();
    }
    if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

/// The same for the errors of adapters and doors, whose text is a member.
template <typename T, typename E>
    requires requires(E error) { error.text.c_str(); }
T must(std::expected<T, E> result) {
    if (!result) {
        std::fprintf(stderr, "must: %s\n", result.error().text.c_str());
        std::abort();
    }
    if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

[[nodiscard]] inline Price price(std::string_view text) { return parse_price(text).value(); }
[[nodiscard]] inline Qty qty(std::string_view text) { return parse_qty(text).value(); }
[[nodiscard]] inline Money money(std::string_view text) { return parse_money(text).value(); }
[[nodiscard]] inline Rate rate(std::string_view text) { return parse_rate(text).value(); }
[[nodiscard]] inline Timestamp at(std::string_view text) { return parse_timestamp(text).value(); }

}  // namespace tradewind::test
