// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "wire/text_file.hpp"

/// Recorded messages of the venue, for tests and benchmarks.
namespace tradewind::binance {

/// Below TRADEWIND_DATA; its neighbour `original` holds the vendors' own files.
[[nodiscard]] inline std::filesystem::path data_folder() {
    const char* given = std::getenv("TRADEWIND_DATA");
    return given != nullptr ? given : "../shared/data";
}

/// The lines of a plain or compressed file below `data_folder()`; none where it is not at hand.
[[nodiscard]] inline std::vector<std::string> recorded_lines(const std::string& name) {
    std::vector<std::string> out;
    const std::filesystem::path path = data_folder() / name;
    if (!std::filesystem::exists(path)) return out;
    auto file = wire::open_text(path.string());
    if (!file) return out;
    std::vector<char> block(std::size_t{1} << 20U);
    std::string line;
    for (;;) {
        const auto got = (*file)->read(block);
        if (!got || *got == 0) return out;
        for (const char c : std::string_view{block.data(), *got}) {
            if (c != '\n') {
                line.push_back(c);
            } else {
                out.push_back(line);
                line.clear();
            }
        }
    }
}

/// A line of a recording without the recorder's clock: "NANOSECONDS JSON".
[[nodiscard]] inline std::string_view message_of(std::string_view line) {
    const std::size_t space = line.find(' ');
    return space == std::string_view::npos ? line : line.substr(space + 1);
}

inline constexpr const char* kSpotRecording = "original/hftbacktest/btcusdt_spot_20240808.gz";

}  // namespace tradewind::binance
