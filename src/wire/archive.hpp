// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/strong_id.hpp"

/// Writers and readers of our binary layouts. Little endian, unaligned, no padding. One `fields`
/// function a struct lists its fields for both directions, so that they cannot drift apart.
namespace tradewind::wire {

using Bytes = std::vector<std::byte>;

/// Appends values to a buffer.
class Writer {
public:
    static constexpr bool kReads = false;

    explicit Writer(Bytes& out) : out_(out) {}

    template <typename T>
        requires std::is_arithmetic_v<T> || std::is_enum_v<T>
    void raw(const T& value) {
        const std::size_t at = out_.size();
        out_.resize(at + sizeof value);
        std::memcpy(out_.data() + at, &value, sizeof value);
    }
    void text(std::string_view value) {
        raw(static_cast<std::uint32_t>(value.size()));
        const std::size_t at = out_.size();
        out_.resize(at + value.size());
        if (!value.empty()) std::memcpy(out_.data() + at, value.data(), value.size());
    }
    void bytes(std::span<const std::byte> value) {
        out_.insert(out_.end(), value.begin(), value.end());
    }

private:
    Bytes& out_;
};

/// Takes values off a span; the first value that is not there or not valid makes `ok()` false for
/// good.
class Reader {
public:
    static constexpr bool kReads = true;

    explicit Reader(std::span<const std::byte> in) : in_(in) {}

    template <typename T>
        requires std::is_arithmetic_v<T> || std::is_enum_v<T>
    void raw(T& value) {
        if (in_.size() < sizeof value) return fail();
        std::memcpy(&value, in_.data(), sizeof value);
        in_ = in_.subspan(sizeof value);
    }
    /// A view into the bytes that are read.
    void text(std::string_view& value) {
        std::uint32_t size = 0;
        raw(size);
        if (in_.size() < size) return fail();
        value = {reinterpret_cast<const char*>(in_.data()), size};
        in_ = in_.subspan(size);
    }
    void bytes(std::span<std::byte> value) {
        if (in_.size() < value.size()) return fail();
        std::memcpy(value.data(), in_.data(), value.size());
        in_ = in_.subspan(value.size());
    }
    void fail() {
        ok_ = false;
        in_ = {};
    }
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool done() const { return ok_ && in_.empty(); }

private:
    std::span<const std::byte> in_;
    bool ok_ = true;
};

/// How many values an enum has: a read value at or past it is refused. Specialised beside the
/// fields.
template <typename Enum>
inline constexpr std::size_t kEnumCount = 0;

template <typename Archive>
void field(Archive& a, std::string_view& value) {
    a.text(value);
}
inline void field(Writer& a, const std::string_view& value) { a.text(value); }

template <typename Archive, typename T>
    requires std::is_arithmetic_v<std::remove_const_t<T>>
void field(Archive& a, T& value) {
    if constexpr (Archive::kReads && std::is_same_v<T, bool>) {
        std::uint8_t byte = 0;
        a.raw(byte);
        if (byte > 1) a.fail();
        value = byte == 1;
    } else {
        a.raw(value);
    }
}

template <typename Archive, typename T>
    requires std::is_enum_v<std::remove_const_t<T>>
void field(Archive& a, T& value) {
    constexpr std::size_t count = kEnumCount<std::remove_const_t<T>>;
    static_assert(count > 0, "say how many values the enum has");
    a.raw(value);
    if constexpr (Archive::kReads) {
        if (static_cast<std::size_t>(value) >= count) {
            value = {};
            a.fail();
        }
    }
}

/// Structs: their own `fields`, found by argument-dependent look-up in this namespace's overloads.
template <typename Archive, typename T>
    requires(std::is_class_v<std::remove_const_t<T>>)
void field(Archive& a, T& value) {
    fields(a, value);
}

template <typename Archive, typename T>
void field(Archive& a, std::optional<T>& value) {
    bool present = false;
    field(a, present);
    if (present) {
        value.emplace();
        field(a, *value);
    } else {
        value.reset();
    }
}
template <typename T>
void field(Writer& a, const std::optional<T>& value) {
    a.raw(value.has_value());
    if (value) field(a, *value);
}

inline void field(Writer&, const std::monostate&) {}
inline void field(Reader&, std::monostate&) {}

template <typename... T>
void field(Writer& a, const std::variant<T...>& value) {
    a.raw(static_cast<std::uint8_t>(value.index()));
    std::visit([&](const auto& alternative) { field(a, alternative); }, value);
}

namespace detail {

template <std::size_t I, typename... T>
void read_alternative(Reader& a, std::variant<T...>& value, std::size_t index) {
    if constexpr (I < sizeof...(T)) {
        if (index == I) {
            field(a, value.template emplace<I>());
        } else {
            read_alternative<I + 1>(a, value, index);
        }
    } else {
        a.fail();
    }
}

}  // namespace detail

template <typename... T>
void field(Reader& a, std::variant<T...>& value) {
    std::uint8_t index = 0;
    a.raw(index);
    if (a.ok()) detail::read_alternative<0>(a, value, index);
}

}  // namespace tradewind::wire
