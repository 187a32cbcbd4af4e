// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "measures/returns_table.hpp"
#include "measures/scenario_risk.hpp"
#include "risk/exposures.hpp"
#include "risk/risk_day.hpp"

namespace tradewind::risk {

/// Fewer returns than these say nothing.
inline constexpr std::size_t kReturnsLeast = 60;

/// What the days of a run were, for who looks back at all of them. It grows by a row a day.
struct ReturnHistory {
    /// Changes of worth in base currency, [days, instruments]: 0 of what did not trade that day,
    /// NaN where its worth was not known, then or the day before. Splits are taken out.
    measures::ReturnsTable changes{};
    const std::vector<bool>* traded = nullptr;  ///< [days, instruments]
    std::span<const RiskDay> days{};            ///< [days]
    std::span<const double> held{};  ///< magnitudes held at the ends of all days, [instruments]
};

/// What was held as a day ended.
struct HeldDay {
    std::size_t row = 0;              ///< of the history
    std::vector<double> exposures{};  ///< base currency, signed, [instruments]; NaN: no price
    std::optional<double> equity{};
};

/// What returns tell of risk, day by day: a fold of the marks at the end of each day, worth in base
/// currency. Days in which an instrument that is asked about has no return do not count; with fewer
/// than `kReturnsLeast` that have all of them the answer is not known, and an order that needs it
/// is denied.
class Statistics {
public:
    Statistics(const Books& books, StatisticsSettings settings);

    /// Volume as bars of trades tell it, or trades; of an instrument with both, bars count. Bars of
    /// quotes tell of no volume that was traded.
    void on_volume(const Bar& bar) {
        if (bar.spec.source == PriceSource::last) on_volume(bar.instrument, bar.volume, true);
    }
    void on_volume(const Trade& trade) { on_volume(trade.instrument, trade.size, false); }
    /// Prices from here on are `old_shares / new_shares` of what they were.
    void on_split(InstrumentId instrument, std::int64_t new_shares, std::int64_t old_shares);
    /// The books are as at the end of the day.
    void on_day_end(Timestamp day);

    /// VaR and ES of what is held and works on its larger side; nullopt where it is not known.
    [[nodiscard]] std::optional<measures::TailLoss> risk(const Exposures& exposures);
    /// And if the instrument's exposure were this.
    [[nodiscard]] std::optional<measures::TailLoss> risk_with(const Exposures& exposures,
                                                              InstrumentId instrument,
                                                              const Exposure& own);
    /// To the benchmark, or to another instrument's returns.
    [[nodiscard]] std::optional<double> beta(InstrumentId instrument,
                                             std::optional<InstrumentId> to = std::nullopt);
    /// Mean correlation of all pairs that are known; nullopt under two instruments.
    [[nodiscard]] std::optional<double> mean_correlation();
    /// Those whose returns move with the instrument's, or against it, itself included.
    /// Empty where too little is known of it.
    [[nodiscard]] std::span<const InstrumentId> cluster_of(InstrumentId instrument);
    /// Mean volume of a day, in units.
    [[nodiscard]] std::optional<double> daily_volume(InstrumentId instrument) const;
    [[nodiscard]] const StatisticsSettings& settings() const { return settings_; }
    /// What it may come to on the side that is more, signed.
    [[nodiscard]] static double larger_side(const Exposure& exposure);

    [[nodiscard]] std::span<const RiskDay> days() const { return days_; }
    /// Of all days that ended.
    [[nodiscard]] ReturnHistory history() const;
    /// As the last day ended; nullptr before one has.
    [[nodiscard]] const HeldDay* last_held() const { return days_.empty() ? nullptr : &last_; }
    /// As the day with the largest VaR ended, of equal ones the first; nullptr where none was above
    /// 0.
    [[nodiscard]] const HeldDay* riskiest_held() const { return riskiest_ ? &*riskiest_ : nullptr; }
    /// Returns of the last days, oldest first, [days, instruments]; NaN: none.
    [[nodiscard]] std::vector<double> returns() const;
    /// Scenarios for these instruments of the days that ended at `end`, as VaR is taken of them;
    /// nullopt where too few have them all.
    [[nodiscard]] std::optional<measures::ScenarioRisk> scenarios_of(
        std::span<const InstrumentId> columns, std::size_t end) const;

private:
    struct Volume {
        double today = 0;
        bool has_bars = false;
        std::vector<double> days{};  ///< a ring
        std::size_t next = 0;
    };

    void on_volume(InstrumentId instrument, Qty volume, bool is_bar);
    [[nodiscard]] std::optional<double> worth_of(InstrumentId instrument) const;
    [[nodiscard]] std::vector<double> column(InstrumentId instrument) const;
    [[nodiscard]] double now_held(InstrumentId instrument) const;
    /// Where the i-th of the days that scenarios are made of lies, the oldest the first.
    [[nodiscard]] std::size_t row_of(std::size_t i) const { return rows() - days_kept_ + i; }
    [[nodiscard]] std::size_t rows() const { return traded_.size() / instruments_; }
    /// NaN: it did not trade, or its worth is not known.
    [[nodiscard]] double return_at(std::size_t row, InstrumentId instrument) const {
        const std::size_t at = row * instruments_ + instrument.value;
        return traded_[at] ? changes_[at] : std::numeric_limits<double>::quiet_NaN();
    }
    void take_returns(Timestamp day);
    void close_forecast();
    void forecast(Timestamp day);
    void find_clusters();
    /// Makes sure that the scenarios have these instruments. False where too few days do.
    [[nodiscard]] bool include(std::span<const InstrumentId> wanted);
    [[nodiscard]] bool bring_up(const Exposures& exposures);

    Books books_;
    StatisticsSettings settings_;
    std::size_t instruments_;
    std::optional<InstrumentId> benchmark_{};
    Timestamp day_ = kTimestampMin;  ///< the last that ended
    std::vector<double> worth_;      ///< then; NaN: unknown
    std::vector<double> changes_;    ///< [days, instruments]: see ReturnHistory
    std::vector<bool> traded_;       ///< [days, instruments]
    std::size_t days_kept_ = 0;      ///< that scenarios are made of, the last ones
    std::vector<Volume> volumes_;
    /// Worked out when they are asked for, and afresh each day.
    struct Betas {
        InstrumentId to{};
        std::vector<std::optional<std::optional<double>>> values{};  ///< by instrument
    };
    std::vector<Betas> betas_;
    bool has_clusters_ = false;
    std::vector<std::vector<InstrumentId>> clusters_;
    std::vector<std::size_t> cluster_of_;  ///< by instrument; kNowhere: not known
    std::optional<double> mean_correlation_{};

    std::vector<std::size_t> place_;      ///< by instrument: column of the scenarios
    std::vector<InstrumentId> included_;  ///< by column
    std::optional<measures::ScenarioRisk> scenarios_{};
    HeldDay last_{};  ///< behind the last forecast
    std::optional<HeldDay> riskiest_{};
    std::vector<double> held_in_all_;  ///< magnitudes at the ends of days, by instrument
    std::vector<RiskDay> days_;
};

}  // namespace tradewind::risk
