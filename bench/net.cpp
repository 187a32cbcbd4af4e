// SPDX-License-Identifier: Apache-2.0
// HTTP requests and WebSocket messages over loopback; server and client on a loop each, in this
// process.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include "adapters/net/certificates_for_tests.hpp"
#include "adapters/net/http_client.hpp"
#include "adapters/net/http_server.hpp"
#include "adapters/net/websocket.hpp"

namespace {

using namespace tradewind;  // NOLINT: a program of one file

const net::TestAuthority& authority() {
    static const net::TestAuthority one{std::filesystem::temp_directory_path() /
                                        "tradewind_bench_net"};
    return one;
}

struct World {
    net::Loop server_loop;
    net::Loop client_loop;
    std::unique_ptr<net::HttpServer> server;
    bool is_tls;

    explicit World(bool tls) : is_tls(tls) {
        net::ServerOptions options;
        if (tls) options.tls = authority().for_loopback();
        server = std::move(*net::HttpServer::listen(
            server_loop, options,
            [](const net::Request&, const net::Reply& reply) {
                reply({.status = 200,
                       .headers = {{"Content-Type", "application/json"}},
                       .body = R"({"serverTime":1700000000000})"});
            },
            [](const net::Request&, const net::WebSocket& socket) {
                return net::WebSocketEvents{.on_message = [socket](const net::Message& message) {
                    socket.send(std::string{message.bytes});
                }};
            }));
    }
    [[nodiscard]] net::Url url(bool websocket) const {
        const net::Scheme scheme = websocket ? (is_tls ? net::Scheme::wss : net::Scheme::ws)
                                             : (is_tls ? net::Scheme::https : net::Scheme::http);
        return {.scheme = scheme, .host = "127.0.0.1", .port = server->port()};
    }
    [[nodiscard]] static net::ClientTls trust() { return {.ca_file = authority().ca_file()}; }
};

void put_percentiles(benchmark::State& state, std::vector<double>& us) {
    std::ranges::sort(us);
    state.counters["p50_us"] = us[us.size() / 2];
    state.counters["p99_us"] = us[us.size() * 99 / 100];
}

double us_since(std::chrono::steady_clock::time_point began) {
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began)
        .count();
}

/// One after another over a kept connection; blocking calls.
void http_round_trips(benchmark::State& state) {
    World world{state.range(0) != 0};
    const auto client =
        std::move(*net::HttpClient::make(world.client_loop, {.tls = World::trust()}));
    const auto url = world.url(false);
    std::vector<double> us;
    for (auto _ : state) {
        const auto began = std::chrono::steady_clock::now();
        const auto got = client->call(url, {.target = "/time"});
        if (!got) return state.SkipWithError(got.error().text.c_str());
        us.push_back(us_since(began));
    }
    state.SetItemsProcessed(state.iterations());
    put_percentiles(state, us);
}

/// Thirty-two at a time over as many connections.
void http_requests(benchmark::State& state) {
    World world{state.range(0) != 0};
    constexpr int kAtOnce = 32;
    const auto client = std::move(*net::HttpClient::make(
        world.client_loop, {.tls = World::trust(), .connections_max = kAtOnce}));
    const auto url = world.url(false);
    std::counting_semaphore<kAtOnce> free{kAtOnce};
    std::atomic<int> failed = 0;
    for (auto _ : state) {
        free.acquire();
        client->send(url, {.target = "/time"}, [&](const net::HttpClient::Result& got) {
            if (!got) ++failed;
            free.release();
        });
    }
    for (int i = 0; i < kAtOnce; ++i) free.acquire();
    if (failed != 0) state.SkipWithError("requests failed");
    state.SetItemsProcessed(state.iterations());
}

/// A text of 128 bytes there and back, one after another.
void websocket_round_trips(benchmark::State& state) {
    World world{state.range(0) != 0};
    std::binary_semaphore back{0};
    std::binary_semaphore open{0};
    const auto client = std::move(*net::WebSocketClient::connect(
        world.client_loop, world.url(true), {.tls = World::trust()},
        {.on_open = [&] { open.release(); },
         .on_message = [&](const net::Message&) { back.release(); }}));
    open.acquire();
    const auto socket = client->socket();
    const auto text = std::make_shared<const std::string>(128, 'x');
    std::vector<double> us;
    for (auto _ : state) {
        const auto began = std::chrono::steady_clock::now();
        socket.send(text);
        back.acquire();
        us.push_back(us_since(began));
    }
    state.SetItemsProcessed(state.iterations());
    put_percentiles(state, us);
}

/// Texts of 128 bytes, as many on their way as the window lets: what a feed looks like.
void websocket_messages(benchmark::State& state) {
    World world{state.range(0) != 0};
    constexpr int kWindow = 1'024;
    std::counting_semaphore<kWindow> free{kWindow};
    std::binary_semaphore open{0};
    const auto client = std::move(*net::WebSocketClient::connect(
        world.client_loop, world.url(true), {.tls = World::trust()},
        {.on_open = [&] { open.release(); },
         .on_message = [&](const net::Message&) { free.release(); }}));
    open.acquire();
    const auto socket = client->socket();
    const auto text = std::make_shared<const std::string>(128, 'x');
    for (auto _ : state) {
        free.acquire();
        socket.send(text);
    }
    for (int i = 0; i < kWindow; ++i) free.acquire();
    state.SetItemsProcessed(state.iterations());
}

void plain_and_tls(benchmark::internal::Benchmark* bench) {
    bench->ArgName("tls")->Arg(0)->Arg(1)->UseRealTime()->Repetitions(5)->ReportAggregatesOnly();
}

BENCHMARK(http_round_trips)->Apply(plain_and_tls);
BENCHMARK(http_requests)->Apply(plain_and_tls);
BENCHMARK(websocket_round_trips)->Apply(plain_and_tls);
BENCHMARK(websocket_messages)->Apply(plain_and_tls);

}  // namespace
