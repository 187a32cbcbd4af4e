// SPDX-License-Identifier: Apache-2.0
#include "feature/graph.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <ranges>
#include <variant>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "base/try.hpp"
#include "feature/nearest.hpp"
#include "feature/operators.hpp"

namespace tradewind::feature {
namespace {

constexpr std::array<std::string_view, kFieldCount> kFieldNames{"open",
                                                                "high",
                                                                "low",
                                                                "close",
                                                                "volume",
                                                                "time",
                                                                "session_open",
                                                                "session_close",
                                                                "bid",
                                                                "ask",
                                                                "bid_size",
                                                                "ask_size",
                                                                "microprice",
                                                                "stoikov_microprice",
                                                                "mean_spread",
                                                                "touch_changes",
                                                                "order_flow",
                                                                "trades",
                                                                "buy_trades",
                                                                "sell_trades",
                                                                "trade_volume",
                                                                "buy_volume",
                                                                "sell_volume",
                                                                "large_volume",
                                                                "trade_value",
                                                                "effective_spread",
                                                                "realised_spread",
                                                                "bid_depth_5",
                                                                "ask_depth_5",
                                                                "bid_depth_10",
                                                                "ask_depth_10",
                                                                "bid_slope",
                                                                "ask_slope",
                                                                "order_flow_5",
                                                                "order_flow_10"};
static_assert(static_cast<std::size_t>(Field::order_flow_10) + 1 == kFieldCount);
static_assert(static_cast<std::size_t>(Field::bid) == kBarFieldCount);

/// The price that a bar's volume changed hands at in the mean. Bars here do not tell it: their
/// typical price, (high + low + close) / 3, stands for it.
constexpr std::string_view kVwap = "vwap";

constexpr unsigned kFunctionsVersion = 3;

std::optional<Field> field_named(std::string_view name) {
    const auto found = std::find(kFieldNames.begin(), kFieldNames.end(), name);
    if (found == kFieldNames.end()) return std::nullopt;
    return static_cast<Field>(found - kFieldNames.begin());
}

/// The field that an indicator reads where nobody says what else.
std::optional<Field> field_of(Input input) {
    switch (input) {
        case Input::open: return Field::open;
        case Input::high: return Field::high;
        case Input::low: return Field::low;
        case Input::close:
        case Input::real: return Field::close;
        case Input::volume: return Field::volume;
        case Input::second:
        case Input::periods:
        case Input::anchor: return std::nullopt;
    }
    __builtin_unreachable();
}

/// Names the caller chooses: everything else is a field of the bar.
bool is_chosen(Input input) {
    return input == Input::real || input == Input::second || input == Input::periods ||
           input == Input::anchor;
}

bool is_name(std::string_view text) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return !text.empty() && is_letter(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

// What opens another track.
constexpr std::string_view kOf = "of";
constexpr std::string_view kOn = "on";
constexpr std::string_view kAgeMax = "max_age";

bool is_function(std::string_view name) {
    return find_function(name) != nullptr || find_across(name) != nullptr ||
           find_fact_function(name, false) != nullptr || name == kOf || name == kOn;
}

}  // namespace

std::string_view to_string(Field field) { return kFieldNames[static_cast<std::size_t>(field)]; }

unsigned functions_version() { return kFunctionsVersion; }

std::string describe(const FeatureError& error) {
    return fmt::format("feature {}, {}", error.feature, describe(error.error));
}

std::expected<void, std::string> check_name(std::string_view name) {
    if (!is_name(name)) {
        return std::unexpected(
            fmt::format("'{}' is no name: letters, digits and '_', beginning with a letter", name));
    }
    const bool is_taken =
        field_named(name) || name == kVwap || is_function(name) || find_symbol(name, 1) != nullptr;
    if (is_taken) return std::unexpected(fmt::format("{} has a meaning already", name));
    return {};
}

// --- compiling -----------------------------------------------------------------------------------

/// Terms to steps. A step that is there already is not made again.
class Compiler {
public:
    explicit Compiler(const Surroundings& surroundings) {
        graph_.surroundings_ = surroundings;
        (void)track_of({});
    }

    std::expected<void, FeatureError> add(const FeatureText& feature) {
        const auto fail = [&](ExpressionError error) {
            return std::unexpected(FeatureError{feature.name, std::move(error)});
        };
        if (!is_name(feature.name)) {
            return fail(
                {1, "a feature's name is letters, digits and '_', and begins with a letter"});
        }
        if (features_.contains(feature.name))
            return fail({1, "there is a feature of this name already"});
        const auto slot = compile(feature.expression, kRows);
        if (!slot) return fail(slot.error());
        features_.emplace(feature.name, feature.expression);
        compiled_.emplace(std::pair{feature.name, kRows}, *slot);
        graph_.outputs_.push_back({.name = feature.name,
                                   .expression = feature.expression,
                                   .slot = *slot,
                                   .lookback = graph_.slots_[*slot].lookback});
        return {};
    }

    Graph finish() {
        for (const Graph::Step& step : graph_.steps_) note_fields(step.inputs);
        for (const Graph::Across& across : graph_.acrosses_) note_fields(across.inputs);
        for (const Graph::Join& join : graph_.joins_) note_fields({&join.from, 1});
        std::string schema = fmt::format("functions {}\n", kFunctionsVersion);
        for (const Graph::Output& output : graph_.outputs_) {
            note_fields({&output.slot, 1});
            schema += fmt::format("{} = {}\n", output.name, output.expression);
        }
        graph_.schema_hash_ = fmt::format("{:016x}", base::fnv1a(schema));
        return std::move(graph_);
    }

private:
    using Slot = Graph::Slot;
    static constexpr std::uint32_t kRows = 0;  ///< the track that rows of features are
    static constexpr std::uint32_t kAnyTrack = UINT32_MAX;
    /// How deep features may name one another inside of other tracks.
    static constexpr std::size_t kDepthMax = 200;

    /// What the outputs of a step are called, where there are several.
    struct Several {
        Slot first = 0;
        std::span<const std::string_view> names{};
    };
    struct SourceName {
        std::uint32_t source = 0;
    };
    struct GroupName {
        std::uint32_t group = 0;
    };
    /// A number, a column, several columns of which one is still to be chosen, or what is no series
    /// but an argument.
    using Value =
        std::variant<double, Slot, Several, SourceName, GroupName, Duration, std::string_view>;
    using Made = std::expected<Value, ExpressionError>;

    /// Where terms stand.
    struct Place {
        std::uint32_t track = kRows;
        std::uint32_t parent = UINT32_MAX;
        bool is_inner = false;  ///< of(...) right inside of on(...), or the other way round
    };
    /// The expression at work.
    struct Text {
        std::span<const Term> terms;
        std::span<const Place> places;
        std::span<const Value> values;
    };

    static std::unexpected<ExpressionError> fail(const Term& term, std::string text) {
        return std::unexpected(ExpressionError{term.column, std::move(text)});
    }

    void note_fields(std::span<const Slot> slots) {
        for (const Slot slot : slots) {
            if (graph_.slots_[slot].track == kAnyTrack) continue;
            Graph::Track& track = graph_.tracks_[graph_.slots_[slot].track];
            const Slot field = slot - track.first_field;
            if (slot >= track.first_field && field < kFieldCount) track.reads[field] = true;
        }
    }

    Slot new_slots(std::size_t count, const Graph::SlotInfo& info) {
        const auto first = static_cast<Slot>(graph_.slots_.size());
        graph_.slots_.resize(first + count, info);
        return first;
    }

    std::uint32_t track_of(const Graph::Track& wanted) {
        auto& tracks = graph_.tracks_;
        const auto found = std::find_if(tracks.begin(), tracks.end(), [&](const auto& track) {
            return track.instrument == wanted.instrument && track.interval == wanted.interval &&
                   track.depth == wanted.depth;
        });
        const auto number = static_cast<std::uint32_t>(found - tracks.begin());
        if (found != tracks.end()) return number;
        tracks.push_back(wanted);
        tracks.back().first_field = new_slots(kFieldCount, {.track = number});
        return number;
    }
    [[nodiscard]] Slot field_slot(Field field) const {
        return graph_.tracks_[track_].first_field + static_cast<Slot>(field);
    }

    /// On the track given; the one at work before is at work again.
    std::expected<Slot, ExpressionError> compile(std::string_view text, std::uint32_t track) {
        const std::vector<Term> terms = TRY(parse_expression(text));
        const std::vector<Place> places = TRY(places_of(terms, track));
        std::vector<Value> values;
        values.reserve(terms.size());
        const std::uint32_t before = track_;
        for (std::size_t i = 0; i < terms.size(); ++i) {
            track_ = places[i].track;
            auto value =
                value_of(terms[i], i, {.terms = terms, .places = places, .values = values});
            if (!value) {
                track_ = before;
                return std::unexpected(std::move(value).error());
            }
            values.push_back(*value);
        }
        track_ = track;
        auto out = series_of(terms.back(), values.back());
        track_ = before;
        return out;
    }

    // --- tracks ---

    static bool opens_track(const Term& term) {
        return term.kind == Term::Kind::call && (term.text == kOf || term.text == kOn);
    }

    /// Terms come after those that they are made of: from the last on, each tells its own where
    /// they stand.
    std::expected<std::vector<Place>, ExpressionError> places_of(std::span<const Term> terms,
                                                                 std::uint32_t track) {
        std::vector<Place> out(terms.size());
        out.back().track = track;
        for (std::size_t i = terms.size(); i-- > 0;) {
            const Term& term = terms[i];
            for (const Term::Argument& argument : term.arguments) {
                out[argument.term] = {.track = out[i].track,
                                      .parent = static_cast<std::uint32_t>(i)};
            }
            if (!opens_track(term)) continue;
            TRY_VOID(check_opening(term, terms));
            Place& inner = out[term.arguments[1].term];
            inner.track = opened_by(term, terms[term.arguments[0].term], out[i]);
            inner.is_inner = opens_track(terms[term.arguments[1].term]);
        }
        return out;
    }

    static std::expected<void, ExpressionError> check_opening(const Term& term,
                                                              std::span<const Term> terms) {
        const bool is_of = term.text == kOf;
        const std::string_view usage =
            is_of ? "of(\"SPY.ARCA\", close) takes an instrument in quotes and an expression"
                  : "on(1d, close) takes the length of a bar and an expression";
        const auto& arguments = term.arguments;
        if (arguments.size() < 2 || arguments.size() > 3) return fail(term, std::string{usage});
        if (!arguments[0].name.empty() || !arguments[1].name.empty())
            return fail(term, std::string{usage});
        const Term& what = terms[arguments[0].term];
        const bool fits = is_of ? what.kind == Term::Kind::text && !what.text.empty()
                                : what.kind == Term::Kind::duration && what.duration.ns > 0;
        if (!fits) return fail(what, std::string{usage});
        if (arguments.size() == 2) return {};
        const Term& age = terms[arguments[2].term];
        if (arguments[2].name != kAgeMax || age.kind != Term::Kind::duration ||
            age.duration.ns <= 0) {
            return fail(age, fmt::format("{} takes one thing more, max_age=3d", term.text));
        }
        return {};
    }

    /// Right inside of another one, both say which bars are meant; anywhere else it is a track of
    /// its own, read by the one around it.
    std::uint32_t opened_by(const Term& term, const Term& what, const Place& place) {
        const Graph::Track& around = graph_.tracks_[place.track];
        Graph::Track wanted{.instrument = around.instrument, .interval = around.interval};
        wanted.depth = place.is_inner ? around.depth : around.depth + 1;
        if (term.text == kOf) {
            wanted.instrument = std::string{what.text};
        } else {
            wanted.interval = what.duration;
        }
        return track_of(wanted);
    }

    Made opening(const Term& term, std::size_t at, const Text& text) {
        const Term::Argument& inner = term.arguments[1];
        const Value& value = text.values[inner.term];
        if (std::holds_alternative<double>(value)) return value;
        const std::uint32_t around = track_;
        track_ = text.places[inner.term].track;
        const auto from = series_of(text.terms[inner.term], value);
        track_ = around;
        if (!from) return std::unexpected(from.error());
        if (text.places[at].is_inner) return *from;
        const Duration age_max =
            term.arguments.size() == 3 ? text.terms[term.arguments[2].term].duration : Duration{};
        return join(*from, age_max);
    }

    Slot join(Slot from, Duration age_max) {
        const std::uint32_t track = graph_.slots_[from].track;
        if (track == kAnyTrack) return from;
        const auto known =
            std::find_if(graph_.joins_.begin(), graph_.joins_.end(), [&](const Graph::Join& join) {
                return join.from == from && join.into == track_ && join.age_max == age_max;
            });
        if (known != graph_.joins_.end()) return known->to;
        const Slot to = new_slots(1, {.track = track_});
        graph_.joins_.push_back(
            {.from = from, .to = to, .track = track, .into = track_, .age_max = age_max});
        return to;
    }

    // --- terms ---

    Made value_of(const Term& term, std::size_t at, const Text& text) {
        switch (term.kind) {
            case Term::Kind::number: return term.number;
            case Term::Kind::duration: return term.duration;
            case Term::Kind::text: return term.text;
            case Term::Kind::name: return named(term, text.places[at], text);
            case Term::Kind::unary:
            case Term::Kind::binary: return infix(term, text);
            case Term::Kind::call: return call(term, at, text);
            case Term::Kind::member: return member(term, text.values);
        }
        __builtin_unreachable();
    }

    Made named(const Term& term, const Place& place, const Text& text) {
        if (const auto field = field_named(term.text)) return field_slot(*field);
        if (features_.contains(term.text)) return feature(term);
        if (term.text == kVwap) return step(*find_indicator("typprice"), {}, typical_of());
        const auto& [sources, groups] = graph_.surroundings_;
        for (std::uint32_t i = 0; i < sources.size(); ++i) {
            if (sources[i].name == term.text) return SourceName{i};
        }
        for (std::uint32_t i = 0; i < groups.size(); ++i) {
            if (groups[i] == term.text) return GroupName{i};
        }
        if (is_function(term.text)) {
            return fail(term, fmt::format("{} is a function: say {}(...)", term.text, term.text));
        }
        return fail(term, unknown_name(term, place, text));
    }

    [[nodiscard]] std::string unknown_name(const Term& term, const Place& place,
                                           const Text& text) const {
        const Term* parent = place.parent < text.terms.size() ? &text.terms[place.parent] : nullptr;
        const bool is_argument = parent != nullptr && parent->kind == Term::Kind::call;
        const auto& [sources, groups] = graph_.surroundings_;
        const auto* fact = is_argument ? find_fact_function(parent->text, false) : nullptr;
        if (fact != nullptr) {
            std::vector<std::string_view> names;
            for (const auto& source : sources) names.push_back(source.name);
            return fmt::format("there is no source {}; name one: --source {}={}:FILE{}", term.text,
                               term.text, to_string(fact->kinds.front()), near(term.text, names));
        }
        const bool is_group = is_argument && find_across(parent->text) != nullptr &&
                              &text.terms[parent->arguments[0].term] != &term;
        if (is_group) {
            return fmt::format("there is no {}; say which instruments it groups: --group {}=FILE{}",
                               term.text, term.text,
                               near(term.text, {groups.begin(), groups.end()}));
        }
        return fmt::format("there is no {}; the bar has {}{}", term.text,
                           fmt::join(kFieldNames | std::views::take(kBarFieldCount), ", "),
                           also_near(term.text));
    }

    /// One made before, on the track at work.
    Made feature(const Term& term) {
        const auto key = std::pair{std::string{term.text}, track_};
        if (const auto found = compiled_.find(key); found != compiled_.end()) return found->second;
        if (++depth_ > kDepthMax) {
            return fail(term, fmt::format("features name one another deeper than {}", kDepthMax));
        }
        const auto slot = compile(features_.find(term.text)->second, track_);
        --depth_;
        if (!slot) {
            return fail(term, fmt::format("{} cannot stand here: its {}", term.text,
                                          describe(slot.error())));
        }
        compiled_.emplace(key, *slot);
        return *slot;
    }

    [[nodiscard]] std::vector<Slot> typical_of() const {
        return {field_slot(Field::high), field_slot(Field::low), field_slot(Field::close)};
    }

    Made member(const Term& term, std::span<const Value> values) {
        const Value& whole = values[term.arguments[0].term];
        if (const auto* source = std::get_if<SourceName>(&whole)) return told(term, *source);
        const auto* several = std::get_if<Several>(&whole);
        if (several == nullptr) {
            return fail(term, fmt::format("'.{}' follows what has one output only", term.text));
        }
        const auto found = std::find(several->names.begin(), several->names.end(), term.text);
        if (found == several->names.end()) {
            return fail(term, fmt::format("there is no output {}; there are {}", term.text,
                                          fmt::join(several->names, ", ")));
        }
        return several->first + static_cast<Slot>(found - several->names.begin());
    }

    Made infix(const Term& term, const Text& text) {
        std::vector<Value> operands;
        bool all_numbers = true;
        for (const Term::Argument& argument : term.arguments) {
            const Value& value = text.values[argument.term];
            TRY_VOID(check_series(text.terms[argument.term], value));
            all_numbers &= std::holds_alternative<double>(value);
            operands.push_back(value);
        }
        const IndicatorInfo* function = find_symbol(term.text, operands.size());
        ASSERT(function != nullptr);
        if (all_numbers) return folded(*function, operands);
        std::vector<Slot> inputs;
        for (const Value& operand : operands) inputs.push_back(TRY(series_of(term, operand)));
        return step(*function, {}, inputs);
    }

    /// An operator on numbers alone, worked out now by the same function.
    static double folded(const IndicatorInfo& function, std::span<const Value> operands) {
        std::array<double, 2> numbers{};
        std::array<const double*, 2> in{};
        for (std::size_t i = 0; i < operands.size(); ++i) {
            numbers[i] = std::get<double>(operands[i]);
            in[i] = &numbers[i];
        }
        double out = 0;
        double* const outs[] = {&out};
        function.make({})->run(std::span{in}.first(operands.size()), outs, 1);
        return out;
    }

    Made call(const Term& term, std::size_t at, const Text& text) {
        if (opens_track(term)) return opening(term, at, text);
        if (const auto* across = find_across(term.text)) return across_call(*across, term, text);
        if (const auto* fact = find_fact_function(term.text, false)) {
            return fact_call(*fact, term, text);
        }
        const IndicatorInfo* function = find_function(term.text);
        if (function == nullptr) {
            return fail(term,
                        fmt::format("there is no function {}{}", term.text, also_near(term.text)));
        }
        for (const Term::Argument& argument : term.arguments) {
            TRY_VOID(check_series(text.terms[argument.term], text.values[argument.term]));
        }
        const std::vector<Slot> inputs = TRY(inputs_of(*function, term, text));
        const std::size_t series = series_given(*function, term, text.values);
        const auto given = TRY(numbers_of(term, function->params, text, series));
        auto params = complete_params(*function, given);
        if (!params) return fail(term, params.error());
        return step(*function, *params, inputs);
    }

    /// How many of the arguments by place are series: those before the first number, and numbers
    /// too where there are more arguments than parameters.
    static std::size_t series_given(const IndicatorInfo& function, const Term& term,
                                    std::span<const Value> values) {
        std::size_t by_place = 0, leading = 0;
        for (const Term::Argument& argument : term.arguments) {
            if (!argument.name.empty()) continue;
            const bool is_series = !std::holds_alternative<double>(values[argument.term]);
            if (is_series && leading == by_place) ++leading;
            ++by_place;
        }
        const std::size_t beyond =
            by_place > function.params.size() ? by_place - function.params.size() : 0;
        return std::max(leading, std::min(beyond, function.inputs.size()));
    }

    std::expected<std::vector<Slot>, ExpressionError> inputs_of(const IndicatorInfo& function,
                                                                const Term& term,
                                                                const Text& text) {
        const std::size_t given = series_given(function, term, text.values);
        const auto chosen = static_cast<std::size_t>(
            std::count_if(function.inputs.begin(), function.inputs.end(), is_chosen));
        const bool names_all = given == function.inputs.size();
        const bool fits = given == 0 || given == chosen || names_all;
        if (!fits) {
            return fail(term, fmt::format("{} takes {} series, not {}", term.text,
                                          chosen > 0 ? chosen : function.inputs.size(), given));
        }
        std::vector<Slot> out;
        std::size_t next = 0;
        for (const Input input : function.inputs) {
            if (given > 0 && (names_all || is_chosen(input))) {
                while (!term.arguments[next].name.empty()) ++next;
                const Term::Argument& argument = term.arguments[next++];
                out.push_back(
                    TRY(series_of(text.terms[argument.term], text.values[argument.term])));
                continue;
            }
            const auto field = field_of(input);
            if (!field) {
                return fail(
                    term, fmt::format("{} takes {} series, and none is given", term.text, chosen));
            }
            out.push_back(field_slot(*field));
        }
        return out;
    }

    /// Parameters by place, after `skipped` arguments by place, and by name; the others as usual.
    std::expected<std::vector<double>, ExpressionError> numbers_of(
        const Term& term, std::span<const ParamInfo> params, const Text& text,
        std::size_t skipped) {
        std::vector<double> out;
        for (const ParamInfo& param : params) out.push_back(param.otherwise);
        std::size_t place = 0;
        for (const Term::Argument& argument : term.arguments) {
            const Term& said = text.terms[argument.term];
            if (argument.name.empty() && skipped > 0) {
                --skipped;
                continue;
            }
            std::size_t at = place;
            if (argument.name.empty()) {
                ++place;
            } else {
                const auto found = std::find_if(
                    params.begin(), params.end(),
                    [&](const ParamInfo& param) { return param.name == argument.name; });
                if (found == params.end()) {
                    return fail(said, fmt::format("{} has no parameter {}{}", term.text,
                                                  argument.name, names_of(params)));
                }
                at = static_cast<std::size_t>(found - params.begin());
            }
            if (at >= params.size()) {
                return fail(said, fmt::format("{} takes {} parameters, this is one more", term.text,
                                              params.size()));
            }
            const auto* number = std::get_if<double>(&text.values[argument.term]);
            if (number == nullptr) {
                return fail(said, fmt::format("{} of {} is a number, not a series", params[at].name,
                                              term.text));
            }
            out[at] = *number;
        }
        return out;
    }

    static std::string names_of(std::span<const ParamInfo> params) {
        if (params.empty()) return ", nor any other";
        std::vector<std::string_view> names;
        for (const ParamInfo& param : params) names.push_back(param.name);
        return fmt::format("; there are {}", fmt::join(names, ", "));
    }

    // --- across instruments ---

    /// `rank(x)`, `rank(x, sector)`, `neutralize(x, y, sector)`, `cs_winsorize(x, 0.01)`.
    Made across_call(const AcrossFunction& function, const Term& term, const Text& text) {
        if (track_ != kRows) {
            return fail(term, fmt::format("{} compares instruments row by row: it cannot stand "
                                          "inside of of(...) or on(...)",
                                          term.text));
        }
        Graph::Across across{.function = &function};
        std::size_t taken = 0;
        for (const Term::Argument& argument : term.arguments) {
            if (!argument.name.empty()) continue;
            const Value& value = text.values[argument.term];
            const Term& said = text.terms[argument.term];
            const bool is_first = across.inputs.empty();
            if (!is_first && std::holds_alternative<double>(value)) break;
            if (const auto* group = std::get_if<GroupName>(&value); group != nullptr && !is_first) {
                if (across.group) return fail(said, "there is a group already");
                across.group = group->group;
            } else {
                if (across.inputs.size() == function.inputs_max) {
                    return fail(said,
                                fmt::format("{} takes {} series", term.text, function.inputs_max));
                }
                across.inputs.push_back(TRY(series_of(said, value)));
            }
            ++taken;
        }
        if (across.inputs.empty())
            return fail(term, fmt::format("{} takes a series, and none is given", term.text));
        const auto given = TRY(numbers_of(term, function.params, text, taken));
        auto params = complete_params(function.name, function.params, given);
        if (!params) return fail(term, params.error());
        across.params = *params;
        return add_across(std::move(across));
    }

    Slot add_across(Graph::Across across) {
        const auto known = std::find_if(
            graph_.acrosses_.begin(), graph_.acrosses_.end(), [&](const Graph::Across& other) {
                return other.function == across.function && other.params == across.params &&
                       other.inputs == across.inputs && other.group == across.group;
            });
        if (known != graph_.acrosses_.end()) return known->to;
        Graph::SlotInfo info = after(across.inputs);
        across.stage = info.stage;
        info.track = kRows;
        graph_.stages_ = std::max(graph_.stages_, ++info.stage + 1);
        across.to = new_slots(1, info);
        graph_.acrosses_.push_back(std::move(across));
        return graph_.acrosses_.back().to;
    }

    // --- facts ---

    [[nodiscard]] const Surroundings::Source& source_at(SourceName source) const {
        return graph_.surroundings_.sources[source.source];
    }

    Made fact_call(const FactFunction& function, const Term& term, const Text& text) {
        const std::string usage =
            function.takes_duration
                ? fmt::format("{}(news, 6h)", term.text)
                : fmt::format("{}({})", term.text, to_string(function.kinds[0]));
        const auto& arguments = term.arguments;
        const std::size_t wanted = function.takes_duration ? 2 : 1;
        const auto* source =
            arguments.empty() ? nullptr : std::get_if<SourceName>(&text.values[arguments[0].term]);
        if (source == nullptr || arguments.size() != wanted) {
            return fail(term, fmt::format("{} takes a source{}, as in {}", term.text,
                                          wanted == 2 ? " and a duration" : "", usage));
        }
        if (!takes(function, source_at(*source).kind)) {
            return fail(
                text.terms[arguments[0].term],
                fmt::format("{} is a source of {}; {} does not take these", source_at(*source).name,
                            to_string(source_at(*source).kind), term.text));
        }
        Duration duration{};
        if (wanted == 2) {
            const auto* given = std::get_if<Duration>(&text.values[arguments[1].term]);
            if (given == nullptr || given->ns <= 0) {
                return fail(text.terms[arguments[1].term],
                            fmt::format("a duration above 0 is due here, as in {}", usage));
            }
            duration = *given;
        }
        return fact_read(function, term, *source, duration);
    }

    /// `cpi.actual`
    Made told(const Term& term, SourceName source) {
        const FactFunction* function = find_fact_function(term.text, true);
        if (function == nullptr || !takes(*function, source_at(source).kind)) {
            std::vector<std::string_view> names;
            for (const FactFunction& one : fact_functions()) {
                if (one.is_member && takes(one, source_at(source).kind)) names.push_back(one.name);
            }
            return fail(term,
                        names.empty()
                            ? fmt::format("{} has nothing to follow '.'", source_at(source).name)
                            : fmt::format("{} has no {}; it has {}", source_at(source).name,
                                          term.text, fmt::join(names, ", ")));
        }
        return fact_read(*function, term, source, {});
    }

    Made fact_read(const FactFunction& function, const Term& term, SourceName source,
                   Duration duration) {
        if (track_ != kRows) {
            return fail(term, fmt::format("{} is asked at the row's own instant: it cannot stand "
                                          "inside of of(...) or on(...)",
                                          source_at(source).name));
        }
        const auto known = std::find_if(
            graph_.fact_reads_.begin(), graph_.fact_reads_.end(), [&](const auto& read) {
                return read.function == &function && read.source == source.source &&
                       read.duration == duration;
            });
        if (known != graph_.fact_reads_.end()) return known->to;
        const Slot to = new_slots(1, {.track = kRows});
        graph_.fact_reads_.push_back(
            {.function = &function, .duration = duration, .source = source.source, .to = to});
        return to;
    }

    // --- values ---

    static std::string choose(const Several& several) {
        return fmt::format("there are several outputs: say which, .{}",
                           fmt::join(several.names, " or ."));
    }
    [[nodiscard]] std::string also_near(std::string_view name) const {
        std::vector<std::string_view> known = function_names();
        known.insert(known.end(), kFieldNames.begin(), kFieldNames.end());
        for (const auto& function : across_functions()) known.push_back(function.name);
        for (const auto& function : fact_functions()) {
            if (!function.is_member) known.push_back(function.name);
        }
        for (const auto& [feature, text] : features_) known.push_back(feature);
        for (const auto& source : graph_.surroundings_.sources) known.push_back(source.name);
        for (const auto& group : graph_.surroundings_.groups) known.push_back(group);
        return near(name, known);
    }
    static std::string near(std::string_view name, const std::vector<std::string_view>& known) {
        const auto near = nearest_names(name, known);
        if (near.empty()) return {};
        return fmt::format("; do you mean {}?", fmt::join(near, " or "));
    }

    /// Whether it can stand for a series.
    [[nodiscard]] std::expected<void, ExpressionError> check_series(const Term& term,
                                                                    const Value& value) const {
        if (const auto* several = std::get_if<Several>(&value)) return fail(term, choose(*several));
        if (std::holds_alternative<Duration>(value)) {
            return fail(term, "a duration has no place here; numbers count rows");
        }
        if (std::holds_alternative<std::string_view>(value)) {
            return fail(term, "a text has no place here");
        }
        if (const auto* group = std::get_if<GroupName>(&value)) {
            const std::string& name = graph_.surroundings_.groups[group->group];
            return fail(term, fmt::format("{} groups instruments and is no series: it stands in "
                                          "rank(x, {}), neutralize(x, {})",
                                          name, name, name));
        }
        const auto* source = std::get_if<SourceName>(&value);
        if (source == nullptr || source_at(*source).kind == SourceKind::series) return {};
        const auto& named = source_at(*source);
        return fail(term, named.kind == SourceKind::news
                              ? fmt::format("{} is no series: say sentiment_decay({}, 6h) or "
                                            "news_count({}, 1d)",
                                            named.name, named.name, named.name)
                              : fmt::format("{} is no series: say {}.actual or minutes_to({})",
                                            named.name, named.name, named.name));
    }

    std::expected<Slot, ExpressionError> series_of(const Term& term, const Value& value) {
        TRY_VOID(check_series(term, value));
        if (const auto* slot = std::get_if<Slot>(&value)) return *slot;
        if (const auto* source = std::get_if<SourceName>(&value)) {
            return std::get<Slot>(TRY(fact_read(series_value(), term, *source, {})));
        }
        return constant(std::get<double>(value));
    }

    Slot constant(double number) {
        const auto [found, is_new] = constants_.try_emplace(
            std::bit_cast<std::uint64_t>(number), static_cast<Slot>(graph_.slots_.size()));
        if (is_new) {
            graph_.constants_.push_back({.value = number, .slot = found->second});
            new_slots(1, {.track = kAnyTrack});
        }
        return found->second;
    }

    /// What a function of these has at the earliest.
    [[nodiscard]] Graph::SlotInfo after(std::span<const Slot> inputs) const {
        Graph::SlotInfo out{.track = track_};
        for (const Slot input : inputs) {
            out.stage = std::max(out.stage, graph_.slots_[input].stage);
            out.lookback = std::max(out.lookback, graph_.slots_[input].lookback);
        }
        return out;
    }

    Value step(const IndicatorInfo& function, const std::array<double, kParamsMax>& params,
               const std::vector<Slot>& inputs) {
        std::string key = fmt::format("{} {}", track_, function.name);
        for (std::size_t i = 0; i < function.params.size(); ++i) {
            key += fmt::format(" {:x}", std::bit_cast<std::uint64_t>(params[i]));
        }
        for (const Slot input : inputs) key += fmt::format(" #{}", input);
        const auto [found, is_new] =
            known_.try_emplace(std::move(key), static_cast<Slot>(graph_.slots_.size()));
        if (is_new) {
            Graph::SlotInfo info = after(inputs);
            info.lookback += function.make(params)->lookback();
            graph_.steps_.push_back({.function = &function,
                                     .params = params,
                                     .inputs = inputs,
                                     .first_output = found->second,
                                     .track = track_,
                                     .stage = info.stage});
            new_slots(function.outputs.size(), info);
        }
        if (function.outputs.size() == 1) return found->second;
        return Several{.first = found->second, .names = function.outputs};
    }

    Graph graph_;
    std::uint32_t track_ = kRows;  ///< the one at work
    std::size_t depth_ = 0;
    std::map<std::string, std::string, std::less<>> features_;        ///< expressions by name
    std::map<std::pair<std::string, std::uint32_t>, Slot> compiled_;  ///< features by track
    std::map<std::string, Slot> known_;  ///< steps by track, function, parameters and inputs
    std::map<std::uint64_t, Slot> constants_;
};

std::expected<Graph, FeatureError> Graph::compile(std::span<const FeatureText> features,
                                                  const Surroundings& surroundings) {
    Compiler compiler{surroundings};
    for (const FeatureText& feature : features) TRY_VOID(compiler.add(feature));
    return compiler.finish();
}

}  // namespace tradewind::feature
