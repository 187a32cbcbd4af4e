// SPDX-License-Identifier: Apache-2.0
#include "training/job.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "base/sha256.hpp"
#include "base/try.hpp"
#include "ml/json_depth.hpp"
#include "training/fields.hpp"

namespace tradewind::training {
namespace {

constexpr std::uint64_t kEpochsMax = 1'000'000;
constexpr std::uint64_t kBatchMax = 1'000'000;
constexpr std::uint64_t kWidthMax = 4096;
constexpr std::uint64_t kLayersMax = 64;
constexpr std::uint64_t kWindowMax = 65'536;
constexpr std::uint64_t kLevelsMax = 64;
constexpr std::uint64_t kColumnsMax = 1'000'000;
constexpr std::uint64_t kDepthMax = 16;
constexpr std::uint64_t kStepsMax = 100'000;
constexpr double kSmallest = 1e-12;
constexpr double kLargest = 1e12;

std::vector<RowRange> read_ranges(Fields& fields, const std::string& name, bool needed) {
    const std::string form = "give a list of [begin, end) rows, ascending and apart";
    std::vector<RowRange> out;
    const Json* found = fields.raw(name);
    if (found == nullptr) {
        if (needed) fields.fail(name, "is missing");
        return out;
    }
    if (!found->is_array()) {
        fields.fail(name, form);
        return out;
    }
    for (const Json& one : *found) {
        const bool pair = one.is_array() && one.size() == 2 && one[0].is_number_unsigned() &&
                          one[1].is_number_unsigned();
        if (!pair) {
            fields.fail(name, form);
            return {};
        }
        out.push_back({.begin = one[0].get<std::size_t>(), .end = one[1].get<std::size_t>()});
        const bool apart = out.size() == 1 || out[out.size() - 2].end <= out.back().begin;
        if (out.back().begin >= out.back().end || !apart) {
            fields.fail(name, form);
            return {};
        }
    }
    if (out.empty() && needed) fields.fail(name, "is empty; give the rows to train on");
    return out;
}

std::vector<double> read_levels(Fields& fields, ml::Task task) {
    const bool classes = task == ml::Task::classes;
    const std::string form = classes ? "give the label's value of each class, 2 to 64, ascending"
                                     : "give levels between 0 and 1, at most 64, ascending";
    const Json* found = fields.raw("levels");
    if (task == ml::Task::value) {
        if (found != nullptr && !(found->is_array() && found->empty())) {
            fields.fail("levels", "a value has none");
        }
        return {};
    }
    std::vector<double> out;
    const bool list = found != nullptr && found->is_array() && found->size() <= kLevelsMax &&
                      found->size() >= (classes ? 2U : 1U);
    if (!list) {
        fields.fail("levels", form);
        return out;
    }
    for (const Json& one : *found) {
        const double level =
            one.is_number() ? one.get<double>() : std::numeric_limits<double>::quiet_NaN();
        const bool inside = classes ? std::isfinite(level) : level > 0.0 && level < 1.0;
        if (!inside || (!out.empty() && out.back() >= level)) {
            fields.fail("levels", form);
            return {};
        }
        out.push_back(level);
    }
    return out;
}

std::expected<ml::Target, std::string> read_target(const Json* json) {
    if (json == nullptr) return std::unexpected("target: is missing");
    Fields fields{*json, "target."};
    ml::Target out;
    const std::string task = fields.text("task");
    if (const auto known = ml::parse_task(task)) {
        out.task = *known;
        out.levels = read_levels(fields, *known);
    } else {
        fields.fail("task", "give one of classes, value, quantiles");
    }
    TRY_VOID(fields.finish());
    return out;
}

std::optional<std::vector<std::uint32_t>> read_inputs(Fields& fields) {
    const std::string form = "give places of columns, at least one, ascending";
    const Json* found = fields.raw("inputs");
    if (found == nullptr) return std::nullopt;
    std::vector<std::uint32_t> out;
    if (!found->is_array() || found->empty()) {
        fields.fail("inputs", form);
        return out;
    }
    for (const Json& one : *found) {
        const std::uint64_t place =
            one.is_number_unsigned() ? one.get<std::uint64_t>() : kColumnsMax;
        if (place >= kColumnsMax || (!out.empty() && out.back() >= place)) {
            fields.fail("inputs", form);
            return {};
        }
        out.push_back(static_cast<std::uint32_t>(place));
    }
    return out;
}

std::vector<std::size_t> read_hidden(Fields& fields, std::vector<std::size_t> otherwise) {
    const Json* found = fields.raw("hidden");
    if (found == nullptr) return otherwise;
    std::vector<std::size_t> out;
    const std::string form = "give the width of each layer, 1 to 64 layers of 1 to 4096";
    if (!found->is_array() || found->empty() || found->size() > kLayersMax) {
        fields.fail("hidden", form);
        return otherwise;
    }
    for (const Json& one : *found) {
        const std::uint64_t width = one.is_number_unsigned() ? one.get<std::uint64_t>() : 0;
        if (width == 0 || width > kWidthMax) {
            fields.fail("hidden", form);
            return otherwise;
        }
        out.push_back(width);
    }
    return out;
}

void read_mlp(Fields& fields, NetworkSettings& out, Json& all) {
    out.hidden = read_hidden(fields, out.hidden);
    all["hidden"] = out.hidden;
}

void read_lstm(Fields& fields, NetworkSettings& out, Json& all) {
    out.layers = fields.whole("layers", {out.layers, 1, kLayersMax});
    out.width = fields.whole("hidden", {out.width, 1, kWidthMax});
    const std::string pooling = fields.choice("pooling", {"attention", "last"});
    out.attention_pooling = pooling == "attention";
    all["layers"] = out.layers;
    all["hidden"] = out.width;
    all["pooling"] = pooling;
}

void read_transformer(Fields& fields, std::size_t window, NetworkSettings& out, Json& all) {
    out.layers = fields.whole("layers", {2, 1, kLayersMax});
    out.width = fields.whole("width", {out.width, 1, kWidthMax});
    out.heads = fields.whole("heads", {out.heads, 1, kWidthMax});
    out.feedforward = fields.whole("feedforward", {out.feedforward, 1, kWidthMax});
    out.patch = fields.whole("patch", {out.patch, 1, kWindowMax});
    const std::string pooling = fields.choice("pooling", {"last", "mean"});
    const std::string positions = fields.choice("positions", {"learned", "sinusoidal"});
    out.mean_pooling = pooling == "mean";
    out.sinusoidal = positions == "sinusoidal";
    out.causal = fields.flag("causal", out.causal);
    if (out.width % out.heads != 0) fields.fail("heads", "the width has to be a multiple of it");
    if (window % out.patch != 0) fields.fail("patch", "the window has to be a multiple of it");
    all["layers"] = out.layers;
    all["width"] = out.width;
    all["heads"] = out.heads;
    all["feedforward"] = out.feedforward;
    all["patch"] = out.patch;
    all["pooling"] = pooling;
    all["causal"] = out.causal;
    all["positions"] = positions;
}

void read_training(Fields& fields, ml::Family family, NetworkSettings& out, Json& all) {
    const bool logistic = family == ml::Family::logistic;
    out.epochs = fields.whole("epochs", {out.epochs, 1, kEpochsMax});
    out.patience = fields.whole("patience", {out.patience, 0, kEpochsMax});
    out.batch = fields.whole("batch", {out.batch, 1, kBatchMax});
    out.rate = fields.real("rate", {out.rate, kSmallest, 1.0});
    out.weight_decay = fields.real("weight_decay", {out.weight_decay, 0.0, 1.0});
    // a logistic regression has nothing to drop
    out.dropout = logistic ? 0.0 : fields.real("dropout", {out.dropout, 0.0, 0.95});
    out.clip = fields.real("clip", {out.clip, kSmallest, kLargest});
    out.checkpoint_every = fields.whole("checkpoint_every", {out.checkpoint_every, 1, kEpochsMax});
    if (logistic) out.l2 = fields.real("l2", {out.l2, 0.0, kLargest});
    all = Json{{"epochs", out.epochs},
               {"patience", out.patience},
               {"batch", out.batch},
               {"rate", out.rate},
               {"weight_decay", out.weight_decay},
               {"clip", out.clip},
               {"checkpoint_every", out.checkpoint_every}};
    if (logistic) all["l2"] = out.l2;
    if (!logistic) all["dropout"] = out.dropout;
}

void read_network(Fields& fields, TrainJob& job, Json& all) {
    NetworkSettings& out = job.network;
    read_training(fields, job.family, out, all);
    switch (job.family) {
        case ml::Family::logistic:
        case ml::Family::xgboost: break;
        case ml::Family::mlp: read_mlp(fields, out, all); break;
        case ml::Family::lstm: read_lstm(fields, out, all); break;
        case ml::Family::transformer: read_transformer(fields, job.window, out, all); break;
    }
}

std::map<std::string, int> read_monotone(Fields& fields) {
    std::map<std::string, int> out;
    const Json* found = fields.raw("monotone");
    if (found == nullptr) return out;
    if (!found->is_object()) {
        fields.fail("monotone", "give an object of columns' names and 1 or -1");
        return out;
    }
    for (const auto& [name, sign] : found->items()) {
        const bool known = sign.is_number_integer() && (sign == 1 || sign == -1);
        if (!known) fields.fail("monotone", name + ": give 1 or -1");
        if (known) out.emplace(name, sign.get<int>());
    }
    return out;
}

void read_trees(Fields& fields, TreeSettings& out, Json& all) {
    out.trees = fields.whole("trees", {out.trees, 1, 100'000});
    out.depth = fields.whole("depth", {out.depth, 1, kDepthMax});
    out.rate = fields.real("rate", {out.rate, kSmallest, 1.0});
    out.subsample = fields.real("subsample", {out.subsample, 0.01, 1.0});
    out.columns = fields.real("columns", {out.columns, 0.01, 1.0});
    out.min_child_weight = fields.real("min_child_weight", {out.min_child_weight, 0.0, kLargest});
    out.lambda = fields.real("lambda", {out.lambda, 0.0, kLargest});
    out.bags = fields.whole("bags", {out.bags, 1, 1000});
    out.early_stopping = fields.whole("early_stopping", {out.early_stopping, 0, 100'000});
    out.checkpoint_every = fields.whole("checkpoint_every", {out.checkpoint_every, 1, 100'000});
    out.monotone = read_monotone(fields);
    all = Json{{"trees", out.trees},
               {"depth", out.depth},
               {"rate", out.rate},
               {"subsample", out.subsample},
               {"columns", out.columns},
               {"min_child_weight", out.min_child_weight},
               {"lambda", out.lambda},
               {"bags", out.bags},
               {"early_stopping", out.early_stopping},
               {"checkpoint_every", out.checkpoint_every},
               {"monotone", out.monotone}};
}

/// The same job has the same hash wherever its files lie.
std::string hash_of(const Json& json, const std::string& settings) {
    Json rest = json;
    for (const char* path : {"dataset", "model", "checkpoint"}) rest.erase(path);
    rest["settings"] = Json::parse(settings);
    // sorted: the order in which fields were written means nothing
    const std::string text = nlohmann::json::parse(rest.dump()).dump();
    return base::sha256_hex(std::as_bytes(std::span{text}));
}

std::expected<void, std::string> take_settings(const Json& found, TrainJob& job) {
    Fields fields{found, "settings."};
    Json all = Json::object();
    if (job.family == ml::Family::xgboost) {
        read_trees(fields, job.trees, all);
    } else {
        read_network(fields, job, all);
    }
    TRY_VOID(fields.finish());
    job.settings = all.dump();
    return {};
}

std::expected<TrainJob, std::string> read_train(const Json& json) {
    Fields fields{json, ""};
    TrainJob out;
    (void)fields.text("kind");
    out.dataset = fields.text("dataset");
    out.model = fields.text("model");
    out.checkpoint = fields.text("checkpoint", "");
    const auto family = ml::parse_family(fields.text("family"));
    if (!family) fields.fail("family", "give one of logistic, mlp, lstm, transformer, xgboost");
    out.family = family.value_or(ml::Family::logistic);
    out.window = static_cast<std::uint32_t>(fields.whole("window", {1, 1, kWindowMax}));
    out.inputs = read_inputs(fields);
    out.seed = fields.whole("seed", {1, 0, std::numeric_limits<std::uint64_t>::max()});
    out.train = read_ranges(fields, "train", true);
    out.validation = read_ranges(fields, "validation", false);
    out.balanced = fields.choice("class_weights", {"none", "balanced"}) == "balanced";
    const Json* target = fields.raw("target");
    const Json* settings = fields.raw("settings");
    TRY_VOID(fields.finish());
    out.target = TRY(read_target(target));
    if (out.balanced && out.target.task != ml::Task::classes) {
        return std::unexpected("class_weights: only a target of classes has them");
    }
    TRY_VOID(take_settings(settings == nullptr ? Json::object() : *settings, out));
    out.hash = hash_of(json, out.settings);
    return out;
}

std::expected<AttributeJob, std::string> read_attribute(const Json& json) {
    Fields fields{json, ""};
    AttributeJob out;
    (void)fields.text("kind");
    out.trained = fields.text("trained");
    out.windows = fields.text("windows");
    out.attributions = fields.text("attributions");
    out.score = fields.whole("class", {0, 0, kLevelsMax - 1});
    out.steps = fields.whole("steps", {out.steps, 1, kStepsMax});
    TRY_VOID(fields.finish());
    return out;
}

}  // namespace

std::expected<Job, std::string> parse_job(std::string_view text) {
    // freeing what nests deep takes a stack frame a level
    if (ml::json_depth(text) > ml::kJsonDepthMax) return std::unexpected("the job nests too deep");
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return std::unexpected("the job is no JSON");
    if (!json.is_object()) return std::unexpected("the job is no object of JSON");
    const auto kind = json.find("kind");
    if (kind != json.end() && *kind == "train") return Job{TRY(read_train(json))};
    if (kind != json.end() && *kind == "attribute") return Job{TRY(read_attribute(json))};
    return std::unexpected("kind: give one of train, attribute");
}

std::expected<void, std::string> read_settings(std::string_view json, TrainJob& job) {
    const Json settings = Json::parse(json, nullptr, false);
    if (settings.is_discarded()) return std::unexpected("settings: are no JSON");
    return take_settings(settings, job);
}

NetworkPlan plan_of(const TrainJob& job, std::size_t features) {
    NetworkPlan out;
    switch (job.family) {
        case ml::Family::logistic: out.architecture = Architecture::logistic; break;
        case ml::Family::mlp: out.architecture = Architecture::mlp; break;
        case ml::Family::lstm: out.architecture = Architecture::lstm; break;
        case ml::Family::transformer: out.architecture = Architecture::transformer; break;
        case ml::Family::xgboost: break;
    }
    const NetworkSettings& from = job.network;
    out.features = features;
    out.window = job.window;
    out.scores = job.target.scores();
    if (job.family == ml::Family::mlp) out.hidden = from.hidden;
    out.layers = from.layers;
    out.width = from.width;
    out.attention_pooling = from.attention_pooling;
    out.heads = from.heads;
    out.feedforward = from.feedforward;
    out.patch = from.patch;
    out.mean_pooling = from.mean_pooling;
    out.causal = from.causal;
    out.sinusoidal = from.sinusoidal;
    out.dropout = from.dropout;
    return out;
}

}  // namespace tradewind::training
