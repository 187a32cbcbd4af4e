// SPDX-License-Identifier: Apache-2.0
#include "sim/queue_model.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.hpp"
#include "base/decimal.hpp"
#include "domain/names.hpp"
#include "sim/fixed_exponent.hpp"

namespace tradewind::sim {
namespace {

using base::Int128;
using base::kDecimalOne;

constexpr auto kKinds = names<QueueKind>("pessimistic", "power", "power2", "power3", "log", "log2");
/// Exponents beyond this decide as their limit does.
constexpr std::int64_t kExponentMax = 100 * kDecimalOne;

bool has_exponent(QueueKind kind) {
    return kind == QueueKind::power || kind == QueueKind::power2 || kind == QueueKind::power3;
}

/// (smaller / greater)^n in units of 1e-9; both > 0.
std::int64_t power_of_ratio(std::int64_t smaller, std::int64_t greater, std::int64_t exponent) {
    const std::int64_t log = log2_fixed(static_cast<std::uint64_t>(greater)) -
                             log2_fixed(static_cast<std::uint64_t>(smaller));
    const Int128 scaled = Int128{std::max<std::int64_t>(log, 0)} * exponent / kDecimalOne;
    if (scaled >> kLogBits >= kPowerBits) return 0;
    const std::int64_t power = exp2_minus_fixed(static_cast<std::int64_t>(scaled));
    return static_cast<std::int64_t>((Int128{power} * kDecimalOne) >> kPowerBits);
}

/// b^n / (b^n + a^n); both > 0.
std::int64_t power_share(std::int64_t a, std::int64_t b, std::int64_t exponent) {
    const std::int64_t ratio = power_of_ratio(std::min(a, b), std::max(a, b), exponent);
    const auto lesser =
        static_cast<std::int64_t>(Int128{ratio} * kDecimalOne / (kDecimalOne + ratio));
    return b <= a ? lesser : kDecimalOne - lesser;
}

/// log2(1 + x), x in units of 1e-9.
std::int64_t log_of(std::int64_t x) {
    return log2_fixed(static_cast<std::uint64_t>(kDecimalOne) + static_cast<std::uint64_t>(x)) -
           log2_fixed(static_cast<std::uint64_t>(kDecimalOne));
}

std::int64_t share(std::int64_t part, std::int64_t whole) {
    return static_cast<std::int64_t>(Int128{part} * kDecimalOne / whole);
}

}  // namespace

std::optional<QueueModel> parse_queue_model(std::string_view text) {
    const std::size_t colon = text.find(':');
    const auto kind = kKinds.parse(text.substr(0, colon));
    if (!kind) return std::nullopt;
    QueueModel out{.kind = *kind};
    if (colon == std::string_view::npos) return out;
    const auto exponent = base::parse_decimal(text.substr(colon + 1));
    if (!has_exponent(*kind) || !exponent || *exponent <= 0 || *exponent > kExponentMax) {
        return std::nullopt;
    }
    out.exponent = *exponent;
    return out;
}

std::string to_string(const QueueModel& model) {
    if (!has_exponent(model.kind)) return std::string{kKinds.of(model.kind)};
    return fmt::format("{}:{}", kKinds.of(model.kind),
                       base::format_decimal(model.exponent, base::kDecimals));
}

std::string describe(const QueueModel& model) {
    const std::string n = base::format_decimal(model.exponent, base::kDecimals);
    const auto law = [&]() -> std::string {
        switch (model.kind) {
            case QueueKind::pessimistic: return "whoever cancels stands behind us";
            case QueueKind::power:
                return fmt::format("a cancel is behind us with b^{0} / (b^{0} + a^{0})", n);
            case QueueKind::power2:
                return fmt::format("a cancel is behind us with (b / (a + b))^{}", n);
            case QueueKind::power3:
                return fmt::format("a cancel is behind us with 1 - (a / (a + b))^{}", n);
            case QueueKind::log:
                return "a cancel is behind us with log(1 + b) / (log(1 + b) + log(1 + a))";
            case QueueKind::log2: return "a cancel is behind us with log(1 + b) / log(1 + a + b)";
        }
        __builtin_unreachable();
    };
    const bool has_law = model.kind != QueueKind::pessimistic;
    return fmt::format(
        "Queue at a price, of L2 books: {}; prints advance it; {}{}. Of L3 books: "
        "order by order.",
        to_string(model), law(), has_law ? " (a ahead, b behind)" : "");
}

std::int64_t behind_share(const QueueModel& model, Qty ahead, Qty behind) {
    const std::int64_t a = ahead.raw, b = behind.raw;
    ASSERT(a >= 0 && b >= 0 && a <= INT64_MAX - b);
    if (b == 0) return 0;
    if (a == 0) return kDecimalOne;
    switch (model.kind) {
        case QueueKind::pessimistic: return kDecimalOne;
        case QueueKind::power: return power_share(a, b, model.exponent);
        case QueueKind::power2: return power_of_ratio(b, a + b, model.exponent);
        case QueueKind::power3: return kDecimalOne - power_of_ratio(a, a + b, model.exponent);
        case QueueKind::log: return share(log_of(b), log_of(b) + log_of(a));
        case QueueKind::log2: return share(log_of(b), log_of(a + b));
    }
    __builtin_unreachable();
}

void level_changed(QueuePlace& place, const QueueModel& model, Qty before, Qty now) {
    const Qty explained = place.printed;
    place.printed = {};
    const Qty cancelled = before - now - explained;
    const bool models = model.kind != QueueKind::pessimistic && cancelled.raw > 0;
    if (models && place.ahead.raw > 0) {
        // What was shown before, less what prints took: ahead of us, and behind us.
        const Qty behind = std::max(before - explained - place.ahead, Qty{});
        const std::int64_t probability = behind_share(model, place.ahead, behind);
        const Qty from_behind = std::min(
            behind,
            Qty{static_cast<std::int64_t>(Int128{cancelled.raw} * probability / kDecimalOne)});
        place.ahead -= cancelled - from_behind;
    }
    place.ahead = std::max(std::min(place.ahead, now), Qty{});
}

Qty printed_at(QueuePlace& place, Qty size) {
    const Qty passed = std::min(place.ahead, size);
    place.ahead -= passed;
    place.printed += passed;
    return size - passed;
}

}  // namespace tradewind::sim
