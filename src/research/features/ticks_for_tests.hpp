// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <utility>

#include "base/random.hpp"
#include "domain/instrument.hpp"
#include "sim/memory_history.hpp"

/// Ten minutes of made quotes and trades, for tests.
namespace tradewind::research {

inline constexpr std::int64_t kUnit = 1'000'000'000;

inline Instrument coin() {
    Instrument out;
    out.symbol = "BTCUSDT.BINANCE";
    out.asset_class = AssetClass::crypto_spot;
    return out;
}

inline ports::SeriesKey coin_key(ports::SeriesKind kind, BarSpec spec = {}) {
    return {.symbol = coin().symbol, .kind = kind, .spec = spec};
}

/// Some come at the very close of a span, some several at one instant.
inline sim::MemoryHistory coin_ticks() {
    using ports::SeriesKind;
    base::Random random{5};
    sim::MemoryHistory out;
    out.add_instrument(coin());
    ports::Columns quotes{SeriesKind::quote}, trades{SeriesKind::trade};
    const auto put = [](ports::Columns& to, std::initializer_list<std::int64_t> row) {
        std::size_t i = 0;
        for (const std::int64_t value : row) to.columns[i++].push_back(value);
    };
    const auto size = [&] { return static_cast<std::int64_t>(1 + random.below(9)) * kUnit; };
    std::int64_t price = 100 * kUnit;
    for (std::int64_t s = 0; s < 600; ++s) {
        price += (static_cast<std::int64_t>(random.below(3)) - 1) * kUnit;
        put(quotes, {s * kUnit, price, price + kUnit, size(), size()});
        for (std::uint64_t i = random.below(4); i > 0; --i) {
            const auto side = static_cast<std::int64_t>(random.below(3));
            put(trades, {s * kUnit, price, size(), side});
        }
    }
    out.add_series(coin_key(SeriesKind::quote), std::move(quotes));
    out.add_series(coin_key(SeriesKind::trade), std::move(trades));
    return out;
}

}  // namespace tradewind::research
