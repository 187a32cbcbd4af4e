// SPDX-License-Identifier: Apache-2.0
#include "ml/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/assert.hpp"
#include "base/try.hpp"
#include "ml/json_fields.hpp"

namespace tradewind::ml {
namespace {

constexpr std::array<std::string_view, 4> kNames{"none", "platt", "isotonic", "temperature"};
constexpr double kProbabilityMin = std::numeric_limits<double>::epsilon();
constexpr std::size_t kPointsMax = 10'000'000;

double held(double p) { return std::clamp(p, kProbabilityMin, 1 - kProbabilityMin); }
double log_odds(double p) { return std::log(held(p)) - std::log1p(-held(p)); }

double logistic(double z) {
    return z >= 0 ? 1 / (1 + std::exp(-z)) : std::exp(z) / (1 + std::exp(z));
}

/// ln(1 + e^z)
double softplus(double z) { return std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))); }

/// Rows that something was said of, a class against the rest.
struct OneClass {
    std::vector<double> scores;
    std::vector<std::uint8_t> positive;
    std::vector<double> weights;
};

/// What calibrates a class reads: its log odds, or its probability.
double score_of(CalibrationMethod method, std::span<const double> probabilities, std::size_t c) {
    if (method == CalibrationMethod::isotonic) return probabilities[c];
    return log_odds(probabilities[c]);
}

OneClass class_against_rest(CalibrationMethod method, const ClassRows& rows, std::size_t c) {
    OneClass out;
    for (std::size_t i = 0; i < rows.truth.size(); ++i) {
        if (!rows.abstains.empty() && rows.abstains[i] != 0) continue;
        const auto row = rows.probabilities.subspan(i * rows.classes, rows.classes);
        out.scores.push_back(score_of(method, row, c));
        out.positive.push_back(rows.truth[i] == c ? 1 : 0);
        out.weights.push_back(rows.weights.empty() ? 1.0 : rows.weights[i]);
    }
    return out;
}

/// Of the log loss by the inverse temperature, over the rows.
double slope_at(const ClassRows& rows, double inverse) {
    double out = 0;
    for (std::size_t i = 0; i < rows.truth.size(); ++i) {
        if (!rows.abstains.empty() && rows.abstains[i] != 0) continue;
        const auto row = rows.probabilities.subspan(i * rows.classes, rows.classes);
        const double top = std::log(held(*std::max_element(row.begin(), row.end())));
        double sum = 0, logits = 0;
        for (const double p : row) {
            const double logit = std::log(held(p)) - top, e = std::exp(inverse * logit);
            sum += e;
            logits += e * logit;
        }
        const double came = std::log(held(row[rows.truth[i]])) - top;
        out += (rows.weights.empty() ? 1.0 : rows.weights[i]) * (logits / sum - came);
    }
    return out;
}

/// The log loss is convex in the inverse temperature, so that its slope changes sign once.
double fit_temperature(const ClassRows& rows) {
    double low = -10, high = 10;  // of the logarithm
    for (int i = 0; i < 80; ++i) {
        const double middle = (low + high) / 2;
        (slope_at(rows, std::exp(middle)) < 0 ? low : high) = middle;
    }
    return std::exp(-(low + high) / 2);
}

std::expected<void, std::string> check(const ClassRows& rows) {
    std::vector<double> of_class(rows.classes);
    for (std::size_t i = 0; i < rows.truth.size(); ++i) {
        if (!rows.abstains.empty() && rows.abstains[i] != 0) continue;
        for (const double p : rows.probabilities.subspan(i * rows.classes, rows.classes)) {
            if (!std::isfinite(p)) return std::unexpected(fmt::format("row {} has no number", i));
        }
        of_class[rows.truth[i]] += rows.weights.empty() ? 1.0 : rows.weights[i];
    }
    for (std::size_t c = 0; c < rows.classes; ++c) {
        if (of_class[c] > 0) continue;
        return std::unexpected(fmt::format("class {} never came in the {} rows to calibrate on", c,
                                           rows.truth.size()));
    }
    return {};
}

struct Block {
    double first = 0, last = 0;  // places
    double sum = 0, weight = 0;
    [[nodiscard]] double mean() const { return sum / weight; }
};

void pool(std::vector<Block>& blocks) {
    while (blocks.size() >= 2) {
        Block& before = blocks[blocks.size() - 2];
        const Block& last = blocks.back();
        if (before.mean() < last.mean()) return;
        before.last = last.last;
        before.sum += last.sum;
        before.weight += last.weight;
        blocks.pop_back();
    }
}

/// No surer than one row more of either kind would allow: an end of the curve at 0 or 1 would be
/// charged without bound for the first row that comes otherwise.
void hold_back(RisingCurve& curve, std::span<const double> weights) {
    const double weight = std::accumulate(weights.begin(), weights.end(), 0.0);
    const double most = (weight + 1) / (weight + 2);
    for (double& y : curve.y) y = std::clamp(y, 1 - most, most);
}

/// Log loss of targets that are no 0 and 1, and its first and second moments by (slope, offset).
struct PlattSums {
    double loss = 0, by_slope = 0, by_offset = 0;
    double slope_slope = 0, slope_offset = 0, offset_offset = 0;
};

struct PlattRows {
    std::span<const double> scores;
    std::vector<double> targets;
    std::vector<double> weights;
};

PlattSums sums_of(const PlattRows& rows, const LogisticCurve& curve) {
    PlattSums out;
    for (std::size_t i = 0; i < rows.scores.size(); ++i) {
        const double s = rows.scores[i], w = rows.weights[i];
        const double z = curve.slope * s + curve.offset, p = logistic(z);
        out.loss += w * (softplus(z) - rows.targets[i] * z);
        const double off = w * (p - rows.targets[i]), spread = w * p * (1 - p);
        out.by_slope += off * s;
        out.by_offset += off;
        out.slope_slope += spread * s * s;
        out.slope_offset += spread * s;
        out.offset_offset += spread;
    }
    return out;
}

/// One damped Newton step; false where none goes down any more.
bool step_down(const PlattRows& rows, LogisticCurve& curve, PlattSums& now) {
    constexpr double kRidge = 1e-12, kArmijo = 1e-4;
    const double a = now.slope_slope + kRidge, b = now.slope_offset, d = now.offset_offset + kRidge;
    const double determinant = a * d - b * b;
    if (!(determinant > 0)) return false;
    const double slope = -(d * now.by_slope - b * now.by_offset) / determinant;
    const double offset = -(a * now.by_offset - b * now.by_slope) / determinant;
    const double falls = slope * now.by_slope + offset * now.by_offset;
    for (double length = 1; length > 1e-10; length /= 2) {
        const LogisticCurve next{.slope = curve.slope + length * slope,
                                 .offset = curve.offset + length * offset};
        const PlattSums sums = sums_of(rows, next);
        if (sums.loss > now.loss + kArmijo * length * falls) continue;
        curve = next;
        now = sums;
        return true;
    }
    return false;
}

Json to_object(const Calibration& c) {
    Json out{{"method", to_string(c.method)}, {"classes", c.classes}};
    if (c.method == CalibrationMethod::temperature) out["temperature"] = c.temperature;
    if (c.method == CalibrationMethod::platt) {
        out["lines"] = Json::array();
        for (const LogisticCurve& one : c.lines) {
            out["lines"].push_back({{"slope", one.slope}, {"offset", one.offset}});
        }
    }
    if (c.method == CalibrationMethod::isotonic) {
        out["curves"] = Json::array();
        for (const RisingCurve& one : c.curves) {
            out["curves"].push_back({{"x", one.x}, {"y", one.y}});
        }
    }
    return out;
}

std::expected<RisingCurve, std::string> read_curve(const Json& from) {
    RisingCurve out;
    out.x = TRY(numbers_field(from, "x"));
    out.y = TRY(numbers_field(from, "y"));
    const bool rises =
        std::is_sorted(out.x.begin(), out.x.end()) && std::is_sorted(out.y.begin(), out.y.end());
    if (out.x.empty() || out.x.size() != out.y.size() || out.x.size() > kPointsMax || !rises ||
        out.y.front() < 0 || out.y.back() > 1) {
        return std::unexpected("curves: one of them is none that rises from 0 to 1");
    }
    return out;
}

std::expected<void, std::string> read_lines(const Json& from, Calibration& out) {
    for (const Json& one : TRY(list_field(from, "lines"))) {
        LogisticCurve line;
        line.slope = TRY(number_field(one, "slope"));
        line.offset = TRY(number_field(one, "offset"));
        out.lines.push_back(line);
    }
    return {};
}

std::expected<void, std::string> read_curves(const Json& from, Calibration& out) {
    for (const Json& one : TRY(list_field(from, "curves"))) {
        out.curves.push_back(TRY(read_curve(one)));
    }
    return {};
}

std::size_t curve_count(const Calibration& c) { return c.classes == 2 ? 1 : c.classes; }

}  // namespace

std::string_view to_string(CalibrationMethod method) {
    return kNames[static_cast<std::size_t>(method)];
}

std::optional<CalibrationMethod> parse_calibration_method(std::string_view text) {
    const auto found = std::find(kNames.begin(), kNames.end(), text);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<CalibrationMethod>(found - kNames.begin());
}

double RisingCurve::at(double place) const {
    const auto above = std::upper_bound(x.begin(), x.end(), place);
    if (above == x.begin()) return y.front();
    if (above == x.end()) return y.back();
    const auto i = static_cast<std::size_t>(above - x.begin());
    return y[i - 1] + (y[i] - y[i - 1]) * ((place - x[i - 1]) / (x[i] - x[i - 1]));
}

double LogisticCurve::at(double score) const { return logistic(slope * score + offset); }

RisingCurve fit_isotonic(std::span<const double> x, std::span<const double> y,
                         std::span<const double> weights) {
    ASSERT(x.size() == y.size() && (weights.empty() || weights.size() == x.size()));
    std::vector<std::size_t> order(x.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return x[a] != x[b] ? x[a] < x[b] : a < b; });
    std::vector<Block> blocks;
    for (std::size_t i = 0; i < order.size();) {
        Block next{.first = x[order[i]], .last = x[order[i]]};
        for (; i < order.size() && x[order[i]] == next.first; ++i) {
            const double w = weights.empty() ? 1.0 : weights[order[i]];
            next.sum += w * y[order[i]];
            next.weight += w;
        }
        if (!(next.weight > 0)) continue;
        blocks.push_back(next);
        pool(blocks);
    }
    ASSERT(!blocks.empty());
    RisingCurve out;
    for (const Block& block : blocks) {
        for (const double place : {block.first, block.last}) {
            if (!out.x.empty() && out.x.back() == place) continue;
            out.x.push_back(place);
            out.y.push_back(block.mean());
        }
    }
    return out;
}

LogisticCurve fit_platt(std::span<const double> scores, std::span<const std::uint8_t> positive,
                        std::span<const double> weights) {
    ASSERT(scores.size() == positive.size());
    ASSERT(weights.empty() || weights.size() == scores.size());
    PlattRows rows{.scores = scores, .targets = {}, .weights = {}};
    std::array<double, 2> of{};  // weight of negatives and positives
    for (std::size_t i = 0; i < scores.size(); ++i) {
        rows.weights.push_back(weights.empty() ? 1.0 : weights[i]);
        of[positive[i] != 0 ? 1 : 0] += rows.weights.back();
    }
    const double low = 1 / (of[0] + 2), high = (of[1] + 1) / (of[1] + 2);
    for (const std::uint8_t one : positive) rows.targets.push_back(one != 0 ? high : low);
    LogisticCurve out{.slope = 0, .offset = std::log((of[1] + 1) / (of[0] + 1))};
    PlattSums now = sums_of(rows, out);
    constexpr int kStepsMax = 100;
    for (int i = 0; i < kStepsMax; ++i) {
        const double slope = std::abs(now.by_slope) + std::abs(now.by_offset);
        if (slope < 1e-10 * (of[0] + of[1]) || !step_down(rows, out, now)) break;
    }
    return out;
}

void Calibration::apply(std::span<double> probabilities) const {
    ASSERT(probabilities.size() == classes);
    if (method == CalibrationMethod::none) return;
    if (method != CalibrationMethod::temperature && classes == 2) {
        const double score = score_of(method, probabilities, 1);
        probabilities[1] =
            method == CalibrationMethod::platt ? lines[0].at(score) : curves[0].at(score);
        probabilities[0] = 1 - probabilities[1];
        return;
    }
    double sum = 0;
    const double top = *std::max_element(probabilities.begin(), probabilities.end());
    for (std::size_t c = 0; c < classes; ++c) {
        double& p = probabilities[c];
        if (method == CalibrationMethod::temperature) {
            p = std::exp((std::log(held(p)) - std::log(held(top))) / temperature);
        } else {
            const double score = score_of(method, probabilities, c);
            p = method == CalibrationMethod::platt ? lines[c].at(score) : curves[c].at(score);
        }
        sum += p;
    }
    for (double& p : probabilities) p = sum > 0 ? p / sum : 1 / static_cast<double>(classes);
}

std::expected<Calibration, std::string> fit_calibration(CalibrationMethod method,
                                                        const ClassRows& rows) {
    ASSERT(rows.classes >= 2 && rows.probabilities.size() == rows.truth.size() * rows.classes);
    ASSERT(rows.weights.empty() || rows.weights.size() == rows.truth.size());
    Calibration out{.method = method, .classes = rows.classes, .lines = {}};
    if (method == CalibrationMethod::none) return out;
    TRY_VOID(check(rows));
    if (method == CalibrationMethod::temperature) {
        out.temperature = fit_temperature(rows);
        return out;
    }
    for (std::size_t c = rows.classes == 2 ? 1 : 0; c < rows.classes; ++c) {
        const OneClass one = class_against_rest(method, rows, c);
        if (method == CalibrationMethod::platt) {
            out.lines.push_back(fit_platt(one.scores, one.positive, one.weights));
        } else {
            const std::vector<double> came{one.positive.begin(), one.positive.end()};
            out.curves.push_back(fit_isotonic(one.scores, came, one.weights));
            hold_back(out.curves.back(), one.weights);
        }
    }
    return out;
}

std::string to_json(const Calibration& calibration) { return to_object(calibration).dump(); }

std::expected<Calibration, std::string> parse_calibration(std::string_view json) {
    const Json from = TRY(parse_object(json));
    Calibration out;
    const auto method = parse_calibration_method(TRY(text_field(from, "method")));
    if (!method) return std::unexpected("method: it is no way to calibrate");
    out.method = *method;
    out.classes = TRY(count_field(from, "classes", kClassesMax));
    if (out.classes < 2) return std::unexpected("classes: should be 2 at least");
    if (out.method == CalibrationMethod::temperature) {
        out.temperature = TRY(number_field(from, "temperature"));
        if (!(out.temperature > 0)) return std::unexpected("temperature: should be above 0");
    }
    if (out.method == CalibrationMethod::platt) {
        TRY_VOID(read_lines(from, out));
        if (out.lines.size() != curve_count(out)) return std::unexpected("lines: not one a class");
    }
    if (out.method == CalibrationMethod::isotonic) {
        TRY_VOID(read_curves(from, out));
        if (out.curves.size() != curve_count(out))
            return std::unexpected("curves: not one a class");
    }
    return out;
}

}  // namespace tradewind::ml
