// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/time.hpp"
#include "feature/facts.hpp"
#include "feature/panel.hpp"

/// What expressions may name beside bars, read from files: news, calendars, series, groups.
namespace tradewind::apps {

/// A source as its user asks for it.
struct SourceChoice {
    std::string name;
    std::string where;  ///< "--source", "mine.toml:3:7"
    std::optional<feature::SourceKind> kind{};
    std::string file{};
    std::vector<std::string> events{};  ///< calendar: only these; empty: by the source's name
    std::string country{};              ///< calendar: only this; empty: any
    std::string column = "value";       ///< series: which one
    std::optional<Duration> lag{};      ///< series: a value is known so long after its `ts`
    Duration announced = days(365);     ///< calendar: what is due is known so long before
};
/// Sets kind, file, event, country, column, lag or announced. The error is one line without the
/// place.
[[nodiscard]] std::expected<void, std::string> set_source(SourceChoice& source,
                                                          std::string_view key,
                                                          const std::string& value);
/// "fomc=calendar:dates.csv,event=FOMC decision"
[[nodiscard]] std::expected<SourceChoice, std::string> parse_source(const std::string& text);

/// A way to group instruments: a column of a table with a column symbol.
struct GroupChoice {
    std::string name;
    std::string where;
    std::string file;
    std::string column{};  ///< empty: the first whose name has the group's in it
};
/// "sector=constituents.csv" or "sector=constituents.csv:GICS Sector"
[[nodiscard]] std::expected<GroupChoice, std::string> parse_group(const std::string& text);

/// All that is named beside bars.
struct SurroundingsChoice {
    std::vector<SourceChoice> sources;
    std::vector<GroupChoice> groups;
};

/// As the graph's compiler wants it: looks at the names and at the files' first lines.
[[nodiscard]] std::expected<feature::Surroundings, std::string> surroundings_of(
    const SurroundingsChoice& choice);

/// A fact and the ticker that it is about; empty, or "*": all of them.
struct NamedFact {
    std::string symbol;
    feature::Fact fact;
};
/// The whole file, in the order in which its facts were known. What has no instant is left out.
[[nodiscard]] std::expected<std::vector<NamedFact>, std::string> read_source(
    const SourceChoice& source);
/// Those of an instrument ("AAPL.NASDAQ" is the ticker AAPL).
[[nodiscard]] std::vector<feature::Fact> facts_of(const std::vector<NamedFact>& facts,
                                                  std::string_view symbol);

/// An instrument's group in each of the choice's, by name; empty where the table does not name it.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> read_group(
    const GroupChoice& group, const std::vector<std::string>& symbols);

/// Numbers for the names of groups, the same whatever the order of the table.
[[nodiscard]] std::vector<std::uint32_t> group_numbers(const std::vector<std::string>& names);

/// Everything about sources and groups that values hang on, but for the files' content: for the
/// hash of a schema.
[[nodiscard]] std::string describe(const SurroundingsChoice& choice);

}  // namespace tradewind::apps
