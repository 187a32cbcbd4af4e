// SPDX-License-Identifier: Apache-2.0
#include "risk/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

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
      volumes_(instruments_),
      cluster_of_(instruments_, kNowhere),
      place_(instruments_, kNowhere),
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
    worth_[instrument.value] *= static_cast<double>(old_shares) / static_cast<double>(new_shares);
    const double more = static_cast<double>(new_shares) / static_cast<double>(old_shares);
    Volume& kept = volumes_[instrument.value];
    for (double& day : kept.days) day *= more;
    kept.today *= more;
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
    std::fill(place_.begin(), place_.end(), kNowhere);
    forecast(day);
}

/// Who did not trade has no return, though its worth stands.
void Statistics::take_returns(Timestamp day) {
    for (std::size_t i = 0; i < instruments_; ++i) {
        const InstrumentId id{static_cast<std::uint32_t>(i)};
        const double now = worth_of(id).value_or(kNone);
        changes_.push_back(now / worth_[i] - 1);
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
    std::vector<InstrumentId> held;
    for (std::size_t i = 0; i < instruments_; ++i) {
        const InstrumentId id{static_cast<std::uint32_t>(i)};
        const double exposure = last_.exposures[i] = now_held(id);
        if (exposure == 0) continue;
        out.gross += std::abs(exposure);
        if (!std::isnan(exposure)) held_in_all_[i] += std::abs(exposure);
        held.push_back(id);
    }
    if (held.empty()) {
        out.var = out.es = 0.0;
    } else if (!std::isnan(out.gross) && include(held)) {
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

bool Statistics::include(std::span<const InstrumentId> wanted) {
    const bool is_there = std::all_of(wanted.begin(), wanted.end(), [&](InstrumentId id) {
        return place_[id.value] != kNowhere;
    });
    if (is_there && scenarios_) return true;
    std::vector<InstrumentId> columns = included_;
    for (const InstrumentId id : wanted) {
        if (std::find(columns.begin(), columns.end(), id) == columns.end()) columns.push_back(id);
    }
    auto made = scenarios_of(columns, rows());
    if (!made) return false;
    scenarios_.emplace(std::move(*made));
    included_ = columns;
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

/// The scenarios' exposures are those of the books.
bool Statistics::bring_up(const Exposures& exposures) {
    std::vector<InstrumentId> missing;
    for (const InstrumentId id : books_.portfolio.held()) {
        if (place_[id.value] == kNowhere) missing.push_back(id);
    }
    for (const orders::Order* order : books_.orders.open_orders()) {
        if (place_[order->instrument().value] == kNowhere) missing.push_back(order->instrument());
    }
    if (!missing.empty() && !include(missing)) return false;
    if (!scenarios_) return included_.empty();
    for (std::size_t c = 0; c < included_.size(); ++c) {
        const Exposure* own = exposures.of(included_[c]);
        if (own == nullptr) return false;
        const double change = larger_side(*own) - scenarios_->exposures()[c];
        if (change == 0) continue;
        if (!scenarios_->apply({.instrument = c, .exposure = change})) return false;
    }
    return true;
}

std::optional<measures::TailLoss> Statistics::risk(const Exposures& exposures) {
    if (!bring_up(exposures)) return std::nullopt;
    return scenarios_ ? scenarios_->risk() : measures::TailLoss{};
}

std::optional<measures::TailLoss> Statistics::risk_with(const Exposures& exposures,
                                                        InstrumentId instrument,
                                                        const Exposure& own) {
    if (!include({&instrument, 1}) || !bring_up(exposures)) return std::nullopt;
    const std::size_t column = place_[instrument.value];
    const measures::ExposureChange change{
        .instrument = column, .exposure = larger_side(own) - scenarios_->exposures()[column]};
    const auto out = scenarios_->risk_with({&change, 1});
    return out ? std::optional{*out} : std::nullopt;
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
