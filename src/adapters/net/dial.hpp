// SPDX-License-Identifier: Apache-2.0
// Private to this room: sees Asio.
#pragma once

#include "adapters/net/stream.hpp"
#include "adapters/net/url.hpp"

namespace tradewind::net {

/// One attempt to connect. Lives in the coroutine that awaits dial().
class Dialer {
public:
    explicit Dialer(LoopCore& core) : core_(&core), resolver_(core.context()) {}

    /// Resolves the name, tries its addresses one after another, shakes hands where `tls` is not
    /// null. Ends with `timed_out` by connect_by, and with `stopped` after cancel(). By reference,
    /// and to be called with variables: g++ 12 destroys some temporary arguments of a co_await
    /// twice.
    [[nodiscard]] asio::awaitable<std::expected<std::unique_ptr<Stream>, NetError>> dial(
        const Url& url, const std::shared_ptr<asio::ssl::context>& tls,
        Clock::time_point connect_by);

    void cancel();

private:
    [[nodiscard]] asio::awaitable<std::expected<std::unique_ptr<Stream>, NetError>> attempt(
        const Url& url, const std::shared_ptr<asio::ssl::context>& tls);
    [[nodiscard]] NetError fault(const Url& url, const ErrorCode& error) const;
    void abandon();

    LoopCore* core_;
    asio::ip::tcp::resolver resolver_;
    asio::ip::tcp::socket* socket_ = nullptr;
    Stream* stream_ = nullptr;
    bool late_ = false;
    bool cancelled_ = false;
};

}  // namespace tradewind::net
