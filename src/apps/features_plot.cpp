// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/features_options.hpp"
#include "base/try.hpp"
#include "research/report.hpp"
#include "wire/text_sink.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPointsMax = 4000;  ///< of one chart
constexpr std::size_t kChartsMax = 60;

/// The rows that are drawn: all of a span, or each k-th where they are too many.
struct Thinning {
    std::size_t from = 0;
    std::size_t end = 0;
    std::size_t step = 1;

    [[nodiscard]] bool keeps(std::size_t row) const {
        return row >= from && row < end && (end - 1 - row) % step == 0;  // the last one always
    }
};

Thinning thinning_of(const research::FeatureBars& bars, Timestamp from) {
    const auto begin = std::lower_bound(bars.known_at.begin(), bars.known_at.end(), from.ns);
    Thinning out{.from = static_cast<std::size_t>(begin - bars.known_at.begin()),
                 .end = bars.rows()};
    out.step = (out.end - out.from + kPointsMax - 1) / kPointsMax;
    return out;
}

Json value_of(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

std::expected<std::string, RunFailure> page_data(const FeatureWork& work,
                                                 const research::FeatureData& data) {
    const FeatureUnit& unit = work.units.front();
    const research::FeatureBars& bars = data.bars.front();
    const auto& outputs = work.features.graph->outputs();
    const std::size_t shown = std::min(kChartsMax, outputs.size());
    const Thinning thinning = thinning_of(bars, work.config.from.value_or(kTimestampMin));
    const auto& closes = bars.columns[static_cast<std::size_t>(feature::Field::close)];
    std::vector<Json> columns(shown, Json::array());
    Json times = Json::array(), prices = Json::array();
    std::size_t row = 0;
    TRY_VOID(or_failed(research::compute_features(
        unit.plan, data,
        [&](std::size_t /*member*/,
            const ports::FeatureRows& rows) -> std::expected<void, std::string> {
            for (std::size_t i = 0; i < rows.rows(); ++i, ++row) {
                if (!thinning.keeps(row)) continue;
                times.push_back(rows.known_at[i] / 1'000'000);
                prices.push_back(value_of(closes[row]));
                for (std::size_t k = 0; k < shown; ++k) {
                    columns[k].push_back(value_of(rows.columns[k][i]));
                }
            }
            return {};
        })));
    const std::string note =
        thinning.step > 1 ? fmt::format("One row in {} is drawn. ", thinning.step) : std::string{};
    const std::string cut =
        shown < outputs.size()
            ? fmt::format("The first {} of {} features are drawn.", shown, outputs.size())
            : std::string{};
    const BarChoice& choice = unit.bars.front();
    Json out{{"subtitle", fmt::format("{} features on bars of {}, schema {}", outputs.size(),
                                      to_string(choice.series.key.spec), work.schema_hash)},
             {"span", fmt::format("{} to {}", to_string(Timestamp{bars.known_at[thinning.from]}),
                                  to_string(Timestamp{bars.known_at.back()}))},
             {"note", note + cut},
             {"domain", {times.front(), times.back()}},
             {"price", {{"name", choice.instrument->symbol}, {"v", std::move(prices)}}},
             {"features", Json::array()}};
    out["t"] = std::move(times);
    for (std::size_t k = 0; k < shown; ++k) {
        out["features"].push_back({{"name", outputs[k].name},
                                   {"expression", outputs[k].expression},
                                   {"v", std::move(columns[k])}});
    }
    // bytes of an expression that are no UTF-8 are replaced
    return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::expected<void, RunFailure> run_features_plot(const FeaturesOptions& options) {
    const FeatureWork work = TRY(open_work(options));
    if (work.instruments() != 1) {
        return std::unexpected(
            RunFailure{kExitBadInput, "--instrument: a page shows one instrument; name one"});
    }
    const FeatureUnit& unit = work.units.front();
    const research::FeatureData data = TRY(read_data(work, unit));
    const std::string symbol = unit.bars.front().instrument->symbol;
    const std::string page =
        research::render_features_page("Features of " + symbol, TRY(page_data(work, data)));
    const auto as_failure = [](const wire::InputError& error) {
        const bool bad = error.kind == wire::InputErrorKind::bad_input;
        return std::unexpected(
            RunFailure{bad ? kExitBadInput : kExitFailed, wire::to_string(error)});
    };
    auto sink = wire::open_text_sink(options.page);
    if (!sink) return as_failure(sink.error());
    if (auto done = (*sink)->write(page); !done) return as_failure(done.error());
    if (auto done = (*sink)->close(); !done) return as_failure(done.error());
    fmt::print("{}\n", options.page);
    return {};
}

}  // namespace tradewind::apps
