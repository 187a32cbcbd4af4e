// SPDX-License-Identifier: Apache-2.0
#include "construction/mean_variance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/try.hpp"

namespace tradewind::construction {
namespace {

/// Of the largest dual: what is below presses by rounding alone.
constexpr double kPressureMin = 1e-9;

std::expected<void, Error> check_values(const std::vector<double>& values, std::size_t n,
                                        const std::string& field, double least) {
    if (values.empty()) return {};
    if (values.size() != n) {
        return bad_input(
            field, fmt::format("want {} numbers, one an asset; there are {}", n, values.size()));
    }
    for (const double value : values) {
        if (!std::isfinite(value) || value < least) {
            return bad_input(
                field, least == 0 ? "a number is not finite or below 0" : "a number is not finite");
        }
    }
    return {};
}

std::expected<void, Error> check_bounds(const std::vector<double>& values, std::size_t n,
                                        const std::string& field) {
    if (!values.empty() && values.size() != n) {
        return bad_input(
            field, fmt::format("want {} numbers, one an asset; there are {}", n, values.size()));
    }
    if (std::ranges::any_of(values, [](double value) { return std::isnan(value); })) {
        return bad_input(field, "a number is missing");
    }
    return {};
}

std::expected<void, Error> check_limit(const std::optional<double>& limit,
                                       const std::string& field) {
    if (limit && !(*limit >= 0 && std::isfinite(*limit))) {
        return bad_input(field, "is not a number from 0 up");
    }
    return {};
}

std::expected<void, Error> check(const Allocation& allocation, bool needs_expected) {
    const Universe& universe = allocation.universe;
    TRY_VOID(construction::check(universe, Definiteness::definite));
    const std::size_t n = universe.size();
    if (needs_expected && allocation.expected.empty()) {
        return bad_input("expected", "this method needs expected returns");
    }
    const Constraints& constraints = allocation.constraints;
    TRY_VOID(check_values(allocation.expected, n, "expected", -kUnlimited));
    TRY_VOID(check_values(allocation.current, n, "current", -kUnlimited));
    TRY_VOID(check_values(allocation.costs.linear, n, "costs.linear", 0));
    TRY_VOID(check_values(allocation.costs.quadratic, n, "costs.quadratic", 0));
    TRY_VOID(check_bounds(constraints.lower, n, "constraints.lower"));
    TRY_VOID(check_bounds(constraints.upper, n, "constraints.upper"));
    TRY_VOID(check_limit(constraints.gross_max, "constraints.gross"));
    TRY_VOID(check_limit(constraints.turnover_max, "constraints.turnover"));
    for (const Exposure& exposure : constraints.exposures) {
        if (exposure.name.empty()) return bad_input("constraints", "an exposure has no name");
        if (exposure.loadings.empty()) return bad_input(exposure.name, "no loadings");
        TRY_VOID(check_values(exposure.loadings, n, exposure.name, -kUnlimited));
    }
    return {};
}

/// Writes the program of an allocation. With `kappa` every constraint is multiplied by a further
/// variable, so that the weights are those of the program over it.
class Writer {
public:
    Writer(const Allocation& allocation, bool has_kappa)
        : allocation_(allocation), n_(allocation.universe.size()), has_kappa_(has_kappa) {
        program_.curved = n_ + (has_kappa ? 1 : 0);
        program_.quadratic.assign(program_.curved * program_.curved, 0.0);
        for (std::size_t i = 0; i < n_; ++i) {
            add_variable(allocation.universe.names[i], lower(i), upper(i));
        }
        if (has_kappa) add_variable("", 0, kUnlimited);
    }

    /// Adds `scale` / 2 w'Cw.
    void add_variance(double scale) {
        const Universe& universe = allocation_.universe;
        for (std::size_t i = 0; i < n_; ++i) {
            for (std::size_t j = 0; j < n_; ++j) {
                // The mean of both halves: the solver reads the matrix either way.
                const double value =
                    (universe.covariance[i * n_ + j] + universe.covariance[j * n_ + i]) / 2;
                const double ridge = i == j ? 1 + universe.ridge : 1;
                program_.quadratic[i * program_.curved + j] += scale * ridge * value;
            }
        }
    }

    void add_linear(std::span<const double> values, double scale) {
        for (std::size_t i = 0; i < values.size(); ++i) program_.linear[i] += scale * values[i];
    }

    /// Net, gross, turnover and exposures.
    void add_constraints() {
        const Constraints& constraints = allocation_.constraints;
        std::vector<Entry> all(n_);
        for (std::size_t i = 0; i < n_; ++i) all[i] = {i, 1.0};
        add_row("net exposure", all, constraints.net_lower, constraints.net_upper);
        for (const Exposure& exposure : constraints.exposures) {
            std::vector<Entry> entries;
            for (std::size_t i = 0; i < n_; ++i) {
                if (exposure.loadings[i] != 0) entries.push_back({i, exposure.loadings[i]});
            }
            add_row(exposure.name, std::move(entries), exposure.lower, exposure.upper);
        }
        if (constraints.gross_max) {
            std::vector<Entry> entries(n_);
            for (std::size_t i = 0; i < n_; ++i) {
                entries[i] = {lower(i) >= 0 ? i : add_absolute(i, 0.0), 1.0};
            }
            add_row("gross exposure", std::move(entries), -kUnlimited, *constraints.gross_max);
        }
        if (constraints.turnover_max) {
            std::vector<Entry> entries(n_);
            for (std::size_t i = 0; i < n_; ++i) entries[i] = {traded(i), 1.0};
            add_row("turnover", std::move(entries), -kUnlimited, *constraints.turnover_max);
        }
    }

    void add_costs() {
        const Costs& costs = allocation_.costs;
        for (std::size_t i = 0; i < costs.linear.size(); ++i) {
            if (costs.linear[i] > 0) program_.linear[traded(i)] += costs.linear[i];
        }
        for (std::size_t i = 0; i < costs.quadratic.size(); ++i) {
            program_.quadratic[i * program_.curved + i] += 2 * costs.quadratic[i];
            program_.linear[i] -= 2 * costs.quadratic[i] * current(i);
        }
    }

    void add_row(std::string name, std::vector<Entry> entries, double lower, double upper) {
        if (!has_kappa_) {
            program_.rows.push_back({std::move(name), std::move(entries), lower, upper});
            return;
        }
        const auto add = [&](double bound, double low, double high) {
            std::vector<Entry> homogeneous = entries;
            if (bound != 0) homogeneous.push_back({n_, -bound});
            program_.rows.push_back({name, std::move(homogeneous), low, high});
        };
        if (lower == upper) {
            add(lower, 0, 0);
            return;
        }
        if (std::isfinite(lower)) add(lower, 0, kUnlimited);
        if (std::isfinite(upper)) add(upper, -kUnlimited, 0);
    }

    /// As it stands, without kappa.
    void add_plain_row(Row row) { program_.rows.push_back(std::move(row)); }

    /// The variable that is |weight - current| or more.
    std::size_t traded(std::size_t asset) {
        if (traded_.empty()) traded_.assign(n_, 0);
        if (traded_[asset] == 0) traded_[asset] = add_absolute(asset, current(asset));
        return traded_[asset];
    }

    [[nodiscard]] const QuadraticProgram& program() {
        program_.variables = program_.linear.size();
        return program_;
    }

    [[nodiscard]] std::size_t kappa() const { return n_; }

private:
    [[nodiscard]] double lower(std::size_t i) const {
        const auto& values = allocation_.constraints.lower;
        return values.empty() ? 0.0 : values[i];
    }
    [[nodiscard]] double upper(std::size_t i) const {
        const auto& values = allocation_.constraints.upper;
        return values.empty() ? kUnlimited : values[i];
    }
    [[nodiscard]] double current(std::size_t i) const {
        return allocation_.current.empty() ? 0.0 : allocation_.current[i];
    }

    void add_variable(const std::string& name, double low, double high) {
        program_.linear.push_back(0);
        program_.names.push_back(name);
        if (!has_kappa_ || program_.linear.size() > n_) {
            program_.lower.push_back(low);
            program_.upper.push_back(high);
            return;
        }
        // Bounds that grow with kappa are rows; those at 0 stay.
        const std::size_t i = program_.linear.size() - 1;
        program_.lower.push_back(low == 0 ? 0 : -kUnlimited);
        program_.upper.push_back(high == 0 ? 0 : kUnlimited);
        add_row("", {{i, 1.0}}, low == 0 ? -kUnlimited : low, high == 0 ? kUnlimited : high);
    }

    /// A variable that is |weight - centre| or more.
    std::size_t add_absolute(std::size_t asset, double centre) {
        const std::size_t helper = program_.linear.size();
        add_variable("", -kUnlimited, kUnlimited);
        add_row("", {{asset, 1.0}, {helper, -1.0}}, -kUnlimited, centre);
        add_row("", {{asset, 1.0}, {helper, 1.0}}, centre, kUnlimited);
        return helper;
    }

    const Allocation& allocation_;
    std::size_t n_;
    bool has_kappa_;
    QuadraticProgram program_{};
    std::vector<std::size_t> traded_{};  ///< [assets], 0 for none yet
};

Portfolio finished(const Allocation& allocation, std::vector<double> weights) {
    const std::size_t n = weights.size();
    Portfolio out = describe_weights(allocation.universe, std::move(weights), allocation.expected);
    const Costs& costs = allocation.costs;
    double turnover = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double held = allocation.current.empty() ? 0.0 : allocation.current[i];
        const double traded = std::abs(out.weights[i] - held);
        turnover += traded;
        if (!costs.linear.empty()) out.costs += costs.linear[i] * traded;
        if (!costs.quadratic.empty()) out.costs += costs.quadratic[i] * traded * traded;
    }
    out.turnover = turnover;
    return out;
}

std::vector<Pressure> pressures_of(const QuadraticProgram& program,
                                   const QuadraticSolution& solution) {
    double largest = 0;
    for (const double dual : solution.row_duals) largest = std::max(largest, std::abs(dual));
    for (const double dual : solution.bound_duals) largest = std::max(largest, std::abs(dual));
    const double least = kPressureMin * largest;
    std::vector<Pressure> out;
    for (std::size_t k = 0; k < program.rows.size(); ++k) {
        const double dual = solution.row_duals[k];
        if (program.rows[k].name.empty() || std::abs(dual) <= least) continue;
        out.push_back({program.rows[k].name, dual});
    }
    for (std::size_t i = 0; i < program.variables; ++i) {
        const double dual = solution.bound_duals[i];
        if (program.names[i].empty() || std::abs(dual) <= least) continue;
        out.push_back({program.names[i] + (dual > 0 ? " at most" : " at least"), dual});
    }
    return out;
}

std::expected<Portfolio, Error> solved(const Allocation& allocation, Writer& writer) {
    const QuadraticProgram& program = writer.program();
    QuadraticSolution solution = TRY(solve(program));
    const auto n = static_cast<std::ptrdiff_t>(allocation.universe.size());
    Portfolio out = finished(allocation, {solution.x.begin(), solution.x.begin() + n});
    out.pressures = pressures_of(program, solution);
    out.residuals = solution.residuals;
    out.iterations = solution.iterations;
    return out;
}

std::vector<Entry> entries_of(std::span<const double> values) {
    std::vector<Entry> out;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] != 0) out.push_back({i, values[i]});
    }
    return out;
}

}  // namespace

std::expected<Portfolio, Error> minimum_variance(const Allocation& allocation) {
    TRY_VOID(check(allocation, false));
    Writer writer(allocation, false);
    writer.add_variance(1);
    writer.add_constraints();
    writer.add_costs();
    return solved(allocation, writer);
}

std::expected<Portfolio, Error> mean_variance(const Allocation& allocation, double risk_aversion) {
    TRY_VOID(check(allocation, true));
    if (!(risk_aversion > 0) || !std::isfinite(risk_aversion)) {
        return bad_input("risk_aversion", "is not a number above 0");
    }
    Writer writer(allocation, false);
    writer.add_variance(risk_aversion);
    writer.add_linear(allocation.expected, -1);
    writer.add_constraints();
    writer.add_costs();
    return solved(allocation, writer);
}

std::expected<Portfolio, Error> target_return(const Allocation& allocation, double target) {
    TRY_VOID(check(allocation, true));
    if (!std::isfinite(target)) return bad_input("target_return", "is not a finite number");
    Writer writer(allocation, false);
    writer.add_variance(1);
    writer.add_constraints();
    writer.add_row("expected return", entries_of(allocation.expected), target, kUnlimited);
    writer.add_costs();
    return solved(allocation, writer);
}

std::expected<Portfolio, Error> maximum_sharpe(const Allocation& allocation, double risk_free) {
    TRY_VOID(check(allocation, true));
    if (!std::isfinite(risk_free)) return bad_input("risk_free", "is not a finite number");
    const auto& quadratic = allocation.costs.quadratic;
    if (std::ranges::any_of(quadratic, [](double value) { return value > 0; })) {
        return bad_input("costs.quadratic", "cannot be part of a Sharpe ratio; use linear costs");
    }
    Writer writer(allocation, true);
    writer.add_variance(1);
    writer.add_constraints();
    // The scale of w / kappa is free: one at which its numbers are near 1.
    double unit = std::abs(risk_free);
    for (const double value : allocation.expected) unit = std::max(unit, std::abs(value));
    std::vector<Entry> earned = entries_of(allocation.expected);
    if (risk_free != 0) earned.push_back({writer.kappa(), -risk_free});
    for (std::size_t i = 0; i < allocation.costs.linear.size(); ++i) {
        const double cost = allocation.costs.linear[i];
        if (cost > 0) earned.push_back({writer.traded(i), -cost});
    }
    const auto none_earns = [] {
        return std::unexpected(Error{.kind = ErrorKind::infeasible,
                                     .rows = {"an expected return, less costs, above risk_free"}});
    };
    if (unit == 0) return none_earns();
    writer.add_plain_row({"earned", std::move(earned), unit, unit});
    const auto found = solve(writer.program());
    if (!found) {
        if (found.error().kind != ErrorKind::infeasible) return std::unexpected(found.error());
        // Are the constraints at odds with each other, or all portfolios too poor?
        const auto any = minimum_variance(allocation);
        if (!any && any.error().kind == ErrorKind::infeasible) return any;
        return none_earns();
    }
    const std::size_t n = allocation.universe.size();
    const double kappa = found->x[writer.kappa()];
    double longest = 0;
    for (std::size_t i = 0; i < n; ++i) longest = std::max(longest, std::abs(found->x[i]));
    if (!(kappa > 1e-9 * longest)) {
        return std::unexpected(
            Error{.kind = ErrorKind::unbounded, .rows = allocation.universe.names});
    }
    std::vector<double> weights(n);
    for (std::size_t i = 0; i < n; ++i) weights[i] = found->x[i] / kappa;
    Portfolio out = finished(allocation, std::move(weights));
    out.residuals = found->residuals;
    out.iterations = found->iterations;
    return out;
}

}  // namespace tradewind::construction
