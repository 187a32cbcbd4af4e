// SPDX-License-Identifier: Apache-2.0
#include "apps/series_repair.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>

#include "market/tick_quality.hpp"

namespace tradewind::apps {
namespace {

using catalog::RowChange;
using market::Finding;
using market::QualityRule;
using market::Repair;
using ports::Columns;

std::vector<std::int64_t> row_of(const Columns& rows, std::size_t row) {
    std::vector<std::int64_t> out;
    for (const auto& column : rows.columns) out.push_back(column[row]);
    return out;
}

/// Changes by row: the first rule that speaks of a row names it, a drop outweighs any value.
class Changes {
public:
    explicit Changes(const Columns& rows) : rows_(rows) {}

    void drop(std::size_t row, QualityRule rule) { of(row, rule).after.reset(); }
    void set(std::size_t row, QualityRule rule, std::size_t column, std::int64_t value) {
        RowChange& change = of(row, rule);
        if (change.after) (*change.after)[column] = value;
    }
    std::vector<RowChange> take() {
        std::vector<RowChange> out;
        for (auto& [row, change] : by_row_) {
            if (change.after != change.before) out.push_back(std::move(change));
        }
        return out;
    }

private:
    RowChange& of(std::size_t row, QualityRule rule) {
        const auto [place, is_new] = by_row_.try_emplace(row);
        if (is_new) {
            place->second = {.row = row,
                             .rule = std::string{market::to_string(rule)},
                             .before = row_of(rows_, row),
                             .after = row_of(rows_, row)};
        }
        return place->second;
    }

    const Columns& rows_;
    std::map<std::size_t, RowChange> by_row_;
};

void apply_to(Columns& rows, const std::vector<RowChange>& changes) {
    Columns out;
    out.columns.resize(rows.columns.size());
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
        auto& into = out.columns[i];
        into.reserve(rows.rows());
        std::size_t at = 0;
        for (const RowChange& change : changes) {
            const auto& from = rows.columns[i];
            into.insert(into.end(), from.begin() + static_cast<std::ptrdiff_t>(at),
                        from.begin() + static_cast<std::ptrdiff_t>(change.row));
            if (change.after) into.push_back((*change.after)[i]);
            at = change.row + 1;
        }
        into.insert(into.end(), rows.columns[i].begin() + static_cast<std::ptrdiff_t>(at),
                    rows.columns[i].end());
    }
    rows = std::move(out);
}

void plan(const Columns& rows, const Finding& finding, Changes& changes) {
    if (finding.rule == QualityRule::stamp_noise) {
        for (std::size_t row = 0; row < rows.rows(); ++row) {
            const std::int64_t ts = rows.columns[ports::kTs][row];
            changes.set(row, finding.rule, ports::kTs, market::without_stamp_noise(ts));
        }
        return;
    }
    if (!finding.repair) return;
    for (std::size_t row = finding.row; row < finding.row + finding.rows; ++row) {
        if (finding.repair->kind == Repair::Kind::drop) {
            changes.drop(row, finding.rule);
        } else {
            changes.set(row, finding.rule, finding.repair->column, finding.repair->value);
        }
    }
}

}  // namespace

bool can_be_cleaned(QualityRule rule) {
    switch (rule) {
        case QualityRule::unreadable:
        case QualityRule::disorder:
        case QualityRule::duplicate:
        case QualityRule::negative_price:
        case QualityRule::ohlc:
        case QualityRule::crossed:
        case QualityRule::spike:
        case QualityRule::outside_session:
        case QualityRule::zero_volume:
        case QualityRule::stamp_noise: return true;
        case QualityRule::one_sided:
        case QualityRule::split:
        case QualityRule::ticker_reuse:
        case QualityRule::clock_shift:
        case QualityRule::gap:
        case QualityRule::stale:
        case QualityRule::volume_shift:
        case QualityRule::coarse_stamps:
        case QualityRule::extreme:
        case QualityRule::level_break: return false;
    }
    __builtin_unreachable();
}

std::vector<RowChange> sort_by_time(Columns& rows) {
    const auto& ts = rows.columns[ports::kTs];
    std::vector<RowChange> changes;
    for (std::size_t row = 1; row < ts.size(); ++row) {
        if (ts[row] >= ts[row - 1]) continue;
        changes.push_back({.row = row,
                           .rule = std::string{market::to_string(QualityRule::disorder)},
                           .before = row_of(rows, row),
                           .after = row_of(rows, row)});
    }
    if (changes.empty()) return changes;
    std::vector<std::size_t> order(ts.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return ts[a] != ts[b] ? ts[a] < ts[b] : a < b; });
    Columns out;
    out.columns.resize(rows.columns.size());
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
        for (const std::size_t row : order) out.columns[i].push_back(rows.columns[i][row]);
    }
    rows = std::move(out);
    return changes;
}

std::vector<RowChange> apply_repairs(Columns& rows, std::span<const Finding> findings,
                                     std::span<const QualityRule> rules) {
    Changes changes(rows);
    for (const Finding& finding : findings) {
        if (std::find(rules.begin(), rules.end(), finding.rule) == rules.end()) continue;
        plan(rows, finding, changes);
    }
    std::vector<RowChange> out = changes.take();
    apply_to(rows, out);
    return out;
}

}  // namespace tradewind::apps
