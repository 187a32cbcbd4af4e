// SPDX-License-Identifier: Apache-2.0
#include "research/features/tape_check.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <memory>

#include "base/random.hpp"
#include "base/try.hpp"

namespace tradewind::research {
namespace {

using ports::Chunk;
using ports::Columns;
using ports::SeriesKind;

/// Bars after the cut that are read: what could leak lies near.
constexpr std::size_t kBarsBehind = 50;

bool is_tick(SeriesKind kind) {
    return kind == SeriesKind::quote || kind == SeriesKind::trade ||
           kind == SeriesKind::book_level || kind == SeriesKind::book_order;
}

/// Columns of a kind that hold prices or sizes.
std::vector<std::size_t> numbers_of(SeriesKind kind) {
    switch (kind) {
        case SeriesKind::quote: {
            using C = ports::QuoteColumns;
            return {C::bid, C::ask, C::bid_size, C::ask_size};
        }
        case SeriesKind::trade: return {ports::TradeColumns::price, ports::TradeColumns::size};
        case SeriesKind::book_level:
            return {ports::BookLevelColumns::price, ports::BookLevelColumns::size};
        case SeriesKind::book_order:
            return {ports::BookOrderColumns::price, ports::BookOrderColumns::size};
        case SeriesKind::bar:
        case SeriesKind::corporate_action:
        case SeriesKind::funding:
        case SeriesKind::news: break;
    }
    return {};
}

/// A row in each chunk.
class SingleRows final : public ports::ChunkReader {
public:
    explicit SingleRows(std::unique_ptr<ports::ChunkReader> inner) : inner_(std::move(inner)) {}
    std::expected<std::optional<Chunk>, ports::HistoryError> next() override {
        if (row_ == chunk_.rows) {
            auto more = inner_->next();
            if (!more || !*more) return more;
            chunk_ = **more;
            row_ = 0;
        }
        Chunk out{.rows = 1, .columns = {}};
        for (std::size_t i = 0; i < chunk_.columns.size(); ++i) {
            if (chunk_.columns[i] != nullptr) out.columns[i] = chunk_.columns[i] + row_;
        }
        ++row_;
        return out;
    }

private:
    std::unique_ptr<ports::ChunkReader> inner_;
    Chunk chunk_;
    std::size_t row_ = 0;
};

/// Rows from an instant on are others, more or fewer.
class CorruptedRows final : public ports::ChunkReader {
public:
    struct How {
        Corruption corruption;
        Timestamp from;
        std::uint64_t seed;
    };
    CorruptedRows(std::unique_ptr<ports::ChunkReader> inner, SeriesKind kind, const How& how)
        : inner_(std::move(inner)),
          how_(how),
          numbers_(numbers_of(kind)),
          columns_(Columns::widest(kind)),
          random_(how.seed) {
        drops_all_ = how.corruption == Corruption::rows_dropped && random_.below(3) == 0;
    }
    std::expected<std::optional<Chunk>, ports::HistoryError> next() override {
        while (true) {
            auto more = inner_->next();
            if (!more || !*more) return more;
            columns_.clear();
            for (std::size_t row = 0; row < (*more)->rows; ++row) take(**more, row);
            if (columns_.rows() > 0) return columns_.view();
        }
    }

private:
    void take(const Chunk& chunk, std::size_t row) {
        if (chunk.columns[ports::kTs][row] < how_.from.ns) return copy(chunk, row);
        switch (how_.corruption) {
            case Corruption::values_changed: copy(chunk, row); return change();
            case Corruption::rows_added:
                copy(chunk, row);
                if (random_.below(2) == 0) {
                    copy(chunk, row);
                    change();
                }
                return;
            case Corruption::rows_dropped:
                if (!drops_all_ && random_.below(2) == 0) copy(chunk, row);
                return;
        }
    }
    void copy(const Chunk& chunk, std::size_t row) {
        for (std::size_t i = 0; i < columns_.columns.size(); ++i) {
            const bool is_there = chunk.columns[i] != nullptr;
            columns_.columns[i].push_back(is_there ? chunk.columns[i][row] : 0);
        }
    }
    /// The last row's prices and sizes, each by up to a half.
    void change() {
        for (const std::size_t column : numbers_) {
            std::int64_t& value = columns_.columns[column].back();
            const std::int64_t span = std::abs(value / 2);
            if (span > 0) {
                value +=
                    static_cast<std::int64_t>(random_.below(2 * static_cast<std::uint64_t>(span))) -
                    span;
            }
        }
    }

    std::unique_ptr<ports::ChunkReader> inner_;
    How how_;
    std::vector<std::size_t> numbers_;
    Columns columns_;
    base::Random random_;
    bool drops_all_ = false;
};

/// A history whose ticks are read otherwise.
class OtherTicks final : public ports::History {
public:
    using Reader = std::unique_ptr<ports::ChunkReader>;
    using Wrap = std::function<Reader(Reader, SeriesKind)>;
    OtherTicks(const ports::History& inner, Wrap wrap) : inner_(inner), wrap_(std::move(wrap)) {}

    [[nodiscard]] std::span<const ports::Series> series() const override { return inner_.series(); }
    [[nodiscard]] const Instrument* find_instrument(std::string_view symbol) const override {
        return inner_.find_instrument(symbol);
    }
    [[nodiscard]] std::expected<Reader, ports::HistoryError> read(const ports::SeriesKey& key,
                                                                  Timestamp from,
                                                                  Timestamp to) const override {
        auto reader = inner_.read(key, from, to);
        if (!reader || !is_tick(key.kind)) return reader;
        return wrap_(std::move(*reader), key.kind);
    }

private:
    const ports::History& inner_;
    Wrap wrap_;
};

std::optional<FieldDifference> first_difference(const FeatureBars& a, const FeatureBars& b,
                                                std::size_t rows) {
    std::optional<FieldDifference> out;
    const auto compare = [&](feature::Field field, std::size_t row, double here, double there) {
        const bool is_same =
            std::bit_cast<std::uint64_t>(here) == std::bit_cast<std::uint64_t>(there);
        if (is_same || (out && out->row <= row)) return;
        out = {.field = field, .row = row, .here = here, .there = there};
    };
    const std::size_t both = std::min({rows, a.rows(), b.rows()});
    for (std::size_t i = 0; i < a.columns.size(); ++i) {
        const std::size_t end = std::min({both, a.columns[i].size(), b.columns[i].size()});
        for (std::size_t row = 0; row < end; ++row) {
            compare(static_cast<feature::Field>(i), row, a.columns[i][row], b.columns[i][row]);
        }
    }
    return out;
}

/// The first instant whose ticks the row did not know. A bar that counts trades may know some of
/// its last instant.
Timestamp unknown_from(const FeatureBars& bars, std::size_t row) {
    return Timestamp{bars.known_at[row]} + Duration{bars.trades_end.empty() ? 0 : 1};
}

}  // namespace

std::expected<TapeCheck, std::string> check_tape(const ports::History& history,
                                                 const TapeRead& read,
                                                 const CheckSettings& settings) {
    constexpr std::array kHow{Corruption::values_changed, Corruption::rows_added,
                              Corruption::rows_dropped};
    const FeatureBars bars = TRY(read(history, kTimestampMax));
    TapeCheck out;
    const OtherTicks single{history, [](OtherTicks::Reader inner, SeriesKind /*kind*/) {
                                return std::make_unique<SingleRows>(std::move(inner));
                            }};
    out.parity = first_difference(bars, TRY(read(single, kTimestampMax)), bars.rows());
    base::Random random{settings.seed};
    for (std::size_t i = 0; i < settings.cuts && bars.rows() > 0; ++i) {
        const std::size_t cut = i == 0 ? 0 : random.below(bars.rows());
        const std::size_t last = std::min(bars.rows() - 1, cut + kBarsBehind);
        const Timestamp to = Timestamp{bars.known_at[last]} + Duration{1};
        for (const Corruption corruption : kHow) {
            const CorruptedRows::How how{.corruption = corruption,
                                         .from = unknown_from(bars, cut),
                                         .seed = settings.seed + i};
            const OtherTicks other{history, [&](OtherTicks::Reader inner, SeriesKind kind) {
                                       return std::make_unique<CorruptedRows>(std::move(inner),
                                                                              kind, how);
                                   }};
            const auto where = first_difference(bars, TRY(read(other, to)), cut + 1);
            if (where && !out.leak) {
                out.leak = {.corruption = corruption, .cut = cut, .where = *where};
            }
            ++out.corruptions;
        }
    }
    return out;
}

}  // namespace tradewind::research
