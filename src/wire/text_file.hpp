// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "wire/input_error.hpp"

namespace tradewind::wire {

/// Most bytes that one compressed file may unfold to.
inline constexpr std::uint64_t kInflatedBytesMax = std::uint64_t{64} << 30;
/// Most bytes out for each byte in, once more than kInflatedFree came out. Deflate cannot exceed
/// 1032; real market data stays under 50.
inline constexpr std::uint64_t kInflationMax = 400;
inline constexpr std::uint64_t kInflatedFree = std::uint64_t{64} << 20;
/// Most entries that a zip may have.
inline constexpr std::size_t kZipEntriesMax = 100'000;

/// A text that is read once from front to back in blocks, whatever it is packed in.
///
/// Plain files are read with read(2) into the caller's block rather than mapped: a block that stays
/// in the cache is no slower than a mapping, and a file that is cut short meanwhile is a short
/// read, not a SIGBUS.
class TextFile {
public:
    virtual ~TextFile() = default;
    /// Fills the front of `block` and returns how many bytes; 0 at the end.
    [[nodiscard]] virtual std::expected<std::size_t, InputError> read(std::span<char> block) = 0;
    /// For messages: the path, for a zip "PATH(ENTRY)".
    [[nodiscard]] virtual const std::string& name() const = 0;
    /// Bytes taken from the disk so far, and the size there (0 where unknown): for progress.
    [[nodiscard]] virtual std::uint64_t bytes_taken() const = 0;
    [[nodiscard]] virtual std::uint64_t bytes_on_disk() const = 0;
};

/// Opens a plain, gzip (also of several members) or zip file; which one it is its first bytes say,
/// not its name. A zip must have one file in it, unless `entry` names one.
[[nodiscard]] std::expected<std::unique_ptr<TextFile>, InputError> open_text(
    const std::string& path, const std::string& entry = {});

/// The files in a zip, in the order of the archive; empty where `path` is no zip.
[[nodiscard]] std::expected<std::vector<std::string>, InputError> zip_entries(
    const std::string& path);

/// A text in memory: for tests and fuzzing. `text` must outlive it.
[[nodiscard]] std::unique_ptr<TextFile> text_in_memory(std::span<const char> text,
                                                       std::string name);

}  // namespace tradewind::wire
