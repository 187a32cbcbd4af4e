// SPDX-License-Identifier: Apache-2.0
#include "market/validation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <variant>

#include "domain/names.hpp"

namespace tradewind::market {
namespace {

constexpr auto kDefectNames = names<DefectKind>(
    "unknown_instrument", "time_backwards", "non_positive_price", "crossed_quote", "high_below_low",
    "open_outside_range", "close_outside_range", "negative_size", "no_size", "opens_after_close",
    "bad_step", "bad_ratio", "update_gap", "unfinished_message", "crossed_book", "locked_book",
    "unknown_order", "duplicate_order", "oversized_reduction", "side_overflow");

using Found = std::optional<Defect>;

Defect defect(DefectKind kind, std::int64_t limit, std::int64_t actual) {
    return {.kind = kind, .limit = limit, .actual = actual};
}

/// Crude oil of May 2020 settled at -37.63 dollars: a future's price may be anything.
Found check_price(Price price, const Instrument& instrument) {
    if (price.raw > 0 || instrument.asset_class == AssetClass::future) return std::nullopt;
    return defect(DefectKind::non_positive_price, 0, price.raw);
}

Found check_size(Qty size) {
    if (size.raw >= 0) return std::nullopt;
    return defect(DefectKind::negative_size, 0, size.raw);
}

/// The first of several.
template <typename... Checks>
Found first_of(Found found, Checks... rest) {
    if constexpr (sizeof...(rest) == 0) {
        return found;
    } else {
        return found ? found : first_of(rest...);
    }
}

Found check_within(Price price, const Bar& bar, DefectKind kind) {
    if (price < bar.low) return defect(kind, bar.low.raw, price.raw);
    if (price > bar.high) return defect(kind, bar.high.raw, price.raw);
    return std::nullopt;
}

Found check_payload(const Bar& bar, const Instrument& instrument, Timestamp ts) {
    if (bar.spec.step <= 0) return defect(DefectKind::bad_step, 1, bar.spec.step);
    if (bar.open_ts > ts) return defect(DefectKind::opens_after_close, ts.ns, bar.open_ts.ns);
    if (bar.high < bar.low) {
        return defect(DefectKind::high_below_low, bar.low.raw, bar.high.raw);
    }
    return first_of(check_price(bar.low, instrument),
                    check_within(bar.open, bar, DefectKind::open_outside_range),
                    check_within(bar.close, bar, DefectKind::close_outside_range),
                    check_size(bar.volume));
}

Found check_payload(const Quote& quote, const Instrument& instrument, Timestamp /*ts*/) {
    if (quote.bid > quote.ask) {
        return defect(DefectKind::crossed_quote, quote.ask.raw, quote.bid.raw);
    }
    return first_of(check_price(quote.bid, instrument), check_size(quote.bid_size),
                    check_size(quote.ask_size));
}

Found check_payload(const Trade& trade, const Instrument& instrument, Timestamp /*ts*/) {
    if (trade.size.raw == 0) return defect(DefectKind::no_size, 1, 0);
    return first_of(check_price(trade.price, instrument), check_size(trade.size));
}

Found check_payload(const BookLevel& level, const Instrument& instrument, Timestamp /*ts*/) {
    return first_of(check_price(level.price, instrument), check_size(level.size));
}

/// Only what places an order has a price that counts.
Found check_payload(const BookOrder& order, const Instrument& instrument, Timestamp /*ts*/) {
    const bool places = order.action == BookAction::set || order.action == BookAction::add ||
                        order.action == BookAction::modify;
    if (!places) return check_size(order.size);
    return first_of(check_price(order.price, instrument), check_size(order.size));
}

Found check_payload(const CorporateAction& action, const Instrument& /*instrument*/,
                    Timestamp /*ts*/) {
    if (action.kind == CorporateActionKind::split &&
        (action.new_shares <= 0 || action.old_shares <= 0)) {
        return defect(DefectKind::bad_ratio, 1, std::min(action.new_shares, action.old_shares));
    }
    const bool pays = action.kind == CorporateActionKind::cash_dividend ||
                      action.kind == CorporateActionKind::delisting;
    if (pays && action.amount.raw < 0) {
        return defect(DefectKind::non_positive_price, 0, action.amount.raw);
    }
    return std::nullopt;
}

bool counts_time(DefectKind kind) {
    return kind == DefectKind::time_backwards || kind == DefectKind::opens_after_close;
}

bool is_plain_count(DefectKind kind) {
    return kind == DefectKind::unknown_instrument || kind == DefectKind::bad_step ||
           kind == DefectKind::bad_ratio || kind == DefectKind::update_gap ||
           kind == DefectKind::unfinished_message || kind == DefectKind::unknown_order ||
           kind == DefectKind::duplicate_order;
}

std::string text_of(DefectKind kind, std::int64_t value) {
    if (counts_time(kind)) return to_string(Timestamp{value});
    return is_plain_count(kind) ? fmt::format("{}", value) : to_string(Price{value});
}

}  // namespace

std::string_view to_string(DefectKind value) { return kDefectNames.of(value); }

std::string describe(const Defect& defect) {
    return fmt::format("{}: limit {}, actual {}", to_string(defect.kind),
                       text_of(defect.kind, defect.limit), text_of(defect.kind, defect.actual));
}

std::optional<Defect> check(const Event& event, const InstrumentTable& instruments,
                            Timestamp previous) {
    if (event.ts < previous) {
        return defect(DefectKind::time_backwards, previous.ns, event.ts.ns);
    }
    const auto id = instrument_of(event.payload);
    if (id && id->value >= instruments.size()) {
        return defect(DefectKind::unknown_instrument, static_cast<std::int64_t>(instruments.size()),
                      id->value);
    }
    return std::visit(
        [&]<typename T>(const T& payload) -> Found {
            if constexpr (requires { check_payload(payload, instruments.all()[0], event.ts); }) {
                return check_payload(payload, instruments.at(*id), event.ts);
            } else {
                return std::nullopt;
            }
        },
        event.payload);
}

}  // namespace tradewind::market
