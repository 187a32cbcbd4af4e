// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "disk/error.hpp"

/// The few things that files of ours ask of the file system, each checked.
namespace tradewind::disk {

/// Owns a file descriptor.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool valid() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

/// A file mapped for reading; empty files map to no bytes.
class Mapping {
public:
    [[nodiscard]] static std::expected<Mapping, Error> open(const std::string& path);
    Mapping(Mapping&& other) noexcept;
    Mapping& operator=(Mapping&& other) noexcept;
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping();
    [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }

private:
    Mapping() = default;
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

/// Appends a text as part of a file's name; what a file's name cannot hold is written as %XX.
void append_file_name(std::string& out, std::string_view text);

/// Creates `path` and its parents where missing; makes each new entry durable.
[[nodiscard]] Result make_directories(const std::string& path);
[[nodiscard]] std::expected<Descriptor, Error> create_file(const std::string& path);
/// A file that is there.
[[nodiscard]] std::expected<Descriptor, Error> open_to_write(const std::string& path);
/// Everything or an error.
[[nodiscard]] Result write_all(const Descriptor& fd, std::span<const std::byte> bytes,
                               const std::string& path);
[[nodiscard]] Result write_all_at(const Descriptor& fd, std::size_t at,
                                  std::span<const std::byte> bytes, const std::string& path);
/// Makes the file's bytes, or a directory's entries, survive a power cut.
[[nodiscard]] Result sync_path(const std::string& path);
[[nodiscard]] Result rename_file(const std::string& from, const std::string& to);
/// A file that is not there is fine.
void remove_file(const std::string& path);
/// Names in a directory, sorted; empty where it is not there.
[[nodiscard]] std::expected<std::vector<std::string>, Error> list_directory(
    const std::string& path);
/// nullopt where the file is not there.
[[nodiscard]] std::expected<std::optional<std::string>, Error> read_file(const std::string& path,
                                                                         std::size_t bytes_max);

enum class LockKind : std::uint8_t { shared, exclusive };
/// Waits for the lock; it goes when the descriptor closes or the process dies.
[[nodiscard]] std::expected<Descriptor, Error> lock_file(const std::string& path, LockKind kind);
/// Waits for the lock of a file that is there; a disk that cannot be written is fine.
[[nodiscard]] std::expected<Descriptor, Error> share_file(const std::string& path);
/// nullopt where somebody else holds it, or the file cannot be opened.
[[nodiscard]] std::optional<Descriptor> try_lock_file(const std::string& path, LockKind kind);

}  // namespace tradewind::disk
