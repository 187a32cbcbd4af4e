// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <functional>
#include <string>

namespace tradewind::training {

/// What surrounds the jobs.
struct Surroundings {
    std::function<void(const std::string& line)> tell;  ///< one event, JSON
    std::function<bool()> stop = [] { return false; };
    std::string code_version;
};

/// Runs the job of a file, and tells of it; README.md has the events. False: it was stopped, and
/// its checkpoint is written. A job that fails says so in an event.
[[nodiscard]] bool run_job(const std::string& path, const Surroundings& surroundings);

}  // namespace tradewind::training
