// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "ports/trial_ledger.hpp"

/// How a ledger of trials lies on disk, little endian:
///
///     magic "TWTRIALS" | version u32 | crc32c of these 12 bytes u32         16 bytes
///     record, record, ...
///
/// and each record:
///
///     | size of the payload u32 | crc32c of the size u32 | crc32c of the payload u32 | payload |
///
/// The size's own checksum tells a torn tail (a process died while it wrote) from damage. A tail of
/// zeros is torn as well: a power cut can leave a file longer than what reached the disk.
namespace tradewind::trials {

inline constexpr std::array<char, 8> kMagic{'T', 'W', 'T', 'R', 'I', 'A', 'L', 'S'};
/// 2 knows trials that were ended early; the rest is as in 1, which is read and made a 2 by the
/// next append.
inline constexpr std::uint32_t kVersion = 2;
inline constexpr std::uint32_t kOldestVersion = 1;
inline constexpr std::size_t kHeaderSize = 16;
inline constexpr std::size_t kFrameSize = 12;
/// No record is larger: a size beyond it is damage.
inline constexpr std::uint32_t kPayloadMax = 1U << 20U;

[[nodiscard]] std::array<std::byte, kHeaderSize> header();

/// Appends the frame of a record. The error is one line: it would be larger than a record may be.
[[nodiscard]] std::expected<void, std::string> encode(const ports::TrialRecord& record,
                                                      std::vector<std::byte>& out);

enum class HeaderState : std::uint8_t {
    whole,
    torn,           ///< the front of a header and nothing more
    foreign,        ///< no ledger of trials
    other_version,  ///< of a version that this program does not read
    damaged,
};
/// What the front of a file is. An empty file is torn.
[[nodiscard]] HeaderState read_header(std::span<const std::byte> bytes);
/// The version that a header names, whether this program reads it or not.
[[nodiscard]] std::uint32_t version_of(std::span<const std::byte> bytes);

enum class RecordState : std::uint8_t { whole, torn, damaged };
struct ReadRecord {
    RecordState state = RecordState::torn;
    std::size_t size = 0;  ///< with its frame
    ports::TrialRecord record;
};
/// The record at the front of `bytes`, which is not empty and goes to the end of the file.
[[nodiscard]] ReadRecord read_record(std::span<const std::byte> bytes);

}  // namespace tradewind::trials
