// SPDX-License-Identifier: Apache-2.0
#include "adapters/catalog/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "adapters/catalog/segment.hpp"
#include "base/try.hpp"

namespace tradewind::catalog {
namespace {

constexpr std::size_t kManifestBytesMax = std::size_t{256} << 20;

ports::HistoryError as_history_error(Error error) {
    return {.kind = error.kind == ErrorKind::damaged ? ports::HistoryErrorKind::damaged
                                                     : ports::HistoryErrorKind::unreadable,
            .text = std::move(error.text)};
}

Error damaged(const std::string& path, std::string_view what) {
    return {.kind = ErrorKind::damaged, .text = fmt::format("{}: {}", path, what)};
}

/// A segment that is what the manifest says, byte for byte where `check_columns`.
std::expected<Segment, Error> open_segment(const std::string& directory, const SegmentRef& ref,
                                           const ports::SeriesKey& key, bool check_columns) {
    const std::string path = directory + "/" + ref.file;
    Segment segment = TRY(Segment::open(path, key, check_columns));
    const SegmentHeader& header = segment.header();
    if (header.rows != ref.rows || header.first != ref.first || header.last != ref.last ||
        segment_name(header) != ref.file) {
        return std::unexpected(damaged(path,
                                       "is not the segment that the MANIFEST names; restore it "
                                       "from a backup"));
    }
    return segment;
}

}  // namespace

std::expected<Manifest, Error> load_manifest(const std::string& path) {
    const std::string file = fmt::format("{}/{}", path, kManifestName);
    const auto text = TRY(disk::read_file(file, kManifestBytesMax));
    if (!text) {
        return std::unexpected(
            Error{.kind = ErrorKind::bad_input,
                  .text = fmt::format("{}: is no catalog (it has no {}); make one with "
                                      "`tradewind data import` or `tradewind data generate`",
                                      path, kManifestName)});
    }
    auto manifest = decode_manifest(*text);
    if (!manifest) {
        return std::unexpected(damaged(file, manifest.error() + "; restore it from a backup"));
    }
    return std::move(*manifest);
}

/// Maps one segment at a time, so that a series of any length takes little memory.
class Catalog::Reader final : public ports::ChunkReader {
public:
    struct Span {
        Timestamp from;
        Timestamp to;
    };
    Reader(const ports::SeriesKey& key, const Entry& entry, Span span)
        : key_(key), entry_(&entry), span_(span) {
        const auto& all = *entry.segments;
        next_ = static_cast<std::size_t>(
            std::lower_bound(all.begin(), all.end(), span.from,
                             [](const SegmentRef& s, Timestamp t) { return s.last < t; }) -
            all.begin());
    }

    std::expected<std::optional<ports::Chunk>, ports::HistoryError> next() override {
        while (true) {
            open_.reset();
            if (next_ >= entry_->segments->size()) return std::nullopt;
            const SegmentRef& ref = (*entry_->segments)[next_];
            if (ref.first >= span_.to) return std::nullopt;
            std::atomic<bool>& verified = entry_->verified[next_];
            auto segment = open_segment(entry_->directory, ref, key_,
                                        !verified.load(std::memory_order_relaxed));
            if (!segment) return std::unexpected(as_history_error(std::move(segment).error()));
            verified.store(true, std::memory_order_relaxed);
            open_.emplace(std::move(*segment));
            ++next_;
            const ports::Chunk rows = ports::slice(open_->rows(), span_.from, span_.to);
            if (rows.rows > 0) return rows;
        }
    }

private:
    ports::SeriesKey key_;
    const Entry* entry_;
    Span span_;
    std::size_t next_ = 0;
    std::optional<Segment> open_;
};

Catalog::Catalog(std::string path, Manifest manifest, std::optional<disk::Descriptor> reader_lock)
    : path_(std::move(path)), manifest_(std::move(manifest)), reader_lock_(std::move(reader_lock)) {
    for (const auto& [key, segments] : manifest_.series) {
        if (segments.empty()) continue;
        ports::Series one{
            .key = key, .rows = 0, .first = segments.front().first, .last = segments.back().last};
        for (const SegmentRef& s : segments) one.rows += s.rows;
        series_.push_back(std::move(one));
        entries_.emplace(key,
                         Entry{.segments = &segments,
                               .directory = path_ + "/" + series_directory(key),
                               .verified = std::make_unique<std::atomic<bool>[]>(segments.size())});
    }
}

std::expected<std::unique_ptr<Catalog>, Error> Catalog::open(const std::string& path) {
    // Before the manifest is read, so that no writer removes what it names. A catalog that cannot
    // be written has no writers: there the lock may fail.
    auto reader_lock = disk::try_lock_file(path + "/READERS", disk::LockKind::shared);
    Manifest manifest = TRY(load_manifest(path));
    return std::unique_ptr<Catalog>{new Catalog{path, std::move(manifest), std::move(reader_lock)}};
}

const Instrument* Catalog::find_instrument(std::string_view symbol) const {
    const auto found = manifest_.instruments.find(symbol);
    return found == manifest_.instruments.end() ? nullptr : &found->second;
}

std::vector<const Instrument*> Catalog::instruments() const {
    std::vector<const Instrument*> out;
    for (const auto& [symbol, instrument] : manifest_.instruments) out.push_back(&instrument);
    return out;
}

std::string Catalog::content_of(const ports::SeriesKey& key) const {
    std::string out;
    const auto found = manifest_.series.find(key);
    if (found == manifest_.series.end()) return out;
    for (const SegmentRef& segment : found->second) out += segment.file + "\n";
    return out;
}

std::uint64_t Catalog::bytes_of(const ports::SeriesKey& key) const {
    const auto found = manifest_.series.find(key);
    if (found == manifest_.series.end()) return 0;
    std::uint64_t bytes = 0;
    for (const SegmentRef& s : found->second) {
        std::error_code missing;
        const auto size =
            std::filesystem::file_size(path_ + "/" + series_directory(key) + "/" + s.file, missing);
        if (!missing) bytes += size;
    }
    return bytes;
}

std::expected<std::unique_ptr<ports::ChunkReader>, ports::HistoryError> Catalog::read(
    const ports::SeriesKey& key, Timestamp from, Timestamp to) const {
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
        return std::unexpected(ports::HistoryError{
            .kind = ports::HistoryErrorKind::unknown_series,
            .text = fmt::format("{}: has no series {}; `tradewind data ls` shows what there is",
                                path_, ports::to_string(key))});
    }
    return std::make_unique<Reader>(key, found->second, Reader::Span{.from = from, .to = to});
}

VerifyReport Catalog::verify() const {
    VerifyReport out;
    for (const auto& [key, entry] : entries_) {
        Timestamp last = kTimestampMin;
        for (const SegmentRef& ref : *entry.segments) {
            ++out.segments;
            out.rows += ref.rows;
            const auto segment = open_segment(entry.directory, ref, key, true);
            if (!segment) {
                out.damage.push_back(segment.error());
                continue;
            }
            out.bytes += segment->header().file_bytes();
            const auto rows = segment->rows();
            const auto ts = rows.column(ports::kTs);
            if (ts.front() < last.ns || !std::is_sorted(ts.begin(), ts.end())) {
                out.damage.push_back(
                    damaged(entry.directory + "/" + ref.file, "column 'ts' goes back in time"));
            }
            last = {ts.back()};
        }
        if (!manifest_.instruments.contains(key.symbol)) {
            out.damage.push_back(
                damaged(path_, fmt::format("series {} has no instrument", ports::to_string(key))));
        }
    }
    return out;
}

}  // namespace tradewind::catalog
