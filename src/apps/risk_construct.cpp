// SPDX-License-Identifier: Apache-2.0
#include "apps/risk_construct.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <expected>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/output.hpp"
#include "apps/portfolio_request.hpp"
#include "base/try.hpp"
#include "construction/hierarchical.hpp"
#include "construction/risk_parity.hpp"
#include "disk/files.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using construction::ErrorKind;
using construction::Portfolio;

/// A covariance of 2,000 assets as text.
constexpr std::size_t kFileBytesMax = std::size_t{128} << 20U;

struct Options {
    std::string input;
    bool json = false;
};

struct Failure {
    ExitCode code = kExitBadInput;
    std::string text{};
};

Failure failure_of(const construction::Error& error) {
    return {error.kind == ErrorKind::no_convergence ? kExitFailed : kExitBadInput, describe(error)};
}

template <typename T>
std::expected<T, Failure> or_failure(std::expected<T, construction::Error> result) {
    if (!result) return std::unexpected(failure_of(result.error()));
    return std::move(*result);
}

struct Answer {
    Portfolio portfolio{};
    std::vector<std::size_t> order{};  ///< of the hierarchical method
    std::optional<construction::Posterior> posterior{};
};

std::unexpected<Failure> bad(std::string text) {
    return std::unexpected(Failure{kExitBadInput, std::move(text)});
}

/// Methods that weigh by risk alone know no constraint; a file that sets one would not get it.
std::expected<void, Failure> check_plain(const PortfolioRequest& request) {
    const auto& constraints = request.allocation.constraints;
    const bool is_plain =
        constraints.lower.empty() && constraints.upper.empty() && constraints.net_lower == 1 &&
        constraints.net_upper == 1 && !constraints.gross_max && !constraints.turnover_max &&
        constraints.exposures.empty() && request.allocation.costs.linear.empty() &&
        request.allocation.costs.quadratic.empty();
    if (is_plain) return {};
    return bad("constraints: " + request.method +
               " is long only, fully invested and has no others");
}

std::expected<Answer, Failure> by_risk(const PortfolioRequest& request) {
    const construction::Universe& universe = request.allocation.universe;
    TRY_VOID(check_plain(request));
    Answer out;
    if (request.method == "inverse_volatility") {
        out.portfolio = TRY(or_failure(construction::inverse_volatility(universe)));
    } else if (request.method == "equal_risk") {
        out.portfolio = TRY(or_failure(construction::equal_risk(universe, request.budgets)));
    } else {
        const auto distance = request.is_tree_direct ? construction::TreeDistance::direct
                                                     : construction::TreeDistance::rows;
        auto tree = TRY(or_failure(construction::hierarchical(universe, distance)));
        out.portfolio = std::move(tree.portfolio);
        out.order = std::move(tree.order);
    }
    return out;
}

std::expected<Portfolio, Failure> by_optimum(const PortfolioRequest& request) {
    const construction::Allocation& allocation = request.allocation;
    if (request.method == "minimum_variance") {
        return or_failure(construction::minimum_variance(allocation));
    }
    if (request.method == "mean_variance") {
        if (!request.risk_aversion) return bad("risk_aversion: mean_variance needs it");
        return or_failure(construction::mean_variance(allocation, *request.risk_aversion));
    }
    if (request.method == "target_return") {
        if (!request.target_return) return bad("target_return: the method needs it");
        return or_failure(construction::target_return(allocation, *request.target_return));
    }
    if (request.method == "maximum_sharpe") {
        return or_failure(construction::maximum_sharpe(allocation, request.risk_free));
    }
    return bad(
        "method: unknown; there are minimum_variance, mean_variance, target_return, "
        "maximum_sharpe, inverse_volatility, equal_risk, hierarchical");
}

std::expected<Answer, Failure> answer_to(PortfolioRequest& request) {
    std::optional<construction::Posterior> posterior;
    if (request.views) {
        if (!request.allocation.expected.empty()) {
            return bad("expected: black_litterman gives it; say one of them");
        }
        posterior = TRY(
            or_failure(construction::black_litterman(request.allocation.universe, *request.views)));
        request.allocation.expected = posterior->expected;
        request.covariance = posterior->covariance;
        request.allocation.universe.covariance = request.covariance;
    }
    const bool is_by_risk = request.method == "inverse_volatility" ||
                            request.method == "equal_risk" || request.method == "hierarchical";
    Answer out;
    if (is_by_risk) {
        out = TRY(by_risk(request));
    } else {
        out.portfolio = TRY(by_optimum(request));
    }
    out.posterior = std::move(posterior);
    return out;
}

Json rows_json(const std::vector<double>& values, std::size_t n) {
    Json out = Json::array();
    for (std::size_t i = 0; i < n; ++i) {
        const auto row = values.begin() + static_cast<std::ptrdiff_t>(i * n);
        out.push_back(std::vector<double>(row, row + static_cast<std::ptrdiff_t>(n)));
    }
    return out;
}

Json answer_json(const PortfolioRequest& request, const Answer& answer) {
    const Portfolio& portfolio = answer.portfolio;
    const auto& names = request.allocation.universe.names;
    const auto number = [](const std::optional<double>& value) {
        return value ? Json(*value) : Json(nullptr);
    };
    Json out{
        {"method", request.method},
        {"assets", names},
        {"weights", portfolio.weights},
        {"risk_contributions",
         portfolio.risk_contributions.empty() ? Json(nullptr) : Json(portfolio.risk_contributions)},
        {"volatility", portfolio.volatility},
        {"expected_return", number(portfolio.expected_return)},
        {"net", portfolio.net},
        {"gross", portfolio.gross},
        {"turnover", number(portfolio.turnover)},
        {"costs", portfolio.costs},
        {"ridge", request.allocation.universe.ridge}};
    Json duals = Json::object();
    for (const auto& pressure : portfolio.pressures) duals[pressure.constraint] = pressure.dual;
    out["duals"] = std::move(duals);
    out["residuals"] = {{"stationarity", portfolio.residuals.stationarity},
                        {"infeasibility", portfolio.residuals.infeasibility},
                        {"complementarity", portfolio.residuals.complementarity}};
    out["iterations"] = portfolio.iterations;
    if (!answer.order.empty()) {
        Json order = Json::array();
        for (const std::size_t i : answer.order) order.push_back(names[i]);
        out["order"] = std::move(order);
    }
    if (answer.posterior) {
        out["posterior"] = {{"prior", answer.posterior->prior},
                            {"expected", answer.posterior->expected},
                            {"covariance", rows_json(answer.posterior->covariance, names.size())}};
    }
    return out;
}

std::string answer_text(const PortfolioRequest& request, const Answer& answer) {
    const Portfolio& portfolio = answer.portfolio;
    Table table;
    for (std::size_t i = 0; i < portfolio.weights.size(); ++i) {
        const std::string share =
            portfolio.risk_contributions.empty()
                ? std::string{"-"}
                : fmt::format("{:.2f} %", 100 * portfolio.risk_contributions[i]);
        table.row(request.allocation.universe.names[i],
                  fmt::format("{:9.4f} %  risk {:>9}", 100 * portfolio.weights[i], share));
    }
    table.gap();
    table.row("Volatility of a period", fmt::format("{:.4f} %", 100 * portfolio.volatility));
    if (portfolio.expected_return) {
        table.row("Expected return", fmt::format("{:.4f} %", 100 * *portfolio.expected_return));
    }
    table.row("Net, gross", fmt::format("{:.4f}, {:.4f}", portfolio.net, portfolio.gross));
    if (portfolio.turnover) {
        table.row("Turnover", fmt::format("{:.4f}", *portfolio.turnover));
        table.row("Costs", fmt::format("{:.6f}", portfolio.costs));
    }
    for (const auto& pressure : portfolio.pressures) {
        table.row("Dual: " + pressure.constraint, fmt::format("{:.6g}", pressure.dual));
    }
    return table.text();
}

std::expected<void, Failure> construct(const Options& options) {
    const auto text = disk::read_file(options.input, kFileBytesMax);
    if (!text) return bad(text.error().text);
    if (!*text) return bad(options.input + ": no such file");
    PortfolioRequest request;
    if (const auto read = read_request(**text, request); !read) {
        return bad(options.input + ": " + read.error());
    }
    auto answer = answer_to(request);
    if (!answer) {
        return std::unexpected(
            Failure{answer.error().code, options.input + ": " + answer.error().text});
    }
    if (options.json) {
        fmt::print("{}\n", answer_json(request, *answer).dump(2));
    } else {
        fmt::print("{}", answer_text(request, *answer));
    }
    return {};
}

}  // namespace

void add_risk_construct(CLI::App& risk, int& exit_code) {
    CLI::App* verb = risk.add_subcommand(
        "construct", "weights from expectations and a covariance (docs/portfolio-construction.md)");
    const auto options = std::make_shared<Options>();
    verb->add_option("--input", options->input, "what is known and wanted, as JSON")
        ->type_name("FILE")
        ->required();
    verb->add_flag("--json", options->json, "one JSON document on standard output");
    verb->callback([options, &exit_code] {
        const auto done = construct(*options);
        exit_code = done ? kExitOk : complain(done.error().code, done.error().text);
    });
}

}  // namespace tradewind::apps
