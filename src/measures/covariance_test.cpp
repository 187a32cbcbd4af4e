// SPDX-License-Identifier: Apache-2.0
#include "measures/covariance.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "measures/cholesky.hpp"
#include "measures/reference_for_tests.hpp"
#include "measures/spectrum.hpp"
#include "measures/symmetric_eigen.hpp"

namespace tradewind::measures {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

SquareMatrix matrix_of(std::size_t size, std::vector<double> values) {
    return {.size = size, .values = std::move(values)};
}

EwmaCovariance ewma_of(std::size_t instruments, double decay = 0.94) {
    return EwmaCovariance::create({.instruments = instruments, .decay = decay}).value();
}

// numpy 2.4 (cov, corrcoef, linalg.eigvalsh), pandas 3.1 (DataFrame.cov, ewm), scikit-learn 1.9
// (covariance.ledoit_wolf), and the formulas of "Honey, I shrunk the sample covariance matrix"
// written out in Python, which PyPortfolioOpt 1.6 (CovarianceShrinkage, "constant_correlation")
// gives to 1e-15 where its sample covariance is divided by n.
TEST(Covariance, equals_numpy_pandas_scikit_learn_and_the_papers) {
    const auto cases = reference("covariance");
    ASSERT_EQ(cases.size(), 3U);
    for (const auto& one : cases) {
        const OwnedTable x = table_of(one["returns"]);
        const auto sample = sample_covariance(x.view(), MissingRows::refuse).value();
        expect_equal(sample.matrix.values, one["sample"], 1e-12);
        expect_equal(correlation_of(sample.matrix).value().values, one["correlation"], 1e-12);

        const auto identity = shrunk_to_identity(x.view(), MissingRows::refuse).value();
        expect_equal(identity.matrix.values, one["identity"], 1e-12);
        EXPECT_NEAR(identity.shrinkage, one["identity_weight"], 1e-12);

        const auto constant = shrunk_to_constant_correlation(x.view(), MissingRows::refuse).value();
        expect_equal(constant.matrix.values, one["constant"], 1e-12);
        EXPECT_NEAR(constant.shrinkage, one["constant_weight"], 1e-11);

        const auto correlation = shrunk_correlation(x.view(), MissingRows::refuse).value();
        expect_equal(correlation.matrix.values, one["shrunk_correlation"], 1e-12);
        EXPECT_NEAR(correlation.shrinkage, one["shrunk_correlation_weight"], 1e-12);

        EwmaCovariance ewma = ewma_of(x.columns);
        for (std::size_t i = 0; i < x.view().rows(); ++i) ASSERT_TRUE(ewma.update(x.view().row(i)));
        expect_equal(ewma.matrix().value().matrix.values, one["ewma"], 1e-12);
        EXPECT_NEAR(ewma.covariance(2, 0).value(), one["ewma"][2][0].get<double>(), 1e-16);
    }
}

TEST(Covariance, with_missing_returns_equals_numpy_on_complete_rows_and_pandas_on_pairs) {
    std::size_t repaired = 0;
    for (const auto& one : reference("covariance")) {
        const OwnedTable holes = table_of(one["with_holes"]);
        const auto complete = sample_covariance(holes.view(), MissingRows::drop).value();
        expect_equal(complete.matrix.values, one["complete_rows"], 1e-12);

        const auto pairs = pairwise_covariance(holes.view()).value();
        const auto eigenvalues = numbers_of(one["pairwise_eigenvalues"]);
        EXPECT_EQ(pairs.repaired, eigenvalues.front() < -1e-12);
        if (pairs.repaired) ++repaired;
        if (!pairs.repaired) expect_equal(pairs.matrix.values, one["pairwise"], 1e-12);
        EXPECT_TRUE(spectrum_of(pairs.matrix).value().semidefinite);
        for (std::size_t i = 0; i < holes.columns; ++i) {
            EXPECT_NEAR(pairs.matrix.at(i, i), one["pairwise"][i][i].get<double>(), 1e-16);
        }
    }
    EXPECT_EQ(repaired, 1U);
}

TEST(Covariance, names_the_value_that_it_cannot_use) {
    const std::vector<double> x{0.01, 0.02, kNaN, 0.01, 0.03, 0.00};
    const ReturnsTable table{.values = x, .columns = 2};
    EXPECT_EQ(sample_covariance(table, MissingRows::refuse).error(),
              (Error{.kind = ErrorKind::missing_value, .row = 1, .column = 0}));
    EXPECT_EQ(describe(sample_covariance(table, MissingRows::refuse).error()),
              "the value in row 1, column 0 is missing");
    EXPECT_EQ(sample_covariance(table, MissingRows::drop).value().rows, 2U);

    const std::vector<double> infinite{0.01, 0.02, 0.01, std::numeric_limits<double>::infinity()};
    EXPECT_EQ(shrunk_to_identity({.values = infinite, .columns = 2}, MissingRows::drop).error(),
              (Error{.kind = ErrorKind::not_finite, .row = 1, .column = 1}));
    EXPECT_EQ(sample_covariance({}, MissingRows::drop).error().kind, ErrorKind::empty);
    EXPECT_EQ(sample_covariance({.values = x, .columns = 4}, MissingRows::drop).error().kind,
              ErrorKind::wrong_shape);
    EXPECT_EQ(sample_covariance({.values = x, .columns = 6}, MissingRows::drop).error(),
              (Error{.kind = ErrorKind::too_few_rows, .row = 0, .value = 2}));
}

TEST(Covariance, of_pairs_refuses_a_pair_that_never_traded_together) {
    const std::vector<double> x{0.01, kNaN, 0.02, kNaN, kNaN, 0.01, kNaN, 0.03};
    EXPECT_EQ(pairwise_covariance({.values = x, .columns = 2}).error(),
              (Error{.kind = ErrorKind::too_few_shared, .row = 1, .column = 0, .value = 0}));
}

TEST(Covariance, has_no_correlation_for_an_instrument_that_does_not_move) {
    const std::vector<double> x{0.1, 0.02, 0.1, 0.01, 0.1, 0.00, 0.1, 0.07};
    const ReturnsTable table{.values = x, .columns = 2};
    const Error constant{.kind = ErrorKind::constant, .column = 0};
    EXPECT_EQ(shrunk_to_constant_correlation(table, MissingRows::refuse).error(), constant);
    EXPECT_EQ(shrunk_correlation(table, MissingRows::refuse).error(), constant);
    EXPECT_EQ(correlation_of(matrix_of(2, {0, 0, 0, 1})).error(), constant);
}

TEST(Covariance, of_fewer_rows_than_instruments_is_singular_until_it_is_shrunk) {
    const OwnedTable x = random_returns(5, 10, 20);
    const auto sample = sample_covariance(x.view(), MissingRows::refuse).value();
    const Spectrum spectrum = spectrum_of(sample.matrix).value();
    EXPECT_EQ(spectrum.rank, 9U);
    EXPECT_TRUE(spectrum.semidefinite);
    EXPECT_FALSE(spectrum.condition.has_value());
    EXPECT_EQ(Cholesky::of(sample.matrix).error().kind, ErrorKind::singular);

    const auto shrunk = shrunk_to_identity(x.view(), MissingRows::refuse).value();
    EXPECT_TRUE(spectrum_of(shrunk.matrix).value().condition.has_value());
    EXPECT_TRUE(Cholesky::of(shrunk.matrix).has_value());
}

RC_GTEST_PROP(Covariance, is_symmetric_and_semidefinite_by_every_estimator, ()) {
    const auto seed = *rc::gen::inRange<std::uint64_t>(1, 1'000'000);
    const auto rows = *rc::gen::inRange<std::size_t>(4, 30);
    const auto columns = *rc::gen::inRange<std::size_t>(2, 12);
    const OwnedTable x = random_returns(seed, rows, columns);
    EwmaCovariance ewma = ewma_of(columns, 0.8);
    for (std::size_t i = 0; i < rows; ++i) RC_ASSERT(ewma.update(x.view().row(i)).has_value());
    for (const auto& one : {sample_covariance(x.view(), MissingRows::refuse),
                            shrunk_to_identity(x.view(), MissingRows::refuse),
                            shrunk_to_constant_correlation(x.view(), MissingRows::refuse),
                            shrunk_correlation(x.view(), MissingRows::refuse),
                            pairwise_covariance(x.view()), ewma.matrix()}) {
        RC_ASSERT(check_covariance(one.value().matrix).has_value());
        RC_ASSERT(one.value().shrinkage >= 0 && one.value().shrinkage <= 1);
    }
}

TEST(EwmaCovariance, keeps_the_risk_of_an_instrument_that_does_not_trade) {
    EwmaCovariance ewma = ewma_of(2);
    const OwnedTable x = random_returns(9, 100, 2);
    for (std::size_t i = 0; i < 100; ++i) ASSERT_TRUE(ewma.update(x.view().row(i)));
    const double variance = ewma.covariance(0, 0).value();
    const double covariance = ewma.covariance(1, 0).value();
    const double other = ewma.covariance(1, 1).value();
    const double weight = 1 - std::pow(0.94, 100);
    const double next_weight = 0.94 * weight + 0.06;
    ASSERT_TRUE(ewma.update(std::vector{kNaN, 0.02}));
    EXPECT_DOUBLE_EQ(ewma.covariance(0, 0).value(), variance);
    EXPECT_NEAR(ewma.covariance(1, 0).value(),
                covariance * std::sqrt(0.94) * std::sqrt(weight / next_weight), 1e-18);
    EXPECT_NEAR(ewma.covariance(1, 1).value(),
                (0.94 * weight * other + 0.06 * 0.0004) / next_weight, 1e-18);
}

RC_GTEST_PROP(EwmaCovariance, stays_semidefinite_whatever_is_missing, ()) {
    base::Random random(*rc::gen::inRange<std::uint64_t>(1, 1'000'000));
    const auto columns = *rc::gen::inRange<std::size_t>(2, 10);
    const OwnedTable x = random_returns(random.next(), 40, columns);
    EwmaCovariance ewma = ewma_of(columns, 0.7);
    for (std::size_t i = 0; i < 40; ++i) {
        std::vector<double> row(x.view().row(i).begin(), x.view().row(i).end());
        for (double& one : row) {
            if (i > 0 && random.uniform() < 0.4) one = kNaN;
        }
        RC_ASSERT(ewma.update(row).has_value());
    }
    const auto out = ewma.matrix().value();
    RC_ASSERT(check_covariance(out.matrix).has_value());
    std::vector<double> exposures(columns);
    for (double& one : exposures) one = random.normal();
    double expected = 0;
    for (std::size_t i = 0; i < columns; ++i) {
        for (std::size_t j = 0; j < columns; ++j) {
            expected += exposures[i] * out.matrix.at(i, j) * exposures[j];
        }
    }
    RC_ASSERT(std::abs(ewma.variance_of(exposures).value() - expected) <= 1e-15);
}

TEST(EwmaCovariance, refuses_what_it_cannot_fold_and_stays_as_it_was) {
    EXPECT_EQ(EwmaCovariance::create({.instruments = 0}).error().kind, ErrorKind::empty);
    for (const double decay : {0.0, 1.0, -0.5, kNaN}) {
        EXPECT_EQ(EwmaCovariance::create({.instruments = 2, .decay = decay}).error().kind,
                  ErrorKind::out_of_range);
    }
    EwmaCovariance ewma = ewma_of(2);
    ASSERT_TRUE(ewma.update(std::vector{0.01, kNaN}));
    const double before = ewma.covariance(0, 0).value();
    EXPECT_EQ(ewma.update(std::vector{0.01}).error().kind, ErrorKind::wrong_shape);
    EXPECT_EQ(ewma.update(std::vector{0.01, std::numeric_limits<double>::infinity()}).error().kind,
              ErrorKind::not_finite);
    EXPECT_EQ(ewma.covariance(0, 0).value(), before);
    EXPECT_EQ(ewma.updates(), 1U);

    const Error never{.kind = ErrorKind::never_seen, .column = 1};
    EXPECT_EQ(ewma.matrix().error(), never);
    EXPECT_EQ(ewma.covariance(0, 1).error(), never);
    EXPECT_EQ(ewma.variance_of(std::vector{1.0, 2.0}).error(), never);
    EXPECT_DOUBLE_EQ(ewma.variance_of(std::vector{2.0, 0.0}).value(), 4 * before);
}

TEST(Spectrum, equals_numpy) {
    for (const auto& one : reference("covariance")) {
        const SquareMatrix sample{.size = one["sample"].size(),
                                  .values = numbers_of(one["sample"])};
        auto values = symmetric_eigen(sample).values;
        std::ranges::sort(values);
        expect_equal(values, one["eigenvalues"], 1e-13);
    }
}

TEST(Spectrum, tells_what_is_no_covariance) {
    EXPECT_EQ(check_covariance(matrix_of(2, {1, 2, 2, 1})).error().kind,
              ErrorKind::not_semidefinite);
    EXPECT_NEAR(check_covariance(matrix_of(2, {1, 2, 2, 1})).error().value, -1, 1e-15);
    EXPECT_EQ(check_covariance(matrix_of(2, {1, 0.5, 0.4, 1})).error().kind,
              ErrorKind::not_symmetric);
    EXPECT_EQ(describe(check_covariance(matrix_of(2, {1, kNaN, kNaN, 1})).error()),
              "the value in row 0, column 1 is not a finite number");
    EXPECT_EQ(check_covariance(matrix_of(3, {1, 0, 0, 1})).error().kind, ErrorKind::wrong_shape);
    EXPECT_EQ(check_covariance({}).error().kind, ErrorKind::empty);
}

/// |A v - value v| of all eigenvectors, and |V' V - 1|: both rounding.
void expect_eigen(const SquareMatrix& a, const Eigen& eigen, double tolerance) {
    for (std::size_t k = 0; k < a.size; ++k) {
        for (std::size_t i = 0; i < a.size; ++i) {
            double product = 0;
            double overlap = 0;
            for (std::size_t j = 0; j < a.size; ++j) {
                product += a.at(i, j) * eigen.vectors.at(j, k);
                overlap += eigen.vectors.at(j, i) * eigen.vectors.at(j, k);
            }
            ASSERT_NEAR(product, eigen.values[k] * eigen.vectors.at(i, k), tolerance);
            ASSERT_NEAR(overlap, i == k ? 1 : 0, tolerance);
        }
    }
}

TEST(SymmetricEigen, decomposes_matrices_of_both_sizes) {
    for (const std::size_t size : {1U, 2U, 3U, 32U, 33U, 34U, 100U}) {
        base::Random random(size);
        SquareMatrix a = SquareMatrix::zero(size);
        for (std::size_t i = 0; i < size; ++i) {
            for (std::size_t j = 0; j <= i; ++j) a.at(i, j) = a.at(j, i) = random.normal();
        }
        expect_eigen(a, symmetric_eigen(a), 1e-12 * static_cast<double>(size));
    }
}

TEST(SymmetricEigen, decomposes_diagonal_and_low_rank_matrices) {
    SquareMatrix diagonal = SquareMatrix::zero(40);
    SquareMatrix ones = SquareMatrix::zero(40);
    for (std::size_t i = 0; i < 40; ++i) {
        diagonal.at(i, i) = static_cast<double>(i % 5);
        for (std::size_t j = 0; j < 40; ++j) ones.at(i, j) = 1;
    }
    expect_eigen(diagonal, symmetric_eigen(diagonal), 1e-13);
    expect_eigen(ones, symmetric_eigen(ones), 1e-12);
    EXPECT_EQ(spectrum_of(ones).value().rank, 1U);
}

TEST(Cholesky, solves_and_knows_the_determinant) {
    // By hand: the inverse of (4 2; 2 3) is (3 -2; -2 4) / 8.
    const auto cholesky = Cholesky::of(matrix_of(2, {4, 2, 2, 3})).value();
    const auto x = cholesky.solve({8, 8});
    EXPECT_NEAR(x[0], 1, 1e-15);
    EXPECT_NEAR(x[1], 2, 1e-15);
    EXPECT_NEAR(cholesky.log_determinant(), std::log(8), 1e-15);
    EXPECT_EQ(Cholesky::of(matrix_of(2, {1, 1, 1, 1})).error(),
              (Error{.kind = ErrorKind::singular, .row = 1}));
    EXPECT_EQ(Cholesky::of(matrix_of(1, {kNaN})).error().kind, ErrorKind::singular);
}

}  // namespace
}  // namespace tradewind::measures
