// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "measures/error.hpp"
#include "measures/lower_triangle.hpp"
#include "measures/returns_table.hpp"
#include "measures/square_matrix.hpp"

/// How returns move together. Every matrix that leaves here is symmetric and, to rounding, positive
/// semi-definite; whether it can be inverted as well is for `spectrum_of` and `Cholesky` to say.
/// Held to numpy, scikit-learn and the papers' formulas by covariance_test.cpp.
namespace tradewind::measures {

/// What becomes of a row (a period) in which an instrument has no return.
enum class MissingRows : std::uint8_t {
    refuse,  ///< an error that names the first missing value
    drop,    ///< the row is left out for all instruments
};

struct Covariance {
    SquareMatrix matrix{};
    std::size_t rows = 0;   ///< rows that it rests on; of pairs, the fewest of any
    double shrinkage = 0;   ///< weight of the target, 0 to 1
    bool repaired = false;  ///< pairwise alone: eigenvalues below 0 were lifted to 0
};

/// With n - 1, as numpy.cov. `too_few_rows` under two.
[[nodiscard]] std::expected<Covariance, Error> sample_covariance(const ReturnsTable& returns,
                                                                 MissingRows missing);

/// Each pair on the rows that have both, n - 1, as pandas.DataFrame.cov. Such a matrix need not be
/// semi-definite; where it is not, `nearest_semidefinite` stands in and `repaired` says so.
/// `too_few_shared` where a pair shares fewer than two.
[[nodiscard]] std::expected<Covariance, Error> pairwise_covariance(const ReturnsTable& returns);

/// The sample covariance drawn to the identity times the mean variance: Ledoit and Wolf, "A
/// well-conditioned estimator for large-dimensional covariance matrices", Journal of Multivariate
/// Analysis 88 (2004), 365-411, section 3. Divides by n, as the paper and sklearn.covariance.
/// ledoit_wolf do. `too_few_rows` under two.
[[nodiscard]] std::expected<Covariance, Error> shrunk_to_identity(const ReturnsTable& returns,
                                                                  MissingRows missing);

/// The sample covariance drawn to the one of the same variances in which all correlations are their
/// mean: Ledoit and Wolf, "Honey, I shrunk the sample covariance matrix", Journal of Portfolio
/// Management 30 (2004; working paper 2003), appendix B. Divides by n. `constant` for an instrument
/// that does not move, as a correlation needs a deviation.
[[nodiscard]] std::expected<Covariance, Error> shrunk_to_constant_correlation(
    const ReturnsTable& returns, MissingRows missing);

/// A correlation for each covariance, ones on the diagonal. The errors of `check_covariance` but
/// for `not_semidefinite`; `constant` for an instrument without variance.
[[nodiscard]] std::expected<SquareMatrix, Error> correlation_of(const SquareMatrix& covariance);

/// Correlations drawn to 0: `shrunk_to_identity` of the returns over their deviations. Always
/// invertible where the shrinkage is above 0.
[[nodiscard]] std::expected<Covariance, Error> shrunk_correlation(const ReturnsTable& returns,
                                                                  MissingRows missing);

/// Exponentially weighted covariance around 0, as J.P. Morgan and Reuters, "RiskMetrics technical
/// document", 4th edition (1996), section 5.2.1: C' = decay C + (1 - decay) r r'. The weights are
/// brought to a sum of 1, as pandas' ewm with adjust=True: after few updates the estimate is noisy,
/// not too small.
///
/// A missing return (NaN): the instrument's own variance stays as it is, its covariances with those
/// that did trade fade by sqrt(decay), and nothing is added. That is D C D + x x' with D diagonal,
/// so the matrix stays positive semi-definite whatever is missing; the instrument's risk is neither
/// forgotten nor made up.
class EwmaCovariance {
public:
    struct Settings {
        std::size_t instruments = 0;
        double decay = 0.94;  ///< RiskMetrics: 0.94 of days, 0.97 of months
    };
    /// `empty`, or `out_of_range` unless 0 < decay < 1.
    [[nodiscard]] static std::expected<EwmaCovariance, Error> create(const Settings& settings);

    /// `returns` [instruments]. `wrong_shape`, or `not_finite` at an infinite one; then nothing
    /// changes. No allocation. Time and memory traffic n^2 / 2.
    [[nodiscard]] std::expected<void, Error> update(std::span<const double> returns);

    [[nodiscard]] std::size_t instruments() const { return triangle_.size(); }
    [[nodiscard]] std::size_t updates() const { return updates_; }
    /// Whether the instrument had any return yet. Asking for the risk of one without is
    /// `never_seen`.
    [[nodiscard]] bool has_seen(std::size_t instrument) const { return weight_[instrument] > 0; }

    [[nodiscard]] std::expected<double, Error> covariance(std::size_t i, std::size_t j) const;
    /// Variance of a sum of returns times `exposures` [instruments]; instruments with exposure 0
    /// need not have been seen. Allocates nothing; time n^2 / 2.
    [[nodiscard]] std::expected<double, Error> variance_of(std::span<const double> exposures) const;
    /// The whole matrix; `never_seen` for the first instrument without a return.
    [[nodiscard]] std::expected<Covariance, Error> matrix() const;

private:
    explicit EwmaCovariance(const Settings& settings);

    double decay_;
    LowerTriangle triangle_;
    std::vector<double> weight_;  ///< sum of the weights of an instrument's returns, below 1
    std::vector<double> scale_;   ///< 1 / sqrt(weight), 0 without a return
    std::vector<double> keep_;    ///< scratch: what is left of each deviation
    std::vector<double> scaled_;  ///< scratch: sqrt(1 - decay) r
    std::size_t updates_ = 0;
};

}  // namespace tradewind::measures
