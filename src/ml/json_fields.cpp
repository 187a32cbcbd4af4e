// SPDX-License-Identifier: Apache-2.0
#include "ml/json_fields.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/try.hpp"
#include "ml/json_depth.hpp"

namespace tradewind::ml {
namespace {

std::unexpected<std::string> missing(std::string_view name, std::string_view kind) {
    return std::unexpected(fmt::format("{}: should be {}", name, kind));
}

/// nullptr: not there.
const Json* find(const Json& from, std::string_view name) {
    if (!from.is_object()) return nullptr;
    const auto found = from.find(std::string{name});
    return found == from.end() ? nullptr : &*found;
}

}  // namespace

Field<Json> parse_object(std::string_view text) {
    if (json_depth(text) > kJsonDepthMax) return std::unexpected("it nests too deep");
    Json out = Json::parse(text, nullptr, false);
    if (!out.is_object()) return std::unexpected("it is no JSON object");
    return out;
}

Field<double> number_field(const Json& from, std::string_view name) {
    const Json* found = find(from, name);
    if (found == nullptr || !found->is_number() || !std::isfinite(found->get<double>())) {
        return missing(name, "a number");
    }
    return found->get<double>();
}

Field<std::uint64_t> count_field(const Json& from, std::string_view name, std::uint64_t most) {
    const Json* found = find(from, name);
    if (found == nullptr || !found->is_number_unsigned() || found->get<std::uint64_t>() > most) {
        return missing(name, fmt::format("a whole number of 0 to {}", most));
    }
    return found->get<std::uint64_t>();
}

Field<bool> flag_field(const Json& from, std::string_view name) {
    const Json* found = find(from, name);
    if (found == nullptr || !found->is_boolean()) return missing(name, "true or false");
    return found->get<bool>();
}

Field<std::string> text_field(const Json& from, std::string_view name) {
    const Json* found = find(from, name);
    if (found == nullptr || !found->is_string()) return missing(name, "a text");
    return found->get<std::string>();
}

Field<Json> object_field(const Json& from, std::string_view name) {
    const Json* found = find(from, name);
    if (found == nullptr || !found->is_object()) return missing(name, "an object");
    return *found;
}

Field<Json> list_field(const Json& from, std::string_view name) {
    const Json* found = find(from, name);
    if (found == nullptr || !found->is_array()) return missing(name, "a list");
    return *found;
}

Field<std::vector<double>> numbers_field(const Json& from, std::string_view name) {
    const Json list = TRY(list_field(from, name));
    std::vector<double> out;
    for (const Json& one : list) {
        if (!one.is_number() || !std::isfinite(one.get<double>())) {
            return missing(name, "a list of numbers");
        }
        out.push_back(one.get<double>());
    }
    return out;
}

Field<std::vector<std::string>> texts_field(const Json& from, std::string_view name) {
    const Json list = TRY(list_field(from, name));
    std::vector<std::string> out;
    for (const Json& one : list) {
        if (!one.is_string()) return missing(name, "a list of texts");
        out.push_back(one.get<std::string>());
    }
    return out;
}

}  // namespace tradewind::ml
