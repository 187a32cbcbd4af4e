// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/int128.hpp"
#include "domain/event.hpp"
#include "domain/numbers.hpp"
#include "domain/time.hpp"
#include "market/order_flow.hpp"

/// What the strategies on books compute from the touch: pure of orders, so that a test holds each
/// formula to numbers from elsewhere (tests/reference/touch_reference.py).
namespace tradewind::signal {

/// Variance of the middle a second: the mean of the squared changes over the last `samples` whole
/// seconds. A second ends with the first middle at or after its end; a change over several seconds
/// counts in the last of them.
class SampledVariance {
public:
    explicit SampledVariance(std::size_t samples) : squares_(samples) {}

    void add(Timestamp now, double middle) {
        if (!has_last_) {
            has_last_ = true;
            last_ = middle;
            due_ = now + seconds(1);
        }
        if (now < due_) return;
        const std::int64_t passed = 1 + (now - due_).ns / seconds(1).ns;
        due_ = due_ + Duration{passed * seconds(1).ns};
        const auto longest = static_cast<std::int64_t>(squares_.size());
        for (std::int64_t i = std::min(passed, longest); i > 1; --i) push(0.0);
        push((middle - last_) * (middle - last_));
        last_ = middle;
    }
    [[nodiscard]] bool ready() const { return is_full_; }
    /// Summed anew, so that nothing drifts; price squared, a second.
    [[nodiscard]] double per_second() const {
        double sum = 0.0;
        for (const double square : squares_) sum += square;
        return sum / static_cast<double>(squares_.size());
    }
    /// Counts up with every second that ends: the value is the same until then.
    [[nodiscard]] std::uint64_t ended() const { return ended_; }

private:
    void push(double square) {
        squares_[next_] = square;
        ++ended_;
        if (++next_ < squares_.size()) return;
        next_ = 0;
        is_full_ = true;
    }

    std::vector<double> squares_;
    std::size_t next_ = 0;
    std::uint64_t ended_ = 0;
    bool is_full_ = false;
    bool has_last_ = false;
    double last_ = 0.0;
    Timestamp due_{};
};

/// M. Avellaneda and S. Stoikov, "High-frequency trading in a limit order book", Quantitative
/// Finance 8 (2008), p. 217-224, section 3.2.
struct QuoteModel {
    double gamma = 0.0;      ///< risk aversion, a unit of price and of inventory
    double kappa = 0.0;      ///< decay of the rate of fills with the distance, a unit of price
    double horizon_s = 0.0;  ///< T - t, held constant: there is no last second

    /// r = s - q gamma sigma^2 (T - t); `variance` is sigma^2 a second.
    [[nodiscard]] double reservation_price(double middle, double inventory, double variance) const {
        return middle - inventory * gamma * variance * horizon_s;
    }
    /// gamma sigma^2 (T - t) + (2 / gamma) ln(1 + gamma / kappa).
    [[nodiscard]] double spread(double variance) const {
        return gamma * variance * horizon_s + 2.0 / gamma * std::log1p(gamma / kappa);
    }
};

/// Order flow of a window, and the same against the mean depth of the touch in it. The window moves
/// in hundredths: it holds the running one and the 99 before it.
class OrderFlowWindow {
public:
    static constexpr std::int64_t kParts = 100;

    /// `window` is at least 100 ns.
    explicit OrderFlowWindow(Duration window) : part_ns_(window.ns / kParts) {}

    void add(Timestamp now, const Quote& touch) {
        advance(now);
        Part& part = parts_[static_cast<std::size_t>(running_ % kParts)];
        if (has_last_) {
            const base::Int128 flow = market::order_flow(last_, touch);
            part.flow += flow;
            sum_.flow += flow;
        }
        // Twice the depth of a side, as the mean of both is wanted.
        const base::Int128 depth = base::Int128{touch.bid_size.raw} + touch.ask_size.raw;
        part.depth += depth;
        sum_.depth += depth;
        ++part.count;
        ++sum_.count;
        last_ = touch;
        has_last_ = true;
    }
    /// A whole window has passed.
    [[nodiscard]] bool ready() const { return running_ - first_ >= kParts; }
    /// Units of the instrument.
    [[nodiscard]] double flow() const { return static_cast<double>(sum_.flow) / 1e9; }
    /// Flow / mean depth of a side; 0 where no size was told. The paper finds the
    /// move of the price proportional to it.
    [[nodiscard]] double relative_flow() const {
        if (sum_.depth == 0) return 0.0;
        const double mean = static_cast<double>(sum_.depth) / 2.0 / static_cast<double>(sum_.count);
        return static_cast<double>(sum_.flow) / mean;
    }

private:
    struct Part {
        base::Int128 flow = 0;
        base::Int128 depth = 0;
        std::int64_t count = 0;
    };

    void advance(Timestamp now) {
        const std::int64_t part = now.ns / part_ns_;
        if (!has_last_) first_ = running_ = part;
        const std::int64_t steps = std::min(part - running_, kParts);
        for (std::int64_t i = 1; i <= steps; ++i) forget((part - steps + i) % kParts);
        running_ = std::max(running_, part);
    }
    void forget(std::int64_t index) {
        Part& part = parts_[static_cast<std::size_t>(index)];
        sum_.flow -= part.flow;
        sum_.depth -= part.depth;
        sum_.count -= part.count;
        part = {};
    }

    std::int64_t part_ns_;
    std::array<Part, kParts> parts_{};
    Part sum_;
    std::int64_t running_ = 0;
    std::int64_t first_ = 0;
    Quote last_{};
    bool has_last_ = false;
};

}  // namespace tradewind::signal
