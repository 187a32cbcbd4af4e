// SPDX-License-Identifier: Apache-2.0
#include "measures/covariance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "measures/spectrum.hpp"

namespace tradewind::measures {
namespace {

/// Returns less their means, without the rows that are left out.
struct Centred {
    std::vector<double> values{};  ///< [rows, columns]
    std::size_t columns = 0;
    std::size_t rows = 0;

    [[nodiscard]] std::span<const double> row(std::size_t i) const {
        return std::span(values).subspan(i * columns, columns);
    }
};

bool is_complete(std::span<const double> row) {
    return std::ranges::none_of(row, [](double x) { return std::isnan(x); });
}

std::expected<Centred, Error> centred(const ReturnsTable& returns, MissingRows missing) {
    TRY_VOID(missing == MissingRows::refuse ? check_complete(returns) : check_table(returns));
    Centred out{.columns = returns.columns};
    out.values.reserve(returns.values.size());
    for (std::size_t i = 0; i < returns.rows(); ++i) {
        const auto row = returns.row(i);
        if (!is_complete(row)) continue;
        out.values.insert(out.values.end(), row.begin(), row.end());
        ++out.rows;
    }
    if (out.rows < 2) {
        return std::unexpected(Error{.kind = ErrorKind::too_few_rows, .row = out.rows, .value = 2});
    }
    for (std::size_t c = 0; c < out.columns; ++c) {
        double sum = 0;
        for (std::size_t i = 0; i < out.rows; ++i) sum += out.values[i * out.columns + c];
        const double mean = sum / static_cast<double>(out.rows);
        for (std::size_t i = 0; i < out.rows; ++i) out.values[i * out.columns + c] -= mean;
    }
    return out;
}

/// sum_t x_t x_t' / divisor
SquareMatrix products_of(const Centred& x, double divisor) {
    LowerTriangle sums(x.columns);
    for (std::size_t i = 0; i < x.rows; ++i) sums.add_outer(1, x.row(i));
    return sums.to_square(1 / divisor);
}

double sum_of_squares(std::span<const double> values) {
    double sum = 0;
    for (const double one : values) sum += one * one;
    return sum;
}

double trace_of(const SquareMatrix& m) {
    double sum = 0;
    for (std::size_t i = 0; i < m.size; ++i) sum += m.at(i, i);
    return sum;
}

/// (1 - weight) sample + weight target
void shrink(SquareMatrix& sample, double weight, const SquareMatrix& target) {
    for (std::size_t i = 0; i < sample.values.size(); ++i) {
        sample.values[i] = (1 - weight) * sample.values[i] + weight * target.values[i];
    }
}

/// sum_t (sum_i x_ti^2)^2 / n: all elements of the mean of (x x')^2, added up.
double mean_squared_norm(const Centred& x) {
    double sum = 0;
    for (std::size_t i = 0; i < x.rows; ++i) {
        const double norm = sum_of_squares(x.row(i));
        sum += norm * norm;
    }
    return sum / static_cast<double>(x.rows);
}

Covariance identity_shrinkage(const Centred& x) {
    const auto n = static_cast<double>(x.rows);
    const auto p = static_cast<double>(x.columns);
    SquareMatrix sample = products_of(x, n);
    const double mu = trace_of(sample) / p;
    const double squares = sum_of_squares(sample.values);
    // The paper's norms are divided by p, which drops out of their ratio.
    const double distance = squares - p * mu * mu;              // d^2
    const double error = (mean_squared_norm(x) - squares) / n;  // b^2
    const double weight = distance > 0 ? std::clamp(error / distance, 0.0, 1.0) : 0.0;
    SquareMatrix target = SquareMatrix::zero(x.columns);
    for (std::size_t i = 0; i < x.columns; ++i) target.at(i, i) = mu;
    shrink(sample, weight, target);
    return {.matrix = std::move(sample), .rows = x.rows, .shrinkage = weight};
}

std::expected<std::vector<double>, Error> deviations_of(const SquareMatrix& covariance) {
    std::vector<double> out(covariance.size);
    for (std::size_t i = 0; i < covariance.size; ++i) {
        const double variance = covariance.at(i, i);
        if (!(variance > 0)) {
            return std::unexpected(Error{.kind = ErrorKind::constant, .column = i});
        }
        out[i] = std::sqrt(variance);
    }
    return out;
}

/// A column whose values are equal but for rounding has no correlations.
std::expected<std::vector<double>, Error> deviations_of(const ReturnsTable& returns,
                                                        const SquareMatrix& covariance) {
    auto out = TRY(deviations_of(covariance));
    for (std::size_t c = 0; c < returns.columns; ++c) {
        double scale = 0;
        for (std::size_t i = 0; i < returns.rows(); ++i) {
            const double value = returns.at(i, c);
            if (!std::isnan(value)) scale = std::max(scale, std::abs(value));
        }
        if (out[c] > 4 * std::numeric_limits<double>::epsilon() * scale) continue;
        return std::unexpected(Error{.kind = ErrorKind::constant, .column = c});
    }
    return out;
}

SquareMatrix constant_correlation(const SquareMatrix& sample, std::span<const double> deviations,
                                  double correlation) {
    SquareMatrix out = sample;
    for (std::size_t i = 0; i < out.size; ++i) {
        for (std::size_t j = 0; j < out.size; ++j) {
            if (i != j) out.at(i, j) = correlation * deviations[i] * deviations[j];
        }
    }
    return out;
}

double mean_correlation(const SquareMatrix& sample, std::span<const double> deviations) {
    double sum = 0;
    for (std::size_t i = 0; i < sample.size; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            sum += sample.at(i, j) / (deviations[i] * deviations[j]);
        }
    }
    const auto p = static_cast<double>(sample.size);
    return 2 * sum / (p * (p - 1));
}

/// The paper's rho-hat less its diagonal terms: mean correlation x sum_{i != j} (s_j / s_i)
/// theta_ii,ij with theta_ii,ij = E[x_i^3 x_j] - s_ii s_ij. Its sum over all pairs of a row is a
/// product of two sums, so that it takes n p instead of n p^2.
double off_diagonal_rho(const Centred& x, const SquareMatrix& sample,
                        std::span<const double> deviations) {
    const auto n = static_cast<double>(x.rows);
    double all = 0;
    double diagonal = 0;
    for (std::size_t t = 0; t < x.rows; ++t) {
        const auto row = x.row(t);
        double cubes = 0;
        double scaled = 0;
        for (std::size_t i = 0; i < x.columns; ++i) {
            const double square = row[i] * row[i];
            cubes += square * row[i] / deviations[i];
            scaled += row[i] * deviations[i];
            diagonal += square * square;
        }
        all += cubes * scaled;
    }
    double products = 0;
    for (std::size_t i = 0; i < x.columns; ++i) {
        for (std::size_t j = 0; j < x.columns; ++j) {
            if (i != j) products += deviations[j] * deviations[i] * sample.at(i, j);
        }
    }
    return (all - diagonal) / n - products;
}

/// The paper's kappa-hat over n: the weight of the target.
double constant_correlation_weight(const Centred& x, const SquareMatrix& sample,
                                   std::span<const double> deviations, double correlation,
                                   double distance) {
    const auto n = static_cast<double>(x.rows);
    const double pi = mean_squared_norm(x) - sum_of_squares(sample.values);
    double fourths = 0;
    for (const double one : x.values) fourths += one * one * one * one;
    double squared_variances = 0;
    for (std::size_t i = 0; i < sample.size; ++i) {
        squared_variances += sample.at(i, i) * sample.at(i, i);
    }
    const double rho =
        fourths / n - squared_variances + correlation * off_diagonal_rho(x, sample, deviations);
    return std::clamp((pi - rho) / distance / n, 0.0, 1.0);
}

struct Pair {
    double covariance = 0;
    std::size_t rows = 0;
};

Pair pair_of(const ReturnsTable& returns, std::size_t a, std::size_t b) {
    Pair out;
    double sum_a = 0;
    double sum_b = 0;
    const auto both = [&](std::size_t i) {
        return !std::isnan(returns.at(i, a)) && !std::isnan(returns.at(i, b));
    };
    for (std::size_t i = 0; i < returns.rows(); ++i) {
        if (!both(i)) continue;
        sum_a += returns.at(i, a);
        sum_b += returns.at(i, b);
        ++out.rows;
    }
    if (out.rows < 2) return out;
    const auto n = static_cast<double>(out.rows);
    for (std::size_t i = 0; i < returns.rows(); ++i) {
        if (!both(i)) continue;
        out.covariance += (returns.at(i, a) - sum_a / n) * (returns.at(i, b) - sum_b / n);
    }
    out.covariance /= n - 1;
    return out;
}

}  // namespace

std::expected<Covariance, Error> sample_covariance(const ReturnsTable& returns,
                                                   MissingRows missing) {
    const Centred x = TRY(centred(returns, missing));
    return Covariance{.matrix = products_of(x, static_cast<double>(x.rows - 1)), .rows = x.rows};
}

std::expected<Covariance, Error> pairwise_covariance(const ReturnsTable& returns) {
    TRY_VOID(check_table(returns));
    Covariance out{.matrix = SquareMatrix::zero(returns.columns), .rows = returns.rows()};
    for (std::size_t i = 0; i < returns.columns; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            const Pair pair = pair_of(returns, i, j);
            if (pair.rows < 2) {
                return std::unexpected(Error{.kind = ErrorKind::too_few_shared,
                                             .row = i,
                                             .column = j,
                                             .value = static_cast<double>(pair.rows)});
            }
            out.matrix.at(i, j) = out.matrix.at(j, i) = pair.covariance;
            out.rows = std::min(out.rows, pair.rows);
        }
    }
    out.repaired = !TRY(spectrum_of(out.matrix)).semidefinite;
    if (out.repaired) out.matrix = TRY(nearest_semidefinite(out.matrix));
    return out;
}

std::expected<Covariance, Error> shrunk_to_identity(const ReturnsTable& returns,
                                                    MissingRows missing) {
    return identity_shrinkage(TRY(centred(returns, missing)));
}

std::expected<Covariance, Error> shrunk_to_constant_correlation(const ReturnsTable& returns,
                                                                MissingRows missing) {
    const Centred x = TRY(centred(returns, missing));
    Covariance out{.matrix = products_of(x, static_cast<double>(x.rows)), .rows = x.rows};
    const auto deviations = TRY(deviations_of(returns, out.matrix));
    if (x.columns == 1) return out;
    const double correlation = mean_correlation(out.matrix, deviations);
    const SquareMatrix target = constant_correlation(out.matrix, deviations, correlation);
    double distance = 0;
    for (std::size_t i = 0; i < target.values.size(); ++i) {
        const double gap = target.values[i] - out.matrix.values[i];
        distance += gap * gap;
    }
    if (!(distance > 0)) return out;  // two instruments are their own target
    out.shrinkage = constant_correlation_weight(x, out.matrix, deviations, correlation, distance);
    shrink(out.matrix, out.shrinkage, target);
    return out;
}

std::expected<SquareMatrix, Error> correlation_of(const SquareMatrix& covariance) {
    TRY_VOID(check_symmetric(covariance));
    const auto deviations = TRY(deviations_of(covariance));
    SquareMatrix out = covariance;
    for (std::size_t i = 0; i < out.size; ++i) {
        for (std::size_t j = 0; j < out.size; ++j) out.at(i, j) /= deviations[i] * deviations[j];
        out.at(i, i) = 1;
    }
    return out;
}

std::expected<Covariance, Error> shrunk_correlation(const ReturnsTable& returns,
                                                    MissingRows missing) {
    Centred x = TRY(centred(returns, missing));
    const auto deviations =
        TRY(deviations_of(returns, products_of(x, static_cast<double>(x.rows))));
    for (std::size_t i = 0; i < x.values.size(); ++i) x.values[i] /= deviations[i % x.columns];
    return identity_shrinkage(x);
}

EwmaCovariance::EwmaCovariance(const Settings& settings)
    : decay_(settings.decay),
      triangle_(settings.instruments),
      weight_(settings.instruments, 0.0),
      scale_(settings.instruments, 0.0),
      keep_(settings.instruments, 0.0),
      scaled_(settings.instruments, 0.0) {}

std::expected<EwmaCovariance, Error> EwmaCovariance::create(const Settings& settings) {
    if (settings.instruments == 0) return std::unexpected(Error{.kind = ErrorKind::empty});
    if (!(settings.decay > 0 && settings.decay < 1)) {
        return std::unexpected(Error{.kind = ErrorKind::out_of_range, .value = settings.decay});
    }
    return EwmaCovariance(settings);
}

std::expected<void, Error> EwmaCovariance::update(std::span<const double> returns) {
    const std::size_t n = instruments();
    if (returns.size() != n) {
        return std::unexpected(Error{.kind = ErrorKind::wrong_shape,
                                     .row = returns.size(),
                                     .value = static_cast<double>(n)});
    }
    for (std::size_t i = 0; i < n; ++i) {
        if (!std::isinf(returns[i])) continue;
        return std::unexpected(Error{
            .kind = ErrorKind::not_finite, .row = updates_, .column = i, .value = returns[i]});
    }
    const double fade = std::sqrt(decay_);
    const double take = std::sqrt(1 - decay_);
    bool complete = true;
    for (std::size_t i = 0; i < n; ++i) {
        const bool missing = std::isnan(returns[i]);
        complete = complete && !missing;
        keep_[i] = missing ? 1 : fade;
        scaled_[i] = missing ? 0 : take * returns[i];
        if (missing) continue;
        weight_[i] = decay_ * weight_[i] + (1 - decay_);
        scale_[i] = 1 / std::sqrt(weight_[i]);
    }
    if (complete) {
        triangle_.add_outer(decay_, scaled_);
    } else {
        triangle_.scale_and_add_outer(keep_, scaled_);
    }
    ++updates_;
    return {};
}

std::expected<double, Error> EwmaCovariance::covariance(std::size_t i, std::size_t j) const {
    ASSERT(i < instruments() && j < instruments());
    for (const std::size_t one : {i, j}) {
        if (!has_seen(one)) {
            return std::unexpected(Error{.kind = ErrorKind::never_seen, .column = one});
        }
    }
    return triangle_.at(i, j) * scale_[i] * scale_[j];
}

std::expected<double, Error> EwmaCovariance::variance_of(std::span<const double> exposures) const {
    if (exposures.size() != instruments()) {
        return std::unexpected(Error{.kind = ErrorKind::wrong_shape,
                                     .row = exposures.size(),
                                     .value = static_cast<double>(instruments())});
    }
    for (std::size_t i = 0; i < exposures.size(); ++i) {
        if (!std::isfinite(exposures[i])) {
            return std::unexpected(
                Error{.kind = ErrorKind::not_finite, .column = i, .value = exposures[i]});
        }
        if (exposures[i] != 0 && !has_seen(i)) {
            return std::unexpected(Error{.kind = ErrorKind::never_seen, .column = i});
        }
    }
    return std::max(triangle_.quadratic(exposures, scale_), 0.0);
}

std::expected<Covariance, Error> EwmaCovariance::matrix() const {
    for (std::size_t i = 0; i < instruments(); ++i) {
        if (!has_seen(i)) {
            return std::unexpected(Error{.kind = ErrorKind::never_seen, .column = i});
        }
    }
    Covariance out{.matrix = triangle_.to_square(), .rows = updates_};
    for (std::size_t i = 0; i < instruments(); ++i) {
        for (std::size_t j = 0; j < instruments(); ++j)
            out.matrix.at(i, j) *= scale_[i] * scale_[j];
    }
    return out;
}

}  // namespace tradewind::measures
