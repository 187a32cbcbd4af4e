// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "adapters/net/error.hpp"
#include "adapters/net/http.hpp"
#include "adapters/net/loop.hpp"
#include "adapters/net/tls.hpp"
#include "adapters/net/websocket.hpp"
#include "domain/time.hpp"

namespace tradewind::net {

class ServerCore;

struct ServerOptions {
    std::string address = "127.0.0.1";  ///< to listen on; IPv4 or IPv6, no name
    std::uint16_t port = 0;             ///< 0: any free one
    std::optional<ServerTls> tls = {};  ///< plain without it
    std::size_t connections_max = 1024;
    std::size_t header_bytes_max = std::size_t{16} << 10U;
    std::size_t body_bytes_max = std::size_t{1} << 20U;
    Duration header_within = seconds(10);  ///< from a request's first byte; TLS handshakes, too
    Duration body_within = seconds(30);    ///< from the end of its header
    Duration answer_within = seconds(60);  ///< the handler
    Duration write_within = seconds(30);   ///< the peer takes the answer
    Duration idle_within = seconds(60);    ///< between two requests
    WebSocketLimits websocket = {};
    UtcClock clock = system_utc;  ///< stamps what comes over WebSockets
};

/// What a server has counted since it began.
struct ServerCounts {
    std::uint64_t accepted = 0;
    std::uint64_t turned_away = 0;  ///< connections above connections_max
    std::uint64_t requests = 0;     ///< handed to the handler
    std::uint64_t malformed = 0;    ///< 400
    std::uint64_t too_large = 0;    ///< 413, 431
    std::uint64_t timed_out = 0;    ///< too slow: a header, a body, an answer, its reading
    std::uint64_t faults = 0;    ///< a handler threw, did not answer, or answered what is no HTTP
    std::uint64_t upgraded = 0;  ///< to WebSockets
    std::uint64_t slow_consumers = 0;  ///< WebSockets closed because their queue was full
    std::uint64_t open = 0;            ///< connections now
};

/// Answers one request, once; later calls have no effect. May be copied, kept and called on any
/// thread; when the last copy goes without an answer, the peer gets a 500.
class Reply {
public:
    struct Slot;
    explicit Reply(std::shared_ptr<Slot> slot) : slot_(std::move(slot)) {}
    void operator()(Response response) const;

private:
    std::shared_ptr<Slot> slot_;
};

/// On the loop's thread; must not block. The request is good for the length of the call. What it
/// throws of std::exception becomes a 500.
using HttpHandler = std::function<void(const Request&, Reply)>;

/// Takes an upgrade to a WebSocket (what is to be called for it), or refuses it by an answer. On
/// the loop's thread; must not block. The request is good for the length of the call; what is sent
/// on the socket already goes out once it is open.
using UpgradeHandler =
    std::function<std::expected<WebSocketEvents, Response>(const Request&, const WebSocket&)>;

/// An HTTP/1.1 server on a loop, plain or TLS. Requests of one connection are answered in their
/// order, one at a time. A peer that breaks a limit gets 400, 408, 413 or 431; the rest of what it
/// sends is read away for up to two seconds, so that it can read that answer.
class HttpServer {
public:
    /// Without `upgrade` a request for a WebSocket is a request like any other. Errors: `listen`
    /// (the address), `tls` (its files), `stopped` (the loop).
    [[nodiscard]] static std::expected<std::unique_ptr<HttpServer>, NetError> listen(
        Loop& loop, ServerOptions options, HttpHandler handler, UpgradeHandler upgrade = {});

    /// stop() without grace.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] ServerCounts counts() const;

    /// Accepts no more, closes what is idle, lets requests at work be answered for as long as
    /// `grace`, closes the rest and returns; then the handler is not called any more. On the loop's
    /// own thread it does not wait, and there is no grace.
    void stop(Duration grace);

private:
    explicit HttpServer(std::shared_ptr<ServerCore> core);
    std::shared_ptr<ServerCore> core_;
};

}  // namespace tradewind::net
