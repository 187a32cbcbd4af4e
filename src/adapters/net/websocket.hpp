// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/net/error.hpp"
#include "adapters/net/http.hpp"
#include "adapters/net/loop.hpp"
#include "adapters/net/tls.hpp"
#include "adapters/net/url.hpp"
#include "domain/time.hpp"

/// WebSockets, of both sides. Source: RFC 6455.
namespace tradewind::net {

class WebSocketSession;

/// A message as it came. The bytes are good for the length of the call; a text is valid UTF-8.
struct Message {
    bool is_text = true;
    std::string_view bytes;
    Timestamp received{};  ///< by the clock that was passed in, as soon as it was whole
};

enum class CloseReason : std::uint8_t {
    by_us,          ///< close() was called
    by_peer,        ///< with its code and text
    stale,          ///< nothing was heard for stale_after
    too_large,      ///< a message above message_bytes_max
    protocol,       ///< what came is no WebSocket, or a text no UTF-8
    slow_consumer,  ///< our queue to it was full
    lost,           ///< the connection broke
    not_connected,  ///< it never was open; see `error` and `status`
    stopped,        ///< the loop or the server went away
};

[[nodiscard]] std::string_view to_string(CloseReason value);

struct Closed {
    CloseReason reason = CloseReason::lost;
    std::uint16_t code = 1006;           ///< RFC 6455, section 7.4; 1006: no close frame came
    std::string text = {};               ///< the peer's, or what the system said
    std::optional<NetError> error = {};  ///< why it was not connected
    int status = 0;                      ///< HTTP status with which an upgrade was refused
};

/// What is called on the loop's thread; must not block and not throw. Any may be empty.
struct WebSocketEvents {
    std::function<void()> on_open = {};
    std::function<void(const Message&)> on_message = {};
    std::function<void(const Closed&)> on_close = {};  ///< once, the last
};

struct WebSocketLimits {
    std::size_t message_bytes_max = std::size_t{16} << 20U;
    std::size_t queue_bytes_max = std::size_t{16} << 20U;  ///< of messages that wait to be sent
    std::size_t queue_messages_max = 65'536;
    Duration open_within = seconds(5);   ///< TCP, TLS and the upgrade
    Duration ping_every = seconds(20);   ///< after that long without a frame; 0: never
    Duration stale_after = seconds(60);  ///< without a frame; 0: never
    Duration close_within = seconds(2);  ///< from close() to the peer's answer
};

/// Tells UTC; called on the loop's thread.
using UtcClock = std::function<Timestamp()>;
[[nodiscard]] Timestamp system_utc();

/// A handle of a connection; copies mean the same one. Any thread. It may outlive the connection,
/// its server and the loop.
class WebSocket {
public:
    explicit WebSocket(std::shared_ptr<WebSocketSession> session) : session_(std::move(session)) {}

    /// Queues a message; it goes out in its turn, at the earliest when the connection is open.
    /// False when it is closing, or when the queue is full: then the peer is too slow, and is
    /// closed.
    bool send(std::string text) const;
    bool send_binary(std::string bytes) const;
    /// One text for many peers, not copied.
    bool send(std::shared_ptr<const std::string> text) const;

    /// Sends what is queued, then says goodbye; a client that is not connected yet gives up. `text`
    /// of at most 123 bytes.
    void close(std::uint16_t code = 1000, std::string text = {}) const;

    [[nodiscard]] std::size_t queued_bytes() const;
    [[nodiscard]] bool is_open() const;

private:
    std::shared_ptr<WebSocketSession> session_;
};

struct WebSocketOptions {
    ClientTls tls = {};
    Headers headers = {};  ///< of the upgrade
    WebSocketLimits limits = {};
    UtcClock clock = system_utc;
};

/// One connection as a client.
class WebSocketClient {
public:
    /// Connects in the background: on_open comes, or on_close with `not_connected`. Errors:
    /// `malformed` (the scheme is not ws or wss, or an unsound header), `tls` (the file of
    /// certificates), `stopped`.
    [[nodiscard]] static std::expected<std::unique_ptr<WebSocketClient>, NetError> connect(
        Loop& loop, Url url, WebSocketOptions options, WebSocketEvents events);

    /// Breaks the connection off unless it has been closed; nothing is called any more, on_close
    /// neither.
    ~WebSocketClient();
    WebSocketClient(const WebSocketClient&) = delete;
    WebSocketClient& operator=(const WebSocketClient&) = delete;

    [[nodiscard]] WebSocket socket() const { return WebSocket{session_}; }

private:
    explicit WebSocketClient(std::shared_ptr<WebSocketSession> session)
        : session_(std::move(session)) {}
    std::shared_ptr<WebSocketSession> session_;
};

}  // namespace tradewind::net
