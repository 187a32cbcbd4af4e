// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tradewind::sim {

enum class AccountKind : std::uint8_t {
    cash,    ///< buys are paid in full, nothing is sold short; derivatives by initial margin
    margin,  ///< equity must cover the initial margin of every position
};

[[nodiscard]] std::string_view to_string(AccountKind value);
[[nodiscard]] std::optional<AccountKind> parse_account_kind(std::string_view text);

}  // namespace tradewind::sim
