// SPDX-License-Identifier: Apache-2.0
#include "research/labels/trend_scanning.hpp"

#include <algorithm>
#include <limits>

namespace tradewind::research::labels {
namespace {

/// A line through points at x = 0, 1, 2, ..., one more at a time. What the points are off the line
/// is a sum of squares that only grows (Brown, Durbin and Evans 1975, lemma 2), so nothing cancels.
class GrowingLine {
public:
    void add(double y) {
        const double x = count_;
        const double from_mean = x - mean_x_;
        if (count_ >= 2) {
            const double off = y - (mean_y_ + slope() * from_mean);
            off_line_ += off * off / (1 + 1 / count_ + from_mean * from_mean / square_x_);
        }
        largest_ = std::max(largest_, std::abs(y));
        ++count_;
        mean_x_ += from_mean / count_;
        mean_y_ += (y - mean_y_) / count_;
        square_x_ += from_mean * (x - mean_x_);
        product_ += from_mean * (y - mean_y_);
    }
    [[nodiscard]] double slope() const { return product_ / square_x_; }
    /// Of the slope; 0 where points lie on a line, up to rounding of values as large as `scale`.
    [[nodiscard]] double t_value(double scale) const {
        const double rounding = 8 * std::numeric_limits<double>::epsilon() * (scale + largest_);
        if (off_line_ <= count_ * rounding * rounding) return 0;
        return slope() / std::sqrt(off_line_ / (count_ - 2) / square_x_);
    }

private:
    double count_ = 0;
    double mean_x_ = 0;
    double mean_y_ = 0;
    double square_x_ = 0;
    double product_ = 0;
    double off_line_ = 0;
    double largest_ = 0;
};

/// 0: there is none.
double strongest(std::span<const double> close, std::size_t least) {
    GrowingLine line;
    double best = 0;
    for (std::size_t i = 0; i < close.size(); ++i) {
        line.add(close[i] - close[0]);
        if (i + 1 < least) continue;
        const double t = line.t_value(std::abs(close[0]));
        if (std::abs(t) > std::abs(best)) best = t;
    }
    return best;
}

}  // namespace

Labels trend_scanning(const Bars& bars, const TrendSpans& spans) {
    Labels out{bars.rows()};
    const auto close = column(bars, feature::Field::close);
    for (std::size_t row = 0; row + spans.most <= bars.rows(); ++row) {
        const auto ahead = close.subspan(row, spans.most);
        if (!std::all_of(ahead.begin(), ahead.end(), [](double x) { return std::isfinite(x); })) {
            continue;
        }
        const double t = strongest(ahead, spans.least);
        if (t != 0) out.set(row, t > 0 ? 1 : -1, row + spans.most - 1, std::abs(t));
    }
    return out;
}

}  // namespace tradewind::research::labels
