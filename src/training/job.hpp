// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ml/model.hpp"
#include "training/network.hpp"

/// What tradewind-trainer is asked to do, as a file of JSON. README.md has the format.
namespace tradewind::training {

/// Rows [begin, end) of a dataset.
struct RowRange {
    std::size_t begin = 0;
    std::size_t end = 0;
    friend bool operator==(const RowRange&, const RowRange&) = default;
};

struct NetworkSettings {
    std::size_t epochs = 30;
    std::size_t patience = 5;  ///< epochs without a better one on validation; 0: all, keep the last
    std::size_t batch = 256;
    double rate = 1e-3;
    double weight_decay = 1e-4;  ///< Adam's, decoupled
    double l2 = 0.0;             ///< logistic: l2 / 2 x |w|^2 in the loss
    double dropout = 0.1;
    double clip = 5.0;  ///< of scaled inputs
    std::size_t checkpoint_every = 1;
    std::vector<std::size_t> hidden{64, 32};
    std::size_t layers = 1;
    std::size_t width = 32;
    std::size_t heads = 4;
    std::size_t feedforward = 64;
    std::size_t patch = 1;
    bool attention_pooling = true;
    bool mean_pooling = false;
    bool causal = true;
    bool sinusoidal = false;
};

struct TreeSettings {
    std::size_t trees = 200;  ///< rounds of one bag; as many trees for each score
    std::size_t depth = 4;
    double rate = 0.05;
    double subsample = 0.8;
    double columns = 0.8;  ///< of a tree
    double min_child_weight = 5.0;
    double lambda = 1.0;
    std::size_t bags = 1;
    std::size_t early_stopping = 20;  ///< rounds without a better one; 0: none
    std::size_t checkpoint_every = 50;
    std::map<std::string, int> monotone{};  ///< by the column's name: 1 or -1
};

struct TrainJob {
    std::string dataset;
    std::string model;
    std::string checkpoint;  ///< empty: none
    ml::Family family{};
    ml::Target target;
    std::uint32_t window = 1;
    std::optional<std::vector<std::uint32_t>> inputs;  ///< ascending; nullopt: all columns
    std::uint64_t seed = 0;
    std::vector<RowRange> train;
    std::vector<RowRange> validation;
    bool balanced = false;
    NetworkSettings network;  ///< of the families that are networks
    TreeSettings trees;       ///< of xgboost
    std::string settings;     ///< JSON of the family's settings with the defaults, as in the card
    std::string hash;         ///< of all but the paths
};

/// Integrated gradients of one score; see attribution.hpp.
struct AttributeJob {
    std::string trained;
    std::string windows;
    std::string attributions;
    std::size_t score = 0;
    std::size_t steps = 64;
};

using Job = std::variant<TrainJob, AttributeJob>;

/// Safe on any text. The error is a line that names the field and what it may be.
[[nodiscard]] std::expected<Job, std::string> parse_job(std::string_view json);

/// The settings of a family with its defaults, into `job`, whose family and window are there.
[[nodiscard]] std::expected<void, std::string> read_settings(std::string_view json, TrainJob& job);

[[nodiscard]] NetworkPlan plan_of(const TrainJob& job, std::size_t features);

}  // namespace tradewind::training
