// SPDX-License-Identifier: Apache-2.0
// Binance's messages as they were recorded, decoded to values with exact decimals. Items are
// messages. The copy of each message into padded memory is part of it.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/binance/book_sync.hpp"
#include "adapters/binance/decode.hpp"
#include "adapters/binance/recordings_for_tests.hpp"

namespace tradewind::binance {
namespace {

enum Kinds : std::uint8_t { trades = 1, diffs = 2, tickers = 4 };

/// The messages of the chosen kinds in the order in which they came; the snapshot is left out.
std::vector<std::string> recorded(int kinds) {
    std::vector<std::string> out;
    for (const std::string& line : recorded_lines(kSpotRecording)) {
        const std::string_view text = message_of(line);
        const bool is_wanted = ((kinds & trades) != 0 && text.contains("@trade\"")) ||
                               ((kinds & diffs) != 0 && text.contains("@depth")) ||
                               ((kinds & tickers) != 0 && text.contains("@bookTicker\""));
        if (is_wanted) out.emplace_back(text);
    }
    return out;
}

void decode(benchmark::State& state) {
    const auto messages = recorded(static_cast<int>(state.range(0)));
    if (messages.empty()) return state.SkipWithError("no market data: set TRADEWIND_DATA");
    Decoder decoder(Segment::spot);
    std::int64_t bytes = 0;
    for (const std::string& message : messages) bytes += static_cast<std::int64_t>(message.size());
    std::size_t faults = 0;
    for (auto _ : state) {
        for (const std::string& message : messages) {
            const auto decoded = decoder.stream(message);
            faults += decoded ? 0 : 1;
            benchmark::DoNotOptimize(decoded);
        }
    }
    if (faults != 0) state.SkipWithError("a recorded message was refused");
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(messages.size()));
    state.SetBytesProcessed(state.iterations() * bytes);
}
BENCHMARK(decode)->Name("decode_trades")->Arg(trades);
BENCHMARK(decode)->Name("decode_diffs")->Arg(diffs);
BENCHMARK(decode)->Name("decode_diffs_and_trades")->Arg(trades | diffs);
BENCHMARK(decode)->Name("decode_all_as_recorded")->Arg(trades | diffs | tickers);

}  // namespace
}  // namespace tradewind::binance
