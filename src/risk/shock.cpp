// SPDX-License-Identifier: Apache-2.0
#include "risk/shock.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/try.hpp"
#include "domain/words.hpp"

namespace tradewind::risk {
namespace {

constexpr std::string_view kForm = "write it as \"all -20%\" or \"sector:tech -35%, all -10%\"";
/// Nothing rises by more in a shock that somebody means.
constexpr std::int64_t kTimesMost = 10;

std::expected<void, std::string> read_what(std::string_view word, ShockPart& out) {
    if (word == "all") return {};
    const std::size_t colon = word.find(':');
    out.scope = ScopeKind::instrument;
    out.of = word.substr(colon == std::string_view::npos ? 0 : colon + 1);
    if (colon == std::string_view::npos) return {};
    for (const ScopeKind kind :
         {ScopeKind::instrument, ScopeKind::sector, ScopeKind::currency, ScopeKind::venue}) {
        if (to_string(kind) != word.substr(0, colon)) continue;
        out.scope = kind;
        if (!out.of.empty()) return {};
        return std::unexpected(fmt::format("'{}' names no {}", word, to_string(kind)));
    }
    return std::unexpected(fmt::format(
        "'{}': a shock is of all, of a symbol, or of a sector:, currency:, venue: or instrument:",
        word));
}

std::expected<Money, std::string> read_move(std::string_view word) {
    const auto amount = parse_amount(word.substr(word.starts_with('+') ? 1 : 0));
    if (!amount) return std::unexpected(fmt::format("'{}' is no move; {}", word, kForm));
    if (!amount->is_percent) {
        return std::unexpected(fmt::format("'{}': a move is in percent: {}%", word, word));
    }
    if (amount->value < -whole_money(1)) {
        return std::unexpected(
            fmt::format("'{}': nothing falls by more than all that it is worth, -100%", word));
    }
    if (amount->value > whole_money(kTimesMost)) {
        return std::unexpected(
            fmt::format("'{}': more than {}% is no shock", word, 100 * kTimesMost));
    }
    return amount->value;
}

std::string to_string(const ShockPart& part) {
    const std::string move = amount_text(Unit::equity, part.move);
    switch (part.scope) {
        case ScopeKind::portfolio: return fmt::format("all {}", move);
        case ScopeKind::instrument: return fmt::format("{} {}", part.of, move);
        default: return fmt::format("{}:{} {}", to_string(part.scope), part.of, move);
    }
}

}  // namespace

std::expected<Shock, std::string> parse_shock(std::string_view text) {
    Shock out;
    for (std::string_view rest = text;;) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        Words words{rest.substr(0, comma)};
        ShockPart part;
        const std::string_view what = words.next();
        if (what.empty()) {
            return std::unexpected(fmt::format("names nothing that moves; {}", kForm));
        }
        TRY_VOID(read_what(what, part));
        if (words.done()) {
            return std::unexpected(fmt::format("{}: does not say by how much; {}", what, kForm));
        }
        part.move = TRY(read_move(words.next()));
        if (!words.done()) {
            return std::unexpected(fmt::format(
                "nothing is expected from '{}' on; part moves by commas", words.rest()));
        }
        const bool is_twice = std::ranges::any_of(out.parts, [&](const ShockPart& one) {
            return one.scope == part.scope && one.of == part.of;
        });
        if (is_twice) return std::unexpected(fmt::format("{}: is moved twice", what));
        out.parts.push_back(std::move(part));
        if (comma == rest.size()) return out;
        rest.remove_prefix(comma + 1);
    }
}

std::string to_string(const Shock& shock) {
    std::string out;
    for (const ShockPart& part : shock.parts) {
        out += fmt::format("{}{}", out.empty() ? "" : ", ", to_string(part));
    }
    return out;
}

}  // namespace tradewind::risk
