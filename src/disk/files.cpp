// SPDX-License-Identifier: Apache-2.0
#include "disk/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/try.hpp"

namespace tradewind::disk {

Error system_error(std::string_view path, std::string_view what, int code) {
    std::string text = fmt::format("{}: {}: {}", path, what, std::strerror(code));
    if (code == ENOSPC || code == EDQUOT) text += "; free some space, nothing was changed";
    if (code == EFBIG) text += "; raise the limit on the size of files, nothing was changed";
    if (code == EACCES || code == EPERM) text += "; change its permissions";
    if (code == EROFS) text += "; use a folder on a disk that can be written";
    const bool persons = code == ENOENT || code == ENOTDIR || code == ENAMETOOLONG;
    return {.kind = persons ? ErrorKind::bad_input : ErrorKind::failed, .text = std::move(text)};
}

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Descriptor::~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

Mapping::~Mapping() {
    // munmap takes what mmap gave, which was not const
    if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

std::expected<Mapping, Error> Mapping::open(const std::string& path) {
    const Descriptor fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd.valid()) return std::unexpected(system_error(path, "cannot open", errno));
    struct stat info{};
    if (::fstat(fd.get(), &info) != 0) {
        return std::unexpected(system_error(path, "cannot stat", errno));
    }
    Mapping out;
    if (info.st_size <= 0) return out;
    const auto size = static_cast<std::size_t>(info.st_size);
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
    if (data == MAP_FAILED) return std::unexpected(system_error(path, "cannot map", errno));
    ::madvise(data, size, MADV_WILLNEED);
    out.data_ = static_cast<const std::byte*>(data);
    out.size_ = size;
    return out;
}

void append_file_name(std::string& out, std::string_view text) {
    for (const char c : text) {
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                           (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '+';
        if (plain) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
}

Result make_directories(const std::string& path) {
    if (::mkdir(path.c_str(), 0777) == 0) {
        const std::string parent = std::filesystem::path{path}.parent_path().string();
        return sync_path(parent.empty() ? "." : parent);
    }
    if (errno == ENOENT) {
        const std::string parent = std::filesystem::path{path}.parent_path().string();
        if (parent.empty() || parent == path)
            return std::unexpected(system_error(path, "cannot create", ENOENT));
        TRY_VOID(make_directories(parent));
        return make_directories(path);
    }
    if (errno != EEXIST) return std::unexpected(system_error(path, "cannot create", errno));
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
        return std::unexpected(system_error(path, "cannot create", ENOTDIR));
    }
    return {};
}

std::expected<Descriptor, Error> create_file(const std::string& path) {
    Descriptor fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
    if (!fd.valid()) return std::unexpected(system_error(path, "cannot create", errno));
    return fd;
}

Result write_all(const Descriptor& fd, std::span<const std::byte> bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t done = ::write(fd.get(), bytes.data(), bytes.size());
        if (done < 0) {
            if (errno == EINTR) continue;
            return std::unexpected(system_error(path, "cannot write", errno));
        }
        bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
    return {};
}

std::expected<Descriptor, Error> open_to_write(const std::string& path) {
    Descriptor fd{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!fd.valid()) return std::unexpected(system_error(path, "cannot open", errno));
    return fd;
}

Result write_all_at(const Descriptor& fd, std::size_t at, std::span<const std::byte> bytes,
                    const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t done = ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (done < 0) {
            if (errno == EINTR) continue;
            return std::unexpected(system_error(path, "cannot write", errno));
        }
        bytes = bytes.subspan(static_cast<std::size_t>(done));
        at += static_cast<std::size_t>(done);
    }
    return {};
}

Result sync_path(const std::string& path) {
    const Descriptor fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd.valid()) return std::unexpected(system_error(path, "cannot open", errno));
    // EINVAL: the file system has no fsync for this; nothing more can be done there
    if (::fsync(fd.get()) != 0 && errno != EINVAL) {
        return std::unexpected(system_error(path, "cannot make durable", errno));
    }
    return {};
}

Result rename_file(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) {
        return std::unexpected(system_error(to, "cannot put in place", errno));
    }
    return {};
}

void remove_file(const std::string& path) { ::unlink(path.c_str()); }

std::expected<std::vector<std::string>, Error> list_directory(const std::string& path) {
    std::vector<std::string> out;
    std::error_code code;
    std::filesystem::directory_iterator it{path, code};
    if (code) {
        if (code.value() == ENOENT) return out;
        return std::unexpected(system_error(path, "cannot list", code.value()));
    }
    for (; it != std::filesystem::directory_iterator{}; it.increment(code)) {
        if (code) return std::unexpected(system_error(path, "cannot list", code.value()));
        out.push_back(it->path().filename().string());
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::expected<std::optional<std::string>, Error> read_file(const std::string& path,
                                                           std::size_t bytes_max) {
    const Descriptor fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd.valid()) {
        if (errno == ENOENT) return std::nullopt;
        return std::unexpected(system_error(path, "cannot open", errno));
    }
    std::string out;
    constexpr std::size_t kBlock = std::size_t{1} << 16;
    while (true) {
        const std::size_t old = out.size();
        if (old > bytes_max) {
            return std::unexpected(
                Error{.kind = ErrorKind::damaged,
                      .text = fmt::format("{}: is larger than {} bytes", path, bytes_max)});
        }
        out.resize(old + kBlock);
        const ssize_t got = ::read(fd.get(), out.data() + old, kBlock);
        if (got < 0 && errno != EINTR) {
            return std::unexpected(system_error(path, "cannot read", errno));
        }
        out.resize(old + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got == 0) return out;
    }
}

namespace {

std::expected<Descriptor, Error> locked(Descriptor fd, const std::string& path, int how) {
    if (!fd.valid()) return std::unexpected(system_error(path, "cannot open", errno));
    while (::flock(fd.get(), how) != 0) {
        if (errno != EINTR) return std::unexpected(system_error(path, "cannot lock", errno));
    }
    return fd;
}

}  // namespace

std::expected<Descriptor, Error> lock_file(const std::string& path, LockKind kind) {
    return locked(Descriptor{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)}, path,
                  kind == LockKind::shared ? LOCK_SH : LOCK_EX);
}

std::expected<Descriptor, Error> share_file(const std::string& path) {
    return locked(Descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)}, path, LOCK_SH);
}

std::optional<Descriptor> try_lock_file(const std::string& path, LockKind kind) {
    Descriptor fd{::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0666)};
    if (!fd.valid()) fd = Descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd.valid()) return std::nullopt;
    const int how = (kind == LockKind::shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
    if (::flock(fd.get(), how) != 0) return std::nullopt;
    return fd;
}

}  // namespace tradewind::disk
