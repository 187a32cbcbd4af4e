// SPDX-License-Identifier: Apache-2.0
#include "apps/paper_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/clock/system_clock.hpp"
#include "adapters/net/http_client.hpp"
#include "adapters/net/loop.hpp"
#include "apps/binance_rest.hpp"
#include "apps/live_market.hpp"
#include "apps/markets_ahead.hpp"
#include "apps/output.hpp"
#include "apps/paper_run.hpp"
#include "apps/run_arguments.hpp"
#include "apps/run_config.hpp"
#include "apps/run_settings.hpp"
#include "base/try.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;

/// Facts that may wait for the engine.
constexpr std::size_t kInboxSize = 65'536;
constexpr auto kTick = std::chrono::milliseconds(100);

struct Options {
    RunArguments run;
    std::string market = "spot";
    std::string base_url;
    std::string stream_url;
    std::string journal;
    std::string length;
    bool json = false;
};

std::atomic<bool> stop_asked{false};  // NOLINT(*-avoid-non-const-global-variables): of a signal
extern "C" void ask_to_stop(int) { stop_asked.store(true); }

/// What a run has come to, as it ends.
struct Ending {
    std::optional<Money> equity{};
    std::uint64_t fills = 0;
    Money fees{};
    engine::RefusalCounts refusals{};
    Json positions = Json::array();
};

Ending ending_of(const InstrumentTable& instruments, const engine::Engine& engine) {
    Ending out{.equity = engine.portfolio().equity(),
               .fills = engine.fills(),
               .fees = engine.fees(),
               .refusals = engine.refusals()};
    for (const InstrumentId id : engine.portfolio().held()) {
        const portfolio::Position held = engine.portfolio().position(id);
        const auto mark = engine.portfolio().mark_of(id);
        out.positions.push_back({{"instrument", instruments.at(id).symbol},
                                 {"qty", to_double(held.qty)},
                                 {"mark", mark ? Json(to_double(*mark)) : Json(nullptr)}});
    }
    return out;
}

std::int64_t percentile(const std::vector<std::int64_t>& sorted, double share) {
    const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
    return sorted[at];
}

Json latency_json(const std::vector<std::int64_t>& sorted) {
    if (sorted.empty()) return nullptr;
    const auto us = [&](double share) {
        return static_cast<double>(percentile(sorted, share)) * 1e-3;
    };
    return {{"samples", sorted.size()},
            {"p50_us", us(0.5)},
            {"p90_us", us(0.9)},
            {"p99_us", us(0.99)},
            {"max_us", us(1)}};
}

Json recovery_json(const std::optional<Recovery>& recovery) {
    if (!recovery) return nullptr;
    return {{"events", recovery->events},
            {"decisions", recovery->decisions},
            {"torn_tail", recovery->was_torn},
            {"events_cut", recovery->cut},
            {"seconds", recovery->seconds}};
}

Json feed_json(const LiveMarketCounts& counts) {
    const binance::FeedCounts& feed = counts.feed;
    return {{"messages", feed.messages},
            {"refused", feed.refused},
            {"connections", feed.connections},
            {"drops", counts.drops},
            {"stalls", counts.stalls},
            {"failed_requests", feed.failures},
            {"duplicates", feed.trades.duplicates + feed.klines.duplicates},
            {"gaps_detected", feed.trades.gaps + feed.klines.gaps + feed.books.gaps},
            {"gaps_refilled", feed.trades.filled + feed.klines.filled + feed.books.repairs},
            {"gaps_left_open", feed.trades.unfilled + feed.klines.unfilled},
            {"whole", counts.is_whole},
            {"last_fault", counts.last_fault}};
}

Json to_json(const PaperResult& result, const LiveMarketCounts& market, const Ending& ending,
             const std::string& settings) {
    std::uint64_t denials = 0;
    for (const std::uint64_t count : ending.refusals) denials += count;
    const Json feed = feed_json(market);
    return {{"settings_hash", settings_hash(settings)},
            {"events", result.events},
            {"orders", result.world.orders},
            {"fills", result.world.fills},
            {"denials", denials},
            {"latency", latency_json(result.latencies_ns)},
            {"gaps_detected", feed["gaps_detected"]},
            {"gaps_refilled", feed["gaps_refilled"]},
            {"reconciled", result.is_reconciled},
            {"recovery", recovery_json(result.recovery)},
            {"equity", ending.equity ? Json(to_double(*ending.equity)) : Json(nullptr)},
            {"fees", to_double(ending.fees)},
            {"positions", ending.positions},
            {"feed", feed},
            {"journal_sha256", result.journal_hash ? Json(*result.journal_hash) : Json(nullptr)}};
}

void print(const PaperResult& result, const LiveMarketCounts& market, const Ending& ending) {
    fmt::print("{} events, {} orders, {} fills; our books are {}the venue's\n", result.events,
               result.world.orders, result.world.fills, result.is_reconciled ? "" : "NOT ");
    const binance::FeedCounts& feed = market.feed;
    fmt::print("{} messages over {} connections; {} gaps, {} refilled\n", feed.messages,
               feed.connections, feed.trades.gaps + feed.books.gaps,
               feed.trades.filled + feed.books.repairs);
    if (ending.equity) fmt::print("equity {:.2f}\n", to_double(*ending.equity));
}

/// What is followed for the run's data.
std::vector<binance::FeedWish> wishes_of(const RunSettings& settings) {
    std::vector<binance::FeedWish> out;
    for (const Instrument& instrument : settings.instruments.all()) {
        binance::FeedWish wish{.instrument = instrument.id,
                               .symbol = venue_symbol(instrument.symbol)};
        for (const ports::Series& series : settings.data) {
            if (series.key.symbol != instrument.symbol) continue;
            wish.trades |= series.key.kind == ports::SeriesKind::trade;
            wish.quotes |= series.key.kind == ports::SeriesKind::quote;
            wish.book |= series.key.kind == ports::SeriesKind::book_level;
        }
        out.push_back(std::move(wish));
    }
    return out;
}

std::vector<sim::PaperMarket> markets_of(const std::vector<binance::FeedWish>& wishes) {
    std::vector<sim::PaperMarket> out;
    for (const binance::FeedWish& wish : wishes) {
        out.push_back({.instrument = wish.instrument,
                       .quotes = wish.quotes,
                       .trades = wish.trades,
                       .book = wish.book});
    }
    return out;
}

/// What the venue says of the instruments that are wished for.
std::expected<MarketsAhead, RunFailure> look_up(const RunConfig& config, const BinanceSite& site) {
    net::Loop loop;
    const auto client = net::HttpClient::make(loop);
    if (!client) return std::unexpected(RunFailure{kExitFailed, client.error().text});
    BinanceRest rest{**client, site};
    TRY_VOID(or_failed(rest.server_time()));
    MarketsAhead out;
    for (const std::string& symbol : config.instruments) {
        const auto rules = TRY(or_bad_input(rest.rules_of(venue_symbol(symbol))));
        if (!rules.is_trading) {
            return std::unexpected(
                RunFailure{kExitBadInput, fmt::format("{}: does not trade now", symbol)});
        }
        out.add(rules.instrument);
    }
    return out;
}

std::expected<void, RunFailure> run(const Options& options) {
    RunConfig config = TRY(or_bad_input(gather_wishes(options.run)));
    if (config.instruments.empty()) {
        return std::unexpected(RunFailure{
            kExitBadInput, "data.instruments: name what to follow, like BTCUSDT.BINANCE"});
    }
    if (config.kind.empty()) config.kind = "trade";
    if (config.kind == "bar") {
        return std::unexpected(RunFailure{
            kExitBadInput,
            "data.kind 'bar': paper follows trade, quote or book; a strategy makes bars of them by "
            "its setting bars = \"1m\""});
    }
    config.benchmark = "none";
    config.from = config.to = std::nullopt;
    for (std::string& symbol : config.instruments) symbol = own_symbol(symbol, options.market);
    std::optional<Duration> length;
    if (!options.length.empty()) {
        length = parse_duration(options.length);
        if (!length || length->ns <= 0) {
            return std::unexpected(RunFailure{
                kExitBadInput,
                fmt::format("--for '{}': write a time like 120s, 8h or 5d", options.length)});
        }
    }
    const BinanceSite site =
        TRY(or_bad_input(binance_site(options.market, options.base_url, options.stream_url)));
    const MarketsAhead markets = TRY(look_up(config, site));
    const RunSettings settings = TRY(or_bad_input(resolve(config, markets)));
    auto slots = TRY(or_bad_input(make_slots(settings)));
    const std::string text = to_json(settings);

    std::signal(SIGINT, ask_to_stop);
    std::signal(SIGTERM, ask_to_stop);
    const clock::SystemClock clock;
    engine::Inbox inbox{clock, kInboxSize};
    const std::vector<binance::FeedWish> wishes = wishes_of(settings);
    const auto market = TRY(or_failed(LiveMarket::open(site, wishes, inbox)));
    const std::jthread ticker([&](const std::stop_token& token) {
        while (!token.stop_requested()) {
            std::this_thread::sleep_for(kTick);
            market->tick();
            if (stop_asked.load()) inbox.close();
        }
    });

    Ending ending;
    const auto until = length ? std::optional{clock.now() + *length} : std::nullopt;
    auto result = run_paper({.instruments = settings.instruments,
                             .world = settings.world,
                             .markets = markets_of(wishes),
                             .engine = settings.engine,
                             .strategies = std::move(slots),
                             .inbox = inbox,
                             .journal = options.journal,
                             .settings = text,
                             .until = until,
                             .at_end = [&](const engine::Engine& engine, const sim::PaperWorld&) {
                                 ending = ending_of(settings.instruments, engine);
                             }});
    inbox.close();
    const PaperResult done = TRY(or_failed(std::move(result)));
    const LiveMarketCounts counts = market->counts();
    if (options.json) {
        fmt::print("{}\n", to_json(done, counts, ending, text).dump(2));
    } else {
        print(done, counts, ending);
    }
    if (!done.is_reconciled) {
        return std::unexpected(
            RunFailure{kExitFailed, "our books are not the venue's: see its journal"});
    }
    return {};
}

}  // namespace

void add_paper_command(CLI::App& app, int& exit_code) {
    CLI::App* verb = app.add_subcommand(
        "paper",
        "trade on a live market with the backtest's venue; goes on with its journal when started "
        "again");
    const auto options = std::make_shared<Options>();
    add_run_arguments(*verb, options->run);
    verb->add_option("--market", options->market, "spot, or usd-m for futures")
        ->capture_default_str();
    verb->add_option("--base-url", options->base_url,
                     "where the venue is, if not at its own address: a simulator, a proxy");
    verb->add_option("--stream-url", options->stream_url, "and its streams, if elsewhere");
    verb->add_option("--journal", options->journal, "record every event and decision here");
    verb->add_option("--for", options->length,
                     "end after a time like 120s, 8h; default: when asked");
    verb->add_flag("--json", options->json, "one JSON document on standard output, at the end");
    verb->callback([options, &exit_code] {
        const auto done = run(*options);
        exit_code = done ? kExitOk : complain(done.error().code, done.error().text);
    });
}

}  // namespace tradewind::apps
