// SPDX-License-Identifier: Apache-2.0
#include "adapters/journal/journal_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "wire/event_codec.hpp"

namespace tradewind::journal {
namespace {

/// Bytes gathered before the file is written to: large enough that system calls cost nothing, small
/// enough to stay in the cache.
constexpr std::size_t kBlock = std::size_t{256} << 10U;

std::string system_error(const std::filesystem::path& path, std::string_view what) {
    return fmt::format("journal {}: {}: {}", path.string(), what, std::strerror(errno));
}

/// Refuses to write over a file that is not a journal.
std::expected<void, std::string> check_replaceable(int file, const std::filesystem::path& path) {
    struct stat info{};
    if (::fstat(file, &info) != 0) return std::unexpected(system_error(path, "cannot be examined"));
    if (!S_ISREG(info.st_mode) || info.st_size == 0) return {};
    std::array<std::byte, wire::kJournalMagic.size()> head{};
    const ssize_t got = ::pread(file, head.data(), head.size(), 0);
    if (got == static_cast<ssize_t>(head.size()) && head == wire::kJournalMagic) return {};
    return std::unexpected(fmt::format(
        "journal {}: exists and is no journal; name another file or move it away", path.string()));
}

/// Pipes and devices have no lock, and need none.
std::expected<void, std::string> lock(int file, const std::filesystem::path& path) {
    if (::flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return {};
    return std::unexpected(
        fmt::format("journal {}: another process is writing to it", path.string()));
}

}  // namespace

JournalWriter::JournalWriter(std::filesystem::path path, int file)
    : path_(std::move(path)), file_(file) {
    buffer_.reserve(2 * kBlock);
}

JournalWriter::~JournalWriter() {
    if (file_ >= 0) ::close(file_);
}

std::expected<std::unique_ptr<JournalWriter>, std::string> JournalWriter::create(
    const std::filesystem::path& path, std::string_view settings) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return std::unexpected(system_error(path, "cannot be opened for writing"));
    std::unique_ptr<JournalWriter> out{new JournalWriter{path, file}};
    TRY_VOID(check_replaceable(file, path));
    TRY_VOID(lock(file, path));
    if (::ftruncate(file, 0) != 0 && errno != EINVAL) {
        return std::unexpected(system_error(path, "cannot be emptied"));
    }
    out->buffer_.assign(wire::kJournalMagic.begin(), wire::kJournalMagic.end());
    const auto version = wire::kEventLayoutVersion;
    const auto* version_bytes = reinterpret_cast<const std::byte*>(&version);
    out->payload_.assign(version_bytes, version_bytes + sizeof version);
    const auto text = std::as_bytes(std::span{settings});
    out->payload_.insert(out->payload_.end(), text.begin(), text.end());
    out->sha_.update(out->buffer_);
    TRY_VOID(out->put(wire::FrameKind::settings));
    TRY_VOID(out->flush());
    return out;
}

std::expected<std::unique_ptr<JournalWriter>, std::string> JournalWriter::go_on(
    const std::filesystem::path& path, std::size_t end, Sequence events) {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) return std::unexpected(system_error(path, "cannot be opened for writing"));
    std::unique_ptr<JournalWriter> out{new JournalWriter{path, file}};
    TRY_VOID(lock(file, path));
    std::vector<std::byte> block(kBlock);
    for (std::size_t at = 0; at < end;) {
        const std::size_t wanted = std::min(block.size(), end - at);
        const ssize_t got = ::pread(file, block.data(), wanted, static_cast<off_t>(at));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return std::unexpected(out->failure("is shorter than it was a moment ago"));
        out->sha_.update(std::span{block}.first(static_cast<std::size_t>(got)));
        at += static_cast<std::size_t>(got);
    }
    const auto offset = static_cast<off_t>(end);
    if (::ftruncate(file, offset) != 0 || ::lseek(file, offset, SEEK_SET) != offset) {
        return std::unexpected(system_error(path, "cannot be cut to its last whole record"));
    }
    out->events_ = events;
    TRY_VOID(out->to_disk());
    return out;
}

std::expected<void, std::string> JournalWriter::append(const Event& event) {
    ++events_;
    payload_.clear();
    wire::encode(event, payload_);
    return put(wire::FrameKind::event);
}

std::expected<void, std::string> JournalWriter::append(Sequence seq,
                                                       std::span<const Decision> decisions) {
    payload_.clear();
    wire::encode(seq, decisions, payload_);
    return put(wire::FrameKind::decisions);
}

std::expected<void, std::string> JournalWriter::put(wire::FrameKind kind) {
    ASSERT(file_ >= 0);
    if (failed_) return std::unexpected(failure("an earlier write failed"));
    if (payload_.size() > wire::kFramePayloadMax) {
        failed_ = true;
        return std::unexpected(
            failure(fmt::format("a record of {} bytes is larger than the {} "
                                "that one may have",
                                payload_.size(), wire::kFramePayloadMax)));
    }
    const auto header = wire::frame_header(kind, payload_);
    buffer_.insert(buffer_.end(), header.begin(), header.end());
    buffer_.insert(buffer_.end(), payload_.begin(), payload_.end());
    sha_.update(header);
    sha_.update(payload_);
    return buffer_.size() >= kBlock ? flush() : std::expected<void, std::string>{};
}

std::expected<void, std::string> JournalWriter::flush() {
    std::span<const std::byte> rest{buffer_};
    while (!rest.empty()) {
        const ssize_t put = ::write(file_, rest.data(), rest.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) {
            failed_ = true;
            return std::unexpected(system_error(path_, "cannot be written"));
        }
        rest = rest.subspan(static_cast<std::size_t>(put));
    }
    buffer_.clear();
    return {};
}

std::expected<void, std::string> JournalWriter::sync() {
    TRY_VOID(flush());
    return to_disk();
}

std::expected<void, std::string> JournalWriter::to_disk() {
    // A pipe or device has nothing to sync and says EINVAL.
    if (::fdatasync(file_) == 0 || errno == EINVAL) return {};
    failed_ = true;
    return std::unexpected(system_error(path_, "cannot be synced"));
}

std::expected<void, std::string> JournalWriter::close() {
    payload_.resize(sizeof events_);
    std::memcpy(payload_.data(), &events_, sizeof events_);
    TRY_VOID(put(wire::FrameKind::closing));
    TRY_VOID(sync());
    const int file = std::exchange(file_, -1);
    if (::close(file) != 0) return std::unexpected(system_error(path_, "cannot be closed"));
    return {};
}

std::string JournalWriter::hash() const { return sha_.hex(); }

std::string JournalWriter::failure(std::string_view what) const {
    return fmt::format("journal {}: {}", path_.string(), what);
}

}  // namespace tradewind::journal
