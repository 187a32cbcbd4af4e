// SPDX-License-Identifier: Apache-2.0
#include "measures/stress.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/try.hpp"

namespace tradewind::measures {
namespace {

using std::chrono::sys_days;
using namespace std::chrono_literals;

// From the last day of calm, or the event, to the lowest close of US equities; those of coins to
// bitcoin's.
constexpr std::array kCrises{
    Crisis{"russia-ltcm-1998", "Russia and LTCM", sys_days{1998y / 8 / 18},
           sys_days{1998y / 10 / 8}},
    Crisis{"dotcom-2000", "the end of the dot-coms", sys_days{2000y / 3 / 24},
           sys_days{2000y / 4 / 14}},
    Crisis{"september-2001", "September 2001", sys_days{2001y / 9 / 10}, sys_days{2001y / 9 / 21}},
    Crisis{"quant-2007", "the quants' August", sys_days{2007y / 8 / 1}, sys_days{2007y / 8 / 16}},
    Crisis{"lehman-2008", "Lehman and after", sys_days{2008y / 9 / 15}, sys_days{2008y / 11 / 20}},
    Crisis{"flash-crash-2010", "the flash crash", sys_days{2010y / 5 / 6}, sys_days{2010y / 5 / 7}},
    Crisis{"downgrade-2011", "the downgrade of the United States", sys_days{2011y / 8 / 1},
           sys_days{2011y / 8 / 19}},
    Crisis{"renminbi-2015", "the renminbi's devaluation", sys_days{2015y / 8 / 18},
           sys_days{2015y / 8 / 25}},
    Crisis{"volmageddon-2018", "the short volatility unwind", sys_days{2018y / 2 / 2},
           sys_days{2018y / 2 / 8}},
    Crisis{"covid-2020", "Covid-19", sys_days{2020y / 2 / 20}, sys_days{2020y / 3 / 23}},
    Crisis{"mining-ban-2021", "China's ban of mining", sys_days{2021y / 5 / 12},
           sys_days{2021y / 7 / 20}},
    Crisis{"inflation-2022", "inflation and rates", sys_days{2022y / 4 / 4},
           sys_days{2022y / 6 / 16}},
    Crisis{"terra-2022", "Terra", sys_days{2022y / 5 / 5}, sys_days{2022y / 6 / 18}},
    Crisis{"ftx-2022", "FTX", sys_days{2022y / 11 / 6}, sys_days{2022y / 11 / 21}},
};

std::expected<void, Error> check_size(std::size_t size, std::size_t expected) {
    if (size == expected) return {};
    return std::unexpected(
        Error{.kind = ErrorKind::wrong_shape, .row = size, .value = static_cast<double>(expected)});
}

std::expected<void, Error> check_finite(std::span<const double> exposures) {
    for (std::size_t i = 0; i < exposures.size(); ++i) {
        if (std::isfinite(exposures[i])) continue;
        return std::unexpected(
            Error{.kind = ErrorKind::not_finite, .column = i, .value = exposures[i]});
    }
    return {};
}

/// Of the values that are there and wanted: the lowest for a long position, the highest for a short
/// one; NaN where there are none.
template <typename Wanted>
double worst_of(std::span<const double> day, bool is_long, Wanted wanted) {
    double out = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t i = 0; i < day.size(); ++i) {
        if (std::isnan(day[i]) || !wanted(i)) continue;
        if (std::isnan(out)) out = day[i];
        out = is_long ? std::min(out, day[i]) : std::max(out, day[i]);
    }
    return out;
}

struct Filled {
    double value = 0;
    FilledFrom from = FilledFrom::data;
};

std::expected<Filled, Error> fill(const CrisisWindow& window, std::size_t day,
                                  std::size_t instrument) {
    const double market =
        window.market.empty() ? std::numeric_limits<double>::quiet_NaN() : window.market[day];
    if (!window.betas.empty() && !std::isnan(window.betas[instrument]) && !std::isnan(market)) {
        return Filled{.value = window.betas[instrument] * market, .from = FilledFrom::market};
    }
    const auto returns = window.returns.row(day);
    const bool is_long = window.exposures[instrument] > 0;
    const double peers = worst_of(returns, is_long, [&](std::size_t i) {
        return window.classes[i] == window.classes[instrument];
    });
    if (!std::isnan(peers)) return Filled{.value = peers, .from = FilledFrom::worst_of_class};
    double all = worst_of(returns, is_long, [](std::size_t) { return true; });
    if (std::isnan(all)) all = market;
    if (!std::isnan(all)) return Filled{.value = all, .from = FilledFrom::worst_of_all};
    return std::unexpected(
        Error{.kind = ErrorKind::missing_value, .row = day, .column = instrument});
}

std::expected<void, Error> check(const CrisisWindow& window) {
    TRY_VOID(check_table(window.returns));
    const std::size_t n = window.returns.columns;
    TRY_VOID(check_size(window.exposures.size(), n));
    TRY_VOID(check_size(window.classes.size(), n));
    TRY_VOID(check_finite(window.exposures));
    if (!window.market.empty()) {
        TRY_VOID(check_size(window.market.size(), window.returns.rows()));
        TRY_VOID(check_table({.values = window.market, .columns = 1}));
    }
    if (!window.betas.empty()) {
        TRY_VOID(check_size(window.betas.size(), n));
        TRY_VOID(check_table({.values = window.betas, .columns = n}));
    }
    return {};
}

/// P&L of a position of 1 in each instrument over the span, compounded.
double compounded(const ReturnsTable& returns, std::size_t instrument, std::size_t first,
                  std::size_t horizon) {
    double value = 1;
    for (std::size_t i = first; i < first + horizon; ++i) value *= 1 + returns.at(i, instrument);
    return value - 1;
}

}  // namespace

std::expected<StressLoss, Error> shock(std::span<const double> exposures,
                                       std::span<const double> shocks) {
    TRY_VOID(check_size(shocks.size(), exposures.size()));
    TRY_VOID(check_finite(exposures));
    StressLoss out{.parts = std::vector<double>(exposures.size(), 0.0)};
    for (std::size_t i = 0; i < exposures.size(); ++i) {
        if (exposures[i] == 0) continue;
        if (!std::isfinite(shocks[i])) {
            return std::unexpected(
                Error{.kind = ErrorKind::not_finite, .column = i, .value = shocks[i]});
        }
        out.parts[i] = -exposures[i] * shocks[i];
        out.loss += out.parts[i];
    }
    return out;
}

std::expected<StressLoss, Error> shock_factors(std::span<const double> exposures,
                                               const ReturnsTable& betas,
                                               std::span<const double> factor_shocks) {
    TRY_VOID(check_table(betas));
    TRY_VOID(check_size(betas.rows(), exposures.size()));
    TRY_VOID(check_size(factor_shocks.size(), betas.columns));
    std::vector<double> shocks(exposures.size(), 0.0);
    for (std::size_t i = 0; i < shocks.size(); ++i) {
        for (std::size_t k = 0; k < factor_shocks.size(); ++k) {
            shocks[i] += betas.at(i, k) * factor_shocks[k];
        }
    }
    return shock(exposures, shocks);
}

std::span<const Crisis> named_crises() { return kCrises; }

std::expected<FilledWindow, Error> fill_window(const CrisisWindow& window) {
    TRY_VOID(check(window));
    const std::size_t n = window.returns.columns;
    FilledWindow out{.values = {window.returns.values.begin(), window.returns.values.end()},
                     .instruments = std::vector<FilledFrom>(n, FilledFrom::data)};
    for (std::size_t day = 0; day < window.returns.rows(); ++day) {
        for (std::size_t i = 0; i < n; ++i) {
            double& value = out.values[day * n + i];
            if (!std::isnan(value)) continue;
            if (window.exposures[i] == 0) {
                value = 0;
                continue;
            }
            const Filled filled = TRY(fill(window, day, i));
            value = filled.value;
            out.instruments[i] = std::max(out.instruments[i], filled.from);
        }
    }
    return out;
}

std::expected<WorstLoss, Error> worst_loss(const ReturnsTable& returns,
                                           std::span<const double> exposures, std::size_t horizon) {
    TRY_VOID(check_complete(returns));
    TRY_VOID(check_size(exposures.size(), returns.columns));
    TRY_VOID(check_finite(exposures));
    if (horizon == 0) return std::unexpected(Error{.kind = ErrorKind::out_of_range});
    if (returns.rows() < horizon) {
        return std::unexpected(Error{.kind = ErrorKind::too_few_rows,
                                     .row = returns.rows(),
                                     .value = static_cast<double>(horizon)});
    }
    WorstLoss out{.loss = -std::numeric_limits<double>::infinity()};
    std::vector<double> parts(exposures.size());
    for (std::size_t first = 0; first + horizon <= returns.rows(); ++first) {
        double loss = 0;
        for (std::size_t i = 0; i < exposures.size(); ++i) {
            parts[i] = -exposures[i] * compounded(returns, i, first, horizon);
            loss += parts[i];
        }
        if (!(loss > out.loss)) continue;
        out = {.loss = loss, .first = first, .last = first + horizon - 1, .parts = parts};
    }
    return out;
}

}  // namespace tradewind::measures
