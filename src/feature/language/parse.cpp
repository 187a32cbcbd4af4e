// SPDX-License-Identifier: Apache-2.0
#include "feature/language/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

#include "base/try.hpp"

namespace tradewind::feature {
namespace {

using Result = std::expected<std::uint32_t, ExpressionError>;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

enum class TokenKind : std::uint8_t { end, number, duration, text, name, symbol };

struct Token {
    TokenKind kind = TokenKind::end;
    std::size_t column = 0;
    std::string_view text{};  ///< of a text without its quotes
    double number = 0;
    Duration duration{};
};

struct Unit {
    std::string_view name;
    Duration length;
};
constexpr std::array kUnits{Unit{"ms", milliseconds(1)}, Unit{"s", seconds(1)},
                            Unit{"m", minutes(1)},       Unit{"h", hours(1)},
                            Unit{"d", days(1)},          Unit{"w", days(7)}};

constexpr std::array<std::string_view, 14> kSymbols{"<=", ">=", "==", "!=", "+", "-", "*",
                                                    "/",  "^",  "(",  ")",  ",", ".", "="};
constexpr std::array<std::string_view, 2> kOrder{"<", ">"};

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    [[nodiscard]] std::expected<Token, ExpressionError> next() {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) {
            ++at_;
        }
        Token out{.column = at_ + 1};
        if (at_ == text_.size()) return out;
        const char c = text_[at_];
        if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
            return number(out);
        }
        if (is_letter(c)) {
            out.kind = TokenKind::name;
            out.text = take_while([](char x) { return is_letter(x) || is_digit(x); });
            return out;
        }
        if (c == '"' || c == '\'') return quoted(out, c);
        for (const auto& symbols : {std::span<const std::string_view>{kSymbols},
                                    std::span<const std::string_view>{kOrder}}) {
            for (const std::string_view symbol : symbols) {
                if (!text_.substr(at_).starts_with(symbol)) continue;
                at_ += symbol.size();
                out.kind = TokenKind::symbol;
                out.text = symbol;
                return out;
            }
        }
        return std::unexpected(
            ExpressionError{out.column, fmt::format("'{}' means nothing here", printable(c))});
    }

private:
    static std::string printable(char c) {
        if (c >= ' ' && c <= '~') return std::string(1, c);
        return fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    template <typename Which>
    std::string_view take_while(const Which& which) {
        const std::size_t from = at_;
        while (at_ < text_.size() && which(text_[at_])) ++at_;
        return text_.substr(from, at_ - from);
    }

    [[nodiscard]] std::expected<Token, ExpressionError> number(Token out) {
        const char* begin = text_.data() + at_;
        const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), out.number);
        if (error != std::errc{}) {
            return std::unexpected(ExpressionError{out.column, "the number is out of range"});
        }
        at_ += static_cast<std::size_t>(end - begin);
        out.kind = TokenKind::number;
        const std::size_t unit_at = at_;
        const std::string_view unit = take_while(is_letter);
        if (unit.empty()) return out;
        const auto found = std::find_if(kUnits.begin(), kUnits.end(),
                                        [&](const Unit& known) { return known.name == unit; });
        if (found == kUnits.end()) {
            return std::unexpected(ExpressionError{
                unit_at + 1,
                fmt::format("'{}' is no unit of time; there are ms, s, m, h, d, w", unit)});
        }
        const double length = out.number * static_cast<double>(found->length.ns);
        constexpr double kLongest = 9e18;
        if (length > kLongest) {
            return std::unexpected(ExpressionError{out.column, "the duration is too long"});
        }
        out.kind = TokenKind::duration;
        out.duration = Duration{static_cast<std::int64_t>(length)};
        return out;
    }

    [[nodiscard]] std::expected<Token, ExpressionError> quoted(Token out, char quote) {
        const std::size_t end = text_.find(quote, at_ + 1);
        if (end == std::string_view::npos) {
            return std::unexpected(ExpressionError{out.column, "the text has no closing quote"});
        }
        out.kind = TokenKind::text;
        out.text = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        return out;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

/// How tightly an infix operator binds; higher is tighter.
struct Binding {
    std::string_view symbol;
    int power;
};
constexpr std::array kBindings{
    Binding{"or", 1}, Binding{"and", 2}, Binding{"<", 4},  Binding{"<=", 4}, Binding{">", 4},
    Binding{">=", 4}, Binding{"==", 4},  Binding{"!=", 4}, Binding{"+", 5},  Binding{"-", 5},
    Binding{"*", 6},  Binding{"/", 6},   Binding{"^", 8}};
constexpr int kNotPower = 3;
constexpr int kComparisonPower = 4;
constexpr int kMinusPower = 7;
constexpr int kPowerPower = 8;

class Parser {
public:
    explicit Parser(std::string_view text) : lexer_(text) {}

    [[nodiscard]] std::expected<std::vector<Term>, ExpressionError> parse() {
        TRY_VOID(advance());
        if (token_.kind == TokenKind::end) return fail(token_.column, "the expression is empty");
        (void)TRY(expression(0));
        if (token_.kind != TokenKind::end) {
            return fail(token_.column,
                        fmt::format("{} comes after the end of the expression", told()));
        }
        return std::move(terms_);
    }

private:
    [[nodiscard]] std::expected<void, ExpressionError> advance() {
        token_ = TRY(lexer_.next());
        return {};
    }
    static std::unexpected<ExpressionError> fail(std::size_t column, std::string text) {
        return std::unexpected(ExpressionError{column, std::move(text)});
    }
    /// The token, for an error.
    [[nodiscard]] std::string told() const {
        switch (token_.kind) {
            case TokenKind::end: return "the end";
            case TokenKind::number:
            case TokenKind::duration: return "a number";
            case TokenKind::text: return "a text";
            case TokenKind::name:
            case TokenKind::symbol: return fmt::format("'{}'", token_.text);
        }
        return {};
    }
    [[nodiscard]] bool is(std::string_view text) const {
        return (token_.kind == TokenKind::symbol || token_.kind == TokenKind::name) &&
               token_.text == text;
    }
    [[nodiscard]] std::expected<void, ExpressionError> expect(std::string_view symbol,
                                                              std::string_view where) {
        if (!is(symbol)) {
            return fail(token_.column,
                        fmt::format("'{}' is missing {}, before {}", symbol, where, told()));
        }
        return advance();
    }
    std::uint32_t add(Term term) {
        terms_.push_back(std::move(term));
        return static_cast<std::uint32_t>(terms_.size() - 1);
    }
    [[nodiscard]] std::optional<int> infix_power() const {
        if (token_.kind != TokenKind::symbol && token_.kind != TokenKind::name) return std::nullopt;
        for (const Binding& binding : kBindings) {
            if (binding.symbol == token_.text) return binding.power;
        }
        return std::nullopt;
    }

    /// Operators that bind at least so tightly; a chain of one kind is a loop, not a descent.
    [[nodiscard]] Result expression(int least) {
        if (++depth_ > kExpressionDepthMax) {
            return fail(token_.column, fmt::format("nested deeper than {}", kExpressionDepthMax));
        }
        std::uint32_t left = TRY(prefix());
        while (const auto power = infix_power()) {
            if (*power < least) break;
            const Token symbol = token_;
            TRY_VOID(advance());
            // To the right for powers; a comparison does not go on: a < b < c means nothing.
            const std::uint32_t right =
                TRY(expression(*power == kPowerPower ? kMinusPower : *power + 1));
            left = add({.kind = Term::Kind::binary,
                        .column = symbol.column,
                        .text = symbol.text,
                        .arguments = {{left, {}}, {right, {}}}});
            if (*power == kComparisonPower && infix_power() == kComparisonPower) {
                return fail(token_.column, "comparisons do not chain: say a < b and b < c");
            }
        }
        --depth_;
        return left;
    }

    [[nodiscard]] Result prefix() {
        const Token token = token_;
        if (is("-") || is("not")) {
            TRY_VOID(advance());
            const std::uint32_t operand =
                TRY(expression(token.text == "-" ? kMinusPower : kNotPower));
            return add({.kind = Term::Kind::unary,
                        .column = token.column,
                        .text = token.text,
                        .arguments = {{operand, {}}}});
        }
        std::uint32_t out = TRY(primary());
        while (is(".")) {
            TRY_VOID(advance());
            if (token_.kind != TokenKind::name) {
                return fail(token_.column,
                            fmt::format("the name of an output is due, not {}", told()));
            }
            out = add({.kind = Term::Kind::member,
                       .column = token_.column,
                       .text = token_.text,
                       .arguments = {{out, {}}}});
            TRY_VOID(advance());
        }
        return out;
    }

    [[nodiscard]] Result primary() {
        const Token token = token_;
        switch (token.kind) {
            case TokenKind::number:
            case TokenKind::duration:
            case TokenKind::text: {
                TRY_VOID(advance());
                const Term::Kind kind = token.kind == TokenKind::number     ? Term::Kind::number
                                        : token.kind == TokenKind::duration ? Term::Kind::duration
                                                                            : Term::Kind::text;
                return add({.kind = kind,
                            .column = token.column,
                            .text = token.text,
                            .number = token.number,
                            .duration = token.duration});
            }
            case TokenKind::name: {
                TRY_VOID(advance());
                if (is("(")) return call(token);
                return add({.kind = Term::Kind::name, .column = token.column, .text = token.text});
            }
            case TokenKind::symbol:
                if (is("(")) {
                    TRY_VOID(advance());
                    const std::uint32_t inner = TRY(expression(0));
                    TRY_VOID(expect(")", fmt::format("for the one at column {}", token.column)));
                    return inner;
                }
                [[fallthrough]];
            case TokenKind::end: break;
        }
        return fail(token.column, fmt::format("a value is due, not {}", told()));
    }

    [[nodiscard]] Result call(const Token& name) {
        const std::size_t opened = token_.column;
        TRY_VOID(advance());
        Term out{.kind = Term::Kind::call, .column = name.column, .text = name.text};
        while (!is(")")) {
            if (!out.arguments.empty()) TRY_VOID(expect(",", "between arguments"));
            out.arguments.push_back(TRY(argument()));
            if (token_.kind == TokenKind::end) break;
        }
        TRY_VOID(expect(")", fmt::format("for the one at column {}", opened)));
        return add(std::move(out));
    }

    /// `value` or `name=value`: a name alone is a value.
    [[nodiscard]] std::expected<Term::Argument, ExpressionError> argument() {
        const std::uint32_t term = TRY(expression(0));
        if (!is("=")) return Term::Argument{.term = term};
        if (terms_[term].kind != Term::Kind::name) {
            return fail(token_.column, "only a name may stand before '='");
        }
        const std::string_view name = terms_[term].text;
        terms_.pop_back();
        TRY_VOID(advance());
        return Term::Argument{.term = TRY(expression(0)), .name = name};
    }

    Lexer lexer_;
    Token token_;
    std::vector<Term> terms_;
    std::size_t depth_ = 0;
};

}  // namespace

std::string describe(const ExpressionError& error) {
    return fmt::format("column {}: {}", error.column, error.text);
}

std::expected<std::vector<Term>, ExpressionError> parse_expression(std::string_view text) {
    if (text.size() > kExpressionLengthMax) {
        return std::unexpected(ExpressionError{
            kExpressionLengthMax, fmt::format("longer than {} characters", kExpressionLengthMax)});
    }
    return Parser{text}.parse();
}

}  // namespace tradewind::feature
