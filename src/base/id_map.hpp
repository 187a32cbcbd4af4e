// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tradewind::base {

/// Id -> slot, for ids that count up. Open addressing with linear probing; erasing shifts back what
/// follows, so that neither tombstones nor memory pile up over a long run. Never iterated: nothing
/// depends on its order.
class IdMap {
public:
    IdMap() : cells_(kCellsMin) {}

    /// Inserts or overwrites.
    void set(std::uint64_t id, std::uint32_t slot);
    [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t id) const;
    void erase(std::uint64_t id);
    /// The id will be asked for soon: its place is fetched into the cache meanwhile.
    void expect(std::uint64_t id) const { __builtin_prefetch(&cells_[home(id)], 1); }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    static constexpr std::size_t kCellsMin = 64;
    static constexpr std::uint64_t kGroup = 4;  ///< cells in a cache line

    struct Cell {
        std::uint64_t id = 0;
        std::uint32_t slot = 0;
        bool used = false;
    };

    [[nodiscard]] std::size_t home(std::uint64_t id) const;
    [[nodiscard]] std::size_t locate(std::uint64_t id) const;
    void grow();

    std::vector<Cell> cells_;  ///< a power of two, at most half full
    std::size_t size_ = 0;
};

}  // namespace tradewind::base
