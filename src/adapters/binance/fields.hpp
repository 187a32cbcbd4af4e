// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "adapters/binance/decode.hpp"
#include "base/decimal.hpp"
#include "wire/scan.hpp"

/// Tables that say which key of an object goes to which member of a struct, and the one loop that
/// reads by them. For decode.cpp alone: simdjson's header costs seconds.
namespace tradewind::binance::fields {

namespace od = simdjson::ondemand;
using Fault = DecodeFault;

/// Where a message's variable parts go, and what was wrong with it.
struct Scratch {
    Segment segment = Segment::spot;
    std::array<std::vector<DepthLevel>, 2> levels;  ///< bids, asks
    std::string_view blamed;                        ///< the innermost field that failed

    Fault blame(Fault fault, std::string_view field) {
        if (blamed.empty()) blamed = field;
        return fault;
    }
};

/// What a number must be beside a number.
enum class Sign : std::uint8_t { not_negative, positive, any };

// --- scalars ----------------------------------------------------------------------------------

/// The token as it stands, blanks behind it cut off. Its bytes are followed by readable padding.
inline std::string_view token_of(od::value& value) {
    std::string_view token = value.raw_json_token();
    while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' ||
                              token.back() == '\t')) {
        token.remove_suffix(1);
    }
    return token;
}

/// The bytes between the quotes; false where it is no text, or one with escapes.
inline bool plain_text(std::string_view token, std::string_view& out) {
    if (token.size() < 2 || token.front() != '"' || token.back() != '"') return false;
    out = token.substr(1, token.size() - 2);
    return out.find('\\') == std::string_view::npos;
}

inline Fault fault_of(base::DecimalError error) {
    switch (error) {
        case base::DecimalError::empty:
        case base::DecimalError::not_a_number: return Fault::not_a_number;
        case base::DecimalError::too_precise: return Fault::too_precise;
        case base::DecimalError::out_of_range: return Fault::out_of_range;
    }
    return Fault::not_a_number;
}

template <Sign sign, typename Int>
Fault check_sign(Int value) {
    if constexpr (sign == Sign::positive) {
        if (value <= 0) return Fault::out_of_range;
    } else if constexpr (sign == Sign::not_negative) {
        if (value < 0) return Fault::out_of_range;
    }
    return Fault::none;
}

/// A decimal in quotes, in units of 1e-9.
template <Sign sign>
Fault read_decimal(od::value& value, std::int64_t& out) {
    std::string_view text;
    if (!plain_text(token_of(value), text)) return Fault::wrong_type;
    const char* begin = text.data();  // the buffer's padding is behind it
    const char* stop = wire::scan_decimal(begin, out);
    if (stop != begin + text.size()) [[unlikely]] {
        const auto slow = base::parse_decimal(text);
        if (!slow) return fault_of(slow.error());
        out = *slow;
    }
    return check_sign<sign>(out);
}

inline Fault read_text(od::value& value, std::string_view& out) {
    const std::string_view token = token_of(value);
    if (token.empty() || token.front() != '"') return Fault::wrong_type;
    if (plain_text(token, out)) return Fault::none;
    return value.get_string().get(out) == simdjson::SUCCESS ? Fault::none : Fault::not_json;
}

inline Fault read_integer(od::value& value, std::int64_t& out) {
    const auto error = value.get_int64().get(out);
    if (error == simdjson::SUCCESS) return Fault::none;
    return error == simdjson::NUMBER_OUT_OF_RANGE ? Fault::out_of_range : Fault::wrong_type;
}

/// Milliseconds since 1970.
inline Fault read_stamp(od::value& value, Timestamp& out) {
    constexpr std::int64_t kMsMax = INT64_MAX / 1'000'000;
    std::int64_t ms = 0;
    if (const Fault fault = read_integer(value, ms); fault != Fault::none) return fault;
    if (ms < 0 || ms > kMsMax) return Fault::out_of_range;
    out = {ms * 1'000'000};
    return Fault::none;
}

/// The words of a closed choice; specialised in decode.cpp.
template <typename E>
struct Words;

/// How a value becomes a T.
template <typename T, Sign sign>
struct Reader {
    static_assert(std::is_enum_v<T>, "no reader for this type");
    static Fault read(od::value& value, T& out, Scratch& /*scratch*/) {
        std::string_view text;
        if (const Fault fault = read_text(value, text); fault != Fault::none) return fault;
        for (const auto& [word, meaning] : Words<T>::table) {
            if (word == text) {
                out = meaning;
                return Fault::none;
            }
        }
        return Fault::unknown_word;
    }
};

template <typename T>
concept Decimal = std::is_same_v<T, Price> || std::is_same_v<T, Qty> || std::is_same_v<T, Rate>;

template <Decimal T, Sign sign>
struct Reader<T, sign> {
    static Fault read(od::value& value, T& out, Scratch& /*scratch*/) {
        return read_decimal<sign>(value, out.raw);
    }
};
template <Sign sign>
struct Reader<Money, sign> {
    static Fault read(od::value& value, Money& out, Scratch& /*scratch*/) {
        std::string_view text;
        if (!plain_text(token_of(value), text)) return Fault::wrong_type;
        const auto wide = base::parse_decimal_wide(text);
        if (!wide) return fault_of(wide.error());
        out.raw = *wide;
        return check_sign<sign>(out.raw);
    }
};
template <Sign sign>
struct Reader<std::string_view, sign> {
    static Fault read(od::value& value, std::string_view& out, Scratch& /*scratch*/) {
        return read_text(value, out);
    }
};
template <Sign sign>
struct Reader<std::int64_t, sign> {
    static Fault read(od::value& value, std::int64_t& out, Scratch& /*scratch*/) {
        const Fault fault = read_integer(value, out);
        return fault != Fault::none ? fault : check_sign<sign>(out);
    }
};
template <Sign sign>
struct Reader<std::uint64_t, sign> {
    static Fault read(od::value& value, std::uint64_t& out, Scratch& /*scratch*/) {
        std::int64_t number = 0;
        if (const Fault fault = read_integer(value, number); fault != Fault::none) return fault;
        out = static_cast<std::uint64_t>(number);
        return number < 0 ? Fault::out_of_range : Fault::none;
    }
};
template <Sign sign>
struct Reader<Timestamp, sign> {
    static Fault read(od::value& value, Timestamp& out, Scratch& /*scratch*/) {
        return read_stamp(value, out);
    }
};
template <Sign sign>
struct Reader<bool, sign> {
    static Fault read(od::value& value, bool& out, Scratch& /*scratch*/) {
        return value.get_bool().get(out) == simdjson::SUCCESS ? Fault::none : Fault::wrong_type;
    }
};
/// null and an empty text are absent.
template <typename T, Sign sign>
struct Reader<std::optional<T>, sign> {
    static Fault read(od::value& value, std::optional<T>& out, Scratch& scratch) {
        const std::string_view token = token_of(value);
        if (token == "null" || token == "\"\"") return Fault::none;
        return Reader<T, sign>::read(value, out.emplace(), scratch);
    }
};
template <Sign sign>
struct Reader<std::vector<std::string_view>, sign> {
    static Fault read(od::value& value, std::vector<std::string_view>& out, Scratch& /*scratch*/) {
        od::array array;
        if (value.get_array().get(array) != simdjson::SUCCESS) return Fault::wrong_type;
        for (auto element : array) {
            od::value item;
            if (std::move(element).get(item) != simdjson::SUCCESS) return Fault::not_json;
            const Fault fault = read_text(item, out.emplace_back());
            if (fault != Fault::none) return fault;
        }
        return Fault::none;
    }
};

/// [["price","size"], ...] into the scratch's levels of one side.
template <int side>
Fault read_levels(od::value& value, std::span<const DepthLevel>& out, Scratch& scratch) {
    auto& levels = scratch.levels[side];
    levels.clear();
    od::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return Fault::wrong_type;
    for (auto element : array) {
        od::array pair;
        if (element.get_array().get(pair) != simdjson::SUCCESS) return Fault::wrong_type;
        DepthLevel level;
        int count = 0;
        for (auto cell : pair) {
            od::value item;
            if (std::move(cell).get(item) != simdjson::SUCCESS) return Fault::not_json;
            Fault fault = Fault::none;
            if (count == 0) {
                fault = read_decimal<Sign::positive>(item, level.price.raw);
            } else if (count == 1) {
                fault = read_decimal<Sign::not_negative>(item, level.size.raw);
            }
            if (fault != Fault::none) return fault;
            ++count;  // a third is an empty list that old versions send
        }
        if (count < 2) return Fault::missing_field;
        if (levels.size() == kLevelsMax) return Fault::too_long;
        levels.push_back(level);
    }
    out = levels;
    return Fault::none;
}

// --- tables -----------------------------------------------------------------------------------

template <typename T>
struct Field {
    std::string_view key;
    Fault (*read)(od::value&, T&, Scratch&);  ///< null: known, and passed over
    bool is_required = false;
};

template <auto Member>
struct Of;
template <typename T, typename M, M T::* Member>
struct Of<Member> {
    using Owner = T;
    using Type = M;
};

template <auto Member, Sign sign = Sign::not_negative>
Fault read_member(od::value& value, typename Of<Member>::Owner& out, Scratch& scratch) {
    return Reader<typename Of<Member>::Type, sign>::read(value, out.*Member, scratch);
}

/// A field that must be there.
template <auto Member, Sign sign = Sign::not_negative>
constexpr Field<typename Of<Member>::Owner> need(std::string_view key) {
    return {key, &read_member<Member, sign>, true};
}
/// A field that may be missing.
template <auto Member, Sign sign = Sign::not_negative>
constexpr Field<typename Of<Member>::Owner> may(std::string_view key) {
    return {key, &read_member<Member, sign>, false};
}
template <typename T>
constexpr Field<T> pass(std::string_view key) {
    return {key, nullptr, false};
}

/// An average that the venue divided out: rounded half to even at 1e-9.
template <auto Member>
Fault read_average(od::value& value, typename Of<Member>::Owner& out, Scratch& /*scratch*/) {
    std::string_view text;
    if (!plain_text(token_of(value), text)) return Fault::wrong_type;
    const auto rounded = base::parse_decimal_rounded(text);
    if (!rounded) return fault_of(rounded.error());
    out.*Member = Price{*rounded};
    return Fault::none;
}
template <auto Member>
constexpr Field<typename Of<Member>::Owner> average(std::string_view key) {
    return {key, &read_average<Member>, true};
}

template <auto Member, int side>
Fault read_side(od::value& value, typename Of<Member>::Owner& out, Scratch& scratch) {
    return read_levels<side>(value, out.*Member, scratch);
}
template <auto Member, int side>
constexpr Field<typename Of<Member>::Owner> levels(std::string_view key) {
    return {key, &read_side<Member, side>, true};
}

inline std::string_view key_of(od::field& field) {
    const char* begin = field.key().raw();
    const char* end = begin;
    while (*end != '"') ++end;  // simdjson has seen the closing quote
    return {begin, static_cast<std::size_t>(end - begin)};
}

/// Reads the fields of an object into `out` by `table`; keys in the table's order are found at
/// once.
template <typename T, std::size_t N>
Fault read_object(od::object& object, T& out, const std::array<Field<T>, N>& table,
                  Scratch& scratch) {
    static_assert(N <= 64);
    std::uint64_t seen = 0;
    std::size_t expected = 0;
    for (auto entry : object) {
        od::field field;
        if (std::move(entry).get(field) != simdjson::SUCCESS) return Fault::not_json;
        const std::string_view key = key_of(field);
        std::size_t at = expected;
        if (at >= N || table[at].key != key) {
            for (at = 0; at < N && table[at].key != key;) ++at;
            if (at == N) continue;
        }
        expected = at + 1;
        const std::uint64_t bit = std::uint64_t{1} << at;
        if ((seen & bit) != 0) return scratch.blame(Fault::repeated_field, table[at].key);
        seen |= bit;
        if (table[at].read == nullptr) continue;
        const Fault fault = table[at].read(field.value(), out, scratch);
        if (fault != Fault::none) [[unlikely]] {
            return scratch.blame(fault, table[at].key);
        }
    }
    for (std::size_t i = 0; i < N; ++i) {
        if (table[i].is_required && (seen & (std::uint64_t{1} << i)) == 0) {
            return scratch.blame(Fault::missing_field, table[i].key);
        }
    }
    return Fault::none;
}

template <typename T, std::size_t N>
Fault read_value(od::value& value, T& out, const std::array<Field<T>, N>& table, Scratch& scratch) {
    od::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return Fault::wrong_type;
    return read_object(object, out, table, scratch);
}

/// An object whose fields go into the same struct.
template <typename T, const auto& table>
Fault read_inside(od::value& value, T& out, Scratch& scratch) {
    return read_value(value, out, table, scratch);
}
template <typename T, const auto& table>
constexpr Field<T> inside(std::string_view key) {
    return {key, &read_inside<T, table>, true};
}

/// An object that is a member.
template <auto Member, const auto& table>
Fault read_part(od::value& value, typename Of<Member>::Owner& out, Scratch& scratch) {
    return read_value(value, out.*Member, table, scratch);
}
template <auto Member, const auto& table>
constexpr Field<typename Of<Member>::Owner> part(std::string_view key) {
    return {key, &read_part<Member, table>, true};
}

template <typename T, std::size_t N>
Fault read_array(od::array& array, std::vector<T>& out, const std::array<Field<T>, N>& table,
                 Scratch& scratch) {
    for (auto element : array) {
        od::value item;
        if (std::move(element).get(item) != simdjson::SUCCESS) return Fault::not_json;
        const Fault fault = read_value(item, out.emplace_back(), table, scratch);
        if (fault != Fault::none) return fault;
    }
    return Fault::none;
}

/// An array of objects that is a member.
template <auto Member, const auto& table>
Fault read_list(od::value& value, typename Of<Member>::Owner& out, Scratch& scratch) {
    od::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return Fault::wrong_type;
    return read_array(array, out.*Member, table, scratch);
}
template <auto Member, const auto& table>
constexpr Field<typename Of<Member>::Owner> list(std::string_view key, bool is_required = true) {
    return {key, &read_list<Member, table>, is_required};
}

}  // namespace tradewind::binance::fields
