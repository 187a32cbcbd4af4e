// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/time.hpp"
#include "wire/csv.hpp"

namespace tradewind::apps {

/// A CSV file of a setting, row by row; its first line names its columns, in any order. Every error
/// is one line that names the file, the line, the field and the mend.
class TableFile {
public:
    [[nodiscard]] static std::expected<TableFile, std::string> open(
        const std::string& path, std::span<const std::string_view> columns);
    [[nodiscard]] static std::expected<TableFile, std::string> open(
        const std::string& path, std::initializer_list<std::string_view> columns) {
        return open(path, std::span{columns.begin(), columns.size()});
    }
    /// The names of a file's columns.
    [[nodiscard]] static std::expected<std::vector<std::string>, std::string> columns_of(
        const std::string& path);

    /// Takes the next row; false at the end.
    [[nodiscard]] std::expected<bool, std::string> next();
    /// Of the row, by the place of its column in `open`; empty where the row is short.
    [[nodiscard]] std::string_view cell(std::size_t column) const;
    /// The column `ts`: an instant in UTC, as text or in nanoseconds since 1970.
    [[nodiscard]] std::optional<Timestamp> instant(std::size_t column) const;
    /// What is wrong in the row.
    [[nodiscard]] std::unexpected<std::string> error(std::size_t column, std::string problem,
                                                     std::string mend) const;
    /// "FILE:LINE" of the row.
    [[nodiscard]] std::string place() const;

private:
    TableFile(wire::CsvReader csv, std::string path)
        : csv_(std::move(csv)), path_(std::move(path)) {}

    wire::CsvReader csv_;
    std::string path_;
    std::vector<std::string> names_;
    std::vector<std::size_t> places_;
    wire::CsvFields fields_;
};

}  // namespace tradewind::apps
