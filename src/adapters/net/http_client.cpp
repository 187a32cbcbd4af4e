// SPDX-License-Identifier: Apache-2.0
#include "adapters/net/http_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <deque>
#include <iterator>
#include <map>

#include "adapters/net/dial.hpp"
#include "base/try.hpp"

namespace tradewind::net {

namespace http = boost::beast::http;
using Parser = http::response_parser<http::string_body>;

namespace {

constexpr std::size_t kReadSize = 16'384;
constexpr int kInterimMax = 16;  // answers of 1xx before the one that counts
constexpr auto kSweep = std::chrono::seconds{1};

bool is_framing(std::string_view name) {
    return equal_ignoring_case(name, "host") || equal_ignoring_case(name, "content-length") ||
           equal_ignoring_case(name, "transfer-encoding") ||
           equal_ignoring_case(name, "connection");
}

std::string head_of(const Url& origin, const Request& request) {
    std::string out;
    out.reserve(256 + request.target.size());
    fmt::format_to(std::back_inserter(out), "{} {} HTTP/1.1\r\nHost: {}\r\n", request.method,
                   request.target, origin.authority());
    for (const auto& [name, value] : request.headers) {
        if (is_framing(name)) continue;
        out.append(name).append(": ").append(value).append("\r\n");
    }
    const bool may_be_empty = request.method == "GET" || request.method == "HEAD";
    if (!request.body.empty() || !may_be_empty) {
        fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", request.body.size());
    }
    out += "\r\n";
    return out;
}

Response to_response(http::response<http::string_body>&& message) {
    Response out{.status = static_cast<int>(message.result_int()), .headers = {}, .body = {}};
    for (const auto& field : message) {
        out.headers.add(std::string{field.name_string()}, std::string{field.value()});
    }
    out.body = std::move(message.body());
    return out;
}

struct Kept {
    std::unique_ptr<Stream> stream;
    Clock::time_point since;
};

}  // namespace

class ClientCore;
struct Pending;
using Deadlines = std::multimap<Clock::time_point, std::shared_ptr<Pending>>;

/// A request on its way. Shared by the deadlines and the queue or the coroutine that works on it.
struct Pending {
    Url origin;
    Request request;
    HttpClient::Done done;  ///< empty once it was called
    Clock::time_point deadline;
    Deadlines::iterator place{};
    bool sent = false;
    Stream* stream = nullptr;
    Dialer* dialer = nullptr;

    void abandon() const {
        if (dialer != nullptr) dialer->cancel();
        if (stream != nullptr) stream->close();
    }
};

/// On the loop's thread alone, beside the counters.
class ClientCore final : public Closable, public std::enable_shared_from_this<ClientCore> {
public:
    using Result = HttpClient::Result;

    ClientCore(std::shared_ptr<LoopCore> loop_core, ClientOptions with,
               std::shared_ptr<asio::ssl::context> context)
        : loop(std::move(loop_core)), options(std::move(with)), tls(std::move(context)) {}

    const std::shared_ptr<LoopCore> loop;
    const ClientOptions options;
    const std::shared_ptr<asio::ssl::context> tls;
    std::atomic<std::uint64_t> requests, failed, connections;

    void begin(const std::shared_ptr<Pending>& one);
    void close_now() override;

private:
    struct Host {
        std::vector<Kept> idle;  // the last used at the back
        std::size_t busy = 0;    // with those in `idle` at most connections_max
        std::deque<std::shared_ptr<Pending>> waiting;
    };
    using Key = std::pair<std::string, bool>;  // host and port, whether under TLS

    static Key key_of(const Url& url) {
        return {fmt::format("{}:{}", url.host, url.port), url.is_secure()};
    }
    [[nodiscard]] NetError fault(const Pending& one, NetErrorKind kind, std::string_view why) const;
    [[nodiscard]] NetError fault(const Pending& one, const ErrorCode& error) const;

    [[nodiscard]] std::optional<NetError> refusal(const Pending& one, const Host& host) const;
    void finish(Pending& one, Result result);
    void start(Host& host, std::shared_ptr<Pending> one);
    void start_waiting(Host& host);
    std::unique_ptr<Stream> take_idle(Host& host);
    void expire(Clock::time_point now);
    void sweep_idle(Clock::time_point now);
    asio::awaitable<void> keep_house(std::shared_ptr<ClientCore> self);
    asio::awaitable<void> work(std::shared_ptr<ClientCore> self, std::shared_ptr<Pending> one);
    asio::awaitable<Result> exchange(Pending& one, std::unique_ptr<Stream>& stream);
    asio::awaitable<std::optional<NetError>> connect(Pending& one, std::unique_ptr<Stream>& stream);
    asio::awaitable<Result> read(Pending& one, Stream& stream, bool& keep);
    asio::awaitable<std::optional<NetError>> read_one(Pending& one, Stream& stream,
                                                      boost::beast::flat_buffer& in,
                                                      Parser& parser);

    std::map<Key, Host> hosts_;
    Deadlines deadlines_;  // every request that has not ended
    asio::steady_timer* timer_ = nullptr;
    Clock::time_point wakes_{};
    bool keeps_house_ = false;
    bool closed_ = false;
};

NetError ClientCore::fault(const Pending& one, NetErrorKind kind, std::string_view why) const {
    return {.kind = kind,
            .sent = one.sent,
            .text = fmt::format("{} {}: {}", one.request.method, one.origin.authority(), why)};
}

NetError ClientCore::fault(const Pending& one, const ErrorCode& error) const {
    return fault(one, kind_of(error),
                 error == asio::error::eof ? "closed by the peer" : error.message());
}

void ClientCore::finish(Pending& one, Result result) {
    if (!one.done) return;
    if (!result) ++failed;
    deadlines_.erase(one.place);
    auto done = std::exchange(one.done, nullptr);
    done(std::move(result));
}

std::optional<NetError> ClientCore::refusal(const Pending& one, const Host& host) const {
    if (closed_ || loop->is_draining()) return fault(one, NetErrorKind::stopped, "going away");
    const auto& request = one.request;
    if ((one.origin.scheme != Scheme::http && one.origin.scheme != Scheme::https) ||
        !is_token(request.method) || request.method == "CONNECT" || !is_target(request.target) ||
        !are_sound(request.headers)) {
        return fault(one, NetErrorKind::malformed, "cannot be written as a request");
    }
    if (host.busy >= options.connections_max && host.waiting.size() >= options.waiting_max) {
        return fault(one, NetErrorKind::overloaded, "too many requests wait already");
    }
    return std::nullopt;
}

void ClientCore::begin(const std::shared_ptr<Pending>& one) {
    ++requests;
    one->place = deadlines_.emplace(one->deadline, one);
    Host& host = hosts_[key_of(one->origin)];
    if (auto refused = refusal(*one, host)) {
        return finish(*one, std::unexpected(std::move(*refused)));
    }
    if (!keeps_house_) {
        keeps_house_ = true;
        loop->spawn(keep_house(shared_from_this()));
    } else if (timer_ != nullptr && one->deadline < wakes_) {
        timer_->cancel();
    }
    if (host.busy < options.connections_max) return start(host, one);
    host.waiting.push_back(one);
}

void ClientCore::start(Host& host, std::shared_ptr<Pending> one) {
    ++host.busy;
    loop->spawn(work(shared_from_this(), std::move(one)));
}

void ClientCore::start_waiting(Host& host) {
    while (!host.waiting.empty() && host.busy < options.connections_max && !closed_) {
        auto one = std::move(host.waiting.front());
        host.waiting.pop_front();
        start(host, std::move(one));
    }
}

std::unique_ptr<Stream> ClientCore::take_idle(Host& host) {
    while (!host.idle.empty()) {
        auto stream = std::move(host.idle.back().stream);
        host.idle.pop_back();
        if (stream->is_quiet()) return stream;
    }
    return nullptr;
}

/// Answers those that are late at once, whatever their coroutines wait for: a name server cannot be
/// hurried.
void ClientCore::expire(Clock::time_point now) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now && !closed_) {
        const auto one = deadlines_.begin()->second;
        std::erase(hosts_[key_of(one->origin)].waiting, one);
        one->abandon();
        finish(*one, std::unexpected(fault(*one, NetErrorKind::timed_out, "no answer in time")));
    }
}

void ClientCore::sweep_idle(Clock::time_point now) {
    for (auto& [key, host] : hosts_) {
        std::erase_if(host.idle, [&](const Kept& kept) {
            return now - kept.since >= chrono(options.keep_idle) || !kept.stream->is_quiet();
        });
    }
    std::erase_if(hosts_, [](const auto& entry) {
        const Host& host = entry.second;
        return host.idle.empty() && host.busy == 0 && host.waiting.empty();
    });
}

asio::awaitable<void> ClientCore::keep_house(std::shared_ptr<ClientCore> self) {
    const Enlisted enlisted{loop, self};
    asio::steady_timer timer{loop->context()};
    timer_ = &timer;
    auto sweep_at = Clock::now() + kSweep;
    while (!closed_ && !loop->is_draining()) {
        const auto now = Clock::now();
        expire(now);
        if (now >= sweep_at) {
            sweep_idle(now);
            sweep_at = now + kSweep;
        }
        wakes_ = deadlines_.empty() ? sweep_at : std::min(sweep_at, deadlines_.begin()->first);
        timer.expires_at(wakes_);
        co_await timer.async_wait(kAwait);
    }
    timer_ = nullptr;
}

asio::awaitable<void> ClientCore::work(std::shared_ptr<ClientCore> self,
                                       std::shared_ptr<Pending> one) {
    const Key key = key_of(one->origin);
    auto stream = self->take_idle(hosts_[key]);
    Result result = co_await exchange(*one, stream);
    Host& host = hosts_[key];
    if (stream && !closed_)
        host.idle.push_back({.stream = std::move(stream), .since = Clock::now()});
    --host.busy;
    start_waiting(host);
    finish(*one, std::move(result));
}

asio::awaitable<std::optional<NetError>> ClientCore::connect(Pending& one,
                                                             std::unique_ptr<Stream>& stream) {
    Dialer dialer{*loop};
    one.dialer = &dialer;
    const std::shared_ptr<asio::ssl::context> context = one.origin.is_secure() ? tls : nullptr;
    const auto connect_by = Clock::now() + chrono(options.connect_within);
    auto dialed = co_await dialer.dial(one.origin, context, connect_by);
    one.dialer = nullptr;
    if (!dialed) co_return std::move(dialed.error());
    ++connections;
    stream = std::move(*dialed);
    co_return std::nullopt;
}

/// Leaves in `stream` a connection that can be used again, or nothing.
asio::awaitable<ClientCore::Result> ClientCore::exchange(Pending& one,
                                                         std::unique_ptr<Stream>& stream) {
    if (!stream && one.done) {
        auto failure = co_await connect(one, stream);
        if (failure) co_return std::unexpected(std::move(*failure));
    }
    if (!one.done || closed_) {  // timed out meanwhile; nothing was sent
        co_return std::unexpected(fault(one, NetErrorKind::stopped, "given up"));
    }
    std::unique_ptr<Stream> used = std::move(stream);
    const std::string head = head_of(one.origin, one.request);
    one.stream = used.get();
    one.sent = true;
    // A server that refuses a body may close before it has read it: what it said is worth more than
    // that it did.
    const auto unwritten = co_await write_all(*used, head, one.request.body);
    bool keep = !unwritten;
    Result result = std::unexpected(NetError{});
    if (used->tcp().is_open()) {
        result = co_await read(one, *used, keep);
    } else {
        result = std::unexpected(fault(one, unwritten));
    }
    one.stream = nullptr;
    if (result && keep && used->tcp().is_open()) {
        stream = std::move(used);
    }
    co_return result;
}

asio::awaitable<ClientCore::Result> ClientCore::read(Pending& one, Stream& stream, bool& keep) {
    boost::beast::flat_buffer in;
    for (int i = 0; i < kInterimMax; ++i) {
        Parser parser;
        parser.header_limit(static_cast<std::uint32_t>(options.header_bytes_max));
        parser.body_limit(options.body_bytes_max);
        parser.eager(true);
        if (one.request.method == "HEAD") parser.skip(true);
        auto failure = co_await read_one(one, stream, in, parser);
        if (failure) co_return std::unexpected(std::move(*failure));
        const auto status = parser.get().result_int();
        if (status == 101) break;  // nobody asked for another protocol
        if (status / 100 == 1) continue;
        keep = keep && parser.get().keep_alive() && in.size() == 0;
        co_return to_response(parser.release());
    }
    co_return std::unexpected(fault(one, NetErrorKind::malformed, "no answer after 1xx"));
}

asio::awaitable<std::optional<NetError>> ClientCore::read_one(Pending& one, Stream& stream,
                                                              boost::beast::flat_buffer& in,
                                                              Parser& parser) {
    while (!parser.is_done()) {
        ErrorCode error;
        std::size_t taken = 0;
        do {
            taken = in.size() == 0 ? 0 : parser.put(in.data(), error);
            in.consume(taken);
        } while (!error && taken != 0 && in.size() != 0 && !parser.is_done());
        if (error == http::error::body_limit || error == http::error::header_limit) {
            co_return fault(one, NetErrorKind::too_large, "the answer is above the limit");
        }
        if (error && error != http::error::need_more) {
            co_return fault(one, NetErrorKind::malformed, error.message());
        }
        if (parser.is_done()) break;
        const auto [failed_read, n] =
            co_await stream.async_read_some(in.prepare(kReadSize), kAwait);
        in.commit(n);
        if (failed_read == asio::error::eof && parser.got_some()) {
            ErrorCode cut;
            parser.put_eof(cut);
            if (!cut) break;
        }
        if (failed_read) co_return fault(one, failed_read);
    }
    co_return std::nullopt;
}

void ClientCore::close_now() {
    if (closed_) return;
    closed_ = true;
    const Deadlines all = deadlines_;
    for (const auto& [deadline, one] : all) {
        one->abandon();
        finish(*one, std::unexpected(fault(*one, NetErrorKind::stopped, "going away")));
    }
    for (auto& [key, host] : hosts_) {
        host.idle.clear();
        host.waiting.clear();
    }
    if (timer_ != nullptr) timer_->cancel();
}

// ---- the public face ------------------------------------------------------------------------

std::expected<std::unique_ptr<HttpClient>, NetError> HttpClient::make(Loop& loop,
                                                                      ClientOptions options) {
    auto tls = TRY(make_client_context(options.tls));
    return std::unique_ptr<HttpClient>{new HttpClient{
        std::make_shared<ClientCore>(loop.core(), std::move(options), std::move(tls))}};
}

HttpClient::HttpClient(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}

HttpClient::~HttpClient() {
    core_->loop->run_and_wait([core = core_] { core->close_now(); });
}

void HttpClient::send(const Url& origin, Request request, Done done,
                      std::optional<Duration> within) {
    auto one = std::make_shared<Pending>();
    one->origin = origin;
    one->request = std::move(request);
    one->done = std::move(done);
    one->deadline = Clock::now() + chrono(within.value_or(core_->options.answer_within));
    const bool posted = core_->loop->post([core = core_, one] { core->begin(one); });
    if (posted) return;
    std::exchange(one->done, nullptr)(
        std::unexpected(NetError{.kind = NetErrorKind::stopped, .text = "the loop has stopped"}));
}

HttpClient::Result HttpClient::call(const Url& origin, Request request,
                                    std::optional<Duration> within) {
    ASSERT(!core_->loop->is_here());  // it would wait for itself
    std::promise<Result> promise;
    auto future = promise.get_future();
    send(
        origin, std::move(request),
        [promise = std::move(promise)](Result result) mutable {
            promise.set_value(std::move(result));
        },
        within);
    try {
        return future.get();
    } catch (const std::future_error&) {  // the loop went with the request in its queue
        return std::unexpected(
            NetError{.kind = NetErrorKind::stopped, .text = "the loop has stopped"});
    }
}

ClientCounts HttpClient::counts() const {
    return {
        .requests = core_->requests, .failed = core_->failed, .connections = core_->connections};
}

}  // namespace tradewind::net
