// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

/// How a journal lies on disk:
///
///     magic "TWJRNL" '\0' '\1'                                      8 bytes
///     frame: the run's settings as JSON text                        kind `settings`
///     frame: event 1     frame: decisions of event 1, if any        kinds `event`, `decisions`
///     frame: event 2     ...
///     frame: the closing count of events                            kind `closing`
///
/// and each frame, little endian:
///
///     | size u32 | kind u8 | 0 0 0 | crc32c of these 8 bytes u32 | crc32c of the payload u32 |
///     payload |
///
/// The frame's own checksum is what tells a torn tail (a frame whose bytes are not all there: the
/// process died while writing) from damage (a frame whose size or payload changed after it was
/// written).
namespace tradewind::wire {

inline constexpr std::array<std::byte, 8> kJournalMagic{
    std::byte{'T'}, std::byte{'W'}, std::byte{'J'}, std::byte{'R'},
    std::byte{'N'}, std::byte{'L'}, std::byte{0},   std::byte{1}};

enum class FrameKind : std::uint8_t { settings = 1, event = 2, decisions = 3, closing = 4 };

inline constexpr std::size_t kFrameHeaderSize = 16;
/// No frame is larger: a size beyond it is damage.
inline constexpr std::uint32_t kFramePayloadMax = 64U << 20U;

/// The frame's header for a payload.
[[nodiscard]] std::array<std::byte, kFrameHeaderSize> frame_header(
    FrameKind kind, std::span<const std::byte> payload);

enum class FrameState : std::uint8_t {
    whole,
    torn,     ///< fewer bytes than the header, or the header's size, asks for
    damaged,  ///< a checksum or kind is wrong
};

struct Frame {
    FrameState state = FrameState::torn;
    FrameKind kind = FrameKind::event;
    std::span<const std::byte> payload;
    std::size_t size = 0;  ///< header and payload
};

/// The frame at the front of `bytes`, which is not empty.
[[nodiscard]] Frame read_frame(std::span<const std::byte> bytes);

}  // namespace tradewind::wire
