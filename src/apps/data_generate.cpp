// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/data_common.hpp"
#include "apps/data_planted.hpp"
#include "apps/planted_file.hpp"
#include "base/try.hpp"
#include "sim/generate.hpp"

namespace tradewind::apps {
namespace {

using ports::SeriesKind;

constexpr std::uint64_t kCountMax = 10'000'000'000;

std::expected<sim::MarketModel, Failure> model_of(const DataGenerateOptions& o) {
    const double drift = o.drift.value_or(0.05);
    if (o.model == "gbm") return sim::Gbm{.drift = drift, .volatility = o.volatility};
    if (o.model == "garch") return sim::Garch{.drift = drift, .volatility = o.volatility};
    if (o.model == "jump") return sim::JumpDiffusion{.drift = drift, .volatility = o.volatility};
    if (o.model == "ou") return sim::OrnsteinUhlenbeck{.volatility = o.volatility};
    if (o.model == "regimes") {
        // calm and rough around the volatility asked for
        return sim::MarkovRegimes{
            .regimes = {{{.drift = drift, .volatility = o.volatility * 0.6, .mean_years = 0.4},
                         {.drift = -drift, .volatility = o.volatility * 2.0, .mean_years = 0.1}}}};
    }
    return std::unexpected(bad_usage(fmt::format(
        "--model: {} is none of gbm, garch, jump, regimes, ou", wire::quoted(o.model))));
}

/// A market of its own where the symbol's venue suggests nothing.
InstrumentOptions with_defaults(const InstrumentOptions& given) {
    InstrumentOptions out = given;
    if (!out.asset_class) out.asset_class = "equity";
    if (!out.currency) out.currency = "USD";
    return out;
}

std::expected<sim::GenerateSettings, Failure> settings_of(const DataGenerateOptions& o,
                                                          Duration interval) {
    sim::GenerateSettings out;
    out.model = TRY(model_of(o));
    out.seed = o.seed;
    out.first_price = o.price;
    out.interval = interval;
    const auto start = parse_timestamp(o.from);
    if (!start)
        return std::unexpected(
            bad_usage(fmt::format("--from: {} is no time", wire::quoted(o.from))));
    out.start = *start;
    if (!(o.price > 0.0 && o.price < 1e9)) {
        return std::unexpected(bad_usage("--price: should be above 0 and below 1e9"));
    }
    if (!(o.volatility >= 0.0 && o.volatility <= 10.0) ||
        !(std::abs(o.drift.value_or(0.0)) <= 10.0)) {
        return std::unexpected(bad_usage("--volatility and --drift: should be within 10 a year"));
    }
    if (o.count == 0 || o.count > kCountMax) {
        return std::unexpected(bad_usage(fmt::format("--count: should be 1 to {}", kCountMax)));
    }
    // an estimate of the last instant, so that time does not run out of its range
    const double years =
        static_cast<double>(o.count) * sim::years_of(out.instrument.calendar, interval) * 3.0;
    if (years > 200.0)
        return std::unexpected(bad_usage("--count: that many rows reach past the year 2200"));
    return out;
}

/// What the catalog was told of a planted market that is no more.
std::expected<void, Failure> forget_planted(const DataGenerateOptions& o) {
    sim::PlantedTruths truths = TRY(read_planted(o.catalog));
    const auto found = truths.find(o.instrument);
    if (found == truths.end() || found->second.interval != o.interval) return {};
    truths.erase(found);
    return write_planted(o.catalog, truths);
}

std::expected<catalog::CommitSummary, Failure> generate(const DataGenerateOptions& o) {
    const auto kind = ports::parse_series_kind(o.kind);
    if (kind != SeriesKind::bar && kind != SeriesKind::quote && kind != SeriesKind::trade) {
        return std::unexpected(bad_usage(
            fmt::format("--kind: {} is none of bar, quote, trade", wire::quoted(o.kind))));
    }
    const auto interval = parse_duration(o.interval);
    if (!interval) {
        return std::unexpected(bad_usage(
            fmt::format("--interval: {} is none like 1m, 1h or 1d", wire::quoted(o.interval))));
    }
    const auto key =
        TRY(parse_series_key(o.instrument, o.kind, *kind == SeriesKind::bar ? o.interval : ""));
    auto begun = catalog::Transaction::begin(
        o.catalog, o.replace ? catalog::Overlap::replace : catalog::Overlap::must_be_identical);
    if (!begun) return std::unexpected(as_failure(begun.error()));
    catalog::Transaction& transaction = **begun;
    const Instrument* stored = transaction.find_instrument(o.instrument);
    const bool known = stored != nullptr || default_instrument(o.instrument).has_value() ||
                       !o.definition.file.empty();
    const Instrument instrument = TRY(resolve_instrument(
        stored, o.instrument, known ? o.definition : with_defaults(o.definition)));
    if (auto done = transaction.put_instrument(instrument); !done) {
        return std::unexpected(as_failure(done.error()));
    }
    sim::GenerateSettings settings = TRY(settings_of(o, *interval));
    settings.instrument = instrument;
    if (*kind == SeriesKind::bar) {
        sim::BarGenerator bars{settings};
        TRY_VOID(store_rows(transaction, key, o.count,
                            [&](ports::Columns& rows, std::size_t n) { bars.append(rows, n); }));
    } else {
        sim::TickGenerator ticks{settings};
        TRY_VOID(store_rows(transaction, key, o.count, [&](ports::Columns& rows, std::size_t n) {
            if (*kind == SeriesKind::quote) {
                ticks.append_quotes(rows, nullptr, n);
            } else {
                ticks.append_trades(rows, n);
            }
        }));
    }
    auto commit = transaction.commit();
    if (!commit) return std::unexpected(as_failure(commit.error()));
    if (o.replace && *kind == SeriesKind::bar) TRY_VOID(forget_planted(o));
    return std::move(*commit);
}

DataGenerateOptions filled_in(DataGenerateOptions o) {
    const bool planted = !o.market.empty();
    if (o.instrument.empty()) o.instrument = planted ? "PLANTED.SIM" : "DEMO.SIM";
    if (o.interval.empty()) o.interval = planted ? "1h" : "1m";
    if (o.model.empty() && !planted) o.model = "gbm";
    return o;
}

}  // namespace

int run_data_generate(const DataGenerateOptions& given) {
    const DataGenerateOptions options = filled_in(given);
    if (!options.market.empty()) return run_data_planted(options);
    if (options.bayes_accuracy || options.instruments != 1) {
        return report(bad_usage("--bayes-accuracy and --instruments: only with --market"));
    }
    const auto made = generate(options);
    if (!made) return report(made.error());
    const catalog::SeriesChange& change = made->series.front();
    if (options.json) {
        const nlohmann::ordered_json out{{"catalog", options.catalog},
                                         {"instrument", options.instrument},
                                         {"kind", options.kind},
                                         {"interval", options.interval},
                                         {"model", options.model},
                                         {"seed", options.seed},
                                         {"rows_added", change.rows_added},
                                         {"rows_identical", change.rows_identical},
                                         {"rows_replaced", change.rows_replaced},
                                         {"first", to_string(change.first)},
                                         {"last", to_string(change.last)}};
        fmt::print("{}\n", out.dump(2));
    } else {
        fmt::print("{}: {} rows of {}, seed {} ({} to {})\n", ports::to_string(change.key),
                   with_commas(change.rows_added + change.rows_identical), options.model,
                   options.seed, to_string(change.first), to_string(change.last));
    }
    return 0;
}

}  // namespace tradewind::apps
