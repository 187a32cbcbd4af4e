// SPDX-License-Identifier: Apache-2.0
#include "apps/data_command.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "domain/calendar.hpp"
#include "wire/text_file.hpp"

namespace tradewind::apps {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string data_directory() {
    const char* given = std::getenv("TRADEWIND_DATA");
    return given != nullptr ? given : "../shared/data";
}

std::string read_all(const std::string& path) {
    const auto file = wire::open_text(path).value();
    std::string out, block(std::size_t{1} << 16, '\0');
    while (const std::size_t got = file->read(block).value()) out.append(block, 0, got);
    return out;
}

/// An empty last cell is written as 0: the catalog does not tell "not available" from none.
std::string with_zero_volume(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n' && out.ends_with(',')) out += '0';
        out += c;
    }
    return out;
}

struct Outcome {
    int exit_code = 0;
    std::string out;
    std::string error;
};

class DataCommandTest : public testing::Test {
protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "tradewind-data-XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        root_ = name;
        catalog_ = root_ + "/catalog";
    }
    void TearDown() override { fs::remove_all(root_); }

    /// Runs `tradewind data WORDS...`.
    static Outcome run(std::vector<std::string> words) {
        words.insert(words.begin(), "data");
        std::reverse(words.begin(), words.end());  // as CLI11 takes them
        CLI::App app;
        Outcome outcome;
        add_data_command(app, outcome.exit_code);
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        try {
            app.parse(words);
        } catch (const CLI::Success&) {
            outcome.exit_code = 0;
        } catch (const CLI::ParseError& e) {
            outcome.exit_code = 2;
            fmt::print(stderr, "{}\n", e.what());
        }
        outcome.out = testing::internal::GetCapturedStdout();
        outcome.error = testing::internal::GetCapturedStderr();
        return outcome;
    }

    std::string write(const std::string& name, const std::string& bytes) {
        std::ofstream{root_ + "/" + name, std::ios::binary} << bytes;
        return root_ + "/" + name;
    }

    Outcome import(const std::string& file, const std::vector<std::string>& more = {}) {
        std::vector<std::string> words{"import",   "--catalog",  catalog_, "--instrument",
                                       "SPY.ARCA", "--interval", "1m",     file};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    }

    std::string exported(const std::vector<std::string>& more = {}) {
        std::vector<std::string> words{"export",   "--catalog",  catalog_, "--instrument",
                                       "SPY.ARCA", "--interval", "1m"};
        words.insert(words.end(), more.begin(), more.end());
        return run(words).out;
    }

    std::string root_;
    std::string catalog_;
};

const std::string kHead = "ts,open,high,low,close,volume\n";
const std::string kRow1 = "60000000000,1.5,2,1.25,1.75,100\n";
const std::string kRow2 = "120000000000,1.75,1.8,0.000000001,1,0\n";

TEST_F(DataCommandTest, exports_the_bytes_that_it_imported) {
    ASSERT_EQ(import(write("a.csv", kHead + kRow1 + kRow2)).error, "");
    EXPECT_EQ(exported(), kHead + kRow1 + kRow2);
    EXPECT_EQ(exported({"--from", "1970-01-01T00:02:00Z"}), kHead + kRow2);
    EXPECT_EQ(exported({"--to", "1970-01-01T00:02:00Z"}), kHead + kRow1);
    for (const std::string name : {"out.csv", "out.csv.gz"}) {
        const std::string file = root_ + "/" + name;
        EXPECT_EQ(exported({"-o", file}), "");
        EXPECT_EQ(read_all(file), kHead + kRow1 + kRow2);
    }
}

TEST_F(DataCommandTest, imports_all_files_or_none) {
    const std::string good = write("good.csv", kHead + kRow1),
                      bad = write("bad.csv", kHead + "x" + kRow2);
    const Outcome refused = import(good, {bad});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_TRUE(refused.error.starts_with("tradewind: " + bad + ":2: field 'ts': "))
        << refused.error;
    EXPECT_EQ(std::count(refused.error.begin(), refused.error.end(), '\n'), 1);
    EXPECT_EQ(refused.out, "");
    EXPECT_EQ(Json::parse(run({"ls", "--catalog", catalog_, "--json"}).out)["series"].size(), 0U);
    EXPECT_EQ(import(good, {write("next.csv", kHead + kRow2)}).exit_code, 0);
    EXPECT_EQ(exported(), kHead + kRow1 + kRow2);
}

TEST_F(DataCommandTest, prints_one_json_document_and_nothing_else) {
    const std::string file = write("a.csv", kHead + kRow1 + kRow2);
    const Json made = Json::parse(import(file, {"--json"}).out);
    EXPECT_EQ(made["rows_read"], 2);
    EXPECT_EQ(made["series"][0]["rows_added"], 2);
    EXPECT_EQ(Json::parse(import(file, {"--json"}).out)["series"][0]["rows_identical"], 2);
    const Json list = Json::parse(run({"ls", "--catalog", catalog_, "--json"}).out);
    EXPECT_EQ(list["series"][0]["instrument"], "SPY.ARCA");
    EXPECT_EQ(list["series"][0]["interval"], "1m");
    EXPECT_EQ(list["series"][0]["rows"], 2);
    EXPECT_TRUE(
        Json::parse(run({"verify", "--catalog", catalog_, "--json"}).out)["whole"].get<bool>());
    EXPECT_EQ(Json::parse(run({"instruments", "--catalog", catalog_, "--json"}).out)[0]["tick"],
              "0.01");
    const Json demo =
        Json::parse(run({"generate", "--catalog", catalog_, "--count", "10", "--json"}).out);
    EXPECT_EQ(demo["rows_added"], 10);
}

TEST_F(DataCommandTest, plants_a_market_and_writes_down_what_can_be_found_in_it) {
    const std::vector<std::string> args{"generate",       "--catalog",        catalog_, "--market",
                                        "planted-memory", "--bayes-accuracy", "0.7",    "--bars",
                                        "3000",           "--seed",           "7",      "--json"};
    const Json made = Json::parse(run(args).out);
    EXPECT_EQ(made["instrument"], "PLANTED.SIM");
    EXPECT_EQ(made["rows_added"], 3000);
    EXPECT_EQ(made["bayes_accuracy"], 0.7);
    EXPECT_NEAR(made["realised_accuracy"].get<double>(), 0.7, 0.04);
    EXPECT_NEAR(made["base_rate"].get<double>(), 0.5, 0.1);
    const Json truth = Json::parse(std::ifstream{catalog_ + "/planted.json"});
    EXPECT_EQ(truth, Json::parse(R"({"PLANTED.SIM": {"market": "planted-memory",
        "bayes_accuracy": 0.7, "seed": 7, "interval": "1h"}})"));
    EXPECT_EQ(Json::parse(run(args).out)["rows_identical"], 3000);
}

TEST_F(DataCommandTest, keeps_what_it_knows_of_planted_markets_true) {
    const auto plant = [&](std::vector<std::string> more) {
        std::vector<std::string> args{"generate",   "--catalog", catalog_, "--market",
                                      "planted-ar", "--bars",    "200"};
        args.insert(args.end(), more.begin(), more.end());
        return run(args);
    };
    ASSERT_EQ(plant({"--instruments", "2"}).exit_code, 0);
    EXPECT_TRUE(plant({"--instruments", "2", "--seed", "2"}).error.contains("--replace"));
    ASSERT_EQ(plant({"--instruments", "2", "--seed", "2", "--replace"}).exit_code, 0);
    const auto truth = [&] { return Json::parse(std::ifstream{catalog_ + "/planted.json"}); };
    EXPECT_EQ(truth()["PLANTED1.SIM"]["seed"], 2);
    ASSERT_EQ(run({"generate", "--catalog", catalog_, "--instrument", "PLANTED1.SIM", "--interval",
                   "1h", "--count", "200", "--replace"})
                  .exit_code,
              0);
    EXPECT_FALSE(truth().contains("PLANTED1.SIM"));
    EXPECT_TRUE(truth().contains("PLANTED2.SIM"));
}

TEST_F(DataCommandTest, refuses_markets_that_cannot_be_planted_with_a_line) {
    const auto refusal = [&](std::vector<std::string> more) {
        std::vector<std::string> args{"generate", "--catalog", catalog_};
        args.insert(args.end(), more.begin(), more.end());
        const Outcome out = run(args);
        EXPECT_EQ(out.exit_code, 2) << out.error;
        return out.error;
    };
    const std::string ar = "planted-ar";
    EXPECT_TRUE(refusal({"--market", "planted-luck"}).contains("is none of planted-ar"));
    EXPECT_TRUE(refusal({"--market", ar, "--bayes-accuracy", "0.4"}).contains("0.5 to 0.95"));
    EXPECT_TRUE(
        refusal({"--market", "planted-gate", "--bayes-accuracy", "0.8"}).contains("0.5 to 0.725"));
    EXPECT_TRUE(refusal({"--market", ar, "--model", "gbm"}).contains("one of them"));
    EXPECT_TRUE(refusal({"--market", ar, "--tick", "0.01"}).contains("would swallow returns"));
    EXPECT_TRUE(refusal({"--market", ar, "--calendar", "us_equity"}).contains("never closes"));
    EXPECT_TRUE(refusal({"--market", ar, "--volatility", "0"}).contains("above 0"));
    EXPECT_TRUE(refusal({"--market", ar, "--volatility", "9"}).contains("out of their range"));
    EXPECT_TRUE(refusal({"--bayes-accuracy", "0.6"}).contains("only with --market"));
}

TEST_F(DataCommandTest, asks_before_it_overwrites) {
    ASSERT_EQ(import(write("a.csv", kHead + kRow1 + kRow2)).exit_code, 0);
    const std::string other = write("b.csv", kHead + "120000000000,1.75,1.8,1.7,1.8,0\n");
    const Outcome refused = import(other);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_TRUE(
        refused.error.contains("the stored low is 0.000000001 and the new one 1.7; --replace"))
        << refused.error;
    EXPECT_EQ(exported(), kHead + kRow1 + kRow2);
    EXPECT_EQ(import(other, {"--replace"}).exit_code, 0);
    EXPECT_EQ(exported(), kHead + kRow1 + "120000000000,1.75,1.8,1.7,1.8,0\n");
}

TEST_F(DataCommandTest, says_in_one_line_what_is_wrong_and_how_to_mend_it) {
    using namespace std::string_literals;
    struct Case {
        std::string file;
        std::vector<std::string> more;
        const char* says;
    };
    const std::string good = write("good.csv", kHead + kRow1);
    const Case cases[] = {
        {root_ + "/missing.csv", {}, "missing.csv: cannot open: No such file or directory"},
        {root_, {}, "is a directory; name the files in it"},
        {write("empty.csv", ""), {}, "is empty; give a file with a header and rows"},
        {write("utf16.csv", "\xff\xfet\0s\0"s), {}, "is UTF-16; convert it first"},
        {write("nul.csv", kHead + "\0"s), {}, ":2: has a NUL byte"},
        {write("semi.csv", "ts;open;high;low;close\n"), {}, "--delimiter ';'"},
        {write("cut.csv", kHead + "60000000000,1.5"), {}, ":2: has 2 columns, 6 are expected"},
        {good, {"--format", "nonsense"}, "--format: 'nonsense' is none of csv"},
        {good, {"--kind", "candle"}, "--kind: 'candle' is none of bar"},
        {good, {"--price-source", "middle"}, "--price-source: 'middle' is none of last"},
        {good, {"--tz", "Mars"}, "--tz: 'Mars' is none of UTC"},
        {good, {"--format", "custom"}, "--format custom needs --map"},
        {good, {"--map", "ts=a"}, "belong to --format custom"},
        {good, {"--format", "custom", "--map", "ts"}, "--map: 'ts' is not FIELD=COLUMN"},
        {good, {"--tick", "0"}, "the tick must be above 0"},
        {good, {"--tick", "x"}, "--tick: 'x' cannot be used"},
        {good, {"--instrument-file", root_ + "/none.json"}, "none.json: there is no such file"},
        {good, {"--instrument-file", good}, "good.csv: is not JSON"},
    };
    for (const Case& c : cases) {
        const Outcome refused = import(c.file, c.more);
        EXPECT_EQ(refused.exit_code, 2) << c.says;
        EXPECT_TRUE(refused.error.contains(c.says)) << refused.error;
        EXPECT_EQ(std::count(refused.error.begin(), refused.error.end(), '\n'), 1) << refused.error;
        EXPECT_EQ(refused.out, "");
    }
    EXPECT_EQ(
        run({"import", "--catalog", catalog_, "--instrument", "WHAT", "--interval", "1d", good})
            .exit_code,
        2);
    EXPECT_EQ(run({"import", "--catalog", catalog_, "--instrument", "SPY.ARCA", good}).exit_code,
              2);
    EXPECT_EQ(run({"import", "--nonsense"}).exit_code, 2);
    EXPECT_EQ(run({"ls", "--catalog", root_ + "/nothing"}).exit_code, 2);
    ASSERT_EQ(import(good).exit_code, 0);
    EXPECT_EQ(
        run({"export", "--catalog", catalog_, "--instrument", "QQQ.NASDAQ", "--interval", "1d"})
            .exit_code,
        2);
    EXPECT_EQ(import(good, {"--tick", "0.05"}).exit_code, 2)
        << "another definition than the stored one";
}

TEST_F(DataCommandTest, exits_with_1_where_the_catalog_is_damaged) {
    ASSERT_EQ(import(write("a.csv", kHead + kRow1 + kRow2)).exit_code, 0);
    for (const auto& entry : fs::recursive_directory_iterator(catalog_)) {
        if (entry.path().extension() == ".twc") fs::resize_file(entry.path(), 300);
    }
    const Outcome verify = run({"verify", "--catalog", catalog_});
    EXPECT_EQ(verify.exit_code, 1);
    EXPECT_TRUE(verify.error.contains(".twc: has 300 bytes, should have ")) << verify.error;
    EXPECT_EQ(run({"export", "--catalog", catalog_, "--instrument", "SPY.ARCA", "--interval", "1m"})
                  .exit_code,
              1);
    write("catalog/MANIFEST", "garbage");
    const Outcome list = run({"ls", "--catalog", catalog_});
    EXPECT_EQ(list.exit_code, 1);
    EXPECT_TRUE(list.error.contains("MANIFEST: is cut off; restore it from a backup"))
        << list.error;
}

TEST_F(DataCommandTest, takes_definitions_from_a_file_and_changes_them_when_told) {
    const std::string json = write(
        "i.json", R"([{"symbol":"XYZ.LAB","quote":"EUR","settlement":"EUR","tick":"0.005"}])");
    const std::string bars = write("a.csv", kHead + kRow1);
    const std::vector<std::string> words{"import",  "--catalog",  catalog_, "--instrument",
                                         "XYZ.LAB", "--interval", "1m",     bars};
    EXPECT_EQ(run(words).exit_code, 2);
    auto with_file = words;
    with_file.insert(with_file.end(), {"--instrument-file", json});
    ASSERT_EQ(run(with_file).error, "");
    EXPECT_EQ(run(words).exit_code, 0) << "known by now";
    write("i.json", R"({"symbol":"XYZ.LAB","quote":"EUR","settlement":"EUR","tick":"0.01"})");
    const Outcome changed =
        run({"instruments", "--catalog", catalog_, "--instrument-file", json, "--json"});
    EXPECT_EQ(Json::parse(changed.out)[0]["tick"], "0.01");
}

/// A year of quiet sessions as a file of ours, after `change` had its way with the lines.
template <typename Change>
std::string session_lines(Change change) {
    std::vector<std::string> lines;
    Date date = parse_date("2014-01-02").value();
    for (int i = 0; i < 250; ++i) {
        while (!session_on(CalendarKind::us_equity, date)) ++date;
        const double open = 100.0 + 0.1 * (i % 7), close = 100.0 + 0.1 * ((i + 1) % 7);
        lines.push_back(fmt::format("{},{:.2f},{:.2f},{:.2f},{:.2f},{}", start_of(date).ns, open,
                                    std::max(open, close) + 0.2, std::min(open, close) - 0.2, close,
                                    1000 + i));
        ++date;
    }
    change(lines);
    std::string out = kHead;
    for (const std::string& line : lines) out += line + "\n";
    return out;
}

TEST_F(DataCommandTest, checks_a_catalog_and_ends_with_0_where_nothing_is_wrong) {
    const std::string file = write("days.csv", session_lines([](auto&) {}));
    ASSERT_EQ(
        run({"import", "--catalog", catalog_, "--instrument", "SPY.ARCA", "--interval", "1d", file})
            .error,
        "");
    const Outcome outcome = run({"check", "--catalog", catalog_, "--json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
    const Json report = Json::parse(outcome.out);
    EXPECT_EQ(report["rows"], 250);
    EXPECT_EQ(report["issues"], Json::array());
    EXPECT_EQ(report["series"][0]["instrument"], "SPY.ARCA");
}

TEST_F(DataCommandTest, checks_a_file_that_the_importer_refuses_row_by_row) {
    const std::string file = write("days.csv", session_lines([](auto& lines) {
                                       std::swap(lines[20], lines[21]);
                                       lines[40] += "0x";
                                       lines[60].insert(lines[60].find(',') + 1, "-");
                                   }));
    EXPECT_EQ(
        run({"import", "--catalog", catalog_, "--instrument", "SPY.ARCA", "--interval", "1d", file})
            .exit_code,
        2);
    const Outcome outcome =
        run({"check", "--file", file, "--instrument", "SPY.ARCA", "--interval", "1d", "--json",
             "--rule", "disorder", "--rule", "unreadable", "--rule", "negative-price"});
    EXPECT_EQ(outcome.exit_code, 1) << outcome.error;
    const Json issues = Json::parse(outcome.out)["issues"];
    ASSERT_EQ(issues.size(), 3);
    EXPECT_EQ(issues[0]["rule"], "disorder");
    EXPECT_EQ(issues[0]["row"], 21);
    EXPECT_EQ(issues[0]["kind"], "bar");
    EXPECT_EQ(issues[0]["instrument"], "SPY.ARCA");
    EXPECT_EQ(issues[1]["rule"], "unreadable");
    EXPECT_EQ(issues[1]["row"], 42);  // the line
    EXPECT_EQ(issues[2]["rule"], "negative-price");
}

TEST_F(DataCommandTest, checks_the_two_sides_of_quotes_against_each_other) {
    const std::string file = write("sides.csv",
                                   "ts,bid_open,bid_high,bid_low,bid_close,ask_open,ask_high,"
                                   "ask_low,ask_close\n"
                                   "0,1,2,1,2,2,3,2,3\n"
                                   "60000000000,2,4,2,4,3,3,3,3\n"
                                   "120000000000,2,2,2,2,,,,\n"
                                   "180000000000,2,2,2,2,3,3,3,3\n");
    const Outcome outcome = run({"check", "--file", file, "--instrument", "X.BINANCE", "--interval",
                                 "1m", "--json", "--rule", "crossed", "--rule", "one-sided",
                                 "--asset-class", "crypto_spot", "--currency", "USDT"});
    const Json issues = Json::parse(outcome.out)["issues"];
    ASSERT_EQ(issues.size(), 2) << outcome.out;
    EXPECT_EQ(issues[0]["rule"], "crossed");
    EXPECT_EQ(issues[0]["row"], 1);
    EXPECT_EQ(issues[1]["rule"], "one-sided");
    EXPECT_EQ(issues[1]["row"], 2);
}

TEST_F(DataCommandTest, says_what_a_check_lacks) {
    const std::string file = write("days.csv", session_lines([](auto&) {}));
    const std::vector<std::string> plain{"check",    "--file",     file, "--instrument",
                                         "SPY.ARCA", "--interval", "1d"};
    const auto error_of = [&](std::vector<std::string> words,
                              const std::vector<std::string>& more) {
        words.insert(words.end(), more.begin(), more.end());
        const Outcome outcome = run(std::move(words));
        EXPECT_EQ(outcome.exit_code, 2);
        EXPECT_EQ(outcome.out, "");
        return outcome.error;
    };
    EXPECT_TRUE(error_of(plain, {"--rule", "wart"}).contains("--rule: 'wart' is none of"));
    EXPECT_TRUE(error_of(plain, {"--threshold", "wick-floor=-1"}).contains("above 0"));
    EXPECT_TRUE(error_of(plain, {"--threshold", "wick=1"}).contains("is none of wick-scale"));
    EXPECT_TRUE(error_of({"check"}, {}).contains("--catalog"));
    EXPECT_TRUE(error_of({"check", "--file", file}, {}).contains("--instrument"));
    EXPECT_TRUE(error_of({"check", "--catalog", catalog_}, {}).contains("is no catalog"));
}

TEST_F(DataCommandTest, cleans_into_a_new_version_and_brings_back_what_it_replaced) {
    const std::string dirty = session_lines([](auto& lines) {
        lines[100] = lines[100].substr(0, 19) + ",100,101,9.9,100.5,1100";
        lines[200] = lines[200].substr(0, 19) + ",100,900,99.5,100.5,1200";
    });
    const std::vector<std::string> series{"--catalog", catalog_,     "--instrument",
                                          "SPY.ARCA",  "--interval", "1d"};
    const auto call = [&](const std::string& verb, const std::vector<std::string>& more) {
        std::vector<std::string> words{verb};
        words.insert(words.end(), series.begin(), series.end());
        words.insert(words.end(), more.begin(), more.end());
        return run(std::move(words));
    };
    ASSERT_EQ(call("import", {write("days.csv", dirty)}).error, "");
    const std::string before = call("export", {}).out;

    EXPECT_EQ(call("clean", {"--rule", "spike", "--dry-run"}).exit_code, 0);
    EXPECT_EQ(call("export", {}).out, before);
    const Outcome cleaned = call("clean", {"--rule", "spike", "--json"});
    EXPECT_EQ(cleaned.exit_code, 0) << cleaned.error;
    const Json report = Json::parse(cleaned.out)["series"][0];
    EXPECT_EQ(report["version"], 1);
    ASSERT_EQ(report["changes"].size(), 2);
    EXPECT_EQ(report["changes"][0]["row"], 100);
    EXPECT_EQ(report["changes"][0]["rule"], "spike");
    EXPECT_EQ(report["changes"][0]["before"]["low"], "9.9");
    EXPECT_EQ(report["changes"][0]["after"]["low"], "100");
    EXPECT_EQ(report["left"], Json::object());
    EXPECT_TRUE(fs::exists(catalog_ + "/" + report["record"].get<std::string>()));
    EXPECT_NE(call("export", {}).out, before);
    EXPECT_EQ(call("check", {"--rule", "spike"}).exit_code, 0);
    EXPECT_EQ(run({"verify", "--catalog", catalog_}).exit_code, 0);

    // rows that came later stay
    ASSERT_EQ(call("import", {write("more.csv", kHead + "1451606400000000000,1,2,1,2,3\n")}).error,
              "");
    EXPECT_EQ(call("clean", {"--undo"}).exit_code, 0);
    EXPECT_EQ(call("export", {}).out, before + "1451606400000000000,1,2,1,2,3\n");
    const Outcome again = call("clean", {"--undo"});
    EXPECT_EQ(again.exit_code, 2);
    EXPECT_TRUE(again.error.contains("nothing was cleaned")) << again.error;
}

TEST_F(DataCommandTest, undoes_version_by_version) {
    const std::string dirty = session_lines([](auto& lines) {
        lines[100] = lines[100].substr(0, 19) + ",100,101,9.9,100.5,1100";
        lines[150] = lines[150].substr(0, 19) + ",100,100,100,100,0";
    });
    const std::vector<std::string> series{"--catalog", catalog_,     "--instrument",
                                          "SPY.ARCA",  "--interval", "1d"};
    const auto call = [&](const std::string& verb, const std::vector<std::string>& more) {
        std::vector<std::string> words{verb};
        words.insert(words.end(), series.begin(), series.end());
        words.insert(words.end(), more.begin(), more.end());
        return run(std::move(words));
    };
    ASSERT_EQ(call("import", {write("days.csv", dirty)}).error, "");
    const std::string first = call("export", {}).out;
    ASSERT_EQ(call("clean", {"--rule", "zero-volume"}).error, "");
    const std::string second = call("export", {}).out;
    ASSERT_EQ(call("clean", {"--rule", "spike"}).error, "");
    EXPECT_NE(second, first);
    EXPECT_NE(call("export", {}).out, second);
    ASSERT_EQ(call("clean", {"--undo"}).error, "");
    EXPECT_EQ(call("export", {}).out, second);
    ASSERT_EQ(call("clean", {"--undo"}).error, "");
    EXPECT_EQ(call("export", {}).out, first);
}

TEST_F(DataCommandTest, forgets_a_record_whose_change_never_took_place) {
    const std::string dirty = session_lines(
        [](auto& lines) { lines[100] = lines[100].substr(0, 19) + ",100,101,9.9,100.5,1100"; });
    const std::vector<std::string> series{"--catalog", catalog_,     "--instrument",
                                          "SPY.ARCA",  "--interval", "1d"};
    const auto call = [&](const std::string& verb, const std::vector<std::string>& more) {
        std::vector<std::string> words{verb};
        words.insert(words.end(), series.begin(), series.end());
        words.insert(words.end(), more.begin(), more.end());
        return run(std::move(words));
    };
    ASSERT_EQ(call("import", {write("days.csv", dirty)}).error, "");
    ASSERT_EQ(call("clean", {"--rule", "spike"}).error, "");
    const std::string record = catalog_ + "/repairs/SPY.ARCA/bar-1d/1.jsonl";
    ASSERT_TRUE(fs::exists(record));
    fs::copy(record, root_ + "/kept");
    ASSERT_EQ(call("clean", {"--undo"}).error, "");
    fs::copy(root_ + "/kept", record);  // as if the process had died before the commit
    EXPECT_EQ(call("clean", {"--undo"}).exit_code, 2);
    EXPECT_FALSE(fs::exists(record));
}

TEST_F(DataCommandTest, imports_a_dirty_file_once_the_named_rules_have_mended_it) {
    const std::string dirty = session_lines([](auto& lines) {
        std::swap(lines[20], lines[21]);
        lines.insert(lines.begin() + 40, lines[39]);
        lines[60] = "null,,,,,";
        lines[80] = lines[80].substr(0, 19) + ",-1,101,-1,100.5,1100";
    });
    const std::string file = write("days.csv", dirty);
    const auto call = [&](const std::vector<std::string>& rules) {
        std::vector<std::string> words{"clean",        "--catalog", catalog_,
                                       "--instrument", "SPY.ARCA",  "--interval",
                                       "1d",           "--file",    file};
        for (const std::string& rule : rules) words.insert(words.end(), {"--rule", rule});
        return run(std::move(words));
    };
    EXPECT_TRUE(call({"disorder"}).error.contains("days.csv:62"));
    const Outcome lacking = call({"unreadable", "disorder", "duplicate"});
    EXPECT_EQ(lacking.exit_code, 2);
    EXPECT_TRUE(lacking.error.contains("add --rule negative-price")) << lacking.error;
    const Outcome done = call({"unreadable", "disorder", "duplicate", "negative-price"});
    EXPECT_EQ(done.exit_code, 0) << done.error;
    EXPECT_EQ(Json::parse(run({"ls", "--catalog", catalog_, "--json"}).out)["series"][0]["rows"],
              248);
    const Outcome undone = run(
        {"clean", "--catalog", catalog_, "--instrument", "SPY.ARCA", "--interval", "1d", "--undo"});
    EXPECT_TRUE(undone.error.contains("was read from")) << undone.error;
}

TEST_F(DataCommandTest, cleans_away_nothing_that_is_real) {
    for (const char* rule : {"extreme", "level-break", "gap", "split", "clock-shift"}) {
        const Outcome outcome = run({"clean", "--catalog", catalog_, "--instrument", "SPY.ARCA",
                                     "--interval", "1d", "--rule", rule});
        EXPECT_EQ(outcome.exit_code, 2);
        EXPECT_TRUE(outcome.error.contains("not cleaned away")) << outcome.error;
    }
}

TEST_F(DataCommandTest, takes_a_split_that_the_catalog_knows_for_none) {
    const std::string file =
        write("days.csv", session_lines([](auto& lines) {
                  for (std::size_t i = 120; i < lines.size(); ++i) {
                      lines[i] = fmt::format("{},50,50.{},49.8,50.0{},2000", lines[i].substr(0, 19),
                                             1 + i % 3, i % 10);
                  }
              }));
    ASSERT_EQ(
        run({"import", "--catalog", catalog_, "--instrument", "SPY.ARCA", "--interval", "1d", file})
            .error,
        "");
    const auto rules = [&] {
        return Json::parse(
            run({"check", "--catalog", catalog_, "--rule", "split", "--json"}).out)["issues"];
    };
    const Json found = rules();
    ASSERT_EQ(found.size(), 1) << found.dump();
    EXPECT_EQ(found[0]["row"], 120);
    const std::string actions = write(
        "actions.csv", "ts,kind,new_shares,old_shares,amount,new_symbol\n" +
                           std::to_string(found[0]["ts"].get<std::int64_t>()) + ",split,2,1,0,\n");
    ASSERT_EQ(run({"import", "--catalog", catalog_, "--instrument", "SPY.ARCA", "--kind",
                   "corporate-action", actions})
                  .error,
              "");
    EXPECT_EQ(rules(), Json::array());
}

TEST_F(DataCommandTest, has_help_everywhere) {
    for (const std::string verb : {"import", "ls", "export", "generate", "verify", "instruments"}) {
        EXPECT_EQ(run({verb, "--help"}).exit_code, 0) << verb;
    }
    EXPECT_EQ(run({}).exit_code, 2);
}

TEST_F(DataCommandTest, gives_back_every_clean_file_of_bars_byte_for_byte) {
    if (!fs::exists(data_directory() + "/manifest.csv")) {
        GTEST_SKIP() << "no market data at " << data_directory() << " (TRADEWIND_DATA)";
    }
    int files = 0;
    for (const std::string folder :
         {"equities/daily_raw", "equities/hour_raw", "equities/5min_raw", "equities/minute_raw",
          "fx/4hour", "fx/daily", "fx/hour", "fx/minute", "crypto/daily", "futures/minute_raw"}) {
        for (const auto& entry : fs::directory_iterator(data_directory() + "/" + folder)) {
            const std::string path = entry.path().string();
            // these two print trailing zeros ("1.57570"); we print the shortest decimal
            if (path.contains("GBPUSD.fxcm") || path.contains("USDJPY.fxcm")) continue;
            // one catalog each: the symbol does not matter here
            const std::string catalog = root_ + "/" + std::to_string(files++);
            ASSERT_EQ(run({"import", "--catalog", catalog, "--instrument", "SPY.ARCA", "--interval",
                           "1m", path})
                          .error,
                      "");
            const Outcome back = run(
                {"export", "--catalog", catalog, "--instrument", "SPY.ARCA", "--interval", "1m"});
            EXPECT_TRUE(back.out == with_zero_volume(read_all(path))) << path;
        }
    }
    EXPECT_GT(files, 50);
}

TEST_F(DataCommandTest, gives_back_order_books_byte_for_byte) {
    if (!fs::exists(data_directory() + "/manifest.csv")) {
        GTEST_SKIP() << "no market data at " << data_directory() << " (TRADEWIND_DATA)";
    }
    const std::pair<std::string, std::string> books[] = {{"BTCUSDT.binance.l2", "book-level"},
                                                         {"XRPUSDT.bybit.l2", "book-level"},
                                                         {"ES_202403_20231225.l3", "book-order"}};
    for (const auto& [file, kind] : books) {
        const std::string path = data_directory() + "/book/" + file + ".csv.gz";
        ASSERT_EQ(run({"import", "--catalog", catalog_, "--instrument", file, "--kind", kind,
                       "--asset-class", "future", "--currency", "USD", path})
                      .error,
                  "");
        const Outcome back =
            run({"export", "--catalog", catalog_, "--instrument", file, "--kind", kind});
        EXPECT_TRUE(back.out == read_all(path)) << path;
    }
    EXPECT_TRUE(
        Json::parse(run({"verify", "--catalog", catalog_, "--json"}).out)["whole"].get<bool>());
}

TEST_F(DataCommandTest, tells_what_is_odd_about_the_stream_of_a_book) {
    const std::string file =
        write("l2.csv",
              "ts,type,first_update_id,last_update_id,side,price,size\n"
              "1,delta,1,1,bid,1.5,2\n2,snapshot,1,1,bid,1.5,2\n3,delta,4,4,bid,1.5,0\n");
    const auto words = [&](const std::string& more) {
        std::vector<std::string> out{"import",   "--catalog", catalog_,     "--instrument",
                                     "SPY.ARCA", "--kind",    "book-level", file};
        if (!more.empty()) out.push_back(more);
        return out;
    };
    const Outcome told = run(words({}));
    EXPECT_TRUE(told.out.contains("1 messages before the first snapshot\n")) << told.out;
    EXPECT_TRUE(told.out.contains("1 gaps in the update ids")) << told.out;
    const Json json = Json::parse(run(words("--json")).out);
    EXPECT_EQ(json["book"], Json::parse(R"({"messages":3,"snapshots":1,"before_snapshot":1,
                                            "gaps":1})"));
}

}  // namespace
}  // namespace tradewind::apps
