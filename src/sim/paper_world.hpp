// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>

#include "domain/instrument.hpp"
#include "ports/venue.hpp"
#include "sim/settings.hpp"
#include "sim/world.hpp"

namespace tradewind::sim {

/// What of an instrument's market is to come. Its orders meet its book and prints where it has one,
/// else its quotes and prints; bars are told and fill nothing.
struct PaperMarket {
    InstrumentId instrument{};
    bool quotes = false;
    bool trades = false;
    bool book = false;
};

/// The venue of `World`, of mode strict, before a market that is yet to come: facts in as they
/// reach us, events out. What it tells is a function of the facts, the commands and their instants
/// alone, whenever `advance` is called: the same rows played as history give the same events
/// (world_properties_test). One thread; the table must outlive it.
class PaperWorld final : public ports::Venue {
public:
    /// The error is one line that names the setting or the instrument.
    [[nodiscard]] static std::expected<std::unique_ptr<PaperWorld>, std::string> create(
        const InstrumentTable& table, WorldSettings settings, std::span<const PaperMarket> markets);
    ~PaperWorld() override;

    /// It begins now: the deposits are told first of all.
    void begin(Timestamp now);
    /// A fact of the market that reaches us at its `ts`, not before anything that was told. Not
    /// while another waits; its texts live until it is told.
    void offer(const Event& fact);
    /// The next that is to be told, `seq` left out: of a fact that waits what is due before it,
    /// what the venue makes of it, and itself; without one what is due by `until`: reports, timers,
    /// orders that arrive or expire. False: nothing. Who answers an event does so before the next
    /// is asked for.
    [[nodiscard]] bool next(Timestamp until, Event& out);
    /// When to ask again if no fact comes before; kTimestampMax: not.
    [[nodiscard]] Timestamp next_due() const;

    void send(const Command& command, Timestamp now) override;

    [[nodiscard]] WorldCounts counts() const;
    /// Something is on its way between us: until it is there our books need not be the venue's.
    [[nodiscard]] bool is_under_way() const;
    /// What the venue says that is held, longs less shorts, and how many orders it has: for who
    /// compares our books with its.
    [[nodiscard]] Qty position(InstrumentId instrument) const;
    [[nodiscard]] std::size_t open_orders() const;

private:
    class Body;
    explicit PaperWorld(std::unique_ptr<Body> body);
    std::unique_ptr<Body> body_;
};

}  // namespace tradewind::sim
