// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/catalog/error.hpp"
#include "domain/instrument.hpp"
#include "ports/history.hpp"

namespace tradewind::catalog {

/// One immutable file of rows.
struct SegmentRef {
    std::string file;  ///< name in the directory of its series
    std::uint64_t rows = 0;
    Timestamp first;
    Timestamp last;

    friend bool operator==(const SegmentRef&, const SegmentRef&) = default;
};

/// What a catalog holds. It is one text file, replaced as a whole: whatever it does not name is not
/// part of the catalog.
///
///     tradewind-catalog 1
///     instrument {"symbol":"SPY.ARCA",...}
///     series SPY.ARCA bar 1d
///     segment <first ts> <last ts> <rows> <file>
///     end <crc32c of all bytes before this line, 8 hex digits>
struct Manifest {
    std::map<std::string, Instrument, std::less<>> instruments;
    std::map<ports::SeriesKey, std::vector<SegmentRef>> series;  ///< segments in order of time

    friend bool operator==(const Manifest&, const Manifest&) = default;
};

inline constexpr std::string_view kManifestName = "MANIFEST";

[[nodiscard]] std::string encode_manifest(const Manifest& manifest);
/// The error says what is wrong with the text.
[[nodiscard]] std::expected<Manifest, std::string> decode_manifest(std::string_view text);

/// Reads the manifest of the catalog in the directory `path`.
[[nodiscard]] std::expected<Manifest, Error> load_manifest(const std::string& path);

/// "data/SPY.ARCA/bar-1d": where the segments of a series lie. What a file name cannot hold is
/// written as %XX.
[[nodiscard]] std::string series_directory(const ports::SeriesKey& key);

}  // namespace tradewind::catalog
