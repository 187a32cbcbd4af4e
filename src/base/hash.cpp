// SPDX-License-Identifier: Apache-2.0
#include "base/hash.hpp"

#include <array>
#include <cstring>

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#endif

namespace tradewind::base {
namespace {

[[maybe_unused]] constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U);
        }
        table[i] = crc;
    }
    return table;
}

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t seed) {
    std::uint32_t crc = ~seed;
    std::size_t i = 0;
#if defined(__SSE4_2__)
    std::uint64_t wide = crc;
    for (; i + 8 <= bytes.size(); i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + i, sizeof word);
        wide = _mm_crc32_u64(wide, word);
    }
    crc = static_cast<std::uint32_t>(wide);
    for (; i < bytes.size(); ++i) crc = _mm_crc32_u8(crc, static_cast<unsigned char>(bytes[i]));
#else
    static constexpr auto table = make_table();
    for (; i < bytes.size(); ++i) {
        crc = (crc >> 8) ^ table[(crc ^ static_cast<std::uint32_t>(bytes[i])) & 0xffU];
    }
#endif
    return ~crc;
}

}  // namespace tradewind::base
