// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "signal/params.hpp"
#include "signal/rebalancer.hpp"
#include "signal/registry.hpp"
#include "signal/strategy.hpp"

namespace tradewind::signal {

enum class AllocationMethod : std::uint8_t {
    inverse_volatility,
    equal_risk,
    hierarchical,
    minimum_variance,
    mean_variance,
    maximum_sharpe,
    black_litterman,  ///< equal weights are the market, expectations the views
};

enum class AllocationCovariance : std::uint8_t {
    shrunk,  ///< Ledoit and Wolf 2004
    sample,
    ewma,
};

/// Holds all its instruments in weights that a method of room construction works out from their
/// last `window` returns, every `every` bars. Expected returns of a bar are the feature `expected`.
/// An instrument takes part that has a return in nine tenths of those bars, and an expectation
/// where the method asks for some. Where a method has no answer (no portfolio obeys the bounds, a
/// covariance without an inverse, no expected return above 0) nothing is traded: what is held
/// stays until the next time.
class Allocate final : public Strategy {
public:
    static constexpr std::array<std::string_view, 1> kExpressions{"expected"};

    Allocate(const StrategySetup& setup, ParamReader& params);

    void on_bar(Context& context, const Bar& bar) override;
    void on_features(Context& context, const FeatureRow& row) override;
    void on_timer(Context& context, TimerId timer) override;
    void on_refusal(Context& context, const Refusal& refusal) override;
    void on_corporate_action(Context& context, const CorporateAction& action) override;

private:
    /// The latest bars of an instrument.
    struct Seat {
        double close = 0;
        double before = 0;  ///< the close that `change` counts from
        double change = 0;  ///< NaN: no bar in this instant
        double expected = 0;
    };
    /// Who takes part, and their returns on the bars that have all of them.
    struct Table {
        std::vector<std::size_t> members;  ///< places in the traded instruments
        std::vector<double> returns;       ///< [rows, members]
        std::size_t rows = 0;
    };

    void end_instant(Context& context);
    void take_row();
    [[nodiscard]] Table table() const;
    [[nodiscard]] std::optional<std::vector<double>> covariance_of(const Table& table) const;
    [[nodiscard]] std::optional<std::vector<double>> weights_of(const Context& context,
                                                                const Table& table) const;
    [[nodiscard]] double held_share(const Context& context, InstrumentId instrument) const;
    void choose(Context& context);

    Rebalancer rebalancer_;
    AllocationMethod method_;
    AllocationCovariance covariance_;
    std::size_t window_;
    std::size_t every_;
    double gross_;       ///< of weights that sum to 1
    double volatility_;  ///< a year's, aimed at; 0: none
    double periods_;     ///< bars a year
    double least_, most_;
    double turnover_;  ///< 0: any
    double cost_;      ///< of what is traded, a fraction
    double aversion_;
    double confidence_;  ///< in the views
    double decay_;
    bool has_expected_;
    std::vector<Seat> seats_;      ///< by place in the traded instruments
    std::vector<std::size_t> at_;  ///< place, by instrument id
    std::vector<double> rows_;     ///< [window, traded], a ring
    std::size_t rows_seen_ = 0;
    std::uint64_t instants_ = 0;
    Timestamp due_ = kTimestampMin;
};

}  // namespace tradewind::signal
