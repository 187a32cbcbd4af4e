// SPDX-License-Identifier: Apache-2.0
#include "signal/sizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/try.hpp"
#include "construction/sizing.hpp"
#include "domain/calendar.hpp"
#include "domain/words.hpp"

namespace tradewind::signal {
namespace {

constexpr double kMostUnlessSaid = 1.0;
constexpr double kShareMost = 100;
constexpr std::uint32_t kBarsMost = 10'000;

std::expected<double, std::string> read_share(std::string_view text, double most) {
    const Amount amount = TRY(parse_amount(text));
    const double share = to_double(amount.value);
    if (amount.is_percent && share > 0 && share <= most) return share;
    return std::unexpected(
        fmt::format("'{}': write a share above 0%, at most {}%, such as 5%", text, most * 100));
}

std::expected<std::uint32_t, std::string> read_bars(std::string_view text) {
    std::uint32_t bars = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bars);
    const bool is_read = error == std::errc{} && end == text.data() + text.size();
    if (is_read && bars >= 2 && bars <= kBarsMost) return bars;
    return std::unexpected(
        fmt::format("'{}': write a number of bars from 2 to {}", text, kBarsMost));
}

std::expected<void, std::string> read_risk(Words& words, SizeSettings& out) {
    out.rule = SizeRule::risk;
    out.fraction = TRY(read_share(words.next(), 1));
    constexpr std::string_view kForm = "write it as \"risk 1% at atr 3 x 14\" or \"risk 1% at 5%\"";
    if (!words.take("at")) return std::unexpected(std::string{kForm});
    if (!words.take("atr")) {
        out.stop_share = TRY(read_share(words.next(), 1));
        return {};
    }
    const std::string_view multiple = words.next();
    const Amount amount = TRY(parse_amount(multiple));
    out.ranges = to_double(amount.value);
    if (amount.is_percent || !(out.ranges > 0) || out.ranges > kShareMost || !words.take("x")) {
        return std::unexpected(std::string{kForm});
    }
    out.bars = TRY(read_bars(words.next()));
    return {};
}

std::expected<void, std::string> read_volatility(Words& words, SizeSettings& out) {
    out.rule = SizeRule::volatility;
    out.fraction = TRY(read_share(words.next(), kShareMost));
    if (!words.take("over")) {
        return std::unexpected("write it as \"volatility 15% over 60\": a year's, of 60 bars");
    }
    out.bars = TRY(read_bars(words.next()));
    out.most = kMostUnlessSaid;
    if (words.take("most")) out.most = TRY(read_share(words.next(), kShareMost));
    return {};
}

/// Bars of the strategy in a day of its calendar.
double bars_a_day(const BarSpec& spec, CalendarKind calendar) {
    if (spec.unit != BarUnit::time || spec.step <= 0) return 1;
    const double open = calendar == CalendarKind::us_equity ? 6.5 * 3600 : 24.0 * 3600;
    return std::max(1.0, open * 1e9 / static_cast<double>(spec.step));
}

}  // namespace

std::expected<SizeSettings, std::string> parse_sizing(std::string_view text) {
    Words words{text};
    SizeSettings out;
    const std::string_view rule = words.next();
    if (rule == "share") {
        out.fraction = TRY(read_share(words.next(), kShareMost));
    } else if (rule == "risk") {
        TRY_VOID(read_risk(words, out));
    } else if (rule == "volatility") {
        TRY_VOID(read_volatility(words, out));
    } else {
        return std::unexpected(
            fmt::format("'{}' is no way to size; there are share, risk and volatility", rule));
    }
    if (words.take("until")) {
        if (!words.take("drawdown")) {
            return std::unexpected("write it as \"until drawdown 30%\"");
        }
        out.drawdown_max = TRY(read_share(words.next(), 1));
    }
    if (!words.done()) {
        return std::unexpected(
            fmt::format("'{}': nothing is expected from '{}' on", text, words.rest()));
    }
    return out;
}

std::string to_string(const SizeSettings& settings) {
    const auto percent = [](double share) { return fmt::format("{:.10g}%", share * 100); };
    std::string out;
    switch (settings.rule) {
        case SizeRule::share: out = "share " + percent(settings.fraction); break;
        case SizeRule::risk:
            out = fmt::format("risk {} at {}", percent(settings.fraction),
                              settings.bars > 0
                                  ? fmt::format("atr {:.10g} x {}", settings.ranges, settings.bars)
                                  : percent(settings.stop_share));
            break;
        case SizeRule::volatility:
            out = fmt::format("volatility {} over {} most {}", percent(settings.fraction),
                              settings.bars, percent(settings.most));
            break;
    }
    if (settings.drawdown_max > 0) out += " until drawdown " + percent(settings.drawdown_max);
    return out;
}

Sizer::Sizer(const SizeSettings& settings, const InstrumentTable& instruments,
             CalendarKind calendar, double days_per_year)
    : settings_(settings),
      instruments_(instruments),
      calendar_(calendar),
      days_per_year_(days_per_year),
      rows_(instruments.size(), Row{.range = market::MeanTrueRange{settings.bars},
                                    .deviation = market::ReturnDeviation{settings.bars}}) {}

void Sizer::on_bar(const Bar& bar) {
    if (settings_.bars == 0) return;
    Row& row = rows_[bar.instrument.value];
    if (!row.spec) row.spec = bar.spec;
    if (*row.spec != bar.spec) return;
    if (settings_.rule == SizeRule::risk) row.range.add(bar);
    if (settings_.rule == SizeRule::volatility) row.deviation.add(bar);
}

void Sizer::on_split(InstrumentId instrument, double ratio) {
    rows_[instrument.value].range.rescale(ratio);
    rows_[instrument.value].deviation.rescale(ratio);
}

void Sizer::on_equity(double equity) { peak_ = std::max(peak_, equity); }

/// Exact: lots are cut off by whoever counts in them.
std::optional<double> Sizer::units(const Row& row, const State& state) const {
    const construction::ContractTerms terms{.point_value = state.point_value};
    std::expected<double, construction::Error> out{0.0};
    switch (settings_.rule) {
        case SizeRule::share:
            out = construction::size_of(construction::FixedFraction{.equity = state.equity,
                                                                    .price = state.price,
                                                                    .fraction = settings_.fraction,
                                                                    .terms = terms});
            break;
        case SizeRule::risk: {
            if (settings_.bars > 0 && !row.range.is_warm()) return std::nullopt;
            const double distance = settings_.bars > 0 ? settings_.ranges * row.range.value()
                                                       : settings_.stop_share * state.price;
            out = construction::size_of(construction::FixedRisk{.equity = state.equity,
                                                                .risk = settings_.fraction,
                                                                .stop_distance = distance,
                                                                .terms = terms});
            break;
        }
        case SizeRule::volatility:
            if (!row.deviation.is_warm()) return std::nullopt;
            out = construction::size_of(construction::VolatilityTarget{
                .equity = state.equity,
                .price = state.price,
                .target = settings_.fraction,
                .volatility = row.deviation.value(),
                .periods_per_year = days_per_year_ * bars_a_day(*row.spec, calendar_),
                .fraction_max = settings_.most,
                .terms = terms});
            break;
    }
    if (!out) return std::nullopt;
    return *out;
}

std::optional<Qty> Sizer::full(InstrumentId instrument, const State& state) const {
    if (state.equity <= 0) return Qty{};
    State scaled = state;
    if (settings_.drawdown_max > 0 && peak_ > 0) {
        const double drawdown = std::clamp(1 - state.equity / peak_, 0.0, 1.0);
        const auto part = construction::scale_by_drawdown(drawdown, settings_.drawdown_max);
        if (!part) return std::nullopt;
        scaled.equity *= *part;
    }
    const auto exact = units(rows_[instrument.value], scaled);
    if (!exact) return std::nullopt;
    return round_down_to_lot(*exact, instruments_.at(instrument).lot);
}

}  // namespace tradewind::signal
