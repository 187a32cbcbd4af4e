// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/describe.hpp"
#include "engine/engine.hpp"
#include "support/books.hpp"
#include "support/must.hpp"

/// An engine of two shares with strategies that a test writes as lambdas.
namespace tradewind::engine {

using signal::Context;
using test::kFirst;
using test::kSecond;
using test::must;
using test::price;

inline constexpr StrategyId kMe{0};

/// A strategy of lambdas: a test sets those that it needs.
struct Script {
    std::function<void(Context&)> start{};
    std::function<void(Context&, const Bar&)> bar{};
    std::function<void(Context&, const Trade&)> trade{};
    std::function<void(Context&, InstrumentId)> book{};
    std::function<void(Context&, TimerId)> timer{};
    std::function<void(Context&, const OrderEvent&)> order{};
    std::function<void(Context&, const Refusal&)> refusal{};
    std::function<void(Context&, const MarginCall&)> margin_call{};
    std::function<void(Context&, const Liquidation&)> liquidation{};
    std::function<void(Context&)> end{};
};

class Scripted final : public signal::Strategy {
public:
    explicit Scripted(Script script) : script_(std::move(script)) {}

    void on_start(Context& c) override { tell(script_.start, c); }
    void on_bar(Context& c, const Bar& bar) override { tell(script_.bar, c, bar); }
    void on_trade(Context& c, const Trade& trade) override { tell(script_.trade, c, trade); }
    void on_book(Context& c, InstrumentId id) override { tell(script_.book, c, id); }
    void on_timer(Context& c, TimerId id) override { tell(script_.timer, c, id); }
    void on_order(Context& c, const OrderEvent& e) override { tell(script_.order, c, e); }
    void on_refusal(Context& c, const Refusal& r) override { tell(script_.refusal, c, r); }
    void on_margin_call(Context& c, const MarginCall& m) override {
        tell(script_.margin_call, c, m);
    }
    void on_liquidation(Context& c, const Liquidation& l) override {
        tell(script_.liquidation, c, l);
    }
    void on_end(Context& c) override { tell(script_.end, c); }

private:
    template <typename Function, typename... Args>
    static void tell(const Function& function, Args&&... args) {
        if (function) function(std::forward<Args>(args)...);
    }
    Script script_;
};

inline const InstrumentTable& table() {
    static const InstrumentTable kTable =
        test::table_of({test::share("A.NYSE"), test::share("B.NYSE")});
    return kTable;
}

inline StrategySlot slot(std::string name, Script script) {
    return {.name = std::move(name),
            .strategy = std::make_unique<Scripted>(std::move(script)),
            .instruments = {kFirst, kSecond},
            .bars = std::nullopt};
}

inline std::vector<StrategySlot> slots(Script mine, Script other = {}) {
    std::vector<StrategySlot> out;
    out.push_back(slot("mine", std::move(mine)));
    out.push_back(slot("other", std::move(other)));
    return out;
}

inline Payload deposit(std::int64_t amount = 10'000) {
    return CashFlow{kUsd, whole_money(amount), CashReason::deposit};
}
inline Payload print(std::string_view at, InstrumentId id = kFirst) {
    return Trade{.instrument = id, .price = price(at), .size = whole_qty(1)};
}
inline Payload filled(OrderId id, std::int64_t units, std::string_view at, Side side = Side::buy) {
    return OrderEvent{.kind = OrderEventKind::filled,
                      .instrument = kFirst,
                      .order = id,
                      .detail = Fill{.price = price(at),
                                     .qty = whole_qty(units),
                                     .side = side,
                                     .fee_currency = kUsd,
                                     .basis = {.reference = price(at)}}};
}

/// An engine that numbers and times its events itself: one a second.
class Desk {
public:
    explicit Desk(std::vector<StrategySlot> slots, const EngineSettings& settings = {})
        : engine(table(), settings, std::move(slots)) {}

    [[nodiscard]] Event numbered(const Payload& payload) {
        now = now + seconds(1);
        return {.seq = engine.last_sequence() + 1, .ts = now, .ts_event = now, .payload = payload};
    }
    std::vector<Decision> step(const Payload& payload) {
        const auto decisions = engine.step(numbered(payload));
        if (!decisions) {
            ADD_FAILURE() << decisions.error().text;
            return {};
        }
        return {decisions->begin(), decisions->end()};
    }
    /// The same in words.
    std::vector<std::string> tell(const Payload& payload) {
        std::vector<std::string> out;
        for (const Decision& decision : step(payload))
            out.push_back(engine::describe(decision, table()));
        return out;
    }

    Engine engine;
    Timestamp now{};
};

inline EngineSettings risk_of(std::initializer_list<const char*> limits,
                              std::initializer_list<const char*> brakes = {}) {
    EngineSettings out{.account = portfolio::AccountKind::margin, .watches_limits = true};
    for (const char* text : limits) out.risk.limits.push_back(must(risk::parse_limit(text)));
    for (const char* text : brakes) out.risk.brakes.push_back(must(risk::parse_brake(text)));
    return out;
}

}  // namespace tradewind::engine
