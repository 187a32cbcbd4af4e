// SPDX-License-Identifier: Apache-2.0
#include "exchange/binance/limits.hpp"

#include <algorithm>

namespace tradewind::exchange::binance {
namespace {

constexpr Duration kMinute = minutes(1);
constexpr Duration kFiveMinutes = minutes(5);
constexpr Duration kTenSeconds = seconds(10);
constexpr Duration kDay = days(1);
constexpr std::int64_t kDoublingsMax = 20;

Timestamp end_of_window(Duration length, Timestamp now) {
    return {(now.ns / length.ns + 1) * length.ns};
}

}  // namespace

Limits::Window& Limits::turn(Window& window, Duration length, Timestamp now) {
    const std::int64_t start = now.ns / length.ns;
    if (window.start != start) window = {.start = start};
    return window;
}

Limits::Answer Limits::charge(std::string_view address, std::int64_t weight, Timestamp now) {
    auto at = clients_.find(address);
    if (at == clients_.end()) {
        // Whoever comes from everywhere is forgotten, not remembered without end.
        if (clients_.size() >= kAddressesKept) clients_.clear();
        at = clients_.emplace(std::string{address}, Client{}).first;
    }
    Client& client = at->second;
    if (now < client.banned_until) {
        return {
            .verdict = Verdict::banned, .used = client.weight.count, .until = client.banned_until};
    }
    if (client.weight.start != now.ns / kMinute.ns) client.refused = 0;
    Window& used = turn(client.weight, kMinute, now);
    Window& requests = turn(client.requests, kFiveMinutes, now);
    used.count += weight;
    ++requests.count;
    const bool by_weight = used.count > settings_.weight_a_minute;
    const bool by_requests = requests.count > settings_.requests_in_5_minutes;
    if (!by_weight && !by_requests) return {.used = used.count};
    ++client.refused;
    if (client.refused > settings_.warnings) {
        const std::int64_t factor = std::int64_t{1} << std::min(client.bans, kDoublingsMax);
        const Duration ban{std::min(settings_.ban_first.ns * factor, settings_.ban_longest.ns)};
        client.banned_until = now + ban;
        client.refused = 0;
        ++client.bans;
        return {.verdict = Verdict::banned, .used = used.count, .until = client.banned_until};
    }
    return {.verdict = Verdict::too_many,
            .used = used.count,
            .until = end_of_window(by_weight ? kMinute : kFiveMinutes, now)};
}

Limits::Orders Limits::orders(AccountNumber account, Timestamp now) const {
    const auto at = orders_.find(account);
    if (at == orders_.end()) return {};
    Counted counted = at->second;
    return {.in_10_s = turn(counted.in_10_s, kTenSeconds, now).count,
            .in_day = turn(counted.in_day, kDay, now).count};
}

Duration Limits::exceeded(AccountNumber account, std::int64_t count, Timestamp now) const {
    const Orders so_far = orders(account, now);
    if (so_far.in_10_s + count > settings_.orders_in_10_s) return kTenSeconds;
    if (so_far.in_day + count > settings_.orders_a_day) return kDay;
    return {};
}

void Limits::count_orders(AccountNumber account, std::int64_t count, Timestamp now) {
    Counted& counted = orders_[account];
    turn(counted.in_10_s, kTenSeconds, now).count += count;
    turn(counted.in_day, kDay, now).count += count;
}

void Limits::count_first_fill(AccountNumber account, Timestamp now) {
    Counted& counted = orders_[account];
    Window& in_10_s = turn(counted.in_10_s, kTenSeconds, now);
    Window& in_day = turn(counted.in_day, kDay, now);
    in_10_s.count = std::max<std::int64_t>(in_10_s.count - 1, 0);
    in_day.count = std::max<std::int64_t>(in_day.count - 1, 0);
}

}  // namespace tradewind::exchange::binance
