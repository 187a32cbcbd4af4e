// SPDX-License-Identifier: Apache-2.0
// Every decoder of the venue's bytes. The first byte chooses segment and decoder.
#include <cstdint>
#include <string_view>
#include <vector>

#include "adapters/binance/book_sync.hpp"
#include "adapters/binance/decode.hpp"
#include "adapters/binance/instruments.hpp"
#include "adapters/binance/orders.hpp"
#include "base/assert.hpp"

namespace {

using namespace tradewind;
using namespace tradewind::binance;

void check_levels(std::span<const DepthLevel> levels) {
    for (const DepthLevel& level : levels) {
        ASSERT(level.price.raw > 0);
        ASSERT(level.size.raw >= 0);
    }
}

void check_stream(Decoder& decoder, std::string_view bytes) {
    const auto message = decoder.stream(bytes);
    if (!message) {
        ASSERT(message.error().fault != DecodeFault::none);
        ASSERT(!describe(message.error()).empty());
        return;
    }
    if (const auto* trade = std::get_if<TradePrint>(&message->payload)) {
        ASSERT(trade->price.raw >= 0 && trade->qty.raw >= 0);
    } else if (const auto* diff = std::get_if<DepthUpdate>(&message->payload)) {
        check_levels(diff->bids);
        check_levels(diff->asks);
        BookSync sync(decoder.segment(), InstrumentId{1});
        std::vector<BookLevel> rows;
        static_cast<void>(sync.on_diff(*diff, rows));
        ASSERT(rows.empty());
    } else if (const auto* report = std::get_if<OrderReport>(&message->payload)) {
        const auto event = to_order_event(*report, RunTag{1}, InstrumentId{1});
        if (!event) return;
        const auto* fill = std::get_if<Fill>(&event->detail);
        ASSERT(fill == nullptr || (fill->qty.raw > 0 && fill->price.raw > 0));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    Decoder decoder(data[0] % 2 == 0 ? Segment::spot : Segment::usd_m);
    const std::string_view bytes{reinterpret_cast<const char*>(data + 1), size - 1};
    switch (data[0] / 2 % 12) {
        case 0: {
            const auto book = decoder.depth(bytes);
            if (book) check_levels(book->bids);
            break;
        }
        case 1: {
            const auto info = decoder.exchange_info(bytes);
            if (!info) break;
            for (const SymbolInfo& symbol : info->symbols) {
                const auto rules = to_rules(symbol, decoder.segment());
                ASSERT(!rules || rules->instrument.tick.raw > 0);
                ASSERT(!rules || rules->instrument.lot.raw > 0);
            }
            break;
        }
        case 2: static_cast<void>(decoder.klines(bytes)); break;
        case 3: static_cast<void>(decoder.aggregate_trades(bytes)); break;
        case 4:
            static_cast<void>(decoder.order(bytes));
            static_cast<void>(decoder.cancel_replace(bytes));
            break;
        case 5: static_cast<void>(decoder.orders(bytes)); break;
        case 6: static_cast<void>(decoder.user_trades(bytes)); break;
        case 7: static_cast<void>(decoder.spot_account(bytes)); break;
        case 8: static_cast<void>(decoder.futures_account(bytes)); break;
        case 9: static_cast<void>(decoder.position_risk(bytes)); break;
        case 10: static_cast<void>(decoder.error(bytes)); break;
        default: check_stream(decoder, bytes);
    }
    return 0;
}
