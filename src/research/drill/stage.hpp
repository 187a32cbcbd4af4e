// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/command.hpp"
#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "engine/engine.hpp"

namespace tradewind::research::drill {

/// An engine on which somebody acts out what could happen: prices that are made up, a strategy that
/// asks for what it is told to, and a venue that answers at once. Market orders fill whole at the
/// last price, worse by `slip`; all others rest. Events are a second apart unless said otherwise.
class Stage {
public:
    /// `instruments` outlives it. `capital` is in the engine's base currency.
    Stage(const InstrumentTable& instruments, const engine::EngineSettings& settings,
          Money capital);

    void price(InstrumentId instrument, double price);
    /// Something happens that is about no instrument.
    void pass(Duration time);
    /// The strategy asks for it on an event that is about no instrument; its answers have come
    /// when this returns.
    void ask(const OrderSpec& spec);
    /// A named person lets trade again what the change stopped.
    void person_resumes(const StateChange& stopped);

    [[nodiscard]] Timestamp now() const { return now_; }
    void step_by(Duration time) { between_ = time; }
    void skip_to(Timestamp at) { now_ = at - between_; }
    /// A part of the price, to the worse side.
    void slip_by(double share) { slip_ = share; }
    void reject_all(bool rejects) { rejects_ = rejects; }

    [[nodiscard]] const engine::Engine& engine() const { return engine_; }
    [[nodiscard]] double price_of(InstrumentId instrument) const;
    [[nodiscard]] double equity() const;
    [[nodiscard]] double gross() const;
    /// Units worth a share of equity, rounded down to the lot.
    [[nodiscard]] Qty units(InstrumentId instrument, double share_of_equity) const;

    struct Change {
        Sequence event = 0;
        Timestamp ts{};
        StateChange change{};
        double gross = 0;  ///< market value held then
    };
    [[nodiscard]] std::span<const Change> changes() const { return changes_; }
    /// The last order that we refused ourselves; reset by `ask`.
    [[nodiscard]] const std::optional<Denial>& denial() const { return denial_; }
    /// Reports of orders that the venue refused, and orders that we did, so far.
    [[nodiscard]] std::uint64_t rejects() const { return rejected_; }
    [[nodiscard]] std::uint64_t denials() const { return denied_; }
    [[nodiscard]] std::uint64_t fills() const { return filled_; }
    /// What fills cost against the price before them, and their notional, since the stage was last
    /// asked to forget.
    [[nodiscard]] double slipped() const { return traded_ > 0 ? slipped_ / traded_ : 0; }
    void forget_slips() { slipped_ = traded_ = 0; }
    /// Called once all stages have seen an event, its answers not yet.
    void watch(std::function<void()> look) { look_ = std::move(look); }
    /// Why the engine stopped; empty: it did not.
    [[nodiscard]] const std::string& fault() const { return fault_; }

private:
    class Puppet;

    void tell(const Payload& payload);
    void step(const Payload& payload);
    void answer(const Command& command);
    void count(const OrderEvent& report);
    void fill(const OrderIntent& order);
    void report(OrderEventKind kind, const OrderIntent& order, const OrderDetail& detail = {});

    const InstrumentTable& instruments_;
    Puppet* puppet_ = nullptr;  ///< the engine's strategy
    engine::Engine engine_;
    Timestamp now_;
    Duration between_;
    double slip_ = 0;
    bool rejects_ = false;
    std::vector<double> prices_;
    std::deque<OrderEvent> answers_;
    std::vector<OrderIntent> resting_;
    std::vector<Change> changes_;
    std::optional<Denial> denial_;
    std::uint64_t rejected_ = 0, denied_ = 0, filled_ = 0, trades_ = 0;
    double slipped_ = 0, traded_ = 0;
    std::function<void()> look_;
    std::string fault_;
};

}  // namespace tradewind::research::drill
