// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a search may choose from.
namespace tradewind::research {

enum class DimensionKind : std::uint8_t {
    integer,  ///< low, low + step, ... up to high
    real,     ///< the same, or everything from low to high where step is 0
    list,     ///< one of `choices`
};

/// One searched parameter. Written on a command line:
///
///     fast=2:101            whole numbers, both ends included: 100 values
///     fast=2:101:5          2, 7, ... 97
///     stop=0.01:0.10        real numbers; a bound with a point or an exponent makes it so
///     stop=0.01:0.10:0.01   0.01, 0.02, ... 0.10
///     rate=1e-4:1e-1:log    real (or whole) numbers whose logarithm is searched evenly
///     side=long,short       a list
///     size=100              a list of one
struct Dimension {
    std::string name;
    DimensionKind kind = DimensionKind::integer;
    double low = 0;  ///< included
    double high = 0;
    double step = 1;  ///< 0: no grid
    bool log = false;
    int decimals = 0;  ///< that the values of a grid of reals are rounded to
    std::vector<std::string> choices{};

    /// How many values; nullopt where they are not countable.
    [[nodiscard]] std::optional<std::uint64_t> count() const;
    /// The value at a place of the grid, or the place itself where this is a list.
    [[nodiscard]] double value_at(std::uint64_t place) const;
    /// As the strategy reads it: "20", "0.05", "long".
    [[nodiscard]] std::string text(double value) const;
    /// What expressions see: the value, or of a list the choice as a number; nullopt where that is
    /// none.
    [[nodiscard]] std::optional<double> number(double value) const;
    /// Whether every choice of a list is a number.
    [[nodiscard]] bool is_numeric() const;

    /// The dimension as the interval [0, 1], for samplers: evenly spread values (evenly spread
    /// logarithms where `log`), each value of a grid in the middle of its share.
    [[nodiscard]] double to_unit(double value) const;
    /// The inverse; what lies between two values of a grid goes to the nearer one.
    [[nodiscard]] double from_unit(double unit) const;
};

/// One value a dimension; of a list the place of the choice, from 0.
using Point = std::vector<double>;
using ParamTexts = std::vector<std::pair<std::string, std::string>>;

class SearchSpace {
public:
    /// Reads "name=..." arguments. The error is one line that names the parameter and the mend.
    [[nodiscard]] static std::expected<SearchSpace, std::string> parse(
        std::span<const std::string> arguments);

    [[nodiscard]] std::span<const Dimension> dimensions() const { return dimensions_; }
    /// Points of the whole grid; nullopt where a dimension has none, or the product does not fit
    /// into 64 bits.
    [[nodiscard]] std::optional<std::uint64_t> points() const;
    /// A point of the grid, 0 <= index < points(); the last dimension changes fastest.
    [[nodiscard]] Point at(std::uint64_t index) const;
    [[nodiscard]] ParamTexts params(const Point& point) const;
    /// "fast=10 slow=30": the same point always gives the same text.
    [[nodiscard]] std::string text(const Point& point) const;

private:
    std::vector<Dimension> dimensions_;
};

}  // namespace tradewind::research
