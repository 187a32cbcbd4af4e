// SPDX-License-Identifier: Apache-2.0
#include "construction/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

namespace tradewind::construction {
namespace {

constexpr std::size_t kNamesShown = 12;

std::string listed(const std::vector<std::string>& names) {
    const std::size_t shown = std::min(names.size(), kNamesShown);
    std::string out = fmt::format("{}", fmt::join(std::span(names).first(shown), "; "));
    if (names.size() > shown) out += fmt::format("; and {} more", names.size() - shown);
    return out;
}

}  // namespace

std::string describe(const Error& error) {
    switch (error.kind) {
        case ErrorKind::bad_input:
        case ErrorKind::not_a_covariance: return error.subject + ": " + error.problem;
        case ErrorKind::singular:
            return fmt::format(
                "{}: singular (smallest eigenvalue {:.3g} of the largest); shrink it or set ridge",
                error.subject, error.value);
        case ErrorKind::infeasible:
            return "no portfolio obeys these together: " + listed(error.rows);
        case ErrorKind::unbounded:
            return "the objective has no end along: " + listed(error.rows) +
                   "; bound them or add risk aversion";
        case ErrorKind::no_convergence:
            return fmt::format("{}: no solution to tolerance; largest residual {:.3g}",
                               error.subject, error.value);
    }
    return {};
}

std::unexpected<Error> bad_input(std::string field, std::string problem) {
    return std::unexpected(Error{
        .kind = ErrorKind::bad_input, .subject = std::move(field), .problem = std::move(problem)});
}

}  // namespace tradewind::construction
