// SPDX-License-Identifier: Apache-2.0
#include "base/hash.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string_view>
#include <vector>

namespace tradewind::base {
namespace {

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
    std::vector<std::byte> out;
    for (const int v : values) out.push_back(static_cast<std::byte>(v));
    return out;
}

// RFC 3720, appendix B.4.
TEST(Crc32c, equals_the_examples_of_rfc_3720) {
    EXPECT_EQ(crc32c(std::vector<std::byte>(32, std::byte{0})), 0x8a9136aaU);
    EXPECT_EQ(crc32c(std::vector<std::byte>(32, std::byte{0xff})), 0x62a8ab43U);
    std::vector<std::byte> up, down;
    for (int i = 0; i < 32; ++i) {
        up.push_back(static_cast<std::byte>(i));
        down.push_back(static_cast<std::byte>(31 - i));
    }
    EXPECT_EQ(crc32c(up), 0x46dd794eU);
    EXPECT_EQ(crc32c(down), 0x113fdb5cU);
    const auto read_command =
        bytes_of({0x01, 0xc0, 0, 0, 0, 0, 0,    0, 0,    0, 0, 0,    0, 0, 0, 0,
                  0x14, 0,    0, 0, 0, 0, 0x04, 0, 0,    0, 0, 0x14, 0, 0, 0, 0x18,
                  0x28, 0,    0, 0, 0, 0, 0,    0, 0x02, 0, 0, 0,    0, 0, 0, 0});
    EXPECT_EQ(crc32c(read_command), 0xd9963a56U);
}

TEST(Crc32c, of_the_check_string_is_the_catalogues) {
    // Catalogue of parametrised CRC algorithms (reveng), CRC-32/ISCSI.
    constexpr std::string_view check = "123456789";
    EXPECT_EQ(crc32c(std::as_bytes(std::span{check.data(), check.size()})), 0xe3069283U);
}

RC_GTEST_PROP(Crc32c, continues_from_the_bytes_before, (const std::vector<std::uint8_t>& all)) {
    const auto cut = static_cast<std::size_t>(
        *rc::gen::inRange<std::int64_t>(0, static_cast<std::int64_t>(all.size()) + 1));
    const auto bytes = std::as_bytes(std::span{all});
    RC_ASSERT(crc32c(bytes.subspan(cut), crc32c(bytes.first(cut))) == crc32c(bytes));
}

RC_GTEST_PROP(Crc32c, notices_every_flipped_bit, (std::vector<std::uint8_t> all)) {
    RC_PRE(!all.empty());
    const std::uint32_t before = crc32c(std::as_bytes(std::span{all}));
    const auto at = static_cast<std::size_t>(
        *rc::gen::inRange<std::int64_t>(0, static_cast<std::int64_t>(all.size()) * 8));
    all[at / 8] = static_cast<std::uint8_t>(all[at / 8] ^ (1U << (at % 8)));
    RC_ASSERT(crc32c(std::as_bytes(std::span{all})) != before);
}

TEST(Fnv1a, equals_the_authors_vectors) {
    // Fowler, Noll and Vo's test suite (isthe.com/chongo/tech/comp/fnv), 64 bits.
    const auto of = [](std::string_view text) { return fnv1a({text.data(), text.size()}); };
    EXPECT_EQ(of(""), 0xcbf29ce484222325U);
    EXPECT_EQ(of("a"), 0xaf63dc4c8601ec8cU);
    EXPECT_EQ(of("foobar"), 0x85944171f73967e8U);
}

}  // namespace
}  // namespace tradewind::base
