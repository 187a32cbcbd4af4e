// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "signal/params.hpp"
#include "signal/registry.hpp"
#include "signal/sizing.hpp"
#include "signal/stance.hpp"
#include "signal/strategy.hpp"

namespace tradewind::signal {

/// Trades on conditions over features. `long` takes an instrument on, `exit_long` lets it go;
/// without one it is held while `long` is true. `short` and `exit_short` alike. A condition is true
/// where its value is neither 0 nor missing; a missing one changes nothing. Exits come before
/// entries, and where both entries are true there is none.
class FeatureRule final : public Strategy {
public:
    static constexpr std::array<std::string_view, 4> kExpressions{"long", "exit_long", "short",
                                                                  "exit_short"};

    FeatureRule(const StrategySetup& setup, ParamReader& params);

    void on_features(Context& context, const FeatureRow& row) override;

private:
    /// A condition's place among the features.
    using Condition = std::optional<std::size_t>;
    struct SideRule {
        Condition enter;
        Condition leave;
    };

    [[nodiscard]] static bool wants_out(const SideRule& side, const FeatureRow& row);
    [[nodiscard]] Stance stance(const FeatureRow& row, Stance held) const;

    Sizing sizing_;
    SideRule long_;
    SideRule short_;
    std::vector<Stance> held_;  ///< by instrument id
};

}  // namespace tradewind::signal
