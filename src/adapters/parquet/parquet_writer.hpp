// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "disk/error.hpp"
#include "ports/feature_store.hpp"

namespace tradewind::parquet {

/// Writes features into one Parquet file. One thread.
class ParquetWriter {
public:
    struct Columns {
        bool has_instrument = false;
        std::vector<std::string> features;
        std::vector<std::string> instants{};  ///< columns of timestamps, behind the features
    };
    /// An error of kind bad_input where the library is not there.
    [[nodiscard]] static std::expected<std::unique_ptr<ParquetWriter>, disk::Error> open(
        const std::string& path, const Columns& columns);
    ParquetWriter(const ParquetWriter&) = delete;
    ParquetWriter& operator=(const ParquetWriter&) = delete;
    ~ParquetWriter();

    /// `instants`: a column of each, in nanoseconds since 1970.
    [[nodiscard]] disk::Result write(const std::string& symbol, const ports::FeatureRows& rows,
                                     std::span<const std::int64_t* const> instants);
    /// Puts the file in its place. Must be the last call; without it there is no file.
    [[nodiscard]] disk::Result close();

private:
    class Session;
    explicit ParquetWriter(std::unique_ptr<Session> session);
    std::unique_ptr<Session> session_;
};

}  // namespace tradewind::parquet
