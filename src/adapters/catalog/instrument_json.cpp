// SPDX-License-Identifier: Apache-2.0
#include "adapters/catalog/instrument_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/try.hpp"

namespace tradewind::catalog {
namespace {

using Json = nlohmann::ordered_json;
using Done = std::expected<void, std::string>;

constexpr std::size_t kSymbolMax = 64;

template <typename T>
Json optional_text(const std::optional<T>& value) {
    return value ? Json(to_string(*value)) : Json(nullptr);
}

std::unexpected<std::string> wrong(std::string_view key, std::string_view problem) {
    return std::unexpected(fmt::format("instrument field '{}': {}", key, problem));
}

std::expected<std::string, std::string> text_of(std::string_view key, const Json& value) {
    if (!value.is_string()) return wrong(key, "should be a text in double quotes");
    return value.get<std::string>();
}

template <typename T, typename Parse>
Done read_number(std::string_view key, const Json& value, Parse parse, T& out) {
    const std::string text = TRY(text_of(key, value));
    const auto parsed = parse(text);
    if (!parsed) return wrong(key, fmt::format("'{}' {}", text, base::describe(parsed.error())));
    out = *parsed;
    return {};
}

template <typename T, typename Parse>
Done read_optional(std::string_view key, const Json& value, Parse parse, std::optional<T>& out) {
    if (value.is_null()) {
        out.reset();
        return {};
    }
    return read_number(key, value, parse, out.emplace());
}

template <typename T, typename Parse>
Done read_choice(std::string_view key, const Json& value, Parse parse, T& out) {
    const std::string text = TRY(text_of(key, value));
    const auto parsed = parse(text);
    if (!parsed) return wrong(key, fmt::format("'{}' is not known", text));
    out = *parsed;
    return {};
}

Done read_currency(std::string_view key, const Json& value, Currency& out) {
    const std::string text = TRY(text_of(key, value));
    if (text.empty()) {
        out = {};
        return {};
    }
    return read_choice(key, value, Currency::parse, out);
}

/// Calls `read(key, value)` for every member of an object.
template <typename Read>
Done read_object(std::string_view name, const Json& value, Read read) {
    if (!value.is_object()) return wrong(name, "should be an object");
    for (const auto& [key, member] : value.items()) TRY_VOID(read(key, member));
    return {};
}

Done read_fees(std::string_view name, const Json& value, FeeSchedule& out) {
    return read_object(name, value, [&](const std::string& key, const Json& v) -> Done {
        if (key == "maker") return read_number(key, v, parse_rate, out.maker);
        if (key == "taker") return read_number(key, v, parse_rate, out.taker);
        if (key == "per_unit") return read_number(key, v, parse_money, out.per_unit);
        if (key == "minimum") return read_number(key, v, parse_money, out.minimum);
        if (key == "maximum") return read_optional(key, v, parse_rate, out.maximum);
        if (key == "currency") return read_currency(key, v, out.currency);
        return wrong("fees." + key, "is not known");
    });
}

Done read_margin(std::string_view name, const Json& value, MarginRates& out) {
    return read_object(name, value, [&](const std::string& key, const Json& v) -> Done {
        if (key == "initial") return read_number(key, v, parse_rate, out.initial);
        if (key == "maintenance") return read_number(key, v, parse_rate, out.maintenance);
        return wrong("margin." + key, "is not known");
    });
}

Done read_expiry(std::string_view key, const Json& value, std::optional<Timestamp>& out) {
    if (value.is_null()) {
        out.reset();
        return {};
    }
    return read_choice(key, value, parse_timestamp, out.emplace());
}

Done read_field(const std::string& key, const Json& v, Instrument& out) {
    if (key == "symbol") return {};  // read first
    if (key == "asset_class") return read_choice(key, v, parse_asset_class, out.asset_class);
    if (key == "base") return read_currency(key, v, out.base);
    if (key == "quote") return read_currency(key, v, out.quote);
    if (key == "settlement") return read_currency(key, v, out.settlement);
    if (key == "tick") return read_number(key, v, parse_price, out.tick);
    if (key == "lot") return read_number(key, v, parse_qty, out.lot);
    if (key == "min_qty") return read_number(key, v, parse_qty, out.min_qty);
    if (key == "max_qty") return read_optional(key, v, parse_qty, out.max_qty);
    if (key == "min_notional") return read_number(key, v, parse_money, out.min_notional);
    if (key == "max_notional") return read_optional(key, v, parse_money, out.max_notional);
    if (key == "multiplier") return read_number(key, v, parse_qty, out.multiplier);
    if (key == "fees") return read_fees(key, v, out.fees);
    if (key == "margin") return read_margin(key, v, out.margin);
    if (key == "calendar") return read_choice(key, v, parse_calendar_kind, out.calendar);
    if (key == "expiry") return read_expiry(key, v, out.expiry);
    return wrong(key, "is not known");
}

std::expected<Instrument, std::string> read_instrument(const Json& value) {
    if (!value.is_object() || !value.contains("symbol")) {
        return std::unexpected("each instrument should be an object with a 'symbol'");
    }
    const std::string symbol = TRY(text_of("symbol", value.at("symbol")));
    if (!is_valid_symbol(symbol)) {
        return wrong("symbol", fmt::format("'{}' is no symbol like SPY.ARCA", symbol));
    }
    Instrument out = default_instrument(symbol).value_or(Instrument{});
    out.symbol = symbol;
    TRY_VOID(read_object("instrument", value, [&](const std::string& key, const Json& v) {
        return read_field(key, v, out);
    }));
    if (const std::string problem = check_instrument(out); !problem.empty()) {
        return std::unexpected(fmt::format("instrument {}: {}", symbol, problem));
    }
    return out;
}

}  // namespace

std::string instrument_to_json(const Instrument& i) {
    const Json out{
        {"symbol", i.symbol},
        {"asset_class", to_string(i.asset_class)},
        {"base", to_string(i.base)},
        {"quote", to_string(i.quote)},
        {"settlement", to_string(i.settlement)},
        {"tick", to_string(i.tick)},
        {"lot", to_string(i.lot)},
        {"min_qty", to_string(i.min_qty)},
        {"max_qty", optional_text(i.max_qty)},
        {"min_notional", to_string(i.min_notional)},
        {"max_notional", optional_text(i.max_notional)},
        {"multiplier", to_string(i.multiplier)},
        {"fees",
         {{"maker", to_string(i.fees.maker)},
          {"taker", to_string(i.fees.taker)},
          {"per_unit", to_string(i.fees.per_unit)},
          {"minimum", to_string(i.fees.minimum)},
          {"maximum", optional_text(i.fees.maximum)},
          {"currency", to_string(i.fees.currency)}}},
        {"margin",
         {{"initial", to_string(i.margin.initial)},
          {"maintenance", to_string(i.margin.maintenance)}}},
        {"calendar", to_string(i.calendar)},
        {"expiry", optional_text(i.expiry)},
    };
    return out.dump();
}

std::expected<std::vector<Instrument>, std::string> instruments_from_json(std::string_view text) {
    const Json root = Json::parse(text, nullptr, false);
    if (root.is_discarded()) return std::unexpected("is not JSON");
    std::vector<Instrument> out;
    if (!root.is_array()) {
        out.push_back(TRY(read_instrument(root)));
        return out;
    }
    for (const Json& value : root) out.push_back(TRY(read_instrument(value)));
    return out;
}

bool is_valid_symbol(std::string_view symbol) {
    const auto valid = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               std::string_view{"._-:/+"}.contains(c);
    };
    return !symbol.empty() && symbol.size() <= kSymbolMax && symbol.front() != '.' &&
           std::all_of(symbol.begin(), symbol.end(), valid);
}

std::string check_instrument(const Instrument& i) {
    if (!is_valid_symbol(i.symbol)) return fmt::format("'{}' is no symbol like SPY.ARCA", i.symbol);
    if (i.tick.raw <= 0) return "the tick must be above 0";
    if (i.lot.raw <= 0) return "the lot must be above 0";
    if (i.multiplier.raw <= 0) return "the multiplier must be above 0";
    if (i.min_qty.raw < 0) return "the minimum quantity must not be negative";
    if (i.max_qty && *i.max_qty < i.min_qty) return "the maximum quantity is below the minimum";
    if (i.min_notional.raw < 0) return "the minimum notional must not be negative";
    if (i.max_notional && *i.max_notional < i.min_notional) {
        return "the maximum notional is below the minimum";
    }
    if (!i.quote.known()) return "the quote currency is missing";
    if (!i.settlement.known()) return "the settlement currency is missing";
    if (i.margin.initial.raw < 0 || i.margin.maintenance.raw < 0) {
        return "margin rates must not be negative";
    }
    return {};
}

}  // namespace tradewind::catalog
