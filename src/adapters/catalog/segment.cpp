// SPDX-License-Identifier: Apache-2.0
#include "adapters/catalog/segment.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "base/try.hpp"

namespace tradewind::catalog {
namespace {

// The columns are used in place, so a machine of the other byte order would need a copying reader.
static_assert(std::endian::native == std::endian::little);

using ports::Chunk;
using ports::SeriesKind;

constexpr std::string_view kMagic = "TWCSEG\r\n";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kFixedBytes = 72;
constexpr std::size_t kColumnEntryBytes = 16;

constexpr std::size_t padded(std::size_t bytes) {
    return (bytes + kColumnAlignment - 1) / kColumnAlignment * kColumnAlignment;
}

template <typename Int>
void put(std::vector<std::byte>& out, std::size_t at, Int value) {
    std::memcpy(out.data() + at, &value, sizeof value);
}

template <typename Int>
Int get(std::span<const std::byte> bytes, std::size_t at) {
    Int value{};
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

std::optional<SeriesKind> known_kind(std::uint32_t number) {
    if (number < 1 || number > static_cast<std::uint32_t>(SeriesKind::book_order)) {
        return std::nullopt;
    }
    const auto kind = static_cast<SeriesKind>(number);
    return ports::column_count(kind) == 0 ? std::nullopt : std::optional{kind};
}

/// Zeros that pad a column.
constexpr std::array<std::byte, kColumnAlignment> kZeros{};

std::span<const std::byte> padding(std::size_t column_bytes) {
    return std::span{kZeros}.first(padded(column_bytes) - column_bytes);
}

Error damaged(const std::string& path, std::string_view what) {
    return {.kind = ErrorKind::damaged,
            .text = fmt::format(
                "{}: {}; restore it from a backup or import its source again with --replace", path,
                what)};
}

/// How many columns are worth writing: one that may be missing is, where all of it is 0.
std::size_t columns_told(SeriesKind kind, const Chunk& rows) {
    const std::size_t required = ports::column_count(kind);
    if (required == ports::column_count_max(kind) || rows.columns[required] == nullptr) {
        return required;
    }
    const auto column = rows.column(required);
    const bool any = std::any_of(column.begin(), column.end(), [](auto v) { return v != 0; });
    return any ? required + 1 : required;
}

std::uint32_t checksum(std::span<const std::int64_t> column) {
    const auto bytes = std::as_bytes(column);
    return base::crc32c(padding(bytes.size()), base::crc32c(bytes));
}

}  // namespace

std::size_t SegmentHeader::header_bytes() const {
    return padded(kFixedBytes + column_count * kColumnEntryBytes + sizeof(std::uint32_t));
}

std::size_t SegmentHeader::column_bytes() const { return padded(rows * sizeof(std::int64_t)); }

std::vector<std::byte> encode_header(const SegmentHeader& header) {
    std::vector<std::byte> out(header.header_bytes());
    std::memcpy(out.data(), kMagic.data(), kMagic.size());
    put(out, 8, kVersion);
    put(out, 12, static_cast<std::uint32_t>(out.size()));
    put(out, 16, static_cast<std::uint32_t>(header.kind));
    put(out, 20, static_cast<std::uint32_t>(header.column_count));
    put(out, 24, header.rows);
    put(out, 32, header.first.ns);
    put(out, 40, header.last.ns);
    put(out, 48, header.symbol_hash);
    put(out, 56, static_cast<std::uint32_t>(header.spec.unit));
    put(out, 60, static_cast<std::uint32_t>(header.spec.source));
    put(out, 64, header.spec.step);
    for (std::size_t i = 0; i < header.column_count; ++i) {
        put(out, kFixedBytes + i * kColumnEntryBytes, header.columns[i].offset);
        put(out, kFixedBytes + i * kColumnEntryBytes + 8, header.columns[i].crc);
    }
    const std::size_t crc_at = out.size() - sizeof(std::uint32_t);
    put(out, crc_at, base::crc32c(std::span{out}.first(crc_at)));
    return out;
}

std::expected<SegmentHeader, std::string> decode_header(std::span<const std::byte> bytes) {
    if (bytes.size() < kFixedBytes) return std::unexpected("is too short for a header");
    if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
        return std::unexpected("does not begin like a catalog segment");
    }
    const auto header_bytes = get<std::uint32_t>(bytes, 12);
    const std::size_t longest = padded(kFixedBytes + ports::kColumnsMax * kColumnEntryBytes + 4);
    if (header_bytes < kFixedBytes + 4 || header_bytes > longest || header_bytes > bytes.size()) {
        return std::unexpected("has a header of an impossible length");
    }
    const std::size_t crc_at = header_bytes - sizeof(std::uint32_t);
    if (get<std::uint32_t>(bytes, crc_at) != base::crc32c(bytes.first(crc_at))) {
        return std::unexpected("the checksum of the header does not match");
    }
    if (const auto version = get<std::uint32_t>(bytes, 8); version != kVersion) {
        return std::unexpected(
            fmt::format("has format version {}, this program reads {}", version, kVersion));
    }
    SegmentHeader out;
    const auto kind = known_kind(get<std::uint32_t>(bytes, 16));
    if (!kind) return std::unexpected("holds a kind of rows that this program does not know");
    out.kind = *kind;
    out.column_count = get<std::uint32_t>(bytes, 20);
    out.rows = get<std::uint64_t>(bytes, 24);
    out.first = {get<std::int64_t>(bytes, 32)};
    out.last = {get<std::int64_t>(bytes, 40)};
    out.symbol_hash = get<std::uint64_t>(bytes, 48);
    const auto unit = get<std::uint32_t>(bytes, 56), source = get<std::uint32_t>(bytes, 60);
    if (out.column_count != ports::column_count(out.kind) &&
        out.column_count != ports::column_count_max(out.kind)) {
        return std::unexpected("has the wrong number of columns for its kind");
    }
    if (out.rows < 1 || out.rows > kSegmentRowsMax || out.first > out.last) {
        return std::unexpected("has an impossible number of rows or span");
    }
    if (unit > static_cast<std::uint32_t>(kLastBarUnit) ||
        source > static_cast<std::uint32_t>(PriceSource::mid)) {
        return std::unexpected("holds a kind of bar that this program does not know");
    }
    out.spec = {.unit = static_cast<BarUnit>(unit),
                .source = static_cast<PriceSource>(source),
                .step = get<std::int64_t>(bytes, 64)};
    if (header_bytes != out.header_bytes()) {
        return std::unexpected("has a header of the wrong length");
    }
    for (std::size_t i = 0; i < out.column_count; ++i) {
        out.columns[i] = {
            .offset = get<std::uint64_t>(bytes, kFixedBytes + i * kColumnEntryBytes),
            .crc = get<std::uint32_t>(bytes, kFixedBytes + i * kColumnEntryBytes + 8)};
        if (out.columns[i].offset != out.header_bytes() + i * out.column_bytes()) {
            return std::unexpected("has a column in the wrong place");
        }
    }
    return out;
}

SegmentHeader describe_rows(const ports::SeriesKey& key, const Chunk& rows) {
    ASSERT(rows.rows > 0 && rows.rows <= kSegmentRowsMax);
    const auto ts = rows.column(ports::kTs);
    SegmentHeader out{.kind = key.kind,
                      .spec = key.spec,
                      .symbol_hash = base::fnv1a(key.symbol),
                      .rows = rows.rows,
                      .first = {ts.front()},
                      .last = {ts.back()},
                      .column_count = columns_told(key.kind, rows),
                      .columns = {}};
    for (std::size_t i = 0; i < out.column_count; ++i) {
        out.columns[i] = {.offset = out.header_bytes() + i * out.column_bytes(),
                          .crc = checksum(rows.column(i))};
    }
    return out;
}

Result write_segment(const std::string& path, const SegmentHeader& header, const Chunk& rows) {
    const disk::Descriptor fd = TRY(disk::create_file(path));
    TRY_VOID(disk::write_all(fd, encode_header(header), path));
    for (std::size_t i = 0; i < header.column_count; ++i) {
        const auto bytes = std::as_bytes(rows.column(i));
        TRY_VOID(disk::write_all(fd, bytes, path));
        TRY_VOID(disk::write_all(fd, padding(bytes.size()), path));
    }
    // a hint only: commit waits for the disk, and by then it is mostly done
    ::sync_file_range(fd.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
    return {};
}

std::string segment_name(const SegmentHeader& header) {
    const std::vector<std::byte> bytes = encode_header(header);
    return fmt::format("{}-{}-{}-{:08x}.twc", header.first.ns, header.last.ns, header.rows,
                       get<std::uint32_t>(bytes, bytes.size() - sizeof(std::uint32_t)));
}

std::expected<Segment, Error> Segment::open(const std::string& path, const ports::SeriesKey& key,
                                            bool check_columns) {
    disk::Mapping mapping = TRY(disk::Mapping::open(path));
    const auto header = decode_header(mapping.bytes());
    if (!header) return std::unexpected(damaged(path, header.error()));
    if (mapping.bytes().size() != header->file_bytes()) {
        return std::unexpected(
            damaged(path, fmt::format("has {} bytes, should have {}", mapping.bytes().size(),
                                      header->file_bytes())));
    }
    if (header->kind != key.kind || header->spec != key.spec ||
        header->symbol_hash != base::fnv1a(key.symbol)) {
        return std::unexpected(damaged(path, "holds rows of another series"));
    }
    Segment out{std::move(mapping), *header};
    if (!check_columns) return out;
    const Chunk rows = out.rows();
    const auto names = ports::column_names(key.kind);
    for (std::size_t i = 0; i < header->column_count; ++i) {
        const auto bytes =
            out.mapping_.bytes().subspan(header->columns[i].offset, header->column_bytes());
        if (base::crc32c(bytes) != header->columns[i].crc) {
            return std::unexpected(
                damaged(path, fmt::format("the checksum of column '{}' does not match", names[i])));
        }
    }
    const auto ts = rows.column(ports::kTs);
    if (ts.front() != header->first.ns || ts.back() != header->last.ns) {
        return std::unexpected(damaged(path, "column 'ts' does not span what the header says"));
    }
    return out;
}

Chunk Segment::rows() const {
    Chunk out{.rows = header_.rows, .columns = {}};
    for (std::size_t i = 0; i < header_.column_count; ++i) {
        // aligned: mappings begin on a page, columns at a multiple of 64
        out.columns[i] = reinterpret_cast<const std::int64_t*>(mapping_.bytes().data() +
                                                               header_.columns[i].offset);
    }
    return out;
}

}  // namespace tradewind::catalog
