// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tradewind::disk {

enum class ErrorKind : std::uint8_t {
    bad_input,  ///< what was asked for or given is wrong: exit code 2
    failed,     ///< the machine failed (disk full, no permission): exit code 1
    damaged,    ///< the file is not what was written: exit code 1
};

struct Error {
    ErrorKind kind = ErrorKind::failed;
    std::string text;  ///< one line that names the file, the column or row, and the mend
};

using Result = std::expected<void, Error>;

/// "PATH: WHAT: <the system's word for `code`>", with a mend where there is one to tell.
[[nodiscard]] Error system_error(std::string_view path, std::string_view what, int code);

}  // namespace tradewind::disk
