// SPDX-License-Identifier: Apache-2.0
#include "apps/feature_export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "adapters/parquet/parquet_writer.hpp"
#include "apps/features_options.hpp"
#include "base/try.hpp"
#include "wire/text_sink.hpp"

namespace tradewind::apps {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{1} << 18;

RunFailure as_failure(const wire::InputError& error) {
    return {.code = error.kind == wire::InputErrorKind::bad_input ? kExitBadInput : kExitFailed,
            .text = wire::to_string(error)};
}

class CsvExport final : public FeatureExport {
public:
    CsvExport(std::unique_ptr<wire::TextSink> sink, const ExportColumns& columns)
        : sink_(std::move(sink)), has_instrument_(columns.has_instrument) {
        text_ = has_instrument_ ? "ts,instrument" : "ts";
        for (const std::string& name : columns.names) text_ += "," + name;
        for (const std::string& name : columns.instants) text_ += "," + name;
        text_ += '\n';
    }

    std::expected<void, RunFailure> write(const std::string& symbol, const ports::FeatureRows& rows,
                                          const InstantColumns& instants) override {
        for (std::size_t row = 0; row < rows.rows(); ++row) {
            wire::append_integer(text_, rows.known_at[row]);
            if (has_instrument_) text_ += "," + symbol;
            for (const double* column : rows.columns) append_value(column[row]);
            for (const std::int64_t* column : instants) {
                text_ += ',';
                wire::append_integer(text_, column[row]);
            }
            text_ += '\n';
            if (text_.size() >= kFlushBytes) TRY_VOID(flush());
        }
        return {};
    }
    std::expected<void, RunFailure> close() override {
        TRY_VOID(flush());
        if (auto done = sink_->close(); !done) return std::unexpected(as_failure(done.error()));
        return {};
    }

private:
    void append_value(double value) {
        text_ += ',';
        if (!std::isnan(value)) fmt::format_to(std::back_inserter(text_), "{}", value);
    }
    std::expected<void, RunFailure> flush() {
        if (auto done = sink_->write(text_); !done) {
            return std::unexpected(as_failure(done.error()));
        }
        text_.clear();
        return {};
    }

    std::unique_ptr<wire::TextSink> sink_;
    bool has_instrument_;
    std::string text_;
};

class ParquetExport final : public FeatureExport {
public:
    explicit ParquetExport(std::unique_ptr<parquet::ParquetWriter> writer)
        : writer_(std::move(writer)) {}
    std::expected<void, RunFailure> write(const std::string& symbol, const ports::FeatureRows& rows,
                                          const InstantColumns& instants) override {
        if (auto done = writer_->write(symbol, rows, instants); !done) {
            return std::unexpected(as_run_failure(done.error()));
        }
        return {};
    }
    std::expected<void, RunFailure> close() override {
        if (auto done = writer_->close(); !done) {
            return std::unexpected(as_run_failure(done.error()));
        }
        return {};
    }

private:
    std::unique_ptr<parquet::ParquetWriter> writer_;
};

}  // namespace

std::expected<std::unique_ptr<FeatureExport>, RunFailure> open_feature_export(
    const std::string& path, const ExportColumns& columns) {
    if (path.ends_with(".parquet")) {
        auto writer = parquet::ParquetWriter::open(path, {.has_instrument = columns.has_instrument,
                                                          .features = columns.names,
                                                          .instants = columns.instants});
        if (!writer) return std::unexpected(as_run_failure(writer.error()));
        return std::make_unique<ParquetExport>(std::move(*writer));
    }
    auto sink = wire::open_text_sink(path);
    if (!sink) return std::unexpected(as_failure(sink.error()));
    return std::make_unique<CsvExport>(std::move(*sink), columns);
}

ports::FeatureRows rows_between(const ports::FeatureRows& rows, Timestamp from, Timestamp to) {
    const auto begin = std::lower_bound(rows.known_at.begin(), rows.known_at.end(), from.ns);
    const auto end = std::lower_bound(begin, rows.known_at.end(), to.ns);
    ports::FeatureRows out{.known_at = {begin, end}, .columns = rows.columns};
    for (const double*& column : out.columns) column += begin - rows.known_at.begin();
    return out;
}

}  // namespace tradewind::apps
