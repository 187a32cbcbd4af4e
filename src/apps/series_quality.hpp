// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/data_common.hpp"
#include "market/bar_quality.hpp"
#include "market/quality.hpp"
#include "market/tick_quality.hpp"
#include "ports/history.hpp"

namespace tradewind::apps {

/// Which rules speak, with which thresholds, and how many findings are kept.
struct QualityPlan {
    market::QualitySettings settings;
    std::vector<market::QualityRule> rules;  ///< empty: all
    std::uint64_t findings_max = 10'000;     ///< of one rule in one series

    [[nodiscard]] bool wants(market::QualityRule rule) const;
};

[[nodiscard]] std::expected<QualityPlan, Failure> make_quality_plan(
    std::span<const std::string> rules, std::span<const std::string> thresholds);

/// What was found in one series.
struct SeriesFindings {
    struct Count {
        std::uint64_t findings = 0;
        std::uint64_t rows = 0;
    };
    ports::SeriesKey key;
    std::uint64_t rows = 0;
    std::vector<market::Finding> findings;  ///< in the order of rows
    std::map<market::QualityRule, Count> counts;
    std::uint64_t errors = 0;
    std::uint64_t left_off = 0;  ///< findings beyond the plan's most

    void add(const QualityPlan& plan, market::Finding finding);
    void sort();
};

/// Holds a series of any kind to the rules of its kind. Kinds without rules pass.
class SeriesChecker {
public:
    struct Source {
        const Instrument* instrument = nullptr;  ///< must outlive the checker
        std::span<const std::int64_t> splits;    ///< instants of known splits
    };
    SeriesChecker(const ports::SeriesKey& key, const Source& source, const QualityPlan& plan,
                  SeriesFindings& into);
    void feed(const ports::Chunk& rows);
    void finish();

private:
    std::unique_ptr<market::BarChecker> bars_;
    std::unique_ptr<market::TickChecker> ticks_;
    ports::SeriesKind kind_;
    SeriesFindings& into_;
};

[[nodiscard]] market::BarRows bar_rows(const ports::Chunk& chunk);

}  // namespace tradewind::apps
