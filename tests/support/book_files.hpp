// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/event.hpp"
#include "support/must.hpp"

/// Recorded order books (`book/` of the market data), row by row, for tests. Everything is empty
/// where the data is not at hand.
namespace tradewind::test {

template <typename Payload>
struct Stamped {
    Timestamp ts;
    Payload payload;
};

/// The fields of each line of a compressed CSV below TRADEWIND_DATA, its header left out.
[[nodiscard]] inline std::vector<std::vector<std::string>> csv_rows(const std::string& name) {
    const char* given = std::getenv("TRADEWIND_DATA");
    const auto path = std::filesystem::path(given != nullptr ? given : "../shared/data") / name;
    std::vector<std::vector<std::string>> out;
    if (!std::filesystem::exists(path)) return out;
    std::FILE* pipe = popen(("gzip -dc '" + path.string() + "'").c_str(), "r");
    std::array<char, 4096> buffer{};
    bool is_header = true;
    while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr) {
        if (std::exchange(is_header, false)) continue;
        std::string_view line(buffer.data());
        while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
        auto& fields = out.emplace_back();
        for (std::size_t comma = 0; comma != std::string_view::npos;) {
            comma = line.find(',');
            fields.emplace_back(line.substr(0, comma));
            if (comma != std::string_view::npos) line.remove_prefix(comma + 1);
        }
    }
    pclose(pipe);
    return out;
}

[[nodiscard]] inline std::uint64_t id_of(const std::string& text) {
    return text.empty() ? 0 : std::stoull(text);
}

/// Rows with the same type, update ids and time are one message.
[[nodiscard]] inline std::vector<Stamped<BookLevel>> level_rows(const std::string& name) {
    const auto rows = csv_rows(name);
    std::vector<Stamped<BookLevel>> out;
    out.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& f = rows[i];
        const bool is_last = i + 1 == rows.size() || rows[i + 1][0] != f[0] ||
                             rows[i + 1][2] != f[2] || rows[i + 1][4] != f[4];
        out.push_back({.ts = {std::stoll(f[0])},
                       .payload = {.instrument = {},
                                   .side = f[6] == "bid" ? Side::buy : Side::sell,
                                   .flags = {.snapshot = f[2] == "snapshot", .last = is_last},
                                   .price = price(f[7]),
                                   .size = qty(f[8]),
                                   .first_update_id = id_of(f[3]),
                                   .last_update_id = id_of(f[4]),
                                   .previous_update_id = id_of(f[5])}});
    }
    return out;
}

[[nodiscard]] inline BookAction action_of(char letter) {
    switch (letter) {
        case 'A': return BookAction::add;
        case 'M': return BookAction::modify;
        case 'C': return BookAction::remove;
        case 'T': return BookAction::trade;
        case 'F': return BookAction::fill;
        default: return BookAction::clear;
    }
}

/// Flags as Databento sets them: 128 the last row of a message, 32 a row of a snapshot, which ends
/// where the first row without it begins.
[[nodiscard]] inline std::vector<Stamped<BookOrder>> order_rows(const std::string& name) {
    constexpr int kLast = 128, kSnapshot = 32;
    std::vector<Stamped<BookOrder>> out;
    for (const auto& f : csv_rows(name)) {
        const int flags = std::stoi(f[7]);
        const bool is_snapshot = (flags & kSnapshot) != 0;
        if (!is_snapshot && !out.empty() && out.back().payload.flags.snapshot) {
            out.back().payload.flags.last = true;
        }
        out.push_back({.ts = {std::stoll(f[0])},
                       .payload = {.instrument = {},
                                   .side = f[3] == "bid" ? Side::buy : Side::sell,
                                   .action = action_of(f[2][0]),
                                   .flags = {.snapshot = is_snapshot, .last = (flags & kLast) != 0},
                                   .price = price(f[4]),
                                   .size = qty(f[5]),
                                   .order = id_of(f[6]),
                                   .sequence = id_of(f[8])}});
    }
    return out;
}

[[nodiscard]] inline std::vector<Stamped<Quote>> quote_rows(const std::string& name) {
    std::vector<Stamped<Quote>> out;
    for (const auto& f : csv_rows(name)) {
        out.push_back({.ts = {std::stoll(f[0])},
                       .payload = {.instrument = {},
                                   .bid = price(f[2]),
                                   .ask = price(f[3]),
                                   .bid_size = qty(f[4]),
                                   .ask_size = qty(f[5])}});
    }
    return out;
}

}  // namespace tradewind::test
