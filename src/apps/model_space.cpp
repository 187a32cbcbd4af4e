// SPDX-License-Identifier: Apache-2.0
#include "apps/model_space.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/try.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using research::Dimension;
using research::DimensionKind;
using research::SearchSpace;

constexpr std::string_view kWindow = "window";
constexpr double kWindowMax = 4096;

/// "64x32" as [64, 32], "4" as 4, "true" as true, and other texts as they are.
Json as_setting(const std::string& text) {
    Json plain = Json::parse(text, nullptr, false);
    if (plain.is_number() || plain.is_boolean()) return plain;
    Json list = Json::array();
    for (std::string_view left = text; !left.empty();) {
        const std::size_t cut = std::min(left.find('x'), left.size());
        const Json one = Json::parse(left.substr(0, cut), nullptr, false);
        if (!one.is_number()) return text;
        list.push_back(one);
        left.remove_prefix(std::min(cut + 1, left.size()));
    }
    return list;
}

Json value_of(const Dimension& dimension, double value) {
    if (dimension.kind == DimensionKind::integer) return static_cast<std::int64_t>(value);
    if (dimension.kind == DimensionKind::real) return value;
    return as_setting(dimension.text(value));
}

bool is_window(double rows) { return rows >= 1 && rows <= kWindowMax && rows == std::floor(rows); }

/// Windows are rows: whole numbers that a model may have.
bool is_of_windows(const Dimension& one) {
    if (one.kind == DimensionKind::real) return false;
    if (one.kind == DimensionKind::integer) return is_window(one.low) && is_window(one.high);
    for (std::size_t i = 0; i < one.choices.size(); ++i) {
        const auto number = one.number(static_cast<double>(i));
        if (!number || !is_window(*number)) return false;
    }
    return true;
}

}  // namespace

std::expected<FamilySpace, std::string> parse_family_space(
    ml::Family family, const std::vector<std::pair<std::string, std::string>>& settings) {
    std::vector<std::string> texts;
    for (const auto& [name, text] : settings) texts.push_back(name + "=" + text);
    FamilySpace out{.family = family, .space = TRY(SearchSpace::parse(texts))};
    for (const Dimension& one : out.space.dimensions()) {
        if (one.name == kWindow && !is_of_windows(one)) {
            return std::unexpected(fmt::format("parameter {}: should be whole numbers from 1 to {}",
                                               kWindow, kWindowMax));
        }
    }
    return out;
}

std::uint32_t longest_window(const SearchSpace& space) {
    double out = 0;
    for (const Dimension& one : space.dimensions()) {
        if (one.name != kWindow) continue;
        out = std::max(out, one.kind == DimensionKind::integer ? one.high : 0);
        for (std::size_t i = 0; i < one.choices.size(); ++i) {
            out = std::max(out, one.number(static_cast<double>(i)).value_or(0));
        }
    }
    return static_cast<std::uint32_t>(out);
}

Json settings_json(const SearchSpace& space, const research::Point& point) {
    Json out = Json::object();
    for (std::size_t i = 0; i < point.size(); ++i) {
        const Dimension& one = space.dimensions()[i];
        out[one.name] = value_of(one, point[i]);
    }
    return out;
}

research::models::FamilyPlan settings_at(const research::models::FamilyPlan& plan,
                                         const SearchSpace& space, const research::Point& point) {
    research::models::FamilyPlan out = plan;
    auto settings = nlohmann::json::parse(plan.settings);  // in the order of names
    const Json chosen = settings_json(space, point);
    for (const auto& [name, value] : chosen.items()) {
        if (name == kWindow) {
            out.window = value.get<std::uint32_t>();
            continue;
        }
        const bool is_list = out.family == ml::Family::mlp && name == "hidden";
        settings[name] =
            is_list && value.is_number() ? nlohmann::json::array({value}) : nlohmann::json(value);
    }
    out.settings = settings.dump();
    return out;
}

}  // namespace tradewind::apps
