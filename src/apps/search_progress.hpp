// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "apps/output.hpp"

namespace tradewind::apps {

/// How far a search is, and how long it will take from here, on the terminal.
class SearchProgress {
public:
    /// `total` trials, 0: not known. `what` stands before it: "window 3 of 12".
    explicit SearchProgress(std::uint64_t total, std::string what = {});

    /// One more was run. Called by one thread at a time.
    void step();
    [[nodiscard]] std::uint64_t ran() const { return ran_; }
    [[nodiscard]] double seconds() const;

private:
    ProgressLine line_;
    std::string what_;
    std::uint64_t total_;
    std::uint64_t ran_ = 0;
    std::int64_t started_;
};

/// "1:02:03", "4:05".
[[nodiscard]] std::string time_left_text(double seconds);

}  // namespace tradewind::apps
