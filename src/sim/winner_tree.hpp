// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/moment.hpp"

namespace tradewind::sim {

/// The earliest of n moments, any of which may change: log2(n) comparisons a change (Knuth, The Art
/// of Computer Programming 3, section 5.4.1). Equal moments: the lower leaf wins.
class WinnerTree {
public:
    void reset(std::size_t leaves) {
        base_ = 1;
        while (base_ < leaves) base_ *= 2;
        keys_.assign(base_, kNever);
        winners_.assign(2 * base_, 0);
        for (std::size_t i = 0; i < base_; ++i) winners_[base_ + i] = static_cast<std::uint32_t>(i);
        for (std::size_t i = base_ - 1; i > 0; --i) play(i);
    }

    [[nodiscard]] std::uint32_t top() const { return winners_[1]; }
    [[nodiscard]] const Moment& key(std::uint32_t leaf) const { return keys_[leaf]; }

    void set(std::uint32_t leaf, const Moment& key) {
        keys_[leaf] = key;
        for (std::size_t i = (base_ + leaf) / 2; i > 0; i /= 2) play(i);
    }

private:
    void play(std::size_t node) {
        const std::uint32_t left = winners_[2 * node], right = winners_[2 * node + 1];
        winners_[node] = keys_[right] < keys_[left] ? right : left;
    }

    std::size_t base_ = 1;
    std::vector<Moment> keys_{kNever};
    std::vector<std::uint32_t> winners_{0, 0};
};

}  // namespace tradewind::sim
