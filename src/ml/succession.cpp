// SPDX-License-Identifier: Apache-2.0
#include "ml/succession.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "ml/json_fields.hpp"

namespace tradewind::ml {
namespace {

constexpr std::size_t kReignsMax = 10'000;

Field<std::int64_t> instant_of(const Json& from) {
    const auto found = from.find("from");
    if (found == from.end() || !found->is_number_integer()) {
        return std::unexpected("reigns: from should be a whole number");
    }
    return found->get<std::int64_t>();
}

Field<SuccessionCard::Reign> read_reign(const Json& from) {
    if (!from.is_object()) return std::unexpected("reigns: should be a list of objects");
    return SuccessionCard::Reign{.from = TRY(instant_of(from)),
                                 .ensemble = TRY(text_field(from, "ensemble"))};
}

Field<std::pair<std::string, std::string>> read_feature(const Json& from) {
    if (!from.is_object()) return std::unexpected("features: should be a list of objects");
    return std::pair{TRY(text_field(from, "name")), TRY(text_field(from, "expression"))};
}

/// The class that a return is taken for: the level nearest to its sign.
std::uint32_t class_of(const Target& target, double outcome) {
    const double sign = outcome > 0 ? 1.0 : outcome < 0 ? -1.0 : 0.0;
    std::uint32_t best = 0;
    for (std::uint32_t c = 1; c < target.levels.size(); ++c) {
        if (std::abs(target.levels[c] - sign) < std::abs(target.levels[best] - sign)) best = c;
    }
    return best;
}

}  // namespace

std::string to_bytes(const SuccessionCard& card) {
    Json features = Json::array(), reigns = Json::array();
    for (const auto& [name, expression] : card.features) {
        features.push_back({{"name", name}, {"expression", expression}});
    }
    for (const SuccessionCard::Reign& one : card.reigns) {
        reigns.push_back({{"from", one.from}, {"ensemble", one.ensemble}});
    }
    const Json description{{"kind", "succession"},
                           {"features", std::move(features)},
                           {"schema_hash", card.schema_hash},
                           {"bars", card.bars},
                           {"reigns", std::move(reigns)}};
    return to_bytes(TensorFile{.description = description.dump(), .tensors = {}});
}

std::expected<SuccessionCard, std::string> parse_succession(std::span<const std::byte> bytes) {
    const TensorFile file = TRY(parse_tensors(bytes));
    const Json said = TRY(parse_object(file.description));
    if (TRY(text_field(said, "kind")) != "succession") {
        return std::unexpected("kind: it is no succession of ensembles");
    }
    SuccessionCard out;
    const Json features = TRY(list_field(said, "features"));
    for (const Json& one : features) out.features.push_back(TRY(read_feature(one)));
    out.schema_hash = TRY(text_field(said, "schema_hash"));
    out.bars = TRY(text_field(said, "bars"));
    const Json reigns = TRY(list_field(said, "reigns"));
    if (reigns.empty() || reigns.size() > kReignsMax) {
        return std::unexpected(fmt::format("reigns: should be 1 to {}", kReignsMax));
    }
    for (const Json& one : reigns) {
        out.reigns.push_back(TRY(read_reign(one)));
        if (out.reigns.size() > 1 && out.reigns.back().from <= (out.reigns.end() - 2)->from) {
            return std::unexpected("reigns: should be in the order of time");
        }
    }
    return out;
}

Succession::Succession(std::vector<Reign> reigns, std::size_t instruments)
    : reigns_(std::move(reigns)), closes_(instruments) {
    ASSERT(!reigns_.empty());
    const std::size_t horizon = reigns_.front().ensemble->card().origin.horizon_rows;
    for (Closes& one : closes_) one.ring.resize(horizon + 1);
    silent_.horizon_rows = static_cast<std::uint32_t>(horizon);
    silent_.abstains = Abstention::warming_up;
}

Ensemble* Succession::reigning(Timestamp at) {
    while (at_ + 1 < reigns_.size() && reigns_[at_ + 1].from <= at) ++at_;
    return reigns_[at_].from <= at ? reigns_[at_].ensemble.get() : nullptr;
}

/// The close brings the return of the row `horizon` rows ago.
void Succession::learn(Ensemble& ensemble, std::size_t slot, double close) {
    Closes& closes = closes_[slot];
    closes.ring[closes.next] = close;
    closes.next = (closes.next + 1) % closes.ring.size();
    closes.count = std::min(closes.count + 1, closes.ring.size());
    if (!ensemble.learns() || closes.count < closes.ring.size()) return;
    const double before = closes.ring[closes.next];
    if (!(before > 0) || !(close > 0)) return;
    const auto rows_ago = static_cast<std::uint32_t>(closes.ring.size() - 1);
    if (const auto& numbers = ensemble.card().numbers) {
        // of another number nothing is known here: train refuses votes that would learn from it
        if (numbers->sense == NumberSense::plain) return;
        const bool is_log = numbers->sense == NumberSense::log_return;
        ensemble.learn_number(slot, rows_ago,
                              is_log ? std::log(close / before) : close / before - 1);
        return;
    }
    ensemble.learn(slot, rows_ago, class_of(ensemble.card().target, close / before - 1));
}

const Prediction& Succession::take(const ForecastRow& row) {
    const std::size_t slot = row.instrument.value;
    Ensemble* ensemble = reigning(row.known_at);
    // those to come see the rows too, so that each begins with full windows
    for (std::size_t i = at_; i < reigns_.size(); ++i) {
        reigns_[i].ensemble->push(slot, row.values);
    }
    if (ensemble == nullptr) {
        silent_.instrument = row.instrument;
        silent_.known_at = row.known_at;
        return silent_;
    }
    learn(*ensemble, slot, row.close);
    return ensemble->predict(slot, row.instrument, row.known_at);
}

}  // namespace tradewind::ml
