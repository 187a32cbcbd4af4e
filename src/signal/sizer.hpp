// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/calendar.hpp"
#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "market/bar_gauges.hpp"

/// How large a full position is, by a rule of the user's: "risk 1% at atr 3 x 14".
namespace tradewind::signal {

enum class SizeRule : std::uint8_t {
    share,       ///< of equity, as notional
    risk,        ///< of equity, that a trade stopped at a distance loses
    volatility,  ///< the position's part of the account's annual deviation
};

/// What a rule does not need is 0.
struct SizeSettings {
    SizeRule rule = SizeRule::share;
    double fraction = 0;      ///< 0.3 for 30%
    double ranges = 0;        ///< risk: distance of the stop in mean true ranges ...
    double stop_share = 0;    ///< ... or as a share of the price
    std::uint32_t bars = 0;   ///< of the mean range, or of the deviation
    double most = 0;          ///< volatility: notional at most, in parts of equity
    double drawdown_max = 0;  ///< smaller in a drawdown, and none at this one; 0: not

    friend bool operator==(const SizeSettings&, const SizeSettings&) = default;
};

/// `share 30%`, `risk 1% at atr 3 x 14`, `risk 1% at 5%`, `volatility 15% over 60 [most 200%]`;
/// behind each
/// `[until drawdown 30%]`. The error says what is wrong and what is right.
[[nodiscard]] std::expected<SizeSettings, std::string> parse_sizing(std::string_view text);
/// As it is parsed, with every part named.
[[nodiscard]] std::string to_string(const SizeSettings& settings);

/// Sizes of one strategy's positions. Ranges and deviations are of the strategy's bars; of several
/// series of an instrument the one that came first counts. Until there are as many bars as asked
/// for there is no size.
class Sizer {
public:
    /// `instruments` outlives it. `days_per_year` is what deviations are brought to a year by.
    Sizer(const SizeSettings& settings, const InstrumentTable& instruments, CalendarKind calendar,
          double days_per_year);

    void on_bar(const Bar& bar);
    void on_split(InstrumentId instrument, double ratio);
    /// In base currency; its peak is kept.
    void on_equity(double equity);

    struct State {
        double price = 0;
        double equity = 0;       ///< base currency
        double point_value = 0;  ///< base currency a unit gains where its price gains 1
    };
    /// Units, in lots; nullopt while what the rule asks for is not known.
    [[nodiscard]] std::optional<Qty> full(InstrumentId instrument, const State& state) const;

private:
    struct Row {
        std::optional<BarSpec> spec{};
        market::MeanTrueRange range;
        market::ReturnDeviation deviation;
    };

    [[nodiscard]] std::optional<double> units(const Row& row, const State& state) const;

    SizeSettings settings_;
    const InstrumentTable& instruments_;
    CalendarKind calendar_;
    double days_per_year_;
    double peak_ = 0;
    std::vector<Row> rows_;
};

}  // namespace tradewind::signal
