// SPDX-License-Identifier: Apache-2.0
#include "training/card.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tradewind::training {

ml::ModelCard card_of(const TrainJob& job, const Dataset& data, const Selection& selection,
                      const std::string& code_version) {
    ml::ModelCard out;
    out.family = job.family;
    out.target = job.target;
    out.window = job.window;
    out.inputs = selection.inputs;
    out.origin = data.origin;
    // the rows of several instruments are not in the order of time
    const auto known = [&](std::size_t row) { return data.known_at[row]; };
    const auto [from, until] =
        std::minmax_element(selection.train.rows.begin(), selection.train.rows.end(),
                            [&](std::size_t a, std::size_t b) { return known(a) < known(b); });
    out.origin.from = known(*from);
    out.origin.until = known(*until);
    out.origin.rows = selection.train.size();
    out.seed = job.seed;
    out.code_version = code_version;
    out.settings = job.settings;
    return out;
}

std::string fingerprint_of(const TrainJob& job, const Dataset& data,
                           const std::string& code_version) {
    return fmt::format("{} {} {}", job.hash, data.origin.data_hash, code_version);
}

}  // namespace tradewind::training
