// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/binance/messages.hpp"

namespace tradewind::binance {

/// Longest message; exchangeInfo of the whole spot market has about 20 MB.
inline constexpr std::size_t kMessageBytesMax = std::size_t{64} << 20U;
/// Most levels of one side of a book in one message; the venue sends at most 5,000 in a snapshot.
inline constexpr std::size_t kLevelsMax = std::size_t{1} << 16U;

enum class DecodeFault : std::uint8_t {
    none,
    not_json,
    too_long,
    trailing_bytes,  ///< after the end of the value
    wrong_type,      ///< a text where a number belongs, ...
    missing_field,
    repeated_field,
    not_a_number,
    too_precise,      ///< digits past the ninth decimal place
    out_of_range,     ///< does not fit, or has a sign that it must not have
    unknown_word,     ///< of a closed choice
    unknown_message,  ///< of no type that we know
};

/// What is wrong with a message, and which field is to blame (the venue's key; empty: the whole).
struct DecodeError {
    DecodeFault fault = DecodeFault::not_json;
    std::string_view field;

    friend bool operator==(const DecodeError&, const DecodeError&) = default;
};

[[nodiscard]] std::string_view to_string(DecodeFault value);
/// One line: "field 'p': not_a_number".
[[nodiscard]] std::string describe(const DecodeError& error);

/// {"code": -1021, "msg": "..."}: the venue refuses, whatever the HTTP status says.
struct VenueError {
    std::int64_t code = 0;
    std::string_view text;  ///< the venue's words
};

/// One half of a cancel-and-replace: SUCCESS, FAILURE or NOT_ATTEMPTED, and what came of it.
struct ReplaceHalf {
    std::string_view result;
    std::optional<OrderAnswer> order{};
    std::optional<VenueError> error{};
};

/// POST /api/v3/order/cancelReplace. Codes -2021 (one half was done) and -2022 (none was) are
/// answers here, not refusals: the halves say which.
struct CancelReplaceAnswer {
    std::int64_t code = 0;  ///< 0: both were done
    std::string_view text;
    ReplaceHalf cancel;
    ReplaceHalf placed;
};

/// A REST answer, or the venue's refusal, or bytes that are neither.
template <typename T>
using Answer = std::expected<T, std::variant<DecodeError, VenueError>>;

/// Bytes of the venue -> values. Known fields are held to their type and form, and required where
/// we need them; fields that we do not know are passed over; a known field that comes twice is an
/// error. Market data are decoded without allocation once buffers have grown. One thread owns it;
/// texts and spans of a result live until the next call.
class Decoder {
public:
    explicit Decoder(Segment segment);
    ~Decoder();
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
    Decoder(Decoder&&) noexcept;
    Decoder& operator=(Decoder&&) noexcept;

    [[nodiscard]] Segment segment() const;

    /// A message of a websocket: raw, of a combined stream, or of the websocket API's user data.
    [[nodiscard]] std::expected<StreamMessage, DecodeError> stream(std::string_view bytes);

    // --- answers of REST, named by their path ---

    [[nodiscard]] Answer<DepthSnapshot> depth(std::string_view bytes);
    [[nodiscard]] Answer<Timestamp> server_time(std::string_view bytes);
    [[nodiscard]] Answer<ExchangeInfo> exchange_info(std::string_view bytes);
    [[nodiscard]] Answer<std::vector<Kline>> klines(std::string_view bytes);
    [[nodiscard]] Answer<std::vector<AggregateTrade>> aggregate_trades(std::string_view bytes);
    /// Of a new, cancelled, changed or queried order.
    [[nodiscard]] Answer<OrderAnswer> order(std::string_view bytes);
    /// Spot.
    [[nodiscard]] Answer<CancelReplaceAnswer> cancel_replace(std::string_view bytes);
    /// openOrders and allOrders.
    [[nodiscard]] Answer<std::vector<OrderAnswer>> orders(std::string_view bytes);
    /// myTrades and userTrades.
    [[nodiscard]] Answer<std::vector<UserTrade>> user_trades(std::string_view bytes);
    [[nodiscard]] Answer<SpotAccount> spot_account(std::string_view bytes);
    [[nodiscard]] Answer<FuturesAccount> futures_account(std::string_view bytes);
    [[nodiscard]] Answer<std::vector<PositionRisk>> position_risk(std::string_view bytes);
    /// The body of an HTTP error.
    [[nodiscard]] std::expected<VenueError, DecodeError> error(std::string_view bytes);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tradewind::binance
