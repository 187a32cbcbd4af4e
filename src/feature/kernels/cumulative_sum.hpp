// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tradewind::feature {

/// Sum of all values so far. Values go into a part that is added to the whole each `kPart` of them:
/// what is rounded off grows with the number of parts, not of values.
class CumulativeSum {
public:
    double add(double value) {
        part_ += value;
        const double sum = whole_ + part_;
        if (++in_part_ == kPart) [[unlikely]] {
            whole_ = sum;
            part_ = 0.0;
            in_part_ = 0;
        }
        return sum;
    }

private:
    static constexpr std::uint32_t kPart = 1024;

    double whole_ = 0.0;
    double part_ = 0.0;
    std::uint32_t in_part_ = 0;
};

}  // namespace tradewind::feature
