// SPDX-License-Identifier: Apache-2.0
#include "ports/feature_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <queue>
#include <tuple>

#include "base/try.hpp"

namespace tradewind::ports {
namespace {

/// Where one instrument's rows have been read up to.
struct Cursor {
    std::string_view symbol;
    std::unique_ptr<FeatureReader> reader;
    FeatureRows rows;
    std::size_t at = 0;

    /// False: there are no more.
    std::expected<bool, HistoryError> fill() {
        if (at < rows.rows()) return true;
        auto next = TRY(reader->next());
        if (!next) return false;
        rows = std::move(*next);
        at = 0;
        return true;
    }
    [[nodiscard]] std::int64_t known_at() const { return rows.known_at[at]; }
};

struct Later {
    bool operator()(const Cursor* a, const Cursor* b) const {
        return std::tuple{a->known_at(), a->symbol} > std::tuple{b->known_at(), b->symbol};
    }
};

}  // namespace

std::string to_string(const FeatureKey& key) {
    return fmt::format("{} {} {}", key.symbol, tradewind::to_string(key.spec), key.schema_hash);
}

const FeatureSeries* FeatureStore::find(const FeatureKey& key) const {
    const auto all = series();
    const auto found =
        std::lower_bound(all.begin(), all.end(), key,
                         [](const FeatureSeries& s, const FeatureKey& k) { return s.key < k; });
    return found != all.end() && found->key == key ? &*found : nullptr;
}

std::expected<std::vector<FeatureVector>, HistoryError> latest_of_each(const FeatureStore& store,
                                                                       std::string_view schema_hash,
                                                                       const BarSpec& spec,
                                                                       Timestamp at) {
    std::vector<FeatureVector> out;
    for (const FeatureSeries& series : store.series()) {
        if (series.key.schema_hash != schema_hash || series.key.spec != spec) continue;
        auto one = TRY(store.latest(series.key, at));
        if (one) out.push_back(std::move(*one));
    }
    return out;
}

std::expected<void, HistoryError> for_each_row(const FeatureStore& store,
                                               std::string_view schema_hash, const BarSpec& spec,
                                               Timestamp from, Timestamp to,
                                               const std::function<void(const FeatureRow&)>& each) {
    std::vector<Cursor> cursors;
    for (const FeatureSeries& series : store.series()) {
        if (series.key.schema_hash != schema_hash || series.key.spec != spec) continue;
        cursors.push_back({.symbol = series.key.symbol,
                           .reader = TRY(store.read(series.key, from, to)),
                           .rows = {}});
    }
    std::priority_queue<Cursor*, std::vector<Cursor*>, Later> next;
    for (Cursor& cursor : cursors) {
        if (TRY(cursor.fill())) next.push(&cursor);
    }
    std::vector<double> values;
    while (!next.empty()) {
        Cursor* cursor = next.top();
        next.pop();
        values.clear();
        for (const double* column : cursor->rows.columns) values.push_back(column[cursor->at]);
        each({.symbol = cursor->symbol, .known_at = {cursor->known_at()}, .values = values});
        ++cursor->at;
        if (TRY(cursor->fill())) next.push(cursor);
    }
    return {};
}

}  // namespace tradewind::ports
