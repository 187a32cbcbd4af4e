// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/time.hpp"

/// What is no bar and becomes known at some instant: news, economic releases and when they are due,
/// values of another series.
namespace tradewind::feature {

enum class SourceKind : std::uint8_t { news, calendar, series };
[[nodiscard]] std::string_view to_string(SourceKind kind);
[[nodiscard]] std::optional<SourceKind> parse_source_kind(std::string_view text);

enum class FactKind : std::uint8_t {
    schedule,  ///< something is due at `at`
    value,     ///< a release's figures, an item's score, a series' value; true at `at`
};

/// `known_at` is all that joins go by. A number that is not told is NaN.
struct Fact {
    std::int64_t known_at = 0;  ///< nanoseconds since 1970, as `at`
    std::int64_t at = 0;
    FactKind kind = FactKind::value;
    double value = 0;     ///< news: -1 the worst, 1 the best; a release: what it told
    double forecast = 0;  ///< of a release
    double previous = 0;

    friend bool operator==(const Fact&, const Fact&) = default;
};

/// Facts go in as they become known, and what they come to may be asked for at any instant that is
/// not before the last of them. An answer never hangs on when it was asked before.
class FactFold {
public:
    FactFold() = default;
    FactFold(const FactFold&) = delete;
    FactFold& operator=(const FactFold&) = delete;
    virtual ~FactFold() = default;
    virtual void take(const Fact& fact) = 0;
    /// NaN where there is nothing to tell.
    [[nodiscard]] virtual double at(std::int64_t now) = 0;
};

/// A function of a source: `minutes_to(fomc)`, `sentiment_decay(news, 6h)`; of members,
/// `cpi.actual`, the name is what follows the point.
struct FactFunction {
    std::string_view name;
    std::string_view title;
    std::span<const SourceKind> kinds;
    bool is_member = false;
    bool takes_duration = false;
    std::string_view formula{};
    std::unique_ptr<FactFold> (*make)(Duration) = nullptr;
};

[[nodiscard]] std::span<const FactFunction> fact_functions();
[[nodiscard]] const FactFunction* find_fact_function(std::string_view name, bool is_member);
[[nodiscard]] bool takes(const FactFunction& function, SourceKind kind);
/// What the name of a series alone stands for.
[[nodiscard]] const FactFunction& series_value();

}  // namespace tradewind::feature
