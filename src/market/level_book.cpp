// SPDX-License-Identifier: Apache-2.0
#include "market/level_book.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "market/market.hpp"

namespace tradewind::market {
namespace {

constexpr Qty kGreatestQty{std::numeric_limits<std::int64_t>::max()};

Qty saturated(base::Int128 sum) {
    return {static_cast<std::int64_t>(std::min(sum, base::Int128{kGreatestQty.raw}))};
}

/// The id that the message before this one ended with, as this one tells; 0: not told.
std::uint64_t predecessor(const BookLevel& row) {
    if (row.previous_update_id != 0) return row.previous_update_id;
    return row.first_update_id == 0 ? 0 : row.first_update_id - 1;
}

std::int64_t number(std::uint64_t id) { return static_cast<std::int64_t>(id); }

base::Int128 size_of_first(const BlockLadder<Qty>& ladder, std::size_t levels) {
    base::Int128 sum = 0;
    for (std::size_t i = 0; i < std::min(levels, ladder.size()); ++i) sum += ladder.value(i).raw;
    return sum;
}

/// a * b / c rounded half to even; c > 0 and the quotient lies between prices that fit.
std::int64_t quotient(base::Int128 a, base::Int128 b, base::Int128 c) {
    const auto out = base::mul_div(a, b, c, base::Rounding::half_even);
    ASSERT(out);
    return static_cast<std::int64_t>(*out);
}

}  // namespace

// --- the fold -----------------------------------------------------------------------------------

RowOutcome LevelBook::apply(const BookLevel& row) {
    if (!continues(row)) {
        const RowResult begun = begin(row);
        if (begun == RowResult::faulty) return {.result = begun};
    }
    if (row.size.raw < 0) [[unlikely]] {
        return {.result = refuse_negative(row)};
    }
    switch (message_) {
        case Message::delta:
        case Message::snapshot: {
            const Qty before = set(row);
            return {.result = row.flags.last ? end(row) : RowResult::applied, .before = before};
        }
        case Message::held:
            hold(row);
            if (row.flags.last) message_ = Message::none;
            return {.result = RowResult::held};
        case Message::stale:
            ++counts_.stale_rows;
            if (row.flags.last) message_ = Message::none;
            return {.result = RowResult::stale};
        case Message::none: break;
    }
    std::unreachable();  // begin() has opened a message
}

/// Whether the row belongs to the open message.
bool LevelBook::continues(const BookLevel& row) const {
    if (message_ == Message::none || row.last_update_id != open_id_) return false;
    switch (message_) {
        case Message::snapshot: return row.flags.snapshot;
        case Message::delta:
        case Message::held: return !row.flags.snapshot;
        case Message::stale: return true;
        case Message::none: break;
    }
    return false;
}

RowResult LevelBook::begin(const BookLevel& row) {
    const bool is_torn = message_ == Message::delta || message_ == Message::snapshot;
    const std::uint64_t torn_id = open_id_;
    open_id_ = row.last_update_id;
    if (row.flags.snapshot) {
        begin_snapshot(row);
        return RowResult::applied;
    }
    if (is_torn) {
        ++counts_.unfinished_messages;
        return lose(row, {.kind = DefectKind::unfinished_message,
                          .limit = number(torn_id),
                          .actual = number(row.last_update_id)});
    }
    return begin_delta(row);
}

/// An unfinished message before it does no harm: the snapshot replaces all of it, and is welcome
/// even if older.
void LevelBook::begin_snapshot(const BookLevel& row) {
    const bool is_torn = message_ == Message::delta;
    if (!is_torn && is_stale_snapshot(row)) {
        message_ = Message::stale;
        return;
    }
    bids_.clear();
    asks_.clear();
    is_live_ = false;
    message_ = Message::snapshot;
}

bool LevelBook::is_stale_snapshot(const BookLevel& row) const {
    return is_live_ && row.last_update_id > 1 && row.last_update_id < last_id_;
}

RowResult LevelBook::begin_delta(const BookLevel& row) {
    if (!is_live_) {
        message_ = Message::held;
    } else if (row.last_update_id != 0 && row.last_update_id <= last_id_) {
        message_ = Message::stale;
    } else if (follows(row)) {
        message_ = Message::delta;
    } else {
        ++counts_.gaps;
        return lose(row, {.kind = DefectKind::update_gap,
                          .limit = number(last_id_),
                          .actual = number(predecessor(row))});
    }
    return RowResult::applied;
}

bool LevelBook::follows(const BookLevel& row) const {
    const std::uint64_t told = predecessor(row);
    if (told == 0 || last_id_ == 0) return true;
    return after_snapshot_ ? told <= last_id_ : told == last_id_;
}

/// Returns the size that was there.
Qty LevelBook::set(const BookLevel& row) {
    Ladder& levels = ladder(row.side);
    const Ladder::Place place = levels.place(row.price);
    if (!place.found) {
        if (row.size.raw != 0) levels.insert(place, row.price, row.size);
        return {};
    }
    const Qty before = levels.at(place);
    if (row.size.raw != 0) {
        levels.at(place) = row.size;
    } else {
        levels.erase(place);
    }
    return before;
}

/// The last row of an applied message.
RowResult LevelBook::end(const BookLevel& row) {
    const bool was_snapshot = message_ == Message::snapshot;
    message_ = Message::none;
    if (row.last_update_id != 0 || was_snapshot) last_id_ = row.last_update_id;
    after_snapshot_ = was_snapshot;
    ++counts_.messages;
    if (!was_snapshot) return check_sides();
    ++counts_.snapshots;
    is_live_ = true;
    const RowResult sides = check_sides();
    return held_.empty() ? sides : apply_held();
}

/// A faulty row among them loses the book again, and what follows is held again.
RowResult LevelBook::apply_held() {
    RowResult worst = RowResult::applied;
    for (const BookLevel& row : std::exchange(held_, {})) {
        if (apply(row).result == RowResult::faulty) worst = RowResult::faulty;
    }
    return worst;
}

RowResult LevelBook::check_sides() {
    is_crossed_ = has_both_sides() && bids_.best_price() >= asks_.best_price();
    if (!is_crossed_) [[likely]] {
        return RowResult::applied;
    }
    const bool is_locked = bids_.best_price() == asks_.best_price();
    ++(is_locked ? counts_.locked : counts_.crossed);
    defect_ = {.kind = is_locked ? DefectKind::locked_book : DefectKind::crossed_book,
               .limit = asks_.best_price().raw,
               .actual = bids_.best_price().raw};
    return RowResult::faulty;
}

void LevelBook::hold(const BookLevel& row) {
    if (held_.size() == kHeldRowsMax) {
        counts_.dropped_rows += held_.size();
        held_.clear();
    }
    held_.push_back(row);
}

/// The book is not to be trusted until the next snapshot, for which this row is the first held.
RowResult LevelBook::lose(const BookLevel& row, const Defect& defect) {
    defect_ = defect;
    is_live_ = false;
    message_ = row.flags.last ? Message::none : Message::held;
    hold(row);
    return RowResult::faulty;
}

/// The whole message is left out, and what was held before it: a snapshot that does not cover it is
/// then followed by a gap, never by a part of it.
RowResult LevelBook::refuse_negative(const BookLevel& row) {
    ++counts_.negative_sizes;
    defect_ = {.kind = DefectKind::negative_size, .limit = 0, .actual = row.size.raw};
    is_live_ = false;
    message_ = row.flags.last ? Message::none : Message::stale;
    held_.clear();
    return RowResult::faulty;
}

// --- what is shown ------------------------------------------------------------------------------

Qty LevelBook::size_at(Side side, Price price) const {
    const Ladder& levels = ladder(side);
    const Ladder::Place place = levels.place(price);
    return place.found ? levels.at(place) : Qty{};
}

Qty LevelBook::size_through(Side side, Price price) const {
    const Ladder& levels = ladder(side);
    base::Int128 sum = 0;
    for (std::size_t i = 0; i < levels.size() && !levels.is_better(price, levels.price(i)); ++i) {
        sum += levels.value(i).raw;
    }
    return saturated(sum);
}

Walk LevelBook::walk(Side taker, Qty qty, std::optional<Price> limit) const {
    ASSERT(qty.raw > 0);
    const Ladder& levels = ladder(taker == Side::buy ? Side::sell : Side::buy);
    Walk out;
    for (std::size_t i = 0; i < levels.size() && out.qty < qty; ++i) {
        const Price price = levels.price(i);
        if (limit && levels.is_better(*limit, price)) break;
        const Qty taken = std::min(levels.value(i), qty - out.qty);
        out.qty += taken;
        out.notional += multiply(price, taken);
        out.worst = price;
    }
    return out;
}

std::optional<Price> LevelBook::middle() const {
    if (!has_both_sides()) return std::nullopt;
    return Market::middle(bids_.best_price(), asks_.best_price());
}

std::optional<PriceDelta> LevelBook::spread() const {
    if (!has_both_sides()) return std::nullopt;
    return asks_.best_price() - bids_.best_price();
}

/// As bid + (ask - bid) x bid size / both sizes, which is the same and cannot overflow.
std::optional<Price> LevelBook::microprice() const {
    if (!has_both_sides()) return std::nullopt;
    const base::Int128 gap = base::Int128{asks_.best_price().raw} - bids_.best_price().raw;
    const base::Int128 sizes = base::Int128{bids_.best().raw} + asks_.best().raw;
    return Price{bids_.best_price().raw + quotient(gap, bids_.best().raw, sizes)};
}

std::optional<Rate> LevelBook::imbalance(std::size_t levels) const {
    if (!has_both_sides() || levels == 0) return std::nullopt;
    const base::Int128 bids = size_of_first(bids_, levels);
    const base::Int128 asks = size_of_first(asks_, levels);
    return Rate{quotient(bids - asks, base::kDecimalOne, bids + asks)};
}

}  // namespace tradewind::market
