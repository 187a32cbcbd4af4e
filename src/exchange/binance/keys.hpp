// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "exchange/order.hpp"

namespace tradewind::exchange::binance {

struct HmacSecret {
    std::string text;
};
struct Ed25519PublicKey {
    std::array<std::uint8_t, 32> bytes{};
};

/// A key of the API, and whose it is.
struct ApiKey {
    std::string key;  ///< what the header X-MBX-APIKEY says
    AccountNumber account{};
    std::variant<HmacSecret, Ed25519PublicKey> credential;
    bool may_trade = true;
};

/// From a public key in PEM ("-----BEGIN PUBLIC KEY-----"); nullopt where it is none of Ed25519.
[[nodiscard]] std::optional<Ed25519PublicKey> parse_public_key(std::string_view pem);

/// Whether `signature` is that of `payload`: of HMAC-SHA256 64 hexadecimal digits in either case
/// (RFC 2104), of Ed25519 Base64 (RFC 8032). Takes as long for a wrong digest as for a right one.
[[nodiscard]] bool is_signed(std::string_view payload, std::string_view signature,
                             const ApiKey& key);

}  // namespace tradewind::exchange::binance
