// SPDX-License-Identifier: Apache-2.0
#include "sim/paper_world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "base/assert.hpp"
#include "sim/carry.hpp"
#include "sim/fill_rules.hpp"
#include "sim/order_desk.hpp"
#include "sim/strict_venue.hpp"

namespace tradewind::sim {
namespace {

/// What is to happen at an instant; of several at one, the first that was made.
template <typename What>
class Due {
public:
    void add(Timestamp at, const What& what) {
        all_.push_back({at, ++made_, what});
        std::push_heap(all_.begin(), all_.end(), std::greater<>{});
    }
    [[nodiscard]] Timestamp next() const { return all_.empty() ? kTimestampMax : all_.front().at; }
    What take() {
        std::pop_heap(all_.begin(), all_.end(), std::greater<>{});
        What out = std::move(all_.back().what);
        all_.pop_back();
        return out;
    }

private:
    struct One {
        Timestamp at;
        std::uint64_t number = 0;
        What what;
        friend bool operator>(const One& a, const One& b) {
            return a.at != b.at ? a.at > b.at : a.number > b.number;
        }
    };
    std::vector<One> all_;
    std::uint64_t made_ = 0;
};

/// Those of one currency stay in their order. By insertion, as there are few. (std::stable_sort of
/// libstdc++ 12 calls what the library itself has deprecated.)
void sort_by_currency(std::vector<CashFlow>& flows) {
    for (auto at = flows.begin(); at != flows.end(); ++at) {
        const auto place = std::upper_bound(
            flows.begin(), at, *at,
            [](const CashFlow& a, const CashFlow& b) { return a.currency < b.currency; });
        std::rotate(place, at, at + 1);
    }
}

}  // namespace

class PaperWorld::Body {
public:
    Body(const InstrumentTable& table, WorldSettings settings, std::span<const PaperMarket> markets)
        : desk_(table, settings),
          settings_(std::move(settings)),
          insert_(settings_.latencies.insert, settings_.latencies.seed + 1),
          replace_(settings_.latencies.replace, settings_.latencies.seed + 2),
          cancel_(settings_.latencies.cancel, settings_.latencies.seed + 3),
          venue_(desk_, rules_of(settings_.fills)),
          markets_(table.size()) {
        sort_by_currency(settings_.deposits);
        if (settings_.carry.accrues_daily() || settings_.carry.rolls()) {
            carry_.emplace(desk_.table(), settings_.carry);
        }
        for (const PaperMarket& market : markets) {
            markets_[market.instrument.value] = market;
            if (market.book) venue_.open_book(market.instrument);
            venue_.declare(market.instrument, market.quotes && !market.book);
        }
    }

    void begin(Timestamp now) {
        now_is({.ts = now.ns, .place = 0});
        if (carry_) carry_->start(now);
        for (const CashFlow& flow : settings_.deposits) {
            desk_.account().add(flow.currency, flow.amount);
            news_.add(now, {.ts = now, .ts_event = now, .payload = flow});
        }
    }

    void offer(const Event& fact) {
        ASSERT(!fact_ && fact.ts.ns >= now_.ts);
        fact_ = fact;
        is_met_ = false;
    }

    [[nodiscard]] bool next(Timestamp until, Event& out) {
        while (fact_) {
            const Timestamp at = fact_->ts;
            // market data come after reports of their instant, and before all else of it
            if (!is_met_ && next_due() < at) {
                if (do_next(out)) return true;
                continue;
            }
            if (desk_.reports().next_ts() <= at) return deliver_report(out);
            if (news_.next() <= at) return deliver_news(out);
            if (is_met_) {
                out = *fact_;
                fact_.reset();
                return true;
            }
            meet(*fact_);
            is_met_ = true;
        }
        while (next_due() <= until) {
            if (do_next(out)) return true;
        }
        return false;
    }

    [[nodiscard]] Timestamp next_due() const {
        const Timestamp carry = carry_ ? carry_->next() : kTimestampMax;
        return std::min({desk_.reports().next_ts(), news_.next(), carry, timers_.next(),
                         venue_.next_expiry(), arrivals_.next()});
    }

    void send(const Command& command, Timestamp now) {
        ASSERT(now.ns >= now_.ts);
        if (const auto* timer = std::get_if<SetTimer>(&command)) {
            timers_.add(std::max(timer->at, now), timer->timer);
        } else if (const Duration latency = latency_of(command, now); latency.ns > 0) {
            arrivals_.add(now + latency, command);
        } else {
            now_is({.ts = now.ns, .place = now_.ts == now.ns ? now_.place : kArrivalPlace});
            arrive(command);
        }
    }

    [[nodiscard]] bool is_under_way() const {
        return !desk_.reports().empty() || arrivals_.next() != kTimestampMax ||
               news_.next() != kTimestampMax;
    }
    [[nodiscard]] Qty position(InstrumentId id) const { return desk_.account().position(id); }
    [[nodiscard]] std::size_t open_orders() const { return desk_.size(); }

    [[nodiscard]] WorldCounts counts() const {
        WorldCounts out = desk_.counts();
        out.market_events = market_events_;
        const StrictVenue::BookOddities odd = venue_.book_oddities();
        out.book_gaps = odd.gaps;
        out.book_faults = odd.faults;
        out.crossed_books = odd.crossed;
        out.blind_books = odd.blind;
        return out;
    }

private:
    void now_is(const Moment& moment) {
        now_ = std::max(now_, moment);
        desk_.set_now(now_);
    }
    void meet(const Event& fact) {
        ++market_events_;
        now_is({.ts = fact.ts.ns, .place = kMarketPlace});
        if (const auto* quote = std::get_if<Quote>(&fact.payload)) {
            on(*quote);
        } else if (const auto* trade = std::get_if<Trade>(&fact.payload)) {
            on(*trade);
        } else if (const auto* level = std::get_if<BookLevel>(&fact.payload)) {
            if (markets_[level->instrument.value].book) venue_.meet(*level);
        } else if (const auto* row = std::get_if<BookOrder>(&fact.payload)) {
            if (markets_[row->instrument.value].book) venue_.meet(*row);
        } else if (const auto* status = std::get_if<TradingStatus>(&fact.payload)) {
            venue_.meet(*status);
        } else if (const auto* action = std::get_if<CorporateAction>(&fact.payload)) {
            venue_.meet(*action);
        } else if (const auto* funding = std::get_if<Funding>(&fact.payload)) {
            on(*funding);
        }
        settle();
    }

    /// Whether it is told.
    bool do_next(Event& out) {
        const Timestamp at = next_due();
        if (desk_.reports().next_ts() == at) return deliver_report(out);
        if (news_.next() == at) return deliver_news(out);
        if (carry_ && carry_->next() == at) {
            now_is({.ts = at.ns, .place = kCarryPlace});
            for (const CashFlow& flow : carry_->take_due(desk_.account())) {
                desk_.account().add(flow.currency, flow.amount);
                desk_.tell_account(flow);
            }
        } else if (timers_.next() == at) {
            now_is({.ts = at.ns, .place = kTimerPlace});
            out = {.ts = at, .ts_event = at, .payload = timers_.take()};
            return true;
        } else if (venue_.next_expiry() == at) {
            now_is({.ts = at.ns, .place = kExpiryPlace});
            venue_.expire();
        } else {
            now_is({.ts = at.ns, .place = kArrivalPlace});
            arrive(arrivals_.take());
        }
        settle();
        return false;
    }

    bool deliver_report(Event& out) {
        const Report& report = desk_.reports().front();
        now_is({.ts = report.ts.ns, .place = kReportPlace});
        out = {.ts = report.ts, .ts_event = report.ts_event, .payload = report.event};
        desk_.reports().drop_front();
        return true;
    }

    bool deliver_news(Event& out) {
        now_is({.ts = news_.next().ns, .place = kAccountPlace});
        out = news_.take();
        return true;
    }

    void arrive(const Command& command) {
        if (const auto* submit = std::get_if<SubmitOrder>(&command)) {
            venue_.submit(submit->order);
        } else if (const auto* replace = std::get_if<ReplaceOrder>(&command)) {
            venue_.replace(*replace);
        } else if (const auto* cancel = std::get_if<CancelOrder>(&command)) {
            venue_.cancel(*cancel);
        }
        settle();
    }

    /// What the account is told of goes out in its turn; there are no bars to wake.
    void settle() {
        venue_.forget_woken();
        for (const AccountNews& one : desk_.news()) {
            news_.add(one.ts, {.ts = one.ts, .ts_event = one.ts_event, .payload = one.payload});
        }
        desk_.news().clear();
    }

    void on(const Quote& quote) {
        const PaperMarket& market = markets_[quote.instrument.value];
        if (!market.quotes || market.book) return;
        if (*venue_.busy(quote.instrument) != 0) return venue_.meet(quote);
        desk_.account().mark(quote.instrument) = quote.bid;
        venue_.ask_mark(quote.instrument) = quote.ask;
    }
    void on(const Trade& trade) {
        const PaperMarket& market = markets_[trade.instrument.value];
        if (!market.trades && !market.book) return;
        if (market.book || *venue_.busy(trade.instrument) != 0) return venue_.meet(trade);
        if (!market.quotes) desk_.account().mark(trade.instrument) = trade.price;
    }
    void on(const Funding& funding) {
        const Instrument& of = desk_.table().at(funding.instrument);
        const Price mark = funding.mark.value_or(desk_.account().mark(of.id));
        const Money value = notional(mark, desk_.account().position(of.id), of);
        desk_.account().add(of.settlement.known() ? of.settlement : of.quote,
                            -multiply(value, funding.rate));
    }

    Duration latency_of(const Command& command, Timestamp now) {
        if (std::holds_alternative<SubmitOrder>(command)) return insert_.next(now);
        if (std::holds_alternative<ReplaceOrder>(command)) return replace_.next(now);
        return cancel_.next(now);
    }

    OrderDesk desk_;
    WorldSettings settings_;
    LatencySource insert_;
    LatencySource replace_;
    LatencySource cancel_;
    std::optional<Carry> carry_;
    StrictVenue venue_;
    std::vector<PaperMarket> markets_;  ///< by instrument
    Due<Timer> timers_;
    Due<Command> arrivals_;
    Due<Event> news_;
    std::optional<Event> fact_;                ///< that waits to be told
    bool is_met_ = false;                      ///< by the venue
    Moment now_{.ts = INT64_MIN, .place = 0};  ///< what happened last
    std::uint64_t market_events_ = 0;
};

PaperWorld::PaperWorld(std::unique_ptr<Body> body) : body_(std::move(body)) {}
PaperWorld::~PaperWorld() = default;

std::expected<std::unique_ptr<PaperWorld>, std::string> PaperWorld::create(
    const InstrumentTable& table, WorldSettings settings, std::span<const PaperMarket> markets) {
    if (auto fault = sim::fault_of(settings, table)) return std::unexpected(std::move(*fault));
    if (settings.fills != FillMode::strict) {
        return std::unexpected(fmt::format("fill mode {} knows history only: paper needs strict",
                                           to_string(settings.fills)));
    }
    for (const Instrument& instrument : table.all()) {
        const auto has_market = [&](const PaperMarket& one) {
            return one.instrument == instrument.id && (one.quotes || one.trades || one.book);
        };
        if (std::ranges::none_of(markets, has_market)) {
            return std::unexpected(fmt::format(
                "{}: paper fills orders by quotes, trades or a book, and none of them is followed",
                instrument.symbol));
        }
    }
    auto body = std::make_unique<Body>(table, std::move(settings), markets);
    return std::unique_ptr<PaperWorld>(new PaperWorld(std::move(body)));
}

void PaperWorld::begin(Timestamp now) { body_->begin(now); }
void PaperWorld::offer(const Event& fact) { body_->offer(fact); }
bool PaperWorld::next(Timestamp until, Event& out) { return body_->next(until, out); }
Timestamp PaperWorld::next_due() const { return body_->next_due(); }
void PaperWorld::send(const Command& command, Timestamp now) { body_->send(command, now); }
WorldCounts PaperWorld::counts() const { return body_->counts(); }
bool PaperWorld::is_under_way() const { return body_->is_under_way(); }
Qty PaperWorld::position(InstrumentId instrument) const { return body_->position(instrument); }
std::size_t PaperWorld::open_orders() const { return body_->open_orders(); }

}  // namespace tradewind::sim
