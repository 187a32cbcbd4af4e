// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/instrument.hpp"
#include "measures/scenario_risk.hpp"
#include "measures/stress.hpp"
#include "risk/settings.hpp"
#include "risk/statistics.hpp"

/// What a run's positions risked, looked back at once it is over: pure, of what `Statistics` kept.
namespace tradewind::risk {

/// Instruments of a table of correlations; of more, those that were held the most.
inline constexpr std::size_t kCorrelatedMost = 40;

/// A position, and what it adds to the whole.
struct PositionRisk {
    InstrumentId instrument;
    std::optional<double> exposure{};  ///< base currency, signed; nullopt: no price
    /// The positions' parts add up to the whole's VaR and ES (measures::ScenarioRisk::components).
    std::optional<measures::TailLoss> part{};
    bool is_lost = false;  ///< it may never trade again, and is no part of them (kLostAfter)
};

/// Of daily returns, each pair on the days on which both traded (measures::pairwise_covariance).
struct Correlations {
    std::size_t days = 0;                     ///< that they are of, at most
    std::vector<InstrumentId> instruments{};  ///< that were ever held and have returns enough
    std::vector<double> matrix{};             ///< [instruments, instruments], ones on the diagonal
    std::vector<std::size_t> clusters{};      ///< of each instrument: what moves together
    std::size_t left_out = 0;                 ///< instruments held of which too little is known
};

enum class StressKind : std::uint8_t {
    shock,    ///< the user's own
    crisis,   ///< of measures::named_crises
    history,  ///< the worst day, or days, of the run's own data
};

/// Why a loss is not known.
enum class StressGap : std::uint8_t {
    none,
    no_price,      ///< of something that is held
    outside,       ///< the days do not lie in the run's data
    no_returns,    ///< nothing is known of something that is held, nor of what would stand for it
    too_few_days,  ///< on end on which the returns of all that is held are known
};

struct StressLoss {
    std::string name{};
    StressKind kind = StressKind::shock;
    std::optional<double> pnl{};  ///< base currency, a loss is negative; nullopt: see `gap`
    StressGap gap = StressGap::none;
    std::optional<Date> first{};  ///< of its days
    std::optional<Date> last{};
    std::optional<double> worst_day{};  ///< P&L of it, of a crisis
    /// What stood in for the returns of instruments that had none in a crisis.
    std::vector<std::pair<InstrumentId, measures::FilledFrom>> estimated{};
};

/// The positions as a day ended.
struct RiskView {
    Timestamp day{};  ///< its last instant
    std::optional<double> equity{};
    std::optional<measures::TailLoss> risk{};  ///< VaR and ES; nullopt: not known
    std::vector<PositionRisk> positions{};     ///< the largest VaR first
    std::optional<Correlations> correlations{};
    std::vector<StressLoss> stress{};
};

struct RiskReport {
    RiskView last{};                     ///< as the last day ended
    std::optional<RiskView> riskiest{};  ///< as the day with the largest VaR ended
};

/// nullopt where no day ended. Crises and the worst days are those of the whole run's data,
/// whatever day the positions are of.
[[nodiscard]] std::optional<RiskReport> make_report(const Statistics& statistics,
                                                    const Settings& settings,
                                                    const InstrumentTable& instruments);

}  // namespace tradewind::risk
