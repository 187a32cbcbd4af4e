// SPDX-License-Identifier: Apache-2.0
#include "engine/inbox.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "support/books.hpp"

namespace tradewind::engine {
namespace {

/// A clock that a test sets.
class SetClock final : public ports::Clock {
public:
    [[nodiscard]] Timestamp now() const override { return {ns.load()}; }
    std::atomic<std::int64_t> ns{1'000};
};

Trade trade(std::int64_t raw) { return {.instrument = test::kFirst, .price = {raw}, .size = {1}}; }
std::int64_t price_of(const Event& event) { return std::get<Trade>(event.payload).price.raw; }

TEST(Inbox, hands_out_in_order_stamped_by_its_own_clock) {
    SetClock clock;
    Inbox inbox{clock, 8};
    inbox.put(trade(1), {900});
    inbox.put(trade(2), {5'000});  // the venue's clock is ahead
    Event event;
    ASSERT_EQ(inbox.take(event, kTimestampMax), Inbox::Taken::fact);
    EXPECT_EQ(price_of(event), 1);
    EXPECT_EQ(event.ts, Timestamp{1'000});
    EXPECT_EQ(event.ts_event, Timestamp{900});
    clock.ns = 500;  // set back
    ASSERT_EQ(inbox.take(event, kTimestampMax), Inbox::Taken::fact);
    EXPECT_EQ(event.ts, Timestamp{1'000});
    EXPECT_EQ(event.ts_event, Timestamp{1'000});
    EXPECT_EQ(inbox.counts().set_back, 1U);
    EXPECT_EQ(inbox.take(event, Timestamp{400}), Inbox::Taken::late);
}

TEST(Inbox, keeps_the_texts_of_a_fact) {
    SetClock clock;
    Inbox inbox{clock, 8};
    {
        std::string who = "ann, who is long enough to live on the heap", why = "seen";
        inbox.put(Override{.state = TradingState::halted, .who = who, .why = why}, {1});
        who.assign(who.size(), 'x');
        why.assign(why.size(), 'x');
    }
    Event event;
    ASSERT_EQ(inbox.take(event, kTimestampMax), Inbox::Taken::fact);
    const auto& order = std::get<Override>(event.payload);
    EXPECT_EQ(order.who, "ann, who is long enough to live on the heap");
    EXPECT_EQ(order.why, "seen");
}

TEST(Inbox, who_is_too_fast_waits_and_nothing_is_lost) {
    SetClock clock;
    Inbox inbox{clock, 4};
    constexpr std::int64_t kEach = 5'000;
    std::vector<std::thread> threads;
    for (std::int64_t t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
            for (std::int64_t i = 0; i < kEach; ++i) inbox.put(trade(t * kEach + i), {1});
        });
    }
    std::vector<std::int64_t> last(3, -1);
    Event event;
    for (std::int64_t i = 0; i < 3 * kEach; ++i) {
        ASSERT_EQ(inbox.take(event, kTimestampMax), Inbox::Taken::fact);
        const std::int64_t which = price_of(event) / kEach;
        EXPECT_GT(price_of(event), last[static_cast<std::size_t>(which)]);  // each in its order
        last[static_cast<std::size_t>(which)] = price_of(event);
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(inbox.counts().taken, 3U * kEach);
    EXPECT_LE(inbox.counts().most, 4U);
}

TEST(Inbox, closed_it_gives_what_it_has_and_lets_waiters_go) {
    SetClock clock;
    Inbox inbox{clock, 1};
    inbox.put(trade(1), {1});
    std::thread waits([&] { EXPECT_FALSE(inbox.put(trade(2), {1})); });
    while (inbox.counts().waits == 0) std::this_thread::yield();
    inbox.close();
    waits.join();
    Event event;
    EXPECT_EQ(inbox.take(event, kTimestampMax), Inbox::Taken::fact);
    EXPECT_EQ(inbox.take(event, kTimestampMax), Inbox::Taken::closed);
    EXPECT_FALSE(inbox.put(trade(3), {1}));
}

}  // namespace
}  // namespace tradewind::engine
