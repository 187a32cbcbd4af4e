// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tradewind::net {

enum class Scheme : std::uint8_t { http, https, ws, wss };

[[nodiscard]] std::string_view to_string(Scheme value);

/// Where something is asked for: "wss://stream.example.com:9443/ws/btcusdt@trade".
struct Url {
    Scheme scheme = Scheme::http;
    std::string host;          ///< lower case; an IPv6 address without its brackets
    std::uint16_t port = 80;   ///< that of the scheme where the text names none
    std::string target = "/";  ///< path and query, percent-encoded

    [[nodiscard]] bool is_secure() const;
    /// As it stands in a Host field: brackets around IPv6, the port unless it is the scheme's.
    [[nodiscard]] std::string authority() const;

    friend bool operator==(const Url&, const Url&) = default;
};

[[nodiscard]] std::string to_string(const Url& url);

enum class UrlError : std::uint8_t {
    scheme,    ///< none, or none of http, https, ws, wss
    userinfo,  ///< "user:secret@": secrets do not belong into addresses
    host,      ///< none, or with characters that no host name has
    port,      ///< not a number from 1 to 65535
    target,    ///< a space, a control character, a byte beyond ASCII, a broken %XX
    fragment,  ///< "#...": it never reaches a server
};

[[nodiscard]] std::string_view to_string(UrlError value);

/// Strict: what is not plainly one of ours is refused, never mended. Source: RFC 3986.
[[nodiscard]] std::expected<Url, UrlError> parse_url(std::string_view text);

}  // namespace tradewind::net
