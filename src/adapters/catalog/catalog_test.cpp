// SPDX-License-Identifier: Apache-2.0
#include "adapters/catalog/catalog.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <thread>

#include "adapters/catalog/segment.hpp"
#include "base/random.hpp"

namespace tradewind::catalog {
namespace {

namespace fs = std::filesystem;

using ports::Columns;
using ports::SeriesKey;
using ports::SeriesKind;

constexpr std::int64_t kMinute = minutes(1).ns;

class CatalogTest : public testing::Test {
protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "tradewind-catalog-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        root_ = name;
        path_ = root_ + "/catalog";
    }
    void TearDown() override { fs::remove_all(root_); }

    std::string root_;
    std::string path_;
};

SeriesKey spy_bars() {
    return {.symbol = "SPY.ARCA", .kind = SeriesKind::bar, .spec = time_bars(minutes(1))};
}
SeriesKey bac_quotes() { return {.symbol = "BAC.NYSE", .kind = SeriesKind::quote, .spec = {}}; }

/// `rows` rows from minute `first` on; every value tells its row, column and `salt`.
Columns some_rows(SeriesKind kind, std::int64_t first, std::int64_t rows, std::int64_t salt = 0) {
    Columns out{kind};
    for (std::size_t c = 0; c < out.columns.size(); ++c) {
        for (std::int64_t i = first; i < first + rows; ++i) {
            out.columns[c].push_back(c == 0 ? i * kMinute
                                            : i * 1'000 + static_cast<std::int64_t>(c) * 10 + salt);
        }
    }
    return out;
}

std::expected<CommitSummary, Error> put(const std::string& path, const SeriesKey& key,
                                        const Columns& rows,
                                        Overlap overlap = Overlap::must_be_identical) {
    auto begun = Transaction::begin(path, overlap);
    if (!begun) return std::unexpected(begun.error());
    if (auto done = (*begun)->put_instrument(default_instrument(key.symbol).value()); !done) {
        return std::unexpected(done.error());
    }
    if (auto done = (*begun)->append(key, rows.view()); !done) return std::unexpected(done.error());
    return (*begun)->commit();
}

std::expected<Columns, std::string> get(const Catalog& catalog, const SeriesKey& key,
                                        Timestamp from = kTimestampMin,
                                        Timestamp to = kTimestampMax) {
    auto reader = catalog.read(key, from, to);
    if (!reader) return std::unexpected(reader.error().text);
    Columns out{key.kind};
    while (true) {
        auto chunk = (*reader)->next();
        if (!chunk) return std::unexpected(chunk.error().text);
        if (!*chunk) return out;
        out.append(**chunk);
    }
}

std::expected<Columns, std::string> get(const std::string& path, const SeriesKey& key) {
    const auto catalog = Catalog::open(path);
    if (!catalog) return std::unexpected(catalog.error().text);
    return get(**catalog, key);
}

std::vector<std::string> segments_of(const std::string& path) {
    std::vector<std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
        if (entry.path().extension() == ".twc") out.push_back(entry.path().string());
    }
    return out;
}

/// As a new file: some file systems make a file durable at once that is written anew.
void write(const std::string& file, const std::string& bytes) {
    fs::remove(file);
    std::ofstream{file, std::ios::binary} << bytes;
}

TEST_F(CatalogTest, gives_back_the_rows_that_it_was_given) {
    for (const SeriesKind kind : {SeriesKind::bar, SeriesKind::quote, SeriesKind::trade,
                                  SeriesKind::corporate_action, SeriesKind::funding}) {
        SeriesKey key{.symbol = "SPY.ARCA", .kind = kind, .spec = {}};
        if (kind == SeriesKind::bar) key.spec = time_bars(minutes(1), PriceSource::bid);
        const Columns rows = some_rows(kind, 0, 1000);
        ASSERT_TRUE(put(path_, key, rows).has_value());
        const auto back = get(path_, key);
        ASSERT_TRUE(back.has_value()) << back.error();
        EXPECT_EQ(back->columns, rows.columns);
    }
    const auto catalog = Catalog::open(path_).value();
    EXPECT_EQ(catalog->series().size(), 5U);
    EXPECT_TRUE(catalog->verify().damage.empty());
}

TEST_F(CatalogTest, hands_out_aligned_columns_and_only_the_span_asked_for) {
    const auto rows = static_cast<std::int64_t>(3 * kSegmentRowsMax + 17);
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, rows)).has_value());
    const auto catalog = Catalog::open(path_).value();
    auto reader = catalog->read(spy_bars(), {5 * kMinute}, {(rows - 5) * kMinute}).value();
    std::int64_t next = 5;
    std::size_t chunks = 0;
    while (true) {
        const auto chunk = reader->next().value();
        if (!chunk) break;
        ++chunks;
        ASSERT_EQ(chunk->column(0).front(), next * kMinute);
        next += static_cast<std::int64_t>(chunk->rows);
        if (chunks > 1) {
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(chunk->columns[3]) % kColumnAlignment, 0U);
        }
    }
    EXPECT_EQ(next, rows - 5);
    EXPECT_EQ(chunks, 4U);
    EXPECT_EQ(get(*catalog, spy_bars(), {rows * kMinute}, kTimestampMax)->rows(), 0U);
}

TEST_F(CatalogTest, grows_by_appending_without_heaping_up_small_files) {
    for (std::int64_t i = 0; i < 50; ++i) {
        ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, i * 10, 10)).has_value());
    }
    EXPECT_EQ(get(path_, spy_bars())->columns, some_rows(SeriesKind::bar, 0, 500).columns);
    EXPECT_EQ(segments_of(path_).size(), 1U);
}

/// Quotes with an exchange instant where `told`.
Columns wide_quotes(std::int64_t first, std::int64_t rows, bool told) {
    Columns out = Columns::widest(SeriesKind::quote);
    out.append(some_rows(SeriesKind::quote, first, rows).view());
    for (std::int64_t i = 0; told && i < rows; ++i) {
        out.columns[ports::QuoteColumns::ts_exch][static_cast<std::size_t>(i)] = first + i + 1;
    }
    return out;
}

std::expected<Columns, std::string> get_wide(const std::string& path) {
    const auto catalog = Catalog::open(path);
    if (!catalog) return std::unexpected(catalog.error().text);
    auto reader = (*catalog)->read(bac_quotes(), kTimestampMin, kTimestampMax);
    Columns out = Columns::widest(SeriesKind::quote);
    while (true) {
        auto chunk = (*reader)->next();
        if (!chunk) return std::unexpected(chunk.error().text);
        if (!*chunk) return out;
        out.append(**chunk);
    }
}

TEST_F(CatalogTest, writes_no_column_of_exchange_instants_where_none_is_told) {
    ASSERT_TRUE(put(path_, bac_quotes(), some_rows(SeriesKind::quote, 0, 10)).has_value());
    const auto narrow = segments_of(path_);
    ASSERT_EQ(narrow.size(), 1U);
    const std::string name = fs::path{narrow.front()}.filename();
    const std::string other = root_ + "/other";
    ASSERT_TRUE(put(other, bac_quotes(), wide_quotes(0, 10, false)).has_value());
    ASSERT_EQ(segments_of(other).size(), 1U);
    EXPECT_EQ(fs::path{segments_of(other).front()}.filename(), name);  // the same bytes
}

TEST_F(CatalogTest, keeps_exchange_instants_beside_rows_that_have_none) {
    ASSERT_TRUE(put(path_, bac_quotes(), some_rows(SeriesKind::quote, 0, 10)).has_value());
    ASSERT_TRUE(put(path_, bac_quotes(), wide_quotes(10, 10, true)).has_value());
    Columns expected = wide_quotes(0, 10, false);
    expected.append(wide_quotes(10, 10, true).view());
    EXPECT_EQ(get_wide(path_).value().columns, expected.columns);
    EXPECT_EQ(put(path_, bac_quotes(), expected)->series.front().rows_identical, 20U);
    const auto refused = put(path_, bac_quotes(), wide_quotes(0, 10, true));
    ASSERT_FALSE(refused.has_value());
    EXPECT_TRUE(refused.error().text.contains(
        "the stored ts_exch is not told and the new one 1970-01-01T00:00:00.000000001Z"))
        << refused.error().text;
    EXPECT_TRUE(Catalog::open(path_).value()->verify().damage.empty());
}

TEST_F(CatalogTest, counts_identical_rows_and_appends_the_rest) {
    const auto stored = static_cast<std::int64_t>(2 * kSegmentRowsMax + 100);
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, stored)).has_value());
    const auto again = put(path_, spy_bars(), some_rows(SeriesKind::bar, 50, stored));
    ASSERT_TRUE(again.has_value()) << again.error().text;
    EXPECT_EQ(again->series.front().rows_identical, static_cast<std::uint64_t>(stored - 50));
    EXPECT_EQ(again->series.front().rows_added, 50U);
    EXPECT_EQ(get(path_, spy_bars())->columns, some_rows(SeriesKind::bar, 0, stored + 50).columns);
}

TEST_F(CatalogTest, refuses_rows_that_differ_and_names_the_first) {
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, 100)).has_value());
    Columns other = some_rows(SeriesKind::bar, 10, 100);
    other.columns[ports::BarColumns::close][5] += 1;
    const auto conflict = put(path_, spy_bars(), other);
    ASSERT_FALSE(conflict.has_value());
    EXPECT_EQ(conflict.error().kind, ErrorKind::bad_input);
    EXPECT_EQ(
        conflict.error().text,
        "SPY.ARCA bar 1m: at 1970-01-01T00:15:00Z the stored close is 0.00001504 and the new one "
        "0.000015041; --replace puts the new rows in place of all that is stored in their span");
    EXPECT_EQ(get(path_, spy_bars())->columns, some_rows(SeriesKind::bar, 0, 100).columns);
}

TEST_F(CatalogTest, refuses_rows_before_or_between_those_stored) {
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 100, 10)).has_value());
    const auto before = put(path_, spy_bars(), some_rows(SeriesKind::bar, 50, 10));
    ASSERT_FALSE(before.has_value());
    EXPECT_TRUE(before.error().text.contains("is not stored, though later ones are"))
        << before.error().text;
    Columns holed = some_rows(SeriesKind::bar, 100, 10);
    for (auto& column : holed.columns) column.erase(column.begin() + 3);
    const auto hole = put(path_, spy_bars(), holed);
    ASSERT_FALSE(hole.has_value());
    EXPECT_TRUE(hole.error().text.contains("is missing from the new ones")) << hole.error().text;
}

TEST_F(CatalogTest, refuses_rows_out_of_order) {
    Columns rows = some_rows(SeriesKind::bar, 0, 10);
    rows.columns[0][5] = rows.columns[0][4];
    EXPECT_FALSE(put(path_, spy_bars(), rows).has_value());
    Columns ticks = some_rows(SeriesKind::quote, 0, 10);
    ticks.columns[0][5] = ticks.columns[0][4];  // several in one instant are fine
    EXPECT_TRUE(put(path_, bac_quotes(), ticks).has_value());
}

TEST_F(CatalogTest, replaces_exactly_the_span_of_the_new_rows) {
    const auto stored = static_cast<std::int64_t>(3 * kSegmentRowsMax);
    const auto first = static_cast<std::int64_t>(kSegmentRowsMax) - 5;
    const auto count = static_cast<std::int64_t>(kSegmentRowsMax) + 10;
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, stored)).has_value());
    const auto done =
        put(path_, spy_bars(), some_rows(SeriesKind::bar, first, count, 7), Overlap::replace);
    ASSERT_TRUE(done.has_value()) << done.error().text;
    EXPECT_EQ(done->series.front().rows_replaced, static_cast<std::uint64_t>(count));
    Columns expected = some_rows(SeriesKind::bar, 0, first);
    expected.append(some_rows(SeriesKind::bar, first, count, 7).view());
    expected.append(some_rows(SeriesKind::bar, first + count, stored - first - count).view());
    EXPECT_EQ(get(path_, spy_bars())->columns, expected.columns);
    EXPECT_TRUE(Catalog::open(path_).value()->verify().damage.empty());
}

TEST_F(CatalogTest, puts_older_rows_in_front_when_told_to_replace) {
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 100, 100)).has_value());
    ASSERT_TRUE(
        put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, 100), Overlap::replace).has_value());
    EXPECT_EQ(get(path_, spy_bars())->columns, some_rows(SeriesKind::bar, 0, 200).columns);
}

TEST_F(CatalogTest, keeps_what_an_open_reader_saw_and_cleans_up_after_it) {
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, 100)).has_value());
    {
        const auto before = Catalog::open(path_).value();
        ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, 100, 3), Overlap::replace)
                        .has_value());
        EXPECT_EQ(get(*before, spy_bars())->columns, some_rows(SeriesKind::bar, 0, 100).columns);
        EXPECT_EQ(segments_of(path_).size(), 2U);
    }
    EXPECT_EQ(get(path_, spy_bars())->columns, some_rows(SeriesKind::bar, 0, 100, 3).columns);
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 100, 1)).has_value());
    EXPECT_EQ(segments_of(path_).size(), 1U);
}

TEST_F(CatalogTest, finds_every_flipped_bit_and_names_file_and_column) {
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, 20)).has_value());
    const std::string segment = segments_of(path_).front();
    const std::string manifest = path_ + "/MANIFEST";
    for (const std::string& file : {segment, manifest}) {
        std::ifstream in{file, std::ios::binary};
        const std::string whole{std::istreambuf_iterator<char>{in}, {}};
        for (std::size_t at = 0; at < whole.size(); ++at) {
            std::string flipped = whole;
            flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
            write(file, flipped);
            const auto catalog = Catalog::open(path_);
            const std::string error =
                !catalog ? catalog.error().text : get(**catalog, spy_bars()).error();
            ASSERT_TRUE(error.contains(file)) << "byte " << at << " of " << file << ": " << error;
            ASSERT_FALSE(error.contains('\n'));
            if (catalog) {
                ASSERT_EQ((*catalog)->verify().damage.size(), 1U) << at;
            }
        }
        write(file, whole);
    }
    EXPECT_TRUE(get(path_, spy_bars()).has_value());
}

TEST_F(CatalogTest, names_the_column_that_is_damaged) {
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, 20)).has_value());
    const std::string segment = segments_of(path_).front();
    std::fstream file{segment, std::ios::binary | std::ios::in | std::ios::out};
    file.seekp(-8, std::ios::end);
    file.put('x');
    file.close();
    const std::string error = get(path_, spy_bars()).error();
    EXPECT_TRUE(error.contains("the checksum of column 'volume' does not match")) << error;
}

TEST_F(CatalogTest, refuses_files_cut_at_any_length) {
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, 20)).has_value());
    for (const std::string& file : {segments_of(path_).front(), path_ + "/MANIFEST"}) {
        const auto whole = fs::file_size(file);
        std::ifstream in{file, std::ios::binary};
        const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
        for (std::uintmax_t size = 0; size < whole; ++size) {
            fs::resize_file(file, size);
            ASSERT_FALSE(get(path_, spy_bars()).has_value()) << size << " bytes of " << file;
            write(file, bytes);
        }
        std::ofstream{file, std::ios::binary | std::ios::app} << "x";
        ASSERT_FALSE(get(path_, spy_bars()).has_value()) << "one byte more";
        write(file, bytes);
    }
}

TEST_F(CatalogTest, refuses_a_segment_that_was_swapped_for_another) {
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, 20)).has_value());
    const std::string segment = segments_of(path_).front();
    SeriesKey other = spy_bars();
    other.symbol = "QQQ.NASDAQ";
    ASSERT_TRUE(put(root_ + "/other", other, some_rows(SeriesKind::bar, 0, 20)).has_value());
    fs::copy_file(segments_of(root_ + "/other").front(), segment,
                  fs::copy_options::overwrite_existing);
    EXPECT_TRUE(get(path_, spy_bars()).error().contains("holds rows of another series"));
}

/// Runs `work` in a child process that may be killed; true where the child said that all went well.
template <typename Work>
bool in_child(Work work, int kill_after_us = -1) {
    const pid_t child = fork();
    if (child == 0) {
        work();
        _exit(0);
    }
    if (kill_after_us >= 0) {
        usleep(static_cast<useconds_t>(kill_after_us));
        kill(child, SIGKILL);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(CatalogTest, survives_being_killed_at_any_moment) {
    const auto old_rows = static_cast<std::int64_t>(kSegmentRowsMax) + 1000;
    const auto new_rows = static_cast<std::int64_t>(kSegmentRowsMax) * 2;
    const Columns before = some_rows(SeriesKind::bar, 0, old_rows);
    ASSERT_TRUE(put(path_, spy_bars(), before).has_value());
    const Columns replacement = some_rows(SeriesKind::bar, 0, new_rows, 5);
    // kills are spread over one and a half times what the whole change takes on this machine
    const auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(put(root_ + "/measured", spy_bars(), replacement).has_value());
    const auto whole_us =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                       std::chrono::steady_clock::now() - start)
                                       .count());
    base::Random random{42};
    int killed = 0;
    bool is_old = true;
    for (int round = 0; round < 40; ++round) {
        const Columns& wanted = is_old ? replacement : before;
        const bool done = in_child(
            [&] {
                // what overwrites must drop what lies behind it too
                const auto result = put(path_, spy_bars(), wanted, Overlap::replace);
                _exit(result ? 0 : 1);
            },
            static_cast<int>(random.below(whole_us * 3 / 2)));
        killed += done ? 0 : 1;
        const auto now = get(path_, spy_bars());
        ASSERT_TRUE(now.has_value()) << now.error();
        // the shorter old rows leave the tail of the longer new ones
        Columns mixed = before;
        mixed.append(some_rows(SeriesKind::bar, old_rows, new_rows - old_rows, 5).view());
        const bool old_state = now->columns == before.columns || now->columns == mixed.columns;
        const bool new_state = now->columns == replacement.columns;
        ASSERT_TRUE(old_state || new_state) << "round " << round;
        if (done) {
            ASSERT_EQ(new_state, is_old);
        }
        is_old = old_state;
        ASSERT_TRUE(Catalog::open(path_).value()->verify().damage.empty());
    }
    EXPECT_GT(killed, 0);
    // the next change cleans away what the killed ones left
    ASSERT_TRUE(put(path_, spy_bars(), replacement, Overlap::replace).has_value());
    EXPECT_TRUE(fs::is_empty(path_ + "/tmp"));
    EXPECT_EQ(segments_of(path_).size(), 2U);
}

TEST_F(CatalogTest, is_whole_or_absent_when_killed_while_it_is_made) {
    base::Random random{7};
    for (int round = 0; round < 40; ++round) {
        const std::string path = fmt::format("{}/new{}", root_, round);
        const bool done = in_child(
            [&] { _exit(put(path, spy_bars(), some_rows(SeriesKind::bar, 0, 1000)) ? 0 : 1); },
            static_cast<int>(random.below(6'000)));
        const auto catalog = Catalog::open(path);
        if (catalog) {
            EXPECT_TRUE((*catalog)->verify().damage.empty());
        }
        if (done) {
            EXPECT_EQ(get(path, spy_bars())->rows(), 1000U);
        }
        ASSERT_TRUE(put(path, spy_bars(), some_rows(SeriesKind::bar, 0, 1000)).has_value());
        EXPECT_EQ(get(path, spy_bars())->rows(), 1000U);
    }
}

TEST_F(CatalogTest, lets_concurrent_writers_wait_for_each_other) {
    constexpr int kWriters = 4;
    std::vector<pid_t> children;
    for (int i = 0; i < kWriters; ++i) {
        const pid_t child = fork();
        if (child == 0) {
            bool good = true;
            for (std::int64_t round = 0; round < 10; ++round) {
                SeriesKey key = spy_bars();
                key.symbol = fmt::format("S{}.ARCA", i);
                good =
                    good && put(path_, key, some_rows(SeriesKind::bar, round * 10, 10)).has_value();
            }
            _exit(good ? 0 : 1);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        waitpid(child, &status, 0);
        EXPECT_EQ(status, 0);
    }
    const auto catalog = Catalog::open(path_).value();
    ASSERT_EQ(catalog->series().size(), static_cast<std::size_t>(kWriters));
    for (const auto& series : catalog->series()) EXPECT_EQ(series.rows, 100U);
    EXPECT_TRUE(catalog->verify().damage.empty());
}

TEST_F(CatalogTest, reports_a_file_size_limit_and_stays_as_it_was) {
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, 10)).has_value());
    EXPECT_TRUE(in_child([&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{.rlim_cur = 1 << 20, .rlim_max = 1 << 20};
        setrlimit(RLIMIT_FSIZE, &limit);
        const auto result = put(path_, spy_bars(), some_rows(SeriesKind::bar, 10, 200'000));
        _exit(!result && result.error().kind == ErrorKind::failed &&
                      result.error().text.contains("cannot write")
                  ? 0
                  : 1);
    }));
    EXPECT_EQ(get(path_, spy_bars())->rows(), 10U);
    EXPECT_TRUE(fs::is_empty(path_ + "/tmp"));
}

TEST_F(CatalogTest, reports_a_full_disk_and_stays_as_it_was) {
    const std::string disk = root_ + "/disk";
    fs::create_directory(disk);
    if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=4m") != 0) {
        GTEST_SKIP() << "needs the right to mount a tmpfs";
    }
    const std::string path = disk + "/catalog";
    EXPECT_TRUE(put(path, spy_bars(), some_rows(SeriesKind::bar, 0, 1000)).has_value());
    const auto full = put(path, spy_bars(), some_rows(SeriesKind::bar, 1000, 200'000));
    EXPECT_FALSE(full.has_value());
    if (!full) {
        EXPECT_EQ(full.error().kind, ErrorKind::failed);
        EXPECT_TRUE(
            full.error().text.contains("No space left on device; free some space, nothing was "
                                       "changed"))
            << full.error().text;
    }
    EXPECT_EQ(get(path, spy_bars())->rows(), 1000U);
    EXPECT_TRUE(fs::is_empty(path + "/tmp"));
    EXPECT_TRUE(put(path, spy_bars(), some_rows(SeriesKind::bar, 1000, 1000)).has_value());
    EXPECT_EQ(umount(disk.c_str()), 0);
}

TEST_F(CatalogTest, can_be_read_but_not_written_on_a_read_only_disk) {
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, 1000)).has_value());
    if (mount(path_.c_str(), path_.c_str(), nullptr, MS_BIND, nullptr) != 0) {
        GTEST_SKIP() << "needs the right to mount";
    }
    ASSERT_EQ(mount(nullptr, path_.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr), 0);
    EXPECT_EQ(get(path_, spy_bars())->rows(), 1000U);
    const auto refused = put(path_, spy_bars(), some_rows(SeriesKind::bar, 1000, 1));
    EXPECT_FALSE(refused.has_value());
    if (!refused) {
        EXPECT_TRUE(refused.error().text.contains("Read-only file system")) << refused.error().text;
    }
    EXPECT_EQ(umount(path_.c_str()), 0);
}

TEST_F(CatalogTest, drops_everything_where_the_change_is_not_committed) {
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, 10)).has_value());
    {
        auto change = Transaction::begin(path_).value();
        const auto rows =
            some_rows(SeriesKind::bar, 10, static_cast<std::int64_t>(kSegmentRowsMax) * 2);
        ASSERT_TRUE(change->append(spy_bars(), rows.view()).has_value());
    }
    EXPECT_EQ(get(path_, spy_bars())->rows(), 10U);
    EXPECT_TRUE(fs::is_empty(path_ + "/tmp"));
}

TEST_F(CatalogTest, does_not_take_over_a_directory_that_is_something_else) {
    fs::create_directory(path_);
    std::ofstream{path_ + "/thesis.txt"} << "three years of work";
    const auto refused = Transaction::begin(path_);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, ErrorKind::bad_input);
    EXPECT_TRUE(refused.error().text.contains("thesis.txt")) << refused.error().text;
    EXPECT_FALSE(Catalog::open(path_).has_value());
}

TEST_F(CatalogTest, does_not_start_anew_over_segments_whose_manifest_is_gone) {
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, 10)).has_value());
    fs::remove(path_ + "/MANIFEST");
    EXPECT_FALSE(Transaction::begin(path_).has_value());
    EXPECT_EQ(segments_of(path_).size(), 1U);
}

TEST_F(CatalogTest, needs_the_definition_of_an_instrument_first) {
    auto change = Transaction::begin(path_).value();
    const auto refused = change->append(spy_bars(), some_rows(SeriesKind::bar, 0, 1).view());
    ASSERT_FALSE(refused.has_value());
    EXPECT_TRUE(refused.error().text.contains("SPY.ARCA"));
}

TEST_F(CatalogTest, says_which_series_it_lacks) {
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, 10)).has_value());
    const auto catalog = Catalog::open(path_).value();
    const auto missing = catalog->read(bac_quotes(), kTimestampMin, kTimestampMax);
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error().kind, ports::HistoryErrorKind::unknown_series);
}

TEST_F(CatalogTest, may_be_read_by_several_threads) {
    ASSERT_TRUE(put(path_, spy_bars(), some_rows(SeriesKind::bar, 0, 300'000)).has_value());
    const auto catalog = Catalog::open(path_).value();
    std::array<std::size_t, 4> rows{};
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            threads.emplace_back([&, i] { rows[i] = get(*catalog, spy_bars())->rows(); });
        }
    }
    for (const std::size_t count : rows) EXPECT_EQ(count, 300'000U);
}

}  // namespace
}  // namespace tradewind::catalog
