// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/numbers.hpp"
#include "domain/time.hpp"
#include "exchange/binance/fault.hpp"

namespace tradewind::exchange::binance {

/// Most parameters of a request; the venue's longest order has 30.
inline constexpr std::size_t kParametersMax = 64;

/// The parameters of a request, strictly: each at most once, each read before anything is done.
class Params {
public:
    template <typename T>
    using Optional = std::expected<std::optional<T>, Fault>;
    template <typename T>
    using Must = std::expected<T, Fault>;

    /// "a=1&b=2", percent-encoded, of the query and of the body; what is in both counts as in the
    /// query.
    [[nodiscard]] static std::expected<Params, Fault> parse(std::string_view query,
                                                            std::string_view body);
    /// In any order; percent signs are just that.
    void add(std::string name, std::string value);

    /// What the parameter says, whether it is read or not.
    [[nodiscard]] const std::string* peek(std::string_view name) const;
    [[nodiscard]] std::size_t size() const { return all_.size(); }

    [[nodiscard]] Optional<std::string> text(std::string_view name);
    [[nodiscard]] Must<std::string> must_text(std::string_view name);
    /// ^[A-Z0-9-_.]{1,20}$
    [[nodiscard]] Optional<std::string> symbol(std::string_view name = "symbol");
    /// ^[a-zA-Z0-9-_]{1,36}$
    [[nodiscard]] Optional<std::string> client_id(std::string_view name);
    /// Not negative.
    [[nodiscard]] Optional<std::int64_t> whole(std::string_view name);
    /// An instant in milliseconds or, where it is that large, in microseconds.
    [[nodiscard]] Optional<Timestamp> instant(std::string_view name);
    /// A plain decimal in units of 1e-18 with at most eight places.
    [[nodiscard]] Optional<Money> money(std::string_view name);
    [[nodiscard]] Optional<Price> price(std::string_view name);
    [[nodiscard]] Optional<Qty> qty(std::string_view name);
    [[nodiscard]] Optional<bool> boolean(std::string_view name);
    /// ["BTCUSDT","BNBUSDT"]
    [[nodiscard]] Optional<std::vector<std::string>> symbols(std::string_view name = "symbols");
    /// 1 to `most`; what is more counts as `most`.
    [[nodiscard]] Must<std::size_t> limit(std::size_t unless, std::size_t most);

    template <typename T, std::size_t N>
    [[nodiscard]] Optional<T> one_of(std::string_view name,
                                     const std::array<std::pair<std::string_view, T>, N>& table,
                                     const Fault& otherwise) {
        auto given = text(name);
        if (!given) return std::unexpected(given.error());
        if (!*given) return std::nullopt;
        for (const auto& [word, value] : table) {
            if (word == **given) return value;
        }
        return std::unexpected(otherwise);
    }

    /// Nothing was sent that nobody has read.
    [[nodiscard]] std::expected<void, Fault> done() const;

private:
    struct Param {
        std::string name;
        std::string value;
        bool is_read = false;
    };
    [[nodiscard]] std::expected<void, Fault> add_all(std::string_view encoded, bool is_body);
    [[nodiscard]] Optional<Money> units(std::string_view name, int places);

    std::vector<Param> all_;
};

/// The parameter or -1102.
template <typename T>
[[nodiscard]] std::expected<T, Fault> must(Params::Optional<T> given, std::string_view name) {
    if (!given) return std::unexpected(std::move(given).error());
    if (!*given) return std::unexpected(mandatory_missing(name));
    return std::move(**given);
}

/// nullopt where a percent sign is not followed by two hexadecimal digits. A plus is a space.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

}  // namespace tradewind::exchange::binance
