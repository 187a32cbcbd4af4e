// SPDX-License-Identifier: Apache-2.0
#include "adapters/features/feature_writer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>

#include "base/assert.hpp"
#include "base/try.hpp"

namespace tradewind::features {
namespace {

Error refused(std::string text) { return {.kind = ErrorKind::bad_input, .text = std::move(text)}; }

/// A file that is being written: the rows of its last block in memory, those before on the disk.
class FileWriter final : public FeatureWriter {
public:
    struct Place {
        std::string path;       ///< where the file will be
        std::string temporary;  ///< where it is written; empty: it is there already
    };
    FileWriter(Place place, Layout layout, disk::Descriptor file, std::optional<FeatureFile> stored)
        : place_(std::move(place)),
          layout_(layout),
          file_(std::move(file)),
          stored_(std::move(stored)),
          block_(layout.block_bytes()) {
        if (stored_) load_stored();
    }
    ~FileWriter() override {
        if (!place_.temporary.empty() && !committed_) disk::remove_file(place_.temporary);
    }

    Result begin(std::span<const std::byte> header) { return write_at(0, header); }

    Result append(const ports::FeatureRows& rows) override {
        ASSERT(rows.columns.size() == layout_.features);
        std::size_t at = 0;
        while (at < rows.rows() && given_ < old_rows()) at += TRY(compare(rows, at));
        while (at < rows.rows()) {
            const std::size_t fits = std::min(rows.rows() - at, kBlockRows - in_block());
            TRY_VOID(take(rows, at, fits));
            at += fits;
            if (in_block() == 0) TRY_VOID(flush(kBlockRows));
        }
        return {};
    }

    std::expected<WriteSummary, Error> commit() override {
        const WriteSummary out{.rows = next_.rows,
                               .rows_added = next_.rows - old_rows(),
                               .rows_identical = std::min(given_, old_rows())};
        if (out.rows == 0) return std::unexpected(refused(place_.path + ": there are no rows"));
        if (out.rows_added == 0) return out;
        next_.partial_crc = 0;
        if (in_block() > 0) {
            next_.partial_crc = block_checksum(layout_, block_, in_block());
            TRY_VOID(flush(in_block()));
        }
        TRY_VOID(durable());
        TRY_VOID(publish());
        committed_ = true;
        return out;
    }

private:
    [[nodiscard]] std::uint64_t old_rows() const { return stored_ ? stored_->commit().rows : 0; }
    /// Rows in the block in memory that are not full yet.
    [[nodiscard]] std::size_t in_block() const {
        return static_cast<std::size_t>(next_.rows % kBlockRows);
    }
    [[nodiscard]] std::byte* cell(std::size_t column, std::size_t row) {
        return block_.data() + column * Layout::column_bytes() + row * sizeof(double);
    }

    void load_stored() {
        next_ = stored_->commit();
        flushed_ = in_block();
        if (in_block() == 0) return;
        const ports::FeatureRows rows = stored_->rows(stored_->blocks() - 1);
        put(rows, 0, 0, rows.rows());
    }

    void put(const ports::FeatureRows& rows, std::size_t from, std::size_t to, std::size_t count) {
        std::memcpy(cell(0, to), rows.known_at.data() + from, count * sizeof(std::int64_t));
        for (std::size_t i = 0; i < layout_.features; ++i) {
            std::memcpy(cell(i + 1, to), rows.columns[i] + from, count * sizeof(double));
        }
    }

    /// Holds rows that are stored against those given; how many it looked at.
    std::expected<std::size_t, Error> compare(const ports::FeatureRows& rows, std::size_t at) {
        const auto block = static_cast<std::size_t>(given_ / kBlockRows);
        const auto row = static_cast<std::size_t>(given_ % kBlockRows);
        if (row == 0) TRY_VOID(stored_->check_block(block));
        const ports::FeatureRows old = stored_->rows(block);
        const std::size_t count = std::min(rows.rows() - at, old.rows() - row);
        const auto same = [count](const void* a, const void* b) {
            return std::memcmp(a, b, count * sizeof(double)) == 0;
        };
        bool equal = same(rows.known_at.data() + at, old.known_at.data() + row);
        for (std::size_t i = 0; i < layout_.features && equal; ++i) {
            equal = same(rows.columns[i] + at, old.columns[i] + row);
        }
        if (!equal) return std::unexpected(differs(rows, old, at, row));
        given_ += count;
        return count;
    }

    [[nodiscard]] Error differs(const ports::FeatureRows& rows, const ports::FeatureRows& old,
                                std::size_t at, std::size_t row) const {
        while (true) {  // ends: a row differs
            const bool other_time = rows.known_at[at] != old.known_at[row];
            std::size_t column = 0;
            while (!other_time && column < layout_.features &&
                   std::bit_cast<std::uint64_t>(rows.columns[column][at]) ==
                       std::bit_cast<std::uint64_t>(old.columns[column][row])) {
                ++column;
            }
            if (other_time || column < layout_.features) {
                const std::string what = other_time ? std::string{"the time of a row"}
                                                    : stored_->header().schema.columns[column].name;
                return refused(fmt::format(
                    "{}: {} at {} is not what is stored: the bars before it were changed, or this "
                    "machine computes otherwise; build with --rebuild",
                    place_.path, what, to_string(Timestamp{old.known_at[row]})));
            }
            ++at;
            ++row;
        }
    }

    Result take(const ports::FeatureRows& rows, std::size_t from, std::size_t count) {
        const auto known_at = rows.known_at.subspan(from, count);
        ASSERT(std::is_sorted(known_at.begin(), known_at.end()));
        ASSERT(next_.rows == 0 || known_at.front() >= next_.last.ns);
        put(rows, from, in_block(), count);
        if (next_.rows == 0) next_.first = {known_at.front()};
        next_.last = {known_at.back()};
        next_.rows += count;
        given_ += count;
        return {};
    }

    /// Writes the rows of the block in memory that are not on the disk, up to `rows`. Those that
    /// are committed are never written again.
    Result flush(std::size_t rows) {
        const auto block = static_cast<std::size_t>((next_.rows - 1) / kBlockRows);
        if (rows == kBlockRows) {
            const std::uint32_t crc = block_checksum(layout_, block_, kBlockRows);
            std::memcpy(block_.data() + layout_.columns_bytes(), &crc, sizeof crc);
        }
        if (flushed_ == 0 && rows == kBlockRows) {
            TRY_VOID(write_at(layout_.block_at(block), block_));
        } else {
            for (std::size_t column = 0; column <= layout_.features; ++column) {
                const std::span bytes{cell(column, flushed_), (rows - flushed_) * sizeof(double)};
                TRY_VOID(
                    write_at(layout_.column_at(block, column) + flushed_ * sizeof(double), bytes));
            }
            const auto tail = std::span{block_}.subspan(layout_.columns_bytes());
            if (rows == kBlockRows) {
                TRY_VOID(write_at(layout_.block_at(block) + layout_.columns_bytes(), tail));
            }
        }
        flushed_ = rows == kBlockRows ? 0 : rows;
        return {};
    }

    Result write_at(std::size_t at, std::span<const std::byte> bytes) {
        return disk::write_all_at(file_, at, bytes, path_now());
    }
    [[nodiscard]] const std::string& path_now() const {
        return place_.temporary.empty() ? place_.path : place_.temporary;
    }

    Result durable() {
        if (::ftruncate(file_.get(), static_cast<off_t>(layout_.file_bytes(next_.rows))) != 0) {
            return std::unexpected(disk::system_error(path_now(), "cannot write", errno));
        }
        return disk::sync_path(path_now());
    }

    /// The commit, and for a new file its name.
    Result publish() {
        const auto bytes = encode_commit(next_);
        if (place_.temporary.empty()) {
            const auto lock = TRY(disk::lock_file(place_.path, disk::LockKind::exclusive));
            TRY_VOID(write_at(layout_.commit_at(), bytes));
            return disk::sync_path(place_.path);
        }
        TRY_VOID(write_at(layout_.commit_at(), bytes));
        TRY_VOID(disk::sync_path(place_.temporary));
        const std::string folder = std::filesystem::path{place_.path}.parent_path().string();
        TRY_VOID(disk::make_directories(folder));
        TRY_VOID(disk::rename_file(place_.temporary, place_.path));
        committed_ = true;
        return disk::sync_path(folder);
    }

    Place place_;
    Layout layout_;
    disk::Descriptor file_;
    std::optional<FeatureFile> stored_;
    std::vector<std::byte> block_;
    Commit next_;
    std::uint64_t given_ = 0;
    std::size_t flushed_ = 0;  ///< rows of the block in memory that are on the disk
    bool committed_ = false;
};

}  // namespace

std::expected<FolderLock, Error> FolderLock::take(const std::string& path) {
    TRY_VOID(disk::make_directories(path));
    auto lock = TRY(disk::lock_file(path + "/LOCK", disk::LockKind::exclusive));
    TRY_VOID(disk::make_directories(path + "/tmp"));
    for (const std::string& name : TRY(disk::list_directory(path + "/tmp"))) {
        disk::remove_file(path + "/tmp/" + name);
    }
    return FolderLock{path, std::move(lock)};
}

std::expected<std::unique_ptr<FeatureWriter>, Error> FolderLock::write(const FileHeader& header,
                                                                       WriteMode mode) const {
    const std::string name = file_of(header.key);
    const std::string path = path_ + "/" + name;
    std::error_code none;
    if (mode == WriteMode::extend && std::filesystem::exists(path, none)) {
        FeatureFile stored = TRY(FeatureFile::open(path));
        FileHeader other = stored.header();
        other.schema.label = header.schema.label;
        if (other != header) {
            return std::unexpected(refused(path + ": holds other features; build with --rebuild"));
        }
        auto file = TRY(disk::open_to_write(path));
        const Layout layout = stored.layout();
        return std::make_unique<FileWriter>(FileWriter::Place{.path = path, .temporary = {}},
                                            layout, std::move(file), std::move(stored));
    }
    std::string flat = name;
    std::replace(flat.begin(), flat.end(), '/', '-');
    const std::string temporary = path_ + "/tmp/" + flat;
    auto file = TRY(disk::create_file(temporary));
    const auto bytes = encode_header(header);
    auto out = std::make_unique<FileWriter>(
        FileWriter::Place{.path = path, .temporary = temporary},
        Layout{.header_bytes = bytes.size(), .features = header.schema.columns.size()},
        std::move(file), std::nullopt);
    TRY_VOID(out->begin(bytes));
    return out;
}

}  // namespace tradewind::features
