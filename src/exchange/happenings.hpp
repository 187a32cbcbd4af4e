// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "exchange/book.hpp"
#include "exchange/order.hpp"
#include "exchange/trade_log.hpp"

/// What the exchange tells after it has changed, in the order in which it happened.
namespace tradewind::exchange {

struct TradeHappened {
    InstrumentId instrument{};
    PublicTrade trade{};
    std::optional<std::uint64_t> buyer{};  ///< the order; absent: the market
    std::optional<std::uint64_t> seller{};
};

struct AggregateHappened {
    InstrumentId instrument{};
    AggregateTrade aggregate{};
};

/// The published book as of `last_id`; the changes have the ids from `first_id` on.
struct BookHappened {
    InstrumentId instrument{};
    std::uint64_t first_id = 0;
    std::uint64_t last_id = 0;
    std::vector<LevelChange> changes{};
    bool touch_moved = false;  ///< best bid or ask, or a size there
};

enum class Execution : std::uint8_t { accepted, canceled, traded, expired, prevented };

/// One side of a trade, for the account whose order it was.
struct AccountTrade {
    InstrumentId instrument{};
    std::uint64_t trade = 0;
    std::uint64_t order = 0;
    std::optional<std::uint64_t> list{};
    Side side = Side::buy;
    Price price{};
    Qty qty{};
    Money fee{};
    Currency fee_currency{};
    Timestamp ts{};
    bool is_maker = false;
};

/// The order as it was then.
struct OrderHappened {
    Execution execution = Execution::accepted;
    Order order{};
    std::optional<AccountTrade> trade{};  ///< of `traded`
    Qty prevented_now{};
    std::uint64_t counter_order = 0;  ///< of `prevented`
    std::uint64_t execution_id = 0;
};

struct ListHappened {
    OrderList list{};
    bool is_new = false;
};

/// Amounts of these assets have changed.
struct BalancesHappened {
    AccountNumber account{};
    std::vector<Currency> assets{};
};

/// A deposit or withdrawal.
struct DepositHappened {
    AccountNumber account{};
    Currency asset{};
    Money amount{};
};

using Happening = std::variant<TradeHappened, AggregateHappened, BookHappened, OrderHappened,
                               ListHappened, BalancesHappened, DepositHappened>;

}  // namespace tradewind::exchange
