// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tradewind::apps {

/// What a verb ends with.
enum ExitCode : int {
    kExitOk = 0,
    kExitFailed = 1,    ///< the operation failed
    kExitBadInput = 2,  ///< bad usage, or input that has to be mended
};

/// One line on standard error: "tradewind: what, and the mend". Returns the code.
int complain(ExitCode code, std::string_view text);

/// Rows of two columns for people: labels flush left, values flush right.
class Table {
public:
    void row(std::string label, std::string value);
    /// An empty line before the next row.
    void gap();
    [[nodiscard]] std::string text() const;

private:
    struct Row {
        std::string label;
        std::string value;
    };
    std::vector<Row> rows_;
};

/// Whether standard error is a terminal: progress is drawn only there.
[[nodiscard]] bool stderr_is_terminal();

/// Redraws one line on standard error, at most ten times a second; draws nothing where that is no
/// terminal, or before a second has passed.
class ProgressLine {
public:
    ProgressLine();
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void show(std::string_view text);

private:
    std::int64_t started_ns_;
    std::int64_t shown_ns_ = 0;
    bool drawn_ = false;
    bool enabled_;
};

/// Nanoseconds of a steady clock, for measuring how long a command took.
[[nodiscard]] std::int64_t steady_ns();

}  // namespace tradewind::apps
