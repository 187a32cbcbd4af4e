// SPDX-License-Identifier: Apache-2.0
#include "apps/planted_file.hpp"

#include <fmt/format.h>

#include <span>

#include "base/try.hpp"
#include "disk/files.hpp"

namespace tradewind::apps {
namespace {

constexpr std::size_t kBytesMax = 1U << 24;

std::string path_in(const std::string& catalog) {
    return fmt::format("{}/{}", catalog, sim::kPlantedFile);
}

disk::Result write_whole(const std::string& path, const std::string& text) {
    const std::string temporary = path + ".tmp";
    {
        const disk::Descriptor fd = TRY(disk::create_file(temporary));
        TRY_VOID(disk::write_all(fd, std::as_bytes(std::span{text}), temporary));
    }
    TRY_VOID(disk::sync_path(temporary));
    return disk::rename_file(temporary, path);
}

}  // namespace

std::expected<sim::PlantedTruths, Failure> read_planted(const std::string& catalog) {
    const auto text = disk::read_file(path_in(catalog), kBytesMax);
    if (!text) return std::unexpected(as_failure(text.error()));
    if (!*text) return sim::PlantedTruths{};
    auto truths = sim::parse_planted(**text);
    if (truths) return std::move(*truths);
    return std::unexpected(Failure{.text = fmt::format("{}: {}; make the market again with data "
                                                       "generate, or remove the file",
                                                       path_in(catalog), truths.error())});
}

std::expected<void, Failure> write_planted(const std::string& catalog,
                                           const sim::PlantedTruths& truths) {
    if (truths.empty()) {
        disk::remove_file(path_in(catalog));
        return {};
    }
    if (auto done = write_whole(path_in(catalog), sim::to_json(truths)); !done) {
        return std::unexpected(as_failure(done.error()));
    }
    return {};
}

}  // namespace tradewind::apps
