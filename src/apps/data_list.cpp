// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "adapters/catalog/instrument_json.hpp"
#include "apps/data_common.hpp"
#include "base/try.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using ports::Series;

std::string interval_of(const Series& s) {
    return s.key.kind == ports::SeriesKind::bar ? to_string(s.key.spec) : std::string{};
}

/// To the second, as a table has room for.
std::string short_time(Timestamp t) { return to_string(Timestamp{t.ns - t.ns % seconds(1).ns}); }

std::string human_bytes(std::uint64_t bytes) {
    if (bytes < 1'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
    if (bytes < 1'000'000'000) return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
    return fmt::format("{:.2f} GB", static_cast<double>(bytes) / 1e9);
}

void print_series(const catalog::Catalog& all) {
    std::size_t width = 10;
    for (const Series& s : all.series()) width = std::max(width, s.key.symbol.size());
    fmt::print("{:<{}}  {:<16}  {:<10}  {:>14}  {:<20}  {:<20}  {:>10}\n", "instrument", width,
               "kind", "interval", "rows", "first", "last", "size");
    for (const Series& s : all.series()) {
        fmt::print("{:<{}}  {:<16}  {:<10}  {:>14}  {:<20}  {:<20}  {:>10}\n", s.key.symbol, width,
                   ports::to_string(s.key.kind), interval_of(s), with_commas(s.rows),
                   short_time(s.first), short_time(s.last), human_bytes(all.bytes_of(s.key)));
    }
    if (all.series().empty()) fmt::print("(nothing yet)\n");
}

Json series_json(const catalog::Catalog& all) {
    Json out = Json::array();
    for (const Series& s : all.series()) {
        const bool is_bar = s.key.kind == ports::SeriesKind::bar;
        out.push_back({{"instrument", s.key.symbol},
                       {"kind", ports::to_string(s.key.kind)},
                       {"interval", is_bar ? Json(interval_of(s)) : Json(nullptr)},
                       {"rows", s.rows},
                       {"first", to_string(s.first)},
                       {"last", to_string(s.last)},
                       {"first_ts", s.first.ns},
                       {"last_ts", s.last.ns},
                       {"bytes", all.bytes_of(s.key)}});
    }
    return out;
}

std::expected<void, Failure> put_instruments(const DataInstrumentsOptions& options) {
    const auto given = TRY(read_instrument_file(options.file));
    auto begun = catalog::Transaction::begin(options.catalog);
    if (!begun) return std::unexpected(as_failure(begun.error()));
    for (const Instrument& one : given) {
        if (auto done = (*begun)->put_instrument(one); !done) {
            return std::unexpected(as_failure(done.error()));
        }
    }
    if (auto done = (*begun)->commit(); !done) return std::unexpected(as_failure(done.error()));
    return {};
}

void print_instruments(const catalog::Catalog& all) {
    fmt::print("{:<24}  {:<16}  {:<9}  {:>12}  {:>12}  {:>10}  {}\n", "instrument", "asset class",
               "currency", "tick", "lot", "multiplier", "calendar");
    for (const Instrument* i : all.instruments()) {
        fmt::print("{:<24}  {:<16}  {:<9}  {:>12}  {:>12}  {:>10}  {}\n", i->symbol,
                   to_string(i->asset_class), to_string(i->quote), to_string(i->tick),
                   to_string(i->lot), to_string(i->multiplier), to_string(i->calendar));
    }
}

}  // namespace

int run_data_list(const DataListOptions& options) {
    const auto all = catalog::Catalog::open(options.catalog);
    if (!all) return report(as_failure(all.error()));
    if (options.json) {
        fmt::print("{}\n",
                   Json{{"catalog", options.catalog}, {"series", series_json(**all)}}.dump(2));
    } else {
        print_series(**all);
    }
    return 0;
}

int run_data_verify(const DataListOptions& options) {
    const auto all = catalog::Catalog::open(options.catalog);
    if (!all) return report(as_failure(all.error()));
    const catalog::VerifyReport found = (*all)->verify();
    if (options.json) {
        Json damage = Json::array();
        for (const catalog::Error& error : found.damage) damage.push_back(error.text);
        fmt::print("{}\n", Json{{"catalog", options.catalog},
                                {"whole", found.damage.empty()},
                                {"segments", found.segments},
                                {"rows", found.rows},
                                {"bytes", found.bytes},
                                {"damage", damage}}
                               .dump(2));
    } else {
        fmt::print("{} segments, {} rows, {}: {}\n", with_commas(found.segments),
                   with_commas(found.rows), human_bytes(found.bytes),
                   found.damage.empty() ? "whole" : "damaged");
    }
    for (const catalog::Error& error : found.damage)
        fmt::print(stderr, "tradewind: {}\n", error.text);
    return found.damage.empty() ? 0 : 1;
}

int run_data_instruments(const DataInstrumentsOptions& options) {
    if (!options.file.empty()) {
        if (auto done = put_instruments(options); !done) return report(done.error());
    }
    const auto all = catalog::Catalog::open(options.catalog);
    if (!all) return report(as_failure(all.error()));
    if (!options.json) {
        print_instruments(**all);
        return 0;
    }
    Json list = Json::array();
    for (const Instrument* i : (*all)->instruments()) {
        list.push_back(Json::parse(catalog::instrument_to_json(*i)));
    }
    fmt::print("{}\n", list.dump(2));
    return 0;
}

}  // namespace tradewind::apps
