// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "adapters/features/feature_file.hpp"

namespace tradewind::features {

enum class WriteMode : std::uint8_t {
    extend,   ///< stored rows stay; what is given for them must be the same bytes
    rebuild,  ///< what is given stands in for what is stored
};

/// What a commit did.
struct WriteSummary {
    std::uint64_t rows = 0;            ///< now stored
    std::uint64_t rows_added = 0;      ///< of these
    std::uint64_t rows_identical = 0;  ///< given, and stored already
};

/// Writes the features of one series. The rows are given from the very first on: those that are
/// stored are held against the file byte for byte, so that what is appended continues what an
/// unbroken run would have computed; the rest is appended. Nothing shows before `commit`; killed
/// at any moment, the file holds what it held. One thread.
class FeatureWriter {
public:
    FeatureWriter(const FeatureWriter&) = delete;
    FeatureWriter& operator=(const FeatureWriter&) = delete;
    virtual ~FeatureWriter() = default;

    /// Some rows, with a column for each feature of the schema; time never goes back.
    [[nodiscard]] virtual Result append(const ports::FeatureRows& rows) = 0;
    /// Makes the new rows durable, then visible. Nothing may be called after it.
    [[nodiscard]] virtual std::expected<WriteSummary, Error> commit() = 0;

protected:
    FeatureWriter() = default;
};

/// The right to write into a folder: one process at a time, others wait. Several writers of
/// different series may work below it, each on its own thread.
class FolderLock {
public:
    /// Makes the folder where there is none, and removes what killed writers left.
    [[nodiscard]] static std::expected<FolderLock, Error> take(const std::string& path);

    [[nodiscard]] std::expected<std::unique_ptr<FeatureWriter>, Error> write(
        const FileHeader& header, WriteMode mode) const;

private:
    FolderLock(std::string path, disk::Descriptor lock)
        : path_(std::move(path)), lock_(std::move(lock)) {}

    std::string path_;
    disk::Descriptor lock_;
};

}  // namespace tradewind::features
