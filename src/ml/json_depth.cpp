// SPDX-License-Identifier: Apache-2.0
#include "ml/json_depth.hpp"

#include <algorithm>

namespace tradewind::ml {

std::size_t json_depth(std::string_view text) {
    std::size_t now = 0;
    std::size_t most = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string && c == '\\') {
            ++i;
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string && (c == '{' || c == '[')) {
            most = std::max(most, ++now);
        } else if (!in_string && (c == '}' || c == ']') && now > 0) {
            --now;
        }
    }
    return most;
}

}  // namespace tradewind::ml
