// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/binance/backfill.hpp"
#include "adapters/catalog/catalog.hpp"
#include "adapters/clock/system_clock.hpp"
#include "adapters/net/http_client.hpp"
#include "adapters/net/loop.hpp"
#include "apps/binance_rest.hpp"
#include "apps/data_common.hpp"
#include "base/try.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;

/// Rows that are made durable at once: what a killed download keeps.
constexpr std::size_t kRowsACommit = 50'000;

struct Downloaded {
    ports::SeriesKey key;
    std::uint64_t added = 0;
    std::uint64_t identical = 0;
    std::uint64_t commits = 0;
    std::optional<Timestamp> resumed_from{};
    std::optional<Timestamp> first{};
    std::optional<Timestamp> last{};
    BinanceRest::Counts requests{};
    double wall_s = 0;
};

Failure refused(std::string text) { return {.exit_code = 2, .text = std::move(text)}; }
Failure failed(std::string text) { return {.exit_code = 1, .text = std::move(text)}; }

std::expected<std::optional<Timestamp>, Failure> instant(std::string_view option,
                                                         const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto parsed = parse_timestamp(text);
    if (!parsed) {
        return std::unexpected(refused(fmt::format(
            "{} '{}': write a date like 2024-01-31, or an instant like 2024-01-31T14:30:00Z",
            option, text)));
    }
    return *parsed;
}

/// What is stored of the series: its last row; nullopt: nothing.
std::optional<Timestamp> last_stored(const std::string& path, const ports::SeriesKey& key) {
    const auto catalog = catalog::Catalog::open(path);
    if (!catalog) return std::nullopt;
    const ports::Series* series = (*catalog)->find(key);
    return series != nullptr && series->rows > 0 ? std::optional{series->last} : std::nullopt;
}

/// Rows into the catalog, a portion at a time.
class Store {
public:
    Store(const std::string& path, Instrument instrument, Downloaded& done)
        : path_(path), instrument_(std::move(instrument)), done_(done), rows_(done.key.kind) {}

    void add(const Bar& bar) {
        const std::int64_t cells[] = {bar.open_ts.ns, bar.open.raw,  bar.high.raw,
                                      bar.low.raw,    bar.close.raw, bar.volume.raw};
        for (std::size_t c = 0; c < rows_.columns.size(); ++c) rows_.columns[c].push_back(cells[c]);
    }
    void add(const binance::FeedEvent& event) {
        const Trade& trade = std::get<Trade>(event.payload);
        const std::int64_t cells[] = {event.ts_event.ns, trade.price.raw, trade.size.raw,
                                      static_cast<std::int64_t>(trade.aggressor)};
        for (std::size_t c = 0; c < rows_.columns.size(); ++c) rows_.columns[c].push_back(cells[c]);
    }
    [[nodiscard]] bool is_full() const { return rows_.rows() >= kRowsACommit; }

    std::expected<void, Failure> commit() {
        if (rows_.rows() == 0) return {};
        auto begun = catalog::Transaction::begin(path_);
        if (!begun) return std::unexpected(as_failure(begun.error()));
        catalog::Transaction& transaction = **begun;
        const Instrument* stored = transaction.find_instrument(instrument_.symbol);
        if (stored == nullptr) {
            if (auto put = transaction.put_instrument(instrument_); !put) {
                return std::unexpected(as_failure(put.error()));
            }
        }
        if (auto added = transaction.append(done_.key, rows_.view()); !added) {
            return std::unexpected(as_failure(added.error()));
        }
        const auto commit = transaction.commit();
        if (!commit) return std::unexpected(as_failure(commit.error()));
        for (const catalog::SeriesChange& change : commit->series) {
            done_.added += change.rows_added;
            done_.identical += change.rows_identical;
            if (!done_.first) done_.first = change.first;
            done_.last = change.last;
        }
        ++done_.commits;
        rows_.clear();
        return {};
    }

private:
    const std::string& path_;
    Instrument instrument_;
    Downloaded& done_;
    ports::Columns rows_;
};

template <typename Pages>
std::expected<void, Failure> fetch(Pages pages, BinanceRest& rest, Timestamp venue_now,
                                   Progress& progress, Store& store) {
    int unfit = 0;
    while (const auto request = pages.next()) {
        const auto body = rest.get(request->target, request->weight);
        if (!body) return std::unexpected(failed(body.error()));
        const auto page = pages.on_answer(*body, venue_now);
        if (!page) {
            const binance::PageError& error = page.error();
            if (error.fault == binance::PageFault::refused) {
                return std::unexpected(refused(
                    fmt::format("the venue refuses: {} (code {})", error.text, error.code)));
            }
            // a page that was cut short, or a proxy's: the same again
            if (++unfit < BinanceRest::kTriesMax) continue;
            return std::unexpected(failed("the venue's answer cannot be read: " + error.text));
        }
        unfit = 0;
        for (const auto& row : *page) store.add(row);
        if (store.is_full()) TRY_VOID(store.commit());
        progress.show(fmt::format("at {}", to_string(pages.reached())));
    }
    return store.commit();
}

std::expected<Downloaded, Failure> download(const DataDownloadOptions& options) {
    if (options.source != "binance") {
        return std::unexpected(
            refused(fmt::format("--source '{}': there is binance", options.source)));
    }
    if (options.kind != "bar" && options.kind != "trade") {
        return std::unexpected(
            refused(fmt::format("--kind '{}': it is bar or trade", options.kind)));
    }
    const bool is_bars = options.kind == "bar";
    if (is_bars && !binance::interval_of(options.interval)) {
        return std::unexpected(refused(fmt::format(
            "--interval '{}': write one of the venue's, like 1m, 5m, 1h, 1d", options.interval)));
    }
    auto site = binance_site(options.market, options.base_url, {});
    if (!site) return std::unexpected(refused(site.error()));
    const auto from = TRY(instant("--from", options.from)), to = TRY(instant("--to", options.to));

    Progress progress;
    net::Loop loop;
    const auto client = net::HttpClient::make(loop);
    if (!client) return std::unexpected(failed(client.error().text));
    BinanceRest rest{**client, std::move(*site)};
    rest.tell([&](std::string_view text) { progress.show(text); });
    const std::string symbol = venue_symbol(options.instrument);
    const auto now = rest.server_time();
    if (!now) return std::unexpected(failed(now.error()));
    const auto rules = rest.rules_of(symbol);
    if (!rules) return std::unexpected(refused(rules.error()));

    Downloaded out{.key = TRY(parse_series_key(rules->instrument.symbol, options.kind,
                                               is_bars ? options.interval : std::string{}))};
    const auto stored = last_stored(options.catalog, out.key);
    binance::PastOf past{.segment = rest.site().segment,
                         .symbol = symbol,
                         .from = from.value_or(Timestamp{}),
                         .to = std::min(to.value_or(*now), *now)};
    if (!from && stored) {
        // the last one comes again: the catalog finds it identical, or the venue has changed its
        // past
        past.from = *stored;
        out.resumed_from = past.from;
    } else if (!from && !is_bars) {
        return std::unexpected(refused("--from: trades need a begin, like 2024-01-31"));
    }
    Store store{options.catalog, rules->instrument, out};
    if (is_bars) {
        TRY_VOID(fetch(binance::KlinePages{past, options.interval}, rest, *now, progress, store));
    } else {
        TRY_VOID(fetch(binance::TradePages{past}, rest, *now, progress, store));
    }
    out.requests = rest.counts();
    out.wall_s = progress.seconds();
    return out;
}

Json to_json(const DataDownloadOptions& options, const Downloaded& done) {
    const auto text = [](const std::optional<Timestamp>& ts) {
        return ts ? Json(to_string(*ts)) : Json(nullptr);
    };
    return {{"catalog", options.catalog},
            {"instrument", done.key.symbol},
            {"kind", options.kind},
            {"interval", options.kind == "bar" ? Json(options.interval) : Json(nullptr)},
            {"rows_added", done.added},
            {"rows_identical", done.identical},
            {"resumed_from", text(done.resumed_from)},
            {"first", text(done.first)},
            {"last", text(done.last)},
            {"commits", done.commits},
            {"requests", done.requests.requests},
            {"retries", done.requests.retries},
            {"waits", done.requests.waits},
            {"wall_s", done.wall_s}};
}

}  // namespace

int run_data_download(const DataDownloadOptions& options) {
    const auto done = download(options);
    if (!done) return report(done.error());
    if (options.json) {
        fmt::print("{}\n", to_json(options, *done).dump(2));
        return 0;
    }
    fmt::print("{}: {} rows added", ports::to_string(done->key), with_commas(done->added));
    if (done->last) fmt::print(", to {}", to_string(*done->last));
    fmt::print("; {} requests in {:.1f} s\n", done->requests.requests, done->wall_s);
    return 0;
}

}  // namespace tradewind::apps
