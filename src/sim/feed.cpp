// SPDX-License-Identifier: Apache-2.0
#include "sim/feed.hpp"

#include "base/try.hpp"

namespace tradewind::sim {

std::expected<bool, std::string> Feed::load_chunk() {
    auto chunk = reader->next();
    if (!chunk) return std::unexpected(std::move(chunk.error().text));
    if (!*chunk) return false;
    before += in_chunk;
    row = 0;
    rows = in_chunk = (*chunk)->rows;
    for (std::size_t i = 0; i < ports::kColumnsMax; ++i) columns[i] = (*chunk)->columns[i];
    return rows > 0;
}

std::expected<bool, std::string> Feed::load() {
    if (runs.empty()) {
        if (!TRY(load_chunk())) return false;
        look();
        return true;
    }
    std::uint64_t next = before + row;
    if (next >= runs[run].end && ++run == runs.size()) return false;
    next = std::max(next, runs[run].first);
    while (next >= before + in_chunk) {
        if (!TRY(load_chunk())) return false;
    }
    row = next - before;
    rows = std::min<std::uint64_t>(in_chunk, runs[run].end - before);
    volume_so_far |= runs[run].tells_volume ? 1 : 0;
    look();
    if (next == runs[run].first) times.open = std::max(times.open, runs[run].opens);
    return true;
}

}  // namespace tradewind::sim
