// SPDX-License-Identifier: Apache-2.0
#include "exchange/exchange.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace tradewind::exchange {
namespace {

constexpr std::int64_t kBasisPoints = 10'000;
constexpr std::string_view kClientIdLetters =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kClientIdLength = 22;

/// Whether the trigger is reached from below.
bool triggers_upward(const OrderTerms& terms) {
    return takes_profit(terms.kind) == (terms.side == Side::sell);
}

bool reaches(const OrderTerms& terms, Price price, Price stop) {
    return triggers_upward(terms) ? price >= stop : price <= stop;
}

/// Where a trailing order would trigger, the best price since it began to follow being `extreme`.
Price trailing_stop(const OrderTerms& terms, Price extreme) {
    const std::int64_t sign = triggers_upward(terms) ? 1 : -1;
    const base::Int128 scaled =
        base::Int128{extreme.raw} * (kBasisPoints + sign * *terms.trailing_bps);
    return {static_cast<std::int64_t>(scaled / kBasisPoints)};
}

/// Whether the order at its market price or limit accepts `price`.
bool accepts(const OrderTerms& terms, Price price) {
    if (!has_price(terms.kind)) return true;
    return terms.side == Side::buy ? price <= *terms.price : price >= *terms.price;
}

}  // namespace

Exchange::Exchange(std::span<const Instrument> instruments, const Settings& settings)
    : settings_(settings), random_(settings.seed) {
    for (const Instrument& instrument : instruments) {
        Listing listing;
        listing.instrument = instrument;
        listing.instrument.id = InstrumentId{static_cast<std::uint32_t>(listings_.size())};
        listing.symbol = instrument.ticker();
        listing.rules = rules_of(instrument);
        ASSERT(find_listing(listing.symbol) == nullptr);
        listings_.push_back(std::move(listing));
    }
}

const Listing* Exchange::find_listing(std::string_view symbol) const {
    const auto at = std::find_if(listings_.begin(), listings_.end(),
                                 [&](const Listing& l) { return l.symbol == symbol; });
    return at == listings_.end() ? nullptr : &*at;
}

std::string Exchange::make_client_id() {
    std::string out;
    for (std::size_t i = 0; i < kClientIdLength; ++i) {
        out += kClientIdLetters[random_.below(kClientIdLetters.size())];
    }
    return out;
}

// --- accounts -----------------------------------------------------------------------------------

AccountNumber Exchange::open_account(std::string name) {
    accounts_.push_back({.name = std::move(name)});
    return AccountNumber{static_cast<std::uint32_t>(accounts_.size() - 1)};
}

bool Exchange::deposit(AccountNumber account, Currency asset, Money amount, Timestamp now) {
    ASSERT(account.value < accounts_.size());
    if ((accounts_[account.value].balances[asset].free + amount).raw < 0) return false;
    change(account, asset, amount, {});
    accounts_[account.value].updated = now;
    happenings_.emplace_back(DepositHappened{.account = account, .asset = asset, .amount = amount});
    happenings_.emplace_back(BalancesHappened{.account = account, .assets = {asset}});
    changed_.clear();
    return true;
}

void Exchange::change(AccountNumber account, Currency asset, Money free, Money locked) {
    Balance& balance = accounts_[account.value].balances[asset];
    balance.free += free;
    balance.locked += locked;
    ASSERT(balance.free.raw >= 0 && balance.locked.raw >= 0);
    changed_[account].insert(asset);
}

Currency Exchange::spent(const Listing& listing, Side side) {
    return side == Side::buy ? listing.instrument.quote : listing.instrument.base;
}

Price Exchange::reserve_of(const Listing& listing, const OrderTerms& terms) {
    if (has_price(terms.kind)) return *terms.price;
    if (terms.stop) return *terms.stop;
    // A trailing order without a price of its own: the last one.
    return listing.log.last_price().value_or(Price{});
}

Money Exchange::need_of(const OrderTerms& terms, Price reserve, Qty leaves) {
    return terms.side == Side::sell ? as_money(leaves) : multiply(reserve, leaves);
}

void Exchange::lock(const Listing& listing, Order& order, Money amount) {
    change(order.terms.account, spent(listing, order.terms.side), -amount, amount);
    order.locked += amount;
}

void Exchange::unlock(const Listing& listing, Order& order) {
    if (order.locked.raw == 0) return;
    change(order.terms.account, spent(listing, order.terms.side), order.locked, -order.locked);
    order.locked = {};
}

// --- checks -------------------------------------------------------------------------------------

std::optional<Refusal> Exchange::check(const OrderTerms& terms, Timestamp now) const {
    const Listing& listing = this->listing(terms.instrument);
    if (const auto refusal = check_leg(listing, terms, 1, now)) return refusal;
    return check_funds(listing, terms);
}

std::optional<Refusal> Exchange::check_leg(const Listing& listing, const OrderTerms& terms,
                                           std::size_t coming, Timestamp now) const {
    if (!listing.is_open) return Refusal::market_closed;
    if (const auto refusal = check_terms(terms, listing.rules)) return refusal;
    if (const auto refusal = check_limits(listing, terms, coming)) return refusal;
    if (!terms.client_id.empty()) {
        const auto at = listing.by_client_id.find({terms.account, terms.client_id});
        if (at != listing.by_client_id.end()) {
            const Order* const other = listing.find(at->second);
            if (other != nullptr && is_open(other->status)) return Refusal::duplicate_client_id;
        }
    }
    return check_prices(listing, terms, now);
}

std::optional<Refusal> Exchange::check_limits(const Listing& listing, const OrderTerms& terms,
                                              std::size_t coming) const {
    const auto at = listing.open_orders.find(terms.account);
    if (at == listing.open_orders.end()) return std::nullopt;
    if (std::cmp_greater(at->second.size() + coming, listing.rules.orders_max)) {
        return Refusal::max_orders;
    }
    std::int64_t triggers = has_trigger(terms.kind) ? 1 : 0;
    std::int64_t icebergs = terms.iceberg ? 1 : 0;
    if (triggers == 0 && icebergs == 0) return std::nullopt;
    for (const std::uint64_t id : at->second) {
        const Order* const other = listing.find(id);
        triggers += has_trigger(other->terms.kind) && triggers > 0 ? 1 : 0;
        icebergs += other->terms.iceberg && icebergs > 0 ? 1 : 0;
    }
    if (triggers > listing.rules.algo_orders_max) return Refusal::max_algo_orders;
    if (icebergs > listing.rules.iceberg_orders_max) return Refusal::max_iceberg_orders;
    return std::nullopt;
}

std::optional<Refusal> Exchange::check_prices(const Listing& listing, const OrderTerms& terms,
                                              Timestamp now) const {
    const auto average = average_price(listing, now);
    for (const auto& price : {terms.price, terms.stop}) {
        if (price && average && !is_within_percent(*price, *average, listing.rules)) {
            return Refusal::percent_price;
        }
    }
    if (!terms.price && terms.qty && average &&
        multiply(*average, *terms.qty) < listing.rules.notional_min) {
        return Refusal::notional;
    }
    if (terms.kind == OrderKind::limit_maker && crosses(listing, terms.side, *terms.price)) {
        return Refusal::would_take;
    }
    const auto last = listing.log.last_price();
    if (has_trigger(terms.kind) && terms.stop && last && reaches(terms, *last, *terms.stop)) {
        return Refusal::would_trigger;
    }
    if (has_trigger(terms.kind) && !terms.stop && !last) return Refusal::no_liquidity;
    if (terms.quote_qty) {
        const Preview preview = this->preview(listing, terms);
        if (preview.qty < listing.rules.qty_min) return Refusal::no_liquidity;
    }
    return std::nullopt;
}

std::optional<Refusal> Exchange::check_funds(const Listing& listing,
                                             const OrderTerms& terms) const {
    const Account& owner = account(terms.account);
    const auto at = owner.balances.find(spent(listing, terms.side));
    const Money free = at == owner.balances.end() ? Money{} : at->second.free;
    Money need{};
    if (terms.kind == OrderKind::market) {
        const Preview preview = this->preview(listing, terms);
        need = terms.side == Side::buy ? (terms.quote_qty ? *terms.quote_qty : preview.cost)
                                       : as_money(terms.qty.value_or(preview.qty));
    } else {
        need = need_of(terms, reserve_of(listing, terms), *terms.qty);
    }
    return need <= free ? std::nullopt : std::optional{Refusal::insufficient_balance};
}

bool Exchange::crosses(const Listing& listing, Side side, Price price) {
    const auto other = listing.book.best(opposite(side));
    return other && (side == Side::buy ? price >= *other : price <= *other);
}

Preview Exchange::preview(const Listing& listing, const OrderTerms& terms) const {
    const Side maker_side = opposite(terms.side);
    Preview out;
    for (const auto& [key, level] : listing.book.levels(maker_side)) {
        const Price price = Book::price_of(maker_side, key);
        if (!accepts(terms, price)) break;
        Qty there{};
        for (const Book::Entry& entry : level.queue) {
            const bool own = entry.order != 0 && terms.prevention != Prevention::none &&
                             listing.find(entry.order)->terms.account == terms.account;
            if (!own) there += entry.shown + entry.hidden;
        }
        Qty wanted = there;
        if (terms.qty) {
            wanted = std::min(there, *terms.qty - out.qty);
        } else {
            const base::Int128 affordable = (*terms.quote_qty - out.cost).raw / price.raw;
            const base::Int128 lots = affordable / listing.rules.step.raw;
            const base::Int128 most = listing.rules.market_qty_max.raw - out.qty.raw;
            wanted = {static_cast<std::int64_t>(std::min<base::Int128>(
                std::min<base::Int128>(there.raw, most), lots * listing.rules.step.raw))};
        }
        out.qty += wanted;
        out.cost += multiply(price, wanted);
        if (wanted < there || (terms.qty && out.qty == *terms.qty)) {
            out.is_complete = true;
            break;
        }
    }
    return out;
}

// --- orders -------------------------------------------------------------------------------------

Order& Exchange::order(Listing& listing, std::uint64_t id) {
    ASSERT(listing.find(id) != nullptr);
    return listing.orders[id - listing.first_order];
}

Order& Exchange::enter(Listing& listing, const OrderTerms& terms, Timestamp now) {
    Order order;
    order.id = listing.first_order + listing.orders.size();
    order.terms = terms;
    if (order.terms.client_id.empty()) order.terms.client_id = make_client_id();
    order.qty = terms.qty ? *terms.qty : preview(listing, terms).qty;
    order.reserve = reserve_of(listing, terms);
    order.created = order.updated = now;
    listing.orders.push_back(std::move(order));
    Order& entered = listing.orders.back();
    listing.by_client_id[{terms.account, entered.terms.client_id}] = entered.id;
    listing.open_orders[terms.account].insert(entered.id);
    return entered;
}

std::expected<std::uint64_t, Refusal> Exchange::place(const OrderTerms& terms, Timestamp now) {
    if (const auto refusal = check(terms, now)) return std::unexpected(*refusal);
    Listing& listing = listings_[terms.instrument.value];
    Order& order = enter(listing, terms, now);
    const std::uint64_t id = order.id;
    if (terms.kind != OrderKind::market) lock(listing, order, need_of(order));
    if (!has_trigger(terms.kind)) order.working_since = now;
    if (terms.trailing_bps && !terms.stop) {
        order.trailing_since = now;
        order.trailing_extreme = listing.log.last_price();
    }
    report(Execution::accepted, order);
    if (has_trigger(terms.kind)) {
        listing.triggers.insert(id);
    } else {
        work(listing, order, now);
    }
    run_triggers(listing, now);
    finish(listing, now);
    return id;
}

void Exchange::work(Listing& listing, Order& order, Timestamp now) {
    if (order.list) decide_list(listing, order, now);
    const bool at_market = !has_price(order.terms.kind);
    if (has_trigger(order.terms.kind)) {
        order.working_since = now;
        if (at_market) {
            unlock(listing, order);
            OrderTerms market = order.terms;
            market.kind = OrderKind::market;
            if (check_funds(listing, market)) {
                order.expiry = Expiry::rejected;
                return close(listing, order, Status::expired, now);
            }
        }
    }
    if (order.terms.time_in_force == TimeInForce::fok && !at_market &&
        !preview(listing, order.terms).is_complete) {
        order.expiry = Expiry::unfilled_fok;
        return close(listing, order, Status::expired, now);
    }
    match(listing, order, now);
    if (!is_open(order.status)) return;
    if (at_market) {
        order.expiry = Expiry::insufficient_liquidity;
        return close(listing, order, Status::expired, now);
    }
    if (order.terms.time_in_force != TimeInForce::gtc) {
        order.expiry = Expiry::unfilled_ioc;
        return close(listing, order, Status::expired, now);
    }
    rest(listing, order);
}

void Exchange::match(Listing& listing, Order& taker, Timestamp now) {
    const Side maker_side = opposite(taker.terms.side);
    const std::uint64_t key = ++listing.takers;
    while (is_open(taker.status) && taker.leaves().raw > 0) {
        const auto best = listing.book.best(maker_side);
        if (!best || !accepts(taker.terms, *best)) return;
        const Book::Entry entry = listing.book.level(maker_side, *best)->queue.front();
        if (entry.order != 0 && taker.terms.prevention != Prevention::none) {
            Order& maker = order(listing, entry.order);
            if (maker.terms.account == taker.terms.account) {
                if (!prevent(listing, taker, maker, now)) return;
                continue;
            }
        }
        const Qty qty = std::min(taker.leaves(), entry.shown);
        listing.book.take(maker_side, *best, 0, qty, false);
        fill(listing,
             {.price = *best,
              .qty = qty,
              .taker_side = taker.terms.side,
              .maker = entry.order,
              .taker = taker.id,
              .taker_key = key},
             now);
    }
}

bool Exchange::prevent(Listing& listing, Order& taker, Order& maker, Timestamp now) {
    const std::uint64_t match = listing.prevented_matches++;
    const Prevention mode = taker.terms.prevention;
    const auto expire = [&](Order& order, Qty qty, const Order& counter) {
        if (qty.raw == 0) return;
        const bool ends = qty == order.leaves();
        if (order.on_book && ends) {
            listing.book.remove(order.terms.side, *order.terms.price, order.id);
            order.on_book = false;
        } else if (order.on_book) {
            listing.book.reduce(order.terms.side, *order.terms.price, order.id, qty);
        }
        order.prevented += qty;
        order.prevented_match = match;
        order.updated = now;
        if (ends) {
            close(listing, order, Status::expired_in_match, now);
        } else if (order.locked.raw > 0) {
            const Money need = need_of(order);
            const Money less = order.locked - need;
            change(order.terms.account, spent(listing, order.terms.side), less, -less);
            order.locked = need;
        }
        OrderHappened told{.execution = Execution::prevented,
                           .order = order,
                           .prevented_now = qty,
                           .counter_order = counter.id,
                           .execution_id = ++executions_};
        happenings_.emplace_back(std::move(told));
    };
    const Qty both = std::min(taker.leaves(), maker.leaves());
    const bool decrements = mode == Prevention::decrement;
    const bool spares_maker = mode == Prevention::expire_taker;
    const bool spares_taker = mode == Prevention::expire_maker;
    const Qty of_taker = spares_taker ? Qty{} : (decrements ? both : taker.leaves());
    const Qty of_maker = spares_maker ? Qty{} : (decrements ? both : maker.leaves());
    expire(maker, of_maker, taker);
    expire(taker, of_taker, maker);
    return is_open(taker.status);
}

void Exchange::fill(Listing& listing, const Fill& fill, Timestamp now) {
    if (fill.maker != 0) {
        Order& maker = order(listing, fill.maker);
        if (maker.list) decide_list(listing, maker, now);
    }
    const bool taker_buys = fill.taker_side == Side::buy;
    const auto named = [](std::uint64_t id) { return id == 0 ? std::nullopt : std::optional{id}; };
    print(listing,
          {.price = fill.price,
           .qty = fill.qty,
           .ts = now,
           .buyer_is_maker = !taker_buys,
           .taker = fill.taker_key},
          named(taker_buys ? fill.taker : fill.maker), named(taker_buys ? fill.maker : fill.taker));
    const PublicTrade trade = listing.log.trades().back();
    for (const bool is_maker : {true, false}) {
        const std::uint64_t id = is_maker ? fill.maker : fill.taker;
        if (id != 0) {
            settle(listing, order(listing, id), fill, trade);
        } else {
            settle_market(listing, fill, is_maker);
        }
    }
}

void Exchange::settle_market(const Listing& listing, const Fill& fill, bool is_maker) {
    const bool buys = (fill.taker_side == Side::buy) != is_maker;
    const Money base = as_money(fill.qty);
    const Money quote = multiply(fill.price, fill.qty);
    market_account_[listing.instrument.base] += buys ? base : -base;
    market_account_[listing.instrument.quote] += buys ? -quote : quote;
}

void Exchange::settle(Listing& listing, Order& order, const Fill& fill, const PublicTrade& trade) {
    const OrderTerms& terms = order.terms;
    const bool buys = terms.side == Side::buy;
    const bool is_maker = order.id == fill.maker;
    const Money base = as_money(fill.qty);
    const Money quote = multiply(fill.price, fill.qty);
    const Money cost = buys ? quote : base;
    const Money gain = buys ? base : quote;
    const Currency got = spent(listing, opposite(terms.side));
    const Money fee = fee_on(gain, is_maker ? listing.rules.maker_fee : listing.rules.taker_fee);

    order.filled += fill.qty;
    order.quote_filled += quote;
    order.updated = trade.ts;
    const Money need = order.locked.raw > 0 ? need_of(order) : Money{};
    change(terms.account, spent(listing, terms.side), order.locked - need - cost,
           need - order.locked);
    order.locked = need;
    change(terms.account, got, gain - fee, {});
    fees_[got] += fee;

    const bool is_done = order.leaves().raw == 0;
    order.status = is_done ? Status::filled : Status::partially_filled;
    if (is_done) {
        order.on_book = false;
        listing.open_orders[terms.account].erase(order.id);
    }
    const AccountTrade own{.instrument = listing.instrument.id,
                           .trade = trade.id,
                           .order = order.id,
                           .list = order.list,
                           .side = terms.side,
                           .price = fill.price,
                           .qty = fill.qty,
                           .fee = fee,
                           .fee_currency = got,
                           .ts = trade.ts,
                           .is_maker = is_maker};
    Account& owner = accounts_[terms.account.value];
    owner.trades.push_back(own);
    if (owner.trades.size() > settings_.account_trades_kept) owner.trades.pop_front();
    happenings_.emplace_back(OrderHappened{.execution = Execution::traded,
                                           .order = order,
                                           .trade = own,
                                           .execution_id = ++executions_});
    if (is_done && order.list) decide_list(listing, order, trade.ts);
}

void Exchange::print(Listing& listing, const TradeLog::Print& print,
                     std::optional<std::uint64_t> buyer, std::optional<std::uint64_t> seller) {
    const PublicTrade& trade = listing.log.print(print);
    happenings_.emplace_back(TradeHappened{
        .instrument = listing.instrument.id, .trade = trade, .buyer = buyer, .seller = seller});
    note_price(listing, print.price, print.ts);
}

void Exchange::note_price(Listing& listing, Price price, Timestamp now) {
    for (auto at = listing.triggers.begin(); at != listing.triggers.end();) {
        Order& waiting = order(listing, *at);
        const OrderTerms& terms = waiting.terms;
        bool is_due = false;
        if (!terms.trailing_bps) {
            is_due = reaches(terms, price, *terms.stop);
        } else if (!waiting.trailing_since) {
            if (reaches(terms, price, *terms.stop)) {
                waiting.trailing_since = now;
                waiting.trailing_extreme = price;
            }
        } else {
            Price& extreme = *waiting.trailing_extreme;
            extreme = triggers_upward(terms) ? std::min(extreme, price) : std::max(extreme, price);
            is_due = reaches(terms, price, trailing_stop(terms, extreme));
        }
        if (is_due) {
            listing.due.push_back(*at);
            at = listing.triggers.erase(at);
        } else {
            ++at;
        }
    }
}

void Exchange::run_triggers(Listing& listing, Timestamp now) {
    // Each turn ends an order's wait for good, so this ends.
    while (!listing.due.empty()) {
        const std::uint64_t id = listing.due.front();
        listing.due.erase(listing.due.begin());
        Order& triggered = order(listing, id);
        if (is_open(triggered.status)) work(listing, triggered, now);
    }
}

void Exchange::rest(Listing& listing, Order& order) {
    const Qty leaves = order.leaves();
    const Qty peak = order.terms.iceberg.value_or(Qty{});
    const Qty shown = peak.raw > 0 ? std::min(peak, leaves) : leaves;
    listing.book.add(order.terms.side, *order.terms.price,
                     {.order = order.id, .shown = shown, .hidden = leaves - shown, .peak = peak});
    order.on_book = true;
}

void Exchange::close(Listing& listing, Order& order, Status status, Timestamp now) {
    ASSERT(is_open(order.status));
    if (order.on_book) {
        listing.book.remove(order.terms.side, *order.terms.price, order.id);
        order.on_book = false;
    }
    listing.triggers.erase(order.id);
    unlock(listing, order);
    order.status = status;
    order.updated = now;
    listing.open_orders[order.terms.account].erase(order.id);
    if (status != Status::expired_in_match) {
        report(status == Status::canceled ? Execution::canceled : Execution::expired, order);
    }
    if (order.list) decide_list(listing, order, now);
}

void Exchange::decide_list(Listing& listing, Order& keeps, Timestamp now) {
    OrderList& list = lists_[*keeps.list];
    if (!std::exchange(list.is_decided, true)) {
        const Money locked = std::exchange(list.locked, Money{});
        const Money need = is_open(keeps.status) ? need_of(keeps) : Money{};
        ASSERT(need <= locked);
        change(list.account, spent(listing, keeps.terms.side), locked - need, need - locked);
        keeps.locked = need;
        for (const std::uint64_t id : list.orders) {
            Order& other = order(listing, id);
            if (id == keeps.id || !is_open(other.status)) continue;
            const bool canceled = keeps.status == Status::canceled;
            if (!canceled) other.expiry = Expiry::oco_trigger;
            other.cancel_id = keeps.cancel_id;
            close(listing, other, canceled ? Status::canceled : Status::expired, now);
        }
    }
    const bool works = std::any_of(list.orders.begin(), list.orders.end(), [&](std::uint64_t id) {
        return is_open(order(listing, id).status);
    });
    if (works || !list.is_open) return;
    list.is_open = false;
    list.updated = now;
    happenings_.emplace_back(ListHappened{.list = list});
}

std::expected<void, Refusal> Exchange::cancel(InstrumentId instrument, std::uint64_t id,
                                              std::string_view cancel_id, Timestamp now) {
    Listing& listing = listings_[instrument.value];
    const Order* const found = listing.find(id);
    if (found == nullptr || !is_open(found->status)) {
        return std::unexpected(Refusal::unknown_order);
    }
    Order& order = this->order(listing, id);
    order.cancel_id = cancel_id.empty() ? make_client_id() : std::string{cancel_id};
    close(listing, order, Status::canceled, now);
    finish(listing, now);
    return {};
}

std::optional<Refusal> Exchange::check_oco_prices(const Listing& listing, const ListTerms& terms) {
    const auto last = listing.log.last_price();
    if (!last) return Refusal::no_liquidity;
    const auto of = [](const OrderTerms& leg) { return leg.stop ? leg.stop : leg.price; };
    const auto above = of(terms.above);
    const auto below = of(terms.below);
    if ((above && *above <= *last) || (below && *below >= *last)) return Refusal::oco_prices;
    return std::nullopt;
}

std::expected<std::uint64_t, Refusal> Exchange::place_list(const ListTerms& terms, Timestamp now) {
    Listing& listing = listings_[terms.above.instrument.value];
    for (const OrderTerms* leg : {&terms.above, &terms.below}) {
        if (const auto refusal = check_terms(*leg, listing.rules)) return std::unexpected(*refusal);
    }
    if (const auto refusal = check_oco_prices(listing, terms)) return std::unexpected(*refusal);
    for (const OrderTerms* leg : {&terms.above, &terms.below}) {
        if (const auto refusal = check_leg(listing, *leg, 2, now)) {
            return std::unexpected(*refusal);
        }
    }
    const AccountNumber account = terms.above.account;
    std::int64_t open_lists = 0;
    for (const OrderList& list : lists_) {
        if (!list.is_open || list.account != account) continue;
        ++open_lists;
        if (!terms.client_id.empty() && list.client_id == terms.client_id) {
            return std::unexpected(Refusal::duplicate_client_id);
        }
    }
    if (open_lists >= listing.rules.lists_max) return std::unexpected(Refusal::max_lists);
    if (!terms.above.client_id.empty() && terms.above.client_id == terms.below.client_id) {
        return std::unexpected(Refusal::duplicate_client_id);
    }
    const Money need =
        std::max(need_of(terms.above, reserve_of(listing, terms.above), *terms.above.qty),
                 need_of(terms.below, reserve_of(listing, terms.below), *terms.below.qty));
    const Currency asset = spent(listing, terms.above.side);
    if (need > accounts_[account.value].balances[asset].free) {
        return std::unexpected(Refusal::insufficient_balance);
    }

    OrderList list{.id = lists_.size(),
                   .account = account,
                   .instrument = terms.above.instrument,
                   .client_id = terms.client_id.empty() ? make_client_id() : terms.client_id,
                   .locked = need,
                   .updated = now};
    change(account, asset, -need, need);
    for (const OrderTerms* leg : {&terms.below, &terms.above}) {
        Order& order = enter(listing, *leg, now);
        order.list = list.id;
        list.orders.push_back(order.id);
        if (leg->trailing_bps && !leg->stop) {
            order.trailing_since = now;
            order.trailing_extreme = listing.log.last_price();
        }
        if (!has_trigger(leg->kind)) order.working_since = now;
    }
    lists_.push_back(list);
    happenings_.emplace_back(ListHappened{.list = list, .is_new = true});
    for (const std::uint64_t id : list.orders) {
        Order& order = this->order(listing, id);
        report(Execution::accepted, order);
        if (has_trigger(order.terms.kind)) {
            listing.triggers.insert(id);
        } else {
            rest(listing, order);  // a limit maker; it does not cross
        }
    }
    finish(listing, now);
    return list.id;
}

std::expected<void, Refusal> Exchange::cancel_list(std::uint64_t list, std::string_view cancel_id,
                                                   Timestamp now) {
    if (list >= lists_.size() || !lists_[list].is_open) {
        return std::unexpected(Refusal::unknown_order);
    }
    const Listing& listing = this->listing(lists_[list].instrument);
    for (const std::uint64_t id : lists_[list].orders) {
        if (is_open(listing.find(id)->status)) {
            return cancel(lists_[list].instrument, id, cancel_id, now);
        }
    }
    return std::unexpected(Refusal::unknown_order);
}

void Exchange::report(Execution execution, const Order& order) {
    happenings_.emplace_back(
        OrderHappened{.execution = execution, .order = order, .execution_id = ++executions_});
}

// --- after every operation ----------------------------------------------------------------------

void Exchange::finish(Listing& listing, Timestamp now) {
    for (const AggregateTrade& aggregate : listing.log.end_aggregates()) {
        happenings_.emplace_back(
            AggregateHappened{.instrument = listing.instrument.id, .aggregate = aggregate});
    }
    const std::uint64_t before = listing.book.last_update_id();
    std::vector<LevelChange> changes = listing.book.publish();
    if (!changes.empty()) {
        const auto bid = listing.book.top(Side::buy, 1);
        const auto ask = listing.book.top(Side::sell, 1);
        const auto best = [](const auto& top) {
            return top.empty() ? std::nullopt : std::optional{top.front().price};
        };
        const Qty bid_size = bid.empty() ? Qty{} : bid.front().size;
        const Qty ask_size = ask.empty() ? Qty{} : ask.front().size;
        const bool moved = best(bid) != listing.best_bid || best(ask) != listing.best_ask ||
                           bid_size != listing.best_bid_size || ask_size != listing.best_ask_size;
        listing.best_bid = best(bid);
        listing.best_ask = best(ask);
        listing.best_bid_size = bid_size;
        listing.best_ask_size = ask_size;
        happenings_.emplace_back(BookHappened{.instrument = listing.instrument.id,
                                              .first_id = before + 1,
                                              .last_id = listing.book.last_update_id(),
                                              .changes = std::move(changes),
                                              .touch_moved = moved});
    }
    for (const auto& [account, assets] : changed_) {
        accounts_[account.value].updated = now;
        happenings_.emplace_back(
            BalancesHappened{.account = account, .assets = {assets.begin(), assets.end()}});
    }
    changed_.clear();
    prune(listing);
}

void Exchange::prune(Listing& listing) {
    while (listing.orders.size() > settings_.orders_kept) {
        const Order& oldest = listing.orders.front();
        if (is_open(oldest.status) || (oldest.list && lists_[*oldest.list].is_open)) return;
        const auto at = listing.by_client_id.find({oldest.terms.account, oldest.terms.client_id});
        if (at != listing.by_client_id.end() && at->second == oldest.id) {
            listing.by_client_id.erase(at);
        }
        listing.orders.pop_front();
        ++listing.first_order;
    }
}

}  // namespace tradewind::exchange
