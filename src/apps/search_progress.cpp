// SPDX-License-Identifier: Apache-2.0
#include "apps/search_progress.hpp"

#include <fmt/format.h>

#include <cmath>

namespace tradewind::apps {

std::string time_left_text(double seconds) {
    const std::int64_t whole = std::llround(seconds);
    const std::int64_t hours = whole / 3600, minutes = whole / 60 % 60;
    return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                     : fmt::format("{}:{:02}", minutes, whole % 60);
}

SearchProgress::SearchProgress(std::uint64_t total, std::string what)
    : what_(std::move(what)), total_(total), started_(steady_ns()) {}

double SearchProgress::seconds() const {
    return static_cast<double>(steady_ns() - started_) * 1e-9;
}

void SearchProgress::step() {
    ++ran_;
    const double done = seconds();
    const double left =
        ran_ < total_ ? done / static_cast<double>(ran_) * static_cast<double>(total_ - ran_) : 0.0;
    line_.show(fmt::format("{}{} of {} trials, {} left", what_.empty() ? "" : what_ + ": ", ran_,
                           total_, time_left_text(left)));
}

}  // namespace tradewind::apps
