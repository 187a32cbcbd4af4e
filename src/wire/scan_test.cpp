// SPDX-License-Identifier: Apache-2.0
#include "wire/scan.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <charconv>
#include <string>

namespace tradewind::wire {
namespace {

/// The text with a delimiter and padding behind it, as it stands in a reader's buffer.
std::string in_buffer(const std::string& text, char end) {
    return text + end + std::string(kScanPadding, '\0');
}

/// What must hold for any text: if the fast way takes it up to the delimiter, then the slow way
/// takes it too, to the same value.
void check_decimal(const std::string& text) {
    const std::string buffer = in_buffer(text, ',');
    std::int64_t fast = 0;
    const char* end = scan_decimal(buffer.data(), fast);
    if (end == nullptr || end != buffer.data() + text.size()) return;
    const auto slow = base::parse_decimal(text);
    RC_ASSERT(slow.has_value());
    RC_ASSERT(*slow == fast);
}

void check_integer(const std::string& text) {
    const std::string buffer = in_buffer(text, '\n');
    std::int64_t fast = 0;
    const char* end = scan_integer(buffer.data(), fast);
    if (end == nullptr || end != buffer.data() + text.size()) return;
    std::int64_t slow = 0;
    const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), slow);
    RC_ASSERT((code == std::errc{} && stop == text.data() + text.size()));
    RC_ASSERT(slow == fast);
}

RC_GTEST_PROP(ScanDecimal, never_differs_from_the_slow_way, (std::int64_t raw)) {
    check_decimal(base::format_decimal(raw, base::kDecimals));
    check_decimal(base::format_decimal_fixed(raw, base::kDecimals, base::kDecimals + 3));
}

RC_GTEST_PROP(ScanDecimal, never_differs_on_texts_of_digits_points_and_signs, ()) {
    check_decimal(*rc::gen::container<std::string>(
        rc::gen::elementOf(std::string{"0123456789012345678901234567890123456789.-+e "})));
}

RC_GTEST_PROP(ScanInteger, never_differs_from_the_slow_way, (std::int64_t value)) {
    check_integer(std::to_string(value));
}

RC_GTEST_PROP(ScanInteger, never_differs_on_texts_of_digits_and_signs, ()) {
    check_integer(
        *rc::gen::container<std::string>(rc::gen::elementOf(std::string{"01234567899999-+. "})));
}

RC_GTEST_PROP(ScanDecimal, takes_every_usual_price, ()) {
    const auto whole = *rc::gen::inRange<std::int64_t>(0, 9'000'000'000);
    const auto fraction = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000);
    const std::string text = base::format_decimal(
        base::Int128{whole} * base::Int128{base::kDecimalOne} + base::Int128{fraction},
        base::kDecimals);
    const std::string buffer = in_buffer(text, ',');
    std::int64_t value = 0;
    RC_ASSERT(scan_decimal(buffer.data(), value) == buffer.data() + text.size());
}

TEST(ScanInteger, takes_every_nanosecond_stamp) {
    for (const std::string text : {"0", "7", "12345678", "123456789", "1381132800000000000",
                                   "9223372036854775807", "-62135596800000000"}) {
        const std::string buffer = in_buffer(text, ',');
        std::int64_t value = 0;
        ASSERT_EQ(scan_integer(buffer.data(), value), buffer.data() + text.size()) << text;
        EXPECT_EQ(value, std::stoll(text));
    }
}

TEST(ScanInteger, leaves_what_does_not_fit_to_the_slow_way) {
    for (const std::string text :
         {"9223372036854775808", "99999999999999999999", "", "-", "+1", "x"}) {
        const std::string buffer = in_buffer(text, ',');
        std::int64_t value = 0;
        EXPECT_EQ(scan_integer(buffer.data(), value), nullptr) << text;
    }
}

}  // namespace
}  // namespace tradewind::wire
