// SPDX-License-Identifier: Apache-2.0
#include "apps/strategy_loader.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "base/sha256.hpp"
#include "signal/plugin.hpp"

namespace tradewind::apps {
namespace {

using AbiFunction = unsigned (*)();
using MakeFunction = void (*)(const signal::StrategySetup*, signal::MadeStrategy*);

std::unexpected<std::string> refuse(const std::string& path, std::string_view why) {
    return std::unexpected(fmt::format("strategy library {}: {}", path, why));
}

signal::MadeStrategy load(const std::string& path, const signal::StrategySetup& setup) {
    // An absolute path: dlopen looks a plain name up in the system's folders.
    void* library = ::dlopen(std::filesystem::absolute(path).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return refuse(path, ::dlerror());
    const auto abi = reinterpret_cast<AbiFunction>(::dlsym(library, "tradewind_plugin_abi"));
    const auto make = reinterpret_cast<MakeFunction>(::dlsym(library, "tradewind_make_strategy"));
    if (abi == nullptr || make == nullptr) {
        return refuse(path, "has no strategy; put TRADEWIND_STRATEGY(YourClass) into one source");
    }
    if (abi() != signal::kPluginAbi) {
        return refuse(path,
                      fmt::format("was built for interface {}, this program has {}; build it again",
                                  abi(), signal::kPluginAbi));
    }
    signal::MadeStrategy out{std::unexpect, "made nothing"};
    try {
        make(&setup, &out);
    } catch (const std::exception& e) {
        return refuse(path, fmt::format("its constructor threw: {}", e.what()));
    }
    return out;
}

}  // namespace

bool is_library(std::string_view name) { return name.ends_with(".so"); }

std::expected<std::string, std::string> file_hash(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) return std::unexpected(path + ": cannot be read; name a file that is there");
    const std::vector<char> bytes{std::istreambuf_iterator<char>{file}, {}};
    return base::sha256_hex(std::as_bytes(std::span{bytes}));
}

signal::MadeStrategy make_strategy(const std::string& name, const signal::StrategySetup& setup) {
    return is_library(name) ? load(name, setup) : signal::make_built_in(name, setup);
}

}  // namespace tradewind::apps
