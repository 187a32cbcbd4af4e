// SPDX-License-Identifier: Apache-2.0
#include "research/labels/definition.hpp"

#include <fmt/format.h>

#include <array>

#include "base/hash.hpp"
#include "base/try.hpp"
#include "research/labels/returns.hpp"
#include "research/labels/sample_weights.hpp"
#include "research/labels/trend_scanning.hpp"
#include "research/labels/triple_barrier.hpp"

namespace tradewind::research::labels {
namespace {

using feature::ExpressionError;

constexpr auto kFallback = ParamNeed::has_fallback;
constexpr auto kOptional = ParamNeed::optional;
constexpr double kUsualSpan = 50;

constexpr std::array<std::string_view, 2> kEntries{"close", "next_open"};
constexpr std::array<std::string_view, 2> kReturnKinds{"simple", "log"};
constexpr std::array<std::string_view, 2> kTouches{"high_low", "close"};
constexpr std::array<std::string_view, 2> kAtHorizons{"zero", "sign"};

constexpr Param kAhead{.name = "n", .least = 1};
constexpr Param kEntry{
    .name = "entry", .kind = ParamKind::word, .need = kFallback, .words = kEntries};
constexpr Param kSpan{.name = "span", .need = kOptional, .least = 2};
constexpr Param kVolatility{.name = "volatility", .kind = ParamKind::expression, .need = kOptional};

constexpr std::array kForwardReturnParams{
    kAhead,
    Param{.name = "kind", .kind = ParamKind::word, .need = kFallback, .words = kReturnKinds},
    kEntry};
constexpr std::array kDirectionParams{
    kAhead, Param{.name = "threshold", .kind = ParamKind::number, .need = kFallback}, kSpan,
    kVolatility, kEntry};
constexpr std::array kForwardVolatilityParams{Param{.name = "n", .least = 2}};
constexpr std::array kQuantileClassParams{
    kAhead, Param{.name = "k", .need = kFallback, .fallback = 5, .least = 2},
    Param{.name = "window", .need = kOptional, .least = 2},
    Param{.name = "least", .need = kFallback, .fallback = 100, .least = 2}, kEntry};
constexpr std::array kTripleBarrierParams{
    Param{.name = "up", .kind = ParamKind::number, .need = kFallback, .fallback = 2},
    Param{.name = "down", .kind = ParamKind::number, .need = kFallback, .fallback = 2},
    Param{.name = "horizon", .need = kFallback, .fallback = 20, .least = 1},
    kSpan,
    kVolatility,
    Param{.name = "side", .kind = ParamKind::expression, .need = kOptional},
    Param{.name = "touch", .kind = ParamKind::word, .need = kFallback, .words = kTouches},
    Param{.name = "at_horizon", .kind = ParamKind::word, .need = kFallback, .words = kAtHorizons},
    kEntry};
constexpr std::array kTrendScanningParams{
    Param{.name = "min", .need = kFallback, .fallback = 5, .least = 3},
    Param{.name = "max", .need = kFallback, .fallback = 20, .least = 3}};

std::vector<double> evaluate(std::shared_ptr<const feature::Graph> graph, const Bars& bars) {
    std::vector<double> out;
    out.reserve(bars.rows());
    feature::Panel panel{std::move(graph), {{.symbol = {}}}};
    panel.run({.bars = {&bars, 1}}, [&](const feature::Panel::Rows& rows) {
        out.insert(out.end(), rows.columns[0], rows.columns[0] + rows.rows);
        return true;
    });
    return out;
}

/// Of an expression that we wrote.
std::vector<double> evaluate(const std::string& expression, const Bars& bars) {
    return evaluate(compile_of_bars(expression).value(), bars);
}

/// The deviation of returns, weighted over a span (AFML 3.3, snippet 3.1), or what the user says.
std::vector<double> volatility_of(const Call& call, const Bars& bars) {
    if (call.has("volatility")) return evaluate(call.at("volatility").graph, bars);
    return evaluate(fmt::format("ewm_std(ret(1), {})", call.at("span").number), bars);
}

Entry entry_of(const Call& call) { return static_cast<Entry>(call.at("entry").word); }

Labels make_forward_return(const Call& call, const Bars& bars) {
    return forward_return(bars, {.rows = call.rows("n"),
                                 .kind = static_cast<ReturnKind>(call.at("kind").word),
                                 .entry = entry_of(call)});
}

Labels make_direction(const Call& call, const Bars& bars) {
    std::vector<double> unit;
    if (call.has("span") || call.has("volatility")) unit = volatility_of(call, bars);
    return direction(bars, {.rows = call.rows("n"), .entry = entry_of(call)},
                     call.at("threshold").number, unit);
}

Labels make_forward_volatility(const Call& call, const Bars& bars) {
    const std::size_t rows = call.rows("n");
    return later_value(evaluate(fmt::format("std(logret(1), {})", rows), bars), rows);
}

Labels make_quantile_class(const Call& call, const Bars& bars) {
    const Labels returns = forward_return(bars, {.rows = call.rows("n"), .entry = entry_of(call)});
    QuantileClass settings{.classes = call.rows("k")};
    if (call.has("window")) {
        settings.window = call.rows("window");
    } else {
        settings.least = call.rows("least");
    }
    return quantile_class(returns, settings);
}

Labels make_triple_barrier(const Call& call, const Bars& bars) {
    std::vector<double> side;
    if (call.has("side")) side = evaluate(call.at("side").graph, bars);
    return triple_barrier(bars,
                          {.up = call.at("up").number,
                           .down = call.at("down").number,
                           .horizon = call.rows("horizon"),
                           .touch = static_cast<Touch>(call.at("touch").word),
                           .at_horizon = static_cast<AtHorizon>(call.at("at_horizon").word),
                           .entry = entry_of(call)},
                          volatility_of(call, bars), side);
}

Labels make_trend_scanning(const Call& call, const Bars& bars) {
    return trend_scanning(bars, {.least = call.rows("min"), .most = call.rows("max")});
}

std::size_t n_ahead(const Call& call) { return call.rows("n"); }
std::size_t horizon_ahead(const Call& call) { return call.rows("horizon"); }
std::size_t trend_ahead(const Call& call) { return call.rows("max") - 1; }

LabelKind of_classes(const Call&) { return LabelKind::classes; }
LabelKind of_volatility(const Call&) { return LabelKind::volatility; }
LabelKind of_return(const Call& call) {
    return static_cast<ReturnKind>(call.at("kind").word) == ReturnKind::simple
               ? LabelKind::simple_return
               : LabelKind::log_return;
}

struct LabelMaker {
    Labels (*make)(const Call&, const Bars&);
    std::size_t (*rows_ahead)(const Call&);
    LabelKind (*kind)(const Call&);
};

constexpr std::array kLabelSignatures{Signature{"forward_return", kForwardReturnParams},
                                      Signature{"direction", kDirectionParams},
                                      Signature{"forward_volatility", kForwardVolatilityParams},
                                      Signature{"quantile_class", kQuantileClassParams},
                                      Signature{"triple_barrier", kTripleBarrierParams},
                                      Signature{"trend_scanning", kTrendScanningParams}};
/// In the order of the signatures.
constexpr std::array kLabelMakers{LabelMaker{make_forward_return, n_ahead, of_return},
                                  LabelMaker{make_direction, n_ahead, of_classes},
                                  LabelMaker{make_forward_volatility, n_ahead, of_volatility},
                                  LabelMaker{make_quantile_class, n_ahead, of_classes},
                                  LabelMaker{make_triple_barrier, horizon_ahead, of_classes},
                                  LabelMaker{make_trend_scanning, trend_ahead, of_classes}};
static_assert(kLabelMakers.size() == kLabelSignatures.size());

constexpr std::array kTimeDecayParams{
    Param{.name = "oldest", .kind = ParamKind::number, .least = -0.999}};
constexpr std::array kRecencyParams{Param{.name = "half_life", .kind = ParamKind::duration}};

std::vector<double> make_own(const Call&, const Labels& labels, const Bars&) {
    return labels.weight;
}
std::vector<double> make_uniqueness(const Call&, const Labels& labels, const Bars&) {
    return average_uniqueness(labels);
}
std::vector<double> make_attribution(const Call&, const Labels& labels, const Bars& bars) {
    return return_attribution(labels, bars);
}
std::vector<double> make_decay(const Call& call, const Labels& labels, const Bars&) {
    return time_decay(labels, call.at("oldest").number);
}
std::vector<double> make_recency(const Call& call, const Labels& labels, const Bars& bars) {
    return recency(labels, bars, call.at("half_life").duration);
}

using WeightMaker = std::vector<double> (*)(const Call&, const Labels&, const Bars&);
constexpr std::array kWeightSignatures{
    Signature{"own", {}}, Signature{"uniqueness", {}}, Signature{"return_attribution", {}},
    Signature{"time_decay", kTimeDecayParams}, Signature{"recency", kRecencyParams}};
/// In the order of the signatures.
constexpr std::array<WeightMaker, 5> kWeightMakers{make_own, make_uniqueness, make_attribution,
                                                   make_decay, make_recency};
static_assert(kWeightMakers.size() == kWeightSignatures.size());

std::vector<std::string_view> names_of(std::span<const Signature> signatures) {
    std::vector<std::string_view> out;
    for (const Signature& one : signatures) out.push_back(one.name);
    return out;
}

/// What of two parameters that say one thing in two ways.
std::expected<void, ExpressionError> settle(Call& call, std::string_view function) {
    const auto fail = [&](std::string_view param, std::string text) {
        return std::unexpected(ExpressionError{call.at(param).column, std::move(text)});
    };
    const bool has_volatility = function == "direction" || function == "triple_barrier";
    if (has_volatility && call.has("span") && call.has("volatility")) {
        return fail("volatility",
                    "span and volatility are two ways to say one thing: leave one out");
    }
    if (function == "triple_barrier" && !call.has("span") && !call.has("volatility")) {
        call.fill("span", kUsualSpan);
    }
    if (function == "quantile_class" && call.has("window")) {
        if (call.at("least").column > 0) {
            return fail("least", "a window has to be full; least is for quantiles of all so far");
        }
        call.drop("least");
    }
    if (function == "trend_scanning" && call.rows("max") < call.rows("min")) {
        const bool says_max = call.at("max").column > 0;
        return fail(says_max ? "max" : "min", fmt::format("max ({}) is less than min ({})",
                                                          call.rows("max"), call.rows("min")));
    }
    return {};
}

}  // namespace

std::vector<std::string_view> label_names() { return names_of(kLabelSignatures); }
std::vector<std::string_view> weight_names() { return names_of(kWeightSignatures); }

std::expected<LabelDefinition, ExpressionError> LabelDefinition::parse(std::string_view text) {
    LabelDefinition out;
    out.call_ = TRY(Call::parse(text, kLabelSignatures, "label"));
    TRY_VOID(settle(out.call_, kLabelSignatures[out.call_.function()].name));
    return out;
}

std::string LabelDefinition::hash() const {
    const std::string all = fmt::format("labels {}\nfunctions {}\n{}", kLabelsVersion,
                                        feature::functions_version(), text());
    return fmt::format("{:016x}", base::fnv1a(all));
}

std::size_t LabelDefinition::rows_ahead() const {
    return kLabelMakers[call_.function()].rows_ahead(call_);
}

LabelKind LabelDefinition::kind() const { return kLabelMakers[call_.function()].kind(call_); }

bool LabelDefinition::is_of_closes() const {
    const bool is_return = kind() == LabelKind::simple_return || kind() == LabelKind::log_return;
    return is_return && entry_of(call_) == Entry::close;
}

Labels LabelDefinition::compute(const Bars& bars) const {
    return kLabelMakers[call_.function()].make(call_, bars);
}

std::expected<WeightDefinition, ExpressionError> WeightDefinition::parse(std::string_view text) {
    WeightDefinition out;
    out.call_ = TRY(Call::parse(text, kWeightSignatures, "weight"));
    return out;
}

std::string_view WeightDefinition::name() const { return kWeightSignatures[call_.function()].name; }

std::vector<double> WeightDefinition::compute(const Labels& labels, const Bars& bars) const {
    return kWeightMakers[call_.function()](call_, labels, bars);
}

}  // namespace tradewind::research::labels
