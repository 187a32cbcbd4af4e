// SPDX-License-Identifier: Apache-2.0
#include "risk/exposures.hpp"

#include <algorithm>
#include <utility>

namespace tradewind::risk {
namespace {

/// Working orders of one strategy that may open exposure, as the orders book counts them for all.
Stake working_of(const orders::Orders& orders, InstrumentId instrument, StrategyId strategy) {
    Stake out{};
    for (const orders::Order* order : orders.open_of(instrument)) {
        if (order->strategy() != strategy) continue;
        (order->side() == Side::buy ? out.buys : out.sells) += counted(orders, *order);
    }
    return out;
}

}  // namespace

Qty counted(const orders::Orders& orders, const orders::Order& order) {
    if (only_closes(order.intent.spec)) return {};
    const auto& parent = order.intent.links.parent;
    const orders::Order* first = parent ? orders.find(*parent) : nullptr;
    if (first != nullptr && first->filled.raw == 0) return {};
    return order.most_leaves();
}

Exposures::Exposures(const Books& books, std::vector<Group> groups)
    : books_(books),
      sums_(groups.size()),
      groups_of_(books.instruments.size()),
      is_stale_(books.instruments.size(), 0) {
    static_cast<void>(view_of(std::nullopt));
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const auto view = static_cast<std::uint32_t>(view_of(groups[g].strategy));
        view_of_group_.push_back(view);
        for (const InstrumentId member : groups[g].members) {
            groups_of_[member.value].push_back(
                {.view = view, .group = static_cast<std::uint32_t>(g)});
        }
    }
    stale_.reserve(books.instruments.size());
    for (const Instrument& instrument : books.instruments.all()) touch(instrument.id);
}

std::size_t Exposures::view_of(std::optional<StrategyId> strategy) {
    const auto found = std::find_if(views_.begin(), views_.end(),
                                    [&](const View& one) { return one.strategy == strategy; });
    if (found != views_.end()) return static_cast<std::size_t>(found - views_.begin());
    views_.push_back({.strategy = strategy, .cells = std::vector<Cell>(books_.instruments.size())});
    return views_.size() - 1;
}

void Exposures::touch(InstrumentId instrument) {
    if (std::exchange(is_stale_[instrument.value], std::uint8_t{1}) == 0) {
        stale_.push_back(instrument);
    }
}

void Exposures::refresh() {
    const auto note = [this](InstrumentId instrument) { touch(instrument); };
    books_.portfolio.take_changes(note);
    books_.orders.take_changes(note);
    for (const InstrumentId instrument : stale_) {
        is_stale_[instrument.value] = 0;
        update(instrument);
    }
    stale_.clear();
}

void Exposures::update(InstrumentId id) {
    const Instrument& instrument = books_.instruments.at(id);
    for (std::uint32_t v = 0; v < views_.size(); ++v) {
        const auto stake = stake_of(id, views_[v].strategy);
        const auto now = stake ? value(*stake, instrument) : std::nullopt;
        const Cell fresh{.exposure = now.value_or(Exposure{}), .is_known = now.has_value()};
        const Cell before = std::exchange(views_[v].cells[id.value], fresh);
        for (const Member& member : groups_of_[id.value]) {
            if (member.view != v) continue;
            Sum& sum = sums_[member.group];
            sum.exposure = sum.exposure - before.exposure + fresh.exposure;
            sum.unknown += before.is_known ? 0U : ~0U;  // one less
            sum.unknown += fresh.is_known ? 0U : 1U;
        }
    }
}

const Exposure* Exposures::of(std::size_t group) const {
    const Sum& sum = sums_[group];
    return sum.unknown == 0 ? &sum.exposure : nullptr;
}

const Exposure* Exposures::of(InstrumentId instrument) const {
    const Cell& cell = views_.front().cells[instrument.value];
    return cell.is_known ? &cell.exposure : nullptr;
}

const Exposure* Exposures::of(std::size_t group, InstrumentId instrument) const {
    const Cell& cell = views_[view_of_group_[group]].cells[instrument.value];
    return cell.is_known ? &cell.exposure : nullptr;
}

std::optional<Stake> Exposures::stake_of(InstrumentId id,
                                         std::optional<StrategyId> strategy) const {
    Stake out{};
    if (strategy) {
        out = working_of(books_.orders, id, *strategy);
        out.held = books_.portfolio.position(*strategy, id).qty;
    } else {
        out.buys = books_.orders.working_buy(id);
        out.sells = books_.orders.working_sell(id);
        out.held = books_.portfolio.position(id).qty;
        out.both = books_.portfolio.sides(id).gross() - abs(out.held);
    }
    const auto mark = books_.portfolio.mark_of(id);
    const auto last = mark ? mark : books_.market.mark(id);
    const bool is_empty = (out.held.raw | out.both.raw | out.buys.raw | out.sells.raw) == 0;
    if (!last && !is_empty) return std::nullopt;
    out.mark = out.price = last.value_or(Price{});
    return out;
}

std::optional<Exposure> Exposures::value(const Stake& stake, const Instrument& instrument) const {
    if ((stake.held.raw | stake.both.raw | stake.buys.raw | stake.sells.raw) == 0) {
        return Exposure{};
    }
    const bool hedges = books_.portfolio.settings().positions.hedges();
    const Qty more = hedges
                         ? stake.buys + stake.sells
                         : std::max(abs(stake.held + stake.buys), abs(stake.held - stake.sells)) -
                               abs(stake.held);
    const auto worth = [&](Price price, Qty qty) {
        return books_.portfolio.to_base(instrument.quote, notional(price, qty, instrument));
    };
    const auto held = worth(stake.mark, stake.held);
    const auto both = worth(stake.mark, stake.both);
    const auto added = worth(stake.price, more);
    const auto bought = worth(stake.price, stake.buys);
    const auto sold = worth(stake.price, stake.sells);
    if (!held || !both || !added || !bought || !sold) return std::nullopt;
    return Exposure{.gross = abs(*held) + abs(*both) + abs(*added),
                    .upper = *held + abs(*bought),
                    .lower = *held - abs(*sold)};
}

}  // namespace tradewind::risk
