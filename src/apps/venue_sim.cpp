// SPDX-License-Identifier: Apache-2.0
#include "apps/venue_sim.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <expected>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "adapters/catalog/catalog.hpp"
#include "adapters/clock/system_clock.hpp"
#include "adapters/net/http_server.hpp"
#include "adapters/net/loop.hpp"
#include "apps/data_common.hpp"
#include "apps/output.hpp"
#include "base/try.hpp"
#include "exchange/binance/api.hpp"
#include "exchange/exchange.hpp"
#include "exchange/market_player.hpp"
#include "wire/input_error.hpp"

namespace tradewind::apps {
namespace {

using exchange::binance::Api;
using exchange::binance::ConnectionId;

constexpr Duration kHistoryOfMadeUp = hours(3);
constexpr double kSpeedMin = 0.001;
constexpr double kSpeedMax = 10'000.0;
constexpr long kTurnNs = 10'000'000;  ///< how often the market is looked at
/// Every client of a simulator is one address, as on the venue behind one router.
constexpr std::string_view kClientAddress = "127.0.0.1";
constexpr std::size_t kAccountsFileMax = std::size_t{1} << 20U;

Timestamp utc_now() { return clock::SystemClock{}.now(); }

Failure bad(std::string text) { return bad_usage("service venue-sim: " + std::move(text)); }

// --- the market ---------------------------------------------------------------------------------

struct Market {
    std::unique_ptr<catalog::Catalog> catalog;
    std::vector<Instrument> instruments;
    std::unique_ptr<ports::EventSource> source;
};

struct MadeUp {
    std::string_view symbol;
    double price;
};
constexpr std::array<MadeUp, 3> kMadeUp{
    {{"BTCUSDT.BINANCE", 60'000.0}, {"ETHUSDT.BINANCE", 3'000.0}, {"BNBUSDT.BINANCE", 600.0}}};

Market make_up(std::uint64_t seed, Timestamp now) {
    Market out;
    std::vector<double> prices;
    for (const MadeUp& made_up : kMadeUp) {
        Instrument instrument = *default_instrument(made_up.symbol);
        instrument.tick = {10'000'000};
        instrument.lot = instrument.min_qty = {10'000};
        instrument.min_notional = whole_money(5);
        instrument.fees = {.maker = basis_points(10), .taker = basis_points(10)};
        out.instruments.push_back(instrument);
        prices.push_back(made_up.price);
    }
    out.source = std::make_unique<exchange::GeneratedMarket>(out.instruments, prices, seed,
                                                             now - kHistoryOfMadeUp);
    return out;
}

/// A pair of coins with something to play.
bool is_playable(const catalog::Catalog& catalog, const Instrument& instrument) {
    const std::array<Instrument, 1> one{instrument};
    return instrument.asset_class == AssetClass::crypto_spot && instrument.base.known() &&
           instrument.quote.known() && exchange::MarketPlayer::span_of(catalog, one).has_value();
}

std::expected<std::vector<Instrument>, Failure> choose(const catalog::Catalog& catalog,
                                                       const VenueSimOptions& o) {
    std::vector<Instrument> out;
    if (o.instruments.empty()) {
        for (const Instrument* const instrument : catalog.instruments()) {
            if (is_playable(catalog, *instrument)) out.push_back(*instrument);
        }
        if (out.empty()) {
            return std::unexpected(bad(fmt::format(
                "catalog {} has no pair of coins with a book, quotes, trades or time bars",
                o.catalog)));
        }
    }
    for (const std::string& symbol : o.instruments) {
        const Instrument* const found = catalog.find_instrument(symbol);
        if (found == nullptr || !is_playable(catalog, *found)) {
            return std::unexpected(
                bad(fmt::format("--instrument: catalog {} has no pair {} that can be played",
                                o.catalog, wire::quoted(symbol))));
        }
        out.push_back(*found);
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            if (out[i].ticker() == out[k].ticker()) {
                return std::unexpected(
                    bad(fmt::format("{} and {} would both be {}; choose one by --instrument",
                                    out[k].symbol, out[i].symbol, out[i].ticker())));
            }
        }
    }
    return out;
}

std::expected<Market, Failure> open_market(const VenueSimOptions& o, Timestamp now) {
    if (o.catalog.empty() == !o.seed.has_value()) {
        return std::unexpected(bad("give --catalog or --seed, one of the two"));
    }
    if (!(o.speed >= kSpeedMin && o.speed <= kSpeedMax)) {
        return std::unexpected(bad("--speed: should be from 0.001 to 10000"));
    }
    if (o.seed) return make_up(*o.seed, now);
    Market out;
    auto opened = catalog::Catalog::open(o.catalog);
    if (!opened) return std::unexpected(as_failure(opened.error()));
    out.catalog = std::move(*opened);
    out.instruments = TRY(choose(*out.catalog, o));
    const auto span = exchange::MarketPlayer::span_of(*out.catalog, out.instruments);
    if (!span) return std::unexpected(bad(span.error()));
    Timestamp from = span->first;
    if (!o.from.empty()) {
        const auto given = parse_timestamp(o.from);
        if (!given || *given < span->first || *given >= span->second) {
            return std::unexpected(
                bad(fmt::format("--from: {} is no instant from {} to {}", wire::quoted(o.from),
                                to_string(span->first), to_string(span->second))));
        }
        from = *given;
    }
    if (from >= now) {
        return std::unexpected(bad("the recording begins after now; give an earlier --from"));
    }
    // Moved by whole days, or minutes where there is less than a day, so that bars stay on their
    // grid.
    const Duration step = span->second - from > days(1) ? days(1) : minutes(1);
    const Duration shift{(now - from).ns / step.ns * step.ns};
    auto player = exchange::MarketPlayer::make(
        *out.catalog, out.instruments,
        {.origin = now - shift,
         .at = now,
         .speed_milli = static_cast<std::int64_t>(std::llround(o.speed * 1'000.0))});
    if (!player) return std::unexpected(bad(player.error()));
    out.source = std::move(*player);
    return out;
}

// --- the accounts -------------------------------------------------------------------------------

struct AccountEntry {
    std::string name;
    std::string api_key;
    std::string secret;      ///< or
    std::string public_key;  ///< a file in PEM
    std::map<Currency, Money> balances;
};

std::expected<std::pair<Currency, Money>, std::string> parse_balance(std::string_view asset,
                                                                     std::string_view amount) {
    const auto currency = Currency::parse(asset);
    if (!currency) return std::unexpected(fmt::format("{} is no asset", wire::quoted(asset)));
    const auto money = parse_money(amount);
    // Eight places are what the venue tells.
    if (!money || money->raw < 0 || money->raw % 10'000'000'000 != 0) {
        return std::unexpected(fmt::format("{} is no amount of {} with at most eight places",
                                           wire::quoted(amount), asset));
    }
    return std::pair{*currency, *money};
}

std::expected<std::vector<AccountEntry>, Failure> read_accounts(const std::string& path) {
    using Json = nlohmann::json;
    std::ifstream file{path, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (!file || text.size() > kAccountsFileMax) {
        return std::unexpected(bad(fmt::format("--accounts: {} cannot be read", path)));
    }
    const auto refuse = [&](std::size_t n, std::string_view what) {
        return std::unexpected(bad(fmt::format("--accounts: {}: account {}: {}", path, n, what)));
    };
    const Json document = Json::parse(text, nullptr, false);
    if (!document.is_array() || document.empty()) {
        return std::unexpected(
            bad(fmt::format("--accounts: {}: should be a JSON array of accounts", path)));
    }
    std::vector<AccountEntry> out;
    for (const Json& entry : document) {
        const std::size_t n = out.size() + 1;
        if (!entry.is_object()) return refuse(n, "should be an object");
        AccountEntry account;
        for (const auto& [key, value] : entry.items()) {
            if (key == "balances") {
                if (!value.is_object()) return refuse(n, "balances: should be an object");
                for (const auto& [asset, amount] : value.items()) {
                    if (!amount.is_string()) {
                        return refuse(n, fmt::format("balances.{}: should be a text", asset));
                    }
                    const auto balance = parse_balance(asset, amount.get_ref<const std::string&>());
                    if (!balance) return refuse(n, "balances: " + balance.error());
                    account.balances.insert(*balance);
                }
                continue;
            }
            if (!value.is_string()) return refuse(n, key + ": should be a text");
            const auto& word = value.get_ref<const std::string&>();
            if (key == "name") {
                account.name = word;
            } else if (key == "api_key") {
                account.api_key = word;
            } else if (key == "secret") {
                account.secret = word;
            } else if (key == "public_key") {
                account.public_key = word;
            } else {
                return refuse(n, key +
                                     ": there is no such field (name, api_key, secret, "
                                     "public_key, balances)");
            }
        }
        if (account.api_key.empty()) return refuse(n, "api_key: is missing");
        if (account.secret.empty() == account.public_key.empty()) {
            return refuse(n, "give secret or public_key, one of the two");
        }
        out.push_back(std::move(account));
    }
    return out;
}

std::expected<AccountEntry, Failure> only_account(const VenueSimOptions& o, const Market& market) {
    AccountEntry out{.name = "default",
                     .api_key = o.api_key,
                     .secret = o.api_secret,
                     .public_key = "",
                     .balances = {}};
    for (const std::string& deposit : o.deposits) {
        const std::size_t equals = std::min(deposit.find('='), deposit.size());
        const std::string_view text{deposit};
        const auto balance =
            parse_balance(text.substr(0, equals), text.substr(std::min(equals + 1, text.size())));
        if (!balance) return std::unexpected(bad("--deposit: " + balance.error()));
        out.balances.insert(*balance);
    }
    if (!o.deposits.empty()) return out;
    for (const Instrument& instrument : market.instruments) {
        out.balances.emplace(instrument.base, whole_money(100));
    }
    for (const Instrument& instrument : market.instruments) {
        out.balances[instrument.quote] = whole_money(1'000'000);
    }
    return out;
}

std::expected<void, Failure> open_accounts(const VenueSimOptions& o, const Market& market,
                                           exchange::Exchange& venue, Api& api, Timestamp now) {
    std::vector<AccountEntry> entries;
    if (o.accounts_file.empty()) {
        entries.push_back(TRY(only_account(o, market)));
    } else {
        entries = TRY(read_accounts(o.accounts_file));
    }
    for (const AccountEntry& entry : entries) {
        const auto account = venue.open_account(entry.name);
        exchange::binance::ApiKey key{.key = entry.api_key, .account = account, .credential = {}};
        if (entry.public_key.empty()) {
            key.credential = exchange::binance::HmacSecret{entry.secret};
        } else {
            std::ifstream file{entry.public_key, std::ios::binary};
            const std::string pem{std::istreambuf_iterator<char>{file}, {}};
            const auto parsed = exchange::binance::parse_public_key(pem);
            if (!parsed) {
                return std::unexpected(bad(fmt::format(
                    "--accounts: {} is no public key of Ed25519 in PEM", entry.public_key)));
            }
            key.credential = *parsed;
        }
        if (!api.add_key(key)) {
            return std::unexpected(bad(fmt::format("--accounts: two accounts have the api_key {}",
                                                   wire::quoted(entry.api_key))));
        }
        for (const auto& [asset, amount] : entry.balances) {
            ASSERT(venue.deposit(account, asset, amount, now));
        }
    }
    return {};
}

// --- the service --------------------------------------------------------------------------------

/// Lives on the loop's thread.
class Service final : public exchange::binance::PushSink {
public:
    void push(ConnectionId connection, std::string_view text) override {
        const auto at = sockets_.find(connection);
        if (at != sockets_.end()) at->second.send(std::string{text});
    }
    void hang_up(ConnectionId connection, std::string_view reason) override {
        const auto at = sockets_.find(connection);
        if (at != sockets_.end()) at->second.close(1008, std::string{reason});
    }

    void answer(Api& api, const net::Request& request, const net::Reply& reply) {
        std::vector<exchange::binance::Header> headers;
        for (const auto& [name, value] : request.headers) headers.push_back({name, value});
        exchange::binance::Response response = api.handle({.method = request.method,
                                                           .target = request.target,
                                                           .headers = headers,
                                                           .body = request.body,
                                                           .address = kClientAddress},
                                                          utc_now());
        net::Response out{.status = response.status};
        for (auto& [name, value] : response.headers) {
            out.headers.add(std::move(name), std::move(value));
        }
        out.body = std::move(response.body);
        reply(std::move(out));
    }

    std::expected<net::WebSocketEvents, net::Response> open(Api& api, const net::Request& request,
                                                            const net::WebSocket& socket) {
        const ConnectionId id = ++last_connection_;
        if (!api.open(id, request.target, kClientAddress, utc_now())) {
            return std::unexpected(net::Response{.status = 404, .headers = {}, .body = "{}"});
        }
        sockets_.emplace(id, socket);
        return net::WebSocketEvents{.on_open = {},
                                    .on_message =
                                        [&api, id](const net::Message& message) {
                                            api.receive(id, message.bytes, utc_now());
                                        },
                                    .on_close =
                                        [this, &api, id](const net::Closed&) {
                                            api.close(id);
                                            sockets_.erase(id);
                                        }};
    }

private:
    std::map<ConnectionId, net::WebSocket> sockets_;
    ConnectionId last_connection_ = 0;
};

/// SIGINT and SIGTERM, held back from every thread that is started later.
class Signals {
public:
    Signals() {
        sigemptyset(&set_);
        sigaddset(&set_, SIGINT);
        sigaddset(&set_, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    }
    /// Whether one came within the time.
    [[nodiscard]] bool wait(long ns) const {
        const timespec limit{.tv_sec = 0, .tv_nsec = ns};
        return sigtimedwait(&set_, nullptr, &limit) > 0;
    }

private:
    sigset_t set_{};
};

void tell_start(const VenueSimOptions& o, const Market& market, std::uint16_t port) {
    const std::string url =
        fmt::format("{}://{}:{}", o.certificate_file.empty() ? "http" : "https", o.address, port);
    if (o.json) {
        nlohmann::ordered_json symbols = nlohmann::ordered_json::array();
        for (const Instrument& i : market.instruments) symbols.push_back(std::string{i.ticker()});
        fmt::print(
            "{}\n",
            nlohmann::ordered_json{{"url", url}, {"port", port}, {"symbols", symbols}}.dump());
    } else {
        fmt::print("{} of {} instruments at {}; stop with Ctrl-C\n", o.exchange,
                   market.instruments.size(), url);
    }
    std::fflush(stdout);
}

std::expected<void, Failure> serve(const VenueSimOptions& o) {
    if (o.exchange != "binance") {
        return std::unexpected(bad(fmt::format("--exchange: {} is not known; there is: binance",
                                               wire::quoted(o.exchange))));
    }
    if (o.certificate_file.empty() != o.key_file.empty()) {
        return std::unexpected(bad("give --tls-cert and --tls-key together"));
    }
    std::optional<Duration> stop_after;
    if (!o.stop_after.empty()) {
        stop_after = parse_duration(o.stop_after);
        if (!stop_after) {
            return std::unexpected(
                bad(fmt::format("--for: {} is none like 120s", wire::quoted(o.stop_after))));
        }
    }
    const Signals signals;
    const Timestamp started = utc_now();
    Market market = TRY(open_market(o, started));
    exchange::Exchange venue(market.instruments, {.seed = o.seed.value_or(1)});
    Service service;
    Api api(venue, service, {});
    TRY_VOID(open_accounts(o, market, venue, api, started));
    venue.follow(*market.source);
    venue.catch_up(started);

    net::Loop loop;
    net::ServerOptions options{.address = o.address, .port = o.port};
    if (!o.certificate_file.empty()) {
        options.tls =
            net::ServerTls{.certificate_file = o.certificate_file, .key_file = o.key_file};
    }
    auto server = net::HttpServer::listen(
        loop, options,
        [&](const net::Request& request, const net::Reply& reply) {
            service.answer(api, request, reply);
        },
        [&](const net::Request& request, const net::WebSocket& socket) {
            return service.open(api, request, socket);
        });
    if (!server) return std::unexpected(Failure{kExitFailed, server.error().text});
    tell_start(o, market, (*server)->port());

    std::atomic<bool> is_turning = false;
    std::atomic<bool> failed = false;
    const auto turn = [&] {
        api.advance(utc_now());
        if (!venue.source_error().empty()) failed = true;
        is_turning = false;
    };
    while (!signals.wait(kTurnNs) && !failed) {
        if (stop_after && utc_now() - started >= *stop_after) break;
        if (!is_turning.exchange(true)) loop.post(turn);
    }
    (*server)->stop(seconds(1));
    loop.stop();
    if (failed) return std::unexpected(Failure{kExitFailed, venue.source_error()});
    if (o.json) {
        std::uint64_t trades = 0;
        std::uint64_t orders = 0;
        for (const exchange::Listing& listing : venue.listings()) {
            trades += listing.log.trades().empty() ? 0 : listing.log.trades().back().id;
            orders += listing.first_order + listing.orders.size() - 1;
        }
        fmt::print("{}\n", nlohmann::ordered_json{{"orders", orders},
                                                  {"trades", trades},
                                                  {"requests", (*server)->counts().requests}}
                               .dump());
    }
    return {};
}

}  // namespace

int run_venue_sim(const VenueSimOptions& options) {
    const auto done = serve(options);
    return done ? kExitOk : report(done.error());
}

}  // namespace tradewind::apps
