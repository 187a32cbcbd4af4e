// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "apps/run_arguments.hpp"
#include "ports/feature_store.hpp"

namespace tradewind::apps {

/// What a file of features has as columns: "ts", "instrument" where there are several, those of
/// numbers, and behind them those of instants.
struct ExportColumns {
    bool has_instrument = false;
    std::vector<std::string> names;
    std::vector<std::string> instants{};
};
/// A column of instants for each of those names, in nanoseconds since 1970.
using InstantColumns = std::vector<const std::int64_t*>;

/// A file of features for others to read. It appears under its name when it is whole.
class FeatureExport {
public:
    FeatureExport() = default;
    FeatureExport(const FeatureExport&) = delete;
    FeatureExport& operator=(const FeatureExport&) = delete;
    virtual ~FeatureExport() = default;
    [[nodiscard]] virtual std::expected<void, RunFailure> write(const std::string& symbol,
                                                                const ports::FeatureRows& rows,
                                                                const InstantColumns& instants) = 0;
    [[nodiscard]] virtual std::expected<void, RunFailure> close() = 0;
};

/// CSV (gzip where the name ends in .gz): instants in nanoseconds since 1970, numbers with all
/// their digits, nothing where there is no value. Parquet where it ends in .parquet, if the library
/// for it is there.
[[nodiscard]] std::expected<std::unique_ptr<FeatureExport>, RunFailure> open_feature_export(
    const std::string& path, const ExportColumns& columns);

/// The rows with from <= known_at < to.
[[nodiscard]] ports::FeatureRows rows_between(const ports::FeatureRows& rows, Timestamp from,
                                              Timestamp to);

}  // namespace tradewind::apps
