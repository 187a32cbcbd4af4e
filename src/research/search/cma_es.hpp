// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/random.hpp"
#include "measures/symmetric_eigen.hpp"

namespace tradewind::research {

/// The covariance matrix adaptation evolution strategy with rank-one, rank-mu and negative (active)
/// updates: Hansen, "The CMA evolution strategy: a tutorial", arXiv:1604.00772 (2016), figure 6 and
/// table 1, names as there. Minimises nothing itself: it is told an order.
class CmaEs {
public:
    struct Start {
        std::vector<double> mean;
        double sigma = 0.3;
        std::size_t lambda = 0;  ///< population; 0: 4 + floor(3 log n)
        /// Smallest standard deviation of each coordinate; empty: none. Keeps a coordinate that
        /// is rounded to a grid from freezing on one value.
        std::vector<double> floors{};
    };
    explicit CmaEs(Start start);

    [[nodiscard]] std::size_t lambda() const { return lambda_; }
    [[nodiscard]] std::size_t dimensions() const { return mean_.size(); }
    [[nodiscard]] std::vector<double> draw(base::Random& random) const;
    /// `points` as they were evaluated, best first, lambda() of them.
    void update(std::span<const std::vector<double>> points);
    /// Whether it has come to rest: steps too small to matter, or a covariance that double cannot
    /// hold.
    [[nodiscard]] bool is_spent() const;
    [[nodiscard]] double deviation(std::size_t coordinate) const;

private:
    void set_weights();
    void keep_floors();
    void decompose();
    [[nodiscard]] std::vector<double> whitened(std::span<const double> y) const;
    void adapt_covariance(std::span<const std::vector<double>> steps, double h_sigma);

    std::vector<double> mean_;
    double sigma_;
    std::size_t lambda_;
    std::vector<double> floors_;
    std::vector<double> weights_;
    double mu_eff_ = 0, c_sigma_ = 0, d_sigma_ = 0, c_c_ = 0, c_1_ = 0, c_mu_ = 0, chi_n_ = 0;
    measures::SquareMatrix covariance_;
    measures::Eigen eigen_;  ///< values are standard deviations
    std::vector<double> path_sigma_;
    std::vector<double> path_c_;
    double generations_ = 0;
};

}  // namespace tradewind::research
