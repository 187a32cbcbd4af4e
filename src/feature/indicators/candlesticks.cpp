// SPDX-License-Identifier: Apache-2.0
// Candlestick patterns: 100 where one ends that promises a rise, -100 for a fall, 0 where there is
// none; 80 where the bodies meet at one end, 200 where a hikkake is confirmed. For patterns of one
// or two that say nothing of the direction, 100 is white and -100 is black.
#include "feature/candlesticks.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "feature/indicators/families.hpp"
#include "feature/kernel_indicator.hpp"
#include "feature/kernels/candles.hpp"

namespace tradewind::feature {
namespace {

// ---- what patterns have in common -----------------------------------------------------------
// All conditions are looked at in every row: several rows at once, and nothing to mispredict.

/// `of` where it is true, else 0.
template <typename Truth, typename Value>
constexpr Value where(Truth truth, Value of) {
    return truth ? of : Value{};
}

/// Where bars seldom gap, the rest of such a pattern is seldom worth looking at: not unless one of
/// the lanes fulfils what is rare.
constexpr auto rarely(auto rare, auto rest) {
    if constexpr (sizeof rare == sizeof(Lanes)) {
        bool is_there = false;
        for (std::size_t lane = 0; lane < kLanes; ++lane) is_there |= rare[lane] != 0;
        if (!is_there) return rare;
    }
    return rare & rest();
}

/// The body begins above the other's end.
constexpr auto gaps_up(const auto& candle, const auto& other) {
    return candle.bottom() > other.top();
}
constexpr auto gaps_down(const auto& candle, const auto& other) {
    return candle.top() < other.bottom();
}
/// Not even the shadows touch.
constexpr auto window_up(const auto& candle, const auto& other) { return candle.low > other.high; }
constexpr auto window_down(const auto& candle, const auto& other) {
    return candle.high < other.low;
}
constexpr auto is_about(auto value, auto other, auto tolerance) {
    return (value <= other + tolerance) & (value >= other - tolerance);
}
constexpr auto is_between(auto value, auto low, auto high) {
    return (value > low) & (value < high);
}
constexpr auto opens_within_body(const auto& candle, const auto& other) {
    return is_between(candle.open, other.bottom(), other.top());
}
constexpr auto closes_within_body(const auto& candle, const auto& other) {
    return is_between(candle.close, other.bottom(), other.top());
}
/// 100 where the body lies within the other, 80 where the two meet at an end.
constexpr auto body_within(const auto& candle, const auto& other) {
    using Value = decltype(candle.open);
    const auto within = (candle.top() < other.top()) & (candle.bottom() > other.bottom());
    const auto meets = (candle.top() <= other.top()) & (candle.bottom() >= other.bottom());
    return within ? Value{} + 100.0 : where(meets, Value{} + 80.0);
}
constexpr auto bars_within(const auto& candle, const auto& other) {
    return (candle.high < other.high) & (candle.low > other.low);
}
constexpr auto falls_below(const auto& candle, const auto& other) {
    return (candle.high < other.high) & (candle.low < other.low);
}

/// A small body at the top and a long shadow below.
constexpr auto is_umbrella(const auto& candle) {
    return candle.is_short() & (candle.lower_shadow() > candle.body()) & candle.is_shaven_head();
}
constexpr auto is_inverted_umbrella(const auto& candle) {
    return candle.is_short() & (candle.upper_shadow() > candle.body()) & candle.is_shaven_bottom();
}
constexpr auto has_short_shadows(const auto& candle) {
    return (candle.upper_shadow() < candle.short_shadow()) &
           (candle.lower_shadow() < candle.short_shadow());
}
/// Both shadows longer than so many bodies.
constexpr auto has_long_shadows(const auto& candle, double bodies) {
    return (candle.upper_shadow() > bodies * candle.body()) &
           (candle.lower_shadow() > bodies * candle.body());
}
constexpr auto is_belt_hold(const auto& candle) {
    return candle.white & candle.is_long() & candle.is_shaven_bottom();
}
/// Three white candles, each closing above the one before.
constexpr auto three_rise(const auto& bar) {
    const auto first = bar(2), second = bar(1), third = bar(0);
    return first.white & second.white & third.white & (third.close > second.close) &
           (second.close > first.close);
}
constexpr auto three_rise_shaven(const auto& bar) {
    return three_rise(bar) & bar(2).is_shaven_head() & bar(1).is_shaven_head() &
           bar(0).is_shaven_head();
}
/// White after white: it opens higher, within or near the body before.
constexpr auto opens_on(const auto& candle, const auto& before) {
    return (candle.open > before.open) & (candle.open <= before.close + before.near());
}
/// A long black candle, and a white one that opens below all of it.
constexpr auto opens_below_long_black(const auto& bar) {
    return bar(1).black & bar(1).is_long() & bar(0).white & (bar(0).open < bar(1).low);
}
constexpr auto pierces(const auto& bar, double penetration) {
    const auto first = bar(1), second = bar(0);
    return opens_below_long_black(bar) & (second.close < first.open) &
           (second.close > first.close + first.body() * penetration);
}
/// A long black candle, and a white one two bars later that takes back a part of it.
constexpr auto turns_up(const auto& bar) {
    const auto first = bar(2), third = bar(0);
    return first.black & first.is_long() & third.white & third.is_long() &
           (third.close > first.close + first.body() * bar.penetration);
}
constexpr auto is_star_of(const auto& bar, auto middle_is_small) {
    return turns_up(bar) & middle_is_small & gaps_down(bar(1), bar(2));
}
constexpr auto is_harami(const auto& bar, auto second_is_small) {
    return where(bar(1).black & bar(1).is_long() & second_is_small, body_within(bar(0), bar(1)));
}
/// Three small bodies after a candle.
constexpr auto three_pause(const auto& bar) {
    return bar(3).is_short() & bar(2).is_short() & bar(1).is_short();
}

// ---- one candle -----------------------------------------------------------------------------

constexpr auto kDoji = [](const auto& bar) { return bar(0).is_doji(); };
constexpr auto kDragonflyDoji = [](const auto& bar) {
    return bar(0).is_doji() & bar(0).is_shaven_head() & (bar(0).lower_shadow() > bar(0).tiny());
};
constexpr auto kGravestoneDoji = [](const auto& bar) { return kDragonflyDoji(bar.upside_down()); };
constexpr auto kTakuri = [](const auto& bar) {
    return bar(0).is_doji() & bar(0).is_shaven_head() &
           (bar(0).lower_shadow() > 2.0 * bar(0).body());
};
constexpr auto kLongLeggedDoji = [](const auto& bar) {
    const auto candle = bar(0);
    return candle.is_doji() &
           ((candle.lower_shadow() > candle.body()) | (candle.upper_shadow() > candle.body()));
};
constexpr auto kRickshawMan = [](const auto& bar) {
    const auto candle = bar(0);
    const auto middle = candle.low + candle.range() / 2.0;
    return candle.is_doji() & has_long_shadows(candle, 1.0) &
           (candle.bottom() <= middle + candle.near()) & (candle.top() >= middle - candle.near());
};
constexpr auto kSpinningTop = [](const auto& bar) {
    return bar(0).is_short() & has_long_shadows(bar(0), 1.0);
};
constexpr auto kHighWave = [](const auto& bar) {
    return bar(0).is_short() & has_long_shadows(bar(0), 2.0);
};
constexpr auto kLongLine = [](const auto& bar) {
    return bar(0).is_long() & has_short_shadows(bar(0));
};
constexpr auto kShortLine = [](const auto& bar) {
    return bar(0).is_short() & has_short_shadows(bar(0));
};
constexpr auto kMarubozu = [](const auto& bar) { return bar(0).is_marubozu(); };
constexpr auto kClosingMarubozu = [](const auto& bar) {
    return bar(0).white & bar(0).is_long() & bar(0).is_shaven_head();
};
constexpr auto kBeltHold = [](const auto& bar) { return is_belt_hold(bar(0)); };

// ---- two candles ----------------------------------------------------------------------------

constexpr auto kHammer = [](const auto& bar) {
    return is_umbrella(bar(0)) & (bar(0).bottom() <= bar(1).low + bar(1).near());
};
constexpr auto kHangingMan = [](const auto& bar) {
    return is_umbrella(bar(0)) & (bar(0).bottom() >= bar(1).high - bar(1).near());
};
constexpr auto kInvertedHammer = [](const auto& bar) {
    return rarely(gaps_down(bar(0), bar(1)), [&] { return is_inverted_umbrella(bar(0)); });
};
constexpr auto kShootingStar = [](const auto& bar) {
    return rarely(gaps_up(bar(0), bar(1)), [&] { return is_inverted_umbrella(bar(0)); });
};
constexpr auto kDojiStar = [](const auto& bar) {
    return bar(1).black & bar(1).is_long() & bar(0).is_doji() & gaps_down(bar(0), bar(1));
};
constexpr auto kEngulfing = [](const auto& bar) {
    const auto first = bar(1), second = bar(0);
    const auto differ = (first.open != second.close) | (first.close != second.open);
    return where(first.black & second.white & differ, body_within(first, second));
};
constexpr auto kHarami = [](const auto& bar) { return is_harami(bar, bar(0).is_not_long()); };
constexpr auto kHaramiCross = [](const auto& bar) { return is_harami(bar, bar(0).is_doji()); };
constexpr auto kPiercing = [](const auto& bar) { return pierces(bar, 0.5) & bar(0).is_long(); };
constexpr auto kDarkCloudCover = [](const auto& bar) {
    return pierces(bar.upside_down(), bar.penetration);
};
constexpr auto kOnNeck = [](const auto& bar) {
    return opens_below_long_black(bar) & is_about(bar(0).close, bar(1).low, bar(1).equal());
};
constexpr auto kInNeck = [](const auto& bar) {
    return opens_below_long_black(bar) & (bar(0).close >= bar(1).close) &
           (bar(0).close <= bar(1).close + bar(1).equal());
};
constexpr auto kThrusting = [](const auto& bar) {
    const auto first = bar(1), second = bar(0);
    return opens_below_long_black(bar) & (second.close > first.close + first.equal()) &
           (second.close <= first.close + first.body() * 0.5);
};
constexpr auto kCounterattack = [](const auto& bar) {
    const auto first = bar(1), second = bar(0);
    return first.black & first.is_long() & second.white & second.is_long() &
           is_about(second.close, first.close, first.equal());
};
constexpr auto kSeparatingLines = [](const auto& bar) {
    return bar(1).black & is_belt_hold(bar(0)) & is_about(bar(0).open, bar(1).open, bar(1).equal());
};
constexpr auto kMatchingLow = [](const auto& bar) {
    return bar(1).black & bar(0).black & is_about(bar(0).close, bar(1).close, bar(1).equal());
};
constexpr auto kHomingPigeon = [](const auto& bar) {
    const auto first = bar(1), second = bar(0);
    return first.black & first.is_long() & second.black & second.is_not_long() &
           (second.open < first.open) & (second.close > first.close);
};
constexpr auto kKicking = [](const auto& bar) {
    return bar(1).black & bar(1).is_marubozu() & bar(0).white & bar(0).is_marubozu() &
           window_up(bar(0), bar(1));
};
/// The longer of the two says which way.
constexpr auto kKickingByLength = [](const auto& bar) {
    const auto up = kKicking(bar), down = kKicking(bar.upside_down());
    const auto second_is_longer = bar(0).body() > bar(1).body();
    return (up & second_is_longer) | (down & !second_is_longer);
};

// ---- three candles --------------------------------------------------------------------------

constexpr auto kMorningStar = [](const auto& bar) { return is_star_of(bar, bar(1).is_not_long()); };
constexpr auto kEveningStar = [](const auto& bar) { return kMorningStar(bar.upside_down()); };
constexpr auto kMorningDojiStar = [](const auto& bar) { return is_star_of(bar, bar(1).is_doji()); };
constexpr auto kEveningDojiStar = [](const auto& bar) {
    return kMorningDojiStar(bar.upside_down());
};
constexpr auto kAbandonedBaby = [](const auto& bar) {
    return turns_up(bar) & bar(1).is_doji() & window_down(bar(1), bar(2)) &
           window_up(bar(0), bar(1));
};
/// All three against the average of the first.
constexpr auto kTriStar = [](const auto& bar) {
    const auto first = bar(2), second = bar(1), third = bar(0);
    return first.is_doji() & (second.body() <= first.tiny()) & (third.body() <= first.tiny()) &
           gaps_down(second, first) & (third.bottom() > second.bottom());
};
constexpr auto kThreeInside = [](const auto& bar) {
    const auto first = bar(2), second = bar(1), third = bar(0);
    return first.black & first.is_long() & second.is_not_long() & (second.top() < first.top()) &
           (second.bottom() > first.bottom()) & third.white & (third.close > first.open);
};
constexpr auto kThreeOutside = [](const auto& bar) {
    const auto first = bar(2), second = bar(1);
    return first.black & second.white & (second.close > first.open) & (second.open < first.close) &
           (bar(0).close > second.close);
};
constexpr auto kThreeWhiteSoldiers = [](const auto& bar) {
    const auto first = bar(2), second = bar(1), third = bar(0);
    return three_rise_shaven(bar) & opens_on(second, first) & opens_on(third, second) &
           (second.body() > first.body() - first.far()) &
           (third.body() > second.body() - second.far()) & third.is_long();
};
constexpr auto kAdvanceBlock = [](const auto& bar) {
    const auto first = bar(2), second = bar(1), third = bar(0);
    const auto stops_at_second = (second.body() < first.body() - first.far()) &
                                 (third.body() < second.body() + second.near());
    const auto stops_at_third = third.body() < second.body() - second.far();
    const auto fades = (third.body() < second.body()) & (second.body() < first.body()) &
                       ((third.upper_shadow() > third.short_shadow()) |
                        (second.upper_shadow() > second.short_shadow()));
    const auto is_sold_at_the_end =
        (third.body() < second.body()) & (third.upper_shadow() > third.body());
    return three_rise(bar) & opens_on(second, first) & opens_on(third, second) & first.is_long() &
           (first.upper_shadow() < first.short_shadow()) &
           (stops_at_second | stops_at_third | fades | is_sold_at_the_end);
};
constexpr auto kStalledPattern = [](const auto& bar) {
    const auto first = bar(2), second = bar(1), third = bar(0);
    return three_rise(bar) & first.is_long() & second.is_long() & second.is_shaven_head() &
           opens_on(second, first) & third.is_short() &
           (third.open >= second.close - third.body() - second.near());
};
constexpr auto kThreeBlackCrows = [](const auto& bar) {
    const auto first = bar(2), second = bar(1), third = bar(0);
    return three_rise_shaven(bar.upside_down()) & opens_within_body(second, first) &
           opens_within_body(third, second) & bar(3).white & (bar(3).high > first.close);
};
constexpr auto kIdenticalThreeCrows = [](const auto& bar) {
    const auto first = bar(2), second = bar(1), third = bar(0);
    return three_rise_shaven(bar.upside_down()) &
           is_about(second.open, first.close, first.equal()) &
           is_about(third.open, second.close, second.equal());
};
constexpr auto kThreeStarsInSouth = [](const auto& bar) {
    const auto first = bar(2), second = bar(1), third = bar(0);
    return first.black & first.is_long() & (first.lower_shadow() > first.body()) & second.black &
           (second.body() < first.body()) & (second.open > first.close) &
           (second.open <= first.high) & (second.low < first.close) & (second.low >= first.low) &
           (second.lower_shadow() > second.tiny()) & third.black & third.is_short() &
           third.is_shaven_head() & third.is_shaven_bottom() & bars_within(third, second);
};
constexpr auto kUniqueThreeRiver = [](const auto& bar) {
    const auto first = bar(2), second = bar(1), third = bar(0);
    return first.black & first.is_long() & second.black & (second.close > first.close) &
           (second.open <= first.open) & (second.low < first.low) & third.white & third.is_short() &
           (third.open > second.low);
};
constexpr auto kStickSandwich = [](const auto& bar) {
    const auto first = bar(2), second = bar(1), third = bar(0);
    return first.black & second.white & third.black & (second.low > first.close) &
           is_about(third.close, first.close, first.equal());
};
constexpr auto kTwoCrows = [](const auto& bar) {
    const auto first = bar(2), second = bar(1), third = bar(0);
    return first.white & first.is_long() & second.black & gaps_up(second, first) & third.black &
           opens_within_body(third, second) & closes_within_body(third, first);
};
constexpr auto kUpsideGapTwoCrows = [](const auto& bar) {
    const auto first = bar(2), second = bar(1), third = bar(0);
    return first.white & first.is_long() & second.black & second.is_not_long() &
           gaps_up(second, first) & third.black & (third.open > second.open) &
           (third.close < second.close) & (third.close > first.close);
};
constexpr auto kGapThreeMethods = [](const auto& bar) {
    const auto first = bar(2), second = bar(1), third = bar(0);
    return first.white & second.white & gaps_up(second, first) & third.black &
           opens_within_body(third, second) & closes_within_body(third, first);
};
constexpr auto kTasukiGap = [](const auto& bar) {
    const auto first = bar(2), second = bar(1), third = bar(0);
    return rarely(gaps_up(second, first), [&] {
        return second.white & third.black & opens_within_body(third, second) &
               is_between(third.close, first.top(), second.open) &
               is_between(second.body() - third.body(), -second.near(), second.near());
    });
};
/// Both white, whichever way they gap.
constexpr auto kGapSideBySideWhite = [](const auto& bar) {
    const auto first = bar(2), second = bar(1), third = bar(0);
    using Value = decltype(first.open);
    const auto up = gaps_up(second, first) & gaps_up(third, first);
    const auto down = gaps_down(second, first) & gaps_down(third, first);
    const auto found = rarely(up | down, [&] {
        return second.white & third.white & is_about(third.body(), second.body(), second.near()) &
               is_about(third.open, second.open, second.equal());
    });
    const Value which = up ? Value{} + 100.0 : Value{} - 100.0;
    return where(found, which);
};

// ---- four and five candles ------------------------------------------------------------------

constexpr auto kThreeLineStrike = [](const auto& bar) {
    const auto first = bar(3), second = bar(2), third = bar(1), last = bar(0);
    const auto opens_near = [](const auto& candle, const auto& before) {
        return (candle.open >= before.bottom() - before.near()) &
               (candle.open <= before.top() + before.near());
    };
    return three_rise(bar.before(1)) & opens_near(second, first) & opens_near(third, second) &
           last.black & (last.open > third.close) & (last.close < first.open);
};
constexpr auto kConcealingBabySwallow = [](const auto& bar) {
    const auto first = bar(3), second = bar(2), third = bar(1), fourth = bar(0);
    return first.black & first.is_shaven_head() & first.is_shaven_bottom() & second.black &
           second.is_shaven_head() & second.is_shaven_bottom() & third.black &
           gaps_down(third, second) & (third.upper_shadow() > third.tiny()) &
           (third.high > second.close) & fourth.black & bars_within(third, fourth);
};
constexpr auto kLadderBottom = [](const auto& bar) {
    const auto first = bar(4), second = bar(3), third = bar(2), fourth = bar(1), fifth = bar(0);
    return three_rise(bar.before(2).upside_down()) & (first.open > second.open) &
           (second.open > third.open) & fourth.black & (fourth.upper_shadow() > fourth.tiny()) &
           fifth.white & (fifth.open > fourth.open) & (fifth.close > fourth.high);
};
constexpr auto kBreakaway = [](const auto& bar) {
    const auto first = bar(4), second = bar(3), third = bar(2), fourth = bar(1), fifth = bar(0);
    return first.black & first.is_long() & second.black & gaps_down(second, first) &
           falls_below(third, second) & fourth.black & falls_below(fourth, third) & fifth.white &
           is_between(fifth.close, second.open, first.close);
};
constexpr auto kMatHold = [](const auto& bar) {
    const auto first = bar(4), second = bar(3), third = bar(2), fourth = bar(1), fifth = bar(0);
    const auto floor = first.close - first.body() * bar.penetration;
    const auto clears = [&](const auto& candle) { return fifth.close > candle.high; };
    return first.white & first.is_long() & three_pause(bar) & second.black &
           gaps_up(second, first) & is_between(third.bottom(), floor, first.close) &
           is_between(fourth.bottom(), floor, first.close) & (third.top() < second.open) &
           (fourth.top() < third.top()) & fifth.white & (fifth.open > fourth.close) &
           clears(second) & clears(third) & clears(fourth);
};
constexpr auto kRiseFallThreeMethods = [](const auto& bar) {
    const auto first = bar(4), second = bar(3), third = bar(2), fourth = bar(1), fifth = bar(0);
    const auto holds = [&](const auto& candle) {
        return (candle.bottom() < first.high) & (candle.top() > first.low);
    };
    return first.white & first.is_long() & three_pause(bar) &
           three_rise(bar.before(1).upside_down()) & holds(second) & holds(third) & holds(fourth) &
           fifth.white & fifth.is_long() & (fifth.open > fourth.close) &
           (fifth.close > first.close);
};

// ---- hikkake: found, and within three bars confirmed -----------------------------------------

/// 100 or -100 where one is found; twice that where the last of the three bars before is confirmed
/// by the first close beyond the bar before it. `is_found` is a bullish one.
template <auto is_found>
constexpr auto kHikkakeOf = [](const auto& bar) {
    using Value = decltype(bar(0).open);
    constexpr std::size_t kBarsToConfirm = 3;
    Value pending{}, above{}, below{}, result{};
    for (std::size_t ago = kBarsToConfirm + 1; ago-- > 0;) {
        const auto now = bar.before(ago);
        const Value found = where(is_found(now), Value{} + 100.0) -
                            where(is_found(now.upside_down()), Value{} + 100.0);
        const Value close = now(0).close;
        const auto is_confirmed =
            ((pending > 0.0) & (close > above)) | ((pending < 0.0) & (close < below));
        const auto is_new = found != 0.0;
        result = is_new ? found : where(is_confirmed, 2.0 * pending);
        pending = is_new ? found : where(!is_confirmed, pending);
        above = is_new ? now(1).high : above;
        below = is_new ? now(1).low : below;
    }
    return result;
};
/// An inside bar, then a false break down.
constexpr auto kIsHikkake = [](const auto& bar) {
    return bars_within(bar(1), bar(2)) & falls_below(bar(0), bar(1));
};
/// Two inside bars, the first closing near its low, then a false break down.
constexpr auto kIsModifiedHikkake = [](const auto& bar) {
    return bars_within(bar(2), bar(3)) & (bar(2).close <= bar(2).low + bar(2).near()) &
           kIsHikkake(bar);
};

// ---- the table ------------------------------------------------------------------------------

using Scan = void (*)(const CandleHistory&, double penetration, double* out, std::size_t rows);

/// Writes a pattern's values for the rows that the history took last.
template <auto pattern>
[[gnu::flatten]] void scan(const CandleHistory& history, double penetration, double* out,
                           std::size_t rows) {
    for (std::size_t row = 0; row < rows; row += kLanes) {
        const Lanes values =
            pattern(Candles<CandleRows>{.source = {&history, row}, .penetration = penetration});
        std::memcpy(out + row, &values, std::min(kLanes, rows - row) * sizeof(double));
    }
}
template <auto pattern>
constexpr CandleNeeds needs_of() {
    CandleNeeds needs;
    pattern(Candles<CandleProbe>{.source = {&needs}});
    return needs;
}

/// Truth is worth 100, a strength what it is.
template <auto is_found>
constexpr auto kStrength = [](const auto& bar) {
    using Bars = std::remove_cvref_t<decltype(bar)>;
    using Value = typename Bars::Value;
    if constexpr (std::is_same_v<decltype(is_found(bar)), Value>) {
        return is_found(bar);
    } else {
        return where(is_found(bar), Value{} + 100.0);
    }
};
template <auto is_found>
constexpr auto kBullish = kStrength<is_found>;
template <auto is_found>
constexpr auto kBearish = [](const auto& bar) {
    const auto found = kStrength<is_found>(bar);
    return decltype(found){} - found;
};
/// Bullish as it stands, bearish upside down.
template <auto is_found>
constexpr auto kEither = [](const auto& bar) {
    return kStrength<is_found>(bar) - kStrength<is_found>(bar.upside_down());
};
/// By the colour of the candle.
template <auto is_found>
constexpr auto kColoured = [](const auto& bar) {
    const auto found = kStrength<is_found>(bar);
    return bar(0).white ? found : decltype(found){} - found;
};

/// What the pattern itself says of the direction.
template <auto pattern>
constexpr auto kSigned = kStrength<pattern>;

/// Patterns of one stream, a column each.
class Candlesticks final : public Indicator {
public:
    struct Pattern {
        Scan scan;
        std::size_t lookback;
        double penetration;
    };

    Candlesticks(std::vector<Pattern> patterns, const CandleNeeds& needs)
        : patterns_(std::move(patterns)), history_(needs) {
        for (const Pattern& pattern : patterns_) lookback_ = std::max(lookback_, pattern.lookback);
    }

    [[nodiscard]] std::size_t lookback() const override { return lookback_; }
    void restart() override { taken_ = 0; }
    [[nodiscard]] std::unique_ptr<Indicator> clone() const override {
        return std::unique_ptr<Indicator>{new Candlesticks{*this}};
    }
    void run(std::span<const double* const> in, std::span<double* const> out,
             std::size_t rows) override {
        ASSERT(in.size() == kPrices && out.size() == patterns_.size());
        for (std::size_t from = 0; from < rows;) {
            const std::size_t end =
                finite_until(in, from, std::min(rows, from + CandleHistory::kBlock));
            if (end > from) {
                history_.take(in, from, end, rows);
                scan_all(out, from, end - from);
                from = end;
            } else {
                restart();
                for (double* column : out) column[from] = kNaN;
                ++from;
            }
        }
    }

private:
    Candlesticks(const Candlesticks& other)
        : Indicator(),
          patterns_(other.patterns_),
          history_(other.history_),
          lookback_(other.lookback_),
          taken_(other.taken_) {}

    /// The first row that is not finite, `end` where all are.
    static std::size_t finite_until(std::span<const double* const> in, std::size_t from,
                                    std::size_t end) {
        const double *open = in[0], *high = in[1], *low = in[2], *close = in[3];
        std::uint64_t bad = 0;
        for (std::size_t row = from; row < end; ++row) {
            const double sum = (open[row] + high[row]) + (low[row] + close[row]);
            bad |= detail::is_finite(sum) ? std::uint64_t{0} : ~std::uint64_t{0};
        }
        if (bad == 0) [[likely]] {
            return end;
        }
        for (const double* column : in) {
            end = static_cast<std::size_t>(
                std::find_if_not(column + from, column + end, detail::is_finite) - column);
        }
        return end;
    }
    void scan_all(std::span<double* const> out, std::size_t from, std::size_t rows) {
        for (std::size_t i = 0; i < patterns_.size(); ++i) {
            const Pattern& pattern = patterns_[i];
            pattern.scan(history_, pattern.penetration, out[i] + from, rows);
            if (taken_ < pattern.lookback) [[unlikely]] {
                std::fill_n(out[i] + from, std::min(rows, pattern.lookback - taken_), kNaN);
            }
        }
        taken_ += rows;
    }

    std::vector<Pattern> patterns_;
    CandleHistory history_;
    std::size_t lookback_ = 0;
    std::size_t taken_ = 0;  ///< since the start
};

/// A pattern alone as an indicator, and what several on one history need of it.
struct Entry {
    IndicatorInfo info;
    Scan scan;
    CandleNeeds needs;
    std::size_t lookback;
};

/// The info has a name, a title, a formula, and parameters if any. TA-Lib waits a bar longer than
/// it needs to for some, and for one it does not wait for a bar that it does not look at; then the
/// lookback is given.
template <auto pattern, std::size_t lookback = needs_of<pattern>().lookback()>
consteval Entry entry(IndicatorInfo info) {
    constexpr CandleNeeds kNeeds = needs_of<pattern>();
    static_assert(lookback >= kNeeds.reach);
    info.inputs = kOpenHighLowClose;
    info.outputs = kValue;
    info.make = [](Args args) -> std::unique_ptr<Indicator> {
        return std::make_unique<Candlesticks>(
            std::vector{Candlesticks::Pattern{scan<pattern>, lookback, args[0]}},
            needs_of<pattern>());
    };
    return {.info = info, .scan = scan<pattern>, .needs = kNeeds, .lookback = lookback};
}

constexpr std::string_view kPenetrates = "of the first body";
constexpr double kPenetrationMax = 3e37;
constexpr std::array kPenetration30{
    real_param("penetration", 0.3, 0.0, kPenetrationMax, kPenetrates)};
constexpr std::array kPenetration50{
    real_param("penetration", 0.5, 0.0, kPenetrationMax, kPenetrates)};
constexpr std::string_view kNison =
    "S. Nison, Japanese Candlestick Charting Techniques (1991); G. Morris, Candlestick Charting "
    "Explained (1995); sizes as in TA-Lib";
constexpr std::string_view kChesler =
    "D. Chesler, Trading False Moves with the Hikkake Pattern, Active Trader (April 2004)";

constexpr Entry kEntries[] = {
    entry<kBullish<kDoji>>({.name = "cdldoji",
                            .talib = "CDLDOJI",
                            .title = "doji",
                            .inputs = {},
                            .params = {},
                            .outputs = {},
                            .formula = "body at most a tenth of the average range",
                            .source = kNison}),
    entry<kBullish<kDragonflyDoji>>({.name = "cdldragonflydoji",
                                     .talib = "CDLDRAGONFLYDOJI",
                                     .title = "dragonfly doji",
                                     .inputs = {},
                                     .params = {},
                                     .outputs = {},
                                     .formula = "doji without upper shadow, with a lower one",
                                     .source = kNison}),
    entry<kBullish<kGravestoneDoji>>({.name = "cdlgravestonedoji",
                                      .talib = "CDLGRAVESTONEDOJI",
                                      .title = "gravestone doji",
                                      .inputs = {},
                                      .params = {},
                                      .outputs = {},
                                      .formula = "doji without lower shadow, with an upper one",
                                      .source = kNison}),
    entry<kBullish<kTakuri>>(
        {.name = "cdltakuri",
         .talib = "CDLTAKURI",
         .title = "takuri line",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "doji without upper shadow, the lower one longer than two bodies",
         .source = kNison}),
    entry<kBullish<kLongLeggedDoji>>({.name = "cdllongleggeddoji",
                                      .talib = "CDLLONGLEGGEDDOJI",
                                      .title = "long-legged doji",
                                      .inputs = {},
                                      .params = {},
                                      .outputs = {},
                                      .formula = "doji with a shadow longer than its body",
                                      .source = kNison}),
    entry<kBullish<kRickshawMan>>(
        {.name = "cdlrickshawman",
         .talib = "CDLRICKSHAWMAN",
         .title = "rickshaw man",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula =
             "doji with two shadows longer than its body, which is near the middle of the range",
         .source = kNison}),
    entry<kColoured<kSpinningTop>>({.name = "cdlspinningtop",
                                    .talib = "CDLSPINNINGTOP",
                                    .title = "spinning top",
                                    .inputs = {},
                                    .params = {},
                                    .outputs = {},
                                    .formula = "short body, both shadows longer",
                                    .source = kNison}),
    entry<kColoured<kHighWave>>({.name = "cdlhighwave",
                                 .talib = "CDLHIGHWAVE",
                                 .title = "high-wave candle",
                                 .inputs = {},
                                 .params = {},
                                 .outputs = {},
                                 .formula = "short body, both shadows longer than two bodies",
                                 .source = kNison}),
    entry<kColoured<kLongLine>>({.name = "cdllongline",
                                 .talib = "CDLLONGLINE",
                                 .title = "long line candle",
                                 .inputs = {},
                                 .params = {},
                                 .outputs = {},
                                 .formula = "long body, both shadows short",
                                 .source = kNison}),
    entry<kColoured<kShortLine>>({.name = "cdlshortline",
                                  .talib = "CDLSHORTLINE",
                                  .title = "short line candle",
                                  .inputs = {},
                                  .params = {},
                                  .outputs = {},
                                  .formula = "short body, both shadows short",
                                  .source = kNison}),
    entry<kColoured<kMarubozu>>({.name = "cdlmarubozu",
                                 .talib = "CDLMARUBOZU",
                                 .title = "marubozu",
                                 .inputs = {},
                                 .params = {},
                                 .outputs = {},
                                 .formula = "long body without shadows",
                                 .source = kNison}),
    entry<kEither<kClosingMarubozu>>(
        {.name = "cdlclosingmarubozu",
         .talib = "CDLCLOSINGMARUBOZU",
         .title = "closing marubozu",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "long white body without upper shadow; long black body without lower one",
         .source = kNison}),
    entry<kEither<kBeltHold>>(
        {.name = "cdlbelthold",
         .talib = "CDLBELTHOLD",
         .title = "belt hold",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "long white body without lower shadow; long black body without upper one",
         .source = kNison}),
    entry<kBullish<kHammer>>({.name = "cdlhammer",
                              .talib = "CDLHAMMER",
                              .title = "hammer",
                              .inputs = {},
                              .params = {},
                              .outputs = {},
                              .formula = "short body, no upper shadow, the lower one longer than "
                                         "the body, which ends below or near the low before",
                              .source = kNison}),
    entry<kBearish<kHangingMan>>(
        {.name = "cdlhangingman",
         .talib = "CDLHANGINGMAN",
         .title = "hanging man",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "short body, no upper shadow, the lower one longer than the body, which begins "
                    "above or near the high before",
         .source = kNison}),
    entry<kBullish<kInvertedHammer>>(
        {.name = "cdlinvertedhammer",
         .talib = "CDLINVERTEDHAMMER",
         .title = "inverted hammer",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula =
             "short body that gaps down, no lower shadow, the upper one longer than the body",
         .source = kNison}),
    entry<kBearish<kShootingStar>>(
        {.name = "cdlshootingstar",
         .talib = "CDLSHOOTINGSTAR",
         .title = "shooting star",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "short body that gaps up, no lower shadow, the upper one longer than the body",
         .source = kNison}),
    entry<kEither<kDojiStar>>(
        {.name = "cdldojistar",
         .talib = "CDLDOJISTAR",
         .title = "doji star",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "doji that gaps away from a long body, down after black, up after white",
         .source = kNison}),
    entry<kEither<kEngulfing>, 2>(
        {.name = "cdlengulfing",
         .talib = "CDLENGULFING",
         .title = "engulfing pattern",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula =
             "a body of the other colour around the one before; 80 where they meet at an end",
         .source = kNison}),
    entry<kEither<kHarami>>(
        {.name = "cdlharami",
         .talib = "CDLHARAMI",
         .title = "harami",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula =
             "a body that is not long within a long one before it; 80 where they meet at an end",
         .source = kNison}),
    entry<kEither<kHaramiCross>>(
        {.name = "cdlharamicross",
         .talib = "CDLHARAMICROSS",
         .title = "harami cross",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "a doji within a long body before it; 80 where they meet at an end",
         .source = kNison}),
    entry<kBullish<kPiercing>>(
        {.name = "cdlpiercing",
         .talib = "CDLPIERCING",
         .title = "piercing line",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "after a long black candle a long white one that opens below its low and "
                    "closes within the upper half of its body",
         .source = kNison}),
    entry<kBearish<kDarkCloudCover>>(
        {.name = "cdldarkcloudcover",
         .talib = "CDLDARKCLOUDCOVER",
         .title = "dark cloud cover",
         .inputs = {},
         .params = kPenetration50,
         .outputs = {},
         .formula = "after a long white candle a black one that opens above its high and closes "
                    "within its body, below a part of it",
         .source = kNison}),
    entry<kBearish<kOnNeck>>(
        {.name = "cdlonneck",
         .talib = "CDLONNECK",
         .title = "on-neck line",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula =
             "after a long black candle a white one that opens below its low and closes at it",
         .source = kNison}),
    entry<kBearish<kInNeck>>({.name = "cdlinneck",
                              .talib = "CDLINNECK",
                              .title = "in-neck line",
                              .inputs = {},
                              .params = {},
                              .outputs = {},
                              .formula = "after a long black candle a white one that opens below "
                                         "its low and closes at its close or just above",
                              .source = kNison}),
    entry<kBearish<kThrusting>>(
        {.name = "cdlthrusting",
         .talib = "CDLTHRUSTING",
         .title = "thrusting line",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "after a long black candle a white one that opens below its low and closes "
                    "within the lower half of its body",
         .source = kNison}),
    entry<kEither<kCounterattack>>(
        {.name = "cdlcounterattack",
         .talib = "CDLCOUNTERATTACK",
         .title = "counterattack lines",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "two long candles, the second of the other colour, that close at one price",
         .source = kNison}),
    entry<kEither<kSeparatingLines>>(
        {.name = "cdlseparatinglines",
         .talib = "CDLSEPARATINGLINES",
         .title = "separating lines",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "a belt hold that opens where the candle of the other colour before it did",
         .source = kNison}),
    entry<kBullish<kMatchingLow>>({.name = "cdlmatchinglow",
                                   .talib = "CDLMATCHINGLOW",
                                   .title = "matching low",
                                   .inputs = {},
                                   .params = {},
                                   .outputs = {},
                                   .formula = "two black candles that close at one price",
                                   .source = kNison}),
    entry<kBullish<kHomingPigeon>>(
        {.name = "cdlhomingpigeon",
         .talib = "CDLHOMINGPIGEON",
         .title = "homing pigeon",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "a black body that is not long within a long black one before it",
         .source = kNison}),
    entry<kEither<kKicking>>({.name = "cdlkicking",
                              .talib = "CDLKICKING",
                              .title = "kicking",
                              .inputs = {},
                              .params = {},
                              .outputs = {},
                              .formula = "a marubozu, and one of the other colour beyond a window",
                              .source = kNison}),
    entry<kEither<kKickingByLength>>({.name = "cdlkickingbylength",
                                      .talib = "CDLKICKINGBYLENGTH",
                                      .title = "kicking by length",
                                      .inputs = {},
                                      .params = {},
                                      .outputs = {},
                                      .formula = "as kicking; the longer marubozu says which way",
                                      .source = kNison}),
    entry<kBullish<kMorningStar>>(
        {.name = "cdlmorningstar",
         .talib = "CDLMORNINGSTAR",
         .title = "morning star",
         .inputs = {},
         .params = kPenetration30,
         .outputs = {},
         .formula = "a long black body, one that is not long and gaps down, a long white one that "
                    "closes within the first beyond a part of it",
         .source = kNison}),
    entry<kBearish<kEveningStar>>(
        {.name = "cdleveningstar",
         .talib = "CDLEVENINGSTAR",
         .title = "evening star",
         .inputs = {},
         .params = kPenetration30,
         .outputs = {},
         .formula = "a long white body, one that is not long and gaps up, a long black one that "
                    "closes within the first beyond a part of it",
         .source = kNison}),
    entry<kBullish<kMorningDojiStar>>({.name = "cdlmorningdojistar",
                                       .talib = "CDLMORNINGDOJISTAR",
                                       .title = "morning doji star",
                                       .inputs = {},
                                       .params = kPenetration30,
                                       .outputs = {},
                                       .formula = "as a morning star; the middle candle is a doji",
                                       .source = kNison}),
    entry<kBearish<kEveningDojiStar>>({.name = "cdleveningdojistar",
                                       .talib = "CDLEVENINGDOJISTAR",
                                       .title = "evening doji star",
                                       .inputs = {},
                                       .params = kPenetration30,
                                       .outputs = {},
                                       .formula = "as an evening star; the middle candle is a doji",
                                       .source = kNison}),
    entry<kEither<kAbandonedBaby>>(
        {.name = "cdlabandonedbaby",
         .talib = "CDLABANDONEDBABY",
         .title = "abandoned baby",
         .inputs = {},
         .params = kPenetration30,
         .outputs = {},
         .formula = "as a doji star of morning or evening; windows on both sides of the doji",
         .source = kNison}),
    entry<kEither<kTriStar>>({.name = "cdltristar",
                              .talib = "CDLTRISTAR",
                              .title = "tristar",
                              .inputs = {},
                              .params = {},
                              .outputs = {},
                              .formula = "three dojis, the second gaps away, the third comes back",
                              .source = kNison}),
    entry<kEither<kThreeInside>>({.name = "cdl3inside",
                                  .talib = "CDL3INSIDE",
                                  .title = "three inside up and down",
                                  .inputs = {},
                                  .params = {},
                                  .outputs = {},
                                  .formula = "a harami, then a close beyond the first open",
                                  .source = kNison}),
    entry<kEither<kThreeOutside>, 3>(
        {.name = "cdl3outside",
         .talib = "CDL3OUTSIDE",
         .title = "three outside up and down",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "an engulfing pattern, then a close beyond the second",
         .source = kNison}),
    entry<kBullish<kThreeWhiteSoldiers>>(
        {.name = "cdl3whitesoldiers",
         .talib = "CDL3WHITESOLDIERS",
         .title = "three white soldiers",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "three white candles without upper shadows, each closing higher and opening "
                    "within or near the body before, none far shorter than that",
         .source = kNison}),
    entry<kBearish<kAdvanceBlock>>(
        {.name = "cdladvanceblock",
         .talib = "CDLADVANCEBLOCK",
         .title = "advance block",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "three white candles, each closing higher and opening within or near the body "
                    "before, whose bodies shrink or whose upper shadows grow",
         .source = kNison}),
    entry<kBearish<kStalledPattern>>(
        {.name = "cdlstalledpattern",
         .talib = "CDLSTALLEDPATTERN",
         .title = "stalled pattern",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "two long white candles, then a short white one on the shoulder of the second",
         .source = kNison}),
    entry<kBearish<kThreeBlackCrows>>(
        {.name = "cdl3blackcrows",
         .talib = "CDL3BLACKCROWS",
         .title = "three black crows",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "after a white candle three black ones without lower shadows, each closing "
                    "lower and opening within the body before",
         .source = kNison}),
    entry<kBearish<kIdenticalThreeCrows>>(
        {.name = "cdlidentical3crows",
         .talib = "CDLIDENTICAL3CROWS",
         .title = "identical three crows",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "three black candles without lower shadows, each closing lower and opening at "
                    "the close before",
         .source = kNison}),
    entry<kBullish<kThreeStarsInSouth>>(
        {.name = "cdl3starsinsouth",
         .talib = "CDL3STARSINSOUTH",
         .title = "three stars in the south",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "three black candles of shrinking ranges, the first long with a long lower "
                    "shadow, the last a short marubozu",
         .source = kNison}),
    entry<kBullish<kUniqueThreeRiver>>(
        {.name = "cdlunique3river",
         .talib = "CDLUNIQUE3RIVER",
         .title = "unique three river bottom",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula =
             "a long black candle, a black harami with a lower low, a short white candle below",
         .source = kNison}),
    entry<kBullish<kStickSandwich>>(
        {.name = "cdlsticksandwich",
         .talib = "CDLSTICKSANDWICH",
         .title = "stick sandwich",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "two black candles that close at one price, a white one above it between them",
         .source = kNison}),
    entry<kBearish<kTwoCrows>>({.name = "cdl2crows",
                                .talib = "CDL2CROWS",
                                .title = "two crows",
                                .inputs = {},
                                .params = {},
                                .outputs = {},
                                .formula = "a long white candle, a black one that gaps up, a black "
                                           "one from its body into the first's",
                                .source = kNison}),
    entry<kBearish<kUpsideGapTwoCrows>>(
        {.name = "cdlupsidegap2crows",
         .talib = "CDLUPSIDEGAP2CROWS",
         .title = "upside gap two crows",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "a long white candle, a black one that gaps up and is not long, a black one "
                    "around it that closes above the first",
         .source = kNison}),
    entry<kEither<kGapThreeMethods>>(
        {.name = "cdlxsidegap3methods",
         .talib = "CDLXSIDEGAP3METHODS",
         .title = "upside and downside gap three methods",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula =
             "two candles of one colour with a gap between, one of the other colour that fills it",
         .source = kNison}),
    entry<kEither<kTasukiGap>>(
        {.name = "cdltasukigap",
         .talib = "CDLTASUKIGAP",
         .title = "tasuki gap",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "a candle that gaps in its own direction, one of the other colour, about as "
                    "long, that closes within the gap",
         .source = kNison}),
    entry<kSigned<kGapSideBySideWhite>>(
        {.name = "cdlgapsidesidewhite",
         .talib = "CDLGAPSIDESIDEWHITE",
         .title = "gap side by side white lines",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula =
             "two white candles, alike in open and body, that gap up or down from the one before",
         .source = kNison}),
    entry<kEither<kThreeLineStrike>>(
        {.name = "cdl3linestrike",
         .talib = "CDL3LINESTRIKE",
         .title = "three-line strike",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "three candles of one colour in a row, one of the other colour that opens "
                    "beyond them and closes before the first",
         .source = kNison}),
    entry<kBullish<kConcealingBabySwallow>>(
        {.name = "cdlconcealbabyswall",
         .talib = "CDLCONCEALBABYSWALL",
         .title = "concealing baby swallow",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "two black candles without shadows, a black one that gaps down with an upper "
                    "shadow into the body before, a black one around it",
         .source = kNison}),
    entry<kBullish<kLadderBottom>>(
        {.name = "cdlladderbottom",
         .talib = "CDLLADDERBOTTOM",
         .title = "ladder bottom",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "three black candles with lower opens and closes, a black one with an upper "
                    "shadow, a white one that closes above its high",
         .source = kNison}),
    entry<kEither<kBreakaway>>({.name = "cdlbreakaway",
                                .talib = "CDLBREAKAWAY",
                                .title = "breakaway",
                                .inputs = {},
                                .params = {},
                                .outputs = {},
                                .formula = "a long candle, three that run on from a gap, one of "
                                           "the other colour that closes in the gap",
                                .source = kNison}),
    entry<kBullish<kMatHold>>(
        {.name = "cdlmathold",
         .talib = "CDLMATHOLD",
         .title = "mat hold",
         .inputs = {},
         .params = kPenetration50,
         .outputs = {},
         .formula = "a long white candle, three short ones that fall from a gap but not far into "
                    "its body, a white one that closes above them",
         .source = kNison}),
    entry<kEither<kRiseFallThreeMethods>>(
        {.name = "cdlrisefall3methods",
         .talib = "CDLRISEFALL3METHODS",
         .title = "rising and falling three methods",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "a long candle, three short ones of the other colour that drift back within "
                    "its range, a long one that closes beyond it",
         .source = kNison}),
    entry<kSigned<kHikkakeOf<kIsHikkake>>>(
        {.name = "cdlhikkake",
         .talib = "CDLHIKKAKE",
         .title = "hikkake",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "an inside bar and a false break of it; 200 where one of the next three closes "
                    "beyond the other side",
         .source = kChesler}),
    entry<kSigned<kHikkakeOf<kIsModifiedHikkake>>, 10>(
        {.name = "cdlhikkakemod",
         .talib = "CDLHIKKAKEMOD",
         .title = "modified hikkake",
         .inputs = {},
         .params = {},
         .outputs = {},
         .formula = "as hikkake, of a second inside bar after one that closes near its low (high)",
         .source = kChesler}),
};

constexpr auto kIndicators = [] {
    std::array<IndicatorInfo, std::size(kEntries)> out{};
    std::transform(std::begin(kEntries), std::end(kEntries), out.begin(),
                   [](const Entry& entry) { return entry.info; });
    return out;
}();

}  // namespace

std::span<const IndicatorInfo> candlestick_indicators() { return kIndicators; }

std::unique_ptr<Indicator> candlesticks(std::span<const Candlestick> wanted) {
    std::vector<Candlesticks::Pattern> patterns;
    CandleNeeds needs;
    for (const Candlestick& candlestick : wanted) {
        const auto* entry = std::find_if(
            std::begin(kEntries), std::end(kEntries),
            [&](const Entry& one) { return one.info.name == candlestick.pattern->name; });
        if (entry == std::end(kEntries)) return nullptr;
        patterns.push_back({entry->scan, entry->lookback, candlestick.penetration});
        needs.add(entry->needs);
    }
    return std::make_unique<Candlesticks>(std::move(patterns), needs);
}

}  // namespace tradewind::feature
