// SPDX-License-Identifier: Apache-2.0
// WebSockets of both sides against each other and against plain sockets, on loopback.
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <vector>

#include "adapters/net/certificates_for_tests.hpp"
#include "adapters/net/http_client.hpp"
#include "adapters/net/http_server.hpp"
#include "adapters/net/lasting_websocket.hpp"
#include "adapters/net/peers_for_tests.hpp"
#include "adapters/net/websocket.hpp"

namespace tradewind::net {
namespace {

const TestAuthority& authority() {
    static const TestAuthority one{std::filesystem::path{testing::TempDir()} /
                                   ("net_websocket_" + std::to_string(::getpid()))};
    return one;
}

void not_found(const Request&, const Reply& reply) { reply({.status = 404}); }

/// Sends back what comes, as it came.
std::expected<WebSocketEvents, Response> echo(const Request&, const WebSocket& socket) {
    return WebSocketEvents{.on_message = [socket](const Message& message) {
        const std::string bytes{message.bytes};
        if (message.is_text) {
            socket.send(bytes);
        } else {
            socket.send_binary(bytes);
        }
    }};
}

struct Served {
    Loop loop;
    std::unique_ptr<HttpServer> server;

    explicit Served(UpgradeHandler upgrade = echo, ServerOptions options = {}) {
        auto made = HttpServer::listen(loop, std::move(options), not_found, std::move(upgrade));
        EXPECT_TRUE(made.has_value()) << made.error().text;
        server = std::move(*made);
    }
    [[nodiscard]] Url url(Scheme scheme = Scheme::ws, std::string target = "/") const {
        return {.scheme = scheme,
                .host = "127.0.0.1",
                .port = server->port(),
                .target = std::move(target)};
    }
};

/// What a client has heard.
class Heard {
public:
    WebSocketEvents events() {
        return {.on_open = [this] { note([this] { opened_ = true; }); },
                .on_message =
                    [this](const Message& message) {
                        note([&] {
                            messages_.emplace_back(message.bytes);
                            received_.push_back(message.received);
                            texts_.push_back(message.is_text);
                        });
                    },
                .on_close = [this](const Closed& why) { note([&] { closed_ = why; }); }};
    }
    bool wait_for(std::size_t messages) {
        return wait([&] { return messages_.size() >= messages; });
    }
    bool wait_open() {
        return wait([&] { return opened_; });
    }
    Closed wait_closed() {
        EXPECT_TRUE(wait([&] { return closed_.has_value(); }));
        return closed_.value_or(Closed{});
    }
    std::vector<std::string> messages() {
        const std::scoped_lock lock{mutex_};
        return messages_;
    }
    std::vector<Timestamp> received() {
        const std::scoped_lock lock{mutex_};
        return received_;
    }
    std::vector<bool> texts() {
        const std::scoped_lock lock{mutex_};
        return texts_;
    }
    bool is_closed() {
        const std::scoped_lock lock{mutex_};
        return closed_.has_value();
    }

private:
    void note(const std::function<void()>& change) {
        const std::scoped_lock lock{mutex_};
        change();
        changed_.notify_all();
    }
    bool wait(const std::function<bool()>& holds) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, std::chrono::seconds{20}, holds);
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool opened_ = false;
    std::vector<std::string> messages_;
    std::vector<Timestamp> received_;
    std::vector<bool> texts_;
    std::optional<Closed> closed_;
};

WebSocketOptions trusting() { return {.tls = {.ca_file = authority().ca_file()}}; }

std::unique_ptr<WebSocketClient> connect(Loop& loop, const Url& url, Heard& heard,
                                         WebSocketOptions options = trusting()) {
    auto made = WebSocketClient::connect(loop, url, std::move(options), heard.events());
    EXPECT_TRUE(made.has_value()) << made.error().text;
    return std::move(*made);
}

class WsPlainAndTls : public testing::TestWithParam<Scheme> {
protected:
    static ServerOptions with_tls(ServerOptions options) {
        if (GetParam() == Scheme::wss) options.tls = authority().for_loopback();
        return options;
    }
};
INSTANTIATE_TEST_SUITE_P(WebSocket, WsPlainAndTls, testing::Values(Scheme::ws, Scheme::wss),
                         [](const auto& which) { return std::string{to_string(which.param)}; });

TEST_P(WsPlainAndTls, carries_texts_and_bytes_both_ways_in_their_order) {
    Served served{echo, with_tls({})};
    Heard heard;
    std::int64_t ticks = 0;
    auto options = trusting();
    options.clock = [&ticks] { return Timestamp{++ticks}; };
    const auto client = connect(served.loop, served.url(GetParam()), heard, options);
    std::vector<std::string> sent;
    for (int i = 0; i < 1'000; ++i) {
        sent.push_back("m" + std::to_string(i));
        EXPECT_TRUE(i % 2 == 0 ? client->socket().send(sent.back())
                               : client->socket().send_binary(sent.back()));
    }
    sent.emplace_back(std::size_t{4} << 20U, 'x');
    sent.emplace_back("");
    client->socket().send(sent[1'000]);
    client->socket().send(sent[1'001]);
    ASSERT_TRUE(heard.wait_for(sent.size()));
    EXPECT_TRUE(heard.messages() == sent);
    for (std::size_t i = 0; i < 1'000; ++i) ASSERT_EQ(heard.texts()[i], i % 2 == 0);
    // Stamped by our clock, once each.
    for (std::size_t i = 0; i < sent.size(); ++i) {
        ASSERT_EQ(heard.received()[i], (Timestamp{static_cast<std::int64_t>(i) + 1}));
    }
    EXPECT_EQ(served.server->counts().upgraded, 1U);
    EXPECT_EQ(client->socket().queued_bytes(), 0U);
}

TEST_P(WsPlainAndTls, sends_to_many_at_once_from_many_threads) {
    std::mutex mutex;
    std::vector<WebSocket> peers;
    Served served{[&](const Request&, const WebSocket& socket) {
                      const std::scoped_lock lock{mutex};
                      peers.push_back(socket);
                      return WebSocketEvents{};
                  },
                  with_tls({})};
    constexpr std::size_t kClients = 20;
    constexpr int kThreads = 4;
    constexpr int kEach = 200;
    Loop other;
    std::vector<std::unique_ptr<Heard>> heard;
    std::vector<std::unique_ptr<WebSocketClient>> clients;
    for (std::size_t i = 0; i < kClients; ++i) {
        heard.push_back(std::make_unique<Heard>());
        clients.push_back(connect(other, served.url(GetParam()), *heard.back()));
    }
    ASSERT_TRUE(eventually([&] {
        const std::scoped_lock lock{mutex};
        return peers.size() == kClients;
    }));
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < kEach; ++i) {
                const auto text =
                    std::make_shared<const std::string>(std::to_string(t * kEach + i));
                for (const auto& peer : peers) peer.send(text);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (auto& one : heard) {
        ASSERT_TRUE(one->wait_for(std::size_t{kThreads} * kEach));
        std::array<int, kThreads> next{};
        for (const auto& text : one->messages()) {  // each thread's in its order
            const int number = std::stoi(text);
            auto& expected = next.at(static_cast<std::size_t>(number / kEach));
            ASSERT_EQ(number % kEach, expected);
            ++expected;
        }
    }
}

TEST_P(WsPlainAndTls, lets_a_client_read_1009_while_it_still_sends) {
    ServerOptions options = with_tls({});
    options.websocket.message_bytes_max = 1'000'000;
    Served served{echo, options};
    Loop other;
    Heard heard;
    const auto client = connect(other, served.url(GetParam()), heard);
    client->socket().send(std::string(8'000'000, 'x'));
    const Closed why = heard.wait_closed();
    EXPECT_EQ(why.reason, CloseReason::by_peer) << why.text;
    EXPECT_EQ(why.code, 1009);
    EXPECT_TRUE(eventually([&] { return served.server->counts().open == 0; }));
}

TEST_P(WsPlainAndTls, closes_with_code_and_text_from_either_side_after_what_was_queued) {
    Heard at_server;
    Served served{[&](const Request& request, const WebSocket& socket) {
                      if (request.path() == "/bye") {
                          socket.send(std::string{"before"});
                          socket.close(4001, "enough");
                      }
                      return at_server.events();
                  },
                  with_tls({})};
    Loop other;
    Heard first;
    const auto one = connect(other, served.url(GetParam(), "/bye?x"), first);
    Closed why = first.wait_closed();
    EXPECT_EQ(why.reason, CloseReason::by_peer) << why.text;
    EXPECT_EQ(why.code, 4001);
    EXPECT_EQ(why.text, "enough");
    EXPECT_EQ(first.messages(), (std::vector<std::string>{"before"}));
    EXPECT_EQ(at_server.wait_closed().reason, CloseReason::by_us);
    EXPECT_FALSE(one->socket().send(std::string{"late"}));

    Heard again;
    Served second{[&](const Request&, const WebSocket&) { return again.events(); }, with_tls({})};
    Heard mine;
    const auto two = connect(other, second.url(GetParam()), mine);
    ASSERT_TRUE(mine.wait_open());
    for (int i = 0; i < 100; ++i) two->socket().send(std::to_string(i));
    two->socket().close(4002, "mine");
    why = again.wait_closed();
    EXPECT_EQ(why.reason, CloseReason::by_peer) << why.text;
    EXPECT_EQ(why.code, 4002);
    EXPECT_EQ(again.messages().size(), 100U);
    EXPECT_EQ(mine.wait_closed().reason, CloseReason::by_us);
}

TEST_P(WsPlainAndTls, tells_clients_that_the_server_goes) {
    Served served{echo, with_tls({})};
    Loop other;
    Heard heard;
    const auto client = connect(other, served.url(GetParam()), heard);
    ASSERT_TRUE(heard.wait_open());
    served.server->stop(seconds(5));
    const Closed why = heard.wait_closed();
    EXPECT_EQ(why.reason, CloseReason::by_peer) << why.text;
    EXPECT_EQ(why.code, 1001);
    EXPECT_EQ(served.server->counts().open, 0U);
}

TEST_P(WsPlainAndTls, outlives_server_loop_and_client_with_its_handles) {
    std::optional<WebSocket> kept;
    std::optional<WebSocket> mine;
    {
        Served served{[&](const Request&, const WebSocket& socket) {
                          kept = socket;
                          return WebSocketEvents{};
                      },
                      with_tls({})};
        Loop other;
        Heard heard;
        const auto client = connect(other, served.url(GetParam()), heard);
        ASSERT_TRUE(heard.wait_open());
        mine = client->socket();
        // What cannot be sent at once: nobody reads any more.
        kept->send(std::string(std::size_t{8} << 20U, 'x'));
        served.loop.stop();
        served.server.reset();
    }
    EXPECT_FALSE(kept->send(std::string{"x"}));
    EXPECT_FALSE(mine->send(std::string{"x"}));
    kept->close();
    EXPECT_FALSE(mine->is_open());
}

// ---- the server against plain sockets -------------------------------------------------------

std::string upgrade_request(const std::string& target) {
    return "GET " + target +
           " HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
}

RawPeer upgraded(const Served& served) {
    RawPeer peer{served.server->port()};
    peer.write(upgrade_request("/"));
    // RFC 6455, section 1.3: the answer to that key.
    EXPECT_TRUE(peer.read_until("\r\n\r\n").contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    return peer;
}

/// A close frame with a code and whatever text follows.
std::string close_frame(std::uint16_t code) {
    return {static_cast<char>(code >> 8U), static_cast<char>(code & 255U)};
}

TEST(WebSocketServer, refuses_a_frame_of_100_mb_by_its_header) {
    ServerOptions options;
    options.websocket.message_bytes_max = 1'000'000;
    const Served served{echo, options};
    const RawPeer peer = upgraded(served);
    // Final, text; masked, 64-bit length of 100,000,000; the mask. The payload never has to come.
    peer.write(std::string{"\x81\xff\x00\x00\x00\x00\x05\xf5\xe1\x00mask", 14});
    const std::string answer = peer.read(4);
    EXPECT_EQ(answer.substr(0, 2), (std::string{"\x88\x02", 2}));
    EXPECT_EQ(answer.substr(2), close_frame(1009));
}

TEST(WebSocketServer, closes_on_frames_against_the_protocol) {
    const std::vector<std::pair<std::string, std::uint16_t>> cases{
        {std::string{"\x81\x02hi", 4}, 1002},                    // not masked
        {std::string{"\xf1\x82mask\x00\x00", 8}, 1002},          // reserved bits
        {std::string{"\x83\x82mask\x00\x00", 8}, 1002},          // a reserved opcode
        {std::string{"\x80\x82mask\x00\x00", 8}, 1002},          // continues nothing
        {std::string{"\x89\xfe\x00\x80mask", 8}, 1002},          // a ping above 125 bytes
        {std::string{"\x81\x81\x00\x00\x00\x00\xff", 7}, 1007},  // no UTF-8
    };
    for (const auto& [bytes, code] : cases) {
        Heard heard;
        ServerOptions options;
        options.websocket.close_within = milliseconds(100);
        const Served served{[&](const Request&, const WebSocket&) { return heard.events(); },
                            options};
        const RawPeer peer = upgraded(served);
        peer.write(bytes);
        EXPECT_EQ(peer.read(4).substr(2), close_frame(code)) << static_cast<int>(bytes[0]);
        EXPECT_EQ(heard.wait_closed().reason, CloseReason::protocol);
    }
}

TEST(WebSocketServer, answers_pings) {
    const Served served;
    const RawPeer peer = upgraded(served);
    peer.write(std::string{"\x89\x82\x00\x00\x00\x00hi", 8});
    EXPECT_EQ(peer.read(4), (std::string{"\x8a\x02hi", 4}));
}

TEST(WebSocketServer, closes_a_consumer_that_is_too_slow_and_counts_it) {
    std::optional<WebSocket> socket;
    std::latch ready{1};
    Heard heard;
    ServerOptions options;
    options.websocket.queue_bytes_max = std::size_t{4} << 20U;
    options.websocket.close_within = milliseconds(200);
    Served served{[&](const Request&, const WebSocket& one) {
                      socket = one;
                      ready.count_down();
                      return heard.events();
                  },
                  options};
    const RawPeer peer = upgraded(served);  // never reads
    ready.wait();
    const auto text = std::make_shared<const std::string>(std::size_t{64} << 10U, 'x');
    int sent = 0;
    while (sent < 10'000 && socket->send(text)) ++sent;
    EXPECT_LT(sent, 10'000);
    EXPECT_LE(socket->queued_bytes(), options.websocket.queue_bytes_max);
    EXPECT_EQ(heard.wait_closed().reason, CloseReason::slow_consumer);
    EXPECT_TRUE(eventually([&] { return served.server->counts().slow_consumers == 1; }));
    EXPECT_TRUE(eventually([&] { return served.server->counts().open == 0; }));
}

TEST(WebSocketServer, drops_a_peer_of_which_nothing_is_heard) {
    Heard heard;
    ServerOptions options;
    options.websocket.ping_every = milliseconds(50);
    options.websocket.stale_after = milliseconds(200);
    const Served served{[&](const Request&, const WebSocket&) { return heard.events(); }, options};
    const RawPeer peer = upgraded(served);
    EXPECT_EQ(peer.read(2), (std::string{"\x89\x00", 2}));  // a ping; no answer
    EXPECT_EQ(heard.wait_closed().reason, CloseReason::stale);
}

TEST(WebSocketServer, hands_on_path_and_query_and_refuses_by_an_answer) {
    Served served{[&](const Request& request,
                      const WebSocket& socket) -> std::expected<WebSocketEvents, Response> {
        if (request.path() == "/throw") throw std::runtime_error{"x"};
        if (request.path() != "/ws") return std::unexpected(Response{.status = 403});
        socket.send(std::string{request.query()} + " " +
                    std::string{request.headers.find("x-key").value_or("")});
        return WebSocketEvents{};
    }};
    Heard good;
    auto options = trusting();
    options.headers.add("X-Key", "secret");
    const auto client = connect(served.loop, served.url(Scheme::ws, "/ws?a=b"), good, options);
    ASSERT_TRUE(good.wait_for(1));
    EXPECT_EQ(good.messages()[0], "a=b secret");

    for (const auto& [target, status] : {std::pair{"/no", 403}, std::pair{"/throw", 500}}) {
        Heard refused;
        const auto other = connect(served.loop, served.url(Scheme::ws, target), refused);
        const Closed why = refused.wait_closed();
        EXPECT_EQ(why.reason, CloseReason::not_connected);
        EXPECT_EQ(why.status, status);
        ASSERT_TRUE(why.error.has_value());
        EXPECT_EQ(why.error->kind, NetErrorKind::refused);
    }
    // A plain request on the same server.
    const auto http = HttpClient::make(served.loop);
    Url url = served.url(Scheme::http);
    EXPECT_EQ((*http)->call(url, {})->status, 404);
}

TEST(WebSocketServer, answers_an_upgrade_that_is_none) {
    const Served served;
    const RawPeer peer{served.server->port()};
    peer.write(
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 12\r\n\r\n");
    const std::string answer = peer.read_until("\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 4")) << answer;
    const RawPeer early{served.server->port()};
    early.write(upgrade_request("/") + std::string{"\x81\x82\x00\x00\x00\x00hi", 8});
    EXPECT_TRUE(early.read_until("\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

// ---- the client against plain sockets -------------------------------------------------------

std::string accept_of(const std::string& request) {
    const auto at = request.find("Sec-WebSocket-Key: ") + 19;
    const std::string text =
        request.substr(at, request.find("\r\n", at) - at) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, 20> digest{};
    EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
    std::array<unsigned char, 29> out{};
    EVP_EncodeBlock(out.data(), digest.data(), 20);
    return reinterpret_cast<const char*>(out.data());
}

void accept_upgrade(const RawPeer& peer) {
    peer.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        accept_of(peer.read_until("\r\n\r\n")) + "\r\n\r\n");
}

/// How a client ends that meets such a server.
Closed end_with(const std::function<void(RawPeer&)>& script, WebSocketLimits limits = {}) {
    const RawServer server{[&](RawPeer peer) { script(peer); }};
    Loop loop;
    Heard heard;
    const auto client =
        connect(loop, {.scheme = Scheme::ws, .host = "127.0.0.1", .port = server.port()}, heard,
                {.limits = limits});
    return heard.wait_closed();
}

TEST(WebSocketClient, types_the_end_of_a_connection) {
    const auto cut = end_with([](RawPeer& peer) {
        accept_upgrade(peer);
        peer.break_off();
    });
    EXPECT_EQ(cut.reason, CloseReason::lost) << cut.text;
    EXPECT_EQ(cut.code, 1006);
    const auto ended = end_with([](RawPeer& peer) { accept_upgrade(peer); });
    EXPECT_EQ(ended.reason, CloseReason::lost) << ended.text;

    const auto garbage = end_with([](RawPeer& peer) {
        accept_upgrade(peer);
        peer.write(std::string(14, '\xff'));
        (void)peer.read_to_end();
    });
    EXPECT_EQ(garbage.reason, CloseReason::protocol) << garbage.text;

    const auto large = end_with(
        [](RawPeer& peer) {
            accept_upgrade(peer);
            peer.write(std::string{"\x82\x7f\x00\x00\x00\x00\x05\xf5\xe1\x00", 10});
            (void)peer.read_to_end();
        },
        {.message_bytes_max = 1'000'000});
    EXPECT_EQ(large.reason, CloseReason::too_large) << large.text;
    EXPECT_EQ(large.code, 1009);

    const auto fragments = end_with(
        [](RawPeer& peer) {
            accept_upgrade(peer);
            peer.write(std::string{"\x02\x04long", 6});
            for (int i = 0; i < 10; ++i) peer.write(std::string{"\x00\x04long", 6});
            (void)peer.read_to_end();
        },
        {.message_bytes_max = 20});
    EXPECT_EQ(fragments.reason, CloseReason::too_large) << fragments.text;

    const auto silent = end_with(
        [](RawPeer& peer) {
            accept_upgrade(peer);
            (void)peer.read_to_end();
        },
        {.ping_every = milliseconds(50), .stale_after = milliseconds(200)});
    EXPECT_EQ(silent.reason, CloseReason::stale) << silent.text;
}

TEST(WebSocketClient, types_why_it_was_not_connected) {
    const auto kind_with = [](const std::function<void(RawPeer&)>& script) {
        const Closed why = end_with(script, {.open_within = milliseconds(200)});
        EXPECT_EQ(why.reason, CloseReason::not_connected) << why.text;
        return why.error.value_or(NetError{}).kind;
    };
    EXPECT_EQ(kind_with([](const RawPeer& peer) { (void)peer.read_to_end(); }),
              NetErrorKind::timed_out);
    EXPECT_EQ(kind_with([](RawPeer& peer) { peer.break_off(); }), NetErrorKind::closed);
    EXPECT_EQ(kind_with([](const RawPeer& peer) {
                  (void)peer.read_until("\r\n\r\n");
                  peer.write("SSH-2.0\r\n\r\n");
              }),
              NetErrorKind::malformed);
    EXPECT_EQ(kind_with([](const RawPeer& peer) {
                  peer.write(
                      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n");
                  (void)peer.read_to_end();
              }),
              NetErrorKind::malformed);

    Loop loop;
    const auto kind_at = [&loop](const Url& url, const WebSocketOptions& options) {
        Heard heard;
        const auto client = connect(loop, url, heard, options);
        const Closed why = heard.wait_closed();
        EXPECT_EQ(why.reason, CloseReason::not_connected) << why.text;
        return why.error.value_or(NetError{}).kind;
    };
    Url gone;
    {
        const Served served{echo, {.tls = authority().for_loopback()}};
        const Served elsewhere{
            echo, {.tls = authority().issue({.name = "ws", .alternatives = "DNS:ws.example"})}};
        EXPECT_EQ(kind_at(served.url(Scheme::wss), {}), NetErrorKind::certificate);
        EXPECT_EQ(kind_at(elsewhere.url(Scheme::wss), trusting()), NetErrorKind::certificate);
        gone = served.url();
    }
    EXPECT_EQ(kind_at(gone, {}), NetErrorKind::refused);
    EXPECT_EQ(
        WebSocketClient::connect(loop, {.scheme = Scheme::http, .host = "h"}, {}, {}).error().kind,
        NetErrorKind::malformed);
    EXPECT_EQ(WebSocketClient::connect(loop, {.scheme = Scheme::ws, .host = "h"},
                                       {.headers = {{"a", "\n"}}}, {})
                  .error()
                  .kind,
              NetErrorKind::malformed);
    loop.stop();
    EXPECT_EQ(WebSocketClient::connect(loop, gone, {}, {}).error().kind, NetErrorKind::stopped);
}

TEST(WebSocketClient, answers_pings_of_the_server_and_stays_while_its_own_are_answered) {
    std::promise<std::string> answer;
    const RawServer server{[&](const RawPeer& peer) {
        accept_upgrade(peer);
        peer.write(std::string{"\x89\x02hi", 4});
        answer.set_value(peer.read(8));
        (void)peer.read_to_end();
    }};
    Loop loop;
    Heard heard;
    auto raw = connect(loop, {.scheme = Scheme::ws, .host = "127.0.0.1", .port = server.port()},
                       heard, {});
    const std::string pong = answer.get_future().get();
    ASSERT_EQ(pong.size(), 8U);
    EXPECT_EQ(pong.substr(0, 2), (std::string{"\x8a\x82", 2}));  // masked
    EXPECT_EQ(pong[6] ^ pong[2], 'h');
    EXPECT_EQ(pong[7] ^ pong[3], 'i');
    raw.reset();  // breaks off

    const Served served;
    Heard mine;
    auto options = trusting();
    options.limits.ping_every = milliseconds(30);
    options.limits.stale_after = milliseconds(400);
    const auto client = connect(loop, served.url(), mine, options);
    ASSERT_TRUE(mine.wait_open());
    std::this_thread::sleep_for(std::chrono::milliseconds{900});
    EXPECT_FALSE(mine.is_closed());
}

TEST(WebSocketClient, may_go_from_its_own_callback) {
    const Served served{[](const Request&, const WebSocket& socket) {
        socket.send(std::string{"x"});
        socket.send(std::string{"y"});
        return WebSocketEvents{};
    }};
    Loop loop;
    std::latch gone{1};
    std::unique_ptr<WebSocketClient> client;
    std::atomic<int> messages = 0;
    loop.post([&] {
        client = std::move(
            *WebSocketClient::connect(loop, served.url(), {}, {.on_message = [&](const Message&) {
                                          ++messages;
                                          client.reset();
                                          gone.count_down();
                                      }}));
    });
    gone.wait();
    EXPECT_TRUE(eventually([&] { return served.server->counts().open == 0; }));
    EXPECT_EQ(messages, 1);
}

// ---- connections that last ------------------------------------------------------------------

LastingOptions hasty() {
    return {.websocket = trusting(),
            .backoff = {.first = milliseconds(5), .max = milliseconds(40)},
            .seed = 1};
}

TEST(LastingWebSocket, comes_back_when_the_server_does) {
    Loop loop;
    ServerOptions options;
    auto server = HttpServer::listen(loop, options, not_found, echo);
    options.port = (*server)->port();
    std::mutex mutex;
    std::vector<Closed> downs;
    std::atomic<int> heard = 0;
    Loop other;
    const auto made = LastingWebSocket::open(
        other, [&] { return Url{.scheme = Scheme::ws, .host = "127.0.0.1", .port = options.port}; },
        hasty(),
        {.on_up = [](const WebSocket& socket) { socket.send(std::string{"hello"}); },
         .on_message = [&](const Message&) { ++heard; },
         .on_down =
             [&](const Closed& why, Duration wait) {
                 EXPECT_LE(wait, milliseconds(40));
                 const std::scoped_lock lock{mutex};
                 downs.push_back(why);
             }});
    const auto& lasting = *made;
    ASSERT_TRUE(eventually([&] { return heard == 1; }));
    EXPECT_TRUE(lasting->send("again"));
    ASSERT_TRUE(eventually([&] { return heard == 2; }));

    server->reset();  // without grace: the connection breaks
    ASSERT_TRUE(eventually([&] { return lasting->counts().attempts >= 4; }));
    EXPECT_FALSE(lasting->counts().is_up);
    EXPECT_FALSE(lasting->send("x"));
    server = HttpServer::listen(loop, options, not_found, echo);
    ASSERT_TRUE(server.has_value()) << server.error().text;
    ASSERT_TRUE(eventually([&] { return heard == 3; }));
    const auto counts = lasting->counts();
    EXPECT_TRUE(counts.is_up);
    EXPECT_EQ(counts.ups, 2U);
    EXPECT_EQ(counts.downs, 1U);
    EXPECT_EQ(counts.messages, 3U);
    const std::scoped_lock lock{mutex};
    EXPECT_EQ(downs.size(), counts.attempts - 1);
    EXPECT_EQ(downs.back().reason, CloseReason::not_connected);
    EXPECT_EQ(downs.back().error->kind, NetErrorKind::refused);
}

TEST(LastingWebSocket, asks_where_to_go_before_each_attempt_and_renews_at_once) {
    std::mutex mutex;
    std::vector<std::string> targets;
    const Served served{[&](const Request& request, const WebSocket&) {
        const std::scoped_lock lock{mutex};
        targets.push_back(request.target);
        return WebSocketEvents{};
    }};
    Loop loop;
    int key = 0;
    auto options = hasty();
    options.backoff = {.first = seconds(3'600), .max = seconds(3'600)};
    const auto made = LastingWebSocket::open(
        loop, [&] { return served.url(Scheme::ws, "/ws/" + std::to_string(++key)); }, options, {});
    const auto& lasting = *made;
    for (std::uint64_t ups = 1; ups <= 3; ++ups) {
        ASSERT_TRUE(eventually([&] { return lasting->counts().ups == ups; }));
        lasting->renew();
    }
    ASSERT_TRUE(eventually([&] { return lasting->counts().ups == 4; }));
    EXPECT_EQ(lasting->counts().downs, 3U);
    const std::scoped_lock lock{mutex};
    EXPECT_EQ(targets, (std::vector<std::string>{"/ws/1", "/ws/2", "/ws/3", "/ws/4"}));
}

TEST(LastingWebSocket, goes_while_it_waits_or_connects) {
    Loop loop;
    const RawServer server{[](const RawPeer& peer) { (void)peer.read_to_end(); }};
    Url dead{.scheme = Scheme::ws, .host = "127.0.0.1", .port = 1};
    Url mute{.scheme = Scheme::ws, .host = "127.0.0.1", .port = server.port()};
    auto options = hasty();
    options.backoff = {.first = seconds(3'600), .max = seconds(3'600)};
    std::latch down{1};
    {
        const auto waits = LastingWebSocket::open(
            loop, [&] { return dead; }, options,
            {.on_down = [&](const Closed&, Duration) { down.count_down(); }});
        const auto connects = LastingWebSocket::open(loop, [&] { return mute; }, options, {});
        down.wait();
        ASSERT_TRUE(eventually([&] { return (*connects)->counts().attempts == 1; }));
    }
    const auto left = LastingWebSocket::open(loop, [&] { return dead; }, options, {});
    loop.stop();
    EXPECT_FALSE((*left)->counts().is_up);
}

}  // namespace
}  // namespace tradewind::net
