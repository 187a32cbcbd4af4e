// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "adapters/features/feature_file.hpp"
#include "ports/feature_store.hpp"

namespace tradewind::features {

/// Where the features lie that belong to a catalog.
[[nodiscard]] std::string default_path(const std::string& catalog);

/// The features in a folder as they were when it was opened: rows added later do not show. Columns
/// are handed out straight from the mapped files; each block's checksum is verified the first time
/// that it is read. Reading is safe from several threads.
class FeatureFolder final : public ports::FeatureStore {
public:
    /// A folder that is not there holds nothing. A file that is damaged, or of another version, is
    /// an error that names it.
    [[nodiscard]] static std::expected<std::unique_ptr<FeatureFolder>, Error> open(
        const std::string& path);

    ~FeatureFolder() override;
    [[nodiscard]] std::span<const ports::FeatureSeries> series() const override { return series_; }
    [[nodiscard]] std::expected<std::unique_ptr<ports::FeatureReader>, ports::HistoryError> read(
        const ports::FeatureKey& key, Timestamp from, Timestamp to) const override;
    [[nodiscard]] std::expected<std::optional<ports::FeatureVector>, ports::HistoryError> latest(
        const ports::FeatureKey& key, Timestamp at) const override;

    /// Checks every block of every file; empty: all is whole.
    [[nodiscard]] std::vector<Error> verify() const;

private:
    class Entry;
    class Reader;

    explicit FeatureFolder(std::string path, std::vector<std::unique_ptr<Entry>> entries);
    [[nodiscard]] std::expected<const Entry*, ports::HistoryError> find_entry(
        const ports::FeatureKey& key) const;

    std::string path_;
    std::vector<std::unique_ptr<Entry>> entries_;  ///< in the order of `series_`
    std::vector<ports::FeatureSeries> series_;
};

}  // namespace tradewind::features
