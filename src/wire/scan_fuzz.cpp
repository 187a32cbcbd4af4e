// SPDX-License-Identifier: Apache-2.0
// What the fast scanners take, the slow parsers take too, to the same value.
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "base/decimal.hpp"
#include "wire/scan.hpp"
#include "wire/text_sink.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tradewind;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const std::string buffer = std::string{text} + '\n' + std::string(wire::kScanPadding, '\0');
    const auto slow = base::parse_decimal(text);
    std::int64_t fast = 0;
    const char* end = wire::scan_decimal(buffer.data(), fast);
    if (end == buffer.data() + text.size()) {
        ASSERT(slow.has_value() && *slow == fast);
    }
    ASSERT(end == nullptr || end <= buffer.data() + text.size());
    if (slow) {
        std::string printed;
        wire::append_decimal(printed, *slow);
        ASSERT(base::parse_decimal(printed) == slow);
    }
    end = wire::scan_integer(buffer.data(), fast);
    if (end == buffer.data() + text.size()) {
        std::int64_t value = 0;
        const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), value);
        ASSERT(code == std::errc{} && stop == text.data() + text.size() && value == fast);
    }
    ASSERT(end == nullptr || end <= buffer.data() + text.size());
    return 0;
}
