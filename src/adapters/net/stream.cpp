// SPDX-License-Identifier: Apache-2.0
#include "adapters/net/stream.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>

namespace tradewind::net {

namespace ssl = asio::ssl;
using asio::ip::tcp;

Stream::Stream(tcp::socket socket) : plain_(std::move(socket)) {}

Stream::Stream(tcp::socket socket, const std::shared_ptr<ssl::context>& tls)
    : context_(tls), tls_(std::make_unique<TlsStream>(std::move(socket), *context_)) {}

Stream::~Stream() = default;

tcp::socket& Stream::tcp() { return tls_ ? tls_->next_layer() : *plain_; }

void Stream::expect_host(const std::string& host) {
    ASSERT(tls_ != nullptr);
    ErrorCode no_address;
    asio::ip::make_address(host, no_address);
    X509_VERIFY_PARAM* const wanted = SSL_get0_param(tls_->native_handle());
    if (!no_address) {
        ASSERT(X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1);
        return;
    }
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    ASSERT(X509_VERIFY_PARAM_set1_host(wanted, host.data(), host.size()) == 1);
    // RFC 6066: a name, never an address. SSL_set_tlsext_host_name() is a macro with a cast of the
    // old style in it.
    SSL_ctrl(tls_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(host.c_str()));
}

std::string Stream::certificate_fault() {
    if (!tls_) return {};
    return X509_verify_cert_error_string(SSL_get_verify_result(tls_->native_handle()));
}

void Stream::handshake(ssl::stream_base::handshake_type side, Ended handler) {
    tls_->async_handshake(side, std::move(handler));
}

void Stream::read_some(FewBuffers<asio::mutable_buffer> buffers, Transferred handler) {
    if (tls_) {
        tls_->async_read_some(buffers, std::move(handler));
    } else {
        plain_->async_read_some(buffers, std::move(handler));
    }
}

void Stream::write_some(FewBuffers<asio::const_buffer> buffers, Transferred handler) {
    if (tls_) {
        tls_->async_write_some(buffers, std::move(handler));
    } else {
        plain_->async_write_some(buffers, std::move(handler));
    }
}

void Stream::part(Ended handler) {
    parting_ = Clock::now();
    if (!tls_) {
        ErrorCode ignored;
        tcp().shutdown(tcp::socket::shutdown_send, ignored);
        return read_away(std::move(handler));
    }
    tls_->async_shutdown([this, handler = std::move(handler)](ErrorCode error) mutable {
        if (error == asio::error::operation_aborted) return handler({});
        ErrorCode ignored;
        tcp().shutdown(tcp::socket::shutdown_send, ignored);
        read_away(std::move(handler));
    });
}

void Stream::read_away(Ended handler) {
    tcp().async_read_some(asio::buffer(dropped_), [this, handler = std::move(handler)](
                                                      ErrorCode error, std::size_t) mutable {
        if (!error) return read_away(std::move(handler));
        handler({});
    });
}

bool Stream::is_quiet() {
    char one = 0;
    const auto n = recv(tcp().native_handle(), &one, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && errno == EAGAIN;
}

void Stream::cancel() {
    ErrorCode ignored;
    tcp().cancel(ignored);
}

void Stream::close() {
    ErrorCode ignored;
    tcp().close(ignored);
}

void teardown(boost::beast::role_type /*role*/, Stream& stream, ErrorCode& error) {
    stream.close();
    error = {};
}

asio::awaitable<ErrorCode> write_all(Stream& stream, std::string_view head, std::string_view body) {
    while (!head.empty() || !body.empty()) {
        const std::array<asio::const_buffer, 2> both{asio::buffer(head), asio::buffer(body)};
        const auto [error, n] = co_await stream.async_write_some(both, kAwait);
        if (error) co_return error;
        const std::size_t of_head = std::min(n, head.size());
        head.remove_prefix(of_head);
        body.remove_prefix(n - of_head);
    }
    co_return ErrorCode{};
}

namespace {

NetError tls_error(std::string_view what, const ErrorCode& error) {
    return {.kind = NetErrorKind::tls, .text = fmt::format("{}: {}", what, error.message())};
}

}  // namespace

std::expected<std::shared_ptr<ssl::context>, NetError> make_server_context(const ServerTls& tls) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    ErrorCode error;
    context->use_certificate_chain_file(tls.certificate_file, error);
    if (error) return std::unexpected(tls_error(tls.certificate_file, error));
    context->set_password_callback([](std::size_t, ssl::context::password_purpose) {
        return std::string{};  // without it OpenSSL would ask at the terminal
    });
    context->use_private_key_file(tls.key_file, ssl::context::pem, error);
    if (error) return std::unexpected(tls_error(tls.key_file, error));
    if (SSL_CTX_check_private_key(context->native_handle()) != 1) {
        ERR_clear_error();
        return std::unexpected(
            NetError{.kind = NetErrorKind::tls,
                     .text = fmt::format("{}: not the key of the certificate in {}", tls.key_file,
                                         tls.certificate_file)});
    }
    return context;
}

std::expected<std::shared_ptr<ssl::context>, NetError> make_client_context(const ClientTls& tls) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    context->set_verify_mode(ssl::verify_peer);
    ErrorCode error;
    if (tls.ca_file) {
        context->load_verify_file(*tls.ca_file, error);
        if (error) return std::unexpected(tls_error(*tls.ca_file, error));
    } else {
        context->set_default_verify_paths(error);
        if (error) return std::unexpected(tls_error("the system's certificates", error));
    }
    return context;
}

NetErrorKind kind_of(const ErrorCode& error) {
    namespace failure = asio::error;
    if (error == failure::connection_refused) return NetErrorKind::refused;
    if (error == failure::host_unreachable || error == failure::network_unreachable ||
        error == failure::network_down || error == failure::access_denied) {
        return NetErrorKind::unreachable;
    }
    if (error == failure::timed_out) return NetErrorKind::timed_out;
    if (error == ssl::error::stream_truncated) return NetErrorKind::closed;
    if (error.category() == asio::error::get_ssl_category()) {
        const auto code = static_cast<unsigned long>(error.value());
        return ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED ? NetErrorKind::certificate
                                                                       : NetErrorKind::tls;
    }
    if (error.category() == failure::get_addrinfo_category() ||
        error.category() == failure::get_netdb_category()) {
        return NetErrorKind::resolve;
    }
    return NetErrorKind::closed;
}

}  // namespace tradewind::net
