// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "market/matching_book.hpp"

/// A flow of orders for benchmarks of matching: the same operations for every book that is
/// measured.
namespace tradewind::bench {

enum class FlowKind : std::uint8_t { add, cancel, take };

/// Prices in ticks, quantities in lots. `take` is a limit order that does not rest, at the touch.
struct FlowOperation {
    FlowKind kind = FlowKind::add;
    Side side = Side::buy;
    std::uint64_t id = 0;
    std::int64_t ticks = 0;
    std::int64_t lots = 0;
};

struct FlowShape {
    std::size_t live = 2'000;    ///< orders on the book
    std::uint64_t levels = 100;  ///< a side
    std::size_t operations = 1'000'000;
};

struct OrderFlow {
    std::vector<FlowOperation> opening;     ///< fills the book
    std::vector<FlowOperation> operations;  ///< keep it as full as it is
};

/// The ids on a book, to draw from.
class LiveOrders {
public:
    [[nodiscard]] std::size_t size() const { return ids_.size(); }
    [[nodiscard]] std::uint64_t operator[](std::size_t i) const { return ids_[i]; }
    void add(std::uint64_t id) {
        place_[id] = ids_.size();
        ids_.push_back(id);
    }

    void on(const market::Accepted&) {}
    void on(const market::Amended&) {}
    void on(const market::LevelChanged&) {}
    void on(const market::Traded& traded) {
        if (traded.maker_leaves.raw == 0) forget(traded.maker);
    }
    void on(const market::Cancelled& cancelled) {
        if (place_.contains(cancelled.id)) forget(cancelled.id);
    }

private:
    void forget(std::uint64_t id) {
        const std::size_t at = place_.at(id);
        ids_[at] = ids_.back();
        place_[ids_[at]] = at;
        ids_.pop_back();
        place_.erase(id);
    }

    std::vector<std::uint64_t> ids_;
    std::unordered_map<std::uint64_t, std::size_t> place_;
};

/// Makes the flow by trading it on a book of our own. Of ten operations on a full book, seven
/// cancel an order drawn from all of them and three take from the touch; below that number an order
/// is added, the nearer to the touch the likelier. That makes about 49 adds, 36 cancels and 15
/// takes of a hundred, and the touch wanders.
class FlowMaker {
public:
    explicit FlowMaker(const FlowShape& shape) : shape_(shape) {}

    [[nodiscard]] OrderFlow make() {
        OrderFlow out;
        while (live_.size() < shape_.live) out.opening.push_back(apply(add()));
        while (out.operations.size() < shape_.operations) out.operations.push_back(apply(next()));
        return out;
    }

private:
    static constexpr std::int64_t kFirstAsk = 600'000;

    FlowOperation next() {
        if (live_.size() < shape_.live) return add();
        if (random_.below(10) < 7) {
            return {.kind = FlowKind::cancel, .id = live_[random_.below(live_.size())]};
        }
        const Side side = draw_side();
        const Side makers = side == Side::buy ? Side::sell : Side::buy;
        const auto& queues = book_.queues();
        if (queues.empty(makers)) return add();
        return {.kind = FlowKind::take,
                .side = side,
                .id = ++last_id_,
                .ticks = queues.best_price(makers).raw,
                .lots = 1 + static_cast<std::int64_t>(random_.below(150))};
    }
    FlowOperation add() {
        const Side side = draw_side();
        const auto& queues = book_.queues();
        const std::uint64_t away =
            std::min(random_.below(shape_.levels), random_.below(shape_.levels));
        const auto offset = static_cast<std::int64_t>(away);
        const std::int64_t ask =
            queues.empty(Side::sell) ? kFirstAsk : queues.best_price(Side::sell).raw;
        const std::int64_t bid =
            queues.empty(Side::buy) ? ask - 1 : queues.best_price(Side::buy).raw;
        return {.kind = FlowKind::add,
                .side = side,
                .id = ++last_id_,
                .ticks = side == Side::buy ? ask - 1 - offset : bid + 1 + offset,
                .lots = 1 + static_cast<std::int64_t>(random_.below(100))};
    }
    FlowOperation apply(const FlowOperation& op) {
        if (op.kind == FlowKind::cancel) {
            ASSERT(book_.cancel(op.id));
            return op;
        }
        const bool rests = op.kind == FlowKind::add;
        if (rests) live_.add(op.id);
        ASSERT(
            book_.add({.id = op.id,
                       .side = op.side,
                       .limit = Price{op.ticks},
                       .qty = {op.lots},
                       .rest = rests ? market::Remainder::rests : market::Remainder::cancel_rest}));
        return op;
    }
    Side draw_side() { return random_.below(2) == 0 ? Side::buy : Side::sell; }

    FlowShape shape_;
    base::Random random_{11};
    LiveOrders live_;
    market::MatchingBook<LiveOrders> book_{live_};
    std::uint64_t last_id_ = 0;
};

}  // namespace tradewind::bench
