// SPDX-License-Identifier: Apache-2.0
#include "adapters/catalog/repairs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "adapters/catalog/manifest.hpp"
#include "base/sha256.hpp"
#include "base/try.hpp"

namespace tradewind::catalog {
namespace {

using Json = nlohmann::ordered_json;
using ports::Columns;
using ports::SeriesKey;

constexpr int kFormat = 1;
constexpr std::size_t kRecordBytesMax = std::size_t{1} << 30;
constexpr std::string_view kEnding = ".jsonl";

std::string directory_of(const SeriesKey& key) {
    // the same names as the segments have, in a tree of their own
    constexpr std::string_view kData = "data";
    return "repairs" + series_directory(key).substr(kData.size());
}

Json head_json(const RepairRecord& record) {
    const bool is_bar = record.key.kind == ports::SeriesKind::bar;
    return {{"format", kFormat},
            {"instrument", record.key.symbol},
            {"kind", ports::to_string(record.key.kind)},
            {"interval", is_bar ? Json(to_string(record.key.spec)) : Json(nullptr)},
            {"version", record.number},
            {"files", record.files},
            {"rules", record.rules},
            {"columns", ports::column_names(record.key.kind)},
            {"rows_before", record.rows_before},
            {"rows_after", record.rows_after},
            {"digest_before", record.digest_before},
            {"digest_after", record.digest_after},
            {"changes", record.changes.size()}};
}

std::optional<SeriesKey> key_of(const Json& head) {
    const auto kind = ports::parse_series_kind(head.at("kind").get<std::string>());
    if (!kind) return std::nullopt;
    SeriesKey out{.symbol = head.at("instrument").get<std::string>(), .kind = *kind, .spec = {}};
    if (*kind != ports::SeriesKind::bar) return out;
    const auto spec = parse_bar_spec(head.at("interval").get<std::string>());
    if (!spec) return std::nullopt;
    out.spec = *spec;
    return out;
}

std::optional<std::string> read_head(const Json& head, RepairRecord& out, std::size_t& changes) {
    if (head.at("format") != kFormat) return "is of a format that this program does not read";
    const auto key = key_of(head);
    if (!key) return "names no series";
    out.key = *key;
    out.number = head.at("version").get<std::uint64_t>();
    out.files = head.at("files").get<std::vector<std::string>>();
    out.rules = head.at("rules").get<std::vector<std::string>>();
    out.rows_before = head.at("rows_before").get<std::uint64_t>();
    out.rows_after = head.at("rows_after").get<std::uint64_t>();
    out.digest_before = head.at("digest_before").get<std::string>();
    out.digest_after = head.at("digest_after").get<std::string>();
    changes = head.at("changes").get<std::size_t>();
    return std::nullopt;
}

RowChange change_of(const Json& line) {
    RowChange out{.row = line.at("row").get<std::uint64_t>(),
                  .rule = line.at("rule").get<std::string>(),
                  .before = line.at("before").get<std::vector<std::int64_t>>(),
                  .after = std::nullopt};
    if (!line.at("after").is_null()) out.after = line.at("after").get<std::vector<std::int64_t>>();
    return out;
}

std::string_view take_line(std::string_view& text) {
    const std::size_t at = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return line;
}

void append_row(Columns& into, const std::vector<std::int64_t>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) into.columns[i].push_back(cells[i]);
}

void append_row(Columns& into, const Columns& from, std::size_t row) {
    for (std::size_t i = 0; i < from.columns.size(); ++i) {
        into.columns[i].push_back(from.columns[i][row]);
    }
}

bool is_row(const std::vector<std::int64_t>& cells, const Columns& of, std::size_t row) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (cells[i] != of.columns[i][row]) return false;
    }
    return true;
}

}  // namespace

std::string encode_repairs(const RepairRecord& record) {
    std::string out = head_json(record).dump() + "\n";
    for (const RowChange& one : record.changes) {
        out += Json{{"row", one.row},
                    {"rule", one.rule},
                    {"before", one.before},
                    {"after", one.after ? Json(*one.after) : Json(nullptr)}}
                   .dump() +
               "\n";
    }
    return out;
}

std::expected<RepairRecord, std::string> decode_repairs(std::string_view text) {
    RepairRecord out;
    std::size_t changes = 0, line = 0;
    try {
        while (!text.empty()) {
            ++line;
            const Json one = Json::parse(take_line(text));
            if (line > 1) {
                out.changes.push_back(change_of(one));
            } else if (auto problem = read_head(one, out, changes)) {
                return std::unexpected(std::move(*problem));
            }
        }
    } catch (const Json::exception& e) {
        return std::unexpected(fmt::format("line {} cannot be read ({})", line, e.what()));
    }
    if (line == 0) return std::unexpected("is empty");
    if (out.changes.size() != changes) return std::unexpected("is cut off");
    const std::size_t width = ports::column_count_max(out.key.kind);
    for (const RowChange& one : out.changes) {
        if (one.before.size() != width || (one.after && one.after->size() != width)) {
            return std::unexpected("has rows of another width");
        }
    }
    return out;
}

std::string repairs_path(const SeriesKey& key, std::uint64_t number) {
    return fmt::format("{}/{}{}", directory_of(key), number, kEnding);
}

std::expected<std::vector<std::uint64_t>, Error> list_repairs(const std::string& catalog,
                                                              const SeriesKey& key) {
    std::vector<std::uint64_t> out;
    for (const std::string& name : TRY(disk::list_directory(catalog + "/" + directory_of(key)))) {
        if (!name.ends_with(kEnding)) continue;
        std::uint64_t number = 0;
        const char* const end = name.data() + name.size() - kEnding.size();
        const auto [stop, code] = std::from_chars(name.data(), end, number);
        if (code == std::errc{} && stop == end) out.push_back(number);
    }
    std::sort(out.begin(), out.end());
    return out;
}

Result write_repairs(const std::string& catalog, const RepairRecord& record) {
    const std::string directory = catalog + "/" + directory_of(record.key);
    TRY_VOID(disk::make_directories(directory));
    const std::string path = catalog + "/" + repairs_path(record.key, record.number);
    const std::string temporary = path + ".tmp";
    const std::string text = encode_repairs(record);
    {
        const disk::Descriptor fd = TRY(disk::create_file(temporary));
        TRY_VOID(
            disk::write_all(fd, std::as_bytes(std::span{text.data(), text.size()}), temporary));
    }
    TRY_VOID(disk::sync_path(temporary));
    TRY_VOID(disk::rename_file(temporary, path));
    return disk::sync_path(directory);
}

std::expected<RepairRecord, Error> read_repairs(const std::string& catalog, const SeriesKey& key,
                                                std::uint64_t number) {
    const std::string path = catalog + "/" + repairs_path(key, number);
    const auto text = TRY(disk::read_file(path, kRecordBytesMax));
    if (!text) {
        return std::unexpected(Error{.kind = ErrorKind::bad_input,
                                     .text = fmt::format("{}: there is no such file", path)});
    }
    auto record = decode_repairs(*text);
    if (record && record->key == key && record->number == number) return std::move(*record);
    return std::unexpected(Error{
        .kind = ErrorKind::damaged,
        .text =
            fmt::format("{}: {}; restore it from a backup", path,
                        record ? std::string{"is of another series or version"} : record.error())});
}

void remove_repairs(const std::string& catalog, const SeriesKey& key, std::uint64_t number) {
    disk::remove_file(catalog + "/" + repairs_path(key, number));
}

std::string digest_of(const Columns& columns, std::uint64_t rows) {
    base::Sha256 sha;
    for (const auto& column : columns.columns) {
        sha.update(
            std::as_bytes(std::span{column}.first(std::min<std::size_t>(rows, column.size()))));
    }
    return sha.hex();
}

std::optional<Columns> undo_repairs(const RepairRecord& record, const Columns& columns) {
    Columns out;
    out.columns.resize(columns.columns.size());
    std::size_t at = 0;
    for (const RowChange& change : record.changes) {
        if (change.before.size() != columns.columns.size()) return std::nullopt;
        while (out.rows() < change.row) {
            if (at >= columns.rows()) return std::nullopt;
            append_row(out, columns, at++);
        }
        if (out.rows() != change.row) return std::nullopt;
        if (change.after) {
            if (at >= columns.rows() || !is_row(*change.after, columns, at)) return std::nullopt;
            ++at;
        }
        append_row(out, change.before);
    }
    while (at < columns.rows()) append_row(out, columns, at++);
    const bool fits = out.rows() - columns.rows() == record.rows_before - record.rows_after;
    return fits ? std::optional{std::move(out)} : std::nullopt;
}

}  // namespace tradewind::catalog
