// SPDX-License-Identifier: Apache-2.0
#include "apps/feature_sources.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <span>
#include <utility>

#include "apps/option_text.hpp"
#include "apps/table_file.hpp"
#include "base/try.hpp"
#include "feature/graph.hpp"
#include "feature/nearest.hpp"

namespace tradewind::apps {
namespace {

using feature::Fact;
using feature::FactKind;
using feature::SourceKind;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Instants of facts, and what is added to them, are so bounded that no sum and no difference of two
// overflows: one that wrapped would be known long before it was.
constexpr std::int64_t kInstantMost = std::int64_t{1} << 62U;
constexpr Duration kDurationMost = days(36'500);

/// What traders call a release, and what calendars of ForexFactory's kind do.
struct KnownRelease {
    std::string_view name;
    std::string_view country;
    std::span<const std::string_view> events;
};
constexpr std::array<std::string_view, 3> kFomc{"FOMC decision", "FOMC Statement",
                                                "Federal Funds Rate"};
constexpr std::array<std::string_view, 2> kPayrolls{"Non-Farm Employment Change",
                                                    "Nonfarm Payrolls"};
constexpr std::array<std::string_view, 1> kCpi{"CPI m/m"};
constexpr std::array<std::string_view, 1> kCoreCpi{"Core CPI m/m"};
constexpr std::array<std::string_view, 1> kJobless{"Unemployment Claims"};
constexpr std::array<std::string_view, 1> kGdp{"Advance GDP q/q"};
constexpr std::array<std::string_view, 2> kEcb{"Main Refinancing Rate",
                                               "Monetary Policy Statement"};
constexpr std::array<std::string_view, 1> kBoe{"Official Bank Rate"};
constexpr std::array<KnownRelease, 8> kKnownReleases{{{"fomc", "US", kFomc},
                                                      {"nfp", "US", kPayrolls},
                                                      {"cpi", "US", kCpi},
                                                      {"core_cpi", "US", kCoreCpi},
                                                      {"jobless_claims", "US", kJobless},
                                                      {"gdp", "US", kGdp},
                                                      {"ecb", "EU", kEcb},
                                                      {"boe", "GB", kBoe}}};

const KnownRelease* known_release(std::string_view name) {
    const auto* const found =
        std::find_if(kKnownReleases.begin(), kKnownReleases.end(),
                     [name](const KnownRelease& known) { return known.name == name; });
    return found == kKnownReleases.end() ? nullptr : found;
}

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

std::string_view ticker_of(std::string_view symbol) {
    const std::size_t venue = symbol.rfind('.');
    return venue == std::string_view::npos ? symbol : symbol.substr(0, venue);
}
bool is_for_all(std::string_view symbol) { return symbol.empty() || symbol == "*"; }
bool names(std::string_view given, std::string_view symbol) {
    return given == symbol || given == ticker_of(symbol);
}

std::expected<Duration, std::string> duration_of(std::string_view key, const std::string& value) {
    const auto out = parse_duration(value);
    if (!out || out->ns < 0 || out->ns > kDurationMost.ns) {
        return std::unexpected(
            fmt::format("{}: '{}' is no duration up to 36500d; give one like 1d", key, value));
    }
    return *out;
}

/// Where a table's columns are, by what they are for; -1: it has none.
class Columns {
public:
    Columns(std::vector<std::string> names, std::span<const std::string_view> wanted)
        : names_(std::move(names)) {
        for (const std::string_view name : wanted) {
            if (has(name)) wanted_.push_back(name);
        }
    }
    [[nodiscard]] bool has(std::string_view name) const {
        return std::find(names_.begin(), names_.end(), name) != names_.end();
    }
    [[nodiscard]] std::span<const std::string_view> wanted() const { return wanted_; }
    [[nodiscard]] std::optional<std::size_t> place(std::string_view name) const {
        const auto found = std::find(wanted_.begin(), wanted_.end(), name);
        if (found == wanted_.end()) return std::nullopt;
        return static_cast<std::size_t>(found - wanted_.begin());
    }

private:
    std::vector<std::string> names_;
    std::vector<std::string_view> wanted_;
};

/// A source's file, row by row, with columns that it may lack.
class SourceFile {
public:
    static std::expected<SourceFile, std::string> open(const SourceChoice& source,
                                                       std::span<const std::string_view> wanted) {
        Columns columns{TRY(TableFile::columns_of(source.file)), wanted};
        TableFile table = TRY(TableFile::open(source.file, columns.wanted()));
        return SourceFile{std::move(columns), std::move(table)};
    }
    std::expected<bool, std::string> next() { return table_.next(); }
    [[nodiscard]] std::string_view text(std::string_view column) const {
        const auto place = columns_.place(column);
        return place ? table_.cell(*place) : std::string_view{};
    }
    /// nullopt: the cell is empty.
    [[nodiscard]] std::expected<std::optional<std::int64_t>, std::string> instant(
        std::string_view column) const {
        if (text(column).empty()) return std::nullopt;
        const auto out = table_.instant(*columns_.place(column));
        if (!out) {
            return wrong(column, "is no instant",
                         "give nanoseconds since 1970 or 2014-05-02T12:30:00Z");
        }
        if (out->ns < -kInstantMost || out->ns > kInstantMost) {
            return wrong(column, "is not between 1824 and 2115", "mend the row");
        }
        return out->ns;
    }
    /// NaN: the cell is empty.
    [[nodiscard]] std::expected<double, std::string> number(std::string_view column) const {
        const std::string_view given = text(column);
        if (given.empty()) return kNaN;
        double out = 0;
        const char* end = given.data() + given.size();
        const auto [stop, error] = std::from_chars(given.data(), end, out);
        if (error == std::errc{} && stop == end && std::isfinite(out)) return out;
        return wrong(column, "is no number", "give a plain decimal, or leave it empty");
    }
    [[nodiscard]] std::unexpected<std::string> wrong(std::string_view column,
                                                     std::string_view problem,
                                                     std::string mend) const {
        return table_.error(*columns_.place(column), fmt::format("'{}' {}", text(column), problem),
                            std::move(mend));
    }

private:
    SourceFile(Columns columns, TableFile table)
        : columns_(std::move(columns)), table_(std::move(table)) {}

    Columns columns_;
    TableFile table_;
};

constexpr std::array<std::string_view, 6> kNewsColumns{"ts",    "known_at", "symbol",
                                                       "score", "label",    "precision"};
constexpr std::array<std::string_view, 9> kCalendarColumns{
    "ts", "known_at", "symbol", "event", "country", "actual", "forecast", "previous", "precision"};

std::vector<std::string_view> columns_of(const SourceChoice& source) {
    switch (*source.kind) {
        case SourceKind::news: return {kNewsColumns.begin(), kNewsColumns.end()};
        case SourceKind::calendar: return {kCalendarColumns.begin(), kCalendarColumns.end()};
        case SourceKind::series: return {"ts", "known_at", "symbol", source.column};
    }
    __builtin_unreachable();
}

/// When a row was true, and from when on it was known; nullopt: it does not tell.
struct Instants {
    std::int64_t at = 0;
    std::int64_t known_at = 0;
};
std::expected<std::optional<Instants>, std::string> instants_of(const SourceFile& file,
                                                                Duration lag) {
    const std::string_view precision = file.text("precision");
    const auto at = TRY(file.instant("ts"));
    if (!at || precision == "none") return std::nullopt;
    // an item of a day is known only at its end
    const Duration day = precision == "day" ? days(1) : Duration{};
    const auto known = TRY(file.instant("known_at"));
    return Instants{.at = *at, .known_at = known.value_or(*at + day.ns + lag.ns)};
}

std::expected<double, std::string> score_of(const SourceFile& file) {
    const double told = TRY(file.number("score"));
    if (!std::isnan(told)) {
        if (told < -1 || told > 1) {
            return file.wrong("score", "is not from -1 to 1", "scale it");
        }
        return told;
    }
    const std::string_view label = file.text("label");
    if (label.empty()) return kNaN;
    if (label == "positive") return 1.0;
    if (label == "neutral") return 0.0;
    if (label == "negative") return -1.0;
    return file.wrong("label", "is none of positive, neutral, negative", "give one, or a score");
}

/// Which rows of a calendar a source is.
class EventFilter {
public:
    explicit EventFilter(const SourceChoice& source) : country_(source.country) {
        events_.assign(source.events.begin(), source.events.end());
        const KnownRelease* known = known_release(source.name);
        if (!events_.empty() || known == nullptr) return;
        events_.assign(known->events.begin(), known->events.end());
        if (country_.empty()) country_ = known->country;
    }
    [[nodiscard]] bool takes(std::string_view event, std::string_view country) const {
        const bool right_country = country_.empty() || country.empty() || country == country_;
        return right_country && (events_.empty() ||
                                 std::find(events_.begin(), events_.end(), event) != events_.end());
    }
    [[nodiscard]] const std::vector<std::string>& events() const { return events_; }
    [[nodiscard]] const std::string& country() const { return country_; }

private:
    std::vector<std::string> events_;
    std::string country_;
};

std::unexpected<std::string> no_such_event(const SourceChoice& source, const EventFilter& filter,
                                           const std::map<std::string, std::size_t>& seen) {
    std::vector<std::string_view> names;
    for (const auto& [name, count] : seen) names.push_back(name);
    const std::string wanted = fmt::format("{}", fmt::join(filter.events(), ", "));
    const auto near = feature::nearest_names(
        filter.events().empty() ? source.name : filter.events().front(), names);
    return std::unexpected(fmt::format(
        "{}: has no event {}{}; say event=NAME{}", source.file, wanted,
        filter.country().empty() ? std::string{} : " of country " + filter.country(),
        near.empty() ? std::string{} : fmt::format("; do you mean {}?", fmt::join(near, " or "))));
}

std::expected<std::vector<NamedFact>, std::string> read_news(const SourceChoice& source) {
    SourceFile file = TRY(SourceFile::open(source, columns_of(source)));
    std::vector<NamedFact> out;
    while (TRY(file.next())) {
        const auto when = TRY(instants_of(file, {}));
        if (!when) continue;
        out.push_back({.symbol = std::string{file.text("symbol")},
                       .fact = {.known_at = when->known_at,
                                .at = when->at,
                                .value = TRY(score_of(file)),
                                .forecast = kNaN,
                                .previous = kNaN}});
    }
    return out;
}

std::expected<std::vector<NamedFact>, std::string> read_calendar(const SourceChoice& source) {
    SourceFile file = TRY(SourceFile::open(source, columns_of(source)));
    const EventFilter filter{source};
    std::vector<NamedFact> out;
    std::map<std::string, std::size_t> seen;
    while (TRY(file.next())) {
        ++seen[std::string{file.text("event")}];
        if (!filter.takes(file.text("event"), file.text("country"))) continue;
        const auto when = TRY(instants_of(file, {}));
        if (!when) continue;
        const std::string symbol{file.text("symbol")};
        out.push_back({.symbol = symbol,
                       .fact = {.known_at = when->at - source.announced.ns,
                                .at = when->at,
                                .kind = FactKind::schedule,
                                .value = kNaN,
                                .forecast = kNaN,
                                .previous = kNaN}});
        out.push_back({.symbol = symbol,
                       .fact = {.known_at = when->known_at,
                                .at = when->at,
                                .value = TRY(file.number("actual")),
                                .forecast = TRY(file.number("forecast")),
                                .previous = TRY(file.number("previous"))}});
    }
    if (out.empty()) return no_such_event(source, filter, seen);
    return out;
}

std::expected<std::vector<NamedFact>, std::string> read_series(const SourceChoice& source) {
    SourceFile file = TRY(SourceFile::open(source, columns_of(source)));
    std::vector<NamedFact> out;
    while (TRY(file.next())) {
        const auto when = TRY(instants_of(file, source.lag.value_or(Duration{})));
        if (!when) continue;
        out.push_back({.symbol = std::string{file.text("symbol")},
                       .fact = {.known_at = when->known_at,
                                .at = when->at,
                                .value = TRY(file.number(source.column)),
                                .forecast = kNaN,
                                .previous = kNaN}});
    }
    return out;
}

/// Whether the file has what its kind needs; gives back whether it tells instruments apart.
std::expected<bool, std::string> check_file(const SourceChoice& source) {
    const Columns columns{TRY(TableFile::columns_of(source.file)), {}};
    const auto needs = [&](std::string_view name) -> std::expected<void, std::string> {
        if (columns.has(name)) return {};
        return std::unexpected(
            fmt::format("{}:1: {}: there is no such column; a source of {} has it", source.file,
                        name, to_string(*source.kind)));
    };
    TRY_VOID(needs("ts"));
    const bool has_symbol = columns.has("symbol");
    switch (*source.kind) {
        case SourceKind::news:
            TRY_VOID(needs("symbol"));
            if (!columns.has("score")) TRY_VOID(needs("label"));
            return true;
        case SourceKind::calendar: TRY_VOID(needs("event")); return has_symbol;
        case SourceKind::series:
            TRY_VOID(needs(source.column));
            if (!source.lag && !columns.has("known_at")) {
                return std::unexpected(fmt::format(
                    "{}: source {}: say when a value is known: lag=1d (so long after its ts), or "
                    "give the file a column known_at",
                    source.where, source.name));
            }
            return has_symbol;
    }
    __builtin_unreachable();
}

/// The column of a table that groups instruments.
std::expected<std::string, std::string> group_column(const GroupChoice& group,
                                                     const std::vector<std::string>& columns) {
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const std::string& name) {
        return group.column.empty() ? lower(name).find(lower(group.name)) != std::string::npos
                                    : name == group.column;
    });
    if (found != columns.end()) return *found;
    return std::unexpected(fmt::format("{}:1: no column {}{}; say {}={}:COLUMN, one of {}",
                                       group.file,
                                       group.column.empty() ? "has a name like " : "is named ",
                                       group.column.empty() ? group.name : group.column, group.name,
                                       group.file, fmt::join(columns, ", ")));
}

}  // namespace

std::expected<void, std::string> set_source(SourceChoice& source, std::string_view key,
                                            const std::string& value) {
    if (key == "kind") {
        source.kind = feature::parse_source_kind(value);
        if (source.kind) return {};
        return std::unexpected(fmt::format("kind: '{}' is none of news, calendar, series", value));
    }
    if (key == "file") {
        source.file = value;
    } else if (key == "event") {
        source.events.push_back(value);
    } else if (key == "country") {
        source.country = value;
    } else if (key == "column") {
        source.column = value;
    } else if (key == "lag") {
        source.lag = TRY(duration_of(key, value));
    } else if (key == "announced") {
        source.announced = TRY(duration_of(key, value));
    } else {
        constexpr std::array<std::string_view, 7> kKeys{"kind",   "file", "event",    "country",
                                                        "column", "lag",  "announced"};
        const auto near = feature::nearest_names(key, kKeys);
        return std::unexpected(
            fmt::format("a source has no {}; it has {}{}", key, fmt::join(kKeys, ", "),
                        near.empty() ? std::string{}
                                     : fmt::format("; do you mean {}?", fmt::join(near, " or "))));
    }
    return {};
}

std::expected<SourceChoice, std::string> parse_source(const std::string& text) {
    const std::size_t equals = text.find('='), colon = text.find(':');
    if (equals == std::string::npos || colon == std::string::npos || colon < equals) {
        return std::unexpected(
            fmt::format("--source {}: write NAME=KIND:FILE, like fomc=calendar:dates.csv", text));
    }
    SourceChoice out{.name = text.substr(0, equals), .where = "--source"};
    const auto fail = [&](const std::string& error) {
        return std::unexpected(fmt::format("--source {}: {}", text, error));
    };
    if (auto done = set_source(out, "kind", text.substr(equals + 1, colon - equals - 1)); !done) {
        return fail(done.error());
    }
    const auto parts = split(std::string_view{text}.substr(colon + 1), ',');
    out.file = std::string{parts.front()};
    for (const std::string_view part : std::span{parts}.subspan(1)) {
        const std::size_t cut = part.find('=');
        if (cut == std::string_view::npos) {
            return fail(fmt::format("'{}' is not key=value", part));
        }
        auto done = set_source(out, part.substr(0, cut), std::string{part.substr(cut + 1)});
        if (!done) return fail(done.error());
    }
    return out;
}

std::expected<GroupChoice, std::string> parse_group(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals + 1 == text.size()) {
        return std::unexpected(fmt::format(
            "--group {}: write NAME=FILE or NAME=FILE:COLUMN, like sector=companies.csv", text));
    }
    GroupChoice out{
        .name = text.substr(0, equals), .where = "--group", .file = text.substr(equals + 1)};
    const std::size_t colon = out.file.rfind(':');
    if (colon != std::string::npos) {
        out.column = out.file.substr(colon + 1);
        out.file.resize(colon);
    }
    return out;
}

std::expected<feature::Surroundings, std::string> surroundings_of(
    const SurroundingsChoice& choice) {
    feature::Surroundings out;
    std::vector<std::string_view> taken;
    const auto check = [&](const std::string& name,
                           const std::string& where) -> std::expected<void, std::string> {
        if (auto fits = feature::check_name(name); !fits) {
            return std::unexpected(fmt::format("{}: {}", where, fits.error()));
        }
        if (std::find(taken.begin(), taken.end(), name) != taken.end()) {
            return std::unexpected(fmt::format("{}: {} is named twice", where, name));
        }
        taken.push_back(name);
        return {};
    };
    for (const SourceChoice& source : choice.sources) {
        TRY_VOID(check(source.name, source.where));
        if (!source.kind || source.file.empty()) {
            return std::unexpected(fmt::format("{}: source {} lacks its {}", source.where,
                                               source.name, source.kind ? "file" : "kind"));
        }
        out.sources.push_back({.name = source.name,
                               .kind = *source.kind,
                               .is_by_instrument = TRY(check_file(source))});
    }
    for (const GroupChoice& group : choice.groups) {
        TRY_VOID(check(group.name, group.where));
        out.groups.push_back(group.name);
    }
    return out;
}

std::expected<std::vector<NamedFact>, std::string> read_source(const SourceChoice& source) {
    const auto read = [&] {
        switch (*source.kind) {
            case SourceKind::news: return read_news(source);
            case SourceKind::calendar: return read_calendar(source);
            case SourceKind::series: return read_series(source);
        }
        __builtin_unreachable();
    };
    const std::vector<NamedFact> rows = TRY(read());
    std::vector<std::size_t> order(rows.size());
    std::iota(order.begin(), order.end(), 0U);
    // what was known at one instant stays in the order of the file
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::pair{rows[a].fact.known_at, a} < std::pair{rows[b].fact.known_at, b};
    });
    std::vector<NamedFact> out;
    out.reserve(rows.size());
    for (const std::size_t row : order) out.push_back(rows[row]);
    return out;
}

std::vector<Fact> facts_of(const std::vector<NamedFact>& facts, std::string_view symbol) {
    std::vector<Fact> out;
    for (const NamedFact& named : facts) {
        if (is_for_all(named.symbol) || names(named.symbol, symbol)) out.push_back(named.fact);
    }
    return out;
}

std::expected<std::vector<std::string>, std::string> read_group(
    const GroupChoice& group, const std::vector<std::string>& symbols) {
    const auto columns = TRY(TableFile::columns_of(group.file));
    const std::string column = TRY(group_column(group, columns));
    const auto symbol = std::find_if(columns.begin(), columns.end(), [](const std::string& name) {
        return lower(name) == "symbol";
    });
    if (symbol == columns.end()) {
        return std::unexpected(fmt::format("{}:1: symbol: there is no such column", group.file));
    }
    TableFile table = TRY(TableFile::open(group.file, {*symbol, column}));
    std::vector<std::string> out(symbols.size());
    while (TRY(table.next())) {
        for (std::size_t i = 0; i < symbols.size(); ++i) {
            if (names(table.cell(0), symbols[i])) out[i] = std::string{table.cell(1)};
        }
    }
    return out;
}

std::vector<std::uint32_t> group_numbers(const std::vector<std::string>& names) {
    std::vector<std::string> all = names;
    std::sort(all.begin(), all.end());
    std::vector<std::uint32_t> out;
    for (const std::string& name : names) {
        const auto place = std::lower_bound(all.begin(), all.end(), name) - all.begin();
        out.push_back(static_cast<std::uint32_t>(place));
    }
    return out;
}

std::string describe(const SurroundingsChoice& choice) {
    std::string out;
    for (const SourceChoice& source : choice.sources) {
        const EventFilter filter{source};
        out += fmt::format("source {} {} events {} country {} column {} lag {} announced {}\n",
                           source.name, to_string(*source.kind), fmt::join(filter.events(), "|"),
                           filter.country(), source.column, source.lag.value_or(Duration{}).ns,
                           source.announced.ns);
    }
    return out;
}

}  // namespace tradewind::apps
