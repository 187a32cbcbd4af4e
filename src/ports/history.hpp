// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/event.hpp"
#include "domain/instrument.hpp"

/// Recorded market data, by series and column. Everything is an int64: instants in nanoseconds,
/// prices, quantities and rates in units of 1e-9, enums by their number. Rows of a series never go
/// back in time.
namespace tradewind::ports {

/// What the rows of a series are. The numbers are part of the catalog's format on disk.
enum class SeriesKind : std::uint8_t {
    bar = 1,
    quote = 2,
    trade = 3,
    corporate_action = 4,
    funding = 5,
    book_level = 6,
    news = 7,  ///< reserved: no columns yet
    book_order = 8,
};

/// "bar", "quote", "trade", "corporate-action", "funding", "book-level", "news", "book-order".
[[nodiscard]] std::string_view to_string(SeriesKind kind);
[[nodiscard]] std::optional<SeriesKind> parse_series_kind(std::string_view text);

// Places of the columns of each kind. Column 0 is always the row's instant.
inline constexpr std::size_t kTs = 0;

/// `ts` is the bar's label: see domain/bar_times.hpp for the span that it stands for.
struct BarColumns {
    static constexpr std::size_t ts = 0, open = 1, high = 2, low = 3, close = 4, volume = 5,
                                 count = 6;
};
/// A size of 0 is one that the source does not tell. `ts_exch` may be missing: see
/// `column_count_max`.
struct QuoteColumns {
    static constexpr std::size_t ts = 0, bid = 1, ask = 2, bid_size = 3, ask_size = 4, count = 5,
                                 ts_exch = 5, count_max = 6;
};
/// `aggressor` is the number of a tradewind::Aggressor. `ts_exch` may be missing.
struct TradeColumns {
    static constexpr std::size_t ts = 0, price = 1, size = 2, aggressor = 3, count = 4, ts_exch = 4,
                                 count_max = 5;
};
/// `kind` is the number of a CorporateActionKind; the new symbol's bytes, padded with NUL, stand in
/// four columns, eight bytes each, first byte lowest.
struct CorporateActionColumns {
    static constexpr std::size_t ts = 0, kind = 1, new_shares = 2, old_shares = 3, amount = 4,
                                 new_symbol = 5, count = 9;
    static constexpr std::size_t kSymbolBytes = 32;
};
/// `mark` counts only where `has_mark` is 1.
struct FundingColumns {
    static constexpr std::size_t ts = 0, rate = 1, mark = 2, has_mark = 3, count = 4;
};

/// Bits of a book row's `flags`, with the values that Databento gives them (its schema "mbo",
/// field `flags`). Other bits are kept as the source tells them.
struct BookRowFlags {
    static constexpr std::int64_t snapshot = 32;
    static constexpr std::int64_t last = 128;  ///< the last row of its message
};
/// Sides of a book row: the numbers of a tradewind::Side, or that the source tells none.
inline constexpr std::int64_t kNoBookSide = 2;

/// One level of an L2 stream. `ts` is when we received it, `ts_exch` when it was true at the venue
/// (0: not told); an update id of 0 is not told. A size of 0 removes the level.
struct BookLevelColumns {
    static constexpr std::size_t ts = 0, ts_exch = 1, flags = 2, side = 3, price = 4, size = 5,
                                 first_update_id = 6, last_update_id = 7, previous_update_id = 8,
                                 count = 9;
};
/// One row of an L3 stream. `action` is the number of a tradewind::BookAction.
struct BookOrderColumns {
    static constexpr std::size_t ts = 0, ts_exch = 1, flags = 2, side = 3, price = 4, size = 5,
                                 action = 6, order = 7, sequence = 8, count = 9;
};

inline constexpr std::size_t kColumnsMax = 9;

/// Names of the columns in their order, with the one that may be missing; empty for reserved kinds.
[[nodiscard]] std::span<const std::string_view> column_names(SeriesKind kind);
/// The columns that every series of the kind has.
[[nodiscard]] std::size_t column_count(SeriesKind kind);
/// With the last column of quotes and trades, `ts_exch`: when it was true at the venue, 0 where the
/// row does not tell. A chunk whose pointer to it is null tells none.
[[nodiscard]] inline std::size_t column_count_max(SeriesKind kind) {
    return column_names(kind).size();
}
/// The column that tells when a row was true at the venue; nullopt where the kind has none.
[[nodiscard]] std::optional<std::size_t> exchange_time_column(SeriesKind kind);

/// Which rows: of what, and for bars made how (`spec.step` is 0 for every other kind).
struct SeriesKey {
    std::string symbol;
    SeriesKind kind = SeriesKind::bar;
    BarSpec spec;

    friend auto operator<=>(const SeriesKey&, const SeriesKey&) = default;
};

/// "SPY.ARCA bar 1d", "BAC.NYSE quote".
[[nodiscard]] std::string to_string(const SeriesKey& key);

struct Series {
    SeriesKey key;
    std::uint64_t rows = 0;
    Timestamp first;  ///< ts of the first and the last row; a series is never empty
    Timestamp last;

    friend bool operator==(const Series&, const Series&) = default;
};

/// Columns that belong to somebody else, all of one length.
struct Chunk {
    std::size_t rows = 0;
    std::array<const std::int64_t*, kColumnsMax> columns{};

    [[nodiscard]] std::span<const std::int64_t> column(std::size_t i) const {
        return {columns[i], rows};
    }
};

/// Columns of one's own, all of one length.
struct Columns {
    std::vector<std::vector<std::int64_t>> columns;

    Columns() = default;
    explicit Columns(SeriesKind kind) : columns(column_count(kind)) {}
    /// With the column that may be missing.
    [[nodiscard]] static Columns widest(SeriesKind kind);

    [[nodiscard]] std::size_t rows() const { return columns.empty() ? 0 : columns.front().size(); }
    [[nodiscard]] Chunk view() const;
    /// A column that the chunk does not have is appended as zeros.
    void append(const Chunk& chunk);
    void clear();
};

/// The part of a chunk with from <= ts < to.
[[nodiscard]] Chunk slice(const Chunk& chunk, Timestamp from, Timestamp to);

enum class HistoryErrorKind : std::uint8_t {
    unknown_series,
    unreadable,  ///< the operating system said no
    damaged,     ///< truncated, or a checksum that does not match
};

struct HistoryError {
    HistoryErrorKind kind = HistoryErrorKind::unreadable;
    std::string text;  ///< one line that names the file, the column and the mend
};

/// Walks the rows of one series in order, some thousand at a time.
class ChunkReader {
public:
    virtual ~ChunkReader() = default;
    /// The next rows, at least one; nullopt at the end. What was returned before is no longer
    /// valid.
    [[nodiscard]] virtual std::expected<std::optional<Chunk>, HistoryError> next() = 0;
};

/// Recorded series that do not change while this object lives. Safe to read from several threads at
/// once; a reader belongs to one thread.
class History {
public:
    virtual ~History() = default;
    /// In the order of symbol, kind, spec.
    [[nodiscard]] virtual std::span<const Series> series() const = 0;
    /// nullptr where the symbol is unknown.
    [[nodiscard]] virtual const Instrument* find_instrument(std::string_view symbol) const = 0;
    /// Rows with from <= ts < to (for bars ts is the label).
    [[nodiscard]] virtual std::expected<std::unique_ptr<ChunkReader>, HistoryError> read(
        const SeriesKey& key, Timestamp from, Timestamp to) const = 0;

    [[nodiscard]] const Series* find(const SeriesKey& key) const;
};

}  // namespace tradewind::ports
