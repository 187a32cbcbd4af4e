// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "exchange/order.hpp"

namespace tradewind::exchange::binance {

/// What the venue answers in place of what was asked for: {"code":...,"msg":...}.
struct Fault {
    int code = 0;
    std::string message{};
    int status = 400;    ///< of HTTP
    std::string body{};  ///< instead of code and message, where not empty
    int retry_after_s = 0;
};

// By the venue's "Error codes"; the texts are its own.
[[nodiscard]] Fault illegal_characters(std::string_view parameter,
                                       std::string_view range);                       // -1100
[[nodiscard]] Fault too_many_parameters(std::size_t expected, std::size_t received);  // -1101
[[nodiscard]] Fault duplicate_parameter();                                            // -1101
[[nodiscard]] Fault mandatory_missing(std::string_view parameter);                    // -1102
[[nodiscard]] Fault either_missing(std::string_view a, std::string_view b);           // -1102
[[nodiscard]] Fault greater_than_allowed(std::string_view parameter, std::string_view most);
[[nodiscard]] Fault unread_parameters(std::size_t read, std::size_t sent);  // -1104
[[nodiscard]] Fault empty_parameter(std::string_view parameter);            // -1105
[[nodiscard]] Fault not_required(std::string_view parameter);               // -1106
[[nodiscard]] Fault too_precise(std::string_view parameter);                // -1111
[[nodiscard]] Fault invalid_data(std::string_view parameter);               // -1130
[[nodiscard]] Fault invalid_symbol();                                       // -1121

enum class Asked : unsigned char { placing, canceling };
/// What the matching engine says: -1013, -2010 or -2011.
[[nodiscard]] Fault fault_of(Refusal refusal, Asked asked);

/// The JSON of it.
[[nodiscard]] std::string body_of(const Fault& fault);

}  // namespace tradewind::exchange::binance
