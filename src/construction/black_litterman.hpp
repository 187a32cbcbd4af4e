// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "construction/universe.hpp"

namespace tradewind::construction {

/// "The portfolio `loadings` returns `value`": one asset of loading 1 is an absolute view, loadings
/// that sum to 0 a relative one. How sure it is: by `confidence`, by `variance`, or as sure as the
/// prior.
struct View {
    std::string name{};
    std::vector<double> loadings{};  ///< [assets]
    double value = 0;                ///< return of one period
    /// From 0 (the view changes nothing) to 1 (it holds exactly): Idzorek's.
    std::optional<double> confidence{};
    std::optional<double> variance{};  ///< of the view's error; from 0 up
};

struct BlackLitterman {
    /// Expected returns before any view; empty: risk_aversion * Cov * market, what the market's
    /// weights imply.
    std::vector<double> prior{};
    std::vector<double> market{};  ///< [assets], weights of the market; read where prior is empty
    double risk_aversion = 2.5;    ///< of the market
    double tau = 0.05;             ///< variance of the prior's mean, in parts of Cov
    std::vector<View> views{};
};

struct Posterior {
    std::vector<double> prior{};       ///< [assets]
    std::vector<double> expected{};    ///< [assets]
    std::vector<double> covariance{};  ///< [assets, assets]: Cov plus that of the posterior mean
};

/// m = prior + tau C P' (tau P C P' + Omega)^-1 (value - P prior)   (Black and Litterman 1992; He
/// and Litterman 1999, "The intuition behind Black-Litterman model portfolios", formulas 8 to 10).
/// Omega is diagonal: `variance`; or tau p'Cp (1 - c) / c of a confidence c, which tilts the
/// weights by c of the way to full confidence (Idzorek 2005, "A step-by-step guide to the
/// Black-Litterman model", in the closed form of Walters 2014, formula 41); or tau p'Cp. Wants no
/// inverse of C. Errors: bad_input; infeasible, naming views that are fully sure and at odds or
/// redundant.
[[nodiscard]] std::expected<Posterior, Error> black_litterman(const Universe& universe,
                                                              const BlackLitterman& settings);

}  // namespace tradewind::construction
