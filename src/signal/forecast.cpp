// SPDX-License-Identifier: Apache-2.0
#include "signal/forecast.hpp"

#include <algorithm>
#include <cmath>

#include "construction/sizing.hpp"
#include "domain/names.hpp"

namespace tradewind::signal {
namespace {

constexpr double kBps = 1e-4;

constexpr auto kBets = names<Bet>("return", "meta", "confidence", "kelly");

double sign(double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0; }

/// Whether all of the conformal interval is on the direction's side.
bool is_sure(const Prediction& prediction, double direction) {
    return direction > 0 ? prediction.return_low > 0 : prediction.return_high < 0;
}

/// nullopt: not asked for.
std::optional<double> optional_real(ParamReader& params, std::string_view name, double most) {
    const bool is_said = params.has(name);
    const double value = params.real(name, 0.0, 0.0, most);
    return is_said ? std::optional{value} : std::nullopt;
}

}  // namespace

bool ForecastRule::speaks(const Prediction& prediction) const {
    if (prediction.abstains) return false;
    return !act || (prediction.meta && *prediction.meta > *act);
}

Reading ForecastRule::read(const Prediction& prediction, double held) const {
    Reading out{
        .direction = 0, .strength = 0, .confidence = std::abs(prediction.up - prediction.down)};
    const double wanted = sign(prediction.expected_return);
    const double worth = std::abs(prediction.expected_return);
    const bool keeps = wanted == held && held != 0;
    const bool pays = worth > (keeps ? leave : enter) * cost;
    if (wanted == 0 || !pays || (wanted < 0 && !shorts)) return out;
    if (!keeps && out.confidence < confidence) return out;
    if (!keeps && needs_interval && !is_sure(prediction, wanted)) return out;
    out.strength = strength(prediction);
    out.direction = out.strength > 0 ? wanted : 0;
    return out;
}

double ForecastRule::strength(const Prediction& prediction) const {
    const double worth = std::abs(prediction.expected_return);
    switch (bet) {
        case Bet::expectation:
            // without a cost to count in, all or nothing
            return full * cost > 0 ? std::min(1.0, worth / (full * cost)) : 1.0;
        case Bet::meta: return bet_size(prediction.meta.value_or(0), step);
        case Bet::confidence: {
            const double side = prediction.expected_return > 0 ? prediction.up : prediction.down;
            return construction::scale_by_confidence(side, {.none = 0.5, .full = sure}).value_or(0);
        }
        case Bet::kelly: {
            // the conformal interval leaves a tenth outside: 1.645 deviations to each side
            constexpr double kDeviations = 2 * 1.6448536269514722;
            const double deviation = (prediction.return_high - prediction.return_low) / kDeviations;
            if (!(deviation > 0)) return 0;
            const auto fraction = construction::kelly(
                construction::ContinuousEdge{.mean = std::max(0.0, worth - cost),
                                             .variance = deviation * deviation,
                                             .mean_error = kelly_error * deviation},
                kelly);
            return std::clamp(fraction.value_or(0), 0.0, 1.0);
        }
    }
    __builtin_unreachable();
}

Forecast::Forecast(const StrategySetup& setup, ParamReader& params)
    : sizing_(setup, params),
      rule_{.cost = params.real("cost_bps", 10.0, 0.0, 10'000.0) * kBps,
            .enter = params.real("enter", 1.0, 0.0, 1e6),
            .leave = params.real("leave", 0.0, 0.0, 1e6),
            .full = params.real("full", 3.0, 0.0, 1e6),
            .confidence = params.real("confidence", 0.0, 0.0, 1.0),
            .shorts = params.whole("short", 0, 0, 1) != 0,
            .needs_interval = params.whole("interval", 0, 0, 1) != 0,
            .act = optional_real(params, "act", 1.0),
            .bet = kBets.parse(params.text("bet", "return")).value_or(Bet::expectation),
            .step = params.real("step", 0.1, 0.0, 1.0),
            .sure = params.real("sure", 0.75, 0.51, 1.0),
            .kelly = params.real("kelly", 0.5, 0.0, 1.0),
            .kelly_error = params.real("kelly_error", 0.05, 0.0, 10.0)},
      rebalance_(params.real("rebalance", 0.25, 0.0, 1.0)),
      seats_(setup.instruments.size()) {
    params.require(rule_.leave <= rule_.enter, "leave is at most enter");
    params.require(rule_.full >= rule_.enter, "full is at least enter");
    params.require(kBets.parse(params.text("bet", "return")).has_value(),
                   "bet is return, meta, confidence or kelly");
    params.require(setup.has_meta || (!rule_.act && rule_.bet != Bet::meta),
                   "act and bet=meta need models with a meta model; train them with a section "
                   "[models.meta]");
}

void Forecast::on_prediction(Context& context, const Prediction& prediction) {
    Seat& seat = seats_[prediction.instrument.value];
    if (!rule_.speaks(prediction)) {
        if (seat.share != 0 && ++seat.silent >= prediction.horizon_rows) {
            go(context, prediction.instrument, seat, 0);
        }
        return;
    }
    const Reading reading = rule_.read(prediction, sign(seat.share));
    seat.silent = 0;
    const double share = reading.direction * reading.strength;
    const bool turns = sign(share) != sign(seat.share);
    if (turns || std::abs(share - seat.share) > rebalance_) {
        go(context, prediction.instrument, seat, share);
    }
}

void Forecast::go(Context& context, InstrumentId instrument, Seat& seat, double share) const {
    const std::optional<Qty> full = sizing_.full(context, instrument);
    if (!full) return;  // not valued yet: the next prediction asks again
    const Qty lot = context.instruments().at(instrument).lot;
    const double units = to_double(*full) * share;
    const Qty wanted = round_down_to_lot(units, lot).value_or(Qty{});
    seat.share = wanted.raw == 0 ? 0 : share;
    seat.silent = 0;
    context.target(instrument, wanted);
}

}  // namespace tradewind::signal
