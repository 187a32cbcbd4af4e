// SPDX-License-Identifier: Apache-2.0
#include "sim/conformance_file_for_tests.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>

#include "base/try.hpp"

namespace tradewind::sim::testing {
namespace {

using Done = std::expected<void, std::string>;

std::unexpected<std::string> at(std::size_t line, std::string_view text) {
    return std::unexpected(fmt::format("{}: {}", line, text));
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in{text};
    std::vector<std::string> out;
    for (std::string word; in >> word;) out.push_back(word);
    return out;
}

// --- settings
// ----------------------------------------------------------------------------------------

std::expected<std::int64_t, std::string> decimal(const std::string& text) {
    const auto value = base::parse_decimal(text);
    if (!value) return std::unexpected(fmt::format("'{}' is not a number", text));
    return *value;
}

void change_instrument(Scenario& scenario, std::function<void(Instrument&)> change) {
    scenario.instrument = [before = scenario.instrument,
                           change = std::move(change)](Instrument& instrument) {
        if (before) before(instrument);
        change(instrument);
    };
}

Done set_account(Scenario& scenario, const std::string& value) {
    const auto kind = parse_account_kind(value);
    if (!kind) return std::unexpected(fmt::format("'{}' is not cash or margin", value));
    scenario.settings.account = *kind;
    return {};
}

Done set_cash(Scenario& scenario, const std::string& value) {
    const auto amount = parse_money(value);
    if (!amount) return std::unexpected(fmt::format("'{}' is not an amount", value));
    scenario.settings.deposits.push_back({.currency = kUsd, .amount = *amount});
    return {};
}

Done set_calendar(Scenario& scenario, const std::string& value) {
    const auto kind = parse_calendar_kind(value);
    if (!kind) return std::unexpected(fmt::format("'{}' is not a calendar", value));
    scenario.calendar = *kind;
    return {};
}

Done set_tick(Scenario& scenario, const std::string& value) {
    const Price tick{TRY(decimal(value))};
    change_instrument(scenario, [tick](Instrument& i) { i.tick = tick; });
    return {};
}

Done set_lot(Scenario& scenario, const std::string& value) {
    const Qty lot{TRY(decimal(value))};
    change_instrument(scenario, [lot](Instrument& i) { i.lot = lot; });
    return {};
}

/// A perpetual whose margin rates are those of the settings.
Done set_perpetual(Scenario& scenario, const std::string& value) {
    const Rate maintenance{TRY(decimal(value))};
    change_instrument(scenario, [maintenance](Instrument& i) {
        i.asset_class = AssetClass::crypto_perpetual;
        i.margin = {.initial = {2 * maintenance.raw}, .maintenance = maintenance};
    });
    return {};
}

Done set_liquidates(Scenario& scenario, const std::string& value) {
    const auto how = parse_liquidates(value);
    if (!how) return std::unexpected(fmt::format("'{}' is not never, cross or isolated", value));
    scenario.settings.margin.liquidates = *how;
    return {};
}

Done set_positions(Scenario& scenario, const std::string& value) {
    const auto mode = parse_position_mode(value);
    if (!mode) return std::unexpected(fmt::format("'{}' is not netting or hedging", value));
    scenario.settings.positions.mode = *mode;
    return {};
}

Done set_maker_fee(Scenario& scenario, const std::string& value) {
    const Rate rate{TRY(decimal(value))};
    change_instrument(scenario, [rate](Instrument& i) { i.fees.maker = rate; });
    return {};
}

Done set_taker_fee(Scenario& scenario, const std::string& value) {
    const Rate rate{TRY(decimal(value))};
    change_instrument(scenario, [rate](Instrument& i) { i.fees.taker = rate; });
    return {};
}

Done set_latency(LatencyModel Latencies::* which, Scenario& scenario, const std::string& value) {
    const auto latency = parse_duration(value);
    if (!latency) return std::unexpected(fmt::format("'{}' is not a duration: 50ms", value));
    scenario.settings.latencies.*which = *latency;
    return {};
}

Done set_queue(Scenario& scenario, const std::string& value) {
    const auto model = parse_queue_model(value);
    if (!model) return std::unexpected(fmt::format("'{}' is not a queue model", value));
    scenario.settings.book.queue = *model;
    return {};
}

Done set_impact(Scenario& scenario, const std::string& value) {
    const auto model = parse_impact_model(value);
    if (!model) return std::unexpected(fmt::format("'{}' is not an impact model", value));
    scenario.settings.book.impact = *model;
    return {};
}

Done set_price_limit(Scenario& scenario, const std::string& value) {
    const auto limit = parse_price_limit("*:" + value);
    if (!limit) return std::unexpected(fmt::format("'{}' is not a band: 10% or 0.5:last", value));
    scenario.settings.price_limits = {*limit};
    return {};
}

Done set_halted_orders(Scenario& scenario, const std::string& value) {
    const auto what = parse_halted_orders(value);
    if (!what) return std::unexpected(fmt::format("'{}' is not queued or rejected", value));
    scenario.settings.halted_orders = *what;
    return {};
}

Done set_cutoff(Duration AuctionSettings::* which, Scenario& scenario, const std::string& value) {
    const auto before = parse_duration(value);
    if (!before) return std::unexpected(fmt::format("'{}' is not a duration: 10m", value));
    scenario.settings.auctions.*which = *before;
    return {};
}

template <Duration AuctionSettings::* which>
Done set_cutoff_of(Scenario& scenario, const std::string& value) {
    return set_cutoff(which, scenario, value);
}

struct Setting {
    std::string_view name;
    Done (*set)(Scenario& scenario, const std::string& value);
};

template <LatencyModel Latencies::* which>
Done set_latency_of(Scenario& scenario, const std::string& value) {
    return set_latency(which, scenario, value);
}

constexpr auto kSettings = std::to_array<Setting>({
    {"account", set_account},
    {"calendar", set_calendar},
    {"cancel_latency", set_latency_of<&Latencies::cancel>},
    {"cash", set_cash},
    {"close_cutoff", set_cutoff_of<&AuctionSettings::close_cutoff>},
    {"halted_orders", set_halted_orders},
    {"impact", set_impact},
    {"insert_latency", set_latency_of<&Latencies::insert>},
    {"liquidates", set_liquidates},
    {"lot", set_lot},
    {"maker_fee", set_maker_fee},
    {"open_cutoff", set_cutoff_of<&AuctionSettings::open_cutoff>},
    {"perpetual", set_perpetual},
    {"positions", set_positions},
    {"price_limit", set_price_limit},
    {"queue", set_queue},
    {"replace_latency", set_latency_of<&Latencies::replace>},
    {"report_latency", set_latency_of<&Latencies::report>},
    {"taker_fee", set_taker_fee},
    {"tick", set_tick},
});

Done add_setting(Scenario& scenario, const Line& line) {
    const auto words = words_of(line.text);
    const auto found =
        std::ranges::find_if(kSettings, [&](const Setting& s) { return s.name == words[0]; });
    if (found == kSettings.end()) {
        std::vector<std::string_view> known;
        for (const Setting& s : kSettings) known.push_back(s.name);
        return at(line.number,
                  fmt::format("unknown setting '{}'; known: {}", words[0], fmt::join(known, ", ")));
    }
    if (words.size() != 2) return at(line.number, fmt::format("{} takes one value", words[0]));
    const Done done = found->set(scenario, words[1]);
    return done ? Done{} : at(line.number, done.error());
}

// --- sections
// ----------------------------------------------------------------------------------------

/// "[name words] rest": the modes of an answer, and why there is none.
struct Heading {
    std::vector<std::string> words;
    std::string rest;
};

std::expected<Heading, std::string> heading_of(const Line& line) {
    const std::size_t end = line.text.find(']');
    if (end == std::string::npos) return at(line.number, "a heading ends with ']'");
    Heading out{.words = words_of(line.text.substr(1, end - 1)), .rest = {}};
    const std::size_t rest = line.text.find_first_not_of(" \t", end + 1);
    if (rest != std::string::npos) out.rest = line.text.substr(rest);
    if (out.words.empty()) return at(line.number, "a heading without a name");
    return out;
}

class Parser {
public:
    std::expected<ConformanceFile, std::string> parse(std::string_view text) {
        for (const Line& line : numbered_lines_of(text)) {
            last_ = line.number;
            TRY_VOID(line.text.starts_with('[') ? open(line) : take(line));
        }
        for (const FillMode mode : all_fill_modes()) {
            if (!file_.answers.contains(mode)) {
                return at(last_, fmt::format("no answer for mode {0}: add [expect {0}], or "
                                             "[n/a {0}] and the reason",
                                             to_string(mode)));
            }
        }
        return std::move(file_);
    }

private:
    enum class Section : std::uint8_t { none, settings, market, orders, expect, not_applicable };

    Done open(const Line& line) {
        const Heading heading = TRY(heading_of(line));
        const std::string& name = heading.words[0];
        modes_.clear();
        if (name == "settings") return enter(Section::settings);
        if (name == "market") return enter(Section::market);
        if (name == "orders") return enter(Section::orders);
        if (name != "expect" && name != "n/a") {
            return at(line.number, fmt::format("unknown section '{}'; known: settings, market, "
                                               "orders, expect MODES, n/a MODES",
                                               name));
        }
        const bool applies = name == "expect";
        if (applies == !heading.rest.empty()) {
            return at(line.number, applies ? "nothing stands behind the heading of an answer"
                                           : "n/a needs its reason behind the heading");
        }
        TRY_VOID(add_modes(heading, line.number));
        return enter(applies ? Section::expect : Section::not_applicable);
    }

    Done enter(Section section) {
        section_ = section;
        return {};
    }

    Done add_modes(const Heading& heading, std::size_t number) {
        if (heading.words.size() == 1) return at(number, "a fill mode is due");
        for (std::size_t i = 1; i < heading.words.size(); ++i) {
            const auto mode = parse_fill_mode(heading.words[i]);
            if (!mode) {
                return at(number, fmt::format("unknown fill mode '{}'; known: {}", heading.words[i],
                                              fill_mode_names()));
            }
            if (!file_.answers.try_emplace(*mode, Answer{{}, heading.rest}).second) {
                return at(number, fmt::format("a second answer for mode {}", heading.words[i]));
            }
            modes_.push_back(*mode);
        }
        return {};
    }

    /// A line of a scenario's text stands there under the number that it has in the file.
    static void keep(std::string& text, const Line& line) {
        const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
        text.append(line.number - 1 - lines, '\n');
        text += line.text + '\n';
    }

    Done take(const Line& line) {
        switch (section_) {
            case Section::none: return at(line.number, "a heading comes first, such as [market]");
            case Section::settings: return add_setting(file_.scenario, line);
            case Section::market: keep(file_.scenario.market, line); return {};
            case Section::orders: keep(file_.scenario.orders, line); return {};
            case Section::expect:
                for (const FillMode mode : modes_) file_.answers[mode].reports.push_back(line);
                return {};
            case Section::not_applicable:
                return at(line.number, "nothing stands below n/a: it has no answer");
        }
        __builtin_unreachable();
    }

    ConformanceFile file_;
    Section section_ = Section::none;
    std::vector<FillMode> modes_;
    std::size_t last_ = 0;
};

}  // namespace

std::expected<ConformanceFile, std::string> parse_conformance(std::string_view text) {
    return Parser{}.parse(text);
}

std::expected<void, std::string> check_conformance(const ConformanceFile& file, FillMode mode) {
    Scenario scenario = file.scenario;
    scenario.settings.fills = mode;
    const auto outcome = TRY(try_play(scenario));
    const Answer& answer = file.answers.at(mode);
    const auto& got = outcome.reports;
    const auto all = [&] { return fmt::format("\nall that came:\n{}", fmt::join(got, "\n")); };
    for (std::size_t i = 0; i < answer.reports.size(); ++i) {
        const Line& expected = answer.reports[i];
        if (i < got.size() && got[i] == expected.text) continue;
        return at(expected.number,
                  fmt::format("expected '{}', got {}{}", expected.text,
                              i < got.size() ? "'" + got[i] + "'" : "nothing", all()));
    }
    if (got.size() == answer.reports.size()) return {};
    const std::size_t after = answer.reports.empty() ? 1 : answer.reports.back().number;
    return at(after,
              fmt::format("expected no more, got '{}'{}", got[answer.reports.size()], all()));
}

namespace {

constexpr std::string_view kMarket = R"([market]
bar 0 100 101 99 100 1000
bar 1 100 101 99 100 1000
[orders]
1 buy 1 10 market
)";

/// `rest` and an n/a for every mode that it does not answer for.
std::string with_the_others(std::string rest) {
    for (const FillMode mode : all_fill_modes()) {
        if (rest.find(to_string(mode)) == std::string::npos) {
            rest += fmt::format("[n/a {}] not asked here\n", to_string(mode));
        }
    }
    return rest;
}

std::string fault_of(const std::string& text) {
    const auto file = parse_conformance(text);
    if (!file) return file.error();
    const auto done = check_conformance(*file, FillMode::strict);
    return done ? "" : done.error().substr(0, done.error().find('\n'));
}

TEST(ConformanceFile, passes_where_every_report_is_as_expected) {
    const std::string text = with_the_others(std::string(kMarket) +
                                             "[expect strict]\n"
                                             "1:00 1 accepted\n1:00 1 filled 10@100 taker\n");
    EXPECT_EQ(fault_of(text), "");
}

TEST(ConformanceFile, names_the_line_that_differs) {
    const std::string text = with_the_others(std::string(kMarket) +
                                             "[expect strict]\n"
                                             "1:00 1 accepted\n1:00 1 filled 10@101 taker\n");
    EXPECT_EQ(fault_of(text),
              "8: expected '1:00 1 filled 10@101 taker', got '1:00 1 filled 10@100 taker'");
    const std::string early =
        with_the_others(std::string(kMarket) + "[expect strict]\n1:00 1 accepted\n");
    EXPECT_EQ(fault_of(early), "7: expected no more, got '1:00 1 filled 10@100 taker'");
}

TEST(ConformanceFile, names_the_line_that_it_cannot_read) {
    struct Bad {
        const char* text;
        const char* fault;
    };
    const Bad cases[] = {
        {"bar 0 1 1 1 1\n", "1: a heading comes first, such as [market]"},
        {"# x\n[market\n", "2: a heading ends with ']'"},
        {"[prices]\n",
         "1: unknown section 'prices'; known: settings, market, orders, expect MODES, n/a MODES"},
        {"[settings]\ntick\n", "2: tick takes one value"},
        {"[settings]\ntick wide\n", "2: 'wide' is not a number"},
        {"[settings]\ninsert_latency 5\n", "2: '5' is not a duration: 50ms"},
        {"[expect]\n", "1: a fill mode is due"},
        {"[n/a strict]\n", "1: n/a needs its reason behind the heading"},
        {"[n/a strict] so\n1:00 1 accepted\n", "2: nothing stands below n/a: it has no answer"},
        {"[expect strict]\n[expect strict]\n", "2: a second answer for mode strict"},
    };
    for (const Bad& c : cases) EXPECT_EQ(fault_of(c.text), c.fault) << c.text;
    const auto unknown = fault_of("[expect exact]\n");
    EXPECT_EQ(unknown, "1: unknown fill mode 'exact'; known: " + fill_mode_names());
    EXPECT_TRUE(fault_of("[settings]\nspread 5\n")
                    .starts_with("2: unknown setting 'spread'; known: account,"));
    EXPECT_TRUE(
        fault_of("[market]\n\n").starts_with("1: no answer for mode strict: add [expect strict]"));
}

TEST(ConformanceFile, names_the_line_of_a_row_or_an_order_that_it_cannot_read) {
    struct Bad {
        const char* text;
        const char* fault;
    };
    const Bad cases[] = {
        {"[market]\nbar 0 100 101 99\n", "2: bar needs open, high, low and close"},
        {"[market]\nbar noon 100 101 99 1\n",
         "2: 'noon' is not a time: minutes or minutes:seconds"},
        {"[market]\nbar 0 100 x 99 1\n", "2: 'x' is not a number"},
        {"[market]\n\ncandle 0 1 1 1 1\n",
         "3: 'candle' is not a row: bar, bid, ask, inner, inner_trade, quote, trade, book, levels, "
         "add, modify, remove, print, cross, split, dividend, funding, delist, halt, resume or a "
         "status"},
        {"[orders]\n\n1 hold 1 10 market\n", "3: 'hold' is not buy, sell, cancel or replace"},
        {"[orders]\n1 buy 1 10 limit\n", "2: ends where a limit price is due"},
        {"[orders]\n1 buy 1 10 market forever\n",
         "2: 'forever' is not an option: day, gtd=TIME, ioc, fok, at_open, at_close, post, reduce, "
         "leg=long, leg=short, display=N, start=PRICE, parent=N, list=N, oto, oco or ouo"},
        {"[orders]\n1 buy 1.5 10 market\n", "2: '1.5' is not an order's number"},
        {"[orders]\n1 replace 1 side=sell\n", "2: 'sell' is not a number"},
    };
    for (const Bad& c : cases) {
        EXPECT_EQ(fault_of(with_the_others(std::string(c.text) + "[expect strict]\n")), c.fault)
            << c.text;
    }
}

}  // namespace
}  // namespace tradewind::sim::testing
