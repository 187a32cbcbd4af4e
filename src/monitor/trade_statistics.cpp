// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>

#include "measures/moments.hpp"
#include "monitor/metrics.hpp"

namespace tradewind::monitor {
namespace {

void set_streaks(TradeStatistics& s, std::span<const ClosedTrade> trades) {
    std::size_t wins = 0;
    std::size_t losses = 0;
    for (const ClosedTrade& trade : trades) {
        wins = trade.net_pnl > Money{} ? wins + 1 : 0;
        losses = trade.net_pnl < Money{} ? losses + 1 : 0;
        s.longest_win_streak = std::max(s.longest_win_streak, wins);
        s.longest_loss_streak = std::max(s.longest_loss_streak, losses);
    }
}

void set_durations(TradeStatistics& s, std::span<const ClosedTrade> trades) {
    std::vector<std::int64_t> spans;
    spans.reserve(trades.size());
    for (const ClosedTrade& trade : trades) spans.push_back((trade.exit_ts - trade.entry_ts).ns);
    std::ranges::sort(spans);
    base::Int128 sum = 0;
    for (const std::int64_t ns : spans) sum += ns;
    const std::size_t middle = spans.size() / 2;
    s.duration_min = Duration{spans.front()};
    s.duration_max = Duration{spans.back()};
    s.duration_mean =
        Duration{static_cast<std::int64_t>(sum / static_cast<std::int64_t>(spans.size()))};
    s.duration_median = spans.size() % 2 == 1
                            ? Duration{spans[middle]}
                            : Duration{std::midpoint(spans[middle - 1], spans[middle])};
}

/// Sums in money, exact.
struct TradeSums {
    Money won;
    Money lost;  ///< negative
    Money mae;
    Money mfe;
    double bars = 0;
};

TradeSums add_up(TradeStatistics& s, std::span<const ClosedTrade> trades) {
    TradeSums sums;
    for (const ClosedTrade& trade : trades) {
        const bool win = trade.net_pnl > Money{};
        const bool loss = trade.net_pnl < Money{};
        s.wins += win ? 1 : 0;
        s.losses += loss ? 1 : 0;
        s.break_even += !win && !loss ? 1 : 0;
        s.ambiguous += trade.ambiguous ? 1 : 0;
        s.net_pnl += trade.net_pnl;
        s.gross_pnl += trade.gross_pnl;
        s.fees += trade.fees;
        s.slippage += trade.slippage;
        if (win) sums.won += trade.net_pnl;
        if (loss) sums.lost += trade.net_pnl;
        sums.mae += trade.mae;
        sums.mfe += trade.mfe;
        sums.bars += static_cast<double>(trade.bars_held);
    }
    return sums;
}

void set_profit(TradeStatistics& s, const TradeSums& sums, std::span<const ClosedTrade> trades) {
    std::vector<double> profits;
    profits.reserve(trades.size());
    for (const ClosedTrade& trade : trades) profits.push_back(to_double(trade.net_pnl));
    const auto n = static_cast<double>(trades.size());
    s.win_rate = static_cast<double>(s.wins) / n;
    s.expectancy = to_double(s.net_pnl) / n;
    if (s.wins > 0) s.average_win = to_double(sums.won) / static_cast<double>(s.wins);
    if (s.losses > 0) {
        s.average_loss = to_double(sums.lost) / static_cast<double>(s.losses);
        s.profit_factor = to_double(sums.won) / -to_double(sums.lost);
        s.expectancy_ratio = *s.expectancy / -*s.average_loss;
        if (s.wins > 0) s.payoff_ratio = *s.average_win / -*s.average_loss;
    }
    const auto deviation = measures::sample_deviation(profits);
    if (deviation && *deviation > 0) s.sqn = std::sqrt(n) * *s.expectancy / *deviation;
    const auto [worst, best] = std::ranges::minmax(profits);
    s.worst = worst;
    s.best = best;
}

}  // namespace

TradeStatistics trade_statistics(std::span<const ClosedTrade> trades) {
    TradeStatistics s;
    s.count = trades.size();
    if (trades.empty()) return s;
    const TradeSums sums = add_up(s, trades);
    const auto n = static_cast<double>(trades.size());
    set_profit(s, sums, trades);
    set_streaks(s, trades);
    set_durations(s, trades);
    s.average_mae = to_double(sums.mae) / n;
    s.average_mfe = to_double(sums.mfe) / n;
    s.average_bars = sums.bars / n;
    return s;
}

}  // namespace tradewind::monitor
