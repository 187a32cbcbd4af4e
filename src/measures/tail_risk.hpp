// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "measures/error.hpp"

/// Value at risk and expected shortfall of one series of returns. Losses, so positive is bad.
/// `tail` is the probability left outside: 0.05 of a level of 95 %.
namespace tradewind::measures {

/// The Cornish-Fisher expansion of a normal quantile z and its mean over the tail below z. `skew`
/// and `excess_kurtosis` are its parameters; those of the resulting distribution are near them for
/// small values alone: Maillard, "A user's guide to the Cornish Fisher expansion" (2012).
struct CornishFisher {
    double skew = 0;
    double excess_kurtosis = 0;

    [[nodiscard]] double quantile(double z) const;
    /// Mean of quantile(Z) given Z < z, `tail` = P(Z < z).
    [[nodiscard]] double tail_mean(double z, double tail) const;
    /// Whether the expansion is a distribution: it must rise from -5 to 5 standard deviations.
    /// Beyond them (3e-7) nothing has weight, and there every sample with tails thinner than a
    /// normal's turns it around. It fails beyond an excess kurtosis of about 8, or less with skew;
    /// Maillard's domain, which asks for it everywhere, lies inside this one.
    [[nodiscard]] bool rises() const;
};

/// Value at risk and expected shortfall of one period at one level: losses, so positive is bad.
struct TailRisk {
    std::optional<double> var_historical{};  ///< empirical quantile (type 7)
    std::optional<double> es_historical{};   ///< mean of the returns at or below that quantile
    std::optional<double> var_normal{};      ///< -(mean + z sd)
    std::optional<double> es_normal{};       ///< -(mean - sd density(z) / tail)
    /// Cornish-Fisher: z adjusted for skew and excess kurtosis (Zangari 1996; Favre and Galeano
    /// 2002). nullopt where the expansion is not a distribution, which is so beyond an excess
    /// kurtosis of about 8.
    std::optional<double> var_cornish_fisher{};
    /// Mean of the Cornish-Fisher quantile over the tail (Maillard, "A user's guide to the Cornish
    /// Fisher expansion", 2012).
    std::optional<double> es_cornish_fisher{};
};

/// `sorted` are the returns in ascending order, at least one; 0 < tail < 1. No NaN.
[[nodiscard]] TailRisk tail_risk(std::span<const double> returns, std::span<const double> sorted,
                                 double tail);

enum class ParametricMethod : std::uint8_t {
    cornish_fisher,
    /// of the normal and the historical figure the larger, each for itself
    fallback,
};

struct ParametricRisk {
    double var = 0;
    double es = 0;
    ParametricMethod method = ParametricMethod::cornish_fisher;
};

/// Cornish-Fisher where it is a distribution, else the fallback: skewed and fat-tailed beyond what
/// the expansion can say must not come out milder for it. `too_few_rows` under two returns,
/// `not_finite`, `out_of_range` unless 0 < tail < 0.5, `constant` where they do not vary.
[[nodiscard]] std::expected<ParametricRisk, Error> parametric_risk(std::span<const double> returns,
                                                                   double tail);

}  // namespace tradewind::measures
