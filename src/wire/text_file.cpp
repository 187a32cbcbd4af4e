// SPDX-License-Identifier: Apache-2.0
#include "wire/text_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/int128.hpp"
#include "base/try.hpp"

namespace tradewind::wire {
namespace {

constexpr std::size_t kCompressedBlock = std::size_t{128} << 10;
constexpr std::size_t kMagicBytes = 6;

InputError bad(std::string file, std::string problem, std::string mend = {}) {
    return {.kind = InputErrorKind::bad_input,
            .file = std::move(file),
            .line = 0,
            .field = {},
            .problem = std::move(problem),
            .mend = std::move(mend)};
}

InputError system_error(std::string file, std::string_view what, int code) {
    InputError out = bad(std::move(file), fmt::format("{}: {}", what, std::strerror(code)));
    const bool persons = code == ENOENT || code == EACCES || code == ENOTDIR || code == EISDIR ||
                         code == ENAMETOOLONG || code == ELOOP || code == EPERM;
    out.kind = persons ? InputErrorKind::bad_input : InputErrorKind::system;
    return out;
}

/// Owns a file descriptor.
class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

/// What lies on the disk, with the bytes given back that were read to tell the format.
class Raw {
public:
    static std::expected<Raw, InputError> open(const std::string& path) {
        Descriptor fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
        if (fd.get() < 0) return std::unexpected(system_error(path, "cannot open", errno));
        struct stat info{};
        if (::fstat(fd.get(), &info) != 0) {
            return std::unexpected(system_error(path, "cannot stat", errno));
        }
        if (S_ISDIR(info.st_mode)) {
            return std::unexpected(bad(path, "is a directory", "name the files in it"));
        }
        const auto size = S_ISREG(info.st_mode) ? static_cast<std::uint64_t>(info.st_size) : 0;
        Raw out{std::move(fd), path, size};
        while (out.head_size_ < out.head_.size()) {
            const std::size_t got =
                TRY(out.read_disk(std::span{out.head_}.subspan(out.head_size_)));
            if (got == 0) break;
            out.head_size_ += got;
        }
        return out;
    }

    [[nodiscard]] std::string_view head() const { return {head_.data(), head_size_}; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] std::uint64_t taken() const { return taken_; }

    std::expected<std::size_t, InputError> read(std::span<char> block) {
        if (head_given_ < head_size_) {
            const std::size_t n = std::min(block.size(), head_size_ - head_given_);
            std::memcpy(block.data(), head_.data() + head_given_, n);
            head_given_ += n;
            return n;
        }
        return read_disk(block);
    }

private:
    Raw(Descriptor fd, std::string path, std::uint64_t size)
        : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}

    std::expected<std::size_t, InputError> read_disk(std::span<char> block) {
        while (true) {
            const ssize_t got = ::read(fd_.get(), block.data(), block.size());
            if (got >= 0) {
                taken_ += static_cast<std::uint64_t>(got);
                return static_cast<std::size_t>(got);
            }
            if (errno != EINTR) return std::unexpected(system_error(path_, "cannot read", errno));
        }
    }

    Descriptor fd_;
    std::string path_;
    std::uint64_t size_;
    std::uint64_t taken_ = 0;
    std::array<char, kMagicBytes> head_{};
    std::size_t head_size_ = 0;
    std::size_t head_given_ = 0;
};

class PlainFile final : public TextFile {
public:
    explicit PlainFile(Raw raw) : raw_(std::move(raw)) {}

    std::expected<std::size_t, InputError> read(std::span<char> block) override {
        return raw_.read(block);
    }
    const std::string& name() const override { return raw_.path(); }
    std::uint64_t bytes_taken() const override { return raw_.taken(); }
    std::uint64_t bytes_on_disk() const override { return raw_.size(); }

private:
    Raw raw_;
};

/// Says no to a file that unfolds to far more than any market data would.
std::expected<void, InputError> check_inflation(const std::string& name, std::uint64_t in,
                                                std::uint64_t out) {
    if (out > kInflatedBytesMax) {
        return std::unexpected(
            bad(name, fmt::format("unfolds to more than {} GiB", kInflatedBytesMax >> 30),
                "split the file"));
    }
    if (out > kInflatedFree && out / kInflationMax > in) {
        return std::unexpected(bad(
            name,
            fmt::format("unfolds to more than {} times its size, like a zip bomb", kInflationMax),
            "unpack it by hand if you trust it"));
    }
    return {};
}

class GzipFile final : public TextFile {
public:
    explicit GzipFile(Raw raw) : raw_(std::move(raw)), in_(kCompressedBlock) {
        // 15 window bits, +16: a gzip header, nothing else
        ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK;
    }
    GzipFile(const GzipFile&) = delete;
    GzipFile& operator=(const GzipFile&) = delete;
    ~GzipFile() override { inflateEnd(&stream_); }

    const std::string& name() const override { return raw_.path(); }
    std::uint64_t bytes_taken() const override { return raw_.taken(); }
    std::uint64_t bytes_on_disk() const override { return raw_.size(); }

    std::expected<std::size_t, InputError> read(std::span<char> block) override {
        if (!ready_) return std::unexpected(bad(name(), "zlib has no memory"));
        block = block.first(std::min<std::size_t>(block.size(), std::size_t{1} << 30));
        stream_.next_out = reinterpret_cast<Bytef*>(block.data());
        stream_.avail_out = static_cast<uInt>(block.size());
        while (stream_.avail_out == block.size() && !done_) {
            if (stream_.avail_in == 0 && !at_end_) TRY_VOID(refill());
            TRY_VOID(step());
        }
        const std::size_t got = block.size() - stream_.avail_out;
        given_ += got;
        TRY_VOID(check_inflation(name(), raw_.taken(), given_));
        return got;
    }

private:
    std::expected<void, InputError> refill() {
        const std::size_t got = TRY(raw_.read(in_));
        at_end_ = got == 0;
        stream_.next_in = reinterpret_cast<Bytef*>(in_.data());
        stream_.avail_in = static_cast<uInt>(got);
        consumed_before_ += last_block_;
        last_block_ = got;
        return {};
    }

    /// Where in the compressed file the decoder stands.
    std::uint64_t offset() const { return consumed_before_ + last_block_ - stream_.avail_in; }

    std::expected<void, InputError> step() {
        if (between_members_) return start_member();
        if (stream_.avail_in == 0 && at_end_) {
            return std::unexpected(
                bad(name(), fmt::format("the gzip stream ends too early, at byte {}", offset()),
                    "the file is cut off: get it again"));
        }
        const int code = inflate(&stream_, Z_NO_FLUSH);
        if (code == Z_STREAM_END) {
            between_members_ = true;
            return {};
        }
        if (code == Z_OK || code == Z_BUF_ERROR) return {};
        return std::unexpected(
            bad(name(),
                fmt::format("the gzip stream is damaged at byte {} ({})", offset(),
                            stream_.msg != nullptr ? stream_.msg : "bad data"),
                "get the file again"));
    }

    /// After a member comes the end, padding zeros, or another member.
    std::expected<void, InputError> start_member() {
        if (stream_.avail_in == 0) {
            done_ = at_end_;
            return {};
        }
        if (*stream_.next_in == 0) {
            ++stream_.next_in;
            --stream_.avail_in;
            return {};
        }
        if (*stream_.next_in != 0x1f) {
            return std::unexpected(
                bad(name(), fmt::format("something that is not gzip follows at byte {}", offset()),
                    "get the file again"));
        }
        between_members_ = false;
        inflateReset(&stream_);
        return {};
    }

    Raw raw_;
    std::vector<char> in_;
    z_stream stream_{};
    bool ready_ = false;
    bool at_end_ = false;
    bool done_ = false;
    bool between_members_ = false;
    std::uint64_t given_ = 0;
    std::uint64_t consumed_before_ = 0;
    std::uint64_t last_block_ = 0;
};

struct ZipCloser {
    void operator()(zip_t* archive) const { zip_discard(archive); }
    void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using ZipHandle = std::unique_ptr<zip_t, ZipCloser>;
using ZipEntryHandle = std::unique_ptr<zip_file_t, ZipCloser>;

std::expected<ZipHandle, InputError> open_zip(const std::string& path) {
    int code = 0;
    ZipHandle archive{zip_open(path.c_str(), ZIP_RDONLY, &code)};
    if (archive != nullptr) return archive;
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    InputError out =
        bad(path, fmt::format("is not a whole zip file ({})", zip_error_strerror(&error)),
            "get the file again");
    zip_error_fini(&error);
    return std::unexpected(std::move(out));
}

std::expected<std::vector<std::string>, InputError> names_in(zip_t* archive,
                                                             const std::string& path) {
    const zip_int64_t count = zip_get_num_entries(archive, 0);
    if (count < 0 || static_cast<std::size_t>(count) > kZipEntriesMax) {
        return std::unexpected(
            bad(path, fmt::format("has {} entries; at most {} are read", count, kZipEntriesMax)));
    }
    std::vector<std::string> out;
    for (zip_int64_t i = 0; i < count; ++i) {
        const char* name = zip_get_name(archive, static_cast<zip_uint64_t>(i), 0);
        if (name == nullptr) {
            return std::unexpected(bad(path, fmt::format("entry {} has no readable name", i)));
        }
        if (const std::string_view text{name}; !text.ends_with('/')) out.emplace_back(text);
    }
    return out;
}

class ZipFile final : public TextFile {
public:
    static std::expected<std::unique_ptr<TextFile>, InputError> open(const std::string& path,
                                                                     std::uint64_t size,
                                                                     const std::string& wanted) {
        ZipHandle archive = TRY(open_zip(path));
        const std::vector<std::string> names = TRY(names_in(archive.get(), path));
        if (names.empty()) return std::unexpected(bad(path, "is an empty zip"));
        if (wanted.empty() && names.size() > 1) {
            return std::unexpected(
                bad(path,
                    fmt::format("holds {} files, among them {} and {}", names.size(),
                                quoted(names[0]), quoted(names[1])),
                    "name one with --entry"));
        }
        const std::string& name = wanted.empty() ? names.front() : wanted;
        const zip_int64_t index = zip_name_locate(archive.get(), name.c_str(), 0);
        if (index < 0) return std::unexpected(bad(path, "holds no file " + quoted(name)));
        zip_stat_t info{};
        zip_stat_init(&info);
        if (zip_stat_index(archive.get(), static_cast<zip_uint64_t>(index), 0, &info) != 0) {
            return std::unexpected(bad(path, "entry " + quoted(name) + " cannot be read"));
        }
        ZipEntryHandle file{zip_fopen_index(archive.get(), static_cast<zip_uint64_t>(index), 0)};
        if (file == nullptr) {
            return std::unexpected(
                bad(path, fmt::format("entry {} cannot be opened ({})", quoted(name),
                                      zip_strerror(archive.get()))));
        }
        std::unique_ptr<ZipFile> out{new ZipFile{path, name}};
        out->size_ = size;
        out->packed_ = (info.valid & ZIP_STAT_COMP_SIZE) != 0 ? info.comp_size : size;
        out->whole_ = (info.valid & ZIP_STAT_SIZE) != 0 ? info.size : 0;
        out->archive_ = std::move(archive);
        out->file_ = std::move(file);
        return out;
    }

    const std::string& name() const override { return name_; }
    std::uint64_t bytes_taken() const override {
        return whole_ == 0 ? 0 : static_cast<std::uint64_t>(base::UInt128{given_} * size_ / whole_);
    }
    std::uint64_t bytes_on_disk() const override { return size_; }

    std::expected<std::size_t, InputError> read(std::span<char> block) override {
        const zip_int64_t got = zip_fread(file_.get(), block.data(), block.size());
        if (got < 0) {
            return std::unexpected(
                bad(path_,
                    fmt::format("entry {} is damaged near byte {} of its text ({})", quoted(entry_),
                                given_, zip_error_strerror(zip_file_get_error(file_.get()))),
                    "get the file again"));
        }
        given_ += static_cast<std::uint64_t>(got);
        TRY_VOID(check_inflation(name_, packed_, given_));
        if (got == 0 && given_ != whole_) {
            return std::unexpected(bad(path_,
                                       fmt::format("entry {} has {} bytes where {} are announced",
                                                   quoted(entry_), given_, whole_),
                                       "get the file again"));
        }
        return static_cast<std::size_t>(got);
    }

private:
    ZipFile(const std::string& path, std::string entry)
        : path_(path), entry_(std::move(entry)), name_(fmt::format("{}({})", path, entry_)) {}

    std::string path_;
    std::string entry_;
    std::string name_;
    std::uint64_t size_ = 0;
    std::uint64_t packed_ = 0;
    std::uint64_t whole_ = 0;
    std::uint64_t given_ = 0;
    ZipHandle archive_;
    ZipEntryHandle file_;
};

class MemoryText final : public TextFile {
public:
    MemoryText(std::span<const char> text, std::string name)
        : text_(text), name_(std::move(name)) {}

    std::expected<std::size_t, InputError> read(std::span<char> block) override {
        const std::size_t n = std::min(block.size(), text_.size() - taken_);
        std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(taken_), n, block.begin());
        taken_ += n;
        return n;
    }
    const std::string& name() const override { return name_; }
    std::uint64_t bytes_taken() const override { return taken_; }
    std::uint64_t bytes_on_disk() const override { return text_.size(); }

private:
    std::span<const char> text_;
    std::string name_;
    std::size_t taken_ = 0;
};

struct Foreign {
    std::string_view magic;
    std::string_view name;
    std::string_view mend;
};

using std::string_view_literals::operator""sv;

constexpr std::array<Foreign, 8> kForeign{{
    {"\x28\xb5\x2f\xfd"sv, "zstd", "unpack it first (zstd -d)"},
    {"BZh"sv, "bzip2", "unpack it first (bunzip2)"},
    {"\xfd"
     "7zXZ"sv,
     "xz", "unpack it first (unxz)"},
    {"7z\xbc\xaf"sv, "7z", "unpack it first"},
    {"PAR1"sv, "Parquet", "export it as CSV"},
    {"ARROW1"sv, "Arrow", "export it as CSV"},
    {"\x89HDF"sv, "HDF5", "export it as CSV"},
    {"DBN"sv, "Databento DBN", "export it as CSV"},
}};

bool is_zip(std::string_view head) {
    return head.starts_with("PK\x03\x04"sv) || head.starts_with("PK\x05\x06"sv);
}

}  // namespace

std::expected<std::unique_ptr<TextFile>, InputError> open_text(const std::string& path,
                                                               const std::string& entry) {
    Raw raw = TRY(Raw::open(path));
    const std::string_view head = raw.head();
    if (is_zip(head)) return ZipFile::open(path, raw.size(), entry);
    if (!entry.empty())
        return std::unexpected(bad(path, "is not a zip file, so it has no entries"));
    if (head.starts_with("\x1f\x8b"sv)) return std::make_unique<GzipFile>(std::move(raw));
    for (const Foreign& format : kForeign) {
        if (head.starts_with(format.magic)) {
            return std::unexpected(
                bad(path, fmt::format("is a {} file", format.name), std::string{format.mend}));
        }
    }
    return std::make_unique<PlainFile>(std::move(raw));
}

std::expected<std::vector<std::string>, InputError> zip_entries(const std::string& path) {
    const Raw raw = TRY(Raw::open(path));
    if (!is_zip(raw.head())) return std::vector<std::string>{};
    const ZipHandle archive = TRY(open_zip(path));
    return names_in(archive.get(), path);
}

std::unique_ptr<TextFile> text_in_memory(std::span<const char> text, std::string name) {
    return std::make_unique<MemoryText>(text, std::move(name));
}

}  // namespace tradewind::wire
