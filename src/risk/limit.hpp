// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/numbers.hpp"
#include "domain/time.hpp"

/// Limits as their user writes them: "gross of sector:tech <= 40%".
namespace tradewind::risk {

/// What a limit measures.
enum class Measure : std::uint8_t {
    // of the order itself
    quantity,      ///< units
    notional,      ///< at the worse of its own price and the market's
    price_band,    ///< how far its limit or trigger lies from the market, to the worse side
    fat_finger,    ///< its notional in medians of the strategy's last orders
    volume_share,  ///< its quantity in average days of the instrument's volume
    // of what is held and works, pending orders filled on the worse side
    position,  ///< units, of an instrument
    gross,     ///< sum of magnitudes at the market
    net,       ///< longs less shorts, magnitude
    // of what was done
    open_orders,
    orders,    ///< sent and changed in a window
    cancels,   ///< in a window; beyond it no order that may need one
    turnover,  ///< notional of orders sent in a window
    // of the account
    loss,        ///< since the day began, of the equity then
    drawdown,    ///< of marked equity from its peak
    margin_use,  ///< initial margin of all that is held and works, in equity
    // of what returns tell
    var,               ///< value at risk of a day
    es,                ///< expected shortfall of a day
    cluster,           ///< gross of instruments whose returns move together, or against each other
    beta,              ///< net beta to the benchmark, in equity
    liquidation_days,  ///< to close the position at the participation rate
};
/// Of so many orders that a strategy sent last the median notional is its usual one ...
inline constexpr std::size_t kUsualOf = 20;
/// ... and fewer than these have none.
inline constexpr std::size_t kUsualLeast = 5;
inline constexpr std::size_t kMeasureCount =
    static_cast<std::size_t>(Measure::liquidation_days) + 1;
[[nodiscard]] std::string_view to_string(Measure value);

/// What it is measured of.
enum class ScopeKind : std::uint8_t {
    order,
    instrument,
    strategy,
    sector,    ///< a named set of instruments
    currency,  ///< instruments that are priced in it, or buy it
    venue,
    portfolio,
};
[[nodiscard]] std::string_view to_string(ScopeKind value);

/// What the number counts.
enum class Unit : std::uint8_t {
    units,   ///< of the instrument
    money,   ///< base currency
    equity,  ///< share of equity
    count,
    ratio,  ///< plain: a share of the price, a multiple, days
};

/// One limit. Hard: beyond it an order is denied. Soft: an order is made smaller.
struct Limit {
    Measure measure = Measure::gross;
    ScopeKind scope = ScopeKind::portfolio;
    std::string of{};  ///< which one; empty: each
    Unit unit = Unit::money;
    Money max{};        ///< in units of 1e-18 of what it counts; 0.4 for 40%
    Duration window{};  ///< of what is measured in one; else 0
    bool soft = false;

    friend bool operator==(const Limit&, const Limit&) = default;
};

/// `[soft] MEASURE [of SCOPE[:NAME]] <= NUMBER[%] [per DURATION]`. Also "leverage <= 1.5" for
/// "gross <= 150%" and "concentration <= 20%" for "gross of instrument <= 20%". The error says what
/// is wrong and what is right.
[[nodiscard]] std::expected<Limit, std::string> parse_limit(std::string_view text);
/// As it is parsed, with every part named.
[[nodiscard]] std::string to_string(const Limit& limit);
/// The number as it is written: "40%", "1000".
[[nodiscard]] std::string amount_text(Unit unit, Money amount);

/// Two limits that say the same of the same thing, or a soft one that no hard one lets be reached:
/// the line that says so.
[[nodiscard]] std::optional<std::string> contradiction(std::span<const Limit> limits);

/// A name for instruments: "tech: AAPL.NASDAQ QQQ.NASDAQ".
struct Sector {
    std::string name;
    std::vector<std::string> symbols;

    friend bool operator==(const Sector&, const Sector&) = default;
};
[[nodiscard]] std::expected<Sector, std::string> parse_sector(std::string_view text);
[[nodiscard]] std::string to_string(const Sector& sector);

}  // namespace tradewind::risk
