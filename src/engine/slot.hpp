// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "engine/engine.hpp"
#include "orders/orders.hpp"
#include "risk/stop_watch.hpp"

namespace tradewind::engine {

/// Answers strategies about working orders from the orders book.
class Engine::Working final : public signal::WorkingOrders {
public:
    explicit Working(const orders::Orders& orders) : orders_(orders) {}

    void plain(StrategyId strategy, InstrumentId instrument,
               std::vector<signal::WorkingOrder>& out) const override {
        out.clear();
        for (const orders::Order* order : orders_.open_of(instrument)) {
            if (order->strategy() != strategy || has_trigger(order->intent.spec.type)) continue;
            if (order->intent.links.parent) continue;
            out.push_back({.id = order->id(),
                           .side = order->side(),
                           .leaves = order->leaves(),
                           .cancel_pending = order->status == OrderStatus::pending_cancel});
        }
    }

private:
    const orders::Orders& orders_;
};

/// The timer that ends an instant for a strategy's features. Strategies count theirs from 0.
inline constexpr TimerId kInstantEnds{UINT32_MAX};

/// What the engine's own orders are called.
inline constexpr Tag kBraked{"brake"};
inline constexpr Tag kStopped{"stop"};

/// A strategy's stops, and the orders that stand for them.
struct StopDesk {
    struct Place {
        std::optional<OrderId> order{};        ///< that rests at the level
        std::optional<std::size_t> level{};    ///< whose that is
        std::optional<std::size_t> closing{};  ///< who closes it at the market, until it is flat
    };

    StopDesk(std::vector<risk::Stop> stops, const InstrumentTable& instruments)
        : closed(stops.size()), watch(std::move(stops), instruments), places(instruments.size()) {}

    [[nodiscard]] Place& at(InstrumentId instrument, Leg leg) {
        return places[instrument.value][static_cast<std::size_t>(leg)];
    }

    std::vector<std::uint64_t> closed;  ///< positions, by stop
    risk::StopWatch watch;
    std::vector<std::array<Place, 2>> places;  ///< by instrument and leg
};

/// A strategy at work.
struct Engine::Slot {
    StrategyId id;
    std::string name;
    std::unique_ptr<signal::Strategy> strategy;
    std::optional<BarSpec> bars;
    signal::Context context;
    std::optional<FeatureTap> features{};
    std::unique_ptr<ml::Forecaster> models{};
    bool awaits_instant = false;  ///< a timer is set for the end of the instant
    std::optional<StopDesk> stops{};

    [[nodiscard]] bool wants(const BarSpec& spec) const { return !bars || *bars == spec; }
};

/// Calls a strategy. What it throws ends the run: its state is unknown, and must not trade.
template <typename Call>
void Engine::call(Slot& slot, const Call& what) {
    slot.context.begin(now_);
    try {
        what(*slot.strategy, slot.context);
    } catch (const std::exception& e) {
        fault(StepFault::strategy_threw, "strategy " + slot.name + " threw: " + e.what());
    } catch (...) {
        fault(StepFault::strategy_threw, "strategy " + slot.name + " threw something unnamed");
    }
}

/// Calls a strategy and decides on what it asked for.
template <typename Call>
void Engine::tell(Slot& slot, const Call& what) {
    if (error_) return;
    call(slot, what);
    if (slot.context.is_holding()) [[unlikely]]
        slot.context.hold_back();
    if (slot.context.has_wishes()) drain(slot);
}

/// Calls the strategy whose leg it is about; those that trade the instrument where it names none.
template <typename Call>
void Engine::tell_owner(std::optional<StrategyId> owner, InstrumentId about, const Call& what) {
    if (!owner) return tell_all(about, what);
    if (owner->value < slots_.size()) tell(*slots_[owner->value], what);
}

/// Calls the strategies that trade an instrument; all of them where none is named.
template <typename Call>
void Engine::tell_all(std::optional<InstrumentId> about, const Call& what) {
    if (about) {
        for (Slot* slot : slots_of_[about->value]) tell(*slot, what);
    } else {
        for (const auto& slot : slots_) tell(*slot, what);
    }
}

}  // namespace tradewind::engine
