// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ports/log_reader.hpp"
#include "wire/journal_format.hpp"

namespace tradewind::journal {

/// Reads a journal through a memory map and changes nothing. Texts of events are views into the
/// map.
class JournalReader final : public ports::LogReader {
public:
    [[nodiscard]] static std::expected<std::unique_ptr<JournalReader>, std::string> open(
        const std::filesystem::path& path);
    ~JournalReader() override;

    Next next() override;
    [[nodiscard]] const Event& event() const override { return event_; }
    [[nodiscard]] std::span<const Decision> decisions() const override { return decisions_; }
    [[nodiscard]] std::string error() const override { return error_; }

    /// The run's settings as they were given to the writer.
    [[nodiscard]] std::string_view settings() const { return settings_; }
    /// Where the last record ends that was handed out, the settings at first; in bytes.
    [[nodiscard]] std::size_t position() const { return at_; }
    /// SHA-256 of the whole file.
    [[nodiscard]] std::string hash() const;

private:
    JournalReader(std::filesystem::path path, std::span<const std::byte> bytes);
    Next fail(std::string_view what);
    Next take(const wire::Frame& frame);
    Next take_event(std::span<const std::byte> payload);
    Next take_decisions(std::span<const std::byte> payload);
    Next take_closing(std::span<const std::byte> payload);
    std::expected<void, std::string> read_settings();

    std::filesystem::path path_;
    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
    std::string_view settings_;
    Event event_;
    std::vector<Decision> decisions_;
    Sequence events_ = 0;
    std::string error_;
};

}  // namespace tradewind::journal
