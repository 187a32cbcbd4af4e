// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "domain/numbers.hpp"

namespace tradewind {

/// A text word by word, parted by blanks.
class Words {
public:
    explicit Words(std::string_view text) : rest_(text) { skip(); }

    [[nodiscard]] bool done() const { return rest_.empty(); }
    [[nodiscard]] std::string_view rest() const { return rest_; }
    /// Empty at the end.
    std::string_view next();
    /// Takes the word if it is the next.
    bool take(std::string_view word);

private:
    void skip();
    std::string_view rest_;
};

/// A number, and whether a % stood behind it; its value is then that of a share: 0.4 for 40%.
struct Amount {
    Money value{};
    bool is_percent = false;
};
[[nodiscard]] std::expected<Amount, std::string> parse_amount(std::string_view text);

}  // namespace tradewind
