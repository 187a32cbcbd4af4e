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

#include "base/sha256.hpp"
#include "ports/event_log.hpp"
#include "wire/journal_format.hpp"

namespace tradewind::journal {

/// Writes a run's journal to a file. Bytes are gathered in memory and written in blocks; `close`
/// writes the rest and syncs. The file is written from its start to its end and never changed. One
/// process writes to a file at a time.
class JournalWriter final : public ports::EventLog {
public:
    /// `settings` is the run's whole configuration as JSON text; it heads the journal. A file that
    /// exists is replaced only if it is a journal itself, or empty: anything else is an error.
    [[nodiscard]] static std::expected<std::unique_ptr<JournalWriter>, std::string> create(
        const std::filesystem::path& path, std::string_view settings);
    /// Goes on with a journal behind its first `end` bytes, whose last event is number `events`:
    /// what stands after them, torn or the closing record, is cut off. `end` is a reader's
    /// position.
    [[nodiscard]] static std::expected<std::unique_ptr<JournalWriter>, std::string> go_on(
        const std::filesystem::path& path, std::size_t end, Sequence events);
    ~JournalWriter() override;

    std::expected<void, std::string> append(const Event& event) override;
    std::expected<void, std::string> append(Sequence seq,
                                            std::span<const Decision> decisions) override;
    /// All that was appended outlives this process once it returns; a power cut it may not.
    std::expected<void, std::string> flush();
    /// All that was appended is on the disk once it returns: what is sent to the world has to be.
    std::expected<void, std::string> sync();
    /// Ends the journal in order. Nothing may be appended after it.
    std::expected<void, std::string> close();

    /// SHA-256 of the bytes so far, buffered ones included.
    [[nodiscard]] std::string hash() const;

private:
    JournalWriter(std::filesystem::path path, int file);
    std::expected<void, std::string> put(wire::FrameKind kind);
    std::expected<void, std::string> to_disk();
    [[nodiscard]] std::string failure(std::string_view what) const;

    std::filesystem::path path_;
    int file_;
    std::vector<std::byte> payload_;
    std::vector<std::byte> buffer_;
    base::Sha256 sha_;
    std::uint64_t events_ = 0;
    bool failed_ = false;
};

}  // namespace tradewind::journal
