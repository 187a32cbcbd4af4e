// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.hpp"

namespace tradewind::base {

/// Which of `size` things have changed since somebody last looked. Belongs to one looker. Adding
/// costs a test; nothing is allocated once made.
class ChangeSet {
public:
    /// All have changed.
    explicit ChangeSet(std::size_t size) : is_in_(size, 1), list_(size) {
        for (std::size_t i = 0; i < size; ++i) list_[i] = static_cast<std::uint32_t>(i);
        count_ = size;
    }

    void add(std::uint32_t index) {
        ASSERT(index < is_in_.size());
        if (is_in_[index] != 0) return;
        is_in_[index] = 1;
        list_[count_++] = index;
    }
    void add_all() {
        for (std::uint32_t i = 0; i < is_in_.size(); ++i) add(i);
    }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    /// Tells each that has changed, once, and forgets it.
    template <typename Visit>
    void take(const Visit& visit) {
        for (std::size_t i = 0; i < count_; ++i) {
            is_in_[list_[i]] = 0;
            visit(list_[i]);
        }
        count_ = 0;
    }

private:
    std::vector<std::uint8_t> is_in_;
    std::vector<std::uint32_t> list_;
    std::size_t count_ = 0;
};

}  // namespace tradewind::base
