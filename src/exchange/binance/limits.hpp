// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "domain/time.hpp"
#include "exchange/order.hpp"

namespace tradewind::exchange::binance {

/// What may be asked, and how often ("LIMITS"). Windows are whole minutes, tens of seconds and days
/// of UTC.
struct LimitSettings {
    std::int64_t weight_a_minute = 6'000;
    std::int64_t requests_in_5_minutes = 61'000;
    std::int64_t orders_in_10_s = 100;
    std::int64_t orders_a_day = 200'000;
    /// Requests after the first 429 of a minute that lead to a ban.
    std::int64_t warnings = 10;
    Duration ban_first = minutes(2);  ///< doubles with each, up to
    Duration ban_longest = days(3);
};

/// Weights by address, unfilled orders by account.
class Limits {
public:
    explicit Limits(const LimitSettings& settings) : settings_(settings) {}

    enum class Verdict : std::uint8_t { pass, too_many, banned };
    struct Answer {
        Verdict verdict = Verdict::pass;
        std::int64_t used = 0;  ///< weight of this minute, this request included
        Timestamp until{};      ///< when to come again, where refused
    };
    /// A request of this weight.
    Answer charge(std::string_view address, std::int64_t weight, Timestamp now);

    struct Orders {
        std::int64_t in_10_s = 0;
        std::int64_t in_day = 0;
    };
    [[nodiscard]] Orders orders(AccountNumber account, Timestamp now) const;
    /// The length of the window that would be passed, by `count` more orders; 0: none.
    [[nodiscard]] Duration exceeded(AccountNumber account, std::int64_t count, Timestamp now) const;
    void count_orders(AccountNumber account, std::int64_t count, Timestamp now);
    /// An order's first fill takes it off the count.
    void count_first_fill(AccountNumber account, Timestamp now);

    [[nodiscard]] const LimitSettings& settings() const { return settings_; }

private:
    static constexpr std::size_t kAddressesKept = 100'000;
    struct Window {
        std::int64_t start = 0;  ///< in units of its length
        std::int64_t count = 0;
    };
    struct Client {
        Window weight;
        Window requests;
        std::int64_t refused = 0;  ///< in this minute
        std::int64_t bans = 0;
        Timestamp banned_until = kTimestampMin;
    };
    static Window& turn(Window& window, Duration length, Timestamp now);

    LimitSettings settings_;
    std::map<std::string, Client, std::less<>> clients_;
    struct Counted {
        Window in_10_s;
        Window in_day;
    };
    std::map<AccountNumber, Counted> orders_;
};

}  // namespace tradewind::exchange::binance
