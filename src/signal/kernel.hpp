// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "market/bar_track.hpp"
#include "signal/registry.hpp"

namespace tradewind::signal {

/// What strategies are worked out on beforehand: one instrument's whole bar series.
struct KernelSetup {
    const InstrumentTable& instruments;
    const market::BarTrack& track;  ///< of the only instrument that is traded; outlives the kernel
};

/// Makes strategies of one kind that know from the start on which bars they will act, because the
/// rule that they would follow was run over the whole series already. Each bar's stance still comes
/// from that bar and those before it alone. What the rule stands on (averages by their length) is
/// worked out once and shared by all settings. Any thread may call `make`.
class SignalKernel {
public:
    SignalKernel() = default;
    SignalKernel(const SignalKernel&) = delete;
    SignalKernel& operator=(const SignalKernel&) = delete;
    virtual ~SignalKernel() = default;

    /// The strategy with these parameters: told all bars from the first of the track on, or passed
    /// over those on which it is idle, it wishes the same as the strategy of that name would.
    [[nodiscard]] virtual MadeStrategy make(const Params& params) const = 0;
};

/// nullptr where the strategy has none.
[[nodiscard]] std::unique_ptr<SignalKernel> make_kernel(std::string_view strategy,
                                                        const KernelSetup& setup);

}  // namespace tradewind::signal
