// SPDX-License-Identifier: Apache-2.0
#include "base/id_map.hpp"

namespace tradewind::base {

std::size_t IdMap::home(std::uint64_t id) const {
    // Fibonacci hashing (Knuth, The Art of Computer Programming 3, section 6.4) of groups of ids:
    // ids count up, so the four of a group share a cache line, and the golden ratio spreads the
    // groups.
    const std::uint64_t group = ((id / kGroup) * 0x9e3779b97f4a7c15U) >> 32;
    return static_cast<std::size_t>(group * kGroup + id % kGroup) & (cells_.size() - 1);
}

/// The cell of an id, or the free one where it belongs.
std::size_t IdMap::locate(std::uint64_t id) const {
    std::size_t at = home(id);
    while (cells_[at].used && cells_[at].id != id) at = (at + 1) & (cells_.size() - 1);
    return at;
}

void IdMap::set(std::uint64_t id, std::uint32_t slot) {
    if (2 * (size_ + 1) > cells_.size()) grow();
    Cell& cell = cells_[locate(id)];
    if (!cell.used) ++size_;
    cell = {.id = id, .slot = slot, .used = true};
}

std::optional<std::uint32_t> IdMap::find(std::uint64_t id) const {
    const Cell& cell = cells_[locate(id)];
    return cell.used ? std::optional{cell.slot} : std::nullopt;
}

void IdMap::erase(std::uint64_t id) {
    std::size_t hole = locate(id);
    if (!cells_[hole].used) return;
    --size_;
    const std::size_t mask = cells_.size() - 1;
    // Whatever follows without a gap and would be cut off from its home by the hole moves into it.
    for (std::size_t next = (hole + 1) & mask; cells_[next].used; next = (next + 1) & mask) {
        const std::size_t distance_from_home = (next - home(cells_[next].id)) & mask;
        if (distance_from_home < ((next - hole) & mask)) continue;
        cells_[hole] = cells_[next];
        hole = next;
    }
    cells_[hole] = {};
}

void IdMap::grow() {
    std::vector<Cell> old(2 * cells_.size());
    old.swap(cells_);
    for (const Cell& cell : old) {
        if (cell.used) cells_[locate(cell.id)] = cell;
    }
}

}  // namespace tradewind::base
