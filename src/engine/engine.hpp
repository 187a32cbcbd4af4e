// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/command.hpp"
#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "engine/feature_tap.hpp"
#include "market/bar_aggregator.hpp"
#include "market/bar_track.hpp"
#include "market/market.hpp"
#include "ml/forecaster.hpp"
#include "monitor/equity_sampler.hpp"
#include "monitor/trade_recorder.hpp"
#include "orders/orders.hpp"
#include "portfolio/portfolio.hpp"
#include "risk/brakes.hpp"
#include "risk/gate.hpp"
#include "risk/limit_watch.hpp"
#include "risk/stop.hpp"
#include "signal/strategy.hpp"

namespace tradewind::risk {
class Statistics;
}

namespace tradewind::engine {

/// A strategy with the part of the world that it sees.
struct StrategySlot {
    std::string name;
    std::unique_ptr<signal::Strategy> strategy;
    std::vector<InstrumentId> instruments;  ///< whose events it gets
    std::optional<BarSpec> bars;            ///< only bars made this way; absent: all
    /// Told everything, it sends orders from this instant on; absent: from the start.
    std::optional<Timestamp> trades_from{};
    /// What it is told of features, of the bars that it gets, which are told then.
    std::optional<FeaturePlan> features{};
    /// What predicts from those features, if it is told predictions.
    std::unique_ptr<ml::Forecaster> models{};
    /// Kept around what it holds.
    std::vector<risk::Stop> stops{};
    /// How large its positions are, where not its own parameters say so.
    std::optional<signal::SizeSettings> sizing{};
};

/// Bars that the engine makes itself from what comes in, for strategies that ask for them.
struct Aggregation {
    InstrumentId instrument;
    BarSpec spec;
};

struct EngineSettings {
    Currency base = kUsd;
    portfolio::AccountKind account = portfolio::AccountKind::cash;
    PositionSettings positions{};
    CalendarKind sampling = CalendarKind::always_open;  ///< whose days the equity curve counts
    risk::Settings risk{};                              ///< that passed `risk::check`
    bool watches_limits = false;  ///< after each order: whether all limits hold (risk::LimitWatch)
    bool measures_risk = false;   ///< day by day, where no limit asks for it too (risk::Statistics)
    std::vector<Aggregation> aggregations{};
    std::size_t trades_kept = 1'000'000;  ///< closed trades listed; later ones are counted
};

enum class StepFault : std::uint8_t {
    out_of_sequence,  ///< the event's number is not the next one
    time_went_back,
    unknown_instrument,
    strategy_threw,
    strategy_runaway,  ///< one event made it ask for more than kIntentsMax
};

/// Why the engine stopped. Its state is not to be used any further.
struct StepError {
    StepFault fault = StepFault::out_of_sequence;
    Sequence seq = 0;
    std::string text;  ///< one line
};

/// Orders, changes and cancels that one strategy may ask for on one event.
inline constexpr std::size_t kIntentsMax = 100'000;

/// A brake at work.
struct BrakeRecord {
    Timestamp ts;
    StateChange change;
};

/// How often each kind of refusal came, by DenialReason.
using RefusalCounts = std::array<std::uint64_t, kDenialReasonCount>;

/// The engine: a pure function of its log. An event goes through the books and then through the
/// stages in the order that stands in step.cpp; what comes out are decisions. One thread owns it.
/// It reads no clock and does no I/O.
class Engine {
public:
    /// `instruments` outlives the engine and does not change.
    Engine(const InstrumentTable& instruments, const EngineSettings& settings,
           std::vector<StrategySlot> strategies);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// What to do about the event; valid until the next call. Events come with numbers from 1
    /// without a gap and in order of `ts`.
    [[nodiscard]] std::expected<std::span<const Decision>, StepError> step(const Event& event);

    /// What the risk gate would say to an order now, and how much of it would be sent: for people
    /// who want to know before they ask.
    [[nodiscard]] std::expected<Qty, Denial> preview(const OrderIntent& intent) {
        return gate_.preview(intent, now_);
    }

    /// Whether bars may ever be skimmed: there is one strategy, and it can.
    [[nodiscard]] bool skims() const { return skimmer_ != nullptr; }
    /// Whether the bars that come next could be skimmed: no order is open. What is between bars is
    /// not known here.
    [[nodiscard]] bool is_idle() const;
    /// Lets the strategy read these bars up to the first on which it wishes something. What comes
    /// before is done with, as by a step for each bar, at the cost of a few; it says how many. For
    /// an engine that `is_idle`. The track is of an instrument that is quoted and settled in base
    /// currency; its bars are of trades or middles, and their closes are above 0.
    [[nodiscard]] std::size_t skim(const market::BarTrack& track, market::BarRows rows);

    [[nodiscard]] const InstrumentTable& instruments() const { return instruments_; }
    [[nodiscard]] const market::Market& market() const { return market_; }
    [[nodiscard]] const orders::Orders& orders() const { return orders_; }
    [[nodiscard]] const portfolio::Portfolio& portfolio() const { return portfolio_; }
    [[nodiscard]] const monitor::TradeRecorder& trades() const { return trades_; }
    /// nullptr before the first market event.
    [[nodiscard]] const monitor::EquitySampler* equity() const {
        return sampler_ ? &*sampler_ : nullptr;
    }
    /// What was in the account when the run opened, in base currency.
    [[nodiscard]] Money start_equity() const { return start_equity_; }
    /// The first order that we denied ourselves.
    [[nodiscard]] const std::optional<Refusal>& first_refusal() const { return first_refusal_; }
    [[nodiscard]] const RefusalCounts& refusals() const { return refusals_; }
    /// Denials of each of the user's limits, and orders that each made smaller, by its place.
    [[nodiscard]] std::span<const std::uint64_t> denied_by() const { return denied_by_; }
    [[nodiscard]] std::span<const std::uint64_t> shrunk_by() const { return shrunk_by_; }
    /// What brakes did, in order.
    [[nodiscard]] std::span<const BrakeRecord> state_changes() const { return state_changes_; }
    [[nodiscard]] std::size_t strategies() const { return slots_.size(); }
    /// Positions that each of a strategy's stops closed, by its place; empty where it has none.
    [[nodiscard]] std::span<const std::uint64_t> stopped_by(StrategyId strategy) const;
    [[nodiscard]] const risk::Gate& gate() const { return gate_; }
    /// nullptr unless the settings ask for it.
    [[nodiscard]] const risk::LimitWatch* limit_watch() const {
        return limit_watch_ ? &*limit_watch_ : nullptr;
    }
    /// nullptr unless the settings or a limit ask for it.
    [[nodiscard]] const risk::Statistics* statistics() const { return statistics_.get(); }
    [[nodiscard]] std::uint64_t ambiguous_fills() const { return ambiguous_fills_; }
    [[nodiscard]] std::uint64_t fills() const { return fills_; }
    /// Positions, or parts, that the venue closed against our will, and its warnings before.
    [[nodiscard]] std::uint64_t liquidations() const { return liquidations_; }
    [[nodiscard]] std::uint64_t margin_calls() const { return margin_calls_; }
    /// Fills in a currency whose rate was unknown then: their trades and costs stand in that
    /// currency.
    [[nodiscard]] std::uint64_t unvalued_fills() const { return unvalued_fills_; }
    /// Paid for all fills, those of positions still open too, in base currency.
    [[nodiscard]] Money fees() const { return fees_; }
    /// What taking liquidity cost against the prices before slippage, in base currency.
    [[nodiscard]] Money slippage() const { return slippage_; }
    [[nodiscard]] Timestamp now() const { return now_; }
    [[nodiscard]] Sequence last_sequence() const { return seq_; }

private:
    struct Slot;
    class Working;

    // step.cpp: the pipeline
    bool admit(const Event& event);
    [[nodiscard]] bool is_about_known(const Payload& payload) const;
    void reject(const Event& event, bool is_known);
    void on(const Bar& bar);
    void on(const Quote& quote);
    void on(const Trade& trade);
    void on(const BookLevel& level);
    void on(const BookOrder& order);
    void on(const OrderEvent& event);
    void on(const Timer& timer);
    void on(const CashFlow& flow);
    void on(const TradingStatus& status);
    void on(const Funding& funding);
    void on(const CorporateAction& action);
    void on(const NewsItem& news);
    void on(const SentimentScore& score);
    void on(const EconomicRelease& release);
    void on(const Override& order);
    void on(const ModelPromoted& promotion);
    void on(const EndOfData& end);
    void on(const MarginCall& call);
    void on(const Liquidation& liquidation);
    void on_closed_bar(const Bar& bar, Timestamp closed);
    void tap(const Bar& bar, Timestamp closed);
    void tell_features(Slot& slot);
    void predict(Slot& slot, const signal::FeatureRow& row);
    void on_whole_book(InstrumentId instrument);
    /// A fill with the one whose it is.
    struct Booking {
        StrategyId strategy;
        InstrumentId instrument;
        const Fill& fill;
        Tag tag;
    };
    void book_fill(const Booking& booking);
    void book_fill(const orders::Order& order, const Fill& fill);
    void brake(const Event& event);
    void note_flow(const CashFlow& flow);

    template <typename Call>
    void call(Slot& slot, const Call& what);
    template <typename Call>
    void tell(Slot& slot, const Call& what);
    template <typename Call>
    void tell_owner(std::optional<StrategyId> owner, InstrumentId about, const Call& what);
    template <typename Call>
    void tell_all(std::optional<InstrumentId> about, const Call& what);
    void start_strategies();

    // decide.cpp: from wishes to decisions
    void drain(Slot& slot);
    void decide(Slot& slot, const OrderIntent& intent);
    void decide(Slot& slot, const ReplaceIntent& intent);
    void decide(Slot& slot, const CancelIntent& intent);
    void decide(Slot& slot, const TimerIntent& intent);
    void note_shrink(const OrderIntent& intent, const Denial& denial);
    void refuse(Slot& slot, const Refusal& refusal);
    void refuse_change(Slot& slot, OrderId id, const Denial& denial);
    [[nodiscard]] const orders::Order* own_open_order(const Slot& slot, OrderId id) const;

    // brakes.cpp: what brakes and persons stop
    void mark_risk(Timestamp ts);
    /// Once a price is booked and before strategies hear of it: what a brake forbids, it forbids to
    /// what they ask for on that price.
    void brake_first() {
        if (brakes_.empty()) [[likely]]
            return;
        mark_risk(now_);
        apply_brakes();
    }
    void note_risk_day();
    void end_risk_day();
    void apply_brakes();
    void enforce(const std::optional<StrategyId>& strategy,
                 const std::optional<InstrumentId>& instrument, TradingState state);
    void flatten(Slot& slot, const std::optional<InstrumentId>& instrument);
    void close_leg(Slot& slot, InstrumentId instrument, Leg leg, Tag tag);
    void go_on_closing(Slot& slot, InstrumentId instrument);
    void flatten_rest(InstrumentId instrument);

    // stops.cpp: what closes a strategy's positions
    void keep_stops(const Event& event);
    void follow(Slot& slot, const Event& event, InstrumentId about);
    void keep_stop(Slot& slot, InstrumentId instrument, Leg leg, bool sends);
    void close_at_loss(Slot& slot);
    [[nodiscard]] OrderSpec stop_order(InstrumentId instrument, Leg leg, Qty qty,
                                       Price level) const;
    [[nodiscard]] portfolio::Position position_of(const Slot& slot, InstrumentId instrument,
                                                  Leg leg) const;

    void mark(InstrumentId instrument, Price price) { portfolio_.mark(instrument, price); }
    void open_account();
    /// Marks the account. Where a rate is unknown the last known value stands.
    void sample(Timestamp ts) {
        if (!sampler_) [[unlikely]] {
            if (started_) open_account();
            if (!sampler_) return;
        }
        sampler_->mark(ts,
                       [this](portfolio::AccountValue& value) { portfolio_.value_into(value); });
        if (watches_equity_) mark_risk(ts);
    }
    // skim.cpp: many bars at once
    void pass_over(const market::BarTrack& track, market::BarRows rows);
    void mark_each(const market::BarTrack& track, market::BarRows rows);
    [[nodiscard]] market::PriceBand calm_prices(InstrumentId instrument) const;
    [[nodiscard]] market::PriceBand prices_between(InstrumentId instrument, Money lowest,
                                                   Money highest) const;
    [[nodiscard]] std::size_t first_braked(const market::BarTrack& track,
                                           market::BarRows rows) const;
    void fault(StepFault kind, std::string text);

    const InstrumentTable& instruments_;
    std::size_t known_;  ///< instruments; the table's size takes a division
    market::Market market_;
    orders::Orders orders_;
    portfolio::Portfolio portfolio_;
    risk::Gate gate_;
    risk::Brakes brakes_;
    std::optional<risk::LimitWatch> limit_watch_;
    std::unique_ptr<risk::Statistics> statistics_;
    bool watches_days_ = false;  ///< somebody looks at the books as each day ends
    Timestamp risk_day_end_ = kTimestampMin;
    bool watches_equity_ = false;  ///< a limit or a brake asks what the account is worth
    monitor::TradeRecorder trades_;
    std::optional<monitor::EquitySampler> sampler_;
    CalendarKind sampling_;
    std::vector<market::BarAggregator> aggregators_;
    std::vector<std::vector<std::size_t>> aggregators_of_;  ///< by instrument
    std::unique_ptr<Working> working_;
    std::vector<std::unique_ptr<Slot>> slots_;
    std::vector<std::vector<Slot*>> slots_of_;  ///< by instrument: who gets its events
    std::vector<Slot*> tapped_;                 ///< those that are told features
    Slot* skimmer_ = nullptr;                   ///< the only strategy, where it skims
    bool has_stops_ = false;                    ///< some strategy has
    bool has_sizers_ = false;                   ///< some strategy has one

    Timestamp now_ = kTimestampMin;
    Timestamp happened_;  ///< when the event was true; a fill's own time
    Sequence seq_ = 0;
    bool started_ = false;
    std::vector<Decision> decisions_;
    std::optional<StepError> error_;
    RefusalCounts refusals_{};
    std::optional<Refusal> first_refusal_;
    std::vector<std::uint64_t> denied_by_;
    std::vector<std::uint64_t> shrunk_by_;
    std::vector<BrakeRecord> state_changes_;
    std::uint64_t ambiguous_fills_ = 0;
    std::uint64_t fills_ = 0;
    std::uint64_t liquidations_ = 0;
    std::uint64_t margin_calls_ = 0;
    std::uint64_t unvalued_fills_ = 0;
    Money start_equity_;
    Money fees_;
    Money slippage_;
};

}  // namespace tradewind::engine
