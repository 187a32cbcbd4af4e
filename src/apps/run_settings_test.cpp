// SPDX-License-Identifier: Apache-2.0
#include "apps/run_settings.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/memory_history.hpp"
#include "support/books.hpp"
#include "support/must.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using test::must;

ports::Columns one_bar() {
    ports::Columns out{ports::SeriesKind::bar};
    for (auto& column : out.columns) column = {1};
    return out;
}

/// Daily and 5-minute bars of A, daily bars of B, bid and ask bars of a currency pair.
sim::MemoryHistory history() {
    sim::MemoryHistory out;
    Instrument pair = *default_instrument("EURUSD.OANDA");
    for (const Instrument& instrument : {test::share("A.NYSE"), test::share("B.NYSE"), pair}) {
        out.add_instrument(instrument);
    }
    const auto add = [&](const char* symbol, BarSpec spec) {
        out.add_series({.symbol = symbol, .kind = ports::SeriesKind::bar, .spec = spec}, one_bar());
    };
    add("A.NYSE", time_bars(days(1)));
    add("A.NYSE", time_bars(minutes(5)));
    add("B.NYSE", time_bars(days(1)));
    add("EURUSD.OANDA", time_bars(minutes(1), PriceSource::bid));
    add("EURUSD.OANDA", time_bars(minutes(1), PriceSource::ask));
    return out;
}

RunConfig config_of(const std::vector<std::string>& assignments) {
    RunConfig config;
    for (const std::string& assignment : assignments) must(apply_assignment(config, assignment));
    return config;
}

std::expected<RunSettings, std::string> resolved(const std::vector<std::string>& assignments) {
    return resolve(config_of(assignments), history());
}

const std::vector<std::string> kPlain{"data.instruments=A.NYSE,B.NYSE", "data.interval=1d",
                                      "strategy.name=sma-cross"};

std::vector<std::string> plain_and(const std::vector<std::string>& more) {
    std::vector<std::string> out = kPlain;
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

/// The parts of the JSON text that an engine is built from.
std::string engine_part(std::string_view text) {
    const Json root = Json::parse(text);
    return Json{root.at("instruments"), root.at("strategies"), root.at("engine")}.dump();
}

// --- JSON ---------------------------------------------------------------------------------------

TEST(RunSettings, read_back_from_json_build_the_same_engine) {
    const std::vector<std::string> runs[] = {
        kPlain,
        plain_and({"strategy.fast=5", "strategy.slow=9", "strategy.size=25", "risk.max_position=10",
                   "risk.max_order_notional=1000.5", "risk.max_gross_exposure=5000",
                   "risk.max_orders_per_second=3", "account.kind=margin", "fees.bps=1.5",
                   "fees.minimum=1", "fees.per_unit=0.005", "metrics.benchmark=B.NYSE"}),
        plain_and({"strategy.bars=1w", "strategy.instruments=B.NYSE"}),
        {"data.instruments=EURUSD.OANDA", "strategy.name=buy-and-hold"}};
    for (const auto& run : runs) {
        const std::string text = to_json(must(resolved(run)));
        const RunSettings back = must(settings_from_json(text));
        EXPECT_EQ(engine_part(to_json(back)), engine_part(text));
        EXPECT_TRUE(make_slots(back).has_value());
    }
}

TEST(RunSettings, same_wishes_give_the_same_text_and_hash) {
    const std::string text = to_json(must(resolved(kPlain)));
    EXPECT_EQ(text, to_json(must(resolved(kPlain))));
    EXPECT_EQ(settings_hash(text).size(), 16U);
    EXPECT_NE(settings_hash(text),
              settings_hash(to_json(must(resolved(plain_and({"account.cash=5"}))))));
}

TEST(RunSettings, every_broken_text_is_one_line) {
    const std::string text = to_json(must(resolved(kPlain)));
    std::vector<std::string> broken{"", "{", "[]", "null", "{}", "\xff"};
    for (std::size_t size = 0; size < text.size(); size += 7)
        broken.push_back(text.substr(0, size));
    for (const std::string& one : broken) {
        const auto settings = settings_from_json(one);
        ASSERT_FALSE(settings.has_value()) << one;
        EXPECT_EQ(settings.error().find('\n'), std::string::npos) << settings.error();
    }
}

/// A wrong type, or nothing, in place of any one value of the text: an error or a run, no crash.
TEST(RunSettings, any_value_may_be_of_the_wrong_type) {
    const Json root = Json::parse(to_json(must(resolved(
        plain_and({"strategy.bars=1w", "risk.max_position=10", "risk.max_orders_per_second=3"})))));
    const Json flat = root.flatten();
    int refused = 0;
    for (const auto& [pointer, value] : flat.items()) {
        for (const Json& wrong : {Json(nullptr), Json(-1), Json("?"), Json::array({1})}) {
            Json changed = root;
            changed[Json::json_pointer{pointer}] = wrong;
            const auto settings = settings_from_json(changed.dump());
            if (settings) continue;
            ++refused;
            EXPECT_EQ(settings.error().find('\n'), std::string::npos) << settings.error();
        }
    }
    EXPECT_GT(refused, 20);
    Json savings = root;
    savings["engine"]["account"] = "savings";
    EXPECT_EQ(settings_from_json(savings.dump()).error(),
              "the run's settings: account cannot be read");
}

// --- resolving ----------------------------------------------------------------------------------

std::string error_of(const std::vector<std::string>& assignments) {
    const auto settings = resolved(assignments);
    return settings ? "none" : settings.error();
}

TEST(Resolve, says_what_is_missing_and_the_mend) {
    EXPECT_EQ(error_of({"strategy.name=sma-cross"}),
              "no instrument is named; say --instrument SYMBOL (tradewind data ls shows them)");
    EXPECT_EQ(error_of({"data.instruments=B.NYSE"}), "no strategy is named; say --strategy NAME");
    EXPECT_EQ(error_of({"data.instruments=A.NYSE", "strategy.name=sma-cross"}),
              "A.NYSE: has bars of 5m, 1d; choose with --interval");
    EXPECT_EQ(error_of({"data.instruments=A.NYSE", "data.interval=1h", "strategy.name=x"}),
              "A.NYSE: has no bars of 1h; there are 5m, 1d");
    EXPECT_EQ(error_of({"data.instruments=C.NYSE", "strategy.name=x"}),
              "C.NYSE: the catalog has no instrument of that name; see tradewind data ls, or "
              "import some");
    EXPECT_EQ(error_of({"data.instruments=B.NYSE", "data.kind=quote", "strategy.name=x"}),
              "B.NYSE: the catalog has no quotes; see tradewind data ls, or import some");
    EXPECT_EQ(error_of(plain_and({"data.from=2020-01-02", "data.to=2020-01-02"})),
              "--from is not earlier than --to");
    EXPECT_EQ(error_of(plain_and({"strategy.instruments=EURUSD.OANDA"})),
              "strategy instrument EURUSD.OANDA: is not among the run's instruments");
}

ports::Columns one_row(ports::SeriesKind kind) {
    ports::Columns out{kind};
    for (auto& column : out.columns) column = {1};
    return out;
}

/// The kinds of series that a run of A.NYSE plays.
std::vector<std::string> kinds_played(const std::vector<ports::SeriesKind>& there,
                                      const std::vector<std::string>& assignments) {
    sim::MemoryHistory history;
    history.add_instrument(test::share("A.NYSE"));
    for (const ports::SeriesKind kind : there) {
        history.add_series({.symbol = "A.NYSE", .kind = kind, .spec = {}}, one_row(kind));
    }
    std::vector<std::string> all{"data.instruments=A.NYSE", "strategy.name=sma-cross"};
    all.insert(all.end(), assignments.begin(), assignments.end());
    const auto settings = resolve(config_of(all), history);
    if (!settings) return {settings.error()};
    std::vector<std::string> out;
    for (const auto& series : settings->data) out.emplace_back(to_string(series.key.kind));
    return out;
}

TEST(Resolve, plays_a_book_with_its_prints_where_it_is_wished_for_or_alone_there) {
    using enum ports::SeriesKind;
    using Kinds = std::vector<std::string>;
    EXPECT_EQ(kinds_played({quote, trade, book_level}, {"data.kind=book"}),
              (Kinds{"book-level", "trade"}));
    EXPECT_EQ(kinds_played({trade, book_level, book_order}, {"data.kind=book"}),
              (Kinds{"book-order"}));
    EXPECT_EQ(kinds_played({book_level}, {}), (Kinds{"book-level"}));
    EXPECT_EQ(kinds_played({quote, book_level}, {}), (Kinds{"quote"}));
    EXPECT_EQ(kinds_played({quote}, {"data.kind=book"}),
              (Kinds{"A.NYSE: the catalog has no order book; see tradewind data ls, or import "
                     "some"}));
}

TEST(Resolve, names_an_instrument_once_however_often_it_is_wished_for) {
    const RunSettings settings = must(resolved(
        {"data.instruments=B.NYSE,A.NYSE,B.NYSE", "data.interval=1d", "strategy.name=sma-cross"}));
    ASSERT_EQ(settings.instruments.size(), 2U);
    EXPECT_EQ(settings.instruments.all()[0].symbol, "B.NYSE");
}

TEST(Resolve, plays_both_sides_of_a_quote_and_gives_the_strategy_the_bid) {
    const RunSettings settings =
        must(resolved({"data.instruments=EURUSD.OANDA", "strategy.name=buy-and-hold"}));
    EXPECT_EQ(settings.data.size(), 2U);
    EXPECT_EQ(settings.strategies[0].bars, time_bars(minutes(1), PriceSource::bid));
    EXPECT_EQ(settings.engine.account, portfolio::AccountKind::margin);  // a pair needs one
}

TEST(Resolve, has_the_engine_make_the_bars_that_the_data_lacks) {
    const RunSettings settings = must(resolved(plain_and({"strategy.bars=1w"})));
    EXPECT_EQ(settings.strategies[0].bars, time_bars(days(7)));
    EXPECT_EQ(settings.engine.aggregations.size(), 2U);
}

TEST(Resolve, wished_fees_stand_in_for_the_instruments_own) {
    const RunSettings settings =
        must(resolved(plain_and({"fees.bps=2", "fees.maker_bps=-1", "fees.minimum=1"})));
    for (const Instrument& instrument : settings.instruments.all()) {
        EXPECT_EQ(instrument.fees.taker, basis_points(2));
        EXPECT_EQ(instrument.fees.maker, basis_points(-1));
        EXPECT_EQ(instrument.fees.minimum, whole_money(1));
    }
}

TEST(Resolve, reckons_with_the_dearest_tier_and_hands_the_venue_all) {
    const RunSettings settings = must(resolved(
        plain_and({"fees.tiers=0:1:10,1000:2:8", "fees.currency=BNB", "account.deposits=BNB:10"})));
    const FeeSchedule& fees = settings.instruments.all().front().fees;
    EXPECT_EQ(fees.maker, basis_points(2));
    EXPECT_EQ(fees.taker, basis_points(10));
    EXPECT_EQ(to_string(fees.currency), "BNB");
    EXPECT_EQ(settings.world.fee_terms.tiers.size(), 2U);
    EXPECT_EQ(settings.world.fee_terms.volume_currency, kUsd);
    EXPECT_EQ(settings.world.deposits.size(), 2U);
}

/// What a run assumes is in its text, so that another assumption gives another hash.
TEST(Resolve, every_assumption_of_an_account_changes_the_hash) {
    const auto hash = [](const std::vector<std::string>& more) {
        return settings_hash(to_json(must(resolved(plain_and(more)))));
    };
    std::vector<std::string> all{hash({})};
    for (const char* one :
         {"simulation.latency_market_data=1ms", "simulation.latency_insert=uniform:1ms:2ms",
          "fees.tiers=0:1:1", "margin.liquidation=cross", "margin.liquidation=isolated",
          "margin.maintenance=0.3", "carry.borrow=*:0.01", "carry.borrow=*:0.02",
          "carry.interest=USD:0.01:0", "carry.deposit_rates=USD:0.01",
          "carry.deposit_rates=USD:0.02"}) {
        all.push_back(hash({one}));
    }
    std::ranges::sort(all);
    EXPECT_TRUE(std::ranges::adjacent_find(all) == all.end());
    EXPECT_NE(hash({"margin.liquidation=cross"}),
              hash({"margin.liquidation=cross", "margin.call_at=1.5"}));
    EXPECT_NE(hash({"simulation.latency=uniform:1ms:2ms"}),
              hash({"simulation.latency=uniform:1ms:2ms", "simulation.latency_seed=2"}));
}

// --- finer data ---------------------------------------------------------------------------------

std::vector<std::string> finer_of(const std::vector<std::string>& assignments) {
    const auto settings = resolved(assignments);
    if (!settings) return {settings.error()};
    std::vector<std::string> out;
    for (const ports::Series& series : settings->finer) out.push_back(to_string(series.key));
    return out;
}

TEST(Resolve, plays_finer_data_only_where_they_are_wished_for) {
    using Names = std::vector<std::string>;
    EXPECT_EQ(finer_of(kPlain), Names{});
    EXPECT_EQ(finer_of(plain_and({"data.finer=auto"})), Names{"A.NYSE bar 5m"});
    EXPECT_EQ(finer_of(plain_and({"data.finer=5m"})), Names{"A.NYSE bar 5m"});
    EXPECT_EQ(finer_of(plain_and({"data.finer=1m"})),
              Names{"--finer: the catalog has no such data for A.NYSE bar 1d; it has 5m that could "
                    "resolve its bars"});
    EXPECT_EQ(finer_of(plain_and({"data.finer=trades"})),
              Names{"--finer: the catalog has no such data for A.NYSE bar 1d; it has 5m that could "
                    "resolve its bars"});
    EXPECT_EQ(finer_of(plain_and({"data.finer=5m", "simulation.fills=lean-base"})),
              Names{"--finer: fill mode lean-base meets whole bars; use --fills strict"});
    // Where there is nothing finer at all, auto has nothing to do.
    EXPECT_EQ(finer_of({"data.instruments=A.NYSE", "data.interval=5m", "strategy.name=sma-cross",
                        "data.finer=auto"}),
              Names{});
    EXPECT_EQ(must(resolved(kPlain)).finer_unused.size(), 1U);
}

TEST(Resolve, finer_data_are_of_the_same_prices) {
    sim::MemoryHistory there;
    there.add_instrument(*default_instrument("EURUSD.OANDA"));
    const auto add = [&](ports::SeriesKind kind, const BarSpec& spec) {
        ports::Columns rows{kind};
        for (auto& column : rows.columns) column = {1};
        there.add_series({.symbol = "EURUSD.OANDA", .kind = kind, .spec = spec}, std::move(rows));
    };
    for (const PriceSource source : {PriceSource::bid, PriceSource::ask}) {
        add(ports::SeriesKind::bar, time_bars(hours(1), source));
        add(ports::SeriesKind::bar, time_bars(minutes(1), source));
    }
    add(ports::SeriesKind::bar, time_bars(seconds(1)));
    add(ports::SeriesKind::trade, {});
    const RunSettings settings =
        must(resolve(config_of({"data.instruments=EURUSD.OANDA", "data.interval=1h/bid",
                                "strategy.name=buy-and-hold", "data.finer=auto"}),
                     there));
    ASSERT_EQ(settings.world.finer.size(), 1U);
    EXPECT_EQ(to_string(settings.world.finer[0]), "EURUSD.OANDA bar 1m/bid");
    const RunSettings both =
        must(resolve(config_of({"data.instruments=EURUSD.OANDA", "data.interval=1m",
                                "data.kind=bar", "strategy.name=buy-and-hold", "data.finer=auto"}),
                     there));
    EXPECT_TRUE(both.finer.empty());
}

TEST(Resolve, finer_data_are_part_of_the_settings_and_their_hash) {
    const std::string without = to_json(must(resolved(kPlain)));
    const std::string with = to_json(must(resolved(plain_and({"data.finer=auto"}))));
    EXPECT_EQ(without.find("finer"), std::string::npos);
    const Json root = Json::parse(with);
    EXPECT_EQ(root.at("finer").at(0).at("series"), "A.NYSE bar 5m");
    EXPECT_EQ(root.at("finer").at(0).at("rows"), 1);
    EXPECT_NE(settings_hash(with), settings_hash(without));
}

TEST(MakeSlots, tells_a_strategy_that_there_is_not_and_parameters_that_do_not_fit) {
    EXPECT_NE(make_slots(must(resolved(plain_and({"strategy.name=nope"}))))
                  .error()
                  .find("strategy nope: there is none of that name"),
              std::string::npos);
    EXPECT_EQ(make_slots(must(resolved(plain_and({"strategy.fast=50"})))).error(),
              "parameters: fast must be below slow");
}

}  // namespace
}  // namespace tradewind::apps
