// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "domain/ids.hpp"

namespace tradewind::orders {

/// OrderId -> slot. Open addressing with linear probing; erasing shifts back what follows, so that
/// neither tombstones nor memory pile up over a long run. Never iterated: nothing depends on its
/// order.
class IdMap {
public:
    IdMap() : cells_(kCellsMin) {}

    /// Inserts or overwrites.
    void set(OrderId id, std::uint32_t slot);
    [[nodiscard]] std::optional<std::uint32_t> find(OrderId id) const;
    void erase(OrderId id);
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    static constexpr std::size_t kCellsMin = 64;

    struct Cell {
        OrderId id;
        std::uint32_t slot = 0;
        bool used = false;
    };

    [[nodiscard]] std::size_t home(OrderId id) const;
    [[nodiscard]] std::size_t locate(OrderId id) const;
    void grow();

    std::vector<Cell> cells_;  ///< a power of two, at most half full
    std::size_t size_ = 0;
};

}  // namespace tradewind::orders
