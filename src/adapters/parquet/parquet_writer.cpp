// SPDX-License-Identifier: Apache-2.0
#include "adapters/parquet/parquet_writer.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "base/try.hpp"
#include "disk/files.hpp"

namespace tradewind::parquet {
namespace {

/// What we call of DuckDB's C interface (duckdb.h, stable since 1.0). Handles are pointers; the
/// result of a query is a struct of 48 bytes that only its own functions look into.
struct Result {
    alignas(std::max_align_t) std::array<std::byte, 128> bytes{};
};
using Handle = void*;
using State = int;  // 0 is success

struct Library {
    State (*open)(const char*, Handle*) = nullptr;
    void (*close)(Handle*) = nullptr;
    State (*connect)(Handle, Handle*) = nullptr;
    void (*disconnect)(Handle*) = nullptr;
    State (*query)(Handle, const char*, Result*) = nullptr;
    const char* (*result_error)(Result*) = nullptr;
    void (*destroy_result)(Result*) = nullptr;
    State (*appender_create)(Handle, const char*, const char*, Handle*) = nullptr;
    State (*appender_destroy)(Handle*) = nullptr;
    State (*append_int64)(Handle, std::int64_t) = nullptr;
    State (*append_double)(Handle, double) = nullptr;
    State (*append_varchar)(Handle, const char*) = nullptr;
    State (*appender_end_row)(Handle) = nullptr;
    const char* (*appender_error)(Handle) = nullptr;
};

disk::Error missing(std::string_view what) {
    return {.kind = disk::ErrorKind::bad_input,
            .text = fmt::format("Parquet needs DuckDB's library ({}); set TRADEWIND_DUCKDB to the "
                                "path of libduckdb.so, or export CSV",
                                what)};
}

template <typename Function>
bool find(void* library, const char* name, Function& out) {
    void* const found = ::dlsym(library, name);
    out = reinterpret_cast<Function>(found);
    return found != nullptr;
}

/// Opened once a process; it stays open, as its threads may.
std::expected<Library, disk::Error> open_library() {
    const char* const named = std::getenv("TRADEWIND_DUCKDB");
    const char* const path = named != nullptr ? named : "libduckdb.so";
    void* const library = ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return std::unexpected(missing(::dlerror()));
    Library out;
    const bool whole = find(library, "duckdb_open", out.open) &&
                       find(library, "duckdb_close", out.close) &&
                       find(library, "duckdb_connect", out.connect) &&
                       find(library, "duckdb_disconnect", out.disconnect) &&
                       find(library, "duckdb_query", out.query) &&
                       find(library, "duckdb_result_error", out.result_error) &&
                       find(library, "duckdb_destroy_result", out.destroy_result) &&
                       find(library, "duckdb_appender_create", out.appender_create) &&
                       find(library, "duckdb_appender_destroy", out.appender_destroy) &&
                       find(library, "duckdb_append_int64", out.append_int64) &&
                       find(library, "duckdb_append_double", out.append_double) &&
                       find(library, "duckdb_append_varchar", out.append_varchar) &&
                       find(library, "duckdb_appender_end_row", out.appender_end_row) &&
                       find(library, "duckdb_appender_error", out.appender_error);
    if (!whole) return std::unexpected(missing(fmt::format("{} lacks a function", path)));
    return out;
}

std::string first_line(const char* text) {
    const std::string_view all = text == nullptr ? "no reason told" : text;
    return std::string{all.substr(0, all.find('\n'))};
}

/// A text or a name of SQL in its quotes.
std::string quoted(std::string_view text, char quote) {
    std::string out(1, quote);
    for (const char c : text) {
        out += c;
        if (c == quote) out += c;
    }
    return out + quote;
}

}  // namespace

/// A database in memory with one table.
class ParquetWriter::Session {
public:
    Session(Library library, std::string path, bool has_instrument)
        : library_(library),
          path_(std::move(path)),
          temporary_(fmt::format("{}.{}.tmp", path_, ::getpid())),
          has_instrument_(has_instrument) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() {
        if (appender_ != nullptr) library_.appender_destroy(&appender_);
        if (connection_ != nullptr) library_.disconnect(&connection_);
        if (database_ != nullptr) library_.close(&database_);
        disk::remove_file(temporary_);
    }

    disk::Result begin(const Columns& columns) {
        // tried first: hours of work must not end at a folder that is not there
        TRY_VOID(disk::create_file(temporary_));
        if (library_.open(nullptr, &database_) != 0 ||
            library_.connect(database_, &connection_) != 0) {
            return failed("DuckDB does not start");
        }
        std::string sql = "CREATE TABLE features (ts BIGINT";
        select_ = "make_timestamp_ns(ts) AS ts";
        if (has_instrument_) {
            sql += ", instrument VARCHAR";
            select_ += ", instrument";
        }
        // by number, so that a feature may be called ts
        for (std::size_t i = 0; i < columns.features.size(); ++i) {
            sql += fmt::format(", c{} DOUBLE", i);
            select_ += fmt::format(", c{} AS {}", i, quoted(columns.features[i], '"'));
        }
        for (std::size_t i = 0; i < columns.instants.size(); ++i) {
            sql += fmt::format(", t{} BIGINT", i);
            select_ +=
                fmt::format(", make_timestamp_ns(t{}) AS {}", i, quoted(columns.instants[i], '"'));
        }
        TRY_VOID(query(sql + ")"));
        if (library_.appender_create(connection_, nullptr, "features", &appender_) != 0) {
            return failed(library_.appender_error(appender_));
        }
        return {};
    }

    disk::Result write(const std::string& symbol, const ports::FeatureRows& rows,
                       std::span<const std::int64_t* const> instants) {
        for (std::size_t row = 0; row < rows.rows(); ++row) {
            State state = library_.append_int64(appender_, rows.known_at[row]);
            if (has_instrument_) state |= library_.append_varchar(appender_, symbol.c_str());
            for (const double* column : rows.columns) {
                state |= library_.append_double(appender_, column[row]);
            }
            for (const std::int64_t* column : instants) {
                state |= library_.append_int64(appender_, column[row]);
            }
            state |= library_.appender_end_row(appender_);
            if (state != 0) return failed(library_.appender_error(appender_));
        }
        return {};
    }

    disk::Result close() {
        if (library_.appender_destroy(&appender_) != 0) return failed("the rows were not taken");
        appender_ = nullptr;
        TRY_VOID(
            query(fmt::format("COPY (SELECT {} FROM features) TO {} (FORMAT parquet, "
                              "COMPRESSION zstd)",
                              select_, quoted(temporary_, '\''))));
        TRY_VOID(disk::sync_path(temporary_));
        return disk::rename_file(temporary_, path_);
    }

private:
    disk::Result query(const std::string& sql) {
        Result result;
        const State state = library_.query(connection_, sql.c_str(), &result);
        std::string error = state == 0 ? std::string{} : first_line(library_.result_error(&result));
        library_.destroy_result(&result);
        return state == 0 ? disk::Result{} : failed(error.c_str());
    }
    [[nodiscard]] std::unexpected<disk::Error> failed(const char* why) const {
        return std::unexpected(
            disk::Error{.kind = disk::ErrorKind::failed,
                        .text = fmt::format("{}: cannot be written: {}", path_, first_line(why))});
    }

    Library library_;
    std::string path_;
    std::string temporary_;
    bool has_instrument_;
    std::string select_;
    Handle database_ = nullptr;
    Handle connection_ = nullptr;
    Handle appender_ = nullptr;
};

ParquetWriter::ParquetWriter(std::unique_ptr<Session> session) : session_(std::move(session)) {}
ParquetWriter::~ParquetWriter() = default;

std::expected<std::unique_ptr<ParquetWriter>, disk::Error> ParquetWriter::open(
    const std::string& path, const Columns& columns) {
    const Library library = TRY(open_library());
    auto session = std::make_unique<Session>(library, path, columns.has_instrument);
    TRY_VOID(session->begin(columns));
    return std::unique_ptr<ParquetWriter>{new ParquetWriter{std::move(session)}};
}

disk::Result ParquetWriter::write(const std::string& symbol, const ports::FeatureRows& rows,
                                  std::span<const std::int64_t* const> instants) {
    return session_->write(symbol, rows, instants);
}

disk::Result ParquetWriter::close() { return session_->close(); }

}  // namespace tradewind::parquet
