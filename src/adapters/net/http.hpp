// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// HTTP as plain values. Source: RFC 9110 (semantics), RFC 9112 (HTTP/1.1).
namespace tradewind::net {

/// Field lines in their order; names compare without regard to letter case.
class Headers {
public:
    using Field = std::pair<std::string, std::string>;

    Headers() = default;
    Headers(std::initializer_list<Field> fields) : fields_(fields) {}

    /// The value of the first field of that name.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    void add(std::string name, std::string value) {
        fields_.emplace_back(std::move(name), std::move(value));
    }

    [[nodiscard]] auto begin() const { return fields_.begin(); }
    [[nodiscard]] auto end() const { return fields_.end(); }
    [[nodiscard]] std::size_t size() const { return fields_.size(); }
    [[nodiscard]] bool empty() const { return fields_.empty(); }

    friend bool operator==(const Headers&, const Headers&) = default;

private:
    std::vector<Field> fields_;
};

struct Request {
    std::string method = "GET";
    std::string target = "/";  ///< path and query as they stand in the request line
    Headers headers = {};
    std::string body = {};

    /// The target up to the first '?', still percent-encoded.
    [[nodiscard]] std::string_view path() const;
    /// What follows the first '?', still percent-encoded; empty where there is none.
    [[nodiscard]] std::string_view query() const;
};

struct Response {
    int status = 200;
    Headers headers = {};
    std::string body = {};
};

/// "Not Found" for 404; "Unknown" for a number without a phrase of its own.
[[nodiscard]] std::string_view reason_phrase(int status);

/// RFC 3986: letters, digits and -_.~ stand; every other byte becomes %XX with capital letters.
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// Undoes it. nullopt where a '%' is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

/// "a=1&b=%20" as keys and values in their order, decoded; '+' is a space, as forms have it. A key
/// without '=' has an empty value. nullopt where an encoding is broken.
[[nodiscard]] std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(
    std::string_view query);

/// Whether the names are tokens and the values free of line ends and other control characters, so
/// that no value can smuggle in a field or a request of its own.
[[nodiscard]] bool are_sound(const Headers& headers);
[[nodiscard]] bool is_token(std::string_view text);
/// Visible ASCII that begins with '/', or "*".
[[nodiscard]] bool is_target(std::string_view text);
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace tradewind::net
