// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "domain/prediction.hpp"

namespace tradewind::ml {

/// A row of features as it became known.
struct ForecastRow {
    InstrumentId instrument{};
    Timestamp known_at{};
    std::span<const double> values;  ///< NaN: no value
    double close = 0;                ///< the instrument's last price; 0: not known
};

/// Predicts row by row. All that it knows came in rows: a replay predicts the same again. Allocates
/// nothing a row; belongs to one thread.
class Forecaster {
public:
    Forecaster() = default;
    Forecaster(const Forecaster&) = delete;
    Forecaster& operator=(const Forecaster&) = delete;
    virtual ~Forecaster() = default;

    /// Valid until the next call.
    [[nodiscard]] virtual const Prediction& take(const ForecastRow& row) = 0;
};

}  // namespace tradewind::ml
