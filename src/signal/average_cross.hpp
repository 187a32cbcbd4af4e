// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "signal/params.hpp"
#include "signal/rolling.hpp"
#include "signal/stance.hpp"

/// Two averages of the close: long while the fast one is above the slow one. One rule for the
/// strategy that is told bar after bar (strategies.cpp) and for the kernel that works many
/// settings out at once (kernel.cpp).
namespace tradewind::signal {

inline constexpr std::int64_t kPeriodMax = 100'000;

inline std::size_t period(ParamReader& params, std::string_view name, std::int64_t otherwise) {
    return static_cast<std::size_t>(params.whole(name, otherwise, 1, kPeriodMax));
}

struct CrossSettings {
    Stance below;  ///< flat, or short with short=1
    std::size_t fast;
    std::size_t slow;

    explicit CrossSettings(ParamReader& params)
        : below(params.whole("short", 0, 0, 1) == 1 ? Stance::short_side : Stance::flat),
          fast(period(params, "fast", 10)),
          slow(period(params, "slow", 30)) {
        params.require(fast < slow, "fast must be below slow");
    }
};

inline void add(Sma& average, Price price) { average.add(price); }
inline void add(Ema& average, Price price) { average.add(to_double(price)); }

/// The number by which averages are compared: a mean, or the sum of a window.
inline double reading_of(const Ema& average) { return average.value(); }
inline double reading_of(const Sma& average) { return average.sum(); }

inline bool is_above(double fast_ema, double slow_ema) { return fast_ema > slow_ema; }

struct SmaReading {
    double sum = 0;     ///< of the window
    double length = 1;  ///< of the window: the period
};

/// nullopt for a tie. Equal averages of unequal length differ in their last digit, and the order of
/// two doubles would then be chance: such a tie is decided on the doubles that other programs
/// compare (tests/parity runs backtrader beside us), so that it falls the same way.
inline std::optional<bool> is_above(const SmaReading& fast, const SmaReading& slow) {
    constexpr double kTie = 1e-12;
    // Each sum times the other's length: the means without their four divisions.
    const double a = fast.sum * slow.length, b = slow.sum * fast.length;
    if (std::abs(a - b) > kTie * std::abs(b)) [[likely]]
        return a > b;
    return std::nullopt;
}

inline bool is_above(const Ema& fast, const Ema& slow) {
    return is_above(reading_of(fast), reading_of(slow));
}
/// For ties, and for sums beyond 64 bits, away from the path of every bar.
[[gnu::noinline]] inline bool is_above_slowly(const Sma& fast, const Sma& slow) {
    const auto by_sums = is_above({.sum = fast.sum(), .length = fast.length()},
                                  {.sum = slow.sum(), .length = slow.length()});
    return by_sums ? *by_sums : fast.value_of_doubles() > slow.value_of_doubles();
}
inline bool is_above(const Sma& fast, const Sma& slow) {
    if (!fast.is_narrow() || !slow.is_narrow()) [[unlikely]]
        return is_above_slowly(fast, slow);
    const auto by_sums = is_above({.sum = fast.narrow_sum(), .length = fast.length()},
                                  {.sum = slow.narrow_sum(), .length = slow.length()});
    return by_sums ? *by_sums : is_above_slowly(fast, slow);
}

}  // namespace tradewind::signal
