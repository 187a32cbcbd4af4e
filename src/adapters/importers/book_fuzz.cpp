// SPDX-License-Identifier: Apache-2.0
// The first byte picks format and kind, the rest is a file of book rows or of captured messages: it
// gives rows that keep the rules of their kind, or one line that says why not.
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "adapters/importers/book.hpp"
#include "adapters/importers/capture.hpp"
#include "base/assert.hpp"

namespace {

using namespace tradewind;
using namespace tradewind::importers;
using ports::SeriesKind;

struct Shape {
    Format format;
    SeriesKind kind;
};

constexpr std::array<Shape, 8> kShapes{{{Format::csv, SeriesKind::book_level},
                                        {Format::csv, SeriesKind::book_order},
                                        {Format::binance, SeriesKind::book_level},
                                        {Format::tardis, SeriesKind::book_level},
                                        {Format::bybit, SeriesKind::book_level},
                                        {Format::capture, SeriesKind::book_level},
                                        {Format::capture, SeriesKind::trade},
                                        {Format::capture, SeriesKind::quote}}};

void check(const Output& output, const ports::Chunk& rows) {
    const auto ts = rows.column(ports::kTs);
    ASSERT(std::is_sorted(ts.begin(), ts.end()));
    using Level = ports::BookLevelColumns;
    if (output.kind != SeriesKind::book_level) return;
    for (std::size_t i = 0; i < rows.rows; ++i) {
        ASSERT(rows.columns[Level::price][i] > 0);
        ASSERT(rows.columns[Level::size][i] >= 0);
        ASSERT(rows.columns[Level::side][i] <= 1);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const Shape shape = kShapes[data[0] % kShapes.size()];
    const std::span text{reinterpret_cast<const char*>(data + 1), size - 1};
    ImportRequest request;
    request.format = shape.format;
    request.kind = shape.kind;
    const BatchSink sink = [](const Output& output,
                              const ports::Chunk& rows) -> std::expected<void, wire::InputError> {
        check(output, rows);
        return {};
    };
    auto file = wire::text_in_memory(text, "fuzz");
    std::expected<TableStats, wire::InputError> done;
    if (shape.format == Format::bybit || shape.format == Format::capture) {
        done = read_capture(request, *file, sink);
    } else {
        auto reader = wire::CsvReader::open(std::move(file));
        if (!reader) return 0;
        done = read_book(request, *reader, sink);
    }
    ASSERT(done.has_value() || !wire::to_string(done.error()).contains('\n'));
    return 0;
}
