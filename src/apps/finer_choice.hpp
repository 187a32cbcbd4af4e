// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/event.hpp"
#include "ports/history.hpp"

namespace tradewind::apps {

/// Which data a user wants bars to be resolved with.
struct FinerWish {
    enum class Kind : std::uint8_t { off, automatic, bars, trades };

    Kind kind = Kind::off;
    BarSpec bars{};  ///< of `bars`

    friend bool operator==(const FinerWish&, const FinerWish&) = default;
};

/// "off", "auto", "trades" or an interval of time such as "1m"; nullopt for anything else.
[[nodiscard]] std::optional<FinerWish> parse_finer_wish(std::string_view text);

/// The finer series for the bars of a run, in the order of those. Of each series of bars: those of
/// the wish, of the same prices. `automatic`: the shortest bars, and where there are no shorter
/// ones trades. A series for which there are none is left out.
[[nodiscard]] std::vector<ports::Series> finer_series(const FinerWish& wish,
                                                      const std::vector<ports::Series>& played,
                                                      const ports::History& history);

/// The same, and what is wrong with the wish where it cannot be granted for a single series: one
/// line with the mend. `automatic` and `off` can always.
[[nodiscard]] std::expected<std::vector<ports::Series>, std::string> choose_finer(
    const FinerWish& wish, const std::vector<ports::Series>& played, const ports::History& history);

}  // namespace tradewind::apps
