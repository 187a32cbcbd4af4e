// SPDX-License-Identifier: Apache-2.0
#include "research/features/feature_units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/random.hpp"

namespace tradewind::research {
namespace {

using feature::Field;

/// How a field grows with prices and with sizes.
struct Dimension {
    int price = 0;
    int size = 0;
};

Dimension dimension_of(Field field) {
    switch (field) {
        case Field::open:
        case Field::high:
        case Field::low:
        case Field::close:
        case Field::bid:
        case Field::ask:
        case Field::microprice:
        case Field::stoikov_microprice:
        case Field::mean_spread:
        case Field::effective_spread:
        case Field::realised_spread: return {.price = 1};
        case Field::volume:
        case Field::bid_size:
        case Field::ask_size:
        case Field::order_flow:
        case Field::order_flow_5:
        case Field::order_flow_10:
        case Field::trade_volume:
        case Field::buy_volume:
        case Field::sell_volume:
        case Field::large_volume:
        case Field::bid_depth_5:
        case Field::ask_depth_5:
        case Field::bid_depth_10:
        case Field::ask_depth_10: return {.size = 1};
        case Field::trade_value: return {.price = 1, .size = 1};
        case Field::bid_slope:
        case Field::ask_slope: return {.price = -1, .size = 1};
        case Field::time:
        case Field::session_open:
        case Field::session_close:
        case Field::touch_changes:
        case Field::trades:
        case Field::buy_trades:
        case Field::sell_trades: return {};
    }
    __builtin_unreachable();
}

constexpr double kFactor = 4;

double scaled(double value, Dimension of, Dimension grown) {
    return value * std::pow(kFactor, of.price * grown.price + of.size * grown.size);
}

/// Bars whose prices and sizes are made by a walk; the fields of ticks are anything of their size.
FeatureBars made_bars(std::size_t rows, std::int64_t step_ns, std::uint64_t seed, Dimension grown) {
    base::Random random{seed};
    FeatureBars out;
    double close = 64;
    for (std::size_t row = 0; row < rows; ++row) {
        const double open = close;
        close *= std::exp(0.01 * (random.uniform() + random.uniform() - 1));
        const double range = close * 0.004 * random.uniform();
        const std::int64_t known = step_ns * static_cast<std::int64_t>(row + 1);
        out.known_at.push_back(known);
        out.opened_at.push_back(known - step_ns);
        const double session = std::floor(static_cast<double>(known) / 86'400e9) * 86'400;
        for (std::size_t i = 0; i < feature::kFieldCount; ++i) {
            const auto field = static_cast<Field>(i);
            const Dimension of = dimension_of(field);
            double value = 0;
            switch (field) {
                case Field::open: value = open; break;
                case Field::high: value = std::max(open, close) + range; break;
                case Field::low: value = std::min(open, close) - range; break;
                case Field::close: value = close; break;
                case Field::time: value = static_cast<double>(known) / 1e9; break;
                case Field::session_open: value = session; break;
                case Field::session_close: value = session + 86'400; break;
                default:
                    value = (of.price > 0 ? close : 1) * (of.size > 0 ? 1000 : 1) *
                            (0.5 + random.uniform());
            }
            out.columns[i].push_back(scaled(value, of, grown));
        }
    }
    return out;
}

constexpr std::size_t kRowsLeast = 400;
constexpr std::size_t kRowsMost = 4000;

FeatureData made_data(const PanelPlan& plan, Dimension grown) {
    std::size_t lookback = 0;
    for (const auto& output : plan.graph->outputs()) lookback = std::max(lookback, output.lookback);
    const std::size_t rows = std::min(kRowsMost, 2 * lookback + kRowsLeast);
    FeatureData out;
    const feature::Panel panel = plan.make(1);
    for (const auto& feed : panel.bar_feeds()) {
        const std::int64_t step = feed.interval.ns > 0 ? feed.interval.ns / 16 + 1 : 60'000'000'000;
        out.bars.push_back(made_bars(rows, step, out.bars.size() + 1, grown));
    }
    base::Random random{7};
    for (std::size_t i = 0; i < panel.fact_feeds().size(); ++i) {
        std::vector<feature::Fact> facts;
        for (std::int64_t k = 1; k <= 64; ++k) {
            facts.push_back({.known_at = k * 300'000'000'000,
                             .at = k * 300'000'000'000,
                             .value = random.uniform() - 0.5,
                             .forecast = random.uniform(),
                             .previous = random.uniform()});
        }
        out.facts.push_back(std::move(facts));
    }
    return out;
}

/// Of the first member: by feature.
std::vector<std::vector<double>> values_of(const PanelPlan& plan, Dimension grown) {
    std::vector<std::vector<double>> out(plan.graph->outputs().size());
    (void)compute_features(plan, made_data(plan, grown),
                           [&](std::size_t member,
                               const ports::FeatureRows& rows) -> std::expected<void, std::string> {
                               if (member > 0) return {};
                               for (std::size_t i = 0; i < out.size(); ++i) {
                                   out[i].insert(out[i].end(), rows.columns[i],
                                                 rows.columns[i] + rows.rows());
                               }
                               return {};
                           });
    return out;
}

/// How a column grew; nullopt: not by one power in all rows. `seen` counts rows that tell.
std::optional<double> power_of(const std::vector<double>& before, const std::vector<double>& after,
                               std::size_t& seen) {
    std::optional<double> out;
    seen = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (!std::isfinite(before[i]) || !std::isfinite(after[i])) continue;
        if (before[i] == 0 && after[i] == 0) continue;
        ++seen;
        const double grown = std::log(after[i] / before[i]) / std::log(kFactor);
        const double power = std::round(2 * grown) / 2;  // a square root has halves
        constexpr double kNear = 1e-6;
        if (!(std::abs(grown - power) < kNear) || (out && *out != power)) return std::nullopt;
        out = power;
    }
    return out.value_or(0);
}

void append(std::string& out, std::string_view name, double power) {
    if (power == 0) return;
    if (!out.empty()) out += ' ';
    out += power == 1 ? std::string{name} : fmt::format("{}^{}", name, power);
}

}  // namespace

std::vector<std::string> units_of(const PanelPlan& plan) {
    const auto plain = values_of(plan, {});
    const auto dear = values_of(plan, {.price = 1});
    const auto large = values_of(plan, {.size = 1});
    std::vector<std::string> out;
    for (std::size_t i = 0; i < plain.size(); ++i) {
        std::size_t told = 0, told_too = 0;
        const auto price = power_of(plain[i], dear[i], told);
        const auto size = power_of(plain[i], large[i], told_too);
        const bool is_zero = std::ranges::any_of(plain[i], [](double x) { return x == 0; });
        if (!price || !size) {
            out.emplace_back("mixed");
        } else if (told == 0 && !is_zero) {
            out.emplace_back("unknown");
        } else {
            std::string unit;
            append(unit, "price", *price);
            append(unit, "volume", *size);
            out.push_back(unit.empty() ? "1" : unit);
        }
    }
    return out;
}

}  // namespace tradewind::research
