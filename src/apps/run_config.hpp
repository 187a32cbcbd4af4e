// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/feature_sources.hpp"
#include "apps/finer_choice.hpp"
#include "domain/event.hpp"
#include "risk/settings.hpp"
#include "risk/stop.hpp"
#include "signal/params.hpp"
#include "signal/sizer.hpp"
#include "sim/settings.hpp"

namespace tradewind::apps {

/// One strategy as a user asks for it.
struct StrategyConfig {
    std::string name;                      ///< of a built-in, or of the library's file
    std::vector<std::string> instruments;  ///< empty: all of the run's
    std::string bars;                      ///< empty: those of the data
    std::vector<risk::Stop> stops;
    std::optional<signal::SizeSettings> sizing;
    signal::Params params;
};

/// A trading status as a file tells it.
struct StatusRow {
    std::string place;  ///< "FILE:LINE", for who cannot use it
    std::string symbol;
    Timestamp at;
    MarketState state = MarketState::open;
};

/// An auction's print as a file tells it; its instrument is looked up later.
struct AuctionRow {
    std::string place;  ///< "FILE:LINE"
    std::string symbol;
    sim::AuctionPrint print;
};

/// A setting of [models] or [walkforward], which only the verbs that train read.
struct TrainingSetting {
    std::string key;    ///< "models.lstm.hidden"
    std::string json;   ///< its value
    std::string where;  ///< "FILE:LINE:COLUMN", "--set"
};

/// A run as a user asks for it: what the TOML file, --set and the flags say, before the catalog is
/// looked at.
struct RunConfig {
    std::string catalog;
    std::vector<std::string> instruments;
    std::string kind;  ///< bar, quote, trade or book; empty: what the catalog has, in this order
    std::string interval;  ///< "1d", "5m", "100-ticks"; empty: the only one that the catalog has
    FinerWish finer;
    std::optional<Timestamp> from;
    std::optional<Timestamp> to;

    std::vector<StrategyConfig> strategies;
    std::vector<std::pair<std::string, std::string>> features;  ///< expressions by name
    std::vector<GroupChoice> groups;                            ///< that they may name
    std::vector<SourceChoice> sources;                          ///< as well
    std::vector<TrainingSetting> training;

    Money cash = whole_money(100'000);
    std::vector<CashFlow> deposits;           ///< of other currencies, beside the cash
    std::optional<Currency> currency;         ///< absent: what the instruments are quoted in
    std::optional<sim::AccountKind> account;  ///< absent: cash, or margin where something needs it
    PositionMode positions = PositionMode::netting;
    std::optional<HedgedMargin> hedged_margin;  ///< absent: of both sides in full

    std::optional<Rate> fee;  ///< of notional, maker and taker alike
    std::optional<Rate> fee_maker;
    std::optional<Rate> fee_taker;
    std::optional<Money> fee_per_unit;
    std::optional<Money> fee_minimum;
    Currency fee_currency;  ///< unknown: each instrument's own
    sim::FeeTerms fee_terms;
    std::optional<Rate> margin_initial;  ///< absent: each instrument's own
    std::optional<Rate> margin_maintenance;
    sim::MarginSettings margin;
    sim::CarrySettings carry;

    sim::FillMode fills = sim::FillMode::strict;
    sim::SlippageModel slippage;
    sim::Latencies latencies;
    sim::BookSettings book;
    std::optional<Rate> participation;
    std::vector<sim::PriceLimit> price_limits;
    std::vector<StatusRow> statuses;
    sim::HaltedOrders halted_orders = sim::HaltedOrders::queued;
    std::vector<AuctionRow> auctions;
    Duration open_cutoff{};
    Duration close_cutoff{};
    bool check_funds = true;

    risk::Settings risk;
    std::vector<risk::Limit> plain_limits;  ///< of settings that are one limit each
    bool default_risk = false;              ///< beside them those of `risk::default_settings`

    std::string benchmark;  ///< a symbol, "none", or empty: the instrument where there is one
    double risk_free = 0.0;
    std::optional<double> annual_factor;
};

/// One thing that can be set, by the same name in the file ("account.cash"), with --set, and as a
/// flag.
struct Option {
    std::string_view key;   ///< section.name
    std::string_view flag;  ///< "--cash"; empty: none
    std::string_view help;
    bool repeats = false;  ///< a list: each value is added
    /// The error is what is wrong with the value: "'x' is not an amount of money".
    std::expected<void, std::string> (*set)(RunConfig&, std::string_view value);
};

[[nodiscard]] std::span<const Option> run_options();

/// Whether a section or a key is one of [models] or [walkforward].
[[nodiscard]] bool is_of_training(std::string_view key);

/// Sets one key; strategy.<parameter> goes to the only strategy. The error names the key, and the
/// nearest known one where there is none of that name.
[[nodiscard]] std::expected<void, std::string> set_option(RunConfig& config, std::string_view key,
                                                          std::string_view value);
/// Empties what the key lists, where it is a list: what is set next stands in for it.
void clear_list(RunConfig& config, std::string_view key);
/// Stops, parted by semicolons: "fixed 5%; time 20 bars".
[[nodiscard]] std::expected<void, std::string> add_stops(StrategyConfig& strategy,
                                                         std::string_view texts);
/// "section.key=value", as --set takes it. A list stands in for the one before.
[[nodiscard]] std::expected<void, std::string> apply_assignment(RunConfig& config,
                                                                std::string_view assignment);

/// Reads a TOML file into `config`. Errors are one line: "FILE:LINE:COLUMN: what, and the mend".
[[nodiscard]] std::expected<void, std::string> load_config(RunConfig& config,
                                                           const std::string& path);

}  // namespace tradewind::apps
