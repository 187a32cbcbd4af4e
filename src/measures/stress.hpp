// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "domain/time.hpp"
#include "measures/error.hpp"
#include "measures/returns_table.hpp"

/// What the present positions would lose in a shock, or in a crisis of the past. Exposures are
/// signed values in one currency, [instruments].
namespace tradewind::measures {

struct StressLoss {
    double loss = 0;              ///< positive is bad
    std::vector<double> parts{};  ///< of each position, adding up to it, [instruments]
};

/// `shocks` are returns, [instruments]. `wrong_shape`; `not_finite` for a position without a shock;
/// one of an instrument that is not held may be NaN.
[[nodiscard]] std::expected<StressLoss, Error> shock(std::span<const double> exposures,
                                                     std::span<const double> shocks);

/// Shocks of factors through betas: `betas` [instruments, factors], `factor_shocks` [factors]. NaN
/// betas of instruments that are not held do not matter.
[[nodiscard]] std::expected<StressLoss, Error> shock_factors(std::span<const double> exposures,
                                                             const ReturnsTable& betas,
                                                             std::span<const double> factor_shocks);

/// A crisis as a window of days, both ends in it.
struct Crisis {
    std::string_view name;   ///< "lehman-2008"
    std::string_view title;  ///< "Lehman and after"
    Date first;
    Date last;
};

/// Those that have a name, by their first days; whether they can be replayed hangs on the data at
/// hand.
[[nodiscard]] std::span<const Crisis> named_crises();

/// Where a missing return of a window came from; of an instrument the worst of its rows is told.
enum class FilledFrom : std::uint8_t {
    data,            ///< nothing was missing
    market,          ///< beta to the market times the market's return
    worst_of_class,  ///< the worst return of the day, for the side held, among those of its class
    worst_of_all,    ///< the same among all: nobody of its class traded
};

struct CrisisWindow {
    ReturnsTable returns{};  ///< rows of the window, [days, instruments]; NaN is missing
    std::span<const double> exposures{};     ///< [instruments]; the sign says the side held
    std::span<const std::size_t> classes{};  ///< of each instrument, [instruments]
    std::span<const double> market{};        ///< returns of the proxy, [days]; empty: none
    /// To the market, from another time, [instruments]; NaN: unknown. Empty: none known.
    std::span<const double> betas{};
};

struct FilledWindow {
    std::vector<double> values{};           ///< [days, instruments]
    std::vector<FilledFrom> instruments{};  ///< [instruments]
};

/// A window without holes, filled in the order of `FilledFrom`: beta to the market where both are
/// known, else the worst of the class for the side that is held, else the worst of all. Instruments
/// that are not held get 0 and `data`. `wrong_shape`, `not_finite`; `missing_value` for a day on
/// which nothing traded at all and the market is not known.
[[nodiscard]] std::expected<FilledWindow, Error> fill_window(const CrisisWindow& window);

struct WorstLoss {
    double loss = 0;              ///< positive is bad; below 0 where every span gained
    std::size_t first = 0;        ///< first row of the span
    std::size_t last = 0;         ///< and its last
    std::vector<double> parts{};  ///< of each position, [instruments]
};

/// The worst loss over any `horizon` rows on end, positions held without trading: returns compound
/// within the span, exposures are those at its beginning. None missing. `too_few_rows` under
/// `horizon` rows, `out_of_range` for a horizon of 0, the errors of `check_complete`.
[[nodiscard]] std::expected<WorstLoss, Error> worst_loss(const ReturnsTable& returns,
                                                         std::span<const double> exposures,
                                                         std::size_t horizon);

}  // namespace tradewind::measures
