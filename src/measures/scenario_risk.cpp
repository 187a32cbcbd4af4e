// SPDX-License-Identifier: Apache-2.0
#include "measures/scenario_risk.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "measures/distributions.hpp"

namespace tradewind::measures {
namespace {

/// Which of n values in ascending order make the quantile and the mean of the tail.
struct Tail {
    std::size_t below = 0;  ///< the quantile lies between this value
    std::size_t above = 0;  ///< and that
    double between = 0;     ///< so far towards the second
    std::size_t whole = 0;  ///< values that count in full in the mean
    double part = 0;        ///< how much of the next one counts
    double count = 0;       ///< whole + part

    [[nodiscard]] std::size_t last() const {
        return std::max(above, part > 0 || whole == 0 ? whole : whole - 1);
    }
};

Tail tail_of(std::size_t n, double tail) {
    const double position = tail * static_cast<double>(n - 1);
    Tail out;
    out.below = static_cast<std::size_t>(position);
    out.above = std::min(out.below + 1, n - 1);
    out.between = position - static_cast<double>(out.below);
    out.count = tail * static_cast<double>(n);
    out.whole = static_cast<std::size_t>(out.count);
    out.part = out.count - static_cast<double>(out.whole);
    return out;
}

/// `at(i)`: the i-th smallest.
template <typename At>
TailLoss loss_of(const Tail& tail, At at) {
    double sum = 0;
    for (std::size_t i = 0; i < tail.whole; ++i) sum += at(i);
    if (tail.part > 0) sum += tail.part * at(tail.whole);
    const double low = at(tail.below);
    return {.var = -(low + tail.between * (at(tail.above) - low)), .es = -sum / tail.count};
}

void add(std::span<double> y, double factor, std::span<const double> x) {
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += factor * x[i];
}

std::expected<void, Error> check_exposures(std::span<const double> exposures,
                                           std::size_t instruments) {
    if (exposures.size() != instruments) {
        return std::unexpected(Error{.kind = ErrorKind::wrong_shape,
                                     .row = exposures.size(),
                                     .value = static_cast<double>(instruments)});
    }
    for (std::size_t i = 0; i < instruments; ++i) {
        if (std::isfinite(exposures[i])) continue;
        return std::unexpected(
            Error{.kind = ErrorKind::not_finite, .column = i, .value = exposures[i]});
    }
    return {};
}

}  // namespace

ScenarioRisk::ScenarioRisk(const Settings& settings)
    : tail_(settings.tail),
      returns_(settings.scenarios.values.size()),
      exposures_(settings.scenarios.columns, 0.0),
      pnl_(settings.scenarios.rows(), 0.0),
      scratch_(settings.scenarios.rows(), 0.0) {
    for (std::size_t s = 0; s < pnl_.size(); ++s) {
        for (std::size_t i = 0; i < exposures_.size(); ++i) {
            returns_[i * pnl_.size() + s] = settings.scenarios.at(s, i);
        }
    }
}

std::expected<ScenarioRisk, Error> ScenarioRisk::create(const Settings& settings) {
    TRY_VOID(check_complete(settings.scenarios));
    if (!(settings.tail > 0 && settings.tail < 1)) {
        return std::unexpected(Error{.kind = ErrorKind::out_of_range, .value = settings.tail});
    }
    return ScenarioRisk(settings);
}

std::span<const double> ScenarioRisk::returns_of(std::size_t instrument) const {
    return std::span(returns_).subspan(instrument * pnl_.size(), pnl_.size());
}

std::expected<void, Error> ScenarioRisk::set_exposures(std::span<const double> exposures) {
    TRY_VOID(check_exposures(exposures, instruments()));
    std::ranges::copy(exposures, exposures_.begin());
    std::ranges::fill(pnl_, 0.0);
    for (std::size_t i = 0; i < exposures_.size(); ++i) {
        if (exposures_[i] != 0) add(pnl_, exposures_[i], returns_of(i));
    }
    return {};
}

std::expected<void, Error> ScenarioRisk::check(const ExposureChange& change) const {
    if (change.instrument >= instruments()) {
        return std::unexpected(Error{.kind = ErrorKind::wrong_shape,
                                     .row = change.instrument + 1,
                                     .value = static_cast<double>(instruments())});
    }
    if (!std::isfinite(change.exposure)) {
        return std::unexpected(Error{
            .kind = ErrorKind::not_finite, .column = change.instrument, .value = change.exposure});
    }
    return {};
}

std::expected<void, Error> ScenarioRisk::apply(const ExposureChange& change) {
    TRY_VOID(check(change));
    exposures_[change.instrument] += change.exposure;
    add(pnl_, change.exposure, returns_of(change.instrument));
    return {};
}

TailLoss ScenarioRisk::select(std::span<double> pnl) const {
    const Tail tail = tail_of(pnl.size(), tail_);
    const auto end = pnl.begin() + static_cast<std::ptrdiff_t>(tail.last());
    std::nth_element(pnl.begin(), end, pnl.end());
    std::sort(pnl.begin(), end);
    return loss_of(tail, [&](std::size_t i) { return pnl[i]; });
}

TailLoss ScenarioRisk::risk() {
    std::ranges::copy(pnl_, scratch_.begin());
    return select(scratch_);
}

std::expected<TailLoss, Error> ScenarioRisk::risk_with(std::span<const ExposureChange> changes) {
    for (const ExposureChange& one : changes) TRY_VOID(check(one));
    std::ranges::copy(pnl_, scratch_.begin());
    for (const ExposureChange& one : changes) {
        add(scratch_, one.exposure, returns_of(one.instrument));
    }
    return select(scratch_);
}

std::vector<TailLoss> ScenarioRisk::marginals() const {
    std::vector<std::size_t> order(pnl_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return pnl_[a] != pnl_[b] ? pnl_[a] < pnl_[b] : a < b;
    });
    const Tail tail = tail_of(pnl_.size(), tail_);
    std::vector<TailLoss> out(instruments());
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto returns = returns_of(i);
        out[i] = loss_of(tail, [&](std::size_t k) { return returns[order[k]]; });
    }
    return out;
}

std::vector<TailLoss> ScenarioRisk::components() const {
    auto out = marginals();
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i].var *= exposures_[i];
        out[i].es *= exposures_[i];
    }
    return out;
}

std::expected<NormalRisk, Error> normal_risk(const SquareMatrix& covariance,
                                             std::span<const double> exposures, double tail) {
    TRY_VOID(check_exposures(exposures, covariance.size));
    if (!(tail > 0 && tail < 0.5)) {
        return std::unexpected(Error{.kind = ErrorKind::out_of_range, .value = tail});
    }
    std::vector<double> product(exposures.size(), 0.0);
    double variance = 0;
    double scale = 0;
    for (std::size_t i = 0; i < exposures.size(); ++i) {
        for (std::size_t j = 0; j < exposures.size(); ++j) {
            product[i] += covariance.at(i, j) * exposures[j];
        }
        variance += exposures[i] * product[i];
        scale += std::abs(exposures[i] * product[i]);
    }
    if (!std::isfinite(variance)) {
        return std::unexpected(Error{.kind = ErrorKind::not_finite, .value = variance});
    }
    if (variance < -1e-12 * scale) {
        return std::unexpected(Error{.kind = ErrorKind::not_semidefinite, .value = variance});
    }
    const double deviation = std::sqrt(std::max(variance, 0.0));
    const double z = normal_quantile(tail);
    const double h = normal_density(z) / tail;
    NormalRisk out{.total = {.var = -z * deviation, .es = h * deviation},
                   .components = std::vector<TailLoss>(exposures.size())};
    if (deviation == 0) return out;
    for (std::size_t i = 0; i < exposures.size(); ++i) {
        const double share = exposures[i] * product[i] / deviation;
        out.components[i] = {.var = -z * share, .es = h * share};
    }
    return out;
}

}  // namespace tradewind::measures
