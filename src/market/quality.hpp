// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "domain/event.hpp"
#include "domain/time.hpp"

/// What is wrong with recorded rows, rule by rule: the words that all checkers share.
namespace tradewind::market {

/// What a finding says. The order is that of reports: what cannot be right first.
enum class QualityRule : std::uint8_t {
    unreadable,       ///< a line of a file that is no row
    disorder,         ///< rows run backwards in time
    duplicate,        ///< a bar's instant comes twice; a tick repeats one of its instant whole
    negative_price,   ///< 0 or less
    ohlc,             ///< open or close outside low..high, or a negative volume
    crossed,          ///< bid above ask
    one_sided,        ///< a bid without an ask, or the other way round
    spike,            ///< a price that neither its neighbours nor the volume know
    split,            ///< a jump that stays and looks like a split nobody adjusted for
    ticker_reuse,     ///< another company, or a rename, behind a hole
    clock_shift,      ///< stamps that are hours away from the session
    gap,              ///< the market was open, and no row
    outside_session,  ///< the market was closed, and a row
    stale,            ///< the same price again and again
    zero_volume,      ///< a bar without a trade in a series that counts volume
    volume_shift,     ///< volume counts something else from here on
    stamp_noise,      ///< nanoseconds that went through a double
    coarse_stamps,    ///< several ticks an instant, all on whole seconds
    extreme,          ///< looks like a spike, but the volume was there: real until proven otherwise
    level_break,      ///< a jump that stays: a peg that broke, a gap on news; real
};
inline constexpr std::size_t kQualityRules = 20;

/// "zero-volume", ...
[[nodiscard]] std::string_view to_string(QualityRule value);
[[nodiscard]] std::optional<QualityRule> parse_quality_rule(std::string_view text);
/// One line for people.
[[nodiscard]] std::string_view describe(QualityRule value);

enum class Severity : std::uint8_t {
    info,     ///< worth knowing
    warning,  ///< look before you trade on it
    error,    ///< cannot be right
};
[[nodiscard]] std::string_view to_string(Severity value);

/// What would mend one row. Values are those of other cells of the series: nothing is made up.
struct Repair {
    enum class Kind : std::uint8_t {
        drop,  ///< the row goes
        set,   ///< `column` (place in the kind's columns) becomes `value`
    };
    Kind kind = Kind::drop;
    std::size_t column = 0;
    std::int64_t value = 0;

    friend bool operator==(const Repair&, const Repair&) = default;
};

struct Finding {
    QualityRule rule = QualityRule::gap;
    Severity severity = Severity::warning;
    std::uint64_t row = 0;   ///< from 0; of a gap the row after it
    std::uint64_t rows = 1;  ///< how many rows from there on it holds for
    Timestamp ts;            ///< of that row
    std::string detail;      ///< the reason with its numbers
    std::optional<Repair> repair;

    friend bool operator==(const Finding&, const Finding&) = default;
};

using FindingSink = std::function<void(Finding)>;

/// When a rule speaks. Prices are compared by the logarithm of their ratio.
struct QualitySettings {
    double wick_scale = 10.0;      ///< wick against the median wick of the rows around it
    double spike_scale = 5.0;      ///< open or close against the median range around it
    double wick_floor = 0.05;      ///< smaller ones are never spikes
    double print_scale = 8.0;      ///< tick against the median absolute deviation around it
    double print_floor = 0.01;     ///< smaller deviations of ticks are never spikes
    double volume_vouches = 2.0;   ///< times the median volume: then an extreme is real ...
    double beyond_belief = 0.7;    ///< ... unless it is larger than this
    double level_scale = 12.0;     ///< jump against the deviation of returns around it
    double level_floor = 0.03;     ///< smaller jumps are no breaks
    double split_floor = 0.58;     ///< smaller jumps are no splits: a factor of 1.8
    double reuse_scale = 3.0;      ///< jump over a hole against what its length explains
    double reuse_days = 60.0;      ///< shorter holes are gaps alone
    double rename_days = 365.0;    ///< longer holes are suspect whatever the price did
    double stale_rows = 10.0;      ///< shorter runs are quiet markets
    double volume_factor = 8.0;    ///< between the days before and after a change of the feed
    double silent_minutes = 60.0;  ///< ticks: shorter pauses of an open market are no gaps
    double shift_minutes = 90.0;   ///< clocks that are closer than this are right
    double illiquid_share = 0.01;  ///< of rows after a hole: above it holes are the market's own

    friend bool operator==(const QualitySettings&, const QualitySettings&) = default;
};

/// A threshold of the settings and its name on the command line: "spike-scale", ...
struct Threshold {
    std::string_view name;
    double QualitySettings::* member;
    std::string_view meaning;
};
[[nodiscard]] std::span<const Threshold> quality_thresholds();

/// Joins rows in a row that break the same rule into one finding; the first one's detail stays.
class FindingRuns {
public:
    explicit FindingRuns(FindingSink sink) : sink_(std::move(sink)) {}

    /// `detail` makes the text; it is called for the first row of a run alone.
    template <typename Detail>
    void flag(QualityRule rule, Severity severity, std::uint64_t row, Timestamp ts,
              const Detail& detail, std::optional<Repair> repair = std::nullopt) {
        auto& open = open_[static_cast<std::size_t>(rule)];
        if (open && open->row + open->rows == row && open->severity == severity) {
            ++open->rows;
            return;
        }
        if (open) sink_(std::move(*open));
        open = Finding{.rule = rule,
                       .severity = severity,
                       .row = row,
                       .rows = 1,
                       .ts = ts,
                       .detail = detail(),
                       .repair = repair};
    }
    /// Hands on what is open.
    void finish();

private:
    FindingSink sink_;
    std::array<std::optional<Finding>, kQualityRules> open_;
};

/// The middle value; reorders the numbers. Of an even count the upper of the two. Not empty.
[[nodiscard]] double upper_median(std::span<double> values);

}  // namespace tradewind::market
