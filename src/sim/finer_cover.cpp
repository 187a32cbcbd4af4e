// SPDX-License-Identifier: Apache-2.0
#include "sim/finer_cover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "base/try.hpp"
#include "domain/bar_times.hpp"
#include "domain/calendar.hpp"

namespace tradewind::sim {
namespace {

/// A row of bars, or a print as a bar without length.
struct Row {
    Timestamp open_ts;
    Timestamp close_ts;
    std::array<std::int64_t, 4> prices{};  ///< open, high, low, close
    std::int64_t volume = 0;
};

/// A series row by row, with the spans that its labels stand for.
class Walk {
public:
    Walk(const Instrument& instrument, const ports::SeriesKey& key)
        : is_bar_(key.kind == ports::SeriesKind::bar), clock_(instrument.calendar, key.spec) {}

    [[nodiscard]] std::expected<void, std::string> open(const ports::History& history,
                                                        const ports::SeriesKey& key, Timestamp from,
                                                        Timestamp to) {
        auto reader = history.read(key, from, to);
        if (!reader) return std::unexpected(std::move(reader.error().text));
        reader_ = std::move(*reader);
        return read();
    }
    [[nodiscard]] bool is_over() const { return is_over_; }
    [[nodiscard]] std::uint64_t row() const { return before_ + at_; }
    [[nodiscard]] const Row& head() const { return head_; }
    [[nodiscard]] std::int64_t volume_so_far() const { return volume_so_far_; }

    [[nodiscard]] std::expected<void, std::string> step() {
        if (++at_ < chunk_.rows) {
            look();
            return {};
        }
        before_ += chunk_.rows;
        return read();
    }

private:
    [[nodiscard]] std::expected<void, std::string> read() {
        const auto more = reader_->next();
        if (!more) return std::unexpected(more.error().text);
        at_ = 0;
        is_over_ = !*more || (*more)->rows == 0;
        if (is_over_) return {};
        chunk_ = **more;
        look();
        return {};
    }
    [[nodiscard]] std::int64_t cell(std::size_t column) const {
        return chunk_.columns[column][at_];
    }
    /// The spans never overlap, as a feed's do not.
    void look() {
        const Timestamp label{cell(ports::kTs)};
        if (!is_bar_) {
            using C = ports::TradeColumns;
            const std::int64_t price = cell(C::price);
            head_ = {label, label, {price, price, price, price}, cell(C::size)};
        } else {
            using C = ports::BarColumns;
            const BarTimes told = clock_.at(label);
            const Timestamp open = std::max(told.open, head_.close_ts);
            head_ = {open,
                     std::max(told.close, open),
                     {cell(C::open), cell(C::high), cell(C::low), cell(C::close)},
                     cell(C::volume)};
        }
        volume_so_far_ |= head_.volume;
    }

    bool is_bar_;
    BarClock clock_;
    std::unique_ptr<ports::ChunkReader> reader_;
    ports::Chunk chunk_;
    std::size_t at_ = 0;
    std::uint64_t before_ = 0;  ///< rows of the chunks before
    bool is_over_ = false;
    Row head_{kTimestampMin, kTimestampMin, {}, 0};
    std::int64_t volume_so_far_ = 0;  ///< bits of all: 0 where the series never told one
};

/// What the finer rows inside one bar come to.
struct Inside {
    std::uint64_t first = 0;  ///< rows
    std::uint64_t end = 0;
    Timestamp until;            ///< so far the bar is covered
    bool begins_early = false;  ///< the first row does, in no session's time
    bool tells_volume = false;  ///< a row up to the first one did
    bool has_holes = false;
    bool has_prices = false;
    std::array<std::int64_t, 4> prices{};
    base::Int128 volume = 0;

    void take(const Row& row) {
        volume += row.volume;
        if (!has_prices) prices = row.prices;
        has_prices = true;
        prices[1] = std::max(prices[1], row.prices[1]);
        prices[2] = std::min(prices[2], row.prices[2]);
        prices[3] = row.prices[3];
    }
};

constexpr std::array<std::string_view, 4> kPriceNames{"open", "high", "low", "close"};

class Cover {
public:
    Cover(const CoverRequest& request, const ports::History& history)
        : request_(request),
          history_(history),
          by_bars_(request.finer.kind == ports::SeriesKind::bar),
          coarse_(request.instrument, request.coarse),
          finer_(request.instrument, request.finer) {
        out_.use.coarse = request.coarse;
        out_.use.finer = request.finer;
    }

    [[nodiscard]] std::expected<FinerCover, std::string> run() {
        TRY_VOID(coarse_.open(history_, request_.coarse, request_.from, request_.to));
        if (coarse_.is_over()) return std::move(out_);
        // A label stands at most a day before what it stands for.
        out_.finer_from = coarse_.head().open_ts - days(1);
        TRY_VOID(finer_.open(history_, request_.finer, out_.finer_from, kTimestampMax));
        while (!coarse_.is_over()) {
            const Inside inside = TRY(look_inside(coarse_.head()));
            add(coarse_.head(), inside);
            TRY_VOID(coarse_.step());
        }
        return std::move(out_);
    }

private:
    /// No session's time lies between.
    [[nodiscard]] bool is_closed(Timestamp from, Timestamp to) const {
        return from >= to || session_from(request_.instrument.calendar, from).open >= to;
    }

    /// Takes the finer rows that belong to a bar.
    [[nodiscard]] std::expected<Inside, std::string> look_inside(const Row& bar) {
        while (!finer_.is_over() && is_before(bar)) TRY_VOID(finer_.step());
        Inside out{.first = finer_.row(),
                   .end = finer_.row(),
                   .until = bar.open_ts,
                   .tells_volume = finer_.volume_so_far() != 0};
        while (!finer_.is_over() && is_in(bar)) {
            const Row& row = finer_.head();
            out.begins_early |= row.open_ts < bar.open_ts;
            out.has_holes |=
                !is_closed(row.open_ts, bar.open_ts) || !is_closed(out.until, row.open_ts);
            out.until = row.close_ts;
            if (row.volume != 0 || finer_.volume_so_far() == 0) out.take(row);
            TRY_VOID(finer_.step());
        }
        out.end = finer_.row();
        out.has_holes |= !is_closed(out.until, bar.close_ts);
        return out;
    }
    [[nodiscard]] bool is_before(const Row& bar) const {
        const Row& row = finer_.head();
        return by_bars_ ? row.close_ts <= bar.open_ts : row.close_ts < bar.open_ts;
    }
    [[nodiscard]] bool is_in(const Row& bar) const {
        const Row& row = finer_.head();
        return by_bars_ ? row.close_ts <= bar.close_ts : row.close_ts < bar.close_ts;
    }

    [[nodiscard]] bool covers(const Row& bar, const Inside& inside) const {
        if (!inside.has_prices) return false;
        const bool bar_tells = coarse_.volume_so_far() != 0;
        const bool all_there = bar_tells && inside.volume >= bar.volume;
        return by_bars_ ? !inside.has_holes || all_there : !bar_tells || all_there;
    }

    void add(const Row& bar, const Inside& inside) {
        const bool is_halt = bar.volume == 0 && coarse_.volume_so_far() != 0;
        bool resolved = false;
        if (!is_halt) {
            ++out_.use.bars;
            if (!covers(bar, inside)) {
                ++out_.use.with_holes;
            } else if (!agrees(bar, inside)) {
                ++out_.use.disagreeing;
            } else {
                ++out_.use.resolved;
                resolved = true;
            }
        }
        add_coarse(resolved);
        if (resolved) add_finer(bar, inside);
    }

    [[nodiscard]] bool agrees(const Row& bar, const Inside& inside) {
        for (std::size_t i = 0; i < kPriceNames.size(); ++i) {
            const std::int64_t apart = bar.prices[i] - inside.prices[i];
            const std::int64_t tick = request_.instrument.tick.raw;
            if (-tick <= apart && apart <= tick) continue;
            if (!out_.use.first_disagreement) {
                out_.use.first_disagreement = Disagreement{
                    .bar = bar.open_ts,
                    .what = fmt::format("its {} is {}, of the finer data {}", kPriceNames[i],
                                        to_string(Price{bar.prices[i]}),
                                        to_string(Price{inside.prices[i]}))};
            }
            return false;
        }
        return true;
    }

    void add_coarse(bool resolved) {
        std::vector<RowRun>& runs = out_.coarse;
        if (runs.empty() || runs.back().resolved != resolved) {
            runs.push_back({.first = coarse_.row(), .end = coarse_.row(), .resolved = resolved});
        }
        ++runs.back().end;
    }

    void add_finer(const Row& bar, const Inside& inside) {
        std::vector<RowRun>& runs = out_.finer;
        const bool goes_on =
            !runs.empty() && runs.back().end == inside.first && !inside.begins_early;
        if (goes_on) {
            runs.back().end = inside.end;
        } else {
            runs.push_back({.first = inside.first,
                            .end = inside.end,
                            .opens = bar.open_ts,
                            .tells_volume = inside.tells_volume});
        }
    }

    const CoverRequest& request_;
    const ports::History& history_;
    bool by_bars_;
    Walk coarse_;
    Walk finer_;
    FinerCover out_;
};

}  // namespace

std::expected<FinerCover, std::string> cover_of(const ports::History& history,
                                                const CoverRequest& request) {
    return Cover{request, history}.run();
}

}  // namespace tradewind::sim
