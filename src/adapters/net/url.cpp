// SPDX-License-Identifier: Apache-2.0
#include "adapters/net/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "adapters/net/http.hpp"
#include "base/try.hpp"

namespace tradewind::net {
namespace {

constexpr std::size_t kHostSizeMax = 253;  // of a name, RFC 1035

constexpr std::array kSchemes{Scheme::http, Scheme::https, Scheme::ws, Scheme::wss};

std::uint16_t port_of(Scheme scheme) {
    return scheme == Scheme::https || scheme == Scheme::wss ? 443 : 80;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

bool is_name(std::string_view host) {
    if (host.empty() || host.size() > kHostSizeMax) return false;
    if (host.starts_with('.') || host.starts_with('-') || host.contains("..")) return false;
    return std::ranges::all_of(host, [](char c) {
        return is_digit(c) || is_lower(c) || c == '.' || c == '-' || c == '_';
    });
}

/// The shape alone; whether it is an address shows when it is connected to.
bool is_ipv6(std::string_view host) {
    return host.contains(':') && host.size() <= 45 && std::ranges::all_of(host, [](char c) {
               return is_digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
           });
}

std::string lowered(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

std::expected<std::uint16_t, UrlError> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data(), end, port);
    if (text.empty() || fault != std::errc{} || stop != end || port == 0) {
        return std::unexpected(UrlError::port);
    }
    return port;
}

struct Place {
    std::string host;
    std::uint16_t port = 0;
};

std::expected<Place, UrlError> parse_authority(std::string_view text, std::uint16_t otherwise) {
    if (text.contains('@')) return std::unexpected(UrlError::userinfo);
    Place out{.host = {}, .port = otherwise};
    std::string_view rest;
    if (text.starts_with('[')) {
        const auto bracket = text.find(']');
        if (bracket == std::string_view::npos) return std::unexpected(UrlError::host);
        out.host = lowered(text.substr(1, bracket - 1));
        rest = text.substr(bracket + 1);
        if (!is_ipv6(out.host)) return std::unexpected(UrlError::host);
    } else {
        const auto colon = std::min(text.find(':'), text.size());
        out.host = lowered(text.substr(0, colon));
        rest = text.substr(colon);
        if (!is_name(out.host)) return std::unexpected(UrlError::host);
    }
    if (rest.empty()) return out;
    if (!rest.starts_with(':')) return std::unexpected(UrlError::host);
    out.port = TRY(parse_port(rest.substr(1)));
    return out;
}

}  // namespace

std::string_view to_string(Scheme value) {
    switch (value) {
        case Scheme::http: return "http";
        case Scheme::https: return "https";
        case Scheme::ws: return "ws";
        case Scheme::wss: return "wss";
    }
    return "?";
}

std::string_view to_string(UrlError value) {
    switch (value) {
        case UrlError::scheme: return "not http, https, ws or wss";
        case UrlError::userinfo: return "a user name or password in it";
        case UrlError::host: return "no sound host name";
        case UrlError::port: return "the port is no number from 1 to 65535";
        case UrlError::target: return "a character that must be percent-encoded";
        case UrlError::fragment: return "a fragment";
    }
    return "?";
}

bool Url::is_secure() const { return scheme == Scheme::https || scheme == Scheme::wss; }

std::string Url::authority() const {
    const std::string name = host.contains(':') ? fmt::format("[{}]", host) : host;
    return port == port_of(scheme) ? name : fmt::format("{}:{}", name, port);
}

std::string to_string(const Url& url) {
    return fmt::format("{}://{}{}", to_string(url.scheme), url.authority(), url.target);
}

std::expected<Url, UrlError> parse_url(std::string_view text) {
    const auto colon = text.find("://");
    if (colon == std::string_view::npos) return std::unexpected(UrlError::scheme);
    const std::string word = lowered(text.substr(0, colon));
    const auto* const scheme =
        std::ranges::find_if(kSchemes, [&](Scheme s) { return to_string(s) == word; });
    if (scheme == kSchemes.end()) return std::unexpected(UrlError::scheme);

    const std::string_view rest = text.substr(colon + 3);
    if (rest.contains('#')) return std::unexpected(UrlError::fragment);
    const auto slash = std::min(rest.find_first_of("/?"), rest.size());
    auto place = TRY(parse_authority(rest.substr(0, slash), port_of(*scheme)));
    std::string target{rest.substr(slash)};
    if (!target.starts_with('/')) target.insert(0, 1, '/');
    if (!is_target(target) || !percent_decoded(target)) return std::unexpected(UrlError::target);
    return Url{.scheme = *scheme,
               .host = std::move(place.host),
               .port = place.port,
               .target = std::move(target)};
}

}  // namespace tradewind::net
