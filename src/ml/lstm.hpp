// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "ml/model.hpp"

namespace tradewind::ml {

/// An LSTM row by row: after the W rows of a window its scores are those of `Predictor`, and each
/// further row costs one step and not W. It never forgets by itself: what it says after more than W
/// rows is what the network makes of all rows since `begin`. Allocates nothing once made; belongs
/// to one thread.
class LstmStream {
public:
    /// Of a model of the family lstm.
    explicit LstmStream(const Model& model);
    ~LstmStream();
    LstmStream(LstmStream&&) noexcept;
    LstmStream& operator=(LstmStream&&) noexcept;
    LstmStream(const LstmStream&) = delete;
    LstmStream& operator=(const LstmStream&) = delete;

    /// Forgets all rows.
    void begin();
    /// `row` [columns of a row].
    void step(std::span<const float> row);
    /// `scores` [K] after at least one row. Finite.
    void read(std::span<float> scores);

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace tradewind::ml
