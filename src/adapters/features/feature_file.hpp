// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "disk/files.hpp"
#include "ports/feature_store.hpp"

namespace tradewind::features {

using disk::Error;
using disk::ErrorKind;
using disk::Result;

/// Rows of one block; the last block of a file may hold fewer.
inline constexpr std::size_t kBlockRows = 1024;
inline constexpr std::size_t kPageBytes = 4096;
inline constexpr std::size_t kColumnsMax = 100'000;  ///< features of one file
inline constexpr std::string_view kFileEnding = ".twf";

/// What a file holds, written once. The first bytes of the file, little-endian:
///
///     0  magic "TWFEAT\r\n"     8  u32 version     12  u32 bytes of the header, whole pages
///    16  u32 features          20  u32 rows of a block      24  u64 bytes of the text
///    32  the text
///     .  zeros up to the last 4 bytes, which are the crc32c of all before them
///
/// The text is lines: "symbol S", "bars 1d", "hash H", "functions V", "label L" and, for each
/// feature in order, "feature NAME LOOKBACK EXPRESSION"; a '\' or a line's end inside a label or an
/// expression is written "\\" or "\n".
struct FileHeader {
    ports::FeatureKey key;
    ports::FeatureSchema schema;

    friend bool operator==(const FileHeader&, const FileHeader&) = default;
};

/// One page after the header: how many rows there are. Only ever written after the rows are
/// durable; its 64 bytes lie in one sector of the disk, so there is the old one or the new one.
///
///     0  magic "TWROWS\r\n"   8  u64 rows   16  i64 first known_at   24  i64 last known_at
///    32  u32 crc32c of the rows of a last block that is not full     36  zeros
///    60  u32 crc32c of the 60 bytes before
struct Commit {
    std::uint64_t rows = 0;
    Timestamp first;
    Timestamp last;
    std::uint32_t partial_crc = 0;  ///< 0 where the last block is full

    friend bool operator==(const Commit&, const Commit&) = default;
};
inline constexpr std::size_t kCommitBytes = 64;

/// Then blocks: a column of i64 known_at and one of doubles for each feature, kBlockRows x 8 bytes
/// each, then 64 bytes that begin with the u32 crc32c of the block's columns, once it is full.
/// What the commit does not count is no part of the file, whatever stands there.
struct Layout {
    std::size_t header_bytes = 0;
    std::size_t features = 0;

    [[nodiscard]] static constexpr std::size_t column_bytes() {
        return kBlockRows * sizeof(double);
    }
    [[nodiscard]] std::size_t columns_bytes() const { return (features + 1) * column_bytes(); }
    [[nodiscard]] std::size_t block_bytes() const { return columns_bytes() + 64; }
    [[nodiscard]] std::size_t commit_at() const { return header_bytes; }
    [[nodiscard]] std::size_t block_at(std::size_t block) const {
        return header_bytes + kPageBytes + block * block_bytes();
    }
    /// Of the time for column 0, of feature i for column i + 1.
    [[nodiscard]] std::size_t column_at(std::size_t block, std::size_t column) const {
        return block_at(block) + column * column_bytes();
    }
    [[nodiscard]] std::size_t file_bytes(std::uint64_t rows) const {
        return block_at((rows + kBlockRows - 1) / kBlockRows);
    }
};

[[nodiscard]] std::vector<std::byte> encode_header(const FileHeader& header);
/// A header, and where its file's parts lie.
struct ReadHeader {
    FileHeader header;
    Layout layout;
};
/// The error says what is wrong. Never reads past `bytes`.
[[nodiscard]] std::expected<ReadHeader, std::string> decode_header(
    std::span<const std::byte> bytes);

[[nodiscard]] std::vector<std::byte> encode_commit(const Commit& commit);
[[nodiscard]] std::expected<Commit, std::string> decode_commit(std::span<const std::byte> bytes);

/// The checksum of a block's first rows: of the time, then of each feature.
[[nodiscard]] std::uint32_t block_checksum(const Layout& layout, std::span<const std::byte> block,
                                           std::size_t rows);

/// An open file; its columns are the file's own bytes.
class FeatureFile {
public:
    /// Checks the header, the commit and the size; blocks are checked by `check_block`.
    [[nodiscard]] static std::expected<FeatureFile, Error> open(const std::string& path);

    [[nodiscard]] const FileHeader& header() const { return header_.header; }
    [[nodiscard]] const Layout& layout() const { return header_.layout; }
    [[nodiscard]] const Commit& commit() const { return commit_; }
    [[nodiscard]] std::size_t blocks() const {
        return static_cast<std::size_t>((commit_.rows + kBlockRows - 1) / kBlockRows);
    }
    [[nodiscard]] std::size_t rows_of(std::size_t block) const;
    [[nodiscard]] ports::FeatureRows rows(std::size_t block) const;
    /// Checksum, and that time goes on.
    [[nodiscard]] Result check_block(std::size_t block) const;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    FeatureFile(std::string path, disk::Mapping mapping, ReadHeader header, Commit commit)
        : path_(std::move(path)),
          mapping_(std::move(mapping)),
          header_(std::move(header)),
          commit_(commit) {}

    std::string path_;
    disk::Mapping mapping_;
    ReadHeader header_;
    Commit commit_;
};

/// "6f0c.../SPY.ARCA/1d.twf": where the file of a series lies. What a file's name cannot hold is
/// written as %XX.
[[nodiscard]] std::string file_of(const ports::FeatureKey& key);

[[nodiscard]] Error damaged(const std::string& path, std::string_view what);

}  // namespace tradewind::features
