// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "adapters/binance/decode.hpp"
#include "domain/denial.hpp"
#include "domain/event.hpp"

namespace tradewind::binance {

/// What to do about a refusal.
enum class ErrorAction : std::uint8_t {
    give_up,     ///< the request is wrong, or the answer is no: the same again gets the same
    retry,       ///< the venue did nothing; later it may
    slow_down,   ///< a limit on requests or orders: wait for the budget
    set_clock,   ///< our time is off: measure the offset, then send again
    ask_status,  ///< whether it was done is not known: query by client order id, never resend
    check_key,   ///< key, permissions, signature or address: a person must mend it
};

/// A code of the venue, typed.
struct ErrorMeaning {
    ErrorAction action = ErrorAction::give_up;
    VenueReason reason = VenueReason::other;
    std::optional<DenialReason> denial{};  ///< the limit of the same kind that we check ourselves
    bool is_known = false;                 ///< it stands in the table
};

/// What a code means; codes that the two segments use for different things differ. -1013, -2010 and
/// -2011 hold many cases, which only the venue's words tell apart. Source: Binance, "Error codes"
/// (spot; USD-M futures).
[[nodiscard]] ErrorMeaning meaning_of(const VenueError& error, Segment segment);

/// Of executionReport's `r`.
[[nodiscard]] VenueReason reason_of_reject(std::string_view word);
/// Of executionReport's `eR`.
[[nodiscard]] VenueReason reason_of_expiry(std::string_view word);

}  // namespace tradewind::binance
