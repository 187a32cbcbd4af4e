// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace tradewind::base {

/// to = from, eight bytes at a time. For hot paths that copy what was written a word at a time just
/// before: loads wider than those stores cannot be forwarded to and wait for the cache, a dozen
/// cycles each. The barrier keeps the compiler from joining the words.
template <typename T>
    requires(std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(std::uint64_t) == 0)
inline void copy_by_words(T& to, const T& from) {
    const char* source = reinterpret_cast<const char*>(&from);
    char* target = reinterpret_cast<char*>(&to);
    for (std::size_t at = 0; at < sizeof(T); at += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, source + at, sizeof word);
        asm("" : "+r"(word));
        std::memcpy(target + at, &word, sizeof word);
    }
}

}  // namespace tradewind::base
