// SPDX-License-Identifier: Apache-2.0
#include "adapters/features/feature_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/try.hpp"

namespace tradewind::features {
namespace {

ports::HistoryError as_history_error(Error error) {
    return {.kind = error.kind == ErrorKind::damaged ? ports::HistoryErrorKind::damaged
                                                     : ports::HistoryErrorKind::unreadable,
            .text = std::move(error.text)};
}

std::expected<std::vector<std::string>, Error> folders_in(const std::string& path) {
    std::vector<std::string> out;
    for (std::string& name : TRY(disk::list_directory(path))) {
        std::error_code none;
        if (std::filesystem::is_directory(path + "/" + name, none)) out.push_back(std::move(name));
    }
    return out;
}

/// "HASH/SYMBOL/BARS.twf" of all files.
std::expected<std::vector<std::string>, Error> files_in(const std::string& path) {
    std::vector<std::string> out;
    for (const std::string& hash : TRY(folders_in(path))) {
        for (const std::string& symbol : TRY(folders_in(path + "/" + hash))) {
            const std::string folder = hash + "/" + symbol;
            for (const std::string& name : TRY(disk::list_directory(path + "/" + folder))) {
                if (name.ends_with(kFileEnding)) out.push_back(folder + "/" + name);
            }
        }
    }
    return out;
}

}  // namespace

std::string default_path(const std::string& catalog) { return catalog + "/features"; }

/// A file, and which of its blocks are known to be whole.
class FeatureFolder::Entry {
public:
    explicit Entry(FeatureFile opened)
        : file(std::move(opened)), checked_(std::make_unique<std::atomic<bool>[]>(file.blocks())) {}

    std::expected<ports::FeatureRows, ports::HistoryError> rows(std::size_t block) const {
        if (!checked_[block].load(std::memory_order_relaxed)) {
            if (auto whole = file.check_block(block); !whole) {
                return std::unexpected(as_history_error(std::move(whole).error()));
            }
            checked_[block].store(true, std::memory_order_relaxed);
        }
        return file.rows(block);
    }
    /// The first block that ends at `t` or later. Only the last instants of blocks are looked at.
    [[nodiscard]] std::size_t block_reaching(Timestamp t) const {
        std::size_t from = 0, end = file.blocks();
        while (from < end) {
            const std::size_t middle = from + (end - from) / 2;
            if (file.rows(middle).known_at.back() < t.ns) {
                from = middle + 1;
            } else {
                end = middle;
            }
        }
        return from;
    }

    const FeatureFile file;

private:
    std::unique_ptr<std::atomic<bool>[]> checked_;
};

class FeatureFolder::Reader final : public ports::FeatureReader {
public:
    Reader(const Entry& entry, Timestamp from, Timestamp to)
        : entry_(&entry), from_(from), to_(to), next_(entry.block_reaching(from)) {}

    std::expected<std::optional<ports::FeatureRows>, ports::HistoryError> next() override {
        while (next_ < entry_->file.blocks()) {
            ports::FeatureRows rows = TRY(entry_->rows(next_++));
            const auto all = rows.known_at;
            const auto begin = std::lower_bound(all.begin(), all.end(), from_.ns);
            const auto end = std::lower_bound(begin, all.end(), to_.ns);
            if (begin == end) {
                if (begin != all.end()) return std::nullopt;
                continue;
            }
            const auto skip = begin - all.begin();
            rows.known_at = {begin, end};
            for (const double*& column : rows.columns) column += skip;
            return rows;
        }
        return std::nullopt;
    }

private:
    const Entry* entry_;
    Timestamp from_;
    Timestamp to_;
    std::size_t next_;
};

FeatureFolder::FeatureFolder(std::string path, std::vector<std::unique_ptr<Entry>> entries)
    : path_(std::move(path)), entries_(std::move(entries)) {
    std::sort(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
        return a->file.header().key < b->file.header().key;
    });
    for (const auto& entry : entries_) {
        const Commit& commit = entry->file.commit();
        series_.push_back({.key = entry->file.header().key,
                           .schema = entry->file.header().schema,
                           .rows = commit.rows,
                           .first = commit.first,
                           .last = commit.last});
    }
}

FeatureFolder::~FeatureFolder() = default;

std::expected<std::unique_ptr<FeatureFolder>, Error> FeatureFolder::open(const std::string& path) {
    std::vector<std::unique_ptr<Entry>> entries;
    for (const std::string& name : TRY(files_in(path))) {
        const std::string where = path + "/" + name;
        FeatureFile file = TRY(FeatureFile::open(where));
        if (file_of(file.header().key) != name) {
            return std::unexpected(damaged(where, "holds features of another series"));
        }
        entries.push_back(std::make_unique<Entry>(std::move(file)));
    }
    return std::unique_ptr<FeatureFolder>{new FeatureFolder{path, std::move(entries)}};
}

std::expected<const FeatureFolder::Entry*, ports::HistoryError> FeatureFolder::find_entry(
    const ports::FeatureKey& key) const {
    const ports::FeatureSeries* found = find(key);
    if (found == nullptr) {
        return std::unexpected(ports::HistoryError{
            .kind = ports::HistoryErrorKind::unknown_series,
            .text = fmt::format("{}: has no features {}; `tradewind features ls` shows what there "
                                "is",
                                path_, ports::to_string(key))});
    }
    return entries_[static_cast<std::size_t>(found - series_.data())].get();
}

std::expected<std::unique_ptr<ports::FeatureReader>, ports::HistoryError> FeatureFolder::read(
    const ports::FeatureKey& key, Timestamp from, Timestamp to) const {
    const Entry* entry = TRY(find_entry(key));
    return std::make_unique<Reader>(*entry, from, to);
}

std::expected<std::optional<ports::FeatureVector>, ports::HistoryError> FeatureFolder::latest(
    const ports::FeatureKey& key, Timestamp at) const {
    const Entry* entry = TRY(find_entry(key));
    // of rows known at one instant the last one counts
    std::size_t block = entry->block_reaching(at + Duration{1});
    if (block == entry->file.blocks()) --block;
    while (true) {
        const ports::FeatureRows rows = TRY(entry->rows(block));
        const auto end = std::upper_bound(rows.known_at.begin(), rows.known_at.end(), at.ns);
        if (end == rows.known_at.begin()) {
            if (block == 0) return std::nullopt;
            --block;
            continue;
        }
        const auto row = static_cast<std::size_t>(end - rows.known_at.begin()) - 1;
        ports::FeatureVector out{
            .symbol = key.symbol, .known_at = {rows.known_at[row]}, .values = {}};
        for (const double* column : rows.columns) out.values.push_back(column[row]);
        return out;
    }
}

std::vector<Error> FeatureFolder::verify() const {
    std::vector<Error> out;
    for (const auto& entry : entries_) {
        for (std::size_t block = 0; block < entry->file.blocks(); ++block) {
            if (auto whole = entry->file.check_block(block); !whole) {
                out.push_back(std::move(whole).error());
            }
        }
    }
    return out;
}

}  // namespace tradewind::features
