// SPDX-License-Identifier: Apache-2.0
#include "apps/series_quality.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "base/try.hpp"
#include "wire/input_error.hpp"

namespace tradewind::apps {
namespace {

using market::QualityRule;
using ports::BarColumns;
using ports::SeriesKind;

std::string rule_names() {
    std::vector<std::string_view> all;
    for (std::size_t i = 0; i < market::kQualityRules; ++i) {
        all.push_back(market::to_string(static_cast<QualityRule>(i)));
    }
    return fmt::format("{}", fmt::join(all, ", "));
}

std::expected<void, Failure> set_threshold(const std::string& text, market::QualitySettings& into) {
    const std::size_t equals = std::min(text.find('='), text.size());
    const std::string_view name = std::string_view{text}.substr(0, equals);
    const auto all = market::quality_thresholds();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const market::Threshold& t) { return t.name == name; });
    if (found == all.end()) {
        std::vector<std::string_view> there;
        for (const market::Threshold& t : all) there.push_back(t.name);
        return std::unexpected(bad_usage(fmt::format("--threshold: {} is none of {}",
                                                     wire::quoted(name), fmt::join(there, ", "))));
    }
    const char* const end = text.data() + text.size();
    double value = 0.0;
    const auto [stop, code] =
        std::from_chars(text.data() + std::min(equals + 1, text.size()), end, value);
    if (code != std::errc{} || stop != end || !(value > 0.0) || value > 1e9) {
        return std::unexpected(bad_usage(fmt::format(
            "--threshold: {} is not NAME=VALUE with a value above 0", wire::quoted(text))));
    }
    into.*(found->member) = value;
    return {};
}

}  // namespace

bool QualityPlan::wants(QualityRule rule) const {
    return rules.empty() || std::find(rules.begin(), rules.end(), rule) != rules.end();
}

std::expected<QualityPlan, Failure> make_quality_plan(std::span<const std::string> rules,
                                                      std::span<const std::string> thresholds) {
    QualityPlan out;
    for (const std::string& name : rules) {
        const auto rule = market::parse_quality_rule(name);
        if (!rule) {
            return std::unexpected(bad_usage(
                fmt::format("--rule: {} is none of {}", wire::quoted(name), rule_names())));
        }
        out.rules.push_back(*rule);
    }
    for (const std::string& text : thresholds) TRY_VOID(set_threshold(text, out.settings));
    return out;
}

void SeriesFindings::add(const QualityPlan& plan, market::Finding finding) {
    if (!plan.wants(finding.rule)) return;
    Count& count = counts[finding.rule];
    ++count.findings;
    count.rows += finding.rows;
    if (finding.severity == market::Severity::error) ++errors;
    if (count.findings > plan.findings_max) {
        ++left_off;
        return;
    }
    findings.push_back(std::move(finding));
}

void SeriesFindings::sort() {
    std::sort(findings.begin(), findings.end(), [](const auto& a, const auto& b) {
        return std::tie(a.row, a.rule, a.detail) < std::tie(b.row, b.rule, b.detail);
    });
}

market::BarRows bar_rows(const ports::Chunk& chunk) {
    return {.ts = chunk.column(BarColumns::ts),
            .open = chunk.column(BarColumns::open),
            .high = chunk.column(BarColumns::high),
            .low = chunk.column(BarColumns::low),
            .close = chunk.column(BarColumns::close),
            .volume = chunk.column(BarColumns::volume)};
}

SeriesChecker::SeriesChecker(const ports::SeriesKey& key, const Source& source,
                             const QualityPlan& plan, SeriesFindings& into)
    : kind_(key.kind), into_(into) {
    const auto sink = [&plan, &into](market::Finding one) { into.add(plan, std::move(one)); };
    if (kind_ == SeriesKind::bar) {
        bars_ = std::make_unique<market::BarChecker>(
            market::BarChecker::Source{
                .instrument = source.instrument, .spec = key.spec, .splits = source.splits},
            plan.settings, sink);
    } else if (kind_ == SeriesKind::quote || kind_ == SeriesKind::trade) {
        ticks_ = std::make_unique<market::TickChecker>(kind_ == SeriesKind::quote
                                                           ? market::TickChecker::Kind::quote
                                                           : market::TickChecker::Kind::trade,
                                                       *source.instrument, plan.settings, sink);
    }
}

void SeriesChecker::feed(const ports::Chunk& rows) {
    into_.rows += rows.rows;
    if (bars_) bars_->feed(bar_rows(rows));
    if (!ticks_) return;
    market::TickChecker::Rows columns;
    for (std::size_t i = 0; i < ports::column_count(kind_); ++i) columns[i] = rows.column(i);
    ticks_->feed(columns);
}

void SeriesChecker::finish() {
    if (bars_) bars_->finish();
    if (ticks_) ticks_->finish();
}

}  // namespace tradewind::apps
