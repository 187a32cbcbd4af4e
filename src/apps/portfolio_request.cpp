// SPDX-License-Identifier: Apache-2.0
#include "apps/portfolio_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <span>
#include <utility>

#include "base/try.hpp"
#include "ml/json_fields.hpp"

namespace tradewind::apps {
namespace {

using ml::Field;
using ml::Json;

std::unexpected<std::string> wrong(std::string_view field, std::string_view what) {
    return std::unexpected(fmt::format("{}: {}", field, what));
}

/// An object of the file with the way to it, for messages.
struct Place {
    const Json& json;
    std::string path{};

    [[nodiscard]] bool has(std::string_view name) const { return json.contains(std::string{name}); }
    [[nodiscard]] const Json& at(std::string_view name) const { return json[std::string{name}]; }
    [[nodiscard]] std::string name(std::string_view field) const {
        return path.empty() ? std::string{field} : path + "." + std::string{field};
    }
};

Field<void> known_fields(const Place& place, std::initializer_list<std::string_view> known) {
    if (!place.json.is_object()) return wrong(place.path, "should be an object");
    for (auto entry = place.json.begin(); entry != place.json.end(); ++entry) {
        if (std::ranges::find(known, entry.key()) != known.end()) continue;
        return wrong(place.name(entry.key()),
                     fmt::format("unknown; there are {}", fmt::join(known, ", ")));
    }
    return {};
}

bool is_finite_number(const Json& json) {
    return json.is_number() && std::isfinite(json.get<double>());
}

Field<std::optional<double>> number(const Place& place, std::string_view field) {
    if (!place.has(field)) return std::optional<double>{};
    if (!is_finite_number(place.at(field))) return wrong(place.name(field), "should be a number");
    return std::optional{place.at(field).get<double>()};
}

Field<std::vector<double>> numbers(const Json& list, const std::string& field, std::size_t size) {
    if (!list.is_array() || list.size() != size) {
        return wrong(field, fmt::format("should be a list of {} numbers", size));
    }
    std::vector<double> out;
    out.reserve(size);
    for (const Json& one : list) {
        if (!is_finite_number(one)) {
            return wrong(field, fmt::format("number {} is none", out.size() + 1));
        }
        out.push_back(one.get<double>());
    }
    return out;
}

/// Empty where the field is not there.
Field<std::vector<double>> one_an_asset(const Place& place, std::string_view field, std::size_t n) {
    if (!place.has(field)) return std::vector<double>{};
    return numbers(place.at(field), place.name(field), n);
}

/// A number for all, or a list. `null` in a list, or for all, is no limit.
Field<std::vector<double>> limits(const Place& place, std::string_view field, std::size_t n,
                                  double none) {
    if (!place.has(field)) return std::vector<double>{};
    const Json& json = place.at(field);
    if (!json.is_array()) {
        if (json.is_null()) return std::vector<double>(n, none);
        if (!is_finite_number(json)) {
            return wrong(place.name(field), "should be a number, a list of numbers or null");
        }
        return std::vector<double>(n, json.get<double>());
    }
    if (json.size() != n) {
        return wrong(place.name(field), fmt::format("should be a list of {} numbers", n));
    }
    std::vector<double> out;
    for (const Json& one : json) {
        if (!one.is_null() && !is_finite_number(one)) {
            return wrong(place.name(field), fmt::format("number {} is none", out.size() + 1));
        }
        out.push_back(one.is_null() ? none : one.get<double>());
    }
    return out;
}

Field<std::size_t> asset_place(const std::vector<std::string>& assets, const std::string& name,
                               const std::string& field) {
    const auto found = std::ranges::find(assets, name);
    if (found == assets.end()) return wrong(field, name + " is not among assets");
    return static_cast<std::size_t>(found - assets.begin());
}

/// {"A": 1, "B": -1}, or a number an asset.
Field<std::vector<double>> loadings(const Place& place, std::string_view field,
                                    const std::vector<std::string>& assets) {
    if (!place.has(field)) return wrong(place.name(field), "is missing");
    const Json& json = place.at(field);
    if (!json.is_object()) return numbers(json, place.name(field), assets.size());
    std::vector<double> out(assets.size(), 0.0);
    for (auto entry = json.begin(); entry != json.end(); ++entry) {
        const std::size_t i = TRY(asset_place(assets, entry.key(), place.name(field)));
        if (!is_finite_number(entry.value())) {
            return wrong(place.name(field), entry.key() + " should be a number");
        }
        out[i] = entry.value().get<double>();
    }
    return out;
}

Field<std::vector<std::string>> texts(const Place& place, std::string_view field) {
    if (!place.has(field)) return wrong(place.name(field), "is missing");
    const Json& json = place.at(field);
    std::vector<std::string> out;
    const bool is_list = json.is_array() && !json.empty();
    if (!is_list || !std::ranges::all_of(json, [](const Json& one) { return one.is_string(); })) {
        return wrong(place.name(field), "should be a list of texts");
    }
    for (const Json& one : json) out.push_back(one.get<std::string>());
    return out;
}

Field<std::string> text(const Place& place, std::string_view field) {
    if (!place.has(field) || !place.at(field).is_string()) {
        return wrong(place.name(field), "should be a text");
    }
    return place.at(field).get<std::string>();
}

// --- covariance and expectations -----------------------------------------------------------------

Field<std::vector<double>> matrix(const Place& place, std::string_view field, std::size_t columns) {
    const Json& json = place.at(field);
    if (!json.is_array() || json.empty()) {
        return wrong(place.name(field), "should be a list of rows");
    }
    std::vector<double> out;
    out.reserve(json.size() * columns);
    std::size_t row = 0;
    for (const Json& line : json) {
        const auto values =
            TRY(numbers(line, fmt::format("{}, row {}", place.name(field), ++row), columns));
        out.insert(out.end(), values.begin(), values.end());
    }
    return out;
}

std::vector<double> means_of(std::span<const double> returns, std::size_t n) {
    std::vector<double> out(n, 0.0);
    const std::size_t rows = returns.size() / n;
    for (std::size_t t = 0; t < rows; ++t) {
        for (std::size_t i = 0; i < n; ++i) out[i] += returns[t * n + i];
    }
    for (double& mean : out) mean /= static_cast<double>(rows);
    return out;
}

/// Of the sample: over rows - 1.
std::vector<double> covariance_of(std::vector<double> returns, std::size_t n) {
    const std::size_t rows = returns.size() / n;
    const std::vector<double> means = means_of(returns, n);
    for (std::size_t at = 0; at < returns.size(); ++at) returns[at] -= means[at % n];
    std::vector<double> out(n * n, 0.0);
    for (std::size_t t = 0; t < rows; ++t) {
        const double* row = &returns[t * n];
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j <= i; ++j) out[i * n + j] += row[i] * row[j];
        }
    }
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            out[i * n + j] /= static_cast<double>(rows - 1);
            out[j * n + i] = out[i * n + j];
        }
    }
    return out;
}

Field<void> read_market(const Place& place, PortfolioRequest& out) {
    const std::size_t n = out.allocation.universe.size();
    if (place.has("covariance") == place.has("returns")) {
        return wrong("covariance", "say either covariance or returns");
    }
    const bool is_mean = place.has("expected") && place.at("expected") == "mean";
    if (place.has("covariance")) {
        out.covariance = TRY(matrix(place, "covariance", n));
        if (out.covariance.size() != n * n) {
            return wrong("covariance", fmt::format("should have {} rows", n));
        }
        if (is_mean) return wrong("expected", "\"mean\" needs returns");
    } else {
        std::vector<double> returns = TRY(matrix(place, "returns", n));
        if (returns.size() < 2 * n) return wrong("returns", "should have 2 rows or more");
        if (is_mean) out.allocation.expected = means_of(returns, n);
        out.covariance = covariance_of(std::move(returns), n);
    }
    if (!is_mean) out.allocation.expected = TRY(one_an_asset(place, "expected", n));
    return {};
}

// --- constraints, costs, views -------------------------------------------------------------------

Field<construction::Exposure> exposure(const Place& place, const std::vector<std::string>& assets) {
    construction::Exposure out;
    out.name = TRY(text(place, "name"));
    out.lower = TRY(number(place, "lower")).value_or(-construction::kUnlimited);
    out.upper = TRY(number(place, "upper")).value_or(construction::kUnlimited);
    if (!place.has("assets")) {
        out.loadings = TRY(loadings(place, "loadings", assets));
        return out;
    }
    out.loadings.assign(assets.size(), 0.0);
    const auto members = TRY(texts(place, "assets"));
    for (const std::string& name : members) {
        const std::size_t i = TRY(asset_place(assets, name, place.name("assets")));
        out.loadings[i] = 1;
    }
    return out;
}

Field<void> read_net(const Place& place, construction::Constraints& out) {
    if (!place.has("net")) return {};
    const Json& json = place.at("net");
    if (is_finite_number(json)) {
        out.net_lower = out.net_upper = json.get<double>();
        return {};
    }
    if (json.is_null()) {
        out.net_lower = -construction::kUnlimited;
        out.net_upper = construction::kUnlimited;
        return {};
    }
    const auto ends = TRY(numbers(json, place.name("net"), 2));
    out.net_lower = ends[0];
    out.net_upper = ends[1];
    return {};
}

Field<void> read_constraints(const Place& place, const std::vector<std::string>& assets,
                             construction::Constraints& out) {
    const std::size_t n = assets.size();
    TRY_VOID(
        known_fields(place, {"lower", "upper", "net", "gross", "turnover", "groups", "factors"}));
    out.lower = TRY(limits(place, "lower", n, -construction::kUnlimited));
    out.upper = TRY(limits(place, "upper", n, construction::kUnlimited));
    TRY_VOID(read_net(place, out));
    out.gross_max = TRY(number(place, "gross"));
    out.turnover_max = TRY(number(place, "turnover"));
    for (const std::string_view kind : {"groups", "factors"}) {
        if (!place.has(kind)) continue;
        if (!place.at(kind).is_array()) return wrong(place.name(kind), "should be a list");
        for (const Json& one : place.at(kind)) {
            const Place inner{one, fmt::format("{}[{}]", place.name(kind), out.exposures.size())};
            TRY_VOID(known_fields(
                inner, {"name", kind == "groups" ? "assets" : "loadings", "lower", "upper"}));
            out.exposures.push_back(TRY(exposure(inner, assets)));
        }
    }
    return {};
}

Field<construction::View> view(const Place& place, const std::vector<std::string>& assets) {
    TRY_VOID(known_fields(place, {"name", "loadings", "value", "confidence", "variance"}));
    construction::View out;
    out.name = TRY(text(place, "name"));
    out.loadings = TRY(loadings(place, "loadings", assets));
    const auto value = TRY(number(place, "value"));
    if (!value) return wrong(place.name("value"), "is missing");
    out.value = *value;
    out.confidence = TRY(number(place, "confidence"));
    out.variance = TRY(number(place, "variance"));
    return out;
}

Field<construction::BlackLitterman> read_views(const Place& place,
                                               const std::vector<std::string>& assets) {
    TRY_VOID(known_fields(place, {"prior", "market", "risk_aversion", "tau", "views"}));
    construction::BlackLitterman out;
    out.prior = TRY(one_an_asset(place, "prior", assets.size()));
    out.market = TRY(one_an_asset(place, "market", assets.size()));
    out.risk_aversion = TRY(number(place, "risk_aversion")).value_or(out.risk_aversion);
    out.tau = TRY(number(place, "tau")).value_or(out.tau);
    if (!place.has("views")) return out;
    if (!place.at("views").is_array()) return wrong(place.name("views"), "should be a list");
    for (const Json& one : place.at("views")) {
        const Place inner{one, fmt::format("{}[{}]", place.name("views"), out.views.size())};
        out.views.push_back(TRY(view(inner, assets)));
    }
    return out;
}

}  // namespace

std::expected<void, std::string> read_request(std::string_view bytes, PortfolioRequest& out) {
    const Json json = TRY(ml::parse_object(bytes));
    const Place place{json};
    TRY_VOID(
        known_fields(place, {"assets", "covariance", "returns", "expected", "ridge", "method",
                             "risk_aversion", "target_return", "risk_free", "budgets", "distance",
                             "current", "costs", "constraints", "black_litterman"}));
    construction::Allocation& allocation = out.allocation;
    allocation.universe.names = TRY(texts(place, "assets"));
    const auto& assets = allocation.universe.names;
    const std::size_t n = assets.size();
    TRY_VOID(read_market(place, out));
    allocation.universe.covariance = out.covariance;
    allocation.universe.ridge = TRY(number(place, "ridge")).value_or(0);
    out.method = TRY(text(place, "method"));
    out.risk_aversion = TRY(number(place, "risk_aversion"));
    out.target_return = TRY(number(place, "target_return"));
    out.risk_free = TRY(number(place, "risk_free")).value_or(0);
    out.budgets = TRY(one_an_asset(place, "budgets", n));
    if (place.has("distance")) {
        const std::string distance = TRY(text(place, "distance"));
        if (distance != "rows" && distance != "direct") {
            return wrong("distance", "should be rows or direct");
        }
        out.is_tree_direct = distance == "direct";
    }
    allocation.current = TRY(one_an_asset(place, "current", n));
    if (place.has("costs")) {
        const Place costs{place.at("costs"), "costs"};
        TRY_VOID(known_fields(costs, {"linear", "quadratic"}));
        allocation.costs.linear = TRY(limits(costs, "linear", n, 0));
        allocation.costs.quadratic = TRY(limits(costs, "quadratic", n, 0));
    }
    if (place.has("constraints")) {
        const Place constraints{place.at("constraints"), "constraints"};
        TRY_VOID(read_constraints(constraints, assets, allocation.constraints));
    }
    if (place.has("black_litterman")) {
        const Place views{place.at("black_litterman"), "black_litterman"};
        out.views = TRY(read_views(views, assets));
    }
    return {};
}

}  // namespace tradewind::apps
