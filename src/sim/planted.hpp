// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "domain/instrument.hpp"
#include "ports/history.hpp"

/// Markets in which the direction of the next bar, the sign of close[t + 1] - close[t], can be told
/// from the bars up to t with an accuracy that is known: no predictor that sees all of them is
/// right more often than the Bayes rule of the market, which `BayesRule` is. They measure what a
/// learner finds of what there is to find.
///
/// In all of them ups and downs are as frequent, returns have one standard deviation, and opens,
/// highs, lows and volumes tell of the future only what is said here:
///
/// - `ar`: returns are a hidden AR(1) signal plus white noise, both normal. The rule is the sign of
///   the Kalman filter's forecast, which is a sum of past returns under falling weights. Accuracy
///   is 1/2 + asin(rho) / pi, with rho the correlation of forecast and return (the orthant
///   probability of two normals, Sheppard 1899).
/// - `regimes`: two regimes that last 40 bars on average. In calm ones returns follow the last one,
///   in rough ones they turn against it; the coefficient is the same but for its sign, and so is
///   the arcsine law. A rough bar has twice the standard deviation and long wicks: its high and its
///   low lie further beyond open and close than those of any calm bar, so that the regime of a bar
///   is known when it closes. Returns alone have no autocorrelation.
/// - `interaction`: the sign of the next return is the last one's where volume was above its
/// middle,
///   and the opposite below, each time with the probability asked for. Neither of the two alone,
///   nor a sum of them, tells anything.
/// - `memory`: once in 20 to 40 bars volume jumps to more than 4 times its middle. Until the next
///   jump the sign of each return is that of the return of the bar that jumped, with the
///   probability asked for. 40 bars always hold the last jump.
/// - `gate`: where volume was above its middle the sign of the next return is the last one's with
///   twice the edge asked for, and where it was below with a coin's. So a rule that follows the
///   last return is as good as any, and volume says when it can be believed.
namespace tradewind::sim {

enum class PlantedMarket : std::uint8_t { ar, regimes, interaction, memory, gate };
/// "planted-ar" and so on.
[[nodiscard]] std::string_view to_string(PlantedMarket market);
[[nodiscard]] std::optional<PlantedMarket> parse_planted_market(std::string_view text);
/// The Bayes rule in words.
[[nodiscard]] std::string_view rule_in_words(PlantedMarket market);

/// What can be asked for.
inline constexpr double kBayesAccuracyMin = 0.5, kBayesAccuracyMax = 0.95;
/// At most: less where the market is a coin half of the time.
[[nodiscard]] double bayes_accuracy_max(PlantedMarket market);

struct PlantedSettings {
    PlantedMarket market = PlantedMarket::ar;
    double bayes_accuracy = 0.6;  ///< kBayesAccuracyMin to bayes_accuracy_max
    std::uint64_t seed = 1;
    Instrument instrument{};  ///< never closes; see `is_fine_enough` for its tick
    double volatility = 0.2;  ///< of returns, a year
    double first_price = 100.0;
    Timestamp start{};
    Duration interval = hours(1);

    /// Standard deviation of a bar's log return.
    [[nodiscard]] double step() const;
};

/// Whether ticks are small enough beside returns: the rounding of closes then changes less than one
/// direction in a thousand, and hardly ever is a close that of the bar before.
[[nodiscard]] bool is_fine_enough(const PlantedSettings& settings);

/// Standard deviation of the log price after so many bars, at most about; trends make it wider than
/// the steps alone would. Beyond 2 or so prices leave the range in which ticks are fine.
[[nodiscard]] double log_price_deviation(const PlantedSettings& settings, std::uint64_t rows);

/// The market, bar by bar.
class PlantedBars {
public:
    explicit PlantedBars(const PlantedSettings& settings);
    /// Appends `rows` bars.
    void append(ports::Columns& out, std::size_t rows);

private:
    [[nodiscard]] double next_return();
    [[nodiscard]] double odds() const;
    [[nodiscard]] double signed_return();
    [[nodiscard]] double wick();
    [[nodiscard]] double log_volume();
    [[nodiscard]] Price price_at(double log_price) const;

    PlantedSettings settings_;
    base::Random random_;
    Timestamp label_;
    Price last_;
    double log_price_ = 0;
    double middle_volume_;
    double signal_share_ = 0;  // ar: variance of the signal in that of returns
    double coefficient_ = 0;   // regimes: autocorrelation within one
    double signal_ = 0;        // ar: the hidden one
    double last_score_ = 0;    // last return in standard deviations of its regime
    bool is_rough_ = false;
    double forecast_ =
        1;  // interaction, memory, gate: the sign that the next return has, if it is right
    int until_jump_ = 0;     // memory: bars
    bool is_jump_ = false;   // memory: of the bar at work
    bool is_above_ = false;  // interaction, gate: volume of the bar at work
};

/// One bar as the rule reads it, in the units of `ports::BarColumns`.
struct PlantedRow {
    std::int64_t open = 0, high = 0, low = 0, close = 0, volume = 0;
};
[[nodiscard]] PlantedRow planted_row(const ports::Columns& bars, std::size_t row);

/// The Bayes rule at work: it sees the bars and the settings of the market, not its inside.
class BayesRule {
public:
    explicit BayesRule(const PlantedSettings& settings);
    /// Takes a bar and says which way the next close goes: 1 or -1.
    [[nodiscard]] int next(const PlantedRow& row);

private:
    [[nodiscard]] double filtered(double change);

    PlantedMarket market_;
    double step_;
    double middle_volume_;
    double signal_share_ = 0, kept_ = 0;  // ar
    std::int64_t last_close_ = 0;
    double forecast_ = 0, variance_ = 0;  // ar: of the signal, of the next bar
    double remembered_ = 1;               // memory
};

/// How the rule did on bars.
struct PlantedTally {
    std::uint64_t rows = 0;  ///< with a next one whose close differs
    std::uint64_t ups = 0;
    std::uint64_t right = 0;
    std::uint64_t flat = 0;  ///< rows whose next close is the same; in none of the others

    [[nodiscard]] double base_rate() const;  ///< share of ups; 0 without rows
    [[nodiscard]] double accuracy() const;
    void add(const PlantedTally& other);
};

/// Counts row by row.
class RuleTally {
public:
    explicit RuleTally(const PlantedSettings& settings) : rule_(settings) {}
    void take(const ports::Columns& bars);
    [[nodiscard]] const PlantedTally& tally() const { return tally_; }

private:
    BayesRule rule_;
    PlantedTally tally_;
    std::optional<std::int64_t> last_close_;
    int said_ = 0;
};

/// What a catalog with planted markets says of them beside its data, in `planted.json`:
///
///     {"PLANTED.SIM": {"market": "planted-ar", "bayes_accuracy": 0.6, "seed": 7, "interval":
///     "1h"}}
struct PlantedTruth {
    PlantedMarket market{};
    double bayes_accuracy = 0;
    std::uint64_t seed = 0;
    std::string interval;

    friend bool operator==(const PlantedTruth&, const PlantedTruth&) = default;
};
using PlantedTruths = std::map<std::string, PlantedTruth, std::less<>>;  ///< by symbol

inline constexpr std::string_view kPlantedFile = "planted.json";

[[nodiscard]] std::string to_json(const PlantedTruths& truths);
/// The error names the symbol and the field.
[[nodiscard]] std::expected<PlantedTruths, std::string> parse_planted(std::string_view json);

}  // namespace tradewind::sim
