// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "construction/black_litterman.hpp"
#include "construction/mean_variance.hpp"

namespace tradewind::apps {

/// What a file asks `tradewind risk construct` for (docs/portfolio-construction.md). The
/// allocation's covariance is a view of `covariance`, so a request stays where it was read.
struct PortfolioRequest {
    std::vector<double> covariance{};
    construction::Allocation allocation{};
    std::string method{};
    std::optional<double> risk_aversion{};
    std::optional<double> target_return{};
    double risk_free = 0;
    std::vector<double> budgets{};
    bool is_tree_direct = false;
    std::optional<construction::BlackLitterman> views{};
};

/// Fills `out`. The error is one line that begins with the field.
[[nodiscard]] std::expected<void, std::string> read_request(std::string_view text,
                                                            PortfolioRequest& out);

}  // namespace tradewind::apps
