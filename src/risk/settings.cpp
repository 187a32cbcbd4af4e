// SPDX-License-Identifier: Apache-2.0
#include "risk/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/assert.hpp"
#include "base/try.hpp"

namespace tradewind::risk {
namespace {

using Done = std::expected<void, std::string>;

Done known_symbol(std::string_view what, const std::string& symbol,
                  const InstrumentTable& instruments) {
    if (instruments.find(symbol) != nullptr) return {};
    return std::unexpected(fmt::format("{}: the run has no instrument {}", what, symbol));
}

/// Whether there is a thing of that kind and name; `what` names it.
Done check_name(const std::string& what, ScopeKind scope, const std::string& name,
                const Settings& settings, const InstrumentTable& instruments,
                std::size_t strategies) {
    const auto& all = instruments.all();
    const auto any = [&](const auto& is_it) { return std::any_of(all.begin(), all.end(), is_it); };
    switch (scope) {
        case ScopeKind::order:
        case ScopeKind::portfolio: return {};
        case ScopeKind::instrument: return known_symbol(what, name, instruments);
        case ScopeKind::strategy:
            for (std::size_t s = 0; s < strategies; ++s) {
                if (name == std::to_string(s)) return {};
            }
            return std::unexpected(
                fmt::format("{}: strategies have numbers from 0 to {}", what, strategies - 1));
        case ScopeKind::sector:
            if (std::any_of(settings.sectors.begin(), settings.sectors.end(),
                            [&](const Sector& one) { return one.name == name; })) {
                return {};
            }
            return std::unexpected(
                fmt::format("{}: there is no sector {}; name it in risk.sectors", what, name));
        case ScopeKind::currency:
            if (any([&](const Instrument& one) {
                    return to_string(one.quote) == name || to_string(one.base) == name;
                })) {
                return {};
            }
            return std::unexpected(
                fmt::format("{}: no instrument of the run is in {}", what, name));
        case ScopeKind::venue:
            if (any([&](const Instrument& one) { return one.venue() == name; })) return {};
            return std::unexpected(
                fmt::format("{}: no instrument of the run is of venue {}", what, name));
    }
    __builtin_unreachable();
}

Limit limit(std::string_view text) {
    auto out = parse_limit(text);
    ASSERT(out.has_value());
    return std::move(*out);
}
Brake brake(std::string_view text) {
    auto out = parse_brake(text);
    ASSERT(out.has_value());
    return *out;
}

}  // namespace

std::vector<InstrumentId> members_of(ScopeKind scope, std::string_view name,
                                     const Settings& settings, const InstrumentTable& instruments) {
    std::vector<InstrumentId> out;
    const auto sector = std::find_if(settings.sectors.begin(), settings.sectors.end(),
                                     [&](const Sector& one) { return one.name == name; });
    for (const Instrument& instrument : instruments.all()) {
        const auto is_in = [&] {
            switch (scope) {
                case ScopeKind::instrument: return instrument.symbol == name;
                case ScopeKind::venue: return instrument.venue() == name;
                case ScopeKind::currency:
                    return to_string(instrument.quote) == name ||
                           to_string(instrument.base) == name;
                case ScopeKind::sector:
                    return sector != settings.sectors.end() &&
                           std::find(sector->symbols.begin(), sector->symbols.end(),
                                     instrument.symbol) != sector->symbols.end();
                default: return true;
            }
        };
        if (is_in()) out.push_back(instrument.id);
    }
    return out;
}

std::vector<std::string> names_of(ScopeKind scope, const Settings& settings,
                                  const InstrumentTable& instruments) {
    std::vector<std::string> out;
    const auto add = [&out](std::string name) {
        if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(std::move(name));
    };
    if (scope == ScopeKind::sector) {
        for (const Sector& one : settings.sectors) add(one.name);
        return out;
    }
    for (const Instrument& instrument : instruments.all()) {
        if (scope == ScopeKind::instrument) add(instrument.symbol);
        if (scope == ScopeKind::venue) add(std::string{instrument.venue()});
        if (scope == ScopeKind::currency) add(to_string(instrument.quote));
    }
    return out;
}

Done check(const Settings& settings, const InstrumentTable& instruments, std::size_t strategies) {
    for (const Sector& sector : settings.sectors) {
        for (const std::string& symbol : sector.symbols) {
            TRY_VOID(known_symbol("risk.sectors: " + sector.name, symbol, instruments));
        }
    }
    for (const std::string& symbol : settings.restricted) {
        TRY_VOID(known_symbol("risk.restricted", symbol, instruments));
    }
    const std::string& benchmark = settings.statistics.benchmark;
    if (!benchmark.empty()) TRY_VOID(known_symbol("risk.benchmark", benchmark, instruments));
    for (const Limit& one : settings.limits) {
        if (one.measure == Measure::beta && one.of.empty() && benchmark.empty()) {
            return std::unexpected(
                fmt::format("risk.limits: \"{}\": beta to what? name a symbol in risk.benchmark",
                            to_string(one)));
        }
        const bool needs_sectors = one.scope == ScopeKind::sector && settings.sectors.empty();
        if (needs_sectors) {
            return std::unexpected(
                fmt::format("risk.limits: \"{}\": there are no sectors; name them in risk.sectors",
                            to_string(one)));
        }
        if (one.of.empty()) continue;
        TRY_VOID(check_name(fmt::format("risk.limits: \"{}\"", to_string(one)), one.scope, one.of,
                            settings, instruments, strategies));
    }
    for (const Shock& shock : settings.stress) {
        for (const ShockPart& part : shock.parts) {
            TRY_VOID(check_name(fmt::format("risk.stress: \"{}\"", to_string(shock)), part.scope,
                                part.of, settings, instruments, strategies));
        }
    }
    for (std::size_t i = 0; i < settings.sectors.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (settings.sectors[i].name != settings.sectors[j].name) continue;
            return std::unexpected(
                fmt::format("risk.sectors: {} is named twice", settings.sectors[i].name));
        }
    }
    if (const auto line = contradiction(settings.limits)) {
        return std::unexpected("risk.limits: " + *line);
    }
    constexpr std::size_t kMost = std::numeric_limits<std::uint16_t>::max();
    if (settings.limits.size() > kMost || settings.brakes.size() > kMost) {
        return std::unexpected("risk: there are more limits or brakes than can be told apart");
    }
    return {};
}

Settings default_settings() {
    Settings out;
    for (const char* text : {"leverage <= 4", "notional <= 200%", "price_band <= 20%",
                             "orders <= 100 per 1s", "orders <= 2000 per 1m", "open_orders <= 1000",
                             "loss <= 10% per 1d", "drawdown <= 40%"}) {
        out.limits.push_back(limit(text));
    }
    for (const char* text :
         {"drawdown > 15%: warn", "drawdown > 30%: reducing", "drawdown > 50%: flatten",
          "loss > 15%: close_only for 1d", "rejects > 50 per 1m: halted"}) {
        out.brakes.push_back(brake(text));
    }
    out.denies_self_trades = true;
    return out;
}

}  // namespace tradewind::risk
