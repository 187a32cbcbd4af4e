// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
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
    };
    /// An error of kind bad_input where the library is not there.
    [[nodiscard]] static std::expected<std::unique_ptr<ParquetWriter>, disk::Error> open(
        const std::string& path, const Columns& columns);
    ParquetWriter(const ParquetWriter&) = delete;
    ParquetWriter& operator=(const ParquetWriter&) = delete;
    ~ParquetWriter();

    [[nodiscard]] disk::Result write(const std::string& symbol, const ports::FeatureRows& rows);
    /// Puts the file in its place. Must be the last call; without it there is no file.
    [[nodiscard]] disk::Result close();

private:
    class Session;
    explicit ParquetWriter(std::unique_ptr<Session> session);
    std::unique_ptr<Session> session_;
};

}  // namespace tradewind::parquet
