// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rapidcheck.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "domain/command.hpp"
#include "domain/event.hpp"

/// Random values of the whole vocabulary, for properties that must hold of every event and
/// decision. `Any<T>::draw()` is called inside a rapidcheck property or generator; `any<T>()` is
/// the generator.
namespace tradewind::test {

template <typename T>
struct Any;

template <typename T>
[[nodiscard]] rc::Gen<T> any() {
    return rc::gen::exec([] { return Any<T>::draw(); });
}

/// Below `bound`, each as often as every other; rapidcheck's own ranges begin small.
[[nodiscard]] inline std::size_t draw_below(std::size_t bound) {
    return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::size_t>(0, bound));
}

/// One of an enum's values, whose last is named.
template <typename Enum>
[[nodiscard]] Enum draw_enum(Enum last) {
    return static_cast<Enum>(draw_below(static_cast<std::size_t>(last) + 1));
}

template <>
struct Any<bool> {
    static bool draw() { return *rc::gen::arbitrary<bool>(); }
};
/// Small ones, large ones, and the ends.
template <>
struct Any<std::int64_t> {
    static std::int64_t draw() {
        return *rc::gen::weightedOneOf<std::int64_t>(
            {{6, rc::gen::arbitrary<std::int64_t>()},
             {1, rc::gen::element<std::int64_t>(INT64_MIN, -1, 0, 1, INT64_MAX)}});
    }
};
template <>
struct Any<std::uint64_t> {
    static std::uint64_t draw() { return static_cast<std::uint64_t>(Any<std::int64_t>::draw()); }
};
template <>
struct Any<std::uint32_t> {
    static std::uint32_t draw() { return *rc::gen::arbitrary<std::uint32_t>(); }
};
template <>
struct Any<std::uint16_t> {
    static std::uint16_t draw() { return *rc::gen::arbitrary<std::uint16_t>(); }
};
/// NaN is left out: it equals nothing, not even what was read back.
template <>
struct Any<double> {
    static double draw() {
        return *rc::gen::oneOf(rc::gen::suchThat<double>([](double x) { return !std::isnan(x); }),
                               rc::gen::element(0.0, -1.0, 1.0, 0.1, 1e300, -5e-324, HUGE_VAL));
    }
};
/// Events hold views, so the texts outlive every property.
template <>
struct Any<std::string_view> {
    static std::string_view draw() {
        using namespace std::string_view_literals;
        return *rc::gen::element(""sv, "x"sv, "SPY.ARCA"sv, "Fed holds \xe2\x80\x94 dot plot"sv,
                                 "line\nbreak, \"quote\""sv, "with\0nul"sv, "\xff\xfe"sv,
                                 "a text that is longer than any small-string buffer keeps"sv);
    }
};
template <typename T>
struct Any<std::optional<T>> {
    static std::optional<T> draw() {
        return Any<bool>::draw() ? std::optional<T>{Any<T>::draw()} : std::nullopt;
    }
};
template <>
struct Any<std::monostate> {
    static std::monostate draw() { return {}; }
};
/// Every alternative as often as every other.
template <typename... T>
struct Any<std::variant<T...>> {
    static std::variant<T...> draw() {
        using Draw = std::variant<T...> (*)();
        constexpr Draw draws[] = {[] { return std::variant<T...>{Any<T>::draw()}; }...};
        return draws[draw_below(sizeof...(T))]();
    }
};

template <>
struct Any<InstrumentId> {
    static InstrumentId draw() { return InstrumentId{Any<std::uint32_t>::draw()}; }
};
template <>
struct Any<StrategyId> {
    static StrategyId draw() { return StrategyId{*rc::gen::arbitrary<std::uint16_t>()}; }
};
template <>
struct Any<OrderId> {
    static OrderId draw() { return {Any<std::uint64_t>::draw()}; }
};
template <>
struct Any<Timestamp> {
    static Timestamp draw() { return {Any<std::int64_t>::draw()}; }
};
template <>
struct Any<Price> {
    static Price draw() { return {Any<std::int64_t>::draw()}; }
};
template <>
struct Any<Qty> {
    static Qty draw() { return {Any<std::int64_t>::draw()}; }
};
template <>
struct Any<Rate> {
    static Rate draw() { return {Any<std::int64_t>::draw()}; }
};
template <>
struct Any<Money> {
    static Money draw() {
        const auto high = static_cast<base::UInt128>(Any<std::uint64_t>::draw());
        return {static_cast<base::Int128>(high << 64 | Any<std::uint64_t>::draw())};
    }
};
template <>
struct Any<Currency> {
    static Currency draw() {
        return *rc::gen::element(Currency{}, kUsd, *Currency::parse("A"), *Currency::parse("USDT"),
                                 *Currency::parse("1INCHUSD"));
    }
};
template <>
struct Any<Tag> {
    static Tag draw() { return {Any<std::string_view>::draw()}; }
};

// --- orders -------------------------------------------------------------------------------------

template <>
struct Any<Side> {
    static Side draw() { return draw_enum(Side::sell); }
};
template <>
struct Any<Leg> {
    static Leg draw() { return draw_enum(Leg::short_leg); }
};
template <>
struct Any<TrailingOffset> {
    static TrailingOffset draw() {
        return {.unit = draw_enum(OffsetUnit::ticks), .value = Any<std::int64_t>::draw()};
    }
};
template <>
struct Any<OrderSpec> {
    static OrderSpec draw() {
        return {.instrument = Any<InstrumentId>::draw(),
                .side = Any<Side>::draw(),
                .type = draw_enum(OrderType::limit_if_touched),
                .time_in_force = draw_enum(TimeInForce::at_close),
                .trigger_by = draw_enum(TriggerBy::mark),
                .post_only = Any<bool>::draw(),
                .reduce_only = Any<bool>::draw(),
                .leg = Any<std::optional<Leg>>::draw(),
                .qty = Any<Qty>::draw(),
                .display_qty = Any<std::optional<Qty>>::draw(),
                .limit_price = Any<std::optional<Price>>::draw(),
                .trigger_price = Any<std::optional<Price>>::draw(),
                .trailing = Any<std::optional<TrailingOffset>>::draw(),
                .trailing_limit = Any<std::optional<TrailingOffset>>::draw(),
                .expire_at = Any<std::optional<Timestamp>>::draw(),
                .tag = Any<Tag>::draw()};
    }
};
template <>
struct Any<OrderLinks> {
    static OrderLinks draw() {
        return {.list = Any<std::optional<OrderId>>::draw(),
                .parent = Any<std::optional<OrderId>>::draw(),
                .contingency = draw_enum(Contingency::ouo)};
    }
};
template <>
struct Any<OrderChange> {
    static OrderChange draw() {
        return {.qty = Any<std::optional<Qty>>::draw(),
                .limit_price = Any<std::optional<Price>>::draw(),
                .trigger_price = Any<std::optional<Price>>::draw()};
    }
};
template <>
struct Any<OrderTerms> {
    static OrderTerms draw() {
        return {.qty = Any<Qty>::draw(),
                .limit_price = Any<std::optional<Price>>::draw(),
                .trigger_price = Any<std::optional<Price>>::draw()};
    }
};
template <>
struct Any<Denial> {
    static Denial draw() {
        return {.reason = draw_enum(DenialReason::unknown_risk),
                .limit = Any<Money>::draw(),
                .actual = Any<Money>::draw(),
                .would_pass = Any<std::optional<Qty>>::draw(),
                .rule = Any<std::optional<std::uint16_t>>::draw()};
    }
};
template <>
struct Any<VenueReason> {
    static VenueReason draw() { return draw_enum(VenueReason::price_limit); }
};
template <>
struct Any<Fill> {
    static Fill draw() {
        return {.price = Any<Price>::draw(),
                .qty = Any<Qty>::draw(),
                .side = Any<Side>::draw(),
                .liquidity = draw_enum(Liquidity::taker),
                .leg = Any<std::optional<Leg>>::draw(),
                .fee = Any<Money>::draw(),
                .fee_currency = Any<Currency>::draw(),
                .basis = {.reference = Any<Price>::draw(), .ambiguous = Any<bool>::draw()},
                .trade_number = Any<std::uint64_t>::draw()};
    }
};
template <>
struct Any<OrderEvent> {
    static OrderEvent draw() {
        return {.kind = draw_enum(OrderEventKind::busted),
                .instrument = Any<InstrumentId>::draw(),
                .order = Any<OrderId>::draw(),
                .detail = Any<OrderDetail>::draw(),
                .venue_order = Any<std::string_view>::draw(),
                .text = Any<std::string_view>::draw()};
    }
};

// --- market -------------------------------------------------------------------------------------

template <>
struct Any<BarSpec> {
    static BarSpec draw() {
        return {.unit = draw_enum(kLastBarUnit),
                .source = draw_enum(PriceSource::mid),
                .step = Any<std::int64_t>::draw()};
    }
};
template <>
struct Any<Bar> {
    static Bar draw() {
        return {.instrument = Any<InstrumentId>::draw(),
                .spec = Any<BarSpec>::draw(),
                .open_ts = Any<Timestamp>::draw(),
                .open = Any<Price>::draw(),
                .high = Any<Price>::draw(),
                .low = Any<Price>::draw(),
                .close = Any<Price>::draw(),
                .volume = Any<Qty>::draw()};
    }
};
template <>
struct Any<Quote> {
    static Quote draw() {
        return {.instrument = Any<InstrumentId>::draw(),
                .bid = Any<Price>::draw(),
                .ask = Any<Price>::draw(),
                .bid_size = Any<Qty>::draw(),
                .ask_size = Any<Qty>::draw()};
    }
};
template <>
struct Any<Trade> {
    static Trade draw() {
        return {.instrument = Any<InstrumentId>::draw(),
                .aggressor = draw_enum(Aggressor::seller),
                .price = Any<Price>::draw(),
                .size = Any<Qty>::draw()};
    }
};
template <>
struct Any<BookFlags> {
    static BookFlags draw() { return {.snapshot = Any<bool>::draw(), .last = Any<bool>::draw()}; }
};
template <>
struct Any<BookLevel> {
    static BookLevel draw() {
        return {.instrument = Any<InstrumentId>::draw(),
                .side = Any<Side>::draw(),
                .flags = Any<BookFlags>::draw(),
                .price = Any<Price>::draw(),
                .size = Any<Qty>::draw(),
                .first_update_id = Any<std::uint64_t>::draw(),
                .last_update_id = Any<std::uint64_t>::draw(),
                .previous_update_id = Any<std::uint64_t>::draw()};
    }
};
template <>
struct Any<BookOrder> {
    static BookOrder draw() {
        return {.instrument = Any<InstrumentId>::draw(),
                .side = Any<Side>::draw(),
                .action = draw_enum(BookAction::clear),
                .flags = Any<BookFlags>::draw(),
                .price = Any<Price>::draw(),
                .size = Any<Qty>::draw(),
                .order = Any<std::uint64_t>::draw(),
                .sequence = Any<std::uint64_t>::draw()};
    }
};
template <>
struct Any<TradingStatus> {
    static TradingStatus draw() {
        return {.instrument = Any<InstrumentId>::draw(), .state = draw_enum(MarketState::closed)};
    }
};
template <>
struct Any<Funding> {
    static Funding draw() {
        return {.instrument = Any<InstrumentId>::draw(),
                .rate = Any<Rate>::draw(),
                .mark = Any<std::optional<Price>>::draw()};
    }
};
template <>
struct Any<CorporateAction> {
    static CorporateAction draw() {
        return {.instrument = Any<InstrumentId>::draw(),
                .kind = draw_enum(CorporateActionKind::delisting),
                .new_shares = Any<std::int64_t>::draw(),
                .old_shares = Any<std::int64_t>::draw(),
                .amount = Any<Price>::draw(),
                .new_symbol = Any<std::string_view>::draw()};
    }
};

// --- news, economy, ourselves -------------------------------------------------------------------

template <>
struct Any<NewsItem> {
    static NewsItem draw() {
        return {.instrument = Any<std::optional<InstrumentId>>::draw(),
                .source = Any<std::string_view>::draw(),
                .id = Any<std::string_view>::draw(),
                .headline = Any<std::string_view>::draw(),
                .body = Any<std::string_view>::draw()};
    }
};
template <>
struct Any<SentimentScore> {
    static SentimentScore draw() {
        return {.instrument = Any<std::optional<InstrumentId>>::draw(),
                .score = Any<double>::draw(),
                .confidence = Any<double>::draw(),
                .model = Any<std::string_view>::draw(),
                .news_id = Any<std::string_view>::draw()};
    }
};
template <>
struct Any<EconomicRelease> {
    static EconomicRelease draw() {
        return {.country = Any<std::string_view>::draw(),
                .name = Any<std::string_view>::draw(),
                .currency = Any<Currency>::draw(),
                .impact = draw_enum(Impact::high),
                .actual = Any<std::optional<double>>::draw(),
                .forecast = Any<std::optional<double>>::draw(),
                .previous = Any<std::optional<double>>::draw(),
                .revision = Any<std::uint32_t>::draw()};
    }
};
template <>
struct Any<Timer> {
    static Timer draw() {
        return {.strategy = Any<StrategyId>::draw(), .timer = TimerId{Any<std::uint32_t>::draw()}};
    }
};
template <>
struct Any<Override> {
    static Override draw() {
        return {.state = draw_enum(TradingState::flatten),
                .instrument = Any<std::optional<InstrumentId>>::draw(),
                .strategy = Any<std::optional<StrategyId>>::draw(),
                .until = Any<std::optional<Timestamp>>::draw(),
                .who = Any<std::string_view>::draw(),
                .why = Any<std::string_view>::draw()};
    }
};
template <>
struct Any<ModelPromoted> {
    static ModelPromoted draw() {
        return {.model = Any<std::string_view>::draw(),
                .artifact = Any<std::string_view>::draw(),
                .who = Any<std::string_view>::draw()};
    }
};
template <>
struct Any<CashFlow> {
    static CashFlow draw() {
        return {.currency = Any<Currency>::draw(),
                .amount = Any<Money>::draw(),
                .reason = draw_enum(CashReason::rollover)};
    }
};
template <>
struct Any<MarginCall> {
    static MarginCall draw() {
        return {.instrument = Any<std::optional<InstrumentId>>::draw(),
                .currency = Any<Currency>::draw(),
                .equity = Any<Money>::draw(),
                .required = Any<Money>::draw(),
                .strategy = Any<std::optional<StrategyId>>::draw(),
                .leg = Any<std::optional<Leg>>::draw()};
    }
};
template <>
struct Any<Liquidation> {
    static Liquidation draw() {
        return {.instrument = Any<InstrumentId>::draw(),
                .strategy = Any<std::optional<StrategyId>>::draw(),
                .fill = Any<Fill>::draw()};
    }
};
template <>
struct Any<EndOfData> {
    static EndOfData draw() { return {}; }
};
template <>
struct Any<Event> {
    static Event draw() {
        return {.seq = Any<std::uint64_t>::draw(),
                .ts = Any<Timestamp>::draw(),
                .ts_event = Any<Timestamp>::draw(),
                .payload = Any<Payload>::draw()};
    }
};

// --- decisions ----------------------------------------------------------------------------------

template <>
struct Any<OrderIntent> {
    static OrderIntent draw() {
        return {.id = Any<OrderId>::draw(),
                .spec = Any<OrderSpec>::draw(),
                .links = Any<OrderLinks>::draw()};
    }
};
template <>
struct Any<SubmitOrder> {
    static SubmitOrder draw() { return {Any<OrderIntent>::draw()}; }
};
template <>
struct Any<ReplaceOrder> {
    static ReplaceOrder draw() {
        return {.id = Any<OrderId>::draw(),
                .instrument = Any<InstrumentId>::draw(),
                .change = Any<OrderChange>::draw()};
    }
};
template <>
struct Any<CancelOrder> {
    static CancelOrder draw() {
        return {.id = Any<OrderId>::draw(), .instrument = Any<InstrumentId>::draw()};
    }
};
template <>
struct Any<SetTimer> {
    static SetTimer draw() { return {.timer = Any<Timer>::draw(), .at = Any<Timestamp>::draw()}; }
};
template <>
struct Any<Refusal> {
    static Refusal draw() {
        return {.id = Any<OrderId>::draw(),
                .instrument = Any<InstrumentId>::draw(),
                .new_order = Any<bool>::draw(),
                .denial = Any<Denial>::draw()};
    }
};
template <>
struct Any<Shrink> {
    static Shrink draw() {
        return {.id = Any<OrderId>::draw(),
                .instrument = Any<InstrumentId>::draw(),
                .asked = Any<Qty>::draw(),
                .denial = Any<Denial>::draw()};
    }
};
template <>
struct Any<StateChange> {
    static StateChange draw() {
        return {.from = draw_enum(TradingState::flatten),
                .to = draw_enum(TradingState::flatten),
                .brake = Any<std::uint16_t>::draw(),
                .instrument = Any<std::optional<InstrumentId>>::draw(),
                .strategy = Any<std::optional<StrategyId>>::draw(),
                .until = Any<std::optional<Timestamp>>::draw(),
                .limit = Any<Money>::draw(),
                .actual = Any<Money>::draw()};
    }
};

[[nodiscard]] inline std::vector<Decision> draw_decisions() {
    return *rc::gen::container<std::vector<Decision>>(any<Decision>());
}

}  // namespace tradewind::test
