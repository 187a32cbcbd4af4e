// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "domain/numbers.hpp"
#include "domain/time.hpp"

namespace tradewind::risk {

/// Whether so many things have happened within a length of time. Keeps their instants, no more than
/// are asked about.
class RateWindow {
public:
    RateWindow(Duration length, std::size_t most) : length_(length), ring_(most, kTimestampMin) {}

    void add(Timestamp now) {
        ring_[next_] = now;
        next_ = (next_ + 1) % ring_.size();
    }
    /// Up to the most that it keeps.
    [[nodiscard]] std::size_t count(Timestamp now) const {
        std::size_t out = 0;
        for (std::size_t i = 0; i < ring_.size(); ++i) {
            const Timestamp at = ring_[(next_ + ring_.size() - 1 - i) % ring_.size()];
            if (at == kTimestampMin || now - at >= length_) break;
            ++out;
        }
        return out;
    }
    /// Whether `most` things have.
    [[nodiscard]] bool is_full(Timestamp now) const {
        const Timestamp oldest = ring_[next_];
        return oldest != kTimestampMin && now - oldest < length_;
    }

private:
    Duration length_;
    std::vector<Timestamp> ring_;
    std::size_t next_ = 0;  ///< the oldest, once all are there
};

/// The sum of amounts within a length of time.
class SumWindow {
public:
    explicit SumWindow(Duration length) : length_(length) {}

    void add(Timestamp now, Money amount) {
        drop(now);
        entries_.push_back({now, amount});
        sum_ += amount;
    }
    [[nodiscard]] Money sum(Timestamp now) {
        drop(now);
        return sum_;
    }

private:
    struct Entry {
        Timestamp at;
        Money amount;
    };

    void drop(Timestamp now) {
        while (first_ < entries_.size() && now - entries_[first_].at >= length_) {
            sum_ -= entries_[first_++].amount;
        }
        // what is over is forgotten once it is most of the list
        constexpr std::size_t kSlack = 64;
        if (first_ > kSlack && first_ * 2 > entries_.size()) {
            entries_.erase(entries_.begin(),
                           entries_.begin() + static_cast<std::ptrdiff_t>(first_));
            first_ = 0;
        }
    }

    Duration length_;
    std::vector<Entry> entries_;
    std::size_t first_ = 0;
    Money sum_;
};

}  // namespace tradewind::risk
