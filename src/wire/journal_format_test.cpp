// SPDX-License-Identifier: Apache-2.0
#include "wire/journal_format.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace tradewind::wire {
namespace {

using Bytes = std::vector<std::byte>;

Bytes frame_of(FrameKind kind, std::string_view payload) {
    const auto body = std::as_bytes(std::span{payload});
    const auto header = frame_header(kind, body);
    Bytes out;
    for (const std::byte byte : header) out.push_back(byte);
    for (const std::byte byte : body) out.push_back(byte);
    return out;
}

TEST(JournalFormat, reads_back_a_frame_of_each_kind) {
    for (const FrameKind kind :
         {FrameKind::settings, FrameKind::event, FrameKind::decisions, FrameKind::closing}) {
        Bytes bytes = frame_of(kind, "payload");
        const std::size_t size = bytes.size();
        bytes.push_back(std::byte{1});  // of the next frame
        const Frame frame = read_frame(bytes);
        EXPECT_EQ(frame.state, FrameState::whole);
        EXPECT_EQ(frame.kind, kind);
        EXPECT_EQ(frame.size, size);
        EXPECT_TRUE(std::ranges::equal(frame.payload, std::span{bytes}.subspan(16, 7)));
    }
}

TEST(JournalFormat, takes_an_empty_payload) {
    EXPECT_EQ(read_frame(frame_of(FrameKind::event, "")).state, FrameState::whole);
}

TEST(JournalFormat, calls_a_frame_torn_wherever_it_is_cut) {
    const Bytes bytes = frame_of(FrameKind::event, "payload");
    for (std::size_t size = 1; size < bytes.size(); ++size) {
        EXPECT_EQ(read_frame(std::span{bytes}.first(size)).state, FrameState::torn) << size;
    }
}

/// CRC-32C finds every single flipped bit; the lengths' own checksum keeps a flipped length from
/// looking like a torn tail.
TEST(JournalFormat, calls_a_frame_damaged_whichever_bit_is_flipped) {
    const Bytes whole = frame_of(FrameKind::event, "payload");
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        Bytes bytes = whole;
        bytes[bit / 8] ^= std::byte{1} << (bit % 8);
        EXPECT_EQ(read_frame(bytes).state, FrameState::damaged) << bit;
    }
}

TEST(JournalFormat, refuses_kinds_that_it_does_not_know) {
    for (const int kind : {0, 5, 255}) {
        EXPECT_EQ(read_frame(frame_of(static_cast<FrameKind>(kind), "x")).state,
                  FrameState::damaged);
    }
}

}  // namespace
}  // namespace tradewind::wire
