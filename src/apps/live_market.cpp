// SPDX-License-Identifier: Apache-2.0
#include "apps/live_market.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <mutex>
#include <utility>

#include "adapters/clock/system_clock.hpp"
#include "adapters/net/http_client.hpp"
#include "adapters/net/lasting_websocket.hpp"
#include "adapters/net/loop.hpp"
#include "base/try.hpp"

namespace tradewind::apps {

/// All of it but the counts is of the loop's thread.
class LiveMarket::Body : public std::enable_shared_from_this<LiveMarket::Body> {
public:
    Body(const BinanceSite& site, std::vector<binance::FeedWish> wishes, engine::Inbox& inbox)
        : site_(site),
          inbox_(inbox),
          feed_(site.segment, std::move(wishes)),
          budget_({.weight = weight_a_minute(site.segment), .interval = minutes(1)}) {}

    std::expected<void, std::string> open() {
        auto client = net::HttpClient::make(loop_);
        if (!client) return std::unexpected(client.error().text);
        client_ = std::move(*client);
        net::Url where = site_.streams;
        where.target = feed_.stream_target();
        net::LastingOptions options;
        options.seed =
            static_cast<std::uint64_t>(clock_.now().ns) ^ static_cast<std::uint64_t>(::getpid());
        options.websocket.clock = [this] { return clock_.now(); };
        auto socket = net::LastingWebSocket::open(
            loop_, [where] { return where; }, std::move(options),
            {.on_up =
                 [this](const net::WebSocket&) {
                     feed_.on_up(clock_.now());
                     pump();
                 },
             .on_message =
                 [this](const net::Message& message) {
                     const auto taken = feed_.on_message(message.bytes, message.received);
                     if (!taken) fault(describe(taken.error()));
                     pump();
                 },
             .on_down =
                 [this](const net::Closed& closed, Duration) {
                     feed_.on_down(clock_.now());
                     fault(fmt::format("connection {}: {}", to_string(closed.reason),
                                       closed.error ? closed.error->text : closed.text));
                     pump();
                 }});
        if (!socket) return std::unexpected(socket.error().text);
        socket_ = std::move(*socket);
        return {};
    }

    void tick() {
        loop_.post([self = shared_from_this()] {
            const Timestamp now = self->clock_.now();
            const bool is_silent = !self->feed_.silent_since(now - kSilentMost).empty();
            if (is_silent && self->socket_->counts().is_up && now >= self->renew_after_) {
                ++self->stalls_;
                self->renew_after_ = now + kSilentMost;
                self->socket_->renew();
            }
            self->pump();
        });
    }

    /// Its thread first: what was posted to it uses the others.
    void stop() {
        loop_.stop();
        socket_.reset();
        client_.reset();
    }

    LiveMarketCounts counts() {
        const net::LastingCounts of_socket = socket_->counts();
        const std::scoped_lock lock(mutex_);
        LiveMarketCounts out = shown_;
        out.attempts = of_socket.attempts;
        out.drops = of_socket.downs;
        return out;
    }

private:
    void fault(std::string text) {
        const std::scoped_lock lock(mutex_);
        shown_.last_fault = std::move(text);
    }

    /// What the feed has goes on, what it wants is asked for.
    void pump() {
        for (const binance::FeedEvent& event : feed_.events()) {
            inbox_.put(event.payload, event.ts_event);
        }
        feed_.clear_events();
        const Timestamp now = clock_.now();
        if (!budget_.blocked_until(kHeaviest, now)) {
            for (binance::FeedRequest& request : feed_.take_requests(now)) ask(request, now);
        }
        const std::scoped_lock lock(mutex_);
        shown_.feed = feed_.counts();
        shown_.is_whole = feed_.is_whole();
        shown_.stalls = stalls_;
    }

    void ask(const binance::FeedRequest& request, Timestamp now) {
        budget_.on_sent(request.weight, now);
        client_->send(site_.rest, {.method = "GET", .target = request.target},
                      [self = weak_from_this(), id = request.id](net::HttpClient::Result answer) {
                          if (const auto alive = self.lock()) alive->on_answer(id, answer);
                      });
    }

    void on_answer(std::uint64_t id, const net::HttpClient::Result& answer) {
        const Timestamp now = clock_.now();
        if (!answer) {
            fault(answer.error().text);
            feed_.on_failure(id, now);
        } else {
            const binance::AnswerHead head = head_of(*answer);
            budget_.on_answer(head, now);
            const bool is_answer = head.status < 500 && head.status != 429 && head.status != 418;
            if (is_answer) {
                feed_.on_answer(id, answer->body, now);
            } else {
                fault(fmt::format("the venue answers {}", head.status));
                feed_.on_failure(id, now);
            }
        }
        pump();
    }

    /// A snapshot of a book.
    static constexpr std::int64_t kHeaviest = 50;

    BinanceSite site_;
    engine::Inbox& inbox_;
    clock::SystemClock clock_;
    binance::Feed feed_;
    binance::RateBudget budget_;
    std::uint64_t stalls_ = 0;
    Timestamp renew_after_{};
    net::Loop loop_;
    std::unique_ptr<net::HttpClient> client_;
    std::unique_ptr<net::LastingWebSocket> socket_;

    std::mutex mutex_;
    LiveMarketCounts shown_;
};

LiveMarket::LiveMarket(std::shared_ptr<Body> body) : body_(std::move(body)) {}

LiveMarket::~LiveMarket() { body_->stop(); }

std::expected<std::unique_ptr<LiveMarket>, std::string> LiveMarket::open(
    const BinanceSite& site, std::vector<binance::FeedWish> wishes, engine::Inbox& inbox) {
    auto body = std::make_shared<Body>(site, std::move(wishes), inbox);
    TRY_VOID(body->open());
    return std::unique_ptr<LiveMarket>(new LiveMarket(std::move(body)));
}

void LiveMarket::tick() { body_->tick(); }
LiveMarketCounts LiveMarket::counts() const { return body_->counts(); }

}  // namespace tradewind::apps
