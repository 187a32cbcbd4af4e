// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/event.hpp"
#include "domain/instrument.hpp"
#include "sim/account.hpp"

/// What the venue does where equity no longer covers the maintenance margin.
namespace tradewind::sim {

enum class Liquidates : std::uint8_t {
    never,     ///< the venue lets positions run, whatever they lose
    cross,     ///< all equity stands behind all positions
    isolated,  ///< behind a position stands what was put there when it was opened
};

[[nodiscard]] std::string_view to_string(Liquidates value);
[[nodiscard]] std::optional<Liquidates> parse_liquidates(std::string_view text);

struct MarginSettings {
    Liquidates liquidates = Liquidates::never;
    Rate liquidation_fee{};  ///< of the notional that is closed, beside the taker's fee
    /// A call comes once equity is below so many times the maintenance margin.
    Rate call_at{base::kDecimalOne + base::kDecimalOne / 5};

    friend bool operator==(const MarginSettings&, const MarginSettings&) = default;
};

/// What is wrong with the settings, in one line; nullopt where nothing is.
[[nodiscard]] std::optional<std::string> fault_of(const MarginSettings& settings);
/// A sentence each; none where nothing is liquidated.
[[nodiscard]] std::vector<std::string> describe(const MarginSettings& settings);

/// What stands behind each isolated position, in settlement currency: opening fills put their
/// initial margin there, closing fills take their share of it away.
class IsolatedMargin {
public:
    explicit IsolatedMargin(const InstrumentTable& table);

    /// `account`: before the deal.
    void apply(const Account::Deal& deal, const Holding& of, const Account& account);
    /// A split leaves amounts as they are; a delisting ends them.
    void close(InstrumentId instrument) { rows_.clear(instrument); }
    /// With the position of `held` worth `price` a unit.
    [[nodiscard]] Account::Standing standing(const Holding& of, Qty held, Price price) const;
    /// What was put behind it and not taken away.
    [[nodiscard]] Money collateral(const Holding& of) const { return rows_.get(of).collateral; }

private:
    struct Row {
        Money collateral;
        Money cost;  ///< of what is held; below zero for shorts
    };
    const InstrumentTable& table_;
    HoldingRows<Row> rows_;
};

/// The way that a price went, as far as the data tells: from its first to the worst for who holds.
struct PricePath {
    Price from;
    Price worst;
};

/// The first price on the grid on the way from `path.from` to `path.worst` at which `breached`
/// holds; nullopt where it does not hold at the worst. What is breached stays so further on.
template <typename Breached>
[[nodiscard]] std::optional<Price> first_breach(const PricePath& path, Price tick,
                                                const Breached& breached) {
    if (!breached(path.worst)) return std::nullopt;
    if (breached(path.from)) return path.from;
    const std::int64_t way = path.worst.raw > path.from.raw ? tick.raw : -tick.raw;
    // Between `good` and `bad` ticks from where the price came from; the worst may be off the grid.
    std::int64_t good = 0, bad = (path.worst.raw - path.from.raw + way - (way > 0 ? 1 : -1)) / way;
    while (bad - good > 1) {
        const std::int64_t middle = good + (bad - good) / 2;
        (breached(Price{path.from.raw + middle * way}) ? bad : good) = middle;
    }
    const Price at{path.from.raw + bad * way};
    const bool beyond = way > 0 ? at > path.worst : at < path.worst;
    return beyond ? path.worst : at;
}

}  // namespace tradewind::sim
