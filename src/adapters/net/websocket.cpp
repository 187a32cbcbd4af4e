// SPDX-License-Identifier: Apache-2.0
#include "adapters/net/websocket.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "adapters/net/websocket_session.hpp"
#include "base/try.hpp"

namespace tradewind::net {

namespace websocket = boost::beast::websocket;
namespace http = boost::beast::http;

namespace {

constexpr auto kTickMax = std::chrono::milliseconds{250};
constexpr auto kTickMin = std::chrono::milliseconds{5};
constexpr std::size_t kKeptBuffer = std::size_t{1} << 20U;  // more is given back after a message

Clock::duration tick_of(const WebSocketLimits& limits) {
    Duration shortest = std::min(limits.open_within, limits.close_within);
    if (limits.ping_every.ns > 0) shortest = std::min(shortest, limits.ping_every);
    if (limits.stale_after.ns > 0) shortest = std::min(shortest, limits.stale_after);
    return std::clamp<Clock::duration>(chrono(shortest) / 4, kTickMin, kTickMax);
}

}  // namespace

std::string_view to_string(CloseReason value) {
    switch (value) {
        case CloseReason::by_us: return "by_us";
        case CloseReason::by_peer: return "by_peer";
        case CloseReason::stale: return "stale";
        case CloseReason::too_large: return "too_large";
        case CloseReason::protocol: return "protocol";
        case CloseReason::slow_consumer: return "slow_consumer";
        case CloseReason::lost: return "lost";
        case CloseReason::not_connected: return "not_connected";
        case CloseReason::stopped: return "stopped";
    }
    return "?";
}

Timestamp system_utc() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()};
}

struct WebSocketSession::Wire {
    Wire(LoopCore& core, Stream& below)
        : stream(below), socket(below), ticks(core.context()), settled(core.context()) {}

    Stream& stream;
    websocket::stream<Stream&, false> socket;  // no compression
    asio::steady_timer ticks;
    asio::steady_timer settled;
};

WebSocketSession::WebSocketSession(std::shared_ptr<LoopCore> loop, const WebSocketLimits& limits,
                                   UtcClock clock)
    : loop_(std::move(loop)),
      limits_(limits),
      clock_(std::move(clock)),
      events_(std::make_shared<const WebSocketEvents>()) {}

WebSocketSession::~WebSocketSession() = default;

void WebSocketSession::listen(WebSocketEvents events) {
    events_ = std::make_shared<const WebSocketEvents>(std::move(events));
}

// ---- sending --------------------------------------------------------------------------------

bool WebSocketSession::send(Outgoing message) {
    const std::size_t size = message.payload->size();
    bool wake = false;
    bool full = false;
    {
        const std::scoped_lock lock{mutex_};
        if (!accepts_) return false;
        full = size > limits_.queue_bytes_max - queued_bytes_ ||
               queue_.size() >= limits_.queue_messages_max;
        if (full) {
            accepts_ = false;
        } else {
            queued_bytes_ += size;
            queue_.push_back(std::move(message));
            wake = !std::exchange(woken_, true);
        }
    }
    if (full) {
        loop_->post([self = shared_from_this()] {
            self->begin_close({.reason = CloseReason::slow_consumer,
                               .code = websocket::close_code::policy_error,
                               .text = "too slow"});
        });
        return false;
    }
    if (wake && loop_->is_here()) {
        pump();
    } else if (wake) {
        loop_->post([self = shared_from_this()] { self->pump(); });
    }
    return true;
}

std::size_t WebSocketSession::queued_bytes() const {
    const std::scoped_lock lock{mutex_};
    return queued_bytes_;
}

void WebSocketSession::pump() {
    if (wire_ == nullptr || !open_ || is_writing_ || says_goodbye_) return;
    std::optional<Outgoing> next;
    {
        const std::scoped_lock lock{mutex_};
        if (queue_.empty()) {
            woken_ = false;
        } else {
            next = std::move(queue_.front());
            queue_.pop_front();
        }
    }
    if (next) {
        write(std::move(*next));
    } else if (has_ended_) {
        say_goodbye();
    }
}

void WebSocketSession::write(Outgoing next) {
    writing_ = std::move(next);
    is_writing_ = true;
    ++at_work_;
    wire_->socket.text(writing_.is_text);
    wire_->socket.async_write(
        asio::buffer(*writing_.payload), [self = shared_from_this()](ErrorCode error, std::size_t) {
            self->is_writing_ = false;
            {
                const std::scoped_lock lock{self->mutex_};
                self->queued_bytes_ -= self->writing_.payload->size();
            }
            self->writing_ = {};
            if (error) {
                // What the peer said before it went may still be there to be read.
                self->deadline_ = Clock::now() + chrono(self->limits_.close_within);
            } else {
                self->pump();
            }
            self->leave();
        });
}

void WebSocketSession::say_goodbye() {
    says_goodbye_ = true;
    ++at_work_;
    const websocket::close_reason why{websocket::close_code{end_.code}, end_.text};
    wire_->socket.async_close(why, [self = shared_from_this()](ErrorCode) { self->leave(); });
}

void WebSocketSession::ping() {
    is_pinging_ = true;
    pinged_ = Clock::now();
    ++at_work_;
    wire_->socket.async_ping({}, [self = shared_from_this()](ErrorCode) {
        self->is_pinging_ = false;
        self->leave();
    });
}

void WebSocketSession::leave() {
    if (--at_work_ == 0 && wire_ != nullptr) wire_->settled.cancel();
}

// ---- ending ---------------------------------------------------------------------------------

/// The first cause is the one that is told.
void WebSocketSession::note(Closed why) {
    if (std::exchange(has_ended_, true)) return;
    end_ = std::move(why);
}

void WebSocketSession::note(const ErrorCode& error) {
    if (error == websocket::error::closed) {
        const auto& why = wire_->socket.reason();
        return note({.reason = CloseReason::by_peer,
                     .code = why.code,
                     .text = std::string{why.reason.data(), why.reason.size()}});
    }
    if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow) {
        return note({.reason = CloseReason::too_large,
                     .code = websocket::close_code::too_big,
                     .text = fmt::format("above {} bytes", limits_.message_bytes_max)});
    }
    const bool is_theirs = error.category() == ErrorCode{websocket::error::closed}.category();
    note({.reason = is_theirs ? CloseReason::protocol : CloseReason::lost,
          .code = is_theirs ? std::uint16_t{websocket::close_code::protocol_error}
                            : std::uint16_t{websocket::close_code::abnormal},
          .text = error.message()});
}

void WebSocketSession::close(std::uint16_t code, std::string text) {
    {
        const std::scoped_lock lock{mutex_};
        accepts_ = false;
    }
    loop_->post([self = shared_from_this(), code, text = std::move(text)]() mutable {
        text.resize(std::min<std::size_t>(text.size(), 123));
        self->begin_close({.reason = CloseReason::by_us, .code = code, .text = std::move(text)});
    });
}

void WebSocketSession::begin_close(Closed why) {
    if (has_ended_) return;
    {
        const std::scoped_lock lock{mutex_};
        accepts_ = false;
        if (why.reason == CloseReason::slow_consumer) queue_.clear();
    }
    note(std::move(why));
    deadline_ = Clock::now() + chrono(limits_.close_within);
    if (open_) return pump();
    if (dialer_ != nullptr) dialer_->cancel();  // an upgrade at work is finished first
}

void WebSocketSession::close_now() {
    note({.reason = CloseReason::stopped, .text = "going away"});
    if (dialer_ != nullptr) dialer_->cancel();
    if (wire_ != nullptr) wire_->stream.close();
}

void WebSocketSession::abandon() {
    loop_->run_and_wait([self = shared_from_this()] {
        self->events_ = std::make_shared<const WebSocketEvents>();
        self->close_now();
    });
}

void WebSocketSession::finish() {
    open_ = false;
    {
        const std::scoped_lock lock{mutex_};
        accepts_ = false;
        queue_.clear();
        queued_bytes_ = 0;
    }
    const auto events = std::exchange(events_, std::make_shared<const WebSocketEvents>());
    if (events->on_close) events->on_close(end_);
}

// ---- time -----------------------------------------------------------------------------------

void WebSocketSession::watch() {
    wire_->ticks.expires_after(tick_of(limits_));
    wire_->ticks.async_wait([self = shared_from_this()](ErrorCode error) {
        if (error || self->wire_ == nullptr) return;
        self->tick(Clock::now());
        self->watch();
    });
}

void WebSocketSession::tick(Clock::time_point now) {
    const auto within = chrono(limits_.close_within);
    const auto parting = wire_->stream.parting_since();
    if ((deadline_ && now >= *deadline_) || (parting && now - *parting >= within)) {
        wire_->stream.close();
        return;
    }
    if (!open_ || has_ended_) return;
    const bool is_stale = limits_.stale_after.ns > 0 && now - heard_ >= chrono(limits_.stale_after);
    if (is_stale) {
        note({.reason = CloseReason::stale,
              .text = fmt::format("nothing heard for {}", to_string(limits_.stale_after))});
        wire_->stream.close();
        return;
    }
    const auto quiet = now - std::max(heard_, pinged_);
    if (limits_.ping_every.ns > 0 && quiet >= chrono(limits_.ping_every) && !is_pinging_) ping();
}

// ---- a connection's life --------------------------------------------------------------------

/// Clears what the session knows of a wire that goes.
class WireGuard {
public:
    explicit WireGuard(std::function<void()> clear) : clear_(std::move(clear)) {}
    ~WireGuard() { clear_(); }
    WireGuard(const WireGuard&) = delete;
    WireGuard& operator=(const WireGuard&) = delete;

private:
    std::function<void()> clear_;
};

asio::awaitable<void> WebSocketSession::converse(Wire& wire) {
    open_ = true;
    deadline_ = has_ended_ ? deadline_ : std::nullopt;
    heard_ = Clock::now();
    {
        const auto events = events_;
        if (events->on_open) events->on_open();
    }
    pump();
    boost::beast::flat_buffer in;
    while (true) {
        const auto [error, n] = co_await wire.socket.async_read(in, kAwait);
        const Timestamp received = clock_();
        if (error) {
            note(error);
            break;
        }
        heard_ = Clock::now();
        const auto events = events_;
        if (events->on_message && !has_ended_) {
            const auto data = in.cdata();
            events->on_message({.is_text = wire.socket.got_text(),
                                .bytes = {static_cast<const char*>(data.data()), data.size()},
                                .received = received});
        }
        in.consume(n);
        if (in.capacity() > kKeptBuffer) in.shrink_to_fit();
    }
}

/// Waits until nothing uses the stream any more: an operation under TLS must not outlive it.
asio::awaitable<void> WebSocketSession::settle(Wire& wire) {
    open_ = false;
    wire.stream.close();
    while (at_work_ != 0) {
        wire.settled.expires_at(Clock::time_point::max());
        co_await wire.settled.async_wait(kAwait);
    }
}

asio::awaitable<void> WebSocketSession::serve(Stream& stream, const Upgrade& upgrade) {
    const auto self = shared_from_this();
    {
        Wire wire{*loop_, stream};
        const WireGuard guard{[this] { wire_ = nullptr; }};
        wire_ = &wire;
        deadline_ = Clock::now() + chrono(limits_.open_within);
        watch();
        wire.socket.read_message_max(limits_.message_bytes_max);
        wire.socket.auto_fragment(false);
        wire.socket.control_callback(
            [this](websocket::frame_type, boost::beast::string_view) { heard_ = Clock::now(); });
        const auto [error] = co_await wire.socket.async_accept(upgrade, kAwait);
        if (error) {
            note({.reason = CloseReason::not_connected, .text = error.message()});
        } else {
            co_await converse(wire);
        }
        co_await settle(wire);
    }
    finish();
}

asio::awaitable<void> WebSocketSession::shake_hands(Wire& wire, const Url& url,
                                                    const Headers& headers) {
    wire.socket.set_option(
        websocket::stream_base::decorator([&headers](websocket::request_type& request) {
            for (const auto& [name, value] : headers) request.insert(name, value);
        }));
    websocket::response_type answer;
    const std::string authority = url.authority();
    const auto [error] =
        co_await wire.socket.async_handshake(answer, authority, url.target, kAwait);
    if (!error) {
        co_await converse(wire);
        co_return;
    }
    const bool is_late = deadline_ && Clock::now() >= *deadline_;
    const bool is_declined = error == websocket::error::upgrade_declined;
    NetError why{.kind = is_late       ? NetErrorKind::timed_out
                         : is_declined ? NetErrorKind::refused
                                       : kind_of(error),
                 .sent = true,
                 .text = fmt::format("{}: {}", authority, error.message())};
    const bool is_cut =
        error == http::error::end_of_stream || error == http::error::partial_message;
    const bool is_protocol = error.category() == ErrorCode{websocket::error::closed}.category() ||
                             error.category() == ErrorCode{http::error::end_of_stream}.category();
    if (is_protocol && !is_cut && !is_declined) why.kind = NetErrorKind::malformed;
    const int status = is_declined ? static_cast<int>(answer.result_int()) : 0;
    if (status != 0) why.text += fmt::format(" (HTTP status {})", status);
    note({.reason = CloseReason::not_connected, .text = why.text, .error = why, .status = status});
}

asio::awaitable<void> WebSocketSession::visit(const Url& url,
                                              const std::shared_ptr<asio::ssl::context>& tls,
                                              const Headers& headers) {
    const auto self = shared_from_this();
    const Enlisted enlisted{loop_, self};
    if ((url.scheme != Scheme::ws && url.scheme != Scheme::wss) || !is_target(url.target)) {
        const NetError why{.kind = NetErrorKind::malformed,
                           .text = to_string(url) + ": no address of a WebSocket"};
        note({.reason = CloseReason::not_connected, .text = why.text, .error = why});
    }
    const auto open_by = Clock::now() + chrono(limits_.open_within);
    std::unique_ptr<Stream> stream;
    if (!has_ended_) {
        Dialer dialer{*loop_};
        dialer_ = &dialer;
        const WireGuard guard{[this] { dialer_ = nullptr; }};
        auto dialed = co_await dialer.dial(url, tls, open_by);
        if (dialed) {
            stream = std::move(*dialed);
        } else {
            note({.reason = CloseReason::not_connected,
                  .text = dialed.error().text,
                  .error = dialed.error()});
        }
    }
    if (stream && !has_ended_) {
        Wire wire{*loop_, *stream};
        const WireGuard guard{[this] { wire_ = nullptr; }};
        wire_ = &wire;
        deadline_ = open_by;
        watch();
        wire.socket.read_message_max(limits_.message_bytes_max);
        wire.socket.auto_fragment(false);
        wire.socket.control_callback(
            [this](websocket::frame_type, boost::beast::string_view) { heard_ = Clock::now(); });
        co_await shake_hands(wire, url, headers);
        co_await settle(wire);
    }
    finish();
}

// ---- the public face ------------------------------------------------------------------------

bool WebSocket::send(std::string text) const {
    return send(std::make_shared<const std::string>(std::move(text)));
}

bool WebSocket::send(std::shared_ptr<const std::string> text) const {
    return session_->send({.payload = std::move(text), .is_text = true});
}

bool WebSocket::send_binary(std::string bytes) const {
    return session_->send(
        {.payload = std::make_shared<const std::string>(std::move(bytes)), .is_text = false});
}

void WebSocket::close(std::uint16_t code, std::string text) const {
    session_->close(code, std::move(text));
}

std::size_t WebSocket::queued_bytes() const { return session_->queued_bytes(); }
bool WebSocket::is_open() const { return session_->is_open(); }

namespace {

asio::awaitable<void> visit(std::shared_ptr<WebSocketSession> session, Url url,
                            std::shared_ptr<asio::ssl::context> tls, Headers headers) {
    co_await session->visit(url, tls, headers);
}

}  // namespace

std::expected<std::unique_ptr<WebSocketClient>, NetError> WebSocketClient::connect(
    Loop& loop, Url url, WebSocketOptions options, WebSocketEvents events) {
    if ((url.scheme != Scheme::ws && url.scheme != Scheme::wss) || !is_target(url.target) ||
        !are_sound(options.headers)) {
        return std::unexpected(NetError{.kind = NetErrorKind::malformed,
                                        .text = to_string(url) + ": no ws or wss, or unsound"});
    }
    auto tls = TRY(make_client_context(options.tls));
    if (!url.is_secure()) tls.reset();
    auto session =
        std::make_shared<WebSocketSession>(loop.core(), options.limits, std::move(options.clock));
    session->listen(std::move(events));
    const bool posted = loop.post([core = loop.core(), session, url = std::move(url), tls,
                                   headers = std::move(options.headers)] {
        if (!core->is_draining()) core->spawn(net::visit(session, url, tls, headers));
    });
    if (!posted) {
        return std::unexpected(
            NetError{.kind = NetErrorKind::stopped, .text = "the loop has stopped"});
    }
    return std::unique_ptr<WebSocketClient>{new WebSocketClient{std::move(session)}};
}

WebSocketClient::~WebSocketClient() { session_->abandon(); }

}  // namespace tradewind::net
