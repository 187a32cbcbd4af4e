// SPDX-License-Identifier: Apache-2.0
#include "sim/fee_tiers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tradewind::sim {
namespace {

std::string bps(Rate rate) { return base::format_decimal(rate.raw, base::kDecimals - 4) + " bps"; }

}  // namespace

std::int64_t utc_day(Timestamp t) {
    const std::int64_t day = days(1).ns;
    return t.ns / day - (t.ns % day < 0 ? 1 : 0);
}

std::optional<std::string> fault_of(const FeeTerms& terms) {
    if (terms.window_days < 1 || terms.window_days > kFeeWindowDaysMax) {
        return fmt::format("the fees' window of {} days is not between 1 and {}", terms.window_days,
                           kFeeWindowDaysMax);
    }
    if (terms.discount.raw < 0 || terms.discount.raw > base::kDecimalOne) {
        return fmt::format("the fees' discount {} is not between 0 and 1",
                           to_string(terms.discount));
    }
    if (!terms.tiers.empty() && terms.tiers.front().volume.raw != 0) {
        return fmt::format("the first fee tier begins at {}, not at 0",
                           to_string(terms.tiers.front().volume));
    }
    for (std::size_t i = 1; i < terms.tiers.size(); ++i) {
        if (terms.tiers[i - 1].volume < terms.tiers[i].volume) continue;
        return fmt::format("fee tiers come by rising volume: {} does not come after {}",
                           to_string(terms.tiers[i].volume), to_string(terms.tiers[i - 1].volume));
    }
    return std::nullopt;
}

std::vector<std::string> describe(const FeeTerms& terms) {
    std::vector<std::string> out;
    if (!terms.tiers.empty()) {
        std::string line = fmt::format(
            "Fees: by the volume of the {} whole UTC days before, counted in {}", terms.window_days,
            terms.volume_currency.known() ? to_string(terms.volume_currency)
                                          : "the quote currency of the first instrument");
        char mark = ':';
        for (const FeeTier& tier : terms.tiers) {
            line += fmt::format("{} from {} maker {}, taker {}", mark, to_string(tier.volume),
                                bps(tier.maker), bps(tier.taker));
            mark = ';';
        }
        out.push_back(line + ".");
    }
    if (terms.discount.raw != 0) {
        out.push_back(
            fmt::format("Fees: {} off where they are paid in a third currency.",
                        base::format_decimal(terms.discount.raw, base::kDecimals - 2) + " %"));
    }
    return out;
}

void RollingVolume::add(Timestamp at, Money amount) {
    const std::int64_t day = utc_day(at);
    if (days_.empty() || days_.back().day != day) days_.push_back({.day = day, .amount = {}});
    days_.back().amount += amount;
}

Money RollingVolume::before(Timestamp now) {
    const std::int64_t today = utc_day(now);
    while (!days_.empty() && days_.front().day < today - window_days_) days_.pop_front();
    Money sum;
    for (const Day& day : days_) {
        if (day.day < today) sum += day.amount;
    }
    return sum;
}

}  // namespace tradewind::sim
