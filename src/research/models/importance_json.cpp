// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "research/models/importance.hpp"

namespace tradewind::research::models {
namespace {

using Json = nlohmann::ordered_json;
/// One measure, by window and in each by column.
using Windows = std::vector<std::vector<double>>;

/// Of windows in which it was measured.
template <typename Get>
Windows measured(const FamilyImportance& family, const Get& get) {
    Windows out;
    for (const ModelImportance& one : family.windows) {
        std::vector<double> values = get(one);
        if (!values.empty()) out.push_back(std::move(values));
    }
    return out;
}

std::vector<double> means(const std::vector<Rise>& rises) {
    std::vector<double> out;
    for (const Rise& one : rises) out.push_back(one.mean);
    return out;
}
std::vector<double> deviations(const std::vector<Rise>& rises) {
    std::vector<double> out;
    for (const Rise& one : rises) out.push_back(one.deviation);
    return out;
}

std::optional<double> mean_at(const Windows& windows, std::size_t at) {
    if (windows.empty()) return std::nullopt;
    double sum = 0;
    for (const auto& one : windows) sum += one[at];
    return sum / static_cast<double>(windows.size());
}
std::optional<double> deviation_at(const Windows& windows, std::size_t at) {
    if (windows.size() < 2) return std::nullopt;
    const double mean = *mean_at(windows, at);
    double sum = 0;
    for (const auto& one : windows) sum += (one[at] - mean) * (one[at] - mean);
    return std::sqrt(sum / static_cast<double>(windows.size() - 1));
}

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

/// A family's measures, all its windows together.
struct Measures {
    explicit Measures(const FamilyImportance& of)
        : gain(measured(of, [](const auto& one) { return one.gain; })),
          alone(measured(of, [](const auto& one) { return means(one.alone); })),
          alone_noise(measured(of, [](const auto& one) { return deviations(one.alone); })),
          clustered(measured(of, [](const auto& one) { return means(one.clustered); })),
          clustered_noise(measured(of, [](const auto& one) { return deviations(one.clustered); })),
          attribution(measured(of, [](const auto& one) { return one.attribution; })) {}

    Windows gain, alone, alone_noise, clustered, clustered_noise, attribution;
};

/// Clusters by what shuffling them costs, in them columns by what they add to scores.
std::vector<std::size_t> order_of(const Measures& all, const measures::Clusters& clusters) {
    std::vector<std::size_t> out(clusters.of.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    const auto of_cluster = [&](std::size_t c) {
        return mean_at(all.clustered, clusters.of[c]).value_or(0);
    };
    const auto of_column = [&](std::size_t c) { return mean_at(all.attribution, c).value_or(0); };
    std::sort(out.begin(), out.end(), [&](std::size_t a, std::size_t b) {
        if (of_cluster(a) != of_cluster(b)) return of_cluster(a) > of_cluster(b);
        if (of_column(a) != of_column(b)) return of_column(a) > of_column(b);
        return a < b;
    });
    return out;
}

Json feature_json(const FamilyImportance& family, const Measures& all,
                  const measures::Clusters& clusters, const TrainingSet& set, std::size_t c) {
    const std::size_t cluster = clusters.of[c];
    Json with = Json::array();
    for (const std::size_t other : clusters.members[cluster]) {
        if (other != c) with.push_back(set.meaning().columns[other]);
    }
    return {{"feature", set.meaning().columns[c]},
            {"cluster", cluster},
            {"together_with", std::move(with)},
            {"gain", number(mean_at(all.gain, c))},
            {"gain_over_windows", number(deviation_at(all.gain, c))},
            {"permutation", number(mean_at(all.alone, c))},
            {"permutation_deviation", number(mean_at(all.alone_noise, c))},
            {"permutation_over_windows", number(deviation_at(all.alone, c))},
            {"cluster_permutation", number(mean_at(all.clustered, cluster))},
            {"cluster_permutation_deviation", number(mean_at(all.clustered_noise, cluster))},
            {"cluster_permutation_over_windows", number(deviation_at(all.clustered, cluster))},
            {"drop_column", number(c < family.dropped.size() ? family.dropped[c] : std::nullopt)},
            {"shap", number(mean_at(all.attribution, c))},
            {"shap_over_windows", number(deviation_at(all.attribution, c))}};
}

std::string method_of(const FamilyImportance& family) {
    for (const ModelImportance& one : family.windows) {
        if (!one.method.empty()) return one.method;
    }
    return "none";
}

}  // namespace

Json to_json(const Importance& importance, const TrainingSet& set, const ModelPlan& plan) {
    Json out = Json::array();
    for (const FamilyImportance& family : importance.families) {
        const Measures all{family};
        Json features = Json::array();
        for (const std::size_t c : order_of(all, importance.clusters)) {
            features.push_back(feature_json(family, all, importance.clusters, set, c));
        }
        out.push_back({{"family", ml::to_string(plan.families[family.family].family)},
                       {"windows", family.windows.size()},
                       {"shap_method", method_of(family)},
                       {"stability",
                        {{"gain", number(stability(all.gain))},
                         {"permutation", number(stability(all.alone))},
                         {"cluster_permutation", number(stability(all.clustered))},
                         {"shap", number(stability(all.attribution))}}},
                       {"features", std::move(features)}});
    }
    return out;
}

}  // namespace tradewind::research::models
