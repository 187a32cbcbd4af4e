// SPDX-License-Identifier: Apache-2.0
// The shortcuts, of a sweep and of a single run, beside the run that steps through every event:
// whatever the settings, every figure is the same.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "research/backtest.hpp"
#include "research/metrics_json.hpp"
#include "research/sweep/figures.hpp"
#include "research/sweep/shared_bars.hpp"
#include "signal/kernel.hpp"
#include "signal/registry.hpp"
#include "sim/memory_history.hpp"
#include "support/must.hpp"

namespace tradewind::apps {
namespace {

using test::must;

/// What a case is made of; every field is drawn.
struct Case {
    std::uint64_t seed = 1;
    std::size_t rows = 2000;
    std::size_t portion = 2000;  ///< rows that are read at a time
    Instrument instrument;
    sim::WorldSettings world;
    engine::EngineSettings engine;
    std::string strategy = "ema-cross";
    signal::Params params;
    BarSpec spec = time_bars(minutes(1));

    [[nodiscard]] ports::SeriesKey key() const {
        return {.symbol = instrument.symbol, .kind = ports::SeriesKind::bar, .spec = spec};
    }
};

/// A random walk in ticks of a cent, with gaps, and volumes of which some are 0 and some small.
ports::Columns walk(const Case& c) {
    using Bars = ports::BarColumns;
    base::Random random{c.seed};
    ports::Columns out{ports::SeriesKind::bar};
    constexpr std::int64_t kCent = base::kDecimalOne / 100;
    std::int64_t price = 10'000 * kCent;
    std::int64_t ts = days(19'000).ns + hours(14).ns;
    const auto up_to = [&](std::uint64_t n) { return static_cast<std::int64_t>(random.below(n)); };
    const bool has_volume = random.below(4) != 0;
    for (std::size_t i = 0; i < c.rows; ++i) {
        const std::int64_t open = std::max(kCent, price + (up_to(5) - 2) * kCent);
        const std::int64_t close = std::max(kCent, open + (up_to(41) - 20) * kCent);
        out.columns[Bars::ts].push_back(ts);
        out.columns[Bars::open].push_back(open);
        out.columns[Bars::high].push_back(std::max(open, close) + up_to(8) * kCent);
        out.columns[Bars::low].push_back(std::max(kCent, std::min(open, close) - up_to(8) * kCent));
        out.columns[Bars::close].push_back(close);
        const std::int64_t volume = random.below(10) == 0 ? 0 : up_to(500);
        out.columns[Bars::volume].push_back(has_volume ? volume * base::kDecimalOne : 0);
        // Now and then some days without a bar.
        const auto steps = static_cast<std::uint64_t>(1 + days(7).ns / c.spec.step);
        ts += c.spec.step * (random.below(50) == 0 ? 1 + up_to(steps) : 1);
        price = close;
    }
    return out;
}

/// The same rows in small portions.
class Portions final : public ports::History {
public:
    Portions(const ports::History& whole, std::size_t rows) : whole_(whole), rows_(rows) {}

    [[nodiscard]] std::span<const ports::Series> series() const override { return whole_.series(); }
    [[nodiscard]] const Instrument* find_instrument(std::string_view symbol) const override {
        return whole_.find_instrument(symbol);
    }
    [[nodiscard]] std::expected<std::unique_ptr<ports::ChunkReader>, ports::HistoryError> read(
        const ports::SeriesKey& key, Timestamp from, Timestamp to) const override {
        auto reader = whole_.read(key, from, to);
        if (!reader) return reader;
        return std::make_unique<Reader>(std::move(*reader), rows_);
    }

private:
    class Reader final : public ports::ChunkReader {
    public:
        Reader(std::unique_ptr<ports::ChunkReader> whole, std::size_t rows)
            : whole_(std::move(whole)), rows_(rows) {}

        std::expected<std::optional<ports::Chunk>, ports::HistoryError> next() override {
            if (left_.rows == 0) {
                auto more = whole_->next();
                if (!more || !*more) return more;
                left_ = **more;
            }
            ports::Chunk out = left_;
            out.rows = std::min(rows_, left_.rows);
            left_.rows -= out.rows;
            for (const std::int64_t*& column : left_.columns) {
                if (column != nullptr) column += out.rows;
            }
            return out;
        }

    private:
        std::unique_ptr<ports::ChunkReader> whole_;
        std::size_t rows_;
        ports::Chunk left_;
    };

    const ports::History& whole_;
    std::size_t rows_;
};

class Draw {
public:
    explicit Draw(std::uint64_t seed) : random_(seed) {}

    template <typename T, std::size_t N>
    T one_of(
        const T (&choices)[N]) {  // NOLINT(modernize-avoid-c-arrays): lists are written in place
        return choices[random_.below(N)];
    }
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low +
               static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(high - low + 1)));
    }
    bool chance(std::uint64_t in) { return random_.below(in) == 0; }

private:
    base::Random random_;
};

Instrument drawn_instrument(Draw& draw) {
    Instrument out = *default_instrument(
        draw.one_of<std::string_view>({"A.NYSE", "AUSD.BINANCE", "AUSD-PERP.BINANCE", "A.CME"}));
    out.calendar = draw.one_of<CalendarKind>(
        {CalendarKind::always_open, CalendarKind::us_equity, CalendarKind::fx_week});
    if (draw.chance(2)) {
        out.fees = {.maker = {draw.between(-10, 20) * 10'000},
                    .taker = {draw.between(0, 40) * 10'000},
                    .per_unit = Money{draw.chance(3) ? kMoneyOne / 200 : 0},
                    .minimum = Money{draw.chance(3) ? kMoneyOne : 0}};
    }
    if (out.asset_class == AssetClass::future) out.multiplier = whole_qty(draw.between(1, 50));
    if (draw.chance(4)) out.multiplier = Qty{draw.between(1, 3'000'000'000)};
    return out;
}

/// What a venue may ask for beyond an order's own fee: tiers, carry, margin, price bands.
void draw_terms(Draw& draw, const Case& c, sim::WorldSettings& out) {
    const auto rate = [&](std::int64_t low, std::int64_t high) {
        return Rate{draw.between(low, high) * base::kDecimalOne / 100};
    };
    if (draw.chance(3)) {
        out.fee_terms.window_days = draw.between(1, 30);
        for (std::int64_t volume : {0, 10'000, 100'000}) {
            out.fee_terms.tiers.push_back({.volume = whole_money(volume),
                                           .maker = {draw.between(-5, 10) * 100'000},
                                           .taker = {draw.between(0, 30) * 100'000}});
        }
    }
    if (draw.chance(3)) {
        out.carry.year_days = draw.one_of<std::int64_t>({360, 365});
        if (draw.chance(2)) {
            out.carry.borrow.push_back({.symbol = "*", .rates = {{.a_year = rate(1, 60)}}});
        }
        if (draw.chance(2)) {
            out.carry.interest.push_back(
                {.currency = c.instrument.quote, .debit = rate(0, 40), .credit = rate(0, 20)});
        }
    }
    if (out.account == sim::AccountKind::margin && draw.chance(2)) {
        out.margin = {
            .liquidates = draw.one_of({sim::Liquidates::cross, sim::Liquidates::isolated}),
            .liquidation_fee = rate(0, 2)};
    }
    if (draw.chance(4)) {
        const std::int64_t width = draw.between(1, 10) * base::kDecimalOne / 100;
        out.price_limits.push_back(
            {.symbol = "*",
             .up = width,
             .down = width,
             .reference = draw.one_of({sim::LimitReference::close, sim::LimitReference::last})});
    }
}

sim::WorldSettings drawn_world(Draw& draw, const Case& c) {
    const bool margin = c.instrument.is_derivative() || draw.chance(2);
    sim::WorldSettings out;
    using Kind = sim::SlippageKind;
    out.slippage = {.kind = draw.one_of<Kind>(
                        {Kind::none, Kind::basis_points, Kind::ticks, Kind::volume_share}),
                    .value = draw.between(0, 5) * base::kDecimalOne / 2};
    out.participation = {draw.between(1, 10) * base::kDecimalOne / 10};
    out.account = margin ? sim::AccountKind::margin : sim::AccountKind::cash;
    out.check_funds = !draw.chance(4);
    out.deposits = {
        {.currency = c.instrument.quote, .amount = whole_money(draw.between(50, 200'000))}};
    out.series = {c.key()};
    if (draw.chance(3)) {
        out.latencies = {.insert = seconds(draw.between(0, 90)),
                         .replace = {},
                         .cancel = seconds(draw.between(0, 90)),
                         .report = seconds(draw.between(0, 90))};
    }
    draw_terms(draw, c, out);
    return out;
}

engine::EngineSettings drawn_engine(Draw& draw, const Case& c) {
    engine::EngineSettings out;
    out.base = c.instrument.quote;
    out.account = c.world.account == sim::AccountKind::cash ? portfolio::AccountKind::cash
                                                            : portfolio::AccountKind::margin;
    out.sampling = c.instrument.calendar;
    const auto limit = [&](std::uint64_t chance, const std::string& text) {
        if (draw.chance(chance)) out.risk.limits.push_back(test::must(risk::parse_limit(text)));
    };
    const auto brake = [&](std::uint64_t chance, const std::string& text) {
        if (draw.chance(chance)) out.risk.brakes.push_back(test::must(risk::parse_brake(text)));
    };
    limit(4, fmt::format("position <= {}", draw.between(1, 50)));
    limit(4, fmt::format("{}notional <= {}", draw.chance(2) ? "soft " : "",
                         draw.between(100, 20'000)));
    limit(8, "orders <= 1 per 1s");
    limit(4, fmt::format("gross <= {}%", draw.between(1, 150)));
    limit(8, fmt::format("drawdown <= {}%", draw.between(1, 20)));
    limit(8, fmt::format("loss <= {}% per 1d", draw.between(1, 10)));
    brake(4, fmt::format("drawdown > {}%: {}", draw.between(1, 20),
                         draw.chance(2) ? "warn" : "flatten"));
    brake(6, fmt::format("loss > {}%: reducing for 3d", draw.between(1, 10)));
    brake(6, fmt::format("drawdown > {}%: close_only for {}d", draw.between(1, 10),
                         draw.between(1, 5)));
    brake(12, "closed_trades > 0 per 1d: reducing for 2d");
    brake(16, "pnl_jump > 2%: close_only");
    if (draw.chance(4)) out.trades_kept = static_cast<std::size_t>(draw.between(0, 20));
    return out;
}

signal::Params drawn_params(Draw& draw, std::string_view strategy) {
    const auto text = [](std::int64_t value) { return std::to_string(value); };
    const std::int64_t a = draw.between(1, 20), b = a + draw.between(1, 60);
    signal::Params out{{{"short", draw.chance(2) ? "1" : "0"}}};
    if (strategy == "rsi-reversion") {
        out.entries.insert(out.entries.end(),
                           {{"period", text(a)}, {"oversold", text(b / 2)}, {"exit", "50"}});
    } else if (strategy == "donchian-breakout") {
        out.entries.insert(out.entries.end(), {{"entry", text(b)}, {"exit", text(a)}});
    } else {
        out.entries.insert(out.entries.end(), {{"fast", text(a)}, {"slow", text(b)}});
    }
    return out;
}

Case drawn_case(std::uint64_t seed) {
    Draw draw{seed};
    Case c;
    c.seed = seed;
    c.rows = static_cast<std::size_t>(draw.chance(10) ? draw.between(4000, 9000)
                                                      : draw.between(1, 3000));
    c.portion = static_cast<std::size_t>(draw.chance(2) ? draw.between(1, 700) : 1 << 20);
    c.spec = time_bars(minutes(draw.one_of<std::int64_t>({1, 5, 60, 1440})));
    if (draw.chance(4)) c.spec.source = PriceSource::mid;
    c.instrument = drawn_instrument(draw);
    c.world = drawn_world(draw, c);
    c.engine = drawn_engine(draw, c);
    c.strategy = draw.one_of<std::string_view>(
        {"ema-cross", "sma-cross", "ema-cross", "sma-cross", "rsi-reversion", "donchian-breakout"});
    c.params = drawn_params(draw, c.strategy);
    if (draw.chance(2)) {
        c.params.entries.emplace_back("share", fmt::format("0.{}", draw.between(1, 99)));
    } else {
        c.params.entries.emplace_back("size", std::to_string(draw.between(1, 300)));
    }
    return c;
}

/// Instants at which a run is looked at, and what it had come to there.
struct Looks {
    std::vector<Timestamp> at;
    std::vector<std::vector<double>> figures{};
};

/// A case with its data, ready to be run in both ways.
class Bench {
public:
    explicit Bench(const Case& c) : case_(c), portions_(history_, c.portion) {
        history_.add_instrument(c.instrument);
        ports::Columns bars = walk(c);
        labels_ = bars.columns[ports::BarColumns::ts];
        history_.add_series(c.key(), std::move(bars));
        table_.add(c.instrument);
        shared_ = must(research::SharedBars::create(
            {.instruments = table_, .world = c.world, .engine = c.engine}, history_, why_not));
    }

    [[nodiscard]] research::BacktestResult stepped(Looks* looks = nullptr) const {
        return run(built_in(), {.history = portions_, .steps = true, .looks = looks});
    }
    /// Of the data until an instant alone.
    [[nodiscard]] research::BacktestResult stepped_until(Timestamp to) const {
        return run(built_in(), {.history = portions_, .steps = true, .to = to});
    }
    /// As a single run does it.
    [[nodiscard]] research::BacktestResult skimmed(Looks* looks = nullptr) const {
        return run(built_in(), {.history = portions_, .looks = looks});
    }
    /// As the trial of a sweep does it.
    [[nodiscard]] research::BacktestResult skimmed_on_a_track(Looks* looks = nullptr) const {
        return run(built_in(),
                   {.history = shared_->history(), .track = &shared_->track(), .looks = looks});
    }
    /// The same, with what the kernel worked out; as `skimmed_on_a_track` where there is none.
    [[nodiscard]] research::BacktestResult planned(Looks* looks = nullptr) const {
        const auto kernel =
            signal::make_kernel(case_.strategy, {.instruments = table_, .track = shared_->track()});
        if (!kernel) return skimmed_on_a_track(looks);
        return run(must(kernel->make(case_.params)),
                   {.history = shared_->history(), .track = &shared_->track(), .looks = looks});
    }
    /// The close of the bar in that row.
    [[nodiscard]] Timestamp close_of(std::size_t row) const {
        return shared_->track().close_ts(row);
    }
    /// The first row from that one on which opens later than the row before closes.
    [[nodiscard]] std::optional<std::size_t> gap_from(std::size_t row) const {
        const auto& bars = shared_->track().columns();
        for (; row < bars.close.size(); ++row) {
            if (bars.open_ts[row] > bars.close_ts[row - 1]) return row;
        }
        return std::nullopt;
    }
    /// The label of the bar in that row: a run until it sees the rows before.
    [[nodiscard]] Timestamp label_of(std::size_t row) const { return {labels_[row]}; }
    [[nodiscard]] const Case& drawn() const { return case_; }

    std::string why_not;
    [[nodiscard]] bool is_shared() const { return shared_ != nullptr; }

private:
    struct Way {
        const ports::History& history;
        bool steps = false;
        const market::BarTrack* track = nullptr;
        Looks* looks = nullptr;
        std::optional<Timestamp> to{};
    };

    [[nodiscard]] std::unique_ptr<signal::Strategy> built_in() const {
        const std::array traded{InstrumentId{0}};
        return must(signal::make_built_in(
            case_.strategy, {.instruments = table_, .traded = traded, .params = case_.params}));
    }
    [[nodiscard]] research::BacktestResult run(std::unique_ptr<signal::Strategy> strategy,
                                               const Way& way) const {
        sim::WorldSettings world = case_.world;
        world.to = way.to;
        research::Checkpoints checkpoints;
        if (way.looks != nullptr) {
            checkpoints = {.at = way.looks->at,
                           .go_on = [&](std::size_t place, const research::BacktestResult& r) {
                               EXPECT_EQ(place, way.looks->figures.size());
                               way.looks->figures.push_back(research::figures_of(r));
                               return true;
                           }};
        }
        std::vector<engine::StrategySlot> slots;
        slots.push_back({.name = case_.strategy,
                         .strategy = std::move(strategy),
                         .instruments = {InstrumentId{0}},
                         .bars = case_.spec});
        return must(research::run_backtest({.instruments = table_,
                                            .history = way.history,
                                            .world = std::move(world),
                                            .engine = case_.engine,
                                            .strategies = std::move(slots),
                                            .benchmark = case_.key(),
                                            .checkpoints = std::move(checkpoints),
                                            .steps = way.steps,
                                            .track = way.track}));
    }

    Case case_;
    std::vector<std::int64_t> labels_;
    sim::MemoryHistory history_;
    Portions portions_;
    InstrumentTable table_;
    std::unique_ptr<research::SharedBars> shared_;
};

std::string text_of(const std::optional<Refusal>& refusal) {
    if (!refusal) return "none";
    return fmt::format("{} {}", refusal->id.packed, describe(refusal->denial));
}

std::string text_of(const std::vector<research::OpenPosition>& open) {
    std::string out;
    for (const auto& p : open) {
        out += fmt::format("{} {} {} {} {};", p.instrument.value, to_string(p.qty),
                           to_string(p.average_price), to_string(p.mark), to_string(p.unrealised));
    }
    return out;
}

void expect_equal(const research::BacktestResult& a, const research::BacktestResult& b) {
    EXPECT_EQ(a.run.events, b.run.events);
    EXPECT_EQ(a.run.commands, b.run.commands);
    EXPECT_EQ(a.run.refusals, b.run.refusals);
    EXPECT_EQ(a.run.first, b.run.first);
    EXPECT_EQ(a.run.last, b.run.last);
    EXPECT_EQ(a.world, b.world);
    EXPECT_EQ(a.start_equity, b.start_equity);
    EXPECT_EQ(a.final_equity, b.final_equity);
    EXPECT_EQ(a.slippage, b.slippage);
    EXPECT_EQ(a.fills, b.fills);
    EXPECT_EQ(a.unvalued_fills, b.unvalued_fills);
    EXPECT_EQ(a.refusals, b.refusals);
    EXPECT_EQ(text_of(a.first_refusal), text_of(b.first_refusal));
    EXPECT_EQ(a.anomalies, b.anomalies);
    EXPECT_EQ(research::metrics_json(a.metrics).dump(), research::metrics_json(b.metrics).dump());
    EXPECT_EQ(a.max_drawdown_of_marks, b.max_drawdown_of_marks);
    EXPECT_EQ(a.equity, b.equity);
    EXPECT_EQ(a.benchmark, b.benchmark);
    EXPECT_EQ(a.exposures, b.exposures);
    EXPECT_EQ(a.trades, b.trades);
    EXPECT_EQ(a.trades_closed, b.trades_closed);
    EXPECT_EQ(text_of(a.open), text_of(b.open));
}

void expect_same_figures(const std::vector<double>& a, const std::vector<double>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_TRUE(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))
            << research::figure_names()[i] << " " << a[i] << " " << b[i];
    }
}

TEST(Checkpoints, tell_what_a_run_of_the_data_until_there_comes_to) {
    std::size_t compared = 0, with_fills = 0;
    for (std::uint64_t seed = 1; seed <= 120; ++seed) {
        const Bench bench{drawn_case(seed)};
        // A report that is under way at the instant is known to a run that ends there.
        const bool reports_late = bench.drawn().world.latencies.report != nanoseconds(0);
        if (!bench.is_shared() || bench.drawn().rows < 8 || reports_late) continue;
        SCOPED_TRACE(fmt::format("case {}", seed));
        const std::size_t rows = bench.drawn().rows;
        // Between two bars: at the very instant at which one closes and the next opens, a run that
        // goes on has filled at that open.
        std::vector<std::size_t> gaps;
        Looks looks;
        for (const std::size_t row : {rows / 4, rows / 2, rows * 7 / 8}) {
            const auto gap = bench.gap_from(row);
            if (!gap) continue;
            gaps.push_back(*gap);
            looks.at.push_back(bench.close_of(*gap - 1));
        }
        Looks skimming = looks, tracked = looks, planned = looks;
        const auto plain = bench.stepped();
        expect_equal(plain, bench.stepped(&looks));
        expect_equal(plain, bench.skimmed(&skimming));
        expect_equal(plain, bench.skimmed_on_a_track(&tracked));
        expect_equal(plain, bench.planned(&planned));
        ASSERT_EQ(looks.figures.size(), gaps.size());
        for (const Looks* other : {&skimming, &tracked, &planned}) {
            ASSERT_EQ(other->figures.size(), gaps.size());
            for (std::size_t i = 0; i < gaps.size(); ++i) {
                expect_same_figures(other->figures[i], looks.figures[i]);
            }
        }
        std::size_t place = 0;
        for (const std::size_t row : gaps) {
            const auto alone = bench.stepped_until(bench.label_of(row));
            expect_same_figures(looks.figures[place], research::figures_of(alone));
            ++place;
            ++compared;
            with_fills += alone.fills > 0 ? 1U : 0U;
        }
        if (HasFailure()) return;
    }
    EXPECT_GT(compared, 150U);
    EXPECT_GT(with_fills, compared / 2);
}

TEST(SweepKernel, does_not_know_the_inside_of_bars) {
    Case c = drawn_case(1);
    ports::SeriesKey finer = c.key();
    finer.spec.step /= 2;
    c.world.finer.push_back(finer);
    const Bench bench{c};
    EXPECT_FALSE(bench.is_shared());
    EXPECT_EQ(bench.why_not, "finer data resolve the bars");
}

TEST(SweepKernel, gives_what_the_engine_gives_whatever_the_settings) {
    constexpr std::uint64_t kCases = 600;
    std::uint64_t trades = 0, capped = 0, denied = 0, without_funds = 0, drawdowns = 0,
                  overlapping = 0, banded = 0, liquidations = 0, tiers = 0, carried = 0, bands = 0;
    for (std::uint64_t seed = 1; seed <= kCases; ++seed) {
        const Bench bench{drawn_case(seed)};
        SCOPED_TRACE(fmt::format("case {}", seed));
        const auto plain = bench.stepped();
        expect_equal(plain, bench.skimmed());
        if (bench.is_shared()) {
            expect_equal(plain, bench.skimmed_on_a_track());
            expect_equal(plain, bench.planned());
        } else if (bench.why_not == "price limits follow the market") {
            ++banded;
        } else {  // a day of its own before a session's
            ASSERT_EQ(bench.why_not, "there are bars that overlap");
            ++overlapping;
        }
        if (HasFailure()) return;
        trades += plain.trades_closed;
        capped += plain.world.capped_fills;
        denied += plain.run.refusals;
        without_funds += plain.world.denied_for_funds;
        drawdowns += plain.max_drawdown_of_marks > 0 ? 1 : 0;
        liquidations += plain.world.liquidations;
        const auto differs_without = [&](auto&& take_away) {
            Case other = bench.drawn();
            take_away(other.world);
            return Bench{other}.stepped().final_equity != plain.final_equity ? 1U : 0U;
        };
        if (!bench.drawn().world.fee_terms.tiers.empty()) {
            tiers += differs_without([](sim::WorldSettings& w) { w.fee_terms = {}; });
        }
        if (bench.drawn().world.carry.accrues_daily()) {
            carried += differs_without([](sim::WorldSettings& w) { w.carry = {}; });
        }
        if (!bench.drawn().world.price_limits.empty()) {
            bands += differs_without([](sim::WorldSettings& w) { w.price_limits.clear(); });
        }
    }
    EXPECT_LT(overlapping, kCases / 10);
    EXPECT_LT(banded, kCases / 2);
    // The cases reach what they are to compare.
    EXPECT_GT(trades, 1000U);
    EXPECT_GT(capped, 1000U);
    EXPECT_GT(denied, 1000U);
    EXPECT_GT(without_funds, 3U);
    EXPECT_GT(drawdowns, kCases / 2);
    EXPECT_GT(liquidations, 20U);
    EXPECT_GT(tiers, 30U);
    EXPECT_GT(carried, 30U);
    EXPECT_GT(bands, 5U);
}

}  // namespace
}  // namespace tradewind::apps
