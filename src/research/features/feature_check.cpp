// SPDX-License-Identifier: Apache-2.0
#include "research/features/feature_check.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/assert.hpp"
#include "base/random.hpp"

namespace tradewind::research {
namespace {

using feature::Fact;
using feature::Panel;

/// By member, then by feature.
using Table = std::vector<std::vector<std::vector<double>>>;

class PanelRun final : public FeatureRun {
public:
    explicit PanelRun(Panel panel) : panel_(std::move(panel)) {}
    void run(const Panel::Input& in, const Panel::Sink& sink) override { panel_.run(in, sink); }

private:
    Panel panel_;
};

Table table_for(const FeatureMaker& maker, const FeatureData& data) {
    Table out(maker.members);
    for (std::size_t i = 0; i < maker.members; ++i) {
        out[i].assign(maker.features, std::vector<double>(data.bars[i].rows()));
    }
    return out;
}

/// What a run gives goes into the table, from a row of each member on.
Panel::Sink into(Table& table, const std::vector<std::size_t>& from) {
    return [&table, &from](const Panel::Rows& got) {
        auto& columns = table[got.member];
        for (std::size_t i = 0; i < columns.size(); ++i) {
            std::copy_n(got.columns[i], got.rows, columns[i].data() + from[got.member] + got.first);
        }
        return true;
    };
}

/// All rows in one portion.
Table all_at_once(const FeatureMaker& maker, const FeatureData& data) {
    Table out = table_for(maker, data);
    const std::vector<std::size_t> from(maker.members);
    std::vector<feature::BarRows> bars;
    for (const FeatureBars& feed : data.bars) bars.push_back(feed.view(0, feed.rows()));
    const std::vector<std::span<const Fact>> facts{data.facts.begin(), data.facts.end()};
    maker.make(Panel::kBlock)->run({.bars = bars, .facts = facts}, into(out, from));
    return out;
}

/// As a live stream would: an instant, and nothing known of the next.
Table instant_by_instant(const FeatureMaker& maker, const FeatureData& data) {
    Table out = table_for(maker, data);
    const auto run = maker.make(1);
    std::vector<std::size_t> bars_at(data.bars.size()), facts_at(data.facts.size());
    std::vector<feature::BarRows> bars(data.bars.size());
    std::vector<std::span<const Fact>> facts(data.facts.size());
    const Panel::Sink sink = into(out, bars_at);
    while (true) {
        std::int64_t now = INT64_MAX;
        for (std::size_t i = 0; i < bars.size(); ++i) {
            if (bars_at[i] < data.bars[i].rows()) {
                now = std::min(now, data.bars[i].known_at[bars_at[i]]);
            }
        }
        if (now == INT64_MAX) return out;
        for (std::size_t i = 0; i < bars.size(); ++i) {
            const FeatureBars& feed = data.bars[i];
            const bool has_row = bars_at[i] < feed.rows() && feed.known_at[bars_at[i]] == now;
            bars[i] = feed.view(bars_at[i], bars_at[i] + (has_row ? 1 : 0));
        }
        for (std::size_t i = 0; i < facts.size(); ++i) {
            const auto rest = std::span{data.facts[i]}.subspan(facts_at[i]);
            const auto known = std::find_if(
                rest.begin(), rest.end(), [now](const Fact& fact) { return fact.known_at > now; });
            facts[i] = rest.first(static_cast<std::size_t>(known - rest.begin()));
            facts_at[i] += facts[i].size();
        }
        run->run({.bars = bars, .facts = facts}, sink);
        for (std::size_t i = 0; i < bars.size(); ++i) bars_at[i] += bars[i].rows();
    }
}

/// The first difference of a member among rows known until an instant.
std::optional<FeatureDifference> first_difference(const Table& a, const Table& b,
                                                  const FeatureData& data, std::int64_t until) {
    const auto same = [](double x, double y) {
        return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
    };
    for (std::size_t member = 0; member < a.size(); ++member) {
        const auto& known = data.bars[member].known_at;
        const auto known_end = std::upper_bound(known.begin(), known.end(), until);
        auto rows = known_end - known.begin();
        std::optional<FeatureDifference> out;
        for (std::size_t i = 0; i < a[member].size(); ++i) {
            const auto& here = a[member][i];
            const auto [x, y] =
                std::mismatch(here.begin(), here.begin() + rows, b[member][i].begin(), same);
            if (x == here.begin() + rows) continue;
            rows = x - here.begin();
            out = {.member = member,
                   .feature = i,
                   .row = static_cast<std::size_t>(rows),
                   .here = *x,
                   .there = *y};
        }
        if (out) return out;
    }
    return std::nullopt;
}

// --- corrupting ----------------------------------------------------------------------------------

double& at(FeatureBars& bars, feature::Field field, std::size_t row) {
    return bars.columns[static_cast<std::size_t>(field)][row];
}

/// A bar that could be: prices around the last known one, in order.
void put_bar(FeatureBars& bars, std::size_t row, double around, base::Random& random) {
    using feature::Field;
    const double close = around * (0.5 + random.uniform());
    const double open = around * (0.5 + random.uniform());
    const double spread = around * 0.1 * random.uniform();
    at(bars, Field::open, row) = open;
    at(bars, Field::high, row) = std::max(open, close) + spread;
    at(bars, Field::low, row) = std::min(open, close) - spread;
    at(bars, Field::close, row) = close;
    at(bars, Field::volume, row) = static_cast<double>(random.below(10'000'000));
    for (std::size_t i = feature::kBarFieldCount; i < feature::kFieldCount; ++i) {
        if (!bars.columns[i].empty()) bars.columns[i][row] = around * random.uniform();
    }
}

/// Before a row, known after the cut.
void insert_row(FeatureBars& bars, std::size_t row, std::int64_t cut) {
    const std::int64_t before = std::max(bars.known_at[row - 1], cut);
    const std::int64_t next = row < bars.rows() ? bars.known_at[row] : before + 60'000'000'000;
    if (next - before < 2) return;
    const std::int64_t known = before + (next - before) / 2;
    const auto place = static_cast<std::ptrdiff_t>(row);
    bars.known_at.insert(bars.known_at.begin() + place, known);
    bars.opened_at.insert(bars.opened_at.begin() + place, before);
    for (auto& column : bars.columns) {
        if (column.empty()) continue;
        const double value = column[row - 1];
        column.insert(column.begin() + place, value);
    }
    at(bars, feature::Field::time, row) = static_cast<double>(known) / 1e9;
}

void drop_row(FeatureBars& bars, std::size_t row) {
    const auto place = static_cast<std::ptrdiff_t>(row);
    bars.known_at.erase(bars.known_at.begin() + place);
    bars.opened_at.erase(bars.opened_at.begin() + place);
    for (auto& column : bars.columns) {
        if (!column.empty()) column.erase(column.begin() + place);
    }
}

/// Rows after the cut that are looked at: what a function could peek at lies near, and a run over
/// them costs little.
constexpr std::size_t kFutureRows = 400;

void corrupt(FeatureBars& bars, std::int64_t cut, Corruption how, base::Random& random) {
    const auto known = std::upper_bound(bars.known_at.begin(), bars.known_at.end(), cut);
    const auto after = static_cast<std::size_t>(known - bars.known_at.begin());
    bars.cut(std::min(bars.rows(), after + kFutureRows));
    if (bars.rows() == 0) return;
    const double around = at(bars, feature::Field::close, after == 0 ? 0 : after - 1);
    switch (how) {
        case Corruption::values_changed:
            for (std::size_t row = after; row < bars.rows(); ++row) {
                put_bar(bars, row, around, random);
            }
            return;
        case Corruption::rows_added:
            if (after == 0) return;  // there is no row yet that a new one could follow
            for (std::size_t i = 0; i < 1 + random.below(5); ++i) {
                const std::size_t before = bars.rows();
                insert_row(bars, after, cut);
                if (bars.rows() > before) put_bar(bars, after, around, random);
            }
            return;
        case Corruption::rows_dropped:
            // the next one, which is nearest, and others, or all that follow
            if (random.below(3) == 0) {
                bars.cut(after);
                return;
            }
            for (std::size_t i = 0; i < 1 + random.below(5) && bars.rows() > after; ++i) {
                drop_row(bars, i == 0 ? after : after + random.below(bars.rows() - after));
            }
            return;
    }
    __builtin_unreachable();
}

void corrupt(std::vector<Fact>& facts, std::int64_t cut, Corruption how, base::Random& random) {
    const auto first = std::find_if(facts.begin(), facts.end(),
                                    [cut](const Fact& fact) { return fact.known_at > cut; });
    const std::int64_t next = first == facts.end() ? cut + 60'000'000'000 : first->known_at;
    switch (how) {
        case Corruption::values_changed:
            for (auto fact = first; fact != facts.end(); ++fact) {
                fact->value = 2 * random.uniform() - 1;
                fact->forecast = random.uniform();
                fact->previous = random.uniform();
                fact->at += static_cast<std::int64_t>(random.below(86'400)) * 1'000'000'000;
            }
            return;
        case Corruption::rows_added:
            facts.insert(first, {.known_at = next, .at = cut + 1, .value = random.uniform()});
            return;
        case Corruption::rows_dropped:
            if (random.below(2) == 0 || first == facts.end()) {
                facts.erase(first, facts.end());
            } else {
                facts.erase(first);
            }
            return;
    }
    __builtin_unreachable();
}

FeatureData corrupted(const FeatureData& data, std::int64_t cut, Corruption how,
                      base::Random& random) {
    FeatureData out = data;
    for (FeatureBars& bars : out.bars) corrupt(bars, cut, how, random);
    for (auto& facts : out.facts) corrupt(facts, cut, how, random);
    return out;
}

/// Instants at which a row was known: the first of all, the last two, and others anywhere between.
std::vector<std::int64_t> cuts_of(const FeatureData& data, std::size_t members, std::size_t count,
                                  base::Random& random) {
    std::vector<std::int64_t> all;
    for (std::size_t i = 0; i < members; ++i) {
        all.insert(all.end(), data.bars[i].known_at.begin(), data.bars[i].known_at.end());
    }
    std::sort(all.begin(), all.end());
    std::vector<std::int64_t> out{all.front(), all.back()};
    if (all.size() > 1) out.push_back(all[all.size() - 2]);
    while (out.size() < count) out.push_back(all[random.below(all.size())]);
    out.resize(std::min(out.size(), count));
    return out;
}

}  // namespace

FeatureMaker maker_of(const PanelPlan& plan) {
    return {
        .features = plan.graph->outputs().size(),
        .members = plan.members.size(),
        .make = [plan](std::size_t block) { return std::make_unique<PanelRun>(plan.make(block)); }};
}

std::string_view to_string(Corruption corruption) {
    switch (corruption) {
        case Corruption::values_changed: return "values changed";
        case Corruption::rows_added: return "rows added";
        case Corruption::rows_dropped: return "rows dropped";
    }
    __builtin_unreachable();
}

FeatureCheck check_features(const FeatureMaker& maker, const FeatureData& data,
                            const CheckSettings& settings,
                            const std::function<void(std::size_t, std::size_t)>& progress) {
    constexpr std::array kHow{Corruption::values_changed, Corruption::rows_added,
                              Corruption::rows_dropped};
    FeatureCheck out{.features = maker.features};
    for (std::size_t i = 0; i < maker.members; ++i) out.rows += data.bars[i].rows();
    ASSERT(out.rows > 0);
    base::Random random{settings.seed};
    const auto cuts = cuts_of(data, maker.members, settings.cuts, random);
    const std::size_t runs = 2 + cuts.size() * kHow.size();
    std::size_t done = 0;
    const auto tell = [&] {
        if (progress) progress(++done, runs);
    };
    const Table table = all_at_once(maker, data);
    tell();
    out.parity = first_difference(table, instant_by_instant(maker, data), data, INT64_MAX);
    tell();
    for (const std::int64_t cut : cuts) {
        for (const Corruption how : kHow) {
            const FeatureData other = corrupted(data, cut, how, random);
            const auto where = first_difference(table, all_at_once(maker, other), data, cut);
            if (where && !out.leak) out.leak = {.corruption = how, .cut = cut, .where = *where};
            ++out.corruptions;
            tell();
        }
    }
    return out;
}

}  // namespace tradewind::research
