// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "adapters/features/feature_writer.hpp"
#include "apps/data_common.hpp"
#include "apps/feature_export.hpp"
#include "apps/features_options.hpp"
#include "base/try.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;

/// What came of one instrument.
struct Built {
    const BarChoice* choice = nullptr;
    std::uint64_t bars = 0;  ///< from the first one on
    std::uint64_t rows = 0;
    std::uint64_t rows_added = 0;
    std::uint64_t rows_identical = 0;
    Timestamp first{};
    Timestamp last{};
    std::string file{};  ///< empty: not stored
};

ports::FeatureKey key_of(const FeatureWork& work, const BarChoice& choice) {
    return {.schema_hash = work.features.graph->schema_hash(),
            .symbol = choice.instrument->symbol,
            .spec = choice.series.key.spec};
}

/// Bars that the store knows and the catalog has no longer.
std::expected<void, RunFailure> check_nothing_lost(const FeatureWork& work, const Built& built,
                                                   std::uint64_t given) {
    if (work.config.to || built.rows == given) return {};
    return std::unexpected(RunFailure{
        kExitBadInput, fmt::format("{}: {} rows are stored and there are {} bars; the catalog lost "
                                   "some: build with --rebuild",
                                   built.file, built.rows, given)});
}

std::expected<Built, RunFailure> store_one(const FeatureWork& work, const BarChoice& choice,
                                           const features::FolderLock& lock,
                                           const std::string& store, bool rebuild) {
    const research::FeatureBars bars = TRY(read_bars(work, choice));
    const features::FileHeader header{
        .key = key_of(work, choice),
        .schema = research::schema_of(*work.features.graph, work.features.label)};
    auto opened =
        lock.write(header, rebuild ? features::WriteMode::rebuild : features::WriteMode::extend);
    if (!opened) return std::unexpected(as_run_failure(opened.error()));
    std::optional<RunFailure> failure;
    const auto computed = research::compute_features(
        work.features.graph, bars,
        [&](const ports::FeatureRows& rows) -> std::expected<void, std::string> {
            if (auto done = (*opened)->append(rows); !done) {
                failure = as_run_failure(done.error());
                return std::unexpected(failure->text);
            }
            return {};
        });
    if (!computed) {
        return std::unexpected(failure.value_or(RunFailure{kExitFailed, computed.error()}));
    }
    const auto done = (*opened)->commit();
    if (!done) return std::unexpected(as_run_failure(done.error()));
    Built out{.choice = &choice,
              .bars = bars.rows(),
              .rows = done->rows,
              .rows_added = done->rows_added,
              .rows_identical = done->rows_identical,
              .first = {bars.known_at.front()},
              .last = {bars.known_at.back()},
              .file = store + "/" + features::file_of(header.key)};
    TRY_VOID(check_nothing_lost(work, out, bars.rows()));
    return out;
}

/// Instruments one after another on each of some threads; the first failure, in their order, ends
/// it. What is stored by then stands, each instrument whole.
std::expected<std::vector<Built>, RunFailure> store_all(const FeatureWork& work,
                                                        const FeaturesOptions& options) {
    const std::string store = store_path(options, work.config);
    const auto lock = features::FolderLock::take(store);
    if (!lock) return std::unexpected(as_run_failure(lock.error()));
    std::vector<std::optional<std::expected<Built, RunFailure>>> results(work.bars.size());
    std::atomic<std::size_t> next = 0, done = 0;
    std::atomic<bool> failed = false;
    std::mutex drawing;
    ProgressLine progress;
    const auto work_on = [&] {
        while (!failed) {
            const std::size_t i = next++;
            if (i >= work.bars.size()) return;
            results[i] = store_one(work, work.bars[i], *lock, store, options.rebuild);
            if (!results[i]->has_value()) failed = true;
            const std::scoped_lock held{drawing};
            progress.show(fmt::format("{} of {} instruments", ++done, work.bars.size()));
        }
    };
    const std::size_t threads = std::min<std::size_t>(
        options.jobs > 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency()),
        work.bars.size());
    {
        std::vector<std::jthread> pool;
        for (std::size_t i = 1; i < threads; ++i) pool.emplace_back(work_on);
        work_on();
    }
    std::vector<Built> out;
    for (auto& result : results) {
        if (!result) continue;
        if (!result->has_value()) return std::unexpected(std::move(*result).error());
        out.push_back(std::move(**result));
    }
    return out;
}

ExportColumns export_columns(const FeatureWork& work) {
    ExportColumns out{.has_instrument = work.bars.size() > 1, .names = {}};
    for (const auto& output : work.features.graph->outputs()) out.names.push_back(output.name);
    return out;
}

std::expected<Built, RunFailure> export_one(const FeatureWork& work, const BarChoice& choice,
                                            FeatureExport& out) {
    const research::FeatureBars bars = TRY(read_bars(work, choice));
    Built built{.choice = &choice, .bars = bars.rows()};
    std::optional<RunFailure> failure;
    const auto computed = research::compute_features(
        work.features.graph, bars,
        [&](const ports::FeatureRows& all) -> std::expected<void, std::string> {
            const auto rows = rows_between(all, work.config.from.value_or(kTimestampMin),
                                           work.config.to.value_or(kTimestampMax));
            if (rows.rows() == 0) return {};
            if (built.rows == 0) built.first = {rows.known_at.front()};
            built.last = {rows.known_at.back()};
            built.rows += rows.rows();
            if (auto done = out.write(choice.instrument->symbol, rows); !done) {
                failure = std::move(done).error();
                return std::unexpected(failure->text);
            }
            return {};
        });
    if (!computed) {
        return std::unexpected(failure.value_or(RunFailure{kExitFailed, computed.error()}));
    }
    return built;
}

std::expected<std::vector<Built>, RunFailure> export_all(const FeatureWork& work,
                                                         const std::string& path) {
    const auto out = TRY(open_feature_export(path, export_columns(work)));
    std::vector<Built> built;
    for (const BarChoice& choice : work.bars) built.push_back(TRY(export_one(work, choice, *out)));
    TRY_VOID(out->close());
    return built;
}

Json to_json(const std::vector<Built>& built) {
    Json out = Json::array();
    for (const Built& one : built) {
        Json row{{"instrument", one.choice->instrument->symbol},
                 {"interval", to_string(one.choice->series.key.spec)},
                 {"rows", one.rows},
                 {"first", to_string(one.first)},
                 {"last", to_string(one.last)}};
        if (!one.file.empty()) {
            row["rows_added"] = one.rows_added;
            row["rows_identical"] = one.rows_identical;
            row["file"] = one.file;
        }
        out.push_back(std::move(row));
    }
    return out;
}

/// Of each instrument whose bars do not reach as far back as some features look.
std::vector<std::string> short_series(const FeatureWork& work, const std::vector<Built>& built) {
    std::vector<std::string> out;
    const auto outputs = work.features.graph->outputs();
    for (const Built& one : built) {
        const auto is_empty = [&](const auto& output) { return output.lookback >= one.bars; };
        const auto first = std::ranges::find_if(outputs, is_empty);
        if (first == outputs.end()) continue;
        out.push_back(fmt::format(
            "{}: {} of {} features have no value: {} needs {} rows before its first, and there are "
            "{}",
            one.choice->instrument->symbol, std::ranges::count_if(outputs, is_empty),
            outputs.size(), first->name, with_commas(first->lookback), with_commas(one.bars)));
    }
    return out;
}

void print_build(const FeatureWork& work, const FeaturesOptions& options,
                 const std::vector<Built>& built, double wall_s) {
    const auto& graph = *work.features.graph;
    std::uint64_t rows = 0;
    for (const Built& one : built) rows += one.rows;
    const bool is_stored = !built.front().file.empty();
    const std::vector<std::string> warnings = short_series(work, built);
    if (options.json) {
        Json out{{"rows", rows},
                 {"features", graph.outputs().size()},
                 {"schema_hash", graph.schema_hash()},
                 {"functions_version", feature::functions_version()},
                 {"set", work.features.label},
                 {"wall_s", wall_s},
                 {"store", is_stored ? Json(store_path(options, work.config)) : Json(nullptr)},
                 {"export", options.exported.empty() ? Json(nullptr) : Json(options.exported)},
                 {"instruments", to_json(built)},
                 {"warnings", warnings}};
        fmt::print("{}\n", out.dump(2));
        return;
    }
    Table table;
    table.row("features", with_commas(graph.outputs().size()));
    table.row("rows", with_commas(rows));
    for (const Built& one : built) {
        if (!is_stored) continue;
        table.row(fmt::format("{} {}, new rows", one.choice->instrument->symbol,
                              to_string(one.choice->series.key.spec)),
                  with_commas(one.rows_added));
    }
    table.row("schema", graph.schema_hash());
    if (is_stored) table.row("kept in", store_path(options, work.config));
    if (!options.exported.empty()) table.row("written to", options.exported);
    table.row("seconds", fmt::format("{:.3f}", wall_s));
    std::string text = table.text();
    for (const std::string& warning : warnings) text += fmt::format("\nNote: {}.\n", warning);
    fmt::print("{}", text);
}

/// The last rows, for people.
std::expected<void, RunFailure> print_tail(const FeatureWork& work) {
    constexpr std::size_t kRows = 10, kFeaturesMax = 8;
    const auto& graph = *work.features.graph;
    const std::size_t shown = std::min(kFeaturesMax, graph.outputs().size());
    for (const BarChoice& choice : work.bars) {
        const research::FeatureBars bars = TRY(read_bars(work, choice));
        std::vector<std::string> lines;
        TRY_VOID(or_failed(research::compute_features(
            work.features.graph, bars,
            [&](const ports::FeatureRows& rows) -> std::expected<void, std::string> {
                for (std::size_t row = 0; row < rows.rows(); ++row) {
                    const std::size_t left =
                        bars.rows() -
                        static_cast<std::size_t>(rows.known_at.data() + row - bars.known_at.data());
                    if (left > kRows) continue;
                    std::string line =
                        fmt::format("{:<32}", to_string(Timestamp{rows.known_at[row]}));
                    for (std::size_t i = 0; i < shown; ++i) {
                        line += fmt::format("  {:>14.8g}", rows.columns[i][row]);
                    }
                    lines.push_back(std::move(line));
                }
                return {};
            })));
        fmt::print("{} {}\n{:<32}", choice.instrument->symbol, to_string(choice.series.key.spec),
                   "known at");
        for (std::size_t i = 0; i < shown; ++i) fmt::print("  {:>14}", graph.outputs()[i].name);
        fmt::print("\n");
        for (const std::string& line : lines) fmt::print("{}\n", line);
        if (shown < graph.outputs().size()) {
            fmt::print("and {} features more: --export FILE\n", graph.outputs().size() - shown);
        }
    }
    return {};
}

}  // namespace

std::expected<void, RunFailure> run_features_build(const FeaturesOptions& options) {
    const std::int64_t started = steady_ns();
    const FeatureWork work = TRY(open_work(options));
    const bool stores = options.exported.empty() || !options.store.empty();
    if (stores && options.exported.empty() && work.config.from) {
        return std::unexpected(RunFailure{
            kExitBadInput, "--from belongs to --export: what is kept begins at the first bar"});
    }
    std::vector<Built> built;
    if (!options.exported.empty()) built = TRY(export_all(work, options.exported));
    if (stores) built = TRY(store_all(work, options));
    print_build(work, options, built, static_cast<double>(steady_ns() - started) * 1e-9);
    return {};
}

std::expected<void, RunFailure> run_features_show(const FeaturesOptions& options) {
    const std::int64_t started = steady_ns();
    const FeatureWork work = TRY(open_work(options));
    if (options.exported.empty() && !options.json) return print_tail(work);
    if (options.exported.empty()) {
        return std::unexpected(
            RunFailure{kExitBadInput, "--json tells what was written: say --export FILE too"});
    }
    const auto built = TRY(export_all(work, options.exported));
    print_build(work, options, built, static_cast<double>(steady_ns() - started) * 1e-9);
    return {};
}

}  // namespace tradewind::apps
