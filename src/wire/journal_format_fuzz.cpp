// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/assert.hpp"
#include "wire/journal_format.hpp"

/// Walks the frames. What is called whole lies within the bytes, and its header is the one that the
/// writer would have given it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tradewind::wire;
    auto rest = std::as_bytes(std::span{data, size});
    while (!rest.empty()) {
        const Frame frame = read_frame(rest);
        if (frame.state != FrameState::whole) break;
        ASSERT(frame.size <= rest.size());
        ASSERT(frame.size == kFrameHeaderSize + frame.payload.size());
        const auto header = frame_header(frame.kind, frame.payload);
        ASSERT(std::ranges::equal(header, rest.first(kFrameHeaderSize)));
        rest = rest.subspan(frame.size);
    }
    return 0;
}
