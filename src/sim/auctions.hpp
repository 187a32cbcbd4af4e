// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/event.hpp"

/// The auctions with which sessions open and close, where they have prints of their own.
namespace tradewind::sim {

enum class AuctionKind : std::uint8_t { open, close };

[[nodiscard]] std::optional<AuctionKind> parse_auction_kind(std::string_view text);

/// The one price at which an auction traded.
struct AuctionPrint {
    Timestamp at;
    InstrumentId instrument{};
    AuctionKind kind = AuctionKind::open;
    Price price{};
    Qty volume{};  ///< 0: not told

    friend bool operator==(const AuctionPrint&, const AuctionPrint&) = default;
};

struct AuctionSettings {
    /// An instrument with a print among them has its orders on open and on close filled by these
    /// alone.
    std::vector<AuctionPrint> prints;
    /// Orders for an auction come, change and go until so long before it.
    Duration open_cutoff{};
    Duration close_cutoff{};

    [[nodiscard]] bool is_plain() const {
        return prints.empty() && open_cutoff.ns == 0 && close_cutoff.ns == 0;
    }
    friend bool operator==(const AuctionSettings&, const AuctionSettings&) = default;
};

/// What is wrong with them, in one line; nullopt where nothing is.
[[nodiscard]] std::optional<std::string> fault_of(const AuctionSettings& settings);
/// A sentence each; none where nothing is told.
[[nodiscard]] std::vector<std::string> describe(const AuctionSettings& settings);
/// By time, from `start` on.
[[nodiscard]] std::vector<AuctionPrint> prints_from(std::vector<AuctionPrint> prints,
                                                    Timestamp start);

}  // namespace tradewind::sim
