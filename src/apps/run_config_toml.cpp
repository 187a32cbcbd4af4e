// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <toml.hpp>
#include <utility>
#include <vector>

#include "apps/feature_choice.hpp"
#include "apps/run_config.hpp"
#include "base/try.hpp"

namespace tradewind::apps {
namespace {

using Done = std::expected<void, std::string>;

std::string at(const std::string& path, const toml::value& value) {
    const toml::source_location where = value.location();
    return fmt::format("{}:{}:{}", path, where.line(), where.column());
}

using Entry = std::pair<std::string, toml::value>;

/// A table's entries as they stand in the file. The parser keeps them by hash, and neither which of
/// two errors is told nor the order of parameters may hang on that.
std::vector<Entry> in_order(const toml::value& table) {
    std::vector<Entry> out(table.as_table().begin(), table.as_table().end());
    const auto place = [](const Entry& entry) {
        const toml::source_location where = entry.second.location();
        return std::pair{where.line(), where.column()};
    };
    std::sort(out.begin(), out.end(),
              [&](const Entry& a, const Entry& b) { return place(a) < place(b); });
    return out;
}

/// A plain value as the text that a flag would carry.
std::expected<std::string, std::string> as_text(const toml::value& value) {
    switch (value.type()) {
        case toml::value_t::string: return value.as_string().str;
        case toml::value_t::integer: return std::to_string(value.as_integer());
        case toml::value_t::floating: return fmt::format("{}", value.as_floating());
        case toml::value_t::boolean: return value.as_boolean() ? "true" : "false";
        case toml::value_t::local_date:
        case toml::value_t::local_datetime:
        case toml::value_t::offset_datetime: return toml::format(value);
        default: return std::unexpected("is no plain value");
    }
}

Done set_at(RunConfig& config, const std::string& path, const std::string& key,
            const toml::value& value) {
    const auto text = as_text(value);
    if (!text) return std::unexpected(fmt::format("{}: {} {}", at(path, value), key, text.error()));
    if (auto done = set_option(config, key, *text); !done) {
        return std::unexpected(fmt::format("{}: {}", at(path, value), done.error()));
    }
    return {};
}

Done load_stops(StrategyConfig& strategy, const std::string& path, const toml::value& value) {
    if (!value.is_array()) {
        return std::unexpected(fmt::format(
            "{}: strategy.stops is a list: [\"fixed 5%\", \"time 20 bars\"]", at(path, value)));
    }
    for (const toml::value& one : value.as_array()) {
        if (!one.is_string()) {
            return std::unexpected(
                fmt::format("{}: a stop is a text: \"fixed 5%\"", at(path, one)));
        }
        if (auto done = add_stops(strategy, one.as_string().str); !done) {
            return std::unexpected(
                fmt::format("{}: strategy.stops: {}", at(path, one), done.error()));
        }
    }
    return {};
}

Done load_strategy(RunConfig& config, const std::string& path, const toml::value& table) {
    if (!table.is_table()) {
        return std::unexpected(fmt::format("{}: strategy is a table", at(path, table)));
    }
    StrategyConfig& strategy = config.strategies.emplace_back();
    for (const auto& [key, value] : in_order(table)) {
        if (key == "instruments" && value.is_array()) {
            for (const toml::value& one : value.as_array()) {
                if (!one.is_string()) {
                    return std::unexpected(fmt::format("{}: a symbol is a text", at(path, one)));
                }
                strategy.instruments.push_back(one.as_string().str);
            }
            continue;
        }
        if (key == "stops") {
            TRY_VOID(load_stops(strategy, path, value));
            continue;
        }
        const auto text = as_text(value);
        if (!text) {
            return std::unexpected(
                fmt::format("{}: strategy.{} {}", at(path, value), key, text.error()));
        }
        if (key == "name") {
            strategy.name = *text;
        } else if (key == "sizing") {
            const auto sizing = signal::parse_sizing(*text);
            if (!sizing) {
                return std::unexpected(
                    fmt::format("{}: strategy.sizing: {}", at(path, value), sizing.error()));
            }
            strategy.sizing = *sizing;
        } else if (key == "bars") {
            if (!parse_bar_spec(*text)) {
                return std::unexpected(fmt::format("{}: strategy.bars: '{}' is not a bar interval",
                                                   at(path, value), *text));
            }
            strategy.bars = *text;
        } else {
            strategy.params.entries.emplace_back(key, *text);
        }
    }
    // By name, so that a file that says the same in another order gives the same hash.
    std::sort(strategy.params.entries.begin(), strategy.params.entries.end());
    if (strategy.name.empty()) {
        return std::unexpected(fmt::format("{}: strategy has no name", at(path, table)));
    }
    return {};
}

Done load_section(RunConfig& config, const std::string& path, const std::string& section,
                  const toml::value& table) {
    if (!table.is_table()) {
        return std::unexpected(
            fmt::format("{}: {} is a section: write [{}]", at(path, table), section, section));
    }
    for (const auto& [name, value] : in_order(table)) {
        const std::string key = section + "." + name;
        if (!value.is_array()) {
            TRY_VOID(set_at(config, path, key, value));
            continue;
        }
        for (const toml::value& one : value.as_array()) TRY_VOID(set_at(config, path, key, one));
    }
    return {};
}

/// A section of name = "text", in the file's order. `what`: "feature", of the section [features].
std::expected<std::vector<ChosenFeature>, std::string> texts_in(const std::string& path,
                                                                std::string_view what,
                                                                const toml::value& table) {
    if (!table.is_table()) {
        return std::unexpected(
            fmt::format("{}: {}s is a section: write [{}s]", at(path, table), what, what));
    }
    std::vector<ChosenFeature> out;
    for (const auto& [name, value] : in_order(table)) {
        if (!value.is_string()) {
            return std::unexpected(fmt::format("{}: {} {} is no text: write {} = \"...\"",
                                               at(path, value), what, name, name));
        }
        out.push_back({.text = {.name = name, .expression = value.as_string().str},
                       .where = at(path, value)});
    }
    if (out.empty()) {
        return std::unexpected(fmt::format("{}: [{}s] is empty", at(path, table), what));
    }
    return out;
}

/// NAME = "FILE" or "FILE:COLUMN"
std::expected<GroupChoice, std::string> load_group(const std::string& path, const std::string& name,
                                                   const toml::value& value) {
    if (!value.is_string()) {
        return std::unexpected(
            fmt::format("{}: group {} is no text: write {} = \"FILE\" or \"FILE:COLUMN\"",
                        at(path, value), name, name));
    }
    GroupChoice out = TRY(parse_group(name + "=" + value.as_string().str));
    out.where = at(path, value);
    return out;
}

/// The section [groups].
std::expected<std::vector<GroupChoice>, std::string> groups_in(const std::string& path,
                                                               const toml::value& table) {
    if (!table.is_table()) {
        return std::unexpected(
            fmt::format("{}: groups is a section: write [groups]", at(path, table)));
    }
    std::vector<GroupChoice> out;
    for (const auto& [name, value] : in_order(table)) {
        out.push_back(TRY(load_group(path, name, value)));
    }
    return out;
}

/// [sources.NAME]
std::expected<SourceChoice, std::string> load_source(const std::string& path,
                                                     const std::string& name,
                                                     const toml::value& table) {
    if (!table.is_table()) {
        return std::unexpected(
            fmt::format("{}: a source is a section: write [sources.{}]", at(path, table), name));
    }
    SourceChoice out{.name = name, .where = at(path, table)};
    const auto set = [&](const std::string& key, const toml::value& value) -> Done {
        const auto text = as_text(value);
        const auto done = text ? set_source(out, key, *text)
                               : Done{std::unexpected(fmt::format("{} {}", key, text.error()))};
        if (done) return {};
        return std::unexpected(fmt::format("{}: {}", at(path, value), done.error()));
    };
    for (const auto& [key, value] : in_order(table)) {
        if (!value.is_array()) {
            TRY_VOID(set(key, value));
            continue;
        }
        for (const toml::value& one : value.as_array()) TRY_VOID(set(key, one));
    }
    return out;
}

/// The sections [sources.NAME].
std::expected<std::vector<SourceChoice>, std::string> sources_in(const std::string& path,
                                                                 const toml::value& table) {
    if (!table.is_table()) {
        return std::unexpected(
            fmt::format("{}: sources is a section: write [sources.NAME]", at(path, table)));
    }
    std::vector<SourceChoice> out;
    for (const auto& [name, value] : in_order(table)) {
        out.push_back(TRY(load_source(path, name, value)));
    }
    return out;
}

/// A value of [models] as JSON; a table, where one is left, by name.
std::expected<nlohmann::ordered_json, std::string> as_json(const std::string& path,
                                                           const toml::value& value) {
    switch (value.type()) {
        case toml::value_t::string: return value.as_string().str;
        case toml::value_t::integer: return value.as_integer();
        case toml::value_t::floating: return value.as_floating();
        case toml::value_t::boolean: return value.as_boolean();
        case toml::value_t::array: {
            auto out = nlohmann::ordered_json::array();
            for (const toml::value& one : value.as_array()) out.push_back(TRY(as_json(path, one)));
            return out;
        }
        case toml::value_t::table: {
            auto out = nlohmann::ordered_json::object();
            for (const auto& [name, one] : in_order(value)) out[name] = TRY(as_json(path, one));
            return out;
        }
        default:
            return std::unexpected(
                fmt::format("{}: is neither a text, a number nor a list", at(path, value)));
    }
}

/// [models], its sections [models.FAMILY], [models.cpcv], [models.search] and
/// [models.search.FAMILY], and [walkforward].
Done load_training(RunConfig& config, const std::string& path, const std::string& section,
                   const toml::value& table) {
    if (!table.is_table()) {
        return std::unexpected(
            fmt::format("{}: {} is a section: write [{}]", at(path, table), section, section));
    }
    for (const auto& [name, value] : in_order(table)) {
        const std::string key = section + "." + name;
        // an empty section is a setting too: it asks for what it says unless told otherwise
        const bool is_section =
            value.is_table() && !value.as_table().empty() &&
            (section.find('.') == std::string::npos || section == "models.search");
        if (is_section) {
            TRY_VOID(load_training(config, path, key, value));
            continue;
        }
        config.training.push_back(
            {.key = key, .json = TRY(as_json(path, value)).dump(), .where = at(path, value)});
    }
    return {};
}

Done load_root(RunConfig& config, const std::string& path, const toml::value& root) {
    for (const auto& [section, value] : in_order(root)) {
        if (section == "features") {
            for (ChosenFeature& one : TRY(texts_in(path, "feature", value))) {
                config.features.emplace_back(std::move(one.text.name),
                                             std::move(one.text.expression));
            }
        } else if (section == "labels") {
            continue;  // for `features labels`; nothing that trades reads them
        } else if (is_of_training(section)) {
            TRY_VOID(load_training(config, path, section, value));
        } else if (section == "groups") {
            config.groups = TRY(groups_in(path, value));
        } else if (section == "sources") {
            config.sources = TRY(sources_in(path, value));
        } else if (section != "strategy") {
            TRY_VOID(load_section(config, path, section, value));
        } else if (value.is_array()) {
            for (const toml::value& one : value.as_array()) {
                TRY_VOID(load_strategy(config, path, one));
            }
        } else {
            TRY_VOID(load_strategy(config, path, value));
        }
    }
    return {};
}

/// The first line of the parser's message, which draws the source over several.
std::string first_line(std::string_view text) {
    constexpr std::string_view kMark = "[error] ";
    if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
    return std::string{text.substr(0, text.find('\n'))};
}

/// Calls `read(root)` with a TOML file. Errors are one line that names the place.
template <typename Read>
auto with_toml(const std::string& path, const Read& read) -> decltype(read(toml::value{})) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) {
        return std::unexpected(fmt::format("{}: there is no such file", path));
    }
    try {
        return read(toml::parse(path));
    } catch (const toml::exception& e) {
        return std::unexpected(fmt::format("{}:{}:{}: {}", path, e.location().line(),
                                           e.location().column(), first_line(e.what())));
    } catch (const std::exception& e) {
        return std::unexpected(fmt::format("{}: {}", path, first_line(e.what())));
    }
}

}  // namespace

Done load_config(RunConfig& config, const std::string& path) {
    return with_toml(path, [&](const toml::value& root) { return load_root(config, path, root); });
}

namespace {

std::expected<std::vector<ChosenFeature>, std::string> load_texts(const std::string& path,
                                                                  const std::string& what) {
    using Loaded = std::expected<std::vector<ChosenFeature>, std::string>;
    return with_toml(path, [&](const toml::value& root) -> Loaded {
        const std::string section = what + "s";
        if (!root.is_table() || !root.as_table().contains(section)) {
            return std::unexpected(fmt::format("{}: has no section [{}]", path, section));
        }
        return texts_in(path, what, root.as_table().at(section));
    });
}

}  // namespace

std::expected<std::vector<ChosenFeature>, std::string> load_features(const std::string& path) {
    return load_texts(path, "feature");
}

std::expected<std::vector<ChosenFeature>, std::string> load_labels(const std::string& path) {
    return load_texts(path, "label");
}

namespace {}  // namespace

std::expected<SurroundingsChoice, std::string> load_surroundings(const std::string& path) {
    using Loaded = std::expected<SurroundingsChoice, std::string>;
    return with_toml(path, [&](const toml::value& root) -> Loaded {
        SurroundingsChoice out;
        for (const auto& [section, table] : in_order(root)) {
            if (section == "features" || section == "labels") continue;
            if (section != "sources" && section != "groups") {
                return std::unexpected(
                    fmt::format("{}: there is no section [{}]; there are features, labels, "
                                "sources, groups",
                                at(path, table), section));
            }
            if (section == "groups") {
                out.groups = TRY(groups_in(path, table));
            } else {
                out.sources = TRY(sources_in(path, table));
            }
        }
        return out;
    });
}

}  // namespace tradewind::apps
