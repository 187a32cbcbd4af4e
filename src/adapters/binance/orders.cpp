// SPDX-License-Identifier: Apache-2.0
#include "adapters/binance/orders.hpp"

#include <fmt/format.h>

#include <charconv>

#include "adapters/binance/reasons.hpp"
#include "base/try.hpp"

namespace tradewind::binance {
namespace {

constexpr std::string_view kIdPrefix = "tw-";
constexpr std::size_t kRunDigits = 8;
constexpr std::size_t kOrderDigits = 16;
constexpr std::size_t kIdSize = kIdPrefix.size() + kRunDigits + 1 + kOrderDigits;

template <typename Int>
bool read_hex(std::string_view text, Int& out) {
    for (const char c : text) {  // from_chars would also take capitals
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    }
    const char* end = text.data() + text.size();
    return std::from_chars(text.data(), end, out, 16).ptr == end;
}

using Refused = std::unexpected<OrderRefusal>;

/// Units of 1e-9 in one basis point of a TrailingOffset.
constexpr std::int64_t kOneUnit = base::kDecimalOne;
/// Futures: callbackRate, in percent, 0.1 to 10 with one decimal; in basis points 10 to 1,000.
constexpr std::int64_t kCallbackBpsMin = 10;
constexpr std::int64_t kCallbackBpsMax = 1'000;

std::string_view path_of(Segment segment) {
    return segment == Segment::spot ? "/api/v3/order" : "/fapi/v1/order";
}

std::string_view word_of(Side side) { return side == Side::buy ? "BUY" : "SELL"; }

bool is_limit_kind(const OrderSpec& spec) { return has_limit(spec.type); }

std::expected<std::string_view, OrderRefusal> spot_type(const OrderSpec& spec) {
    switch (spec.type) {
        case OrderType::market: return "MARKET";
        case OrderType::limit: return spec.post_only ? "LIMIT_MAKER" : "LIMIT";
        case OrderType::stop_market:
        case OrderType::trailing_stop_market: return "STOP_LOSS";
        case OrderType::stop_limit: return "STOP_LOSS_LIMIT";
        case OrderType::market_if_touched: return "TAKE_PROFIT";
        case OrderType::limit_if_touched: return "TAKE_PROFIT_LIMIT";
        case OrderType::trailing_stop_limit: break;  // its limit would have to stand still
    }
    return Refused(OrderRefusal::order_type);
}

std::expected<std::string_view, OrderRefusal> futures_type(const OrderSpec& spec) {
    switch (spec.type) {
        case OrderType::market: return "MARKET";
        case OrderType::limit: return "LIMIT";
        case OrderType::stop_market: return "STOP_MARKET";
        case OrderType::stop_limit: return "STOP";
        case OrderType::market_if_touched: return "TAKE_PROFIT_MARKET";
        case OrderType::limit_if_touched: return "TAKE_PROFIT";
        case OrderType::trailing_stop_market: return "TRAILING_STOP_MARKET";
        case OrderType::trailing_stop_limit: break;
    }
    return Refused(OrderRefusal::order_type);
}

/// Post-only is a type of its own on spot (limit orders alone), and GTX on futures.
std::expected<void, OrderRefusal> check_post_only(const OrderSpec& spec, Segment segment) {
    if (!spec.post_only) return {};
    const bool type_fits =
        segment == Segment::spot ? spec.type == OrderType::limit : is_limit_kind(spec);
    if (!type_fits || spec.time_in_force != TimeInForce::gtc) {
        return Refused(OrderRefusal::post_only);
    }
    return {};
}

std::expected<std::string_view, OrderRefusal> force_of(const OrderSpec& spec, Segment segment) {
    switch (spec.time_in_force) {
        case TimeInForce::gtc: return spec.post_only && segment == Segment::usd_m ? "GTX" : "GTC";
        case TimeInForce::ioc: return "IOC";
        case TimeInForce::fok: return "FOK";
        case TimeInForce::gtd:
            if (segment == Segment::usd_m && spec.expire_at) return "GTD";
            break;
        case TimeInForce::day:
        case TimeInForce::at_open:
        case TimeInForce::at_close: break;
    }
    return Refused(OrderRefusal::time_in_force);
}

/// A market order, also one that waits for its trigger, has no time in force at the venue; ours may
/// be what it does anyway.
std::expected<void, OrderRefusal> add_force(const OrderSpec& spec, Segment segment,
                                            Parameters& out) {
    if (!is_limit_kind(spec)) {
        const bool is_plain =
            spec.time_in_force == TimeInForce::gtc ||
            (spec.type == OrderType::market && spec.time_in_force == TimeInForce::ioc);
        if (!is_plain) return Refused(OrderRefusal::time_in_force);
        return {};
    }
    if (segment == Segment::spot && spec.post_only) return {};  // LIMIT_MAKER has none
    out.add("timeInForce", TRY(force_of(spec, segment)));
    if (spec.time_in_force == TimeInForce::gtd) {
        // The venue looks at whole seconds.
        out.add("goodTillDate",
                spec.expire_at->ns / seconds(1).ns * (seconds(1).ns / milliseconds(1).ns));
    }
    return {};
}

std::expected<void, OrderRefusal> add_prices(const OrderSpec& spec, Parameters& out) {
    if (is_limit_kind(spec)) {
        if (!spec.limit_price) return Refused(OrderRefusal::missing_price);
        out.add("price", to_string(*spec.limit_price));
    }
    const bool is_trailing = spec.type == OrderType::trailing_stop_market;
    if (has_trigger(spec.type) && !is_trailing) {
        if (!spec.trigger_price) return Refused(OrderRefusal::missing_price);
        out.add("stopPrice", to_string(*spec.trigger_price));
    }
    return {};
}

/// Whole basis points of the offset.
std::expected<std::int64_t, OrderRefusal> offset_bps(const OrderSpec& spec) {
    const auto& offset = spec.trailing;
    const bool is_whole = offset && offset->unit == OffsetUnit::basis_points && offset->value > 0 &&
                          offset->value % kOneUnit == 0;
    if (!is_whole) return Refused(OrderRefusal::trailing_offset);
    return offset->value / kOneUnit;
}

std::expected<void, OrderRefusal> add_spot_trailing(const OrderSpec& spec, Parameters& out) {
    out.add("trailingDelta", TRY(offset_bps(spec)));
    if (spec.trigger_price) out.add("stopPrice", to_string(*spec.trigger_price));
    return {};
}

std::expected<void, OrderRefusal> add_futures_trailing(const OrderSpec& spec, Parameters& out) {
    const std::int64_t bps = TRY(offset_bps(spec));
    if (bps < kCallbackBpsMin || bps > kCallbackBpsMax || bps % 10 != 0) {
        return Refused(OrderRefusal::trailing_offset);
    }
    out.add("callbackRate", base::format_decimal(bps, 2));
    if (spec.trigger_price) out.add("activationPrice", to_string(*spec.trigger_price));
    return {};
}

std::expected<void, OrderRefusal> add_spot_rest(const OrderSpec& spec, Parameters& out) {
    if (spec.reduce_only) return Refused(OrderRefusal::reduce_only);
    if (spec.leg) return Refused(OrderRefusal::leg);
    const bool by_last =
        spec.trigger_by == TriggerBy::venue_default || spec.trigger_by == TriggerBy::last;
    if (has_trigger(spec.type) && !by_last) return Refused(OrderRefusal::trigger_by);
    if (spec.display_qty) {
        if (!is_limit_kind(spec) || spec.time_in_force != TimeInForce::gtc) {
            return Refused(OrderRefusal::display_qty);
        }
        out.add("icebergQty", to_string(*spec.display_qty));
    }
    return {};
}

std::expected<void, OrderRefusal> add_futures_rest(const OrderSpec& spec, bool hedge_mode,
                                                   Parameters& out) {
    if (spec.display_qty) return Refused(OrderRefusal::display_qty);
    if (hedge_mode != spec.leg.has_value()) return Refused(OrderRefusal::leg);
    if (spec.leg) {
        // In hedge mode the venue refuses reduceOnly: the leg and the side say it.
        if (spec.reduce_only && *spec.leg != leg_closed_by(spec.side)) {
            return Refused(OrderRefusal::reduce_only);
        }
        out.add("positionSide", *spec.leg == Leg::long_leg ? "LONG" : "SHORT");
    } else if (spec.reduce_only) {
        out.add("reduceOnly", "true");
    }
    if (!has_trigger(spec.type)) return {};
    switch (spec.trigger_by) {
        case TriggerBy::venue_default: return {};
        case TriggerBy::last: out.add("workingType", "CONTRACT_PRICE"); return {};
        case TriggerBy::mark: out.add("workingType", "MARK_PRICE"); return {};
        case TriggerBy::bid_ask:
        case TriggerBy::mid: break;
    }
    return Refused(OrderRefusal::trigger_by);
}

/// All parameters of a new order but its id.
std::expected<Parameters, OrderRefusal> order_parameters(const OrderSpec& spec,
                                                         std::string_view symbol,
                                                         const RequestMaker& maker) {
    const bool is_spot = maker.segment == Segment::spot;
    Parameters out;
    out.add("symbol", symbol);
    out.add("side", word_of(spec.side));
    out.add("type", TRY(is_spot ? spot_type(spec) : futures_type(spec)));
    TRY_VOID(check_post_only(spec, maker.segment));
    TRY_VOID(add_force(spec, maker.segment, out));
    out.add("quantity", to_string(spec.qty));
    TRY_VOID(add_prices(spec, out));
    if (spec.type == OrderType::trailing_stop_market) {
        TRY_VOID(is_spot ? add_spot_trailing(spec, out) : add_futures_trailing(spec, out));
    }
    TRY_VOID(is_spot ? add_spot_rest(spec, out) : add_futures_rest(spec, maker.hedge_mode, out));
    return out;
}

}  // namespace

std::string client_order_id(RunTag run, OrderId order) {
    return fmt::format("{}{:08x}-{:016x}", kIdPrefix, run.value, order.packed);
}

std::optional<OrderId> parse_client_order_id(RunTag run, std::string_view text) {
    if (text.size() != kIdSize || !text.starts_with(kIdPrefix)) return std::nullopt;
    text.remove_prefix(kIdPrefix.size());
    std::uint32_t tag = 0;
    OrderId out;
    if (text[kRunDigits] != '-' || !read_hex(text.substr(0, kRunDigits), tag) || tag != run.value ||
        !read_hex(text.substr(kRunDigits + 1), out.packed)) {
        return std::nullopt;
    }
    return out;
}

std::string_view to_string(OrderRefusal value) {
    switch (value) {
        case OrderRefusal::order_type: return "order_type";
        case OrderRefusal::time_in_force: return "time_in_force";
        case OrderRefusal::trigger_by: return "trigger_by";
        case OrderRefusal::post_only: return "post_only";
        case OrderRefusal::reduce_only: return "reduce_only";
        case OrderRefusal::leg: return "leg";
        case OrderRefusal::display_qty: return "display_qty";
        case OrderRefusal::trailing_offset: return "trailing_offset";
        case OrderRefusal::missing_price: return "missing_price";
        case OrderRefusal::change: return "change";
        case OrderRefusal::contingency: return "contingency";
    }
    return "?";
}

MadeRequest RequestMaker::submit(const OrderIntent& order, std::string_view symbol) const {
    if (order.links.contingency != Contingency::none || order.links.parent) {
        return Refused(OrderRefusal::contingency);
    }
    Request out{.path = path_of(segment),
                .parameters = TRY(order_parameters(order.spec, symbol, *this))};
    out.parameters.add("newClientOrderId", client_order_id(run, order.id));
    // The whole answer, also where the user stream is late or down.
    out.parameters.add("newOrderRespType", segment == Segment::spot ? "FULL" : "RESULT");
    return out;
}

Request RequestMaker::cancel(OrderId order, std::string_view symbol) const {
    Request out{.method = Method::remove, .path = path_of(segment), .parameters = {}};
    out.parameters.add("symbol", symbol);
    out.parameters.add("origClientOrderId", client_order_id(run, order));
    return out;
}

Request RequestMaker::query(OrderId order, std::string_view symbol) const {
    Request out = cancel(order, symbol);
    out.method = Method::get;
    return out;
}

MadeRequest RequestMaker::replace(OrderId order, const OrderIntent& changed,
                                  std::string_view symbol) const {
    if (segment == Segment::spot) {
        Request out{.path = "/api/v3/order/cancelReplace",
                    .parameters = TRY(order_parameters(changed.spec, symbol, *this))};
        // If the old one is gone (filled), no second one may come.
        out.parameters.add("cancelReplaceMode", "STOP_ON_FAILURE");
        out.parameters.add("cancelOrigClientOrderId", client_order_id(run, order));
        out.parameters.add("newClientOrderId", client_order_id(run, changed.id));
        out.parameters.add("newOrderRespType", "FULL");
        return out;
    }
    if (changed.spec.type != OrderType::limit) return Refused(OrderRefusal::change);
    if (!changed.spec.limit_price) return Refused(OrderRefusal::missing_price);
    Request out{.method = Method::put, .path = path_of(segment), .parameters = {}};
    out.parameters.add("symbol", symbol);
    out.parameters.add("side", word_of(changed.spec.side));
    out.parameters.add("quantity", to_string(changed.spec.qty));
    out.parameters.add("price", to_string(*changed.spec.limit_price));
    out.parameters.add("origClientOrderId", client_order_id(run, order));
    return out;
}

MadeRequest RequestMaker::submit_oco(const OrderIntent& limit, const OrderIntent& stop,
                                     std::string_view symbol) const {
    const bool is_pair =
        segment == Segment::spot && limit.spec.type == OrderType::limit &&
        (stop.spec.type == OrderType::stop_market || stop.spec.type == OrderType::stop_limit) &&
        limit.spec.side == stop.spec.side && limit.spec.qty == stop.spec.qty &&
        limit.spec.instrument == stop.spec.instrument &&
        limit.spec.time_in_force == TimeInForce::gtc;
    if (!is_pair) return Refused(OrderRefusal::contingency);
    // Both are checked as orders by themselves first.
    static_cast<void>(TRY(order_parameters(limit.spec, symbol, *this)));
    static_cast<void>(TRY(order_parameters(stop.spec, symbol, *this)));
    if (limit.spec.display_qty || stop.spec.display_qty) return Refused(OrderRefusal::display_qty);

    // Of a sell the limit lies above the market and the stop below it; of a buy the other way.
    const bool limit_is_above = limit.spec.side == Side::sell;
    const std::string limit_leg = limit_is_above ? "above" : "below";
    const std::string stop_leg = limit_is_above ? "below" : "above";
    Request out{.path = "/api/v3/orderList/oco", .parameters = {}};
    Parameters& p = out.parameters;
    p.add("symbol", symbol);
    p.add("side", word_of(limit.spec.side));
    p.add("quantity", to_string(limit.spec.qty));
    p.add(limit_leg + "Type", "LIMIT_MAKER");
    p.add(limit_leg + "Price", to_string(*limit.spec.limit_price));
    p.add(limit_leg + "ClientOrderId", client_order_id(run, limit.id));
    p.add(stop_leg + "Type", TRY(spot_type(stop.spec)));
    p.add(stop_leg + "StopPrice", to_string(*stop.spec.trigger_price));
    if (stop.spec.type == OrderType::stop_limit) {
        p.add(stop_leg + "Price", to_string(*stop.spec.limit_price));
        p.add(stop_leg + "TimeInForce", TRY(force_of(stop.spec, segment)));
    }
    p.add(stop_leg + "ClientOrderId", client_order_id(run, stop.id));
    p.add("newOrderRespType", "RESULT");
    return out;
}

// --- reports ----------------------------------------------------------------------------------

namespace {

std::expected<Fill, ReportFault> fill_of(const OrderReport& report) {
    if (report.last_qty.raw <= 0 || report.last_price.raw <= 0) {
        return std::unexpected(ReportFault::bad_fill);
    }
    Fill out{.price = report.last_price,
             .qty = report.last_qty,
             .side = report.side,
             .liquidity = report.is_maker ? Liquidity::maker : Liquidity::taker,
             .basis = {.reference = report.last_price}};
    if (report.position_side != PositionSide::both) {
        out.leg = report.position_side == PositionSide::long_side ? Leg::long_leg : Leg::short_leg;
    }
    if (report.commission && report.commission->raw != 0) {
        const auto currency = Currency::parse(report.commission_asset);
        if (!currency) return std::unexpected(ReportFault::unknown_asset);
        out.fee = *report.commission;
        out.fee_currency = *currency;
    }
    out.trade_number = report.trade_id > 0 ? static_cast<std::uint64_t>(report.trade_id) : 0;
    return out;
}

OrderTerms terms_of(const OrderReport& report) {
    OrderTerms out{.qty = report.qty, .limit_price = {}, .trigger_price = {}};
    if (report.price.raw > 0) out.limit_price = report.price;
    if (report.stop_price.raw > 0) out.trigger_price = report.stop_price;
    return out;
}

VenueReason expiry_of(const OrderReport& report) {
    if (!report.expiry_reason.empty()) return reason_of_expiry(report.expiry_reason);
    const bool takes_at_once = report.time_in_force == VenueTimeInForce::ioc ||
                               report.time_in_force == VenueTimeInForce::fok ||
                               report.type == VenueOrderType::market;
    if (takes_at_once) return VenueReason::no_liquidity;
    return report.time_in_force == VenueTimeInForce::gtx ? VenueReason::would_take
                                                         : VenueReason::time_in_force;
}

}  // namespace

std::expected<OrderEvent, ReportFault> to_order_event(const OrderReport& report, RunTag run,
                                                      InstrumentId instrument) {
    // Spot names a cancel by an id of its own, and the order in C.
    const bool is_cancel = report.execution == ExecutionType::canceled;
    const std::string_view id = is_cancel && !report.original_client_order_id.empty()
                                    ? report.original_client_order_id
                                    : report.client_order_id;
    const auto order = parse_client_order_id(run, id);
    if (!order) return std::unexpected(ReportFault::not_ours);
    OrderEvent out{.instrument = instrument, .order = *order};
    switch (report.execution) {
        case ExecutionType::new_order:
            // Futures tell NEW again when a trigger was reached; only the book knows which it is.
            out.kind = OrderEventKind::accepted;
            return out;
        case ExecutionType::trade:
        case ExecutionType::calculated:
            out.kind = report.status == VenueOrderStatus::filled ? OrderEventKind::filled
                                                                 : OrderEventKind::partially_filled;
            out.detail = TRY(fill_of(report));
            return out;
        case ExecutionType::canceled:
            out.kind = OrderEventKind::canceled;
            out.detail = VenueReason::requested;
            return out;
        case ExecutionType::rejected:
            out.kind = OrderEventKind::rejected;
            out.detail = reason_of_reject(report.reject_reason);
            out.text = report.reject_reason;
            return out;
        case ExecutionType::expired:
            out.kind = OrderEventKind::expired;
            out.detail = expiry_of(report);
            out.text = report.expiry_reason;
            return out;
        case ExecutionType::trade_prevention:
            // Self-trade prevention took a part or all of what was left.
            if (report.status != VenueOrderStatus::expired_in_match) {
                return std::unexpected(ReportFault::nothing_new);
            }
            out.kind = OrderEventKind::expired;
            out.detail = VenueReason::other;
            out.text = "EXPIRED_IN_MATCH";
            return out;
        case ExecutionType::replaced:
        case ExecutionType::amendment:
            out.kind = OrderEventKind::replaced;
            out.detail = terms_of(report);
            return out;
    }
    return std::unexpected(ReportFault::nothing_new);
}

}  // namespace tradewind::binance
