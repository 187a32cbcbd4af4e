// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/event.hpp"
#include "domain/time.hpp"
#include "ports/history.hpp"

/// Features of the past, kept as they would have been known.
namespace tradewind::ports {

/// Whose features, from which bars, made how.
struct FeatureKey {
    std::string schema_hash;
    std::string symbol;
    BarSpec spec;

    friend auto operator<=>(const FeatureKey&, const FeatureKey&) = default;
};

/// "SPY.ARCA 1d 6f0c2a..."
[[nodiscard]] std::string to_string(const FeatureKey& key);

struct FeatureColumn {
    std::string name;
    std::string expression;
    std::uint64_t lookback = 0;  ///< rows before the first value, where no row is missing

    friend bool operator==(const FeatureColumn&, const FeatureColumn&) = default;
};

struct FeatureSchema {
    std::string label;  ///< what their user calls them: the set's name; may be empty
    std::uint32_t functions_version = 0;
    std::vector<FeatureColumn> columns;

    friend bool operator==(const FeatureSchema&, const FeatureSchema&) = default;
};

struct FeatureSeries {
    FeatureKey key;
    FeatureSchema schema;
    std::uint64_t rows = 0;  ///< never 0
    Timestamp first;         ///< when the first and the last row were known
    Timestamp last;
};

/// Rows that belong to somebody else. `known_at[i]`: from when on row i may be used, never before;
/// it never goes back.
struct FeatureRows {
    std::span<const std::int64_t> known_at{};
    std::vector<const double*> columns{};  ///< in the order of the schema; NaN: no value

    [[nodiscard]] std::size_t rows() const { return known_at.size(); }
};

/// Walks the rows of one series in order, some hundred at a time.
class FeatureReader {
public:
    FeatureReader() = default;
    FeatureReader(const FeatureReader&) = delete;
    FeatureReader& operator=(const FeatureReader&) = delete;
    virtual ~FeatureReader() = default;
    /// The next rows, at least one; nullopt at the end. What was returned before is no longer
    /// valid.
    [[nodiscard]] virtual std::expected<std::optional<FeatureRows>, HistoryError> next() = 0;
};

/// The values of one row.
struct FeatureVector {
    std::string symbol;
    Timestamp known_at;
    std::vector<double> values;
};

/// Stored features as they were when this object was made. Safe to read from several threads at
/// once; a reader belongs to one thread.
class FeatureStore {
public:
    FeatureStore() = default;
    FeatureStore(const FeatureStore&) = delete;
    FeatureStore& operator=(const FeatureStore&) = delete;
    virtual ~FeatureStore() = default;

    /// In the order of their keys.
    [[nodiscard]] virtual std::span<const FeatureSeries> series() const = 0;
    /// Rows with from <= known_at < to.
    [[nodiscard]] virtual std::expected<std::unique_ptr<FeatureReader>, HistoryError> read(
        const FeatureKey& key, Timestamp from, Timestamp to) const = 0;
    /// The last row known at `at` or before; nullopt: none was yet.
    [[nodiscard]] virtual std::expected<std::optional<FeatureVector>, HistoryError> latest(
        const FeatureKey& key, Timestamp at) const = 0;

    [[nodiscard]] const FeatureSeries* find(const FeatureKey& key) const;
};

/// What was known at an instant: the last row of every instrument that has one, by symbol.
[[nodiscard]] std::expected<std::vector<FeatureVector>, HistoryError> latest_of_each(
    const FeatureStore& store, std::string_view schema_hash, const BarSpec& spec, Timestamp at);

/// One row of one instrument among many.
struct FeatureRow {
    std::string_view symbol;
    Timestamp known_at;
    std::span<const double> values;  ///< until the next call
};

/// All rows of all instruments with from <= known_at < to in the order in which they were known,
/// and by symbol where that is the same.
[[nodiscard]] std::expected<void, HistoryError> for_each_row(
    const FeatureStore& store, std::string_view schema_hash, const BarSpec& spec, Timestamp from,
    Timestamp to, const std::function<void(const FeatureRow&)>& each);

}  // namespace tradewind::ports
