// SPDX-License-Identifier: Apache-2.0
#include "apps/venue_options.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "apps/option_text.hpp"
#include "apps/table_file.hpp"
#include "base/try.hpp"

namespace tradewind::apps {
namespace {

using Done = std::expected<void, std::string>;

Done set_cutoff(Duration& out, std::string_view text) {
    const auto value = text == "0" ? std::optional{Duration{}} : parse_duration(text);
    if (!value || *value >= days(1)) return is_no(text, "a duration below a day, such as 10m");
    out = *value;
    return {};
}

constexpr std::string_view kLimitForm =
    "a price limit: SYMBOL:WIDTH or SYMBOL:WIDTH:REFERENCE, such as ES.CME:7%, *:20%/10% (up, "
    "down), X.NYSE:0.5:last or X.NYSE:5%:100";

}  // namespace

Done add_price_limit(RunConfig& config, std::string_view text) {
    for (const std::string_view one : split(text, ',')) {
        const auto limit = sim::parse_price_limit(one);
        if (!limit) return is_no(one, kLimitForm);
        config.price_limits.push_back(*limit);
    }
    return {};
}

Done set_statuses(RunConfig& config, std::string_view text) {
    if (text.empty()) return is_no(text, "a CSV file with the columns ts, instrument and status");
    TableFile file = TRY(TableFile::open(std::string{text}, {"ts", "instrument", "status"}));
    std::vector<StatusRow> out;
    while (TRY(file.next())) {
        const auto at = file.instant(0);
        if (!at) return file.error(0, "is no instant", "write 2024-03-18T14:30:00Z");
        const auto state = sim::parse_market_state(file.cell(2));
        if (!state) {
            return file.error(2, "is no status",
                              "write pre_open, open, halted, auction, paused or closed");
        }
        out.push_back({.place = file.place(),
                       .symbol = std::string{file.cell(1)},
                       .at = *at,
                       .state = *state});
    }
    config.statuses = std::move(out);
    return {};
}

Done set_halted_orders(RunConfig& config, std::string_view text) {
    const auto value = sim::parse_halted_orders(text);
    if (!value) return is_no(text, "what becomes of orders in a halt: queued or rejected");
    config.halted_orders = *value;
    return {};
}

Done set_auctions(RunConfig& config, std::string_view text) {
    enum Column : std::size_t { kTs, kInstrument, kAuction, kPrice, kVolume };
    if (text.empty()) return is_no(text, "a CSV file with the prints of auctions");
    TableFile file =
        TRY(TableFile::open(std::string{text}, {"ts", "instrument", "auction", "price", "volume"}));
    std::vector<AuctionRow> out;
    while (TRY(file.next())) {
        const auto at = file.instant(kTs);
        if (!at) return file.error(kTs, "is no instant", "write 2024-03-18T20:00:00Z");
        const auto kind = sim::parse_auction_kind(file.cell(kAuction));
        if (!kind) return file.error(kAuction, "is no auction", "write open or close");
        const auto price = parse_price(file.cell(kPrice));
        if (!price) return file.error(kPrice, "is no price", "write a number such as 101.25");
        const auto volume = parse_qty(file.cell(kVolume));
        if (!volume || volume->raw < 0) {
            return file.error(kVolume, "is no volume", "write a number from 0 on; 0: not told");
        }
        out.push_back({.place = file.place(),
                       .symbol = std::string{file.cell(kInstrument)},
                       .print = {.at = *at, .kind = *kind, .price = *price, .volume = *volume}});
    }
    config.auctions = std::move(out);
    return {};
}

Done set_open_cutoff(RunConfig& config, std::string_view text) {
    return set_cutoff(config.open_cutoff, text);
}
Done set_close_cutoff(RunConfig& config, std::string_view text) {
    return set_cutoff(config.close_cutoff, text);
}

}  // namespace tradewind::apps
