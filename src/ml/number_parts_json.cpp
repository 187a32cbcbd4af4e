// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "base/try.hpp"
#include "ml/json_fields.hpp"
#include "ml/number_ensemble.hpp"

namespace tradewind::ml {
namespace {

/// Beyond any that could be fitted, so that no sum of them is infinite.
constexpr double kNumberMax = 1e12;

Json json_of(const Shift& shift) { return {{"slope", shift.slope}, {"offsets", shift.offsets}}; }

bool is_large(double x) { return std::abs(x) > kNumberMax; }

Field<double> bounded_field(const Json& from, std::string_view name) {
    const double out = TRY(number_field(from, name));
    if (is_large(out)) {
        return std::unexpected(std::string{name} + ": is beyond any that could be fitted");
    }
    return out;
}

Field<std::vector<double>> bounded_list(const Json& from, std::string_view name) {
    std::vector<double> out = TRY(numbers_field(from, name));
    if (std::any_of(out.begin(), out.end(), is_large)) {
        return std::unexpected(std::string{name} + ": one is beyond any that could be fitted");
    }
    return out;
}

Field<Shift> read_shift(const Json& from, std::size_t scores) {
    Shift out{.slope = TRY(bounded_field(from, "slope")),
              .offsets = TRY(bounded_list(from, "offsets"))};
    if (out.slope < 0) return std::unexpected("slope: should be 0 at least");
    if (out.offsets.size() != scores) return std::unexpected("offsets: not one a level");
    return out;
}

Field<std::optional<double>> optional_field(const Json& from, std::string_view name) {
    if (!from.contains(std::string{name})) return std::nullopt;
    return TRY(bounded_field(from, name));
}

Field<ResidualSpread> read_spread(const Json& from) {
    auto out = ResidualSpread::of_points(TRY(bounded_list(from, "residuals")));
    if (!out) return std::unexpected("residuals: should be 1 to 201 numbers that ascend");
    return std::move(*out);
}

}  // namespace

std::string to_json(const NumberParts& parts) {
    Json members = Json::array();
    for (const Shift& one : parts.members) members.push_back(json_of(one));
    Json out{{"sense", to_string(parts.sense)},
             {"members", std::move(members)},
             {"voting", Json::parse(parts.voting.to_json())},
             {"final_shift", json_of(parts.final_shift)},
             {"mean_line", json_of(parts.mean_line)},
             {"radius", parts.radius},
             {"width_least", parts.width_least},
             {"residuals",
              std::vector<double>(parts.spread.points().begin(), parts.spread.points().end())},
             {"growth", parts.growth}};
    if (parts.least) out["least"] = *parts.least;
    if (parts.unsure_miss) out["unsure_miss"] = *parts.unsure_miss;
    return out.dump();
}

std::expected<NumberParts, std::string> parse_number_parts(std::string_view json) {
    const Json from = TRY(parse_object(json));
    NumberParts out;
    const auto sense = parse_number_sense(TRY(text_field(from, "sense")));
    if (!sense) return std::unexpected("sense: should be plain, simple_return or log_return");
    out.sense = *sense;
    out.voting = TRY(NumberVoting::parse(TRY(object_field(from, "voting")).dump()));
    const Json members = TRY(list_field(from, "members"));
    if (members.size() != out.voting.members()) {
        return std::unexpected("members: not as many as vote");
    }
    const std::size_t scores = out.voting.scores();
    for (const Json& one : members) out.members.push_back(TRY(read_shift(one, scores)));
    out.final_shift = TRY(read_shift(TRY(object_field(from, "final_shift")), scores));
    out.mean_line = TRY(read_shift(TRY(object_field(from, "mean_line")), 1));
    out.radius = TRY(bounded_field(from, "radius"));
    out.width_least = TRY(bounded_field(from, "width_least"));
    const bool has_width = out.width_least > 0;
    if (has_width == out.voting.levels().empty()) {
        return std::unexpected("width_least: should be above 0 of quantiles, 0 of a value");
    }
    out.spread = TRY(read_spread(from));
    out.growth = TRY(bounded_field(from, "growth"));
    out.least = TRY(optional_field(from, "least"));
    out.unsure_miss = TRY(optional_field(from, "unsure_miss"));
    return out;
}

}  // namespace tradewind::ml
