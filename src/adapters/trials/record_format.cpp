// SPDX-License-Identifier: Apache-2.0
#include "adapters/trials/record_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "wire/archive.hpp"

namespace tradewind::wire {

template <>
inline constexpr std::size_t kEnumCount<ports::TrialOrigin> = 4;
template <>
inline constexpr std::size_t kEnumCount<ports::TrialEnd> = 3;

/// One list of the fields for both directions.
template <typename Archive, typename Record, typename Text>
void record_fields(Archive& a, Record& r, const Text& text) {
    field(a, r.origin);
    field(a, r.made_at.ns);
    text(r.strategy);
    text(r.instruments);
    text(r.data_hash);
    text(r.settings_hash);
    text(r.params);
    text(r.search);
    field(a, r.from.ns);
    field(a, r.to.ns);
    field(a, r.returns);
    field(a, r.sharpe);
    field(a, r.skew);
    field(a, r.kurtosis);
    field(a, r.objective);
    // Version 1 ends here, and so does a trial that ran whole.
    if constexpr (Archive::kReads) {
        if (a.done()) return;
        field(a, r.end);
        if (r.end == ports::TrialEnd::whole) a.fail();
    } else if (r.end != ports::TrialEnd::whole) {
        field(a, r.end);
    }
}

}  // namespace tradewind::wire

namespace tradewind::trials {
namespace {

constexpr std::size_t kVersionAt = kMagic.size();
constexpr std::size_t kHeaderCrcAt = 12;
constexpr std::size_t kSizeCrcAt = 4;
constexpr std::size_t kPayloadCrcAt = 8;

std::uint32_t load(std::span<const std::byte> bytes, std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

void store(std::span<std::byte> bytes, std::size_t at, std::uint32_t value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

bool is_finite(const std::optional<double>& value) { return !value || std::isfinite(*value); }

bool decode(std::span<const std::byte> payload, ports::TrialRecord& out) {
    wire::Reader reader{payload};
    wire::record_fields(reader, out, [&](std::string& text) {
        std::string_view view;
        reader.text(view);
        text = view;
    });
    return reader.done() && out.origin != ports::TrialOrigin{} && is_finite(out.sharpe) &&
           is_finite(out.skew) && is_finite(out.kurtosis) && is_finite(out.objective);
}

}  // namespace

std::array<std::byte, kHeaderSize> header() {
    std::array<std::byte, kHeaderSize> out{};
    std::memcpy(out.data(), kMagic.data(), kMagic.size());
    store(out, kVersionAt, kVersion);
    store(out, kHeaderCrcAt, base::crc32c(std::span{out}.first(kHeaderCrcAt)));
    return out;
}

std::expected<void, std::string> encode(const ports::TrialRecord& record,
                                        std::vector<std::byte>& out) {
    wire::Bytes payload;
    wire::Writer writer{payload};
    wire::record_fields(writer, record, [&](const std::string& text) { writer.text(text); });
    if (payload.size() > kPayloadMax) {
        return std::unexpected(
            fmt::format("a record of {} bytes is larger than the {} that one "
                        "may have",
                        payload.size(), kPayloadMax));
    }
    std::array<std::byte, kFrameSize> frame{};
    store(frame, 0, static_cast<std::uint32_t>(payload.size()));
    store(frame, kSizeCrcAt, base::crc32c(std::span{frame}.first(kSizeCrcAt)));
    store(frame, kPayloadCrcAt, base::crc32c(payload));
    out.insert(out.end(), frame.begin(), frame.end());
    out.insert(out.end(), payload.begin(), payload.end());
    return {};
}

std::uint32_t version_of(std::span<const std::byte> bytes) {
    ASSERT(bytes.size() >= kHeaderSize);
    return load(bytes, kVersionAt);
}

HeaderState read_header(std::span<const std::byte> bytes) {
    const auto whole = header();
    if (bytes.size() < kHeaderSize) {
        return std::ranges::equal(bytes, std::span{whole}.first(bytes.size()))
                   ? HeaderState::torn
                   : HeaderState::foreign;
    }
    if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) return HeaderState::foreign;
    const bool sound = base::crc32c(bytes.first(kHeaderCrcAt)) == load(bytes, kHeaderCrcAt);
    if (!sound) return HeaderState::damaged;
    const std::uint32_t version = version_of(bytes);
    return version >= kOldestVersion && version <= kVersion ? HeaderState::whole
                                                            : HeaderState::other_version;
}

ReadRecord read_record(std::span<const std::byte> bytes) {
    ReadRecord out{.state = RecordState::torn, .size = 0, .record = {}};
    if (std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; })) return out;
    if (bytes.size() < kFrameSize) return out;
    const std::uint32_t size = load(bytes, 0);
    out.state = RecordState::damaged;
    if (base::crc32c(bytes.first(kSizeCrcAt)) != load(bytes, kSizeCrcAt)) return out;
    if (size > kPayloadMax) return out;
    out.size = kFrameSize + size;
    if (bytes.size() < out.size) {
        out.state = RecordState::torn;
        return out;
    }
    const auto payload = bytes.subspan(kFrameSize, size);
    const bool sound = base::crc32c(payload) == load(bytes, kPayloadCrcAt);
    if (sound && decode(payload, out.record)) out.state = RecordState::whole;
    return out;
}

}  // namespace tradewind::trials
