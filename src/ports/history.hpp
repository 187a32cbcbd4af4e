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
    book_level = 6,  ///< reserved: no columns yet
    news = 7,        ///< reserved: no columns yet
};

/// "bar", "quote", "trade", "corporate-action", "funding", "book-level", "news".
[[nodiscard]] std::string_view to_string(SeriesKind kind);
[[nodiscard]] std::optional<SeriesKind> parse_series_kind(std::string_view text);

// Places of the columns of each kind. Column 0 is always the row's instant.
inline constexpr std::size_t kTs = 0;

/// `ts` is the bar's label: see domain/bar_times.hpp for the span that it stands for.
struct BarColumns {
    static constexpr std::size_t ts = 0, open = 1, high = 2, low = 3, close = 4, volume = 5,
                                 count = 6;
};
/// A size of 0 is one that the source does not tell.
struct QuoteColumns {
    static constexpr std::size_t ts = 0, bid = 1, ask = 2, bid_size = 3, ask_size = 4, count = 5;
};
/// `aggressor` is the number of a tradewind::Aggressor.
struct TradeColumns {
    static constexpr std::size_t ts = 0, price = 1, size = 2, aggressor = 3, count = 4;
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

inline constexpr std::size_t kColumnsMax = 9;

/// Names of the columns in their order; empty for the reserved kinds.
[[nodiscard]] std::span<const std::string_view> column_names(SeriesKind kind);
[[nodiscard]] inline std::size_t column_count(SeriesKind kind) { return column_names(kind).size(); }

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

    [[nodiscard]] std::size_t rows() const { return columns.empty() ? 0 : columns.front().size(); }
    [[nodiscard]] Chunk view() const;
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
