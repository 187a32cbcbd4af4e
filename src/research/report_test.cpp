// SPDX-License-Identifier: Apache-2.0
#include "research/report.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "research/report_data.hpp"
#include "research/report_test_input.hpp"

namespace tradewind::research {
namespace {

using nlohmann::json;

constexpr std::size_t kBytesMost = 10'000'000;

Timestamp day(std::string_view date) { return start_of(*parse_date(date)); }

json data_of(const std::string& page) {
    constexpr std::string_view kOpen = R"(<script type="application/json" id="data">)";
    const std::size_t begin = page.find(kOpen) + kOpen.size();
    return json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

std::size_t count_of(std::string_view text, std::string_view what) {
    std::size_t count = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos;
         at = text.find(what, at + 1)) {
        ++count;
    }
    return count;
}

TEST(Report, requests_nothing_from_anywhere) {
    const SampleReport sample;
    const std::string page = render_report(sample.input());
    EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
    // The one address in it names SVG's namespace; a browser does not open it.
    EXPECT_EQ(count_of(page, "http://") + count_of(page, "https://"),
              count_of(page, "http://www.w3.org/2000/svg"));
    EXPECT_EQ(count_of(page, "src="), 0U);
    EXPECT_EQ(count_of(page, "@import"), 0U);
    EXPECT_EQ(count_of(page, "url("), 1U);  // url(#price-clip), inside the page
}

TEST(Report, lets_no_text_of_the_input_become_code) {
    SampleReport sample;
    ReportInput input = sample.input();
    const std::string attack = "</script><script>alert(1)</script><!--\"'&";
    input.title = attack;
    input.subtitle = attack;
    input.symbols = {attack, attack};
    input.warnings = {attack};
    input.settings = {{attack, attack}};
    const std::string page = render_report(input);
    EXPECT_EQ(page.find("alert(1)</script>"), std::string::npos);
    EXPECT_EQ(page.find("<!--\""), std::string::npos);
    EXPECT_EQ(count_of(page, "<script"), 2U);
    EXPECT_EQ(data_of(page)["title"], attack);
    EXPECT_EQ(data_of(page)["settings"][0][1], attack);
}

TEST(Report, keeps_text_that_is_not_utf8_readable) {
    SampleReport sample;
    ReportInput input = sample.input();
    input.subtitle = "caf\xe9";
    EXPECT_EQ(data_of(render_report(input))["subtitle"], "caf\xef\xbf\xbd");
}

TEST(Report, is_the_same_for_the_same_input) {
    const SampleReport sample;
    EXPECT_EQ(render_report(sample.input()), render_report(sample.input()));
}

TEST(Report, of_nothing_is_still_a_page) {
    const std::string page = render_report({.title = "Empty"});
    EXPECT_NE(page.find("<title>Empty</title>"), std::string::npos);
    EXPECT_TRUE(data_of(page)["benchmark"].is_null());
    EXPECT_TRUE(data_of(page)["risk"].is_null());
    EXPECT_TRUE(data_of(page)["metrics"]["sharpe"].is_null());
}

TEST(Report, writes_null_for_what_is_no_number) {
    SampleReport sample;
    sample.prices[0].bars[3].high = std::nan("");
    EXPECT_TRUE(data_of(render_report(sample.input()))["prices"][0]["h"][3].is_null());
}

TEST(Report, keeps_prices_and_quantities_exact) {
    SampleReport sample;
    sample.trades.resize(1);
    sample.trades[0].qty = *parse_qty("0.12345678");
    sample.trades[0].entry_price = *parse_price("64321.123456789");
    const std::string page = render_report(sample.input());
    EXPECT_NE(page.find("\"q\":[0.12345678]"), std::string::npos);
    EXPECT_NE(page.find("\"ep\":[64321.123456789]"), std::string::npos);
}

TEST(Report, stays_within_its_size_and_says_what_it_cut) {
    SampleReport sample;
    sample.grow({.samples = 25'000, .trades = kMaxReportTrades + 10, .bars = 100'000});
    const std::string page = render_report(sample.input());
    EXPECT_LT(page.size(), kBytesMost);
    const json data = data_of(page);
    EXPECT_EQ(data["trades"]["et"].size(), kMaxReportTrades);
    EXPECT_EQ(data["trades"]["skipped"], 10);
    EXPECT_LE(data["equity"]["v"].size(), kMaxReportPoints + 1);
    EXPECT_NEAR(data["equity"]["v"].back(), sample.equity.back().equity, 0.01);
    std::size_t bars = 0;
    for (const json& series : data["prices"]) bars += series["t"].size();
    EXPECT_LE(bars, kMaxReportBars);
    EXPECT_EQ(data["cut"].size(), 2U);
}

TEST(MonthlyReturns, multiply_to_the_return_of_the_year) {
    const std::vector<monitor::EquityPoint> equity{{day("2023-12-29"), 100},
                                                   {day("2024-01-02"), 102},
                                                   {day("2024-01-31"), 110},
                                                   {day("2024-02-29"), 99},
                                                   {day("2024-03-11"), 108.9}};
    EXPECT_EQ(yearly_returns(equity).size(), 1U);
    EXPECT_NEAR(yearly_returns(equity)[0].value, 0.089, 1e-12);
    const auto months = monthly_returns(equity);
    ASSERT_EQ(months.size(), 3U);
    EXPECT_EQ(months[0].month, 1);
    EXPECT_NEAR(months[0].value, 0.1, 1e-12);
    EXPECT_TRUE(months[0].whole);
    EXPECT_NEAR(months[1].value, -0.1, 1e-12);
    EXPECT_FALSE(months[2].whole);
    EXPECT_NEAR(months[2].value, 0.1, 1e-12);
}

TEST(MonthlyReturns, mark_a_first_month_that_is_not_whole) {
    const std::vector<monitor::EquityPoint> equity{
        {day("2024-01-10"), 100}, {day("2024-01-31"), 101}, {day("2024-02-29"), 102}};
    const auto months = monthly_returns(equity);
    ASSERT_EQ(months.size(), 2U);
    EXPECT_FALSE(months[0].whole);
    EXPECT_TRUE(months[1].whole);
}

TEST(Histogram, counts_every_return_that_moved) {
    std::vector<double> returns(100, 0.0);
    for (int i = 0; i < 200; ++i) returns.push_back(std::sin(i) * 0.01 + 0.0001);
    returns.push_back(-0.9);
    const auto histogram = histogram_of(returns);
    ASSERT_TRUE(histogram.has_value());
    std::size_t total = 0;
    for (const std::size_t count : histogram->counts) total += count;
    EXPECT_EQ(total, 201U);
    EXPECT_EQ(histogram->unchanged, 100U);
    EXPECT_EQ(histogram->counts.front(), 1U);
}

TEST(Histogram, is_undefined_for_equal_returns) {
    EXPECT_FALSE(histogram_of(std::vector<double>(50, 0.01)).has_value());
    EXPECT_FALSE(histogram_of(std::vector<double>(50, 0.0)).has_value());
}

TEST(JoinedBars, keep_first_open_last_close_and_extremes) {
    const std::vector<Ohlc> bars{
        {Timestamp{1}, 10, 12, 9, 11}, {Timestamp{2}, 11, 15, 8, 9}, {Timestamp{3}, 9, 10, 7, 8}};
    const auto joined = joined_bars(bars, 2);
    ASSERT_EQ(joined.size(), 2U);
    EXPECT_EQ(joined[0].ts, Timestamp{1});
    EXPECT_EQ(joined[0].open, 10);
    EXPECT_EQ(joined[0].high, 15);
    EXPECT_EQ(joined[0].low, 8);
    EXPECT_EQ(joined[0].close, 9);
    EXPECT_EQ(joined[1].close, 8);
}

}  // namespace
}  // namespace tradewind::research
