// SPDX-License-Identifier: Apache-2.0
#include "adapters/catalog/manifest.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <span>

#include "adapters/catalog/instrument_json.hpp"
#include "base/hash.hpp"

namespace tradewind::catalog {
namespace {

Instrument everything() {
    Instrument out;
    out.symbol = "BTCUSDT-240329.BINANCE";
    out.asset_class = AssetClass::future;
    out.base = *Currency::parse("BTC");
    out.quote = *Currency::parse("USDT");
    out.settlement = *Currency::parse("USDC");
    out.tick = {12'500'000};
    out.lot = {1'000};
    out.min_qty = {2'000};
    out.max_qty = Qty{500'000'000'000};
    out.min_notional = whole_money(5);
    out.max_notional = Money{base::Int128{123} * kMoneyOne / 7};
    out.multiplier = {100'000'000};
    out.fees = {.maker = {-25'000},
                .taker = {450'000},
                .per_unit = Money{3},
                .minimum = Money{4},
                .maximum = Rate{5},
                .currency = *Currency::parse("BNB")};
    out.margin = {.initial = {50'000'000}, .maintenance = {25'000'000}};
    out.calendar = CalendarKind::fx_week;
    out.expiry = parse_timestamp("2024-03-29T08:00:00.000000001Z");
    return out;
}

TEST(InstrumentJson, keeps_every_field) {
    EXPECT_EQ(instruments_from_json(instrument_to_json(everything())).value().front(),
              everything());
    for (const char* symbol : {"SPY.ARCA", "EURUSD.OANDA", "BTCUSDT.BINANCE", "ES_201312.CME"}) {
        const Instrument plain = default_instrument(symbol).value();
        EXPECT_EQ(instruments_from_json(instrument_to_json(plain)).value().front(), plain);
    }
}

TEST(InstrumentJson, takes_the_venues_defaults_for_what_is_left_out) {
    const auto read =
        instruments_from_json(R"([{"symbol":"SPY.ARCA","tick":"0.05"},{"symbol":"QQQ.NASDAQ"}])");
    ASSERT_TRUE(read.has_value()) << read.error();
    EXPECT_EQ((*read)[0].tick.raw, 50'000'000);
    EXPECT_EQ((*read)[0].calendar, CalendarKind::us_equity);
    EXPECT_EQ((*read)[1], default_instrument("QQQ.NASDAQ").value());
}

TEST(InstrumentJson, refuses_what_it_does_not_know_by_name) {
    struct Case {
        const char* json;
        const char* says;
    };
    const Case cases[] = {
        {"{", "is not JSON"},
        {"[1]", "object with a 'symbol'"},
        {R"({"symbol":"SPY.ARCA","tik":"1"})", "'tik': is not known"},
        {R"({"symbol":"SPY.ARCA","tick":0.01})", "'tick': should be a text"},
        {R"({"symbol":"SPY.ARCA","tick":"abc"})", "'tick': 'abc' is not a decimal"},
        {R"({"symbol":"SPY.ARCA","tick":"0"})", "tick must be above 0"},
        {R"({"symbol":"SPY.ARCA","asset_class":"pork"})", "'asset_class': 'pork' is not known"},
        {R"({"symbol":"SPY.ARCA","fees":{"x":"1"}})", "'fees.x': is not known"},
        {R"({"symbol":"../etc","quote":"USD"})", "is no symbol"},
        {R"({"symbol":"ODD"})", "quote currency is missing"},
    };
    for (const Case& c : cases) {
        const auto read = instruments_from_json(c.json);
        ASSERT_FALSE(read.has_value()) << c.json;
        EXPECT_TRUE(read.error().contains(c.says)) << read.error();
    }
}

Manifest some_manifest() {
    Manifest out;
    out.instruments.emplace("SPY.ARCA", default_instrument("SPY.ARCA").value());
    const BarSpec ticks{.unit = BarUnit::tick, .source = PriceSource::mid, .step = 100};
    for (const BarSpec& spec :
         {time_bars(days(1)), time_bars(minutes(5), PriceSource::bid), ticks}) {
        auto& list =
            out.series[{.symbol = "SPY.ARCA", .kind = ports::SeriesKind::bar, .spec = spec}];
        list.push_back({.file = "1-2-2-0.twc", .rows = 2, .first = {1}, .last = {2}});
        list.push_back({.file = "3-9-4-0.twc", .rows = 4, .first = {3}, .last = {9}});
    }
    out.series[{.symbol = "SPY.ARCA", .kind = ports::SeriesKind::quote, .spec = {}}].push_back(
        {.file = "x.twc", .rows = 1, .first = {-5}, .last = {-5}});
    return out;
}

TEST(Manifest, reads_what_it_writes) {
    const Manifest manifest = some_manifest();
    const auto read = decode_manifest(encode_manifest(manifest));
    ASSERT_TRUE(read.has_value()) << read.error();
    EXPECT_EQ(*read, manifest);
    EXPECT_EQ(decode_manifest(encode_manifest({})).value(), Manifest{});
}

std::string sealed(std::string body) {
    body += fmt::format("end {:08x}\n",
                        base::crc32c(std::as_bytes(std::span{body.data(), body.size()})));
    return body;
}

TEST(Manifest, refuses_lines_that_only_somebody_else_can_have_written) {
    const std::string head = "tradewind-catalog 1\n";
    for (const std::string& body : {
             std::string{"tradewind-catalog 2\n"},
             head + "segment 1 2 3 a.twc\n",
             head + "series SPY.ARCA bar\n",
             head + "series SPY.ARCA nonsense\n",
             head + "series SPY.ARCA quote\nsegment 1 2 3 ../../a.twc\n",
             head + "series SPY.ARCA quote\nsegment 2 1 3 a.twc\n",
             head + "series SPY.ARCA quote\nsegment 1 5 3 a.twc\nsegment 2 6 3 b.twc\n",
             head + "series SPY.ARCA quote\nseries SPY.ARCA quote\n",
             head + "hello\n",
         }) {
        EXPECT_FALSE(decode_manifest(sealed(body)).has_value()) << body;
    }
}

TEST(Manifest, puts_each_series_into_a_directory_that_any_file_system_can_hold) {
    const auto directory = [](const char* symbol, ports::SeriesKind kind, const BarSpec& spec) {
        return series_directory({.symbol = symbol, .kind = kind, .spec = spec});
    };
    EXPECT_EQ(directory("SPY.ARCA", ports::SeriesKind::bar, time_bars(days(1))),
              "data/SPY.ARCA/bar-1d");
    EXPECT_EQ(directory("BTC/USD.KRAKEN", ports::SeriesKind::bar,
                        time_bars(minutes(1), PriceSource::ask)),
              "data/BTC%2FUSD.KRAKEN/bar-1m%2Fask");
    EXPECT_EQ(directory("X:Y.Z", ports::SeriesKind::trade, {}), "data/X%3AY.Z/trade");
}

TEST(Symbol, is_letters_digits_and_a_few_marks) {
    for (const char* good :
         {"SPY.ARCA", "BRK.A.NYSE", "BTC-PERP.X", "BTC/USD.KRAKEN", "ES_201312.CME"}) {
        EXPECT_TRUE(is_valid_symbol(good)) << good;
    }
    for (const char* bad : {"", ".", "..", "../x", "A B", "A\nB", "\xc3\xa4.X"}) {
        EXPECT_FALSE(is_valid_symbol(bad)) << bad;
    }
}

}  // namespace
}  // namespace tradewind::catalog
