// SPDX-License-Identifier: Apache-2.0
#include "research/search/expression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/assert.hpp"
#include "base/try.hpp"

namespace tradewind::research {
namespace {

using Op = Expression::Op;
using Node = Expression::Node;

constexpr std::size_t kLengthMax = 4096;
/// Brackets and signs inside each other; bounds the recursion of the parser.
constexpr int kDepthMax = 64;
/// A comparison that is missed by nothing at all ("a < b" where a = b) is still missed.
constexpr double kSmallestViolation = 1e-12;
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

struct Function {
    std::string_view name;
    Op op;
    int arguments;
};
constexpr std::array kFunctions{Function{"abs", Op::abs, 1}, Function{"sqrt", Op::sqrt, 1},
                                Function{"log", Op::log, 1}, Function{"exp", Op::exp, 1},
                                Function{"min", Op::min, 2}, Function{"max", Op::max, 2}};

struct Sign {
    std::string_view text;
    Op op;
};
// Longer signs first: "<=" is not "<" and "=".
constexpr std::array kComparisons{Sign{"<=", Op::less_equal}, Sign{">=", Op::greater_equal},
                                  Sign{"==", Op::equal},      Sign{"!=", Op::not_equal},
                                  Sign{"<", Op::less},        Sign{">", Op::greater}};

bool is_condition(Op op) { return op >= Op::less; }

bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool goes_on_in_name(char c) { return begins_name(c) || (c >= '0' && c <= '9') || c == '.'; }
bool is_space(char c) { return c == ' ' || c == '\t'; }

/// What a part of the expression was parsed to.
struct Part {
    std::uint32_t node = 0;
    std::size_t column = 0;  ///< where it begins, from 0
};

/// Recursive descent; one function a level of precedence.
class Parser {
public:
    Parser(std::string_view text, std::span<const std::string> names, std::vector<Node>& nodes,
           std::vector<std::size_t>& uses)
        : text_(text), names_(names), nodes_(nodes), uses_(uses) {}

    std::expected<void, std::string> parse(ExpressionType wanted) {
        if (text_.size() > kLengthMax) return fail(0, "the expression is too long");
        const Part whole = TRY(disjunction());
        skip_spaces();
        if (at_ < text_.size()) {
            if (text_[at_] == '=') return fail(at_, "'=' compares nothing; write '=='");
            return fail(at_, fmt::format("'{}' is not expected here", rest()));
        }
        return want(whole, wanted);
    }

private:
    using Result = std::expected<Part, std::string>;

    std::unexpected<std::string> fail(std::size_t column, std::string_view what) const {
        return std::unexpected(fmt::format("'{}', column {}: {}", text_, column + 1, what));
    }

    [[nodiscard]] std::string_view rest() const { return text_.substr(at_, 12); }
    void skip_spaces() {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }
    bool take(std::string_view sign) {
        skip_spaces();
        if (!text_.substr(at_).starts_with(sign)) return false;
        at_ += sign.size();
        return true;
    }
    bool take_word(std::string_view word) {
        skip_spaces();
        if (!text_.substr(at_).starts_with(word)) return false;
        const std::size_t after = at_ + word.size();
        if (after < text_.size() && goes_on_in_name(text_[after])) return false;
        at_ = after;
        return true;
    }

    std::expected<void, std::string> want(const Part& part, ExpressionType wanted) const {
        const bool condition = is_condition(nodes_[part.node].op);
        if (condition == (wanted == ExpressionType::condition)) return {};
        return fail(part.column, condition ? "a number is needed here, this is a condition"
                                           : "a condition is needed here, for example x < 1");
    }

    Part put(Node node, std::size_t column) {
        nodes_.push_back(node);
        return {.node = static_cast<std::uint32_t>(nodes_.size() - 1), .column = column};
    }

    Result join(Op op, const Part& left, const Part& right, ExpressionType operands) {
        TRY_VOID(want(left, operands));
        TRY_VOID(want(right, operands));
        return put({.op = op, .left = left.node, .right = right.node}, left.column);
    }

    Result disjunction() {
        Part left = TRY(conjunction());
        while (take_word("or")) {
            const Part right = TRY(conjunction());
            left = TRY(join(Op::logical_or, left, right, ExpressionType::condition));
        }
        return left;
    }

    Result conjunction() {
        Part left = TRY(negation());
        while (take_word("and")) {
            const Part right = TRY(negation());
            left = TRY(join(Op::logical_and, left, right, ExpressionType::condition));
        }
        return left;
    }

    Result negation() {
        skip_spaces();
        const std::size_t column = at_;
        if (!take_word("not")) return comparison();
        TRY_VOID(deeper(column));
        const Part inner = TRY(negation());
        --depth_;
        TRY_VOID(want(inner, ExpressionType::condition));
        return put({.op = Op::logical_not, .left = inner.node}, column);
    }

    Result comparison() {
        const Part left = TRY(sum());
        for (const Sign& sign : kComparisons) {
            if (!take(sign.text)) continue;
            const Part right = TRY(sum());
            return join(sign.op, left, right, ExpressionType::number);
        }
        return left;
    }

    Result sum() {
        Part left = TRY(product());
        while (true) {
            const bool plus = take("+");
            if (!plus && !take("-")) return left;
            const Part right = TRY(product());
            left = TRY(join(plus ? Op::add : Op::subtract, left, right, ExpressionType::number));
        }
    }

    Result product() {
        Part left = TRY(signed_value());
        while (true) {
            const bool times = take("*");
            if (!times && !take("/")) return left;
            const Part right = TRY(signed_value());
            left =
                TRY(join(times ? Op::multiply : Op::divide, left, right, ExpressionType::number));
        }
    }

    Result signed_value() {
        skip_spaces();
        const std::size_t column = at_;
        if (!take("-")) return power();
        TRY_VOID(deeper(column));
        const Part inner = TRY(signed_value());
        --depth_;
        TRY_VOID(want(inner, ExpressionType::number));
        return put({.op = Op::negate, .left = inner.node}, column);
    }

    Result power() {
        const Part base = TRY(value());
        if (!take("^")) return base;
        TRY_VOID(deeper(base.column));
        const Part exponent = TRY(signed_value());
        --depth_;
        return join(Op::power, base, exponent, ExpressionType::number);
    }

    Result value() {
        skip_spaces();
        const std::size_t column = at_;
        if (at_ == text_.size()) return fail(column, "a number, a name or a bracket is missing");
        if (take("(")) return bracket(column);
        if (begins_name(text_[at_])) return name_or_function();
        double number = 0;
        const char* end = text_.data() + text_.size();
        const auto [stop, error] = std::from_chars(text_.data() + at_, end, number);
        if (error != std::errc{} || !std::isfinite(number)) {
            return fail(column, fmt::format("'{}' is not a number, a name or a bracket", rest()));
        }
        at_ = static_cast<std::size_t>(stop - text_.data());
        return put({.op = Op::constant, .value = number}, column);
    }

    Result bracket(std::size_t column) {
        TRY_VOID(deeper(column));
        const Part inner = TRY(disjunction());
        --depth_;
        if (!take(")"))
            return fail(at_, fmt::format("the bracket of column {} is not closed", column + 1));
        return Part{.node = inner.node, .column = column};
    }

    Result name_or_function() {
        const std::size_t column = at_;
        while (at_ < text_.size() && goes_on_in_name(text_[at_])) ++at_;
        const std::string_view word = text_.substr(column, at_ - column);
        if (take("(")) return call(word, column);
        const auto found = std::ranges::find(names_, word);
        if (found == names_.end()) {
            const std::string_view near = nearest_name(word, names_);
            return fail(column,
                        fmt::format("there is no {}{}", word,
                                    near.empty() ? "" : fmt::format("; did you mean {}?", near)));
        }
        const auto place = static_cast<std::size_t>(found - names_.begin());
        uses_.push_back(place);
        return put({.op = Op::name, .left = static_cast<std::uint32_t>(place)}, column);
    }

    Result call(std::string_view word, std::size_t column) {
        const auto function = std::ranges::find(kFunctions, word, &Function::name);
        if (function == kFunctions.end()) {
            return fail(column, fmt::format("there is no function {}; there are abs, sqrt, log, "
                                            "exp, min, max",
                                            word));
        }
        TRY_VOID(deeper(column));
        Part first = TRY(disjunction());
        Part second = first;
        if (function->arguments == 2) {
            if (!take(",")) return fail(at_, fmt::format("{} takes two numbers", word));
            second = TRY(disjunction());
        }
        --depth_;
        if (!take(")")) {
            return fail(at_, fmt::format("{} takes {} and a closing bracket", word,
                                         function->arguments == 1 ? "one number" : "two numbers"));
        }
        return join(function->op, {first.node, column}, second, ExpressionType::number);
    }

    std::expected<void, std::string> deeper(std::size_t column) {
        if (++depth_ > kDepthMax) return fail(column, "too many brackets inside each other");
        return {};
    }

    std::string_view text_;
    std::span<const std::string> names_;
    std::vector<Node>& nodes_;
    std::vector<std::size_t>& uses_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

/// Conditions are 1, 0 or undefined.
double truth(bool value) { return value ? 1.0 : 0.0; }

double compare(Op op, double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return kUndefined;
    if (op == Op::less) return truth(a < b);
    if (op == Op::less_equal) return truth(a <= b);
    if (op == Op::greater) return truth(a > b);
    if (op == Op::greater_equal) return truth(a >= b);
    return truth((a == b) == (op == Op::equal));
}

double both(double a, double b) {
    if (a == 0 || b == 0) return 0;
    return std::isnan(a) || std::isnan(b) ? kUndefined : 1;
}
double either(double a, double b) {
    if (a == 1 || b == 1) return 1;
    return std::isnan(a) || std::isnan(b) ? kUndefined : 0;
}

/// std::min and std::max drop an undefined operand.
double smaller(double a, double b) {
    return std::isnan(a) || std::isnan(b) ? kUndefined : std::min(a, b);
}
double larger(double a, double b) {
    return std::isnan(a) || std::isnan(b) ? kUndefined : std::max(a, b);
}

double defined(double value) { return std::isfinite(value) ? value : kUndefined; }

double apply(Op op, double a, double b) {
    switch (op) {
        case Op::constant:
        case Op::name: break;
        case Op::negate: return -a;
        case Op::add: return defined(a + b);
        case Op::subtract: return defined(a - b);
        case Op::multiply: return defined(a * b);
        case Op::divide: return defined(a / b);
        case Op::power: return defined(std::pow(a, b));
        case Op::abs: return std::abs(a);
        case Op::sqrt: return defined(std::sqrt(a));
        case Op::log: return defined(std::log(a));
        case Op::exp: return defined(std::exp(a));
        case Op::min: return smaller(a, b);
        case Op::max: return larger(a, b);
        case Op::less:
        case Op::less_equal:
        case Op::greater:
        case Op::greater_equal:
        case Op::equal:
        case Op::not_equal: return compare(op, a, b);
        case Op::logical_and: return both(a, b);
        case Op::logical_or: return either(a, b);
        case Op::logical_not: return std::isnan(a) ? kUndefined : 1 - a;
    }
    __builtin_unreachable();
}

std::size_t edits(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t kept = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({kept, row[j] + 1, row[j - 1] + 1}));
        }
    }
    return row[b.size()];
}

}  // namespace

std::expected<Expression, std::string> Expression::parse(std::string_view text,
                                                         std::span<const std::string> names,
                                                         ExpressionType wanted) {
    Expression out;
    out.text_ = text;
    TRY_VOID(Parser(out.text_, names, out.nodes_, out.uses_).parse(wanted));
    std::ranges::sort(out.uses_);
    const auto repeated = std::ranges::unique(out.uses_);
    out.uses_.erase(repeated.begin(), repeated.end());
    return out;
}

std::vector<double> Expression::evaluate(std::span<const double> values) const {
    std::vector<double> out(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const Node& node = nodes_[i];
        if (node.op == Op::constant) {
            out[i] = node.value;
        } else if (node.op == Op::name) {
            out[i] = defined(values[node.left]);
        } else {
            out[i] = apply(node.op, out[node.left], out[node.right]);
        }
    }
    return out;
}

std::optional<double> Expression::number(std::span<const double> values) const {
    const double result = evaluate(values).back();
    return std::isnan(result) ? std::nullopt : std::optional{result};
}

std::optional<bool> Expression::condition(std::span<const double> values) const {
    const double result = evaluate(values).back();
    return std::isnan(result) ? std::nullopt : std::optional{result == 1};
}

double Expression::violation(std::span<const double> values) const {
    const std::vector<double> value = evaluate(values);
    std::vector<double> missed(nodes_.size(), 0.0);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const Node& node = nodes_[i];
        if (!is_condition(node.op) || value[i] == 1) continue;
        if (node.op == Op::logical_and) {
            missed[i] = missed[node.left] + missed[node.right];
        } else if (node.op == Op::logical_or) {
            missed[i] = std::min(missed[node.left], missed[node.right]);
        } else if (std::isnan(value[i])) {
            missed[i] = std::numeric_limits<double>::infinity();
        } else if (node.op == Op::logical_not || node.op == Op::not_equal) {
            missed[i] = 1;
        } else {
            missed[i] =
                std::max(std::abs(value[node.left] - value[node.right]), kSmallestViolation);
        }
    }
    return missed.back();
}

std::string_view nearest_name(std::string_view name, std::span<const std::string> names) {
    const auto found = std::ranges::min_element(
        names, {}, [&](const std::string& one) { return edits(name, one); });
    return found == names.end() ? std::string_view{} : std::string_view{*found};
}

}  // namespace tradewind::research
