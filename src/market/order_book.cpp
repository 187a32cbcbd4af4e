// SPDX-License-Identifier: Apache-2.0
#include "market/order_book.hpp"

#include "market/market.hpp"

namespace tradewind::market {
namespace {

constexpr OrderQueues::Index kNone = OrderQueues::kNone;

Defect about(DefectKind kind, std::uint64_t order) {
    return {.kind = kind, .limit = 0, .actual = static_cast<std::int64_t>(order)};
}

}  // namespace

// --- the fold -----------------------------------------------------------------------------------

RowResult OrderBook::apply(const BookOrder& row) {
    if (row.flags.snapshot && !in_snapshot_) {
        ++counts_.snapshots;
        clear();
    }
    in_snapshot_ = row.flags.snapshot && !row.flags.last;
    is_open_ = !row.flags.last;
    const RowResult result = change(row);
    if (row.flags.last) end();
    return result;
}

RowResult OrderBook::change(const BookOrder& row) {
    switch (row.action) {
        case BookAction::add: return add(row);
        case BookAction::modify: return with_known(row, &OrderBook::modify);
        case BookAction::set:
            return queues_.find(row.order) == kNone ? add(row)
                                                    : with_known(row, &OrderBook::modify);
        case BookAction::remove: return with_known(row, &OrderBook::take_off);
        case BookAction::trade:
        case BookAction::fill: break;
        case BookAction::clear: clear();
    }
    return RowResult::applied;
}

RowResult OrderBook::add(const BookOrder& row) {
    if (queues_.find(row.order) != kNone) {
        return refuse(about(DefectKind::duplicate_order, row.order));
    }
    if (const auto defect = size_defect(row, row.side, {})) return refuse(*defect);
    arrive(
        queues_.push({.id = row.order, .side = row.side, .price = row.price, .leaves = row.size}));
    return RowResult::applied;
}

RowResult OrderBook::with_known(const BookOrder& row,
                                RowResult (OrderBook::*what)(const BookOrder&, Index)) {
    const Index index = queues_.find(row.order);
    if (index == kNone) return refuse(about(DefectKind::unknown_order, row.order));
    return (this->*what)(row, index);
}

RowResult OrderBook::modify(const BookOrder& row, Index index) {
    const Qty leaves = queues_.leaves(index);
    if (const auto defect = size_defect(row, queues_.side(index), leaves)) return refuse(*defect);
    if (row.price != queues_.price(index) || row.size > leaves) {
        queues_.move(index, row.price, row.size);
        arrive(index);
    } else if (row.size < leaves) {
        queues_.reduce(index, leaves - row.size);
    }
    return RowResult::applied;
}

RowResult OrderBook::take_off(const BookOrder& row, Index index) {
    const Qty leaves = queues_.leaves(index);
    if (row.size.raw < 0) {
        return refuse({.kind = DefectKind::negative_size, .limit = 0, .actual = row.size.raw});
    }
    if (row.size > leaves) {
        return refuse(
            {.kind = DefectKind::oversized_reduction, .limit = leaves.raw, .actual = row.size.raw});
    }
    if (row.size == leaves || row.size.raw == 0) {
        queues_.erase(index);
    } else {
        queues_.reduce(index, row.size);
    }
    return RowResult::applied;
}

/// Whether the side can hold the row's size in place of `given_back`.
std::optional<Defect> OrderBook::size_defect(const BookOrder& row, Side side,
                                             Qty given_back) const {
    if (row.size.raw < 0) {
        return Defect{.kind = DefectKind::negative_size, .limit = 0, .actual = row.size.raw};
    }
    if (row.size.raw == 0) return Defect{.kind = DefectKind::no_size, .limit = 1, .actual = 0};
    const std::int64_t rest = queues_.total(side).raw - given_back.raw;
    if (base::checked_add(rest, row.size.raw)) return std::nullopt;
    return Defect{.kind = DefectKind::side_overflow, .limit = rest, .actual = row.size.raw};
}

RowResult OrderBook::refuse(const Defect& defect) {
    ++counts_.faulty_rows;
    defect_ = defect;
    has_missed_ = true;
    return RowResult::faulty;
}

void OrderBook::arrive(Index index) {
    if (arrivals_.size() <= index) arrivals_.resize(index + 1);
    arrivals_[index] = next_arrival_++;
}

void OrderBook::clear() {
    queues_.clear();
    has_missed_ = false;
}

void OrderBook::end() {
    ++counts_.messages;
    is_crossed_ = false;
    if (queues_.empty(Side::buy) || queues_.empty(Side::sell)) return;
    const Price bid = queues_.best_price(Side::buy), ask = queues_.best_price(Side::sell);
    is_crossed_ = bid >= ask;
    if (bid > ask) ++counts_.crossed;
    if (bid == ask) ++counts_.locked;
}

// --- what is shown ------------------------------------------------------------------------------

std::optional<Level> OrderBook::best(Side side) const {
    if (queues_.empty(side)) return std::nullopt;
    const QueueLevel level = queues_.level(side, 0);
    return Level{.price = level.price, .size = level.total};
}

std::optional<Price> OrderBook::middle() const {
    if (queues_.empty(Side::buy) || queues_.empty(Side::sell)) return std::nullopt;
    return Market::middle(queues_.best_price(Side::buy), queues_.best_price(Side::sell));
}

std::optional<RestingOrder> OrderBook::find(std::uint64_t order) const {
    const Index index = queues_.find(order);
    return index == kNone ? std::nullopt : std::optional{queues_.order(index)};
}

std::optional<QueuePosition> OrderBook::position(std::uint64_t order) const {
    const Index index = queues_.find(order);
    return index == kNone ? std::nullopt : std::optional{queues_.position(index)};
}

std::optional<std::uint64_t> OrderBook::arrival(std::uint64_t order) const {
    const Index index = queues_.find(order);
    return index == kNone ? std::nullopt : std::optional{arrivals_[index]};
}

}  // namespace tradewind::market
