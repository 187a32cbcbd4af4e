// SPDX-License-Identifier: Apache-2.0
#include "sim/book_impact.hpp"

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

constexpr auto kKinds = names<ImpactKind>("none", "linear", "sqrt");
constexpr std::int64_t kBasisPointsInOne = 10'000;
/// No shift is more than this share of the price.
constexpr std::int64_t kShiftMaxPercent = 50;

/// floor(sqrt(x)); x >= 0.
std::int64_t square_root(Int128 x) {
    Int128 root = 0;
    for (int bit = 62; bit >= 0; --bit) {
        const Int128 tried = root | (Int128{1} << bit);
        if (tried * tried <= x) root = tried;
    }
    return static_cast<std::int64_t>(root);
}

/// taken / shown, or its square root, in units of 1e-9.
std::int64_t relative_size(ImpactKind kind, const TakenFrom& t) {
    const Int128 ratio = Int128{t.taken.raw} * kDecimalOne / t.shown.raw;
    if (kind == ImpactKind::square_root) return square_root(ratio * kDecimalOne);
    return static_cast<std::int64_t>(std::min(ratio, Int128{INT64_MAX}));
}

}  // namespace

std::optional<ImpactModel> parse_impact_model(std::string_view text) {
    if (text == "none") return ImpactModel{};
    const std::size_t first = text.find(':');
    const std::size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto kind = kKinds.parse(text.substr(0, first));
    const auto points = base::parse_decimal(text.substr(first + 1, second - first - 1));
    const auto half_life = parse_duration(text.substr(second + 1));
    if (!kind || *kind == ImpactKind::none || !points || *points < 0 ||
        *points > kBasisPointsInOne * kDecimalOne || !half_life || half_life->ns <= 0) {
        return std::nullopt;
    }
    return ImpactModel{.kind = *kind, .basis_points = *points, .half_life = *half_life};
}

std::string to_string(const ImpactModel& model) {
    if (model.kind == ImpactKind::none) return "none";
    return fmt::format("{}:{}:{}", kKinds.of(model.kind),
                       base::format_decimal(model.basis_points, base::kDecimals),
                       to_string(model.half_life));
}

std::string describe(const ImpactModel& model) {
    if (model.kind == ImpactKind::none) return "Market impact: none beyond what is taken.";
    return fmt::format(
        "Market impact: taking shifts the side taken from by {} basis points x {}, where the size "
        "is measured against the ten best levels, halved every {}; what strategies see stays as "
        "recorded.",
        base::format_decimal(model.basis_points, base::kDecimals),
        model.kind == ImpactKind::linear ? "size" : "sqrt(size)", to_string(model.half_life));
}

void ImpactShift::take(const ImpactModel& model, const TakenFrom& taken, Timestamp now) {
    if (model.kind == ImpactKind::none) return;
    ASSERT(taken.shown.raw > 0 && taken.taken.raw > 0);
    const Int128 price = taken.price.raw < 0 ? -Int128{taken.price.raw} : Int128{taken.price.raw};
    const Int128 at_one = price * model.basis_points / kDecimalOne / kBasisPointsInOne;
    const Int128 added = at_one * relative_size(model.kind, taken) / kDecimalOne;
    const Int128 shift = added + at(model, now).raw;
    shift_ = static_cast<std::int64_t>(std::min(shift, price * kShiftMaxPercent / 100));
    since_ = now;
}

PriceDelta ImpactShift::at(const ImpactModel& model, Timestamp now) const {
    if (shift_ == 0) return {};
    return {decayed(shift_, std::max<std::int64_t>(now.ns - since_.ns, 0), model.half_life.ns)};
}

}  // namespace tradewind::sim
