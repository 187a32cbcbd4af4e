// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tradewind::wire {

enum class InputErrorKind : std::uint8_t {
    bad_input,  ///< the person can mend it: exit code 2
    system,     ///< the machine failed: exit code 1
};

/// What is wrong with a file that somebody gave us, and how to mend it.
struct InputError {
    InputErrorKind kind = InputErrorKind::bad_input;
    std::string file;
    std::uint64_t line = 0;  ///< from 1; 0: the file as a whole
    std::string field;       ///< column, where one is to blame
    std::string problem;
    std::string mend;  ///< may be empty
};

/// One line: "FILE:LINE: field 'open': PROBLEM; MEND".
[[nodiscard]] std::string to_string(const InputError& error);

/// The text in single quotes with control bytes and non-ASCII escaped, cut after 40 characters.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace tradewind::wire
