// SPDX-License-Identifier: Apache-2.0
#include "engine/inbox.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.hpp"

namespace tradewind::engine {
namespace {

/// The clock is looked at so often while nothing comes: it may be set.
constexpr std::int64_t kLookEveryNs = 100'000'000;

template <typename Visit>
void each_text(CorporateAction& of, const Visit& visit) {
    visit(of.new_symbol);
}
template <typename Visit>
void each_text(NewsItem& of, const Visit& visit) {
    visit(of.source);
    visit(of.id);
    visit(of.headline);
    visit(of.body);
}
template <typename Visit>
void each_text(SentimentScore& of, const Visit& visit) {
    visit(of.model);
    visit(of.news_id);
}
template <typename Visit>
void each_text(EconomicRelease& of, const Visit& visit) {
    visit(of.country);
    visit(of.name);
}
template <typename Visit>
void each_text(Override& of, const Visit& visit) {
    visit(of.who);
    visit(of.why);
}
template <typename Visit>
void each_text(ModelPromoted& of, const Visit& visit) {
    visit(of.model);
    visit(of.artifact);
    visit(of.who);
}
template <typename Visit>
void each_text(OrderEvent& of, const Visit& visit) {
    visit(of.venue_order);
    visit(of.text);
}
/// Numbers alone.
template <typename Visit>
void each_text(auto&, const Visit&) {}

}  // namespace

Inbox::Inbox(const ports::Clock& clock, std::size_t capacity) : clock_(clock), capacity_(capacity) {
    ASSERT(capacity > 0);
}

Inbox::Fact Inbox::own(const Payload& payload, Timestamp ts_event) {
    Fact out{.payload = payload, .ts_event = ts_event};
    std::visit(
        [&](auto& of) {
            each_text(of, [&](std::string_view& text) {
                if (!text.empty()) text = out.texts.emplace_back(text);
            });
        },
        out.payload);
    return out;
}

bool Inbox::enter(std::unique_lock<std::mutex>& lock, Fact fact) {
    if (facts_.size() >= capacity_ && !is_closed_) {
        ++counts_.waits;
        has_facts_.notify_one();
        has_room_.wait(lock, [&] { return facts_.size() < capacity_ || is_closed_; });
    }
    if (is_closed_) return false;
    facts_.push_back(std::move(fact));
    counts_.most = std::max(counts_.most, facts_.size());
    return true;
}

bool Inbox::put(const Payload& payload, Timestamp ts_event) {
    Fact fact = own(payload, ts_event);
    std::unique_lock lock(mutex_);
    const bool is_in = enter(lock, std::move(fact));
    lock.unlock();
    if (is_in) has_facts_.notify_one();
    return is_in;
}

Inbox::Taken Inbox::take(Event& out, Timestamp until) {
    {
        std::unique_lock lock(mutex_);
        while (facts_.empty()) {
            if (is_closed_) return Taken::closed;
            const Timestamp now = clock_.now();
            if (now >= until) break;
            const std::int64_t left =
                until == kTimestampMax ? kLookEveryNs : std::min(kLookEveryNs, until.ns - now.ns);
            has_facts_.wait_for(lock, std::chrono::nanoseconds(left));
        }
        if (facts_.empty()) return Taken::late;
        last_ = std::move(facts_.front());
        facts_.pop_front();
        ++counts_.taken;
    }
    has_room_.notify_one();
    out.ts = now();
    // a venue's clock may be ahead of ours
    out.ts_event = std::min(last_->ts_event, out.ts);
    out.payload = last_->payload;
    return Taken::fact;
}

void Inbox::close() {
    {
        const std::scoped_lock lock(mutex_);
        is_closed_ = true;
    }
    has_facts_.notify_all();
    has_room_.notify_all();
}

Timestamp Inbox::now() {
    const Timestamp read = clock_.now();
    if (read < now_) {
        const std::scoped_lock lock(mutex_);
        ++counts_.set_back;
        return now_;
    }
    now_ = read;
    return now_;
}

Inbox::Counts Inbox::counts() const {
    const std::scoped_lock lock(mutex_);
    return counts_;
}

}  // namespace tradewind::engine
