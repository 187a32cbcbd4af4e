// SPDX-License-Identifier: Apache-2.0
#include "wire/input_error.hpp"

#include <fmt/format.h>

namespace tradewind::wire {
namespace {

constexpr std::size_t kQuotedMax = 40;

/// File names come from outside: a control byte in one must not break the one line.
std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\x{:02x}", byte);
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text.substr(0, kQuotedMax)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x7f) {
            out += fmt::format("\\x{:02x}", byte);
        } else {
            out += c;
        }
    }
    out += text.size() > kQuotedMax ? "...'" : "'";
    return out;
}

std::string to_string(const InputError& error) {
    std::string out = printable(error.file);
    if (error.line != 0) out += fmt::format(":{}", error.line);
    if (!out.empty()) out += ": ";
    if (!error.field.empty()) out += fmt::format("field {}: ", quoted(error.field));
    out += error.problem;
    if (!error.mend.empty()) out += "; " + error.mend;
    return out;
}

}  // namespace tradewind::wire
