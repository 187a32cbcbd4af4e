// SPDX-License-Identifier: Apache-2.0
#include "signal/params.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tradewind::signal {
namespace {

template <typename Number>
bool parse_whole_text(std::string_view text, Number& out) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, out);
    return error == std::errc{} && stop == end && !text.empty();
}

}  // namespace

std::expected<Params, std::string> parse_params(const std::vector<std::string>& arguments) {
    Params out;
    for (const std::string& argument : arguments) {
        const std::size_t cut = argument.find('=');
        if (cut == std::string::npos || cut == 0) {
            return std::unexpected(
                fmt::format("--param {}: write it as name=value, for example fast=10", argument));
        }
        std::string name = argument.substr(0, cut);
        const bool again = std::any_of(out.entries.begin(), out.entries.end(),
                                       [&](const auto& entry) { return entry.first == name; });
        if (again) return std::unexpected(fmt::format("--param {}: is given twice", name));
        out.entries.emplace_back(std::move(name), argument.substr(cut + 1));
    }
    return out;
}

const std::string* ParamReader::take(std::string_view name) {
    known_.push_back(name);
    for (const auto& [key, value] : params_.entries) {
        if (key == name) return &value;
    }
    return nullptr;
}

void ParamReader::complain(std::string text) {
    if (first_error_.empty()) first_error_ = std::move(text);
}

bool ParamReader::has(std::string_view name) const {
    return std::any_of(params_.entries.begin(), params_.entries.end(),
                       [&](const auto& entry) { return entry.first == name; });
}

std::int64_t ParamReader::whole(std::string_view name, std::int64_t otherwise, std::int64_t min,
                                std::int64_t max) {
    const std::string* text = take(name);
    if (text == nullptr) return otherwise;
    std::int64_t value = 0;
    if (!parse_whole_text(*text, value)) {
        complain(fmt::format("parameter {}: '{}' is not a whole number", name, *text));
        return otherwise;
    }
    if (value < min || value > max) {
        complain(fmt::format("parameter {}: {} is outside {} to {}", name, value, min, max));
        return otherwise;
    }
    return value;
}

double ParamReader::real(std::string_view name, double otherwise, double min, double max) {
    const std::string* text = take(name);
    if (text == nullptr) return otherwise;
    double value = 0.0;
    if (!parse_whole_text(*text, value) || !std::isfinite(value)) {
        complain(fmt::format("parameter {}: '{}' is not a number", name, *text));
        return otherwise;
    }
    if (value < min || value > max) {
        complain(fmt::format("parameter {}: {} is outside {} to {}", name, value, min, max));
        return otherwise;
    }
    return value;
}

Qty ParamReader::qty(std::string_view name, Qty otherwise) {
    const std::string* text = take(name);
    if (text == nullptr) return otherwise;
    const auto value = parse_qty(*text);
    if (!value || value->raw <= 0) {
        complain(fmt::format("parameter {}: '{}' is not a quantity above zero", name, *text));
        return otherwise;
    }
    return *value;
}

std::string ParamReader::text(std::string_view name, std::string_view otherwise) {
    const std::string* text = take(name);
    return text == nullptr ? std::string{otherwise} : *text;
}

void ParamReader::require(bool condition, std::string_view rule) {
    if (!condition) complain(fmt::format("parameters: {}", rule));
}

std::expected<void, std::string> ParamReader::finish() {
    for (const auto& entry : params_.entries) {
        if (std::find(known_.begin(), known_.end(), entry.first) == known_.end()) {
            complain(fmt::format("parameter {}: this strategy has none of that name; it has {}",
                                 entry.first, fmt::join(known_, ", ")));
        }
    }
    if (!first_error_.empty()) return std::unexpected(first_error_);
    return {};
}

}  // namespace tradewind::signal
