// SPDX-License-Identifier: Apache-2.0
#include "research/labels/returns.hpp"

#include <algorithm>
#include <bit>
#include <deque>
#include <numeric>

namespace tradewind::research::labels {
namespace {

using feature::Field;

/// Which of some values, known beforehand, are in a set, in their order: the k-th in logarithmic
/// time. That values are known beforehand changes no answer; only those put in count.
class OrderedSet {
public:
    explicit OrderedSet(std::span<const double> values) : values_(values), place_(values.size()) {
        order_.resize(values.size());
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        std::erase_if(order_, [&](std::size_t i) { return std::isnan(values_[i]); });
        std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
            return values_[a] != values_[b] ? values_[a] < values_[b] : a < b;
        });
        for (std::size_t at = 0; at < order_.size(); ++at) place_[order_[at]] = at;
        counts_.resize(order_.size() + 1);
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    void insert(std::size_t i) {
        ++size_;
        for (std::size_t at = place_[i] + 1; at < counts_.size(); at += lowest_bit(at)) {
            ++counts_[at];
        }
    }
    void erase(std::size_t i) {
        --size_;
        for (std::size_t at = place_[i] + 1; at < counts_.size(); at += lowest_bit(at)) {
            --counts_[at];
        }
    }
    /// Between the nearest two in proportion.
    [[nodiscard]] double quantile(double part) const {
        const double place = part * static_cast<double>(size_ - 1);
        const auto below = static_cast<std::size_t>(place);
        const double low = kth(below);
        const double rest = place - static_cast<double>(below);
        return rest == 0 ? low : low + rest * (kth(below + 1) - low);
    }

private:
    static std::size_t lowest_bit(std::size_t x) { return x & (~x + 1); }
    /// From 0.
    [[nodiscard]] double kth(std::size_t k) const {
        std::size_t at = 0;
        for (std::size_t step = std::bit_floor(counts_.size() - 1); step > 0; step /= 2) {
            if (at + step >= counts_.size() || counts_[at + step] > k) continue;
            at += step;
            k -= counts_[at];
        }
        return values_[order_[at]];
    }

    std::span<const double> values_;
    std::vector<std::size_t> order_;
    std::vector<std::size_t> place_;   ///< of a value in `order_`
    std::vector<std::size_t> counts_;  ///< a Fenwick tree over `order_`
    std::size_t size_ = 0;
};

/// The returns that are known, row by row.
class KnownReturns {
public:
    KnownReturns(const Labels& returns, std::size_t window)
        : returns_(&returns), window_(window), set_(returns.value) {}

    /// Rows whose return is known at `row`. Spans of one length end in the order of their rows.
    void learn(std::size_t row) {
        for (; next_ < returns_->rows(); ++next_) {
            if (!returns_->has(next_)) {
                if (next_ >= row) return;
                continue;
            }
            if (returns_->last[next_] > row) return;
            add(next_);
        }
    }
    [[nodiscard]] const OrderedSet& set() const { return set_; }

private:
    void add(std::size_t row) {
        set_.insert(row);
        if (window_ == 0) return;
        held_.push_back(row);
        if (held_.size() <= window_) return;
        set_.erase(held_.front());
        held_.pop_front();
    }

    const Labels* returns_;
    std::size_t window_;
    OrderedSet set_;
    std::deque<std::size_t> held_;
    std::size_t next_ = 0;
};

std::size_t class_of(double value, const OrderedSet& known, std::size_t classes) {
    std::size_t out = 0;
    while (out + 1 < classes &&
           value > known.quantile(static_cast<double>(out + 1) / static_cast<double>(classes))) {
        ++out;
    }
    return out;
}

}  // namespace

Labels::Labels(std::size_t rows) : value(rows, kNone), last(rows), weight(rows, kNone) {
    std::iota(last.begin(), last.end(), std::size_t{0});
}

std::vector<std::int64_t> until(const Labels& labels, const Bars& bars) {
    std::vector<std::int64_t> out;
    out.reserve(labels.rows());
    for (const std::size_t row : labels.last) out.push_back(bars.known_at[row]);
    return out;
}

double entry_price(const Bars& bars, std::size_t row, Entry entry) {
    const bool is_next = entry == Entry::next_open;
    const std::size_t at = row + (is_next ? 1 : 0);
    if (at >= bars.rows()) return kNone;
    const double price = column(bars, is_next ? Field::open : Field::close)[at];
    return std::isfinite(price) && price > 0 ? price : kNone;
}

Labels forward_return(const Bars& bars, const ForwardReturn& settings) {
    Labels out{bars.rows()};
    const auto close = column(bars, Field::close);
    for (std::size_t row = 0; row + settings.rows < bars.rows(); ++row) {
        const double ratio = close[row + settings.rows] / entry_price(bars, row, settings.entry);
        if (!std::isfinite(ratio) || ratio <= 0) continue;
        const bool is_log = settings.kind == ReturnKind::logarithmic;
        out.set(row, is_log ? std::log(ratio) : ratio - 1, row + settings.rows);
    }
    return out;
}

Labels direction(const Bars& bars, const ForwardReturn& settings, double threshold,
                 std::span<const double> unit) {
    const Labels returns = forward_return(bars, {.rows = settings.rows, .entry = settings.entry});
    Labels out{bars.rows()};
    for (std::size_t row = 0; row < bars.rows(); ++row) {
        const double least = threshold * (unit.empty() ? 1.0 : unit[row]);
        if (!returns.has(row) || !std::isfinite(least)) continue;
        const double gain = returns.value[row];
        out.set(row, gain > least ? 1 : gain < -least ? -1 : 0, returns.last[row]);
    }
    return out;
}

Labels later_value(std::span<const double> feature, std::size_t rows) {
    Labels out{feature.size()};
    for (std::size_t row = 0; row + rows < feature.size(); ++row) {
        const double value = feature[row + rows];
        if (std::isfinite(value)) out.set(row, value, row + rows);
    }
    return out;
}

Labels quantile_class(const Labels& returns, const QuantileClass& settings) {
    Labels out{returns.rows()};
    KnownReturns known{returns, settings.window};
    const std::size_t least =
        std::max<std::size_t>(1, settings.window == 0 ? settings.least : settings.window);
    for (std::size_t row = 0; row < returns.rows(); ++row) {
        known.learn(row);
        if (!returns.has(row) || known.set().size() < least) continue;
        out.set(row,
                static_cast<double>(class_of(returns.value[row], known.set(), settings.classes)),
                returns.last[row]);
    }
    return out;
}

}  // namespace tradewind::research::labels
