// SPDX-License-Identifier: Apache-2.0
#include "adapters/net/http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tradewind::net {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(Headers, finds_the_first_field_whatever_its_letter_case) {
    const Headers headers{{"X-A", "1"}, {"x-a", "2"}};
    EXPECT_EQ(headers.find("x-A"), "1");
    EXPECT_EQ(headers.find("x-b"), std::nullopt);
}

TEST(Headers, are_unsound_with_a_line_end_or_a_name_that_is_no_token) {
    EXPECT_TRUE(are_sound({{"X-A", "b c\t\xc3\xbc"}}));
    EXPECT_TRUE(are_sound({{"X-A", ""}}));
    EXPECT_FALSE(are_sound({{"X-A", "b\r\nX-B: c"}}));
    EXPECT_FALSE(are_sound({{"X-A", std::string(1, '\0')}}));
    EXPECT_FALSE(are_sound({{"X A", "b"}}));
    EXPECT_FALSE(are_sound({{"", "b"}}));
}

TEST(Request, splits_its_target_at_the_question_mark) {
    EXPECT_EQ((Request{.target = "/a?b=?"}.path()), "/a");
    EXPECT_EQ((Request{.target = "/a?b=?"}.query()), "b=?");
    EXPECT_EQ((Request{.target = "/a"}.query()), "");
}

TEST(Query, keeps_order_and_repetitions_and_decodes) {
    EXPECT_THAT(*parse_query("b=1&a=%26+x&&b&c=d=e"),
                ElementsAre(Pair("b", "1"), Pair("a", "& x"), Pair("b", ""), Pair("c", "d=e")));
    EXPECT_FALSE(parse_query("a=%2").has_value());
    EXPECT_TRUE(parse_query("")->empty());
}

// RFC 3986, section 2.1 and 2.3.
TEST(PercentEncoding, leaves_unreserved_characters_alone) {
    EXPECT_EQ(percent_encoded("AZaz09-_.~"), "AZaz09-_.~");
    EXPECT_EQ(percent_encoded(" /?\xff"), "%20%2F%3F%FF");
    EXPECT_EQ(percent_decoded("%2f%2F"), "//");
    EXPECT_EQ(percent_decoded("%"), std::nullopt);
    EXPECT_EQ(percent_decoded("%g0"), std::nullopt);
}

}  // namespace
}  // namespace tradewind::net
