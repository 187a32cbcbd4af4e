// SPDX-License-Identifier: Apache-2.0
#include "apps/decision_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "adapters/journal/journal_reader.hpp"
#include "apps/run_settings.hpp"
#include "base/try.hpp"
#include "engine/describe.hpp"
#include "engine/replay.hpp"

namespace tradewind::apps {
namespace {

/// What was last said of an instrument.
struct Heard {
    Prediction prediction{};
    std::vector<Vote> votes;
    std::deque<std::vector<double>> rows;  ///< the newest the last
};
using HeardOf = std::map<std::uint32_t, Heard>;  ///< by instrument

/// Predicts as another does, and keeps what was said last.
class Listener final : public ml::Forecaster {
public:
    Listener(std::unique_ptr<ml::Forecaster> inner, std::size_t window, HeardOf& heard)
        : inner_(std::move(inner)), window_(window), heard_(heard) {}

    [[nodiscard]] const Prediction& take(const ml::ForecastRow& row) override {
        const Prediction& said = inner_->take(row);
        Heard& heard = heard_[row.instrument.value];
        heard.prediction = said;
        heard.votes.assign(said.votes.begin(), said.votes.end());
        heard.rows.emplace_back(row.values.begin(), row.values.end());
        if (heard.rows.size() > window_) heard.rows.pop_front();
        return said;
    }

private:
    std::unique_ptr<ml::Forecaster> inner_;
    std::size_t window_;
    HeardOf& heard_;
};

std::size_t longest_window(const LoadedModels& models) {
    std::size_t out = 1;
    for (const auto& [address, model] : models.models) {
        out = std::max<std::size_t>(out, model.card.window);
    }
    return out;
}

std::string name_of(OrderId id) { return fmt::format("{}-{}", id.strategy().value, id.sequence()); }

/// The decision that sends the order.
const Decision* find(std::span<const Decision> decisions, const std::string& order) {
    for (const Decision& decision : decisions) {
        const auto* command = std::get_if<Command>(&decision);
        const auto* submit = command == nullptr ? nullptr : std::get_if<SubmitOrder>(command);
        if (submit != nullptr && name_of(submit->order.id) == order) return &decision;
    }
    return nullptr;
}

std::string reigning(const ml::SuccessionCard& card, Timestamp at) {
    std::string out;
    for (const auto& reign : card.reigns) {
        if (reign.from <= at.ns) out = reign.ensemble;
    }
    return out;
}

/// The trace of what a strategy heard when it sent the order.
DecisionTrace trace_of(const Heard& heard, const ModelsRun& models) {
    DecisionTrace out;
    out.prediction = heard.prediction;
    out.votes = heard.votes;
    out.prediction.votes = {};
    out.ensemble = reigning(models.loaded->card, heard.prediction.known_at);
    out.columns = models.loaded->card.features.size();
    for (const auto& row : heard.rows) {
        for (const double value : row) out.rows.push_back(static_cast<float>(value));
    }
    out.models = models;
    return out;
}

}  // namespace

std::expected<DecisionTrace, std::string> trace_decision(const std::string& journal,
                                                         const std::string& order) {
    const auto reader = TRY(journal::JournalReader::open(journal));
    const auto settings = settings_from_json(reader->settings());
    if (!settings) return std::unexpected(fmt::format("journal {}: {}", journal, settings.error()));
    auto slots = TRY(make_slots(*settings));
    std::vector<HeardOf> heard(slots.size());
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (!slots[i].models) continue;
        const std::size_t window = longest_window(*settings->strategies[i].models->loaded);
        slots[i].models = std::make_unique<Listener>(std::move(slots[i].models), window, heard[i]);
    }
    engine::Engine engine{settings->instruments, settings->engine, std::move(slots)};
    std::optional<DecisionTrace> out;
    bool was_sent = false;
    const auto look = [&](std::span<const Decision> decisions) {
        const Decision* sent = was_sent ? nullptr : find(decisions, order);
        if (sent == nullptr) return;
        was_sent = true;
        const OrderIntent& intent = std::get<SubmitOrder>(std::get<Command>(*sent)).order;
        const std::size_t strategy = intent.id.strategy().value;
        const InstrumentId instrument = intent.spec.instrument;
        const auto said = heard[strategy].find(instrument.value);
        if (said == heard[strategy].end()) return;
        out = trace_of(said->second, *settings->strategies[strategy].models);
        out->order = order;
        out->decision = engine::describe(*sent, settings->instruments);
        out->symbol = settings->instruments.at(instrument).symbol;
        out->at = engine.now();
    };
    const auto summary = TRY(engine::replay(engine, *reader, {.event = {}, .decisions = look}));
    if (summary.difference) {
        return std::unexpected(fmt::format(
            "journal {}: the replay decides otherwise at event {}: it cannot be explained", journal,
            summary.difference->seq));
    }
    if (out) return std::move(*out);
    return std::unexpected(
        was_sent
            ? fmt::format("journal {}: order {} hangs on no prediction", journal, order)
            : fmt::format("journal {}: there is no order {}; `tradewind replay --print orders` "
                          "lists them",
                          journal, order));
}

}  // namespace tradewind::apps
