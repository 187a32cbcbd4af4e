// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "adapters/importers/importer.hpp"
#include "apps/data_common.hpp"
#include "apps/data_request.hpp"
#include "base/try.hpp"

namespace tradewind::apps {
namespace {

using importers::ImportRequest;
using importers::TableStats;

struct ImportResult {
    TableStats stats;
    catalog::CommitSummary commit;
    double wall_s = 0.0;
};

/// Everything or nothing: the transaction is dropped where any file fails.
std::expected<ImportResult, Failure> import_all(const DataImportOptions& options) {
    Progress progress;
    ImportRequest request = TRY(make_import_request(options));
    auto begun = catalog::Transaction::begin(
        options.catalog,
        options.replace ? catalog::Overlap::replace : catalog::Overlap::must_be_identical);
    if (!begun) return std::unexpected(as_failure(begun.error()));
    catalog::Transaction& transaction = **begun;
    request.instrument = TRY(resolve_instrument(transaction.find_instrument(options.instrument),
                                                options.instrument, options.definition));
    if (auto done = transaction.put_instrument(request.instrument); !done) {
        return std::unexpected(as_failure(done.error()));
    }

    ImportResult result;
    std::optional<catalog::Error> refused;
    const auto sink = [&](const importers::Output& output,
                          const ports::Chunk& rows) -> std::expected<void, wire::InputError> {
        const ports::SeriesKey key{
            .symbol = options.instrument, .kind = output.kind, .spec = output.spec};
        auto done = transaction.append(key, rows);
        if (done) return {};
        refused = std::move(done).error();
        return std::unexpected(wire::InputError{});
    };
    for (const std::string& file : options.files) {
        request.path = file;
        request.after_snapshot = result.stats.book_snapshots > 0;
        request.progress = [&](std::uint64_t taken, std::uint64_t all) {
            progress.show(fmt::format("{}: {} %", file, all == 0 ? 0 : taken * 100 / all));
        };
        auto stats = importers::import_file(request, sink);
        if (refused) {
            Failure failure = as_failure(*refused);
            if (failure.exit_code == 2) failure.text = file + ": " + failure.text;
            return std::unexpected(std::move(failure));
        }
        if (!stats) return std::unexpected(as_failure(stats.error()));
        result.stats += *stats;
    }
    progress.show("making it durable");
    auto commit = transaction.commit();
    if (!commit) return std::unexpected(as_failure(commit.error()));
    result.commit = std::move(*commit);
    result.wall_s = progress.seconds();
    return result;
}

nlohmann::ordered_json to_json(const DataImportOptions& options, const ImportResult& result) {
    nlohmann::ordered_json out;
    out["catalog"] = options.catalog;
    out["files"] = options.files.size();
    out["rows_read"] = result.stats.rows;
    out["rows_skipped"] = {{"not_last_sale", result.stats.not_last_sale},
                           {"one_sided", result.stats.one_sided},
                           {"null", result.stats.null_rows},
                           {"crossed", result.stats.crossed}};
    out["messages_passed_over"] = result.stats.passed_over;
    if (result.stats.book_messages > 0) {
        out["book"] = {{"messages", result.stats.book_messages},
                       {"snapshots", result.stats.book_snapshots},
                       {"before_snapshot", result.stats.before_snapshot},
                       {"gaps", result.stats.book_gaps}};
    }
    out["series"] = nlohmann::ordered_json::array();
    for (const auto& s : result.commit.series) {
        out["series"].push_back({{"instrument", s.key.symbol},
                                 {"kind", ports::to_string(s.key.kind)},
                                 {"interval", s.key.kind == ports::SeriesKind::bar
                                                  ? nlohmann::ordered_json(to_string(s.key.spec))
                                                  : nlohmann::ordered_json(nullptr)},
                                 {"rows_added", s.rows_added},
                                 {"rows_identical", s.rows_identical},
                                 {"rows_replaced", s.rows_replaced},
                                 {"first", to_string(s.first)},
                                 {"last", to_string(s.last)}});
    }
    out["bytes_written"] = result.commit.bytes_written;
    out["wall_s"] = result.wall_s;
    out["rows_per_s"] =
        result.wall_s > 0 ? static_cast<double>(result.stats.rows) / result.wall_s : 0.0;
    return out;
}

/// What is odd about a book's stream: it was stored as it came.
void print_book(const TableStats& stats) {
    if (stats.book_messages == 0) return;
    fmt::print("{} messages of a book, {} of them snapshots\n", with_commas(stats.book_messages),
               with_commas(stats.book_snapshots));
    if (stats.book_snapshots == 0) {
        fmt::print("no snapshot: a replay knows nothing of the book until one comes\n");
    } else if (stats.before_snapshot > 0) {
        fmt::print("{} messages before the first snapshot\n", with_commas(stats.before_snapshot));
    }
    if (stats.book_gaps > 0) {
        fmt::print("{} gaps in the update ids: a replay drops the book at each, until a snapshot\n",
                   with_commas(stats.book_gaps));
    }
}

void print(const DataImportOptions& options, const ImportResult& result) {
    for (const auto& s : result.commit.series) {
        fmt::print("{}: {} rows added", ports::to_string(s.key), with_commas(s.rows_added));
        if (s.rows_identical > 0)
            fmt::print(", {} were there already", with_commas(s.rows_identical));
        if (s.rows_replaced > 0) fmt::print(", {} replaced", with_commas(s.rows_replaced));
        fmt::print(" ({} to {})\n", to_string(s.first), to_string(s.last));
    }
    if (result.commit.series.empty()) fmt::print("no rows\n");
    const TableStats& stats = result.stats;
    if (stats.not_last_sale > 0) {
        fmt::print(
            "{} trades passed over that do not count as the last sale (--all-trades takes them)\n",
            with_commas(stats.not_last_sale));
    }
    if (stats.one_sided > 0) fmt::print("{} empty sides of quotes\n", with_commas(stats.one_sided));
    if (stats.crossed > 0)
        fmt::print("{} crossed quotes passed over\n", with_commas(stats.crossed));
    if (stats.null_rows > 0)
        fmt::print("{} rows without prices passed over\n", with_commas(stats.null_rows));
    if (stats.passed_over > 0)
        fmt::print("{} messages of other kinds passed over\n", with_commas(stats.passed_over));
    print_book(stats);
    fmt::print("{} file{} into {} in {:.2f} s\n", options.files.size(),
               options.files.size() == 1 ? "" : "s", options.catalog, result.wall_s);
}

}  // namespace

int run_data_import(const DataImportOptions& options) {
    const auto result = import_all(options);
    if (!result) return report(result.error());
    if (options.json) {
        fmt::print("{}\n", to_json(options, *result).dump(2));
    } else {
        print(options, *result);
    }
    return 0;
}

}  // namespace tradewind::apps
