// SPDX-License-Identifier: Apache-2.0
#include "apps/paper_run.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/journal/journal_reader.hpp"
#include "base/random.hpp"
#include "engine/replay.hpp"
#include "signal/strategy.hpp"
#include "support/books.hpp"
#include "support/must.hpp"

namespace tradewind::apps {
namespace {

namespace fs = std::filesystem;
using test::must;

/// A clock that goes on by a millisecond whenever it is read.
class Ticking final : public ports::Clock {
public:
    [[nodiscard]] Timestamp now() const override { return {ns.fetch_add(1'000'000)}; }
    mutable std::atomic<std::int64_t> ns{1'700'000'000'000'000'000};
};

/// Rests an order on each side now and then, cancels one, answers fills, sets timers.
class Busy final : public signal::Strategy {
public:
    void on_trade(signal::Context& c, const Trade& trade) override {
        const InstrumentId id = trade.instrument;
        if (++seen_ % 3 == 0) rest(c, id, seen_ % 2 == 0 ? Side::buy : Side::sell, trade.price);
        if (seen_ % 7 == 0) c.cancel_working(id);
        if (seen_ % 11 == 0) c.set_timer(TimerId{seen_}, c.now() + milliseconds(40));
        if (seen_ % 13 == 0) c.submit({.instrument = id, .side = Side::buy, .qty = whole_qty(2)});
    }
    void on_order(signal::Context& c, const OrderEvent& event) override {
        if (event.kind != OrderEventKind::filled || seen_ % 2 != 0) return;
        c.submit({.instrument = event.instrument, .side = Side::sell, .qty = whole_qty(1)});
    }

private:
    static void rest(signal::Context& c, InstrumentId id, Side side, Price at) {
        const std::int64_t off = side == Side::buy ? -20'000'000 : 20'000'000;
        c.submit({.instrument = id,
                  .side = side,
                  .type = OrderType::limit,
                  .qty = whole_qty(1),
                  .limit_price = Price{at.raw + off}});
    }
    std::uint32_t seen_ = 0;
};

class Paper : public testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() / ("tradewind-paper-" + std::to_string(::getpid()));
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    [[nodiscard]] static engine::EngineSettings engine_settings() {
        return {.account = portfolio::AccountKind::margin};
    }
    [[nodiscard]] static std::vector<engine::StrategySlot> slots() {
        std::vector<engine::StrategySlot> out;
        out.push_back({.name = "busy",
                       .strategy = std::make_unique<Busy>(),
                       .instruments = {test::kFirst, test::kSecond},
                       .bars = std::nullopt});
        return out;
    }
    /// A run over so many trades that wait for it.
    std::expected<PaperResult, std::string> run(const fs::path& journal, std::size_t trades,
                                                std::string settings = "{}") {
        engine::Inbox inbox{clock_, trades + 1};
        for (std::size_t i = 0; i < trades; ++i) {
            price_ += static_cast<std::int64_t>(random_.below(7)) - 3;
            inbox.put(Trade{.instrument = random_.below(2) == 0 ? test::kFirst : test::kSecond,
                            .price = {(10'000 + price_) * 10'000'000},
                            .size = whole_qty(50)},
                      clock_.now());
        }
        inbox.close();
        const std::vector<sim::PaperMarket> markets{{.instrument = test::kFirst, .trades = true},
                                                    {.instrument = test::kSecond, .trades = true}};
        return run_paper({.instruments = table_,
                          .world = world(),
                          .markets = markets,
                          .engine = engine_settings(),
                          .strategies = slots(),
                          .inbox = inbox,
                          .journal = journal,
                          .settings = std::move(settings)});
    }
    [[nodiscard]] sim::WorldSettings world() const {
        sim::WorldSettings out;
        if (has_latency_) {
            out.latencies.insert = milliseconds(3);
            out.latencies.report = milliseconds(5);
        }
        out.account = sim::AccountKind::margin;
        out.deposits = {{.currency = kUsd, .amount = whole_money(1'000'000)}};
        return out;
    }
    /// Whether an engine of its own decides as the journal says, and over how many events.
    Sequence replayed(const fs::path& journal) {
        engine::Engine engine{table_, engine_settings(), slots()};
        const auto log = must(journal::JournalReader::open(journal));
        const auto summary = must(engine::replay(engine, *log));
        EXPECT_FALSE(summary.difference.has_value());
        EXPECT_FALSE(summary.torn);
        return summary.events;
    }
    [[nodiscard]] fs::path path(const std::string& name) const { return folder_ / name; }

    InstrumentTable table_ = test::table_of({test::share("A.NYSE"), test::share("B.NYSE")});
    Ticking clock_;
    base::Random random_{7};
    std::int64_t price_ = 0;
    bool has_latency_ = true;

private:
    fs::path folder_;
};

TEST_F(Paper, trades_and_our_books_are_the_venues) {
    const PaperResult result = must(run(path("run"), 400));
    EXPECT_GT(result.world.fills, 50U);
    EXPECT_GT(result.commands, 100U);
    EXPECT_TRUE(result.is_reconciled);
    EXPECT_EQ(result.latencies_ns.empty(), false);
    EXPECT_EQ(replayed(path("run")), result.events);
    EXPECT_FALSE(result.recovery.has_value());
}

TEST_F(Paper, goes_on_with_its_journal) {
    const PaperResult first = must(run(path("run"), 200));
    const PaperResult second = must(run(path("run"), 200));
    ASSERT_TRUE(second.recovery.has_value());
    EXPECT_EQ(second.recovery->events, first.events);
    EXPECT_EQ(second.recovery->cut, 0U);
    EXPECT_FALSE(second.recovery->was_torn);
    EXPECT_TRUE(second.is_reconciled);
    EXPECT_EQ(replayed(path("run")), first.events + second.events);
}

/// Killed at any byte of what it had written.
TEST_F(Paper, goes_on_wherever_it_was_killed) {
    std::uint64_t cut_off = 0;
    for (int i = 0; i < 60; ++i) {
        has_latency_ = i >= 30;
        if (i % 30 == 0) {
            fs::remove(path("whole"));
            must(run(path("whole"), 150));
        }
        std::ifstream in{path("whole"), std::ios::binary};
        const std::string whole{std::istreambuf_iterator<char>{in}, {}};
        const std::size_t cut = 40 + random_.below(whole.size() - 40);
        std::ofstream{path("cut"), std::ios::binary}.write(whole.data(),
                                                           static_cast<std::streamsize>(cut));
        const auto result = run(path("cut"), 30);
        ASSERT_TRUE(result.has_value()) << result.error() << " at " << cut;
        EXPECT_TRUE(result->is_reconciled) << cut;
        EXPECT_EQ(replayed(path("cut")), result->recovery->events + result->events);
        EXPECT_TRUE(result->recovery->was_torn || result->recovery->cut > 0);
        cut_off += result->recovery->cut;
    }
    EXPECT_GT(cut_off, 0U);
}

TEST_F(Paper, refuses_a_journal_of_other_settings_and_what_is_none) {
    must(run(path("run"), 10));
    const auto other = run(path("run"), 10, R"({"other":1})");
    ASSERT_FALSE(other.has_value());
    EXPECT_NE(other.error().find("other settings"), std::string::npos) << other.error();
    std::ofstream{path("letter")} << "dear ann";
    EXPECT_FALSE(run(path("letter"), 10).has_value());
    std::ifstream in{path("letter")};
    EXPECT_EQ((std::string{std::istreambuf_iterator<char>{in}, {}}), "dear ann");
}

}  // namespace
}  // namespace tradewind::apps
