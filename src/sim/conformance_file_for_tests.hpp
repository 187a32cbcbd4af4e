// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario_for_tests.hpp"

/// A question on which simulators differ, and each fill mode's answer, as a text file: the format
/// stands in tests/conformance/README.md.
namespace tradewind::sim::testing {

/// What one mode answers: report lines, or why the question does not apply to it.
struct Answer {
    std::vector<Line> reports;
    std::string not_applicable;  ///< the reason; empty: it applies
};

struct ConformanceFile {
    Scenario scenario;  ///< in no particular mode
    std::map<FillMode, Answer> answers;
};

/// The text of a whole file. The error: "LINE: what is wrong there". A mode without an answer is
/// one.
[[nodiscard]] std::expected<ConformanceFile, std::string> parse_conformance(std::string_view text);

/// Plays the scenario in a mode and compares with its answer. The error: "LINE: expected ..., got
/// ..." of the first line that differs, and all that came.
[[nodiscard]] std::expected<void, std::string> check_conformance(const ConformanceFile& file,
                                                                 FillMode mode);

}  // namespace tradewind::sim::testing
