// SPDX-License-Identifier: Apache-2.0
#include "apps/risk_page.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "apps/risk_output.hpp"
#include "domain/names.hpp"
#include "research/report.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t milliseconds_of(Timestamp ts) { return ts.ns / 1'000'000; }

/// Instants in milliseconds, each as the difference to the one before.
class Deltas {
public:
    void add(Timestamp ts) {
        const std::int64_t now = milliseconds_of(ts);
        out_.push_back(now - before_);
        before_ = now;
    }
    [[nodiscard]] Json take() { return std::move(out_); }

private:
    Json out_ = Json::array();
    std::int64_t before_ = 0;
};

/// What a page shows needs no more digits.
Json rounded(double value, double per_unit) {
    return std::isfinite(value) ? Json(std::round(value * per_unit) / per_unit) : Json(nullptr);
}

/// Days in a group, so that no more groups remain than a page holds.
std::size_t stride_for(std::size_t days) {
    return std::max<std::size_t>(
        1, (days + research::kMaxReportPoints - 1) / research::kMaxReportPoints);
}

/// The most of each group of days, in thousandths; null for limits that are not followed by day.
Json use_json(const risk::LimitUse& use, std::size_t stride) {
    constexpr double kThousand = 1e3;
    Json out = Json::array();
    bool is_known = false;
    for (std::size_t from = 0; from < use.by_day.size(); from += stride) {
        std::optional<double> most;
        for (std::size_t i = from; i < std::min(from + stride, use.by_day.size()); ++i) {
            const auto share = static_cast<double>(use.by_day[i]);
            if (!std::isnan(share)) most = std::max(most.value_or(share), share);
        }
        is_known = is_known || most;
        out.push_back(most ? rounded(*most, kThousand) : Json(nullptr));
    }
    return is_known ? out : Json(nullptr);
}

Json limits_json(const RunSettings& settings, const research::RiskRecord& record) {
    Json out = Json::array();
    const std::size_t stride = stride_for(record.days.size());
    for (std::size_t i = 0; i < record.denied.size(); ++i) {
        Json one{{"limit", to_string(settings.engine.risk.limits[i])},
                 {"denied", record.denied[i]},
                 {"shrunk", record.shrunk[i]},
                 {"most", nullptr},
                 {"most_at", nullptr},
                 {"use", nullptr}};
        if (!record.uses.empty()) {
            const risk::LimitUse& use = record.uses[i];
            if (use.most > 0) {
                one["most"] = use.most;
                one["most_at"] = milliseconds_of(use.most_at);
            }
            one["use"] = use_json(use, stride);
        }
        out.push_back(std::move(one));
    }
    return out;
}

Json limit_days_json(const research::RiskRecord& record) {
    const std::size_t stride = stride_for(record.days.size());
    Deltas out;
    for (std::size_t from = 0; from < record.days.size(); from += stride) {
        out.add(record.days[std::min(from + stride, record.days.size()) - 1]);
    }
    return out.take();
}

/// Each forecast on the day that it is of. Of more days than a page holds the last ones.
Json forecasts_json(std::span<const risk::RiskDay> measured) {
    constexpr double kHundred = 1e2;
    Deltas at;
    Json var = Json::array(), es = Json::array(), pnl = Json::array();
    const auto value = [](const std::optional<double>& one) {
        return one ? rounded(*one, kHundred) : Json(nullptr);
    };
    const auto shown = measured.last(std::min(measured.size(), research::kMaxReportPoints));
    for (std::size_t i = 1; i < shown.size(); ++i) {
        at.add(shown[i].day);
        var.push_back(value(shown[i - 1].var));
        es.push_back(value(shown[i - 1].es));
        pnl.push_back(value(shown[i - 1].pnl));
    }
    return {{"t", at.take()}, {"v", var}, {"es", es}, {"pnl", pnl}};
}

Json changes_json(const RunSettings& settings, const research::RiskRecord& record) {
    constexpr Names<risk::BrakeUnit, 3> kUnits =
        names<risk::BrakeUnit>("share", "seconds", "count");
    Json out = Json::array();
    for (const engine::BrakeRecord& one : record.brakes) {
        Json change = brake_json(settings, one);
        change.erase("ts");
        change["t"] = milliseconds_of(one.ts);
        if (one.change.until) change["until"] = milliseconds_of(*one.change.until);
        change["unit"] = kUnits.of(settings.engine.risk.brakes[one.change.brake].unit);
        out.push_back(std::move(change));
    }
    return out;
}

}  // namespace

std::string risk_page(const RunSettings& settings, const research::RiskRecord& record) {
    Json told;
    add_risk(settings, record, told);
    Json rules = Json::array();
    for (const risk::Brake& one : settings.engine.risk.brakes) rules.push_back(to_string(one));
    const Json stops = told.value("stops", Json::array());
    if (record.denied.empty() && rules.empty() && stops.empty() && record.measured.empty()) {
        return {};
    }
    Json tests, views = Json::array();
    if (!record.measured.empty()) {
        const Json& risk = told["risk"];
        tests = {{"days", risk["days"]},
                 {"unknown", risk["days_unknown"]},
                 {"exceedances", risk["exceedances"]},
                 {"expected", risk["expected_exceedances"]},
                 {"kupiec_p", risk["kupiec_p"]},
                 {"christoffersen_p", risk["christoffersen_p"]}};
        const auto add_view = [&](const Json& view) {
            Json one;
            for (const char* member :
                 {"as_of", "equity", "var", "es", "contributions", "correlation", "stress"}) {
                one[member] = view[member];
            }
            views.push_back(std::move(one));
        };
        if (record.report) {
            add_view(risk);
            if (record.report->riskiest) add_view(risk["at_largest_var"]);
        }
    }
    const Json page{
        {"confidence", 1 - record.tail},
        {"limits", limits_json(settings, record)},
        {"days", limit_days_json(record)},
        {"var", record.measured.empty() ? Json(nullptr) : forecasts_json(record.measured)},
        {"tests", std::move(tests)},
        {"rules", std::move(rules)},
        {"changes", changes_json(settings, record)},
        {"stops", stops},
        {"views", std::move(views)}};
    return page.dump(-1, ' ', false, nlohmann::detail::error_handler_t::replace);
}

}  // namespace tradewind::apps
