// SPDX-License-Identifier: Apache-2.0
// The first byte picks kind and options, the rest is a file: it gives rows that keep the rules of
// their kind, or one line that says why not.
#include <algorithm>
#include <cstdint>
#include <span>

#include "adapters/importers/stamp.hpp"
#include "adapters/importers/table.hpp"
#include "base/assert.hpp"

namespace {

using namespace tradewind;
using namespace tradewind::importers;

TablePlan bars(bool text_stamps) {
    TablePlan plan;
    const char* const names[] = {"ts", "open", "high", "low", "close", "volume"};
    Output output{.kind = ports::SeriesKind::bar, .spec = {}, .slots = {}, .names = {}};
    for (std::uint8_t i = 0; i < 6; ++i) {
        const CellKind first = text_stamps ? CellKind::stamp : CellKind::integer;
        plan.cells.push_back({.kind = i == 0 ? first : CellKind::decimal,
                              .slot = i,
                              .may_be_empty = i == 5,
                              .if_empty = 0,
                              .name = names[i]});
        output.slots[i] = i;
        output.names[i] = names[i];
    }
    if (text_stamps) plan.stamps.kind = StampRule::Kind::text;
    plan.outputs.push_back(output);
    return plan;
}

TablePlan trades() {
    TablePlan plan;
    const CellKind kinds[] = {CellKind::integer, CellKind::decimal, CellKind::decimal,
                              CellKind::side,    CellKind::hex,     CellKind::flag};
    const std::size_t slots[] = {0, 1, 2, 3, kConditionsSlot, kSuspiciousSlot};
    for (std::size_t i = 0; i < 6; ++i) {
        plan.cells.push_back({.kind = kinds[i],
                              .slot = static_cast<std::uint8_t>(slots[i]),
                              .may_be_empty = i > 2,
                              .if_empty = 0,
                              .name = "x"});
    }
    plan.outputs.push_back({.kind = ports::SeriesKind::trade,
                            .spec = {},
                            .slots = {0, 1, 2, 3},
                            .names = {"ts", "price", "size"}});
    plan.has_conditions = true;
    return plan;
}

void check(const Output& output, const ports::Chunk& rows) {
    const auto ts = rows.column(0);
    ASSERT(std::is_sorted(ts.begin(), ts.end()));
    if (output.kind != ports::SeriesKind::bar) return;
    for (std::size_t i = 0; i < rows.rows; ++i) {
        ASSERT(i == 0 || ts[i] > ts[i - 1]);
        ASSERT(rows.columns[3][i] <= std::min(rows.columns[1][i], rows.columns[4][i]));
        ASSERT(rows.columns[2][i] >= std::max(rows.columns[1][i], rows.columns[4][i]));
        ASSERT(rows.columns[5][i] >= 0);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const unsigned choice = data[0];
    const std::span text{reinterpret_cast<const char*>(data + 1), size - 1};
    TablePlan plan = (choice & 1U) != 0 ? trades() : bars((choice & 2U) != 0);
    plan.checks.round = (choice & 4U) != 0;
    plan.checks.allow_negative = (choice & 8U) != 0;
    plan.checks.decimal_comma = (choice & 16U) != 0;
    plan.checks.skip_null_rows = (choice & 32U) != 0;
    if ((choice & 64U) != 0) plan.stamps.zone = *parse_zone("America/New_York");
    if ((choice & 128U) != 0) plan.stamps.format = *parse_stamp_format("%d/%m/%y %I:%M:%S.%f %p");
    auto reader = wire::CsvReader::open(wire::text_in_memory(text, "fuzz"));
    if (!reader) return 0;
    const auto done =
        read_table(*reader, plan,
                   [](const Output& output,
                      const ports::Chunk& rows) -> std::expected<void, wire::InputError> {
                       check(output, rows);
                       return {};
                   });
    ASSERT(done.has_value() || !wire::to_string(done.error()).contains('\n'));
    return 0;
}
