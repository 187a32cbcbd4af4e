// SPDX-License-Identifier: Apache-2.0
#include "wire/csv.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace tradewind::wire {
namespace {

using Table = std::vector<std::vector<std::string>>;

/// Gives a text in pieces of any size, as a pipe might.
class Pieces final : public TextFile {
public:
    Pieces(std::string text, std::size_t size) : text_(std::move(text)), size_(size) {}
    std::expected<std::size_t, InputError> read(std::span<char> block) override {
        const std::size_t n = std::min({size_, block.size(), text_.size() - at_});
        std::copy_n(text_.data() + at_, n, block.data());
        at_ += n;
        return n;
    }
    const std::string& name() const override { return name_; }
    std::uint64_t bytes_taken() const override { return at_; }
    std::uint64_t bytes_on_disk() const override { return text_.size(); }

private:
    std::string text_;
    std::size_t size_;
    std::size_t at_ = 0;
    std::string name_ = "pieces.csv";
};

std::expected<Table, std::string> parse(const std::string& text, std::size_t piece = 1 << 20,
                                        char delimiter = ',') {
    auto reader = CsvReader::open(std::make_unique<Pieces>(text, piece), delimiter);
    if (!reader) return std::unexpected(to_string(reader.error()));
    Table out;
    CsvFields fields;
    while (true) {
        const auto more = reader->next(fields);
        if (!more) return std::unexpected(to_string(more.error()));
        if (!*more) return out;
        out.emplace_back(fields.begin(), fields.end());
    }
}

TEST(Csv, reads_what_rfc_4180_gives_as_examples) {
    // RFC 4180, section 2, rules 1 to 7
    const Table abc{{"aaa", "bbb", "ccc"}, {"zzz", "yyy", "xxx"}};
    EXPECT_EQ(parse("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n"), abc);
    EXPECT_EQ(parse("aaa,bbb,ccc\r\nzzz,yyy,xxx"), abc);
    EXPECT_EQ(parse("\"aaa\",\"bbb\",\"ccc\"\r\nzzz,yyy,xxx"), abc);
    EXPECT_EQ(parse("\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz,yyy,xxx"),
              (Table{{"aaa", "b\r\nbb", "ccc"}, {"zzz", "yyy", "xxx"}}));
    EXPECT_EQ(parse("\"aaa\",\"b\"\"bb\",\"ccc\""), (Table{{"aaa", "b\"bb", "ccc"}}));
}

TEST(Csv, reads_the_shapes_that_files_come_in) {
    struct Case {
        const char* text;
        Table table;
    };
    const Case cases[] = {
        {"", {}},
        {"\n\n\r\n", {}},
        {"a", {{"a"}}},
        {"a,b\n", {{"a", "b"}}},
        {"a,\n,b\n,\n", {{"a", ""}, {"", "b"}, {"", ""}}},
        {"\xef\xbb\xbf"
         "a,b\r\nc,d\r\n",
         {{"a", "b"}, {"c", "d"}}},
        {"a\n\n\nb\n", {{"a"}, {"b"}}},
        {"\"\",\"\"\n", {{"", ""}}},
        {"\"a,b\",c\n", {{"a,b", "c"}}},
    };
    for (const Case& c : cases) {
        for (const std::size_t piece : {1U, 2U, 3U, 1000U})
            EXPECT_EQ(parse(c.text, piece), c.table) << c.text;
    }
    EXPECT_EQ(parse("a;b\tc\n", 100, '\t'), (Table{{"a;b", "c"}}));
}

TEST(Csv, refuses_what_is_no_table_with_the_line) {
    using namespace std::string_literals;
    struct Case {
        std::string text;
        const char* says;
    };
    const Case cases[] = {
        {"a,b\nc,\"d\n", "pieces.csv:2: a quote is opened and never closed"},
        {"a\n\"b\"c\n", "pieces.csv:2: text follows a closing quote"},
        {"a,b\nc,\0d\n"s, "pieces.csv:2: has a NUL byte"},
        {"\xff\xfe"s + "a\0b\0"s, "pieces.csv:1: is UTF-16"},
        {"\xfe\xff"s + "\0a\0b"s, "pieces.csv:1: is UTF-16"},
        {"a\n" + std::string(kRecordBytesMax + 300'000, 'x'),
         "pieces.csv:2: the line is longer than"},
        {"a\n\"" + std::string(kRecordBytesMax, '\n') + std::string(300'000, 'x'),
         "pieces.csv:2: the line is"},
        {std::string(kCsvColumnsMax + 1, ','), "pieces.csv:1: has more than 4096 columns"},
    };
    for (const Case& c : cases) {
        const auto table = parse(c.text);
        ASSERT_FALSE(table.has_value()) << c.says;
        EXPECT_TRUE(table.error().starts_with(c.says)) << table.error();
        EXPECT_FALSE(table.error().contains('\n'));
    }
}

TEST(Csv, counts_the_lines_that_a_record_spans) {
    auto reader = CsvReader::open(std::make_unique<Pieces>("a\n\"x\ny\nz\"\n\nb\n", 1)).value();
    CsvFields fields;
    std::vector<std::uint64_t> lines;
    while (reader.next(fields).value()) lines.push_back(reader.line());
    EXPECT_EQ(lines, (std::vector<std::uint64_t>{1, 2, 6}));
}

TEST(Csv, buffers_no_lines_before_the_first_one_is_there) {
    auto reader = CsvReader::open(std::make_unique<Pieces>("\xef\xbb\xbf"
                                                           "a,b\n",
                                                           3))
                      .value();
    EXPECT_EQ(reader.buffered_lines(), "");
    CsvFields fields;
    ASSERT_TRUE(reader.next(fields).value());
    EXPECT_EQ(reader.buffered_lines(), "");
}

TEST(Csv, shows_a_record_before_it_is_taken) {
    auto reader = CsvReader::open(std::make_unique<Pieces>("a,b\nc,d\n", 1)).value();
    CsvFields fields;
    ASSERT_TRUE(reader.peek(fields).value());
    EXPECT_EQ(fields.front(), "a");
    ASSERT_TRUE(reader.next(fields).value());
    EXPECT_EQ(fields.front(), "a");
    ASSERT_TRUE(reader.next(fields).value());
    EXPECT_FALSE(reader.peek(fields).value());
}

std::string quote(const std::string& field) {
    std::string out = "\"";
    for (const char c : field) out += c == '"' ? std::string{"\"\""} : std::string(1, c);
    return out + "\"";
}

RC_GTEST_PROP(Csv, gives_back_any_quoted_table_however_it_arrives, ()) {
    const auto field =
        rc::gen::container<std::string>(rc::gen::elementOf(std::string{"ab,\"\n\r 1."}));
    const auto table = *rc::gen::container<Table>(
        rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(field)));
    std::string text;
    for (const auto& row : table) {
        for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : ",") + quote(row[i]);
        text += *rc::gen::element(std::string{"\n"}, std::string{"\r\n"});
    }
    const auto back = parse(text, *rc::gen::inRange<std::size_t>(1, 9));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == table);
}

}  // namespace
}  // namespace tradewind::wire
