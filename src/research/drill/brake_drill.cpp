// SPDX-License-Identifier: Apache-2.0
#include "research/drill/brake_drill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <random>
#include <span>
#include <utility>

#include "domain/calendar.hpp"
#include "research/drill/stage.hpp"
#include "risk/brake.hpp"
#include "risk/statistics.hpp"

namespace tradewind::research::drill {
namespace {

constexpr std::int64_t kCapital = 1'000'000;
constexpr double kHeld = 0.9;             ///< of the equity
constexpr std::size_t kStepsMost = 3000;  ///< until the drill gives up
constexpr double kCountMost = 1000;

/// What a scenario has to work with.
struct Scene {
    Stage& stage;
    const risk::Brake& brake;
    InstrumentId first;
    std::optional<InstrumentId> second;
    double start_price = 0;
    CalendarKind calendar{};
    /// Made by the scenario: what the condition measures, worked out by itself.
    std::function<double()> reading{};
    std::optional<Sequence> held_since{};
    Timestamp held_at{};

    [[nodiscard]] double at() const { return to_double(brake.at); }
    [[nodiscard]] bool fired() const { return !stage.changes().empty(); }
    [[nodiscard]] bool is_over() const { return fired() || !stage.fault().empty(); }
    void buy(InstrumentId id, Qty qty) const { trade(id, Side::buy, qty); }
    void sell(InstrumentId id, Qty qty) const { trade(id, Side::sell, qty); }
    void trade(InstrumentId id, Side side, Qty qty) const {
        stage.ask({.instrument = id, .side = side, .qty = qty});
    }
};

/// From here on the reading is looked at after each event.
void measure(Scene& scene, std::function<double()> reading) {
    scene.reading = std::move(reading);
    scene.stage.watch([&scene] {
        if (scene.held_since || !(scene.reading() > scene.at())) return;
        scene.held_since = scene.stage.engine().last_sequence();
        scene.held_at = scene.stage.now();
    });
}

Qty held_of(const Scene& scene) {
    return scene.stage.engine().portfolio().position(scene.first).qty;
}

/// A large position, an order that would add to it, and one that closes it far away.
void take_position(const Scene& scene) {
    Stage& stage = scene.stage;
    scene.buy(scene.first, stage.units(scene.first, kHeld));
    const auto far = [&](double share) {
        return *round_to_tick(scene.start_price * share,
                              stage.engine().instruments().at(scene.first).tick,
                              TickRounding::down);
    };
    const Qty little = stage.units(scene.first, 0.02);
    stage.ask({.instrument = scene.first,
               .side = Side::buy,
               .type = OrderType::limit,
               .qty = little,
               .limit_price = far(0.1)});
    stage.ask({.instrument = scene.first,
               .side = Side::sell,
               .type = OrderType::limit,
               .reduce_only = true,
               .qty = little,
               .limit_price = far(10)});
}

// --- scenarios ----------------------------------------------------------------------------------

/// Prices fall by half a per cent at a time.
void fall(Scene& scene) {
    for (std::size_t i = 0; i < kStepsMost && !scene.is_over(); ++i) {
        scene.stage.price(scene.first, scene.stage.price_of(scene.first) * 0.995);
    }
}

void drawdown(Scene& scene) {
    take_position(scene);
    double peak = scene.stage.equity();
    measure(scene, [&stage = scene.stage, peak]() mutable {
        peak = std::max(peak, stage.equity());
        return 1 - stage.equity() / peak;
    });
    fall(scene);
}

void loss(Scene& scene) {
    take_position(scene);
    scene.stage.skip_to(trading_day_of(scene.calendar, scene.stage.now()).end + seconds(1));
    scene.stage.price(scene.first, scene.start_price);
    const double begin = scene.stage.equity();
    measure(scene, [&stage = scene.stage, begin] { return 1 - stage.equity() / begin; });
    fall(scene);
}

/// One price, half as much again beyond what the brake allows.
void pnl_jump(Scene& scene) {
    take_position(scene);
    double before = scene.stage.equity();
    measure(scene, [&stage = scene.stage, before]() mutable {
        const double last = std::exchange(before, stage.equity());
        return std::abs(stage.equity() - last) / last;
    });
    scene.stage.price(scene.first, scene.start_price);
    scene.stage.price(scene.first, scene.start_price * (1 + 1.5 * scene.at() / kHeld));
}

/// Other things go on, and no price comes.
void stale(Scene& scene) {
    take_position(scene);
    scene.stage.price(scene.first, scene.start_price);
    const Timestamp last = scene.stage.now();
    measure(scene, [&stage = scene.stage, last] {
        return static_cast<double>((stage.now() - last).ns) / 1e9;
    });
    const Duration part{static_cast<std::int64_t>(scene.at() * 1e9 / 10)};
    for (int i = 0; i < 12 && !scene.is_over(); ++i) scene.stage.pass(part);
}

void clock_jump(Scene& scene) {
    take_position(scene);
    Timestamp before = scene.stage.now();
    measure(scene, [&stage = scene.stage, before]() mutable {
        const Timestamp last = std::exchange(before, stage.now());
        return static_cast<double>((stage.now() - last).ns) / 1e9;
    });
    scene.stage.pass(Duration{static_cast<std::int64_t>(scene.at() * 2e9) + seconds(1).ns});
}

/// So close together that all of them lie in the brake's window.
void crowd(Scene& scene) {
    const auto parts = static_cast<std::int64_t>(12 * (scene.at() + 2));
    scene.stage.step_by(
        Duration{std::clamp<std::int64_t>(scene.brake.window.ns / parts, 1, seconds(1).ns)});
}

void rejects(Scene& scene) {
    take_position(scene);
    crowd(scene);
    measure(scene, [&stage = scene.stage] { return static_cast<double>(stage.rejects()); });
    scene.stage.reject_all(true);
    const Qty little = scene.stage.units(scene.first, 0.01);
    for (std::size_t i = 0; i < kStepsMost && !scene.is_over(); ++i) {
        scene.buy(scene.first, little);
    }
    scene.stage.reject_all(false);
}

/// Orders to reduce what there is nothing of.
void denials(Scene& scene) {
    take_position(scene);
    crowd(scene);
    measure(scene, [&stage = scene.stage, before = scene.stage.denials()] {
        return static_cast<double>(stage.denials() - before);
    });
    const Qty little = scene.stage.units(scene.first, 0.01);
    for (std::size_t i = 0; i < kStepsMost && !scene.is_over(); ++i) {
        scene.stage.ask(
            {.instrument = scene.first, .side = Side::buy, .reduce_only = true, .qty = little});
    }
}

/// Fills twice as bad as the brake allows.
void slippage(Scene& scene) {
    take_position(scene);
    scene.stage.pass(scene.brake.window + seconds(1));
    scene.stage.forget_slips();
    measure(scene, [&stage = scene.stage] { return stage.slipped(); });
    scene.stage.slip_by(2 * scene.at());
    const Qty little = scene.stage.units(scene.first, 0.01);
    for (std::size_t i = 0; i < 20 && !scene.is_over(); ++i) {
        (i % 2 == 0 ? scene.buy(scene.first, little) : scene.sell(scene.first, little));
    }
    scene.stage.slip_by(0);
}

/// Bought, and sold 5 % lower, again and again.
void losing_trades(Scene& scene) {
    crowd(scene);
    double lost = 0;
    std::vector<double> shares;  // by each round trip and those before it, of the equity after it
    const bool counts = scene.brake.unit == risk::BrakeUnit::count;
    measure(scene, [&shares, &stage = scene.stage, counts] {
        const std::size_t trips = stage.fills() / 2;
        return counts || trips == 0 ? static_cast<double>(trips) : shares[trips - 1];
    });
    for (std::size_t i = 0; i < kStepsMost && !scene.is_over(); ++i) {
        const double before = scene.stage.equity();
        const Qty qty = scene.stage.units(scene.first, kHeld);
        if (qty.raw <= 0) return;
        scene.stage.price(scene.first, scene.start_price);
        scene.buy(scene.first, qty);
        scene.stage.price(scene.first, scene.start_price * 0.95);
        lost += before - scene.stage.equity();
        shares.push_back(lost / scene.stage.equity());
        scene.sell(scene.first, qty);
    }
}

/// Pearson's, of the latest `most` pairs; 0 of fewer than the statistics ask for.
double correlation_of(std::span<const std::array<double, 2>> pairs, std::size_t most) {
    if (pairs.size() > most) pairs = pairs.last(most);
    if (pairs.size() < risk::kReturnsLeast) return 0;
    const auto count = static_cast<double>(pairs.size());
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    for (const auto& [a, b] : pairs) {
        x += a;
        y += b;
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    return (xy - x * y / count) / std::sqrt((xx - x * x / count) * (yy - y * y / count));
}

/// Days on which two instruments go their own ways, and then days on which they go together.
void correlation(Scene& scene) {
    std::mt19937_64 random{1};
    const auto draw = [&] { return (static_cast<double>(random() >> 11) * 0x1p-53 - 0.5) * 0.02; };
    const std::array<InstrumentId, 2> pair{scene.first, *scene.second};
    scene.stage.price(pair[1], scene.start_price);
    take_position(scene);
    std::vector<std::array<double, 2>> returns;
    std::array<double, 2> close{scene.start_price, scene.start_price};
    const std::size_t history = scene.stage.engine().statistics()->settings().history;
    measure(scene, [&returns, history] { return correlation_of(returns, history); });
    constexpr int kApart = 80, kDays = 6000;
    for (int day = 0; day < kDays && !scene.is_over(); ++day) {
        // the day that ends with the first price of the next
        std::array<double, 2> change{};
        for (std::size_t i = 0; i < pair.size(); ++i) {
            const double before = std::exchange(close[i], scene.stage.price_of(pair[i]));
            change[i] = close[i] / before - 1;
        }
        if (day > 0) returns.push_back(change);
        scene.stage.skip_to(trading_day_of(scene.calendar, scene.stage.now()).end + seconds(1));
        const double move = draw();
        for (const InstrumentId id : pair) {
            scene.stage.price(id, scene.stage.price_of(id) * (1 + (day < kApart ? draw() : move)));
        }
    }
}

void play(Scene& scene) {
    switch (scene.brake.condition) {
        case risk::Condition::drawdown: return drawdown(scene);
        case risk::Condition::loss: return loss(scene);
        case risk::Condition::pnl_jump: return pnl_jump(scene);
        case risk::Condition::stale: return stale(scene);
        case risk::Condition::clock_jump: return clock_jump(scene);
        case risk::Condition::rejects: return rejects(scene);
        case risk::Condition::denials: return denials(scene);
        case risk::Condition::slippage: return slippage(scene);
        case risk::Condition::closed_trades:
        case risk::Condition::losing_trades:
        case risk::Condition::trade_losses: return losing_trades(scene);
        case risk::Condition::correlation: return correlation(scene);
    }
}

// --- what came of it ----------------------------------------------------------------------------

std::uint64_t growing_orders(const Scene& scene) {
    std::uint64_t count = 0;
    for (const orders::Order* order : scene.stage.engine().orders().open_orders()) {
        if (!only_closes(order->intent.spec)) ++count;
    }
    return count;
}

/// Asks for an order and says whether the state let it through.
bool is_allowed(const Scene& scene, Side side, Qty qty) {
    scene.trade(scene.first, side, qty);
    const auto& denial = scene.stage.denial();
    return !denial || denial->reason != DenialReason::trading_halted;
}

/// Puts things back as they were before the condition came about.
void recover(const Scene& scene) {
    for (int i = 0; i < 3; ++i) {
        scene.stage.price(scene.first, scene.start_price);
        if (scene.second) scene.stage.price(*scene.second, scene.start_price);
        scene.stage.pass(seconds(1));
    }
}

TradingState state_of(const Scene& scene) {
    const engine::Engine& engine = scene.stage.engine();
    return engine.gate().state(StrategyId{0}, scene.first, engine.now());
}

std::string fault_of(const BrakeOutcome& out, TradingState promised) {
    const auto wrong = [&](const char* what) {
        return fmt::format("{}: {}", to_string(promised), what);
    };
    if (out.latency_events != 0U) return "it did not fire on the event that made it true";
    if (out.growth_denied != denies_growth(promised)) {
        return wrong(out.growth_denied ? "an order that adds was denied"
                                       : "an order that adds passed");
    }
    if (out.reduction_passed == false) return wrong("an order that reduces was denied");
    if (cancels_growth(promised) && out.growth_working > 0) {
        return wrong("orders that add still work");
    }
    if (promised == TradingState::flatten && out.gross_after != 0) {
        return wrong("positions are still open");
    }
    if (out.stays == false) return wrong("it was loosened by no one");
    if (!out.person_resumes) return wrong("a person's word did not resume trading");
    return {};
}

void look_back(Scene& scene, BrakeOutcome& out) {
    Stage& stage = scene.stage;
    const Stage::Change& change = stage.changes().front();
    out.triggered = true;
    out.events = change.event;
    out.state = change.change.to;
    out.limit = to_double(change.change.limit);
    out.actual = to_double(change.change.actual);
    out.gross_before = change.gross;
    if (scene.held_since && change.event >= *scene.held_since) {
        out.latency_events = change.event - *scene.held_since;
        out.latency = change.ts - scene.held_at;
    }
    stage.watch({});
    for (int i = 0; i < 3; ++i) stage.price(scene.first, stage.price_of(scene.first));
    out.gross_after = stage.gross();
    out.growth_working = growing_orders(scene);
    const Qty lot = stage.engine().instruments().at(scene.first).lot;
    out.growth_denied = !is_allowed(scene, Side::buy, lot);
    if (held_of(scene).raw > lot.raw) out.reduction_passed = is_allowed(scene, Side::sell, lot);
    const TradingState before = state_of(scene);
    recover(scene);
    if (out.state != TradingState::warn && !change.change.until) {
        out.stays = state_of(scene) == before;
    }
    stage.person_resumes(change.change);
    out.person_resumes = is_allowed(scene, Side::buy, lot);
    out.fault = fault_of(out, out.state);
}

/// Instruments in base currency: what they are worth hangs on no other price.
std::vector<InstrumentId> plain_instruments(const InstrumentTable& instruments, Currency base) {
    std::vector<InstrumentId> out;
    for (std::uint32_t i = 0; i < instruments.size(); ++i) {
        const Instrument& one = instruments.at(InstrumentId{i});
        if (one.quote == base && one.settlement == base) out.emplace_back(i);
    }
    return out;
}

std::string why_untried(const risk::Brake& brake, std::span<const InstrumentId> plain) {
    if (plain.empty()) return "no instrument of the run is quoted in its base currency";
    if (brake.condition == risk::Condition::correlation && plain.size() < 2) {
        return "correlations are of two instruments in base currency at least";
    }
    if (brake.unit == risk::BrakeUnit::count && to_double(brake.at) > kCountMost) {
        return fmt::format("it counts to more than {}", kCountMost);
    }
    const bool falls =
        brake.condition == risk::Condition::drawdown || brake.condition == risk::Condition::loss;
    if (falls && to_double(brake.at) > kHeld - 0.05) {
        return fmt::format("it lies beyond what a position of {}% can lose", kHeld * 100);
    }
    const bool slips = brake.condition == risk::Condition::slippage;
    if (slips && to_double(brake.at) >= 0.45) return "it lies beyond what a fill can slip";
    return {};
}

BrakeOutcome exercise(const InstrumentTable& instruments, const engine::EngineSettings& settings,
                      std::size_t place) {
    const risk::Brake& brake = settings.risk.brakes[place];
    BrakeOutcome out{.brake = place};
    const auto plain = plain_instruments(instruments, settings.base);
    out.untried = why_untried(brake, plain);
    if (!out.untried.empty()) return out;
    engine::EngineSettings alone = settings;
    alone.risk = {.brakes = {brake}, .statistics = settings.risk.statistics};
    alone.aggregations.clear();
    Stage stage{instruments, alone, whole_money(kCapital)};
    const double tick = to_double(instruments.at(plain.front()).tick);
    Scene scene{.stage = stage,
                .brake = brake,
                .first = plain.front(),
                .second = plain.size() > 1 ? std::optional{plain[1]} : std::nullopt,
                .start_price = std::max(100.0, 10'000 * tick),
                .calendar = settings.sampling};
    stage.price(scene.first, scene.start_price);
    play(scene);
    out.events = stage.engine().last_sequence();
    if (!stage.fault().empty()) {
        out.fault = stage.fault();
    } else if (stage.changes().empty()) {
        out.fault = "it did not fire";
    } else {
        look_back(scene, out);
    }
    return out;
}

}  // namespace

std::vector<BrakeOutcome> exercise_brakes(const InstrumentTable& instruments,
                                          const engine::EngineSettings& settings) {
    std::vector<BrakeOutcome> out;
    for (std::size_t i = 0; i < settings.risk.brakes.size(); ++i) {
        out.push_back(exercise(instruments, settings, i));
    }
    return out;
}

}  // namespace tradewind::research::drill
