// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/time.hpp"
#include "feature/across.hpp"
#include "feature/facts.hpp"
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

/// What expressions may name beside bars: sources of facts, and ways to group instruments (sector).
struct Surroundings {
    struct Source {
        std::string name;
        SourceKind kind = SourceKind::series;
        bool is_by_instrument = false;  ///< its facts differ from one instrument to another
    };
    std::vector<Source> sources{};
    std::vector<std::string> groups{};
};
/// Whether a source or a group may be called so: a word, and none that means something else.
/// The error is one line.
[[nodiscard]] std::expected<void, std::string> check_name(std::string_view name);

/// Features compiled to a list of steps, each after those that it reads: what two features have in
/// common is one step. Immutable; any number of panels share it.
///
/// Columns of values (slots) belong to tracks. Track 0 is a row of features: the bars of the
/// instrument itself. `of("SPY.ARCA", x)` and `on(1d, x)` open others, whose rows are those of
/// other bars; a join brings a value from one track to another, the last one known at the row's
/// instant.
///
/// Functions across instruments part the steps of track 0 into stages: those of stage n + 1 read
/// what they gave of the values of stage n.
class Graph {
public:
    using Slot = std::uint32_t;

    /// On whose bars steps run. An empty instrument is the row's own, an interval of 0 that of its
    /// own bars. A join reads from a deeper track than its own.
    struct Track {
        std::string instrument{};
        Duration interval{};
        std::uint32_t depth = 0;
        Slot first_field = 0;  ///< its fields' slots follow one another
        std::array<bool, kFieldCount> reads{};
    };
    /// A function over columns.
    struct Step {
        const IndicatorInfo* function = nullptr;
        std::array<double, kParamsMax> params{};
        std::vector<Slot> inputs{};
        Slot first_output = 0;  ///< the others follow
        std::uint32_t track = 0;
        std::uint32_t stage = 0;
    };
    struct Join {
        Slot from = 0;
        Slot to = 0;
        std::uint32_t track = 0;  ///< of `from`
        std::uint32_t into = 0;   ///< of `to`
        Duration age_max{};       ///< older values are missing; 0: none is too old
    };
    /// A function of a source of facts, at the instants of track 0.
    struct FactRead {
        const FactFunction* function = nullptr;
        Duration duration{};
        std::uint32_t source = 0;
        Slot to = 0;
    };
    /// A function across instruments, after stage `stage`.
    struct Across {
        const AcrossFunction* function = nullptr;
        std::array<double, kParamsMax> params{};
        std::vector<Slot> inputs{};
        std::optional<std::uint32_t> group{};
        Slot to = 0;
        std::uint32_t stage = 0;
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
        std::span<const FeatureText> features, const Surroundings& surroundings = {});

    [[nodiscard]] std::span<const Output> outputs() const { return outputs_; }
    [[nodiscard]] std::span<const Track> tracks() const { return tracks_; }
    [[nodiscard]] std::span<const Step> steps() const { return steps_; }
    [[nodiscard]] std::span<const Join> joins() const { return joins_; }
    [[nodiscard]] std::span<const FactRead> fact_reads() const { return fact_reads_; }
    [[nodiscard]] std::span<const Across> acrosses() const { return acrosses_; }
    [[nodiscard]] std::span<const Constant> constants() const { return constants_; }
    [[nodiscard]] const Surroundings& surroundings() const { return surroundings_; }
    [[nodiscard]] std::size_t slots() const { return slots_.size(); }
    /// From which stage on a slot of track 0 has its values.
    [[nodiscard]] std::uint32_t stage_of(Slot slot) const { return slots_[slot].stage; }
    [[nodiscard]] std::uint32_t stages() const { return stages_; }
    [[nodiscard]] bool reads(Field field) const { return tracks_[0].reads[index(field)]; }
    /// Whether a row hangs on the bars of its instrument alone.
    [[nodiscard]] bool is_lone() const {
        return tracks_.size() == 1 && fact_reads_.empty() && acrosses_.empty();
    }
    /// Names, expressions and the version of the functions, as 64 bits in hexadecimal: with equal
    /// hashes, and the same bars and facts around it, a row has equal values.
    [[nodiscard]] const std::string& schema_hash() const { return schema_hash_; }

private:
    friend class Compiler;
    Graph() = default;

    struct SlotInfo {
        std::uint32_t track = 0;
        std::uint32_t stage = 0;
        std::size_t lookback = 0;
    };
    static std::size_t index(Field field) { return static_cast<std::size_t>(field); }

    std::vector<Track> tracks_;
    std::vector<Step> steps_;
    std::vector<Join> joins_;
    std::vector<FactRead> fact_reads_;
    std::vector<Across> acrosses_;
    std::vector<Constant> constants_;
    std::vector<Output> outputs_;
    std::vector<SlotInfo> slots_;
    std::uint32_t stages_ = 1;
    Surroundings surroundings_;
    std::string schema_hash_;
};

}  // namespace tradewind::feature
