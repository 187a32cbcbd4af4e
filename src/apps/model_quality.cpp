// SPDX-License-Identifier: Apache-2.0
#include "apps/model_quality.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/model_shelf.hpp"

namespace tradewind::apps {
namespace {

using Json = nlohmann::ordered_json;
using research::models::Judgement;
using research::models::NumberQuality;

/// Four digits, however small; or a dash.
std::string digits(const Json& value) {
    return value.is_number() ? fmt::format("{:.4g}", value.get<double>()) : "-";
}

Json of_icir(const Judgement& one, double ml::Icir::* member) {
    return one.icir ? number((*one.icir).*member) : Json(nullptr);
}

/// "RMSE 0.012 (training mean 0.0121)"
std::string beside(const char* name, const Json& value, const char* base_name, const Json& base) {
    return fmt::format("{} {} ({} {})", name, digits(value), base_name, digits(base));
}

std::string numbers_text(const Json& one) {
    std::string out;
    if (one["pinball_loss"].is_number()) {
        out = beside("pinball loss", one["pinball_loss"], "training quantiles",
                     one["base_pinball_loss"]);
    } else if (one["qlike"].is_number()) {
        out = beside("QLIKE", one["qlike"], "training mean", one["base_qlike"]);
    } else {
        out = beside("RMSE", one["rmse"], "training mean", one["base_rmse"]);
    }
    out += fmt::format(", R² {}", shown(one["r_squared"]));
    if (one.contains("interval_coverage") && one["interval_coverage"].is_number()) {
        out += fmt::format(", interval holds {} of {}", shown(one["interval_coverage"]),
                           shown(one["interval_nominal"]));
    }
    if (one["accuracy"].is_number()) {
        out += fmt::format(", right signs {} (base rate {})", shown(one["accuracy"]),
                           shown(one["base_rate"]));
    }
    return out;
}

Json number_rows(const std::vector<NamedJudgement>& all) {
    const auto& first = *all.front().judged;
    const bool has_levels = first.numbers->pinball_loss.has_value();
    const bool has_qlike = first.numbers->base_qlike.has_value();
    const bool has_sign = first.accuracy.has_value();
    Json head{"Model", "MAE", "Of the mean", "RMSE", "Of the mean", "R²"};
    if (has_levels) head.insert(head.end(), {"Pinball loss", "Of training quantiles"});
    if (has_qlike) head.insert(head.end(), {"QLIKE", "Of the mean"});
    head.insert(head.end(), {"Interval holds", "Should hold", "Its width"});
    if (has_sign) head.insert(head.end(), {"Right signs", "Base rate", "Coverage"});
    head.insert(head.end(), {"IC", "Rank IC", "ICIR", "t"});
    Json rows = Json::array();
    for (const NamedJudgement& named : all) {
        const Judgement& one = *named.judged;
        const NumberQuality& q = *one.numbers;
        Json row{named.name,
                 digits(number(q.mae)),
                 digits(number(q.base_mae)),
                 digits(number(q.rmse)),
                 digits(number(q.base_rmse)),
                 number(q.r_squared)};
        if (has_levels) {
            row.push_back(digits(number(q.pinball_loss)));
            row.push_back(digits(number(q.base_pinball_loss)));
        }
        if (has_qlike) {
            row.push_back(number(q.qlike));
            row.push_back(number(q.base_qlike));
        }
        row.push_back(number(q.interval_coverage));
        row.push_back(number(q.interval_nominal));
        row.push_back(digits(number(q.interval_width)));
        if (has_sign) {
            row.push_back(number(research::models::accuracy_of(one)));
            row.push_back(number(research::models::base_rate_of(one)));
            row.push_back(number(one.coverage));
        }
        row.push_back(number(one.ic));
        row.push_back(number(one.rank_ic));
        row.push_back(of_icir(one, &ml::Icir::ratio));
        row.push_back(of_icir(one, &ml::Icir::t));
        rows.push_back(std::move(row));
    }
    return {{"head", std::move(head)}, {"rows", std::move(rows)}};
}

Json class_rows(const std::vector<NamedJudgement>& all) {
    Json rows = Json::array();
    for (const NamedJudgement& named : all) {
        const Judgement& one = *named.judged;
        rows.push_back({named.name, number(research::models::accuracy_of(one)),
                        number(research::models::base_rate_of(one)), number(one.coverage),
                        number(one.log_loss), number(one.base_log_loss), number(one.brier),
                        number(one.auc), number(one.calibration_error), number(one.ic),
                        number(one.rank_ic), of_icir(one, &ml::Icir::ratio),
                        of_icir(one, &ml::Icir::t)});
    }
    return {{"head",
             {"Model", "Accuracy", "Base rate", "Coverage", "Log loss", "Of the base rate", "Brier",
              "AUC", "Calibration error", "IC", "Rank IC", "ICIR", "t"}},
            {"rows", std::move(rows)}};
}

void add_sign_doubt(const Judgement& judged, std::vector<std::string>& out) {
    if (!judged.accuracy || judged.accuracy->interval.low > judged.accuracy->base_rate) return;
    out.push_back(fmt::format(
        "The ensemble was right in {:.2f} % of rows, and the commonest {} came in {:.2f} %: "
        "its interval ({:.2f} % to {:.2f} %) is not above that. There is no sign here that "
        "direction was predicted.",
        100 * judged.accuracy->value, judged.numbers ? "sign" : "class",
        100 * judged.accuracy->base_rate, 100 * judged.accuracy->interval.low,
        100 * judged.accuracy->interval.high));
}

void add_number_doubts(const NumberQuality& one, std::vector<std::string>& out) {
    if (one.r_squared && *one.r_squared <= 0) {
        out.push_back(
            fmt::format("Its R² out of sample, {:.4f}, is not above 0: always telling the mean of "
                        "the labels trained on would have been as near.",
                        *one.r_squared));
    }
    if (one.pinball_loss && one.base_pinball_loss && *one.pinball_loss >= *one.base_pinball_loss) {
        out.push_back(fmt::format(
            "Its pinball loss, {:.4g}, is not below that of the quantiles of the labels trained "
            "on, {:.4g}: its quantiles are worth nothing beside them.",
            *one.pinball_loss, *one.base_pinball_loss));
    }
    constexpr double kFarOff = 0.05;
    if (one.interval_coverage && one.interval_nominal &&
        std::abs(*one.interval_coverage - *one.interval_nominal) > kFarOff) {
        out.push_back(fmt::format(
            "Its intervals held {:.1f} % of labels and should hold {:.1f} %: the test was not like "
            "the rows that they were fitted on.",
            100 * *one.interval_coverage, 100 * *one.interval_nominal));
    }
}

using Figure = std::optional<double> NumberQuality::*;

WindowFigure of_numbers(const char* title, Figure member) {
    return {title, [member](const Judgement& one) {
                return one.numbers ? (*one.numbers).*member : std::nullopt;
            }};
}

}  // namespace

Json target_json(const ml::Target& target) {
    return {{"task", ml::to_string(target.task)}, {"levels", target.levels}};
}

std::string quality_text(const Json& judged) {
    const std::string what =
        judged.contains("rmse")
            ? numbers_text(judged)
            : fmt::format("accuracy {} (base rate {}), log loss {} (base {})",
                          shown(judged["accuracy"]), shown(judged["base_rate"]),
                          shown(judged["log_loss"]), shown(judged["base_log_loss"]));
    return what + fmt::format(", rank IC {}", shown(judged["rank_ic"]));
}

Json quality_summary(const Judgement& judged) {
    Json out = research::models::to_json(judged);
    for (const char* name : {"rows", "accuracy_interval", "coverage", "brier", "calibration_error",
                             "calibration", "confusion", "pinball", "quantile_labels",
                             "quantile_returns", "ic", "icir", "ic_t", "ic_periods"}) {
        out.erase(name);
    }
    return out;
}

Json quality_table(const std::vector<NamedJudgement>& all) {
    return all.front().judged->numbers ? number_rows(all) : class_rows(all);
}

Json quality_cards(const Judgement& judged) {
    Json out = Json::array();
    const auto add = [&](const char* title, const std::optional<double>& value, const char* note) {
        out.push_back({title, number(value), note});
    };
    if (judged.numbers) {
        const NumberQuality& one = *judged.numbers;
        add("R²", one.r_squared, "out of sample, beside the training mean");
        if (one.interval_nominal) {
            out.push_back({"Interval holds", number(one.interval_coverage),
                           fmt::format("and should hold {:.2f}", *one.interval_nominal)});
        }
        if (one.base_qlike) {
            add("QLIKE", one.qlike, "of the ensemble");
            add("QLIKE of the mean", one.base_qlike, "of the labels trained on");
        }
    }
    if (!judged.numbers || judged.accuracy) {
        const bool of_classes = !judged.numbers;
        add(of_classes ? "Accuracy" : "Right signs", research::models::accuracy_of(judged),
            "of the ensemble");
        add("Base rate", research::models::base_rate_of(judged),
            of_classes ? "of the commonest class" : "of the commonest sign");
    }
    add("Rank IC", judged.rank_ic,
        judged.numbers && !judged.accuracy ? "of forecast and label" : "of score and return");
    return out;
}

std::vector<std::string> quality_doubts(const Judgement& judged) {
    std::vector<std::string> out;
    add_sign_doubt(judged, out);
    if (judged.numbers) add_number_doubts(*judged.numbers, out);
    if (judged.log_loss && judged.base_log_loss && *judged.log_loss >= *judged.base_log_loss) {
        out.push_back(fmt::format(
            "Its log loss, {:.4f}, is not below that of always telling the frequencies of these "
            "rows, {:.4f}: its probabilities are worth nothing beside them.",
            *judged.log_loss, *judged.base_log_loss));
    }
    return out;
}

Json calibration_charts(const std::vector<NamedJudgement>& all) {
    Json curves = Json::array();
    const bool of_numbers = all.front().judged->numbers.has_value();
    for (const NamedJudgement& named : all) {
        Json curve = Json::array();
        if (of_numbers) {
            for (const auto& level : named.judged->numbers->pinball) {
                curve.push_back({{"predicted", level.level},
                                 {"realised", number(level.below)},
                                 {"rows", named.judged->rows}});
            }
        } else {
            curve = research::models::to_json(*named.judged)["calibration"];
        }
        curves.push_back(std::move(curve));
    }
    return {{"title", "Calibration"},
            {"note", of_numbers ? "levels of quantiles, and the share of labels below them; "
                                  "dashed: as it should be"
                                : "of the highest class; dashed: as it should be"},
            {"curves", std::move(curves)}};
}

Json quantile_chart(const std::vector<NamedJudgement>& all) {
    const Judgement& first = *all.front().judged;
    const bool of_labels = first.numbers && !first.accuracy;
    Json lines = Json::array();
    for (const NamedJudgement& named : all) {
        lines.push_back(research::models::to_json(
            *named.judged)[of_labels ? "quantile_labels" : "quantile_returns"]);
    }
    return {{"title",
             of_labels ? "Label by quantile of the forecast" : "Return by quantile of the score"},
            {"note", "mean over the label's horizon"},
            {"axis", of_labels ? "Mean label" : "Mean return"},
            {"lines", std::move(lines)}};
}

std::vector<WindowFigure> window_figures(const Judgement& judged) {
    const WindowFigure rank_ic{"Rank IC", [](const Judgement& one) { return one.rank_ic; }};
    if (!judged.numbers) return {{"Accuracy", research::models::accuracy_of}, rank_ic};
    std::vector<WindowFigure> out;
    if (judged.accuracy) out.push_back({"Right signs", research::models::accuracy_of});
    out.push_back(rank_ic);
    out.push_back(of_numbers("R²", &NumberQuality::r_squared));
    if (judged.numbers->base_qlike) out.push_back(of_numbers("QLIKE", &NumberQuality::qlike));
    out.push_back(of_numbers("Share in the interval", &NumberQuality::interval_coverage));
    return out;
}

}  // namespace tradewind::apps
