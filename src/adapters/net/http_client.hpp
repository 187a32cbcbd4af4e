// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>

#include "adapters/net/error.hpp"
#include "adapters/net/http.hpp"
#include "adapters/net/loop.hpp"
#include "adapters/net/tls.hpp"
#include "adapters/net/url.hpp"
#include "domain/time.hpp"

namespace tradewind::net {

class ClientCore;

struct ClientOptions {
    ClientTls tls = {};
    Duration connect_within = seconds(5);  ///< name, TCP and TLS
    Duration answer_within = seconds(10);  ///< the whole request, waiting for a connection included
    Duration keep_idle = seconds(30);      ///< a connection that is not used that long is closed
    std::size_t connections_max = 8;       ///< to one host and port
    std::size_t waiting_max = 1024;        ///< requests to one host and port without a connection
    std::size_t header_bytes_max = std::size_t{64} << 10U;
    std::size_t body_bytes_max = std::size_t{16} << 20U;
};

struct ClientCounts {
    std::uint64_t requests = 0;
    std::uint64_t failed = 0;       ///< those that ended with a NetError
    std::uint64_t connections = 0;  ///< opened so far
};

/// An HTTP/1.1 client on a loop. Keeps connections to each host and uses them again. Never sends a
/// request a second time by itself, and follows no redirects: NetError::sent tells whether asking
/// again is safe. Status codes are no errors. Any thread.
class HttpClient {
public:
    using Result = std::expected<Response, NetError>;
    /// Called once, on the loop's thread; must not block and not throw.
    using Done = std::move_only_function<void(Result)>;

    /// Errors: `tls`, when the file of certificates is unusable.
    [[nodiscard]] static std::expected<std::unique_ptr<HttpClient>, NetError> make(
        Loop& loop, ClientOptions options = {});

    /// Requests at work end with `stopped` before it returns; then nothing is called any more.
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Asks `origin` (its scheme http or https, its host and port) for request.target. Host,
    /// Content-Length and Connection are written by the client. `within` in place of answer_within.
    void send(const Url& origin, Request request, Done done,
              std::optional<Duration> within = std::nullopt);

    /// The same, waiting for the answer. Not on the loop's thread.
    [[nodiscard]] Result call(const Url& origin, Request request,
                              std::optional<Duration> within = std::nullopt);

    [[nodiscard]] ClientCounts counts() const;

private:
    explicit HttpClient(std::shared_ptr<ClientCore> core);
    std::shared_ptr<ClientCore> core_;
};

}  // namespace tradewind::net
