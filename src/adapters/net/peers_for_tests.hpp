// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/assert.hpp"

/// Plain sockets of the tests: peers that send what no library would.
namespace tradewind::net {

class RawPeer {
public:
    explicit RawPeer(int descriptor) : descriptor_(descriptor) {
        ASSERT(descriptor_ >= 0);
        const timeval ten{.tv_sec = 10, .tv_usec = 0};
        setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &ten, sizeof ten);
        setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &ten, sizeof ten);
    }
    explicit RawPeer(std::uint16_t port) : RawPeer(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT(connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    }
    ~RawPeer() { end(); }
    RawPeer(RawPeer&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    RawPeer(const RawPeer&) = delete;
    RawPeer& operator=(const RawPeer&) = delete;
    RawPeer& operator=(RawPeer&&) = delete;

    /// False once the other side has gone.
    bool write(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto n = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }
    /// Up to `size` bytes, or fewer where the other side ends; waits ten seconds at most.
    [[nodiscard]] std::string read(std::size_t size) const {
        std::string out(size, '\0');
        std::size_t got = 0;
        while (got < size) {
            const auto n = recv(descriptor_, out.data() + got, size - got, 0);
            if (n <= 0) break;
            got += static_cast<std::size_t>(n);
        }
        out.resize(got);
        return out;
    }
    [[nodiscard]] std::string read_to_end() const { return read(std::size_t{1} << 20U); }
    /// Up to and with `mark`.
    [[nodiscard]] std::string read_until(std::string_view mark) const {
        std::string out;
        while (!out.ends_with(mark)) {
            const std::string one = read(1);
            if (one.empty()) break;
            out += one;
        }
        return out;
    }
    void end_sending() const { shutdown(descriptor_, SHUT_WR); }
    void end() {
        if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
    }
    /// Ends with a reset.
    void break_off() {
        const linger now{.l_onoff = 1, .l_linger = 0};
        setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        end();
    }

private:
    int descriptor_;
};

/// Listens on loopback and hands each connection to `script`, one after another.
class RawServer {
public:
    explicit RawServer(std::function<void(RawPeer)> script) : script_(std::move(script)) {
        listener_ = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        ASSERT(bind(listener_, reinterpret_cast<const sockaddr*>(&at), size) == 0);
        ASSERT(listen(listener_, 16) == 0);
        ASSERT(getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
        port_ = ntohs(at.sin_port);
        thread_ = std::thread{[this] {
            while (true) {
                const int one = accept(listener_, nullptr, nullptr);
                if (one < 0) return;
                script_(RawPeer{one});
            }
        }};
    }
    ~RawServer() {
        shutdown(listener_, SHUT_RDWR);
        thread_.join();
        close(listener_);
    }
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    std::function<void(RawPeer)> script_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

/// Looks again and again, for ten seconds at most.
inline bool eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 2'000; ++i) {
        if (holds()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return holds();
}

}  // namespace tradewind::net
