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

constexpr unsigned kFunctionsVersion = 2;

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

}  // namespace

std::string_view to_string(Field field) { return kFieldNames[static_cast<std::size_t>(field)]; }

unsigned functions_version() { return kFunctionsVersion; }

std::string describe(const FeatureError& error) {
    return fmt::format("feature {}, {}", error.feature, describe(error.error));
}

// --- compiling -----------------------------------------------------------------------------------

/// Terms to steps. A step that is there already is not made again.
class Compiler {
public:
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
        const auto terms = parse_expression(feature.expression);
        if (!terms) return fail(terms.error());
        const auto slot = compile(*terms);
        if (!slot) return fail(slot.error());
        features_.emplace(feature.name, *slot);
        graph_.outputs_.push_back({.name = feature.name,
                                   .expression = feature.expression,
                                   .slot = *slot,
                                   .lookback = lookbacks_[*slot]});
        return {};
    }

    Graph finish() {
        for (const Graph::Step& step : graph_.steps_) note_fields(step.inputs);
        for (const Graph::Output& output : graph_.outputs_) note_fields({&output.slot, 1});
        std::string schema = fmt::format("functions {}\n", kFunctionsVersion);
        for (const Graph::Output& output : graph_.outputs_) {
            schema += fmt::format("{} = {}\n", output.name, output.expression);
        }
        graph_.schema_hash_ = fmt::format("{:016x}", base::fnv1a(schema));
        return std::move(graph_);
    }

private:
    using Slot = Graph::Slot;
    /// What the outputs of a step are called, where there are several.
    struct Several {
        Slot first = 0;
        std::span<const std::string_view> names{};
    };
    /// A number, a column, or several columns of which one is still to be chosen.
    using Value = std::variant<double, Slot, Several>;
    using Made = std::expected<Value, ExpressionError>;

    void note_fields(std::span<const Slot> slots) {
        for (const Slot slot : slots) {
            if (slot < kFieldCount) graph_.reads_[slot] = true;
        }
    }
    static std::unexpected<ExpressionError> fail(const Term& term, std::string text) {
        return std::unexpected(ExpressionError{term.column, std::move(text)});
    }
    static bool is_name(std::string_view text) {
        const auto is_letter = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        };
        return !text.empty() && is_letter(text.front()) &&
               std::all_of(text.begin(), text.end(),
                           [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
    }

    std::expected<Slot, ExpressionError> compile(std::span<const Term> terms) {
        std::vector<Value> values;
        values.reserve(terms.size());
        for (const Term& term : terms) values.push_back(TRY(value_of(term, terms, values)));
        const Value& last = values.back();
        if (const auto* several = std::get_if<Several>(&last)) {
            return fail(terms.back(), choose(*several));
        }
        return slot_of(last);
    }

    Made value_of(const Term& term, std::span<const Term> terms, std::span<const Value> values) {
        switch (term.kind) {
            case Term::Kind::number: return term.number;
            case Term::Kind::duration:
                return fail(term, "a duration has no place here; numbers count rows");
            case Term::Kind::text: return fail(term, "a text has no place here");
            case Term::Kind::name: return named(term);
            case Term::Kind::unary:
            case Term::Kind::binary: return infix(term, terms, values);
            case Term::Kind::call: return call(term, terms, values);
            case Term::Kind::member: return member(term, values);
        }
        __builtin_unreachable();
    }

    Made named(const Term& term) {
        if (const auto field = field_named(term.text)) return Graph::slot_of(*field);
        const auto found = features_.find(term.text);
        if (found != features_.end()) return found->second;
        if (term.text == kVwap) return step(*find_indicator("typprice"), {}, typical_of());
        if (find_function(term.text) != nullptr) {
            return fail(term, fmt::format("{} is a function: say {}(...)", term.text, term.text));
        }
        return fail(term,
                    fmt::format("there is no {}; the bar has {}{}", term.text,
                                fmt::join(kFieldNames | std::views::take(kBarFieldCount), ", "),
                                also_near(term.text)));
    }

    static std::vector<Slot> typical_of() {
        return {Graph::slot_of(Field::high), Graph::slot_of(Field::low),
                Graph::slot_of(Field::close)};
    }

    Made member(const Term& term, std::span<const Value> values) {
        const auto* several = std::get_if<Several>(&values[term.arguments[0].term]);
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

    Made infix(const Term& term, std::span<const Term> terms, std::span<const Value> values) {
        std::vector<Value> operands;
        bool all_numbers = true;
        for (const Term::Argument& argument : term.arguments) {
            const Value& value = values[argument.term];
            if (const auto* several = std::get_if<Several>(&value)) {
                return fail(terms[argument.term], choose(*several));
            }
            all_numbers &= std::holds_alternative<double>(value);
            operands.push_back(value);
        }
        const IndicatorInfo* function = find_symbol(term.text, operands.size());
        ASSERT(function != nullptr);
        if (all_numbers) return folded(*function, operands);
        std::vector<Slot> inputs;
        for (const Value& operand : operands) inputs.push_back(slot_of(operand));
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

    Made call(const Term& term, std::span<const Term> terms, std::span<const Value> values) {
        const IndicatorInfo* function = find_function(term.text);
        if (function == nullptr) {
            return fail(term,
                        fmt::format("there is no function {}{}", term.text, also_near(term.text)));
        }
        for (const Term::Argument& argument : term.arguments) {
            if (const auto* several = std::get_if<Several>(&values[argument.term])) {
                return fail(terms[argument.term], choose(*several));
            }
        }
        const std::vector<Slot> inputs = TRY(inputs_of(*function, term, values));
        const auto params = TRY(params_of(*function, term, terms, values));
        return step(*function, params, inputs);
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
                                                                std::span<const Value> values) {
        const std::size_t given = series_given(function, term, values);
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
                out.push_back(slot_of(values[argument.term]));
                continue;
            }
            const auto field = field_of(input);
            if (!field) {
                return fail(
                    term, fmt::format("{} takes {} series, and none is given", term.text, chosen));
            }
            out.push_back(Graph::slot_of(*field));
        }
        return out;
    }

    std::expected<std::array<double, kParamsMax>, ExpressionError> params_of(
        const IndicatorInfo& function, const Term& term, std::span<const Term> terms,
        std::span<const Value> values) {
        std::vector<double> given;
        for (const ParamInfo& param : function.params) given.push_back(param.otherwise);
        std::size_t place = 0, to_skip = series_given(function, term, values);
        for (const Term::Argument& argument : term.arguments) {
            const Term& said = terms[argument.term];
            if (argument.name.empty() && to_skip > 0) {
                --to_skip;
                continue;
            }
            std::size_t at = place;
            if (argument.name.empty()) {
                ++place;
            } else {
                const auto found = std::find_if(
                    function.params.begin(), function.params.end(),
                    [&](const ParamInfo& param) { return param.name == argument.name; });
                if (found == function.params.end()) {
                    return fail(said, fmt::format("{} has no parameter {}{}", term.text,
                                                  argument.name, names_of(function)));
                }
                at = static_cast<std::size_t>(found - function.params.begin());
            }
            if (at >= function.params.size()) {
                return fail(said, fmt::format("{} takes {} parameters, this is one more", term.text,
                                              function.params.size()));
            }
            const auto* number = std::get_if<double>(&values[argument.term]);
            if (number == nullptr) {
                return fail(said, fmt::format("{} of {} is a number, not a series",
                                              function.params[at].name, term.text));
            }
            given[at] = *number;
        }
        auto out = complete_params(function, given);
        if (!out) return fail(term, out.error());
        return *out;
    }

    static std::string names_of(const IndicatorInfo& function) {
        if (function.params.empty()) return ", nor any other";
        std::vector<std::string_view> names;
        for (const ParamInfo& param : function.params) names.push_back(param.name);
        return fmt::format("; there are {}", fmt::join(names, ", "));
    }
    static std::string choose(const Several& several) {
        return fmt::format("there are several outputs: say which, .{}",
                           fmt::join(several.names, " or ."));
    }
    [[nodiscard]] std::string also_near(std::string_view name) const {
        std::vector<std::string_view> known = function_names();
        known.insert(known.end(), kFieldNames.begin(), kFieldNames.end());
        for (const auto& [feature, slot] : features_) known.push_back(feature);
        const auto near = nearest_names(name, known);
        if (near.empty()) return {};
        return fmt::format("; do you mean {}?", fmt::join(near, " or "));
    }

    Slot slot_of(const Value& value) {
        if (const auto* slot = std::get_if<Slot>(&value)) return *slot;
        const double number = std::get<double>(value);
        const auto [found, is_new] =
            constants_.try_emplace(std::bit_cast<std::uint64_t>(number), next_slot());
        if (is_new) {
            graph_.constants_.push_back({.value = number, .slot = found->second});
            lookbacks_.push_back(0);
            ++graph_.slots_;
        }
        return found->second;
    }
    [[nodiscard]] Slot next_slot() const { return static_cast<Slot>(graph_.slots_); }

    Value step(const IndicatorInfo& function, const std::array<double, kParamsMax>& params,
               const std::vector<Slot>& inputs) {
        std::string key{function.name};
        for (std::size_t i = 0; i < function.params.size(); ++i) {
            key += fmt::format(" {:x}", std::bit_cast<std::uint64_t>(params[i]));
        }
        for (const Slot input : inputs) key += fmt::format(" #{}", input);
        const auto [found, is_new] = known_.try_emplace(std::move(key), next_slot());
        if (is_new) {
            std::size_t before = 0;
            for (const Slot input : inputs) before = std::max(before, lookbacks_[input]);
            const std::size_t own = function.make(params)->lookback();
            graph_.steps_.push_back({.function = &function,
                                     .params = params,
                                     .inputs = inputs,
                                     .first_output = found->second});
            graph_.slots_ += function.outputs.size();
            lookbacks_.resize(graph_.slots_, before + own);
        }
        if (function.outputs.size() == 1) return found->second;
        return Several{.first = found->second, .names = function.outputs};
    }

    Graph graph_;
    std::map<std::string, Slot, std::less<>> features_;
    std::map<std::string, Slot> known_;  ///< steps by function, parameters and inputs
    std::map<std::uint64_t, Slot> constants_;
    std::vector<std::size_t> lookbacks_ = std::vector<std::size_t>(kFieldCount, 0);  ///< by slot
};

std::expected<Graph, FeatureError> Graph::compile(std::span<const FeatureText> features) {
    Compiler compiler;
    for (const FeatureText& feature : features) TRY_VOID(compiler.add(feature));
    return compiler.finish();
}

// --- at work -------------------------------------------------------------------------------------

FeatureStream::FeatureStream(std::shared_ptr<const Graph> graph, std::size_t block)
    : graph_(std::move(graph)), block_(block), slots_(graph_->slots()) {
    ASSERT(block > 0);
    values_.resize((graph_->slots() - kFieldCount) * block);
    const auto column = [&](Graph::Slot slot) {
        return values_.data() + (slot - kFieldCount) * block;
    };
    for (std::size_t slot = kFieldCount; slot < graph_->slots(); ++slot) {
        slots_[slot] = column(static_cast<Graph::Slot>(slot));
    }
    for (const Graph::Constant& constant : graph_->constants()) {
        std::fill_n(column(constant.slot), block, constant.value);
    }
    for (const Graph::Step& step : graph_->steps()) {
        steps_.push_back(step.function->make(step.params));
        for (const Graph::Slot input : step.inputs) step_inputs_.push_back(slots_[input]);
        for (std::size_t i = 0; i < step.function->outputs.size(); ++i) {
            step_outputs_.push_back(column(step.first_output + static_cast<Graph::Slot>(i)));
        }
    }
}

void FeatureStream::run(const FieldColumns& in, std::span<double* const> out) {
    const auto outputs = graph_->outputs();
    ASSERT(out.size() == outputs.size());
    for (std::size_t from = 0; from < in.rows; from += block_) {
        const std::size_t rows = std::min(block_, in.rows - from);
        for (std::size_t field = 0; field < kFieldCount; ++field) {
            if (!graph_->reads(static_cast<Field>(field))) continue;
            ASSERT(in.columns[field] != nullptr);
            slots_[field] = in.columns[field] + from;
        }
        run_block(rows);
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            std::copy_n(slots_[outputs[i].slot], rows, out[i] + from);
        }
    }
}

void FeatureStream::run_block(std::size_t rows) {
    const double** inputs = step_inputs_.data();
    double* const* outputs = step_outputs_.data();
    const auto steps = graph_->steps();
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const Graph::Step& step = steps[i];
        const std::size_t in = step.inputs.size(), out = step.function->outputs.size();
        for (std::size_t k = 0; k < in; ++k) {
            if (step.inputs[k] < kFieldCount) inputs[k] = slots_[step.inputs[k]];
        }
        steps_[i]->run({inputs, in}, {outputs, out}, rows);
        inputs += in;
        outputs += out;
    }
}

}  // namespace tradewind::feature
