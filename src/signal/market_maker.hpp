// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "signal/params.hpp"
#include "signal/registry.hpp"
#include "signal/strategy.hpp"
#include "signal/touch_models.hpp"

namespace tradewind::signal {

/// Quotes both sides around the reservation price of Avellaneda and Stoikov (QuoteModel), from the
/// touch of a book, or of quotes where there is no book. Inventory counts in units of `size`.
///
/// The prices are moved outward to the grid, kept `min_spread` ticks apart, and kept from taking;
/// orders are post-only. A quote is moved when it is `requote` ticks or more from where it should
/// be, and one change at a time: the next waits for the venue's answer. A side that would carry the
/// position past `limit` is not quoted. While the book awaits a snapshot nothing is.
class MarketMaker final : public Strategy {
public:
    MarketMaker(const StrategySetup& setup, ParamReader& params);

    void on_quote(Context& context, const Quote& quote) override;
    void on_book(Context& context, InstrumentId instrument) override;
    void on_book_level(Context& context, const BookLevel& row) override;
    void on_order(Context& context, const OrderEvent& event) override;
    void on_refusal(Context& context, const Refusal& refusal) override;

private:
    /// Our order on one side.
    struct Working {
        std::optional<OrderId> id{};
        Price price{};                   ///< where it works
        Price asked{};                   ///< where it was last asked to work
        bool is_settled = false;         ///< no answer of the venue is due
        std::optional<Price> refused{};  ///< not to be asked for again
        bool is_barred = false;          ///< by what the account holds: until the next fill

        void forget() { id.reset(); }
    };
    struct State {
        SampledVariance variance;
        std::uint64_t variance_of = 0;  ///< `variance.ended()` when `sigma2` was worked out
        double sigma2 = 0.0;
        Working buy{};
        Working sell{};
    };
    struct Wanted {
        std::optional<Price> bid{};
        std::optional<Price> ask{};
    };

    void look(Context& context, InstrumentId instrument);
    void quote(Context& context, InstrumentId instrument);
    [[nodiscard]] Wanted wanted(const Context& context, const Instrument& instrument,
                                const State& state, const Quote& touch) const;
    void pursue(Context& context, const Instrument& instrument, Side side,
                std::optional<Price> price);
    void pull(Context& context, Working& order);
    [[nodiscard]] Working* find(InstrumentId instrument, OrderId id);
    [[nodiscard]] static Working& side_of(State& state, Side side) {
        return side == Side::buy ? state.buy : state.sell;
    }

    QuoteModel model_;
    Qty size_;
    Qty limit_;
    std::int64_t min_spread_;
    std::int64_t requote_;
    std::vector<State> states_;  ///< by instrument
};

}  // namespace tradewind::signal
