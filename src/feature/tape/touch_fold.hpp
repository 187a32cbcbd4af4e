// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "domain/event.hpp"
#include "feature/tape/exact_sum.hpp"
#include "feature/tape/liveness.hpp"
#include "feature/tape/stoikov_price.hpp"
#include "feature/tape/tape_row.hpp"

namespace tradewind::feature {

/// Best bid and ask over a bar.
class TouchFold {
public:
    struct Settings {
        bool of_book = false;            ///< lost before its snapshot; quotes are never
        std::optional<Price> tick = {};  ///< Stoikov's price is wanted: the step of prices
    };
    explicit TouchFold(const Settings& settings) : is_lost_(settings.of_book) {
        if (settings.tick) stoikov_.emplace(*settings.tick);
    }

    /// A touch that is not crossed.
    void set(Timestamp ts, const Quote& touch);
    /// The touch is crossed: what comes next is compared with the one before.
    void hide(Timestamp ts);
    /// What comes next begins anew.
    void lose(Timestamp ts);

    void open(Timestamp ts);
    void close(Timestamp open, Timestamp close, TapeRow& out);

    /// nullptr where there is none, or none that still counts.
    [[nodiscard]] const Quote* at(Timestamp now) const {
        return is_shown_ && liveness_.is_alive(now) ? &touch_ : nullptr;
    }

private:
    void change(const Quote& touch);
    void weigh_spread(Timestamp until);

    Liveness liveness_;
    std::optional<StoikovPrice> stoikov_;
    Quote touch_{};          ///< the last that was not crossed
    bool is_known_ = false;  ///< there is one, and nothing was missed since
    bool is_shown_ = false;  ///< and it stands
    bool is_lost_;
    Timestamp weighed_{};  ///< the spread is in the sum up to here

    // of the bar
    ExactSum flow_;
    bool has_flow_ = false;
    ExactSum spread_time_;
    std::int64_t time_ns_ = 0;
    std::uint64_t changes_ = 0;
};

}  // namespace tradewind::feature
