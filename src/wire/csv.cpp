// SPDX-License-Identifier: Apache-2.0
#include "wire/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/try.hpp"

namespace tradewind::wire {
namespace {

/// Read at a time: fits the second-level cache, so that parsing finds it there.
constexpr std::size_t kReadBytes = std::size_t{256} << 10;

using std::string_view_literals::operator""sv;

}  // namespace

CsvReader::CsvReader(std::unique_ptr<TextFile> file, char delimiter)
    : file_(std::move(file)), delimiter_(delimiter), buffer_(kReadBytes + kScanPadding + 1) {}

std::expected<CsvReader, InputError> CsvReader::open(std::unique_ptr<TextFile> file,
                                                     char delimiter) {
    CsvReader out{std::move(file), delimiter};
    while (out.end_ < 3 && !out.at_end_) TRY_VOID(out.refill());
    const std::string_view head{out.buffer_.data(), out.end_};
    if (head.starts_with("\xff\xfe"sv) || head.starts_with("\xfe\xff"sv)) {
        return std::unexpected(
            out.error(1, {}, "is UTF-16", "convert it first (iconv -f UTF-16 -t UTF-8)"));
    }
    if (head.starts_with("\xef\xbb\xbf"sv)) {
        out.begin_ = 3;
        out.lines_end_ = std::max(out.lines_end_, out.begin_);
    }
    return out;
}

InputError CsvReader::error(std::uint64_t at, std::string_view field, std::string problem,
                            std::string mend) const {
    return {.kind = InputErrorKind::bad_input,
            .file = file_->name(),
            .line = at,
            .field = std::string{field},
            .problem = std::move(problem),
            .mend = std::move(mend)};
}

/// Moves what is left to the front and reads more behind it. The last line gets its '\n'.
std::expected<void, InputError> CsvReader::refill() {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        lines_end_ -= std::min(lines_end_, begin_);
        begin_ = 0;
    }
    if (end_ > kRecordBytesMax) {
        return std::unexpected(error(
            line_, {}, fmt::format("the line is longer than {} bytes", kRecordBytesMax),
            "give a text file with one record a line; a quote that is never closed does this too"));
    }
    if (buffer_.size() < end_ + kReadBytes + kScanPadding + 1) {
        buffer_.resize(end_ + kReadBytes + kScanPadding + 1);
    }
    const std::size_t got = TRY(file_->read({buffer_.data() + end_, kReadBytes}));
    const std::size_t old_end = end_;
    end_ += got;
    if (got == 0) {
        at_end_ = true;
        if (end_ > 0 && buffer_[end_ - 1] != '\n') buffer_[end_++] = '\n';
    }
    std::memset(buffer_.data() + end_, 0, kScanPadding);
    const void* last = memrchr(buffer_.data() + old_end, '\n', end_ - old_end);
    if (last != nullptr) {
        lines_end_ = static_cast<std::size_t>(static_cast<const char*>(last) - buffer_.data()) + 1;
    }
    lines_end_ = std::max(lines_end_, begin_);
    return {};
}

/// False at the end of the file.
std::expected<bool, InputError> CsvReader::skip_empty_lines() {
    while (true) {
        while (begin_ < end_ && buffer_[begin_] == '\n') {
            ++begin_;
            ++line_;
        }
        const bool one_only = begin_ + 1 == end_;
        if (begin_ < end_ &&
            !(buffer_[begin_] == '\r' && (one_only || buffer_[begin_ + 1] == '\n'))) {
            return true;
        }
        if (begin_ < end_ && !one_only) {
            ++begin_;  // the '\r' of an empty line
            continue;
        }
        if (at_end_) return false;
        TRY_VOID(refill());
    }
}

/// The record that begins at begin_, whole in the buffer.
std::expected<CsvReader::Record, InputError> CsvReader::find_record() {
    Record out{.end = begin_, .lines = 0, .has_quotes = false};
    bool inside_quotes = false;
    while (true) {
        const std::size_t from = out.end;
        const void* found = std::memchr(buffer_.data() + from, '\n', end_ - from);
        if (found == nullptr) {
            if (at_end_) {
                return std::unexpected(
                    error(line_, {}, "a quote is opened and never closed", "close it"));
            }
            const std::size_t length = out.end - begin_;
            TRY_VOID(refill());
            out.end = begin_ + length;
            continue;
        }
        out.end = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) + 1;
        ++out.lines;
        const auto quotes = std::count(buffer_.begin() + static_cast<std::ptrdiff_t>(from),
                                       buffer_.begin() + static_cast<std::ptrdiff_t>(out.end), '"');
        out.has_quotes = out.has_quotes || quotes > 0;
        if (quotes % 2 != 0) inside_quotes = !inside_quotes;
        if (!inside_quotes) return out;
    }
}

std::expected<void, InputError> CsvReader::split(const Record& record, CsvFields& fields) {
    fields.clear();
    std::string_view text{buffer_.data() + begin_, record.end - begin_ - 1};
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.contains('\0')) {
        return std::unexpected(
            error(line_, {}, "has a NUL byte, so this is no text", "give a CSV file in UTF-8"));
    }
    if (record.has_quotes) return split_quoted(text, fields);
    while (true) {
        const std::size_t at = text.find(delimiter_);
        fields.push_back(text.substr(0, at));
        if (at == std::string_view::npos) break;
        text.remove_prefix(at + 1);
        if (fields.size() >= kCsvColumnsMax) {
            return std::unexpected(error(line_, {},
                                         fmt::format("has more than {} columns", kCsvColumnsMax),
                                         "check the delimiter"));
        }
    }
    return {};
}

std::expected<void, InputError> CsvReader::split_quoted(std::string_view text, CsvFields& fields) {
    unquoted_.clear();
    unquoted_.reserve(text.size());  // so that views into it stay good
    std::size_t i = 0;
    while (true) {
        if (fields.size() >= kCsvColumnsMax) {
            return std::unexpected(error(line_, {},
                                         fmt::format("has more than {} columns", kCsvColumnsMax),
                                         "check the delimiter"));
        }
        if (i < text.size() && text[i] == '"') {
            const std::size_t start = unquoted_.size();
            for (++i;; ++i) {
                if (i >= text.size()) {
                    return std::unexpected(
                        error(line_, {}, "a quote is opened and never closed", "close it"));
                }
                if (text[i] == '"') {
                    if (i + 1 >= text.size() || text[i + 1] != '"') break;
                    ++i;
                }
                unquoted_.push_back(text[i]);
            }
            ++i;
            if (i < text.size() && text[i] != delimiter_) {
                return std::unexpected(error(line_, {}, "text follows a closing quote",
                                             "double the quotes inside a quoted field"));
            }
            fields.emplace_back(unquoted_.data() + start, unquoted_.size() - start);
        } else {
            const std::size_t at = text.find(delimiter_, i);
            fields.push_back(text.substr(i, at == std::string_view::npos ? at : at - i));
            i = at == std::string_view::npos ? text.size() : at;
        }
        if (i >= text.size()) return {};
        ++i;  // the delimiter
    }
}

std::expected<bool, InputError> CsvReader::peek(CsvFields& fields) {
    if (!TRY(skip_empty_lines())) return false;
    TRY_VOID(split(TRY(find_record()), fields));
    return true;
}

std::expected<bool, InputError> CsvReader::next(CsvFields& fields) {
    if (!TRY(skip_empty_lines())) return false;
    const Record record = TRY(find_record());
    TRY_VOID(split(record, fields));
    record_line_ = line_;
    line_ += record.lines;
    begin_ = record.end;
    lines_end_ = std::max(lines_end_, begin_);
    return true;
}

}  // namespace tradewind::wire
