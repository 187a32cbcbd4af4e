// SPDX-License-Identifier: Apache-2.0
#include "apps/table_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "apps/option_text.hpp"
#include "base/try.hpp"
#include "wire/text_file.hpp"

namespace tradewind::apps {

namespace {

std::unexpected<std::string> told(const wire::InputError& error) {
    return std::unexpected(wire::to_string(error));
}

std::expected<wire::CsvReader, std::string> open_csv(const std::string& path) {
    auto file = wire::open_text(path);
    if (!file) return told(file.error());
    auto csv = wire::CsvReader::open(std::move(*file));
    if (!csv) return told(csv.error());
    return std::move(*csv);
}

}  // namespace

std::expected<TableFile, std::string> TableFile::open(const std::string& path,
                                                      std::span<const std::string_view> columns) {
    TableFile out{TRY(open_csv(path)), path};
    const auto header = out.csv_.next(out.fields_);
    if (!header) return told(header.error());
    for (const std::string_view name : columns) {
        const auto found = std::find(out.fields_.begin(), out.fields_.end(), name);
        if (found == out.fields_.end()) {
            return told(out.csv_.error(1, name, "there is no such column",
                                       "the first line names the columns"));
        }
        out.names_.emplace_back(name);
        out.places_.push_back(static_cast<std::size_t>(found - out.fields_.begin()));
    }
    return out;
}

std::expected<std::vector<std::string>, std::string> TableFile::columns_of(
    const std::string& path) {
    wire::CsvReader csv = TRY(open_csv(path));
    wire::CsvFields fields;
    const auto header = csv.next(fields);
    if (!header) return told(header.error());
    return std::vector<std::string>{fields.begin(), fields.end()};
}

std::expected<bool, std::string> TableFile::next() {
    const auto more = csv_.next(fields_);
    if (!more) return std::unexpected(wire::to_string(more.error()));
    return *more;
}

std::string_view TableFile::cell(std::size_t column) const {
    const std::size_t place = places_[column];
    return place < fields_.size() ? fields_[place] : std::string_view{};
}

std::optional<Timestamp> TableFile::instant(std::size_t column) const {
    if (const auto ns = whole_number(cell(column))) return Timestamp{*ns};
    return parse_timestamp(cell(column));
}

std::unexpected<std::string> TableFile::error(std::size_t column, std::string problem,
                                              std::string mend) const {
    return std::unexpected(wire::to_string(
        csv_.error(csv_.line(), names_[column], std::move(problem), std::move(mend))));
}

std::string TableFile::place() const { return fmt::format("{}:{}", path_, csv_.line()); }

}  // namespace tradewind::apps
