// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/catalog/error.hpp"
#include "adapters/catalog/manifest.hpp"
#include "disk/files.hpp"
#include "ports/history.hpp"

namespace tradewind::catalog {

/// What `verify` looked at.
struct VerifyReport {
    std::uint64_t segments = 0;
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    std::vector<Error> damage;  ///< empty: the catalog is whole
};

/// The catalog on disk as it was when it was opened: later commits do not show, and the files that
/// it names stay until it closes. Columns are handed out straight from the mapped files; each
/// segment's checksums are verified the first time that it is read. Reading is safe from several
/// threads.
class Catalog final : public ports::History {
public:
    [[nodiscard]] static std::expected<std::unique_ptr<Catalog>, Error> open(
        const std::string& path);

    [[nodiscard]] std::span<const ports::Series> series() const override { return series_; }
    [[nodiscard]] const Instrument* find_instrument(std::string_view symbol) const override;
    [[nodiscard]] std::expected<std::unique_ptr<ports::ChunkReader>, ports::HistoryError> read(
        const ports::SeriesKey& key, Timestamp from, Timestamp to) const override;

    /// In the order of their symbols.
    [[nodiscard]] std::vector<const Instrument*> instruments() const;
    [[nodiscard]] const std::string& path() const { return path_; }
    /// Bytes that a series takes on the disk, without looking there.
    [[nodiscard]] std::uint64_t bytes_of(const ports::SeriesKey& key) const;
    /// A name for everything that a series holds: equal names, equal rows (segments are named by
    /// their checksums). Empty where there is no such series.
    [[nodiscard]] std::string content_of(const ports::SeriesKey& key) const;

    /// Checks every byte: headers, checksums, sizes, order of time.
    [[nodiscard]] VerifyReport verify() const;

private:
    Catalog(std::string path, Manifest manifest, std::optional<disk::Descriptor> reader_lock);

    struct Entry {
        const std::vector<SegmentRef>* segments = nullptr;
        std::string directory;
        std::unique_ptr<std::atomic<bool>[]> verified;
    };
    class Reader;

    std::string path_;
    Manifest manifest_;
    std::optional<disk::Descriptor> reader_lock_;
    std::vector<ports::Series> series_;
    std::map<ports::SeriesKey, Entry> entries_;
};

/// What a commit did to one series.
struct SeriesChange {
    ports::SeriesKey key;
    std::uint64_t rows_added = 0;
    std::uint64_t rows_identical = 0;  ///< were there already
    std::uint64_t rows_replaced = 0;   ///< superseded by new ones
    Timestamp first;                   ///< span of the rows given
    Timestamp last;
};

struct CommitSummary {
    std::vector<SeriesChange> series;
    std::uint64_t bytes_written = 0;
};

enum class Overlap : std::uint8_t {
    must_be_identical,  ///< rows that differ from what is stored are an error
    replace,            ///< new rows supersede all that is stored from their first to their last ts
    replace_series,     ///< new rows supersede all that is stored of their series
};

/// One change of a catalog: all of it, or nothing. It holds the writers' lock from begin to end;
/// others wait. Killed at any moment it leaves the catalog as it was, with files that the next
/// change cleans away.
class Transaction {
public:
    /// Makes the catalog where there is none (a new or empty directory).
    [[nodiscard]] static std::expected<std::unique_ptr<Transaction>, Error> begin(
        const std::string& path, Overlap overlap = Overlap::must_be_identical);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();

    [[nodiscard]] const Instrument* find_instrument(std::string_view symbol) const;
    /// Adds a definition or puts it in place of the one that is there.
    [[nodiscard]] Result put_instrument(const Instrument& instrument);

    /// Rows of one series, in order of time within the call and from call to call. The series'
    /// instrument must be known. Rows before or among those that are stored must be identical to
    /// them (and are counted), the rest is appended; with Overlap::replace see there.
    [[nodiscard]] Result append(const ports::SeriesKey& key, const ports::Chunk& rows);

    /// Makes everything durable, then visible in one step. Nothing may be called after it.
    [[nodiscard]] std::expected<CommitSummary, Error> commit();

private:
    class SeriesWriter;
    struct NewFile {
        std::string temporary;
        std::string directory;
        std::string name;
    };

    Transaction(std::string path, Overlap overlap);
    Result open_or_make();
    Result clean();
    Result write_rows(const ports::SeriesKey& key, const ports::Chunk& rows,
                      std::vector<SegmentRef>& into);
    Result put_in_place();
    Result write_manifest();
    void remove_superseded();

    std::string path_;
    Overlap overlap_;
    disk::Descriptor lock_;
    Manifest manifest_;
    std::map<ports::SeriesKey, std::unique_ptr<SeriesWriter>> writers_;
    std::vector<NewFile> new_files_;
    std::vector<std::string> superseded_;
    std::uint64_t bytes_written_ = 0;
    std::vector<std::string> put_in_place_;
    bool visible_ = false;  // the new manifest is in place
    bool committed_ = false;
};

}  // namespace tradewind::catalog
