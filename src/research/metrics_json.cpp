// SPDX-License-Identifier: Apache-2.0
#include "research/metrics_json.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace tradewind::research {
namespace {

using Json = nlohmann::ordered_json;

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json instant(const std::optional<Timestamp>& value) {
    return value ? Json(to_string(*value)) : Json(nullptr);
}

Json seconds_of(const std::optional<Duration>& value) {
    return value ? Json(static_cast<double>(value->ns) * 1e-9) : Json(nullptr);
}

void add_curve(Json& out, const monitor::Metrics& m) {
    out["annual_factor"] = m.annual_factor;
    out["samples"] = m.samples;
    out["first"] = instant(m.first);
    out["last"] = instant(m.last);
    out["start_equity"] = number(m.start_equity);
    out["final_equity"] = number(m.final_equity);
    out["total_return"] = number(m.total_return);
    out["cagr"] = number(m.cagr);
    out["volatility"] = number(m.volatility);
}

void add_ratios(Json& out, const monitor::Metrics& m) {
    out["sharpe"] = number(m.sharpe);
    out["sharpe_ci_low"] = number(m.sharpe_ci_low);
    out["sharpe_ci_high"] = number(m.sharpe_ci_high);
    out["sharpe_annualization"] = m.sharpe_annualization;
    out["sharpe_adjusted"] = number(m.sharpe_adjusted);
    out["sharpe_adjusted_factor"] = number(m.sharpe_adjusted_factor);
    out["sharpe_adjusted_ci_low"] = number(m.sharpe_adjusted_ci_low);
    out["sharpe_adjusted_ci_high"] = number(m.sharpe_adjusted_ci_high);
    out["psr"] = number(m.psr);
    out["dsr"] = number(m.dsr);
    out["trials"] = m.trials ? Json(*m.trials) : Json(nullptr);
    out["sortino"] = number(m.sortino);
    out["calmar"] = number(m.calmar);
    out["omega"] = number(m.omega);
    out["ulcer"] = number(m.ulcer);
    out["tail_ratio"] = number(m.tail_ratio);
    out["skew"] = number(m.skew);
    out["kurtosis"] = number(m.kurtosis);
    out["best_period"] = number(m.best_period);
    out["worst_period"] = number(m.worst_period);
    out["positive_periods"] = number(m.positive_periods);
}

void add_drawdown(Json& out, const monitor::Metrics& m) {
    const std::optional<monitor::Drawdown>& worst = m.worst_drawdown;
    out["max_drawdown"] = number(m.max_drawdown);
    out["max_drawdown_start"] = worst ? Json(to_string(worst->start)) : Json(nullptr);
    out["max_drawdown_trough"] = worst ? Json(to_string(worst->trough)) : Json(nullptr);
    out["max_drawdown_recovery"] = worst ? instant(worst->recovery) : Json(nullptr);
    out["max_drawdown_duration_days"] = worst ? Json(worst->duration_days) : Json(nullptr);
    out["max_drawdown_recovery_days"] = worst ? number(worst->recovery_days) : Json(nullptr);
    out["longest_underwater_days"] = number(m.longest_underwater_days);
}

void add_tail(Json& out, const measures::TailRisk& tail, const std::string& level) {
    out["var_" + level] = number(tail.var_historical);
    out["es_" + level] = number(tail.es_historical);
    out["var_normal_" + level] = number(tail.var_normal);
    out["es_normal_" + level] = number(tail.es_normal);
    out["var_cornish_fisher_" + level] = number(tail.var_cornish_fisher);
    out["es_cornish_fisher_" + level] = number(tail.es_cornish_fisher);
}

void add_benchmark(Json& out, const monitor::Metrics& m) {
    out["benchmark_samples"] = m.benchmark_samples;
    out["benchmark_return"] = number(m.benchmark_return);
    out["alpha"] = number(m.alpha);
    out["beta"] = number(m.beta);
    out["correlation"] = number(m.correlation);
    out["tracking_error"] = number(m.tracking_error);
    out["information_ratio"] = number(m.information_ratio);
    out["up_capture"] = number(m.up_capture);
    out["down_capture"] = number(m.down_capture);
}

Json trades_json(const monitor::TradeStatistics& s) {
    Json out;
    out["count"] = s.count;
    out["wins"] = s.wins;
    out["losses"] = s.losses;
    out["break_even"] = s.break_even;
    out["ambiguous"] = s.ambiguous;
    out["win_rate"] = number(s.win_rate);
    out["profit_factor"] = number(s.profit_factor);
    out["expectancy"] = number(s.expectancy);
    out["expectancy_ratio"] = number(s.expectancy_ratio);
    out["sqn"] = number(s.sqn);
    out["payoff_ratio"] = number(s.payoff_ratio);
    out["average_win"] = number(s.average_win);
    out["average_loss"] = number(s.average_loss);
    out["best"] = number(s.best);
    out["worst"] = number(s.worst);
    out["average_mae"] = number(s.average_mae);
    out["average_mfe"] = number(s.average_mfe);
    out["average_bars"] = number(s.average_bars);
    out["duration_min"] = seconds_of(s.duration_min);
    out["duration_mean"] = seconds_of(s.duration_mean);
    out["duration_median"] = seconds_of(s.duration_median);
    out["duration_max"] = seconds_of(s.duration_max);
    out["longest_win_streak"] = s.longest_win_streak;
    out["longest_loss_streak"] = s.longest_loss_streak;
    out["net_pnl"] = to_double(s.net_pnl);
    out["gross_pnl"] = to_double(s.gross_pnl);
    out["fees"] = to_double(s.fees);
    out["slippage"] = to_double(s.slippage);
    return out;
}

}  // namespace

nlohmann::ordered_json metrics_json(const monitor::Metrics& metrics) {
    Json out;
    add_curve(out, metrics);
    add_ratios(out, metrics);
    add_drawdown(out, metrics);
    add_tail(out, metrics.tail_95, "95");
    add_tail(out, metrics.tail_99, "99");
    out["exposure"] = number(metrics.exposure);
    out["turnover"] = number(metrics.turnover);
    add_benchmark(out, metrics);
    out["trades"] = trades_json(metrics.trades);
    return out;
}

}  // namespace tradewind::research
