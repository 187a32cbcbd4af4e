// SPDX-License-Identifier: Apache-2.0
// The vendors' own files must give the same rows as the plain files that were made from them by
// other hands (the data set's README says how). Skipped where the data set is not there.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "adapters/importers/importer.hpp"

namespace tradewind::importers {
namespace {

using ports::Columns;
using ports::SeriesKind;

std::string data_directory() {
    const char* given = std::getenv("TRADEWIND_DATA");
    return given != nullptr ? given : "../shared/data";
}

struct Imported {
    std::map<PriceSource, Columns> by_source;
    TableStats stats;
    std::string error;

    [[nodiscard]] const Columns& last() const { return by_source.at(PriceSource::last); }
};

Imported run(const ImportRequest& request) {
    Imported out;
    const auto sink = [&](const Output& output,
                          const ports::Chunk& rows) -> std::expected<void, wire::InputError> {
        auto& columns =
            out.by_source.try_emplace(output.spec.source, Columns{output.kind}).first->second;
        columns.append(rows);
        return {};
    };
    const auto stats = import_file(request, sink);
    if (stats) {
        out.stats = *stats;
    } else {
        out.error = wire::to_string(stats.error());
    }
    return out;
}

ImportRequest make(Format format, const std::string& symbol, SeriesKind kind, Duration interval,
                   const std::string& path) {
    ImportRequest out;
    out.format = format;
    out.kind = kind;
    if (kind == SeriesKind::bar) out.spec = time_bars(interval);
    out.instrument = default_instrument(symbol).value();
    out.path = data_directory() + "/" + path;
    return out;
}

Columns within(const Columns& all, std::int64_t first, std::int64_t last) {
    Columns out;
    out.columns.resize(all.columns.size());
    out.append(ports::slice(all.view(), {first}, {last + 1}));
    return out;
}

/// The rows of the vendor's file are those of the clean file in the same span.
void expect_same(const Columns& vendor, const std::string& clean_path, SeriesKind kind) {
    ImportRequest clean = make(Format::csv, "X.ARCA", kind, minutes(1), clean_path);
    clean.checks.all_trades = true;
    const Imported expected = run(clean);
    ASSERT_EQ(expected.error, "");
    ASSERT_GT(vendor.rows(), 0U);
    const auto& ts = vendor.columns[0];
    const Columns part = within(expected.last(), ts.front(), ts.back());
    ASSERT_EQ(vendor.rows(), part.rows());
    for (std::size_t i = 0; i < vendor.columns.size(); ++i) {
        const auto [at, other] = std::mismatch(vendor.columns[i].begin(), vendor.columns[i].end(),
                                               part.columns[i].begin());
        if (at == vendor.columns[i].end()) continue;
        const auto row = static_cast<std::size_t>(at - vendor.columns[i].begin());
        ADD_FAILURE() << ports::column_names(kind)[i] << " at " << to_string(Timestamp{ts[row]})
                      << ": " << *at << " from the vendor, " << *other << " clean";
        return;
    }
}

class Samples : public testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(data_directory() + "/manifest.csv")) {
            GTEST_SKIP() << "no market data at " << data_directory() << " (TRADEWIND_DATA)";
        }
    }
};

struct Pair {
    Format format;
    const char* symbol;
    SeriesKind kind;
    Duration interval;
    const char* vendor;
    PriceSource source;
    const char* clean;
};

constexpr auto kLast = PriceSource::last;
constexpr auto kBid = PriceSource::bid;
constexpr auto kAsk = PriceSource::ask;
constexpr auto kBar = SeriesKind::bar;
constexpr auto kQuote = SeriesKind::quote;
constexpr auto kTrade = SeriesKind::trade;

constexpr Pair kPairs[] = {
    {Format::yahoo, "GE.NYSE", kBar, days(1), "original/yahoo/GE.csv", kLast,
     "equities/daily_split_adjusted/GE.csv.gz"},
    {Format::yahoo, "MSFT.NASDAQ", kBar, days(1), "original/yahoo/MSFT.csv", kLast,
     "equities/daily_split_adjusted/MSFT.csv.gz"},
    {Format::lean, "AAPL.NASDAQ", kBar, minutes(1),
     "original/lean/equity/usa/minute/aapl/20140606_trade.zip", kLast,
     "equities/minute_raw/AAPL.csv.gz"},
    {Format::lean, "AAPL.NASDAQ", kBar, minutes(1),
     "original/lean/equity/usa/minute/aapl/20140609_trade.zip", kLast,
     "equities/minute_raw/AAPL.csv.gz"},
    {Format::lean, "AAPL.NASDAQ", kBar, minutes(1),
     "original/lean/equity/usa/minute/aapl/20140609_quote.zip", kBid,
     "equities/minute_raw/AAPL.bid.csv.gz"},
    {Format::lean, "AAPL.NASDAQ", kBar, minutes(1),
     "original/lean/equity/usa/minute/aapl/20140609_quote.zip", kAsk,
     "equities/minute_raw/AAPL.ask.csv.gz"},
    {Format::lean, "SPY.ARCA", kBar, minutes(1),
     "original/lean/equity/usa/minute/spy/20131007_trade.zip", kLast,
     "equities/minute_raw/SPY.csv.gz"},
    {Format::lean, "SPY.ARCA", kBar, minutes(1),
     "original/lean/equity/usa/minute/spy/20131007_quote.zip", kBid,
     "equities/minute_raw/SPY.bid.csv.gz"},
    {Format::lean, "SPY.ARCA", kBar, minutes(1),
     "original/lean/equity/usa/minute/spy/20131007_quote.zip", kAsk,
     "equities/minute_raw/SPY.ask.csv.gz"},
    {Format::lean,
     "BAC.NYSE",
     kTrade,
     {},
     "original/lean/equity/usa/tick/bac/20131007_trade.zip",
     kLast,
     "equities/trades/BAC.csv.gz"},
    {Format::lean, "BTCUSD.COINBASE", kBar, minutes(1),
     "original/lean/crypto/coinbase/minute/btcusd/20171217_trade.zip", kLast,
     "crypto/minute/BTCUSD.coinbase.csv.gz"},
    {Format::lean, "EURUSD.OANDA", kBar, days(1), "original/lean/forex/oanda/daily/eurusd.zip",
     kBid, "fx/daily/EURUSD.oanda.bid.csv.gz"},
    {Format::lean, "EURUSD.OANDA", kBar, days(1), "original/lean/forex/oanda/daily/eurusd.zip",
     kAsk, "fx/daily/EURUSD.oanda.ask.csv.gz"},
    {Format::lean, "EURUSD.OANDA", kBar, hours(1), "original/lean/forex/oanda/hour/eurusd.zip",
     kBid, "fx/hour/EURUSD.oanda.bid.csv.gz"},
    {Format::lean, "EURUSD.OANDA", kBar, hours(1), "original/lean/forex/oanda/hour/eurusd.zip",
     kAsk, "fx/hour/EURUSD.oanda.ask.csv.gz"},
    {Format::lean, "EURUSD.OANDA", kBar, minutes(1),
     "original/lean/forex/oanda/minute/eurusd/20140505_quote.zip", kBid,
     "fx/minute/EURUSD.oanda.bid.csv.gz"},
    {Format::lean,
     "EURUSD.OANDA",
     kQuote,
     {},
     "original/lean/forex/oanda/tick/eurusd/20140505_quote.zip",
     kLast,
     "fx/ticks/EURUSD.oanda.csv.gz"},
    {Format::lean, "XAUUSD.OANDA", kBar, minutes(1),
     "original/lean/cfd/oanda/minute/xauusd/20140505_quote.zip", kBid,
     "fx/minute/XAUUSD.oanda.bid.csv.gz"},
};

TEST_F(Samples, equal_the_clean_files) {
    for (const Pair& pair : kPairs) {
        SCOPED_TRACE(pair.vendor);
        ImportRequest request =
            make(pair.format, pair.symbol, pair.kind, pair.interval, pair.vendor);
        request.checks.all_trades = true;
        const Imported vendor = run(request);
        ASSERT_EQ(vendor.error, "");
        expect_same(vendor.by_source.at(pair.source), pair.clean, pair.kind);
    }
}

/// Rows of `all` whose instant is one of `wanted`.
Columns only(const Columns& all, const std::vector<std::int64_t>& wanted) {
    Columns out;
    out.columns.resize(all.columns.size());
    const std::set<std::int64_t> set(wanted.begin(), wanted.end());
    for (std::size_t row = 0; row < all.rows(); ++row) {
        if (!set.contains(all.columns[0][row])) continue;
        for (std::size_t i = 0; i < out.columns.size(); ++i) {
            out.columns[i].push_back(all.columns[i][row]);
        }
    }
    return out;
}

TEST_F(Samples, equal_the_clean_files_less_the_crossed_bars_that_those_left_out) {
    const Imported vendor = run(make(Format::lean, "EURUSD.FXCM", kBar, minutes(1),
                                     "original/lean/forex/fxcm/minute/eurusd/20140505_quote.zip"));
    ASSERT_EQ(vendor.error, "");
    const char* const clean = "fx/minute/EURUSD.fxcm.ask.csv.gz";
    const Imported expected = run(make(Format::csv, "EURUSD.FXCM", kBar, minutes(1), clean));
    const Columns& ask = vendor.by_source.at(kAsk);
    const Columns kept = only(ask, expected.last().columns[0]);
    EXPECT_EQ(ask.rows() - kept.rows(), 75U);
    expect_same(kept, clean, kBar);
}

TEST_F(Samples, equal_the_clean_files_less_crossed_quotes) {
    ImportRequest request = make(Format::lean, "EURUSD.FXCM", kQuote, {},
                                 "original/lean/forex/fxcm/tick/eurusd/20140504_quote.zip");
    const std::string refused = run(request).error;
    EXPECT_TRUE(refused.contains(":86: field 'bid': 1.38801 is above the ask 1.38798")) << refused;
    request.checks.skip_crossed = true;
    const Imported vendor = run(request);
    ASSERT_EQ(vendor.error, "");
    EXPECT_GT(vendor.stats.crossed, 0U);
    expect_same(vendor.last(), "fx/ticks/EURUSD.fxcm.csv.gz", kQuote);
}

/// Bars whose highs and lows the clean files repaired, by repairs.csv.gz.
std::set<std::int64_t> repaired(const std::string& symbol, const std::string& granularity) {
    std::set<std::int64_t> out;
    auto reader = wire::CsvReader::open(
                      wire::open_text(data_directory() + "/equities/repairs.csv.gz").value())
                      .value();
    wire::CsvFields fields;
    while (reader.next(fields).value()) {
        if (fields[1] == symbol && fields[2] == granularity)
            out.insert(std::stoll(std::string{fields[0]}));
    }
    return out;
}

TEST_F(Samples, equal_the_clean_files_but_for_the_repairs_that_those_list) {
    struct Case {
        const char* symbol;
        Duration interval;
        const char* vendor;
        const char* clean;
        const char* ticker;
        const char* granularity;
    };
    const Case cases[] = {
        {"AAPL.NASDAQ", days(1), "original/lean/equity/usa/daily/aapl.zip",
         "equities/daily_raw/AAPL.csv.gz", "AAPL", "daily"},
        {"SPY.ARCA", days(1), "original/lean/equity/usa/daily/spy.zip",
         "equities/daily_raw/SPY.csv.gz", "SPY", "daily"},
        {"SPY.ARCA", hours(1), "original/lean/equity/usa/hour/spy.zip",
         "equities/hour_raw/SPY.csv.gz", "SPY", "hour"},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.vendor);
        const Imported vendor = run(make(Format::lean, c.symbol, kBar, c.interval, c.vendor));
        ASSERT_EQ(vendor.error, "");
        const Imported clean = run(make(Format::csv, c.symbol, kBar, c.interval, c.clean));
        const auto excused = repaired(c.ticker, c.granularity);
        const Columns &a = vendor.last(), &b = clean.last();
        ASSERT_EQ(a.rows(), b.rows());
        std::size_t differing = 0;
        for (std::size_t row = 0; row < a.rows(); ++row) {
            bool same = true;
            for (std::size_t i = 0; i < a.columns.size(); ++i)
                same = same && a.columns[i][row] == b.columns[i][row];
            if (same) continue;
            ++differing;
            EXPECT_TRUE(excused.contains(a.columns[0][row]))
                << to_string(Timestamp{a.columns[0][row]});
        }
        EXPECT_LE(differing, excused.size());
    }
}

TEST_F(Samples, equal_one_contract_of_a_zip_that_holds_several) {
    ImportRequest request = make(Format::lean, "ES_201312.CME", kBar, minutes(1),
                                 "original/lean/future/cme/minute/es/20131007_trade.zip");
    const std::string refused = run(request).error;
    EXPECT_TRUE(refused.contains("name one with --entry")) << refused;
    request.entry = "20131007_es_minute_trade_201312.csv";
    const Imported vendor = run(request);
    ASSERT_EQ(vendor.error, "");
    expect_same(vendor.last(), "futures/minute_raw/ES_201312.csv.gz", kBar);
}

TEST_F(Samples, equal_tables_read_by_mapping) {
    ImportRequest bars = make(Format::custom, "GBPUSD.FXCM", kBar, minutes(1),
                              "original/fxcm/gbpusd-m1-bid-2012.csv");
    bars.map = parse_mapping("ts=timestamp,open=open,high=high,low=low,close=close").value();
    const Imported vendor = run(bars);
    ASSERT_EQ(vendor.error, "");
    expect_same(vendor.last(), "fx/minute/GBPUSD.fxcm.bid.csv.gz", kBar);

    ImportRequest ticks =
        make(Format::custom, "USDJPY.FX", kQuote, {}, "original/truefx/usdjpy-ticks.csv");
    ticks.map = parse_mapping("ts=timestamp,bid=bid,ask=ask").value();
    const Imported quotes = run(ticks);
    ASSERT_EQ(quotes.error, "");
    expect_same(quotes.last(), "fx/ticks/USDJPY.truefx.csv.gz", kQuote);
}

struct Readable {
    const char* path;
    const char* symbol;
    SeriesKind kind;
    Duration interval;
    const char* map;
    const char* ts_format;
    bool no_header;
    std::uint64_t rows;  // as the data set's README or `wc -l` counts them
};

constexpr Readable kReadable[] = {
    {"generic/2006-day-001.txt", "STOXX.ARCA", kBar, days(1),
     "ts=Date,open=Open,high=High,low=Low,close=Close,volume=Volume", "date", false, 255},
    {"generic/2006-min-005.txt", "STOXX.CME", kBar, minutes(5),
     "ts=Date+Time,open=Open,high=High,low=Low,close=Close,volume=Volume", "date", false, 2142},
    {"generic/daily-KO.csv", "KO.NYSE", kBar, days(1),
     "ts=Date,open=Open,high=High,low=Low,close=Close,volume=Volume", "date", false, 356},
    {"freqtrade/BCHEUR.csv", "BCHEUR.KRAKEN", kTrade, {}, "ts=1,price=2,size=3", "s", true, 148},
    {"freqtrade/public_trades_list.csv",
     "ETHUSDT.BINANCE",
     kTrade,
     {},
     "ts=timestamp,price=price,size=amount,side=side",
     "ms",
     false,
     1000},
    {"tardis/bitmex_trades_XBTUSD.csv",
     "XBTUSD.BYBIT",
     kTrade,
     {},
     "ts=timestamp,price=price,size=amount,side=side",
     "us",
     false,
     10},
    {"tardis/huobi-dm-swap_quotes_BTC-USD.csv",
     "BTCUSD.BYBIT",
     kQuote,
     {},
     "ts=timestamp,bid=bid_price,ask=ask_price,bid_size=bid_amount,ask_size=ask_amount",
     "us",
     false,
     10},
};

TEST_F(Samples, of_other_vendors_import_whole) {
    for (const Readable& r : kReadable) {
        SCOPED_TRACE(r.path);
        ImportRequest request =
            make(Format::custom, r.symbol, r.kind, r.interval, std::string{"original/"} + r.path);
        request.map = parse_mapping(r.map).value();
        request.stamp_format = parse_stamp_format(r.ts_format);
        request.no_header = r.no_header;
        const Imported vendor = run(request);
        EXPECT_EQ(vendor.error, "");
        EXPECT_EQ(vendor.stats.rows, r.rows);
    }
}

TEST_F(Samples, of_klines_import_whole_with_and_without_header) {
    const Imported month = run(make(Format::binance, "FILUSDT.BINANCE", kBar, minutes(1),
                                    "original/binance/FILUSDT-1m-2023-02.zip"));
    EXPECT_EQ(month.error, "");
    EXPECT_EQ(month.stats.rows, 40'320U);  // 28 days of 1,440 minutes
    EXPECT_EQ(to_string(Timestamp{month.last().columns[0].front()}), "2023-02-01T00:00:00Z");
    const Imported day = run(make(Format::binance, "ADABTC.BINANCE", kBar, minutes(1),
                                  "original/binance/ADABTC-1m-2021-11-27.csv"));
    EXPECT_EQ(day.error, "");
    EXPECT_EQ(day.stats.rows, 10U);
    EXPECT_EQ(day.last().columns[1].front(), 28'530);  // 0.00002853
}

TEST_F(Samples, of_every_other_kind_import_whole) {
    struct Case {
        Format format;
        const char* symbol;
        SeriesKind kind;
        Duration interval;
        const char* path;
    };
    const Case cases[] = {
        {Format::lean, "UW.NYSE", kBar, days(1), "lean/equity/usa/daily/uw.zip"},
        {Format::lean, "GDVD.NYSE", kBar, hours(1), "lean/equity/usa/hour/gdvd.zip"},
        {Format::lean, "BAC.NYSE", kBar, seconds(1),
         "lean/equity/usa/second/bac/20131007_trade.zip"},
        {Format::lean, "BAC.NYSE", kBar, seconds(1),
         "lean/equity/usa/second/bac/20131007_quote.zip"},
        {Format::lean, "AIG.NYSE", kTrade, {}, "lean/equity/usa/tick/aig/20131007_trade.zip"},
        {Format::lean, "BTCUSD.BITFINEX", kBar, hours(1),
         "lean/crypto/bitfinex/hour/btcusd_trade.zip"},
        {Format::lean, "EURUSD.OANDA", kBar, seconds(1),
         "lean/forex/oanda/second/eurusd/20140504_quote.zip"},
        {Format::yahoo, "NVDA.NASDAQ", kBar, days(1), "generic/nvda-1999-2014.txt"},
        {Format::yahoo, "YHOO.NASDAQ", kBar, days(1), "generic/yhoo-1996-2015.txt"},
        {Format::yahoo, "KO.NYSE", kBar, days(1), "generic/daily-KO.csv"},
    };
    for (const Case& c : cases) {
        const Imported vendor =
            run(make(c.format, c.symbol, c.kind, c.interval, std::string{"original/"} + c.path));
        EXPECT_EQ(vendor.error, "");
        EXPECT_GT(vendor.stats.rows, 0U) << c.path;
    }
}

TEST_F(Samples, with_more_decimals_than_we_keep_need_a_word_from_the_person) {
    ImportRequest request = make(Format::lean, "BTCUSD.COINBASE", kBar, minutes(1),
                                 "original/lean/crypto/coinbase/minute/btcusd/20171217_quote.zip");
    const std::string refused = run(request).error;
    EXPECT_TRUE(refused.contains(
        "field 'bid size': '0.029768000000000003' has more than nine decimal places"))
        << refused;
    EXPECT_TRUE(refused.contains("--round")) << refused;
    request.checks.round = true;
    EXPECT_EQ(run(request).error, "");
}

TEST_F(Samples, of_trades_leave_out_what_is_no_last_sale) {
    ImportRequest request =
        make(Format::csv, "SPY.ARCA", kTrade, {}, "dirty/SPY.trades.20131010.off_market.csv.gz");
    const Imported some = run(request);
    ASSERT_EQ(some.error, "");
    EXPECT_GT(some.stats.not_last_sale, 0U);
    // the data set's account of this file: blocks at 165.59, two per cent off the market
    const auto& prices = some.last().columns[1];
    EXPECT_EQ(std::count(prices.begin(), prices.end(), 165'590'000'000), 0);
    request.checks.all_trades = true;
    const auto all = run(request);
    const auto& every = all.last().columns[1];
    EXPECT_GE(std::count(every.begin(), every.end(), 165'590'000'000), 8);
}

TEST_F(Samples, that_are_dirty_are_refused_with_their_line) {
    struct Case {
        Format format;
        const char* symbol;
        SeriesKind kind;
        Duration interval;
        const char* path;
        const char* says;
    };
    const Case cases[] = {
        {Format::yahoo, "PTR.NYSE", kBar, days(1), "dirty/PTR.yahoo_null_row.csv",
         "'null' is not a decimal"},
        {Format::csv,
         "EURUSD.FXCM",
         kQuote,
         {},
         "dirty/EURUSD.fxcm.ticks.crossed.csv.gz",
         "above the ask"},
        {Format::csv, "VIX.CME", kBar, days(1), "dirty/VIX.daily.open_outside_range.csv.gz",
         "field 'open'"},
        {Format::csv, "BTCUSDT.BINANCE", kBar, hours(1),
         "dirty/BTCUSDT.cryptodatadownload.1h.csv.gz", "has no column 'ts'"},
    };
    for (const Case& c : cases) {
        const Imported vendor = run(make(c.format, c.symbol, c.kind, c.interval, c.path));
        EXPECT_TRUE(vendor.error.contains(c.says)) << c.path << ": " << vendor.error;
    }
    ImportRequest null =
        make(Format::yahoo, "PTR.NYSE", kBar, days(1), "dirty/PTR.yahoo_null_row.csv");
    null.checks.skip_null_rows = true;
    const Imported passed = run(null);
    EXPECT_EQ(passed.error, "");
    EXPECT_EQ(passed.stats.null_rows, 1U);
}

}  // namespace
}  // namespace tradewind::importers
