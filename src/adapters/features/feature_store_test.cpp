// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include "adapters/features/feature_folder.hpp"
#include "adapters/features/feature_writer.hpp"
#include "base/random.hpp"
#include "base/try.hpp"
#include "support/must.hpp"

namespace tradewind::features {
namespace {

using test::must;
namespace fs = std::filesystem;

constexpr std::string_view kHash = "0123456789abcdef";

FileHeader header_of(const std::string& symbol, std::size_t features = 3) {
    FileHeader out{
        .key = {.schema_hash = std::string{kHash}, .symbol = symbol, .spec = time_bars(days(1))},
        .schema = {.label = "mine\\n\n", .functions_version = 7, .columns = {}}};
    for (std::size_t i = 0; i < features; ++i) {
        out.schema.columns.push_back({.name = fmt::format("f{}", i),
                                      .expression = fmt::format("ref(close, {})\n + 1", i),
                                      .lookback = i});
    }
    return out;
}

/// Rows of one series; what a row holds hangs on its number and the seed only.
struct Table {
    std::vector<std::int64_t> known_at;
    std::vector<std::vector<double>> columns;

    Table(std::size_t rows, std::size_t features, std::uint64_t seed = 1, std::int64_t step = 10)
        : columns(features) {
        for (std::size_t row = 0; row < rows; ++row) {
            known_at.push_back(1000 + step * static_cast<std::int64_t>(row));
            for (std::size_t i = 0; i < features; ++i) {
                base::Random random{seed * 1'000'003 + row * 31 + i};
                const bool missing = row < i;
                columns[i].push_back(missing ? std::numeric_limits<double>::quiet_NaN()
                                             : static_cast<double>(random.below(1'000'000)) / 7);
            }
        }
    }
    [[nodiscard]] ports::FeatureRows view(std::size_t from, std::size_t end) const {
        ports::FeatureRows out{.known_at = std::span{known_at}.subspan(from, end - from),
                               .columns = {}};
        for (const auto& column : columns) out.columns.push_back(column.data() + from);
        return out;
    }
};

class FeatureStoreTest : public ::testing::Test {
protected:
    void SetUp() override {
        path_ = fs::temp_directory_path() / fmt::format("feature_store_{}", ::getpid());
        fs::remove_all(path_);
    }
    void TearDown() override { fs::remove_all(path_); }

    [[nodiscard]] std::string path() const { return path_.string(); }
    [[nodiscard]] std::string file(const std::string& symbol = "SPY.ARCA") const {
        return path() + "/" + file_of(header_of(symbol).key);
    }

    std::expected<WriteSummary, Error> write(const Table& table, std::size_t rows,
                                             const std::string& symbol = "SPY.ARCA",
                                             WriteMode mode = WriteMode::extend,
                                             std::size_t portion = 300) {
        const FolderLock lock = TRY(FolderLock::take(path()));
        const auto writer = TRY(lock.write(header_of(symbol, table.columns.size()), mode));
        for (std::size_t from = 0; from < rows; from += portion) {
            TRY_VOID(writer->append(table.view(from, std::min(rows, from + portion))));
        }
        return writer->commit();
    }

    fs::path path_;
};

/// All rows that a store holds of a series, against the table that they were made of.
void expect_holds(const ports::FeatureStore& store, const FileHeader& header, const Table& table,
                  std::size_t from, std::size_t end) {
    const auto bounds = [&](std::size_t row) {
        return row < table.known_at.size() ? Timestamp{table.known_at[row]} : kTimestampMax;
    };
    auto reader = must(store.read(header.key, bounds(from), bounds(end)));
    std::size_t row = from;
    while (const auto rows = must(reader->next())) {
        ASSERT_LE(row + rows->rows(), end);
        ASSERT_EQ(rows->columns.size(), table.columns.size());
        ASSERT_EQ(std::memcmp(rows->known_at.data(), table.known_at.data() + row, rows->rows() * 8),
                  0);
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            ASSERT_EQ(
                std::memcmp(rows->columns[i], table.columns[i].data() + row, rows->rows() * 8), 0)
                << i;
        }
        row += rows->rows();
    }
    EXPECT_EQ(row, end);
}

std::string bytes_of(const std::string& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

void write_bytes(const std::string& file, const std::string& bytes) {
    std::ofstream{file, std::ios::binary | std::ios::trunc} << bytes;
}

TEST_F(FeatureStoreTest, gives_back_what_was_written_with_its_schema) {
    const Table table{2500, 3};
    const WriteSummary done = must(write(table, 2500));
    EXPECT_EQ(done.rows, 2500U);
    EXPECT_EQ(done.rows_added, 2500U);
    const auto store = must(FeatureFolder::open(path()));
    ASSERT_EQ(store->series().size(), 1U);
    const ports::FeatureSeries& series = store->series()[0];
    EXPECT_EQ(series.key, header_of("SPY.ARCA").key);
    EXPECT_EQ(series.schema, header_of("SPY.ARCA").schema);
    EXPECT_EQ(series.rows, 2500U);
    EXPECT_EQ(series.first.ns, table.known_at.front());
    EXPECT_EQ(series.last.ns, table.known_at.back());
    for (const auto& [from, end] : std::vector<std::pair<std::size_t, std::size_t>>{
             {0, 2500}, {1023, 1025}, {1024, 2048}, {2499, 2500}, {700, 700}}) {
        expect_holds(*store, header_of("SPY.ARCA"), table, from, end);
    }
    EXPECT_TRUE(store->verify().empty());
}

TEST_F(FeatureStoreTest, appends_to_the_same_bytes_as_one_write) {
    const Table table{3200, 3};
    must(write(table, 3200, "WHOLE.X"));
    std::uint64_t before = 0;
    for (const std::size_t rows : {1UL, 2UL, 900UL, 1024UL, 1025UL, 2048UL, 3199UL, 3200UL}) {
        const WriteSummary done = must(write(table, rows, "PARTS.X"));
        EXPECT_EQ(done.rows, rows);
        EXPECT_EQ(done.rows_added, rows - before);
        EXPECT_EQ(done.rows_identical, before);
        before = rows;
        expect_holds(*must(FeatureFolder::open(path())), header_of("PARTS.X"), table, 0, rows);
    }
    const std::string whole = bytes_of(file("WHOLE.X")), parts = bytes_of(file("PARTS.X"));
    ASSERT_EQ(whole.size(), parts.size());
    EXPECT_EQ(whole.substr(kPageBytes), parts.substr(kPageBytes));  // the header names the symbol
}

TEST_F(FeatureStoreTest, refuses_rows_that_differ_from_stored_ones_and_says_where) {
    Table table{1500, 3};
    must(write(table, 1500));
    table.columns[1][1200] += 1;
    const auto refused = write(table, 1500);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, ErrorKind::bad_input);
    EXPECT_NE(refused.error().text.find("f1 at 1970-01-01T00:00:00.000013"), std::string::npos)
        << refused.error().text;
    EXPECT_NE(refused.error().text.find("--rebuild"), std::string::npos);
    const WriteSummary done = must(write(table, 1400, "SPY.ARCA", WriteMode::rebuild));
    EXPECT_EQ(done.rows, 1400U);
    expect_holds(*must(FeatureFolder::open(path())), header_of("SPY.ARCA"), table, 0, 1400);
}

TEST_F(FeatureStoreTest, fewer_rows_than_stored_change_nothing) {
    const Table table{1500, 3};
    must(write(table, 1500));
    const std::string before = bytes_of(file());
    const WriteSummary done = must(write(table, 1100));
    EXPECT_EQ(done.rows, 1500U);
    EXPECT_EQ(done.rows_identical, 1100U);
    EXPECT_EQ(bytes_of(file()), before);
}

TEST_F(FeatureStoreTest, knows_what_was_known_at_an_instant) {
    const Table slow{1100, 3, 1, 20}, fast{2000, 3, 2, 10};
    must(write(slow, 1100, "B.X"));
    must(write(fast, 2000, "A.X"));
    const auto store = must(FeatureFolder::open(path()));
    const BarSpec spec = time_bars(days(1));
    EXPECT_TRUE(must(latest_of_each(*store, kHash, spec, {999})).empty());
    base::Random random{5};
    for (int i = 0; i < 300; ++i) {
        const Timestamp at{1000 + static_cast<std::int64_t>(random.below(25'000))};
        const auto now = must(latest_of_each(*store, kHash, spec, at));
        ASSERT_EQ(now.size(), 2U);
        for (std::size_t one = 0; one < 2; ++one) {
            const Table& table = one == 0 ? fast : slow;
            const auto row = static_cast<std::size_t>(
                std::upper_bound(table.known_at.begin(), table.known_at.end(), at.ns) -
                table.known_at.begin() - 1);
            EXPECT_EQ(now[one].symbol, one == 0 ? "A.X" : "B.X");
            EXPECT_EQ(now[one].known_at.ns, table.known_at[row]);
            EXPECT_EQ(std::bit_cast<std::uint64_t>(now[one].values[2]),
                      std::bit_cast<std::uint64_t>(table.columns[2][row]));
        }
    }
}

TEST_F(FeatureStoreTest, gives_rows_of_all_instruments_in_the_order_in_which_they_were_known) {
    const Table slow{1100, 3, 1, 20}, fast{2000, 3, 2, 10};
    must(write(slow, 1100, "A.X"));
    must(write(fast, 2000, "B.X"));
    const auto store = must(FeatureFolder::open(path()));
    const Timestamp from{5000}, to{19'000};
    std::vector<std::tuple<std::int64_t, std::string, double>> got, expected;
    must(ports::for_each_row(*store, kHash, time_bars(days(1)), from, to,
                             [&](const ports::FeatureRow& row) {
                                 got.emplace_back(row.known_at.ns, row.symbol, row.values[0]);
                             }));
    for (const auto* table : {&slow, &fast}) {
        for (std::size_t row = 0; row < table->known_at.size(); ++row) {
            const std::int64_t at = table->known_at[row];
            if (at < from.ns || at >= to.ns) continue;
            expected.emplace_back(at, table == &slow ? "A.X" : "B.X", table->columns[0][row]);
        }
    }
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(got, expected);
}

TEST_F(FeatureStoreTest, names_a_series_that_it_has_not) {
    const auto store = must(FeatureFolder::open(path()));
    EXPECT_TRUE(store->series().empty());
    const auto none = store->read(header_of("SPY.ARCA").key, kTimestampMin, kTimestampMax);
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().kind, ports::HistoryErrorKind::unknown_series);
}

/// Everything that a reader can see of a file.
std::expected<std::string, std::string> seen(const std::string& file) {
    auto opened = FeatureFile::open(file);
    if (!opened) return std::unexpected(opened.error().text);
    std::string out = fmt::format("{} {}", ports::to_string(opened->header().key),
                                  opened->header().schema.functions_version);
    for (const auto& c : opened->header().schema.columns) {
        out += c.name + c.expression + std::to_string(c.lookback);
    }
    for (std::size_t block = 0; block < opened->blocks(); ++block) {
        if (auto whole = opened->check_block(block); !whole) {
            return std::unexpected(whole.error().text);
        }
        const ports::FeatureRows rows = opened->rows(block);
        out.append(reinterpret_cast<const char*>(rows.known_at.data()), rows.rows() * 8);
        for (const double* column : rows.columns) {
            out.append(reinterpret_cast<const char*>(column), rows.rows() * 8);
        }
    }
    return out;
}

TEST_F(FeatureStoreTest, no_flipped_byte_passes_for_what_was_written) {
    const Table table{1100, 2};
    must(write(table, 1100));
    const std::string whole = bytes_of(file()), content = must(seen(file()));
    // what header, commit and the rows of both blocks take, and the first block's checksum
    const Layout layout{.header_bytes = kPageBytes, .features = 2};
    const auto counts = [&](std::size_t at) {
        if (at < kPageBytes + kCommitBytes) return true;
        for (std::size_t block = 0; block < 2; ++block) {
            const std::size_t rows = block == 0 ? kBlockRows : 1100 - kBlockRows;
            for (std::size_t column = 0; column < 3; ++column) {
                const std::size_t from = layout.column_at(block, column);
                if (at >= from && at < from + rows * 8) return true;
            }
        }
        const std::size_t crc = layout.block_at(0) + layout.columns_bytes();
        return at >= crc && at < crc + 4;
    };
    std::size_t refused = 0, counted = 0;
    const auto flip = [&](std::size_t at) {
        std::fstream out{file(), std::ios::binary | std::ios::in | std::ios::out};
        out.seekp(static_cast<std::streamoff>(at));
        out.put(static_cast<char>(whole[at] ^ 0x10));
        out.close();
        const auto now = seen(file());
        counted += counts(at) ? 1U : 0U;
        EXPECT_EQ(now.has_value(), !counts(at)) << at;
        if (now) {
            EXPECT_EQ(*now, content) << at;  // what the commit does not count
        } else {
            ++refused;
            EXPECT_NE(now.error().find(file()), std::string::npos);
        }
        std::fstream back{file(), std::ios::binary | std::ios::in | std::ios::out};
        back.seekp(static_cast<std::streamoff>(at));
        back.put(whole[at]);
    };
    for (std::size_t at = 0; at < 400; ++at) flip(at);
    for (std::size_t at = 400; at < kPageBytes; at += 37) flip(at);
    for (std::size_t at = kPageBytes; at < kPageBytes + 100; ++at) flip(at);
    for (std::size_t at = kPageBytes + 100; at < whole.size(); at += 151) flip(at);
    EXPECT_EQ(bytes_of(file()), whole);
    EXPECT_EQ(refused, counted);
}

TEST_F(FeatureStoreTest, no_cut_passes_for_what_was_written) {
    const Table table{1100, 2};
    must(write(table, 1100));
    const std::string whole = bytes_of(file());
    for (std::size_t size = 0; size < whole.size(); size += size < 9000 ? 97 : 1999) {
        write_bytes(file(), whole.substr(0, size));
        EXPECT_FALSE(seen(file()).has_value()) << size;
    }
}

TEST_F(FeatureStoreTest, refuses_another_version_by_name) {
    must(write(Table{10, 2}, 10));
    std::string bytes = bytes_of(file());
    bytes[8] = 9;
    write_bytes(file(), bytes);
    const auto refused = FeatureFolder::open(path());
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error().text.find("has format version 9, this program reads 1"),
              std::string::npos);
}

TEST_F(FeatureStoreTest, refuses_a_file_in_the_place_of_another) {
    must(write(Table{10, 2}, 10, "A.X"));
    fs::create_directories(fs::path{file("B.X")}.parent_path());
    fs::rename(file("A.X"), file("B.X"));
    EXPECT_FALSE(FeatureFolder::open(path()).has_value());
}

TEST_F(FeatureStoreTest, a_reader_sees_what_there_was_when_it_opened) {
    const Table table{3000, 3};
    must(write(table, 1500));
    const auto before = must(FeatureFolder::open(path()));
    must(write(table, 3000));
    expect_holds(*before, header_of("SPY.ARCA"), table, 0, 1500);
    EXPECT_EQ(before->series()[0].rows, 1500U);
    EXPECT_EQ(must(FeatureFolder::open(path()))->series()[0].rows, 3000U);
}

TEST_F(FeatureStoreTest, a_write_that_is_dropped_never_was) {
    const Table table{2000, 3};
    must(write(table, 1500));
    {
        const FolderLock lock = must(FolderLock::take(path()));
        const auto writer = must(lock.write(header_of("SPY.ARCA"), WriteMode::extend));
        must(writer->append(table.view(0, 2000)));
        const auto other = must(lock.write(header_of("B.X"), WriteMode::extend));
        must(other->append(table.view(0, 2000)));
    }
    const auto store = must(FeatureFolder::open(path()));
    ASSERT_EQ(store->series().size(), 1U);
    expect_holds(*store, header_of("SPY.ARCA"), table, 0, 1500);
    EXPECT_EQ(must(write(table, 2000)).rows_added, 500U);
    expect_holds(*must(FeatureFolder::open(path())), header_of("SPY.ARCA"), table, 0, 2000);
}

TEST_F(FeatureStoreTest, killed_at_any_moment_of_an_append_it_holds_the_old_rows_or_the_new) {
    constexpr std::size_t kOld = 1500, kNew = 40'000;
    const Table table{kNew, 3};
    base::Random random{99};
    std::size_t old_seen = 0;
    for (int round = 0; round < 25; ++round) {
        fs::remove_all(path_);
        must(write(table, kOld));
        const pid_t child = ::fork();
        if (child == 0) {
            ::_exit(write(table, kNew).has_value() ? 0 : 1);
        }
        std::this_thread::sleep_for(std::chrono::microseconds{random.below(20'000)});
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        const auto store = must(FeatureFolder::open(path()));
        const std::uint64_t rows = store->series()[0].rows;
        ASSERT_TRUE(rows == kOld || rows == kNew) << rows;
        old_seen += rows == kOld ? 1 : 0;
        expect_holds(*store, header_of("SPY.ARCA"), table, 0, static_cast<std::size_t>(rows));
        must(write(table, kNew));
        expect_holds(*must(FeatureFolder::open(path())), header_of("SPY.ARCA"), table, 0, kNew);
    }
    EXPECT_GT(old_seen, 0U);
}

}  // namespace
}  // namespace tradewind::features
