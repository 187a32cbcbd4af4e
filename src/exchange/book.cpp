// SPDX-License-Identifier: Apache-2.0
#include "exchange/book.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace tradewind::exchange {

void Book::set_market(Side side, Price price, Qty told) {
    Levels& levels = side_of(side);
    const std::int64_t key = key_of(side, price);
    auto at = levels.find(key);
    if (at == levels.end()) {
        if (told.raw == 0) return;
        at = levels.emplace(key, Level{}).first;
    }
    Level& level = at->second;
    Qty market{};
    for (const Entry& entry : level.queue) {
        if (entry.order == 0) market += entry.shown;
    }
    const Qty grown{market.raw + told.raw - level.told.raw};
    const Qty wanted = std::clamp(grown, Qty{}, told);
    level.told = told;
    if (wanted > market) {
        const Qty more = wanted - market;
        if (!level.queue.empty() && level.queue.back().order == 0) {
            level.queue.back().shown += more;
        } else {
            level.queue.push_back({.shown = more});
        }
        level.shown += more;
    } else if (wanted < market) {
        drop_from_back(level, market - wanted);
    }
    touch(side, key);
}

void Book::drop_from_back(Level& level, Qty qty) {
    for (std::size_t i = level.queue.size(); i-- > 0 && qty.raw > 0;) {
        Entry& entry = level.queue[i];
        if (entry.order != 0) continue;
        const Qty less = std::min(entry.shown, qty);
        entry.shown -= less;
        level.shown -= less;
        qty -= less;
        if (entry.shown.raw == 0) {
            level.queue.erase(level.queue.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
    ASSERT(qty.raw == 0);
}

void Book::clear_market() {
    for (const Side side : {Side::buy, Side::sell}) {
        std::vector<std::int64_t> keys;
        for (const auto& [key, level] : levels(side)) keys.push_back(key);
        for (const std::int64_t key : keys) set_market(side, price_of(side, key), {});
    }
}

void Book::add(Side side, Price price, const Entry& entry) {
    ASSERT(entry.shown.raw > 0);
    Level& level = side_of(side)[key_of(side, price)];
    level.queue.push_back(entry);
    level.shown += entry.shown;
    touch(side, key_of(side, price));
}

void Book::remove(Side side, Price price, std::uint64_t order) {
    Level& level = side_of(side).at(key_of(side, price));
    const auto at = std::find_if(level.queue.begin(), level.queue.end(),
                                 [&](const Entry& e) { return e.order == order; });
    ASSERT(at != level.queue.end());
    level.shown -= at->shown;
    level.queue.erase(at);
    touch(side, key_of(side, price));
}

void Book::take(Side side, Price price, std::size_t place, Qty qty, bool by_market) {
    Level& level = side_of(side).at(key_of(side, price));
    ASSERT(place < level.queue.size());
    Entry& entry = level.queue[place];
    ASSERT(qty.raw > 0 && qty <= entry.shown);
    entry.shown -= qty;
    level.shown -= qty;
    if (entry.order == 0 && by_market) level.told -= std::min(level.told, qty);
    touch(side, key_of(side, price));
    if (entry.shown.raw > 0) return;
    Entry next = entry;
    level.queue.erase(level.queue.begin() + static_cast<std::ptrdiff_t>(place));
    if (next.hidden.raw == 0) return;
    next.shown = std::min(next.hidden, next.peak);
    next.hidden -= next.shown;
    level.queue.push_back(next);
    level.shown += next.shown;
}

void Book::reduce(Side side, Price price, std::uint64_t order, Qty qty) {
    Level& level = side_of(side).at(key_of(side, price));
    const auto at = std::find_if(level.queue.begin(), level.queue.end(),
                                 [&](const Entry& e) { return e.order == order; });
    ASSERT(at != level.queue.end());
    const Qty hidden = std::min(at->hidden, qty);
    at->hidden -= hidden;
    const Qty shown = qty - hidden;
    ASSERT(shown <= at->shown);
    at->shown -= shown;
    level.shown -= shown;
    if (at->shown.raw == 0) level.queue.erase(at);
    touch(side, key_of(side, price));
}

std::optional<Price> Book::best(Side side) const {
    for (const auto& [key, level] : levels(side)) {
        if (level.shown.raw > 0) return price_of(side, key);
    }
    return std::nullopt;
}

const Book::Level* Book::level(Side side, Price price) const {
    const auto at = levels(side).find(key_of(side, price));
    return at == levels(side).end() ? nullptr : &at->second;
}

std::vector<LevelChange> Book::publish() {
    std::vector<LevelChange> out;
    for (const auto& [side, key] : touched_) {
        Levels& levels = side_of(side);
        const auto at = levels.find(key);
        if (at == levels.end()) continue;
        Level& level = at->second;
        if (level.shown != level.published) {
            out.push_back({.side = side, .price = price_of(side, key), .size = level.shown});
            level.published = level.shown;
        }
        if (level.queue.empty() && level.told.raw == 0) levels.erase(at);
    }
    touched_.clear();
    last_update_id_ += out.size();
    return out;
}

std::vector<market::Level> Book::top(Side side, std::size_t depth) const {
    std::vector<market::Level> out;
    for (const auto& [key, level] : levels(side)) {
        if (out.size() == depth) break;
        if (level.shown.raw > 0) {
            out.push_back({.price = price_of(side, key), .size = level.shown});
        }
    }
    return out;
}

}  // namespace tradewind::exchange
