// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "adapters/catalog/catalog.hpp"
#include "adapters/catalog/instrument_json.hpp"
#include "adapters/catalog/segment.hpp"
#include "base/assert.hpp"
#include "base/try.hpp"

namespace tradewind::catalog {
namespace {

using ports::Chunk;
using ports::Columns;
using ports::SeriesKey;
using ports::SeriesKind;

Error refused(std::string text) { return {.kind = ErrorKind::bad_input, .text = std::move(text)}; }

/// A value of a column as a person reads it.
std::string cell_text(SeriesKind kind, std::size_t column, std::int64_t value) {
    if (column == ports::kTs) return to_string(Timestamp{value});
    if (ports::exchange_time_column(kind) == column) {
        return value == 0 ? "not told" : to_string(Timestamp{value});
    }
    const bool plain =
        (kind == SeriesKind::book_level && column != ports::BookLevelColumns::price &&
         column != ports::BookLevelColumns::size) ||
        (kind == SeriesKind::book_order && column != ports::BookOrderColumns::price &&
         column != ports::BookOrderColumns::size) ||
        (kind == SeriesKind::trade && column == ports::TradeColumns::aggressor) ||
        (kind == SeriesKind::corporate_action && column != ports::CorporateActionColumns::amount) ||
        (kind == SeriesKind::funding && column == ports::FundingColumns::has_mark);
    return plain ? fmt::format("{}", value) : base::format_decimal(value, base::kDecimals);
}

Chunk rest_of(const Chunk& chunk, std::size_t from) {
    Chunk out{.rows = chunk.rows - from, .columns = chunk.columns};
    for (const std::int64_t*& column : out.columns) {
        if (column != nullptr) column += from;
    }
    return out;
}

Chunk first_of(const Chunk& chunk, std::size_t rows) {
    Chunk out = chunk;
    out.rows = rows;
    return out;
}

std::int64_t cell(const Chunk& chunk, std::size_t column, std::size_t row) {
    return chunk.columns[column] == nullptr ? 0 : chunk.columns[column][row];
}

/// How many rows at the front of both are equal. A column that is missing counts as zeros.
std::size_t equal_rows(const Chunk& a, const Chunk& b, std::size_t columns) {
    std::size_t rows = std::min(a.rows, b.rows);
    for (std::size_t i = 0; i < columns; ++i) {
        if (a.columns[i] == nullptr || b.columns[i] == nullptr) {
            std::size_t row = 0;
            while (row < rows && cell(a, i, row) == cell(b, i, row)) ++row;
            rows = row;
            continue;
        }
        const auto [stop, other] = std::mismatch(a.columns[i], a.columns[i] + rows, b.columns[i]);
        rows = static_cast<std::size_t>(stop - a.columns[i]);
    }
    return rows;
}

}  // namespace

/// Takes the new rows of one series: compares them with what is stored while they overlap, and puts
/// the rest into segments.
class Transaction::SeriesWriter {
public:
    SeriesWriter(Transaction& owner, const SeriesKey& key)
        : owner_(owner),
          key_(key),
          directory_(owner.path_ + "/" + series_directory(key)),
          stored_(owner.manifest_.series[key]),
          staged_(Columns::widest(key.kind)) {
        change_.key = key;
    }

    Result append(const Chunk& given) {
        if (given.rows == 0) return {};
        TRY_VOID(check_order(given));
        if (!begun_) TRY_VOID(begin({given.column(ports::kTs).front()}));
        change_.last = {given.column(ports::kTs).back()};
        Chunk rows = given;
        if (comparing_) rows = rest_of(rows, TRY(compare(rows)));
        if (rows.rows == 0) return {};
        if (!appending_) TRY_VOID(begin_appending());
        change_.rows_added += rows.rows;
        return stage(rows);
    }

    /// Brings the manifest's list of segments up to date.
    Result finish() {
        if (owner_.overlap_ == Overlap::replace && begun_) TRY_VOID(keep_rows_after());
        if (!appending_) return {};
        TRY_VOID(flush());
        auto& list = owner_.manifest_.series[key_];
        list = kept_before_;
        list.insert(list.end(), written_.begin(), written_.end());
        list.insert(list.end(), kept_after_.begin(), kept_after_.end());
        for (const SegmentRef& old : stored_) {
            const bool stays = std::any_of(list.begin(), list.end(),
                                           [&](const SegmentRef& s) { return s.file == old.file; });
            if (!stays) owner_.superseded_.push_back(directory_ + "/" + old.file);
        }
        return {};
    }

    const SeriesChange& change() const { return change_; }

private:
    Result check_order(const Chunk& rows) {
        const auto ts = rows.column(ports::kTs);
        const std::int64_t step = key_.kind == SeriesKind::bar ? 1 : 0;
        if (begun_ && ts.front() < change_.last.ns + step) return out_of_order(ts.front());
        for (std::size_t i = 1; i < ts.size(); ++i) {
            if (ts[i] < ts[i - 1] + step) return out_of_order(ts[i]);
        }
        return {};
    }

    Result out_of_order(std::int64_t ts) const {
        return std::unexpected(
            refused(fmt::format("{}: the row at {} does not come after the one before it; "
                                "give the rows (and the files) in order of time",
                                ports::to_string(key_), to_string(Timestamp{ts}))));
    }

    Result begin(Timestamp first) {
        begun_ = true;
        change_.first = first;
        if (owner_.overlap_ == Overlap::replace) return begin_replacing(first);
        if (owner_.overlap_ == Overlap::replace_series) {
            for (const SegmentRef& old : stored_) change_.rows_replaced += old.rows;
            return begin_appending();
        }
        comparing_ = !stored_.empty() && first <= stored_.back().last;
        if (!comparing_) return {};
        next_stored_ = segment_reaching(first);
        TRY_VOID(load_next_stored());
        old_rows_ = ports::slice(old_rows_, first, kTimestampMax);
        return {};
    }

    /// Index of the first stored segment whose last ts is not before `t`.
    std::size_t segment_reaching(Timestamp t) const {
        return static_cast<std::size_t>(
            std::lower_bound(stored_.begin(), stored_.end(), t,
                             [](const SegmentRef& s, Timestamp at) { return s.last < at; }) -
            stored_.begin());
    }

    std::expected<Segment, Error> open(const SegmentRef& ref) const {
        return Segment::open(directory_ + "/" + ref.file, key_, true);
    }

    Result load_next_stored() {
        old_segment_.reset();
        old_rows_ = {};
        if (next_stored_ == stored_.size()) return {};
        old_segment_.emplace(TRY(open(stored_[next_stored_++])));
        old_rows_ = old_segment_->rows();
        return {};
    }

    /// How many of the rows were compared; ends the comparing where nothing stored is left.
    std::expected<std::size_t, Error> compare(const Chunk& rows) {
        std::size_t done = 0;
        while (done < rows.rows) {
            if (old_rows_.rows == 0) TRY_VOID(load_next_stored());
            if (old_rows_.rows == 0) {
                comparing_ = false;
                break;
            }
            const Chunk ahead = rest_of(rows, done);
            const std::size_t equal =
                equal_rows(ahead, old_rows_, ports::column_count_max(key_.kind));
            done += equal;
            change_.rows_identical += equal;
            if (equal < std::min(ahead.rows, old_rows_.rows)) {
                return std::unexpected(conflict(rest_of(ahead, equal), rest_of(old_rows_, equal)));
            }
            old_rows_ = rest_of(old_rows_, equal);
        }
        return done;
    }

    /// Names the first row that differs.
    Error conflict(const Chunk& fresh, const Chunk& old) const {
        const Timestamp new_ts{fresh.column(ports::kTs).front()},
            old_ts{old.column(ports::kTs).front()};
        std::string what;
        if (new_ts < old_ts) {
            what = fmt::format("the row at {} is not stored, though later ones are",
                               to_string(new_ts));
        } else if (new_ts > old_ts) {
            what =
                fmt::format("the stored row at {} is missing from the new ones", to_string(old_ts));
        } else {
            std::size_t column = 1;
            while (cell(fresh, column, 0) == cell(old, column, 0)) ++column;
            what = fmt::format("at {} the stored {} is {} and the new one {}", to_string(new_ts),
                               ports::column_names(key_.kind)[column],
                               cell_text(key_.kind, column, cell(old, column, 0)),
                               cell_text(key_.kind, column, cell(fresh, column, 0)));
        }
        return refused(
            fmt::format("{}: {}; --replace puts the new rows in place of all that is stored in "
                        "their span",
                        ports::to_string(key_), what));
    }

    /// Rows go behind what is stored. A last segment that is not full is written again with them,
    /// so that small additions do not become thousands of small files.
    Result begin_appending() {
        appending_ = true;
        if (owner_.overlap_ != Overlap::must_be_identical) return {};
        kept_before_ = stored_;
        if (stored_.empty() || stored_.back().rows >= kSegmentRowsMax) return {};
        kept_before_.pop_back();
        const Segment last = TRY(open(stored_.back()));
        staged_.append(last.rows());
        return {};
    }

    Result begin_replacing(Timestamp first) {
        TRY_VOID(begin_appending());
        const std::size_t reaching = segment_reaching(first);
        kept_before_.assign(stored_.begin(),
                            stored_.begin() + static_cast<std::ptrdiff_t>(reaching));
        if (reaching == stored_.size() || stored_[reaching].first >= first) return {};
        const Segment split = TRY(open(stored_[reaching]));
        staged_.append(ports::slice(split.rows(), kTimestampMin, first));
        return {};
    }

    Result keep_rows_after() {
        std::uint64_t stored_in_span = 0;
        const Timestamp after{change_.last.ns + 1};
        for (std::size_t i = kept_before_.size(); i < stored_.size(); ++i) {
            if (stored_[i].first >= after) {
                kept_after_.push_back(stored_[i]);
                continue;
            }
            const Segment segment = TRY(open(stored_[i]));
            stored_in_span += ports::slice(segment.rows(), change_.first, after).rows;
            TRY_VOID(stage(ports::slice(segment.rows(), after, kTimestampMax)));
        }
        change_.rows_replaced = stored_in_span;
        return {};
    }

    Result stage(Chunk rows) {
        while (rows.rows > 0) {
            if (staged_.rows() == 0 && rows.rows >= kSegmentRowsMax) {  // no copy
                TRY_VOID(owner_.write_rows(key_, first_of(rows, kSegmentRowsMax), written_));
                rows = rest_of(rows, kSegmentRowsMax);
                continue;
            }
            const std::size_t n = std::min(rows.rows, kSegmentRowsMax - staged_.rows());
            staged_.append(first_of(rows, n));
            rows = rest_of(rows, n);
            if (staged_.rows() == kSegmentRowsMax) TRY_VOID(flush());
        }
        return {};
    }

    Result flush() {
        if (staged_.rows() == 0) return {};
        TRY_VOID(owner_.write_rows(key_, staged_.view(), written_));
        staged_.clear();
        return {};
    }

    Transaction& owner_;
    SeriesKey key_;
    std::string directory_;
    std::vector<SegmentRef> stored_;
    Columns staged_;
    SeriesChange change_;
    bool begun_ = false;
    bool comparing_ = false;
    bool appending_ = false;
    std::vector<SegmentRef> kept_before_, written_, kept_after_;
    // the stored rows that come next while comparing
    std::size_t next_stored_ = 0;
    std::optional<Segment> old_segment_;
    Chunk old_rows_;
};

Transaction::Transaction(std::string path, Overlap overlap)
    : path_(std::move(path)), overlap_(overlap) {}

Transaction::~Transaction() {
    if (committed_) return;
    for (const NewFile& file : new_files_) disk::remove_file(path_ + "/tmp/" + file.temporary);
    if (visible_) return;
    for (const std::string& path : put_in_place_) disk::remove_file(path);
}

std::expected<std::unique_ptr<Transaction>, Error> Transaction::begin(const std::string& path,
                                                                      Overlap overlap) {
    std::unique_ptr<Transaction> out{new Transaction{path, overlap}};
    TRY_VOID(out->open_or_make());
    return out;
}

Result Transaction::open_or_make() {
    const std::string manifest_path = fmt::format("{}/{}", path_, kManifestName);
    std::vector<std::string> names = TRY(disk::list_directory(path_));
    const std::set<std::string, std::less<>> ours{"LOCK", "READERS", "tmp",
                                                  std::string{kManifestName}};
    const auto foreign = std::find_if(
        names.begin(), names.end(), [&](const std::string& name) { return !ours.contains(name); });
    if (foreign != names.end() && ::access(manifest_path.c_str(), F_OK) != 0) {
        return std::unexpected(refused(fmt::format(
            "{}: is no catalog: it has no {} but holds '{}'; name a new or an empty directory",
            path_, kManifestName, *foreign)));
    }
    TRY_VOID(disk::make_directories(path_));
    lock_ = TRY(disk::lock_file(path_ + "/LOCK", disk::LockKind::exclusive));
    TRY_VOID(disk::make_directories(path_ + "/tmp"));
    TRY_VOID(clean());
    if (::access(manifest_path.c_str(), F_OK) != 0) {
        TRY_VOID(write_manifest());
        visible_ = false;
        return {};
    }
    manifest_ = TRY(load_manifest(path_));
    return {};
}

/// What a writer that was killed left behind.
Result Transaction::clean() {
    for (const std::string& name : TRY(disk::list_directory(path_ + "/tmp"))) {
        disk::remove_file(path_ + "/tmp/" + name);
    }
    return {};
}

const Instrument* Transaction::find_instrument(std::string_view symbol) const {
    const auto found = manifest_.instruments.find(symbol);
    return found == manifest_.instruments.end() ? nullptr : &found->second;
}

Result Transaction::put_instrument(const Instrument& instrument) {
    if (const std::string problem = check_instrument(instrument); !problem.empty()) {
        return std::unexpected(
            refused(fmt::format("instrument {}: {}", instrument.symbol, problem)));
    }
    Instrument stored = instrument;
    stored.id = {};
    manifest_.instruments.insert_or_assign(instrument.symbol, std::move(stored));
    return {};
}

Result Transaction::append(const SeriesKey& key, const Chunk& rows) {
    ASSERT(ports::column_count(key.kind) > 0);
    ASSERT(!committed_);
    if (find_instrument(key.symbol) == nullptr) {
        return std::unexpected(refused(fmt::format("instrument {} is not defined", key.symbol)));
    }
    auto& writer = writers_[key];
    if (writer == nullptr) writer = std::make_unique<SeriesWriter>(*this, key);
    return writer->append(rows);
}

Result Transaction::write_rows(const SeriesKey& key, const Chunk& rows,
                               std::vector<SegmentRef>& into) {
    const SegmentHeader header = describe_rows(key, rows);
    NewFile file{.temporary = fmt::format("{}.tmp", new_files_.size()),
                 .directory = path_ + "/" + series_directory(key),
                 .name = segment_name(header)};
    const std::string path = path_ + "/tmp/" + file.temporary;
    into.push_back(
        {.file = file.name, .rows = rows.rows, .first = header.first, .last = header.last});
    new_files_.push_back(std::move(file));
    bytes_written_ += header.file_bytes();
    return write_segment(path, header, rows);
}

/// Durable first, then under their names; no reader looks at a name that the manifest does not
/// tell.
Result Transaction::put_in_place() {
    std::set<std::string> directories;
    for (const NewFile& file : new_files_) {
        TRY_VOID(disk::sync_path(path_ + "/tmp/" + file.temporary));
        directories.insert(file.directory);
    }
    for (const std::string& directory : directories) TRY_VOID(disk::make_directories(directory));
    for (const NewFile& file : new_files_) {
        const std::string target = file.directory + "/" + file.name;
        const bool is_new = ::access(target.c_str(), F_OK) != 0;
        TRY_VOID(disk::rename_file(path_ + "/tmp/" + file.temporary, target));
        if (is_new)
            put_in_place_.push_back(target);  // else it is the same content under the same name
    }
    for (const std::string& directory : directories) TRY_VOID(disk::sync_path(directory));
    return {};
}

Result Transaction::write_manifest() {
    const std::string text = encode_manifest(manifest_);
    const std::string temporary = path_ + "/tmp/manifest.tmp";
    {
        const disk::Descriptor fd = TRY(disk::create_file(temporary));
        TRY_VOID(
            disk::write_all(fd, std::as_bytes(std::span{text.data(), text.size()}), temporary));
        if (::fsync(fd.get()) != 0) {
            return std::unexpected(disk::system_error(temporary, "cannot make durable", errno));
        }
    }
    TRY_VOID(disk::rename_file(temporary, fmt::format("{}/{}", path_, kManifestName)));
    visible_ = true;
    return disk::sync_path(path_);
}

/// Segments that nothing names any more, from this change and from any that was killed; but not
/// under the eyes of somebody who opened the catalog before.
void Transaction::remove_superseded() {
    const auto no_readers = disk::try_lock_file(path_ + "/READERS", disk::LockKind::exclusive);
    if (!no_readers) return;
    for (const std::string& path : superseded_) disk::remove_file(path);
    for (const auto& [key, writer] : writers_) {
        const std::string directory = path_ + "/" + series_directory(key);
        const auto names = disk::list_directory(directory);
        if (!names) continue;
        std::set<std::string, std::less<>> live;
        for (const SegmentRef& s : manifest_.series[key]) live.insert(s.file);
        for (const std::string& name : *names) {
            if (!live.contains(name) && name.ends_with(".twc"))
                disk::remove_file(directory + "/" + name);
        }
    }
}

std::expected<CommitSummary, Error> Transaction::commit() {
    CommitSummary out;
    for (const auto& [key, writer] : writers_) {
        TRY_VOID(writer->finish());
        out.series.push_back(writer->change());
    }
    std::erase_if(manifest_.series, [](const auto& entry) { return entry.second.empty(); });
    TRY_VOID(put_in_place());
    TRY_VOID(write_manifest());
    committed_ = true;
    remove_superseded();
    out.bytes_written = bytes_written_;
    return out;
}

}  // namespace tradewind::catalog
