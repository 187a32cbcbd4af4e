// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/data_common.hpp"
#include "apps/data_request.hpp"
#include "apps/series_quality.hpp"
#include "base/try.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using market::Finding;
using market::QualityRule;
using ports::SeriesKey;
using ports::SeriesKind;

struct CheckResult {
    std::vector<SeriesFindings> series;
    double wall_s = 0.0;

    [[nodiscard]] std::uint64_t rows() const {
        std::uint64_t out = 0;
        for (const SeriesFindings& one : series) out += one.rows;
        return out;
    }
    [[nodiscard]] std::uint64_t errors() const {
        std::uint64_t out = 0;
        for (const SeriesFindings& one : series) out += one.errors;
        return out;
    }
};

// --- the catalog ---------------------------------------------------------------------------------

/// Hands every chunk of a series to `take`.
template <typename Take>
std::expected<void, Failure> read_all(const catalog::Catalog& all, const SeriesKey& key,
                                      Take take) {
    auto reader = all.read(key, kTimestampMin, kTimestampMax);
    if (!reader) return std::unexpected(as_failure(reader.error()));
    while (true) {
        auto rows = (*reader)->next();
        if (!rows) return std::unexpected(as_failure(rows.error()));
        if (!*rows) return {};
        take(**rows);
    }
}

std::expected<std::vector<std::int64_t>, Failure> known_splits(const catalog::Catalog& all,
                                                               const std::string& symbol) {
    using Action = ports::CorporateActionColumns;
    const SeriesKey key{.symbol = symbol, .kind = SeriesKind::corporate_action, .spec = {}};
    std::vector<std::int64_t> out;
    if (all.find(key) == nullptr) return out;
    TRY_VOID(read_all(all, key, [&](const ports::Chunk& rows) {
        for (std::size_t i = 0; i < rows.rows; ++i) {
            if (rows.columns[Action::kind][i] ==
                static_cast<std::int64_t>(CorporateActionKind::split)) {
                out.push_back(rows.columns[Action::ts][i]);
            }
        }
    }));
    return out;
}

/// Bid bars against the ask bars of the same spans.
std::expected<void, Failure> check_sides(const catalog::Catalog& all, const QualityPlan& plan,
                                         SeriesFindings& bid) {
    SeriesKey ask = bid.key;
    ask.spec.source = PriceSource::ask;
    if (bid.key.kind != SeriesKind::bar || bid.key.spec.source != PriceSource::bid ||
        all.find(ask) == nullptr) {
        return {};
    }
    market::SideChecker sides([&](Finding one) { bid.add(plan, std::move(one)); });
    auto bids = all.read(bid.key, kTimestampMin, kTimestampMax);
    if (!bids) return std::unexpected(as_failure(bids.error()));
    auto asks = all.read(ask, kTimestampMin, kTimestampMax);
    if (!asks) return std::unexpected(as_failure(asks.error()));
    bool more_bids = true, more_asks = true;
    while (more_bids || more_asks) {
        const bool take_bid = more_bids && (!more_asks || sides.bid_is_behind());
        auto rows = take_bid ? (*bids)->next() : (*asks)->next();
        if (!rows) return std::unexpected(as_failure(rows.error()));
        if (!*rows) {
            (take_bid ? more_bids : more_asks) = false;
        } else if (take_bid) {
            sides.feed_bid(bar_rows(**rows));
        } else {
            sides.feed_ask(bar_rows(**rows));
        }
    }
    sides.finish();
    return {};
}

bool is_wanted(const DataCheckOptions& options, const SeriesKey& key,
               const std::optional<BarSpec>& spec) {
    if (key.kind != SeriesKind::bar && key.kind != SeriesKind::quote &&
        key.kind != SeriesKind::trade) {
        return false;
    }
    const auto& symbols = options.instruments;
    if (!symbols.empty() && std::find(symbols.begin(), symbols.end(), key.symbol) == symbols.end())
        return false;
    if (!options.kind.empty() && options.kind != ports::to_string(key.kind)) return false;
    return !spec || (key.kind == SeriesKind::bar && key.spec == *spec);
}

std::expected<void, Failure> check_names(const DataCheckOptions& options,
                                         const catalog::Catalog& all) {
    for (const std::string& symbol : options.instruments) {
        if (all.find_instrument(symbol) != nullptr) continue;
        return std::unexpected(
            bad_usage(fmt::format("--instrument: the catalog has no {}; `tradewind data ls` shows "
                                  "what there is",
                                  wire::quoted(symbol))));
    }
    return {};
}

std::expected<void, Failure> check_kind(const std::string& text) {
    const auto kind = ports::parse_series_kind(text);
    if (text.empty() || kind == SeriesKind::bar || kind == SeriesKind::quote ||
        kind == SeriesKind::trade) {
        return {};
    }
    return std::unexpected(
        bad_usage(fmt::format("--kind: {} is none of bar, quote, trade", wire::quoted(text))));
}

std::expected<void, Failure> check_catalog(const DataCheckOptions& options, const QualityPlan& plan,
                                           Progress& progress, CheckResult& out) {
    const auto opened = catalog::Catalog::open(options.input.catalog);
    if (!opened) return std::unexpected(as_failure(opened.error()));
    const catalog::Catalog& all = **opened;
    TRY_VOID(check_names(options, all));
    std::optional<BarSpec> spec;
    if (!options.input.interval.empty()) {
        spec = parse_bar_spec(options.input.interval);
        if (!spec) {
            return std::unexpected(bad_usage(fmt::format("--interval: {} is none like 1m, 1h or 1d",
                                                         wire::quoted(options.input.interval))));
        }
    }
    for (const ports::Series& one : all.series()) {
        if (!is_wanted(options, one.key, spec)) continue;
        SeriesFindings& found = out.series.emplace_back();
        found.key = one.key;
        const auto splits = TRY(known_splits(all, one.key.symbol));
        SeriesChecker checker(one.key,
                              {.instrument = all.find_instrument(one.key.symbol), .splits = splits},
                              plan, found);
        TRY_VOID(read_all(all, one.key, [&](const ports::Chunk& rows) {
            checker.feed(rows);
            progress.show(
                fmt::format("{}: {} rows", ports::to_string(one.key), with_commas(found.rows)));
        }));
        checker.finish();
        TRY_VOID(check_sides(all, plan, found));
    }
    return {};
}

// --- files ---------------------------------------------------------------------------------------

/// The series of files that are read one after the other, with all their dirt.
class FileCheck {
public:
    FileCheck(importers::ImportRequest request, const QualityPlan& plan)
        : request_(std::move(request)), plan_(plan) {
        unreadable_.key = {
            .symbol = request_.instrument.symbol, .kind = request_.kind, .spec = request_.spec};
        request_.checks.keep_dirty = true;
        request_.checks.unreadable = [this](const wire::InputError& error) {
            unreadable_.add(plan_, {.rule = QualityRule::unreadable,
                                    .severity = market::Severity::error,
                                    .row = error.line,
                                    .ts = {},
                                    .detail = wire::to_string(error),
                                    .repair = std::nullopt});
        };
    }
    FileCheck(const FileCheck&) = delete;
    FileCheck& operator=(const FileCheck&) = delete;

    std::expected<void, Failure> read(const std::string& file, Progress& progress) {
        request_.path = file;
        request_.progress = [&](std::uint64_t taken, std::uint64_t bytes) {
            progress.show(fmt::format("{}: {} %", file, bytes == 0 ? 0 : taken * 100 / bytes));
        };
        auto done = importers::import_file(
            request_, [this](const importers::Output& output, const ports::Chunk& rows) {
                take(output, rows);
                return std::expected<void, wire::InputError>{};
            });
        if (!done) return std::unexpected(as_failure(done.error()));
        return {};
    }

    /// Everything found; of the file as a whole with its first series.
    std::vector<SeriesFindings> finish() {
        std::vector<SeriesFindings> out;
        if (series_.size() == kSides) sides_.finish();
        for (auto& one : series_) {
            one->checker.finish();
            out.push_back(std::move(one->found));
        }
        if (out.empty()) {
            out.push_back(std::move(unreadable_));
            return out;
        }
        for (SeriesFindings* of_file : {&crossed_, &unreadable_}) {
            for (Finding& one : of_file->findings) out.front().add(plan_, std::move(one));
        }
        return out;
    }

private:
    static constexpr std::size_t kSides = 2;

    struct OneSeries {
        OneSeries(const SeriesKey& key, const Instrument& instrument, const QualityPlan& plan)
            : checker(key, {.instrument = &instrument, .splits = {}}, plan, found) {
            found.key = key;
        }
        SeriesFindings found;
        SeriesChecker checker;
    };

    void take(const importers::Output& output, const ports::Chunk& rows) {
        series_of({.symbol = request_.instrument.symbol, .kind = output.kind, .spec = output.spec})
            .checker.feed(rows);
        if (output.kind != SeriesKind::bar) return;
        if (output.spec.source == PriceSource::bid) sides_.feed_bid(bar_rows(rows));
        if (output.spec.source == PriceSource::ask) sides_.feed_ask(bar_rows(rows));
    }

    OneSeries& series_of(const SeriesKey& key) {
        const auto found = std::find_if(series_.begin(), series_.end(),
                                        [&](const auto& one) { return one->found.key == key; });
        if (found != series_.end()) return **found;
        return *series_.emplace_back(std::make_unique<OneSeries>(key, request_.instrument, plan_));
    }

    importers::ImportRequest request_;
    const QualityPlan& plan_;
    std::vector<std::unique_ptr<OneSeries>> series_;
    SeriesFindings unreadable_;
    SeriesFindings crossed_;
    market::SideChecker sides_{[this](Finding one) { crossed_.add(plan_, std::move(one)); }};
};

std::expected<void, Failure> check_files(const DataCheckOptions& options, const QualityPlan& plan,
                                         Progress& progress, CheckResult& out) {
    DataImportOptions input = options.input;
    if (options.instruments.size() != 1) {
        return std::unexpected(bad_usage("--file needs one --instrument, like SPY.ARCA"));
    }
    input.instrument = options.instruments.front();
    if (!options.kind.empty()) input.kind = options.kind;
    importers::ImportRequest request = TRY(make_import_request(input));
    request.instrument = TRY(resolve_instrument(nullptr, input.instrument, input.definition));
    FileCheck check(std::move(request), plan);
    for (const std::string& file : input.files) TRY_VOID(check.read(file, progress));
    out.series = check.finish();
    return {};
}

std::expected<CheckResult, Failure> check(const DataCheckOptions& options) {
    QualityPlan plan = TRY(make_quality_plan(options.rules, options.thresholds));
    plan.findings_max = options.issues_max;
    TRY_VOID(check_kind(options.kind));
    const bool files = !options.input.files.empty();
    if (files == !options.input.catalog.empty()) {
        return std::unexpected(bad_usage("give --catalog, or --file for data not imported yet"));
    }
    Progress progress;
    CheckResult out;
    TRY_VOID(files ? check_files(options, plan, progress, out)
                   : check_catalog(options, plan, progress, out));
    for (SeriesFindings& one : out.series) one.sort();
    out.wall_s = progress.seconds();
    return out;
}

// --- output --------------------------------------------------------------------------------------

Json interval_of(const SeriesKey& key) {
    return key.kind == SeriesKind::bar ? Json(to_string(key.spec)) : Json(nullptr);
}

Json issue_json(const SeriesKey& key, const Finding& one) {
    return {{"instrument", key.symbol},
            {"kind", ports::to_string(key.kind)},
            {"interval", interval_of(key)},
            {"row", one.row},
            {"rows", one.rows},
            {"ts", one.ts.ns},
            {"time", to_string(one.ts)},
            {"rule", market::to_string(one.rule)},
            {"severity", market::to_string(one.severity)},
            {"detail", one.detail}};
}

Json to_json(const DataCheckOptions& options, const CheckResult& result) {
    Json out;
    if (options.input.files.empty()) {
        out["catalog"] = options.input.catalog;
    } else {
        out["files"] = options.input.files;
    }
    out["rows"] = result.rows();
    out["errors"] = result.errors();
    std::uint64_t left_off = 0;
    out["series"] = Json::array();
    Json issues = Json::array();
    for (const SeriesFindings& one : result.series) {
        Json counts = Json::object();
        for (const auto& [rule, count] : one.counts) {
            counts[std::string{market::to_string(rule)}] = {{"issues", count.findings},
                                                            {"rows", count.rows}};
        }
        out["series"].push_back({{"instrument", one.key.symbol},
                                 {"kind", ports::to_string(one.key.kind)},
                                 {"interval", interval_of(one.key)},
                                 {"rows", one.rows},
                                 {"errors", one.errors},
                                 {"rules", counts}});
        for (const Finding& finding : one.findings) issues.push_back(issue_json(one.key, finding));
        left_off += one.left_off;
    }
    out["issues"] = std::move(issues);
    out["issues_left_off"] = left_off;
    out["wall_s"] = result.wall_s;
    out["rows_per_s"] =
        result.wall_s > 0 ? static_cast<double>(result.rows()) / result.wall_s : 0.0;
    return out;
}

void print_rule(QualityRule rule, const CheckResult& result, std::uint64_t shown) {
    SeriesFindings::Count all;
    for (const SeriesFindings& one : result.series) {
        const auto found = one.counts.find(rule);
        if (found == one.counts.end()) continue;
        all.findings += found->second.findings;
        all.rows += found->second.rows;
    }
    if (all.findings == 0) return;
    fmt::print("{}: {} ({} found, {} rows)\n", market::to_string(rule), market::describe(rule),
               with_commas(all.findings), with_commas(all.rows));
    std::uint64_t lines = 0;
    for (const SeriesFindings& one : result.series) {
        for (const Finding& finding : one.findings) {
            if (finding.rule != rule) continue;
            if (++lines > shown) continue;
            fmt::print("  {:<7} {} row {}{} {}: {}\n", market::to_string(finding.severity),
                       ports::to_string(one.key), finding.row,
                       finding.rows > 1 ? fmt::format(" and {} more", finding.rows - 1) : "",
                       to_string(finding.ts), finding.detail);
        }
    }
    if (all.findings > shown) {
        fmt::print("  ... and {} more (--show, --json)\n", with_commas(all.findings - shown));
    }
}

void print(const DataCheckOptions& options, const CheckResult& result) {
    for (std::size_t i = 0; i < market::kQualityRules; ++i) {
        print_rule(static_cast<QualityRule>(i), result, options.shown);
    }
    fmt::print("{} rows of {} series in {:.2f} s: {} errors\n", with_commas(result.rows()),
               result.series.size(), result.wall_s, with_commas(result.errors()));
}

}  // namespace

int run_data_check(const DataCheckOptions& options) {
    const auto result = check(options);
    if (!result) return report(result.error());
    if (options.json) {
        fmt::print("{}\n", to_json(options, *result).dump(2));
    } else {
        print(options, *result);
    }
    return result->errors() > 0 ? 1 : 0;
}

}  // namespace tradewind::apps
