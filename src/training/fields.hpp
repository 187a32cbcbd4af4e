// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tradewind::training {

using Json = nlohmann::ordered_json;

struct Whole {
    std::uint64_t otherwise;
    std::uint64_t min;
    std::uint64_t max;
};

struct Real {
    double otherwise;
    double min;
    double max;
};

/// Reads the fields of an object one by one and keeps the first error, so that a reader is a list
/// of its fields. A field that is not there is its default, or an error where it has none.
class Fields {
public:
    /// `path`: what stands before a field's name in an error.
    Fields(const Json& object, std::string path);

    [[nodiscard]] std::uint64_t whole(const std::string& name, Whole range);
    [[nodiscard]] double real(const std::string& name, Real range);
    [[nodiscard]] bool flag(const std::string& name, bool otherwise);
    [[nodiscard]] std::string text(const std::string& name,
                                   const std::optional<std::string>& otherwise = std::nullopt);
    /// One of these, the first where it is not there.
    [[nodiscard]] std::string choice(const std::string& name,
                                     std::initializer_list<std::string_view> choices);
    /// For what the above do not read; nullptr where it is not there.
    [[nodiscard]] const Json* raw(const std::string& name);

    /// Of a field, kept where it is the first.
    void fail(const std::string& name, const std::string& what);
    [[nodiscard]] bool failed() const { return error_.has_value(); }
    /// The first error, or that there are fields that nobody read.
    [[nodiscard]] std::expected<void, std::string> finish();

private:
    const Json& object_;
    std::string path_;
    std::set<std::string> known_;
    std::optional<std::string> error_;
};

}  // namespace tradewind::training
