// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/time.hpp"

/// What makes a request one of ours. Source: Binance, spot REST API, "Request Security" and "SIGNED
/// Endpoint Examples".
namespace tradewind::binance {

/// RFC 3986: letters, digits and -_.~ stand; every other byte becomes %XX with capital letters.
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// The parameters of a request, in the order in which they were added.
class Parameters {
public:
    /// `key` is one of ours and needs no encoding.
    void add(std::string_view key, std::string_view value) {
        all_.emplace_back(std::string{key}, std::string{value});
    }
    void add(std::string_view key, std::int64_t value) { add(key, std::to_string(value)); }

    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const {
        return all_;
    }
    /// "symbol=LTCBTC&side=BUY", values percent-encoded.
    [[nodiscard]] std::string query() const;

    friend bool operator==(const Parameters&, const Parameters&) = default;

private:
    std::vector<std::pair<std::string, std::string>> all_;
};

enum class KeyError : std::uint8_t {
    empty,
    not_a_key,    ///< no private key in PEM
    not_ed25519,  ///< a private key of another kind
};

[[nodiscard]] std::string_view to_string(KeyError value);

/// The secret half of an API key. Signs; is never shown, and is wiped when it goes.
class Signer {
public:
    /// HMAC-SHA256 with the secret as the venue gave it; signatures are 64 hexadecimal digits.
    [[nodiscard]] static std::expected<Signer, KeyError> hmac(std::string_view secret);
    /// Ed25519 with a private key in PEM (PKCS#8, not encrypted); signatures are base64.
    [[nodiscard]] static std::expected<Signer, KeyError> ed25519(std::string_view pem);

    ~Signer();
    Signer(Signer&&) noexcept;
    Signer& operator=(Signer&&) noexcept;
    Signer(const Signer&) = delete;
    Signer& operator=(const Signer&) = delete;

    [[nodiscard]] std::string sign(std::string_view payload) const;

private:
    struct Key;
    explicit Signer(std::unique_ptr<Key> key);
    std::unique_ptr<Key> key_;
};

/// How long after `at` the venue may still take a request.
inline constexpr Duration kReceiveWindow = milliseconds(5'000);
inline constexpr Duration kReceiveWindowMax = milliseconds(60'000);

/// The moment of a request in the venue's time, and how late it may come.
struct SignedAt {
    Timestamp at{};
    Duration receive_window = kReceiveWindow;  ///< above 0, at most kReceiveWindowMax
};

/// The query with recvWindow, timestamp and, last of all, the signature of what stands before it.
[[nodiscard]] std::string signed_query(Parameters parameters, const SignedAt& moment,
                                       const Signer& signer);

}  // namespace tradewind::binance
