// SPDX-License-Identifier: Apache-2.0
#include "research/labels/triple_barrier.hpp"

#include <limits>
#include <optional>

namespace tradewind::research::labels {
namespace {

using feature::Field;

constexpr double kFar = std::numeric_limits<double>::infinity();

struct Levels {
    double entry = 0;
    double top = kFar;
    double bottom = -kFar;
    bool is_short = false;
};

/// Where a way through the bars ended: 1 above, -1 below, 0 at the horizon.
struct End {
    int barrier = 0;
    std::size_t row = 0;
    bool touched_both = false;
};

class Walk {
public:
    Walk(const Bars& bars, const TripleBarrier& settings)
        : settings_(&settings),
          rows_(bars.rows()),
          high_(column(bars, settings.touch == Touch::close ? Field::close : Field::high)),
          low_(column(bars, settings.touch == Touch::close ? Field::close : Field::low)) {}

    /// nullopt: the data end before, or a price is missing.
    [[nodiscard]] std::optional<End> from(std::size_t row, const Levels& levels) const {
        for (std::size_t ahead = 1; ahead <= settings_->horizon; ++ahead) {
            const std::size_t at = row + ahead;
            if (at >= rows_ || !std::isfinite(high_[at]) || !std::isfinite(low_[at])) {
                return std::nullopt;
            }
            const bool above = high_[at] >= levels.top;
            const bool below = low_[at] <= levels.bottom;
            if (above && below) return End{levels.is_short ? 1 : -1, at, true};
            if (above || below) return End{above ? 1 : -1, at, false};
        }
        return End{0, row + settings_->horizon, false};
    }

private:
    const TripleBarrier* settings_;
    std::size_t rows_;
    std::span<const double> high_;
    std::span<const double> low_;
};

Levels levels_of(const TripleBarrier& settings, double entry, double volatility, bool is_short) {
    const double above = is_short ? settings.down : settings.up;
    const double below = is_short ? settings.up : settings.down;
    Levels out{.entry = entry, .is_short = is_short};
    if (above > 0) out.top = entry * (1 + above * volatility);
    if (below > 0) out.bottom = entry * (1 - below * volatility);
    return out;
}

int sign_of(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

}  // namespace

Labels triple_barrier(const Bars& bars, const TripleBarrier& settings,
                      std::span<const double> volatility, std::span<const double> side) {
    Labels out{bars.rows()};
    const Walk walk{bars, settings};
    const auto close = column(bars, Field::close);
    for (std::size_t row = 0; row < bars.rows(); ++row) {
        const double entry = entry_price(bars, row, settings.entry);
        const double unit = volatility[row];
        const double wanted = side.empty() ? 1 : side[row];
        if (std::isnan(entry) || !std::isfinite(unit) || unit <= 0) continue;
        if (std::isnan(wanted) || wanted == 0) continue;
        const auto end = walk.from(row, levels_of(settings, entry, unit, wanted < 0));
        if (!end) continue;
        int label = end->barrier;
        if (label == 0 && settings.at_horizon == AtHorizon::sign) {
            if (!std::isfinite(close[end->row])) continue;
            label = sign_of(close[end->row] - entry);
        }
        if (end->touched_both) out.both_touched.push_back(row);
        if (!side.empty()) label = label * sign_of(wanted) > 0 ? 1 : 0;
        out.set(row, label, end->row);
    }
    return out;
}

}  // namespace tradewind::research::labels
