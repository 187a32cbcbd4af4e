// SPDX-License-Identifier: Apache-2.0
// Any bytes are read as a ledger: records or an answer, and what was read is written back the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "adapters/trials/record_format.hpp"
#include "base/assert.hpp"

namespace trials = tradewind::trials;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::span<const std::byte> rest{reinterpret_cast<const std::byte*>(data), size};
    if (trials::read_header(rest) != trials::HeaderState::whole) return 0;
    rest = rest.subspan(trials::kHeaderSize);
    while (!rest.empty()) {
        const trials::ReadRecord one = trials::read_record(rest);
        if (one.state != trials::RecordState::whole) return 0;
        std::vector<std::byte> again;
        ASSERT(trials::encode(one.record, again).has_value());
        ASSERT(std::ranges::equal(again, rest.first(one.size)));
        rest = rest.subspan(one.size);
    }
    return 0;
}
