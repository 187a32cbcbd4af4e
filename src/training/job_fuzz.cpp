// SPDX-License-Identifier: Apache-2.0
// Any text is a job or an error of one line.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "training/job.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto job = tradewind::training::parse_job(text);
    if (!job) ASSERT(!job.error().empty());
    return 0;
}
