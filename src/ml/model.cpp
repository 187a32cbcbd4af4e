// SPDX-License-Identifier: Apache-2.0
#include "ml/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/try.hpp"
#include "ml/architecture.hpp"
#include "ml/json_depth.hpp"

namespace tradewind::ml {
namespace {

using Json = nlohmann::ordered_json;
using Checked = std::expected<void, std::string>;

constexpr std::array<std::string_view, 5> kFamilies{"logistic", "mlp", "lstm", "transformer",
                                                    "xgboost"};
constexpr std::array<std::string_view, 3> kTasks{"classes", "value", "quantiles"};
constexpr std::string_view kKind = "tradewind model";
constexpr std::uint64_t kVersion = 1;
constexpr std::uint32_t kWindowMax = 65'536;
constexpr std::size_t kColumnsMax = 65'536;
constexpr std::size_t kWindowValuesMax = std::size_t{1} << 24U;
constexpr std::size_t kScoresMax = 1024;
constexpr std::size_t kNodesMax = std::size_t{1} << 28U;

std::unexpected<std::string> fail(std::string text) { return std::unexpected(std::move(text)); }

// ---- the card as JSON -------------------------------------------------------------------------

/// The fields of an object, one after another; remembers the first that is not as it has to be.
class Fields {
public:
    Fields(const Json& json, std::string_view path) : json_{json}, path_{path} {}

    void read(std::string_view name, std::string& out) {
        if (const Json* found = find(name, &Json::is_string, "a string")) {
            out = found->get<std::string>();
        }
    }
    void read(std::string_view name, std::uint64_t& out) {
        if (const Json* found = find(name, &Json::is_number_unsigned, "a whole number from 0 on")) {
            out = found->get<std::uint64_t>();
        }
    }
    void read(std::string_view name, std::uint32_t& out) {
        std::uint64_t wide = 0;
        read(name, wide);
        if (wide > std::numeric_limits<std::uint32_t>::max()) refuse(name, "smaller");
        out = static_cast<std::uint32_t>(wide);
    }
    void read(std::string_view name, std::int64_t& out) {
        const Json* found = find(name, &Json::is_number_integer, "a whole number");
        if (found == nullptr) return;
        out = found->get<std::int64_t>();
        if (found->is_number_unsigned() && out < 0) refuse(name, "smaller");
    }
    template <typename T>
    void read(std::string_view name, std::vector<T>& out) {
        const Json* found = find(name, &Json::is_array, "a list");
        if (found == nullptr) return;
        for (const Json& value : *found) {
            if (!is_a<T>(value)) return refuse(name, "a list of what belongs there");
            out.push_back(value.get<T>());
        }
    }
    /// Kept as text.
    void read_object(std::string_view name, std::string& out) {
        if (const Json* found = find(name, &Json::is_object, "an object")) out = found->dump();
    }
    template <typename T, typename Parse>
    void read_name(std::string_view name, T& out, Parse parse) {
        std::string text;
        read(name, text);
        if (!error_.empty()) return;
        if (const auto value = parse(text)) {
            out = *value;
        } else {
            refuse(name, "a name that we know");
        }
    }
    Fields object(std::string_view name) {
        const Json* found = find(name, &Json::is_object, "an object");
        static const Json nothing = Json::object();
        return {found == nullptr ? nothing : *found, name};
    }
    [[nodiscard]] Checked done() const {
        return error_.empty() ? Checked{} : Checked{std::unexpected(error_)};
    }

private:
    template <typename T>
    static bool is_a(const Json& value) {
        if constexpr (std::is_same_v<T, std::string>) return value.is_string();
        if constexpr (std::is_same_v<T, double>) return value.is_number();
        if constexpr (std::is_same_v<T, std::uint32_t>) {
            return value.is_number_unsigned() && value.get<std::uint64_t>() <= kColumnsMax;
        }
    }
    const Json* find(std::string_view name, bool (Json::*is)() const noexcept,
                     std::string_view what) {
        const auto found = json_.find(name);
        if (found != json_.end() && ((*found).*is)()) return &*found;
        refuse(name, what);
        return nullptr;
    }
    void refuse(std::string_view name, std::string_view what) {
        if (!error_.empty()) return;
        error_ = fmt::format("{}{}{} has to be {}", path_, path_.empty() ? "" : ".", name, what);
    }

    const Json& json_;
    std::string_view path_;
    std::string error_;
};

Json origin_to_json(const RowsOrigin& origin) {
    return {{"schema_hash", origin.schema_hash},
            {"columns", origin.columns},
            {"label", origin.label},
            {"label_hash", origin.label_hash},
            {"horizon_rows", origin.horizon_rows},
            {"symbols", origin.symbols},
            {"bars", origin.bars},
            {"from", origin.from},
            {"until", origin.until},
            {"rows", origin.rows},
            {"data_hash", origin.data_hash}};
}

Checked read_origin(Fields fields, RowsOrigin& out) {
    fields.read("schema_hash", out.schema_hash);
    fields.read("columns", out.columns);
    fields.read("label", out.label);
    fields.read("label_hash", out.label_hash);
    fields.read("horizon_rows", out.horizon_rows);
    fields.read("symbols", out.symbols);
    fields.read("bars", out.bars);
    fields.read("from", out.from);
    fields.read("until", out.until);
    fields.read("rows", out.rows);
    fields.read("data_hash", out.data_hash);
    return fields.done();
}

Checked read_target(Fields fields, Target& out) {
    fields.read_name("task", out.task, parse_task);
    fields.read("levels", out.levels);
    return fields.done();
}

std::expected<ModelCard, std::string> read_card(const Json& json) {
    if (!json.is_object()) return fail("the card is no JSON object");
    Fields fields{json, ""};
    std::string kind;
    std::uint64_t version = 0;
    fields.read("kind", kind);
    if (kind != kKind) return fail("it is no model: the card's kind is another");
    fields.read("version", version);
    if (version != kVersion) {
        return fail(
            fmt::format("the card is of version {}, this program reads version {}: train "
                        "the model again",
                        version, kVersion));
    }
    ModelCard out;
    fields.read_name("family", out.family, parse_family);
    Fields target = fields.object("target");
    fields.read("window", out.window);
    fields.read("inputs", out.inputs);
    Fields origin = fields.object("origin");
    fields.read("seed", out.seed);
    fields.read("code_version", out.code_version);
    fields.read_object("settings", out.settings);
    fields.read_object("metrics", out.metrics);
    TRY_VOID(fields.done());
    TRY_VOID(read_target(std::move(target), out.target));
    TRY_VOID(read_origin(std::move(origin), out.origin));
    return out;
}

// ---- what a card has to be --------------------------------------------------------------------

bool ascends(const auto& values) {
    return std::adjacent_find(values.begin(), values.end(),
                              [](auto a, auto b) { return !(a < b); }) == values.end();
}

Checked check_target(const Target& target) {
    if (target.task == Task::value) {
        if (!target.levels.empty()) return fail("target.levels of a value has to be empty");
        return {};
    }
    if (target.levels.empty() || target.levels.size() > kScoresMax) {
        return fail(fmt::format("target.levels has to have 1 to {} values", kScoresMax));
    }
    const bool quantiles = target.task == Task::quantiles;
    const auto fits = [quantiles](double level) {
        return std::isfinite(level) && (!quantiles || (level > 0 && level < 1));
    };
    if (!std::all_of(target.levels.begin(), target.levels.end(), fits) || !ascends(target.levels)) {
        return fail(quantiles ? "target.levels have to ascend between 0 and 1"
                              : "target.levels have to be finite and to ascend");
    }
    return {};
}

Checked check_card(const ModelCard& card) {
    TRY_VOID(check_target(card.target));
    if (card.window < 1 || card.window > kWindowMax) {
        return fail(fmt::format("window has to be a whole number from 1 to {}", kWindowMax));
    }
    const std::size_t columns = card.origin.columns.size();
    if (columns > kColumnsMax || columns * card.window > kWindowValuesMax) {
        return fail(
            fmt::format("origin.columns: the window has more than {} values", kWindowValuesMax));
    }
    if (card.inputs.empty() || card.inputs.back() >= columns || !ascends(card.inputs)) {
        return fail(
            fmt::format("inputs have to ascend, and each to be one of the {} columns", columns));
    }
    return {};
}

// ---- its arrays -------------------------------------------------------------------------------

std::string shape_text(const std::vector<std::size_t>& shape) {
    return fmt::format("[{}]", fmt::join(shape, ", "));
}

/// The array, if it is of that type and shape.
template <typename T>
std::expected<const std::vector<T>*, std::string> find_array(
    const TensorFile& arrays, const std::string& name, const std::vector<std::size_t>& shape) {
    const Tensor* found = arrays.find(name);
    if (found == nullptr) return fail(fmt::format("it has no array {}", name));
    const auto* values = std::get_if<std::vector<T>>(&found->values);
    if (values == nullptr) return fail(fmt::format("{}: its type is another", name));
    if (found->shape != shape) {
        return fail(fmt::format("{}: its shape is {}, the card tells of {}", name,
                                shape_text(found->shape), shape_text(shape)));
    }
    if constexpr (std::is_floating_point_v<T>) {
        if (!std::all_of(values->begin(), values->end(), [](T x) { return std::isfinite(x); })) {
            return fail(fmt::format("{}: not all of its values are finite", name));
        }
    }
    return values;
}

Checked check_no_others(const TensorFile& arrays, const std::vector<std::string>& known) {
    for (const Tensor& one : arrays.tensors) {
        if (std::find(known.begin(), known.end(), one.name) == known.end()) {
            return fail(fmt::format("{}: the card tells of no such array", one.name));
        }
    }
    return {};
}

Checked check_net(const Model& model) {
    std::vector<std::string> known;
    const Architecture net = TRY(architecture_of(model.card));
    for (const ArrayShape& one : arrays_of(model.card, net)) {
        TRY(find_array<float>(model.arrays, one.name, one.shape));
        known.push_back(one.name);
    }
    const auto below = [&](std::string_view name, bool or_zero) {
        const auto* values = model.arrays.values<float>(name);
        return values != nullptr && std::any_of(values->begin(), values->end(),
                                                [&](float x) { return or_zero ? x <= 0 : x < 0; });
    };
    if (below("scale", false)) return fail("scale: a value is below 0");
    if (below("clip", true)) return fail("clip: it has to be above 0");
    if (below("out.scale", true)) return fail("out.scale: it has to be above 0");
    return check_no_others(model.arrays, known);
}

/// A forest's arrays, all there and of the shapes that belong together.
struct ForestArrays {
    const std::vector<std::int64_t>* start = nullptr;
    const std::vector<std::int64_t>* score = nullptr;
    const std::vector<std::int64_t>* feature = nullptr;
    const std::vector<std::int64_t>* left = nullptr;
    const std::vector<std::int64_t>* right = nullptr;
    const std::vector<std::int64_t>* missing_left = nullptr;
};

std::expected<ForestArrays, std::string> find_forest(const Model& model) {
    const TensorFile& arrays = model.arrays;
    const auto count = [&](std::string_view name) -> std::vector<std::size_t> {
        const Tensor* found = arrays.find(name);
        return {found == nullptr || found->shape.empty() ? 0 : found->shape.front()};
    };
    const std::vector<std::size_t> trees = count("tree.score");
    const std::vector<std::size_t> nodes = count("node.feature");
    if (nodes.front() > kNodesMax) return fail("node.feature: it has too many nodes");
    ForestArrays out;
    TRY(find_array<float>(arrays, "base", {model.card.target.scores()}));
    out.start = TRY(find_array<std::int64_t>(arrays, "tree.start", {trees.front() + 1}));
    out.score = TRY(find_array<std::int64_t>(arrays, "tree.score", trees));
    out.feature = TRY(find_array<std::int64_t>(arrays, "node.feature", nodes));
    TRY(find_array<float>(arrays, "node.threshold", nodes));
    out.left = TRY(find_array<std::int64_t>(arrays, "node.left", nodes));
    out.right = TRY(find_array<std::int64_t>(arrays, "node.right", nodes));
    out.missing_left = TRY(find_array<std::int64_t>(arrays, "node.missing_left", nodes));
    TRY(find_array<float>(arrays, "node.value", nodes));
    const auto* cover = TRY(find_array<float>(arrays, "node.cover", nodes));
    if (std::any_of(cover->begin(), cover->end(), [](float x) { return x < 0; })) {
        return fail("node.cover: a value is below 0");
    }
    TRY(find_array<double>(arrays, "gain", {model.card.window * model.card.inputs.size()}));
    return out;
}

/// The nodes [from, end) are a tree, not too deep: `seen` marks what has been reached.
bool is_tree(const ForestArrays& forest, std::size_t from, std::size_t end, std::size_t features,
             std::vector<bool>& seen) {
    std::vector<std::pair<std::size_t, std::size_t>> todo{{from, 0}};
    std::size_t reached = 0;
    while (!todo.empty()) {
        const auto [node, depth] = todo.back();
        todo.pop_back();
        if (seen[node] || depth > kTreeDepthMax) return false;
        seen[node] = true;
        ++reached;
        const std::int64_t feature = (*forest.feature)[node];
        if (feature == -1) continue;
        if (feature < 0 || std::cmp_greater_equal(feature, features)) return false;
        for (const std::int64_t child : {(*forest.left)[node], (*forest.right)[node]}) {
            if (child < 0 || std::cmp_greater_equal(child, end - from)) return false;
            todo.emplace_back(from + static_cast<std::size_t>(child), depth + 1);
        }
    }
    return reached == end - from;
}

Checked check_forest(const Model& model) {
    const ForestArrays forest = TRY(find_forest(model));
    const auto& start = *forest.start;
    const std::size_t nodes = forest.feature->size();
    if (start.front() != 0 || std::cmp_not_equal(start.back(), nodes) || !ascends(start)) {
        return fail("tree.start: it has to ascend from 0 to the number of nodes");
    }
    const std::size_t scores = model.card.target.scores();
    for (const std::int64_t score : *forest.score) {
        if (score < 0 || std::cmp_greater_equal(score, scores)) {
            return fail(fmt::format("tree.score: {} is none of the {} scores", score, scores));
        }
    }
    for (const std::int64_t flag : *forest.missing_left) {
        if (flag != 0 && flag != 1) return fail("node.missing_left: a value is neither 0 nor 1");
    }
    const std::size_t features = model.card.window * model.card.inputs.size();
    std::vector<bool> seen(nodes);
    for (std::size_t i = 0; i + 1 < start.size(); ++i) {
        if (!is_tree(forest, static_cast<std::size_t>(start[i]),
                     static_cast<std::size_t>(start[i + 1]), features, seen)) {
            return fail(fmt::format("node.left, node.right, node.feature: tree {} is none", i));
        }
    }
    return check_no_others(model.arrays, {"base", "tree.start", "tree.score", "node.feature",
                                          "node.threshold", "node.left", "node.right",
                                          "node.missing_left", "node.value", "node.cover", "gain"});
}

template <typename T, std::size_t N>
std::optional<T> parse_name(const std::array<std::string_view, N>& names, std::string_view text) {
    const auto found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) return std::nullopt;
    return static_cast<T>(found - names.begin());
}

}  // namespace

std::string_view to_string(Family family) {
    return kFamilies[static_cast<std::size_t>(family)];  // NOLINT: an index of the enum
}
std::optional<Family> parse_family(std::string_view text) {
    return parse_name<Family>(kFamilies, text);
}
std::string_view to_string(Task task) { return kTasks[static_cast<std::size_t>(task)]; }
std::optional<Task> parse_task(std::string_view text) { return parse_name<Task>(kTasks, text); }

std::string card_to_json(const ModelCard& card) {
    const Json json{
        {"kind", kKind},
        {"version", kVersion},
        {"family", to_string(card.family)},
        {"target", {{"task", to_string(card.target.task)}, {"levels", card.target.levels}}},
        {"window", card.window},
        {"inputs", card.inputs},
        {"origin", origin_to_json(card.origin)},
        {"seed", card.seed},
        {"code_version", card.code_version},
        {"settings", Json::parse(card.settings)},
        {"metrics", Json::parse(card.metrics)}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::expected<ModelCard, std::string> parse_card(std::string_view json) {
    if (json_depth(json) > kJsonDepthMax) return fail("the card nests too deep");
    ModelCard card = TRY(read_card(Json::parse(json, nullptr, false)));
    TRY_VOID(check_card(card));
    return card;
}

Checked check(const Model& model) {
    TRY_VOID(check_card(model.card));
    return model.card.family == Family::xgboost ? check_forest(model) : check_net(model);
}

std::string to_bytes(const Model& model) {
    return to_bytes(
        TensorFile{.description = card_to_json(model.card), .tensors = model.arrays.tensors});
}

std::expected<Model, std::string> parse_model(std::span<const std::byte> bytes) {
    TensorFile arrays = TRY(parse_tensors(bytes));
    Model out{.card = TRY(parse_card(arrays.description)), .arrays = std::move(arrays)};
    out.arrays.description = "{}";
    TRY_VOID(check(out));
    return out;
}

}  // namespace tradewind::ml
