// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/numbers.hpp"

/// How far back in its queue an order of ours stands where the data show only how much rests at a
/// price (L2). Data that show every order (L3) leave nothing to model.
namespace tradewind::sim {

/// What a level's decrease that no print explains means for the queue ahead of us.
enum class QueueKind : std::uint8_t {
    pessimistic,  ///< whoever cancels stood behind us, as long as somebody did
    power,        ///< behind with probability b^n / (b^n + a^n): b behind us, a ahead
    power2,       ///< (b / (a + b))^n
    power3,       ///< 1 - (a / (a + b))^n
    log,          ///< log(1 + b) / (log(1 + b) + log(1 + a)), sizes in units of the instrument
    log2,         ///< log(1 + b) / log(1 + a + b)
};

/// The laws are those of HftBacktest (its "Order Fill", queue models RiskAdverseQueueModel,
/// PowerProbQueueFunc, PowerProbQueueFunc2, PowerProbQueueFunc3, LogProbQueueFunc,
/// LogProbQueueFunc2), after E. Rigtorp, "Estimating order queue position" (2013).
struct QueueModel {
    QueueKind kind = QueueKind::pessimistic;
    std::int64_t exponent = 3 * base::kDecimalOne;  ///< n of the power laws, in units of 1e-9

    friend bool operator==(const QueueModel&, const QueueModel&) = default;
};

/// "pessimistic", "power:3", "power2:3", "power3:0.5", "log", "log2"; without a number n is 3.
[[nodiscard]] std::optional<QueueModel> parse_queue_model(std::string_view text);
[[nodiscard]] std::string to_string(const QueueModel& model);
/// A sentence for the report.
[[nodiscard]] std::string describe(const QueueModel& model);

/// The probability, in units of 1e-9, that what left the queue stood behind us. Both >= 0; where
/// nothing is behind us it is 0.
[[nodiscard]] std::int64_t behind_share(const QueueModel& model, Qty ahead, Qty behind);

/// What is ahead of an order of ours in its queue.
struct QueuePlace {
    Qty ahead{};
    /// Printed at our price since the level was last told: it explains so much of its next
    /// decrease.
    Qty printed{};

    friend bool operator==(const QueuePlace&, const QueuePlace&) = default;
};

/// The level that the order rests in was told again: `before` shown before, `now` shown now.
void level_changed(QueuePlace& place, const QueueModel& model, Qty before, Qty now);
/// A print of `size` at our price, what it filled of orders of ours before this one taken off.
/// Returns what is left of it once the queue ahead is gone: what may fill us.
[[nodiscard]] Qty printed_at(QueuePlace& place, Qty size);

}  // namespace tradewind::sim
