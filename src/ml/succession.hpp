// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ml/ensemble.hpp"
#include "ml/forecaster.hpp"

namespace tradewind::ml {

/// Ensembles one after another in time, and the features that they read: all that a strategy needs
/// to predict. One that never changes has one reign.
struct SuccessionCard {
    struct Reign {
        std::int64_t from = 0;  ///< the first instant, UTC nanoseconds, at which it predicts
        std::string ensemble;   ///< address
        friend bool operator==(const Reign&, const Reign&) = default;
    };
    std::vector<std::pair<std::string, std::string>> features;  ///< expressions by name, in order
    std::string schema_hash;                                    ///< of the graph that they make
    std::string bars;                                           ///< "1d"
    std::vector<Reign> reigns;                                  ///< by instant, ascending

    friend bool operator==(const SuccessionCard&, const SuccessionCard&) = default;
};

/// In the format of `TensorFile`, description alone: kind "succession".
[[nodiscard]] std::string to_bytes(const SuccessionCard& card);
/// Safe on any bytes. The error is a line that names the field.
[[nodiscard]] std::expected<SuccessionCard, std::string> parse_succession(
    std::span<const std::byte> bytes);

/// A succession at work. Before the first reign it abstains as one that is warming up. Ensembles
/// that go on learning are told what came by the return over the label's horizon from close to
/// close: those of classes its sign, those of returns itself.
class Succession final : public Forecaster {
public:
    struct Reign {
        Timestamp from{};
        std::unique_ptr<Ensemble> ensemble;
    };
    /// `reigns` by instant, one at least; `instruments`: their ids are below it.
    Succession(std::vector<Reign> reigns, std::size_t instruments);

    [[nodiscard]] const Prediction& take(const ForecastRow& row) override;

private:
    /// Closes of an instrument, the newest of `horizon + 1`.
    struct Closes {
        std::vector<double> ring;
        std::size_t next = 0;
        std::size_t count = 0;
    };
    void learn(Ensemble& ensemble, std::size_t slot, double close);
    [[nodiscard]] Ensemble* reigning(Timestamp at);

    std::vector<Reign> reigns_;
    std::size_t at_ = 0;  ///< the newest reign that has begun
    std::vector<Closes> closes_;
    Prediction silent_{};
};

}  // namespace tradewind::ml
