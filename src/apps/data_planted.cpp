// SPDX-License-Identifier: Apache-2.0
#include "apps/data_planted.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "apps/planted_file.hpp"
#include "base/try.hpp"
#include "sim/generate.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kInstrumentsMax = 10'000;
constexpr std::uint64_t kBarsMax = 100'000'000;
/// So far the log price may go, as the standard deviation at the end: prices stay in their range.
constexpr double kDeviationMax = 2.0;
constexpr double kYearsMax = 150.0;
/// Far from the next seed that somebody would ask for.
constexpr std::uint64_t kSeedStep = 1'000'003;

struct Made {
    std::string symbol;
    std::uint64_t seed = 0;
    sim::PlantedTally tally;
};

std::expected<void, Failure> check(const DataGenerateOptions& o) {
    const double accuracy = o.bayes_accuracy.value_or(0.6);
    const double most =
        sim::bayes_accuracy_max(sim::parse_planted_market(o.market).value_or(sim::PlantedMarket{}));
    if (!(accuracy >= sim::kBayesAccuracyMin && accuracy <= most)) {
        return std::unexpected(bad_usage(
            fmt::format("--bayes-accuracy: should be {} to {}", sim::kBayesAccuracyMin, most)));
    }
    if (!o.model.empty()) {
        return std::unexpected(bad_usage("--market and --model: should be one of them"));
    }
    if (o.drift) return std::unexpected(bad_usage("--drift: planted markets have none"));
    if (o.kind != "bar") return std::unexpected(bad_usage("--kind: planted markets have bars"));
    if (o.instruments == 0 || o.instruments > kInstrumentsMax) {
        return std::unexpected(
            bad_usage(fmt::format("--instruments: should be 1 to {}", kInstrumentsMax)));
    }
    if (o.count == 0 || o.count > kBarsMax) {
        return std::unexpected(bad_usage(fmt::format("--bars: should be 1 to {}", kBarsMax)));
    }
    if (!(o.price >= 0.01 && o.price <= 1e6)) {
        return std::unexpected(bad_usage("--price: should be 0.01 to 1000000"));
    }
    return {};
}

std::expected<sim::PlantedSettings, Failure> settings_of(const DataGenerateOptions& o) {
    TRY_VOID(check(o));
    sim::PlantedSettings out{.bayes_accuracy = o.bayes_accuracy.value_or(0.6),
                             .seed = o.seed,
                             .volatility = o.volatility,
                             .first_price = o.price};
    const auto market = sim::parse_planted_market(o.market);
    if (!market) {
        return std::unexpected(
            bad_usage(fmt::format("--market: {} is none of planted-ar, planted-regimes, "
                                  "planted-interaction, planted-memory, planted-gate",
                                  wire::quoted(o.market))));
    }
    out.market = *market;
    const auto interval = parse_duration(o.interval);
    if (!interval || interval->ns <= 0) {
        return std::unexpected(bad_usage(
            fmt::format("--interval: {} is none like 1m, 1h or 1d", wire::quoted(o.interval))));
    }
    out.interval = *interval;
    const auto start = parse_timestamp(o.from);
    if (!start) {
        return std::unexpected(
            bad_usage(fmt::format("--from: {} is no time", wire::quoted(o.from))));
    }
    out.start = *start;
    const double years =
        static_cast<double>(o.count) * sim::years_of(CalendarKind::always_open, out.interval);
    if (years > kYearsMax) {
        return std::unexpected(bad_usage("--bars: that many rows reach past the year 2200"));
    }
    if (!(o.volatility > 0 && o.volatility <= 10)) {
        return std::unexpected(bad_usage("--volatility: should be above 0 and at most 10 a year"));
    }
    const double deviation = sim::log_price_deviation(out, o.count);
    if (deviation > kDeviationMax) {
        return std::unexpected(bad_usage(
            fmt::format("--volatility: prices would run out of their range in so many bars; at "
                        "most {:.2g} here",
                        kDeviationMax / deviation * o.volatility)));
    }
    return out;
}

/// Always open, with ticks that take nothing from small returns.
InstrumentOptions with_defaults(const InstrumentOptions& given, double price) {
    InstrumentOptions out = given;
    if (!out.asset_class) out.asset_class = "crypto_spot";
    if (!out.currency) out.currency = "USD";
    if (!out.calendar) out.calendar = "always_open";
    if (!out.tick) out.tick = price < 1 ? "0.00000001" : price < 1000 ? "0.000001" : "0.0001";
    if (!out.lot) out.lot = "0.0001";
    return out;
}

/// "PLANTED.SIM" of three: "PLANTED1.SIM" to "PLANTED3.SIM".
std::string numbered(const std::string& symbol, std::uint64_t number, std::uint64_t of) {
    if (of == 1) return symbol;
    const std::size_t dot = std::min(symbol.rfind('.'), symbol.size());
    return fmt::format("{}{}{}", symbol.substr(0, dot), number + 1, symbol.substr(dot));
}

std::expected<Instrument, Failure> define(catalog::Transaction& transaction,
                                          const DataGenerateOptions& o, const std::string& symbol) {
    const Instrument* stored = transaction.find_instrument(symbol);
    const bool known = stored != nullptr || !o.definition.file.empty();
    Instrument out = TRY(resolve_instrument(
        stored, symbol, known ? o.definition : with_defaults(o.definition, o.price)));
    if (out.calendar != CalendarKind::always_open) {
        return std::unexpected(
            bad_usage(fmt::format("{}: a planted market never closes; --calendar always_open, or "
                                  "another --instrument",
                                  symbol)));
    }
    if (auto done = transaction.put_instrument(out); !done) {
        return std::unexpected(as_failure(done.error()));
    }
    return out;
}

std::expected<Made, Failure> make(catalog::Transaction& transaction, const DataGenerateOptions& o,
                                  const std::string& symbol, sim::PlantedSettings settings) {
    settings.instrument = TRY(define(transaction, o, symbol));
    if (!sim::is_fine_enough(settings)) {
        return std::unexpected(bad_usage(
            fmt::format("{}: its tick would swallow returns; a bar moves by {:.2g}, take a tick of "
                        "a thousandth of that, a longer interval or more volatility",
                        symbol, settings.step() * settings.first_price)));
    }
    const auto key = TRY(parse_series_key(symbol, o.kind, o.interval));
    sim::PlantedBars bars{settings};
    sim::RuleTally rule{settings};
    TRY_VOID(store_rows(transaction, key, o.count, [&](ports::Columns& rows, std::size_t n) {
        bars.append(rows, n);
        rule.take(rows);
    }));
    return Made{.symbol = symbol, .seed = settings.seed, .tally = rule.tally()};
}

/// Another truth of the same symbol would be lost.
std::expected<void, Failure> check_truth(const sim::PlantedTruths& truths,
                                         const std::string& symbol, const sim::PlantedTruth& truth,
                                         bool replace) {
    const auto found = truths.find(symbol);
    if (replace || found == truths.end() || found->second == truth) return {};
    return std::unexpected(bad_usage(fmt::format(
        "{}: the catalog has it as {} of {}, seed {}; --replace puts this in its place, or take "
        "another --instrument",
        symbol, to_string(found->second.market), found->second.interval, found->second.seed)));
}

struct Planted {
    sim::PlantedSettings settings;
    std::vector<Made> markets;
    catalog::CommitSummary summary;
};

std::expected<Planted, Failure> plant(const DataGenerateOptions& o) {
    Planted out{.settings = TRY(settings_of(o)), .markets = {}, .summary = {}};
    auto begun =
        catalog::Transaction::begin(o.catalog, o.replace ? catalog::Overlap::replace_series
                                                         : catalog::Overlap::must_be_identical);
    if (!begun) return std::unexpected(as_failure(begun.error()));
    sim::PlantedTruths truths = TRY(read_planted(o.catalog));
    for (std::uint64_t k = 0; k < o.instruments; ++k) {
        sim::PlantedSettings one = out.settings;
        one.seed = o.seed + k * kSeedStep;
        const std::string symbol = numbered(o.instrument, k, o.instruments);
        const sim::PlantedTruth truth{.market = one.market,
                                      .bayes_accuracy = one.bayes_accuracy,
                                      .seed = one.seed,
                                      .interval = o.interval};
        TRY_VOID(check_truth(truths, symbol, truth, o.replace));
        out.markets.push_back(TRY(make(**begun, o, symbol, one)));
        truths.insert_or_assign(symbol, truth);
    }
    auto commit = (*begun)->commit();
    if (!commit) return std::unexpected(as_failure(commit.error()));
    out.summary = std::move(*commit);
    TRY_VOID(write_planted(o.catalog, truths));
    return out;
}

const catalog::SeriesChange& change_of(const catalog::CommitSummary& summary,
                                       const std::string& symbol) {
    return *std::find_if(summary.series.begin(), summary.series.end(),
                         [&](const auto& one) { return one.key.symbol == symbol; });
}

Json json_of(const Made& made, const catalog::SeriesChange& change) {
    return {{"instrument", made.symbol},
            {"seed", made.seed},
            {"base_rate", made.tally.base_rate()},
            {"realised_accuracy", made.tally.accuracy()},
            {"flat_rows", made.tally.flat},
            {"rows_added", change.rows_added},
            {"rows_identical", change.rows_identical},
            {"rows_replaced", change.rows_replaced},
            {"first", to_string(change.first)},
            {"last", to_string(change.last)}};
}

sim::PlantedTally total_of(const Planted& planted) {
    sim::PlantedTally out;
    for (const Made& made : planted.markets) out.add(made.tally);
    return out;
}

void print_json(const DataGenerateOptions& o, const Planted& planted) {
    const sim::PlantedTally total = total_of(planted);
    Json out{{"catalog", o.catalog},
             {"market", o.market},
             {"kind", o.kind},
             {"interval", o.interval},
             {"bayes_accuracy", planted.settings.bayes_accuracy},
             {"base_rate", total.base_rate()},
             {"realised_accuracy", total.accuracy()},
             {"rule", sim::rule_in_words(planted.settings.market)},
             {"instruments", Json::array()}};
    for (const Made& made : planted.markets) {
        out["instruments"].push_back(json_of(made, change_of(planted.summary, made.symbol)));
    }
    // what there is one of stands above, too, as without a market
    if (planted.markets.size() == 1) {
        const Json one = out["instruments"][0];
        for (const auto& [key, value] : one.items()) out[key] = value;
    }
    fmt::print("{}\n", out.dump(2));
}

}  // namespace

int run_data_planted(const DataGenerateOptions& options) {
    const auto made = plant(options);
    if (!made) return report(made.error());
    if (options.json) {
        print_json(options, *made);
        return 0;
    }
    for (const Made& one : made->markets) {
        const catalog::SeriesChange& change = change_of(made->summary, one.symbol);
        fmt::print("{}: {} rows of {}, seed {} ({} to {})\n", ports::to_string(change.key),
                   with_commas(change.rows_added + change.rows_identical), options.market, one.seed,
                   to_string(change.first), to_string(change.last));
    }
    const sim::PlantedTally total = total_of(*made);
    fmt::print("the best rule is right {:.4f} of the time, {:.4f} here; {:.4f} of the bars go up\n",
               made->settings.bayes_accuracy, total.accuracy(), total.base_rate());
    fmt::print("the rule: {}\n", sim::rule_in_words(made->settings.market));
    return 0;
}

}  // namespace tradewind::apps
