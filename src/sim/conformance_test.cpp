// SPDX-License-Identifier: Apache-2.0
// The questions on which simulators differ, a file of tests/conformance each, under every mode.
// Which answers were taken from the other engine itself stands in docs/fill-modes.md.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sim/conformance_file_for_tests.hpp"

namespace tradewind::sim {
namespace {

namespace fs = std::filesystem;

// Tests run from the root of the repository.
const fs::path kFolder = "tests/conformance";

std::string text_of(const fs::path& path) {
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<fs::path> files() {
    std::vector<fs::path> out;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator{kFolder, none}) {
        if (entry.path().extension() == ".txt") out.push_back(entry.path());
    }
    std::ranges::sort(out);
    return out;
}

TEST(ConformanceFiles, are_found) { EXPECT_FALSE(files().empty()) << fs::absolute(kFolder); }

class Conformance : public ::testing::TestWithParam<fs::path> {};

TEST_P(Conformance, answers_as_the_file_says_in_every_mode) {
    const auto file = testing::parse_conformance(text_of(GetParam()));
    ASSERT_TRUE(file.has_value()) << GetParam().string() << ":" << file.error();
    for (const FillMode mode : all_fill_modes()) {
        if (!file->answers.at(mode).not_applicable.empty()) continue;
        const auto done = testing::check_conformance(*file, mode);
        EXPECT_TRUE(done.has_value()) << GetParam().string() << ":" << done.error();
    }
}

std::string name_of(const fs::path& path) {
    std::string out = path.stem().string();
    std::ranges::replace_if(
        out, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
    return out;
}

INSTANTIATE_TEST_SUITE_P(, Conformance, ::testing::ValuesIn(files()),
                         [](const auto& chosen) { return name_of(chosen.param); });

}  // namespace
}  // namespace tradewind::sim
