// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <new>

#include "support/allocations.hpp"

/// Replaces operator new of a whole test program by one that counts. In one of its files alone.

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::size_t tradewind::support::allocations = 0;

// Not inlined: g++ would hold the pairs of malloc and free for pairs of different kinds.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    ++tradewind::support::allocations;
    if (void* place = std::malloc(bytes == 0 ? 1 : bytes)) return place;
    throw std::bad_alloc{};
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
    ++tradewind::support::allocations;
    const auto unit = static_cast<std::size_t>(alignment);
    if (void* place = std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit)) return place;
    throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* place) noexcept { std::free(place); }
[[gnu::noinline]] void operator delete(void* place, std::size_t /*bytes*/) noexcept {
    std::free(place);
}
[[gnu::noinline]] void operator delete(void* place, std::align_val_t /*alignment*/) noexcept {
    std::free(place);
}
