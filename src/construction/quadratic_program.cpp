// SPDX-License-Identifier: Apache-2.0
#include "construction/quadratic_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/try.hpp"
#include "construction/interior_point.hpp"

namespace tradewind::construction {
namespace {

/// Rows, and bounds, tried one by one for whether the conflict stands without them.
constexpr std::size_t kDeletionsMax = 24;
/// Of the largest multiplier of a certificate: below it a row has no part in the conflict.
constexpr double kPartMin = 1e-6;
/// Of the longest component of a direction of endless gain.
constexpr double kGrowthMin = 1e-3;

double magnitude(const std::vector<Entry>& entries) {
    double largest = 0;
    for (const Entry& entry : entries) largest = std::max(largest, std::abs(entry.value));
    return largest;
}

double product(const Row& row, const std::vector<double>& x) {
    double sum = 0;
    for (const Entry& entry : row.entries) sum += entry.value * x[entry.variable];
    return sum;
}

std::string name_of(const QuadraticProgram& program, std::size_t variable) {
    return program.names[variable].empty() ? "a helping variable" : program.names[variable];
}

std::string bound_name(const QuadraticProgram& program, std::size_t variable, bool is_upper) {
    return fmt::format("{} {} {:.6g}", name_of(program, variable),
                       is_upper ? "at most" : "at least",
                       is_upper ? program.upper[variable] : program.lower[variable]);
}

std::expected<void, Error> check(const QuadraticProgram& program) {
    const std::size_t n = program.variables;
    if (n == 0) return bad_input("variables", "none");
    if (program.curved > n) return bad_input("curved", "more than there are variables");
    if (program.quadratic.size() != program.curved * program.curved) {
        return bad_input("quadratic", "is not [curved, curved]");
    }
    if (program.linear.size() != n || program.lower.size() != n || program.upper.size() != n ||
        program.names.size() != n) {
        return bad_input("linear, lower, upper, names", "want one value a variable");
    }
    const auto is_finite = [](double value) { return std::isfinite(value); };
    if (!std::ranges::all_of(program.quadratic, is_finite)) {
        return bad_input("quadratic", "a value is not finite");
    }
    if (!std::ranges::all_of(program.linear, is_finite)) {
        return bad_input("linear", "a value is not finite");
    }
    for (std::size_t i = 0; i < n; ++i) {
        if (std::isnan(program.lower[i]) || std::isnan(program.upper[i]) ||
            program.lower[i] == kUnlimited || program.upper[i] == -kUnlimited) {
            return bad_input("bounds of " + name_of(program, i), "leave no number");
        }
    }
    for (const Row& row : program.rows) {
        if (std::isnan(row.lower) || std::isnan(row.upper) || row.lower == kUnlimited ||
            row.upper == -kUnlimited) {
            return bad_input("bounds of " + row.name, "leave no number");
        }
        for (const Entry& entry : row.entries) {
            if (entry.variable >= n || !std::isfinite(entry.value)) {
                return bad_input("coefficients of " + row.name, "one is not usable");
            }
        }
    }
    return {};
}

/// The program without the variables that their bounds fix.
struct Reduced {
    QuadraticProgram program{};
    std::vector<std::size_t> free{};  ///< variable of the reduced one -> of the whole
    std::vector<std::size_t> rows{};  ///< the same for rows
    std::vector<double> fixed{};      ///< [variables] of the whole: its value, 0 for a free one
};

std::unexpected<Error> conflict(std::vector<std::string> rows) {
    return std::unexpected(Error{.kind = ErrorKind::infeasible, .rows = std::move(rows)});
}

/// Rows that hold a fixed variable are blamed together with it.
void blame_fixed(const QuadraticProgram& whole, const Row& row, std::vector<std::string>& names) {
    for (const Entry& entry : row.entries) {
        const std::size_t i = entry.variable;
        if (entry.value == 0 || whole.lower[i] < whole.upper[i] || whole.lower[i] == 0) continue;
        std::string name = fmt::format("{} fixed at {:.6g}", name_of(whole, i), whole.lower[i]);
        if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    }
}

std::expected<Reduced, Error> reduce(const QuadraticProgram& whole) {
    const std::size_t n = whole.variables;
    Reduced out;
    out.fixed.assign(n, 0.0);
    std::vector<std::optional<std::size_t>> place(n);
    for (std::size_t i = 0; i < n; ++i) {
        if (whole.lower[i] > whole.upper[i]) {
            return conflict({bound_name(whole, i, false), bound_name(whole, i, true)});
        }
        if (whole.lower[i] == whole.upper[i]) {
            out.fixed[i] = whole.lower[i];
            continue;
        }
        place[i] = out.free.size();
        out.free.push_back(i);
    }
    QuadraticProgram& small = out.program;
    small.variables = out.free.size();
    const auto curved = std::ranges::lower_bound(out.free, whole.curved) - out.free.begin();
    small.curved = static_cast<std::size_t>(curved);
    small.quadratic.reserve(small.curved * small.curved);
    for (std::size_t i = 0; i < small.variables; ++i) {
        const std::size_t from = out.free[i];
        double linear = whole.linear[from];
        if (i < small.curved) {
            const double* row = &whole.quadratic[from * whole.curved];
            for (std::size_t j = 0; j < whole.curved; ++j) linear += row[j] * out.fixed[j];
            for (std::size_t j = 0; j < small.curved; ++j) {
                small.quadratic.push_back(row[out.free[j]]);
            }
        }
        small.linear.push_back(linear);
        small.lower.push_back(whole.lower[from]);
        small.upper.push_back(whole.upper[from]);
        small.names.push_back(whole.names[from]);
    }
    for (std::size_t k = 0; k < whole.rows.size(); ++k) {
        const Row& row = whole.rows[k];
        const double shift = product(row, out.fixed);
        Row kept{row.name, {}, row.lower - shift, row.upper - shift};
        for (const Entry& entry : row.entries) {
            if (entry.value != 0 && place[entry.variable]) {
                kept.entries.push_back({*place[entry.variable], entry.value});
            }
        }
        const double slack = 1e-12 * std::max(1.0, std::abs(shift));
        const bool is_empty = kept.entries.empty();
        if (kept.lower > kept.upper || (is_empty && (kept.lower > slack || kept.upper < -slack))) {
            std::vector<std::string> names{row.name};
            if (is_empty) blame_fixed(whole, row, names);
            return conflict(std::move(names));
        }
        if (is_empty || (kept.lower == -kUnlimited && kept.upper == kUnlimited)) continue;
        out.rows.push_back(k);
        small.rows.push_back(std::move(kept));
    }
    return out;
}

/// Which named rows and bounds of a program are in a conflict. Helping rows always are.
struct Kept {
    std::vector<bool> rows{};
    std::vector<bool> lower{};  ///< [variables]
    std::vector<bool> upper{};
};

Kept all_of(const QuadraticProgram& program) {
    const std::size_t n = program.variables;
    Kept out{std::vector<bool>(program.rows.size(), true), std::vector<bool>(n),
             std::vector<bool>(n)};
    for (std::size_t i = 0; i < n; ++i) {
        out.lower[i] = std::isfinite(program.lower[i]);
        out.upper[i] = std::isfinite(program.upper[i]);
    }
    return out;
}

/// A nearest feasible point to 0 is sought: every conflict shows, and no objective is in the way.
InteriorPoint feasibility_of(const QuadraticProgram& program, const Kept& kept) {
    QuadraticProgram only = program;
    only.rows.clear();
    for (std::size_t k = 0; k < program.rows.size(); ++k) {
        if (kept.rows[k]) only.rows.push_back(program.rows[k]);
    }
    for (std::size_t i = 0; i < program.variables; ++i) {
        if (!kept.lower[i]) only.lower[i] = -kUnlimited;
        if (!kept.upper[i]) only.upper[i] = kUnlimited;
    }
    std::ranges::fill(only.quadratic, 0.0);
    for (std::size_t i = 0; i < only.curved; ++i) only.quadratic[i * only.curved + i] = 1;
    std::ranges::fill(only.linear, 0.0);
    InteriorPoint out = interior_point(only);
    std::vector<double> spread(program.rows.size(), 0.0);
    for (std::size_t k = 0, at = 0; k < kept.rows.size(); ++k) {
        if (kept.rows[k]) spread[k] = out.row_duals[at++];
    }
    out.row_duals = std::move(spread);
    return out;
}

/// Leaves out of a certificate's rows and bounds what the conflict does not need.
class Deletion {
public:
    Deletion(const QuadraticProgram& program, InteriorPoint certificate)
        : program_(program), certificate_(std::move(certificate)), kept_(all_of(program)) {}

    void run() {
        // First all at once what has no part, then sides of bounds, then one by one.
        Kept smaller = kept_;
        const double least = least_part();
        for (std::size_t k = 0; k < kept_.rows.size(); ++k) {
            if (!program_.rows[k].name.empty() && part(k) <= least) smaller.rows[k] = false;
        }
        keep_if_conflict(smaller);
        for (const auto side : {&Kept::lower, &Kept::upper}) {
            Kept without = kept_;
            (without.*side).assign(program_.variables, false);
            keep_if_conflict(without);
        }
        for (const auto side : {&Kept::rows, &Kept::lower, &Kept::upper}) one_by_one(side);
    }

    [[nodiscard]] const Kept& kept() const { return kept_; }
    [[nodiscard]] double dual(std::size_t row) const { return certificate_.row_duals[row]; }
    [[nodiscard]] double part(std::size_t row) const {
        return std::abs(dual(row)) * magnitude(program_.rows[row].entries);
    }
    [[nodiscard]] double least_part() const {
        double largest = 0;
        for (std::size_t k = 0; k < program_.rows.size(); ++k) largest = std::max(largest, part(k));
        return kPartMin * largest;
    }

private:
    void one_by_one(std::vector<bool> Kept::* side) {
        const std::size_t size = (kept_.*side).size();
        std::size_t left = 0;
        for (std::size_t i = 0; i < size; ++i) {
            if (is_candidate(side, i)) ++left;
        }
        if (left > kDeletionsMax) return;
        for (std::size_t i = 0; i < size; ++i) {
            if (!is_candidate(side, i)) continue;
            Kept without = kept_;
            (without.*side)[i] = false;
            keep_if_conflict(without);
        }
    }

    [[nodiscard]] bool is_candidate(std::vector<bool> Kept::* side, std::size_t i) const {
        return (kept_.*side)[i] && (side != &Kept::rows || !program_.rows[i].name.empty());
    }

    void keep_if_conflict(const Kept& smaller) {
        if (smaller.rows == kept_.rows && smaller.lower == kept_.lower &&
            smaller.upper == kept_.upper) {
            return;
        }
        InteriorPoint again = feasibility_of(program_, smaller);
        if (again.end != InteriorEnd::infeasible) return;
        kept_ = smaller;
        certificate_ = std::move(again);
    }

    const QuadraticProgram& program_;
    InteriorPoint certificate_;
    Kept kept_;
};

/// Named rows and bounds of a certificate.
std::vector<std::string> conflict_of(const QuadraticProgram& whole, const Reduced& reduced,
                                     InteriorPoint certificate) {
    const QuadraticProgram& program = reduced.program;
    Deletion deletion(program, std::move(certificate));
    deletion.run();
    std::vector<std::string> names;
    std::vector<double> left(program.variables, 0.0);
    const double least = deletion.least_part();
    for (std::size_t k = 0; k < program.rows.size(); ++k) {
        if (!deletion.kept().rows[k] || deletion.part(k) <= least) continue;
        const Row& row = program.rows[k];
        for (const Entry& entry : row.entries) {
            left[entry.variable] += entry.value * deletion.dual(k);
        }
        if (row.name.empty()) continue;
        const Row& given = whole.rows[reduced.rows[k]];
        const bool is_upper = deletion.dual(k) > 0;
        names.push_back(given.lower == given.upper
                            ? fmt::format("{} = {:.6g}", row.name, given.lower)
                            : fmt::format("{} {} {:.6g}", row.name,
                                          is_upper ? "at most" : "at least",
                                          is_upper ? given.upper : given.lower));
        blame_fixed(whole, given, names);
    }
    // What the rows leave over is carried by bounds, each on one side.
    for (std::size_t i = 0; i < program.variables; ++i) {
        const bool is_upper = left[i] < 0;
        const bool is_kept = is_upper ? deletion.kept().upper[i] : deletion.kept().lower[i];
        if (!is_kept || std::abs(left[i]) <= least || program.names[i].empty()) continue;
        names.push_back(bound_name(whole, reduced.free[i], is_upper));
    }
    return names;
}

std::vector<std::string> growing(const QuadraticProgram& program, const std::vector<double>& x) {
    double longest = 0;
    for (const double value : x) longest = std::max(longest, std::abs(value));
    std::vector<std::string> names;
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (std::abs(x[i]) > kGrowthMin * longest && !program.names[i].empty()) {
            names.push_back(program.names[i]);
        }
    }
    return names;
}

/// |dual| times the distance from its side; the dual itself where it has no such side.
double missed_complement(double dual, double value, double lower, double upper) {
    if (dual == 0) return 0;
    const double side = dual > 0 ? upper : lower;
    return std::abs(dual) * (std::isfinite(side) ? std::abs(side - value) : 1.0);
}

double missed(double value, double lower, double upper) {
    return std::max({0.0, lower - value, value - upper});
}

/// Fills objective, residuals, and the duals of fixed variables.
void judge(const QuadraticProgram& program, QuadraticSolution& solution) {
    const std::vector<double>& x = solution.x;
    double scale = 0;
    for (const double value : program.quadratic) scale = std::max(scale, std::abs(value));
    for (const double value : program.linear) scale = std::max(scale, std::abs(value));
    if (scale == 0) scale = 1;
    std::vector<double> slope = program.linear;
    double bent = 0, straight = 0;
    for (std::size_t i = 0; i < program.curved; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < program.curved; ++j) {
            sum += program.quadratic[i * program.curved + j] * x[j];
        }
        slope[i] += sum;
        bent += x[i] * sum;
    }
    KktResiduals& residuals = solution.residuals;
    for (std::size_t k = 0; k < program.rows.size(); ++k) {
        const Row& row = program.rows[k];
        for (const Entry& entry : row.entries) {
            slope[entry.variable] += entry.value * solution.row_duals[k];
        }
        const double size = magnitude(row.entries);
        if (size == 0) continue;
        const double value = product(row, x);
        residuals.infeasibility =
            std::max(residuals.infeasibility, missed(value, row.lower, row.upper) / size);
        residuals.complementarity =
            std::max(residuals.complementarity,
                     missed_complement(solution.row_duals[k], value, row.lower, row.upper) / scale);
    }
    for (std::size_t i = 0; i < program.variables; ++i) {
        straight += program.linear[i] * x[i];
        if (program.lower[i] == program.upper[i]) solution.bound_duals[i] = -slope[i];
        const double dual = solution.bound_duals[i];
        residuals.stationarity =
            std::max(residuals.stationarity, std::abs(slope[i] + dual) / scale);
        residuals.infeasibility =
            std::max(residuals.infeasibility, missed(x[i], program.lower[i], program.upper[i]));
        residuals.complementarity =
            std::max(residuals.complementarity,
                     missed_complement(dual, x[i], program.lower[i], program.upper[i]) / scale);
    }
    solution.objective = bent / 2 + straight;
}

}  // namespace

double KktResiduals::largest() const {
    return std::max({stationarity, infeasibility, complementarity});
}

std::expected<QuadraticSolution, Error> solve(const QuadraticProgram& program) {
    TRY_VOID(check(program));
    const Reduced reduced = TRY(reduce(program));
    QuadraticSolution out{.x = reduced.fixed,
                          .row_duals = std::vector<double>(program.rows.size(), 0.0),
                          .bound_duals = std::vector<double>(program.variables, 0.0)};
    if (!reduced.free.empty()) {
        InteriorPoint found = interior_point(reduced.program);
        if (found.end == InteriorEnd::infeasible) {
            return conflict(conflict_of(program, reduced, std::move(found)));
        }
        if (found.end == InteriorEnd::unbounded) {
            return std::unexpected(
                Error{.kind = ErrorKind::unbounded, .rows = growing(reduced.program, found.x)});
        }
        for (std::size_t i = 0; i < reduced.free.size(); ++i) {
            out.x[reduced.free[i]] = found.x[i];
            out.bound_duals[reduced.free[i]] = found.bound_duals[i];
        }
        for (std::size_t k = 0; k < reduced.rows.size(); ++k) {
            out.row_duals[reduced.rows[k]] = found.row_duals[k];
        }
        out.iterations = found.iterations;
        out.polished = found.polished;
    }
    judge(program, out);
    const double worst = out.residuals.largest();
    if (!(worst <= kKktTolerance)) {
        // A conflict may hide behind an objective without curvature.
        InteriorPoint feasible = feasibility_of(reduced.program, all_of(reduced.program));
        if (feasible.end == InteriorEnd::infeasible) {
            return conflict(conflict_of(program, reduced, std::move(feasible)));
        }
        return std::unexpected(Error{
            .kind = ErrorKind::no_convergence, .subject = "quadratic program", .value = worst});
    }
    return out;
}

}  // namespace tradewind::construction
