// SPDX-License-Identifier: Apache-2.0
#include "domain/words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tradewind {

void Words::skip() {
    const std::size_t first = rest_.find_first_not_of(' ');
    rest_.remove_prefix(std::min(first, rest_.size()));
}

std::string_view Words::next() {
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(word.size());
    skip();
    return word;
}

bool Words::take(std::string_view word) {
    if (rest_.substr(0, rest_.find(' ')) != word) return false;
    static_cast<void>(next());
    return true;
}

std::expected<Amount, std::string> parse_amount(std::string_view text) {
    constexpr int kHundred = 100;
    Amount out;
    std::string_view number = text;
    if (number.ends_with('%')) {
        number.remove_suffix(1);
        out.is_percent = true;
    }
    const auto value = parse_money(number);
    if (!value) return std::unexpected(fmt::format("'{}' is no number", text));
    out.value = out.is_percent ? Money{value->raw / kHundred} : *value;
    return out;
}

}  // namespace tradewind
