// SPDX-License-Identifier: Apache-2.0
#include "adapters/net/reconnect.hpp"

#include "base/assert.hpp"

namespace tradewind::net {

Reconnector::Reconnector(const BackoffOptions& options, std::uint64_t seed)
    : options_(options), random_(seed) {
    ASSERT(options_.first.ns > 0 && options_.max >= options_.first);
}

Duration Reconnector::ceiling(std::uint64_t failures) const {
    ASSERT(failures > 0);
    const std::uint64_t doublings = failures - 1;
    // The shift would pass `max`, or 63 bits.
    if (doublings >= 63 || options_.first.ns > (options_.max.ns >> doublings)) return options_.max;
    return {options_.first.ns << doublings};
}

Duration Reconnector::failed() {
    ++failures_;
    const auto bound = static_cast<std::uint64_t>(ceiling(failures_).ns) + 1;
    return {static_cast<std::int64_t>(random_.below(bound))};
}

}  // namespace tradewind::net
