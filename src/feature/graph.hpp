// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "feature/indicator.hpp"
#include "feature/language/parse.hpp"

namespace tradewind::feature {

/// What a row brings into a graph. First what the bar tells. Instants are in seconds since 1970:
/// `time` is the bar's close, `session_open` and `session_close` are of the session that it ends
/// in, outside of sessions of the next one. Then what ticks and books told while the bar was open
/// (feature/tape/tape.hpp).
enum class Field : std::uint8_t {
    open,
    high,
    low,
    close,
    volume,
    time,
    session_open,
    session_close,
    // of the touch
    bid,
    ask,
    bid_size,
    ask_size,
    microprice,
    stoikov_microprice,
    mean_spread,
    touch_changes,
    order_flow,
    // of trades
    trades,
    buy_trades,
    sell_trades,
    trade_volume,
    buy_volume,
    sell_volume,
    large_volume,
    trade_value,
    effective_spread,
    realised_spread,
    // of the levels of a book
    bid_depth_5,
    ask_depth_5,
    bid_depth_10,
    ask_depth_10,
    bid_slope,
    ask_slope,
    order_flow_5,
    order_flow_10,
};
inline constexpr std::size_t kBarFieldCount = 8;
inline constexpr std::size_t kFieldCount = 35;
[[nodiscard]] std::string_view to_string(Field field);

/// Counts up with every change of what a function computes.
[[nodiscard]] unsigned functions_version();

/// A feature by name, as its user wrote it.
struct FeatureText {
    std::string name;
    std::string expression;
};

struct FeatureError {
    std::string feature;  ///< whose expression it is
    ExpressionError error;
};
/// "feature mom, column 7: ..."
[[nodiscard]] std::string describe(const FeatureError& error);

/// Features compiled to a list of steps, each after those that it reads: what two features have in
/// common is one step. Immutable; any number of streams share it.
class Graph {
public:
    using Slot = std::uint32_t;  ///< a column of values

    /// A function over columns.
    struct Step {
        const IndicatorInfo* function = nullptr;
        std::array<double, kParamsMax> params{};
        std::vector<Slot> inputs{};
        Slot first_output = 0;  ///< the others follow
    };
    struct Constant {
        double value = 0;
        Slot slot = 0;
    };
    struct Output {
        std::string name;
        std::string expression;
        Slot slot = 0;
        std::size_t lookback = 0;  ///< rows before the first value, where no row is missing
    };

    /// A later feature may use the name of an earlier one. Names are letters, digits and '_', none
    /// of them twice.
    [[nodiscard]] static std::expected<Graph, FeatureError> compile(
        std::span<const FeatureText> features);

    [[nodiscard]] std::span<const Output> outputs() const { return outputs_; }
    [[nodiscard]] std::span<const Step> steps() const { return steps_; }
    [[nodiscard]] std::span<const Constant> constants() const { return constants_; }
    [[nodiscard]] std::size_t slots() const { return slots_; }
    /// The slot of each field is its number.
    [[nodiscard]] static Slot slot_of(Field field) { return static_cast<Slot>(field); }
    [[nodiscard]] bool reads(Field field) const { return reads_[static_cast<std::size_t>(field)]; }
    /// Names, expressions and the version of the functions, as 64 bits in hexadecimal: equal hashes
    /// mean equal values.
    [[nodiscard]] const std::string& schema_hash() const { return schema_hash_; }

private:
    friend class Compiler;
    Graph() = default;

    std::vector<Step> steps_;
    std::vector<Constant> constants_;
    std::vector<Output> outputs_;
    std::size_t slots_ = kFieldCount;
    std::array<bool, kFieldCount> reads_{};
    std::string schema_hash_;
};

/// Columns of bars by Field, all of `rows` values; nullptr where the graph does not read the field.
struct FieldColumns {
    std::array<const double*, kFieldCount> columns{};
    std::size_t rows = 0;
};

/// A graph at work on the bars of one instrument. Rows go in as they come, one or many at a time;
/// the values are the same bytes either way. One thread.
class FeatureStream {
public:
    /// `block`: rows worked on at a time, and room for as many; 1 for a live stream.
    explicit FeatureStream(std::shared_ptr<const Graph> graph, std::size_t block = kBlock);

    /// `out` has a column of `rows` values for each output of the graph. No allocation.
    void run(const FieldColumns& in, std::span<double* const> out);
    [[nodiscard]] const Graph& graph() const { return *graph_; }

    static constexpr std::size_t kBlock = 128;

private:
    void run_block(std::size_t rows);

    std::shared_ptr<const Graph> graph_;
    std::size_t block_;
    std::vector<std::unique_ptr<Indicator>> steps_;
    std::vector<double> values_;        ///< a column of `block_` for each slot that is no field
    std::vector<const double*> slots_;  ///< where each slot's column begins
    std::vector<const double*> step_inputs_;  ///< of all steps, one after another
    std::vector<double*> step_outputs_;
};

}  // namespace tradewind::feature
