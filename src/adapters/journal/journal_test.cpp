// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "adapters/journal/journal_reader.hpp"
#include "adapters/journal/journal_writer.hpp"
#include "base/sha256.hpp"
#include "support/generators.hpp"
#include "support/must.hpp"
#include "wire/event_codec.hpp"
#include "wire/journal_format.hpp"

namespace tradewind::journal {
namespace {

namespace fs = std::filesystem;
using Next = ports::LogReader::Next;
using test::must;

constexpr std::string_view kSettings = R"({"program":"tradewind"})";

/// A folder of its own for each test, gone afterwards.
class Journal : public testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() / ("tradewind-journal-" + std::to_string(::getpid()));
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    [[nodiscard]] fs::path path(std::string_view name = "run.journal") const {
        return folder_ / name;
    }

private:
    fs::path folder_;
};

/// An event and the decisions of its step.
struct Step {
    Event event;
    std::vector<Decision> decisions;
};

std::vector<Step> small_run() {
    const OrderId order = OrderId::of(StrategyId{0}, 1);
    const Decision buy = Command{SubmitOrder{{.id = order, .spec = {.qty = whole_qty(1)}}}};
    return {{{1, {10}, {10}, CashFlow{kUsd, whole_money(100), CashReason::deposit}}, {}},
            {{2, {20}, {15}, Trade{.price = {5}, .size = {1}}}, {buy}},
            {{3, {20}, {20}, NewsItem{.headline = "views live as long as the reader"}}, {}},
            {{4, {30}, {30}, EndOfData{}}, {Command{CancelOrder{.id = order}}, buy}}};
}

/// Returns the writer's hash of what it wrote.
std::string write_run(const fs::path& path, const std::vector<Step>& steps) {
    const auto writer = must(JournalWriter::create(path, kSettings));
    for (const Step& step : steps) {
        must(writer->append(step.event));
        if (!step.decisions.empty()) must(writer->append(step.event.seq, step.decisions));
    }
    must(writer->close());
    return writer->hash();
}

/// What a reader handed out before it stopped, and how it stopped.
struct Reading {
    std::vector<Step> steps;
    Next stopped = Next::failed;
    std::string error;
};

/// Texts of the steps live as long as the reader.
Reading read_run(JournalReader& reader) {
    Reading out;
    while (true) {
        const Next next = reader.next();
        if (next == Next::event) {
            out.steps.push_back({reader.event(), {}});
        } else if (next == Next::decisions) {
            out.steps.back().decisions.assign(reader.decisions().begin(), reader.decisions().end());
        } else {
            out.stopped = next;
            out.error = reader.error();
            return out;
        }
    }
}

bool same(const Step& a, const Step& b) { return a.event == b.event && a.decisions == b.decisions; }

/// What was read is the beginning of what was written; the last event may lack its decisions.
bool is_beginning(const std::vector<Step>& read, const std::vector<Step>& written) {
    if (read.size() > written.size()) return false;
    for (std::size_t i = 0; i < read.size(); ++i) {
        const bool cut = i + 1 == read.size() && read[i].decisions.empty();
        if (cut ? read[i].event != written[i].event : !same(read[i], written[i])) return false;
    }
    return true;
}

std::string read_file(const fs::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// Cut anywhere, it is gone on with behind its last whole record, and is then what it would have
/// been.
TEST_F(Journal, goes_on_where_a_process_died) {
    const std::vector<Step> steps = small_run();
    write_run(path(), steps);
    const std::string whole = read_file(path());
    for (std::size_t cut = wire::kJournalMagic.size() + 60; cut <= whole.size(); ++cut) {
        std::ofstream{path("cut"), std::ios::binary}.write(whole.data(),
                                                           static_cast<std::streamsize>(cut));
        std::size_t end = 0, events = 0;
        bool has_decisions = false;
        {
            const auto reader = must(JournalReader::open(path("cut")));
            const Reading reading = read_run(*reader);
            ASSERT_NE(reading.stopped, Next::failed) << reading.error;
            end = reader->position();
            events = reading.steps.size();
            has_decisions = events > 0 && !reading.steps.back().decisions.empty();
        }
        const auto writer = must(JournalWriter::go_on(path("cut"), end, events));
        if (events > 0 && !has_decisions && !steps[events - 1].decisions.empty()) {
            must(writer->append(events, steps[events - 1].decisions));
        }
        for (std::size_t i = events; i < steps.size(); ++i) {
            must(writer->append(steps[i].event));
            must(writer->sync());
            if (!steps[i].decisions.empty())
                must(writer->append(steps[i].event.seq, steps[i].decisions));
        }
        must(writer->close());
        ASSERT_EQ(read_file(path("cut")), whole) << cut;
        EXPECT_EQ(writer->hash(), base::sha256_hex(std::as_bytes(std::span{whole})));
    }
}

TEST_F(Journal, has_one_writer_at_a_time) {
    const auto first = must(JournalWriter::create(path(), kSettings));
    const auto second = JournalWriter::create(path(), kSettings);
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().find("another process"), std::string::npos) << second.error();
    EXPECT_FALSE(JournalWriter::go_on(path(), 8, 0).has_value());
}

TEST_F(Journal, what_is_synced_is_there_for_a_reader) {
    const auto writer = must(JournalWriter::create(path(), kSettings));
    for (const Step& step : small_run()) must(writer->append(step.event));
    must(writer->sync());
    const auto reader = must(JournalReader::open(path()));
    EXPECT_EQ(read_run(*reader).steps.size(), 4U);
}

void write_file(const fs::path& path, std::string_view bytes) {
    std::ofstream{path, std::ios::binary}.write(bytes.data(),
                                                static_cast<std::streamsize>(bytes.size()));
}

bool is_one_line(std::string_view text) {
    return !text.empty() && text.find('\n') == std::string_view::npos;
}

// --- in order -----------------------------------------------------------------------------------

TEST_F(Journal, reads_back_what_was_written) {
    const std::string hash = write_run(path(), small_run());
    const auto reader = must(JournalReader::open(path()));
    EXPECT_EQ(reader->settings(), kSettings);
    EXPECT_EQ(reader->hash(), hash);
    const Reading reading = read_run(*reader);
    EXPECT_EQ(reading.stopped, Next::end) << reading.error;
    EXPECT_TRUE(std::ranges::equal(reading.steps, small_run(), same));
}

RC_GTEST_FIXTURE_PROP(Journal, reads_back_every_event_and_decision, ()) {
    std::vector<Step> steps(test::draw_below(20));
    Sequence seq = 0;
    for (Step& step : steps) {
        step = {test::Any<Event>::draw(), test::draw_decisions()};
        step.event.seq = ++seq;
    }
    write_run(path("any.journal"), steps);
    const auto reader = must(JournalReader::open(path("any.journal")));
    const Reading reading = read_run(*reader);
    RC_ASSERT(reading.stopped == Next::end);
    RC_ASSERT(std::ranges::equal(reading.steps, steps, same));
}

/// The file with another version of the layout at its head, its frame whole again.
std::string with_layout(std::string bytes, std::uint32_t version) {
    const std::size_t head = wire::kJournalMagic.size();
    const auto all = std::as_writable_bytes(std::span{bytes}).subspan(head);
    const std::size_t size = wire::read_frame(all).size;
    const auto payload = all.subspan(wire::kFrameHeaderSize, size - wire::kFrameHeaderSize);
    std::memcpy(payload.data(), &version, sizeof version);
    const auto header = wire::frame_header(wire::FrameKind::settings, payload);
    std::ranges::copy(header, all.begin());
    return bytes;
}

TEST_F(Journal, reads_the_older_layouts_and_refuses_a_newer_one) {
    write_run(path(), small_run());
    const std::string bytes = read_file(path());
    for (std::uint32_t old = wire::kEventLayoutOldest; old < wire::kEventLayoutVersion; ++old) {
        write_file(path(), with_layout(bytes, old));
        const auto reader = must(JournalReader::open(path()));
        ASSERT_EQ(reader->next(), Next::event);
        EXPECT_EQ(reader->event(), small_run().front().event);
    }
    write_file(path(), with_layout(bytes, wire::kEventLayoutVersion + 1));
    const auto refused = JournalReader::open(path());
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error().find("has layout"), std::string::npos) << refused.error();
}

TEST_F(Journal, hash_is_that_of_the_file) {
    const std::string hash = write_run(path(), small_run());
    const std::string bytes = read_file(path());
    EXPECT_EQ(hash, base::sha256_hex(std::as_bytes(std::span{bytes})));
}

TEST_F(Journal, same_run_gives_the_same_bytes) {
    write_run(path("a"), small_run());
    write_run(path("b"), small_run());
    EXPECT_EQ(read_file(path("a")), read_file(path("b")));
}

TEST_F(Journal, writes_more_than_a_block) {
    std::vector<Step> steps;
    const std::string body(10'000, 'n');
    for (Sequence seq = 1; seq <= 100; ++seq) {
        steps.push_back({{seq, {5}, {5}, NewsItem{.body = body}}, {}});
    }
    const std::string hash = write_run(path(), steps);
    const auto reader = must(JournalReader::open(path()));
    EXPECT_EQ(reader->hash(), hash);
    EXPECT_EQ(read_run(*reader).stopped, Next::end);
}

TEST_F(Journal, replaces_an_older_and_longer_journal) {
    write_run(path(), small_run());
    write_run(path(), {});
    EXPECT_EQ(read_run(*must(JournalReader::open(path()))).stopped, Next::end);
}

// --- torn, damaged ------------------------------------------------------------------------------

TEST_F(Journal, cut_anywhere_is_torn_or_refused_and_never_another_run) {
    write_run(path(), small_run());
    const std::string whole = read_file(path());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        write_file(path("cut"), whole.substr(0, size));
        const auto reader = JournalReader::open(path("cut"));
        if (!reader) {
            EXPECT_TRUE(is_one_line(reader.error())) << size;
            continue;
        }
        const Reading reading = read_run(**reader);
        EXPECT_EQ(reading.stopped, Next::torn) << size << ' ' << reading.error;
        EXPECT_TRUE(is_beginning(reading.steps, small_run())) << size;
    }
}

TEST_F(Journal, any_flipped_bit_is_told_and_never_another_run) {
    write_run(path(), small_run());
    const std::string whole = read_file(path());
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        std::string bytes = whole;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
        write_file(path("bit"), bytes);
        const auto reader = JournalReader::open(path("bit"));
        if (!reader) {
            EXPECT_TRUE(is_one_line(reader.error())) << bit;
            continue;
        }
        const Reading reading = read_run(**reader);
        EXPECT_EQ(reading.stopped, Next::failed) << bit;
        EXPECT_TRUE(is_one_line(reading.error)) << bit;
        EXPECT_TRUE(is_beginning(reading.steps, small_run())) << bit;
    }
}

TEST_F(Journal, bytes_after_the_closing_record_are_told) {
    write_run(path(), small_run());
    write_file(path("more"), read_file(path()) + '\0');
    const Reading reading = read_run(*must(JournalReader::open(path("more"))));
    EXPECT_EQ(reading.stopped, Next::failed);
    EXPECT_NE(reading.error.find("after the closing record"), std::string::npos) << reading.error;
}

/// Whole frames in a wrong order: a checksum alone would let this pass.
TEST_F(Journal, missing_event_is_told_with_its_number) {
    std::vector<Step> steps = small_run();
    steps.erase(steps.begin() + 1);
    write_run(path(), steps);
    const Reading reading = read_run(*must(JournalReader::open(path())));
    EXPECT_EQ(reading.stopped, Next::failed);
    EXPECT_NE(reading.error.find("event 3 stands where 2 is due"), std::string::npos)
        << reading.error;
}

TEST_F(Journal, unclosed_run_is_torn_after_all_its_events) {
    {
        const auto writer = must(JournalWriter::create(path(), kSettings));
        must(writer->append(small_run().front().event));
    }
    const Reading reading = read_run(*must(JournalReader::open(path())));
    EXPECT_EQ(reading.stopped, Next::torn);
}

// --- the file system ----------------------------------------------------------------------------

TEST_F(Journal, does_not_overwrite_what_is_no_journal) {
    write_file(path(), "my thesis");
    const auto writer = JournalWriter::create(path(), kSettings);
    ASSERT_FALSE(writer.has_value());
    EXPECT_NE(writer.error().find("is no journal"), std::string::npos) << writer.error();
    EXPECT_EQ(read_file(path()), "my thesis");
}

TEST_F(Journal, takes_an_empty_file_over) {
    write_file(path(), "");
    write_run(path(), small_run());
    EXPECT_EQ(read_run(*must(JournalReader::open(path()))).stopped, Next::end);
}

TEST_F(Journal, says_in_one_line_what_cannot_be_opened) {
    fs::create_directories(path("folder"));
    write_file(path("empty"), "");
    write_file(path("text"), "no journal at all, but long enough to be one");
    ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
    for (const char* name : {"folder", "empty", "text", "pipe", "missing", "missing/too"}) {
        const auto reader = JournalReader::open(path(name));
        ASSERT_FALSE(reader.has_value()) << name;
        EXPECT_TRUE(is_one_line(reader.error())) << reader.error();
        EXPECT_NE(reader.error().find(path(name).string()), std::string::npos) << reader.error();
    }
}

TEST_F(Journal, says_in_one_line_what_cannot_be_written) {
    fs::create_directories(path("folder"));
    for (const fs::path& bad : {path("folder"), path("missing/run.journal")}) {
        const auto writer = JournalWriter::create(bad, kSettings);
        ASSERT_FALSE(writer.has_value()) << bad;
        EXPECT_TRUE(is_one_line(writer.error())) << writer.error();
        EXPECT_NE(writer.error().find(bad.string()), std::string::npos) << writer.error();
    }
}

TEST_F(Journal, says_in_one_line_that_the_device_is_full) {
    if (!fs::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full here";
    const auto writer = JournalWriter::create("/dev/full", kSettings);
    ASSERT_FALSE(writer.has_value());
    EXPECT_EQ(writer.error(), "journal /dev/full: cannot be written: No space left on device");
}

/// A disk that fills up in the middle of a run: nothing more may be sent after the first error, so
/// every later call repeats it, and what stands on disk is the beginning of the run.
TEST_F(Journal, stops_for_good_once_the_disk_is_full) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    const auto writer = must(JournalWriter::create(path(), kSettings));
    rlimit small = before;
    small.rlim_cur = 300'000;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);

    const std::string body(50'000, 'n');
    Sequence seq = 0;
    std::expected<void, std::string> done;
    while (done && seq < 100) done = writer->append({++seq, {}, {}, NewsItem{.body = body}});
    const auto again = writer->append({++seq, {}, {}, EndOfData{}});
    const auto closed = writer->close();
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, old_handler);

    ASSERT_FALSE(done.has_value());
    EXPECT_TRUE(is_one_line(done.error())) << done.error();
    EXPECT_NE(done.error().find("File too large"), std::string::npos) << done.error();
    EXPECT_FALSE(again.has_value());
    EXPECT_FALSE(closed.has_value());
    EXPECT_EQ(read_run(*must(JournalReader::open(path()))).stopped, Next::torn);
}

TEST_F(Journal, refuses_an_event_larger_than_any_record_and_writes_no_more) {
    const auto writer = must(JournalWriter::create(path(), kSettings));
    const std::string body(wire::kFramePayloadMax, 'n');
    const auto done = writer->append({1, {}, {}, NewsItem{.body = body}});
    ASSERT_FALSE(done.has_value());
    EXPECT_TRUE(is_one_line(done.error())) << done.error();
    EXPECT_FALSE(writer->append({2, {}, {}, EndOfData{}}).has_value());
}

}  // namespace
}  // namespace tradewind::journal
