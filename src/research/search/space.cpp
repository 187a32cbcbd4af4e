// SPDX-License-Identifier: Apache-2.0
#include "research/search/space.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/assert.hpp"
#include "base/try.hpp"

namespace tradewind::research {
namespace {

/// Whole numbers beyond this are not exact in a double.
constexpr double kWholeMax = 9007199254740992.0;
constexpr std::size_t kDimensionsMax = 32;
/// A last value of a grid that rounding put this far past the end (in steps) still counts.
constexpr double kStepSlack = 1e-9;

std::vector<std::string_view> split(std::string_view text, char by) {
    std::vector<std::string_view> out;
    while (true) {
        const std::size_t cut = text.find(by);
        out.push_back(text.substr(0, cut));
        if (cut == std::string_view::npos) return out;
        text.remove_prefix(cut + 1);
    }
}

std::optional<double> parse_number(std::string_view text) {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || text.empty() || !std::isfinite(value)) {
        return std::nullopt;
    }
    return value;
}

bool is_written_as_real(std::string_view text) {
    return text.find_first_of(".eE") != std::string_view::npos;
}

/// Digits after the point that write `text` exactly: 2 for "0.05", 4 for "1e-4".
int decimals_of(std::string_view text) {
    const std::size_t exponent_at = text.find_first_of("eE");
    const std::string_view mantissa = text.substr(0, exponent_at);
    const std::size_t point = mantissa.find('.');
    int digits =
        point == std::string_view::npos ? 0 : static_cast<int>(mantissa.size() - point - 1);
    if (exponent_at != std::string_view::npos) {
        digits -= static_cast<int>(parse_number(text.substr(exponent_at + 1)).value_or(0));
    }
    return std::clamp(digits, 0, 15);
}

using Failure = std::unexpected<std::string>;

Failure refuse(std::string_view name, std::string_view what) {
    return Failure(fmt::format("parameter {}: {}", name, what));
}

/// "low:high", "low:high:step", "low:high:log".
std::expected<Dimension, std::string> parse_range(std::string_view name, std::string_view text) {
    const auto parts = split(text, ':');
    if (parts.size() > 3) {
        return refuse(name, fmt::format("'{}' has too many parts; write low:high:step", text));
    }
    const auto low = parse_number(parts[0]);
    const auto high = parse_number(parts[1]);
    if (!low || !high) {
        return refuse(
            name,
            fmt::format("'{}' is not a range of numbers; write low:high or low:high:step", text));
    }
    Dimension out{.name = std::string{name}, .low = *low, .high = *high};
    const bool has_log = parts.size() == 3 && parts[2] == "log";
    const bool has_step = parts.size() == 3 && !has_log;
    const bool real = is_written_as_real(parts[0]) || is_written_as_real(parts[1]) ||
                      (has_step && is_written_as_real(parts[2]));
    out.kind = real ? DimensionKind::real : DimensionKind::integer;
    out.step = real ? 0 : 1;
    out.log = has_log;
    if (*low > *high) {
        return refuse(name, fmt::format("'{}' holds no value; the lower bound comes first: {}:{}",
                                        text, parts[1], parts[0]));
    }
    if (has_log && *low <= 0) {
        return refuse(name,
                      fmt::format("'{}' cannot be searched by logarithm; begin above 0", text));
    }
    if (has_step) {
        const auto step = parse_number(parts[2]);
        if (!step || *step <= 0) {
            return refuse(name, fmt::format("'{}' is not a step above 0", parts[2]));
        }
        out.step = *step;
        out.decimals = std::max(decimals_of(parts[0]), decimals_of(parts[2]));
    }
    if (!real && std::max(std::abs(*low), std::abs(*high)) > kWholeMax) {
        return refuse(name, fmt::format("'{}' goes beyond 2^53", text));
    }
    return out;
}

std::expected<Dimension, std::string> parse_list(std::string_view name, std::string_view text) {
    Dimension out{.name = std::string{name}, .kind = DimensionKind::list, .step = 1};
    for (const std::string_view choice : split(text, ',')) {
        if (choice.empty()) {
            return refuse(name, text.empty() ? std::string{"has no value; write low:high or a,b,c"}
                                             : fmt::format("'{}' has an empty choice", text));
        }
        if (std::ranges::find(out.choices, choice) != out.choices.end()) {
            return refuse(name, fmt::format("'{}' lists {} twice", text, choice));
        }
        out.choices.emplace_back(choice);
    }
    out.high = static_cast<double>(out.choices.size() - 1);
    return out;
}

}  // namespace

std::optional<std::uint64_t> Dimension::count() const {
    if (kind == DimensionKind::list) return choices.size();
    if (low == high) return 1;
    if (step <= 0) return std::nullopt;
    return static_cast<std::uint64_t>(std::floor((high - low) / step + kStepSlack)) + 1;
}

double Dimension::value_at(std::uint64_t place) const {
    if (kind == DimensionKind::list) return static_cast<double>(place);
    const double value = low + static_cast<double>(place) * step;
    if (kind == DimensionKind::integer || step <= 0) return value;
    const double scale = std::pow(10.0, decimals);
    return std::round(value * scale) / scale;
}

std::string Dimension::text(double value) const {
    if (kind == DimensionKind::list) return choices.at(static_cast<std::size_t>(value));
    if (kind == DimensionKind::integer) {
        return fmt::format("{}", static_cast<std::int64_t>(value));
    }
    return fmt::format("{}", value);
}

std::optional<double> Dimension::number(double value) const {
    return kind == DimensionKind::list ? parse_number(text(value)) : std::optional{value};
}

bool Dimension::is_numeric() const {
    return std::ranges::all_of(
        choices, [](const std::string& one) { return parse_number(one).has_value(); });
}

double Dimension::to_unit(double value) const {
    const auto values = count();
    if (values && *values == 1) return 0.5;
    // Half a step beyond each end: every value of a grid gets the same share.
    const double half = values ? 0.5 * step : 0;
    if (log) {
        const double from = std::log(low - std::min(half, 0.5 * low));
        return (std::log(value) - from) / (std::log(high + half) - from);
    }
    return (value - low + half) / (high - low + 2 * half);
}

double Dimension::from_unit(double unit) const {
    const auto values = count();
    if (values && *values == 1) return value_at(0);
    const double half = values ? 0.5 * step : 0;
    double value = 0;
    if (log) {
        const double from = std::log(low - std::min(half, 0.5 * low));
        value = std::exp(from + unit * (std::log(high + half) - from));
    } else {
        value = low - half + unit * (high - low + 2 * half);
    }
    if (!values) return std::clamp(value, low, high);
    const double place = std::round((value - low) / step);
    return value_at(
        static_cast<std::uint64_t>(std::clamp(place, 0.0, static_cast<double>(*values - 1))));
}

std::expected<SearchSpace, std::string> SearchSpace::parse(std::span<const std::string> arguments) {
    SearchSpace out;
    for (const std::string& argument : arguments) {
        const std::size_t cut = argument.find('=');
        if (cut == std::string::npos || cut == 0) {
            return Failure(fmt::format(
                "--param {}: write it as name=low:high, name=low:high:step or name=a,b,c",
                argument));
        }
        const std::string_view name = std::string_view{argument}.substr(0, cut);
        const std::string_view text = std::string_view{argument}.substr(cut + 1);
        const auto same = [&](const Dimension& one) { return one.name == name; };
        if (std::ranges::any_of(out.dimensions_, same)) return refuse(name, "is given twice");
        out.dimensions_.push_back(TRY(text.find(':') == std::string_view::npos
                                          ? parse_list(name, text)
                                          : parse_range(name, text)));
    }
    if (out.dimensions_.size() > kDimensionsMax) {
        return Failure(fmt::format("{} parameters are searched, {} is the most",
                                   out.dimensions_.size(), kDimensionsMax));
    }
    return out;
}

std::optional<std::uint64_t> SearchSpace::points() const {
    std::uint64_t product = 1;
    for (const Dimension& one : dimensions_) {
        const auto count = one.count();
        if (!count || __builtin_mul_overflow(product, *count, &product)) return std::nullopt;
    }
    return product;
}

Point SearchSpace::at(std::uint64_t index) const {
    Point out(dimensions_.size());
    for (std::size_t i = dimensions_.size(); i-- > 0;) {
        const auto count = dimensions_[i].count();
        ASSERT(count.has_value());
        out[i] = dimensions_[i].value_at(index % *count);
        index /= *count;
    }
    ASSERT(index == 0);
    return out;
}

ParamTexts SearchSpace::params(const Point& point) const {
    ASSERT(point.size() == dimensions_.size());
    ParamTexts out;
    for (std::size_t i = 0; i < point.size(); ++i) {
        out.emplace_back(dimensions_[i].name, dimensions_[i].text(point[i]));
    }
    return out;
}

std::string SearchSpace::text(const Point& point) const {
    std::string out;
    for (const auto& [name, value] : params(point)) {
        out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, value);
    }
    return out;
}

}  // namespace tradewind::research
