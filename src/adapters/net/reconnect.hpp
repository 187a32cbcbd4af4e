// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/random.hpp"
#include "domain/time.hpp"

namespace tradewind::net {

struct BackoffOptions {
    Duration first = milliseconds(500);  ///< the longest wait after one failure; above 0
    Duration max = seconds(60);          ///< the longest wait of all; not below `first`
};

/// When to try again: exponential back-off with full jitter. After the n-th failure in a row the
/// wait is uniform on [0, min(max, first x 2^(n-1))], so that clients who lost the same server do
/// not come back together. Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture
/// Blog, 2015. A pure function of its seed and the calls so far.
class Reconnector {
public:
    Reconnector(const BackoffOptions& options, std::uint64_t seed);

    /// The wait before the next attempt.
    [[nodiscard]] Duration failed();
    /// The connection was good: the next failure is the first one again.
    void succeeded() { failures_ = 0; }
    /// Failures in a row.
    [[nodiscard]] std::uint64_t failures() const { return failures_; }
    /// The longest that the wait after `failures` (at least 1) can be.
    [[nodiscard]] Duration ceiling(std::uint64_t failures) const;

private:
    BackoffOptions options_;
    base::Random random_;
    std::uint64_t failures_ = 0;
};

}  // namespace tradewind::net
