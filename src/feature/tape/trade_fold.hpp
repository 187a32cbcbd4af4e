// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "domain/event.hpp"
#include "feature/tape/exact_sum.hpp"
#include "feature/tape/liveness.hpp"
#include "feature/tape/tape_row.hpp"

namespace tradewind::feature {

/// After so long the price that a trade moved has come back, or has not.
inline constexpr Duration kRealisedAfter = seconds(5);

/// Whether trades are of buyers or of sellers: the aggressor where it is told; else the side of the
/// middle at which it traded; at the middle, or without a touch, the direction of the last change
/// of the traded price. C. Lee and M. Ready, "Inferring trade direction from intraday data",
/// Journal of Finance 46 (1991), p. 733-746.
class TradeSides {
public:
    /// 1 buyer, -1 seller, 0 where nothing tells.
    [[nodiscard]] int of(const Trade& trade, const Quote* touch);

private:
    Price last_{};
    int direction_ = 0;  ///< of the last change of the price
    bool has_last_ = false;
};

/// Trades that are large beside those before them: of five times their mean size or more. The mean
/// is of the last thousand; before there are a hundred nothing is known.
class LargeTrades {
public:
    static constexpr std::size_t kMean = 1000;
    static constexpr std::size_t kEnough = 100;
    static constexpr std::int64_t kTimes = 5;

    /// Whether enough were seen to tell.
    [[nodiscard]] bool is_known() const { return sizes_.size() >= kEnough; }
    [[nodiscard]] bool is_large(Qty size) const;
    void add(Qty size);

private:
    std::vector<std::int64_t> sizes_;
    std::size_t oldest_ = 0;
    base::Int128 sum_ = 0;
};

/// Trades whose realised spread is not known yet. Of more than `kMax` at a time the oldest are left
/// out.
class PendingTrades {
public:
    static constexpr std::size_t kMax = 16384;

    struct Pending {
        Timestamp due;
        Price price;
        std::int64_t signed_size = 0;  ///< < 0: of a seller
    };
    void push(const Pending& trade);
    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] const Pending& oldest() const { return ring_[first_]; }
    void pop();

private:
    std::vector<Pending> ring_;
    std::size_t first_ = 0;
    std::size_t count_ = 0;
};

/// Trades of a bar, and what they paid for liquidity.
class TradeFold {
public:
    explicit TradeFold(bool realises) : realises_(realises) {}

    /// `touch`: as it stood before the trade; nullptr: not known.
    void add(Timestamp ts, const Trade& trade, const Quote* touch);
    /// Trades that are due before `ts` realise their spread against the touch, which stood since
    /// the last call. `touch_at(due)` is nullptr where it was not known then.
    template <typename TouchAt>
    void realise(Timestamp ts, const TouchAt& touch_at) {
        while (!pending_.empty() && pending_.oldest().due < ts) {
            const PendingTrades::Pending& trade = pending_.oldest();
            if (const Quote* touch = touch_at(trade.due)) realise(trade, *touch);
            pending_.pop();
        }
    }

    void open() { bar_ = {}; }
    void close(Timestamp open, Timestamp close, TapeRow& out) const;

private:
    void realise(const PendingTrades::Pending& trade, const Quote& touch);

    /// A mean weighted by size.
    struct Mean {
        ExactSum sum;
        ExactSum size;
        [[nodiscard]] double value() const { return sum.units() / size.value(); }
    };
    struct Bar {
        std::uint64_t count = 0, buys = 0, sells = 0;
        ExactSum volume, bought, sold, large, value;
        bool tells_large = true;
        Mean effective, realised;
    };

    bool realises_;  ///< the realised spread is wanted
    Liveness liveness_;
    TradeSides sides_;
    LargeTrades large_;
    PendingTrades pending_;
    Bar bar_;
};

}  // namespace tradewind::feature
