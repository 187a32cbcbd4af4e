// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "ml/model.hpp"

/// Which arrays a network has: told by its card alone.
namespace tradewind::ml {

/// What of a card's settings decides the arrays of a network and how they are used. A setting that
/// is not there has the value here. The others, such as rates and epochs, are the trainer's.
struct Architecture {
    std::vector<std::size_t> hidden;  ///< mlp: units of each layer; [64, 32]
    std::size_t layers = 1;           ///< lstm: 1, transformer: 2
    std::size_t width = 32;           ///< lstm: "hidden"; transformer: "width"
    std::size_t heads = 4;            ///< transformer; divides width
    std::size_t feedforward = 64;     ///< transformer
    std::size_t patch = 1;            ///< transformer: rows of a token; divides the window
    bool attention = true;            ///< lstm: pooling "attention", not "last"
    bool mean = false;                ///< transformer: pooling "mean", not "last"
    bool causal = true;               ///< transformer

    friend bool operator==(const Architecture&, const Architecture&) = default;
};

/// The error is a line that names the setting.
[[nodiscard]] std::expected<Architecture, std::string> architecture_of(const ModelCard& card);

struct ArrayShape {
    std::string name;
    std::vector<std::size_t> shape;

    friend bool operator==(const ArrayShape&, const ArrayShape&) = default;
};

/// The arrays of a network, all of them float, in the order of model.hpp. `architecture` is the
/// card's. Trees have as many nodes as they please, so theirs are not told by the card.
[[nodiscard]] std::vector<ArrayShape> arrays_of(const ModelCard& card,
                                                const Architecture& architecture);

}  // namespace tradewind::ml
