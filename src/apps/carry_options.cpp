// SPDX-License-Identifier: Apache-2.0
#include "apps/carry_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "apps/option_text.hpp"
#include "apps/table_file.hpp"
#include "base/try.hpp"

namespace tradewind::apps {
namespace {

using Done = std::expected<void, std::string>;

/// No yearly rate is larger: hard-to-borrow shares stay below 10, that is 1000 %.
constexpr Rate kYearlyRateMax{100 * base::kDecimalOne};

std::optional<Rate> yearly_rate(std::string_view text) {
    const auto rate = parse_rate(text);
    if (!rate || *rate > kYearlyRateMax || rate->raw < -kYearlyRateMax.raw) return std::nullopt;
    return *rate;
}

Done set_margin_rate(std::optional<Rate>& out, std::string_view text) {
    const auto rate = parse_rate(text);
    if (!rate || rate->raw <= 0 || rate->raw > base::kDecimalOne) {
        return is_no(text, "a share of the notional above 0 and up to 1, such as 0.1");
    }
    out = *rate;
    return {};
}

std::expected<std::vector<sim::RateFrom>, std::string> read_rates(std::string_view path) {
    TableFile file = TRY(TableFile::open(std::string{path}, {"ts", "rate"}));
    std::vector<sim::RateFrom> out;
    while (TRY(file.next())) {
        const auto ts = file.instant(0);
        if (!ts || (!out.empty() && *ts <= out.back().from)) {
            return file.error(0, "is no instant after the one before",
                              "write UTC nanoseconds since 1970, sorted");
        }
        const auto rate = yearly_rate(file.cell(1));
        if (!rate) return file.error(1, "is no yearly rate", "write 0.25 for 25 % a year");
        out.push_back({.from = *ts, .a_year = *rate});
    }
    return out;
}

}  // namespace

Done set_initial_margin(RunConfig& config, std::string_view text) {
    return set_margin_rate(config.margin_initial, text);
}
Done set_maintenance_margin(RunConfig& config, std::string_view text) {
    return set_margin_rate(config.margin_maintenance, text);
}

Done set_liquidation(RunConfig& config, std::string_view text) {
    const auto value = sim::parse_liquidates(text);
    if (!value) return is_no(text, "how a venue liquidates: never, cross or isolated");
    config.margin.liquidates = *value;
    return {};
}

Done set_liquidation_fee(RunConfig& config, std::string_view text) {
    const auto rate = parse_rate(text);
    if (!rate || rate->raw < 0 || rate->raw > base::kDecimalOne) {
        return is_no(text, "a share of the notional from 0 to 1, such as 0.005");
    }
    config.margin.liquidation_fee = *rate;
    return {};
}

Done set_margin_call(RunConfig& config, std::string_view text) {
    const auto rate = parse_rate(text);
    if (!rate || rate->raw < base::kDecimalOne) {
        return is_no(text, "a multiple of the maintenance margin from 1 on, such as 1.2");
    }
    config.margin.call_at = *rate;
    return {};
}

Done add_borrow_cost(RunConfig& config, std::string_view text) {
    constexpr std::string_view kForm =
        "a borrow cost: SYMBOL:RATE, *:RATE or SYMBOL:recorded:FILE, such as GME.NYSE:0.25";
    constexpr std::string_view kRecorded = "recorded:";
    const std::size_t cut = text.find(':');
    if (cut == std::string_view::npos || cut == 0) return is_no(text, kForm);
    const std::string_view value = text.substr(cut + 1);
    sim::BorrowCost cost{.symbol = std::string{text.substr(0, cut)}, .rates = {}};
    if (value.starts_with(kRecorded)) {
        cost.rates = TRY(read_rates(value.substr(kRecorded.size())));
    } else {
        const auto rate = yearly_rate(value);
        if (!rate) return is_no(text, kForm);
        cost.rates = {{.from = kTimestampMin, .a_year = *rate}};
    }
    config.carry.borrow.push_back(std::move(cost));
    return {};
}

Done add_interest(RunConfig& config, std::string_view text) {
    const auto parts = split(text, ':');
    const auto currency = Currency::parse(parts[0]);
    const auto debit = parts.size() == 3 ? yearly_rate(parts[1]) : std::nullopt;
    const auto credit = parts.size() == 3 ? yearly_rate(parts[2]) : std::nullopt;
    if (!currency || !debit || !credit) {
        return is_no(text, "interest: CURRENCY:DEBIT:CREDIT, such as USD:0.06:0.01");
    }
    config.carry.interest.push_back({.currency = *currency, .debit = *debit, .credit = *credit});
    return {};
}

Done add_swap(RunConfig& config, std::string_view text) {
    const auto parts = split(text, ':');
    const auto for_long = parse_price(parts.size() == 3 ? parts[1] : "");
    const auto for_short = parse_price(parts.size() == 3 ? parts[2] : "");
    if (parts[0].empty() || !for_long || !for_short) {
        return is_no(text, "swap points: SYMBOL:LONG:SHORT, such as EURUSD.FX:-0.00008:0.00002");
    }
    config.carry.swaps.push_back({.symbol = std::string{parts[0]},
                                  .for_long = {for_long->raw},
                                  .for_short = {for_short->raw}});
    return {};
}

Done add_deposit_rate(RunConfig& config, std::string_view text) {
    const auto parts = split(text, ':');
    const auto currency = Currency::parse(parts[0]);
    const auto rate = parts.size() == 2 ? yearly_rate(parts[1]) : std::nullopt;
    if (!currency || !rate) return is_no(text, "a deposit rate: CURRENCY:RATE, such as EUR:0.02");
    config.carry.deposit_rates.push_back({.currency = *currency, .a_year = *rate});
    return {};
}

Done set_rollover_markup(RunConfig& config, std::string_view text) {
    const auto rate = yearly_rate(text);
    if (!rate || rate->raw < 0) return is_no(text, "a yearly rate from 0 on, such as 0.005");
    config.carry.rollover_markup = *rate;
    return {};
}

Done set_year_days(RunConfig& config, std::string_view text) {
    if (text != "360" && text != "365") return is_no(text, "a year's days: 360 or 365");
    config.carry.year_days = text == "360" ? 360 : 365;
    return {};
}

}  // namespace tradewind::apps
