// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "adapters/catalog/repairs.hpp"
#include "apps/data_common.hpp"
#include "apps/data_request.hpp"
#include "apps/series_quality.hpp"
#include "apps/series_repair.hpp"
#include "base/try.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using catalog::RepairRecord;
using market::Finding;
using market::QualityRule;
using ports::Columns;
using ports::SeriesKey;
using ports::SeriesKind;

/// One series on its way to its next version.
struct Cleaning {
    RepairRecord record;
    Columns rows;                               ///< the new version
    std::map<QualityRule, std::uint64_t> left;  ///< rows of the named rules that are still found
    std::optional<Finding> unfit;               ///< the first finding that a catalog cannot hold
};

struct CleanResult {
    std::vector<Cleaning> series;
    bool is_undone = false;
    double wall_s = 0.0;
};

std::expected<std::vector<QualityRule>, Failure> rules_of(const DataCleanOptions& options) {
    std::vector<QualityRule> out = TRY(make_quality_plan(options.rules, {})).rules;
    for (const QualityRule rule : out) {
        if (can_be_cleaned(rule)) continue;
        return std::unexpected(bad_usage(fmt::format(
            "--rule: what {} finds is real or needs another source, and is not cleaned away",
            market::to_string(rule))));
    }
    if (!out.empty()) return out;
    std::string names;
    for (std::size_t i = 0; i < market::kQualityRules; ++i) {
        const auto rule = static_cast<QualityRule>(i);
        if (can_be_cleaned(rule)) names += fmt::format(" {}", market::to_string(rule));
    }
    return std::unexpected(bad_usage("--rule is missing: name what is to be mended, of" + names));
}

/// What a catalog never holds, whoever brings it.
bool is_unfit(const Finding& one, SeriesKind kind) {
    switch (one.rule) {
        case QualityRule::disorder:
        case QualityRule::ohlc: return true;
        case QualityRule::duplicate: return kind == SeriesKind::bar;
        case QualityRule::crossed: return kind == SeriesKind::quote;
        case QualityRule::negative_price: return one.severity == market::Severity::error;
        default: return false;
    }
}

SeriesFindings check(const SeriesKey& key, const Instrument& instrument, const QualityPlan& plan,
                     const Columns& rows) {
    SeriesFindings found;
    found.key = key;
    SeriesChecker checker(key, {.instrument = &instrument, .splits = {}}, plan, found);
    checker.feed(rows.view());
    checker.finish();
    found.sort();
    return found;
}

/// Makes the new version of `rows` by the rules.
Cleaning clean(RepairRecord record, Columns rows, const Instrument& instrument,
               std::span<const QualityRule> rules, const market::QualitySettings& settings) {
    Cleaning out;
    out.record = std::move(record);
    out.record.rows_before = rows.rows();
    out.record.digest_before = catalog::digest_of(rows, rows.rows());
    for (const QualityRule rule : rules) out.record.rules.emplace_back(market::to_string(rule));
    QualityPlan plan;
    plan.settings = settings;
    plan.findings_max = UINT64_MAX;
    const bool sorts = std::find(rules.begin(), rules.end(), QualityRule::disorder) != rules.end();
    if (sorts) out.record.changes = sort_by_time(rows);
    const SeriesFindings found = check(out.record.key, instrument, plan, rows);
    for (catalog::RowChange& one : apply_repairs(rows, found.findings, rules)) {
        out.record.changes.push_back(std::move(one));
    }
    for (const Finding& one : check(out.record.key, instrument, plan, rows).findings) {
        if (std::find(rules.begin(), rules.end(), one.rule) != rules.end()) {
            out.left[one.rule] += one.rows;
        }
        if (!out.unfit && is_unfit(one, out.record.key.kind)) out.unfit = one;
    }
    out.record.rows_after = rows.rows();
    out.record.digest_after = catalog::digest_of(rows, rows.rows());
    out.rows = std::move(rows);
    return out;
}

// --- the catalog ---------------------------------------------------------------------------------

/// All rows of a stored series. The catalog is closed again, so that what is superseded can go.
std::expected<Columns, Failure> stored_rows(const std::string& path, const SeriesKey& key) {
    const auto opened = catalog::Catalog::open(path);
    if (!opened) return std::unexpected(as_failure(opened.error()));
    auto reader = (*opened)->read(key, kTimestampMin, kTimestampMax);
    if (!reader) return std::unexpected(as_failure(reader.error()));
    Columns out = Columns::widest(key.kind);
    while (true) {
        auto rows = (*reader)->next();
        if (!rows) return std::unexpected(as_failure(rows.error()));
        if (!*rows) return out;
        out.append(**rows);
    }
}

/// The version that the series is of: of the last record whose change took place. Records of
/// changes that never did (the process was killed between them) go.
std::expected<std::optional<RepairRecord>, Failure> latest_version(const std::string& path,
                                                                   const SeriesKey& key,
                                                                   const Columns& rows) {
    auto numbers = catalog::list_repairs(path, key);
    if (!numbers) return std::unexpected(as_failure(numbers.error()));
    while (!numbers->empty()) {
        auto record = catalog::read_repairs(path, key, numbers->back());
        if (!record) return std::unexpected(as_failure(record.error()));
        const bool happened = catalog::digest_of(rows, record->rows_after) == record->digest_after;
        const bool never = record->files.empty() && !happened &&
                           catalog::digest_of(rows, record->rows_before) == record->digest_before;
        if (!never) return std::move(*record);
        catalog::remove_repairs(path, key, numbers->back());
        numbers->pop_back();
    }
    return std::nullopt;
}

std::expected<void, Failure> refuse_unfit(const Cleaning& one) {
    if (!one.unfit) return {};
    return std::unexpected(bad_usage(fmt::format(
        "{}: row {} of the cleaned rows: {}; a catalog holds no such row: add --rule {}, or mend "
        "it yourself",
        ports::to_string(one.record.key), one.unfit->row, one.unfit->detail,
        market::to_string(one.unfit->rule))));
}

/// The record first, then the rows: a record without its rows is told by the digests.
std::expected<void, Failure> store(const std::string& path, catalog::Transaction& transaction,
                                   std::span<const Cleaning> all) {
    const auto forget = [&] {
        for (const Cleaning& one : all) {
            catalog::remove_repairs(path, one.record.key, one.record.number);
        }
    };
    for (const Cleaning& one : all) {
        const auto kept = one.record.changes.empty() ? catalog::Result{}
                                                     : catalog::write_repairs(path, one.record);
        if (!kept) {
            forget();
            return std::unexpected(as_failure(kept.error()));
        }
        auto done = transaction.append(one.record.key, one.rows.view());
        if (!done) {
            forget();
            return std::unexpected(as_failure(done.error()));
        }
    }
    if (auto done = transaction.commit(); !done) {
        forget();
        return std::unexpected(as_failure(done.error()));
    }
    return {};
}

std::expected<CleanResult, Failure> clean_catalog(const DataCleanOptions& options,
                                                  const market::QualitySettings& settings) {
    const auto rules = TRY(rules_of(options));
    const DataImportOptions& input = options.input;
    const SeriesKey key = TRY(parse_series_key(input.instrument, input.kind, input.interval));
    auto begun = catalog::Transaction::begin(input.catalog, catalog::Overlap::replace_series);
    if (!begun) return std::unexpected(as_failure(begun.error()));
    Columns rows = TRY(stored_rows(input.catalog, key));
    const Instrument* instrument = (*begun)->find_instrument(key.symbol);
    if (instrument == nullptr) return std::unexpected(bad_usage(key.symbol + " is not defined"));
    const auto latest = TRY(latest_version(input.catalog, key, rows));
    RepairRecord record;
    record.key = key;
    record.number = latest ? latest->number + 1 : 1;
    CleanResult out;
    out.series.push_back(clean(std::move(record), std::move(rows), *instrument, rules, settings));
    const Cleaning& one = out.series.front();
    if (options.dry_run || one.record.changes.empty()) return out;
    if (one.rows.rows() == 0) {
        return std::unexpected(bad_usage("nothing would be left of " + ports::to_string(key)));
    }
    TRY_VOID(refuse_unfit(one));
    TRY_VOID(store(input.catalog, **begun, out.series));
    return out;
}

std::expected<CleanResult, Failure> undo(const DataCleanOptions& options) {
    const DataImportOptions& input = options.input;
    const SeriesKey key = TRY(parse_series_key(input.instrument, input.kind, input.interval));
    auto begun = catalog::Transaction::begin(input.catalog, catalog::Overlap::replace_series);
    if (!begun) return std::unexpected(as_failure(begun.error()));
    const Columns rows = TRY(stored_rows(input.catalog, key));
    const auto latest = TRY(latest_version(input.catalog, key, rows));
    const auto refuse = [&](std::string_view why) {
        return std::unexpected(
            bad_usage(fmt::format("--undo: {}: {}", ports::to_string(key), why)));
    };
    if (!latest) return refuse("nothing was cleaned");
    if (!latest->files.empty()) {
        return refuse(fmt::format("version {} was read from {}; import that again", latest->number,
                                  latest->files.front()));
    }
    auto before = catalog::undo_repairs(*latest, rows);
    if (!before || catalog::digest_of(*before, latest->rows_before) != latest->digest_before) {
        return refuse(
            fmt::format("the rows have changed since version {} was made", latest->number));
    }
    auto done = (*begun)->append(key, before->view());
    if (!done) return std::unexpected(as_failure(done.error()));
    if (auto kept = (*begun)->commit(); !kept) return std::unexpected(as_failure(kept.error()));
    catalog::remove_repairs(input.catalog, key, latest->number);
    CleanResult out;
    out.is_undone = true;
    out.series.push_back({.record = *latest, .rows = std::move(*before), .left = {}, .unfit = {}});
    return out;
}

// --- files ---------------------------------------------------------------------------------------

/// The rows of files as they are, by series.
std::expected<std::map<SeriesKey, Columns>, Failure> read_dirty(const DataImportOptions& input,
                                                                importers::ImportRequest& request,
                                                                bool drop_unreadable) {
    std::map<SeriesKey, Columns> out;
    request.checks.keep_dirty = true;
    if (drop_unreadable) request.checks.unreadable = [](const wire::InputError&) {};
    for (const std::string& file : input.files) {
        request.path = file;
        auto done = importers::import_file(
            request,
            [&](const importers::Output& output,
                const ports::Chunk& rows) -> std::expected<void, wire::InputError> {
                const SeriesKey key{
                    .symbol = input.instrument, .kind = output.kind, .spec = output.spec};
                out.try_emplace(key, Columns::widest(key.kind)).first->second.append(rows);
                return {};
            });
        if (!done) return std::unexpected(as_failure(done.error()));
    }
    return out;
}

std::expected<CleanResult, Failure> clean_files(const DataCleanOptions& options,
                                                const market::QualitySettings& settings) {
    const auto rules = TRY(rules_of(options));
    const DataImportOptions& input = options.input;
    importers::ImportRequest request = TRY(make_import_request(input));
    auto begun = catalog::Transaction::begin(
        input.catalog,
        input.replace ? catalog::Overlap::replace : catalog::Overlap::must_be_identical);
    if (!begun) return std::unexpected(as_failure(begun.error()));
    request.instrument = TRY(resolve_instrument((*begun)->find_instrument(input.instrument),
                                                input.instrument, input.definition));
    if (auto done = (*begun)->put_instrument(request.instrument); !done) {
        return std::unexpected(as_failure(done.error()));
    }
    const bool drops =
        std::find(rules.begin(), rules.end(), QualityRule::unreadable) != rules.end();
    CleanResult out;
    for (auto& [key, rows] : TRY(read_dirty(input, request, drops))) {
        const auto numbers = catalog::list_repairs(input.catalog, key);
        if (!numbers) return std::unexpected(as_failure(numbers.error()));
        RepairRecord record;
        record.key = key;
        record.number = numbers->empty() ? 1 : numbers->back() + 1;
        record.files = input.files;
        out.series.push_back(
            clean(std::move(record), std::move(rows), request.instrument, rules, settings));
        TRY_VOID(refuse_unfit(out.series.back()));
    }
    std::erase_if(out.series, [](const Cleaning& one) { return one.rows.rows() == 0; });
    if (!options.dry_run) TRY_VOID(store(input.catalog, **begun, out.series));
    return out;
}

// --- output --------------------------------------------------------------------------------------

std::string cell_text(SeriesKind kind, std::size_t column, std::int64_t value) {
    const bool plain = kind == SeriesKind::trade && column == ports::TradeColumns::aggressor;
    const bool is_time = column == ports::kTs || ports::exchange_time_column(kind) == column;
    return plain || is_time ? fmt::format("{}", value)
                            : base::format_decimal(value, base::kDecimals);
}

Json cells_json(SeriesKind kind, const std::vector<std::int64_t>& cells) {
    Json out = Json::object();
    const auto names = ports::column_names(kind);
    for (std::size_t i = 0; i < cells.size(); ++i) {
        out[std::string{names[i]}] =
            i == ports::kTs ? Json(cells[i]) : Json(cell_text(kind, i, cells[i]));
    }
    return out;
}

Json to_json(const DataCleanOptions& options, const CleanResult& result) {
    Json out{{"catalog", options.input.catalog},
             {"dry_run", options.dry_run},
             {"undone", result.is_undone},
             {"series", Json::array()}};
    for (const Cleaning& one : result.series) {
        const RepairRecord& record = one.record;
        const bool is_bar = record.key.kind == SeriesKind::bar;
        Json changes = Json::array(), left = Json::object();
        for (const catalog::RowChange& change : record.changes) {
            changes.push_back({{"row", change.row},
                               {"ts", change.before[ports::kTs]},
                               {"rule", change.rule},
                               {"before", cells_json(record.key.kind, change.before)},
                               {"after", change.after ? cells_json(record.key.kind, *change.after)
                                                      : Json(nullptr)}});
        }
        for (const auto& [rule, rows] : one.left) {
            left[std::string{market::to_string(rule)}] = rows;
        }
        out["series"].push_back(
            {{"instrument", record.key.symbol},
             {"kind", ports::to_string(record.key.kind)},
             {"interval", is_bar ? Json(to_string(record.key.spec)) : Json(nullptr)},
             {"version", record.changes.empty() ? Json(nullptr) : Json(record.number)},
             {"rows_before", record.rows_before},
             {"rows_after", record.rows_after},
             {"changes", changes},
             {"left", left},
             {"record", catalog::repairs_path(record.key, record.number)}});
    }
    out["wall_s"] = result.wall_s;
    return out;
}

void print_change(SeriesKind kind, const catalog::RowChange& change) {
    std::string text;
    for (std::size_t i = 0; change.after && i < change.before.size(); ++i) {
        if (change.before[i] == (*change.after)[i]) continue;
        text += fmt::format(", {} {} -> {}", ports::column_names(kind)[i],
                            cell_text(kind, i, change.before[i]),
                            cell_text(kind, i, (*change.after)[i]));
    }
    if (!change.after) {
        text = ", dropped";
    } else if (text.empty()) {
        text = ", moved";
    }
    fmt::print("  row {} {} {}{}\n", change.row, to_string(Timestamp{change.before[ports::kTs]}),
               change.rule, text);
}

void print(const DataCleanOptions& options, const CleanResult& result) {
    for (const Cleaning& one : result.series) {
        const RepairRecord& record = one.record;
        const std::string name = ports::to_string(record.key);
        if (result.is_undone) {
            fmt::print("{}: version {} undone, {} rows\n", name, record.number,
                       with_commas(one.rows.rows()));
            continue;
        }
        const std::size_t shown = std::min<std::size_t>(record.changes.size(), options.shown);
        for (std::size_t i = 0; i < shown; ++i) print_change(record.key.kind, record.changes[i]);
        if (shown < record.changes.size()) {
            fmt::print("  ... and {} more (--show, --json)\n",
                       with_commas(record.changes.size() - shown));
        }
        fmt::print("{}: {} rows changed, {} of {} stay{}\n", name,
                   with_commas(record.changes.size()), with_commas(record.rows_after),
                   with_commas(record.rows_before),
                   options.dry_run ? " (--dry-run: nothing was written)"
                   : record.changes.empty()
                       ? ""
                       : fmt::format("; version {}, {} says what stood there", record.number,
                                     catalog::repairs_path(record.key, record.number)));
        for (const auto& [rule, rows] : one.left) {
            fmt::print("  {} still speaks of {} rows\n", market::to_string(rule),
                       with_commas(rows));
        }
    }
}

std::expected<CleanResult, Failure> run(const DataCleanOptions& options) {
    const QualityPlan plan = TRY(make_quality_plan({}, options.thresholds));
    const bool files = !options.input.files.empty();
    if (options.undo && (files || !options.rules.empty() || options.dry_run)) {
        return std::unexpected(bad_usage("--undo takes a series of the catalog and nothing else"));
    }
    if (options.undo) return undo(options);
    return files ? clean_files(options, plan.settings) : clean_catalog(options, plan.settings);
}

}  // namespace

int run_data_clean(const DataCleanOptions& options) {
    const Progress progress;
    auto result = run(options);
    if (!result) return report(result.error());
    result->wall_s = progress.seconds();
    if (options.json) {
        fmt::print("{}\n", to_json(options, *result).dump(2));
    } else {
        print(options, *result);
    }
    return 0;
}

}  // namespace tradewind::apps
