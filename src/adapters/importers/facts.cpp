// SPDX-License-Identifier: Apache-2.0
#include "adapters/importers/facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "base/decimal.hpp"
#include "base/try.hpp"
#include "domain/event.hpp"

namespace tradewind::importers {
namespace {

using ports::SeriesKind;
using wire::InputError;
using wire::quoted;
using Action = ports::CorporateActionColumns;
using Funding = ports::FundingColumns;

constexpr std::array kActionKinds{CorporateActionKind::split, CorporateActionKind::cash_dividend,
                                  CorporateActionKind::symbol_change,
                                  CorporateActionKind::delisting};

/// One record with its columns by name.
class Record {
public:
    Record(const wire::CsvReader& reader, const std::vector<std::string>& header,
           const wire::CsvFields& fields)
        : reader_(reader), header_(header), fields_(fields) {}

    /// "" where the file has no such column.
    [[nodiscard]] std::string_view text(std::string_view name) const {
        const auto at = std::find(header_.begin(), header_.end(), name);
        return at == header_.end() ? std::string_view{}
                                   : fields_[static_cast<std::size_t>(at - header_.begin())];
    }
    [[nodiscard]] std::expected<std::int64_t, InputError> whole(std::string_view name) const {
        const std::string_view given = text(name);
        std::int64_t value = 0;
        const char* end = given.data() + given.size();
        const auto [stop, code] = std::from_chars(given.data(), end, value);
        if (code == std::errc{} && stop == end && !given.empty()) return value;
        return std::unexpected(wrong(name, "is not a whole number", "give digits only"));
    }
    [[nodiscard]] std::expected<std::int64_t, InputError> decimal(std::string_view name) const {
        const auto value = base::parse_decimal(text(name));
        if (value) return *value;
        return std::unexpected(
            wrong(name, base::describe(value.error()), "give a plain decimal like 0.38"));
    }
    [[nodiscard]] InputError wrong(std::string_view name, std::string_view problem,
                                   std::string_view mend) const {
        return reader_.error(reader_.line(), name,
                             fmt::format("{} {}", quoted(text(name)), problem), std::string{mend});
    }

private:
    const wire::CsvReader& reader_;
    const std::vector<std::string>& header_;
    const wire::CsvFields& fields_;
};

using Row = std::array<std::int64_t, ports::kColumnsMax>;

void put_symbol(std::string_view symbol, Row& row) {
    for (std::size_t i = 0; i < symbol.size(); ++i) {
        const auto byte = static_cast<std::uint64_t>(static_cast<unsigned char>(symbol[i]));
        auto& word = row[Action::new_symbol + i / 8];
        word =
            static_cast<std::int64_t>(static_cast<std::uint64_t>(word) | (byte << (8 * (i % 8))));
    }
}

/// "7" is 7 for 1, "0.05" is 1 for 20.
std::expected<void, InputError> put_ratio(const Record& record, Row& row) {
    const std::int64_t ratio = TRY(record.decimal("value"));
    if (ratio <= 0)
        return std::unexpected(record.wrong("value", "is not above 0", "give new shares per old"));
    const std::int64_t divisor = std::gcd(ratio, base::kDecimalOne);
    row[Action::new_shares] = ratio / divisor;
    row[Action::old_shares] = base::kDecimalOne / divisor;
    return {};
}

std::expected<void, InputError> read_event(const Record& record, Row& row) {
    row[Action::new_shares] = row[Action::old_shares] = 1;
    const std::string_view event = record.text("event");
    if (event == "split") {
        row[Action::kind] = static_cast<std::int64_t>(CorporateActionKind::split);
        return put_ratio(record, row);
    }
    if (event == "dividend") {
        row[Action::kind] = static_cast<std::int64_t>(CorporateActionKind::cash_dividend);
        row[Action::amount] = TRY(record.decimal("value"));
        return {};
    }
    return std::unexpected(
        record.wrong("event", "is neither split nor dividend", "remove the row"));
}

std::expected<void, InputError> read_action(const Record& record, Row& row) {
    const auto* const kind = std::find_if(kActionKinds.begin(), kActionKinds.end(), [&](auto k) {
        return tradewind::to_string(k) == record.text("kind");
    });
    if (kind == kActionKinds.end()) {
        return std::unexpected(
            record.wrong("kind", "is none of split, cash_dividend, symbol_change, delisting",
                         "give one of them"));
    }
    row[Action::kind] = static_cast<std::int64_t>(*kind);
    row[Action::new_shares] = TRY(record.whole("new_shares"));
    row[Action::old_shares] = TRY(record.whole("old_shares"));
    row[Action::amount] = TRY(record.decimal("amount"));
    if (row[Action::new_shares] <= 0 || row[Action::old_shares] <= 0) {
        return std::unexpected(
            record.wrong("new_shares", "new for old must both be above 0", "mend the row"));
    }
    const std::string_view symbol = record.text("new_symbol");
    if (symbol.size() > Action::kSymbolBytes) {
        return std::unexpected(record.wrong("new_symbol", "is longer than 32 bytes", "shorten it"));
    }
    put_symbol(symbol, row);
    return {};
}

std::expected<void, InputError> read_funding(const Record& record, std::string_view rate,
                                             Row& row) {
    row[Funding::rate] = TRY(record.decimal(rate));
    if (record.text("mark").empty()) return {};
    row[Funding::mark] = TRY(record.decimal("mark"));
    row[Funding::has_mark] = 1;
    return {};
}

/// The columns that each shape of file needs; the first shape whose columns are all there is taken.
struct Shape {
    SeriesKind kind;
    std::vector<std::string_view> columns;
};

std::expected<Shape, InputError> shape_of(const ImportRequest& request,
                                          const wire::CsvReader& reader,
                                          const std::vector<std::string>& header) {
    const Shape shapes[] = {
        {SeriesKind::corporate_action, {"ts", "kind", "new_shares", "old_shares", "amount"}},
        {SeriesKind::corporate_action, {"ts", "symbol", "event", "value"}},
        {SeriesKind::funding, {"ts", "rate"}},
        {SeriesKind::funding, {"ts", "funding_rate"}},
    };
    for (const Shape& shape : shapes) {
        const bool fits = std::all_of(shape.columns.begin(), shape.columns.end(), [&](auto name) {
            return std::find(header.begin(), header.end(), name) != header.end();
        });
        if (shape.kind == request.kind && fits) return shape;
    }
    const bool is_action = request.kind == SeriesKind::corporate_action;
    return std::unexpected(reader.error(
        reader.line(), {}, "the header lacks columns",
        is_action ? "give ts,symbol,event,value or ts,kind,new_shares,old_shares,amount,new_symbol"
                  : "give ts,funding_rate"));
}

}  // namespace

std::expected<TableStats, InputError> import_facts(const ImportRequest& request,
                                                   const BatchSink& sink) {
    wire::CsvReader reader =
        TRY(wire::CsvReader::open(TRY(wire::open_text(request.path, request.entry))));
    wire::CsvFields fields;
    if (!TRY(reader.next(fields))) {
        return std::unexpected(
            reader.error(0, {}, "is empty", "give a file with a header and rows"));
    }
    const std::vector<std::string> header(fields.begin(), fields.end());
    const Shape shape = TRY(shape_of(request, reader, header));
    const bool is_event = shape.columns.back() == "value";
    ports::Columns columns{request.kind};
    while (TRY(reader.next(fields))) {
        if (fields.size() != header.size()) {
            return std::unexpected(reader.error(
                reader.line(), {},
                fmt::format("has {} columns, {} are expected", fields.size(), header.size()),
                "check the line"));
        }
        const Record record{reader, header, fields};
        if (is_event && record.text("symbol") != request.instrument.ticker()) continue;
        Row row{};
        row[ports::kTs] = TRY(record.whole("ts"));
        if (columns.rows() > 0 && row[ports::kTs] < columns.columns[ports::kTs].back()) {
            return std::unexpected(
                record.wrong("ts", "comes after a later row", "sort the file by time"));
        }
        if (request.kind == SeriesKind::funding) {
            TRY_VOID(read_funding(record, shape.columns.back(), row));
        } else if (is_event) {
            TRY_VOID(read_event(record, row));
        } else {
            TRY_VOID(read_action(record, row));
        }
        for (std::size_t i = 0; i < columns.columns.size(); ++i)
            columns.columns[i].push_back(row[i]);
    }
    TableStats stats{.rows = columns.rows()};
    if (stats.rows == 0) return stats;
    TRY_VOID(sink({.kind = request.kind, .spec = {}, .slots = {}, .names = {}}, columns.view()));
    return stats;
}

}  // namespace tradewind::importers
