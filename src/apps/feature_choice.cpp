// SPDX-License-Identifier: Apache-2.0
#include "apps/feature_choice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "apps/run_config.hpp"
#include "base/try.hpp"
#include "feature/indicator.hpp"
#include "feature/nearest.hpp"
#include "feature/operators.hpp"
#include "feature/sets.hpp"

namespace tradewind::apps {
namespace {

using Chosen = std::expected<std::vector<ChosenFeature>, std::string>;

/// " Do you mean x?", or nothing.
std::string suggestion(const std::vector<std::string_view>& near) {
    return near.empty() ? std::string{} : fmt::format("; do you mean {}?", fmt::join(near, " or "));
}

Chosen from_sets(const std::vector<std::string>& names) {
    std::vector<ChosenFeature> out;
    for (const std::string& name : names) {
        const auto set = feature::feature_set(name);
        if (!set) {
            return std::unexpected(fmt::format(
                "--set {}: there is no such set; there are {}{}", name,
                fmt::join(feature::feature_set_names(), ", "),
                suggestion(feature::nearest_names(name, feature::feature_set_names()))));
        }
        for (const feature::FeatureText& text : *set) {
            out.push_back({.text = text, .where = "--set " + name});
        }
    }
    return out;
}

Chosen from_expressions(const FeatureArguments& arguments) {
    const auto& expressions = arguments.expressions;
    const auto& names = arguments.names;
    if (!names.empty() && names.size() != expressions.size()) {
        return std::unexpected(fmt::format("--name: there are {} for {} --expr; give each its own",
                                           names.size(), expressions.size()));
    }
    std::vector<ChosenFeature> out;
    for (std::size_t i = 0; i < expressions.size(); ++i) {
        std::string name = !names.empty()           ? names[i]
                           : expressions.size() > 1 ? fmt::format("value{}", i + 1)
                                                    : std::string{"value"};
        out.push_back(
            {.text = {.name = std::move(name), .expression = expressions[i]}, .where = "--expr"});
    }
    return out;
}

/// An indicator or a function as an expression: one for each of its outputs.
Chosen from_indicator(const FeatureArguments& arguments) {
    if (arguments.indicator.empty()) {
        if (arguments.params.empty()) return std::vector<ChosenFeature>{};
        return std::unexpected("--param belongs to --indicator");
    }
    const feature::IndicatorInfo* info = feature::find_function(arguments.indicator);
    if (info == nullptr) {
        return std::unexpected(fmt::format(
            "--indicator {}: there is none of that name{}", arguments.indicator,
            suggestion(feature::nearest_names(arguments.indicator, feature::function_names()))));
    }
    const std::string call = fmt::format("{}({})", info->name, fmt::join(arguments.params, ", "));
    std::vector<ChosenFeature> out;
    for (const std::string_view output : info->outputs) {
        const bool only = info->outputs.size() == 1;
        out.push_back({.text = {.name = only ? "value" : std::string{output},
                                .expression = only ? call : fmt::format("{}.{}", call, output)},
                       .where = "--indicator"});
    }
    return out;
}

/// The file's first, then those of the command line.
std::expected<SurroundingsChoice, std::string> choose_surroundings(
    const FeatureArguments& arguments) {
    SurroundingsChoice out;
    if (!arguments.config.empty()) out = TRY(load_surroundings(arguments.config));
    for (const std::string& text : arguments.sources) {
        out.sources.push_back(TRY(parse_source(text)));
    }
    for (const std::string& text : arguments.groups) out.groups.push_back(TRY(parse_group(text)));
    return out;
}

std::expected<Features, std::string> compile_features(const std::vector<ChosenFeature>& all,
                                                      SurroundingsChoice around,
                                                      std::string label) {
    std::vector<feature::FeatureText> texts;
    for (const ChosenFeature& one : all) texts.push_back(one.text);
    auto graph = feature::Graph::compile(texts, TRY(surroundings_of(around)));
    if (!graph) {
        // of two features of one name the error speaks of the second
        const auto place = std::find_if(all.rbegin(), all.rend(), [&](const ChosenFeature& one) {
            return one.text.name == graph.error().feature;
        });
        return std::unexpected(fmt::format("{}: {}", place == all.rend() ? "--expr" : place->where,
                                           feature::describe(graph.error())));
    }
    return Features{.label = std::move(label),
                    .graph = std::make_shared<const feature::Graph>(std::move(*graph)),
                    .around = std::move(around)};
}

std::string label_of(const FeatureArguments& arguments) {
    std::vector<std::string> parts = arguments.sets;
    if (!arguments.config.empty()) {
        parts.push_back(std::filesystem::path{arguments.config}.filename().string());
    }
    return fmt::format("{}", fmt::join(parts, "+"));
}

}  // namespace

void add_feature_arguments(CLI::App& verb, FeatureArguments& arguments) {
    verb.add_option("--set", arguments.sets,
                    fmt::format("a ready set: {}", fmt::join(feature::feature_set_names(), ", ")))
        ->take_all()
        ->allow_extra_args(false);
    verb.add_option("--expr", arguments.expressions,
                    "a feature as an expression: 'zscore(log(close/ref(close,5)),60)'")
        ->take_all()
        ->allow_extra_args(false);
    verb.add_option("--name", arguments.names, "its name, one for each --expr (value)")
        ->take_all()
        ->allow_extra_args(false);
    verb.add_option("--config", arguments.config,
                    "TOML file with a section [features]: name = \"expression\"");
    verb.add_option("--source", arguments.sources,
                    "what expressions may read beside bars: NAME=news|calendar|series:FILE,\n"
                    "like fomc=calendar:dates.csv or vix=series:VIX.csv,column=close,lag=1d")
        ->take_all()
        ->allow_extra_args(false);
    verb.add_option("--group", arguments.groups,
                    "instruments by group: NAME=FILE or NAME=FILE:COLUMN, like\n"
                    "sector=constituents.csv")
        ->take_all()
        ->allow_extra_args(false);
}

void add_indicator_arguments(CLI::App& verb, FeatureArguments& arguments) {
    verb.add_option("--indicator", arguments.indicator, "an indicator or a function by name: rsi");
    verb.add_option("--param", arguments.params,
                    "its parameters, in their order or as name=value: 14")
        ->take_all()
        ->allow_extra_args(false);
}

std::expected<Features, std::string> choose_features(const FeatureArguments& arguments) {
    std::vector<ChosenFeature> all = TRY(from_sets(arguments.sets));
    const auto add = [&all](std::vector<ChosenFeature> more) {
        std::move(more.begin(), more.end(), std::back_inserter(all));
    };
    if (!arguments.config.empty()) add(TRY(load_features(arguments.config)));
    add(TRY(from_expressions(arguments)));
    add(TRY(from_indicator(arguments)));
    if (all.empty()) {
        return std::unexpected(
            "no feature is named; say --set NAME, --expr EXPRESSION or --config FILE");
    }
    return compile_features(all, TRY(choose_surroundings(arguments)), label_of(arguments));
}

std::expected<Features, std::string> features_of_run(const RunConfig& config,
                                                     const std::vector<std::string>& sets) {
    std::vector<ChosenFeature> all = TRY(from_sets(sets));
    for (const auto& [name, expression] : config.features) {
        all.push_back({.text = {.name = name, .expression = expression}, .where = "[features]"});
    }
    if (all.empty()) {
        return std::unexpected(
            "no feature is named; write models.sets = [\"technical\"], or name = \"expression\" in "
            "a section [features]");
    }
    return compile_features(all, {.sources = config.sources, .groups = config.groups},
                            fmt::format("{}", fmt::join(sets, "+")));
}

}  // namespace tradewind::apps
