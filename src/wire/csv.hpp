// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wire/input_error.hpp"
#include "wire/scan.hpp"
#include "wire/text_file.hpp"

namespace tradewind::wire {

/// Longest record, in bytes; a longer one means that the file is no table of lines.
inline constexpr std::size_t kRecordBytesMax = std::size_t{1} << 20;
/// Most columns.
inline constexpr std::size_t kCsvColumnsMax = 4096;

/// One record: views into the reader's buffer, good until the next call.
using CsvFields = std::vector<std::string_view>;

/// Reads CSV (RFC 4180: quoted fields may hold delimiters, line breaks and doubled quotes) from
/// front to back in constant memory. LF and CRLF both end a line, a byte-order mark of UTF-8 is
/// passed over, empty lines are skipped. NUL bytes and UTF-16 are refused.
class CsvReader {
public:
    [[nodiscard]] static std::expected<CsvReader, InputError> open(std::unique_ptr<TextFile> file,
                                                                   char delimiter = ',');

    /// The next record; false at the end.
    [[nodiscard]] std::expected<bool, InputError> next(CsvFields& fields);
    /// The next record without taking it; false at the end.
    [[nodiscard]] std::expected<bool, InputError> peek(CsvFields& fields);

    /// For parsers that know what to expect: buffered bytes from the next record on, ending in '\n'
    /// and followed by kScanPadding readable bytes. Empty when less than a line is buffered: then
    /// `next` takes the record and refills.
    [[nodiscard]] std::string_view buffered_lines() const {
        return {buffer_.data() + begin_, lines_end_ - begin_};
    }
    /// Takes `bytes` of the buffered lines, which are `lines` whole records of one line each.
    void skip(std::size_t bytes, std::uint64_t lines) {
        begin_ += bytes;
        line_ += lines;
    }

    /// Number of the line on which the record that `next` gave last begins, from 1.
    [[nodiscard]] std::uint64_t line() const { return record_line_; }
    /// Number of the line that comes next.
    [[nodiscard]] std::uint64_t next_line() const { return line_; }
    [[nodiscard]] const TextFile& file() const { return *file_; }
    [[nodiscard]] char delimiter() const { return delimiter_; }

    /// An error at line `at`.
    [[nodiscard]] InputError error(std::uint64_t at, std::string_view field, std::string problem,
                                   std::string mend) const;

private:
    CsvReader(std::unique_ptr<TextFile> file, char delimiter);

    /// A record's end, and how many lines it has.
    struct Record {
        std::size_t end = 0;  // past the '\n'
        std::uint64_t lines = 0;
        bool has_quotes = false;
    };

    std::expected<void, InputError> refill();
    std::expected<bool, InputError> skip_empty_lines();
    std::expected<Record, InputError> find_record();
    std::expected<void, InputError> split(const Record& record, CsvFields& fields);
    std::expected<void, InputError> split_quoted(std::string_view text, CsvFields& fields);

    std::unique_ptr<TextFile> file_;
    char delimiter_;
    std::vector<char> buffer_;
    std::vector<char> unquoted_;  // bytes of fields with doubled quotes
    std::size_t begin_ = 0;       // next byte to take
    std::size_t end_ = 0;         // past the last byte read
    std::size_t lines_end_ = 0;   // past the last '\n' read
    std::uint64_t line_ = 1;
    std::uint64_t record_line_ = 0;
    bool at_end_ = false;
};

}  // namespace tradewind::wire
