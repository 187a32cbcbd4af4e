// SPDX-License-Identifier: Apache-2.0
#include "feature/tape/stoikov_price.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "feature/kernel_indicator.hpp"

namespace tradewind::feature {
namespace {

base::Int128 twice_middle(const Quote& touch) {
    return base::Int128{touch.bid.raw} + base::Int128{touch.ask.raw};
}

}  // namespace

StoikovPrice::State StoikovPrice::state_of(const Quote& touch) const {
    const base::Int128 sizes = base::Int128{touch.bid_size.raw} + touch.ask_size.raw;
    const auto part = static_cast<std::size_t>(base::Int128{kParts} * touch.bid_size.raw / sizes);
    const base::Int128 spread = base::Int128{touch.ask.raw} - base::Int128{touch.bid.raw};
    const base::Int128 ticks = (spread + tick_.raw / 2) / tick_.raw;
    const auto wide =
        static_cast<std::size_t>(std::clamp(ticks, base::Int128{1}, base::Int128{kSpreads}) - 1);
    if (part == kHalf) return {};
    const bool is_above = part > kHalf;
    const std::size_t away = is_above ? std::min(part, kParts - 1) - kHalf - 1 : kHalf - 1 - part;
    return {.index = wide * kHalf + away, .sign = is_above ? 1 : -1};
}

void StoikovPrice::learn(const Quote& before, const Quote& now) {
    const State from = state_of(before), to = state_of(now);
    total_ += 1.0;
    if (from.sign != 0) {
        const double move = static_cast<double>(twice_middle(now) - twice_middle(before));
        left_[from.index] += 1.0;
        moved_[from.index] += from.sign * move;
        if (to.sign != 0) came_[from.index][to.index] += from.sign * to.sign;
    }
    if (total_ >= kMost) fade();
}

void StoikovPrice::fade() {
    total_ /= 2.0;
    for (std::size_t i = 0; i < kStates; ++i) {
        left_[i] /= 2.0;
        moved_[i] /= 2.0;
        for (double& count : came_[i]) count /= 2.0;
    }
}

double StoikovPrice::at(const Quote& touch) const {
    const double middle = static_cast<double>(twice_middle(touch)) / 2e9;
    const State state = state_of(touch);
    if (total_ < kEnough) return kNaN;
    if (state.sign == 0) return middle;
    const auto adjustment = adjustments();
    if (!adjustment || left_[state.index] == 0.0) return kNaN;
    return middle + state.sign * (*adjustment)[state.index] / 2e9;
}

/// (left - came) G = moved, by elimination with row pivots. nullopt: there is no one solution.
std::optional<StoikovPrice::Vector> StoikovPrice::adjustments() const {
    constexpr double kTiny = 1e-12;
    Matrix rows{};
    Vector out = moved_;
    for (std::size_t i = 0; i < kStates; ++i) {
        // of a state that was never left nothing is known; it takes part in nothing
        const double scale = left_[i] > 0.0 ? 1.0 / left_[i] : 1.0;
        for (std::size_t j = 0; j < kStates; ++j) rows[i][j] = -came_[i][j] * scale;
        rows[i][i] += 1.0;
        out[i] *= scale;
    }
    for (std::size_t k = 0; k < kStates; ++k) {
        std::size_t pivot = k;
        for (std::size_t i = k + 1; i < kStates; ++i) {
            if (std::abs(rows[i][k]) > std::abs(rows[pivot][k])) pivot = i;
        }
        if (std::abs(rows[pivot][k]) < kTiny) return std::nullopt;
        std::swap(rows[k], rows[pivot]);
        std::swap(out[k], out[pivot]);
        for (std::size_t i = k + 1; i < kStates; ++i) {
            const double factor = rows[i][k] / rows[k][k];
            for (std::size_t j = k; j < kStates; ++j) rows[i][j] -= factor * rows[k][j];
            out[i] -= factor * out[k];
        }
    }
    for (std::size_t k = kStates; k-- > 0;) {
        for (std::size_t j = k + 1; j < kStates; ++j) out[k] -= rows[k][j] * out[j];
        out[k] /= rows[k][k];
    }
    return out;
}

}  // namespace tradewind::feature
