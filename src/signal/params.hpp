// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/numbers.hpp"
#include "domain/time.hpp"

namespace tradewind::signal {

/// A strategy's parameters as text, in the order in which they were given: `fast=10`.
struct Params {
    std::vector<std::pair<std::string, std::string>> entries;
};

/// Splits "name=value" arguments; the error is one line that names the argument.
[[nodiscard]] std::expected<Params, std::string> parse_params(
    const std::vector<std::string>& arguments);

/// Hands parameters out by name and type. Errors are gathered, and `finish` returns the first: a
/// value of the wrong type or out of range, or a name that nobody asked for.
class ParamReader {
public:
    explicit ParamReader(const Params& params) : params_(params) {}

    [[nodiscard]] std::int64_t whole(std::string_view name, std::int64_t otherwise,
                                     std::int64_t min, std::int64_t max);
    [[nodiscard]] double real(std::string_view name, double otherwise, double min, double max);
    [[nodiscard]] Qty qty(std::string_view name, Qty otherwise);
    [[nodiscard]] std::string text(std::string_view name, std::string_view otherwise);
    [[nodiscard]] bool has(std::string_view name) const;
    /// A rule between parameters that only the strategy knows: "fast must be below slow".
    void require(bool condition, std::string_view rule);

    [[nodiscard]] std::expected<void, std::string> finish();

private:
    const std::string* take(std::string_view name);
    void complain(std::string text);

    const Params& params_;
    std::vector<std::string_view> known_;
    std::string first_error_;
};

}  // namespace tradewind::signal
