// SPDX-License-Identifier: Apache-2.0
#include "engine/runner.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/try.hpp"

namespace tradewind::engine {
namespace {

void send(std::span<const Decision> decisions, const Plugs& plugs, Timestamp now,
          RunSummary& summary) {
    for (const Decision& decision : decisions) {
        const auto* command = std::get_if<Command>(&decision);
        if (command == nullptr) {
            if (std::holds_alternative<Refusal>(decision)) ++summary.refusals;
            continue;
        }
        if (!std::holds_alternative<SetTimer>(*command)) ++summary.commands;
        plugs.venue.send(*command, now);
    }
}

/// How many bars were read without a step.
std::size_t skim(Engine& engine, QuietBars& quiet) {
    std::size_t all = 0;
    while (engine.is_idle()) {
        const market::BarRows rows = quiet.next();
        if (rows.count() == 0) break;
        const std::size_t bars = engine.skim(quiet.track(), rows);
        if (bars > 0) quiet.pass_over(bars);
        all += bars;
        if (bars < rows.count()) break;
    }
    return all;
}

}  // namespace

std::expected<RunSummary, std::string> run(Engine& engine, const Plugs& plugs,
                                           const Progress& progress) {
    RunSummary summary;
    Event event;
    Sequence next_progress = kProgressEvery;
    ASSERT(plugs.quiet == nullptr || plugs.log == nullptr);
    while (true) {
        if (plugs.quiet != nullptr) summary.events += skim(engine, *plugs.quiet);
        const auto next = plugs.source.next(event);
        if (next == ports::EventSource::Next::end) return summary;
        if (next == ports::EventSource::Next::failed) {
            return std::unexpected(plugs.source.error());
        }
        event.seq = plugs.seen + ++summary.events;
        if (summary.events == 1) summary.first = event.ts;
        summary.last = event.ts;
        if (plugs.log != nullptr) TRY_VOID(plugs.log->append(event));

        const auto decisions = engine.step(event);
        if (!decisions) return std::unexpected(decisions.error().text);
        if (!decisions->empty()) {
            // Journaled before it is sent: what the world saw from us can always be told.
            if (plugs.log != nullptr) TRY_VOID(plugs.log->append(event.seq, *decisions));
            send(*decisions, plugs, event.ts, summary);
        }
        if (plugs.stop && plugs.stop()) return summary;
        if (progress && summary.events >= next_progress) {
            progress(summary.events, event.ts);
            next_progress = summary.events + kProgressEvery;
        }
    }
}

}  // namespace tradewind::engine
