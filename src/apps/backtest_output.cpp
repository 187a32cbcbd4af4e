// SPDX-License-Identifier: Apache-2.0
#include "apps/backtest_output.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "apps/output.hpp"
#include "apps/risk_output.hpp"
#include "apps/risk_page.hpp"
#include "base/try.hpp"
#include "research/metrics_json.hpp"
#include "signal/registry.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;

Json money_json(Money amount) { return to_double(amount); }

Json trade_json(const monitor::ClosedTrade& trade, const RunSettings& settings) {
    return {{"instrument", settings.instruments.at(trade.instrument).symbol},
            {"strategy", trade.strategy.value},
            {"side", trade.side == Side::buy ? "long" : "short"},
            {"qty", to_double(trade.qty)},
            {"entry_ts", to_string(trade.entry_ts)},
            {"exit_ts", to_string(trade.exit_ts)},
            {"entry_price", to_double(trade.entry_price)},
            {"exit_price", to_double(trade.exit_price)},
            {"gross_pnl", money_json(trade.gross_pnl)},
            {"fees", money_json(trade.fees)},
            {"pnl", money_json(trade.net_pnl)},
            {"slippage", money_json(trade.slippage)},
            {"mae", money_json(trade.mae)},
            {"mfe", money_json(trade.mfe)},
            {"bars_held", trade.bars_held},
            {"tag", trade.tag.view()},
            {"ambiguous", trade.ambiguous}};
}

Json refusals_json(const engine::RefusalCounts& counts) {
    Json out = Json::object();
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] != 0) out[std::string{to_string(static_cast<DenialReason>(i))}] = counts[i];
    }
    return out;
}

Json open_json(const BacktestOutput& output) {
    Json out = Json::array();
    for (const research::OpenPosition& position : output.result.open) {
        const bool is_leg = position.strategy.has_value();
        const char* const side = position.qty.raw > 0 ? "long" : "short";
        out.push_back({{"strategy", is_leg ? Json(position.strategy->value) : Json(nullptr)},
                       {"leg", is_leg ? Json(side) : Json(nullptr)},
                       {"instrument", output.settings.instruments.at(position.instrument).symbol},
                       {"qty", to_double(position.qty)},
                       {"average_price", to_double(position.average_price)},
                       {"mark", to_double(position.mark)},
                       {"unrealised_pnl", money_json(position.unrealised)}});
    }
    return out;
}

/// What would leave fewer fills open.
std::string finer_hint(const RunSettings& settings) {
    if (settings.finer_unused.empty()) return {};
    const std::size_t more = settings.finer_unused.size() - 1;
    return fmt::format(" (the catalog has {}{}: --finer auto resolves bars with it)",
                       ports::to_string(settings.finer_unused.front().key),
                       more == 0 ? "" : fmt::format(" and {} more", more));
}

std::string unresolved_text(const sim::FinerUse& use) {
    std::string out =
        fmt::format("{} of {} bars of {} stand for themselves:", use.bars - use.resolved, use.bars,
                    ports::to_string(use.coarse));
    if (use.with_holes != 0) {
        out += fmt::format(" {} does not cover {}", ports::to_string(use.finer), use.with_holes);
    }
    if (use.first_disagreement) {
        out += fmt::format("{} {} disagrees with {}, the first of which opens at {}: {}",
                           use.with_holes != 0 ? "," : "", ports::to_string(use.finer),
                           use.disagreeing, to_string(use.first_disagreement->bar),
                           use.first_disagreement->what);
    }
    return out;
}

void add_unresolved(const std::vector<sim::FinerUse>& uses, std::vector<std::string>& out) {
    constexpr std::size_t kNamed = 4;
    std::size_t unresolved = 0;
    for (const sim::FinerUse& use : uses) {
        if (use.resolved == use.bars) continue;
        if (++unresolved <= kNamed) out.push_back(unresolved_text(use));
    }
    if (unresolved > kNamed) {
        out.push_back(
            fmt::format("{} more series have bars that stand for themselves", unresolved - kNamed));
    }
}

std::string resolved_text(const std::vector<sim::FinerUse>& uses) {
    std::uint64_t resolved = 0, bars = 0;
    for (const sim::FinerUse& use : uses) {
        resolved += use.resolved;
        bars += use.bars;
    }
    return fmt::format("{} of {}", resolved, bars);
}

Json finer_json(const std::vector<sim::FinerUse>& uses) {
    Json out = Json::array();
    for (const sim::FinerUse& use : uses) {
        Json first = nullptr;
        if (use.first_disagreement) {
            first = {{"bar", to_string(use.first_disagreement->bar)},
                     {"what", use.first_disagreement->what}};
        }
        out.push_back({{"series", ports::to_string(use.finer)},
                       {"resolves", ports::to_string(use.coarse)},
                       {"bars", use.bars},
                       {"resolved", use.resolved},
                       {"with_holes", use.with_holes},
                       {"disagreeing", use.disagreeing},
                       {"first_disagreement", std::move(first)}});
    }
    return out;
}

std::vector<std::string> warnings(const BacktestOutput& output) {
    const research::BacktestResult& result = output.result;
    std::vector<std::string> out;
    const auto add = [&](std::uint64_t count, std::string_view text) {
        if (count != 0) out.push_back(fmt::format("{} {}", count, text));
    };
    add(result.world.ambiguous_fills,
        "fills are ambiguous: the bar does not say which price came first; the worse was taken" +
            finer_hint(output.settings));
    add_unresolved(result.finer, out);
    add(result.world.capped_fills,
        "fills were cut by the participation cap or by the size on display");
    add(result.world.beyond_limits,
        "times a price limit refused an order, or held back a fill for the length of a bar or "
        "tick");
    add(result.world.denied_for_funds, "orders were refused by the venue for want of funds");
    add(result.world.blind_books,
        "order books never had a snapshot, and met no order: import their streams with it");
    add(result.world.book_gaps,
        "gaps in the update ids of a book: nothing met it from there to its next snapshot");
    add(result.world.book_faults,
        "faulty rows of a book (negative sizes, messages cut short, unknown orders): nothing met "
        "it from there to its next snapshot");
    add(result.world.crossed_books,
        "messages left a book crossed or locked: nothing met it until it was not");
    if (result.world.clock_set_back.ns > 0) {
        out.push_back(
            fmt::format("the exchange's clock was set back by {}: rows would have "
                        "reached us before they happened",
                        to_string(result.world.clock_set_back)));
    }
    if (result.risk.report) {
        for (const risk::PositionRisk& one : result.risk.report->last.positions) {
            if (!one.is_lost) continue;
            out.push_back(fmt::format(
                "{} is held and has not traded for {} days: it stands at its last price, and VaR "
                "counts it as lost; a delisting is data of kind corporate-action",
                output.settings.instruments.at(one.instrument).symbol, risk::kLostAfter));
        }
    }
    add(result.world.liquidations, "positions were liquidated by the venue");
    add(result.world.margin_calls, "margin calls came");
    add(result.world.open_at_end, "orders were still open at the end of the data");
    add(result.unvalued_fills,
        "fills were in a currency without a rate: their trades stand in that currency");
    add(result.anomalies, "reports of the venue did not fit the state of their order");
    for (std::size_t i = 0; i < result.refusals.size(); ++i) {
        add(result.refusals[i], fmt::format("orders were denied by the risk gate: {}",
                                            to_string(static_cast<DenialReason>(i))));
    }
    for (std::string& line : risk_lines(output.settings, result.risk)) {
        out.push_back(std::move(line));
    }
    if (result.trades_closed > result.trades.size()) {
        out.push_back(fmt::format("{} trades were closed; the first {} are listed",
                                  result.trades_closed, result.trades.size()));
    }
    if (!output.trials) {
        out.emplace_back(
            "this run was not counted (--no-ledger): nothing can be said about how many "
            "trials stand behind it");
    }
    if (!result.final_equity) out.emplace_back("a currency has no rate: the equity is unknown");
    return out;
}

Json envelope_json(const std::optional<research::Envelope>& envelope) {
    if (!envelope) return nullptr;
    return {{"pessimistic", envelope->pessimistic},
            {"expected", envelope->expected},
            {"expected_sd", envelope->deviation ? Json(*envelope->deviation) : Json(nullptr)},
            {"optimistic", envelope->optimistic},
            {"draws", envelope->draws},
            {"profit_share", envelope->share ? Json(*envelope->share) : Json(nullptr)}};
}

double per_second(const BacktestOutput& output) {
    return output.wall_s > 0.0 ? static_cast<double>(output.result.run.events) / output.wall_s
                               : 0.0;
}

std::string percent(const std::optional<double>& value) {
    return value ? fmt::format("{:.2f} %", *value * 100.0) : "-";
}
std::string plain(const std::optional<double>& value) {
    return value ? fmt::format("{:.3f}", *value) : "-";
}
std::string in_cents(Money amount, Currency currency) {
    return fmt::format("{} {}", base::format_decimal_fixed(amount.raw, kMoneyDecimals, 2),
                       to_string(currency));
}

std::string amount(double value, Currency currency) {
    return fmt::format("{:.2f} {}", value, to_string(currency));
}

/// What the bars leave open is worth so much.
std::string envelope_line(const research::Envelope& envelope, Currency currency) {
    return fmt::format(
        "pessimistic {0:.2f} {4}, expected {1:.2f} {4}, optimistic {2:.2f} {4}; {3} "
        "of the optimistic profit hangs on it",
        envelope.pessimistic, envelope.expected, envelope.optimistic, percent(envelope.share),
        to_string(currency));
}

std::string strategy_names(const RunSettings& settings) {
    std::string out;
    for (const StrategyRun& run : settings.strategies) {
        if (!out.empty()) out += ", ";
        out += std::filesystem::path{run.name}.stem().string();
        std::string params;
        for (const auto& [name, value] : run.params.entries) {
            params += fmt::format("{}{}={}", params.empty() ? "" : " ", name, value);
        }
        if (!params.empty()) out += fmt::format(" ({})", params);
    }
    return out;
}

std::string instrument_names(const RunSettings& settings) {
    const auto& all = settings.instruments.all();
    if (all.size() > 4) return fmt::format("{} instruments", all.size());
    std::string out;
    for (const Instrument& instrument : all) out += (out.empty() ? "" : ", ") + instrument.symbol;
    return out;
}

std::vector<research::KeyValue> settings_rows(const RunSettings& settings) {
    std::vector<research::KeyValue> out;
    for (const StrategyRun& run : settings.strategies) {
        out.push_back({"strategy", run.name});
        for (const auto& [name, value] : run.params.entries) {
            out.push_back({run.name + "." + name, value});
        }
    }
    for (const ports::Series& series : settings.data) {
        out.push_back(
            {"data", fmt::format("{}, {} rows, {} to {}", ports::to_string(series.key), series.rows,
                                 to_string(series.first), to_string(series.last))});
    }
    for (const ports::Series& series : settings.finer) {
        out.push_back({"finer data",
                       fmt::format("{}, {} rows, {} to {}", ports::to_string(series.key),
                                   series.rows, to_string(series.first), to_string(series.last))});
    }
    for (const CashFlow& flow : settings.world.deposits) {
        out.push_back(
            {"cash", fmt::format("{} {}", to_string(flow.amount), to_string(flow.currency))});
    }
    out.push_back({"annual factor", fmt::format("{}", settings.annual_factor)});
    out.push_back({"risk-free rate", fmt::format("{}", settings.risk_free)});
    out.push_back(
        {"benchmark", settings.benchmark ? ports::to_string(*settings.benchmark) : "none"});
    return out;
}

/// Sentences "Topic: what is assumed" as rows of a table.
std::vector<research::KeyValue> assumption_rows(const sim::WorldSettings& world) {
    std::vector<research::KeyValue> out;
    for (const std::string& sentence : sim::describe(world)) {
        const std::size_t colon = sentence.find(": ");
        if (colon == std::string::npos) {
            out.push_back({"", sentence});
        } else {
            out.push_back({sentence.substr(0, colon), sentence.substr(colon + 2)});
        }
    }
    return out;
}

std::expected<std::vector<research::PriceSeries>, std::string> chart_prices(
    const BacktestOutput& output, const ports::History& history) {
    std::vector<research::PriceSeries> out;
    const auto& all = output.settings.instruments.all();
    const std::size_t charts = std::min(all.size(), research::kMaxReportInstruments);
    for (const ports::Series& series : output.settings.data) {
        if (series.key.kind != ports::SeriesKind::bar || out.size() == charts) continue;
        if (series.key.spec.source == PriceSource::ask) continue;
        const Instrument& instrument = *output.settings.instruments.find(series.key.symbol);
        out.push_back(TRY(research::read_prices(history, instrument, series.key,
                                                research::kMaxReportBars / charts)));
    }
    return out;
}

Json ledger_json(const std::optional<CountedTrials>& trials) {
    if (!trials) return nullptr;
    const research::TrialCount& count = trials->count;
    return {
        {"file", trials->ledger},
        {"runs", count.runs},
        {"trials", count.trials},
        {"sharpe_variance", count.sharpe_variance ? Json(*count.sharpe_variance) : Json(nullptr)}};
}

std::string failure(const std::string& path, std::string_view what) {
    return fmt::format("report {}: {}: {}", path, what, std::strerror(errno));
}

}  // namespace

std::string json_text(const BacktestOutput& output) {
    const research::BacktestResult& result = output.result;
    Json trades = Json::array();
    for (const monitor::ClosedTrade& trade : result.trades) {
        trades.push_back(trade_json(trade, output.settings));
    }
    Json metrics = research::metrics_json(result.metrics);
    metrics["max_drawdown_of_marks"] = result.max_drawdown_of_marks;
    Json root = {
        {"currency", to_string(output.settings.engine.base)},
        {"start_equity", money_json(result.start_equity)},
        {"final_equity", result.final_equity ? money_json(*result.final_equity) : Json(nullptr)},
        {"metrics", std::move(metrics)},
        {"trades", std::move(trades)},
        {"trades_closed", result.trades_closed},
        {"open_positions", open_json(output)},
        {"first_ts", to_string(result.run.first)},
        {"last_ts", to_string(result.run.last)},
        {"events", result.run.events},
        {"commands", result.run.commands},
        {"fills", result.fills},
        {"ambiguous_fills", result.world.ambiguous_fills},
        {"settled_fills", result.world.settled_fills},
        {"finer", finer_json(result.finer)},
        {"fees", money_json(result.fees)},
        {"slippage", money_json(result.slippage)},
        {"envelope", envelope_json(output.envelope)},
        {"denied", refusals_json(result.refusals)},
        {"warnings", warnings(output)},
        {"assumptions", sim::describe(output.settings.world)},
        {"settings_hash", output.settings_hash},
        {"ledger", ledger_json(output.trials)},
        {"journal_hash", output.journal_hash ? Json(*output.journal_hash) : Json(nullptr)},
        {"wall_s", output.wall_s},
        {"events_per_s", per_second(output)}};
    add_risk(output.settings, result.risk, root);
    return root.dump(2) + "\n";
}

std::string table_text(const BacktestOutput& output, const std::string& report) {
    const research::BacktestResult& result = output.result;
    const monitor::Metrics& m = result.metrics;
    const monitor::TradeStatistics& t = m.trades;
    const Currency currency = output.settings.engine.base;
    Table table;
    table.row("Start equity", in_cents(result.start_equity, currency));
    table.row("Final equity", result.final_equity ? in_cents(*result.final_equity, currency) : "-");
    table.row("Total return", percent(m.total_return));
    table.row("CAGR", percent(m.cagr));
    table.row("Volatility", percent(m.volatility));
    table.row(fmt::format("Sharpe (x sqrt {})", m.sharpe_annualization), plain(m.sharpe));
    table.row("  95 % interval", m.sharpe_ci_low ? fmt::format("{:.3f} to {:.3f}", *m.sharpe_ci_low,
                                                               m.sharpe_ci_high.value_or(0.0))
                                                 : "-");
    if (output.trials) {
        table.row(fmt::format("Deflated Sharpe ({} trials)", output.trials->count.trials),
                  plain(m.dsr));
    }
    table.row("Sortino", plain(m.sortino));
    table.row("Calmar", plain(m.calmar));
    table.row("Max drawdown", percent(m.max_drawdown));
    table.row("Time in market", percent(m.exposure));
    if (m.benchmark_return) {
        table.row("Benchmark return", percent(m.benchmark_return));
        table.row("Beta", plain(m.beta));
        table.row("Alpha", percent(m.alpha));
    }
    table.gap();
    table.row("Trades closed", fmt::format("{}", result.trades_closed));
    table.row("Win rate", percent(t.win_rate));
    table.row("Profit factor", plain(t.profit_factor));
    table.row("Expectancy",
              t.expectancy ? fmt::format("{:.2f} {}", *t.expectancy, to_string(currency)) : "-");
    table.row("Fees", in_cents(result.fees, currency));
    table.row("Slippage", in_cents(result.slippage, currency));
    if (!result.finer.empty()) {
        table.row("Bars resolved by finer data", resolved_text(result.finer));
        table.row("Ambiguous fills",
                  fmt::format("{}; {} settled by finer data", result.world.ambiguous_fills,
                              result.world.settled_fills));
    }
    if (output.envelope) {
        table.row("If all fell badly", amount(output.envelope->pessimistic, currency));
        table.row("  on average", amount(output.envelope->expected, currency));
        table.row("  if all fell well", amount(output.envelope->optimistic, currency));
        table.row("  of the profit", percent(output.envelope->share));
    }
    table.gap();
    table.row("Events", fmt::format("{}", result.run.events));
    table.row("Events a second", fmt::format("{:.0f}", per_second(output)));
    std::string text =
        fmt::format("{} on {}, {} to {}\n\n{}", strategy_names(output.settings),
                    instrument_names(output.settings), to_string(utc_date(result.run.first)),
                    to_string(utc_date(result.run.last)), table.text());
    for (const std::string& warning : warnings(output)) text += fmt::format("\nNote: {}.", warning);
    if (!report.empty()) {
        std::error_code ignored;
        text += fmt::format("\nReport: {}", std::filesystem::absolute(report, ignored).string());
    }
    return text.ends_with('\n') ? text : text + "\n";
}

std::string denial_line(const BacktestOutput& output) {
    const research::BacktestResult& result = output.result;
    if (result.fills == 0 && result.world.blind_books != 0) {
        return fmt::format(
            "nothing was traded: {} order book{} never had a snapshot; import the "
            "stream with it (tradewind data import tells what it found)",
            result.world.blind_books, result.world.blind_books == 1 ? "" : "s");
    }
    if (result.fills != 0 || !result.first_refusal) return {};
    const std::uint64_t denied =
        std::accumulate(result.refusals.begin(), result.refusals.end(), std::uint64_t{0});
    const std::string symbol =
        result.first_refusal->instrument.value < output.settings.instruments.size()
            ? output.settings.instruments.at(result.first_refusal->instrument).symbol
            : "an unknown instrument";
    return fmt::format("nothing was traded: {} orders were denied, the first on {}: {}", denied,
                       symbol, describe(result.first_refusal->denial));
}

std::string strategies_text() {
    std::string out;
    for (const signal::BuiltIn& one : signal::built_in_strategies()) {
        out += fmt::format("  {:<18} {}\n", one.name, one.summary);
    }
    return out;
}

std::expected<void, std::string> check_writable(const std::string& path) {
    if (path.empty()) return {};
    const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        return std::unexpected(fmt::format("report {}: is a folder; name a file", path));
    }
    if (!std::filesystem::is_directory(folder, ignored)) {
        return std::unexpected(
            fmt::format("report {}: the folder {} does not exist", path, folder.string()));
    }
    return {};
}

std::expected<void, std::string> write_page(const std::string& html, const std::string& path) {
    const std::string beside = path + ".partial";
    std::ofstream file{beside, std::ios::binary | std::ios::trunc};
    if (!file) return std::unexpected(failure(beside, "cannot be opened for writing"));
    file << html;
    file.close();
    if (!file) {
        const std::string text = failure(beside, "cannot be written");
        std::remove(beside.c_str());
        return std::unexpected(text);
    }
    if (std::rename(beside.c_str(), path.c_str()) != 0) {
        return std::unexpected(failure(path, "cannot be put in place"));
    }
    return {};
}

std::expected<void, std::string> write_report(const BacktestOutput& output,
                                              const ports::History& history,
                                              const std::string& path) {
    std::vector<std::string> symbols;
    for (const Instrument& instrument : output.settings.instruments.all()) {
        symbols.push_back(instrument.symbol);
    }
    const auto prices = TRY(chart_prices(output, history));
    const research::BacktestResult& result = output.result;
    auto assumptions = assumption_rows(output.settings.world);
    if (!result.finer.empty()) {
        assumptions.push_back(
            {.key = "Bars resolved by finer data", .value = resolved_text(result.finer)});
    }
    if (output.envelope) {
        assumptions.push_back(
            {.key = "What bars leave open",
             .value = envelope_line(*output.envelope, output.settings.engine.base)});
    }
    const std::string html = research::render_report(
        {.title = fmt::format("{} on {}", strategy_names(output.settings),
                              instrument_names(output.settings)),
         .subtitle = fmt::format("{} to {}", to_string(utc_date(result.run.first)),
                                 to_string(utc_date(result.run.last))),
         .currency = to_string(output.settings.engine.base),
         .settings_hash = output.settings_hash,
         .journal_hash = output.journal_hash.value_or(""),
         .settings = settings_rows(output.settings),
         .assumptions = std::move(assumptions),
         .not_modelled = {},
         .warnings = warnings(output),
         .symbols = std::move(symbols),
         .metrics = result.metrics,
         .equity = result.equity,
         .benchmark = result.benchmark,
         .benchmark_name = output.settings.benchmark ? output.settings.benchmark->symbol : "",
         .risk_free_period =
             std::pow(1.0 + output.settings.risk_free, 1.0 / output.settings.annual_factor) - 1.0,
         .exposures = result.exposures,
         .trades = result.trades,
         .prices = prices,
         .risk = risk_page(output.settings, result.risk)});
    return write_page(html, path);
}

}  // namespace tradewind::apps
