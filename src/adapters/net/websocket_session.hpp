// SPDX-License-Identifier: Apache-2.0
// Private to this room: sees Asio and Beast.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <deque>

#include "adapters/net/dial.hpp"
#include "adapters/net/websocket.hpp"

namespace tradewind::net {

/// A WebSocket of either side. Sending is any thread's; all else is the loop's. Its stream lives in
/// the coroutine that serves it, so that the session may outlive the loop.
class WebSocketSession final : public Closable,
                               public std::enable_shared_from_this<WebSocketSession> {
public:
    using Upgrade = boost::beast::http::request<boost::beast::http::string_body>;

    WebSocketSession(std::shared_ptr<LoopCore> loop, const WebSocketLimits& limits, UtcClock clock);
    ~WebSocketSession() override;

    struct Outgoing {
        std::shared_ptr<const std::string> payload;
        bool is_text = true;
    };

    // Any thread.
    bool send(Outgoing message);
    void close(std::uint16_t code, std::string text);
    [[nodiscard]] std::size_t queued_bytes() const;
    [[nodiscard]] bool is_open() const { return open_; }
    /// Breaks off and calls nothing any more.
    void abandon();

    // The loop's thread.
    void listen(WebSocketEvents events);
    /// As a server, on a connection that has asked for the upgrade; ends when the connection has.
    asio::awaitable<void> serve(Stream& stream, const Upgrade& upgrade);
    /// As a client.
    asio::awaitable<void> visit(const Url& url, const std::shared_ptr<asio::ssl::context>& tls,
                                const Headers& headers);
    void begin_close(Closed why);
    void close_now() override;
    [[nodiscard]] const Closed& ended() const { return end_; }

private:
    struct Wire;  ///< Beast's stream and the timers, in the frame that serves

    void note(Closed why);
    void note(const ErrorCode& error);
    asio::awaitable<void> converse(Wire& wire);
    asio::awaitable<void> settle(Wire& wire);
    asio::awaitable<void> shake_hands(Wire& wire, const Url& url, const Headers& headers);
    void finish();
    void pump();
    void write(Outgoing next);
    void say_goodbye();
    void ping();
    void watch();
    void tick(Clock::time_point now);
    void leave();

    const std::shared_ptr<LoopCore> loop_;
    const WebSocketLimits limits_;
    const UtcClock clock_;
    std::shared_ptr<const WebSocketEvents> events_;  // also held by the call at work

    mutable std::mutex mutex_;  // guards the next four
    std::deque<Outgoing> queue_;
    std::size_t queued_bytes_ = 0;
    bool accepts_ = true;
    bool woken_ = false;  // a pump() is on its way

    std::atomic<bool> open_ = false;
    Wire* wire_ = nullptr;
    Dialer* dialer_ = nullptr;
    Outgoing writing_;  // the bytes must stay until they are written
    bool is_writing_ = false;
    bool is_pinging_ = false;
    bool says_goodbye_ = false;
    int at_work_ = 0;  // operations beside the reading
    std::optional<Clock::time_point> deadline_;
    Clock::time_point heard_{};
    Clock::time_point pinged_{};
    bool has_ended_ = false;  // end_ is the cause
    Closed end_;
};

}  // namespace tradewind::net
