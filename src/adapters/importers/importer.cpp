// SPDX-License-Identifier: Apache-2.0
#include "adapters/importers/importer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "adapters/importers/book.hpp"
#include "adapters/importers/capture.hpp"
#include "adapters/importers/facts.hpp"
#include "adapters/importers/lean.hpp"
#include "base/try.hpp"
#include "domain/names.hpp"

namespace tradewind::importers {
namespace {

using ports::BarColumns;
using ports::QuoteColumns;
using ports::SeriesKind;
using ports::TradeColumns;
using wire::CsvReader;
using wire::InputError;
using wire::quoted;

constexpr auto kFormats =
    names<Format>("csv", "yahoo", "binance", "lean", "tardis", "bybit", "capture", "custom");

InputError refused(const std::string& file, std::string problem, std::string mend) {
    return {.kind = wire::InputErrorKind::bad_input,
            .file = file,
            .line = 0,
            .field = {},
            .problem = std::move(problem),
            .mend = std::move(mend)};
}

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

/// Where a field of a series goes, and whether a file may lack it.
struct Field {
    std::string_view name;
    std::uint8_t slot;
    CellKind kind;
    bool is_optional;
};

constexpr std::array<Field, 6> kBarFields{{
    {"ts", BarColumns::ts, CellKind::stamp, false},
    {"open", BarColumns::open, CellKind::decimal, false},
    {"high", BarColumns::high, CellKind::decimal, false},
    {"low", BarColumns::low, CellKind::decimal, false},
    {"close", BarColumns::close, CellKind::decimal, false},
    {"volume", BarColumns::volume, CellKind::decimal, true},
}};
constexpr std::size_t kBidSideSlot = 1, kAskSideSlot = 5;
/// An empty side is no bar of that side.
constexpr std::array<Field, 9> kQuoteBarFields{{
    {"ts", kTsSlot, CellKind::stamp, false},
    {"bid_open", kBidSideSlot, CellKind::decimal, true},
    {"bid_high", kBidSideSlot + 1, CellKind::decimal, true},
    {"bid_low", kBidSideSlot + 2, CellKind::decimal, true},
    {"bid_close", kBidSideSlot + 3, CellKind::decimal, true},
    {"ask_open", kAskSideSlot, CellKind::decimal, true},
    {"ask_high", kAskSideSlot + 1, CellKind::decimal, true},
    {"ask_low", kAskSideSlot + 2, CellKind::decimal, true},
    {"ask_close", kAskSideSlot + 3, CellKind::decimal, true},
}};
constexpr std::array<Field, 6> kQuoteFields{{
    {"ts", QuoteColumns::ts, CellKind::stamp, false},
    {"bid", QuoteColumns::bid, CellKind::decimal, false},
    {"ask", QuoteColumns::ask, CellKind::decimal, false},
    {"bid_size", QuoteColumns::bid_size, CellKind::decimal, true},
    {"ask_size", QuoteColumns::ask_size, CellKind::decimal, true},
    {"ts_exch", QuoteColumns::ts_exch, CellKind::exchange_ts, true},
}};
constexpr std::array<Field, 7> kTradeFields{{
    {"ts", TradeColumns::ts, CellKind::stamp, false},
    {"price", TradeColumns::price, CellKind::decimal, false},
    {"size", TradeColumns::size, CellKind::decimal, false},
    {"side", TradeColumns::aggressor, CellKind::side, true},
    {"conditions_hex", kConditionsSlot, CellKind::hex, true},
    {"suspicious", kSuspiciousSlot, CellKind::flag, true},
    {"ts_exch", TradeColumns::ts_exch, CellKind::exchange_ts, true},
}};

std::expected<std::span<const Field>, InputError> fields_of(const ImportRequest& request) {
    switch (request.kind) {
        case SeriesKind::bar: return kBarFields;
        case SeriesKind::quote: return kQuoteFields;
        case SeriesKind::trade: return kTradeFields;
        case SeriesKind::corporate_action:
        case SeriesKind::funding:
        case SeriesKind::book_level:
        case SeriesKind::book_order:
        case SeriesKind::news: break;
    }
    return std::unexpected(refused(
        request.path,
        fmt::format("rows of kind {} are not read from such files", ports::to_string(request.kind)),
        "give --kind bar, quote or trade, or --format csv"));
}

bool is_book(SeriesKind kind) {
    return kind == SeriesKind::book_level || kind == SeriesKind::book_order;
}

Cell cell_for(const Field& field, std::string_view name) {
    return {.kind = field.kind,
            .slot = field.slot,
            .may_be_empty = field.is_optional,
            .if_empty = 0,
            .name = std::string{name}};
}

/// An output whose columns stand in the slots of the same number, or at 0 where the file has none.
Output plain_output(const ImportRequest& request, std::span<const Field> fields,
                    const std::vector<Cell>& cells) {
    Output out{.kind = request.kind, .spec = request.spec, .slots = {}, .names = {}};
    const auto cell_of = [&](std::size_t slot) {
        return std::find_if(cells.begin(), cells.end(), [&](const Cell& c) {
            return c.kind != CellKind::skip && c.slot == slot;
        });
    };
    const auto exchange = std::find_if(
        cells.begin(), cells.end(), [](const Cell& c) { return c.kind == CellKind::exchange_ts; });
    if (exchange != cells.end()) {
        const std::size_t column = ports::column_count_max(request.kind) - 1;
        out.has_exchange_time = true;
        out.slots[column] = exchange->slot;
        out.names[column] = exchange->name;
    }
    for (std::size_t i = 0; i < ports::column_count(request.kind); ++i) {
        const auto found = cell_of(i);
        const bool given = found != cells.end();
        out.slots[i] = static_cast<std::uint8_t>(given ? i : kZeroSlot);
        out.names[i] = given ? found->name : std::string{fields[i].name};
    }
    return out;
}

bool label_is_date(const ImportRequest& request) {
    return request.kind == SeriesKind::bar && request.spec.unit == BarUnit::time &&
           request.spec.step >= days(1).ns &&
           request.instrument.calendar == CalendarKind::us_equity;
}

/// For a header that lacks a column: perhaps only the delimiter is another.
std::string delimiter_hint(const CsvReader& reader, const wire::CsvFields& header) {
    if (header.size() != 1) return {};
    for (const char other : {';', '\t', '|', ','}) {
        if (other != reader.delimiter() && header.front().contains(other)) {
            return fmt::format(
                "the columns look separated by {}: give --format custom --delimiter '{}'",
                quoted(std::string_view{&other, 1}), other);
        }
    }
    return {};
}

std::expected<CsvReader, InputError> open_csv(const ImportRequest& request) {
    return CsvReader::open(TRY(wire::open_text(request.path, request.entry)),
                           request.delimiter.value_or(','));
}

InputError no_rows(const CsvReader& reader) {
    return reader.error(0, {}, "is empty", "give a file with a header and rows");
}

/// Reads the header and finds each field by one of its names; `name_of` maps a field to the names
/// that it may have in the file, lower case.
template <typename NamesOf>
std::expected<std::vector<Cell>, InputError> cells_by_header(CsvReader& reader,
                                                             std::span<const Field> fields,
                                                             NamesOf names_of) {
    wire::CsvFields header;
    if (!TRY(reader.next(header))) return std::unexpected(no_rows(reader));
    std::vector<Cell> cells;
    for (const std::string_view name : header) {
        cells.push_back({.kind = CellKind::skip, .slot = 0, .name = std::string{trimmed(name)}});
    }
    for (const Field& field : fields) {
        const std::vector<std::string> wanted = names_of(field);
        bool found = false;
        for (Cell& cell : cells) {
            if (std::find(wanted.begin(), wanted.end(), lower(cell.name)) == wanted.end()) continue;
            if (found) {
                return std::unexpected(reader.error(reader.line(), cell.name,
                                                    "stands twice in the header",
                                                    "remove one of the columns"));
            }
            cell = cell_for(field, cell.name);
            found = true;
        }
        if (found || field.is_optional) continue;
        std::string mend = delimiter_hint(reader, header);
        if (mend.empty()) {
            mend = fmt::format("it has {}; --format custom --map names other columns",
                               quoted(fmt::format("{}", fmt::join(header, ","))));
        }
        return std::unexpected(reader.error(
            reader.line(), {}, fmt::format("the header has no column '{}'", wanted.front()),
            std::move(mend)));
    }
    return cells;
}

/// Runs the plan with the request's progress.
std::expected<TableStats, InputError> run(const ImportRequest& request, CsvReader& reader,
                                          const TablePlan& plan, const BatchSink& sink) {
    if (!request.progress) return read_table(reader, plan, sink);
    const wire::TextFile& file = reader.file();
    return read_table(
        reader, plan,
        [&](const Output& output, const ports::Chunk& rows) -> std::expected<void, InputError> {
            request.progress(file.bytes_taken(), file.bytes_on_disk());
            return sink(output, rows);
        });
}

// --- our own format
// -------------------------------------------------------------------------------

/// Whether the header, which stays, is that of bars with two sides.
std::expected<bool, InputError> holds_quote_bars(CsvReader& reader) {
    wire::CsvFields header;
    if (!TRY(reader.peek(header))) return std::unexpected(no_rows(reader));
    return std::find(header.begin(), header.end(), "bid_open") != header.end();
}

/// A row makes a bid bar and an ask bar; a side that is empty makes none.
void plan_sides(const ImportRequest& request, TablePlan& plan) {
    constexpr std::size_t kPrices = 4;
    for (const std::size_t first : {kBidSideSlot, kAskSideSlot}) {
        Output out{.kind = SeriesKind::bar, .spec = request.spec, .slots = {}, .names = {}};
        out.spec.source = first == kBidSideSlot ? PriceSource::bid : PriceSource::ask;
        out.slots[0] = kTsSlot;
        out.names[0] = "ts";
        for (std::size_t i = 0; i < kPrices; ++i) {
            out.slots[i + 1] = static_cast<std::uint8_t>(first + i);
            out.names[i + 1] = kQuoteBarFields[first + i].name;
        }
        out.slots[BarColumns::volume] = kZeroSlot;
        plan.outputs.push_back(std::move(out));
    }
    for (Cell& cell : plan.cells) {
        if (cell.kind == CellKind::decimal) cell.if_empty = kNoPrice;
    }
}

std::expected<TableStats, InputError> import_csv(const ImportRequest& request,
                                                 const BatchSink& sink) {
    if (request.kind == SeriesKind::corporate_action || request.kind == SeriesKind::funding) {
        return import_facts(request, sink);
    }
    if (is_book(request.kind)) return import_book(request, sink);
    const auto fields = TRY(fields_of(request));
    CsvReader reader = TRY(open_csv(request));
    const bool two_sides = request.kind == SeriesKind::bar && TRY(holds_quote_bars(reader));
    TablePlan plan;
    plan.cells = TRY(cells_by_header(
        reader, two_sides ? std::span<const Field>{kQuoteBarFields} : fields,
        [](const Field& f) { return std::vector<std::string>{std::string{f.name}}; }));
    for (Cell& cell : plan.cells) {
        if (cell.kind == CellKind::stamp) cell.kind = CellKind::integer;
        plan.has_conditions = plan.has_conditions || (!two_sides && cell.slot >= kConditionsSlot);
    }
    if (two_sides) {
        plan_sides(request, plan);
    } else {
        plan.outputs.push_back(plain_output(request, fields, plan.cells));
    }
    plan.checks = request.checks;
    return run(request, reader, plan, sink);
}

// --- Yahoo
// ----------------------------------------------------------------------------------------

std::expected<TableStats, InputError> import_yahoo(const ImportRequest& request,
                                                   const BatchSink& sink) {
    if (request.kind != SeriesKind::bar) {
        return std::unexpected(refused(request.path, "a Yahoo file holds bars", "give --kind bar"));
    }
    CsvReader reader = TRY(open_csv(request));
    TablePlan plan;
    plan.cells = TRY(cells_by_header(reader, kBarFields, [](const Field& f) {
        return std::vector<std::string>{f.name == "ts" ? "date" : std::string{f.name}};
    }));
    plan.outputs.push_back(plain_output(request, kBarFields, plan.cells));
    plan.checks = request.checks;
    plan.stamps = {
        .kind = StampRule::Kind::text,
        .format = StampFormat{.kind = StampFormat::Kind::iso, .unit_ns = 1, .pattern = {}},
        .unit_ns = 1,
        .midnight = {},
        .zone = request.zone.value_or(Zone{}),
        .label_is_date = label_is_date(request),
        .mixed_offsets = request.mixed_offsets};
    return run(request, reader, plan, sink);
}

// --- Binance klines
// -------------------------------------------------------------------------------

constexpr std::size_t kKlineColumns = 12;
/// From here on a stamp since 1970 counts microseconds: as milliseconds it would be the year 5138.
constexpr std::int64_t kFirstMicroseconds = 100'000'000'000'000;

std::expected<TableStats, InputError> import_binance(const ImportRequest& request,
                                                     const BatchSink& sink) {
    if (request.kind == SeriesKind::book_level) return import_book(request, sink);
    if (request.kind != SeriesKind::bar) {
        return std::unexpected(refused(request.path, "Binance's files hold klines or depth",
                                       "give --kind bar or book-level"));
    }
    CsvReader reader = TRY(open_csv(request));
    wire::CsvFields fields;
    if (!TRY(reader.peek(fields))) return std::unexpected(no_rows(reader));
    const bool has_header = !fields.front().empty() && fields.front().front() == 'o';
    if (fields.size() != kKlineColumns) {
        return std::unexpected(reader.error(
            reader.next_line(), {},
            fmt::format("has {} columns, klines have {}", fields.size(), kKlineColumns),
            "check the format"));
    }
    if (has_header && (!TRY(reader.next(fields)) || !TRY(reader.peek(fields)))) {
        return TableStats{};  // a header without rows
    }
    std::int64_t first = 0;
    const std::string_view text = fields.front();
    std::from_chars(text.data(), text.data() + text.size(), first);
    TablePlan plan;
    for (std::size_t i = 0; i < kKlineColumns; ++i) {
        if (i < kBarFields.size()) {
            const Field& field = kBarFields[i];
            plan.cells.push_back(cell_for(field, i == 0 ? "open_time" : field.name));
        } else {
            plan.cells.push_back({.kind = CellKind::skip, .slot = 0, .name = {}});
        }
    }
    plan.cells[0].kind = CellKind::integer;
    plan.outputs.push_back(plain_output(request, kBarFields, plan.cells));
    plan.checks = request.checks;
    plan.stamps.unit_ns = first >= kFirstMicroseconds ? 1'000 : 1'000'000;
    return run(request, reader, plan, sink);
}

// --- tardis.dev
// -----------------------------------------------------------------------------------

/// The names that tardis.dev gives to the fields of quotes and trades.
std::string tardis_name(std::string_view field) {
    if (field == "ts") return "local_timestamp";
    if (field == "ts_exch") return "timestamp";
    if (field == "bid" || field == "ask") return fmt::format("{}_price", field);
    if (field == "bid_size") return "bid_amount";
    if (field == "ask_size") return "ask_amount";
    return field == "size" ? "amount" : std::string{field};
}

std::expected<TableStats, InputError> import_tardis(const ImportRequest& request,
                                                    const BatchSink& sink) {
    if (request.kind == SeriesKind::book_level) return import_book(request, sink);
    if (request.kind != SeriesKind::quote && request.kind != SeriesKind::trade) {
        return std::unexpected(refused(request.path,
                                       "tardis files hold trades, quotes or levels of a book",
                                       "give --kind trade, quote or book-level"));
    }
    const auto fields = TRY(fields_of(request));
    CsvReader reader = TRY(open_csv(request));
    TablePlan plan;
    plan.cells = TRY(cells_by_header(
        reader, fields, [](const Field& f) { return std::vector{tardis_name(f.name)}; }));
    for (Cell& cell : plan.cells) {
        if (cell.kind == CellKind::stamp) cell.kind = CellKind::integer;
    }
    plan.outputs.push_back(plain_output(request, fields, plan.cells));
    plan.checks = request.checks;
    plan.stamps.unit_ns = 1'000;
    return run(request, reader, plan, sink);
}

/// Captured messages of the kinds that they may hold.
std::expected<TableStats, InputError> import_messages(const ImportRequest& request,
                                                      const BatchSink& sink) {
    const bool ticks = request.kind == SeriesKind::quote || request.kind == SeriesKind::trade;
    const bool fits =
        request.kind == SeriesKind::book_level || (ticks && request.format == Format::capture);
    if (fits) return import_capture(request, sink);
    return std::unexpected(refused(
        request.path,
        fmt::format("rows of kind {} are not read from such files", ports::to_string(request.kind)),
        request.format == Format::capture ? "give --kind trade, quote or book-level"
                                          : "give --kind book-level"));
}

// --- any table
// ------------------------------------------------------------------------------------

/// The column that a name or a number means.
std::optional<std::size_t> find_column(const std::vector<Cell>& cells, std::string_view wanted,
                                       bool by_number) {
    if (by_number) {
        std::size_t number = 0;
        const char* end = wanted.data() + wanted.size();
        const auto [stop, code] = std::from_chars(wanted.data(), end, number);
        if (code != std::errc{} || stop != end || number < 1 || number > cells.size())
            return std::nullopt;
        return number - 1;
    }
    const auto found =
        std::find_if(cells.begin(), cells.end(), [&](const Cell& c) { return c.name == wanted; });
    if (found == cells.end()) return std::nullopt;
    return static_cast<std::size_t>(found - cells.begin());
}

/// Names of the file's columns; for a file without header "column 1" and so on.
std::expected<std::vector<Cell>, InputError> unmapped_cells(const ImportRequest& request,
                                                            CsvReader& reader) {
    wire::CsvFields fields;
    const bool any = request.no_header ? TRY(reader.peek(fields)) : TRY(reader.next(fields));
    if (!any) return std::unexpected(no_rows(reader));
    std::vector<Cell> cells;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        cells.push_back({.kind = CellKind::skip,
                         .slot = 0,
                         .name = request.no_header ? fmt::format("column {}", i + 1)
                                                   : std::string{trimmed(fields[i])}});
    }
    return cells;
}

std::expected<void, InputError> map_field(const ImportRequest& request, const Field& field,
                                          TablePlan& plan) {
    const auto mapping =
        std::find_if(request.map.begin(), request.map.end(),
                     [&](const ColumnMapping& m) { return m.field == field.name; });
    if (mapping == request.map.end()) {
        if (field.is_optional) return {};
        return std::unexpected(refused(request.path,
                                       fmt::format("--map says nothing of '{}'", field.name),
                                       fmt::format("add {}=COLUMN", field.name)));
    }
    for (std::size_t i = 0; i < mapping->columns.size(); ++i) {
        const std::string& wanted = mapping->columns[i];
        const auto at = find_column(plan.cells, wanted, request.no_header);
        if (!at) {
            std::vector<std::string> there;
            for (const Cell& cell : plan.cells) there.push_back(cell.name);
            return std::unexpected(refused(request.path,
                                           fmt::format("has no column {}", quoted(wanted)),
                                           fmt::format("it has {}", fmt::join(there, ", "))));
        }
        Cell& cell = plan.cells[*at];
        if (cell.kind != CellKind::skip) {
            return std::unexpected(
                refused(request.path, fmt::format("--map uses column {} twice", quoted(wanted)),
                        "name each column once"));
        }
        cell = cell_for(field, cell.name);
        if (i == 1) {
            cell.kind = CellKind::time_of_day;
            cell.slot = kTimeOfDaySlot;
        }
    }
    plan.has_conditions = plan.has_conditions || field.slot >= kConditionsSlot;
    return {};
}

std::expected<TableStats, InputError> import_custom(const ImportRequest& request,
                                                    const BatchSink& sink) {
    auto fields = TRY(fields_of(request));
    // A second stamp of any format has no place in a row.
    if (fields.back().kind == CellKind::exchange_ts) fields = fields.first(fields.size() - 1);
    CsvReader reader = TRY(open_csv(request));
    wire::CsvFields passed_over;
    for (std::size_t i = 0; i < request.skip_lines; ++i) TRY(reader.next(passed_over));
    TablePlan plan;
    plan.cells = TRY(unmapped_cells(request, reader));
    for (const ColumnMapping& mapping : request.map) {
        const bool known = std::any_of(fields.begin(), fields.end(),
                                       [&](const Field& f) { return f.name == mapping.field; });
        if (!known) {
            std::vector<std::string_view> there;
            for (const Field& f : fields) there.push_back(f.name);
            return std::unexpected(
                refused(request.path,
                        fmt::format("--map names {}, which a {} does not have",
                                    quoted(mapping.field), ports::to_string(request.kind)),
                        fmt::format("it has {}", fmt::join(there, ", "))));
        }
    }
    for (const Field& field : fields) TRY_VOID(map_field(request, field, plan));
    plan.outputs.push_back(plain_output(request, fields, plan.cells));
    plan.checks = request.checks;
    plan.stamps = {.kind = StampRule::Kind::text,
                   .format = request.stamp_format.value_or(StampFormat{}),
                   .unit_ns = 1,
                   .midnight = {},
                   .zone = request.zone.value_or(Zone{}),
                   .label_is_date = label_is_date(request),
                   .mixed_offsets = request.mixed_offsets};
    if (plan.stamps.format.kind == StampFormat::Kind::epoch) {
        plan.stamps.unit_ns = plan.stamps.format.unit_ns;
        // whole numbers take the fast way; a fraction of a unit goes through the text
        const bool whole = plan.stamps.unit_ns == 1;
        if (whole) plan.stamps.kind = StampRule::Kind::epoch;
        for (Cell& cell : plan.cells) {
            if (cell.kind == CellKind::stamp && whole) cell.kind = CellKind::integer;
        }
        if (!whole) plan.stamps.unit_ns = 1;
    }
    return run(request, reader, plan, sink);
}

}  // namespace

std::string_view to_string(Format format) { return kFormats.of(format); }
std::optional<Format> parse_format(std::string_view text) { return kFormats.parse(text); }
std::string format_names() { return fmt::format("{}", fmt::join(kFormats.text, ", ")); }

std::expected<std::vector<ColumnMapping>, std::string> parse_mapping(std::string_view text) {
    std::vector<ColumnMapping> out;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view part = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        const std::size_t equals = part.find('=');
        if (equals == std::string_view::npos || equals == 0 || equals + 1 == part.size()) {
            return std::unexpected(fmt::format("{} is not FIELD=COLUMN", quoted(part)));
        }
        ColumnMapping mapping{.field = std::string{part.substr(0, equals)}, .columns = {}};
        if (std::any_of(out.begin(), out.end(),
                        [&](const auto& m) { return m.field == mapping.field; })) {
            return std::unexpected(fmt::format("{} stands twice", quoted(mapping.field)));
        }
        std::string_view columns = part.substr(equals + 1);
        while (true) {
            const std::size_t plus =
                mapping.field == "ts" ? columns.find('+') : std::string_view::npos;
            mapping.columns.emplace_back(columns.substr(0, plus));
            if (plus == std::string_view::npos) break;
            columns.remove_prefix(plus + 1);
        }
        if (mapping.columns.size() > 2) {
            return std::unexpected("a stamp comes from one column, or from a date and a time");
        }
        out.push_back(std::move(mapping));
    }
    if (out.empty()) return std::unexpected("is empty: give FIELD=COLUMN,...");
    return out;
}

std::expected<TableStats, InputError> import_file(const ImportRequest& request,
                                                  const BatchSink& sink) {
    switch (request.format) {
        case Format::csv: return import_csv(request, sink);
        case Format::yahoo: return import_yahoo(request, sink);
        case Format::binance: return import_binance(request, sink);
        case Format::lean: return import_lean(request, sink);
        case Format::tardis: return import_tardis(request, sink);
        case Format::bybit:
        case Format::capture: return import_messages(request, sink);
        case Format::custom: return import_custom(request, sink);
    }
    __builtin_unreachable();
}

}  // namespace tradewind::importers
