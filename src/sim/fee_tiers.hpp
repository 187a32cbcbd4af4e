// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "domain/numbers.hpp"
#include "domain/time.hpp"

/// Fees that depend on how much was traded before.
namespace tradewind::sim {

/// The rates from a traded volume on.
struct FeeTier {
    Money volume;  ///< at least so much in the window
    Rate maker;
    Rate taker;

    friend bool operator==(const FeeTier&, const FeeTier&) = default;
};

/// What a run assumes of fees beyond the instruments' own schedules.
struct FeeTerms {
    /// By volume, the first from 0. They stand in for the maker and taker rates of every
    /// instrument; empty: each instrument's own.
    std::vector<FeeTier> tiers{};
    /// What the volume is counted in. A fill counts its quantity where this is the instrument's
    /// base currency, else its notional at the venue's last rate, or nothing where that is unknown:
    /// the lower tier is the dearer one. Unknown: the quote currency of the first instrument.
    Currency volume_currency{};
    /// Whole UTC days before the one of the fill: a day's own volume counts from the next day on,
    /// as Binance's daily update at 00:00 UTC does it.
    std::int64_t window_days = 30;
    /// Off the fee where it is paid in a currency other than quote and settlement.
    Rate discount{};

    friend bool operator==(const FeeTerms&, const FeeTerms&) = default;
};

inline constexpr std::int64_t kFeeWindowDaysMax = 3650;

/// What is wrong with the terms, in one line; nullopt where nothing is.
[[nodiscard]] std::optional<std::string> fault_of(const FeeTerms& terms);
/// A sentence each; none for plain schedules.
[[nodiscard]] std::vector<std::string> describe(const FeeTerms& terms);

/// Whole days since 1970.
[[nodiscard]] std::int64_t utc_day(Timestamp t);

/// Volume by UTC day, over the window's days.
class RollingVolume {
public:
    explicit RollingVolume(std::int64_t window_days) : window_days_(window_days) {}

    /// Time does not go back.
    void add(Timestamp at, Money amount);
    /// Of the window's whole days before the day of `now`.
    [[nodiscard]] Money before(Timestamp now);

private:
    struct Day {
        std::int64_t day = 0;
        Money amount;
    };
    std::int64_t window_days_;
    std::deque<Day> days_;  ///< that of the latest fill too
};

}  // namespace tradewind::sim
