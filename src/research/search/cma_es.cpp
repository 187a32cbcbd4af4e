// SPDX-License-Identifier: Apache-2.0
#include "research/search/cma_es.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/assert.hpp"

namespace tradewind::research {
namespace {

/// Steps under this, on a unit interval, are no steps.
constexpr double kStepMin = 1e-13;
constexpr double kConditionMax = 1e14;

double square(double x) { return x * x; }

double norm(std::span<const double> values) {
    double sum = 0;
    for (const double one : values) sum += one * one;
    return std::sqrt(sum);
}

std::size_t default_lambda(std::size_t dimensions) {
    return 4 + static_cast<std::size_t>(3 * std::log(static_cast<double>(dimensions)));
}

}  // namespace

CmaEs::CmaEs(Start start)
    : mean_(std::move(start.mean)),
      sigma_(start.sigma),
      lambda_(start.lambda == 0 ? default_lambda(mean_.size()) : start.lambda),
      floors_(std::move(start.floors)),
      covariance_(measures::SquareMatrix::identity(mean_.size())),
      path_sigma_(mean_.size(), 0.0),
      path_c_(mean_.size(), 0.0) {
    ASSERT(!mean_.empty());
    set_weights();
    decompose();
}

void CmaEs::set_weights() {
    const auto n = static_cast<double>(mean_.size());
    const auto lambda = static_cast<double>(lambda_);
    double sum_positive = 0, squares_positive = 0, sum_negative = 0, squares_negative = 0;
    for (std::size_t i = 1; i <= lambda_; ++i) {
        const double w = std::log((lambda + 1) / 2) - std::log(static_cast<double>(i));
        weights_.push_back(w);
        (w >= 0 ? sum_positive : sum_negative) += std::abs(w);
        (w >= 0 ? squares_positive : squares_negative) += w * w;
    }
    mu_eff_ = square(sum_positive) / squares_positive;
    const double mu_eff_negative = square(sum_negative) / squares_negative;
    c_sigma_ = (mu_eff_ + 2) / (n + mu_eff_ + 5);
    d_sigma_ = 1 + 2 * std::max(0.0, std::sqrt((mu_eff_ - 1) / (n + 1)) - 1) + c_sigma_;
    c_c_ = (4 + mu_eff_ / n) / (n + 4 + 2 * mu_eff_ / n);
    c_1_ = 2 / (square(n + 1.3) + mu_eff_);
    c_mu_ = std::min(1 - c_1_, 2 * (0.25 + mu_eff_ + 1 / mu_eff_ - 2) / (square(n + 2) + mu_eff_));
    chi_n_ = std::sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
    const double negative = std::min({1 + c_1_ / c_mu_, 1 + 2 * mu_eff_negative / (mu_eff_ + 2),
                                      (1 - c_1_ - c_mu_) / (n * c_mu_)});
    for (double& w : weights_) w *= w >= 0 ? 1 / sum_positive : negative / sum_negative;
}

std::vector<double> CmaEs::draw(base::Random& random) const {
    const std::size_t n = mean_.size();
    std::vector<double> out = mean_;
    for (std::size_t axis = 0; axis < n; ++axis) {
        const double along = sigma_ * eigen_.values[axis] * random.normal();
        for (std::size_t i = 0; i < n; ++i) out[i] += along * eigen_.vectors.at(i, axis);
    }
    return out;
}

/// C^(-1/2) y.
std::vector<double> CmaEs::whitened(std::span<const double> y) const {
    const std::size_t n = mean_.size();
    std::vector<double> out(n, 0.0);
    for (std::size_t axis = 0; axis < n; ++axis) {
        double along = 0;
        for (std::size_t i = 0; i < n; ++i) along += eigen_.vectors.at(i, axis) * y[i];
        along /= eigen_.values[axis];
        for (std::size_t i = 0; i < n; ++i) out[i] += along * eigen_.vectors.at(i, axis);
    }
    return out;
}

void CmaEs::update(std::span<const std::vector<double>> points) {
    ASSERT(points.size() == lambda_);
    const std::size_t n = mean_.size();
    std::vector<std::vector<double>> steps(points.begin(), points.end());
    std::vector<double> mean_step(n, 0.0);
    for (std::size_t k = 0; k < lambda_; ++k) {
        for (std::size_t i = 0; i < n; ++i) {
            steps[k][i] = (steps[k][i] - mean_[i]) / sigma_;
            if (weights_[k] > 0) mean_step[i] += weights_[k] * steps[k][i];
        }
    }
    const std::vector<double> white = whitened(mean_step);
    ++generations_;
    for (std::size_t i = 0; i < n; ++i) {
        mean_[i] += sigma_ * mean_step[i];
        path_sigma_[i] = (1 - c_sigma_) * path_sigma_[i] +
                         std::sqrt(c_sigma_ * (2 - c_sigma_) * mu_eff_) * white[i];
    }
    const double length = norm(path_sigma_);
    const double settled = std::sqrt(1 - std::pow(1 - c_sigma_, 2 * generations_));
    const double h_sigma =
        length / settled < (1.4 + 2 / (static_cast<double>(n) + 1)) * chi_n_ ? 1 : 0;
    for (std::size_t i = 0; i < n; ++i) {
        path_c_[i] = (1 - c_c_) * path_c_[i] +
                     h_sigma * std::sqrt(c_c_ * (2 - c_c_) * mu_eff_) * mean_step[i];
    }
    adapt_covariance(steps, h_sigma);
    sigma_ *= std::exp(std::min(1.0, c_sigma_ / d_sigma_ * (length / chi_n_ - 1)));
    keep_floors();
    decompose();
}

void CmaEs::adapt_covariance(std::span<const std::vector<double>> steps, double h_sigma) {
    const std::size_t n = mean_.size();
    std::vector<double> weights = weights_;
    double sum = 0;
    for (std::size_t k = 0; k < lambda_; ++k) {
        sum += weights[k];
        if (weights[k] >= 0) continue;
        const double length = norm(whitened(steps[k]));
        weights[k] *= static_cast<double>(n) / std::max(square(length), 1e-300);
    }
    const double kept = 1 + c_1_ * (1 - h_sigma) * c_c_ * (2 - c_c_) - c_1_ - c_mu_ * sum;
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            double ranks = 0;
            for (std::size_t k = 0; k < lambda_; ++k)
                ranks += weights[k] * steps[k][i] * steps[k][j];
            const double value =
                kept * covariance_.at(i, j) + c_1_ * path_c_[i] * path_c_[j] + c_mu_ * ranks;
            covariance_.at(i, j) = covariance_.at(j, i) = value;
        }
    }
}

double CmaEs::deviation(std::size_t coordinate) const {
    return sigma_ * std::sqrt(covariance_.at(coordinate, coordinate));
}

void CmaEs::keep_floors() {
    for (std::size_t i = 0; i < floors_.size(); ++i) {
        const double now = deviation(i);
        if (!(now < floors_[i])) continue;
        const double factor = floors_[i] / std::max(now, 1e-300);
        for (std::size_t j = 0; j < covariance_.size; ++j) {
            covariance_.at(i, j) *= factor;
            covariance_.at(j, i) *= factor;
        }
    }
}

void CmaEs::decompose() {
    eigen_ = symmetric_eigen(covariance_);
    // Rounding can leave an eigenvalue at or below 0; `is_spent` then ends this run.
    for (double& one : eigen_.values) one = std::sqrt(std::max(one, 1e-300));
}

bool CmaEs::is_spent() const {
    const auto [least, most] = std::ranges::minmax(eigen_.values);
    if (!(square(most / least) < kConditionMax)) return true;
    return !(sigma_ * most > kStepMin) || !std::isfinite(sigma_ * most);
}

}  // namespace tradewind::research
