// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "adapters/catalog/error.hpp"
#include "disk/files.hpp"
#include "ports/history.hpp"

namespace tradewind::catalog {

/// Most rows in one segment: 6.3 MB of bars. Bounds what a reader maps at a time.
inline constexpr std::size_t kSegmentRowsMax = std::size_t{1} << 17;
inline constexpr std::size_t kColumnAlignment = 64;

/// The first bytes of a segment file, little-endian:
///
///     0  magic "TWCSEG\r\n"         8  u32 version          12  u32 header bytes
///    16  u32 kind                  20  u32 columns          24  i64 rows
///    32  i64 first ts              40  i64 last ts          48  u64 FNV-1a of the symbol
///    56  u32 bar unit              60  u32 price source     64  i64 bar step
///    72  columns x { u64 offset, u32 crc32c, u32 zero }
///     .  zeros up to the last 4 bytes, which are the crc32c of all before them
///
/// Then the columns, each at a multiple of 64 and padded to one with zeros that its crc32c covers.
struct SegmentHeader {
    struct Column {
        std::uint64_t offset = 0;
        std::uint32_t crc = 0;

        friend bool operator==(const Column&, const Column&) = default;
    };

    ports::SeriesKind kind = ports::SeriesKind::bar;
    BarSpec spec;
    std::uint64_t symbol_hash = 0;
    std::uint64_t rows = 0;
    Timestamp first;
    Timestamp last;
    std::size_t column_count = 0;
    std::array<Column, ports::kColumnsMax> columns{};

    [[nodiscard]] std::size_t header_bytes() const;
    [[nodiscard]] std::size_t column_bytes() const;  ///< with the padding
    [[nodiscard]] std::size_t file_bytes() const {
        return header_bytes() + column_count * column_bytes();
    }

    friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

/// Decodes and checks a header; the error is what is wrong with it. Never reads past `bytes`.
[[nodiscard]] std::expected<SegmentHeader, std::string> decode_header(
    std::span<const std::byte> bytes);
[[nodiscard]] std::vector<std::byte> encode_header(const SegmentHeader& header);

/// The header of these rows with its checksums. `rows` has 1 to kSegmentRowsMax rows.
[[nodiscard]] SegmentHeader describe_rows(const ports::SeriesKey& key, const ports::Chunk& rows);
/// Writes a segment to `path` and has the system start putting it on the disk. The file is not
/// durable yet.
[[nodiscard]] Result write_segment(const std::string& path, const SegmentHeader& header,
                                   const ports::Chunk& rows);
/// "<first>-<last>-<rows>-<crc of header>.twc": the same name is the same content.
[[nodiscard]] std::string segment_name(const SegmentHeader& header);

/// An open segment; its columns are the file's own bytes.
class Segment {
public:
    /// Checks the header and the file's size. With `check_columns`, the checksum of every column
    /// too.
    [[nodiscard]] static std::expected<Segment, Error> open(const std::string& path,
                                                            const ports::SeriesKey& key,
                                                            bool check_columns);
    [[nodiscard]] const SegmentHeader& header() const { return header_; }
    [[nodiscard]] ports::Chunk rows() const;

private:
    Segment(disk::Mapping mapping, const SegmentHeader& header)
        : mapping_(std::move(mapping)), header_(header) {}

    disk::Mapping mapping_;
    SegmentHeader header_;
};

}  // namespace tradewind::catalog
