// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "domain/time.hpp"

/// The venue's clock and its limits, as pure state: time is handed in.
namespace tradewind::binance {

/// One round trip of GET time: our clock before and after, the venue's between.
struct TimeSample {
    Timestamp sent{};
    Timestamp server{};
    Timestamp received{};
};

/// The venue's clock less ours. Of the last `kSamples` round trips the shortest counts: the venue
/// looked at its clock somewhere within it, so half of it bounds the error (Mills 1991, "Internet
/// time synchronization", clock filter).
class ClockOffset {
public:
    static constexpr std::size_t kSamples = 8;

    /// Samples that end before they begin are left out.
    void add(const TimeSample& sample);
    /// nullopt before the first sample.
    [[nodiscard]] std::optional<Duration> offset() const;
    /// The offset is off by no more than this.
    [[nodiscard]] std::optional<Duration> error() const;
    /// Now by the venue's clock; ours while nothing is known.
    [[nodiscard]] Timestamp venue_time(Timestamp now) const;

private:
    [[nodiscard]] const TimeSample* best() const;
    std::vector<TimeSample> samples_;
    std::size_t next_ = 0;
};

/// What the head of an answer says about limits.
struct AnswerHead {
    int status = 200;
    std::optional<std::int64_t> used{};           ///< X-MBX-USED-WEIGHT-1M, X-MBX-ORDER-COUNT-10S
    std::optional<std::int64_t> retry_after_s{};  ///< Retry-After, in seconds
};

/// Pause after a 429 or 418 that does not say how long.
inline constexpr Duration kRetryAfterUnknown = minutes(1);
/// Longest pause that is believed; bans last up to three days.
inline constexpr Duration kRetryAfterMax = days(3);

/// What may be sent without being banned: a limit on the sum of weights in windows that begin at
/// whole multiples of `interval` UTC, as the venue counts them. What others on this address use
/// shows in the answers; what is under way is counted when it is sent, so that a burst cannot pass
/// the limit. After 429 and 418 nothing may be sent until the venue's Retry-After is over.
class RateBudget {
public:
    struct Limit {
        std::int64_t weight = 0;  ///< in one window
        Duration interval = minutes(1);
    };

    explicit RateBudget(const Limit& limit);

    /// nullopt: may be sent at `now`; else when to ask again.
    [[nodiscard]] std::optional<Timestamp> blocked_until(std::int64_t weight, Timestamp now) const;
    void on_sent(std::int64_t weight, Timestamp now);
    void on_answer(const AnswerHead& head, Timestamp now);

    /// Whether the venue has banned us (418) rather than slowed us down (429).
    [[nodiscard]] bool is_banned(Timestamp now) const { return is_banned_ && now < paused_until_; }
    /// In the window of `now`.
    [[nodiscard]] std::int64_t used(Timestamp now) const;

private:
    [[nodiscard]] Timestamp window_of(Timestamp now) const;

    Limit limit_;
    Timestamp window_{};
    std::int64_t used_ = 0;
    Timestamp paused_until_ = kTimestampMin;
    bool is_banned_ = false;
};

}  // namespace tradewind::binance
