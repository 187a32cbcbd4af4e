// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <vector>

#include "measures/error.hpp"
#include "measures/returns_table.hpp"
#include "measures/square_matrix.hpp"

/// Value at risk and expected shortfall of a portfolio. Exposures are signed values of positions in
/// one currency (quantity x price x multiplier); losses are positive and in the same unit.
namespace tradewind::measures {

struct TailLoss {
    double var = 0;
    double es = 0;

    friend bool operator==(const TailLoss&, const TailLoss&) = default;
};

/// An order, or a part of one, as the exposure that it would add.
struct ExposureChange {
    std::size_t instrument = 0;
    double exposure = 0;
};

/// A portfolio under scenarios of returns, whatever made them: history, history filtered by
/// volatility, or a simulation. The P&L of every scenario is kept, so that an order costs one pass
/// over the scenarios of its instrument and the selection of the tail.
///
/// VaR is the empirical quantile of the P&L between order statistics, Hyndman and Fan (1996) type
/// 7, as numpy's default. ES is the mean of the worst n x tail scenarios, the last one in part
/// where that is no whole number: Acerbi and Tasche, "On the coherence of expected shortfall",
/// Journal of Banking and Finance 26 (2002), definition 2.6, which is subadditive for every sample
/// (`TailRisk` takes the plain mean beyond the quantile, as empyrical does, which is not). ES is
/// never below VaR.
class ScenarioRisk {
public:
    struct Settings {
        ReturnsTable scenarios{};  ///< [scenarios, instruments], none missing; copied
        double tail = 0.05;        ///< probability left outside
    };
    /// The errors of `check_complete`; `out_of_range` unless 0 < tail < 1. All exposures are 0.
    [[nodiscard]] static std::expected<ScenarioRisk, Error> create(const Settings& settings);

    [[nodiscard]] std::size_t instruments() const { return exposures_.size(); }
    [[nodiscard]] std::size_t scenarios() const { return pnl_.size(); }
    /// [instruments]
    [[nodiscard]] std::span<const double> exposures() const { return exposures_; }
    /// [scenarios]
    [[nodiscard]] std::span<const double> pnl() const { return pnl_; }

    /// [instruments]; `wrong_shape`, `not_finite`; then nothing changes.
    [[nodiscard]] std::expected<void, Error> set_exposures(std::span<const double> exposures);
    /// A fill. P&L is added to, so rounding adds up; `set_exposures` makes it afresh. `not_finite`,
    /// `wrong_shape` for an instrument that is not there. Allocates nothing.
    [[nodiscard]] std::expected<void, Error> apply(const ExposureChange& change);

    /// Of the portfolio as it is. Allocates nothing.
    [[nodiscard]] TailLoss risk();
    /// Of the portfolio with all these changes, which are not kept. What they add is incremental
    /// VaR and ES: this less `risk()`. The errors of `apply`. Allocates nothing.
    [[nodiscard]] std::expected<TailLoss, Error> risk_with(std::span<const ExposureChange> changes);

    /// What each position adds, [instruments]: the losses of the scenarios that make VaR and ES,
    /// which add up to `risk()` (Euler's allocation: Tasche, "Risk contributions and performance
    /// measurement", 1999). Of equal scenarios the earlier ones count as worse.
    [[nodiscard]] std::vector<TailLoss> components() const;
    /// The change of VaR and ES a unit of exposure in each instrument, [instruments]; also of those
    /// without a position. Right as long as the scenarios that make the tail stay the same ones.
    [[nodiscard]] std::vector<TailLoss> marginals() const;

private:
    explicit ScenarioRisk(const Settings& settings);
    [[nodiscard]] std::span<const double> returns_of(std::size_t instrument) const;
    [[nodiscard]] std::expected<void, Error> check(const ExposureChange& change) const;
    [[nodiscard]] TailLoss select(std::span<double> pnl) const;

    double tail_;
    std::vector<double> returns_;  ///< [instruments, scenarios]
    std::vector<double> exposures_;
    std::vector<double> pnl_;
    std::vector<double> scratch_;
};

/// VaR and ES of normal returns of mean 0 with this covariance, and what each position adds to
/// them; they add up.
struct NormalRisk {
    TailLoss total{};
    std::vector<TailLoss> components{};  ///< [instruments]
};
/// `wrong_shape`, `not_finite`, `out_of_range` unless 0 < tail < 0.5, `not_semidefinite` where the
/// portfolio's variance is below 0.
[[nodiscard]] std::expected<NormalRisk, Error> normal_risk(const SquareMatrix& covariance,
                                                           std::span<const double> exposures,
                                                           double tail);

}  // namespace tradewind::measures
