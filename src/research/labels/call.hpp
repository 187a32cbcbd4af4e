// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feature/graph.hpp"

/// A call as its user writes it, "triple_barrier(2, 2, horizon=20)", held to the parameters that
/// there are.
namespace tradewind::research::labels {

enum class ParamKind : std::uint8_t {
    rows,        ///< a whole number
    number,      ///< with a fraction
    word,        ///< one of some
    expression,  ///< a text: a feature of the bar, "sign(close - sma(close, 50))"
    duration,    ///< 250d
};
enum class ParamNeed : std::uint8_t { required, optional, has_fallback };

struct Param {
    std::string_view name;
    ParamKind kind = ParamKind::rows;
    ParamNeed need = ParamNeed::required;
    double fallback = 0;
    double least = 0;
    std::span<const std::string_view> words{};  ///< the first is the fallback
};

/// What a parameter was said to be.
struct Value {
    double number = 0;
    std::size_t word = 0;  ///< its place
    Duration duration{};
    std::string text{};  ///< as it stands in a call
    std::shared_ptr<const feature::Graph> graph{};
    std::size_t column = 0;  ///< 0: it is the fallback
};

/// A function that may be called.
struct Signature {
    std::string_view name;
    std::span<const Param> params;
};

/// A function and the values of its parameters.
class Call {
public:
    /// `what`: "label", for errors.
    [[nodiscard]] static std::expected<Call, feature::ExpressionError> parse(
        std::string_view text, std::span<const Signature> known, std::string_view what);

    [[nodiscard]] std::size_t function() const { return function_; }  ///< its place among the known
    [[nodiscard]] std::size_t column() const { return column_; }
    [[nodiscard]] bool has(std::string_view param) const {
        return values_[place(param)].has_value();
    }
    /// Of a parameter that has one.
    [[nodiscard]] const Value& at(std::string_view param) const { return *values_[place(param)]; }
    [[nodiscard]] std::size_t rows(std::string_view param) const {
        return static_cast<std::size_t>(at(param).number);
    }
    /// As if it had been left out, and had no fallback.
    void drop(std::string_view param);
    /// As if it had been said.
    void fill(std::string_view param, double number);
    /// All that it has, by name.
    [[nodiscard]] std::string text() const;

private:
    Signature signature_;
    std::size_t function_ = 0;
    std::size_t column_ = 0;
    std::vector<std::optional<Value>> values_;

    [[nodiscard]] std::size_t place(std::string_view param) const;
};

/// A feature of bars alone as a graph with one output. Columns of errors are those of the text.
[[nodiscard]] std::expected<std::shared_ptr<const feature::Graph>, feature::ExpressionError>
compile_of_bars(const std::string& expression);

}  // namespace tradewind::research::labels
