// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "feature/indicator.hpp"

/// Functions across instruments: each reads one row of all those that have one at an instant.
namespace tradewind::feature {

/// The values of one instant, all finite; one for each instrument that has them. `second` is empty
/// where the function was given one series.
struct AcrossValues {
    std::span<const double> first;
    std::span<const double> second;
};

struct AcrossFunction {
    std::string_view name;
    std::string_view title;
    std::size_t inputs_max = 1;
    std::span<const ParamInfo> params{};
    std::string_view formula{};
    std::string_view source{};
    /// `order` is room for as many numbers as there are values, with anything in it.
    void (*apply)(const AcrossValues& in, Args params, std::span<std::uint32_t> order,
                  std::span<double> out) = nullptr;
};

/// All of them.
[[nodiscard]] std::span<const AcrossFunction> across_functions();
[[nodiscard]] const AcrossFunction* find_across(std::string_view name);

/// An across function at work: gathers what is finite, by groups where there are some. One thread.
class AcrossWork {
public:
    /// Room for `members` instruments.
    explicit AcrossWork(std::size_t members);

    struct Row {
        std::uint32_t group = 0;
        double first = 0;
        double second = 0;
    };
    /// Of each row its value, NaN where an input is not finite. Rows stand in the order of their
    /// instruments, on which sums and equal ranks hang. No allocation.
    void run(const AcrossFunction& function, Args params, std::span<const Row> rows,
             bool has_second, std::span<double> out);

private:
    std::vector<std::uint32_t> places_;  ///< of finite rows, by group
    std::vector<double> first_, second_, values_;
    std::vector<std::uint32_t> order_;
};

}  // namespace tradewind::feature
