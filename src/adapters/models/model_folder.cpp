// SPDX-License-Identifier: Apache-2.0
#include "adapters/models/model_folder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <span>

#include "base/sha256.hpp"
#include "base/try.hpp"
#include "disk/files.hpp"

namespace tradewind::models {
namespace {

using ports::RegistryError;
using ports::RegistryErrorKind;

constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kAddressDigits = 64;
constexpr std::size_t kBeginningLeast = 8;
constexpr std::size_t kArtifactBytesMax = std::size_t{1} << 30U;
constexpr std::size_t kNameBytesMax = std::size_t{1} << 20U;

std::unexpected<RegistryError> fail(RegistryErrorKind kind, std::string text) {
    return std::unexpected(RegistryError{.kind = kind, .text = std::move(text)});
}

template <typename T>
std::expected<T, RegistryError> told(std::expected<T, disk::Error> result) {
    if (!result) return fail(RegistryErrorKind::failed, result.error().text);
    if constexpr (std::is_void_v<T>) {
        return {};
    } else {
        return std::move(result).value();
    }
}

bool is_hexadecimal(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// The digest at the artifact's end, where it is that of the rest.
std::optional<std::string> address_in(std::string_view artifact) {
    if (artifact.size() <= kDigestBytes) return std::nullopt;
    const auto bytes = std::as_bytes(std::span{artifact});
    std::string address = base::sha256_hex(bytes.first(bytes.size() - kDigestBytes));
    std::string said;
    for (const std::byte b : bytes.last(kDigestBytes)) {
        said += fmt::format("{:02x}", std::to_integer<unsigned>(b));
    }
    if (said != address) return std::nullopt;
    return address;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line{text.data() + at, end - at};
        // a line that a power cut left half written is none
        if (line.size() == kAddressDigits && is_hexadecimal(line)) out.emplace_back(line);
        at = end + 1;
    }
    return out;
}

}  // namespace

std::expected<std::unique_ptr<ModelFolder>, RegistryError> ModelFolder::open(std::string path) {
    TRY_VOID(told(disk::make_directories(path + "/artifacts")));
    TRY_VOID(told(disk::make_directories(path + "/names")));
    return std::unique_ptr<ModelFolder>{new ModelFolder{std::move(path)}};
}

std::string ModelFolder::artifact_path(std::string_view address) const {
    return fmt::format("{}/artifacts/{}", path_, address);
}

std::string ModelFolder::name_path(std::string_view name) const {
    std::string out = path_ + "/names/";
    disk::append_file_name(out, name);
    return out;
}

std::expected<std::string, RegistryError> ModelFolder::put(std::string_view artifact) {
    const auto address = address_in(artifact);
    if (!address) {
        return fail(RegistryErrorKind::damaged,
                    "an artifact to be kept does not end in the SHA-256 of its bytes");
    }
    const std::string path = artifact_path(*address);
    if (disk::Mapping::open(path).has_value()) return *address;
    const std::string beside = path + ".part";
    const auto lock = TRY(told(disk::lock_file(path_ + "/lock", disk::LockKind::exclusive)));
    {
        const auto file = TRY(told(disk::create_file(beside)));
        auto written = disk::write_all(file, std::as_bytes(std::span{artifact}), beside);
        if (written) written = disk::sync_path(beside);
        if (!written) {
            disk::remove_file(beside);
            return fail(RegistryErrorKind::failed, written.error().text);
        }
    }
    TRY_VOID(told(disk::rename_file(beside, path)));
    TRY_VOID(told(disk::sync_path(path_ + "/artifacts")));
    return *address;
}

std::expected<std::vector<std::string>, RegistryError> ModelFolder::history(
    std::string_view name) const {
    const auto text = TRY(told(disk::read_file(name_path(name), kNameBytesMax)));
    return text ? lines_of(*text) : std::vector<std::string>{};
}

std::expected<std::string, RegistryError> ModelFolder::resolve(std::string_view which) const {
    if (const auto all = TRY(history(which)); !all.empty()) return all.back();
    const auto unknown = [&](std::string_view why) {
        return fail(
            RegistryErrorKind::unknown,
            fmt::format("{}: {} {}; `tradewind models ls` lists what there is", path_, which, why));
    };
    if (!is_hexadecimal(which) || which.size() > kAddressDigits) return unknown("is no model here");
    if (which.size() < kBeginningLeast) {
        return unknown("is no name, and too short for the beginning of an address (8 digits)");
    }
    std::vector<std::string> fitting;
    for (std::string& address : TRY(addresses())) {
        if (address.starts_with(which)) fitting.push_back(std::move(address));
    }
    if (fitting.empty()) return unknown("is no model here");
    if (fitting.size() > 1) return unknown("is the beginning of several models");
    return fitting.front();
}

std::expected<std::string, RegistryError> ModelFolder::get(std::string_view which) const {
    const std::string address = TRY(resolve(which));
    const std::string path = artifact_path(address);
    auto bytes = TRY(told(disk::read_file(path, kArtifactBytesMax)));
    if (!bytes) {
        return fail(RegistryErrorKind::unknown,
                    fmt::format("{}: is not there; restore it, or train again", path));
    }
    if (address_in(*bytes) != address) {
        return fail(RegistryErrorKind::damaged,
                    fmt::format("{}: its bytes are not those that were kept: restore it, or remove "
                                "it and train again",
                                path));
    }
    return std::move(*bytes);
}

std::expected<void, RegistryError> ModelFolder::name(std::string_view name,
                                                     std::string_view address) {
    const std::string whole = TRY(resolve(address));
    if (name.empty() || is_hexadecimal(name)) {
        return fail(RegistryErrorKind::unknown,
                    fmt::format("a model cannot be called '{}': it could be an address", name));
    }
    const auto lock = TRY(told(disk::lock_file(path_ + "/lock", disk::LockKind::exclusive)));
    auto all = TRY(history(name));
    if (!all.empty() && all.back() == whole) return {};
    all.push_back(whole);
    const std::string text = fmt::format("{}\n", fmt::join(all, "\n"));
    const std::string path = name_path(name), beside = path + ".part";
    {
        const auto file = TRY(told(disk::create_file(beside)));
        TRY_VOID(told(disk::write_all(file, std::as_bytes(std::span{text}), beside)));
        TRY_VOID(told(disk::sync_path(beside)));
    }
    TRY_VOID(told(disk::rename_file(beside, path)));
    return told(disk::sync_path(path_ + "/names"));
}

std::expected<std::vector<std::string>, RegistryError> ModelFolder::addresses() const {
    std::vector<std::string> out;
    for (std::string& file : TRY(told(disk::list_directory(path_ + "/artifacts")))) {
        if (file.size() == kAddressDigits && is_hexadecimal(file)) out.push_back(std::move(file));
    }
    return out;
}

std::expected<std::vector<ports::NamedArtifact>, RegistryError> ModelFolder::names() const {
    std::vector<ports::NamedArtifact> out;
    for (const std::string& file : TRY(told(disk::list_directory(path_ + "/names")))) {
        if (file.ends_with(".part")) continue;
        auto all = TRY(history(file));
        if (all.empty()) continue;
        std::string newest = all.back();
        out.push_back({.name = file, .address = std::move(newest), .all = std::move(all)});
    }
    return out;
}

}  // namespace tradewind::models
