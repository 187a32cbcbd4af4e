// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "ports/trial_ledger.hpp"

namespace tradewind::trials {

enum class ErrorKind : std::uint8_t {
    bad_input,  ///< the person can mend it: exit code 2
    failed,     ///< the machine failed: exit code 1
};

struct Error {
    ErrorKind kind = ErrorKind::failed;
    std::string text;  ///< one line that names the file and the mend
};

/// Where the ledger lies that belongs to a catalog.
[[nodiscard]] std::filesystem::path default_path(const std::filesystem::path& catalog);

/// The ledger of trials in one file (layout in record_format.hpp). Records are added at the end,
/// under a lock that other processes wait for, and synced; a torn record that a killed process left
/// at the end is cut off by the next append. Nothing else is ever changed: a file that is no
/// ledger, of another version, or damaged is refused as it is. One thread at a time.
class TrialFile final : public ports::TrialLedger {
public:
    /// Makes the file where there is none.
    [[nodiscard]] static std::expected<std::unique_ptr<TrialFile>, Error> open(
        const std::filesystem::path& path);
    /// As it is, to read: nothing is made or changed, and `append` may not be called.
    [[nodiscard]] static std::expected<std::unique_ptr<TrialFile>, Error> open_to_read(
        const std::filesystem::path& path);
    ~TrialFile() override;

    std::expected<void, std::string> append(std::span<const ports::TrialRecord> records) override;
    /// Reads what there was when it was called. A torn tail is passed over.
    std::expected<void, std::string> for_each(
        const std::function<void(const ports::TrialRecord&)>& each) const override;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    TrialFile(std::filesystem::path path, int file, bool writes);
    [[nodiscard]] static std::expected<std::unique_ptr<TrialFile>, Error> open(
        const std::filesystem::path& path, bool writes);
    [[nodiscard]] std::expected<void, Error> check_header();
    /// Where the whole records end, from `sound_` on. Call with the lock held.
    [[nodiscard]] std::expected<std::uint64_t, Error> find_end() const;

    std::filesystem::path path_;
    int file_;
    bool writes_;
    std::uint64_t sound_ = 0;  ///< all before it is known to be whole
};

}  // namespace tradewind::trials
