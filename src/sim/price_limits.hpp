// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/event.hpp"
#include "domain/instrument.hpp"

/// The prices that a venue lets nobody trade beyond: daily limits of futures and of Asian shares,
/// LULD bands as a fixed share, Binance's PERCENT_PRICE filter.
namespace tradewind::sim {

/// What a band lies around.
enum class LimitReference : std::uint8_t {
    close,  ///< the last price of the session before
    last,   ///< the last price, so that the band moves with the market
    fixed,
};

struct PriceLimit {
    std::string symbol;     ///< "*": every instrument without one of its own
    bool is_share = true;   ///< `up` and `down` are of the reference; false: amounts of price
    std::int64_t up = 0;    ///< >= 0, in units of 1e-9
    std::int64_t down = 0;  ///< >= 0
    LimitReference reference = LimitReference::close;
    Price fixed{};

    friend bool operator==(const PriceLimit&, const PriceLimit&) = default;
};

/// "ES.CME:7%", "*:20%/10%" (up, down), "X.NYSE:0.5" (an amount of price), each with ":close",
/// ":last" or a price behind it.
[[nodiscard]] std::optional<PriceLimit> parse_price_limit(std::string_view text);
/// What is wrong with them, in one line; nullopt where nothing is.
[[nodiscard]] std::optional<std::string> fault_of(std::span<const PriceLimit> limits,
                                                  const InstrumentTable& table);
/// A sentence each.
[[nodiscard]] std::vector<std::string> describe(std::span<const PriceLimit> limits);
/// The one that holds for an instrument; nullptr where none does.
[[nodiscard]] const PriceLimit* limit_of(std::span<const PriceLimit> limits,
                                         const Instrument& instrument);

/// Both ends may be traded at.
struct PriceRange {
    Price lowest;
    Price highest;

    [[nodiscard]] bool holds(Price price) const { return lowest <= price && price <= highest; }
    /// The end that the market is at when who trades on `side` finds nobody to trade with.
    [[nodiscard]] Price lock(Side side) const { return side == Side::buy ? highest : lowest; }
    friend bool operator==(const PriceRange&, const PriceRange&) = default;
};

/// The band of one instrument through time. The reference of a session is the last price that was
/// seen before it opened; until a session's end was seen nothing is known to hold.
class PriceBand {
public:
    PriceBand(const PriceLimit& limit, const Instrument& instrument);

    /// What holds at an instant; between two sessions what the next one will be bound by.
    [[nodiscard]] std::optional<PriceRange> at(Timestamp now);
    /// The market stood at a price.
    void saw(Price price, Timestamp when);
    void restate(const CorporateAction& split);

private:
    [[nodiscard]] std::optional<PriceRange> around(std::optional<Price> reference) const;

    PriceLimit limit_;
    Price tick_;
    CalendarKind calendar_;
    std::optional<Price> last_;
    std::optional<Price> reference_;  ///< of the session that ends at `until_`
    Timestamp until_ = kTimestampMin;
};

}  // namespace tradewind::sim
