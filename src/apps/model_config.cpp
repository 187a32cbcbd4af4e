// SPDX-License-Identifier: Apache-2.0
#include "apps/model_config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "apps/model_target.hpp"
#include "base/try.hpp"
#include "feature/nearest.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::json;
using Done = std::expected<void, std::string>;
using research::labels::LabelDefinition;
using research::labels::WeightDefinition;
using research::models::FamilyPlan;

constexpr std::string_view kModels = "models.";
constexpr std::string_view kWalk = "walkforward.";
constexpr std::size_t kSeedsMax = 100;
constexpr std::uint32_t kWindowMax = 4096;
constexpr std::size_t kGroupsMax = 1000;
constexpr std::size_t kTrialsMost = 10'000;
constexpr std::size_t kSeedMost = 1'000'000'000;

std::unexpected<std::string> fail(const TrainingSetting& setting, std::string_view why) {
    return std::unexpected(fmt::format("{}: {}: {}", setting.where, setting.key, why));
}

std::expected<std::string, std::string> text_of(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    return std::unexpected(std::string{"should be a text"});
}

std::expected<double, std::string> number_of(const Json& value, double least, double most) {
    if (value.is_number()) {
        const double number = value.get<double>();
        if (number >= least && number <= most) return number;
    }
    return std::unexpected(fmt::format("should be a number from {} to {}", least, most));
}

std::expected<std::size_t, std::string> count_of(const Json& value, std::size_t least,
                                                 std::size_t most) {
    if (value.is_number_integer() &&
        value.get<std::int64_t>() >= static_cast<std::int64_t>(least) &&
        value.get<std::int64_t>() <= static_cast<std::int64_t>(most)) {
        return value.get<std::size_t>();
    }
    return std::unexpected(fmt::format("should be a whole number from {} to {}", least, most));
}

/// A list, or one text of it.
std::expected<std::vector<std::string>, std::string> texts_of(const Json& value) {
    std::vector<std::string> out;
    if (!value.is_array()) return std::vector{TRY(text_of(value))};
    for (const Json& one : value) out.push_back(TRY(text_of(one)));
    return out;
}

std::expected<Duration, std::string> duration_of(const Json& value) {
    const std::string text = TRY(text_of(value));
    if (const auto out = parse_duration(text); out && out->ns >= 0) return *out;
    return std::unexpected(fmt::format("'{}' is no length of time; say for example 5d", text));
}

/// One of some words.
std::expected<std::string, std::string> word_of(const Json& value,
                                                std::initializer_list<std::string_view> words) {
    std::string text = TRY(text_of(value));
    if (std::find(words.begin(), words.end(), text) != words.end()) return text;
    return std::unexpected(fmt::format("'{}' is none of {}", text, fmt::join(words, ", ")));
}

/// [models] on its way to a ModelConfig.
struct Draft {
    std::optional<LabelDefinition> label;
    ModelConfig* out = nullptr;
    std::vector<ml::Family> families{ml::Family::logistic, ml::Family::mlp, ml::Family::lstm,
                                     ml::Family::transformer, ml::Family::xgboost};
    std::uint32_t window = 16;  ///< of those that read sequences
    std::map<ml::Family, Json> settings;
    std::map<ml::Family, std::vector<std::pair<std::string, std::string>>> searched;
    Json meta = Json::object();  ///< settings of the meta model's family
};

struct Known {
    std::string_view name;
    std::function<Done(Draft&, const Json&)> set;
};

Done set_label(Draft& draft, const Json& value) {
    auto label = LabelDefinition::parse(TRY(text_of(value)));
    if (!label) return std::unexpected(describe(label.error()));
    draft.label = std::move(*label);
    return {};
}

Done set_weights(Draft& draft, const Json& value) {
    for (const std::string& text : TRY(texts_of(value))) {
        auto weight = WeightDefinition::parse(text);
        if (!weight) return std::unexpected(describe(weight.error()));
        draft.out->weights.push_back(std::move(*weight));
    }
    return {};
}

Done set_families(Draft& draft, const Json& value) {
    draft.families.clear();
    for (const std::string& text : TRY(texts_of(value))) {
        const auto family = ml::parse_family(text);
        if (!family) {
            return std::unexpected(
                fmt::format("'{}' is none of logistic, mlp, lstm, transformer, xgboost", text));
        }
        if (std::find(draft.families.begin(), draft.families.end(), *family) ==
            draft.families.end()) {
            draft.families.push_back(*family);
        }
    }
    if (draft.families.empty()) return std::unexpected("names no family");
    return {};
}

/// A number of seeds, or the seeds.
Done set_seeds(Draft& draft, const Json& value) {
    auto& seeds = draft.out->plan.seeds;
    seeds.clear();
    if (!value.is_array()) {
        const std::size_t count = TRY(count_of(value, 1, kSeedsMax));
        for (std::size_t i = 1; i <= count; ++i) seeds.push_back(i);
        return {};
    }
    for (const Json& one : value) seeds.push_back(TRY(count_of(one, 0, 1'000'000'000)));
    if (seeds.empty() || seeds.size() > kSeedsMax) {
        return std::unexpected(fmt::format("should be 1 to {} seeds", kSeedsMax));
    }
    return {};
}

/// A number, or several in their order.
Done set_edges(Draft& draft, const Json& value) {
    auto& edges = draft.out->regime_edges;
    edges.clear();
    for (const Json& one : value.is_array() ? value : Json::array({value})) {
        edges.push_back(TRY(number_of(one, -1e12, 1e12)));
        if (edges.size() > 1 && edges.back() <= *(edges.end() - 2)) {
            return std::unexpected("should be ascending");
        }
    }
    if (edges.empty()) return std::unexpected("names no edge");
    return {};
}

const std::vector<Known>& known_settings() {
    static const std::vector<Known> known{
        {"sets",
         [](Draft& d, const Json& v) -> Done {
             d.out->sets = TRY(texts_of(v));
             return {};
         }},
        {"label", set_label},
        {"target",
         [](Draft& d, const Json& v) -> Done {
             d.out->target = TRY(parse_target(TRY(text_of(v))));
             return {};
         }},
        {"weights", set_weights},
        {"families", set_families},
        {"window",
         [](Draft& d, const Json& v) -> Done {
             d.window = static_cast<std::uint32_t>(TRY(count_of(v, 1, kWindowMax)));
             return {};
         }},
        {"seeds", set_seeds},
        {"inner_folds",
         [](Draft& d, const Json& v) -> Done {
             d.out->plan.inner_folds = TRY(count_of(v, 2, 20));
             return {};
         }},
        {"validation",
         [](Draft& d, const Json& v) -> Done {
             d.out->plan.validation_share = TRY(number_of(v, 0.0, 0.5));
             return {};
         }},
        {"embargo",
         [](Draft& d, const Json& v) -> Done {
             d.out->plan.embargo = TRY(duration_of(v));
             return {};
         }},
        {"class_weights",
         [](Draft& d, const Json& v) -> Done {
             d.out->plan.balanced_classes = TRY(word_of(v, {"none", "balanced"})) == "balanced";
             return {};
         }},
        {"missing_max",
         [](Draft& d, const Json& v) -> Done {
             d.out->plan.missing_max = TRY(number_of(v, 0.0, 1.0));
             return {};
         }},
        {"voting",
         [](Draft& d, const Json& v) -> Done {
             const auto word =
                 TRY(word_of(v, {"equal", "weighted", "stacking", "online", "regimes"}));
             d.out->voting = *ml::parse_voting_method(word);
             return {};
         }},
        {"calibration",
         [](Draft& d, const Json& v) -> Done {
             const auto word =
                 TRY(word_of(v, {"none", "platt", "isotonic", "temperature", "linear"}));
             d.out->calibration = ml::parse_calibration_method(word).value_or(d.out->calibration);
             d.out->calibration_word = word;
             return {};
         }},
        {"regime",
         [](Draft& d, const Json& v) -> Done {
             d.out->regime = TRY(text_of(v));
             return {};
         }},
        {"regime_edges", set_edges},
        {"half_life",
         [](Draft& d, const Json& v) -> Done {
             d.out->half_life = TRY(number_of(v, 0.0, 1e9));
             return {};
         }},
        {"abstain",
         [](Draft& d, const Json& v) -> Done {
             d.out->abstain = TRY(number_of(v, 0.001, 0.999));
             return {};
         }},
        {"test",
         [](Draft& d, const Json& v) -> Done {
             d.out->test_share = TRY(number_of(v, 0.05, 0.9));
             return {};
         }},
        {"name",
         [](Draft& d, const Json& v) -> Done {
             d.out->name = TRY(text_of(v));
             return {};
         }},
        {"registry",
         [](Draft& d, const Json& v) -> Done {
             d.out->registry = TRY(text_of(v));
             return {};
         }},
        {"processes",
         [](Draft& d, const Json& v) -> Done {
             d.out->processes = TRY(count_of(v, 1, 256));
             return {};
         }},
        {"permutations",
         [](Draft& d, const Json& v) -> Done {
             d.out->permutations = TRY(count_of(v, 0, 100));
             return {};
         }},
        {"drop_columns",
         [](Draft& d, const Json& v) -> Done {
             if (!v.is_boolean()) return std::unexpected(std::string{"should be true or false"});
             d.out->drop_columns = v.get<bool>();
             return {};
         }},
    };
    return known;
}

/// A section without a setting: all as it is unless said. False: there is no such section.
bool begin_section(Draft& draft, std::string_view name) {
    if (name == "cpcv") draft.out->cpcv.emplace();
    if (name == "search") draft.out->search.emplace();
    if (name == "meta") draft.out->meta.emplace();
    if (name == "cpcv" || name == "search" || name == "meta") return true;
    return ml::parse_family(name).has_value();
}

Done set_plain(Draft& draft, const TrainingSetting& setting, std::string_view name) {
    if (setting.json == "{}" && begin_section(draft, name)) return {};
    std::vector<std::string_view> names;
    for (const Known& one : known_settings()) {
        if (one.name != name) {
            names.push_back(one.name);
            continue;
        }
        if (auto done = one.set(draft, Json::parse(setting.json)); !done) {
            return fail(setting, done.error());
        }
        return {};
    }
    const auto near = feature::nearest_names(std::string{name}, names);
    return fail(setting, near.empty()
                             ? fmt::format("there is no such setting; there are {} and a section "
                                           "for each family",
                                           fmt::join(names, ", "))
                             : fmt::format("there is no such setting; do you mean {}?",
                                           fmt::join(near, " or ")));
}

/// models.cpcv.groups
Done set_of_cpcv(Draft& draft, const TrainingSetting& setting, std::string_view name) {
    if (!draft.out->cpcv) draft.out->cpcv.emplace();
    std::size_t* place = name == "groups"        ? &draft.out->cpcv->folds
                         : name == "test_groups" ? &draft.out->cpcv->test_folds
                                                 : nullptr;
    if (place == nullptr) {
        return fail(setting, "there is no such setting; there are groups, test_groups");
    }
    const auto count = count_of(Json::parse(setting.json), name == "groups" ? 2 : 1, kGroupsMax);
    if (!count) return fail(setting, count.error());
    *place = *count;
    return {};
}

/// models.search.lstm.hidden
Done set_of_space(Draft& draft, const TrainingSetting& setting, std::string_view family,
                  std::string_view name) {
    const auto known = ml::parse_family(family);
    if (!known) {
        return fail(setting, fmt::format("'{}' is no family of models; there are logistic, mlp, "
                                         "lstm, transformer, xgboost",
                                         family));
    }
    const Json value = Json::parse(setting.json);
    if (!value.is_string() && !value.is_number() && !value.is_boolean()) {
        return fail(setting, "should be a text: \"2:8\", \"0.01:0.3:log\", \"last,attention\"");
    }
    std::pair<std::string, std::string> one{
        name, value.is_string() ? value.get<std::string>() : value.dump()};
    if (const auto read = parse_family_space(*known, {one}); !read) {
        return fail(setting, read.error());
    }
    draft.searched[*known].push_back(std::move(one));
    return {};
}

/// models.search.trials, models.search.lstm.hidden
Done set_of_search(Draft& draft, const TrainingSetting& setting, std::string_view name) {
    if (!draft.out->search) draft.out->search.emplace();
    SettingsSearch& search = *draft.out->search;
    if (const std::size_t dot = name.find('.'); dot != std::string_view::npos) {
        return set_of_space(draft, setting, name.substr(0, dot), name.substr(dot + 1));
    }
    const Json value = Json::parse(setting.json);
    if (name == "trials" || name == "seed") {
        const bool is_trials = name == "trials";
        const auto count = count_of(value, is_trials ? 1 : 0, is_trials ? kTrialsMost : kSeedMost);
        if (!count) return fail(setting, count.error());
        (is_trials ? search.trials : search.seed) = *count;
        return {};
    }
    if (name == "sampler") {
        const auto word = word_of(value, {"tpe", "random"});
        if (!word) return fail(setting, word.error());
        search.sampler = *research::parse_sampler_kind(*word);
        return {};
    }
    if (setting.json == "{}" && ml::parse_family(name)) {
        return fail(setting, "searches nothing: write SETTING = \"LOW:HIGH\" in it");
    }
    return fail(setting,
                "there is no such setting; there are trials, sampler, seed and a section for each "
                "family");
}

Done set_meta_family(MetaConfig& meta, const Json& value) {
    const std::string word = TRY(word_of(value, {"logistic", "mlp", "xgboost"}));
    meta.settings.family.family = *ml::parse_family(word);
    return {};
}

Done set_meta_calibration(MetaConfig& meta, const Json& value) {
    const std::string word = TRY(word_of(value, {"none", "platt", "isotonic", "temperature"}));
    meta.settings.calibration = *ml::parse_calibration_method(word);
    return {};
}

/// models.meta.family; what is none of its own is of its family: models.meta.trees
Done set_of_meta(Draft& draft, const TrainingSetting& setting, std::string_view name) {
    if (!draft.out->meta) draft.out->meta.emplace();
    MetaConfig& meta = *draft.out->meta;
    const Json value = Json::parse(setting.json);
    Done done;
    if (name == "family") {
        done = set_meta_family(meta, value);
    } else if (name == "calibration") {
        done = set_meta_calibration(meta, value);
    } else if (name == "features") {
        auto texts = texts_of(value);
        if (!texts) return fail(setting, texts.error());
        meta.features = std::move(*texts);
    } else if (name == "cost_bps") {
        const auto cost = number_of(value, 0, 10'000);
        if (!cost) return fail(setting, cost.error());
        meta.settings.cost_bps = *cost;
    } else if (name == "window") {
        return fail(setting, "a meta model reads one row; leave it out");
    } else {
        draft.meta[std::string{name}] = value;
    }
    return done ? Done{} : fail(setting, done.error());
}

/// models.lstm.hidden
Done set_in_section(Draft& draft, const TrainingSetting& setting, std::string_view family,
                    std::string_view name) {
    if (family == "cpcv") return set_of_cpcv(draft, setting, name);
    if (family == "search") return set_of_search(draft, setting, name);
    if (family == "meta") return set_of_meta(draft, setting, name);
    const auto known = ml::parse_family(family);
    if (!known) {
        return fail(setting,
                    fmt::format("'{}' is no family of models, nor cpcv, search or meta", family));
    }
    draft.settings[*known][std::string{name}] = Json::parse(setting.json);
    return {};
}

Done check_cpcv(const ModelConfig& models) {
    if (!models.cpcv) return {};
    const auto [groups, tested, embargo] = *models.cpcv;
    if (tested >= groups) {
        return std::unexpected(
            fmt::format("models.cpcv.test_groups: of {} groups 1 to {} can be tested, not {}; say "
                        "fewer, or more groups",
                        groups, groups - 1, tested));
    }
    double splits = 1;
    for (std::size_t i = 0; i < tested; ++i) {
        splits *= static_cast<double>(groups - i) / static_cast<double>(i + 1);
    }
    if (splits > static_cast<double>(research::labels::kSplitsMax)) {
        return std::unexpected(
            fmt::format("models.cpcv.groups: {} groups with {} tested are {:.0f} splits, each a "
                        "training of every family; {} is the most: say fewer groups",
                        groups, tested, splits, research::labels::kSplitsMax));
    }
    return {};
}

/// What is searched of which family; `out` has its families.
Done set_search(const Draft& draft, ModelConfig& out) {
    if (!out.search) return {};
    if (draft.searched.empty()) {
        return std::unexpected(
            "models.search: names nothing to search; write a section [models.search.FAMILY] with "
            "settings such as depth = \"2:8\"");
    }
    for (const auto& [family, settings] : draft.searched) {
        if (std::find(draft.families.begin(), draft.families.end(), family) ==
            draft.families.end()) {
            return std::unexpected(
                fmt::format("models.search.{}: models.families names no {}; add it there, or leave "
                            "the section out",
                            ml::to_string(family), ml::to_string(family)));
        }
        FamilySpace space = TRY(parse_family_space(family, settings));
        out.plan.window_least = std::max(out.plan.window_least, longest_window(space.space));
        out.search->families.push_back(std::move(space));
    }
    return {};
}

constexpr bool reads_sequences(ml::Family family) {
    return family == ml::Family::lstm || family == ml::Family::transformer;
}

std::expected<FamilyPlan, std::string> family_plan(const Draft& draft, ml::Family family) {
    FamilyPlan out{.family = family, .window = reads_sequences(family) ? draft.window : 1};
    const auto own = draft.settings.find(family);
    if (own == draft.settings.end()) return out;
    Json settings = own->second;
    if (settings.contains("window")) {
        const auto window = count_of(settings["window"], 1, kWindowMax);
        if (!window) {
            return std::unexpected(
                fmt::format("models.{}.window: {}", ml::to_string(family), window.error()));
        }
        out.window = static_cast<std::uint32_t>(*window);
        settings.erase("window");
    }
    out.settings = settings.dump();
    return out;
}

/// What the strategy acts above; nonsense is refused where the strategy is made.
std::optional<double> act_of(const RunConfig& config) {
    for (const StrategyConfig& strategy : config.strategies) {
        for (const auto& [name, value] : strategy.params.entries) {
            if (strategy.name != "forecast" || name != "act") continue;
            double out = 0;
            const auto read = std::from_chars(value.data(), value.data() + value.size(), out);
            if (read.ec == std::errc{} && read.ptr == value.data() + value.size()) return out;
        }
    }
    return std::nullopt;
}

}  // namespace

bool has_models(const RunConfig& config) {
    return std::any_of(config.training.begin(), config.training.end(),
                       [](const TrainingSetting& one) { return one.key.starts_with(kModels); });
}

std::expected<ModelConfig, std::string> model_config_of(const RunConfig& config) {
    if (!has_models(config)) {
        return std::unexpected(
            "no models are named; write a section [models] with label = \"...\" (see "
            "examples/planted.toml)");
    }
    // the label first: there is no configuration without one
    const auto label =
        std::find_if(config.training.rbegin(), config.training.rend(),
                     [](const TrainingSetting& one) { return one.key == "models.label"; });
    if (label == config.training.rend()) {
        return std::unexpected("models.label is missing; say for example \"direction(1)\"");
    }
    Draft draft;
    if (auto done = set_label(draft, Json::parse(label->json)); !done) {
        return fail(*label, done.error());
    }
    ModelConfig out{.sets = {}, .label = *draft.label};
    draft.out = &out;
    for (const TrainingSetting& setting : config.training) {
        std::string_view name = setting.key;
        if (!name.starts_with(kModels)) continue;
        name.remove_prefix(kModels.size());
        const std::size_t dot = name.find('.');
        TRY_VOID(dot == std::string_view::npos
                     ? set_plain(draft, setting, name)
                     : set_in_section(draft, setting, name.substr(0, dot), name.substr(dot + 1)));
    }
    TRY_VOID(check_cpcv(out));
    if ((out.voting == ml::VotingMethod::regimes) == out.regime.empty()) {
        return std::unexpected(
            "models.voting = \"regimes\" and models.regime = \"FEATURE\" belong together");
    }
    for (const ml::Family family : draft.families) {
        out.plan.families.push_back(TRY(family_plan(draft, family)));
    }
    TRY_VOID(set_search(draft, out));
    if (out.meta) {
        out.meta->settings.family.settings = draft.meta.dump();
        out.meta->act = act_of(config).value_or(out.meta->act);
    }
    return out;
}

std::expected<WalkConfig, std::string> walk_config_of(const RunConfig& config) {
    WalkConfig out;
    for (const TrainingSetting& setting : config.training) {
        std::string_view name = setting.key;
        if (!name.starts_with(kWalk)) continue;
        name.remove_prefix(kWalk.size());
        const Json value = Json::parse(setting.json);
        if (name == "anchored") {
            if (!value.is_boolean()) return fail(setting, "should be true or false");
            out.anchored = value.get<bool>();
            continue;
        }
        std::string* text = name == "train"     ? &out.train
                            : name == "test"    ? &out.test
                            : name == "embargo" ? &out.embargo
                                                : nullptr;
        if (text == nullptr) {
            return fail(setting,
                        "there is no such setting; there are train, test, embargo, anchored");
        }
        auto said = text_of(value);
        if (!said) return fail(setting, said.error());
        *text = std::move(*said);
    }
    return out;
}

}  // namespace tradewind::apps
