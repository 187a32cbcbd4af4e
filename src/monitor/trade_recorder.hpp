// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "monitor/metrics.hpp"

namespace tradewind::monitor {

struct TradeRecorderSettings {
    std::size_t strategies = 1;
    std::size_t kept = 1'000'000;  ///< closed trades kept; later ones are only counted
    bool hedges = false;           ///< each leg of a strategy has trades of its own
    bool tells = false;            ///< somebody calls `take_fresh`
};

/// One fill as the recorder needs it.
struct RecordedFill {
    Timestamp ts;
    StrategyId strategy;
    InstrumentId instrument;
    Fill fill;
    Money fee;  ///< in the instrument's quote currency
    Tag tag;    ///< the order's
    /// Units of account currency for one of the quote currency.
    Price rate{base::kDecimalOne};
};

/// Builds closed trades from fills, for each strategy and instrument, where hedged for each leg (a
/// fill is of the one that it names, else of the one that its side opens), from flat to flat. A
/// fill that flips the position closes one trade and opens the next; its fee is shared by quantity.
/// Entries and exits that come in parts are averaged, and `qty` is all that was entered. A trade's
/// tag is that of its last exit, or of its entry where the exit has none. The rate of the last fill
/// turns the quote currency into the account's. A fill whose basis names no reference price counts
/// no slippage.
///
/// Excursions are the extremes of the trade's whole profit before fees (what was realised on the
/// way and what is open), from bars, marks and the fills themselves. One thread owns it.
class TradeRecorder {
public:
    /// `instruments` outlives the recorder.
    TradeRecorder(const InstrumentTable& instruments, TradeRecorderSettings settings);

    void on_fill(const RecordedFill& fill);
    /// Bars in a row between which nothing was traded.
    struct BarRun {
        InstrumentId instrument;
        PriceSource source = PriceSource::last;
        Price lowest;
        Price highest;
        Price last;  ///< close
        std::uint64_t bars = 0;
    };
    /// A bar over which positions were held: its extremes move the excursions, and it counts as a
    /// bar held. Bid bars are for longs, which sell there; ask bars for shorts.
    void on_bar(const Bar& bar) {
        ASSERT(bar.instrument.value < active_.size());
        if (active_[bar.instrument.value] == 0) return;
        observe({.instrument = bar.instrument,
                 .source = bar.spec.source,
                 .lowest = bar.low,
                 .highest = bar.high,
                 .last = bar.close,
                 .bars = 1});
    }
    /// The same for several bars.
    void on_bars(const BarRun& run) {
        ASSERT(run.instrument.value < active_.size());
        if (active_[run.instrument.value] != 0) observe(run);
    }
    /// A price between bars.
    void on_mark(InstrumentId instrument, Price price);
    /// Restates open trades; a fraction of a lot leaves at the last price, as in the portfolio.
    void on_split(Timestamp ts, const CorporateAction& split);
    /// Closes open trades at what a share is paid out at.
    void on_delisting(Timestamp ts, const CorporateAction& delisting);

    /// In the order of exit; the first `kept` of them.
    [[nodiscard]] std::span<const ClosedTrade> closed() const { return closed_; }
    /// Tells each that was closed since the last call, listed or not; for who asked for it.
    template <typename Visit>
    void take_fresh(const Visit& visit) {
        for (const ClosedTrade& trade : fresh_) visit(trade);
        fresh_.clear();
    }
    /// All of them.
    [[nodiscard]] std::uint64_t closed_count() const { return closed_count_; }
    /// What is still open, as if closed at the last price seen; by instrument, strategy and leg.
    [[nodiscard]] std::vector<ClosedTrade> open_at(Timestamp ts) const;

private:
    static constexpr Price kNoLowest{INT64_MAX};
    static constexpr Price kNoHighest{INT64_MIN};

    /// A trade under way. Amounts in quote currency.
    struct Open {
        Qty qty;      ///< held now; short is below zero
        Qty entered;  ///< magnitude
        Qty exited;   ///< magnitude
        Money entry;  ///< sum of |notional| of entries
        Money exit;   ///< of exits
        Money flow;   ///< cash got less cash paid, before fees
        Money fees;
        Money slippage;
        Money mae;
        Money mfe;
        Price lowest = kNoLowest;  ///< seen since the last fill, not yet in `mae` and `mfe`
        Price highest = kNoHighest;
        Price last;
        Price rate;
        Timestamp since;
        std::uint64_t bars = 0;
        Tag tag;
        Side side = Side::buy;  ///< of the entry
        bool ambiguous = false;
        StrategyId strategy;
    };
    /// A fill or a part of one.
    struct Part {
        Qty qty;
        Money fee;
    };

    /// Room is asked for once: pages that are never written to cost nothing, and the list never
    /// moves.
    static constexpr std::size_t kReserved = 1'000'000;

    void observe(const BarRun& run);
    void enter(Open& open, const RecordedFill& fill, const Part& part);
    void leave(Open& open, const RecordedFill& fill, const Part& part);
    static void add(Open& open, const RecordedFill& fill, const Part& part,
                    const Instrument& instrument);
    static void settle_range(Open& open, const Instrument& instrument);
    static void excursion(Open& open, Price price, const Instrument& instrument);
    void close_if_flat(Open& open, Timestamp ts, const Instrument& instrument);
    static void restate(Open& open, const CorporateAction& split, const Instrument& instrument);
    [[nodiscard]] static ClosedTrade closed_trade(const Open& open, Timestamp ts,
                                                  const Instrument& instrument);
    [[nodiscard]] std::span<Open> trades_of(InstrumentId instrument) {
        return std::span{open_}.subspan(instrument.value * places_, places_);
    }
    [[nodiscard]] Open& trade_of(const RecordedFill& fill) {
        std::size_t place = fill.strategy.value;
        if (settings_.hedges) {
            place = 2 * place +
                    static_cast<std::size_t>(fill.fill.leg.value_or(leg_opened_by(fill.fill.side)));
        }
        return trades_of(fill.instrument)[place];
    }

    const InstrumentTable& instruments_;
    TradeRecorderSettings settings_;
    std::size_t places_;                 ///< trades that an instrument may have open at a time
    std::vector<Open> open_;             ///< [instruments, strategies], hedging [..., legs] too
    std::vector<std::uint32_t> active_;  ///< open trades of each instrument
    std::vector<ClosedTrade> closed_;
    std::uint64_t closed_count_ = 0;
    std::vector<ClosedTrade> fresh_;  ///< that nobody was told of
};

}  // namespace tradewind::monitor
