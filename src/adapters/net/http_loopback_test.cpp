// SPDX-License-Identifier: Apache-2.0
// Server and client against each other and against plain sockets, on loopback.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <vector>

#include "adapters/net/certificates_for_tests.hpp"
#include "adapters/net/http_client.hpp"
#include "adapters/net/http_server.hpp"
#include "adapters/net/peers_for_tests.hpp"

namespace tradewind::net {
namespace {

std::filesystem::path scratch() {
    return std::filesystem::path{testing::TempDir()} / ("net_http_" + std::to_string(::getpid()));
}

const TestAuthority& authority() {
    static const TestAuthority one{scratch()};
    return one;
}

void echo(const Request& request, const Reply& reply) {
    reply({.status = 200,
           .headers = {{"X-Method", request.method}, {"X-Target", request.target}},
           .body = request.body});
}

struct Served {
    Loop loop;
    std::unique_ptr<HttpServer> server;

    explicit Served(ServerOptions options = {}, HttpHandler handler = echo) {
        auto made = HttpServer::listen(loop, std::move(options), std::move(handler));
        EXPECT_TRUE(made.has_value()) << made.error().text;
        server = std::move(*made);
    }
    [[nodiscard]] Url url(Scheme scheme = Scheme::http, std::string host = "127.0.0.1") const {
        return {.scheme = scheme, .host = std::move(host), .port = server->port()};
    }
};

std::unique_ptr<HttpClient> client_on(Loop& loop, ClientOptions options = {}) {
    auto made = HttpClient::make(loop, std::move(options));
    EXPECT_TRUE(made.has_value());
    return std::move(*made);
}

ClientOptions trusting(const TestAuthority& who) { return {.tls = {.ca_file = who.ca_file()}}; }

class PlainAndTls : public testing::TestWithParam<Scheme> {
protected:
    [[nodiscard]] static ServerOptions with_tls(ServerOptions options) {
        if (GetParam() == Scheme::https) options.tls = authority().for_loopback();
        return options;
    }
};
INSTANTIATE_TEST_SUITE_P(Http, PlainAndTls, testing::Values(Scheme::http, Scheme::https),
                         [](const auto& which) { return std::string{to_string(which.param)}; });

TEST_P(PlainAndTls, carries_a_request_and_its_answer) {
    const Served served{with_tls({})};
    const auto client = client_on(const_cast<Loop&>(served.loop), trusting(authority()));
    const auto got = client->call(
        served.url(GetParam(), "localhost"),
        {.method = "POST", .target = "/a/b?c=%20", .headers = {{"X-K", "v"}}, .body = "hello"});
    ASSERT_TRUE(got.has_value()) << got.error().text;
    EXPECT_EQ(got->status, 200);
    EXPECT_EQ(got->headers.find("x-method"), "POST");
    EXPECT_EQ(got->headers.find("x-target"), "/a/b?c=%20");
    EXPECT_EQ(got->body, "hello");
}

TEST_P(PlainAndTls, carries_a_body_of_megabytes_both_ways) {
    Served served{with_tls({.body_bytes_max = std::size_t{16} << 20U})};
    const auto client = client_on(served.loop, trusting(authority()));
    std::string body(std::size_t{10} << 20U, 'x');
    for (std::size_t i = 0; i < body.size(); i += 997) body[i] = static_cast<char>(i);
    const auto got = client->call(served.url(GetParam()), {.method = "PUT", .body = body});
    ASSERT_TRUE(got.has_value()) << got.error().text;
    EXPECT_TRUE(got->body == body);
}

TEST_P(PlainAndTls, uses_one_connection_for_thousands_of_requests) {
    Served served{with_tls({})};
    const auto client = client_on(served.loop, trusting(authority()));
    for (int i = 0; i < 3'000; ++i) {
        const auto got = client->call(served.url(GetParam()), {.target = "/" + std::to_string(i)});
        ASSERT_TRUE(got.has_value()) << got.error().text;
        ASSERT_EQ(got->headers.find("x-target"), "/" + std::to_string(i));
    }
    EXPECT_EQ(client->counts().connections, 1U);
    EXPECT_EQ(served.server->counts().accepted, 1U);
    EXPECT_EQ(served.server->counts().requests, 3'000U);
}

TEST_P(PlainAndTls, serves_many_clients_at_once) {
    Served served{with_tls({})};
    constexpr int kClients = 16;
    constexpr int kEach = 100;
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int c = 0; c < kClients; ++c) {
        threads.emplace_back([&, c] {
            Loop loop;
            const auto client = client_on(loop, trusting(authority()));
            for (int i = 0; i < kEach; ++i) {
                const std::string body = std::to_string(c * kEach + i);
                const auto got =
                    client->call(served.url(GetParam()), {.method = "POST", .body = body});
                if (got && got->body == body) ++good;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(good, kClients * kEach);
    EXPECT_EQ(served.server->counts().accepted, static_cast<std::uint64_t>(kClients));
}

TEST_P(PlainAndTls, keeps_to_its_number_of_connections_and_answers_all_that_wait) {
    Served served{with_tls({})};
    auto options = trusting(authority());
    options.connections_max = 3;
    const auto client = client_on(served.loop, options);
    std::latch all{500};
    std::atomic<int> good = 0;
    for (int i = 0; i < 500; ++i) {
        client->send(served.url(GetParam()), {}, [&](const HttpClient::Result& got) {
            if (got && got->status == 200) ++good;
            all.count_down();
        });
    }
    all.wait();
    EXPECT_EQ(good, 500);
    EXPECT_LE(served.server->counts().accepted, 3U);
}

TEST_P(PlainAndTls, lets_a_handler_answer_later_from_another_thread) {
    std::vector<std::jthread> threads;
    Served served{with_tls({}), [&](const Request& request, const Reply& reply) {
                      threads.emplace_back([reply, body = request.body] {
                          std::this_thread::sleep_for(std::chrono::milliseconds{20});
                          reply({.status = 201, .headers = {}, .body = body});
                          reply({.status = 500});  // the first answer counts
                      });
                  }};
    const auto client = client_on(served.loop, trusting(authority()));
    for (int i = 0; i < 5; ++i) {
        const auto got = client->call(served.url(GetParam()), {.method = "POST", .body = "x"});
        ASSERT_TRUE(got.has_value()) << got.error().text;
        EXPECT_EQ(got->status, 201);
    }
}

TEST_P(PlainAndTls, lets_the_client_read_413_while_it_still_sends) {
    Served served{with_tls({.body_bytes_max = 1'000})};
    const auto client = client_on(served.loop, trusting(authority()));
    const auto got = client->call(served.url(GetParam()),
                                  {.method = "POST", .body = std::string(8'000'000, 'x')});
    ASSERT_TRUE(got.has_value()) << got.error().text;
    EXPECT_EQ(got->status, 413);
    EXPECT_EQ(served.server->counts().too_large, 1U);
    // The next one gets a new connection.
    EXPECT_TRUE(client->call(served.url(GetParam()), {}).has_value());
}

TEST_P(PlainAndTls, stops_under_load_without_losing_an_answer_it_owes) {
    Served served{with_tls({})};
    Loop other;
    const auto client = client_on(other, trusting(authority()));
    std::atomic<int> answered = 0;
    std::atomic<int> failed = 0;
    std::atomic<bool> enough = false;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            while (!enough) {
                const auto got = client->call(served.url(GetParam()), {});
                ++(got ? answered : failed);
            }
        });
    }
    ASSERT_TRUE(eventually([&] { return answered > 200; }));
    served.server->stop(seconds(5));
    EXPECT_EQ(served.server->counts().open, 0U);
    ASSERT_TRUE(eventually([&] { return failed > 10; }));  // refused from now on
    enough = true;
    for (auto& thread : threads) thread.join();
    const auto requests = served.server->counts().requests;
    EXPECT_EQ(requests, static_cast<std::uint64_t>(answered));
}

// ---- answers of the server ------------------------------------------------------------------

std::string ask(const Served& served, std::string_view bytes) {
    const RawPeer peer{served.server->port()};
    peer.write(bytes);
    return peer.read_to_end();
}

TEST(HttpServer, refuses_what_is_no_http_and_what_could_be_read_in_two_ways) {
    const Served served;
    const std::vector<std::string> cases{
        "rubbish\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",                                   // no Host
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",             // two
        "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n",                // a proxy's form
        "GET / HTTP/1.1\r\nHost : h\r\n\r\n",                       // a space before the colon
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n",  // no number
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    };
    for (const auto& bytes : cases) {
        EXPECT_TRUE(ask(served, bytes).starts_with("HTTP/1.1 400 ")) << bytes;
    }
    EXPECT_EQ(served.server->counts().malformed, cases.size());
    EXPECT_EQ(served.server->counts().requests, 0U);
}

TEST(HttpServer, answers_431_above_the_limit_of_headers) {
    const Served served{{.header_bytes_max = 1'000}};
    const std::string answer =
        ask(served, "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(2'000, 'x') + "\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 431 ")) << answer;
}

TEST(HttpServer, answers_413_to_chunks_that_add_up) {
    const Served served{{.body_bytes_max = 10}};
    const std::string answer =
        ask(served,
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            "6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
}

TEST(HttpServer, answers_408_to_a_header_that_drips) {
    const Served served{{.header_within = milliseconds(200)}};
    const RawPeer peer{served.server->port()};
    const auto began = std::chrono::steady_clock::now();
    std::thread dripping{[&] {
        for (const char c :
             std::string_view{"GET / HTTP/1.1\r\nX-Long: yyyyyyyyyyyyyyyyyyyyyyyy"}) {
            if (!peer.write({&c, 1})) return;
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
        }
    }};
    const std::string answer = peer.read_until("\r\n\r\n");
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{2});
    dripping.join();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
    EXPECT_EQ(served.server->counts().timed_out, 1U);
}

TEST(HttpServer, answers_408_to_a_body_that_does_not_come) {
    const Served served{{.body_within = milliseconds(100)}};
    const std::string answer =
        ask(served, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
}

TEST(HttpServer, closes_an_idle_connection_without_a_word) {
    const Served served{{.idle_within = milliseconds(100)}};
    EXPECT_EQ(ask(served, ""), "");
    EXPECT_EQ(served.server->counts().timed_out, 0U);
    EXPECT_TRUE(eventually([&] { return served.server->counts().open == 0; }));
}

TEST(HttpServer, closes_a_tls_connection_that_never_shakes_hands) {
    const Served served{{.tls = authority().for_loopback(), .header_within = milliseconds(100)}};
    EXPECT_EQ(ask(served, ""), "");
    EXPECT_EQ(served.server->counts().timed_out, 1U);
}

TEST(HttpServer, cuts_a_peer_that_does_not_read) {
    const Served served{{.write_within = milliseconds(200)},
                        [](const Request&, const Reply& reply) {
                            reply({.body = std::string(std::size_t{64} << 20U, 'x')});
                        }};
    const RawPeer peer{served.server->port()};
    peer.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(eventually([&] { return served.server->counts().timed_out == 1; }));
    EXPECT_TRUE(eventually([&] { return served.server->counts().open == 0; }));
}

TEST(HttpServer, answers_504_for_a_handler_that_does_not) {
    std::optional<Reply> kept;
    std::mutex mutex;
    Served served{{.answer_within = milliseconds(100)}, [&](const Request&, const Reply& reply) {
                      const std::scoped_lock lock{mutex};
                      kept = reply;
                  }};
    const std::string answer = ask(served, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 504 ")) << answer;
    const std::scoped_lock lock{mutex};
    (*kept)({.status = 200});  // too late: no effect
    kept.reset();
    EXPECT_EQ(served.server->counts().timed_out, 1U);
}

TEST(HttpServer, answers_500_for_a_handler_that_throws_forgets_or_answers_no_http) {
    Served served{{}, [](const Request& request, const Reply& reply) {
                      if (request.target == "/throw") throw std::runtime_error{"x"};
                      if (request.target == "/status") reply({.status = 42});
                      if (request.target == "/split") {
                          reply({.headers = {{"X", "a\r\nSet-Cookie: b"}}});
                      }
                  }};
    const auto client = client_on(served.loop);
    for (const auto* target : {"/throw", "/status", "/split", "/forget"}) {
        const auto got = client->call(served.url(), {.target = target});
        ASSERT_TRUE(got.has_value()) << got.error().text;
        EXPECT_EQ(got->status, 500) << target;
        EXPECT_EQ(got->headers.find("set-cookie"), std::nullopt);
    }
    EXPECT_EQ(served.server->counts().faults, 4U);
    EXPECT_EQ(client->counts().connections, 1U);
}

TEST(HttpServer, answers_requests_in_a_row_in_their_order) {
    const Served served;
    std::string bytes;
    for (int i = 0; i < 50; ++i) {
        bytes += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n" +
                 (i == 49 ? "Connection: close\r\n" : "") + "\r\n";
    }
    const std::string answers = ask(served, bytes);
    std::size_t at = 0;
    for (int i = 0; i < 50; ++i) {
        at = answers.find("X-Target: /" + std::to_string(i) + "\r\n", at);
        ASSERT_NE(at, std::string::npos) << i;
    }
    EXPECT_EQ(served.server->counts().requests, 50U);
}

TEST(HttpServer, answers_a_peer_that_has_ended_its_half) {
    const Served served;
    const RawPeer peer{served.server->port()};
    peer.write("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    peer.end_sending();
    const std::string answer = peer.read_to_end();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
    EXPECT_TRUE(eventually([&] { return served.server->counts().open == 0; }));
}

TEST(HttpServer, says_continue_to_who_waits_for_it) {
    const Served served;
    const RawPeer peer{served.server->port()};
    peer.write(
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
        "Connection: close\r\n\r\n");
    EXPECT_EQ(peer.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    peer.write("ab");
    EXPECT_TRUE(peer.read_to_end().ends_with("\r\n\r\nab"));
}

TEST(HttpServer, sends_no_body_where_none_may_be) {
    Served served{{}, [](const Request& request, const Reply& reply) {
                      reply({.status = request.method == "HEAD" ? 200 : 204, .body = "four"});
                  }};
    EXPECT_TRUE(ask(served, "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                    .ends_with("Content-Length: 4\r\nConnection: close\r\n\r\n"));
    const auto client = client_on(served.loop);
    const auto head = client->call(served.url(), {.method = "HEAD"});
    ASSERT_TRUE(head.has_value()) << head.error().text;
    EXPECT_EQ(head->headers.find("Content-Length"), "4");
    const auto none = client->call(served.url(), {});
    ASSERT_TRUE(none.has_value()) << none.error().text;
    EXPECT_EQ(none->status, 204);
    EXPECT_EQ(client->counts().connections, 1U);
}

TEST(HttpServer, speaks_http_1_0) {
    const Served served;
    EXPECT_TRUE(ask(served, "GET / HTTP/1.0\r\n\r\n").contains("Connection: close\r\n"));
    const RawPeer peer{served.server->port()};
    peer.write("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_TRUE(peer.read_until("\r\n\r\n").contains("Connection: keep-alive\r\n"));
}

TEST(HttpServer, turns_away_connections_above_its_limit) {
    const Served served{{.connections_max = 2}};
    const RawPeer a{served.server->port()};
    const RawPeer b{served.server->port()};
    ASSERT_TRUE(eventually([&] { return served.server->counts().open == 2; }));
    EXPECT_TRUE(ask(served, "").starts_with("HTTP/1.1 503 "));
    EXPECT_EQ(served.server->counts().turned_away, 1U);
}

TEST(HttpServer, outlives_peers_that_break_off) {
    const Served served;
    for (int i = 0; i < 200; ++i) {
        RawPeer peer{served.server->port()};
        peer.write("GET / HTTP/1.1\r\nHost: h\r\n\r\nPOST / HTTP/1.1\r\nContent-Len");
        peer.break_off();
    }
    EXPECT_TRUE(eventually([&] { return served.server->counts().open == 0; }));
    EXPECT_TRUE(ask(served, "GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200 "));
}

TEST(HttpServer, says_why_it_cannot_listen) {
    Served served;
    const auto taken = HttpServer::listen(served.loop, {.port = served.server->port()}, echo);
    ASSERT_FALSE(taken.has_value());
    EXPECT_EQ(taken.error().kind, NetErrorKind::listen);
    const auto name = HttpServer::listen(served.loop, {.address = "localhost"}, echo);
    ASSERT_FALSE(name.has_value());
    EXPECT_EQ(name.error().kind, NetErrorKind::listen);
    const auto files = HttpServer::listen(
        served.loop, {.tls = ServerTls{.certificate_file = "no.pem", .key_file = "no.key"}}, echo);
    ASSERT_FALSE(files.has_value());
    EXPECT_EQ(files.error().kind, NetErrorKind::tls);
    EXPECT_TRUE(files.error().text.contains("no.pem"));
    auto mixed = authority().for_loopback();
    mixed.key_file = authority().issue({.name = "other"}).key_file;
    const auto foreign = HttpServer::listen(served.loop, {.tls = mixed}, echo);
    ASSERT_FALSE(foreign.has_value());
    EXPECT_EQ(foreign.error().kind, NetErrorKind::tls);
}

TEST(HttpServer, cuts_off_after_the_grace_of_a_stop) {
    std::optional<Reply> kept;
    std::latch asked{1};
    Served served{{}, [&](const Request&, const Reply& reply) {
                      kept = reply;
                      asked.count_down();
                  }};
    const RawPeer peer{served.server->port()};
    peer.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    asked.wait();
    const auto began = std::chrono::steady_clock::now();
    served.server->stop(milliseconds(100));
    EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds{90});
    EXPECT_EQ(peer.read_to_end(), "");
    served.server.reset();
    (*kept)({});  // the server has gone: no effect
}

TEST(Loop, may_stop_before_what_lives_on_it) {
    std::optional<Reply> kept;
    std::latch asked{1};
    Served served{{}, [&](const Request&, const Reply& reply) {
                      kept = reply;
                      asked.count_down();
                  }};
    const auto client = client_on(served.loop);
    std::thread caller{[&] {
        const auto got = client->call(served.url(), {});
        ASSERT_FALSE(got.has_value());
        EXPECT_EQ(got.error().kind, NetErrorKind::stopped);
        EXPECT_TRUE(got.error().sent);
    }};
    asked.wait();
    served.loop.stop();
    caller.join();
    (*kept)({});
    kept.reset();
    const auto late = client->call(served.url(), {});
    ASSERT_FALSE(late.has_value());
    EXPECT_EQ(late.error().kind, NetErrorKind::stopped);
    EXPECT_FALSE(late.error().sent);
    EXPECT_FALSE(served.loop.post([] {}));
    EXPECT_EQ(HttpServer::listen(served.loop, {}, echo).error().kind, NetErrorKind::stopped);
}

// ---- errors of the client -------------------------------------------------------------------

NetError error_of(HttpClient& client, const Url& url, const Request& request = {}) {
    auto got = client.call(url, request);
    EXPECT_FALSE(got.has_value());
    return got ? NetError{} : got.error();
}

Url loopback(std::uint16_t port, Scheme scheme = Scheme::http) {
    return {.scheme = scheme, .host = "127.0.0.1", .port = port};
}

TEST(HttpClient, types_certificates_that_it_does_not_accept) {
    Loop loop;
    const TestAuthority stranger{scratch() / "stranger"};
    struct Refused {
        ServerTls tls;
        std::string ca_file;
        std::string word;
    };
    const std::vector<Refused> cases{
        {authority().for_loopback(), stranger.ca_file(), "issuer"},
        {authority().issue({.name = "elsewhere", .alternatives = "DNS:elsewhere.example"}),
         authority().ca_file(), "IP address mismatch"},
        {authority().issue({.name = "nameless", .alternatives = "DNS:127.0.0.1.example"}),
         authority().ca_file(), "IP address mismatch"},
        {authority().issue({.name = "expired",
                            .alternatives = "IP:127.0.0.1",
                            .valid_from_s = -7200,
                            .valid_to_s = -3600}),
         authority().ca_file(), "expired"},
    };
    for (const auto& one : cases) {
        const Served served{{.tls = one.tls}};
        const auto client = client_on(loop, {.tls = {.ca_file = one.ca_file}});
        const auto error = error_of(*client, served.url(Scheme::https));
        EXPECT_EQ(error.kind, NetErrorKind::certificate) << error.text;
        EXPECT_TRUE(error.text.contains(one.word)) << error.text;
        EXPECT_FALSE(error.sent);
        EXPECT_EQ(served.server->counts().requests, 0U);
    }
}

TEST(HttpClient, trusts_nobody_of_ours_by_the_systems_store) {
    const Served served{{.tls = authority().for_loopback()}};
    Loop loop;
    const auto client = client_on(loop);
    EXPECT_EQ(error_of(*client, served.url(Scheme::https)).kind, NetErrorKind::certificate);
}

TEST(HttpClient, types_what_goes_wrong_before_anything_is_sent) {
    Loop loop;
    const auto client = client_on(loop);
    std::uint16_t free_port = 0;
    {
        const Served gone;
        free_port = gone.server->port();
    }
    const auto refused = error_of(*client, loopback(free_port));
    EXPECT_EQ(refused.kind, NetErrorKind::refused) << refused.text;
    EXPECT_FALSE(refused.sent);

    const auto nameless = error_of(*client, {.host = "no-such-host.invalid", .port = 80});
    EXPECT_EQ(nameless.kind, NetErrorKind::resolve) << nameless.text;
    EXPECT_FALSE(nameless.sent);

    for (const Request& bad :
         {Request{.method = "GE T"}, Request{.target = "no slash"}, Request{.target = "/a\r\nb"},
          Request{.headers = {{"X", "a\nb"}}}, Request{.method = "CONNECT"}}) {
        const auto error = error_of(*client, loopback(free_port), bad);
        EXPECT_EQ(error.kind, NetErrorKind::malformed) << error.text;
        EXPECT_FALSE(error.sent);
    }
    EXPECT_EQ(error_of(*client, loopback(free_port, Scheme::ws)).kind, NetErrorKind::malformed);

    const Served plain;
    EXPECT_EQ(error_of(*client, plain.url(Scheme::https)).kind, NetErrorKind::tls);
    EXPECT_FALSE(HttpClient::make(loop, {.tls = {.ca_file = "no.pem"}}).has_value());
}

/// What the client makes of a server that reads a request and then does as it likes.
NetError answer_of(const std::function<void(RawPeer&)>& script, ClientOptions options = {}) {
    const RawServer server{[&](RawPeer peer) {
        (void)peer.read_until("\r\n\r\n");
        script(peer);
    }};
    Loop loop;
    options.answer_within = milliseconds(500);
    options.header_bytes_max = 1'000;
    options.body_bytes_max = 1'000;
    const auto client = client_on(loop, options);
    return error_of(*client, loopback(server.port()));
}

TEST(HttpClient, types_what_goes_wrong_afterwards_and_says_that_it_was_sent) {
    struct Case {
        std::string bytes;
        NetErrorKind kind;
    };
    const std::vector<Case> cases{
        {"", NetErrorKind::closed},
        {"HTTP/1.1 200 O", NetErrorKind::closed},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", NetErrorKind::closed},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", NetErrorKind::closed},
        {"SSH-2.0-x\r\n", NetErrorKind::malformed},
        {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", NetErrorKind::malformed},
        {"HTTP/1.1 101 Switching Protocols\r\n\r\n", NetErrorKind::malformed},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", NetErrorKind::too_large},
        {"HTTP/1.1 200 OK\r\n\r\n" + std::string(2'000, 'x'), NetErrorKind::too_large},
        {"HTTP/1.1 200 OK\r\nX: " + std::string(2'000, 'x') + "\r\n\r\n", NetErrorKind::too_large},
    };
    for (const auto& [bytes, kind] : cases) {
        const auto error = answer_of([&](RawPeer& peer) {
            peer.write(bytes);
            peer.end_sending();
            (void)peer.read_to_end();
        });
        EXPECT_EQ(error.kind, kind) << bytes.substr(0, 80) << "\n" << error.text;
        EXPECT_TRUE(error.sent) << bytes.substr(0, 80);
    }
    const auto late = answer_of([](RawPeer& peer) { (void)peer.read_to_end(); });
    EXPECT_EQ(late.kind, NetErrorKind::timed_out);
    EXPECT_TRUE(late.sent);
    const auto reset = answer_of([](RawPeer& peer) { peer.break_off(); });
    EXPECT_EQ(reset.kind, NetErrorKind::closed) << reset.text;
    EXPECT_TRUE(reset.sent);
}

TEST(HttpClient, times_out_a_handshake_that_does_not_come) {
    const RawServer server{[](const RawPeer& peer) { (void)peer.read_to_end(); }};
    Loop loop;
    const auto client = client_on(loop, {.connect_within = milliseconds(100)});
    const auto error = error_of(*client, loopback(server.port(), Scheme::https));
    EXPECT_EQ(error.kind, NetErrorKind::timed_out) << error.text;
    EXPECT_FALSE(error.sent);
}

TEST(HttpClient, never_sends_a_request_again) {
    std::atomic<int> seen = 0;
    const RawServer server{[&](const RawPeer& peer) {
        // The first answer is good; then the connection ends without one.
        while (!peer.read_until("\r\n\r\n").empty()) {
            if (++seen % 2 == 0) return;
            peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    }};
    Loop loop;
    const auto client = client_on(loop);
    EXPECT_TRUE(client->call(loopback(server.port()), {.method = "POST"}).has_value());
    const auto error = error_of(*client, loopback(server.port()), {.method = "POST"});
    EXPECT_EQ(error.kind, NetErrorKind::closed);
    EXPECT_TRUE(error.sent);
    EXPECT_EQ(seen, 2);
}

TEST(HttpClient, passes_over_kept_connections_that_have_ended) {
    Served served{{.idle_within = milliseconds(50)}};
    const auto client = client_on(served.loop);
    for (std::uint64_t i = 1; i <= 3; ++i) {
        EXPECT_TRUE(client->call(served.url(), {.method = "POST"}).has_value());
        EXPECT_EQ(client->counts().connections, i);
        ASSERT_TRUE(eventually([&] { return served.server->counts().open == 0; }));
    }
}

TEST(HttpClient, closes_what_it_has_not_used_for_long) {
    Served served;
    const auto client = client_on(served.loop, {.keep_idle = milliseconds(100)});
    EXPECT_TRUE(client->call(served.url(), {}).has_value());
    EXPECT_TRUE(eventually([&] { return served.server->counts().open == 0; }));
}

TEST(HttpClient, passes_over_interim_answers_and_reads_to_the_end_of_the_connection) {
    const RawServer server{[](const RawPeer& peer) {
        (void)peer.read_until("\r\n\r\n");
        peer.write("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nall of it");
    }};
    Loop loop;
    const auto client = client_on(loop);
    const auto got = client->call(loopback(server.port()), {});
    ASSERT_TRUE(got.has_value()) << got.error().text;
    EXPECT_EQ(got->body, "all of it");
}

TEST(HttpClient, refuses_when_too_many_wait) {
    const RawServer server{[](const RawPeer& peer) { (void)peer.read_to_end(); }};
    Loop loop;
    const auto client = client_on(
        loop, {.answer_within = milliseconds(300), .connections_max = 1, .waiting_max = 1});
    std::mutex mutex;
    std::vector<NetErrorKind> kinds;
    std::latch all{3};
    for (int i = 0; i < 3; ++i) {
        client->send(loopback(server.port()), {}, [&](const HttpClient::Result& got) {
            const std::scoped_lock lock{mutex};
            kinds.push_back(got.error().kind);
            all.count_down();
        });
    }
    all.wait();
    EXPECT_EQ(kinds, (std::vector{NetErrorKind::overloaded, NetErrorKind::timed_out,
                                  NetErrorKind::timed_out}));
}

TEST(HttpClient, may_be_asked_again_from_its_answer) {
    Served served;
    const auto client = client_on(served.loop);
    std::latch done{1};
    int left = 100;
    std::function<void(const HttpClient::Result&)> again = [&](const HttpClient::Result& got) {
        EXPECT_TRUE(got.has_value());
        if (--left == 0) return done.count_down();
        client->send(served.url(), {}, again);
    };
    client->send(served.url(), {}, again);
    done.wait();
    EXPECT_EQ(client->counts().connections, 1U);
}

TEST(HttpClient, ends_what_is_at_work_when_it_goes) {
    const RawServer server{[](const RawPeer& peer) { (void)peer.read_to_end(); }};
    Loop loop;
    std::atomic<int> stopped = 0;
    {
        const auto client = client_on(loop, {.connections_max = 2});
        for (int i = 0; i < 5; ++i) {
            client->send(loopback(server.port()), {}, [&](const HttpClient::Result& got) {
                if (!got && got.error().kind == NetErrorKind::stopped) ++stopped;
            });
        }
    }
    EXPECT_EQ(stopped, 5);
}

}  // namespace
}  // namespace tradewind::net
