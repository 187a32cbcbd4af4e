// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "wire/input_error.hpp"

namespace tradewind::wire {

/// Appends the shortest plain decimal of `units` x 1e-9, as base::format_decimal does.
void append_decimal(std::string& out, std::int64_t units);
void append_integer(std::string& out, std::int64_t value);

/// Where text goes that we write: a file (gzip where its name ends in ".gz") or standard output.
class TextSink {
public:
    virtual ~TextSink() = default;
    [[nodiscard]] virtual std::expected<void, InputError> write(std::string_view text) = 0;
    /// Must be the last call: everything is there after it. Without it, a file is removed again.
    [[nodiscard]] virtual std::expected<void, InputError> close() = 0;
};

/// An empty path is standard output. A file appears under its name when it is whole; a pipe or
/// another thing that is no file is written to as it is.
[[nodiscard]] std::expected<std::unique_ptr<TextSink>, InputError> open_text_sink(
    const std::string& path);

}  // namespace tradewind::wire
