// SPDX-License-Identifier: Apache-2.0
#include "apps/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace tradewind::apps {
namespace {

constexpr std::int64_t kFirstShowNs = 1'000'000'000;
constexpr std::int64_t kShowEveryNs = 100'000'000;

}  // namespace

int complain(ExitCode code, std::string_view text) {
    fmt::print(stderr, "tradewind: {}\n", text);
    return code;
}

void Table::row(std::string label, std::string value) {
    rows_.push_back({.label = std::move(label), .value = std::move(value)});
}

void Table::gap() { rows_.push_back({}); }

std::string Table::text() const {
    std::size_t label_width = 0, value_width = 0;
    for (const Row& row : rows_) {
        label_width = std::max(label_width, row.label.size());
        value_width = std::max(value_width, row.value.size());
    }
    std::string out;
    for (const Row& row : rows_) {
        if (row.label.empty()) {
            out += '\n';
        } else {
            out +=
                fmt::format("  {:<{}}  {:>{}}\n", row.label, label_width, row.value, value_width);
        }
    }
    return out;
}

bool stderr_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

std::int64_t steady_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

ProgressLine::ProgressLine() : started_ns_(steady_ns()), enabled_(stderr_is_terminal()) {}

ProgressLine::~ProgressLine() {
    if (drawn_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressLine::show(std::string_view text) {
    if (!enabled_) return;
    const std::int64_t now = steady_ns();
    if (now - started_ns_ < kFirstShowNs || now - shown_ns_ < kShowEveryNs) return;
    shown_ns_ = now;
    drawn_ = true;
    fmt::print(stderr, "\r\x1b[K{}", text);
    std::fflush(stderr);
}

}  // namespace tradewind::apps
