// SPDX-License-Identifier: Apache-2.0
#include "adapters/importers/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/decimal.hpp"
#include "base/int128.hpp"
#include "base/try.hpp"
#include "domain/event.hpp"

namespace tradewind::importers {
namespace {

using ports::BarColumns;
using ports::QuoteColumns;
using ports::SeriesKind;
using ports::TradeColumns;
using wire::InputError;
using wire::quoted;

/// What is wrong with a cell, and the mend.
struct CellProblem {
    std::string problem;
    std::string mend;
};

std::string_view trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

CellProblem decimal_problem(std::string_view text, base::DecimalError error, bool decimal_comma) {
    std::string mend;
    switch (error) {
        case base::DecimalError::empty: mend = "give a number"; break;
        case base::DecimalError::not_a_number:
            mend = !decimal_comma && text.contains(',') ? "for a decimal comma give --decimal-comma"
                                                        : "give a plain decimal like 101.25";
            break;
        case base::DecimalError::too_precise: mend = "round it yourself or give --round"; break;
        case base::DecimalError::out_of_range:
            mend = "the range is -9223372036.854775808 to 9223372036.854775807";
            break;
    }
    return {.problem = fmt::format("{} {}", quoted(text), base::describe(error)),
            .mend = std::move(mend)};
}

/// Room for a small file; it doubles up to kBatchRows.
constexpr std::size_t kFirstRows = 1024;
static_assert(kBatchRows % kFirstRows == 0);

/// Collects columns for one output.
struct Buffer {
    const Output* output = nullptr;
    std::size_t columns = 0;
    std::array<std::vector<std::int64_t>, ports::kColumnsMax> data;
    std::array<std::int64_t*, ports::kColumnsMax> at{};
    std::size_t rows = 0;
    std::size_t capacity = 0;
    std::int64_t last_ts = INT64_MIN;
    std::int64_t min_step = 0;  // 1 where ts must rise

    explicit Buffer(const Output& out) : output(&out), columns(out.columns()) {
        min_step = out.kind == SeriesKind::bar ? 1 : 0;
        grow(kFirstRows);
    }
    /// Makes room for `rows_max` rows.
    void grow(std::size_t rows_max) {
        capacity = rows_max;
        for (std::size_t i = 0; i < columns; ++i) {
            data[i].resize(rows_max);
            at[i] = data[i].data();
        }
    }
    [[nodiscard]] ports::Chunk view() const {
        ports::Chunk out{.rows = rows, .columns = {}};
        for (std::size_t i = 0; i < columns; ++i) out.columns[i] = at[i];
        return out;
    }
};

class TableReader {
public:
    TableReader(wire::CsvReader& reader, const TablePlan& plan, const BatchSink& sink)
        : reader_(reader), plan_(plan), sink_(sink) {
        for (const Output& output : plan.outputs) buffers_.emplace_back(output);
        plain_ = plan.stamps.kind == StampRule::Kind::epoch && plan.checks.price_divisor == 1;
    }

    std::expected<TableStats, InputError> run() {
        wire::CsvFields fields;
        while (true) {
            TRY_VOID(take_fast());
            if (!TRY(reader_.next(fields))) break;
            auto taken = take_slow(fields);
            if (taken) continue;
            if (!plan_.checks.unreadable || sink_failed_) {
                return std::unexpected(std::move(taken).error());
            }
            plan_.checks.unreadable(taken.error());
        }
        for (Buffer& buffer : buffers_) TRY_VOID(flush(buffer));
        return stats_;
    }

private:
    // --- the fast way: whole buffered lines, no quotes, plain numbers
    // -------------------------------

    /// Takes buffered lines as long as they hold no surprise.
    std::expected<void, InputError> take_fast() {
        const std::string_view lines = reader_.buffered_lines();
        const char* p = lines.data();
        const char* const end = p + lines.size();
        std::uint64_t count = 0;
        line_ = reader_.next_line();
        RowSlots row{};
        while (p < end) {
            const char* next = scan_row(p, row);
            if (next == nullptr) break;
            if (!accept(row)) {
                reader_.skip(static_cast<std::size_t>(p - lines.data()), count);
                return std::unexpected(std::move(*error_));
            }
            p = next;
            ++count;
            ++line_;
        }
        reader_.skip(static_cast<std::size_t>(p - lines.data()), count);
        return {};
    }

    /// Past the row's '\n', or nullptr for the slow way.
    const char* scan_row(const char* p, RowSlots& row) {
        const char delimiter = reader_.delimiter();
        const Cell* const last = plan_.cells.data() + plan_.cells.size() - 1;
        for (const Cell* cell = plan_.cells.data();; ++cell) {
            p = scan_cell(p, *cell, delimiter, row);
            if (p == nullptr) return nullptr;
            if (cell == last) break;
            if (*p != delimiter) return nullptr;
            ++p;
        }
        if (*p == '\r') ++p;
        return *p == '\n' ? p + 1 : nullptr;
    }

    const char* scan_cell(const char* p, const Cell& cell, char delimiter, RowSlots& row) {
        switch (cell.kind) {
            case CellKind::integer: return wire::scan_integer(p, row[cell.slot]);
            case CellKind::exchange_ts:
                if (const char* next = wire::scan_integer(p, row[cell.slot])) return next;
                break;
            case CellKind::decimal:
                if (const char* next = wire::scan_decimal(p, row[cell.slot])) return next;
                break;
            default: break;
        }
        const char* stop = p;
        while (*stop != delimiter && *stop != '\n' && *stop != '\r') {
            if (*stop == '"' || *stop == '\0') return nullptr;
            ++stop;
        }
        if (cell.kind == CellKind::skip) return stop;
        const std::string_view text{p, static_cast<std::size_t>(stop - p)};
        return convert(text, cell, row) ? stop : nullptr;
    }

    // --- the slow way: one record, every error told
    // --------------------------------------------------

    std::expected<void, InputError> take_slow(const wire::CsvFields& fields) {
        line_ = reader_.line();
        if (fields.size() != plan_.cells.size()) {
            return std::unexpected(reader_.error(
                line_, {},
                fmt::format("has {} columns, {} are expected", fields.size(), plan_.cells.size()),
                "check the line and the delimiter"));
        }
        if (plan_.checks.skip_null_rows && is_null_row(fields)) {
            ++stats_.null_rows;
            return {};
        }
        RowSlots row{};
        for (std::size_t i = 0; i < fields.size(); ++i) {
            const Cell& cell = plan_.cells[i];
            if (cell.kind == CellKind::skip || convert(fields[i], cell, row)) continue;
            return std::unexpected(reader_.error(line_, cell.name, std::move(problem_.problem),
                                                 std::move(problem_.mend)));
        }
        if (!accept(row)) return std::unexpected(std::move(*error_));
        return {};
    }

    bool is_null_row(const wire::CsvFields& fields) const {
        bool any = false;
        for (std::size_t i = 0; i < fields.size(); ++i) {
            const Cell& cell = plan_.cells[i];
            if (cell.kind != CellKind::decimal || cell.may_be_empty) continue;
            const std::string_view text = trimmed(fields[i]);
            if (!text.empty() && text != "null" && text != "NaN" && text != "nan") return false;
            any = true;
        }
        return any;
    }

    bool refuse(std::string problem, std::string mend) {
        problem_ = {.problem = std::move(problem), .mend = std::move(mend)};
        return false;
    }

    /// False with problem_ set where the text is not what the column holds.
    bool convert(std::string_view given, const Cell& cell, RowSlots& row) {
        const std::string_view text = trimmed(given);
        if (text.empty() && cell.may_be_empty) {
            row[cell.slot] = cell.if_empty;
            return true;
        }
        switch (cell.kind) {
            case CellKind::skip: return true;
            case CellKind::integer:
            case CellKind::exchange_ts: return convert_integer(text, row[cell.slot]);
            case CellKind::decimal: return convert_decimal(text, row[cell.slot]);
            case CellKind::stamp: return convert_stamp(text, row);
            case CellKind::time_of_day: return convert_time_of_day(text, row[cell.slot]);
            case CellKind::side: return convert_side(text, row[cell.slot]);
            case CellKind::hex: return convert_hex(text, row[cell.slot]);
            case CellKind::flag: return convert_flag(text, row[cell.slot]);
        }
        __builtin_unreachable();
    }

    /// A whole number; for a stamp of numbers also one with a fraction, if nothing is lost.
    bool convert_integer(std::string_view text, std::int64_t& out) {
        const char* end = text.data() + text.size();
        const auto [stop, code] = std::from_chars(text.data(), end, out);
        if (code == std::errc{} && stop == end) return true;
        if (text.ends_with(".0") || text.contains('.')) {
            const auto decimal = base::parse_decimal_wide(text);
            if (decimal && *decimal % kMoneyOne == 0 && *decimal / kMoneyOne <= INT64_MAX &&
                *decimal / kMoneyOne >= INT64_MIN) {
                out = static_cast<std::int64_t>(*decimal / kMoneyOne);
                return true;
            }
        }
        return refuse(fmt::format("{} is not a whole number", quoted(text)),
                      "give digits only; --format custom reads other stamps (--ts-format)");
    }

    bool convert_decimal(std::string_view text, std::int64_t& out) {
        std::string with_point;
        if (plan_.checks.decimal_comma) {
            with_point = text;
            std::replace(with_point.begin(), with_point.end(), ',', '.');
        }
        const std::string_view digits =
            plan_.checks.decimal_comma ? std::string_view{with_point} : text;
        const auto value =
            plan_.checks.round ? base::parse_decimal_rounded(digits) : base::parse_decimal(digits);
        if (!value) {
            problem_ = decimal_problem(text, value.error(), plan_.checks.decimal_comma);
            return false;
        }
        out = *value;
        return true;
    }

    bool convert_stamp(std::string_view text, RowSlots& row) {
        const auto stamp = parse_stamp(text, plan_.stamps.format);
        if (!stamp) {
            return refuse(fmt::format("{} is not {}", quoted(text), describe(plan_.stamps.format)),
                          "say with --ts-format how time is written");
        }
        if (!same_offset(stamp->offset)) {
            return refuse(
                fmt::format("{} has another UTC offset than the rows before it", quoted(text)),
                "time zones must not be mixed in a file; --mixed-offsets takes them");
        }
        if (stamp->is_date && !has_time_of_day_) {
            row[kTsSlot] = plan_.stamps.label_is_date || plan_.stamps.zone == Zone{}
                               ? stamp->wall.ns
                               : from_wall(stamp->wall, plan_.stamps.zone).ns;
            return true;
        }
        if (plan_.stamps.label_is_date) {
            row[kTsSlot] = start_of(utc_date(stamp->wall)).ns;
            return true;
        }
        if (has_time_of_day_) {
            row[kTsSlot] = stamp->wall.ns;  // the zone follows when the time is known
            return true;
        }
        row[kTsSlot] = stamp->offset ? (stamp->wall - *stamp->offset).ns
                                     : from_wall(stamp->wall, plan_.stamps.zone).ns;
        return true;
    }

    bool same_offset(const std::optional<Duration>& offset) {
        if (plan_.stamps.mixed_offsets || plan_.stamps.format.kind == StampFormat::Kind::epoch)
            return true;
        if (!offset_known_) {
            offset_known_ = true;
            offset_ = offset;
        }
        return offset_ == offset;
    }

    bool convert_time_of_day(std::string_view text, std::int64_t& out) {
        // on any day, to borrow the parser of whole stamps
        const auto stamp = parse_stamp(fmt::format("1970-01-01T{}", text), StampFormat{});
        if (!stamp || stamp->offset) {
            return refuse(fmt::format("{} is not a time of day like 09:30:00", quoted(text)),
                          "put date and time into one column otherwise");
        }
        out = stamp->wall.ns;
        return true;
    }

    bool convert_side(std::string_view text, std::int64_t& out) {
        std::string lower{text};
        for (char& c : lower) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        }
        if (lower.empty() || lower == "unknown" || lower == "none") {
            out = static_cast<std::int64_t>(Aggressor::unknown);
        } else if (lower == "buy" || lower == "b" || lower == "buyer" || lower == "bid") {
            out = static_cast<std::int64_t>(Aggressor::buyer);
        } else if (lower == "sell" || lower == "s" || lower == "seller" || lower == "ask") {
            out = static_cast<std::int64_t>(Aggressor::seller);
        } else {
            return refuse(fmt::format("{} is no side", quoted(text)), "give buy, sell or nothing");
        }
        return true;
    }

    bool convert_hex(std::string_view text, std::int64_t& out) {
        const char* end = text.data() + text.size();
        const auto [stop, code] = std::from_chars(text.data(), end, out, 16);
        if (code == std::errc{} && stop == end && out >= 0) return true;
        return refuse(fmt::format("{} is no hexadecimal mask", quoted(text)),
                      "give digits 0-9 and a-f");
    }

    bool convert_flag(std::string_view text, std::int64_t& out) {
        if (text == "0" || text == "false" || text == "False" || text.empty()) {
            out = 0;
        } else if (text == "1" || text == "true" || text == "True") {
            out = 1;
        } else {
            return refuse(fmt::format("{} is neither 0 nor 1", quoted(text)), "give 0 or 1");
        }
        return true;
    }

    // --- both ways: instants, checks, columns
    // --------------------------------------------------------

    bool fail(std::string_view field, std::string problem, std::string mend) {
        error_ = reader_.error(line_, field, std::move(problem), std::move(mend));
        return false;
    }

    /// False with error_ set where the row must not be.
    bool accept(RowSlots& row) {
        if (plain_) {
            if (plan_.stamps.unit_ns != 1 && !scale_stamp(row)) return false;
        } else if (!finish_unusual(row)) {
            return false;
        }
        if (plan_.has_conditions && !counts_as_last_sale(row)) {
            ++stats_.not_last_sale;
            return true;
        }
        for (Buffer& buffer : buffers_) {
            if (!put(buffer, row)) return false;
        }
        return true;
    }

    bool counts_as_last_sale(const RowSlots& row) const {
        return plan_.checks.all_trades ||
               ((row[kConditionsSlot] & kNotLastSale) == 0 && row[kSuspiciousSlot] == 0);
    }

    bool scale_stamp(RowSlots& row) {
        const auto ns = base::checked_mul(row[kTsSlot], plan_.stamps.unit_ns);
        if (!ns) {
            return fail(plan_.outputs.front().names[0],
                        fmt::format("{} is out of range", row[kTsSlot]),
                        "check the unit (--ts-format)");
        }
        row[kTsSlot] = *ns;
        return scale_exchange_time(row);
    }

    bool scale_exchange_time(RowSlots& row) {
        for (const Output& output : plan_.outputs) {
            if (!output.has_exchange_time) continue;
            const std::size_t column = output.columns() - 1;
            const std::uint8_t slot = output.slots[column];
            const auto ns = base::checked_mul(row[slot], plan_.stamps.unit_ns);
            if (!ns) {
                return fail(output.names[column], fmt::format("{} is out of range", row[slot]),
                            "check the unit");
            }
            row[slot] = *ns;
        }
        return true;
    }

    bool finish_unusual(RowSlots& row) {
        if (plan_.stamps.kind == StampRule::Kind::epoch && !scale_stamp(row)) return false;
        if (plan_.stamps.kind == StampRule::Kind::of_day) {
            // milliseconds as a decimal in units of 1e-9: 1e-12 of a second
            const std::int64_t ns = row[kTsSlot] / 1'000;
            if (ns < 0 || ns > days(1).ns) {
                return fail(plan_.outputs.front().names[0], "is no time within a day",
                            "give milliseconds since midnight");
            }
            row[kTsSlot] = from_wall(plan_.stamps.midnight + Duration{ns}, plan_.stamps.zone).ns;
        }
        if (has_time_of_day_) {
            row[kTsSlot] = from_wall(Timestamp{row[kTsSlot]} + Duration{row[kTimeOfDaySlot]},
                                     plan_.stamps.zone)
                               .ns;
        }
        return plan_.checks.price_divisor == 1 || divide_prices(row);
    }

    bool divide_prices(RowSlots& row) {
        for (const Output& output : plan_.outputs) {
            for (std::size_t i = 1; i < ports::column_count(output.kind); ++i) {
                if (!is_price(output.kind, i)) continue;
                std::int64_t& price = row[output.slots[i]];
                if (price == kNoPrice) continue;
                if (price % plan_.checks.price_divisor != 0) {
                    return fail(output.names[i], "has more than nine decimal places once scaled",
                                "round it");
                }
                price /= plan_.checks.price_divisor;
            }
        }
        return true;
    }

    static bool is_price(SeriesKind kind, std::size_t column) {
        switch (kind) {
            case SeriesKind::bar: return column >= BarColumns::open && column <= BarColumns::close;
            case SeriesKind::quote:
                return column == QuoteColumns::bid || column == QuoteColumns::ask;
            case SeriesKind::trade: return column == TradeColumns::price;
            case SeriesKind::corporate_action:
            case SeriesKind::funding:
            case SeriesKind::book_level:
            case SeriesKind::book_order:
            case SeriesKind::news: return false;
        }
        __builtin_unreachable();
    }

    static bool lacks_price(const Output& output, const RowSlots& row) {
        for (std::size_t i = 1; i < ports::column_count(output.kind); ++i) {
            if (is_price(output.kind, i) && row[output.slots[i]] == kNoPrice) return true;
        }
        return false;
    }

    bool put(Buffer& buffer, const RowSlots& row) {
        const Output& output = *buffer.output;
        const auto& slot = output.slots;
        bool good = row[slot[0]] >= buffer.last_ts + buffer.min_step || buffer.last_ts == INT64_MIN;
        switch (output.kind) {
            case SeriesKind::bar: {
                const std::int64_t open = row[slot[1]], high = row[slot[2]], low = row[slot[3]],
                                   close = row[slot[4]], volume = row[slot[5]];
                if (open == kNoPrice && high == kNoPrice && low == kNoPrice && close == kNoPrice) {
                    ++stats_.one_sided;
                    return true;
                }
                good = good & (low <= std::min(open, close)) & (high >= std::max(open, close)) &
                       (volume >= 0) &
                       ((low > 0) | (plan_.checks.allow_negative & (low != kNoPrice)));
                break;
            }
            case SeriesKind::quote:
                if (plan_.checks.skip_crossed && row[slot[1]] > row[slot[2]]) {
                    ++stats_.crossed;
                    return true;
                }
                good = good & (row[slot[1]] <= row[slot[2]]) & (row[slot[3]] >= 0) &
                       (row[slot[4]] >= 0) & ((row[slot[1]] > 0) | plan_.checks.allow_negative);
                break;
            case SeriesKind::trade:
                good =
                    good & (row[slot[2]] >= 0) & ((row[slot[1]] > 0) | plan_.checks.allow_negative);
                break;
            case SeriesKind::corporate_action:
            case SeriesKind::funding:
            case SeriesKind::book_level:
            case SeriesKind::book_order:
            case SeriesKind::news: break;
        }
        if (!good) [[unlikely]] {
            if (!plan_.checks.keep_dirty) return explain(buffer, row);
            if (lacks_price(output, row)) {
                ++stats_.one_sided;
                return true;
            }
        }
        const std::size_t n = buffer.rows;
        for (std::size_t i = 0; i < buffer.columns; ++i) buffer.at[i][n] = row[slot[i]];
        buffer.last_ts = row[slot[0]];
        if (++buffer.rows < buffer.capacity) [[likely]]
            return true;
        if (buffer.capacity < kBatchRows) {
            buffer.grow(buffer.capacity * 2);
        } else {
            auto flushed = flush(buffer);
            if (!flushed) {
                error_ = std::move(flushed).error();
                sink_failed_ = true;
                return false;
            }
        }
        return true;
    }

    /// The first rule that the row breaks.
    bool explain(const Buffer& buffer, const RowSlots& row) {
        const Output& output = *buffer.output;
        const auto value = [&](std::size_t column) {
            const std::int64_t raw = row[output.slots[column]];
            return raw == kNoPrice ? std::string{"nothing"}
                                   : base::format_decimal(raw, base::kDecimals);
        };
        const auto& name = output.names;
        const std::int64_t ts = row[output.slots[0]];
        if (buffer.last_ts != INT64_MIN && ts < buffer.last_ts + buffer.min_step) {
            const bool twice = ts == buffer.last_ts;
            return fail(
                name[0],
                fmt::format("{} {} {}", tradewind::to_string(Timestamp{ts}),
                            twice ? "comes twice, as in the row before it at" : "comes after",
                            tradewind::to_string(Timestamp{buffer.last_ts})),
                twice ? "remove one of the rows" : "sort the file by time");
        }
        constexpr std::string_view kNegativeMend = "give --allow-negative if that is right";
        if (output.kind == SeriesKind::bar) {
            if (row[output.slots[BarColumns::volume]] < 0) {
                return fail(name[5], fmt::format("{} is negative", value(5)), "give 0 or more");
            }
            for (const std::size_t i : {BarColumns::open, BarColumns::close}) {
                if (row[output.slots[i]] > row[output.slots[BarColumns::high]]) {
                    return fail(name[i], fmt::format("{} is above the high {}", value(i), value(2)),
                                "mend the row");
                }
                if (row[output.slots[i]] < row[output.slots[BarColumns::low]]) {
                    return fail(name[i], fmt::format("{} is below the low {}", value(i), value(3)),
                                "mend the row");
                }
            }
            return fail(name[3], fmt::format("{} is not above 0", value(3)),
                        std::string{kNegativeMend});
        }
        if (output.kind == SeriesKind::quote) {
            if (row[output.slots[QuoteColumns::bid]] > row[output.slots[QuoteColumns::ask]]) {
                return fail(name[1], fmt::format("{} is above the ask {}", value(1), value(2)),
                            "remove the crossed quote or give --skip-crossed");
            }
            for (const std::size_t i : {QuoteColumns::bid_size, QuoteColumns::ask_size}) {
                if (row[output.slots[i]] < 0) {
                    return fail(name[i], fmt::format("{} is negative", value(i)), "give 0 or more");
                }
            }
            return fail(name[1], fmt::format("{} is not above 0", value(1)),
                        std::string{kNegativeMend});
        }
        if (row[output.slots[TradeColumns::size]] < 0) {
            return fail(name[2], fmt::format("{} is negative", value(2)), "give 0 or more");
        }
        return fail(name[1], fmt::format("{} is not above 0", value(1)),
                    std::string{kNegativeMend});
    }

    std::expected<void, InputError> flush(Buffer& buffer) {
        if (buffer.rows == 0) return {};
        TRY_VOID(sink_(*buffer.output, buffer.view()));
        stats_.rows += buffer.rows;
        buffer.rows = 0;
        return {};
    }

    wire::CsvReader& reader_;
    const TablePlan& plan_;
    const BatchSink& sink_;
    std::vector<Buffer> buffers_;
    TableStats stats_;
    bool plain_ = false;
    bool has_time_of_day_ = std::any_of(plan_.cells.begin(), plan_.cells.end(), [](const Cell& c) {
        return c.kind == CellKind::time_of_day;
    });
    std::uint64_t line_ = 0;
    bool offset_known_ = false;
    std::optional<Duration> offset_;
    CellProblem problem_;
    std::optional<InputError> error_;
    bool sink_failed_ = false;
};

}  // namespace

TableStats& TableStats::operator+=(const TableStats& other) {
    rows += other.rows;
    not_last_sale += other.not_last_sale;
    one_sided += other.one_sided;
    null_rows += other.null_rows;
    crossed += other.crossed;
    book_messages += other.book_messages;
    book_snapshots += other.book_snapshots;
    before_snapshot += other.before_snapshot;
    book_gaps += other.book_gaps;
    passed_over += other.passed_over;
    return *this;
}

std::expected<TableStats, InputError> read_table(wire::CsvReader& reader, const TablePlan& plan,
                                                 const BatchSink& sink) {
    return TableReader{reader, plan, sink}.run();
}

}  // namespace tradewind::importers
