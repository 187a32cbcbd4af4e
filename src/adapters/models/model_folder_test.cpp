// SPDX-License-Identifier: Apache-2.0
#include "adapters/models/model_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <span>

#include "base/sha256.hpp"

namespace tradewind::models {
namespace {

using ports::RegistryErrorKind;

class ModelFolderTest : public testing::Test {
protected:
    void SetUp() override { std::filesystem::remove_all(path_); }
    void TearDown() override { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::unique_ptr<ModelFolder> open() const {
        auto out = ModelFolder::open(path_);
        EXPECT_TRUE(out.has_value());
        return std::move(*out);
    }
    std::string path_ = testing::TempDir() + "model_folder_test";
};

/// A text and its digest behind it.
std::string sealed(std::string text) {
    const std::string hex = base::sha256_hex(std::as_bytes(std::span{text}));
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        text += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    return text;
}

TEST_F(ModelFolderTest, gives_back_what_it_was_given_by_address_beginning_and_name) {
    const auto folder = open();
    const std::string artifact = sealed("weights");
    const auto address = folder->put(artifact);
    ASSERT_TRUE(address.has_value()) << address.error().text;
    EXPECT_EQ(*address, base::sha256_hex(std::as_bytes(std::span{"weights", 7})));
    EXPECT_EQ(folder->put(artifact), *address);
    ASSERT_TRUE(folder->name("btc hourly", address->substr(0, 8)).has_value());
    for (const std::string& which : {*address, address->substr(0, 8), std::string{"btc hourly"}}) {
        EXPECT_EQ(folder->get(which), artifact) << which;
    }
    EXPECT_EQ(open()->get("btc hourly"), artifact);
}

TEST_F(ModelFolderTest, a_name_remembers_all_that_it_stood_for) {
    const auto folder = open();
    const auto first = folder->put(sealed("1")), second = folder->put(sealed("2"));
    for (const auto& address : {first, second, second, first}) {
        ASSERT_TRUE(folder->name("champion", *address).has_value());
    }
    const auto names = folder->names();
    ASSERT_TRUE(names.has_value());
    ASSERT_EQ(names->size(), 1U);
    EXPECT_EQ(names->front().address, *first);
    EXPECT_EQ(names->front().all, (std::vector{*first, *second, *first}));
}

TEST_F(ModelFolderTest, refuses_what_is_not_kept_or_is_ambiguous) {
    const auto folder = open();
    const auto address = folder->put(sealed("1"));
    for (const std::string& which : {std::string{"nobody"}, address->substr(0, 7),
                                     std::string(64, '0'), std::string{"../x"}}) {
        const auto got = folder->get(which);
        ASSERT_FALSE(got.has_value()) << which;
        EXPECT_EQ(got.error().kind, RegistryErrorKind::unknown);
        EXPECT_FALSE(folder->name("a", which).has_value());
    }
    EXPECT_FALSE(folder->name("deadbeef", *address).has_value());  // it could be an address
    EXPECT_FALSE(folder->put("not sealed at all, whatever it is...").has_value());
}

TEST_F(ModelFolderTest, a_changed_byte_is_found) {
    const auto folder = open();
    const auto address = folder->put(sealed("weights"));
    std::fstream{path_ + "/artifacts/" + *address, std::ios::in | std::ios::out} << "W";
    const auto got = folder->get(*address);
    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().kind, RegistryErrorKind::damaged);
}

TEST_F(ModelFolderTest, half_a_file_of_a_crash_is_passed_over) {
    const auto folder = open();
    const auto address = folder->put(sealed("weights"));
    ASSERT_TRUE(folder->name("one", *address).has_value());
    std::ofstream{path_ + "/artifacts/" + std::string(64, '1') + ".part"} << "half";
    std::ofstream{path_ + "/names/one", std::ios::app} << address->substr(0, 20);
    EXPECT_EQ(folder->addresses()->size(), 1U);
    EXPECT_EQ(folder->resolve("one"), *address);
}

}  // namespace
}  // namespace tradewind::models
