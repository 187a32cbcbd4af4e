// SPDX-License-Identifier: Apache-2.0
#include "adapters/journal/journal_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/sha256.hpp"
#include "base/try.hpp"
#include "wire/event_codec.hpp"

namespace tradewind::journal {
namespace {

std::string system_error(const std::filesystem::path& path, std::string_view what) {
    return fmt::format("journal {}: {}: {}", path.string(), what, std::strerror(errno));
}

std::expected<std::span<const std::byte>, std::string> map_file(const std::filesystem::path& path) {
    // Without O_NONBLOCK a pipe would be waited for; it is refused below.
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return std::unexpected(system_error(path, "cannot be opened"));
    struct stat info{};
    if (::fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        ::close(file);
        return std::unexpected(fmt::format("journal {}: is not a regular file", path.string()));
    }
    const auto size = static_cast<std::size_t>(info.st_size);
    if (size == 0) {
        ::close(file);
        return std::unexpected(fmt::format("journal {}: is empty", path.string()));
    }
    void* map = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    const int code = errno;
    ::close(file);
    errno = code;
    if (map == MAP_FAILED) return std::unexpected(system_error(path, "cannot be mapped"));
    ::madvise(map, size, MADV_SEQUENTIAL);
    return std::span{static_cast<const std::byte*>(map), size};
}

}  // namespace

JournalReader::JournalReader(std::filesystem::path path, std::span<const std::byte> bytes)
    : path_(std::move(path)), bytes_(bytes) {}

JournalReader::~JournalReader() { ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size()); }

std::expected<std::unique_ptr<JournalReader>, std::string> JournalReader::open(
    const std::filesystem::path& path) {
    const auto bytes = TRY(map_file(path));
    std::unique_ptr<JournalReader> out{new JournalReader{path, bytes}};
    TRY_VOID(out->read_settings());
    return out;
}

std::expected<void, std::string> JournalReader::read_settings() {
    const auto refuse = [&](std::string_view what) {
        return std::unexpected(fmt::format("journal {}: {}", path_.string(), what));
    };
    const auto& magic = wire::kJournalMagic;
    if (bytes_.size() < magic.size() || !std::equal(magic.begin(), magic.end(), bytes_.begin())) {
        return refuse("is no Tradewind journal");
    }
    at_ = magic.size();
    const wire::Frame frame = wire::read_frame(bytes_.subspan(at_));
    if (frame.state == wire::FrameState::torn) return refuse("ends before the settings of its run");
    if (frame.state == wire::FrameState::damaged || frame.kind != wire::FrameKind::settings ||
        frame.payload.size() < sizeof wire::kEventLayoutVersion) {
        return refuse("the settings at its head are damaged");
    }
    std::uint32_t version = 0;
    std::memcpy(&version, frame.payload.data(), sizeof version);
    if (version < wire::kEventLayoutOldest || version > wire::kEventLayoutVersion) {
        return refuse(fmt::format("has layout {}, this program reads layouts {} to {}", version,
                                  wire::kEventLayoutOldest, wire::kEventLayoutVersion));
    }
    const auto text = frame.payload.subspan(sizeof version);
    settings_ = {reinterpret_cast<const char*>(text.data()), text.size()};
    at_ += frame.size;
    return {};
}

JournalReader::Next JournalReader::fail(std::string_view what) {
    error_ =
        fmt::format("journal {}: byte {} (after event {}): {}", path_.string(), at_, events_, what);
    return Next::failed;
}

JournalReader::Next JournalReader::next() {
    if (at_ == bytes_.size()) return Next::torn;  // whole frames, but the run never closed
    const wire::Frame frame = wire::read_frame(bytes_.subspan(at_));
    switch (frame.state) {
        case wire::FrameState::torn: return Next::torn;
        case wire::FrameState::damaged:
            return fail("a checksum does not match: the file is damaged");
        case wire::FrameState::whole: return take(frame);
    }
    __builtin_unreachable();
}

JournalReader::Next JournalReader::take(const wire::Frame& frame) {
    Next out = Next::failed;
    switch (frame.kind) {
        case wire::FrameKind::settings: return fail("a second settings record");
        case wire::FrameKind::event: out = take_event(frame.payload); break;
        case wire::FrameKind::decisions: out = take_decisions(frame.payload); break;
        case wire::FrameKind::closing: return take_closing(frame.payload);
    }
    if (out != Next::failed) at_ += frame.size;
    return out;
}

JournalReader::Next JournalReader::take_event(std::span<const std::byte> payload) {
    const auto event = wire::decode_event(payload);
    if (!event) return fail(wire::describe(event.error()));
    if (event->seq != events_ + 1) {
        return fail(fmt::format("event {} stands where {} is due", event->seq, events_ + 1));
    }
    event_ = *event;
    ++events_;
    return Next::event;
}

JournalReader::Next JournalReader::take_decisions(std::span<const std::byte> payload) {
    decisions_.clear();
    const auto seq = wire::decode_decisions(payload, decisions_);
    if (!seq) return fail(wire::describe(seq.error()));
    if (*seq != events_) return fail(fmt::format("decisions of event {} stand after it", *seq));
    return Next::decisions;
}

JournalReader::Next JournalReader::take_closing(std::span<const std::byte> payload) {
    Sequence count = 0;
    if (payload.size() != sizeof count) return fail("the closing record is malformed");
    std::memcpy(&count, payload.data(), sizeof count);
    if (count != events_) {
        return fail(fmt::format("closes with {} events, but holds {}", count, events_));
    }
    if (at_ + wire::kFrameHeaderSize + payload.size() != bytes_.size()) {
        return fail("there are bytes after the closing record");
    }
    return Next::end;
}

std::string JournalReader::hash() const { return base::sha256_hex(bytes_); }

}  // namespace tradewind::journal
