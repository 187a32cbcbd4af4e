// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "measures/error.hpp"
#include "measures/square_matrix.hpp"

/// Whether instruments still go together as they used to.
namespace tradewind::measures {

/// Mean of the correlations of all pairs. The errors of `check_symmetric`; `too_few_rows` under two
/// instruments.
[[nodiscard]] std::expected<double, Error> mean_correlation(const SquareMatrix& correlation);

/// Share of the whole variance that the first `count` eigenvectors hold: the absorption ratio of
/// Kritzman, Li, Page and Rigobon, "Principal components as a measure of systemic risk", Journal of
/// Portfolio Management 37 (2011), 112-126, who take a fifth of the instruments. `out_of_range`
/// unless 1 <= count <= instruments.
[[nodiscard]] std::expected<double, Error> absorption_ratio(const SquareMatrix& correlation,
                                                            std::size_t count);

enum class CorrelationState : std::uint8_t {
    unknown,  ///< too short a history yet
    usual,
    high,  ///< far above its history: what was spread is one position
    low,   ///< far below: hedges no longer hedge
};

/// Compares a figure of correlation (mean, absorption ratio) with its own last `history` values, by
/// the deviations that it lies from their mean. It leaves `usual` beyond `enter` deviations and
/// comes back within `leave`, on either side, so that it does not flicker at a threshold. What is
/// unusual enters the history too: a change that lasts becomes usual.
class CorrelationAlarm {
public:
    struct Settings {
        std::size_t history = 250;  ///< values, 2 or more
        double enter = 3;
        double leave = 1;  ///< 0 <= leave < enter
        /// The deviation is taken to be at least this: a figure that hardly moved must not alarm
        /// over nothing.
        double deviation_min = 0.01;
    };
    /// `out_of_range` with the setting's value.
    [[nodiscard]] static std::expected<CorrelationAlarm, Error> create(const Settings& settings);

    /// `not_finite`, and nothing changes: an unknown correlation is for the caller to judge.
    /// Allocates nothing.
    [[nodiscard]] std::expected<CorrelationState, Error> update(double value);
    [[nodiscard]] CorrelationState state() const { return state_; }
    /// Deviations of the last value from the history before it; nullopt while unknown.
    [[nodiscard]] std::optional<double> deviations() const { return deviations_; }

private:
    explicit CorrelationAlarm(const Settings& settings);
    [[nodiscard]] CorrelationState next_state(double deviations) const;

    Settings settings_;
    std::vector<double> values_;
    std::size_t count_ = 0;
    CorrelationState state_ = CorrelationState::unknown;
    std::optional<double> deviations_{};
};

}  // namespace tradewind::measures
