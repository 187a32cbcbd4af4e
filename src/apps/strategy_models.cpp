// SPDX-License-Identifier: Apache-2.0
#include "apps/strategy_models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <span>
#include <utility>

#include "adapters/models/model_folder.hpp"
#include "base/try.hpp"

namespace tradewind::apps {
namespace {

/// An artifact of a kind: `parse` reads it.
template <typename Parse>
auto read(const ports::ModelRegistry& registry, const std::string& address, const Parse& parse)
    -> decltype(parse(std::span<const std::byte>{})) {
    const auto bytes = registry.get(address);
    if (!bytes) return std::unexpected(bytes.error().text);
    auto out = parse(std::as_bytes(std::span{*bytes}));
    if (!out) {
        return std::unexpected(fmt::format("artifact {}: {}", address.substr(0, 16), out.error()));
    }
    return out;
}

}  // namespace

std::string default_registry() {
    const auto value = [](const char* name) {
        const char* set = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
        return std::string{set == nullptr ? "" : set};
    };
    const std::string own = value("TRADEWIND_HOME"), data = value("XDG_DATA_HOME");
    if (!own.empty()) return own + "/models";
    return (data.empty() ? value("HOME") + "/.local/share" : data) + "/tradewind/models";
}

std::expected<LoadedModels, std::string> read_models(const ports::ModelRegistry& registry,
                                                     const std::string& address) {
    LoadedModels out;
    out.card = TRY(read(registry, address, ml::parse_succession));
    for (const auto& reign : out.card.reigns) {
        if (out.ensembles.contains(reign.ensemble)) continue;
        auto ensemble = TRY(read(registry, reign.ensemble, ml::parse_ensemble));
        std::vector<std::string> models;
        for (const ml::EnsembleMember& member : ensemble.members) models.push_back(member.address);
        if (ensemble.meta) models.push_back(ensemble.meta->address);
        for (const std::string& model : models) {
            if (out.models.contains(model)) continue;
            out.models.emplace(model, TRY(read(registry, model, ml::parse_model)));
        }
        out.ensembles.emplace(reign.ensemble, std::move(ensemble));
    }
    return out;
}

std::expected<ModelsRun, std::string> load_models(const std::string& registry,
                                                  const std::string& which) {
    const auto folder = models::ModelFolder::open(registry);
    if (!folder) return std::unexpected(folder.error().text);
    const auto address = (*folder)->resolve(which);
    if (!address) return std::unexpected(address.error().text);
    auto loaded = std::make_shared<const LoadedModels>(TRY(read_models(**folder, *address)));
    for (const auto& [ensemble, card] : loaded->ensembles) {
        if (!card.numbers || card.numbers->sense != ml::NumberSense::plain) continue;
        return std::unexpected(fmt::format(
            "models {} forecast {}, which says nothing of up or down: a strategy cannot trade them",
            which, card.origin.label));
    }
    return ModelsRun{.registry = registry, .address = *address, .loaded = std::move(loaded)};
}

bool has_meta(const LoadedModels& models) {
    return std::all_of(models.ensembles.begin(), models.ensembles.end(),
                       [](const auto& one) { return one.second.meta.has_value(); });
}

std::expected<std::unique_ptr<ml::Forecaster>, std::string> make_forecaster(
    const LoadedModels& loaded, std::size_t instruments) {
    std::vector<ml::KnownModel> known;
    for (const auto& [address, model] : loaded.models) {
        known.push_back({.address = address, .model = &model});
    }
    std::vector<ml::Succession::Reign> reigns;
    for (const auto& reign : loaded.card.reigns) {
        reigns.push_back(
            {.from = {reign.from},
             .ensemble = TRY(ml::Ensemble::make(loaded.ensembles.at(reign.ensemble), known,
                                                loaded.card.schema_hash, instruments))});
    }
    return std::make_unique<ml::Succession>(std::move(reigns), instruments);
}

}  // namespace tradewind::apps
