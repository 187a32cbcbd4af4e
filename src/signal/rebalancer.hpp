// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "domain/command.hpp"
#include "signal/context.hpp"

namespace tradewind::signal {

/// Brings several positions to where they are wanted. What shrinks goes first, so that its cash
/// pays for what grows. Buys for which there is no cash, or margin, before the sells have filled
/// are asked for again on the next bar, and then for no more than can be paid.
class Rebalancer {
public:
    Rebalancer(std::span<const InstrumentId> traded, std::size_t instruments)
        : traded_(traded.begin(), traded.end()), wanted_(instruments) {}

    [[nodiscard]] std::span<const InstrumentId> traded() const { return traded_; }
    void want_nothing() { std::fill(wanted_.begin(), wanted_.end(), Qty{}); }
    void want(InstrumentId instrument, Qty position) { wanted_[instrument.value] = position; }
    /// A share of equity, below zero for a short; where it cannot be valued what is held stays.
    void want_share(const Context& context, InstrumentId instrument, double share) {
        const auto units = context.units_for_share(instrument, share);
        want(instrument, units ? *units : context.position(instrument));
    }

    void pursue(Context& context) {
        is_again_ = false;
        send(context);
    }
    /// Whether buys were refused for want of cash or margin, which `pursue_again` asks for.
    [[nodiscard]] bool is_short() const { return is_short_; }
    void pursue_again(Context& context) {
        is_again_ = true;
        send(context);
    }
    void on_refusal(const Context& context, const Refusal& refusal) {
        const DenialReason reason = refusal.denial.reason;
        const bool lacks = reason == DenialReason::insufficient_cash ||
                           reason == DenialReason::insufficient_margin;
        if (!lacks) return;
        is_short_ = true;
        if (!is_again_) return;
        want(refusal.instrument,
             context.position(refusal.instrument) + refusal.denial.would_pass.value_or(Qty{}));
    }

private:
    void send(Context& context) {
        is_short_ = false;
        for (const bool shrinks : {true, false}) {
            for (const InstrumentId id : traded_) {
                const Qty wanted = wanted_[id.value];
                if ((abs(wanted) < abs(context.position(id))) == shrinks) {
                    context.target(id, wanted);
                }
            }
        }
    }

    std::vector<InstrumentId> traded_;
    std::vector<Qty> wanted_;  ///< positions, by instrument
    bool is_short_ = false;
    bool is_again_ = false;
};

}  // namespace tradewind::signal
