// SPDX-License-Identifier: Apache-2.0
#include "sim/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/assert.hpp"
#include "domain/names.hpp"
#include "sim/mode_rules.hpp"

namespace tradewind::sim {
namespace {

constexpr auto kModes = names<FillMode>("strict", "backtrader", "nautilus", "lean-equity",
                                        "lean-base", "freqtrade", "vectorbt");
constexpr auto kClocks = names<ExchangeClock>("aligned", "ignored");
constexpr auto kAccounts = names<AccountKind>("cash", "margin");

std::string percent(Rate rate) {
    return base::format_decimal(rate.raw, base::kDecimals - 2) + " %";
}

std::string slippage_line(const SlippageModel& model) {
    const std::string value = base::format_decimal(model.value, base::kDecimals);
    switch (model.kind) {
        case SlippageKind::none: return "Slippage: none.";
        case SlippageKind::basis_points:
            return fmt::format("Slippage: {} basis points on every fill that takes.", value);
        case SlippageKind::ticks:
            return fmt::format("Slippage: {} ticks on every fill that takes.", value);
        case SlippageKind::volume_share:
            return fmt::format(
                "Slippage: price x {} x (filled / volume)^2 on every fill that takes.", value);
    }
    __builtin_unreachable();
}

std::string latency_line(const Latencies& l) {
    if (l.are_none()) return "Latency: none; what is sent on an event acts on the next.";
    std::string line = fmt::format(
        "Latency: insert {}, replace {}, cancel {}, report {}, market data {}", describe(l.insert),
        describe(l.replace), describe(l.cancel), describe(l.report), describe(l.market_data));
    const LatencyModel* const all[] = {&l.insert, &l.replace, &l.cancel, &l.report, &l.market_data};
    const bool drawn = std::any_of(std::begin(all), std::end(all), [](const LatencyModel* model) {
        return !model->is_constant() && model->measured.empty();
    });
    if (drawn) line += fmt::format("; seed {}", l.seed);
    if (l.reports == ReportOrder::as_they_come) line += "; reports overtake each other";
    return line + ".";
}

std::string funds_line(const WorldSettings& s) {
    if (!s.check_funds) return "Funds: not checked by the venue.";
    if (s.fills == FillMode::backtrader) {
        return "Funds: checked with the price of creation when an order is accepted, and with the "
               "price of the "
               "fill when it fills; short sales add cash.";
    }
    if (s.account == AccountKind::cash) {
        return "Funds: cash account; a fill that cannot be paid ends its order, nothing is sold "
               "short.";
    }
    return "Funds: margin account; equity must cover the initial margin after every fill that "
           "opens.";
}

/// Empty where positions are netted.
std::string positions_line(const PositionSettings& s) {
    if (!s.hedges()) return {};
    const auto margin = [&]() -> std::string_view {
        switch (s.margin) {
            case HedgedMargin::gross: return "on both in full";
            case HedgedMargin::larger: return "on the larger side";
            case HedgedMargin::net: return "on what they differ by";
        }
        __builtin_unreachable();
    };
    return fmt::format(
        "Positions: hedging; each strategy has a long and a short leg of an instrument, an order "
        "that names none closes the strategy's other leg first and opens its own with the rest, "
        "reduce-only is of a leg; margin of an instrument's longs and shorts {}.",
        margin());
}

void describe_strict(const WorldSettings& s, std::vector<std::string>& out) {
    out.push_back("Fills: strict. A decision acts on the first market data strictly later.");
    out.push_back(
        "Limits fill at the open where it is at or better, else at their price once the bar or the "
        "tape has "
        "traded through it; a touch is not enough.");
    out.push_back(
        "Stops fill at the open where the market gapped, else at their trigger, which counts when "
        "touched. A "
        "stop-limit set free inside a bar fills there only if the bar closes beyond its limit.");
    switch (s.ambiguity.kind) {
        case Ambiguity::pessimistic:
            out.push_back(
                "Stop and target inside one bar: the stop. Entry and exit inside one bar: the stop "
                "counts, the target only after an entry at the open. What the bar does not prove "
                "is counted as ambiguous.");
            break;
        case Ambiguity::optimistic:
            out.push_back(
                "Stop and target inside one bar: the target. Entry and exit inside one bar: the "
                "target counts, the stop only where the bar proves it.");
            break;
        case Ambiguity::drawn:
            out.push_back(fmt::format(
                "Stop and target inside one bar, or an exit after an entry inside it: drawn by "
                "dice of seed {}, the nearer price the likelier.",
                s.ambiguity.seed));
            break;
    }
    out.push_back(
        "Trailing stops: the bar's worst price is tested before its best price moves the trail.");
    out.push_back(
        fmt::format("Size: at most {} of a bar's volume or a print's size for all orders together; "
                    "displayed sizes are "
                    "taken once; a bar without volume in a series that has volumes is a halt.",
                    percent(s.participation)));
}

/// Empty for strict.
std::string_view other_engine_line(FillMode mode) {
    switch (mode) {
        case FillMode::strict: return "";
        case FillMode::backtrader:
            return "Fills: as backtrader 1.9.78 does. Market orders at the next bar's open, limits "
                   "when touched, "
                   "stops at their price or at the open beyond it; in full, whatever the volume.";
        case FillMode::nautilus:
            return "Fills: as NautilusTrader does on bars. Market orders at once, at the close "
                   "that the strategy has seen; every bar is its open, high, low and close in that "
                   "order, with a quarter of the volume each, and what is larger pays one tick "
                   "more; limits when touched, at their price; stops at their price, or at the "
                   "open beyond it.";
        case FillMode::lean_equity:
            return "Fills: as LEAN's equity model does. Market orders at once, at the close that "
                   "the strategy has seen, or at the next open where the market is closed; limits "
                   "once traded through, at the open where that is better; stops when touched, at "
                   "the open where that is beyond; stop and target in one bar can both fill.";
        case FillMode::lean_base:
            return "Fills: as LEAN's base model (crypto, currencies) does. Market orders at once, "
                   "at the close that the strategy has seen, or at the next open where the market "
                   "is closed; limits and stops once traded through, stops at the worse of their "
                   "price and the close; stop and target in one bar can both fill.";
        case FillMode::freqtrade:
            return "Fills: as freqtrade's backtesting does. Market orders at the next open; "
                   "limits when touched, at their price; of one candle first the stop, then the "
                   "target, then the trailing stop, also on the candle of the entry; both sides "
                   "pay the higher fee.";
        case FillMode::vectorbt:
            return "Fills: as vectorbt's from_signals does. Market orders at once, at the close "
                   "that the strategy has seen; stop and target from the next bar on, the stop "
                   "first, at the open where that is beyond; one deal a bar.";
    }
    __builtin_unreachable();
}

std::string finer_line(const std::vector<ports::SeriesKey>& finer) {
    constexpr std::size_t kNamed = 4;
    std::vector<std::string> names;
    for (const ports::SeriesKey& key : finer) names.push_back(ports::to_string(key));
    const std::string what = names.size() <= kNamed ? fmt::format("{}", fmt::join(names, ", "))
                                                    : fmt::format("{} series", names.size());
    return fmt::format(
        "Finer data: inside the bars that they cover, and agree with to a tick, orders meet {} in "
        "their place. Strategies and marks see the bars alone; reports come when the finer data "
        "tell them, and an answer acts on what comes later in the bar.",
        what);
}

bool is_book(const ports::SeriesKey& key) {
    return key.kind == ports::SeriesKind::book_level || key.kind == ports::SeriesKind::book_order;
}

void describe_book(const BookSettings& s, std::vector<std::string>& out) {
    out.push_back(
        "Order book: an order meets the book as the venue has it when it arrives, and where that "
        "is the message that it was sent on, the next one. It walks the levels; what it takes "
        "comes back only as far as a level grows. A resting order fills when prints have used up "
        "the queue ahead of it, when they pass its price, and when the other side comes to it; "
        "always at its own price.");
    out.push_back(
        "A replacement that only lowers the quantity keeps its place in the queue; any other "
        "goes to the end.");
    out.push_back(describe(s.queue));
    out.push_back(describe(s.impact));
    out.push_back(s.clock == ExchangeClock::aligned
                      ? "Exchange clock: the venue sees books and prints when they were true "
                        "there, where the data tell; set back where a row would reach us first."
                      : "Exchange clock: ignored; the venue sees books and prints when we "
                        "received them.");
}

/// Why positions cannot be kept so.
std::optional<std::string> position_fault_of(const WorldSettings& settings) {
    if (!settings.positions.hedges()) return std::nullopt;
    if (settings.fills != FillMode::strict && settings.fills != FillMode::nautilus) {
        return fmt::format(
            "fill mode {} keeps one position of an instrument; hedging needs strict or nautilus",
            to_string(settings.fills));
    }
    if (settings.account != AccountKind::margin) {
        return "a cash account has no short leg: hedging needs a margin account";
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(FillMode value) { return kModes.of(value); }
std::optional<FillMode> parse_fill_mode(std::string_view text) { return kModes.parse(text); }

std::span<const FillMode> all_fill_modes() {
    static constexpr auto kAll = [] {
        std::array<FillMode, kModes.text.size()> out{};
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<FillMode>(i);
        return out;
    }();
    return kAll;
}

std::string fill_mode_names() { return fmt::format("{}", fmt::join(kModes.text, ", ")); }

std::string_view to_string(ExchangeClock value) { return kClocks.of(value); }
std::optional<ExchangeClock> parse_exchange_clock(std::string_view text) {
    return kClocks.parse(text);
}

std::string_view to_string(AccountKind value) { return kAccounts.of(value); }
std::optional<AccountKind> parse_account_kind(std::string_view text) {
    return kAccounts.parse(text);
}

std::optional<std::string> fault_of(const WorldSettings& s, const InstrumentTable& table) {
    if (s.participation.raw <= 0 || s.participation.raw > base::kDecimalOne) {
        return fmt::format("participation {} is not between 0 and 1", to_string(s.participation));
    }
    if (s.slippage.value < 0) return "slippage is negative";
    const Latencies& l = s.latencies;
    for (const LatencyModel* model :
         {&l.insert, &l.replace, &l.cancel, &l.report, &l.market_data}) {
        if (auto fault = fault_of(*model)) return fault;
    }
    for (auto& fault : {fault_of(s.fee_terms), fault_of(s.margin), fault_of(s.carry, table),
                        fault_of(s.price_limits, table), fault_of(s.auctions)}) {
        if (fault) return fault;
    }
    if (auto fault = position_fault_of(s)) return fault;
    if (s.fills == FillMode::strict) return std::nullopt;
    const auto lacks = [&](std::string_view what) {
        return fmt::format("fill mode {} {}; say strict", to_string(s.fills), what);
    };
    if (s.margin.liquidates != Liquidates::never) return lacks("liquidates nothing");
    if (!s.price_limits.empty()) return lacks("knows no price limits");
    if (!s.statuses.empty()) return lacks("knows no halts");
    if (!s.auctions.is_plain()) return lacks("knows no auctions");
    return std::nullopt;
}

std::vector<std::string> describe(const WorldSettings& settings) {
    std::vector<std::string> out;
    if (settings.fills == FillMode::strict) {
        describe_strict(settings, out);
    } else {
        out.emplace_back(other_engine_line(settings.fills));
    }
    if (!settings.finer.empty()) out.push_back(finer_line(settings.finer));
    if (std::any_of(settings.series.begin(), settings.series.end(), is_book)) {
        describe_book(settings.book, out);
    }
    out.push_back(slippage_line(settings.slippage));
    for (std::string& line : describe(settings.price_limits)) out.push_back(std::move(line));
    for (std::string& line : describe(settings.auctions)) out.push_back(std::move(line));
    for (std::string& line : describe(settings.statuses, settings.halted_orders)) {
        out.push_back(std::move(line));
    }
    out.push_back(latency_line(settings.latencies));
    for (std::string& line : describe(settings.fee_terms)) out.push_back(std::move(line));
    out.push_back(funds_line(settings));
    if (std::string line = positions_line(settings.positions); !line.empty()) {
        out.push_back(std::move(line));
    }
    for (std::string& line : describe(settings.margin)) out.push_back(std::move(line));
    for (std::string& line : describe(settings.carry)) out.push_back(std::move(line));
    return out;
}

const FillRules& rules_of(FillMode mode) {
    ASSERT(mode == FillMode::strict || mode == FillMode::backtrader);
    return mode == FillMode::strict ? kStrictRules : kBacktraderRules;
}

}  // namespace tradewind::sim
