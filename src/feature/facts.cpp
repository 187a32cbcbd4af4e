// SPDX-License-Identifier: Apache-2.0
#include "feature/facts.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>

#include "base/assert.hpp"
#include "feature/kernel_indicator.hpp"

namespace tradewind::feature {
namespace {

constexpr std::array<std::string_view, 3> kKindNames{"news", "calendar", "series"};
constexpr std::array kNews{SourceKind::news};
constexpr std::array kCalendar{SourceKind::calendar};
constexpr std::array kSeries{SourceKind::series};
constexpr std::array kNewsOrCalendar{SourceKind::news, SourceKind::calendar};

double minutes_between(std::int64_t from, std::int64_t to) {
    return static_cast<double>(to - from) / 60e9;
}

/// The figure that the newest fact tells; one that tells none leaves it as it is.
template <double (*figure)(const Fact&)>
class Newest final : public FactFold {
public:
    void take(const Fact& fact) override {
        if (fact.kind != FactKind::value || fact.at < at_) return;
        const double told = figure(fact);
        if (std::isnan(told)) return;
        value_ = told;
        at_ = fact.at;
    }
    double at(std::int64_t /*now*/) override { return value_; }

private:
    double value_ = kNaN;
    std::int64_t at_ = INT64_MIN;  ///< a late word on what is older is no news
};

double value_told(const Fact& fact) { return fact.value; }
double forecast_told(const Fact& fact) { return fact.forecast; }
double previous_told(const Fact& fact) { return fact.previous; }
double surprise_told(const Fact& fact) { return fact.value - fact.forecast; }

/// A sum in which each term halves with every half-life since it was known.
class DecayedSum {
public:
    explicit DecayedSum(Duration half_life) : half_life_ns_(static_cast<double>(half_life.ns)) {}
    void add(std::int64_t known_at, double value) {
        sum_ = at(known_at) + value;
        from_ = known_at;
    }
    [[nodiscard]] double at(std::int64_t now) const {
        return sum_ * std::exp2(-static_cast<double>(now - from_) / half_life_ns_);
    }
    /// As it was when the last term came.
    [[nodiscard]] double newest() const { return sum_; }

private:
    double half_life_ns_;
    double sum_ = 0;
    std::int64_t from_ = 0;
};

class SentimentDecay final : public FactFold {
public:
    explicit SentimentDecay(Duration half_life) : sum_(half_life) {}
    void take(const Fact& fact) override {
        if (!std::isnan(fact.value)) sum_.add(fact.known_at, fact.value);
    }
    double at(std::int64_t now) override { return sum_.at(now); }

private:
    DecayedSum sum_;
};

class SentimentMean final : public FactFold {
public:
    explicit SentimentMean(Duration half_life) : scores_(half_life), weights_(half_life) {}
    void take(const Fact& fact) override {
        if (std::isnan(fact.value)) return;
        scores_.add(fact.known_at, fact.value);
        weights_.add(fact.known_at, 1.0);
    }
    /// Scores and weights fade alike: what they come to changes only with news.
    double at(std::int64_t /*now*/) override {
        return weights_.newest() > 0 ? scores_.newest() / weights_.newest() : kNaN;
    }

private:
    DecayedSum scores_, weights_;
};

class CountInWindow final : public FactFold {
public:
    explicit CountInWindow(Duration window) : window_ns_(window.ns) {}
    void take(const Fact& fact) override { known_.push_back(fact.known_at); }
    double at(std::int64_t now) override {
        while (!known_.empty() && now - known_.front() >= window_ns_) known_.pop_front();
        return static_cast<double>(known_.size());
    }

private:
    std::int64_t window_ns_;
    std::deque<std::int64_t> known_;
};

/// Instants that facts speak of, as far as they are known.
class MinutesTo final : public FactFold {
public:
    void take(const Fact& fact) override {
        const auto place = std::lower_bound(due_.begin(), due_.end(), fact.at, std::greater{});
        if (place == due_.end() || *place != fact.at) due_.insert(place, fact.at);
    }
    double at(std::int64_t now) override {
        while (!due_.empty() && due_.back() < now) due_.pop_back();
        return due_.empty() ? kNaN : minutes_between(now, due_.back());
    }

private:
    std::vector<std::int64_t> due_;  ///< the soonest last
};

class MinutesSince final : public FactFold {
public:
    void take(const Fact& fact) override {
        const auto place = std::lower_bound(due_.begin(), due_.end(), fact.at, std::greater{});
        due_.insert(place, fact.at);
    }
    double at(std::int64_t now) override {
        for (; !due_.empty() && due_.back() <= now; due_.pop_back()) {
            last_ = std::max(last_.value_or(due_.back()), due_.back());
        }
        return last_ ? minutes_between(*last_, now) : kNaN;
    }

private:
    std::vector<std::int64_t> due_;
    std::optional<std::int64_t> last_;
};

template <typename Fold>
std::unique_ptr<FactFold> of_nothing(Duration /*none*/) {
    return std::make_unique<Fold>();
}
template <typename Fold>
std::unique_ptr<FactFold> of_duration(Duration given) {
    ASSERT(given.ns > 0);
    return std::make_unique<Fold>(given);
}

constexpr auto kFunctions = std::to_array<FactFunction>({
    {.name = "value",
     .title = "newest value of a series",
     .kinds = kSeries,
     .is_member = true,
     .formula = "the value known last",
     .make = of_nothing<Newest<value_told>>},
    {.name = "actual",
     .title = "what the last release told",
     .kinds = kCalendar,
     .is_member = true,
     .formula = "actual",
     .make = of_nothing<Newest<value_told>>},
    {.name = "forecast",
     .title = "what was expected of the last release",
     .kinds = kCalendar,
     .is_member = true,
     .formula = "forecast",
     .make = of_nothing<Newest<forecast_told>>},
    {.name = "previous",
     .title = "the figure before the last release, as that one told it",
     .kinds = kCalendar,
     .is_member = true,
     .formula = "previous",
     .make = of_nothing<Newest<previous_told>>},
    {.name = "surprise",
     .title = "how far the last release was off what was expected",
     .kinds = kCalendar,
     .is_member = true,
     .formula = "actual - forecast",
     .make = of_nothing<Newest<surprise_told>>},
    {.name = "minutes_to",
     .title = "minutes to the next one that is known to come",
     .kinds = kCalendar,
     .formula = "(due - now) / 60 s; missing where none is known to come",
     .make = of_nothing<MinutesTo>},
    {.name = "minutes_since",
     .title = "minutes since the last one",
     .kinds = kNewsOrCalendar,
     .formula = "(now - then) / 60 s; missing before the first",
     .make = of_nothing<MinutesSince>},
    {.name = "sentiment_decay",
     .title = "sentiment that fades",
     .kinds = kNews,
     .takes_duration = true,
     .formula = "sum score 2^(-age / half-life); 0 where there was no news",
     .make = of_duration<SentimentDecay>},
    {.name = "sentiment_mean",
     .title = "mean sentiment, the newest counting most",
     .kinds = kNews,
     .takes_duration = true,
     .formula = "sum score w / sum w, w = 2^(-age / half-life); missing before the first",
     .make = of_duration<SentimentMean>},
    {.name = "news_count",
     .title = "how much news there was",
     .kinds = kNews,
     .takes_duration = true,
     .formula = "items with age < window",
     .make = of_duration<CountInWindow>},
});

}  // namespace

std::string_view to_string(SourceKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

std::optional<SourceKind> parse_source_kind(std::string_view text) {
    const auto found = std::find(kKindNames.begin(), kKindNames.end(), text);
    if (found == kKindNames.end()) return std::nullopt;
    return static_cast<SourceKind>(found - kKindNames.begin());
}

std::span<const FactFunction> fact_functions() { return kFunctions; }

const FactFunction* find_fact_function(std::string_view name, bool is_member) {
    const auto found = std::find_if(kFunctions.begin(), kFunctions.end(), [&](const auto& one) {
        return one.name == name && one.is_member == is_member;
    });
    return found == kFunctions.end() ? nullptr : &*found;
}

bool takes(const FactFunction& function, SourceKind kind) {
    return std::find(function.kinds.begin(), function.kinds.end(), kind) != function.kinds.end();
}

const FactFunction& series_value() { return kFunctions.front(); }

}  // namespace tradewind::feature
