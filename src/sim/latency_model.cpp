// SPDX-License-Identifier: Apache-2.0
#include "sim/latency_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "base/decimal.hpp"
#include "base/hash.hpp"

namespace tradewind::sim {
namespace {

/// Longer than any message travels; a drawn latency is cut there.
constexpr Duration kLatencyMax = days(1);
/// So often a normal is drawn again. A mean of zero asks twice on average; past the bound the mean
/// stands, which is not below zero.
constexpr int kDrawsMax = 64;

Duration rounded(double ns) {
    if (!(ns < static_cast<double>(kLatencyMax.ns))) return kLatencyMax;
    return nanoseconds(std::llround(std::max(ns, 0.0)));
}

/// Of the values: two runs with the same line had the same recording.
std::uint32_t checksum(const std::vector<MeasuredLatency>& measured) {
    std::uint32_t sum = 0;
    for (const MeasuredLatency& one : measured) {
        const std::int64_t cells[] = {one.at.ns, one.latency.ns};
        sum = base::crc32c(std::as_bytes(std::span{cells}), sum);
    }
    return sum;
}

}  // namespace

std::string describe(const LatencyModel& model) {
    switch (model.kind) {
        case LatencyKind::constant: return to_string(model.first);
        case LatencyKind::uniform:
            return fmt::format("uniform from {} to {}", to_string(model.first),
                               to_string(model.second));
        case LatencyKind::normal:
            return fmt::format("normal of mean {} and deviation {}, not below zero",
                               to_string(model.first), to_string(model.second));
        case LatencyKind::log_normal:
            return fmt::format("log-normal of median {} and deviation {}", to_string(model.first),
                               base::format_decimal(model.spread, base::kDecimals));
        case LatencyKind::cycled:
            return fmt::format("the {} recorded ({:08x}) in turn", model.measured.size(),
                               checksum(model.measured));
        case LatencyKind::by_time:
            return fmt::format("the {} recorded ({:08x}) by time", model.measured.size(),
                               checksum(model.measured));
    }
    __builtin_unreachable();
}

std::optional<std::string> fault_of(const LatencyModel& model) {
    if (model.first.ns < 0) return fmt::format("latency {} ns is negative", model.first.ns);
    switch (model.kind) {
        case LatencyKind::constant: return std::nullopt;
        case LatencyKind::uniform:
            if (model.first <= model.second) return std::nullopt;
            return fmt::format("a uniform latency from {} to {}: the greatest comes second",
                               to_string(model.first), to_string(model.second));
        case LatencyKind::normal:
            if (model.second.ns >= 0) return std::nullopt;
            return fmt::format("latency deviation {} ns is negative", model.second.ns);
        case LatencyKind::log_normal:
            if (model.spread >= 0) return std::nullopt;
            return "the deviation of a log-normal latency is negative";
        case LatencyKind::cycled:
        case LatencyKind::by_time: break;
    }
    if (model.measured.empty()) return "a recorded latency has no rows";
    for (std::size_t i = 0; i < model.measured.size(); ++i) {
        if (model.measured[i].latency.ns < 0) {
            return fmt::format("recorded latency {} ns is negative", model.measured[i].latency.ns);
        }
        if (model.kind == LatencyKind::by_time && i > 0 &&
            model.measured[i].at < model.measured[i - 1].at) {
            return fmt::format("recorded latencies go back in time at {}",
                               to_string(model.measured[i].at));
        }
    }
    return std::nullopt;
}

Duration LatencySource::draw(Timestamp now) {
    switch (model_->kind) {
        case LatencyKind::constant: return model_->first;
        case LatencyKind::uniform: {
            const auto width = static_cast<std::uint64_t>((model_->second - model_->first).ns) + 1;
            return model_->first + nanoseconds(static_cast<std::int64_t>(random_.below(width)));
        }
        case LatencyKind::normal: return draw_normal();
        case LatencyKind::log_normal: {
            const double spread = static_cast<double>(model_->spread) / 1e9;
            return rounded(static_cast<double>(model_->first.ns) *
                           std::exp(spread * random_.normal()));
        }
        case LatencyKind::cycled:
            return model_->measured[used_++ % model_->measured.size()].latency;
        case LatencyKind::by_time: return measured_at(now);
    }
    __builtin_unreachable();
}

Duration LatencySource::draw_normal() {
    for (int i = 0; i < kDrawsMax; ++i) {
        const double ns = static_cast<double>(model_->first.ns) +
                          static_cast<double>(model_->second.ns) * random_.normal();
        if (ns >= 0.0) return rounded(ns);
    }
    return model_->first;
}

/// Time does not go back, so that the search goes on from where the last one ended.
Duration LatencySource::measured_at(Timestamp now) {
    const std::vector<MeasuredLatency>& all = model_->measured;
    while (used_ + 1 < all.size() && all[used_ + 1].at <= now) ++used_;
    return all[used_].latency;
}

}  // namespace tradewind::sim
