// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.hpp"

#include "base/assert.hpp"
#include "engine/slot.hpp"
#include "risk/statistics.hpp"

namespace tradewind::engine {

Engine::Engine(const InstrumentTable& instruments, const EngineSettings& settings,
               std::vector<StrategySlot> strategies)
    : instruments_(instruments),
      known_(instruments.size()),
      market_(instruments),
      orders_({.instruments = instruments.size(), .strategies = strategies.size()}),
      portfolio_(instruments, {.base = settings.base,
                               .kind = settings.account,
                               .strategies = strategies.size(),
                               .positions = settings.positions}),
      gate_({.instruments = instruments,
             .market = market_,
             .orders = orders_,
             .portfolio = portfolio_},
            settings.risk, settings.sampling, strategies.size()),
      brakes_({.instruments = instruments,
               .market = market_,
               .orders = orders_,
               .portfolio = portfolio_},
              settings.risk.brakes, strategies.size()),
      watches_equity_(gate_.limits().asks_equity() || !brakes_.empty()),
      trades_(instruments, {.strategies = strategies.size(),
                            .kept = settings.trades_kept,
                            .hedges = settings.positions.hedges(),
                            .tells = !settings.risk.brakes.empty()}),
      sampling_(settings.sampling),
      aggregators_of_(instruments.size()),
      working_(std::make_unique<Working>(orders_)),
      slots_of_(instruments.size()),
      denied_by_(settings.risk.limits.size()),
      shrunk_by_(settings.risk.limits.size()) {
    if (settings.watches_limits && !settings.risk.limits.empty()) {
        limit_watch_.emplace(
            risk::Books{
                .instruments = instruments,
                .market = market_,
                .orders = orders_,
                .portfolio = portfolio_,
            },
            settings.risk, strategies.size());
        watches_equity_ = watches_days_ = true;
    }
    const bool asks = gate_.limits().asks_statistics() || brakes_.asks_statistics();
    if (settings.measures_risk || asks) {
        statistics_ = std::make_unique<risk::Statistics>(
            risk::Books{
                .instruments = instruments,
                .market = market_,
                .orders = orders_,
                .portfolio = portfolio_,
            },
            settings.risk.statistics);
        gate_.limits().measure_by(statistics_.get());
        if (limit_watch_) limit_watch_->measure_by(statistics_.get());
        watches_equity_ = watches_days_ = true;
    }
    for (const Aggregation& wanted : settings.aggregations) {
        aggregators_of_[wanted.instrument.value].push_back(aggregators_.size());
        aggregators_.emplace_back(instruments.at(wanted.instrument), wanted.spec);
    }
    const signal::Context::World world{.instruments = instruments,
                                       .market = market_,
                                       .portfolio = portfolio_,
                                       .orders = *working_};
    for (StrategySlot& given : strategies) {
        const StrategyId id{static_cast<std::uint16_t>(slots_.size())};
        slots_.push_back(std::make_unique<Slot>(Slot{.id = id,
                                                     .name = std::move(given.name),
                                                     .strategy = std::move(given.strategy),
                                                     .bars = given.bars,
                                                     .context = signal::Context{id, world}}));
        if (!given.stops.empty()) {
            slots_.back()->stops.emplace(std::move(given.stops), instruments);
            has_stops_ = true;
        }
        if (given.sizing) {
            slots_.back()->context.size_by(
                signal::Sizer{*given.sizing, instruments, settings.sampling,
                              static_cast<double>(sessions_per_year(settings.sampling))});
            has_sizers_ = true;
        }
        if (given.trades_from) slots_.back()->context.trade_from(*given.trades_from);
        if (given.features) {
            ASSERT(given.bars.has_value());
            slots_.back()->features.emplace(*given.features, instruments, given.instruments,
                                            *given.bars);
            slots_.back()->models = std::move(given.models);
            tapped_.push_back(slots_.back().get());
        }
        for (const InstrumentId instrument : given.instruments) {
            auto& told = slots_of_[instrument.value];
            if (told.empty() || told.back() != slots_.back().get()) {
                told.push_back(slots_.back().get());
            }
        }
    }
    const bool may_skim = slots_.size() == 1 && tapped_.empty() && !has_stops_ && !has_sizers_;
    if (may_skim && slots_.front()->strategy->skims()) skimmer_ = slots_.front().get();
}

Engine::~Engine() = default;

std::span<const std::uint64_t> Engine::stopped_by(StrategyId strategy) const {
    const auto& stops = slots_[strategy.value]->stops;
    return stops ? std::span<const std::uint64_t>{stops->closed} : std::span<const std::uint64_t>{};
}

void Engine::fault(StepFault kind, std::string text) {
    if (!error_) error_ = StepError{.fault = kind, .seq = seq_, .text = std::move(text)};
}

}  // namespace tradewind::engine
