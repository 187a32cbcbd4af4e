// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "domain/time.hpp"

namespace tradewind::feature {

/// The longest that a series may be silent and still be thought to speak.
inline constexpr Duration kSilenceMax = minutes(5);

/// When a series last told something.
class Liveness {
public:
    void hear(Timestamp ts) {
        last_ = ts;
        has_begun_ = true;
    }
    [[nodiscard]] bool is_alive(Timestamp now) const {
        return has_begun_ && now - last_ <= kSilenceMax;
    }
    /// At the close of a bar that opened at `open`.
    [[nodiscard]] bool is_alive(Timestamp open, Timestamp close) const {
        return has_begun_ && (last_ >= open || close - last_ <= kSilenceMax);
    }
    /// The last instant at which it is alive if nothing more comes.
    [[nodiscard]] Timestamp until() const { return last_ + kSilenceMax; }

private:
    Timestamp last_{};
    bool has_begun_ = false;
};

}  // namespace tradewind::feature
