// SPDX-License-Identifier: Apache-2.0
#include "apps/model_target.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/try.hpp"
#include "research/models/fold_ensemble.hpp"

namespace tradewind::apps {
namespace {

using Done = std::expected<void, std::string>;

/// More than those, and a label is a number.
constexpr std::size_t kClassesMax = 20;
constexpr double kClassShareLeast = 0.01;
constexpr std::size_t kLevelsMax = 64;

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// How often each value of the label comes in the span; at most one more than are classes.
std::map<double, std::size_t> counts_of(const ModelData& data) {
    const research::models::Rows& rows = data.set.all();
    std::map<double, std::size_t> out;
    for (std::size_t row = 0; row < rows.size() && out.size() <= kClassesMax; ++row) {
        if (rows.has_label(row) && data.span.has(rows.known_at[row])) ++out[rows.label[row]];
    }
    return out;
}

std::expected<ml::Target, std::string> settle_classes(ModelData& data,
                                                      const std::map<double, std::size_t>& counts) {
    if (counts.size() > kClassesMax) {
        return std::unexpected(
            "models.target: the label is a number, no class; say target = \"value\" or "
            "\"quantiles(0.1, 0.5, 0.9)\", or a label of classes as direction(...), "
            "quantile_class(...), triple_barrier(...)");
    }
    std::size_t labelled = 0;
    for (const auto& [level, count] : counts) labelled += count;
    ml::Target out{.task = ml::Task::classes, .levels = {}};
    for (const auto& [level, count] : counts) {
        if (static_cast<double>(count) >= kClassShareLeast * static_cast<double>(labelled)) {
            out.levels.push_back(level);
        }
    }
    if (out.levels.size() == 1) {
        return std::unexpected(
            fmt::format("models.label: all rows, or nearly all, have the label {:g}: there is "
                        "nothing to tell apart",
                        out.levels.front()));
    }
    if (out.levels.size() < counts.size()) {
        data.labels_dropped = data.set.keep_labels(out.levels);
    }
    return out;
}

/// What only classes have, or only numbers.
Done check_settings(const ModelConfig& models, const ml::Target& target) {
    const bool of_classes = target.task == ml::Task::classes;
    if (of_classes && models.calibration_word == "linear") {
        return std::unexpected(
            "models.calibration: linear is of numbers; of classes say none, platt, isotonic or "
            "temperature");
    }
    if (of_classes) return {};
    if (models.meta) {
        return std::unexpected(
            "models.meta: a meta model says when to believe an ensemble of classes, and these "
            "models forecast a number; take a label of classes as direction(...), or leave it out");
    }
    const std::string_view word = models.calibration_word;
    if (!word.empty() && word != "linear" && word != "none") {
        return std::unexpected(fmt::format(
            "models.calibration: {} mends probabilities; of numbers say linear or none", word));
    }
    if (models.plan.balanced_classes) {
        return std::unexpected("models.class_weights: numbers have no classes; say none");
    }
    const bool has_side = research::models::sense_of(models.label) != ml::NumberSense::plain;
    if (models.abstain && !has_side) {
        return std::unexpected(
            "models.abstain: it is asked for where an interval holds 0, and this label has no side "
            "of 0; leave it out");
    }
    if (models.voting == ml::VotingMethod::online && !models.label.is_of_closes()) {
        return std::unexpected(fmt::format(
            "models.voting: online learns from closes at work, and {} cannot be told from them; "
            "take forward_return(...) with entry=close, or another way to vote",
            models.label.text()));
    }
    return {};
}

}  // namespace

std::expected<ml::Target, std::string> parse_target(std::string_view text) {
    text = trimmed(text);
    if (text == "classes") return ml::Target{.task = ml::Task::classes, .levels = {}};
    if (text == "value") return ml::Target{.task = ml::Task::value, .levels = {}};
    constexpr std::string_view kOpens = "quantiles(";
    if (!text.starts_with(kOpens) || !text.ends_with(')')) {
        return std::unexpected(
            fmt::format("'{}' is none of classes, value, quantiles(0.1, 0.5, 0.9)", text));
    }
    ml::Target out{.task = ml::Task::quantiles, .levels = {}};
    text = text.substr(kOpens.size(), text.size() - kOpens.size() - 1);
    while (true) {
        const std::size_t comma = text.find(',');
        const std::string_view one = trimmed(text.substr(0, comma));
        double level = 0;
        const auto read = std::from_chars(one.data(), one.data() + one.size(), level);
        const bool is_level =
            read.ec == std::errc{} && read.ptr == one.data() + one.size() && level > 0 && level < 1;
        if (!is_level || (!out.levels.empty() && level <= out.levels.back())) {
            return std::unexpected(fmt::format(
                "'{}': the levels of quantiles should be numbers between 0 and 1 that ascend",
                one));
        }
        out.levels.push_back(level);
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    if (out.levels.size() < 2 || out.levels.size() > kLevelsMax) {
        return std::unexpected(fmt::format(
            "quantiles should be two at least and {} at most: one alone makes no interval",
            kLevelsMax));
    }
    return out;
}

std::expected<ml::Target, std::string> settle_target(ModelData& data, const ModelConfig& models) {
    const std::map<double, std::size_t> counts = counts_of(data);
    if (counts.empty()) {
        return std::unexpected(
            "no row has a label: the data are shorter than what the label looks "
            "ahead, or its span is empty");
    }
    const ml::Task unless_said = counts.size() > kClassesMax ? ml::Task::value : ml::Task::classes;
    ml::Target out = models.target.value_or(ml::Target{.task = unless_said, .levels = {}});
    if (out.task == ml::Task::classes) {
        out = TRY(settle_classes(data, counts));
    } else if (counts.size() == 1) {
        return std::unexpected(fmt::format(
            "models.label: all rows have the label {:g}: there is nothing to tell apart",
            counts.begin()->first));
    }
    TRY_VOID(check_settings(models, out));
    return out;
}

std::optional<std::string> reason_not_to_trade(const ModelConfig& models) {
    if (models.plan.target.task == ml::Task::classes ||
        research::models::sense_of(models.label) != ml::NumberSense::plain) {
        return std::nullopt;
    }
    return fmt::format(
        "{} is forecast as a number that is no return, which says nothing of up or down",
        models.label.text());
}

}  // namespace tradewind::apps
