// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tradewind::apps {

struct VenueSimOptions {
    std::string exchange = "binance";
    std::string catalog;                   ///< or a seed
    std::vector<std::string> instruments;  ///< empty: every pair of the catalog that can be played
    std::string from;                      ///< what of the catalog is played first
    double speed = 1.0;
    std::optional<std::uint64_t> seed;
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::string certificate_file;
    std::string key_file;
    std::string accounts_file;
    std::string api_key = "tradewind";
    std::string api_secret = "tradewind";
    std::vector<std::string> deposits;  ///< "USDT=100000"
    std::string stop_after;             ///< "120s"
    bool json = false;
};

/// Serves until SIGINT, SIGTERM or the end of `stop_after`. The exit code.
[[nodiscard]] int run_venue_sim(const VenueSimOptions& options);

}  // namespace tradewind::apps
