// SPDX-License-Identifier: Apache-2.0
#include "adapters/features/feature_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "base/try.hpp"

namespace tradewind::features {
namespace {

// The columns are used in place, so a machine of the other byte order would need a copying reader.
static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "TWFEAT\r\n";
constexpr std::string_view kCommitMagic = "TWROWS\r\n";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kFixedBytes = 32;
constexpr std::size_t kHeaderBytesMax = std::size_t{256} << 20;
constexpr std::size_t kCrcBytes = sizeof(std::uint32_t);

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

bool begins_with(std::span<const std::byte> bytes, std::string_view magic) {
    return bytes.size() >= magic.size() &&
           std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

// --- the text ------------------------------------------------------------------------------------

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\\\";
        } else if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out;
}

std::optional<std::string> unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        if (++i == text.size() || (text[i] != '\\' && text[i] != 'n')) return std::nullopt;
        out += text[i] == 'n' ? '\n' : '\\';
    }
    return out;
}

/// Up to a character, which is taken too; nullopt where it is not there.
std::optional<std::string_view> take_until(std::string_view& text, char end) {
    const std::size_t at = text.find(end);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view out = text.substr(0, at);
    text.remove_prefix(at + 1);
    return out;
}

/// The rest of a line that begins with a word.
std::optional<std::string_view> take_line(std::string_view& text, std::string_view word) {
    auto line = take_until(text, '\n');
    if (!line || !line->starts_with(word) || line->size() <= word.size() ||
        (*line)[word.size()] != ' ') {
        return std::nullopt;
    }
    return line->substr(word.size() + 1);
}

template <typename Int>
std::optional<Int> whole(std::string_view text) {
    Int value{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || std::to_string(value) != text) return std::nullopt;
    return value;
}

std::string encode_text(const FileHeader& header) {
    std::string out =
        fmt::format("symbol {}\nbars {}\nhash {}\nfunctions {}\nlabel {}\n", header.key.symbol,
                    to_string(header.key.spec), header.key.schema_hash,
                    header.schema.functions_version, escaped(header.schema.label));
    for (const ports::FeatureColumn& column : header.schema.columns) {
        out += fmt::format("feature {} {} {}\n", column.name, column.lookback,
                           escaped(column.expression));
    }
    return out;
}

std::optional<ports::FeatureColumn> parse_feature(std::string_view line) {
    const auto name = take_until(line, ' '), lookback = take_until(line, ' ');
    if (!name || name->empty() || !lookback) return std::nullopt;
    const auto rows = whole<std::uint64_t>(*lookback);
    auto expression = unescaped(line);
    if (!rows || !expression) return std::nullopt;
    return ports::FeatureColumn{
        .name = std::string{*name}, .expression = std::move(*expression), .lookback = *rows};
}

bool is_hash(std::string_view text) {
    return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

std::optional<FileHeader> decode_text(std::string_view text, std::size_t features) {
    const auto symbol = take_line(text, "symbol"), bars = take_line(text, "bars"),
               hash = take_line(text, "hash"), functions = take_line(text, "functions"),
               label = take_line(text, "label");
    if (!symbol || symbol->empty() || !bars || !hash || !is_hash(*hash) || !functions || !label) {
        return std::nullopt;
    }
    const auto spec = parse_bar_spec(*bars);
    const auto version = whole<std::uint32_t>(*functions);
    auto name = unescaped(*label);
    // a spec has several spellings, a file only ours
    if (!spec || to_string(*spec) != *bars || !version || !name) return std::nullopt;
    FileHeader out{
        .key = {.schema_hash = std::string{*hash}, .symbol = std::string{*symbol}, .spec = *spec},
        .schema = {.label = std::move(*name), .functions_version = *version, .columns = {}}};
    for (std::size_t i = 0; i < features; ++i) {
        const auto line = take_line(text, "feature");
        auto column = line ? parse_feature(*line) : std::nullopt;
        if (!column) return std::nullopt;
        out.schema.columns.push_back(std::move(*column));
    }
    return text.empty() ? std::optional{std::move(out)} : std::nullopt;
}

}  // namespace

// --- header and commit ---------------------------------------------------------------------------

std::vector<std::byte> encode_header(const FileHeader& header) {
    const std::string text = encode_text(header);
    const std::size_t least = kFixedBytes + text.size() + kCrcBytes;
    std::vector<std::byte> out((least + kPageBytes - 1) / kPageBytes * kPageBytes);
    std::memcpy(out.data(), kMagic.data(), kMagic.size());
    put(out, 8, kVersion);
    put(out, 12, static_cast<std::uint32_t>(out.size()));
    put(out, 16, static_cast<std::uint32_t>(header.schema.columns.size()));
    put(out, 20, static_cast<std::uint32_t>(kBlockRows));
    put(out, 24, static_cast<std::uint64_t>(text.size()));
    std::memcpy(out.data() + kFixedBytes, text.data(), text.size());
    const std::size_t crc_at = out.size() - kCrcBytes;
    put(out, crc_at, base::crc32c(std::span{out}.first(crc_at)));
    return out;
}

std::expected<ReadHeader, std::string> decode_header(std::span<const std::byte> bytes) {
    if (!begins_with(bytes, kMagic) || bytes.size() < kFixedBytes) {
        return std::unexpected("does not begin like a file of features");
    }
    // before the checksum: another version may lay out its header otherwise
    if (const auto version = get<std::uint32_t>(bytes, 8); version != kVersion) {
        return std::unexpected(
            fmt::format("has format version {}, this program reads {}", version, kVersion));
    }
    const std::size_t header_bytes = get<std::uint32_t>(bytes, 12);
    if (header_bytes < kPageBytes || header_bytes % kPageBytes != 0 ||
        header_bytes > kHeaderBytesMax) {
        return std::unexpected("has a header of an impossible length");
    }
    if (header_bytes > bytes.size()) return std::unexpected("is cut off");
    const std::size_t crc_at = header_bytes - kCrcBytes;
    if (get<std::uint32_t>(bytes, crc_at) != base::crc32c(bytes.first(crc_at))) {
        return std::unexpected("the checksum of the header does not match");
    }
    const std::size_t features = get<std::uint32_t>(bytes, 16);
    const auto text_bytes = get<std::uint64_t>(bytes, 24);
    if (features < 1 || features > kColumnsMax || get<std::uint32_t>(bytes, 20) != kBlockRows ||
        text_bytes > crc_at - kFixedBytes) {
        return std::unexpected("has an impossible header");
    }
    const auto text = bytes.subspan(kFixedBytes, static_cast<std::size_t>(text_bytes));
    auto header = decode_text({reinterpret_cast<const char*>(text.data()), text.size()}, features);
    if (!header) return std::unexpected("has a header that cannot be read");
    return ReadHeader{.header = std::move(*header),
                      .layout = {.header_bytes = header_bytes, .features = features}};
}

std::vector<std::byte> encode_commit(const Commit& commit) {
    std::vector<std::byte> out(kCommitBytes);
    std::memcpy(out.data(), kCommitMagic.data(), kCommitMagic.size());
    put(out, 8, commit.rows);
    put(out, 16, commit.first.ns);
    put(out, 24, commit.last.ns);
    put(out, 32, commit.partial_crc);
    put(out, kCommitBytes - kCrcBytes,
        base::crc32c(std::span{out}.first(kCommitBytes - kCrcBytes)));
    return out;
}

std::expected<Commit, std::string> decode_commit(std::span<const std::byte> bytes) {
    if (bytes.size() < kCommitBytes) return std::unexpected("is cut off");
    if (!begins_with(bytes, kCommitMagic) ||
        get<std::uint32_t>(bytes, kCommitBytes - kCrcBytes) !=
            base::crc32c(bytes.first(kCommitBytes - kCrcBytes))) {
        return std::unexpected("the checksum of the number of rows does not match");
    }
    const Commit out{.rows = get<std::uint64_t>(bytes, 8),
                     .first = {get<std::int64_t>(bytes, 16)},
                     .last = {get<std::int64_t>(bytes, 24)},
                     .partial_crc = get<std::uint32_t>(bytes, 32)};
    constexpr std::uint64_t kRowsMax = std::uint64_t{1} << 40;
    if (out.rows < 1 || out.rows > kRowsMax || out.first > out.last ||
        (out.rows % kBlockRows == 0 && out.partial_crc != 0)) {
        return std::unexpected("has an impossible number of rows or span");
    }
    return out;
}

std::uint32_t block_checksum(const Layout& layout, std::span<const std::byte> block,
                             std::size_t rows) {
    ASSERT(rows <= kBlockRows && block.size() >= layout.columns_bytes());
    std::uint32_t crc = 0;
    for (std::size_t column = 0; column <= layout.features; ++column) {
        crc = base::crc32c(block.subspan(column * Layout::column_bytes(), rows * sizeof(double)),
                           crc);
    }
    return crc;
}

// --- an open file --------------------------------------------------------------------------------

Error damaged(const std::string& path, std::string_view what) {
    return {
        .kind = ErrorKind::damaged,
        .text = fmt::format("{}: {}; remove the file and build it again (tradewind features build)",
                            path, what)};
}

std::expected<FeatureFile, Error> FeatureFile::open(const std::string& path) {
    // shared while the commit is read: the writer changes it under the exclusive one
    const disk::Descriptor lock = TRY(disk::share_file(path));
    disk::Mapping mapping = TRY(disk::Mapping::open(path));
    const auto bytes = mapping.bytes();
    auto header = decode_header(bytes);
    if (!header) return std::unexpected(damaged(path, header.error()));
    const Layout& layout = header->layout;
    const auto commit = decode_commit(bytes.subspan(std::min(bytes.size(), layout.commit_at())));
    if (!commit) return std::unexpected(damaged(path, commit.error()));
    if (bytes.size() < layout.file_bytes(commit->rows)) {
        return std::unexpected(damaged(path, "is cut off"));
    }
    return FeatureFile{path, std::move(mapping), std::move(*header), *commit};
}

std::size_t FeatureFile::rows_of(std::size_t block) const {
    const std::uint64_t before = std::uint64_t{block} * kBlockRows;
    return static_cast<std::size_t>(std::min<std::uint64_t>(kBlockRows, commit_.rows - before));
}

ports::FeatureRows FeatureFile::rows(std::size_t block) const {
    const std::byte* base = mapping_.bytes().data();
    // aligned: mappings begin on a page, columns at a multiple of 64
    ports::FeatureRows out{
        .known_at = {reinterpret_cast<const std::int64_t*>(base + layout().column_at(block, 0)),
                     rows_of(block)},
        .columns = {}};
    for (std::size_t i = 0; i < layout().features; ++i) {
        out.columns.push_back(
            reinterpret_cast<const double*>(base + layout().column_at(block, i + 1)));
    }
    return out;
}

Result FeatureFile::check_block(std::size_t block) const {
    const auto bytes = mapping_.bytes().subspan(layout().block_at(block), layout().block_bytes());
    const std::size_t rows_here = rows_of(block);
    const std::uint32_t written = rows_here == kBlockRows
                                      ? get<std::uint32_t>(bytes, layout().columns_bytes())
                                      : commit_.partial_crc;
    if (block_checksum(layout(), bytes, rows_here) != written) {
        return std::unexpected(
            damaged(path_, fmt::format("the checksum of rows {} to {} does not match",
                                       block * kBlockRows, block * kBlockRows + rows_here - 1)));
    }
    const auto known_at = rows(block).known_at;
    const bool begins = block > 0 || known_at.front() == commit_.first.ns;
    const bool ends = block + 1 < blocks() || known_at.back() == commit_.last.ns;
    if (!begins || !ends || !std::is_sorted(known_at.begin(), known_at.end())) {
        return std::unexpected(damaged(path_, "the time of its rows is not what it says"));
    }
    return {};
}

std::string file_of(const ports::FeatureKey& key) {
    std::string out;
    disk::append_file_name(out, key.schema_hash);
    out += '/';
    disk::append_file_name(out, key.symbol);
    out += '/';
    disk::append_file_name(out, to_string(key.spec));
    out += kFileEnding;
    return out;
}

}  // namespace tradewind::features
