// SPDX-License-Identifier: Apache-2.0
#include "research/labels/call.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "feature/nearest.hpp"

namespace tradewind::research::labels {
namespace {

using feature::ExpressionError;
using feature::Term;
using Terms = std::vector<Term>;

constexpr double kRowsMax = 1'000'000;

std::unexpected<ExpressionError> fail(std::size_t column, std::string text) {
    return std::unexpected(ExpressionError{column, std::move(text)});
}

/// "there is no up; there are ...; do you mean ...?"
std::string not_among(std::string_view name, const std::vector<std::string_view>& known,
                      std::string_view what) {
    const auto near = feature::nearest_names(name, known);
    return fmt::format(
        "there is no {} {}; there {} {}{}", what, name, known.size() == 1 ? "is" : "are",
        fmt::join(known, ", "),
        near.empty() ? std::string{} : fmt::format("; do you mean {}?", fmt::join(near, " or ")));
}

/// A number, or one with a minus before it.
std::optional<double> number_of(const Terms& terms, const Term& term) {
    if (term.kind == Term::Kind::number) return term.number;
    if (term.kind != Term::Kind::unary || term.text != "-") return std::nullopt;
    const Term& operand = terms[term.arguments[0].term];
    if (operand.kind != Term::Kind::number) return std::nullopt;
    return -operand.number;
}

std::expected<Value, ExpressionError> read_number(const Param& param, const Terms& terms,
                                                  const Term& term) {
    const auto number = number_of(terms, term);
    const bool is_rows = param.kind == ParamKind::rows;
    if (!number || (is_rows && *number != std::floor(*number))) {
        return fail(term.column,
                    fmt::format("{} is a {} number", param.name, is_rows ? "whole" : "plain"));
    }
    if (*number < param.least) {
        return fail(term.column, fmt::format("{} is {} or more", param.name, param.least));
    }
    if (is_rows && *number > kRowsMax) {
        return fail(term.column, fmt::format("{} is {} or less", param.name, kRowsMax));
    }
    return Value{.number = *number, .text = fmt::format("{}", *number), .column = term.column};
}

std::expected<Value, ExpressionError> read_word(const Param& param, const Term& term) {
    const auto word = std::find(param.words.begin(), param.words.end(), term.text);
    if (term.kind != Term::Kind::name || word == param.words.end()) {
        return fail(term.column,
                    fmt::format("{} is {}", param.name, fmt::join(param.words, " or ")));
    }
    return Value{.word = static_cast<std::size_t>(word - param.words.begin()),
                 .text = std::string{*word},
                 .column = term.column};
}

std::expected<Value, ExpressionError> read_expression(const Param& param, const Term& term) {
    if (term.kind != Term::Kind::text) {
        return fail(term.column, fmt::format("{} is an expression in quotes", param.name));
    }
    auto graph = compile_of_bars(std::string{term.text});
    if (!graph) return fail(term.column + graph.error().column, graph.error().text);
    const char quote = term.text.contains('"') ? '\'' : '"';
    return Value{.text = fmt::format("{}{}{}", quote, term.text, quote),
                 .graph = std::move(*graph),
                 .column = term.column};
}

std::expected<Value, ExpressionError> read_duration(const Param& param, const Term& term) {
    if (term.kind != Term::Kind::duration || term.duration.ns <= 0) {
        return fail(term.column, fmt::format("{} is a time, as 250d or 12h", param.name));
    }
    return Value{.duration = term.duration,
                 .text = fmt::format("{}s", static_cast<double>(term.duration.ns) / 1e9),
                 .column = term.column};
}

std::expected<Value, ExpressionError> read(const Param& param, const Terms& terms,
                                           const Term& term) {
    switch (param.kind) {
        case ParamKind::rows:
        case ParamKind::number: return read_number(param, terms, term);
        case ParamKind::word: return read_word(param, term);
        case ParamKind::expression: return read_expression(param, term);
        case ParamKind::duration: return read_duration(param, term);
    }
    ASSERT(false);
}

std::optional<Value> fallback_of(const Param& param) {
    if (param.need != ParamNeed::has_fallback) return std::nullopt;
    if (param.kind == ParamKind::word) return Value{.text = std::string{param.words.front()}};
    return Value{.number = param.fallback, .text = fmt::format("{}", param.fallback)};
}

/// Which parameter an argument is for.
std::expected<std::size_t, ExpressionError> place_of(const Signature& signature,
                                                     const Term::Argument& argument,
                                                     std::size_t place, std::size_t column) {
    std::vector<std::string_view> names;
    for (const Param& param : signature.params) names.push_back(param.name);
    if (argument.name.empty()) {
        if (place < names.size()) return place;
        return fail(column,
                    fmt::format("{} takes {} arguments at most", signature.name, names.size()));
    }
    const auto found = std::find(names.begin(), names.end(), argument.name);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    if (names.empty()) return fail(column, fmt::format("{} takes no argument", signature.name));
    return fail(column, not_among(argument.name, names, "parameter"));
}

}  // namespace

std::expected<Call, ExpressionError> Call::parse(std::string_view text,
                                                 std::span<const Signature> known,
                                                 std::string_view what) {
    const Terms terms = TRY(feature::parse_expression(text));
    const Term& root = terms.back();
    if (root.kind != Term::Kind::call && root.kind != Term::Kind::name) {
        return fail(root.column, fmt::format("a {} is a call, as {}(...)", what, known[0].name));
    }
    const auto signature = std::find_if(
        known.begin(), known.end(), [&](const Signature& one) { return one.name == root.text; });
    if (signature == known.end()) {
        std::vector<std::string_view> names;
        for (const Signature& one : known) names.push_back(one.name);
        return fail(root.column, not_among(root.text, names, what));
    }
    Call out;
    out.signature_ = *signature;
    out.function_ = static_cast<std::size_t>(signature - known.begin());
    out.column_ = root.column;
    out.values_.resize(signature->params.size());
    for (std::size_t i = 0; i < root.arguments.size(); ++i) {
        const Term& term = terms[root.arguments[i].term];
        const std::size_t place = TRY(place_of(*signature, root.arguments[i], i, term.column));
        const Param& param = signature->params[place];
        if (out.values_[place]) {
            return fail(term.column, fmt::format("{} is there twice", param.name));
        }
        out.values_[place] = TRY(read(param, terms, term));
    }
    for (std::size_t i = 0; i < out.values_.size(); ++i) {
        const Param& param = signature->params[i];
        if (out.values_[i]) continue;
        if (param.need == ParamNeed::required) {
            return fail(root.column, fmt::format("{} is missing {}", root.text, param.name));
        }
        out.values_[i] = fallback_of(param);
    }
    return out;
}

std::size_t Call::place(std::string_view param) const {
    const auto found = std::find_if(signature_.params.begin(), signature_.params.end(),
                                    [&](const Param& one) { return one.name == param; });
    ASSERT(found != signature_.params.end());
    return static_cast<std::size_t>(found - signature_.params.begin());
}

void Call::drop(std::string_view param) { values_[place(param)].reset(); }

void Call::fill(std::string_view param, double number) {
    values_[place(param)] = Value{.number = number, .text = fmt::format("{}", number)};
}

std::string Call::text() const {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < values_.size(); ++i) {
        if (!values_[i]) continue;
        parts.push_back(fmt::format("{}={}", signature_.params[i].name, values_[i]->text));
    }
    return fmt::format("{}({})", signature_.name, fmt::join(parts, ", "));
}

std::expected<std::shared_ptr<const feature::Graph>, ExpressionError> compile_of_bars(
    const std::string& expression) {
    const feature::FeatureText text{.name = "value", .expression = expression};
    auto graph = feature::Graph::compile({&text, 1});
    if (!graph) return std::unexpected(graph.error().error);
    const auto& reads = graph->tracks()[0].reads;
    const bool reads_ticks =
        std::find(reads.begin() + feature::kBarFieldCount, reads.end(), true) != reads.end();
    if (!graph->is_lone() || reads_ticks) {
        return fail(1, "an expression within a label reads the instrument's own bars alone");
    }
    return std::make_shared<const feature::Graph>(std::move(*graph));
}

}  // namespace tradewind::research::labels
