// SPDX-License-Identifier: Apache-2.0
#include "apps/venue_options.hpp"

#include "apps/option_text.hpp"

namespace tradewind::apps {
namespace {

using Done = std::expected<void, std::string>;

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

}  // namespace tradewind::apps
