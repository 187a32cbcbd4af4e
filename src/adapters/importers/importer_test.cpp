// SPDX-License-Identifier: Apache-2.0
#include "adapters/importers/importer.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "adapters/importers/lean.hpp"

namespace tradewind::importers {
namespace {

namespace fs = std::filesystem;

using ports::SeriesKind;
using Rows = std::vector<std::vector<std::int64_t>>;  // [columns][rows]

class ImporterTest : public testing::Test {
protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "tradewind-import-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        root_ = name;
        request_.path = root_ + "/f.csv";
        request_.spec = time_bars(minutes(1));
        request_.instrument = default_instrument("SPY.ARCA").value();
    }
    void TearDown() override { fs::remove_all(root_); }

    /// "" or the error without the path.
    std::string import(const std::string& text) {
        fs::remove(request_.path);
        std::ofstream{request_.path, std::ios::binary} << text;
        rows_.clear();
        const auto sink = [&](const Output& output,
                              const ports::Chunk& chunk) -> std::expected<void, wire::InputError> {
            if (rows_.empty()) rows_.resize(ports::column_count(output.kind));
            for (std::size_t i = 0; i < rows_.size(); ++i) {
                const auto column = chunk.column(i);
                rows_[i].insert(rows_[i].end(), column.begin(), column.end());
            }
            return {};
        };
        const auto done = import_file(request_, sink);
        if (done) {
            stats_ = *done;
            return "";
        }
        const std::string error = wire::to_string(done.error());
        return error.starts_with(request_.path) ? error.substr(request_.path.size()) : error;
    }

    std::string root_;
    ImportRequest request_;
    Rows rows_;
    TableStats stats_;
};

const std::string kBars = "ts,open,high,low,close,volume\n";

TEST_F(ImporterTest, reads_bars_exactly) {
    EXPECT_EQ(import(kBars + "1000,1.5,2,1.25,1.75,100\r\n2000,1.75,1.75,0.000000001,1,\n"), "");
    EXPECT_EQ(rows_, (Rows{{1000, 2000},
                           {1'500'000'000, 1'750'000'000},
                           {2'000'000'000, 1'750'000'000},
                           {1'250'000'000, 1},
                           {1'750'000'000, 1'000'000'000},
                           {100'000'000'000, 0}}));
}

TEST_F(ImporterTest, finds_columns_by_name_and_passes_over_others) {
    EXPECT_EQ(import("close,extra,ts,low,high,open\n3,\"a,\nb\",7,1,4,2\n"), "");
    EXPECT_EQ(rows_,
              (Rows{{7}, {2'000'000'000}, {4'000'000'000}, {1'000'000'000}, {3'000'000'000}, {0}}));
}

TEST_F(ImporterTest, takes_numbers_the_slow_way_where_they_are_unusual) {
    EXPECT_EQ(import(kBars + "1,\"1.5\", 2e0 ,+1.25,1.75,12345678901234e-5\n"), "");
    EXPECT_EQ(rows_[5].front(), 123'456'789'012'340'000);
}

TEST_F(ImporterTest, takes_an_empty_table) {
    EXPECT_EQ(import(kBars), "");
    EXPECT_TRUE(rows_.empty());
}

struct Bad {
    std::string text;
    const char* says;
};

TEST_F(ImporterTest, names_line_field_text_and_mend_of_a_bad_bar) {
    const std::string good = "1000,1.5,2,1.25,1.75,100\n";
    const Bad cases[] = {
        {"", ": is empty; give a file with a header and rows"},
        {"ts,open,high,low,volume\n",
         ":1: the header has no column 'close'; it has 'ts,open,high,low,volume'; "
         "--format custom --map names other columns"},
        {"ts;open;high;low;close;volume\n",
         ":1: the header has no column 'ts'; the columns look separated by ';': give --format "
         "custom "
         "--delimiter ';'"},
        {"ts,open,open,high,low,close\n",
         ":1: field 'open': stands twice in the header; remove one of the columns"},
        {kBars + good + "2000,1.5,2,1.25,1.75\n",
         ":3: has 5 columns, 6 are expected; check the line and the delimiter"},
        {kBars + good + "2000,1.5,2,1.25,1.75,1,1\n",
         ":3: has 7 columns, 6 are expected; check the line and the delimiter"},
        {kBars + good + "2000,abc,2,1.25,1.75,100\n",
         ":3: field 'open': 'abc' is not a decimal number; give a plain decimal like 101.25"},
        {kBars + good + "2000,,2,1.25,1.75,100\n", ":3: field 'open': '' is empty; give a number"},
        {kBars + good + "2000,1.5,2,1.25,1.0000000001,100\n",
         ":3: field 'close': '1.0000000001' has more than nine decimal places; round it yourself "
         "or give "
         "--round"},
        {kBars + good + "2000,1.5,99999999999,1.25,1.75,100\n",
         ":3: field 'high': '99999999999' is out of range; the range is -9223372036.854775808 to "
         "9223372036.854775807"},
        {kBars + "2014-05-02,1.5,2,1.25,1.75,100\n",
         ":2: field 'ts': '2014-05-02' is not a whole number; give digits only; --format custom "
         "reads other "
         "stamps (--ts-format)"},
        {kBars + "99999999999999999999,1.5,2,1.25,1.75,100\n",
         ":2: field 'ts': '99999999999999999999' is not a whole number; give digits only; --format "
         "custom reads "
         "other stamps (--ts-format)"},
        {kBars + good + good,
         ":3: field 'ts': 1970-01-01T00:00:00.000001Z comes twice, as in the row before it at "
         "1970-01-01T00:00:00.000001Z; remove one of the rows"},
        {kBars + good + "999,1.5,2,1.25,1.75,100\n",
         ":3: field 'ts': 1970-01-01T00:00:00.000000999Z comes after 1970-01-01T00:00:00.000001Z; "
         "sort the file "
         "by time"},
        {kBars + "1000,1.5,1.6,1.25,1.75,100\n",
         ":2: field 'close': 1.75 is above the high 1.6; mend the row"},
        {kBars + "1000,1.5,2,1.6,1.75,100\n",
         ":2: field 'open': 1.5 is below the low 1.6; mend the row"},
        {kBars + "1000,1.5,2,1.25,1.75,-1\n", ":2: field 'volume': -1 is negative; give 0 or more"},
        {kBars + "1000,1.5,2,-1,1.75,1\n",
         ":2: field 'low': -1 is not above 0; give --allow-negative if that is right"},
        {kBars + "1000,1.5,2,0,1.75,1\n",
         ":2: field 'low': 0 is not above 0; give --allow-negative if that is right"},
        {kBars + "1000,\"1.5,2,1.25,1.75,1\n", ":2: a quote is opened and never closed; close it"},
    };
    for (const Bad& c : cases) EXPECT_EQ(import(c.text), c.says);
}

TEST_F(ImporterTest, refuses_what_is_no_text_at_all) {
    using namespace std::string_literals;
    EXPECT_EQ(import("\xff\xfet\0s\0"s),
              ":1: is UTF-16; convert it first (iconv -f UTF-16 -t UTF-8)");
    EXPECT_EQ(import(kBars + "1,1,1,1,1,\0\n"s),
              ":2: has a NUL byte, so this is no text; give a CSV file in UTF-8");
    EXPECT_TRUE(import(kBars + std::string(3 << 20, '7'))
                    .starts_with(":2: the line is longer than 1048576 bytes"));
    fs::remove(request_.path);
    fs::create_directory(request_.path);
    const auto done = import_file(request_, [](const Output&, const ports::Chunk&) {
        return std::expected<void, wire::InputError>{};
    });
    EXPECT_EQ(done.error().problem, "is a directory");
}

TEST_F(ImporterTest, bends_rules_only_when_told) {
    request_.checks.allow_negative = true;
    EXPECT_EQ(import(kBars + "1000,-1.5,2,-36.98,1.75,100\n"), "");
    request_.checks.round = true;
    EXPECT_EQ(import(kBars + "1000,1.00000000050000001,2,1,1.0000000005,100\n"), "");
    EXPECT_EQ(rows_[1].front(), 1'000'000'001);
    EXPECT_EQ(rows_[4].front(), 1'000'000'000);  // half to even
}

TEST_F(ImporterTest, reads_quotes_and_names_what_is_wrong_with_them) {
    request_.kind = SeriesKind::quote;
    request_.spec = {};
    EXPECT_EQ(import("ts,bid,ask,bid_size,ask_size,bid_exchange\n1,1.5,1.6,,7,P\n1,1.5,1.5,3,,Q\n"),
              "");
    EXPECT_EQ(rows_, (Rows{{1, 1},
                           {1'500'000'000, 1'500'000'000},
                           {1'600'000'000, 1'500'000'000},
                           {0, 3'000'000'000},
                           {7'000'000'000, 0}}));
    EXPECT_EQ(import("ts,bid,ask\n1,1.7,1.6\n"),
              ":2: field 'bid': 1.7 is above the ask 1.6; remove the crossed quote or give "
              "--skip-crossed");
    EXPECT_EQ(import("ts,bid,ask,bid_size\n1,1.5,1.6,-1\n"),
              ":2: field 'bid_size': -1 is negative; give 0 or more");
    EXPECT_EQ(import("ts,bid,ask\n1,0,1.6\n"),
              ":2: field 'bid': 0 is not above 0; give --allow-negative if that is right");
    EXPECT_EQ(import("ts,bid,ask\n2,1,1\n1,1,1\n"),
              ":3: field 'ts': 1970-01-01T00:00:00.000000001Z comes after "
              "1970-01-01T00:00:00.000000002Z; sort the "
              "file by time");
}

TEST_F(ImporterTest, reads_trades_and_leaves_out_those_that_are_no_last_sale) {
    request_.kind = SeriesKind::trade;
    request_.spec = {};
    const std::string text =
        "ts,price,size,side,exchange,conditions_hex,suspicious\n"
        "1,10,1,buy,P,20000001,0\n"
        "2,11,2,sell,P,100000,0\n"
        "3,12,3,,P,0,1\n"
        "4,13,4,,D,80000000,0\n"
        "5,14,5,sell,P,2000,0\n";
    EXPECT_EQ(import(text), "");
    EXPECT_EQ(rows_[0], (std::vector<std::int64_t>{1, 5}));
    EXPECT_EQ(rows_[3], (std::vector<std::int64_t>{static_cast<std::int64_t>(Aggressor::buyer),
                                                   static_cast<std::int64_t>(Aggressor::seller)}));
    EXPECT_EQ(stats_.not_last_sale, 3U);
    request_.checks.all_trades = true;
    EXPECT_EQ(import(text), "");
    EXPECT_EQ(rows_[0].size(), 5U);
    EXPECT_EQ(import("ts,price,size,side\n1,1,1,both\n"),
              ":2: field 'side': 'both' is no side; give buy, sell or nothing");
    EXPECT_EQ(import("ts,price,size,conditions_hex\n1,1,1,zz\n"),
              ":2: field 'conditions_hex': 'zz' is no hexadecimal mask; give digits 0-9 and a-f");
}

TEST_F(ImporterTest, maps_any_table) {
    request_.format = Format::custom;
    request_.map = parse_mapping("ts=Date+Time,open=O,high=H,low=L,close=C").value();
    request_.stamp_format = parse_stamp_format("%d.%m.%Y");
    request_.zone = parse_zone("America/New_York");
    request_.delimiter = ';';
    request_.checks.decimal_comma = true;
    EXPECT_EQ(import("Time;Date;O;H;L;C\n09:30:00;02.07.2014;1,5;2;1,25;1,75\n"), "");
    EXPECT_EQ(to_string(Timestamp{rows_[0].front()}), "2014-07-02T13:30:00Z");
    EXPECT_EQ(rows_[1].front(), 1'500'000'000);
    EXPECT_EQ(import("Time;Date;O;H;L;C\n9h;02.07.2014;1;1;1;1\n"),
              ":2: field 'Time': '9h' is not a time of day like 09:30:00; put date and time into "
              "one column "
              "otherwise");
    EXPECT_EQ(import("Time;Date;O;H;L;C\n09:30;2014-07-02;1;1;1;1\n"),
              ":2: field 'Date': '2014-07-02' is not a time like %d.%m.%Y; say with --ts-format "
              "how time is "
              "written");
    EXPECT_EQ(import("Time;Date;O;H;L;X\n"), ": has no column 'C'; it has Time, Date, O, H, L, X");
}

TEST_F(ImporterTest, maps_a_table_without_header_by_number) {
    request_.format = Format::custom;
    request_.kind = SeriesKind::trade;
    request_.spec = {};
    request_.no_header = true;
    request_.map = parse_mapping("ts=1,price=3,size=2").value();
    request_.stamp_format = parse_stamp_format("ms");
    EXPECT_EQ(import("1000,5,7\n1000.5,6,8\n"), "");
    EXPECT_EQ(rows_[0], (std::vector<std::int64_t>{1'000'000'000, 1'000'500'000}));
    request_.map = parse_mapping("ts=1,price=4,size=2").value();
    EXPECT_EQ(import("1000,5,7\n"), ": has no column '4'; it has column 1, column 2, column 3");
}

TEST_F(ImporterTest, refuses_mixed_time_zones_in_a_file) {
    request_.format = Format::custom;
    request_.map = parse_mapping("ts=t,open=o,high=o2,low=o3,close=o4").value();
    const std::string head = "t,o,o2,o3,o4\n2014-05-02T12:00:00Z,1,1,1,1\n";
    EXPECT_EQ(import(head + "2014-05-02T12:01:00+02:00,1,1,1,1\n"),
              ":3: field 't': '2014-05-02T12:01:00+02:00' has another UTC offset than the rows "
              "before it; time zones "
              "must not be mixed in a file; --mixed-offsets takes them");
    EXPECT_TRUE(import(head + "2014-05-02T12:01:00,1,1,1,1\n").contains("has another UTC offset"));
    request_.mixed_offsets = true;
    EXPECT_EQ(import(head + "2014-05-02T14:01:00+02:00,1,1,1,1\n"), "");
}

TEST_F(ImporterTest, labels_daily_bars_of_shares_by_their_date_in_any_zone) {
    request_.format = Format::custom;
    request_.map = parse_mapping("ts=t,open=o,high=h,low=l,close=c").value();
    request_.zone = parse_zone("America/New_York");
    request_.spec = time_bars(days(1));
    EXPECT_EQ(import("t,o,h,l,c\n2014-05-02,1,1,1,1\n2014-05-05 16:00:00,1,1,1,1\n"), "");
    EXPECT_EQ(to_string(Timestamp{rows_[0][0]}), "2014-05-02T00:00:00Z");
    EXPECT_EQ(to_string(Timestamp{rows_[0][1]}), "2014-05-05T00:00:00Z");
}

TEST_F(ImporterTest, tells_klines_in_milliseconds_from_microseconds) {
    request_.format = Format::binance;
    const std::string rest = ",1,2,1,2,5,0,0,0,0,0,0\n";
    EXPECT_EQ(import("1637971200000" + rest), "");
    EXPECT_EQ(to_string(Timestamp{rows_[0][0]}), "2021-11-27T00:00:00Z");
    EXPECT_EQ(import("1735689600000000" + rest), "");
    EXPECT_EQ(to_string(Timestamp{rows_[0][0]}), "2025-01-01T00:00:00Z");
    EXPECT_EQ(import("1,2,3\n"), ":1: has 3 columns, klines have 12; check the format");
}

TEST_F(ImporterTest, reads_splits_and_dividends_of_the_instrument_alone) {
    request_.kind = SeriesKind::corporate_action;
    request_.spec = {};
    EXPECT_EQ(
        import("ts,symbol,event,value\n1,SPY,dividend,0.313385\n2,AIG,split,0.05\n3,SPY,split,7\n"
               "3,SPY,split,0.05\n"),
        "");
    EXPECT_EQ(rows_[0], (std::vector<std::int64_t>{1, 3, 3}));
    EXPECT_EQ(rows_[2], (std::vector<std::int64_t>{1, 7, 1}));
    EXPECT_EQ(rows_[3], (std::vector<std::int64_t>{1, 1, 20}));
    EXPECT_EQ(rows_[4], (std::vector<std::int64_t>{313'385'000, 0, 0}));
    EXPECT_EQ(import("ts,kind,new_shares,old_shares,amount,new_symbol\n1,symbol_change,1,1,0,"
                     "ABCDEFGHIJ.X\n"),
              "");
    EXPECT_EQ(rows_[5].front(), 0x4847464544434241);
    EXPECT_EQ(rows_[6].front(), 0x582e4a49);
    EXPECT_EQ(import("ts,symbol,event,value\n1,SPY,merger,1\n"),
              ":2: field 'event': 'merger' is neither split nor dividend; remove the row");
    EXPECT_EQ(import("ts,symbol,event,value\n1,SPY,split,-1\n"),
              ":2: field 'value': '-1' is not above 0; give new shares per old");
    EXPECT_EQ(import("ts,symbol\n"),
              ":1: the header lacks columns; give ts,symbol,event,value or "
              "ts,kind,new_shares,old_shares,amount,new_symbol");
}

TEST_F(ImporterTest, reads_funding_rates) {
    request_.kind = SeriesKind::funding;
    request_.spec = {};
    EXPECT_EQ(import("ts,funding_rate\n1,0.0001\n2,-0.0002\n"), "");
    EXPECT_EQ(rows_, (Rows{{1, 2}, {100'000, -200'000}, {0, 0}, {0, 0}}));
    EXPECT_EQ(import("ts,rate,mark\n1,0.0001,1.5\n2,0.0001,\n"), "");
    EXPECT_EQ(rows_, (Rows{{1, 2}, {100'000, 100'000}, {1'500'000'000, 0}, {1, 0}}));
    EXPECT_EQ(import("ts,rate\n2,0\n1,0\n"),
              ":3: field 'ts': '1' comes after a later row; sort the file by time");
}

TEST(Mapping, is_fields_and_columns) {
    const auto map = parse_mapping("ts=Date+Time,open=A+B").value();
    EXPECT_EQ(map[0].columns, (std::vector<std::string>{"Date", "Time"}));
    EXPECT_EQ(map[1].columns, (std::vector<std::string>{"A+B"}));  // only a stamp has two columns
    for (const char* bad : {"", "ts", "=x", "ts=", "ts=a,ts=b", "ts=a+b+c"}) {
        EXPECT_FALSE(parse_mapping(bad).has_value()) << bad;
    }
}

TEST(Lean, dates_files_by_their_names) {
    EXPECT_EQ(tradewind::to_string(date_in_name("a/b/20131007_trade.zip").value()), "2013-10-07");
    EXPECT_FALSE(date_in_name("a/20131007/trade.zip").has_value());
    EXPECT_FALSE(date_in_name("201310071.zip").has_value());
}

}  // namespace
}  // namespace tradewind::importers
