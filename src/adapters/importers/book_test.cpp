// SPDX-License-Identifier: Apache-2.0
// Order books: what each format becomes, what is counted, what is refused; and that a vendor's file
// and the plain file made of it by other hands are the same rows.
#include "adapters/importers/book.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tradewind::importers {
namespace {

namespace fs = std::filesystem;

using ports::SeriesKind;
using Rows = std::vector<std::vector<std::int64_t>>;  // [rows][columns]

constexpr std::int64_t kOne = base::kDecimalOne;

std::string data_directory() {
    const char* given = std::getenv("TRADEWIND_DATA");
    return given != nullptr ? given : "../shared/data";
}

class BookImport : public testing::Test {
protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "tradewind-book-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        root_ = name;
        request_.path = root_ + "/f";
        request_.kind = SeriesKind::book_level;
    }
    void TearDown() override { fs::remove_all(root_); }

    /// "" or the error without the path.
    std::string import(const std::string& text) {
        fs::remove(request_.path);
        std::ofstream{request_.path, std::ios::binary} << text;
        return read();
    }

    std::string read() {
        columns_ = ports::Columns::widest(request_.kind);
        const auto done = import_file(request_, [&](const Output&, const ports::Chunk& chunk) {
            columns_.append(chunk);
            return std::expected<void, wire::InputError>{};
        });
        if (done) {
            stats_ = *done;
            return "";
        }
        const std::string error = wire::to_string(done.error());
        return error.starts_with(request_.path) ? error.substr(request_.path.size()) : error;
    }

    [[nodiscard]] Rows rows() const {
        Rows out(columns_.rows());
        for (std::size_t row = 0; row < out.size(); ++row) {
            for (const auto& column : columns_.columns) out[row].push_back(column[row]);
        }
        return out;
    }

    std::string root_;
    ImportRequest request_;
    ports::Columns columns_;
    TableStats stats_;
};

const std::string kLevels =
    "ts,ts_exch,type,first_update_id,last_update_id,prev_update_id,side,price,size\n";

TEST_F(BookImport, marks_snapshots_and_the_last_row_of_each_message) {
    EXPECT_EQ(import(kLevels + "10,8,snapshot,5,5,,bid,1.5,2\n"
                               "10,8,snapshot,5,5,,ask,1.6,3\n"
                               "20,,delta,6,7,,ask,1.6,0\n"
                               "20,,delta,8,9,7,ask,1.7,4\n"),
              "");
    EXPECT_EQ(rows(), (Rows{{10, 8, 32, 0, 1'500'000'000, 2 * kOne, 5, 5, 0},
                            {10, 8, 32 + 128, 1, 1'600'000'000, 3 * kOne, 5, 5, 0},
                            {20, 0, 128, 1, 1'600'000'000, 0, 6, 7, 0},
                            {20, 0, 128, 1, 1'700'000'000, 4 * kOne, 8, 9, 7}}));
    EXPECT_EQ(stats_.book_messages, 3U);
    EXPECT_EQ(stats_.book_snapshots, 1U);
    EXPECT_EQ(stats_.before_snapshot, 0U);
    EXPECT_EQ(stats_.book_gaps, 0U);
}

TEST_F(BookImport, counts_what_comes_before_a_snapshot_and_what_is_missing) {
    const std::string stream =
        "10,8,delta,1,2,,bid,1.5,2\n"
        "20,18,delta,4,5,,bid,1.5,3\n"  // 3 is missing
        "30,28,snapshot,6,6,,bid,1.5,4\n"
        "40,38,delta,7,7,,bid,1.5,5\n"
        "50,48,delta,9,9,6,bid,1.5,5\n";  // names 6 as its predecessor, which was 7
    EXPECT_EQ(import(kLevels + stream), "");
    EXPECT_EQ(columns_.rows(), 5U);
    EXPECT_EQ(stats_.before_snapshot, 2U);
    EXPECT_EQ(stats_.book_gaps, 2U);
    request_.after_snapshot = true;
    EXPECT_EQ(import(kLevels + stream), "");
    EXPECT_EQ(stats_.before_snapshot, 0U);
}

TEST_F(BookImport, takes_a_crossed_book_as_it_comes) {
    EXPECT_EQ(import(kLevels + "10,8,snapshot,5,5,,bid,1.7,2\n10,8,snapshot,5,5,,ask,1.6,3\n"), "");
    EXPECT_EQ(columns_.rows(), 2U);
}

struct Bad {
    std::string text;
    const char* says;
};

TEST_F(BookImport, names_line_field_text_and_mend_of_a_bad_level) {
    const std::string good = "10,8,snapshot,5,5,,bid,1.5,2\n";
    const Bad cases[] = {
        {"", ": is empty; give a file with a header and rows"},
        {"ts,type,side,price\n",
         ":1: the header has no column 'size'; it has 'ts,type,side,price'"},
        {kLevels + good + "20,8,delta,5,5,,bid,1.5\n",
         ":3: has 8 columns, 9 are expected; check the line"},
        {kLevels + good + "9,8,delta,6,6,,bid,1.5,2\n",
         ":3: field 'ts': 1970-01-01T00:00:00.000000009Z comes after "
         "1970-01-01T00:00:00.00000001Z; sort the file by time"},
        {kLevels + good + "20,8,delta,6,6,,bid,1.5,-2\n",
         ":3: field 'size': -2 is negative; give 0 or more; 0 removes a level"},
        {kLevels + good + "20,8,delta,6,6,,bid,0,2\n",
         ":3: field 'price': 0 is not above 0; give --allow-negative if that is right"},
        {kLevels + good + "20,8,update,6,6,,bid,1.5,2\n",
         ":3: field 'type': 'update' is neither snapshot nor delta; give one of the two"},
        {kLevels + good + "20,8,delta,6,6,,middle,1.5,2\n",
         ":3: field 'side': 'middle' is no side of a book; give bid or ask"},
        {kLevels + good + "20,8,delta,x,6,,bid,1.5,2\n",
         ":3: field 'first_update_id': 'x' is not a whole number; give digits only, at most "
         "9223372036854775807"},
        {kLevels + good + "20,8,delta,6,6,,bid,1.0000000001,2\n",
         ":3: field 'price': '1.0000000001' has more than nine decimal places; give a plain "
         "decimal like 101.25"},
    };
    for (const Bad& c : cases) EXPECT_EQ(import(c.text), c.says);
}

TEST_F(BookImport, reads_order_by_order) {
    request_.kind = SeriesKind::book_order;
    EXPECT_EQ(import("ts,ts_exch,action,side,price,size,order_id,flags,sequence\n"
                     "1,2,A,bid,1.5,2,77,40,1\n2,3,T,,1.5,1,0,0,2\n3,3,R,,,0,0,130,3\n"),
              "");
    const auto action = [](BookAction a) { return static_cast<std::int64_t>(a); };
    EXPECT_EQ(rows(), (Rows{{1, 2, 40, 0, 1'500'000'000, 2 * kOne, action(BookAction::add), 77, 1},
                            {2, 3, 0, 2, 1'500'000'000, kOne, action(BookAction::trade), 0, 2},
                            {3, 3, 130, 2, 0, 0, action(BookAction::clear), 0, 3}}));
    EXPECT_EQ(import("ts,action,side,price,size,order_id\n1,X,bid,1.5,2,77\n"),
              ":2: field 'action': 'X' is no action; give A, M, C, T, F or R");
    EXPECT_EQ(import("ts,action,side,price,size,order_id\n1,A,bid,,2,77\n"),
              ":2: field 'price': 0 is not above 0; give --allow-negative if that is right");
}

TEST_F(BookImport, makes_a_snapshot_of_every_row_of_tardis_book_snapshots) {
    request_.format = Format::tardis;
    EXPECT_EQ(import("exchange,symbol,timestamp,local_timestamp,asks[0].price,asks[0].amount,"
                     "bids[0].price,bids[0].amount,asks[1].price,asks[1].amount\n"
                     "x,X,1,2,1.5,3,1.4,2,,\nx,X,1,2,1.5,4,1.4,2,1.6,1\n"),
              "");
    EXPECT_EQ(rows(), (Rows{{2000, 1000, 32, 1, 1'500'000'000, 3 * kOne, 0, 0, 0},
                            {2000, 1000, 32 + 128, 0, 1'400'000'000, 2 * kOne, 0, 0, 0},
                            {2000, 1000, 32, 1, 1'500'000'000, 4 * kOne, 0, 0, 0},
                            {2000, 1000, 32, 1, 1'600'000'000, kOne, 0, 0, 0},
                            {2000, 1000, 32 + 128, 0, 1'400'000'000, 2 * kOne, 0, 0, 0}}));
    EXPECT_EQ(stats_.book_snapshots, 2U);
}

TEST_F(BookImport, names_line_and_member_of_a_bad_message) {
    request_.format = Format::capture;
    const Bad cases[] = {
        {"{}\n",
         ":1: does not begin with nanoseconds since 1970 and a space; give lines like "
         "'1723161253937085768 {...}'"},
        {"5 {\n", ":1: is no JSON object; give one message a line"},
        {"5 {\"stream\":\"x\"}\n",
         ":1: field 'data': is missing; check which exchange's messages these are"},
        {R"(5 {"data":{"e":"depthUpdate","E":1,"U":1,"u":2,"b":[["x","1"]],"a":[]}})"
         "\n",
         ":1: field 'b': 'x' is not a decimal number; check which exchange's messages these are"},
        {R"(5 {"data":{"e":"depthUpdate","E":1,"U":1,"u":2,"b":[["1","-1"]],"a":[]}})"
         "\n",
         ":1: field 'size': -1 is negative; give 0 or more; 0 removes a level"},
        {"5 {\"lastUpdateId\":1,\"bids\":[],\"asks\":[]}\n\n4 {\"data\":{\"e\":\"depthUpdate\","
         "\"E\":1,\"U\":2,\"u\":2,\"b\":[[\"1\",\"1\"]],\"a\":[]}}",
         ""},
    };
    for (const Bad& c : cases) EXPECT_EQ(import(c.text), c.says);
    request_.kind = SeriesKind::book_order;
    EXPECT_EQ(import("5 {}\n"),
              ": rows of kind book-order are not read from such files; give --kind trade, quote "
              "or book-level");
}

TEST_F(BookImport, keeps_the_exchange_instant_of_ticks) {
    request_.kind = SeriesKind::trade;
    EXPECT_EQ(import("ts,ts_exch,price,size,side\n5,4,1.5,2,buy\n6,,1.5,2,sell\n"), "");
    EXPECT_EQ(columns_.columns[ports::TradeColumns::ts_exch], (std::vector<std::int64_t>{4, 0}));
    request_.format = Format::tardis;
    request_.kind = SeriesKind::quote;
    EXPECT_EQ(import("exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,"
                     "bid_amount\nx,X,4,5,1,1.6,1.5,2\n"),
              "");
    EXPECT_EQ(rows(), (Rows{{5000, 1'500'000'000, 1'600'000'000, 2 * kOne, kOne, 4000}}));
}

class BookSamples : public BookImport {
protected:
    void SetUp() override {
        BookImport::SetUp();
        if (!fs::exists(data_directory() + "/manifest.csv")) {
            GTEST_SKIP() << "no market data at " << data_directory() << " (TRADEWIND_DATA)";
        }
    }
    ports::Columns of(Format format, SeriesKind kind, const std::string& path) {
        request_.format = format;
        request_.kind = kind;
        request_.path = data_directory() + "/" + path;
        EXPECT_EQ(read(), "");
        return columns_;
    }
};

TEST_F(BookSamples, of_vendors_equal_the_clean_files) {
    struct Case {
        Format format;
        SeriesKind kind;
        const char* vendor;
        const char* clean;
    };
    const Case cases[] = {
        {Format::capture, SeriesKind::book_level, "original/hftbacktest/btcusdt_spot_20240808.gz",
         "book/BTCUSDT.binance.l2.csv.gz"},
        {Format::capture, SeriesKind::trade, "original/hftbacktest/btcusdt_spot_20240808.gz",
         "book/BTCUSDT.binance.trades.csv.gz"},
        {Format::capture, SeriesKind::quote, "original/hftbacktest/btcusdt_spot_20240808.gz",
         "book/BTCUSDT.binance.ticks.csv.gz"},
        {Format::bybit, SeriesKind::book_level, "original/bybit/2024-12-01_XRPUSDT_ob500.data.zip",
         "book/XRPUSDT.bybit.l2.csv.gz"},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.vendor);
        const ports::Columns vendor = of(c.format, c.kind, c.vendor);
        ASSERT_GT(vendor.rows(), 0U);
        const ports::Columns clean = of(Format::csv, c.kind, c.clean);
        ASSERT_GE(clean.rows(), vendor.rows());
        for (std::size_t i = 0; i < vendor.columns.size(); ++i) {
            const auto [at, other] = std::mismatch(
                vendor.columns[i].begin(), vendor.columns[i].end(), clean.columns[i].begin());
            EXPECT_EQ(at, vendor.columns[i].end())
                << ports::column_names(c.kind)[i] << ", row " << at - vendor.columns[i].begin();
        }
    }
}

TEST_F(BookSamples, import_whole_and_without_a_gap) {
    struct Case {
        Format format;
        SeriesKind kind;
        const char* path;
        std::uint64_t rows, messages, snapshots;
    };
    const Case cases[] = {
        {Format::csv, SeriesKind::book_level, "book/BTCUSDT-PERP.binance.l2.csv.gz", 445'521, 6'552,
         1},
        {Format::csv, SeriesKind::book_order, "book/ES_202403_20231225.l3.csv.gz", 32'419, 0, 0},
        {Format::binance, SeriesKind::book_level, "original/binance/btcusdt-depth-snap.csv", 100, 1,
         1},
        {Format::binance, SeriesKind::book_level, "original/binance/btcusdt-depth-update.csv", 100,
         1, 0},
        {Format::tardis, SeriesKind::book_level,
         "original/tardis/deribit_incremental_book_L2_BTC-PERPETUAL.csv", 15, 1, 1},
        {Format::tardis, SeriesKind::book_level,
         "original/tardis/binance-futures_book_snapshot_25_BTCUSDT.csv", 500, 10, 10},
        {Format::capture, SeriesKind::book_level,
         "original/hftbacktest/hyperliquid_btcusd_20250126.gz", 1'840, 46, 46},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.path);
        static_cast<void>(of(c.format, c.kind, c.path));
        EXPECT_EQ(stats_.rows, c.rows);
        EXPECT_EQ(stats_.book_messages, c.messages);
        EXPECT_EQ(stats_.book_snapshots, c.snapshots);
        EXPECT_EQ(stats_.book_gaps, 0U);
    }
}

}  // namespace
}  // namespace tradewind::importers
