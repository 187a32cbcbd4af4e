// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace tradewind::base {

/// SHA-256 (FIPS 180-4) of a stream of bytes, by OpenSSL.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void update(std::span<const std::byte> bytes);
    /// The digest of everything so far as 64 hexadecimal digits; more may follow.
    [[nodiscard]] std::string hex() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Of one piece.
[[nodiscard]] std::string sha256_hex(std::span<const std::byte> bytes);

}  // namespace tradewind::base
