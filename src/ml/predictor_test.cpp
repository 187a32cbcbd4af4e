// SPDX-License-Identifier: Apache-2.0
// The predictors beside the formulas of model.hpp, written out in double precision, one value at a
// time.
#include "ml/predictor.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ml/architecture.hpp"
#include "ml/lstm.hpp"
#include "ml/networks.hpp"
#include "support/counted_new.hpp"
#include "support/random_models.hpp"

using tradewind::support::allocations;

namespace tradewind::ml {
namespace {

using support::card_of;

using Row = std::vector<double>;
using Rows = std::vector<Row>;

/// An array of a model by its indices.
struct Array {
    const std::vector<float>* values;
    std::size_t columns;
    double operator()(std::size_t i, std::size_t j) const {
        return static_cast<double>((*values)[i * columns + j]);
    }
    double operator()(std::size_t i) const { return static_cast<double>((*values)[i]); }
};
Array array(const Model& model, const std::string& name) {
    const Tensor* found = model.arrays.find(name);
    return {model.arrays.values<float>(name), found->shape.back()};
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

Rows scaled(const Model& model, std::span<const float> raw) {
    const auto& inputs = model.card.inputs;
    const std::size_t columns = model.card.origin.columns.size();
    Rows out(model.card.window);
    const double clip = array(model, "clip")(0);
    for (std::size_t t = 0; t < out.size(); ++t) {
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            const double x = static_cast<double>(raw[t * columns + inputs[i]]);
            const double z = (x - array(model, "centre")(i)) * array(model, "scale")(i);
            out[t].push_back(std::isnan(z) ? 0 : std::fmin(std::fmax(z, -clip), clip));
        }
    }
    return out;
}

Row linear(const Model& model, const std::string& name, const Row& x) {
    const Array w = array(model, name + ".w");
    const Array b = array(model, name + ".b");
    Row out(b.columns);
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = b(i);
        for (std::size_t j = 0; j < x.size(); ++j) out[i] += w(i, j) * x[j];
    }
    return out;
}

Row joined(const Rows& rows) {
    Row out;
    for (const Row& row : rows) out.insert(out.end(), row.begin(), row.end());
    return out;
}

Row mlp(const Model& model, const Rows& rows) {
    Row x = joined(rows);
    const auto layers =
        model.card.family == Family::mlp ? architecture_of(model.card)->hidden.size() : 0;
    for (std::size_t i = 0; i < layers; ++i) {
        x = linear(model, fmt::format("l{}", i), x);
        for (double& value : x) value = std::fmax(value, 0);
    }
    return linear(model, "head", x);
}

Rows lstm_layer(const Model& model, const std::string& name, const Rows& xs, std::size_t width) {
    const Array in = array(model, name + ".w_in");
    const Array rec = array(model, name + ".w_rec");
    const Array b = array(model, name + ".b");
    Row h(width);
    Row c(width);
    Rows out;
    for (const Row& x : xs) {
        Row gates(4 * width);
        for (std::size_t i = 0; i < gates.size(); ++i) {
            gates[i] = b(i);
            for (std::size_t j = 0; j < x.size(); ++j) gates[i] += in(i, j) * x[j];
            for (std::size_t j = 0; j < width; ++j) gates[i] += rec(i, j) * h[j];
        }
        for (std::size_t j = 0; j < width; ++j) {
            c[j] = sigmoid(gates[width + j]) * c[j] +
                   sigmoid(gates[j]) * std::tanh(gates[2 * width + j]);
            h[j] = sigmoid(gates[3 * width + j]) * std::tanh(c[j]);
        }
        out.push_back(h);
    }
    return out;
}

void softmax_of(Row& x) {
    double most = x[0];
    for (const double value : x) most = std::fmax(most, value);
    double sum = 0;
    for (double& value : x) sum += value = std::exp(value - most);
    for (double& value : x) value /= sum;
}

Row lstm(const Model& model, Rows xs) {
    const Architecture net = *architecture_of(model.card);
    for (std::size_t i = 0; i < net.layers; ++i) {
        xs = lstm_layer(model, fmt::format("l{}", i), xs, net.width);
    }
    if (!net.attention) return linear(model, "head", xs.back());
    const Array query = array(model, "pool.query");
    Row weight;
    for (const Row& h : xs) {
        double sum = 0;
        for (std::size_t j = 0; j < net.width; ++j) sum += h[j] * query(j);
        weight.push_back(sum / std::sqrt(static_cast<double>(net.width)));
    }
    softmax_of(weight);
    Row pooled(net.width);
    for (std::size_t t = 0; t < xs.size(); ++t) {
        for (std::size_t j = 0; j < net.width; ++j) pooled[j] += weight[t] * xs[t][j];
    }
    return linear(model, "head", joined({pooled, xs.back()}));
}

Row norm(const Model& model, const std::string& name, const Row& x) {
    const double n = static_cast<double>(x.size());
    double mean = 0;
    double variance = 0;
    for (const double value : x) mean += value / n;
    for (const double value : x) variance += (value - mean) * (value - mean) / n;
    Row out;
    for (std::size_t j = 0; j < x.size(); ++j) {
        out.push_back((x[j] - mean) / std::sqrt(variance + 1e-5) * array(model, name + ".w")(j) +
                      array(model, name + ".b")(j));
    }
    return out;
}

void add(Row& to, const Row& what) {
    for (std::size_t j = 0; j < to.size(); ++j) to[j] += what[j];
}

Rows attention(const Rows& qkv, const Architecture& net) {
    const std::size_t head = net.width / net.heads;
    Rows out(qkv.size(), Row(net.width));
    for (std::size_t i = 0; i < net.heads; ++i) {
        for (std::size_t t = 0; t < qkv.size(); ++t) {
            Row weight;
            for (std::size_t u = 0; u < (net.causal ? t + 1 : qkv.size()); ++u) {
                double sum = 0;
                for (std::size_t j = i * head; j < (i + 1) * head; ++j) {
                    sum += qkv[t][j] * qkv[u][net.width + j];
                }
                weight.push_back(sum / std::sqrt(static_cast<double>(head)));
            }
            softmax_of(weight);
            for (std::size_t u = 0; u < weight.size(); ++u) {
                for (std::size_t j = i * head; j < (i + 1) * head; ++j) {
                    out[t][j] += weight[u] * qkv[u][2 * net.width + j];
                }
            }
        }
    }
    return out;
}

double gelu(double x) {
    constexpr double root = 0.79788456080286535588;  // sqrt(2 / pi)
    return 0.5 * x * (1 + std::tanh(root * (x + 0.044715 * x * x * x)));
}

Row transformer(const Model& model, const Rows& rows) {
    const Architecture net = *architecture_of(model.card);
    Rows xs;
    for (std::size_t t = 0; t < rows.size() / net.patch; ++t) {
        const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(t * net.patch);
        xs.push_back(linear(model, "embed",
                            joined({begin, begin + static_cast<std::ptrdiff_t>(net.patch)})));
        for (std::size_t j = 0; j < net.width; ++j) {
            xs[t][j] += array(model, "position")(t, j);
        }
    }
    for (std::size_t i = 0; i < net.layers; ++i) {
        const std::string layer = fmt::format("l{}.", i);
        Rows qkv;
        for (const Row& x : xs)
            qkv.push_back(linear(model, layer + "qkv", norm(model, layer + "ln1", x)));
        const Rows found = attention(qkv, net);
        for (std::size_t t = 0; t < xs.size(); ++t) {
            add(xs[t], linear(model, layer + "out", found[t]));
            Row up = linear(model, layer + "ff1", norm(model, layer + "ln2", xs[t]));
            for (double& value : up) value = gelu(value);
            add(xs[t], linear(model, layer + "ff2", up));
        }
    }
    Row last = xs.back();
    if (net.mean) {
        last.assign(net.width, 0);
        for (const Row& x : xs) add(last, x);
        for (double& value : last) value /= static_cast<double>(xs.size());
    }
    return linear(model, "head", norm(model, "ln", last));
}

Row forest(const Model& model, std::span<const float> raw) {
    const std::size_t columns = model.card.origin.columns.size();
    std::vector<float> x;
    for (std::size_t t = 0; t < model.card.window; ++t) {
        for (const auto i : model.card.inputs) x.push_back(raw[t * columns + i]);
    }
    const auto whole = [&](const char* name, std::size_t i) {
        return (*model.arrays.values<std::int64_t>(name))[i];
    };
    Row out;
    for (const float base : *model.arrays.values<float>("base")) {
        out.push_back(static_cast<double>(base));
    }
    const std::size_t trees = model.arrays.values<std::int64_t>("tree.score")->size();
    for (std::size_t tree = 0; tree < trees; ++tree) {
        const auto root = static_cast<std::size_t>(whole("tree.start", tree));
        std::size_t at = root;
        while (whole("node.feature", at) >= 0) {
            const float value = x[static_cast<std::size_t>(whole("node.feature", at))];
            const bool left = std::isnan(value)
                                  ? whole("node.missing_left", at) != 0
                                  : value < (*model.arrays.values<float>("node.threshold"))[at];
            at = root + static_cast<std::size_t>(whole(left ? "node.left" : "node.right", at));
        }
        out[static_cast<std::size_t>(whole("tree.score", tree))] += array(model, "node.value")(at);
    }
    return out;
}

Row reference(const Model& model, std::span<const float> raw) {
    if (model.card.family == Family::xgboost) {
        Row out = forest(model, raw);
        if (model.card.target.task == Task::quantiles) std::sort(out.begin(), out.end());
        return out;
    }
    const Rows rows = scaled(model, raw);
    Row out = model.card.family == Family::lstm          ? lstm(model, rows)
              : model.card.family == Family::transformer ? transformer(model, rows)
                                                         : mlp(model, rows);
    if (model.card.target.task == Task::quantiles) {
        for (std::size_t k = 1; k < out.size(); ++k) {
            out[k] = out[k - 1] + std::log1p(std::exp(out[k]));
        }
    }
    if (model.card.target.task != Task::classes) {
        for (double& score : out) {
            score = score * array(model, "out.scale")(0) + array(model, "out.centre")(0);
        }
    }
    return out;
}

const Target kClasses{.task = Task::classes, .levels = {-1, 0, 1}};
const Target kValue{.task = Task::value, .levels = {}};
const Target kQuantiles{.task = Task::quantiles, .levels = {0.1, 0.3, 0.5, 0.9}};

ModelCard some_inputs(ModelCard card, std::vector<std::uint32_t> inputs) {
    card.inputs = std::move(inputs);
    return card;
}

/// Every option, and widths that are no multiple of anything.
std::vector<Model> models() {
    std::vector<ModelCard> cards;
    for (const Target& target : {kClasses, kValue, kQuantiles}) {
        for (const std::uint32_t window : {1U, 6U, 20U, 40U}) {
            for (const std::uint32_t columns : {1U, 5U, 16U}) {
                cards.push_back(card_of(Family::logistic, target, window, columns));
                cards.push_back(
                    card_of(Family::mlp, target, window, columns, R"({"hidden":[37,64,5]})"));
                cards.push_back(card_of(Family::xgboost, target, window, columns));
            }
        }
    }
    for (const char* settings :
         {R"({"layers":1,"hidden":1})", R"({"layers":2,"hidden":64})",
          R"({"layers":3,"hidden":19,"pooling":"attention"})",
          R"({"layers":2,"hidden":33,"pooling":"last"})", R"({"hidden":16,"pooling":"last"})"}) {
        cards.push_back(card_of(Family::lstm, kClasses, 12, 5, settings));
        cards.push_back(card_of(Family::lstm, kQuantiles, 1, 16, settings));
        cards.push_back(card_of(Family::lstm, kValue, 64, 3, settings));
    }
    for (const char* settings :
         {"{}", R"({"layers":2,"width":64,"heads":4,"feedforward":128})",
          R"({"layers":1,"width":6,"heads":6,"feedforward":5,"pooling":"mean","patch":2})",
          R"({"layers":3,"width":35,"heads":5,"feedforward":70,"causal":false})",
          R"({"layers":2,"width":36,"heads":1,"causal":false,"pooling":"mean"})",
          R"({"layers":1,"width":48,"heads":3,"feedforward":16,"patch":4,"causal":true})"}) {
        cards.push_back(card_of(Family::transformer, kClasses, 12, 5, settings));
        cards.push_back(card_of(Family::transformer, kQuantiles, 4, 7, settings));
        cards.push_back(card_of(Family::transformer, kValue, 64, 16, settings));
    }
    for (const Family family :
         {Family::logistic, Family::mlp, Family::lstm, Family::transformer, Family::xgboost}) {
        cards.push_back(some_inputs(card_of(family, kClasses, 4, 9), {1, 2, 3}));
        cards.push_back(some_inputs(card_of(family, kValue, 4, 9), {0, 4, 8}));
    }
    std::vector<Model> out;
    for (const ModelCard& card : cards) out.push_back(support::random_model(card, out.size()));
    const ModelCard trees = card_of(Family::xgboost, kClasses, 3, 7);
    for (const support::ForestOptions options :
         {support::ForestOptions{.trees = 0}, support::ForestOptions{.trees = 1, .depth = 0},
          support::ForestOptions{.trees = 301, .depth = 6, .leaf_early = 0},
          support::ForestOptions{.trees = 40, .depth = 12, .leaf_early = 0.2},
          support::ForestOptions{.trees = 5, .depth = 10, .leaf_early = 0}}) {
        out.push_back(support::random_forest(trees, out.size(), options));
    }
    return out;
}

std::vector<float> random_rows(const ModelCard& card, std::uint64_t seed, bool holes) {
    base::Random random{seed};
    std::vector<float> out(card.window * card.origin.columns.size());
    for (float& x : out) {
        x = static_cast<float>(1.5 * random.normal());
        if (!holes || random.uniform() < 0.8) continue;
        const float bad[] = {std::numeric_limits<float>::quiet_NaN(),
                             std::numeric_limits<float>::infinity(),
                             -std::numeric_limits<float>::infinity(), 3e38F, 1e-40F};
        x = bad[random.below(5)];
    }
    return out;
}

/// To 1e-5 of the score, or of what scores are where this one is near 0.
void expect_near(const Row& want, std::span<const float> got, const std::string& what) {
    ASSERT_EQ(want.size(), got.size());
    for (std::size_t k = 0; k < want.size(); ++k) {
        EXPECT_NEAR(static_cast<double>(got[k]), want[k], 1e-5 * std::fmax(std::abs(want[k]), 0.3))
            << what << " score " << k;
    }
}

std::string name_of(const Model& model) {
    return fmt::format("{} {} window {} of {} {}", to_string(model.card.family),
                       to_string(model.card.target.task), model.card.window,
                       model.card.inputs.size(), model.card.settings);
}

TEST(Predictor, says_what_the_formulas_say_on_every_processor) {
    for (const Model& model : models()) {
        for (std::size_t i = 0; kernels::available(i) != nullptr; ++i) {
            const auto predictor = make_predictor(model, *kernels::available(i));
            ASSERT_EQ(predictor->card(), model.card);
            for (std::uint64_t seed = 0; seed < 4; ++seed) {
                const auto rows = random_rows(model.card, seed, seed % 2 == 1);
                std::vector<float> scores(model.card.target.scores());
                predictor->predict(rows, scores);
                expect_near(reference(model, rows), scores,
                            name_of(model) + " " + kernels::available(i)->name);
            }
        }
    }
}

TEST(Predictor, says_the_same_to_the_byte_with_avx2_and_avx512_and_of_trees_everywhere) {
    for (const Model& model : models()) {
        const std::size_t first = model.card.family == Family::xgboost ? 0 : 1;
        if (kernels::available(first) == nullptr) continue;
        const auto predictor = make_predictor(model, *kernels::available(first));
        for (std::size_t i = first + 1; kernels::available(i) != nullptr; ++i) {
            const auto other = make_predictor(model, *kernels::available(i));
            for (std::uint64_t seed = 0; seed < 4; ++seed) {
                const auto rows = random_rows(model.card, seed, seed % 2 == 1);
                std::vector<float> want(model.card.target.scores());
                std::vector<float> got(want.size());
                predictor->predict(rows, want);
                other->predict(rows, got);
                EXPECT_EQ(want, got) << name_of(model) << " " << kernels::available(i)->name;
            }
        }
    }
}

TEST(Predictor, says_the_same_again_whatever_came_between) {
    for (const Model& model : models()) {
        const auto predictor = make_predictor(model);
        const auto rows = random_rows(model.card, 1, false);
        std::vector<float> first(model.card.target.scores());
        std::vector<float> other(first.size());
        std::vector<float> again(first.size());
        predictor->predict(rows, first);
        predictor->predict(random_rows(model.card, 2, true), other);
        predictor->predict(rows, again);
        EXPECT_EQ(first, again) << name_of(model);
    }
}

TEST(Predictor, allocates_nothing_once_made) {
    for (const Model& model : models()) {
        const auto predictor = make_predictor(model);
        const auto rows = random_rows(model.card, 1, true);
        std::vector<float> scores(model.card.target.scores());
        const std::size_t before = allocations;
        predictor->predict(rows, scores);
        predictor->predict(rows, scores);
        EXPECT_EQ(allocations, before) << name_of(model);
    }
}

TEST(Predictor, scores_are_finite_and_quantiles_in_order_whatever_the_rows_hold) {
    const std::vector<float> bad{std::numeric_limits<float>::quiet_NaN(),
                                 std::numeric_limits<float>::infinity(),
                                 -std::numeric_limits<float>::infinity(),
                                 std::numeric_limits<float>::max(),
                                 std::numeric_limits<float>::lowest(),
                                 std::numeric_limits<float>::denorm_min(),
                                 0};
    for (const Model& model : models()) {
        const auto predictor = make_predictor(model);
        for (const float x : bad) {
            const std::vector<float> rows(model.card.window * model.card.origin.columns.size(), x);
            std::vector<float> scores(model.card.target.scores());
            predictor->predict(rows, scores);
            for (const float score : scores) EXPECT_TRUE(std::isfinite(score)) << name_of(model);
            if (model.card.target.task == Task::quantiles) {
                EXPECT_TRUE(std::is_sorted(scores.begin(), scores.end())) << name_of(model);
            }
        }
    }
}

TEST(Predictor, scores_are_finite_with_weights_beyond_reason) {
    for (Model model : models()) {
        if (model.card.family == Family::xgboost) continue;
        for (Tensor& one : model.arrays.tensors) {
            if (!one.name.starts_with('l') && !one.name.starts_with("head")) continue;
            for (float& x : std::get<std::vector<float>>(one.values)) x *= 1e37F;
        }
        if (!check(model).has_value()) continue;
        const auto rows = random_rows(model.card, 1, true);
        std::vector<float> scores(model.card.target.scores());
        make_predictor(model)->predict(rows, scores);
        for (const float score : scores) EXPECT_TRUE(std::isfinite(score)) << name_of(model);
    }
}

TEST(LstmStream, says_row_by_row_what_the_predictor_says_of_the_window) {
    for (const Model& model : models()) {
        if (model.card.family != Family::lstm) continue;
        LstmStream stream{model};
        const std::size_t columns = model.card.origin.columns.size();
        for (std::uint64_t seed = 0; seed < 2; ++seed) {
            const auto rows = random_rows(model.card, seed, seed == 1);
            std::vector<float> scores(model.card.target.scores());
            const std::size_t before = allocations;
            stream.begin();
            for (std::size_t t = 0; t < model.card.window; ++t) {
                stream.step(std::span{rows}.subspan(t * columns, columns));
                stream.read(scores);  // does not disturb what follows
            }
            EXPECT_EQ(allocations, before);
            expect_near(reference(model, rows), scores, name_of(model));
        }
    }
}

TEST(Softmax, gives_probabilities_of_the_largest_scores_too) {
    std::vector<float> scores{std::numeric_limits<float>::max(), 0,
                              std::numeric_limits<float>::lowest()};
    softmax(scores);
    EXPECT_EQ(scores, (std::vector<float>{1, 0, 0}));
    scores = {std::log(1.0F), std::log(3.0F)};
    softmax(scores);
    EXPECT_FLOAT_EQ(scores[0], 0.25F);
    EXPECT_FLOAT_EQ(scores[1], 0.75F);
}

}  // namespace
}  // namespace tradewind::ml
