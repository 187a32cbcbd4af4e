// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tradewind::base {
namespace {

std::string hash_of(std::string_view text) { return sha256_hex(std::as_bytes(std::span{text})); }

// FIPS 180-4's examples: csrc.nist.gov, "Cryptographic Standards and Guidelines, Examples with
// Intermediate Values", SHA256.pdf; the empty message and a million 'a' from NIST's SHA test
// vectors (SHAVS).
TEST(Sha256, agrees_with_the_examples_of_fips_180_4) {
    EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hash_of(std::string(1'000'000, 'a')),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, can_be_asked_in_between_and_goes_on) {
    const std::string_view text = "abc";
    Sha256 hash;
    for (const char& c : text) {
        static_cast<void>(hash.hex());
        hash.update(std::as_bytes(std::span{&c, 1}));
    }
    EXPECT_EQ(hash.hex(), hash_of(text));
    EXPECT_EQ(hash.hex(), hash_of(text));
}

}  // namespace
}  // namespace tradewind::base
