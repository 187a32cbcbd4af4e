// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "adapters/binance/messages.hpp"
#include "domain/event.hpp"

namespace tradewind::binance {

/// Most levels of diffs that are held while a snapshot is on its way. When a diff does not fit, all
/// that is held is dropped: the snapshot that comes will then be too old, and another is asked for.
inline constexpr std::size_t kHeldLevelsMax = std::size_t{1} << 20U;
/// Most diffs that are held.
inline constexpr std::size_t kHeldDiffsMax = std::size_t{1} << 14U;

/// What became of a diff or a snapshot.
enum class SyncResult : std::uint8_t {
    applied,  ///< rows were emitted; the book is the venue's as of the last id
    held,     ///< waits for a snapshot
    stale,    ///< holds nothing new: older than the book, or seen before
    lost,     ///< a diff is missing: the book was invalidated, a snapshot is needed
    too_old,  ///< the snapshot does not reach the first diff that is held; ask again
    unfit,    ///< ids that cannot be: last before first; left out
};

struct SyncCounts {
    std::uint64_t diffs = 0;  ///< seen
    std::uint64_t applied = 0;
    std::uint64_t stale = 0;
    std::uint64_t gaps = 0;      ///< diffs before which another was missing
    std::uint64_t repairs = 0;   ///< snapshots that brought a lost book back
    std::uint64_t too_old = 0;   ///< snapshots that did not
    std::uint64_t overflow = 0;  ///< times that what was held was dropped
    std::uint64_t unfit = 0;

    friend bool operator==(const SyncCounts&, const SyncCounts&) = default;
};

/// Makes one instrument's order book out of the venue's diffs and snapshots, as rows that
/// market::LevelBook folds. It keeps no book itself. Source: Binance, "How to manage a local order
/// book correctly" (spot; USD-M futures).
///
/// A diff follows what ended with id `last` when its predecessor (`pu` on futures, `U` - 1 on spot)
/// is `last`. The first diff after a snapshot of id L may begin earlier: it follows when its
/// predecessor <= L < u. Proof that nothing is missed: what came up to the predecessor is in the
/// snapshot, what came up to u is in the diff, and levels carry sizes, not differences. Diffs with
/// u <= last are stale.
///
/// What holds: while `is_synced()`, the rows emitted since the last snapshot, folded, are the
/// venue's book as of `last_id()`. When that ends (a gap, `invalidate`), one row is emitted that
/// opens a snapshot and does not end it, so that a LevelBook waits for a snapshot, too; then diffs
/// are held, in the order of their ids, until a snapshot comes from which they go on without a gap.
/// A snapshot that leaves a gap emits nothing.
///
/// A diff without levels emits no row, so the next message tells the ids of both: in rows,
/// `previous_update_id` (futures) and `first_update_id` - 1 (spot) is the id that was emitted last.
class BookSync {
public:
    BookSync(Segment segment, InstrumentId instrument)
        : segment_(segment), instrument_(instrument) {}

    /// Appends the rows of what may be applied to `out`.
    SyncResult on_diff(const DepthUpdate& diff, std::vector<BookLevel>& out);
    SyncResult on_snapshot(const DepthSnapshot& snapshot, std::vector<BookLevel>& out);
    /// The connection broke, or the fold found the book crossed: it is not to be trusted. Diffs
    /// that were held are forgotten.
    void invalidate(std::vector<BookLevel>& out);

    [[nodiscard]] bool is_synced() const { return last_id_.has_value(); }
    /// Whether to ask for a snapshot: not synced, and a diff has come, so that the snapshot cannot
    /// be older than the stream.
    [[nodiscard]] bool wants_snapshot() const { return !is_synced() && !held_.empty(); }
    /// Of the last message applied; nullopt where the book is not synced.
    [[nodiscard]] std::optional<std::uint64_t> last_id() const { return last_id_; }
    [[nodiscard]] const SyncCounts& counts() const { return counts_; }

private:
    /// The ids of a diff; `predecessor` is the id that must have come before it.
    struct Ids {
        std::uint64_t predecessor = 0;
        std::uint64_t last = 0;
    };
    struct Held {
        Ids ids;
        std::vector<DepthLevel> bids;
        std::vector<DepthLevel> asks;
    };
    struct Levels {
        std::span<const DepthLevel> bids;
        std::span<const DepthLevel> asks;
    };

    [[nodiscard]] std::optional<Ids> ids_of(const DepthUpdate& diff) const;
    [[nodiscard]] bool goes_on(std::uint64_t snapshot_id) const;
    SyncResult hold(const Ids& ids, const DepthUpdate& diff);
    void emit(const Levels& levels, std::uint64_t last, std::vector<BookLevel>& out);
    void emit_snapshot(const DepthSnapshot& snapshot, std::vector<BookLevel>& out);
    void lose(std::vector<BookLevel>& out);

    Segment segment_;
    InstrumentId instrument_;
    std::optional<std::uint64_t> last_id_;
    bool after_snapshot_ = false;   ///< the next diff may begin before the last id
    std::uint64_t emitted_id_ = 0;  ///< of the last row
    bool was_lost_ = false;         ///< since the last snapshot applied
    std::vector<Held> held_;        ///< by last id, each once
    std::size_t held_levels_ = 0;
    SyncCounts counts_;
};

}  // namespace tradewind::binance
