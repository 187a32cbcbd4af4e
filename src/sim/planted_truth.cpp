// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/try.hpp"
#include "sim/planted.hpp"

namespace tradewind::sim {
namespace {

using Json = nlohmann::ordered_json;

std::expected<PlantedTruth, std::string> read_truth(const std::string& symbol, const Json& from) {
    const auto bad = [&](std::string_view field) {
        return std::unexpected(fmt::format("{}: its {} is missing or none", symbol, field));
    };
    if (!from.is_object() || !from.contains("market") || !from["market"].is_string()) {
        return bad("market");
    }
    const auto market = parse_planted_market(from["market"].get<std::string>());
    if (!market) return bad("market");
    if (!from.contains("bayes_accuracy") || !from["bayes_accuracy"].is_number()) {
        return bad("bayes_accuracy");
    }
    const double accuracy = from["bayes_accuracy"].get<double>();
    if (!(accuracy >= kBayesAccuracyMin && accuracy <= bayes_accuracy_max(*market))) {
        return bad("bayes_accuracy");
    }
    if (!from.contains("seed") || !from["seed"].is_number_unsigned()) return bad("seed");
    if (!from.contains("interval") || !from["interval"].is_string()) return bad("interval");
    return PlantedTruth{.market = *market,
                        .bayes_accuracy = accuracy,
                        .seed = from["seed"].get<std::uint64_t>(),
                        .interval = from["interval"].get<std::string>()};
}

}  // namespace

std::string to_json(const PlantedTruths& truths) {
    Json out = Json::object();
    for (const auto& [symbol, truth] : truths) {
        out[symbol] = {{"market", to_string(truth.market)},
                       {"bayes_accuracy", truth.bayes_accuracy},
                       {"seed", truth.seed},
                       {"interval", truth.interval}};
    }
    return out.dump(2) + "\n";
}

std::expected<PlantedTruths, std::string> parse_planted(std::string_view json) {
    const Json parsed = Json::parse(json, nullptr, false);
    if (!parsed.is_object()) return std::unexpected("it is no JSON object");
    PlantedTruths out;
    for (const auto& [symbol, truth] : parsed.items()) {
        out.emplace(symbol, TRY(read_truth(symbol, truth)));
    }
    return out;
}

}  // namespace tradewind::sim
