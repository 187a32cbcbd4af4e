// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "domain/numbers.hpp"
#include "risk/limit.hpp"

/// Shocks as their user writes them: "sector:financials -35%, all -10%".
namespace tradewind::risk {

/// What moves, and by how much.
struct ShockPart {
    /// Of instrument, sector, currency, venue; portfolio is all.
    ScopeKind scope = ScopeKind::portfolio;
    std::string of{};  ///< which one; empty for all
    Money move{};      ///< a return in units of 1e-18: -0.35 for -35%

    friend bool operator==(const ShockPart&, const ShockPart&) = default;
};

/// All of it at once. Of an instrument the narrowest part counts that is of it: its own before its
/// sector's, currency's or venue's (of those the first), these before all. What no part is of
/// stands still.
struct Shock {
    std::vector<ShockPart> parts{};

    friend bool operator==(const Shock&, const Shock&) = default;
};

/// `WHAT MOVE% [, WHAT MOVE%]...`; WHAT is `all`, a symbol, or SCOPE:NAME of a sector, a currency,
/// a venue or an instrument. The error says what is wrong and what is right.
[[nodiscard]] std::expected<Shock, std::string> parse_shock(std::string_view text);
/// As it is parsed.
[[nodiscard]] std::string to_string(const Shock& shock);

}  // namespace tradewind::risk
