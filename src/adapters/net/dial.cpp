// SPDX-License-Identifier: Apache-2.0
#include "adapters/net/dial.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <vector>

namespace tradewind::net {

using asio::ip::tcp;
using Dialed = std::expected<std::unique_ptr<Stream>, NetError>;

asio::awaitable<Dialed> Dialer::dial(const Url& url, const std::shared_ptr<asio::ssl::context>& tls,
                                     Clock::time_point connect_by) {
    asio::steady_timer timer{core_->context(), connect_by};
    // A handler that is queued already cannot be taken back, and may run when the attempt is over.
    const auto trying = std::make_shared<bool>(true);
    timer.async_wait([this, trying = std::weak_ptr{trying}](ErrorCode) {
        if (trying.expired()) return;
        late_ = true;
        abandon();
    });
    Dialed out = co_await attempt(url, tls);
    co_return out;
}

asio::awaitable<Dialed> Dialer::attempt(const Url& url,
                                        const std::shared_ptr<asio::ssl::context>& tls) {
    std::vector<tcp::endpoint> endpoints;
    ErrorCode no_address;
    const auto address = asio::ip::make_address(url.host, no_address);
    if (!no_address) {
        endpoints.emplace_back(address, url.port);
    } else {
        const auto [error, found] =
            co_await resolver_.async_resolve(url.host, std::to_string(url.port), kAwait);
        if (error || late_ || cancelled_) co_return std::unexpected(fault(url, error));
        for (const auto& one : found) endpoints.push_back(one.endpoint());
    }

    tcp::socket socket{core_->context()};
    ErrorCode last = asio::error::host_unreachable;
    for (const auto& endpoint : endpoints) {
        socket = tcp::socket{core_->context()};
        socket_ = &socket;
        const auto [error] = co_await socket.async_connect(endpoint, kAwait);
        socket_ = nullptr;
        last = error;
        if (!error || late_ || cancelled_) break;
    }
    if (last || late_ || cancelled_) co_return std::unexpected(fault(url, last));
    ErrorCode ignored;
    socket.set_option(tcp::no_delay{true}, ignored);

    if (!tls) co_return std::make_unique<Stream>(std::move(socket));
    auto stream = std::make_unique<Stream>(std::move(socket), tls);
    stream->expect_host(url.host);
    stream_ = stream.get();
    const auto [error] = co_await stream->async_handshake(asio::ssl::stream_base::client, kAwait);
    stream_ = nullptr;
    if (error || late_ || cancelled_) {
        NetError out = fault(url, error);
        if (out.kind == NetErrorKind::certificate) {
            out.text += fmt::format(" ({})", stream->certificate_fault());
        }
        co_return std::unexpected(std::move(out));
    }
    co_return stream;
}

NetError Dialer::fault(const Url& url, const ErrorCode& error) const {
    const std::string where = url.authority();
    if (cancelled_) return {.kind = NetErrorKind::stopped, .text = where + ": given up"};
    if (late_) return {.kind = NetErrorKind::timed_out, .text = where + ": not connected in time"};
    return {.kind = kind_of(error), .text = fmt::format("{}: {}", where, error.message())};
}

void Dialer::cancel() {
    cancelled_ = true;
    abandon();
}

void Dialer::abandon() {
    resolver_.cancel();
    ErrorCode ignored;
    if (socket_ != nullptr) socket_->close(ignored);
    if (stream_ != nullptr) stream_->close();
}

}  // namespace tradewind::net
