// SPDX-License-Identifier: Apache-2.0
#include "ml/tensor_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sha256.hpp"

namespace tradewind::ml {
namespace {

TensorFile example() {
    return {.description = R"({"kind":"example"})",
            .tensors = {tensor("w", {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}),
                        tensor("none", {0, 3}, std::vector<double>{}),
                        tensor("place", {2}, std::vector<std::int64_t>{-1, 7})}};
}

auto parsed(const std::string& bytes) { return parse_tensors(std::as_bytes(std::span{bytes})); }

TEST(TensorFile, comes_back_as_it_was) {
    const auto back = parsed(to_bytes(example()));
    ASSERT_TRUE(back.has_value()) << back.error();
    EXPECT_EQ(*back, example());
}

TEST(TensorFile, has_the_address_of_its_bytes) {
    const std::string bytes = to_bytes(example());
    const auto body = std::as_bytes(std::span{bytes}).first(bytes.size() - 32);
    EXPECT_EQ(address_of(bytes), base::sha256_hex(body));
}

TEST(TensorFile, every_flipped_or_missing_byte_is_found) {
    const std::string bytes = to_bytes(example());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::string bad = bytes;
        bad[i] = static_cast<char>(bad[i] ^ 1);
        EXPECT_FALSE(parsed(bad).has_value()) << i;
        EXPECT_FALSE(parsed(bytes.substr(0, i)).has_value()) << i;
    }
}

/// With the right SHA-256, as somebody else's program could write it.
std::string sealed(const std::string& head) {
    TensorFile empty;
    const std::string bytes = to_bytes(empty);
    std::string body = bytes.substr(0, 8);
    const std::uint64_t n = head.size();
    body.append(reinterpret_cast<const char*>(&n), 8);
    body += head;
    const std::string hex = base::sha256_hex(std::as_bytes(std::span{body}));
    for (std::size_t i = 0; i < 32; ++i) {
        body += static_cast<char>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
    }
    return body;
}

TEST(TensorFile, a_sealed_lie_is_refused) {
    const auto tensors = [](const std::string& one) {
        return sealed(R"({"description":{},"tensors":[)" + one + "]}");
    };
    for (const std::string& bad :
         {sealed("[]"), sealed("{"), sealed("{}"), tensors("1"), tensors(R"({"name":"a"})"),
          tensors(R"({"name":"a","type":"f16","shape":[1]})"),
          tensors(R"({"name":"a","type":"f32","shape":[-1]})"),
          tensors(R"({"name":"a","type":"f32","shape":[4]})"),
          tensors(R"({"name":"a","type":"f64","shape":[4294967296,4294967296,4294967296]})"),
          tensors(
              R"({"name":"a","type":"f32","shape":[0]},{"name":"a","type":"f32","shape":[0]})")}) {
        EXPECT_FALSE(parsed(bad).has_value()) << bad;
    }
}

}  // namespace
}  // namespace tradewind::ml
