// SPDX-License-Identifier: Apache-2.0
#include "research/sweep/figures.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace tradewind::research {
namespace {

struct Figure {
    std::string_view name;
    std::optional<double> (*of)(const BacktestResult& result);
};

std::optional<double> whole(std::uint64_t count) { return static_cast<double>(count); }

using Result = BacktestResult;

constexpr auto kFigures = std::to_array<Figure>({
    {"final_equity", [](const Result& r) { return r.metrics.final_equity; }},
    {"total_return", [](const Result& r) { return r.metrics.total_return; }},
    {"cagr", [](const Result& r) { return r.metrics.cagr; }},
    {"volatility", [](const Result& r) { return r.metrics.volatility; }},
    {"sharpe", [](const Result& r) { return r.metrics.sharpe; }},
    {"sharpe_adjusted", [](const Result& r) { return r.metrics.sharpe_adjusted; }},
    {"psr", [](const Result& r) { return r.metrics.psr; }},
    {"sortino", [](const Result& r) { return r.metrics.sortino; }},
    {"calmar", [](const Result& r) { return r.metrics.calmar; }},
    {"omega", [](const Result& r) { return r.metrics.omega; }},
    {"ulcer", [](const Result& r) { return r.metrics.ulcer; }},
    {"tail_ratio", [](const Result& r) { return r.metrics.tail_ratio; }},
    {"skew", [](const Result& r) { return r.metrics.skew; }},
    {"kurtosis", [](const Result& r) { return r.metrics.kurtosis; }},
    {"best_period", [](const Result& r) { return r.metrics.best_period; }},
    {"worst_period", [](const Result& r) { return r.metrics.worst_period; }},
    {"positive_periods", [](const Result& r) { return r.metrics.positive_periods; }},
    {"max_drawdown", [](const Result& r) { return r.metrics.max_drawdown; }},
    {"max_drawdown_of_marks",
     [](const Result& r) { return std::optional{r.max_drawdown_of_marks}; }},
    {"longest_underwater_days", [](const Result& r) { return r.metrics.longest_underwater_days; }},
    {"var_95", [](const Result& r) { return r.metrics.tail_95.var_historical; }},
    {"es_95", [](const Result& r) { return r.metrics.tail_95.es_historical; }},
    {"exposure", [](const Result& r) { return r.metrics.exposure; }},
    {"turnover", [](const Result& r) { return r.metrics.turnover; }},
    {"benchmark_return", [](const Result& r) { return r.metrics.benchmark_return; }},
    {"beta", [](const Result& r) { return r.metrics.beta; }},
    {"alpha", [](const Result& r) { return r.metrics.alpha; }},
    {"correlation", [](const Result& r) { return r.metrics.correlation; }},
    {"information_ratio", [](const Result& r) { return r.metrics.information_ratio; }},
    {"fills", [](const Result& r) { return whole(r.fills); }},
    {"ambiguous_fills", [](const Result& r) { return whole(r.world.ambiguous_fills); }},
    {"trades.count", [](const Result& r) { return whole(r.metrics.trades.count); }},
    {"trades.wins", [](const Result& r) { return whole(r.metrics.trades.wins); }},
    {"trades.losses", [](const Result& r) { return whole(r.metrics.trades.losses); }},
    {"trades.win_rate", [](const Result& r) { return r.metrics.trades.win_rate; }},
    {"trades.profit_factor", [](const Result& r) { return r.metrics.trades.profit_factor; }},
    {"trades.expectancy", [](const Result& r) { return r.metrics.trades.expectancy; }},
    {"trades.expectancy_ratio", [](const Result& r) { return r.metrics.trades.expectancy_ratio; }},
    {"trades.sqn", [](const Result& r) { return r.metrics.trades.sqn; }},
    {"trades.average_win", [](const Result& r) { return r.metrics.trades.average_win; }},
    {"trades.average_loss", [](const Result& r) { return r.metrics.trades.average_loss; }},
    {"trades.payoff_ratio", [](const Result& r) { return r.metrics.trades.payoff_ratio; }},
    {"trades.average_mae", [](const Result& r) { return r.metrics.trades.average_mae; }},
    {"trades.average_mfe", [](const Result& r) { return r.metrics.trades.average_mfe; }},
    {"trades.average_bars", [](const Result& r) { return r.metrics.trades.average_bars; }},
    {"trades.net_pnl",
     [](const Result& r) { return std::optional{to_double(r.metrics.trades.net_pnl)}; }},
    {"trades.fees",
     [](const Result& r) { return std::optional{to_double(r.metrics.trades.fees)}; }},
    {"trades.slippage",
     [](const Result& r) { return std::optional{to_double(r.metrics.trades.slippage)}; }},
});

}  // namespace

std::span<const std::string> figure_names() {
    static const std::vector<std::string> kNames = [] {
        std::vector<std::string> out;
        for (const Figure& figure : kFigures) out.emplace_back(figure.name);
        return out;
    }();
    return kNames;
}

std::vector<double> figures_of(const BacktestResult& result) {
    std::vector<double> out;
    out.reserve(kFigures.size());
    for (const Figure& figure : kFigures) out.push_back(figure.of(result).value_or(kNoFigure));
    return out;
}

}  // namespace tradewind::research
