// SPDX-License-Identifier: Apache-2.0
#include "risk/risk_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include "measures/clusters.hpp"
#include "measures/covariance.hpp"
#include "measures/regression.hpp"

namespace tradewind::risk {
namespace {

using measures::FilledFrom;
using measures::TailLoss;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
/// Lengths of the worst days on end.
constexpr std::array<std::size_t, 2> kHorizons{1, 10};

/// Who rests for longer has no returns: weekends and feasts are shorter. In days on end.
constexpr Duration kRestMost = days(10);

/// The day that a row of the history is of.
Date date_of(const RiskDay& day) { return utc_date(day.day - nanoseconds(1)); }

class Looker {
public:
    Looker(const Statistics& statistics, const Settings& settings,
           const InstrumentTable& instruments)
        : statistics_(statistics),
          settings_(settings),
          instruments_(instruments),
          history_(statistics.history()),
          changes_(history_.changes.values.begin(), history_.changes.values.end()) {
        forget_rests();
        find_classes();
        find_betas();
    }

    [[nodiscard]] RiskView look(const HeldDay& held) const {
        const RiskDay& day = history_.days[held.row];
        RiskView out{.day = day.day, .equity = held.equity};
        if (day.var && day.es) out.risk = TailLoss{.var = *day.var, .es = *day.es};
        out.positions = positions(held);
        out.correlations = correlations(held.row + 1);
        for (const Shock& shock : settings_.stress) out.stress.push_back(shocked(shock, held));
        for (const measures::Crisis& crisis : measures::named_crises()) {
            out.stress.push_back(replayed(crisis, held));
        }
        for (const std::size_t horizon : kHorizons) out.stress.push_back(worst(horizon, held));
        return out;
    }

private:
    using Exposures = std::span<const double>;

    [[nodiscard]] std::size_t size() const { return instruments_.size(); }
    [[nodiscard]] double return_at(std::size_t row, std::size_t instrument) const {
        const bool has_traded = (*history_.traded)[row * size() + instrument];
        return has_traded ? history_.changes.at(row, instrument) : kNone;
    }
    /// The rows that statistics look at as a row ends.
    [[nodiscard]] std::size_t first_of(std::size_t end) const {
        return end - std::min(end, settings_.statistics.history);
    }
    [[nodiscard]] std::vector<double> column(std::size_t instrument, std::size_t end) const {
        std::vector<double> out;
        for (std::size_t row = first_of(end); row < end; ++row) {
            out.push_back(return_at(row, instrument));
        }
        return out;
    }
    static bool has_price(Exposures exposures) {
        return std::ranges::none_of(exposures, [](double one) { return std::isnan(one); });
    }

    /// A worth that stood while nobody traded is no return of 0 where that lasted.
    void forget_rests() {
        const std::size_t end = history_.days.size();
        const auto forget = [&](std::size_t from, std::size_t to, std::size_t instrument) {
            for (std::size_t row = from; row < to; ++row)
                changes_[row * size() + instrument] = kNone;
        };
        for (std::size_t i = 0; i < size(); ++i) {
            std::size_t rest = 0;  // its first row
            for (std::size_t row = 0; row < end; ++row) {
                if (!(*history_.traded)[row * size() + i]) continue;
                if (lasts(rest, row)) forget(rest, row, i);
                rest = row + 1;
            }
            if (lasts(rest, end)) forget(rest, end, i);
        }
    }
    /// Rows without a trade, from the day before them to their last.
    [[nodiscard]] bool lasts(std::size_t from, std::size_t to) const {
        if (from >= to) return false;
        const std::size_t before = from == 0 ? 0 : from - 1;
        return history_.days[to - 1].day - history_.days[before].day > kRestMost;
    }
    [[nodiscard]] double change_at(std::size_t row, std::size_t instrument) const {
        return changes_[row * size() + instrument];
    }

    /// Whose sector is not known is a class of its own.
    void find_classes() {
        classes_.resize(size());
        std::iota(classes_.begin(), classes_.end(), settings_.sectors.size());
        for (std::size_t s = settings_.sectors.size(); s-- > 0;) {
            for (const std::string& symbol : settings_.sectors[s].symbols) {
                classes_[instruments_.find(symbol)->id.value] = s;
            }
        }
    }

    /// Of the last days of the run.
    void find_betas() {
        betas_.assign(size(), kNone);
        const Instrument* benchmark = instruments_.find(settings_.statistics.benchmark);
        if (benchmark == nullptr) return;
        market_ = benchmark->id.value;
        const std::size_t end = history_.days.size();
        const std::vector<double> market = column(*market_, end);
        for (std::size_t i = 0; i < size(); ++i) {
            const auto fit = measures::beta_to(column(i, end), market);
            if (fit && fit->rows >= kReturnsLeast) betas_[i] = fit->betas.front();
        }
    }

    [[nodiscard]] std::vector<PositionRisk> positions(const HeldDay& held) const {
        std::vector<PositionRisk> out;
        std::vector<InstrumentId> ids;
        std::vector<double> exposures;
        std::vector<std::size_t> places;
        for (const Instrument& instrument : instruments_.all()) {
            const double exposure = held.exposures[instrument.id.value];
            if (exposure == 0) continue;
            out.push_back({.instrument = instrument.id});
            if (!std::isnan(exposure)) out.back().exposure = exposure;
            out.back().is_lost = statistics_.is_lost(instrument.id, held.row + 1);
            if (out.back().is_lost) continue;
            places.push_back(out.size() - 1);
            ids.push_back(instrument.id);
            exposures.push_back(exposure);
        }
        if (!has_price(held.exposures)) return out;
        if (!ids.empty()) {
            auto scenarios = statistics_.scenarios_of(ids, held.row + 1);
            if (!scenarios || !scenarios->set_exposures(exposures)) return out;
            const std::vector<TailLoss> parts = scenarios->components();
            for (std::size_t i = 0; i < places.size(); ++i) out[places[i]].part = parts[i];
        }
        for (PositionRisk& one : out) {
            if (one.is_lost) one.part.emplace();
        }
        std::ranges::sort(out, [](const PositionRisk& a, const PositionRisk& b) {
            if (a.part->var != b.part->var) return a.part->var > b.part->var;
            return a.instrument.value < b.instrument.value;
        });
        return out;
    }

    /// Held at the end of some day, the most first, with returns enough and of which they differ.
    [[nodiscard]] std::vector<InstrumentId> ever_held() const {
        std::vector<InstrumentId> out;
        for (const Instrument& instrument : instruments_.all()) {
            if (history_.held[instrument.id.value] > 0) out.push_back(instrument.id);
        }
        std::ranges::sort(out, [&](InstrumentId a, InstrumentId b) {
            const double more = history_.held[a.value], less = history_.held[b.value];
            return more != less ? more > less : a.value < b.value;
        });
        return out;
    }
    [[nodiscard]] bool is_known(InstrumentId id, std::size_t end) const {
        std::size_t count = 0;
        double least = std::numeric_limits<double>::infinity(), most = -least;
        for (const double value : column(id.value, end)) {
            if (std::isnan(value)) continue;
            ++count;
            least = std::min(least, value);
            most = std::max(most, value);
        }
        return count >= kReturnsLeast && least < most;
    }

    [[nodiscard]] std::optional<Correlations> correlations(std::size_t end) const {
        Correlations out{.days = end - first_of(end)};
        for (const InstrumentId id : ever_held()) {
            if (out.instruments.size() < kCorrelatedMost && is_known(id, end)) {
                out.instruments.push_back(id);
            } else {
                ++out.left_out;
            }
        }
        const std::size_t n = out.instruments.size();
        if (n == 0) return std::nullopt;
        std::ranges::sort(out.instruments, {}, &InstrumentId::value);
        std::vector<double> table;
        for (std::size_t row = first_of(end); row < end; ++row) {
            for (const InstrumentId id : out.instruments) table.push_back(return_at(row, id.value));
        }
        const auto covariance = measures::pairwise_covariance({.values = table, .columns = n});
        if (!covariance) return std::nullopt;
        auto correlation = measures::correlation_of(covariance->matrix);
        if (!correlation) return std::nullopt;
        out.matrix = std::move(correlation->values);
        out.clusters =
            measures::cluster_by_correlation(out.matrix, n, settings_.statistics.correlated).of;
        return out;
    }

    // --- stress ---------------------------------------------------------------------------------

    [[nodiscard]] StressLoss shocked(const Shock& shock, const HeldDay& held) const {
        StressLoss out{.name = to_string(shock), .kind = StressKind::shock};
        if (!has_price(held.exposures)) {
            out.gap = StressGap::no_price;
            return out;
        }
        std::vector<double> moves(size(), 0.0);
        // the widest first, and of those alike the last, so that the one that counts is written
        // last
        for (const int narrow : {0, 1, 2}) {
            for (auto part = shock.parts.rbegin(); part != shock.parts.rend(); ++part) {
                if (narrowness(part->scope) != narrow) continue;
                for (const InstrumentId id :
                     members_of(part->scope, part->of, settings_, instruments_)) {
                    moves[id.value] = to_double(part->move);
                }
            }
        }
        const auto loss = measures::shock(held.exposures, moves);
        if (loss) out.pnl = 0.0 - loss->loss;
        return out;
    }
    static int narrowness(ScopeKind scope) {
        if (scope == ScopeKind::portfolio) return 0;
        return scope == ScopeKind::instrument ? 2 : 1;
    }

    [[nodiscard]] StressLoss replayed(const measures::Crisis& crisis, const HeldDay& held) const {
        StressLoss out{.name = std::string{crisis.name},
                       .kind = StressKind::crisis,
                       .first = crisis.first,
                       .last = crisis.last};
        const auto days = history_.days;
        const bool lies_within =
            date_of(days.front()) < crisis.first && date_of(days.back()) >= crisis.last;
        const auto first = static_cast<std::size_t>(
            std::ranges::lower_bound(days, crisis.first, {}, date_of) - days.begin());
        const auto end = static_cast<std::size_t>(
            std::ranges::upper_bound(days, crisis.last, {}, date_of) - days.begin());
        if (!lies_within || first >= end) {
            out.gap = StressGap::outside;
            return out;
        }
        if (!has_price(held.exposures)) {
            out.gap = StressGap::no_price;
            return out;
        }
        const auto changes = std::span(changes_).subspan(first * size(), (end - first) * size());
        std::vector<double> market;
        for (std::size_t row = first; market_ && row < end; ++row) {
            market.push_back(change_at(row, *market_));
        }
        const auto window =
            measures::fill_window({.returns = {.values = changes, .columns = size()},
                                   .exposures = held.exposures,
                                   .classes = classes_,
                                   .market = market,
                                   .betas = betas_});
        if (!window) {
            out.gap = StressGap::no_returns;
            return out;
        }
        for (std::size_t i = 0; i < size(); ++i) {
            if (window->instruments[i] == FilledFrom::data) continue;
            out.estimated.emplace_back(InstrumentId{static_cast<std::uint32_t>(i)},
                                       window->instruments[i]);
        }
        const measures::ReturnsTable filled{.values = window->values, .columns = size()};
        const auto whole = measures::worst_loss(filled, held.exposures, filled.rows());
        const auto day = measures::worst_loss(filled, held.exposures, 1);
        if (!whole || !day) {
            out.gap = StressGap::no_returns;
            return out;
        }
        out.pnl = 0.0 - whole->loss;
        out.worst_day = 0.0 - day->loss;
        return out;
    }

    /// Of days on end on which the returns of all that is held are known.
    [[nodiscard]] StressLoss worst(std::size_t horizon, const HeldDay& held) const {
        StressLoss out{.name = horizon == 1 ? "worst day" : "worst ten days",
                       .kind = StressKind::history};
        if (!has_price(held.exposures)) {
            out.gap = StressGap::no_price;
            return out;
        }
        std::vector<std::size_t> columns;
        std::vector<double> exposures;
        for (std::size_t i = 0; i < size(); ++i) {
            if (held.exposures[i] == 0) continue;
            columns.push_back(i);
            exposures.push_back(held.exposures[i]);
        }
        if (columns.empty()) {
            out.pnl = 0.0;
            return out;
        }
        const std::size_t end = history_.days.size();
        for (std::size_t first = 0; first < end;) {
            std::vector<double> table;
            std::size_t row = first;
            for (; row < end && has_row(row, columns); ++row) {
                for (const std::size_t i : columns) table.push_back(change_at(row, i));
            }
            const auto loss = measures::worst_loss({.values = table, .columns = columns.size()},
                                                   exposures, horizon);
            if (loss && (!out.pnl || -loss->loss < *out.pnl)) {
                out.pnl = 0.0 - loss->loss;
                out.first = date_of(history_.days[first + loss->first]);
                out.last = date_of(history_.days[first + loss->last]);
            }
            first = row + 1;
        }
        if (!out.pnl) out.gap = StressGap::too_few_days;
        return out;
    }
    [[nodiscard]] bool has_row(std::size_t row, std::span<const std::size_t> columns) const {
        return std::ranges::none_of(columns,
                                    [&](std::size_t i) { return std::isnan(change_at(row, i)); });
    }

    const Statistics& statistics_;
    const Settings& settings_;
    const InstrumentTable& instruments_;
    ReturnHistory history_;
    std::vector<double> changes_;       ///< those of the history that are known
    std::vector<std::size_t> classes_;  ///< by instrument
    std::vector<double> betas_;         ///< by instrument; NaN: not known
    std::optional<std::size_t> market_{};
};

}  // namespace

std::optional<RiskReport> make_report(const Statistics& statistics, const Settings& settings,
                                      const InstrumentTable& instruments) {
    const HeldDay* last = statistics.last_held();
    if (last == nullptr) return std::nullopt;
    const Looker looker{statistics, settings, instruments};
    RiskReport out{.last = looker.look(*last)};
    if (const HeldDay* held = statistics.riskiest_held()) out.riskiest = looker.look(*held);
    return out;
}

}  // namespace tradewind::risk
