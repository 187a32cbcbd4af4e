// SPDX-License-Identifier: Apache-2.0
#include "adapters/catalog/manifest.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <span>

#include "adapters/catalog/instrument_json.hpp"
#include "base/hash.hpp"
#include "base/try.hpp"
#include "disk/files.hpp"

namespace tradewind::catalog {
namespace {

constexpr std::string_view kFirstLine = "tradewind-catalog 1";

std::uint32_t checksum(std::string_view text) {
    return base::crc32c(std::as_bytes(std::span{text.data(), text.size()}));
}

std::string_view take_word(std::string_view& line) {
    const std::size_t at = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, at);
    line.remove_prefix(std::min(at + 1, line.size()));
    return word;
}

template <typename Int>
std::optional<Int> parse_whole(std::string_view text, int radix = 10) {
    Int value{};
    const char* end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, value, radix);
    if (code != std::errc{} || stop != end) return std::nullopt;
    return value;
}

std::optional<ports::SeriesKey> parse_series(std::string_view line) {
    ports::SeriesKey out;
    out.symbol = take_word(line);
    const auto kind = ports::parse_series_kind(take_word(line));
    if (!is_valid_symbol(out.symbol) || !kind) return std::nullopt;
    out.kind = *kind;
    if (out.kind != ports::SeriesKind::bar) {
        return line.empty() ? std::optional{std::move(out)} : std::nullopt;
    }
    const auto spec = parse_bar_spec(line);
    if (!spec) return std::nullopt;
    out.spec = *spec;
    return out;
}

std::optional<SegmentRef> parse_segment(std::string_view line) {
    const auto first = parse_whole<std::int64_t>(take_word(line));
    const auto last = parse_whole<std::int64_t>(take_word(line));
    const auto rows = parse_whole<std::uint64_t>(take_word(line));
    // a name that leads elsewhere was not written by us
    if (!first || !last || !rows || *rows == 0 || *first > *last || line.empty() ||
        line.contains('/') || line.starts_with('.')) {
        return std::nullopt;
    }
    return SegmentRef{.file = std::string{line}, .rows = *rows, .first = {*first}, .last = {*last}};
}

/// Takes the last line off and holds the rest to its checksum.
std::expected<std::string_view, std::string> checked_body(std::string_view text) {
    constexpr std::string_view kEnd = "end ";
    if (!text.ends_with('\n')) return std::unexpected("is cut off");
    const std::size_t before = text.substr(0, text.size() - 1).rfind('\n');
    if (before == std::string_view::npos) return std::unexpected("is cut off");
    std::string_view last = text.substr(before + 1);
    last.remove_suffix(1);
    if (!last.starts_with(kEnd)) return std::unexpected("is cut off");
    const auto crc = parse_whole<std::uint32_t>(last.substr(kEnd.size()), 16);
    const std::string_view body = text.substr(0, before + 1);
    if (!crc || last.size() != kEnd.size() + 8 || *crc != checksum(body)) {
        return std::unexpected("its checksum does not match");
    }
    return body;
}

std::optional<std::string> read_line(std::string_view line, Manifest& out,
                                     std::vector<SegmentRef>*& current) {
    const std::string_view word = take_word(line);
    if (word == "instrument") {
        auto read = instruments_from_json(line);
        if (!read) return read.error();
        Instrument& one = read->front();
        std::string symbol = one.symbol;
        if (!out.instruments.emplace(std::move(symbol), std::move(one)).second) {
            return "names an instrument twice";
        }
        return std::nullopt;
    }
    if (word == "series") {
        auto key = parse_series(line);
        if (!key) return "has a series line that cannot be read";
        const auto [place, is_new] = out.series.try_emplace(std::move(*key));
        current = &place->second;
        return is_new ? std::nullopt : std::optional<std::string>{"names a series twice"};
    }
    if (word == "segment" && current != nullptr) {
        auto segment = parse_segment(line);
        if (!segment) return "has a segment line that cannot be read";
        if (!current->empty() && current->back().last > segment->first) {
            return "has segments that overlap";
        }
        current->push_back(std::move(*segment));
        return std::nullopt;
    }
    return "has a line that cannot be read";
}

}  // namespace

std::string encode_manifest(const Manifest& manifest) {
    std::string out = fmt::format("{}\n", kFirstLine);
    for (const auto& [symbol, instrument] : manifest.instruments) {
        out += fmt::format("instrument {}\n", instrument_to_json(instrument));
    }
    for (const auto& [key, segments] : manifest.series) {
        out += fmt::format("series {}\n", ports::to_string(key));
        for (const SegmentRef& s : segments) {
            out += fmt::format("segment {} {} {} {}\n", s.first.ns, s.last.ns, s.rows, s.file);
        }
    }
    out += fmt::format("end {:08x}\n", checksum(out));
    return out;
}

std::expected<Manifest, std::string> decode_manifest(std::string_view text) {
    std::string_view body = TRY(checked_body(text));
    const auto take_line = [&body] {
        const std::size_t at = body.find('\n');
        const std::string_view line = body.substr(0, at);
        body.remove_prefix(at + 1);
        return line;
    };
    if (body.empty() || take_line() != kFirstLine) {
        return std::unexpected("was written by another version of this program");
    }
    Manifest out;
    std::vector<SegmentRef>* current = nullptr;
    while (!body.empty()) {
        if (auto problem = read_line(take_line(), out, current)) {
            return std::unexpected(std::move(*problem));
        }
    }
    return out;
}

std::string series_directory(const ports::SeriesKey& key) {
    std::string out = "data/";
    disk::append_file_name(out, key.symbol);
    out += '/';
    out += ports::to_string(key.kind);
    if (key.kind == ports::SeriesKind::bar) {
        out += '-';
        disk::append_file_name(out, to_string(key.spec));
    }
    return out;
}

}  // namespace tradewind::catalog
