// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "domain/bar_times.hpp"
#include "ports/event_source.hpp"
#include "ports/history.hpp"
#include "sim/generate.hpp"

/// Markets for the exchange: recorded ones, moved to another time, and made-up ones.
namespace tradewind::exchange {

/// Which recorded time is played when: `origin` of the recording is `at`; after it the recording
/// runs `speed_milli` / 1000 times as fast, before it as it did.
struct Playback {
    Timestamp origin{};
    Timestamp at{};
    std::int64_t speed_milli = 1'000;

    [[nodiscard]] Timestamp played_at(Timestamp recorded) const;
};

/// Plays a history. Of an instrument: its book, or else its quotes; its trades; and where there are
/// no trades (before the first, too), its finest time bars as four trades each over their span.
/// Events of one instant come in the order of the instruments, books before trades.
class MarketPlayer final : public ports::EventSource {
public:
    /// `instruments` in the order of their ids. Outlived by the history. An error names what an
    /// instrument lacks.
    [[nodiscard]] static std::expected<std::unique_ptr<MarketPlayer>, std::string> make(
        const ports::History& history, std::span<const Instrument> instruments,
        const Playback& playback);

    Next next(Event& out) override;
    [[nodiscard]] std::string error() const override { return error_; }

    /// The span of what is there to be played.
    [[nodiscard]] static std::expected<std::pair<Timestamp, Timestamp>, std::string> span_of(
        const ports::History& history, std::span<const Instrument> instruments);

private:
    struct Feed {
        ports::SeriesKey key;
        InstrumentId instrument{};
        BarClock clock;
        std::unique_ptr<ports::ChunkReader> reader;
        ports::Chunk chunk{};
        std::size_t row = 0;
        std::deque<Event> ready{};  ///< in order of time
        bool ended = false;
    };
    explicit MarketPlayer(const Playback& playback) : playback_(playback) {}
    /// Makes `ready` hold something; false: an error.
    bool fill(Feed& feed);
    void take_row(Feed& feed);

    Playback playback_;
    std::vector<Feed> feeds_;
    std::string error_;
    Timestamp last_ = kTimestampMin;
};

/// Quotes and trades without end, the same for the same seed.
class GeneratedMarket final : public ports::EventSource {
public:
    /// One generator an instrument, each of a seed of its own; `first_prices` go with them.
    GeneratedMarket(std::span<const Instrument> instruments, std::span<const double> first_prices,
                    std::uint64_t seed, Timestamp start);

    Next next(Event& out) override;

private:
    static constexpr std::size_t kRowsAtATime = 256;
    struct Stream {
        InstrumentId instrument{};
        sim::TickGenerator generator;
        std::deque<Event> ready{};
    };
    static void fill(Stream& stream);

    std::vector<Stream> streams_;
};

}  // namespace tradewind::exchange
