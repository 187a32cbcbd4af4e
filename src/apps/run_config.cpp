// SPDX-License-Identifier: Apache-2.0
#include "apps/run_config.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "apps/account_options.hpp"
#include "apps/carry_options.hpp"
#include "apps/option_text.hpp"
#include "apps/venue_options.hpp"
#include "base/try.hpp"

namespace tradewind::apps {
namespace {

using Done = std::expected<void, std::string>;

std::expected<double, std::string> number(std::string_view text) {
    double value = 0.0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || !std::isfinite(value))
        return is_no(text, "a number");
    return value;
}

std::expected<Money, std::string> money(std::string_view text) {
    const auto value = parse_money(text);
    if (!value || value->raw < 0) return is_no(text, "an amount of money, such as 100000 or 99.5");
    return *value;
}

std::expected<Rate, std::string> rate_of_bps(std::string_view text) {
    // Through money's 18 places, so that a hundredth of a basis point stays exact.
    const auto value = parse_money(text);
    const auto raw = value ? base::checked_div(value->raw, base::Int128{base::kDecimalOne} * 10'000,
                                               base::Rounding::half_even)
                           : std::nullopt;
    if (!raw || *raw > base::kDecimalOne || *raw < -base::kDecimalOne) {
        return is_no(text, "a number of basis points between -10000 and 10000");
    }
    return Rate{static_cast<std::int64_t>(*raw)};
}

std::expected<Timestamp, std::string> instant(std::string_view text) {
    const auto value = parse_timestamp(text);
    if (!value) return is_no(text, "an instant, such as 2014-05-02 or 2014-05-02T12:30:00Z");
    return *value;
}

Done set_slippage(RunConfig& config, std::string_view text) {
    if (text == "none") {
        config.slippage = {};
        return {};
    }
    const std::size_t colon = text.find(':');
    const std::string_view kind = text.substr(0, colon);
    const auto value = colon == std::string_view::npos
                           ? std::unexpected(base::DecimalError::empty)
                           : base::parse_decimal(text.substr(colon + 1));
    if (!value || *value < 0) {
        return is_no(text, "a slippage model: none, bps:2, ticks:1 or volume:0.1");
    }
    if (kind == "bps") {
        config.slippage = {.kind = sim::SlippageKind::basis_points, .value = *value};
    } else if (kind == "ticks") {
        config.slippage = {.kind = sim::SlippageKind::ticks, .value = *value};
    } else if (kind == "volume") {
        config.slippage = {.kind = sim::SlippageKind::volume_share, .value = *value};
    } else {
        return is_no(text, "a slippage model: none, bps:2, ticks:1 or volume:0.1");
    }
    return {};
}

Done set_participation(RunConfig& config, std::string_view text) {
    const auto value = parse_rate(text);
    if (!value || value->raw <= 0 || value->raw > base::kDecimalOne) {
        return is_no(text, "a share of volume above 0 and up to 1");
    }
    config.participation = *value;
    return {};
}

Done set_queue(RunConfig& config, std::string_view text) {
    const auto model = sim::parse_queue_model(text);
    if (!model) {
        return is_no(text, "a queue model: pessimistic, power:3, power2:3, power3:3, log or log2");
    }
    config.book.queue = *model;
    return {};
}

Done set_impact(RunConfig& config, std::string_view text) {
    const auto model = sim::parse_impact_model(text);
    if (!model) {
        return is_no(text,
                     "an impact model: none, linear:BPS:HALF-LIFE or sqrt:BPS:HALF-LIFE, such as "
                     "sqrt:5:500ms");
    }
    config.book.impact = *model;
    return {};
}

Done set_exchange_clock(RunConfig& config, std::string_view text) {
    const auto clock = sim::parse_exchange_clock(text);
    if (!clock) return is_no(text, "aligned or ignored");
    config.book.clock = *clock;
    return {};
}

Done set_kind(RunConfig& config, std::string_view text) {
    if (text != "bar" && text != "quote" && text != "trade" && text != "book") {
        return is_no(text, "a kind of data: bar, quote, trade or book");
    }
    config.kind = text;
    return {};
}

Done set_interval(RunConfig& config, std::string_view text) {
    if (!parse_bar_spec(text)) return is_no(text, "a bar interval, such as 1d, 5m or 100-ticks");
    config.interval = text;
    return {};
}

Done set_finer(RunConfig& config, std::string_view text) {
    const auto wish = parse_finer_wish(text);
    if (!wish) return is_no(text, "off, auto, trades or an interval of time, such as 1m");
    config.finer = *wish;
    return {};
}

Done set_strategy(RunConfig& config, std::string_view text) {
    if (config.strategies.empty()) config.strategies.emplace_back();
    config.strategies.back().name = text;
    return {};
}

Done set_fills(RunConfig& config, std::string_view text) {
    const auto mode = sim::parse_fill_mode(text);
    if (!mode) return is_no(text, "a fill mode: " + sim::fill_mode_names());
    config.fills = *mode;
    return {};
}

Done set_account(RunConfig& config, std::string_view text) {
    const auto kind = sim::parse_account_kind(text);
    if (!kind) return is_no(text, "a kind of account: cash or margin");
    config.account = *kind;
    return {};
}

Done set_positions(RunConfig& config, std::string_view text) {
    const auto mode = parse_position_mode(text);
    if (!mode) return is_no(text, "a way to keep positions: netting or hedging");
    config.positions = *mode;
    return {};
}

Done set_hedged_margin(RunConfig& config, std::string_view text) {
    const auto rule = parse_hedged_margin(text);
    if (!rule) return is_no(text, "what of hedged legs asks for margin: gross, larger or net");
    config.hedged_margin = *rule;
    return {};
}

Done set_currency(RunConfig& config, std::string_view text) {
    const auto currency = Currency::parse(text);
    if (!currency) return is_no(text, "a currency, such as USD");
    config.currency = *currency;
    return {};
}

Done set_check_funds(RunConfig& config, std::string_view text) {
    if (text != "true" && text != "false") return is_no(text, "true or false");
    config.check_funds = text == "true";
    return {};
}

/// What the parser of a risk setting says of the value.
std::unexpected<std::string> said_of(std::string_view value, std::string_view error) {
    return std::unexpected(fmt::format("'{}': {}", value, error));
}

/// A setting that is one limit, `form` with the value in it: the last word counts.
Done set_plain_limit(RunConfig& config, std::string_view form, std::string_view value) {
    const auto limit = risk::parse_limit(fmt::format(fmt::runtime(form), value));
    if (!limit) return said_of(value, limit.error());
    std::erase_if(config.plain_limits, [&](const risk::Limit& one) {
        return one.measure == limit->measure && one.scope == limit->scope;
    });
    config.plain_limits.push_back(*limit);
    return {};
}

template <typename T>
Done add_parsed(std::vector<T>& out, std::string_view text,
                std::expected<T, std::string> (*parse)(std::string_view)) {
    auto one = parse(text);
    if (!one) return said_of(text, one.error());
    out.push_back(std::move(*one));
    return {};
}

Done add_limit(RunConfig& config, std::string_view text) {
    return add_parsed(config.risk.limits, text, risk::parse_limit);
}
Done add_brake(RunConfig& config, std::string_view text) {
    return add_parsed(config.risk.brakes, text, risk::parse_brake);
}
Done add_sector(RunConfig& config, std::string_view text) {
    return add_parsed(config.risk.sectors, text, risk::parse_sector);
}
Done add_shock(RunConfig& config, std::string_view text) {
    return add_parsed(config.risk.stress, text, risk::parse_shock);
}

/// "95%"
std::expected<double, std::string> percent_of(std::string_view text, double least, double most) {
    const std::string_view digits = text.substr(0, text.size() - (text.ends_with('%') ? 1 : 0));
    const double value = TRY(number(digits)) / 100;
    if (!text.ends_with('%') || !(value >= least) || value > most) {
        return is_no(text, fmt::format("a share from {}% to {}%", least * 100, most * 100));
    }
    return value;
}

Done set_risk_history(RunConfig& config, std::string_view text) {
    const double value = TRY(number(text));
    if (!(value >= 60) || value > 5000 || value != std::floor(value)) {
        return is_no(text, "a whole number of days from 60 to 5000");
    }
    config.risk.statistics.history = static_cast<std::size_t>(value);
    return {};
}

Done set_confidence(RunConfig& config, std::string_view text) {
    config.risk.statistics.tail = 1 - TRY(percent_of(text, 0.5, 0.999));
    return {};
}

Done set_var_method(RunConfig& config, std::string_view text) {
    if (text != "filtered" && text != "historical") return is_no(text, "filtered or historical");
    config.risk.statistics.method =
        text == "filtered" ? risk::VarMethod::filtered : risk::VarMethod::historical;
    return {};
}

Done set_closing_share(RunConfig& config, std::string_view text) {
    config.risk.statistics.participation = TRY(percent_of(text, 0.001, 1.0));
    return {};
}

Done set_correlated(RunConfig& config, std::string_view text) {
    const double value = TRY(number(text));
    if (!(value >= 0.1) || value > 0.99) return is_no(text, "a correlation from 0.1 to 0.99");
    config.risk.statistics.correlated = value;
    return {};
}

Done set_self_trades(RunConfig& config, std::string_view text) {
    if (text != "deny" && text != "allow") return is_no(text, "deny or allow");
    config.risk.denies_self_trades = text == "deny";
    return {};
}

Done set_duplicates(RunConfig& config, std::string_view text) {
    const auto length = parse_duration(text);
    if (!length || length->ns < 0) return is_no(text, "a length of time, such as 500ms");
    config.risk.duplicates = *length;
    return {};
}

Done set_default_risk(RunConfig& config, std::string_view text) {
    if (text != "true" && text != "false") return is_no(text, "true or false");
    config.default_risk = text == "true";
    return {};
}

Done set_annual_factor(RunConfig& config, std::string_view text) {
    const double value = TRY(number(text));
    if (!(value > 0.0) || value > 1e7) return is_no(text, "a number of periods a year above zero");
    config.annual_factor = value;
    return {};
}

Done set_risk_free(RunConfig& config, std::string_view text) {
    const double value = TRY(number(text));
    if (value <= -1.0 || value > 10.0) return is_no(text, "a yearly rate, such as 0.02");
    config.risk_free = value;
    return {};
}

/// "SPY.ARCA,KO.NYSE" as its symbols.
std::expected<std::vector<std::string>, std::string> symbols(std::string_view text) {
    std::vector<std::string> out;
    for (std::size_t from = 0; from <= text.size();) {
        const std::size_t comma = std::min(text.find(',', from), text.size());
        if (comma == from) return is_no(text, "a list of symbols, such as SPY.ARCA,KO.NYSE");
        out.emplace_back(text.substr(from, comma - from));
        from = comma + 1;
    }
    return out;
}

Done add_instrument(RunConfig& config, std::string_view text) {
    for (std::string& symbol : TRY(symbols(text))) config.instruments.push_back(std::move(symbol));
    return {};
}

// clang-format off
constexpr auto kOptions = std::to_array<Option>({
    {"data.catalog", "--catalog", "the catalog's folder", false,
     [](RunConfig& c, std::string_view v) -> Done { c.catalog = v; return {}; }},
    {"data.instruments", "--instrument", "a symbol, several with commas, or a pattern: '*.NYSE', '*' for all of the catalog", true, add_instrument},
    {"data.kind", "--kind", "bar, quote, trade or book (with the prints beside it)", false, set_kind},
    {"data.interval", "--interval", "which bars: 1d, 5m, 1m/bid, 100-ticks", false, set_interval},
    {"data.finer", "--finer", "what fills resolve the inside of bars with: off, auto (the finest bars, else trades), 1m, trades (off)", false, set_finer},
    {"data.from", "--from", "first instant (UTC)", false,
     [](RunConfig& c, std::string_view v) -> Done { c.from = TRY(instant(v)); return {}; }},
    {"data.to", "--to", "first instant that no longer counts", false,
     [](RunConfig& c, std::string_view v) -> Done { c.to = TRY(instant(v)); return {}; }},
    {"strategy.name", "--strategy", "a built-in strategy, or the file of a shared library", false, set_strategy},
    {"account.cash", "--cash", "starting cash (100000)", false,
     [](RunConfig& c, std::string_view v) -> Done { c.cash = TRY(money(v)); return {}; }},
    {"account.currency", "--currency", "of the cash and of all results (what the instruments are quoted in)", false, set_currency},
    {"account.kind", "--account", "cash or margin", false, set_account},
    {"account.positions", "--positions", "netting, or hedging: long and short legs of each strategy side by side (netting)", false, set_positions},
    {"account.deposits", "--deposit", "of other currencies at the start: BNB:10", true, add_deposit},
    {"fees.bps", "--fee-bps", "fee on notional, basis points, maker and taker", false,
     [](RunConfig& c, std::string_view v) -> Done { c.fee = TRY(rate_of_bps(v)); return {}; }},
    {"fees.maker_bps", "--maker-bps", "fee of fills that rested", false,
     [](RunConfig& c, std::string_view v) -> Done { c.fee_maker = TRY(rate_of_bps(v)); return {}; }},
    {"fees.taker_bps", "--taker-bps", "fee of fills that took", false,
     [](RunConfig& c, std::string_view v) -> Done { c.fee_taker = TRY(rate_of_bps(v)); return {}; }},
    {"fees.per_unit", "--fee-per-unit", "fee for each share or contract", false,
     [](RunConfig& c, std::string_view v) -> Done { c.fee_per_unit = TRY(money(v)); return {}; }},
    {"fees.minimum", "--fee-minimum", "least fee of an order that fills", false,
     [](RunConfig& c, std::string_view v) -> Done { c.fee_minimum = TRY(money(v)); return {}; }},
    {"fees.tiers", "--fee-tier", "by volume traded before: 0:10:10,1000000:8:9 (volume:maker:taker, basis points)", true, add_fee_tier},
    {"fees.volume_currency", "", "what the volume of tiers is counted in (the account's)", false, set_volume_currency},
    {"fees.window_days", "", "whole UTC days before, over which it is counted (30)", false, set_fee_window},
    {"fees.currency", "--fee-currency", "what fees are paid in, at the pair's last price", false, set_fee_currency},
    {"fees.currency_discount", "", "share off fees paid in a third currency (0)", false, set_fee_discount},
    {"margin.initial", "", "share of the notional to open, of every instrument (its own)", false, set_initial_margin},
    {"margin.maintenance", "", "share of the notional to keep, of every instrument (its own)", false, set_maintenance_margin},
    {"margin.hedged", "", "what of hedged legs asks for margin: gross, larger or net (gross)", false, set_hedged_margin},
    {"margin.liquidation", "--liquidation", "never, cross or isolated (never)", false, set_liquidation},
    {"margin.liquidation_fee", "", "share of the notional that the venue closes (0)", false, set_liquidation_fee},
    {"margin.call_at", "", "times the maintenance margin below which a call comes (1.2)", false, set_margin_call},
    {"carry.borrow", "--borrow", "a year on shorts: GME.NYSE:0.25, *:0.003 or GME.NYSE:recorded:FILE", true, add_borrow_cost},
    {"carry.interest", "--interest", "a year on a balance, owed and owned: USD:0.06:0.01", true, add_interest},
    {"carry.swap", "--swap", "a night's points, long and short: EURUSD.FX:-0.00008:0.00002", true, add_swap},
    {"carry.deposit_rates", "", "of currencies, for pairs without swap points: EUR:0.02", true, add_deposit_rate},
    {"carry.rollover_markup", "", "a year, off both sides of a rollover by rates (0)", false, set_rollover_markup},
    {"carry.year_days", "", "360 or 365 (360)", false, set_year_days},
    {"simulation.fills", "--fills", "whose fill conventions: strict, backtrader, nautilus, lean-equity, lean-base, freqtrade or vectorbt", false, set_fills},
    {"simulation.slippage", "--slippage", "none, bps:2, ticks:1 or volume:0.1", false, set_slippage},
    {"simulation.latency", "--latency", "of orders and reports, each way: 50ms, uniform:1ms:5ms, normal:5ms:1ms, lognormal:5ms:0.5, recorded:FILE", false, set_latency},
    {"simulation.latency_insert", "--latency-insert", "of new orders alone", false, set_insert_latency},
    {"simulation.latency_replace", "--latency-replace", "of changes alone", false, set_replace_latency},
    {"simulation.latency_cancel", "--latency-cancel", "of cancels alone", false, set_cancel_latency},
    {"simulation.latency_report", "--latency-report", "of reports alone", false, set_report_latency},
    {"simulation.latency_market_data", "--latency-market-data", "of market data: the venue meets it first", false, set_market_data_latency},
    {"simulation.latency_seed", "", "of latencies that are drawn (1)", false, set_latency_seed},
    {"simulation.reports", "", "by_order, or as_they_come: a fill may overtake its acknowledgement (by_order)", false, set_report_order},
    {"simulation.participation", "--participation", "largest share of a bar's volume that we may fill (0.1)", false, set_participation},
    {"simulation.queue", "--queue", "of recorded books: pessimistic, power:3, power2:3, power3:3, log or log2", false, set_queue},
    {"simulation.impact", "--impact", "of our taking from a book: none, linear:5:500ms or sqrt:5:500ms (basis points, half-life)", false, set_impact},
    {"simulation.exchange_clock", "--exchange-clock", "when the venue sees a book: aligned or ignored", false, set_exchange_clock},
    {"simulation.check_funds", "--check-funds", "the venue refuses what cannot be paid (true)", false, set_check_funds},
    {"venue.price_limits", "--price-limit", "no trade beyond: SYMBOL:10%, *:20%/10% (up/down) or SYMBOL:0.5, of the last close, :last or :100", true, add_price_limit},
    {"venue.statuses", "--statuses", "halts and other statuses: a CSV file of ts, instrument, status", false, set_statuses},
    {"venue.halted_orders", "--halted-orders", "what becomes of orders that come in a halt: queued or rejected (queued)", false, set_halted_orders},
    {"venue.auctions", "--auctions", "prints of opening and closing auctions: a CSV file of ts, instrument, auction, price, volume", false, set_auctions},
    {"venue.open_cutoff", "--open-cutoff", "orders on open are taken and let go until so long before: 2m (0)", false, set_open_cutoff},
    {"venue.close_cutoff", "--close-cutoff", "orders on close likewise: 10m (0)", false, set_close_cutoff},
    {"risk.max_position", "--max-position", "units, each instrument", false,
     [](RunConfig& c, std::string_view v) { return set_plain_limit(c, "position <= {}", v); }},
    {"risk.max_order_notional", "--max-order-notional", "base currency, each order", false,
     [](RunConfig& c, std::string_view v) { return set_plain_limit(c, "notional <= {}", v); }},
    {"risk.max_gross_exposure", "--max-gross-exposure", "base currency, whole account", false,
     [](RunConfig& c, std::string_view v) { return set_plain_limit(c, "gross <= {}", v); }},
    {"risk.max_orders_per_second", "--max-orders-per-second", "orders and changes", false,
     [](RunConfig& c, std::string_view v) { return set_plain_limit(c, "orders <= {} per 1s", v); }},
    {"risk.limits", "--limit", "\"gross of sector:tech <= 40%\": see docs/risk.md", true, add_limit},
    {"risk.brakes", "--brake", "\"drawdown > 15%: reducing\": see docs/risk.md", true, add_brake},
    {"risk.sectors", "", "\"tech: AAPL.NASDAQ QQQ.NASDAQ\"", true, add_sector},
    {"risk.stress", "", "shocks for the report: \"all -20%\", \"sector:tech -35%, all -10%\"", true, add_shock},
    {"risk.restricted", "", "symbols that nothing may add to", true,
     [](RunConfig& c, std::string_view v) -> Done { c.risk.restricted.emplace_back(v); return {}; }},
    {"risk.self_trades", "", "orders that would meet one of the account's own: deny or allow (allow)", false, set_self_trades},
    {"risk.duplicates", "", "the same order again within that time is denied: 500ms (never)", false, set_duplicates},
    {"risk.benchmark", "", "symbol that betas are to", false,
     [](RunConfig& c, std::string_view v) -> Done { c.risk.statistics.benchmark = v; return {}; }},
    {"risk.history", "", "days of returns behind VaR and betas: 60 to 5000 (250)", false, set_risk_history},
    {"risk.confidence", "", "of VaR and expected shortfall: 50% to 99.9% (95%)", false, set_confidence},
    {"risk.var", "", "scenarios of VaR: filtered (by the volatility of the day) or historical (filtered)", false, set_var_method},
    {"risk.participation", "", "share of an instrument's volume that closing a position may be (10%)", false, set_closing_share},
    {"risk.correlated", "", "correlation from which instruments move together: 0.1 to 0.99 (0.7)", false, set_correlated},
    {"risk.defaults", "--default-risk", "wide limits and brakes that any account should have: true or false (false)", false, set_default_risk},
    {"metrics.benchmark", "--benchmark", "a symbol, or none", false,
     [](RunConfig& c, std::string_view v) -> Done { c.benchmark = v; return {}; }},
    {"metrics.risk_free", "--risk-free", "yearly rate (0)", false, set_risk_free},
    {"metrics.annual_factor", "--annual-factor", "periods a year (by calendar: 252, 260 or 365)", false, set_annual_factor},
});
// clang-format on

constexpr std::string_view kStrategyPrefix = "strategy.";

/// Insertions, deletions and changes between two words.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
        }
    }
    return row.back();
}

std::string_view nearest(std::string_view key) {
    const auto at =
        std::min_element(kOptions.begin(), kOptions.end(), [&](const Option& a, const Option& b) {
            return distance(key, a.key) < distance(key, b.key);
        });
    return at->key;
}

Done set_stops(RunConfig& config, std::string_view key, std::string_view value) {
    if (config.strategies.empty()) config.strategies.emplace_back();
    StrategyConfig& strategy = config.strategies.front();
    strategy.stops.clear();
    if (value.empty()) return {};
    if (auto done = add_stops(strategy, value); !done) {
        return std::unexpected(fmt::format("{}: {}", key, done.error()));
    }
    return {};
}

Done set_sizing(RunConfig& config, std::string_view key, std::string_view value) {
    if (config.strategies.empty()) config.strategies.emplace_back();
    config.strategies.front().sizing.reset();
    if (value.empty()) return {};
    const auto sizing = signal::parse_sizing(value);
    if (!sizing) return std::unexpected(fmt::format("{}: {}", key, sizing.error()));
    config.strategies.front().sizing = *sizing;
    return {};
}

Done set_param(RunConfig& config, std::string_view key, std::string_view value) {
    if (config.strategies.size() > 1) {
        return std::unexpected(
            fmt::format("{}: the file has several strategies; set it there", key));
    }
    const std::string_view name = key.substr(kStrategyPrefix.size());
    if (name.empty()) return std::unexpected(fmt::format("{}: names no parameter", key));
    if (name == "stops") return set_stops(config, key, value);
    if (name == "sizing") return set_sizing(config, key, value);
    if (name == "bars" && !parse_bar_spec(value)) {
        return std::unexpected(fmt::format("{}: '{}' is not a bar interval", key, value));
    }
    std::vector<std::string> instruments;
    if (name == "instruments") {
        auto listed = symbols(value);
        if (!listed) return std::unexpected(fmt::format("{}: {}", key, listed.error()));
        instruments = std::move(*listed);
    }
    if (config.strategies.empty()) config.strategies.emplace_back();
    StrategyConfig& strategy = config.strategies.front();
    if (name == "bars") {
        strategy.bars = value;
        return {};
    }
    if (name == "instruments") {
        strategy.instruments = std::move(instruments);
        return {};
    }
    for (auto& [known, old] : strategy.params.entries) {
        if (known == name) {
            old = value;
            return {};
        }
    }
    strategy.params.entries.emplace_back(name, value);
    return {};
}

/// A text is JSON where it reads as such, else the text itself.
void set_training(RunConfig& config, std::string_view key, std::string_view value) {
    const auto json = nlohmann::json::parse(value, nullptr, false);
    std::erase_if(config.training, [&](const TrainingSetting& one) { return one.key == key; });
    config.training.push_back(
        {.key = std::string{key},
         .json = json.is_discarded() ? nlohmann::json(value).dump() : json.dump(),
         .where = "--set"});
}

}  // namespace

Done add_stops(StrategyConfig& strategy, std::string_view texts) {
    while (true) {
        const std::size_t cut = texts.find(';');
        const std::string_view text = texts.substr(0, cut);
        auto stop = risk::parse_stop(text);
        if (!stop) return said_of(text, stop.error());
        strategy.stops.push_back(*stop);
        if (cut == std::string_view::npos) return {};
        texts.remove_prefix(cut + 1);
    }
}

bool is_of_training(std::string_view key) {
    const std::string_view section = key.substr(0, key.find('.'));
    return section == "models" || section == "walkforward";
}

std::span<const Option> run_options() { return kOptions; }

Done set_option(RunConfig& config, std::string_view key, std::string_view value) {
    for (const Option& option : kOptions) {
        if (option.key != key) continue;
        if (auto done = option.set(config, value); !done) {
            return std::unexpected(fmt::format("{}: {}", key, done.error()));
        }
        return {};
    }
    if (key.starts_with(kStrategyPrefix)) return set_param(config, key, value);
    if (is_of_training(key)) {
        set_training(config, key, value);
        return {};
    }
    return std::unexpected(
        fmt::format("{}: there is no such setting; did you mean {}?", key, nearest(key)));
}

void clear_list(RunConfig& config, std::string_view key) {
    if (key == "data.instruments") config.instruments.clear();
    if (key == "account.deposits") config.deposits.clear();
    if (key == "fees.tiers") config.fee_terms.tiers.clear();
    if (key == "venue.price_limits") config.price_limits.clear();
    if (key == "risk.limits") config.risk.limits.clear();
    if (key == "risk.brakes") config.risk.brakes.clear();
    if (key == "risk.sectors") config.risk.sectors.clear();
    if (key == "risk.stress") config.risk.stress.clear();
    if (key == "risk.restricted") config.risk.restricted.clear();
    if (key == "carry.borrow") config.carry.borrow.clear();
    if (key == "carry.interest") config.carry.interest.clear();
    if (key == "carry.swap") config.carry.swaps.clear();
    if (key == "carry.deposit_rates") config.carry.deposit_rates.clear();
}

Done apply_assignment(RunConfig& config, std::string_view assignment) {
    const std::size_t cut = assignment.find('=');
    if (cut == std::string_view::npos || cut == 0) {
        return std::unexpected(fmt::format("--set {}: write it as section.key=value", assignment));
    }
    const std::string_view key = assignment.substr(0, cut);
    // Over the file: its list is replaced, not made longer.
    clear_list(config, key);
    auto done = set_option(config, key, assignment.substr(cut + 1));
    if (!done) return std::unexpected("--set " + done.error());
    return {};
}

}  // namespace tradewind::apps
