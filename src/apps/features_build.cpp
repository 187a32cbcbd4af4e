// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "adapters/features/feature_writer.hpp"
#include "apps/data_common.hpp"
#include "apps/feature_export.hpp"
#include "apps/features_options.hpp"
#include "base/try.hpp"
#include "research/features/feature_units.hpp"

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
using BuiltUnit = std::expected<std::vector<Built>, RunFailure>;

ports::FeatureKey key_of(const FeatureWork& work, const BarChoice& choice) {
    return {.schema_hash = work.schema_hash,
            .symbol = choice.instrument->symbol,
            .spec = choice.series.key.spec};
}

/// Works a unit's features out. `each` may fail in its own way.
std::expected<void, RunFailure> compute(
    const FeatureUnit& unit, const research::FeatureData& data,
    const std::function<std::expected<void, RunFailure>(std::size_t, const ports::FeatureRows&)>&
        each) {
    std::optional<RunFailure> failure;
    const auto done = research::compute_features(
        unit.plan, data,
        [&](std::size_t member,
            const ports::FeatureRows& rows) -> std::expected<void, std::string> {
            if (auto taken = each(member, rows); !taken) {
                failure = std::move(taken).error();
                return std::unexpected(failure->text);
            }
            return {};
        });
    if (done) return {};
    return std::unexpected(failure.value_or(RunFailure{kExitFailed, done.error()}));
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

BuiltUnit store_unit(const FeatureWork& work, const FeatureUnit& unit,
                     const features::FolderLock& lock, const std::string& store, bool rebuild) {
    const research::FeatureData data = TRY(read_data(work, unit));
    const auto mode = rebuild ? features::WriteMode::rebuild : features::WriteMode::extend;
    std::vector<std::unique_ptr<features::FeatureWriter>> writers;
    for (std::size_t i = 0; i < unit.bars.size(); ++i) {
        writers.emplace_back();
        if (data.bars[i].rows() == 0) continue;
        const features::FileHeader header{
            .key = key_of(work, unit.bars[i]),
            .schema = research::schema_of(*work.features.graph, work.features.label)};
        auto opened = lock.write(header, mode);
        if (!opened) return std::unexpected(as_run_failure(opened.error()));
        writers.back() = std::move(*opened);
    }
    TRY_VOID(compute(
        unit, data,
        [&](std::size_t member, const ports::FeatureRows& rows) -> std::expected<void, RunFailure> {
            const auto done = writers[member]->append(rows);
            if (!done) return std::unexpected(as_run_failure(done.error()));
            return {};
        }));
    std::vector<Built> out;
    for (std::size_t i = 0; i < unit.bars.size(); ++i) {
        if (writers[i] == nullptr) continue;
        const auto done = writers[i]->commit();
        if (!done) return std::unexpected(as_run_failure(done.error()));
        out.push_back({.choice = &unit.bars[i],
                       .bars = data.bars[i].rows(),
                       .rows = done->rows,
                       .rows_added = done->rows_added,
                       .rows_identical = done->rows_identical,
                       .first = {data.bars[i].known_at.front()},
                       .last = {data.bars[i].known_at.back()},
                       .file = store + "/" + features::file_of(key_of(work, unit.bars[i]))});
        TRY_VOID(check_nothing_lost(work, out.back(), data.bars[i].rows()));
    }
    return out;
}

/// Units one after another on each of some threads; the first failure, in their order, ends it.
/// What is stored by then stands, each instrument whole.
BuiltUnit store_all(const FeatureWork& work, const FeaturesOptions& options) {
    const std::string store = store_path(options, work.config);
    const auto lock = features::FolderLock::take(store);
    if (!lock) return std::unexpected(as_run_failure(lock.error()));
    std::vector<std::vector<Built>> built(work.units.size());
    std::vector<std::optional<RunFailure>> failures(work.units.size());
    std::atomic<std::size_t> next = 0, done = 0;
    std::atomic<bool> failed = false;
    std::mutex drawing;
    ProgressLine progress;
    const auto work_on = [&] {
        while (!failed) {
            const std::size_t i = next++;
            if (i >= work.units.size()) return;
            BuiltUnit unit = store_unit(work, work.units[i], *lock, store, options.rebuild);
            if (unit) {
                built[i] = std::move(unit).value();
            } else {
                failures[i] = std::move(unit).error();
                failed = true;
            }
            const std::scoped_lock held{drawing};
            done += work.units[i].bars.size();
            progress.show(fmt::format("{} of {} instruments", done.load(), work.instruments()));
        }
    };
    const std::size_t threads = std::min<std::size_t>(
        options.jobs > 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency()),
        work.units.size());
    {
        std::vector<std::jthread> pool;
        for (std::size_t i = 1; i < threads; ++i) pool.emplace_back(work_on);
        work_on();
    }
    std::vector<Built> out;
    for (std::size_t i = 0; i < built.size(); ++i) {
        if (failures[i]) return std::unexpected(*std::move(failures[i]));
        std::ranges::move(built[i], std::back_inserter(out));
    }
    return out;
}

ExportColumns export_columns(const FeatureWork& work) {
    ExportColumns out{.has_instrument = work.instruments() > 1, .names = {}};
    for (const auto& output : work.features.graph->outputs()) out.names.push_back(output.name);
    return out;
}

/// Rows of a member of a universe, held until those of the members before it are written.
struct HeldRows {
    std::vector<std::int64_t> known_at;
    std::vector<std::vector<double>> columns;

    void append(const ports::FeatureRows& rows) {
        known_at.insert(known_at.end(), rows.known_at.begin(), rows.known_at.end());
        columns.resize(rows.columns.size());
        for (std::size_t i = 0; i < columns.size(); ++i) {
            columns[i].insert(columns[i].end(), rows.columns[i], rows.columns[i] + rows.rows());
        }
    }
    [[nodiscard]] ports::FeatureRows view() const {
        ports::FeatureRows out{.known_at = known_at};
        for (const auto& column : columns) out.columns.push_back(column.data());
        return out;
    }
};

std::expected<void, RunFailure> export_rows(const BarChoice& choice, const ports::FeatureRows& rows,
                                            Built& built, FeatureExport& out) {
    if (rows.rows() == 0) return {};
    if (built.rows == 0) built.first = {rows.known_at.front()};
    built.last = {rows.known_at.back()};
    built.rows += rows.rows();
    return out.write(choice.instrument->symbol, rows, {});
}

BuiltUnit export_unit(const FeatureWork& work, const FeatureUnit& unit, FeatureExport& out) {
    const research::FeatureData data = TRY(read_data(work, unit));
    std::vector<Built> built;
    for (std::size_t i = 0; i < unit.bars.size(); ++i) {
        built.push_back({.choice = &unit.bars[i], .bars = data.bars[i].rows()});
    }
    std::vector<HeldRows> held(unit.bars.size());
    TRY_VOID(compute(
        unit, data,
        [&](std::size_t member, const ports::FeatureRows& all) -> std::expected<void, RunFailure> {
            const auto rows = rows_between(all, work.config.from.value_or(kTimestampMin),
                                           work.config.to.value_or(kTimestampMax));
            if (member == 0) return export_rows(unit.bars[0], rows, built[0], out);
            held[member].append(rows);
            return {};
        }));
    for (std::size_t i = 1; i < held.size(); ++i) {
        TRY_VOID(export_rows(unit.bars[i], held[i].view(), built[i], out));
    }
    std::erase_if(built, [](const Built& one) { return one.rows == 0; });
    return built;
}

BuiltUnit export_all(const FeatureWork& work, const std::string& path) {
    const auto out = TRY(open_feature_export(path, export_columns(work)));
    std::vector<Built> built;
    for (const FeatureUnit& unit : work.units) {
        std::ranges::move(TRY(export_unit(work, unit, *out)), std::back_inserter(built));
    }
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

Json columns_json(const FeatureWork& work) {
    Json out = Json::array();
    const auto outputs = work.features.graph->outputs();
    const auto units = research::units_of(work.units.front().plan);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        out.push_back({{"name", outputs[i].name},
                       {"expression", outputs[i].expression},
                       {"unit", units[i]},
                       {"lookback", outputs[i].lookback}});
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
    const bool is_stored = !built.empty() && !built.front().file.empty();
    std::vector<std::string> warnings = short_series(work, built);
    warnings.insert(warnings.end(), work.notes.begin(), work.notes.end());
    if (options.json) {
        Json out{{"rows", rows},
                 {"features", graph.outputs().size()},
                 {"schema_hash", work.schema_hash},
                 {"functions_version", feature::functions_version()},
                 {"set", work.features.label},
                 {"wall_s", wall_s},
                 {"store", is_stored ? Json(store_path(options, work.config)) : Json(nullptr)},
                 {"export", options.exported.empty() ? Json(nullptr) : Json(options.exported)},
                 {"columns", columns_json(work)},
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
    table.row("schema", work.schema_hash);
    if (is_stored) table.row("kept in", store_path(options, work.config));
    if (!options.exported.empty()) table.row("written to", options.exported);
    table.row("seconds", fmt::format("{:.3f}", wall_s));
    std::string text = table.text();
    for (const std::string& warning : warnings) text += fmt::format("\nNote: {}.\n", warning);
    fmt::print("{}", text);
}

/// The last rows, for people.
class Tail {
public:
    Tail(const BarChoice& choice, std::size_t shown) : choice_(&choice), shown_(shown) {}

    void take(const ports::FeatureRows& rows) {
        for (std::size_t row = 0; row < rows.rows(); ++row) {
            std::string line = fmt::format("{:<32}", to_string(Timestamp{rows.known_at[row]}));
            for (std::size_t i = 0; i < shown_; ++i) {
                line += fmt::format("  {:>14.8g}", rows.columns[i][row]);
            }
            lines_.push_back(std::move(line));
            if (lines_.size() > kRows) lines_.pop_front();
        }
    }
    void print(std::span<const feature::Graph::Output> outputs) const {
        fmt::print("{} {}\n{:<32}", choice_->instrument->symbol,
                   to_string(choice_->series.key.spec), "known at");
        for (std::size_t i = 0; i < shown_; ++i) fmt::print("  {:>14}", outputs[i].name);
        fmt::print("\n");
        for (const std::string& line : lines_) fmt::print("{}\n", line);
    }

private:
    static constexpr std::size_t kRows = 10;
    const BarChoice* choice_;
    std::size_t shown_;
    std::deque<std::string> lines_;
};

std::expected<void, RunFailure> print_tail(const FeatureWork& work) {
    constexpr std::size_t kFeaturesMax = 8;
    const auto outputs = work.features.graph->outputs();
    const std::size_t shown = std::min(kFeaturesMax, outputs.size());
    for (const FeatureUnit& unit : work.units) {
        const research::FeatureData data = TRY(read_data(work, unit));
        std::vector<Tail> tails;
        for (const BarChoice& choice : unit.bars) tails.emplace_back(choice, shown);
        TRY_VOID(compute(unit, data,
                         [&](std::size_t member,
                             const ports::FeatureRows& rows) -> std::expected<void, RunFailure> {
                             tails[member].take(rows);
                             return {};
                         }));
        for (const Tail& tail : tails) tail.print(outputs);
    }
    if (shown < outputs.size()) {
        fmt::print("and {} features more: --export FILE\n", outputs.size() - shown);
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
