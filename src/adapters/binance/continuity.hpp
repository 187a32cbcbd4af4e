// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace tradewind::binance {

struct ContinuityCounts {
    std::uint64_t items = 0;       ///< passed on
    std::uint64_t duplicates = 0;  ///< seen before
    std::uint64_t gaps = 0;        ///< found in the stream
    std::uint64_t filled = 0;      ///< closed by what was asked for
    std::uint64_t refilled = 0;    ///< items that came from there
    std::uint64_t unfilled = 0;    ///< left open: the venue had nothing, or did not answer

    friend bool operator==(const ContinuityCounts&, const ContinuityCounts&) = default;
};

/// Items that a venue numbers in steps of one size, of which a stream may lose, double or delay
/// some, and which can be asked for again from a number on.
///
/// What holds: keys are passed on strictly rising. As long as an answer is missing nothing that is
/// newer is; what the venue then has is passed on first, so that nothing is left out but what
/// `unfilled` counts a gap for. Memory is bounded: more than `kHeldMax` items on hold, and the gap
/// stays open.
template <typename Item>
class Continuity {
public:
    static constexpr std::size_t kHeldMax = std::size_t{1} << 16U;
    /// Answers that failed one after the other before a gap is left open.
    static constexpr unsigned kTriesMax = 5;

    /// Keys rise by `step`. `next`: the first that is wanted; absent: whatever comes first.
    explicit Continuity(std::int64_t step, std::optional<std::int64_t> next = std::nullopt)
        : step_(step), next_(next) {}

    /// Of the stream. `pass(item)` is told what goes on.
    template <typename Pass>
    void on_item(std::int64_t key, Item item, const Pass& pass) {
        if (!next_) next_ = key;
        if (key < *next_ || (!held_.empty() && key <= held_.back().first)) {
            late(key, std::move(item), pass);
            return;
        }
        if (held_.empty() && key == *next_) {
            go_on(key, std::move(item), pass);
            return;
        }
        if (held_.empty()) {
            ++counts_.gaps;
            tries_ = 0;
        }
        held_.emplace_back(key, std::move(item));
        if (held_.size() > kHeldMax) give_up(pass);
    }

    /// From which key on to ask the venue; nullopt where nothing is missing. Asked again it is the
    /// same until an answer came.
    [[nodiscard]] std::optional<std::int64_t> missing_from() const {
        return held_.empty() ? std::nullopt : next_;
    }
    /// The first key that need not be asked for.
    [[nodiscard]] std::int64_t missing_until() const { return held_.front().first; }

    /// What the venue has from `missing_from()` on, keys rising; `is_all`: it has no more before
    /// `missing_until()` than this.
    template <typename Pass>
    void on_answer(std::span<std::pair<std::int64_t, Item>> items, bool is_all, const Pass& pass) {
        if (held_.empty()) return;
        tries_ = 0;
        const std::int64_t until = missing_until();
        for (auto& [key, item] : items) {
            if (key < *next_ || key >= until) continue;
            ++counts_.refilled;
            go_on(key, std::move(item), pass);
        }
        const bool reaches = !items.empty() && items.back().first >= until - step_;
        if (*next_ == until) {
            ++counts_.filled;
            release(pass);
        } else if (is_all || reaches || items.empty()) {
            ++counts_.unfilled;
            release(pass);
        }
    }
    /// No answer came.
    template <typename Pass>
    void on_failure(const Pass& pass) {
        if (!held_.empty() && ++tries_ >= kTriesMax) give_up(pass);
    }

    /// The key that is wanted next; nullopt before the first.
    [[nodiscard]] std::optional<std::int64_t> next() const { return next_; }
    [[nodiscard]] const ContinuityCounts& counts() const { return counts_; }

private:
    template <typename Pass>
    void go_on(std::int64_t key, Item item, const Pass& pass) {
        next_ = key + step_;
        ++counts_.items;
        pass(std::move(item));
    }
    template <typename Pass>
    void release(const Pass& pass) {
        auto held = std::exchange(held_, {});
        bool is_open = false;
        while (!held.empty()) {
            // another gap among what was held: it begins anew with what is left
            if (is_open && held.front().first != *next_) {
                ++counts_.gaps;
                held_ = std::move(held);
                return;
            }
            auto [key, item] = std::move(held.front());
            held.pop_front();
            is_open = true;
            go_on(key, std::move(item), pass);
        }
    }
    template <typename Pass>
    void give_up(const Pass& pass) {
        ++counts_.unfilled;
        tries_ = 0;
        release(pass);
    }
    /// Older than what came last: it may still be one that is missing.
    template <typename Pass>
    void late(std::int64_t key, Item item, const Pass& pass) {
        const auto at = std::lower_bound(
            held_.begin(), held_.end(), key,
            [](const auto& held, std::int64_t wanted) { return held.first < wanted; });
        const bool is_held = at != held_.end() && at->first == key;
        if (held_.empty() || key < *next_ || is_held) {
            ++counts_.duplicates;
            return;
        }
        held_.emplace(at, key, std::move(item));
        if (held_.front().first != *next_) return;
        ++counts_.filled;
        release(pass);
    }

    std::int64_t step_;
    std::optional<std::int64_t> next_;
    std::deque<std::pair<std::int64_t, Item>> held_;  ///< by key, each once, all above `next_`
    unsigned tries_ = 0;
    ContinuityCounts counts_;
};

}  // namespace tradewind::binance
