// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "domain/time.hpp"

/// How long a message travels between us and the venue.
namespace tradewind::sim {

enum class LatencyKind : std::uint8_t {
    constant,
    uniform,     ///< between two durations, both included
    normal,      ///< of a mean and a deviation, drawn again while below zero
    log_normal,  ///< of a median and the deviation of its logarithm
    cycled,      ///< recorded values one after the other, again from the first
    by_time,     ///< recorded: the value that was measured last, before the first the first
};

/// A latency that somebody measured.
struct MeasuredLatency {
    Timestamp at;  ///< read by `by_time` only
    Duration latency;

    friend bool operator==(const MeasuredLatency&, const MeasuredLatency&) = default;
};

/// One kind of message's. A plain duration is a constant latency.
struct LatencyModel {
    LatencyKind kind = LatencyKind::constant;
    Duration first{};         ///< constant; uniform: least; normal: mean; log-normal: median
    Duration second{};        ///< uniform: greatest; normal: deviation
    std::int64_t spread = 0;  ///< log-normal: deviation of the natural logarithm, 1e-9
    std::vector<MeasuredLatency> measured{};  ///< by time where that matters

    constexpr LatencyModel() = default;
    constexpr LatencyModel(Duration constant)  // NOLINT(google-explicit-constructor): reads as one
        : first(constant) {}

    /// Every message takes as long.
    [[nodiscard]] bool is_constant() const { return kind == LatencyKind::constant; }
    [[nodiscard]] bool is_none() const { return is_constant() && first.ns == 0; }
    friend bool operator==(const LatencyModel&, const LatencyModel&) = default;
};

/// Whether a report may reach us before one that was made earlier.
enum class ReportOrder : std::uint8_t {
    by_order,      ///< of one order never: a session delivers in sequence
    as_they_come,  ///< each travels on its own: a fill may come before its acknowledgement
};

/// Commands always travel on their own: a cancel may arrive before the order that it is for, and is
/// then refused. Market data of one series keep their order. What changes the account (funding,
/// splits, dividends) is told after every report of what was true before it and before every later
/// one, so that our books stand as the venue's did.
struct Latencies {
    LatencyModel insert{};
    LatencyModel replace{};
    LatencyModel cancel{};
    LatencyModel report{};
    LatencyModel market_data{};  ///< the venue's orders meet the market before we hear of it
    std::uint64_t seed = 1;      ///< of what is drawn
    ReportOrder reports = ReportOrder::by_order;

    /// No message takes time.
    [[nodiscard]] bool are_none() const {
        return insert.is_none() && replace.is_none() && cancel.is_none() && report.is_none() &&
               market_data.is_none();
    }
    friend bool operator==(const Latencies&, const Latencies&) = default;
};

/// "50ms", "uniform 1ms to 5ms", ...: for the report.
[[nodiscard]] std::string describe(const LatencyModel& model);
/// What is wrong with the model, in one line; nullopt where nothing is.
[[nodiscard]] std::optional<std::string> fault_of(const LatencyModel& model);

/// The latencies of one kind of message, one after the other. The same model and seed give the same
/// ones.
class LatencySource {
public:
    /// `model` outlives it.
    LatencySource(const LatencyModel& model, std::uint64_t seed) : model_(&model), random_(seed) {}

    [[nodiscard]] Duration next(Timestamp now) {
        if (model_->is_constant()) [[likely]]
            return model_->first;
        return draw(now);
    }

private:
    [[nodiscard]] Duration draw(Timestamp now);
    [[nodiscard]] Duration draw_normal();
    [[nodiscard]] Duration measured_at(Timestamp now);

    const LatencyModel* model_;
    base::Random random_;
    std::size_t used_ = 0;  ///< cycled: values taken; by_time: where the last look-up was
};

}  // namespace tradewind::sim
