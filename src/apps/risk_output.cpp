// SPDX-License-Identifier: Apache-2.0
#include "apps/risk_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "apps/model_shelf.hpp"
#include "domain/names.hpp"
#include "measures/var_backtest.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;

/// The date of a day that ends at an instant: where it ends at midnight, the one before.
Date date_of(Timestamp day_end) { return utc_date(day_end - nanoseconds(1)); }

/// Where a limit was used the most.
Json use_json(const risk::LimitUse& use) {
    const bool is_known = use.most > 0;
    return {{"most", is_known ? Json(use.most) : Json(nullptr)},
            {"most_at", is_known ? Json(to_string(use.most_at)) : Json(nullptr)},
            {"exceeded", use.exceeded}};
}

/// By day, null where it is not known; nothing for limits that are of one order alone.
Json days_json(const risk::LimitUse& use) {
    Json out = Json::array();
    bool is_known = false;
    for (const float share : use.by_day) {
        is_known = is_known || !std::isnan(share);
        out.push_back(std::isnan(share) ? Json(nullptr) : Json(share));
    }
    return is_known ? out : Json::array();
}

std::string_view why_unknown(risk::StressGap gap) {
    switch (gap) {
        case risk::StressGap::none: return "";
        case risk::StressGap::no_price:
            return "something that is held has no price in the account's currency";
        case risk::StressGap::outside: return "these days do not lie in the run's data";
        case risk::StressGap::no_returns:
            return "something that is held has no returns of these days, and nothing stands for it";
        case risk::StressGap::too_few_days:
            return "never in so many days on end were the returns of all that is held known";
    }
    __builtin_unreachable();
}

std::string stand_in(const RunSettings& settings, measures::FilledFrom from) {
    switch (from) {
        case measures::FilledFrom::data: return "data";
        case measures::FilledFrom::market:
            return "beta to " + settings.engine.risk.statistics.benchmark;
        case measures::FilledFrom::worst_of_class: return "the worst of its sector, each day";
        case measures::FilledFrom::worst_of_all: return "the worst of all, each day";
    }
    __builtin_unreachable();
}

Json stress_json(const RunSettings& settings, const risk::RiskView& view) {
    constexpr Names<risk::StressKind, 3> kKinds =
        names<risk::StressKind>("shock", "crisis", "history");
    Json out = Json::array();
    for (const risk::StressLoss& one : view.stress) {
        const bool is_share = one.pnl && view.equity && *view.equity > 0;
        Json row{{"name", one.name},
                 {"kind", kKinds.of(one.kind)},
                 {"pnl", number(one.pnl)},
                 {"share_of_equity", is_share ? Json(*one.pnl / *view.equity) : Json(nullptr)}};
        if (one.first) row["from"] = to_string(*one.first);
        if (one.last) row["to"] = to_string(*one.last);
        if (one.worst_day) row["worst_day"] = *one.worst_day;
        if (one.gap != risk::StressGap::none) row["reason"] = why_unknown(one.gap);
        for (const auto& [instrument, from] : one.estimated) {
            row["estimated"][settings.instruments.at(instrument).symbol] = stand_in(settings, from);
        }
        out.push_back(std::move(row));
    }
    return out;
}

Json correlation_json(const RunSettings& settings, const risk::RiskView& view) {
    Json out{{"as_of", to_string(date_of(view.day))}};
    if (!view.correlations) {
        out["instruments"] = Json::array();
        out["matrix"] = nullptr;
        out["reason"] = fmt::format("of what was held nothing has {} days of returns that differ",
                                    risk::kReturnsLeast);
        return out;
    }
    const risk::Correlations& table = *view.correlations;
    const std::size_t n = table.instruments.size();
    Json symbols = Json::array(), rows = Json::array();
    for (std::size_t i = 0; i < n; ++i) {
        symbols.push_back(settings.instruments.at(table.instruments[i]).symbol);
        const auto row = std::span(table.matrix).subspan(i * n, n);
        rows.push_back(std::vector(row.begin(), row.end()));
    }
    out["days"] = table.days;
    out["instruments"] = std::move(symbols);
    out["clusters"] = table.clusters;
    out["left_out"] = table.left_out;
    out["matrix"] = std::move(rows);
    return out;
}

/// What each position adds; the components sum to the whole's VaR and ES.
Json contributions_json(const RunSettings& settings, const risk::RiskView& view) {
    Json out = Json::array();
    for (const risk::PositionRisk& one : view.positions) {
        const bool is_share = one.part && view.risk && view.risk->var > 0;
        out.push_back({{"instrument", settings.instruments.at(one.instrument).symbol},
                       {"exposure", number(one.exposure)},
                       {"component_var", one.part ? Json(one.part->var) : Json(nullptr)},
                       {"component_es", one.part ? Json(one.part->es) : Json(nullptr)},
                       {"share", is_share ? Json(one.part->var / view.risk->var) : Json(nullptr)}});
        if (one.is_lost) out.back()["lost"] = true;
        if (one.part) continue;
        out.back()["reason"] =
            one.exposure
                ? fmt::format("all that is held traded on fewer than {} days", risk::kReturnsLeast)
                : std::string{why_unknown(risk::StressGap::no_price)};
    }
    return out;
}

void add_view(const RunSettings& settings, const risk::RiskView& view, Json& out) {
    out["as_of"] = to_string(date_of(view.day));
    out["equity"] = number(view.equity);
    out["var"] = view.risk ? Json(view.risk->var) : Json(nullptr);
    out["es"] = view.risk ? Json(view.risk->es) : Json(nullptr);
    out["contributions"] = contributions_json(settings, view);
    out["correlation"] = correlation_json(settings, view);
    out["stress"] = stress_json(settings, view);
}

/// How good the forecasts of VaR were. Days without a position forecast nothing and are left out.
Json measured_json(const RunSettings& settings, const research::RiskRecord& record) {
    if (record.measured.empty()) return nullptr;
    std::vector<double> pnl, var, es;
    Json days = Json::array(), exceeded = Json::array();
    std::size_t unknown = 0;
    for (const risk::RiskDay& day : record.measured) {
        days.push_back({to_string(date_of(day.day)), number(day.var), number(day.es), day.gross,
                        number(day.pnl)});
        if (!day.var) ++unknown;
        if (!day.var || !day.es || !day.pnl || day.gross == 0) continue;
        if (*day.pnl < -*day.var) exceeded.push_back(to_string(date_of(day.day)));
        pnl.push_back(*day.pnl);
        var.push_back(*day.var);
        es.push_back(*day.es);
    }
    const auto last = std::find_if(record.measured.rbegin(), record.measured.rend(),
                                   [](const risk::RiskDay& day) { return day.var.has_value(); });
    const bool is_known = last != record.measured.rend();
    const double percent = std::round((1 - record.tail) * 1e4) / 100;  // var95
    Json out{{"confidence", 1 - record.tail},
             {fmt::format("var{:g}", percent), is_known ? number(last->var) : Json(nullptr)},
             {fmt::format("es{:g}", percent), is_known ? number(last->es) : Json(nullptr)},
             {"days", pnl.size()},
             {"days_unknown", unknown},
             {"exceedances", exceeded.size()},
             {"exceeded_on", std::move(exceeded)}};
    const auto test =
        measures::backtest_var({.pnl = pnl, .var = var, .es = es, .tail = record.tail});
    const auto p_of = [](const std::optional<measures::LikelihoodRatio>& ratio) {
        return ratio ? Json(ratio->p_value) : Json(nullptr);
    };
    out["expected_exceedances"] = test ? Json(test->expected) : Json(nullptr);
    out["kupiec_p"] = test ? Json(test->kupiec.p_value) : Json(nullptr);
    out["christoffersen_p"] = test ? p_of(test->independence) : Json(nullptr);
    out["conditional_coverage_p"] = test ? p_of(test->conditional_coverage) : Json(nullptr);
    out["es_unconditional"] = test ? number(test->es_unconditional) : Json(nullptr);
    if (record.report) {
        add_view(settings, record.report->last, out);
        if (record.report->riskiest) {
            add_view(settings, *record.report->riskiest, out["at_largest_var"]);
        } else {
            out["at_largest_var"] = nullptr;
        }
    }
    out["columns"] = {"day", "var", "es", "gross", "pnl_of_next_day"};
    out["by_day"] = std::move(days);
    return out;
}

template <typename Visit>
void for_each_stop(const RunSettings& settings, const research::RiskRecord& record,
                   const Visit& visit) {
    for (std::size_t i = 0; i < record.stopped.size(); ++i) {
        const StrategyRun& run = settings.strategies[i];
        for (std::size_t stop = 0; stop < run.stops.size(); ++stop) {
            visit(run, run.stops[stop], record.stopped[i][stop]);
        }
    }
}

}  // namespace

Json brake_json(const RunSettings& settings, const engine::BrakeRecord& record) {
    const StateChange& change = record.change;
    return {
        {"ts", to_string(record.ts)},
        {"brake", to_string(settings.engine.risk.brakes[change.brake])},
        {"from", to_string(change.from)},
        {"to", to_string(change.to)},
        {"instrument", change.instrument ? Json(settings.instruments.at(*change.instrument).symbol)
                                         : Json(nullptr)},
        {"strategy", change.strategy ? Json(change.strategy->value) : Json(nullptr)},
        {"until", change.until ? Json(to_string(*change.until)) : Json(nullptr)},
        {"limit", to_double(change.limit)},
        {"actual", to_double(change.actual)}};
}

void add_risk(const RunSettings& settings, const research::RiskRecord& record, Json& out) {
    Json denials = Json::array(), limits = Json::array(), brakes = Json::array();
    const auto& rules = settings.engine.risk.limits;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        Json one{{"limit", to_string(rules[i])},
                 {"denied", record.denied[i]},
                 {"shrunk", record.shrunk[i]}};
        if (record.denied[i] + record.shrunk[i] > 0) denials.push_back(one);
        if (!record.uses.empty()) {
            one["use"] = use_json(record.uses[i]);
            one["use_by_day"] = days_json(record.uses[i]);
        }
        limits.push_back(std::move(one));
    }
    for (const engine::BrakeRecord& brake : record.brakes) {
        brakes.push_back(brake_json(settings, brake));
    }
    Json stops = Json::array();
    for_each_stop(settings, record,
                  [&](const StrategyRun& run, const risk::Stop& stop, std::uint64_t closed) {
                      stops.push_back(
                          {{"strategy", run.name}, {"stop", to_string(stop)}, {"closed", closed}});
                  });
    if (!stops.empty()) out["stops"] = std::move(stops);
    out["denials"] = std::move(denials);
    Json dates = Json::array();
    for (const Timestamp day : record.days) dates.push_back(to_string(date_of(day)));
    out["limits"] = std::move(limits);
    out["limit_days"] = std::move(dates);
    out["limits_exceeded"] =
        record.uses.empty() && !rules.empty() ? Json(nullptr) : Json(record.exceeded);
    out["brakes"] = std::move(brakes);
    out["risk"] = measured_json(settings, record);
}

std::vector<std::string> risk_lines(const RunSettings& settings,
                                    const research::RiskRecord& record) {
    std::vector<std::string> out;
    const auto& rules = settings.engine.risk.limits;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (record.denied[i] > 0) {
            out.push_back(fmt::format("{} orders were denied by the limit \"{}\"", record.denied[i],
                                      to_string(rules[i])));
        }
        if (record.shrunk[i] > 0) {
            out.push_back(fmt::format("{} orders were made smaller by the limit \"{}\"",
                                      record.shrunk[i], to_string(rules[i])));
        }
    }
    if (record.exceeded > 0) {
        out.push_back(fmt::format("{} orders went beyond a limit: the risk gate is at fault",
                                  record.exceeded));
    }
    for_each_stop(settings, record,
                  [&](const StrategyRun& run, const risk::Stop& stop, std::uint64_t closed) {
                      if (closed == 0) return;
                      out.push_back(fmt::format("{} positions of {} were closed by the stop \"{}\"",
                                                closed, run.name, to_string(stop)));
                  });
    constexpr std::size_t kShown = 8;
    for (std::size_t i = 0; i < record.brakes.size() && i < kShown; ++i) {
        const engine::BrakeRecord& one = record.brakes[i];
        out.push_back(fmt::format("{}: {} -> {} by the brake \"{}\"", to_string(one.ts),
                                  to_string(one.change.from), to_string(one.change.to),
                                  to_string(settings.engine.risk.brakes[one.change.brake])));
    }
    if (record.brakes.size() > kShown) {
        out.push_back(
            fmt::format("brakes changed the state {} more times", record.brakes.size() - kShown));
    }
    return out;
}

}  // namespace tradewind::apps
