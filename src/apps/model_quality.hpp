// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ml/model.hpp"
#include "research/models/judge.hpp"

/// Judgements of classes and of numbers as they are told: on the terminal, in JSON, in the report.
namespace tradewind::apps {

/// {task, levels}
[[nodiscard]] nlohmann::ordered_json target_json(const ml::Target& target);

/// The figures that matter most of a judgement in JSON, beside what one gets without looking.
[[nodiscard]] std::string quality_text(const nlohmann::ordered_json& judged);

/// The same as JSON, without curves and tables.
[[nodiscard]] nlohmann::ordered_json quality_summary(const research::models::Judgement& judged);

/// A judgement by its name.
struct NamedJudgement {
    std::string name;
    const research::models::Judgement* judged = nullptr;
};
/// A table of the page: {head, rows}.
[[nodiscard]] nlohmann::ordered_json quality_table(const std::vector<NamedJudgement>& all);
/// Cards of the page: a list of [title, value, note].
[[nodiscard]] nlohmann::ordered_json quality_cards(const research::models::Judgement& judged);
/// Sentences for where nothing was predicted.
[[nodiscard]] std::vector<std::string> quality_doubts(const research::models::Judgement& judged);
/// What was said beside what came, for the page: {title, note, curves}, a curve a judgement. Of
/// classes the probability of the highest; of quantiles the levels; of a value there is none.
[[nodiscard]] nlohmann::ordered_json calibration_charts(const std::vector<NamedJudgement>& all);
/// What came by fifths of what was said: {title, note, axis, lines}.
[[nodiscard]] nlohmann::ordered_json quantile_chart(const std::vector<NamedJudgement>& all);

/// A figure that the page follows from window to window.
struct WindowFigure {
    std::string title;
    std::function<std::optional<double>(const research::models::Judgement&)> get;
};
/// Of the kind that a judgement is.
[[nodiscard]] std::vector<WindowFigure> window_figures(const research::models::Judgement& judged);

}  // namespace tradewind::apps
