// SPDX-License-Identifier: Apache-2.0
#include "adapters/trials/trial_file.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>
#include <vector>

#include "adapters/trials/record_format.hpp"
#include "base/hash.hpp"
#include "base/random.hpp"
#include "support/must.hpp"

namespace tradewind::trials {
namespace {

namespace fs = std::filesystem;
using ports::TrialOrigin;
using ports::TrialRecord;
using test::must;
using Records = std::vector<TrialRecord>;

TrialRecord record(std::uint64_t number) {
    return {.origin = TrialOrigin::optimize,
            .made_at = {1'700'000'000'000'000'000},
            .strategy = "sma-cross",
            .instruments = "SPY.ARCA",
            .data_hash = "0123456789abcdef",
            .settings_hash = std::to_string(number),
            .params = "fast=" + std::to_string(number),
            .search = "s1",
            .from = {1},
            .to = {2},
            .returns = 252,
            .sharpe = 0.05,
            .skew = std::nullopt,
            .kurtosis = 3.5,
            .objective = -1.25};
}

class Ledger : public testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() / ("tradewind-trials-" + std::to_string(::getpid()));
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    [[nodiscard]] fs::path path() const { return folder_ / "TRIALS"; }

    [[nodiscard]] std::unique_ptr<TrialFile> open() const {
        auto out = TrialFile::open(path());
        EXPECT_TRUE(out.has_value()) << (out ? "" : out.error().text);
        return std::move(out).value();
    }
    [[nodiscard]] Error refusal() const {
        auto out = TrialFile::open(path());
        EXPECT_FALSE(out.has_value());
        return out ? Error{} : out.error();
    }
    [[nodiscard]] std::string bytes() const {
        std::ifstream file{path(), std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    void put_bytes(const std::string& text) const {
        std::ofstream{path(), std::ios::binary | std::ios::trunc} << text;
    }

private:
    fs::path folder_;
};

Records all_of(const TrialFile& ledger) {
    Records out;
    must(ledger.for_each([&](const TrialRecord& one) { out.push_back(one); }));
    return out;
}

void append(TrialFile& ledger, std::uint64_t first, std::uint64_t count) {
    Records records;
    for (std::uint64_t i = 0; i < count; ++i) records.push_back(record(first + i));
    must(ledger.append(records));
}

TEST_F(Ledger, gives_back_what_was_entered_in_its_order) {
    {
        const auto ledger = open();
        EXPECT_TRUE(all_of(*ledger).empty());
        append(*ledger, 0, 2);
        append(*ledger, 2, 1);
    }
    EXPECT_EQ(all_of(*open()), (Records{record(0), record(1), record(2)}));
}

TEST_F(Ledger, is_read_without_being_made_or_changed) {
    const auto none = TrialFile::open_to_read(path());
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().kind, ErrorKind::bad_input);
    EXPECT_FALSE(fs::exists(path()));
    append(*open(), 0, 2);
    const std::string torn = bytes() + bytes().substr(kHeaderSize, 20);
    put_bytes(torn);
    fs::permissions(path(), fs::perms::owner_read);
    const auto ledger = TrialFile::open_to_read(path());
    ASSERT_TRUE(ledger) << ledger.error().text;
    EXPECT_EQ(all_of(**ledger), (Records{record(0), record(1)}));
    EXPECT_EQ(bytes(), torn);
    fs::permissions(path(), fs::perms::owner_all);
    put_bytes(torn.substr(0, 5));
    EXPECT_TRUE(all_of(**TrialFile::open_to_read(path())).empty());
    EXPECT_EQ(bytes(), torn.substr(0, 5));
}

TEST_F(Ledger, knows_how_far_a_trial_came) {
    Records records{record(0), record(1), record(2)};
    records[1].end = ports::TrialEnd::stopped;
    records[2].end = ports::TrialEnd::pruned;
    must(open()->append(records));
    EXPECT_EQ(all_of(*open()), records);
}

TEST_F(Ledger, of_the_version_before_is_read_and_brought_up_by_the_next_append) {
    append(*open(), 0, 2);
    // Records of whole trials are the same in both versions: only the header differs.
    std::string old = bytes();
    old[kMagic.size()] = 1;
    const std::uint32_t crc =
        base::crc32c(std::as_bytes(std::span{old}).first(kHeaderSize - sizeof(std::uint32_t)));
    std::memcpy(old.data() + kHeaderSize - sizeof crc, &crc, sizeof crc);
    put_bytes(old);
    EXPECT_EQ(all_of(*open()), (Records{record(0), record(1)}));
    EXPECT_EQ(bytes(), old);
    TrialRecord pruned = record(2);
    pruned.end = ports::TrialEnd::pruned;
    must(open()->append({&pruned, 1}));
    EXPECT_EQ(all_of(*open()), (Records{record(0), record(1), pruned}));
    EXPECT_EQ(bytes()[kMagic.size()], 2);
}

TEST_F(Ledger, stamps_a_record_that_has_no_time) {
    const auto ledger = open();
    TrialRecord one = record(1);
    one.made_at = {};
    must(ledger->append({&one, 1}));
    EXPECT_GT(all_of(*ledger).front().made_at, record(1).made_at);
}

TEST_F(Ledger, cut_at_any_byte_keeps_every_whole_record_and_takes_more) {
    append(*open(), 0, 3);
    const std::string whole = bytes();
    const std::size_t one = (whole.size() - kHeaderSize) / 3;
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
        put_bytes(whole.substr(0, cut));
        const std::size_t left = cut < kHeaderSize ? 0 : (cut - kHeaderSize) / one;
        const auto ledger = open();
        ASSERT_EQ(all_of(*ledger).size(), left) << cut;
        append(*ledger, 9, 1);
        const Records now = all_of(*ledger);
        ASSERT_EQ(now.size(), left + 1) << cut;
        ASSERT_EQ(now.back(), record(9));
    }
}

TEST_F(Ledger, takes_a_tail_of_zeros_for_one_that_never_reached_the_disk) {
    append(*open(), 0, 2);
    put_bytes(bytes() + std::string(5000, '\0'));
    const auto ledger = open();
    append(*ledger, 2, 1);
    EXPECT_EQ(all_of(*ledger), (Records{record(0), record(1), record(2)}));
}

TEST_F(Ledger, refuses_more_zeros_than_a_record_could_leave) {
    append(*open(), 0, 1);
    put_bytes(bytes() + std::string(std::size_t{9} << 20U, '\0') + "x");
    EXPECT_NE(refusal().text.find("is damaged; nothing was changed"), std::string::npos);
}

TEST_F(Ledger, with_any_byte_flipped_is_refused_and_left_alone) {
    append(*open(), 0, 2);
    const std::string whole = bytes();
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string flipped = whole;
        flipped[at] = static_cast<char>(flipped[at] ^ 0x20);
        put_bytes(flipped);
        const Error error = refusal();
        ASSERT_NE(error.text.find(path().string()), std::string::npos);
        ASSERT_EQ(bytes(), flipped) << at;
    }
}

TEST_F(Ledger, of_another_version_is_named_and_left_alone) {
    append(*open(), 0, 1);
    std::string other = bytes();
    const std::uint32_t version = 7;
    std::memcpy(other.data() + 8, &version, sizeof version);
    const std::uint32_t crc = base::crc32c(std::as_bytes(std::span{other}).first(12));
    std::memcpy(other.data() + 12, &crc, sizeof crc);
    put_bytes(other);
    const Error error = refusal();
    EXPECT_EQ(error.kind, ErrorKind::bad_input);
    EXPECT_EQ(error.text,
              "ledger " + path().string() +
                  ": has version 7, this program reads up to version 2; nothing was changed. "
                  "Use the program that wrote it, or begin another with --ledger FILE");
    EXPECT_EQ(bytes(), other);
}

TEST_F(Ledger, refuses_files_that_are_no_ledger) {
    put_bytes("ts,open,high,low,close\n");
    EXPECT_NE(refusal().text.find("is no ledger of trials"), std::string::npos);
    put_bytes("x");
    EXPECT_EQ(refusal().kind, ErrorKind::bad_input);
    fs::remove(path());
    fs::create_directories(path());
    EXPECT_NE(refusal().text.find("directory"), std::string::npos);
    fs::remove(path());
    ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
    EXPECT_NE(refusal().text.find("is not a regular file"), std::string::npos);
}

TEST_F(Ledger, refuses_a_record_that_is_too_large) {
    const auto ledger = open();
    TrialRecord large = record(1);
    large.params.assign(kPayloadMax, 'x');
    EXPECT_FALSE(ledger->append({&large, 1}).has_value());
    append(*ledger, 2, 1);
    EXPECT_EQ(all_of(*ledger), Records{record(2)});
}

TEST_F(Ledger, on_a_full_disk_keeps_what_it_has) {
    append(*open(), 0, 3);
    const std::string before = bytes();
    // In a process of its own: a limit cannot be raised again.
    const pid_t child = ::fork();
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{before.size() + 50, before.size() + 50};
        const bool limited = ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
        const auto ledger = open();
        const TrialRecord one = record(9);
        ::_exit(limited && !ledger->append({&one, 1}).has_value() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(bytes(), before);
}

TEST_F(Ledger, of_several_writers_at_once_loses_nothing) {
    constexpr std::uint64_t kEach = 60;
    const std::vector<std::uint64_t> firsts{1000, 2000, 3000, 4000};
    std::vector<pid_t> children;
    for (const std::uint64_t first : firsts) {
        const pid_t child = ::fork();
        if (child == 0) {
            const auto ledger = open();
            for (std::uint64_t i = 0; i < kEach; ++i) append(*ledger, first + i, 1);
            ::_exit(0);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_EQ(status, 0);
    }
    std::map<std::uint64_t, std::uint64_t> next;
    const Records records = all_of(*open());
    EXPECT_EQ(records.size(), kEach * firsts.size());
    for (const TrialRecord& one : records) {
        const std::uint64_t number = std::stoull(one.settings_hash);
        const std::uint64_t writer = number / 1000;
        EXPECT_EQ(number % 1000, next[writer]++);  // each writer's in its order
    }
}

TEST_F(Ledger, killed_while_it_writes_loses_at_most_the_record_being_written) {
    base::Random random(7);
    std::uint64_t entered = 0;
    for (int round = 0; round < 25; ++round) {
        int told[2];
        ASSERT_EQ(::pipe(told), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            const auto ledger = open();
            for (std::uint64_t i = 0;; ++i) {
                append(*ledger, i, 3);
                const char done = 3;
                if (::write(told[1], &done, 1) != 1) ::_exit(1);
            }
        }
        ::close(told[1]);
        std::this_thread::sleep_for(std::chrono::microseconds(2000 + random.below(8000)));
        ::kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        char one = 0;
        while (::read(told[0], &one, 1) == 1) entered += 3;
        ::close(told[0]);
        const std::uint64_t stand = all_of(*open()).size();
        ASSERT_GE(stand, entered);
        ASSERT_LE(stand, entered + 3);
        entered = stand;
    }
    EXPECT_GT(entered, 0U);
}

RC_GTEST_PROP(RecordFormat, reads_back_what_it_wrote, ()) {
    TrialRecord one = record(*rc::gen::arbitrary<std::uint64_t>());
    one.origin = *rc::gen::element(TrialOrigin::backtest, TrialOrigin::walkforward);
    one.params = *rc::gen::arbitrary<std::string>();
    one.search = *rc::gen::arbitrary<std::string>();
    one.sharpe = *rc::gen::element<std::optional<double>>(std::nullopt, 0.1, -1e300);
    one.from = {*rc::gen::arbitrary<std::int64_t>()};
    std::vector<std::byte> bytes;
    RC_ASSERT(encode(one, bytes).has_value());
    const ReadRecord back = read_record(bytes);
    RC_ASSERT(back.state == RecordState::whole);
    RC_ASSERT(back.size == bytes.size());
    RC_ASSERT(back.record == one);
}

}  // namespace
}  // namespace tradewind::trials
