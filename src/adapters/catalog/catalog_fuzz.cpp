// SPDX-License-Identifier: Apache-2.0
// Decoders of what lies on the disk: any bytes give a value that encodes to the same, or a refusal.
// The checksums are put right first, so that the fuzzer gets past them.
#include <fmt/format.h>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "adapters/catalog/instrument_json.hpp"
#include "adapters/catalog/manifest.hpp"
#include "adapters/catalog/segment.hpp"
#include "base/assert.hpp"
#include "base/hash.hpp"

namespace {

using namespace tradewind;

void try_header(std::vector<std::byte> bytes) {
    if (bytes.size() >= 16) {
        std::uint32_t length = 0;
        std::memcpy(&length, bytes.data() + 12, sizeof length);
        if (length >= 4 && length <= bytes.size()) {
            const std::uint32_t crc = base::crc32c(std::span{bytes}.first(length - 4));
            std::memcpy(bytes.data() + length - 4, &crc, sizeof crc);
        }
    }
    const auto header = catalog::decode_header(bytes);
    if (!header) return;
    ASSERT(header->rows <= catalog::kSegmentRowsMax);
    ASSERT(header->column_count <= ports::kColumnsMax);
    const auto again = catalog::decode_header(catalog::encode_header(*header));
    ASSERT(again.has_value() && *again == *header);
}

void try_manifest(std::string text) {
    text += fmt::format("end {:08x}\n",
                        base::crc32c(std::as_bytes(std::span{text.data(), text.size()})));
    const auto manifest = catalog::decode_manifest(text);
    if (!manifest) return;
    const auto again = catalog::decode_manifest(catalog::encode_manifest(*manifest));
    ASSERT(again.has_value() && *again == *manifest);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span bytes{reinterpret_cast<const std::byte*>(data), size};
    const std::string text{reinterpret_cast<const char*>(data), size};
    try_header({bytes.begin(), bytes.end()});
    try_manifest(text);
    static_cast<void>(catalog::decode_manifest(text));
    const auto instruments = catalog::instruments_from_json(text);
    if (instruments) {
        for (const Instrument& one : *instruments) {
            ASSERT(catalog::instruments_from_json(catalog::instrument_to_json(one))->front() ==
                   one);
        }
    }
    return 0;
}
