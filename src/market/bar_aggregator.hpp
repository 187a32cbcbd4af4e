// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "domain/event.hpp"
#include "domain/instrument.hpp"

namespace tradewind::market {

/// A bar and the instant at which it may be used: the `ts` of its event.
struct ClosedBar {
    Timestamp ts;
    Bar bar;

    friend bool operator==(const ClosedBar&, const ClosedBar&) = default;
};

/// What one input closed: at most the bar whose time had run out and the one that the input itself
/// completed, in this order. `for (const ClosedBar& closed : bars.on_trade(ts, trade)) ...`
class ClosedBars {
public:
    static constexpr std::size_t kMax = 2;

    [[nodiscard]] const ClosedBar* begin() const { return items_.data(); }
    [[nodiscard]] const ClosedBar* end() const { return items_.data() + count_; }
    [[nodiscard]] std::size_t size() const { return count_; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    void push(const ClosedBar& closed) {
        ASSERT(count_ < kMax);
        items_[count_++] = closed;
    }

private:
    std::size_t count_ = 0;
    std::array<ClosedBar, kMax> items_;
};

/// Where the spans of intraday bars of an exchange with sessions begin.
enum class BarAlignment : std::uint8_t {
    session,     ///< 09:30, 10:30, ... New York (default)
    wall_clock,  ///< 09:30, 10:00, 11:00, ... New York: full hours, the first one cut (as LEAN)
};

/// Makes one bar series of one instrument, incrementally.
///
/// Time bars. A span is [start, end); its bar opens at `start` and closes at `end`. Spans without
/// data give no bar.
/// - us_equity: spans count from the session's open, or lie on New York's clock (see BarAlignment);
///   the last one ends with the session. A day is the session. Data outside the sessions is left
///   out and counted.
/// - always_open: spans count from midnight UTC and end with the day.
/// - fx_week: as always_open, and Friday's last span ends with the week at 17:00 New York; a day
///   runs from 17:00 to 17:00 New York. Data on the weekend is left out and counted.
/// - Several days (step n x 24 h, n > 1): sessions whose dates lie in one block of n days, blocks
///   counted from Monday 1969-12-29, so that 7 days are weeks from Monday.
///
/// Tick, volume and value bars close with the input that reaches the step; that input belongs to
/// them whole (no trade is split), and the next bar starts from nothing. Their open_ts is that of
/// their first input.
///
/// Imbalance bars (M. Lopez de Prado, "Advances in Financial Machine Learning", 2018, 2.3.2.1 and
/// 2.3.2.2) close where the signed trades since the bar's begin outweigh what was to be expected:
/// |sum of b v| >= E[T] |E[b v]|, with v = 1, the size or the value. Run bars (2.3.2.3 and 2.3.2.4)
/// close where those of one side do: max(sum of v of buys, of sells) >= E[T] max(E[v of buys],
/// E[v of sells]). b is the aggressor's side, or by the tick rule (the sign of the last change of
/// the price) where it is not told. What the book leaves open is settled so:
/// - the first bar closes after `step` trades; E[T] is `step`, then the exponential average of the
///   bars' trades (span 20 bars), held within a tenth and ten times `step`;
/// - E[b v] and so on are exponential averages over trades (span 20 x step; plain means until as
///   many were seen), as they stood when the bar opened;
/// - the threshold of imbalance is at least E[v] sqrt(E[T]), how far a random walk of as many
/// trades
///   goes: a balanced market would else close a bar with every trade.
///
/// Renko bars close where the price is one brick (`step`) above the last one's top or below its
/// bottom. Their open and close are the brick's ends, the wick against it is kept; what lies beyond
/// the brick is the next one's. A jump over several bricks is one bar of that height: no price is
/// made up. Bricks count from the first price. Range bars close where low and high are `step`
/// apart, with the input that makes it so.
///
/// A bar's `ts` is its regular end. Where only a later input told that its time had run out, that
/// lies before the input's own time: the event that carries it takes the later one.
///
/// Source: trades and bars of the same PriceSource feed `last` bars; quotes feed `bid`, `ask` and
/// `mid` bars; bars feed bars of their own source. Any other input is passed over. A smaller bar
/// counts as one tick, and belongs to the span that holds the instant before its close.
class BarAggregator {
public:
    /// `spec.step` > 0. Throws nothing; a bad step is a broken invariant.
    BarAggregator(const Instrument& instrument, BarSpec spec,
                  BarAlignment alignment = BarAlignment::session);

    [[nodiscard]] ClosedBars on_trade(Timestamp ts, const Trade& trade);
    [[nodiscard]] ClosedBars on_quote(Timestamp ts, const Quote& quote);
    /// `ts` is the smaller bar's close.
    [[nodiscard]] ClosedBars on_bar(Timestamp ts, const Bar& bar);
    /// Whatever of the above the payload holds.
    [[nodiscard]] ClosedBars on_event(const Event& event);

    /// Closes the span that has ended by `now`, where it holds data. Fed with bars, a span that
    /// ends at `now` stays open until later: its last smaller bar carries the same time.
    [[nodiscard]] std::optional<ClosedBar> advance(Timestamp now);
    /// Closes what is open, at its regular end (time bars) or at the last input.
    [[nodiscard]] std::optional<ClosedBar> flush();

    /// When the open span ends, for setting a timer; nullopt while nothing is open, and for all but
    /// time bars.
    [[nodiscard]] std::optional<Timestamp> closes_at() const;
    /// The unfinished bar.
    [[nodiscard]] const Bar* open_bar() const { return is_open_ ? &bar_ : nullptr; }
    [[nodiscard]] const BarSpec& spec() const { return spec_; }
    /// Inputs that were left out because the market was closed.
    [[nodiscard]] std::uint64_t outside_session() const { return outside_session_; }

private:
    struct Span {
        Timestamp start;
        Timestamp end;
    };
    struct Input {
        Timestamp ts;      ///< when known
        Timestamp within;  ///< the instant that decides the span
        Timestamp open_ts;
        Price open, high, low, close;
        Qty volume;
        Aggressor aggressor = Aggressor::unknown;
    };
    /// What imbalance and run bars know. Sums are exact; expectations are scores.
    struct Information {
        Price last_price;
        int last_side = 0;           ///< 1 buys, -1 sells, 0 before the first change
        double expected_trades = 0;  ///< E[T]
        double mean_signed = 0, mean_buys = 0, mean_sells = 0, mean_size = 0;
        double trades_seen = 0;
        double bars_seen = 0;
        double threshold = 0;  ///< of the open bar; 0: the first one
        base::Int128 buys = 0, sells = 0;
        double trades = 0;  ///< of the open bar
    };

    ClosedBars feed(const Input& input);
    ClosedBars feed_timed(const Input& input);
    ClosedBars feed_counted(const Input& input);
    [[nodiscard]] bool is_full(const Input& input);
    [[nodiscard]] base::Int128 amount_of(const Input& input) const;
    void learn(const Input& input);
    [[nodiscard]] int side_of(const Input& input);
    void expect();
    [[nodiscard]] bool finish_brick();
    void merge(const Input& input, Timestamp open_ts);
    ClosedBar close(Timestamp ts);
    [[nodiscard]] std::optional<Span> span_at(Timestamp t) const;
    [[nodiscard]] std::optional<Span> intraday_span(Timestamp t) const;
    [[nodiscard]] std::optional<Span> days_span(Timestamp t) const;

    InstrumentId instrument_;
    Qty multiplier_;
    CalendarKind calendar_;
    BarSpec spec_;
    BarAlignment alignment_;
    Span span_{.start = kTimestampMax,
               .end = kTimestampMin};  ///< the latest one found; empty before
    Bar bar_;
    bool is_open_ = false;
    bool fed_by_bars_ = false;
    base::Int128 counted_ = 0;  ///< ticks, volume or value of the open bar
    Information information_;
    Price brick_top_, brick_bottom_;  ///< of the last brick; both the first price before one
    bool has_brick_ = false;
    Timestamp last_ts_;
    std::uint64_t outside_session_ = 0;
};

}  // namespace tradewind::market
