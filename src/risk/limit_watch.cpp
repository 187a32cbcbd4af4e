// SPDX-License-Identifier: Apache-2.0
#include "risk/limit_watch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "risk/proposal.hpp"
#include "risk/statistics.hpp"

namespace tradewind::risk {
namespace {

/// The gate counts in whole numbers, this in doubles: they agree but for rounding.
constexpr double kSlack = 1e-9;

bool has_window(Measure measure) {
    return measure == Measure::orders || measure == Measure::turnover ||
           measure == Measure::cancels;
}

/// What holds at every instant, and not of one order alone.
bool is_of_instant(Measure measure) {
    switch (measure) {
        case Measure::position:
        case Measure::gross:
        case Measure::net:
        case Measure::open_orders:
        case Measure::orders:
        case Measure::cancels:
        case Measure::turnover:
        case Measure::loss:
        case Measure::drawdown:
        case Measure::margin_use:
        case Measure::var:
        case Measure::es:
        case Measure::beta:
        case Measure::liquidation_days: return true;
        default: return false;
    }
}

double share_of(Money part, Money whole) {
    const double base = to_double(whole);
    return base > 0 ? std::max(0.0, to_double(part)) / base : 0.0;
}

}  // namespace

LimitWatch::LimitWatch(const Books& books, const Settings& settings, std::size_t strategies)
    : books_(books), limits_(settings.limits), uses_(settings.limits.size()), usual_(strategies) {
    for (std::size_t i = 0; i < limits_.size(); ++i) {
        if (has_window(limits_[i].measure)) longest_ = std::max(longest_, limits_[i].window);
        add_things(i, settings, strategies);
    }
}

void LimitWatch::add_things(std::size_t limit, const Settings& settings, std::size_t strategies) {
    const Limit& what = limits_[limit];
    const auto of = [&](ScopeKind scope, std::string_view name) {
        return members_of(scope, name, settings, books_.instruments);
    };
    if (what.scope == ScopeKind::strategy) {
        for (std::size_t s = 0; s < strategies; ++s) {
            if (!what.of.empty() && what.of != std::to_string(s)) continue;
            things_.push_back(
                {limit, of(ScopeKind::portfolio, {}), StrategyId{static_cast<std::uint16_t>(s)}});
        }
        return;
    }
    if (what.measure == Measure::beta) {
        Thing all{.limit = limit, .members = of(ScopeKind::portfolio, {})};
        if (!what.of.empty()) all.to = of(ScopeKind::instrument, what.of).front();
        things_.push_back(std::move(all));
        return;
    }
    const bool is_one = what.scope == ScopeKind::order || what.scope == ScopeKind::portfolio;
    std::vector<std::string> names{what.of};
    if (what.of.empty() && !is_one) names = names_of(what.scope, settings, books_.instruments);
    for (const std::string& name : names) things_.push_back({limit, of(what.scope, name), {}});
}

/// In the unit of its number.
double LimitWatch::number_of(const Limit& limit, const AccountWatch& account) const {
    const double number = to_double(limit.max);
    if (limit.unit != Unit::equity) return number;
    if (limit.measure == Measure::loss) return number * to_double(account.day_start());
    const bool is_of_risk = limit.measure == Measure::var || limit.measure == Measure::es;
    const double lost = is_of_risk ? this->lost() : 0.0;
    return number * std::max(0.0, to_double(account.equity()) - lost);
}

void LimitWatch::note(std::size_t limit, Timestamp at, double use) {
    LimitUse& out = uses_[limit];
    if (use <= out.most) return;
    out.most = use;
    out.most_at = at;
}

/// Gross, or the worse side of the net, of the members if everything that works were filled.
std::optional<double> LimitWatch::exposure(const Thing& thing, bool is_net,
                                           const orders::Order* sent,
                                           const orders::Order* left_out) const {
    const auto sides = both_sides(thing, sent, left_out);
    if (!sides) return std::nullopt;
    return is_net ? std::max(sides->upper, -sides->lower) : sides->gross;
}

std::optional<LimitWatch::BothSides> LimitWatch::both_sides(const Thing& thing,
                                                            const orders::Order* sent,
                                                            const orders::Order* left_out) const {
    double gross = 0, upper = 0, lower = 0;
    for (const InstrumentId id : thing.members) {
        const Instrument& instrument = books_.instruments.at(id);
        double buys = 0, sells = 0;
        for (const orders::Order* order : books_.orders.open_of(id)) {
            if (order == left_out) continue;
            if (thing.strategy && order->strategy() != *thing.strategy) continue;
            (order->side() == Side::buy ? buys : sells) +=
                to_double(counted(books_.orders, *order));
        }
        const Sides sides = books_.portfolio.sides(id);
        const double held =
            to_double(thing.strategy ? books_.portfolio.position(*thing.strategy, id).qty
                                     : books_.portfolio.position(id).qty);
        const bool hedges = books_.portfolio.settings().positions.hedges();
        const double both = hedges && !thing.strategy ? to_double(sides.gross()) : std::abs(held);
        if (held == 0 && both == 0 && buys == 0 && sells == 0) continue;
        const auto mark = books_.portfolio.mark_of(id);
        const auto last = mark ? mark : books_.market.mark(id);
        const auto rate = books_.portfolio.rate(instrument.quote);
        if (!last || !rate) return std::nullopt;
        const double unit = to_double(instrument.multiplier) * to_double(*rate);
        double price = std::abs(to_double(*last));
        if (sent != nullptr && sent->instrument() == id) {
            const auto own = ProposalReader{books_}.value_price(*sent);
            if (!own) return std::nullopt;
            price = std::max(price, std::abs(to_double(*own)));
        }
        const double more =
            hedges ? buys + sells
                   : std::max(std::abs(held + buys), std::abs(held - sells)) - std::abs(held);
        gross += (both * std::abs(to_double(*last)) + more * price) * unit;
        upper += (held * to_double(*last) + buys * price) * unit;
        lower += (held * to_double(*last) - sells * price) * unit;
    }
    return BothSides{.gross = gross, .upper = upper, .lower = lower};
}

/// Of things that hold at every instant; nullopt where a price or a rate is missing.
std::optional<double> LimitWatch::measure(const Thing& thing, const AccountWatch& account,
                                          const orders::Order* sent,
                                          const orders::Order* left_out) const {
    const Limit& limit = limits_[thing.limit];
    switch (limit.measure) {
        case Measure::gross:
        case Measure::net: return exposure(thing, limit.measure == Measure::net, sent, left_out);
        case Measure::position: {
            const InstrumentId id = thing.members.front();
            double buys = to_double(books_.orders.working_buy(id));
            double sells = to_double(books_.orders.working_sell(id));
            if (left_out != nullptr && left_out->instrument() == id) {
                (left_out->side() == Side::buy ? buys : sells) -=
                    to_double(counted(books_.orders, *left_out));
            }
            const Sides sides = books_.portfolio.sides(id);
            const double longs = to_double(sides.longs), shorts = to_double(sides.shorts);
            // hedged, what is bought may close a short of its own strategy first
            if (books_.portfolio.settings().positions.hedges()) return std::max(longs, shorts);
            return std::max(longs - shorts + buys, shorts - longs + sells);
        }
        case Measure::open_orders: {
            std::size_t open = 0;
            for (const orders::Order* order : books_.orders.open_orders()) {
                const bool is_of = (!thing.strategy || order->strategy() == *thing.strategy) &&
                                   (limit.scope != ScopeKind::instrument ||
                                    order->instrument() == thing.members.front());
                open += order != left_out && is_of ? 1U : 0U;
            }
            return static_cast<double>(open);
        }
        case Measure::orders:
        case Measure::turnover: {
            double sum = 0;
            for (const Sent& one : sent_) {
                const bool is_of = (!thing.strategy || one.strategy == *thing.strategy) &&
                                   (limit.scope != ScopeKind::instrument ||
                                    one.instrument == thing.members.front());
                if (!is_of || sent_.back().at - one.at >= limit.window) continue;
                sum += limit.measure == Measure::orders ? 1 : one.notional;
            }
            return sum;
        }
        case Measure::cancels: {
            // one more than there were: the order may need one
            std::size_t count = 1;
            for (const Sent& one : cancelled_) {
                const bool is_of = (!thing.strategy || one.strategy == *thing.strategy) &&
                                   (limit.scope != ScopeKind::instrument ||
                                    one.instrument == thing.members.front());
                count += is_of && sent_.back().at - one.at < limit.window ? 1U : 0U;
            }
            return static_cast<double>(count);
        }
        case Measure::loss: return std::max(0.0, to_double(account.loss()));
        case Measure::drawdown: return share_of(account.fall(), account.peak());
        case Measure::margin_use: {
            const auto use = margin();
            const double equity = to_double(account.equity());
            return use && equity > 0 ? std::optional{*use / equity} : std::nullopt;
        }
        case Measure::var:
        case Measure::es: return tail(limit.measure, sent, left_out);
        case Measure::liquidation_days: return days_to_close(thing.members.front());
        case Measure::beta: {
            const auto beta = net_beta(thing.to, sent, left_out);
            const double equity = to_double(account.equity()) - lost();
            return beta && equity > 0 ? std::optional{*beta / equity} : std::nullopt;
        }
        default: return std::nullopt;
    }
}

/// Initial margin of what is held; what works is not in it.
std::optional<double> LimitWatch::margin() const {
    double sum = 0;
    for (const InstrumentId id : books_.portfolio.held()) {
        const Instrument& instrument = books_.instruments.at(id);
        const portfolio::Settings& settings = books_.portfolio.settings();
        const bool is_paid =
            settings.kind == portfolio::AccountKind::cash && !instrument.is_derivative();
        if (is_paid) continue;
        const auto mark = books_.portfolio.mark_of(id);
        const auto rate = books_.portfolio.rate(instrument.quote);
        if (!mark || !rate) return std::nullopt;
        const Qty counted = margined(books_.portfolio.sides(id), settings.positions.margin);
        sum += std::abs(to_double(*mark) * to_double(counted)) * to_double(instrument.multiplier) *
               to_double(*rate) * to_double(instrument.margin.initial);
    }
    return sum;
}

std::optional<double> LimitWatch::days_to_close(InstrumentId instrument) const {
    if (statistics_ == nullptr) return std::nullopt;
    const auto volume = statistics_->daily_volume(instrument);
    if (!volume || *volume <= 0) return std::nullopt;
    const double held = to_double(books_.portfolio.position(instrument).qty);
    const double most =
        std::max(std::abs(held + to_double(books_.orders.working_buy(instrument))),
                 std::abs(held - to_double(books_.orders.working_sell(instrument))));
    return most / (*volume * statistics_->settings().participation);
}

std::optional<double> LimitWatch::larger_side(InstrumentId instrument, const orders::Order* sent,
                                              const orders::Order* left_out) const {
    const Thing one{.limit = 0, .members = {instrument}};
    const auto sides = both_sides(one, sent, left_out);
    if (!sides) return std::nullopt;
    return std::abs(sides->upper) >= std::abs(sides->lower) ? sides->upper : sides->lower;
}

std::optional<double> LimitWatch::net_beta(std::optional<InstrumentId> to,
                                           const orders::Order* sent,
                                           const orders::Order* left_out) const {
    if (statistics_ == nullptr) return std::nullopt;
    double sum = 0;
    for (const Instrument& instrument : books_.instruments.all()) {
        const auto side = larger_side(instrument.id, sent, left_out);
        if (!side) return std::nullopt;
        if (*side == 0 || is_lost(instrument.id)) continue;
        const auto beta = statistics_->beta(instrument.id, to);
        if (!beta) return std::nullopt;
        sum += *beta * *side;
    }
    return std::abs(sum);
}

/// Gross of all that moves with the order's instrument.
std::optional<double> LimitWatch::of_cluster(const Thing& thing, const orders::Order& sent) const {
    if (statistics_ == nullptr) return std::nullopt;
    const auto cluster = statistics_->cluster_of(sent.instrument());
    if (cluster.empty()) return std::nullopt;
    const Thing members{.limit = thing.limit, .members = {cluster.begin(), cluster.end()}};
    return exposure(members, false, &sent, nullptr);
}

bool LimitWatch::is_lost(InstrumentId instrument) const {
    return statistics_ != nullptr && statistics_->is_lost(instrument);
}

/// What is held and works of what may never trade again.
double LimitWatch::lost() const {
    double sum = 0;
    for (const Instrument& instrument : books_.instruments.all()) {
        if (!is_lost(instrument.id)) continue;
        sum += std::abs(larger_side(instrument.id, nullptr, nullptr).value_or(0.0));
    }
    return sum;
}

std::optional<double> LimitWatch::tail(Measure which, const orders::Order* sent,
                                       const orders::Order* left_out) const {
    if (statistics_ == nullptr) return std::nullopt;
    const std::size_t days = statistics_->days().size();
    std::vector<InstrumentId> ids;
    std::vector<double> exposures;
    for (const Instrument& instrument : books_.instruments.all()) {
        const bool is_asked = sent != nullptr && sent->instrument() == instrument.id;
        const auto side = larger_side(instrument.id, sent, left_out);
        if (!side) return std::nullopt;
        if (*side == 0 && !is_asked) continue;
        if (is_lost(instrument.id)) continue;
        ids.push_back(instrument.id);
        exposures.push_back(*side);
    }
    if (ids.empty()) return 0.0;
    if (scenarios_.days != days || scenarios_.of != ids) {
        scenarios_ = {.days = days, .of = ids, .made = statistics_->scenarios_of(ids, days)};
    }
    if (!scenarios_.made || !scenarios_.made->set_exposures(exposures)) return std::nullopt;
    const measures::TailLoss loss = scenarios_.made->risk();
    return which == Measure::var ? loss.var : loss.es;
}

std::optional<double> LimitWatch::of_order(const Limit& limit, StrategyId strategy,
                                           const OrderSpec& spec) const {
    switch (limit.measure) {
        case Measure::quantity: return to_double(spec.qty);
        case Measure::notional: return notional_of(spec);
        case Measure::price_band: return beyond_market(spec);
        case Measure::fat_finger: return against_usual(strategy, spec);
        case Measure::volume_share: break;
        default: return std::nullopt;
    }
    if (statistics_ == nullptr) return std::nullopt;
    const auto volume = statistics_->daily_volume(spec.instrument);
    if (!volume || *volume <= 0) return std::nullopt;
    return to_double(spec.qty) / *volume;
}

std::optional<double> LimitWatch::beyond_market(const OrderSpec& spec) const {
    if (!spec.limit_price) return 0.0;
    const auto market = books_.market.price_for(spec.instrument, spec.side);
    if (!market || market->raw == 0) return std::nullopt;
    const double from = to_double(*market), at = to_double(*spec.limit_price);
    return std::max(0.0, (spec.side == Side::buy ? at - from : from - at) / std::abs(from));
}

std::optional<double> LimitWatch::against_usual(StrategyId strategy, const OrderSpec& spec) const {
    std::vector<double> before = usual_[strategy.value];
    if (before.size() < kUsualLeast) return 0.0;
    const auto own = notional_of(spec);
    if (!own) return std::nullopt;
    std::ranges::sort(before);
    return *own / before[before.size() / 2];
}

std::optional<double> LimitWatch::notional_of(const OrderSpec& spec) const {
    const Instrument& instrument = books_.instruments.at(spec.instrument);
    const auto price = ProposalReader{books_}.value_price(spec);
    const auto rate = books_.portfolio.rate(instrument.quote);
    if (!price || !rate) return std::nullopt;
    return std::abs(to_double(*price)) * to_double(spec.qty) * to_double(instrument.multiplier) *
           to_double(*rate);
}

/// With all that works beside it, itself included.
bool LimitWatch::only_reduces(const orders::Order& order) const {
    if (only_closes(order.intent.spec)) return true;
    const InstrumentId id = order.instrument();
    const bool sells = order.side() == Side::sell;
    if (books_.portfolio.settings().positions.hedges()) {
        const Leg leg = leg_closed_by(order.side());
        return order.most_leaves() <= abs(books_.portfolio.position(order.strategy(), id, leg).qty);
    }
    const Qty held = books_.portfolio.position(id).qty;
    const Qty closable = sells ? held : -held;
    return (sells ? books_.orders.working_sell(id) : books_.orders.working_buy(id)) <= closable;
}

void LimitWatch::on_sent(const orders::Order& order, const AccountWatch& account) {
    const OrderSpec& spec = order.intent.spec;
    const double amount = notional_of(spec).value_or(0.0);
    count(order, order.created, amount);
    check({.order = order, .spec = spec, .now = order.created, .is_new = true}, account);
    std::vector<double>& usual = usual_[order.strategy().value];
    if (amount > 0) usual.push_back(amount);
    if (usual.size() > kUsualOf) usual.erase(usual.begin());
}

void LimitWatch::on_changed(const orders::Order& order, const OrderSpec& before, Timestamp now,
                            const AccountWatch& account) {
    const OrderSpec spec = as_it_stands(order);
    count(order, now, 0);
    // as the gate does: what asks for less is a part of a cancel, and a bracket's exit is an exit
    const bool protects = order.intent.links.parent && only_closes(spec);
    if (protects || only_shrinks(spec, before)) return;
    check({.order = order, .spec = spec, .now = now, .is_new = false}, account);
}

/// Of what is counted in windows.
void LimitWatch::count(const orders::Order& order, Timestamp now, double notional) {
    if (longest_.ns == 0) return;
    std::erase_if(sent_, [&](const Sent& one) { return now - one.at >= longest_; });
    sent_.push_back({now, order.instrument(), order.strategy(), notional});
}

void LimitWatch::check(const Look& look, const AccountWatch& account) {
    const orders::Order& order = look.order;
    // what only closes is let through whatever holds
    const bool reduces = only_reduces(order);
    for (const Thing& thing : things_) {
        const Limit& limit = limits_[thing.limit];
        const auto& members = thing.members;
        const bool is_in =
            std::find(members.begin(), members.end(), order.instrument()) != members.end() &&
            (!thing.strategy || *thing.strategy == order.strategy());
        if (!is_in) continue;
        // a change opens no further order
        if (limit.measure == Measure::open_orders && !look.is_new) continue;
        const double number = number_of(limit, account);
        const bool instant = is_of_instant(limit.measure);
        const auto with = instant ? measure(thing, account, &order, nullptr)
                          : limit.measure == Measure::cluster
                              ? of_cluster(thing, order)
                              : of_order(limit, order.strategy(), look.spec);
        if (!with) continue;
        if (instant || !reduces) note(thing.limit, look.now, number > 0 ? *with / number : 0.0);
        if (reduces || limit.soft || *with <= number * (1 + kSlack) + kSlack) continue;
        const bool may_lessen = limit.measure == Measure::net || limit.measure == Measure::beta ||
                                limit.measure == Measure::var || limit.measure == Measure::es;
        const auto without = may_lessen ? measure(thing, account, &order, &order) : std::nullopt;
        if (without && *with <= *without * (1 + kSlack)) continue;
        ++uses_[thing.limit].exceeded;
    }
}

void LimitWatch::on_cancel(StrategyId strategy, InstrumentId instrument, Timestamp now) {
    if (longest_.ns == 0) return;
    std::erase_if(cancelled_, [&](const Sent& one) { return now - one.at >= longest_; });
    cancelled_.push_back({now, instrument, strategy, 0});
}

void LimitWatch::on_day_end(Timestamp now, const AccountWatch& account) {
    days_.push_back(now);
    std::vector<double> most(limits_.size(), std::numeric_limits<double>::quiet_NaN());
    for (const Thing& thing : things_) {
        const Limit& limit = limits_[thing.limit];
        if (!is_of_instant(limit.measure) || has_window(limit.measure)) continue;
        const double number = number_of(limit, account);
        const auto now_used = measure(thing, account, nullptr, nullptr);
        if (!now_used || !(number > 0)) continue;
        const double use = *now_used / number;
        note(thing.limit, now, use);
        most[thing.limit] = std::isnan(most[thing.limit]) ? use : std::max(most[thing.limit], use);
    }
    for (std::size_t i = 0; i < uses_.size(); ++i) {
        uses_[i].by_day.push_back(static_cast<float>(most[i]));
    }
}

std::uint64_t LimitWatch::exceeded() const {
    std::uint64_t out = 0;
    for (const LimitUse& use : uses_) out += use.exceeded;
    return out;
}

}  // namespace tradewind::risk
