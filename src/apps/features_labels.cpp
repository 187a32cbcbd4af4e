// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/data_common.hpp"
#include "apps/feature_export.hpp"
#include "apps/features_options.hpp"
#include "base/try.hpp"
#include "research/labels/definition.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using research::labels::LabelDefinition;
using research::labels::Labels;
using research::labels::WeightDefinition;

/// More than those, and a label is a number.
constexpr std::size_t kClassesMax = 20;

struct NamedLabel {
    std::string name;
    LabelDefinition definition;
    std::uint64_t rows = 0;  ///< with a label
    std::uint64_t both_touched = 0;
    std::map<double, std::uint64_t> classes{};  ///< how often each came; too many: of the first
};

struct LabelWork {
    std::vector<NamedLabel> labels;
    std::vector<WeightDefinition> weights;

    /// For each label its value and its weights, and behind all the ends of their spans.
    [[nodiscard]] ExportColumns columns(bool has_instrument) const {
        ExportColumns out{.has_instrument = has_instrument, .names = {}};
        for (const NamedLabel& label : labels) {
            out.names.push_back(label.name);
            for (const WeightDefinition& weight : weights) {
                out.names.push_back(fmt::format("{}_{}", label.name, weight.name()));
            }
            out.instants.push_back(label.name + "_until");
        }
        return out;
    }
};

std::expected<std::vector<ChosenFeature>, std::string> chosen_labels(
    const FeaturesOptions& options) {
    const auto& names = options.features.names;
    const auto& texts = options.labels;
    if (!names.empty() && names.size() != texts.size()) {
        return std::unexpected(fmt::format("--name: there are {} for {} --label; give each its own",
                                           names.size(), texts.size()));
    }
    std::vector<ChosenFeature> out;
    if (!options.features.config.empty()) out = TRY(load_labels(options.features.config));
    for (std::size_t i = 0; i < texts.size(); ++i) {
        std::string name = !names.empty()     ? names[i]
                           : texts.size() > 1 ? fmt::format("label{}", i + 1)
                                              : std::string{"label"};
        out.push_back(
            {.text = {.name = std::move(name), .expression = texts[i]}, .where = "--label"});
    }
    if (out.empty()) {
        return std::unexpected("no label is named; say --label CALL or --config FILE");
    }
    return out;
}

std::expected<void, std::string> check_columns(const LabelWork& work) {
    const ExportColumns columns = work.columns(true);
    std::vector<std::string> all{"ts", "instrument"};
    all.insert(all.end(), columns.names.begin(), columns.names.end());
    all.insert(all.end(), columns.instants.begin(), columns.instants.end());
    std::sort(all.begin(), all.end());
    const auto twice = std::adjacent_find(all.begin(), all.end());
    if (twice == all.end()) return {};
    return std::unexpected(
        fmt::format("two columns would be called {}; call a label otherwise", *twice));
}

std::expected<LabelWork, std::string> choose_labels(const FeaturesOptions& options) {
    LabelWork out;
    for (const ChosenFeature& chosen : TRY(chosen_labels(options))) {
        const auto& [name, text] = chosen.text;
        const auto fail = [&](const std::string& why) {
            return std::unexpected(fmt::format("{}: label {}{}", chosen.where, name, why));
        };
        if (auto valid = feature::check_name(name); !valid) return fail(": " + valid.error());
        auto definition = LabelDefinition::parse(text);
        if (!definition) return fail(", " + describe(definition.error()));
        out.labels.push_back({.name = name, .definition = std::move(*definition)});
    }
    for (const std::string& text : options.weights) {
        auto weight = WeightDefinition::parse(text);
        if (!weight) {
            return std::unexpected(fmt::format("--weight: {}, {}", text, describe(weight.error())));
        }
        out.weights.push_back(std::move(*weight));
    }
    TRY_VOID(check_columns(out));
    return out;
}

/// The labels of one instrument as columns.
class LabelColumns {
public:
    LabelColumns(const LabelWork& work, const research::FeatureBars& bars)
        : known_at_(bars.known_at) {
        const feature::BarRows view = bars.view(0, bars.rows());
        for (const NamedLabel& label : work.labels) {
            labels_.push_back(label.definition.compute(view));
            const Labels& got = labels_.back();
            until_.push_back(until(got, view));
            numbers_.push_back(got.value);
            for (const WeightDefinition& weight : work.weights) {
                numbers_.push_back(weight.compute(got, view));
            }
        }
    }
    [[nodiscard]] const std::vector<Labels>& labels() const { return labels_; }
    [[nodiscard]] ports::FeatureRows rows() const {
        ports::FeatureRows out{.known_at = known_at_};
        for (const auto& column : numbers_) out.columns.push_back(column.data());
        return out;
    }
    /// From a row on.
    [[nodiscard]] InstantColumns until_from(std::size_t row) const {
        InstantColumns out;
        for (const auto& column : until_) out.push_back(column.data() + row);
        return out;
    }

private:
    std::span<const std::int64_t> known_at_;
    std::vector<Labels> labels_;
    std::vector<std::vector<double>> numbers_;
    std::vector<std::vector<std::int64_t>> until_;
};

struct RowsTaken {
    std::size_t first = 0;
    std::size_t rows = 0;
};

void count(NamedLabel& label, const Labels& got, const RowsTaken& taken) {
    for (std::size_t row = taken.first; row < taken.first + taken.rows; ++row) {
        if (!got.has(row)) continue;
        ++label.rows;
        if (label.classes.size() <= kClassesMax) ++label.classes[got.value[row]];
    }
    for (const std::size_t row : got.both_touched) {
        label.both_touched += row >= taken.first && row < taken.first + taken.rows ? 1 : 0;
    }
}

std::expected<std::uint64_t, RunFailure> label_instrument(const RunConfig& config,
                                                          const catalog::Catalog& catalog,
                                                          const BarChoice& choice, LabelWork& work,
                                                          FeatureExport* out) {
    const Timestamp to = config.to.value_or(kTimestampMax);
    const auto bars = TRY(
        or_failed(research::read_feature_bars(catalog, *choice.instrument, choice.series.key, to)));
    const LabelColumns columns{work, bars};
    const ports::FeatureRows all = columns.rows();
    const ports::FeatureRows rows = rows_between(all, config.from.value_or(kTimestampMin), to);
    const RowsTaken taken{
        .first = static_cast<std::size_t>(rows.known_at.data() - all.known_at.data()),
        .rows = rows.rows()};
    for (std::size_t i = 0; i < work.labels.size(); ++i) {
        count(work.labels[i], columns.labels()[i], taken);
    }
    if (out != nullptr && taken.rows > 0) {
        TRY_VOID(out->write(choice.instrument->symbol, rows, columns.until_from(taken.first)));
    }
    return taken.rows;
}

bool has_classes(const NamedLabel& label) { return label.classes.size() <= kClassesMax; }

Json to_json(const NamedLabel& label, std::uint64_t rows) {
    Json out{{"name", label.name},
             {"definition", label.definition.text()},
             {"hash", label.definition.hash()},
             {"rows_ahead", label.definition.rows_ahead()},
             {"labelled", label.rows},
             {"missing", rows - label.rows},
             {"both_touched", label.both_touched}};
    Json classes = nullptr;
    if (has_classes(label)) {
        classes = Json::object();
        for (const auto& [value, times] : label.classes) {
            classes[fmt::format("{}", value)] = times;
        }
    }
    out["classes"] = std::move(classes);
    return out;
}

void print_json(const FeaturesOptions& options, const LabelWork& work, std::uint64_t rows,
                std::size_t instruments) {
    Json labels = Json::array();
    for (const NamedLabel& label : work.labels) labels.push_back(to_json(label, rows));
    Json weights = Json::array();
    for (const WeightDefinition& weight : work.weights) weights.push_back(weight.text());
    const Json out{{"rows", rows},
                   {"instruments", instruments},
                   {"labels", std::move(labels)},
                   {"weights", std::move(weights)},
                   {"export", options.exported.empty() ? Json(nullptr) : Json(options.exported)}};
    fmt::print("{}\n", out.dump(2));
}

void print_text(const FeaturesOptions& options, const LabelWork& work, std::uint64_t rows) {
    Table table;
    table.row("rows", with_commas(rows));
    for (const NamedLabel& label : work.labels) {
        table.row(label.name, label.definition.text());
        table.row("  with a label", with_commas(label.rows));
        if (has_classes(label)) {
            for (const auto& [value, times] : label.classes) {
                table.row(fmt::format("  {:g}", value), with_commas(times));
            }
        }
        if (label.both_touched > 0) {
            table.row("  both barriers in one bar", with_commas(label.both_touched));
        }
    }
    if (!options.exported.empty()) table.row("written to", options.exported);
    fmt::print("{}", table.text());
}

}  // namespace

std::expected<void, RunFailure> run_features_labels(const FeaturesOptions& options) {
    const RunConfig config = TRY(or_bad_input(gather(options.bars)));
    LabelWork work = TRY(or_bad_input(choose_labels(options)));
    const auto catalog = TRY(open_catalog(config.catalog));
    const auto bars = TRY(or_bad_input(choose_bars(config, *catalog)));
    std::unique_ptr<FeatureExport> out;
    if (!options.exported.empty()) {
        out = TRY(open_feature_export(options.exported, work.columns(bars.size() > 1)));
    }
    std::uint64_t rows = 0;
    for (const BarChoice& choice : bars) {
        rows += TRY(label_instrument(config, *catalog, choice, work, out.get()));
    }
    if (rows == 0) {
        return std::unexpected(
            RunFailure{kExitBadInput, "no bar was known between --from and --to"});
    }
    if (out != nullptr) TRY_VOID(out->close());
    if (options.json) {
        print_json(options, work, rows, bars.size());
    } else {
        print_text(options, work, rows);
    }
    return {};
}

}  // namespace tradewind::apps
