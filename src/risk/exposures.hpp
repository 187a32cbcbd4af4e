// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "domain/instrument.hpp"
#include "market/market.hpp"
#include "orders/orders.hpp"
#include "portfolio/portfolio.hpp"

namespace tradewind::risk {

/// What the gate and all that helps it read.
struct Books {
    const InstrumentTable& instruments;
    const market::Market& market;
    const orders::Orders& orders;
    const portfolio::Portfolio& portfolio;
};

/// What of an open order stands in the orders book's sums of what may open exposure.
[[nodiscard]] Qty counted(const orders::Orders& orders, const orders::Order& order);

/// What an instrument, or several, may come to if what works is filled on the worse side, in base
/// currency.
struct Exposure {
    Money gross;  ///< sum of magnitudes
    Money upper;  ///< if only what buys were filled; shorts below zero
    Money lower;  ///< if only what sells were

    friend Exposure operator+(const Exposure& a, const Exposure& b) {
        return {a.gross + b.gross, a.upper + b.upper, a.lower + b.lower};
    }
    friend Exposure operator-(const Exposure& a, const Exposure& b) {
        return {a.gross - b.gross, a.upper - b.upper, a.lower - b.lower};
    }
    /// Magnitude of the net, on the worse side.
    [[nodiscard]] Money net() const { return std::max(upper, -lower); }
    friend bool operator==(const Exposure&, const Exposure&) = default;
};

/// What is held and works of an instrument, before anything is valued.
struct Stake {
    Qty held;   ///< signed
    Qty both;   ///< hedging: held on both sides at once, each counted
    Qty buys;   ///< working, that may open
    Qty sells;  ///< working, that may open
    Price mark;
    Price price;  ///< what the working part is valued at: the mark, or an order's if that is more
};

/// Sums of exposure over sets of instruments, of the account or of one strategy, brought up to date
/// where the books have changed: a question costs the same however many instruments there are.
class Exposures {
public:
    /// A set of instruments whose exposure is asked for.
    struct Group {
        std::optional<StrategyId> strategy{};  ///< absent: the account's
        std::vector<InstrumentId> members{};
    };

    Exposures(const Books& books, std::vector<Group> groups);

    /// Takes over what has changed in the books.
    void refresh();

    /// nullopt while a member that is held or worked in has no price or no rate.
    [[nodiscard]] const Exposure* of(std::size_t group) const;
    /// The account's in the instrument; nullopt likewise.
    [[nodiscard]] const Exposure* of(InstrumentId instrument) const;
    /// The strategy's in the instrument as a group of it counts it.
    [[nodiscard]] const Exposure* of(std::size_t group, InstrumentId instrument) const;

    /// What a stake comes to; nullopt without a rate.
    [[nodiscard]] std::optional<Exposure> value(const Stake& stake,
                                                const Instrument& instrument) const;
    /// What the account, or one strategy, has at stake; its price is the mark. nullopt where there
    /// is something and no mark.
    [[nodiscard]] std::optional<Stake> stake_of(InstrumentId instrument,
                                                std::optional<StrategyId> strategy) const;

private:
    struct Cell {
        Exposure exposure{};
        bool is_known = true;
    };
    /// The cells of the account, or of a strategy that a group asks about.
    struct View {
        std::optional<StrategyId> strategy;
        std::vector<Cell> cells;  ///< by instrument
    };
    struct Sum {
        Exposure exposure{};
        std::uint32_t unknown = 0;
    };
    struct Member {
        std::uint32_t view = 0;
        std::uint32_t group = 0;
    };

    [[nodiscard]] std::size_t view_of(std::optional<StrategyId> strategy);
    void touch(InstrumentId instrument);
    void update(InstrumentId instrument);

    Books books_;
    std::vector<View> views_;  ///< the account's first
    std::vector<Sum> sums_;    ///< by group
    std::vector<std::uint32_t> view_of_group_;
    std::vector<std::vector<Member>> groups_of_;  ///< by instrument
    std::vector<std::uint8_t> is_stale_;          ///< by instrument
    std::vector<InstrumentId> stale_;
};

}  // namespace tradewind::risk
