// SPDX-License-Identifier: Apache-2.0
#include "wire/event_codec.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>

#include "support/generators.hpp"

namespace tradewind::wire {
namespace {

using test::Any;
using Bytes = std::vector<std::byte>;

Bytes bytes_of(const Event& event) {
    Bytes out;
    encode(event, out);
    return out;
}

Bytes bytes_of(Sequence seq, std::span<const Decision> decisions) {
    Bytes out;
    encode(seq, decisions, out);
    return out;
}

Bytes draw_bytes() {
    const auto raw = *rc::gen::arbitrary<std::vector<std::uint8_t>>();
    Bytes out;
    for (const std::uint8_t byte : raw) out.push_back(std::byte{byte});
    return out;
}

/// What was accepted must be a value that can be written again to the same bytes: that leaves no
/// room for an enum past its end, a flag that is neither, or a byte that nobody looked at.
void expect_same_again(const Bytes& bytes) {
    if (const auto event = decode_event(bytes)) RC_ASSERT((bytes_of(*event) == bytes));
    std::vector<Decision> decisions;
    if (const auto seq = decode_decisions(bytes, decisions)) {
        RC_ASSERT((bytes_of(*seq, decisions) == bytes));
    }
}

RC_GTEST_PROP(EventCodec, reads_back_every_event, ()) {
    const Event event = Any<Event>::draw();
    RC_TAG(std::string{kind_name(event.payload)});
    const Bytes bytes = bytes_of(event);
    const auto back = decode_event(bytes);
    RC_ASSERT(back.has_value());
    RC_ASSERT((*back == event));
    RC_ASSERT((bytes_of(*back) == bytes));
}

RC_GTEST_PROP(EventCodec, reads_back_every_decision, ()) {
    const auto decisions = test::draw_decisions();
    const Sequence seq = Any<std::uint64_t>::draw();
    const Bytes bytes = bytes_of(seq, decisions);
    std::vector<Decision> back;
    RC_ASSERT(decode_decisions(bytes, back).value() == seq);
    RC_ASSERT((back == decisions));
}

RC_GTEST_PROP(EventCodec, refuses_an_event_that_is_cut_short, ()) {
    const Bytes whole = bytes_of(Any<Event>::draw());
    const auto keep = test::draw_below(whole.size());
    RC_ASSERT(decode_event(std::span{whole}.first(keep)).error() == DecodeError::malformed);
}

RC_GTEST_PROP(EventCodec, refuses_decisions_that_are_cut_short, ()) {
    const Bytes whole = bytes_of(1, test::draw_decisions());
    const auto keep = test::draw_below(whole.size());
    std::vector<Decision> out;
    RC_ASSERT(!decode_decisions(std::span{whole}.first(keep), out).has_value());
}

RC_GTEST_PROP(EventCodec, refuses_bytes_after_the_event, ()) {
    Bytes bytes = bytes_of(Any<Event>::draw());
    bytes.push_back(std::byte{*rc::gen::arbitrary<std::uint8_t>()});
    RC_ASSERT(decode_event(bytes).error() == DecodeError::trailing_bytes);
}

RC_GTEST_PROP(EventCodec, accepts_of_random_bytes_only_what_it_would_write, ()) {
    expect_same_again(draw_bytes());
}

RC_GTEST_PROP(EventCodec, accepts_of_damaged_events_only_what_it_would_write, ()) {
    Bytes bytes = bytes_of(Any<Event>::draw());
    const auto where = test::draw_below(bytes.size());
    bytes[where] ^= static_cast<std::byte>(1 + test::draw_below(255));
    expect_same_again(bytes);
}

RC_GTEST_PROP(EventCodec, accepts_of_damaged_decisions_only_what_it_would_write, ()) {
    Bytes bytes = bytes_of(7, test::draw_decisions());
    const auto where = test::draw_below(bytes.size());
    bytes[where] ^= static_cast<std::byte>(1 + test::draw_below(255));
    expect_same_again(bytes);
}

/// Every other currency prints as no code that a person or a rate table knows.
TEST(EventCodec, refuses_a_currency_that_is_no_code) {
    const auto with = [](std::uint64_t packed) {
        return decode_event(bytes_of({1, {}, {}, CashFlow{Currency::from_packed(packed)}}));
    };
    EXPECT_TRUE(with(0).has_value());
    EXPECT_TRUE(with(kUsd.packed()).has_value());
    constexpr std::uint64_t kBehindZeros = 1, kLowerCase = 0x7573640000000000U;
    for (const std::uint64_t packed :
         {kBehindZeros, kUsd.packed() | 1U, kUsd.packed() >> 8U, kLowerCase}) {
        EXPECT_FALSE(with(packed).has_value()) << packed;
    }
}

TEST(EventCodec, refuses_a_count_of_decisions_that_are_not_there) {
    Bytes bytes = bytes_of(1, {});
    bytes[8] = std::byte{0xff};
    bytes[11] = std::byte{0xff};
    std::vector<Decision> out;
    EXPECT_FALSE(decode_decisions(bytes, out).has_value());
    EXPECT_LE(out.size(), 1U);
}

// --- the layout ---------------------------------------------------------------------------------

std::vector<Payload> one_of_each() {
    const InstrumentId id{7};
    const Fill fill{.price = {101'500'000'000},
                    .qty = {3'000'000'000},
                    .side = Side::sell,
                    .liquidity = Liquidity::maker,
                    .fee = {-12},
                    .fee_currency = kUsd,
                    .basis = {.reference = {101'400'000'000}, .ambiguous = true},
                    .trade_number = 99};
    Fill of_leg = fill;
    of_leg.leg = Leg::long_leg;
    return {
        Bar{id, time_bars(minutes(5), PriceSource::bid), {11}, {1}, {2}, {3}, {4}, {5}},
        Quote{id, {1}, {2}, {3}, {4}},
        Trade{id, Aggressor::seller, {1}, {2}},
        BookLevel{id, Side::sell, {.snapshot = true, .last = false}, {1}, {2}, 3, 4, 5},
        BookOrder{
            id, Side::sell, BookAction::clear, {.snapshot = false, .last = true}, {1}, {2}, 3, 4},
        OrderEvent{.kind = OrderEventKind::filled,
                   .instrument = id,
                   .order = OrderId::of(StrategyId{2}, 5),
                   .detail = fill,
                   .venue_order = "V1",
                   .text = "done"},
        OrderEvent{.detail = VenueReason::other},
        OrderEvent{.detail = OrderTerms{{1}, Price{2}, std::nullopt}},
        OrderEvent{.detail = Denial{DenialReason::short_not_allowed, {1}, {-1}, Qty{2}}},
        Timer{StrategyId{1}, TimerId{2}},
        CashFlow{kUsd, whole_money(-1), CashReason::correction},
        TradingStatus{id, MarketState::closed},
        Funding{id, {1}, Price{2}},
        CorporateAction{id, CorporateActionKind::symbol_change, 2, 1, {3}, "NEW.ARCA"},
        NewsItem{id, "s", "i", "h", "b"},
        SentimentScore{std::nullopt, -0.5, 0.25, "m", "n"},
        EconomicRelease{"US", "CPI", kUsd, Impact::high, 3.1, std::nullopt, 3.0, 1},
        Override{TradingState::halted, id, StrategyId{1}, Timestamp{5}, "w", "y"},
        ModelPromoted{"m", "a", "w"},
        EndOfData{},
        MarginCall{id, kUsd, whole_money(5), whole_money(6)},
        Liquidation{id, StrategyId{1}, fill},
        CashFlow{kUsd, whole_money(-1), CashReason::rollover},
        OrderEvent{.detail = VenueReason::price_limit},
        Liquidation{id, StrategyId{1}, of_leg},
        MarginCall{id, kUsd, whole_money(5), whole_money(6), StrategyId{1}, Leg::short_leg},
    };
}

std::vector<Decision> one_of_each_decision() {
    OrderIntent order{
        .id = OrderId::of(StrategyId{1}, 2),
        .spec = {.instrument = InstrumentId{7},
                 .side = Side::sell,
                 .type = OrderType::trailing_stop_limit,
                 .time_in_force = TimeInForce::gtd,
                 .trigger_by = TriggerBy::mark,
                 .post_only = true,
                 .reduce_only = true,
                 .qty = {1},
                 .display_qty = Qty{2},
                 .limit_price = Price{3},
                 .trigger_price = Price{4},
                 .trailing = TrailingOffset{OffsetUnit::ticks, 5},
                 .trailing_limit = TrailingOffset{OffsetUnit::basis_points, 6},
                 .expire_at = Timestamp{7},
                 .tag = Tag{"stop-loss"}},
        .links = {.list = OrderId{8}, .parent = OrderId{9}, .contingency = Contingency::ouo}};
    OrderIntent of_leg = order;
    of_leg.spec.leg = Leg::short_leg;
    return {
        Command{SubmitOrder{order}},
        Command{ReplaceOrder{order.id, InstrumentId{7}, {Qty{1}, std::nullopt, Price{2}}}},
        Command{CancelOrder{order.id, InstrumentId{7}}},
        Command{SetTimer{{StrategyId{1}, TimerId{2}}, {3}}},
        Refusal{order.id, InstrumentId{7}, false, {DenialReason::off_tick, {1}, {2}, Qty{3}, {}}},
        Command{SubmitOrder{of_leg}},
        Refusal{order.id, InstrumentId{7}, true, {DenialReason::unknown_leg, {}, {}, {}, {}}},
        Refusal{order.id, InstrumentId{7}, true, {DenialReason::risk_limit, {1}, {2}, Qty{3}, 4}},
        Shrink{order.id, InstrumentId{7}, Qty{5}, {DenialReason::risk_limit, {1}, {2}, Qty{3}, 4}},
        StateChange{TradingState::warn,
                    TradingState::flatten,
                    3,
                    InstrumentId{7},
                    StrategyId{1},
                    Timestamp{9},
                    {1},
                    {2}},
    };
}

/// Every kind of event and decision, one frame of length and bytes after the other.
Bytes layout() {
    Bytes out;
    const auto put = [&](const Bytes& bytes) {
        out.push_back(static_cast<std::byte>(bytes.size() & 0xff));
        out.push_back(static_cast<std::byte>(bytes.size() >> 8U));
        out.insert(out.end(), bytes.begin(), bytes.end());
    };
    Sequence seq = 0;
    for (const Payload& payload : one_of_each()) put(bytes_of({++seq, {20}, {10}, payload}));
    put(bytes_of(1, one_of_each_decision()));
    return out;
}

Bytes read_file(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    Bytes out;
    for (std::istreambuf_iterator<char> it{in}, end; it != end; ++it) {
        out.push_back(static_cast<std::byte>(*it));
    }
    return out;
}

TEST(EventCodec, golden_bytes_hold_every_kind_of_event_and_decision) {
    std::set<std::size_t> events, details, decisions;
    for (const Payload& payload : one_of_each()) {
        events.insert(payload.index());
        if (const auto* order = std::get_if<OrderEvent>(&payload)) {
            details.insert(order->detail.index());
        }
    }
    for (const Decision& decision : one_of_each_decision()) {
        const auto* command = std::get_if<Command>(&decision);
        decisions.insert(command == nullptr ? std::variant_size_v<Command> + decision.index()
                                            : command->index());
    }
    EXPECT_EQ(events.size(), std::variant_size_v<Payload>);
    EXPECT_EQ(details.size() + 1, std::variant_size_v<OrderDetail>);  // monostate has no bytes
    EXPECT_EQ(decisions.size(), std::variant_size_v<Command> + std::variant_size_v<Decision> - 1);
}

/// Journals outlive programs. Where this fails the layout has changed: count kEventLayoutVersion
/// up, run this test once with TRADEWIND_WRITE_GOLDEN=1, and keep both files of the change.
TEST(EventCodec, layout_changes_only_with_its_version) {
    const std::string path =
        "tests/golden/event_layout_" + std::to_string(kEventLayoutVersion) + ".bin";
    const Bytes now = layout();
    if (std::getenv("TRADEWIND_WRITE_GOLDEN") != nullptr) {
        std::ofstream{path, std::ios::binary}.write(reinterpret_cast<const char*>(now.data()),
                                                    static_cast<std::streamsize>(now.size()));
    }
    const Bytes golden = read_file(path);
    ASSERT_FALSE(golden.empty()) << path;
    EXPECT_TRUE(std::ranges::equal(golden, now)) << "see the comment above this test";
}

/// One frame of `layout`; nullopt at the end.
std::optional<Bytes> take_frame(std::span<const std::byte>& in) {
    if (in.size() < 2) return std::nullopt;
    const auto size =
        std::to_integer<std::size_t>(in[0]) + (std::to_integer<std::size_t>(in[1]) << 8U);
    if (in.size() < 2 + size) return std::nullopt;
    const auto frame = in.subspan(2, size);
    in = in.subspan(2 + size);
    return Bytes{frame.begin(), frame.end()};
}

/// Later versions added kinds behind those of the first: its bytes still say the same.
TEST(EventCodec, reads_the_bytes_of_every_version_since_the_oldest) {
    for (std::uint32_t version = kEventLayoutOldest; version <= kEventLayoutVersion; ++version) {
        const Bytes golden =
            read_file("tests/golden/event_layout_" + std::to_string(version) + ".bin");
        std::span<const std::byte> rest{golden};
        std::size_t frames = 0;
        for (auto frame = take_frame(rest); frame; frame = take_frame(rest), ++frames) {
            std::vector<Decision> decisions;
            if (const auto event = decode_event(*frame)) {
                EXPECT_EQ(bytes_of(*event), *frame) << version << ": frame " << frames;
            } else {
                const auto seq = decode_decisions(*frame, decisions);
                ASSERT_TRUE(seq.has_value()) << version << ": frame " << frames;
                EXPECT_EQ(bytes_of(*seq, decisions), *frame) << version << ": frame " << frames;
            }
        }
        EXPECT_TRUE(rest.empty());
        EXPECT_GE(frames, 20U);
    }
}

}  // namespace
}  // namespace tradewind::wire
