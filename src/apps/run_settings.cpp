// SPDX-License-Identifier: Apache-2.0
#include "apps/run_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "apps/strategy_features.hpp"
#include "apps/strategy_loader.hpp"
#include "base/try.hpp"
#include "research/features/tick_reader.hpp"

namespace tradewind::apps {
namespace {

using Text = std::string;

/// Whether a pattern, in which '*' stands for anything, covers all of a text.
bool matches(std::string_view text, std::string_view pattern) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return text == pattern;
    if (!text.starts_with(pattern.substr(0, star))) return false;
    text.remove_prefix(star);
    pattern.remove_prefix(star + 1);
    // the shortest stretch that lets the rest fit is as good as any
    const std::string_view next = pattern.substr(0, pattern.find('*'));
    if (next.size() == pattern.size()) return text.ends_with(next);
    const std::size_t at = text.find(next);
    return at != std::string_view::npos && matches(text.substr(at), pattern);
}

std::expected<std::vector<Text>, Text> wanted_symbols(const RunConfig& config,
                                                      const ports::History& history) {
    std::vector<Text> out;
    const auto add = [&](const Text& symbol) {
        if (std::find(out.begin(), out.end(), symbol) == out.end()) out.push_back(symbol);
    };
    for (const Text& wanted : config.instruments) {
        if (wanted.find('*') == Text::npos) {
            add(wanted);
            continue;
        }
        const std::size_t before = out.size();
        for (const ports::Series& series : history.series()) {
            if (matches(series.key.symbol, wanted)) add(series.key.symbol);
        }
        if (out.size() == before && wanted != "*") {
            return std::unexpected(fmt::format(
                "{}: the catalog has no instrument of such a name; see tradewind data ls", wanted));
        }
    }
    if (out.empty()) {
        return std::unexpected(
            "no instrument is named; say --instrument SYMBOL (tradewind data ls shows them)");
    }
    return out;
}

bool is_market_data(ports::SeriesKind kind) {
    return kind == ports::SeriesKind::bar || kind == ports::SeriesKind::quote ||
           kind == ports::SeriesKind::trade || kind == ports::SeriesKind::book_level ||
           kind == ports::SeriesKind::book_order;
}

std::vector<const ports::Series*> series_of(const ports::History& history, const Text& symbol) {
    std::vector<const ports::Series*> out;
    for (const ports::Series& series : history.series()) {
        if (series.key.symbol == symbol) out.push_back(&series);
    }
    return out;
}

/// Bid and ask bars of one interval belong together; of other bars one interval is played.
std::expected<std::vector<const ports::Series*>, Text> pick_bars(
    const RunConfig& config, const Text& symbol, const std::vector<const ports::Series*>& all) {
    std::vector<const ports::Series*> bars;
    std::vector<Text> names;
    for (const ports::Series* series : all) {
        if (series->key.kind != ports::SeriesKind::bar) continue;
        bars.push_back(series);
        names.push_back(to_string(series->key.spec));
    }
    if (!config.interval.empty()) {
        const BarSpec wanted = *parse_bar_spec(config.interval);
        const bool any_source = config.interval.find('/') == Text::npos;
        std::erase_if(bars, [&](const ports::Series* series) {
            const BarSpec& spec = series->key.spec;
            if (!any_source) return spec != wanted;
            return spec.unit != wanted.unit || spec.step != wanted.step;
        });
        if (bars.empty()) {
            return std::unexpected(fmt::format("{}: has no bars of {}; there are {}", symbol,
                                               config.interval, fmt::join(names, ", ")));
        }
    }
    const bool several = std::any_of(bars.begin(), bars.end(), [&](const ports::Series* series) {
        return series->key.spec.step != bars.front()->key.spec.step ||
               series->key.spec.unit != bars.front()->key.spec.unit;
    });
    if (several) {
        return std::unexpected(fmt::format("{}: has bars of {}; choose with --interval", symbol,
                                           fmt::join(names, ", ")));
    }
    // Bars of traded prices say all; without them the two sides of the quote are played together.
    const auto last = std::find_if(bars.begin(), bars.end(), [](const ports::Series* series) {
        return series->key.spec.source == PriceSource::last;
    });
    if (last != bars.end()) return std::vector{*last};
    return bars;
}

/// A book with the prints beside it: the one that tells every order, which tells its prints too,
/// where there are both. Empty: there is none.
std::vector<const ports::Series*> pick_book(const std::vector<const ports::Series*>& all) {
    const auto find = [&](ports::SeriesKind kind) {
        return std::find_if(all.begin(), all.end(),
                            [&](const ports::Series* s) { return s->key.kind == kind; });
    };
    const auto orders = find(ports::SeriesKind::book_order);
    if (orders != all.end()) return {*orders};
    const auto levels = find(ports::SeriesKind::book_level);
    if (levels == all.end()) return {};
    const auto trades = find(ports::SeriesKind::trade);
    if (trades == all.end()) return {*levels};
    return {*levels, *trades};
}

std::expected<std::vector<const ports::Series*>, Text> pick_series(const RunConfig& config,
                                                                   const ports::History& history,
                                                                   const Text& symbol) {
    const auto all = series_of(history, symbol);
    const auto of_kind = [&](ports::SeriesKind kind) {
        std::vector<const ports::Series*> out;
        for (const ports::Series* series : all) {
            if (series->key.kind == kind) out.push_back(series);
        }
        return out;
    };
    const auto none = [&](std::string_view what) {
        return std::unexpected(fmt::format(
            "{}: the catalog has no {}; see tradewind data ls, or import some", symbol, what));
    };
    if (history.find_instrument(symbol) == nullptr) return none("instrument of that name");
    std::vector<const ports::Series*> out;
    const bool has_bars = !of_kind(ports::SeriesKind::bar).empty();
    const auto has = [&](ports::SeriesKind kind) { return !of_kind(kind).empty(); };
    const Text kind = !config.kind.empty()                   ? config.kind
                      : has_bars || !config.interval.empty() ? "bar"
                      : has(ports::SeriesKind::quote)        ? "quote"
                      : has(ports::SeriesKind::trade)        ? "trade"
                                                             : "book";
    if (kind == "bar") {
        if (!has_bars) return none("bars");
        out = TRY(pick_bars(config, symbol, all));
    } else if (kind == "book") {
        out = pick_book(all);
        if (out.empty()) return none("order book");
    } else {
        out = of_kind(*ports::parse_series_kind(kind));
        if (out.empty()) return none(kind + "s");
    }
    for (const ports::Series* series : all) {
        if (!is_market_data(series->key.kind)) out.push_back(series);
    }
    return out;
}

/// Fees that the user names stand in for those of every instrument.
void apply_fees(const RunConfig& config, Instrument& instrument) {
    FeeSchedule& fees = instrument.fees;
    if (config.fee) fees.maker = fees.taker = *config.fee;
    if (config.fee_maker) fees.maker = *config.fee_maker;
    if (config.fee_taker) fees.taker = *config.fee_taker;
    if (config.fee_per_unit) fees.per_unit = *config.fee_per_unit;
    if (config.fee_minimum) fees.minimum = *config.fee_minimum;
    if (config.fee_currency.known()) fees.currency = config.fee_currency;
    // The venue charges by tier; who estimates a cost takes the dearest.
    const auto& tiers = config.fee_terms.tiers;
    if (tiers.empty()) return;
    fees.maker = std::ranges::max(tiers, {}, &sim::FeeTier::maker).maker;
    fees.taker = std::ranges::max(tiers, {}, &sim::FeeTier::taker).taker;
}

/// The sessions whose ends the equity curve counts: those of the instruments where they agree.
CalendarKind common_calendar(const InstrumentTable& instruments) {
    const CalendarKind first = instruments.all().front().calendar;
    const bool same = std::all_of(instruments.all().begin(), instruments.all().end(),
                                  [&](const Instrument& i) { return i.calendar == first; });
    return same ? first : CalendarKind::always_open;
}

/// The currency that all instruments are quoted in; several need the user's word.
std::expected<Currency, Text> base_currency(const RunConfig& config,
                                            const InstrumentTable& instruments) {
    if (config.currency) return *config.currency;
    const Currency first = instruments.all().front().quote;
    for (const Instrument& instrument : instruments.all()) {
        if (instrument.quote == first) continue;
        return std::unexpected(
            fmt::format("the instruments are quoted in {} and {}; say --currency", to_string(first),
                        to_string(instrument.quote)));
    }
    return first;
}

sim::AccountKind default_account(const InstrumentTable& instruments) {
    const bool needs_margin =
        std::any_of(instruments.all().begin(), instruments.all().end(), [](const Instrument& i) {
            return i.is_derivative() || i.asset_class == AssetClass::fx_pair;
        });
    return needs_margin ? sim::AccountKind::margin : sim::AccountKind::cash;
}

std::expected<PositionSettings, Text> positions_of(const RunConfig& config) {
    if (config.hedged_margin && config.positions != PositionMode::hedging) {
        return std::unexpected(
            fmt::format("margin.hedged: '{}' is of hedged legs, and positions are netted; say "
                        "--positions hedging",
                        to_string(*config.hedged_margin)));
    }
    return PositionSettings{.mode = config.positions,
                            .margin = config.hedged_margin.value_or(HedgedMargin::gross)};
}

portfolio::AccountKind account_kind(sim::AccountKind kind) {
    return kind == sim::AccountKind::cash ? portfolio::AccountKind::cash
                                          : portfolio::AccountKind::margin;
}

/// The id of an instrument that a file names; none where the run does not trade it.
std::expected<std::optional<InstrumentId>, Text> id_in_file(const Text& symbol, const Text& place,
                                                            const InstrumentTable& instruments,
                                                            const ports::History& history) {
    if (const Instrument* found = instruments.find(symbol)) return found->id;
    if (history.find_instrument(symbol) != nullptr) return std::nullopt;
    return std::unexpected(fmt::format(
        "{}: field 'instrument': the catalog has no '{}'; see tradewind data ls", place, symbol));
}

std::expected<void, Text> resolve_statuses(const RunConfig& config, const ports::History& history,
                                           RunSettings& out) {
    for (const StatusRow& row : config.statuses) {
        const auto id = TRY(id_in_file(row.symbol, row.place, out.instruments, history));
        if (!id) continue;
        out.world.statuses.push_back(
            {.at = row.at, .status = {.instrument = *id, .state = row.state}});
    }
    out.world.halted_orders = config.halted_orders;
    return {};
}

std::expected<void, Text> resolve_auctions(const RunConfig& config, const ports::History& history,
                                           RunSettings& out) {
    for (const AuctionRow& row : config.auctions) {
        const auto id = TRY(id_in_file(row.symbol, row.place, out.instruments, history));
        if (!id) continue;
        out.world.auctions.prints.push_back(row.print);
        out.world.auctions.prints.back().instrument = *id;
    }
    out.world.auctions.open_cutoff = config.open_cutoff;
    out.world.auctions.close_cutoff = config.close_cutoff;
    return {};
}

std::expected<std::vector<InstrumentId>, Text> ids_of(const std::vector<Text>& symbols,
                                                      const InstrumentTable& instruments) {
    std::vector<InstrumentId> out;
    for (const Text& symbol : symbols) {
        const Instrument* instrument = instruments.find(symbol);
        if (instrument == nullptr) {
            return std::unexpected(
                fmt::format("strategy instrument {}: is not among the run's instruments", symbol));
        }
        out.push_back(instrument->id);
    }
    if (symbols.empty()) {
        for (const Instrument& instrument : instruments.all()) out.push_back(instrument.id);
    }
    return out;
}

/// Which bars a strategy gets: those it asks for (made by the engine where the data has others),
/// else the data's; where the data is the two sides of a quote, the bid's.
std::expected<std::optional<BarSpec>, Text> bars_for(const StrategyConfig& wish,
                                                     const StrategyRun& run,
                                                     RunSettings& settings) {
    const auto is_played = [&](const BarSpec& spec) {
        return std::any_of(settings.data.begin(), settings.data.end(), [&](const auto& series) {
            return series.key.kind == ports::SeriesKind::bar && series.key.spec == spec;
        });
    };
    if (wish.bars.empty()) {
        std::optional<BarSpec> first;
        for (const ports::Series& series : settings.data) {
            if (series.key.kind != ports::SeriesKind::bar) continue;
            if (!first || series.key.spec.source == PriceSource::bid) first = series.key.spec;
        }
        return first;
    }
    const auto spec = parse_bar_spec(wish.bars);
    if (!spec)
        return std::unexpected(fmt::format("strategy bars: '{}' is not an interval", wish.bars));
    if (is_played(*spec)) return spec;
    for (const InstrumentId id : run.instruments) {
        settings.engine.aggregations.push_back({.instrument = id, .spec = *spec});
    }
    return spec;
}

/// Takes a parameter out of those that the strategy is made from.
std::optional<Text> take_param(StrategyRun& run, std::string_view name) {
    for (auto one = run.params.entries.begin(); one != run.params.entries.end(); ++one) {
        if (one->first != name) continue;
        Text value = one->second;
        run.params.entries.erase(one);
        return value;
    }
    return std::nullopt;
}

/// `model` and `registry` say what predicts for a strategy that trades on predictions.
std::expected<void, Text> resolve_models(StrategyRun& run) {
    if (!takes_predictions(run.name)) return {};
    const auto which = take_param(run, "model");
    const auto registry = take_param(run, "registry");
    if (!which) {
        if (is_library(run.name)) return {};
        return std::unexpected(fmt::format(
            "strategy {}: say which models, model=NAME; `tradewind models ls` lists what there is",
            run.name));
    }
    auto models = load_models(registry.value_or(default_registry()), *which);
    if (!models) return std::unexpected(fmt::format("strategy {}: {}", run.name, models.error()));
    if (run.bars && to_string(*run.bars) != models->loaded->card.bars) {
        return std::unexpected(fmt::format(
            "strategy {}: its models read bars of {}, and it gets {}; say "
            "strategy.bars={}",
            run.name, models->loaded->card.bars, to_string(*run.bars), models->loaded->card.bars));
    }
    run.models = std::move(*models);
    return {};
}

/// The features of the run are told to each strategy that takes some.
std::expected<void, Text> resolve_features(const RunConfig& config, StrategyRun& run,
                                           RunSettings& out) {
    if (!takes_features(run.name) && !run.models) return {};
    if (!run.models) {  // else theirs alone: what they were taught on
        for (const auto& [name, expression] : config.features) {
            run.params.entries.emplace_back(Text{kFeaturePrefix} + name, expression);
        }
    }
    std::vector<Text> symbols;
    for (const InstrumentId id : run.instruments) {
        symbols.push_back(out.instruments.at(id).symbol);
    }
    for (const GroupChoice& group : config.groups) {
        run.groups.push_back({.name = group.name, .names = TRY(read_group(group, symbols))});
    }
    for (const SourceChoice& source : config.sources) {
        run.sources.push_back(TRY(open_source(source)));
    }
    const auto plan = TRY(plan_features(out, run));
    if (plan) add_feature_bars(out, run, *plan);
    return {};
}

/// One way to size: the user's rule, or the strategy's own parameters.
std::expected<void, Text> resolve_sizing(const StrategyConfig& wish, StrategyRun& run) {
    if (!wish.sizing) return {};
    const signal::BuiltIn* built_in = signal::find_built_in(wish.name);
    if (built_in != nullptr && !built_in->sizes) {
        return std::unexpected(fmt::format(
            "strategy {}: sizes its positions itself; leave out strategy.sizing", wish.name));
    }
    for (const auto& [name, value] : wish.params.entries) {
        if (name != "size" && name != "share") continue;
        return std::unexpected(
            fmt::format("strategy {}: give strategy.sizing or {}, not both", wish.name, name));
    }
    run.sizing = wish.sizing;
    return {};
}

std::expected<void, Text> resolve_strategies(const RunConfig& config, RunSettings& out) {
    if (config.strategies.empty() || config.strategies.front().name.empty()) {
        return std::unexpected("no strategy is named; say --strategy NAME");
    }
    for (const StrategyConfig& wish : config.strategies) {
        StrategyRun run{.name = wish.name,
                        .library_hash = {},
                        .params = wish.params,
                        .instruments = TRY(ids_of(wish.instruments, out.instruments)),
                        .bars = std::nullopt};
        run.stops = wish.stops;
        TRY_VOID(resolve_sizing(wish, run));
        if (is_library(wish.name)) run.library_hash = TRY(file_hash(wish.name));
        run.bars = TRY(bars_for(wish, run, out));
        TRY_VOID(resolve_models(run));
        TRY_VOID(resolve_features(config, run, out));
        out.strategies.push_back(std::move(run));
    }
    return {};
}

std::expected<void, Text> resolve_finer(const RunConfig& config, const ports::History& history,
                                        RunSettings& out) {
    const bool is_off = config.finer == FinerWish{};
    const bool is_strict = config.fills == sim::FillMode::strict;
    if (!is_off && !is_strict) {
        return std::unexpected(fmt::format(
            "--finer: fill mode {} meets whole bars; use --fills strict", to_string(config.fills)));
    }
    out.finer = TRY(choose_finer(config.finer, out.data, history));
    if (is_off && is_strict) {
        out.finer_unused = finer_series({.kind = FinerWish::Kind::automatic}, out.data, history);
    }
    for (const ports::Series& series : out.finer) out.world.finer.push_back(series.key);
    return {};
}

std::expected<std::optional<ports::SeriesKey>, Text> resolve_benchmark(
    const RunConfig& config, const RunSettings& settings, const ports::History& history) {
    if (config.benchmark == "none") return std::nullopt;
    const bool own = config.benchmark.empty();
    if (own && settings.instruments.size() != 1) return std::nullopt;
    const Text symbol = own ? settings.instruments.all().front().symbol : config.benchmark;
    for (const ports::Series& series : settings.data) {
        if (series.key.symbol == symbol && series.key.kind == ports::SeriesKind::bar) {
            return series.key;
        }
    }
    if (own) return std::nullopt;
    RunConfig only_bars = config;
    only_bars.kind = "bar";
    const auto picked = TRY(pick_series(only_bars, history, symbol));
    return picked.front()->key;
}

/// Bars of the wanted interval that ticks make, where there are any.
std::expected<ports::Series, Text> bars_of_ticks(const RunConfig& config,
                                                 const ports::History& history, const Text& symbol,
                                                 const Text& why_no_bars) {
    const bool is_told = !config.interval.empty();
    const ports::SeriesKey key{
        .symbol = symbol,
        .kind = ports::SeriesKind::bar,
        .spec = is_told ? *parse_bar_spec(config.interval) : time_bars(minutes(1))};
    const ports::Series* ticks = research::ticks_for_bars(history, key);
    if (ticks == nullptr) return std::unexpected(why_no_bars);
    if (!is_told) {
        return std::unexpected(why_no_bars +
                               "; with --interval 1m, 100-ticks, ... they are made of its ticks");
    }
    return ports::Series{.key = key, .rows = 0, .first = ticks->first, .last = ticks->last};
}

std::expected<ports::Series, Text> bars_or_ticks(const RunConfig& config,
                                                 const ports::History& history,
                                                 const Text& symbol) {
    const auto picked = pick_series(config, history, symbol);
    if (!picked) return bars_of_ticks(config, history, symbol, picked.error());
    const ports::Series* chosen = nullptr;
    for (const ports::Series* series : *picked) {
        if (series->key.kind != ports::SeriesKind::bar) continue;
        if (chosen == nullptr || series->key.spec.source == PriceSource::bid) chosen = series;
    }
    return *chosen;
}

/// A strategy goes by its number in the run; people may name it.
void number_strategies(const RunConfig& config, std::vector<risk::Limit>& limits) {
    for (risk::Limit& limit : limits) {
        if (limit.scope != risk::ScopeKind::strategy) continue;
        for (std::size_t i = 0; i < config.strategies.size(); ++i) {
            if (config.strategies[i].name == limit.of) limit.of = std::to_string(i);
        }
    }
}

/// What the user says of a measure stands in for what is said for everybody.
void add_defaults(risk::Settings& out) {
    const risk::Settings defaults = risk::default_settings();
    const std::vector<risk::Limit> own = out.limits;
    for (const risk::Limit& limit : defaults.limits) {
        const bool is_said = std::any_of(own.begin(), own.end(), [&](const risk::Limit& one) {
            return one.measure == limit.measure && one.scope == limit.scope && !one.soft;
        });
        if (!is_said) out.limits.push_back(limit);
    }
    const std::vector<risk::Brake> brakes = out.brakes;
    for (const risk::Brake& brake : defaults.brakes) {
        const bool is_said = std::any_of(brakes.begin(), brakes.end(), [&](const risk::Brake& one) {
            return one.condition == brake.condition;
        });
        if (!is_said) out.brakes.push_back(brake);
    }
    out.denies_self_trades = true;
}

risk::Settings risk_of(const RunConfig& config) {
    risk::Settings out = config.risk;
    out.limits.insert(out.limits.begin(), config.plain_limits.begin(), config.plain_limits.end());
    number_strategies(config, out.limits);
    if (config.default_risk) add_defaults(out);
    return out;
}

}  // namespace

std::expected<std::vector<BarChoice>, Text> choose_bars(const RunConfig& config,
                                                        const ports::History& history) {
    RunConfig only_bars = config;
    only_bars.kind = "bar";
    std::vector<BarChoice> out;
    for (const Text& symbol : TRY(wanted_symbols(config, history))) {
        out.push_back({.instrument = history.find_instrument(symbol),
                       .series = TRY(bars_or_ticks(only_bars, history, symbol))});
    }
    if (config.from && config.to && *config.from >= *config.to) {
        return std::unexpected("--from is not earlier than --to");
    }
    return out;
}

std::expected<RunSettings, Text> resolve(const RunConfig& config, const ports::History& history) {
    RunSettings out;
    for (const Text& symbol : TRY(wanted_symbols(config, history))) {
        for (const ports::Series* series : TRY(pick_series(config, history, symbol))) {
            out.data.push_back(*series);
            out.world.series.push_back(series->key);
        }
        Instrument instrument = *history.find_instrument(symbol);
        apply_fees(config, instrument);
        if (config.margin_initial) instrument.margin.initial = *config.margin_initial;
        if (config.margin_maintenance) {
            instrument.margin.maintenance = *config.margin_maintenance;
        }
        out.instruments.add(std::move(instrument));
    }
    if (config.from && config.to && *config.from >= *config.to) {
        return std::unexpected("--from is not earlier than --to");
    }
    const bool any =
        std::any_of(out.data.begin(), out.data.end(), [&](const ports::Series& series) {
            return is_market_data(series.key.kind) &&
                   series.last >= config.from.value_or(series.last) &&
                   series.first < config.to.value_or(kTimestampMax);
        });
    if (!any) {
        return std::unexpected(
            fmt::format("there are no rows between --from and --to; {} has {} to {}",
                        ports::to_string(out.data.front().key), to_string(out.data.front().first),
                        to_string(out.data.front().last)));
    }
    out.world.fills = config.fills;
    out.world.slippage = config.slippage;
    out.world.latencies = config.latencies;
    out.world.book = config.book;
    out.world.fee_terms = config.fee_terms;
    out.world.margin = config.margin;
    out.world.carry = config.carry;
    out.world.price_limits = config.price_limits;
    TRY_VOID(resolve_statuses(config, history, out));
    TRY_VOID(resolve_auctions(config, history, out));
    if (config.participation) out.world.participation = *config.participation;
    out.world.positions = TRY(positions_of(config));
    out.world.account = config.account.value_or(
        out.world.positions.hedges() ? sim::AccountKind::margin : default_account(out.instruments));
    out.world.check_funds = config.check_funds;
    const Currency base = TRY(base_currency(config, out.instruments));
    out.world.deposits = {{.currency = base, .amount = config.cash}};
    out.world.deposits.insert(out.world.deposits.end(), config.deposits.begin(),
                              config.deposits.end());
    if (!out.world.fee_terms.volume_currency.known()) out.world.fee_terms.volume_currency = base;
    out.world.from = config.from;
    out.world.to = config.to;
    TRY_VOID(resolve_finer(config, history, out));

    if (auto fault = sim::fault_of(out.world, out.instruments)) {
        return std::unexpected(std::move(*fault));
    }

    out.engine.base = base;
    out.engine.account = account_kind(out.world.account);
    out.engine.positions = out.world.positions;
    out.engine.sampling = common_calendar(out.instruments);
    out.engine.risk = risk_of(config);
    TRY_VOID(risk::check(out.engine.risk, out.instruments, config.strategies.size()));
    TRY_VOID(resolve_strategies(config, out));
    out.benchmark = TRY(resolve_benchmark(config, out, history));
    out.annual_factor = config.annual_factor.value_or(sessions_per_year(out.engine.sampling));
    out.risk_free = config.risk_free;
    return out;
}

std::expected<engine::StrategySlot, Text> make_slot(const RunSettings& settings,
                                                    const StrategyRun& run) {
    const StrategyFeatures features = TRY(features_of(run));
    std::vector<Text> names;
    for (const auto& text : features.texts) names.push_back(text.name);
    auto strategy =
        TRY(make_strategy(run.name, {.instruments = settings.instruments,
                                     .traded = run.instruments,
                                     .params = features.plain,
                                     .features = names,
                                     .has_meta = run.models && has_meta(*run.models->loaded)}));
    engine::StrategySlot out{.name = run.name,
                             .strategy = std::move(strategy),
                             .instruments = run.instruments,
                             .bars = run.bars,
                             .features = TRY(plan_features(settings, run)),
                             .stops = run.stops,
                             .sizing = run.sizing};
    if (run.models) {
        out.models = TRY(make_forecaster(*run.models->loaded, settings.instruments.size()));
    }
    return out;
}

std::expected<std::vector<engine::StrategySlot>, Text> make_slots(const RunSettings& settings) {
    std::vector<engine::StrategySlot> out;
    for (const StrategyRun& run : settings.strategies) {
        if (is_library(run.name) && TRY(file_hash(run.name)) != run.library_hash) {
            return std::unexpected(fmt::format(
                "strategy library {}: is not the one that the run was made with", run.name));
        }
        out.push_back(TRY(make_slot(settings, run)));
    }
    return out;
}

}  // namespace tradewind::apps
