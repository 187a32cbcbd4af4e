// SPDX-License-Identifier: Apache-2.0
// Server and client of adapters/net for tests with programs that we did not write.
//   net_probe serve [CERTIFICATE KEY]     prints its port; echoes requests and messages until its
//   input ends net_probe get URL [CA]                prints the status, then the body; the error's
//   kind otherwise net_probe talk URL COUNT [CA]         sends COUNT texts, prints what comes back,
//   then why it closed
#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <latch>
#include <span>
#include <string>

#include "adapters/net/http_client.hpp"
#include "adapters/net/http_server.hpp"
#include "adapters/net/websocket.hpp"

namespace {

using namespace tradewind;  // NOLINT: a program of one file

void echo(const net::Request& request, const net::Reply& reply) {
    reply({.status = 200,
           .headers = {{"X-Method", request.method}, {"X-Target", request.target}},
           .body = request.body});
}

std::expected<net::WebSocketEvents, net::Response> echo_messages(const net::Request& request,
                                                                 const net::WebSocket& socket) {
    if (request.path() != "/ws") return std::unexpected(net::Response{.status = 404});
    return net::WebSocketEvents{.on_message = [socket](const net::Message& message) {
        const std::string bytes{message.bytes};
        if (message.is_text) {
            socket.send(bytes);
        } else {
            socket.send_binary(bytes);
        }
    }};
}

int serve(std::span<const std::string> arguments) {
    net::ServerOptions options{.body_bytes_max = std::size_t{8} << 20U};
    if (arguments.size() == 2) {
        options.tls = {.certificate_file = arguments[0], .key_file = arguments[1]};
    }
    net::Loop loop;
    const auto server = net::HttpServer::listen(loop, options, echo, echo_messages);
    if (!server) {
        fmt::print(stderr, "{}\n", server.error().text);
        return 2;
    }
    fmt::print("{}\n", (*server)->port());
    std::fflush(stdout);
    while (std::cin.get() != EOF) {}
    (*server)->stop(seconds(2));
    return 0;
}

net::ClientTls trust(std::span<const std::string> arguments, std::size_t at) {
    return arguments.size() > at ? net::ClientTls{.ca_file = arguments[at]} : net::ClientTls{};
}

int get(std::span<const std::string> arguments) {
    net::Loop loop;
    const auto client = net::HttpClient::make(loop, {.tls = trust(arguments, 1)});
    const auto url = net::parse_url(arguments[0]);
    if (!client || !url) return 2;
    for (int i = 0; i < 20; ++i) {  // over a kept connection
        const auto got = (*client)->call(*url, {.target = url->target});
        if (!got) {
            fmt::print("{}\n", to_string(got.error().kind));
            return 1;
        }
        if (i == 19) fmt::print("{}\n{}", got->status, got->body);
    }
    fmt::print("\nconnections {}\n", (*client)->counts().connections);
    return 0;
}

int talk(std::span<const std::string> arguments) {
    net::Loop loop;
    const auto url = net::parse_url(arguments[0]);
    const int count = std::stoi(arguments[1]);
    if (!url) return 2;
    std::latch closed{1};
    const auto client = net::WebSocketClient::connect(
        loop, *url, {.tls = trust(arguments, 2)},
        {.on_message = [](const net::Message& message) { fmt::print("{}\n", message.bytes); },
         .on_close =
             [&](const net::Closed& why) {
                 fmt::print("{} {} {}\n", to_string(why.reason), why.code, why.text);
                 closed.count_down();
             }});
    if (!client) return 2;
    for (int i = 0; i < count; ++i) (*client)->socket().send(fmt::format("text {}", i));
    closed.wait();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    const std::span<const std::string> all{words};
    if (!all.empty() && all[0] == "serve") return serve(all.subspan(1));
    if (all.size() >= 2 && all[0] == "get") return get(all.subspan(1));
    if (all.size() >= 3 && all[0] == "talk") return talk(all.subspan(1));
    return 2;
}
