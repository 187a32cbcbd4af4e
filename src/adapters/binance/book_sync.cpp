// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/book_sync.hpp"

#include <algorithm>

namespace tradewind::binance {

std::optional<BookSync::Ids> BookSync::ids_of(const DepthUpdate& diff) const {
    if (diff.first_update_id == 0 || diff.last_update_id < diff.first_update_id) {
        return std::nullopt;
    }
    if (segment_ == Segment::spot) {
        return Ids{.predecessor = diff.first_update_id - 1, .last = diff.last_update_id};
    }
    if (diff.previous_update_id >= diff.last_update_id) return std::nullopt;
    return Ids{.predecessor = diff.previous_update_id, .last = diff.last_update_id};
}

SyncResult BookSync::on_diff(const DepthUpdate& diff, std::vector<BookLevel>& out) {
    ++counts_.diffs;
    const auto ids = ids_of(diff);
    if (!ids) {
        ++counts_.unfit;
        return SyncResult::unfit;
    }
    if (!last_id_) return hold(*ids, diff);
    if (ids->last <= *last_id_) {
        ++counts_.stale;
        return SyncResult::stale;
    }
    const bool follows =
        after_snapshot_ ? ids->predecessor <= *last_id_ : ids->predecessor == *last_id_;
    if (!follows) {
        ++counts_.gaps;
        lose(out);
        hold(*ids, diff);
        return SyncResult::lost;
    }
    ++counts_.applied;
    emit({.bids = diff.bids, .asks = diff.asks}, ids->last, out);
    return SyncResult::applied;
}

SyncResult BookSync::on_snapshot(const DepthSnapshot& snapshot, std::vector<BookLevel>& out) {
    const std::uint64_t id = snapshot.last_update_id;
    if (id == 0) {
        ++counts_.unfit;
        return SyncResult::unfit;
    }
    if (last_id_ && id <= *last_id_) {
        ++counts_.stale;
        return SyncResult::stale;
    }
    if (!last_id_ && !goes_on(id)) {
        ++counts_.too_old;
        return SyncResult::too_old;
    }
    emit_snapshot(snapshot, out);
    for (const Held& held : held_) {
        if (held.ids.last <= id) {
            ++counts_.stale;
            continue;
        }
        ++counts_.applied;
        emit({.bids = held.bids, .asks = held.asks}, held.ids.last, out);
    }
    held_.clear();
    held_levels_ = 0;
    if (was_lost_) ++counts_.repairs;
    was_lost_ = false;
    return SyncResult::applied;
}

/// Whether what is held goes on from a snapshot without a gap; nothing held goes on from any.
bool BookSync::goes_on(std::uint64_t snapshot_id) const {
    std::uint64_t last = snapshot_id;
    for (const Held& held : held_) {
        if (held.ids.last <= snapshot_id) continue;
        const bool is_first = last == snapshot_id;
        if (is_first ? held.ids.predecessor > last : held.ids.predecessor != last) return false;
        last = held.ids.last;
    }
    return true;
}

void BookSync::invalidate(std::vector<BookLevel>& out) {
    if (last_id_) lose(out);
    held_.clear();
    held_levels_ = 0;
}

SyncResult BookSync::hold(const Ids& ids, const DepthUpdate& diff) {
    const std::size_t levels = diff.bids.size() + diff.asks.size();
    if (held_.size() == kHeldDiffsMax || held_levels_ + levels > kHeldLevelsMax) {
        ++counts_.overflow;
        held_.clear();
        held_levels_ = 0;
    }
    // Behind all of them, unless it comes out of order.
    const auto place = std::find_if(held_.rbegin(), held_.rend(), [&](const Held& held) {
                           return held.ids.last <= ids.last;
                       }).base();
    if (place != held_.begin() && std::prev(place)->ids.last == ids.last) {
        ++counts_.stale;
        return SyncResult::stale;
    }
    held_levels_ += levels;
    held_.insert(place, Held{.ids = ids,
                             .bids = {diff.bids.begin(), diff.bids.end()},
                             .asks = {diff.asks.begin(), diff.asks.end()}});
    return SyncResult::held;
}

void BookSync::emit(const Levels& levels, std::uint64_t last, std::vector<BookLevel>& out) {
    last_id_ = last;
    after_snapshot_ = false;
    const std::size_t before = out.size();
    BookLevel row{.instrument = instrument_,
                  .first_update_id = emitted_id_ + 1,
                  .last_update_id = last,
                  .previous_update_id = segment_ == Segment::spot ? 0 : emitted_id_};
    for (const Side side : {Side::buy, Side::sell}) {
        row.side = side;
        for (const DepthLevel& level : side == Side::buy ? levels.bids : levels.asks) {
            row.price = level.price;
            row.size = level.size;
            out.push_back(row);
        }
    }
    if (out.size() == before) return;
    out.back().flags.last = true;
    emitted_id_ = last;
}

void BookSync::emit_snapshot(const DepthSnapshot& snapshot, std::vector<BookLevel>& out) {
    const std::uint64_t id = snapshot.last_update_id;
    last_id_ = id;
    emitted_id_ = id;
    after_snapshot_ = true;
    const std::size_t before = out.size();
    BookLevel row{.instrument = instrument_,
                  .flags = {.snapshot = true},
                  .first_update_id = id,
                  .last_update_id = id};
    for (const Side side : {Side::buy, Side::sell}) {
        row.side = side;
        for (const DepthLevel& level : side == Side::buy ? snapshot.bids : snapshot.asks) {
            row.price = level.price;
            row.size = level.size;
            out.push_back(row);
        }
    }
    if (out.size() == before) out.push_back(row);  // an empty book; size 0 at no price adds nothing
    out.back().flags.last = true;
}

/// The row that opens a snapshot which has not come yet; its size of 0 adds nothing.
void BookSync::lose(std::vector<BookLevel>& out) {
    out.push_back({.instrument = instrument_,
                   .flags = {.snapshot = true},
                   .first_update_id = emitted_id_,
                   .last_update_id = emitted_id_});
    last_id_.reset();
    was_lost_ = true;
}

}  // namespace tradewind::binance
