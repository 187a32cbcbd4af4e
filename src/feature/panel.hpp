// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "feature/across.hpp"
#include "feature/facts.hpp"
#include "feature/graph.hpp"

namespace tradewind::feature {

/// Columns of bars by Field; nullptr where the graph does not read the field. `known_at`, in
/// nanoseconds since 1970, never goes back; unless the graph is lone it goes on with every row.
struct BarRows {
    std::span<const std::int64_t> known_at{};
    std::array<const double*, kFieldCount> columns{};

    [[nodiscard]] std::size_t rows() const { return known_at.size(); }
};

/// A graph at work on the bars of some instruments, and on what else it reads. Rows go in as they
/// come, one instant or many at a time; the values are the same bytes either way. One thread.
class Panel {
public:
    /// An instrument whose rows are wanted. `groups`: its group for each of the graph's, in their
    /// order; equal numbers are one group.
    struct Member {
        std::string symbol;
        std::vector<std::uint32_t> groups{};
    };
    /// Bars that `run` is to be given: of the members first, in their order, then of the graph's
    /// other tracks.
    struct BarFeed {
        std::string symbol;
        Duration interval{};  ///< 0: that of the members' bars
        std::uint32_t track = 0;
    };
    /// Facts that `run` is to be given: of a source, for one instrument or (empty) for all.
    struct FactFeed {
        std::uint32_t source = 0;
        std::string symbol{};
    };

    /// `block`: rows worked on at a time, and room for as many; 1 for a live stream.
    Panel(std::shared_ptr<const Graph> graph, std::vector<Member> members,
          std::size_t block = kBlock);

    [[nodiscard]] const Graph& graph() const { return *graph_; }
    [[nodiscard]] std::span<const Member> members() const { return members_; }
    [[nodiscard]] std::span<const BarFeed> bar_feeds() const { return bar_feeds_; }
    [[nodiscard]] std::span<const FactFeed> fact_feeds() const { return fact_feeds_; }

    /// What became known since the call before, feed by feed, up to some instant: of what was known
    /// until then nothing is left out.
    struct Input {
        std::span<const BarRows> bars{};
        std::span<const std::span<const Fact>> facts{};
    };
    /// Rows [first, first + rows) of what a member was given, with a column for each output of the
    /// graph; valid until the sink returns.
    struct Rows {
        std::size_t member = 0;
        std::size_t first = 0;
        std::size_t rows = 0;
        std::span<const double* const> columns{};
    };
    /// False ends the run; the panel is of no use after that.
    using Sink = std::function<bool(const Rows&)>;
    /// Each member's rows come in their order. No allocation, but for facts that are yet to come.
    bool run(const Input& in, const Sink& sink);

    static constexpr std::size_t kBlock = 128;

private:
    /// What steps of one track need, whoever's bars it runs on.
    struct TrackPlan {
        std::vector<std::uint32_t> steps{};        ///< by stage
        std::vector<std::size_t> stage_from{};     ///< places in `steps`; one more than stages
        std::vector<Graph::Slot> kept{};           ///< read by joins into other tracks
        std::vector<std::uint32_t> read_tracks{};  ///< from which joins come into this one
    };
    /// Where a step's inputs and outputs stand in `inputs_` and `outputs_`.
    struct StepPlan {
        std::size_t inputs = 0;
        std::size_t outputs = 0;
    };
    /// A track at work on one feed of bars.
    struct Track {
        std::uint32_t number = 0;
        std::size_t feed = 0;
        std::vector<std::unique_ptr<Indicator>> steps{};  ///< as in its plan
        std::vector<double> kept{};     ///< of the batch: a column for each of the plan's
        std::vector<double> carried{};  ///< of the last row before the batch
        std::int64_t carried_at = 0;
    };
    struct MemberState {
        std::vector<Track> tracks{};                     ///< the deepest first, its own rows last
        std::vector<std::unique_ptr<FactFold>> folds{};  ///< by fact read
        std::vector<std::size_t> fact_feeds{};           ///< by fact read
        std::vector<double> kept{};  ///< of the batch: a column for each of `kept_slots_`
    };
    /// The part of a feed that the batch is.
    struct Batch {
        std::size_t begin = 0;
        std::size_t end = 0;
        [[nodiscard]] std::size_t rows() const { return end - begin; }
    };

    void plan_tracks();
    void plan_steps();
    void plan_stages();
    void add_tracks();
    void add_facts();
    [[nodiscard]] Track make_track(std::uint32_t number, std::size_t feed) const;
    [[nodiscard]] std::size_t add_bar_feed(BarFeed feed);
    [[nodiscard]] std::size_t add_fact_feed(const FactFeed& feed);

    /// False: nothing is left.
    bool cut_batch(const Input& in);
    bool run_batch(const Input& in, const Sink& sink);
    bool finish(std::size_t member, const Sink& sink) const;
    void run_track(const Input& in, Track& track, const MemberState* member);
    void bring_fields(const BarRows& rows, const Track& track);
    void bring_joins(const Input& in, const Track& into, const MemberState* member);
    void bring_join(const Input& in, const Track& source, std::size_t join, std::size_t rows,
                    std::span<const std::int64_t> now);
    void bring_facts(const Input& in, MemberState& state, std::size_t member);
    void run_steps(Track& track, std::size_t stage);
    void keep_for_joins(Track& track);
    void carry_on(const Input& in, Track& track);
    void keep_stage(MemberState& state, std::size_t stage, std::size_t rows);
    void bring_kept(const MemberState& state, std::size_t stage, std::size_t rows);
    void run_across(const Input& in, std::size_t stage);
    void run_across_at(std::size_t stage);
    [[nodiscard]] const Track& source_of(std::uint32_t track, const MemberState* member) const;
    [[nodiscard]] double* column(Graph::Slot slot) { return values_.data() + slot * block_; }
    [[nodiscard]] double& kept_of(std::size_t member, Graph::Slot slot) {
        return states_[member].kept[kept_places_[slot] * block_ + across_at_[member]];
    }

    std::shared_ptr<const Graph> graph_;
    std::vector<Member> members_;
    std::size_t block_;
    std::vector<BarFeed> bar_feeds_;
    std::vector<FactFeed> fact_feeds_;

    std::vector<TrackPlan> track_plans_;
    std::vector<StepPlan> step_plans_;
    std::vector<std::size_t> join_places_;  ///< by join: its column among those kept by its track
    std::vector<Graph::Slot> kept_slots_;   ///< of rows, that a later stage reads
    std::vector<std::size_t> kept_places_;  ///< by slot

    std::vector<double> values_;         ///< of whoever is at work: a column for each slot
    std::vector<const double*> inputs_;  ///< of all steps, one after another
    std::vector<double*> outputs_;
    std::vector<const double*> results_;  ///< the columns of the graph's outputs

    std::vector<Track> shared_;  ///< of instruments that `of` names, the deepest first
    std::vector<MemberState> states_;
    std::vector<Batch> bars_;          ///< by feed
    std::vector<Batch> facts_;         ///< by feed
    std::vector<std::size_t> places_;  ///< by row: how many rows of a join's source are known

    AcrossWork across_;
    std::vector<std::size_t> across_at_;         ///< by member: its row of the batch
    std::vector<std::uint32_t> across_members_;  ///< that have a row at the instant
    std::vector<AcrossWork::Row> across_rows_;
    std::vector<double> across_values_;
};

}  // namespace tradewind::feature
