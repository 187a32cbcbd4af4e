// SPDX-License-Identifier: Apache-2.0
// Private to this room: sees Asio and Beast.
#pragma once

#include <array>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/role.hpp>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "adapters/net/error.hpp"
#include "adapters/net/loop_core.hpp"
#include "adapters/net/tls.hpp"

namespace tradewind::net {

/// The first few buffers of a sequence: a write that takes only some of them is a short write, and
/// the caller writes on.
template <class Buffer>
class FewBuffers {
public:
    template <class Sequence>
    explicit FewBuffers(const Sequence& all) {
        const auto end = asio::buffer_sequence_end(all);
        for (auto it = asio::buffer_sequence_begin(all); it != end && size_ < few_.size(); ++it) {
            const Buffer one{*it};
            if (one.size() != 0) few_[size_++] = one;
        }
    }
    [[nodiscard]] const Buffer* begin() const { return few_.data(); }
    [[nodiscard]] const Buffer* end() const { return few_.data() + size_; }

    using value_type = Buffer;
    using const_iterator = const Buffer*;

private:
    std::array<Buffer, 8> few_{};
    std::size_t size_ = 0;
};

/// A TCP connection, plain or under TLS: one type, so that what stands on it is compiled once.
/// Handlers are erased. On the loop's thread alone.
class Stream {
public:
    using executor_type = asio::any_io_executor;
    using Transferred = std::move_only_function<void(ErrorCode, std::size_t)>;
    using Ended = std::move_only_function<void(ErrorCode)>;

    explicit Stream(asio::ip::tcp::socket socket);
    Stream(asio::ip::tcp::socket socket, const std::shared_ptr<asio::ssl::context>& tls);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    [[nodiscard]] executor_type get_executor() { return tcp().get_executor(); }
    [[nodiscard]] asio::ip::tcp::socket& tcp();
    [[nodiscard]] bool is_tls() const { return tls_ != nullptr; }

    /// A client names the host that the certificate must be for.
    void expect_host(const std::string& host);
    [[nodiscard]] std::string certificate_fault();

    template <class Token>
    auto async_handshake(asio::ssl::stream_base::handshake_type side, Token token) {
        return asio::async_initiate<Token, void(ErrorCode)>(
            [this, side](auto handler) { handshake(side, Ended{std::move(handler)}); }, token);
    }
    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token token) {
        return asio::async_initiate<Token, void(ErrorCode, std::size_t)>(
            [this](auto handler, FewBuffers<asio::mutable_buffer> few) {
                read_some(few, Transferred{std::move(handler)});
            },
            token, FewBuffers<asio::mutable_buffer>{buffers});
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token token) {
        return asio::async_initiate<Token, void(ErrorCode, std::size_t)>(
            [this](auto handler, FewBuffers<asio::const_buffer> few) {
                write_some(few, Transferred{std::move(handler)});
            },
            token, FewBuffers<asio::const_buffer>{buffers});
    }
    /// Says that no more will come (close_notify, FIN); then still reads what the peer sends, and
    /// drops it, until it has ended too. A socket that is closed with unread bytes is reset, and
    /// the peer may then lose the answer that it has not read yet.
    template <class Token>
    auto async_part(Token token) {
        return asio::async_initiate<Token, void(ErrorCode)>(
            [this](auto handler) { part(Ended{std::move(handler)}); }, token);
    }

    /// When async_part() began.
    [[nodiscard]] std::optional<Clock::time_point> parting_since() const { return parting_; }

    /// Whether an idle connection is still good: open, and nothing unasked for has come.
    [[nodiscard]] bool is_quiet();
    /// Ends every wait with operation_aborted; the connection stays.
    void cancel();
    void close();

private:
    using TlsStream = asio::ssl::stream<asio::ip::tcp::socket>;

    void handshake(asio::ssl::stream_base::handshake_type side, Ended handler);
    void read_some(FewBuffers<asio::mutable_buffer> buffers, Transferred handler);
    void write_some(FewBuffers<asio::const_buffer> buffers, Transferred handler);
    void part(Ended handler);
    void read_away(Ended handler);

    std::shared_ptr<asio::ssl::context> context_;
    std::unique_ptr<TlsStream> tls_;
    std::optional<asio::ip::tcp::socket> plain_;
    std::optional<Clock::time_point> parting_;
    std::array<char, 4096> dropped_;
};

/// Beast asks for these three by name when a WebSocket ends.
inline void beast_close_socket(Stream& stream) { stream.close(); }
void teardown(boost::beast::role_type role, Stream& stream, ErrorCode& error);
template <class Handler>
void async_teardown(boost::beast::role_type /*role*/, Stream& stream, Handler&& handler) {
    stream.async_part(std::forward<Handler>(handler));
}

/// Writes it all.
[[nodiscard]] asio::awaitable<ErrorCode> write_all(Stream& stream, std::string_view head,
                                                   std::string_view body);

[[nodiscard]] std::expected<std::shared_ptr<asio::ssl::context>, NetError> make_server_context(
    const ServerTls& tls);
[[nodiscard]] std::expected<std::shared_ptr<asio::ssl::context>, NetError> make_client_context(
    const ClientTls& tls);

/// The kind of an error of the system or of TLS.
[[nodiscard]] NetErrorKind kind_of(const ErrorCode& error);

}  // namespace tradewind::net
