// SPDX-License-Identifier: Apache-2.0
#include "ml/architecture.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/assert.hpp"
#include "base/try.hpp"

namespace tradewind::ml {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLayersMax = 64;
constexpr std::size_t kWidthMax = 65'536;

std::expected<std::size_t, std::string> whole(const Json& value, std::string_view name,
                                              std::size_t most) {
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        if (number >= 1 && number <= most) return number;
    }
    return std::unexpected(
        fmt::format("settings.{} has to be a whole number from 1 to {}", name, most));
}

std::expected<void, std::string> read_whole(const Json& settings, std::string_view name,
                                            std::size_t most, std::size_t& out) {
    if (const auto found = settings.find(name); found != settings.end()) {
        out = TRY(whole(*found, name, most));
    }
    return {};
}

/// Sets `out` to whether the setting is `yes`; it has to be that or `no`.
std::expected<void, std::string> read_choice(const Json& settings, std::string_view name,
                                             std::pair<std::string_view, std::string_view> choice,
                                             bool& out) {
    const auto found = settings.find(name);
    if (found == settings.end()) return {};
    if (!found->is_string() || (*found != choice.first && *found != choice.second)) {
        return std::unexpected(fmt::format("settings.{} has to be \"{}\" or \"{}\"", name,
                                           choice.first, choice.second));
    }
    out = *found == choice.first;
    return {};
}

std::expected<void, std::string> read_mlp(const Json& settings, Architecture& out) {
    out.hidden = {64, 32};
    const auto found = settings.find("hidden");
    if (found == settings.end()) return {};
    if (!found->is_array() || found->size() > kLayersMax) {
        return std::unexpected(
            fmt::format("settings.hidden has to be a list of at most {} layers", kLayersMax));
    }
    out.hidden.clear();
    for (const Json& units : *found) out.hidden.push_back(TRY(whole(units, "hidden", kWidthMax)));
    return {};
}

std::expected<void, std::string> read_lstm(const Json& settings, Architecture& out) {
    TRY_VOID(read_whole(settings, "layers", kLayersMax, out.layers));
    TRY_VOID(read_whole(settings, "hidden", kWidthMax, out.width));
    return read_choice(settings, "pooling", {"attention", "last"}, out.attention);
}

std::expected<void, std::string> read_transformer(const Json& settings, std::size_t window,
                                                  Architecture& out) {
    out.layers = 2;
    TRY_VOID(read_whole(settings, "layers", kLayersMax, out.layers));
    TRY_VOID(read_whole(settings, "width", kWidthMax, out.width));
    TRY_VOID(read_whole(settings, "heads", kWidthMax, out.heads));
    TRY_VOID(read_whole(settings, "feedforward", kWidthMax, out.feedforward));
    TRY_VOID(read_whole(settings, "patch", window, out.patch));
    TRY_VOID(read_choice(settings, "pooling", {"mean", "last"}, out.mean));
    if (const auto found = settings.find("causal"); found != settings.end()) {
        if (!found->is_boolean()) {
            return std::unexpected(std::string{"settings.causal has to be true or false"});
        }
        out.causal = found->get<bool>();
    }
    if (out.width % out.heads != 0) {
        return std::unexpected(fmt::format("settings.heads: {} does not divide the width of {}",
                                           out.heads, out.width));
    }
    if (window % out.patch != 0) {
        return std::unexpected(
            fmt::format("settings.patch: {} does not divide the window of {}", out.patch, window));
    }
    return {};
}

using Shapes = std::vector<ArrayShape>;

/// A linear map with its constant.
void add_linear(Shapes& out, const std::string& name, std::size_t to, std::size_t from) {
    out.push_back({name + ".w", {to, from}});
    out.push_back({name + ".b", {to}});
}

void add_norm(Shapes& out, const std::string& name, std::size_t width) {
    out.push_back({name + ".w", {width}});
    out.push_back({name + ".b", {width}});
}

/// The width of what the head reads.
std::size_t add_mlp(Shapes& out, const Architecture& net, std::size_t inputs) {
    for (std::size_t i = 0; i < net.hidden.size(); ++i) {
        add_linear(out, fmt::format("l{}", i), net.hidden[i], inputs);
        inputs = net.hidden[i];
    }
    return inputs;
}

std::size_t add_lstm(Shapes& out, const Architecture& net, std::size_t inputs) {
    for (std::size_t i = 0; i < net.layers; ++i) {
        out.push_back({fmt::format("l{}.w_in", i), {4 * net.width, inputs}});
        out.push_back({fmt::format("l{}.w_rec", i), {4 * net.width, net.width}});
        out.push_back({fmt::format("l{}.b", i), {4 * net.width}});
        inputs = net.width;
    }
    if (net.attention) out.push_back({"pool.query", {net.width}});
    return net.attention ? 2 * net.width : net.width;
}

std::size_t add_transformer(Shapes& out, const Architecture& net, std::size_t inputs,
                            std::size_t window) {
    add_linear(out, "embed", net.width, net.patch * inputs);
    out.push_back({"position", {window / net.patch, net.width}});
    for (std::size_t i = 0; i < net.layers; ++i) {
        const std::string layer = fmt::format("l{}.", i);
        add_norm(out, layer + "ln1", net.width);
        add_linear(out, layer + "qkv", 3 * net.width, net.width);
        add_linear(out, layer + "out", net.width, net.width);
        add_norm(out, layer + "ln2", net.width);
        add_linear(out, layer + "ff1", net.feedforward, net.width);
        add_linear(out, layer + "ff2", net.width, net.feedforward);
    }
    add_norm(out, "ln", net.width);
    return net.width;
}

}  // namespace

std::expected<Architecture, std::string> architecture_of(const ModelCard& card) {
    const Json settings = Json::parse(card.settings, nullptr, false);
    if (!settings.is_object()) return std::unexpected(std::string{"settings is no JSON object"});
    Architecture out;
    switch (card.family) {
        case Family::mlp: TRY_VOID(read_mlp(settings, out)); break;
        case Family::lstm: TRY_VOID(read_lstm(settings, out)); break;
        case Family::transformer: TRY_VOID(read_transformer(settings, card.window, out)); break;
        case Family::logistic:
        case Family::xgboost: break;
    }
    return out;
}

std::vector<ArrayShape> arrays_of(const ModelCard& card, const Architecture& net) {
    ASSERT(card.family != Family::xgboost);
    const std::size_t inputs = card.inputs.size();
    Shapes out{{"centre", {inputs}}, {"scale", {inputs}}, {"clip", {1}}};
    if (card.target.task != Task::classes) {
        out.push_back({"out.centre", {1}});
        out.push_back({"out.scale", {1}});
    }
    std::size_t width = card.window * inputs;
    switch (card.family) {
        case Family::mlp: width = add_mlp(out, net, width); break;
        case Family::lstm: width = add_lstm(out, net, inputs); break;
        case Family::transformer: width = add_transformer(out, net, inputs, card.window); break;
        case Family::logistic:
        case Family::xgboost: break;
    }
    add_linear(out, "head", card.target.scores(), width);
    return out;
}

}  // namespace tradewind::ml
