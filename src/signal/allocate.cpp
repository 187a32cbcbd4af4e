// SPDX-License-Identifier: Apache-2.0
#include "signal/allocate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "construction/black_litterman.hpp"
#include "construction/hierarchical.hpp"
#include "construction/mean_variance.hpp"
#include "construction/risk_parity.hpp"
#include "domain/names.hpp"
#include "market/market.hpp"
#include "measures/covariance.hpp"
#include "portfolio/portfolio.hpp"

namespace tradewind::signal {
namespace {

constexpr auto kMethods =
    names<AllocationMethod>("inverse_volatility", "equal_risk", "hierarchical", "minimum_variance",
                            "mean_variance", "maximum_sharpe", "black_litterman");
constexpr auto kCovariances = names<AllocationCovariance>("shrunk", "sample", "ewma");

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kPresent = 0.9;  ///< of the window's bars, of who takes part
constexpr std::size_t kRowsLeast = 20;
constexpr TimerId kInstant{1};

template <typename Enum, std::size_t N>
Enum choice(ParamReader& params, std::string_view name, const Names<Enum, N>& choices,
            Enum otherwise) {
    const auto read = choices.parse(params.text(name, choices.of(otherwise)));
    params.require(read.has_value(),
                   fmt::format("{} is one of {}", name, fmt::join(choices.text, ", ")));
    return read.value_or(otherwise);
}

bool asks_expected(AllocationMethod method) {
    return method == AllocationMethod::mean_variance ||
           method == AllocationMethod::maximum_sharpe ||
           method == AllocationMethod::black_litterman;
}

/// The rest is long only and fully invested by its nature.
bool is_bounded(AllocationMethod method) {
    return asks_expected(method) || method == AllocationMethod::minimum_variance;
}

using Solved = std::expected<construction::Portfolio, construction::Error>;

}  // namespace

Allocate::Allocate(const StrategySetup& setup, ParamReader& params)
    : rebalancer_(setup.traded, setup.instruments.size()),
      method_(choice(params, "method", kMethods, AllocationMethod::equal_risk)),
      covariance_(choice(params, "covariance", kCovariances, AllocationCovariance::shrunk)),
      window_(static_cast<std::size_t>(params.whole("window", 250, 20, 10'000))),
      every_(static_cast<std::size_t>(params.whole("every", 21, 1, 100'000))),
      gross_(params.real("gross", 0.98, 0.0, 100.0)),
      volatility_(params.real("volatility", 0.0, 0.0, 10.0)),
      periods_(params.real("periods", 252, 1, 1e7)),
      least_(params.real("least", 0.0, -10.0, 1.0)),
      most_(params.real("most", 1.0, 0.0, 10.0)),
      turnover_(params.real("turnover", 0.0, 0.0, 100.0)),
      cost_(params.real("cost_bps", 0.0, 0.0, 1000.0) / 1e4),
      aversion_(params.real("aversion", 5.0, 1e-6, 1e6)),
      confidence_(params.real("confidence", 0.5, 0.0, 1.0)),
      decay_(params.real("decay", 0.94, 0.01, 0.9999)),
      has_expected_(!setup.features.empty() && setup.features.front() == "expected"),
      seats_(setup.traded.size()),
      at_(setup.instruments.size()) {
    const auto count = static_cast<double>(setup.traded.size());
    params.require(setup.traded.size() >= 2, "allocate needs two instruments or more");
    params.require(!asks_expected(method_) || has_expected_,
                   fmt::format("{} asks for expected=EXPRESSION: the return of a bar that is "
                               "expected of each instrument",
                               kMethods.of(method_)));
    params.require(least_ <= most_, "least is at most most");
    params.require(most_ * count >= 1.0, "most times the instruments is 1 at least");
    params.require(least_ * count <= 1.0, "least times the instruments is 1 at most");
    const bool has_bounds = params.has("least") || params.has("most") || params.has("turnover") ||
                            params.has("cost_bps");
    params.require(
        !has_bounds || is_bounded(method_),
        fmt::format("{} takes no least, most, turnover or cost_bps", kMethods.of(method_)));
    for (std::size_t i = 0; i < setup.traded.size(); ++i) at_[setup.traded[i].value] = i;
    for (Seat& seat : seats_) seat.change = seat.expected = kNaN;
    rows_.resize(window_ * seats_.size(), kNaN);
}

void Allocate::on_bar(Context& context, const Bar& bar) {
    Seat& seat = seats_[at_[bar.instrument.value]];
    const double close = to_double(bar.close);
    seat.change = seat.close > 0 ? close / seat.close - 1 : kNaN;
    seat.close = close;
    if (std::exchange(due_, context.now()) == context.now()) return;
    context.set_timer(kInstant, context.now());
}

void Allocate::on_features(Context&, const FeatureRow& row) {
    if (has_expected_) seats_[at_[row.instrument.value]].expected = row.values.front();
}

void Allocate::on_timer(Context& context, TimerId) { end_instant(context); }

void Allocate::on_refusal(Context& context, const Refusal& refusal) {
    rebalancer_.on_refusal(context, refusal);
}

void Allocate::on_corporate_action(Context&, const CorporateAction& action) {
    if (action.kind != CorporateActionKind::split) return;
    seats_[at_[action.instrument.value]].close *=
        static_cast<double>(action.old_shares) / static_cast<double>(action.new_shares);
}

/// All bars of the instant are in.
void Allocate::end_instant(Context& context) {
    take_row();
    const bool is_due = instants_++ % every_ == 0;
    if (is_due && rows_seen_ >= window_) {
        choose(context);
    } else if (rebalancer_.is_short()) {
        rebalancer_.pursue_again(context);
    }
}

void Allocate::take_row() {
    const std::size_t row = rows_seen_++ % window_;
    for (std::size_t i = 0; i < seats_.size(); ++i) {
        rows_[row * seats_.size() + i] = std::exchange(seats_[i].change, kNaN);
    }
}

Allocate::Table Allocate::table() const {
    Table out;
    const std::size_t width = seats_.size();
    for (std::size_t i = 0; i < width; ++i) {
        std::size_t there = 0;
        for (std::size_t row = 0; row < window_; ++row) {
            if (!std::isnan(rows_[row * width + i])) ++there;
        }
        const bool is_known = !asks_expected(method_) || std::isfinite(seats_[i].expected);
        const bool is_there = static_cast<double>(there) >= kPresent * static_cast<double>(window_);
        if (is_there && is_known) out.members.push_back(i);
    }
    for (std::size_t k = 0; k < window_; ++k) {
        // the oldest first, as EWMA wants them
        const std::size_t row = (rows_seen_ + k) % window_;
        const auto missing = [&](std::size_t i) { return std::isnan(rows_[row * width + i]); };
        if (std::ranges::any_of(out.members, missing)) continue;
        for (const std::size_t i : out.members) out.returns.push_back(rows_[row * width + i]);
        ++out.rows;
    }
    return out;
}

std::optional<std::vector<double>> Allocate::covariance_of(const Table& table) const {
    const measures::ReturnsTable returns{.values = table.returns, .columns = table.members.size()};
    if (covariance_ == AllocationCovariance::ewma) {
        auto ewma = measures::EwmaCovariance::create(
            {.instruments = table.members.size(), .decay = decay_});
        if (!ewma) return std::nullopt;
        for (std::size_t row = 0; row < table.rows; ++row) {
            if (!ewma->update(returns.row(row))) return std::nullopt;
        }
        const auto matrix = ewma->matrix();
        if (!matrix) return std::nullopt;
        return matrix->matrix.values;
    }
    const auto found = covariance_ == AllocationCovariance::shrunk
                           ? measures::shrunk_to_identity(returns, measures::MissingRows::refuse)
                           : measures::sample_covariance(returns, measures::MissingRows::refuse);
    if (!found) return std::nullopt;
    return found->matrix.values;
}

double Allocate::held_share(const Context& context, InstrumentId instrument) const {
    const auto full = context.units_for_share(instrument, 1.0);
    if (!full || full->raw == 0) return 0;
    return to_double(context.position(instrument)) / to_double(*full);
}

/// By members; nullopt where the method has no answer.
std::optional<std::vector<double>> Allocate::weights_of(const Context& context,
                                                        const Table& table) const {
    auto covariance = covariance_of(table);
    if (!covariance) return std::nullopt;
    const std::size_t count = table.members.size();
    construction::Allocation wanted;
    for (const std::size_t i : table.members) {
        const InstrumentId id = rebalancer_.traded()[i];
        wanted.universe.names.push_back(context.instruments().at(id).symbol);
        wanted.expected.push_back(seats_[i].expected);
        wanted.current.push_back(gross_ > 0 ? held_share(context, id) / gross_ : 0);
    }
    if (!asks_expected(method_)) wanted.expected.clear();
    wanted.universe.covariance = *covariance;
    wanted.constraints.lower.assign(count, least_);
    wanted.constraints.upper.assign(count, most_);
    if (turnover_ > 0) {
        wanted.constraints.turnover_max = turnover_;
        // from cash it takes several times
        const double net = std::accumulate(wanted.current.begin(), wanted.current.end(), 0.0);
        constexpr double kReachable = 1 - 1e-6;
        wanted.constraints.net_lower = std::min(1.0, net + kReachable * turnover_);
    }
    if (cost_ > 0) wanted.costs.linear.assign(count, cost_);
    construction::Posterior posterior;
    if (method_ == AllocationMethod::black_litterman) {
        construction::BlackLitterman views{
            .market = std::vector<double>(count, 1.0 / static_cast<double>(count)),
            .risk_aversion = aversion_};
        for (std::size_t i = 0; i < count; ++i) {
            std::vector<double> loadings(count);
            loadings[i] = 1;
            views.views.push_back({.name = wanted.universe.names[i],
                                   .loadings = std::move(loadings),
                                   .value = wanted.expected[i],
                                   .confidence = confidence_});
        }
        auto found = construction::black_litterman(wanted.universe, views);
        if (!found) return std::nullopt;
        posterior = std::move(*found);
        wanted.expected = posterior.expected;
        wanted.universe.covariance = posterior.covariance;
    }
    const auto solve = [&]() -> Solved {
        switch (method_) {
            case AllocationMethod::inverse_volatility:
                return construction::inverse_volatility(wanted.universe);
            case AllocationMethod::equal_risk: return construction::equal_risk(wanted.universe);
            case AllocationMethod::hierarchical: {
                auto tree = construction::hierarchical(wanted.universe);
                if (!tree) return std::unexpected(tree.error());
                return std::move(tree->portfolio);
            }
            case AllocationMethod::minimum_variance: return construction::minimum_variance(wanted);
            case AllocationMethod::mean_variance:
            case AllocationMethod::black_litterman:
                return construction::mean_variance(wanted, aversion_);
            case AllocationMethod::maximum_sharpe: return construction::maximum_sharpe(wanted, 0);
        }
        __builtin_unreachable();
    };
    Solved solved = solve();
    if (!solved) return std::nullopt;
    double scale = gross_;
    if (volatility_ > 0 && solved->volatility > 0) {
        scale = std::min(gross_, volatility_ / (solved->volatility * std::sqrt(periods_)));
    }
    for (double& weight : solved->weights) weight *= scale;
    return std::move(solved->weights);
}

void Allocate::choose(Context& context) {
    const Table members = table();
    if (members.members.size() < 2 || members.rows < kRowsLeast) return;
    const auto weights = weights_of(context, members);
    if (!weights) return;
    rebalancer_.want_nothing();
    for (std::size_t i = 0; i < weights->size(); ++i) {
        const InstrumentId id = rebalancer_.traded()[members.members[i]];
        rebalancer_.want_share(context, id, (*weights)[i]);
    }
    rebalancer_.pursue(context);
}

}  // namespace tradewind::signal
