// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tradewind::feature {

/// Sum of all values so far. Four values make a group, 1,024 a part: what is rounded off grows with
/// the number of parts, not of values, and the processor adds up a group while it adds the one
/// before.
class CumulativeSum {
public:
    double add(double value) {
        group_ += value;
        const double sum = whole_ + (part_ + group_);
        if (++in_part_ % kGroup == 0) close_group(sum);
        return sum;
    }

private:
    static constexpr std::uint32_t kGroup = 4;
    static constexpr std::uint32_t kPart = 1024;

    [[gnu::always_inline]] void close_group(double sum) {
        part_ += group_;
        group_ = 0.0;
        if (in_part_ == kPart) [[unlikely]] {
            whole_ = sum;
            part_ = 0.0;
            in_part_ = 0;
        }
    }

    double whole_ = 0.0;
    double part_ = 0.0;
    double group_ = 0.0;
    std::uint32_t in_part_ = 0;
};

}  // namespace tradewind::feature
