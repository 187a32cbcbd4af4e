// SPDX-License-Identifier: Apache-2.0
#include "sim/planted.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/assert.hpp"
#include "sim/generate.hpp"

namespace tradewind::sim {
namespace {

constexpr std::array<std::string_view, 5> kNames{
    "planted-ar", "planted-regimes", "planted-interaction", "planted-memory", "planted-gate"};

constexpr double kSignalKept = 0.9;  // of the hidden signal, from bar to bar, at least
constexpr double kSwitchOdds = 1.0 / 40;
constexpr double kRoughness = 2;  // standard deviation of rough bars in that of calm ones
constexpr int kJumpGapMin = 20, kJumpGapMax = 40;

// Of log volume, around the middle: noise never reaches a jump, and the two sides of the middle
// never meet.
constexpr double kVolumeNoise = 0.3, kVolumeNoiseMax = 1.0;
constexpr double kJumpMin = 1.6, kJumpMax = 2.0, kJumpFrom = 1.3;
constexpr double kSurpriseMin = 0.3, kSurpriseMax = 0.7;

// Wicks, in standard deviations of the bar's return; `kLongWick` in those of a calm bar.
constexpr double kCalmWickMax = 0.5, kRoughWickMin = 1.0, kRoughWickMax = 2.0, kLongWick = 1.0;

// A return of a market of signs is this far from 0 at least, in standard deviations, so that
// which way it went is plain.
constexpr double kSignGap = 0.3;

constexpr double kNotionalPerBar = 500'000.0;
constexpr double kLotsPerBarMin = 10'000.0;
constexpr double kTicksPerStep = 1'000.0;

/// The correlation of two normals that have the same sign with that probability.
double correlation_of(double accuracy) { return std::sin(std::numbers::pi * (accuracy - 0.5)); }

/// Of the hidden signal's autocorrelation: high enough for the accuracy asked for.
double signal_kept(double accuracy) {
    const double rho = correlation_of(accuracy);
    return std::max(kSignalKept, std::sqrt((1 + rho * rho) / 2));
}

/// Variance of the Kalman filter's forecast error of the signal once it has settled, where returns
/// have variance 1 and the signal has `share` of it: the positive root of P^2 + b P - q n = 0,
/// which is P = kept^2 P n / (P + n) + q written out (Anderson and Moore, "Optimal Filtering",
/// 1979, section 4.4).
double settled_variance(double share, double kept) {
    const double noise = 1 - share, fresh = (1 - kept * kept) * share;
    const double b = noise * (1 - kept * kept) - fresh;
    return (-b + std::sqrt(b * b + 4 * fresh * noise)) / 2;
}

/// The share of the signal in the variance of returns that gives the accuracy.
double signal_share(double accuracy) {
    const double rho = correlation_of(accuracy), kept = signal_kept(accuracy);
    double low = 0, high = 1;
    for (int i = 0; i < 100; ++i) {
        const double share = (low + high) / 2;
        (share - settled_variance(share, kept) < rho * rho ? low : high) = share;
    }
    return low;
}

/// The standard deviation of a calm bar, such that that of all is 1.
double calm_scale() { return 1 / std::sqrt((1 + kRoughness * kRoughness) / 2); }

double middle_volume(const PlantedSettings& s) {
    return std::max(kNotionalPerBar / s.first_price, kLotsPerBarMin * to_double(s.instrument.lot));
}

double between(base::Random& random, double low, double high) {
    return low + (high - low) * random.uniform();
}

double sign_of(double x) { return x < 0 ? -1 : 1; }

}  // namespace

std::string_view to_string(PlantedMarket market) {
    return kNames[static_cast<std::size_t>(market)];
}

std::optional<PlantedMarket> parse_planted_market(std::string_view text) {
    const auto found = std::find(kNames.begin(), kNames.end(), text);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<PlantedMarket>(found - kNames.begin());
}

std::string_view rule_in_words(PlantedMarket market) {
    switch (market) {
        case PlantedMarket::ar:
            return "the sign of a sum of the past returns under geometrically falling weights (a "
                   "hidden AR(1) signal in noise, by Kalman's filter)";
        case PlantedMarket::regimes:
            return "the sign of the last return where the last bar is calm, the opposite where it "
                   "is rough (long wicks, twice the volatility)";
        case PlantedMarket::interaction:
            return "the sign of the last return where the last volume is above its middle, the "
                   "opposite where it is below";
        case PlantedMarket::memory:
            return "the sign of the return of the last bar whose volume jumped, 0 to 39 bars ago";
        case PlantedMarket::gate:
            return "the sign of the last return, which tells where the last volume is above its "
                   "middle and is a coin where it is below";
    }
    __builtin_unreachable();
}

double bayes_accuracy_max(PlantedMarket market) {
    return market == PlantedMarket::gate ? (0.5 + kBayesAccuracyMax) / 2 : kBayesAccuracyMax;
}

double PlantedSettings::step() const {
    return volatility * std::sqrt(years_of(instrument.calendar, interval));
}

bool is_fine_enough(const PlantedSettings& s) {
    return s.step() * s.first_price >= kTicksPerStep * to_double(s.instrument.tick);
}

double log_price_deviation(const PlantedSettings& s, std::uint64_t rows) {
    // variance of the sum in that of independent steps: (1 + c) / (1 - c) for a chain of
    // correlation c (Box, Jenkins, Reinsel, "Time Series Analysis", chapter 3)
    const auto widened = [](double c) { return (1 + c) / (1 - c); };
    const double lean = 2 * s.bayes_accuracy - 1;
    double factor = 1;
    if (s.market == PlantedMarket::ar) {
        const double share = signal_share(s.bayes_accuracy);
        factor = 1 - share + share * widened(signal_kept(s.bayes_accuracy));
    } else if (s.market == PlantedMarket::regimes) {
        factor = widened(correlation_of(s.bayes_accuracy));  // as if it were always calm
    } else if (s.market == PlantedMarket::memory) {
        // within the bars of one jump, and from jump to jump
        factor = (1 + kJumpGapMax * lean * lean) * widened(lean);
    } else if (s.market == PlantedMarket::gate) {
        factor = widened(lean);  // gates open by themselves: leans of neighbours are independent
    }
    return s.step() * std::sqrt(static_cast<double>(rows) * factor);
}

PlantedBars::PlantedBars(const PlantedSettings& settings)
    : settings_(settings),
      random_(settings.seed),
      label_(settings.start),
      middle_volume_(middle_volume(settings)) {
    ASSERT(settings.interval.ns > 0 && settings.volatility > 0);
    ASSERT(settings.bayes_accuracy >= kBayesAccuracyMin &&
           settings.bayes_accuracy <= bayes_accuracy_max(settings.market));
    ASSERT(settings.instrument.calendar == CalendarKind::always_open);
    last_ = price_at(0);
    signal_share_ = signal_share(settings.bayes_accuracy);
    coefficient_ = correlation_of(settings.bayes_accuracy);
    // as if it had run for ever
    signal_ = std::sqrt(signal_share_) * random_.normal();
    last_score_ = random_.normal();
    is_rough_ = random_.uniform() < 0.5;
}

Price PlantedBars::price_at(double log_price) const {
    const auto price = round_to_tick(settings_.first_price * std::exp(log_price),
                                     settings_.instrument.tick, TickRounding::nearest);
    return price ? std::max(*price, settings_.instrument.tick) : last_;
}

/// That the forecast's sign comes.
double PlantedBars::odds() const {
    if (settings_.market != PlantedMarket::gate) return settings_.bayes_accuracy;
    return is_above_ ? 2 * settings_.bayes_accuracy - 0.5 : 0.5;
}

/// A return whose sign is the forecast's with the probability that it has, whatever its size; in
/// standard deviations.
double PlantedBars::signed_return() {
    constexpr double kFree = 1 - kSignGap;
    // of gap + free |z|, z standard normal
    const double deviation = std::sqrt(kSignGap * kSignGap + kFree * kFree +
                                       2 * kSignGap * kFree * std::sqrt(2 / std::numbers::pi));
    const double size = (kSignGap + kFree * std::abs(random_.normal())) / deviation;
    return random_.uniform() < odds() ? forecast_ * size : -forecast_ * size;
}

/// Log return of the bar at work, in standard deviations; moves the market's inside on.
double PlantedBars::next_return() {
    if (settings_.market == PlantedMarket::ar) {
        const double kept = signal_kept(settings_.bayes_accuracy);
        signal_ = kept * signal_ + std::sqrt((1 - kept * kept) * signal_share_) * random_.normal();
        return signal_ + std::sqrt(1 - signal_share_) * random_.normal();
    }
    if (settings_.market == PlantedMarket::regimes) {
        const double followed = is_rough_ ? -coefficient_ : coefficient_;
        last_score_ =
            followed * last_score_ + std::sqrt(1 - coefficient_ * coefficient_) * random_.normal();
        if (random_.uniform() < kSwitchOdds) is_rough_ = !is_rough_;
        return last_score_ * calm_scale() * (is_rough_ ? kRoughness : 1);
    }
    const double change = signed_return();
    if (settings_.market == PlantedMarket::interaction) {
        is_above_ = random_.uniform() < 0.5;
        forecast_ = is_above_ ? sign_of(change) : -sign_of(change);
        return change;
    }
    if (settings_.market == PlantedMarket::gate) {
        is_above_ = random_.uniform() < 0.5;
        forecast_ = sign_of(change);
        return change;
    }
    is_jump_ = until_jump_ == 0;
    if (is_jump_) {
        forecast_ = sign_of(change);
        until_jump_ = kJumpGapMin + static_cast<int>(random_.below(kJumpGapMax - kJumpGapMin + 1));
    }
    --until_jump_;
    return change;
}

double PlantedBars::wick() {
    if (settings_.market != PlantedMarket::regimes) return between(random_, 0, kCalmWickMax);
    if (!is_rough_) return between(random_, 0, kCalmWickMax) * calm_scale();
    return between(random_, kRoughWickMin, kRoughWickMax) * kRoughness * calm_scale();
}

double PlantedBars::log_volume() {
    if (settings_.market == PlantedMarket::interaction || settings_.market == PlantedMarket::gate) {
        const double surprise = between(random_, kSurpriseMin, kSurpriseMax);
        return is_above_ ? surprise : -surprise;
    }
    if (settings_.market == PlantedMarket::memory && is_jump_) {
        return between(random_, kJumpMin, kJumpMax);
    }
    return std::clamp(kVolumeNoise * random_.normal(), -kVolumeNoiseMax, kVolumeNoiseMax);
}

void PlantedBars::append(ports::Columns& out, std::size_t rows) {
    auto& c = out.columns;
    using Bars = ports::BarColumns;
    const double step = settings_.step();
    const Qty lot = settings_.instrument.lot;
    for (std::size_t i = 0; i < rows; ++i) {
        const double before = log_price_;
        log_price_ += step * next_return();
        const Price open = last_;
        last_ = price_at(log_price_);
        const Price high = price_at(std::max(before, log_price_) + step * wick());
        const Price low = price_at(std::min(before, log_price_) - step * wick());
        const auto volume = round_down_to_lot(middle_volume_ * std::exp(log_volume()), lot);
        c[Bars::ts].push_back(label_.ns);
        c[Bars::open].push_back(open.raw);
        c[Bars::high].push_back(std::max({high, open, last_}).raw);
        c[Bars::low].push_back(std::min({low, open, last_}).raw);
        c[Bars::close].push_back(last_.raw);
        c[Bars::volume].push_back(std::max(volume.value_or(lot), lot).raw);
        label_ = label_ + settings_.interval;
    }
}

PlantedRow planted_row(const ports::Columns& bars, std::size_t row) {
    using Bars = ports::BarColumns;
    const auto& c = bars.columns;
    return {.open = c[Bars::open][row],
            .high = c[Bars::high][row],
            .low = c[Bars::low][row],
            .close = c[Bars::close][row],
            .volume = c[Bars::volume][row]};
}

BayesRule::BayesRule(const PlantedSettings& settings)
    : market_(settings.market), step_(settings.step()), middle_volume_(middle_volume(settings)) {
    signal_share_ = signal_share(settings.bayes_accuracy);
    kept_ = signal_kept(settings.bayes_accuracy);
    variance_ = signal_share_;
}

/// The forecast of the next return after one of `change` standard deviations.
double BayesRule::filtered(double change) {
    const double noise = 1 - signal_share_;
    const double gain = variance_ / (variance_ + noise);
    forecast_ = kept_ * (forecast_ + gain * (change - forecast_));
    variance_ = kept_ * kept_ * variance_ * noise / (variance_ + noise) +
                (1 - kept_ * kept_) * signal_share_;
    return forecast_;
}

int BayesRule::next(const PlantedRow& row) {
    const auto log_of = [](std::int64_t a, std::int64_t b) {
        return std::log(static_cast<double>(a) / static_cast<double>(b));
    };
    const double change = log_of(row.close, last_close_ == 0 ? row.open : last_close_) / step_;
    last_close_ = row.close;
    const double volume = std::log(to_double(Qty{row.volume}) / middle_volume_);
    switch (market_) {
        case PlantedMarket::ar: return filtered(change) < 0 ? -1 : 1;
        case PlantedMarket::regimes: {
            const double wick = log_of(row.high, std::max(row.open, row.close)) / step_;
            return (wick > kLongWick * calm_scale()) == (change < 0) ? 1 : -1;
        }
        case PlantedMarket::interaction: return (volume < 0) == (change < 0) ? 1 : -1;
        case PlantedMarket::memory:
            if (volume > kJumpFrom) remembered_ = sign_of(change);
            return remembered_ < 0 ? -1 : 1;
        case PlantedMarket::gate: return change < 0 ? -1 : 1;
    }
    __builtin_unreachable();
}

double PlantedTally::base_rate() const {
    return rows == 0 ? 0 : static_cast<double>(ups) / static_cast<double>(rows);
}

double PlantedTally::accuracy() const {
    return rows == 0 ? 0 : static_cast<double>(right) / static_cast<double>(rows);
}

void PlantedTally::add(const PlantedTally& other) {
    rows += other.rows;
    ups += other.ups;
    right += other.right;
    flat += other.flat;
}

void RuleTally::take(const ports::Columns& bars) {
    for (std::size_t i = 0; i < bars.rows(); ++i) {
        const PlantedRow row = planted_row(bars, i);
        if (last_close_ && row.close == *last_close_) {
            ++tally_.flat;
        } else if (last_close_) {
            const int went = row.close > *last_close_ ? 1 : -1;
            ++tally_.rows;
            tally_.ups += went > 0 ? 1 : 0;
            tally_.right += went == said_ ? 1 : 0;
        }
        last_close_ = row.close;
        said_ = rule_.next(row);
    }
}

}  // namespace tradewind::sim
