// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>

#include "adapters/net/reconnect.hpp"
#include "adapters/net/websocket.hpp"

namespace tradewind::net {

class LastingCore;

/// Called on the loop's thread; must not block and not throw. Any may be empty.
struct LastingEvents {
    /// Connected; what is sent now goes to this connection. Subscribe here, and take a snapshot:
    /// messages were missed.
    std::function<void(const WebSocket&)> on_up = {};
    std::function<void(const Message&)> on_message = {};
    /// The connection is lost or could not be made; the next attempt comes after `wait`.
    std::function<void(const Closed&, Duration wait)> on_down = {};
};

struct LastingOptions {
    WebSocketOptions websocket = {};
    BackoffOptions backoff = {};
    /// A connection that was open that long counts as good: back-off begins anew.
    Duration good_after = seconds(30);
    std::uint64_t seed = 0;  ///< of the jitter; another one in each process
};

struct LastingCounts {
    std::uint64_t attempts = 0;
    std::uint64_t ups = 0;
    std::uint64_t downs = 0;  ///< of those that were up
    std::uint64_t messages = 0;
    bool is_up = false;
};

/// A client's WebSocket that is connected again whenever it is lost, until it goes. Any thread.
class LastingWebSocket {
public:
    /// Where to connect to, asked before each attempt, on the loop's thread: a venue's key in the
    /// path may have changed.
    using Where = std::function<Url()>;

    /// Errors: `malformed` (unsound headers), `tls` (the file of certificates), `stopped` (the
    /// loop).
    [[nodiscard]] static std::expected<std::unique_ptr<LastingWebSocket>, NetError> open(
        Loop& loop, Where where, LastingOptions options, LastingEvents events);

    /// Breaks off; nothing is called any more.
    ~LastingWebSocket();
    LastingWebSocket(const LastingWebSocket&) = delete;
    LastingWebSocket& operator=(const LastingWebSocket&) = delete;

    /// False while there is no connection, or when its queue is full.
    bool send(std::string text) const;
    /// Closes this connection, and connects again at once: for a stream that is known to have a
    /// gap.
    void renew() const;

    [[nodiscard]] LastingCounts counts() const;

private:
    explicit LastingWebSocket(std::shared_ptr<LastingCore> core) : core_(std::move(core)) {}
    std::shared_ptr<LastingCore> core_;
};

}  // namespace tradewind::net
