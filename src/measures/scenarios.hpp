// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "measures/error.hpp"
#include "measures/returns_table.hpp"
#include "measures/square_matrix.hpp"

/// Scenarios of one period for `ScenarioRisk`, beside plain history.
namespace tradewind::measures {

struct Scenarios {
    std::vector<double> values{};  ///< [scenarios, instruments]
    std::size_t columns = 0;

    [[nodiscard]] ReturnsTable view() const { return {.values = values, .columns = columns}; }
};

struct Simulation {
    std::size_t scenarios = 10'000;
    std::uint64_t seed = 1;
    /// Of a multivariate Student t, above 2, scaled so that the covariance stays what it is;
    /// nullopt: normal. One draw of chi-square moves all instruments of a scenario: extremes come
    /// together.
    std::optional<double> degrees_of_freedom{};
};

/// Draws returns of mean 0 with this covariance, which may be singular. The same seed gives the
/// same scenarios everywhere. The errors of `check_covariance`; `empty` for no scenario;
/// `out_of_range` for degrees of freedom.
[[nodiscard]] std::expected<Scenarios, Error> simulate(const SquareMatrix& covariance,
                                                       const Simulation& simulation);

/// How the volatility that history is filtered by is told.
enum class VolatilityModel : std::uint8_t {
    ewma,   ///< `ewma_variances`
    garch,  ///< `fit_garch` of the same returns
};
struct Filter {
    VolatilityModel model = VolatilityModel::ewma;
    double decay = 0.94;  ///< of ewma
};

/// History as it would be at the volatility that is expected next: every return over the deviation
/// that was expected of it, times the deviation expected now, instrument by instrument; what moved
/// together stays together. Hull and White, "Incorporating volatility updating into the historical
/// simulation method for value at risk", Journal of Risk 1 (1998), 5-19; with GARCH Barone-Adesi,
/// Giannopoulos and Vosper, "VaR without correlations for portfolios of derivative securities",
/// Journal of Futures Markets 19 (1999), where the returns keep their mean apart. The errors of
/// `check_complete` and of the model's functions with the instrument as column; `constant` for one
/// that never moved.
[[nodiscard]] std::expected<Scenarios, Error> filtered_history(const ReturnsTable& returns,
                                                               const Filter& filter);

}  // namespace tradewind::measures
