// SPDX-License-Identifier: Apache-2.0
#include "sim/halts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/hash.hpp"
#include "domain/names.hpp"

namespace tradewind::sim {
namespace {

constexpr auto kMarketStates =
    names<MarketState>("pre_open", "open", "halted", "auction", "paused", "closed");
constexpr auto kHaltedOrders = names<HaltedOrders>("queued", "rejected");

/// Two runs with the same line had the same statuses.
std::uint32_t checksum(const std::vector<StatusChange>& statuses) {
    std::uint32_t sum = 0;
    for (const StatusChange& one : statuses) {
        const std::int64_t cells[] = {one.at.ns, one.status.instrument.value,
                                      static_cast<std::int64_t>(one.status.state)};
        sum = base::crc32c(std::as_bytes(std::span{cells}), sum);
    }
    return sum;
}

/// Insertion sort: equal ones stay in order, and mostly they are sorted already.
void sort_by_time(std::vector<StatusChange>& all) {
    const auto earlier = [](const StatusChange& a, const StatusChange& b) { return a.at < b.at; };
    if (std::is_sorted(all.begin(), all.end(), earlier)) return;
    for (auto it = all.begin(); it != all.end(); ++it) {
        std::rotate(std::upper_bound(all.begin(), it, *it, earlier), it, it + 1);
    }
}

}  // namespace

std::string_view to_string(MarketState value) { return kMarketStates.of(value); }
std::optional<MarketState> parse_market_state(std::string_view text) {
    return kMarketStates.parse(text);
}

std::string_view to_string(HaltedOrders value) { return kHaltedOrders.of(value); }
std::optional<HaltedOrders> parse_halted_orders(std::string_view text) {
    return kHaltedOrders.parse(text);
}

std::vector<std::string> describe(const std::vector<StatusChange>& statuses, HaltedOrders orders) {
    if (statuses.empty()) return {};
    return {fmt::format(
        "Halts: the {} changes of status told beside the data ({:08x}); orders that come in a "
        "halt {}; IOC and FOK end.",
        statuses.size(), checksum(statuses),
        orders == HaltedOrders::queued ? "wait for its end" : "are rejected")};
}

std::vector<StatusChange> told_from(std::vector<StatusChange> statuses, Timestamp start) {
    sort_by_time(statuses);
    const auto first = std::find_if(statuses.begin(), statuses.end(),
                                    [&](const StatusChange& s) { return s.at >= start; });
    std::vector<StatusChange> out;
    for (auto it = statuses.begin(); it != first; ++it) {
        const bool is_last = std::none_of(it + 1, first, [&](const StatusChange& later) {
            return later.status.instrument == it->status.instrument;
        });
        if (!is_last || it->status.state == MarketState::open) continue;
        out.push_back({.at = start, .status = it->status});
    }
    out.insert(out.end(), first, statuses.end());
    return out;
}

}  // namespace tradewind::sim
