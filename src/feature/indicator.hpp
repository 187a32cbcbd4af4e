// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tradewind::feature {

/// What an indicator reads in each row. `real` and `second` are any series; where nothing else is
/// said they are the close, or the high and the low. `anchor` is a number that changes on the row
/// on which something begins: that of the session, say.
enum class Input : std::uint8_t { open, high, low, close, volume, real, second, periods, anchor };

inline constexpr std::size_t kInputsMax = 5;
inline constexpr std::size_t kOutputsMax = 8;
inline constexpr std::size_t kParamsMax = 10;

enum class ParamKind : std::uint8_t { whole, real, average };

/// A parameter of an indicator, in the order of its function in TA-Lib.
struct ParamInfo {
    std::string_view name;
    ParamKind kind = ParamKind::whole;
    double otherwise = 0;  ///< where none is given
    double low = 0;
    double high = 0;
    std::string_view meaning{};
};

/// Parameters by place, each checked against its ParamInfo.
using Args = std::span<const double>;

/// One series of rows after another goes in, and as many values come out; what came before is
/// remembered, so that portions of any length give the same bytes as all rows at once.
///
/// A value is NaN while the indicator warms up: for the first `lookback` rows after the start, and
/// after each row in which an input is NaN or infinite, for which the value is NaN too. After such
/// a row it starts anew. One thread.
class Indicator {
public:
    Indicator() = default;
    Indicator(const Indicator&) = delete;
    Indicator& operator=(const Indicator&) = delete;
    virtual ~Indicator() = default;

    /// `in` has a column for each input, `out` one for each output, all of `rows` values. They do
    /// not overlap.
    virtual void run(std::span<const double* const> in, std::span<double* const> out,
                     std::size_t rows) = 0;
    /// As before the first row.
    virtual void restart() = 0;
    /// Rows before the first value.
    [[nodiscard]] virtual std::size_t lookback() const = 0;
    [[nodiscard]] virtual std::unique_ptr<Indicator> clone() const = 0;
};

/// An indicator that anyone may ask for by name.
struct IndicatorInfo {
    std::string_view name;     ///< lower case; TA-Lib's where it has one
    std::string_view talib{};  ///< its function there; empty: it has none
    std::string_view title;
    std::span<const Input> inputs;
    std::span<const ParamInfo> params{};
    std::span<const std::string_view> outputs;
    std::string_view formula{};  ///< one line
    std::string_view source{};   ///< book, paper or site
    std::unique_ptr<Indicator> (*make)(Args) = nullptr;
    /// What no single bound says: "fast must be below slow"; nullptr: nothing.
    std::optional<std::string_view> (*fault)(Args) = nullptr;
};

/// All of them, by name.
[[nodiscard]] std::span<const IndicatorInfo* const> indicators();
[[nodiscard]] const IndicatorInfo* find_indicator(std::string_view name);

/// Fills in what is not given. The error is one line that names the parameter and its bounds.
[[nodiscard]] std::expected<std::array<double, kParamsMax>, std::string> complete_params(
    std::string_view function, std::span<const ParamInfo> params, std::span<const double> given);
/// And looks for what no single bound says.
[[nodiscard]] std::expected<std::array<double, kParamsMax>, std::string> complete_params(
    const IndicatorInfo& info, std::span<const double> given);

}  // namespace tradewind::feature
