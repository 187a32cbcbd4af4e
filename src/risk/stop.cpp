// SPDX-License-Identifier: Apache-2.0
#include "risk/stop.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "base/try.hpp"
#include "domain/names.hpp"
#include "domain/words.hpp"

namespace tradewind::risk {
namespace {

constexpr auto kKinds =
    names<StopKind>("fixed", "trailing", "atr", "chandelier", "volatility", "time", "portfolio");

constexpr std::uint32_t kBarsMost = 10'000;
constexpr double kMultipleMost = 100;

std::expected<double, std::string> read_share(std::string_view text) {
    const Amount amount = TRY(parse_amount(text));
    const double share = to_double(amount.value);
    if (amount.is_percent && share > 0 && share < 1) return share;
    return std::unexpected(
        fmt::format("'{}': write a share above 0% and below 100%, such as 5%", text));
}

std::expected<std::uint32_t, std::string> read_bars(std::string_view text) {
    std::uint32_t bars = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bars);
    const bool is_read = error == std::errc{} && end == text.data() + text.size();
    if (is_read && bars >= 1 && bars <= kBarsMost) return bars;
    return std::unexpected(
        fmt::format("'{}': write a number of bars from 1 to {}", text, kBarsMost));
}

std::expected<void, std::string> read_ranges(Words& words, Stop& out) {
    const std::string_view multiple = words.next();
    const Amount amount = TRY(parse_amount(multiple));
    out.distance = to_double(amount.value);
    if (amount.is_percent || !(out.distance > 0) || out.distance > kMultipleMost) {
        return std::unexpected(
            fmt::format("'{}': write a multiple above 0, at most {}", multiple, kMultipleMost));
    }
    if (!words.take("x")) {
        return std::unexpected(fmt::format("write it as \"{0} 3 x 14\": three times, over 14 bars",
                                           to_string(out.kind)));
    }
    out.bars = TRY(read_bars(words.next()));
    if (out.kind == StopKind::volatility && out.bars < 2) {
        return std::unexpected("a deviation is of 2 bars at least");
    }
    return {};
}

std::expected<void, std::string> read_time(Words& words, Stop& out) {
    const std::string_view number = words.next();
    if (words.take("bars") || words.take("bar")) {
        out.bars = TRY(read_bars(number));
        return {};
    }
    const auto length = parse_duration(number);
    if (!length || length->ns <= 0) {
        return std::unexpected(
            fmt::format("'{}': write \"time 20 bars\" or a length of time, \"time 5d\"", number));
    }
    out.after = *length;
    return {};
}

}  // namespace

std::string_view to_string(StopKind value) { return kKinds.of(value); }

std::expected<Stop, std::string> parse_stop(std::string_view text) {
    Words words{text};
    const std::string_view word = words.next();
    const auto kind = kKinds.parse(word);
    if (!kind) {
        return std::unexpected(
            fmt::format("'{}' is no stop; there are {}", word, fmt::join(kKinds.text, ", ")));
    }
    Stop out{.kind = *kind};
    switch (*kind) {
        case StopKind::fixed:
        case StopKind::trailing:
        case StopKind::portfolio: out.distance = TRY(read_share(words.next())); break;
        case StopKind::atr:
        case StopKind::chandelier:
        case StopKind::volatility: TRY_VOID(read_ranges(words, out)); break;
        case StopKind::time: TRY_VOID(read_time(words, out)); break;
    }
    if (!words.done()) {
        return std::unexpected(
            fmt::format("'{}': nothing is expected from '{}' on", text, words.rest()));
    }
    return out;
}

std::string to_string(const Stop& stop) {
    const std::string_view kind = to_string(stop.kind);
    switch (stop.kind) {
        case StopKind::fixed:
        case StopKind::trailing:
        case StopKind::portfolio: return fmt::format("{} {:.10g}%", kind, stop.distance * 100);
        case StopKind::atr:
        case StopKind::chandelier:
        case StopKind::volatility:
            return fmt::format("{} {:.10g} x {}", kind, stop.distance, stop.bars);
        case StopKind::time:
            return stop.bars > 0 ? fmt::format("{} {} bars", kind, stop.bars)
                                 : fmt::format("{} {}", kind, to_string(stop.after));
    }
    __builtin_unreachable();
}

}  // namespace tradewind::risk
