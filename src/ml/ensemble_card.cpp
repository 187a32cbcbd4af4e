// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/try.hpp"
#include "ml/ensemble.hpp"
#include "ml/json_fields.hpp"

namespace tradewind::ml {
namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kNumberVersion = 2;
constexpr std::uint64_t kMetaVersion = 3;
constexpr double kCostMax = 10'000;
constexpr std::size_t kMembersMax = 1024;
constexpr std::size_t kColumnsMax = 1'000'000;
constexpr std::uint64_t kRowsMax = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kHorizonMax = 1'000'000;

Json parsed(const std::string& text) { return Json::parse(text); }

Json json_of(const RowsOrigin& o) {
    return {{"schema_hash", o.schema_hash},
            {"columns", o.columns},
            {"label", o.label},
            {"label_hash", o.label_hash},
            {"horizon_rows", o.horizon_rows},
            {"symbols", o.symbols},
            {"bars", o.bars},
            {"from", o.from},
            {"until", o.until},
            {"rows", o.rows},
            {"data_hash", o.data_hash}};
}

Field<std::int64_t> instant_field(const Json& from, std::string_view name) {
    const auto found = from.find(std::string{name});
    if (found == from.end() || !found->is_number_integer()) {
        return std::unexpected(fmt::format("{}: should be a whole number", name));
    }
    if (found->is_number_unsigned() &&
        found->get<std::uint64_t>() >
            static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return std::unexpected(fmt::format("{}: is too large", name));
    }
    return found->get<std::int64_t>();
}

Field<RowsOrigin> read_origin(const Json& from) {
    RowsOrigin out;
    out.schema_hash = TRY(text_field(from, "schema_hash"));
    out.columns = TRY(texts_field(from, "columns"));
    out.label = TRY(text_field(from, "label"));
    out.label_hash = TRY(text_field(from, "label_hash"));
    out.horizon_rows =
        static_cast<std::uint32_t>(TRY(count_field(from, "horizon_rows", kHorizonMax)));
    out.symbols = TRY(texts_field(from, "symbols"));
    out.bars = TRY(text_field(from, "bars"));
    out.from = TRY(instant_field(from, "from"));
    out.until = TRY(instant_field(from, "until"));
    out.rows = TRY(count_field(from, "rows", kRowsMax));
    out.data_hash = TRY(text_field(from, "data_hash"));
    if (out.columns.empty() || out.columns.size() > kColumnsMax) {
        return std::unexpected("columns: there are none, or more than any row has");
    }
    return out;
}

Field<Calibration> read_calibration(const Json& from, std::string_view name, std::size_t classes) {
    const auto found = parse_calibration(TRY(object_field(from, name)).dump());
    if (!found) return std::unexpected(fmt::format("{}: {}", name, found.error()));
    if (found->classes != classes) {
        return std::unexpected(fmt::format("{}: is of another number of classes", name));
    }
    return *found;
}

bool is_address(const std::string& text) {
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return text.size() == 64 && std::all_of(text.begin(), text.end(), is_digit);
}

/// `classes` 0: of numbers, without calibrations.
Field<std::vector<EnsembleMember>> read_members(const Json& from, std::size_t classes) {
    const Json list = TRY(list_field(from, "members"));
    if (list.empty() || list.size() > kMembersMax) {
        return std::unexpected(fmt::format("members: should be 1 to {}", kMembersMax));
    }
    std::vector<EnsembleMember> out;
    for (const Json& one : list) {
        EnsembleMember member;
        member.address = TRY(text_field(one, "address"));
        if (!is_address(member.address)) return std::unexpected("members: an address is none");
        if (classes > 0) member.calibration = TRY(read_calibration(one, "calibration", classes));
        out.push_back(std::move(member));
    }
    return out;
}

Field<Target> read_target(const Json& from) {
    Target out{.task = Task::classes, .levels = TRY(numbers_field(from, "levels"))};
    const bool ascends = std::adjacent_find(out.levels.begin(), out.levels.end(),
                                            std::greater_equal<>{}) == out.levels.end();
    if (out.levels.size() < 2 || out.levels.size() > kClassesMax || !ascends) {
        return std::unexpected("levels: should be 2 to 64 numbers that ascend");
    }
    return out;
}

Field<RegimeRule> read_regime(const Json& from, std::size_t columns) {
    RegimeRule out;
    out.column = static_cast<std::uint32_t>(TRY(count_field(from, "column", columns - 1)));
    out.edges = TRY(numbers_field(from, "edges"));
    if (!std::is_sorted(out.edges.begin(), out.edges.end())) {
        return std::unexpected("edges: should ascend");
    }
    return out;
}

Field<std::optional<ClassSets>> read_sets(const Json& from) {
    if (!from.contains("sets")) return std::nullopt;
    const Json sets = TRY(object_field(from, "sets"));
    ClassSets out;
    const auto kind = parse_set_kind(TRY(text_field(sets, "kind")));
    if (!kind) return std::unexpected("kind: of sets, should be lac or aps");
    out.kind = *kind;
    out.threshold = TRY(number_field(sets, "threshold"));
    return out;
}

Field<Target> read_number_target(const Json& from) {
    Target out;
    const auto task = parse_task(TRY(text_field(from, "task")));
    if (!task || *task == Task::classes) {
        return std::unexpected("task: should be value or quantiles");
    }
    out.task = *task;
    out.levels = TRY(numbers_field(from, "levels"));
    const auto is_level = [](double x) { return x > 0 && x < 1; };
    const bool ascends = std::adjacent_find(out.levels.begin(), out.levels.end(),
                                            std::greater_equal<>{}) == out.levels.end();
    const bool fits = *task == Task::value
                          ? out.levels.empty()
                          : out.levels.size() >= 2 && out.levels.size() <= kClassesMax && ascends &&
                                std::all_of(out.levels.begin(), out.levels.end(), is_level);
    if (fits) return out;
    return std::unexpected(
        "levels: should be none of a value, 2 to 64 between 0 and 1 that ascend of quantiles");
}

Field<NumberParts> read_numbers(const Json& from, const Target& target, std::size_t members) {
    const auto out = parse_number_parts(TRY(object_field(from, "numbers")).dump());
    if (!out) return std::unexpected(fmt::format("numbers: {}", out.error()));
    const auto levels = out->voting.levels();
    if (out->members.size() != members ||
        !std::equal(levels.begin(), levels.end(), target.levels.begin(), target.levels.end())) {
        return std::unexpected("numbers: of another number of members, or of other levels");
    }
    return *out;
}

Field<MetaPart> read_meta(const Json& from) {
    MetaPart out;
    out.address = TRY(text_field(from, "address"));
    if (!is_address(out.address)) return std::unexpected("meta: its address is none");
    out.calibration = TRY(read_calibration(from, "calibration", 2));
    out.cost_bps = TRY(number_field(from, "cost_bps"));
    if (!(out.cost_bps >= 0 && out.cost_bps <= kCostMax)) {
        return std::unexpected(fmt::format("cost_bps: should be 0 to {}", kCostMax));
    }
    return out;
}

Field<EnsembleCard> read_number_card(const Json& from) {
    EnsembleCard out;
    out.target = TRY(read_number_target(from));
    out.members = TRY(read_members(from, 0));
    out.origin = TRY(read_origin(TRY(object_field(from, "origin"))));
    out.numbers = TRY(read_numbers(from, out.target, out.members.size()));
    out.regime = TRY(read_regime(TRY(object_field(from, "regime")), out.origin.columns.size()));
    out.interval_miss = TRY(number_field(from, "interval_miss"));
    out.missing_max = TRY(number_field(from, "missing_max"));
    return out;
}

Field<EnsembleCard> read_card(const Json& from) {
    if (TRY(text_field(from, "kind")) != "ensemble") {
        return std::unexpected("kind: it is no ensemble");
    }
    const std::uint64_t version = TRY(count_field(from, "version", kMetaVersion));
    if (version == kNumberVersion) return read_number_card(from);
    if (version != kVersion && version != kMetaVersion) {
        return std::unexpected("version: it is of another one");
    }
    EnsembleCard out;
    out.target = TRY(read_target(from));
    const std::size_t classes = out.target.levels.size();
    out.members = TRY(read_members(from, classes));
    out.origin = TRY(read_origin(TRY(object_field(from, "origin"))));
    out.voting = TRY(Voting::parse(TRY(object_field(from, "voting")).dump()));
    if (out.voting.members() != out.members.size() || out.voting.classes() != classes) {
        return std::unexpected("voting: is of another number of members or classes");
    }
    out.regime = TRY(read_regime(TRY(object_field(from, "regime")), out.origin.columns.size()));
    out.final_calibration = TRY(read_calibration(from, "final_calibration", classes));
    out.class_returns = TRY(numbers_field(from, "class_returns"));
    if (out.class_returns.size() != classes) {
        return std::unexpected("class_returns: not one a class");
    }
    out.return_radius = TRY(number_field(from, "return_radius"));
    out.interval_miss = TRY(number_field(from, "interval_miss"));
    out.sets = TRY(read_sets(from));
    out.missing_max = TRY(number_field(from, "missing_max"));
    if (version == kMetaVersion) out.meta = TRY(read_meta(TRY(object_field(from, "meta"))));
    return out;
}

std::string number_bytes(const EnsembleCard& card) {
    Json members = Json::array();
    for (const EnsembleMember& one : card.members) members.push_back({{"address", one.address}});
    const Json out{{"kind", "ensemble"},
                   {"version", kNumberVersion},
                   {"task", to_string(card.target.task)},
                   {"levels", card.target.levels},
                   {"members", std::move(members)},
                   {"origin", json_of(card.origin)},
                   {"numbers", parsed(to_json(*card.numbers))},
                   {"regime", {{"column", card.regime.column}, {"edges", card.regime.edges}}},
                   {"interval_miss", card.interval_miss},
                   {"missing_max", card.missing_max}};
    return to_bytes(TensorFile{.description = out.dump(), .tensors = {}});
}

}  // namespace

std::string to_bytes(const EnsembleCard& card) {
    if (card.numbers) return number_bytes(card);
    Json members = Json::array();
    for (const EnsembleMember& one : card.members) {
        members.push_back(
            {{"address", one.address}, {"calibration", parsed(to_json(one.calibration))}});
    }
    Json out{{"kind", "ensemble"},
             {"version", card.meta ? kMetaVersion : kVersion},
             {"levels", card.target.levels},
             {"members", std::move(members)},
             {"origin", json_of(card.origin)},
             {"voting", parsed(card.voting.to_json())},
             {"regime", {{"column", card.regime.column}, {"edges", card.regime.edges}}},
             {"final_calibration", parsed(to_json(card.final_calibration))},
             {"class_returns", card.class_returns},
             {"return_radius", card.return_radius},
             {"interval_miss", card.interval_miss}};
    if (card.sets) {
        out["sets"] = {{"kind", to_string(card.sets->kind)}, {"threshold", card.sets->threshold}};
    }
    out["missing_max"] = card.missing_max;
    if (card.meta) {
        out["meta"] = {{"address", card.meta->address},
                       {"calibration", parsed(to_json(card.meta->calibration))},
                       {"cost_bps", card.meta->cost_bps}};
    }
    return to_bytes(TensorFile{.description = out.dump(), .tensors = {}});
}

std::expected<EnsembleCard, std::string> parse_ensemble(std::span<const std::byte> bytes) {
    const TensorFile file = TRY(parse_tensors(bytes));
    if (!file.tensors.empty()) return std::unexpected("it has arrays, so is no ensemble");
    return read_card(TRY(parse_object(file.description)));
}

}  // namespace tradewind::ml
