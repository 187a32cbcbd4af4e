// SPDX-License-Identifier: Apache-2.0
#include "feature/panel.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "feature/kernel_indicator.hpp"

namespace tradewind::feature {
namespace {

/// The place of a value among others, to which it is added where it is not there yet.
template <typename T>
std::size_t place_in(std::vector<T>& all, const T& value) {
    const auto found = std::find(all.begin(), all.end(), value);
    if (found != all.end()) return static_cast<std::size_t>(found - all.begin());
    all.push_back(value);
    return all.size() - 1;
}

}  // namespace

// --- what is made once ---------------------------------------------------------------------------

Panel::Panel(std::shared_ptr<const Graph> graph, std::vector<Member> members, std::size_t block)
    : graph_(std::move(graph)),
      members_(std::move(members)),
      block_(block),
      states_(members_.size()),
      places_(block),
      across_(members_.size()),
      across_at_(members_.size()),
      across_rows_(members_.size()),
      across_values_(members_.size()) {
    ASSERT(block > 0 && !members_.empty());
    for (const Member& member : members_) {
        ASSERT(member.groups.size() == graph_->surroundings().groups.size());
    }
    across_members_.reserve(members_.size());
    values_.resize(graph_->slots() * block);
    for (const Graph::Constant& constant : graph_->constants()) {
        std::fill_n(column(constant.slot), block, constant.value);
    }
    for (const Graph::Output& output : graph_->outputs()) results_.push_back(column(output.slot));
    plan_tracks();
    plan_steps();
    plan_stages();
    add_tracks();
    add_facts();
    bars_.resize(bar_feeds_.size());
    facts_.resize(fact_feeds_.size());
}

void Panel::plan_tracks() {
    track_plans_.resize(graph_->tracks().size());
    for (const Graph::Join& join : graph_->joins()) {
        join_places_.push_back(place_in(track_plans_[join.track].kept, join.from));
        place_in(track_plans_[join.into].read_tracks, join.track);
    }
}

void Panel::plan_steps() {
    const auto steps = graph_->steps();
    for (const Graph::Step& step : steps) {
        step_plans_.push_back({.inputs = inputs_.size(), .outputs = outputs_.size()});
        for (const Graph::Slot input : step.inputs) inputs_.push_back(column(input));
        for (std::size_t i = 0; i < step.function->outputs.size(); ++i) {
            outputs_.push_back(column(step.first_output + static_cast<Graph::Slot>(i)));
        }
    }
    for (std::uint32_t track = 0; track < track_plans_.size(); ++track) {
        TrackPlan& plan = track_plans_[track];
        for (std::uint32_t stage = 0; stage < graph_->stages(); ++stage) {
            plan.stage_from.push_back(plan.steps.size());
            for (std::uint32_t i = 0; i < steps.size(); ++i) {
                if (steps[i].track == track && steps[i].stage == stage) plan.steps.push_back(i);
            }
        }
        plan.stage_from.push_back(plan.steps.size());
    }
}

/// What a stage gives and a later one reads is kept for each member: the columns of slots are those
/// of one member at a time.
void Panel::plan_stages() {
    if (graph_->stages() == 1) return;
    std::vector<bool> is_constant(graph_->slots());
    for (const Graph::Constant& constant : graph_->constants()) is_constant[constant.slot] = true;
    const auto keep = [&](Graph::Slot slot, std::uint32_t read_in) {
        if (!is_constant[slot] && graph_->stage_of(slot) < read_in) place_in(kept_slots_, slot);
    };
    for (const Graph::Step& step : graph_->steps()) {
        if (step.track != 0) continue;
        for (const Graph::Slot input : step.inputs) keep(input, step.stage);
    }
    for (const Graph::Across& across : graph_->acrosses()) {
        for (const Graph::Slot input : across.inputs) place_in(kept_slots_, input);
        place_in(kept_slots_, across.to);
    }
    for (const Graph::Output& output : graph_->outputs()) {
        keep(output.slot, graph_->stages() - 1);
    }
    kept_places_.resize(graph_->slots());
    for (std::size_t i = 0; i < kept_slots_.size(); ++i) kept_places_[kept_slots_[i]] = i;
    for (MemberState& state : states_) state.kept.resize(kept_slots_.size() * block_);
}

std::size_t Panel::add_bar_feed(BarFeed feed) {
    bar_feeds_.push_back(std::move(feed));
    return bar_feeds_.size() - 1;
}

std::size_t Panel::add_fact_feed(const FactFeed& feed) {
    const auto found =
        std::find_if(fact_feeds_.begin(), fact_feeds_.end(), [&](const FactFeed& other) {
            return other.source == feed.source && other.symbol == feed.symbol;
        });
    if (found != fact_feeds_.end()) return static_cast<std::size_t>(found - fact_feeds_.begin());
    fact_feeds_.push_back(feed);
    return fact_feeds_.size() - 1;
}

Panel::Track Panel::make_track(std::uint32_t number, std::size_t feed) const {
    const TrackPlan& plan = track_plans_[number];
    Track out{.number = number, .feed = feed};
    for (const std::uint32_t i : plan.steps) {
        const Graph::Step& step = graph_->steps()[i];
        out.steps.push_back(step.function->make(step.params));
    }
    out.kept.resize(plan.kept.size() * block_);
    out.carried.resize(plan.kept.size(), kNaN);
    return out;
}

void Panel::add_tracks() {
    const auto tracks = graph_->tracks();
    std::vector<std::uint32_t> deepest_first;
    // on(1d, of("SPY.ARCA", x)) opened one more than it reads
    for (std::uint32_t i = 1; i < tracks.size(); ++i) {
        if (!track_plans_[i].kept.empty()) deepest_first.push_back(i);
    }
    std::sort(deepest_first.begin(), deepest_first.end(), [&](std::uint32_t a, std::uint32_t b) {
        return tracks[a].depth != tracks[b].depth ? tracks[a].depth > tracks[b].depth : a < b;
    });
    for (const Member& member : members_) (void)add_bar_feed({.symbol = member.symbol});
    const auto add = [&](std::vector<Track>& to, std::uint32_t track, const std::string& symbol) {
        to.push_back(make_track(
            track,
            add_bar_feed({.symbol = symbol, .interval = tracks[track].interval, .track = track})));
    };
    for (const std::uint32_t track : deepest_first) {
        if (!tracks[track].instrument.empty()) add(shared_, track, tracks[track].instrument);
    }
    for (std::size_t i = 0; i < members_.size(); ++i) {
        for (const std::uint32_t track : deepest_first) {
            if (!tracks[track].instrument.empty()) continue;
            add(states_[i].tracks, track, members_[i].symbol);
        }
        states_[i].tracks.push_back(make_track(0, i));
    }
}

void Panel::add_facts() {
    for (const Graph::FactRead& read : graph_->fact_reads()) {
        const bool is_own = graph_->surroundings().sources[read.source].is_by_instrument;
        for (std::size_t i = 0; i < members_.size(); ++i) {
            states_[i].folds.push_back(read.function->make(read.duration));
            states_[i].fact_feeds.push_back(add_fact_feed(
                {.source = read.source, .symbol = is_own ? members_[i].symbol : std::string{}}));
        }
    }
}

// --- at work -------------------------------------------------------------------------------------

bool Panel::run(const Input& in, const Sink& sink) {
    ASSERT(in.bars.size() == bar_feeds_.size() && in.facts.size() == fact_feeds_.size());
    std::fill(bars_.begin(), bars_.end(), Batch{});
    std::fill(facts_.begin(), facts_.end(), Batch{});
    bool more = true;
    while (more) {
        more = cut_batch(in);
        if (!run_batch(in, sink)) return false;
    }
    return true;
}

/// A batch ends at an instant, the same for all feeds, that leaves no more rows of any of them than
/// there is room for. Where nothing joins them each goes at its own pace.
bool Panel::cut_batch(const Input& in) {
    std::int64_t last = INT64_MAX;
    if (!graph_->is_lone()) {
        for (std::size_t i = 0; i < bars_.size(); ++i) {
            const auto& known = in.bars[i].known_at;
            if (known.size() - bars_[i].end > block_) {
                last = std::min(last, known[bars_[i].end + block_ - 1]);
            }
        }
    }
    bool more = false;
    for (std::size_t i = 0; i < bars_.size(); ++i) {
        const auto& known = in.bars[i].known_at;
        const std::size_t begin = bars_[i].end;
        std::size_t end = std::min(known.size(), begin + block_);
        if (last != INT64_MAX) {
            const auto* from = known.data();
            end = static_cast<std::size_t>(std::upper_bound(from + begin, from + end, last) - from);
        }
        bars_[i] = {.begin = begin, .end = end};
        more |= end < known.size();
    }
    for (std::size_t i = 0; i < facts_.size(); ++i) {
        const auto rest = in.facts[i].subspan(facts_[i].end);
        const auto end = std::upper_bound(
            rest.begin(), rest.end(), last,
            [](std::int64_t instant, const Fact& fact) { return instant < fact.known_at; });
        const std::size_t begin = facts_[i].end;
        facts_[i] = {.begin = begin, .end = begin + static_cast<std::size_t>(end - rest.begin())};
        more |= facts_[i].end < in.facts[i].size();
    }
    return more;
}

bool Panel::run_batch(const Input& in, const Sink& sink) {
    for (Track& track : shared_) run_track(in, track, nullptr);
    const std::size_t last_stage = graph_->stages() - 1;
    for (std::size_t member = 0; member < members_.size(); ++member) {
        MemberState& state = states_[member];
        bring_facts(in, state, member);
        for (Track& track : state.tracks) run_track(in, track, &state);
        if (last_stage == 0) {
            if (!finish(member, sink)) return false;
        } else {
            keep_stage(state, 0, bars_[member].rows());
        }
    }
    for (std::size_t stage = 1; stage <= last_stage; ++stage) {
        run_across(in, stage - 1);
        for (std::size_t member = 0; member < members_.size(); ++member) {
            const std::size_t rows = bars_[member].rows();
            if (rows == 0) continue;
            bring_kept(states_[member], stage, rows);
            run_steps(states_[member].tracks.back(), stage);
            if (stage < last_stage) {
                keep_stage(states_[member], stage, rows);
            } else if (!finish(member, sink)) {
                return false;
            }
        }
    }
    for (Track& track : shared_) carry_on(in, track);
    for (MemberState& state : states_) {
        for (Track& track : state.tracks) carry_on(in, track);
    }
    return true;
}

bool Panel::finish(std::size_t member, const Sink& sink) const {
    const Batch& at = bars_[member];
    if (at.rows() == 0) return true;
    return sink({.member = member, .first = at.begin, .rows = at.rows(), .columns = results_});
}

void Panel::run_track(const Input& in, Track& track, const MemberState* member) {
    if (bars_[track.feed].rows() == 0) return;
    bring_fields(in.bars[track.feed], track);
    bring_joins(in, track, member);
    run_steps(track, 0);
    keep_for_joins(track);
}

void Panel::bring_fields(const BarRows& rows, const Track& track) {
    const Graph::Track& what = graph_->tracks()[track.number];
    const Batch& at = bars_[track.feed];
    for (std::size_t field = 0; field < kFieldCount; ++field) {
        if (!what.reads[field]) continue;
        ASSERT(rows.columns[field] != nullptr);
        std::copy_n(rows.columns[field] + at.begin, at.rows(),
                    column(what.first_field + static_cast<Graph::Slot>(field)));
    }
}

const Panel::Track& Panel::source_of(std::uint32_t track, const MemberState* member) const {
    const auto has_number = [track](const Track& one) { return one.number == track; };
    const auto shared = std::find_if(shared_.begin(), shared_.end(), has_number);
    if (shared != shared_.end()) return *shared;
    ASSERT(member != nullptr);
    const auto own = std::find_if(member->tracks.begin(), member->tracks.end(), has_number);
    ASSERT(own != member->tracks.end());
    return *own;
}

void Panel::bring_joins(const Input& in, const Track& into, const MemberState* member) {
    const Batch& at = bars_[into.feed];
    const auto now = in.bars[into.feed].known_at.subspan(at.begin, at.rows());
    for (const std::uint32_t number : track_plans_[into.number].read_tracks) {
        const Track& source = source_of(number, member);
        const Batch& from = bars_[source.feed];
        const auto known = in.bars[source.feed].known_at.subspan(from.begin, from.rows());
        std::size_t place = 0;
        for (std::size_t row = 0; row < now.size(); ++row) {
            while (place < known.size() && known[place] <= now[row]) ++place;
            places_[row] = place;
        }
        const auto joins = graph_->joins();
        for (std::size_t i = 0; i < joins.size(); ++i) {
            if (joins[i].track == number && joins[i].into == into.number) {
                bring_join(in, source, i, now.size(), now);
            }
        }
    }
}

void Panel::bring_join(const Input& in, const Track& source, std::size_t join, std::size_t rows,
                       std::span<const std::int64_t> now) {
    const Graph::Join& what = graph_->joins()[join];
    const std::int64_t* known = in.bars[source.feed].known_at.data() + bars_[source.feed].begin;
    const double* kept = source.kept.data() + join_places_[join] * block_;
    const double carried = source.carried[join_places_[join]];
    double* const out = column(what.to);
    for (std::size_t row = 0; row < rows; ++row) {
        const std::size_t place = places_[row];
        out[row] = place == 0 ? carried : kept[place - 1];
        if (what.age_max.ns == 0) continue;
        const std::int64_t at = place == 0 ? source.carried_at : known[place - 1];
        if (now[row] - at > what.age_max.ns) out[row] = kNaN;
    }
}

void Panel::bring_facts(const Input& in, MemberState& state, std::size_t member) {
    const Batch& rows = bars_[member];
    const auto now = in.bars[member].known_at.subspan(rows.begin, rows.rows());
    const auto reads = graph_->fact_reads();
    for (std::size_t i = 0; i < reads.size(); ++i) {
        const Batch& at = facts_[state.fact_feeds[i]];
        const auto facts = in.facts[state.fact_feeds[i]].subspan(at.begin, at.rows());
        double* const out = column(reads[i].to);
        std::size_t place = 0;
        for (std::size_t row = 0; row < now.size(); ++row) {
            while (place < facts.size() && facts[place].known_at <= now[row]) {
                state.folds[i]->take(facts[place++]);
            }
            out[row] = state.folds[i]->at(now[row]);
        }
        while (place < facts.size()) state.folds[i]->take(facts[place++]);
    }
}

void Panel::run_steps(Track& track, std::size_t stage) {
    const TrackPlan& plan = track_plans_[track.number];
    const std::size_t rows = bars_[track.feed].rows();
    const auto steps = graph_->steps();
    for (std::size_t i = plan.stage_from[stage]; i < plan.stage_from[stage + 1]; ++i) {
        const Graph::Step& step = steps[plan.steps[i]];
        const StepPlan& at = step_plans_[plan.steps[i]];
        track.steps[i]->run({inputs_.data() + at.inputs, step.inputs.size()},
                            {outputs_.data() + at.outputs, step.function->outputs.size()}, rows);
    }
}

void Panel::keep_for_joins(Track& track) {
    const auto& kept = track_plans_[track.number].kept;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        std::copy_n(column(kept[i]), bars_[track.feed].rows(), track.kept.data() + i * block_);
    }
}

void Panel::carry_on(const Input& in, Track& track) {
    const Batch& at = bars_[track.feed];
    if (at.rows() == 0) return;
    for (std::size_t i = 0; i < track.carried.size(); ++i) {
        track.carried[i] = track.kept[i * block_ + at.rows() - 1];
    }
    track.carried_at = in.bars[track.feed].known_at[at.end - 1];
}

void Panel::keep_stage(MemberState& state, std::size_t stage, std::size_t rows) {
    for (std::size_t i = 0; i < kept_slots_.size(); ++i) {
        if (graph_->stage_of(kept_slots_[i]) != stage) continue;
        std::copy_n(column(kept_slots_[i]), rows, state.kept.data() + i * block_);
    }
}

void Panel::bring_kept(const MemberState& state, std::size_t stage, std::size_t rows) {
    for (std::size_t i = 0; i < kept_slots_.size(); ++i) {
        if (graph_->stage_of(kept_slots_[i]) > stage) continue;
        std::copy_n(state.kept.data() + i * block_, rows, column(kept_slots_[i]));
    }
}

/// Instant by instant, on the rows of those that have one.
void Panel::run_across(const Input& in, std::size_t stage) {
    std::fill(across_at_.begin(), across_at_.end(), 0);
    while (true) {
        std::int64_t now = INT64_MAX;
        across_members_.clear();
        for (std::uint32_t i = 0; i < members_.size(); ++i) {
            if (across_at_[i] == bars_[i].rows()) continue;
            const std::int64_t known = in.bars[i].known_at[bars_[i].begin + across_at_[i]];
            if (known > now) continue;
            if (known < now) across_members_.clear();
            now = known;
            across_members_.push_back(i);
        }
        if (across_members_.empty()) return;
        run_across_at(stage);
        for (const std::uint32_t member : across_members_) ++across_at_[member];
    }
}

void Panel::run_across_at(std::size_t stage) {
    const std::size_t count = across_members_.size();
    for (const Graph::Across& across : graph_->acrosses()) {
        if (across.stage != stage) continue;
        const bool has_second = across.inputs.size() > 1;
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint32_t member = across_members_[i];
            across_rows_[i] = {.group = across.group ? members_[member].groups[*across.group] : 0,
                               .first = kept_of(member, across.inputs[0]),
                               .second = has_second ? kept_of(member, across.inputs[1]) : 0.0};
        }
        across_.run(*across.function, across.params, std::span{across_rows_}.first(count),
                    has_second, std::span{across_values_}.first(count));
        for (std::size_t i = 0; i < count; ++i) {
            kept_of(across_members_[i], across.to) = across_values_[i];
        }
    }
}

}  // namespace tradewind::feature
