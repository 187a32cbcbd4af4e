// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <expected>
#include <map>
#include <memory>
#include <string>

#include "research/sweep/sweep.hpp"

namespace tradewind::apps {

/// The finished trials of one search in a file, so that a search that was killed goes on where it
/// was. Little endian:
///
///     magic "TWSEARCH" | version u32 | size of the identity u32 | identity
///     | size of the payload u32 | hash of the payload u64 | payload |  ...
///
/// A trial that was half written when the process died is cut off; the rest stands.
class SearchState {
public:
    /// Opens or makes the file. The error is one line: it is of another search (`identity`
    /// differs), of another version, no such file at all, or cannot be written.
    [[nodiscard]] static std::expected<SearchState, std::string> open(const std::string& path,
                                                                      const std::string& identity);

    /// By number, as they were when the file was opened.
    [[nodiscard]] std::map<std::uint64_t, research::TrialResult>& known() { return known_; }
    /// Handed to the operating system at once: it survives the process, not a power cut.
    [[nodiscard]] std::expected<void, std::string> append(const research::TrialResult& result);

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };

    std::string path_;
    std::unique_ptr<std::FILE, Close> file_;
    std::map<std::uint64_t, research::TrialResult> known_;
};

}  // namespace tradewind::apps
