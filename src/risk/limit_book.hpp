// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "risk/account_watch.hpp"
#include "risk/exposures.hpp"
#include "risk/proposal.hpp"
#include "risk/settings.hpp"
#include "risk/window.hpp"

namespace tradewind::risk {

class Statistics;

/// All limits of a user, and what they need to know beyond the books: when orders were sent, what
/// the account was worth.
class LimitBook {
public:
    /// `settings` passed `check`.
    LimitBook(const Books& books, const Settings& settings, CalendarKind calendar,
              std::size_t strategies);

    /// The largest quantity, at most what is asked, that soft limits let through, and the first
    /// hard limit that it exceeds even so. Its `would_pass` is the largest that passes all of them.
    struct Verdict {
        Qty qty;
        std::optional<Denial> shrunk{};
        std::optional<Denial> denied{};
    };
    [[nodiscard]] Verdict review(const Proposal& proposal);

    /// Who answers limits of VaR, of clusters and the like; without one they are not known.
    /// Outlives the book.
    void measure_by(Statistics* statistics) { statistics_ = statistics; }
    /// Whether a limit needs it.
    [[nodiscard]] bool asks_statistics() const;
    /// Whether a limit asks about what was sent.
    [[nodiscard]] bool counts_orders() const {
        return !rates_.empty() || !sums_.empty() || keeps_notionals_;
    }
    /// An order or a change was sent; its price is 0 where none is known.
    void on_sent(const Proposal& proposal, bool is_new);
    void on_cancel(StrategyId strategy, InstrumentId instrument, Timestamp now);
    /// The account is worth that.
    void mark(Timestamp now, Money equity) { watch_.mark(now, equity); }
    [[nodiscard]] const AccountWatch& watch() const { return watch_; }
    /// Capital came or went, in base currency.
    void on_flow(Money amount) { watch_.on_flow(amount); }
    /// A person lets it trade again: what was lost before does not count.
    void rebase() { watch_.rebase(); }
    /// Whether a limit, or a share of equity, asks what the account is worth.
    [[nodiscard]] bool asks_equity() const { return asks_equity_; }

private:
    /// A limit of one thing.
    struct Rule {
        std::uint16_t limit = 0;  ///< its place
        Measure measure{};
        Unit unit{};
        bool soft = false;
        Money max;
        std::int64_t share = 0;  ///< `max` in units of 1e-9, of equity
        std::size_t group = 0;   ///< of exposures
        std::optional<StrategyId> strategy{};
        std::optional<InstrumentId> instrument{};
        std::size_t first_window = 0;  ///< of the rate or sum windows
        ScopeKind scope{};
    };
    /// A measure with an order. One that an order may make smaller, whatever it adds to its own
    /// instrument, is told without it too: what makes it no larger passes.
    struct Reading {
        Money actual{};
        Money before{};
        Money lost{};  ///< no longer counts as equity
        bool is_known = true;
        bool has_before = false;
    };
    /// What several rules ask of the same quantity.
    class Question;

    void compile(std::uint16_t place, const Settings& settings,
                 std::vector<Exposures::Group>& groups);
    void add_rule(Rule rule, std::span<const InstrumentId> members);
    [[nodiscard]] Rule rule_of(std::uint16_t place) const;
    void add_windows(Rule& rule, std::size_t count);

    [[nodiscard]] Reading read(const Rule& rule, Question& question);
    [[nodiscard]] Reading read_exposure(const Rule& rule, Question& question) const;
    [[nodiscard]] Reading read_order(const Rule& rule, Question& question) const;
    [[nodiscard]] Reading read_price(const OrderSpec& spec) const;
    [[nodiscard]] Reading read_activity(const Rule& rule, const Proposal& proposal, Money added);
    [[nodiscard]] Reading read_cluster(Question& question) const;
    [[nodiscard]] Reading read_statistic(const Rule& rule, Question& question) const;
    [[nodiscard]] Reading read_beta(const Rule& rule, InstrumentId own, const Exposure& with) const;
    [[nodiscard]] Reading read_account(const Rule& rule, Question& question) const;
    [[nodiscard]] bool exceeds(const Rule& rule, const Reading& reading) const;
    [[nodiscard]] Money equity_for(const Rule& rule, const Reading& reading) const;
    [[nodiscard]] Money limit_of(const Rule& rule, const Reading& reading) const;
    [[nodiscard]] Denial denial_of(const Rule& rule, const Reading& reading) const;
    [[nodiscard]] std::size_t window_of(const Rule& rule, StrategyId strategy,
                                        InstrumentId instrument) const;
    [[nodiscard]] bool applies(const Rule& rule, const Proposal& proposal) const {
        return !rule.strategy || *rule.strategy == proposal.strategy;
    }
    [[nodiscard]] bool passes(const Proposal& proposal, Qty qty, bool soft_too);
    [[nodiscard]] Money median_notional(StrategyId strategy) const;

    Books books_;
    ProposalReader reader_;
    std::vector<Limit> limits_;
    std::size_t strategies_;
    std::vector<Rule> rules_;
    std::vector<std::vector<std::uint32_t>> rules_of_;  ///< by instrument
    std::optional<Exposures> exposures_;
    std::vector<RateWindow> rates_;
    std::vector<SumWindow> sums_;
    std::vector<std::vector<Money>> notionals_;  ///< by strategy, of its last orders: a ring
    std::vector<std::uint64_t> sent_;            ///< by strategy: orders ever counted in it
    bool keeps_notionals_ = false;
    bool asks_equity_ = false;
    AccountWatch watch_;
    Statistics* statistics_ = nullptr;
};

}  // namespace tradewind::risk
