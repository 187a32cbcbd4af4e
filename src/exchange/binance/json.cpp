// SPDX-License-Identifier: Apache-2.0
#include "exchange/binance/json.hpp"

#include <array>

#include "base/decimal.hpp"

namespace tradewind::exchange::binance {

void JsonText::comma() {
    if (needs_comma_) out_ += ',';
    needs_comma_ = true;
}

JsonText& JsonText::open(char bracket) {
    comma();
    out_ += bracket;
    needs_comma_ = false;
    return *this;
}

JsonText& JsonText::shut(char bracket) {
    out_ += bracket;
    needs_comma_ = true;
    return *this;
}

JsonText& JsonText::key(std::string_view name) {
    text(name);
    out_ += ':';
    needs_comma_ = false;
    return *this;
}

JsonText& JsonText::text(std::string_view value) {
    comma();
    out_ += '"';
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out_ += '\\';
            out_ += c;
        } else if (byte < 0x20) {
            constexpr std::string_view kHex = "0123456789abcdef";
            out_ += "\\u00";
            out_ += kHex[byte >> 4U];
            out_ += kHex[byte & 15U];
        } else {
            out_ += c;
        }
    }
    out_ += '"';
    return *this;
}

JsonText& JsonText::number(std::int64_t value) {
    comma();
    out_ += std::to_string(value);
    return *this;
}

JsonText& JsonText::boolean(bool value) {
    comma();
    out_ += value ? "true" : "false";
    return *this;
}

JsonText& JsonText::null() {
    comma();
    out_ += "null";
    return *this;
}

JsonText& JsonText::raw(std::string_view json) {
    comma();
    out_ += json;
    return *this;
}

JsonText& JsonText::fixed(base::Int128 units, int unit_places, int places) {
    comma();
    base::Int128 step = 1;
    for (int i = places; i < unit_places; ++i) step *= 10;
    out_ += '"';
    out_ += base::format_decimal_fixed(units - units % step, unit_places, places);
    out_ += '"';
    return *this;
}

JsonText& JsonText::decimal(Price value, int places) {
    return fixed(value.raw, base::kDecimals, places);
}
JsonText& JsonText::decimal(Qty value, int places) {
    return fixed(value.raw, base::kDecimals, places);
}
JsonText& JsonText::decimal(Rate value, int places) {
    return fixed(value.raw, base::kDecimals, places);
}
JsonText& JsonText::decimal(Money value, int places) {
    return fixed(value.raw, kMoneyDecimals, places);
}

}  // namespace tradewind::exchange::binance
