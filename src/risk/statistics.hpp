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

/// What has not traded on the last so many days that ended may never trade again. Held, it is
/// counted as lost already: it adds no risk, and its worth backs none.
inline constexpr std::size_t kLostAfter = 20;

/// What the days of a run were, for who looks back at all of them. It grows by a row a day.
struct ReturnHistory {
    /// Changes of worth in base currency, [days, instruments], dividends that were paid that day
    /// among them: 0 of what did not trade, NaN where its worth was not known, then or the day
    /// before. Splits are taken out.
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

/// VaR and ES before an order and after it, over the same days.
struct RiskChange {
    measures::TailLoss before{};
    measures::TailLoss after{};
    double lost = 0;  ///< worth of what may never trade again, held and working, base currency
};

/// What returns tell of risk, day by day: a fold of the marks at the end of each day, worth in base
/// currency. VaR and ES are taken over the days on which all that is held, works and is asked about
/// has a return; with fewer than `kReturnsLeast` of them the answer is not known, and an order that
/// needs it is denied. What may never trade again (`kLostAfter`) is left out, and an order in it
/// has no answer.
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
    /// The holder of a unit has this on top of its price, in its quote currency.
    void on_dividend(InstrumentId instrument, Price amount);
    /// The books are as at the end of the day.
    void on_day_end(Timestamp day);

    /// VaR and ES of what is held and works, on its larger side, and if the instrument's exposure
    /// were this; nullopt where they are not known.
    [[nodiscard]] std::optional<RiskChange> risk_with(const Exposures& exposures,
                                                      InstrumentId instrument, const Exposure& own);
    /// As the last day ended.
    [[nodiscard]] bool is_lost(InstrumentId instrument) const {
        return is_lost_[instrument.value] != 0;
    }
    /// Of the days that ended at `end`.
    [[nodiscard]] bool is_lost(InstrumentId instrument, std::size_t end) const;
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
    /// Starts a question, which `need` names the instruments of.
    void ask();
    void need(InstrumentId instrument);
    [[nodiscard]] bool is_needed(InstrumentId instrument) const {
        return needed_at_[instrument.value] == question_;
    }
    /// Brings the scenarios to the days that all of them have which are not lost. False where those
    /// are too few.
    [[nodiscard]] bool include();
    [[nodiscard]] bool has_all_days(InstrumentId instrument);
    [[nodiscard]] bool bring_up(const Exposures& exposures, InstrumentId asked_about);

    Books books_;
    StatisticsSettings settings_;
    std::size_t instruments_;
    std::optional<InstrumentId> benchmark_{};
    Timestamp day_ = kTimestampMin;      ///< the last that ended
    std::vector<double> worth_;          ///< then; NaN: unknown
    std::vector<double> paid_;           ///< since then, by a unit
    std::vector<double> changes_;        ///< [days, instruments]: see ReturnHistory
    std::vector<bool> traded_;           ///< [days, instruments]
    std::vector<std::uint8_t> is_lost_;  ///< by instrument, as the last day ended
    std::size_t days_kept_ = 0;          ///< that scenarios are made of, the last ones
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
    /// By instrument, worked out when it is asked for and afresh each day: it has a return on every
    /// day that any has one, so that no day counts less for it.
    std::vector<std::optional<bool>> has_all_days_;
    std::vector<bool> any_traded_;  ///< by day that is kept, oldest first; empty: not worked out
    std::vector<InstrumentId> needed_;      ///< of the question, none twice
    std::vector<std::uint64_t> needed_at_;  ///< by instrument: of the last question that needed it
    std::uint64_t question_ = 0;
    double lost_ = 0;  ///< what is held and works of what may never trade again
    std::optional<measures::ScenarioRisk> scenarios_{};
    HeldDay last_{};  ///< behind the last forecast
    std::optional<HeldDay> riskiest_{};
    std::vector<double> held_in_all_;  ///< magnitudes at the ends of days, by instrument
    std::vector<RiskDay> days_;
};

}  // namespace tradewind::risk
