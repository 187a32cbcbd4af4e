// SPDX-License-Identifier: Apache-2.0
#include "apps/run_config.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "support/must.hpp"

namespace tradewind::apps {
namespace {

namespace fs = std::filesystem;
using test::must;

template <typename T>
std::string shown(const std::optional<T>& value) {
    return value ? to_string(*value) : "-";
}

/// Everything that a configuration holds, as text.
std::string shown(const RunConfig& c) {
    std::string out =
        fmt::format("{} {} {} {} {}\n", c.catalog, c.kind, c.interval, shown(c.from), shown(c.to));
    out += fmt::format("{} {}\n", static_cast<int>(c.finer.kind), c.finer.bars.step);
    for (const std::string& symbol : c.instruments) out += symbol + ' ';
    for (const StrategyConfig& strategy : c.strategies) {
        out += "\n" + strategy.name + " bars " + strategy.bars;
        for (const std::string& symbol : strategy.instruments) out += " of " + symbol;
        for (const auto& [name, value] : strategy.params.entries) out += ' ' + name + '=' + value;
    }
    out += fmt::format("\n{} {} {}", to_string(c.cash), shown(c.currency),
                       c.account ? sim::to_string(*c.account) : "-");
    out += fmt::format("\n{} {} {} {} {}", shown(c.fee), shown(c.fee_maker), shown(c.fee_taker),
                       shown(c.fee_per_unit), shown(c.fee_minimum));
    out += fmt::format("\n{} {} {} {} {} {} {} {} {}", sim::to_string(c.fills),
                       static_cast<int>(c.slippage.kind), c.slippage.value,
                       sim::describe(c.latencies.insert), sim::describe(c.latencies.replace),
                       sim::describe(c.latencies.cancel), sim::describe(c.latencies.report),
                       shown(c.participation), c.check_funds);
    out += fmt::format("\n{} {} {}", sim::to_string(c.book.queue), sim::to_string(c.book.impact),
                       sim::to_string(c.book.clock));
    out += "\n" + sim::describe(c.latencies.market_data);
    const risk::StatisticsSettings& s = c.risk.statistics;
    out += fmt::format("\n{} {} {} {} {} {}", s.history, s.tail, static_cast<int>(s.method),
                       s.participation, s.correlated, s.benchmark);
    out += fmt::format("\n{} {} {}", c.risk.denies_self_trades, to_string(c.risk.duplicates),
                       c.default_risk);
    for (const risk::Limit& limit : c.plain_limits) out += "\n" + to_string(limit);
    for (const risk::Limit& limit : c.risk.limits) out += "\n" + to_string(limit);
    for (const risk::Brake& brake : c.risk.brakes) out += "\n" + to_string(brake);
    for (const risk::Sector& sector : c.risk.sectors) out += "\n" + to_string(sector);
    for (const risk::Shock& shock : c.risk.stress) out += "\n" + to_string(shock);
    for (const std::string& symbol : c.risk.restricted) out += "\n" + symbol;
    for (const CashFlow& flow : c.deposits) {
        out += fmt::format("\n{} {}", to_string(flow.currency), to_string(flow.amount));
    }
    for (const std::string& line : sim::describe(c.fee_terms)) out += "\n" + line;
    for (const std::string& line : sim::describe(c.carry)) out += "\n" + line;
    for (const sim::SwapPoints& swap : c.carry.swaps) {
        out += fmt::format("\n{} {} {}", swap.symbol, swap.for_long.raw, swap.for_short.raw);
    }
    for (const sim::DepositRate& rate : c.carry.deposit_rates) {
        out += fmt::format("\n{} {}", to_string(rate.currency), to_string(rate.a_year));
    }
    out += fmt::format("\n{} {} {} {} {} {} {}", shown(c.margin_initial),
                       shown(c.margin_maintenance), sim::to_string(c.margin.liquidates),
                       to_string(c.margin.liquidation_fee), to_string(c.margin.call_at),
                       to_string(c.carry.rollover_markup), c.carry.year_days);
    out += fmt::format("\n{} {} {} {} {}", to_string(c.fee_currency),
                       to_string(c.fee_terms.volume_currency), c.fee_terms.window_days,
                       c.latencies.seed, static_cast<int>(c.latencies.reports));
    for (const std::string& limit : sim::describe(c.price_limits)) out += "\n" + limit;
    for (const StatusRow& row : c.statuses) {
        out += fmt::format("\n{} {} {}", row.symbol, row.at.ns, sim::to_string(row.state));
    }
    for (const AuctionRow& row : c.auctions) {
        out += fmt::format("\n{} {} {}", row.symbol, row.print.at.ns, to_string(row.print.price));
    }
    out += fmt::format("\n{} {} {}", sim::to_string(c.halted_orders), c.open_cutoff.ns,
                       c.close_cutoff.ns);
    out += fmt::format("\n{} {}", to_string(c.positions),
                       c.hedged_margin ? to_string(*c.hedged_margin) : "-");
    out += fmt::format("\n{} {} {}", c.benchmark, c.risk_free, c.annual_factor.value_or(-1));
    return out;
}

std::string file_of(std::string_view name, std::string_view text) {
    const auto path = std::filesystem::temp_directory_path() /
                      fmt::format("tradewind_{}_{}.csv", name, ::getpid());
    std::ofstream{path} << text;
    return path.string();
}

std::string status_file() {
    return file_of("statuses", "ts,instrument,status\n2024-01-02T15:00:00Z,SPY.ARCA,halted\n");
}

std::string auction_file() {
    return file_of("auctions",
                   "ts,instrument,auction,price,volume\n"
                   "2024-01-02T21:00:00Z,SPY.ARCA,close,472.65,1000\n");
}

/// A value for every option, other than its default, as a flag would carry it.
const std::map<std::string_view, std::string>& samples() {
    static const std::map<std::string_view, std::string> kSamples{
        {"data.catalog", "c/at"},
        {"data.instruments", "SPY.ARCA,KO.NYSE"},
        {"data.kind", "quote"},
        {"data.interval", "5m/bid"},
        {"data.finer", "1m"},
        {"data.from", "2014-05-02"},
        {"data.to", "2014-05-02T12:30:00Z"},
        {"strategy.name", "sma-cross"},
        {"account.cash", "2500.75"},
        {"account.currency", "EUR"},
        {"account.kind", "margin"},
        {"account.positions", "hedging"},
        {"fees.bps", "1.5"},
        {"fees.maker_bps", "-0.25"},
        {"fees.taker_bps", "7"},
        {"fees.per_unit", "0.005"},
        {"fees.minimum", "1"},
        {"account.deposits", "BNB:10,EUR:5.5"},
        {"fees.tiers", "0:10:12.5,1000000:8:9"},
        {"fees.volume_currency", "BTC"},
        {"fees.window_days", "14"},
        {"fees.currency", "BNB"},
        {"fees.currency_discount", "0.25"},
        {"margin.initial", "0.1"},
        {"margin.maintenance", "0.05"},
        {"margin.liquidation", "isolated"},
        {"margin.hedged", "larger"},
        {"margin.liquidation_fee", "0.005"},
        {"margin.call_at", "1.5"},
        {"carry.borrow", "GME.NYSE:0.25"},
        {"carry.interest", "USD:0.06:0.01"},
        {"carry.swap", "EURUSD.FX:-0.00008:0.00002"},
        {"carry.deposit_rates", "EUR:0.02"},
        {"carry.rollover_markup", "0.005"},
        {"carry.year_days", "365"},
        {"simulation.fills", "backtrader"},
        {"simulation.slippage", "volume:0.1"},
        {"simulation.latency", "50ms"},
        {"simulation.latency_insert", "uniform:1ms:5ms"},
        {"simulation.latency_replace", "normal:5ms:1ms"},
        {"simulation.latency_cancel", "lognormal:5ms:0.5"},
        {"simulation.latency_report", "1us"},
        {"simulation.latency_market_data", "uniform:0:5ms"},
        {"simulation.latency_seed", "7"},
        {"simulation.reports", "as_they_come"},
        {"simulation.participation", "0.25"},
        {"simulation.queue", "power2:0.5"},
        {"simulation.impact", "sqrt:5:500ms"},
        {"simulation.exchange_clock", "ignored"},
        {"simulation.check_funds", "false"},
        {"venue.statuses", status_file()},
        {"venue.halted_orders", "rejected"},
        {"venue.auctions", auction_file()},
        {"venue.open_cutoff", "2m"},
        {"venue.close_cutoff", "10m"},
        {"venue.price_limits", "ES.CME:7%,*:20%/10%:last"},
        {"risk.max_position", "1000"},
        {"risk.max_order_notional", "5000"},
        {"risk.max_gross_exposure", "90000.5"},
        {"risk.max_orders_per_second", "10"},
        {"risk.limits", "soft gross of instrument <= 20%"},
        {"risk.brakes", "drawdown > 15%: reducing"},
        {"risk.sectors", "tech: SPY.ARCA"},
        {"risk.stress", "sector:tech -35%, all -10%"},
        {"risk.restricted", "SPY.ARCA"},
        {"risk.self_trades", "deny"},
        {"risk.benchmark", "SPY.ARCA"},
        {"risk.history", "500"},
        {"risk.confidence", "99%"},
        {"risk.var", "historical"},
        {"risk.participation", "5%"},
        {"risk.correlated", "0.8"},
        {"risk.duplicates", "500ms"},
        {"risk.defaults", "true"},
        {"metrics.benchmark", "none"},
        {"metrics.risk_free", "0.02"},
        {"metrics.annual_factor", "365"},
    };
    return kSamples;
}

class RunConfigTest : public testing::Test {
protected:
    void SetUp() override {
        path_ = fs::temp_directory_path() / fmt::format("tradewind-{}.toml", ::getpid());
    }
    void TearDown() override { fs::remove(path_); }

    std::expected<RunConfig, std::string> load(std::string_view toml) {
        std::ofstream{path_} << toml;
        RunConfig config;
        if (auto done = load_config(config, path_); !done) return std::unexpected(done.error());
        return config;
    }
    /// The error less the file's name.
    std::string error_of(std::string_view toml) {
        const auto config = load(toml);
        if (config) return "none";
        EXPECT_EQ(config.error().find('\n'), std::string::npos) << config.error();
        EXPECT_TRUE(config.error().starts_with(path_.string() + ":")) << config.error();
        return config.error().substr(path_.string().size() + 1);
    }

    fs::path path_;
};

std::string set_error(std::string_view key, std::string_view value) {
    RunConfig config;
    const auto done = set_option(config, key, value);
    return done ? "none" : done.error();
}

// --- one meaning, three ways --------------------------------------------------------------------

TEST_F(RunConfigTest, every_option_means_the_same_in_the_file_with_set_and_as_a_flag) {
    for (const Option& option : run_options()) {
        const auto sample = samples().find(option.key);
        ASSERT_NE(sample, samples().end()) << option.key << " has no sample in this test";
        RunConfig by_flag, by_set;
        must(set_option(by_flag, option.key, sample->second));
        must(apply_assignment(by_set, fmt::format("{}={}", option.key, sample->second)));
        const std::size_t dot = option.key.find('.');
        const RunConfig by_file =
            must(load(fmt::format("[{}]\n{} = \"{}\"\n", option.key.substr(0, dot),
                                  option.key.substr(dot + 1), sample->second)));
        EXPECT_NE(shown(by_flag), shown(RunConfig{})) << option.key;
        EXPECT_EQ(shown(by_set), shown(by_flag)) << option.key;
        EXPECT_EQ(shown(by_file), shown(by_flag)) << option.key;
    }
}

TEST_F(RunConfigTest, takes_numbers_flags_dates_and_lists_as_toml_writes_them) {
    const RunConfig config = must(load(R"(
        [data]
        instruments = ["SPY.ARCA", "KO.NYSE"]
        from = 2014-05-02
        to = 2014-05-02T12:30:00Z
        [account]
        cash = 2500
        [fees]
        bps = 0.1
        minimum = 1e-3
        [simulation]
        check_funds = false
    )"));
    EXPECT_EQ(config.instruments, (std::vector<std::string>{"SPY.ARCA", "KO.NYSE"}));
    EXPECT_EQ(config.from, test::at("2014-05-02"));
    EXPECT_EQ(config.to, test::at("2014-05-02T12:30:00Z"));
    EXPECT_EQ(config.cash, whole_money(2500));
    EXPECT_EQ(config.fee, Rate{10'000});
    EXPECT_EQ(config.fee_minimum, test::money("0.001"));
    EXPECT_FALSE(config.check_funds);
}

TEST_F(RunConfigTest, set_stands_in_for_the_files_list) {
    RunConfig config = must(load("data.instruments = ['A.NYSE', 'B.NYSE']\n"));
    must(apply_assignment(config, "data.instruments=C.NYSE"));
    EXPECT_EQ(config.instruments, std::vector<std::string>{"C.NYSE"});
}

// --- strategies ---------------------------------------------------------------------------------

TEST_F(RunConfigTest, parameters_go_to_the_strategy_whichever_way_they_come) {
    const RunConfig file =
        must(load("[strategy]\nslow = 30\nname = 'sma-cross'\nshare = 0.5\nbars = '5m'\n"
                  "instruments = ['A.NYSE']\n"));
    RunConfig set;
    for (const char* one : {"strategy.name=sma-cross", "strategy.share=0.5", "strategy.slow=30",
                            "strategy.bars=5m", "strategy.instruments=A.NYSE"}) {
        must(apply_assignment(set, one));
    }
    EXPECT_EQ(shown(file), shown(set));
}

TEST_F(RunConfigTest, later_parameter_stands_in_for_the_files) {
    RunConfig config = must(load("[strategy]\nname = 'sma-cross'\nfast = 5\n"));
    must(set_option(config, "strategy.fast", "7"));
    EXPECT_EQ(config.strategies[0].params.entries,
              (std::vector<std::pair<std::string, std::string>>{{"fast", "7"}}));
}

TEST_F(RunConfigTest, takes_several_strategies_in_their_order) {
    RunConfig config = must(load("[[strategy]]\nname = 'b'\n[[strategy]]\nname = 'a'\n"));
    ASSERT_EQ(config.strategies.size(), 2U);
    EXPECT_EQ(config.strategies[0].name, "b");
    EXPECT_EQ(set_option(config, "strategy.fast", "7").error(),
              "strategy.fast: the file has several strategies; set it there");
}

TEST_F(RunConfigTest, refuses_a_strategy_that_cannot_be) {
    EXPECT_EQ(error_of("[strategy]\nfast = 5\n"), "1:1: strategy has no name");
    EXPECT_EQ(error_of("strategy = 5\n"), "1:12: strategy is a table");
    EXPECT_EQ(error_of("[strategy]\nname = 'x'\nbars = 'soon'\n"),
              "3:8: strategy.bars: 'soon' is not a bar interval");
    EXPECT_EQ(error_of("[strategy]\nname = 'x'\nfast = [1]\n"),
              "3:8: strategy.fast is no plain value");
    EXPECT_EQ(error_of("[strategy]\nname = 'x'\ninstruments = [1]\n"), "3:16: a symbol is a text");
    EXPECT_EQ(set_error("strategy.", "x"), "strategy.: names no parameter");
    EXPECT_EQ(set_error("strategy.bars", "soon"), "strategy.bars: 'soon' is not a bar interval");
}

// --- errors -------------------------------------------------------------------------------------

TEST_F(RunConfigTest, unknown_setting_suggests_the_nearest) {
    EXPECT_EQ(set_error("account.cahs", "1"),
              "account.cahs: there is no such setting; did you mean account.cash?");
    EXPECT_EQ(set_error("fee.bps", "1"),
              "fee.bps: there is no such setting; did you mean fees.bps?");
    EXPECT_EQ(error_of("[risk]\nmax_positions = 5\n"),
              "2:17: risk.max_positions: there is no such setting; did you mean "
              "risk.max_position?");
}

TEST_F(RunConfigTest, refuses_values_of_the_wrong_kind_or_out_of_range) {
    const std::pair<const char*, std::vector<std::string>> bad[] = {
        {"data.instruments", {"", ",", "A,", "A,,B"}},
        {"data.kind", {"", "tick", "Bar"}},
        {"data.interval", {"", "5", "m5", "-5m"}},
        {"data.from", {"", "yesterday", "2014-13-01", "2014-02-30"}},
        {"account.cash", {"", "-1", "1,000", "lots"}},
        {"account.currency", {"", "usd", "DOLLARSIGN"}},
        {"account.kind", {"", "savings"}},
        {"account.positions", {"", "both"}},
        {"fees.bps", {"", "10001", "-10001", "x"}},
        {"fees.per_unit", {"-0.1", "x"}},
        {"simulation.fills", {"", "optimistic"}},
        {"simulation.slippage", {"", "bps", "bps:", "bps:-1", "bps:x", "pips:1"}},
        {"account.deposits", {"", "BNB", "BNB:0", "BNB:-1", "bnb:1", "BNB:1:2"}},
        {"fees.tiers", {"", "0:1", "1:10:10", "0:x:1", "-1:1:1", "0:1:10001", "0:1:1,0:1:1"}},
        {"fees.window_days", {"0", "3651", "1.5", "x"}},
        {"fees.currency", {"", "bnb"}},
        {"fees.currency_discount", {"-0.1", "1.1", "x"}},
        {"simulation.latency",
         {"", "50", "-1ms", "soon", "uniform:1ms", "uniform:5ms:1ms", "normal:1ms:x",
          "lognormal:1ms:-1", "gamma:1ms:1ms"}},
        {"margin.initial", {"0", "-0.1", "1.1", "x"}},
        {"margin.liquidation", {"", "always"}},
        {"margin.hedged", {"", "half"}},
        {"margin.liquidation_fee", {"-0.1", "1.1", "x"}},
        {"margin.call_at", {"0.9", "x"}},
        {"carry.borrow", {"", "GME", ":0.1", "GME:x", "GME:101"}},
        {"carry.interest", {"", "USD", "USD:0.1", "usd:0.1:0", "USD:x:0"}},
        {"carry.swap", {"", "EURUSD.FX:1", ":1:1", "EURUSD.FX:x:1"}},
        {"carry.deposit_rates", {"", "EUR", "EUR:x", "eur:0.1"}},
        {"carry.rollover_markup", {"-0.1", "x"}},
        {"carry.year_days", {"", "364"}},
        {"simulation.latency_seed", {"", "-1", "x"}},
        {"simulation.reports", {"", "sorted"}},
        {"simulation.participation", {"0", "-0.1", "1.1", "x"}},
        {"simulation.queue", {"", "exact", "power:0", "log:2"}},
        {"simulation.impact", {"", "sqrt", "linear:5", "linear:5:0s", "none:1:1s"}},
        {"simulation.exchange_clock", {"", "fast"}},
        {"simulation.check_funds", {"", "yes", "1"}},
        {"venue.statuses", {""}},
        {"venue.halted_orders", {"", "kept"}},
        {"venue.auctions", {""}},
        {"venue.open_cutoff", {"", "-1m", "2", "1d"}},
        {"venue.close_cutoff", {"", "x"}},
        {"venue.price_limits", {"", "10%", "X:", "X:-5%", "X:5%:open", "X:5%/5"}},
        {"risk.max_position", {"0", "-1", "x"}},
        {"risk.max_order_notional", {"-1", "x"}},
        {"risk.max_orders_per_second", {"0", "1.5", "1000001", "nan", "x"}},
        {"risk.limits",
         {"", "gross", "gross <=", "gross <= x", "gross <= -1", "gross <= 0", "gross <= 1 per 1d",
          "grss <= 1", "gross of moon <= 1", "gross of sector: <= 1", "gross of portfolio:x <= 1",
          "position <= 5%", "orders <= 5", "orders <= 1.5 per 1s", "orders <= 5 per 1",
          "soft orders <= 5 per 1s", "loss <= 5% per 2d", "leverage of strategy <= 2",
          "gross <= 1 2"}},
        {"risk.brakes",
         {"", "drawdown > 5%", "drawdown > 5: warn", "drawdown < 5%: warn", "fall > 5%: warn",
          "drawdown > 5%: stop", "drawdown > 1001%: warn", "rejects > 100001 per 1m: halted",
          "drawdown > 5%: active", "drawdown > 5% of instrument: warn", "rejects > 5: halted",
          "rejects > 5% per 1m: halted", "drawdown > 5%: halted for 1d",
          "drawdown > 5%: warn rearm 6%", "stale > 5: warn", "drawdown > 5%: warn now"}},
        {"risk.stress",
         {"", "all", "all -0.2", "all -101%", "all -5%,", "moon:x -5%", "all -5% x"}},
        {"risk.sectors", {"", "tech", "tech:", ": A.X", "a b: A.X", "tech: A.X A.X"}},
        {"risk.self_trades", {"", "yes"}},
        {"risk.history", {"", "59", "5001", "70.5", "x"}},
        {"risk.confidence", {"", "95", "49%", "100%", "x%"}},
        {"risk.var", {"", "normal"}},
        {"risk.participation", {"", "0%", "101%", "5"}},
        {"risk.correlated", {"", "0", "1", "x"}},
        {"risk.duplicates", {"", "5", "x"}},
        {"risk.defaults", {"", "yes"}},
        {"metrics.risk_free", {"-1", "11", "nan", "x"}},
        {"metrics.annual_factor", {"0", "-1", "inf", "x"}},
    };
    for (const auto& [key, values] : bad) {
        for (const std::string& value : values) {
            EXPECT_TRUE(set_error(key, value).starts_with(std::string{key} + ": '"))
                << key << '=' << value << " -> " << set_error(key, value);
        }
    }
}

TEST_F(RunConfigTest, malformed_assignment_says_how_to_write_one) {
    RunConfig config;
    for (const char* bad : {"account.cash", "=5", ""}) {
        EXPECT_EQ(apply_assignment(config, bad).error(),
                  fmt::format("--set {}: write it as section.key=value", bad));
    }
    EXPECT_TRUE(
        apply_assignment(config, "account.cash=x").error().starts_with("--set account.cash: 'x'"));
}

TEST_F(RunConfigTest, error_carries_line_and_column_of_the_value) {
    EXPECT_EQ(error_of("[account]\n\ncash = 'lots'\n"),
              "3:8: account.cash: 'lots' is not an amount of money, such as 100000 or 99.5");
    EXPECT_EQ(error_of("account = 5\n"), "1:11: account is a section: write [account]");
}

TEST_F(RunConfigTest, tells_the_first_error_of_the_file_whatever_the_order_of_hashes) {
    for (const char* names : {"cash currency kind", "kind cash currency", "currency kind cash"}) {
        std::string toml = "[account]\n";
        std::string_view rest = names, first = rest.substr(0, rest.find(' '));
        while (!rest.empty()) {
            const std::size_t space = std::min(rest.find(' '), rest.size());
            toml += fmt::format("{} = '?'\n", rest.substr(0, space));
            rest = rest.substr(std::min(space + 1, rest.size()));
        }
        EXPECT_NE(error_of(toml).find(fmt::format("account.{}:", first)), std::string::npos);
        EXPECT_TRUE(error_of(toml).starts_with("2:")) << error_of(toml);
    }
}

TEST_F(RunConfigTest, tells_broken_toml_in_one_line_with_its_place) {
    for (const char* broken : {"[account\ncash = 5\n", "cash\n", "a = 'x\n", "a = 1\na = 2\n",
                               "a = 1979-99-99\n", "= 1\n", "\xff\xfe\n"}) {
        const std::string error = error_of(broken);
        EXPECT_NE(error, "none") << broken;
        EXPECT_TRUE(error.size() > 4 && error[0] >= '1' && error[0] <= '9') << error;
    }
}

TEST_F(RunConfigTest, names_a_file_that_is_not_there) {
    RunConfig config;
    EXPECT_EQ(load_config(config, "no/such.toml").error(), "no/such.toml: there is no such file");
}

TEST_F(RunConfigTest, reads_recorded_borrow_costs_from_a_file) {
    std::ofstream{path_} << "ts,rate\n5,0.25\n6,0.5\n";
    RunConfig config;
    must(set_option(config, "carry.borrow", "GME.NYSE:recorded:" + path_.string()));
    ASSERT_EQ(config.carry.borrow.size(), 1U);
    EXPECT_EQ(config.carry.borrow[0].rates[1],
              (sim::RateFrom{.from = {6}, .a_year = Rate{base::kDecimalOne / 2}}));
    std::ofstream{path_} << "ts,rate\n5,0.25\n5,0.5\n";
    EXPECT_NE(set_error("carry.borrow", "GME.NYSE:recorded:" + path_.string())
                  .find(":3: field 'ts': is no instant after the one before"),
              std::string::npos);
}

// --- recorded latencies -------------------------------------------------------------------------

TEST_F(RunConfigTest, reads_recorded_latencies_from_a_file) {
    std::ofstream{path_} << "ts,latency_ns,what\n5,100,a\n6,200,b\n";
    for (const char* how : {"recorded:", "recorded_by_time:"}) {
        RunConfig config;
        must(set_option(config, "simulation.latency_report", how + path_.string()));
        const sim::LatencyModel& model = config.latencies.report;
        ASSERT_EQ(model.measured.size(), 2U);
        const bool by_time = std::string_view{how} != "recorded:";  // in turn: no instant is read
        EXPECT_EQ(model.measured[1],
                  (sim::MeasuredLatency{.at = {by_time ? 6 : 0}, .latency = {200}}));
        EXPECT_EQ(model.kind == sim::LatencyKind::by_time, by_time);
    }
}

TEST_F(RunConfigTest, names_the_line_of_a_recorded_latency_that_is_none) {
    const auto error = [&](std::string_view csv, const char* how = "recorded_by_time:") {
        std::ofstream{path_} << csv;
        std::string text = set_error("simulation.latency", how + path_.string());
        EXPECT_EQ(text.find('\n'), std::string::npos) << text;
        const std::size_t at = text.find(path_.string());
        return at == std::string::npos ? text : text.substr(at + path_.string().size());
    };
    EXPECT_EQ(error("latency_ns\n5\n"),
              ":1: field 'ts': there is no such column; the first line names the columns");
    EXPECT_EQ(error("ts\n5\n"),
              ":1: field 'latency_ns': there is no such column; the first line names the columns");
    EXPECT_EQ(
        error("ts,latency_ns\n5,10\n6,-1\n"),
        ":3: field 'latency_ns': is no number of nanoseconds; write a whole number from 0 on");
    EXPECT_EQ(error("ts,latency_ns\n5,10\n4,10\n"),
              ":3: field 'ts': is no instant at or after the one before; write UTC nanoseconds "
              "since 1970, sorted");
    EXPECT_EQ(error("latency_ns\n", "recorded:"), "' is not a file with a row of latencies");
}

}  // namespace
}  // namespace tradewind::apps
