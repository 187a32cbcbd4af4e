// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.hpp"
#include "research/search/space.hpp"

namespace tradewind::research {

/// A density over a search space, estimated from points: Bergstra, Bardenet, Bengio and Kegl,
/// "Algorithms for hyper-parameter optimization", NIPS 24 (2011), section 4.2, with one kernel a
/// point over all dimensions at once (Falkner, Klein and Hutter, "BOHB", ICML 2018), so that what
/// belongs together stays together.
///
/// Numbers live on their dimension's unit interval. A point's kernel is a normal distribution a
/// dimension, cut off at 0 and 1, whose deviation is the larger distance to its neighbours, kept
/// between 1 / min(100, n + 2) and 1. Of a list, the point's choice has a share of 1 and every
/// choice 1 / (n + 1) more. The prior is one more kernel: normal at 0.5 with deviation 1, all
/// choices alike. The latest 25 points weigh 1, as does the prior; the weights of older ones rise
/// evenly from 1 / n to 1.
class Parzen {
public:
    /// `points` in the order in which they were observed; `space` must outlive this.
    Parzen(const SearchSpace& space, std::span<const Point> points);

    [[nodiscard]] Point draw(base::Random& random) const;
    /// Logarithm of the density; of dimensions with a grid, of the probability.
    [[nodiscard]] double log_density(const Point& point) const;

private:
    /// One dimension of one point's kernel.
    struct Kernel {
        double centre = 0.5;  ///< of a list the choice
        double deviation = 1;
        double inside = 1;  ///< share of the normal distribution within the unit interval
        bool prior = false;
    };
    [[nodiscard]] std::vector<Kernel> kernels_of(const Dimension& dimension,
                                                 std::vector<double> values) const;
    [[nodiscard]] double share_of(const Dimension& dimension, const Kernel& kernel,
                                  double choice) const;
    void add_dimension(std::size_t place, double value, std::vector<double>& log_kernels) const;

    const SearchSpace& space_;
    std::vector<double> weights_;               ///< of the points, then of the prior
    std::vector<std::vector<Kernel>> kernels_;  ///< [dimension][point, then prior]
    double total_ = 0;                          ///< of the weights
};

}  // namespace tradewind::research
