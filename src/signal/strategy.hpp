// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "domain/command.hpp"
#include "domain/event.hpp"
#include "domain/prediction.hpp"
#include "market/bar_track.hpp"
#include "signal/context.hpp"

namespace tradewind::signal {

/// The features of an instrument as they were known at an instant, in the order of
/// `StrategySetup::features`; NaN where there is no value.
struct FeatureRow {
    InstrumentId instrument{};
    Timestamp known_at{};
    std::span<const double> values{};  ///< until the call returns
};

/// Says where to be. Events come in; target positions or order intents go out through the Context.
/// Everything that a strategy knows must come from the events and the Context: no clock, file,
/// thread or ambient randomness, so that a replay decides the same again.
class Strategy {
public:
    Strategy() = default;
    Strategy(const Strategy&) = delete;
    Strategy& operator=(const Strategy&) = delete;
    virtual ~Strategy() = default;

    /// Before the first event; nothing is known of the market yet.
    virtual void on_start(Context&) {}
    virtual void on_bar(Context&, const Bar&) {}
    /// Features of a bar of its own: right after that bar, or, where they read more than it, once
    /// all that is known at that instant has come.
    virtual void on_features(Context&, const FeatureRow&) {}
    /// What models make of those features, where the strategy has some: right after `on_features`.
    virtual void on_prediction(Context&, const Prediction&) {}
    virtual void on_quote(Context&, const Quote&) {}
    virtual void on_trade(Context&, const Trade&) {}
    /// A row; the book may be in the middle of a message.
    virtual void on_book_level(Context&, const BookLevel&) {}
    virtual void on_book_order(Context&, const BookOrder&) {}
    /// After the last row of a message: `context.market().levels(id)` or `orders(id)` is ready.
    virtual void on_book(Context&, InstrumentId) {}
    virtual void on_trading_status(Context&, const TradingStatus&) {}
    virtual void on_funding(Context&, const Funding&) {}
    virtual void on_corporate_action(Context&, const CorporateAction&) {}
    virtual void on_news(Context&, const NewsItem&) {}
    virtual void on_sentiment(Context&, const SentimentScore&) {}
    virtual void on_economic_release(Context&, const EconomicRelease&) {}
    virtual void on_timer(Context&, TimerId) {}
    /// What became of an order of this strategy at the venue.
    virtual void on_order(Context&, const OrderEvent&) {}
    /// What we refused ourselves, with the numbers.
    virtual void on_refusal(Context&, const Refusal&) {}
    /// The venue may close what the strategy's instruments hold next.
    virtual void on_margin_call(Context&, const MarginCall&) {}
    /// The venue closed a position, or a part of it; the books have it already.
    virtual void on_liquidation(Context&, const Liquidation&) {}
    /// The source has nothing more. Orders sent now meet no further market.
    virtual void on_end(Context&) {}

    /// Whether it can `skim`.
    [[nodiscard]] virtual bool skims() const { return false; }
    /// Reads bars from `rows.first` on, up to the first on which it wishes something, and says how
    /// many came before that one: it then knows what it would know had it been told each of them.
    /// The next bar that it is told is the one after these. Not called while orders of it are open.
    [[nodiscard]] virtual std::size_t skim(const market::BarTrack& /*track*/,
                                           market::BarRows /*rows*/) {
        return 0;
    }
};

}  // namespace tradewind::signal
