// SPDX-License-Identifier: Apache-2.0
#include "sim/auctions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/hash.hpp"
#include "domain/names.hpp"

namespace tradewind::sim {
namespace {

constexpr auto kKinds = names<AuctionKind>("open", "close");

/// Two runs with the same line had the same prints.
std::uint32_t checksum(const std::vector<AuctionPrint>& prints) {
    std::uint32_t sum = 0;
    for (const AuctionPrint& one : prints) {
        const std::int64_t cells[] = {one.at.ns, one.instrument.value,
                                      static_cast<std::int64_t>(one.kind), one.price.raw,
                                      one.volume.raw};
        sum = base::crc32c(std::as_bytes(std::span{cells}), sum);
    }
    return sum;
}

}  // namespace

std::optional<AuctionKind> parse_auction_kind(std::string_view text) { return kKinds.parse(text); }

std::optional<std::string> fault_of(const AuctionSettings& settings) {
    if (settings.open_cutoff.ns < 0 || settings.close_cutoff.ns < 0) {
        return "the cutoff of an auction is negative";
    }
    for (const AuctionPrint& print : settings.prints) {
        if (print.volume.raw < 0) {
            return fmt::format("the auction of {}: its volume is negative", to_string(print.at));
        }
    }
    return std::nullopt;
}

std::vector<std::string> describe(const AuctionSettings& settings) {
    std::vector<std::string> out;
    if (!settings.prints.empty()) {
        out.push_back(fmt::format(
            "Auctions: orders on open and on close fill at the {} prints told beside the data "
            "({:08x}), without slippage: market orders first, then the better limits; a limit at "
            "the print's own price is left out.",
            settings.prints.size(), checksum(settings.prints)));
    }
    const auto cutoff = [&](std::string_view what, Duration before) {
        if (before.ns == 0) return;
        out.push_back(fmt::format("Orders on {} are taken, changed and cancelled until {} before.",
                                  what, to_string(before)));
    };
    cutoff("open", settings.open_cutoff);
    cutoff("close", settings.close_cutoff);
    return out;
}

std::vector<AuctionPrint> prints_from(std::vector<AuctionPrint> prints, Timestamp start) {
    std::erase_if(prints, [&](const AuctionPrint& print) { return print.at < start; });
    const auto earlier = [](const AuctionPrint& a, const AuctionPrint& b) { return a.at < b.at; };
    if (std::is_sorted(prints.begin(), prints.end(), earlier)) return prints;
    for (auto it = prints.begin(); it != prints.end(); ++it) {
        std::rotate(std::upper_bound(prints.begin(), it, *it, earlier), it, it + 1);
    }
    return prints;
}

}  // namespace tradewind::sim
