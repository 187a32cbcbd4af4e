// SPDX-License-Identifier: Apache-2.0
#include "wire/text_file.hpp"

#include <gtest/gtest.h>
#include <zip.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/decimal.hpp"
#include "base/random.hpp"
#include "wire/text_sink.hpp"

namespace tradewind::wire {
namespace {

namespace fs = std::filesystem;

class TextFileTest : public testing::Test {
protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "tradewind-text-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        root_ = name;
    }
    void TearDown() override { fs::remove_all(root_); }

    std::string write(const std::string& name, const std::string& bytes) {
        fs::remove(root_ + "/" +
                   name);  // some file systems make a file durable that is written anew
        std::ofstream{root_ + "/" + name, std::ios::binary} << bytes;
        return root_ + "/" + name;
    }

    std::string root_;
};

std::string gzip(const std::string& text) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, text.size()) + 64, '\0');
    std::string in = text;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

void make_zip(const std::string& path,
              const std::vector<std::pair<std::string, std::string>>& entries) {
    zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
    ASSERT_NE(archive, nullptr);
    for (const auto& [name, text] : entries) {
        zip_source_t* source = zip_source_buffer(archive, text.data(), text.size(), 0);
        ASSERT_GE(zip_file_add(archive, name.c_str(), source, ZIP_FL_OVERWRITE), 0);
    }
    ASSERT_EQ(zip_close(archive), 0);
}

std::expected<std::string, std::string> read_all(const std::string& path,
                                                 const std::string& entry = {},
                                                 std::size_t block = 1000) {
    auto file = open_text(path, entry);
    if (!file) return std::unexpected(to_string(file.error()));
    std::string out;
    std::string buffer(block, '\0');
    while (true) {
        const auto got = (*file)->read(buffer);
        if (!got) return std::unexpected(to_string(got.error()));
        if (*got == 0) return out;
        out.append(buffer, 0, *got);
    }
}

std::string some_text(std::size_t size) {
    base::Random random{11};
    std::string out;
    while (out.size() < size) out += std::to_string(random.below(1'000'000)) + ",";
    return out;
}

TEST_F(TextFileTest, reads_the_same_text_from_every_packing_whatever_its_name) {
    for (const std::size_t size : {0U, 1U, 5U, 100U, 500'000U}) {
        const std::string text = some_text(size).substr(0, size);
        make_zip(root_ + "/b.csv", {{"inside.csv", text}});
        EXPECT_EQ(read_all(write("a.zip", text)), text);
        EXPECT_EQ(read_all(write("c.txt", gzip(text))), text);
        EXPECT_EQ(read_all(root_ + "/b.csv"), text);
        EXPECT_EQ(read_all(write("c.txt", gzip(text)), {}, 1), text);
    }
}

TEST_F(TextFileTest, joins_gzip_members_and_passes_over_padding) {
    EXPECT_EQ(
        read_all(write("a.gz", gzip("one,") + gzip("") + gzip("two") + std::string(512, '\0'))),
        "one,two");
}

TEST_F(TextFileTest, names_the_offset_where_gzip_is_damaged) {
    const std::string good = gzip(some_text(100'000));
    std::string bad = good;
    bad[good.size() / 2] = static_cast<char>(bad[good.size() / 2] ^ 0x10);
    const auto damaged = read_all(write("bad.gz", bad));
    ASSERT_FALSE(damaged.has_value());
    EXPECT_TRUE(damaged.error().contains("is damaged at byte")) << damaged.error();
    const auto cut = read_all(write("cut.gz", good.substr(0, good.size() - 9)));
    ASSERT_FALSE(cut.has_value());
    EXPECT_TRUE(cut.error().contains("ends too early, at byte")) << cut.error();
    const auto more = read_all(write("more.gz", good + "junk"));
    ASSERT_FALSE(more.has_value());
    EXPECT_TRUE(more.error().contains("something that is not gzip follows at byte"))
        << more.error();
}

TEST_F(TextFileTest, never_takes_a_damaged_gzip_for_another_text) {
    const std::string text = some_text(3'000);
    const std::string good = gzip(text);
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ (1 << (at % 8)));
        const auto read = read_all(write("bad.gz", bad));
        // the header's time, flags and system say nothing about the text
        if (at >= 10) {
            ASSERT_FALSE(read.has_value()) << at;
        }
        ASSERT_FALSE(read_all(write("cut.gz", good.substr(0, at))).value_or("") == text) << at;
    }
}

TEST_F(TextFileTest, names_the_entry_that_is_damaged) {
    make_zip(root_ + "/a.zip", {{"inside.csv", some_text(50'000)}});
    std::fstream file{root_ + "/a.zip", std::ios::binary | std::ios::in | std::ios::out};
    file.seekp(5'000);
    file.write("xxxxxxxx", 8);
    file.close();
    const auto damaged = read_all(root_ + "/a.zip");
    ASSERT_FALSE(damaged.has_value());
    EXPECT_TRUE(damaged.error().contains("entry 'inside.csv' is damaged near byte"))
        << damaged.error();
}

TEST_F(TextFileTest, refuses_a_zip_that_is_cut_at_any_length) {
    make_zip(root_ + "/a.zip", {{"inside.csv", some_text(2'000)}});
    const auto size = fs::file_size(root_ + "/a.zip");
    for (std::uintmax_t n = 4; n < size; n += 7) {
        fs::copy_file(root_ + "/a.zip", root_ + "/cut.zip", fs::copy_options::overwrite_existing);
        fs::resize_file(root_ + "/cut.zip", n);
        EXPECT_FALSE(read_all(root_ + "/cut.zip").has_value()) << n;
    }
}

TEST_F(TextFileTest, wants_to_know_which_file_of_a_zip_is_meant) {
    make_zip(root_ + "/two.zip", {{"a.csv", "A"}, {"b.csv", "B"}});
    const auto either = read_all(root_ + "/two.zip");
    ASSERT_FALSE(either.has_value());
    EXPECT_TRUE(either.error().contains(
        "holds 2 files, among them 'a.csv' and 'b.csv'; name one with --entry"))
        << either.error();
    EXPECT_EQ(read_all(root_ + "/two.zip", "b.csv"), "B");
    EXPECT_FALSE(read_all(root_ + "/two.zip", "c.csv").has_value());
    EXPECT_EQ(zip_entries(root_ + "/two.zip").value(),
              (std::vector<std::string>{"a.csv", "b.csv"}));
    EXPECT_TRUE(zip_entries(write("plain", "x")).value().empty());
}

TEST_F(TextFileTest, stops_at_a_bomb) {
    const std::string bomb = gzip(std::string(std::size_t{80} << 20, '0'));
    const auto gz = read_all(write("bomb.gz", bomb), {}, 1 << 20);
    ASSERT_FALSE(gz.has_value());
    EXPECT_TRUE(gz.error().contains("like a zip bomb")) << gz.error();
    make_zip(root_ + "/bomb.zip", {{"zeros.csv", std::string(std::size_t{80} << 20, '0')}});
    const auto zip = read_all(root_ + "/bomb.zip", {}, 1 << 20);
    ASSERT_FALSE(zip.has_value());
    EXPECT_TRUE(zip.error().contains("like a zip bomb")) << zip.error();
}

TEST_F(TextFileTest, says_plainly_what_a_path_is_not) {
    struct Case {
        std::string path;
        const char* says;
    };
    const Case cases[] = {
        {root_, "is a directory"},
        {root_ + "/nothing", "No such file or directory"},
        {write("x.zst", "\x28\xb5\x2f\xfd more"), "is a zstd file; unpack it first"},
        {write("x.parquet", "PAR1xxxx"), "is a Parquet file; export it as CSV"},
        {write("x.bz2", "BZh9xxx"), "is a bzip2 file"},
        {write("x.xz", std::string{"\xfd"} + "7zXZxx"), "is a xz file"},
    };
    for (const Case& c : cases) {
        const auto read = read_all(c.path);
        ASSERT_FALSE(read.has_value()) << c.path;
        EXPECT_TRUE(read.error().contains(c.says)) << read.error();
    }
}

TEST_F(TextFileTest, reads_back_what_a_sink_wrote) {
    const std::string text = some_text(300'000);
    for (const std::string name : {"out.csv", "out.csv.gz"}) {
        auto sink = open_text_sink(root_ + "/" + name).value();
        ASSERT_TRUE(sink->write(std::string_view{text}.substr(0, 1000)).has_value());
        ASSERT_TRUE(sink->write(std::string_view{text}.substr(1000)).has_value());
        EXPECT_FALSE(fs::exists(root_ + "/" + name)) << "before it is whole";
        ASSERT_TRUE(sink->close().has_value());
        EXPECT_EQ(read_all(root_ + "/" + name), text);
    }
    { const auto dropped = open_text_sink(root_ + "/dropped.csv").value(); }
    EXPECT_FALSE(fs::exists(root_ + "/dropped.csv"));
    EXPECT_FALSE(fs::exists(root_ + "/dropped.csv.part"));
}

/// A device that refuses every byte: putting a file in its place would be as bad as losing them.
TEST_F(TextFileTest, writes_to_what_is_no_file_without_putting_a_file_there) {
    const std::string link = root_ + "/full.csv";
    fs::create_symlink("/dev/full", link);
    auto sink = open_text_sink(link).value();
    const auto written = sink->write("ts,close\n");
    ASSERT_FALSE(written.has_value());
    EXPECT_TRUE(to_string(written.error()).contains("No space left")) << to_string(written.error());
    EXPECT_TRUE(fs::is_character_file("/dev/full"));
    EXPECT_TRUE(fs::is_symlink(link));
    EXPECT_FALSE(fs::exists(link + ".part"));
}

TEST(TextSink, prints_decimals_as_the_slow_way_does) {
    base::Random random{3};
    for (const std::int64_t special : {INT64_MIN, INT64_MAX, std::int64_t{0}, std::int64_t{-1}}) {
        std::string out;
        append_decimal(out, special);
        EXPECT_EQ(out, base::format_decimal(special, base::kDecimals));
    }
    for (int i = 0; i < 10'000; ++i) {
        const auto raw =
            static_cast<std::int64_t>(random.next() >> random.below(64)) * (i % 2 == 0 ? 1 : -1);
        std::string out;
        append_decimal(out, raw);
        ASSERT_EQ(out, base::format_decimal(raw, base::kDecimals));
    }
}

TEST(Quoted, keeps_any_text_on_one_short_line) {
    EXPECT_EQ(wire::quoted("abc"), "'abc'");
    EXPECT_EQ(wire::quoted("a\nb\x01\xff"), "'a\\x0ab\\x01\\xff'");
    EXPECT_EQ(wire::quoted(std::string(100, 'x')), "'" + std::string(40, 'x') + "...'");
}

}  // namespace
}  // namespace tradewind::wire
