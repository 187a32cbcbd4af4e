// SPDX-License-Identifier: Apache-2.0
#include "apps/paper_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <span>
#include <thread>
#include <utility>

#include "adapters/journal/journal_reader.hpp"
#include "adapters/journal/journal_writer.hpp"
#include "apps/output.hpp"
#include "base/try.hpp"
#include "engine/describe.hpp"
#include "engine/runner.hpp"

namespace tradewind::apps {
namespace {

/// Samples of latency that are kept.
constexpr std::size_t kLatenciesMax = 1'000'000;
/// How long what is on its way at the end is waited for.
constexpr Duration kSettlesWithin = seconds(5);
/// How often the journal is put on the disk, while facts come.
constexpr Duration kSyncEvery = seconds(1);

/// What comes from outside, and is not of the venue's making.
bool is_fact(const Payload& payload) {
    return !std::holds_alternative<OrderEvent>(payload) &&
           !std::holds_alternative<Timer>(payload) && !std::holds_alternative<CashFlow>(payload) &&
           !std::holds_alternative<MarginCall>(payload) &&
           !std::holds_alternative<Liquidation>(payload) &&
           !std::holds_alternative<EndOfData>(payload);
}

/// The inbox and the venue as one source of events, and where commands go.
class PaperDesk final : public ports::EventSource, public ports::Venue {
public:
    PaperDesk(const PaperInput& input, sim::PaperWorld& world, journal::JournalWriter* journal)
        : input_(input), world_(world), journal_(journal) {}

    Next next(Event& out) override {
        note_latency();
        while (true) {
            if (world_.next(input_.inbox.now(), out)) break;
            if (!keep_journal()) return Next::failed;
            const Timestamp end = input_.until.value_or(kTimestampMax);
            if (input_.inbox.now() >= end) {
                if (!settles()) return Next::end;
                continue;
            }
            const auto taken = input_.inbox.take(fact_, std::min(world_.next_due(), end));
            if (taken == engine::Inbox::Taken::closed) {
                if (!settles()) return Next::end;
                continue;
            }
            if (taken == engine::Inbox::Taken::fact) world_.offer(fact_);
        }
        returned_ns_ = steady_ns();
        has_sent_ = false;
        return Next::event;
    }
    [[nodiscard]] std::string error() const override { return error_; }

    void send(const Command& command, Timestamp now) override {
        has_sent_ = has_sent_ || !std::holds_alternative<SetTimer>(command);
        world_.send(command, now);
    }

    std::vector<std::int64_t> take_latencies() {
        std::ranges::sort(latencies_);
        return std::move(latencies_);
    }

private:
    void note_latency() {
        if (!has_sent_ || latencies_.size() >= kLatenciesMax) return;
        latencies_.push_back(steady_ns() - returned_ns_);
    }

    /// Whether what is on its way at the end is waited for a moment longer.
    bool settles() {
        const Timestamp now = input_.inbox.now();
        if (!world_.is_under_way()) return false;
        if (!settles_until_) settles_until_ = now + kSettlesWithin;
        if (now >= *settles_until_) return false;
        std::this_thread::sleep_for(std::chrono::microseconds(100));
        return true;
    }

    /// Nothing is due: what was recorded leaves this process, now and then for the disk.
    bool keep_journal() {
        if (journal_ == nullptr) return true;
        const Timestamp now = input_.inbox.now();
        const bool is_time = now - synced_ >= kSyncEvery;
        const auto kept = is_time ? journal_->sync() : journal_->flush();
        if (is_time) synced_ = now;
        if (!kept) error_ = kept.error();
        return kept.has_value();
    }

    const PaperInput& input_;
    sim::PaperWorld& world_;
    journal::JournalWriter* journal_;
    Event fact_;
    Timestamp synced_{};
    std::optional<Timestamp> settles_until_{};
    std::int64_t returned_ns_ = 0;
    bool has_sent_ = false;
    std::vector<std::int64_t> latencies_;
    std::string error_;
};

/// Brings the engine and the venue to where a journal ends.
class Recoverer {
public:
    Recoverer(const PaperInput& input, engine::Engine& engine, sim::PaperWorld& world)
        : input_(input), engine_(engine), world_(world) {}

    /// The writer that goes on.
    std::expected<std::unique_ptr<journal::JournalWriter>, std::string> run(Recovery& out) {
        std::size_t end = 0;
        {
            const auto log = TRY(journal::JournalReader::open(input_.journal));
            const auto ahead = TRY(journal::JournalReader::open(input_.journal));
            if (log->settings() != input_.settings) {
                return std::unexpected(fmt::format(
                    "journal {}: is of a run with other settings; name another file, or go on with "
                    "the settings that head it",
                    input_.journal.string()));
            }
            end = TRY(replay(*log, *ahead, out));
        }
        auto writer = TRY(journal::JournalWriter::go_on(input_.journal, end, out.events));
        if (!unrecorded_.empty()) TRY_VOID(writer->append(out.events, unrecorded_));
        for (const Decision& decision : unrecorded_) send(decision);
        return writer;
    }

private:
    using Next = ports::LogReader::Next;

    /// Where the last event ends that stands, in bytes.
    std::expected<std::size_t, std::string> replay(journal::JournalReader& log,
                                                   journal::JournalReader& ahead, Recovery& out) {
        std::size_t end = log.position();
        bool is_pending = false;  // a step whose decisions have not been seen yet
        while (true) {
            const Next next = log.next();
            if (next == Next::failed) return std::unexpected(log.error());
            if (next == Next::decisions) {
                if (!std::ranges::equal(log.decisions(), decisions_)) return differs(log.event());
                out.decisions += decisions_.size();
                for (const Decision& decision : decisions_) send(decision);
                is_pending = false;
                end = log.position();
                continue;
            }
            if (is_pending && next == Next::event && !decisions_.empty())
                return differs(log.event());
            if (next != Next::event) {
                out.was_torn = next == Next::torn;
                if (is_pending) unrecorded_ = decisions_;
                return end;
            }
            if (!is_offered_) offer_next(ahead, log.event().seq);
            Event made;
            const bool is_made = world_.next(log.event().ts, made);
            made.seq = log.event().seq;
            if (!is_made || made != log.event()) {
                // the fact that it came of was not recorded any more
                out.cut = is_offered_ ? 0 : count_rest(log);
                if (is_offered_) return differs(log.event());
                return end;
            }
            if (is_fact(made.payload)) is_offered_ = false;
            const auto decisions = engine_.step(log.event());
            if (!decisions) return std::unexpected(decisions.error().text);
            decisions_.assign(decisions->begin(), decisions->end());
            last_ = log.event().ts;
            ++out.events;
            is_pending = true;
            end = log.position();
        }
    }

    /// The venue has met a fact before what it made of it was told: the next one is looked up.
    void offer_next(journal::JournalReader& ahead, Sequence from) {
        while (true) {
            const Next next = ahead.next();
            if (next == Next::decisions) continue;
            if (next != Next::event) return;
            if (ahead.event().seq < from || !is_fact(ahead.event().payload)) continue;
            world_.offer(ahead.event());
            is_offered_ = true;
            return;
        }
    }

    static std::uint64_t count_rest(journal::JournalReader& log) {
        std::uint64_t out = 1;
        for (Next next = log.next(); next == Next::event || next == Next::decisions;
             next = log.next()) {
            if (next == Next::event) ++out;
        }
        return out;
    }

    std::unexpected<std::string> differs(const Event& event) const {
        return std::unexpected(
            fmt::format("journal {}: event {} comes out otherwise than it was recorded: it was "
                        "written by another version, or with other models or libraries",
                        input_.journal.string(), event.seq));
    }

    void send(const Decision& decision) {
        if (const auto* command = std::get_if<Command>(&decision)) world_.send(*command, last_);
    }

    const PaperInput& input_;
    engine::Engine& engine_;
    sim::PaperWorld& world_;
    bool is_offered_ = false;
    Timestamp last_{};
    std::vector<Decision> decisions_;
    std::vector<Decision> unrecorded_;
};

bool is_there(const std::filesystem::path& path) {
    std::error_code ignored;
    return !path.empty() && std::filesystem::is_regular_file(path, ignored) &&
           std::filesystem::file_size(path, ignored) > 0;
}

bool is_reconciled(const InstrumentTable& instruments, const engine::Engine& engine,
                   const sim::PaperWorld& world) {
    const bool same = std::ranges::all_of(instruments.all(), [&](const Instrument& one) {
        return engine.portfolio().position(one.id).qty == world.position(one.id);
    });
    return same && engine.orders().open_orders().size() == world.open_orders();
}

}  // namespace

std::expected<PaperResult, std::string> run_paper(PaperInput input) {
    PaperResult out;
    const auto world = TRY(sim::PaperWorld::create(input.instruments, input.world, input.markets));
    engine::Engine engine{input.instruments, input.engine, std::move(input.strategies)};
    std::unique_ptr<journal::JournalWriter> journal;
    const bool goes_on = is_there(input.journal);
    if (goes_on) {
        const std::int64_t started = steady_ns();
        // the deposits are the first of the recorded events
        const auto first = TRY(journal::JournalReader::open(input.journal));
        if (first->next() == ports::LogReader::Next::event) world->begin(first->event().ts);
        Recoverer recoverer{input, engine, *world};
        journal = TRY(recoverer.run(out.recovery.emplace()));
        out.recovery->seconds = static_cast<double>(steady_ns() - started) * 1e-9;
    } else if (!input.journal.empty()) {
        journal = TRY(journal::JournalWriter::create(input.journal, input.settings));
    }
    const bool is_empty = !goes_on || out.recovery->events == 0;
    if (is_empty) world->begin(input.inbox.now());

    PaperDesk desk{input, *world, journal.get()};
    const Sequence seen = out.recovery ? out.recovery->events : 0;
    const engine::RunSummary summary = TRY(
        engine::run(engine, {.source = desk, .venue = desk, .log = journal.get(), .seen = seen}));
    out.events = summary.events;
    out.commands = summary.commands;
    out.refusals = summary.refusals;
    out.world = world->counts();
    out.latencies_ns = desk.take_latencies();
    out.is_reconciled = is_reconciled(input.instruments, engine, *world);
    if (journal) {
        TRY_VOID(journal->close());
        out.journal_hash = journal->hash();
    }
    if (input.at_end) input.at_end(engine, *world);
    return out;
}

}  // namespace tradewind::apps
