// SPDX-License-Identifier: Apache-2.0
#include "sim/liquidation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.hpp"
#include "domain/names.hpp"

namespace tradewind::sim {
namespace {

constexpr auto kLiquidates = names<Liquidates>("never", "cross", "isolated");

/// The share of an amount that belongs to a part of a quantity; all of it to all.
Money share_of(Money amount, Qty part, Qty whole) {
    return part == whole ? amount : scale(amount, part.raw, whole.raw);
}

}  // namespace

std::string_view to_string(Liquidates value) { return kLiquidates.of(value); }
std::optional<Liquidates> parse_liquidates(std::string_view text) {
    return kLiquidates.parse(text);
}

std::optional<std::string> fault_of(const MarginSettings& settings) {
    if (settings.liquidation_fee.raw < 0 || settings.liquidation_fee.raw > base::kDecimalOne) {
        return fmt::format("the liquidation fee {} is not between 0 and 1",
                           to_string(settings.liquidation_fee));
    }
    if (settings.call_at.raw < base::kDecimalOne) {
        return fmt::format("a margin call at {} times the maintenance margin comes too late",
                           to_string(settings.call_at));
    }
    return std::nullopt;
}

std::vector<std::string> describe(const MarginSettings& settings) {
    if (settings.liquidates == Liquidates::never) return {};
    const std::string fee = base::format_decimal(settings.liquidation_fee.raw, base::kDecimals - 2);
    const std::string call = fmt::format("Margin call: below {} times the maintenance margin.",
                                         to_string(settings.call_at));
    if (settings.liquidates == Liquidates::isolated) {
        return {
            fmt::format(
                "Liquidation: isolated; a position is closed where its margin and open loss touch "
                "the "
                "maintenance margin, at that price or the open beyond it, never beyond what stands "
                "behind it; the fee is {} % of its notional.",
                fee),
            call};
    }
    return {fmt::format("Liquidation: cross; where equity touches the maintenance margin of all "
                        "positions, orders "
                        "are cancelled, the position whose price did it is closed at that price or "
                        "the open beyond "
                        "it, then the one that asks for most margin, until the rest is covered; "
                        "the fee is {} % of "
                        "what is closed.",
                        fee),
            call};
}

IsolatedMargin::IsolatedMargin(const InstrumentTable& table) : table_(table), rows_(table.size()) {}

void IsolatedMargin::apply(const Account::Deal& deal, const Holding& holding,
                           const Account& account) {
    const Instrument& of = table_.at(deal.instrument);
    const Qty before = account.held(holding);
    Row& row = rows_.at(holding);
    const Qty traded = signed_qty(deal.side, deal.qty);
    const bool closes = before.raw != 0 && (before.raw < 0) != (traded.raw < 0);
    const Qty closed = closes ? std::min(abs(before), deal.qty) : Qty{};
    if (closed.raw > 0) {
        row.collateral -= share_of(row.collateral, closed, abs(before));
        row.cost -= share_of(row.cost, closed, abs(before));
    }
    const Qty opened = deal.qty - closed;
    if (opened.raw == 0) return;
    const Money cost = notional(deal.price, signed_qty(deal.side, opened), of);
    row.cost += cost;
    row.collateral += multiply(abs(cost), of.margin.initial);
}

Account::Standing IsolatedMargin::standing(const Holding& holding, Qty held, Price price) const {
    const Instrument& of = table_.at(holding.instrument);
    const Row row = rows_.get(holding);
    const Money value = notional(price, held, of);
    return {.equity = row.collateral + value - row.cost,
            .required = multiply(abs(value), of.margin.maintenance)};
}

}  // namespace tradewind::sim
