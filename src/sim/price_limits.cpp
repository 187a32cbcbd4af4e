// SPDX-License-Identifier: Apache-2.0
#include "sim/price_limits.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.hpp"
#include "domain/calendar.hpp"

namespace tradewind::sim {
namespace {

constexpr std::string_view kEverything = "*";

std::string width(const PriceLimit& limit, std::int64_t value) {
    return limit.is_share ? base::format_decimal(value, base::kDecimals - 2) + " %"
                          : to_string(Price{value});
}

std::string reference(const PriceLimit& limit) {
    switch (limit.reference) {
        case LimitReference::close: return "the last price of the session before";
        case LimitReference::last: return "the last price";
        case LimitReference::fixed: return to_string(limit.fixed);
    }
    __builtin_unreachable();
}

/// Of a price, rounded down: a band is never wider than it says.
base::Int128 distance(const PriceLimit& limit, std::int64_t value, Price from) {
    if (!limit.is_share) return value;
    const base::Int128 size = from.raw < 0 ? -base::Int128{from.raw} : base::Int128{from.raw};
    const auto out = base::mul_div(size, value, base::kDecimalOne, base::Rounding::down);
    ASSERT(out.has_value());
    return *out;
}

/// An end beyond every price is the last price there is on that side, less room for its tick.
Price end_of_band(base::Int128 raw, Price tick, TickRounding rounding) {
    const base::Int128 most = INT64_MAX - tick.raw;
    const Price end{static_cast<std::int64_t>(std::clamp(raw, -most, most))};
    return round_to_tick(end, tick, rounding);
}

struct Width {
    bool is_share = false;
    std::int64_t value = 0;
};

std::optional<Width> width_of(std::string_view text) {
    const bool is_share = text.ends_with('%');
    if (is_share) text.remove_suffix(1);
    const auto value = base::parse_decimal(text);
    constexpr std::int64_t kHundred = 100;
    if (!value || *value <= 0 || (is_share && *value % kHundred != 0)) return std::nullopt;
    return Width{.is_share = is_share, .value = is_share ? *value / kHundred : *value};
}

bool set_reference(PriceLimit& limit, std::string_view text) {
    if (text == "close" || text == "last") {
        limit.reference = text == "close" ? LimitReference::close : LimitReference::last;
        return true;
    }
    const auto price = parse_price(text);
    if (!price) return false;
    limit.reference = LimitReference::fixed;
    limit.fixed = *price;
    return true;
}

/// The text before the first `at`; what is left stands behind it, nullopt where there is none.
std::string_view cut(std::optional<std::string_view>& text, char at) {
    const std::string_view all = text.value_or("");
    const std::size_t end = all.find(at);
    text = end == std::string_view::npos ? std::nullopt : std::optional{all.substr(end + 1)};
    return all.substr(0, end);
}

}  // namespace

std::optional<PriceLimit> parse_price_limit(std::string_view text) {
    std::optional<std::string_view> rest{text};
    const std::string_view symbol = cut(rest, ':');
    std::optional<std::string_view> down{cut(rest, ':')};
    const std::string_view up = cut(down, '/');
    const auto above = width_of(up), below = width_of(down.value_or(up));
    if (symbol.empty() || !above || !below || above->is_share != below->is_share) {
        return std::nullopt;
    }
    PriceLimit out{.symbol = std::string{symbol},
                   .is_share = above->is_share,
                   .up = above->value,
                   .down = below->value};
    if (rest && !set_reference(out, *rest)) return std::nullopt;
    return out;
}

std::optional<std::string> fault_of(std::span<const PriceLimit> limits,
                                    const InstrumentTable& table) {
    for (const PriceLimit& limit : limits) {
        const std::string& symbol = limit.symbol;
        if (symbol != kEverything && table.find(symbol) == nullptr) {
            return fmt::format("price limit of {}: the run has no such instrument", symbol);
        }
        if (limit.up < 0 || limit.down < 0) {
            return fmt::format("price limit of {}: its width is negative", symbol);
        }
        if (std::ranges::count(limits, symbol, &PriceLimit::symbol) > 1) {
            return fmt::format("price limit of {}: there is a second one; keep one", symbol);
        }
    }
    return std::nullopt;
}

std::vector<std::string> describe(std::span<const PriceLimit> limits) {
    std::vector<std::string> out;
    for (const PriceLimit& limit : limits) {
        out.push_back(fmt::format(
            "Price limits: {} trades no more than {} above and {} below {}; an order with a limit "
            "beyond is rejected, and at the end of the band only who trades against it is filled.",
            limit.symbol == kEverything ? "any instrument" : limit.symbol, width(limit, limit.up),
            width(limit, limit.down), reference(limit)));
    }
    return out;
}

const PriceLimit* limit_of(std::span<const PriceLimit> limits, const Instrument& instrument) {
    const PriceLimit* found = nullptr;
    for (const PriceLimit& limit : limits) {
        if (limit.symbol == instrument.symbol) return &limit;
        if (limit.symbol == kEverything) found = &limit;
    }
    return found;
}

PriceBand::PriceBand(const PriceLimit& limit, const Instrument& instrument)
    : limit_(limit), tick_(instrument.tick), calendar_(instrument.calendar) {}

std::optional<PriceRange> PriceBand::at(Timestamp now) {
    switch (limit_.reference) {
        case LimitReference::fixed: return around(limit_.fixed);
        case LimitReference::last: return around(last_);
        case LimitReference::close: break;
    }
    if (now >= until_) {
        const Session next = session_from(calendar_, now);
        if (now < next.open) return around(last_);
        reference_ = last_;
        until_ = next.close;
    }
    return around(reference_);
}

void PriceBand::saw(Price price, Timestamp when) {
    static_cast<void>(at(when));  // a price of a new session is not its own reference
    last_ = price;
}

void PriceBand::restate(const CorporateAction& split) {
    for (std::optional<Price>* one : {&last_, &reference_}) {
        if (!*one) continue;
        const auto out = base::mul_div((*one)->raw, split.old_shares, split.new_shares,
                                       base::Rounding::half_even);
        ASSERT(out && *out <= INT64_MAX && *out >= INT64_MIN);
        *one = Price{static_cast<std::int64_t>(*out)};
    }
}

std::optional<PriceRange> PriceBand::around(std::optional<Price> reference) const {
    if (!reference) return std::nullopt;
    const base::Int128 middle = reference->raw;
    return PriceRange{.lowest = end_of_band(middle - distance(limit_, limit_.down, *reference),
                                            tick_, TickRounding::up),
                      .highest = end_of_band(middle + distance(limit_, limit_.up, *reference),
                                             tick_, TickRounding::down)};
}

}  // namespace tradewind::sim
