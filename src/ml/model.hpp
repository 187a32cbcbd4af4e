// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ml/tensor_file.hpp"

/// A trained model as it is kept and served.
namespace tradewind::ml {

enum class Family : std::uint8_t { logistic, mlp, lstm, transformer, xgboost };
[[nodiscard]] std::string_view to_string(Family family);
[[nodiscard]] std::optional<Family> parse_family(std::string_view text);

/// What a model's scores are. `classes`: a logit for each class, probabilities by softmax. `value`:
/// one number, in the label's unit. `quantiles`: one number a level, which never go down.
enum class Task : std::uint8_t { classes, value, quantiles };
[[nodiscard]] std::string_view to_string(Task task);
[[nodiscard]] std::optional<Task> parse_task(std::string_view text);

struct Target {
    Task task = Task::classes;
    /// classes: the label's value of each class, ascending. quantiles: the levels, ascending, in
    /// (0, 1). value: empty.
    std::vector<double> levels{};

    [[nodiscard]] std::size_t scores() const { return task == Task::value ? 1 : levels.size(); }
    friend bool operator==(const Target&, const Target&) = default;
};

/// What the rows are that a model reads, and what it was taught to say of them.
struct RowsOrigin {
    std::string schema_hash;           ///< of the features, feature::Graph
    std::vector<std::string> columns;  ///< of a row, in order
    std::string label;                 ///< its definition, research::labels
    std::string label_hash;
    std::uint32_t horizon_rows = 0;  ///< bars that the label looks ahead, at most
    std::vector<std::string> symbols;
    std::string bars;       ///< "1d"
    std::int64_t from = 0;  ///< known_at of the first and the last row trained on
    std::int64_t until = 0;
    std::uint64_t rows = 0;  ///< labelled rows trained on
    std::string data_hash;   ///< SHA-256 of the arrays that it was trained from

    friend bool operator==(const RowsOrigin&, const RowsOrigin&) = default;
};

/// All about a model but its weights. Holds nothing that differs between two trainings of the same:
/// no clock, path or host.
struct ModelCard {
    Family family{};
    Target target;
    std::uint32_t window = 1;           ///< rows that it reads, the newest the last
    std::vector<std::uint32_t> inputs;  ///< which columns of a row, ascending
    RowsOrigin origin;
    std::uint64_t seed = 0;
    std::string code_version;
    std::string settings = "{}";  ///< JSON, no blanks: hyper-parameters as trained
    std::string metrics = "{}";   ///< JSON, no blanks: what training saw of itself

    friend bool operator==(const ModelCard&, const ModelCard&) = default;
};

/// The card is the description of `arrays`; these are, row-major and float unless it says
/// otherwise, with F = inputs, W = window, K = scores:
///
///     nets: centre [F], scale [F]     x = clamp((raw - centre) x scale, -clip, clip); NaN becomes
///     0
///           clip [1]
///     value: out.centre [1], out.scale [1]   score = raw x out.scale + out.centre; quantiles too,
///                                            after raw_k = raw_0 + sum softplus of the others
///     logistic  head.w [K, W F], head.b [K]          of the window's rows one after another
///     mlp       l0.w [H0, W F], l0.b [H0], l1.w [H1, H0], ... head.w [K, Hn], head.b
///               with relu after each but the head
///     lstm      l0.w_in [4H, F], l0.w_rec [4H, H], l0.b [4H], l1.w_in [4H, H], ...
///               gates i, f, g, o, from states of 0
///               pool.query [H] (where settings say pooling = attention):
///               a = softmax_t(h_t . query / sqrt(H)), pooled = sum a_t h_t
///               head.w [K, D], head.b [K] of [pooled, h_last] (D = 2H), or of h_last (D = H)
///     transformer  embed.w [D, P F], embed.b [D]     of P rows (settings: patch), oldest first;
///               W is a multiple of P, T = W / P tokens
///               position [T, D], added
///               l0.ln1.w [D], l0.ln1.b, l0.qkv.w [3D, D], l0.qkv.b, l0.out.w [D, D], l0.out.b,
///               l0.ln2.w, l0.ln2.b, l0.ff1.w [M, D], l0.ff1.b, l0.ff2.w [D, M], l0.ff2.b, l1...
///               pre-norm (epsilon 1e-5): x += out(attention(ln1(x))); x += ff2(gelu(ff1(ln2(x)))),
///               gelu by tanh, attention with `heads` heads, scaled by 1 / sqrt(D / heads), causal
///               where settings say so
///               ln.w [D], ln.b [D] of the last token, or (pooling = mean) of the mean of all
///               tokens head.w [K, D], head.b [K]
///     xgboost   of the window's rows one after another, raw, NaN missing (no centre, scale)
///               base [K]; tree.start i64 [N + 1], tree.score i64 [N] (which of the K it adds to),
///               and of each node: node.feature i64 (-1: a leaf), node.threshold (left where
///               x < threshold), node.left i64, node.right i64 (from the tree's start),
///               node.missing_left i64 (0, 1), node.value (of leaves), node.cover (sum of hessians)
///               gain f64 [W F]: total gain of the splits on each
///               score_k = base_k + the values of the leaves; quantiles then in ascending order.
///               A tree's root is its first node; each other node is the child of just one, at
///               most 128 splits below. Covers are at least 0.
///
/// All numbers are finite, scales at least 0, clip and out.scale above 0. What of
/// the settings tells shapes is in architecture.hpp. There are no other arrays.
struct Model {
    ModelCard card;
    TensorFile arrays;  ///< its description is not read, "{}" where parsed
};

constexpr std::size_t kTreeDepthMax = 128;

[[nodiscard]] std::string to_bytes(const Model& model);
/// Whether all of the above holds. The error is a line that names the field or the array.
[[nodiscard]] std::expected<void, std::string> check(const Model& model);
/// Safe on any bytes: the arrays' shapes are checked against the card, as `check` does. The error
/// is a line.
[[nodiscard]] std::expected<Model, std::string> parse_model(std::span<const std::byte> bytes);

/// A card as JSON and back, fields in order. The error names the field.
[[nodiscard]] std::string card_to_json(const ModelCard& card);
[[nodiscard]] std::expected<ModelCard, std::string> parse_card(std::string_view json);

}  // namespace tradewind::ml
