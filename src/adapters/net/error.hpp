// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tradewind::net {

enum class NetErrorKind : std::uint8_t {
    resolve,      ///< no address of that name
    refused,      ///< nobody listens there
    unreachable,  ///< no way to that address
    timed_out,    ///< a time limit of ours passed
    certificate,  ///< the peer's certificate was not accepted: unknown issuer, other name, expired
    tls,          ///< TLS failed otherwise, or a file of ours for it is unusable
    closed,       ///< the connection broke, or the peer closed it too early
    too_large,    ///< more bytes than our limit allows
    malformed,    ///< not the protocol; also a request of ours that cannot be written as one
    overloaded,   ///< a queue of ours is full
    stopped,      ///< we are going away
    listen,       ///< the address cannot be listened on
};

[[nodiscard]] std::string_view to_string(NetErrorKind value);

struct NetError {
    NetErrorKind kind = NetErrorKind::closed;
    /// Whether any byte of a request may have reached the peer. False: nothing was carried out, and
    /// asking again is safe.
    bool sent = false;
    std::string text = {};  ///< for people: what was tried, and what the system said
};

}  // namespace tradewind::net
