// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target without libFuzzer, so that every compiler and every test run covers it:
// first the empty input, then each file of the corpus folder, then seeded mutations of each.
// `./dev fuzz` explores; this only makes sure that what was once found stays found.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

constexpr int kMutationsPerSeed = 200;
constexpr std::size_t kInputBytesMax = 64UZ * 1024;

void run(const Bytes& bytes) {
    static_cast<void>(LLVMFuzzerTestOneInput(bytes.data(), bytes.size()));
}

Bytes read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Sorted, because the order of a directory differs from one file system to the next.
std::vector<fs::path> files_of(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none)) {
        if (entry.is_regular_file()) {
            files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);
    return files;
}

// The four damages that files suffer: a flipped bit, a lost tail, a lost part, a repeated part.
Bytes damage(const Bytes& bytes, std::mt19937_64& random) {
    Bytes damaged = bytes;
    if (damaged.empty()) {
        return {static_cast<std::uint8_t>(random())};
    }
    const std::size_t at = random() % damaged.size();
    const auto offset = static_cast<std::ptrdiff_t>(at);
    switch (random() % 4) {
        case 0: damaged[at] ^= static_cast<std::uint8_t>(1U << (random() % 8)); break;
        case 1: damaged.resize(at); break;
        case 2: damaged.erase(damaged.begin(), damaged.begin() + offset); break;
        default: damaged.insert(damaged.end(), bytes.begin() + offset, bytes.end()); break;
    }
    damaged.resize(std::min(damaged.size(), kInputBytesMax));
    return damaged;
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t inputs = 1;
    run({});
    for (const char* folder : std::span(argv, static_cast<std::size_t>(argc)).subspan(1)) {
        for (const fs::path& path : files_of(folder)) {
            const Bytes seed = read_file(path);
            std::mt19937_64 random(seed.size());
            run(seed);
            Bytes bytes = seed;
            for (int i = 0; i < kMutationsPerSeed; ++i) {
                // Damage piles up for ten rounds, then starts anew from the seed.
                bytes = damage(i % 10 == 0 ? seed : bytes, random);
                run(bytes);
            }
            inputs += 1 + kMutationsPerSeed;
        }
    }
    std::printf("%zu inputs, no failure\n", inputs);
    return 0;
}
