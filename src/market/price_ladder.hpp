// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.hpp"
#include "domain/numbers.hpp"
#include "domain/order.hpp"

namespace tradewind::market {

/// The prices of one side of a book in order, each with a value. The touch lies at the end of two
/// flat arrays: most changes happen there, so most searches are short and most insertions move
/// little. Keys are prices turned so that the better one is always the greater.
template <typename Value>
class PriceLadder {
public:
    PriceLadder(Side side, std::size_t levels_expected) : flip_(side == Side::buy ? 0 : -1) {
        keys_.reserve(levels_expected);
        values_.reserve(levels_expected);
    }

    [[nodiscard]] std::size_t size() const { return keys_.size(); }
    [[nodiscard]] bool empty() const { return keys_.empty(); }
    void clear() {
        keys_.clear();
        values_.clear();
    }

    /// Where a price stands, or would stand, in the arrays.
    struct Place {
        std::size_t index = 0;
        bool found = false;
    };
    [[nodiscard]] Place place(Price price) const {
        const std::int64_t key = key_of(price);
        const std::size_t index = first_not_below(key);
        return {.index = index, .found = index < keys_.size() && keys_[index] == key};
    }
    [[nodiscard]] Value& at(Place place) { return values_[place.index]; }
    [[nodiscard]] const Value& at(Place place) const { return values_[place.index]; }
    void insert(Place place, Price price, const Value& value) {
        ASSERT(!place.found);
        const auto offset = static_cast<std::ptrdiff_t>(place.index);
        keys_.insert(keys_.begin() + offset, key_of(price));
        values_.insert(values_.begin() + offset, value);
    }
    void erase(Place place) {
        const auto offset = static_cast<std::ptrdiff_t>(place.index);
        keys_.erase(keys_.begin() + offset);
        values_.erase(values_.begin() + offset);
    }

    /// The touch; the ladder is not empty.
    [[nodiscard]] Price best_price() const { return price_of(keys_.back()); }
    [[nodiscard]] Value& best() { return values_.back(); }
    [[nodiscard]] const Value& best() const { return values_.back(); }
    void pop_best() {
        keys_.pop_back();
        values_.pop_back();
    }

    /// The `depth`-th level from the touch, 0 being the touch; depth < size().
    [[nodiscard]] Price price(std::size_t depth) const {
        return price_of(keys_[keys_.size() - 1 - depth]);
    }
    [[nodiscard]] const Value& value(std::size_t depth) const {
        return values_[values_.size() - 1 - depth];
    }
    /// Whether `price` is as good as the touch of this side or better.
    [[nodiscard]] bool reaches_touch(Price price) const {
        return keys_.empty() || key_of(price) >= keys_.back();
    }
    /// Whether price `a` is better than `b` on this side.
    [[nodiscard]] bool is_better(Price a, Price b) const { return key_of(a) > key_of(b); }

private:
    /// The bits turned over reverse the order of all numbers, and never overflow as a minus would.
    [[nodiscard]] std::int64_t key_of(Price price) const { return price.raw ^ flip_; }
    [[nodiscard]] Price price_of(std::int64_t key) const { return {key ^ flip_}; }

    /// Index of the first key that is not below `key`. Near the touch, where most searches end,
    /// among the last few; by halves without a branch, as the outcome of each comparison is a coin
    /// toss to a predictor.
    [[nodiscard]] std::size_t first_not_below(std::int64_t key) const {
        const std::int64_t* keys = keys_.data();
        const std::int64_t* from = keys;
        std::size_t length = keys_.size();
        if (length > kNear && keys[length - kNear] < key) {
            from = keys + (length - kNear);
            length = kNear;
        }
        while (length > 1) {
            const std::size_t half = length / 2;
            // All ones or nothing: a conditional that the compiler cannot turn into a jump.
            from += half & (std::size_t{0} - static_cast<std::size_t>(from[half - 1] < key));
            length -= half;
        }
        return static_cast<std::size_t>(from - keys) + (length == 1 && *from < key ? 1 : 0);
    }

    static constexpr std::size_t kNear = 64;

    std::int64_t flip_;
    std::vector<std::int64_t> keys_;
    std::vector<Value> values_;
};

}  // namespace tradewind::market
