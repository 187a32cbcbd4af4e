// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/instrument.hpp"
#include "risk/brake.hpp"
#include "risk/limit.hpp"
#include "risk/risk_day.hpp"
#include "risk/shock.hpp"

namespace tradewind::risk {

/// What a user allows: the section [risk].
struct Settings {
    std::vector<Limit> limits{};
    std::vector<Sector> sectors{};
    std::vector<std::string> restricted{};  ///< symbols that nothing may add to
    bool denies_self_trades = false;        ///< orders that would meet one of the account's own
    Duration duplicates{};  ///< the same order again within that time is denied; 0: it is not
    std::vector<Brake> brakes{};
    StatisticsSettings statistics{};
    std::vector<Shock> stress{};  ///< what the report asks beside the crises that were

    friend bool operator==(const Settings&, const Settings&) = default;
};

/// Whether every name in them is one of the run's, and no limit contradicts another. The error is
/// one line: which setting, and the mend.
[[nodiscard]] std::expected<void, std::string> check(const Settings& settings,
                                                     const InstrumentTable& instruments,
                                                     std::size_t strategies);

/// The instruments of a sector, a currency or a venue of that name, the one of that symbol, or all.
[[nodiscard]] std::vector<InstrumentId> members_of(ScopeKind scope, std::string_view name,
                                                   const Settings& settings,
                                                   const InstrumentTable& instruments);
/// The names that a limit of each of them would be of.
[[nodiscard]] std::vector<std::string> names_of(ScopeKind scope, const Settings& settings,
                                                const InstrumentTable& instruments);

/// Limits and brakes for who names none: wide enough for any account that is meant to live, and
/// narrow enough to stop a machine that has gone mad (risk/README.md lists them).
[[nodiscard]] Settings default_settings();

}  // namespace tradewind::risk
