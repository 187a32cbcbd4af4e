// SPDX-License-Identifier: Apache-2.0
#include "adapters/net/lasting_websocket.hpp"

#include "adapters/net/websocket_session.hpp"
#include "base/try.hpp"

namespace tradewind::net {

/// All on the loop's thread, beside the counters and the session's handle.
class LastingCore final : public Closable, public std::enable_shared_from_this<LastingCore> {
public:
    LastingCore(std::shared_ptr<LoopCore> loop_core, std::shared_ptr<asio::ssl::context> context,
                LastingWebSocket::Where place, LastingOptions with, LastingEvents calls)
        : loop(std::move(loop_core)),
          tls(std::move(context)),
          where(std::move(place)),
          options(std::move(with)),
          events(std::make_shared<const LastingEvents>(std::move(calls))),
          reconnector(options.backoff, options.seed) {}

    const std::shared_ptr<LoopCore> loop;
    const std::shared_ptr<asio::ssl::context> tls;
    LastingWebSocket::Where where;
    const LastingOptions options;
    std::shared_ptr<const LastingEvents> events;  // also held by the call at work
    Reconnector reconnector;
    std::atomic<std::uint64_t> attempts, ups, downs, messages;
    std::atomic<bool> is_up = false;

    asio::awaitable<void> live(std::shared_ptr<LastingCore> self);
    void close_now() override;
    void renew();
    [[nodiscard]] std::shared_ptr<WebSocketSession> session() const {
        const std::scoped_lock lock{mutex_};
        return session_;
    }

private:
    [[nodiscard]] WebSocketEvents session_events();
    void went_up();
    [[nodiscard]] Duration went_down();

    mutable std::mutex mutex_;
    std::shared_ptr<WebSocketSession> session_;
    asio::steady_timer* pause_ = nullptr;
    Clock::time_point up_since_{};
    Closed why_;
    bool renews_ = false;
    bool closed_ = false;
};

/// The session lets go of these when it ends, and `live` outlasts it: `this` is good.
WebSocketEvents LastingCore::session_events() {
    return {.on_open = [this] { went_up(); },
            .on_message =
                [this](const Message& message) {
                    ++messages;
                    const auto held = events;
                    if (held->on_message) held->on_message(message);
                },
            .on_close = [this](const Closed& why) { why_ = why; }};
}

void LastingCore::went_up() {
    ++ups;
    is_up = true;
    up_since_ = Clock::now();
    const auto held = events;
    if (held->on_up) held->on_up(WebSocket{session_});
}

/// How long to wait.
Duration LastingCore::went_down() {
    if (is_up.exchange(false)) {
        ++downs;
        if (Clock::now() - up_since_ >= chrono(options.good_after)) reconnector.succeeded();
    }
    return std::exchange(renews_, false) ? Duration{} : reconnector.failed();
}

asio::awaitable<void> LastingCore::live(std::shared_ptr<LastingCore> self) {
    const Enlisted enlisted{loop, self};
    asio::steady_timer pause{loop->context()};
    const std::shared_ptr<asio::ssl::context> plain;
    while (!closed_ && !loop->is_draining()) {
        ++attempts;
        const auto one = std::make_shared<WebSocketSession>(loop, options.websocket.limits,
                                                            options.websocket.clock);
        one->listen(session_events());
        {
            const std::scoped_lock lock{mutex_};
            session_ = one;
        }
        const Url url = where();
        const auto& context = url.is_secure() ? tls : plain;
        co_await one->visit(url, context, options.websocket.headers);
        const Duration wait = went_down();
        if (closed_ || loop->is_draining()) break;
        {
            const auto held = events;
            if (held->on_down) held->on_down(why_, wait);
        }
        if (closed_) break;
        pause_ = &pause;
        pause.expires_after(chrono(wait));
        co_await pause.async_wait(kAwait);
        pause_ = nullptr;
    }
}

void LastingCore::renew() {
    renews_ = is_up;
    if (session_) {
        session_->begin_close({.reason = CloseReason::by_us, .code = 1000, .text = "renewed"});
    }
}

void LastingCore::close_now() {
    closed_ = true;
    events = std::make_shared<const LastingEvents>();
    if (session_) session_->close_now();
    if (pause_ != nullptr) pause_->cancel();
}

std::expected<std::unique_ptr<LastingWebSocket>, NetError> LastingWebSocket::open(
    Loop& loop, Where where, LastingOptions options, LastingEvents events) {
    if (!are_sound(options.websocket.headers)) {
        return std::unexpected(
            NetError{.kind = NetErrorKind::malformed, .text = "unsound headers"});
    }
    auto tls = TRY(make_client_context(options.websocket.tls));
    auto core = std::make_shared<LastingCore>(loop.core(), std::move(tls), std::move(where),
                                              std::move(options), std::move(events));
    const bool posted = loop.post([core] { core->loop->spawn(core->live(core)); });
    if (!posted) {
        return std::unexpected(
            NetError{.kind = NetErrorKind::stopped, .text = "the loop has stopped"});
    }
    return std::unique_ptr<LastingWebSocket>{new LastingWebSocket{std::move(core)}};
}

LastingWebSocket::~LastingWebSocket() {
    core_->loop->run_and_wait([core = core_] { core->close_now(); });
}

bool LastingWebSocket::send(std::string text) const {
    const auto session = core_->session();
    return session && session->is_open() && WebSocket{session}.send(std::move(text));
}

void LastingWebSocket::renew() const {
    core_->loop->post([core = core_] { core->renew(); });
}

LastingCounts LastingWebSocket::counts() const {
    return {.attempts = core_->attempts,
            .ups = core_->ups,
            .downs = core_->downs,
            .messages = core_->messages,
            .is_up = core_->is_up};
}

}  // namespace tradewind::net
