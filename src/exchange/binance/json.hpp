// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/numbers.hpp"

namespace tradewind::exchange::binance {

/// Writes one JSON text, in the order of the calls. Keys come before values inside objects; commas
/// are put where they belong.
class JsonText {
public:
    JsonText& begin_object() { return open('{'); }
    JsonText& end_object() { return shut('}'); }
    JsonText& begin_array() { return open('['); }
    JsonText& end_array() { return shut(']'); }
    JsonText& key(std::string_view name);

    JsonText& text(std::string_view value);
    JsonText& number(std::int64_t value);
    JsonText& boolean(bool value);
    JsonText& null();
    /// A JSON text as it is.
    JsonText& raw(std::string_view json);
    /// Decimal texts with exactly `places` places, cut toward zero where there are more.
    JsonText& decimal(Price value, int places = 8);
    JsonText& decimal(Qty value, int places = 8);
    JsonText& decimal(Money value, int places = 8);
    JsonText& decimal(Rate value, int places = 8);

    // key and value
    JsonText& text(std::string_view name, std::string_view value) { return key(name).text(value); }
    JsonText& number(std::string_view name, std::int64_t value) { return key(name).number(value); }
    JsonText& number(std::string_view name, std::uint64_t value) {
        return key(name).number(static_cast<std::int64_t>(value));
    }
    JsonText& boolean(std::string_view name, bool value) { return key(name).boolean(value); }
    template <typename Number>
    JsonText& decimal(std::string_view name, Number value, int places = 8) {
        return key(name).decimal(value, places);
    }

    [[nodiscard]] const std::string& str() const { return out_; }
    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    JsonText& open(char bracket);
    JsonText& shut(char bracket);
    void comma();
    JsonText& fixed(base::Int128 units, int unit_places, int places);

    std::string out_;
    bool needs_comma_ = false;
};

}  // namespace tradewind::exchange::binance
