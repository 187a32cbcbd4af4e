// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "apps/data_common.hpp"
#include "base/try.hpp"
#include "wire/text_sink.hpp"

namespace tradewind::apps {
namespace {

using ports::Chunk;
using ports::SeriesKind;

constexpr std::size_t kFlushBytes = std::size_t{1} << 18;

std::expected<Timestamp, Failure> parse_instant(std::string_view option, const std::string& text,
                                                Timestamp if_empty) {
    if (text.empty()) return if_empty;
    if (const auto instant = parse_timestamp(text)) return *instant;
    return std::unexpected(bad_usage(fmt::format(
        "{}: {} is no time like 2014-05-02 or 2014-05-02T12:30:00Z", option, wire::quoted(text))));
}

/// Whether any row tells when it was true at the venue, in a column that series may lack.
std::expected<bool, Failure> tells_exchange_time(const catalog::Catalog& catalog,
                                                 const ports::SeriesKey& key, Timestamp from,
                                                 Timestamp to) {
    const std::size_t column = ports::column_count(key.kind);
    if (column == ports::column_count_max(key.kind)) return false;
    auto reader = catalog.read(key, from, to);
    if (!reader) return std::unexpected(as_failure(reader.error()));
    while (true) {
        auto rows = (*reader)->next();
        if (!rows) return std::unexpected(as_failure(rows.error()));
        if (!*rows) return false;
        if ((*rows)->columns[column] != nullptr) return true;
    }
}

std::string_view header_of(SeriesKind kind) {
    switch (kind) {
        case SeriesKind::bar: return "ts,open,high,low,close,volume";
        case SeriesKind::quote: return "ts,bid,ask,bid_size,ask_size";
        case SeriesKind::trade: return "ts,price,size,side";
        case SeriesKind::corporate_action: return "ts,kind,new_shares,old_shares,amount,new_symbol";
        case SeriesKind::funding: return "ts,rate,mark";
        case SeriesKind::book_level:
            return "ts,ts_exch,type,first_update_id,last_update_id,prev_update_id,side,price,size";
        case SeriesKind::book_order:
            return "ts,ts_exch,action,side,price,size,order_id,flags,sequence";
        case SeriesKind::news: return "";
    }
    __builtin_unreachable();
}

std::string_view side_text(std::int64_t aggressor) {
    if (aggressor == static_cast<std::int64_t>(Aggressor::buyer)) return "buy";
    return aggressor == static_cast<std::int64_t>(Aggressor::seller) ? "sell" : "";
}

void append_decimals(std::string& out, const Chunk& rows, std::size_t row, std::size_t from,
                     std::size_t to) {
    for (std::size_t column = from; column < to; ++column) {
        out += ',';
        wire::append_decimal(out, rows.columns[column][row]);
    }
}

void append_action(std::string& out, const Chunk& rows, std::size_t row) {
    using Action = ports::CorporateActionColumns;
    const auto kind = static_cast<CorporateActionKind>(rows.columns[Action::kind][row]);
    out += fmt::format(",{},{},{},", to_string(kind), rows.columns[Action::new_shares][row],
                       rows.columns[Action::old_shares][row]);
    wire::append_decimal(out, rows.columns[Action::amount][row]);
    out += ',';
    for (std::size_t column = Action::new_symbol; column < Action::count; ++column) {
        auto word = static_cast<std::uint64_t>(rows.columns[column][row]);
        for (; word != 0; word >>= 8) out += static_cast<char>(word & 0xff);
    }
}

/// A number, nothing for 0.
void append_told(std::string& out, std::int64_t value) {
    out += ',';
    if (value != 0) wire::append_integer(out, value);
}

std::string_view book_side_text(std::int64_t side) {
    if (side == static_cast<std::int64_t>(Side::buy)) return "bid";
    return side == static_cast<std::int64_t>(Side::sell) ? "ask" : "";
}

void append_book_level(std::string& out, const Chunk& rows, std::size_t row) {
    using C = ports::BookLevelColumns;
    const auto cell = [&](std::size_t column) { return rows.columns[column][row]; };
    append_told(out, cell(C::ts_exch));
    out += (cell(C::flags) & ports::BookRowFlags::snapshot) != 0 ? ",snapshot" : ",delta";
    append_told(out, cell(C::first_update_id));
    append_told(out, cell(C::last_update_id));
    append_told(out, cell(C::previous_update_id));
    out += ',';
    out += book_side_text(cell(C::side));
    append_decimals(out, rows, row, C::price, C::size + 1);
}

void append_book_order(std::string& out, const Chunk& rows, std::size_t row) {
    using C = ports::BookOrderColumns;
    const auto cell = [&](std::size_t column) { return rows.columns[column][row]; };
    append_told(out, cell(C::ts_exch));
    const auto letter = [&] {
        switch (static_cast<BookAction>(cell(C::action))) {
            case BookAction::set:
            case BookAction::add: return 'A';
            case BookAction::modify: return 'M';
            case BookAction::remove: return 'C';
            case BookAction::trade: return 'T';
            case BookAction::fill: return 'F';
            case BookAction::clear: return 'R';
        }
        __builtin_unreachable();
    };
    out += ',';
    out += letter();
    out += ',';
    out += book_side_text(cell(C::side));
    append_decimals(out, rows, row, C::price, C::size + 1);
    for (const std::size_t column : {C::order, C::flags, C::sequence}) {
        out += ',';
        wire::append_integer(out, cell(column));
    }
}

void append_row(std::string& out, SeriesKind kind, const Chunk& rows, std::size_t row) {
    wire::append_integer(out, rows.columns[ports::kTs][row]);
    switch (kind) {
        case SeriesKind::bar:
        case SeriesKind::quote:
            append_decimals(out, rows, row, 1, ports::column_count(kind));
            break;
        case SeriesKind::trade:
            append_decimals(out, rows, row, 1, 3);
            out += ',';
            out += side_text(rows.columns[ports::TradeColumns::aggressor][row]);
            break;
        case SeriesKind::funding: {
            const bool has_mark = rows.columns[ports::FundingColumns::has_mark][row] != 0;
            append_decimals(out, rows, row, 1, has_mark ? 3 : 2);
            if (!has_mark) out += ',';
            break;
        }
        case SeriesKind::corporate_action: append_action(out, rows, row); break;
        case SeriesKind::book_level: append_book_level(out, rows, row); break;
        case SeriesKind::book_order: append_book_order(out, rows, row); break;
        case SeriesKind::news: break;
    }
}

std::expected<void, Failure> write(wire::TextSink& sink, std::string& text) {
    auto done = sink.write(text);
    if (!done) return std::unexpected(as_failure(done.error()));
    text.clear();
    return {};
}

std::expected<std::uint64_t, Failure> export_series(const DataExportOptions& options) {
    const auto key = TRY(parse_series_key(options.instrument, options.kind, options.interval));
    const Timestamp from = TRY(parse_instant("--from", options.from, kTimestampMin));
    const Timestamp to = TRY(parse_instant("--to", options.to, kTimestampMax));
    const auto opened = catalog::Catalog::open(options.catalog);
    if (!opened) return std::unexpected(as_failure(opened.error()));
    auto reader = (*opened)->read(key, from, to);
    if (!reader) return std::unexpected(as_failure(reader.error()));
    auto sink = wire::open_text_sink(options.output);
    if (!sink) return std::unexpected(as_failure(sink.error()));

    Progress progress;
    const bool has_exchange_time = TRY(tells_exchange_time(**opened, key, from, to));
    const std::size_t exchange_column = ports::column_count(key.kind);
    std::string text{header_of(key.kind)};
    text += has_exchange_time ? ",ts_exch\n" : "\n";
    std::uint64_t count = 0;
    while (true) {
        auto rows = (*reader)->next();
        if (!rows) return std::unexpected(as_failure(rows.error()));
        if (!*rows) break;
        for (std::size_t row = 0; row < (*rows)->rows; ++row) {
            append_row(text, key.kind, **rows, row);
            if (has_exchange_time) {
                const std::int64_t* exchange = (*rows)->columns[exchange_column];
                append_told(text, exchange == nullptr ? 0 : exchange[row]);
            }
            text += '\n';
            if (text.size() >= kFlushBytes) TRY_VOID(write(**sink, text));
        }
        count += (*rows)->rows;
        progress.show(fmt::format("{} rows written", with_commas(count)));
    }
    TRY_VOID(write(**sink, text));
    if (auto done = (*sink)->close(); !done) return std::unexpected(as_failure(done.error()));
    return count;
}

}  // namespace

int run_data_export(const DataExportOptions& options) {
    const auto count = export_series(options);
    if (!count) return report(count.error());
    if (!options.output.empty()) {
        fmt::print(stderr, "{} rows into {}\n", with_commas(*count), options.output);
    }
    return 0;
}

}  // namespace tradewind::apps
