// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>

#include "construction/error.hpp"

/// The size of one position. An input that is not known, not finite or out of its range is an error
/// that names it: no rule has a size to fall back on.
namespace tradewind::construction {

/// What one unit of an instrument is worth and in which steps it trades.
struct ContractTerms {
    std::optional<double> point_value{};  ///< account currency a unit gains where its price gains
                                          ///< 1; 1 for a share in the account's currency
    double lot = 0;           ///< sizes are rounded down to a multiple of it; 0: any size
    double quantity_min = 0;  ///< what is below it is no position
};

/// A number of units from 0 up: the exact one rounded down to the lot, 0 below the minimum.
[[nodiscard]] std::expected<double, Error> round_to_lot(double exact, const ContractTerms& terms);

struct FixedFraction {
    std::optional<double> equity{};    ///< in account currency
    std::optional<double> price{};     ///< above 0
    std::optional<double> fraction{};  ///< of the equity, as notional; from 0 up
    ContractTerms terms{};
};

/// equity * fraction / (price * point value).
[[nodiscard]] std::expected<double, Error> size_of(const FixedFraction& rule);

struct FixedRisk {
    std::optional<double> equity{};
    std::optional<double> risk{};  ///< part of the equity that a stopped trade may lose, 0 to 1
    std::optional<double> stop_distance{};  ///< in price, above 0; see `atr_stop`
    ContractTerms terms{};
};

/// equity * risk / (stop distance * point value). A gap through the stop loses more.
[[nodiscard]] std::expected<double, Error> size_of(const FixedRisk& rule);

/// multiple * average true range, in price.
[[nodiscard]] std::expected<double, Error> atr_stop(std::optional<double> atr,
                                                    std::optional<double> multiple);

struct VolatilityTarget {
    std::optional<double> equity{};
    std::optional<double> price{};
    std::optional<double> target{};      ///< annual deviation of the position's part of returns
    std::optional<double> volatility{};  ///< deviation of the instrument's returns, one period
    std::optional<double> periods_per_year{};  ///< of those periods
    std::optional<double>
        fraction_max{};  ///< notional in parts of the equity; below it all is
                         ///< allowed. Wanted: a calm market has no size of its own
    ContractTerms terms{};
};

/// Notional of equity * min(fraction_max, target / (volatility * sqrt(periods a year))).
[[nodiscard]] std::expected<double, Error> size_of(const VolatilityTarget& rule);

struct BinaryEdge {
    std::optional<double> win_probability{};  ///< 0 to 1
    std::optional<double> payoff{};           ///< gain of a win over loss of a loss, above 0
    std::optional<double>
        probability_error{};  ///< standard error of the probability; 0 for a known one
};

/// Kelly's fraction of the equity to put at risk, shrunk, at least 0:
/// f = p - (1 - p) / b (Kelly 1956), times e^2 / (e^2 + s^2) with edge e = (b + 1) p - 1 and its
/// error s = (b + 1) * probability_error (Baker and McHale 2013, "Optimal betting under parameter
/// uncertainty"). `share` from 0 to 1 is the part of it that is staked: half Kelly is 0.5.
[[nodiscard]] std::expected<double, Error> kelly(const BinaryEdge& edge,
                                                 std::optional<double> share);

struct ContinuousEdge {
    std::optional<double> mean{};        ///< of the excess return of one period
    std::optional<double> variance{};    ///< of it, above 0
    std::optional<double> mean_error{};  ///< standard error of the mean; 0 for a known one
};

/// Kelly's exposure in parts of the equity, shrunk; below 0 for a short: mean / variance (Merton
/// 1969), times mean^2 / (mean^2 + error^2), which is what grows fastest when mean is an estimate
/// with that error: E[k m / v * mean - (k m / v)^2 v / 2] is largest there.
[[nodiscard]] std::expected<double, Error> kelly(const ContinuousEdge& edge,
                                                 std::optional<double> share);

/// 0 at `none` and below, 1 at `full` and above, straight between.
struct ConfidenceScale {
    double none = 0.5;
    double full = 1;
};
[[nodiscard]] std::expected<double, Error> scale_by_confidence(std::optional<double> confidence,
                                                               const ConfidenceScale& scale);

/// The part of full size at a drawdown d from the highest equity when it must never reach `limit`:
/// (w - a) / (w (1 - a)) with w = 1 - d and a = 1 - limit, so 1 at the peak and 0 at the limit
/// (Grossman and Zhou 1993, "Optimal investment strategies for controlling drawdowns"). 0 < limit
/// <= 1.
[[nodiscard]] std::expected<double, Error> scale_by_drawdown(std::optional<double> drawdown,
                                                             std::optional<double> limit);

}  // namespace tradewind::construction
