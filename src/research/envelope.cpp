// SPDX-License-Identifier: Apache-2.0
#include "research/envelope.hpp"

#include <cmath>
#include <vector>

#include "base/try.hpp"

namespace tradewind::research {
namespace {

std::expected<double, std::string> final_equity(const std::optional<Money>& equity) {
    if (!equity) return std::unexpected("a currency has no rate: the envelope is unknown");
    return to_double(*equity);
}

std::expected<double, std::string> run_as(const sim::AmbiguityModel& model,
                                          const MakeRun& make_run) {
    const BacktestResult result = TRY(run_backtest(TRY(make_run(model))));
    return final_equity(result.final_equity);
}

double mean_of(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

std::optional<double> deviation_of(const std::vector<double>& values, double mean) {
    if (values.size() < 2) return std::nullopt;
    double sum = 0;
    for (const double value : values) sum += (value - mean) * (value - mean);
    return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

}  // namespace

std::expected<Envelope, std::string> envelope_of(const BacktestResult& pessimistic,
                                                 const MakeRun& make_run,
                                                 const EnvelopeSettings& settings) {
    Envelope out;
    out.pessimistic = out.expected = TRY(final_equity(pessimistic.final_equity));
    out.optimistic = TRY(run_as({.kind = sim::Ambiguity::optimistic}, make_run));
    const double profit = out.optimistic - to_double(pessimistic.start_equity);
    if (profit != 0) out.share = (out.optimistic - out.pessimistic) / std::abs(profit);
    if (out.optimistic == out.pessimistic || settings.draws == 0) return out;

    std::vector<double> drawn;
    for (std::size_t i = 0; i < settings.draws; ++i) {
        drawn.push_back(
            TRY(run_as({.kind = sim::Ambiguity::drawn, .seed = settings.seed + i}, make_run)));
    }
    out.draws = drawn.size();
    out.expected = mean_of(drawn);
    out.deviation = deviation_of(drawn, out.expected);
    return out;
}

}  // namespace tradewind::research
