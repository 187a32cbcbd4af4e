// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/equity_sampler.hpp"
#include "monitor/metrics.hpp"

namespace tradewind::research {

struct KeyValue {
    std::string key{};
    std::string value{};
};

/// One bar of a price chart. `ts` is the instant it opened.
struct Ohlc {
    Timestamp ts{};
    double open = 0;
    double high = 0;
    double low = 0;
    double close = 0;
};

struct PriceSeries {
    InstrumentId instrument{};
    std::vector<Ohlc> bars{};  ///< ts increasing
};

/// What a report shows. Spans are read during the call only. Every part but the title may be empty:
/// its section is then left out.
struct ReportInput {
    std::string title{};     ///< "SMA cross on SPY"
    std::string subtitle{};  ///< one line under it
    std::string currency = "USD";
    std::string settings_hash{};
    std::string journal_hash{};
    std::vector<KeyValue> settings{};
    std::vector<KeyValue> assumptions{};  ///< fill mode, fees, slippage, latency, participation cap
    std::vector<std::string> not_modelled{};  ///< what the simulation leaves out, a sentence each
    std::vector<std::string> warnings{};      ///< shown at the top: ambiguous fills, refused orders
    std::vector<std::string> symbols{};       ///< by InstrumentId

    monitor::Metrics metrics{};
    std::span<const monitor::EquityPoint> equity{};
    std::span<const monitor::EquityPoint> benchmark{};
    std::string benchmark_name{};
    double risk_free_period = 0;  ///< for the rolling Sharpe ratio and the benchmark's figures
    std::span<const monitor::ExposurePoint> exposures{};
    std::span<const monitor::ClosedTrade> trades{};
    std::span<const PriceSeries> prices{};
    /// Limits, brakes, stops and what positions risked, as one JSON document: what report/risk.js
    /// reads. Empty: no risk was set.
    std::string risk{};
};

/// The bounds of a report's size; what is cut is said in the page.
inline constexpr std::size_t kMaxReportPoints = 10'000;   ///< samples in each curve
inline constexpr std::size_t kMaxReportTrades = 100'000;  ///< the last ones are kept
inline constexpr std::size_t kMaxReportInstruments = 24;  ///< price charts, in the order given
inline constexpr std::size_t kMaxReportBars = 40'000;     ///< of all price charts together

/// One HTML page that opens offline: styles, code and data are inside it and it requests nothing.
/// Pure; the same input gives the same bytes.
[[nodiscard]] std::string render_report(const ReportInput& input);

/// The page of a search or a walk-forward in the same dress. `data` is one JSON document: what
/// report/search.js reads.
[[nodiscard]] std::string render_search_page(std::string_view title, const std::string& data);

/// The page of features over their price. `data` is one JSON document: what report/features.js
/// reads.
[[nodiscard]] std::string render_features_page(std::string_view title, const std::string& data);

}  // namespace tradewind::research
