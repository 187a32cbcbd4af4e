// SPDX-License-Identifier: Apache-2.0
// Opens reports in a real browser. Debian's packages: chromium fonts-dejavu-core.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "research/report.hpp"
#include "research/report_test_input.hpp"

namespace tradewind::research {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBrowser = "/usr/bin/chromium";

std::string text_of(const fs::path& path) {
    std::ifstream file(path);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
}

/// What a browser made of a page.
struct Visit {
    std::string dom;
    std::string console;
    std::vector<std::string> requests;  ///< all but the page's own file
};

class Browser : public testing::Test {
protected:
    void SetUp() override {
        if (!fs::exists(kBrowser)) {
            GTEST_SKIP() << "no " << kBrowser << "; install chromium and fonts-dejavu-core";
        }
        std::string name = (fs::temp_directory_path() / "tradewind-report-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override {
        if (!folder_.empty()) fs::remove_all(folder_);
    }

    [[nodiscard]] Visit open(const std::string& page) const {
        const fs::path file = folder_ / "report.html";
        std::ofstream(file) << page;
        const std::string command =
            "timeout 100 " + std::string(kBrowser) +
            " --headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
            " --disable-background-networking --disable-component-update --disable-sync"
            " --disable-dev-shm-usage --host-resolver-rules='MAP * ~NOTFOUND,EXCLUDE 127.0.0.1'"
            " --window-size=1280,2000 --virtual-time-budget=5000"
            " --enable-logging=stderr --user-data-dir=" +
            (folder_ / "profile").string() + " --log-net-log=" + (folder_ / "net.json").string() +
            " --dump-dom file://" + file.string() + " >" + (folder_ / "dom").string() + " 2>" +
            (folder_ / "console").string();
        EXPECT_EQ(std::system(command.c_str()), 0);  // NOLINT(cert-env33-c): a test's own command
        Visit visit;
        visit.dom = text_of(folder_ / "dom");
        std::istringstream lines(text_of(folder_ / "console"));
        for (std::string line; std::getline(lines, line);) {
            if (line.find("CONSOLE") != std::string::npos) visit.console += line + '\n';
        }
        visit.requests = requests_in(text_of(folder_ / "net.json"), file);
        return visit;
    }

private:
    /// Every address that the network stack was asked for, except the browser's own housekeeping.
    static std::vector<std::string> requests_in(const std::string& log, const fs::path& page) {
        std::vector<std::string> found;
        const auto json = nlohmann::json::parse(log, nullptr, false);
        if (json.is_discarded()) return {"the network log is not readable"};
        for (const auto& event : json["events"]) {
            if (!event.contains("params") || !event["params"].contains("url")) continue;
            const std::string url = event["params"]["url"];
            const bool own = url == "file://" + page.string() || url.starts_with("data:") ||
                             url.starts_with("blob:") || url.starts_with("chrome");
            if (!own && !is_housekeeping(url) && std::ranges::find(found, url) == found.end()) {
                found.push_back(url);
            }
        }
        return found;
    }

    /// The browser asks these by itself at its start; no name is resolved, so none is reached.
    static bool is_housekeeping(std::string_view url) {
        static constexpr std::array kHosts{"//accounts.google.com/", "//update.googleapis.com/",
                                           "//clients2.google.com/",
                                           "//clientservices.googleapis.com/"};
        return std::ranges::any_of(
            kHosts, [&](const char* host) { return url.find(host) != std::string_view::npos; });
    }

    fs::path folder_;
};

std::size_t count_of(std::string_view text, std::string_view what) {
    std::size_t count = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos;
         at = text.find(what, at + 1)) {
        ++count;
    }
    return count;
}

/// Before the page's code, which names these itself.
void expect_only_numbers(const Visit& visit) {
    const std::string_view drawn = std::string_view(visit.dom).substr(0, visit.dom.find("<script"));
    EXPECT_GT(drawn.size(), 1000U);
    for (const char* mark : {"NaN", "Infinity", "undefined", "null<", "[object"}) {
        EXPECT_EQ(drawn.find(mark), std::string_view::npos) << mark;
    }
}

TEST_F(Browser, sees_a_request_and_an_error_where_there_are_some) {
    const Visit visit =
        open("<img src='http://127.0.0.1:9/a.png'><script>console.error('planted')</script>");
    EXPECT_EQ(visit.requests.size(), 1U);
    EXPECT_NE(visit.console.find("planted"), std::string::npos);
}

TEST_F(Browser, draws_every_chart_without_error_or_request) {
    const SampleReport sample;
    const Visit visit = open(render_report(sample.input()));
    EXPECT_EQ(visit.console, "");
    EXPECT_EQ(visit.requests, std::vector<std::string>{});
    // Equity, drawdown, rolling Sharpe, rolling beta, distribution, exposure, price, two scatters.
    EXPECT_NE(visit.dom.find("data-ready=\"9\""), std::string::npos);
    EXPECT_EQ(count_of(visit.dom, "role=\"img\""), 9U);
    EXPECT_GE(count_of(visit.dom, "class=\"line own\""), 3U);
    EXPECT_GE(count_of(visit.dom, "class=\"line bench\""), 2U);
    EXPECT_GE(count_of(visit.dom, "class=\"buy\""), 1U);
    EXPECT_GE(count_of(visit.dom, "class=\"dots gain\""), 2U);
    EXPECT_GE(count_of(visit.dom, "class=\"trade-row\""), 15U);
    expect_only_numbers(visit);
}

TEST_F(Browser, draws_risk_without_error_or_request) {
    const SampleReport sample;
    ReportInput input = sample.input();
    input.risk = sample_risk(sample.equity.size(), sample.first_ms());
    const Visit visit = open(render_report(input));
    EXPECT_EQ(visit.console, "");
    EXPECT_EQ(visit.requests, std::vector<std::string>{});
    // Beside the nine: limits, VaR, brakes; a picture for each of the two limits.
    EXPECT_NE(visit.dom.find("data-ready=\"12\""), std::string::npos);
    EXPECT_EQ(count_of(visit.dom, "role=\"img\""), 13U);
    EXPECT_EQ(count_of(visit.dom, "<section id=\"risk\""), 1U);
    EXPECT_GE(count_of(visit.dom, "class=\"area beyond\" d=\"M"), 1U);
    EXPECT_GE(count_of(visit.dom, "class=\"exceeded-dot\""), 2U);
    EXPECT_GE(count_of(visit.dom, "<rect class=\"state-reducing\""), 1U);
    EXPECT_GE(count_of(visit.dom, "<rect class=\"state-halted\""), 1U);
    // What was held at the end is nothing: the riskiest day is shown.
    EXPECT_EQ(count_of(visit.dom, "sample, CCC.SIM: 0.800"), 1U);
    EXPECT_EQ(count_of(visit.dom, "CCC.SIM, sample: 0.800"), 1U);
    EXPECT_EQ(count_of(visit.dom, "class=\"fill "), 4U);
    EXPECT_NE(visit.dom.find("BBB.SIM by sample"), std::string::npos);
    expect_only_numbers(visit);
}

TEST_F(Browser, draws_no_risk_where_none_was_set_and_little_where_little_was) {
    const SampleReport sample;
    ReportInput input = sample.input();
    EXPECT_EQ(open(render_report(input)).dom.find("<section id=\"risk\""), std::string::npos);
    input.risk = R"({"confidence":0.95,"limits":[],"days":[],"var":null,"tests":null,)"
                 R"("rules":["drawdown > 5%: warn"],"changes":[],"stops":[],"views":[]})";
    const Visit visit = open(render_report(input));
    EXPECT_EQ(visit.console, "");
    EXPECT_NE(visit.dom.find("None of 1 fired"), std::string::npos);
    expect_only_numbers(visit);
}

TEST_F(Browser, shows_hostile_text_as_text) {
    const SampleReport sample;
    ReportInput input = sample.input();
    const std::string attack =
        "</script><script>document.title='owned'</script><img src=x "
        "onerror=\"document.title='owned'\">";
    input.title = attack;
    input.subtitle = attack;
    input.warnings = {attack};
    input.symbols = {attack, attack};
    input.settings = {{attack, attack}};
    input.risk = sample_risk(sample.equity.size(), sample.first_ms(), attack);
    const Visit visit = open(render_report(input));
    EXPECT_EQ(visit.console, "");
    EXPECT_EQ(visit.dom.find("<title>owned"), std::string::npos);
    EXPECT_EQ(visit.dom.find("<img"), std::string::npos);
    EXPECT_NE(visit.dom.find("data-ready=\"12\""), std::string::npos);
}

TEST_F(Browser, opens_a_report_without_curve_or_trades) {
    const Visit visit = open(render_report({.title = "Empty"}));
    EXPECT_EQ(visit.console, "");
    EXPECT_NE(visit.dom.find("data-ready=\"0\""), std::string::npos);
}

TEST_F(Browser, opens_a_report_of_one_losing_trade_and_flat_equity) {
    SampleReport sample;
    sample.trades.resize(1);
    for (auto& point : sample.equity) point.equity = 1000;
    const Visit visit = open(render_report(sample.input()));
    EXPECT_EQ(visit.console, "");
    expect_only_numbers(visit);
    EXPECT_NE(visit.dom.find("data-ready="), std::string::npos);
}

/// A search over two numbers and a list. Rows of two cells are made as arrays: in braces a list of
/// pairs that begin with a text would be an object.
nlohmann::ordered_json search_page(const std::string& text) {
    nlohmann::ordered_json points = nlohmann::ordered_json::array();
    nlohmann::ordered_json values = nlohmann::ordered_json::array();
    for (int i = 0; i < 60; ++i) {
        points.push_back({i % 6, i / 6 % 5, i / 30});
        if (i % 7 == 0) {
            values.push_back(nullptr);
        } else {
            values.push_back(i % 11 - 4);
        }
    }
    return {{"kind", "search"},
            {"subtitle", text},
            {"span", text},
            {"objective", text},
            {"dimensions",
             {{{"name", text}}, {{"name", "slow"}}, {{"name", "side"}, {"choices", {text, "b"}}}}},
            {"points", points},
            {"values", values},
            {"best", {4, 3, 0}},
            {"notices", {text}},
            {"cards", {{text, 1.5, text}, {"Undefined", nullptr, ""}}},
            {"meaning", {text}},
            {"regions", {{"head", {text}}, {"rows", {{text}}}}},
            {"pruning", {{"head", {text}}, {"rows", {{text}}}}},
            {"top",
             {{"head", {text, "b"}},
              {"rows",
               nlohmann::ordered_json::array({nlohmann::ordered_json::array({text, 1.0}),
                                              nlohmann::ordered_json::array({"c", nullptr})})}}},
            {"settings", {{"method", text}}}};
}

TEST_F(Browser, draws_a_search_and_shows_its_texts_as_text) {
    const std::string attack =
        "</script><script>document.title='owned'</script><img src=x "
        "onerror=\"document.title='owned'\">";
    const Visit visit = open(render_search_page(attack, search_page(attack).dump()));
    EXPECT_EQ(visit.console, "");
    EXPECT_EQ(visit.requests, std::vector<std::string>{});
    EXPECT_EQ(visit.dom.find("<title>owned"), std::string::npos);
    EXPECT_EQ(visit.dom.find("<img"), std::string::npos);
    // Three pairs of parameters and three slices.
    EXPECT_NE(visit.dom.find("data-ready=\"6\""), std::string::npos);
    EXPECT_EQ(count_of(visit.dom, "role=\"img\""), 6U);
}

TEST_F(Browser, draws_a_walk_forward) {
    auto page = search_page("sharpe");
    page["kind"] = "walk";
    page["equity"] = {{"t", {"2020-01-01", "2020-01-02", "2020-01-03"}},
                      {"v", {100, 101, 99}},
                      {"bands", {{0, 1}, {1, 2}}}};
    page["windows"] = {
        {"from", {"2020-01-02", "2020-01-03"}}, {"in", {1, 2}}, {"out", {nullptr, 1}}};
    page["chosen"] = {{{"name", "fast"}, {"values", {3, 5}}},
                      {{"name", "size"}, {"values", {1, 1}}}};
    page["stability"] = page["top"];
    page["folds"] = page["top"];
    const Visit visit = open(render_search_page("Walk", page.dump()));
    EXPECT_EQ(visit.console, "");
    EXPECT_EQ(visit.requests, std::vector<std::string>{});
    // Equity, objective, and the one parameter that changes.
    EXPECT_NE(visit.dom.find("data-ready=\"3\""), std::string::npos);
}

TEST_F(Browser, draws_a_hundred_thousand_trades) {
    SampleReport sample;
    sample.grow({.samples = 10'000, .trades = 100'000, .bars = 40'000});
    const Visit visit = open(render_report(sample.input()));
    EXPECT_EQ(visit.console, "");
    EXPECT_NE(visit.dom.find("data-ready=\"9\""), std::string::npos);
    // The table draws only the rows in view.
    EXPECT_LT(count_of(visit.dom, "class=\"trade-row\""), 100U);
}

}  // namespace
}  // namespace tradewind::research
