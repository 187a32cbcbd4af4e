// SPDX-License-Identifier: Apache-2.0
// Any bytes are read as a file of features: a value that encodes to the same, or a refusal. The
// checksums are put right first, so that the fuzzer gets past them.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "adapters/features/feature_file.hpp"
#include "base/assert.hpp"
#include "base/hash.hpp"

namespace {

using namespace tradewind;

void mend(std::span<std::byte> bytes) {
    const std::uint32_t crc = base::crc32c(bytes.first(bytes.size() - sizeof crc));
    std::memcpy(bytes.data() + bytes.size() - sizeof crc, &crc, sizeof crc);
}

void try_header(std::vector<std::byte> bytes) {
    bytes.resize((bytes.size() / features::kPageBytes + 1) * features::kPageBytes);
    const auto size = static_cast<std::uint32_t>(bytes.size());
    std::memcpy(bytes.data() + 12, &size, sizeof size);
    mend(bytes);
    const auto read = features::decode_header(bytes);
    if (!read) return;
    ASSERT(read->layout.features == read->header.schema.columns.size());
    const auto again = features::decode_header(features::encode_header(read->header));
    ASSERT(again.has_value() && again->header == read->header);
}

void try_commit(std::vector<std::byte> bytes) {
    bytes.resize(features::kCommitBytes);
    mend(bytes);
    const auto read = features::decode_commit(bytes);
    if (!read) return;
    const auto again = features::decode_commit(features::encode_commit(*read));
    ASSERT(again.has_value() && *again == *read);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span bytes{reinterpret_cast<const std::byte*>(data), size};
    static_cast<void>(features::decode_header(bytes));
    static_cast<void>(features::decode_commit(bytes));
    try_header({bytes.begin(), bytes.end()});
    try_commit({bytes.begin(), bytes.end()});
    return 0;
}
