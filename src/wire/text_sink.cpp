// SPDX-License-Identifier: Apache-2.0
#include "wire/text_sink.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <vector>

#include "base/decimal.hpp"
#include "base/try.hpp"

namespace tradewind::wire {
namespace {

using Done = std::expected<void, InputError>;

constexpr std::size_t kGzipBlock = std::size_t{128} << 10;

InputError failed(const std::string& path, std::string_view what, int code) {
    const bool persons = code == ENOENT || code == ENOTDIR || code == EISDIR || code == EACCES;
    return {.kind = persons ? InputErrorKind::bad_input : InputErrorKind::system,
            .file = path,
            .line = 0,
            .field = {},
            .problem = fmt::format("{}: {}", what, std::strerror(code)),
            .mend = code == ENOSPC ? "free some space" : ""};
}

Done write_all(int fd, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t done = ::write(fd, bytes.data(), bytes.size());
        if (done < 0) {
            if (errno == EINTR) continue;
            return std::unexpected(failed(path, "cannot write", errno));
        }
        bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return {};
}

class StandardOutput final : public TextSink {
public:
    Done write(std::string_view text) override {
        return write_all(STDOUT_FILENO, text, "standard output");
    }
    Done close() override { return {}; }
};

/// What is there and no file: a pipe, a terminal. Nothing may be put in its place.
class SpecialSink final : public TextSink {
public:
    SpecialSink(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
    SpecialSink(const SpecialSink&) = delete;
    SpecialSink& operator=(const SpecialSink&) = delete;
    ~SpecialSink() override { ::close(fd_); }

    Done write(std::string_view text) override { return write_all(fd_, text, path_); }
    Done close() override { return {}; }

private:
    int fd_;
    std::string path_;
};

class FileSink final : public TextSink {
public:
    FileSink(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
    FileSink(const FileSink&) = delete;
    FileSink& operator=(const FileSink&) = delete;
    ~FileSink() override {
        if (fd_ < 0) return;
        ::close(fd_);
        ::unlink(temporary().c_str());
    }
    [[nodiscard]] std::string temporary() const { return path_ + ".part"; }

    Done write(std::string_view text) override { return write_all(fd_, text, path_); }
    Done close() override {
        if (::rename(temporary().c_str(), path_.c_str()) != 0) {
            return std::unexpected(failed(path_, "cannot put in place", errno));
        }
        ::close(fd_);
        fd_ = -1;
        return {};
    }

private:
    int fd_;
    std::string path_;
};

class GzipSink final : public TextSink {
public:
    explicit GzipSink(std::unique_ptr<TextSink> below)
        : below_(std::move(below)), out_(kGzipBlock) {
        // 15 window bits, +16: a gzip header; its time stays 0, so the same text gives the same
        // bytes
        ready_ = deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
                              Z_DEFAULT_STRATEGY) == Z_OK;
    }
    GzipSink(const GzipSink&) = delete;
    GzipSink& operator=(const GzipSink&) = delete;
    ~GzipSink() override { deflateEnd(&stream_); }

    Done write(std::string_view text) override { return push(text, Z_NO_FLUSH); }
    Done close() override {
        TRY_VOID(push({}, Z_FINISH));
        return below_->close();
    }

private:
    Done push(std::string_view text, int flush) {
        if (!ready_) return std::unexpected(failed("gzip", "cannot start", ENOMEM));
        std::vector<char> in(text.begin(), text.end());  // zlib 1.2 takes a pointer to non-const
        stream_.next_in = reinterpret_cast<Bytef*>(in.data());
        stream_.avail_in = static_cast<uInt>(in.size());
        do {
            stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
            stream_.avail_out = static_cast<uInt>(out_.size());
            deflate(&stream_, flush);
            TRY_VOID(below_->write({out_.data(), out_.size() - stream_.avail_out}));
        } while (stream_.avail_out == 0);
        return {};
    }

    std::unique_ptr<TextSink> below_;
    std::vector<char> out_;
    z_stream stream_{};
    bool ready_ = false;
};

}  // namespace

void append_integer(std::string& out, std::int64_t value) {
    std::array<char, 24> text{};
    const auto [stop, code] = std::to_chars(text.data(), text.data() + text.size(), value);
    out.append(text.data(), stop);
}

void append_decimal(std::string& out, std::int64_t units) {
    // the magnitude as an unsigned number, so that the lowest value has one too
    auto rest = static_cast<std::uint64_t>(units);
    if (units < 0) {
        out.push_back('-');
        rest = 0 - rest;
    }
    constexpr auto kOne = static_cast<std::uint64_t>(base::kDecimalOne);
    append_integer(out, static_cast<std::int64_t>(rest / kOne));
    std::uint64_t fraction = rest % kOne;
    if (fraction == 0) return;
    std::array<char, 10> digits{'.'};
    std::size_t length = 1;
    for (std::size_t i = base::kDecimals; i > 0; --i) {
        digits[i] = static_cast<char>('0' + fraction % 10);
        if (length == 1 && fraction % 10 != 0) length = i + 1;
        fraction /= 10;
    }
    out.append(digits.data(), length);
}

std::expected<std::unique_ptr<TextSink>, InputError> open_text_sink(const std::string& path) {
    if (path.empty()) return std::make_unique<StandardOutput>();
    struct stat found{};
    const bool is_special = ::stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode);
    const std::string opened = is_special ? path : path + ".part";
    const int flags = is_special ? O_WRONLY : O_WRONLY | O_CREAT | O_TRUNC;
    const int fd = ::open(opened.c_str(), flags | O_CLOEXEC, 0666);
    if (fd < 0) return std::unexpected(failed(path, "cannot create", errno));
    if (is_special) return std::make_unique<SpecialSink>(fd, path);
    auto file = std::make_unique<FileSink>(fd, path);
    if (!path.ends_with(".gz")) return file;
    return std::make_unique<GzipSink>(std::move(file));
}

}  // namespace tradewind::wire
