// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "base/assert.hpp"
#include "domain/event.hpp"

namespace tradewind::feature {

/// Where the middle of the touch is expected to end, learned from how touches followed each other
/// so far: S. Stoikov, "The micro-price: a high-frequency estimator of future prices", Quantitative
/// Finance 18 (2018), p. 1959-1966.
///
/// A touch is in a state x: which of eleven parts of 0 to 1 the bid's share of both sizes lies in,
/// and whether the spread is one tick, two, or more. The paper's adjustment of the middle is
/// G* = sum over i of B^i G1, with B = (1 - Q)^-1 T and G1 = (1 - Q)^-1 R k; Q and T are the
/// chances of the next state without and with a move of the middle, R k the mean move. Its limit
/// solves (1 - Q - T) G* = R k: the sum of all expected moves. As in the paper each transition
/// counts together with its mirror image (sides exchanged, move reversed), so that G* of mirrored
/// states is opposite, and that of balanced sizes 0: one half of the states is solved for.
///
/// Transitions are halved each time they reach a million: the past fades.
class StoikovPrice {
public:
    /// Before so many transitions nothing is told.
    static constexpr double kEnough = 1000;
    static constexpr double kMost = 1 << 20;

    /// The smallest step of a price, more than 0.
    explicit StoikovPrice(Price tick) : tick_(tick) { ASSERT(tick.raw > 0); }

    /// The touch went from one state to the next. Sizes are told.
    void learn(const Quote& before, const Quote& now);
    /// NaN where too little is known of such states.
    [[nodiscard]] double at(const Quote& touch) const;

private:
    static constexpr std::size_t kParts = 11;
    static constexpr std::size_t kSpreads = 3;
    static constexpr std::size_t kHalf = kParts / 2;  ///< parts above the middle one
    static constexpr std::size_t kStates = kHalf * kSpreads;
    using Vector = std::array<double, kStates>;
    using Matrix = std::array<Vector, kStates>;

    /// A state, or the mirror image of one; the balanced ones are all alike.
    struct State {
        std::size_t index = 0;
        int sign = 0;  ///< 1; -1: the mirror image; 0: balanced
    };
    [[nodiscard]] State state_of(const Quote& touch) const;
    [[nodiscard]] std::optional<Vector> adjustments() const;
    void fade();

    Price tick_;
    double total_ = 0.0;
    Vector left_{};   ///< transitions from each state
    Matrix came_{};   ///< to which, mirror images counted off
    Vector moved_{};  ///< sum of moves of twice the middle, in units of 1e-9
};

}  // namespace tradewind::feature
