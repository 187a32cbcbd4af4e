// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/limits.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace tradewind::binance {
namespace {

Duration round_trip(const TimeSample& sample) { return sample.received - sample.sent; }

constexpr int kTooMany = 429;
constexpr int kBanned = 418;

}  // namespace

void ClockOffset::add(const TimeSample& sample) {
    if (round_trip(sample).ns < 0) return;
    if (samples_.size() < kSamples) {
        samples_.push_back(sample);
        return;
    }
    samples_[next_] = sample;
    next_ = (next_ + 1) % kSamples;
}

const TimeSample* ClockOffset::best() const {
    const auto at = std::min_element(
        samples_.begin(), samples_.end(),
        [](const auto& a, const auto& b) { return round_trip(a) < round_trip(b); });
    return at == samples_.end() ? nullptr : &*at;
}

std::optional<Duration> ClockOffset::offset() const {
    const TimeSample* sample = best();
    if (sample == nullptr) return std::nullopt;
    const Timestamp middle = sample->sent + Duration{round_trip(*sample).ns / 2};
    return sample->server - middle;
}

std::optional<Duration> ClockOffset::error() const {
    const TimeSample* sample = best();
    if (sample == nullptr) return std::nullopt;
    // The venue tells whole milliseconds.
    return Duration{round_trip(*sample).ns / 2} + milliseconds(1);
}

Timestamp ClockOffset::venue_time(Timestamp now) const {
    return now + offset().value_or(Duration{});
}

RateBudget::RateBudget(const Limit& limit) : limit_(limit) {
    ASSERT(limit.weight > 0 && limit.interval.ns > 0);
}

Timestamp RateBudget::window_of(Timestamp now) const {
    return {now.ns - now.ns % limit_.interval.ns};
}

std::int64_t RateBudget::used(Timestamp now) const { return window_of(now) > window_ ? 0 : used_; }

std::optional<Timestamp> RateBudget::blocked_until(std::int64_t weight, Timestamp now) const {
    ASSERT(weight >= 0 && weight <= limit_.weight);
    if (now < paused_until_) return paused_until_;
    if (used(now) + weight <= limit_.weight) return std::nullopt;
    return std::max(window_of(now), window_) + limit_.interval;
}

void RateBudget::on_sent(std::int64_t weight, Timestamp now) {
    used_ = used(now) + weight;
    window_ = std::max(window_, window_of(now));
}

/// An answer may tell of the window before, and of less than is under way: it never lowers the sum.
void RateBudget::on_answer(const AnswerHead& head, Timestamp now) {
    if (head.used) {
        used_ = std::max(used(now), *head.used);
        window_ = std::max(window_, window_of(now));
    }
    if (head.status != kTooMany && head.status != kBanned) return;
    const Duration asked = head.retry_after_s
                               ? seconds(std::clamp<std::int64_t>(
                                     *head.retry_after_s, 0, kRetryAfterMax.ns / seconds(1).ns))
                               : kRetryAfterUnknown;
    paused_until_ = std::max(paused_until_, now + asked);
    is_banned_ = head.status == kBanned;
}

}  // namespace tradewind::binance
