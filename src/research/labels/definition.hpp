// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "research/labels/call.hpp"
#include "research/labels/label.hpp"

/// Labels and weights as their user writes them: "triple_barrier(up=2, down=2, horizon=20)".
namespace tradewind::research::labels {

/// Counts up with every change of what a label is.
inline constexpr unsigned kLabelsVersion = 1;

[[nodiscard]] std::vector<std::string_view> label_names();
[[nodiscard]] std::vector<std::string_view> weight_names();

/// What a label's number is.
enum class LabelKind : std::uint8_t {
    classes,        ///< one of a few values
    simple_return,  ///< a fraction
    log_return,
    volatility,  ///< a deviation of returns, 0 and above
};

/// A label, ready to be worked out. Immutable.
class LabelDefinition {
public:
    [[nodiscard]] static std::expected<LabelDefinition, feature::ExpressionError> parse(
        std::string_view text);

    /// With all parameters by name: two texts that mean one thing give one.
    [[nodiscard]] std::string text() const { return call_.text(); }
    /// Of the text, and of the versions of labels and of functions, as 64 bits in hexadecimal: with
    /// equal hashes, and the same bars, a row has the same label.
    [[nodiscard]] std::string hash() const;
    /// Bars behind the row that are looked at, at most.
    [[nodiscard]] std::size_t rows_ahead() const;
    [[nodiscard]] LabelKind kind() const;
    /// A return from the row's own close: who sees closes alone can tell what came of it.
    [[nodiscard]] bool is_of_closes() const;
    [[nodiscard]] Labels compute(const Bars& bars) const;

private:
    Call call_;
};

/// A weight of labels, ready to be worked out. Immutable.
class WeightDefinition {
public:
    [[nodiscard]] static std::expected<WeightDefinition, feature::ExpressionError> parse(
        std::string_view text);

    [[nodiscard]] std::string text() const { return call_.text(); }
    /// "uniqueness"
    [[nodiscard]] std::string_view name() const;
    [[nodiscard]] std::vector<double> compute(const Labels& labels, const Bars& bars) const;

private:
    Call call_;
};

}  // namespace tradewind::research::labels
