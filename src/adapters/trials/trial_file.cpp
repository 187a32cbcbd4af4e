// SPDX-License-Identifier: Apache-2.0
#include "adapters/trials/trial_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include "adapters/trials/record_format.hpp"
#include "base/assert.hpp"
#include "base/try.hpp"

namespace tradewind::trials {
namespace {

using Failure = std::unexpected<Error>;
using Bytes = std::vector<std::byte>;

/// Read at a time: large enough for thousands of records, and for one of the largest.
constexpr std::size_t kBlock = std::size_t{4} << 20U;
static_assert(kBlock > kPayloadMax + kFrameSize);

Failure failure(ErrorKind kind, const std::filesystem::path& path, std::string_view what) {
    return Failure(Error{.kind = kind, .text = fmt::format("ledger {}: {}", path.string(), what)});
}

Failure system_failure(const std::filesystem::path& path, std::string_view what) {
    return failure(
        ErrorKind::failed, path,
        fmt::format("{}: {}; name another with --ledger FILE", what, std::strerror(errno)));
}

/// The lock on a ledger for the life of this object.
class Lock {
public:
    Lock(int file, int kind) : file_(file) {
        do {
            held_ = ::flock(file_, kind) == 0;
        } while (!held_ && errno == EINTR);
    }
    ~Lock() {
        if (held_) ::flock(file_, LOCK_UN);
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    [[nodiscard]] bool held() const { return held_; }

private:
    int file_;
    bool held_ = false;
};

/// Fills `out` from `at`; shorter only at the end of the file.
bool read_at(int file, std::uint64_t at, std::size_t size, Bytes& out) {
    out.resize(size);
    std::size_t done = 0;
    while (done < size) {
        const ssize_t got =
            ::pread(file, out.data() + done, size - done, static_cast<off_t>(at + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return false;
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    out.resize(done);
    return true;
}

bool write_at(int file, std::uint64_t at, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t put = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return false;
        at += static_cast<std::uint64_t>(put);
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return true;
}

/// Reads records from `at` on and hands each to `each`; where the whole ones end.
template <typename Each>
std::expected<std::uint64_t, Error> walk(const std::filesystem::path& path, int file,
                                         std::uint64_t at, const Each& each) {
    Bytes block;
    while (true) {
        if (!read_at(file, at, kBlock, block)) return system_failure(path, "cannot be read");
        const bool last = block.size() < kBlock;
        const std::uint64_t begun_at = at;
        std::span<const std::byte> rest{block};
        while (!rest.empty()) {
            const ReadRecord one = read_record(rest);
            // A whole block without the end of a record: zeros where records should be.
            const bool stuck = one.state == RecordState::torn && !last && at == begun_at;
            if (one.state == RecordState::damaged || stuck) {
                return failure(ErrorKind::failed, path,
                               fmt::format("the record at byte {} is damaged; nothing was changed. "
                                           "Move the file away, or name another with --ledger FILE",
                                           at));
            }
            if (one.state == RecordState::torn) break;
            each(one.record);
            rest = rest.subspan(one.size);
            at += one.size;
        }
        if (last) return at;
    }
}

Timestamp now() {
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(
                std::chrono::system_clock::now().time_since_epoch())
                .count()};
}

}  // namespace

std::filesystem::path default_path(const std::filesystem::path& catalog) {
    return catalog / "TRIALS";
}

TrialFile::TrialFile(std::filesystem::path path, int file, bool writes)
    : path_(std::move(path)), file_(file), writes_(writes) {}

TrialFile::~TrialFile() { ::close(file_); }

std::expected<std::unique_ptr<TrialFile>, Error> TrialFile::open(
    const std::filesystem::path& path) {
    return open(path, true);
}

std::expected<std::unique_ptr<TrialFile>, Error> TrialFile::open_to_read(
    const std::filesystem::path& path) {
    return open(path, false);
}

std::expected<std::unique_ptr<TrialFile>, Error> TrialFile::open(const std::filesystem::path& path,
                                                                 bool writes) {
    // Without O_NONBLOCK a pipe would be waited for; it is refused below.
    const int how = (writes ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC | O_NONBLOCK;
    const int file = ::open(path.c_str(), how, 0666);
    if (file < 0 && errno == ENOENT && !writes) {
        return failure(ErrorKind::bad_input, path,
                       "there is none: nothing was run yet, or name another with --ledger FILE");
    }
    if (file < 0) {
        return system_failure(path, writes ? "cannot be opened for writing" : "cannot be opened");
    }
    std::unique_ptr<TrialFile> out{new TrialFile{path, file, writes}};
    struct stat info{};
    if (::fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        return failure(ErrorKind::bad_input, path, "is not a regular file");
    }
    const Lock lock{file, writes ? LOCK_EX : LOCK_SH};
    if (!lock.held()) return system_failure(path, "cannot be locked");
    TRY_VOID(out->check_header());
    out->sound_ = kHeaderSize;
    out->sound_ = TRY(out->find_end());
    return out;
}

std::expected<void, Error> TrialFile::check_header() {
    Bytes front;
    if (!read_at(file_, 0, kHeaderSize, front)) return system_failure(path_, "cannot be read");
    switch (read_header(front)) {
        case HeaderState::whole: return {};
        case HeaderState::torn:
            if (!writes_ || write_at(file_, 0, header())) return {};
            return system_failure(path_, "cannot be written");
        case HeaderState::foreign:
            return failure(ErrorKind::bad_input, path_,
                           "is no ledger of trials; name another with --ledger FILE");
        case HeaderState::other_version:
            return failure(
                ErrorKind::bad_input, path_,
                fmt::format("has version {}, this program reads up to version {}; nothing was "
                            "changed. Use the program that wrote it, or begin another "
                            "with --ledger FILE",
                            version_of(front), kVersion));
        case HeaderState::damaged:
            return failure(ErrorKind::failed, path_,
                           "its first 16 bytes are damaged; nothing was changed. Name another with "
                           "--ledger FILE");
    }
    __builtin_unreachable();
}

std::expected<std::uint64_t, Error> TrialFile::find_end() const {
    return walk(path_, file_, sound_, [](const ports::TrialRecord&) {});
}

std::expected<void, std::string> TrialFile::append(std::span<const ports::TrialRecord> records) {
    ASSERT(writes_);
    Bytes bytes;
    for (ports::TrialRecord record : records) {
        if (record.made_at == Timestamp{}) record.made_at = now();
        if (auto done = encode(record, bytes); !done) {
            return std::unexpected(fmt::format("ledger {}: {}", path_.string(), done.error()));
        }
    }
    const Lock lock{file_, LOCK_EX};
    if (!lock.held())
        return std::unexpected(system_failure(path_, "cannot be locked").error().text);
    const auto end = find_end();
    if (!end) return std::unexpected(end.error().text);
    // What stands behind the last whole record was left by a process that died.
    const bool written = ::ftruncate(file_, static_cast<off_t>(*end)) == 0 &&
                         write_at(file_, 0, header()) && write_at(file_, *end, bytes) &&
                         ::fdatasync(file_) == 0;
    if (!written) {
        std::string text = system_failure(path_, "cannot be written").error().text;
        // Half a batch is not left behind; where even this fails, the next append does it.
        if (::ftruncate(file_, static_cast<off_t>(*end)) != 0) text += " (the tail is torn)";
        return std::unexpected(std::move(text));
    }
    sound_ = *end + bytes.size();
    return {};
}

std::expected<void, std::string> TrialFile::for_each(
    const std::function<void(const ports::TrialRecord&)>& each) const {
    const Lock lock{file_, LOCK_SH};
    if (!lock.held())
        return std::unexpected(system_failure(path_, "cannot be locked").error().text);
    // Shorter than a header: a ledger that was begun and has no record yet.
    const auto end = walk(path_, file_, kHeaderSize, each);
    if (!end) return std::unexpected(end.error().text);
    return {};
}

}  // namespace tradewind::trials
