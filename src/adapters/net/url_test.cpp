// SPDX-License-Identifier: Apache-2.0
#include "adapters/net/url.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "adapters/net/http.hpp"

namespace tradewind::net {
namespace {

struct Case {
    std::string text;
    Url url;
};

TEST(Url, reads_its_parts) {
    const std::vector<Case> cases{
        {"http://localhost", {Scheme::http, "localhost", 80, "/"}},
        {"HTTPS://API.Binance.com/api/v3/time?a=1",
         {Scheme::https, "api.binance.com", 443, "/api/v3/time?a=1"}},
        {"ws://127.0.0.1:8080/ws/btcusdt@trade",
         {Scheme::ws, "127.0.0.1", 8080, "/ws/btcusdt@trade"}},
        {"wss://[::1]:9443?streams=x", {Scheme::wss, "::1", 9443, "/?streams=x"}},
        {"http://h/%20", {Scheme::http, "h", 80, "/%20"}},
    };
    for (const auto& [text, expected] : cases) {
        const auto got = parse_url(text);
        ASSERT_TRUE(got.has_value()) << text;
        EXPECT_EQ(*got, expected) << text;
        EXPECT_EQ(parse_url(to_string(*got)), *got) << text;
    }
}

TEST(Url, refuses_what_is_not_plainly_one) {
    const std::vector<std::pair<std::string, UrlError>> cases{
        {"", UrlError::scheme},
        {"localhost:80", UrlError::scheme},
        {"ftp://h", UrlError::scheme},
        {"http:/h", UrlError::scheme},
        {"http://user:secret@h", UrlError::userinfo},
        {"http://", UrlError::host},
        {"http:///path", UrlError::host},
        {"http://a b/", UrlError::host},
        {"http://a..b", UrlError::host},
        {"http://.a", UrlError::host},
        {"http://[::1", UrlError::host},
        {"http://[zz]", UrlError::host},
        {"http://[::1]80", UrlError::host},
        {"http://h:", UrlError::port},
        {"http://h:0", UrlError::port},
        {"http://h:65536", UrlError::port},
        {"http://h:+80", UrlError::port},
        {"http://h:80x", UrlError::port},
        {"http://h/a b", UrlError::target},
        {"http://h/\r\nHost: x", UrlError::target},
        {"http://h/%2", UrlError::target},
        {"http://h/%zz", UrlError::target},
        {"http://h/\xc3\xbc", UrlError::target},
        {"http://h/#top", UrlError::fragment},
    };
    for (const auto& [text, why] : cases) {
        const auto got = parse_url(text);
        ASSERT_FALSE(got.has_value()) << text;
        EXPECT_EQ(got.error(), why) << text;
    }
}

TEST(Url, names_host_and_port_as_a_host_field_does) {
    EXPECT_EQ(parse_url("https://h:443/")->authority(), "h");
    EXPECT_EQ(parse_url("https://h:80/")->authority(), "h:80");
    EXPECT_EQ(parse_url("ws://[::1]:81/")->authority(), "[::1]:81");
}

RC_GTEST_PROP(Url, never_lets_a_line_end_or_a_space_through, (const std::string& text)) {
    const auto got = parse_url("http://h/" + text);
    if (got) RC_ASSERT(is_target(got->target));
}

RC_GTEST_PROP(PercentEncoding, comes_back, (const std::string& text)) {
    const std::string encoded = percent_encoded(text);
    RC_ASSERT(is_target("/" + encoded));
    RC_ASSERT(percent_decoded(encoded) == text);
    RC_ASSERT(parse_query("k=" + encoded)->at(0).second == text);
}

}  // namespace
}  // namespace tradewind::net
