// SPDX-License-Identifier: Apache-2.0
#include "sim/world.hpp"
#include "sim/carry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "sim/bar_venue.hpp"
#include "sim/book_rows.hpp"
#include "sim/feed.hpp"
#include "sim/fill_rules.hpp"
#include "sim/strict_venue.hpp"
#include "sim/winner_tree.hpp"

namespace tradewind::sim {

using ports::SeriesKind;

namespace {

/// Insertion sort: few elements, equal ones stay in order, and no buffer that the library has
/// deprecated.
template <typename T, typename Less>
void sort_stably(std::vector<T>& all, const Less& less) {
    for (auto it = all.begin(); it != all.end(); ++it) {
        std::rotate(std::upper_bound(all.begin(), it, *it, less), it, it + 1);
    }
}

}  // namespace

/// The merge of the feeds with what the venue says, the timers and the commands on their way.
class World::Body {
public:
    Body(const InstrumentTable& table, WorldSettings settings)
        : desk_(table, settings),
          settings_(std::move(settings)),
          insert_(settings_.latencies.insert, settings_.latencies.seed + 1),
          replace_(settings_.latencies.replace, settings_.latencies.seed + 2),
          cancel_(settings_.latencies.cancel, settings_.latencies.seed + 3),
          market_data_(settings_.latencies.market_data, settings_.latencies.seed + 4),
          delays_(!settings_.latencies.report.is_none() ||
                  !settings_.latencies.market_data.is_none()) {
        bar_venue_ = make_bar_venue(desk_);
        if (!bar_venue_) strict_.emplace(desk_, rules_of(settings_.fills));
    }
    Body(const Body&) = delete;
    Body& operator=(const Body&) = delete;

    [[nodiscard]] std::expected<void, std::string> open(const ports::History& history);

    Next next(Event& out);
    void send(const Command& command, Timestamp now);
    [[nodiscard]] QuietBars quiet_bars() const;
    void pass_over(std::uint64_t bars);

    [[nodiscard]] const std::string& error() const { return error_; }
    [[nodiscard]] const WorldSettings& settings() const { return settings_; }
    [[nodiscard]] WorldCounts counts() const {
        WorldCounts out = desk_.counts();
        out.market_events = market_events_;
        if (strict_) {
            const StrictVenue::BookOddities odd = strict_->book_oddities();
            out.book_gaps = odd.gaps;
            out.book_faults = odd.faults;
            out.crossed_books = odd.crossed;
            out.blind_books = odd.blind;
        }
        out.clock_set_back = clock_set_back_;
        return out;
    }
    [[nodiscard]] std::span<const FinerUse> finer() const { return finer_; }

private:
    struct Arrival {
        Timestamp at;
        std::uint64_t number = 0;
        Command command;
        friend bool operator>(const Arrival& a, const Arrival& b) {
            return a.at != b.at ? a.at > b.at : a.number > b.number;
        }
    };
    struct Alarm {
        Timestamp at;
        std::uint64_t number = 0;
        Timer timer;
        friend bool operator>(const Alarm& a, const Alarm& b) {
            return a.at != b.at ? a.at > b.at : a.number > b.number;
        }
    };
    /// What the venue has seen and we have not.
    struct Delivery {
        Moment at;
        std::uint64_t number = 0;
        Event event;
        friend bool operator>(const Delivery& a, const Delivery& b) {
            return a.at != b.at ? a.at > b.at : a.number > b.number;
        }
    };
    enum class Stage : std::uint8_t { deposits, running, closing, over };

    [[nodiscard]] std::expected<void, std::string> add_feed(const ports::SeriesKey& key,
                                                            const ports::History& history);
    [[nodiscard]] std::expected<void, std::string> add_book_feeds(const ports::History& history);
    [[nodiscard]] std::expected<Duration, std::string> set_back(InstrumentId instrument,
                                                                const ports::History& history);
    [[nodiscard]] std::expected<void, std::string> add_finer_feed(const ports::SeriesKey& key,
                                                                  const ports::History& history);
    [[nodiscard]] std::expected<void, std::string> cover_bars(const ports::History& history);
    [[nodiscard]] const Feed* resolved_by(const Feed& finer) const;
    [[nodiscard]] bool has_book(InstrumentId instrument) const;
    [[nodiscard]] std::expected<bool, std::string> tells(const ports::History& history,
                                                         const ports::SeriesKey& key,
                                                         std::size_t column) const;
    [[nodiscard]] std::vector<ports::SeriesKey> chosen(const ports::History& history) const;
    void assign_roles();
    [[nodiscard]] Price* mark_of(const Feed& feed);
    void assign_bars(InstrumentId instrument);
    void rank_feeds();

    Next deposit(Event& out);
    /// The event of a row that nobody waits for, or that the venue has met.
    void emit(Feed& feed, std::uint32_t leaf, Event& out);
    void emit_bar(const Feed& feed, Event& out) const;
    void emit_action(const Feed& feed, Event& out);
    void advance(Feed& feed, std::uint32_t leaf);
    void advance_chunk(Feed& feed, std::uint32_t leaf);
    void set_key(const Feed& feed, std::uint32_t leaf);
    /// One thing of what is due at or before `market`, or the market itself. True: `out` is filled.
    [[nodiscard]] bool attend(std::uint32_t leaf, const Moment& market, Event& out);
    /// What the venue does with the head of a feed that somebody waits for. True: `out` is filled.
    [[nodiscard]] bool meet(Feed& feed, std::uint32_t leaf, const Moment& key, Event& out);
    [[nodiscard]] bool meet_bar(Feed& feed, std::uint32_t leaf, const Moment& key);
    void meet_row(Feed& feed, const Event& event);
    void meet_at_venue(Feed& feed, std::uint32_t leaf, const Moment& key);
    void meet_finer(Feed& feed, std::uint32_t leaf, const Moment& key);
    void pass_finer(Feed& feed, std::uint32_t leaf);
    void set_role(Feed& feed);
    bool next_at_venue(Feed& feed, std::uint32_t leaf);
    void step_bar_venue(const Feed& first);
    [[nodiscard]] BarMeeting meeting_of(const Feed& feed) const;
    /// Whether the event is on its way to us for a while; false: it is here.
    [[nodiscard]] bool is_held(std::uint32_t rank, const Event& event) {
        return delays_ && hold(rank, event);
    }
    [[nodiscard]] bool hold(std::uint32_t rank, const Event& event);
    void deliver_held(Event& out);
    [[nodiscard]] Timestamp next_status() const {
        return statuses_told_ == statuses_.size() ? kTimestampMax : statuses_[statuses_told_].at;
    }
    [[nodiscard]] Timestamp next_print() const {
        return prints_met_ == prints_.size() ? kTimestampMax : prints_[prints_met_].at;
    }
    void collect_news();
    void accrue(const Moment& at);
    [[nodiscard]] Duration latency_of(const Command& command, Timestamp now);
    void deliver_report(Event& out);
    void deliver_alarm(Event& out);
    void arrive(const Command& command);
    void take(const Command& command, Timestamp at);
    void answer_after_end(const Command& command);
    void wake_feeds();
    void look_ahead();
    [[nodiscard]] Next finish(Event& out);
    void now_is(const Moment& moment) {
        cursor_ = moment;
        desk_.set_now(moment);
    }

    OrderDesk desk_;
    WorldSettings settings_;
    LatencySource insert_;
    LatencySource replace_;
    LatencySource cancel_;
    LatencySource market_data_;
    std::optional<Carry> carry_;
    bool delays_;  ///< something may be seen by the venue before it is by us
    std::optional<StrictVenue> strict_;
    std::unique_ptr<BarVenue> bar_venue_;  ///< one of the two is there

    std::vector<Feed> feeds_;
    std::vector<std::vector<std::uint32_t>> bar_feeds_;  ///< that fill orders, by instrument
    WinnerTree tree_;
    std::vector<Arrival> arrivals_;  ///< heaps, earliest first
    std::vector<Alarm> alarms_;
    std::vector<Delivery> deliveries_;
    std::vector<Timestamp> told_;  ///< by rank: until when what a feed told is on its way
    std::vector<BarMeeting> meetings_;
    std::vector<FinerUse> finer_;
    std::vector<StatusChange> statuses_;  ///< by time
    std::size_t statuses_told_ = 0;
    std::vector<AuctionPrint> prints_;  ///< by time
    std::size_t prints_met_ = 0;
    std::uint64_t numbered_ = 0;

    Moment cursor_{.ts = INT64_MIN, .place = 0};  ///< what happened last
    std::int64_t wake_ = INT64_MIN;               ///< before it nothing is due but market data
    Timestamp last_row_ = kTimestampMin;          ///< of the feeds that are exhausted
    std::uint64_t market_events_ = 0;
    Stage stage_ = Stage::deposits;
    std::size_t deposits_made_ = 0;
    std::uint32_t nobody_ = 0;
    std::uint32_t somebody_ = 1;
    Duration clock_set_back_;  ///< the most that an exchange's clock was set back
    Price unread_;
    std::string symbol_;                    ///< of a symbol change, while its event lives
    std::deque<std::string> held_symbols_;  ///< of those that were held
    std::string error_;
};

// --- making it
// ---------------------------------------------------------------------------------------

std::vector<ports::SeriesKey> World::Body::chosen(const ports::History& history) const {
    if (!settings_.series.empty()) return settings_.series;
    std::vector<ports::SeriesKey> out;
    for (const ports::Series& series : history.series()) {
        if (desk_.table().find(series.key.symbol) != nullptr) out.push_back(series.key);
    }
    return out;
}

std::expected<void, std::string> World::Body::add_feed(const ports::SeriesKey& key,
                                                       const ports::History& history) {
    const Instrument* instrument = desk_.table().find(key.symbol);
    if (instrument == nullptr) {
        return std::unexpected(fmt::format("{}: the run has no such instrument", to_string(key)));
    }
    if (history.find(key) == nullptr) {
        return std::unexpected(fmt::format("{}: the history has no such series", to_string(key)));
    }
    if (ports::column_count(key.kind) == 0) {
        return std::unexpected(
            fmt::format("{}: this kind of series cannot be played yet", to_string(key)));
    }
    const bool ticks =
        key.kind == SeriesKind::quote || key.kind == SeriesKind::trade || is_book(key.kind);
    if (ticks && bar_venue_) {
        return std::unexpected(fmt::format("{}: fill mode {} knows bars only", to_string(key),
                                           to_string(settings_.fills)));
    }
    auto reader = history.read(key, settings_.from.value_or(kTimestampMin),
                               settings_.to.value_or(kTimestampMax));
    if (!reader) return std::unexpected(std::move(reader.error().text));
    feeds_.emplace_back(key, *instrument);
    feeds_.back().reader = std::move(*reader);
    return {};
}

std::expected<void, std::string> World::Body::open(const ports::History& history) {
    if (auto fault = fault_of(settings_, desk_.table())) return std::unexpected(std::move(*fault));
    if (settings_.carry.accrues_daily() || settings_.carry.rolls()) {
        carry_.emplace(desk_.table(), settings_.carry);
    }
    for (const ports::SeriesKey& key : chosen(history)) TRY_VOID(add_feed(key, history));
    TRY_VOID(add_book_feeds(history));
    for (const ports::SeriesKey& key : settings_.finer) TRY_VOID(add_finer_feed(key, history));
    if (feeds_.empty()) return std::unexpected("no series of the run's instruments");

    sort_stably(settings_.deposits,
                [](const CashFlow& a, const CashFlow& b) { return a.currency < b.currency; });
    rank_feeds();
    assign_roles();
    TRY_VOID(cover_bars(history));
    tree_.reset(feeds_.size());
    for (std::uint32_t leaf = 0; leaf < feeds_.size(); ++leaf) {
        Feed& feed = feeds_[leaf];
        if (feed.is_finer && feed.runs.empty()) continue;
        const bool has_rows = TRY(feed.load());
        if (!has_rows) continue;
        set_role(feed);
        set_key(feed, leaf);
    }
    return {};
}

// --- books
// ---------------------------------------------------------------------------------------

namespace {

/// The rows of a feed as the venue sees them come from a reader of their own.
std::expected<std::unique_ptr<ports::ChunkReader>, std::string> read_again(
    const ports::History& history, const ports::SeriesKey& key, Timestamp from, Timestamp to) {
    auto reader = history.read(key, from, to);
    if (!reader) return std::unexpected(std::move(reader.error().text));
    return std::move(*reader);
}

std::expected<std::unique_ptr<ports::ChunkReader>, std::string> read_again(
    const ports::History& history, const ports::SeriesKey& key, const WorldSettings& settings) {
    return read_again(history, key, settings.from.value_or(kTimestampMin),
                      settings.to.value_or(kTimestampMax));
}

/// The least that a row took from the exchange to us, by their clocks; nullopt where none tells.
std::expected<std::optional<std::int64_t>, std::string> least_delay(ports::ChunkReader& reader,
                                                                    std::size_t column) {
    std::optional<std::int64_t> least;
    while (true) {
        const auto chunk = reader.next();
        if (!chunk) return std::unexpected(chunk.error().text);
        if (!*chunk) return least;
        if ((*chunk)->columns[column] == nullptr) continue;
        const auto ts = (*chunk)->column(ports::kTs), exchange = (*chunk)->column(column);
        for (std::size_t i = 0; i < ts.size(); ++i) {
            if (exchange[i] == 0) continue;
            const std::int64_t delay = ts[i] - exchange[i];
            if (!least || delay < *least) least = delay;
        }
    }
}

}  // namespace

/// Whether any row of a series tells when it was true at the venue.
std::expected<bool, std::string> World::Body::tells(const ports::History& history,
                                                    const ports::SeriesKey& key,
                                                    std::size_t column) const {
    const auto reader = TRY(read_again(history, key, settings_));
    return TRY(least_delay(*reader, column)).has_value();
}

bool World::Body::has_book(InstrumentId instrument) const {
    return std::any_of(feeds_.begin(), feeds_.end(), [&](const Feed& f) {
        return f.instrument == instrument && is_book(f.key.kind);
    });
}

/// How far the exchange's clock must be set back, over all series of the instrument, so that no
/// row reaches us before it happened.
std::expected<Duration, std::string> World::Body::set_back(InstrumentId instrument,
                                                           const ports::History& history) {
    std::int64_t least = 0;
    for (const Feed& feed : feeds_) {
        const auto column = ports::exchange_time_column(feed.key.kind);
        if (feed.instrument != instrument || !column) continue;
        const auto reader = TRY(read_again(history, feed.key, settings_));
        least = std::min(least, TRY(least_delay(*reader, *column)).value_or(0));
    }
    return Duration{-least};
}

/// A book, and the prints beside it, are played twice: when they were true at the venue, for the
/// orders there, and when they reached us. A stream of single orders tells its prints itself.
std::expected<void, std::string> World::Body::add_book_feeds(const ports::History& history) {
    if (!strict_) return {};
    const std::size_t told = feeds_.size();
    for (const Instrument& instrument : desk_.table().all()) {
        if (!has_book(instrument.id)) continue;
        strict_->open_book(instrument.id);
        Duration back{};
        if (settings_.book.clock == ExchangeClock::aligned) {
            back = TRY(set_back(instrument.id, history));
        }
        clock_set_back_ = std::max(clock_set_back_, back);
        const bool by_order = std::any_of(feeds_.begin(), feeds_.end(), [&](const Feed& f) {
            return f.instrument == instrument.id && f.key.kind == SeriesKind::book_order;
        });
        for (std::size_t i = 0; i < told; ++i) {
            const ports::SeriesKey key = feeds_[i].key;
            const bool is_print = key.kind == SeriesKind::trade && !by_order;
            const bool is_shown = key.kind == SeriesKind::book_order ||
                                  (key.kind == SeriesKind::book_level && !by_order);
            if (feeds_[i].instrument != instrument.id || (!is_print && !is_shown)) continue;
            Feed& feed = feeds_.emplace_back(key, instrument);
            feed.at_venue = true;
            feed.reader = TRY(read_again(history, key, settings_));
            feed.clock_set_back = back;
            const auto column = *ports::exchange_time_column(key.kind);
            const bool is_aligned = settings_.book.clock == ExchangeClock::aligned;
            if (is_aligned && TRY(tells(history, key, column))) feed.exchange_time = column;
        }
    }
    return {};
}

// --- finer data
// ----------------------------------------------------------------------------------

std::expected<void, std::string> World::Body::add_finer_feed(const ports::SeriesKey& key,
                                                             const ports::History& history) {
    if (!strict_) {
        return std::unexpected(fmt::format("{}: fill mode {} meets whole bars, and no finer data",
                                           to_string(key), to_string(settings_.fills)));
    }
    const bool is_time_bar = key.kind == SeriesKind::bar && key.spec.unit == BarUnit::time;
    if (!is_time_bar && key.kind != SeriesKind::trade) {
        return std::unexpected(fmt::format(
            "{}: only bars of time and trades resolve the inside of bars", to_string(key)));
    }
    TRY_VOID(add_feed(key, history));
    feeds_.back().at_venue = feeds_.back().is_finer = true;
    return {};
}

/// The bars that a finer series stands in for: those that fill the same orders.
const Feed* World::Body::resolved_by(const Feed& finer) const {
    const bool is_bar = finer.key.kind == SeriesKind::bar;
    const PriceSource source = is_bar ? finer.key.spec.source : PriceSource::last;
    for (const std::uint32_t leaf : bar_feeds_[finer.instrument.value]) {
        const BarSpec& spec = feeds_[leaf].key.spec;
        if (spec.unit != BarUnit::time || spec.source != source) continue;
        if (!is_bar || finer.key.spec.step < spec.step) return &feeds_[leaf];
    }
    return nullptr;
}

/// Which bars are resolved is known before the run: what the data say of themselves, it tells
/// nobody but the venue.
std::expected<void, std::string> World::Body::cover_bars(const ports::History& history) {
    for (std::uint32_t leaf = 0; leaf < feeds_.size(); ++leaf) {
        Feed& feed = feeds_[leaf];
        if (!feed.is_finer) continue;
        const Feed* found = resolved_by(feed);
        if (found == nullptr || !found->runs.empty()) {
            return std::unexpected(fmt::format(
                "{}: there are no longer bars of the same prices whose inside it could resolve",
                to_string(feed.key)));
        }
        feed.coarse = static_cast<std::uint32_t>(found - feeds_.data());
        Feed& coarse = feeds_[feed.coarse];
        FinerCover cover = TRY(cover_of(history, {.instrument = desk_.table().at(feed.instrument),
                                                  .coarse = coarse.key,
                                                  .finer = feed.key,
                                                  .from = settings_.from.value_or(kTimestampMin),
                                                  .to = settings_.to.value_or(kTimestampMax)}));
        coarse.runs = std::move(cover.coarse);
        feed.runs = std::move(cover.finer);
        feed.reader = TRY(read_again(history, feed.key, cover.finer_from, kTimestampMax));
        feed.serves = coarse.serves;
        feed.busy = strict_->busy(feed.instrument);
        feed.mark = mark_of(coarse);
        feed.ask_mark = &unread_;
        if (feed.key.kind == SeriesKind::bar) {
            feed.calm = strict_->calm(feed.instrument);
        } else {
            feed.serves = Serves::nobody;
        }
        finer_.push_back(std::move(cover.use));
    }
    for (std::uint32_t leaf = 0; leaf < feeds_.size(); ++leaf) {
        const Feed& feed = feeds_[leaf];
        if (feed.serves != Serves::nobody && feed.is_finer) {
            bar_feeds_[feed.instrument.value].push_back(leaf);
        }
    }
    return {};
}

/// A bar that closes is over when a corporate action takes effect, whose ticks come after; then the
/// instruments in their order, and their series in that in which they were named.
void World::Body::rank_feeds() {
    const auto weight = [](const Feed& feed) {
        // What a bar's inside did is over before the bar is; a print at its close comes after it.
        if (feed.is_finer) return feed.key.kind == SeriesKind::bar ? -3 : 3;
        // The venue sees first what reaches us at the same instant, prints before the book that
        // they change.
        if (feed.at_venue) return is_book(feed.key.kind) ? -1 : -2;
        switch (feed.key.kind) {
            case SeriesKind::bar: return 0;
            case SeriesKind::corporate_action: return 1;
            case SeriesKind::funding: return 2;
            case SeriesKind::quote:
            case SeriesKind::trade:
            case SeriesKind::book_level:
            case SeriesKind::book_order:
            case SeriesKind::news: return 3;
        }
        __builtin_unreachable();
    };
    sort_stably(feeds_, [&](const Feed& a, const Feed& b) {
        const int wa = weight(a), wb = weight(b);
        return wa != wb ? wa < wb : a.instrument < b.instrument;
    });
    ASSERT(feeds_.size() < kSeriesMax);
    std::uint32_t rank = 1;  // 0 is the halts' of the settings
    for (Feed& feed : feeds_) feed.rank = rank++;
    told_.assign(rank, kTimestampMin);
}

/// What fills orders: quotes and prints where there are any, else the bars of the shortest
/// interval.
void World::Body::assign_roles() {
    bar_feeds_.resize(desk_.table().size());
    for (const Instrument& instrument : desk_.table().all()) {
        bool quotes = false, trades = false;
        if (strict_ && has_book(instrument.id)) continue;
        for (Feed& feed : feeds_) {
            if (feed.instrument != instrument.id || feed.at_venue) continue;
            quotes |= feed.key.kind == SeriesKind::quote;
            trades |= feed.key.kind == SeriesKind::trade;
        }
        if (strict_) strict_->declare(instrument.id, quotes);
        if (!quotes && !trades) assign_bars(instrument.id);
    }
    const auto has_quotes = [&](const Feed& trades) {
        return std::any_of(feeds_.begin(), feeds_.end(), [&](const Feed& f) {
            return f.instrument == trades.instrument && f.key.kind == SeriesKind::quote;
        });
    };
    for (Feed& feed : feeds_) {
        feed.tells_bars = feed.key.kind == SeriesKind::bar && !feed.at_venue;
        if (feed.is_finer) continue;
        feed.serves_ticks =
            strict_ && !has_book(feed.instrument) &&
            (feed.key.kind == SeriesKind::quote || feed.key.kind == SeriesKind::trade);
        const bool fills = feed.serves_ticks || feed.serves != Serves::nobody;
        const bool prices = fills && !(feed.key.kind == SeriesKind::trade && has_quotes(feed));
        feed.busy = feed.at_venue ? &somebody_
                    : !fills      ? &nobody_
                    : strict_     ? strict_->busy(feed.instrument)
                                  : bar_venue_->busy();
        if (strict_ && feed.serves != Serves::nobody) feed.calm = strict_->calm(feed.instrument);
        feed.mark = prices ? mark_of(feed) : &unread_;
        feed.ask_mark = &unread_;
        if (strict_ && feed.serves_ticks) feed.ask_mark = &strict_->ask_mark(feed.instrument);
    }
}

/// Where the last price of what fills orders goes.
Price* World::Body::mark_of(const Feed& feed) {
    const bool is_ask_side = strict_ && feed.serves == Serves::buyers;
    return is_ask_side ? &strict_->ask_mark(feed.instrument)
                       : &desk_.account().mark(feed.instrument);
}

void World::Body::assign_bars(InstrumentId instrument) {
    const auto is_bar = [&](const Feed& f) {
        return f.instrument == instrument && f.key.kind == SeriesKind::bar && !f.at_venue;
    };
    // Time bars first, and of them the shortest.
    const auto coarseness = [](const BarSpec& s) {
        return std::pair{s.unit == BarUnit::time ? 0 : 1, s.step};
    };
    std::optional<BarSpec> finest;
    for (const Feed& feed : feeds_) {
        if (!is_bar(feed)) continue;
        if (!finest || coarseness(feed.key.spec) < coarseness(*finest)) finest = feed.key.spec;
    }
    if (!finest) return;
    std::array<Feed*, 4> by_source{};
    for (Feed& feed : feeds_) {
        if (!is_bar(feed) || coarseness(feed.key.spec) != coarseness(*finest)) continue;
        by_source[static_cast<std::size_t>(feed.key.spec.source)] = &feed;
    }
    const auto of = [&](PriceSource s) { return by_source[static_cast<std::size_t>(s)]; };
    if (of(PriceSource::bid) != nullptr && of(PriceSource::ask) != nullptr) {
        of(PriceSource::ask)->serves = Serves::buyers;
        of(PriceSource::bid)->serves = Serves::sellers;
    } else {
        for (const PriceSource s :
             {PriceSource::last, PriceSource::mid, PriceSource::bid, PriceSource::ask}) {
            if (of(s) == nullptr) continue;
            of(s)->serves = Serves::everyone;
            break;
        }
    }
    for (const Feed& feed : feeds_) {
        if (is_bar(feed) && feed.serves != Serves::nobody) {
            bar_feeds_[instrument.value].push_back(
                static_cast<std::uint32_t>(&feed - feeds_.data()));
        }
    }
}

// --- the feeds
// ---------------------------------------------------------------------------------------

/// The head's key is its close; where an order waits for its open, and that is yet to come, its
/// open.
[[gnu::always_inline]] inline void World::Body::set_key(const Feed& feed, std::uint32_t leaf) {
    const bool waits =
        strict_ && feed.serves != Serves::nobody && !feed.met_open && !feed.is_idle();
    const Moment open = feed.open_moment();
    tree_.set(leaf, waits && open > cursor_ ? open : feed.close_moment());
}

inline void World::Body::advance(Feed& feed, std::uint32_t leaf) {
    ++market_events_;
    if (++feed.row == feed.rows) [[unlikely]] {
        advance_chunk(feed, leaf);
        return;
    }
    feed.look();
    set_key(feed, leaf);
}

void World::Body::advance_chunk(Feed& feed, std::uint32_t leaf) {
    const auto more = feed.load();
    if (!more) {
        error_ = more.error();
        look_ahead();
    }
    if (!more || !*more) {
        last_row_ = std::max(last_row_, feed.times.close);
        tree_.set(leaf, kNever);
        return;
    }
    set_role(feed);
    set_key(feed, leaf);
}

/// Whether the venue meets a bar itself or what stands in for it.
void World::Body::set_role(Feed& feed) {
    if (feed.runs.empty() || feed.is_finer) return;
    const bool is_resolved = feed.is_resolved();
    feed.busy = is_resolved ? &nobody_ : strict_->busy(feed.instrument);
    feed.mark = is_resolved ? &unread_ : mark_of(feed);
}

/// An order began to work: the bars that it may meet from their open must be met there.
void World::Body::wake_feeds() {
    if (!strict_) return;
    for (const InstrumentId instrument : strict_->woken()) {
        for (const std::uint32_t leaf : bar_feeds_[instrument.value]) {
            if (tree_.key(leaf) != kNever) set_key(feeds_[leaf], leaf);
        }
    }
    strict_->forget_woken();
}

inline void World::Body::emit_bar(const Feed& feed, Event& out) const {
    using C = ports::BarColumns;
    out.ts = out.ts_event = feed.times.close;
    Bar* bar = std::get_if<Bar>(&out.payload);
    if (bar == nullptr) [[unlikely]]
        bar = &out.payload.emplace<Bar>();
    bar->instrument = feed.instrument;
    bar->spec = feed.key.spec;
    bar->open_ts = feed.times.open;
    bar->open = {feed.cell(C::open)};
    bar->high = {feed.cell(C::high)};
    bar->low = {feed.cell(C::low)};
    bar->close = {feed.cell(C::close)};
    bar->volume = {feed.cell(C::volume)};
    *feed.mark = bar->close;
}

void World::Body::emit_action(const Feed& feed, Event& out) {
    using C = ports::CorporateActionColumns;
    symbol_.clear();
    for (std::size_t i = 0; i < C::kSymbolBytes; ++i) {
        const auto word = static_cast<std::uint64_t>(feed.cell(C::new_symbol + i / 8));
        const auto c = static_cast<char>((word >> (8 * (i % 8))) & 0xffU);
        if (c == '\0') break;
        symbol_.push_back(c);
    }
    out.payload = CorporateAction{.instrument = feed.instrument,
                                  .kind = static_cast<CorporateActionKind>(feed.cell(C::kind)),
                                  .new_shares = feed.cell(C::new_shares),
                                  .old_shares = feed.cell(C::old_shares),
                                  .amount = {feed.cell(C::amount)},
                                  .new_symbol = symbol_};
}

inline void World::Body::emit(Feed& feed, std::uint32_t leaf, Event& out) {
    switch (feed.key.kind) {
        case SeriesKind::bar: emit_bar(feed, out); break;
        case SeriesKind::quote: {
            using C = ports::QuoteColumns;
            out.ts = feed.times.close;
            out.ts_event = true_at(feed, C::ts_exch);
            Quote* quote = std::get_if<Quote>(&out.payload);
            if (quote == nullptr) [[unlikely]]
                quote = &out.payload.emplace<Quote>();
            *quote = quote_of(feed);
            *feed.mark = quote->bid;
            *feed.ask_mark = quote->ask;
            break;
        }
        case SeriesKind::trade: {
            using C = ports::TradeColumns;
            out.ts = feed.times.close;
            out.ts_event = true_at(feed, C::ts_exch);
            put(trade_of(feed), out);
            *feed.mark = {feed.cell(C::price)};
            break;
        }
        case SeriesKind::corporate_action:
            out.ts = out.ts_event = feed.times.close;
            emit_action(feed, out);
            meet_row(feed, out);
            break;
        case SeriesKind::funding: {
            using C = ports::FundingColumns;
            out.ts = out.ts_event = feed.times.close;
            out.payload = Funding{.instrument = feed.instrument,
                                  .rate = {feed.cell(C::rate)},
                                  .mark = feed.cell(C::has_mark) == 1
                                              ? std::optional{Price{feed.cell(C::mark)}}
                                              : std::nullopt};
            meet_row(feed, out);
            break;
        }
        case SeriesKind::book_level:
            out.ts = feed.times.close;
            out.ts_event = true_at(feed, ports::BookLevelColumns::ts_exch);
            put(book_level_of(feed), out);
            break;
        case SeriesKind::book_order:
            out.ts = feed.times.close;
            out.ts_event = true_at(feed, ports::BookOrderColumns::ts_exch);
            put(book_order_of(feed), out);
            break;
        case SeriesKind::news: ASSERT(false);
    }
    cursor_ = feed.close_moment();
    advance(feed, leaf);
}

/// What changes the venue's books whether or not an order is at work.
void World::Body::meet_row(Feed& feed, const Event& event) {
    now_is(feed.close_moment());
    if (const auto* action = std::get_if<CorporateAction>(&event.payload)) {
        if (strict_) strict_->meet(*action);
        if (bar_venue_) bar_venue_->meet(*action);
    } else if (const auto* funding = std::get_if<Funding>(&event.payload)) {
        const Instrument& of = desk_.table().at(funding->instrument);
        const Price mark = funding->mark.value_or(desk_.account().mark(of.id));
        const Money value = notional(mark, desk_.account().position(of.id), of);
        desk_.account().add(of.settlement.known() ? of.settlement : of.quote,
                            -multiply(value, funding->rate));
    }
    look_ahead();
}

/// The rows of one message, or one print: to the venue alone.
void World::Body::meet_at_venue(Feed& feed, std::uint32_t leaf, const Moment& key) {
    now_is(key);
    bool goes_on = true;
    while (goes_on) {
        bool is_last = true;
        if (feed.key.kind == SeriesKind::book_level) {
            const BookLevel row = book_level_of(feed);
            is_last = row.flags.last;
            strict_->meet(row);
        } else if (feed.key.kind == SeriesKind::book_order) {
            const BookOrder row = book_order_of(feed);
            is_last = row.flags.last;
            strict_->meet(row);
        } else {
            strict_->meet(trade_of(feed));
        }
        goes_on = next_at_venue(feed, leaf) && !is_last && feed.times.close.ns == key.ts;
    }
    wake_feeds();
    look_ahead();
}

/// False: the feed has no more rows.
bool World::Body::next_at_venue(Feed& feed, std::uint32_t leaf) {
    if (++feed.row < feed.rows) {
        feed.look();
    } else {
        const auto more = feed.load();
        if (!more) error_ = more.error();
        if (!more || !*more) {
            last_row_ = std::max(last_row_, feed.times.close);
            tree_.set(leaf, kNever);
            look_ahead();
            return false;
        }
    }
    set_key(feed, leaf);
    return true;
}

/// A row of finer data that nobody waits for.
void World::Body::pass_finer(Feed& feed, std::uint32_t leaf) {
    const bool is_bar = feed.key.kind == SeriesKind::bar;
    *feed.mark = {feed.cell(is_bar ? ports::BarColumns::close : ports::TradeColumns::price)};
    cursor_ = feed.close_moment();
    next_at_venue(feed, leaf);
}

/// Finer data meet the orders; what they stand in for goes on as if nobody waited for it.
void World::Body::meet_finer(Feed& feed, std::uint32_t leaf, const Moment& key) {
    if (feed.is_idle()) {
        if (key.ts == feed.times.close.ns) return pass_finer(feed, leaf);
        return set_key(feed, leaf);
    }
    const BarMeeting whole = meeting_of(feeds_[feed.coarse]);
    strict_->resolve(&whole);
    if (feed.key.kind == SeriesKind::bar) {
        if (meet_bar(feed, leaf, key)) pass_finer(feed, leaf);
    } else {
        now_is(key);
        strict_->meet(trade_of(feed));
        wake_feeds();
        look_ahead();
        pass_finer(feed, leaf);
    }
    strict_->resolve(nullptr);
}

// --- what is next
// ------------------------------------------------------------------------------------

ports::EventSource::Next World::Body::next(Event& out) {
    for (;;) {
        const std::uint32_t leaf = tree_.top();
        const Moment& key = tree_.key(leaf);
        if (key.ts < wake_) [[likely]] {
            Feed& feed = feeds_[leaf];
            if (feed.is_idle() && key.ts == feed.times.close.ns) [[likely]] {
                if (feed.tells_bars) [[likely]] {
                    emit_bar(feed, out);
                    cursor_ = feed.close_moment();
                    advance(feed, leaf);
                } else if (feed.at_venue) {
                    pass_finer(feed, leaf);
                    continue;
                } else {
                    emit(feed, leaf, out);
                }
                if (is_held(feed.rank, out)) [[unlikely]]
                    continue;
                return Next::event;
            }
            if (meet(feed, leaf, Moment{key}, out) && !is_held(feed.rank, out)) return Next::event;
            continue;
        }
        if (!error_.empty()) return Next::failed;
        if (stage_ == Stage::deposits) {
            if (deposit(out) == Next::event) return Next::event;
            continue;
        }
        if (stage_ != Stage::running || (key == kNever && wake_ == INT64_MAX)) return finish(out);
        if (attend(leaf, Moment{key}, out)) return Next::event;
    }
}

ports::EventSource::Next World::Body::deposit(Event& out) {
    if (deposits_made_ == 0) {
        std::int64_t first = INT64_MAX;
        for (const Feed& feed : feeds_) {
            if (!feed.exhausted()) first = std::min(first, feed.times.open.ns);
        }
        now_is({.ts = first == INT64_MAX ? 0 : first, .place = 0});
        statuses_ = told_from(settings_.statuses, desk_.now_ts());
        prints_ = prints_from(settings_.auctions.prints, desk_.now_ts());
        std::erase_if(prints_, [&](const AuctionPrint& print) {
            return settings_.to && print.at >= *settings_.to;
        });
        if (carry_) carry_->start(desk_.now_ts());
    }
    if (deposits_made_ == settings_.deposits.size()) {
        stage_ = Stage::running;
        look_ahead();
        return Next::end;
    }
    const CashFlow& flow = settings_.deposits[deposits_made_++];
    desk_.account().add(flow.currency, flow.amount);
    out.ts = out.ts_event = desk_.now_ts();
    out.payload = flow;
    return Next::event;
}

void World::Body::look_ahead() {
    if (!desk_.news().empty()) [[unlikely]]
        collect_news();
    std::int64_t at = desk_.reports().next_ts().ns;
    if (carry_) at = std::min(at, carry_->next().ns);
    if (!alarms_.empty()) at = std::min(at, alarms_.front().at.ns);
    if (!deliveries_.empty()) at = std::min(at, deliveries_.front().at.ts);
    if (!arrivals_.empty()) at = std::min(at, arrivals_.front().at.ns);
    if (strict_) at = std::min(at, strict_->next_expiry().ns);
    at = std::min({at, next_status().ns, next_print().ns});
    wake_ = stage_ == Stage::running && error_.empty() ? at : INT64_MIN;
}

bool World::Body::attend(std::uint32_t leaf, const Moment& market, Event& out) {
    const auto at = [](Timestamp ts, std::uint32_t place) { return Moment{ts.ns, place}; };
    const Moment report = at(desk_.reports().next_ts(), kReportPlace);
    // Of what is due at one instant reports come first.
    if (report.ts == wake_ && report.ts <= market.ts && report.ts != INT64_MAX) {
        deliver_report(out);
        return true;
    }
    const Moment alarm = alarms_.empty() ? kNever : at(alarms_.front().at, kTimerPlace);
    const Moment status =
        statuses_told_ == statuses_.size() ? kNever : at(next_status(), kMarketPlace);
    const Moment print = prints_met_ == prints_.size() ? kNever : at(next_print(), kMarketPlace);
    const Moment expiry = strict_ ? at(strict_->next_expiry(), kExpiryPlace) : kNever;
    const Moment carry = carry_ ? at(carry_->next(), kCarryPlace) : kNever;
    const Moment delivery = deliveries_.empty() ? kNever : deliveries_.front().at;
    const Moment arrival = arrivals_.empty() ? kNever : at(arrivals_.front().at, kArrivalPlace);
    // After the last market data only what is under way is waited for; timers and expiries that are
    // yet to come never do.
    const bool dry = market == kNever;
    const auto due = [&](const Moment& m) { return dry && m.ts > last_row_.ns ? kNever : m; };
    // An auction's print is market data that outlasts the series for who waits for it.
    const bool is_awaited = !dry || print == kNever || strict_->awaits_print();
    const Moment first =
        std::min({report, delivery, due(alarm), due(status), is_awaited ? print : due(print),
                  due(carry), due(expiry), arrival, market});
    if (dry && first.ts == INT64_MAX) {
        stage_ = Stage::closing;
        return false;
    }
    if (first == report) {
        deliver_report(out);
        return true;
    }
    if (first == delivery) {
        deliver_held(out);
        return true;
    }
    if (first == arrival) {
        now_is(first);
        std::pop_heap(arrivals_.begin(), arrivals_.end(), std::greater<>{});
        const Command command = arrivals_.back().command;
        arrivals_.pop_back();
        arrive(command);
        return false;
    }
    if (first == alarm) {
        deliver_alarm(out);
        return true;
    }
    if (first == carry) {
        accrue(first);
        return false;
    }
    if (first == expiry) {
        now_is(first);
        strict_->expire();
        look_ahead();
        return false;
    }
    if (first == status) {
        now_is(first);
        const StatusChange& change = statuses_[statuses_told_++];
        if (strict_) strict_->meet(change.status);
        out.ts = out.ts_event = change.at;
        out.payload = change.status;
        look_ahead();
        return !is_held(0, out);
    }
    if (first == print) {
        now_is(first);
        strict_->meet(prints_[prints_met_++]);
        last_row_ = std::max(last_row_, desk_.now_ts());
        look_ahead();
        return false;
    }
    Feed& feed = feeds_[leaf];
    return meet(feed, leaf, market, out) && !is_held(feed.rank, out);
}

/// What changes the account waits for every report of what was true before, so that it finds our
/// books as it found the venue's, and every later report waits for it.
bool World::Body::hold(std::uint32_t rank, const Event& event) {
    const bool is_account_news = std::holds_alternative<Funding>(event.payload) ||
                                 std::holds_alternative<CorporateAction>(event.payload);
    Timestamp at = std::max(event.ts + market_data_.next(event.ts), told_[rank]);
    if (is_account_news) {
        at = std::max(at, desk_.reports().last_ts());
        if (at > event.ts) desk_.reports().hold_until(at + nanoseconds(1));
    }
    if (at == event.ts) return false;
    told_[rank] = at;
    Event late = event;
    late.ts = at;
    auto* action = std::get_if<CorporateAction>(&late.payload);
    if (action != nullptr && !action->new_symbol.empty()) {
        action->new_symbol = held_symbols_.emplace_back(action->new_symbol);
    }
    deliveries_.push_back({.at = {at.ns, is_account_news ? kAccountPlace : kMarketPlace + rank},
                           .number = ++numbered_,
                           .event = late});
    std::push_heap(deliveries_.begin(), deliveries_.end(), std::greater<>{});
    last_row_ = std::max(last_row_, at);
    look_ahead();
    return true;
}

void World::Body::collect_news() {
    for (const AccountNews& news : desk_.news()) {
        deliveries_.push_back(
            {.at = {news.ts.ns, kAccountPlace},
             .number = ++numbered_,
             .event = {.ts = news.ts, .ts_event = news.ts_event, .payload = news.payload}});
        std::push_heap(deliveries_.begin(), deliveries_.end(), std::greater<>{});
        last_row_ = std::max(last_row_, news.ts);
    }
    desk_.news().clear();
}

void World::Body::accrue(const Moment& at) {
    now_is(at);
    for (const CashFlow& flow : carry_->take_due(desk_.account())) {
        desk_.account().add(flow.currency, flow.amount);
        desk_.tell_account(flow);
    }
    look_ahead();
}

void World::Body::deliver_held(Event& out) {
    std::pop_heap(deliveries_.begin(), deliveries_.end(), std::greater<>{});
    out = deliveries_.back().event;
    cursor_ = std::max(cursor_, deliveries_.back().at);
    deliveries_.pop_back();
    look_ahead();
}

void World::Body::deliver_report(Event& out) {
    const Report& report = desk_.reports().front();
    cursor_ = {.ts = std::max(cursor_.ts, report.ts.ns),
               .place = report.ts.ns > cursor_.ts ? kReportPlace : cursor_.place};
    out.ts = report.ts;
    out.ts_event = report.ts_event;
    out.payload.emplace<OrderEvent>(report.event);
    desk_.reports().drop_front();
    look_ahead();
}

void World::Body::deliver_alarm(Event& out) {
    std::pop_heap(alarms_.begin(), alarms_.end(), std::greater<>{});
    const Alarm alarm = alarms_.back();
    alarms_.pop_back();
    cursor_ = std::max(cursor_, Moment{alarm.at.ns, kTimerPlace});
    out.ts = out.ts_event = alarm.at;
    out.payload = alarm.timer;
    look_ahead();
}

// --- passing over bars that nobody waits for
// ------------------------------------------------------------

World::QuietBars World::Body::quiet_bars() const {
    const bool is_quiet = stage_ == Stage::running && wake_ == INT64_MAX && error_.empty();
    if (!is_quiet || feeds_.size() != 1) return {};
    // What is seen late, and what may be liquidated, has to be looked at bar by bar.
    if (delays_ || settings_.margin.liquidates != Liquidates::never) return {};
    const Feed& feed = feeds_.front();
    if (feed.key.kind != SeriesKind::bar || *feed.busy != 0 || feed.exhausted()) return {};
    return {.row = market_events_, .bars = feed.rows - feed.row};
}

void World::Body::pass_over(std::uint64_t bars) {
    ASSERT(bars > 0 && bars <= quiet_bars().bars);
    Feed& feed = feeds_.front();
    // Whether any bar so far told a volume is all that is asked of it.
    for (std::size_t i = 0; i < bars && feed.volume_so_far == 0; ++i) {
        feed.volume_so_far = feed.columns[ports::BarColumns::volume][feed.row + i];
    }
    if (bars > 1) {
        feed.row += bars - 1;
        feed.look();
    }
    market_events_ += bars - 1;
    *feed.mark = {feed.cell(ports::BarColumns::close)};
    cursor_ = feed.close_moment();
    advance(feed, 0);
}

// --- the venue meets the market
// ----------------------------------------------------------------------

bool World::Body::meet(Feed& feed, std::uint32_t leaf, const Moment& key, Event& out) {
    if (feed.at_venue) {
        if (feed.is_finer) {
            meet_finer(feed, leaf, key);
        } else {
            meet_at_venue(feed, leaf, key);
        }
        return false;
    }
    if (feed.is_idle()) {
        // Nobody waits any more for an open that was.
        const bool is_close = key.ts == feed.times.close.ns;
        if (is_close) emit(feed, leaf, out);
        if (!is_close) set_key(feed, leaf);
        return is_close;
    }
    if (feed.key.kind == SeriesKind::bar) {
        if (!meet_bar(feed, leaf, key)) return false;
        emit(feed, leaf, out);
        return true;
    }
    if (!feed.serves_ticks || feed.met_close) {
        feed.met_close = false;
        emit(feed, leaf, out);
        return true;
    }
    now_is(key);
    if (feed.key.kind == SeriesKind::quote) {
        strict_->meet(quote_of(feed));
    } else {
        strict_->meet(trade_of(feed));
    }
    wake_feeds();
    look_ahead();
    if (wake_ <= key.ts) {
        feed.met_close = true;  // its reports come first
        return false;
    }
    emit(feed, leaf, out);
    return true;
}

/// True: the venue is done with the bar, and no report of it is due before.
bool World::Body::meet_bar(Feed& feed, std::uint32_t leaf, const Moment& key) {
    if (feed.serves == Serves::nobody || feed.met_close) return true;
    if (bar_venue_) {
        step_bar_venue(feed);
        return wake_ > key.ts;
    }
    now_is(key);
    const bool is_open = !feed.met_open && key == feed.open_moment();
    if (is_open) {
        feed.met_open = true;
        strict_->meet_open(meeting_of(feed));
        tree_.set(leaf, feed.close_moment());
    } else {
        feed.met_close = true;
        strict_->meet_close(meeting_of(feed));
    }
    wake_feeds();
    look_ahead();
    return !is_open && wake_ > key.ts;
}

BarMeeting World::Body::meeting_of(const Feed& feed) const {
    using C = ports::BarColumns;
    const bool traded = feed.key.spec.source == PriceSource::last;
    const std::int64_t volume = feed.cell(C::volume);
    const bool is_first = feed.previous_close == kTimestampMin;
    return {.instrument = feed.instrument,
            .serves = feed.serves,
            .bar = {.open_ts = feed.times.open,
                    .close_ts = feed.times.close,
                    .open = {feed.cell(C::open)},
                    .high = {feed.cell(C::high)},
                    .low = {feed.cell(C::low)},
                    .close = {feed.cell(C::close)},
                    .volume = {volume}},
            .capped = traded && volume > 0,
            // A series that never told a volume does not say that nothing was traded.
            .halted = traded && volume == 0 && feed.volume_so_far != 0,
            .before = is_first ? feed.times.open : feed.previous_close,
            .ends = feed.times.close,
            .opens = feed.open_moment()};
}

/// All bars that close with this one, of its instrument or of all: what the venue sees together.
void World::Body::step_bar_venue(const Feed& first) {
    const Timestamp at = first.times.close;
    now_is({.ts = at.ns, .place = kMarketPlace});
    meetings_.clear();
    for (std::uint32_t leaf = 0; leaf < feeds_.size(); ++leaf) {
        Feed& feed = feeds_[leaf];
        const bool closes = tree_.key(leaf) != kNever && feed.times.close == at;
        if (!closes || feed.serves == Serves::nobody || feed.met_close) continue;
        if (feed.instrument != first.instrument && !bar_venue_->sees_all_at_once()) continue;
        feed.met_close = true;
        meetings_.push_back(meeting_of(feed));
    }
    bar_venue_->step(meetings_);
    look_ahead();
}

// --- commands
// ----------------------------------------------------------------------------------------

Duration World::Body::latency_of(const Command& command, Timestamp now) {
    struct Of {
        Body& body;
        Timestamp now;
        Duration operator()(const SubmitOrder&) const { return body.insert_.next(now); }
        Duration operator()(const ReplaceOrder&) const { return body.replace_.next(now); }
        Duration operator()(const CancelOrder&) const { return body.cancel_.next(now); }
        Duration operator()(const SetTimer&) const { return {}; }
    };
    return std::visit(Of{*this, now}, command);
}

void World::Body::send(const Command& command, Timestamp now) {
    ASSERT(now.ns >= cursor_.ts);
    if (stage_ == Stage::closing || stage_ == Stage::over) {
        answer_after_end(command);
        return;
    }
    if (const auto* timer = std::get_if<SetTimer>(&command)) {
        alarms_.push_back(
            {.at = std::max(timer->at, now), .number = ++numbered_, .timer = timer->timer});
        std::push_heap(alarms_.begin(), alarms_.end(), std::greater<>{});
    } else if (const Duration latency = latency_of(command, now); latency.ns == 0) {
        desk_.set_now({.ts = now.ns, .place = cursor_.place});
        arrive(command);
        return;
    } else {
        arrivals_.push_back({.at = now + latency, .number = ++numbered_, .command = command});
        std::push_heap(arrivals_.begin(), arrivals_.end(), std::greater<>{});
    }
    look_ahead();
}

void World::Body::arrive(const Command& command) {
    struct To {
        Body& body;
        void operator()(const SubmitOrder& c) const {
            if (body.strict_) body.strict_->submit(c.order);
            if (body.bar_venue_) body.bar_venue_->submit(c.order);
        }
        void operator()(const ReplaceOrder& c) const {
            if (body.strict_) body.strict_->replace(c);
            if (body.bar_venue_) body.bar_venue_->replace(c);
        }
        void operator()(const CancelOrder& c) const {
            if (body.strict_) body.strict_->cancel(c);
            if (body.bar_venue_) body.bar_venue_->cancel(c);
        }
        void operator()(const SetTimer&) const {}
    };
    std::visit(To{*this}, command);
    wake_feeds();
    look_ahead();
}

// --- the end
// -----------------------------------------------------------------------------------------

/// Nothing trades any more, and the answer says so.
void World::Body::answer_after_end(const Command& command) {
    struct To {
        OrderDesk& desk;
        void operator()(const SubmitOrder& c) const {
            desk.report_to(c.order.id, c.order.spec.instrument, OrderEventKind::rejected,
                           VenueReason::end_of_data);
        }
        void operator()(const ReplaceOrder& c) const {
            desk.report_to(c.id, c.instrument, OrderEventKind::replace_rejected,
                           VenueReason::end_of_data);
        }
        void operator()(const CancelOrder& c) const {
            desk.report_to(c.id, c.instrument, OrderEventKind::cancel_rejected,
                           VenueReason::end_of_data);
        }
        void operator()(const SetTimer&) const {}
    };
    std::visit(To{desk_}, command);
}

ports::EventSource::Next World::Body::finish(Event& out) {
    if (stage_ == Stage::running) stage_ = Stage::closing;
    if (stage_ == Stage::closing && desk_.reports().empty() && !desk_.empty()) {
        desk_.set_now(cursor_);
        if (strict_) strict_->end_of_data();
        if (bar_venue_) bar_venue_->end_of_data();
    }
    if (!desk_.reports().empty()) {
        deliver_report(out);
        return Next::event;
    }
    if (stage_ == Stage::over) return Next::end;
    stage_ = Stage::over;
    out.ts = out.ts_event = {cursor_.ts};
    out.payload = EndOfData{};
    desk_.set_now(cursor_);
    return Next::event;
}

// --- the door
// ----------------------------------------------------------------------------------------

World::World(std::unique_ptr<Body> body) : body_(std::move(body)) {}
World::~World() = default;

std::expected<std::unique_ptr<World>, std::string> World::create(const InstrumentTable& table,
                                                                 const ports::History& history,
                                                                 WorldSettings settings) {
    auto body = std::make_unique<Body>(table, std::move(settings));
    TRY_VOID(body->open(history));
    return std::unique_ptr<World>(new World(std::move(body)));
}

ports::EventSource::Next World::next(Event& out) { return body_->next(out); }
World::QuietBars World::quiet_bars() const { return body_->quiet_bars(); }
void World::pass_over(std::uint64_t bars) { body_->pass_over(bars); }
std::string World::error() const { return body_->error(); }
std::span<const FinerUse> World::finer() const { return body_->finer(); }
void World::send(const Command& command, Timestamp now) { body_->send(command, now); }
WorldCounts World::counts() const { return body_->counts(); }
const WorldSettings& World::settings() const { return body_->settings(); }

}  // namespace tradewind::sim
