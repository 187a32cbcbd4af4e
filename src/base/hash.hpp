// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tradewind::base {

/// CRC-32C (Castagnoli, reflected 0x82f63b78; RFC 3720 appendix B.4) of `bytes`, continuing from
/// `seed`, which is 0 or the value of the bytes before. Guards against torn and flipped bytes, not
/// against forgery.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t seed = 0);

/// FNV-1a, 64 bits: for names and hash tables.
[[nodiscard]] constexpr std::uint64_t fnv1a(std::span<const char> bytes) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : bytes) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    return hash;
}

}  // namespace tradewind::base
