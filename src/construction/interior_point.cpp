// SPDX-License-Identifier: Apache-2.0
#include "construction/interior_point.hpp"

#include <Eigen/Core>
#include <Eigen/LU>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace tradewind::construction {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t kIterationsMax = 200;
/// Inner tolerance, relative; polishing goes below it.
constexpr double kInnerTolerance = 1e-9;
/// A certificate is exact but for this: it rules out every point whose absolute values sum to less
/// than its inverse.
constexpr double kCertificateTolerance = 1e-6;
constexpr double kStepShare = 0.99;
constexpr double kStepMin = 1e-9;
/// A row with more entries than this stands in the border of the matrix.
constexpr std::size_t kLightEntriesMax = 3;
/// Added to the diagonal, and taken out again by refinement.
constexpr double kRegularization = 1e-10;
constexpr std::size_t kRefinementsMax = 6;
/// 1 / weight of a line without weight.
constexpr double kNoWeight = 1e20;
/// Weight of an active row while polishing.
constexpr double kActiveWeight = 1e7;
constexpr std::size_t kPolishingsMax = 12;
constexpr std::size_t kRepairsMax = 20;

std::size_t at(Index i) { return static_cast<std::size_t>(i); }
Index index(std::size_t i) { return static_cast<Index>(i); }

struct Line {
    std::vector<Entry> entries{};
    double scale = 1;  ///< the row of the program is this times the line
    bool is_heavy = false;
    Index heavy = -1;     ///< its place in the border
    Index equation = -1;  ///< its place among the equations
    double target = 0;    ///< of an equation
};

/// sign * line + s = bound, s >= 0.
struct Side {
    std::size_t line = 0;
    double sign = 1;
    double bound = 0;
};

/// The program with cost and rows scaled to 1, bounds as lines, every inequality as a side.
struct Scaled {
    Index size = 0;
    Index curved = 0;
    MatrixXd quadratic{};
    VectorXd linear{};
    double cost_scale = 1;  ///< scaled cost = this times cost
    std::vector<Line> lines{};
    std::size_t rows = 0;                ///< lines before this are rows of the program
    std::vector<std::size_t> bounded{};  ///< variable of each line after them
    std::vector<Side> sides{};
    Index equations = 0;
    Index heavy = 0;
};

bool has_two_helpers(const std::vector<Entry>& entries, std::size_t curved) {
    return std::ranges::count_if(entries, [&](const Entry& e) { return e.variable >= curved; }) > 1;
}

void add_sides(Scaled& out, std::size_t line, double lower, double upper) {
    if (std::isfinite(upper)) out.sides.push_back({line, 1, upper});
    if (std::isfinite(lower)) out.sides.push_back({line, -1, -lower});
}

Scaled scaled(const QuadraticProgram& program) {
    Scaled out;
    out.size = index(program.variables);
    out.curved = index(program.curved);
    out.quadratic = Eigen::Map<const MatrixXd>(program.quadratic.data(), out.curved, out.curved);
    out.linear = Eigen::Map<const VectorXd>(program.linear.data(), out.size);
    const double curve = out.curved > 0 ? out.quadratic.cwiseAbs().maxCoeff() : 0.0;
    const double largest = std::max(curve, out.linear.cwiseAbs().maxCoeff());
    if (largest > 0) out.cost_scale = 1 / largest;
    out.quadratic *= out.cost_scale;
    out.linear *= out.cost_scale;
    out.rows = program.rows.size();
    for (const Row& row : program.rows) {
        Line line{.entries = row.entries};
        line.scale = 0;
        for (const Entry& entry : row.entries) {
            line.scale = std::max(line.scale, std::abs(entry.value));
        }
        for (Entry& entry : line.entries) entry.value /= line.scale;
        const bool is_equation = row.lower == row.upper;
        // A light row of several variables mixes its weight into the matrix, where directions with
        // little curvature drown in it; so only helping rows, of which there are many, are light.
        line.is_heavy = is_equation || !row.name.empty() || row.entries.size() > kLightEntriesMax ||
                        has_two_helpers(row.entries, program.curved);
        if (line.is_heavy) line.heavy = out.heavy++;
        if (is_equation) {
            line.equation = out.equations++;
            line.target = row.lower / line.scale;
        } else {
            add_sides(out, out.lines.size(), row.lower / line.scale, row.upper / line.scale);
        }
        out.lines.push_back(std::move(line));
    }
    for (std::size_t i = 0; i < program.variables; ++i) {
        if (!std::isfinite(program.lower[i]) && !std::isfinite(program.upper[i])) continue;
        add_sides(out, out.lines.size(), program.lower[i], program.upper[i]);
        out.lines.push_back(Line{.entries = {{i, 1.0}}});
        out.bounded.push_back(i);
    }
    return out;
}

double value_of(const Line& line, const VectorXd& x) {
    double sum = 0;
    for (const Entry& entry : line.entries) sum += entry.value * x[index(entry.variable)];
    return sum;
}

VectorXd times_quadratic(const Scaled& p, const VectorXd& x) {
    VectorXd out = VectorXd::Zero(p.size);
    if (p.curved > 0) out.head(p.curved).noalias() = p.quadratic * x.head(p.curved);
    return out;
}

/// A' times the multipliers of sides and equations.
VectorXd transposed(const Scaled& p, const VectorXd& z, const VectorXd& y) {
    VectorXd of_line = VectorXd::Zero(index(p.lines.size()));
    for (std::size_t k = 0; k < p.sides.size(); ++k) {
        of_line[index(p.sides[k].line)] += p.sides[k].sign * z[index(k)];
    }
    VectorXd out = VectorXd::Zero(p.size);
    for (std::size_t l = 0; l < p.lines.size(); ++l) {
        const Line& line = p.lines[l];
        const double dual = line.equation >= 0 ? y[line.equation] : of_line[index(l)];
        if (dual == 0) continue;
        for (const Entry& entry : line.entries) out[index(entry.variable)] += entry.value * dual;
    }
    return out;
}

VectorXd side_values(const Scaled& p, const VectorXd& x) {
    VectorXd out(index(p.sides.size()));
    for (std::size_t k = 0; k < p.sides.size(); ++k) {
        out[index(k)] = p.sides[k].sign * value_of(p.lines[p.sides[k].line], x);
    }
    return out;
}

VectorXd equation_values(const Scaled& p, const VectorXd& x) {
    VectorXd out(p.equations);
    for (const Line& line : p.lines) {
        if (line.equation >= 0) out[line.equation] = value_of(line, x);
    }
    return out;
}

VectorXd side_bounds(const Scaled& p) {
    VectorXd out(index(p.sides.size()));
    for (std::size_t k = 0; k < p.sides.size(); ++k) out[index(k)] = p.sides[k].bound;
    return out;
}

VectorXd equation_targets(const Scaled& p) {
    VectorXd out(p.equations);
    for (const Line& line : p.lines) {
        if (line.equation >= 0) out[line.equation] = line.target;
    }
    return out;
}

struct Step {
    VectorXd x{};
    VectorXd z{};  ///< of the sides
    VectorXd y{};  ///< of the equations
};

/// Solves, for weights w of the sides,
///     P dx + A' dual = rx,   sign * line(dx) - dz / w = rs,   equation(dx) = re.
/// Light lines are added to P; helping variables, which no two of them share, are eliminated as a
/// diagonal; heavy lines are a Schur complement.
class Newton {
public:
    explicit Newton(const Scaled& p) : p_(p), helpers_(p.size - p.curved) {
        links_.resize(at(helpers_));
        for (const Line& line : p.lines) {
            if (line.is_heavy) continue;
            for (const Entry& helper : line.entries) {
                if (index(helper.variable) < p.curved) continue;
                auto& linked = links_[helper.variable - at(p.curved)];
                for (const Entry& entry : line.entries) {
                    if (index(entry.variable) < p.curved) linked.push_back({entry.variable, 0});
                }
            }
        }
        for (auto& linked : links_) {
            std::ranges::sort(linked, {}, &Entry::variable);
            const auto rest = std::ranges::unique(linked, {}, &Entry::variable);
            linked.erase(rest.begin(), rest.end());
        }
        heavy_curved_ = MatrixXd::Zero(p.curved, p.heavy);
        heavy_helping_ = MatrixXd::Zero(helpers_, p.heavy);
        for (const Line& line : p.lines) {
            if (!line.is_heavy) continue;
            for (const Entry& entry : line.entries) {
                const Index i = index(entry.variable);
                if (i < p.curved) {
                    heavy_curved_(i, line.heavy) += entry.value;
                } else {
                    heavy_helping_(i - p.curved, line.heavy) += entry.value;
                }
            }
        }
    }

    void factor(const VectorXd& side_weights) {
        side_weights_ = side_weights;
        // A side of weight 0 is left out, and so is what it misses.
        inverse_side_weights_ = (side_weights.array() > 0).select(side_weights.cwiseInverse(), 0.0);
        line_weights_ = VectorXd::Zero(index(p_.lines.size()));
        for (std::size_t k = 0; k < p_.sides.size(); ++k) {
            line_weights_[index(p_.sides[k].line)] += side_weights[index(k)];
        }
        refactor();
    }

    /// Refined as a whole: a multiplier worked out from dx alone would carry dx's rounding times
    /// its weight.
    [[nodiscard]] Step solve(const VectorXd& rx, const VectorXd& rs, const VectorXd& re) const {
        Step out{VectorXd::Zero(p_.size), VectorXd::Zero(rs.size()), VectorXd::Zero(re.size())};
        Step best = out;
        double least = std::numeric_limits<double>::infinity();
        const double goal = 1e-15 * std::max({largest(rx), largest(rs), largest(re)});
        VectorXd error_x = rx, error_s = rs, error_e = re;
        for (std::size_t round = 0; round <= kRefinementsMax; ++round) {
            const Step more = solve_once(error_x, error_s, error_e);
            out.x += more.x;
            out.z += more.z;
            out.y += more.y;
            error_x = rx - times_quadratic(p_, out.x) - transposed(p_, out.z, out.y);
            error_s =
                (side_weights_.array() > 0)
                    .select(rs - side_values(p_, out.x) + out.z.cwiseProduct(inverse_side_weights_),
                            0.0);
            error_e = re - equation_values(p_, out.x);
            const double error = std::max({largest(error_x), largest(error_s), largest(error_e)});
            if (!(error < least)) break;
            const bool is_slow = error > least / 2;
            least = error;
            best = out;
            if (least <= goal || is_slow) break;
        }
        return best;
    }

    [[nodiscard]] static double largest(const VectorXd& v) {
        return v.size() > 0 ? v.cwiseAbs().maxCoeff() : 0.0;
    }

private:
    [[nodiscard]] Step solve_once(const VectorXd& rx, const VectorXd& rs,
                                  const VectorXd& re) const {
        VectorXd right = rx;
        VectorXd heavy = VectorXd::Zero(p_.heavy);
        VectorXd pushed = VectorXd::Zero(index(p_.lines.size()));
        for (std::size_t k = 0; k < p_.sides.size(); ++k) {
            const Side& side = p_.sides[k];
            pushed[index(side.line)] += side.sign * side_weights_[index(k)] * rs[index(k)];
        }
        for (std::size_t l = 0; l < p_.lines.size(); ++l) {
            const Line& line = p_.lines[l];
            const double push = pushed[index(l)];
            if (line.equation >= 0) {
                heavy[line.heavy] = re[line.equation];
            } else if (line.is_heavy) {
                const double weight = line_weights_[index(l)];
                heavy[line.heavy] = weight > 0 ? push / weight : 0.0;
            } else if (push != 0) {
                for (const Entry& entry : line.entries) {
                    right[index(entry.variable)] += entry.value * push;
                }
            }
        }
        Step out{VectorXd(p_.size), VectorXd(rs.size()), VectorXd(p_.equations)};
        const VectorXd dual = back_substitute(right, heavy, out.x);
        for (std::size_t k = 0; k < p_.sides.size(); ++k) {
            const Side& side = p_.sides[k];
            const double value = side.sign * value_of(p_.lines[side.line], out.x);
            out.z[index(k)] = side_weights_[index(k)] * (value - rs[index(k)]);
        }
        for (const Line& line : p_.lines) {
            if (line.equation >= 0) out.y[line.equation] = dual[line.heavy];
        }
        return out;
    }

    void refactor() {
        matrix_ = p_.quadratic;
        matrix_.diagonal().array() += kRegularization;
        helping_ = VectorXd::Constant(helpers_, kRegularization);
        for (auto& linked : links_) {
            for (Entry& entry : linked) entry.value = 0;
        }
        for (std::size_t l = 0; l < p_.lines.size(); ++l) {
            const Line& line = p_.lines[l];
            if (!line.is_heavy && line_weights_[index(l)] > 0) add(line, line_weights_[index(l)]);
        }
        // A helping variable that no active line holds has nothing to say.
        for (Index j = 0; j < helpers_; ++j) {
            if (helping_[j] <= kRegularization) helping_[j] = 1;
        }
        for (std::size_t j = 0; j < links_.size(); ++j) {
            for (const Entry& a : links_[j]) {
                for (const Entry& b : links_[j]) {
                    matrix_(index(a.variable), index(b.variable)) -=
                        a.value * b.value / helping_[index(j)];
                }
            }
        }
        MatrixXd across = heavy_curved_;
        for (std::size_t j = 0; j < links_.size(); ++j) {
            for (const Entry& a : links_[j]) {
                across.row(index(a.variable)) -=
                    heavy_helping_.row(index(j)) * (a.value / helping_[index(j)]);
            }
        }
        MatrixXd corner =
            heavy_helping_.transpose() * helping_.cwiseInverse().asDiagonal() * heavy_helping_;
        for (std::size_t l = 0; l < p_.lines.size(); ++l) {
            const Line& line = p_.lines[l];
            if (!line.is_heavy) continue;
            double slack = kRegularization;
            if (line.equation < 0) {
                const double weight = line_weights_[index(l)];
                slack += weight > 0 ? 1 / weight : kNoWeight;
            }
            corner(line.heavy, line.heavy) += slack;
        }
        MatrixXd whole(p_.curved + p_.heavy, p_.curved + p_.heavy);
        whole << matrix_, across, across.transpose(), -corner;
        factor_.compute(whole);
    }

    void add(const Line& line, double weight) {
        for (const Entry& a : line.entries) {
            const Index i = index(a.variable);
            if (i >= p_.curved) {
                helping_[i - p_.curved] += weight * a.value * a.value;
                continue;
            }
            for (const Entry& b : line.entries) {
                const Index j = index(b.variable);
                const double product = weight * a.value * b.value;
                if (j < p_.curved) {
                    matrix_(i, j) += product;
                } else {
                    auto& linked = links_[b.variable - at(p_.curved)];
                    std::ranges::find(linked, a.variable, &Entry::variable)->value += product;
                }
            }
        }
    }

    /// x and, returned, the multipliers of heavy lines, of the regularised system.
    [[nodiscard]] VectorXd back_substitute(const VectorXd& right, const VectorXd& heavy,
                                           VectorXd& x) const {
        const VectorXd helping = right.tail(helpers_).cwiseQuotient(helping_);
        VectorXd curved = right.head(p_.curved);
        for (std::size_t j = 0; j < links_.size(); ++j) {
            for (const Entry& a : links_[j]) {
                curved[index(a.variable)] -= a.value * helping[index(j)];
            }
        }
        VectorXd both(p_.curved + p_.heavy);
        both << curved, heavy - heavy_helping_.transpose() * helping;
        both = factor_.solve(both).eval();
        curved = both.head(p_.curved);
        VectorXd dual = both.tail(p_.heavy);
        VectorXd rest = right.tail(helpers_);
        rest.noalias() -= heavy_helping_ * dual;
        for (std::size_t j = 0; j < links_.size(); ++j) {
            for (const Entry& a : links_[j]) {
                rest[index(j)] -= a.value * curved[index(a.variable)];
            }
        }
        x.head(p_.curved) = curved;
        x.tail(helpers_) = rest.cwiseQuotient(helping_);
        return dual;
    }

    const Scaled& p_;
    Index helpers_;
    std::vector<std::vector<Entry>> links_{};    ///< [helpers]: curved variables and their coupling
    MatrixXd heavy_curved_{}, heavy_helping_{};  ///< [variable, heavy line]
    VectorXd side_weights_{}, inverse_side_weights_{}, line_weights_{};
    MatrixXd matrix_{};
    VectorXd helping_{};
    Eigen::PartialPivLU<MatrixXd> factor_{};
};

/// A point of the homogeneous embedding.
struct Point {
    VectorXd x{}, z{}, y{}, s{};
    double tau = 1;
    double kappa = 1;
};

double dot(const VectorXd& a, const VectorXd& b) { return a.size() > 0 ? a.dot(b) : 0.0; }

double step_length(const Point& at_point, const Point& step) {
    double alpha = 1 / kStepShare;
    const auto limit = [&](double value, double change) {
        if (change < 0) alpha = std::min(alpha, -value / change);
    };
    for (Index k = 0; k < at_point.s.size(); ++k) {
        limit(at_point.s[k], step.s[k]);
        limit(at_point.z[k], step.z[k]);
    }
    limit(at_point.tau, step.tau);
    limit(at_point.kappa, step.kappa);
    return std::min(1.0, kStepShare * alpha);
}

class Embedding {
public:
    explicit Embedding(const Scaled& p)
        : p_(p), newton_(p), bounds_(side_bounds(p)), targets_(equation_targets(p)) {}

    InteriorPoint run() {
        start();
        InteriorPoint out;
        best_error_ = std::numeric_limits<double>::infinity();
        std::size_t poor = 0;
        for (; out.iterations < kIterationsMax; ++out.iterations) {
            measure();
            if (const auto end = certificate(kCertificateTolerance)) return ended(*end, out);
            const double conflict = pressed_ < 0 ? -Newton::largest(dual_x_) / pressed_ : 1;
            if (conflict < nearest_conflict_) {
                nearest_conflict_ = conflict;
                nearest_ = now_;
            }
            const double error = error_of();
            if (error < best_error_) {
                best_error_ = error;
                best_ = now_;
            }
            if (error <= kInnerTolerance) break;
            // Beyond the arithmetic's reach the error no longer falls.
            poor = error > best_error_ * 0.9 && best_error_ < 1e-6 ? poor + 1 : 0;
            if (poor > 4 || !advance()) break;
        }
        if (best_error_ > 1e-5) {
            if (repair_certificate()) return ended(InteriorEnd::infeasible, out);
        }
        now_ = best_;
        const double tau = now_.tau;
        now_.x /= tau;
        now_.z /= tau;
        now_.y /= tau;
        now_.s /= tau;
        out.polished = polish();
        fill(out);
        return out;
    }

private:
    void start() {
        const Index sides = bounds_.size();
        now_ = Point{};
        newton_.factor(VectorXd::Ones(sides));
        Step first = newton_.solve(-p_.linear, bounds_, targets_);
        now_.x = std::move(first.x);
        now_.y = std::move(first.y);
        now_.s = -first.z;
        now_.z = std::move(first.z);
        const auto lift = [](VectorXd& v) {
            const double lowest = v.size() > 0 ? v.minCoeff() : 1.0;
            if (lowest < 1e-8) v.array() += 1 - lowest;
        };
        lift(now_.s);
        lift(now_.z);
    }

    /// The three residuals of the embedding, and what they are made of.
    void measure() {
        curve_x_ = times_quadratic(p_, now_.x);
        dual_x_ = transposed(p_, now_.z, now_.y);
        side_x_ = side_values(p_, now_.x);
        equation_x_ = equation_values(p_, now_.x);
        bent_ = now_.x.dot(curve_x_);
        straight_ = p_.linear.dot(now_.x);
        pressed_ = dot(bounds_, now_.z) + dot(targets_, now_.y);
        of_x_ = curve_x_ + dual_x_ + p_.linear * now_.tau;
        of_sides_ = side_x_ + now_.s - bounds_ * now_.tau;
        of_equations_ = equation_x_ - targets_ * now_.tau;
        of_tau_ = now_.kappa + bent_ / now_.tau + straight_ + pressed_;
    }

    [[nodiscard]] double error_of() const {
        const double tau = now_.tau;
        const double dual =
            Newton::largest(of_x_) / tau /
            std::max({1.0, Newton::largest(curve_x_) / tau, Newton::largest(dual_x_) / tau});
        const double primal = std::max(Newton::largest(of_sides_), Newton::largest(of_equations_)) /
                              tau / std::max(1.0, Newton::largest(now_.x) / tau);
        const double objective = bent_ / 2 / tau / tau + straight_ / tau;
        const double bound = -bent_ / 2 / tau / tau - pressed_ / tau;
        const double gap = std::abs(objective - bound) /
                           std::max(1e-2, std::min(std::abs(objective), std::abs(bound)));
        return std::max({dual, primal, gap});
    }

    [[nodiscard]] std::optional<InteriorEnd> certificate(double tolerance) const {
        if (pressed_ < 0 && Newton::largest(dual_x_) < -tolerance * pressed_) {
            return InteriorEnd::infeasible;
        }
        if (straight_ < 0) {
            const double limit = -tolerance * straight_;
            double missed = std::max(Newton::largest(curve_x_), Newton::largest(equation_x_));
            for (Index k = 0; k < side_x_.size(); ++k) missed = std::max(missed, side_x_[k]);
            if (missed < limit) return InteriorEnd::unbounded;
        }
        return std::nullopt;
    }

    /// The last digits of a certificate are lost where its lines nearly depend on each other: the
    /// nearest one found is moved the least that makes it exact. Sides whose multipliers that takes
    /// below 0 are left out and the rest is moved again.
    bool repair_certificate() {
        if (nearest_conflict_ > 1e-2) return false;
        now_ = nearest_;
        std::vector<bool> is_pressing(p_.sides.size());
        for (std::size_t k = 0; k < p_.sides.size(); ++k) {
            is_pressing[k] = now_.z[index(k)] > now_.s[index(k)];
        }
        for (std::size_t round = 0; round < kRepairsMax; ++round) {
            if (repair_once(is_pressing)) continue;
            measure();
            return certificate(kCertificateTolerance) == InteriorEnd::infeasible;
        }
        return false;
    }

    /// Whether sides had to be left out.
    bool repair_once(std::vector<bool>& is_pressing) {
        std::vector<std::size_t> pressing;
        for (std::size_t k = 0; k < p_.sides.size(); ++k) {
            if (is_pressing[k]) {
                pressing.push_back(k);
            } else {
                now_.z[index(k)] = 0;
            }
        }
        const Index count = index(pressing.size());
        if (p_.size == 0 || count + p_.equations == 0) return false;  // nothing can be repaired
        MatrixXd normals = MatrixXd::Zero(p_.size, count + p_.equations);
        for (Index c = 0; c < count; ++c) {
            const Side& side = p_.sides[pressing[at(c)]];
            for (const Entry& entry : p_.lines[side.line].entries) {
                normals(index(entry.variable), c) += side.sign * entry.value;
            }
        }
        for (const Line& line : p_.lines) {
            if (line.equation < 0) continue;
            for (const Entry& entry : line.entries) {
                normals(index(entry.variable), count + line.equation) += entry.value;
            }
        }
        const VectorXd left = -transposed(p_, now_.z, now_.y);
        const VectorXd change = normals.completeOrthogonalDecomposition().solve(left);
        bool is_smaller = false;
        for (Index c = 0; c < count; ++c) {
            double& z = now_.z[index(pressing[at(c)])];
            z += change[c];
            if (z >= 0) continue;
            z = 0;
            is_pressing[pressing[at(c)]] = false;
            is_smaller = true;
        }
        now_.y += change.tail(p_.equations);
        return is_smaller;
    }

    InteriorPoint ended(InteriorEnd end, InteriorPoint out) const {
        out.end = end;
        fill(out);
        return out;
    }

    /// A predictor and a corrector; false where no step is left.
    bool advance() {
        const Index sides = bounds_.size();
        newton_.factor(now_.z.cwiseQuotient(now_.s).cwiseMin(1e20).cwiseMax(1e-20));
        const Step fixed = newton_.solve(-p_.linear, bounds_, targets_);
        const double mu =
            (dot(now_.s, now_.z) + now_.tau * now_.kappa) / static_cast<double>(sides + 1);
        const Point affine =
            direction(fixed, 1.0, now_.s.cwiseProduct(now_.z), now_.tau * now_.kappa);
        const double reach = step_length(now_, affine);
        const double centre = std::pow(1 - reach, 3);
        const VectorXd product = now_.s.cwiseProduct(now_.z) + affine.s.cwiseProduct(affine.z) -
                                 VectorXd::Constant(sides, centre * mu);
        const double product_tau = now_.tau * now_.kappa + affine.tau * affine.kappa - centre * mu;
        const Point step = direction(fixed, 1 - centre, product, product_tau);
        const double alpha = step_length(now_, step);
        if (!(alpha > kStepMin) || !std::isfinite(step.tau)) return false;
        now_.x += alpha * step.x;
        now_.z += alpha * step.z;
        now_.y += alpha * step.y;
        now_.s += alpha * step.s;
        now_.tau += alpha * step.tau;
        now_.kappa += alpha * step.kappa;
        return true;
    }

    [[nodiscard]] Point direction(const Step& fixed, double share, const VectorXd& product,
                                  double product_tau) const {
        const Step moving =
            newton_.solve(-share * of_x_, product.cwiseQuotient(now_.z) - share * of_sides_,
                          -share * of_equations_);
        const double tau = now_.tau;
        const VectorXd slope = 2 / tau * curve_x_ + p_.linear;
        const double above = share * of_tau_ - product_tau / tau + slope.dot(moving.x) +
                             dot(bounds_, moving.z) + dot(targets_, moving.y);
        const double below = now_.kappa / tau + bent_ / tau / tau - slope.dot(fixed.x) -
                             dot(bounds_, fixed.z) - dot(targets_, fixed.y);
        Point out;
        out.tau = above / below;
        out.x = moving.x + out.tau * fixed.x;
        out.z = moving.z + out.tau * fixed.z;
        out.y = moving.y + out.tau * fixed.y;
        out.s = -(product + now_.s.cwiseProduct(out.z)).cwiseQuotient(now_.z);
        out.kappa = -(product_tau + now_.kappa * out.tau) / tau;
        return out;
    }

    struct Merit {
        double stationarity, infeasibility, complementarity;
        [[nodiscard]] double largest() const {
            return std::max({stationarity, infeasibility, complementarity});
        }
    };

    [[nodiscard]] Merit merit(const VectorXd& x, const VectorXd& z, const VectorXd& y) const {
        Merit out{};
        out.stationarity =
            Newton::largest(times_quadratic(p_, x) + p_.linear + transposed(p_, z, y));
        out.infeasibility = Newton::largest(equation_values(p_, x) - targets_);
        const VectorXd slack = bounds_ - side_values(p_, x);
        for (Index k = 0; k < slack.size(); ++k) {
            out.infeasibility = std::max(out.infeasibility, -slack[k]);
            out.complementarity =
                std::max(out.complementarity, z[k] < 0 ? -z[k] : std::abs(z[k] * slack[k]));
        }
        return out;
    }

    /// Solves for the sides that press as equations; kept only where that is nearer to optimal.
    bool polish() {
        VectorXd weights = VectorXd::Zero(bounds_.size());
        VectorXd x = now_.x, z = now_.z, y = now_.y;
        for (Index k = 0; k < z.size(); ++k) {
            if (z[k] > now_.s[k]) {
                weights[k] = kActiveWeight;
            } else {
                z[k] = 0;
            }
        }
        const Merit before = merit(now_.x, now_.z, now_.y);
        double least = before.largest();
        newton_.factor(weights);
        bool is_better = false;
        for (std::size_t round = 0; round < kPolishingsMax; ++round) {
            const Step step =
                newton_.solve(-(times_quadratic(p_, x) + p_.linear + transposed(p_, z, y)),
                              bounds_ - side_values(p_, x), targets_ - equation_values(p_, x));
            x += step.x;
            z += step.z;
            y += step.y;
            const double now = merit(x, z, y).largest();
            if (!std::isfinite(now)) break;
            if (now < least) {
                const bool is_enough = now > least / 2 || now < 1e-15;
                least = now;
                now_.x = x;
                now_.z = z;
                now_.y = y;
                is_better = true;
                if (is_enough) break;
            }
        }
        if (is_better) snap(weights);
        return is_better;
    }

    /// A variable at its bound equals it to the last bit.
    void snap(const VectorXd& weights) {
        for (std::size_t k = 0; k < p_.sides.size(); ++k) {
            const Side& side = p_.sides[k];
            if (side.line < p_.rows || weights[index(k)] == 0) continue;
            double& value = now_.x[index(p_.bounded[side.line - p_.rows])];
            const double bound = side.sign * side.bound;
            if (std::abs(value - bound) < 1e-9) value = bound;
        }
    }

    void fill(InteriorPoint& out) const {
        out.x.assign(now_.x.data(), now_.x.data() + now_.x.size());
        out.row_duals.assign(p_.rows, 0.0);
        out.bound_duals.assign(at(p_.size), 0.0);
        for (std::size_t l = 0; l < p_.rows; ++l) {
            const Line& line = p_.lines[l];
            if (line.equation >= 0) {
                out.row_duals[l] = now_.y[line.equation] / line.scale / p_.cost_scale;
            }
        }
        for (std::size_t k = 0; k < p_.sides.size(); ++k) {
            const Side& side = p_.sides[k];
            const double dual = side.sign * now_.z[index(k)] / p_.cost_scale;
            if (side.line < p_.rows) {
                out.row_duals[side.line] += dual / p_.lines[side.line].scale;
            } else {
                out.bound_duals[p_.bounded[side.line - p_.rows]] += dual;
            }
        }
    }

    const Scaled& p_;
    Newton newton_;
    VectorXd bounds_, targets_;
    Point now_{}, best_{}, nearest_{};
    double best_error_ = 0, nearest_conflict_ = 1;
    VectorXd curve_x_{}, dual_x_{}, side_x_{}, equation_x_{};
    VectorXd of_x_{}, of_sides_{}, of_equations_{};
    double of_tau_ = 0, bent_ = 0, straight_ = 0, pressed_ = 0;
};

}  // namespace

InteriorPoint interior_point(const QuadraticProgram& program) {
    const Scaled problem = scaled(program);
    return Embedding(problem).run();
}

}  // namespace tradewind::construction
