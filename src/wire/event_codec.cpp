// SPDX-License-Identifier: Apache-2.0
#include "wire/event_codec.hpp"

#include <array>
#include <concepts>

#include "wire/archive.hpp"

namespace tradewind::wire {

template <>
inline constexpr std::size_t kEnumCount<Side> = 2;
template <>
inline constexpr std::size_t kEnumCount<OrderType> = 8;
template <>
inline constexpr std::size_t kEnumCount<TimeInForce> = 7;
template <>
inline constexpr std::size_t kEnumCount<OffsetUnit> = 3;
template <>
inline constexpr std::size_t kEnumCount<TriggerBy> = 5;
template <>
inline constexpr std::size_t kEnumCount<Contingency> = 4;
template <>
inline constexpr std::size_t kEnumCount<DenialReason> = kDenialReasonCount;
template <>
inline constexpr std::size_t kEnumCount<OrderEventKind> = kOrderEventKindCount;
template <>
inline constexpr std::size_t kEnumCount<Aggressor> = 3;
template <>
inline constexpr std::size_t kEnumCount<BarUnit> = static_cast<std::size_t>(kLastBarUnit) + 1;
template <>
inline constexpr std::size_t kEnumCount<PriceSource> = 4;
template <>
inline constexpr std::size_t kEnumCount<BookAction> = 7;
template <>
inline constexpr std::size_t kEnumCount<MarketState> = 6;
template <>
inline constexpr std::size_t kEnumCount<CorporateActionKind> = 4;
template <>
inline constexpr std::size_t kEnumCount<Impact> = 4;
template <>
inline constexpr std::size_t kEnumCount<TradingState> = 6;
template <>
inline constexpr std::size_t kEnumCount<CashReason> = 6;
template <>
inline constexpr std::size_t kEnumCount<Liquidity> = 2;
template <>
inline constexpr std::size_t kEnumCount<VenueReason> = 16;

namespace {

template <typename T, typename Of>
concept Is = std::same_as<std::remove_const_t<T>, Of>;

template <typename Archive, typename... T>
void all(Archive& a, T&... values) {
    (field(a, values), ...);
}

constexpr std::uint8_t kSides = 2, kLegs = 2;

std::uint8_t packed(const std::optional<Leg>& leg) {
    return leg ? static_cast<std::uint8_t>(1 + static_cast<int>(*leg)) : std::uint8_t{0};
}
std::optional<Leg> leg_of(unsigned packed) {
    return packed == 0 ? std::nullopt : std::optional{static_cast<Leg>(packed - 1)};
}

/// In one byte: buy, sell, and behind them, for those who have no leg to tell read them as before,
/// each with the long leg and each with the short one.
void side_and_leg(Writer& a, Side side, const std::optional<Leg>& leg) {
    a.raw(static_cast<std::uint8_t>(static_cast<int>(side) + kSides * packed(leg)));
}
void side_and_leg(Reader& a, Side& side, std::optional<Leg>& leg) {
    std::uint8_t byte = 0;
    a.raw(byte);
    if (byte >= kSides * (1 + kLegs)) return a.fail();
    side = static_cast<Side>(byte % kSides);
    leg = leg_of(byte / kSides);
}

/// What stands behind a denial's numbers, in the byte that says whether a quantity follows.
constexpr std::uint8_t kWouldPass = 1, kRule = 2;

/// Whom a margin call is about, in the byte that says whether an instrument follows.
struct CallScope {
    static constexpr unsigned kInstrument = 1, kStrategy = 2, kLegShift = 2;
    std::uint8_t byte = 0;

    [[nodiscard]] bool has_instrument() const { return (byte & kInstrument) != 0; }
    [[nodiscard]] bool has_strategy() const { return (byte & kStrategy) != 0; }
    [[nodiscard]] unsigned leg() const { return byte >> kLegShift; }
};

CallScope scope_of(const MarginCall& call) {
    const unsigned bits = (call.instrument ? CallScope::kInstrument : 0U) |
                          (call.strategy ? CallScope::kStrategy : 0U) |
                          (unsigned{packed(call.leg)} << CallScope::kLegShift);
    return {static_cast<std::uint8_t>(bits)};
}

/// None, or capitals and digits with nothing but zeros after them.
bool is_currency(std::uint64_t packed) {
    std::array<char, sizeof packed> code{};
    std::size_t size = 0;
    for (std::uint64_t rest = packed; rest != 0; rest <<= 8U) {
        code[size++] = static_cast<char>(rest >> 56U);
    }
    return size == 0 || Currency::parse({code.data(), size}).has_value();
}

}  // namespace

// clang-format off
// One line a struct: its fields in the order in which they lie on disk.
template <typename A, typename T> requires requires(T& v) { v.value; requires sizeof(v) == sizeof(v.value); }
void fields(A& a, T& v) { a.raw(v.value); }
template <typename A, Is<Timestamp> T> void fields(A& a, T& v) { a.raw(v.ns); }
template <typename A, Is<Price> T> void fields(A& a, T& v) { a.raw(v.raw); }
template <typename A, Is<Qty> T> void fields(A& a, T& v) { a.raw(v.raw); }
template <typename A, Is<Rate> T> void fields(A& a, T& v) { a.raw(v.raw); }
template <typename A, Is<OrderId> T> void fields(A& a, T& v) { a.raw(v.packed); }

template <Is<Money> T> void fields(Writer& a, T& v) {
    a.raw(static_cast<std::uint64_t>(v.raw));
    a.raw(static_cast<std::int64_t>(v.raw >> 64));
}
inline void fields(Reader& a, Money& v) {
    std::uint64_t low = 0;
    std::int64_t high = 0;
    all(a, low, high);
    v.raw = static_cast<base::Int128>((static_cast<base::UInt128>(static_cast<std::uint64_t>(high)) << 64) | low);
}
template <Is<Currency> T> void fields(Writer& a, T& v) { a.raw(v.packed()); }
inline void fields(Reader& a, Currency& v) {
    std::uint64_t packed = 0;
    a.raw(packed);
    if (!is_currency(packed)) return a.fail();
    v = Currency::from_packed(packed);
}
template <Is<Tag> T> void fields(Writer& a, T& v) { a.bytes(std::as_bytes(std::span{v.text})); }
inline void fields(Reader& a, Tag& v) {
    a.bytes(std::as_writable_bytes(std::span{v.text}));
    if (v.text.back() != '\0') a.fail();
}

template <typename A, Is<TrailingOffset> T> void fields(A& a, T& v) { all(a, v.unit, v.value); }
template <typename A, Is<OrderSpec> T> void fields(A& a, T& v) {
    field(a, v.instrument);
    side_and_leg(a, v.side, v.leg);
    all(a, v.type, v.time_in_force, v.trigger_by, v.post_only, v.reduce_only, v.qty, v.display_qty,
        v.limit_price, v.trigger_price, v.trailing, v.trailing_limit, v.expire_at, v.tag);
}
template <typename A, Is<OrderLinks> T> void fields(A& a, T& v) { all(a, v.list, v.parent, v.contingency); }
template <typename A, Is<OrderChange> T> void fields(A& a, T& v) { all(a, v.qty, v.limit_price, v.trigger_price); }
template <typename A, Is<OrderTerms> T> void fields(A& a, T& v) { all(a, v.qty, v.limit_price, v.trigger_price); }
template <Is<Denial> T> void fields(Writer& a, T& v) {
    all(a, v.reason, v.limit, v.actual);
    a.raw(static_cast<std::uint8_t>((v.would_pass ? kWouldPass : 0) | (v.rule ? kRule : 0)));
    if (v.would_pass) field(a, *v.would_pass);
    if (v.rule) field(a, *v.rule);
}
inline void fields(Reader& a, Denial& v) {
    std::uint8_t follows = 0;
    all(a, v.reason, v.limit, v.actual, follows);
    if (follows > (kWouldPass | kRule)) return a.fail();
    if ((follows & kWouldPass) != 0) field(a, v.would_pass.emplace());
    if ((follows & kRule) != 0) field(a, v.rule.emplace());
}
template <typename A, Is<FillBasis> T> void fields(A& a, T& v) { all(a, v.reference, v.ambiguous); }
template <typename A, Is<Fill> T> void fields(A& a, T& v) {
    all(a, v.price, v.qty);
    side_and_leg(a, v.side, v.leg);
    all(a, v.liquidity, v.fee, v.fee_currency, v.basis, v.trade_number);
}

template <typename A, Is<BarSpec> T> void fields(A& a, T& v) { all(a, v.unit, v.source, v.step); }
template <typename A, Is<Bar> T> void fields(A& a, T& v) {
    all(a, v.instrument, v.spec, v.open_ts, v.open, v.high, v.low, v.close, v.volume);
}
template <typename A, Is<Quote> T> void fields(A& a, T& v) { all(a, v.instrument, v.bid, v.ask, v.bid_size, v.ask_size); }
template <typename A, Is<Trade> T> void fields(A& a, T& v) { all(a, v.instrument, v.aggressor, v.price, v.size); }
template <typename A, Is<BookFlags> T> void fields(A& a, T& v) { all(a, v.snapshot, v.last); }
template <typename A, Is<BookLevel> T> void fields(A& a, T& v) {
    all(a, v.instrument, v.side, v.flags, v.price, v.size, v.first_update_id, v.last_update_id, v.previous_update_id);
}
template <typename A, Is<BookOrder> T> void fields(A& a, T& v) {
    all(a, v.instrument, v.side, v.action, v.flags, v.price, v.size, v.order, v.sequence);
}
template <typename A, Is<TradingStatus> T> void fields(A& a, T& v) { all(a, v.instrument, v.state); }
template <typename A, Is<Funding> T> void fields(A& a, T& v) { all(a, v.instrument, v.rate, v.mark); }
template <typename A, Is<CorporateAction> T> void fields(A& a, T& v) {
    all(a, v.instrument, v.kind, v.new_shares, v.old_shares, v.amount, v.new_symbol);
}
template <typename A, Is<NewsItem> T> void fields(A& a, T& v) { all(a, v.instrument, v.source, v.id, v.headline, v.body); }
template <typename A, Is<SentimentScore> T> void fields(A& a, T& v) {
    all(a, v.instrument, v.score, v.confidence, v.model, v.news_id);
}
template <typename A, Is<EconomicRelease> T> void fields(A& a, T& v) {
    all(a, v.country, v.name, v.currency, v.impact, v.actual, v.forecast, v.previous, v.revision);
}
template <typename A, Is<Timer> T> void fields(A& a, T& v) { all(a, v.strategy, v.timer); }
template <typename A, Is<Override> T> void fields(A& a, T& v) {
    all(a, v.state, v.instrument, v.strategy, v.until, v.who, v.why);
}
template <typename A, Is<ModelPromoted> T> void fields(A& a, T& v) { all(a, v.model, v.artifact, v.who); }
template <typename A, Is<CashFlow> T> void fields(A& a, T& v) { all(a, v.currency, v.amount, v.reason); }
template <typename A, Is<EndOfData> T> void fields(A&, T&) {}
template <Is<MarginCall> T> void fields(Writer& a, T& v) {
    a.raw(scope_of(v).byte);
    if (v.instrument) field(a, *v.instrument);
    if (v.strategy) field(a, *v.strategy);
    all(a, v.currency, v.equity, v.required);
}
inline void fields(Reader& a, MarginCall& v) {
    CallScope scope;
    a.raw(scope.byte);
    if (scope.leg() > kLegs) return a.fail();
    if (scope.has_instrument()) field(a, v.instrument.emplace());
    if (scope.has_strategy()) field(a, v.strategy.emplace());
    v.leg = leg_of(scope.leg());
    all(a, v.currency, v.equity, v.required);
}
template <typename A, Is<Liquidation> T> void fields(A& a, T& v) { all(a, v.instrument, v.strategy, v.fill); }
template <typename A, Is<OrderEvent> T> void fields(A& a, T& v) {
    all(a, v.kind, v.instrument, v.order, v.detail, v.venue_order, v.text);
}
template <typename A, Is<Event> T> void fields(A& a, T& v) { all(a, v.seq, v.ts, v.ts_event, v.payload); }

template <typename A, Is<OrderIntent> T> void fields(A& a, T& v) { all(a, v.id, v.spec, v.links); }
template <typename A, Is<SubmitOrder> T> void fields(A& a, T& v) { all(a, v.order); }
template <typename A, Is<ReplaceOrder> T> void fields(A& a, T& v) { all(a, v.id, v.instrument, v.change); }
template <typename A, Is<CancelOrder> T> void fields(A& a, T& v) { all(a, v.id, v.instrument); }
template <typename A, Is<SetTimer> T> void fields(A& a, T& v) { all(a, v.timer, v.at); }
template <typename A, Is<Refusal> T> void fields(A& a, T& v) { all(a, v.id, v.instrument, v.new_order, v.denial); }
template <typename A, Is<Shrink> T> void fields(A& a, T& v) { all(a, v.id, v.instrument, v.asked, v.denial); }
template <typename A, Is<StateChange> T> void fields(A& a, T& v) {
    all(a, v.from, v.to, v.brake, v.instrument, v.strategy, v.until, v.limit, v.actual);
}
// clang-format on

std::string_view describe(DecodeError error) {
    switch (error) {
        case DecodeError::malformed: return "a value is cut short or out of range";
        case DecodeError::trailing_bytes: return "there are bytes after the last value";
    }
    __builtin_unreachable();
}

void encode(const Event& event, std::vector<std::byte>& out) {
    Writer writer{out};
    field(writer, event);
}

void encode(Sequence seq, std::span<const Decision> decisions, std::vector<std::byte>& out) {
    Writer writer{out};
    field(writer, seq);
    writer.raw(static_cast<std::uint32_t>(decisions.size()));
    for (const Decision& decision : decisions) field(writer, decision);
}

std::expected<Event, DecodeError> decode_event(std::span<const std::byte> in) {
    Reader reader{in};
    Event event;
    field(reader, event);
    if (!reader.ok()) return std::unexpected(DecodeError::malformed);
    if (!reader.done()) return std::unexpected(DecodeError::trailing_bytes);
    return event;
}

std::expected<Sequence, DecodeError> decode_decisions(std::span<const std::byte> in,
                                                      std::vector<Decision>& out) {
    Reader reader{in};
    Sequence seq = 0;
    std::uint32_t count = 0;
    all(reader, seq, count);
    for (std::uint32_t i = 0; i < count && reader.ok(); ++i) field(reader, out.emplace_back());
    if (!reader.ok()) return std::unexpected(DecodeError::malformed);
    if (!reader.done()) return std::unexpected(DecodeError::trailing_bytes);
    return seq;
}

}  // namespace tradewind::wire
