// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/assert.hpp"
#include "wire/event_codec.hpp"

/// Whatever the decoders accept, the encoders write again byte for byte.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span{data, size});
    std::vector<std::byte> again;
    if (const auto event = tradewind::wire::decode_event(bytes)) {
        tradewind::wire::encode(*event, again);
        ASSERT(std::ranges::equal(again, bytes));
    }
    again.clear();
    std::vector<tradewind::Decision> decisions;
    if (const auto seq = tradewind::wire::decode_decisions(bytes, decisions)) {
        tradewind::wire::encode(*seq, decisions, again);
        ASSERT(std::ranges::equal(again, bytes));
    }
    return 0;
}
