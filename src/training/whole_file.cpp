// SPDX-License-Identifier: Apache-2.0
#include "training/whole_file.hpp"

#include <filesystem>
#include <span>

#include "base/try.hpp"
#include "disk/files.hpp"

namespace tradewind::training {
namespace {

disk::Result write_part(const std::string& part, std::string_view bytes) {
    {
        const disk::Descriptor file = TRY(disk::create_file(part));
        TRY_VOID(disk::write_all(file, std::as_bytes(std::span{bytes}), part));
    }
    return disk::sync_path(part);
}

disk::Result put_in_place(const std::string& part, const std::string& path) {
    TRY_VOID(disk::rename_file(part, path));
    const std::string folder = std::filesystem::path{path}.parent_path().string();
    return disk::sync_path(folder.empty() ? "." : folder);
}

}  // namespace

std::expected<void, std::string> write_whole(const std::string& path, std::string_view bytes) {
    const std::string part = path + ".part";
    disk::Result done = write_part(part, bytes);
    if (done) done = put_in_place(part, path);
    if (done) return {};
    disk::remove_file(part);
    return std::unexpected(done.error().text);
}

}  // namespace tradewind::training
