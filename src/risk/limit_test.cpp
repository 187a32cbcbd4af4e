// SPDX-License-Identifier: Apache-2.0
#include "risk/limit.hpp"

#include <gtest/gtest.h>

#include "risk/settings.hpp"
#include "support/must.hpp"

namespace tradewind::risk {
namespace {

std::string again(std::string_view text) { return to_string(test::must(parse_limit(text))); }
std::string error_of(std::string_view text) { return parse_limit(text).error(); }

TEST(Limit, reads_what_a_user_writes_and_names_every_part) {
    EXPECT_EQ(again("gross <= 150%"), "gross of portfolio <= 150%");
    EXPECT_EQ(again("leverage <= 1.5"), "gross of portfolio <= 150%");
    EXPECT_EQ(again("leverage <= 150%"), "gross of portfolio <= 150%");
    EXPECT_EQ(again("concentration <= 20%"), "gross of instrument <= 20%");
    EXPECT_EQ(again("soft net of sector:tech <= 40%"), "soft net of sector:tech <= 40%");
    EXPECT_EQ(again("hard gross of currency:EUR <= 1000.5"), "gross of currency:EUR <= 1000.5");
    EXPECT_EQ(again("position of instrument:SPY.ARCA <= 500"),
              "position of instrument:SPY.ARCA <= 500");
    EXPECT_EQ(again("orders of strategy <= 10 per 1s"), "orders of strategy <= 10 per 1s");
    EXPECT_EQ(again("turnover <= 200% per 1d"), "turnover of portfolio <= 200% per 1d");
    EXPECT_EQ(again("loss <= 2%"), "loss of portfolio <= 2% per 1d");
    EXPECT_EQ(again("price_band <= 5%"), "price_band of order <= 0.05");
}

TEST(Limit, what_it_writes_reads_back_as_the_same) {
    for (const char* text :
         {"gross <= 150%", "soft position <= 7", "orders <= 3 per 1s", "drawdown <= 15%",
          "net of venue <= 10%", "fat_finger <= 20", "margin_use <= 80%"}) {
        const Limit limit = test::must(parse_limit(text));
        EXPECT_EQ(test::must(parse_limit(to_string(limit))), limit) << text;
    }
}

TEST(Limit, says_what_is_wrong_and_what_is_right) {
    EXPECT_NE(error_of("grss <= 1").find("nothing that can be limited; there are quantity"),
              std::string::npos);
    EXPECT_NE(error_of("gross of moon <= 1").find("there is instrument, strategy, sector"),
              std::string::npos);
    EXPECT_NE(error_of("position <= 5%").find("counted in units, not in percent"),
              std::string::npos);
    EXPECT_NE(error_of("gross <= -1").find("above zero"), std::string::npos);
    EXPECT_NE(error_of("orders <= 5").find("per 1s"), std::string::npos);
    EXPECT_NE(error_of("soft drawdown <= 5%").find("a smaller order changes nothing"),
              std::string::npos);
}

TEST(Limit, two_of_the_same_contradict_each_other) {
    const auto of = [](std::initializer_list<const char*> texts) {
        std::vector<Limit> out;
        for (const char* text : texts) out.push_back(test::must(parse_limit(text)));
        return contradiction(out);
    };
    EXPECT_FALSE(of({"gross <= 100%", "net <= 100%", "soft gross <= 80%", "gross <= 5000"}));
    EXPECT_TRUE(of({"gross <= 100%", "leverage <= 2"}));
    EXPECT_TRUE(of({"gross <= 100%", "soft gross <= 100%"}));
}

TEST(Settings, default_ones_do_not_contradict_themselves) {
    InstrumentTable none;
    EXPECT_TRUE(check(default_settings(), none, 1).has_value());
}

TEST(Brake, reads_what_a_user_writes_and_names_every_part) {
    const auto of = [](std::string_view text) { return to_string(test::must(parse_brake(text))); };
    EXPECT_EQ(of("drawdown > 15%: reducing"), "drawdown > 15% of portfolio: reducing rearm 12%");
    EXPECT_EQ(of("stale > 10m: reducing for 5m"),
              "stale > 10m of instrument: reducing for 5m rearm 8m");
    EXPECT_EQ(of("losing_trades > 3 per 1d of instrument: close_only for 4h"),
              "losing_trades > 3 per 1d of instrument: close_only for 4h rearm 2.4");
    for (const char* text : {"drawdown > 15%: warn rearm 10%", "rejects > 5 per 1m: halted",
                             "clock_jump > 1h: halted", "loss > 3%: flatten"}) {
        const Brake brake = test::must(parse_brake(text));
        EXPECT_EQ(test::must(parse_brake(to_string(brake))), brake) << text;
    }
}

TEST(Limit, a_beta_is_to_the_benchmark_or_to_a_symbol) {
    EXPECT_EQ(to_string(test::must(parse_limit("beta <= 1.3"))), "beta of portfolio <= 1.3");
    const Limit oil = test::must(parse_limit("beta to USO.ARCA <= 0.5"));
    EXPECT_EQ(oil.of, "USO.ARCA");
    EXPECT_EQ(to_string(oil), "beta to USO.ARCA <= 0.5");
    EXPECT_EQ(test::must(parse_limit(to_string(oil))), oil);
    EXPECT_EQ(parse_limit("beta to <= 0.5").error(), "write it as \"beta to SYMBOL <= NUMBER\"");
}

}  // namespace
}  // namespace tradewind::risk
