// SPDX-License-Identifier: Apache-2.0
#include "measures/correlation_alarm.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/try.hpp"
#include "measures/moments.hpp"
#include "measures/spectrum.hpp"
#include "measures/symmetric_eigen.hpp"

namespace tradewind::measures {

std::expected<double, Error> mean_correlation(const SquareMatrix& correlation) {
    TRY_VOID(check_symmetric(correlation));
    const std::size_t n = correlation.size;
    if (n < 2) {
        return std::unexpected(Error{.kind = ErrorKind::too_few_rows, .row = n, .value = 2});
    }
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < i; ++j) sum += correlation.at(i, j);
    }
    return sum / (static_cast<double>(n * (n - 1)) / 2);
}

std::expected<double, Error> absorption_ratio(const SquareMatrix& correlation, std::size_t count) {
    TRY_VOID(check_symmetric(correlation));
    if (count == 0 || count > correlation.size) {
        return std::unexpected(
            Error{.kind = ErrorKind::out_of_range, .value = static_cast<double>(count)});
    }
    auto values = symmetric_eigen(correlation).values;
    std::sort(values.begin(), values.end(), std::greater<>());
    double first = 0;
    double all = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i < count) first += values[i];
        all += values[i];
    }
    if (!(all > 0)) return std::unexpected(Error{.kind = ErrorKind::constant});
    return first / all;
}

CorrelationAlarm::CorrelationAlarm(const Settings& settings)
    : settings_(settings), values_(settings.history, 0.0) {}

std::expected<CorrelationAlarm, Error> CorrelationAlarm::create(const Settings& settings) {
    const auto refuse = [](double value) {
        return std::unexpected(Error{.kind = ErrorKind::out_of_range, .value = value});
    };
    if (settings.history < 2) return refuse(static_cast<double>(settings.history));
    if (!(settings.leave >= 0)) return refuse(settings.leave);
    if (!(settings.enter > settings.leave)) return refuse(settings.enter);
    if (!(settings.deviation_min > 0)) return refuse(settings.deviation_min);
    return CorrelationAlarm(settings);
}

CorrelationState CorrelationAlarm::next_state(double deviations) const {
    if (deviations > settings_.enter) return CorrelationState::high;
    if (deviations < -settings_.enter) return CorrelationState::low;
    const bool stays = (state_ == CorrelationState::high && deviations > settings_.leave) ||
                       (state_ == CorrelationState::low && deviations < -settings_.leave);
    return stays ? state_ : CorrelationState::usual;
}

std::expected<CorrelationState, Error> CorrelationAlarm::update(double value) {
    if (!std::isfinite(value)) {
        return std::unexpected(Error{.kind = ErrorKind::not_finite, .row = count_, .value = value});
    }
    if (count_ >= values_.size()) {
        const double deviation = std::max(*sample_deviation(values_), settings_.deviation_min);
        deviations_ = (value - *mean(values_)) / deviation;
        state_ = next_state(*deviations_);
    }
    values_[count_ % values_.size()] = value;
    ++count_;
    return state_;
}

}  // namespace tradewind::measures
