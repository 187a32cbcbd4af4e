// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "domain/instrument.hpp"
#include "ports/history.hpp"

namespace tradewind::sim {

/// Rows of a series, one after another, that are played alike.
struct RowRun {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
    bool resolved = false;  ///< of coarse bars: finer data stand in for them
    // Of finer rows:
    Timestamp opens = kTimestampMin;  ///< the first of them opens no earlier
    bool tells_volume = false;        ///< a row up to the first of them did
};

/// A bar that finer data contradict.
struct Disagreement {
    Timestamp bar;     ///< when it opens
    std::string what;  ///< "its high is 101, of the finer data 102.5"

    friend bool operator==(const Disagreement&, const Disagreement&) = default;
};

/// How many bars of a series finer data stand in for, and why not for the others.
struct FinerUse {
    ports::SeriesKey coarse;
    ports::SeriesKey finer;
    std::uint64_t bars = 0;  ///< of the run, those that nothing was traded in left out
    std::uint64_t resolved = 0;
    std::uint64_t with_holes = 0;   ///< the finer data do not cover them
    std::uint64_t disagreeing = 0;  ///< they cover them and tell other prices
    std::optional<Disagreement> first_disagreement;

    friend bool operator==(const FinerUse&, const FinerUse&) = default;
};

/// Which bars finer data resolve, and which of their rows do it.
struct FinerCover {
    FinerUse use;
    std::vector<RowRun> coarse;            ///< all rows of the run
    std::vector<RowRun> finer;             ///< those that are played, counted from `finer_from` on
    Timestamp finer_from = kTimestampMin;  ///< label of the first row that was looked at
};

struct CoverRequest {
    const Instrument& instrument;
    const ports::SeriesKey& coarse;  ///< bars of time
    const ports::SeriesKey& finer;   ///< shorter ones of the same prices, or prints
    Timestamp from;                  ///< labels of the coarse bars
    Timestamp to;
};

/// Finer data resolve a bar that they cover and agree with.
///
/// They cover it where their bars follow one another through all of its sessions' time, or where
/// their volumes come to no less than its own: then nothing was traded in the holes. Prints cover
/// it where their sizes do, and where the bar tells no volume. A finer bar that begins before the
/// coarse one, in no session's time, belongs to it (a first hour that is labelled with the full
/// hour).
///
/// They agree where their open, high, low and close are each within a tick of the bar's. Finer bars
/// without a trade, in a series that tells volumes, count for nothing.
///
/// Both series are read once. The error is one line.
[[nodiscard]] std::expected<FinerCover, std::string> cover_of(const ports::History& history,
                                                              const CoverRequest& request);

}  // namespace tradewind::sim
