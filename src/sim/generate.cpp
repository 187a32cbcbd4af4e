// SPDX-License-Identifier: Apache-2.0
#include "sim/generate.hpp"

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"

namespace tradewind::sim {
namespace {

/// Looks inside a bar.
constexpr int kPartsPerBar = 16;
constexpr double kTradesPerQuote = 0.3;
constexpr double kNotionalPerBar = 500'000.0;
constexpr double kLotsPerBarMin = 100.0;

Duration session_length(CalendarKind calendar) {
    return calendar == CalendarKind::us_equity ? minutes(390) : days(1);
}

bool is_daily(const GenerateSettings& s) { return s.interval >= days(1); }

/// The first session or, where the market never closes, the instant itself.
Timestamp first_label(const GenerateSettings& s) {
    if (s.instrument.calendar == CalendarKind::always_open) return s.start;
    const Session session = session_from(s.instrument.calendar, s.start);
    if (is_daily(s) && s.instrument.calendar == CalendarKind::us_equity)
        return start_of(session.date);
    return std::max(s.start, session.open);
}

Price price_at(const GenerateSettings& s, double log_price, Price otherwise) {
    const auto price = round_to_tick(s.first_price * std::exp(log_price), s.instrument.tick,
                                     TickRounding::nearest);
    if (!price) return otherwise;
    return std::max(*price, s.instrument.tick);
}

/// Around `mean` units with a heavy right tail, in whole lots, at least one.
Qty some_size(const GenerateSettings& s, double mean, base::Random& random) {
    constexpr double kSpread = 0.6;  // of the log
    const double units = mean * std::exp(kSpread * random.normal() - kSpread * kSpread / 2);
    const auto size = round_down_to_lot(units, s.instrument.lot);
    return size ? std::max(*size, s.instrument.lot) : s.instrument.lot;
}

/// So much money changes hands at the first price, whatever the lot.
double mean_size(const GenerateSettings& s) {
    return std::max(kNotionalPerBar / s.first_price, kLotsPerBarMin * to_double(s.instrument.lot));
}

double garch_long_run(const Garch& g, double step_years) {
    return g.volatility * g.volatility * step_years;
}

}  // namespace

double years_of(CalendarKind calendar, Duration interval) {
    const double sessions =
        static_cast<double>(interval.ns) /
        static_cast<double>(interval < days(1) ? session_length(calendar).ns : days(1).ns);
    return sessions / sessions_per_year(calendar);
}

LogPrice::LogPrice(const MarketModel& model, double step_years, std::uint64_t seed)
    : model_(model), step_years_(step_years), random_(seed) {
    ASSERT(step_years > 0.0);
    if (const auto* garch = std::get_if<Garch>(&model_)) {
        ASSERT(garch->alpha >= 0.0 && garch->beta >= 0.0 && garch->alpha + garch->beta < 1.0);
        variance_ = garch_long_run(*garch, step_years_);
    }
}

void LogPrice::begin_step() {
    const auto* garch = std::get_if<Garch>(&model_);
    if (garch == nullptr) return;
    const double long_run = garch_long_run(*garch, step_years_);
    if (!is_first_step_) {
        const double surprise = log_price_ - step_start_ - step_mean_;
        const double omega = long_run * (1.0 - garch->alpha - garch->beta);
        variance_ = omega + garch->alpha * surprise * surprise + garch->beta * variance_;
    }
    is_first_step_ = false;
    step_start_ = log_price_;
    step_mean_ = garch->drift * step_years_ - long_run / 2;
}

double LogPrice::jumps(const JumpDiffusion& model, double dt) {
    double sum = 0.0;
    double waited = random_.exponential() / model.jumps_per_year;
    while (waited < dt) {
        sum += model.jump_mean + model.jump_deviation * random_.normal();
        waited += random_.exponential() / model.jumps_per_year;
    }
    return sum;
}

void LogPrice::advance(int parts) {
    const double dt = step_years_ / parts;
    const auto diffuse = [&](double drift, double volatility) {
        log_price_ += (drift - volatility * volatility / 2) * dt +
                      volatility * std::sqrt(dt) * random_.normal();
    };
    if (const auto* gbm = std::get_if<Gbm>(&model_)) {
        diffuse(gbm->drift, gbm->volatility);
    } else if (std::get_if<Garch>(&model_) != nullptr) {
        log_price_ += step_mean_ / parts + std::sqrt(variance_ / parts) * random_.normal();
    } else if (const auto* jump = std::get_if<JumpDiffusion>(&model_)) {
        const double expected =
            std::exp(jump->jump_mean + jump->jump_deviation * jump->jump_deviation / 2) - 1.0;
        diffuse(jump->drift - jump->jumps_per_year * expected, jump->volatility);
        if (jump->jumps_per_year > 0.0) log_price_ += jumps(*jump, dt);
    } else if (const auto* markov = std::get_if<MarkovRegimes>(&model_)) {
        const auto& now = markov->regimes[regime_];
        diffuse(now.drift, now.volatility);
        // the chain is looked at between the parts: two states leave and return by these odds
        const auto& other = markov->regimes[1 - regime_];
        const double leave = 1.0 / now.mean_years, back = 1.0 / other.mean_years;
        const double odds = leave / (leave + back) * -std::expm1(-(leave + back) * dt);
        if (random_.uniform() < odds) regime_ = 1 - regime_;
    } else if (const auto* ou = std::get_if<OrnsteinUhlenbeck>(&model_)) {
        const double kept = std::exp(-ou->speed * dt);
        const double variance =
            ou->volatility * ou->volatility * -std::expm1(-2 * ou->speed * dt) / (2 * ou->speed);
        log_price_ = log_price_ * kept + std::sqrt(variance) * random_.normal();
    }
}

BarGenerator::BarGenerator(const GenerateSettings& settings)
    : settings_(settings),
      path_(settings.model, years_of(settings.instrument.calendar, settings.interval),
            settings.seed),
      label_(first_label(settings)),
      last_(price_at(settings, 0.0, settings.instrument.tick)) {
    ASSERT(settings.interval.ns > 0);
}

void BarGenerator::advance_label() {
    const CalendarKind calendar = settings_.instrument.calendar;
    label_ = label_ + settings_.interval;
    if (calendar == CalendarKind::always_open) return;
    if (is_daily(settings_) && calendar == CalendarKind::us_equity) {
        while (!session_on(calendar, utc_date(label_))) label_ = label_ + days(1);
        return;
    }
    if (!session_at(calendar, label_)) label_ = session_from(calendar, label_).open;
}

void BarGenerator::append(ports::Columns& out, std::size_t rows) {
    auto& c = out.columns;
    using Bars = ports::BarColumns;
    for (std::size_t i = 0; i < rows; ++i) {
        const Price open = last_;
        Price high = open, low = open;
        const double before = path_.value();
        path_.step(kPartsPerBar, [&](double log_price) {
            last_ = price_at(settings_, log_price, last_);
            high = std::max(high, last_);
            low = std::min(low, last_);
        });
        // more is traded where more happens
        const double typical =
            std::sqrt(years_of(settings_.instrument.calendar, settings_.interval)) * 0.2;
        const double activity = 0.5 + std::abs(path_.value() - before) / typical;
        const Qty volume = some_size(settings_, mean_size(settings_) * activity, path_.random());
        c[Bars::ts].push_back(label_.ns);
        c[Bars::open].push_back(open.raw);
        c[Bars::high].push_back(high.raw);
        c[Bars::low].push_back(low.raw);
        c[Bars::close].push_back(last_.raw);
        c[Bars::volume].push_back(volume.raw);
        advance_label();
    }
}

TickGenerator::TickGenerator(const GenerateSettings& settings)
    : settings_(settings),
      path_(settings.model, years_of(settings.instrument.calendar, settings.interval),
            settings.seed),
      now_(settings.start) {
    ASSERT(settings.interval.ns > 0);
    bid_ = price_at(settings_, 0.0, settings_.instrument.tick);
    ask_ = Price{bid_.raw + settings_.instrument.tick.raw};
}

void TickGenerator::advance() {
    base::Random& random = path_.random();
    // whole microseconds; several ticks may share one
    const double pause_ns = random.exponential() * static_cast<double>(settings_.interval.ns);
    now_ = now_ + Duration{static_cast<std::int64_t>(pause_ns / 1e3) * 1'000};
    const CalendarKind calendar = settings_.instrument.calendar;
    if (calendar != CalendarKind::always_open && (!session_ || now_ >= session_->close)) {
        session_ = session_from(calendar, now_);
    }
    if (session_) now_ = std::max(now_, session_->open);
    path_.step(1, [](double) {});
    const Price middle = price_at(settings_, path_.value(), bid_);
    // one tick mostly, at times a few
    const auto spread = static_cast<std::int64_t>(1.0 + random.exponential() * 0.7);
    const std::int64_t tick = settings_.instrument.tick.raw;
    bid_ = Price{std::max(middle.raw - spread / 2 * tick, tick)};
    ask_ = Price{bid_.raw + spread * tick};
    bid_size_ = some_size(settings_, mean_size(settings_) / 20, random);
    ask_size_ = some_size(settings_, mean_size(settings_) / 20, random);
    has_trade_ = random.uniform() < kTradesPerQuote;
}

void TickGenerator::put_quote(ports::Columns& out) const {
    using Quotes = ports::QuoteColumns;
    out.columns[Quotes::ts].push_back(now_.ns);
    out.columns[Quotes::bid].push_back(bid_.raw);
    out.columns[Quotes::ask].push_back(ask_.raw);
    out.columns[Quotes::bid_size].push_back(bid_size_.raw);
    out.columns[Quotes::ask_size].push_back(ask_size_.raw);
}

void TickGenerator::put_trade(ports::Columns& out) {
    using Trades = ports::TradeColumns;
    const bool buys = path_.random().uniform() < 0.5;
    const Qty shown = buys ? ask_size_ : bid_size_;
    const Qty size = some_size(settings_, mean_size(settings_) / 50, path_.random());
    out.columns[Trades::ts].push_back(now_.ns);
    out.columns[Trades::price].push_back(buys ? ask_.raw : bid_.raw);
    out.columns[Trades::size].push_back(std::min(size, shown).raw);
    out.columns[Trades::aggressor].push_back(
        static_cast<std::int64_t>(buys ? Aggressor::buyer : Aggressor::seller));
}

void TickGenerator::append_quotes(ports::Columns& quotes, ports::Columns* trades,
                                  std::size_t rows) {
    ports::Columns dropped{ports::SeriesKind::trade};
    for (std::size_t i = 0; i < rows; ++i) {
        advance();
        put_quote(quotes);
        if (has_trade_) put_trade(trades == nullptr ? dropped : *trades);
        dropped.clear();
    }
}

void TickGenerator::append_trades(ports::Columns& trades, std::size_t rows) {
    for (std::size_t i = 0; i < rows;) {
        advance();
        if (!has_trade_) continue;
        put_trade(trades);
        ++i;
    }
}

}  // namespace tradewind::sim
