// SPDX-License-Identifier: Apache-2.0
#include "engine/describe.hpp"

#include <fmt/format.h>

namespace tradewind::engine {
namespace {

struct DecisionText {
    const InstrumentTable& instruments;

    [[nodiscard]] std::string symbol(InstrumentId id) const {
        return id.value < instruments.size() ? instruments.at(id).symbol
                                             : fmt::format("instrument {}", id.value);
    }
    static std::string name(OrderId id) {
        return fmt::format("{}-{}", id.strategy().value, id.sequence());
    }
    static std::string price(std::string_view what, const std::optional<Price>& price) {
        return price ? fmt::format(" {} {}", what, to_string(*price)) : std::string{};
    }

    std::string operator()(const SubmitOrder& submit) const {
        const OrderSpec& spec = submit.order.spec;
        return fmt::format("submit {} {}{} {} {} {}{}{} {}", name(submit.order.id),
                           to_string(spec.side), leg(spec.leg), to_string(spec.qty),
                           symbol(spec.instrument), to_string(spec.type),
                           price("limit", spec.limit_price), price("trigger", spec.trigger_price),
                           to_string(spec.time_in_force));
    }
    static std::string leg(const std::optional<Leg>& leg) {
        return leg ? fmt::format(" {}", to_string(*leg)) : std::string{};
    }
    std::string operator()(const ReplaceOrder& replace) const {
        return fmt::format(
            "replace {} {}{}{}{}", name(replace.id), symbol(replace.instrument),
            replace.change.qty ? fmt::format(" qty {}", to_string(*replace.change.qty)) : "",
            price("limit", replace.change.limit_price),
            price("trigger", replace.change.trigger_price));
    }
    std::string operator()(const CancelOrder& cancel) const {
        return fmt::format("cancel {} {}", name(cancel.id), symbol(cancel.instrument));
    }
    std::string operator()(const SetTimer& timer) const {
        return fmt::format("set timer {} of strategy {} at {}", timer.timer.timer.value,
                           timer.timer.strategy.value, to_string(timer.at));
    }
    std::string operator()(const Refusal& refusal) const {
        return fmt::format("refuse {} {} {}", refusal.new_order ? "order" : "change",
                           name(refusal.id), tradewind::describe(refusal.denial));
    }
    std::string operator()(const Shrink& shrink) const {
        return fmt::format("shrink order {} of {} {}: {}", name(shrink.id), to_string(shrink.asked),
                           symbol(shrink.instrument), tradewind::describe(shrink.denial));
    }
    std::string operator()(const StateChange& change) const {
        return fmt::format(
            "{} -> {}{}{} by brake {}: {} against {}{}", to_string(change.from),
            to_string(change.to), change.instrument ? " " + symbol(*change.instrument) : "",
            change.strategy ? fmt::format(" strategy {}", change.strategy->value) : "",
            change.brake, to_string(change.actual), to_string(change.limit),
            change.until ? " until " + to_string(*change.until) : "");
    }
    std::string operator()(const Command& command) const { return std::visit(*this, command); }
};

struct DetailText {
    std::string operator()(const std::monostate&) const { return {}; }
    std::string operator()(const Fill& fill) const {
        const std::string slipped =
            fill.basis.reference == fill.price
                ? std::string{}
                : fmt::format(" (before slippage {})", to_string(fill.basis.reference));
        return fmt::format(" {}{} {} at {}{}, fee {} {}, {}{}", to_string(fill.side),
                           DecisionText::leg(fill.leg), to_string(fill.qty), to_string(fill.price),
                           slipped, to_string(fill.fee), to_string(fill.fee_currency),
                           to_string(fill.liquidity), fill.basis.ambiguous ? ", ambiguous" : "");
    }
    std::string operator()(const VenueReason& reason) const {
        return fmt::format(" ({})", to_string(reason));
    }
    std::string operator()(const OrderTerms& terms) const {
        return fmt::format(" to qty {}{}{}", to_string(terms.qty),
                           DecisionText::price("limit", terms.limit_price),
                           DecisionText::price("trigger", terms.trigger_price));
    }
    std::string operator()(const Denial& denial) const { return " " + tradewind::describe(denial); }
};

/// What a reader of a log looks for is told in full; the rest by its kind and instrument.
struct PayloadText {
    const InstrumentTable& instruments;

    [[nodiscard]] std::string symbol(InstrumentId id) const {
        return DecisionText{instruments}.symbol(id);
    }
    std::string operator()(const Bar& bar) const {
        return fmt::format("bar {} {} open {} high {} low {} close {} volume {}",
                           symbol(bar.instrument), to_string(bar.spec), to_string(bar.open),
                           to_string(bar.high), to_string(bar.low), to_string(bar.close),
                           to_string(bar.volume));
    }
    std::string operator()(const Quote& quote) const {
        return fmt::format("quote {} bid {} x {} ask {} x {}", symbol(quote.instrument),
                           to_string(quote.bid), to_string(quote.bid_size), to_string(quote.ask),
                           to_string(quote.ask_size));
    }
    std::string operator()(const Trade& trade) const {
        return fmt::format("trade {} {} at {}", symbol(trade.instrument), to_string(trade.size),
                           to_string(trade.price));
    }
    std::string operator()(const OrderEvent& event) const {
        return fmt::format("order {} {} {}{}", DecisionText::name(event.order),
                           symbol(event.instrument), to_string(event.kind),
                           std::visit(DetailText{}, event.detail));
    }
    std::string operator()(const CashFlow& flow) const {
        return fmt::format("cash {} {} ({})", to_string(flow.amount), to_string(flow.currency),
                           to_string(flow.reason));
    }
    std::string operator()(const Override& order) const {
        return fmt::format("override {}{}{}{} by {}: {}", to_string(order.state),
                           order.instrument ? " " + symbol(*order.instrument) : "",
                           whose(order.strategy, std::nullopt),
                           order.until ? " until " + to_string(*order.until) : "",
                           order.who.empty() ? "a machine" : order.who, order.why);
    }
    std::string operator()(const MarginCall& call) const {
        return fmt::format("margin call{}{}, equity {} of the {} {} required",
                           call.instrument ? " " + symbol(*call.instrument) : "",
                           whose(call.strategy, call.leg), to_string(call.equity),
                           to_string(call.required), to_string(call.currency));
    }
    std::string operator()(const Liquidation& liquidation) const {
        return fmt::format("liquidation {}{}{}", symbol(liquidation.instrument),
                           whose(liquidation.strategy, std::nullopt),
                           DetailText{}(liquidation.fill));
    }
    static std::string whose(const std::optional<StrategyId>& strategy,
                             const std::optional<Leg>& leg) {
        if (!strategy) return {};
        return fmt::format(" of strategy {}{}", strategy->value, DecisionText::leg(leg));
    }
    std::string operator()(const Timer& timer) const {
        return fmt::format("timer {} of strategy {}", timer.timer.value, timer.strategy.value);
    }
    std::string operator()(const CorporateAction& action) const {
        return fmt::format("{} {} {} for {}, amount {}", symbol(action.instrument),
                           to_string(action.kind), action.new_shares, action.old_shares,
                           to_string(action.amount));
    }
    std::string operator()(const Funding& funding) const {
        return fmt::format("funding {} {}", symbol(funding.instrument), to_string(funding.rate));
    }
    template <typename Other>
    std::string operator()(const Other& other) const {
        const Payload payload{other};
        const auto about = instrument_of(payload);
        return fmt::format("{}{}", kind_name(payload), about ? " " + symbol(*about) : "");
    }
};

}  // namespace

std::string describe(const Decision& decision, const InstrumentTable& instruments) {
    return std::visit(DecisionText{instruments}, decision);
}

std::string describe(const Payload& payload, const InstrumentTable& instruments) {
    return std::visit(PayloadText{instruments}, payload);
}

}  // namespace tradewind::engine
