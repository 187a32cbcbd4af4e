// SPDX-License-Identifier: Apache-2.0
#include "construction/sizing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/try.hpp"

namespace tradewind::construction {
namespace {

/// Of a lot: an exact size this little below a multiple is that multiple, less rounding.
constexpr double kLotSlack = 1e-9;

struct Range {
    double least = 0;
    bool least_is_allowed = true;
    double most = std::numeric_limits<double>::infinity();
};
constexpr Range kFromZero{};
constexpr Range kAboveZero{.least_is_allowed = false};
constexpr Range kPart{.most = 1};

std::expected<double, Error> known(std::optional<double> value, const std::string& field,
                                   const Range& range) {
    if (!value) return bad_input(field, "is not known");
    if (!std::isfinite(*value)) return bad_input(field, "is not a finite number");
    if (*value < range.least || (*value == range.least && !range.least_is_allowed)) {
        return bad_input(field, range.least_is_allowed ? "is below 0" : "is not above 0");
    }
    if (*value > range.most) return bad_input(field, "is above 1");
    return *value;
}

std::expected<double, Error> notional_size(double notional, std::optional<double> price,
                                           const ContractTerms& terms) {
    const double known_price = TRY(known(price, "price", kAboveZero));
    const double point_value = TRY(known(terms.point_value, "point_value", kAboveZero));
    return round_to_lot(notional / (known_price * point_value), terms);
}

}  // namespace

std::expected<double, Error> round_to_lot(double exact, const ContractTerms& terms) {
    (void)TRY(known(exact, "size", kFromZero));
    (void)TRY(known(terms.lot, "lot", kFromZero));
    (void)TRY(known(terms.quantity_min, "quantity_min", kFromZero));
    const double size =
        terms.lot > 0 ? std::floor(exact / terms.lot + kLotSlack) * terms.lot : exact;
    return size < terms.quantity_min ? 0.0 : size;
}

std::expected<double, Error> size_of(const FixedFraction& rule) {
    const double equity = TRY(known(rule.equity, "equity", kFromZero));
    const double fraction = TRY(known(rule.fraction, "fraction", kFromZero));
    return notional_size(equity * fraction, rule.price, rule.terms);
}

std::expected<double, Error> size_of(const FixedRisk& rule) {
    const double equity = TRY(known(rule.equity, "equity", kFromZero));
    const double risk = TRY(known(rule.risk, "risk", kPart));
    const double distance = TRY(known(rule.stop_distance, "stop_distance", kAboveZero));
    const double point_value = TRY(known(rule.terms.point_value, "point_value", kAboveZero));
    return round_to_lot(equity * risk / (distance * point_value), rule.terms);
}

std::expected<double, Error> atr_stop(std::optional<double> atr, std::optional<double> multiple) {
    const double range = TRY(known(atr, "atr", kAboveZero));
    return range * TRY(known(multiple, "stop_atr", kAboveZero));
}

std::expected<double, Error> size_of(const VolatilityTarget& rule) {
    const double equity = TRY(known(rule.equity, "equity", kFromZero));
    const double target = TRY(known(rule.target, "target", kFromZero));
    const double volatility = TRY(known(rule.volatility, "volatility", kAboveZero));
    const double periods = TRY(known(rule.periods_per_year, "periods_per_year", kAboveZero));
    const double most = TRY(known(rule.fraction_max, "fraction_max", kFromZero));
    const double fraction = std::min(most, target / (volatility * std::sqrt(periods)));
    return notional_size(equity * fraction, rule.price, rule.terms);
}

std::expected<double, Error> kelly(const BinaryEdge& edge, std::optional<double> share) {
    const double p = TRY(known(edge.win_probability, "win_probability", kPart));
    const double b = TRY(known(edge.payoff, "payoff", kAboveZero));
    const double error = TRY(known(edge.probability_error, "probability_error", kFromZero));
    const double staked = TRY(known(share, "share", kPart));
    const double gain = (b + 1) * p - 1;
    if (gain <= 0) return 0.0;
    const double doubt = (b + 1) * error;
    return staked * (gain / b) * (gain * gain / (gain * gain + doubt * doubt));
}

std::expected<double, Error> kelly(const ContinuousEdge& edge, std::optional<double> share) {
    const double mean = TRY(known(edge.mean, "mean", {.least = -HUGE_VAL}));
    const double variance = TRY(known(edge.variance, "variance", kAboveZero));
    const double error = TRY(known(edge.mean_error, "mean_error", kFromZero));
    const double staked = TRY(known(share, "share", kPart));
    if (mean == 0) return 0.0;
    return staked * (mean / variance) * (mean * mean / (mean * mean + error * error));
}

std::expected<double, Error> scale_by_confidence(std::optional<double> confidence,
                                                 const ConfidenceScale& scale) {
    const double value = TRY(known(confidence, "confidence", kPart));
    if (!(scale.none < scale.full)) return bad_input("confidence scale", "none is not below full");
    return std::clamp((value - scale.none) / (scale.full - scale.none), 0.0, 1.0);
}

std::expected<double, Error> scale_by_drawdown(std::optional<double> drawdown,
                                               std::optional<double> limit) {
    const double down = TRY(known(drawdown, "drawdown", kPart));
    const double most = TRY(known(limit, "drawdown limit", kPart));
    if (most == 0) return bad_input("drawdown limit", "is not above 0");
    if (down >= most) return 0.0;
    return (most - down) / ((1 - down) * most);
}

}  // namespace tradewind::construction
