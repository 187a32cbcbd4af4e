// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/reasons.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tradewind::binance {
namespace {

using enum ErrorAction;
using Denied = DenialReason;
using Why = VenueReason;

enum class Where : std::uint8_t { both, spot, usd_m };

struct Row {
    std::int64_t code;
    ErrorAction action;
    VenueReason reason;
    std::optional<DenialReason> denial{};
    Where where = Where::both;
};

constexpr std::array kRows{
    // server and network
    Row{-1000, ask_status, Why::other},
    Row{-1001, ask_status, Why::other},
    Row{-1002, check_key, Why::other},
    Row{-1003, slow_down, Why::other, Denied::order_rate},
    Row{-1006, ask_status, Why::other},
    Row{-1007, ask_status, Why::other},
    Row{-1008, retry, Why::other},
    Row{-1013, give_up, Why::bad_order, Denied::malformed},
    Row{-1014, give_up, Why::bad_order, Denied::malformed},
    Row{-1015, slow_down, Why::other, Denied::order_rate},
    Row{-1016, give_up, Why::market_closed},
    Row{-1020, give_up, Why::bad_order},
    Row{-1021, set_clock, Why::other},
    Row{-1022, check_key, Why::other},
    Row{-1034, slow_down, Why::other},
    // the request
    Row{-1100, give_up, Why::bad_order, Denied::malformed},
    Row{-1101, give_up, Why::bad_order, Denied::malformed},
    Row{-1102, give_up, Why::bad_order, Denied::malformed},
    Row{-1103, give_up, Why::bad_order, Denied::malformed},
    Row{-1104, give_up, Why::bad_order, Denied::malformed},
    Row{-1105, give_up, Why::bad_order, Denied::malformed},
    Row{-1106, give_up, Why::bad_order, Denied::malformed},
    Row{-1108, give_up, Why::bad_order, Denied::malformed},
    Row{-1111, give_up, Why::bad_order, Denied::off_tick},
    Row{-1112, give_up, Why::no_liquidity},
    Row{-1114, give_up, Why::bad_order, Denied::malformed},
    Row{-1115, give_up, Why::bad_order, Denied::malformed},
    Row{-1116, give_up, Why::bad_order, Denied::malformed},
    Row{-1117, give_up, Why::bad_order, Denied::malformed},
    Row{-1118, give_up, Why::bad_order, Denied::malformed},
    Row{-1119, give_up, Why::bad_order, Denied::malformed},
    Row{-1121, give_up, Why::bad_order, Denied::unknown_instrument},
    Row{-1125, retry, Why::other},
    Row{-1128, give_up, Why::bad_order, Denied::malformed},
    Row{-1130, give_up, Why::bad_order, Denied::malformed},
    // orders
    Row{-2010, give_up, Why::other},
    Row{-2011, give_up, Why::other},
    Row{-2013, give_up, Why::unknown_order, Denied::unknown_order},
    Row{-2014, check_key, Why::other},
    Row{-2015, check_key, Why::other},
    Row{-2016, give_up, Why::market_closed},
    Row{-2018, give_up, Why::insufficient_funds, Denied::insufficient_cash, Where::usd_m},
    Row{-2019, give_up, Why::insufficient_funds, Denied::insufficient_margin, Where::usd_m},
    Row{-2020, give_up, Why::no_liquidity, {}, Where::usd_m},
    Row{-2021, ask_status, Why::other, {}, Where::spot},  // cancel and replace: one of the two done
    Row{-2021, give_up, Why::bad_order, {}, Where::usd_m},  // would trigger at once
    Row{-2022, give_up, Why::other, {}, Where::spot},       // cancel and replace: neither done
    Row{-2022, give_up, Why::would_not_reduce, Denied::reduce_only, Where::usd_m},
    Row{-2023, give_up, Why::liquidation, {}, Where::usd_m},
    Row{-2024, give_up, Why::insufficient_funds, Denied::reduce_only, Where::usd_m},
    Row{-2025, slow_down, Why::bad_order, Denied::order_rate, Where::usd_m},
    Row{-2026, give_up, Why::unknown_order, Denied::unknown_order, Where::spot},  // archived
    Row{-2026, give_up, Why::bad_order, Denied::malformed, Where::usd_m},
    Row{-2027, give_up, Why::bad_order, Denied::position_limit, Where::usd_m},
    Row{-2028, give_up, Why::insufficient_funds, Denied::insufficient_margin, Where::usd_m},
    Row{-2038, give_up, Why::other, {}, Where::spot},
    Row{-2039, give_up, Why::unknown_order, Denied::unknown_order, Where::spot},
    // filters of futures
    Row{-4001, give_up, Why::bad_order, Denied::malformed, Where::usd_m},
    Row{-4002, give_up, Why::price_limit, {}, Where::usd_m},
    Row{-4003, give_up, Why::bad_order, Denied::below_min_qty, Where::usd_m},
    Row{-4004, give_up, Why::bad_order, Denied::below_min_qty, Where::usd_m},
    Row{-4005, give_up, Why::bad_order, Denied::above_max_qty, Where::usd_m},
    Row{-4006, give_up, Why::bad_order, Denied::malformed, Where::usd_m},
    Row{-4007, give_up, Why::price_limit, {}, Where::usd_m},
    Row{-4013, give_up, Why::price_limit, {}, Where::usd_m},
    Row{-4014, give_up, Why::bad_order, Denied::off_tick, Where::usd_m},
    Row{-4015, give_up, Why::bad_order, Denied::malformed, Where::usd_m},
    Row{-4016, give_up, Why::price_limit, {}, Where::usd_m},
    Row{-4023, give_up, Why::bad_order, Denied::off_lot, Where::usd_m},
    Row{-4024, give_up, Why::price_limit, {}, Where::usd_m},
    Row{-4045, slow_down, Why::bad_order, Denied::order_rate, Where::usd_m},
    Row{-4050, give_up, Why::insufficient_funds, Denied::insufficient_margin, Where::usd_m},
    Row{-4051, give_up, Why::insufficient_funds, Denied::insufficient_margin, Where::usd_m},
    Row{-4060, give_up, Why::bad_order, Denied::malformed, Where::usd_m},
    Row{-4061, give_up, Why::bad_order, Denied::unknown_leg, Where::usd_m},
    Row{-4062, give_up, Why::would_not_reduce, Denied::reduce_only, Where::usd_m},
    Row{-4108, give_up, Why::delisted, {}, Where::usd_m},
    Row{-4116, give_up, Why::bad_order, Denied::duplicate, Where::usd_m},
    Row{-4118, give_up, Why::would_not_reduce, Denied::reduce_only, Where::usd_m},
    Row{-4131, give_up, Why::price_limit, {}, Where::usd_m},
    Row{-4135, give_up, Why::bad_order, Denied::malformed, Where::usd_m},
    Row{-4137, give_up, Why::bad_order, Denied::malformed, Where::usd_m},
    Row{-4138, give_up, Why::bad_order, Denied::reduce_only, Where::usd_m},
    Row{-4140, give_up, Why::market_closed, {}, Where::usd_m},
    Row{-4141, give_up, Why::market_closed, {}, Where::usd_m},
    Row{-4164, give_up, Why::bad_order, Denied::below_min_notional, Where::usd_m},
    Row{-4183, give_up, Why::price_limit, {}, Where::usd_m},
    Row{-4184, give_up, Why::price_limit, {}, Where::usd_m},
    Row{-4192, give_up, Why::other, Denied::restricted, Where::usd_m},
    Row{-4400, give_up, Why::would_not_reduce, Denied::restricted, Where::usd_m},
    Row{-4401, give_up, Why::would_not_reduce, Denied::restricted, Where::usd_m},
    // the matching engine of futures
    Row{-5021, give_up, Why::no_liquidity, {}, Where::usd_m},  // FOK
    Row{-5022, give_up, Why::would_take, Denied::would_cross_post_only, Where::usd_m},
    Row{-5024, give_up, Why::bad_order, {}, Where::usd_m},
    Row{-5025, give_up, Why::bad_order, Denied::malformed, Where::usd_m},
    Row{-5026, give_up, Why::bad_order, Denied::order_rate, Where::usd_m},
    Row{-5027, give_up, Why::bad_order, {}, Where::usd_m},  // a change that changes nothing
    Row{-5028, set_clock, Why::other, {}, Where::usd_m},
    Row{-5029, give_up, Why::bad_order, Denied::below_min_notional, Where::usd_m},
};

/// The venue's words of -1013, -2010, -2011 and -2038.
struct Words {
    std::string_view part;
    VenueReason reason;
    std::optional<DenialReason> denial{};
};
constexpr std::array kWords{
    Words{"Filter failure: PRICE_FILTER", Why::bad_order, Denied::off_tick},
    Words{"Filter failure: LOT_SIZE", Why::bad_order, Denied::off_lot},
    Words{"Filter failure: MARKET_LOT_SIZE", Why::bad_order, Denied::off_lot},
    Words{"Filter failure: MIN_NOTIONAL", Why::bad_order, Denied::below_min_notional},
    Words{"Filter failure: NOTIONAL", Why::bad_order, Denied::below_min_notional},
    Words{"Filter failure: PERCENT_PRICE", Why::price_limit},
    Words{"Filter failure: MAX_POSITION", Why::bad_order, Denied::position_limit},
    Words{"Filter failure: MAX_NUM", Why::bad_order, Denied::order_rate},
    Words{"Filter failure: EXCHANGE_MAX", Why::bad_order, Denied::order_rate},
    Words{"Filter failure", Why::bad_order, Denied::malformed},
    Words{"insufficient balance", Why::insufficient_funds, Denied::insufficient_cash},
    Words{"immediately match and take", Why::would_take, Denied::would_cross_post_only},
    Words{"Unknown order", Why::unknown_order, Denied::unknown_order},
    Words{"Duplicate order", Why::bad_order, Denied::duplicate},
    Words{"Market is closed", Why::market_closed},
    Words{"trigger immediately", Why::bad_order},
    Words{"Order book liquidity", Why::no_liquidity},
    Words{"is restricted for this account", Why::other, Denied::restricted},
    Words{"is not permitted for this account", Why::other, Denied::restricted},
    Words{"not supported", Why::bad_order, Denied::malformed},
    Words{"Unsupported order combination", Why::bad_order, Denied::malformed},
};

bool tells_by_words(std::int64_t code) {
    return code == -1013 || code == -2010 || code == -2011 || code == -2038;
}

}  // namespace

ErrorMeaning meaning_of(const VenueError& error, Segment segment) {
    const auto here = segment == Segment::spot ? Where::spot : Where::usd_m;
    const auto* row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) {
        return r.code == error.code && (r.where == Where::both || r.where == here);
    });
    // A code that we do not know says nothing about what was done.
    if (row == kRows.end()) return {.action = ask_status};
    ErrorMeaning out{
        .action = row->action, .reason = row->reason, .denial = row->denial, .is_known = true};
    if (!tells_by_words(error.code)) return out;
    const auto* words = std::find_if(kWords.begin(), kWords.end(),
                                     [&](const Words& w) { return error.text.contains(w.part); });
    if (words == kWords.end()) return out;
    out.reason = words->reason;
    out.denial = words->denial;
    return out;
}

VenueReason reason_of_reject(std::string_view word) {
    constexpr std::array<std::pair<std::string_view, VenueReason>, 5> kTable{
        {{"NONE", Why::none},
         {"INSUFFICIENT_BALANCES", Why::insufficient_funds},
         {"STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY", Why::bad_order},
         {"WOULD_MATCH_IMMEDIATELY", Why::would_take},
         {"OCO_BAD_PRICES", Why::bad_order}}};
    const auto* at =
        std::find_if(kTable.begin(), kTable.end(), [&](const auto& w) { return w.first == word; });
    return at == kTable.end() ? Why::other : at->second;
}

VenueReason reason_of_expiry(std::string_view word) {
    constexpr std::array<std::pair<std::string_view, VenueReason>, 8> kTable{
        {{"REJECTED", Why::other},
         {"EXCHANGE_CANCELED", Why::other},
         {"OCO_TRIGGER", Why::contingency},
         {"OTO_PHASE_ONE_EXPIRED", Why::contingency},
         {"UNFILLED_IOC_QUANTITY_EXPIRED", Why::no_liquidity},
         {"UNFILLED_FOK_ORDER_EXPIRED", Why::no_liquidity},
         {"INSUFFICIENT_LIQUIDITY", Why::no_liquidity},
         {"EXECUTION_RULE_PRICE_RANGE_EXCEEDED", Why::price_limit}}};
    const auto* at =
        std::find_if(kTable.begin(), kTable.end(), [&](const auto& w) { return w.first == word; });
    return at == kTable.end() ? Why::time_in_force : at->second;
}

}  // namespace tradewind::binance
