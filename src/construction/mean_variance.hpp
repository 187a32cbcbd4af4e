// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "construction/universe.hpp"

namespace tradewind::construction {

/// lower <= sum of loading * weight <= upper: a sector has loadings of 1 and 0, a factor betas.
struct Exposure {
    std::string name{};
    std::vector<double> loadings{};  ///< [assets]
    double lower = -kUnlimited;
    double upper = kUnlimited;
};

/// All in parts of the equity.
struct Constraints {
    std::vector<double> lower{};  ///< [assets]; empty: 0, so long only
    std::vector<double> upper{};  ///< [assets]; empty: none
    double net_lower = 1;         ///< of the sum of weights
    double net_upper = 1;
    std::optional<double> gross_max{};     ///< of the sum of absolute weights
    std::optional<double> turnover_max{};  ///< of the sum of |weight - current|
    std::vector<Exposure> exposures{};
};

/// Of trading d = |weight - current| in an asset: linear * d + quadratic * d^2, in parts of the
/// equity over the period of the covariance.
struct Costs {
    std::vector<double> linear{};     ///< [assets], from 0 up; empty: none
    std::vector<double> quadratic{};  ///< [assets], from 0 up; empty: none
};

/// What every method that optimises is given.
struct Allocation {
    Universe universe{};
    std::vector<double> expected{};  ///< [assets], excess over nothing, of one period; may be empty
                                     ///< where a method needs none
    std::vector<double> current{};   ///< [assets]; empty: none held
    Constraints constraints{};
    Costs costs{};
};

/// minimise 1/2 w'Cw + costs(w).
[[nodiscard]] std::expected<Portfolio, Error> minimum_variance(const Allocation& allocation);

/// maximise m'w - risk_aversion / 2 w'Cw - costs(w). `risk_aversion` > 0. (Markowitz 1952.)
[[nodiscard]] std::expected<Portfolio, Error> mean_variance(const Allocation& allocation,
                                                            double risk_aversion);

/// minimise 1/2 w'Cw + costs(w) subject to m'w >= target.
[[nodiscard]] std::expected<Portfolio, Error> target_return(const Allocation& allocation,
                                                            double target);

/// maximise (m'w - linear costs(w) - risk_free) / sqrt(w'Cw), as a quadratic program in w / kappa
/// (Cornuejols and Tutuncu 2007, "Optimization Methods in Finance", section 8.2). Where the net
/// exposure may vary and the ratio does not change with size, the size is the solver's. Pressures
/// are of that program and so are left out. Errors beside those of `solve`: infeasible where no
/// allowed portfolio earns more than `risk_free`; bad_input for quadratic costs.
[[nodiscard]] std::expected<Portfolio, Error> maximum_sharpe(const Allocation& allocation,
                                                             double risk_free);

}  // namespace tradewind::construction
