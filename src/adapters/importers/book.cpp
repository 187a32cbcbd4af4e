// SPDX-License-Identifier: Apache-2.0
#include "adapters/importers/book.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "adapters/importers/row_batches.hpp"
#include "base/decimal.hpp"
#include "base/try.hpp"
#include "domain/event.hpp"

namespace tradewind::importers {
namespace {

using ports::BookRowFlags;
using ports::SeriesKind;
using wire::CsvFields;
using wire::CsvReader;
using wire::InputError;
using wire::quoted;
using Level = ports::BookLevelColumns;
using Order = ports::BookOrderColumns;

/// What a cell of a book file holds.
enum class BookCell : std::uint8_t {
    skip,
    stamp,     ///< a whole number of the file's units
    update,    ///< an id: a whole number, 0 or below and empty where there is none
    side,      ///< bid or ask
    any_side,  ///< or nothing
    type,      ///< snapshot or not
    action,
    flags,
    decimal,
    price,  ///< a decimal, or nothing
};

/// A column of a file, and where it goes.
struct BookField {
    std::string_view name;
    std::size_t column;
    BookCell cell;
    bool is_optional = false;
};

constexpr std::array<BookField, 9> kOurLevels{{
    {"ts", Level::ts, BookCell::stamp},
    {"ts_exch", Level::ts_exch, BookCell::update, true},
    {"type", Level::flags, BookCell::type},
    {"first_update_id", Level::first_update_id, BookCell::update, true},
    {"last_update_id", Level::last_update_id, BookCell::update, true},
    {"prev_update_id", Level::previous_update_id, BookCell::update, true},
    {"side", Level::side, BookCell::side},
    {"price", Level::price, BookCell::decimal},
    {"size", Level::size, BookCell::decimal},
}};
constexpr std::array<BookField, 9> kOurOrders{{
    {"ts", Order::ts, BookCell::stamp},
    {"ts_exch", Order::ts_exch, BookCell::update, true},
    {"action", Order::action, BookCell::action},
    {"side", Order::side, BookCell::any_side},
    {"price", Order::price, BookCell::price},
    {"size", Order::size, BookCell::decimal},
    {"order_id", Order::order, BookCell::update},
    {"flags", Order::flags, BookCell::flags, true},
    {"sequence", Order::sequence, BookCell::update, true},
}};
constexpr std::array<BookField, 8> kBinanceLevels{{
    {"timestamp", Level::ts, BookCell::stamp},
    {"first_update_id", Level::first_update_id, BookCell::update},
    {"last_update_id", Level::last_update_id, BookCell::update},
    {"side", Level::side, BookCell::side},
    {"update_type", Level::flags, BookCell::type},
    {"price", Level::price, BookCell::decimal},
    {"qty", Level::size, BookCell::decimal},
    {"pu", Level::previous_update_id, BookCell::update},
}};
constexpr std::array<BookField, 6> kTardisLevels{{
    {"local_timestamp", Level::ts, BookCell::stamp},
    {"timestamp", Level::ts_exch, BookCell::stamp},
    {"is_snapshot", Level::flags, BookCell::type},
    {"side", Level::side, BookCell::side},
    {"price", Level::price, BookCell::decimal},
    {"amount", Level::size, BookCell::decimal},
}};

struct CellFault {
    std::string problem;
    std::string mend;
};
using Cell = std::expected<std::int64_t, CellFault>;

Cell whole(std::string_view text) {
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, value);
    if (code == std::errc{} && stop == end && !text.empty()) return value;
    return std::unexpected(CellFault{fmt::format("{} is not a whole number", quoted(text)),
                                     "give digits only, at most 9223372036854775807"});
}

Cell side_of(std::string_view text, bool may_be_empty) {
    if (text == "bid" || text == "buy" || text == "b" || text == "B") {
        return static_cast<std::int64_t>(Side::buy);
    }
    if (text == "ask" || text == "sell" || text == "a" || text == "A") {
        return static_cast<std::int64_t>(Side::sell);
    }
    if (may_be_empty && (text.empty() || text == "N")) return ports::kNoBookSide;
    return std::unexpected(
        CellFault{fmt::format("{} is no side of a book", quoted(text)),
                  may_be_empty ? "give bid, ask or nothing" : "give bid or ask"});
}

Cell type_of(std::string_view text) {
    if (text == "snapshot" || text == "snap" || text == "true") return BookRowFlags::snapshot;
    if (text == "delta" || text == "set" || text == "false") return 0;
    return std::unexpected(CellFault{fmt::format("{} is neither snapshot nor delta", quoted(text)),
                                     "give one of the two"});
}

Cell action_of(std::string_view text) {
    struct Letter {
        std::string_view text;
        BookAction action;
    };
    constexpr std::array<Letter, 6> kLetters{{{"A", BookAction::add},
                                              {"M", BookAction::modify},
                                              {"C", BookAction::remove},
                                              {"T", BookAction::trade},
                                              {"F", BookAction::fill},
                                              {"R", BookAction::clear}}};
    for (const Letter& letter : kLetters) {
        if (letter.text == text) return static_cast<std::int64_t>(letter.action);
    }
    return std::unexpected(
        CellFault{fmt::format("{} is no action", quoted(text)), "give A, M, C, T, F or R"});
}

class BookFile {
public:
    BookFile(const ImportRequest& request, CsvReader& reader, const BatchSink& sink)
        : request_(request), reader_(reader), batches_(request.kind, request.checks, sink) {
        if (request.after_snapshot) batches_.expect_no_snapshot();
    }

    std::expected<TableStats, InputError> run() {
        CsvFields header;
        if (!TRY(reader_.next(header))) {
            return std::unexpected(
                reader_.error(0, {}, "is empty", "give a file with a header and rows"));
        }
        header_.assign(header.begin(), header.end());
        if (is_wide()) return read_wide();
        fields_.assign(header_.size(), BookField{{}, 0, BookCell::skip});
        TRY_VOID(find_fields());
        CsvFields fields;
        while (TRY(reader_.next(fields))) {
            TRY_VOID(check_width(fields));
            TickRow row{};
            for (std::size_t i = 0; i < fields.size(); ++i) {
                const BookField& field = fields_[i];
                if (field.cell == BookCell::skip) continue;
                const Cell value = read(fields[i], field.cell);
                if (!value) return std::unexpected(wrong(header_[i], value.error()));
                row[field.column] = *value;
            }
            TRY_VOID(add(row));
        }
        return batches_.finish();
    }

private:
    [[nodiscard]] std::span<const BookField> wanted() const {
        if (request_.kind == SeriesKind::book_order) return kOurOrders;
        switch (request_.format) {
            case Format::binance: return kBinanceLevels;
            case Format::tardis: return kTardisLevels;
            default: return kOurLevels;
        }
    }

    [[nodiscard]] std::int64_t unit_ns() const {
        switch (request_.format) {
            case Format::binance: return 1'000'000;
            case Format::tardis: return 1'000;
            default: return 1;
        }
    }

    std::expected<void, InputError> find_fields() {
        for (const BookField& field : wanted()) {
            const auto at = std::find(header_.begin(), header_.end(), field.name);
            if (at != header_.end()) {
                fields_[static_cast<std::size_t>(at - header_.begin())] = field;
            } else if (!field.is_optional) {
                return std::unexpected(reader_.error(
                    reader_.line(), {}, fmt::format("the header has no column '{}'", field.name),
                    fmt::format("it has {}", quoted(fmt::format("{}", fmt::join(header_, ","))))));
            }
        }
        return {};
    }

    std::expected<void, InputError> check_width(const CsvFields& fields) const {
        if (fields.size() == header_.size()) return {};
        return std::unexpected(reader_.error(
            reader_.line(), {},
            fmt::format("has {} columns, {} are expected", fields.size(), header_.size()),
            "check the line"));
    }

    [[nodiscard]] Cell read(std::string_view text, BookCell cell) const {
        switch (cell) {
            case BookCell::skip: return 0;
            case BookCell::stamp: return stamp(text);
            case BookCell::update: {
                if (text.empty()) return 0;
                const Cell value = whole(text);
                return value && *value < 0 ? Cell{0} : value;
            }
            case BookCell::side: return side_of(text, false);
            case BookCell::any_side: return side_of(text, true);
            case BookCell::type: return type_of(text);
            case BookCell::action: return action_of(text);
            case BookCell::flags: return text.empty() ? Cell{0} : whole(text);
            case BookCell::price: return text.empty() ? Cell{0} : decimal(text);
            case BookCell::decimal: return decimal(text);
        }
        __builtin_unreachable();
    }

    [[nodiscard]] Cell stamp(std::string_view text) const {
        const Cell units = whole(text);
        if (!units) return units;
        if (const auto ns = base::checked_mul(*units, unit_ns())) return *ns;
        return std::unexpected(CellFault{fmt::format("{} is out of range", *units),
                                         "check the unit of the file's stamps"});
    }

    [[nodiscard]] Cell decimal(std::string_view text) const {
        const auto value =
            request_.checks.round ? base::parse_decimal_rounded(text) : base::parse_decimal(text);
        if (value) return *value;
        return std::unexpected(
            CellFault{fmt::format("{} {}", quoted(text), base::describe(value.error())),
                      "give a plain decimal like 101.25"});
    }

    [[nodiscard]] InputError wrong(std::string_view field, const CellFault& fault) const {
        return reader_.error(reader_.line(), field, fault.problem, fault.mend);
    }

    std::expected<void, InputError> add(TickRow& row) {
        // The one stamp of these files is the exchange's.
        if (request_.format == Format::binance) row[Level::ts_exch] = row[Level::ts];
        auto problem = batches_.add(row);
        if (!problem) return {};
        if (batches_.sink_error()) return std::unexpected(std::move(*batches_.sink_error()));
        return std::unexpected(
            reader_.error(reader_.line(), problem->field, problem->problem, problem->mend));
    }

    // --- tardis book_snapshot_N: a whole book in a row
    // ----------------------------------------------

    [[nodiscard]] bool is_wide() const {
        return request_.format == Format::tardis &&
               std::find(header_.begin(), header_.end(), "asks[0].price") != header_.end();
    }

    struct WideLevel {
        std::size_t price = 0;
        std::size_t amount = 0;
        Side side = Side::buy;
    };

    [[nodiscard]] std::optional<std::size_t> column(std::string_view name) const {
        const auto at = std::find(header_.begin(), header_.end(), name);
        if (at == header_.end()) return std::nullopt;
        return static_cast<std::size_t>(at - header_.begin());
    }

    std::expected<std::size_t, InputError> needed(std::string_view name) const {
        if (const auto at = column(name)) return *at;
        return std::unexpected(reader_.error(reader_.line(), {},
                                             fmt::format("the header has no column '{}'", name),
                                             "give a file as tardis.dev writes it"));
    }

    std::expected<std::vector<WideLevel>, InputError> wide_levels() const {
        std::vector<WideLevel> out;
        for (const auto& [word, side] : {std::pair{"asks", Side::sell}, {"bids", Side::buy}}) {
            for (std::size_t i = 0;; ++i) {
                const auto price = column(fmt::format("{}[{}].price", word, i));
                if (!price) break;
                out.push_back({.price = *price,
                               .amount = TRY(needed(fmt::format("{}[{}].amount", word, i))),
                               .side = side});
            }
        }
        return out;
    }

    std::expected<TableStats, InputError> read_wide() {
        const auto levels = TRY(wide_levels());
        const std::size_t ts = TRY(needed("local_timestamp")), exch = TRY(needed("timestamp"));
        CsvFields fields;
        while (TRY(reader_.next(fields))) {
            TRY_VOID(check_width(fields));
            const auto take = [&](std::size_t at,
                                  BookCell cell) -> std::expected<std::int64_t, InputError> {
                const Cell value = read(fields[at], cell);
                if (value) return *value;
                return std::unexpected(wrong(header_[at], value.error()));
            };
            TickRow row{};
            row[Level::ts] = TRY(take(ts, BookCell::stamp));
            row[Level::ts_exch] = TRY(take(exch, BookCell::stamp));
            row[Level::flags] = BookRowFlags::snapshot;
            batches_.break_message();
            for (const WideLevel& level : levels) {
                if (fields[level.price].empty()) continue;  // the book is not that deep
                row[Level::side] = static_cast<std::int64_t>(level.side);
                row[Level::price] = TRY(take(level.price, BookCell::decimal));
                row[Level::size] = TRY(take(level.amount, BookCell::decimal));
                TRY_VOID(add(row));
            }
        }
        return batches_.finish();
    }

    const ImportRequest& request_;
    CsvReader& reader_;
    RowBatches batches_;
    std::vector<std::string> header_;
    std::vector<BookField> fields_;
};

}  // namespace

std::expected<TableStats, InputError> import_book(const ImportRequest& request,
                                                  const BatchSink& sink) {
    CsvReader reader = TRY(CsvReader::open(TRY(wire::open_text(request.path, request.entry))));
    return read_book(request, reader, sink);
}

std::expected<TableStats, InputError> read_book(const ImportRequest& request, CsvReader& reader,
                                                const BatchSink& sink) {
    return BookFile{request, reader, sink}.run();
}

}  // namespace tradewind::importers
