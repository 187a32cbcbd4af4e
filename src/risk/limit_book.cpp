// SPDX-License-Identifier: Apache-2.0
#include "risk/limit_book.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/assert.hpp"
#include "risk/ratio.hpp"
#include "risk/statistics.hpp"

namespace tradewind::risk {
namespace {

using base::Int128;
using base::kDecimalOne;
using base::Rounding;

DenialReason reason_of(Measure measure) {
    switch (measure) {
        case Measure::position: return DenialReason::position_limit;
        case Measure::notional:
        case Measure::gross: return DenialReason::notional_limit;
        case Measure::orders: return DenialReason::order_rate;
        default: return DenialReason::risk_limit;
    }
}

Denial unknown() { return {.reason = DenialReason::unknown_price}; }

bool needs_statistics(Measure measure) {
    switch (measure) {
        case Measure::volume_share:
        case Measure::var:
        case Measure::es:
        case Measure::cluster:
        case Measure::beta:
        case Measure::liquidation_days: return true;
        default: return false;
    }
}

/// Whether a smaller order would measure less.
bool depends_on_quantity(Measure measure) {
    switch (measure) {
        case Measure::price_band:
        case Measure::open_orders:
        case Measure::orders:
        case Measure::cancels:
        case Measure::loss:
        case Measure::drawdown: return false;
        default: return true;
    }
}

/// A measure that was worked out in doubles, in a denial's units; to the 1e-12, so that what is
/// exactly at a limit is not beyond it.
Money as_measure(double value) {
    constexpr double kMost = 1e20;  // more than any account, and it fits
    const double clamped = std::clamp(value, 0.0, kMost);
    const Int128 trillionths = static_cast<Int128>(std::nearbyint(clamped * 1e12));
    return {trillionths * 1'000'000};
}

constexpr bool is_exposure(Measure measure) {
    return measure == Measure::gross || measure == Measure::net;
}

std::int64_t rounded_down(Money share) {
    const Int128 raw = share.raw / kDecimalOne;
    return static_cast<std::int64_t>(std::min<Int128>(raw, INT64_MAX));
}

}  // namespace

/// What several rules ask of one quantity, each answer worked out once.
class LimitBook::Question {
public:
    Question(const LimitBook& book, const Proposal& proposal, Qty qty)
        : book_(book), proposal_(proposal), qty_(qty) {}

    [[nodiscard]] const Proposal& proposal() const { return proposal_; }
    [[nodiscard]] Qty qty() const { return qty_; }
    /// The proposal's notional in base currency.
    const std::optional<Money>& notional() {
        if (!notional_) {
            const Instrument& instrument = proposal_.instrument;
            notional_ = book_.books_.portfolio.to_base(
                instrument.quote, abs(tradewind::notional(proposal_.price, qty_, instrument)));
        }
        return *notional_;
    }
    /// The stake in the instrument once this quantity is sent: the account's, or the strategy's.
    const std::optional<Exposure>& with(bool of_strategy) {
        return exposure(of_strategy ? of_strategy_ : of_account_, qty_, of_strategy);
    }
    /// The same without it, at the same prices.
    const std::optional<Exposure>& before(bool of_strategy) {
        return exposure(of_strategy ? strategy_before_ : account_before_, Qty{}, of_strategy);
    }

private:
    using Known = std::optional<std::optional<Exposure>>;

    const std::optional<Exposure>& exposure(Known& known, Qty qty, bool of_strategy) const {
        if (!known) {
            const auto stake =
                book_.reader_.stake(*book_.exposures_, proposal_, qty,
                                    of_strategy ? std::optional{proposal_.strategy} : std::nullopt);
            known = stake ? book_.exposures_->value(*stake, proposal_.instrument) : std::nullopt;
        }
        return *known;
    }

    const LimitBook& book_;
    const Proposal& proposal_;
    Qty qty_;
    std::optional<std::optional<Money>> notional_;
    Known of_account_;
    Known of_strategy_;
    Known account_before_;
    Known strategy_before_;
};

// --- from settings to rules ---------------------------------------------------------------------

LimitBook::LimitBook(const Books& books, const Settings& settings, CalendarKind calendar,
                     std::size_t strategies)
    : books_(books),
      reader_(books),
      limits_(settings.limits),
      strategies_(strategies),
      rules_of_(books.instruments.size()),
      watch_(calendar) {
    std::vector<Exposures::Group> groups;
    for (std::size_t i = 0; i < limits_.size(); ++i) {
        compile(static_cast<std::uint16_t>(i), settings, groups);
    }
    exposures_.emplace(books_, std::move(groups));
    if (keeps_notionals_) {
        notionals_.resize(strategies);
        sent_.resize(strategies);
    }
}

LimitBook::Rule LimitBook::rule_of(std::uint16_t place) const {
    const Limit& limit = limits_[place];
    return {.limit = place,
            .measure = limit.measure,
            .unit = limit.unit,
            .soft = limit.soft,
            .max = limit.max,
            .share = rounded_down(limit.max),
            .scope = limit.scope};
}

void LimitBook::add_rule(Rule rule, std::span<const InstrumentId> members) {
    for (const InstrumentId member : members) {
        rules_of_[member.value].push_back(static_cast<std::uint32_t>(rules_.size()));
    }
    rules_.push_back(rule);
}

void LimitBook::add_windows(Rule& rule, std::size_t count) {
    const Limit& limit = limits_[rule.limit];
    if (limit.measure == Measure::turnover) {
        rule.first_window = sums_.size();
        sums_.insert(sums_.end(), count, SumWindow{limit.window});
        return;
    }
    rule.first_window = rates_.size();
    const auto most = static_cast<std::size_t>(limit.max.raw / kMoneyOne);
    rates_.insert(rates_.end(), count, RateWindow{limit.window, most});
}

/// A limit of each of several things is a rule for each that has a sum of its own; one that is
/// answered from the proposal's own instrument or strategy is one rule.
void LimitBook::compile(std::uint16_t place, const Settings& settings,
                        std::vector<Exposures::Group>& groups) {
    const Limit& limit = limits_[place];
    Rule rule = rule_of(place);
    keeps_notionals_ = keeps_notionals_ || limit.measure == Measure::fat_finger;
    asks_equity_ = asks_equity_ || limit.unit == Unit::equity || limit.measure == Measure::loss ||
                   limit.measure == Measure::drawdown || limit.measure == Measure::margin_use ||
                   limit.measure == Measure::beta;
    const bool has_windows = limit.measure == Measure::orders ||
                             limit.measure == Measure::cancels ||
                             limit.measure == Measure::turnover;
    const auto all = members_of(ScopeKind::portfolio, {}, settings, books_.instruments);
    if (limit.scope == ScopeKind::strategy) {
        for (std::size_t s = 0; s < strategies_; ++s) {
            if (!limit.of.empty() && limit.of != std::to_string(s)) continue;
            rule.strategy = StrategyId{static_cast<std::uint16_t>(s)};
            rule.group = groups.size();
            if (is_exposure(limit.measure)) groups.push_back({rule.strategy, all});
            if (has_windows) add_windows(rule, 1);
            add_rule(rule, all);
        }
        return;
    }
    if (!is_exposure(limit.measure) || limit.scope == ScopeKind::instrument) {
        const bool is_one = limit.scope == ScopeKind::instrument && !limit.of.empty();
        const auto members =
            is_one ? members_of(limit.scope, limit.of, settings, books_.instruments) : all;
        if (limit.measure == Measure::beta && is_one) {  // every order may add to it
            rule.instrument = members.front();
            add_rule(rule, all);
            return;
        }
        if (has_windows) {
            add_windows(rule, limit.scope == ScopeKind::instrument && !is_one
                                  ? books_.instruments.size()
                                  : 1);
        }
        if (is_one) rule.instrument = members.front();
        add_rule(rule, members);
        return;
    }
    const auto names = limit.scope == ScopeKind::portfolio ? std::vector<std::string>{""}
                       : limit.of.empty() ? names_of(limit.scope, settings, books_.instruments)
                                          : std::vector<std::string>{limit.of};
    for (const std::string& name : names) {
        const auto members = members_of(limit.scope, name, settings, books_.instruments);
        rule.group = groups.size();
        groups.push_back({std::nullopt, members});
        add_rule(rule, members);
    }
}

bool LimitBook::asks_statistics() const {
    return std::any_of(limits_.begin(), limits_.end(),
                       [](const Limit& one) { return needs_statistics(one.measure); });
}

// --- an order -----------------------------------------------------------------------------------

LimitBook::Verdict LimitBook::review(const Proposal& proposal) {
    if (limits_.empty()) return {.qty = proposal.spec.qty};
    exposures_->refresh();
    if (asks_equity_) {
        const auto equity = books_.portfolio.equity();
        if (!equity) return {.qty = {}, .shrunk = {}, .denied = unknown()};
        watch_.mark(proposal.now, *equity);
    }
    Verdict out{.qty = proposal.spec.qty};
    const Qty lot = proposal.instrument.lot;
    for (const bool soft : {true, false}) {
        Question question{*this, proposal, out.qty};
        for (const std::uint32_t r : rules_of_[proposal.spec.instrument.value]) {
            const Rule& rule = rules_[r];
            if (rule.soft != soft || !applies(rule, proposal)) continue;
            const Reading reading = read(rule, question);
            if (!exceeds(rule, reading)) continue;
            Denial denial = denial_of(rule, reading);
            // what only reduces passes without being asked about
            const Qty less = largest_passing(reader_.reducible(proposal), out.qty, lot,
                                             [&](Qty qty) { return passes(proposal, qty, soft); });
            if (reading.is_known && depends_on_quantity(rule.measure)) denial.would_pass = less;
            if (!soft || less.raw == 0) {
                out.denied = denial;
                return out;
            }
            out.shrunk = denial;
            out.qty = less;
            break;
        }
    }
    return out;
}

/// Whether no hard limit, or no limit at all, stands against so much of it.
bool LimitBook::passes(const Proposal& proposal, Qty qty, bool soft_too) {
    Question question{*this, proposal, qty};
    const auto& rules = rules_of_[proposal.spec.instrument.value];
    return std::all_of(rules.begin(), rules.end(), [&](std::uint32_t r) {
        const Rule& rule = rules_[r];
        if ((rule.soft && !soft_too) || !applies(rule, proposal)) return true;
        return !exceeds(rule, read(rule, question));
    });
}

bool LimitBook::exceeds(const Rule& rule, const Reading& reading) const {
    if (!reading.is_known) return true;
    if (reading.has_before && reading.actual <= reading.before) return false;
    if (rule.unit != Unit::equity) return reading.actual > rule.max;
    // actual > equity x share, without the division; in doubles where that is far from close
    const Money equity = equity_for(rule, reading);
    const double reached = static_cast<double>(reading.actual.raw) * kDecimalOne;
    const double allowed = static_cast<double>(equity.raw) * static_cast<double>(rule.share);
    constexpr double kClose = 1e-6;
    if (std::abs(reached - allowed) > kClose * (std::abs(reached) + std::abs(allowed))) {
        return reached > allowed;
    }
    const auto left = base::checked_mul(reading.actual.raw, Int128{kDecimalOne});
    const auto right = base::checked_mul(equity.raw, Int128{rule.share});
    if (left && right) return *left > *right;
    return reading.actual > limit_of(rule, reading);
}

/// What a share of equity is a share of.
Money LimitBook::equity_for(const Rule& rule, const Reading& reading) const {
    if (rule.measure == Measure::loss) return watch_.day_start();
    return std::max(Money{}, watch_.equity() - reading.lost);
}

Money LimitBook::limit_of(const Rule& rule, const Reading& reading) const {
    if (rule.unit != Unit::equity) return rule.max;
    const Money equity = equity_for(rule, reading);
    const auto out = base::mul_div(equity.raw, rule.share, kDecimalOne, Rounding::floor);
    return {out.value_or(0)};
}

Denial LimitBook::denial_of(const Rule& rule, const Reading& reading) const {
    if (!reading.is_known) {
        Denial out = unknown();
        if (needs_statistics(rule.measure)) out.reason = DenialReason::unknown_risk;
        out.rule = rule.limit;
        return out;
    }
    return {.reason = reason_of(rule.measure),
            .limit = limit_of(rule, reading),
            .actual = reading.actual,
            .would_pass = std::nullopt,
            .rule = rule.limit};
}

LimitBook::Reading LimitBook::read(const Rule& rule, Question& question) {
    switch (rule.measure) {
        case Measure::quantity:
        case Measure::notional:
        case Measure::price_band:
        case Measure::fat_finger:
        case Measure::position: return read_order(rule, question);
        case Measure::gross:
        case Measure::net: return read_exposure(rule, question);
        case Measure::open_orders:
        case Measure::orders:
        case Measure::cancels:
        case Measure::turnover:
            if (rule.measure == Measure::turnover) {
                const auto& added = question.notional();
                if (!added) return {.is_known = false};
                return read_activity(rule, question.proposal(), *added);
            }
            return read_activity(rule, question.proposal(), {});
        case Measure::loss:
        case Measure::drawdown:
        case Measure::margin_use: return read_account(rule, question);
        case Measure::volume_share:
        case Measure::var:
        case Measure::es:
        case Measure::cluster:
        case Measure::beta:
        case Measure::liquidation_days: break;
    }
    if (statistics_ == nullptr) return {.is_known = false};
    return rule.measure == Measure::cluster ? read_cluster(question)
                                            : read_statistic(rule, question);
}

LimitBook::Reading LimitBook::read_order(const Rule& rule, Question& question) const {
    const Proposal& proposal = question.proposal();
    const OrderSpec& spec = proposal.spec;
    switch (rule.measure) {
        case Measure::quantity: return {.actual = as_amount(question.qty())};
        case Measure::notional: {
            const auto& amount = question.notional();
            return {.actual = amount.value_or(Money{}), .is_known = amount.has_value()};
        }
        case Measure::position: {
            const Working all = reader_.working(proposal);
            const Qty others = spec.side == Side::buy ? all.buys : all.sells;
            const Qty now = reader_.counted_position(proposal);
            return {.actual = as_amount(abs(now + signed_qty(spec.side, others + question.qty())))};
        }
        case Measure::fat_finger: {
            const Money usual = median_notional(proposal.strategy);
            const auto& amount = question.notional();
            if (usual.raw == 0) return {};
            return {.actual = ratio_of(amount.value_or(Money{}), usual),
                    .is_known = amount.has_value()};
        }
        default: return read_price(spec);
    }
}

/// How far a limit lies from the market, to the worse side.
LimitBook::Reading LimitBook::read_price(const OrderSpec& spec) const {
    if (!spec.limit_price) return {};
    const auto market = books_.market.price_for(spec.instrument, spec.side);
    if (!market) return {.is_known = false};
    const PriceDelta worse =
        spec.side == Side::buy ? *spec.limit_price - *market : *market - *spec.limit_price;
    const Money size{Int128{market->raw < 0 ? -market->raw : market->raw}};
    return {.actual = ratio_of(Money{worse.raw}, size)};
}

LimitBook::Reading LimitBook::read_exposure(const Rule& rule, Question& question) const {
    const bool of_strategy = rule.strategy.has_value();
    const InstrumentId own = question.proposal().spec.instrument;
    const auto& with = question.with(of_strategy);
    const bool is_alone = rule.scope == ScopeKind::instrument;
    const Exposure* without = of_strategy ? exposures_->of(rule.group, own) : exposures_->of(own);
    const Exposure* all = is_alone ? without : exposures_->of(rule.group);
    if (!with || without == nullptr || all == nullptr) return {.is_known = false};
    if (rule.measure == Measure::gross) {
        return {.actual = is_alone ? with->gross : all->gross - without->gross + with->gross};
    }
    const auto& before = question.before(of_strategy);
    if (!before) return {.is_known = false};
    if (is_alone) return {.actual = with->net(), .before = before->net(), .has_before = true};
    const Exposure rest = *all - *without;
    return {.actual = (rest + *with).net(), .before = (rest + *before).net(), .has_before = true};
}

/// Gross of all that moves with the instrument.
LimitBook::Reading LimitBook::read_cluster(Question& question) const {
    const InstrumentId own = question.proposal().spec.instrument;
    const auto cluster = statistics_->cluster_of(own);
    if (cluster.empty()) return {.is_known = false};
    Money sum;
    for (const InstrumentId id : cluster) {
        const auto& with = question.with(false);
        const Exposure* one = id != own ? exposures_->of(id) : with ? &*with : nullptr;
        if (one == nullptr) return {.is_known = false};
        sum += one->gross;
    }
    return {.actual = sum};
}

LimitBook::Reading LimitBook::read_statistic(const Rule& rule, Question& question) const {
    const InstrumentId own = question.proposal().spec.instrument;
    const auto& with = question.with(false);
    if (!with) return {.is_known = false};
    if (rule.measure == Measure::var || rule.measure == Measure::es) {
        const auto risk = statistics_->risk_with(*exposures_, own, *with);
        if (!risk) return {.is_known = false};
        const bool is_var = rule.measure == Measure::var;
        return {.actual = as_measure(is_var ? risk->after.var : risk->after.es),
                .before = as_measure(is_var ? risk->before.var : risk->before.es),
                .lost = as_measure(risk->lost),
                .has_before = true};
    }
    if (rule.measure == Measure::beta) return read_beta(rule, own, *with);
    const auto volume = statistics_->daily_volume(own);
    if (!volume || *volume <= 0) return {.is_known = false};
    if (rule.measure == Measure::volume_share) {
        return {.actual = as_measure(to_double(question.qty()) / *volume)};
    }
    const auto stake = reader_.stake(*exposures_, question.proposal(), question.qty(), {});
    if (!stake) return {.is_known = false};
    const Qty most = std::max(abs(stake->held + stake->buys), abs(stake->held - stake->sells));
    return {.actual =
                as_measure(to_double(most) / (*volume * statistics_->settings().participation))};
}

/// Net beta, in equity: the sum of exposures times beta. What may never trade again moves with
/// nothing, and is no equity.
LimitBook::Reading LimitBook::read_beta(const Rule& rule, InstrumentId own,
                                        const Exposure& with) const {
    if (statistics_->is_lost(own)) return {.is_known = false};
    double before = 0, after = 0, lost = 0;
    const auto add = [&](InstrumentId id, const Exposure& now, const Exposure& then) {
        if (statistics_->is_lost(id)) {
            lost += std::abs(Statistics::larger_side(now));
            return true;
        }
        const auto beta = statistics_->beta(id, rule.instrument);
        if (!beta) return now == Exposure{} && then == Exposure{};
        before += *beta * Statistics::larger_side(now);
        after += *beta * Statistics::larger_side(then);
        return true;
    };
    for (const Instrument& instrument : books_.instruments.all()) {
        const Exposure* now = exposures_->of(instrument.id);
        if (now == nullptr) return {.is_known = false};
        if (!add(instrument.id, *now, instrument.id == own ? with : *now)) {
            return {.is_known = false};
        }
    }
    const double equity = to_double(watch_.equity()) - lost;
    if (!(equity > 0)) return {.is_known = false};
    return {.actual = as_measure(std::abs(after) / equity),
            .before = as_measure(std::abs(before) / equity),
            .has_before = true};
}

std::size_t LimitBook::window_of(const Rule& rule, StrategyId, InstrumentId instrument) const {
    const bool is_each = rule.scope == ScopeKind::instrument && !rule.instrument;
    return rule.first_window + (is_each ? instrument.value : 0);
}

LimitBook::Reading LimitBook::read_activity(const Rule& rule, const Proposal& proposal,
                                            Money added) {
    const InstrumentId instrument = proposal.spec.instrument;
    if (rule.measure == Measure::open_orders) {
        if (proposal.replaces != nullptr) return {};
        std::size_t open = 0;
        if (rule.scope == ScopeKind::instrument) {
            open = books_.orders.open_of(instrument).size();
        } else if (rule.strategy) {
            const auto all = books_.orders.open_orders();
            open = static_cast<std::size_t>(std::count_if(
                all.begin(), all.end(),
                [&](const orders::Order* order) { return order->strategy() == *rule.strategy; }));
        } else {
            open = books_.orders.open_orders().size();
        }
        return {.actual = whole_money(static_cast<std::int64_t>(open) + 1)};
    }
    const std::size_t window = window_of(rule, proposal.strategy, instrument);
    if (rule.measure == Measure::turnover) {
        return {.actual = sums_[window].sum(proposal.now) + added};
    }
    // a window keeps no more than the limit: full, the next is one too many
    const bool is_full = rates_[window].is_full(proposal.now);
    return {.actual = is_full ? rule.max + whole_money(1) : Money{}};
}

LimitBook::Reading LimitBook::read_account(const Rule& rule, Question& question) const {
    if (!watch_.is_marked()) return {.is_known = false};
    if (rule.measure == Measure::loss) return {.actual = watch_.loss()};
    if (rule.measure == Measure::drawdown) {
        return {.actual = ratio_of(watch_.fall(), watch_.peak())};
    }
    const Proposal& proposal = question.proposal();
    const auto use = books_.portfolio.margin_use();
    const auto others = reader_.margin_of_working(proposal);
    const auto own = reader_.margin_needed(proposal, question.qty());
    if (!use || !others || !own) return {.is_known = false};
    return {.actual = ratio_of(use->initial + *others + *own, watch_.equity())};
}

Money LimitBook::median_notional(StrategyId strategy) const {
    const std::vector<Money>& ring = notionals_[strategy.value];
    if (ring.size() < kUsualLeast) return {};
    std::array<Money, kUsualOf> sorted{};
    std::copy(ring.begin(), ring.end(), sorted.begin());
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(ring.size() / 2);
    std::nth_element(sorted.begin(), middle,
                     sorted.begin() + static_cast<std::ptrdiff_t>(ring.size()));
    return *middle;
}

// --- what was done ------------------------------------------------------------------------------

void LimitBook::on_sent(const Proposal& proposal, bool is_new) {
    Question question{*this, proposal, proposal.spec.qty};
    const bool is_priced = proposal.price.raw != 0;
    const Money amount = is_priced ? question.notional().value_or(Money{}) : Money{};
    for (const std::uint32_t r : rules_of_[proposal.spec.instrument.value]) {
        const Rule& rule = rules_[r];
        if (!applies(rule, proposal)) continue;
        const std::size_t window = window_of(rule, proposal.strategy, proposal.spec.instrument);
        if (rule.measure == Measure::orders) rates_[window].add(proposal.now);
        if (rule.measure == Measure::turnover && is_new) sums_[window].add(proposal.now, amount);
    }
    if (!keeps_notionals_ || !is_new || amount.raw == 0) return;
    std::vector<Money>& ring = notionals_[proposal.strategy.value];
    std::uint64_t& sent = sent_[proposal.strategy.value];
    if (ring.size() < kUsualOf) {
        ring.push_back(amount);
    } else {
        ring[sent % kUsualOf] = amount;
    }
    ++sent;
}

void LimitBook::on_cancel(StrategyId strategy, InstrumentId instrument, Timestamp now) {
    if (rates_.empty()) return;
    for (const std::uint32_t r : rules_of_[instrument.value]) {
        const Rule& rule = rules_[r];
        if (rule.measure != Measure::cancels) continue;
        if (rule.strategy && *rule.strategy != strategy) continue;
        rates_[window_of(rule, strategy, instrument)].add(now);
    }
}

}  // namespace tradewind::risk
