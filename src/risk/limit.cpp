// SPDX-License-Identifier: Apache-2.0
#include "risk/limit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/try.hpp"
#include "domain/names.hpp"
#include "domain/words.hpp"

namespace tradewind::risk {
namespace {

constexpr auto kMeasures =
    names<Measure>("quantity", "notional", "price_band", "fat_finger", "volume_share", "position",
                   "gross", "net", "open_orders", "orders", "cancels", "turnover", "loss",
                   "drawdown", "margin_use", "var", "es", "cluster", "beta", "liquidation_days");
constexpr auto kScopes =
    names<ScopeKind>("order", "instrument", "strategy", "sector", "currency", "venue", "portfolio");

/// What is counted in a window is kept.
constexpr std::int64_t kCountMost = 100'000;

constexpr unsigned bit(ScopeKind kind) { return 1U << static_cast<unsigned>(kind); }
constexpr unsigned kOrder = bit(ScopeKind::order), kInstrument = bit(ScopeKind::instrument),
                   kStrategy = bit(ScopeKind::strategy), kPortfolio = bit(ScopeKind::portfolio),
                   kGroups =
                       bit(ScopeKind::sector) | bit(ScopeKind::currency) | bit(ScopeKind::venue);

/// What may be said of a measure.
struct Form {
    Unit plain;       ///< what a number without % counts
    bool has_share;   ///< % is a share of equity; else, where `plain` is a ratio, of one
    unsigned scopes;  ///< the first is meant where none is said
    ScopeKind usual;
    bool has_window;
};

Form form_of(Measure measure) {
    switch (measure) {
        case Measure::quantity: return {Unit::units, false, kOrder, ScopeKind::order, false};
        case Measure::notional: return {Unit::money, true, kOrder, ScopeKind::order, false};
        case Measure::price_band:
        case Measure::fat_finger:
        case Measure::volume_share: return {Unit::ratio, false, kOrder, ScopeKind::order, false};
        case Measure::position:
            return {Unit::units, false, kInstrument, ScopeKind::instrument, false};
        case Measure::gross:
        case Measure::net:
            return {Unit::money, true, kInstrument | kStrategy | kGroups | kPortfolio,
                    ScopeKind::portfolio, false};
        case Measure::open_orders:
            return {Unit::count, false, kInstrument | kStrategy | kPortfolio, ScopeKind::portfolio,
                    false};
        case Measure::orders:
        case Measure::cancels:
            return {Unit::count, false, kInstrument | kStrategy | kPortfolio, ScopeKind::portfolio,
                    true};
        case Measure::turnover:
            return {Unit::money, true, kInstrument | kStrategy | kPortfolio, ScopeKind::portfolio,
                    true};
        case Measure::loss: return {Unit::money, true, kPortfolio, ScopeKind::portfolio, true};
        case Measure::drawdown:
        case Measure::margin_use:
        case Measure::beta: return {Unit::ratio, false, kPortfolio, ScopeKind::portfolio, false};
        case Measure::var:
        case Measure::es:
        case Measure::cluster: return {Unit::money, true, kPortfolio, ScopeKind::portfolio, false};
        case Measure::liquidation_days:
            return {Unit::ratio, false, kInstrument, ScopeKind::instrument, false};
    }
    __builtin_unreachable();
}

std::vector<std::string_view> scope_names(unsigned scopes) {
    std::vector<std::string_view> out;
    for (std::size_t i = 0; i < kScopes.text.size(); ++i) {
        if ((scopes & bit(static_cast<ScopeKind>(i))) != 0) out.push_back(kScopes.text[i]);
    }
    return out;
}

/// "sector:tech"
std::expected<void, std::string> read_scope(std::string_view text, const Form& form, Limit& out) {
    const std::size_t colon = text.find(':');
    const auto kind = kScopes.parse(text.substr(0, colon));
    if (!kind || (form.scopes & bit(*kind)) == 0) {
        return std::unexpected(fmt::format("'{}' is nothing that {} is limited of; there is {}",
                                           text, to_string(out.measure),
                                           fmt::join(scope_names(form.scopes), ", ")));
    }
    out.scope = *kind;
    if (colon == std::string_view::npos) return {};
    out.of = text.substr(colon + 1);
    const bool has_name = *kind != ScopeKind::order && *kind != ScopeKind::portfolio;
    if (out.of.empty() || !has_name) {
        return std::unexpected(fmt::format(
            "'{}': {}", text,
            has_name ? "a name follows the colon" : "there is but one, without a name"));
    }
    return {};
}

std::expected<void, std::string> read_amount(std::string_view text, const Form& form, Limit& out) {
    const Amount amount = TRY(parse_amount(text));
    out.unit = form.plain;
    out.max = amount.value;
    if (amount.is_percent && form.has_share) out.unit = Unit::equity;
    if (amount.is_percent && !form.has_share && form.plain != Unit::ratio) {
        return std::unexpected(fmt::format("'{}': {} is counted in {}, not in percent", text,
                                           to_string(out.measure),
                                           form.plain == Unit::units ? "units" : "whole numbers"));
    }
    if (out.max.raw <= 0) {
        return std::unexpected(fmt::format("'{}': a limit is above zero", text));
    }
    const bool is_whole = out.max.raw % kMoneyOne == 0;
    if (out.unit == Unit::count && (!is_whole || out.max > whole_money(kCountMost))) {
        return std::unexpected(fmt::format("'{}': {} are whole numbers, {} at most", text,
                                           to_string(out.measure), kCountMost));
    }
    return {};
}

std::expected<void, std::string> read_window(Words& words, const Form& form, Limit& out) {
    const bool is_said = words.take("per");
    if (!form.has_window) {
        if (!is_said) return {};
        return std::unexpected(
            fmt::format("{} is measured at every instant, without per", to_string(out.measure)));
    }
    const auto day = hours(24);
    if (!is_said) {
        if (out.measure != Measure::loss) {
            return std::unexpected(fmt::format("{} are counted in a window: write per 1s, per 1d",
                                               to_string(out.measure)));
        }
        out.window = day;
        return {};
    }
    const std::string_view text = words.next();
    const auto window = parse_duration(text);
    if (!window || window->ns <= 0) {
        return std::unexpected(fmt::format("'{}' is no length of time; say for example 1s", text));
    }
    if (out.measure == Measure::loss && *window != day) {
        return std::unexpected("loss is counted from the beginning of the day (UTC): per 1d");
    }
    out.window = *window;
    return {};
}

std::expected<Measure, std::string> read_measure(std::string_view word, Limit& out) {
    if (word == "leverage") return Measure::gross;
    if (word == "concentration") {
        out.scope = ScopeKind::instrument;
        return Measure::gross;
    }
    const auto measure = kMeasures.parse(word);
    if (measure) return *measure;
    return std::unexpected(
        fmt::format("'{}' is nothing that can be limited; there are {}, "
                    "leverage, concentration",
                    word, fmt::join(kMeasures.text, ", ")));
}

}  // namespace

std::string_view to_string(Measure value) { return kMeasures.of(value); }
std::string_view to_string(ScopeKind value) { return kScopes.of(value); }

std::expected<Limit, std::string> parse_limit(std::string_view text) {
    Words words{text};
    Limit out;
    out.soft = words.take("soft");
    if (!out.soft) static_cast<void>(words.take("hard"));
    const std::string_view word = words.next();
    out.measure = TRY(read_measure(word, out));
    const Form form = form_of(out.measure);
    const bool is_alias = word == "leverage" || word == "concentration";
    if (word != "concentration") out.scope = form.usual;
    if (out.measure == Measure::beta && words.take("to")) {
        out.scope = ScopeKind::instrument;
        out.of = words.next();
        if (out.of.empty() || out.of == "<=") {
            return std::unexpected("write it as \"beta to SYMBOL <= NUMBER\"");
        }
    } else if (words.take("of")) {
        if (is_alias) {
            return std::unexpected(
                fmt::format("{} is of {}, and needs no of", word,
                            word == "leverage" ? "the portfolio" : "each instrument"));
        }
        TRY_VOID(read_scope(words.next(), form, out));
    }
    if (!words.take("<=")) {
        return std::unexpected(fmt::format("'{}': write it as \"{} <= NUMBER\"", text, word));
    }
    TRY_VOID(read_amount(words.next(), form, out));
    if (is_alias) out.unit = Unit::equity;  // 1.5 and 150% are the same share of equity
    TRY_VOID(read_window(words, form, out));
    if (!words.done()) {
        return std::unexpected(
            fmt::format("'{}': nothing is expected from '{}' on", text, words.rest()));
    }
    const bool can_shrink = out.unit != Unit::count && out.measure != Measure::price_band &&
                            out.measure != Measure::loss && out.measure != Measure::drawdown;
    if (out.soft && !can_shrink) {
        return std::unexpected(
            fmt::format("soft: a smaller order changes nothing of {}", to_string(out.measure)));
    }
    return out;
}

std::string amount_text(Unit unit, Money amount) {
    if (unit != Unit::equity) return to_string(amount);
    return to_string(Money{amount.raw * 100}) + "%";
}

std::string to_string(const Limit& limit) {
    if (limit.measure == Measure::beta && !limit.of.empty()) {
        return fmt::format("{}beta to {} <= {}", limit.soft ? "soft " : "", limit.of,
                           amount_text(limit.unit, limit.max));
    }
    return fmt::format("{}{} of {}{} <= {}{}", limit.soft ? "soft " : "", to_string(limit.measure),
                       to_string(limit.scope), limit.of.empty() ? "" : ":" + limit.of,
                       amount_text(limit.unit, limit.max),
                       limit.window.ns > 0 ? " per " + to_string(limit.window) : "");
}

std::optional<std::string> contradiction(std::span<const Limit> limits) {
    for (std::size_t i = 0; i < limits.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const Limit& a = limits[j];
            const Limit& b = limits[i];
            if (a.measure != b.measure || a.scope != b.scope || a.of != b.of || a.unit != b.unit ||
                a.window != b.window) {
                continue;
            }
            if (a.soft == b.soft) {
                return fmt::format("\"{}\" and \"{}\" limit the same: leave out one of them",
                                   to_string(a), to_string(b));
            }
            const Limit& soft = a.soft ? a : b;
            const Limit& hard = a.soft ? b : a;
            if (soft.max >= hard.max) {
                return fmt::format("\"{}\" never bites: \"{}\" denies what it would make smaller",
                                   to_string(soft), to_string(hard));
            }
        }
    }
    return std::nullopt;
}

std::expected<Sector, std::string> parse_sector(std::string_view text) {
    const std::size_t colon = text.find(':');
    Words name{text.substr(0, colon)};
    Sector out{.name = std::string{name.next()}, .symbols = {}};
    if (colon == std::string_view::npos || out.name.empty() || !name.done()) {
        return std::unexpected(
            fmt::format("'{}' is no sector: write \"NAME: SYMBOL SYMBOL\"", text));
    }
    Words symbols{text.substr(colon + 1)};
    while (!symbols.done()) {
        const std::string symbol{symbols.next()};
        if (std::find(out.symbols.begin(), out.symbols.end(), symbol) != out.symbols.end()) {
            return std::unexpected(fmt::format("sector {}: names {} twice", out.name, symbol));
        }
        out.symbols.push_back(symbol);
    }
    if (out.symbols.empty()) {
        return std::unexpected(fmt::format("sector {}: names no instrument", out.name));
    }
    return out;
}

std::string to_string(const Sector& sector) {
    return fmt::format("{}: {}", sector.name, fmt::join(sector.symbols, " "));
}

}  // namespace tradewind::risk
