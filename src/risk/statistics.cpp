// SPDX-License-Identifier: Apache-2.0
#include "risk/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "base/assert.hpp"
#include "measures/clusters.hpp"
#include "measures/covariance.hpp"
#include "measures/regression.hpp"
#include "measures/scenarios.hpp"

namespace tradewind::risk {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kNowhere = ~std::size_t{0};
/// Days that a mean volume is taken over.
constexpr std::size_t kVolumeDays = 20;

}  // namespace

Statistics::Statistics(const Books& books, StatisticsSettings settings)
    : books_(books),
      settings_(std::move(settings)),
      instruments_(books.instruments.size()),
      worth_(instruments_, kNone),
      paid_(instruments_, 0.0),
      is_lost_(instruments_, 0),
      volumes_(instruments_),
      cluster_of_(instruments_, kNowhere),
      place_(instruments_, kNowhere),
      has_all_days_(instruments_),
      needed_at_(instruments_, 0),
      last_{.exposures = std::vector<double>(instruments_, 0.0)},
      held_in_all_(instruments_, 0.0) {
    if (!settings_.benchmark.empty()) {
        const Instrument* found = books.instruments.find(settings_.benchmark);
        ASSERT(found != nullptr);
        benchmark_ = found->id;
    }
}

void Statistics::on_volume(InstrumentId instrument, Qty volume, bool is_bar) {
    Volume& kept = volumes_[instrument.value];
    if (is_bar && !kept.has_bars) kept = {.has_bars = true};
    if (kept.has_bars == is_bar) kept.today += to_double(volume);
}

void Statistics::on_split(InstrumentId instrument, std::int64_t new_shares,
                          std::int64_t old_shares) {
    const double less = static_cast<double>(old_shares) / static_cast<double>(new_shares);
    worth_[instrument.value] *= less;
    paid_[instrument.value] *= less;
    const double more = static_cast<double>(new_shares) / static_cast<double>(old_shares);
    Volume& kept = volumes_[instrument.value];
    for (double& day : kept.days) day *= more;
    kept.today *= more;
}

void Statistics::on_dividend(InstrumentId instrument, Price amount) {
    const auto rate = books_.portfolio.rate(books_.instruments.at(instrument).quote);
    paid_[instrument.value] += rate ? to_double(amount) * to_double(*rate) : kNone;
}

/// A unit's worth in base currency.
std::optional<double> Statistics::worth_of(InstrumentId id) const {
    const auto mark = books_.market.mark(id);
    const auto rate = books_.portfolio.rate(books_.instruments.at(id).quote);
    if (!mark || !rate || mark->raw <= 0) return std::nullopt;
    return to_double(*mark) * to_double(*rate);
}

double Statistics::now_held(InstrumentId id) const {
    const Qty held = books_.portfolio.position(id).qty;
    if (held.raw == 0) return 0.0;
    const auto worth = worth_of(id);
    return worth ? *worth * to_double(held) * to_double(books_.instruments.at(id).multiplier)
                 : kNone;
}

// --- the end of a day ---------------------------------------------------------------------------

void Statistics::on_day_end(Timestamp day) {
    take_returns(day);
    close_forecast();
    betas_.clear();
    has_clusters_ = false;
    scenarios_.reset();
    included_.clear();
    std::ranges::fill(place_, kNowhere);
    std::ranges::fill(has_all_days_, std::nullopt);
    any_traded_.clear();
    forecast(day);
}

/// Who did not trade has no return, though its worth stands.
void Statistics::take_returns(Timestamp day) {
    for (std::size_t i = 0; i < instruments_; ++i) {
        const InstrumentId id{static_cast<std::uint32_t>(i)};
        const double now = worth_of(id).value_or(kNone);
        changes_.push_back((now + std::exchange(paid_[i], 0.0)) / worth_[i] - 1);
        traded_.push_back(books_.market.updated(id) > day_);
        worth_[i] = now;
        Volume& volume = volumes_[i];
        if (volume.days.size() < kVolumeDays) {
            volume.days.push_back(volume.today);
        } else {
            volume.days[volume.next] = volume.today;
            volume.next = (volume.next + 1) % kVolumeDays;
        }
        volume.today = 0;
    }
    day_ = day;
    days_kept_ = std::min(days_kept_ + 1, settings_.history);
    for (std::size_t i = 0; i < instruments_; ++i) {
        const InstrumentId id{static_cast<std::uint32_t>(i)};
        is_lost_[i] = is_lost(id, rows()) ? 1 : 0;
    }
}

/// What the positions of the day before have come to.
void Statistics::close_forecast() {
    if (days_.empty()) return;
    const auto today = std::span(changes_).last(instruments_);
    double pnl = 0;
    for (std::size_t i = 0; i < instruments_; ++i) {
        if (last_.exposures[i] != 0) pnl += last_.exposures[i] * today[i];
    }
    if (!std::isnan(pnl)) days_.back().pnl = pnl;
}

void Statistics::forecast(Timestamp day) {
    RiskDay out{.day = day};
    ask();
    bool is_priced = true;
    for (std::size_t i = 0; i < instruments_; ++i) {
        const InstrumentId id{static_cast<std::uint32_t>(i)};
        const double exposure = last_.exposures[i] = now_held(id);
        if (exposure == 0) continue;
        const double worth = std::abs(exposure);
        is_priced = is_priced && !std::isnan(worth);
        (is_lost_[i] != 0 ? out.lost : out.gross) += worth;
        if (!std::isnan(worth)) held_in_all_[i] += worth;
        need(id);
    }
    if (!is_priced || !include()) {
        // not known
    } else if (included_.empty()) {
        out.var = out.es = 0.0;
    } else {
        std::vector<double> exposures;
        for (const InstrumentId id : included_) exposures.push_back(last_.exposures[id.value]);
        if (scenarios_->set_exposures(exposures)) {
            const measures::TailLoss loss = scenarios_->risk();
            out.var = loss.var;
            out.es = loss.es;
        }
    }
    last_.row = days_.size();
    const auto equity = books_.portfolio.equity();
    last_.equity = equity ? std::optional{to_double(*equity)} : std::nullopt;
    const double most = riskiest_ ? *days_[riskiest_->row].var : 0.0;
    if (out.var && *out.var > most) riskiest_ = last_;
    days_.push_back(out);
}

ReturnHistory Statistics::history() const {
    return {.changes = {.values = changes_, .columns = instruments_},
            .traded = &traded_,
            .days = days_,
            .held = held_in_all_};
}

bool Statistics::is_lost(InstrumentId instrument, std::size_t end) const {
    if (end < kLostAfter) return false;
    for (std::size_t row = end - kLostAfter; row < end; ++row) {
        if (traded_[row * instruments_ + instrument.value]) return false;
    }
    return true;
}

std::vector<double> Statistics::column(InstrumentId id) const {
    std::vector<double> out;
    out.reserve(days_kept_);
    for (std::size_t i = 0; i < days_kept_; ++i) {
        out.push_back(return_at(row_of(i), id));
    }
    return out;
}

std::vector<double> Statistics::returns() const {
    std::vector<double> out;
    out.reserve(days_kept_ * instruments_);
    for (std::size_t i = 0; i < days_kept_; ++i) {
        for (std::uint32_t k = 0; k < instruments_; ++k) {
            out.push_back(return_at(row_of(i), InstrumentId{k}));
        }
    }
    return out;
}

/// Of instruments that have traded long enough.
void Statistics::find_clusters() {
    has_clusters_ = true;
    mean_correlation_.reset();
    clusters_.clear();
    std::fill(cluster_of_.begin(), cluster_of_.end(), kNowhere);
    std::vector<InstrumentId> known;
    for (std::size_t i = 0; i < instruments_; ++i) {
        const InstrumentId id{static_cast<std::uint32_t>(i)};
        const auto values = column(id);
        const auto there =
            std::count_if(values.begin(), values.end(), [](double x) { return !std::isnan(x); });
        if (static_cast<std::size_t>(there) >= kReturnsLeast) known.push_back(id);
    }
    if (known.size() < 2) {
        for (const InstrumentId id : known) {
            cluster_of_[id.value] = clusters_.size();
            clusters_.push_back({id});
        }
        return;
    }
    std::vector<double> table;
    for (std::size_t i = 0; i < days_kept_; ++i) {
        for (const InstrumentId id : known) table.push_back(return_at(row_of(i), id));
    }
    const auto covariance =
        measures::pairwise_covariance({.values = table, .columns = known.size()});
    const auto correlation = covariance ? measures::correlation_of(covariance->matrix)
                                        : std::unexpected(covariance.error());
    if (!correlation) return;
    double sum = 0;
    for (std::size_t i = 0; i < known.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) sum += correlation->at(i, j);
    }
    const auto pairs = static_cast<double>(known.size() * (known.size() - 1)) / 2;
    mean_correlation_ = sum / pairs;
    const measures::Clusters found =
        measures::cluster_by_correlation(correlation->values, known.size(), settings_.correlated);
    for (const auto& members : found.members) {
        clusters_.emplace_back();
        for (const std::size_t m : members) {
            clusters_.back().push_back(known[m]);
            cluster_of_[known[m].value] = clusters_.size() - 1;
        }
    }
}

// --- questions ----------------------------------------------------------------------------------

bool Statistics::has_all_days(InstrumentId instrument) {
    std::optional<bool>& known = has_all_days_[instrument.value];
    if (known) return *known;
    if (any_traded_.empty()) {
        any_traded_.assign(days_kept_, false);
        for (std::size_t i = 0; i < days_kept_; ++i) {
            for (std::uint32_t k = 0; k < instruments_ && !any_traded_[i]; ++k) {
                any_traded_[i] = std::isfinite(return_at(row_of(i), InstrumentId{k}));
            }
        }
    }
    known = true;
    for (std::size_t i = 0; i < days_kept_ && *known; ++i) {
        known = !any_traded_[i] || std::isfinite(return_at(row_of(i), instrument));
    }
    return *known;
}

void Statistics::ask() {
    ++question_;
    needed_.clear();
}

void Statistics::need(InstrumentId instrument) {
    if (std::exchange(needed_at_[instrument.value], question_) == question_) return;
    needed_.push_back(instrument);
}

bool Statistics::include() {
    // one that the question is not about must not take days away
    const auto may_stay = [&](InstrumentId id) { return is_needed(id) || has_all_days(id); };
    const auto is_there = [&](InstrumentId id) {
        return is_lost_[id.value] != 0 || place_[id.value] != kNowhere;
    };
    const bool fits =
        std::ranges::all_of(needed_, is_there) && std::ranges::all_of(included_, may_stay);
    if (fits) return true;
    std::vector<InstrumentId> columns;
    std::ranges::copy_if(included_, std::back_inserter(columns), may_stay);
    for (const InstrumentId id : needed_) {
        if (!is_there(id)) columns.push_back(id);
    }
    if (columns.empty()) {
        scenarios_.reset();
    } else {
        auto made = scenarios_of(columns, rows());
        if (!made) return false;
        scenarios_.emplace(std::move(*made));
    }
    included_ = columns;
    std::ranges::fill(place_, kNowhere);
    for (std::size_t c = 0; c < columns.size(); ++c) place_[columns[c].value] = c;
    return true;
}

std::optional<measures::ScenarioRisk> Statistics::scenarios_of(
    std::span<const InstrumentId> columns, std::size_t end) const {
    std::vector<double> values, row(columns.size());
    for (std::size_t day = end - std::min(end, settings_.history); day < end; ++day) {
        for (std::size_t c = 0; c < columns.size(); ++c) row[c] = return_at(day, columns[c]);
        const bool is_whole =
            std::none_of(row.begin(), row.end(), [](double x) { return !std::isfinite(x); });
        if (is_whole) values.insert(values.end(), row.begin(), row.end());
    }
    if (values.size() < kReturnsLeast * columns.size()) return std::nullopt;
    if (settings_.method == VarMethod::filtered) {
        auto filtered = measures::filtered_history({.values = values, .columns = columns.size()},
                                                   {.model = measures::VolatilityModel::ewma});
        if (!filtered) return std::nullopt;
        values = std::move(filtered->values);
    }
    auto made = measures::ScenarioRisk::create(
        {.scenarios = {.values = values, .columns = columns.size()}, .tail = settings_.tail});
    if (!made) return std::nullopt;
    return std::move(*made);
}

double Statistics::larger_side(const Exposure& exposure) {
    const double upper = to_double(exposure.upper), lower = to_double(exposure.lower);
    return std::abs(upper) >= std::abs(lower) ? upper : lower;
}

/// The scenarios' exposures are those of the books, and so is what is lost.
bool Statistics::bring_up(const Exposures& exposures, InstrumentId asked_about) {
    ask();
    need(asked_about);
    for (const InstrumentId id : books_.portfolio.held()) need(id);
    for (const orders::Order* order : books_.orders.open_orders()) need(order->instrument());
    lost_ = 0;
    for (const InstrumentId id : needed_) {
        if (is_lost_[id.value] == 0) continue;
        const Exposure* own = exposures.of(id);
        if (own == nullptr) return false;
        lost_ += std::abs(larger_side(*own));
    }
    if (!include()) return false;
    for (std::size_t c = 0; c < included_.size(); ++c) {
        const Exposure* own = exposures.of(included_[c]);
        if (own == nullptr) return false;
        const double change = larger_side(*own) - scenarios_->exposures()[c];
        if (change == 0) continue;
        if (!scenarios_->apply({.instrument = c, .exposure = change})) return false;
    }
    return true;
}

std::optional<RiskChange> Statistics::risk_with(const Exposures& exposures, InstrumentId instrument,
                                                const Exposure& own) {
    if (is_lost_[instrument.value] != 0 || !bring_up(exposures, instrument)) return std::nullopt;
    const std::size_t column = place_[instrument.value];
    const measures::ExposureChange change{
        .instrument = column, .exposure = larger_side(own) - scenarios_->exposures()[column]};
    const auto after = scenarios_->risk_with({&change, 1});
    if (!after) return std::nullopt;
    return RiskChange{.before = scenarios_->risk(), .after = *after, .lost = lost_};
}

std::optional<double> Statistics::beta(InstrumentId instrument, std::optional<InstrumentId> to) {
    const std::optional<InstrumentId> factor = to ? to : benchmark_;
    if (!factor || days_kept_ < kReturnsLeast) return std::nullopt;
    auto found = std::ranges::find(betas_, *factor, &Betas::to);
    if (found == betas_.end()) {
        betas_.push_back({.to = *factor, .values = {}});
        betas_.back().values.resize(instruments_);
        found = betas_.end() - 1;
    }
    auto& known = found->values[instrument.value];
    if (known) return *known;
    known.emplace();
    const auto fit = measures::beta_to(column(instrument), column(*factor));
    if (fit && fit->rows >= kReturnsLeast) *known = fit->betas.front();
    return *known;
}

std::optional<double> Statistics::mean_correlation() {
    if (!has_clusters_) find_clusters();
    return mean_correlation_;
}

std::span<const InstrumentId> Statistics::cluster_of(InstrumentId instrument) {
    if (!has_clusters_) find_clusters();
    const std::size_t cluster = cluster_of_[instrument.value];
    if (cluster == kNowhere) return {};
    return clusters_[cluster];
}

std::optional<double> Statistics::daily_volume(InstrumentId instrument) const {
    const std::vector<double>& days = volumes_[instrument.value].days;
    if (days.size() < kVolumeDays) return std::nullopt;
    double sum = 0;
    for (const double day : days) sum += day;
    return sum / static_cast<double>(days.size());
}

}  // namespace tradewind::risk
