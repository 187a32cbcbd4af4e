// SPDX-License-Identifier: Apache-2.0
#include "adapters/importers/lean.hpp"

#include <fmt/format.h>

#include "base/try.hpp"

namespace tradewind::importers {
namespace {

using ports::SeriesKind;
using wire::CsvReader;
using wire::InputError;

enum class Content : std::uint8_t { trades, quotes, trade_bars, quote_bars };

constexpr std::int64_t kShareScale = 10'000;
constexpr std::size_t kTradeBarColumns = 6;
constexpr std::size_t kQuoteBarColumns = 11;

Cell decimal(std::string_view name, std::uint8_t slot) {
    return {.kind = CellKind::decimal, .slot = slot, .name = std::string{name}};
}
Cell size_cell(std::string_view name, std::uint8_t slot) {
    Cell out = decimal(name, slot);
    out.may_be_empty = true;
    return out;
}
Cell skipped() { return {.kind = CellKind::skip, .slot = 0, .name = {}}; }

bool is_share(const Instrument& instrument) {
    return instrument.asset_class == AssetClass::equity ||
           instrument.asset_class == AssetClass::etf;
}

Zone zone_of(const ImportRequest& request) {
    if (request.zone) return *request.zone;
    if (is_share(request.instrument)) {
        return {.kind = Zone::Kind::new_york, .offset = {}};
    }
    if (request.instrument.venue() == "FXCM")
        return {.kind = Zone::Kind::fixed, .offset = hours(-5)};
    return {};
}

Output series(SeriesKind kind, const BarSpec& spec, const std::vector<Cell>& cells,
              std::initializer_list<std::uint8_t> slots) {
    Output out{.kind = kind, .spec = spec, .slots = {}, .names = {}};
    std::size_t i = 0;
    for (const std::uint8_t slot : slots) {
        out.slots[i] = slot;
        for (const Cell& cell : cells) {
            if (cell.kind != CellKind::skip && cell.slot == slot) out.names[i] = cell.name;
        }
        ++i;
    }
    return out;
}

BarSpec side_of(BarSpec spec, PriceSource source) {
    spec.source = source;
    return spec;
}

void plan_trade_bars(const ImportRequest& request, TablePlan& plan) {
    plan.cells.insert(plan.cells.end(), {decimal("open", 1), decimal("high", 2), decimal("low", 3),
                                         decimal("close", 4), size_cell("volume", 5)});
    plan.outputs.push_back(series(SeriesKind::bar, request.spec, plan.cells, {0, 1, 2, 3, 4, 5}));
}

/// One row makes a bid bar and an ask bar; a side that nobody quoted is empty and makes none.
void plan_quote_bars(const ImportRequest& request, TablePlan& plan) {
    std::uint8_t slot = 1;
    for (const std::string_view side : {"bid", "ask"}) {
        for (const std::string_view part : {"open", "high", "low", "close"}) {
            Cell cell = decimal(fmt::format("{} {}", side, part), slot++);
            cell.may_be_empty = true;
            cell.if_empty = kNoPrice;
            plan.cells.push_back(std::move(cell));
        }
        plan.cells.push_back(size_cell(fmt::format("{} size", side), slot++));
    }
    plan.outputs.push_back(series(SeriesKind::bar, side_of(request.spec, PriceSource::bid),
                                  plan.cells, {0, 1, 2, 3, 4, 5}));
    plan.outputs.push_back(series(SeriesKind::bar, side_of(request.spec, PriceSource::ask),
                                  plan.cells, {0, 6, 7, 8, 9, 10}));
}

void plan_trades(const ImportRequest& request, TablePlan& plan) {
    plan.cells.insert(plan.cells.end(), {decimal("price", 1), decimal("size", 2)});
    if (is_share(request.instrument)) {
        plan.cells.push_back(skipped());  // exchange
        plan.cells.push_back({.kind = CellKind::hex,
                              .slot = kConditionsSlot,
                              .may_be_empty = true,
                              .name = "condition"});
        plan.cells.push_back({.kind = CellKind::flag,
                              .slot = kSuspiciousSlot,
                              .may_be_empty = true,
                              .name = "suspicious"});
        plan.has_conditions = true;
    }
    plan.outputs.push_back(series(SeriesKind::trade, {}, plan.cells, {0, 1, 2, kZeroSlot}));
}

/// Forex ticks have bid and ask; crypto ticks a size after each.
void plan_quotes(std::size_t columns, TablePlan& plan) {
    if (columns == 3) {
        plan.cells.insert(plan.cells.end(), {decimal("bid", 1), decimal("ask", 2)});
        plan.outputs.push_back(
            series(SeriesKind::quote, {}, plan.cells, {0, 1, 2, kZeroSlot, kZeroSlot}));
        return;
    }
    plan.cells.insert(plan.cells.end(), {decimal("bid", 1), size_cell("bid size", 3),
                                         decimal("ask", 2), size_cell("ask size", 4)});
    plan.outputs.push_back(series(SeriesKind::quote, {}, plan.cells, {0, 1, 2, 3, 4}));
}

std::expected<Content, InputError> content_of(const ImportRequest& request, const CsvReader& reader,
                                              std::size_t columns) {
    const auto wrong = [&](std::string_view expected) {
        return std::unexpected(reader.error(reader.next_line(), {},
                                            fmt::format("has {} columns, {}", columns, expected),
                                            "check --kind, --interval and --instrument"));
    };
    switch (request.kind) {
        case SeriesKind::bar:
            if (columns == kTradeBarColumns) return Content::trade_bars;
            if (columns == kQuoteBarColumns) return Content::quote_bars;
            return wrong("LEAN bars have 6 (trades) or 11 (quotes)");
        case SeriesKind::trade: {
            const std::size_t expected = is_share(request.instrument) ? 6 : 3;
            if (columns == expected) return Content::trades;
            return wrong(fmt::format("LEAN trades of this asset class have {}", expected));
        }
        case SeriesKind::quote:
            if (columns == 3 || columns == 5) return Content::quotes;
            return wrong("LEAN quotes that can be read have 3 (forex) or 5 (crypto)");
        case SeriesKind::corporate_action:
        case SeriesKind::funding:
        case SeriesKind::book_level:
        case SeriesKind::book_order:
        case SeriesKind::news: break;
    }
    return wrong("and rows of this kind are not read from LEAN files");
}

/// The stamp's cell and rule: a date with time in hour and daily files, else milliseconds of a day.
std::expected<void, InputError> plan_stamps(const ImportRequest& request, const CsvReader& reader,
                                            std::string_view first, TablePlan& plan) {
    plan.stamps.zone = zone_of(request);
    if (first.contains(':')) {
        plan.stamps.kind = StampRule::Kind::text;
        plan.stamps.format = {
            .kind = StampFormat::Kind::pattern, .unit_ns = 1, .pattern = "%Y%m%d %H:%M"};
        plan.stamps.label_is_date = request.spec.step >= days(1).ns && is_share(request.instrument);
        plan.cells.push_back({.kind = CellKind::stamp, .slot = kTsSlot, .name = "time"});
        return {};
    }
    const auto date = date_in_name(request.path);
    if (!date) {
        return std::unexpected(reader.error(0, {},
                                            "has stamps since midnight but no date in its name",
                                            "name it as LEAN does, like 20131007_trade.zip"));
    }
    plan.stamps.kind = StampRule::Kind::of_day;
    plan.stamps.midnight = start_of(*date);
    plan.cells.push_back(decimal("time", kTsSlot));
    return {};
}

}  // namespace

std::optional<Date> date_in_name(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (name.size() > 8 && name[8] != '_' && name[8] != '.') return std::nullopt;
    const auto stamp = parse_stamp(name.substr(0, 8),
                                   {.kind = StampFormat::Kind::date, .unit_ns = 1, .pattern = {}});
    return stamp ? std::optional{utc_date(stamp->wall)} : std::nullopt;
}

std::expected<TableStats, InputError> import_lean(const ImportRequest& request,
                                                  const BatchSink& sink) {
    CsvReader reader = TRY(CsvReader::open(TRY(wire::open_text(request.path, request.entry))));
    wire::CsvFields fields;
    if (!TRY(reader.peek(fields))) {
        return std::unexpected(reader.error(0, {}, "is empty", "give a file with rows"));
    }
    const Content content = TRY(content_of(request, reader, fields.size()));
    TablePlan plan;
    plan.checks = request.checks;
    if (is_share(request.instrument)) plan.checks.price_divisor = kShareScale;
    TRY_VOID(plan_stamps(request, reader, fields.front(), plan));
    switch (content) {
        case Content::trade_bars: plan_trade_bars(request, plan); break;
        case Content::quote_bars: plan_quote_bars(request, plan); break;
        case Content::trades: plan_trades(request, plan); break;
        case Content::quotes: plan_quotes(fields.size(), plan); break;
    }
    if (!request.progress) return read_table(reader, plan, sink);
    const wire::TextFile& file = reader.file();
    return read_table(
        reader, plan,
        [&](const Output& output, const ports::Chunk& rows) -> std::expected<void, InputError> {
            request.progress(file.bytes_taken(), file.bytes_on_disk());
            return sink(output, rows);
        });
}

}  // namespace tradewind::importers
