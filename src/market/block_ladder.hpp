// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.hpp"
#include "domain/numbers.hpp"
#include "domain/order.hpp"

namespace tradewind::market {

/// A PriceLadder for thousands of levels: blocks of up to 64 prices, and a
/// directory of the blocks' lowest ones, the touch in the last. A level that comes or goes moves a
/// part of one block, however deep it lies; most lie in the last, which is looked at first. Keys
/// are prices turned so that the better one is always the greater.
template <typename Value>
class BlockLadder {
public:
    BlockLadder(Side side, std::size_t levels_expected) : flip_(side == Side::buy ? 0 : -1) {
        const std::size_t blocks = 1 + levels_expected / (kBlock / 2);
        blocks_.reserve(blocks);
        lows_.reserve(blocks);
        order_.reserve(blocks);
        free_.reserve(blocks);
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    void clear() {
        blocks_.clear();
        lows_.clear();
        order_.clear();
        free_.clear();
        size_ = 0;
    }

    /// Where a price stands, or would stand.
    struct Place {
        std::size_t block = 0;  ///< in the directory
        std::size_t at = 0;     ///< in the block
        bool found = false;
    };
    [[nodiscard]] Place place(Price price) const {
        if (size_ == 0) return {};
        const std::int64_t key = key_of(price);
        const std::size_t last = lows_.size() - 1;
        const std::size_t block = lows_[last] <= key ? last : block_of(key);
        const Block& keys = block_at(block);
        const std::size_t at = count_below(keys.keys.data(), keys.size, key);
        return {.block = block, .at = at, .found = at < keys.size && keys.keys[at] == key};
    }
    [[nodiscard]] Value& at(Place place) { return block_at(place.block).values[place.at]; }
    [[nodiscard]] const Value& at(Place place) const {
        return block_at(place.block).values[place.at];
    }
    void insert(Place place, Price price, const Value& value) {
        ASSERT(!place.found);
        if (order_.empty()) {
            add_block(0);
        } else if (block_at(place.block).size == kBlock) {
            place = split(place);
        }
        Block& block = block_at(place.block);
        block.open(place.at);
        block.keys[place.at] = key_of(price);
        block.values[place.at] = value;
        lows_[place.block] = block.keys[0];
        ++size_;
    }
    void erase(Place place) {
        Block& block = block_at(place.block);
        block.close(place.at);
        --size_;
        if (block.size == 0) {
            drop_block(place.block);
        } else {
            lows_[place.block] = block.keys[0];
            if (block.size < kBlock / 4 && place.block > 0) merge(place.block);
        }
    }

    /// The touch; the ladder is not empty.
    [[nodiscard]] Price best_price() const {
        const Block& block = block_at(order_.size() - 1);
        return price_of(block.keys[block.size - 1]);
    }
    [[nodiscard]] const Value& best() const {
        const Block& block = block_at(order_.size() - 1);
        return block.values[block.size - 1];
    }
    void pop_best() {
        const std::size_t last = order_.size() - 1;
        erase({.block = last, .at = block_at(last).size - 1, .found = true});
    }

    /// The `depth`-th level from the touch, 0 being the touch; depth < size(). Passes over the
    /// blocks before it.
    [[nodiscard]] Price price(std::size_t depth) const {
        const Place place = place_of(depth);
        return price_of(block_at(place.block).keys[place.at]);
    }
    [[nodiscard]] const Value& value(std::size_t depth) const {
        return depth == 0 ? best() : at(place_of(depth));
    }
    /// Whether price `a` is better than `b` on this side.
    [[nodiscard]] bool is_better(Price a, Price b) const { return key_of(a) > key_of(b); }

private:
    static constexpr std::size_t kBlock = 64;

    struct Block {
        std::size_t size = 0;
        std::array<std::int64_t, kBlock> keys;
        std::array<Value, kBlock> values;

        /// Makes room at a place.
        void open(std::size_t at) {
            std::copy_backward(keys.data() + at, keys.data() + size, keys.data() + size + 1);
            std::copy_backward(values.data() + at, values.data() + size, values.data() + size + 1);
            ++size;
        }
        void close(std::size_t at) {
            std::copy(keys.data() + at + 1, keys.data() + size, keys.data() + at);
            std::copy(values.data() + at + 1, values.data() + size, values.data() + at);
            --size;
        }
        /// Adds what `from` holds from a place on, and cuts it there.
        void take(Block& from, std::size_t at) {
            std::copy(from.keys.data() + at, from.keys.data() + from.size, keys.data() + size);
            std::copy(from.values.data() + at, from.values.data() + from.size,
                      values.data() + size);
            size += from.size - at;
            from.size = at;
        }
    };

    /// The bits turned over reverse the order of all numbers, and never overflow as a minus would.
    [[nodiscard]] std::int64_t key_of(Price price) const { return price.raw ^ flip_; }
    [[nodiscard]] Price price_of(std::int64_t key) const { return {key ^ flip_}; }
    [[nodiscard]] Block& block_at(std::size_t i) { return blocks_[order_[i]]; }
    [[nodiscard]] const Block& block_at(std::size_t i) const { return blocks_[order_[i]]; }

    /// How many of sorted keys are below `key`. By halves without a branch: the outcome of each
    /// comparison is a coin toss to a predictor.
    [[nodiscard]] static std::size_t count_below(const std::int64_t* keys, std::size_t length,
                                                 std::int64_t key) {
        const std::int64_t* from = keys;
        while (length > 1) {
            const std::size_t half = length / 2;
            // All ones or nothing: a conditional that the compiler cannot turn into a jump.
            from += half & (std::size_t{0} - static_cast<std::size_t>(from[half - 1] < key));
            length -= half;
        }
        return static_cast<std::size_t>(from - keys) + (length == 1 && *from < key ? 1 : 0);
    }
    /// The block whose span holds `key`; the first for what is below all.
    [[nodiscard]] std::size_t block_of(std::int64_t key) const {
        const std::size_t below = count_below(lows_.data(), lows_.size(), key);
        if (below < lows_.size() && lows_[below] == key) return below;
        return below == 0 ? 0 : below - 1;
    }
    [[nodiscard]] Place place_of(std::size_t depth) const {
        std::size_t block = order_.size() - 1;
        while (depth >= block_at(block).size) depth -= block_at(block--).size;
        return {.block = block, .at = block_at(block).size - 1 - depth, .found = true};
    }

    void add_block(std::size_t before) {
        std::uint32_t index = 0;
        if (free_.empty()) {
            index = static_cast<std::uint32_t>(blocks_.size());
            blocks_.emplace_back();
        } else {
            index = free_.back();
            free_.pop_back();
        }
        blocks_[index].size = 0;
        order_.insert(order_.begin() + static_cast<std::ptrdiff_t>(before), index);
        lows_.insert(lows_.begin() + static_cast<std::ptrdiff_t>(before), 0);
    }
    void drop_block(std::size_t block) {
        free_.push_back(order_[block]);
        order_.erase(order_.begin() + static_cast<std::ptrdiff_t>(block));
        lows_.erase(lows_.begin() + static_cast<std::ptrdiff_t>(block));
    }
    /// The upper half of a full block into one of its own; the place as it is then.
    Place split(Place place) {
        add_block(place.block + 1);
        Block& upper = block_at(place.block + 1);
        upper.take(block_at(place.block), kBlock / 2);
        lows_[place.block + 1] = upper.keys[0];
        if (place.at <= kBlock / 2) return place;
        return {.block = place.block + 1, .at = place.at - kBlock / 2, .found = false};
    }
    /// A block that has grown small into the one below it, if that leaves room there.
    void merge(std::size_t block) {
        Block& below = block_at(block - 1);
        if (below.size > kBlock / 2) return;
        below.take(block_at(block), 0);
        drop_block(block);
    }

    std::int64_t flip_;
    std::size_t size_ = 0;
    std::vector<Block> blocks_;
    std::vector<std::int64_t> lows_;    ///< lowest key of each block, in order
    std::vector<std::uint32_t> order_;  ///< the blocks in order, by index
    std::vector<std::uint32_t> free_;   ///< blocks not in use
};

}  // namespace tradewind::market
