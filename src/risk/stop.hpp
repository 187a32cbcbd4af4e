// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "domain/time.hpp"

/// Stops as their user writes them: "trailing 3%".
namespace tradewind::risk {

/// Where a stop lies, or when it closes. Of a long position; a short one's lies above, mirrored.
enum class StopKind : std::uint8_t {
    fixed,       ///< a share below the mean price of entry
    trailing,    ///< a share below the best price since the entry
    atr,         ///< mean true ranges, as they were at the entry, below the mean price of entry
    chandelier,  ///< mean true ranges, as they are, below the best price since the entry (LeBeau)
    volatility,  ///< deviations of a bar's log return below the best price since the entry
    time,        ///< after so many bars, or so long
    portfolio,   ///< once the strategy's open losses come to a share of the account's equity
};
inline constexpr std::size_t kStopKindCount = static_cast<std::size_t>(StopKind::portfolio) + 1;
[[nodiscard]] std::string_view to_string(StopKind value);

/// One stop. What a kind does not need is 0.
struct Stop {
    StopKind kind = StopKind::fixed;
    double distance = 0;     ///< a share (0.05 for 5%), or a multiple of ranges or deviations
    std::uint32_t bars = 0;  ///< of the mean or the deviation; of a stop by time how many
    Duration after{};        ///< of a stop by time, where it does not count bars

    friend bool operator==(const Stop&, const Stop&) = default;
};

/// `fixed 5%`, `trailing 3%`, `atr 3 x 14`, `chandelier 3 x 22`, `volatility 2 x 20`,
/// `time 20 bars`, `time 5d` or `portfolio 10%`. The error says what is wrong and what is right.
[[nodiscard]] std::expected<Stop, std::string> parse_stop(std::string_view text);
/// As it is parsed.
[[nodiscard]] std::string to_string(const Stop& stop);

}  // namespace tradewind::risk
