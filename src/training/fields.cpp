// SPDX-License-Identifier: Apache-2.0
#include "training/fields.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace tradewind::training {

Fields::Fields(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object_.is_object())
        error_ = fmt::format("{}: give an object", path_.substr(0, path_.rfind('.')));
}

const Json* Fields::raw(const std::string& name) {
    known_.insert(name);
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(name);
    return found == object_.end() ? nullptr : &*found;
}

void Fields::fail(const std::string& name, const std::string& what) {
    if (!error_) error_ = fmt::format("{}{}: {}", path_, name, what);
}

std::uint64_t Fields::whole(const std::string& name, Whole range) {
    const Json* found = raw(name);
    if (found == nullptr) return range.otherwise;
    if (found->is_number_unsigned()) {
        const auto value = found->get<std::uint64_t>();
        if (value >= range.min && value <= range.max) return value;
    }
    fail(name, fmt::format("give a whole number from {} to {}", range.min, range.max));
    return range.otherwise;
}

double Fields::real(const std::string& name, Real range) {
    const Json* found = raw(name);
    if (found == nullptr) return range.otherwise;
    if (found->is_number()) {
        const auto value = found->get<double>();
        if (value >= range.min && value <= range.max) return value;
    }
    fail(name, fmt::format("give a number from {} to {}", range.min, range.max));
    return range.otherwise;
}

bool Fields::flag(const std::string& name, bool otherwise) {
    const Json* found = raw(name);
    if (found == nullptr) return otherwise;
    if (found->is_boolean()) return found->get<bool>();
    fail(name, "give true or false");
    return otherwise;
}

std::string Fields::text(const std::string& name, const std::optional<std::string>& otherwise) {
    const Json* found = raw(name);
    if (found == nullptr) {
        if (!otherwise) fail(name, "is missing");
        return otherwise.value_or("");
    }
    if (found->is_string()) {
        auto value = found->get<std::string>();
        if (!value.empty() && value.find('\0') == std::string::npos) return value;
    }
    fail(name, "give a text that is not empty");
    return "";
}

std::string Fields::choice(const std::string& name,
                           std::initializer_list<std::string_view> choices) {
    const Json* found = raw(name);
    std::string first{*choices.begin()};
    if (found == nullptr) return first;
    if (found->is_string()) {
        const auto value = found->get<std::string>();
        if (std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
    }
    fail(name, fmt::format("give one of {}", fmt::join(choices, ", ")));
    return first;
}

std::expected<void, std::string> Fields::finish() {
    if (error_) return std::unexpected(*error_);
    for (const auto& [name, value] : object_.items()) {
        if (!known_.contains(name)) {
            return std::unexpected(fmt::format("{}{}: is unknown; there are {}", path_, name,
                                               fmt::join(known_, ", ")));
        }
    }
    return {};
}

}  // namespace tradewind::training
