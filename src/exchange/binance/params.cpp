// SPDX-License-Identifier: Apache-2.0
#include "exchange/binance/params.hpp"

#include <algorithm>
#include <charconv>

#include "base/decimal.hpp"
#include "base/try.hpp"
#include "exchange/rules.hpp"

namespace tradewind::exchange::binance {
namespace {

constexpr std::string_view kDecimalRange = R"(^([0-9]{1,20})(\.[0-9]{1,20})?$)";
constexpr std::string_view kWholeRange = "^[0-9]{1,20}$";
constexpr std::string_view kSymbolRange = "^[A-Z0-9-_.]{1,20}$";
constexpr std::string_view kClientIdRange = "^[a-zA-Z0-9-_]{1,36}$";
constexpr std::size_t kDigitsMax = 20;
constexpr std::size_t kSymbolMax = 20;
constexpr std::size_t kClientIdMax = 36;
constexpr std::size_t kSymbolsMax = 1000;
/// An instant that is greater counts microseconds.
constexpr std::int64_t kMillisecondsMax = 100'000'000'000'000;
constexpr std::int64_t kMicrosecondsMax = 9'000'000'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

bool are_digits(std::string_view text) {
    return !text.empty() && text.size() <= kDigitsMax &&
           std::all_of(text.begin(), text.end(), is_digit);
}

bool is_decimal(std::string_view text) {
    const std::size_t point = text.find('.');
    if (point == std::string_view::npos) return are_digits(text);
    return are_digits(text.substr(0, point)) && are_digits(text.substr(point + 1));
}

bool is_symbol(std::string_view text) {
    return !text.empty() && text.size() <= kSymbolMax &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return is_upper(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
           });
}

int hex_of(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_of(text[i + 1]);
            const int low = hex_of(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return out;
}

std::expected<Params, Fault> Params::parse(std::string_view query, std::string_view body) {
    Params out;
    TRY_VOID(out.add_all(query, false));
    TRY_VOID(out.add_all(body, true));
    return out;
}

std::expected<void, Fault> Params::add_all(std::string_view encoded, bool is_body) {
    const std::size_t of_query = all_.size();
    while (!encoded.empty()) {
        const std::size_t end = std::min(encoded.find('&'), encoded.size());
        const std::string_view part = encoded.substr(0, end);
        encoded.remove_prefix(std::min(end + 1, encoded.size()));
        if (part.empty()) continue;
        const std::size_t equals = std::min(part.find('='), part.size());
        const auto name = percent_decode(part.substr(0, equals));
        const auto value = percent_decode(part.substr(std::min(equals + 1, part.size())));
        if (!name || !value) {
            return std::unexpected(
                Fault{.code = -1100, .message = "Illegal characters found in a parameter."});
        }
        const auto at =
            std::find_if(all_.begin(), all_.end(), [&](const Param& p) { return p.name == *name; });
        if (at != all_.end()) {
            const bool overridden =
                is_body && static_cast<std::size_t>(at - all_.begin()) < of_query;
            if (overridden) continue;
            return std::unexpected(duplicate_parameter());
        }
        if (all_.size() == kParametersMax) {
            return std::unexpected(too_many_parameters(kParametersMax, kParametersMax + 1));
        }
        all_.push_back({.name = *name, .value = *value});
    }
    return {};
}

void Params::add(std::string name, std::string value) {
    all_.push_back({.name = std::move(name), .value = std::move(value)});
}

const std::string* Params::peek(std::string_view name) const {
    const auto at =
        std::find_if(all_.begin(), all_.end(), [&](const Param& p) { return p.name == name; });
    return at == all_.end() ? nullptr : &at->value;
}

Params::Optional<std::string> Params::text(std::string_view name) {
    const auto at =
        std::find_if(all_.begin(), all_.end(), [&](const Param& p) { return p.name == name; });
    if (at == all_.end()) return std::nullopt;
    at->is_read = true;
    if (at->value.empty()) return std::unexpected(empty_parameter(name));
    return at->value;
}

Params::Must<std::string> Params::must_text(std::string_view name) {
    const std::string* const given = peek(name);
    if (given == nullptr || given->empty()) return std::unexpected(mandatory_missing(name));
    return must(text(name), name);
}

Params::Optional<std::string> Params::symbol(std::string_view name) {
    auto given = TRY(text(name));
    if (given && !is_symbol(*given)) {
        return std::unexpected(illegal_characters(name, kSymbolRange));
    }
    return given;
}

Params::Optional<std::string> Params::client_id(std::string_view name) {
    auto given = TRY(text(name));
    if (!given) return std::nullopt;
    const bool ok =
        given->size() <= kClientIdMax && std::all_of(given->begin(), given->end(), [](char c) {
            return is_upper(c) || is_lower(c) || is_digit(c) || c == '-' || c == '_';
        });
    if (!ok) return std::unexpected(illegal_characters(name, kClientIdRange));
    return given;
}

Params::Optional<std::int64_t> Params::whole(std::string_view name) {
    const auto given = TRY(text(name));
    if (!given) return std::nullopt;
    if (!are_digits(*given)) return std::unexpected(illegal_characters(name, kWholeRange));
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), value);
    if (error != std::errc{}) {
        return std::unexpected(
            Fault{.code = -1108, .message = "Parameter '" + std::string{name} + "' overflowed."});
    }
    return value;
}

Params::Optional<Timestamp> Params::instant(std::string_view name) {
    const auto given = TRY(whole(name));
    if (!given) return std::nullopt;
    if (*given > kMicrosecondsMax) return std::unexpected(invalid_data(name));
    constexpr std::int64_t kMicro = 1'000;
    constexpr std::int64_t kMilli = 1'000'000;
    // No instant beyond the reach of nanoseconds.
    constexpr std::int64_t kMillisMax = INT64_MAX / kMilli - 1;
    if (*given > kMillisecondsMax) return Timestamp{*given * kMicro};
    return Timestamp{std::min(*given, kMillisMax) * kMilli};
}

Params::Optional<Money> Params::units(std::string_view name, int places) {
    const auto given = TRY(text(name));
    if (!given) return std::nullopt;
    if (!is_decimal(*given)) return std::unexpected(illegal_characters(name, kDecimalRange));
    const auto units = base::parse_decimal_wide(*given);
    if (!units) {
        if (units.error() == base::DecimalError::too_precise) {
            return std::unexpected(too_precise(name));
        }
        return std::unexpected(
            Fault{.code = -1108, .message = "Parameter '" + std::string{name} + "' overflowed."});
    }
    base::Int128 step = 1;
    for (int i = places; i < kMoneyDecimals; ++i) step *= 10;
    if (*units % step != 0) return std::unexpected(too_precise(name));
    return Money{*units};
}

Params::Optional<Money> Params::money(std::string_view name) { return units(name, kPlaces); }

Params::Optional<Price> Params::price(std::string_view name) {
    const auto given = TRY(units(name, kPlaces));
    if (!given) return std::nullopt;
    const base::Int128 raw = given->raw / base::kDecimalOne;
    if (raw > INT64_MAX) return std::unexpected(fault_of(Refusal::price_filter, Asked::placing));
    return Price{static_cast<std::int64_t>(raw)};
}

Params::Optional<Qty> Params::qty(std::string_view name) {
    const auto given = TRY(units(name, kPlaces));
    if (!given) return std::nullopt;
    const base::Int128 raw = given->raw / base::kDecimalOne;
    if (raw > INT64_MAX) return std::unexpected(fault_of(Refusal::lot_size, Asked::placing));
    return Qty{static_cast<std::int64_t>(raw)};
}

Params::Optional<bool> Params::boolean(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, bool>, 4> kWords{
        {{"true", true}, {"false", false}, {"TRUE", true}, {"FALSE", false}}};
    return one_of(name, kWords, invalid_data(name));
}

Params::Optional<std::vector<std::string>> Params::symbols(std::string_view name) {
    const auto given = TRY(text(name));
    if (!given) return std::nullopt;
    constexpr std::string_view kRange =
        R"(^\[("[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}){0,1}\]$)";
    const auto refuse = [&] { return std::unexpected(illegal_characters(name, kRange)); };
    std::string_view rest = *given;
    if (rest.size() < 2 || rest.front() != '[' || rest.back() != ']') return refuse();
    rest = rest.substr(1, rest.size() - 2);
    std::vector<std::string> out;
    while (!rest.empty()) {
        if (!out.empty()) {
            if (rest.front() != ',') return refuse();
            rest.remove_prefix(1);
        }
        const std::size_t end = rest.empty() ? std::string_view::npos : rest.find('"', 1);
        if (end == std::string_view::npos || rest.front() != '"') return refuse();
        const std::string_view symbol = rest.substr(1, end - 1);
        if (!is_symbol(symbol) || out.size() == kSymbolsMax) return refuse();
        if (std::find(out.begin(), out.end(), symbol) != out.end()) {
            return std::unexpected(
                Fault{.code = -1151, .message = "Symbol is present multiple times in the list."});
        }
        out.emplace_back(symbol);
        rest.remove_prefix(end + 1);
    }
    return out;
}

Params::Must<std::size_t> Params::limit(std::size_t unless, std::size_t most) {
    const auto given = TRY(whole("limit"));
    if (!given) return unless;
    if (*given == 0) return std::unexpected(invalid_data("limit"));
    return std::min(static_cast<std::size_t>(*given), most);
}

std::expected<void, Fault> Params::done() const {
    const auto read = static_cast<std::size_t>(
        std::count_if(all_.begin(), all_.end(), [](const Param& p) { return p.is_read; }));
    if (read == all_.size()) return {};
    if (read == 0) return std::unexpected(too_many_parameters(0, all_.size()));
    return std::unexpected(unread_parameters(read, all_.size()));
}

}  // namespace tradewind::exchange::binance
