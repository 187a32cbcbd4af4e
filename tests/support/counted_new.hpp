// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <new>

#include "support/allocations.hpp"

/// Replaces operator new of a whole test program by one that counts. In one of its files alone.

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::size_t tradewind::support::allocations = 0;

// Every form that a library may call, or a sanitizer's own form would be paired with one of these.
// Not inlined: g++ would hold the pairs of malloc and free for pairs of different kinds.
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
    ++tradewind::support::allocations;
    return std::malloc(bytes == 0 ? 1 : bytes);
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment,
                                     const std::nothrow_t& /*tag*/) noexcept {
    ++tradewind::support::allocations;
    const auto unit = static_cast<std::size_t>(alignment);
    return std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
}
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    if (void* place = operator new(bytes, std::nothrow)) return place;
    throw std::bad_alloc{};
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
    if (void* place = operator new(bytes, alignment, std::nothrow)) return place;
    throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* place) noexcept { std::free(place); }
[[gnu::noinline]] void operator delete(void* place, const std::nothrow_t& /*tag*/) noexcept {
    std::free(place);
}
[[gnu::noinline]] void operator delete(void* place, std::size_t /*bytes*/) noexcept {
    std::free(place);
}
[[gnu::noinline]] void operator delete(void* place, std::align_val_t /*alignment*/) noexcept {
    std::free(place);
}
[[gnu::noinline]] void operator delete(void* place, std::align_val_t /*alignment*/,
                                       const std::nothrow_t& /*tag*/) noexcept {
    std::free(place);
}
[[gnu::noinline]] void operator delete(void* place, std::size_t /*bytes*/,
                                       std::align_val_t /*alignment*/) noexcept {
    std::free(place);
}
