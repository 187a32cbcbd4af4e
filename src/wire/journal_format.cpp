// SPDX-License-Identifier: Apache-2.0
#include "wire/journal_format.hpp"

#include <cstring>

#include "base/assert.hpp"
#include "base/hash.hpp"

namespace tradewind::wire {
namespace {

constexpr std::size_t kKindAt = 4;
constexpr std::size_t kHeaderCrcAt = 8;
constexpr std::size_t kPayloadCrcAt = 12;

std::uint32_t load(std::span<const std::byte> bytes, std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

bool is_known(std::uint8_t kind) {
    return kind >= static_cast<std::uint8_t>(FrameKind::settings) &&
           kind <= static_cast<std::uint8_t>(FrameKind::closing);
}

}  // namespace

std::array<std::byte, kFrameHeaderSize> frame_header(FrameKind kind,
                                                     std::span<const std::byte> payload) {
    ASSERT(payload.size() <= kFramePayloadMax);
    std::array<std::byte, kFrameHeaderSize> out{};
    const auto size = static_cast<std::uint32_t>(payload.size());
    std::memcpy(out.data(), &size, sizeof size);
    out[kKindAt] = static_cast<std::byte>(kind);
    const std::uint32_t header_crc = base::crc32c(std::span{out}.first(kHeaderCrcAt));
    const std::uint32_t payload_crc = base::crc32c(payload);
    std::memcpy(out.data() + kHeaderCrcAt, &header_crc, sizeof header_crc);
    std::memcpy(out.data() + kPayloadCrcAt, &payload_crc, sizeof payload_crc);
    return out;
}

Frame read_frame(std::span<const std::byte> bytes) {
    if (bytes.size() < kFrameHeaderSize) return {};
    Frame out{.state = FrameState::damaged, .kind = FrameKind::event, .payload = {}, .size = 0};
    const std::uint32_t size = load(bytes, 0);
    const auto kind = static_cast<std::uint8_t>(bytes[kKindAt]);
    if (base::crc32c(bytes.first(kHeaderCrcAt)) != load(bytes, kHeaderCrcAt)) return out;
    if (!is_known(kind) || size > kFramePayloadMax) return out;
    out.kind = static_cast<FrameKind>(kind);
    out.size = kFrameHeaderSize + size;
    if (bytes.size() < out.size) {
        out.state = FrameState::torn;
        return out;
    }
    out.payload = bytes.subspan(kFrameHeaderSize, size);
    if (base::crc32c(out.payload) == load(bytes, kPayloadCrcAt)) out.state = FrameState::whole;
    return out;
}

}  // namespace tradewind::wire
