// SPDX-License-Identifier: Apache-2.0
#include "apps/data_request.hpp"

#include <fmt/format.h>

#include "base/try.hpp"
#include "domain/names.hpp"

namespace tradewind::apps {
namespace {

using importers::ImportRequest;

constexpr auto kPriceSources = names<PriceSource>("last", "bid", "ask", "mid");

std::expected<void, Failure> read_text_options(const DataImportOptions& options,
                                               ImportRequest& out) {
    if (!options.map.empty()) {
        auto map = importers::parse_mapping(options.map);
        if (!map) return std::unexpected(bad_usage("--map: " + map.error()));
        out.map = std::move(*map);
    }
    if (!options.ts_format.empty()) {
        out.stamp_format = importers::parse_stamp_format(options.ts_format);
        if (!out.stamp_format) {
            return std::unexpected(
                bad_usage(fmt::format("--ts-format: {} is none of iso, date, s, ms, us, ns, nor a "
                                      "pattern like '%d/%m/%Y %H:%M'",
                                      wire::quoted(options.ts_format))));
        }
    }
    if (!options.zone.empty()) {
        out.zone = importers::parse_zone(options.zone);
        if (!out.zone) {
            return std::unexpected(bad_usage(
                fmt::format("--tz: {} is none of UTC, America/New_York, nor an offset like +02:00",
                            wire::quoted(options.zone))));
        }
    }
    if (!options.delimiter.empty()) {
        const bool tab = options.delimiter == "\\t" || options.delimiter == "tab";
        if (!tab && options.delimiter.size() != 1) {
            return std::unexpected(bad_usage("--delimiter: give one character, or tab"));
        }
        out.delimiter = tab ? '\t' : options.delimiter.front();
    }
    return {};
}

}  // namespace

std::expected<ImportRequest, Failure> make_import_request(const DataImportOptions& options) {
    const auto format = importers::parse_format(options.format);
    if (!format) {
        return std::unexpected(
            bad_usage(fmt::format("--format: {} is none of {}", wire::quoted(options.format),
                                  importers::format_names())));
    }
    ImportRequest out;
    out.format = *format;
    const auto key = TRY(parse_series_key(options.instrument, options.kind, options.interval));
    out.kind = key.kind;
    out.spec = key.spec;
    const auto source = kPriceSources.parse(options.price_source);
    if (!source) {
        return std::unexpected(
            bad_usage(fmt::format("--price-source: {} is none of last, bid, ask, mid",
                                  wire::quoted(options.price_source))));
    }
    if (*source != PriceSource::last) out.spec.source = *source;
    out.entry = options.entry;
    out.no_header = options.no_header;
    out.skip_lines = options.skip_lines;
    out.mixed_offsets = options.mixed_offsets;
    out.checks.round = options.round;
    out.checks.allow_negative = options.allow_negative;
    out.checks.all_trades = options.all_trades;
    out.checks.skip_null_rows = options.skip_null_rows;
    out.checks.skip_crossed = options.skip_crossed;
    out.checks.decimal_comma = options.decimal_comma;
    TRY_VOID(read_text_options(options, out));
    if (*format == importers::Format::custom && out.map.empty()) {
        return std::unexpected(
            bad_usage("--format custom needs --map, like ts=Date,open=Open,..."));
    }
    if (*format != importers::Format::custom &&
        (!out.map.empty() || out.stamp_format || out.no_header || out.skip_lines > 0)) {
        return std::unexpected(bad_usage(
            "--map, --ts-format, --no-header and --skip-lines belong to --format custom"));
    }
    return out;
}

}  // namespace tradewind::apps
