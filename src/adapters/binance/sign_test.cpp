// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/sign.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tradewind::binance {
namespace {

// The keys and signatures of Binance's documentation ("SIGNED Endpoint Examples", HMAC Keys).
constexpr const char* kSecret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
constexpr SignedAt kMoment{.at = {1499827319559 * 1'000'000}};

Parameters limit_order(std::string_view symbol) {
    Parameters out;
    out.add("symbol", symbol);
    out.add("side", "BUY");
    out.add("type", "LIMIT");
    out.add("timeInForce", "GTC");
    out.add("quantity", "1");
    out.add("price", "0.1");
    return out;
}

TEST(BinanceSign, gives_the_hmac_of_the_documentation) {
    const auto signer = Signer::hmac(kSecret);
    ASSERT_TRUE(signer);
    EXPECT_EQ(signed_query(limit_order("LTCBTC"), kMoment, *signer),
              "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow="
              "5000&timestamp=1499827319559&signature="
              "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71");
}

TEST(BinanceSign, encodes_before_it_signs_as_the_documentation_does) {
    const auto signer = Signer::hmac(kSecret);
    ASSERT_TRUE(signer);
    EXPECT_EQ(signed_query(limit_order("\uFF11\uFF12\uFF13\uFF14\uFF15\uFF16"), kMoment, *signer),
              "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT&"
              "timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559&"
              "signature=e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3");
}

TEST(BinanceSign, encodes_everything_but_the_unreserved) {
    EXPECT_EQ(percent_encoded("aZ09-_.~"), "aZ09-_.~");
    EXPECT_EQ(percent_encoded(R"(["BTC USDT"]+/=&%)"), "%5B%22BTC%20USDT%22%5D%2B%2F%3D%26%25");
}

/// RFC 8032, section 7.1, TEST 1: the key of 9d61b19d... signs the empty message.
TEST(BinanceSign, gives_the_ed25519_of_rfc_8032) {
    const std::string pem = std::string{"-----BEGIN "} +
                            "PRIVATE KEY-----\n"
                            "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                            "-----END " +
                            "PRIVATE KEY-----\n";
    const auto signer = Signer::ed25519(pem);
    ASSERT_TRUE(signer);
    EXPECT_EQ(signer->sign(""),
              "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQ"
              "Cw==");
    const std::string query = signed_query(limit_order("LTCBTC"), kMoment, *signer);
    EXPECT_EQ(query.find_first_of("+/", query.find("&signature=")), std::string::npos)
        << "base64 is percent-encoded";
    EXPECT_TRUE(query.ends_with("%3D%3D"));
}

TEST(BinanceSign, refuses_what_is_no_key) {
    EXPECT_EQ(Signer::hmac("").error(), KeyError::empty);
    EXPECT_EQ(Signer::ed25519("").error(), KeyError::empty);
    EXPECT_EQ(Signer::ed25519("nonsense").error(), KeyError::not_a_key);
}

}  // namespace
}  // namespace tradewind::binance
