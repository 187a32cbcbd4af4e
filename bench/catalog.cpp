// SPDX-License-Identifier: Apache-2.0
// CSV into the catalog, as `tradewind data import` does it (fsync included), and rows out of it.
// `tradewind data import --json` prints rows_per_s of the whole command too.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "adapters/catalog/catalog.hpp"
#include "adapters/importers/importer.hpp"
#include "base/random.hpp"
#include "wire/text_sink.hpp"

namespace tradewind {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRows = 5'000'000;

struct Scratch {
    Scratch() {
        std::string name = (fs::temp_directory_path() / "tradewind-bench-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) std::abort();
        root = name;
    }
    ~Scratch() { fs::remove_all(root); }
    std::string root;
};

/// Minute bars of about 60 bytes a line.
void write_bars(const std::string& path) {
    base::Random random{1};
    std::ofstream file{path, std::ios::binary};
    std::string text = "ts,open,high,low,close,volume\n";
    std::int64_t price = 101'250'000'000;
    for (std::int64_t i = 0; i < kRows; ++i) {
        const std::int64_t open = price;
        price += (static_cast<std::int64_t>(random.below(41)) - 20) * 100'000;
        const std::int64_t high =
            std::max(open, price) + static_cast<std::int64_t>(random.below(10)) * 100'000;
        const std::int64_t low =
            std::min(open, price) - static_cast<std::int64_t>(random.below(10)) * 100'000;
        wire::append_integer(text, 946'684'800'000'000'000 + i * minutes(1).ns);
        for (const std::int64_t value : {open, high, low, price}) {
            text += ',';
            wire::append_decimal(text, value);
        }
        text += ',';
        wire::append_integer(text, static_cast<std::int64_t>(random.below(1'000'000)));
        text += '\n';
        if (text.size() > (1U << 20)) {
            file << text;
            text.clear();
        }
    }
    file << text;
}

ports::SeriesKey key() {
    return {.symbol = "SPY.ARCA", .kind = ports::SeriesKind::bar, .spec = time_bars(minutes(1))};
}

bool import(const std::string& file, const std::string& path) {
    auto change = catalog::Transaction::begin(path);
    const Instrument spy = default_instrument("SPY.ARCA").value();
    if (!change || !(*change)->put_instrument(spy)) return false;
    importers::ImportRequest request;
    request.spec = key().spec;
    request.instrument = spy;
    request.path = file;
    const auto sink = [&](const importers::Output&,
                          const ports::Chunk& rows) -> std::expected<void, wire::InputError> {
        if ((*change)->append(key(), rows)) return {};
        return std::unexpected(wire::InputError{});
    };
    return importers::import_file(request, sink) && (*change)->commit();
}

void import_csv(benchmark::State& state) {
    const Scratch scratch;
    write_bars(scratch.root + "/bars.csv");
    for (auto _ : state) {
        if (!import(scratch.root + "/bars.csv", scratch.root + "/catalog"))
            state.SkipWithError("import");
        state.PauseTiming();
        fs::remove_all(scratch.root + "/catalog");
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(import_csv)->Unit(benchmark::kMillisecond)->UseRealTime();

/// From opening to the last row: every checksum is verified once.
void read_rows(benchmark::State& state) {
    const Scratch scratch;
    write_bars(scratch.root + "/bars.csv");
    if (!import(scratch.root + "/bars.csv", scratch.root + "/catalog"))
        state.SkipWithError("import");
    for (auto _ : state) {
        const auto all = catalog::Catalog::open(scratch.root + "/catalog").value();
        auto reader = all->read(key(), kTimestampMin, kTimestampMax).value();
        std::int64_t sum = 0;
        while (const auto chunk = reader->next().value()) {
            for (const std::int64_t close : chunk->column(ports::BarColumns::close))
                sum += close / 1'000;
        }
        benchmark::DoNotOptimize(sum);
    }
    state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(read_rows)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace tradewind
