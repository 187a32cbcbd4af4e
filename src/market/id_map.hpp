// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.hpp"

namespace tradewind::market {

/// From 64-bit order ids to the indexes of the nodes that hold them: open addressing, linear
/// probing, at most half full.
///
/// A slot is 8 bytes: the index and 32 bits of the id's hash, which tell where the entry belongs
/// and rule out nearly every other id; the node confirms, and whoever looks an order up needs it
/// anyway. Venues number orders one after another, so eight neighbouring ids share a cache line of
/// slots; groups of eight are scattered by multiplication. Removal moves later entries back instead
/// of leaving marks, so that the map never wears out and only grows with the number of live ids.
class IdMap {
public:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    explicit IdMap(std::size_t ids_expected)
        : slots_(std::bit_ceil(2 * (ids_expected + kGroup))), shift_(shift_for(slots_.size())) {}

    [[nodiscard]] std::size_t size() const { return size_; }

    /// kNone where the id is not there. `id_at(index)` is the id that a node holds.
    template <typename IdAt>
    [[nodiscard]] std::uint32_t find(std::uint64_t id, const IdAt& id_at) const {
        const std::uint32_t tag = tag_of(id);
        for (std::size_t i = home(tag);; i = next(i)) {
            const Slot slot = slots_[i];
            if (slot.index == kNone) return kNone;
            if (slot.tag == tag && id_at(slot.index) == id) return slot.index;
        }
    }
    /// The id is not there yet.
    void insert(std::uint64_t id, std::uint32_t index) {
        if (2 * (size_ + 1) > slots_.size()) [[unlikely]] {
            grow();
        }
        place({.tag = tag_of(id), .index = index});
        ++size_;
    }
    /// The id is there, with this index.
    void erase(std::uint64_t id, std::uint32_t index) {
        std::size_t hole = home(tag_of(id));
        while (slots_[hole].index != index) {
            ASSERT(slots_[hole].index != kNone);
            hole = next(hole);
        }
        close(hole);
        --size_;
    }
    void clear() {
        for (Slot& slot : slots_) slot = {};
        size_ = 0;
    }

private:
    struct Slot {
        std::uint32_t tag = 0;
        std::uint32_t index = kNone;
    };
    static constexpr std::size_t kGroup = 8;
    static constexpr int kGroupBits = 3;
    static constexpr int kScatteredBits = 32 - kGroupBits;
    static constexpr std::uint64_t kGolden = 0x9e37'79b9'7f4a'7c15;  // 2^64 / golden ratio

    [[nodiscard]] static int shift_for(std::size_t slots) {
        const int group_bits = std::countr_zero(slots) - kGroupBits;
        ASSERT(group_bits <= kScatteredBits);  // 2^32 slots are more than indexes can name
        return kScatteredBits - group_bits;
    }
    /// Above the hash of the group, below the place in it.
    [[nodiscard]] static std::uint32_t tag_of(std::uint64_t id) {
        const std::uint64_t scattered = ((id / kGroup) * kGolden) >> (64 - kScatteredBits);
        return static_cast<std::uint32_t>(scattered << kGroupBits | id % kGroup);
    }
    [[nodiscard]] std::size_t home(std::uint32_t tag) const {
        return (std::size_t{tag >> kGroupBits} >> shift_) * kGroup + tag % kGroup;
    }
    [[nodiscard]] std::size_t next(std::size_t i) const { return (i + 1) & (slots_.size() - 1); }

    void place(Slot slot) {
        std::size_t i = home(slot.tag);
        while (slots_[i].index != kNone) i = next(i);
        slots_[i] = slot;
    }
    /// Moves back every entry that could not be found any more across the hole.
    void close(std::size_t hole) {
        const std::size_t mask = slots_.size() - 1;
        for (std::size_t i = next(hole); slots_[i].index != kNone; i = next(i)) {
            const std::size_t probed = (i - home(slots_[i].tag)) & mask;
            if (probed < ((i - hole) & mask)) continue;
            slots_[hole] = slots_[i];
            hole = i;
        }
        slots_[hole] = {};
    }
    void grow() {
        std::vector<Slot> old(slots_.size() * 2);
        old.swap(slots_);
        shift_ = shift_for(slots_.size());
        for (const Slot& slot : old) {
            if (slot.index != kNone) place(slot);
        }
    }

    std::vector<Slot> slots_;
    int shift_;
    std::size_t size_ = 0;
};

}  // namespace tradewind::market
