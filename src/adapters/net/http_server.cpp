// SPDX-License-Identifier: Apache-2.0
#include "adapters/net/http_server.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <condition_variable>
#include <iterator>

#include "adapters/net/stream.hpp"
#include "adapters/net/websocket_session.hpp"
#include "base/try.hpp"

namespace tradewind::net {

namespace http = boost::beast::http;
using asio::ip::tcp;
using Parser = http::request_parser<http::string_body>;

namespace {

constexpr std::size_t kReadSize = 16'384;
constexpr auto kLingerWithin = std::chrono::seconds{2};
constexpr auto kAcceptPause = std::chrono::milliseconds{100};  // after accept failed
constexpr auto kSweepMax = std::chrono::milliseconds{100};
constexpr auto kSweepMin = std::chrono::milliseconds{5};

constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

struct Counters {
    std::atomic<std::uint64_t> accepted, turned_away, requests, malformed, too_large, timed_out,
        faults, upgraded, slow_consumers, open;
};

void count(std::atomic<std::uint64_t>& counter) { counter.fetch_add(1, std::memory_order_relaxed); }

Response plain_answer(int status) {
    return {.status = status,
            .headers = {{"Content-Type", "text/plain"}},
            .body = fmt::format("{} {}\n", status, reason_phrase(status))};
}

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

/// Fields that frame the message are the server's to write.
bool is_framing(std::string_view name) {
    return equal_ignoring_case(name, "content-length") ||
           equal_ignoring_case(name, "transfer-encoding") ||
           equal_ignoring_case(name, "connection");
}

struct Framing {
    bool keep_alive = true;
    bool is_http_1_0 = false;
};

std::string head_of(const Response& response, Framing framing) {
    std::string out;
    out.reserve(256);
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", response.status,
                   reason_phrase(response.status));
    for (const auto& [name, value] : response.headers) {
        if (is_framing(name)) continue;
        out.append(name).append(": ").append(value).append("\r\n");
    }
    if (has_body(response.status)) {
        fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
    }
    if (!framing.keep_alive) {
        out += "Connection: close\r\n";
    } else if (framing.is_http_1_0) {
        out += "Connection: keep-alive\r\n";
    }
    out += "\r\n";
    return out;
}

Request to_request(http::request<http::string_body> message) {
    Request out{.method = std::string{message.method_string()},
                .target = std::string{message.target()},
                .headers = {},
                .body = {}};
    for (const auto& field : message) {
        out.headers.add(std::string{field.name_string()}, std::string{field.value()});
    }
    out.body = std::move(message.body());
    return out;
}

}  // namespace

class Connection;

/// What its connections share with the server. Beside the counters and `ended` all on the loop's
/// thread.
class ServerCore final : public Closable, public std::enable_shared_from_this<ServerCore> {
public:
    ServerCore(std::shared_ptr<LoopCore> loop_core, ServerOptions with, HttpHandler calls,
               UpgradeHandler upgrades)
        : loop(std::move(loop_core)),
          options(std::move(with)),
          handler(std::move(calls)),
          upgrade(std::move(upgrades)) {}

    const std::shared_ptr<LoopCore> loop;
    const ServerOptions options;
    HttpHandler handler;
    UpgradeHandler upgrade;
    std::shared_ptr<asio::ssl::context> tls;
    std::uint16_t port = 0;
    Counters counters{};
    bool stopping = false;

    asio::awaitable<void> accept(std::shared_ptr<ServerCore> self, tcp::acceptor acceptor);
    asio::awaitable<void> sweep(std::shared_ptr<ServerCore> self);
    void close_now() override;
    void begin_stop();
    void close_connections();
    void wait_until_empty(Duration within);

    void enter(Connection* one) { connections_.push_back(one); }
    void leave(const Connection* one) {
        std::erase(connections_, one);
        if (counters.open.fetch_sub(1) == 1) notify();
    }

private:
    void take(tcp::socket socket);
    [[nodiscard]] Clock::duration period() const;
    void notify() {
        const std::scoped_lock lock{mutex_};
        empty_.notify_all();
    }

    std::vector<Connection*> connections_;  // each leaves before it goes
    tcp::acceptor* acceptor_ = nullptr;
    asio::steady_timer* timer_ = nullptr;
    std::mutex mutex_;
    std::condition_variable empty_;
};

/// One peer.
class Connection final : public Closable, public std::enable_shared_from_this<Connection> {
public:
    explicit Connection(std::shared_ptr<ServerCore> server) : server_(std::move(server)) {}

    asio::awaitable<void> serve(std::shared_ptr<Connection> self, tcp::socket socket);
    void close_now() override;
    void close_if_idle();
    void close_if_late(Clock::time_point now);
    void answer(std::uint64_t request, Response response);

private:
    enum class Phase : std::uint8_t {
        handshake,
        idle,
        header,
        body,
        answer,
        write,
        linger,
        websocket
    };

    /// What the answer hangs on.
    struct Asked {
        unsigned version = 11;
        bool is_head = false;
        bool wants_more = true;
        explicit Asked(const Parser& parser)
            : version(parser.get().version()),
              is_head(parser.get().method() == http::verb::head),
              wants_more(parser.get().keep_alive()) {}
    };

    /// What comes of reading a request.
    enum class Got : std::uint8_t { request, nothing, refused };

    asio::awaitable<void> converse(Stream& stream);
    asio::awaitable<Got> read(Stream& stream, Parser& parser);
    asio::awaitable<bool> read_more(Stream& stream);
    asio::awaitable<bool> respond(Stream& stream, Parser& parser);
    asio::awaitable<bool> write(Stream& stream, Response& response, const Asked& asked);
    asio::awaitable<bool> become_websocket(Stream& stream, Parser& parser);
    std::expected<WebSocketEvents, Response> ask_upgrade(
        const Request& request, const std::shared_ptr<WebSocketSession>& session);
    asio::awaitable<Response> ask_handler(const Request& request);
    asio::awaitable<void> refuse(Stream& stream, int status);
    asio::awaitable<void> linger(Stream& stream);
    std::optional<int> parse(Parser& parser);
    void enter(Phase phase, std::chrono::nanoseconds within) {
        phase_ = phase;
        deadline_ = Clock::now() + within;
    }
    void enter(Phase phase, Duration within) { enter(phase, chrono(within)); }

    std::shared_ptr<ServerCore> server_;
    boost::beast::flat_buffer in_;
    Phase phase_ = Phase::handshake;
    Clock::time_point deadline_{};
    bool late_ = false;
    bool last_ = false;  // the answer at work is the last one
    std::uint64_t request_ = 0;
    std::optional<Response> answer_;
    std::shared_ptr<WebSocketSession> session_;  // also held by its handles
    Stream* stream_ = nullptr;
    asio::steady_timer* answered_ = nullptr;
};

struct Reply::Slot {
    std::shared_ptr<LoopCore> loop;
    std::weak_ptr<Connection> connection;
    std::uint64_t request = 0;
    std::shared_ptr<ServerCore> server;
    std::atomic<bool> used = false;

    Slot(std::shared_ptr<LoopCore> on, const std::shared_ptr<Connection>& to, std::uint64_t number,
         std::shared_ptr<ServerCore> by)
        : loop(std::move(on)), connection(to), request(number), server(std::move(by)) {}
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    void send(Response response) {
        if (used.exchange(true)) return;
        if (loop->is_here()) {
            if (const auto to = connection.lock()) to->answer(request, std::move(response));
            return;
        }
        loop->post([to = connection, number = request, response = std::move(response)]() mutable {
            if (const auto held = to.lock()) held->answer(number, std::move(response));
        });
    }
    ~Slot() {
        if (used) return;
        count(server->counters.faults);
        send(plain_answer(500));
    }
};

void Reply::operator()(Response response) const { slot_->send(std::move(response)); }

// ---- the server -----------------------------------------------------------------------------

Clock::duration ServerCore::period() const {
    const Duration shortest =
        std::min({options.header_within, options.body_within, options.answer_within,
                  options.write_within, options.idle_within});
    return std::clamp<Clock::duration>(chrono(shortest) / 4, kSweepMin, kSweepMax);
}

asio::awaitable<void> ServerCore::sweep(std::shared_ptr<ServerCore> self) {
    const Enlisted enlisted{loop, self};
    asio::steady_timer timer{loop->context()};
    timer_ = &timer;
    while (!stopping || !connections_.empty()) {
        timer.expires_after(period());
        co_await timer.async_wait(kAwait);
        const auto now = Clock::now();
        const auto all = connections_;
        for (Connection* one : all) one->close_if_late(now);
        if (loop->is_draining()) break;
    }
    timer_ = nullptr;
}

asio::awaitable<void> ServerCore::accept(std::shared_ptr<ServerCore> /*self*/,
                                         tcp::acceptor acceptor) {
    acceptor_ = &acceptor;
    asio::steady_timer pause{loop->context()};
    while (!stopping) {
        auto [error, socket] = co_await acceptor.async_accept(kAwait);
        if (stopping) break;
        if (!error) {
            take(std::move(socket));
        } else if (error != asio::error::connection_aborted) {
            pause.expires_after(kAcceptPause);  // no descriptors left, for one
            co_await pause.async_wait(kAwait);
        }
    }
    acceptor_ = nullptr;
}

void ServerCore::take(tcp::socket socket) {
    if (counters.open.load() >= options.connections_max) {
        count(counters.turned_away);
        if (!tls) {
            send(socket.native_handle(), kFull.data(), kFull.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        }
        return;
    }
    count(counters.accepted);
    count(counters.open);
    ErrorCode ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    const auto connection = std::make_shared<Connection>(shared_from_this());
    loop->spawn(connection->serve(connection, std::move(socket)));
}

void ServerCore::begin_stop() {
    if (stopping) return;
    stopping = true;
    ErrorCode ignored;
    if (acceptor_ != nullptr) acceptor_->close(ignored);
    if (timer_ != nullptr) timer_->cancel();
    const auto all = connections_;
    for (Connection* one : all) one->close_if_idle();
}

void ServerCore::close_connections() {
    const auto all = connections_;
    for (Connection* one : all) one->close_now();
}

void ServerCore::close_now() {
    begin_stop();
    close_connections();
}

void ServerCore::wait_until_empty(Duration within) {
    std::unique_lock lock{mutex_};
    empty_.wait_for(lock, chrono(within), [this] { return counters.open.load() == 0; });
}

// ---- a connection ---------------------------------------------------------------------------

asio::awaitable<void> Connection::serve(std::shared_ptr<Connection> self, tcp::socket socket) {
    const std::unique_ptr<Stream> stream =
        server_->tls ? std::make_unique<Stream>(std::move(socket), server_->tls)
                     : std::make_unique<Stream>(std::move(socket));
    asio::steady_timer answered{server_->loop->context()};
    struct Entry {
        Connection* one;
        ~Entry() {
            one->stream_ = nullptr;
            one->answered_ = nullptr;
            one->server_->leave(one);
        }
    };
    server_->enter(this);
    const Entry entry{this};
    const Enlisted enlisted{server_->loop, self};
    stream_ = stream.get();
    answered_ = &answered;
    if (server_->stopping) co_return;

    if (stream->is_tls()) {
        enter(Phase::handshake, server_->options.header_within);
        const auto [error] =
            co_await stream->async_handshake(asio::ssl::stream_base::server, kAwait);
        if (error) co_return;
    }
    co_await converse(*stream);
}

asio::awaitable<void> Connection::converse(Stream& stream) {
    bool more = true;
    while (more) {
        Parser parser;
        parser.header_limit(static_cast<std::uint32_t>(server_->options.header_bytes_max));
        parser.body_limit(server_->options.body_bytes_max);
        parser.eager(true);
        const Got got = co_await read(stream, parser);
        if (got != Got::request) co_return;
        const bool upgrades = server_->upgrade && boost::beast::websocket::is_upgrade(parser.get());
        if (upgrades) {
            more = co_await become_websocket(stream, parser);
        } else {
            more = co_await respond(stream, parser);
        }
    }
    co_await linger(stream);
}

/// The status to refuse with, or none; takes what it can from the buffer.
std::optional<int> Connection::parse(Parser& parser) {
    ErrorCode error;
    const bool had_header = parser.is_header_done();
    std::size_t taken = 0;
    do {
        taken = parser.put(in_.data(), error);
        in_.consume(taken);
    } while (!error && taken != 0 && in_.size() != 0 && !parser.is_done());
    if (error == http::error::need_more) error = {};
    if (error == http::error::header_limit || error == http::error::body_limit) {
        count(server_->counters.too_large);
        return error == http::error::body_limit ? 413 : 431;
    }
    const auto& header = parser.get();
    const bool knows_host = header.version() < 11 || header.count(http::field::host) == 1;
    if (error || (parser.is_header_done() && !had_header &&
                  (!knows_host || header.version() / 10 != 1 || !is_target(header.target())))) {
        count(server_->counters.malformed);
        return 400;
    }
    return std::nullopt;
}

asio::awaitable<bool> Connection::read_more(Stream& stream) {
    const auto [error, n] = co_await stream.async_read_some(in_.prepare(kReadSize), kAwait);
    in_.commit(n);
    co_return !error;
}

asio::awaitable<Connection::Got> Connection::read(Stream& stream, Parser& parser) {
    enter(Phase::idle, server_->options.idle_within);
    if (in_.size() == 0) {
        if (server_->stopping) co_return Got::nothing;
        const bool came = co_await read_more(stream);
        if (!came) co_return Got::nothing;
    }
    enter(Phase::header, server_->options.header_within);
    while (true) {
        const bool had_header = parser.is_header_done();
        const auto refusal = parse(parser);
        if (refusal) {
            co_await refuse(stream, *refusal);
            co_return Got::refused;
        }
        if (parser.is_done()) co_return Got::request;
        if (parser.is_header_done() && !had_header) {
            enter(Phase::body, server_->options.body_within);
            if (equal_ignoring_case(parser.get()[http::field::expect], "100-continue")) {
                const auto error = co_await write_all(stream, kContinue, {});
                if (error) co_return Got::nothing;
            }
        }
        const bool came = co_await read_more(stream);
        if (late_) {
            co_await refuse(stream, 408);
            co_return Got::refused;
        }
        if (!came) co_return Got::nothing;
    }
}

/// Whether the connection may go on.
asio::awaitable<bool> Connection::respond(Stream& stream, Parser& parser) {
    const Asked asked{parser};
    const Request request = to_request(parser.release());
    count(server_->counters.requests);
    Response response = co_await ask_handler(request);
    const bool more = co_await write(stream, response, asked);
    co_return more;
}

asio::awaitable<bool> Connection::write(Stream& stream, Response& response, const Asked& asked) {
    if (!stream.tcp().is_open()) co_return false;
    if (response.status < 200 || response.status > 999 || !are_sound(response.headers)) {
        count(server_->counters.faults);
        response = plain_answer(500);
    }
    const bool keep_alive = asked.wants_more && !server_->stopping && !last_;
    const std::string head =
        head_of(response, {.keep_alive = keep_alive, .is_http_1_0 = asked.version == 10});
    if (asked.is_head || !has_body(response.status)) response.body.clear();

    enter(Phase::write, server_->options.write_within);
    const auto error = co_await write_all(stream, head, response.body);
    if (error) {
        stream.close();
        co_return false;
    }
    co_return keep_alive;
}

asio::awaitable<bool> Connection::become_websocket(Stream& stream, Parser& parser) {
    const Asked asked{parser};
    const auto message = parser.release();
    if (in_.size() != 0) {  // before our answer nothing may follow
        count(server_->counters.malformed);
        co_await refuse(stream, 400);
        co_return false;
    }
    const auto session = std::make_shared<WebSocketSession>(
        server_->loop, server_->options.websocket, server_->options.clock);
    auto verdict = ask_upgrade(to_request(message), session);
    if (!verdict) {
        const bool more = co_await write(stream, verdict.error(), asked);
        co_return more;
    }
    count(server_->counters.upgraded);
    session->listen(std::move(*verdict));
    session_ = session;
    phase_ = Phase::websocket;
    co_await session->serve(stream, message);
    if (session->ended().reason == CloseReason::slow_consumer) {
        count(server_->counters.slow_consumers);
    }
    session_.reset();
    co_return false;
}

std::expected<WebSocketEvents, Response> Connection::ask_upgrade(
    const Request& request, const std::shared_ptr<WebSocketSession>& session) {
    try {
        return server_->upgrade(request, WebSocket{session});
    } catch (const std::exception&) {
        count(server_->counters.faults);
        return std::unexpected(plain_answer(500));
    }
}

asio::awaitable<Response> Connection::ask_handler(const Request& request) {
    enter(Phase::answer, server_->options.answer_within);
    answer_.reset();
    ++request_;
    {
        const Reply reply{
            std::make_shared<Reply::Slot>(server_->loop, shared_from_this(), request_, server_)};
        try {
            server_->handler(request, reply);
        } catch (const std::exception&) {
            count(server_->counters.faults);
            reply(plain_answer(500));
        }
    }
    if (!answer_) {
        // The deadline is the sweep's; this only waits to be woken.
        answered_->expires_at(Clock::time_point::max());
        co_await answered_->async_wait(kAwait);
    }
    if (answer_) co_return std::move(*answer_);
    last_ = true;
    ++request_;  // an answer that comes now is too late
    co_return plain_answer(504);
}

void Connection::answer(std::uint64_t request, Response response) {
    if (request != request_ || answer_ || phase_ != Phase::answer) return;
    answer_ = std::move(response);
    if (answered_ != nullptr) answered_->cancel();
}

asio::awaitable<void> Connection::refuse(Stream& stream, int status) {
    const Response response = plain_answer(status);
    const std::string head = head_of(response, {.keep_alive = false});
    enter(Phase::linger, kLingerWithin);
    const auto error = co_await write_all(stream, head, response.body);
    if (!error) co_await linger(stream);
}

asio::awaitable<void> Connection::linger(Stream& stream) {
    if (!stream.tcp().is_open()) co_return;
    enter(Phase::linger, kLingerWithin);
    co_await stream.async_part(kAwait);
}

void Connection::close_now() {
    if (session_) session_->close_now();
    if (stream_ != nullptr) stream_->close();
    if (answered_ != nullptr) answered_->cancel();
}

void Connection::close_if_idle() {
    if (session_) {
        session_->begin_close({.reason = CloseReason::stopped, .code = 1001, .text = "going away"});
    } else if (phase_ == Phase::idle || phase_ == Phase::handshake) {
        close_now();
    }
}

void Connection::close_if_late(Clock::time_point now) {
    if (now < deadline_ || stream_ == nullptr) return;
    switch (phase_) {
        case Phase::header:
        case Phase::body:
            if (late_) return close_now();
            late_ = true;
            count(server_->counters.timed_out);
            return stream_->cancel();  // the coroutine answers 408
        case Phase::answer:
            count(server_->counters.timed_out);
            deadline_ = Clock::time_point::max();
            answered_->cancel();  // the coroutine answers 504
            return;
        case Phase::handshake:
        case Phase::write: count(server_->counters.timed_out); return close_now();
        case Phase::idle:
        case Phase::linger: return close_now();
        case Phase::websocket: return;  // it has limits of its own
    }
}

// ---- the public face ------------------------------------------------------------------------

namespace {

NetError listen_error(const ServerOptions& options, const ErrorCode& error) {
    return {.kind = NetErrorKind::listen,
            .text = fmt::format("{} port {}: {}", options.address, options.port, error.message())};
}

std::expected<tcp::acceptor, NetError> open_acceptor(asio::io_context& context,
                                                     const ServerOptions& options) {
    ErrorCode error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) return std::unexpected(listen_error(options, error));
    const tcp::endpoint endpoint{address, options.port};
    tcp::acceptor acceptor{context};
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return std::unexpected(listen_error(options, error));
    return acceptor;
}

}  // namespace

std::expected<std::unique_ptr<HttpServer>, NetError> HttpServer::listen(Loop& loop,
                                                                        ServerOptions options,
                                                                        HttpHandler handler,
                                                                        UpgradeHandler upgrade) {
    std::shared_ptr<asio::ssl::context> tls;
    if (options.tls) tls = TRY(make_server_context(*options.tls));
    auto core = std::make_shared<ServerCore>(loop.core(), std::move(options), std::move(handler),
                                             std::move(upgrade));
    core->tls = std::move(tls);
    std::optional<NetError> fault =
        NetError{.kind = NetErrorKind::stopped, .text = "the loop has stopped"};
    loop.core()->run_and_wait([&core, &fault] {
        if (core->loop->is_draining()) return;
        auto acceptor = open_acceptor(core->loop->context(), core->options);
        if (!acceptor) {
            fault = acceptor.error();
            return;
        }
        fault.reset();
        ErrorCode ignored;
        core->port = acceptor->local_endpoint(ignored).port();
        core->loop->spawn(core->accept(core, std::move(*acceptor)));
        core->loop->spawn(core->sweep(core));
    });
    if (fault) return std::unexpected(std::move(*fault));
    return std::unique_ptr<HttpServer>{new HttpServer{std::move(core)}};
}

HttpServer::HttpServer(std::shared_ptr<ServerCore> core) : core_(std::move(core)) {}

HttpServer::~HttpServer() { stop({}); }

std::uint16_t HttpServer::port() const { return core_->port; }

ServerCounts HttpServer::counts() const {
    const Counters& c = core_->counters;
    return {.accepted = c.accepted,
            .turned_away = c.turned_away,
            .requests = c.requests,
            .malformed = c.malformed,
            .too_large = c.too_large,
            .timed_out = c.timed_out,
            .faults = c.faults,
            .upgraded = c.upgraded,
            .slow_consumers = c.slow_consumers,
            .open = c.open};
}

void HttpServer::stop(Duration grace) {
    const auto& loop = core_->loop;
    loop->run_and_wait([core = core_] { core->begin_stop(); });
    if (!loop->is_here()) core_->wait_until_empty(grace);
    loop->run_and_wait([core = core_] {
        core->close_connections();
        core->handler = [](const Request&, const Reply& reply) { reply(plain_answer(503)); };
        core->upgrade = {};
    });
}

}  // namespace tradewind::net
