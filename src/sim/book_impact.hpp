// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/numbers.hpp"
#include "domain/order.hpp"
#include "domain/time.hpp"

/// What our own taking does to the book that our later orders meet. The recorded book knows nothing
/// of it.
namespace tradewind::sim {

enum class ImpactKind : std::uint8_t {
    none,
    linear,       ///< the shift grows with what was taken
    square_root,  ///< with its square root, as measured over many markets (Toth et al. 2011,
                  ///< "Anomalous price impact and the critical nature of liquidity", eq. 1)
};

/// Taking a quantity shifts the side that it was taken from away from us, for a while: by
/// `basis_points` of the price where as much is taken as the ten best levels showed, more or less
/// by the law, halved every `half_life` (Almgren et al. 2005, "Direct estimation of equity market
/// impact", treat temporary impact so with a power of 0.6). Shifts add up. The other side stays: a
/// sale right after a purchase is not made better by it.
struct ImpactModel {
    ImpactKind kind = ImpactKind::none;
    std::int64_t basis_points = 0;  ///< in units of 1e-9
    Duration half_life{};

    friend bool operator==(const ImpactModel&, const ImpactModel&) = default;
};

/// Levels that what was taken is measured against.
inline constexpr std::size_t kImpactLevels = 10;

/// "none", "linear:5:500ms" (5 basis points, half-life 500 ms), "sqrt:5:2s".
[[nodiscard]] std::optional<ImpactModel> parse_impact_model(std::string_view text);
[[nodiscard]] std::string to_string(const ImpactModel& model);
/// A sentence for the report.
[[nodiscard]] std::string describe(const ImpactModel& model);

/// What was taken from one side.
struct TakenFrom {
    Price price{};  ///< of the last level taken from
    Qty taken{};
    Qty shown{};  ///< by the best `kImpactLevels` levels before; not 0
};

/// The shift of one side of a book.
class ImpactShift {
public:
    void take(const ImpactModel& model, const TakenFrom& taken, Timestamp now);
    /// How far away from us the side stands at `now`, >= 0.
    [[nodiscard]] PriceDelta at(const ImpactModel& model, Timestamp now) const;

private:
    std::int64_t shift_ = 0;
    Timestamp since_{};
};

}  // namespace tradewind::sim
