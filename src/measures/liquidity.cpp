// SPDX-License-Identifier: Apache-2.0
#include "measures/liquidity.hpp"

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"

namespace tradewind::measures {

std::expected<std::vector<double>, Error> days_to_liquidate(const Holdings& holdings) {
    const auto& [quantities, volumes, participation] = holdings;
    if (volumes.size() != quantities.size()) {
        return std::unexpected(Error{.kind = ErrorKind::wrong_shape,
                                     .row = volumes.size(),
                                     .value = static_cast<double>(quantities.size())});
    }
    if (!(participation > 0 && participation <= 1)) {
        return std::unexpected(Error{.kind = ErrorKind::out_of_range, .value = participation});
    }
    std::vector<double> out(quantities.size(), 0.0);
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (quantities[i] == 0) continue;
        const double worst = std::isfinite(quantities[i]) ? volumes[i] : quantities[i];
        if (!std::isfinite(worst)) {
            return std::unexpected(
                Error{.kind = ErrorKind::not_finite, .column = i, .value = worst});
        }
        if (!(volumes[i] > 0)) {
            return std::unexpected(
                Error{.kind = ErrorKind::out_of_range, .column = i, .value = volumes[i]});
        }
        out[i] = std::abs(quantities[i]) / (volumes[i] * participation);
    }
    return out;
}

double share_liquidated(std::span<const double> values, std::span<const double> days,
                        double after_days) {
    ASSERT(values.size() == days.size());
    double gross = 0;
    double gone = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double value = std::abs(values[i]);
        gross += value;
        gone += days[i] > after_days ? value * after_days / days[i] : value;
    }
    return gross > 0 ? gone / gross : 1;
}

}  // namespace tradewind::measures
